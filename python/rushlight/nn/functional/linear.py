"""Products with weights."""

from rushlight import _C

__all__ = ["linear"]

linear = _C.linear
