"""Products."""

from rushlight import _C

from ._table import lift, rule
from .pointwise import combined


def _matmul(layer, a, b, a_batched, b_batched):
    ranks = a.ndim - a_batched, b.ndim - b_batched
    if 0 in ranks:
        raise RuntimeError("both arguments to matmul need to be at least 1D, but they are 0D" if not any(ranks) else
                           "both arguments to matmul need to be at least 1D")  # fmt: skip
    if not b_batched and ranks[1] == 2 and ranks[0] <= 2:
        return _C.matmul(a, b)  # rows of all examples against one matrix
    if ranks[0] == 1:
        a = _C.unsqueeze(a, -2)
    if ranks[1] == 1:
        b = _C.unsqueeze(b, -1)
    rank = max(a.ndim - a_batched, b.ndim - b_batched)
    if a_batched:
        a = lift(a, rank)
    if b_batched:
        b = lift(b, rank)
    out = _C.matmul(a, b)
    if ranks[1] == 1:
        out = _C.squeeze(out, -1)
    if ranks[0] == 1:
        out = _C.squeeze(out, -1 if ranks[1] == 1 else -2)
    return out


_PRODUCT_RANKS = {"mm": (2, 2), "bmm": (3, 3), "mv": (2, 1), "dot": (1, 1)}


@rule("matmul", "mm", "bmm", "mv", "dot")
def _product(layer, row, values, batched):
    a, b = values[0], values[1]
    ranks = a.ndim - batched[0], b.ndim - batched[1]
    wanted = _PRODUCT_RANKS.get(row.name, ranks)
    if ranks != wanted:
        raise RuntimeError(
            f"{row.name}: expected {wanted[0]}D and {wanted[1]}D tensors, but got {ranks[0]}D and {ranks[1]}D"
        )
    if row.name == "dot" and a.shape[-1] != b.shape[-1]:
        raise RuntimeError(f"dot: inconsistent tensor size, {a.shape[-1]} and {b.shape[-1]} elements")
    return _matmul(layer, a, b, batched[0], batched[1])


@rule("linear")
def _linear(layer, row, values, batched):
    x, weight, bias = values
    if not batched[1] and not batched[2]:
        return row(values)
    out = (
        _matmul(layer, x, _C.transpose(weight, -1, -2), batched[0], batched[1])
        if weight.ndim - batched[1] == 2
        else None
    )
    if out is None:
        return NotImplemented
    if bias is None:
        return out
    return combined(layer, "add", (out, batched[0] or batched[1]), (bias, batched[2]))


@rule("addmm")
def _addmm(layer, row, values, batched):
    x, a, b, beta, alpha, _ = values
    has = batched[1] or batched[2]
    product = _matmul(layer, a, b, batched[1], batched[2]) if has else _C.mm(a, b)
    return combined(layer, "add", (_C.mul(x, beta), batched[0]), (product, has), (alpha, False))
