"""Forward mode: a layer whose tensors carry a tangent.

What an op does to tangents follows from what the registry and the derivative table already say. A pointwise op's reverse rule is
its forward rule; views and what `LINEAR` names are applied to the tangents themselves; a reduction to one number multiplies by
its slope and sums. Whatever is left is the transpose of its reverse rule: that rule is linear in the gradient `u`, so its own
reverse pass takes a tangent where the rule takes a gradient (two reverse passes, right for every op that has a derivative).
"""

from rushlight import _C

from ._layers import Layer, row_named, stack

__all__ = ["Forward"]

#: rows that are linear in these arguments together: applied to tangents, zeros where one has none
LINEAR = {
    **dict.fromkeys(
        ("sum", "mean", "sum_to", "cumsum", "flip", "roll", "tril", "triu", "repeat", "gather", "index_select", "take",
         "advanced_index", "masked_select", "repeat_blocks", "avg_pool", "adaptive_avg_pool", "gather_places", "scatter_places",
         "set_places", "pad_with_own", "upsample_nearest", "upsample_linear", "upsample_cubic",
         "upsample_lanczos", "im2col", "col2im"), ("input",)),
    **dict.fromkeys(
        ("slice_backward", "select_backward", "as_strided_backward", "diagonal_backward", "view_alone", "avg_pool_backward",
         "adaptive_avg_pool_backward", "pad_with_own_backward",
         *(f"upsample_{kind}_backward" for kind in ("nearest", "linear", "cubic", "lanczos"))), ("grad",)),
    "view_of": ("base",),
    "with_view": ("base", "src"),
    **dict.fromkeys(
        ("as_strided_scatter", "select_scatter", "slice_scatter", "diagonal_scatter", "scatter", "scatter_add"), ("input", "src")),
    **dict.fromkeys(("index_add", "index_copy", "put", "masked_scatter"), ("input", "source")),
    **dict.fromkeys(("scatter_value", "index_fill"), ("input", "value")),
    "advanced_index_put": ("input", "values"),
    **dict.fromkeys(("cat", "stack", "hstack", "vstack", "pass_through"), ("tensors",)),
    "nll_loss": ("input",),
}  # fmt: skip

#: products: linear in each of two arguments
BILINEAR = {"matmul": (0, 1), "mm": (0, 1), "bmm": (0, 1), "mv": (0, 1), "dot": (0, 1), "conv_weight": (0, 1)}

#: one number of a row of elements: the slope is the reverse rule's answer to ones
SLOPES = {
    "nansum", "amax", "amin", "prod_all", "prod", "max_all", "min_all", "median_all", "nanmedian_all", "var", "var_all",
    "var_unbiased", "std", "std_all", "std_unbiased", "norm", "norm_named", "logsumexp",
}  # fmt: skip

#: values picked by the indices beside them
PICKED = {"max_dim", "min_dim", "sort", "topk", "kthvalue", "median", "nanmedian", "mode", "cummax", "cummin"}


def _differentiable(x):
    return isinstance(x, _C.TensorBase) and (x.dtype.is_floating_point or x.dtype.is_complex)


def _total(parts):
    total = None
    for part in parts:
        if part is not None:
            total = part if total is None else _C.add(total, part)
    return total


def _fitted(t, out, sources):
    """A tangent of the form of its result, in memory of its own."""
    if t.shape != out.shape:
        t = _C.expand(t, out.shape)
    if t.dtype != out.dtype:
        return _C._to(t, None, out.dtype)
    return _C.clone(t) if any(t is x for x in sources) else t


