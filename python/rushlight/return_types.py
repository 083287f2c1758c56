"""The classes of named results, such as torch.return_types.max(values=..., indices=...)."""

from .composed import statistics as _statistics  # noqa: F401  makes some of them
from .ops import reduce as _reduce  # noqa: F401
from .ops._named import NAMED

__all__ = sorted(NAMED)
globals().update(NAMED)
