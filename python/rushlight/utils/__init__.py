"""What programs need around tensors: data loading and the handles of hooks."""

from . import data, hooks
from .hooks import RemovableHandle

__all__ = ["RemovableHandle", "data", "hooks"]
