"""Hooks: on what is kept, on several gradients, on nodes and leaves, and the order of all of them. On both libraries."""

import gc
import weakref

import pytest

import rushlight


def leaf(torch, *values):
    return torch.tensor(values, requires_grad=True)


# ---- what is kept for the backward pass -----------------------------------------------------------------------------


def test_what_is_kept_goes_through_both_hooks(torch):
    seen = []

    def pack(t):
        seen.append(("pack", t.tolist(), torch.is_grad_enabled()))
        return t * 2

    def unpack(t):
        seen.append(("unpack", t.tolist(), torch.is_grad_enabled()))
        return t

    x, w = leaf(torch, 1.0), torch.tensor([3.0])
    with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
        y = (x * w).sqrt() + x * 2  # numbers are not kept as tensors
    (y * y).sum().backward()  # recorded outside: its own tensors pass through no hook
    root = 3**0.5
    assert seen == [
        ("pack", [3.0], False),
        ("pack", pytest.approx([root]), False),
        ("unpack", pytest.approx([2 * root]), False),
        ("unpack", [6.0], False),
    ]
    assert x.grad.tolist() == pytest.approx([2 * (root + 2) * (6 / (4 * root) + 2)])


def test_the_innermost_hooks_count(torch):
    seen = []
    hooks = lambda name: torch.autograd.graph.saved_tensors_hooks(lambda t: seen.append(name) or t, lambda t: t)
    x = leaf(torch, 1.0)
    with hooks("outer"):
        x.exp()
        with hooks("inner"):
            x.exp()
        x.exp()
    x.exp()
    assert seen == ["outer", "inner", "outer"]


def test_every_way_of_keeping_passes_the_hooks(torch):
    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x * 2
            ctx.save_for_backward(x, y, None)
            return y

        @staticmethod
        def backward(ctx, g):
            x, y, none = ctx.saved_tensors
            assert none is None
            return g * y / x

    programs = [
        lambda x: x * x,
        lambda x: x.softmax(0),
        lambda x: torch.cat([x, x * x]),
        lambda x: x.view(1, 2) @ x.view(2, 1),
        lambda x: x[torch.tensor([0, 0])] * 2,
        lambda x: torch.where(x > 1, x, x * 2),
        lambda x: x.sort()[0] * x,
        lambda x: (x * 1).mul_(x),
        lambda x: x.prod() + torch.nn.functional.cross_entropy(x.view(1, 2), torch.tensor([1])),
        lambda x: Twice.apply(x) ** 2,
        lambda x: torch.stack([x, x.exp()]).max(0)[0],
    ]
    x = leaf(torch, 1.0, 3.0)
    for program in programs:
        (expected,) = torch.autograd.grad(program(x).sum(), x)
        with torch.autograd.graph.saved_tensors_hooks(
            lambda t: (t.tolist(), t.dtype, t.shape), lambda p: torch.tensor(p[0], dtype=p[1]).reshape(p[2])
        ):
            y = program(x)
        assert torch.autograd.grad(y.sum(), x)[0].tolist() == expected.tolist()