class Forward(Layer):
    """One level of forward mode: tensors made by `dual` carry a tangent through every op."""

    def dual(self, primal, tangent):
        return _C._make_layered(self, primal, tangent)

    def tangent(self, x):
        """The tangent of a tensor; None where it has none."""
        return _C._added_of(x) if self.owns(x) else None

    def adopt(self, x):
        """Make a tensor that is about to be written one of this layer, with zeros for its tangent."""
        primal = _C._move_aside(x)
        _C._set_layer(x, self, primal, _C.zeros_like(primal))

    def strip(self, slots):
        """Arguments without their tangents, and the tangents by place: of a list a list."""
        primals, tangents = [], {}
        for place, slot in enumerate(slots):
            if type(slot) in (tuple, list):
                if any(self.owns(x) for x in slot):
                    tangents[place] = [self.tangent(x) for x in slot]
                    slot = type(slot)(self.inside(x) for x in slot)
            elif self.owns(slot):
                tangents[place] = self.tangent(slot)
                slot = self.inside(slot)
            primals.append(slot)
        return primals, tangents

    def run_late(self, row, slots):
        return row(self.strip(slots)[0])

    def run(self, row, slots):
        if row.in_place:
            return self.write(row, slots)
        primals, tangents = self.strip(slots)
        out = row(primals)
        if row.returns == "InputIfSame" and out is primals[0]:
            return slots[0]
        places = {place for place, _, _ in row.rules}
        tangents = {place: t for place, t in tangents.items() if place in places}
        if not tangents:
            return out
        moved = push(row, primals, tangents, out)
        if isinstance(out, _C.TensorBase):
            return self.joined(out, moved)
        if isinstance(out, tuple):
            made = [self.joined(o, t) for o, t in zip(out, moved)]
            return tuple(made)
        return out

    def joined(self, out, tangent):
        return out if tangent is None or not _differentiable(out) else self.dual(out, tangent)

    def write(self, row, slots):
        """An in-place op: its other form says what the new values and tangents are, then both are written."""
        target = slots[0]
        primals, tangents = self.strip(slots)
        if row.name in ("copy_", "fill_"):
            moved = tangents.get(1)
            row(primals)
        elif row.name == "zero_" or row.kind == "Random":
            moved = None
            row(primals)
        else:
            other = row_named(row.name.removesuffix("_"))
            given = dict(zip(row.names, primals))
            by_name = {row.names[place]: t for place, t in tangents.items()}
            arguments = [given.get(name, default) for name, default in zip(other.names, other.defaults)]
            places = {place for place, _, _ in other.rules}
            pushed = {other.places[n]: t for n, t in by_name.items() if other.places[n] in places}
            out = other(arguments)
            moved = push(other, arguments, pushed, out) if pushed else None
            _C.copy_(primals[0], out)
        if not _differentiable(target):
            return target
        if not self.owns(target):
            if moved is None:
                return target
            self.adopt(target)
        tangent = self.tangent(target)
        if moved is None:
            _C.zero_(tangent)
        else:
            _C.copy_(tangent, moved)
        return target


# ---- what ops do to tangents ----------------------------------------------------------------------------------------------


def push(row, primals, tangents, out):
    """The tangent of an op's result, or a tuple of them: None where there is none.

    Parameters
    ----------
    primals : list
        The arguments of the row, by place.
    tangents : dict
        Place to tangent; of a list of tensors a list.
    """
    many = not isinstance(out, _C.TensorBase)
    if not many and row.kind in ("Pointwise", "Random") and _is_plain(row, primals, tangents, out):
        return _pointwise(row, primals, tangents, out)
    if row.kind == "Random":  # drawn once: never again
        (t,) = tangents.values()
        ((_, rule, _),) = row.rules
        return _by_rule(row, rule, (t, None), primals, out), None
    if row.kind == "View" and row.name not in LINEAR:
        return row([tangents.get(0), *primals[1:]])
    if row.name in LINEAR:
        return _linear(row, primals, tangents, out)
    if row.name in BILINEAR:
        parts = (row([t if i == place else x for i, x in enumerate(primals)]) for place, t in tangents.items())
        return _total(parts)
    special = SPECIAL.get(row.name)
    if special is not None:
        return special(primals, tangents, out)
    if row.name in SLOPES and not primals[0].dtype.is_complex and _differentiable(primals[0]):
        return _sloped(row, primals, tangents[0], out)
    if row.name in PICKED:
        return _picked(row, primals, tangents[0], out)
    return transposed(row, primals, tangents, out)


def _is_plain(row, primals, tangents, out):
    """Is the rule of every argument that moves a plain derivative? (Those of |z| and its like are not, for complex values.)"""
    if not out.dtype.is_complex and not any(t.dtype.is_complex for t in tangents.values()):
        return True
    return all(conjugates or rule == "same" for place, rule, conjugates in row.rules if place in tangents)


def _by_rule(row, rule, g, primals, out):
    """The rule of a derivative, called with what its parameters name."""
    code = rule.__code__
    given = []
    for name in code.co_varnames[: code.co_argcount]:
        if name == "g":
            given.append(g)
        elif name == "out":
            given.append(out)
        elif name.endswith("_shape"):
            given.append(primals[row.places[name.removesuffix("_shape")]].shape)
        else:
            given.append(primals[row.places[name]])
    return rule(*given)


def _pointwise(row, primals, tangents, out):
    parts = []
    for place, rule, _ in row.rules:
        t = tangents.get(place)
        if t is None or rule == "zero":
            continue
        parts.append(t if rule == "same" else _by_rule(row, rule, t, primals, out))
    total = _total(parts)
    return None if total is None else _fitted(total, out, list(tangents.values()))


def _linear(row, primals, tangents, out):
    arguments = list(primals)
    for name in LINEAR[row.name]:
        place = row.places[name]
        value, t = primals[place], tangents.get(place)
        if type(value) in (tuple, list):
            t = t or [None] * len(value)
            arguments[place] = [_C.zeros_like(x) if moved is None else moved for x, moved in zip(value, t)]
        elif isinstance(value, _C.TensorBase):
            arguments[place] = _C.zeros_like(value) if t is None else t
        else:
            arguments[place] = 0
    moved = row(arguments)
    if row.name == "nll_loss":
        return moved[0], None
    return moved


def _dims_of(row, primals):
    dim = primals[row.places["dim"]] if "dim" in row.places else None
    if dim is None or (not isinstance(dim, int) and len(dim) == 0):
        return None
    return dim


