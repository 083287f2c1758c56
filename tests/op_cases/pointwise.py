"""Element by element."""

import functools
import math

import mpmath
import numpy as np

from .case import (
    COMPLEX,
    EDGES,
    FLOATING,
    INTEGERS,
    INTEGERS_BOOL,
    NUMERIC,
    NUMERIC_BOOL,
    SIGNED,
    UNSIGNED,
    Bad,
    Case,
    S,
    args,
    aten,
)  # fmt: skip
from .elementwise import binary, unary

ALL_FLOAT = (*FLOATING, *INTEGERS, "bool")  # integers and bools compute as floats
erf = np.vectorize(math.erf, otypes=[np.float64])


@functools.partial(np.vectorize, otypes=[np.float64])
def erfc(x):
    """math.erfc is off by up to 2.6 ulp."""
    with mpmath.workdps(25):
        return float(mpmath.erfc(x))


FINITE = tuple(x for x in EDGES if np.isfinite(x))  # PyTorch gives NaN for gelu of an infinity


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gelu(x, approximate="none"):
    if approximate == "tanh":
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return x * 0.5 * erfc(-np.asarray(x, np.float64) / math.sqrt(2))


def numeric_slope(function, x):
    """Central difference of fourth order: good to about 1e-10."""
    h = 1e-3
    return (8 * (function(x + h) - function(x - h)) - (function(x + 2 * h) - function(x - 2 * h))) / (12 * h)


def nan_first(pick):
    return lambda x, y: np.where(np.isnan(x) | np.isnan(y), np.nan, pick(x, y)) if x.dtype.kind == "f" else pick(x, y)


