"""Pointwise ops: derivatives and one line of description each."""

import cmath
import math

from rushlight import _C

from ._table import op, same, zero

_TWO_BY_ROOT_PI = 2 / math.sqrt(math.pi)


def _scaled(g, alpha):
    return g if alpha == 1 else _C.mul(g, alpha)


def _div_input(g, other, rounding_mode):
    return _C.div(g, other) if rounding_mode is None else _C.zeros_like(g)


def _div_other(g, input, other, rounding_mode):
    if rounding_mode is not None:
        return _C.zeros_like(other)
    return _C.neg(_C.div(_C.mul(g, _C.div(input, other)), other))


def _pow_input(g, input, exponent):
    if not isinstance(exponent, _C.TensorBase):
        return _C.zeros_like(input) if exponent == 0 else _C.mul(g, _C.mul(exponent, _C.pow(input, exponent - 1)))
    return _C.where(_C.eq(exponent, 0), 0.0, _C.mul(g, _C.mul(exponent, _C.pow(input, _C.sub(exponent, 1)))))


def _log_of(number):
    if not isinstance(number, (float, int)):
        return cmath.log(number)
    return math.log(number) if number > 0 else math.nan


def _pow_exponent(g, input, exponent, out):
    if not isinstance(input, _C.TensorBase):
        return _C.mul(g, _C.mul(out, _log_of(input))) if input != 0 else _C.zeros_like(out)
    real = _C.real(exponent) if exponent.dtype.is_complex else exponent
    flat = _C.logical_and(_C.eq(input, 0), _C.ge(real, 0))
    return _C.where(flat, 0.0, _C.mul(g, _C.mul(out, _C.log(input))))


def _larger(g, input, other, wins):
    return _C.where(wins(input, other), g, _C.where(_C.eq(input, other), _C.div(g, 2), 0.0))


def _clamp_input(g, input, min, max):
    inside = None
    if min is not None:
        inside = _C.ge(input, min)
    if max is not None:
        below = _C.le(input, max)
        inside = below if inside is None else _C.logical_and(inside, below)
    return _C.where(inside, g, 0.0)


def _clamp_min(g, input, min, max):
    under = _C.lt(input, min)
    if max is not None:
        under = _C.logical_and(under, _C.lt(min, max))
    return _C.where(under, g, 0.0)


def _clamp_max(g, input, min, max):
    over = _C.gt(input, max)
    if min is not None:
        over = _C.logical_or(over, _C.lt(max, min))
    return _C.where(over, g, 0.0)


def _angle_back(g, input):
    if not input.dtype.is_complex:
        return _C.zeros_like(input)
    # d angle = (x dy - y dx) / |z|^2, so the gradient is i z / |z|^2
    square = _C.square(_C.abs(input))
    return _C.mul(g, _C.where(_C.eq(square, 0), 0, _C.div(_C.mul(input, 1j), square)))


def _sgn_back(g, input, out):
    if not input.dtype.is_complex:
        return _C.zeros_like(input)
    # the part of g along the circle: (g - Re(g conj(s)) s) / |z|
    size = _C.abs(input)
    along = _C.mul(_C.real(_C.mul(g, _C.conj(out))), out)
    return _C.where(_C.eq(size, 0), 0, _C.div(_C.sub(g, along), size))


def _by_square(g, x, y):
    # 0 at the origin, as in PyTorch
    square = _C.add(_C.square(x), _C.square(y))
    return _C.where(_C.eq(square, 0), 0.0, _C.div(g, square))


