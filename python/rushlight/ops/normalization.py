"""Normalisation over layers, batches and groups of channels: derivatives, and the derivative of those.

With x' = (x - mean) / spread the gradient of x is P(h) / spread, where h is the gradient of x' and P takes away its mean and its
part along x': ``P(h) = h - mean(h) - x' mean(h x')``. P is its own transpose, and 1 / spread and x' differentiate into P again, so
that the second derivative is made of the first.
"""

from rushlight import _C

from ._table import joint, op


def _slopes(g, input, mean, var, weight, by, count, eps, given, needs):
    """Gradients of input, weight and bias, and None for whatever else is an argument."""
    of_input, of_weight, of_bias = _C._normalize_backward(
        g[0], input, mean, var, weight, by, count, eps, given, any(needs[1:])
    )
    found = (of_input, of_weight if needs[1] else None, of_bias if needs[2:] and needs[2] else None)
    return found[: len(needs)] + (None,) * (len(needs) - 3)


def _layer_back(g, input, weight, normalized_shape, eps, rest, needs):
    return _slopes(g, input, *rest, weight, "layer", _count(normalized_shape), eps, False, needs)


def _rms_back(g, input, weight, normalized_shape, eps, rest, needs):
    return _slopes(g, input, None, *rest, weight, "layer", _count(normalized_shape), eps, False, needs)


def _group_back(g, input, weight, num_groups, eps, rest, needs):
    return _slopes(g, input, *rest, weight, "group", num_groups, eps, False, needs)


def _batch_back(g, input, weight, training, eps, rest, needs):
    return _slopes(g, input, *rest, weight, "batch", 0, eps, not training, needs)


def _count(normalized_shape):
    return 1 if isinstance(normalized_shape, int) else len(normalized_shape)


class _Groups:
    """An input as [outer, groups, parts, elements], statistics and weights so that they broadcast, and the sums over them."""

    def __init__(self, input, by, count):
        self.shape = shape = input.shape
        if by == "layer":
            inner = shape[len(shape) - count :].numel()
            rows = shape[: len(shape) - count].numel()
            self.form, self.dims, self.statistics, self.weights = (rows, inner), (1,), (rows, 1), (1, inner)
        elif by == "group":
            self.form = (shape[0], count, shape[1] // count, shape[2:].numel())
            self.dims, self.statistics, self.weights = (2, 3), (shape[0], count, 1, 1), (1, count, shape[1] // count, 1)
        else:
            self.form, self.dims = (shape[0], shape[1], shape[2:].numel()), (0, 2)
            self.statistics = self.weights = (1, shape[1], 1)
        self.others = tuple(d for d, size in enumerate(self.weights) if size == 1)

    def of_input(self, t):
        return _C.reshape(t, self.form)

    def of_weight(self, t):
        return _C.reshape(t, self.weights)

    def of_statistics(self, t):
        return _C.reshape(t, self.statistics)

    def mean(self, t):
        return _C.mean(t, self.dims, True)

    def back(self, t):
        return _C.reshape(t, self.shape)

    def over_weight(self, t, like):
        return _C.reshape(_C.sum(t, self.others), like.shape)


def _second(g, grad, input, mean, var, weight, by, count, eps, given, affine, needs):
    """The gradients of `_normalize_backward`, for those of what it gives: ``u`` of the input's gradient, and so on."""
    groups = _Groups(input, by, count)
    wide = lambda t: _C._to(t, None, var.dtype)
    u, u_weight, u_bias = g if affine else (g[0], None, None)
    u = None if u is None else groups.of_input(wide(u))
    inverse = groups.of_statistics(_C.rsqrt(_C.add(var, eps)))
    x, gradient = groups.of_input(wide(input)), groups.of_input(wide(grad))
    away = x if mean is None else _C.sub(x, groups.of_statistics(mean))
    unit = _C.mul(away, inverse)
    h = gradient if weight is None else _C.mul(gradient, groups.of_weight(wide(weight)))

    def slope(t):  # the plain first derivative at t
        return groups.of_input(
            _C._normalize_backward(groups.back(t), wide(input), mean, var, None, by, count, eps, given, False)[0]
        )

    parts_grad, parts_input, of_weight = [], [], None
    if u is not None:
        moved = slope(u)
        parts_grad.append(moved if weight is None else _C.mul(moved, groups.of_weight(wide(weight))))
        if weight is not None and needs[4]:
            of_weight = groups.over_weight(_C.mul(gradient, moved), weight)
        if not given and needs[1]:
            first = slope(h)
            bent = _C.add(_C.mul(groups.mean(_C.mul(u, unit)), first), _C.mul(groups.mean(_C.mul(h, unit)), moved))
            bent = _C.add(bent, _C.mul(groups.mean(_C.mul(u, first)), unit))
            parts_input.append(_C.neg(_C.mul(inverse, bent)))
    if u_weight is not None:
        scale = groups.of_weight(u_weight)
        parts_grad.append(_C.mul(unit, scale))
        if needs[1]:
            parts_input.append(slope(_C.mul(gradient, scale)))
    if u_bias is not None:
        parts_grad.append(_C.expand(groups.of_weight(u_bias), groups.form))
    of_grad, of_input = _total(parts_grad), _total(parts_input)
    back = lambda t: None if t is None else groups.back(t)
    return back(of_grad), back(of_input), None, None, of_weight


def _total(parts):
    total = None
    for part in parts:
        total = part if total is None else _C.add(total, part)
    return total


op(_C._layer_norm, grad=joint(_layer_back), node="NativeLayerNormBackward0")
op(_C._rms_norm, grad=joint(_rms_back), node="RmsNormBackward0")
op(_C._group_norm, grad=joint(_group_back), node="NativeGroupNormBackward0")
op(_C._batch_norm, grad=joint(_batch_back), node="NativeBatchNormBackward0")
op(_C._normalize_backward, grad=joint(_second))
