"""autograd.Function inside of func's transforms; the same programs run by PyTorch where it is installed."""

import importlib

import pytest

import rushlight
from rushlight import func as rushlight_func

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")


@pytest.fixture
def func(torch):
    return rushlight_func if torch is rushlight else importlib.import_module("torch.func")


@pytest.fixture
def cube(torch):
    class Cube(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(x, k):
            return k * x**3

        @staticmethod
        def setup_context(ctx, inputs, output):
            x, ctx.k = inputs
            ctx.save_for_backward(x)
            ctx.save_for_forward(x)

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return ctx.k * 3 * x**2 * g, None

        @staticmethod
        def jvp(ctx, t, _):
            (x,) = ctx.saved_tensors
            return ctx.k * 3 * x**2 * t

    return Cube


def close(a, b):
    return a.shape == b.shape and ((a - b).abs() <= 1e-5 * (1 + b.abs())).all().item()


@pytest.fixture
def x(torch):
    return torch.tensor([[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]])


def test_vmap_by_the_generated_rule(torch, func, cube, x):
    assert close(func.vmap(lambda a: cube.apply(a, 2))(x), 2 * x**3)


def test_gradients_of_each_example_and_of_a_mapped_function(torch, func, cube, x):
    total = lambda a: cube.apply(a, 2).sum()
    assert close(func.grad(total)(x), 6 * x**2)
    assert close(func.vmap(func.grad(total))(x), 6 * x**2)
    assert close(func.grad(lambda a: func.vmap(lambda b: cube.apply(b, 2))(a).sum())(x), 6 * x**2)
    shared = torch.tensor([1.0, 2.0, 3.0])
    assert close(
        func.grad(lambda w: func.vmap(lambda b: b * cube.apply(w, 2))(x).sum())(shared), 6 * shared**2 * x.sum(0)
    )


def test_second_derivatives(torch, func, cube):
    v = torch.tensor(2.0)
    assert close(func.grad(func.grad(lambda a: cube.apply(a, 1)))(v), 6 * v)
    assert close(func.jacrev(func.grad(lambda a: cube.apply(a, 1).sum()))(torch.ones(2)), 6 * torch.eye(2))


def test_forward_mode_uses_jvp(torch, func, cube, x):
    out, moved = func.jvp(lambda a: cube.apply(a, 2), (x,), (torch.ones(2, 3),))
    assert close(out, 2 * x**3) and close(moved, 6 * x**2)


def test_a_vmap_of_its_own_is_used(torch, func, x):
    seen = []

    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(x, y):
            return x * y

        @staticmethod
        def setup_context(ctx, inputs, output):
            pass

        @staticmethod
        def vmap(info, in_dims, x, y):
            seen.append((info.batch_size, in_dims, tuple(x.shape), tuple(y.shape)))
            return Twice.apply(x, y), 0

    assert close(func.vmap(Twice.apply, in_dims=(0, None))(x, x[0]), x * x[0])
    assert seen == [(2, (0, None), (2, 3), (3,))]


def test_what_is_missing_is_said(torch, func, x):
    class Bare(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return x * 1

        @staticmethod
        def setup_context(ctx, inputs, output):
            pass

    with pytest.raises(RuntimeError, match="generate_vmap_rule"):
        func.vmap(Bare.apply)(x)
    with pytest.raises((RuntimeError, NotImplementedError), match="jvp"):
        func.jvp(Bare.apply, (x,), (x,))