def rounded_div(x, y, rounding_mode=None):
    if rounding_mode is None:
        return np.true_divide(x, y)
    if rounding_mode == "floor":
        return np.floor_divide(x, y)
    return np.trunc(x / y) if np.asarray(x).dtype.kind == "f" else (np.sign(x) * np.sign(y) * (np.abs(x) // np.abs(y)))


def clamp(x, min=None, max=None):
    x = x if min is None else np.maximum(x, min)
    return x if max is None else np.minimum(x, max)


def sign(x):
    return (
        np.where(np.isnan(x), 0, np.sign(x)) if x.dtype.kind == "f" else np.sign(x.astype(np.int64))
    )  # sign(NaN) = 0, as in PyTorch


def power(x, y):
    if np.asarray(x).dtype.kind == "f" or np.asarray(y).dtype.kind == "f":
        return np.power(np.asarray(x, np.longdouble), y)
    return np.power(x, y)


def relu(x):
    return np.where(np.isnan(x), x, np.maximum(x, 0)) if x.dtype.kind == "f" else np.maximum(x, 0)


def leaky(x, negative_slope=0.01):
    return np.where(x > 0, x, x * np.asarray(negative_slope, x.dtype))


def lerp(x, y, w):
    return x + w * (y - x)


def refused(dtype, match):
    return Bad(S(2, dtype=dtype), raises=RuntimeError, match=match)


# fmt: off
UNARY = [
    unary("neg", np.negative, dtypes=NUMERIC, result="same", ulp=0, bad=[refused("bool", "bool tensor|not implemented for 'Bool'")]),
    unary("abs", np.abs, domain=(0.2, 2), dtypes=NUMERIC, result="same", ulp=0),
    unary("sign", sign, domain=(0.2, 2), dtypes=NUMERIC_BOOL, result="same", ulp=0),
    unary("sgn", sign, domain=(0.2, 2), dtypes=NUMERIC_BOOL, result="same", ulp=0),
    unary("conj_physical", lambda x: x, dtypes=NUMERIC_BOOL, result="same", ulp=0),
    unary("angle", lambda x: np.where(np.isnan(x), np.nan, np.where(x < 0, np.longdouble(math.pi) if x.dtype.kind == "f" else math.pi, 0.0)), domain=(0.2, 2), dtypes=ALL_FLOAT, ulp=0.6),
    unary("square", np.square, dtypes=NUMERIC, result="same", ulp=0.5),
    unary("exp", np.exp, domain=(-9, 9), dtypes=ALL_FLOAT),
    unary("exp2", np.exp2, domain=(-9, 9), dtypes=ALL_FLOAT),
    unary("expm1", np.expm1, domain=(-9, 9), dtypes=ALL_FLOAT, ulp=1.5),
    unary("log", np.log, domain=(0.01, 100), dtypes=ALL_FLOAT),
    unary("log2", np.log2, domain=(0.01, 100), dtypes=ALL_FLOAT),
    unary("log10", np.log10, domain=(0.01, 100), dtypes=ALL_FLOAT),
    unary("log1p", np.log1p, domain=(-0.9, 100), dtypes=ALL_FLOAT),
    unary("sqrt", np.sqrt, domain=(0.01, 100), dtypes=ALL_FLOAT, ulp=0.5),
    unary("rsqrt", lambda x: 1 / np.sqrt(x), domain=(0.1, 100), dtypes=ALL_FLOAT, ulp=1.5),
    unary("reciprocal", lambda x: 1 / x, domain=(0.2, 4), dtypes=ALL_FLOAT, ulp=0.5),
    unary("sin", np.sin, domain=(-9, 9), dtypes=ALL_FLOAT),
    unary("cos", np.cos, domain=(-9, 9), dtypes=ALL_FLOAT),
    unary("tan", np.tan, domain=(-1.3, 1.3), dtypes=ALL_FLOAT),
    unary("sinh", np.sinh, domain=(-4, 4), dtypes=ALL_FLOAT, ulp=2),
    unary("cosh", np.cosh, domain=(-4, 4), dtypes=ALL_FLOAT),
    unary("tanh", np.tanh, domain=(-4, 4), dtypes=ALL_FLOAT, ulp=1.5),
    unary("asin", np.arcsin, domain=(-0.9, 0.9), dtypes=ALL_FLOAT),
    unary("acos", np.arccos, domain=(-0.9, 0.9), dtypes=ALL_FLOAT),
    unary("atan", np.arctan, domain=(-9, 9), dtypes=ALL_FLOAT),
    unary("special_spherical_bessel_j0", lambda x: np.where(x == 0, 1, np.where(np.isinf(x), 0, np.sin(x) / np.where(x == 0, 1, x))), domain=(-9, 9), ulp=1.5, grad=False),
    unary("sigmoid", sigmoid, domain=(-9, 9), dtypes=ALL_FLOAT, ulp=1.5),
    unary("erf", erf, dtypes=ALL_FLOAT),
    unary("erfc", erfc, dtypes=ALL_FLOAT, ulp=1.5),
    unary("relu", relu, zero_sign=False, domain=(0.2, 2), dtypes=NUMERIC, result="same", ulp=0),
    unary("_log_sigmoid", zero_sign=False, ref=lambda x: np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x))), edges=FINITE, domain=(-9, 9), result="same", ulp=2.5, peer=lambda lib: lib.nn.functional.logsigmoid),
    unary("_silu", lambda x: x * sigmoid(x), edges=FINITE, domain=(-9, 9), result="same", ulp=2.5, peer=lambda lib: lib.nn.functional.silu),
    unary("floor", np.floor, domain=(0.2, 0.8), dtypes=NUMERIC, result="same", ulp=0),
    unary("ceil", np.ceil, domain=(0.2, 0.8), dtypes=NUMERIC, result="same", ulp=0),
    unary("round", np.rint, domain=(0.6, 1.4), dtypes=NUMERIC, result="same", ulp=0),
    unary("trunc", np.trunc, domain=(0.2, 0.8), dtypes=NUMERIC, result="same", ulp=0),
    unary("isnan", np.isnan, dtypes=NUMERIC_BOOL, result="bool", ulp=0, grad=False),
    unary("isinf", np.isinf, dtypes=NUMERIC_BOOL, result="bool", ulp=0, grad=False),
    unary("isfinite", np.isfinite, dtypes=NUMERIC_BOOL, result="bool", ulp=0, grad=False),
    unary("signbit", lambda x: np.signbit(x) if x.dtype.kind == "f" else x < 0, dtypes=NUMERIC_BOOL, result="bool", ulp=0, grad=False, edges=EDGES[1:]),
    unary("logical_not", np.logical_not, dtypes=NUMERIC_BOOL, result="bool", ulp=0, grad=False),
    unary("bitwise_not", np.invert, dtypes=INTEGERS_BOOL, result="same", ulp=0, grad=False, bad=[refused("float32", "bitwise_not")]),
    unary("gelu", gelu, edges=FINITE, ulp=2, bound=lambda x: 4 * np.abs(x), result="same"),
    unary("gelu", lambda x: gelu(x, "tanh"), edges=FINITE, ulp=2, bound=lambda x: 4 * np.abs(x), result="same", id="gelu-tanh", of=lambda lib: lambda x: lib.nn.functional.gelu(x, approximate="tanh")),
    unary("leaky_relu", leaky, domain=(0.2, 2), result="same"),
    unary("clone", lambda x: x, dtypes=NUMERIC_BOOL, result="same", ulp=0),
    unary("conj", lambda x: x, dtypes=NUMERIC_BOOL, result="same", ulp=0),
]

