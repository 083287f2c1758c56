"""Pointwise ops: operands are lifted to one rank, the batch in front."""

from rushlight import _C

from .._layers import row_named
from ._table import is_tensor, lift, rule


def pointwise(layer, row, values, batched):
    tensors = [(x, x.ndim - 1 if has else x.ndim) for x, has in zip(values, batched) if is_tensor(x)]
    rank = max(ndim for _, ndim in tensors)
    if row.in_place and values[0].ndim - 1 < rank:
        layer.adopt(values[0])
    # a number of an example is a dim of the batch: it must not take part in promotion as a tensor of its own
    dtype = None
    if rank and any(has and x.ndim == 1 for x, has in zip(values, batched) if is_tensor(x)):
        dims = [x.dtype for x, ndim in tensors if ndim]
        if len({x.dtype for x, _ in tensors}) > 1:
            dtype = dims[0]
            for other in dims[1:]:
                dtype = _C._promote_types(dtype, other)
    arguments = []
    for x, has in zip(values, batched):
        if is_tensor(x) and has:
            if dtype is not None and x.ndim == 1 and _category(x.dtype) <= _category(dtype):
                x = _C._to(x, None, dtype)
            x = lift(x, rank)
        arguments.append(x)
    if "memory_format" in row.places:
        arguments[row.places["memory_format"]] = None
    return row(arguments)


def _category(dtype):
    return 3 if dtype.is_complex else 2 if dtype.is_floating_point else 0 if dtype == _C.bool else 1


def combined(layer, name, *operands):
    """A pointwise op by its row's name, on pairs of a value and whether it has the batch; what else the op takes stays default."""
    row = row_named(name)
    values, batched = (list(each) for each in zip(*operands))
    rest = row.defaults[len(values) :]
    return pointwise(layer, row, [*values, *rest], [*batched, *[False] * len(rest)])


@rule("fill_")
def _fill(layer, row, values, batched):
    x, value = values
    return _C.copy_(x, lift(value, x.ndim - 1)) if batched[1] else row(values)


@rule("masked_fill", "masked_fill_")
def _masked_fill(layer, row, values, batched):
    if not batched[2]:
        return pointwise(layer, row, values, batched)
    x, mask, value = zip(values, batched)
    new = combined(layer, "where", mask, value, x)
    return _C.copy_(values[0], new) if row.in_place else new
