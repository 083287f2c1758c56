"""Losses."""

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
]
# fmt: on
