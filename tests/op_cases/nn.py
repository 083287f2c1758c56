"""Losses, and the steps of optimisers."""

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


def mse_loss(x, y, reduction="mean"):
    return reduced((x - y) ** 2, reduction)


def classes(*shape, below):
    return S(*shape, dtype="int64", low=0, high=below)


def stepped(name):
    """A fused step as a function of what it reads to what it wrote."""

    def find(lib):
        def step(lists, hyper):
            getattr(lib._C, name)(*lists, hyper)
            return [t for place, members in enumerate(lists) if place != 1 for t in members]

        return step

    return find


def sgd(lists, hyper):
    params, grads, buffers = lists
    lr, momentum, dampening, decay, nesterov, maximize, first = hyper
    made = [], []
    for i, (p, g) in enumerate(zip(params, grads)):
        g = (-g if maximize else g) + decay * p
        if buffers:
            made[1].append(g if first else momentum * buffers[i] + (1 - dampening) * g)
            g = g + momentum * made[1][-1] if nesterov else made[1][-1]
        made[0].append(p - lr * g)
    return made[0] + made[1]


def adam(lists, hyper):
    params, grads, averages, squares, largest, steps = lists
    lr, beta1, beta2, eps, decay, amsgrad, maximize, decoupled = hyper
    made = [[], [], [], [], []]
    for i, (p, g) in enumerate(zip(params, grads)):
        step = steps[i] + 1
        g = -g if maximize else g
        p, g = (p * (1 - lr * decay), g) if decoupled else (p, g + decay * p)
        m, v = beta1 * averages[i] + (1 - beta1) * g, beta2 * squares[i] + (1 - beta2) * g * g
        top = np.maximum(largest[i], v) if amsgrad else v
        p = p - lr / (1 - beta1**step) * m / (np.sqrt(top) / np.sqrt(1 - beta2**step) + eps)
        for kept, value in zip(made, (p, m, v, top, step)):
            kept.append(value)
    return made[0] + made[1] + made[2] + (made[3] if amsgrad else []) + made[4]


def numbers(*values):
    return S(values=np.array(values, np.float64), dtype="float64")


def weights():
    return [S(3, 5), S(7)]


COUNT = [S(values=np.array(3.0), dtype="float32"), S(values=np.array(0.0), dtype="float32")]
SGD = [args([weights(), weights(), weights() if momentum else []], numbers(0.1, momentum, dampening, decay, nesterov, maximize, first)) for momentum, dampening, decay, nesterov, maximize, first in [(0, 0, 0, 0, 0, 0), (0.9, 0, 0.1, 0, 0, 0), (0.9, 0, 0, 1, 0, 0), (0.5, 0.25, 0, 0, 1, 0), (0.9, 0, 0.1, 0, 0, 1)]]  # fmt: skip
POSITIVE = [S(3, 5, low=0.1), S(7, low=0.1)]
ADAM = [args([weights(), weights(), weights(), POSITIVE, POSITIVE if amsgrad else [], COUNT], numbers(0.1, 0.9, 0.99, 1e-8, decay, amsgrad, maximize, decoupled)) for decay, amsgrad, maximize, decoupled in [(0, 0, 0, 0), (0.1, 0, 0, 0), (0.1, 1, 0, 0), (0, 0, 1, 0), (0.1, 0, 0, 1)]]  # fmt: skip
SCORES = S(4, 3, high=-0.1)
IGNORED = S(values=np.array([0, -100, 2, 1]), dtype="int64")
WEIGHT = S(values=np.array([0.5, 1.0, 1.5]), grad=False)
NLL = [args(SCORES, classes(4, below=3)), args(SCORES, classes(4, below=3), None, "sum"), args(SCORES, classes(4, below=3), None, "none"), args(SCORES, IGNORED), args(SCORES, IGNORED, WEIGHT), args(S(2, 3, 4, high=-0.1), classes(2, 4, below=3)), args(S(3, high=-0.1), classes(below=3))]  # fmt: skip
TOTAL, WEIGHTED = (
    S(values=np.array(4.0), grad=False),
    S(values=np.array(3.0), grad=False),
)  # counts, and weights of IGNORED
LINEAR = S(4, 3, high=-0.1, grad=False)