BINARY = [
    binary("add", np.add),
    binary("sub", np.subtract, dtypes=NUMERIC),
    binary("mul", np.multiply),
    binary("div", np.true_divide, other=(0.3, 2), dtypes=ALL_FLOAT, result="float"),
    binary("rsub", lambda x, y: y - x, dtypes=NUMERIC),
    binary("maximum", zero_sign=False, ref= nan_first(np.maximum), ulp=0),
    binary("minimum", zero_sign=False, ref= nan_first(np.minimum), ulp=0),
    binary("fmax", zero_sign=False, ref= np.fmax, ulp=0),
    binary("fmin", zero_sign=False, ref= np.fmin, ulp=0),
    binary("atan2", np.arctan2, domain=(0.2, 2), dtypes=ALL_FLOAT, result="float", ulp=1),
    binary("floor_divide", np.floor_divide, other=(0.3, 2), dtypes=NUMERIC, ulp=0, grad=False, edges=False),
    binary("remainder", zero_sign=False, ref= np.remainder, other=(0.3, 2), dtypes=NUMERIC, ulp=0.5, edges=False),
    binary("fmod", np.fmod, other=(0.3, 2), dtypes=NUMERIC, ulp=0, edges=False),
    binary("pow", power, domain=(0.2, 2), dtypes=NUMERIC, ulp=1, edges=False),
    binary("eq", np.equal, result="bool", ulp=0, grad=False),
    binary("ne", np.not_equal, result="bool", ulp=0, grad=False),
    binary("lt", np.less, result="bool", ulp=0, grad=False),
    binary("le", np.less_equal, result="bool", ulp=0, grad=False),
    binary("gt", np.greater, result="bool", ulp=0, grad=False),
    binary("ge", np.greater_equal, result="bool", ulp=0, grad=False),
    binary("logical_and", np.logical_and, result="bool", ulp=0, grad=False),
    binary("logical_or", np.logical_or, result="bool", ulp=0, grad=False),
    binary("logical_xor", np.logical_xor, result="bool", ulp=0, grad=False),
    binary("bitwise_and", np.bitwise_and, dtypes=INTEGERS_BOOL, ulp=0, grad=False),
    binary("bitwise_or", np.bitwise_or, dtypes=INTEGERS_BOOL, ulp=0, grad=False),
    binary("bitwise_xor", np.bitwise_xor, dtypes=INTEGERS_BOOL, ulp=0, grad=False),
]

