"""Transformers, beside PyTorch's: first weights, values, gradients, printed form."""

import numpy as np
import pytest

import rushlight as torch
from rushlight import nn


def numbers(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def encoder_layer(lib, **options):
    return lib.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, **options)


def decoder_layer(lib, **options):
    return lib.nn.TransformerDecoderLayer(8, 2, 16, dropout=0.0, **options)


MODULES = {
    "encoder layer": (encoder_layer, 1),
    "encoder layer, norm first": (lambda lib: encoder_layer(lib, norm_first=True, activation="gelu"), 1),
    "encoder layer, batch first": (lambda lib: encoder_layer(lib, batch_first=True, bias=False), 1),
    "decoder layer": (decoder_layer, 2),
    "decoder layer, norm first": (lambda lib: decoder_layer(lib, norm_first=True), 2),
    "encoder": (lambda lib: lib.nn.TransformerEncoder(encoder_layer(lib), 2, lib.nn.LayerNorm(8)), 1),
    "decoder": (lambda lib: lib.nn.TransformerDecoder(decoder_layer(lib), 2), 2),
    "transformer": (lambda lib: lib.nn.Transformer(8, 2, 1, 2, 16, dropout=0.0), 2),
}
MASKED = {
    "plain": lambda lib, count: {},
    "causal": lambda lib, count: (
        {"src_mask" if count == 1 else "tgt_mask": lib.nn.Transformer.generate_square_subsequent_mask(5)}
    ),
}


def ran(lib, make, count, mask):
    lib.manual_seed(0)
    module = make(lib)
    given = [lib.tensor(numbers(i, 5, 3, 8), requires_grad=True) for i in range(count)]
    if type(module).__name__ == "TransformerEncoder":
        mask = dict.fromkeys(["mask"][: len(mask)], *mask.values())
    made = module(*given, **mask)
    (made * lib.tensor(numbers(7, *made.shape))).sum().backward()
    found = [made, *(x.grad for x in given), *(p.grad for p in module.parameters())]
    return module, [x.detach().numpy() for x in found]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mask", MASKED)
@pytest.mark.parametrize("name", MODULES)
def test_transformers_are_pytorchs(peer, name, mask):
    make, count = MODULES[name]
    if name == "encoder layer, batch first" and mask == "causal":
        mask = "plain"  # its 5 is the batch
    theirs, wanted = ran(peer, make, count, MASKED[mask](peer, count))
    ours, found = ran(torch, make, count, MASKED[mask](torch, count))
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for a, b in zip(ours.parameters(), theirs.parameters()):
        assert np.array_equal(a.detach().numpy(), b.detach().numpy())
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-5)


@pytest.mark.filterwarnings("ignore")
def test_padding_of_source_and_memory(peer):
    padding = np.array([[False] * 5, [False] * 3 + [True] * 2, [False] * 4 + [True]])
    results = []
    for lib in (peer, torch):
        lib.manual_seed(0)
        module = lib.nn.Transformer(8, 2, 1, 1, 16, dropout=0.0)
        module.train()
        x, y, mask = lib.tensor(numbers(0, 5, 3, 8)), lib.tensor(numbers(1, 4, 3, 8)), lib.tensor(padding)
        made = module(x, y, src_key_padding_mask=mask, memory_key_padding_mask=mask)
        results.append(made.detach().numpy())
    np.testing.assert_allclose(results[1], results[0], rtol=1e-3, atol=1e-5)


def test_a_causal_mask_is_recognised():
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0), 1)
    x = torch.randn(5, 2, 8)
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    torch.testing.assert_close(encoder(x, mask), encoder(x, mask, is_causal=True))
    y = x.clone()
    y[3:] += 1
    torch.testing.assert_close(encoder(x, mask)[:3], encoder(y, mask)[:3])


Z = torch.zeros
BAD = {
    "activation should be relu/gelu": (RuntimeError, lambda: nn.TransformerEncoderLayer(8, 2, activation="x")),
    "batch number of src and tgt": (RuntimeError, lambda: nn.Transformer(8, 2, 1, 1, 16)(Z(3, 2, 8), Z(3, 3, 8))),
    "feature number of src and tgt": (RuntimeError, lambda: nn.Transformer(8, 2, 1, 1, 16)(Z(3, 2, 7), Z(3, 2, 8))),
    "only bool and floating types of src_key_padding_mask": (
        AssertionError,
        lambda: nn.TransformerEncoderLayer(8, 2)(Z(3, 2, 8), src_key_padding_mask=Z(2, 3).long()),
    ),
}


@pytest.mark.parametrize("message", BAD)
def test_what_does_not_fit_is_refused(message):
    kind, call = BAD[message]
    with pytest.raises(kind, match=message):
        call()
