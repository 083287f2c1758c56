"""Losses that ask for a margin between what belongs together and what does not."""

from rushlight import _C

from .distance import pairwise_distance
from .loss import _reduced, _reduction

__all__ = [
    "cosine_embedding_loss", "hinge_embedding_loss", "margin_ranking_loss", "multi_margin_loss", "multilabel_margin_loss",
    "multilabel_soft_margin_loss", "triplet_margin_loss", "triplet_margin_with_distance_loss",
]  # fmt: skip


def hinge_embedding_loss(input, target, margin=1.0, size_average=None, reduce=None, reduction="mean"):
    """input where the target is 1, what it falls short of the margin by where it is -1."""
    far = _C.where(_C.ne(target, 1), _C.clamp_min(_C.rsub(input, margin), 0), 0.0)
    near = _C.where(_C.ne(target, -1), input, 0.0)
    return _reduced(_C.add(far, near), _reduction(reduction, size_average, reduce))


def cosine_embedding_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    """1 - cosine of the angle where the target is 1, what the cosine exceeds the margin by where it is -1."""
    reduction = _reduction(reduction, size_average, reduce)
    if target.ndim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if target.ndim == 1 and input1.ndim != 2 or input2.ndim != input1.ndim or target.ndim == 0 and input1.ndim != 1:
        raise RuntimeError(
            f"{target.ndim}D target tensor expects {target.ndim + 1}D input tensors, but found inputs with sizes "
            f"{list(input1.shape)} and {list(input2.shape)}."
        )
    total = lambda x, y: _C.sum(_C.mul(x, y), target.ndim)
    sizes = _C.mul(_C.add(total(input1, input1), 1e-12), _C.add(total(input2, input2), 1e-12))
    cosine = _C.div(total(input1, input2), _C.sqrt(sizes))
    near = _C.where(_C.eq(target, 1), _C.rsub(cosine, 1), 0.0)
    far = _C.where(_C.eq(target, -1), _C.clamp_min(_C.sub(cosine, margin), 0), 0.0)
    return _reduced(_C.add(near, far), reduction)


def margin_ranking_loss(input1, input2, target, margin=0, size_average=None, reduce=None, reduction="mean"):
    """What `input1`, where the target is 1, falls short of `input2` and a margin by; the other way about where it is -1."""
    reduction = _reduction(reduction, size_average, reduce)
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.shape}, input2: {input2.shape}, target: {target.shape} "
        )
    short = _C.add(_C.mul(_C.neg(target), _C.sub(input1, input2)), margin)
    return _reduced(_C.clamp_min(short, 0), reduction)


def _check_range(classes, low, count, message):
    if classes.numel() and not classes.is_meta:
        if _C.amin(classes, ()).item() < low or _C.amax(classes, ()).item() >= count:
            raise RuntimeError(message)


def multi_margin_loss(input, target, p=1, margin=1.0, weight=None, size_average=None, reduce=None, reduction="mean"):
    """What the score of the target class falls short of each other's and a margin by, to the power p, over the classes.

    Parameters
    ----------
    input : Tensor, shape (N, C) or (C)
        Scores.
    target : Tensor of int64, shape (N) or ()
        Classes.
    p : 1 or 2
        The power.
    margin : float, default 1.0
        By how much the target's score is to be larger.
    weight : Tensor, shape (C), optional
        What each class weighs as a target.
    size_average, reduce, reduction
        How the losses of a batch become one.
    """
    reduction = _reduction(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.ndim != 1:
        raise ValueError("weight must be one-dimensional")
    if input.ndim > 2 or input.numel() == 0 and input.shape[-1] == 0:
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(input.shape)}"
        )
    input = _C.unsqueeze(input, 0) if input.ndim == 0 else input
    count, rows = input.shape[-1], input.shape[0] if input.ndim == 2 else 1
    if target.ndim > 1 or target.numel() != rows:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input samples (batch size). "
            f"Expected target size [{rows}], but got {list(target.shape)}. Input has shape {list(input.shape)}."
        )
    if weight is not None and weight.numel() != count:
        raise RuntimeError(f"inconsistent weight size, expected {count} but got {list(weight.shape)}")
    _check_range(target, 0, count, "target out of range")
    scores, classes = _C.reshape(input, (rows, count)), _C.reshape(target, (rows, 1))
    short = _C.clamp_min(_C.add(_C.sub(scores, _C.gather(scores, 1, classes)), margin), 0)
    short = short if p == 1 else _C.square(short)
    if weight is not None:
        short = _C.mul(short, _C.reshape(_C.index_select(weight, 0, _C.reshape(classes, (-1,))), (rows, 1)))
    losses = _C.div(_C.sum(_C.scatter(short, 1, classes, 0.0), 1), count)
    return _reduced(_C.reshape(losses, ()) if input.ndim == 1 and target.ndim == 0 else losses, reduction)


