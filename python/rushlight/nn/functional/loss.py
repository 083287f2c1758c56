"""Losses."""

import math
import warnings

from rushlight import _C

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "gaussian_nll_loss", "huber_loss", "kl_div", "l1_loss", "mse_loss", "nll_loss", "poisson_nll_loss", "smooth_l1_loss", "soft_margin_loss",
]  # fmt: skip


def _legacy(size_average, reduce):
    """The reduction that the two old arguments ask for."""
    reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.", stacklevel=4
    )
    return reduction


def _reduction(reduction, size_average=None, reduce=None):
    if size_average is not None or reduce is not None:
        reduction = _legacy(size_average, reduce)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


def _reduced(values, reduction):
    return values if reduction == "none" else _C.mean(values) if reduction == "mean" else _C.sum(values)


def _warn_of_sizes(input, target):
    warnings.warn(
        f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). This will likely lead to "
        "incorrect results due to broadcasting. Please ensure they have the same size.",
        stacklevel=3,
    )


def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """Mean of squared differences."""
    reduction = _reduction(reduction, size_average, reduce)
    if target.shape != input.shape:
        _warn_of_sizes(input, target)
    if weight is not None:
        return _weighted(_C.square(_C.sub(input, target)), weight, input, reduction)
    return _C._mse_loss(input, target, reduction)


def _weighted(losses, weight, input, reduction):
    if weight.shape != input.shape:
        raise ValueError("Weights and input must have the same size.")
    losses = _C.mul(losses, weight)
    return _C.div(_C.sum(losses), _C.sum(weight)) if reduction == "mean" else _reduced(losses, reduction)


def l1_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """Mean of absolute differences."""
    reduction = _reduction(reduction, size_average, reduce)
    if target.shape != input.shape:
        _warn_of_sizes(input, target)
    losses = _C.abs(_C.sub(input, target))
    return _reduced(losses, reduction) if weight is None else _weighted(losses, weight, input, reduction)


def smooth_l1_loss(input, target, size_average=None, reduce=None, reduction="mean", beta=1.0):
    """Squared below `beta`, absolute above."""
    if target.shape != input.shape:
        _warn_of_sizes(input, target)
    reduction = _reduction(reduction, size_average, reduce)
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss does not support negative values for beta, but got {beta}")
    if beta == 0:
        return _reduced(_C.abs(_C.sub(input, target)), reduction)
    return _C._smooth_l1_loss(input, target, reduction, beta)


def huber_loss(input, target, reduction="mean", delta=1.0, weight=None):
    """Squared below `delta`, absolute times delta above."""
    if target.shape != input.shape:
        _warn_of_sizes(input, target)
    reduction = _reduction(reduction)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    if weight is None:
        return _C._huber_loss(input, target, reduction, delta)
    if weight.shape != input.shape:
        raise ValueError("Weights and input must have the same size.")
    return _reduced(_C.mul(_C._huber_loss(input, target, "none", delta), weight), reduction)


def soft_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """log(1 + exp(-target * input)), the target 1 or -1."""
    return _C._soft_margin_loss(input, target, _reduction(reduction, size_average, reduce))


def kl_div(input, target, size_average=None, reduce=None, reduction="mean", log_target=False):
    """Divergence of the distribution `target` from that whose logarithms are `input`."""
    if size_average is not None or reduce is not None:
        reduction = _legacy(size_average, reduce)
    elif reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size.'batchmean' divides only by the "
            "batch size, and aligns with the KL div math definition.'mean' will be changed to behave the same as 'batchmean' in the "
            "next major release.",
            stacklevel=2,
        )
    by_batch = reduction == "batchmean"
    found = divergence(input, target, "sum" if by_batch else _reduction(reduction), log_target)
    return _C.div(found, input.shape[0]) if by_batch and input.ndim else found


def divergence(input, target, reduction, log_target):
    """kl_div without its reduction by the batch."""
    if not (input.dtype.is_floating_point or input.dtype.is_complex):
        raise RuntimeError("kl_div: Integral inputs not supported.")
    if log_target:
        losses = _C.mul(_C.exp(target), _C.sub(target, input))
    else:
        losses = _C.sub(_C.xlogy(target, target), _C.mul(target, input))
    return _reduced(losses, reduction)


def poisson_nll_loss(
    input, target, log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction="mean"
):
    """Negative log likelihood of counts, of a Poisson distribution whose mean, or its logarithm, is `input`."""
    reduction = _reduction(reduction, size_average, reduce)
    if log_input:
        losses = _C.sub(_C.exp(input), _C.mul(target, input))
    else:
        losses = _C.sub(input, _C.mul(target, _C.log(_C.add(input, eps))))
    if full:  # Stirling's approximation of log(target!)
        factorial = _C.add(
            _C.sub(_C.mul(target, _C.log(target)), target), _C.mul(_C.log(_C.mul(target, 2 * math.pi)), 0.5)
        )
        losses = _C.add(losses, _C.masked_fill(factorial, _C.le(target, 1), 0))
    return _reduced(losses, reduction)


