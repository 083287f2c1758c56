"""The pointwise ops beyond the elementary ones: values against mpmath, NumPy or literals, edges, dtypes, gradients."""

import math

import mpmath as mp
import numpy as np
import pytest

import rushlight as torch
from rushlight.autograd.gradcheck import gradcheck, gradgradcheck

mp.mp.dps = 40
inf, nan = math.inf, math.nan
special = torch.special


def f64(*values):
    return torch.tensor(values, dtype=torch.float64)


def wide(n=7, low=-2.0, high=2.0):
    return torch.linspace(low, high, n, dtype=torch.float64)


ROOT_2 = mp.sqrt(2)
# name, function, reference, arguments
MPMATH = [
    ("acosh", torch.acosh, mp.acosh, (1.0, 1.5, 30.0)),
    ("asinh", torch.asinh, mp.asinh, (-3.0, 1e-9, 0.5, 1e9)),
    ("atanh", torch.atanh, mp.atanh, (-0.9, 1e-9, 0.5)),
    ("lgamma", torch.lgamma, lambda x: mp.log(abs(mp.gamma(x))), (-3.7, -0.2, 1e-8, 0.3, 1.2, 1.9, 2.4, 5.5, 7.99, 8.0, 60.0)),
    ("digamma", torch.digamma, mp.digamma, (-3.7, -0.2, 1e-8, 0.3, 1.2, 1.46, 2.4, 5.5, 7.99, 8.0, 1e6)),
    ("trigamma", lambda x: torch.polygamma(1, x), lambda x: mp.psi(1, x), (-3.7, -0.2, 0.3, 2.4, 7.99, 8.0, 1e6)),
    ("polygamma 2", lambda x: torch.polygamma(2, x), lambda x: mp.psi(2, x), (0.3, 2.4, 30.0)),
    ("polygamma 5", lambda x: torch.polygamma(5, x), lambda x: mp.psi(5, x), (-2.3, 0.3, 2.4, 30.0)),
    ("erfinv", torch.erfinv, mp.erfinv, (-0.999999, -0.5, 1e-9, 0.7, 0.99)),
    ("erfcx", special.erfcx, lambda x: mp.exp(x * x) * mp.erfc(x), (-5.0, -0.3, 1e-9, 0.7, 3.0, 90.0)),
    ("ndtr", special.ndtr, lambda x: mp.erfc(-x / ROOT_2) / 2, (-30.0, -2.0, 0.1, 3.0)),
    ("ndtri", special.ndtri, lambda p: ROOT_2 * mp.erfinv(2 * p - 1), (1e-10, 0.02, 0.3, 0.9, 0.9999)),
    ("log_ndtr", special.log_ndtr, lambda x: mp.log(mp.erfc(-x / ROOT_2) / 2), (-30.0, -2.0, 0.1, 3.0)),
    ("i0", torch.i0, lambda x: mp.besseli(0, x), (-700.0, -8.1, 0.1, 3.0, 8.0)),
    ("i1", special.i1, lambda x: mp.besseli(1, x), (-700.0, -8.1, 0.1, 3.0, 8.0)),
    ("i0e", special.i0e, lambda x: mp.exp(-abs(x)) * mp.besseli(0, x), (-700.0, -8.1, 0.1, 3.0, 8.0)),
    ("i1e", special.i1e, lambda x: mp.exp(-abs(x)) * mp.besseli(1, x), (-700.0, -8.1, 0.1, 3.0, 8.0)),
    ("sinc", torch.sinc, lambda x: mp.sinpi(x) / (mp.pi * x), (-2.5, 1e-9, 0.3, 101.25)),
    ("logit", torch.logit, lambda x: mp.log(x / (1 - x)), (1e-9, 0.3, 0.50001, 0.9)),
    ("entr", special.entr, lambda x: -x * mp.log(x), (1e-9, 0.3, 1.00001, 9.0)),
    ("mvlgamma", lambda x: torch.mvlgamma(x, 3), lambda x: 1.5 * mp.log(mp.pi) + sum(mp.loggamma(x - i / 2) for i in range(3)), (1.1, 5.0)),
]  # fmt: skip
PAIRS = (0.1, 0.1), (0.5, 2.0), (3.0, 1.0), (9.0, 12.0), (50.0, 40.0), (400.0, 420.0), (5000.0, 5100.0), (1e6, 999000.0)
MPMATH_2 = [
    ("gammainc", special.gammainc, lambda a, x: mp.gammainc(a, 0, x, regularized=True), PAIRS),
    ("gammaincc", special.gammaincc, lambda a, x: mp.gammainc(a, x, mp.inf, regularized=True), PAIRS[:-2]),
    ("hypot", torch.hypot, mp.hypot, ((3.0, 4.0), (1e200, 1e200), (-2.0, 0.0))),
    ("logaddexp", torch.logaddexp, lambda x, y: mp.log(mp.exp(x) + mp.exp(y)), ((1.0, 2.0), (-800.0, -801.0))),
    ("logaddexp2", torch.logaddexp2, lambda x, y: mp.log(2**x + 2**y, 2), ((1.0, 2.0), (800.0, 801.0))),
    ("xlogy", torch.xlogy, lambda x, y: x * mp.log(y), ((2.0, 3.0), (-1.0, 0.5))),
    ("xlog1py", special.xlog1py, lambda x, y: x * mp.log1p(y), ((2.0, 3.0), (-1.0, 1e-9))),
]


