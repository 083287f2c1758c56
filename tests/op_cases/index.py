"""Reading and writing by index tensors and masks."""

import numpy as np

from .case import FLOATS, NUMERIC_BOOL, Bad, Case, S, args

DTYPES = (*FLOATS, *(d for d in NUMERIC_BOOL if d not in FLOATS))
ADDED = ("float32", "float64", "int64", "int32", "uint8")


def places(*shape, below):
    """Indices from 0, or (as PyTorch allows in some ops) negative."""
    return S(*shape, dtype="int64", low=0, high=below)


def fixed(values, dtype="int64"):
    return S(values=np.array(values), dtype=dtype)


def gather(x, dim, index):
    if x.ndim == 0:
        return x.reshape(index.shape)
    part = x[tuple(slice(None) if d == dim % x.ndim else slice(n) for d, n in enumerate(index.shape))]
    return np.take_along_axis(part, index, dim)


def written(join):
    def scatter(x, dim, index, src):
        made = x.copy()
        for at in np.ndindex(index.shape):
            place = list(at)
            place[dim] = index[at]
            value = src[at] if np.ndim(src) else src
            made[tuple(place)] = join(made[tuple(place)], value)
        return made

    return scatter


def slices(join):
    def write(x, dim, index, source, alpha=1):
        made = x.copy()
        lanes, source = np.moveaxis(made, dim, 0), np.moveaxis(source, dim, 0) if np.ndim(source) else source
        for k, place in enumerate(index):
            lanes[place] = join(lanes[place], source[k] if np.ndim(source) else source, alpha)
        return made

    return write


#: what several numbers that meet in one place become; integers have a mean rounded down
MEET = {
    "sum": np.sum, "prod": np.prod, "amax": np.max, "amin": np.min,
    "mean": lambda v: np.sum(v) / len(v) if v.dtype.kind == "f" else np.sum(v) // len(v),
}  # fmt: skip


def joined(x, dim, index, src, reduce, include_self=True):
    made, found = x.copy(), {}
    for at in np.ndindex(index.shape):
        place = list(at)
        place[dim] = index[at]
        found.setdefault(tuple(place), []).append(src[at])
    for place, values in found.items():
        made[place] = MEET[reduce](np.array([x[place]] * include_self + values))
    return made


def joined_slices(x, dim, index, source, reduce, include_self=True):
    shape = [1] * source.ndim
    shape[dim] = len(index)
    return joined(x, dim, np.broadcast_to(index.reshape(shape), source.shape), source, reduce, include_self)


def combined(x, dim, index, src, reduce):
    return written({"add": np.add, "multiply": np.multiply}[reduce])(x, dim, index, src)


def put_flat(x, index, source, accumulate=False):
    made = x.copy()
    if accumulate:
        np.add.at(made.reshape(-1), index, source)
    else:
        made.reshape(-1)[index] = source
    return made


def key(dims, indices):
    made = [slice(None)] * (dims[-1] + 1)
    for d, index in zip(dims, indices):
        made[d] = index
    return tuple(made)


def padded(dims, indices):
    made = [None] * (dims[-1] + 1)
    for d, index in zip(dims, indices):
        made[d] = index
    return made


def put(x, dims, indices, values, accumulate=False):
    made = x.copy()
    if accumulate:
        np.add.at(made, key(dims, indices), values)
    else:
        made[key(dims, indices)] = values
    return made


def masked_scatter(x, mask, source):
    made = np.array(np.broadcast_arrays(x, mask)[0])
    mask = np.broadcast_to(mask, made.shape)
    made[mask] = source.reshape(-1)[: mask.sum()]
    return made


BEYOND = fixed([[0, 7]])
replace, add = (lambda old, new: new), (lambda old, new: old + new)
replace_slice, add_slice = (lambda old, new, alpha: new), (lambda old, new, alpha: old + alpha * new)
ONCE = fixed([[2, 0], [1, 2], [0, 1]])
MASK = S(3, 5, dtype="bool")

