"""Convolution, pooling, padding, resampling: the functions and modules beside PyTorch's own, values, gradients and exceptions."""

import warnings

import numpy as np
import pytest

import rushlight

#: expressions of x1, x2 and x3 (sequences, images, volumes with 4 channels, floats that ask for a gradient), and w (weights)
CALLS = """
F.conv1d(x1, w(6, 4, 3), b(6), padding=1)
F.conv1d(x1, w(6, 2, 3), None, 2, 2, 2, 2)
F.conv1d(x1[0], w(6, 4, 3), stride=(2,))
F.conv1d(x1, w(6, 4, 4), padding="same")
F.conv2d(x2, w(6, 4, 3, 3), b(6), padding="valid")
F.conv2d(x2, w(6, 4, 2, 3), b(6), padding="same", dilation=(1, 2))
F.conv2d(x2, w(8, 1, 3, 3), b(8), (2, 1), (1, 0), groups=4)
F.conv2d(x2[1], w(6, 4, 3, 3), padding=(1,))
F.conv3d(x3, w(6, 4, 2, 2, 2), b(6), (1, 2, 1), 1)
F.conv_transpose1d(x1, w(4, 3, 3), b(3), 2, 1, 1)
F.conv_transpose2d(x2, w(4, 3, 3, 2), b(6), 2, 1, (1, 0), 2)
F.conv_transpose2d(x2[0], w(4, 3, 3, 3), None, 1, 0, 0, 1, 2)
F.conv_transpose3d(x3, w(4, 3, 2, 2, 2), b(3), stride=2, output_padding=1)
F.max_pool1d(x1, 2)
F.max_pool1d(x1, 3, 2, 1, 1, True)
F.max_pool2d(x2, 2)
F.max_pool2d(x2, (3, 2), (2, 1), (1, 0), ceil_mode=True)
F.max_pool2d(x2, 2, dilation=2)
F.max_pool2d(x2[0], 3, return_indices=True)
F.max_pool3d(x3, 2, 1)
torch.max_pool2d(x2, 2, stride=[])
torch.max_pool1d_with_indices(x1, 2)
F.adaptive_max_pool1d(x1, 3)
F.adaptive_max_pool2d(x2, (3, None), return_indices=True)
F.adaptive_max_pool3d(x3, 2)
torch.adaptive_max_pool1d(x1, 2)
F.avg_pool1d(x1, 2)
F.avg_pool1d(x1, 3, 2, 1, True, False)
F.avg_pool2d(x2, 3, 2, 1, ceil_mode=True)
F.avg_pool2d(x2, 3, 2, 1, True, False)
F.avg_pool2d(x2, (2, 3), divisor_override=5)
F.avg_pool3d(x3, 2, 1, 1)
F.adaptive_avg_pool1d(x1, 4)
F.adaptive_avg_pool2d(x2, (3, 4))
F.adaptive_avg_pool2d(x2, 1)
F.adaptive_avg_pool3d(x3, (2, None, 1))
F.lp_pool1d(x1, 2, 3)
F.lp_pool2d(x2, 3.0, 2, 1)
F.lp_pool2d(x2, float("inf"), 2)
F.lp_pool3d(x3, 2, 2, ceil_mode=True)
F.max_unpool2d(*F.max_pool2d(x2, 2, return_indices=True), 2, output_size=x2.shape)
F.max_unpool1d(*F.max_pool1d(x1, 2, return_indices=True), 2, output_size=x1.shape)
F.max_unpool3d(*F.max_pool3d(x3, 2, return_indices=True), 2, output_size=[3, 4, 3])
F.pad(x1, (1, 2))
F.pad(x2, (1, -2, 3, 0, 1, 1), value=2.0)
F.pad(x1, (2, 1), "reflect")
F.pad(x2, (2, 1, 0, 3), mode="replicate")
F.pad(x3, (1, 0, 1, 1, 0, 2), "circular")
F.pad(x2, (-1, 2, 1, -2), "circular")
F.interpolate(x1, 9)
F.interpolate(x1, scale_factor=1.6, mode="nearest-exact")
F.interpolate(x1, scale_factor=1.6, mode="linear")
F.interpolate(x2, (9, 4), mode="bilinear", align_corners=True)
F.interpolate(x2, scale_factor=(0.7, 1.3), mode="bilinear", recompute_scale_factor=True)
F.interpolate(x2, scale_factor=(0.7, 1.3), mode="bicubic")
F.interpolate(x2, (3, 2), mode="bilinear", antialias=True)
F.interpolate(x2, (3, 9), mode="bicubic", antialias=True)
F.interpolate(x2, (3, 9), mode="area")
F.interpolate(x3, 5, mode="trilinear")
F.interpolate(x3, scale_factor=0.5)
F.upsample(x2, scale_factor=2)
F.upsample_nearest(x2, (9, 9))
F.upsample_bilinear(x2, scale_factor=2)
F.grid_sample(x2, F.affine_grid(w(2, 2, 3), (2, 4, 3, 5), align_corners=False), align_corners=False)
F.grid_sample(x2, F.affine_grid(w(2, 2, 3), (2, 4, 3, 5), align_corners=True), "bicubic", "border", True)
F.grid_sample(x3, F.affine_grid(w(2, 3, 4), (2, 4, 2, 3, 2), align_corners=False), padding_mode="reflection", align_corners=False)
F.unfold(x2, (2, 3), 1, 1, 2)
F.fold(F.unfold(x2, 2), x2.shape[2:], 2)
F.unfold(x2[0], 3)
F.pixel_shuffle(x2, 2)
F.pixel_unshuffle(F.pad(x2, (0, 1)), 2)
F.channel_shuffle(x2, 2)
nn.Conv2d(4, 6, 3, padding=2, padding_mode="circular")(x2)
nn.Conv2d(4, 6, (3, 2), padding="same", padding_mode="reflect")(x2)
nn.Conv1d(4, 4, 3, padding=1, groups=4, padding_mode="replicate")(x1)
nn.ConvTranspose2d(4, 6, 3, 2)(x2, output_size=(14, 12))
nn.LazyConv2d(5, 3)(x2)
nn.LazyConvTranspose1d(5, 3)(x1)
nn.MaxPool2d(2, return_indices=True)(x2)
nn.MaxUnpool2d(2)(*nn.MaxPool2d(2, return_indices=True)(x2), output_size=(6, 5))
nn.AvgPool1d(2)(x1)
nn.AvgPool2d(3, divisor_override=2)(x2)
nn.AdaptiveMaxPool1d(2)(x1)
nn.AdaptiveAvgPool2d((2, None))(x2)
nn.LPPool2d(2, 2)(x2)
nn.CircularPad2d((1, 2, 0, 1))(x2)
nn.ConstantPad1d(2, 1.5)(x1)
nn.ZeroPad2d(1)(x2)
nn.ReflectionPad3d(1)(x3)
nn.ReplicationPad2d(2)(x2)
nn.Upsample(scale_factor=2, mode="bilinear")(x2)
nn.UpsamplingBilinear2d(scale_factor=2)(x2)
nn.Fold((6, 5), 2)(nn.Unfold(2)(x2))
nn.PixelShuffle(2)(x2)
nn.ChannelShuffle(2)(x2)
""".strip().splitlines()

