"""Pooling: averages are linear, maxima pick; what goes back goes to the places they came from."""

from rushlight import _C

from ._table import op


def _last(shape, like):
    return tuple(shape[len(shape) - (1 if isinstance(like, int) else len(like)) :])


def _pooled_back(g, input_shape, size, out):
    return _C._scatter_places(g[0], out[1], _last(input_shape, size))


_MAX = {"3*": "SqueezeBackward1", "5*": "MaxPool3DWithIndicesBackward0", "": "MaxPool2DWithIndicesBackward0"}
_AVERAGE = {"3*": "SqueezeBackward1", "5*": "AvgPool3DBackward0", "": "AvgPool2DBackward0"}
_EVEN = {"3*": "SqueezeBackward1", "5*": "AdaptiveAvgPool3DBackward0", "": "AdaptiveAvgPool2DBackward0"}
_EVEN_MAX = {"3*": "SqueezeBackward1", "5*": "AdaptiveMaxPool3DBackward0", "": "AdaptiveMaxPool2DBackward0"}

# fmt: off
op(_C._avg_pool, node=_AVERAGE, grad=lambda g, input_shape, kernel, stride, padding, size, count_include_pad, divisor: _C._avg_pool_backward(g, kernel, stride, padding, _last(input_shape, size), count_include_pad, divisor))
op(_C._avg_pool_backward, node="AvgPool2DBackwardBackward0", grad=lambda g, grad_shape, kernel, stride, padding, input_size, count_include_pad, divisor: _C._avg_pool(g, kernel, stride, padding, _last(grad_shape, input_size), count_include_pad, divisor))
op(_C._adaptive_avg_pool, node=_EVEN, grad=lambda g, input_shape, size: _C._adaptive_avg_pool_backward(g, _last(input_shape, size)))
op(_C._adaptive_avg_pool_backward, node="AdaptiveAvgPool2DBackwardBackward0", grad=lambda g, grad_shape, input_size: _C._adaptive_avg_pool(g, _last(grad_shape, input_size)))
op(_C._max_pool, node=_MAX, grad=_pooled_back)
op(_C._adaptive_max_pool, node=_EVEN_MAX, grad=_pooled_back)
op(_C._gather_places, node="GatherBackward0", grad=lambda g, input_shape, places, ndim: _C._scatter_places(g, places, tuple(input_shape[len(input_shape) - ndim:])))
op(_C._scatter_places, node="ScatterAddBackward0", grad=lambda g, places, size: _C._gather_places(g, places, 1 if isinstance(size, int) else len(size)))
op(_C._max_unpool, node="MaxUnpool2DBackward0", grad=lambda g, places, size: _C._gather_places(g, places, 1 if isinstance(size, int) else len(size)))
# fmt: on
