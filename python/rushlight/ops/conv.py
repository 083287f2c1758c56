"""Convolutions: each of the three products is linear in both operands, and the other two are its transposes."""

from rushlight import _C

from ._table import op


def _spatial(shape):
    return tuple(shape[2:])


def _bias_back(g):
    return _C.sum(g, (0, *range(2, g.ndim)))


op(
    _C._conv,
    grad=(
        lambda g, input_shape, weight, stride, padding, dilation, groups: _C._conv_transpose(
            g, weight, None, stride, padding, dilation, groups, _spatial(input_shape)
        ),
        lambda g, input, weight_shape, stride, padding, dilation, groups: _C._conv_weight(
            g, input, stride, padding, dilation, groups, _spatial(weight_shape)
        ),
        _bias_back,
    ),
    node="ConvolutionBackward0",
)
op(
    _C._conv_transpose,
    grad=(
        lambda g, input_shape, weight, stride, padding, dilation, groups: _C._conv(
            g, weight, None, stride, padding, dilation, groups, _spatial(input_shape)
        ),
        lambda g, input, weight_shape, stride, padding, dilation, groups: _C._conv_weight(
            input, g, stride, padding, dilation, groups, _spatial(weight_shape)
        ),
        _bias_back,
    ),
    node="ConvolutionBackward0",
)
op(
    _C._conv_weight,
    grad=(
        lambda g, grad_shape, input, stride, padding, dilation, groups: _C._conv(
            input, g, None, stride, padding, dilation, groups, _spatial(grad_shape)
        ),
        lambda g, grad, input_shape, stride, padding, dilation, groups: _C._conv_transpose(
            grad, g, None, stride, padding, dilation, groups, _spatial(input_shape)
        ),
    ),
    node="ConvolutionBackwardBackward0",
)
