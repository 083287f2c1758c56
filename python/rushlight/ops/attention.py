"""Attention, whose weights are never kept: the backward pass computes them once more."""

from rushlight import _C

from ._again import again
from ._table import joint, op


def of_ops(query, key, value, mask, is_causal, scale):
    """The same with the whole matrix of weights: where the mask asks for a gradient, or a gradient for another."""
    return _C.matmul(weights(query, key, mask, is_causal, scale), value)


def weights(query, key, mask, is_causal, scale):
    """How much each position takes of each other."""
    scores = _C.mul(_C.matmul(query, _C.transpose(key, -2, -1)), scale)
    if is_causal:
        seen = _C.tril(_C.ones(scores.shape[-2:], dtype=_C.bool, device=scores.device))
        scores = _C.masked_fill(scores, _C.logical_not(seen), -float("inf"))
    elif mask is not None and mask.dtype == _C.bool:
        scores = _C.masked_fill(scores, _C.logical_not(mask), -float("inf"))
    elif mask is not None:
        scores = _C.add(scores, mask)
    if mask is None:
        return _C.softmax(scores, -1)
    blind = _C.all(_C.eq(scores, -float("inf")), -1, True)
    return _C.masked_fill(_C.softmax(_C.masked_fill(scores, blind, 0.0), -1), blind, 0.0)


def _back(g, query, key, value, mask, is_causal, scale):
    if _C.is_grad_enabled():
        found = again(lambda q, k, v: (of_ops(q, k, v, mask, is_causal, scale),), (query, key, value), (g,))
    else:
        found = _C._attention_backward(g, query, key, value, mask, is_causal, scale)
    return (*found, None)


op(_C._attention, grad=joint(_back), node="ScaledDotProductFlashAttentionForCpuBackward0")
