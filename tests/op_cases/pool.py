"""Pooling: from the definition, a window at a time."""

import itertools

import numpy as np

from .case import FLOATING, Bad, Case, S, args


def _windows(sizes, kernel, stride, padding, dilation, count):
    """Every window's place, its elements along each axis, and what it counts with the padding and without."""
    for place in itertools.product(*map(range, count)):
        starts = [q * s - p for q, s, p in zip(place, stride, padding)]
        axes = [
            [i for i in range(a, a + (k - 1) * d + 1, d) if 0 <= i < n]
            for a, k, d, n in zip(starts, kernel, dilation, sizes)
        ]
        padded = np.prod([min(a + k, n + p) - a for a, k, n, p in zip(starts, kernel, sizes, padding)])
        yield place, axes, padded


def _shares(sizes, count):
    for place in itertools.product(*map(range, count)):
        axes = [range(q * n // m, -(-(q + 1) * n // m)) for q, n, m in zip(place, sizes, count)]
        yield place, axes, np.prod([len(a) for a in axes])


def _averages(x, size, windows, counted):
    made = np.zeros((*x.shape[: x.ndim - len(size)], *size), x.dtype)
    for place, axes, padded in windows:
        part = x[(..., *np.ix_(*axes))]
        total = part.sum(tuple(range(x.ndim - len(size), x.ndim)))
        n = counted(padded, np.prod([len(a) for a in axes]))
        made[(..., *place)] = total / n if x.dtype.kind == "f" else np.trunc(total / n)
    return made


def _averages_back(g, size, windows, counted):
    made = np.zeros((*g.shape[: g.ndim - len(size)], *size), g.dtype)
    for place, axes, padded in windows:
        share = g[(..., *place)] / counted(padded, np.prod([len(a) for a in axes]))
        made[(..., *np.ix_(*axes))] += share.reshape(*share.shape, *[1] * len(size))
    return made


def _counted(include, divisor):
    return lambda padded, inside: divisor or (padded if include else inside)


def avg_pool(x, kernel, stride, padding, size, include=True, divisor=None):
    windows = _windows(x.shape[-len(size) :], kernel, stride, padding, [1] * len(size), size)
    return _averages(x, size, windows, _counted(include, divisor))


def avg_pool_backward(g, kernel, stride, padding, size, include=True, divisor=None):
    windows = _windows(size, kernel, stride, padding, [1] * len(size), g.shape[-len(size) :])
    return _averages_back(g, size, windows, _counted(include, divisor))


def adaptive_avg_pool(x, size):
    return _averages(x, size, _shares(x.shape[-len(size) :], size), _counted(True, None))


def adaptive_avg_pool_backward(g, size):
    return _averages_back(g, size, _shares(size, g.shape[-len(size) :]), _counted(True, None))


def _flat(x, n):
    """The last n dims as one."""
    return x.reshape(*x.shape[: x.ndim - n], int(np.prod(x.shape[x.ndim - n :])))


def _maxima(x, size, windows):
    n = len(size)
    made = np.zeros((*x.shape[: x.ndim - n], *size), x.dtype)
    places = np.zeros(made.shape, np.int64)
    flat = np.arange(np.prod(x.shape[-n:])).reshape(x.shape[-n:])
    for place, axes, _ in windows:
        part = x[(..., *np.ix_(*axes))]
        part = _flat(part, n)
        first = np.argmax(part, -1)
        made[(..., *place)] = np.take_along_axis(part, first[..., None], -1)[..., 0]
        places[(..., *place)] = flat[np.ix_(*axes)].reshape(-1)[first]
    return made, places


def max_pool(x, kernel, stride, padding, dilation, size):
    return _maxima(x, size, _windows(x.shape[-len(size) :], kernel, stride, padding, dilation, size))


def adaptive_max_pool(x, size):
    return _maxima(x, size, _shares(x.shape[-len(size) :], size))


def gather_places(x, places, ndim):
    return np.take_along_axis(_flat(x, ndim), _flat(places, ndim), -1).reshape(places.shape)


def _placed(x, places, size, write):
    leading = x.shape[: x.ndim - len(size)]
    made = np.zeros((int(np.prod(leading)), int(np.prod(size))), x.dtype)
    for to, values, at in zip(
        made, x.reshape(len(made), x.size // max(len(made), 1)), places.reshape(len(made), x.size // max(len(made), 1))
    ):
        for value, place in zip(values, at):
            write(to, place, value)
    return made.reshape(*leading, *size)


def scatter_places(x, places, size):
    def add(to, place, value):
        to[place] += value

    return _placed(x, places, size, add)


def set_places(x, places, size):
    def put(to, place, value):
        to[place] = value

    return _placed(x, places, size, put)


def summed(function):
    """A chain of as many sums as the largest tensor has elements of a row, to be generous."""
    return lambda x, *rest: 64 * function(np.abs(x), *rest)


def distinct(*shape, row=False):
    """No two elements alike, and far enough apart that differences do not change which is the greatest."""
    values = np.random.default_rng(len(shape)).permutation(int(np.prod(shape))).reshape(shape) * 0.03 - 1.0
    made = S(values=values)
    made.row = row
    return made


def places(*shape, below):
    return S(*shape, dtype="int64", low=0, high=below, grad=False)


#: input, kernel, stride, padding, dilation, windows
POOLS = [
    ((2, 3, 5, 6), (2, 2), (2, 2), (0, 0), (1, 1), (2, 3)),
    ((2, 2, 7, 6), (3, 2), (2, 1), (1, 1), (1, 1), (4, 7)),
    ((3, 2, 9), (3,), (2,), (1,), (1,), (5,)),
    ((2, 9), (4,), (3,), (0,), (1,), (3,)),
    ((2, 3, 4, 5), (2, 1, 3), (1, 2, 2), (1, 0, 1), (1, 1, 1), (4, 2, 3)),
    ((0, 2, 4, 4), (2, 2), (2, 2), (0, 0), (1, 1), (2, 2)),
]
DILATED = [
    ((2, 2, 8, 7), (2, 3), (1, 2), (1, 1), (2, 2), (8, 3)),
    ((1, 2, 9), (3,), (3,), (2,), (2,), (3,)),
]
BIG = ((40, 5, 30, 31), (3, 3), (2, 2), (1, 1), (1, 1), (15, 16))
SHARES = [
    ((2, 3, 5, 7), (2, 3)),
    ((2, 3, 5), (4,)),
    ((1, 2, 3, 4, 5), (2, 4, 3)),
    ((2, 3, 3), (5, 4)),
    ((2, 4, 4), (0, 2)),
]
BIG_SHARES = ((40, 5, 30, 31), (7, 7))


def averaging(shape, kernel, stride, padding, dilation, size, *more, row=False):
    return args(S(*shape, row=row), kernel, stride, padding, size, *more)


def averaging_back(shape, kernel, stride, padding, dilation, size, *more, row=False):
    n = len(size)
    return args(S(*shape[: len(shape) - n], *size, row=row), kernel, stride, padding, shape[-n:], *more)


def choosing(shape, *rest, row=False):
    return args(distinct(*shape, row=row), *rest)


def sharing_back(shape, size, row=False):
    n = len(size)
    return args(S(*shape[: len(shape) - n], *size, row=row), shape[-n:])


AVERAGES = [*POOLS, (*POOLS[1], False), (*POOLS[1], True, 5), (*POOLS[4], False)]
TWO = S(1, 4, 4), (2, 2)
BAD = [
    Bad(*TWO, (0, 1), (0, 0), (1, 1), (2, 2), raises=RuntimeError, match="stride should not be zero"),
    Bad(*TWO, (1, 1), (2, 2), (1, 1), (2, 2), raises=RuntimeError, match="pad should be at most half"),
    Bad(*TWO, (1, 1), (0, -1), (1, 1), (2, 2), raises=RuntimeError, match="pad must be non-negative"),
    Bad(*TWO, (2, 2), (0, 0), (1, 1), (3, 3), raises=RuntimeError, match="do not fit"),
    Bad(*TWO, (2,), (0, 0), (1, 1), (2, 2), raises=RuntimeError, match="expected 2 numbers"),
    Bad(S(1, 4, 4, dtype="bool"), (2, 2), (2, 2), (0, 0), (1, 1), (2, 2), raises=NotImplementedError, match="not implemented for 'Bool'"),
]  # fmt: skip
PLACES = [
    args(S(2, 3, 4, 5), places(2, 3, 2, 3, below=20), 2),
    args(S(2, 9), places(2, 4, below=9), 1),
    args(S(0, 4), places(0, 2, below=4), 1),
]
PUT = [args(S(2, 3, 2, 3), places(2, 3, 2, 3, below=20), (4, 5)), args(S(2, 4), places(2, 4, below=9), (9,)), args(S(2, 0), places(2, 0, below=9), (9,))]  # fmt: skip
OUT = Bad(
    S(1, 2),
    S(values=np.array([[1, 9]]), dtype="int64"),
    (4,),
    raises=RuntimeError,
    match="Found an invalid max index: 9",
)

# fmt: off
CASES = [
    Case("_avg_pool", avg_pool, [averaging(*p) for p in AVERAGES], rows="avg_pool", peer=False, dtypes=(*FLOATING, "int64", "int32"), bound=summed(avg_pool), ulp=1, grad=True, large=[averaging(*BIG)], batch=[averaging(*p, row=True) for p in POOLS[:5]], bad=[Bad(*b.args[:4], *b.args[5:], raises=b.raises, match=b.match) for b in BAD]),
    Case("_avg_pool_backward", avg_pool_backward, [averaging_back(*p) for p in AVERAGES], rows="avg_pool_backward", peer=False, dtypes=FLOATING, bound=summed(avg_pool_backward), ulp=1, grad=True, large=[averaging_back(*BIG)], batch=[averaging_back(*p, row=True) for p in POOLS[:5]]),
    Case("_adaptive_avg_pool", adaptive_avg_pool, [args(S(*s), n) for s, n in SHARES], rows="adaptive_avg_pool", peer=False, dtypes=FLOATING, bound=summed(adaptive_avg_pool), ulp=1, grad=True, large=[args(S(*BIG_SHARES[0]), BIG_SHARES[1])], batch=[args(S(*s, row=True), n) for s, n in SHARES[:3]], bad=[Bad(S(2, 3), (-1,), raises=RuntimeError, match="negative size"), Bad(S(2, 0), (2,), raises=RuntimeError, match="non-zero sizes")]),
    Case("_adaptive_avg_pool_backward", adaptive_avg_pool_backward, [sharing_back(*s) for s in SHARES[:4]], rows="adaptive_avg_pool_backward", peer=False, dtypes=FLOATING, bound=summed(adaptive_avg_pool_backward), ulp=1, grad=True, large=[sharing_back(*BIG_SHARES)], batch=[sharing_back(*s, row=True) for s in SHARES[:3]]),
    Case("_max_pool", max_pool, [choosing(*p) for p in POOLS + DILATED], rows="max_pool", peer=False, dtypes=("float32", "float64", "int64", "int32"), grad=True, large=[args(S(*BIG[0]), *BIG[1:])], batch=[choosing(*p, row=True) for p in POOLS[:5]], bad=BAD),
    Case("_adaptive_max_pool", adaptive_max_pool, [args(distinct(*s), n) for s, n in SHARES], rows="adaptive_max_pool", peer=False, dtypes=("float32", "float64"), grad=True, large=[args(S(*BIG_SHARES[0]), BIG_SHARES[1])], batch=[args(distinct(*s, row=True), n) for s, n in SHARES[:3]]),
    Case("_gather_places", gather_places, PLACES, rows="gather_places", peer=False, dtypes=(*FLOATING, "int64"), grad=True, large=[args(S(300, 400), places(300, 90, below=400), 1)], bad=[Bad(S(1, 4), S(values=np.array([[9]]), dtype="int64"), 1, raises=RuntimeError, match="Found an invalid max index: 9"), Bad(S(2, 4), S(values=np.array([[1]]), dtype="int64"), 1, raises=RuntimeError, match="differ before")]),
    Case("_scatter_places", scatter_places, PUT, rows="scatter_places", peer=False, dtypes=FLOATING, bound=summed(scatter_places), ulp=0.51, grad=True, large=[args(S(300, 90), places(300, 90, below=400), (400,))], bad=[OUT]),
    Case("_max_unpool", set_places, PUT, rows="set_places", peer=False, dtypes=(*FLOATING, "int64"), grad=True, grad_samples=[args(S(2, 3), S(values=np.array([[3, 1, 0], [4, 2, 5]]), dtype="int64"), (6,))], large=[args(S(300, 90), places(300, 90, below=400), (400,))], bad=[OUT, Bad(S(1, 2), S(values=np.array([[1.0, 2.0]]), dtype="float64"), (4,), raises=RuntimeError, match="type int64")]),
]
# fmt: on
