"""Views, copies and creation: derivatives and one line of description each."""

import math

from rushlight import _C

from ._table import op, same


def _permute_back(g, dims):
    dims = (dims,) if isinstance(dims, int) else dims
    back = [0] * len(dims)
    for place, dim in enumerate(dims):
        back[dim % len(dims)] = place
    return _C.permute(g, back)


def _slice_back(g, input_shape, dim, start, end, step):
    size = input_shape[dim]
    first = slice(start, end, step).indices(size)[0]
    return _C._slice_backward(g, input_shape, dim, min(max(first, 0), size), step)


def _slice_again(g, grad_shape, dim, start, step):
    end = start + grad_shape[dim] * step
    if grad_shape[dim] == 0:
        return _C.narrow(g, dim, 0, 0)
    return _C._slice(g, dim, start, end if end >= 0 else None, step)


def _repeat_back(g, input_shape, repeats):
    repeats = (repeats,) if isinstance(repeats, int) else tuple(repeats)
    sizes = (1,) * (len(repeats) - len(input_shape)) + tuple(input_shape)
    split = [s for pair in zip(repeats, sizes) for s in pair]
    return _C.reshape(_C.sum(_C.reshape(g, split), tuple(range(0, len(split), 2))), input_shape) if split else g


def _as_strided_back(g, input_shape, size, stride, storage_offset):
    reach = 0
    for step, n in sorted((abs(step), n) for step, n in zip(stride, size) if n > 1):
        if step <= reach:  # elements share memory: their gradients add up
            total = math.prod(input_shape)
            places = _C.as_strided(_C.arange(total), size, stride, storage_offset or 0)
            flat = _C.zeros(total, dtype=g.dtype, device=g.device)
            return _C.reshape(_C._index_put(flat, (0,), [places], g, True), input_shape)
        reach += step * (n - 1)
    return _C._as_strided_backward(g, input_shape, stride, storage_offset or 0)


def _scatter_rest(g, size, stride, storage_offset):
    return _C.as_strided_scatter(g, _C._to(_C.zeros(size), None, g.dtype), size, stride, storage_offset)


def _scatter_part(g, size, stride, storage_offset):
    return _C.as_strided(_C.clone(_C.contiguous(g)), size, stride, storage_offset)


def _reshaped(g, input_shape):
    return _C.reshape(g, input_shape)


def _as_imaginary(g):
    return _C.complex(_C.zeros_like(g), g)


