"""NaN, infinities, signed zeros, denormals and the largest numbers: what IEEE says where it says something, and PyTorch."""

import math

import numpy as np
import pytest

import rushlight

inf, nan = math.inf, math.nan
HALF_PI, PI = math.pi / 2, math.pi

# NaN gives NaN everywhere; the values at 0, -0, inf, -inf
IEEE = {
    "neg": (-0.0, 0.0, -inf, inf), "abs": (0.0, 0.0, inf, inf), "sqrt": (0.0, -0.0, inf, nan), "rsqrt": (inf, -inf, 0.0, nan),
    "reciprocal": (inf, -inf, 0.0, -0.0), "square": (0.0, 0.0, inf, inf), "exp": (1.0, 1.0, inf, 0.0), "exp2": (1.0, 1.0, inf, 0.0),
    "expm1": (0.0, -0.0, inf, -1.0), "log": (-inf, -inf, inf, nan), "log2": (-inf, -inf, inf, nan), "log10": (-inf, -inf, inf, nan),
    "log1p": (0.0, -0.0, inf, nan), "sin": (0.0, -0.0, nan, nan), "cos": (1.0, 1.0, nan, nan), "tan": (0.0, -0.0, nan, nan),
    "asin": (0.0, -0.0, nan, nan), "acos": (HALF_PI, HALF_PI, nan, nan), "atan": (0.0, -0.0, HALF_PI, -HALF_PI),
    "sinh": (0.0, -0.0, inf, -inf), "cosh": (1.0, 1.0, inf, inf), "tanh": (0.0, -0.0, 1.0, -1.0),
    "asinh": (0.0, -0.0, inf, -inf), "acosh": (nan, nan, inf, nan), "atanh": (0.0, -0.0, nan, nan),
    "sigmoid": (0.5, 0.5, 1.0, 0.0), "erf": (0.0, -0.0, 1.0, -1.0), "erfc": (1.0, 1.0, 0.0, 2.0), "erfinv": (0.0, -0.0, nan, nan),
    "sinc": (1.0, 1.0, nan, nan), "logit": (-inf, -inf, nan, nan), "lgamma": (inf, inf, inf, inf), "digamma": (-inf, inf, inf, nan),
    "i0": (1.0, 1.0, inf, inf), "special.i0e": (1.0, 1.0, 0.0, 0.0), "special.i1": (0.0, -0.0, inf, -inf),
    "special.i1e": (0.0, -0.0, 0.0, -0.0), "special.erfcx": (1.0, 1.0, 0.0, inf), "special.ndtr": (0.5, 0.5, 1.0, 0.0),
    "special.spherical_bessel_j0": (1.0, 1.0, 0.0, 0.0), "special.ndtri": (-inf, -inf, nan, nan), "special.log_ndtr": (-math.log(2), -math.log(2), -0.0, -inf),
    "special.entr": (0.0, 0.0, -inf, -inf), "deg2rad": (0.0, -0.0, inf, -inf), "rad2deg": (0.0, -0.0, inf, -inf),
    "floor": (0.0, -0.0, inf, -inf), "ceil": (0.0, -0.0, inf, -inf), "trunc": (0.0, -0.0, inf, -inf), "round": (0.0, -0.0, inf, -inf),
    "nn.functional.gelu": (0.0, -0.0, inf, nan), "nn.functional.silu": (0.0, -0.0, inf, nan), "nn.functional.softplus": (math.log(2), math.log(2), inf, 0.0),
    "nn.functional.logsigmoid": (-math.log(2), -math.log(2), -0.0, -inf), "nn.functional.elu": (0.0, -0.0, inf, -1.0),
}  # fmt: skip
#: of two numbers: arguments and value, from C's Annex F
IEEE_2 = {
    "pow": [(0.0, 0.0, 1.0), (nan, 0.0, 1.0), (1.0, nan, 1.0), (-0.0, -1.0, -inf), (-0.0, -2.0, inf), (-0.0, 3.0, -0.0), (-1.0, inf, 1.0),
            (0.5, inf, 0.0), (0.5, -inf, inf), (2.0, -inf, 0.0), (-inf, -3.0, -0.0), (-inf, 3.0, -inf), (-inf, 2.0, inf), (-2.0, 0.5, nan), (inf, -1.0, 0.0)],
    "atan2": [(0.0, 0.0, 0.0), (-0.0, 0.0, -0.0), (0.0, -0.0, PI), (-0.0, -0.0, -PI), (1.0, 0.0, HALF_PI), (1.0, inf, 0.0), (-1.0, -inf, -PI),
              (inf, 1.0, HALF_PI), (inf, inf, PI / 4), (-inf, -inf, -3 * PI / 4), (nan, 1.0, nan), (1.0, nan, nan)],
    "hypot": [(inf, nan, inf), (nan, -inf, inf), (0.0, -0.0, 0.0), (nan, 1.0, nan)],
    "fmod": [(-0.0, 1.0, -0.0), (1.0, 0.0, nan), (inf, 1.0, nan), (-1.0, inf, -1.0), (nan, 1.0, nan)],
    "remainder": [(1.0, 0.0, nan), (inf, 1.0, nan), (nan, 1.0, nan)],
    "copysign": [(1.0, -0.0, -1.0), (nan, 1.0, nan), (inf, -1.0, -inf)],
    "maximum": [(nan, 1.0, nan), (1.0, nan, nan), (-inf, inf, inf)], "minimum": [(nan, 1.0, nan), (1.0, nan, nan), (-inf, inf, -inf)],
    "fmax": [(nan, 1.0, 1.0), (1.0, nan, 1.0), (nan, nan, nan)], "fmin": [(nan, 1.0, 1.0), (1.0, nan, 1.0), (nan, nan, nan)],
    "xlogy": [(0.0, 0.0, 0.0), (0.0, nan, nan), (0.0, inf, 0.0), (1.0, 0.0, -inf), (inf, 1.0, nan), (inf, 2.0, inf), (1.0, -1.0, nan)],
    "special.xlog1py": [(0.0, -1.0, 0.0), (0.0, nan, nan), (1.0, -1.0, -inf), (inf, 2.0, inf), (1.0, -0.0, -0.0)],
    "logaddexp": [(inf, inf, inf), (-inf, -inf, -inf), (inf, -inf, inf), (-inf, 1.0, 1.0), (nan, 1.0, nan)],
    "logaddexp2": [(inf, inf, inf), (-inf, -inf, -inf), (inf, -inf, inf), (-inf, 1.0, 1.0), (nan, 1.0, nan)],
    "igamma": [(0.0, 1.0, 1.0), (inf, 1.0, 0.0), (1.0, inf, 1.0), (1.0, 0.0, 0.0), (-1.0, 1.0, nan), (0.0, 0.0, nan)],
    "igammac": [(0.0, 1.0, 0.0), (inf, 1.0, 1.0), (1.0, inf, 0.0), (1.0, 0.0, 1.0), (-1.0, 1.0, nan), (0.0, 0.0, nan)],
    "nextafter": [(0.0, -1.0, -5e-324), (inf, 0.0, None), (nan, 0.0, nan), (-0.0, 0.0, 0.0)],
}  # fmt: skip

