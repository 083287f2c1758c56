#!/usr/bin/env python3
"""Largest error of every unary function, and of some of two numbers, in units of the last place (ulp) of the true value.

accuracy.py [NAME ...] [--all] [--n N] [--sample N]

float32: N arguments (2^20, or with --all every one of 2^32) even in bit space, against the float64 function, which stands for
the true value because it is itself held against mpmath: on a sample, half of it even in bit space, half uniform over the
interval where the function does something. `odd`: how often one of the two is NaN or infinite and the other is not.
A float32 result is the correctly rounded one, or a neighbour of it, below 1.5. Results below 1 at negative arguments of
lgamma and digamma are left out: around the zeros there the precision is absolute, not relative.
"""

import argparse
import sys

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


#: name: reference, domain in bit space, interval for uniform arguments
FUNCTIONS = {
    "exp": (mp.exp, (-800, 800), (-90, 90)),
    "exp2": (lambda x: mp.mpf(2) ** x, (-1100, 1100), (-130, 130)),
    "expm1": (mp.expm1, (-800, 800), (-5, 5)),
    "log": (mp.log, (0, 1e308), (0, 4)),
    "log2": (lambda x: mp.log(x, 2), (0, 1e308), (0, 4)),
    "log10": (mp.log10, (0, 1e308), (0, 4)),
    "log1p": (mp.log1p, (-1, 1e308), (-1, 4)),
    "sqrt": (mp.sqrt, (0, 1e308), (0, 4)),
    "rsqrt": (lambda x: 1 / mp.sqrt(x), (0, 1e308), (0, 4)),
    "reciprocal": (lambda x: 1 / x, (-1e307, 1e307), (-4, 4)),
    "square": (lambda x: x * x, (-1e150, 1e150), (-4, 4)),
    "sin": (mp.sin, (-1e300, 1e300), (-100, 100)),
    "cos": (mp.cos, (-1e300, 1e300), (-100, 100)),
    "tan": (mp.tan, (-1e300, 1e300), (-100, 100)),
    "sinh": (mp.sinh, (-700, 700), (-5, 5)),
    "cosh": (mp.cosh, (-700, 700), (-5, 5)),
    "tanh": (mp.tanh, (-50, 50), (-5, 5)),
    "asin": (mp.asin, (-1, 1), (-1, 1)),
    "acos": (mp.acos, (-1, 1), (-1, 1)),
    "atan": (mp.atan, (-1e300, 1e300), (-5, 5)),
    "asinh": (mp.asinh, (-1e300, 1e300), (-5, 5)),
    "acosh": (mp.acosh, (1, 1e300), (1, 5)),
    "atanh": (mp.atanh, (-1, 1), (-1, 1)),
    "sigmoid": (lambda x: 1 / (1 + mp.exp(-x)), (-700, 700), (-20, 20)),
    "erf": (mp.erf, (-10, 10), (-4, 4)),
    "erfc": (mp.erfc, (-26, 26), (-4, 9)),
    "erfinv": (erfinv, (-1, 1), (-1, 1)),
    "sinc": (lambda x: mp.sinpi(x) / (mp.pi * x), (-1e6, 1e6), (-10, 10)),
    "logit": (lambda x: mp.log(x / (1 - x)), (0, 1), (0, 1)),
    "lgamma": (lgamma, (-30, 1e300), (-10, 20)),
    "digamma": (lambda x: mp.digamma(x), (-30, 1e300), (-10, 20)),
    "_trigamma": (lambda x: mp.psi(1, x), (-30, 1e100), (-10, 20)),
    "i0": (lambda x: mp.besseli(0, x), (-710, 710), (-20, 20)),
    "special.i0e": (scaled(0), (-1e4, 1e4), (-20, 20)),
    "special.i1": (lambda x: mp.besseli(1, x), (-710, 710), (-20, 20)),
    "special.i1e": (scaled(1), (-1e4, 1e4), (-20, 20)),
    "special.erfcx": (erfcx, (-26, 1e300), (-5, 20)),
    "special.ndtr": (lambda x: mp.erfc(-x / ROOT_2) / 2, (-37, 37), (-10, 5)),
    "special.ndtri": (ndtri, (0, 1), (0, 1)),
    "special.log_ndtr": (log_ndtr, (-1e150, 37), (-20, 10)),
    "special.entr": (lambda x: -x * mp.log(x), (0, 1e300), (0, 4)),
    "deg2rad": (lambda x: x * mp.pi / 180, (-1e300, 1e300), (-360, 360)),
    "rad2deg": (lambda x: x * 180 / mp.pi, (-1e300, 1e300), (-4, 4)),
}

#: functions of two numbers: reference, interval of the uniform half of the float64 arguments
OF_TWO = {
    "pow": (lambda x, y: x**y, (0, 9)),
    "atan2": (mp.atan2, (-4, 4)),
    "hypot": (mp.hypot, (-4, 4)),
    "xlogy": (lambda x, y: x * mp.log(y), (0, 4)),
}


ZEROS_BELOW_0 = ("lgamma", "digamma")


def find(name):
    found = torch._C if name.startswith("_") else torch
    for part in name.split("."):
        found = getattr(found, part)
    return found


