#!/usr/bin/env python3
"""Largest error of every function of one number or two that rounds, in units of the last place (ulp) of the true value.

accuracy.py [NAME ...] [--n N] [--sample N] [--seed N]

float32: N arguments (2^20) even in bit space, for functions of two numbers half of them from an interval, against the float64
function, which stands for the true value because it is itself held against mpmath: on a sample, half of it random in bit
space, half uniform over the interval where the function does something. `odd`: how often one of float32 and float64 is NaN
or infinite and the other is not. All 2^32 float32 arguments: bench/native/accuracy.cpp.
A float32 result is the correctly rounded one, or a neighbour of it, below 1.5. Where a row has a `floor`, errors count in
ulp of the larger of the true value and the floor: near zeros that are not at 0 the precision is absolute, not relative.
Complex functions: the error of either part in ulp of the magnitude, on a sample.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass

import mpmath as mp
import numpy as np

import rushlight as torch

mp.mp.dps = 40
ROOT_2 = mp.sqrt(2)


def lgamma(x):
    return mp.loggamma(x) if x > 0 else mp.log(mp.pi / abs(x * mp.sinpi(x))) - mp.loggamma(-x)


def erfcx(x):
    if x < 1e4:
        return mp.exp(x * x) * mp.erfc(x)
    z = 1 / (2 * x * x)  # the asymptotic series, to z^7
    return (1 - z * (1 - 3 * z * (1 - 5 * z * (1 - 7 * z)))) / (x * mp.sqrt(mp.pi))


def log_ndtr(x):
    if x < -100:
        return mp.log(erfcx(-x / ROOT_2) / 2) - x * x / 2
    return mp.log(mp.erfc(-x / ROOT_2) / 2) if x < 0 else mp.log1p(-mp.erfc(x / ROOT_2) / 2)


def newton(tail, slope, start):
    """Where log(tail) vanishes."""
    for _ in range(60):
        step = mp.log(tail(start)) / slope(start)
        start -= step
        if abs(step) < mp.mpf(10) ** -38 * abs(start):
            break
    return start


def ndtri(p):
    q = min(p, 1 - p)
    if q > 0.01:
        return ROOT_2 * mp.erfinv(2 * p - 1)
    y = newton(
        lambda y: mp.erfc(y / ROOT_2) / 2 / q,
        lambda y: -mp.exp(-y * y / 2) / mp.sqrt(2 * mp.pi) / (mp.erfc(y / ROOT_2) / 2),
        mp.sqrt(-2 * mp.log(q)) - 0.1,
    )
    return -y if p < 0.5 else y


def erfinv(x):
    if abs(x) < 0.98:
        return mp.erfinv(x)
    q = 1 - abs(x)
    y = newton(
        lambda y: mp.erfc(y) / q,
        lambda y: -2 / mp.sqrt(mp.pi) * mp.exp(-y * y) / mp.erfc(y),
        mp.sqrt(-mp.log(q)),
    )
    return mp.sign(x) * y


def scaled(order):
    return lambda x: mp.exp(-abs(x)) * mp.besseli(order, x)


@dataclass
class Function:
    """What a function is held against, and the bounds promised of it, in ulp."""

    reference: Callable
    domain: tuple[float, float]  #: of arguments in bit space
    interval: tuple[float, float]  #: of uniform arguments
    second: tuple[float, float] | None = None  #: the interval of the second argument, of a function of two numbers
    floor: Callable | None = None  #: of the arguments: errors count in ulp of the larger of this and the true value
    single: float = 1.5
    double: float = 2.0
    call: Callable | None = None  #: if it is not torch.NAME
    slow: int = 1  #: so many times fewer arguments


def below_0(x):
    """The zeros of the gamma functions at negative arguments."""
    return np.where(np.asarray(x) < 0, 1.0, 0.0)


def largest(x, y):
    return np.maximum(np.maximum(np.abs(x), np.abs(y)), 0.5)


def overflown(x):
    """Where e^-x overflows a float32 the quotient by it is 0, as in PyTorch: the precision is absolute."""
    return np.where((np.asarray(x) < -87) & (np.asarray(x) > -120), np.abs(x) * 2.0**-100, 0.0)


def gelu(x):
    return x * mp.erfc(-x / ROOT_2) / 2


def gelu_tanh(x):
    return x / 2 * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3)))


def power(x, y):
    return mp.mpf(x) ** (int(y) if y == int(y) and abs(y) < 1e6 else y)


F = torch.nn.functional
FUNCTIONS = {
    "exp": Function(mp.exp, (-800, 800), (-90, 90)),
    "exp2": Function(lambda x: mp.mpf(2) ** x, (-1100, 1100), (-130, 130)),
    "expm1": Function(mp.expm1, (-800, 800), (-5, 5)),
    "log": Function(mp.log, (0, 1e308), (0, 4)),
    "log2": Function(lambda x: mp.log(x, 2), (0, 1e308), (0, 4)),
    "log10": Function(mp.log10, (0, 1e308), (0, 4)),
    "log1p": Function(mp.log1p, (-1, 1e308), (-1, 4)),
    "sqrt": Function(mp.sqrt, (0, 1e308), (0, 4)),
    "rsqrt": Function(lambda x: 1 / mp.sqrt(x), (0, 1e308), (0, 4)),
    "reciprocal": Function(lambda x: 1 / x, (-1e307, 1e307), (-4, 4)),
    "square": Function(lambda x: x * x, (-1e150, 1e150), (-4, 4)),
    "sin": Function(mp.sin, (-1e300, 1e300), (-100, 100)),
    "cos": Function(mp.cos, (-1e300, 1e300), (-100, 100)),
    "tan": Function(mp.tan, (-1e300, 1e300), (-100, 100)),
    "sinh": Function(mp.sinh, (-700, 700), (-5, 5)),
    "cosh": Function(mp.cosh, (-700, 700), (-5, 5)),
    "tanh": Function(mp.tanh, (-50, 50), (-5, 5)),
    "asin": Function(mp.asin, (-1, 1), (-1, 1)),
    "acos": Function(mp.acos, (-1, 1), (-1, 1)),
    "atan": Function(mp.atan, (-1e300, 1e300), (-5, 5)),
    "asinh": Function(mp.asinh, (-1e300, 1e300), (-5, 5)),
    "acosh": Function(mp.acosh, (1, 1e300), (1, 5)),
    "atanh": Function(mp.atanh, (-1, 1), (-1, 1)),
    "sigmoid": Function(lambda x: 1 / (1 + mp.exp(-x)), (-700, 700), (-20, 20)),
    "erf": Function(mp.erf, (-10, 10), (-4, 4)),
    "erfc": Function(mp.erfc, (-26, 26), (-4, 9)),
    "erfinv": Function(erfinv, (-1, 1), (-1, 1), single=2.0),
    "sinc": Function(lambda x: mp.sinpi(x) / (mp.pi * x), (-1e6, 1e6), (-10, 10)),
    "logit": Function(lambda x: mp.log(x / (1 - x)), (0, 1), (0, 1)),
    "lgamma": Function(lgamma, (-30, 1e300), (-10, 20), floor=below_0, single=2.0),
    "digamma": Function(lambda x: mp.digamma(x), (-30, 1e300), (-10, 20), floor=below_0, single=2.0),
    "_trigamma": Function(lambda x: mp.psi(1, x), (-30, 1e100), (-10, 20), single=2.0, call=torch._C._trigamma),
    "i0": Function(lambda x: mp.besseli(0, x), (-710, 710), (-20, 20), single=2.0),
    "special.i0e": Function(scaled(0), (-1e4, 1e4), (-20, 20), single=2.0),
    "special.i1": Function(lambda x: mp.besseli(1, x), (-710, 710), (-20, 20), single=2.0),
    "special.i1e": Function(scaled(1), (-1e4, 1e4), (-20, 20), single=2.0),
    "special.spherical_bessel_j0": Function(lambda x: mp.sin(x) / x, (-1e300, 1e300), (-20, 20), single=2.0),
    "special.erfcx": Function(erfcx, (-26, 1e300), (-5, 20)),
    "special.ndtr": Function(lambda x: mp.erfc(-x / ROOT_2) / 2, (-37, 37), (-10, 5)),
    "special.ndtri": Function(ndtri, (0, 1), (0, 1)),
    "special.log_ndtr": Function(log_ndtr, (-1e150, 37), (-20, 10)),
    "special.entr": Function(lambda x: -x * mp.log(x), (0, 1e300), (0, 4)),
    "deg2rad": Function(lambda x: x * mp.pi / 180, (-1e300, 1e300), (-360, 360)),
    "rad2deg": Function(lambda x: x * 180 / mp.pi, (-1e300, 1e300), (-4, 4)),
    "polygamma(2)": Function(
        lambda x: mp.psi(2, x), (0, 1e100), (0, 20), call=lambda x: torch.polygamma(2, x), double=8.0, slow=20
    ),
    "polygamma(5)": Function(
        lambda x: mp.psi(5, x), (0, 1e50), (0, 20), call=lambda x: torch.polygamma(5, x), double=8.0, slow=20
    ),
    "gelu": Function(gelu, (-37, 1e300), (-6, 6), floor=np.abs, single=3.5, call=F.gelu),
    "gelu(tanh)": Function(
        gelu_tanh,
        (-1e50, 1e100),
        (-6, 6),
        floor=np.abs,
        single=3.5,
        double=4.0,
        call=lambda x: F.gelu(x, approximate="tanh"),
    ),
    "silu": Function(
        lambda x: x / (1 + mp.exp(-x)), (-700, 1e300), (-20, 20), floor=overflown, single=3.0, double=2.5, call=F.silu
    ),
    "softplus": Function(lambda x: mp.log1p(mp.exp(x)), (-700, 20), (-20, 20), single=2.5, double=2.5, call=F.softplus),
    "logsigmoid": Function(
        lambda x: -mp.log1p(mp.exp(-x)), (-1e300, 700), (-20, 20), single=2.5, double=2.5, call=F.logsigmoid
    ),
    "pow": Function(power, (1e-300, 1e300), (0, 9), (-30, 30)),
    "pow(-x, n)": Function(
        lambda x, y: power(-x, round(y)),
        (1e-300, 1e300),
        (0, 9),
        (-30, 30),
        call=lambda x, y: torch.pow(-x, torch.round(y)),
    ),
    "atan2": Function(mp.atan2, (-1e300, 1e300), (-4, 4), (-4, 4)),
    "hypot": Function(mp.hypot, (-1e300, 1e300), (-4, 4), (-4, 4)),
    "xlogy": Function(lambda x, y: x * mp.log(y), (1e-150, 1e150), (0, 4), (0, 4)),
    "special.xlog1py": Function(lambda x, y: x * mp.log1p(y), (1e-150, 1e150), (-4, 4), (-1, 4), single=2.0),
    "logaddexp": Function(
        lambda x, y: mp.log(mp.exp(x) + mp.exp(y)), (-1e3, 1e3), (-5, 5), (-5, 5), floor=largest, single=2.0
    ),
    "logaddexp2": Function(
        lambda x, y: mp.log(2**x + 2**y, 2), (-1e3, 1e3), (-5, 5), (-5, 5), floor=largest, single=2.5
    ),
    "igamma": Function(
        lambda a, x: mp.gammainc(a, 0, x, regularized=True), (1e-3, 50), (0, 9), (0, 12), double=30.0, slow=20
    ),
    "igammac": Function(
        lambda a, x: mp.gammainc(a, x, mp.inf, regularized=True), (1e-3, 50), (0, 9), (0, 12), double=40.0, slow=20
    ),
}

#: complex functions, on the square from -3 - 3i to 3 + 3i
COMPLEX = {
    "exp": mp.exp, "exp2": lambda z: mp.mpf(2) ** z, "expm1": lambda z: mp.exp(z) - 1, "log": mp.log, "log2": lambda z: mp.log(z) / mp.log(2),
    "log10": lambda z: mp.log(z) / mp.log(10), "log1p": lambda z: mp.log(1 + z), "sqrt": mp.sqrt, "rsqrt": lambda z: 1 / mp.sqrt(z),
    "reciprocal": lambda z: 1 / z, "sin": mp.sin, "cos": mp.cos, "tan": mp.tan, "sinh": mp.sinh, "cosh": mp.cosh, "tanh": mp.tanh,
    "asin": mp.asin, "acos": mp.acos, "atan": mp.atan, "asinh": mp.asinh, "acosh": mp.acosh, "atanh": mp.atanh,
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)), "sinc": lambda z: mp.sin(mp.pi * z) / (mp.pi * z), "abs": abs, "square": lambda z: z * z,
}  # fmt: skip
COMPLEX_BOUNDS = dict.fromkeys(COMPLEX, 8.0) | {"sinc": 32.0}  # pi z is rounded: absolute near its zeros


def find(name, row):
    found = torch
    for part in name.split("."):
        found = row.call or getattr(found, part)
    return found


def ulp(size, digits, lowest):
    """The unit of the last place of numbers with so many digits, at float64 or mpmath values."""
    if isinstance(size, np.ndarray):
        return np.ldexp(1.0, np.maximum(np.frexp(size)[1], lowest) - digits)
    return mp.ldexp(1, max(mp.frexp(size)[1], lowest) - digits)


def stride(count):
    """The distance of so many float32 in bit space: odd, so that the last bits of the significand vary too."""
    return max((1 << 32) // count - 1, 1) | 1


def single(name, row, first, count, step):
    """float32 over `count` arguments whose bits are first, first + step, ...: (error, where, odd ones)."""
    bits = (np.uint64(first) + np.arange(count, dtype=np.uint64) * np.uint64(step)).astype(np.uint32)
    x, function = [bits.view(np.float32)], find(name, row)
    if row.second:  # half of them uniform; the second argument of the other half is the first, shuffled
        rng = np.random.default_rng(first)
        x.append(rng.permutation(x[0]))
        for argument, interval in zip(x, (row.interval, row.second), strict=True):
            argument[::2] = rng.uniform(*interval, len(argument[::2]))
    with np.errstate(over="ignore", invalid="ignore"):
        got = function(*map(torch.from_numpy, x)).numpy().astype(np.float64)
        true = function(*(torch.from_numpy(v.astype(np.float64)) for v in x)).numpy()
        rounded = true.astype(np.float32)
        # beyond the largest number by less than an ulp: either side will do
        edge = np.abs(np.abs(true) / 3.4028235e38 - 1) < 2.4e-7
        finite = np.isfinite(rounded) & np.isfinite(got)
        same = (np.isnan(got) & np.isnan(rounded)) | (got == rounded)
        size = np.abs(np.where(finite, true, 1.0))
        if row.floor:
            size = np.fmax(size, row.floor(*(v.astype(np.float64) for v in x)))
        error = np.where(finite, np.abs(got - true) / ulp(size, 24, -125), 0.0)
    at = int(error.argmax())
    return float(error[at]), [float(v[at]) for v in x], int((~finite & ~same & ~edge).sum())


def random_bits(rng, low, high, n):
    """n numbers between low and high, of either sign if low is negative, random in bit space."""
    positive = np.array([max(low, 1e-300), high]).view(np.int64)
    x = rng.integers(*positive, n).view(np.float64)
    if low < 0:
        x[::2] = -rng.integers(*np.array([1e-300, -low]).view(np.int64), len(x[::2])).view(np.float64)
    return x


def sample(row, n, seed):
    """The arguments, n each: half random in bit space over the domain, half uniform over the interval."""
    rng = np.random.default_rng(seed)
    n //= row.slow
    x = [np.concatenate([random_bits(rng, *row.domain, n // 2), rng.uniform(*row.interval, n - n // 2)])]
    if row.second:
        x.append(np.concatenate([rng.permutation(x[0][: n // 2]), rng.uniform(*row.second, n - n // 2)]))
    return x


def exact(reference, arguments, largest=1.79e308):
    """The true value, or None where there is none to compare with."""
    try:
        true = reference(*map(mp.mpf, arguments))
    except (ZeroDivisionError, ValueError, OverflowError, mp.libmp.libhyper.NoConvergence):
        return None
    return None if isinstance(true, mp.mpc) or mp.isnan(true) or abs(true) > largest or abs(true) < 1e-308 else true


def double(name, row, x):
    """float64 at the arguments x, against mpmath: (error, where)."""
    got = find(name, row)(*map(torch.from_numpy, x)).numpy()
    worst, at = 0.0, [0.0]
    for value, *arguments in zip(got.tolist(), *(v.tolist() for v in x), strict=True):
        true = exact(row.reference, arguments)
        if true is None:
            continue
        size = max(abs(true), mp.mpf(float(row.floor(*arguments)))) if row.floor else abs(true)
        error = float(abs(value - true) / ulp(size, 53, -1021)) if np.isfinite(value) else float("inf")
        if error > worst:
            worst, at = error, arguments
    return worst, at


def complex_double(name, n, seed):
    """complex128 against mpmath, either part in ulp of the magnitude: (error, where)."""
    rng = np.random.default_rng(seed)
    z = rng.uniform(-3, 3, n) + 1j * rng.uniform(-3, 3, n)
    got = getattr(torch, name)(torch.from_numpy(z)).numpy()
    worst, at = 0.0, 0j
    for value, argument in zip(got.tolist(), z.tolist(), strict=True):
        true = mp.mpc(COMPLEX[name](mp.mpc(argument)))
        error = float(max(abs(value.real - true.real), abs(value.imag - true.imag)) / ulp(abs(true), 53, -1021))
        if error > worst:
            worst, at = error, argument
    return worst, at


def measure(name, row, count, x):
    """One line of the table: the worst of float32 and where, the odd ones, the worst of float64 and where."""
    worst, where, odd = 0.0, [0.0], 0
    step, chunk = stride(count), min(count, 1 << 20)
    for begun in range(0, count, chunk):
        error, at, strange = single(name, row, begun * step, min(chunk, count - begun), step)
        odd += strange
        if error > worst:
            worst, where = error, at
    return worst, where, odd, *double(name, row, x)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--n", type=int, default=1 << 20, help="float32 arguments")
    parser.add_argument("--sample", type=int, default=20000, help="float64 arguments")
    parser.add_argument("--seed", type=int, default=0, help="of the float64 arguments")
    arguments = parser.parse_args()
    failed = False
    print(
        f"# rushlight {torch.__version__}, {torch.__config__.isa()}; float32: {arguments.n} arguments against float64;"
    )
    print(
        f"# float64: {arguments.sample} (seed {arguments.seed}), against mpmath at {mp.mp.dps} digits. Errors in ulp."
    )
    print(f"{'function':<27} {'float32':>7} {'at':<28} {'odd':>4}   {'float64':>8} at")
    chosen = lambda name: not arguments.names or name.split(".")[-1] in arguments.names
    for name, row in FUNCTIONS.items():
        if chosen(name):
            worst, at, odd, wide, wide_at = measure(
                name, row, arguments.n // row.slow, sample(row, arguments.sample, arguments.seed)
            )
            where, wide_where = (", ".join(f"{v:.{d}g}" for v in place) for place, d in ((at, 9), (wide_at, 17)))
            over = " *" if worst > row.single or wide > row.double or odd else ""
            print(f"{name:<27} {worst:7.3f} {where:<28} {odd:4}   {wide:8.3f} {wide_where}{over}", flush=True)
            failed |= bool(over)
    for name in filter(chosen, COMPLEX):
        wide, at = complex_double(name, arguments.sample // 10, arguments.seed)
        print(
            f"{name + ' (complex)':<27} {'':41}   {wide:8.3f} {at:.17g}{' *' if wide > COMPLEX_BOUNDS[name] else ''}",
            flush=True,
        )
        failed |= wide > COMPLEX_BOUNDS[name]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
