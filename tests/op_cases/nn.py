"""Losses."""

import itertools

import numpy as np

from .case import FLOATING, Bad, Case, S, args

REDUCE = {"mean": 1, "sum": 2, "none": 0}


def reduced(losses, reduction, count=None):
    if reduction == "none":
        return losses
    total = losses.sum()
    with np.errstate(all="ignore"):
        return total / (losses.size if count is None else count) if reduction == "mean" else total


def weights_of(x, target, weight, ignore):
    weight = np.ones(x.shape[1 if x.ndim > 1 else 0], x.dtype) if weight is None else weight
    return np.where(target == ignore, 0, weight[np.where(target == ignore, 0, target)])


def picks(x, target, ignore):
    safe = np.where(target == ignore, 0, target)
    return x[safe] if x.ndim == 1 else np.take_along_axis(x, np.expand_dims(safe, 1), 1).squeeze(1)


def nll_loss(x, target, weight=None, reduction="mean", ignore_index=-100):
    w = weights_of(x, target, weight, ignore_index)
    return reduced(-w * picks(x, target, ignore_index), reduction, w.sum())


def nll_back(g, x, target, weight, reduction, ignore_index, total):
    w = weights_of(x, target, weight, ignore_index)
    scale = -w * g / (total if reduction == "mean" else 1)
    made = np.zeros_like(x)
    if x.ndim == 1:
        made[np.where(target == ignore_index, 0, target)] = scale
        return made
    np.put_along_axis(made, np.expand_dims(np.where(target == ignore_index, 0, target), 1), np.expand_dims(scale, 1), 1)
    return made


def cross_entropy(x, y, c):
    return -(y * np.maximum(np.log(x), -100) + (1 - y) * np.maximum(np.log1p(-x), -100))


def elements(name, value, slope, low=-2.0, high=2.0, coefficient=1.0, of_target=True):
    """The cases of a loss of elements and of its backward op."""
    x = lambda *shape: S(*shape, low=low, high=high)
    y = lambda *shape: S(*shape, low=low, high=high, grad=of_target)
    few = [args(x(3, 5), y(3, 5), r, coefficient) for r in ("mean", "sum", "none")]
    if not name.startswith("binary"):  # whose function refuses another shape
        few.append(args(x(3, 5), y(5), "none", coefficient))
    named = {"smooth_l1_loss": "beta", "huber_loss": "delta"}.get(name)

    def loss(x, y, reduction="mean", c=1.0):
        return reduced(value(x, y, c), reduction)

    def back(g, x, y, reduction="mean", c=1.0):
        found = g * slope(x, y, c)
        return found / found.size if reduction == "mean" else found

    def peer(lib):
        call = getattr(lib.nn.functional, name)
        return lambda x, y, r="mean", c=1.0: call(x, y, reduction=r, **({named: c} if named else {}))

    def bound(x, y, r="mean", c=1.0):
        return 20 * (1 + np.abs(value(x, y, c))).sum() if r == "sum" else 20 * (1 + np.abs(loss(x, y, r, c)))

    yield Case("_" + name, loss, [*few[:3], args(x(), y()), args(x(70, 90), y(70, 90))], rows=name, peer=peer, dtypes=FLOATING, bound=bound, ulp=2, grad=True, grad_samples=few, large=[args(x(301, 401), y(301, 401))], batch=[args(S(5, 3, low=low, high=high, row=True), S(5, 3, low=low, high=high, row=True), "none")], bad=[Bad(x(3), y(4), raises=RuntimeError, match="must match", peer=False), Bad(x(3), y(3), "most", raises=ValueError, match="not a valid value for reduction")])  # fmt: skip
    yield Case("_" + name + "_backward", back, [args(S(), x(3, 5), y(3, 5), "mean", coefficient), args(S(), x(3, 5), y(3, 5), "sum", coefficient), args(S(3, 5), x(3, 5), y(3, 5), "none", coefficient)], rows=name + "_backward", peer=False, dtypes=FLOATING, bound=lambda g, x, y, *a: 40 * (1 + np.abs(slope(x, y, coefficient))), ulp=2, grad=True, large=[args(S(), x(301, 401), y(301, 401))])  # fmt: skip


def classes(*shape, below):
    return S(*shape, dtype="int64", low=0, high=below)


SCORES = S(4, 3, high=-0.1)
IGNORED = S(values=np.array([0, -100, 2, 1]), dtype="int64")
WEIGHT = S(values=np.array([0.5, 1.0, 1.5]), grad=False)
NLL = [args(SCORES, classes(4, below=3)), args(SCORES, classes(4, below=3), None, "sum"), args(SCORES, classes(4, below=3), None, "none"), args(SCORES, IGNORED), args(SCORES, IGNORED, WEIGHT), args(S(2, 3, 4, high=-0.1), classes(2, 4, below=3)), args(S(3, high=-0.1), classes(below=3))]  # fmt: skip
TOTAL, WEIGHTED = (
    S(values=np.array(4.0), grad=False),
    S(values=np.array(3.0), grad=False),
)  # counts, and weights of IGNORED
LINEAR = S(4, 3, high=-0.1, grad=False)


def ctc(scores, targets, times, lengths, blank=0):
    """The sum over all alignments, one after the other: for targets that are short.

    Of scores, because its derivative is that of log probabilities: their exponentials sum to 1 and stay so.
    """
    log_probs = scores - np.log(np.exp(scores).sum(2, keepdims=True))
    losses = []
    for n, (time, length) in enumerate(zip(times, lengths)):
        begin = sum(lengths[:n])
        target = tuple(targets[n][:length] if targets.ndim == 2 else targets[begin : begin + length])
        total = 0.0
        for path in itertools.product(range(log_probs.shape[2]), repeat=int(time)):
            spelt = tuple(c for c, _ in itertools.groupby(path) if c != blank)
            if spelt == target:
                total += np.exp(sum(log_probs[t, n, c] for t, c in enumerate(path)))
        losses.append(-np.log(total) if total else np.inf)
    return np.array(losses)


