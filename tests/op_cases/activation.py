"""Activations with coefficients, and the backward ops of all."""

import numpy as np

from .case import FLOATS, Bad, Case, S, args, aten
from .elementwise import unary
from .pointwise import FINITE, numeric_slope, sigmoid


def elu(x, alpha=1.0, scale=1.0, inner=1.0):
    return np.where(x < 0, scale * alpha * np.expm1(np.minimum(x, 0) * inner), x * scale)


def elu_back(g, x, alpha=1.0, scale=1.0, inner=1.0):
    return np.where(x < 0, g * scale * alpha * inner * np.exp(np.minimum(x, 0) * inner), g * scale)


def softplus(x, beta=1.0, threshold=20.0):
    return np.where(x * beta > threshold, x, np.logaddexp(0, x * beta) / beta)


def softplus_back(g, x, beta=1.0, threshold=20.0):
    return np.where(x * beta > threshold, g, g * sigmoid(x * beta))


def mish(x):
    return x * np.tanh(np.logaddexp(0, x))


def hardswish(x):
    return x * np.clip(x + 3, 0, 6) / 6


def hardswish_back(g, x):
    return np.where(x <= -3, 0, np.where(x < 3, g * (x / 3 + 0.5), g))


def silu(x):
    return x * sigmoid(x)


def softshrink(x, lambd=0.5):
    return np.where(x > lambd, x - lambd, np.where(x < -lambd, x + lambd, x * 0))


def glu(x, dim=-1):
    a, b = np.split(x, 2, dim)
    return a * sigmoid(b)


def functional(name):
    return lambda lib: getattr(lib.nn.functional, name)


def sided(
    name,
    ref,
    *more,
    row=None,
    aten_name=None,
    second=True,
    ulp=2.0,
    bound=None,
    peer=None,
    dtypes=FLOATS,
    peer_grad=True,
    peer_close=0.0,
):
    """A backward op: on both sides of where the slope breaks, and further arguments."""
    low, high = args(S(3, 5), S(3, 5, low=-2.5, high=-0.2), *more), args(S(3, 5), S(3, 5, low=0.2, high=2.5), *more)
    return Case(name, ref, [low, high, args(S(19, 67), S(19, 67, low=0.2, high=2.5), *more)], rows=row or name[1:], peer=peer or aten(aten_name or name[1:]), ulp=ulp, bound=bound or (lambda g, *a: 4 * np.abs(g)), dtypes=dtypes, grad=True, peer_grad=peer_grad, peer_close=peer_close, grad_samples=[low, high], second=second, pointwise=True, large=[args(S(301, 401), S(301, 401), *more)])  # fmt: skip


# fmt: off
CASES = [
    unary("_elu", rows="elu", ref=elu, edges=FINITE, domain=(-3, -0.1), result="same", ulp=2.5, peer=functional("elu")),
    Case("_elu", elu, [args(S(3, 5), 0.5, 1.5, 2.0), args(S(3, 5), 1.6732632423543772, 1.0507009873554805)], id="_elu-coefficients", rows="elu", peer=aten("elu"), ulp=4, grad=True, grad_samples=[args(S(3, 5, low=0.1), 0.5, 1.5, 2.0), args(S(3, 5, high=-0.1), 0.5, 1.5, 2.0)], pointwise=True),
    unary("_hardtanh", rows="hardtanh", ref=lambda x, low=-1.0, high=1.0: np.clip(x, low, high), domain=(-0.9, 0.9), result="same", ulp=0, peer=functional("hardtanh"), bad=[Bad(S(3), 1.0, -1.0, raises=ValueError, match="min_val cannot be greater than max_val", peer=False), Bad(S(3), tested="int64", raises=NotImplementedError, match="not implemented", peer=False)]),
    Case("_threshold", lambda x, t, v: np.where(x <= t, v, x), [args(S(3, 5), 0.5, 7.0), args(S(19, 67), -0.5, -1.0), args(S(0, 4), 0.0, 1.0)], rows="threshold", peer=functional("threshold"), ulp=0, grad=True, grad_samples=[args(S(3, 5, low=0.6), 0.5, 7.0), args(S(3, 5, high=0.4), 0.5, 7.0)], pointwise=True, large=[args(S(301, 401), 0.0, 1.0)]),
    unary("_softplus", rows="softplus", ref=softplus, edges=FINITE, domain=(-9, 9), result="same", ulp=3, peer=functional("softplus")),
    unary("_softshrink", rows="softshrink", ref=softshrink, domain=(0.6, 2), result="same", ulp=0.5, peer=functional("softshrink"), bad=[Bad(S(3), -1.0, raises=RuntimeError, match="lambda must be greater or equal to 0")], zero_sign=False),
    unary("_hardsigmoid", lambda x: np.clip(x + 3, 0, 6) / 6, domain=(-2.9, 2.9), result="same", ulp=1.5, bound=lambda x: 2, peer=functional("hardsigmoid"), peer_close=1e-7),
    unary("_hardswish", hardswish, edges=FINITE, domain=(-2.9, 2.9), result="same", ulp=2, bound=lambda x: 4 * (1 + np.abs(x)), peer=functional("hardswish"), zero_sign=False, peer_close=1e-7),
    unary("_mish", mish, edges=FINITE, domain=(-9, 9), result="same", ulp=4, peer=functional("mish")),
    Case("_glu", glu, [args(S(3, 6)), args(S(4, 5), 0), args(S(2, 4, 3), 1), args(S(0, 4))], rows="glu", peer=functional("glu"), ulp=3, grad=True, large=[args(S(301, 402))], bad=[Bad(S(3, 5), raises=RuntimeError, match="Halving dimension must be even, but dimension 1 is size 5"), Bad(S(), raises=RuntimeError, match="0-dimensional"), Bad(S(3, 4), 2, raises=IndexError, match="out of range")]),
    sided("_elu_backward", elu_back, 0.5, 1.5, 2.0, peer=lambda lib: lambda g, x, a, s, i: lib.ops.aten.elu_backward(g, a, s, i, False, x), ulp=4),
    sided("_hardtanh_backward", lambda g, x, low, high: np.where((x > low) & (x < high), g, 0), -0.1, 3.0, ulp=0),
    sided("_threshold_backward", lambda g, x, t: np.where(x <= t, 0, g), 0.1, ulp=0),
    sided("_softplus_backward", softplus_back, 2.0, 20.0),
    sided("_hardsigmoid_backward", lambda g, x: np.where(np.abs(x) < 3, g / 6, 0), second=False, peer_grad=False, peer_close=1e-7),
    sided("_hardswish_backward", hardswish_back, second=False),
    sided("_mish_backward", lambda g, x: g * numeric_slope(mish, x), ulp=16, dtypes=("float32",), peer_grad=False),
    sided("_silu_backward", lambda g, x: g * numeric_slope(silu, x), ulp=16, dtypes=("float32",), peer_grad=False),
    sided("_log_sigmoid_backward", lambda g, x: g * sigmoid(-x), peer=lambda lib: lambda g, x: lib.ops.aten.log_sigmoid_backward(g, x, lib.exp(-lib.abs(x))), peer_grad=False),
]
# fmt: on
