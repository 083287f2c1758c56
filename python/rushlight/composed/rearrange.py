"""Elements moved between channels and space, and grids of places, composed of views and products."""

from rushlight import _C
from rushlight.ops._table import composed


@composed(method=False)
def pixel_shuffle(input, upscale_factor):
    """Channels to space: (..., C r r, H, W) to (..., C, H r, W r).

    >>> torch.pixel_shuffle(torch.arange(4.0).reshape(4, 1, 1), 2)
    tensor([[[0., 1.],
             [2., 3.]]])
    """
    r = upscale_factor
    if input.ndim < 3:
        raise RuntimeError(
            f"pixel_shuffle expects input to have at least 3 dimensions, but got input with {input.ndim} dimension(s)"
        )
    if r < 1:
        raise RuntimeError(f"pixel_shuffle expects a positive upscale_factor, but got {r}")
    *batch, c, h, w = input.shape
    if c % (r * r):
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but "
            f"input.size(-3)={c} is not divisible by {r * r}"
        )
    parts = _C.reshape(input, (*batch, c // (r * r), r, r, h, w))
    return _C.reshape(_ordered(parts, len(batch), (0, 3, 1, 4, 2)), (*batch, c // (r * r), h * r, w * r))


@composed(method=False)
def pixel_unshuffle(input, downscale_factor):
    """Space to channels: (..., C, H r, W r) to (..., C r r, H, W).

    >>> torch.pixel_unshuffle(torch.arange(4.0).reshape(1, 2, 2), 2).flatten()
    tensor([0., 1., 2., 3.])
    """
    r = downscale_factor
    if input.ndim < 3:
        raise RuntimeError(
            f"pixel_unshuffle expects input to have at least 3 dimensions, but got input with {input.ndim} dimension(s)"
        )
    if r < 1:
        raise RuntimeError(f"pixel_unshuffle expects a positive downscale_factor, but got {r}")
    *batch, c, h, w = input.shape
    for name, dim, size in (("height", -2, h), ("width", -1, w)):
        if size % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but input.size({dim})={size} is not divisible by {r}"
            )
    parts = _C.reshape(input, (*batch, c, h // r, r, w // r, r))
    return _C.reshape(_ordered(parts, len(batch), (0, 2, 4, 1, 3)), (*batch, c * r * r, h // r, w // r))


def _ordered(x, batch, dims):
    return _C.permute(x, (*range(batch), *(batch + d for d in dims)))


@composed(method=False)
def channel_shuffle(input, groups):
    """Channels of several groups in turns: (N, C, ...).

    >>> torch.channel_shuffle(torch.arange(4.0).reshape(1, 4, 1), 2).flatten()
    tensor([0., 2., 1., 3.])
    """
    if input.ndim < 3:
        raise RuntimeError(f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(input.shape)}")
    if groups < 1:
        raise RuntimeError(f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    n, c, *rest = input.shape
    if c % groups:
        raise RuntimeError(f"Number of channels must be divisible by groups. Got {c} channels and {groups} groups.")
    parts = _C.reshape(input, (n, groups, c // groups, *rest))
    return _C.reshape(_C.transpose(parts, 1, 2), input.shape)


def _middles(count, align_corners, like):
    """`count` numbers from -1 to 1: the elements' middles, or with both ends."""
    if count <= 1:
        return _C.zeros(count, dtype=like.dtype, device=like.device)
    ends = _C.linspace(-1, 1, count, dtype=like.dtype, device=like.device)
    return ends if align_corners else _C.mul(ends, (count - 1) / count)


@composed(method=False)
def affine_grid_generator(theta, size, align_corners):
    """The places that affine maps send a regular grid to: what :func:`torch.nn.functional.affine_grid` calls."""
    n, _, *sizes = size
    ndim = len(sizes)
    if ndim not in (2, 3):
        raise RuntimeError(f"affine_grid_generator needs 4d (spatial) or 5d (volumetric) inputs, got {tuple(size)}")
    if tuple(theta.shape) != (n, ndim, ndim + 1):
        raise RuntimeError(
            f"Expected a batch of affine matrices of shape {n}x{ndim}x{ndim + 1} for size {tuple(size)}. Got {theta.shape}."
        )
    axes = []
    for d in range(ndim):
        shape = [1] * (ndim + 1)
        shape[ndim - 1 - d] = sizes[ndim - 1 - d]
        middles = _C.reshape(_middles(sizes[ndim - 1 - d], align_corners, theta), shape)
        axes.append(_C.expand(middles, (*sizes, 1)))
    axes.append(_C.ones((*sizes, 1), dtype=theta.dtype, device=theta.device))
    places = _C.reshape(_C.cat(axes, -1), (1, -1, ndim + 1))
    moved = _C.matmul(places, _C.transpose(theta, 1, 2))
    return _C.reshape(moved, (n, *sizes, ndim))
