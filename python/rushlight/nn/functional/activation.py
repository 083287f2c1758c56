"""Activations, with their forms in place."""

import warnings

import rushlight as _rushlight
from rushlight import _C

__all__ = [
    "celu", "celu_", "elu", "elu_", "gelu", "glu", "gumbel_softmax", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "hardtanh_", "leaky_relu", "leaky_relu_", "log_softmax", "logsigmoid", "mish", "prelu", "relu", "relu6", "relu_", "rrelu", "rrelu_", "selu", "selu_", "sigmoid", "silu", "softmax", "softmin", "softplus", "softshrink", "softsign", "tanh", "tanhshrink", "threshold", "threshold_",
]  # fmt: skip

hardshrink, prelu = _rushlight.hardshrink, _rushlight.prelu
gelu = _C.gelu


def relu(input, inplace=False):
    """max(input, 0)."""
    return _C.relu_(input) if inplace else _C.relu(input)


relu_ = _C.relu_
leaky_relu_ = _C.leaky_relu_


def relu6(input, inplace=False):
    """input held between 0 and 6."""
    return hardtanh(input, 0.0, 6.0, inplace)


def _whole_bounds(input, min_val, max_val):
    if input.dtype == _C.bool:
        raise RuntimeError("hardtanh: Bool inputs not supported for hardtanh")
    if not input.dtype.is_signed and (min_val < 0 or max_val < 0):
        raise RuntimeError(f"hardtanh: cannot do hardtanh on an unsigned type with negative limits, {input.dtype}")
    return int(min_val), int(max_val)


def hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False):
    """input held between min_val and max_val; integers stay integers."""
    if inplace:
        return hardtanh_(input, min_val, max_val)
    if input.dtype.is_floating_point or input.dtype.is_complex:
        return _C._hardtanh(input, min_val, max_val)
    return _C.clamp(input, *_whole_bounds(input, min_val, max_val))


def hardtanh_(input, min_val=-1.0, max_val=1.0):
    """input held between min_val and max_val, in place."""
    if input.dtype.is_floating_point or input.dtype.is_complex:
        return _C._hardtanh_(input, min_val, max_val)
    return _C.clamp_(input, *_whole_bounds(input, min_val, max_val))


def leaky_relu(input, negative_slope=0.01, inplace=False):
    """input, times negative_slope below 0."""
    return _C.leaky_relu_(input, negative_slope) if inplace else _C.leaky_relu(input, negative_slope)


def elu(input, alpha=1.0, inplace=False):
    """input, alpha * (exp(input) - 1) below 0."""
    return _C._elu_(input, alpha) if inplace else _C._elu(input, alpha)


def elu_(input, alpha=1.0):
    """input, alpha * (exp(input) - 1) below 0, in place."""
    return _C._elu_(input, alpha)


def celu(input, alpha=1.0, inplace=False):
    """input, alpha * (exp(input / alpha) - 1) below 0."""
    if alpha == 0:
        raise RuntimeError("celu: ZeroDivisionError: alpha cannot be 0 for CELU")
    return _C._elu_(input, alpha, 1.0, 1 / alpha) if inplace else _C._elu(input, alpha, 1.0, 1 / alpha)


def celu_(input, alpha=1.0):
    """input, alpha * (exp(input / alpha) - 1) below 0, in place."""
    return celu(input, alpha, True)


_SELU = (
    1.6732632423543772848170429916717,
    1.0507009873554804934193349852946,
)  # Klambauer and others 2017, arXiv:1706.02515


def selu(input, inplace=False):
    """scale * elu(input, alpha), with the two numbers that keep mean 0 and variance 1 from layer to layer."""
    return _C._elu_(input, *_SELU) if inplace else _C._elu(input, *_SELU)


def selu_(input):
    """selu in place."""
    return _C._elu_(input, *_SELU)


def silu(input, inplace=False):
    """input * sigmoid(input)."""
    return _C._silu_(input) if inplace else _C._silu(input)


