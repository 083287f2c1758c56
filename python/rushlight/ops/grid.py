"""A tensor read at places, windows as columns: derivatives and docstrings."""

from rushlight import _C

from ._table import op

_NO_SECOND = (
    "grid_sampler: the derivative of the grid's gradient is not implemented; it needs the second derivative with respect to the "
    "grid. Differentiate once, or detach() the grid"
)


def _no_second(g):
    raise RuntimeError(_NO_SECOND)


# fmt: off
op(_C.grid_sampler, node={"5*": "GridSampler3DBackward0", "": "GridSampler2DBackward0"}, grad=(
    lambda g, input_shape, grid, interpolation_mode, padding_mode, align_corners: _C._grid_sampler_input(g, grid, interpolation_mode, padding_mode, align_corners, tuple(input_shape[2:])),
    lambda g, input, grid, interpolation_mode, padding_mode, align_corners: _C._grid_sampler_grid(g, input, grid, interpolation_mode, padding_mode, align_corners)),
    doc="A tensor (N, C, H, W) or (N, C, D, H, W) read at the places of a grid, numbers from -1 to 1: what :func:`torch.nn.functional.grid_sample` calls, modes by number.")
op(_C._grid_sampler_input, node="GridSampler2DBackwardBackward0", grad=(
    lambda g, grid, interpolation_mode, padding_mode, align_corners: _C.grid_sampler(g, grid, interpolation_mode, padding_mode, align_corners),
    lambda g, grad, grid, interpolation_mode, padding_mode, align_corners: _C._grid_sampler_grid(grad, g, grid, interpolation_mode, padding_mode, align_corners)))
op(_C._grid_sampler_grid, node="GridSampler2DBackwardBackward0", grad=(
    lambda g, input, grid, interpolation_mode, padding_mode, align_corners: _C._grid_sampler_along(input, grid, g, interpolation_mode, padding_mode, align_corners),
    lambda g, grad, input_shape, grid, interpolation_mode, padding_mode, align_corners: _C._grid_sampler_input_along(grad, grid, g, interpolation_mode, padding_mode, align_corners, tuple(input_shape[2:])),
    _no_second))
op(_C._grid_sampler_along, node="GridSampler2DBackwardBackward0", grad=(
    lambda g, input_shape, grid, direction, interpolation_mode, padding_mode, align_corners: _C._grid_sampler_input_along(g, grid, direction, interpolation_mode, padding_mode, align_corners, tuple(input_shape[2:])),
    _no_second,
    lambda g, input, grid, interpolation_mode, padding_mode, align_corners: _C._grid_sampler_grid(g, input, grid, interpolation_mode, padding_mode, align_corners)))
op(_C._grid_sampler_input_along, node="GridSampler2DBackwardBackward0", grad=(
    lambda g, grid, direction, interpolation_mode, padding_mode, align_corners: _C._grid_sampler_along(g, grid, direction, interpolation_mode, padding_mode, align_corners),
    _no_second,
    lambda g, grad, grid, interpolation_mode, padding_mode, align_corners: _C._grid_sampler_grid(grad, g, grid, interpolation_mode, padding_mode, align_corners)))
op(_C._im2col, node="Im2ColBackward0", grad=lambda g, input_shape, kernel_size, dilation, padding, stride: _C._col2im(g, tuple(input_shape[2:]), kernel_size, dilation, padding, stride))
op(_C._col2im, node="Col2ImBackward0", grad=lambda g, kernel_size, dilation, padding, stride: _C._im2col(g, kernel_size, dilation, padding, stride))
# fmt: on