def test_derivatives_of_derivatives_through_hooks(torch):
    x = leaf(torch, 2.0)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t.tolist(), torch.tensor):
        y = (x * x).exp()
    (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    (h,) = torch.autograd.grad(g.sum(), x)
    assert h.tolist() == pytest.approx([18 * 54.598150])


def test_hooks_that_are_wrong(torch):
    hooks = torch.autograd.graph.saved_tensors_hooks
    x = leaf(torch, 1.0)
    with hooks(lambda t: t.add_(1), lambda t: t):
        with pytest.raises(RuntimeError, match="A saved tensor pack hook is modifying its input in place"):
            torch.ones(1) * x
    with hooks(lambda t: 5, lambda t: t):
        y = x * x
    with pytest.raises(
        TypeError, match="Output of saved tensor unpack_hook expected to be a Tensor but got result of type"
    ):
        y.sum().backward()
    with hooks(lambda t: 1 / 0, lambda t: t), pytest.raises(ZeroDivisionError):
        x * x


def test_hooks_may_be_forbidden(torch):
    graph = torch.autograd.graph
    hooks = graph.saved_tensors_hooks(lambda t: t, lambda t: t)
    with graph.disable_saved_tensors_hooks("not here"):
        with pytest.raises(RuntimeError, match="not here"), hooks:
            pass
        with graph.disable_saved_tensors_hooks("nor here"), pytest.raises(RuntimeError, match="nor here"), hooks:
            pass
        with pytest.raises(RuntimeError, match="not here"), hooks:
            pass

    @graph.disable_saved_tensors_hooks("nor there")
    def function():
        with hooks:
            pass

    with pytest.raises(RuntimeError, match="nor there"):
        function()
    with hooks, pytest.raises(RuntimeError, match="too late"), graph.disable_saved_tensors_hooks("too late"):
        pass
    with hooks:
        pass


def test_save_on_cpu(torch):
    x, w = leaf(torch, 2.0), torch.ones(1)
    with torch.autograd.graph.save_on_cpu():
        y, z = x * x, x * w
    y.sum().backward()
    assert x.grad.tolist() == [4]
    w.add_(1)
    if torch is rushlight:  # PyTorch notices nothing here, and computes with what is there now
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            z.sum().backward()


def test_what_hooks_keep_dies_with_the_graph():
    torch = rushlight

    class Box:
        pass

    boxes = []

    def pack(t):
        box = Box()
        box.tensor = t
        boxes.append(weakref.ref(box))
        return box

    x = leaf(torch, 1.0)
    gc.disable()
    try:
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda box: box.tensor):
            y = (x * x).exp()
        y.sum().backward()
        assert [b() for b in boxes] == [None] * 3, "backward frees what was kept, without the collector's help"
    finally:
        gc.enable()


# ---- several gradients ----------------------------------------------------------------------------------------------


def test_a_hook_on_several_gradients(torch):
    seen = []
    a, b, c = leaf(torch, 1.0), leaf(torch, 2.0), leaf(torch, 3.0)
    note = lambda gs: seen.append([g if g is None else g.item() for g in gs])
    handle = torch.autograd.graph.register_multi_grad_hook((a, b, c), note)
    (a * b).sum().backward()
    (a * b * c).sum().backward()
    (a * b * c).sum().backward(inputs=[a])
    assert seen == [[2.0, 1.0, None], [6.0, 3.0, 2.0], [6.0, None, None]]
    handle.remove()
    (a * b).sum().backward()
    assert len(seen) == 3


def test_a_hook_on_several_gradients_of_results(torch):
    seen = []
    x = leaf(torch, 1.0)
    u = x * 2
    v = u * 3
    torch.autograd.graph.register_multi_grad_hook((u, v, x), lambda gs: seen.append([g.item() for g in gs]))
    v.sum().backward()
    assert seen == [[3.0, 1.0, 6.0]]


def test_a_hook_on_any_gradient(torch):
    seen = []
    a, b = leaf(torch, 1.0), leaf(torch, 2.0)
    handle = torch.autograd.graph.register_multi_grad_hook((a, b), lambda g: seen.append(g.item()), mode="any")
    for _ in range(2):
        (a * b * 3).sum().backward()
    with handle:
        (b * 5).sum().backward()
    (b * 7).sum().backward()
    assert seen == [6.0, 6.0, 5.0]
    with pytest.raises(ValueError, match=r"Expects mode to be one of \('all', 'any'\) but got some"):
        torch.autograd.graph.register_multi_grad_hook((a,), print, mode="some")


def test_increment_version_is_noticed(torch):
    x = leaf(torch, 1.0)
    w = torch.ones(1)
    y = x * w
    torch.autograd.graph.increment_version([w])
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


# ---- leaves and nodes -----------------------------------------------------------------------------------------------