# fmt: off
add = op(_C.add, grad=(same, lambda g, alpha: _scaled(g, alpha)), doc="Sum, element by element: input + alpha * other.")
sub = op(_C.sub, grad=(same, lambda g, alpha: _C.neg(_scaled(g, alpha))), doc="Difference, element by element: input - alpha * other.")
rsub = op(_C.rsub, grad=(lambda g, alpha: _C.neg(_scaled(g, alpha)), same), node={"*x": "RsubBackward1"}, doc="other - alpha * input.")
mul = op(_C.mul, grad=(lambda g, other: _C.mul(g, other), lambda g, input: _C.mul(g, input)), doc="Product, element by element.")
div = op(_C.div, grad=(_div_input, _div_other), node={"**x": "DivBackward2"}, doc="Quotient, element by element; rounding_mode None, 'trunc' or 'floor'.")
pow = op(_C.pow, grad=(_pow_input, _pow_exponent), node={"tx": "PowBackward0", "tt": "PowBackward1", "xt": "PowBackward2"}, doc="Power, element by element.")
floor_divide = op(_C.floor_divide, doc="Quotient rounded down.")
remainder = op(_C.remainder, grad=(same, lambda g, input, other: _C.neg(_C.mul(g, _C.floor(_C.div(input, other))))), node={"*x": "RemainderBackward0", "*t": "RemainderBackward1"}, doc="Python's %: the sign of the divisor.")
fmod = op(_C.fmod, grad=(same, lambda g, input, other: _C.neg(_C.mul(g, _C.trunc(_C.div(input, other))))), node={"*x": "FmodBackward0", "*t": "FmodBackward1"}, doc="C's fmod: the sign of the dividend.")
maximum = op(_C.maximum, grad=(lambda g, input, other: _larger(g, input, other, _C.gt), lambda g, input, other: _larger(g, other, input, _C.gt)), doc="The larger of two, NaN first.")
minimum = op(_C.minimum, grad=(lambda g, input, other: _larger(g, input, other, _C.lt), lambda g, input, other: _larger(g, other, input, _C.lt)), doc="The smaller of two, NaN first.")
fmax = op(_C.fmax, doc="The larger of two, NaN last.", grad=(lambda g, input, other: _C.where(_C.logical_or(_C.ge(input, other), _C.isnan(other)), g, 0.0), lambda g, input, other: _C.where(_C.logical_or(_C.ge(input, other), _C.isnan(other)), 0.0, g)))
fmin = op(_C.fmin, doc="The smaller of two, NaN last.", grad=(lambda g, input, other: _C.where(_C.logical_or(_C.le(input, other), _C.isnan(other)), g, 0.0), lambda g, input, other: _C.where(_C.logical_or(_C.le(input, other), _C.isnan(other)), 0.0, g)))
atan2 = op(_C.atan2, grad=(lambda g, input, other: _C.mul(_by_square(g, input, other), other), lambda g, input, other: _C.neg(_C.mul(_by_square(g, input, other), input))), doc="Angle of the point (other, input).")
clamp = op(_C.clamp, grad=(_clamp_input, _clamp_min, _clamp_max), node={"*t": "ClampBackward0", "**t": "ClampBackward0", "*-x": "ClampBackward1", "*x-": "ClampBackward1", "*xx": "ClampBackward1"}, doc="Values held between min and max.")
where = op(_C.where, grad=(None, lambda g, condition: _C.where(condition, g, 0.0), lambda g, condition: _C.where(condition, 0.0, g)), doc="input where condition is true, other elsewhere.")
addcmul = op(_C.addcmul, grad=(same, lambda g, tensor2, value: _C.mul(_C.mul(g, tensor2), value), lambda g, tensor1, value: _C.mul(_C.mul(g, tensor1), value)), doc="input + value * tensor1 * tensor2.")
addcdiv = op(_C.addcdiv, grad=(same, lambda g, tensor2, value: _C.mul(_C.div(g, tensor2), value), lambda g, tensor1, tensor2, value: _C.neg(_C.mul(_C.div(_C.mul(g, tensor1), _C.square(tensor2)), value))), doc="input + value * tensor1 / tensor2.")
lerp = op(_C.lerp, grad=(lambda g, weight: _C.mul(g, _C.rsub(weight, 1) if isinstance(weight, _C.TensorBase) else 1 - weight), lambda g, weight: _C.mul(g, weight), lambda g, input, end: _C.mul(g, _C.sub(end, input))), node={"**x": "LerpBackward0", "**t": "LerpBackward1"}, doc="input + weight * (end - input).")

