"""What ops do to tensors with the batch in front: rules for vmap.

A rule is ``rule(layer, row, values, batched)``: the arguments by place without their layer, and for each whether its first dim is
the batch. It returns results with the batch in front, or NotImplemented: the op is run for one example after the other then.
"""

import math

from rushlight import _C

from ._layers import POINTWISE, row_named

_RULES: dict = {}


def rule_of(row):
    """The rule of a row, or None."""
    found = _RULES.get(row.name)
    return _pointwise if found is None and row.kind == POINTWISE else found


def _rule(*names):
    def register(function):
        _RULES.update(dict.fromkeys(names, function))
        return function

    return register


def _is_tensor(x):
    return isinstance(x, _C.TensorBase)


def _lift(x, rank):
    """The batch in front, and dims of size 1 behind it until the example has `rank` dims."""
    for _ in range(rank - (x.ndim - 1)):
        x = _C.unsqueeze(x, 1)
    return x


def _shift(dim, ndim):
    """A dim of an example as one of the batch."""
    ndim = max(ndim, 1)
    if not -ndim <= dim < ndim:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got {dim})")
    return dim if dim < 0 else dim + 1


def _shifted(dims, ndim, whole=False):
    """One dim, several, or None; where `whole`, nothing means all dims of the example."""
    if dims is None or (not isinstance(dims, int) and len(dims) == 0):
        return tuple(range(1, ndim + 1)) if whole else dims
    if isinstance(dims, int):
        return _shift(dims, ndim)
    return tuple(_shift(d, ndim) for d in dims)


# ---- pointwise ------------------------------------------------------------------------------------------------------------


def _pointwise(layer, row, values, batched):
    tensors = [(x, x.ndim - 1 if has else x.ndim) for x, has in zip(values, batched) if _is_tensor(x)]
    rank = max(ndim for _, ndim in tensors)
    if row.in_place and values[0].ndim - 1 < rank:
        layer.adopt(values[0])
    # a number of an example is a dim of the batch: it must not take part in promotion as a tensor of its own
    dtype = None
    if rank and any(has and x.ndim == 1 for x, has in zip(values, batched) if _is_tensor(x)):
        dims = [x.dtype for x, ndim in tensors if ndim]
        if len({x.dtype for x, _ in tensors}) > 1:
            dtype = dims[0]
            for other in dims[1:]:
                dtype = _C._promote_types(dtype, other)
    arguments = []
    for x, has in zip(values, batched):
        if _is_tensor(x) and has:
            if dtype is not None and x.ndim == 1 and _category(x.dtype) <= _category(dtype):
                x = _C._to(x, None, dtype)
            x = _lift(x, rank)
        arguments.append(x)
    if "memory_format" in row.places:
        arguments[row.places["memory_format"]] = None
    return row(arguments)


def _category(dtype):
    return 3 if dtype.is_complex else 2 if dtype.is_floating_point else 0 if dtype == _C.bool else 1


@_rule("fill_")
def _fill(layer, row, values, batched):
    if batched[1]:
        return row_named("copy_")((values[0], _lift(values[1], values[0].ndim - 1), False))
    return row(values)


@_rule("masked_fill", "masked_fill_")
def _masked_fill(layer, row, values, batched):
    x, mask, value = values
    if not batched[2]:
        return _pointwise(layer, row, values, batched)
    if row.in_place:
        new = _pointwise(layer, row_named("where"), [mask, value, x, None], [batched[1], True, True])
        return _C.copy_(x, new)
    return _pointwise(layer, row_named("where"), [mask, value, x, None], [batched[1], True, batched[0], False])


# ---- ops that take the example as it is, or its dims ----------------------------------------------------------------------


@_rule(
    "real", "imag", "view_as_real", "view_as_complex", "contiguous", "detach", "tril", "triu", "tril_", "triu_", "zeros_like",
    "ones_like", "full_like", "empty_like_op", "view_dtype",
)  # fmt: skip
def _direct(layer, row, values, batched):
    if any(has is True for has in batched[1:]):
        return NotImplemented
    if "memory_format" in row.places:
        values = [*values]
        values[row.places["memory_format"]] = None
    return row(values)


