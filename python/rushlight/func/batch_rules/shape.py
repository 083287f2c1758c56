"""Views by sizes, and joining."""

import math

from rushlight import _C

from ._table import all_batched, flat, lift, rule, shift, shifted, size_at


@rule("view", "reshape")
def _view(layer, row, values, batched):
    size = (layer.size, *size_at(values))
    if -1 in size and layer.size == 0:
        known = math.prod(s for s in size[1:] if s != -1)
        size = tuple(math.prod(values[0].shape[1:]) // max(known, 1) if s == -1 else s for s in size)
    try:
        return row((values[0], size))
    except RuntimeError:  # the batch may lie where no view reaches
        return _C.reshape(values[0], size)


@rule("flatten")
def _flatten(layer, row, values, batched):
    x, start, end = values
    if x.ndim == 1:
        return _C.unsqueeze(x, 1)
    return row((x, shift(start, x.ndim - 1), shift(end, x.ndim - 1)))


@rule("expand", "broadcast_to_op")
def _expand(layer, row, values, batched):
    size = size_at(values)
    return row((lift(values[0], len(size)), (layer.size, *size)))


@rule("permute")
def _permute(layer, row, values, batched):
    x, dims = values[0], size_at(values)
    return row((x, (0, *(shift(d, x.ndim - 1) % x.ndim for d in dims))))


@rule("t")
def _t(layer, row, values, batched):
    x = values[0]
    if x.ndim > 3:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {x.ndim - 1}D")
    return _C.transpose(x, 1, 2) if x.ndim == 3 else x[:]


@rule("unsqueeze")
def _unsqueeze(layer, row, values, batched):
    x, dim = values
    return row((x, shift(dim, x.ndim)))


@rule("squeeze")
def _squeeze(layer, row, values, batched):
    x, dim = values
    if dim is None:
        dim = tuple(d for d in range(x.ndim - 1) if x.shape[d + 1] == 1)
    if x.ndim == 1 or dim == ():
        return x[:]
    return row((x, shifted(dim, x.ndim - 1)))


@rule("repeat")
def _repeat(layer, row, values, batched):
    repeats = size_at(values)
    if len(repeats) < values[0].ndim - 1:
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    return row((lift(values[0], len(repeats)), (1, *repeats)))


@rule("roll")
def _roll(layer, row, values, batched):
    x, shifts, dims = values
    if isinstance(dims, int) or len(dims):
        return row((x, shifts, shifted(dims, x.ndim - 1)))
    return _C.reshape(row((flat(x), shifts, 1)), x.shape)


@rule("slice_backward", "select_backward")
def _part_backward(layer, row, values, batched):
    g, sizes, dim, *rest = values
    return row((g, (layer.size, *sizes), shift(dim, len(sizes)), *rest))


@rule("diagonal_backward")
def _diagonal_backward(layer, row, values, batched):
    g, sizes, offset, dim1, dim2 = values
    return row((g, (layer.size, *sizes), offset, shift(dim1, len(sizes)), shift(dim2, len(sizes))))


@rule("cat")
def _cat(layer, row, values, batched):
    tensors = all_batched(layer, values[0], batched[0])
    if any(x.ndim == 1 for x in tensors):
        raise RuntimeError("zero-dimensional tensor cannot be concatenated")
    ndim = max(x.ndim - 1 for x in tensors)
    if any(x.ndim - 1 != ndim for x in tensors):
        return NotImplemented
    return row((tensors, shift(values[1], ndim), None))


@rule("stack")
def _stack(layer, row, values, batched):
    tensors = all_batched(layer, values[0], batched[0])
    return row((tensors, shift(values[1], tensors[0].ndim), None))


@rule("hstack", "vstack")
def _stacks(layer, row, values, batched):
    least = 1 if row.name == "hstack" else 2
    tensors = [lift(x, least) for x in all_batched(layer, values[0], batched[0])]
    dim = 1 if row.name == "vstack" or tensors[0].ndim == 2 else 2
    return _C.cat(tensors, dim)


@rule("pass_through")
def _pass_through(layer, row, values, batched):
    return row((all_batched(layer, values[0], batched[0]),))
