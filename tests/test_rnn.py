"""Recurrent modules: against PyTorch where it is installed, and against their own cells."""

import itertools

import numpy as np
import pytest

import rushlight as torch
from rushlight import nn

KINDS = ("RNN", "LSTM", "GRU")


def states_of(last):
    return list(last) if isinstance(last, tuple) else [last]


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_is_its_cell_step_by_step(kind):
    layer, cell = getattr(nn, kind)(3, 4), getattr(nn, kind + "Cell")(3, 4)
    for name, weight in cell.named_parameters():
        weight.data.copy_(getattr(layer, name + "_l0"))
    x, state = torch.randn(5, 2, 3), None
    output, last = layer(x)
    for t in range(5):
        state = cell(x[t], state)
        h = state[0] if kind == "LSTM" else state
        torch.testing.assert_close(output[t], h)
    for a, b in zip(states_of(last), states_of(state)):
        torch.testing.assert_close(a[0], b)


@pytest.mark.parametrize("kind", KINDS)
def test_one_example_needs_no_batch(kind):
    layer, cell = getattr(nn, kind)(3, 4, 2, bidirectional=True), getattr(nn, kind + "Cell")(3, 4)
    x = torch.randn(5, 3)
    output, last = layer(x)
    wide, wide_last = layer(x.unsqueeze(1))
    assert torch.equal(output, wide.squeeze(1))
    assert all(torch.equal(a, b.squeeze(1)) for a, b in zip(states_of(last), states_of(wide_last)))
    assert all(a.shape == (4,) for a in states_of(cell(x[0])))


@pytest.mark.parametrize("kind", KINDS)
def test_batch_first_is_another_order_of_dims(kind):
    layer = getattr(nn, kind)(3, 4)
    x = torch.randn(5, 2, 3)
    output, _ = layer(x)
    layer.batch_first = True
    assert torch.equal(layer(x.transpose(0, 1))[0], output.transpose(0, 1))


def test_dropout_stands_between_layers_while_training():
    layer = nn.GRU(3, 4, 2, dropout=0.5)
    x = torch.randn(5, 2, 3)
    assert not torch.equal(layer(x)[0], layer(x)[0])
    layer.eval()
    assert torch.equal(layer(x)[0], layer(x)[0])
    with pytest.warns(UserWarning, match="num_layers greater than 1"):
        nn.GRU(3, 4, dropout=0.5)


BAD = {
    "num_layers must be greater": (ValueError, lambda: nn.LSTM(3, 4, 0)),
    "dropout should be a number": (ValueError, lambda: nn.LSTM(3, 4, dropout=2)),
    "only supported for LSTM": (ValueError, lambda: nn.GRU(3, 4, proj_size=2)),
    "smaller than hidden_size": (ValueError, lambda: nn.LSTM(3, 4, proj_size=4)),
    "positive integer or zero": (ValueError, lambda: nn.LSTM(3, 4, proj_size=-1)),
    "input_size should be of type int": (TypeError, lambda: nn.LSTM(3.0, 4)),
    "hidden_size must be greater": (ValueError, lambda: nn.LSTM(3, 0)),
    "Unknown nonlinearity": (ValueError, lambda: nn.RNN(3, 4, nonlinearity="x")),
    "Unrecognized RNN mode": (ValueError, lambda: nn.RNNBase("X", 3, 4)),
    "Expected 3, got 5": (RuntimeError, lambda: nn.LSTM(3, 4)(torch.zeros(2, 2, 5))),
    "Expected input to be 2D or 3D": (ValueError, lambda: nn.LSTM(3, 4)(torch.zeros(5))),
    r"Expected hidden\[1\] size \(1, 2, 4\), got \[1, 2, 5\]": (
        RuntimeError,
        lambda: nn.LSTM(3, 4)(torch.zeros(2, 2, 3), (torch.zeros(1, 2, 4), torch.zeros(1, 2, 5))),
    ),
    r"Expected hidden size \(1, 2, 4\), got \[1, 1, 4\]": (
        RuntimeError,
        lambda: nn.GRU(3, 4)(torch.zeros(2, 2, 3), torch.zeros(1, 1, 4)),
    ),
    "hx and cx should also be 2-D": (
        RuntimeError,
        lambda: nn.LSTM(3, 4)(torch.zeros(2, 3), (torch.zeros(1, 2, 4),) * 2),
    ),
    "does not match weight dtype": (ValueError, lambda: nn.LSTM(3, 4)(torch.zeros(2, 2, 3).double())),
    "sequence length to be larger than 0": (RuntimeError, lambda: nn.LSTM(3, 4)(torch.zeros(0, 2, 3))),
    "inconsistent input_size": (RuntimeError, lambda: nn.LSTMCell(3, 4)(torch.zeros(2, 5))),
    "doesn't match hidden0 batch size": (RuntimeError, lambda: nn.RNNCell(3, 4)(torch.zeros(2, 3), torch.zeros(1, 4))),
    "inconsistent hidden_size": (RuntimeError, lambda: nn.GRUCell(3, 4)(torch.zeros(2, 3), torch.zeros(2, 5))),
    "to be 1D or 2D, got 3D": (ValueError, lambda: nn.LSTMCell(3, 4)(torch.zeros(2, 2, 3))),
}