def _on_dims(*names, whole=False, tensors=1):
    """A rule for an op whose first `tensors` arguments are examples and whose arguments of these names are dims of them."""

    def rule(layer, row, values, batched):
        if any(has is not False for has in batched[tensors:]):
            return NotImplemented
        arguments = list(values)
        ndim = None
        for place in range(tensors):
            x = values[place]
            if _is_tensor(x):
                x = x if batched[place] else layer.expanded(x)
                ndim = x.ndim - 1 if ndim is None else ndim
                arguments[place] = _C.unsqueeze(x, 1) if ndim == 0 else x
        for name in names:
            place = row.places[name]
            arguments[place] = _shifted(arguments[place], max(ndim, 1) if whole else ndim, whole)
        result = row(arguments)
        if ndim or row.in_place:
            return result
        if _is_tensor(result):
            return _C.reshape(result, (layer.size,))
        return tuple(_C.reshape(r, (layer.size,)) for r in result)

    return rule


for _names, _dims, _whole, _tensors in (
    ("transpose", ("dim0", "dim1"), False, 1),
    ("select slice narrow unflatten unbind split split_sections chunk tensor_split", ("dim",), False, 1),
    ("diagonal", ("dim1", "dim2"), False, 1),
    ("unfold", ("dimension",), False, 1),
    ("flip", ("dims",), False, 1),
    (
        "sum mean nansum amax amin all any _xor count_nonzero var std var_mean std_mean norm norm_named logsumexp",
        ("dim",),
        True,
        1,
    ),
    ("var_unbiased std_unbiased var_mean_unbiased std_mean_unbiased", ("dim",), True, 1),
    ("prod max_dim min_dim sort argsort topk kthvalue median nanmedian mode", ("dim",), False, 1),
    (
        "cumsum cumprod cumsum_ cumprod_ logcumsumexp cummax cummin softmax log_softmax repeat_blocks",
        ("dim",),
        False,
        1,
    ),
    ("softmax_backward log_softmax_backward select_scatter slice_scatter", ("dim",), False, 2),
    ("diagonal_scatter", ("dim1", "dim2"), False, 2),
    ("index_select index_fill index_fill_", ("dim",), False, 1),
):
    _rule(*_names.split())(_on_dims(*_dims, whole=_whole, tensors=_tensors))


def _flat(x):
    return _C.reshape(x, (x.shape[0], -1)) if x.numel() or x.ndim == 1 else _C.reshape(x, (x.shape[0], 0))


@_rule("prod_all")
def _prod_all(layer, row, values, batched):
    return row_named("prod")((_flat(values[0]), 1, False, values[1], None))


@_rule("max_all", "min_all", "median_all", "nanmedian_all")
def _one_of_all(layer, row, values, batched):
    name = row.name.removesuffix("_all")
    if name in ("max", "min"):
        return row_named("a" + name)((_flat(values[0]), 1, False, None))
    return row_named(name)((_flat(values[0]), 1, False, None))[0]


@_rule("var_all", "std_all", "var_mean_all", "std_mean_all")
def _spread_all(layer, row, values, batched):
    other = row_named(row.name.removesuffix("_all"))
    given = {"input": _flat(values[0]), "dim": 1, "correction": int(values[1]), "keepdim": False}
    return other([given.get(name) for name in other.names])


@_rule("argmax", "argmin")
def _place_of_extreme(layer, row, values, batched):
    x, dim, keepdim, out = values
    if dim is not None:
        return _on_dims("dim")(layer, row, values, batched)
    found = row((_flat(x), 1, False, None))
    return _lift(found, x.ndim - 1) if keepdim else found


@_rule("sum_to")
def _sum_to(layer, row, values, batched):
    x, size = values
    size = (size,) if isinstance(size, int) else tuple(size)
    spare = x.ndim - 1 - len(size)
    over = [d + 1 for d in range(x.ndim - 1) if d < spare or (size[d - spare] == 1 and x.shape[d + 1] != 1)]
    if not over and not spare:
        return x
    return _C.reshape(_C.sum(x, tuple(over), True) if over else x, (layer.size, *size))


# ---- views ----------------------------------------------------------------------------------------------------------------


def _sizes(values, place=1):
    size = values[place]
    return (size,) if isinstance(size, int) else tuple(size)