def assert_close(got, true, dtype):
    eps = 4e-15 if dtype == torch.float64 else 1.2e-7 if dtype == torch.float32 else 5e-3
    for g, t in zip(got.tolist(), true, strict=True):
        if abs(float(t)) > 3e38 and dtype != torch.float64:
            assert g == math.copysign(inf, t) or abs(g / float(t) - 1) < eps
        else:
            assert abs(g - float(t)) <= eps * max(abs(float(t)), 1e-37 if dtype != torch.float64 else 1e-300)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("case", MPMATH, ids=lambda c: c[0])
def test_values(case, dtype):
    _, function, reference, arguments = case
    x = torch.tensor(arguments, dtype=dtype)
    assert_close(function(x), [mp.re(reference(mp.mpf(v))) for v in x.tolist()], dtype)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("case", MPMATH_2, ids=lambda c: c[0])
def test_values_of_two(case, dtype):
    name, function, reference, pairs = case
    x, y = (torch.tensor(v, dtype=dtype) for v in zip(*pairs, strict=True))
    true = [reference(mp.mpf(a), mp.mpf(b)) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    if name.startswith("gamma") and dtype == torch.float64:  # the exponential's argument has an error of its own
        got = function(x, y).tolist()
        assert all(abs(g / float(t) - 1) < 2e-13 for g, t in zip(got, true, strict=True))
    else:
        assert_close(function(x, y), true, dtype)


INT, FLOAT = torch.tensor([1, 2, 3]), torch.tensor([1.0, 2.0, 3.0])
# expression, expected values, dtype
LITERALS = [
    (lambda: torch.bitwise_left_shift(torch.tensor([1, 2, 3, 1]), torch.tensor([3, 64, -1, 63])), [8, 0, 0, -(2**63)], "int64"),
    (lambda: torch.tensor([-8, 8, -8]) >> torch.tensor([1, 70, -1]), [-4, 0, -1], "int64"),
    (lambda: torch.tensor([200], dtype=torch.uint8) >> 9, [0], "uint8"),
    (lambda: torch.tensor([-8], dtype=torch.int8) >> 9, [-1], "int8"),
    (lambda: 1 << INT, [2, 4, 8], "int64"),
    (lambda: torch.tensor([True]) << 1, [2], "int64"),
    (lambda: torch.gcd(torch.tensor([12, -9, 0, -(2**63)]), torch.tensor([18, 6, -4, 6])), [6, 3, 4, 2], "int64"),
    (lambda: torch.lcm(torch.tensor([12, -9, 0]), torch.tensor([18, 6, 0])), [36, 18, 0], "int64"),
    (lambda: torch.heaviside(torch.tensor([nan, -1.0, 0.0, 2.0]), torch.tensor([5.0])), [0.0, 0.0, 5.0, 1.0], "float32"),
    (lambda: torch.copysign(INT, -0.0), [-1.0, -2.0, -3.0], "float32"),
    (lambda: torch.frac(torch.tensor([1.5, -2.25, 3.0])), [0.5, -0.25, 0.0], "float32"),
    (lambda: torch.nextafter(torch.tensor([1.0, 0.0, 0.0]), torch.tensor([2.0, -1.0, 0.0])), [1 + 2**-23, -(2**-149), 0.0], "float32"),
    (lambda: torch.nextafter(torch.tensor([1.0], dtype=torch.bfloat16), torch.tensor([2.0], dtype=torch.bfloat16)), [1 + 2**-7], "bfloat16"),
    (lambda: torch.frexp(torch.tensor([6.0, -0.5, 0.0, 1e-45])).mantissa, [0.75, -0.5, 0.0, 0.5], "float32"),
    (lambda: torch.frexp(torch.tensor([6.0, -0.5, 0.0, 1e-45])).exponent, [3, 0, 0, -148], "int32"),
    (lambda: torch.frexp(f64(6.0, 5e-324)).exponent, [3, -1073], "int32"),
    (lambda: torch.ldexp(INT, torch.tensor([1, 2, 3])), [2.0, 8.0, 24.0], "float32"),
    (lambda: torch.round(torch.tensor([1234.5678]), decimals=2), [float(np.float32(1234.57))], "float32"),
    (lambda: torch.round(torch.tensor([1234.0, 155.0]), decimals=-1), [1230.0, 160.0], "float32"),
    (lambda: torch.nan_to_num(torch.tensor([nan, inf, -inf, 1.0]), 7.0, neginf=-2.0), [7.0, float(np.finfo("f").max), -2.0, 1.0], "float32"),
    (lambda: torch.nan_to_num(torch.tensor([inf], dtype=torch.float16)), [65504.0], "float16"),
    (lambda: torch.nan_to_num(INT), [1, 2, 3], "int64"),
    (lambda: torch.logit(torch.tensor([-1.0, 0.5, 2.0]), eps=0.5), [0.0, 0.0, 0.0], "float32"),
    (lambda: torch.logit(torch.tensor([0.0, 1.0])), [-inf, inf], "float32"),
    (lambda: torch.lgamma(torch.tensor([0.0, -1.0, -inf, inf, 1.0, 2.0])), [inf, inf, inf, inf, 0.0, 0.0], "float32"),
    (lambda: torch.digamma(torch.tensor([0.0, -0.0, inf])), [-inf, inf, inf], "float32"),
    (lambda: torch.erfinv(torch.tensor([1.0, -1.0, 0.0])), [inf, -inf, 0.0], "float32"),
    (lambda: special.ndtri(torch.tensor([0.0, 1.0, 0.5])), [-inf, inf, 0.0], "float32"),
    (lambda: special.entr(torch.tensor([-1.0, 0.0])), [-inf, 0.0], "float32"),
    (lambda: special.erfcx(torch.tensor([-inf, inf])), [inf, 0.0], "float32"),
    (lambda: torch.i0(torch.tensor([inf, -inf])), [inf, inf], "float32"),
    (lambda: special.i1e(torch.tensor([inf, -inf])), [0.0, -0.0], "float32"),
    (lambda: torch.sinc(torch.tensor([0.0, 1.0, -2.0])), [1.0, 0.0, 0.0], "float32"),
    (lambda: torch.xlogy(torch.tensor([0.0, 0.0]), torch.tensor([0.0, -1.0])), [0.0, 0.0], "float32"),
    (lambda: torch.logaddexp(torch.tensor([inf, -inf]), torch.tensor([inf, -inf])), [inf, -inf], "float32"),
    (lambda: torch.hypot(torch.tensor([inf]), torch.tensor([nan])), [inf], "float32"),
    (lambda: torch.igamma(torch.tensor([0.0, inf, 1.0]), torch.tensor([1.0, 1.0, inf])), [1.0, 0.0, 1.0], "float32"),
    (lambda: torch.float_power(INT, 2), [1.0, 4.0, 9.0], "float64"),
    (lambda: torch.float_power(2, INT), [2.0, 4.0, 8.0], "float64"),
    (lambda: torch.clamp_min(INT, 1.5), [1.5, 2.0, 3.0], "float32"),
    (lambda: torch.clamp_max(FLOAT, torch.tensor([2.0, 1.0, 9.0])), [1.0, 1.0, 3.0], "float32"),
    (lambda: torch.isposinf(torch.tensor([inf, -inf, nan])), [True, False, False], "bool"),
    (lambda: torch.isneginf(torch.tensor([inf, -inf, nan])), [False, True, False], "bool"),
    (lambda: torch.prelu(torch.tensor([[-1.0, -1.0]]), torch.tensor([0.25, 0.5])), [[-0.25, -0.5]], "float32"),
    (lambda: torch.hardshrink(torch.tensor([-1.0, 0.5, 0.75])), [-1.0, 0.0, 0.75], "float32"),
    (lambda: torch.fix(torch.tensor([-1.5])), [-1.0], "float32"),
    (lambda: torch.deg2rad(torch.tensor([180])), [float(np.float32(math.pi))], "float32"),
    (lambda: torch.remainder(5, INT), [0, 1, 2], "int64"),
    (lambda: torch.where(INT > 1, 1.0, 0), [0.0, 1.0, 1.0], "float32"),
]  # fmt: skip


@pytest.mark.parametrize("case", LITERALS, ids=range(len(LITERALS)))
def test_literals(case):
    expression, values, dtype = case
    got = expression()
    assert got.dtype == getattr(torch, dtype)
    assert got.tolist() == values


RAISES = [
    (lambda: torch.gcd(INT, 0), TypeError, "must be Tensor"),
    (lambda: torch.gcd(FLOAT, FLOAT), NotImplementedError, "not implemented for 'Float'"),
    (lambda: FLOAT << 1, NotImplementedError, "not implemented for 'Float'"),
    (lambda: torch.hypot(INT, INT), NotImplementedError, "not implemented for 'Long'"),
    (lambda: torch.heaviside(FLOAT, INT), RuntimeError, "different dtypes"),
    (lambda: torch.polygamma(-1, FLOAT), RuntimeError, "does not support negative n"),
    (lambda: torch.mvlgamma(FLOAT, 0), RuntimeError, "p has to be greater than or equal to 1"),
    (lambda: torch.frexp(INT), RuntimeError, "only supports floating-point dtypes"),
    (lambda: torch.ldexp(FLOAT, 2), TypeError, "must be Tensor"),
    (lambda: FLOAT.clone().float_power_(2), RuntimeError, "requires dtype Double"),
    (lambda: torch.prelu(FLOAT, FLOAT), RuntimeError, "Mismatch of parameter numbers and input channel size"),
    (lambda: torch.round(INT, decimals=1), NotImplementedError, "not implemented for 'Long'"),
    (lambda: torch.addcdiv(INT, INT, INT), RuntimeError, "Integer division with addcdiv is no longer supported"),
]


@pytest.mark.parametrize("case", RAISES, ids=range(len(RAISES)))
def test_what_is_refused(case):
    expression, kind, phrase = case
    with pytest.raises(kind, match=phrase):
        expression()


UNIT = wide(6, 0.1, 0.85)
DIFFERENTIABLE = [
    ("acosh", torch.acosh, (wide(5, 1.2, 4),)),
    ("asinh", torch.asinh, (wide(),)),
    ("atanh", torch.atanh, (wide(6, -0.8, 0.7),)),
    ("sinc", torch.sinc, (wide(6, -1.7, 1.6),)),
    ("deg2rad", torch.deg2rad, (wide(),)),
    ("lgamma", torch.lgamma, (wide(6, 0.3, 9),)),
    ("digamma", torch.digamma, (wide(6, 0.3, 9),)),
    ("polygamma", lambda x: torch.polygamma(2, x), (wide(6, 0.3, 9),)),
    ("erfinv", torch.erfinv, (wide(6, -0.8, 0.7),)),
    ("erfcx", special.erfcx, (wide(),)),
    ("ndtr", special.ndtr, (wide(),)),
    ("ndtri", special.ndtri, (UNIT,)),
    ("log_ndtr", special.log_ndtr, (wide(),)),
    ("i0", torch.i0, (wide(6, -3, 3.5),)),
    ("i1", special.i1, (wide(6, -3, 3.5),)),
    ("i0e", special.i0e, (wide(6, -3, 3.5),)),
    ("i1e", special.i1e, (wide(6, -3, 3.5),)),
    ("entr", special.entr, (UNIT,)),
    ("logit", torch.logit, (UNIT,)),
    ("logit eps", lambda x: torch.logit(x, eps=0.2), (UNIT,)),
    ("nan_to_num", torch.nan_to_num, (wide(),)),
    ("frexp", lambda x: torch.frexp(x)[0], (wide(4, 0.55, 0.95),)),
    ("clamp_min", torch.clamp_min, (wide(6), wide(6, 1.1, -1.3))),
    ("clamp_max number", lambda x: torch.clamp_max(x, 0.7), (wide(6),)),
    ("copysign", lambda x: torch.copysign(x, -1.0), (wide(6),)),
    ("hypot", torch.hypot, (wide(6), wide(6, 1, 2))),
    ("logaddexp", torch.logaddexp, (wide(6), wide(6, 1, -2))),
    ("logaddexp2", torch.logaddexp2, (wide(6), wide(6, 1, -2))),
    ("xlogy", torch.xlogy, (wide(6), UNIT)),
    ("xlog1py", special.xlog1py, (wide(6), UNIT)),
    ("gammainc", lambda x: special.gammainc(f64(0.5, 2, 3, 4, 9, 1), x), (wide(6, 0.2, 8),)),
    ("gammaincc", lambda x: special.gammaincc(f64(0.5, 2, 3, 4, 9, 1), x), (wide(6, 0.2, 8),)),
    ("ldexp", lambda x: torch.ldexp(x, torch.tensor(3)), (wide(6),)),
    ("float_power", lambda x: torch.float_power(x, 3), (wide(6),)),
    ("mvlgamma", lambda x: torch.mvlgamma(x, 2), (wide(6, 0.8, 5),)),
    ("prelu", torch.prelu, (wide(6), f64(0.25))),
    ("hardshrink", torch.hardshrink, (wide(6),)),
    ("sinc complex", torch.sinc, (torch.tensor([0.3 + 0.4j, -1.2 + 0.1j], dtype=torch.complex128),)),
    ("acosh complex", torch.acosh, (torch.tensor([0.3 + 0.4j, -1.2 + 0.5j], dtype=torch.complex128),)),
    ("asinh complex", torch.asinh, (torch.tensor([0.3 + 0.4j, -1.2 + 0.5j], dtype=torch.complex128),)),
    ("atanh complex", torch.atanh, (torch.tensor([0.3 + 0.4j, -1.2 + 0.5j], dtype=torch.complex128),)),
]


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=lambda c: c[0])
def test_gradients(case):
    _, function, arguments = case
    arguments = tuple(a.clone().requires_grad_() for a in arguments)
    assert gradcheck(function, arguments)
    assert gradgradcheck(function, arguments)