WRONG = """
F.conv2d(x1, w(6, 4, 3, 3))
F.conv2d(x2, w(6, 3, 3, 3))
F.conv2d(x2, w(6, 4, 9, 3))
F.conv2d(x2, w(6, 4, 3, 3), stride=(1, 2, 3))
F.conv2d(x2, w(6, 4, 3, 3), stride=0)
F.conv2d(x2, w(6, 4, 3, 3), padding="most")
F.conv2d(x2, w(6, 4, 3, 3), padding="same", stride=2)
F.conv_transpose2d(x2, w(4, 4, 3, 3), output_padding=1)
F.conv_transpose2d(x2, w(4, 4, 1, 1), padding=9)
nn.Conv2d(4, 6, 3, groups=3)
nn.Conv2d(4, 6, 3, padding="most")
nn.Conv2d(4, 6, 3, padding_mode="most")
nn.ConvTranspose2d(4, 6, 3, padding_mode="reflect")
nn.ConvTranspose2d(4, 6, 3, 2)(x2, output_size=(30, 30))
nn.LazyConv2d(5, 3)(x2[0, 0])
F.max_pool2d(x2, 0)
F.max_pool2d(x2, 2, padding=2)
F.max_pool2d(x2, 9)
F.max_pool2d(x2[0, 0], 2)
F.avg_pool2d(x2, 2, divisor_override=0)
F.avg_pool2d(x2, (2, 2, 2))
F.adaptive_avg_pool2d(x2, (2, 2, 2))
F.adaptive_avg_pool2d(x2, -1)
F.adaptive_avg_pool2d(x2[0, 0], 2)
F.max_unpool2d(x2, torch.full(x2.shape, 9000), 2)
F.pad(x2, (1,))
F.pad(x2, (1, 1), "reflect")
F.pad(x2, (6, 6, 0, 0), "reflect")
F.pad(x2, (1, 1, 1, 1), "most")
F.pad(x2, (1, 1, 1, 1), "reflect", 1.0)
F.interpolate(x2)
F.interpolate(x2, 3, 2)
F.interpolate(x2, (3,))
F.interpolate(x2, 0)
F.interpolate(x2, 3, mode="linear")
F.interpolate(x2, 3, mode="most")
F.interpolate(x2, 3, align_corners=True)
F.interpolate(x2, 3, antialias=True)
F.interpolate(x2, 3, recompute_scale_factor=True)
F.grid_sample(x2, w(1, 3, 3, 2), align_corners=False)
F.grid_sample(x2, w(2, 3, 3, 2), "most")
F.affine_grid(w(2, 2, 3), (2, 4, 5), align_corners=False)
F.affine_grid(w(2, 3, 3), (2, 4, 5, 5), align_corners=False)
F.unfold(x2, 9)
F.unfold(x2, 0)
F.fold(x1, (4, 4), 3)
F.pixel_shuffle(x2, 3)
F.pixel_shuffle(x2, 0)
F.channel_shuffle(x2, 3)
""".strip().splitlines()

