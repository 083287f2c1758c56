"""Classes and words as vectors."""

import warnings

from rushlight import _C

__all__ = ["embedding", "embedding_bag", "one_hot"]


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


def _refuse_sparse(sparse):
    if sparse:
        raise NotImplementedError("embedding: there are no sparse gradients here; leave sparse=False")


def _no_negative(padding_idx, count):
    if padding_idx is None:
        return -1
    if not -count <= padding_idx < count:
        raise AssertionError("Padding_idx must be within num_embeddings")
    return padding_idx % count


def renormed(weight, indices, max_norm, norm_type=2.0):
    """Scale those rows of `weight` that are asked for and longer than `max_norm` to that length, in place."""
    before = _C.is_grad_enabled()
    _C._set_grad_enabled(False)
    try:
        rows = indices.reshape(-1).unique()
        values = _C.index_select(weight, 0, rows)
        lengths = _C.norm(values, norm_type, 1, True)
        held = _C.where(_C.gt(lengths, max_norm), _C.div(values, _C.div(_C.add(lengths, 1e-7), max_norm)), values)
        weight.index_copy_(0, rows, held)
    finally:
        _C._set_grad_enabled(before)
    return weight


def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False):
    """Rows of `weight`, one for each index.

    Parameters
    ----------
    input : Tensor of int64 or int32, any shape
        Indices.
    weight : Tensor, shape (num_embeddings, embedding_dim)
        The rows.
    padding_idx : int, optional
        A row without a gradient.
    max_norm, norm_type : float
        Rows longer than `max_norm` are scaled to it first, in place; lengths are norm_type-norms.
    scale_grad_by_freq : bool, default False
        Divide a row's gradient by how often it was asked for.
    sparse : bool
        Only False: there are no sparse gradients.
    """
    padding_idx = _no_negative(padding_idx, weight.shape[0])
    _refuse_sparse(sparse)
    if max_norm is not None:
        renormed(weight, input, max_norm, norm_type)
    return _C._embedding(weight, input, padding_idx, scale_grad_by_freq)


def bags(weight, indices, offsets, scale_grad_by_freq, mode, per_sample_weights, include_last_offset, padding_idx):
    """(sum, mean or largest of the rows of each bag, the bag of each index, the size of each bag)."""
    count = offsets.shape[0] - bool(include_last_offset)
    total = indices.shape[0]
    if offsets.shape[0] and offsets[0].item() != 0:
        raise RuntimeError(
            f"offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. However, got {offsets[0].item()}"
        )
    if offsets.shape[0] and offsets[-1].item() > total:
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length({total}), but got offsets[-1] of {offsets[-1].item()}"
        )
    starts = _C._to(offsets[1 : max(count, 1)], None, _C.int64)
    steps = _C.index_add(_C.zeros(total + 1, dtype=_C.int64), 0, starts, _C.ones_like(starts))
    bag = _C.cumsum(steps, 0)[:total]
    rows = _C._embedding(weight, indices, padding_idx, scale_grad_by_freq)
    counted = _C.ones(total, dtype=_C.int64)
    if padding_idx >= 0:
        counted = _C._to(_C.ne(indices, padding_idx), None, _C.int64)
    if per_sample_weights is not None:
        rows = _C.mul(rows, _C.unsqueeze(per_sample_weights, 1))
    sizes = _C.index_add(_C.zeros(count, dtype=_C.int64), 0, bag, counted)
    empty = _C.zeros((count, weight.shape[1]), dtype=weight.dtype)
    if mode == "max":
        kept = counted.nonzero()[:, 0]
        at = _C.expand(_C.unsqueeze(_C.index_select(bag, 0, kept), 1), (kept.shape[0], weight.shape[1]))
        made = _C.scatter_reduce(empty, 0, at, _C.index_select(rows, 0, kept), "amax", include_self=False)
        return made, bag, sizes
    if padding_idx >= 0:
        rows = _C.mul(rows, _C.unsqueeze(counted, 1))
    made = _C.index_add(empty, 0, bag, rows)
    if mode == "mean":
        made = _C.div(made, _C.unsqueeze(_C._to(_C.clamp_min(sizes, 1), None, made.dtype), 1))
    return made, bag, sizes


def embedding_bag(
    input, weight, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, mode="mean", sparse=False,
    per_sample_weights=None, include_last_offset=False, padding_idx=None,
):  # fmt: skip
    """Sums, means or largest elements of bags of rows of `weight`.

    Parameters
    ----------
    input : Tensor of int64 or int32, shape (B, n), or (n) with `offsets`
        Indices: bags of equal sizes, or one bag after the other.
    weight : Tensor, shape (num_embeddings, embedding_dim)
        The rows.
    offsets : Tensor, shape (B), optional
        Where each bag begins; with `include_last_offset` the end of the last one besides.
    max_norm, norm_type, scale_grad_by_freq, sparse
        As in `embedding`.
    mode : "sum", "mean" or "max", default "mean"
        What becomes of a bag.
    per_sample_weights : Tensor, shape of `input`, optional
        What each row is multiplied by; for sums alone.
    include_last_offset : bool, default False
        Is the last offset the end of the last bag?
    padding_idx : int, optional
        A row that counts for nothing.
    """
    if weight.dtype == _C.int64 and input.is_floating_point():
        warnings.warn(
            "Argument order of nn.functional.embedding_bag was changed. Usage `embedding_bag(weight, input, ...)` is deprecated, and "
            "should now be `embedding_bag(input, weight, ...)`.",
            stacklevel=2,
        )
        weight, input = input, weight
    if per_sample_weights is not None and input.shape != per_sample_weights.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, then it must have the same shape as the "
            f"input ({input.shape})"
        )
    if weight.ndim != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.ndim}")
    if input.ndim == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length sequences. However, "
                f"found offsets of type {type(offsets)}"
            )
        offsets = (
            _C.arange(0, input.numel(), input.shape[1]) if input.numel() else _C.zeros(input.shape[0], dtype=_C.int64)
        )
        include_last_offset, input = False, input.reshape(-1)
        per_sample_weights = None if per_sample_weights is None else per_sample_weights.reshape(-1)
    elif input.ndim != 1:
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.ndim}")
    elif offsets is None:
        raise ValueError("offsets has to be a 1D Tensor but got None")
    elif offsets.ndim != 1:
        raise ValueError("offsets has to be a 1D Tensor")
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    _refuse_sparse(sparse)
    if max_norm is not None:
        renormed(weight, input, max_norm, norm_type)
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got "
            f"mode='{mode}'); multiply the rows of `embedding` yourself."
        )
    padding_idx = _no_negative(padding_idx, weight.shape[0])
    return bags(weight, input, offsets, scale_grad_by_freq, mode, per_sample_weights, include_last_offset, padding_idx)[
        0
    ]
