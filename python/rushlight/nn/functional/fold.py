"""Windows of images as columns, and columns added up as images."""

from rushlight import _C

__all__ = ["fold", "unfold"]


def _pair(value):
    return (value, value) if isinstance(value, int) else tuple(value) * (2 // len(value))


def unfold(input, kernel_size, dilation=1, padding=0, stride=1):
    """Windows of an image (N, C, H, W) or (C, H, W) as columns (N, C * elements, windows)."""
    if input.ndim not in (3, 4) or 0 in input.shape[-3:]:
        raise (IndexError if input.ndim < 3 else RuntimeError)(
            "unfold: Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, but got: "
            f"{list(input.shape)}"
        )
    geometry = _pair(kernel_size), _pair(dilation), _pair(padding), _pair(stride)
    if input.ndim == 3:
        return _C.squeeze(_C._im2col(_C.unsqueeze(input, 0), *geometry), 0)
    return _C._im2col(input, *geometry)


def fold(input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Columns (N, C * elements, windows) or (C * elements, windows) added up where :func:`unfold` would have taken them."""
    if input.ndim not in (2, 3) or 0 in input.shape[-2:]:
        raise (IndexError if input.ndim < 2 else RuntimeError)(
            "fold: Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for input, but got: "
            f"{list(input.shape)}"
        )
    geometry = _pair(output_size), _pair(kernel_size), _pair(dilation), _pair(padding), _pair(stride)
    if input.ndim == 2:
        return _C.squeeze(_C._col2im(_C.unsqueeze(input, 0), *geometry), 0)
    return _C._col2im(input, *geometry)
