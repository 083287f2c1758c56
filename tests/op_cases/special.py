"""Special functions, and the other ops element by element that are not in every calculator."""

import functools

import mpmath as mp
import numpy as np

from .case import EDGES, FLOATING, FLOATS, INTEGERS, NUMERIC_BOOL, Bad, Case, S, args, aten
from .elementwise import binary, unary
from .pointwise import ALL_FLOAT, FINITE, clamp, nan_first, refused

PI = np.longdouble("3.14159265358979323846264338327950288")
#: where the other edges are poles, or beyond the function: tests/test_special_values.py has those
SMALL = (np.nan, 0.5, 1.0, 1e-42, 1.5e-38, 88.0)

#: mpmath takes 20 to 500 us an element: long enough for a vector and its tail, no more
LONG = (2, 67)


def exactly(function, pole=np.inf):
    """A function of mpmath with 30 digits, over arrays; NaN gives NaN, and a zero that gives a zero keeps its sign."""

    def one(*values):
        if any(np.isnan(v) for v in values):
            return np.longdouble(np.nan)
        with mp.workdps(30):
            try:
                exact = mp.re(function(*(mp.mpf(float(v)) for v in values)))
            except ValueError:  # what mpmath says at a pole
                return np.longdouble(pole)
            if exact == 0 and values[0] == 0:
                return np.longdouble(values[0])
            near = float(exact)
            return np.longdouble(near) + (np.longdouble(float(exact - near)) if np.isfinite(near) else 0)

    return np.vectorize(one, otypes=[np.longdouble])