IN_PLACE = ["acosh", "asinh", "atanh", "deg2rad", "rad2deg", "digamma", "erfinv", "frac", "i0", "lgamma", "logit", "sinc",
            "nan_to_num", "round", "fix", "arccosh", "arcsinh", "arctanh"]  # fmt: skip


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_forms_give_the_same(name):
    x = torch.tensor([0.25, 0.5, 0.75]) if name not in ("acosh", "arccosh") else torch.tensor([1.25, 1.5, 3.0])
    y = x.clone()
    assert getattr(y, name + "_")() is y
    assert torch.equal(y, getattr(torch, name)(x))


def test_shifts_in_place():
    x = torch.tensor([1, 2])
    x <<= 2
    x >>= 1
    assert x.tolist() == [2, 4]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_remainders_are_exact_for_quotients_of_any_size(dtype):
    rng = np.random.default_rng(5)
    x, y = (rng.normal(size=5000) * 2.0 ** rng.integers(-30, 30, 5000) for _ in range(2))
    x, y = x.astype(dtype), y.astype(dtype)
    x[:100] = y[:100] * 3  # whole quotients, and what is just beside them
    x[100:200] = np.nextafter(y[100:200] * 7, 0)
    x[200:300] = np.nextafter(y[200:300], 0)
    for begin in (0, 300, 1000):  # blocks with and without quotients that libm must take
        a, b = torch.from_numpy(x[begin:]), torch.from_numpy(y[begin:])
        np.testing.assert_array_equal(torch.fmod(a, b).numpy(), np.fmod(x[begin:], y[begin:]))
        np.testing.assert_array_equal(torch.remainder(a, b).numpy(), np.remainder(x[begin:], y[begin:]))
        np.testing.assert_array_equal(torch.floor_divide(a, b).numpy(), np.floor_divide(x[begin:], y[begin:]))
