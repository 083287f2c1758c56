"""Joining and cutting: their derivatives and docstrings."""

from rushlight import _C

from ._table import op

__all__ = ["cat", "chunk", "concat", "concatenate", "hstack", "split", "stack", "tensor_split", "unbind", "vstack"]


def _cat_grad(g, tensors_shape, dim):
    # tensors of shape [0] are skipped by cat, whatever the others' shapes
    skipped = [shape == (0,) for shape in tensors_shape]
    parts = _C.split(g, [0 if s else shape[dim] for shape, s in zip(tensors_shape, skipped)], dim)
    return [_C.zeros(0, dtype=g.dtype, device=g.device) if s else part for s, part in zip(skipped, parts)]


def _hstack_grad(g, tensors_shape):
    dim = 0 if g.ndim == 1 else 1
    parts = _C.split(g, [shape[dim] if shape else 1 for shape in tensors_shape], dim)
    return [_C.reshape(part, shape) for shape, part in zip(tensors_shape, parts)]


def _vstack_grad(g, tensors_shape):
    parts = _C.split(g, [shape[0] if len(shape) > 1 else 1 for shape in tensors_shape], 0)
    return [_C.reshape(part, shape) for shape, part in zip(tensors_shape, parts)]


def _pieces_grad(g, out, dim):
    return _C.cat([_C.zeros_like(piece) if part is None else part for part, piece in zip(g, out)], dim)


def _unbind_grad(g, dim):
    some = next(part for part in g if part is not None)
    return _C.stack([_C.zeros_like(some) if part is None else part for part in g], dim)


cat = op(
    _C.cat,
    grad=_cat_grad,
    doc="""Tensors joined along a dimension they have.

    Parameters
    ----------
    tensors : sequence of Tensor
        Alike in every dimension but `dim`; tensors of shape (0,) are skipped.
    dim : int, default 0
        The dimension; negative counts from the end.
    out : Tensor, optional
        Where the result is written.

    Returns
    -------
    Tensor
        Of the dtype that all promote to.

    Raises
    ------
    RuntimeError
        If the shapes do not fit.
    ValueError
        If there are no tensors.

    Examples
    --------
    >>> torch.cat([torch.tensor([1, 2]), torch.tensor([3])])
    tensor([1, 2, 3])
    """,
)
concat = concatenate = cat

stack = op(
    _C.stack,
    grad=lambda g, dim: list(_C.unbind(g, dim)),
    doc="""Tensors of one shape joined along a new dimension.

    Parameters
    ----------
    tensors : sequence of Tensor
        All of the same shape.
    dim : int, default 0
        Where the new dimension stands in the result; negative counts from its end.
    out : Tensor, optional
        Where the result is written.

    Returns
    -------
    Tensor
        Of the dtype that all promote to.

    Raises
    ------
    RuntimeError
        If the shapes differ, or there are no tensors.

    Examples
    --------
    >>> torch.stack([torch.tensor([1, 2]), torch.tensor([3, 4])], dim=1)
    tensor([[1, 3],
            [2, 4]])
    """,
)

hstack = op(
    _C.hstack,
    grad=_hstack_grad,
    doc="""Tensors joined side by side: along dimension 1, vectors along 0.

    Parameters
    ----------
    tensors : sequence of Tensor
        Numbers count as vectors of one element.
    out : Tensor, optional
        Where the result is written.

    Returns
    -------
    Tensor
        Of the dtype that all promote to.

    Raises
    ------
    RuntimeError
        If the shapes do not fit, or there are no tensors.

    Examples
    --------
    >>> torch.hstack([torch.tensor([[1], [2]]), torch.tensor([[3], [4]])])
    tensor([[1, 3],
            [2, 4]])
    """,
)

vstack = op(
    _C.vstack,
    grad=_vstack_grad,
    doc="""Tensors joined one below the other: along dimension 0, vectors as rows.

    Parameters
    ----------
    tensors : sequence of Tensor
        A vector counts as one row.
    out : Tensor, optional
        Where the result is written.

    Returns
    -------
    Tensor
        Of the dtype that all promote to.

    Raises
    ------
    RuntimeError
        If the shapes do not fit, or there are no tensors.

    Examples
    --------
    >>> torch.vstack([torch.tensor([1, 2]), torch.tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """,
)

split = op(
    _C.split,
    grad=_pieces_grad,
    doc="""A tensor cut along one dimension, into views.

    Parameters
    ----------
    input : Tensor
        What is cut.
    split_size_or_sections : int or sequence of int
        The length of every piece (the last may be shorter), or the length of each.
    dim : int, default 0
        The dimension; negative counts from the end.

    Returns
    -------
    tuple of Tensor
        Views of `input`.

    Raises
    ------
    RuntimeError
        If the lengths do not add up, or one is negative.

    Examples
    --------
    >>> torch.arange(5).split(2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """,
)

op(_C.rows["split_sections"], grad=_pieces_grad, node="SplitWithSizesBackward0")

chunk = op(
    _C.chunk,
    grad=_pieces_grad,
    node="SplitBackward0",
    doc="""A tensor cut into at most so many pieces of one length, as views.

    Parameters
    ----------
    input : Tensor
        What is cut.
    chunks : int
        How many pieces; there may be fewer, and the last may be shorter.
    dim : int, default 0
        The dimension; negative counts from the end.

    Returns
    -------
    tuple of Tensor
        Views of `input`.

    Raises
    ------
    RuntimeError
        If `chunks` is not positive.

    Examples
    --------
    >>> torch.arange(5).chunk(2)
    (tensor([0, 1, 2]), tensor([3, 4]))
    """,
)

tensor_split = op(
    _C.tensor_split,
    grad=_pieces_grad,
    doc="""A tensor cut into so many pieces, or at given places, as views.

    Parameters
    ----------
    input : Tensor
        What is cut.
    indices_or_sections : int or sequence of int
        How many pieces, their lengths at most 1 apart; or where each but the first begins.
    dim : int, default 0
        The dimension; negative counts from the end.

    Returns
    -------
    tuple of Tensor
        Views of `input`.

    Raises
    ------
    RuntimeError
        If the number of pieces is not positive.

    Examples
    --------
    >>> torch.arange(5).tensor_split((1, 3))
    (tensor([0]), tensor([1, 2]), tensor([3, 4]))
    """,
)

unbind = op(
    _C.unbind,
    grad=_unbind_grad,
    doc="""The slices of a tensor along one dimension, as views without it.

    Parameters
    ----------
    input : Tensor
        What is cut.
    dim : int, default 0
        The dimension that goes; negative counts from the end.

    Returns
    -------
    tuple of Tensor
        Views of `input`.

    Raises
    ------
    IndexError
        If `dim` is out of range, or `input` has no dimensions.

    Examples
    --------
    >>> torch.tensor([[1, 2], [3, 4]]).unbind(1)
    (tensor([1, 3]), tensor([2, 4]))
    """,
)

_pass_through = op(
    _C._pass_through,
    grad=lambda g: list(g),
    node="BackwardHookFunctionBackward",
    doc="The tensors as they are, from one node.",
)