#: where PyTorch's CPU is off, and why we do not follow; the arguments at which it may differ
PYTORCH_IS_OFF = {
    "sinc": "it rounds pi x before the sine, so that integers give 1e-17 instead of 0, and huge numbers NaN",
    "i0": "inf * 0 where e^|x| has overflowed: NaN at infinity instead of infinity",
    "special.i1": "inf * 0 at infinity; and an odd function keeps the sign of 0",
    "special.i1e": "an odd function keeps the sign of 0",
    "digamma": "single precision of its reflection formula",
    "special.ndtr": "it halves 1 + erf, which cancels in the left tail",
    "nn.functional.gelu": "it halves 1 + erf, which cancels in the left tail, and doubles x first, which overflows",
    "nn.functional.logsigmoid": "a negative number that rounds to 0 gives -0",
    "igamma": "tiny a and x: its series starts from 0; NaN beside infinity is NaN",
    "igammac": "tiny a and x: its series starts from 0; NaN beside infinity is NaN",
    "fmod": "divisors below the smallest normal number are taken as 0; the remainder is exact",
    "remainder": "divisors below the smallest normal number are taken as 0; the remainder is exact",
    "maximum": "which of 0 and -0 is returned depends on its vectors",
    "minimum": "which of 0 and -0 is returned depends on its vectors",
}


