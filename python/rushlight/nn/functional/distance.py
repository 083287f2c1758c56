"""Lengths of vectors, and distances and angles between them."""

import rushlight
from rushlight import _C

__all__ = ["cosine_similarity", "normalize", "pairwise_distance", "pdist"]


def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    """Vectors along `dim` divided by their p-norm."""
    return _C.div(input, _C.clamp(_C.norm(input, p, dim, True), min=eps), out=out)


def cosine_similarity(x1, x2, dim=1, eps=1e-8):
    """Cosine of the angle between vectors along `dim`; each length is held above eps."""
    common = rushlight.result_type(x1, x2)
    if not (common.is_floating_point or common.is_complex):
        raise RuntimeError(f"expected common dtype to be floating point, yet common dtype is {common}")
    parts = []
    shape = rushlight.broadcast_shapes(x1.shape, x2.shape)
    for x in (x1, x2):
        x = _C.expand(_C._to(x, None, common), shape)
        parts.append(_C.div(x, _C.clamp_min(_C.norm(x, 2, dim, True), eps)))
    return _C.sum(_C.mul(*parts), dim)


def pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """p-norm of the difference of vectors along the last dim; eps is added to it."""
    return _C.norm(_C.add(_C.sub(x1, x2), eps), p, -1, keepdim)


def pdist(input, p=2.0):
    """p-norms of the differences of all pairs of rows: (0, 1), (0, 2), ..., (1, 2), ..."""
    if input.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.ndim}D")
    if not input.dtype.is_floating_point:
        raise RuntimeError("pdist only supports floating-point dtypes")
    if p < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    first, second = _C.triu_indices(input.shape[0], input.shape[0], 1)
    return _C.norm(_C.sub(_C.index_select(input, 0, first), _C.index_select(input, 0, second)), p, -1)
