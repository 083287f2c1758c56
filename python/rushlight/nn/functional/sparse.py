"""Classes and words as vectors."""

from rushlight import _C

__all__ = ["one_hot"]


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
