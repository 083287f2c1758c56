"""Factors of matrices, by what does not depend on the signs of their vectors; test_factor.py has the derivatives of the vectors."""

import numpy as np

from .case import Bad, Case, S, args

#: their values are given, so that nothing makes two singular values equal, which have no derivative
APART = [args(S(values=[[3.0, 1.0], [0.5, -2.0], [1.0, 0.25]])), args(S(values=[[2.0, -1.0, 0.5], [0.0, 3.0, 1.0]]))]


def singular_values(a):
    return np.linalg.svd(np.float64(a), compute_uv=False)


# fmt: off
CASES = [
    Case("_svd", singular_values, [args(S(3, 3)), args(S(4, 2)), args(S(2, 4)), args(S(2, 4, 3)), args(S(1, 1)), args(S(0, 3))], rows="svd", of=lambda lib: lambda a: lib._C._svd(a, compute_uv=False)[1], peer=lambda lib: lambda a: lib.linalg.svdvals(a), bound=lambda a: 20 * singular_values(a).max(initial=0), grad=True, grad_samples=APART, large=[args(S(60, 40))], bad=[Bad(S(3), raises=RuntimeError, match="at least 2 dimensions|must be|expected"), Bad(S(2, 2, dtype="int64"), raises=RuntimeError, match="floating point or complex")]),
]
# fmt: on