def find(library, name):
    for part in name.split("."):
        library = getattr(library, part)
    return library


def call(library, name, *arrays):
    return find(library, name)(*map(library.from_numpy, arrays)).numpy()


def agree(a, b, places=8):
    """NaN beside NaN, infinities and zeros with their signs, other numbers within some places, each of two arrays."""
    with np.errstate(all="ignore"):
        info = np.finfo(b.dtype)
        close = np.abs(a - b) <= places * (info.eps * np.abs(b) + info.smallest_subnormal)
        close &= (a != 0) | (b != 0) | (np.signbit(a) == np.signbit(b))
        return np.where(np.isfinite(a) & np.isfinite(b), close, (a == b) | (np.isnan(a) & np.isnan(b)))


def values(dtype):
    f = np.finfo(dtype)
    positive = [
        0.0,
        f.smallest_subnormal,
        f.tiny / 4,
        f.tiny,
        f.eps,
        0.5,
        1.0,
        1.5,
        2.0,
        3.0,
        1e3,
        f.max / 2,
        f.max,
        inf,
    ]
    return np.array([nan, *positive, *(-v for v in positive)], dtype)


DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@DTYPES
@pytest.mark.parametrize("name", IEEE)
def test_edges_are_those_of_ieee(name, dtype):
    x = np.array([nan, 0.0, -0.0, inf, -inf], dtype)
    got, expected = call(rushlight, name, x), np.array([nan, *IEEE[name]], dtype)
    assert agree(got, expected).all(), f"{name}{x.tolist()}: {got.tolist()}, expected {expected.tolist()}"


@DTYPES
@pytest.mark.parametrize("name", IEEE_2)
def test_edges_of_two_numbers_are_those_of_ieee(name, dtype):
    f = np.finfo(dtype)
    own = {-5e-324: -f.smallest_subnormal, None: f.max}  # what depends on the dtype
    rows = [(x, y, own.get(r, r)) for x, y, r in IEEE_2[name]]
    x, y, expected = (np.array(column, dtype) for column in zip(*rows))
    got = call(rushlight, name, x, y)
    assert agree(got, expected).all(), f"{name}: {[*zip(x.tolist(), y.tolist(), got.tolist(), expected.tolist())]}"


def differences(name, dtype, peer):
    """(arguments, ours, PyTorch's), where they are apart."""
    x = [values(dtype)] if name in IEEE else [v.ravel() for v in np.meshgrid(values(dtype), values(dtype))]
    ours, theirs = call(rushlight, name, *x), call(peer, name, *x)
    return [(*(float(v[i]) for v in x), float(ours[i]), float(theirs[i])) for i in np.flatnonzero(~agree(ours, theirs))]


@DTYPES
@pytest.mark.parametrize("name", [name for name in [*IEEE, *IEEE_2] if name not in PYTORCH_IS_OFF])
def test_pytorch_has_the_same_edges(name, dtype, peer):
    assert not differences(name, dtype, peer)


@pytest.mark.parametrize("name", PYTORCH_IS_OFF)
def test_pytorch_still_differs_where_the_table_says_so(name, peer):
    apart = [differences(name, dtype, peer) for dtype in (np.float32, np.float64)]
    assert any(apart), f"{name} agrees now: strike it from PYTORCH_IS_OFF"
