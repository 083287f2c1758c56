"""Resampling: a matrix of weights for each dim, from the filters' definitions."""

import numpy as np

from .case import FLOATING, Bad, Case, S, args


def _cubic(x, a):
    x = abs(x)
    return ((a + 2) * x - (a + 3)) * x * x + 1 if x <= 1 else a * (((x - 5) * x + 8) * x - 4) if x < 2 else 0.0


FILTERS = {
    "linear": (1, lambda x: max(0.0, 1 - abs(x))),
    "cubic": (2, lambda x: _cubic(x, -0.5)),
    "lanczos": (3, lambda x: np.sinc(x) * np.sinc(x / 3) if abs(x) < 3 else 0.0),
}


def _row(kind, n, place, smooth, step):
    """The weights of the input's n elements for a place among them (a number, element i standing at i)."""
    weights = np.zeros(n)
    if smooth:
        wide = max(step, 1.0)
        reach = FILTERS[kind][0] * wide
        first, last = max(0, int(place + 0.5 - reach + 0.5)), min(n, int(place + 0.5 + reach + 0.5))
        for i in range(first, last):
            weights[i] = FILTERS[kind][1]((i - place) / wide)
        return weights / weights.sum()
    if kind == "linear":
        place = min(max(place, 0), n - 1)
        weights[int(place)] += 1 - place % 1
        weights[min(int(place) + 1, n - 1)] += place % 1
    else:
        for i in range(int(np.floor(place)) - 1, int(np.floor(place)) + 3):
            weights[min(max(i, 0), n - 1)] += _cubic(place - i, -0.75)
    return weights


def matrix(kind, n, count, aligned=False, smooth=False, scale=None):
    """[count, n]: what each place of the result takes of the input."""
    if kind == "linear" and not smooth and n == count:
        return np.eye(n)  # whatever scale was asked for: PyTorch's choice
    step = 1 / scale if scale else n / count
    if aligned:
        step = (n - 1) / (count - 1) if count > 1 else 0.0
    made = np.zeros((count, n))
    for q in range(count):
        if kind in ("nearest", "exact"):
            made[q, min(int((q + (kind == "exact") * 0.5) * step), n - 1)] = 1
        else:
            made[q] = _row(kind, n, q * step if aligned and not smooth else (q + 0.5) * step - 0.5, smooth, step)
    return made


def _applied(x, size, matrices):
    for d, m in enumerate(matrices):
        axis = x.ndim - len(size) + d
        x = np.moveaxis(np.tensordot(x, m.astype(x.dtype), (axis, 1)), -1, axis)
    return x


def _split(kind, options, ndim):
    given = {"nearest": 1, "linear": 2, "cubic": 2, "lanczos": 0}[kind]
    scales = list(options[given : given + ndim])
    return options[:given], scales + [None] * (ndim - len(scales))


def _matrices(kind, options, sizes, counts, scales):
    if kind == "nearest":
        return [matrix("exact" if options[0] else kind, n, q, scale=s) for n, q, s in zip(sizes, counts, scales)]
    aligned, smooth = options if options else (False, True)
    return [matrix(kind, n, q, aligned, smooth, s) for n, q, s in zip(sizes, counts, scales)]


def forward(kind):
    def function(x, size, *options):
        options, scales = _split(kind, options, len(size))
        return _applied(x, size, _matrices(kind, options, x.shape[-len(size) :], size, scales))

    return function


def backward(kind):
    def function(g, size, *options):
        options, scales = _split(kind, options, len(size))
        found = _matrices(kind, options, size, g.shape[-len(size) :], scales)
        return _applied(g, size, [m.T for m in found])

    return function


SIZES = [((2, 3, 5), (8,)), ((2, 3, 5), (3,)), ((1, 2, 4, 5), (7, 3)), ((2, 3, 4), (3, 9)), ((1, 2, 3, 4, 3), (5, 2, 4)), ((2, 1, 1), (1, 3)), ((0, 2, 3), (2,))]  # fmt: skip
BIG = ((40, 5, 30, 31), (41, 17))
OPTIONS = {
    "nearest": [(False,), (True,), (False, 1.7), (True, 0.6)],
    "linear": [(False, False), (True, False), (False, True), (False, False, 1.7), (True, True)],
    "cubic": [(False, False), (True, False), (False, True), (False, False, 1.7)],
    "lanczos": [(), (1.3,)],
}


def samples(kind, shapes, row=False):
    return [args(S(*s, row=row), q, *o) for s, q in shapes for o in OPTIONS[kind]]


def samples_back(kind, shapes, row=False):
    return [args(S(*s[: len(s) - len(q)], *q, row=row), s[-len(q) :], *o) for s, q in shapes for o in OPTIONS[kind]]


def close(function):
    """Weights are worked out in the compute dtype: off by its rounding of a place in the input, a few times."""
    return lambda x, *rest: np.full(function(np.abs(x), *rest).shape, 2000.0 * np.abs(x).max(initial=0))


BAD = {
    "nearest": [Bad(S(1, 4), (0,), False, raises=RuntimeError, match="greater than 0"), Bad(S(1, 4, dtype="int64"), (2,), False, raises=NotImplementedError, match="not implemented for 'Long'")],
    "linear": [Bad(S(1, 0), (2,), False, False, raises=RuntimeError, match="greater than 0"), Bad(S(4), (2, 2), False, False, raises=RuntimeError, match="at least 2 dims")],
}  # fmt: skip


def case(kind, shapes):
    name, go = f"_upsample_{kind}", forward(kind)
    return Case(
        name, go, samples(kind, shapes), rows=name[1:], peer=False, dtypes=(*FLOATING, "uint8") if kind == "nearest" else FLOATING,
        bound=close(go), ulp=1, grad=True, grad_samples=samples(kind, shapes[:4]), large=samples(kind, [BIG]),
        batch=samples(kind, shapes[:3], True), bad=BAD.get(kind, ()),
    )  # fmt: skip


def case_back(kind, shapes):
    name, go = f"_upsample_{kind}_backward", backward(kind)
    return Case(
        name, go, samples_back(kind, shapes[:3]), rows=name[1:], peer=False, dtypes=FLOATING, bound=close(go), ulp=1, grad=True,
        large=samples_back(kind, [BIG]), batch=samples_back(kind, shapes[:3], True),
    )  # fmt: skip


CASES = [made for kind in OPTIONS for made in (case(kind, SIZES), case_back(kind, SIZES))]