@pytest.mark.parametrize("message", BAD)
def test_what_does_not_fit_is_refused(message):
    kind, call = BAD[message]
    with pytest.raises(kind, match=message):
        call()


def test_printed_as_pytorch_prints():
    layer = nn.LSTM(3, 4, 2, bias=False, batch_first=True, dropout=0.1, bidirectional=True, proj_size=2)
    assert repr(layer) == (
        "LSTM(3, 4, proj_size=2, num_layers=2, bias=False, batch_first=True, dropout=0.1, bidirectional=True)"
    )
    assert repr(nn.RNNCell(3, 4, bias=False, nonlinearity="relu")) == "RNNCell(3, 4, bias=False, nonlinearity=relu)"


def test_empty_batches_have_empty_results():
    output, last = nn.GRU(3, 4)(torch.zeros(2, 0, 3))
    assert output.shape == (2, 0, 4)
    assert last.shape == (1, 0, 4)


OPTIONS = [
    {"num_layers": layers, "bidirectional": both, "bias": bias, "batch_first": first}
    for layers, both, bias, first in itertools.product((1, 2), (False, True), (True, False), (False, True))
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported")
@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "-".join(str(v) for v in o.values()))
def test_values_gradients_and_first_weights_are_pytorchs(peer, kind, options):
    libraries, layers, inputs, results = (peer, torch), [], [], []
    values = np.random.default_rng(0).standard_normal((4, 6, 5)).astype(np.float32)
    slopes = np.random.default_rng(1).standard_normal(4 * 6 * 14).astype(np.float32)
    for lib in libraries:
        lib.manual_seed(0)
        projected = {"proj_size": 3} if kind == "LSTM" and options["bias"] else {}
        layer, x = getattr(lib.nn, kind)(5, 7, **options, **projected), lib.tensor(values, requires_grad=True)
        output, last = layer(x)
        weighted = output * lib.tensor(slopes[: output.numel()]).reshape(output.shape)
        (weighted.sum() + sum((s * s).sum() for s in states_of(last))).backward()
        layers.append(layer)
        inputs.append(x)
        results.append([output, *states_of(last)])
    assert repr(layers[0]) == repr(layers[1])
    for a, b in zip(*results):
        np.testing.assert_allclose(b.detach().numpy(), a.detach().numpy(), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(inputs[1].grad.numpy(), inputs[0].grad.numpy(), rtol=1e-3, atol=1e-5)
    theirs, ours = (dict(layer.named_parameters()) for layer in layers)
    assert list(theirs) == list(ours)
    for name, weight in theirs.items():
        assert np.array_equal(weight.detach().numpy(), ours[name].detach().numpy()), name
        np.testing.assert_allclose(ours[name].grad.numpy(), weight.grad.numpy(), rtol=1e-3, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_packed_sequences_are_pytorchs(peer, kind):
    results = []
    for lib in (peer, torch):
        lib.manual_seed(0)
        layer, rnn = getattr(lib.nn, kind)(3, 4, 2, bidirectional=True), lib.nn.utils.rnn
        x = lib.arange(5 * 3 * 3).reshape(5, 3, 3).float() / 20
        output, last = layer(rnn.pack_padded_sequence(x, lib.tensor([2, 5, 3]), enforce_sorted=False))
        output, lengths = rnn.pad_packed_sequence(output)
        results.append([t.detach().numpy() for t in (output, lengths, *states_of(last))])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_packed_sequence_is_each_example_by_itself(kind):
    layer, lengths = getattr(nn, kind)(3, 4), [5, 3, 1]
    parts = [torch.randn(n, 3) for n in lengths]
    output, last = layer(nn.utils.rnn.pack_sequence(parts))
    padded, _ = nn.utils.rnn.pad_packed_sequence(output)
    for place, part in enumerate(parts):
        alone, end = layer(part)
        assert torch.equal(padded[: len(part), place], alone)
        assert all(torch.equal(a[:, place], b) for a, b in zip(states_of(last), states_of(end)))
