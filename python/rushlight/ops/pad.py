"""Padding: linear, so that each rule is the other way round."""

from rushlight import _C

from ._table import op


def _last(shape, pad):
    return tuple(shape[len(shape) - len(pad) // 2 :])


# fmt: off
op(_C.constant_pad_nd, grad=lambda g, pad: _C.constant_pad_nd(g, [-p for p in pad]), doc="A number around a tensor: two counts a dim, before and behind, the last dim first; negative ones take away.\n\n>>> torch.constant_pad_nd(torch.tensor([1, 2]), (1, 2), 7)\ntensor([7, 1, 2, 7, 7])")
op(_C._pad, grad=lambda g, input_shape, pad, mode: _C._pad_backward(g, pad, mode, _last(input_shape, pad)), node="ReflectionPad2DBackward0")
op(_C._pad_backward, grad=lambda g, pad, mode: _C._pad(g, pad, mode), node="ReflectionPad2DBackwardBackward0")
# fmt: on
