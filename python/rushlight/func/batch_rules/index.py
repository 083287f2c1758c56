"""Reading and writing by indices."""

from rushlight import _C

from ._table import flat, is_tensor, lift, rule, shift


@rule(
    "gather", "scatter", "scatter_value", "scatter_add", "scatter_", "scatter_value_", "scatter_add_", "scatter_reduced",
    "scatter_reduced_", "scatter_value_reduced", "scatter_value_reduced_", "scatter_reduce", "scatter_reduce_",
)  # fmt: skip
def _by_places(layer, row, values, batched):
    ndim = values[0].ndim - batched[0]
    if ndim == 0:
        return NotImplemented
    value = values[3] if len(values) > 3 and row.places.get("value") == 3 else None
    if value is not None and batched[3]:
        return NotImplemented
    arguments = [x if has or not is_tensor(x) or x is value else layer.expanded(x) for x, has in zip(values, batched)]
    arguments[1] = shift(values[1], ndim)
    return row(arguments)


@rule("index_add", "index_add_", "index_copy", "index_copy_", "index_reduce", "index_reduce_")
def _by_one_index(layer, row, values, batched):
    ndim = values[0].ndim - batched[0]
    if ndim == 0 or batched[2]:
        return NotImplemented
    arguments = list(values)
    for place in (0, 3):
        arguments[place] = values[place] if batched[place] else layer.expanded(values[place])
    arguments[1] = shift(values[1], ndim)
    return row(arguments)


@rule("take")
def _take(layer, row, values, batched):
    x, index, _ = values
    if not batched[0]:
        return row(values)
    index = index if batched[1] else layer.expanded(index)
    size = x.numel() // max(layer.size, 1)
    places = _C.reshape(index, (layer.size, -1))
    places = _C.where(_C.lt(places, 0), _C.add(places, size), places)
    return _C.reshape(_C.gather(flat(x), 1, places), index.shape)


def _index_arguments(layer, x, dims, indices, batched):
    """Dims and indices into the batch; where the result has the batch; None where an example at a time is needed."""
    x_batched, which = batched[0], batched[2] if isinstance(batched[2], list) else [False] * len(indices)
    shifted = tuple(d + 1 for d in dims)
    adjacent = all(b == a + 1 for a, b in zip(dims, dims[1:]))
    if not any(which):
        rank = max(index.ndim for index in indices)
        return x, shifted, list(indices), 0 if adjacent else rank, rank
    rank = max(index.ndim - has for index, has in zip(indices, which))
    indices = [lift(index, rank) if has else index for index, has in zip(indices, which)]
    if not x_batched:  # the batch is one more dim of the indices
        return x, tuple(dims), indices, dims[0] if adjacent else 0, rank
    own = _C.reshape(_C.arange(layer.size, device=x.device), (layer.size, *(1,) * rank))
    together = adjacent and dims[0] == 0
    # apart: the dims of the indices come first, those of the batch among them
    return x, (0, *shifted), [own, *indices], 0, rank if adjacent and not together else -1


@rule("advanced_index")
def _advanced_index(layer, row, values, batched):
    x, dims, indices = values
    dims = (dims,) if isinstance(dims, int) else tuple(dims)
    x, dims_now, indices, at, rank = _index_arguments(layer, x, dims, indices, batched)
    out = row((x, dims_now, indices))
    if at:
        order = list(range(out.ndim))
        order.insert(0, order.pop(at))
        out = _C.permute(out, order)
    elif rank > 0 and dims_now[0] == 0 and batched[0] and dims[0] > 0:
        # (batch, indices..., before, after): the indices belong where the first indexed dim was
        order = list(range(out.ndim))
        moved = order[1 : 1 + rank]
        del order[1 : 1 + rank]
        order[1 + dims[0] : 1 + dims[0]] = moved
        out = _C.permute(out, order)
    return out


@rule("advanced_index_put", "advanced_index_put_")
def _advanced_index_put(layer, row, values, batched):
    x, dims, indices, value, accumulate = values
    dims = (dims,) if isinstance(dims, int) else tuple(dims)
    which = batched[2] if isinstance(batched[2], list) else [False]
    if any(which) or not all(b == a + 1 for a, b in zip(dims, dims[1:])):
        return NotImplemented
    x = x if batched[0] else layer.expanded(x)
    if batched[3]:
        rank = x.ndim - 1 - len(dims) + max(index.ndim for index in indices)
        value = lift(value, rank)
    return row((x, tuple(d + 1 for d in dims), list(indices), value, accumulate))
