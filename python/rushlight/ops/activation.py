"""Activations: a backward op each, that is differentiated in its turn."""

import math

from rushlight import _C

from ._table import op, zero


def _gelu_curve(g, grad, input, approximate):
    # second derivative: of x * Phi(x), or of the tanh form
    if approximate == "none":
        density = _C.mul(_C.exp(_C.mul(_C.square(input), -0.5)), 1 / math.sqrt(2 * math.pi))
        return _C.mul(_C.mul(g, grad), _C.mul(density, _C.rsub(_C.square(input), 2)))
    c = math.sqrt(2 / math.pi)
    squared = _C.square(input)
    t = _C.tanh(_C.mul(_C.mul(input, _C.add(_C.mul(squared, 0.044715), 1)), c))
    slope = _C.mul(_C.add(_C.mul(squared, 3 * 0.044715), 1), c)
    sech = _C.rsub(_C.square(t), 1)
    inner = _C.add(_C.mul(slope, 1), _C.mul(_C.mul(input, input), 3 * 0.044715 * c))
    curve = _C.mul(sech, _C.sub(inner, _C.mul(_C.mul(input, t), _C.square(slope))))
    return _C.mul(_C.mul(g, grad), curve)


def _elu_curve(g, grad, input, alpha, scale, input_scale):
    below = _C._elu_backward(_C.mul(g, grad), input, alpha, scale, input_scale)
    return _C.where(_C.lt(input, 0), _C.mul(below, input_scale), 0.0)


def _bent(share):
    """s (1 - s)"""
    return _C.mul(share, _C.rsub(share, 1))


def _softplus_curve(g, grad, input, beta, threshold):
    scaled = _C.mul(input, beta)
    curve = _C.mul(_bent(_C.sigmoid(scaled)), beta)
    return _C.where(_C.gt(scaled, threshold), 0.0, _C.mul(_C.mul(g, grad), curve))


def _hardswish_curve(g, grad, input):
    return _C.where(_C.lt(_C.abs(input), 3), _C.div(_C.mul(g, grad), 3), 0.0)


def _mish_curve(g, grad, input):
    # with t = tanh(softplus(x)) and s = sigmoid(x): (1 - t^2) s (2 + x (1 - s) - 2 x s t)
    s, t = _C.sigmoid(input), _C.tanh(_C._softplus(input))
    inner = _C.add(_C.sub(_C.mul(input, _C.rsub(s, 1)), _C.mul(_C.mul(input, _C.mul(s, t)), 2)), 2)
    return _C.mul(_C.mul(g, grad), _C.mul(_C.mul(_C.rsub(_C.square(t), 1), s), inner))


def _silu_curve(g, grad, input):
    # s (1 - s) (2 + x (1 - 2 s))
    s = _C.sigmoid(input)
    inner = _C.add(_C.mul(input, _C.rsub(_C.mul(s, 2), 1)), 2)
    return _C.mul(_C.mul(g, grad), _C.mul(_bent(s), inner))


def _log_sigmoid_curve(g, grad, input):
    return _C.neg(_C.mul(_C.mul(g, grad), _bent(_C.sigmoid(input))))


def _glu_back(g, input, dim):
    size = input.shape[dim] // 2
    x, gate = _C.narrow(input, dim, 0, size), _C.narrow(input, dim, size, size)
    share = _C.sigmoid(gate)
    of_x = _C.mul(g, share)
    return _C.cat([of_x, _C.mul(of_x, _C.mul(x, _C.rsub(share, 1)))], dim)


