"""Losses of sequences."""

from rushlight import _C

from .loss import _reduction

__all__ = ["ctc_loss"]


def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False):
    """Connectionist temporal classification: Graves et al., ICML 2006.

    Parameters
    ----------
    log_probs : Tensor, shape (T, N, C) or (T, C)
        Logarithms of the probabilities of the labels at each time.
    targets : Tensor, shape (N, S) or (sum of target_lengths)
        Labels, none of them `blank`.
    input_lengths, target_lengths : Tensor or tuple, shape (N) or ()
        How much of each sequence counts.
    blank : int, default 0
        The label that means none.
    reduction : "mean", "none" or "sum", default "mean"
        The mean of losses, each divided by its target's length.
    zero_infinity : bool, default False
        Where a target cannot be reached, loss and gradient are 0.
    """
    reduction = _reduction(reduction)
    single = log_probs.ndim == 2
    if single:
        log_probs = _C.unsqueeze(log_probs, 1)
    lengths = [
        x if isinstance(x, _C.TensorBase) else _C.tensor(x, dtype=_C.int64) for x in (input_lengths, target_lengths)
    ]
    lengths = [x.reshape(1) if single and x.ndim == 0 else x for x in lengths]
    losses = _C._ctc_loss(log_probs, targets, *lengths, blank, zero_infinity)[0]
    if zero_infinity:
        losses = _C.where(_C.eq(losses, float("inf")), 0.0, losses)
    if reduction == "none":
        return _C.squeeze(losses, 0) if single else losses
    if reduction == "sum":
        return _C.sum(losses)
    return _C.mean(_C.div(losses, _C._to(_C.clamp(lengths[1], min=1), None, losses.dtype)))
