"""Spreads, norms, logarithms of sums; running extremes; ranks; searching and counting."""

import math

import numpy as np

from .case import FLOATING, NUMERIC, NUMERIC_BOOL, SIGNED, Bad, Case, S, args
from .reduce import BATCH, DIMS, LARGE, LONG, NO_DIM, SUMMED, TWICE, along, axes, count, tree

INTEGRAL = (*SIGNED, "uint8")  # PyTorch counts and ranks no wider unsigned


def squares(x, dim=None, *_, keepdim=False, **__):
    """What the squares of a spread may err: two trees, of the mean and of the squares."""
    axis = axes(dim) if x.ndim else None
    return (np.log2(count(x, dim)) + 4) * np.mean(x * x, axis=axis, keepdims=keepdim)


def spread(function):
    def reduce(x, dim=None, *, correction=1, keepdim=False):
        return function(x, axis=axes(dim) if x.ndim else None, ddof=correction, keepdims=keepdim)

    return reduce


def spread_unbiased(function):
    return lambda x, dim, unbiased=True, keepdim=False: spread(function)(
        x, dim, correction=int(unbiased), keepdim=keepdim
    )


def with_mean(reduce):
    def both(x, dim=None, *_, keepdim=False, **options):
        return reduce(x, dim, *_, keepdim=keepdim, **options), along(np.mean)(x, dim, keepdim)

    return both


def of_all(function):
    return lambda x, unbiased: function(x, ddof=int(unbiased))


def norm(x, p="fro", dim=None, keepdim=False):
    axis = axes(dim) if x.ndim else None
    size = np.abs(x)
    if p == "fro" or p == 2:
        return np.sqrt(np.sum(size * size, axis=axis, keepdims=keepdim))
    if p == 0:
        return np.sum((x != 0).astype(x.dtype), axis=axis, keepdims=keepdim)
    if math.isinf(p):
        return (np.max if p > 0 else np.min)(size, axis=axis, keepdims=keepdim)
    return np.sum(size**p, axis=axis, keepdims=keepdim) ** (np.ones((), x.dtype) / p)


def norm_bound(x, p="fro", dim=None, keepdim=False):
    return (np.log2(count(x, dim)) + 6) * norm(x, p, dim, keepdim)


def logsumexp(x, dim, keepdim=False):
    axis = axes(dim) if x.ndim else None
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    found = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return found if keepdim else np.squeeze(found, axis)


def cancelled(x, dim, keepdim=False):
    """The logarithm of a sum may be near zero: what it errs is of the size of its parts."""
    return np.max(np.abs(np.where(np.isfinite(x), x, 0))) + np.log2(count(x, dim)) + 8


def logcumsumexp(x, dim):
    return np.logaddexp.accumulate(x, dim) if x.ndim else x


def running(better):
    """The extreme so far, and where the last of it is; a NaN stays."""

    def scan(x, dim):
        values, places = np.array(x, ndmin=1), np.zeros(np.shape(x) or (1,), np.int64)
        lanes, at = np.moveaxis(values, dim, 0), np.moveaxis(places, dim, 0)
        for i in range(1, len(lanes)):
            kept = ~(better(lanes[i], lanes[i - 1]) | np.isnan(lanes[i])) | np.isnan(lanes[i - 1]) & ~np.isnan(lanes[i])
            at[i] = np.where(kept, at[i - 1], i)
            lanes[i] = np.where(kept, lanes[i - 1], lanes[i])
        return values.reshape(np.shape(x)), places.reshape(np.shape(x))

    return scan


def ranked(rank):
    """What stands at a rank of the sorted rows, and where it was; `rank` of a row gives it."""

    def pick(x, *k_dim, keepdim=False):
        *k, dim = k_dim
        if x.ndim == 0:
            return x, np.zeros((), np.int64)
        order = np.argsort(x, axis=dim, kind="stable")
        place = np.apply_along_axis(rank, dim, x, *k)
        index = np.take_along_axis(order, np.expand_dims(place, dim), dim)
        value = np.take_along_axis(x, index, dim)
        return (value, index) if keepdim else (np.squeeze(value, dim), np.squeeze(index, dim))

    return pick


def kth(row, k):
    return k - 1


def middle(row):
    """NaN is sorted to the end: where there is one, the first of them."""
    missing = np.isnan(row).sum()
    return len(row) - missing if missing else (len(row) - 1) // 2


def middle_number(row):
    return max(len(row) - np.isnan(row).sum() - 1, 0) // 2


