"""Indexing ops: reading and writing by index tensors, their derivatives and docstrings."""

from rushlight import _C

from ._table import composed, linear, op, same


def _filled_only(g, dim, index):
    # each place once, however often the index names it
    places = _C.index_fill(_C.zeros_like(g, dtype=_C.bool), dim, index, True)
    return _C.where(places, g, 0)


def _zeros(g, shape):
    return _C.zeros(shape, dtype=g.dtype, device=g.device)


def _take_grad(g, input_shape, index):
    flat = _C.reshape(_zeros(g, input_shape), (-1,))
    return _C.reshape(_C._index_put(flat, (0,), [index], g, True), input_shape)


gather = op(
    _C.gather,
    grad=(linear(lambda g, input_shape, dim, index: _C.scatter_add(_zeros(g, input_shape), dim, index, g)), None),
    doc="""Values picked along one dimension, by an index of its own for every element.

    ``out[i][j][k] = input[i][index[i][j][k]][k]`` for ``dim=1``.

    Parameters
    ----------
    input : Tensor
        The values.
    dim : int
        The dimension to pick along; negative counts from the end.
    index : Tensor, as many dimensions as `input`, int64 or int32
        No larger than `input` in any dimension but `dim`.
    out : Tensor, optional
        Where the result is written.

    Returns
    -------
    Tensor, shape of `index`
        Of `input`'s dtype.

    Raises
    ------
    RuntimeError
        If an index is out of bounds, or the shapes do not fit.

    Examples
    --------
    >>> torch.tensor([[1, 2], [3, 4]]).gather(1, torch.tensor([[0, 0], [1, 0]]))
    tensor([[1, 1],
            [4, 3]])
    """,
)

index_select = op(
    _C.index_select,
    grad=(linear(lambda g, input_shape, dim, index: _C.index_add(_zeros(g, input_shape), dim, index, g)), None),
    doc="""Slices picked along one dimension by a vector of indices.

    Parameters
    ----------
    input : Tensor
        The values.
    dim : int
        The dimension to pick along; negative counts from the end.
    index : Tensor, shape (n,), int64 or int32
        From 0 to the size of `dim` less 1; may repeat.
    out : Tensor, optional
        Where the result is written.

    Returns
    -------
    Tensor, shape of `input` with n in place of the size of `dim`
        A copy.

    Raises
    ------
    IndexError
        If an index is out of range, or `index` is not a vector.

    Examples
    --------
    >>> torch.index_select(torch.tensor([[1, 2], [3, 4]]), 0, torch.tensor([1, 1]))
    tensor([[3, 4],
            [3, 4]])
    """,
)

take = op(
    _C.take,
    grad=(linear(_take_grad), None),
    doc="""Elements picked from a tensor as if it were flat.

    Parameters
    ----------
    input : Tensor
        The values, counted in row-major order.
    index : Tensor, int64
        Positions; negative ones count from the end.
    out : Tensor, optional
        Where the result is written.

    Returns
    -------
    Tensor, shape of `index`
        Of `input`'s dtype.

    Raises
    ------
    IndexError
        If a position is out of range.

    Examples
    --------
    >>> torch.take(torch.tensor([[4, 3], [2, 1]]), torch.tensor([0, -1]))
    tensor([4, 1])
    """,
)

# The gradient of src is right where no index repeats, as in PyTorch; its shape must be the index's.
_SCATTER = (lambda g, dim, index: _C.scatter(g, dim, index, 0), None, lambda g, dim, index: _C.gather(g, dim, index))
op(_C.rows["scatter_value"], grad=_SCATTER[:2], node="ScatterBackward1")


def _not_there(g):
    raise RuntimeError("derivative for aten::scatter is not implemented with `reduce`; use scatter_reduce")


for _name in ("scatter_reduced", "scatter_value_reduced"):
    op(_C.rows[_name], grad=(_not_there, None, _not_there))
scatter = op(
    _C.rows["scatter"],
    grad=_SCATTER,
    doc="""A copy with values written along one dimension, by an index of its own for every value.

    ``out[i][index[i][j][k]][k] = src[i][j][k]`` for ``dim=1``. Where an index repeats, the last value stays.

    Parameters
    ----------
    input : Tensor
        What is copied.
    dim : int
        The dimension to write along; negative counts from the end.
    index : Tensor, as many dimensions as `input`, int64 or int32
        Where each value goes.
    src : Tensor or number
        The values, no smaller than `index`; or one number, then also called `value`.

    Returns
    -------
    Tensor, shape and dtype of `input`
        A new tensor.

    Raises
    ------
    RuntimeError
        If an index is out of bounds, or the shapes or dtypes do not fit.

    Examples
    --------
    >>> torch.zeros(2, 3).scatter(1, torch.tensor([[2], [0]]), 1.0)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """,
)

scatter_add = op(
    _C.scatter_add,
    grad=(same, None, lambda g, dim, index: _C.gather(g, dim, index)),
    doc="""A copy with values added along one dimension, by an index of its own for every value.

    Values that meet are added in the order of `index`, whatever the number of threads.

    Parameters
    ----------
    input : Tensor
        What is copied and added to.
    dim : int
        The dimension to write along; negative counts from the end.
    index : Tensor, as many dimensions as `input`, int64 or int32
        Where each value goes.
    src : Tensor, dtype of `input`
        The values, no smaller than `index`.

    Returns
    -------
    Tensor, shape and dtype of `input`
        A new tensor.

    Raises
    ------
    RuntimeError
        If an index is out of bounds, or the shapes or dtypes do not fit.

    Examples
    --------
    >>> torch.zeros(3).scatter_add(0, torch.tensor([0, 2, 2]), torch.ones(3))
    tensor([1., 0., 2.])
    """,
)

