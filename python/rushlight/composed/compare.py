"""Are they close, equal, special?"""

from rushlight import _C
from rushlight.ops._table import composed


@composed
def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Element by element: ``|input - other| <= atol + rtol * |other|``."""
    if input.dtype != other.dtype:
        raise RuntimeError(f"{input.dtype} did not match {other.dtype}")
    for name, value in (("rtol", rtol), ("atol", atol)):
        if value < 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {value}")
    same = _C.eq(input, other)
    if equal_nan and (input.dtype.is_floating_point or input.dtype.is_complex):
        same = _C.logical_or(same, _C.logical_and(_C.isnan(input), _C.isnan(other)))
    if rtol == 0 and atol == 0:
        return same
    if not input.dtype.is_floating_point and not input.dtype.is_complex:
        other = other.to(_C.get_default_dtype())  # PyTorch measures the distance of integers so
    allowed = _C.add(_C.abs(_C.mul(other, rtol)), atol)
    apart = _C.abs(_C.sub(input, other))
    return _C.logical_or(same, _C.logical_and(_C.isfinite(apart), _C.le(apart, allowed)))


@composed
def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Are all elements close? See `isclose`."""
    return bool(_C.all(isclose(input, other, rtol, atol, equal_nan)))


@composed
def isreal(input):
    """Element by element: is the imaginary part 0?"""
    if not input.dtype.is_complex:
        return _C.ones_like(input, dtype=_C.bool)
    return _C.eq(_C.imag(input), 0)


@composed
def is_nonzero(input):
    """Is the one element not 0?"""
    if input.numel() != 1:
        raise RuntimeError(
            "Boolean value of Tensor with "
            + ("no values" if input.numel() == 0 else "more than one value")
            + " is ambiguous"
        )
    return bool(input)
