"""The recorded graph as Python sees it."""

from rushlight._C import Node

__all__ = ["Node"]
