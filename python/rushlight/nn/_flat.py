"""What the flat namespace calls as `nn.functional` does, but with the arguments of PyTorch's own ops."""

from rushlight import _C

from . import functional as F
from .functional.sparse import _no_negative, _refuse_sparse, bags

_REDUCTIONS = ("none", "mean", "sum")


def _named(reduction):
    """A reduction by its number."""
    if isinstance(reduction, str):
        return reduction
    if reduction not in (0, 1, 2):
        raise ValueError(f"{reduction} is not a valid value for reduction: 0 is none, 1 the mean, 2 the sum")
    return _REDUCTIONS[reduction]


# ---- normalisation ----


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-05, cudnn_enable=True):
    """:func:`rushlight.nn.functional.layer_norm`."""
    return F.layer_norm(input, normalized_shape, weight, bias, eps)


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-05, cudnn_enabled=True):
    """:func:`rushlight.nn.functional.group_norm`."""
    return F.group_norm(input, num_groups, weight, bias, eps)


def batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled=True):
    """:func:`rushlight.nn.functional.batch_norm`, without its check that there is more than one value."""
    return _C._batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)[0]


def instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, cudnn_enabled=True):
    """:func:`rushlight.nn.functional.instance_norm`."""
    return F.instance_norm(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)


# ---- losses ----


def binary_cross_entropy_with_logits(input, target, weight=None, pos_weight=None, reduction=0):
    """:func:`rushlight.nn.functional.binary_cross_entropy_with_logits`."""
    return F.binary_cross_entropy_with_logits(input, target, weight, reduction=_named(reduction), pos_weight=pos_weight)


def cosine_embedding_loss(input1, input2, target, margin=0.0, reduction=0):
    """:func:`rushlight.nn.functional.cosine_embedding_loss`."""
    return F.cosine_embedding_loss(input1, input2, target, margin, reduction=_named(reduction))


def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction=0, zero_infinity=False):
    """:func:`rushlight.nn.functional.ctc_loss`."""
    return F.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, _named(reduction), zero_infinity)


def hinge_embedding_loss(input, target, margin=1.0, reduction=0):
    """:func:`rushlight.nn.functional.hinge_embedding_loss`."""
    return F.hinge_embedding_loss(input, target, margin, reduction=_named(reduction))


def kl_div(input, target, reduction=0, *, log_target=False):
    """:func:`rushlight.nn.functional.kl_div`."""
    return F.kl_div(input, target, reduction=_named(reduction), log_target=log_target)


def margin_ranking_loss(input1, input2, target, margin=0.0, reduction=0):
    """:func:`rushlight.nn.functional.margin_ranking_loss`."""
    return F.margin_ranking_loss(input1, input2, target, margin, reduction=_named(reduction))


def poisson_nll_loss(input, target, log_input, full, eps, reduction):
    """:func:`rushlight.nn.functional.poisson_nll_loss`."""
    return F.poisson_nll_loss(input, target, log_input, full, eps=eps, reduction=_named(reduction))


def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-06, swap=False, reduction=0):
    """:func:`rushlight.nn.functional.triplet_margin_loss`."""
    return F.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction=_named(reduction))


# ---- dropping ----


def dropout_(input, p, train):
    """:func:`rushlight.nn.functional.dropout`, in place."""
    return F.dropout(input, p, train, True)


def alpha_dropout(input, p, train):
    """:func:`rushlight.nn.functional.alpha_dropout`."""
    return F.alpha_dropout(input, p, train)


def alpha_dropout_(input, p, train):
    """:func:`rushlight.nn.functional.alpha_dropout`, in place."""
    return F.alpha_dropout(input, p, train, True)


def feature_alpha_dropout(input, p, train):
    """:func:`rushlight.nn.functional.feature_alpha_dropout`."""
    return F.feature_alpha_dropout(input, p, train)


def feature_alpha_dropout_(input, p, train):
    """:func:`rushlight.nn.functional.feature_alpha_dropout`, in place."""
    return F.feature_alpha_dropout(input, p, train, True)


# ---- tables ----


def embedding(weight, indices, padding_idx=-1, scale_grad_by_freq=False, sparse=False):
    """:func:`rushlight.nn.functional.embedding`; a negative `padding_idx` is none."""
    _refuse_sparse(sparse)
    return _C._embedding(weight, indices, padding_idx, scale_grad_by_freq)


def embedding_bag(
    weight, indices, offsets, scale_grad_by_freq=False, mode=0, sparse=False, per_sample_weights=None,
    include_last_offset=False, padding_idx=None,
):  # fmt: skip
    """:func:`rushlight.nn.functional.embedding_bag` of one dim, with what it counts.

    Parameters
    ----------
    mode : int
        0 the sum, 1 the mean, 2 the largest.

    Returns
    -------
    tuple of Tensor
        The bags, the bag of each index, the size of each bag, and the sizes once more.
    """
    _refuse_sparse(sparse)
    padding_idx = _no_negative(padding_idx, weight.shape[0])
    made, bag, sizes = bags(
        weight, indices, offsets, scale_grad_by_freq, ("sum", "mean", "max")[mode], per_sample_weights, include_last_offset,
        padding_idx,
    )  # fmt: skip
    return made, bag, sizes, sizes
