"""func: transforms of functions, alone and in each other; the same programs run by PyTorch where it is installed."""

import gc
import importlib

import pytest

import rushlight
from rushlight import func as rushlight_func

# PyTorch's forward mode compiles a few rules when it is first used
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")


@pytest.fixture
def func(torch):
    return rushlight_func if torch is rushlight else importlib.import_module("torch.func")


def cube(x):
    return (x**3).sum()


def close(a, b):
    return a.shape == b.shape and ((a - b).abs() <= 1e-5 * (1 + b.abs())).all().item()


@pytest.fixture
def x(torch):
    return torch.tensor([[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]])


# ---- gradients --------------------------------------------------------------------------------------------------------


def test_grad_of_one_and_of_several_arguments(torch, func, x):
    assert close(func.grad(cube)(x), 3 * x**2)
    by_both = func.grad(lambda a, b: (a * b).sum(), argnums=(0, 1))(x, 2 * x)
    assert isinstance(by_both, tuple) and close(by_both[0], 2 * x) and close(by_both[1], x)
    assert close(func.grad(lambda p, s: (p["w"] * s).sum())({"w": x}, 2.0)["w"], torch.full((2, 3), 2.0))
    gradient, aux = func.grad(lambda a: (cube(a), a * 2), has_aux=True)(x)
    assert close(gradient, 3 * x**2) and close(aux, 2 * x)
    gradient, value = func.grad_and_value(cube)(x)
    assert close(value, cube(x))
    assert close(func.grad(lambda a, b: b.sum())(x, x), torch.zeros(2, 3))


def test_results_have_a_history_only_where_something_outside_has(torch, func, x):
    assert not func.grad(cube)(x).requires_grad
    assert not func.vjp(cube, x)[0].requires_grad
    assert not func.jacrev(torch.sin)(x).requires_grad
    w = torch.tensor(2.0, requires_grad=True)
    gradient = func.grad(lambda a: (w * a**2).sum())(x)
    gradient.sum().backward()
    assert close(w.grad, (2 * x).sum())
    leaf = x.clone().requires_grad_()
    func.grad(cube)(leaf).sum().backward()
    assert close(leaf.grad, 6 * x)


def test_no_grad_around_does_not_stop_what_is_inside(torch, func, x):
    with torch.no_grad():
        assert close(func.grad(cube)(x), 3 * x**2)


def test_an_inner_variable_is_none_of_the_outer(torch, func):
    one = torch.tensor(1.0)
    assert func.grad(lambda x: x * func.grad(lambda y: x + y)(x))(one).item() == 1
    assert func.grad(lambda x: x * func.jvp(lambda y: x + y, (x,), (one,))[1])(one).item() == 1
    assert func.jvp(lambda x: x * func.jvp(lambda y: x * y, (one,), (one,))[1], (2 * one,), (one,))[1].item() == 4


@pytest.mark.parametrize("outer", ["grad", "jvp", "vmap", "jacrev", "jacfwd"])
@pytest.mark.parametrize("inner", ["grad", "jvp", "vmap", "jacrev", "jacfwd"])
def test_any_transform_of_any(torch, func, x, outer, inner):
    def apply(name, f):
        """f, from a tensor to a tensor of the same shape, transformed to another one like it."""
        return {
            "grad": lambda a: func.grad(lambda b: f(b).sum())(a),
            "jvp": lambda a: func.jvp(f, (a,), (torch.cos(a),))[1],
            "vmap": lambda a: func.vmap(f)(a) if a.ndim else f(a),
            "jacrev": lambda a: func.jacrev(f)(a).sum(tuple(range(a.ndim))),
            "jacfwd": lambda a: func.jacfwd(f)(a).sum(tuple(range(a.ndim))),
        }[name]

    def f(a):
        return torch.sin(a) * a

    def slope(a):
        return torch.cos(a) * a + torch.sin(a)

    def curve(a):
        return 2 * torch.cos(a) - torch.sin(a) * a

    found = apply(outer, apply(inner, f))(x)
    if "vmap" in (outer, inner):
        other = inner if outer == "vmap" else outer
        expected = {"vmap": f(x), "jvp": slope(x) * torch.cos(x)}.get(other, slope(x))
    elif inner == "jvp":
        expected = curve(x) * torch.cos(x) - slope(x) * torch.sin(x)
        expected = expected * torch.cos(x) if outer == "jvp" else expected
    else:
        expected = curve(x) * (torch.cos(x) if outer == "jvp" else 1)
    assert close(found, expected)