MEETING = places(2, 4, below=3)
WAYS = [(reduce, keep) for reduce in MEET for keep in (True, False)]

# fmt: off
READING = [
    Case("gather", gather, [args(S(3, 5), 1, places(3, 4, below=5)), args(S(3, 5), 0, places(2, 4, below=3)), args(S(), 0, fixed(0)), args(S(3), 0, places(0, below=3))], dtypes=DTYPES, grad=True, large=[args(S(301, 401), 1, places(301, 401, below=401))], bad=[Bad(S(2, 3), 0, BEYOND, raises=RuntimeError, match="out of bounds"), Bad(S(2), 0, S(2), raises=RuntimeError, match="int64|index"), Bad(S(2), 0, BEYOND, raises=RuntimeError, match="dimension"), Bad(S(2), 3, fixed([0]), raises=IndexError, match="out of range")]),
    Case("index_select", lambda x, dim, i: np.take(x, np.atleast_1d(i), dim), [args(S(3, 5), 1, places(4, below=5)), args(S(3, 5), 0, places(2, below=3)), args(S(3, 5), -1, fixed(2)), args(S(3), 0, places(0, below=3))], dtypes=DTYPES, grad=True, large=[args(S(301, 401), 0, places(500, below=301))], bad=[Bad(S(2), 0, fixed([2]), raises=(RuntimeError, IndexError), match="out of range"), Bad(S(2), 0, BEYOND, raises=IndexError, match="vector")]),
    Case("take", lambda x, i: np.take(x, i), [args(S(3, 5), places(2, 4, below=15)), args(S(3, 5), fixed([-1, 0])), args(S(3), places(0, below=3))], dtypes=DTYPES, grad=True, large=[args(S(301, 401), places(300, 300, below=100_000))], bad=[Bad(S(2), fixed([2]), raises=IndexError, match="out of range")]),
    Case("_index", lambda x, dims, indices: x[key(dims, indices)], [args(S(3, 5), (0,), [places(4, below=3)]), args(S(3, 5), (1,), [places(2, 2, below=5)]), args(S(3, 4, 5), (0, 2), [places(2, 1, below=3), places(3, below=5)]), args(S(3, 5), (0, 1), [fixed([-1, 0]), fixed([2, -5])])], rows="advanced_index", peer=lambda lib: lambda x, dims, indices: lib.ops.aten.index(x, padded(dims, indices)), dtypes=DTYPES, grad=True, large=[args(S(301, 401), (0,), [places(500, below=301)])], bad=[Bad(S(3), (0,), [fixed([3])], raises=IndexError, match="out of bounds")]),
    Case("masked_select", lambda x, m: np.broadcast_arrays(x, m)[0][np.broadcast_to(m, np.broadcast_shapes(x.shape, m.shape))], [args(S(3, 5), MASK), args(S(3, 5), S(5, dtype="bool")), args(S(5), MASK), args(S(0), S(0, dtype="bool"))], dtypes=DTYPES, grad=True, data=True, large=[args(S(301, 401), S(301, 401, dtype="bool"))], bad=[Bad(S(3), S(3), raises=RuntimeError, match="bool|BoolTensor"), Bad(S(3), S(4, dtype="bool"), raises=RuntimeError, match="must match")]),
    Case("_nonzero", lambda x: np.argwhere(x), [args(S(3, 5)), args(fixed([0, 3, 0, 4])), args(S(0, 3)), args(S())], rows="nonzero", peer=lambda lib: lib.nonzero, dtypes=DTYPES, result="int64", data=True, large=[args(S(301, 401))]),
    Case("_nonzero_columns", lambda x: np.nonzero(x), [args(S(3, 5)), args(fixed([0, 3, 0, 4]))], rows="nonzero_columns", peer=lambda lib: lambda x: lib.nonzero(x, as_tuple=True), dtypes=DTYPES, result="int64", data=True, large=[args(S(301, 401))]),
]

