"""Views, copies, conversions; joining and cutting."""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .case import FLOATS, NUMERIC_BOOL, Bad, Case, S, T, args


def varargs(function):
    """A reference whose sizes may come one by one."""
    return lambda x, *sizes: function(x, sizes[0] if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)) else sizes)


def flatten(x, start_dim=0, end_dim=-1):
    n = max(x.ndim, 1)
    first, last = start_dim % n, end_dim % n
    x = x.reshape(1) if x.ndim == 0 else x
    return x.reshape(x.shape[:first] + (-1,) + x.shape[last + 1 :])


def squeeze(x, dim=None):
    dims = range(x.ndim) if dim is None else [d % max(x.ndim, 1) for d in (dim if isinstance(dim, tuple) else (dim,))]
    return np.squeeze(x, tuple(d for d in dims if x.ndim and x.shape[d] == 1))


def expand(x, size):
    lead = len(size) - x.ndim
    return np.broadcast_to(x, [x.shape[d - lead] if n == -1 else n for d, n in enumerate(size)])


def strided(x, size, stride, storage_offset=None):
    flat = np.ascontiguousarray(x).reshape(-1)[storage_offset or 0 :]
    return as_strided(flat, size, [s * x.itemsize for s in stride])


def strided_scatter(x, src, size, stride, storage_offset=None):
    made = x.copy()
    strided(made, size, stride, storage_offset)[...] = src
    return made


def strided_backward(g, sizes, stride, offset):
    made = np.zeros(sizes, g.dtype)
    strided(made, g.shape, stride, offset)[...] = g
    return made


def sliced(x, dim, start=None, end=None, step=1):
    return x[(slice(None),) * (dim % x.ndim) + (slice(start, end, step),)]


def slice_backward(g, sizes, dim, start, step):
    made = np.zeros(sizes, g.dtype)
    sliced(made, dim, start, start + (g.shape[dim] - 1) * step + 1, step)[...] = g
    return made


def select_backward(g, sizes, dim, index):
    made = np.zeros(sizes, g.dtype)
    np.moveaxis(made, dim, 0)[index] = g
    return made


def cuts(x, size, dim=0):
    if isinstance(size, (list, tuple)):
        return np.split(x, np.cumsum(size)[:-1], dim)
    return np.split(x, range(size, x.shape[dim], size), dim)


