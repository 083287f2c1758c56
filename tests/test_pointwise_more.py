"""The pointwise ops beyond the elementary ones: literals of edges and dtypes, what is refused, ops made of others."""

import math

import numpy as np
import pytest

import rushlight as torch
from rushlight.autograd.gradcheck import gradcheck, gradgradcheck

inf, nan = math.inf, math.nan
special = torch.special


def f64(*values):
    return torch.tensor(values, dtype=torch.float64)


def wide(n=7, low=-2.0, high=2.0):
    return torch.linspace(low, high, n, dtype=torch.float64)


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
    (lambda: torch.copysign(INT, -0.0), [-1.0, -2.0, -3.0], "float32"),
    (lambda: torch.nextafter(torch.tensor([1.0], dtype=torch.bfloat16), torch.tensor([2.0], dtype=torch.bfloat16)), [1 + 2**-7], "bfloat16"),
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
    (lambda: torch.erfinv(torch.tensor([1.0, -1.0, 0.0])), [inf, -inf, 0.0], "float32"),
    (lambda: special.ndtri(torch.tensor([0.0, 1.0, 0.5])), [-inf, inf, 0.0], "float32"),
    (lambda: special.entr(torch.tensor([-1.0, 0.0])), [-inf, 0.0], "float32"),
    (lambda: torch.sinc(torch.tensor([0.0, 1.0, -2.0])), [1.0, 0.0, 0.0], "float32"),
    (lambda: torch.float_power(INT, 2), [1.0, 4.0, 9.0], "float64"),
    (lambda: torch.float_power(2, INT), [2.0, 4.0, 8.0], "float64"),
    (lambda: torch.clamp_min(INT, 1.5), [1.5, 2.0, 3.0], "float32"),
    (lambda: torch.fix(torch.tensor([-1.5])), [-1.0], "float32"),
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
    (lambda: torch.mvlgamma(FLOAT, 0), RuntimeError, "p has to be greater than or equal to 1"),
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


DIFFERENTIABLE = [
    ("ldexp", lambda x: torch.ldexp(x, torch.tensor(3)), (wide(6),)),
    ("float_power", lambda x: torch.float_power(x, 3), (wide(6),)),
    ("mvlgamma", lambda x: torch.mvlgamma(x, 2), (wide(6, 0.8, 5),)),
    *(
        (f"{op.__name__} complex", op, (torch.tensor([0.3 + 0.4j, -1.2 + 0.1j], dtype=torch.complex128),))
        for op in (torch.sinc, torch.acosh, torch.asinh, torch.atanh)
    ),
]


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=lambda c: c[0])
def test_gradients(case):
    _, function, arguments = case
    arguments = tuple(a.clone().requires_grad_() for a in arguments)
    assert gradcheck(function, arguments)
    assert gradgradcheck(function, arguments)


@pytest.mark.parametrize("name, low", [("fix", 0.25), ("arccosh", 1.25), ("arcsinh", 0.25), ("arctanh", 0.25)])
def test_other_names_have_their_in_place_forms(name, low):
    x = torch.linspace(low, low + 0.5, 3)
    y = x.clone()
    assert getattr(y, name + "_")() is y
    assert torch.equal(y, getattr(torch, name)(x))


def test_the_multivariate_gamma_function_is_a_sum():
    x = f64(1.1, 5.0)
    parts = sum(torch.lgamma(x - i / 2) for i in range(3))
    assert torch.allclose(torch.mvlgamma(x, 3), parts + 1.5 * math.log(math.pi), rtol=1e-14)


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


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
def test_integers_divide_exactly_whatever_their_size(dtype):
    """Against Python's integers; up to 2^51 floats divide them, and beyond they must not."""
    rng, info = np.random.default_rng(6), np.iinfo(dtype)
    for bits in (4, 8, 16, 31, 50, 51, 52, 53, 63):
        most = min(2**bits - 1, int(info.max))
        y = rng.integers(max(-most, int(info.min)), most, 700, dtype=dtype, endpoint=True)
        x = rng.integers(max(-most, int(info.min)), most, 700, dtype=dtype, endpoint=True)
        y[::2] = rng.integers(1, 1 + int(most**0.5), 350, dtype=dtype)
        for i in range(100, 300):  # whole quotients and their neighbours
            x[i] = min(max(int(x[i]) // max(int(y[i]), 1) * int(y[i]) + i % 3 - 1, int(info.min)), int(info.max))
        x[:4], y[:4] = [info.max, info.min, 0, info.min], [1, info.max, 1, 3]
        y[y == 0] = 1
        pairs = [(int(a), int(b)) for a, b in zip(x, y, strict=True)]
        pairs = [(a, b) for a, b in pairs if a // b <= int(info.max)]  # min // -1 wraps
        a, b = (torch.from_numpy(np.array(each, dtype=dtype)) for each in zip(*pairs, strict=True))
        truncated = [abs(i) // abs(j) * (-1 if (i < 0) != (j < 0) else 1) for i, j in pairs]
        assert (a // b).tolist() == [i // j for i, j in pairs]
        assert (a % b).tolist() == [i % j for i, j in pairs]
        assert torch.div(a, b, rounding_mode="trunc").tolist() == truncated
        assert torch.fmod(a, b).tolist() == [i - q * j for (i, j), q in zip(pairs, truncated, strict=True)]