def test_vjp_of_a_tree(torch, func, x):
    out, pull = func.vjp(lambda a, b: {"s": a * b, "t": (a.sum(), b)}, x, 2 * x)
    assert close(out["s"], 2 * x * x)
    one = torch.ones(2, 3)
    da, db = pull({"s": one, "t": (torch.tensor(1.0), 0 * one)})
    assert close(da, 2 * x + 1) and close(db, x)
    assert close(pull({"s": one, "t": (torch.tensor(1.0), 0 * one)})[0], da), "a second time"
    with pytest.raises(RuntimeError, match="structure"):
        pull(one)


def test_jvp_of_a_tree(torch, func, x):
    one = torch.ones(2, 3)
    out, moved = func.jvp(lambda a, b: {"s": a["q"] * b, "t": [b]}, ({"q": x}, 2 * x), ({"q": one}, one))
    assert close(moved["s"], 2 * x + x) and close(moved["t"][0], one) and close(out["s"], 2 * x * x)
    out, moved, aux = func.jvp(lambda a: (cube(a), a), (x,), (one,), has_aux=True)
    assert close(moved, (3 * x**2).sum()) and close(aux, x)


def test_writes_in_place_inside_of_a_transform(torch, func, x):
    def f(a):
        y = torch.zeros(2, 3)
        y[0] = a[1] * 2
        y[1].add_(a[0] ** 2)
        y.mul_(a)
        return y

    expected = torch.stack([2 * x[1] * x[0], x[0] ** 2 * x[1]])
    out, moved = func.jvp(f, (x,), (torch.ones(2, 3),))
    assert close(out, expected)
    assert close(moved, torch.stack([2 * x[1] + 2 * x[0], 2 * x[0] * x[1] + x[0] ** 2]))
    gradient = func.grad(lambda a: f(a).sum())(x)
    assert close(gradient, torch.stack([2 * x[1] + 2 * x[0] * x[1], 2 * x[0] + x[0] ** 2]))


def test_jacobians_of_trees_and_of_several_arguments(torch, func, x):
    def f(a, b):
        return a.sum(1) * b, (b,)

    b = torch.tensor([1.0, 2.0])
    for jacobian in (func.jacrev, func.jacfwd):
        (by_a, by_b), ((also_a, also_b),) = jacobian(f, argnums=(0, 1))(x, b)
        assert by_a.shape == (2, 2, 3) and by_b.shape == (2, 2) and also_a.shape == (2, 2, 3)
        assert close(by_b, torch.diag(x.sum(1))) and close(also_b, torch.eye(2)) and not also_a.any()
        assert close(by_a[0, 0], torch.ones(3)) and not by_a[0, 1].any()
        rows, aux = jacobian(lambda a: (a.sum(0), a), has_aux=True)(x)
        assert rows.shape == (3, 2, 3) and close(aux, x)
    assert close(func.jacrev(torch.sin, chunk_size=2)(b), func.jacrev(torch.sin)(b))
    second = func.hessian(lambda a: (a[0] ** 2 * a[1]).sum())(x)
    assert second.shape == (2, 3, 2, 3) and close(second[0, 0, 1, 0], 2 * x[0, 0])


@pytest.mark.parametrize(
    "call, match",
    [
        (lambda f, x: f.grad(lambda a: a)(x), "scalar"),
        (lambda f, x: f.grad(cube, argnums=1)(x), "argnum"),
        (lambda f, x: f.grad(lambda a: 1.0)(x), "(?i)tensor"),
        (lambda f, x: f.jvp(cube, x, (x,)), "tuple"),
        (lambda f, x: f.jvp(cube, (x,), ()), "."),
        (lambda f, x: f.jvp(cube, (x,), (x[0],)), "shape|size"),
        (lambda f, x: f.vjp(lambda a: 3, x), "tensors"),
    ],
)
def test_what_is_no_derivative_is_refused(torch, func, x, call, match):
    with pytest.raises(RuntimeError, match=match):
        call(func, x)


# ---- vmap -------------------------------------------------------------------------------------------------------------


