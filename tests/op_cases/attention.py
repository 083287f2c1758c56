"""Attention, against the whole matrix of weights."""

import numpy as np

from .case import FLOATING, Bad, Case, S, args


def attention(query, key, value, mask, is_causal, scale):
    scores = query @ np.swapaxes(key, -1, -2) * scale
    if is_causal:
        scores = np.where(np.tri(*scores.shape[-2:], dtype=bool), scores, -np.inf)
    if mask is not None:
        scores = np.where(mask, scores, -np.inf) if mask.dtype == bool else scores + mask
    top = scores.max(-1, keepdims=True, initial=-np.inf)
    weights = np.exp(scores - np.where(np.isinf(top), 0, top))
    total = weights.sum(-1, keepdims=True)
    return weights / np.where(total == 0, 1, total) @ value


def sample(asking, keys, batch=1, heads=2, wide=3, value=None, mask=None, causal=False):
    return args(
        S(batch, heads, asking, wide),
        S(batch, heads, keys, wide),
        S(batch, heads, keys, value or wide),
        mask,
        causal,
        0.5,
    )


SEEN = np.random.default_rng(0).random((1, 2, 4, 5)) < 0.5
SEEN[0, 0, 1] = False  # a row that sees nothing
SMALL = [
    sample(4, 5, value=2),
    sample(5, 5, causal=True),
    sample(4, 5, mask=S(values=SEEN, dtype="bool")),
    sample(4, 5, mask=S(1, 2, 4, 5, grad=False)),
]
# fmt: off
CASES = [
    Case("_attention", attention, [*SMALL, sample(70, 33, wide=20), sample(3, 0), sample(0, 3), sample(300, 9, causal=True)], rows="attention attention_backward", of=lambda lib: lib._C._attention, peer=lambda lib: lambda q, k, v, m, c, s: lib.nn.functional.scaled_dot_product_attention(q, k, v, m, 0.0, c, scale=s), dtypes=FLOATING, bound=lambda *_: 64.0, ulp=4, grad=True, grad_samples=SMALL, zero_sign=False, large=[sample(257, 301, 2, 3, 17)], batch=[args(S(3, 2, 4, 5, row=True), S(3, 2, 6, 5, row=True), S(3, 2, 6, 5, row=True), None, False, 0.5)], bad=[
        Bad(S(2, 3), S(2, 3), S(2, 3), None, False, 1.0, raises=RuntimeError, match="4 dims", peer=False),
        Bad(S(1, 1, 2, 3), S(1, 1, 2, 4), S(1, 1, 2, 3), None, False, 1.0, raises=RuntimeError, match="3 features and key 4", peer=False),
        Bad(S(1, 1, 2, 3), S(1, 1, 2, 3), S(1, 1, 4, 3), None, False, 1.0, raises=RuntimeError, match="2 positions and value 4", peer=False),
        Bad(S(1, 1, 2, 3), S(1, 1, 2, 3), S(1, 1, 2, 3), S(2, 2), False, 1.0, raises=RuntimeError, match="the mask has shape", peer=False),
    ]),
]
# fmt: on
