"""Indexing ops: reading and writing where a mask is true, their derivatives and docstrings."""

from rushlight import _C

from ._table import composed, linear, op, zero


def _masked_scatter_source(g, mask, source):
    taken = _C.masked_select(g, mask)
    unused = _C.zeros_like(_C.narrow(_C.reshape(source, (-1,)), 0, 0, source.numel() - taken.numel()))
    return _C.reshape(_C.cat([taken, unused]), source.shape)


masked_fill = op(
    _C.masked_fill,
    grad=(
        lambda g, mask: _C.masked_fill(g, mask, 0),
        None,
        lambda g, mask: _C.where(mask, g, 0),
    ),
    node={"**x": "MaskedFillBackward0", "**t": "MaskedFillBackward1"},
    doc="""A copy with the elements where a mask is true set to a number.

    Parameters
    ----------
    input : Tensor
        What is copied.
    mask : Tensor, bool
        Broadcast against `input`.
    value : number or 0-d Tensor
        What the elements are set to, converted to `input`'s dtype.

    Returns
    -------
    Tensor, shape of the broadcast
        Of `input`'s dtype.

    Raises
    ------
    RuntimeError
        If `mask` is not bool, the shapes do not broadcast, or `value` has dimensions.

    Examples
    --------
    >>> torch.tensor([1., 2., 3.]).masked_fill(torch.tensor([True, False, True]), 0)
    tensor([0., 2., 0.])
    """,
)

masked_scatter = op(
    _C.masked_scatter,
    grad=(lambda g, mask: _C.masked_fill(g, mask, 0), None, _masked_scatter_source),
    doc="""A copy with the elements where a mask is true taken from another tensor, in order.

    Parameters
    ----------
    input : Tensor
        What is copied.
    mask : Tensor, bool
        Broadcast against `input`.
    source : Tensor, dtype of `input`
        At least as many elements as `mask` has true ones.

    Returns
    -------
    Tensor, shape of the broadcast
        Of `input`'s dtype.

    Raises
    ------
    RuntimeError
        If `source` is too short, or the dtypes differ.

    Examples
    --------
    >>> torch.zeros(3).masked_scatter(torch.tensor([True, False, True]), torch.tensor([4., 5.]))
    tensor([4., 0., 5.])
    """,
)

masked_select = op(
    _C.masked_select,
    grad=(linear(lambda g, input, mask: _C.masked_scatter(_C.zeros_like(input), mask, g)), None),
    doc="""The elements where a mask is true, as a vector.

    Parameters
    ----------
    input : Tensor
        The values.
    mask : Tensor, bool
        Broadcast against `input`.
    out : Tensor, optional
        Where the result is written.

    Returns
    -------
    Tensor, shape (n,)
        In row-major order, of `input`'s dtype.

    Raises
    ------
    RuntimeError
        If `mask` is not bool, the shapes do not broadcast, or a tensor is on the meta device.

    Examples
    --------
    >>> x = torch.tensor([[1, 2], [3, 4]])
    >>> torch.masked_select(x, x > 1)
    tensor([2, 3, 4])
    """,
)

_nonzero = op(_C._nonzero, grad=zero, doc="""Coordinates of the elements that are not zero, a row each.""")
_nonzero_columns = op(
    _C._nonzero_columns, grad=zero, doc="""Coordinates of the elements that are not zero, a tensor a dim."""
)


@composed
def nonzero(input, *, out=None, as_tuple=False):
    """Where the elements are not zero.

    Parameters
    ----------
    input : Tensor
        The values; NaN is not zero.
    out : Tensor, optional
        Where the result is written; not with `as_tuple`.
    as_tuple : bool, default False
        Whether to return one tensor a dimension, as an index for ``input[...]``.

    Returns
    -------
    Tensor, shape (n, input.ndim), int64; or a tuple of `input.ndim` tensors of shape (n,)
        In row-major order.

    Raises
    ------
    RuntimeError
        If `input` is on the meta device: the shape depends on values.

    Examples
    --------
    >>> torch.nonzero(torch.tensor([0, 3, 0, 4]))
    tensor([[1],
            [3]])
    """
    if not as_tuple:
        return _C._nonzero(input, out=out)
    return tuple(_C._nonzero_columns(input if input.ndim else _C.reshape(input, (1,))))


@composed
def argwhere(input):
    """Where the elements are not zero, a row of coordinates each.

    Parameters
    ----------
    input : Tensor
        The values.

    Returns
    -------
    Tensor, shape (n, input.ndim), int64
        In row-major order.

    Raises
    ------
    RuntimeError
        If `input` is on the meta device: the shape depends on values.

    Examples
    --------
    >>> torch.argwhere(torch.tensor([[0, 3], [4, 0]]))
    tensor([[0, 1],
            [1, 0]])
    """
    return _C._nonzero(input)
