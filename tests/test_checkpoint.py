"""utils.checkpoint: the same gradients, with less kept, and what it refuses. On both libraries."""

import contextlib
import gc

import pytest

import rushlight


def modules(torch):
    import importlib

    return importlib.import_module(torch.__name__ + ".utils.checkpoint")


def model(torch):
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(4, 8),
        torch.nn.Tanh(),
        torch.nn.Dropout(0.5),
        torch.nn.Linear(8, 4),
        torch.nn.ReLU(),
        torch.nn.Linear(4, 1),
    )


def gradients(torch, call):
    net = model(torch)
    x = torch.linspace(-1, 1, 12).reshape(3, 4).requires_grad_()
    torch.manual_seed(1)
    y = call(net, x)
    torch.rand(7)  # numbers drawn in between change nothing
    y.sum().backward()
    return [y.tolist(), x.grad.tolist(), *(p.grad.tolist() for p in net.parameters()), torch.rand(1).tolist()]


@pytest.mark.parametrize("reentrant", [True, False])
def test_gradients_and_random_numbers_are_those_without(torch, reentrant):
    checkpoint = modules(torch).checkpoint
    expected = gradients(torch, lambda net, x: net(x))
    assert gradients(torch, lambda net, x: checkpoint(net, x, use_reentrant=reentrant)) == expected
    sequential = modules(torch).checkpoint_sequential
    for segments in (1, 2, 3):
        assert gradients(torch, lambda net, x, n=segments: sequential(net, n, x, use_reentrant=reentrant)) == expected
    if not reentrant:  # the other form does not see what is nested
        nested = lambda net: (
            lambda x: checkpoint(net[2:], checkpoint(net[:2], x, use_reentrant=False), use_reentrant=False)
        )
        assert gradients(torch, lambda net, x: checkpoint(nested(net), x, use_reentrant=False)) == expected


@pytest.mark.parametrize("reentrant", [True, False])
def test_random_numbers_are_not_kept_where_that_is_not_asked_for(torch, reentrant):
    checkpoint = modules(torch).checkpoint
    seen = []

    def part(x):
        seen.append(torch.rand(1).item())
        return x * x

    for preserve, same in ((True, True), (False, False)):
        seen.clear()
        x = torch.ones(2, requires_grad=True)
        checkpoint(part, x, use_reentrant=reentrant, preserve_rng_state=preserve).sum().backward()
        assert len(seen) == 2 and (seen[0] == seen[1]) == same


@pytest.mark.parametrize("reentrant", [True, False])
def test_the_part_runs_twice_and_keeps_nothing_between(reentrant):
    torch = rushlight
    checkpoint = modules(torch).checkpoint
    calls = []

    def part(x):
        calls.append(1)
        return x.exp().sin().exp().sum()

    x = torch.zeros(10_000, requires_grad=True)
    allocated = lambda: torch._C._memory_report()["allocated"]
    gc.collect()
    before = allocated()
    y = checkpoint(part, x, use_reentrant=reentrant)
    kept = allocated() - before
    plain = x.exp().sin().exp().sum()
    assert kept < 20_000 < 80_000 < allocated() - before - kept
    y.backward()
    assert len(calls) == 2 and plain.item() == y.item()


def test_a_graph_that_is_kept_runs_the_part_once_a_walk(torch):
    calls = []

    def part(x):
        calls.append(1)
        return x.exp().sin()

    x = torch.ones(2, requires_grad=True)
    y = modules(torch).checkpoint(part, x, use_reentrant=False).sum()
    for _ in range(2):
        y.backward(retain_graph=True)
    assert len(calls) == 3


def test_derivatives_of_derivatives(torch):
    x = torch.tensor([0.5], dtype=torch.float64, requires_grad=True)
    call = lambda x: modules(torch).checkpoint(lambda x: x.exp().sin() * x, x, use_reentrant=False)
    assert torch.autograd.gradgradcheck(call, x)
    (g,) = torch.autograd.grad(call(x).sum(), x)
    assert g.item() == torch.autograd.grad((x.exp().sin() * x).sum(), x)[0].item()


