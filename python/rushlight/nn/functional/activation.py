"""Activations, with their forms in place."""

import warnings

from rushlight import _C

__all__ = [
    "elu", "gelu", "hardtanh", "leaky_relu", "log_softmax", "logsigmoid", "relu", "relu6", "sigmoid", "silu", "softmax", "softmin", "softplus", "tanh",
]  # fmt: skip

gelu = _C.gelu


def relu(input, inplace=False):
    """max(input, 0)."""
    return _C.relu_(input) if inplace else _C.relu(input)


def relu6(input, inplace=False):
    """input held between 0 and 6."""
    return hardtanh(input, 0.0, 6.0, inplace)


def hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False):
    """input held between min_val and max_val; integers stay integers."""
    dtype = input.dtype
    if dtype == _C.bool:
        raise RuntimeError("hardtanh: Bool inputs not supported for hardtanh")
    if not dtype.is_floating_point:
        if not dtype.is_signed and (min_val < 0 or max_val < 0):
            raise RuntimeError(f"hardtanh: cannot do hardtanh on an unsigned type with negative limits, {dtype}")
        min_val, max_val = int(min_val), int(max_val)
    if not input.requires_grad:
        return _C.clamp_(input, min_val, max_val) if inplace else _C.clamp(input, min_val, max_val)
    # no gradient at the bounds either, where clamp has one
    made = _C.where(_C.le(input, min_val), min_val, _C.where(_C.ge(input, max_val), max_val, input))
    return input.copy_(made) if inplace else made


def leaky_relu(input, negative_slope=0.01, inplace=False):
    """input, times negative_slope below 0."""
    return input.copy_(_C.leaky_relu(input, negative_slope)) if inplace else _C.leaky_relu(input, negative_slope)


def elu(input, alpha=1.0, inplace=False):
    """input, alpha * (exp(input) - 1) below 0."""
    made = _C.where(_C.gt(input, 0), input, _C.mul(_C.expm1(_C.clamp(input, max=0)), alpha))
    return input.copy_(made) if inplace else made


def silu(input, inplace=False):
    """input * sigmoid(input)."""
    return _C._silu_(input) if inplace else _C._silu(input)


def softplus(input, beta=1.0, threshold=20.0):
    """log(1 + exp(beta * input)) / beta; input itself beyond the threshold."""
    scaled = _C.mul(input, beta)
    return _C.where(_C.gt(scaled, threshold), input, _C.div(_C.log1p(_C.exp(_C.clamp(scaled, max=threshold))), beta))


def logsigmoid(input):
    """log(sigmoid(input))."""
    return _C._log_sigmoid(input)


def tanh(input):
    """Hyperbolic tangent."""
    return _C.tanh(input)


def sigmoid(input):
    """1 / (1 + exp(-input))."""
    return _C.sigmoid(input)


def _softmax_dim(name, ndim):
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=3,
    )
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input, dim=None, _stacklevel=3, dtype=None):
    """exp(input), divided by its sum along `dim`."""
    return _C.softmax(input, _softmax_dim("softmax", input.ndim) if dim is None else dim, dtype)


def softmin(input, dim=None, _stacklevel=3, dtype=None):
    """softmax(-input)."""
    return _C.softmax(_C.neg(input), _softmax_dim("softmin", input.ndim) if dim is None else dim, dtype)


def log_softmax(input, dim=None, _stacklevel=3, dtype=None):
    """Logarithm of softmax, without overflow."""
    return _C.log_softmax(input, _softmax_dim("log_softmax", input.ndim) if dim is None else dim, dtype)