neg = op(_C.neg, grad=lambda g: _C.neg(g), doc="Negative.")
abs = op(_C.abs, grad=lambda g, input: _C.mul(g, _C.sgn(input)), conjugate=False, doc="Absolute value.")
conj = op(_C.conj, grad=lambda g: _C.conj(g), conjugate=False, doc="Complex conjugate; a real tensor itself.")
conj_physical = op(_C.conj_physical, grad=lambda g: _C.conj_physical(g), conjugate=False, doc="Complex conjugate, always a copy.")
angle = op(_C.angle, grad=lambda g, input: _angle_back(g, input), conjugate=False, doc="Angle of a complex number; 0 or pi for a real one.")
sgn = op(_C.sgn, grad=lambda g, input, out: _sgn_back(g, input, out), conjugate=False, doc="input / abs(input); 0 for 0.")
complex = op(_C.complex, grad=(lambda g: _C.real(g), lambda g: _C.imag(g)), conjugate=False, doc="Complex numbers of their real and imaginary parts.")
sign = op(_C.sign, grad=zero, doc="-1, 0 or 1.")
square = op(_C.square, grad=lambda g, input: _C.mul(g, _C.mul(input, 2)), node="PowBackward0", doc="input * input.")
exp = op(_C.exp, grad=lambda g, out: _C.mul(g, out), doc="e to the power of input.")
exp2 = op(_C.exp2, grad=lambda g, out: _C.mul(g, _C.mul(out, math.log(2))), doc="2 to the power of input.")
expm1 = op(_C.expm1, grad=lambda g, out: _C.mul(g, _C.add(out, 1)), doc="exp(input) - 1, exact near 0.")
log = op(_C.log, grad=lambda g, input: _C.div(g, input), doc="Natural logarithm.")
log2 = op(_C.log2, grad=lambda g, input: _C.div(g, _C.mul(input, math.log(2))), doc="Logarithm to base 2.")
log10 = op(_C.log10, grad=lambda g, input: _C.div(g, _C.mul(input, math.log(10))), doc="Logarithm to base 10.")
log1p = op(_C.log1p, grad=lambda g, input: _C.div(g, _C.add(input, 1)), doc="log(1 + input), exact near 0.")
sqrt = op(_C.sqrt, grad=lambda g, out: _C.div(g, _C.mul(out, 2)), doc="Square root.")
rsqrt = op(_C.rsqrt, grad=lambda g, out: _C.mul(_C.mul(g, -0.5), _C.pow(out, 3)), doc="1 / sqrt(input).")
reciprocal = op(_C.reciprocal, grad=lambda g, out: _C.neg(_C.mul(g, _C.mul(out, out))), doc="1 / input.")
sin = op(_C.sin, grad=lambda g, input: _C.mul(g, _C.cos(input)), doc="Sine of radians.")
cos = op(_C.cos, grad=lambda g, input: _C.neg(_C.mul(g, _C.sin(input))), doc="Cosine of radians.")
tan = op(_C.tan, grad=lambda g, out: _C.mul(g, _C.add(_C.square(out), 1)), doc="Tangent of radians.")
sinh = op(_C.sinh, grad=lambda g, input: _C.mul(g, _C.cosh(input)), doc="Hyperbolic sine.")
cosh = op(_C.cosh, grad=lambda g, input: _C.mul(g, _C.sinh(input)), doc="Hyperbolic cosine.")
tanh = op(_C.tanh, grad=lambda g, out: _C._tanh_backward(g, out), doc="Hyperbolic tangent.")
asin = op(_C.asin, grad=lambda g, input: _C.mul(g, _C.rsqrt(_C.rsub(_C.square(input), 1))), doc="Angle of a sine.")
acos = op(_C.acos, grad=lambda g, input: _C.neg(_C.mul(g, _C.rsqrt(_C.rsub(_C.square(input), 1)))), doc="Angle of a cosine.")
atan = op(_C.atan, grad=lambda g, input: _C.div(g, _C.add(_C.square(input), 1)), doc="Angle of a tangent.")
sigmoid = op(_C.sigmoid, grad=lambda g, out: _C._sigmoid_backward(g, out), doc="1 / (1 + exp(-input)).")
erf = op(_C.erf, grad=lambda g, input: _C.mul(g, _C.mul(_C.exp(_C.neg(_C.square(input))), _TWO_BY_ROOT_PI)), doc="Error function.")
erfc = op(_C.erfc, grad=lambda g, input: _C.mul(g, _C.mul(_C.exp(_C.neg(_C.square(input))), -_TWO_BY_ROOT_PI)), doc="1 - erf(input).")
floor = op(_C.floor, grad=zero, doc="Rounded down.")
ceil = op(_C.ceil, grad=zero, doc="Rounded up.")
trunc = op(_C.trunc, grad=zero, doc="Rounded towards 0.")

op(_C._masked_scale, grad=(lambda g, mask, scale: _C._masked_scale(g, mask, scale), None))

isnan = op(_C.isnan, doc="Is it NaN?")
isinf = op(_C.isinf, doc="Is it infinite?")
isfinite = op(_C.isfinite, doc="Is it neither NaN nor infinite?")
isposinf = op(_C.isposinf, doc="Is it plus infinity?\n\n>>> torch.isposinf(torch.tensor([float('inf'), 1.0]))\ntensor([ True, False])")
isneginf = op(_C.isneginf, doc="Is it minus infinity?\n\n>>> torch.isneginf(torch.tensor([-float('inf'), 1.0]))\ntensor([ True, False])")
signbit = op(_C.signbit, doc="Is the sign bit set?")
logical_not = op(_C.logical_not, doc="Is it zero?")
logical_and = op(_C.logical_and, doc="Are both not zero?")
logical_or = op(_C.logical_or, doc="Is one not zero?")
logical_xor = op(_C.logical_xor, doc="Is exactly one not zero?")
bitwise_not = op(_C.bitwise_not, doc="Bits inverted.")
bitwise_and = op(_C.bitwise_and, doc="Bits of both.")
bitwise_or = op(_C.bitwise_or, doc="Bits of either.")
bitwise_xor = op(_C.bitwise_xor, doc="Bits of exactly one.")
eq = op(_C.eq, doc="input == other, element by element.")
ne = op(_C.ne, doc="input != other, element by element.")
lt = op(_C.lt, doc="input < other, element by element.")
le = op(_C.le, doc="input <= other, element by element.")
gt = op(_C.gt, doc="input > other, element by element.")
ge = op(_C.ge, doc="input >= other, element by element.")
# fmt: on

op(_C.fill_, grad=(zero, lambda g: _C.sum(g)))
op(_C.zero_, grad=zero)
op(_C._out, grad=same)
op(_C.copy_, grad=(zero, same), node="CopyBackwards")
