"""Resampling: linear, so that each rule is the transpose."""

from rushlight import _C

from ._table import op


def _last(shape, like):
    return tuple(shape[len(shape) - (1 if isinstance(like, int) else len(like)) :])


def _by_dims(one, two, three):
    """PyTorch's names, by the dims of the input."""
    return {"3*": one + "Backward0", "5*": three + "Backward0", "": two + "Backward0"}


# fmt: off
op(_C._upsample_nearest, node=_by_dims("UpsampleNearest1D", "UpsampleNearest2D", "UpsampleNearest3D"), grad=lambda g, input_shape, size, exact, scale0, scale1, scale2: _C._upsample_nearest_backward(g, _last(input_shape, size), exact, scale0, scale1, scale2))
op(_C._upsample_nearest_backward, node=_by_dims("UpsampleNearest1DBackward", "UpsampleNearest2DBackward", "UpsampleNearest3DBackward"), grad=lambda g, grad_shape, input_size, exact, scale0, scale1, scale2: _C._upsample_nearest(g, _last(grad_shape, input_size), exact, scale0, scale1, scale2))
op(_C._upsample_linear, node=_by_dims("UpsampleLinear1D", "UpsampleBilinear2D", "UpsampleTrilinear3D"), grad=lambda g, input_shape, size, align_corners, antialias, scale0, scale1, scale2: _C._upsample_linear_backward(g, _last(input_shape, size), align_corners, antialias, scale0, scale1, scale2))
op(_C._upsample_linear_backward, node=_by_dims("UpsampleLinear1DBackward", "UpsampleBilinear2DBackward", "UpsampleTrilinear3DBackward"), grad=lambda g, grad_shape, input_size, align_corners, antialias, scale0, scale1, scale2: _C._upsample_linear(g, _last(grad_shape, input_size), align_corners, antialias, scale0, scale1, scale2))
op(_C._upsample_cubic, node="UpsampleBicubic2DBackward0", grad=lambda g, input_shape, size, align_corners, antialias, scale0, scale1, scale2: _C._upsample_cubic_backward(g, _last(input_shape, size), align_corners, antialias, scale0, scale1, scale2))
op(_C._upsample_cubic_backward, node="UpsampleBicubic2DBackwardBackward0", grad=lambda g, grad_shape, input_size, align_corners, antialias, scale0, scale1, scale2: _C._upsample_cubic(g, _last(grad_shape, input_size), align_corners, antialias, scale0, scale1, scale2))
op(_C._upsample_lanczos, node="UpsampleLanczos2DAaBackward0", grad=lambda g, input_shape, size, scale0, scale1, scale2: _C._upsample_lanczos_backward(g, _last(input_shape, size), scale0, scale1, scale2))
op(_C._upsample_lanczos_backward, node="UpsampleLanczos2DAaBackwardBackward0", grad=lambda g, grad_shape, input_size, scale0, scale1, scale2: _C._upsample_lanczos(g, _last(grad_shape, input_size), scale0, scale1, scale2))
# fmt: on
