"""Recurrent layers and cells."""

import math
import numbers
import warnings

from rushlight import _C

from .. import functional as F
from .. import init
from ..parameter import Parameter
from .module import Module

__all__ = ["RNNBase", "RNN", "LSTM", "GRU", "RNNCellBase", "RNNCell", "LSTMCell", "GRUCell"]

_GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}


class RNNBase(Module):
    """What the recurrent layers share: their weights, and the way of a sequence through layers and directions.

    Parameters
    ----------
    mode : str
        "RNN_TANH", "RNN_RELU", "LSTM" or "GRU".
    input_size, hidden_size : int
        Features of the input and of the state.
    num_layers : int, default 1
        Layers on top of each other.
    bias, batch_first, bidirectional : bool
        Biases (on); is the batch the first dim of input and output (off)? both directions (off).
    dropout : float, default 0
        Between layers, while training.
    proj_size : int, default 0
        LSTM: the state is projected to so many features.
    """

    __constants__ = [
        "mode", "input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional", "proj_size",
    ]  # fmt: skip

    def __init__(
        self, mode, input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False,
        proj_size=0, device=None, dtype=None,
    ):  # fmt: skip
        super().__init__()
        self.mode, self.input_size, self.hidden_size, self.num_layers = mode, input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size = bidirectional, proj_size
        _check_dropout(dropout, num_layers)
        _check_sizes(input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
        if proj_size < 0:
            raise ValueError("proj_size should be a positive integer or zero to disable projections")
        if proj_size >= hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")
        if mode not in _GATES:
            raise ValueError(f"Unrecognized RNN mode: {mode}")
        gates, state = _GATES[mode] * hidden_size, proj_size or hidden_size
        self._all_weights = []
        for layer in range(num_layers):
            for suffix in ("", "_reverse") if bidirectional else ("",):
                width = input_size if layer == 0 else state * (1 + bidirectional)
                shapes = {"weight_ih": (gates, width), "weight_hh": (gates, state)}
                if bias:
                    shapes |= {"bias_ih": (gates,), "bias_hh": (gates,)}
                if proj_size:
                    shapes["weight_hr"] = (proj_size, hidden_size)
                names = [f"{name}_l{layer}{suffix}" for name in shapes]
                for name, shape in zip(names, shapes.values()):
                    setattr(self, name, Parameter(_C.empty(shape, device=device, dtype=dtype)))
                self._all_weights.append(names)
        self.reset_parameters()

    @property
    def all_weights(self):
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights_names(self):
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self):
        return [getattr(self, name) for name in self._flat_weights_names]

    def flatten_parameters(self):
        """Nothing: there is no kernel here that wants the weights in one piece."""

    def reset_parameters(self):
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self):
        defaults = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0, "bidirectional": False}
        parts = [f"{self.input_size}, {self.hidden_size}"]
        if self.proj_size:
            parts.append(f"proj_size={self.proj_size}")
        parts += [f"{name}={getattr(self, name)}" for name, usual in defaults.items() if getattr(self, name) != usual]
        return ", ".join(parts)

    # ---- what comes in ----

    def check_input(self, input, batch_sizes):
        """Refuse an input of another dtype, rank or number of features."""
        weight = getattr(self, self._all_weights[0][0])
        if input.dtype != weight.dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({weight.dtype}). Convert input: "
                f"input.to({weight.dtype}), or convert model: model.to({input.dtype})"
            )
        rank = 3 if batch_sizes is None else 2
        if input.ndim != rank:
            raise RuntimeError(f"input must have {rank} dimensions, got {input.ndim}")
        if input.shape[-1] != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.shape[-1]}"
            )

    def get_expected_hidden_size(self, input, batch_sizes):
        return self._expected(input, batch_sizes, self.proj_size or self.hidden_size)

    def get_expected_cell_size(self, input, batch_sizes):
        return self._expected(input, batch_sizes, self.hidden_size)

    def _expected(self, input, batch_sizes, features):
        batch = input.shape[0 if self.batch_first else 1] if batch_sizes is None else int(batch_sizes[0])
        return self.num_layers * (1 + self.bidirectional), batch, features

    def check_hidden_size(self, hx, expected_hidden_size, msg="Expected hidden size {}, got {}"):
        """Refuse a state of another shape."""
        if tuple(hx.shape) != expected_hidden_size:
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.shape)))

    def check_forward_args(self, input, hidden, batch_sizes):
        """Refuse inputs and states that do not fit the layer, or each other."""
        self.check_input(input, batch_sizes)
        wanted = self._state_sizes(input, batch_sizes)
        for place, (state, expected) in enumerate(zip(hidden, wanted)):
            which = f"hidden[{place}]" if len(wanted) > 1 else "hidden"
            self.check_hidden_size(state, expected, f"Expected {which} size {{}}, got {{}}")

    def _state_sizes(self, input, batch_sizes):
        sizes = [self.get_expected_hidden_size(input, batch_sizes)]
        return [*sizes, self.get_expected_cell_size(input, batch_sizes)] if self.mode == "LSTM" else sizes

    # ---- forward ----

    def forward(self, input, hx=None):
        if not isinstance(input, _C.TensorBase):  # a PackedSequence
            return self._forward_packed(input, hx)
        if input.ndim not in (2, 3):
            raise ValueError(f"{type(self).__name__}: Expected input to be 2D or 3D, got {input.ndim}D instead")
        batched = input.ndim == 3
        states = self._given_states(hx)
        self._check_ranks(states, batched)
        if not batched:
            input = input.unsqueeze(0 if self.batch_first else 1)
            states = [state.unsqueeze(1) for state in states]
        states = states or self._zero_states(input, None)
        self.check_forward_args(input, states, None)
        steps = input.transpose(0, 1) if self.batch_first else input
        length, batch = steps.shape[:2]
        if length == 0:
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
        rows = steps.reshape(length * batch, self.input_size)
        output, states = self._run(rows, states, _C.full((length,), batch, dtype=_C.int64))
        output = output.reshape(length, batch, output.shape[1])
        output = output.transpose(0, 1) if self.batch_first else output
        if not batched:
            output = output.squeeze(0 if self.batch_first else 1)
            states = [state.squeeze(1) for state in states]
        return output, self._shown(states)

    def _forward_packed(self, packed, hx):
        states = self._given_states(hx) or self._zero_states(packed.data, packed.batch_sizes)
        if hx is not None:
            states = [_in_order(state, packed.sorted_indices) for state in states]
        self.check_forward_args(packed.data, states, packed.batch_sizes)
        output, states = self._run(packed.data, states, packed.batch_sizes)
        states = [_in_order(state, packed.unsorted_indices) for state in states]
        made = type(packed)(output, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices)
        return made, self._shown(states)

    def permute_hidden(self, hx, permutation):
        """The state, its batch in another order."""
        return self._shown([_in_order(state, permutation) for state in self._given_states(hx)])

    def _given_states(self, hx):
        if hx is None:
            return []
        return list(hx) if self.mode == "LSTM" else [hx]

    def _shown(self, states):
        return tuple(states) if self.mode == "LSTM" else states[0]

    def _zero_states(self, input, batch_sizes):
        return [_C.zeros(s, dtype=input.dtype, device=input.device) for s in self._state_sizes(input, batch_sizes)]

    def _check_ranks(self, states, batched):
        rank = 3 if batched else 2
        if all(state.ndim == rank for state in states):
            return
        kind = "batched 3-D" if batched else "unbatched 2-D"
        if self.mode == "LSTM":
            got = ", ".join(f"{state.ndim}-D" for state in states)
            raise RuntimeError(f"For {kind} input, hx and cx should also be {rank}-D but got ({got}) tensors")
        raise RuntimeError(f"For {kind} input, hx should also be {rank}-D but got {states[0].ndim}-D tensor")

    def _run(self, rows, states, batch_sizes):
        """All layers and directions over rows packed by time step."""
        mode = self.mode.removeprefix("RNN_").lower()
        directions = 1 + self.bidirectional
        last = [[] for _ in states]
        for layer in range(self.num_layers):
            made = []
            for direction in range(directions):
                place = layer * directions + direction
                named = {name.rpartition("_l")[0]: getattr(self, name) for name in self._all_weights[place]}
                initial = [state[place] for state in states]
                output, *final, _ = _C._recurrent(
                    rows, initial[0], initial[1] if len(initial) > 1 else None, named["weight_ih"], named["weight_hh"],
                    named.get("bias_ih"), named.get("bias_hh"), named.get("weight_hr"), batch_sizes, mode, direction == 1,
                )  # fmt: skip
                made.append(output)
                for collected, state in zip(last, final):
                    collected.append(state)
            rows = made[0] if directions == 1 else _C.cat(made, 1)
            if self.dropout and self.training and layer < self.num_layers - 1:
                rows = F.dropout(rows, self.dropout)
        return rows, [_C.stack(collected) for collected in last]


