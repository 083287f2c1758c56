"""Small products: what is composed of matmul and of products of elements."""

from rushlight import _C
from rushlight.ops._table import METHODS, composed


def _scaled_sum(name, input, product, beta, alpha):
    """beta * input + alpha * product; with beta 0 the input is not looked at."""
    if input.dtype != product.dtype and name != "addr":
        raise RuntimeError(
            f"{name}: expected input and the product to have the same dtype, but got {input.dtype} != {product.dtype}"
        )
    if product.dtype == _C.bool:
        product = product if alpha else _C.zeros_like(product)
        return _C.logical_or(product, input) if beta else product
    if alpha != 1:
        product = _C.mul(product, _integral(name, product, alpha))
    if beta == 0:
        return product
    _C.broadcast_to(input, product.shape)
    return _C.add(product, input if beta == 1 else _C.mul(input, _integral(name, input, beta)))


def _integral(name, x, factor):
    """A factor of integers must be one: PyTorch cuts it off."""
    exact = x.dtype.is_floating_point or x.dtype.is_complex or x.dtype == _C.bool
    return factor if exact else int(factor)


def _need(name, x, ndim, what):
    if x.ndim != ndim:
        raise RuntimeError(f"{name}: Expected {ndim}-D argument {what}, but got {x.ndim}-D")


@composed(out=True)
def trace(input):
    """Sum of a matrix's diagonal."""
    if input.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input.ndim}")
    return _C.sum(_C.diagonal(input))


@composed(out="cast", aliases=("ger",))
def outer(input, vec2):
    """Products of each element of one vector with each of another.

    >>> torch.outer(torch.tensor([1, 2]), torch.tensor([3, 4]))
    tensor([[3, 4],
            [6, 8]])
    """
    _need("outer", input, 1, "self")
    _need("outer", vec2, 1, "vec2")
    return _C.mul(_C.unsqueeze(input, 1), vec2)


@composed(out=True)
def vdot(input, other):
    """Inner product of two vectors, the first one conjugated."""
    return _C.dot(_C.conj(input), other)


@composed(out=True)
def inner(input, other):
    """Sums of products along the last dims: each row of `input` with each row of `other`."""
    if input.ndim == 0 or other.ndim == 0:
        return _C.mul(input, other)
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input.shape)} and {list(other.shape)}"
        )
    if input.ndim == 1 and other.ndim == 1:
        return _C.dot(input, other)
    rows, columns = (_C.reshape(x, (_rows(x), x.shape[-1])) for x in (input, other))
    return _C.reshape(_C.matmul(rows, _C.transpose(columns, 0, 1)), (*input.shape[:-1], *other.shape[:-1]))


def _rows(x):
    count = 1
    for s in x.shape[:-1]:
        count *= s
    return count


@composed(out=True, in_place=True)
def addmv(input, mat, vec, *, beta=1, alpha=1):
    """beta * input + alpha * (mat @ vec)."""
    return _scaled_sum("addmv", input, _C.mv(mat, vec), beta, alpha)


@composed(out="cast", in_place=True)
def addr(input, vec1, vec2, *, beta=1, alpha=1):
    """beta * input + alpha * outer(vec1, vec2)."""
    _need("addr", vec1, 1, "vec1")
    _need("addr", vec2, 1, "vec2")
    return _scaled_sum("addr", input, outer(vec1, vec2), beta, alpha)


def _check_batches(name, batch1, batch2):
    if batch1.ndim != 3:
        raise RuntimeError(f"{name}: batch1 must be a 3D tensor, it has {batch1.ndim} dims")
    if batch2.ndim != 3:
        raise RuntimeError(f"{name}: batch2 must be a 3D tensor, it has {batch2.ndim} dims")


@composed(out=True, in_place=True)
def baddbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """beta * input + alpha * bmm(batch1, batch2)."""
    _check_batches("baddbmm", batch1, batch2)
    return _scaled_sum("baddbmm", input, _C.bmm(batch1, batch2), beta, alpha)


@composed(out=True, in_place=True)
def addbmm(input, batch1, batch2, *, beta=1, alpha=1):
    """beta * input + alpha * the sum over the batch of batch1 @ batch2: one long product."""
    _check_batches("addbmm", batch1, batch2)
    if batch1.shape[0] != batch2.shape[0] or batch1.shape[2] != batch2.shape[1]:
        raise RuntimeError(
            f"addbmm: batches of shapes {list(batch1.shape)} and {list(batch2.shape)} cannot be multiplied"
        )
    b, n, m = batch1.shape
    wide = _C.reshape(_C.permute(batch1, (1, 0, 2)), (n, b * m))
    tall = _C.reshape(batch2, (b * m, batch2.shape[2]))
    return _scaled_sum("addbmm", input, _C.mm(wide, tall), beta, alpha)


def addmm_(self, mat1, mat2, *, beta=1, alpha=1):
    """In-place form of :func:`addmm`."""
    result = _C.addmm(self, mat1, mat2, beta=beta, alpha=alpha)
    if result.shape != self.shape:
        raise RuntimeError(
            f"addmm_: output with shape {list(self.shape)} doesn't match the broadcast shape {list(result.shape)}"
        )
    return _C.copy_(self, result)


METHODS["addmm_"] = addmm_


@composed(method=False)
def chain_matmul(*matrices, out=None):
    """The product of several matrices, from the left to the right."""
    product = matrices[0]
    for m in matrices[1:]:
        product = _C.mm(product, m)
    return product if out is None else _C._out(product, "chain_matmul", True, out=out)