def _sloped(row, primals, t, out):
    ((_, rule, _), *_) = row.rules
    keepdim = bool(primals[row.places["keepdim"]]) if "keepdim" in row.places else False
    slope = _by_rule(row, rule, _C.ones_like(out), primals, out)
    product = _C.mul(slope, t)
    dims = _dims_of(row, primals)
    moved = product if product.ndim == 0 else _C.sum(product, dims, keepdim)
    return _fitted(moved, out, ())


def _picked(row, primals, t, out):
    values, indices = out[0], out[1]
    if t.ndim == 0:
        return _C.clone(t), None
    dim = primals[row.places["dim"]]
    gone = values.ndim < t.ndim
    places = _C.unsqueeze(indices, dim) if gone else indices
    picked = _C.gather(t, dim, places)
    return (_C.squeeze(picked, dim) if gone else picked), None


def _linear_layer(primals, tangents, out):
    x, weight, bias = primals
    parts = []
    if 0 in tangents:
        parts.append(_C.linear(tangents[0], weight))
    if 1 in tangents:
        parts.append(_C.linear(x, tangents[1]))
    if 2 in tangents:
        parts.append(_C.expand(tangents[2], out.shape))
    return _total(parts)


def _addmm(primals, tangents, out):
    _, a, b, beta, alpha, _ = primals
    parts = []
    if 0 in tangents:
        parts.append(_C.expand(_C.mul(tangents[0], beta), out.shape))
    if 1 in tangents:
        parts.append(_C.mul(_C.mm(tangents[1], b), alpha))
    if 2 in tangents:
        parts.append(_C.mul(_C.mm(a, tangents[2]), alpha))
    return _total(parts)


def _convolution(name):
    """The form of a convolution: linear in each of its operands, and in the bias."""

    def pushed(primals, tangents, out):
        x, weight, _, *geometry = primals
        parts = []
        if 0 in tangents:
            parts.append(getattr(_C, name)(tangents[0], weight, None, *geometry))
        if 1 in tangents:
            parts.append(getattr(_C, name)(x, tangents[1], None, *geometry))
        if 2 in tangents:
            place = (1, -1, *(1 for _ in geometry[-1]))
            parts.append(_C.expand(_C.reshape(tangents[2], place), out.shape))
        return _total(parts)

    return pushed


def _softmax(primals, tangents, out):
    t, dim = _C._to(tangents[0], None, out.dtype), primals[1]
    return _C.mul(out, _C.sub(t, _C.sum(_C.mul(out, t), dim, True)))


def _log_softmax(primals, tangents, out):
    t, dim = _C._to(tangents[0], None, out.dtype), primals[1]
    return _C.sub(t, _C.sum(_C.mul(_C.exp(out), t), dim, True))


SPECIAL = {
    "linear": _linear_layer, "addmm": _addmm, "softmax": _softmax, "log_softmax": _log_softmax,
    "conv": _convolution("_conv"), "conv_transpose": _convolution("_conv_transpose"),
}  # fmt: skip


def transposed(row, primals, tangents, out):
    """The transpose of the reverse rule, taken by its own reverse pass."""
    from rushlight.autograd import enable_grad, grad

    leaves, moved, arguments = [], [], list(primals)

    def leaf(x, t):
        if t is None:
            return x
        made = _C.view(x, x.shape).requires_grad_()  # where x has a history, that goes on
        leaves.append(made)
        moved.append(t)
        return made

    outer = _C.is_grad_enabled() and any(
        x.requires_grad for x in (*_flat(primals), *_flat(tangents.values())) if isinstance(x, _C.TensorBase)
    )
    outer = outer or len(stack.layers) > 1
    with enable_grad():
        for place, t in tangents.items():
            value = primals[place]
            if type(value) in (tuple, list):
                arguments[place] = [leaf(x, moving) for x, moving in zip(value, t)]
            else:
                arguments[place] = leaf(value, t)
        again = row(arguments)
        single = not isinstance(again, tuple)
        again = (again,) if single else again
        asked = [_C._is_recorded(o) and o.numel() > 0 for o in again]
        outs = [o for o, asks in zip(again, asked) if asks]
        us = [_C.ones_like(o).requires_grad_() for o in outs]  # anything: the rule is linear in them
        pulled = grad(outs, leaves, us, create_graph=True, allow_unused=True)
        pairs = [(p, t) for p, t in zip(pulled, moved) if p is not None and _C._is_recorded(p)]
        if not pairs:
            found = [None] * len(us)
        else:
            given = [_C._to(t, None, p.dtype) for p, t in pairs]
            found = grad([p for p, _ in pairs], us, given, create_graph=outer, allow_unused=True)
    found = iter(found)
    if single:
        t = next(found, None)
        return _C.zeros_like(out) if t is None else t
    moved = [next(found) if asks else None for asks in asked]
    return tuple(_C.zeros_like(o) if t is None and _differentiable(o) else t for o, t in zip(out, moved))


def _flat(values):
    for value in values:
        if type(value) in (tuple, list):
            yield from value
        else:
            yield value