# fmt: off
CASES = [
    Case("_nll_loss", nll_loss, [*NLL, args(S(500, 7, high=-0.1), classes(500, below=7))], rows="nll_loss", of=lambda lib: lambda *a: lib._C._nll_loss(*a)[0], peer=lambda lib: lambda x, t, w=None, r="mean", i=-100: lib.nn.functional.nll_loss(x, t, w, ignore_index=i, reduction=r), dtypes=FLOATING, result=None, bound=lambda x, t, w=None, r="mean", i=-100: 16 * np.abs(x).max() * (t.size if r == "sum" else 1), ulp=1, grad=True, grad_samples=NLL, large=[args(S(30_000, 7, high=-0.1), classes(30_000, below=7))], batch=[args(S(5, 3, row=True), classes(5, below=3).as_row(), None, "none")], bad=[Bad(SCORES, S(values=np.array([0, 1, 3, 0]), dtype="int64"), raises=IndexError, match="Target 3 is out of bounds"), Bad(SCORES, classes(5, below=3), raises=ValueError, match=r"Expected input batch_size \(4\) to match target batch_size \(5\)"), Bad(SCORES, S(4), raises=RuntimeError, match="Long|long"), Bad(SCORES, classes(4, below=3), S(2), raises=RuntimeError, match="weight tensor")]),
    Case("_nll_loss_backward", nll_back, [args(S(), LINEAR, classes(4, below=3), None, "mean", -100, TOTAL), args(S(), LINEAR, IGNORED, WEIGHT, "mean", -100, WEIGHTED), args(S(4), LINEAR, classes(4, below=3), None, "none", -100, TOTAL)], rows="nll_loss_backward", peer=lambda lib: lambda g, x, t, w, r, i, total: lib.ops.aten.nll_loss_backward(g, x, t, w, REDUCE[r], i, total), ulp=3, zero_sign=False, grad=True),
    Case("_mse_loss", mse_loss, [args(S(3, 5), S(3, 5)), args(S(3, 5), S(3, 5), "sum"), args(S(3, 5), S(3, 5), "none"), args(S(), S()), args(S(70, 90), S(70, 90))], rows="mse_loss", peer=lambda lib: lambda x, y, r="mean": lib.nn.functional.mse_loss(x, y, reduction=r), dtypes=FLOATING, bound=lambda x, y, r="mean": 20 * mse_loss(x, y, r), ulp=2, grad=True, grad_samples=[args(S(3, 5), S(3, 5)), args(S(3, 5), S(3, 5), "sum"), args(S(3, 5), S(3, 5), "none"), args(S(3, 5), S(5)), args(S(), S())], large=[args(S(301, 401), S(301, 401))], batch=[args(S(5, 3, row=True), S(5, 3, row=True), "none")], bad=[Bad(S(3), S(4), raises=RuntimeError, match="must match", peer=False), Bad(S(3), S(3), "most", raises=ValueError, match="not a valid value for reduction")]),
    Case("_sgd_step", sgd, SGD, of=stepped("_sgd_step"), peer=False, rows="sgd_step", result=None, bound=lambda *_: 16.0, ulp=2, steps=True, large=[args([[S(301, 401)], [S(301, 401)], [S(301, 401)]], numbers(0.1, 0.9, 0, 0.1, 0, 0, 0))], bad=[Bad([[S(3)], [S(4)], []], numbers(0.1, 0, 0, 0, 0, 0, 0), raises=RuntimeError, match="grads"), Bad([[S(3)], [S(3)], []], numbers(0.1), raises=RuntimeError, match="hyper")]),
    Case("_adam_step", adam, ADAM, of=stepped("_adam_step"), peer=False, rows="adam_step", result=None, bound=lambda *_: 32.0, ulp=4, steps=True, large=[args([[S(301, 401)], [S(301, 401)], [S(301, 401)], [S(301, 401, low=0.1)], [], COUNT[:1]], numbers(0.1, 0.9, 0.99, 1e-8, 0.1, 0, 0, 0))], bad=[Bad([[S(3)], [S(3)], [S(3)], [], [], COUNT[:1]], numbers(0.1, 0.9, 0.99, 1e-8, 0, 0, 0, 0), raises=RuntimeError, match="exp_avg_sqs")]),
]
# fmt: on