@_rule("view", "reshape")
def _view(layer, row, values, batched):
    size = (layer.size, *_sizes(values))
    if -1 in size and layer.size == 0:
        known = math.prod(s for s in size[1:] if s != -1)
        size = tuple(math.prod(values[0].shape[1:]) // max(known, 1) if s == -1 else s for s in size)
    try:
        return row((values[0], size))
    except RuntimeError:  # the batch may lie where no view reaches
        return _C.reshape(values[0], size)


@_rule("flatten")
def _flatten(layer, row, values, batched):
    x, start, end = values
    if x.ndim == 1:
        return _C.unsqueeze(x, 1)
    return row((x, _shift(start, x.ndim - 1), _shift(end, x.ndim - 1)))


@_rule("expand", "broadcast_to_op")
def _expand(layer, row, values, batched):
    size = _sizes(values)
    return row((_lift(values[0], len(size)), (layer.size, *size)))


@_rule("permute")
def _permute(layer, row, values, batched):
    x, dims = values[0], _sizes(values)
    return row((x, (0, *(_shift(d, x.ndim - 1) % x.ndim for d in dims))))


@_rule("t")
def _t(layer, row, values, batched):
    x = values[0]
    if x.ndim > 3:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {x.ndim - 1}D")
    return _C.transpose(x, 1, 2) if x.ndim == 3 else x[:]


@_rule("unsqueeze")
def _unsqueeze(layer, row, values, batched):
    x, dim = values
    return row((x, _shift(dim, x.ndim)))


@_rule("squeeze")
def _squeeze(layer, row, values, batched):
    x, dim = values
    if dim is None:
        dim = tuple(d for d in range(x.ndim - 1) if x.shape[d + 1] == 1)
    if x.ndim == 1 or dim == ():
        return x[:]
    return row((x, _shifted(dim, x.ndim - 1)))


@_rule("repeat")
def _repeat(layer, row, values, batched):
    repeats = _sizes(values)
    if len(repeats) < values[0].ndim - 1:
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    return row((_lift(values[0], len(repeats)), (1, *repeats)))


@_rule("roll")
def _roll(layer, row, values, batched):
    x, shifts, dims = values
    if isinstance(dims, int) or len(dims):
        return row((x, shifts, _shifted(dims, x.ndim - 1)))
    return _C.reshape(row((_flat(x), shifts, 1)), x.shape)


@_rule("slice_backward", "select_backward")
def _part_backward(layer, row, values, batched):
    g, sizes, dim, *rest = values
    return row((g, (layer.size, *sizes), _shift(dim, len(sizes)), *rest))


@_rule("diagonal_backward")
def _diagonal_backward(layer, row, values, batched):
    g, sizes, offset, dim1, dim2 = values
    return row((g, (layer.size, *sizes), offset, _shift(dim1, len(sizes)), _shift(dim2, len(sizes))))


# ---- joining --------------------------------------------------------------------------------------------------------------


def _all_batched(layer, values, batched):
    return [x if has else layer.expanded(x) for x, has in zip(values, batched)]


@_rule("cat")
def _cat(layer, row, values, batched):
    tensors = _all_batched(layer, values[0], batched[0])
    if any(x.ndim == 1 for x in tensors):
        raise RuntimeError("zero-dimensional tensor cannot be concatenated")
    ndim = max(x.ndim - 1 for x in tensors)
    if any(x.ndim - 1 != ndim for x in tensors):
        return NotImplemented
    return row((tensors, _shift(values[1], ndim), None))


@_rule("stack")
def _stack(layer, row, values, batched):
    tensors = _all_batched(layer, values[0], batched[0])
    return row((tensors, _shift(values[1], tensors[0].ndim), None))


@_rule("hstack", "vstack")
def _stacks(layer, row, values, batched):
    least = 1 if row.name == "hstack" else 2
    tensors = [_lift(x, least) for x in _all_batched(layer, values[0], batched[0])]
    dim = 1 if row.name == "vstack" or tensors[0].ndim == 2 else 2
    return _C.cat(tensors, dim)


@_rule("pass_through")
def _pass_through(layer, row, values, batched):
    return row((_all_batched(layer, values[0], batched[0]),))


# ---- products -------------------------------------------------------------------------------------------------------------


def _matmul(layer, a, b, a_batched, b_batched):
    ranks = a.ndim - a_batched, b.ndim - b_batched
    if 0 in ranks:
        raise RuntimeError("both arguments to matmul need to be at least 1D, but they are 0D" if not any(ranks) else
                           "both arguments to matmul need to be at least 1D")  # fmt: skip
    if not b_batched and ranks[1] == 2 and ranks[0] <= 2:
        return _C.matmul(a, b)  # rows of all examples against one matrix
    if ranks[0] == 1:
        a = _C.unsqueeze(a, -2)
    if ranks[1] == 1:
        b = _C.unsqueeze(b, -1)
    rank = max(a.ndim - a_batched, b.ndim - b_batched)
    if a_batched:
        a = _lift(a, rank)
    if b_batched:
        b = _lift(b, rank)
    out = _C.matmul(a, b)
    if ranks[1] == 1:
        out = _C.squeeze(out, -1)
    if ranks[0] == 1:
        out = _C.squeeze(out, -1 if ranks[1] == 1 else -2)
    return out


_PRODUCT_RANKS = {"mm": (2, 2), "bmm": (3, 3), "mv": (2, 1), "dot": (1, 1)}


@_rule("matmul", "mm", "bmm", "mv", "dot")
def _product(layer, row, values, batched):
    a, b = values[0], values[1]
    ranks = a.ndim - batched[0], b.ndim - batched[1]
    wanted = _PRODUCT_RANKS.get(row.name, ranks)
    if ranks != wanted:
        raise RuntimeError(
            f"{row.name}: expected {wanted[0]}D and {wanted[1]}D tensors, but got {ranks[0]}D and {ranks[1]}D"
        )
    if row.name == "dot" and a.shape[-1] != b.shape[-1]:
        raise RuntimeError(f"dot: inconsistent tensor size, {a.shape[-1]} and {b.shape[-1]} elements")
    return _matmul(layer, a, b, batched[0], batched[1])


@_rule("linear")
def _linear(layer, row, values, batched):
    x, weight, bias = values
    if not batched[1] and not batched[2]:
        return row(values)
    out = (
        _matmul(layer, x, _C.transpose(weight, -1, -2), batched[0], batched[1])
        if weight.ndim - batched[1] == 2
        else None
    )
    if out is None:
        return NotImplemented
    if bias is None:
        return out
    has = batched[0] or batched[1]
    add = row_named("add")
    return _pointwise(layer, add, [out, bias, 1, None], [has, batched[2], False, False])


@_rule("addmm")
def _addmm(layer, row, values, batched):
    x, a, b, beta, alpha, _ = values
    product = _matmul(layer, a, b, batched[1], batched[2]) if batched[1] or batched[2] else _C.mm(a, b)
    scaled = _C.mul(x, beta)
    has = batched[1] or batched[2]
    return _pointwise(layer, row_named("add"), [scaled, product, alpha, None], [batched[0], has, False, False])


# ---- indexing -------------------------------------------------------------------------------------------------------------


@_rule(
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
    arguments = [x if has or not _is_tensor(x) or x is value else layer.expanded(x) for x, has in zip(values, batched)]
    arguments[1] = _shift(values[1], ndim)
    return row(arguments)


@_rule("index_add", "index_add_", "index_copy", "index_copy_", "index_reduce", "index_reduce_")
def _by_one_index(layer, row, values, batched):
    ndim = values[0].ndim - batched[0]
    if ndim == 0 or batched[2]:
        return NotImplemented
    arguments = list(values)
    for place in (0, 3):
        arguments[place] = values[place] if batched[place] else layer.expanded(values[place])
    arguments[1] = _shift(values[1], ndim)
    return row(arguments)


@_rule("take")
def _take(layer, row, values, batched):
    x, index, _ = values
    if not batched[0]:
        return row(values)
    index = index if batched[1] else layer.expanded(index)
    size = x.numel() // max(layer.size, 1)
    flat = _C.reshape(index, (layer.size, -1))
    flat = _C.where(_C.lt(flat, 0), _C.add(flat, size), flat)
    return _C.reshape(_C.gather(_flat(x), 1, flat), index.shape)


def _index_arguments(layer, x, dims, indices, batched):
    """Dims and indices into the batch; where the result has the batch; None where an example at a time is needed."""
    x_batched, which = batched[0], batched[2] if isinstance(batched[2], list) else [False] * len(indices)
    shifted = tuple(d + 1 for d in dims)
    adjacent = all(b == a + 1 for a, b in zip(dims, dims[1:]))
    if not any(which):
        rank = max(index.ndim for index in indices)
        return x, shifted, list(indices), 0 if adjacent else rank, rank
    rank = max(index.ndim - has for index, has in zip(indices, which))
    indices = [_lift(index, rank) if has else index for index, has in zip(indices, which)]
    if not x_batched:  # the batch is one more dim of the indices
        return x, tuple(dims), indices, dims[0] if adjacent else 0, rank
    own = _C.reshape(_C.arange(layer.size, device=x.device), (layer.size, *(1,) * rank))
    together = adjacent and dims[0] == 0
    # apart: the dims of the indices come first, those of the batch among them
    return x, (0, *shifted), [own, *indices], 0, rank if adjacent and not together else -1


@_rule("advanced_index")
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


@_rule("advanced_index_put", "advanced_index_put_")
def _advanced_index_put(layer, row, values, batched):
    x, dims, indices, value, accumulate = values
    dims = (dims,) if isinstance(dims, int) else tuple(dims)
    which = batched[2] if isinstance(batched[2], list) else [False]
    if any(which) or not all(b == a + 1 for a, b in zip(dims, dims[1:])):
        return NotImplemented
    x = x if batched[0] else layer.expanded(x)
    if batched[3]:
        rank = x.ndim - 1 - len(dims) + max(index.ndim for index in indices)
        value = _lift(value, rank)
    return row((x, tuple(d + 1 for d in dims), list(indices), value, accumulate))


# ---- losses ---------------------------------------------------------------------------------------------------------------


@_rule("mse_loss")
def _mse_loss(layer, row, values, batched):
    x, y, reduction = values
    off = _pointwise(layer, row_named("sub"), [x, y, 1, None], [batched[0], batched[1], False, False])
    square = _C.square(off)
    if reduction == "none":
        return square
    flat = _flat(square)
    return _C.mean(flat, 1) if reduction == "mean" else _C.sum(flat, 1)


def _class_weights(layer, target, weight, ignore_index, like):
    """The weight of each target: zero for those that are to be ignored."""
    kept = _C.ne(target, ignore_index)
    safe = _C.where(kept, target, 0)
    if weight is None:
        return safe, _C._to(kept, None, like.dtype)
    return safe, _C.mul(_C.reshape(_C.index_select(weight, 0, _C.reshape(safe, (-1,))), safe.shape), kept)


@_rule("nll_loss")
def _nll_loss(layer, row, values, batched):
    x, target, weight, reduction, ignore_index = values
    if batched[2]:
        return NotImplemented
    x = x if batched[0] else layer.expanded(x)
    target = target if batched[1] else layer.expanded(target)
    classes = 1 if x.ndim == 2 else 2
    safe, weights = _class_weights(layer, target, weight, ignore_index, x)
    picked = _C.squeeze(_C.gather(x, classes, _C.unsqueeze(safe, classes)), classes)
    losses = _C.neg(_C.mul(picked, weights))
    total = _C.sum(_C.reshape(weights, (layer.size, -1)), 1)
    if reduction == "none":
        return losses, total
    loss = _C.sum(_C.reshape(losses, (layer.size, -1)), 1)
    return (_C.div(loss, total) if reduction == "mean" else loss), total


@_rule("nll_loss_backward")
def _nll_loss_backward(layer, row, values, batched):
    g, x, target, weight, reduction, ignore_index, total = values
    if batched[3]:
        return NotImplemented
    g, x, target = (v if has else layer.expanded(v) for v, has in zip((g, x, target), batched))
    classes = 1 if x.ndim == 2 else 2
    safe, weights = _class_weights(layer, target, weight, ignore_index, x)
    if reduction == "mean":
        g = _C.div(g, total)
    share = _C.neg(_C.mul(_lift(g, target.ndim - 1), weights))
    zeros = _C.zeros(x.shape, dtype=x.dtype, device=x.device)
    return _C.scatter(zeros, classes, _C.unsqueeze(safe, classes), _C.unsqueeze(share, classes))


# ---- random numbers -------------------------------------------------------------------------------------------------------


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
        values[place] = (layer.size, *_sizes(values, place))
        return layer.wrap(row(values))
    if row.name.endswith("_like") and not different:
        return row((_C.select(values[0], 0, 0), *values[1:]))
    if not different:
        raise RuntimeError(
            f"vmap: {row.name} draws around values that differ between the examples, so its numbers cannot be the same: use "
            "randomness='different'"
        )
    if row.name in ("multinomial", "randperm"):
        return layer.loop(row, values, batched)
    rank = max([x.ndim - has for x, has in zip(values, batched) if _is_tensor(x)])
    for place, (x, has) in enumerate(zip(values, batched)):
        if _is_tensor(x):
            values[place] = _lift(x if has else layer.expanded(x), rank)
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