WRITING = [
    Case("scatter", written(replace), [args(S(3, 5), 0, fixed([[2, 0, 1], [0, 1, 2]]), S(3, 5)), args(S(3, 5), 1, ONCE, S(3, 2)), args(S(3), 0, places(0, below=3), S(0))], dtypes=DTYPES, grad=True, grad_samples=[args(S(3, 5), 1, ONCE, S(3, 2))], bad=[Bad(S(2, 3), 0, BEYOND, S(1, 2), raises=RuntimeError, match="out of bounds"), Bad(S(2, 3), 1, fixed([[0, 1]]), S(1, 2, dtype="float64"), raises=RuntimeError, match="dtype"), Bad(S(2, 3), 1, fixed([[0, 1]]), S(1, 1), raises=RuntimeError, match="[Ee]xpected index")]),
    Case("scatter", written(replace), [args(S(3, 5), 0, places(2, 4, below=3), 2), args(S(3, 5), 1, places(3, 4, below=5), 1)], id="scatter-number", rows="scatter_value", dtypes=DTYPES, grad=True),
    Case("scatter_add", written(add), [args(S(3, 5), 0, places(2, 4, below=3), S(2, 4)), args(S(3, 5), 1, places(3, 4, below=5), S(3, 5))], dtypes=ADDED, grad=True, grad_samples=[args(S(3, 5), 1, places(3, 4, below=5), S(3, 4))], bound=lambda x, dim, i, s: 8 + 0 * x, ulp=1, large=[args(S(50, 401), 0, places(301, 401, below=50), S(301, 401))], bad=[Bad(S(2, 3), 0, BEYOND, S(1, 2), raises=RuntimeError, match="out of bounds")]),
    Case("index_add", slices(add_slice), [args(S(3, 5), 0, places(4, below=3), S(4, 5)), args(S(3, 5), 1, places(4, below=5), S(3, 4), alpha=2)], dtypes=ADDED, grad=True, bound=lambda x, dim, i, s, alpha=1: 16 + 0 * x, ulp=1, large=[args(S(50, 401), 0, places(301, below=50), S(301, 401))], bad=[Bad(S(2, 3), 0, fixed([5]), S(1, 3), raises=(RuntimeError, IndexError), match="out of range|out of bounds|index"), Bad(S(2, 3), 0, fixed([0, 1]), S(1, 3), raises=RuntimeError, match="size|shape|index")]),
    Case("index_copy", slices(replace_slice), [args(S(3, 5), 0, fixed([2, 0]), S(2, 5)), args(S(3, 5), 1, fixed([0, 4, 2]), S(3, 3))], dtypes=DTYPES, grad=True, bad=[Bad(S(2, 3), 0, fixed([5]), S(1, 3), raises=IndexError, match="out of|index")]),
    Case("index_fill", slices(replace_slice), [args(S(3, 5), 0, fixed([2, 0]), 1), args(S(3, 5), 1, fixed([0, -1]), 3), args(S(3, 5), 0, fixed([1, 1]), S())], dtypes=DTYPES, grad=True, bad=[Bad(S(2, 3), 0, fixed([5]), 1.0, raises=IndexError, match="out of|index"), Bad(S(2, 3), 0, fixed([0]), S(3), raises=RuntimeError, match="0-dim")]),
    Case("_index_put", put, [args(S(3, 5), (0,), [fixed([2, 0])], S(2, 5)), args(S(3, 5), (1,), [fixed([4, 1])], S(2)), args(S(3, 5), (0, 1), [fixed([-1, 0]), fixed([2, 0])], S(2))], rows="advanced_index_put", peer=lambda lib: lambda x, dims, i, v, accumulate=False: lib.ops.aten.index_put(x, padded(dims, i), v, accumulate), dtypes=DTYPES, grad=True, bad=[Bad(S(3), (0,), [fixed([3])], S(1), raises=IndexError, match="out of bounds"), Bad(S(3), (0,), [fixed([1, 2])], S(3), raises=RuntimeError, match="shape mismatch")]),
    Case("_index_put", put, [args(S(3, 5), (0,), [places(4, below=3)], S(4, 5), True), args(S(3, 5), (0, 1), [places(9, below=3), places(9, below=5)], S(9), True)], id="_index_put-accumulates", rows="advanced_index_put", peer=lambda lib: lambda x, dims, i, v, accumulate=False: lib.ops.aten.index_put(x, padded(dims, i), v, accumulate), dtypes=ADDED, grad=True, bound=lambda x, *_: 16 + 0 * x, ulp=1, large=[args(S(50, 401), (0,), [places(301, below=50)], S(301, 401), True)]),
    Case("masked_scatter", masked_scatter, [args(S(3, 5), MASK, S(3, 5)), args(S(3, 5), S(5, dtype="bool"), S(20)), args(S(0), S(0, dtype="bool"), S(0))], dtypes=DTYPES, grad=True, large=[args(S(301, 401), S(301, 401, dtype="bool"), S(301, 401))], bad=[Bad(S(3), fixed([True, True, True], "bool"), S(2), raises=RuntimeError, match="Number of elements of source < number of ones in mask"), Bad(S(3), S(3, dtype="bool"), S(3, dtype="float64"), raises=RuntimeError, match="same dtype")]),
]

