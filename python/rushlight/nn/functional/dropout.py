"""Elements and channels dropped by chance."""

from rushlight import _C

__all__ = ["dropout"]


def dropout(input, p=0.5, training=True, inplace=False):
    """Elements zeroed with probability `p` and the others scaled by 1 / (1 - p), while training."""
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0.0:
        return input
    made = _C._dropout(input, p)[0]
    return input.copy_(made) if inplace else made