def gaussian_nll_loss(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """Negative log likelihood of targets, of normal distributions with mean `input` and variance `var`."""
    if isinstance(var, float):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = _C.mul(_C.ones_like(input), var)
    elif not var.is_meta and _C.any(_C.lt(var, 0)):
        raise ValueError("var has negative entry/entries")
    if var.shape != input.shape:
        if input.shape[:-1] == var.shape:
            var = _C.unsqueeze(var, -1)
        elif input.ndim != var.ndim or sum(b for a, b in zip(input.shape, var.shape) if a != b) != 1:
            raise ValueError("var is of incorrect size")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    values = _C.detach(var)  # held from below without a gradient for it
    var = _C.add(var, _C.sub(_C.clamp(values, min=eps), values))
    losses = _C.mul(_C.add(_C.log(var), _C.div(_C.square(_C.sub(input, target)), var)), 0.5)
    if full:
        losses = _C.add(losses, 0.5 * math.log(2 * math.pi))
    return _reduced(losses, reduction)


def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
    """Negative log likelihood of the target classes."""
    return _C._nll_loss(input, target, weight, _reduction(reduction, size_average, reduce), ignore_index)[0]


def cross_entropy(
    input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean", label_smoothing=0.0
):
    """Cross entropy of logits with target classes, or with class probabilities."""
    reduction = _reduction(reduction, size_average, reduce)
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    dim = 0 if input.ndim == 1 else 1
    logs = _C.log_softmax(input, dim)
    if target.is_floating_point():
        classes = input.shape[dim]
        if target.shape != input.shape:
            kind = RuntimeError if target.shape[:1] == input.shape[:1] else ValueError
            raise kind(
                f"cross_entropy: class probabilities have the input's shape: expected target of shape {tuple(input.shape)}, "
                f"got {tuple(target.shape)}; class indices are int64"
            )
        if label_smoothing:
            target = _C.add(_C.mul(target, 1 - label_smoothing), label_smoothing / classes)
        losses = _C.mul(logs, target)
        if weight is not None:
            losses = _C.mul(losses, _C.reshape(weight, (-1,) + (1,) * (input.ndim - dim - 1)))
        losses = _C.neg(_C.sum(losses, dim))
        if reduction == "mean":
            return _C.div(_C.sum(losses), losses.numel() or 1)
        return losses if reduction == "none" else _C.sum(losses)
    plain = _C._nll_loss(logs, target, weight, reduction, ignore_index)[0]
    if not label_smoothing:
        return plain
    counted = _C.ne(target, ignore_index)
    spread = logs if weight is None else _C.mul(logs, _C.reshape(weight, (-1,) + (1,) * (input.ndim - dim - 1)))
    smooth = _C.where(counted, _C.neg(_C.sum(spread, dim)), 0.0)
    if reduction == "mean":
        if weight is None:
            smooth = _C.div(_C.sum(smooth), _C.sum(counted))
        else:
            safe = _C.where(counted, target, 0)
            smooth = _C.div(_C.sum(smooth), _C.sum(_C.where(counted, weight[safe], 0.0)))
    elif reduction == "sum":
        smooth = _C.sum(smooth)
    return _C.add(_C.mul(plain, 1 - label_smoothing), _C.mul(smooth, label_smoothing / input.shape[dim]))


def _check_probabilities(name, tensor):
    if tensor.is_meta or not tensor.numel():
        return
    values = _C.detach(tensor)
    if not (0 <= _C.amin(values, ()).item() and _C.amax(values, ()).item() <= 1):  # NaN is in no range
        raise RuntimeError(f"binary_cross_entropy: all elements of {name} should be between 0 and 1")


def binary_cross_entropy(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    """Cross entropy of probabilities of one class."""
    if target.shape != input.shape:
        raise ValueError(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}) is deprecated. Please ensure they have the same size."
        )
    _check_probabilities("input", input)
    _check_probabilities("target", target)
    reduction = _reduction(reduction, size_average, reduce)
    if weight is None:
        return _C._binary_cross_entropy(input, target, reduction)
    return _reduced(_C.mul(_C._binary_cross_entropy(input, target, "none"), weight), reduction)


def binary_cross_entropy_with_logits(
    input, target, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None
):
    """Cross entropy of logits of one class, without overflow."""
    if target.shape != input.shape:
        raise ValueError(f"Target size ({target.shape}) must be the same as input size ({input.shape})")
    reduction = _reduction(reduction, size_average, reduce)
    if pos_weight is None and weight is None:
        return _C._binary_cross_entropy_with_logits(input, target, reduction)
    if pos_weight is None:
        losses = _C._binary_cross_entropy_with_logits(input, target, "none")
    else:
        logs = _C.mul(_C._log_sigmoid(input), _C.add(_C.mul(_C.sub(pos_weight, 1), target), 1))
        losses = _C.sub(_C.mul(_C.rsub(target, 1), input), logs)
    return _reduced(losses if weight is None else _C.mul(losses, weight), reduction)
