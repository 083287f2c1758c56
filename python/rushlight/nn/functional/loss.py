"""Losses."""

import warnings

from rushlight import _C

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "l1_loss", "mse_loss", "nll_loss", "smooth_l1_loss",
]  # fmt: skip


def _reduction(reduction, size_average=None, reduce=None):
    if size_average is not None or reduce is not None:
        mean = True if size_average is None else size_average
        reduction = "none" if reduce is False else "mean" if mean else "sum"
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
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss does not support negative values for beta, but got {beta}")
    distance = _C.abs(_C.sub(input, target))
    if beta == 0:
        return _reduced(distance, _reduction(reduction, size_average, reduce))
    near = _C.mul(_C.square(distance), 0.5 / beta)
    return _reduced(
        _C.where(_C.lt(distance, beta), near, _C.sub(distance, 0.5 * beta)), _reduction(reduction, size_average, reduce)
    )


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
    losses = _C._binary_cross_entropy(input, target)
    if weight is not None:
        losses = _C.mul(losses, weight)
    return _reduced(losses, _reduction(reduction, size_average, reduce))


def binary_cross_entropy_with_logits(
    input, target, weight=None, size_average=None, reduce=None, reduction="mean", pos_weight=None
):
    """Cross entropy of logits of one class, without overflow."""
    if target.shape != input.shape:
        raise ValueError(f"Target size ({target.shape}) must be the same as input size ({input.shape})")
    logs = _C._log_sigmoid(input)
    if pos_weight is not None:
        logs = _C.mul(logs, _C.add(_C.mul(_C.sub(pos_weight, 1), target), 1))
    losses = _C.sub(_C.mul(_C.rsub(target, 1), input), logs)
    if weight is not None:
        losses = _C.mul(losses, weight)
    return _reduced(losses, _reduction(reduction, size_average, reduce))
