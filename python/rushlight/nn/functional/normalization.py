"""Values brought to mean 0 and spread 1: over layers, batches, images, groups of channels, neighbouring channels."""

from rushlight import _C

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "local_response_norm", "rms_norm"]


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    """Mean 0 and variance 1 over the last dims, whose sizes are `normalized_shape`; then scaled and moved element by element."""
    return _C._layer_norm(input, normalized_shape, weight, bias, eps)[0]


def rms_norm(input, normalized_shape, weight=None, eps=None):
    """Mean square 1 over the last dims, whose sizes are `normalized_shape`; then scaled element by element."""
    if eps is None:  # of the dtype that it is computed in
        eps = 2.0**-52 if input.dtype == _C.float64 else 2.0**-23
    return _C._rms_norm(input, normalized_shape, weight, eps)[0]


def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    """Mean 0 and variance 1 of each channel over the batch, or by the running statistics where it is not training."""
    if training:
        _check_several(input.shape)
    return _C._batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)[0]


def _check_several(size):
    """One value has no spread."""
    count = size.numel() // size[1] if len(size) > 1 and size[1] else 2
    if count == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {size}")


def instance_norm(
    input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-5
):
    """Mean 0 and variance 1 of each channel of each image, or by the running statistics."""
    size = input.shape
    if use_input_stats:
        if size[2:].numel() == 1:
            raise ValueError(f"Expected more than 1 spatial element when training, got input size {size}")
    elif running_mean is None or running_var is None:
        raise RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false")
    images, channels = size[0], size[1]
    each = lambda t: None if t is None else _C.repeat(t, images)
    means, variances = each(running_mean), each(running_var)
    flat = _C.view(input.contiguous(), (1, images * channels, *size[2:]))
    made = _C._batch_norm(flat, each(weight), each(bias), means, variances, use_input_stats, momentum, eps)[0]
    if use_input_stats:
        for running, moved in ((running_mean, means), (running_var, variances)):
            if running is not None:
                running.copy_(_C.mean(_C.view(moved, (images, channels)), 0))
    return _C.view(made, size)


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    """Mean 0 and variance 1 of each group of channels of each image; then scaled and moved channel by channel."""
    if input.ndim >= 2 and num_groups > 0:
        size = input.shape
        _check_several(type(size)((size[0] * size[1] // num_groups, num_groups, *size[2:])))
    return _C._group_norm(input, num_groups, weight, bias, eps)[0]


def local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0):
    """Divided by ``(k + alpha * mean of the squares of `size` neighbouring channels) ** beta``."""
    if input.ndim < 3:
        raise ValueError(f"Expected 3D or higher dimensionality input (got {input.ndim} dimensions)")
    if input.numel() == 0:
        return input
    channels = input.shape[1]
    squares = _C.square(input)
    edge = list(input.shape)
    edge[1] = size // 2
    before = _C.zeros(edge, dtype=squares.dtype, device=squares.device)
    edge[1] = (size - 1) // 2
    after = _C.zeros(edge, dtype=squares.dtype, device=squares.device)
    near = _C.unfold(_C.cat([before, squares, after], 1), 1, size, 1)
    total = _C.sum(near, -1) if channels else squares
    return _C.div(input, _C.pow(_C.add(_C.mul(total, alpha / size), k), beta))
