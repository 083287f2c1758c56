"""Forward mode: held to reverse mode over the table of ops, and by itself."""

import pytest

import rushlight as torch
from op_cases import CASES
from op_cases.case import LAYOUTS, expanded
from op_cases.derivatives import differentiable
from rushlight import func


def wave(x, phase):
    """Values like x's that no symmetry makes equal."""
    made = torch.cos(torch.arange(x.numel(), dtype=torch.float64) * 1.3 + phase).reshape(x.shape)
    return torch.complex(made, 0.5 * made) if x.dtype.is_complex else made.to(x.dtype)


def listed(out):
    return [y for y in (out if isinstance(out, tuple) else (out,)) if y.dtype.is_floating_point or y.dtype.is_complex]


def inner(pairs):
    return sum((a.conj() * b).real.sum().item() if a.dtype.is_complex else (a * b).sum().item() for a, b in pairs)


def check_against_reverse(function, leaves):
    """<u, J t> is <J' u, t>, for the same u and t."""
    leaves = tuple(x.detach() for x in leaves)
    tangents = tuple(wave(x, 0.2 * i) for i, x in enumerate(leaves))
    out, moved = func.jvp(lambda *given: tuple(listed(function(*given))), leaves, tangents)
    assert not any(t.requires_grad for t in moved), "forward mode left a history"
    traced = [x.clone().requires_grad_() for x in leaves]
    outs = listed(function(*traced))
    assert [tuple(o.shape) for o in outs] == [tuple(o.shape) for o in out]
    for a, b in zip(out, outs):
        assert torch.equal(a.nan_to_num(), b.detach().nan_to_num())
    seeds = [wave(o, 0.7 + i) for i, o in enumerate(outs)]
    pairs = [(o, s) for o, s in zip(outs, seeds) if o.requires_grad]
    if not pairs:
        assert all((t == 0).all() for t in moved)
        return
    back = torch.autograd.grad([o for o, _ in pairs], traced, [s for _, s in pairs], allow_unused=True)
    forward = inner(zip(seeds, moved))
    reverse = inner((g, t) for g, t in zip(back, tangents) if g is not None)
    assert forward == pytest.approx(reverse, rel=1e-6, abs=1e-9)


DIFFERENTIABLE = [c for c in CASES if c.grad and c.second]


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=str)
def test_every_op_moves_as_reverse_mode_says(case):
    for sample in case.grad_samples:
        function, leaves = differentiable(case, sample)
        if leaves:
            check_against_reverse(function, leaves)


@pytest.mark.parametrize("layout", ["transposed", "expanded"])
@pytest.mark.parametrize("case", [c for c in DIFFERENTIABLE if c.layouts and not c.writes], ids=str)
def test_through_views(case, layout):
    for sample in case.grad_samples[:2]:
        if layout == "expanded" and any(s.values is not None for s in sample.specs()):
            continue
        function, leaves = differentiable(case, sample, LAYOUTS["transposed"] if layout == "transposed" else expanded)
        if leaves:
            check_against_reverse(function, leaves)


def test_gradcheck_by_forward_mode_finds_what_is_wrong():
    x = torch.rand(3, dtype=torch.float64, requires_grad=True)

    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return x**2

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx, g):
            return 2 * ctx.saved_tensors[0] * g

        @staticmethod
        def jvp(ctx, t):
            return 3 * t

    assert torch.autograd.gradcheck(torch.sin, x, check_forward_ad=True, check_batched_grad=True)
    assert torch.autograd.gradcheck(Wrong.apply, x)
    with pytest.raises(torch.autograd.GradcheckError, match="in forward mode"):
        torch.autograd.gradcheck(Wrong.apply, x, check_forward_ad=True)
    assert not torch.autograd.gradcheck(
        Wrong.apply, x, check_forward_ad=True, check_backward_ad=False, raise_exception=False
    )
