"""The graph: what is recorded, what is kept, what backward does. Each runs on rushlight and, where it is, on PyTorch."""

import gc

import pytest

import rushlight


def leaf(torch, *values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


# ---- recording ------------------------------------------------------------------------------------------------------


def test_no_grad_records_nothing_and_ends_with_its_block(torch):
    x = leaf(torch, 1.0)
    with torch.no_grad():
        assert not torch.is_grad_enabled()
        y = x * 2
        with torch.enable_grad():
            z = x * 2
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled()
    assert not y.requires_grad and y.grad_fn is None
    assert z.requires_grad and z.grad_fn is not None


def test_no_grad_as_a_decorator_and_after_an_exception(torch):
    x = leaf(torch, 1.0)

    @torch.no_grad()
    def f():
        return x * 2

    assert not f().requires_grad
    with pytest.raises(ZeroDivisionError), torch.no_grad():
        1 / 0
    assert torch.is_grad_enabled()


def test_no_grad_holds_inside_a_generator_only(torch):
    @torch.no_grad()
    def numbers():
        yield torch.is_grad_enabled()
        yield torch.is_grad_enabled()

    seen = []
    for inside in numbers():
        seen += [inside, torch.is_grad_enabled()]
    assert seen == [False, True, False, True]


def test_set_grad_enabled_works_as_a_call_and_as_a_block(torch):
    torch.set_grad_enabled(False)
    assert not torch.is_grad_enabled()
    torch.set_grad_enabled(True)
    with torch.set_grad_enabled(False):
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled()


def test_what_is_a_leaf(torch):
    x = leaf(torch, 1.0)
    assert x.is_leaf and x.grad_fn is None and x.requires_grad
    assert not (x * 2).is_leaf
    assert x.detach().is_leaf and not x.detach().requires_grad
    assert torch.ones(1).is_leaf


def test_detach_shares_memory_and_cuts_history(torch):
    x = leaf(torch, 1.0, 2.0)
    d = x.detach()
    d[0] = 5.0
    assert x.tolist() == [5.0, 2.0]
    (x * d).sum().backward()
    assert x.grad.tolist() == [5.0, 2.0]


def test_integers_ask_for_no_gradient(torch):
    with pytest.raises(RuntimeError, match="floating point"):
        torch.ones(2, dtype=torch.int64).requires_grad_()
    x = leaf(torch, 1.0)
    assert not x.long().requires_grad
    assert not (x > 0).requires_grad


def test_requires_grad_of_a_result_cannot_be_turned_off(torch):
    y = leaf(torch, 1.0) * 2
    with pytest.raises(RuntimeError, match="leaf"):
        y.requires_grad_(False)


# ---- backward -------------------------------------------------------------------------------------------------------


def test_gradients_add_up_in_leaves(torch):
    x = leaf(torch, 3.0)
    (x * 2).backward()
    (x * x).backward()
    assert x.grad.tolist() == [8.0]
    x.grad = None
    (x * 2).backward()
    assert x.grad.tolist() == [2.0]


def test_a_gradient_is_a_tensor_of_its_own(torch):
    x, y = leaf(torch, 1.0), leaf(torch, 1.0)
    g = torch.ones(1, dtype=torch.float64)
    (x + y).backward(g)
    x.grad.add_(1)
    assert y.grad.tolist() == [1.0] and g.tolist() == [1.0]


def test_a_tensor_used_twice_gets_both_gradients(torch):
    x = leaf(torch, 3.0)
    y = x * x
    (y + y * x).backward()
    assert x.grad.tolist() == [2 * 3.0 + 3 * 9.0]


def test_what_was_broadcast_is_summed(torch):
    x, y = leaf(torch, 1.0, 2.0, 3.0), leaf(torch, 5.0)
    (x * y).sum().backward()
    assert x.grad.tolist() == [5.0, 5.0, 5.0] and y.grad.tolist() == [6.0]


def test_backward_of_several_elements_needs_a_gradient(torch):
    x = leaf(torch, 1.0, 2.0)
    with pytest.raises(RuntimeError, match="grad can be implicitly created only for scalar outputs"):
        (x * 2).backward()
    (x * 2).backward(torch.tensor([1.0, 10.0], dtype=torch.float64))
    assert x.grad.tolist() == [2.0, 20.0]


def test_a_gradient_of_another_shape_is_refused(torch):
    with pytest.raises(RuntimeError, match="(?i)shape|size"):
        (leaf(torch, 1.0, 2.0) * 2).backward(torch.ones(3, dtype=torch.float64))


def test_backward_without_history_is_refused(torch):
    with pytest.raises(RuntimeError, match="does not require grad and does not have a grad_fn"):
        torch.ones(1).backward()


def test_a_second_backward_needs_retain_graph(torch):
    x = leaf(torch, 3.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [12.0]
    with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
        y.backward()


def test_a_graph_that_saves_nothing_may_be_walked_twice(torch):
    x = leaf(torch, 3.0)
    y = x + 1
    y.backward()
    y.backward()
    assert x.grad.tolist() == [2.0]


def test_backward_to_some_inputs_only(torch):
    x, y = leaf(torch, 2.0), leaf(torch, 3.0)
    (x * y).backward(inputs=[x])
    assert x.grad.tolist() == [3.0] and y.grad is None


def test_grad_leaves_the_leaves_alone(torch):
    x, y = leaf(torch, 2.0), leaf(torch, 3.0)
    gx, gy = torch.autograd.grad(x * y, (x, y))
    assert gx.tolist() == [3.0] and gy.tolist() == [2.0] and x.grad is None


def test_grad_of_what_was_not_used(torch):
    x, y = leaf(torch, 2.0), leaf(torch, 3.0)
    with pytest.raises(
        RuntimeError, match="differentiated Tensor at index 1 appears to not have been used in the graph"
    ):
        torch.autograd.grad(x * 2, (x, y), retain_graph=True)
    gx, gy = torch.autograd.grad(x * 2, (x, y), allow_unused=True)
    assert gx.tolist() == [2.0] and gy is None
    _, gy = torch.autograd.grad(x * 2, (x, y), allow_unused=True, materialize_grads=True)
    assert gy.tolist() == [0.0]


def test_grad_with_respect_to_a_result(torch):
    x = leaf(torch, 2.0)
    y = x * x
    (g,) = torch.autograd.grad(y * y, y)
    assert g.tolist() == [8.0]


def test_create_graph_gives_derivatives_of_derivatives(torch):
    x = leaf(torch, 2.0)
    y = x**4
    for expected in (32.0, 48.0, 48.0, 24.0):
        (y,) = torch.autograd.grad(y, x, create_graph=True)
        assert y.tolist() == [expected]


def test_backward_of_several_roots(torch):
    x = leaf(torch, 2.0)
    torch.autograd.backward([x * 3, x * x])
    assert x.grad.tolist() == [7.0]


# ---- hooks ----------------------------------------------------------------------------------------------------------


def test_hooks_run_in_order_and_replace_the_gradient(torch):
    x, calls = leaf(torch, 1.0), []
    y = x * 2
    y.register_hook(lambda g: calls.append(("first", g.item())))
    y.register_hook(lambda g: calls.append(("second", g.item())) or g * 10)
    third = y.register_hook(lambda g: calls.append(("third", g.item())))
    y.backward(retain_graph=True)
    assert calls == [("first", 1.0), ("second", 1.0), ("third", 10.0)]
    assert x.grad.tolist() == [20.0]
    third.remove()
    third.remove()
    calls.clear()
    y.backward()
    assert [name for name, _ in calls] == ["first", "second"]


def test_hooks_of_leaves_see_the_whole_gradient_once(torch):
    x, seen = leaf(torch, 1.0), []
    x.register_hook(lambda g: seen.append(g.item()))
    (x * 2 + x * 3).backward()
    assert seen == [5.0]


def test_post_accumulate_hooks_see_the_leaf(torch):
    x, seen = leaf(torch, 1.0), []
    handle = x.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.item()))
    (x * 2).backward()
    (x * 2).backward()
    handle.remove()
    (x * 2).backward()
    assert seen == [2.0, 4.0]
    with pytest.raises(RuntimeError, match="non-leaf"):
        (x * 2).register_post_accumulate_grad_hook(print)