def chunk(x, chunks, dim=0):
    return cuts(x, -(-x.shape[dim] // chunks), dim)


def tensor_split(x, at, dim=0):
    return np.array_split(x, list(at) if isinstance(at, tuple) else at, dim)


def view(name, ref, samples, **more):
    """An op that gives a view: exact, in every dtype."""
    more.setdefault("peer", lambda lib: getattr(lib.Tensor, name, None) or getattr(lib, name))
    return Case(name, ref, samples, dtypes=(*FLOATS, *(d for d in NUMERIC_BOOL if d not in FLOATS)), grad=True, **more)


def cut(name, ref, samples, **more):
    return view(name, ref, samples, **more)


def listed(ref):
    return lambda tensors, dim=None: ref(tensors) if dim is None else ref(tensors, dim)


def windows(x, dimension, size, step):
    dim = dimension % x.ndim
    return np.lib.stride_tricks.sliding_window_view(x, size, dim)[(slice(None),) * dim + (slice(None, None, step),)]


def replaced(part):
    """A copy of the first argument with `src` where `part` (a view of the copy) looks."""

    def replace(x, src, *place, **options):
        made = x.copy()
        part(made, *place, **options)[...] = src
        return made

    return replace


def diagonal(x, offset=0, dim1=0, dim2=1):
    found = np.diagonal(x, offset, dim1, dim2)
    found.flags.writeable = True
    return found


def diagonal_backward(g, sizes, offset, dim1, dim2):
    return replaced(diagonal)(np.zeros(sizes, g.dtype), g, offset, dim1, dim2)


def view_alone(g, sizes, stride, offset, base_stride):
    made = np.zeros(sizes, g.dtype)
    places = strided(np.arange(made.size).reshape(sizes), g.shape, stride, offset)
    np.add.at(made.reshape(-1), places, g)
    return made


NO_DIM = Bad(S(2, 3), 2, raises=IndexError, match="out of range")
as_complex = lambda name: lambda lib: lambda a, b: getattr(lib, name)(lib.complex(a, b))

# fmt: off
VIEWS = [
    view("view", varargs(np.reshape), [args(S(3, 4), 2, 6), args(S(3, 4), (4, -1)), args(S(0, 3), 3, 0), args(S(), 1)], layouts=False, bad=[Bad(S(3, 4), 5, -1, raises=RuntimeError, match=r"shape '\[5, -1\]' is invalid for input of size 12"), Bad(S(3, 4), -1, -1, raises=RuntimeError, match="only one dimension can be inferred"), Bad(S(0, 3), 0, -1, raises=RuntimeError, match="cannot reshape tensor of 0 elements"), Bad(S(3), -2, raises=RuntimeError, match="invalid shape dimension")]),
    view("reshape", varargs(np.reshape), [args(S(3, 4), 2, 6), args(S(3, 4), (4, -1)), args(S(0, 3), 3, 0), args(S(), 1), args(S(2, 3, 4), (6, 4))], bad=[Bad(S(3, 4), 5, -1, raises=RuntimeError, match=r"shape '\[5, -1\]' is invalid for input of size 12")]),
    view("flatten", flatten, [args(S(2, 3, 4)), args(S(2, 3, 4), 1), args(S(2, 3, 4), 0, 1), args(S())], bad=[Bad(S(2, 3), 1, 0, raises=RuntimeError, match="start_dim cannot come after end_dim")]),
    view("unflatten", lambda x, dim, sizes: x.reshape(x.shape[:dim] + sizes + x.shape[dim:][1:]), [args(S(2, 6), 1, (2, 3)), args(S(4), 0, (2, 2))], bad=[Bad(S(6), 0, (4, 2), raises=RuntimeError, match="size|sizes")]),
    view("transpose", np.swapaxes, [args(S(2, 3, 4), 0, 2), args(S(2, 3), -1, 0)], bad=[Bad(S(2, 3), 0, 2, raises=IndexError, match="out of range")]),
    view("t", np.transpose, [args(S(2, 3)), args(S(3)), args(S())], bad=[Bad(S(2, 3, 4), raises=RuntimeError, match="expects a tensor with <= 2 dimensions")]),
    view("permute", varargs(np.transpose), [args(S(2, 3, 4), 2, 0, 1), args(S(2, 3, 4), (-1, 1, 0))], bad=[Bad(S(2, 3), (0, 0), raises=RuntimeError, match="duplicate dims"), Bad(S(2, 3), (0,), raises=RuntimeError, match="does not match|number of dim")]),
    view("unsqueeze", np.expand_dims, [args(S(2, 3), 0), args(S(2, 3), -1), args(S(), 0)], bad=[Bad(S(2, 3), 3, raises=IndexError, match="out of range")]),
    view("squeeze", squeeze, [args(S(2, 1, 3, 1)), args(S(2, 1, 3), 1), args(S(2, 1), 0), args(S(1, 2, 1), (0, 2)), args(S())], bad=[NO_DIM]),
    view("expand", varargs(expand), [args(S(3, 1), 3, 4), args(S(3), (2, -1)), args(S(), 2, 2), args(S(1, 0), 3, 0)], bad=[Bad(S(3), 2, raises=RuntimeError, match=r"must match the existing size \(3\)"), Bad(S(2, 3), 3, raises=RuntimeError, match="number of sizes provided")]),
    view("broadcast_to", np.broadcast_to, [args(S(3, 1), (3, 4)), args(S(3), (2, 3))], rows="broadcast_to_op", bad=[Bad(S(3), (2,), raises=RuntimeError, match="must match the existing size")]),
    view("narrow", lambda x, dim, start, length: np.take(x, range(start, start + length), dim), [args(S(3, 5), 1, 1, 3), args(S(3, 5), 0, 2, 0)], bad=[Bad(S(3), 0, 2, 2, raises=RuntimeError, match="exceeds dimension size"), Bad(S(3), 0, 4, 1, raises=IndexError, match="start out of range"), Bad(S(3), 0, 0, -1, raises=RuntimeError, match="non-negative")]),
    view("select", lambda x, dim, index: np.take(x, index, dim), [args(S(3, 5), 0, 1), args(S(3, 5), 1, -1), args(S(4), 0, 2)], bad=[Bad(S(3), 0, 3, raises=IndexError, match="out of"), Bad(S(), 0, 0, raises=IndexError, match="0-dim")]),
    view("_slice", sliced, [args(S(3, 5), 1, 1, 4), args(S(7), 0, None, None, 3), args(S(7), 0, -3), args(S(7), 0, 5, 2)], rows="slice", peer=lambda lib: lib.ops.aten.slice, bad=[Bad(S(3), 0, 0, 2, 0, raises=(RuntimeError, ValueError), match="step", peer=False)]),
    view("as_strided", strided, [args(S(3, 4), (2, 2), (4, 1)), args(S(12), (3, 2), (4, 2), 1)], layouts=False, bad=[Bad(S(3), (4,), (1,), raises=RuntimeError, match="setStorage"), Bad(S(3), (2,), (-1,), raises=RuntimeError, match="[Nn]egative strides"), Bad(S(3), (2,), (1, 1), raises=RuntimeError, match="mismatch in length")]),
    view("as_strided_scatter", strided_scatter, [args(S(3, 4), S(2, 2), (2, 2), (4, 1)), args(S(12), S(3, 2), (3, 2), (4, 2), 1)], layouts=False, peer_grad=False, bad=[Bad(S(4), S(3), (2,), (1,), raises=RuntimeError, match="shape|size")]),
    view("diagonal", np.diagonal, [args(S(3, 4)), args(S(3, 4), 1), args(S(3, 4), -2), args(S(2, 3, 4), 0, 1, 2), args(S(2, 3), 5)], bad=[Bad(S(3, 3), 0, 1, 1, raises=RuntimeError, match="cannot be identical")]),
    Case("detach", lambda x: x, [args(S(3, 4)), args(S())], dtypes=NUMERIC_BOOL),
    view("real", lambda x: x, [args(S(3, 4))], peer=lambda lib: lib.real),
    Case("imag", lambda a, b: b, [args(S(3, 4), S(3, 4))], of=as_complex("imag"), dtypes=("float64", "float32"), grad=True, bad=[Bad(S(3), S(3, dtype="float64"), raises=RuntimeError, match="scalar type")]),
    Case("view_as_real", lambda a, b: np.stack([a, b], -1), [args(S(3, 4), S(3, 4))], of=as_complex("view_as_real"), dtypes=("float64", "float32"), grad=True),
    Case("view_as_complex", lambda x: x[..., 0] + 1j * x[..., 1], [args(S(3, 4, 2))], dtypes=("float64",), result="complex128", layouts=False, grad=True, bad=[Bad(S(3, 4), raises=RuntimeError, match="size 2")]),
    view("flip", varargs(lambda x, dims: np.flip(x, tuple(dims))), [args(S(3, 5), 0), args(S(3, 5), (0, 1)), args(S(3, 5), (-1,)), args(S(0, 3), (0,))], large=[args(S(301, 401), (0, 1))], bad=[Bad(S(2, 2), (0, 0), raises=RuntimeError, match="multiple times"), Bad(S(2), (1,), raises=IndexError, match="out of range")]),
    view("repeat", varargs(np.tile), [args(S(2, 3), 2, 2), args(S(3), (2, 1, 2)), args(S(), 3), args(S(2), 0)], large=[args(S(301, 101), 2, 2)], bad=[Bad(S(2, 3), 2, raises=RuntimeError, match="can not be smaller|number of dimensions")]),
    view("contiguous", lambda x: x, [args(S(3, 5)), args(S()), args(S(0, 2))]),
    view("_to", lambda x, device=None, dtype=None, copy=False: x, [args(S(3, 5)), args(S(3, 5), copy=True)], rows="to", peer=lambda lib: lambda x, copy=False: x.to(x.dtype, copy=copy)),
    Case("_to", lambda x, device, dtype: x, [args(S(3, 5, low=0, high=9), None, T(d)) for d in NUMERIC_BOOL], id="_to-converts", rows="to", result=None, dtypes=NUMERIC_BOOL, ulp=0.5, large=[args(S(301, 401), None, T("float64"))], peer=lambda lib: lambda x, device, dtype: x.to(dtype)),
    view("_slice_backward", slice_backward, [args(S(3, 2), (3, 5), 1, 1, 2), args(S(2), (7,), 0, 4, 1)], rows="slice_backward", peer=False),
    view("_select_backward", select_backward, [args(S(3), (3, 5), 1, 2), args(S(5), (3, 5), 0, -1)], rows="select_backward", peer=False),
    view("_as_strided_backward", strided_backward, [args(S(2, 2), (3, 4), (4, 1), 0), args(S(3, 2), (12,), (4, 2), 1)], rows="as_strided_backward", peer=False),
]

JOINS = [
    view("cat", listed(np.concatenate), [args([S(2, 3), S(2, 3)]), args([S(2, 1), S(2, 3), S(2, 0)], 1), args([S(4)], dim=-1)], large=[args([S(301, 201), S(301, 201)], 1)], bad=[Bad([S(2, 3), S(3, 2)], raises=RuntimeError, match="Sizes of tensors must match except in dimension 0"), Bad([], raises=(RuntimeError, ValueError), match="non-empty list"), Bad([S(2), S()], raises=RuntimeError, match="zero-dimensional tensor"), Bad(S(2), raises=TypeError, match="tensors")]),
    view("stack", listed(np.stack), [args([S(2, 3), S(2, 3)]), args([S(2, 3), S(2, 3)], -1), args([S(), S()], 0)], large=[args([S(301, 201), S(301, 201)], 1)], bad=[Bad([S(2), S(3)], raises=RuntimeError, match="each tensor to be equal size"), Bad([], raises=RuntimeError, match="non-empty")]),
    view("hstack", listed(np.hstack), [args([S(2, 1), S(2, 3)]), args([S(2), S(3)]), args([S(), S()])], bad=[Bad([], raises=RuntimeError, match="non-empty")]),
    view("vstack", listed(np.vstack), [args([S(2, 3), S(1, 3)]), args([S(3), S(3)]), args([S(), S()])], bad=[Bad([], raises=RuntimeError, match="non-empty")]),
    cut("split", cuts, [args(S(7), 3), args(S(3, 5), 2, 1), args(S(3, 5), 2, -1), args(S(3), 3)], bad=[Bad(S(3), -1, raises=RuntimeError, match="non-negative"), Bad(S(), 1, raises=RuntimeError, match="at least a 1-dimensional")]),
    cut("split", cuts, [args(S(7), (3, 0, 4)), args(S(3, 5), [2, 3], 1)], id="split-sections", rows="split_sections", bad=[Bad(S(3), (1, 1), raises=RuntimeError, match="sum exactly to 3")]),
    cut("chunk", chunk, [args(S(7), 3), args(S(3, 5), 2, 1), args(S(3), 5)], bad=[Bad(S(3), 0, raises=RuntimeError, match="greater than 0")]),
    cut("tensor_split", tensor_split, [args(S(7), 3), args(S(3, 5), 2, 1), args(S(2), 3)], bad=[Bad(S(3), 0, raises=RuntimeError, match="larger than 0")]),
    cut("tensor_split", tensor_split, [args(S(7), (1, 3)), args(S(3, 5), (2,), 1)], id="tensor_split-places", rows="tensor_split_indices"),
    cut("unbind", lambda x, dim=0: list(np.moveaxis(x, dim, 0)), [args(S(3, 5)), args(S(3, 5), -1), args(S(2), 0), args(S(3, 1), 1)], bad=[Bad(S(), raises=IndexError, match="no dimensions")]),
]

ARRANGED = [
    view("unfold", windows, [args(S(3, 5), 1, 2, 1), args(S(3, 5), -1, 3, 2), args(S(7), 0, 7, 1), args(S(2, 6, 3), 1, 2, 3)], bad=[Bad(S(3), 0, 4, 1, raises=RuntimeError, match="maximum size for tensor at dimension 0 is 3 but size is 4"), Bad(S(3), 0, 2, 0, raises=RuntimeError, match="step is 0 but must be > 0"), Bad(S(3), 1, 1, 1, raises=IndexError, match="out of range")]),
    Case("view", lambda x, dtype: np.array(x, np.float32, order="C").view(dtype), [args(S(3, 4), T("int32")), args(S(3, 4), T("uint8")), args(S(3, 4), T("int64")), args(S(), T("int32")), args(S(0, 4), T("int16"))], id="view-dtype", rows="view_dtype", peer=lambda lib: lib.Tensor.view, dtypes=("float32",), result=None, layouts=False, bad=[Bad(S(3, 3), T("float64"), raises=RuntimeError, match="divisible"), Bad(S(), T("int16"), raises=RuntimeError, match="cannot be 0")]),
    view("roll", lambda x, shifts, dims=(): np.roll(x, shifts, None if dims == () else dims), [args(S(3, 5), 2), args(S(3, 5), (1, -2), (0, 1)), args(S(3, 5), 7, 1), args(S(0, 3), 1), args(S(), 1)], large=[args(S(301, 401), (1, -2), (0, 1))], bad=[Bad(S(3, 3), (1, 2), 0, raises=RuntimeError, match="shifts and dimensions must align"), Bad(S(3), 1, 1, raises=IndexError, match="out of range")]),
    *(view(name, ref, [args(S(3, 5)), args(S(5, 3), 1), args(S(2, 3, 4), -1), args(S(3, 3), 9), args(S(0, 3))], large=[args(S(301, 401), 3)], bad=[Bad(S(3), raises=RuntimeError, match="at least 2 dimensions")]) for name, ref in (("tril", lambda x, diagonal=0: np.tril(x, diagonal)), ("triu", lambda x, diagonal=0: np.triu(x, diagonal)))),
    view("select_scatter", replaced(lambda x, dim, index: np.moveaxis(x, dim, 0)[index]), [args(S(3, 5), S(5), 0, 1), args(S(3, 5), S(3), 1, -1)], bad=[Bad(S(3, 5), S(3), 0, 1, raises=RuntimeError, match="size"), Bad(S(3, 5), S(5), 0, 3, raises=IndexError, match="out of")]),
    view("slice_scatter", replaced(lambda x, dim=0, start=None, end=None, step=1: sliced(x, dim, start, end, step)), [args(S(3, 5), S(3, 2), 1, 0, 4, 2), args(S(7), S(3), 0, -3), args(S(3), S(3))], bad=[Bad(S(3, 5), S(3, 3), 1, 0, 4, 2, raises=RuntimeError, match="size")]),
    view("diagonal_scatter", replaced(diagonal), [args(S(3, 4), S(3)), args(S(3, 4), S(3), 1), args(S(2, 3, 4), S(2, 3), -1, 2, 1)], bad=[Bad(S(3, 3), S(2), raises=RuntimeError, match="size"), Bad(S(3, 3), S(3), 0, 1, 1, raises=RuntimeError, match="cannot be identical")]),
    view("_diagonal_backward", diagonal_backward, [args(S(3), (3, 4), 0, 0, 1), args(S(2, 2), (2, 3, 4), 2, 1, 2)], rows="diagonal_backward", peer=lambda lib: lib.ops.aten.diagonal_backward),
    *(Case(name, lambda row, col, offset=0, ref=ref: np.stack(ref(row, offset, col)), [args(3, 4), args(4, 3, -1), args(3, 3, 1), args(0, 3)], dtypes=("int64",), bad=[Bad(-1, 2, raises=RuntimeError, match="negative")]) for name, ref in (("tril_indices", np.tril_indices), ("triu_indices", np.triu_indices))),
    view("_repeat_blocks", lambda x, dim, repeats: np.repeat(x, repeats, dim), [args(S(3, 5), 0, 2), args(S(3, 5), 1, 3), args(S(3), 0, 0)], rows="repeat_blocks", peer=lambda lib: lambda x, dim, repeats: x.repeat_interleave(repeats, dim), large=[args(S(301, 101), 0, 3)]),
    Case("_repeated_indices", lambda repeats, output_size=None: np.repeat(np.arange(len(repeats)), repeats), [args(S(values=[2, 0, 3])), args(S(values=[1, 1]), 2), args(S(0))], rows="repeated_indices", peer=lambda lib: lambda repeats, n=None: lib.repeat_interleave(repeats, output_size=n), dtypes=("int64", "int32"), result=None, data=True, large=[args(S(30_001, low=0))], bad=[Bad(S(values=[2], dtype="int64"), 3, raises=RuntimeError, match="size does not match"), Bad(S(values=[-1], dtype="int64"), raises=RuntimeError, match="negative"), Bad(S(2), raises=(RuntimeError, NotImplementedError), match="not implemented for 'Float'", peer=False)]),
]

# how writes into views are kept in the history of their base
HISTORIES = [
    view("_view_of", lambda x, size, stride, offset, base: strided(x, size, stride, offset), [args(S(3, 4), (2, 2), (4, 1), 1, (4, 1)), args(S(12), (3, 2), (4, 2), 1, (1,)), args(S(5), (3, 3), (1, 1), 0, (1,))], rows="view_of", peer=False),
    view("_with_view", lambda x, src, size, stride, offset, base: strided_scatter(x, src, size, stride, offset), [args(S(3, 4), S(2, 2), (2, 2), (4, 1), 1, (4, 1)), args(S(12), S(3, 2), (3, 2), (4, 2), 1, (1,))], rows="with_view", peer=False),
    view("_view_alone", view_alone, [args(S(2, 2), (3, 4), (4, 1), 1, (4, 1)), args(S(3, 2), (12,), (4, 2), 1, (1,))], rows="view_alone", peer=False),
    Case("_view_alone", view_alone, [args(S(3, 3), (5,), (1, 1), 0, (1,)), args(S(4), (3,), (0,), 1, (1,))], id="_view_alone-sums", rows="view_alone", peer=False, dtypes=(*FLOATS, "int64"), bound=lambda g, *_: 8, ulp=1, grad=True),
    Case("_pass_through", lambda tensors: tensors, [args([S(3), S(2, 3)]), args([S()])], rows="pass_through", peer=False, dtypes=FLOATS, grad=True),
]
# fmt: on
CASES = VIEWS + JOINS + ARRANGED + HISTORIES
