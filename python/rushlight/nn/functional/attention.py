"""Attention."""

import math

from rushlight import _C
from rushlight.composed.views import broadcast_shapes
from rushlight.ops.attention import of_ops, weights

from .dropout import dropout

__all__ = ["multi_head_attention_forward", "scaled_dot_product_attention"]


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


def multi_head_attention_forward(
    query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v, add_zero_attn, dropout_p,
    out_proj_weight, out_proj_bias, training=True, key_padding_mask=None, need_weights=True, attn_mask=None,
    use_separate_proj_weight=False, q_proj_weight=None, k_proj_weight=None, v_proj_weight=None, static_k=None, static_v=None,
    average_attn_weights=True, is_causal=False,
):  # fmt: skip
    """What :class:`rushlight.nn.MultiheadAttention` computes, with its parameters as arguments.

    Parameters
    ----------
    query, key, value : Tensor
        [positions, batch, features], or without the batch.
    key_padding_mask : Tensor, optional
        [batch, S]: true, or minus infinity, where a key is to be left out.
    attn_mask : Tensor, optional
        [L, S] or [batch * heads, L, S]: true where a position may not look (the opposite of what
        :func:`scaled_dot_product_attention` takes), or numbers that are added.

    Returns
    -------
    tuple of Tensor
        The result as `query` has it, and the weights where `need_weights`: [batch, L, S] on average, or of each head.
    """
    batched = _check_ranks(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        query, key, value = (x.unsqueeze(1) for x in (query, key, value))
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    length, batch, width = query.shape
    _require(width == embed_dim_to_check, f"was expecting embedding dimension of {embed_dim_to_check}, but got {width}")
    _require(width % num_heads == 0, f"embed_dim {width} not divisible by num_heads {num_heads}")
    key_padding_mask = _canonical_mask(key_padding_mask, "key_padding_mask", query.dtype)
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
            "`generate_square_subsequent_mask` to create this mask."
        )
    causal = is_causal and key_padding_mask is None and not need_weights
    attn_mask = None if causal else _canonical_mask(attn_mask, "attn_mask", query.dtype)
    weights_of = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else in_proj_weight
    q, k, v = _projected(query, key, value, weights_of, in_proj_bias)
    if bias_k is not None:
        k, v = _C.cat([k, bias_k.repeat(1, batch, 1)]), _C.cat([v, bias_v.repeat(1, batch, 1)])
    q = _heads(q, num_heads)
    k = _heads(k, num_heads) if static_k is None else _static(static_k, "static_k", batch, num_heads, width)
    v = _heads(v, num_heads) if static_v is None else _static(static_v, "static_v", batch, num_heads, width)
    if add_zero_attn:
        k, v = (_C.cat([x, x.new_zeros((*x.shape[:2], 1, x.shape[3]))], 2) for x in (k, v))
    more = k.shape[2] - (key.shape[0] if static_k is None else static_k.shape[1])  # keys that no mask speaks of
    mask = _mask_of_heads(attn_mask, key_padding_mask, (batch, num_heads, length, k.shape[2]), more)
    dropped = dropout_p if training else 0.0
    if need_weights:
        found = weights(q, k, mask, False, 1 / math.sqrt(q.shape[-1]))
        found = dropout(found, dropped) if dropped > 0 else found
        made = _C.matmul(found, v)
    else:
        made = scaled_dot_product_attention(q, k, v, mask, dropped, causal)
    made = _C.linear(_C.reshape(_C.permute(made, (2, 0, 1, 3)), (length, batch, width)), out_proj_weight, out_proj_bias)
    if not need_weights:
        return (made if batched else made.squeeze(1)), None
    found = _C.mean(found, 1) if average_attn_weights else found
    return (made, found) if batched else (made.squeeze(1), found.squeeze(0))


def _require(holds, message):
    if not holds:
        raise AssertionError(message)


