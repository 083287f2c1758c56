"""Convolutions and their transposes."""

import math

from rushlight import _C

from .. import functional as F
from .. import init
from ..parameter import Parameter, UninitializedParameter
from .lazy import LazyModuleMixin
from .module import Module
from .utils import ntuple

__all__ = [
    "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", "LazyConv1d", "LazyConv2d",
    "LazyConv3d", "LazyConvTranspose1d", "LazyConvTranspose2d", "LazyConvTranspose3d",
]  # fmt: skip

_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(Module):
    """What all of them have; a class of its own says how many dims a kernel has."""

    __constants__ = [
        "stride", "padding", "dilation", "groups", "padding_mode", "output_padding", "in_channels", "out_channels", "kernel_size",
    ]  # fmt: skip
    ndim = 0

    def __init__(
        self, in_channels, out_channels, kernel_size, stride, padding, dilation, transposed, output_padding, groups, bias,
        padding_mode, device=None, dtype=None,
    ):  # fmt: skip
        super().__init__()
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups:
            raise ValueError("out_channels must be divisible by groups")
        if padding_mode not in _MODES:
            raise ValueError(f"padding_mode must be one of {set(_MODES)}, but got padding_mode={padding_mode!r}")
        several = ntuple(self.ndim)
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size, self.stride, self.dilation = several(kernel_size), several(stride), several(dilation)
        self.padding = padding if isinstance(padding, str) else several(padding)
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(f"Invalid padding string {padding!r}, should be one of {{'same', 'valid'}}")
            if padding == "same" and any(s != 1 for s in self.stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        self.transposed, self.output_padding = transposed, several(output_padding)
        self.groups, self.padding_mode = groups, padding_mode
        self._reversed_padding_repeated_twice = self._sides()
        self.weight = Parameter(_C.empty(self._weight_shape(), device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(_C.empty(out_channels, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _weight_shape(self):
        ends = (self.in_channels, self.out_channels) if self.transposed else (self.out_channels, self.in_channels)
        return ends[0], ends[1] // self.groups, *self.kernel_size

    def _sides(self):
        """What to put before and behind, last dim first: as functional.pad takes it."""
        if self.padding == "valid":
            return [0] * (2 * self.ndim)
        if self.padding == "same":
            spare = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size)]
            return [side for s in reversed(spare) for side in (s // 2, s - s // 2)]
        return [p for p in reversed(self.padding) for _ in range(2)]

    def reset_parameters(self):
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in = self.weight.shape[1:].numel()
            if fan_in:
                init.uniform_(self.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))

    def extra_repr(self):
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        nothing, ones = (0,) * len(self.padding), (1,) * self.ndim
        text += "" if self.padding == nothing else f", padding={self.padding}"
        text += "" if self.dilation == ones else f", dilation={self.dilation}"
        text += "" if self.output_padding == (0,) * self.ndim else f", output_padding={self.output_padding}"
        text += "" if self.groups == 1 else f", groups={self.groups}"
        text += "" if self.bias is not None else ", bias=False"
        return text + ("" if self.padding_mode == "zeros" else f", padding_mode={self.padding_mode}")


class _Forward(_ConvNd):
    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode="zeros",
        device=None, dtype=None,
    ):  # fmt: skip
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, False, 0, groups, bias, padding_mode, device, dtype
        )  # fmt: skip

    def _conv_forward(self, input, weight, bias):
        function, padding = getattr(F, f"conv{self.ndim}d"), self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._reversed_padding_repeated_twice, self.padding_mode), 0
        return function(input, weight, bias, self.stride, padding, self.dilation, self.groups)

    def forward(self, input):
        return self._conv_forward(input, self.weight, self.bias)


class _Transposed(_ConvNd):
    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True, dilation=1,
        padding_mode="zeros", device=None, dtype=None,
    ):  # fmt: skip
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, True, output_padding, groups, bias, padding_mode,
            device, dtype,
        )  # fmt: skip

    def forward(self, input, output_size=None):
        extra = self.output_padding if output_size is None else self._output_padding(input, list(output_size))
        function = getattr(F, f"conv_transpose{self.ndim}d")
        return function(input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation)

    def _output_padding(self, input, output_size):
        """What has to be added for a result of a given size."""
        batched = input.ndim == self.ndim + 2
        if len(output_size) == self.ndim + 1 + batched:
            output_size = output_size[1 + batched :]
        if len(output_size) != self.ndim:
            raise ValueError(
                f"ConvTranspose{self.ndim}D: for {input.ndim}D input, output_size must have {self.ndim} or "
                f"{self.ndim + 1 + batched} elements (got {len(output_size)})"
            )
        sizes = input.shape[-self.ndim :]
        least = [
            (n - 1) * s - 2 * p + d * (k - 1) + 1
            for n, s, p, d, k in zip(sizes, self.stride, self.padding, self.dilation, self.kernel_size)
        ]
        most = [low + s - 1 for low, s in zip(least, self.stride)]
        if any(not low <= size <= high for low, size, high in zip(least, output_size, most)):
            raise ValueError(
                f"requested an output size of {tuple(output_size)}, but valid sizes range from {least} to {most} "
                f"(for an input of {sizes})"
            )
        return [size - low for size, low in zip(output_size, least)]