def of_whole(rank):
    return lambda x: ranked(rank)(x.reshape(-1), 0)[0]


def mode(x, dim=-1, keepdim=False):
    """The most frequent, of several the smallest, and where the last of it is."""
    if x.ndim == 0:
        return x, np.zeros((), np.int64)
    moved = np.moveaxis(x, dim, -1)
    values, places = np.empty(moved.shape[:-1], x.dtype), np.empty(moved.shape[:-1], np.int64)
    for at in np.ndindex(moved.shape[:-1]):
        found, counts = np.unique(moved[at], return_counts=True)
        values[at] = found[np.argmax(counts)]
        places[at] = np.flatnonzero(moved[at] == values[at])[-1]
    return (np.expand_dims(values, dim), np.expand_dims(places, dim)) if keepdim else (values, places)


def side_of(right, side=None):
    return side or ("right" if right else "left")


def searchsorted(sequence, values, *, out_int32=False, right=False, side=None, sorter=None):
    sequence = sequence if sorter is None else np.take_along_axis(sequence, sorter, -1)
    if sequence.ndim == 1:
        return np.searchsorted(sequence, values, side_of(right, side))
    rows = zip(sequence.reshape(-1, sequence.shape[-1]), values.reshape(-1, values.shape[-1]))
    return np.stack([np.searchsorted(row, wanted, side_of(right, side)) for row, wanted in rows]).reshape(values.shape)


def bincount(x, weights=None, minlength=0):
    return np.bincount(x, weights, minlength)


def histc(x, bins=100, min=0, max=0):
    if min == max:
        min, max = (x.min(), x.max()) if x.size else (0, 1)
    return np.histogram(x.astype(np.float64), bins, (float(min), float(max)))[0]


def histogram(x, edges, weight, even):
    return np.histogram(x, edges, weights=weight)[0]


def row_order(x):
    return np.lexsort(x.T[::-1])


def run_ids(x):
    return np.cumsum(np.r_[False, (x[1:] != x[:-1]).any(1)]) if len(x) else np.zeros(0, np.int64)


def run_starts(ids):
    return np.unique(ids, return_index=True, return_counts=True)[1:]


def distinct(*shape):
    """Numbers that all differ: equal ones leave open which of them a rank takes."""
    return S(values=np.random.default_rng(len(shape)).permutation(math.prod(shape)).reshape(shape) + 0.0)


ASCENDING = S(values=np.linspace(0, 6, 13))
ROWS_ASCENDING = S(values=np.sort(np.random.default_rng(2).uniform(0, 2, (3, 9)), -1))
TIES = S(values=[[3.0, 1.0, 3.0, 1.0, 2.0], [5.0, 5.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 4.0, 5.0]])
WITH_NAN = S(values=[[1.0, np.nan, 3.0, -2.0], [5.0, 7.0, 6.0, np.nan], [4.0, 2.0, 0.5, 9.0]], grad=False)
SPREADS = [*DIMS[:1], args(S(3, 5), -1, keepdim=True), args(S(3, 5), 0), args(S(2, 3, 4), (0, 2)), args(S(3, 5), correction=0), args(S(3, 5), 1, correction=2, keepdim=True)]  # fmt: skip
UNBIASED = [args(S(3, 5), 1, True, True), args(S(2, 3, 4), (0, 2), unbiased=False), args(S(3, 5), 0, False)]
ALL_UNBIASED = [args(S(3, 5), False), args(S(70, 70), True)]
NORMS = [args(S(3, 5), p, 1) for p in (2, 1, 0.5, 3, math.inf, -math.inf, 0)]
RANKS = [args(distinct(3, 5), 0), args(distinct(3, 5), -1, keepdim=True), args(distinct(2, 3, 4), 1), args(S(), 0)]
NOT_ORDERED = Bad(
    S(2, dtype="complex64"), 0, raises=(RuntimeError, NotImplementedError), match="not implemented for", peer=False
)
NEEDS_FLOATS = Bad(S(3, dtype="int64"), raises=RuntimeError, match="only support floating point")
EMPTY_ROW = Bad(S(0, 2), 0, raises=IndexError, match="non-zero size")