NUMBERS = [  # the second operand a number, in every form that Python has
    Case("add", lambda x, y, alpha=1: x + alpha * y, [args(S(3, 5), 2.5), args(S(3, 5), S(3, 5), alpha=0.5), args(S(4), -1, alpha=3)], id="add-number", ulp=1, grad=True, pointwise=True),
    Case("add", lambda x, y, alpha=1: x + alpha * y, [args(S(3, 5), 2), args(S(3, 5), S(5), alpha=3)], id="add-integers", dtypes=INTEGERS, pointwise=True, bad=[Bad(S(2, dtype="int64"), S(2, dtype="int64"), alpha=0.5, raises=RuntimeError, match="integral")]),
    Case("sub", lambda x, y, alpha=1: x - alpha * y, [args(S(3, 5), 2.5), args(S(3, 5), S(3, 5), alpha=0.5)], id="sub-number", ulp=1, grad=True, pointwise=True, bad=[Bad(S(2, dtype="bool"), S(2, dtype="bool"), raises=RuntimeError, match="[Ss]ubtraction")]),
    Case("mul", np.multiply, [args(S(3, 5), 0.5), args(S(), -3)], id="mul-number", ulp=0.5, grad=True, pointwise=True),
    Case("div", rounded_div, [args(S(3, 5), 4.0), args(S(3, 5), 2, rounding_mode="floor"), args(S(3, 5), 0.5, rounding_mode="trunc")], id="div-number", ulp=0.5, grad=True, pointwise=True, bad=[Bad(S(2), 2, rounding_mode="up", raises=RuntimeError, match="rounding_mode")]),
    Case("div", rounded_div, [args(S(3, 5), S(3, 5, low=1), rounding_mode="floor"), args(S(3, 5), S(3, 5, low=1), rounding_mode="trunc")], id="div-rounded", dtypes=(*SIGNED, *UNSIGNED), pointwise=True),
    Case("pow", power, [args(S(3, 5, low=0.2), e) for e in (2, 3, 0.5, -1, 0, -2.5)], id="pow-number", ulp=1, grad=True, pointwise=True),
    Case("pow", power, [args(S(3, 5), 2), args(S(3, 5), 0)], id="pow-integers", dtypes=INTEGERS, pointwise=True, bad=[Bad(S(2, dtype="int64"), -1, raises=RuntimeError, match="negative")]),
    Case("pow", power, [args(2.0, S(3, 5)), args(0.5, S(4))], id="pow-of-number", ulp=1, grad=True, pointwise=True),
    Case("where", np.where, [args(S(3, 5, dtype="bool"), S(3, 5), S(3, 5)), args(S(5, dtype="bool"), S(3, 1), S(1, 5)), args(S(2, dtype="bool"), S(2), 0.0), args(S(0, dtype="bool"), S(0), S(0)), args(S(dtype="bool"), S(), S())], dtypes=NUMERIC_BOOL, grad=True, result=None, pointwise=True, large=[args(S(301, 401, dtype="bool"), S(301, 401), S(401))], bad=[Bad(S(2, 3, dtype="bool"), S(4), S(3), raises=RuntimeError, match="must match")]),
    Case("clamp", clamp, [args(S(3, 5), -1, 1), args(S(3, 5), min=0.5), args(S(), max=0.25), args(S(0, 3), 0, 1)], grad=True, dtypes=FLOATING, pointwise=True, large=[args(S(301, 401), -1, 1)], bad=[Bad(S(2), raises=(RuntimeError, ValueError), match="[Aa]t least one of")]),
    Case("clamp", clamp, [args(S(3, 5), 1, 4), args(S(3, 5), min=3)], id="clamp-integers", dtypes=INTEGERS, pointwise=True),
    Case("clamp", clamp, [args(S(3, 5), S(5, high=-0.5), S(3, 1, low=0.5)), args(S(3, 5), min=S(3, 5)), args(S(3, 5), max=S(5))], id="clamp-tensors", grad=True, pointwise=True),
    Case("addcmul", lambda x, a, b, value=1: x + value * a * b, [args(S(3, 5), S(3, 5), S(3, 5)), args(S(3, 5), S(5), S(3, 1), value=0.5), args(S(), S(), S())], bound=lambda x, a, b, value=1: 3 * (np.abs(x) + np.abs(value * a * b)), ulp=1, grad=True, pointwise=True, large=[args(S(301, 401), S(301, 401), S(401))]),
    Case("addcdiv", lambda x, a, b, value=1: x + value * a / b, [args(S(3, 5), S(3, 5), S(3, 5, low=0.4)), args(S(3, 5), S(5), S(3, 1, low=0.4), value=0.5)], bound=lambda x, a, b, value=1: 3 * (np.abs(x) + np.abs(value * a / b)), ulp=1, grad=True, pointwise=True, large=[args(S(301, 401), S(301, 401), S(401, low=0.4))]),
    Case("lerp", lerp, [args(S(3, 5), S(3, 5), 0.25), args(S(3, 5), S(5), S(3, 1, low=0, high=1)), args(S(), S(), 0.75)], bound=lambda x, y, w: 4 * (np.abs(x) + np.abs(y)), ulp=1, grad=True, pointwise=True, large=[args(S(301, 401), S(301, 401), 0.25)]),
]

