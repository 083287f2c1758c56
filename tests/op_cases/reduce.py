"""Reductions, scans, sorting and softmax."""

import numpy as np

from .case import FLOATING, FLOATS, NUMERIC_BOOL, SIGNED, Bad, Case, S, T, args

SUMMED = (*FLOATING, *SIGNED, "uint8", "bool")
ORDERED = (*FLOATING, *SIGNED, "uint8")


def axes(dim):
    return None if dim is None or dim == () else tuple(dim) if isinstance(dim, (list, tuple)) else dim


def along(function):
    """A NumPy reduction with PyTorch's arguments."""

    def reduce(x, dim=None, keepdim=False, dtype=None):
        return function(x, axis=axes(dim) if x.ndim else None, keepdims=keepdim)

    return reduce


def hashed(x, axis, keepdims):
    words = x.astype(np.float64).view(np.uint64) if x.dtype.kind == "f" else x.astype(np.int64).view(np.uint64)
    return np.bitwise_xor.reduce(words, axis, keepdims=keepdims)


def count(x, dim):
    return max(x.size // max(np.sum(x, axis=axes(dim) if x.ndim else None, keepdims=True).size, 1), 1)


def tree(scale=np.sum):
    """What a tree of sums may err: Higham 2002, ch. 4; each element passes log2(n) additions."""

    def bound(x, dim=None, keepdim=False, dtype=None):
        return (np.log2(count(x, dim)) + 2) * along(scale)(np.abs(x), dim, keepdim)

    return bound


def chain(x, dim=None, keepdim=False, dtype=None):
    """What a chain of products may err: n roundings of the result."""
    return (count(x, dim) + 1) * np.abs(along(np.prod)(x, dim, keepdim))


def picked(arg, pick):
    def reduce(x, dim, keepdim=False):
        if x.ndim == 0:
            return x, np.zeros((), np.int64)
        return pick(x, axis=dim, keepdims=keepdim), arg(x, axis=dim, keepdims=keepdim)

    return reduce


def largest(x, k, dim=-1, largest=True, sorted=True):
    if x.ndim == 0:
        return x, np.zeros((), np.int64)
    order = np.argsort(-x if largest else x, axis=dim, kind="stable")
    index = np.take(order, np.arange(k), axis=dim)
    return np.take_along_axis(x, index, dim), index


def order(x, dim=-1, descending=False, stable=False):
    if x.ndim == 0:
        return np.zeros((), np.int64)
    if descending:  # equal ones keep their order
        n = x.shape[dim]
        return n - 1 - np.flip(np.argsort(np.flip(x, dim), axis=dim, kind="stable"), dim)
    return np.argsort(x, axis=dim, kind="stable")


def ordered(x, dim=-1, descending=False, stable=False):
    return x if x.ndim == 0 else np.take_along_axis(x, order(x, dim, descending), dim), order(x, dim, descending)


def softmax(x, dim, dtype=None):
    if x.ndim == 0:
        return np.ones_like(x)
    e = np.exp(x - x.max(dim, keepdims=True)) if x.size else x
    return e / e.sum(dim, keepdims=True)


def log_softmax(x, dim, dtype=None):
    if x.ndim == 0:
        return np.zeros_like(x)
    shifted = x - x.max(dim, keepdims=True) if x.size else x
    return shifted - np.log(np.exp(shifted).sum(dim, keepdims=True))


def sum_to(x, size):
    extra = x.ndim - len(size)
    x = x.sum(tuple(range(extra)))
    return x.sum(tuple(d for d, n in enumerate(size) if n == 1), keepdims=True).reshape(size)


def cumulated(function):
    return lambda x, dim, dtype=None: x if x.ndim == 0 else function(x, axis=dim)


DIMS = [
    args(S(3, 5)),
    args(S(3, 5), 0),
    args(S(3, 5), -1, True),
    args(S(2, 3, 4), (0, 2)),
    args(S(2, 3, 4), [1], keepdim=True),
    args(S()),
]
LONG = [args(S(3, 5000)), args(S(130, 70), 0), args(S(130, 70), 1)]
EMPTY = [args(S(0, 3)), args(S(0, 3), 0), args(S(3, 0), 0)]
LARGE = [args(S(300_001)), args(S(1500, 101), 0), args(S(1500, 101), 1), args(S(40, 50, 60), (0, 2))]
BATCH = [args(S(7, 300, row=True), 1), args(S(7, 5000, row=True), 1), args(S(2, 70_000, row=True), 1)]
NO_DIM = [
    Bad(S(3), 1, raises=IndexError, match=r"expected to be in range of \[-1, 0\], but got 1|expected -1 <= dim < 1"),
    Bad(S(3), "x", raises=TypeError, match="dim"),
]
TWICE = Bad(S(3, 4), (1, 1), raises=RuntimeError, match="appears multiple times")
NOTHING = Bad(S(0, 3), 0, raises=IndexError, match="[Ee]xpected reduction dim")
ONE_DIM = [args(S(3, 5), 0), args(S(3, 5), -1, True), args(S(2, 3, 4), 1), args(S(), 0)]

# fmt: off
REDUCTIONS = [
    Case("sum", along(np.sum), [*DIMS, *EMPTY, *LONG, args(S(3, 5), 1, dtype=T("float64"))], dtypes=SUMMED, result=None, bound=tree(), ulp=0.5, grad=True, grad_samples=DIMS, large=LARGE, batch=BATCH, bad=[*NO_DIM, TWICE]),
    Case("mean", along(np.mean), [*DIMS, *LONG], dtypes=FLOATING, bound=tree(np.mean), ulp=1.5, grad=True, grad_samples=DIMS, large=LARGE, batch=BATCH, bad=[*NO_DIM, TWICE, Bad(S(3, dtype="int64"), raises=RuntimeError, match=r"mean\(\): could not infer output dtype")]),
    Case("prod", along(np.prod), [args(S(3, 5)), args(S()), args(S(0)), args(S(2000, low=0.99, high=1.01))], rows="prod_all", dtypes=FLOATS, bound=chain, ulp=1, grad=True, grad_samples=[args(S(3, 4)), args(S(values=[1.5, 0.0, 2.0])), args(S(values=[0.0, 0.0, 2.0])), args(S())], large=[args(S(300_001, low=0.9999, high=1.0001))]),
    Case("prod", along(np.prod), [*ONE_DIM, args(S(0, 3), 0)], id="prod-dim", rows="prod", dtypes=FLOATS, bound=chain, ulp=1, grad=True, grad_samples=[*ONE_DIM, args(S(values=[[0.0, 2.0], [3.0, 0.5]]), 1), args(S(values=[[0.0, 2.0], [0.0, 0.5]]), 0)], batch=BATCH[:1], bad=NO_DIM),
    Case("amax", along(np.max), [*DIMS, *LONG], dtypes=NUMERIC_BOOL, grad=True, grad_samples=DIMS, large=LARGE, batch=BATCH, bad=[*NO_DIM, TWICE, NOTHING]),
    Case("amin", along(np.min), [*DIMS, *LONG], dtypes=NUMERIC_BOOL, grad=True, grad_samples=DIMS, large=LARGE, batch=BATCH, bad=[*NO_DIM, TWICE, NOTHING]),
    Case("max", along(np.max), [args(S(3, 5)), args(S()), args(S(70, 70))], rows="max_all", dtypes=NUMERIC_BOOL, grad=True, grad_samples=[args(S(3, 5)), args(S())], large=LARGE[:1], bad=[Bad(S(0), raises=RuntimeError, match="Expected reduction dim to be specified for input.numel")]),
    Case("min", along(np.min), [args(S(3, 5)), args(S()), args(S(70, 70))], rows="min_all", dtypes=NUMERIC_BOOL, grad=True, grad_samples=[args(S(3, 5)), args(S())], large=LARGE[:1], bad=[Bad(S(0), raises=RuntimeError, match="Expected reduction dim to be specified for input.numel")]),
    Case("max", picked(np.argmax, np.max), ONE_DIM, id="max-dim", rows="max_dim", dtypes=ORDERED, grad=True, large=[args(S(1500, 101), 0), args(S(1500, 101), 1)], batch=BATCH, bad=[*NO_DIM[:1], NOTHING]),
    Case("min", picked(np.argmin, np.min), ONE_DIM, id="min-dim", rows="min_dim", dtypes=ORDERED, grad=True, large=[args(S(1500, 101), 0), args(S(1500, 101), 1)], batch=BATCH, bad=[*NO_DIM[:1], NOTHING]),
    Case("argmax", along(np.argmax), [args(S(3, 5)), args(S()), *ONE_DIM[:3], args(S(130, 70), 0)], dtypes=ORDERED, result="int64", large=LARGE[:3], batch=BATCH, bad=[*NO_DIM[:1], NOTHING]),
    Case("argmin", along(np.argmin), [args(S(3, 5)), args(S()), *ONE_DIM[:3], args(S(130, 70), 0)], dtypes=ORDERED, result="int64", large=LARGE[:3], batch=BATCH, bad=[*NO_DIM[:1], NOTHING]),
    Case("all", along(np.all), [*DIMS, *EMPTY], dtypes=NUMERIC_BOOL, result=lambda d: "uint8" if d == "uint8" else "bool", large=LARGE, batch=BATCH, bad=NO_DIM[:1]),
    Case("any", along(np.any), [*DIMS, *EMPTY], dtypes=NUMERIC_BOOL, result=lambda d: "uint8" if d == "uint8" else "bool", large=LARGE, batch=BATCH, bad=NO_DIM[:1]),
    Case("hash_tensor", along(hashed), [*LONG, args(S(3, 5)), args(S(2, 3, 4), (0, 2)), args(S(2, 3, 4), [1], keepdim=True), args(S())], rows="_xor", dtypes=(*FLOATS, "int64", "int32", "int8", "uint8", "bool"), result="uint64", large=LARGE, batch=BATCH, bad=[*NO_DIM[:1], TWICE, NOTHING, Bad(S(3), mode=1, raises=RuntimeError, match="mode")]),
    Case("count_nonzero", lambda x, dim=None: np.count_nonzero(x, axis=axes(dim) if x.ndim else None), [args(S(3, 5)), args(S(3, 5), 0), args(S(2, 3, 4), (0, 2)), args(S()), args(S(0, 3), 0)], dtypes=NUMERIC_BOOL, result="int64", large=LARGE[:3]),
    Case("_sum_to", sum_to, [args(S(3, 5), (5,)), args(S(2, 3, 4), (3, 1)), args(S(3, 5), (3, 5)), args(S(3, 5), ())], rows="sum_to", peer=lambda lib: lambda x, size: x.sum_to_size(size), bound=lambda x, size: 5 * sum_to(np.abs(x), size), ulp=0.5, grad=True),
]

SCANS = [
    Case("cumsum", cumulated(np.cumsum), [args(S(3, 5), 0), args(S(3, 5), -1), args(S(), 0), args(S(0, 3), 0), args(S(5000), 0)], dtypes=(*FLOATS, *SIGNED, "uint8", "bool"), result="sum", bound=lambda x, dim: 0 if x.ndim == 0 else (x.shape[dim] + 2) * np.cumsum(np.abs(x), dim), ulp=0.5, grad=True, grad_samples=[args(S(3, 5), 0), args(S(3, 5), -1), args(S(), 0)], large=[args(S(300_001), 0), args(S(1500, 101), 0), args(S(1500, 101), 1)], batch=BATCH, bad=NO_DIM[:1]),
    Case("cumprod", cumulated(np.cumprod), [args(S(3, 5), 0), args(S(3, 5), -1), args(S(), 0), args(S(0, 3), 0), args(S(5000, low=0.99, high=1.01), 0)], dtypes=FLOATS, bound=lambda x, dim: 0 if x.ndim == 0 else (x.shape[dim] + 2) * np.abs(np.cumprod(x, dim)), ulp=1, grad=True, grad_samples=[args(S(3, 5), 0), args(S(3, 5), -1), args(S(), 0), args(S(values=[[1.5, 0.0, 2.0, 3.0], [0.0, 2.0, 0.0, 1.0]]), 1)], large=[args(S(1500, 101, low=0.9, high=1.1), 0)], batch=BATCH[:1], bad=NO_DIM[:1]),
]

SORTS = [
    Case("sort", ordered, [args(S(3, 5)), args(S(3, 5), 0), args(S(3, 5), -1, True), args(S(200), stable=True), args(S())], dtypes=ORDERED, grad=True, grad_samples=[args(S(3, 5)), args(S(3, 5), 0), args(S())], large=[args(S(300, 401)), args(S(300, 401), 0)], batch=[args(S(7, 300, row=True))], bad=[Bad(S(3), 2, raises=IndexError, match="out of range")]),
    Case("argsort", order, [args(S(3, 5)), args(S(3, 5), 0), args(S(3, 5), -1, True)], dtypes=ORDERED, result="int64", large=[args(S(300, 401))], batch=[args(S(7, 300, row=True))], bad=[Bad(S(3), 2, raises=IndexError, match="out of range")]),
    Case("topk", largest, [args(S(3, 5), 2), args(S(3, 5), 2, 0), args(S(3, 5), 3, largest=False), args(S(), 1)], grad=True, large=[args(S(300, 401), 7)], batch=[args(S(7, 300, row=True), 5)], bad=[Bad(S(3), 4, raises=RuntimeError, match="selected index k out of range"), Bad(S(3), -1, raises=RuntimeError, match="out of range")]),
]

SOFT = [args(S(3, 5), -1), args(S(3, 5), 0), args(S(2, 3, 4), 1), args(S(), 0), args(S(0, 5), 1)]
SOFT_BAD = [Bad(S(3), 2, raises=IndexError, match="out of range"), Bad(S(3, dtype="int64"), 0, raises=(RuntimeError, NotImplementedError), match="not implemented for 'Long'")]
SOFTMAX = [
    Case("softmax", softmax, [*SOFT, args(S(4, 1000, low=-30, high=30), 1)], dtypes=FLOATING, bound=lambda x, dim: (30 + 2 * np.abs(x).max(initial=0)) * softmax(x, dim), ulp=2, grad=True, grad_samples=SOFT[:4], large=[args(S(700, 301), 1), args(S(700, 301), 0)], batch=[args(S(7, 300, row=True), 1)], bad=SOFT_BAD),
    Case("log_softmax", log_softmax, [*SOFT, args(S(4, 1000, low=-30, high=30), 1)], dtypes=FLOATING, bound=lambda x, dim: 30 + 4 * np.abs(x).max(initial=0), ulp=1, grad=True, grad_samples=SOFT[:4], large=[args(S(700, 301), 1), args(S(700, 301), 0)], batch=[args(S(7, 300, row=True), 1)], bad=SOFT_BAD),
    Case("_softmax_backward", lambda g, y, dim: y * (g - (g * y).sum(dim, keepdims=True)), [args(S(3, 5), S(3, 5, low=0.1, high=0.9), 1), args(S(3, 5), S(3, 5, low=0.1, high=0.9), 0)], rows="softmax_backward", peer=lambda lib: lambda g, y, dim: lib.ops.aten._softmax_backward_data(g, y, dim, g.dtype), bound=lambda g, y, dim: 8 * (np.abs(g) + (np.abs(g) * y).sum(dim, keepdims=True)), ulp=1, grad=True, large=[args(S(700, 301), S(700, 301), 1)]),
    Case("_log_softmax_backward", lambda g, y, dim: g - np.exp(y) * g.sum(dim, keepdims=True), [args(S(3, 5), S(3, 5, high=-0.1), 1), args(S(3, 5), S(3, 5, high=-0.1), 0)], rows="log_softmax_backward", peer=lambda lib: lambda g, y, dim: lib.ops.aten._log_softmax_backward_data(g, y, dim, g.dtype), bound=lambda g, y, dim: 8 * (np.abs(g) + np.abs(g).sum(dim, keepdims=True)), ulp=1, grad=True, large=[args(S(700, 301), S(700, 301), 1)]),
]
# fmt: on
CASES = REDUCTIONS + SCANS + SORTS + SOFTMAX
