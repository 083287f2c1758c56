"""Factories."""

import numpy as np

from .case import FLOATS, NUMERIC_BOOL, Bad, Case, D, S, T, args


def sized(fill):
    return lambda *size, dtype=None: np.full(
        size[0] if len(size) == 1 and isinstance(size[0], (tuple, list)) else size, fill
    )


def shape_only(*shape):
    return lambda found, _: None if found[0].shape == shape else f"shape {found[0].shape}, expected {shape}"


def linspace(start, end, steps, dtype=None):
    return np.linspace(np.longdouble(start), np.longdouble(end), steps)


TYPES = (*FLOATS, *(d for d in NUMERIC_BOOL if d not in FLOATS))
NUMBERS = tuple(d for d in TYPES if d != "bool")
SIZES = [args(2, 3, dtype=D), args((2, 3), dtype=D), args(0, 2, dtype=D), args((), dtype=D)]
NEGATIVE = [Bad(-1, raises=RuntimeError, match="negative dimension"), Bad(2**40, 2**40, raises=RuntimeError, match="overflow|too large|storage size", peer=False), Bad("x", raises=TypeError, match="size"), Bad(2, dtype="int", raises=TypeError, match="dtype")]  # fmt: skip

# fmt: off
CASES = [
    Case("zeros", sized(0), SIZES, dtypes=TYPES, bad=NEGATIVE),
    Case("ones", sized(1), SIZES, dtypes=TYPES, bad=NEGATIVE),
    Case("full", lambda size, value, dtype=None: np.full(size, value), [args((2, 3), 7, dtype=D), args((), 1, dtype=D), args((0,), 2, dtype=D)], rows="full_op", dtypes=TYPES, bad=[Bad((-1,), 0, raises=RuntimeError, match="negative dimension")]),
    Case("full", lambda size, value: np.full(size, value), [args((2,), 2.5), args((2,), 3), args((2,), True)], id="full-infers", rows="full_op", result=None),
    Case("empty", None, [args(2, 3, dtype=D)], rows="empty_op", random=shape_only(2, 3), unset=True, bad=NEGATIVE[:2]),
    Case("empty_strided", None, [args((2, 3), (1, 2), dtype=D)], rows="empty_strided_op", random=shape_only(2, 3), unset=True, bad=[Bad((2,), (1, 1), raises=RuntimeError, match="dimensionality|sizes and")]),
    Case("empty_like", None, [args(S(2, 3))], rows="empty_like_op", random=shape_only(2, 3), unset=True),
    Case("zeros_like", np.zeros_like, [args(S(2, 3)), args(S()), args(S(0, 2))], dtypes=TYPES, large=[args(S(301, 401))]),
    Case("ones_like", np.ones_like, [args(S(2, 3)), args(S()), args(S(0, 2))], dtypes=TYPES, large=[args(S(301, 401))]),
    Case("full_like", lambda x, v: np.full_like(x, v), [args(S(2, 3), 7), args(S(), 1)], dtypes=TYPES),
    Case("arange", lambda *a, dtype=None: np.arange(*a), [args(5, dtype=D), args(0, dtype=D)], rows="arange_end", dtypes=NUMBERS, bad=[Bad(-1, raises=RuntimeError, match="larger|inconsistent|bound")]),
    Case("arange", lambda *a, dtype=None: np.arange(*a), [args(1, 9, 2, dtype=D), args(2, 2, dtype=D), args(3, 8, dtype=D)], id="arange-from", dtypes=NUMBERS, bad=[Bad(0, 5, 0, raises=RuntimeError, match="step must be nonzero"), Bad(0, 5, -1, raises=RuntimeError, match="inconsistent"), Bad(0, float("inf"), raises=RuntimeError, match="unsupported range")]),
    Case("arange", lambda *a: np.arange(*a), [args(5), args(0.0, 1.0, 0.25), args(9, 1, -2)], id="arange-infers", result=None),
    Case("linspace", linspace, [args(0, 1, 5, dtype=D), args(-3, 7.5, 1, dtype=D), args(2, 2, 0, dtype=D), args(-1, 1, 101, dtype=D)], ulp=2, bound=lambda a, b, n, dtype=None: 4 * max(abs(a), abs(b)), bad=[Bad(0, 1, -1, raises=RuntimeError, match="non-negative")]),
    Case("eye", lambda n, m=None, dtype=None: np.eye(n, m), [args(3, dtype=D), args(2, 4, dtype=D), args(0, dtype=D)], dtypes=TYPES, bad=[Bad(-1, raises=RuntimeError, match="greater or equal to 0")]),
    Case("zeros", lambda n, dtype=None: np.zeros(n), [args(3, dtype=T("float64"))], id="zeros-dtype", rows="zeros", result=None),
]
# fmt: on
