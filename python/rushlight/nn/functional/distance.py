"""Lengths of vectors, and distances between them."""

from rushlight import _C

__all__ = ["normalize"]


def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    """Vectors along `dim` divided by their p-norm."""
    return _C.div(input, _C.clamp(_C.norm(input, p, dim, True), min=eps), out=out)