SHAPES = {"x1": (2, 4, 7), "x2": (2, 4, 6, 5), "x3": (2, 4, 3, 4, 3)}


def evaluated(lib, text):
    """The results of an expression, and the gradients of a sum of their waves."""
    rng, leaves = np.random.default_rng(3), []

    def tensor(*shape):
        leaves.append(lib.tensor(rng.uniform(-1, 1, shape)).requires_grad_())
        return leaves[-1]

    lib.manual_seed(5)
    lib.set_default_dtype(lib.float64)
    try:
        given = {name: tensor(*shape) for name, shape in SHAPES.items()}
        names = given | {"F": lib.nn.functional, "nn": lib.nn, "torch": lib, "w": tensor, "b": tensor}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = eval(text, names)
        found = found if isinstance(found, tuple) else (found,)
        total = sum((t * (lib.arange(t.numel()).reshape(t.shape) * 0.7).sin()).sum() for t in found if t.requires_grad)
        total.backward()
    finally:
        lib.set_default_dtype(lib.float32)
    return [t.detach().numpy() for t in found], [None if t.grad is None else t.grad.numpy() for t in leaves]


@pytest.mark.parametrize("text", CALLS)
def test_values_and_gradients_are_pytorchs(text, peer):
    ours, theirs = evaluated(rushlight, text), evaluated(peer, text)
    for mine, yours in zip(ours, theirs):
        assert len(mine) == len(yours)
        for a, b in zip(mine, yours):
            assert (a is None) == (b is None)
            if a is not None:
                assert a.dtype == b.dtype
                np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_raises_pytorchs_exception(text, peer):
    with pytest.raises(Exception) as theirs:
        evaluated(peer, text)
    with pytest.raises(type(theirs.value)):
        evaluated(rushlight, text)


FORMATS = """
F.conv2d(x, w(5, 4, 3, 3), w(5))
F.conv2d(x.contiguous(), w(5, 4, 3, 3).to(memory_format=torch.channels_last))
F.conv_transpose2d(x, w(4, 5, 3, 3))
F.max_pool2d(x, 2)
F.max_pool2d(x, 2, return_indices=True)[1]
F.avg_pool2d(x, 2)
F.adaptive_avg_pool2d(x, 3)
F.adaptive_max_pool2d(x, 3)
F.interpolate(x, scale_factor=2)
F.interpolate(x, scale_factor=2, mode="bicubic")
F.pad(x, (1, 1))
F.pad(x, (1, 1, 1, 1), "reflect")
F.pad(x, (1, 1, 1, 1), "circular")
F.unfold(x, 2)
""".strip().splitlines()


@pytest.mark.parametrize("text", FORMATS)
def test_channels_last_stay_last(text, peer):
    strides = []
    for lib in (rushlight, peer):
        x = lib.ones(2, 4, 6, 6).to(memory_format=lib.channels_last)
        names = {"F": lib.nn.functional, "torch": lib, "x": x, "w": lib.ones}
        strides.append(eval(text, names).stride())
    assert strides[0] == strides[1]


MODULES = """
nn.Conv1d(4, 6, 3, 2, 1, 2, 2, False, "circular")
nn.Conv2d(4, 6, (3, 2), padding="same")
nn.Conv3d(2, 4, 2, dilation=(1, 2, 1))
nn.ConvTranspose1d(4, 6, 3, output_padding=1, stride=2)
nn.ConvTranspose2d(4, 6, 3, bias=False, groups=2)
nn.ConvTranspose3d(4, 6, 2, dilation=2)
nn.LazyConv2d(4, 3)
nn.MaxPool1d(2)
nn.MaxPool2d(3, 2, 1, ceil_mode=True)
nn.MaxUnpool2d(2)
nn.AvgPool1d(2)
nn.AvgPool2d((2, 3), 1)
nn.AvgPool3d(2)
nn.LPPool2d(2, 3)
nn.AdaptiveMaxPool2d((None, 2))
nn.AdaptiveAvgPool1d(3)
nn.CircularPad2d(1)
nn.ConstantPad1d((1, 2), 3.5)
nn.ZeroPad2d((1, 2, 3, 4))
nn.ReflectionPad1d(2)
nn.Upsample(scale_factor=2)
nn.Upsample((2, 3), mode="bilinear", align_corners=True)
nn.UpsamplingNearest2d(scale_factor=2)
nn.Fold(2, 3)
nn.Unfold(3)
nn.PixelShuffle(2)
nn.PixelUnshuffle(2)
nn.ChannelShuffle(2)
""".strip().splitlines()


@pytest.mark.parametrize("text", MODULES)
def test_modules_print_and_begin_as_pytorchs(text, peer):
    made = []
    for lib in (rushlight, peer):
        lib.manual_seed(11)
        made.append(eval(text, {"nn": lib.nn}))
    ours, theirs = made
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for name, mine in ours.state_dict().items():
        yours = theirs.state_dict()[name]
        if type(yours).__name__ != "UninitializedParameter":
            np.testing.assert_array_equal(mine.numpy(), yours.numpy(), err_msg=name)
