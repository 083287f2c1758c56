"""Pooling: one class a kind, and a class of its own for one, two and three dims."""

from .. import functional as F
from .module import Module
from .utils import ntuple

__all__ = [
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d",
    "AvgPool1d", "AvgPool2d", "AvgPool3d", "LPPool1d", "LPPool2d", "LPPool3d", "MaxPool1d", "MaxPool2d", "MaxPool3d",
    "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d",
]  # fmt: skip


class _Pool(Module):
    """What all of them have: the function of nn.functional, by kind and dims, and a text of the numbers."""

    kind = ""
    ndim = 0
    shown: tuple = ()

    @property
    def _function(self):
        return getattr(F, f"{self.kind}{self.ndim}d")

    def extra_repr(self):
        return ", ".join(f"{name}={getattr(self, name)}" for name in self.shown)


class _MaxPoolNd(_Pool):
    __constants__ = ["kernel_size", "stride", "padding", "dilation", "return_indices", "ceil_mode"]
    kind = "max_pool"
    shown = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")

    def __init__(self, kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False):
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input):
        return self._function(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class MaxPool1d(_MaxPoolNd):
    """Maxima of windows of a sequence (N, C, L) or (C, L).

    Parameters
    ----------
    kernel_size : int or tuple
        Elements of a window.
    stride : int or tuple, optional
        From one window to the next; without it windows touch.
    padding : int or tuple, default 0
        What is added at both ends, smaller than everything.
    dilation : int or tuple, default 1
        From one element of a window to the next.
    return_indices : bool, default False
        Also where the maxima are.
    ceil_mode : bool, default False
        Is there a window for what is left at the end?
    """

    ndim = 1


class MaxPool2d(_MaxPoolNd):
    """Maxima of windows of an image (N, C, H, W) or (C, H, W); the parameters are those of :class:`MaxPool1d`."""

    ndim = 2


class MaxPool3d(_MaxPoolNd):
    """Maxima of windows of a volume (N, C, D, H, W) or (C, D, H, W); the parameters are those of :class:`MaxPool1d`."""

    ndim = 3


class _MaxUnpoolNd(_Pool):
    kind = "max_unpool"
    shown = ("kernel_size", "stride", "padding")

    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__()
        several = ntuple(self.ndim)
        self.kernel_size = several(kernel_size)
        self.stride = self.kernel_size if stride is None else several(stride)
        self.padding = several(padding)

    def forward(self, input, indices, output_size=None):
        return self._function(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool1d(_MaxUnpoolNd):
    """Maxima put back where :class:`MaxPool1d` found them.

    Parameters
    ----------
    kernel_size, stride, padding : int or tuple
        Those of the pooling.
    """

    ndim = 1


class MaxUnpool2d(_MaxUnpoolNd):
    """Maxima put back where :class:`MaxPool2d` found them; the parameters are those of :class:`MaxUnpool1d`."""

    ndim = 2


class MaxUnpool3d(_MaxUnpoolNd):
    """Maxima put back where :class:`MaxPool3d` found them; the parameters are those of :class:`MaxUnpool1d`."""

    ndim = 3


class _AvgPoolNd(_Pool):
    __constants__ = ["kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override"]
    kind = "avg_pool"
    shown = ("kernel_size", "stride", "padding")

    def __init__(
        self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
    ):
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, input):
        return self._function(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad, self.divisor_override
        )  # fmt: skip


class AvgPool1d(_AvgPoolNd):
    """Averages of windows of a sequence (N, C, L) or (C, L).

    Parameters
    ----------
    kernel_size : int or tuple
        Elements of a window.
    stride : int or tuple, optional
        From one window to the next; without it windows touch.
    padding : int or tuple, default 0
        Zeros added at both ends.
    ceil_mode : bool, default False
        Is there a window for what is left at the end?
    count_include_pad : bool, default True
        Do those zeros count?
    """

    ndim = 1
    __constants__ = ["kernel_size", "stride", "padding", "ceil_mode", "count_include_pad"]

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
        several = ntuple(1)
        stride = kernel_size if stride is None else stride
        super().__init__(several(kernel_size), several(stride), several(padding), ceil_mode, count_include_pad)
        del self.divisor_override

    def forward(self, input):
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)


