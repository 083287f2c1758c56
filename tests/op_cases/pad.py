"""Padding: with a number, and with a tensor's own elements."""

import numpy as np

from .case import COMPLEX, FLOATING, NUMERIC_BOOL, Bad, Case, S, args

NAMES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _pairs(ndim, pad):
    """NumPy's order: the first dim first."""
    pairs = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)][::-1]
    return [(0, 0)] * (ndim - len(pairs)) + pairs


def _cropped(x, pairs):
    return x[tuple(slice(max(0, -a), x.shape[d] - max(0, -b)) for d, (a, b) in enumerate(pairs))]


def constant_pad(x, pad, value=0):
    pairs = _pairs(x.ndim, pad)
    if not pairs:
        return x
    return np.pad(_cropped(x, pairs), [(max(0, a), max(0, b)) for a, b in pairs], constant_values=value)


def pad_own(x, pad, mode):
    pairs = _pairs(x.ndim, pad)
    whole = np.pad(x, [(max(0, a), max(0, b)) for a, b in pairs], mode=NAMES[mode])
    return _cropped(whole, pairs)


def pad_own_back(g, pad, mode, size):
    leading = g.shape[: g.ndim - len(size)]
    at = pad_own(np.arange(np.prod(size)).reshape((1,) * len(leading) + tuple(size)), pad, mode).reshape(-1)
    made = np.zeros((int(np.prod(leading)), int(np.prod(size))), g.dtype)
    for to, values in zip(made, g.reshape(len(made), at.size)):
        np.add.at(to, at, values)
    return made.reshape(*leading, *size)


def shape_back(shape, pad):
    n = len(pad) // 2
    return [s + a + b for s, (a, b) in zip(shape, _pairs(len(shape), pad))], shape[-n:]


OWN = [
    ((2, 3, 5), (2, 3)), ((2, 3, 4, 5), (1, 0, 2, 1)), ((1, 2, 3, 4, 3), (2, 1, 0, 3, 1, 2)), ((3, 6), (-1, 2)), ((2, 3, 5), (-2, -1)), ((0, 2, 3), (1, 1)),
]  # fmt: skip
CONSTANT = [
    ((2, 3), (1, 2)),
    ((2, 3), (1, 2, 0, 3), 1.5),
    ((2, 3, 4), (-1, 2, 1, -1, 2, 0), 3.0),
    ((5,), (-2, -3)),
    ((), ()),
    ((0, 3), (1, 0, 2, 2)),
]
MODES = list(NAMES)


def each_mode(row=False, shapes=OWN):
    return [args(S(*s, row=row), p, m) for s, p in shapes for m in MODES if m != "circular" or min(p) >= 0]


def each_mode_back(row=False):
    made = []
    for shape, pad in OWN[:5]:
        padded, size = shape_back(shape, pad)
        made += [args(S(*padded, row=row), pad, m, size) for m in MODES]
    return made


# fmt: off
CASES = [
    Case("constant_pad_nd", constant_pad, [args(S(*s), *rest) for s, *rest in CONSTANT], dtypes=(*NUMERIC_BOOL,), grad=True, large=[args(S(300, 400), (1, 2, 3, 4))], batch=[args(S(4, 3, row=True), (1, 2), 2.0)], bad=[Bad(S(2, 3), (1,), raises=RuntimeError, match="must be divisible by 2"), Bad(S(2), (1, 1, 1, 1), raises=RuntimeError, match="two times the input"), Bad(S(2, 3), (-2, -2), raises=RuntimeError, match="length must be non-negative"), Bad(S(2), (1.5, 1), raises=TypeError, match="int")]),
    Case("_pad", pad_own, each_mode(), rows="pad_with_own", peer=lambda lib: lib.nn.functional.pad, dtypes=(*FLOATING, "int64", "uint8", *COMPLEX), grad=True, large=[args(S(40, 5, 30, 31), (3, 2, 1, 4), m) for m in MODES], batch=each_mode(True, OWN[:3]), bad=[Bad(S(1, 3), (3, 0), "reflect", raises=RuntimeError, match="should be less than the corresponding input"), Bad(S(1, 3), (4, 0), "circular", raises=RuntimeError, match="wrapping around more than once"), Bad(S(1, 3), (-2, -1), "replicate", raises=RuntimeError, match="leaves nothing|output|less|too small"), Bad(S(1, 3), (1, 1), "mirror", raises=NotImplementedError, match="Unrecognised padding mode mirror"), Bad(S(1, 0), (1, 1), "replicate", raises=RuntimeError, match="non-zero")]),
    Case("_pad_backward", pad_own_back, each_mode_back(), rows="pad_with_own_backward", peer=False, dtypes=FLOATING, bound=lambda g, *rest: 16 * pad_own_back(np.abs(g), *rest), ulp=0.51, grad=True, large=[args(S(40, 5, 30, 31), (3, 2, 1, 4), m, (25, 26)) for m in MODES], batch=each_mode_back(True)[:9], bad=[Bad(S(1, 5), (1, 1), "reflect", (4,), raises=RuntimeError, match="does not end in")]),
]
# fmt: on
