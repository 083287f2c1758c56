"""Images: read at places of a grid, channels and space exchanged."""

import warnings

from rushlight import _C
from rushlight.composed.rearrange import affine_grid_generator, channel_shuffle, pixel_shuffle, pixel_unshuffle

__all__ = [
    "affine_grid",
    "channel_shuffle",
    "grid_sample",
    "native_channel_shuffle",
    "pixel_shuffle",
    "pixel_unshuffle",
]

native_channel_shuffle = channel_shuffle

_MODES = ("bilinear", "nearest", "bicubic")
_PADDINGS = ("zeros", "border", "reflection")


def _aligned(align_corners):
    if align_corners is None:
        warnings.warn(
            "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify "
            "align_corners=True if the old behavior is desired. See the documentation of grid_sample for details.",
            stacklevel=3,
        )
    return bool(align_corners)


def grid_sample(input, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    """A tensor read at the places of a grid.

    Parameters
    ----------
    input : Tensor, shape (N, C, H, W) or (N, C, D, H, W)
        The tensor.
    grid : Tensor, shape (N, H', W', 2) or (N, D', H', W', 3)
        Places from -1 to 1, in the order x, y, z.
    mode : str, default 'bilinear'
        'bilinear', 'nearest' or, for images, 'bicubic'.
    padding_mode : str, default 'zeros'
        What lies beyond -1 and 1: 'zeros', the 'border' or a 'reflection'.
    align_corners : bool, optional
        Are -1 and 1 the middles of the corner elements, instead of their outer edges?

    Returns
    -------
    Tensor, shape (N, C, H', W') or (N, C, D', H', W')
    """
    if mode not in _MODES:
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in _PADDINGS:
        raise ValueError(
            f"nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: '{padding_mode}'"
        )
    aligned = _aligned(align_corners)
    return _C.grid_sampler(input, grid, _MODES.index(mode), _PADDINGS.index(padding_mode), aligned)


def affine_grid(theta, size, align_corners=None):
    """The places that affine maps send a regular grid to: what :func:`grid_sample` reads at.

    Parameters
    ----------
    theta : Tensor, shape (N, 2, 3) or (N, 3, 4)
        The maps.
    size : sequence of int
        The shape (N, C, H, W) or (N, C, D, H, W) of the result of the sampling.
    align_corners : bool, optional
        As in :func:`grid_sample`.
    """
    aligned = _aligned(align_corners)
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    if len(size) not in (4, 5):
        raise NotImplementedError(
            f"affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size {size}."
        )
    n = len(size) - 2
    if theta.ndim != 3 or theta.shape[-2] != n or theta.shape[-1] != n + 1:
        raise ValueError(
            f"Expected a batch of {n}D affine matrices of shape Nx{n}x{n + 1} for size {size}. Got {theta.shape}."
        )
    if aligned and min(size[2:]) == 1:
        warnings.warn(
            "Since version 1.3.0, affine_grid behavior has changed for unit-size grids when align_corners=True. This is not an "
            "intended use case of affine_grid. See the documentation of affine_grid for details.",
            stacklevel=2,
        )
    elif min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    return affine_grid_generator(theta, size, aligned)
