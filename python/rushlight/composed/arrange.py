"""Flipping, repeating, joining and writing, composed of the ops that copy."""

import builtins
import itertools
import math

from rushlight import _C
from rushlight.ops._table import composed, one_by_one

from .views import _several, atleast_3d, broadcast_shapes


@composed
def fliplr(input):
    """Columns in reverse order: dim 1 flipped."""
    if input.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return _C.flip(input, (1,))


@composed
def flipud(input):
    """Rows in reverse order: dim 0 flipped."""
    if input.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return _C.flip(input, (0,))


@composed
def rot90(input, k=1, dims=(0, 1)):
    """Turned by 90 degrees, `k` times, from the first dim towards the second.

    >>> torch.rot90(torch.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if input.ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {input.ndim}")
    a, b = dims
    if a == b or builtins.abs(a - b) == input.ndim:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {a} and dim1 = {b}")
    for i, d in enumerate(dims):
        if not -input.ndim <= d < input.ndim:
            raise RuntimeError(f"Rotation dim{i} out of range, dim{i} = {d}")
    k %= 4
    if k == 1:
        return _C.transpose(_C.flip(input, (b,)), a, b)
    if k == 2:
        return _C.flip(input, (a, b))
    if k == 3:
        return _C.transpose(_C.flip(input, (a,)), a, b)
    return _C.clone(input)


@composed
@one_by_one
def tile(input, *dims):
    """Copies side by side; missing leading counts are 1.

    >>> torch.tile(torch.tensor([1, 2]), (2,))
    tensor([1, 2, 1, 2])
    """
    dims = tuple(dims[0]) if len(dims) == 1 and isinstance(dims[0], (tuple, list)) else dims
    return _C.repeat(input, (1,) * (input.ndim - len(dims)) + tuple(dims))


@composed
def repeat_interleave(input=None, repeats=None, dim=None, *, output_size=None):
    """Each element, or each slice along a dim, several times in a row.

    Called with one tensor of counts, the index that does so.

    >>> torch.repeat_interleave(torch.tensor([7, 8]), 2)
    tensor([7, 7, 8, 8])
    >>> torch.repeat_interleave(torch.tensor([7, 8]), torch.tensor([0, 3]))
    tensor([8, 8, 8])
    """
    if repeats is None or input is None:
        return _C._repeated_indices(repeats if input is None else input, output_size)
    if dim is None:
        input, dim = _C.reshape(input, (-1,)), 0
    elif input.ndim == 0:
        input = _C.reshape(input, (1,))
    if not -input.ndim <= dim < input.ndim:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-input.ndim}, {input.ndim - 1}], but got {dim})"
        )
    dim %= input.ndim
    size = input.shape[dim]
    if isinstance(repeats, (tuple, list)):
        repeats = _C.tensor(repeats) if len(repeats) != 1 else repeats[0]
    if not isinstance(repeats, _C.TensorBase):
        if repeats < 0:
            raise RuntimeError("Repeats must be non-negative")
        if output_size is not None and output_size != repeats * size:
            raise RuntimeError("repeat_interleave: Invalid output_size, allocated size does not match required size")
        return _C._repeat_blocks(input, dim, repeats)
    if repeats.ndim == 0 or repeats.shape == (1,):
        repeats = _C.expand(_C.reshape(repeats, (1,)), (size,))
    elif repeats.ndim == 1 and repeats.shape[0] != size:
        raise RuntimeError(
            f"repeats must have the same size as input along dim, but got repeats.size(0) = {repeats.shape[0]} and "
            f"input.size({dim}) = {size}"
        )
    return _C.index_select(input, dim, _C._repeated_indices(repeats, output_size))


@composed(method=False)
def meshgrid(*tensors, indexing="ij"):
    """Grids of coordinates from vectors: the k-th result varies along dim k alone.

    With `indexing` 'xy' the first two dims are exchanged.

    >>> torch.meshgrid(torch.tensor([1, 2]), torch.tensor([3, 4]), indexing="ij")
    (tensor([[1, 1],
            [2, 2]]), tensor([[3, 4],
            [3, 4]]))
    """
    tensors = _several(tensors)
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    for t in tensors:
        if t.ndim > 1:
            raise RuntimeError(f"Expected 0D or 1D tensor in the tensor list but got: {t}")
        if t.dtype != tensors[0].dtype:
            raise RuntimeError("torch.meshgrid expects all tensors to have the same dtype")
        if t.device != tensors[0].device:
            raise RuntimeError("torch.meshgrid expects all tensors to have the same device")
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    swapped = indexing == "xy" and len(tensors) >= 2
    if swapped:
        tensors[:2] = tensors[1::-1]
    sizes = [t.numel() for t in tensors]
    grids = [
        _C.expand(_C.reshape(t, [-1 if i == k else 1 for i in range(len(tensors))]), sizes)
        for k, t in enumerate(tensors)
    ]
    if swapped:
        grids[:2] = grids[1::-1]
    return tuple(grids)


@composed(method=False)
def cartesian_prod(*tensors):
    """All combinations of one element from each vector, a row each.

    >>> torch.cartesian_prod(torch.tensor([1, 2]), torch.tensor([5, 6]))
    tensor([[1, 5],
            [1, 6],
            [2, 5],
            [2, 6]])
    """
    tensors = _several(tensors)
    for t in tensors:
        if t.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {list(t.shape)}")
    if len(tensors) == 1:
        return tensors[0]
    return _C.stack([_C.reshape(g, (-1,)) for g in meshgrid(*tensors)], 1)


@composed(method=False)
def combinations(input, r=2, with_replacement=False):
    """All choices of `r` elements of a vector, in order, a row each.

    >>> torch.combinations(torch.tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    if input.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return _C.empty(0, dtype=input.dtype, device=input.device)
    n = input.numel()
    count = math.comb(n + r - 1, r) if with_replacement else math.comb(n, r)
    if count * r >= 2**60:
        raise RuntimeError(f"combinations: choices of {r} among {n} elements are too many; their number overflows")
    index = _C.empty((count, r), dtype=_C.int64)  # is there memory for them?
    if count:
        import array

        choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
        places = array.array("q", itertools.chain.from_iterable(choose(builtins.range(n), r)))
        index = _C._frombuffer(places, _C.int64, -1, 0)
    return _C.reshape(_C.index_select(input, 0, _C.reshape(index, (-1,))), (count, r))


def _not_empty(tensors, name):
    if not tensors:
        raise RuntimeError(f"{name} expects a non-empty TensorList")
    return tensors


@composed(method=False, out="cast")
def column_stack(tensors):
    """Tensors joined along dim 1; a vector is a column."""
    columns = [_C.reshape(t, (t.numel(), 1)) if t.ndim < 2 else t for t in _not_empty(tensors, "column_stack")]
    return _C.hstack(columns)


@composed(method=False, out="cast")
def dstack(tensors):
    """Tensors joined along dim 2."""
    return _C.cat([atleast_3d(t) for t in _not_empty(tensors, "dstack")], 2)


@composed(method=False)
def row_stack(tensors, *, out=None):
    """Tensors joined along dim 0: :func:`vstack`."""
    return _C.vstack(tensors, out=out)


@composed
def diag_embed(input, offset=0, dim1=-2, dim2=-1):
    """Matrices with the last dim of `input` on a diagonal, zero elsewhere.

    >>> torch.diag_embed(torch.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    ndim = input.ndim + 1
    if input.ndim == 0:
        raise IndexError("diag_embed: Dimension specified as -1 but tensor has no dimensions")
    for d in (dim1, dim2):
        if not -ndim <= d < ndim:
            raise IndexError(f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got {d})")
    a, b = dim1 % ndim, dim2 % ndim
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    side = input.shape[-1] + builtins.abs(offset)
    sizes = list(input.shape[:-1])
    for d in sorted((a, b)):
        sizes.insert(d, side)
    return _C._diagonal_backward(input, sizes, offset, a, b)


@composed(out=True)
def diag(input, diagonal=0):
    """The diagonal of a matrix; or the matrix with a vector on its diagonal."""
    if input.ndim == 1:
        return diag_embed(input, diagonal)
    if input.ndim == 2:
        return _C.clone(_C.diagonal(input, diagonal))
    raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.ndim}D")


@composed
def diagflat(input, offset=0):
    """The matrix with all elements on its diagonal."""
    return diag_embed(_C.reshape(_C.contiguous(input), (-1,)), offset)


@composed(public=False)
def fill_diagonal_(self, fill_value, wrap=False):
    """The main diagonal set to a number; with `wrap`, again below it in a tall matrix."""
    if self.ndim < 2:
        raise RuntimeError("dimensions must larger than 1")
    if self.ndim > 2 and len(set(self.shape)) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    step, rows, cols = builtins.sum(self.stride()), self.shape[0], self.shape[1]
    _C.fill_(_C.as_strided(self, (builtins.min(self.shape),), (step,), self.storage_offset()), fill_value)
    if wrap and self.ndim == 2 and rows > cols + 1:
        height = cols + 1
        for top in range(height, rows, height):
            part = _C.narrow(self, 0, top, builtins.min(height, rows - top))
            _C.fill_(_C.diagonal(part), fill_value)
    return self


@composed(out=True)
def take_along_dim(input, indices, dim=None):
    """Elements picked along a dim by indices that broadcast against the rest; of all elements where no dim is given.

    >>> x = torch.tensor([[3, 1, 2]])
    >>> torch.take_along_dim(x, torch.argsort(x, dim=1), 1)
    tensor([[1, 2, 3]])
    """
    if indices.dtype != _C.int64:
        raise RuntimeError(
            f"torch.take_along_dim(): dtype of indices should be Long but got {str(indices.dtype)[6:].capitalize()}"
        )
    if dim is None:
        return _C.gather(_C.reshape(input, (-1,)), 0, _C.reshape(indices, (-1,)))
    if input.ndim != indices.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got "
            f"{input.ndim} dimensions for input, and {indices.ndim} dimensions for indices"
        )
    if not -input.ndim <= dim < input.ndim:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-input.ndim}, {input.ndim - 1}], but got {dim})"
        )
    dim %= input.ndim
    here, there = list(input.shape), list(indices.shape)
    here[dim] = there[dim] = 1
    shape = list(broadcast_shapes(here, there))
    wide, picked = list(shape), list(shape)
    wide[dim], picked[dim] = input.shape[dim], indices.shape[dim]
    indices = _C.where(_C.lt(indices, 0), _C.add(indices, input.shape[dim]), indices)
    return _C.gather(_C.expand(input, wide), dim, _C.expand(indices, picked))


@composed(method=False)
def unravel_index(indices, shape):
    """Coordinates of places that are counted in row-major order.

    >>> torch.unravel_index(torch.tensor([4, 1]), (3, 2))
    (tensor([2, 0]), tensor([0, 1]))
    """
    if not isinstance(indices, _C.TensorBase):
        raise TypeError(f"unravel_index(): argument 'indices' must be Tensor, not {type(indices).__name__}")
    if indices.dtype.is_floating_point or indices.dtype.is_complex or indices.dtype == _C.bool:
        raise ValueError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    shape = (shape,) if isinstance(shape, int) else shape
    if not isinstance(shape, (tuple, list)) or any(not isinstance(s, int) for s in shape):
        raise TypeError(f"expected 'shape' to be int or sequence of ints, but got {type(shape).__name__}")
    if any(s < 0 for s in shape):
        raise ValueError(f"'shape' cannot have negative values, but got {tuple(shape)}")
    return tuple(
        _C.remainder(_C.div(indices, math.prod(shape[i + 1 :]), rounding_mode="floor"), size)
        for i, size in enumerate(shape)
    )


@composed(method=False)
def fill(input, value):
    """A copy with every element set to a number or to a 0-d tensor."""
    return _C.fill_(_C.clone(input), value)
