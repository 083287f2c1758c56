"""Windows of images as columns, and columns added up as images."""

from .. import functional as F
from .module import Module

__all__ = ["Fold", "Unfold"]


class Fold(Module):
    """Columns (N, C * elements, windows) added up as images (N, C, H, W).

    Parameters
    ----------
    output_size : int or tuple
        H and W.
    kernel_size, dilation, padding, stride : int or tuple
        Those of the :class:`Unfold` that would make the columns.
    """

    __constants__ = ["output_size", "kernel_size", "dilation", "padding", "stride"]

    def __init__(self, output_size, kernel_size, dilation=1, padding=0, stride=1):
        super().__init__()
        self.output_size, self.kernel_size = output_size, kernel_size
        self.dilation, self.padding, self.stride = dilation, padding, stride

    def forward(self, input):
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self):
        return ", ".join(f"{name}={getattr(self, name)}" for name in self.__constants__)


class Unfold(Module):
    """Windows of images (N, C, H, W) as columns (N, C * elements, windows).

    Parameters
    ----------
    kernel_size : int or tuple
        Elements of a window.
    dilation : int or tuple, default 1
        From one element of a window to the next.
    padding : int or tuple, default 0
        Zeros added on both sides.
    stride : int or tuple, default 1
        From one window to the next.
    """

    __constants__ = ["kernel_size", "dilation", "padding", "stride"]

    def __init__(self, kernel_size, dilation=1, padding=0, stride=1):
        super().__init__()
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def forward(self, input):
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self):
        return ", ".join(f"{name}={getattr(self, name)}" for name in self.__constants__)