def test_retain_grad_keeps_the_gradient_of_a_result(torch):
    x = leaf(torch, 2.0)
    y = x * x
    y.retain_grad()
    assert y.retains_grad
    (y * 3).backward()
    assert y.grad.tolist() == [3.0] and x.grad.tolist() == [12.0]


def test_a_hook_that_raises_ends_backward(torch):
    x = leaf(torch, 1.0)
    y = x * 2

    def fails(g):
        raise KeyError("mine")

    y.register_hook(fails)
    with pytest.raises(KeyError, match="mine"):
        y.backward()
    assert x.grad is None
    x.grad = None
    (x * 2).backward()
    assert x.grad.tolist() == [2.0]


@pytest.mark.parametrize("op", ["floor", "exp", "clone"])
def test_no_gradient_flows_where_a_prehook_took_it(torch, op):
    x = leaf(torch, 1.0, 2.0)
    y = getattr(x, op)()
    y.grad_fn.register_prehook(lambda grads: (None,))
    (y.sum() + (3 * x).sum()).backward()
    assert x.grad.tolist() == [3.0, 3.0]


@pytest.mark.parametrize("register", ["register_prehook", "register_hook"])
def test_what_a_nodes_hook_returns_looks_as_the_gradient_does(torch, register):
    def backward(returned):
        x = leaf(torch, 1.0, 2.0)
        y = x.exp()
        getattr(y.grad_fn, register)(lambda *grads: (returned,))
        y.sum().backward()
        return x.grad

    with pytest.raises(RuntimeError, match="has changed the size of value"):
        backward(torch.ones(3, dtype=torch.float64))
    with pytest.raises(RuntimeError, match="has changed the type of value"):
        backward(torch.ones(2, dtype=torch.float32))
    with pytest.raises(TypeError, match="expected Variable, but hook returned 'int'"):
        backward(3)
    assert backward(torch.ones(2, dtype=torch.float64)) is not None


