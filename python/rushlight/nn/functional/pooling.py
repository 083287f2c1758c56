"""Pooling: maxima, averages and norms of windows, and what puts maxima back."""

from rushlight import _C
from rushlight.composed import pool as _pool
from rushlight.composed.pool import adaptive_avg_pool1d, avg_pool1d

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices", "adaptive_max_pool2d", "adaptive_max_pool2d_with_indices", "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices", "avg_pool1d", "avg_pool2d", "avg_pool3d", "lp_pool1d", "lp_pool2d", "lp_pool3d",
    "max_pool1d", "max_pool1d_with_indices", "max_pool2d", "max_pool2d_with_indices", "max_pool3d", "max_pool3d_with_indices",
    "max_unpool1d", "max_unpool2d", "max_unpool3d",
]  # fmt: skip


# ---- averages ---------------------------------------------------------------------------------------------------------


def avg_pool2d(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """Averages of windows of an image."""
    return _pool.average(
        "avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool3d(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """Averages of windows of a volume."""
    return _pool.average(
        "avg_pool3d", 3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def adaptive_avg_pool2d(input, output_size):
    """Averages of as many windows as are asked for, which share an image out evenly."""
    sizes = _pool.even("adaptive_avg_pool2d", 2, input, output_size)
    if sizes == [1, 1] and input.numel() and input.dtype.is_floating_point:
        return _C.mean(input, (-1, -2), True)  # as PyTorch does, gradient and all
    return _C._adaptive_avg_pool(input, sizes)


def adaptive_avg_pool3d(input, output_size):
    """Averages of as many windows as are asked for, which share a volume out evenly."""
    sizes = _pool.even("adaptive_avg_pool3d", 3, input, output_size)
    if sizes == [1, 1, 1] and input.numel() and input.dtype.is_floating_point:
        return _C.mean(input, (-1, -2, -3), True)
    return _C._adaptive_avg_pool(input, sizes)


# ---- maxima -----------------------------------------------------------------------------------------------------------


def _max_pools(ndim):
    """max_pool and max_pool_with_indices over that many dims."""
    name = f"max_pool{ndim}d"

    def with_indices(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
        return _pool.maximum(name, ndim, input, kernel_size, stride, padding, dilation, ceil_mode)

    def plain(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
        found = _pool.maximum(name, ndim, input, kernel_size, stride, padding, dilation, ceil_mode)
        return found if return_indices else found[0]

    return _named(name, ndim, "windows", plain, with_indices)


def _adaptive_max_pools(ndim):
    """adaptive_max_pool and adaptive_max_pool_with_indices over that many dims."""
    name = f"adaptive_max_pool{ndim}d"

    def with_indices(input, output_size, return_indices=False):
        return _C._adaptive_max_pool(input, _pool.even(name, ndim, input, output_size))

    def plain(input, output_size, return_indices=False):
        found = _C._adaptive_max_pool(input, _pool.even(name, ndim, input, output_size))
        return found if return_indices else found[0]

    return _named(name, ndim, "windows that share it out evenly", plain, with_indices)


def _named(name, ndim, windows, plain, with_indices):
    what = ("a sequence", "an image", "a volume")[ndim - 1]
    plain.__name__ = plain.__qualname__ = name
    with_indices.__name__ = with_indices.__qualname__ = name + "_with_indices"
    plain.__doc__ = (
        f"Maxima of {windows}: {what}; with `return_indices` also where in the last dims, taken as one, they are."
    )
    with_indices.__doc__ = f"Maxima of {windows}, and where they are: {what}."
    return plain, with_indices


max_pool1d, max_pool1d_with_indices = _max_pools(1)
max_pool2d, max_pool2d_with_indices = _max_pools(2)
max_pool3d, max_pool3d_with_indices = _max_pools(3)
adaptive_max_pool1d, adaptive_max_pool1d_with_indices = _adaptive_max_pools(1)
adaptive_max_pool2d, adaptive_max_pool2d_with_indices = _adaptive_max_pools(2)
adaptive_max_pool3d, adaptive_max_pool3d_with_indices = _adaptive_max_pools(3)


# ---- norms ------------------------------------------------------------------------------------------------------------


def _norms(ndim, input, norm_type, kernel_size, stride, ceil_mode):
    name = f"lp_pool{ndim}d"
    if norm_type in (float("inf"), -float("inf")):
        sign = 1 if norm_type > 0 else -1
        sizes = _C.mul(_C.abs(input), sign)
        return _C.mul(_pool.maximum(name, ndim, sizes, kernel_size, stride, 0, 1, ceil_mode)[0], sign)
    mean = _pool.average(name, ndim, _C.pow(input, norm_type), kernel_size, stride, 0, ceil_mode, True)
    count = 1
    for n in kernel_size if isinstance(kernel_size, (tuple, list)) else (kernel_size,) * ndim:
        count *= n
    # the sign times the size: no gradient where a window holds zeros alone
    return _C.pow(_C.mul(_C.mul(_C.sign(mean), _C.abs(mean)), count), 1.0 / norm_type)


def lp_pool1d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """p-norms of windows of a sequence."""
    return _norms(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """p-norms of windows of an image."""
    return _norms(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(input, norm_type, kernel_size, stride=None, ceil_mode=False):
    """p-norms of windows of a volume."""
    return _norms(3, input, norm_type, kernel_size, stride, ceil_mode)


# ---- back -------------------------------------------------------------------------------------------------------------


def _unpooled(ndim, input, indices, kernel_size, stride, padding, output_size):
    several = lambda x: (x,) * ndim if isinstance(x, int) else tuple(x)
    kernel, padding = several(kernel_size), several(padding)
    stride = kernel if stride is None else several(stride)
    if input.ndim not in (ndim + 1, ndim + 2):
        raise RuntimeError(
            f"max_unpool{ndim}d: Input to max_unpooling{ndim}d should be a {ndim + 1}d or {ndim + 2}d Tensor, but got a tensor with "
            f"{input.ndim} dims"
        )
    usual = [(n - 1) * s + k - 2 * p for n, s, k, p in zip(input.shape[-ndim:], stride, kernel, padding)]
    if output_size is None:
        return _C._max_unpool(input, indices, usual)
    size = list(output_size)
    size = size[2:] if len(size) == ndim + 2 else size
    if len(size) != ndim:
        raise ValueError(
            f"output_size should be a sequence containing {ndim} or {ndim + 2} elements, but it has a length of '{len(size)}'"
        )
    for d in range(ndim):
        low, high = usual[d] - stride[d], usual[d] + stride[d]
        if not low < size[d] < high:
            raise ValueError(f'invalid output_size "{tuple(size)}" (dim {d} must be between {low} and {high})')
    return _C._max_unpool(input, indices, size)


def max_unpool1d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Maxima put back where :func:`max_pool1d` found them, zeros elsewhere."""
    return _unpooled(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Maxima put back where :func:`max_pool2d` found them, zeros elsewhere."""
    return _unpooled(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Maxima put back where :func:`max_pool3d` found them, zeros elsewhere."""
    return _unpooled(3, input, indices, kernel_size, stride, padding, output_size)
