"""autograd.Function: what its methods are given, what becomes of its results, and what it refuses. On both libraries."""

import gc
import threading
import weakref

import pytest

import rushlight


def leaf(torch, *values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def scaled(torch, **methods):
    """A Function that doubles; methods replace its own."""

    def forward(ctx, x):
        return x * 2

    def backward(ctx, g):
        return g * 2

    methods = {name: staticmethod(f) for name, f in ({"forward": forward, "backward": backward} | methods).items()}
    return type("Scaled", (torch.autograd.Function,), methods)


# ---- the context ----------------------------------------------------------------------------------------------------


def test_both_styles_give_their_gradients(torch):
    class Old(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, k, y=None):
            ctx.save_for_backward(x)
            ctx.k = k
            return x**k

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return (g * ctx.k * x ** (ctx.k - 1), None, None)[: len(ctx.needs_input_grad)]

    class New(Old):
        @staticmethod
        def forward(x, k, y=None):
            assert not torch.is_grad_enabled()
            return x**k

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(inputs[0])
            ctx.k = inputs[1]
            ctx.seen = len(inputs), output.tolist()

    x = leaf(torch, 1, 2)
    for call in (
        lambda: Old.apply(x, 3),
        lambda: Old.apply(x, k=3),
        lambda: New.apply(x, 3),
        lambda: New.apply(x, k=3),
    ):
        y = call()
        assert y.tolist() == [1, 8]
        assert torch.autograd.grad(y.sum(), x)[0].tolist() == [3, 12]
    assert New.apply(x, 3).grad_fn.seen == (3, [1, 8])  # defaults count among the inputs


def test_the_context_is_the_node(torch):
    seen = []
    function = scaled(torch, forward=lambda ctx, x: seen.append(ctx) or x * 2)
    x = leaf(torch, 1)
    y = function.apply(x)
    node = y.grad_fn
    assert node is seen[0] and type(node).__name__ == "ScaledBackward" and node.name() == "ScaledBackward"
    assert isinstance(node, torch.autograd.graph.Node) and isinstance(node, torch.autograd.function.FunctionCtx)
    assert repr(y) == "tensor([2.], dtype=torch.float64, grad_fn=<ScaledBackward>)"
    assert node.next_functions[0][0].variable is x and node.metadata == {}


def test_needs_input_grad_has_an_entry_for_every_argument(torch):
    seen = []

    def forward(ctx, *args):
        seen.append(ctx.needs_input_grad)
        return args[0] * 2

    function = scaled(
        torch, forward=forward, backward=lambda ctx, g: (seen.append(ctx.needs_input_grad), g, None, None)[1:]
    )
    x, z = leaf(torch, 1), torch.ones(1)
    function.apply(x, z, "text").sum().backward()
    assert seen == [(True, False, False)] * 2
    assert [n and n.name() for n, _ in function.apply(x, z, "text").grad_fn.next_functions] == [
        "torch::autograd::AccumulateGrad",
        None,
    ]


def test_several_results_of_which_some_are_no_tensors(torch):
    seen = []

    def backward(ctx, *grads):
        seen.append([g if g is None else g.tolist() for g in grads])
        return grads[0] + grads[3]

    function = scaled(torch, forward=lambda ctx, x: (x * 1, 5, None, x * 2), backward=backward)
    x = leaf(torch, 1)
    a, five, none, b = function.apply(x)
    assert (five, none, a.output_nr, b.output_nr) == (5, None, 0, 3)
    b.sum().backward()
    assert seen == [[[0], None, None, [1]]] and x.grad.tolist() == [1]


def test_gradients_that_nobody_asked_for_may_be_none(torch):
    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return x * 1, x * 2

    function = scaled(torch, forward=forward, backward=lambda ctx, a, b: b if a is None else a)
    x = leaf(torch, 1)
    function.apply(x)[1].sum().backward()
    assert x.grad.tolist() == [1]


def test_results_marked_as_not_differentiable(torch):
    def forward(ctx, x):
        sign, floor = x > 0, x.floor()
        ctx.mark_non_differentiable(sign, floor)
        return sign, floor, x * 2

    function = scaled(torch, forward=forward, backward=lambda ctx, a, b, g: g * 2 + b)
    x = leaf(torch, 1.5)
    sign, floor, y = function.apply(x)
    assert [t.requires_grad for t in (sign, floor, y)] == [False, False, True]
    y.sum().backward()
    assert x.grad.tolist() == [2]


def test_no_node_is_made_where_nothing_asks_for_gradients(torch):
    function = scaled(torch)
    x = leaf(torch, 1)
    with torch.no_grad():
        assert not function.apply(x).requires_grad
    assert function.apply(torch.ones(2)).grad_fn is None


# ---- what is saved --------------------------------------------------------------------------------------------------


def test_inputs_results_and_what_lies_between_are_saved(torch):
    def forward(ctx, x):
        middle = x * 2
        y = middle.exp()
        ctx.save_for_backward(x, middle, y, None)
        return y

    def backward(ctx, g):
        x, middle, y, none = ctx.saved_tensors
        assert x is given and none is None and y.grad_fn is ctx and middle.tolist() == [2]
        return g * 2 * y

    function = scaled(torch, forward=forward, backward=backward)
    given = leaf(torch, 1)
    y = function.apply(given)
    (g,) = torch.autograd.grad(y.sum(), given, create_graph=True)
    (h,) = torch.autograd.grad(g.sum(), given)
    assert h.tolist() == pytest.approx((4 * y).tolist())


def test_saved_tensors_are_freed_by_backward(torch):
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * 2

    keeps = scaled(torch, forward=forward, backward=lambda ctx, g: g * len(ctx.saved_tensors))
    x = leaf(torch, 1)
    y = keeps.apply(x)
    y.sum().backward()
    with pytest.raises(RuntimeError, match="second time"):
        y.sum().backward()
    with pytest.raises(RuntimeError, match="second time"):
        y.grad_fn.saved_tensors
    y = scaled(torch).apply(x)  # what saves nothing may be walked again
    y.sum().backward()
    y.sum().backward()


def test_a_saved_tensor_that_was_changed_is_noticed(torch):
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * 2

    function = scaled(torch, forward=forward, backward=lambda ctx, g: g * ctx.saved_tensors[0])
    x = leaf(torch, 1) * 1
    y = function.apply(x)
    x.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_only_tensors_are_saved(torch):
    function = scaled(torch, forward=lambda ctx, x: ctx.save_for_backward(5) or x)
    with pytest.raises(TypeError, match="save_for_backward can only save variables, but argument 0 is of type int"):
        function.apply(leaf(torch, 1))


# ---- inputs as results ----------------------------------------------------------------------------------------------


def test_an_input_that_is_returned_becomes_a_view_with_a_history(torch):
    function = scaled(torch, forward=lambda ctx, x: x)
    x = leaf(torch, 1)
    y = function.apply(x)
    assert y is not x and y._base is x and y.grad_fn.name() == "ScaledBackward" and x.is_leaf
    y.sum().backward()
    assert x.grad.tolist() == [2]
    with pytest.raises(
        RuntimeError, match="is a view and is being modified inplace. This view was created inside a custom"
    ):
        function.apply(x).add_(1)


def test_views_made_inside_are_not_to_be_written_into(torch):
    x = leaf(torch, 1, 2)
    one = scaled(torch, forward=lambda ctx, x: x.view(-1)).apply(x * 1)
    with pytest.raises(RuntimeError, match="created inside a custom Function"):
        one.add_(1)
    two = scaled(torch, forward=lambda ctx, x: (x[:1], x[1:])).apply(x * 1)
    with pytest.raises(RuntimeError, match="multiple views"):
        two[0].add_(1)


def dirty(torch, **methods):
    def forward(ctx, x):
        ctx.mark_dirty(x)
        x.mul_(2)
        return x

    return scaled(torch, **({"forward": forward} | methods))


def test_an_input_that_was_written_into_keeps_its_place(torch):
    x = leaf(torch, 1)
    y = x * 1
    before = y._version
    z = dirty(torch).apply(y)
    assert z is y and z.grad_fn.name() == "ScaledBackward" and y._version == before + 2
    z.sum().backward()
    assert x.grad.tolist() == [2]


def test_writing_into_a_view_rewrites_the_history_of_its_base(torch):
    x = leaf(torch, 1, 1)
    y = x * 1
    dirty(torch).apply(y[:1])
    assert y.tolist() == [2, 1]
    y.sum().backward()
    assert x.grad.tolist() == [2, 1]


def test_what_may_not_be_marked_dirty(torch):
    x = leaf(torch, 1)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad has been used in an in-place operation"):
        dirty(torch).apply(x)

    def forgets(ctx, x):
        ctx.mark_dirty(x)
        return x * 1

    with pytest.raises(RuntimeError, match="marked as dirty during the forward method were not returned"):
        dirty(torch, forward=forgets).apply(x * 1)

    def two(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(2), x * 1

    with pytest.raises(RuntimeError, match="cannot return more than one Tensor"):
        dirty(torch, forward=two).apply((x * 1)[:1])


# ---- what backward returns ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "returned, error, text",
    [
        (lambda g, torch: (g, g), RuntimeError, r"returned an incorrect number of gradients \(expected 1, got 2\)"),
        (lambda g, torch: (), RuntimeError, r"returned an incorrect number of gradients \(expected 1, got 0\)"),
        (lambda g, torch: 5, RuntimeError, r"expected Variable or None \(got int\)"),
        (lambda g, torch: [g], RuntimeError, r"expected Variable or None \(got list\)"),
        (lambda g, torch: g.sum(), RuntimeError, "returned an invalid gradient at index 0 - got"),
        (lambda g, torch: torch.ones(3), RuntimeError, "returned an invalid gradient at index 0 - got"),
        (lambda g, torch: g[:1], RuntimeError, "returned an invalid gradient at index 0 - got"),
    ],
)
def test_gradients_that_are_refused(torch, returned, error, text):
    function = scaled(torch, backward=lambda ctx, g: returned(g, torch))
    with pytest.raises(error, match=text):
        function.apply(leaf(torch, 1, 2)).sum().backward()


@pytest.mark.parametrize(
    "returned, expected",
    [
        (lambda g, torch: None, None),
        (lambda g, torch: (g, None), [1, 1]),
        (lambda g, torch: g.float(), [1, 1]),
        (lambda g, torch: torch.ones(5, 2), [5, 5]),
    ],
)
def test_gradients_that_are_made_to_fit(torch, returned, expected):
    x = leaf(torch, 1, 2)
    scaled(torch, backward=lambda ctx, g: returned(g, torch)).apply(x).sum().backward()
    assert (x.grad if expected is None else x.grad.tolist()) == expected
    assert expected is None or x.grad.dtype == torch.float64


def test_a_gradient_for_what_is_no_tensor_is_refused(torch):
    function = scaled(torch, forward=lambda ctx, x, k: x * k, backward=lambda ctx, g: (g, g))
    with pytest.raises(RuntimeError, match="a gradient different than None at position 2"):
        function.apply(leaf(torch, 1), 3).sum().backward()


def test_methods_that_were_not_written(torch):
    class Nothing(torch.autograd.Function):
        pass

    class Forward(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

    with pytest.raises(NotImplementedError, match="You must implement the forward function"):
        Nothing.apply(leaf(torch, 1))
    with pytest.raises(NotImplementedError, match="You must implement either the backward or vjp method"):
        Forward.apply(leaf(torch, 1)).sum().backward()
    with pytest.raises(NotImplementedError, match="You must implement the jvp function"):
        Forward.jvp(None)
    with pytest.raises(RuntimeError, match="Implementing both 'backward' and 'vjp'"):
        scaled(torch, vjp=lambda ctx, g: g).apply(leaf(torch, 1)).sum().backward()
    with pytest.warns(DeprecationWarning, match="should not be instantiated"):
        instance = Forward()
    with pytest.raises(RuntimeError, match="Legacy autograd function"):
        instance(leaf(torch, 1))


def test_vjp_is_another_name_of_backward(torch):
    class Doubled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def vjp(ctx, g):
            return g * 2

    x = leaf(torch, 1)
    Doubled.apply(x).sum().backward()
    assert x.grad.tolist() == [2]


# ---- derivatives of derivatives -------------------------------------------------------------------------------------


def test_derivatives_of_derivatives_go_through_backward(torch):
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    function = scaled(torch, forward=forward, backward=lambda ctx, g: g * 3 * ctx.saved_tensors[0] ** 2)
    x = leaf(torch, 2)
    assert torch.autograd.gradcheck(function.apply, x) and torch.autograd.gradgradcheck(function.apply, x)


def test_once_differentiable_says_so(torch):
    backward = torch.autograd.function.once_differentiable(lambda ctx, g: g * 2)
    function = scaled(torch, backward=backward)
    x = leaf(torch, 1, 2)
    assert torch.autograd.grad(function.apply(x).sum(), x)[0].tolist() == [2, 2]
    (g,) = torch.autograd.grad((function.apply(x) ** 2).sum(), x, create_graph=True)
    assert g.tolist() == [8, 16] and type(g.grad_fn).__name__ == "Error"
    with pytest.raises(
        RuntimeError, match="trying to differentiate twice a function that was marked with @once_different"
    ):
        g.sum().backward()


# ---- life and threads -----------------------------------------------------------------------------------------------


def test_cycles_through_the_context_are_collected(torch):
    class Big:
        pass

    def forward(ctx, x):
        ctx.result, ctx.big = x * 2, Big()
        alive.append(weakref.ref(ctx.big))
        return ctx.result

    alive = []
    function = scaled(torch, forward=forward)
    function.apply(leaf(torch, 1))
    y = leaf(torch, 1) * 2
    y.grad_fn.register_hook(lambda *_, kept=y: None)  # a hook that holds what its node made
    y.big = Big()
    alive.append(weakref.ref(y.big))
    del y
    gc.collect()
    if torch is rushlight:  # PyTorch's nodes are not the collector's
        assert [a() for a in alive] == [None, None]


def test_a_deep_chain_of_functions_is_walked_and_freed(torch):
    function = scaled(torch, forward=lambda ctx, x: x + 1, backward=lambda ctx, g: g)
    x = leaf(torch, 1)
    y = x
    for _ in range(20_000):
        y = function.apply(y)
    y.sum().backward()
    assert x.grad.tolist() == [1]


def test_a_graph_may_be_walked_in_another_thread(torch):
    seen = []

    def backward(ctx, g):
        seen.append(threading.current_thread().name)
        return g * 2

    x = leaf(torch, 1)
    y = scaled(torch, backward=backward).apply(x)
    thread = threading.Thread(target=y.sum().backward, name="walker")
    thread.start()
    thread.join()
    assert seen == ["walker"] and x.grad.tolist() == [2]


def test_two_threads_walk_two_graphs(torch):
    function = scaled(torch)
    found = [None] * 4

    def walk(i):
        x = leaf(torch, 1)
        y = x
        for _ in range(200):
            y = function.apply(y) / 2
        y.sum().backward()
        found[i] = x.grad.tolist()

    threads = [threading.Thread(target=walk, args=(i,)) for i in range(len(found))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[1]] * len(found)


def test_an_error_in_forward_leaves_nothing_half_done(torch):
    function = scaled(torch, forward=lambda ctx, x: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        function.apply(leaf(torch, 1))
    assert torch.is_grad_enabled()


def test_what_a_program_does_to_a_node_does_no_harm():
    """No attribute of a node that Python can reach may end the process."""
    torch = rushlight
    x = leaf(torch, 1)
    node = scaled(torch, forward=lambda ctx, x: ctx.save_for_backward(x) or x * 2).apply(x).grad_fn
    for name in ("to_save", "dirty_tensors", "non_differentiable", "needs_input_grad", "saved_for_forward"):
        setattr(node, name, 5)
        delattr(node, name)
    node.__dict__ = {"a": 1}
    assert node.a == 1
    for kind in (type(node), type(x.sum().grad_fn), torch.autograd.graph.Node, torch._C._FunctionNode):
        with pytest.raises(TypeError):
            kind()
        with pytest.raises(TypeError):
            object.__new__(kind)
    for arguments in ((), (1, 2, 3, 4, 5), (type(node), None, None, (), None), (type(node), len, None, [], None)):
        with pytest.raises(TypeError):
            torch._C._apply_function(*arguments)

    def marks(ctx, x):
        ctx.dirty_tensors = ctx.non_differentiable = ctx.to_save = [x]
        return x * 2

    with pytest.raises(TypeError, match="a tuple"):
        scaled(torch, forward=marks).apply(x)
