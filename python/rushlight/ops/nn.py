"""Ops behind nn.functional: softmax and the losses."""

from rushlight import _C

from ._table import op


def _nll_back(g, input, target, weight, reduction, ignore_index, out):
    return _C._nll_loss_backward(g[0], input, target, weight, reduction, ignore_index, out[1])


def _bernoulli_spread(p):
    return _C.clamp(_C.mul(_C.rsub(p, 1), p), 1e-12)


def _cross_entropy_curve(input, target, coefficient):
    spread = _bernoulli_spread(input)
    away = _C.sub(input, target)
    return _C.div(_C.add(_C.mul(away, _C.sub(_C.mul(input, 2), 1)), spread), _C.square(spread))


def _logits_curve(input, target, coefficient):
    share = _C.sigmoid(input)
    return _C.mul(share, _C.rsub(share, 1))


def _soft_margin_curve(input, target, coefficient):
    return _C.mul(_C.square(target), _logits_curve(_C.mul(input, target), None, None))


def _near(input, target, coefficient):
    return _C._to(_C.lt(_C.abs(_C.sub(input, target)), coefficient), None, input.dtype)


def _loss_of_elements(name, curve, of_target=None, mixed=None, node=None):
    """The rules of a loss: `curve` is its second derivative along the input; `of_target` the slope along the target, and `mixed`
    the second derivative along both, or None where PyTorch has none; "same" where the loss is of the difference."""
    loss, back = getattr(_C, "_" + name), getattr(_C, "_" + name + "_backward")

    def scaled(g, slope, reduction):
        return _C.mul(_C.div(g, max(slope.numel(), 1)) if reduction == "mean" else g, slope)

    def along_input(g, input, target, reduction, coefficient):
        return back(g, input, target, reduction, coefficient)

    def along_target(g, input, target, reduction, coefficient):
        if of_target == "same":
            return _C.neg(back(g, input, target, reduction, coefficient))
        return scaled(g, of_target(input, target), reduction)

    def back_grad(g, input, target, reduction, coefficient):
        return back(g, input, target, reduction, coefficient)

    def back_input(g, grad, input, target, reduction, coefficient):
        return scaled(_C.mul(g, grad), curve(input, target, coefficient), reduction)

    def back_target(g, grad, input, target, reduction, coefficient):
        if of_target == "same":
            return _C.neg(back_input(g, grad, input, target, reduction, coefficient))
        return scaled(_C.mul(g, grad), mixed(input, target), reduction)

    op(loss, grad=(along_input, along_target if of_target else None), node=node)
    op(back, grad=(back_grad, back_input, back_target if of_target else None))


def _embedding_back(g, weight_shape, indices, padding_idx, scale_grad_by_freq):
    flat, rows = _C.reshape(indices, (-1,)), _C.reshape(g, (-1, weight_shape[1]))
    if scale_grad_by_freq:
        counts = _C.index_select(_C.bincount(flat), 0, flat)
        rows = _C.div(rows, _C.unsqueeze(_C._to(counts, None, rows.dtype), 1))
    if padding_idx >= 0:
        rows = _C.masked_fill(rows, _C.unsqueeze(_C.eq(flat, padding_idx), 1), 0)
    return _C.index_add(_C.zeros(weight_shape, dtype=g.dtype, device=g.device), 0, flat, rows)


def _ctc_back(g, log_probs, targets, input_lengths, target_lengths, blank, zero_infinity, out):
    return _C._ctc_loss_backward(g[0], log_probs, targets, input_lengths, target_lengths, blank, zero_infinity, *out)


def _ctc_once(g):
    raise NotImplementedError("derivative for aten::_ctc_loss_backward is not implemented")


# fmt: off
softmax = op(_C.softmax, grad=lambda g, out, dim: _C._softmax_backward(g, out, dim), doc="exp(input), divided by its sum along dim.")
log_softmax = op(_C.log_softmax, grad=lambda g, out, dim: _C._log_softmax_backward(g, out, dim), doc="Logarithm of softmax, without overflow.")
op(_C._softmax_backward, grad=(
    lambda g, output, dim: _C._softmax_backward(g, output, dim),
    lambda g, grad, output, dim: _C.sub(_C.mul(g, _C.sub(grad, _C.sum(_C.mul(grad, output), dim, True))), _C.mul(grad, _C.sum(_C.mul(g, output), dim, True)))))
op(_C._log_softmax_backward, grad=(
    lambda g, output, dim: _C.sub(g, _C.sum(_C.mul(g, _C.exp(output)), dim, True)),
    lambda g, grad, output, dim: _C.neg(_C.mul(_C.mul(g, _C.exp(output)), _C.sum(grad, dim, True)))))
op(_C._embedding, grad=_embedding_back, node="EmbeddingBackward0")
op(_C._ctc_loss, grad=_ctc_back, node="CtcLossBackward0")
op(_C._ctc_loss_backward, grad=(_ctc_once, _ctc_once))
op(_C._nll_loss, grad=(_nll_back, None, None), node="NllLossBackward0")
op(_C._nll_loss_backward, grad=(lambda g, input, target, weight, reduction, ignore_index, total_weight: _nll_forward(g, target, weight, reduction, ignore_index, total_weight),))
# fmt: on


def _nll_forward(g, target, weight, reduction, ignore_index, total_weight):
    # the loss is linear in its input
    return _C._nll_loss(g, target, weight, reduction, ignore_index)[0]


_loss_of_elements("mse_loss", lambda x, y, c: _C.full_like(_C.sub(x, y), 2), "same", node="MseLossBackward0")
_loss_of_elements("smooth_l1_loss", lambda x, y, c: _C.div(_near(x, y, c), c), "same", node="SmoothL1LossBackward0")
_loss_of_elements("huber_loss", _near, "same", node="HuberLossBackward0")
_loss_of_elements("soft_margin_loss", _soft_margin_curve, node="SoftMarginLossBackward0")
_loss_of_elements(
    "binary_cross_entropy",
    _cross_entropy_curve,
    lambda x, y: _C.sub(_C.log1p(_C.neg(x)), _C.log(x)),
    lambda x, y: _C.neg(_C.reciprocal(_bernoulli_spread(x))),
    node="BinaryCrossEntropyBackward0",
)
_loss_of_elements(
    "binary_cross_entropy_with_logits",
    _logits_curve,
    lambda x, y: _C.neg(x),
    lambda x, y: _C.full_like(x, -1),
    node="BinaryCrossEntropyWithLogitsBackward0",
)