def test_arguments_that_are_no_tensors_and_several_results(torch):
    def part(x, k, *, y):
        return x * k, "text", y.exp()

    x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    a, text, b = modules(torch).checkpoint(part, x, 3, y=y, use_reentrant=False)
    (a * b).sum().backward()
    assert text == "text" and x.grad.tolist() == (3 * y.exp()).tolist() and y.grad.tolist() == x.grad.tolist()
    part = lambda x, k, none: (x * k, x + 1)
    x.grad = None
    a, b = modules(torch).checkpoint(part, x, 3, None, use_reentrant=True)
    (a + b).sum().backward()
    assert x.grad.tolist() == [4, 4]


def test_contexts_around_both_runs(torch):
    seen = []

    @contextlib.contextmanager
    def noted(name):
        seen.append("into " + name)
        yield
        seen.append("out of " + name)

    x = torch.ones(2, requires_grad=True)
    contexts = lambda: (noted("first"), noted("second"))
    y = modules(torch).checkpoint(lambda x: x.exp().sin(), x, use_reentrant=False, context_fn=contexts)
    assert seen == ["into first", "out of first"]
    y.sum().backward()
    assert seen[2] == "into second"


def test_the_second_run_ends_early_unless_told_otherwise(torch):
    seen = []

    def part(x):
        y = x.exp()
        seen.append("middle")
        y = y * 2
        seen.append("end")
        return y

    checkpoint = modules(torch)
    for enable, expected in ((True, 2), (False, 4)):
        seen.clear()
        x = torch.ones(2, requires_grad=True)
        with checkpoint.set_checkpoint_early_stop(enable):
            y = checkpoint.checkpoint(part, x, use_reentrant=False)
        y.sum().backward()
        assert len(seen) == expected, seen


def test_a_part_that_does_something_else_the_second_time(torch):
    checkpoint = modules(torch)

    def run(*parts, **options):
        rest = list(parts)
        x = torch.ones(2, requires_grad=True)
        checkpoint.checkpoint(lambda x: rest.pop(0)(x), x, use_reentrant=False, **options).sum().backward()
        return x.grad

    with pytest.raises(checkpoint.CheckpointError, match="different metadata than during"):
        run(lambda x: x.exp(), lambda x: x[:1].exp())
    with pytest.raises(checkpoint.CheckpointError, match="A different number of tensors was saved"):
        run(lambda x: x.exp().sin().cos(), lambda x: x.exp())
    with pytest.raises(ValueError, match="determinism_check"):
        run(lambda x: x, determinism_check="some")


def test_what_the_reentrant_form_refuses(torch):
    checkpoint = modules(torch).checkpoint
    x = torch.ones(2, requires_grad=True)
    part = lambda x: x.exp()
    with pytest.raises(RuntimeError, match="incompatible with .grad"):
        torch.autograd.grad(checkpoint(part, x, use_reentrant=True).sum(), x)
    with pytest.warns(UserWarning, match="None of the inputs have requires_grad=True"):
        assert not checkpoint(part, torch.ones(2), use_reentrant=True).requires_grad
    with pytest.raises(ValueError, match="Unexpected keyword arguments: k"):
        checkpoint(part, x, k=5, use_reentrant=True)
    with pytest.raises(ValueError, match="is only supported when"):
        checkpoint(part, x, debug=True, use_reentrant=True)
    with pytest.raises(RuntimeError, match="none of output has requires_grad=True"):
        checkpoint(lambda x: x.detach(), x, use_reentrant=True).sum().backward()
    with pytest.warns(UserWarning, match="the use_reentrant parameter should be passed explicitly"):
        checkpoint(part, x)


def test_without_recording_the_part_is_simply_called(torch):
    x = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        assert not modules(torch).checkpoint(lambda x: x.exp(), x, use_reentrant=False).requires_grad
