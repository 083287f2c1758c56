"""Matrix products."""

import numpy as np

from .case import FLOATING, FLOATS, Bad, Case, S, args

DTYPES = (*FLOATS, "float16", "bfloat16", "int64", "int32", "uint8")


def inner(x, y):
    """The bound of a chain of n products and sums: n |A| |B| (Higham 2002, ch. 3)."""
    return (x.shape[-1] + 2) * np.matmul(np.abs(x), np.abs(y))


def addmm(x, a, b, beta=1, alpha=1):
    return beta * x + alpha * (a @ b)


def linear(x, w, b=None):
    return x @ w.T if b is None else x @ w.T + b


SIZES = [(3, 5, 2), (1, 1, 1), (17, 300, 33), (2, 700, 129), (4, 0, 3)]
MATRICES = [args(S(m, k), S(k, n)) for m, k, n in SIZES]
LARGE = [args(S(200, 300), S(300, 150)), args(S(1, 3000), S(3000, 100)), args(S(300, 400), S(400, 3))]
BATCH = [
    args(S(9, 300, row=True), S(300, 33)),
    args(S(9, 300, row=True), S(300, 3)),
    args(S(70, 40, row=True), S(40, 16)),
]

# fmt: off
CASES = [
    Case("matmul", np.matmul, [*MATRICES, args(S(5), S(5)), args(S(3, 5), S(5)), args(S(5), S(5, 2)), args(S(2, 3, 5), S(5, 2)), args(S(2, 1, 3, 5), S(4, 5, 2)), args(S(2, 3, 5), S(5)), args(S(5), S(2, 5, 3)), args(S(0, 5), S(5, 2))], dtypes=DTYPES, bound=inner, ulp=0.51, grad=True, grad_samples=[args(S(3, 4), S(4, 2)), args(S(4), S(4)), args(S(3, 4), S(4)), args(S(4), S(4, 2)), args(S(2, 3, 4), S(4, 2)), args(S(2, 1, 2, 3), S(2, 3, 2)), args(S(2, 2, 3), S(3)), args(S(3), S(2, 3, 2))], large=LARGE, batch=[*BATCH, args(S(5, 3, 40, row=True), S(5, 40, 16, row=True))], bad=[Bad(S(2, 3), S(2, 3), raises=RuntimeError, match=r"cannot be multiplied \(2x3 and 2x3\)"), Bad(S(), S(3), raises=RuntimeError, match="at least 1D"), Bad(S(2, 2), S(2, 2, dtype="float64"), raises=RuntimeError, match="same dtype"), Bad(S(2, 2, 3), S(3, 3, 2), raises=RuntimeError, match="must match"), Bad(S(2, 2), 3.0, raises=TypeError, match="matmul")]),
    Case("mm", np.matmul, MATRICES, dtypes=DTYPES, bound=inner, ulp=0.51, grad=True, grad_samples=[args(S(3, 4), S(4, 2))], large=LARGE, batch=BATCH, bad=[Bad(S(2, 3), S(2, 3), raises=RuntimeError, match=r"cannot be multiplied \(2x3 and 2x3\)"), Bad(S(3), S(3, 2), raises=RuntimeError, match="must be a matrix")]),
    Case("bmm", np.matmul, [args(S(2, 3, 5), S(2, 5, 4)), args(S(1, 1, 1), S(1, 1, 1)), args(S(0, 2, 3), S(0, 3, 2))], dtypes=DTYPES, bound=inner, ulp=0.51, grad=True, grad_samples=[args(S(2, 3, 4), S(2, 4, 2))], large=[args(S(8, 60, 70), S(8, 70, 50))], batch=[args(S(5, 3, 40, row=True), S(5, 40, 16, row=True))], bad=[Bad(S(2, 3, 4), S(3, 4, 2), raises=RuntimeError, match="Expected size for first two dimensions|batch2"), Bad(S(3, 4), S(4, 2), raises=RuntimeError, match="3D|must be")]),
    Case("mv", np.matmul, [args(S(3, 5), S(5)), args(S(300, 700), S(700)), args(S(3, 0), S(0))], dtypes=DTYPES, bound=inner, ulp=0.51, grad=True, grad_samples=[args(S(3, 5), S(5))], large=[args(S(700, 900), S(900))], batch=[args(S(9, 300, row=True), S(300))], bad=[Bad(S(3, 4), S(3), raises=RuntimeError, match="size mismatch|cannot be multiplied"), Bad(S(3), S(3), raises=RuntimeError, match="vector|matrix")]),
    Case("dot", np.dot, [args(S(5), S(5)), args(S(5000), S(5000)), args(S(0), S(0))], dtypes=DTYPES, bound=inner, ulp=0.51, grad=True, grad_samples=[args(S(5), S(5))], large=[args(S(300_001), S(300_001))], bad=[Bad(S(3), S(4), raises=RuntimeError, match="inconsistent tensor size"), Bad(S(3, 3), S(3), raises=RuntimeError, match="1D tensors expected")]),
    Case("addmm", addmm, [args(S(3, 2), S(3, 5), S(5, 2)), args(S(2), S(3, 5), S(5, 2), beta=2), args(S(3, 1), S(3, 5), S(5, 2), alpha=3), args(S(33), S(17, 300), S(300, 33))], bound=lambda x, a, b, beta=1, alpha=1: 3 * np.abs(beta * x) + 2 * abs(alpha) * inner(a, b), ulp=1, grad=True, grad_samples=[args(S(3, 2), S(3, 4), S(4, 2)), args(S(2), S(3, 4), S(4, 2), beta=2.0, alpha=0.5)], large=[args(S(150), S(200, 300), S(300, 150))], bad=[Bad(S(2), S(2, 3), S(2, 3), raises=RuntimeError, match=r"cannot be multiplied \(2x3 and 2x3\)"), Bad(S(5), S(2, 3), S(3, 2), raises=RuntimeError, match="expand|broadcast")]),
    Case("linear", linear, [args(S(3, 5), S(2, 5)), args(S(3, 5), S(2, 5), S(2)), args(S(5), S(2, 5), S(2)), args(S(2, 3, 5), S(4, 5), S(4)), args(S(17, 300), S(33, 300), S(33)), args(S(0, 5), S(2, 5), S(2))], dtypes=FLOATING, bound=lambda x, w, b=None: 2 * inner(x, w.T) + (0 if b is None else 4 * np.abs(b)), ulp=1, grad=True, grad_samples=[args(S(3, 4), S(2, 4), S(2)), args(S(4), S(2, 4), S(2)), args(S(2, 3, 4), S(2, 4))], large=[args(S(200, 300), S(150, 300), S(150))], batch=[args(S(9, 300, row=True), S(33, 300), S(33)), args(S(9, 300, row=True), S(3, 300), S(3))], bad=[Bad(S(2, 512), S(10, 784), raises=RuntimeError, match="512|cannot be multiplied"), Bad(S(2, 3), S(4, 3), S(5), raises=RuntimeError, match="bias|expand|size|shape")]),
]
# fmt: on
