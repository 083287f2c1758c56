"""Modules' computations as functions."""

import warnings

from rushlight import _C

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "dropout", "elu", "gelu", "hardtanh", "l1_loss",
    "leaky_relu", "linear", "log_softmax", "logsigmoid", "mse_loss", "nll_loss", "normalize", "one_hot", "relu", "relu6", "sigmoid",
    "silu", "smooth_l1_loss", "softmax", "softmin", "softplus", "tanh",
]  # fmt: skip

linear = _C.linear
gelu = _C.gelu


def _reduction(reduction, size_average=None, reduce=None):
    if size_average is not None or reduce is not None:
        mean = True if size_average is None else size_average
        reduction = "none" if reduce is False else "mean" if mean else "sum"
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


def _reduced(values, reduction):
    return values if reduction == "none" else _C.mean(values) if reduction == "mean" else _C.sum(values)


def relu(input, inplace=False):
    """max(input, 0)."""
    return _C.relu_(input) if inplace else _C.relu(input)


def relu6(input, inplace=False):
    """input held between 0 and 6."""
    return hardtanh(input, 0.0, 6.0, inplace)


def hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False):
    """input held between min_val and max_val; integers stay integers."""
    dtype = input.dtype
    if dtype == _C.bool:
        raise RuntimeError("hardtanh: Bool inputs not supported for hardtanh")
    if not dtype.is_floating_point:
        if not dtype.is_signed and (min_val < 0 or max_val < 0):
            raise RuntimeError(f"hardtanh: cannot do hardtanh on an unsigned type with negative limits, {dtype}")
        min_val, max_val = int(min_val), int(max_val)
    if not input.requires_grad:
        return _C.clamp_(input, min_val, max_val) if inplace else _C.clamp(input, min_val, max_val)
    # no gradient at the bounds either, where clamp has one
    made = _C.where(_C.le(input, min_val), min_val, _C.where(_C.ge(input, max_val), max_val, input))
    return input.copy_(made) if inplace else made


def leaky_relu(input, negative_slope=0.01, inplace=False):
    """input, times negative_slope below 0."""
    return input.copy_(_C.leaky_relu(input, negative_slope)) if inplace else _C.leaky_relu(input, negative_slope)


def elu(input, alpha=1.0, inplace=False):
    """input, alpha * (exp(input) - 1) below 0."""
    made = _C.where(_C.gt(input, 0), input, _C.mul(_C.expm1(_C.clamp(input, max=0)), alpha))
    return input.copy_(made) if inplace else made


def silu(input, inplace=False):
    """input * sigmoid(input)."""
    return _C._silu_(input) if inplace else _C._silu(input)


def softplus(input, beta=1.0, threshold=20.0):
    """log(1 + exp(beta * input)) / beta; input itself beyond the threshold."""
    scaled = _C.mul(input, beta)
    return _C.where(_C.gt(scaled, threshold), input, _C.div(_C.log1p(_C.exp(_C.clamp(scaled, max=threshold))), beta))


def logsigmoid(input):
    """log(sigmoid(input))."""
    return _C._log_sigmoid(input)


def tanh(input):
    """Hyperbolic tangent."""
    return _C.tanh(input)


def sigmoid(input):
    """1 / (1 + exp(-input))."""
    return _C.sigmoid(input)


def _softmax_dim(name, ndim):
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=3,
    )
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input, dim=None, _stacklevel=3, dtype=None):
    """exp(input), divided by its sum along `dim`."""
    return _C.softmax(input, _softmax_dim("softmax", input.ndim) if dim is None else dim, dtype)


def softmin(input, dim=None, _stacklevel=3, dtype=None):
    """softmax(-input)."""
    return _C.softmax(_C.neg(input), _softmax_dim("softmin", input.ndim) if dim is None else dim, dtype)


def log_softmax(input, dim=None, _stacklevel=3, dtype=None):
    """Logarithm of softmax, without overflow."""
    return _C.log_softmax(input, _softmax_dim("log_softmax", input.ndim) if dim is None else dim, dtype)


def dropout(input, p=0.5, training=True, inplace=False):
    """Elements zeroed with probability `p` and the others scaled by 1 / (1 - p), while training."""
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0.0:
        return input
    made = _C._dropout(input, p)[0]
    return input.copy_(made) if inplace else made


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


def one_hot(tensor, num_classes=-1):
    """1 at each class, 0 elsewhere."""
    if tensor.dtype != _C.int64:
        raise RuntimeError(f"one_hot is only applicable to index tensor of type LongTensor, not {tensor.dtype}")
    if tensor.numel() == 0:
        if num_classes <= 0:
            raise RuntimeError("one_hot: Can not infer total number of classes from empty tensor; pass num_classes")
    else:
        low, high = int(tensor.min().item()), int(tensor.max().item())
        if low < 0:
            raise RuntimeError(f"one_hot: Class values must be non-negative, but {low} is among them")
        if num_classes != -1 and high >= num_classes:
            raise RuntimeError(
                f"one_hot: Class values must be smaller than num_classes, but {high} is among them and num_classes is {num_classes}"
            )
        num_classes = high + 1 if num_classes == -1 else num_classes
    return _C.scatter(_C.zeros(*tensor.shape, num_classes, dtype=_C.int64), -1, _C.unsqueeze(tensor, -1), 1)


def normalize(input, p=2.0, dim=1, eps=1e-12, out=None):
    """Vectors along `dim` divided by their p-norm."""
    return _C.div(input, _C.clamp(_C.norm(input, p, dim, True), min=eps), out=out)
