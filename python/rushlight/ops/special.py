"""Pointwise ops beyond the elementary ones: gamma, Bessel, error functions, logarithms of sums, bits, rounding."""

import math

from rushlight import _C

from ._table import op, same, zero

_ROOT_PI, _ROOT_TWO_PI = math.sqrt(math.pi), math.sqrt(2 * math.pi)


def _acosh_back(g, input):
    if input.dtype.is_complex:  # one square root of the product would take the wrong branch on the left
        return _C.mul(g, _C.mul(_C.rsqrt(_C.sub(input, 1)), _C.rsqrt(_C.add(input, 1))))
    return _C.mul(g, _C.rsqrt(_C.sub(_C.square(input), 1)))


def _sinc_back(g, input, out):
    slope = _C.div(_C.sub(_C.cos(_C.mul(input, math.pi)), out), input)
    return _C.mul(g, _C.where(_C.eq(input, 0), 0.0, slope))


def _away_from_zero(input):
    """(is it so near 0 that a series is needed?, input with those replaced)."""
    eps = 2.0**-52 if input.dtype == _C.float64 else 2.0**-23
    near = _C.le(_C.abs(input), eps)
    return near, _C.where(near, eps, input)


def _i1_back(g, input, out):
    near, safe = _away_from_zero(input)  # i1'(0) = 1/2
    return _C.mul(g, _C.where(near, 0.5, _C.sub(_C.i0(safe), _C.div(out, safe))))


def _i1e_back(g, input, out):
    near, safe = _away_from_zero(input)
    slope = _C.sub(_C.special_i0e(safe), _C.mul(out, _C.add(_C.sgn(safe), _C.reciprocal(safe))))
    return _C.mul(g, _C.where(near, 0.5, slope))


def _logit_back(g, input, eps):
    slope = _C.div(g, _C.mul(input, _C.rsub(input, 1)))
    if eps is None or eps < 0:
        return _C.where(_C.logical_and(_C.ge(input, 0), _C.le(input, 1)), slope, math.nan)
    return _C.where(_C.logical_and(_C.ge(input, eps), _C.le(input, 1 - eps)), slope, 0.0)


def _copysign_back(g, input, out):
    return _C.mul(g, _C.where(_C.eq(input, 0), 0.0, _C.div(out, input)))


def _xlog_back(product, g, input, other, edge):
    # log(other), but 0 where the product was taken as 0
    flat = _C.logical_and(_C.eq(input, 0), _C.le(other, edge) if isinstance(other, _C.TensorBase) else other <= edge)
    return _C.where(flat, 0.0, product(g, other))


def _logaddexp_back(g, input, other):
    return _C.div(g, _C.add(_C.exp(_C.sub(other, input)), 1))


def _logaddexp2_back(g, input, other):
    return _C.div(g, _C.add(_C.exp2(_C.sub(other, input)), 1))


def _igamma_back(g, input, other):
    # d P(a, x) / dx = x^(a - 1) e^-x / Gamma(a)
    power = _C.sub(_C.mul(_C.sub(input, 1), _C.log(other)), other)
    return _C.mul(g, _C.exp(_C.sub(power, _C.lgamma(input))))


def _zeta_input(g):
    raise NotImplementedError("the derivative for 'zeta' is not implemented.")


def _zeta_other(g, input, other):
    return _C.mul(g, _C.mul(_C.special_zeta(input + 1, other), -input))


def _frexp_back(g, out):
    return None if g[0] is None else _C.div(g[0], _C.exp2(out[1].to(g[0].dtype)))