# what the rules of other ops call: `grad` first; ours and PyTorch's agree in the order of arguments
BACKWARD = [
    Case("_tanh_backward", lambda g, y: g * (1 - y * y), [args(S(3, 5), S(3, 5, low=-0.9, high=0.9))], rows="tanh_backward", peer=aten("tanh_backward"), bound=lambda g, y: 3 * np.abs(g), ulp=1, grad=True, pointwise=True),
    Case("_sigmoid_backward", lambda g, y: g * (1 - y) * y, [args(S(3, 5), S(3, 5, low=0.1, high=0.9))], rows="sigmoid_backward", peer=aten("sigmoid_backward"), ulp=2, grad=True, pointwise=True),
    Case("_relu_backward", lambda g, y: np.where(y > 0, g, 0), [args(S(3, 5), S(3, 5, low=0.1)), args(S(3, 5), S(3, 5, high=-0.1))], rows="relu_backward", peer=lambda lib: lambda g, y: lib.ops.aten.threshold_backward(g, y, 0), grad=True, pointwise=True),
    Case("_gelu_backward", lambda g, x, approximate="none": g * numeric_slope(lambda t: gelu(t, approximate), x), [args(S(3, 5), S(3, 5)), args(S(3, 5), S(3, 5), approximate="tanh")], rows="gelu_backward", peer=aten("gelu_backward"), dtypes=("float32",), ulp=16, bound=lambda g, x, approximate="none": 4 * np.abs(g), grad=True, pointwise=True),
    Case("_leaky_relu_backward", lambda g, x, slope=0.01: np.where(x > 0, g, g * slope), [args(S(3, 5), S(3, 5, low=0.1)), args(S(3, 5), S(3, 5, high=-0.1), 0.2)], rows="leaky_relu_backward", peer=lambda lib: lambda g, x, slope=0.01: lib.ops.aten.leaky_relu_backward(g, x, slope, False), ulp=1, grad=True, pointwise=True),
    Case("_masked_scale", lambda g, m, scale: g * m * scale, [args(S(3, 5), S(3, 5, dtype="bool"), 2.5)], rows="masked_scale", peer=lambda lib: lambda g, m, scale: g * m * scale, ulp=0.5, grad=True, pointwise=True),
    Case("complex", lambda r, i: r + 1j * i, [args(S(3, 5), S(3, 5))], rows="complex_op", dtypes=("float64",), result="complex128", grad=True, second=False, pointwise=True, bad=[Bad(S(2), S(2, dtype="float64"), raises=RuntimeError, match="same dtype|Expected")]),
    Case("_out", lambda x: x, [args(S(3, 5))], rows="deliver_op", peer=False, grad=True),
    Case("masked_fill", lambda x, m, v: np.where(m, np.asarray(v).astype(x.dtype), x), [args(S(3, 5), S(3, 5, dtype="bool"), 2), args(S(3, 5), S(5, dtype="bool"), S()), args(S(0), S(0, dtype="bool"), 1)], dtypes=NUMERIC_BOOL, grad=True, large=[args(S(301, 401), S(401, dtype="bool"), 2)], pointwise=True, bad=[Bad(S(3), S(3), 1.0, raises=RuntimeError, match="bool"), Bad(S(3), S(3, dtype="bool"), S(3), raises=RuntimeError, match="0-dimension|0-d")]),
]