def ulp(reference, digits, lowest):
    """The unit of the last place of numbers with so many digits, at float64 or mpmath values."""
    if isinstance(reference, np.ndarray):
        return np.ldexp(1.0, np.maximum(np.frexp(reference)[1], lowest) - digits)
    return mp.ldexp(1, max(mp.frexp(reference)[1], lowest) - digits)


def single(name, first, count, step):
    """float32 over `count` arguments whose bits are first, first + step, ...: (error, where, odd ones)."""
    bits = (np.uint64(first) + np.arange(count, dtype=np.uint64) * np.uint64(step)).astype(np.uint32)
    x, function = [bits.view(np.float32)], find(name)
    if name in OF_TWO:  # the second argument is the first, shuffled
        x.append(np.random.default_rng(first).permutation(x[0]))
    with np.errstate(over="ignore", invalid="ignore"):
        got = function(*map(torch.from_numpy, x)).numpy().astype(np.float64)
        true = function(*(torch.from_numpy(v.astype(np.float64)) for v in x)).numpy()
        rounded = true.astype(np.float32)
        # beyond the largest number by less than an ulp: either side will do
        edge = np.abs(np.abs(true) / 3.4028235e38 - 1) < 2.4e-7
        finite = np.isfinite(rounded) & np.isfinite(got)
        same = (np.isnan(got) & np.isnan(rounded)) | (got == rounded)
        error = np.where(finite, np.abs(got - true) / ulp(np.where(finite, true, 1.0), 24, -125), 0.0)
        if name in ZEROS_BELOW_0:
            error[(x[0] < 0) & (np.abs(true) < 1)] = 0
    at = int(error.argmax())
    return float(error[at]), [float(v[at]) for v in x], int((~finite & ~same & ~edge).sum())


def sample(domain, interval, n):
    """n arguments: half even in bit space over a domain, half uniform over an interval."""
    low, high = domain
    bound = np.array([max(low, 1e-300) if low > 0 else 1e-300, high], dtype=np.float64).view(np.uint64)
    spread = np.linspace(float(bound[0]), float(bound[1]), n // 2).astype(np.uint64).view(np.float64)
    if low < 0:
        spread[::2] = -spread[::2] * (-low / high if -low < high else 1.0)
    return np.concatenate([spread, np.random.default_rng(0).uniform(*interval, n - n // 2)])


def double(name, reference, *x):
    got = find(name)(*map(torch.from_numpy, x)).numpy()
    worst, at = 0.0, [0.0]
    for value, *arguments in zip(got.tolist(), *(v.tolist() for v in x), strict=True):
        try:
            true = reference(*map(mp.mpf, arguments))
        except (ZeroDivisionError, ValueError, OverflowError):
            continue
        if isinstance(true, mp.mpc) or mp.isnan(true) or true == 0 or abs(true) > 1.79e308:
            continue
        if name in ZEROS_BELOW_0 and arguments[0] < 0 and abs(true) < 1:
            continue
        error = float(abs(value - true) / ulp(true, 53, -1021)) if np.isfinite(value) else float("inf")
        if error > worst:
            worst, at = error, arguments
    return worst, at


def measure(name, reference, count, x):
    """One line of the table: the worst of float32 and where, the odd ones, the worst of float64 and where."""
    worst, where, odd = 0.0, [0.0], 0
    step, chunk = (1 << 32) // count, min(count, 1 << 22)
    for begun in range(0, count, chunk):
        error, at, strange = single(name, begun * step, min(chunk, count - begun), step)
        odd += strange
        if error > worst:
            worst, where = error, at
    return worst, where, odd, *double(name, reference, *x)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--all", action="store_true", help="every float32")
    parser.add_argument("--n", type=int, default=1 << 20, help="float32 arguments")
    parser.add_argument("--sample", type=int, default=4000, help="float64 arguments")
    arguments = parser.parse_args()
    count, failed = 1 << 32 if arguments.all else arguments.n, 0
    print(f"# rushlight {torch.__version__}, {torch.__config__.isa()}; float32: {count} arguments even in bit space,")
    print(f"# against float64; float64: {arguments.sample}, against mpmath at {mp.mp.dps} digits. Errors in ulp.")
    print(f"{'function':<17} {'float32':>7} {'at':<28} {'odd':>4}   {'float64':>8} at")
    rng = np.random.default_rng(1)
    for name, (reference, *ranges) in {**FUNCTIONS, **OF_TWO}.items():
        if arguments.names and name.split(".")[-1] not in arguments.names:
            continue
        if name in OF_TWO:
            x = [rng.uniform(*ranges[0], arguments.sample) for _ in range(2)]
        else:
            x = [sample(*ranges, arguments.sample)]
        worst, at, odd, wide, wide_at = measure(name, reference, count, x)
        where, wide_where = (", ".join(f"{v:.{digits}g}" for v in place) for place, digits in ((at, 9), (wide_at, 17)))
        print(f"{name:<17} {worst:7.3f} {where:<28} {odd:4}   {wide:8.3f} {wide_where}", flush=True)
        failed |= odd
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