def mish(input, inplace=False):
    """input * tanh(softplus(input))."""
    return _C._mish_(input) if inplace else _C._mish(input)


def hardsigmoid(input, inplace=False):
    """relu6(input + 3) / 6."""
    return _C._hardsigmoid_(input) if inplace else _C._hardsigmoid(input)


def hardswish(input, inplace=False):
    """input * relu6(input + 3) / 6."""
    return _C._hardswish_(input) if inplace else _C._hardswish(input)


def softshrink(input, lambd=0.5):
    """input moved towards 0 by lambd; 0 where it is nearer."""
    return _C._softshrink(input, lambd)


def softsign(input):
    """input / (1 + abs(input))."""
    return _C.div(input, _C.add(_C.abs(input), 1))


def tanhshrink(input):
    """input - tanh(input)."""
    return _C.sub(input, _C.tanh(input))


def threshold(input, threshold, value, inplace=False):
    """input where it is above the threshold, value elsewhere."""
    if inplace:
        return threshold_(input, threshold, value)
    if input.dtype.is_floating_point or input.dtype.is_complex:
        return _C._threshold(input, threshold, value)
    return _C.where(_C.gt(input, threshold), input, _C.full_like(input, value))


def threshold_(input, threshold, value):
    """threshold in place."""
    if input.dtype.is_floating_point or input.dtype.is_complex:
        return _C._threshold_(input, threshold, value)
    return input.masked_fill_(_C.le(input, threshold), value)


def _random_slopes(input, lower, upper):
    """1 above 0; below a slope drawn for each element in its turn."""
    if lower > upper:
        raise RuntimeError(
            f"rrelu: Lower bound should be less than or equal to the upper bound, got {lower} and {upper}"
        )
    values = _C.detach(input)
    if not values.dtype.is_floating_point:
        raise NotImplementedError(f'"rrelu_with_noise_out_cpu" not implemented for {values.dtype}')
    below = _C.le(values, 0)
    drawn = _C.empty(int(_C.sum(below)), dtype=_C.float64).uniform_(lower, upper)
    return _C.masked_scatter(_C.ones_like(values), below, _C._to(drawn, None, values.dtype))


def rrelu(input, lower=1.0 / 8, upper=1.0 / 3, training=False, inplace=False):
    """input, times a slope drawn between lower and upper below 0; while not training times their mean."""
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    slopes = _random_slopes(input, lower, upper)
    return _C.mul_(input, slopes) if inplace else _C.mul(input, slopes)


def rrelu_(input, lower=1.0 / 8, upper=1.0 / 3, training=False):
    """rrelu in place."""
    return rrelu(input, lower, upper, training, True)


def glu(input, dim=-1):
    """One half of the input along `dim`, times the sigmoid of the other."""
    return _C._glu(input, dim)


def softplus(input, beta=1.0, threshold=20.0):
    """log(1 + exp(beta * input)) / beta; input itself beyond the threshold."""
    return _C._softplus(input, beta, threshold)


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


def gumbel_softmax(logits, tau=1, hard=False, eps=1e-10, dim=-1):
    """A draw from the distribution of the logits, relaxed: softmax of them and Gumbel noise, divided by tau.

    Parameters
    ----------
    logits : Tensor, shape (..., n, ...)
        Logarithms of probabilities, not normalised.
    tau : float, default 1
        The smaller, the nearer to a class alone.
    hard : bool, default False
        Give the drawn class as 1 among 0, with the gradient of the relaxed draw.
    eps : float
        Not used any more.
    dim : int, default -1
        Along which the classes stand.
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    noise = _C.neg(_C.log(_C.empty_like(logits).exponential_()))
    soft = _C.softmax(_C.div(_C.add(logits, noise), tau), dim)
    if not hard:
        return soft
    drawn = _C.max(soft, dim, True)[1]
    chosen = _C.scatter(_C.zeros_like(logits), dim, drawn, 1.0)
    return _C.add(_C.sub(chosen, _C.detach(soft)), soft)