def _check_sizes(**sizes):
    for name, size in sizes.items():
        if name != "num_layers" and not isinstance(size, int):
            raise TypeError(f"{name} should be of type int, got: {type(size).__name__}")
        if name != "input_size" and size <= 0:
            raise ValueError(f"{name} must be greater than zero")


def _check_dropout(dropout, num_layers):
    if not isinstance(dropout, numbers.Number) or isinstance(dropout, bool) or not 0 <= dropout <= 1:
        raise ValueError(
            "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
        )
    if dropout > 0 and num_layers == 1:
        warnings.warn(
            "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers greater "
            f"than 1, but got dropout={dropout} and num_layers={num_layers}",
            stacklevel=4,
        )


def _in_order(state, permutation):
    return state if permutation is None else state.index_select(1, permutation)


class RNN(RNNBase):
    """h = tanh(W_ih x + b_ih + W_hh h + b_hh), step by step; ReLU instead of tanh where asked for.

    Parameters
    ----------
    input_size, hidden_size, num_layers : int
        As in :class:`RNNBase`, and so are the others.
    nonlinearity : "tanh" or "relu"
        The last of the sizes, or by name.
    """

    def __init__(self, *args, **kwargs):
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        if len(args) > 3:
            self.nonlinearity = args[3]
            args = args[:3] + args[4:]
        else:
            self.nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if self.nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{self.nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(f"RNN_{self.nonlinearity.upper()}", *args, **kwargs)


class LSTM(RNNBase):
    """Long short-term memory: Hochreiter and Schmidhuber, Neural Computation 9(8), 1997. Arguments as in :class:`RNNBase`.

    Input [steps, batch, features] (or with `batch_first`, unbatched, packed); gives the states of the last layer, and the last
    states and cells of all.
    """

    def __init__(self, *args, **kwargs):
        super().__init__("LSTM", *args, **kwargs)


class GRU(RNNBase):
    """Gated recurrent unit: Cho et al., arXiv:1406.1078, with the reset gate after the product. Arguments as in :class:`RNNBase`."""

    def __init__(self, *args, **kwargs):
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        super().__init__("GRU", *args, **kwargs)


class RNNCellBase(Module):
    """The weights of one step.

    Parameters
    ----------
    input_size, hidden_size : int
        Features of the input and of the state.
    bias : bool
        Are there any?
    num_chunks : int
        Gates.
    """

    __constants__ = ["input_size", "hidden_size", "bias"]

    def __init__(self, input_size, hidden_size, bias, num_chunks, device=None, dtype=None):
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        rows = num_chunks * hidden_size
        for name, shape in {"weight_ih": (rows, input_size), "weight_hh": (rows, hidden_size)}.items():
            setattr(self, name, Parameter(_C.empty(shape, device=device, dtype=dtype)))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, Parameter(_C.empty(rows, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self):
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self):
        parts = [f"{self.input_size}, {self.hidden_size}"]
        if not self.bias:
            parts.append(f"bias={self.bias}")
        if getattr(self, "nonlinearity", "tanh") != "tanh":
            parts.append(f"nonlinearity={self.nonlinearity}")
        return ", ".join(parts)

    def _step(self, input, states, mode):
        """One step of [batch, features], or of one example: the new states."""
        kind = type(self).__name__
        if input.ndim not in (1, 2):
            raise ValueError(f"{kind}: Expected input to be 1D or 2D, got {input.ndim}D instead")
        for place, state in enumerate(states):
            if state.ndim not in (1, 2):
                which = f"hx[{place}]" if mode == "lstm" else "hidden"
                raise ValueError(f"{kind}: Expected {which} to be 1D or 2D, got {state.ndim}D instead")
        single = input.ndim == 1
        if single:
            input, states = input.unsqueeze(0), [state.unsqueeze(0) for state in states]
        batch, features = input.shape
        if features != self.input_size:
            raise RuntimeError(f"input has inconsistent input_size: got {features} expected {self.input_size}")
        for place, state in enumerate(states):
            if state.shape[0] != batch:
                raise RuntimeError(f"Input batch size {batch} doesn't match hidden{place} batch size {state.shape[0]}")
            if state.shape[1] != self.hidden_size:
                raise RuntimeError(
                    f"hidden{place} has inconsistent hidden_size: got {state.shape[1]}, expected {self.hidden_size}"
                )
        count = 2 if mode == "lstm" else 1
        zeros = (_C.zeros(batch, self.hidden_size, dtype=input.dtype, device=input.device) for _ in range(count))
        h, *c = states or zeros
        made = _C._recurrent(
            input, h, c[0] if c else None, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh, None,
            _C.full((1,), batch, dtype=_C.int64), mode,
        )[1 : 1 + count]  # fmt: skip
        return [state.squeeze(0) for state in made] if single else made


class RNNCell(RNNCellBase):
    """One step of an :class:`RNN`.

    Parameters
    ----------
    input_size, hidden_size : int
        Features of the input and of the state.
    bias : bool, default True
        Are there any?
    nonlinearity : "tanh" or "relu"
    """

    __constants__ = ["input_size", "hidden_size", "bias", "nonlinearity"]

    def __init__(self, input_size, hidden_size, bias=True, nonlinearity="tanh", device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input, hx=None):
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return self._step(input, [] if hx is None else [hx], self.nonlinearity)[0]


class LSTMCell(RNNCellBase):
    """One step of an :class:`LSTM`: gives the new state and cell."""

    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input, hx=None):
        return tuple(self._step(input, [] if hx is None else list(hx), "lstm"))


class GRUCell(RNNCellBase):
    """One step of a :class:`GRU`."""

    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input, hx=None):
        return self._step(input, [] if hx is None else [hx], "gru")[0]