index_add = op(
    _C.index_add,
    grad=(same, None, lambda g, dim, index, alpha: _C.index_select(g, dim, index) * alpha),
    doc="""A copy with slices of another tensor added along one dimension.

    Parameters
    ----------
    input : Tensor
        What is copied and added to.
    dim : int
        The dimension that `index` addresses; negative counts from the end.
    index : Tensor, shape (n,), int64 or int32
        Which slice of the result each slice of `source` is added to; repeated ones in order.
    source : Tensor, shape of `input` with n in place of the size of `dim`
        The slices.
    alpha : number, default 1
        What `source` is multiplied by.

    Returns
    -------
    Tensor, shape and dtype of `input`
        A new tensor.

    Raises
    ------
    RuntimeError
        If an index is out of bounds, or the shapes or dtypes do not fit.

    Examples
    --------
    >>> torch.zeros(3).index_add(0, torch.tensor([1, 1]), torch.tensor([2.0, 3.0]))
    tensor([0., 5., 0.])
    """,
)

# The gradient of source is right where no index repeats, as in PyTorch.
index_copy = op(
    _C.index_copy,
    grad=(
        lambda g, dim, index: _C.index_fill(g, dim, index, 0),
        None,
        lambda g, dim, index: _C.index_select(g, dim, index),
    ),
    doc="""A copy with slices of another tensor written along one dimension.

    Parameters
    ----------
    input : Tensor
        What is copied.
    dim : int
        The dimension that `index` addresses; negative counts from the end.
    index : Tensor, shape (n,), int64 or int32
        Which slice of the result each slice of `source` replaces; the last of repeated ones stays.
    source : Tensor, shape of `input` with n in place of the size of `dim`
        The slices.

    Returns
    -------
    Tensor, shape and dtype of `input`
        A new tensor.

    Raises
    ------
    IndexError
        If an index is out of bounds.
    RuntimeError
        If the shapes or dtypes do not fit.

    Examples
    --------
    >>> torch.zeros(3).index_copy(0, torch.tensor([2, 0]), torch.tensor([5.0, 7.0]))
    tensor([7., 0., 5.])
    """,
)

index_fill = op(
    _C.index_fill,
    grad=(lambda g, dim, index: _C.index_fill(g, dim, index, 0), None, _filled_only),
    doc="""A copy with some slices along one dimension set to a number.

    Parameters
    ----------
    input : Tensor
        What is copied.
    dim : int
        The dimension that `index` addresses; negative counts from the end.
    index : Tensor, shape (n,), int64 or int32
        Which slices; negative ones count from the end.
    value : number or 0-d Tensor
        What they are set to.

    Returns
    -------
    Tensor, shape and dtype of `input`
        A new tensor.

    Raises
    ------
    IndexError
        If an index is out of bounds.

    Examples
    --------
    >>> torch.zeros(3).index_fill(0, torch.tensor([0, -1]), 2)
    tensor([2., 0., 2.])
    """,
)


_index = op(
    _C._index,
    grad=(
        linear(
            lambda g, input_shape, dims, indices: _C._index_put(
                _C.zeros(input_shape, dtype=g.dtype, device=g.device), dims, indices, g, True
            )
        ),
        None,
    ),
    doc="""What ``x[i, j]`` reads: index tensors that broadcast together address some dimensions.""",
)
_index_put = op(
    _C._index_put,
    grad=(
        lambda g, dims, indices, accumulate: g if accumulate else _C._index_put(g, dims, indices, 0, False),
        None,
        lambda g, dims, indices: _C._index(g, dims, indices),
    ),
    doc="""What ``x[i, j] = values`` writes, or adds where it accumulates, into a copy.""",
)


def _alike(input, values):
    """A 0-d value of another dtype is converted; anything else must agree."""
    return _C._to(values, None, input.dtype) if values.ndim == 0 else values


def _advanced(indices):
    """(dims, tensors) of the index tensors in a tuple that may hold None."""
    dims, tensors, at = [], [], 0
    for index in indices:
        if index is None:
            at += 1
        elif index.dtype in (_C.bool, _C.uint8):
            tensors += _C._nonzero_columns(index)
            dims += range(at, at + index.ndim)
            at += index.ndim
        else:
            tensors.append(index)
            dims.append(at)
            at += 1
    return dims, tensors


@composed
def index_put(input, indices, values, accumulate=False):
    """Writes or adds values at the places that index tensors name, into a copy.

    Parameters
    ----------
    input : Tensor
        What is copied.
    indices : tuple of Tensor
        Integer tensors that broadcast together, or masks; the i-th addresses dimension i.
    values : Tensor, dtype of `input`
        Broadcast to the shape of ``input[indices]``.
    accumulate : bool, default False
        Whether values are added, repeated places in order; else the last one stays.

    Returns
    -------
    Tensor, shape and dtype of `input`
        A new tensor.

    Raises
    ------
    IndexError
        If an index is out of bounds.
    RuntimeError
        If the shapes or dtypes do not fit.

    Examples
    --------
    >>> torch.zeros(3).index_put((torch.tensor([1, 1]),), torch.tensor(2.0), accumulate=True)
    tensor([0., 4., 0.])
    """
    return _C._index_put(input, *_advanced(indices), _alike(input, values), accumulate)


@composed(public=False)
def index(self, indices):
    """What ``self[indices]`` reads for a tuple of index tensors, masks and None."""
    return _C._index(self, *_advanced(indices))


@composed
def index_put_(input, indices, values, accumulate=False):
    """In-place form of :func:`index_put`."""
    return _C._index_put_(input, *_advanced(indices), _alike(input, values), accumulate)