# fmt: off
SPREAD = [
    case
    for name, reduce in (("var", np.var), ("std", np.std))
    for case in (
        Case(name, spread(reduce), [*SPREADS, *LONG], dtypes=FLOATING, bound=squares, ulp=2, grad=True, grad_samples=SPREADS, large=LARGE, batch=BATCH, bad=[*NO_DIM[:1], TWICE, NEEDS_FLOATS]),
        Case(name, of_all(reduce), ALL_UNBIASED, id=f"{name}-all", rows=f"{name}_all", bound=lambda x, unbiased: squares(x), ulp=2, grad=True, grad_samples=ALL_UNBIASED[:1], large=[args(S(300_001), False)]),
        Case(name, spread_unbiased(reduce), UNBIASED, id=f"{name}-unbiased", rows=f"{name}_unbiased", bound=lambda x, dim, unbiased=True, keepdim=False: squares(x, dim, keepdim=keepdim), ulp=2, grad=True, large=[args(S(1500, 101), 0, False)]),
        Case(f"{name}_mean", with_mean(spread(reduce)), [*SPREADS, *LONG[:1]], dtypes=FLOATING, bound=lambda x, *_, **k: squares(x, *_, **k) + 8, ulp=2, grad=True, grad_samples=SPREADS, large=LARGE, batch=BATCH, bad=[*NO_DIM[:1], TWICE]),
        Case(f"{name}_mean", lambda x, unbiased, reduce=reduce: (of_all(reduce)(x, unbiased), x.mean()), ALL_UNBIASED, id=f"{name}_mean-all", rows=f"{name}_mean_all", bound=lambda x, unbiased: squares(x) + 8, ulp=2, grad=True, grad_samples=ALL_UNBIASED[:1]),
        Case(f"{name}_mean", lambda x, dim, unbiased=True, keepdim=False, reduce=reduce: (spread_unbiased(reduce)(x, dim, unbiased, keepdim), along(np.mean)(x, dim, keepdim)), UNBIASED, id=f"{name}_mean-unbiased", rows=f"{name}_mean_unbiased", bound=lambda x, dim, unbiased=True, keepdim=False: squares(x, dim, keepdim=keepdim) + 8, ulp=2, grad=True),
    )
]

SIZES = [
    Case("norm", norm, [*NORMS, args(S(3, 5), 2), args(S(2, 3, 4), 3, (0, 2), True), args(S(), 2), args(S(3, 5000), 2, 1), args(S(130, 70), 1, 0)], dtypes=FLOATING, bound=norm_bound, ulp=2, grad=True, grad_samples=[*NORMS[:5], args(S(3, 5, low=0.2), 0.5, 0), args(S(3, 5), 2), args(S(2, 3, 4), 3, (0, 2), True)], large=[args(S(300_001), 2), args(S(1500, 101), 2, 0), args(S(1500, 101), 3, 1)], batch=[args(S(7, 300, row=True), 2, 1), args(S(7, 5000, row=True), 1, 1)], bad=[Bad(S(3), 2, 1, raises=IndexError, match="out of range|expected"), Bad(S(3, dtype="int64"), 2, raises=(RuntimeError, NotImplementedError), match="floating|not implemented")]),
    Case("norm", norm, [args(S(3, 5)), args(S(3, 5), "fro", 1), args(S(2, 3, 4), "fro", (0, 2), True)], id="norm-named", rows="norm_named", dtypes=FLOATING, bound=norm_bound, ulp=2, grad=True, large=[args(S(300_001))], batch=[args(S(7, 300, row=True), "fro", 1)]),
    Case("logsumexp", logsumexp, [args(S(3, 5), 0), args(S(3, 5), -1, True), args(S(2, 3, 4), (0, 2)), args(S(), 0), args(S(4, 5000, low=-30, high=30), 1), args(S(values=[[-np.inf, -np.inf], [np.inf, 1.0], [-900.0, -901.0]]), 1)], dtypes=FLOATING, bound=cancelled, ulp=1, grad=True, grad_samples=[args(S(3, 5), 0), args(S(3, 5), -1, True), args(S(2, 3, 4), (0, 2))], large=[args(S(1500, 101), 0), args(S(1500, 101), 1)], batch=BATCH, bad=NO_DIM[:1]),
    Case("nansum", along(np.nansum), [*DIMS, *LONG, args(WITH_NAN, 1)], dtypes=SUMMED, result="sum", bound=tree(np.nansum), ulp=0.5, grad=True, grad_samples=[*DIMS, args(S(values=[[1.0, np.nan], [2.0, 3.0]]), 0)], large=LARGE, batch=BATCH, bad=[*NO_DIM[:1], TWICE]),
    Case("logcumsumexp", logcumsumexp, [args(S(3, 5), 0), args(S(3, 5), -1), args(S(), 0), args(S(0, 3), 0), args(S(5000), 0)], dtypes=FLOATING, bound=lambda x, dim: (x.shape[dim] + 8 if x.ndim else 8) + 0 * x, ulp=1, grad=True, grad_samples=[args(S(3, 5), 0), args(S(3, 5), -1), args(S(), 0)], large=[args(S(1500, 101), 0), args(S(1500, 101), 1)], batch=BATCH, bad=NO_DIM[:1]),
]

