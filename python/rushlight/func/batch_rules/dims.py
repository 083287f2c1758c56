"""Ops that take an example as it is, or its dims: reductions, scans, sorting, views by dims."""

from rushlight import _C

from ._table import all_batched, flat, is_tensor, lift, rule, shifted


@rule(
    "avg_pool", "avg_pool_backward", "adaptive_avg_pool", "adaptive_avg_pool_backward", "max_pool", "adaptive_max_pool", "pad_with_own",
    "pad_with_own_backward", "constant_pad_nd", "upsample_nearest", "upsample_nearest_backward", "upsample_linear",
    "upsample_linear_backward", "upsample_cubic", "upsample_cubic_backward", "upsample_lanczos", "upsample_lanczos_backward", "real", "imag", "view_as_real", "view_as_complex", "contiguous", "detach", "tril", "triu", "tril_", "triu_", "zeros_like",
    "ones_like", "full_like", "empty_like_op", "view_dtype",
)  # fmt: skip
def _direct(layer, row, values, batched):
    if any(has is True for has in batched[1:]):
        return NotImplemented
    if "memory_format" in row.places:
        values = [*values]
        values[row.places["memory_format"]] = None
    return row(values)


def on_dims(*names, whole=False, tensors=1):
    """A rule for an op whose first `tensors` arguments are examples and whose arguments of these names are dims of them."""

    def of_dims(layer, row, values, batched):
        if any(has is not False for has in batched[tensors:]):
            return NotImplemented
        arguments = list(values)
        ndim = None
        for place in range(tensors):
            x = values[place]
            if is_tensor(x):
                x = x if batched[place] else layer.expanded(x)
                ndim = x.ndim - 1 if ndim is None else ndim
                arguments[place] = _C.unsqueeze(x, 1) if ndim == 0 else x
        for name in names:
            place = row.places[name]
            arguments[place] = shifted(arguments[place], max(ndim, 1) if whole else ndim, whole)
        result = row(arguments)
        if ndim or row.in_place:
            return result
        if is_tensor(result):
            return _C.reshape(result, (layer.size,))
        return tuple(_C.reshape(r, (layer.size,)) for r in result)

    return of_dims


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
    rule(*_names.split())(on_dims(*_dims, whole=_whole, tensors=_tensors))


@rule("prod_all")
def _prod_all(layer, row, values, batched):
    return _C.prod(flat(values[0]), 1, dtype=values[1])


@rule("max_all", "min_all", "median_all", "nanmedian_all")
def _one_of_all(layer, row, values, batched):
    name = row.name.removesuffix("_all")
    if name in ("max", "min"):
        return getattr(_C, "a" + name)(flat(values[0]), 1)
    return getattr(_C, name)(flat(values[0]), 1)[0]


@rule("var_all", "std_all", "var_mean_all", "std_mean_all")
def _spread_all(layer, row, values, batched):
    return getattr(_C, row.name.removesuffix("_all"))(flat(values[0]), 1, correction=int(values[1]))


@rule("argmax", "argmin")
def _place_of_extreme(layer, row, values, batched):
    x, dim, keepdim, out = values
    if dim is not None:
        return on_dims("dim")(layer, row, values, batched)
    found = row((flat(x), 1, False, None))
    return lift(found, x.ndim - 1) if keepdim else found


@rule("sum_to")
def _sum_to(layer, row, values, batched):
    x, size = values
    size = (size,) if isinstance(size, int) else tuple(size)
    spare = x.ndim - 1 - len(size)
    over = [d + 1 for d in range(x.ndim - 1) if d < spare or (size[d - spare] == 1 and x.shape[d + 1] != 1)]
    if not over and not spare:
        return x
    return _C.reshape(_C.sum(x, tuple(over), True) if over else x, (layer.size, *size))


@rule("gather_places", "scatter_places", "set_places")
def _places(layer, row, values, batched):
    return row([*all_batched(layer, values[:2], batched), values[2]])