# fmt: off
relu = op(_C.relu, grad=lambda g, out: _C._relu_backward(g, out), doc="max(input, 0).")
op(_C._relu_backward, grad=(lambda g, output: _C._relu_backward(g, output), zero))
op(_C._tanh_backward, grad=(lambda g, output: _C._tanh_backward(g, output), lambda g, grad, output: _C.mul(_C.mul(g, grad), _C.mul(output, -2))))
op(_C._sigmoid_backward, grad=(lambda g, output: _C._sigmoid_backward(g, output), lambda g, grad, output: _C.mul(_C.mul(g, grad), _C.rsub(_C.mul(output, 2), 1))))
op(_C._log_sigmoid, grad=lambda g, input: _C._log_sigmoid_backward(g, input), node="LogSigmoidBackward0")
op(_C._log_sigmoid_backward, grad=(lambda g, input: _C._log_sigmoid_backward(g, input), _log_sigmoid_curve))
op(_C._silu, grad=lambda g, input: _C._silu_backward(g, input), node="SiluBackward0")
op(_C._silu_backward, grad=(lambda g, input: _C._silu_backward(g, input), _silu_curve))
gelu = op(_C.gelu, grad=lambda g, input, approximate: _C._gelu_backward(g, input, approximate=approximate), doc="input times the normal distribution function of it; approximate 'none' or 'tanh'.")
op(_C._gelu_backward, grad=(lambda g, input, approximate: _C._gelu_backward(g, input, approximate=approximate), _gelu_curve))
leaky_relu = op(_C.leaky_relu, grad=lambda g, input, negative_slope: _C._leaky_relu_backward(g, input, negative_slope), doc="input, times negative_slope below 0.")
op(_C._leaky_relu_backward, grad=(lambda g, input, negative_slope: _C._leaky_relu_backward(g, input, negative_slope), zero))
hardshrink = op(_C.hardshrink, grad=lambda g, input, lambd: _C._hardshrink_backward(g, input, lambd), doc="input, but 0 from -lambd to lambd.")
op(_C._hardshrink_backward, grad=(lambda g, input, lambd: _C._hardshrink_backward(g, input, lambd), zero))
op(_C._prelu_kernel, grad=(lambda g, input, weight: _C.where(_C.gt(input, 0), g, _C.mul(weight, g)), lambda g, input: _C.where(_C.gt(input, 0), 0.0, _C.mul(input, g))), node="PreluKernelBackward0")
op(_C._softshrink, grad=lambda g, input, lambd: _C._hardshrink_backward(g, input, lambd), node="SoftshrinkBackward0")
op(_C._elu, grad=lambda g, input, alpha, scale, input_scale: _C._elu_backward(g, input, alpha, scale, input_scale), node="EluBackward0")
op(_C._elu_backward, grad=(lambda g, input, alpha, scale, input_scale: _C._elu_backward(g, input, alpha, scale, input_scale), _elu_curve))
op(_C._hardtanh, grad=lambda g, input, min_val, max_val: _C._hardtanh_backward(g, input, min_val, max_val), node="HardtanhBackward0")
op(_C._hardtanh_backward, grad=(lambda g, input, min_val, max_val: _C._hardtanh_backward(g, input, min_val, max_val), zero))
op(_C._threshold, grad=lambda g, input, threshold: _C._threshold_backward(g, input, threshold), node="ThresholdBackward0")
op(_C._threshold_backward, grad=(lambda g, input, threshold: _C._threshold_backward(g, input, threshold), zero))
op(_C._softplus, grad=lambda g, input, beta, threshold: _C._softplus_backward(g, input, beta, threshold), node="SoftplusBackward0")
op(_C._softplus_backward, grad=(lambda g, input, beta, threshold: _C._softplus_backward(g, input, beta, threshold), _softplus_curve))
op(_C._hardsigmoid, grad=lambda g, input: _C._hardsigmoid_backward(g, input), node="HardsigmoidBackward0")
op(_C._hardsigmoid_backward, grad=(lambda g, input: _C._hardsigmoid_backward(g, input), zero))
op(_C._hardswish, grad=lambda g, input: _C._hardswish_backward(g, input), node="HardswishBackward0")
op(_C._hardswish_backward, grad=(lambda g, input: _C._hardswish_backward(g, input), _hardswish_curve))
op(_C._mish, grad=lambda g, input: _C._mish_backward(g, input), node="MishBackward0")
op(_C._mish_backward, grad=(lambda g, input: _C._mish_backward(g, input), _mish_curve))
op(_C._glu, grad=_glu_back, node="GluBackward0")

# in place PyTorch counts them on
op(_C.leaky_relu_, grad=lambda g, input, negative_slope: _C._leaky_relu_backward(g, input, negative_slope), node="LeakyReluBackward1")
op(_C._elu_, grad=lambda g, input, alpha, scale, input_scale: _C._elu_backward(g, input, alpha, scale, input_scale), node="EluBackward1")
op(_C._threshold_, grad=lambda g, input, threshold: _C._threshold_backward(g, input, threshold), node="ThresholdBackward1")
# fmt: on