EXTREMES = [
    Case(name, running(better), [args(S(3, 5), 0), args(S(3, 5), -1), args(S(), 0), args(S(0, 3), 0), args(S(500), 0), args(TIES, 1), args(WITH_NAN, 1)], dtypes=(*NUMERIC, "bool"), grad=True, grad_samples=[args(S(3, 5), 0), args(S(3, 5), -1), args(S(), 0)], large=[args(S(1500, 101), 0), args(S(1500, 101), 1)], batch=BATCH, bad=NO_DIM[:1])
    for name, better in (("cummax", np.greater_equal), ("cummin", np.less_equal))
]

RANKED = [
    Case("kthvalue", ranked(kth), [args(distinct(3, 5), 2, 0), args(distinct(3, 5), 5, -1, keepdim=True), args(distinct(2, 3, 4), 1, 1), args(S(), 1, 0)], dtypes=NUMERIC[:4] + INTEGRAL, grad=True, large=[args(S(300, 401), 7, 1), args(S(300, 401), 7, 0)], batch=[args(S(7, 300, row=True), 5, 1)], bad=[Bad(S(3), 4, 0, raises=RuntimeError, match="out of range"), Bad(S(3), 0, 0, raises=RuntimeError, match="out of range"), Bad(S(3), 1, 1, raises=IndexError, match="out of range")]),
    Case("median", of_whole(middle), [args(distinct(3, 5)), args(distinct(2, 3, 4)), args(S())], id="median-all", rows="median_all", dtypes=NUMERIC[:4] + INTEGRAL, grad=True, grad_samples=[args(distinct(3, 5)), args(S())], large=[args(S(300_001))]),
    Case("median", ranked(middle), RANKS, dtypes=NUMERIC[:4] + INTEGRAL, grad=True, grad_samples=RANKS, large=[args(S(300, 401), 1), args(S(300, 401), 0)], batch=BATCH, bad=[NO_DIM[0], EMPTY_ROW, NOT_ORDERED]),
    Case("nanmedian", of_whole(middle_number), [args(distinct(3, 5)), args(distinct(2, 3, 4)), args(S())], id="nanmedian-all", rows="nanmedian_all", dtypes=NUMERIC[:4] + INTEGRAL, grad=True, grad_samples=[args(distinct(3, 5)), args(S())], large=[args(S(300_001))]),
    Case("nanmedian", ranked(middle_number), RANKS, dtypes=NUMERIC[:4] + INTEGRAL, grad=True, grad_samples=RANKS, large=[args(S(300, 401), 1), args(S(300, 401), 0)], batch=BATCH, bad=[NO_DIM[0], EMPTY_ROW, NOT_ORDERED]),
    *(Case(name, ranked(rank), [args(distinct(3, 5), 1), args(WITH_NAN, 1), args(WITH_NAN, 0, keepdim=True)], id=f"{name}-nan", dtypes=FLOATING) for name, rank in (("median", middle), ("nanmedian", middle_number))),
    *(Case(name, of_whole(rank), [args(distinct(3, 5)), args(WITH_NAN)], id=f"{name}-all-nan", rows=f"{name}_all", dtypes=FLOATING) for name, rank in (("median", middle), ("nanmedian", middle_number))),
    Case("mode", mode, [args(TIES), args(TIES, 0), args(S(3, 5), -1, True), args(S(), 0)], dtypes=NUMERIC_BOOL, grad=True, grad_samples=[args(distinct(3, 5)), args(distinct(3, 5), 0, True)], large=[args(S(300, 401))], batch=[args(S(7, 300, row=True), 1)], bad=[Bad(S(3), 1, raises=IndexError, match="out of range|expected"), EMPTY_ROW]),
    Case("_row_order", row_order, [args(S(9, 3)), args(S(values=[[1.0, 2.0], [0.0, 9.0], [1.0, 1.0], [0.0, 9.0]])), args(S(0, 3)), args(S(400, 2, low=0))], rows="row_order", peer=False, dtypes=NUMERIC_BOOL, result="int64", large=[args(S(3000, 3))], bad=[Bad(S(3), raises=RuntimeError, match="expected a matrix")]),
    Case("_run_ids", run_ids, [args(S(values=[[1.0, 2.0], [1.0, 2.0], [1.0, 3.0], [1.0, 2.0]])), args(S(9, 3)), args(S(0, 3))], rows="run_ids", peer=False, dtypes=NUMERIC_BOOL, result="int64", large=[args(S(3000, 3))], bad=[Bad(S(3), raises=RuntimeError, match="expected a matrix")]),
    Case("_run_starts", run_starts, [args(S(values=np.array(ids, np.int64), dtype="int64")) for ids in ([0, 0, 1, 2, 2, 2], [0])], rows="run_starts", peer=False, result="int64", data=True, bad=[Bad(S(2), raises=RuntimeError, match="expected ids"), Bad(S(values=[5, 9], dtype="int64"), raises=RuntimeError, match="expected ids")]),
]

