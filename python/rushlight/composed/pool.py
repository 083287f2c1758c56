"""Pooling over one, two or three dims: arguments to numbers, then one op."""

from rushlight import _C
from rushlight.ops._table import composed


def _numbers(name, what, value, ndim):
    """`ndim` numbers: one for all, or as many as there are spatial dims."""
    if not isinstance(value, (tuple, list)):
        return (value,) * ndim
    if len(value) not in (1, ndim):
        raise RuntimeError(
            f"{name}: {what} must either be a single int, or a tuple of {ndim} ints, but got {tuple(value)}"
        )
    return tuple(value) * (ndim // len(value))


def _check_dims(name, input, ndim):
    """An input with a batch or without; no dim but the batch may be empty."""
    shape = tuple(input.shape)
    spatial = shape[1:] if input.ndim == ndim + 2 else shape
    if input.ndim not in (ndim + 1, ndim + 2) or 0 in spatial:
        raise RuntimeError(
            f"{name}: Expected {ndim + 1}D or {ndim + 2}D (batch mode) tensor with optional 0 dim batch size for input, but got: "
            f"{list(shape)}"
        )


class _Windows:
    """What a pooling is given, as numbers, with how many windows fit."""

    def __init__(self, name, input, ndim, kernel_size, stride, padding, dilation, ceil_mode):
        _check_dims(name, input, ndim)
        self.kernel = _numbers(name, "kernel_size", kernel_size, ndim)
        if stride is None or (isinstance(stride, (tuple, list)) and not stride):
            stride = self.kernel
        self.stride = _numbers(name, "stride", stride, ndim)
        self.padding = _numbers(name, "padding", padding, ndim)
        self.dilation = _numbers(name, "dilation", dilation, ndim)
        if min(self.stride) < 1:
            raise RuntimeError(f"{name}: stride should not be zero, got {self.stride}")
        sizes = input.shape[input.ndim - ndim :]
        self.size = [
            self._count(n, *each, ceil_mode)
            for n, *each in zip(sizes, self.kernel, self.stride, self.padding, self.dilation)
        ]
        if min(self.size) < 1:
            raise RuntimeError(
                f"{name}: Given input size: ({'x'.join(map(str, input.shape))}). Calculated output size: "
                f"({'x'.join(map(str, self.size))}). Output size is too small"
            )

    @staticmethod
    def _count(size, kernel, stride, padding, dilation, ceil_mode):
        span = size + 2 * padding - dilation * (kernel - 1) - 1 + (stride - 1 if ceil_mode else 0)
        count = span // stride + 1
        # the last window begins within the input or the padding before it
        return count - 1 if ceil_mode and (count - 1) * stride >= size + padding else count


def average(name, ndim, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override=None):
    """The average pooling over `ndim` dims."""
    w = _Windows(name, input, ndim, kernel_size, stride, padding, 1, ceil_mode)
    return _C._avg_pool(input, w.kernel, w.stride, w.padding, w.size, count_include_pad, divisor_override)


def maximum(name, ndim, input, kernel_size, stride, padding, dilation, ceil_mode):
    """The maxima of windows over `ndim` dims, and their places."""
    w = _Windows(name, input, ndim, kernel_size, stride, padding, dilation, ceil_mode)
    return _C._max_pool(input, w.kernel, w.stride, w.padding, w.dilation, w.size)


def even(name, ndim, input, output_size):
    """The sizes of a pooling by windows that share the input out evenly; None keeps the input's."""
    if input.ndim not in (ndim + 1, ndim + 2):
        raise RuntimeError(f"{name}(): Expected {ndim + 1}D or {ndim + 2}D tensor, but got {list(input.shape)}")
    given = output_size if isinstance(output_size, (tuple, list)) else (output_size,) * ndim
    if len(given) != ndim:
        raise RuntimeError(f"{name}: output_size must be {ndim}, got {tuple(given)}")
    sizes = [n if s is None else s for s, n in zip(given, input.shape[input.ndim - ndim :])]
    if min(sizes) < 0:
        raise RuntimeError(
            f"{name}: elements of output_size must be greater than or equal to 0 but received {tuple(sizes)}"
        )
    return sizes


@composed(method=False)
def avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    """Averages of windows of a sequence.

    >>> torch.avg_pool1d(torch.tensor([[1.0, 3.0, 5.0, 7.0]]), 2)
    tensor([[2., 6.]])
    """
    return average("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad)


@composed(method=False)
def max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Maxima of windows of a sequence.

    >>> torch.max_pool1d(torch.tensor([[1.0, 3.0, 7.0, 5.0]]), 2)
    tensor([[3., 7.]])
    """
    return maximum("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode)[0]


@composed(method=False)
def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Maxima of windows of an image."""
    return maximum("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode)[0]


@composed(method=False)
def max_pool3d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Maxima of windows of a volume."""
    return maximum("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode)[0]


@composed(method=False)
def max_pool1d_with_indices(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Maxima of windows of a sequence, and where they are."""
    return maximum("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode)


@composed(method=False)
def adaptive_avg_pool1d(input, output_size):
    """Averages of as many windows as are asked for, which share a sequence out evenly.

    >>> torch.adaptive_avg_pool1d(torch.tensor([[1.0, 3.0, 5.0, 7.0]]), 2)
    tensor([[2., 6.]])
    """
    return _C._adaptive_avg_pool(input, even("adaptive_avg_pool1d", 1, input, output_size))


@composed(method=False)
def adaptive_max_pool1d(input, output_size):
    """Maxima of as many windows as are asked for, which share a sequence out evenly, and where they are."""
    return _C._adaptive_max_pool(input, even("adaptive_max_pool1d", 1, input, output_size))
