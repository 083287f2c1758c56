"""Matrix products: derivatives and docstrings."""

from rushlight import _C

from ._table import op


def _turned(x):
    return _C.transpose(x, -1, -2)


def _rows(x):
    return _C.reshape(x, (x.shape[:-1].numel(), x.shape[-1]))  # not -1: there may be no element


def _matmul_input(g, input, other):
    if input.ndim == 1:
        if other.ndim == 1:
            return _C.mul(g, other)
        columns = _C.matmul(other, _C.unsqueeze(g, -1))
        return _C._sum_to(_C.squeeze(columns, -1), input.shape)
    if other.ndim == 1:
        return _C.matmul(_C.unsqueeze(g, -1), _C.unsqueeze(other, 0))
    return _C._sum_to(_C.matmul(g, _turned(other)), input.shape)


def _matmul_other(g, input, other):
    if other.ndim == 1:
        if input.ndim == 1:
            return _C.mul(g, input)
        return _C._sum_to(_C.squeeze(_C.matmul(_turned(input), _C.unsqueeze(g, -1)), -1), other.shape)
    if input.ndim == 1:
        return _C._sum_to(_C.matmul(_C.unsqueeze(input, -1), _C.unsqueeze(g, -2)), other.shape)
    if other.ndim == 2 and input.ndim > 2:  # one product over all rows
        return _C.matmul(_C.t(_rows(input)), _rows(g))
    return _C._sum_to(_C.matmul(_turned(input), g), other.shape)


def _linear_input(g, weight):
    return _C.matmul(g, weight) if weight.ndim == 2 else _C.mul(_C.unsqueeze(g, -1), weight)


def _linear_weight(g, input, weight):
    if weight.ndim == 1:
        return _C._sum_to(_C.mul(_C.unsqueeze(g, -1), input), weight.shape)
    if g.ndim != 2:
        g, input = _rows(g), _rows(input)
    return _C.matmul(_C.t(g), input)


matmul = op(
    _C.matmul,
    grad=(_matmul_input, _matmul_other),
    node={
        "22": "MmBackward0",
        "11": "DotBackward0",
        "21": "MvBackward0",
        "12": "SqueezeBackward4",
        "23": "CloneBackward0",
        "": "UnsafeViewBackward0",
    },
    doc="""Matrix product of tensors of any rank; vectors count as a row (left) or a column (right), batch dims broadcast.

    The order of the sums is chosen by the inner and last sizes alone: ``a @ b[:, :8]`` may differ in bits from ``(a @ b)[:, :8]``.
    """,
)
mm = op(
    _C.mm,
    grad=(lambda g, mat2: _C.matmul(g, _turned(mat2)), lambda g, input: _C.matmul(_turned(input), g)),
    doc="Product of two matrices.",
)
bmm = op(
    _C.bmm,
    grad=(lambda g, mat2: _C.matmul(g, _turned(mat2)), lambda g, input: _C.matmul(_turned(input), g)),
    doc="Products of matrices in two batches.",
)
mv = op(
    _C.mv,
    grad=(
        lambda g, vec: _C.matmul(_C.unsqueeze(g, -1), _C.unsqueeze(vec, 0)),
        lambda g, input: _C.matmul(_C.t(input), g),
    ),
    doc="Matrix times vector.",
)
dot = op(
    _C.dot,
    grad=(lambda g, tensor: _C.mul(g, tensor), lambda g, input: _C.mul(g, input)),
    doc="Inner product of two vectors.",
)
addmm = op(
    _C.addmm,
    grad=(
        lambda g, beta: _C.mul(g, beta),
        lambda g, mat2, alpha: _C.mul(_C.matmul(g, _C.t(mat2)), alpha),
        lambda g, mat1, alpha: _C.mul(_C.matmul(_C.t(mat1), g), alpha),
    ),
    doc="beta * input + alpha * (mat1 @ mat2).",
)
linear = op(
    _C.linear,
    grad=(_linear_input, _linear_weight, lambda g: g),
    node={
        "2*t": "AddmmBackward0",
        "2*-": "MmBackward0",
        "**t": "ViewBackward0",
        "1*-": "SqueezeBackward4",
        "": "UnsafeViewBackward0",
    },
    doc="input @ weight.t() + bias.",
)