# no refusal where elements share memory: all get one value
WRITING = [
    Case("fill_", lambda x, v: np.full_like(x, v), [args(S(3, 5), 2), args(S(0), 1), args(S(3, 5), S())], dtypes=NUMERIC_BOOL, writes=True, grad=True, large=[args(S(301, 401), 1)], bad=[Bad(S(3), S(3), raises=RuntimeError, match="0-dimension|0-d")]),
    Case("zero_", np.zeros_like, [args(S(3, 5)), args(S())], dtypes=NUMERIC_BOOL, writes=True, grad=True, large=[args(S(301, 401))]),
    Case("copy_", lambda x, y: np.broadcast_to(y, x.shape), [args(S(3, 5), S(3, 5)), args(S(3, 5), S(5)), args(S(0, 2), S(0, 2)), args(S(), S())], dtypes=NUMERIC_BOOL, writes=True, grad=True, large=[args(S(301, 401), S(301, 401))], bad=[Bad(S(3), S(4), raises=RuntimeError, match="must match|does not broadcast")]),
    Case("copy_", lambda x, y: y, [args(S(3, 5), S(3, 5, dtype=d, low=0, high=9)) for d in NUMERIC_BOOL], id="copy_-converts", writes=True, grad=False, ulp=0.5),
]
# fmt: on


def complex_unary(name, ref, **more):
    """The same op of complex numbers; its gradient is held against PyTorch's."""
    s = [args(S(3, 5)), args(S()), args(S(0, 4)), args(S(19, 67))]
    return Case(name, ref, s, id=f"{name}-complex", dtypes=COMPLEX, pointwise=True, large=[args(S(301, 401))], **more)


def complex_binary(name, ref, **more):
    s = [args(S(3, 5), S(3, 5)), args(S(2, 1, 4), S(3, 1)), args(S(19, 67), S(67))]
    return Case(name, ref, s, id=f"{name}-complex", dtypes=COMPLEX, pointwise=True, **more)


def sgn(x):
    return np.where(x == 0, 0, x / np.where(x == 0, 1, np.abs(x)))


# fmt: off
COMPLEX_CASES = [
    complex_unary("neg", np.negative), complex_unary("conj_physical", np.conj), complex_unary("conj", np.conj), complex_unary("clone", lambda x: x),
    complex_unary("abs", lambda x: np.hypot(x.real, x.imag), result="real", ulp=1), complex_unary("angle", np.angle, result="real", ulp=1.5), complex_unary("sgn", sgn, ulp=2), complex_unary("square", np.square, ulp=2),
    *(complex_unary(name, ref, ulp=8) for name, ref in [
        ("exp", np.exp), ("exp2", np.exp2), ("expm1", np.expm1), ("log", np.log), ("log2", np.log2), ("log10", np.log10), ("log1p", np.log1p), ("sqrt", np.sqrt),
        ("rsqrt", lambda x: 1 / np.sqrt(x)), ("reciprocal", lambda x: 1 / x), ("sin", np.sin), ("cos", np.cos), ("tan", np.tan), ("sinh", np.sinh), ("cosh", np.cosh),
        ("tanh", np.tanh), ("asin", np.arcsin), ("acos", np.arccos), ("atan", np.arctan), ("sigmoid", sigmoid)]),
    *(complex_unary(name, ref, result="bool") for name, ref in [("isnan", np.isnan), ("isinf", np.isinf), ("isfinite", np.isfinite), ("logical_not", np.logical_not)]),
    complex_binary("add", np.add, ulp=1), complex_binary("sub", np.subtract, ulp=1), complex_binary("mul", np.multiply, ulp=2), complex_binary("div", np.divide, ulp=4),
    complex_binary("pow", np.power, ulp=16), complex_binary("eq", np.equal, result="bool"), complex_binary("ne", np.not_equal, result="bool"),
]
# fmt: on
CASES = COMPLEX_CASES + UNARY + BINARY + NUMBERS + BACKWARD + WRITING
