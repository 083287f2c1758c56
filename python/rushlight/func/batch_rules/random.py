"""Random numbers: of their own for each example, or the same for all."""

from rushlight import _C

from ._table import is_tensor, lift, size_at


def draw(layer, row, slots):
    """A random op under vmap: numbers of their own for each example, or the same for all."""
    values, batched = layer.split(slots)
    different = layer.randomness == "different"
    places = [place for place, has in enumerate(batched) if has]
    if not places and not different:
        return row(values)
    if row.name == "dropout":
        return _drop(layer, row, values, different, bool(places))
    if row.in_place:
        if not places or places != [0]:
            layer.adopt(slots[0])
        if different:
            row(values)
        else:
            same = row((_C.empty_like(_C.select(values[0], 0, 0)), *values[1:]))
            _C.copy_(values[0], same)
        return slots[0]
    if "size" in row.places and not places:
        place = row.places["size"]
        values[place] = (layer.size, *size_at(values, place))
        return layer.wrap(row(values))
    if row.name.endswith("_like") and not different:
        return row((_C.select(values[0], 0, 0), *values[1:]))
    if not different:
        raise RuntimeError(
            f"vmap: {row.name} draws around values that differ between the examples, so its numbers cannot be the same: use "
            "randomness='different'"
        )
    if row.name in ("multinomial", "randperm"):
        return layer.wrapped(layer.loop(row, values, batched))
    rank = max([x.ndim - has for x, has in zip(values, batched) if is_tensor(x)])
    for place, (x, has) in enumerate(zip(values, batched)):
        if is_tensor(x):
            values[place] = lift(x if has else layer.expanded(x), rank)
    if "memory_format" in row.places:
        values[row.places["memory_format"]] = None
    return layer.wrap(row(values))


def _drop(layer, row, values, different, batched):
    x = values[0] if batched else layer.expanded(values[0])
    if different:
        out, mask = row((_C.contiguous(x), *values[1:]))
    else:
        scaled, mask = row((_C.ones_like(_C.select(x, 0, 0)), *values[1:]))
        out, mask = _C.mul(x, scaled), layer.expanded(mask)
    return layer.wrap(out), layer.wrap(mask)
