"""Convolutions by what they compute, pooling, padding and resampling of images; forward, and with all gradients."""

from .row import Row

#: batch, channels, side, rows, kernel, stride, groups
LAYERS = [
    (32, 16, 28, 32, 3, 1, 1), (8, 64, 56, 64, 3, 1, 1), (8, 64, 56, 64, 1, 1, 1), (8, 64, 56, 128, 3, 2, 1), (8, 256, 14, 256, 3, 1, 1),
    (8, 512, 7, 512, 3, 1, 1), (8, 3, 224, 64, 7, 2, 1), (64, 1, 28, 32, 3, 1, 1), (8, 64, 56, 64, 3, 1, 64), (8, 128, 28, 128, 3, 2, 128),
]  # fmt: skip

POOLS = """
F.max_pool2d(x, 2)
F.max_pool2d(x, 3, 2, 1)
F.avg_pool2d(x, 2)
F.avg_pool2d(x, 3, 1, 1)
F.adaptive_avg_pool2d(x, 7)
F.pad(x, (1, 1, 1, 1))
F.pad(x, (1, 1, 1, 1), mode="reflect")
F.interpolate(x, scale_factor=2)
F.interpolate(x, scale_factor=2, mode="bilinear")
F.interpolate(x, scale_factor=2, mode="bicubic")
F.interpolate(x, (30, 30), mode="bilinear", antialias=True)
F.grid_sample(x, grid, align_corners=False)
F.unfold(x, 3, padding=1)
F.pixel_shuffle(x, 2)
""".strip().splitlines()


def spatial():
    for n, c, side, rows, kernel, stride, groups in LAYERS:
        shape = f"[{n},{c},{side},{side}]x[{rows},{c // groups},{kernel},{kernel}]"
        name = f"conv2d stride {stride} groups {groups}"
        setup = f"x = array({n}, {c}, {side}, {side}); w = array({rows}, {c // groups}, {kernel}, {kernel})"
        call = f"torch.conv2d(x, w, None, {stride}, {kernel // 2}, 1, {groups})"
        yield Row("conv", name, shape, setup, call, call, 1e-4)
        setup += f"; x.requires_grad_(); w.requires_grad_(); g = torch.ones_like({call})"
        program = f"gx, gw = torch.autograd.grad({call}, (x, w), g)"
        yield Row("conv", name + ", forward and backward", shape, setup, program, "gw", 1e-4)
    for text in POOLS:
        setup = "F = torch.nn.functional; x = array(8, 16, 56, 56); grid = array(8, 56, 56, 2).clamp(-1, 1)"
        name = text.replace("F.", "")
        yield Row("spatial", name, "[8,16,56,56]", setup, text, text, 1e-4)
        setup += f"; x.requires_grad_(); g = torch.ones_like({text})"
        program = f"(gx,) = torch.autograd.grad({text}, x, g)"
        yield Row("spatial", name + ", and backward", "[8,16,56,56]", setup, program, "gx", 1e-4)