# fmt: off
real = op(_C.real, grad=lambda g: g, conjugate=False, doc="The real part: a view; a real tensor itself.")
imag = op(_C.imag, grad=_as_imaginary, conjugate=False, doc="The imaginary part: a view.")
view_as_real = op(_C.view_as_real, grad=lambda g: _C.view_as_complex(_C.contiguous(g)), conjugate=False, doc="A complex tensor as a real one with a last dim of 2.")
view_as_complex = op(_C.view_as_complex, grad=lambda g: _C.view_as_real(g), conjugate=False, doc="A real tensor with a last dim of 2 as a complex one.")
view = op(_C.rows["view"], grad=_reshaped, doc="The same elements in another shape, without a copy.")
reshape = op(_C.reshape, grad=_reshaped, node="ViewBackward0", doc="The same elements in another shape; a view where strides allow.")
flatten = op(_C.flatten, grad=_reshaped, node="ViewBackward0", doc="Dims start_dim to end_dim as one.")
unflatten = op(_C.unflatten, grad=_reshaped, node="ViewBackward0", doc="One dim as several.")
transpose = op(_C.transpose, grad=lambda g, dim0, dim1: _C.transpose(g, dim0, dim1), doc="Two dims exchanged.")
t = op(_C.t, grad=lambda g: _C.t(g), doc="A matrix transposed.")
permute = op(_C.permute, grad=_permute_back, doc="Dims in another order.")
unsqueeze = op(_C.unsqueeze, grad=lambda g, dim: _C.select(g, dim, 0), doc="A new dim of size 1.")
squeeze = op(_C.squeeze, grad=_reshaped, node={"*x": "SqueezeBackward1"}, doc="Without dims of size 1.")
expand = op(_C.expand, grad=lambda g, input_shape: _C._sum_to(g, input_shape), doc="Dims of size 1 stretched, without a copy.")
broadcast_to = op(_C.broadcast_to, grad=lambda g, input_shape: _C._sum_to(g, input_shape), node="ExpandBackward0", doc="Dims of size 1 stretched, without a copy.")
narrow = op(_C.narrow, grad=lambda g, input_shape, dim, start: _C._slice_backward(g, input_shape, dim, start % max(input_shape[dim], 1) if start < 0 else start, 1), node="SliceBackward0", doc="Part of one dim, as a view.")
select = op(_C.select, grad=lambda g, input_shape, dim, index: _C._select_backward(g, input_shape, dim, index), doc="One slice along a dim, as a view.")
op(_C._slice, grad=_slice_back, node="SliceBackward0")
as_strided = op(_C.as_strided, grad=_as_strided_back, doc="The storage seen through given sizes and strides.")
as_strided_scatter = op(_C.as_strided_scatter, grad=(_scatter_rest, _scatter_part), node="CopySlices", doc="A copy of input with src where as_strided would look.")
diagonal = op(_C.diagonal, grad=lambda g, input_shape, offset, dim1, dim2: _C._diagonal_backward(g, input_shape, offset, dim1, dim2), doc="A diagonal, as a view.")
flip = op(_C.flip, grad=lambda g, dims: _C.flip(g, dims), doc="Dims reversed, as a copy.")
repeat = op(_C.repeat, grad=_repeat_back, doc="Copies side by side.")
contiguous = op(_C.contiguous, grad=same, node="CloneBackward0", doc="Row-major in memory; itself where it is.")
clone = op(_C.clone, grad=same, doc="A copy.")
detach = op(_C.detach, doc="The same values outside the graph.")
op(_C._to, grad=same, node="ToCopyBackward0")
op(_C._slice_backward, grad=_slice_again)
op(_C._select_backward, grad=lambda g, dim, index: _C.select(g, dim, index))
op(_C._as_strided_backward, grad=lambda g, grad_shape, stride, offset: _C.as_strided(_C.contiguous(g), grad_shape, stride, offset))

empty = op(_C.empty, doc="Elements of any value.")
zeros = op(_C.zeros, doc="Zeros.")
ones = op(_C.ones, doc="Ones.")
full = op(_C.full, doc="One value everywhere.")
empty_like = op(_C.empty_like, doc="Elements of any value, formed like input.")
zeros_like = op(_C.zeros_like, doc="Zeros, formed like input.")
ones_like = op(_C.ones_like, doc="Ones, formed like input.")
full_like = op(_C.full_like, doc="One value, formed like input.")
empty_strided = op(_C.empty_strided, doc="Elements of any value, with given strides.")
arange = op(_C.arange, doc="Numbers from start to end, end excluded.")
linspace = op(_C.linspace, doc="Numbers evenly spaced from start to end, both included.")
eye = op(_C.eye, doc="Ones on the diagonal.")
# fmt: on
# the history of in-place writes into views: csrc/python/record.cpp makes these nodes
op(
    _C._view_of,
    grad=lambda g, base_shape, stride, offset, base_stride: _C._view_alone(g, base_shape, stride, offset, base_stride),
    node="AsStridedBackward0",
)
op(
    _C._with_view,
    grad=(
        lambda g, size, stride, offset, base_stride: _C._with_view(
            g, _C.zeros(size, dtype=g.dtype, device=g.device), size, stride, offset, base_stride
        ),
        lambda g, size, stride, offset, base_stride: _C._view_of(g, size, stride, offset, base_stride),
    ),
    node="CopySlices",
)
op(
    _C._view_alone,
    grad=lambda g, grad_shape, stride, offset, base_stride: _C._view_of(g, grad_shape, stride, offset, base_stride),
)