JOINING = [
    Case("scatter", combined, [args(S(3, 5), 0, places(2, 4, below=3), S(2, 4), reduce=reduce) for reduce in ("add", "multiply")], id="scatter-combined", rows="scatter_reduced", dtypes=ADDED, ulp=2, bad=[Bad(S(3), 0, fixed([0]), S(1), reduce="mean", raises=RuntimeError, match="either add or multiply")]),
    Case("scatter", combined, [args(S(3, 5), 0, places(2, 4, below=3), 3, reduce=reduce) for reduce in ("add", "multiply")], id="scatter-number-combined", rows="scatter_value_reduced", dtypes=ADDED, ulp=2),
    Case("scatter_reduce", joined, [*(args(S(3, 5, low=0.3), 0, MEETING, S(2, 4, low=0.3), reduce, include_self=keep) for reduce, keep in WAYS), args(S(3, 5), 1, places(3, 4, below=5), S(3, 4), "sum")], dtypes=ADDED, ulp=2, grad=True, large=[args(S(50, 401), 0, places(301, 401, below=50), S(301, 401), "amax"), args(S(50, 401), 0, places(301, 401, below=50), S(301, 401), "mean")], bad=[Bad(S(2, 3), 0, BEYOND, S(1, 2), "sum", raises=RuntimeError, match="out of bounds"), Bad(S(3), 0, fixed([0]), S(1), "median", raises=RuntimeError, match="reduce")]),
    Case("index_reduce", joined_slices, [args(S(3, 5, low=0.3), 0, places(4, below=3), S(4, 5, low=0.3), reduce, include_self=keep) for reduce, keep in WAYS if reduce != "sum"] + [args(S(3, 5), 1, places(4, below=5), S(3, 4), "amax")], dtypes=ADDED, ulp=2, grad=True, large=[args(S(50, 401), 0, places(301, below=50), S(301, 401), "amax")], bad=[Bad(S(2, 3), 0, fixed([5]), S(1, 3), "prod", raises=(RuntimeError, IndexError), match="out of|index"), Bad(S(2, 3), 0, fixed([0]), S(1, 3), "sum", raises=RuntimeError, match="reduce")]),
    Case("put", put_flat, [args(S(3, 5), fixed([0, -1, 5]), S(3)), args(S(3, 5), fixed([[2, 9]]), S(1, 2)), args(S(3), places(0, below=3), S(0))], dtypes=DTYPES, grad=True, bad=[Bad(S(3), fixed([3]), S(1), raises=IndexError, match="out of bounds"), Bad(S(3), fixed([1]), S(2), raises=IndexError, match="same number of elements"), Bad(S(3), fixed([1]), S(1, dtype="float64"), raises=RuntimeError, match="dtype")]),
    Case("put", put_flat, [args(S(3, 5), places(9, below=15), S(9), True)], id="put-accumulates", dtypes=ADDED, grad=True, ulp=1),
]
# fmt: on
CASES = READING + WRITING + JOINING