def _check_ranks(query, key, value, key_padding_mask, attn_mask, num_heads):
    """Is there a batch? Refuses shapes that do not fit each other."""
    _require(
        query.ndim in (2, 3),
        f"query should be unbatched 2D or batched 3D tensor but received {query.ndim}-D query tensor",
    )
    kind, rank = ("batched (3-D)", 3) if query.ndim == 3 else ("unbatched (2-D)", 2)
    _require(
        key.ndim == rank and value.ndim == rank,
        f"For {kind} `query`, expected `key` and `value` to be {rank}-D but found {key.ndim}-D and {value.ndim}-D tensors "
        "respectively",
    )
    _require(
        key_padding_mask is None or key_padding_mask.ndim == rank - 1,
        f"For {kind} `query`, expected `key_padding_mask` to be `None` or {rank - 1}-D but found "
        f"{key_padding_mask.ndim if key_padding_mask is not None else 0}-D tensor instead",
    )
    _require(
        attn_mask is None or attn_mask.ndim in (2, 3),
        f"For {kind} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found "
        f"{attn_mask.ndim if attn_mask is not None else 0}-D tensor instead",
    )
    _require(key.shape[:-1] == value.shape[:-1], f"key shape {key.shape} does not match value shape {value.shape}")
    if attn_mask is not None:
        length, keys = query.shape[0], key.shape[0]
        wanted = (
            (length, keys) if attn_mask.ndim == 2 else ((query.shape[1] if rank == 3 else 1) * num_heads, length, keys)
        )
        if tuple(attn_mask.shape) != wanted:
            raise RuntimeError(
                f"The shape of the {attn_mask.ndim}D attn_mask is {attn_mask.shape}, but should be {wanted}."
            )
    if key_padding_mask is not None and rank == 3:
        for place, size in enumerate((key.shape[1], key.shape[0])):
            got = key_padding_mask.shape[place]
            _require(got == size, f"Expected key_padded_mask.shape[{place}] to be {size}, but got {got}")
    return rank == 3


def _canonical_mask(mask, name, dtype):
    """What is added to scores: bools, true where nothing is seen, become minus infinity."""
    if mask is None:
        return None
    _require(mask.dtype == _C.bool or mask.is_floating_point(), f"only bool and floating types of {name} are supported")
    if mask.dtype == _C.bool:
        return _C.masked_fill(_C.zeros(mask.shape, dtype=dtype, device=mask.device), mask, -float("inf"))
    return mask


def _projected(query, key, value, weights, bias):
    """The inputs of all heads; one product where they are one tensor."""
    if isinstance(weights, _C.TensorBase):
        if query is key and key is value:
            return _C.chunk(_C.linear(query, weights, bias), 3, -1)
        weights = _C.chunk(weights, 3)
    biases = (None, None, None) if bias is None else _C.chunk(bias, 3)
    return tuple(_C.linear(x, w, b) for x, w, b in zip((query, key, value), weights, biases))


def _heads(x, num_heads):
    """[positions, batch, features] as [batch, heads, positions, features of a head]."""
    return _C.permute(_C.unflatten(x, 2, (num_heads, x.shape[2] // num_heads)), (1, 2, 0, 3))


def _static(x, name, batch, num_heads, width):
    _require(
        x.ndim == 3 and x.shape[0] == batch * num_heads and x.shape[2] == width // num_heads,
        f"expecting {name}.size(0) of {batch * num_heads} and size(2) of {width // num_heads}, but got {x.shape}",
    )
    return _C.unflatten(x, 0, (batch, num_heads))


def _mask_of_heads(attn_mask, key_padding_mask, sizes, more):
    """Both masks as one, of all heads; None where there is none."""
    batch, heads = sizes[:2]
    parts = []
    if attn_mask is not None:
        wide = attn_mask if attn_mask.ndim == 2 else _C.unflatten(attn_mask, 0, (batch, heads))
        parts.append(wide)
    if key_padding_mask is not None:
        parts.append(_C.reshape(key_padding_mask, (batch, 1, 1, key_padding_mask.shape[1])))
    if not parts:
        return None
    mask = parts[0] if len(parts) == 1 else _C.add(*parts)
    if more:
        mask = _C.cat([mask, mask.new_zeros((*mask.shape[:-1], more))], -1)
    return _C.expand(mask, sizes)