def test_a_hook_puts_no_gradient_where_there_is_none(torch):
    x = leaf(torch, 1.0, 2.0)
    y = x * torch.ones(2, dtype=torch.float64)
    y.grad_fn.register_hook(lambda inputs, outputs: (inputs[0], torch.ones(2, dtype=torch.float64)))
    with pytest.raises(RuntimeError, match="can't replace a None gradient with a non-None value"):
        y.sum().backward()


def test_hooks_need_a_gradient(torch):
    with pytest.raises(RuntimeError, match="requires? grad|require gradient"):
        torch.ones(1).register_hook(print)
    with pytest.raises(RuntimeError, match="requires_grad=False"):
        torch.ones(1).retain_grad()


# ---- writing in place -----------------------------------------------------------------------------------------------


def test_a_leaf_may_not_be_written_into(torch):
    x = leaf(torch, 1.0, 2.0)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in an in-place operation"):
        x.add_(1)
    with pytest.raises(RuntimeError, match="a view of a leaf Variable that requires grad is being used in an in-place"):
        x[0] = 1.0
    with torch.no_grad():
        x.add_(1)
    assert x.tolist() == [2.0, 3.0]


def test_a_view_that_is_a_leaf_may_not_be_written_into(torch):
    x = torch.zeros(3)
    v = x[:2]
    v.requires_grad_()
    with pytest.raises(RuntimeError, match="a view of a leaf Variable that requires grad is being used in an in-place"):
        v.add_(1)
    with torch.no_grad():
        v.add_(1)
    assert x.tolist() == [1.0, 1.0, 0.0]


def test_set_of_a_tensor_with_a_history_has_no_derivative(torch):
    x = leaf(torch, 1.0, 2.0)
    y = x * 2
    with pytest.raises(RuntimeError, match="derivative for set_ is not implemented"):
        y.set_(torch.ones(2, dtype=torch.float64))
        y.sum().backward()
    assert x.grad is None
    with torch.no_grad():
        y.set_(torch.ones(2, dtype=torch.float64))
    assert y.tolist() == [1.0, 1.0]


