"""Attention."""

import math

from rushlight import _C
from rushlight.composed.views import broadcast_shapes
from rushlight.ops.attention import of_ops, weights

from .dropout import dropout

__all__ = ["scaled_dot_product_attention"]


def scaled_dot_product_attention(
    query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False
):
    """softmax(query @ key^T * scale + attn_mask) @ value, without the matrix of weights in memory.

    Vaswani et al., arXiv:1706.03762. A row of the matrix that sees nothing gives zeros.

    Parameters
    ----------
    query : Tensor
        [..., L, E].
    key, value : Tensor
        [..., S, E] and [..., S, Ev].
    attn_mask : Tensor, optional
        Broadcast to [..., L, S]: bool, true where a position may look, or numbers that are added.
    dropout_p : float, default 0
        Weights are dropped with this probability, whether in training or not. The matrix is whole then.
    is_causal : bool, default False
        Position i sees the positions up to i.
    scale : float, optional
        1 / sqrt(E) if not given.
    enable_gqa : bool, default False
        Key and value may have fewer heads, each for several of query's.

    Returns
    -------
    Tensor
        [..., L, Ev].
    """
    _check(query, key, value, attn_mask, is_causal)
    if not 0.0 <= dropout_p <= 1.0:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {dropout_p}")
    if scale is None:
        scale = 1 / math.sqrt(query.shape[-1]) if query.shape[-1] else math.inf
    if enable_gqa:
        key, value = (_for_each_head(x, query) for x in (key, value))
    batch = broadcast_shapes(query.shape[:-2], key.shape[:-2], value.shape[:-2])
    if dropout_p > 0:
        return _C.matmul(dropout(weights(query, key, attn_mask, is_causal, scale), dropout_p), value)
    if attn_mask is not None and attn_mask.requires_grad and _C.is_grad_enabled():
        return of_ops(query, key, value, attn_mask, is_causal, scale)
    mask = attn_mask
    if mask is not None:
        mask = _four(_C.expand(mask, (*batch, query.shape[-2], key.shape[-2])), batch)
    made = _C._attention(*(_four(_expanded(x, batch), batch) for x in (query, key, value)), mask, is_causal, scale)
    return made if len(batch) == 2 else _C.reshape(made, (*batch, *made.shape[-2:]))


def _check(query, key, value, mask, is_causal):
    if min(query.ndim, key.ndim, value.ndim) < 2:
        raise RuntimeError(
            f"Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: {query.ndim} "
            f"key.dim: {key.ndim} and value.dim: {value.ndim} instead."
        )
    if query.dtype != key.dtype or query.dtype != value.dtype:
        raise RuntimeError(
            f"Expected query, key, and value to have the same dtype, but got query.dtype: {query.dtype} "
            f"key.dtype: {key.dtype} and value.dtype: {value.dtype} instead."
        )
    if mask is None:
        return
    if is_causal:
        raise RuntimeError("scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True")
    if mask.dtype not in (_C.bool, _C.float32, query.dtype):
        raise RuntimeError(
            f"Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: {mask.dtype} "
            f"and  query.dtype: {query.dtype} instead."
        )


def _for_each_head(x, query):
    heads, own = query.shape[-3], x.shape[-3]
    if own == 0 or heads % own:
        raise RuntimeError(
            f"scaled_dot_product_attention: Number of heads in key and value must divide the number of heads in query: "
            f"{own} and {heads}"
        )
    return x if own == heads else x.repeat_interleave(heads // own, -3)


def _expanded(x, batch):
    return x if x.shape[:-2] == batch else _C.expand(x, (*batch, *x.shape[-2:]))


def _four(x, batch):
    """Batch and heads as two dims."""
    if len(batch) == 2:
        return x
    return _C.reshape(x, (1, math.prod(batch), *x.shape[-2:]))