def test_a_leaf_is_finished_when_nothing_more_comes(torch):
    seen = []
    a, b = leaf(torch, 1.0), leaf(torch, 1.0)
    for name, p in (("a", a), ("b", b)):
        p.register_hook(lambda g, name=name: seen.append("hook " + name))
        p.register_post_accumulate_grad_hook(lambda p, name=name: seen.append("post " + name))
    u = a * 2
    u.register_hook(lambda g: seen.append(f"u, b.grad {b.grad.item()}"))
    v = u + b
    v.register_hook(lambda g: seen.append(f"v, b.grad {b.grad}"))
    v.sum().backward()
    assert seen == ["v, b.grad None", "hook b", "post b", "u, b.grad 1.0", "hook a", "post a"]


def test_a_leaf_used_twice_is_finished_once(torch):
    seen = []
    x = leaf(torch, 1.0)
    x.register_hook(lambda g: seen.append(g.item()))
    u = x * 2
    u.register_hook(lambda g: seen.append("u"))
    (u * x).sum().backward()
    assert seen == ["u", 4.0]


def test_parameters_are_finished_layer_by_layer(torch):
    seen = []
    net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Tanh(), torch.nn.Linear(2, 1))
    for name, p in net.named_parameters():
        p.register_post_accumulate_grad_hook(lambda p, name=name: seen.append(name[0]))
    net(torch.ones(1, 2)).sum().backward()
    assert seen == ["2", "2", "0", "0"]


def test_the_node_of_a_leaf_has_hooks(torch):
    seen = []
    x = leaf(torch, 1.0)
    y = x * 3
    node = y.grad_fn.next_functions[0][0]
    assert node.variable is x and node is y.grad_fn.next_functions[0][0] and type(node).__name__ == "AccumulateGrad"
    x.register_hook(lambda g: seen.append(("hook", g.item(), x.grad)))
    x.register_post_accumulate_grad_hook(lambda p: seen.append(("post", p.grad.item())))
    first = node.register_prehook(lambda gs: seen.append(("before", gs[0].item(), x.grad)) or (gs[0] * 2,))
    second = node.register_hook(lambda inputs, outputs: seen.append(("after", inputs, outputs[0].item())))
    y.sum().backward()
    assert seen == [("hook", 3.0, None), ("before", 3.0, None), ("post", 6.0), ("after", (), 6.0)]
    first.remove()
    second.remove()
    seen.clear()
    (x * 3).sum().backward()
    assert [name for name, *_ in seen] == ["hook", "post"]


def test_a_leaf_and_its_node_are_collected(torch):
    x = leaf(torch, 1.0)
    node = (x * 2).grad_fn.next_functions[0][0]
    node.register_hook(lambda *_, kept=node: None)
    alive = weakref.ref(x)
    del x, node
    gc.collect()
    if torch is rushlight:  # PyTorch's nodes are not the collector's
        assert alive() is None


EXPRESSIONS = """
x * 2
x * x
2 / x
x ** 2
2 ** x
x ** x
1 - x
torch.sub(1, x)
torch.where(x > 0, x, 0.0)
x.clamp(0, 1)
x.clamp(min=x)
torch.lerp(x, x, 0.5)
torch.fmod(x, 2)
x.remainder(2)
x.sum()
torch.addcmul(x, x, x)
torch.cat([x, torch.ones(2)])
x[0]
x[torch.tensor([0])]
torch.addmm(torch.ones(2, 2), x.expand(2, 2), torch.ones(2, 2))
x.masked_fill(x > 0, 1.0)
x.masked_fill(x > 0, torch.tensor(1.0))
torch.maximum(x, torch.ones(2))
x.copysign(1.0)
torch.xlogy(x, 2.0)
torch.special.xlog1py(2.0, x)
torch.nn.functional.mse_loss(x, torch.ones(2))
torch.nn.functional.cross_entropy(x.view(1, 2), torch.tensor([0]))
""".strip().splitlines()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_next_functions_are_pytorchs(expression, peer):
    def edges(torch):
        node = eval(expression, {"torch": torch, "x": torch.ones(2, requires_grad=True)}).grad_fn
        return node.name(), type(node).__name__, [(n and n.name(), place) for n, place in node.next_functions]

    assert edges(rushlight) == edges(peer)