def ndtr(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def logit(x, eps=None):
    x = x if eps is None else np.clip(x, eps, 1 - eps)
    return np.where(x < 0.25, np.log(x) - np.log1p(-x), np.log1p((2 * x - 1) / (1 - x)))  # no digit is lost around 1/2


def entropy(x):
    return np.where(
        np.isnan(x), np.nan, np.where(x == 0, 0, np.where(x < 0, -np.inf, -x * np.log(np.where(x > 0, x, 1))))
    )


def times_log(log):
    return lambda x, y: np.where(np.isnan(y), np.nan, np.where(x == 0, 0, x * log(y)))


def step(x, values):
    return (
        np.where(x == 0, values, x > 0)
        if x.dtype.kind != "f"
        else np.where(np.isnan(x), 0, np.where(x == 0, values, x > 0))
    )


def next_number(x, y):
    """NumPy's, in the dtype that the exact values stand for: float64 comes as longdouble, float32 as float64."""
    own = np.float64 if x.dtype == np.longdouble else np.float32
    return np.nextafter(x.astype(own), y.astype(own))


def no_nan(x, nan=0.0, posinf=None, neginf=None):
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


def shrunk(x, lambd=0.5):
    return np.where(np.abs(x) <= lambd, 0, x)


def polygamma(x, n):
    return exactly(lambda v: mp.psi(n, v))(x)


def larger_size(x, y):
    """A sum of two parts of this size may cancel."""
    return 2 * np.nan_to_num(np.maximum(np.abs(x), np.abs(y)), posinf=0) + 2


def lower_gamma(a, x):
    return mp.gammainc(a, 0, x, regularized=True)


def upper_gamma(a, x):
    return mp.gammainc(a, x, mp.inf, regularized=True)


def incomplete(*shape):
    return args(S(*shape, low=0.5, high=9, grad=False), S(*shape, low=0.5, high=9))


@functools.partial(np.vectorize, otypes=[np.longdouble])
def zeta(x, q):
    if x == 1 or (x > 1 or np.isnan(x)) and q <= 0 and q == np.floor(q):
        return np.longdouble(np.inf)
    if np.isnan(x) or x < 1 or not q < np.inf or (q < 0 and x != np.floor(x)) or (x == np.inf and q > 1):
        return np.longdouble(np.nan)
    if x == np.inf:
        return np.longdouble(1 if q == 1 else np.inf)
    with mp.workdps(30):
        s, first = (mp.mpf(int(v)) if v == np.floor(v) else mp.mpf(float(v)) for v in (x, q))
        below = [(first + k) ** -s for k in range(int(-np.floor(q)))] if q < 0 else []
        return np.longdouble(mp.nstr(mp.fsum(below) + mp.zeta(s, first + len(below)), 25))


def zeta_args(x, q):
    return args(S(*x, low=1.1, high=9, grad=False), S(*q, low=0.2, high=9))


ZETA_EDGES = np.array([np.nan, np.inf, -np.inf, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 7.0])
ZETA = [
    *(zeta_args(*shapes) for shapes in [((3, 5), (3, 5)), ((), ()), ((0, 4), (1, 4)), ((2, 1, 4), (3, 1))]),
    args(S(3, 5, low=1.1, high=9, grad=False), 0.5),
]


PAIRS = [
    args(S(3, 5), S(3, 5)),
    args(S(), S()),
    args(S(0, 4), S(1, 4)),
    args(S(2, 1, 4), S(3, 1)),
    args(S(19, 67), S(67)),
]
#: the exponential in front has an argument of the size of a and x, whose rounding it multiplies: 16 units at 400
GAMMAS = [
    incomplete(3, 5),
    incomplete(2, 19),
    args(S(values=[0.1, 0.5, 3.0, 50.0, 400.0, 420.0], grad=False), S(values=[0.1, 2.0, 1.0, 40.0, 420.0, 400.0])),
]
ORDERS = [args(S(3, 5, low=0.3, high=9), n) for n in (1, 2, 3, 5)]
polygamma_of = lambda lib: lambda x, n: lib.polygamma(n, x)
# fmt: off
UNARY = [
    unary("acosh", np.arccosh, domain=(1.2, 9), dtypes=ALL_FLOAT, ulp=1.5),
    unary("asinh", np.arcsinh, domain=(-9, 9), dtypes=ALL_FLOAT, ulp=1.5),
    unary("atanh", np.arctanh, domain=(-0.9, 0.9), dtypes=ALL_FLOAT, ulp=1.5),
    unary("sinc", exactly(mp.sincpi), domain=(-1.7, 1.6), edges=FINITE[:-2], long=LONG, dtypes=ALL_FLOAT, ulp=2, zero_sign=False),
    unary("deg2rad", lambda x: np.asarray(x, np.longdouble) * (PI / 180), domain=(-400, 400), dtypes=ALL_FLOAT),
    unary("rad2deg", lambda x: np.asarray(x, np.longdouble) * (180 / PI), domain=(-9, 9), dtypes=ALL_FLOAT),
    unary("lgamma", exactly(mp.loggamma), domain=(0.3, 9), edges=(*SMALL, -0.5, 2.0, 1e30), long=LONG, dtypes=FLOATING, ulp=2),
    unary("digamma", exactly(mp.digamma, -np.inf), domain=(0.3, 9), edges=(*SMALL, -1.5, 1e30), long=LONG, dtypes=FLOATING, ulp=2),
    unary("_trigamma", exactly(lambda x: mp.psi(1, x)), domain=(0.3, 9), edges=(*SMALL[:3], -0.5, 88.0), long=LONG, ulp=2, peer=lambda lib: lambda x: lib.polygamma(1, x), peer_close=1e-9),
    unary("erfinv", exactly(mp.erfinv), domain=(-0.9, 0.9), edges=(np.nan, 0.0, -0.0, 0.5, -0.5, 1.5e-38), long=LONG, ulp=2),
    unary("special_erfcx", exactly(lambda x: mp.exp(x * x) * mp.erfc(x)), edges=(*SMALL, 0.0, -0.5), long=LONG, ulp=2),
    unary("special_ndtr", exactly(ndtr), domain=(-4, 4), edges=FINITE[:-2], long=LONG, ulp=2),
    unary("special_ndtri", exactly(lambda p: mp.sqrt(2) * mp.erfinv(2 * p - 1)), domain=(0.02, 0.95), edges=(np.nan, 0.25, 0.75), long=LONG, ulp=2),
    unary("special_log_ndtr", exactly(lambda x: mp.log(ndtr(x))), domain=(-4, 4), edges=(*SMALL[:5], 0.0, -0.5, -88.0), long=LONG, ulp=2),
    unary("i0", exactly(lambda x: mp.besseli(0, x)), domain=(-4, 4), edges=FINITE[:-2], long=LONG, dtypes=ALL_FLOAT, ulp=2),
    unary("special_i1", exactly(lambda x: mp.besseli(1, x)), domain=(-4, 4), edges=FINITE[:-2], long=LONG, ulp=2),
    unary("special_i0e", exactly(lambda x: mp.exp(-abs(x)) * mp.besseli(0, x)), domain=(-4, 4), edges=FINITE[:-2], long=LONG, ulp=2),
    unary("special_i1e", exactly(lambda x: mp.exp(-abs(x)) * mp.besseli(1, x)), domain=(-4, 4), edges=FINITE[:-2], long=LONG, ulp=2),
    unary("special_entr", entropy, domain=(0.1, 4), dtypes=ALL_FLOAT, ulp=2, zero_sign=False),
    unary("logit", logit, domain=(0.1, 0.85), dtypes=ALL_FLOAT, ulp=2),
    unary("frac", lambda x: x - np.trunc(x), domain=(0.2, 0.8), edges=FINITE, ulp=0, zero_sign=False, bad=[refused("int64", "not implemented for 'Long'")]),
    unary("isposinf", lambda x: x == np.inf, dtypes=NUMERIC_BOOL, result="bool", ulp=0, grad=False),
    unary("isneginf", lambda x: x == -np.inf, dtypes=NUMERIC_BOOL, result="bool", ulp=0, grad=False),
    unary("hardshrink", shrunk, domain=(0.6, 2), result="same", ulp=0),
]

BINARY = [
    binary("bitwise_left_shift", np.left_shift, other=(0, 2), dtypes=INTEGERS, ulp=0, grad=False, edges=False),
    binary("bitwise_right_shift", np.right_shift, other=(0, 2), dtypes=INTEGERS, ulp=0, grad=False, edges=False),
    binary("gcd", np.gcd, dtypes=INTEGERS, ulp=0, grad=False, edges=False),
    binary("lcm", np.lcm, dtypes=INTEGERS, ulp=0, grad=False, edges=False),
    binary("copysign", np.copysign, domain=(0.2, 2), other=(-2, -0.2), edges=EDGES[1:], dtypes=ALL_FLOAT, result="float", ulp=0),
    binary("hypot", np.hypot, domain=(0.2, 2), dtypes=FLOATING, ulp=2),
    binary("logaddexp", np.logaddexp, dtypes=FLOATING, ulp=1, bound=larger_size, zero_sign=False),
    binary("logaddexp2", np.logaddexp2, dtypes=FLOATING, ulp=1, bound=larger_size, zero_sign=False),
    binary("xlogy", times_log(np.log), other=(0.2, 4), dtypes=ALL_FLOAT, result="float", ulp=2, zero_sign=False),
    binary("special_xlog1py", times_log(np.log1p), other=(-0.8, 4), dtypes=ALL_FLOAT, result="float", ulp=2, zero_sign=False),
    binary("heaviside", step, dtypes=NUMERIC_BOOL, ulp=0, grad=False),
    binary("nextafter", next_number, dtypes=("float32", "float64"), ulp=0),
]

OTHERS = [
    Case("nan_to_num", no_nan, [args(S(values=np.array(EDGES)), 7, 3, -2), args(S(3, 5)), args(S()), args(S(0, 4))], dtypes=NUMERIC_BOOL, grad=True, grad_samples=[args(S(3, 5)), args(S(values=[np.nan, np.inf, -np.inf, 1.0]), 7, 3, -2)], pointwise=True, large=[args(S(301, 401))]),
    Case("logit", logit, [args(S(3, 5, low=-0.5, high=1.5), 0.25), args(S(19, 67, low=-0.5, high=1.5), eps=0.1)], id="logit-eps", ulp=2, grad=True, grad_samples=[args(S(3, 5, low=0.3, high=0.7), 0.25), args(S(4, low=-1, high=0.05), 0.25)], pointwise=True),
    Case("_frexp", np.frexp, [args(S(3, 5)), args(S()), args(S(0, 4)), args(S(19, 67)), args(S(values=np.array(FINITE)))], rows="frexp", peer=lambda lib: lib.frexp, dtypes=FLOATING, grad=True, grad_samples=[args(S(3, 5, low=0.55, high=0.95)), args(S(low=2.2, high=3.8))], pointwise=True, large=[args(S(301, 401))], bad=[Bad(S(2, dtype="int64"), raises=RuntimeError, match="only supports floating-point dtypes")]),
    Case("_polygamma", polygamma, [*ORDERS, args(S(values=[-2.3, 30.0]), 2)], rows="polygamma", peer=polygamma_of, peer_close=1e-9, ulp=2, grad=True, grad_samples=ORDERS[:3], pointwise=True, large=[args(S(301, 401, low=0.3, high=9), 2)], bad=[Bad(S(2), -1, raises=RuntimeError, match="negative n")]),
    Case("polygamma_", polygamma, ORDERS, peer_close=1e-9, ulp=2, writes=True, grad=True, grad_samples=ORDERS[:2]),
    Case("igamma", exactly(lower_gamma), GAMMAS, peer_close=1e-8, ulp=18, grad=True, grad_samples=GAMMAS[:1], pointwise=True, large=[incomplete(301, 401)], bad=[Bad(S(2, dtype="int64"), S(2, dtype="int64"), raises=RuntimeError, match="not implemented for 'Long'")]),
    Case("igammac", exactly(upper_gamma), GAMMAS, peer_close=1e-8, ulp=18, grad=True, grad_samples=GAMMAS[:1], pointwise=True, large=[incomplete(301, 401)], bad=[Bad(S(2, dtype="int64"), S(2, dtype="int64"), raises=RuntimeError, match="not implemented for 'Long'")]),
    Case("max", nan_first(np.maximum), PAIRS, id="max-of", rows="max_of", dtypes=NUMERIC_BOOL, grad=True, grad_samples=PAIRS[:4], pointwise=True, large=[args(S(301, 401), S(401))]),
    Case("min", nan_first(np.minimum), PAIRS, id="min-of", rows="min_of", dtypes=NUMERIC_BOOL, grad=True, grad_samples=PAIRS[:4], pointwise=True, large=[args(S(301, 401), S(401))]),
    Case("special_zeta", zeta, [*ZETA, zeta_args((19, 5), (5,)), args(S(values=ZETA_EDGES), S(values=np.array([EDGES]).T))], grad_samples=ZETA, dtypes=ALL_FLOAT, result="float", ulp=2, grad=True, pointwise=True, large=[zeta_args((301, 401), (401,))], bad=[Bad(S(2, 3), S(4), raises=RuntimeError, match="must match"), Bad(2.0, 3.0, raises=TypeError, match="zeta"), Bad(S(2), "text", raises=TypeError, match="zeta")]),
    Case("special_zeta", zeta, [args(2.5, S(3, 5, low=0.2, high=9)), *(args(x, S(4, low=-3.9, high=-3.1)) for x in (3, 4))], id="special_zeta-of-number", bound=lambda x, q: np.where(q < 0, 2 * zeta(x + 1, q), 0), ulp=2, grad=True, pointwise=True),
    *(Case(name, lambda x, bound, which=which: clamp(x, **{which: bound}), [args(S(3, 5), 0.5), args(S(), -0.25), args(S(0, 3), 1), args(S(3, 5), S(5)), args(S(19, 67), S(67))], dtypes=FLOATS, grad=True, grad_samples=[args(S(3, 5), 0.5), args(S(3, 5), S(5)), args(S(2, 1), S(3))], pointwise=True, large=[args(S(301, 401), S(301, 401))], bad=[Bad(S(2), raises=TypeError, match=which), Bad(S(2, 3), S(4), raises=RuntimeError, match="must match")]) for name, which in [("clamp_min", "min"), ("clamp_max", "max")]),
    *(Case(name, lambda x, bound, which=which: clamp(x, **{which: bound}), [args(S(3, 5), 3), args(S(3, 5), S(5))], id=f"{name}-integers", dtypes=INTEGERS, pointwise=True) for name, which in [("clamp_min", "min"), ("clamp_max", "max")]),
    Case("where", lambda x: np.nonzero(x), [args(S(3, 5)), args(S(0, 3)), args(S(19, 67))], id="where-nonzero", rows="where_nonzero", dtypes=NUMERIC_BOOL, result="int64", data=True, large=[args(S(301, 401))]),
    Case("_prelu_kernel", lambda x, w: np.where(x > 0, x, x * w), [args(S(3, 5), S(5)), args(S(19, 67), S(1)), args(S(0, 4), S(4))], rows="prelu", peer=aten("_prelu_kernel"), dtypes=FLOATING, ulp=0.5, grad=True, grad_samples=[args(S(3, 5, low=0.2), S(5)), args(S(3, 5, high=-0.2), S(1))], pointwise=True, large=[args(S(301, 401), S(401))]),
    Case("_hardshrink_backward", lambda g, x, lambd=0.5: np.where(np.abs(x) <= lambd, 0, g), [args(S(3, 5), S(3, 5, low=0.6)), args(S(3, 5), S(3, 5, low=-0.4, high=0.4)), args(S(19, 67), S(19, 67), 1.5)], rows="hardshrink_backward", peer=aten("hardshrink_backward"), grad=True, grad_samples=[args(S(3, 5), S(3, 5, low=0.6), 0.5), args(S(3, 5), S(3, 5, low=-0.4, high=0.4), 0.5)], pointwise=True, large=[args(S(301, 401), S(301, 401), 0.5)]),
]
# fmt: on
CASES = UNARY + BINARY + OTHERS
