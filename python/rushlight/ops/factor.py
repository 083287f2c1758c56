"""Factors of matrices: derivatives and docstrings."""

from rushlight import _C

from ._table import op


def _adjoint(x):
    return _C.conj(_C.transpose(x, -2, -1))


def _skew(x):
    return _C.sub(x, _adjoint(x))


def _diagonal(n):
    return _C._to(_C.eye(n), None, _C.bool)


def _on_diagonal(values):
    """Square matrices with `values` on the diagonal."""
    return _C.where(_diagonal(values.shape[-1]), _C.unsqueeze(values, -1), 0)


def _svd_back(g, A, out, full_matrices, compute_uv):
    """Townsend 2016, "Differentiating the singular value decomposition"; the phases of complex vectors, which are nobody's
    to choose, as in Wan and Zhang 2019, arXiv:1909.02659. Equal singular values have no gradient of vectors.
    """
    g_u, g_s, g_vh = g
    of_vectors = g_u is not None or g_vh is not None
    if full_matrices and of_vectors:
        raise RuntimeError("svd: U and Vh have no gradient with full_matrices=True; call svd(..., full_matrices=False)")
    u, s, vh = out if compute_uv and not full_matrices else _C._svd(A)
    row, column = _C.unsqueeze(s, -2), _C.unsqueeze(s, -1)
    if not of_vectors:
        return _C.matmul(_C.mul(u, _C.mul(row, 0) if g_s is None else _C.unsqueeze(g_s, -2)), vh)

    k = s.shape[-1]
    gaps = _C.where(_diagonal(k), 1, _C.sub(_C.square(row), _C.square(column)))  # s_j^2 - s_i^2 at (i, j)
    inner = _C.zeros_like(gaps)
    if g_u is not None:
        turned = _skew(_C.matmul(_adjoint(u), g_u))
        inner = _C.add(inner, _C.mul(turned, row))
    if g_vh is not None:
        inner = _C.add(inner, _C.mul(column, _skew(_C.matmul(vh, _adjoint(g_vh)))))
    inner = _C.div(inner, gaps)
    if g_s is not None:
        inner = _C.add(inner, _on_diagonal(g_s))
    if A.dtype.is_complex and g_u is not None and g_vh is not None:
        inner = _C.add(inner, _on_diagonal(_C.div(_C.diagonal(turned, 0, -2, -1), _C.mul(s, 2))))
    back = _C.matmul(u, inner)
    if g_u is not None and u.shape[-2] > k:  # what of g_u lies outside of the span of U
        back = _C.add(back, _outside(u, _C.div(g_u, row)))
    back = _C.matmul(back, vh)
    if g_vh is not None and vh.shape[-1] > k:
        across = _outside(_adjoint(vh), _adjoint(_C.div(g_vh, column)))
        back = _C.add(back, _C.matmul(u, _adjoint(across)))
    return back


def _outside(basis, x):
    return _C.sub(x, _C.matmul(basis, _C.matmul(_adjoint(basis), x)))


svd = op(_C._svd, grad=_svd_back, node="LinalgSvdBackward0", conjugate=False)
