"""Tensors with something around them."""

from rushlight import _C

__all__ = ["pad"]

_SUPPORTED = """Supported combinations for non-constant padding:
  - 2D or 3D input: padding size = 2 (pads last dimension)
  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)
  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"""


def pad(input, pad, mode="constant", value=None):
    """A tensor with something before and behind its last dims.

    Parameters
    ----------
    input : Tensor
        The tensor.
    pad : sequence of int
        Two counts a dim, before and behind, the last dim first; negative ones take away.
    mode : str, default 'constant'
        'constant' puts `value` there, 'reflect' the elements beyond the edge's, backwards, 'replicate' the edge's, 'circular'
        those of the other end; these three for the last one to three dims of a tensor with channels.
    value : float, optional
        What 'constant' puts there; 0 if not given.
    """
    if mode == "constant":
        return _C.constant_pad_nd(input, pad, 0 if value is None else value)
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    dims = len(pad) // 2
    if len(pad) not in (2, 4, 6) or input.ndim not in (dims + 1, dims + 2):
        raise NotImplementedError(
            f"Padding size {len(pad)} is not supported for {input.ndim}D input tensor.\n{_SUPPORTED}"
        )
    if 0 in input.shape[1:] or (input.ndim == dims + 1 and 0 in input.shape):
        raise RuntimeError(
            f"pad: Expected {dims + 1}D or {dims + 2}D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions "
            f"for input, but got: {list(input.shape)}"
        )
    if mode == "circular" and min(pad) < 0:  # the other end is that of what is left
        input, pad = _cropped(input, pad), [max(p, 0) for p in pad]
    return _C._pad(input, pad, mode)


def _cropped(input, pad):
    return _C.constant_pad_nd(input, [min(p, 0) for p in pad])
