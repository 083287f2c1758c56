"""Elements in other places: windows, rolled, one triangle alone, a copy with one slice replaced."""

from rushlight import _C

from ._table import op


def _unfold_back(g, input_shape, dimension, size, step):
    if not input_shape:
        return _C.reshape(_C.sum(g), ())
    dim = dimension % len(input_shape)
    starts = _C.arange(g.shape[dim]) * step
    index = _C.reshape(_C.add(_C.unsqueeze(starts, 1), _C.arange(size)), (-1,))
    order = [*range(dim + 1), g.ndim - 1, *range(dim + 1, g.ndim - 1)]
    shape = [*input_shape]
    shape[dim] = index.numel()
    return _C.index_add(_zeros(g, input_shape), dim, index, _C.reshape(_C.permute(g, order), shape))


def _roll_back(g, shifts, dims):
    shifts = [-s for s in shifts] if isinstance(shifts, (tuple, list)) else -shifts
    return _C.roll(g, shifts, dims)


def _repeat_blocks_back(g, input_shape, dim, repeats):
    split = [*input_shape[: dim + 1], repeats, *input_shape[dim + 1 :]]
    return _C.sum(_C.reshape(g, split), (dim + 1,))


def _zeros(g, shape):
    return _C.zeros(shape, dtype=g.dtype, device=g.device)


# fmt: off
op(_C.unfold, grad=_unfold_back, doc="Windows of `size` elements along one dim, `step` apart, as a view; each window is a new last dim.\n\n>>> torch.arange(5).unfold(0, 3, 2)\ntensor([[0, 1, 2],\n        [2, 3, 4]])")
op(_C.rows["view_dtype"], grad=(None,))
op(_C.roll, grad=_roll_back, doc="Elements moved along dims; those that leave at one end come in at the other.\n\n>>> torch.roll(torch.arange(4), 1)\ntensor([3, 0, 1, 2])")
op(_C.tril, grad=lambda g, diagonal: _C.tril(g, diagonal), doc="The lower triangle of each matrix up to a diagonal, zero above.\n\n>>> torch.tril(torch.ones(2, 2))\ntensor([[1., 0.],\n        [1., 1.]])")
op(_C.triu, grad=lambda g, diagonal: _C.triu(g, diagonal), doc="The upper triangle of each matrix from a diagonal, zero below.\n\n>>> torch.triu(torch.ones(2, 2))\ntensor([[1., 1.],\n        [0., 1.]])")
op(_C.select_scatter,
    grad=(lambda g, src_shape, dim, index: _C.select_scatter(g, _zeros(g, src_shape), dim, index), lambda g, dim, index: _C.select(g, dim, index)),
    doc="A copy with one slice along a dim replaced.\n\n>>> torch.select_scatter(torch.zeros(2, 2), torch.ones(2), 0, 1)\ntensor([[0., 0.],\n        [1., 1.]])")
op(_C.slice_scatter,
    grad=(lambda g, src_shape, dim, start, end, step: _C.slice_scatter(g, _zeros(g, src_shape), dim, start, end, step), lambda g, dim, start, end, step: _C._slice(g, dim, start, end, step)),
    doc="A copy with the slices from `start` to `end` along a dim replaced.\n\n>>> torch.slice_scatter(torch.zeros(4), torch.ones(2), start=0, step=2, end=4)\ntensor([1., 0., 1., 0.])")
op(_C.diagonal_scatter,
    grad=(lambda g, src_shape, offset, dim1, dim2: _C.diagonal_scatter(g, _zeros(g, src_shape), offset, dim1, dim2), lambda g, offset, dim1, dim2: _C.diagonal(g, offset, dim1, dim2)),
    doc="A copy with a diagonal replaced.\n\n>>> torch.diagonal_scatter(torch.zeros(2, 2), torch.ones(2))\ntensor([[1., 0.],\n        [0., 1.]])")
op(_C._diagonal_backward, grad=lambda g, offset, dim1, dim2: _C.diagonal(g, offset, dim1, dim2), node="DiagEmbedBackward0")
op(_C.tril_indices, doc="Rows and columns of the lower triangle's places, row by row.\n\n>>> torch.tril_indices(2, 2)\ntensor([[0, 1, 1],\n        [0, 0, 1]])")
op(_C.triu_indices, doc="Rows and columns of the upper triangle's places, row by row.\n\n>>> torch.triu_indices(2, 2)\ntensor([[0, 0, 1],\n        [0, 1, 1]])")
op(_C._repeat_blocks, grad=_repeat_blocks_back, node="RepeatInterleaveBackward0")
op(_C._repeated_indices, doc="0, 1, 2, ..., each as often as `repeats` says.")
# fmt: on
