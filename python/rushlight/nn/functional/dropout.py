"""Elements and channels dropped by chance."""

import math
import warnings

from rushlight import _C

__all__ = ["alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout"]

_FLOOR = 1.7580993408473766  # what selu tends to on the left: what alpha dropout puts in the place of what it drops


def _check(p):
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def dropout(input, p=0.5, training=True, inplace=False):
    """Elements zeroed with probability `p` and the others scaled by 1 / (1 - p), while training."""
    _check(p)
    if not training or p == 0.0:
        return input
    made = _C._dropout(input, p)[0]
    return input.copy_(made) if inplace else made


def _dropped(input, p, training, inplace, channels, alpha):
    """Elements, or whole channels, dropped; with `alpha` so that mean and variance stay, else scaled."""
    _check(p)
    if not training or p == 0.0 or input.numel() == 0:
        return input
    if p == 1.0:
        return _C.mul_(input, 0.0) if inplace else _C.mul(input, 0.0)
    if not channels:
        noise = _C.empty_like(input)
    elif input.ndim < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    else:
        noise = _C.empty((*input.shape[:2], *(1,) * (input.ndim - 2)), dtype=input.dtype, device=input.device)
    noise = _C.bernoulli_(_C.detach(noise), 1 - p)
    if not alpha:
        noise = _C.div_(noise, 1 - p)
        return _C.mul_(input, noise) if inplace else _C.mul(input, noise)
    scale = 1 / math.sqrt((_FLOOR * _FLOOR * p + 1) * (1 - p))
    shift = _C.add_(_C.mul_(_C.add(noise, -1), _FLOOR * scale), _FLOOR * scale * p)
    noise = _C.mul_(noise, scale)
    if inplace:
        return _C.add_(_C.mul_(input, noise), shift)
    return _C.add(_C.mul(input, noise), shift)


def alpha_dropout(input, p=0.5, training=False, inplace=False):
    """Elements dropped with probability `p` to where selu ends, so that mean 0 and variance 1 stay, while training."""
    return _dropped(input, p, training, inplace, False, True)


def feature_alpha_dropout(input, p=0.5, training=False, inplace=False):
    """Whole channels dropped with probability `p` to where selu ends, while training."""
    return _dropped(input, p, training, inplace, True, True)


def _dropped_channels(input, p, training, inplace, batched):
    """Of an input of `batched` dims with a batch, or one less without."""
    if input.ndim == batched:
        return _dropped(input, p, training, inplace, True, False)
    made = _dropped(_C.unsqueeze(input, 0), p, training, inplace, True, False)
    return input if inplace else _C.squeeze(made, 0)


def _warn_of_dims(name, input, spatial):
    warnings.warn(
        f"{name}: Received a {input.ndim}-D input to {name}, which is deprecated and will result in an error in a future release. "
        f"To retain the behavior and silence this warning, please use dropout instead: {name} is for channels with {spatial} "
        f"spatial dimensions, of inputs with {spatial + 1} or {spatial + 2}.",
        stacklevel=3,
    )


def dropout1d(input, p=0.5, training=True, inplace=False):
    """Channels of (N, C, L) or (C, L) zeroed with probability `p`, while training."""
    _check(p)
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input; dropout1d drops channels with 1 spatial "
            "dimension, use dropout for anything else"
        )
    return _dropped_channels(input, p, training, inplace, 3)


def dropout2d(input, p=0.5, training=True, inplace=False):
    """Channels of images, (N, C, H, W), zeroed with probability `p`, while training."""
    _check(p)
    if input.ndim not in (3, 4):
        _warn_of_dims("dropout2d", input, 2)
    if input.ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is desired - input is "
            "interpreted as shape (N, C, L), where C is the channel dim. Use dropout1d for that.",
            stacklevel=2,
        )
    return _dropped(input, p, training, inplace, True, False)


def dropout3d(input, p=0.5, training=True, inplace=False):
    """Channels of volumes, (N, C, D, H, W) or (C, D, H, W), zeroed with probability `p`, while training."""
    _check(p)
    if input.ndim not in (4, 5):
        _warn_of_dims("dropout3d", input, 3)
    return _dropped_channels(input, p, training, inplace, 5)