COUNTED = [
    Case("searchsorted", searchsorted, [args(ASCENDING, S(3, 5)), args(ASCENDING, S(3, 5), right=True), args(ASCENDING, S(4), side="right"), args(ROWS_ASCENDING, S(3, 4)), args(S(values=[3.0, 1.0, 2.0]), S(7), sorter=S(values=[1, 2, 0], dtype="int64")), args(S(0), S(3)), args(ASCENDING, ASCENDING), args(ASCENDING, S(5, dtype="float64")), args(ASCENDING, S(5, dtype="int32"))], dtypes=FLOATING + INTEGRAL, result="int64", large=[args(ASCENDING, S(301, 401))], bad=[Bad(S(2, 3), S(3, 3), raises=RuntimeError, match="must match"), Bad(S(2), S(1), sorter=S(values=[0, 2], dtype="int64"), raises=(IndexError, RuntimeError), match="sorter index out of range", peer=False), Bad(S(2), S(2), right=True, side="left", raises=RuntimeError, match="side and right")]),
    Case("bucketize", lambda x, edges, out_int32=False, right=False: np.searchsorted(edges, x, side_of(right)), [args(S(3, 5), ASCENDING), args(S(4), ASCENDING, right=True), args(S(0), ASCENDING), args(ASCENDING, ASCENDING)], dtypes=FLOATING + INTEGRAL, result="int64", pointwise=True, large=[args(S(301, 401), ASCENDING)], bad=[Bad(S(2), S(2, 2), raises=RuntimeError, match="1 dim")]),
    Case("bincount", bincount, [args(S(values=[0, 3, 3, 1])), args(S(values=[0, 3, 3, 1]), minlength=9), args(S(20, low=0)), args(S(values=[2, 2, 0]), S(3, dtype="float64"))], dtypes=INTEGRAL, result=None, data=True, large=[args(S(values=np.arange(200_000) * 7919 % 1009))], bad=[Bad(S(values=[-1], dtype="int64"), raises=RuntimeError, match="non-negative"), Bad(S(2, 2, dtype="int64"), raises=RuntimeError, match="1-d")]),
    Case("histc", histc, [args(S(200), 10, -1, 1), args(S(200), 7), args(S(3, 5), 5, min=-2, max=2), args(S(0), 4)], large=[args(S(300_001), 10, -1, 1)], bad=[Bad(S(2), 0, raises=RuntimeError, match="bins must be > 0"), Bad(S(2), 3, 2, 1, raises=RuntimeError, match="max must be larger than min")]),
    Case("_histogram", histogram, [args(S(200), S(values=np.linspace(-2, 2, 9)), None, True), args(S(200), S(values=[-2.0, -0.5, 0.25, 1.5]), None, False), args(S(200), S(values=np.linspace(-2, 2, 9)), S(200, low=1), True), args(S(0), S(values=[0.0, 1.0]), None, False)], rows="histogram", peer=False, data=True, bound=lambda x, edges, weight, even: 100, ulp=1, large=[args(S(300_001), S(values=np.linspace(-2, 2, 9)), None, True)], bad=[Bad(S(3), S(2, 2), None, False, raises=RuntimeError, match="one dimension"), Bad(S(3), S(2, dtype="float64"), None, False, raises=RuntimeError, match="same dtype"), Bad(S(3), S(2), S(2), False, raises=RuntimeError, match="same shape")]),
]
# fmt: on
CASES = SPREAD + SIZES + EXTREMES + RANKED + COUNTED
