"""Ops behind nn.functional: softmax and the losses."""

from rushlight import _C

from ._table import op


def _nll_back(g, input, target, weight, reduction, ignore_index, out):
    return _C._nll_loss_backward(g[0], input, target, weight, reduction, ignore_index, out[1])


def _mse_scale(g, input, target, reduction):
    factor = 2 / max(input.numel(), 1) if reduction == "mean" and input.shape == target.shape else 2
    difference = _C.sub(input, target)
    if reduction == "mean" and input.shape != target.shape:
        factor = 2 / max(difference.numel(), 1)
    return _C.mul(_C.mul(difference, factor), g)


# fmt: off
softmax = op(_C.softmax, grad=lambda g, out, dim: _C._softmax_backward(g, out, dim), doc="exp(input), divided by its sum along dim.")
log_softmax = op(_C.log_softmax, grad=lambda g, out, dim: _C._log_softmax_backward(g, out, dim), doc="Logarithm of softmax, without overflow.")
op(_C._softmax_backward, grad=(
    lambda g, output, dim: _C._softmax_backward(g, output, dim),
    lambda g, grad, output, dim: _C.sub(_C.mul(g, _C.sub(grad, _C.sum(_C.mul(grad, output), dim, True))), _C.mul(grad, _C.sum(_C.mul(g, output), dim, True)))))
op(_C._log_softmax_backward, grad=(
    lambda g, output, dim: _C.sub(g, _C.sum(_C.mul(g, _C.exp(output)), dim, True)),
    lambda g, grad, output, dim: _C.neg(_C.mul(_C.mul(g, _C.exp(output)), _C.sum(grad, dim, True)))))
op(_C._nll_loss, grad=(_nll_back, None, None), node="NllLossBackward0")
op(_C._nll_loss_backward, grad=(lambda g, input, target, weight, reduction, ignore_index, total_weight: _nll_forward(g, target, weight, reduction, ignore_index, total_weight),))
op(_C._mse_loss, grad=(_mse_scale, lambda g, input, target, reduction: _C.neg(_mse_scale(g, input, target, reduction))), node="MseLossBackward0")
# fmt: on


def _nll_forward(g, target, weight, reduction, ignore_index, total_weight):
    # the loss is linear in its input
    return _C._nll_loss(g, target, weight, reduction, ignore_index)[0]