def multilabel_margin_loss(input, target, size_average=None, reduce=None, reduction="mean"):
    """What the scores of the target classes fall short of each other score and 1 by, over the classes.

    Parameters
    ----------
    input : Tensor, shape (N, C) or (C)
        Scores.
    target : Tensor of int64, of the same shape
        In each row some classes; whatever comes after a -1 is not looked at.
    size_average, reduce, reduction
        How the losses of a batch become one.
    """
    reduction = _reduction(reduction, size_average, reduce)
    if target.shape != input.shape:
        raise RuntimeError(f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}")
    if target.dtype != _C.int64:
        raise RuntimeError(f"expected scalar type Long but found {target.dtype} (target)")
    if input.ndim not in (0, 1, 2):
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {list(input.shape)}"
        )
    count = input.shape[-1] if input.ndim else 1
    scores, classes = _C.reshape(input, (-1, count)), _C.reshape(target, (-1, count))
    _check_range(classes, -1, count, "argument #2 'target' is out of range")
    counts = _C.cumprod(_C._to(_C.ge(classes, 0), None, _C.int64), 1)  # 1 up to the first -1
    safe = _C.mul(classes, counts)
    others = _C.le(_C.scatter_add(_C.zeros_like(classes), 1, safe, counts), 0)
    short = _C.clamp_min(_C.add(_C.sub(_C.unsqueeze(scores, 1), _C.unsqueeze(_C.gather(scores, 1, safe), 2)), 1), 0)
    asked = _C.logical_and(_C.unsqueeze(others, 1), _C.unsqueeze(_C.gt(counts, 0), 2))
    losses = _C.div(_C.sum(_C.where(asked, short, 0.0), (1, 2)), count)
    return _reduced(losses if input.ndim == 2 else _C.reshape(losses, ()), reduction)


def multilabel_soft_margin_loss(input, target, weight=None, size_average=None, reduce=None, reduction="mean"):
    """Cross entropy of the logits of many classes, each of which is there or not; their mean over the classes."""
    if size_average is not None or reduce is not None or reduction in ("none", "mean", "sum"):
        reduction = _reduction(reduction, size_average, reduce)
    else:
        raise ValueError(f"{reduction} is not valid")
    yes, no = _C._log_sigmoid(input), _C._log_sigmoid(_C.neg(input))
    losses = _C.neg(_C.add(_C.mul(target, yes), _C.mul(_C.rsub(target, 1), no)))
    if weight is not None:
        losses = _C.mul(losses, weight)
    return _reduced(_C.div(_C.sum(losses, -1), input.shape[-1]), reduction)


def triplet_margin_loss(
    anchor, positive, negative, margin=1.0, p=2, eps=1e-6, swap=False, size_average=None, reduce=None, reduction="mean"
):
    """What the anchor is nearer to the negative than to the positive by, and a margin; distances are p-norms."""
    return triplet_margin_with_distance_loss(
        anchor, positive, negative, distance_function=lambda x, y: pairwise_distance(x, y, p, eps), margin=margin, swap=swap,
        reduction=_reduction(reduction, size_average, reduce),
    )  # fmt: skip


def triplet_margin_with_distance_loss(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    """What the anchor is nearer to the negative than to the positive by, and a margin.

    Parameters
    ----------
    anchor, positive, negative : Tensor
        Examples.
    distance_function : callable, optional
        Gives distances of two batches of examples; `pairwise_distance` if None.
    margin : float, default 1.0
        By how much the positive is to be nearer.
    swap : bool, default False
        Where the positive is nearer to the negative than the anchor is, let it take the anchor's place.
    reduction : str, default "mean"
        How the losses of a batch become one.
    """
    reduction = _reduction(reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D inputs"
        )
    distance = pairwise_distance if distance_function is None else distance_function
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = _C.minimum(far, distance(positive, negative))
    return _reduced(_C.clamp_min(_C.sub(_C.add(near, margin), far), 0), reduction)
