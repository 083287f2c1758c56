"""Attention of several heads, beside PyTorch's and against the whole matrix of weights."""

import numpy as np
import pytest

import rushlight as torch
from rushlight import nn

SIZES = {"batched": ((5, 2, 8), (6, 2, 8)), "one example": ((5, 8), (6, 8))}
OPTIONS = {
    "plain": {},
    "no bias": {"bias": False},
    "other features": {"kdim": 4, "vdim": 3},
    "one more key": {"add_bias_kv": True},
    "a zero key": {"add_zero_attn": True},
    "batch first": {"batch_first": True},
}


def numbers(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def ran(lib, options, sizes, call):
    """Result, weights, gradients of the inputs and parameters."""
    lib.manual_seed(0)
    module = lib.nn.MultiheadAttention(8, 2, **options)
    asked, answering = sizes
    shapes = (asked, (*answering[:-1], options.get("kdim", 8)), (*answering[:-1], options.get("vdim", 8)))
    if options.get("batch_first") and len(asked) == 3:
        shapes = [(s[1], s[0], s[2]) for s in shapes]
    inputs = [lib.tensor(numbers(i, *s), requires_grad=True) for i, s in enumerate(shapes)]
    made, weights = module(
        *inputs,
        **{name: lib.tensor(mask) for name, mask in call.items() if not isinstance(mask, bool)},
        **{name: mask for name, mask in call.items() if isinstance(mask, bool)},
    )
    (made * lib.tensor(numbers(9, *made.shape))).sum().backward()
    found = [made, *([] if weights is None else [weights]), *(x.grad for x in inputs)]
    found += [p.grad for p in module.parameters()]
    return module, [x.detach().numpy() for x in found]


HIDDEN = np.triu(np.ones((5, 6), bool), 2)
CALLS = {
    "with weights": {},
    "of each head": {"average_attn_weights": False},
    "without weights": {"need_weights": False},
    "a mask": {"attn_mask": HIDDEN},
    "a mask, without weights": {"attn_mask": HIDDEN, "need_weights": False},
    "numbers": {"attn_mask": numbers(3, 5, 6), "need_weights": False},
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("options", OPTIONS)
def test_values_weights_and_gradients_are_pytorchs(peer, options, call, sizes):
    theirs, wanted = ran(peer, OPTIONS[options], SIZES[sizes], CALLS[call])
    ours, found = ran(torch, OPTIONS[options], SIZES[sizes], CALLS[call])
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)
    for a, b in zip(ours.parameters(), theirs.parameters()):
        assert np.array_equal(a.detach().numpy(), b.detach().numpy())


@pytest.mark.filterwarnings("ignore")
def test_padding_leaves_keys_out(peer):
    padding = np.array([[False] * 6, [False] * 4 + [True] * 2])
    for call in (
        {"key_padding_mask": padding},
        {"key_padding_mask": padding, "attn_mask": HIDDEN, "need_weights": False},
    ):
        for a, b in zip(*(ran(lib, {}, SIZES["batched"], call)[1] for lib in (torch, peer)), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)


def test_with_and_without_weights_are_the_same_attention():
    module, x = nn.MultiheadAttention(8, 2), torch.randn(7, 3, 8)
    made, weights = module(x, x, x)
    assert weights.shape == (3, 7, 7)
    torch.testing.assert_close(weights.sum(-1), torch.ones(3, 7))
    torch.testing.assert_close(module(x, x, x, need_weights=False)[0], made)


def test_heads_of_keys_may_serve_several_of_queries():
    q, k, v = torch.randn(2, 6, 5, 4), torch.randn(2, 3, 7, 4), torch.randn(2, 3, 7, 4)
    attend = nn.functional.scaled_dot_product_attention
    wide = [x.repeat_interleave(2, 1) for x in (k, v)]
    assert torch.equal(attend(q, k, v, enable_gqa=True), attend(q, *wide))


def test_a_mask_that_learns_has_a_gradient():
    mask = torch.zeros(5, 5, requires_grad=True)
    x = torch.randn(2, 5, 4)
    nn.functional.scaled_dot_product_attention(x, x, x, mask).square().sum().backward()
    assert mask.grad.abs().sum() > 0


def test_causal_attention_sees_no_later_position():
    x = torch.randn(1, 300, 8)
    y = x.clone()
    y[:, 200:] += 1
    a, b = (nn.functional.scaled_dot_product_attention(z, z, z, is_causal=True) for z in (x, y))
    assert torch.equal(a[:, :200], b[:, :200])
    assert not torch.equal(a[:, 200:], b[:, 200:])


def test_dropout_drops_weights():
    x = torch.ones(1, 200, 4)
    made = nn.functional.scaled_dot_product_attention(x, x, x, dropout_p=0.5)
    assert made.std() > 0
    assert abs(made.mean().item() - 1) < 0.05


Z = torch.zeros
BAD = {
    "embed_dim must be divisible": (AssertionError, lambda: nn.MultiheadAttention(8, 3)),
    "must be greater than 0": (ValueError, lambda: nn.MultiheadAttention(0, 3)),
    "was expecting embedding dimension of 8, but got 5": (
        AssertionError, lambda: nn.MultiheadAttention(8, 2)(Z(3, 2, 5), Z(3, 2, 8), Z(3, 2, 8))),
    "unbatched 2D or batched 3D": (AssertionError, lambda: nn.MultiheadAttention(8, 2)(Z(3), Z(3), Z(3))),
    "expected `key` and `value` to be 3-D": (
        AssertionError, lambda: nn.MultiheadAttention(8, 2)(Z(3, 2, 8), Z(3, 8), Z(3, 2, 8))),
    "does not match value shape": (
        AssertionError, lambda: nn.MultiheadAttention(8, 2)(Z(3, 2, 8), Z(4, 2, 8), Z(3, 2, 8))),
    r"should be \(3, 4\)": (
        RuntimeError, lambda: nn.MultiheadAttention(8, 2)(Z(3, 2, 8), Z(4, 2, 8), Z(4, 2, 8), attn_mask=Z(3, 3))),
    "key_padded_mask": (
        AssertionError, lambda: nn.MultiheadAttention(8, 2)(Z(3, 2, 8), Z(4, 2, 8), Z(4, 2, 8), key_padding_mask=Z(4, 2).bool())),
    "Need attn_mask": (
        RuntimeError, lambda: nn.MultiheadAttention(8, 2)(Z(3, 2, 8), Z(4, 2, 8), Z(4, 2, 8), is_causal=True)),
    "should not be set when is_causal": (
        RuntimeError, lambda: nn.functional.scaled_dot_product_attention(Z(3, 4), Z(3, 4), Z(3, 4), Z(3, 3), is_causal=True)),
    "at least 2 dimensional": (RuntimeError, lambda: nn.functional.scaled_dot_product_attention(Z(4), Z(4), Z(4))),
    "must divide the number of heads": (
        RuntimeError, lambda: nn.functional.scaled_dot_product_attention(Z(8, 3, 4), Z(3, 3, 4), Z(3, 3, 4), enable_gqa=True)),
    "bool or float or to match": (
        RuntimeError, lambda: nn.functional.scaled_dot_product_attention(Z(3, 4), Z(3, 4), Z(3, 4), Z(3, 3).long())),
}  # fmt: skip


@pytest.mark.parametrize("message", BAD)
def test_what_does_not_fit_is_refused(message):
    kind, call = BAD[message]
    with pytest.raises(kind, match=message):
        call()