def test_in_dims_and_out_dims(torch, func, x):
    assert close(func.vmap(torch.dot, in_dims=(1, 0))(x, x.t()), (x * x).sum(0))
    assert close(func.vmap(lambda a: a * 2, in_dims=1, out_dims=1)(x), 2 * x)
    assert close(func.vmap(lambda a, b: a + b, in_dims=(0, None))(x, x[0]), x + x[0])
    assert close(
        func.vmap(lambda d: d["a"] * d["b"][0], in_dims=({"a": 0, "b": (None,)},))({"a": x, "b": (x[0],)}), x * x[0]
    )
    first, second = func.vmap(lambda a: (a, a.sum()), out_dims=(1, 0))(x)
    assert close(first, x.t()) and close(second, x.sum(1))
    assert close(
        func.vmap(func.vmap(torch.mul, in_dims=(None, 0)), in_dims=(0, None))(x[0], x[1]), x[0][:, None] * x[1]
    )
    assert close(func.vmap(lambda a: torch.ones(2))(x), torch.ones(2, 2))
    assert close(func.vmap(lambda a, *, scale: a * scale)(x, scale=x), x[:, None] * x)
    assert torch.vmap(torch.sin)(x).shape == (2, 3)


def test_chunks_give_what_the_whole_gives(torch, func):
    x = torch.arange(35.0).reshape(7, 5)
    assert close(func.vmap(lambda a: a.cumsum(0), chunk_size=3)(x), x.cumsum(1))
    assert close(func.vmap(lambda a: a.cumsum(0), out_dims=1, chunk_size=2)(x), x.cumsum(1).t())


@pytest.mark.parametrize(
    "call, error",
    [
        (lambda f, x: f.vmap(cube, in_dims="0")(x), ValueError),
        (lambda f, x: f.vmap(lambda: 1)(), ValueError),
        (lambda f, x: f.vmap(cube, in_dims=(0, 0))(x), ValueError),
        (lambda f, x: f.vmap(cube, in_dims=2)(x), ValueError),
        (lambda f, x: f.vmap(lambda a, b: a)(x, 3), ValueError),
        (lambda f, x: f.vmap(lambda a, b: a)(x, x.t()), ValueError),
        (lambda f, x: f.vmap(cube, in_dims=None)(x), ValueError),
        (lambda f, x: f.vmap(lambda a: 3)(x), ValueError),
        (lambda f, x: f.vmap(lambda a: a, out_dims=None)(x), ValueError),
        (lambda f, x: f.vmap(lambda a: a.sum().item())(x), RuntimeError),
        (lambda f, x: f.vmap(lambda a: a if a.sum() > 0 else -a)(x), RuntimeError),
        (lambda f, x: f.vmap(lambda a: a[a > 0])(x), RuntimeError),
        (lambda f, x: f.vmap(lambda a: x[0].add_(a))(x), RuntimeError),
    ],
)
def test_what_cannot_be_mapped_is_refused(torch, func, x, call, error):
    with pytest.raises(error):
        call(func, x)


def test_random_ops_do_what_they_are_told(torch, func, x):
    with pytest.raises(RuntimeError, match="randomness"):
        func.vmap(lambda a: a + torch.rand(3))(x)
    for draw in (
        lambda a: torch.rand(4),
        lambda a: torch.randn_like(a),
        lambda a: torch.nn.functional.dropout(a * 0 + 1),
    ):
        apart = func.vmap(draw, randomness="different")(torch.ones(2, 40))
        alike = func.vmap(draw, randomness="same")(torch.ones(2, 40))
        assert not torch.equal(apart[0], apart[1]) and torch.equal(alike[0], alike[1])
    nested = func.vmap(func.vmap(lambda a: torch.rand(3), randomness="different"), randomness="different")(x)
    assert nested.shape == (2, 3, 3) and nested.unique().numel() == 18


def test_indexing_and_writing_under_vmap(torch, func, x):
    index = torch.tensor([2, 0])
    assert close(func.vmap(lambda a, i: a[i])(x, index), torch.stack([x[0, 2], x[1, 0]]))
    assert close(func.vmap(lambda i: x[0][i])(index), x[0][index])

    def write(a):
        y = torch.zeros_like(a)
        y[1:] = a[:-1]
        y[0] = 7
        return y

    assert close(func.vmap(write)(x), torch.stack([write(a) for a in x]))


def test_each_example_has_its_gradient(torch, func):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3))
    params = {name: p.detach() for name, p in model.named_parameters()}
    x, y = torch.randn(5, 4), torch.tensor([0, 1, 2, 1, 0])

    def loss(params, x, y):
        out = func.functional_call(model, params, (x.unsqueeze(0),))
        return torch.nn.functional.cross_entropy(out, y.unsqueeze(0))

    found = func.vmap(func.grad(loss), in_dims=(None, 0, 0))(params, x, y)
    for i in range(5):
        one = func.grad(loss)(params, x[i], y[i])
        assert all(close(found[name][i], one[name]) for name in params)
    assert not any(p.requires_grad for p in found.values())


