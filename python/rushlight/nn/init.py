"""First values of parameters: for a seed, the numbers that PyTorch draws."""

import math
import warnings

from rushlight import _C

__all__ = [
    "calculate_gain", "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_", "normal_", "ones_", "orthogonal_", "sparse_", "trunc_normal_",
    "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_",
]  # fmt: skip


def _unrecorded(function):
    import functools

    @functools.wraps(function)
    def run(*args, **kwargs):
        before = _C.is_grad_enabled()
        _C._set_grad_enabled(False)
        try:
            return function(*args, **kwargs)
        finally:
            _C._set_grad_enabled(before)

    return run


def calculate_gain(nonlinearity, param=None):
    """The factor by which a nonlinearity's weights are scaled."""
    if nonlinearity in (
        "linear",
        "conv1d",
        "conv2d",
        "conv3d",
        "conv_transpose1d",
        "conv_transpose2d",
        "conv_transpose3d",
        "sigmoid",
    ):
        return 1
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        if param is None:
            slope = 0.01
        elif isinstance(param, (int, float)) and not isinstance(param, bool):
            slope = param
        else:
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity == "selu":
        return 3.0 / 4
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


def _fans(tensor):
    if tensor.ndim < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    field = 1
    for size in tensor.shape[2:]:
        field *= size
    return tensor.shape[1] * field, tensor.shape[0] * field


_calculate_fan_in_and_fan_out = _fans


def _fan(tensor, mode):
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    return _fans(tensor)[mode == "fan_out"]


@_unrecorded
def uniform_(tensor, a=0.0, b=1.0, generator=None):
    """Uniform numbers from a to b."""
    return tensor.uniform_(a, b, generator=generator)


@_unrecorded
def normal_(tensor, mean=0.0, std=1.0, generator=None):
    """Normal numbers."""
    return tensor.normal_(mean, std, generator=generator)


@_unrecorded
def trunc_normal_(tensor, mean=0.0, std=1.0, a=-2.0, b=2.0, generator=None):
    """Normal numbers between a and b: what falls outside is drawn anew."""
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be incorrect.",
            stacklevel=3,
        )
    if tensor.is_meta:
        return tensor
    share = (math.erf((b - mean) / std / math.sqrt(2)) - math.erf((a - mean) / std / math.sqrt(2))) / 2
    if share > 0.3:
        low, high = (tensor.new_tensor(bound).item() for bound in (a, b))
        tensor.normal_(mean, std, generator=generator)
        while True:
            outside = (tensor < low) | (tensor > high)
            if not outside.any():
                return tensor
            tensor.copy_(tensor.where(~outside, tensor.clone().normal_(mean, std, generator=generator)))
    # few would be kept: uniform numbers, each kept with the probability that its density has of the highest one
    highest = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
    left = tensor.new_ones(tensor.shape, dtype=_C.bool)
    while left.any():
        drawn = tensor.clone().uniform_(a, b, generator=generator)
        density = ((drawn - mean) / std) ** 2 * -0.5 - highest
        kept = tensor.clone().uniform_(generator=generator).log_() <= density
        tensor.copy_(drawn.where(left, tensor))
        left &= ~kept
    return tensor


@_unrecorded
def constant_(tensor, val):
    """One value everywhere."""
    return tensor.fill_(val)


@_unrecorded
def ones_(tensor):
    """Ones."""
    return tensor.fill_(1.0)


@_unrecorded
def zeros_(tensor):
    """Zeros."""
    return tensor.zero_()


@_unrecorded
def eye_(tensor):
    """Ones on the diagonal of a matrix."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return tensor.copy_(_C.eye(*tensor.shape))


@_unrecorded
def dirac_(tensor, groups=1):
    """Convolution weights that pass their input on."""
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if tensor.shape[0] % groups:
        raise ValueError("dim 0 must be divisible by groups")
    each = tensor.shape[0] // groups
    tensor.zero_()
    middle = tuple(s // 2 for s in tensor.shape[2:])
    for g in range(groups):
        for d in range(min(each, tensor.shape[1])):
            tensor[(g * each + d, d, *middle)] = 1
    return tensor


@_unrecorded
def xavier_uniform_(tensor, gain=1.0, generator=None):
    """Glorot's uniform bounds."""
    fan_in, fan_out = _fans(tensor)
    bound = math.sqrt(3.0) * gain * math.sqrt(2.0 / float(fan_in + fan_out))
    return tensor.uniform_(-bound, bound, generator=generator)


@_unrecorded
def xavier_normal_(tensor, gain=1.0, generator=None):
    """Glorot's normal deviation."""
    fan_in, fan_out = _fans(tensor)
    return tensor.normal_(0.0, gain * math.sqrt(2.0 / float(fan_in + fan_out)), generator=generator)


@_unrecorded
def kaiming_uniform_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    """He's uniform bounds."""
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
        return tensor
    bound = math.sqrt(3.0) * (calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode)))
    return tensor.uniform_(-bound, bound, generator=generator)


@_unrecorded
def kaiming_normal_(tensor, a=0, mode="fan_in", nonlinearity="leaky_relu", generator=None):
    """He's normal deviation."""
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
        return tensor
    return tensor.normal_(0, calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode)), generator=generator)


@_unrecorded
def sparse_(tensor, sparsity, std=0.01, generator=None):
    """Normal numbers, a fraction of each column zeroed."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, cols = tensor.shape
    zeros = int(math.ceil(sparsity * rows))
    tensor.normal_(0, std, generator=generator)
    for c in range(cols):
        tensor[_C.randperm(rows)[:zeros], c] = 0
    return tensor


@_unrecorded
def orthogonal_(tensor, gain=1, generator=None):
    """A matrix with orthogonal rows or columns, of the shape (first dim, the others), times `gain` (Saxe et al., 2014)."""
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    import numpy

    matrix = tensor.new_empty((tensor.shape[0], tensor.numel() // tensor.shape[0]))
    matrix.normal_(0, 1, generator=generator)
    wide = matrix.shape[0] < matrix.shape[1]
    # in float64, so that what is left of LAPACK's order of sums is rounded away
    q, r = numpy.linalg.qr((matrix.t() if wide else matrix).double().numpy())
    q = _C.tensor(q * numpy.sign(numpy.diagonal(r)))  # the one factorisation whose diagonal is positive
    return tensor.copy_(_C.reshape(q.t() if wide else q, tensor.shape)).mul_(gain)
