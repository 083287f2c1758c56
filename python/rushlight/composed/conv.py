"""Convolutions over one, two or three dims, and their transposes: arguments to numbers, then one product."""

from rushlight import _C
from rushlight.ops._table import composed


def numbers(name, value, ndim):
    """`ndim` numbers: one for all, or as many as there are spatial dims."""
    if not isinstance(value, (tuple, list)):
        return (value,) * ndim
    if len(value) not in (1, ndim):
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of {ndim} values to match the convolution dimensions, "
            f"but got {name}={list(value)}"
        )
    return tuple(value) * (ndim // len(value))


def _batched(name, input, weight, ndim):
    """The input with a batch, and whether that had to be added."""
    if weight.ndim != ndim + 2:
        raise RuntimeError(f"{name}: expected a {ndim + 2}-d weight, but got weight of size {list(weight.shape)}")
    if input.ndim not in (ndim + 1, ndim + 2):
        raise RuntimeError(
            f"Expected {ndim + 1}D (unbatched) or {ndim + 2}D (batched) input to {name}, but got input of size: {list(input.shape)}"
        )
    single = input.ndim == ndim + 1
    return (_C.unsqueeze(input, 0) if single else input), single


def _convolve(name, ndim, input, weight, bias, stride, padding, dilation, groups):
    input, single = _batched(name, input, weight, ndim)
    stride, dilation = numbers("stride", stride, ndim), numbers("dilation", dilation, ndim)
    if min(*stride, *dilation) < 1:
        raise RuntimeError(f"{name}: non-positive stride or dilation is not supported, got {stride} and {dilation}")
    kernel, size = weight.shape[2:], input.shape[2:]
    reach = [d * (k - 1) for d, k in zip(dilation, kernel)]
    if padding == "same":
        if max(stride) > 1:
            raise RuntimeError("padding='same' is not supported for strided convolutions")
        # what is to be added in all; an odd one goes behind, where the kernel finds zeros without being told
        padding, result = [r // 2 for r in reach], size
    else:
        if isinstance(padding, str) and padding != "valid":
            raise RuntimeError(f"Invalid padding string: '{padding}'")
        padding = numbers("padding", 0 if padding == "valid" else padding, ndim)
        if min(padding) < 0:
            raise RuntimeError(f"{name}: negative padding is not supported, got {padding}")
        padded = [s + 2 * p for s, p in zip(size, padding)]
        if any(p <= r for p, r in zip(padded, reach)):
            raise RuntimeError(
                f"{name}: Calculated padded input size per channel: ({' x '.join(map(str, padded))}). Kernel size: "
                f"({' x '.join(str(r + 1) for r in reach)}). Kernel size can't be greater than actual input size"
            )
        result = [(p - r - 1) // s + 1 for p, r, s in zip(padded, reach, stride)]
    out = _C._conv(input, weight, bias, stride, padding, dilation, groups, result)
    return _C.squeeze(out, 0) if single else out


def _convolve_back(name, ndim, input, weight, bias, stride, padding, output_padding, groups, dilation):
    input, single = _batched(name, input, weight, ndim)
    stride, dilation = numbers("stride", stride, ndim), numbers("dilation", dilation, ndim)
    padding, extra = numbers("padding", padding, ndim), numbers("output_padding", output_padding, ndim)
    if min(*padding, *extra) < 0:
        raise RuntimeError(f"{name}: negative padding is not supported, got {padding} and output_padding {extra}")
    if any(e >= s and e >= d for e, s, d in zip(extra, stride, dilation)):
        raise RuntimeError(
            f"{name}: output padding must be smaller than either stride or dilation, but got output_padding {extra}, stride "
            f"{stride}, dilation {dilation}"
        )
    kernel, size = weight.shape[2:], input.shape[2:]
    result = [
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, s, p, d, k, e in zip(size, stride, padding, dilation, kernel, extra)
    ]
    if min(result) < 1:
        raise RuntimeError(
            f"{name}: Given input size per channel: ({' x '.join(map(str, size))}). Calculated output size per channel: "
            f"({' x '.join(map(str, result))}). Output size is too small"
        )
    out = _C._conv_transpose(input, weight, bias, stride, padding, dilation, groups, result)
    return _C.squeeze(out, 0) if single else out


@composed(method=False)
def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolution of sequences with a kernel; `padding` may be 'same' or 'valid'.

    >>> torch.conv1d(torch.tensor([[[1.0, 2.0, 4.0]]]), torch.tensor([[[1.0, -1.0]]]))
    tensor([[[-1., -2.]]])
    """
    return _convolve("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


@composed(method=False)
def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolution of images with a kernel; `padding` may be 'same' or 'valid'.

    >>> torch.conv2d(torch.ones(1, 1, 2, 3), torch.ones(1, 1, 2, 2))
    tensor([[[[4., 4.]]]])
    """
    return _convolve("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


@composed(method=False)
def conv3d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolution of volumes with a kernel; `padding` may be 'same' or 'valid'."""
    return _convolve("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


@composed(method=False)
def conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Transpose of :func:`conv1d`: each element adds the kernel, times itself.

    >>> torch.conv_transpose1d(torch.tensor([[[1.0, 2.0]]]), torch.tensor([[[1.0, -1.0]]]))
    tensor([[[ 1.,  1., -2.]]])
    """
    return _convolve_back("conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation)


@composed(method=False)
def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Transpose of :func:`conv2d`: each element adds the kernel, times itself."""
    return _convolve_back("conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation)


@composed(method=False)
def conv_transpose3d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Transpose of :func:`conv3d`: each element adds the kernel, times itself."""
    return _convolve_back("conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups, dilation)