def numbered(*values):
    return S(values=np.array(values), dtype="int64")


LABELS = numbered([1, 2], [2, 2])
CTC = [args(S(4, 2, 3, high=-0.1), LABELS, numbered(4, 4), numbered(2, 1)), args(S(4, 2, 3, high=-0.1), numbered(0, 1, 0), numbered(4, 3), numbered(1, 2), 2), args(S(4, 2, 3, high=-0.1), LABELS, numbered(4, 3), numbered(2, 2))]  # fmt: skip
WORDS = S(values=np.array([[1, 0, 3], [3, 3, 2]]), dtype="int64")
# fmt: off
CASES = [
    Case("_nll_loss", nll_loss, [*NLL, args(S(500, 7, high=-0.1), classes(500, below=7))], rows="nll_loss", of=lambda lib: lambda *a: lib._C._nll_loss(*a)[0], peer=lambda lib: lambda x, t, w=None, r="mean", i=-100: lib.nn.functional.nll_loss(x, t, w, ignore_index=i, reduction=r), dtypes=FLOATING, result=None, bound=lambda x, t, w=None, r="mean", i=-100: 16 * np.abs(x).max() * (t.size if r == "sum" else 1), ulp=1, grad=True, grad_samples=NLL, large=[args(S(30_000, 7, high=-0.1), classes(30_000, below=7))], batch=[args(S(5, 3, row=True), classes(5, below=3).as_row(), None, "none")], bad=[Bad(SCORES, S(values=np.array([0, 1, 3, 0]), dtype="int64"), raises=IndexError, match="Target 3 is out of bounds"), Bad(SCORES, classes(5, below=3), raises=ValueError, match=r"Expected input batch_size \(4\) to match target batch_size \(5\)"), Bad(SCORES, S(4), raises=RuntimeError, match="Long|long"), Bad(SCORES, classes(4, below=3), S(2), raises=RuntimeError, match="weight tensor")]),
    Case("_nll_loss_backward", nll_back, [args(S(), LINEAR, classes(4, below=3), None, "mean", -100, TOTAL), args(S(), LINEAR, IGNORED, WEIGHT, "mean", -100, WEIGHTED), args(S(4), LINEAR, classes(4, below=3), None, "none", -100, TOTAL)], rows="nll_loss_backward", peer=lambda lib: lambda g, x, t, w, r, i, total: lib.ops.aten.nll_loss_backward(g, x, t, w, REDUCE[r], i, total), ulp=3, zero_sign=False, grad=True),
    Case("_embedding", lambda weight, indices, *_: weight[indices], [args(S(4, 3), WORDS), args(S(4, 3), WORDS, 2), args(S(4, 3), WORDS, -1, True), args(S(4, 3), S(values=np.array(2), dtype="int64"))], rows="embedding", peer=lambda lib: lib.embedding, dtypes=FLOATING, grad=True, grad_samples=[args(S(4, 3), WORDS), args(S(4, 3), S(values=np.array(2), dtype="int64"))], bad=[Bad(S(4, 3), S(values=np.array([4]), dtype="int64"), raises=IndexError, match="out of range"), Bad(S(4, 3), S(2), raises=RuntimeError, match="Long|long|int"), Bad(S(4), WORDS, raises=RuntimeError, match="2-D")]),
    Case("_ctc_loss", ctc, CTC, rows="ctc_loss ctc_loss_backward", of=lambda lib: lambda x, *rest: lib._C._ctc_loss(lib.log_softmax(x, 2), *rest)[0], peer=lambda lib: lambda x, *rest: lib.nn.functional.ctc_loss(lib.log_softmax(x, 2), *rest, reduction="none"), layouts=False, bound=lambda *_: 64.0, ulp=4, grad=True, second=False, data=True, bad=[Bad(*CTC[0].args, 3, raises=RuntimeError, match="blank must be in label range"), Bad(CTC[0].args[0], numbered([1, 5], [2, 2]), *CTC[0].args[2:], raises=RuntimeError, match="is no label", peer=False), Bad(*CTC[0].args[:2], numbered(4, 5), numbered(2, 1), raises=RuntimeError, match="at most 4")]),
    *elements("mse_loss", lambda x, y, c: (x - y) ** 2, lambda x, y, c: 2 * (x - y)),
    *elements("smooth_l1_loss", lambda x, y, c: np.where(np.abs(x - y) < c, (x - y) ** 2 / (2 * c), np.abs(x - y) - c / 2), lambda x, y, c: np.clip((x - y) / c, -1, 1), coefficient=0.7),
    *elements("huber_loss", lambda x, y, c: np.where(np.abs(x - y) < c, (x - y) ** 2 / 2, c * (np.abs(x - y) - c / 2)), lambda x, y, c: np.clip(x - y, -c, c), coefficient=0.7),
    *elements("soft_margin_loss", lambda x, y, c: np.logaddexp(0, -x * y), lambda x, y, c: -y / (1 + np.exp(x * y)), of_target=False),
    *elements("binary_cross_entropy", cross_entropy, lambda x, y, c: (x - y) / ((1 - x) * x), low=0.1, high=0.9),
    *elements("binary_cross_entropy_with_logits", lambda x, y, c: np.logaddexp(0, x) - x * y, lambda x, y, c: 1 / (1 + np.exp(-x)) - y, low=0.1, high=0.9),
]
# fmt: on
