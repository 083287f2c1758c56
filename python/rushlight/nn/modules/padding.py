"""Padding: one class a mode, and a class of its own for one, two and three dims."""

from .. import functional as F
from .module import Module
from .utils import ntuple

__all__ = [
    "CircularPad1d", "CircularPad2d", "CircularPad3d", "ConstantPad1d", "ConstantPad2d", "ConstantPad3d", "ReflectionPad1d",
    "ReflectionPad2d", "ReflectionPad3d", "ReplicationPad1d", "ReplicationPad2d", "ReplicationPad3d", "ZeroPad1d", "ZeroPad2d",
    "ZeroPad3d",
]  # fmt: skip


class _Pad(Module):
    """What all of them have: counts before and behind each dim, the last dim first; one number stands for all."""

    __constants__ = ["padding"]
    mode = ""
    ndim = 0

    def __init__(self, padding):
        super().__init__()
        self.padding = ntuple(2 * self.ndim)(padding)

    def forward(self, input):
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self):
        return f"{self.padding}"


class _CircularPadNd(_Pad):
    mode = "circular"

    def forward(self, input):
        if input.ndim not in (self.ndim + 1, self.ndim + 2):
            raise ValueError(f"expected {self.ndim + 1}D or {self.ndim + 2}D input (got {input.ndim}D input)")
        return super().forward(input)


class _ReflectionPadNd(_Pad):
    mode = "reflect"


class _ReplicationPadNd(_Pad):
    mode = "replicate"


class _ConstantPadNd(_Pad):
    __constants__ = ["padding", "value"]

    def __init__(self, padding, value):
        super().__init__(padding)
        self.value = value

    def forward(self, input):
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self):
        return f"padding={self.padding}, value={self.value}"


class CircularPad1d(_CircularPadNd):
    """A sequence with its own other end before and behind it.

    Parameters
    ----------
    padding : int or tuple
        Elements before and behind each dim, the last dim first; one number for all.
    """

    ndim = 1


class CircularPad2d(_CircularPadNd):
    """An image with its own other sides around it; `padding` is that of :class:`CircularPad1d`, two numbers a dim."""

    ndim = 2


class CircularPad3d(_CircularPadNd):
    """A volume with its own other sides around it; `padding` is that of :class:`CircularPad1d`, two numbers a dim."""

    ndim = 3


class ConstantPad1d(_ConstantPadNd):
    """A sequence with a number before and behind it.

    Parameters
    ----------
    padding : int or tuple
        Elements before and behind each dim, the last dim first; one number for all, negative ones take away.
    value : float
        The number.
    """

    ndim = 1


class ConstantPad2d(_ConstantPadNd):
    """An image with a number around it; the parameters are those of :class:`ConstantPad1d`."""

    ndim = 2


class ConstantPad3d(_ConstantPadNd):
    """A volume with a number around it; the parameters are those of :class:`ConstantPad1d`."""

    ndim = 3


class ReflectionPad1d(_ReflectionPadNd):
    """A sequence mirrored at its first and last elements.

    Parameters
    ----------
    padding : int or tuple
        Elements before and behind each dim, the last dim first; one number for all.
    """

    ndim = 1


class ReflectionPad2d(_ReflectionPadNd):
    """An image mirrored at its edges; `padding` is that of :class:`ReflectionPad1d`, two numbers a dim."""

    ndim = 2


class ReflectionPad3d(_ReflectionPadNd):
    """A volume mirrored at its edges; `padding` is that of :class:`ReflectionPad1d`, two numbers a dim."""

    ndim = 3


class ReplicationPad1d(_ReplicationPadNd):
    """A sequence whose first and last elements are repeated.

    Parameters
    ----------
    padding : int or tuple
        Elements before and behind each dim, the last dim first; one number for all.
    """

    ndim = 1


class ReplicationPad2d(_ReplicationPadNd):
    """An image whose edges are repeated; `padding` is that of :class:`ReplicationPad1d`, two numbers a dim."""

    ndim = 2


class ReplicationPad3d(_ReplicationPadNd):
    """A volume whose edges are repeated; `padding` is that of :class:`ReplicationPad1d`, two numbers a dim."""

    ndim = 3


class _Zeros:
    """A constant pad of zeros."""

    def __init__(self, padding):
        super().__init__(padding, 0.0)

    def extra_repr(self):
        return f"{self.padding}"


class ZeroPad1d(_Zeros, ConstantPad1d):
    """A sequence with zeros before and behind it; `padding` is that of :class:`ConstantPad1d`."""


class ZeroPad2d(_Zeros, ConstantPad2d):
    """An image with zeros around it; `padding` is that of :class:`ConstantPad1d`."""


class ZeroPad3d(_Zeros, ConstantPad3d):
    """A volume with zeros around it; `padding` is that of :class:`ConstantPad1d`."""