def test_what_was_saved_and_changed_is_noticed(torch):
    x = leaf(torch, 1.0)
    y = x * 1
    z = y.exp()
    z.add_(1)
    with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
        z.backward()
    y = x * 1
    z = y * y
    y.mul_(2)
    with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
        z.backward()


def test_what_was_not_saved_may_be_changed(torch):
    x = leaf(torch, 1.0)
    y = x * 2
    z = y + 1
    y.mul_(5)
    z.backward()
    assert x.grad.tolist() == [2.0]


def test_an_in_place_op_is_part_of_the_history(torch):
    x = leaf(torch, 3.0)
    y = x * 2
    y.mul_(x)
    y.add_(1)
    y.backward()
    assert x.grad.tolist() == [12.0]


def test_writing_into_a_view_rewrites_the_history_of_its_base(torch):
    x = torch.ones(2, 3, dtype=torch.float64, requires_grad=True)
    y = x * 2
    y[0].mul_(5)
    y[1, 2] = 0.0
    y.sum().backward()
    assert x.grad.tolist() == [[10.0, 10.0, 10.0], [2.0, 2.0, 0.0]]


def test_a_view_sees_what_is_written_into_its_base(torch):
    x = leaf(torch, 1.0, 2.0)
    y = x * 1
    v = y[:1]
    y.mul_(3)
    v.sum().backward()
    assert v.tolist() == [3.0] and x.grad.tolist() == [3.0, 0.0]


def test_writing_what_asks_for_a_gradient_into_what_does_not(torch):
    x, buffer = leaf(torch, 3.0), torch.zeros(2, dtype=torch.float64)
    buffer[1:] = x * 2
    assert buffer.requires_grad
    (buffer * buffer).sum().backward()
    assert x.grad.tolist() == [24.0]


def test_zero_grad_and_versions(torch):
    x = torch.ones(3)
    before = x._version
    x.add_(1)
    x[0] = 5
    view = x[1:]
    view.mul_(2)
    assert x._version == before + 3 and view._version == x._version
    assert x.detach()._version == x._version


# ---- memory ---------------------------------------------------------------------------------------------------------


def test_a_deep_chain_runs_backward_and_is_freed(torch):
    x = leaf(torch, 1.0)
    y = x
    for _ in range(100_000):
        y = y + 1
    y.backward()
    assert x.grad.tolist() == [1.0]
    del y
    y = x
    for _ in range(100_000):
        y = y * 1.0
    del y  # never walked


def test_forwards_without_backward_leave_nothing_behind():
    torch = rushlight
    weight = torch.rand(64, 64, requires_grad=True)
    report = lambda: rushlight._C._memory_report()["allocated"]

    def forward():
        h = torch.rand(32, 64)
        for _ in range(5):
            h = (h @ weight).tanh().exp().softmax(1)
        return h.sum()

    gc.collect()
    gc.disable()
    try:
        forward()
        before = report()
        for _ in range(20):
            forward()
        assert report() == before, "a cycle keeps the graph alive until the collector comes"
    finally:
        gc.enable()


def test_steps_of_training_leave_nothing_behind():
    torch = rushlight
    net = torch.nn.Sequential(torch.nn.Linear(20, 30), torch.nn.ReLU(), torch.nn.Linear(30, 5))
    optimizer = torch.optim.Adam(net.parameters())
    x, y = torch.rand(16, 20), torch.randint(0, 5, (16,))

    def step():
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()

    step()
    gc.collect()
    gc.disable()
    try:
        step()
        before = rushlight._C._memory_report()["allocated"]
        for _ in range(20):
            step()
        assert rushlight._C._memory_report()["allocated"] == before
    finally:
        gc.enable()


def test_backward_frees_what_was_saved():
    x = rushlight.rand(1000, requires_grad=True)
    y = x.exp().exp().exp()
    full = rushlight._C._memory_report()["allocated"]
    y.sum().backward()
    # x, y and the gradient stay
    assert rushlight._C._memory_report()["allocated"] < full
    kept = y.exp()
    del y, x
    assert kept.requires_grad
