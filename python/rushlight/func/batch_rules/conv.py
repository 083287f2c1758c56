"""Convolutions: a batch joins the images, or, where the weights differ, the groups."""

from rushlight import _C

from ._table import all_batched, is_tensor, rule
from .pointwise import combined


def _among_channels(layer, x, has):
    """[N, C, ...] of each example as [N, examples * C, ...]."""
    x = x if has else layer.expanded(x)
    return _C.flatten(_C.transpose(x, 0, 1), 1, 2)


@rule("conv", "conv_transpose")
def _conv(layer, row, values, batched):
    x, weight, bias, stride, padding, dilation, groups, size = values
    if not batched[1] and not batched[2]:
        out = row((_C.flatten(x, 0, 1), weight, bias, stride, padding, dilation, groups, size))
        return _C.unflatten(out, 0, (layer.size, -1) if x.shape[1] else (layer.size, 0))
    x = _among_channels(layer, x, batched[0])
    weight = _C.flatten(weight if batched[1] else layer.expanded(weight), 0, 1)
    out = row((x, weight, None, stride, padding, dilation, groups * layer.size, size))
    out = _C.transpose(_C.unflatten(out, 1, (layer.size, out.shape[1] // layer.size)), 0, 1)
    if bias is None:
        return out
    spatial = (1,) * len(size)
    shaped = _C.reshape(bias, (*((layer.size, 1) if batched[2] else (1,)), -1, *spatial))
    return combined(layer, "add", (out, True), (shaped, batched[2]))


@rule("conv_weight")
def _conv_weight(layer, row, values, batched):
    grad, x, stride, padding, dilation, groups, size = values
    grad, x = _among_channels(layer, grad, batched[0]), _among_channels(layer, x, batched[1])
    out = row((grad, x, stride, padding, dilation, groups * layer.size, size))
    return _C.unflatten(out, 0, (layer.size, out.shape[0] // layer.size))


@rule(
    "im2col", "col2im", "grid_sampler", "grid_sampler_input", "grid_sampler_grid", "grid_sampler_along", "grid_sampler_input_along"
)  # fmt: skip
def _among_images(layer, row, values, batched):
    """Ops on images of their own: those of all examples, one after the other."""
    tensors = all_batched(
        layer, [v for v in values if is_tensor(v)], [has for v, has in zip(values, batched) if is_tensor(v)]
    )
    images = tensors[0].shape[1]
    out = row([*(_C.flatten(x, 0, 1) for x in tensors), *values[len(tensors) :]])
    return _C.unflatten(out, 0, (layer.size, images))
