"""Element by element."""

from rushlight import _C
from rushlight.ops._table import composed


@composed
def positive(input):
    """`input` itself, which must not be bool."""
    if input.dtype == _C.bool:
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


@composed(out=True)
def polar(abs, angle):
    """Complex numbers of their magnitudes and angles: ``abs * cos(angle) + 1j * abs * sin(angle)``."""
    return _C.complex(_C.mul(abs, _C.cos(angle)), _C.mul(abs, _C.sin(angle)))