class Conv1d(_Forward):
    """Convolution of sequences.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the input (N, C, L) or (C, L), and of the result.
    kernel_size : int or tuple
        The kernel's length.
    stride : int or tuple, default 1
        From one place of the kernel to the next.
    padding : int, tuple, 'same' or 'valid', default 0
        What is added at both ends.
    dilation : int or tuple, default 1
        From one element under the kernel to the next.
    groups : int, default 1
        Parts of the channels that do not see each other.
    bias : bool, default True
        Is there one?
    padding_mode : str, default 'zeros'
        What is added: 'zeros', 'reflect', 'replicate' or 'circular'.
    """

    ndim = 1


class Conv2d(_Forward):
    """Convolution of images (N, C, H, W) or (C, H, W); the parameters are those of :class:`Conv1d`, one number or two."""

    ndim = 2


class Conv3d(_Forward):
    """Convolution of volumes (N, C, D, H, W) or (C, D, H, W); the parameters are those of :class:`Conv1d`, one number or three."""

    ndim = 3


class ConvTranspose1d(_Transposed):
    """Transpose of :class:`Conv1d`: from its results' shape to its inputs'.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the input and of the result.
    kernel_size, stride, padding, groups, bias, dilation, padding_mode
        Those of the convolution whose transpose it is; no mode but 'zeros'.
    output_padding : int or tuple, default 0
        Places added at the result's end, where several sizes have the same convolution.
    """

    ndim = 1


class ConvTranspose2d(_Transposed):
    """Transpose of :class:`Conv2d`; the parameters are those of :class:`ConvTranspose1d`, one number or two."""

    ndim = 2


class ConvTranspose3d(_Transposed):
    """Transpose of :class:`Conv3d`; the parameters are those of :class:`ConvTranspose1d`, one number or three."""

    ndim = 3


# ---- without a number of channels yet ---------------------------------------------------------------------------------


class _Lazy(LazyModuleMixin):
    """A convolution that takes `in_channels` from its first input."""

    def _begin(self, out_channels, bias, device, dtype):
        self.out_channels = out_channels
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def reset_parameters(self):
        if not self.has_uninitialized_params() and self.in_channels != 0:
            super().reset_parameters()

    def initialize_parameters(self, input, *args, **kwargs):
        if not self.has_uninitialized_params():
            return
        if input.ndim not in (self.ndim + 1, self.ndim + 2):
            raise RuntimeError(
                f"Expected {self.ndim + 1}D (unbatched) or {self.ndim + 2}D (batched) input to {type(self).__name__}, but got input "
                f"of size: {input.shape}"
            )
        self.in_channels = input.shape[-self.ndim - 1]
        if self.in_channels % self.groups:
            raise ValueError("in_channels must be divisible by groups")
        self.weight.materialize(self._weight_shape())
        if self.bias is not None:
            self.bias.materialize((self.out_channels,))
        self.reset_parameters()


class _LazyForward(_Lazy):
    def __init__(
        self, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode="zeros", device=None,
        dtype=None,
    ):  # fmt: skip
        super().__init__(0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, device, dtype)
        self._begin(out_channels, bias, device, dtype)


class _LazyTransposed(_Lazy):
    def __init__(
        self, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True, dilation=1,
        padding_mode="zeros", device=None, dtype=None,
    ):  # fmt: skip
        super().__init__(
            0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation, padding_mode, device, dtype
        )
        self._begin(out_channels, bias, device, dtype)


class LazyConv1d(_LazyForward, Conv1d):
    """:class:`Conv1d` that takes `in_channels` from its first input; the other parameters are the same."""

    cls_to_become = Conv1d


class LazyConv2d(_LazyForward, Conv2d):
    """:class:`Conv2d` that takes `in_channels` from its first input; the other parameters are the same."""

    cls_to_become = Conv2d


class LazyConv3d(_LazyForward, Conv3d):
    """:class:`Conv3d` that takes `in_channels` from its first input; the other parameters are the same."""

    cls_to_become = Conv3d


class LazyConvTranspose1d(_LazyTransposed, ConvTranspose1d):
    """:class:`ConvTranspose1d` that takes `in_channels` from its first input; the other parameters are the same."""

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyTransposed, ConvTranspose2d):
    """:class:`ConvTranspose2d` that takes `in_channels` from its first input; the other parameters are the same."""

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyTransposed, ConvTranspose3d):
    """:class:`ConvTranspose3d` that takes `in_channels` from its first input; the other parameters are the same."""

    cls_to_become = ConvTranspose3d
