"""Recurrent layers: one C++ call for all time steps, in both passes."""

from rushlight import _C

from ._again import again
from ._table import joint, op


def _back(g, out, input, h0, c0, w_ih, w_hh, b_ih, b_hh, w_hr, batch_sizes, mode, reverse):
    given = (input, h0, c0, w_ih, w_hh, b_ih, b_hh, w_hr)
    if _C.is_grad_enabled():
        return (*again(lambda *leaves: _of_ops(*leaves, batch_sizes, mode, reverse), given, g), None)
    of_cells = g[2] if mode == "lstm" else None
    gates_in, gates, before, dh, dc, *projection = _C._recurrent_backward(
        g[0], g[1], of_cells, out[0], out[3], h0, c0, w_hh, w_hr, batch_sizes, mode, reverse
    )
    x = _C._to(input, None, gates.dtype)
    return (
        _C.mm(gates_in, _C._to(w_ih, None, gates.dtype)),
        dh,
        None if c0 is None else dc,
        _C.mm(_C.t(gates_in), x),
        _C.mm(_C.t(gates), before),
        None if b_ih is None else _C.sum(gates_in, 0),
        None if b_hh is None else _C.sum(gates, 0),
        None if w_hr is None else _C.mm(_C.t(projection[0]), projection[1]),
        None,
    )


def _of_ops(input, h0, c0, w_ih, w_hh, b_ih, b_hh, w_hr, batch_sizes, mode, reverse):
    """What the row computes, a time step after the other: only for gradients of gradients."""
    sizes = batch_sizes.tolist()
    given = _C.split(_C.linear(input, w_ih, b_ih), sizes)
    order = range(len(sizes) - 1, -1, -1) if reverse else range(len(sizes))
    h, c, states = h0, c0, [None] * len(sizes)
    for t in order:
        rows = sizes[t]
        before = h[:rows]
        new, cell = _step(given[t], _C.linear(before, w_hh, b_hh), before, None if c is None else c[:rows], mode)
        if w_hr is not None:
            new = _C.linear(new, w_hr)
        states[t] = new
        h = _C.cat([new, h[rows:]])
        c = None if c is None else _C.cat([cell, c[rows:]])
    return _C.cat(states), h, c


def _step(input, hidden, before, cell, mode):
    if mode == "lstm":
        i, f, g, o = (_C.add(a, b) for a, b in zip(_C.chunk(input, 4, 1), _C.chunk(hidden, 4, 1)))
        cell = _C.add(_C.mul(_C.sigmoid(f), cell), _C.mul(_C.sigmoid(i), _C.tanh(g)))
        return _C.mul(_C.sigmoid(o), _C.tanh(cell)), cell
    if mode == "gru":
        (ir, iz, fresh), (hr, hz, part) = _C.chunk(input, 3, 1), _C.chunk(hidden, 3, 1)
        r, z = _C.sigmoid(_C.add(ir, hr)), _C.sigmoid(_C.add(iz, hz))
        fresh = _C.tanh(_C.add(fresh, _C.mul(r, part)))
        return _C.add(_C.mul(_C.sub(before, fresh), z), fresh), None
    return (_C.tanh if mode == "tanh" else _C.relu)(_C.add(input, hidden)), None


op(_C._recurrent, grad=joint(_back), node="RecurrentBackward0")