class AvgPool2d(_AvgPoolNd):
    """Averages of windows of an image (N, C, H, W) or (C, H, W).

    The parameters are those of :class:`AvgPool1d`, and `divisor_override`: what to divide by instead of the count.
    """

    ndim = 2


class AvgPool3d(_AvgPoolNd):
    """Averages of windows of a volume (N, C, D, H, W) or (C, D, H, W).

    The parameters are those of :class:`AvgPool1d`, and `divisor_override`: what to divide by instead of the count.
    """

    ndim = 3


class _LPPoolNd(_Pool):
    __constants__ = ["norm_type", "kernel_size", "stride", "ceil_mode"]
    kind = "lp_pool"
    shown = ("norm_type", "kernel_size", "stride", "ceil_mode")

    def __init__(self, norm_type, kernel_size, stride=None, ceil_mode=False):
        super().__init__()
        self.norm_type, self.kernel_size, self.stride, self.ceil_mode = norm_type, kernel_size, stride, ceil_mode

    def forward(self, input):
        return self._function(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool1d(_LPPoolNd):
    """p-norms of windows of a sequence (N, C, L) or (C, L).

    Parameters
    ----------
    norm_type : float
        p; infinity gives maxima.
    kernel_size : int or tuple
        Elements of a window.
    stride : int or tuple, optional
        From one window to the next; without it windows touch.
    ceil_mode : bool, default False
        Is there a window for what is left at the end?
    """

    ndim = 1


class LPPool2d(_LPPoolNd):
    """p-norms of windows of an image (N, C, H, W) or (C, H, W); the parameters are those of :class:`LPPool1d`."""

    ndim = 2


class LPPool3d(_LPPoolNd):
    """p-norms of windows of a volume (N, C, D, H, W) or (C, D, H, W); the parameters are those of :class:`LPPool1d`."""

    ndim = 3


class _AdaptiveMaxPoolNd(_Pool):
    __constants__ = ["output_size", "return_indices"]
    kind = "adaptive_max_pool"
    shown = ("output_size",)

    def __init__(self, output_size, return_indices=False):
        super().__init__()
        self.output_size, self.return_indices = output_size, return_indices

    def forward(self, input):
        return self._function(input, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """Maxima of as many windows as are asked for, which share the input (N, C, L) or (C, L) out evenly.

    Parameters
    ----------
    output_size : int or tuple
        How many windows; None keeps the input's size.
    return_indices : bool, default False
        Also where the maxima are.
    """

    ndim = 1


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The same for (N, C, H, W) or (C, H, W); the parameters are those of :class:`AdaptiveMaxPool1d`."""

    ndim = 2


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The same for (N, C, D, H, W) or (C, D, H, W); the parameters are those of :class:`AdaptiveMaxPool1d`."""

    ndim = 3


class _AdaptiveAvgPoolNd(_Pool):
    __constants__ = ["output_size"]
    kind = "adaptive_avg_pool"
    shown = ("output_size",)

    def __init__(self, output_size):
        super().__init__()
        self.output_size = output_size

    def forward(self, input):
        return self._function(input, self.output_size)


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """Averages of as many windows as are asked for, which share the input (N, C, L) or (C, L) out evenly.

    Parameters
    ----------
    output_size : int or tuple
        How many windows; None keeps the input's size.
    """

    ndim = 1


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """The same for (N, C, H, W) or (C, H, W); the parameters are those of :class:`AdaptiveAvgPool1d`."""

    ndim = 2


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """The same for (N, C, D, H, W) or (C, D, H, W); the parameters are those of :class:`AdaptiveAvgPool1d`."""

    ndim = 3