def test_models_stacked_run_as_one(torch, func):
    torch.manual_seed(0)
    models = [torch.nn.Linear(3, 2) for _ in range(4)]
    params, buffers = func.stack_module_state(models)
    x = torch.randn(5, 3)
    out = func.vmap(lambda p, b: func.functional_call(models[0], (p, b), (x,)))(params, buffers)
    assert all(close(out[i], models[i](x)) for i in range(4))
    with pytest.raises(RuntimeError):
        func.stack_module_state([])
    with pytest.raises(RuntimeError):
        func.stack_module_state([models[0], torch.nn.Tanh()])


def test_functional_call_leaves_the_module_as_it_was(torch, func):
    model = torch.nn.Linear(2, 2)
    before = model.weight
    out = func.functional_call(model, {"weight": torch.zeros(2, 2), "bias": torch.ones(2)}, torch.ones(1, 2))
    assert close(out, torch.ones(1, 2)) and model.weight is before
    with pytest.raises(RuntimeError):
        func.functional_call(model, {"weight": torch.zeros(2, 2)}, torch.ones(1, 2), strict=True)


# ---- forward mode by hand ---------------------------------------------------------------------------------------------


def test_dual_numbers(torch, x):
    forward_ad = torch.autograd.forward_ad
    with pytest.raises(RuntimeError, match="level"):
        forward_ad.make_dual(x, x)
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x, torch.ones(2, 3))
        moved = forward_ad.unpack_dual(torch.sin(dual) * 2)
        assert close(moved.tangent, 2 * torch.cos(x)) and close(moved.primal, 2 * torch.sin(x))
        assert forward_ad.unpack_dual(x).tangent is None
        with pytest.raises(RuntimeError):
            forward_ad.enter_dual_level()
    leaf = x.clone().requires_grad_()
    with forward_ad.dual_level():
        tangent = forward_ad.unpack_dual(forward_ad.make_dual(leaf, torch.ones(2, 3)) ** 3).tangent
    tangent.sum().backward()
    assert close(leaf.grad, 6 * x)


def test_values_of_a_dual_go_backward_too(torch, x):
    forward_ad = torch.autograd.forward_ad
    leaf = x.clone().requires_grad_()
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(leaf, torch.ones(2, 3))
        assert dual.requires_grad
        (dual**2).sum().backward()
    assert close(leaf.grad, 2 * x)


# ---- rushlight's own --------------------------------------------------------------------------------------------------


def test_vmap_says_which_ops_it_looped_over():
    rushlight_func.looped_ops(reset=True)
    rushlight.vmap(lambda a: a.exp().sum())(rushlight.ones(3, 2))
    assert rushlight_func.looped_ops() == {}
    rushlight.vmap(lambda a: rushlight.histc(a, 3))(rushlight.ones(3, 2))
    assert rushlight_func.looped_ops(reset=True) == {"histc": 1} and rushlight_func.looped_ops() == {}


def test_forward_mode_records_no_node():
    made = []
    x = rushlight.ones(3)

    def f(a):
        y = rushlight.softmax(rushlight.matmul(a.expand(3, 3), a) + a.sin(), 0).cumsum(0).sum()
        made.append(y.grad_fn)
        return y

    _, moved = rushlight_func.jvp(f, (x,), (x,))
    assert made == [None] and moved.grad_fn is None


def test_a_tensor_that_outlives_its_vmap_says_so():
    kept = []
    rushlight.vmap(lambda a: (kept.append(a), a)[1])(rushlight.ones(3, 2))
    with pytest.raises(RuntimeError):
        kept[0].sum().item()
    with pytest.raises(RuntimeError, match="ended"):
        rushlight.vmap(lambda a: a + kept[0])(rushlight.ones(3, 2))


def test_an_error_inside_leaves_no_layer_behind():
    def fails(a):
        raise KeyError("mine")

    for call in (
        lambda: rushlight.vmap(fails)(rushlight.ones(2)),
        lambda: rushlight_func.jvp(fails, (rushlight.ones(2),), (rushlight.ones(2),)),
        lambda: rushlight_func.grad(fails)(rushlight.ones(2)),
    ):
        with pytest.raises(KeyError, match="mine"):
            call()
    assert rushlight._C._mode() == 0


def test_transforms_leave_no_garbage():
    x = rushlight.ones(3, 2)

    def step():
        rushlight.vmap(rushlight_func.grad(cube))(x)
        rushlight_func.jvp(cube, (x,), (x,))

    step()
    gc.collect()
    gc.disable()
    try:
        before = rushlight._C._memory_report()["allocated"]
        for _ in range(20):
            step()
        assert rushlight._C._memory_report()["allocated"] == before
    finally:
        gc.enable()