# fmt: off
acosh = op(_C.acosh, grad=_acosh_back, doc="Inverse hyperbolic cosine.")
asinh = op(_C.asinh, grad=lambda g, input: _C.mul(g, _C.rsqrt(_C.add(_C.square(input), 1))), doc="Inverse hyperbolic sine.")
atanh = op(_C.atanh, grad=lambda g, input: _C.div(g, _C.rsub(_C.square(input), 1)), doc="Inverse hyperbolic tangent.")
sinc = op(_C.sinc, grad=_sinc_back, doc="sin(pi * input) / (pi * input), 1 at 0.")
deg2rad = op(_C.deg2rad, grad=lambda g: _C.deg2rad(g), doc="Degrees as radians.", node="Deg2RadBackward0")
rad2deg = op(_C.rad2deg, grad=lambda g: _C.rad2deg(g), doc="Radians as degrees.", node="Rad2DegBackward0")
frac = op(_C.frac, grad=same, doc="The part after the point, with the sign of input.\n\n>>> torch.frac(torch.tensor([1.5, -2.25]))\ntensor([ 0.5000, -0.2500])")
round = op(_C.round, grad=zero, doc="Rounded to the nearest, halves to even; to so many `decimals`, which may be negative.\n\n>>> torch.round(torch.tensor([2.5, 3.5]))\ntensor([2., 4.])\n>>> torch.round(torch.tensor([1234.]), decimals=-2)\ntensor([1200.])")
lgamma = op(_C.lgamma, grad=lambda g, input: _C.mul(g, _C.digamma(input)), doc="Logarithm of the magnitude of the gamma function.")
digamma = op(_C.digamma, grad=lambda g, input: _C.mul(g, _C._trigamma(input)), doc="Derivative of lgamma.")
op(_C._trigamma, grad=lambda g, input: _C.mul(g, _C._polygamma(input, 2)), node="PolygammaBackward0")
op(_C._polygamma, grad=lambda g, input, n: _C.mul(g, _C._polygamma(input, n + 1)), node="PolygammaBackward0")
erfinv = op(_C.erfinv, grad=lambda g, out: _C.mul(g, _C.mul(_C.exp(_C.square(out)), _ROOT_PI / 2)), doc="Inverse of the error function.")
i0 = op(_C.i0, grad=lambda g, input: _C.mul(g, _C.special_i1(input)), doc="Modified Bessel function of the first kind of order 0.")
special_i0e = op(_C.special_i0e, grad=lambda g, input, out: _C.mul(g, _C.sub(_C.special_i1e(input), _C.mul(_C.sgn(input), out))), doc="i0(input) * exp(-abs(input)).", node="SpecialI0EBackward0")
special_i1 = op(_C.special_i1, grad=_i1_back, doc="Modified Bessel function of the first kind of order 1.", node="SpecialI1Backward0")
special_i1e = op(_C.special_i1e, grad=_i1e_back, doc="i1(input) * exp(-abs(input)).", node="SpecialI1EBackward0")
special_erfcx = op(_C.special_erfcx, grad=lambda g, input, out: _C.mul(g, _C.sub(_C.mul(_C.mul(input, out), 2), 2 / _ROOT_PI)), doc="exp(input ** 2) * erfc(input), without overflow.", node="SpecialErfcxBackward0")
special_ndtr = op(_C.special_ndtr, grad=lambda g, input: _C.mul(g, _C.mul(_C.exp(_C.mul(_C.square(input), -0.5)), 1 / _ROOT_TWO_PI)), doc="Distribution function of the standard normal.")
special_ndtri = op(_C.special_ndtri, grad=lambda g, out: _C.mul(g, _C.mul(_C.exp(_C.mul(_C.square(out), 0.5)), _ROOT_TWO_PI)), doc="Inverse of ndtr: quantiles of the standard normal.", node="SpecialNdtriBackward0")
special_log_ndtr = op(_C.special_log_ndtr, grad=lambda g, input: _C.mul(g, _C.mul(_C.reciprocal(_C.special_erfcx(_C.mul(input, -math.sqrt(0.5)))), math.sqrt(2 / math.pi))), doc="Logarithm of ndtr, precise in both tails.", node="SpecialLogNdtrBackward0")
special_entr = op(_C.special_entr, grad=lambda g, input: _C.mul(g, _C.sub(_C.neg(_C.log(input)), 1)), doc="-input * log(input); 0 at 0, -inf below.", node="SpecialEntrBackward0")
special_spherical_bessel_j0 = op(_C.special_spherical_bessel_j0, doc="Spherical Bessel function of the first kind of order 0: sin(input) / input, 1 at 0.")
logit = op(_C.logit, grad=_logit_back, doc="log(input / (1 - input)), of input held in [eps, 1 - eps] where eps is given.")
nan_to_num = op(_C.nan_to_num, grad=lambda g, input: _C.where(_C.isfinite(input), g, 0.0), doc="NaN and infinities replaced: by `nan`, and by `posinf` and `neginf` or the dtype's largest and lowest number.")
op(_C._frexp, grad=_frexp_back, node="FrexpBackward0")
clamp_min = op(_C.clamp_min, grad=(lambda g, input, min: _C.where(_C.ge(input, min), g, 0.0), lambda g, input, min: _C.where(_C.lt(input, min), g, 0.0)), doc="The larger of input and min.")
clamp_max = op(_C.clamp_max, grad=(lambda g, input, max: _C.where(_C.le(input, max), g, 0.0), lambda g, input, max: _C.where(_C.gt(input, max), g, 0.0)), doc="The smaller of input and max.")
copysign = op(_C.copysign, grad=(_copysign_back, zero), node={"*x": "CopysignBackward1"}, doc="The magnitude of input with the sign of other.")
hypot = op(_C.hypot, grad=(lambda g, input, out: _C.mul(g, _C.div(input, out)), lambda g, other, out: _C.mul(g, _C.div(other, out))), doc="sqrt(input ** 2 + other ** 2), without overflow.")
logaddexp = op(_C.logaddexp, grad=(_logaddexp_back, lambda g, input, other: _logaddexp_back(g, other, input)), doc="log(exp(input) + exp(other)), without overflow.")
logaddexp2 = op(_C.logaddexp2, grad=(_logaddexp2_back, lambda g, input, other: _logaddexp2_back(g, other, input)), doc="log2(2 ** input + 2 ** other), without overflow.")
xlogy = op(_C.xlogy, grad=(lambda g, input, other: _xlog_back(_C.xlogy, g, input, other, 0), lambda g, input, other: _C.mul(g, _C.div(input, other))), node={"*x": "XlogyBackward2", "x": "XlogyBackward1"}, doc="input * log(other); 0 where input is 0.")
special_xlog1py = op(_C.special_xlog1py, grad=(lambda g, input, other: _xlog_back(_C.special_xlog1py, g, input, other, -1), lambda g, input, other: _C.mul(g, _C.div(input, _C.add(other, 1)))), node={"*x": "SpecialXlog1PyBackward2", "x": "SpecialXlog1PyBackward1", "": "SpecialXlog1PyBackward0"}, doc="input * log1p(other); 0 where input is 0.")
special_zeta = op(_C.special_zeta, grad=(_zeta_input, _zeta_other), node={"*x": "SpecialZetaBackward2", "xt": "SpecialZetaBackward1"}, doc="Hurwitz zeta function: the sum over k >= 0 of (k + other) ** -input; Riemann's where other is 1.\n\n>>> torch.special.zeta(torch.tensor([2., 4.]), 1)\ntensor([1.6449, 1.0823])")
igamma = op(_C.igamma, grad=(None, _igamma_back), doc="The regularised lower incomplete gamma function P(input, other).")
igammac = op(_C.igammac, grad=(None, lambda g, input, other: _C.neg(_igamma_back(g, input, other))), doc="The regularised upper incomplete gamma function Q(input, other).")
nextafter = op(_C.nextafter, grad=(lambda g, input, other: _C.where(_C.ne(input, other), g, 0.0), zero), doc="The next number from input towards other.")
heaviside = op(_C.heaviside, doc="0 below 0, 1 above, `values` at 0.")
gcd = op(_C.gcd, doc="Greatest common divisor.\n\n>>> torch.gcd(torch.tensor([12, -9]), torch.tensor([18, 6]))\ntensor([6, 3])")
lcm = op(_C.lcm, doc="Least common multiple.")
bitwise_left_shift = op(_C.bitwise_left_shift, doc="Bits moved to the left by other; all of them out, or a negative other, gives 0.")
bitwise_right_shift = op(_C.bitwise_right_shift, doc="Bits moved to the right by other, copies of the sign following.")
# fmt: on

_C._inherit_rules(_C.polygamma_, _C._polygamma)
