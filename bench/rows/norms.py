"""Normalisation, forward and with all gradients."""

from .row import Row

#: name, shape, size of the weights, call
NORMS = [
    ("layer_norm", (64, 512), 512, "F.layer_norm(x, (512,), w, b)"),
    ("layer_norm", (4096, 768), 768, "F.layer_norm(x, (768,), w, b)"),
    ("rms_norm", (4096, 768), 768, "F.rms_norm(x, (768,), w)"),
    ("batch_norm", (32, 64, 28, 28), 64, "F.batch_norm(x, None, None, w, b, True)"),
    ("group_norm", (32, 64, 28, 28), 64, "F.group_norm(x, 8, w, b)"),
]


def norms():
    for name, shape, weights, call in NORMS:
        size = f"[{','.join(map(str, shape))}]"
        setup = f"F = torch.nn.functional; x = array{shape}; w = array({weights}); b = array({weights})"
        yield Row("norm", name, size, setup, call, call, 1e-4)
        setup += "; x.requires_grad_(); w.requires_grad_(); b.requires_grad_(); g = x.detach().flip(0)"
        wanted = "x, w" if name == "rms_norm" else "x, w, b"
        program = f"found = torch.autograd.grad({call}, ({wanted}), g)"
        yield Row("norm", name + ", forward and backward", size, setup, program, "found[0]", 1e-4)
