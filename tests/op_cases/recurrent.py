"""Recurrent layers over packed rows, against a loop over time steps and rows."""

import numpy as np

from .case import FLOATING, Bad, Case, S, args

GATES = {"tanh": 1, "relu": 1, "gru": 3, "lstm": 4}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def step(x, before, cell, w_ih, w_hh, b_ih, b_hh, mode):
    a, b = w_ih @ x + b_ih, w_hh @ before + b_hh
    if mode == "lstm":
        i, f, g, o = np.split(a + b, 4)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(cell), cell
    if mode == "gru":
        (ir, iz, fresh), (hr, hz, part) = np.split(a, 3), np.split(b, 3)
        z = sigmoid(iz + hz)
        return (1 - z) * np.tanh(fresh + sigmoid(ir + hr) * part) + z * before, None
    return np.tanh(a + b) if mode == "tanh" else np.maximum(a + b, 0), None


def recurrent(input, h0, c0, w_ih, w_hh, b_ih, b_hh, w_hr, sizes, mode, reverse=False):
    b_ih = np.zeros(len(w_ih)) if b_ih is None else b_ih
    b_hh = np.zeros(len(w_ih)) if b_hh is None else b_hh
    starts = np.cumsum([0, *sizes[:-1]])
    states, last, cells = np.zeros((len(input), h0.shape[1]), input.dtype), h0.copy(), None if c0 is None else c0.copy()
    for row in range(sizes[0]):
        steps = [t for t in range(len(sizes)) if sizes[t] > row]
        for t in reversed(steps) if reverse else steps:
            at = starts[t] + row
            cell = None if cells is None else cells[row]
            state, cell = step(input[at], last[row], cell, w_ih, w_hh, b_ih, b_hh, mode)
            last[row] = states[at] = state if w_hr is None else w_hr @ state
            if cells is not None:
                cells[row] = cell
    return (states, last) if cells is None else (states, last, cells)


def sample(mode, sizes, reverse=False, inputs=3, hidden=2, bias=True, projected=None, spread=0.9):
    wide, state, batch = GATES[mode] * hidden, projected or hidden, sizes[0]
    small = {"low": -spread, "high": spread}
    return args(
        S(sum(sizes), inputs),
        S(batch, state),
        S(batch, hidden) if mode == "lstm" else None,
        S(wide, inputs, **small),
        S(wide, state, **small),
        S(wide, **small) if bias else None,
        S(wide, **small) if bias else None,
        S(projected, hidden) if projected else None,
        sizes,
        mode,
        reverse,
    )


def called(lib):
    """Without what is kept for the backward pass."""

    def call(*given):
        *tensors, sizes, mode, reverse = given
        return lib._C._recurrent(*tensors, lib.tensor(sizes), mode, reverse)[: 3 if mode == "lstm" else 2]

    return call


def peer(lib):
    """PyTorch's layer on a packed sequence."""

    def call(input, h0, c0, w_ih, w_hh, b_ih, b_hh, w_hr, sizes, mode, reverse):
        biased = b_ih is not None
        weights = [w for w in (w_ih, w_hh, b_ih, b_hh, w_hr) if w is not None]
        if reverse:  # its layers go both ways or forward: what goes backward is its second direction
            weights, h0 = weights + weights, lib.stack([h0, h0])
            c0 = None if c0 is None else lib.stack([c0, c0])
        else:
            h0, c0 = h0[None], None if c0 is None else c0[None]
        run = getattr(lib._VF, {"tanh": "rnn_tanh", "relu": "rnn_relu"}.get(mode, mode))
        state = h0 if c0 is None else (h0, c0)
        output, *last = run(input, lib.tensor(sizes), state, weights, biased, 1, 0.0, False, reverse)
        output = output[:, output.shape[1] // 2 :] if reverse else output
        return (output, *(x[-1] for x in last))

    return call


SMALL = [sample(mode, (3, 2, 2), reverse) for mode in GATES for reverse in (False, True)]
SMALL += [sample("lstm", (2, 1), projected=1), sample("gru", (2, 2), bias=False), sample("tanh", (2,), True)]
LSTM = sample("lstm", (2, 1)).args
# fmt: off
CASES = [
    Case("_recurrent", recurrent, [*SMALL, sample("lstm", (5, 5, 3), True, 20, 33, spread=0.1), sample("gru", (4,) * 6, False, 20, 17, spread=0.1)], rows="recurrent recurrent_backward", of=called, peer=peer, dtypes=FLOATING, bound=lambda *_: 64.0, ulp=4, grad=True, grad_samples=SMALL, zero_sign=False, large=[sample("lstm", (80, 80, 60), False, 40, 64)], bad=[
        Bad(*LSTM[:8], (3, 1), "lstm", False, raises=RuntimeError, match="batch_sizes sum to", peer=False),
        Bad(*LSTM[:8], (1, 2), "lstm", False, raises=RuntimeError, match="never grow", peer=False),
        Bad(*LSTM[:8], (2, 1), "gruu", False, raises=ValueError, match="mode must be", peer=False),
        Bad(*LSTM[:2], None, *LSTM[3:8], (2, 1), "lstm", False, raises=RuntimeError, match="c0 is for", peer=False),
        Bad(*LSTM[:4], S(8, 3), *LSTM[5:8], (2, 1), "lstm", False, raises=RuntimeError, match="w_hh must have shape", peer=False),
    ]),
]
# fmt: on
