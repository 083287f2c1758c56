"""Tensors of other sizes: interpolate and its older names."""

import warnings

from rushlight import _C

from . import pooling

__all__ = ["interpolate", "upsample", "upsample_bilinear", "upsample_nearest"]

#: how many spatial dims a mode is for; the others are for one to three
_DIMS = {"linear": 1, "bilinear": 2, "bicubic": 2, "lanczos": 2, "trilinear": 3}
_MODES = "nearest | linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact"


def _one_a_dim(what, value, ndim, input, names):
    """A size or a scale for each spatial dim."""
    if not isinstance(value, (tuple, list)):
        return [value] * ndim
    if len(value) != ndim:
        raise ValueError(
            f"Input and {what} must have the same number of spatial dimensions, but got input with spatial dimensions of "
            f"{list(input.shape[2:])} and {what} of {tuple(value)}. Please provide input tensor in (N, C, d1, d2, ...,dK) format and "
            f"{what} in {names} format."
        )
    return list(value)


def _target(input, size, scale_factor, recompute, mode):
    """The sizes of the result, and the scales that were asked for (None where the sizes are to say it)."""
    ndim = input.ndim - 2
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is not None:
        if recompute:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
        sizes = _one_a_dim("output size", size, ndim, input, "(o1, o2, ...,oK)")
        if not all(hasattr(s, "__index__") for s in sizes):
            raise TypeError(
                f"expected size to be one of int or tuple of int, but got size with types {[type(s) for s in sizes]}"
            )
        return [int(s) for s in sizes], [None] * ndim
    if scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    scales = [float(s) for s in _one_a_dim("scale_factor", scale_factor, ndim, input, "(s1, s2, ...,sK)")]
    sizes = [int(n * s) for n, s in zip(input.shape[2:], scales)]
    return sizes, [None] * ndim if recompute or mode == "area" else scales


def interpolate(
    input, size=None, scale_factor=None, mode="nearest", align_corners=None, recompute_scale_factor=None, antialias=False
):  # fmt: skip
    """A tensor (N, C, ...) with other sizes in its one to three spatial dims.

    Parameters
    ----------
    input : Tensor
        The tensor.
    size : int or tuple, optional
        The sizes of the result.
    scale_factor : float or tuple, optional
        In place of `size`: the result's size over the input's.
    mode : str, default 'nearest'
        'nearest', 'nearest-exact', 'linear' (3-d), 'bilinear' and 'bicubic' (4-d), 'trilinear' (5-d), 'lanczos' (4-d) or 'area'.
    align_corners : bool, optional
        Are the middles of the corner elements those of the result's, instead of their outer edges?
    recompute_scale_factor : bool, optional
        Is the scale that of the rounded sizes, instead of the one given?
    antialias : bool, default False
        Does the filter grow where the result is smaller? For 'bilinear', 'bicubic', and 'lanczos', which needs it.
    """
    if mode in ("nearest", "area", "nearest-exact"):
        if align_corners is not None:
            raise ValueError(
                "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
            )
    sizes, scales = _target(input, size, scale_factor, recompute_scale_factor, mode)
    if antialias and not (mode in ("bilinear", "bicubic", "lanczos") and input.ndim == 4):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as input"
        )
    _check(input, mode)
    aligned = bool(align_corners)
    if mode in ("nearest", "nearest-exact"):
        return _C._upsample_nearest(input, sizes, mode == "nearest-exact", *scales)
    if mode == "area":
        return getattr(pooling, f"adaptive_avg_pool{input.ndim - 2}d")(input, sizes)
    if mode == "bicubic":
        return _C._upsample_cubic(input, sizes, aligned, antialias, *scales)
    if mode != "lanczos":
        return _C._upsample_linear(input, sizes, aligned, antialias, *scales)
    if aligned:
        raise ValueError("Lanczos mode does not support align_corners=True")
    if not antialias:
        raise ValueError("Lanczos mode requires antialias=True")
    return _C._upsample_lanczos(input, sizes, *scales)


def _check(input, mode):
    ndim = input.ndim
    if ndim in (3, 4, 5) and mode in ("linear", "bilinear", "trilinear") and _DIMS[mode] != ndim - 2:
        raise NotImplementedError(f"Got {ndim}D input, but {mode} mode needs {_DIMS[mode] + 2}D input")
    if ndim not in (3, 4, 5) or mode not in _MODES.split(" | ") or _DIMS.get(mode, ndim - 2) != ndim - 2:
        raise NotImplementedError(
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {ndim}D) for the modes: {_MODES} (got {mode})"
        )
    if input.shape[1] == 0:
        raise RuntimeError(
            f"interpolate: Non-empty {ndim}D data tensor expected but got a tensor with sizes {list(input.shape)}"
        )


def _warn_of_old_name(name):
    warnings.warn(f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=3)


def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    """The older name of :func:`interpolate`."""
    _warn_of_old_name("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input, size=None, scale_factor=None):
    """:func:`interpolate` to the nearest element, by its older name."""
    _warn_of_old_name("upsample_nearest")
    return interpolate(input, size, scale_factor, mode="nearest")


def upsample_bilinear(input, size=None, scale_factor=None):
    """:func:`interpolate`, bilinear with aligned corners, by its older name."""
    _warn_of_old_name("upsample_bilinear")
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)
