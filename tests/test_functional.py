"""autograd.functional: values against PyTorch's and against gradcheck, shapes, tuples, strict mode, errors."""

import itertools

import pytest

import rushlight


def functional(torch):
    import importlib

    return importlib.import_module(torch.__name__ + ".autograd.functional")


def values(torch, *shape, start=0.5):
    n = 1
    for size in shape:
        n *= size
    return (torch.arange(n, dtype=torch.float64) * 0.3 + start).reshape(shape)


def plain(x):
    return tuple(map(plain, x)) if isinstance(x, tuple) else (tuple(x.shape), x.requires_grad, x.tolist())


#: functions of any number of outputs, by the shapes of their inputs
FUNCTIONS = {
    "one to one": (lambda t, x: x**3, [(2, 3)]),
    "one to a scalar": (lambda t, x: (x**3).sum(), [(3,)]),
    "two to one": (lambda t, x, y: x.exp() @ y, [(2, 3), (3,)]),
    "two to two": (lambda t, x, y: (x * y.sum(), y.sin()), [(2,), (3,)]),
    "an input that is not used": (lambda t, x, y: (x * 2, x.sum()), [(2,), (2,)]),
    "a constant output": (lambda t, x: (x * x, t.ones(2, dtype=t.float64)), [(2,)]),
    "empty": (lambda t, x: x * 2, [(0,)]),
    "0-d": (lambda t, x: x.sin(), [()]),
}
SCALARS = {
    "one": (lambda t, x: (x**3).sum(), [(2, 2)]),
    "two": (lambda t, x, y: (x**2 * y.sum()).sum(), [(2,), (3,)]),
    "linear": (lambda t, x: x.sum() * 2, [(2,)]),
    "not all used": (lambda t, x, y: (x**2).sum(), [(2,), (2,)]),
    "1 element": (lambda t, x: x**4, [(1,)]),
}


def call(torch, name, table, case, **options):
    function, shapes = table[case]
    inputs = tuple(values(torch, *shape, start=0.5 + i) for i, shape in enumerate(shapes))
    for x in inputs:
        x.requires_grad_(options.get("create_graph", False))
    f = lambda *args: function(torch, *args)
    vectors = [x.detach() * 2 - 1 for x in inputs]
    if name == "vjp":
        outputs = f(*inputs)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        vectors = [values(torch, *y.shape) for y in outputs]
    given = () if name in ("jacobian", "hessian") else (tuple(vectors) if len(vectors) > 1 else vectors[0],)
    try:
        found = getattr(functional(torch), name)(f, inputs if len(inputs) > 1 else inputs[0], *given, **options)
    except Exception as error:
        return type(error).__name__
    return plain(found)


@pytest.mark.parametrize("create_graph, strict", [*itertools.product([False, True], repeat=2)])
@pytest.mark.parametrize("name", ["vjp", "jvp", "jacobian"])
@pytest.mark.parametrize("case", [c for c in FUNCTIONS if c != "empty"])
def test_first_derivatives_are_pytorchs(peer, name, case, create_graph, strict):
    options = {"create_graph": create_graph, "strict": strict}
    assert alike(*(call(torch, name, FUNCTIONS, case, **options) for torch in (rushlight, peer)))


@pytest.mark.parametrize("create_graph, strict", [*itertools.product([False, True], repeat=2)])
@pytest.mark.parametrize("name", ["vhp", "hvp", "hessian"])
@pytest.mark.parametrize("case", SCALARS)
def test_second_derivatives_are_pytorchs(peer, name, case, create_graph, strict):
    options = {"create_graph": create_graph, "strict": strict}
    assert alike(*(call(torch, name, SCALARS, case, **options) for torch in (rushlight, peer)))


def test_derivatives_of_nothing_are_empty():
    """PyTorch has no Jacobian of an empty tensor: it stacks no rows, and fails."""
    for name, options in (("jacobian", {}), ("jacobian", {"vectorize": True}), ("vjp", {}), ("jvp", {})):
        found = call(rushlight, name, FUNCTIONS, "empty", **options)
        assert found == (((0, 0), False, []) if name == "jacobian" else (((0,), False, []),) * 2)


@pytest.mark.parametrize("options", [{"vectorize": True}, {"vectorize": True, "create_graph": True}])
@pytest.mark.parametrize("case", [c for c in FUNCTIONS if c != "empty"])
def test_a_jacobian_in_one_batch_is_the_same(case, options):
    expected = call(rushlight, "jacobian", FUNCTIONS, case, create_graph=options.get("create_graph", False))
    assert alike(call(rushlight, "jacobian", FUNCTIONS, case, **options), expected)


@pytest.mark.parametrize("case", FUNCTIONS)
def test_a_jacobian_by_columns_is_the_same(case):
    found = call(rushlight, "jacobian", FUNCTIONS, case, vectorize=True, strategy="forward-mode")
    assert alike(found, call(rushlight, "jacobian", FUNCTIONS, case))


@pytest.mark.parametrize(
    "options", [{"vectorize": True}, {"vectorize": True, "outer_jacobian_strategy": "forward-mode"}]
)
@pytest.mark.parametrize("case", SCALARS)
def test_a_hessian_in_one_batch_is_the_same(case, options):
    assert alike(call(rushlight, "hessian", SCALARS, case, **options), call(rushlight, "hessian", SCALARS, case))


def alike(found, expected):
    if isinstance(found, (str, bool, int)) or isinstance(expected, str):
        return found == expected
    if isinstance(found, (list, tuple)):
        return len(found) == len(expected) and all(map(alike, found, expected))
    return found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "program, error, text",
    [
        (lambda f, x: f.vjp(lambda x: x * 2, x), RuntimeError, "The vector v can only be None if"),
        (lambda f, x: f.jvp(lambda x: x * 2, x), RuntimeError, "The vector v can only be None if"),
        (lambda f, x: f.vhp(lambda x: x.sum(), x), RuntimeError, "The vector v can only be None if"),
        (lambda f, x: f.vjp(lambda x: x * 2, x, (x, x)), RuntimeError, "The given v should contain a single Tensor"),
        (
            lambda f, x: f.jvp(lambda x, y: x, (x, x), (x,)),
            RuntimeError,
            "v is a tuple of invalid length: should be 2 but got 1",
        ),
        (lambda f, x: f.vjp(lambda x: x * 2, x, x[:1]), RuntimeError, "v has invalid size: should be"),
        (
            lambda f, x: f.jvp(lambda x, y: x, (x, x), (x, x[:1])),
            RuntimeError,
            "Entry 1 in v has invalid size: should be",
        ),
        (lambda f, x: f.hessian(lambda x: x * 2, x), RuntimeError, "should contain a single element"),
        (lambda f, x: f.hvp(lambda x: (x.sum(), x), x, x), RuntimeError, "should return a single Tensor"),
        (
            lambda f, x: f.jacobian(lambda x: 5, x),
            TypeError,
            "must be either a Tensor or a tuple of Tensors but the given",
        ),
        (
            lambda f, x: f.jacobian(lambda x: x, [x]),
            TypeError,
            "The inputs given to jacobian must be either a Tensor or",
        ),
        (lambda f, x: f.jacobian(lambda x, y: x, (x, 5)), TypeError, "but the value at index 1 has type"),
        (lambda f, x: f.jacobian(lambda x: x, x, strategy="some"), AssertionError, "Expected strategy to be either"),
        (
            lambda f, x: f.jacobian(lambda x: x * 2, x, strict=True, vectorize=True),
            RuntimeError,
            "not supported together",
        ),
        (
            lambda f, x: f.jacobian(lambda x: x, x, strategy="forward-mode"),
            NotImplementedError,
            "only\\s?implemented for",
        ),
        (
            lambda f, x: f.vjp(lambda x: x.detach(), x, x, strict=True),
            RuntimeError,
            "does not require gradients. The outputs",
        ),
        (lambda f, x: f.jacobian(lambda x, y: x * 2, (x, x), strict=True), RuntimeError, "independent of input 1"),
        (
            lambda f, x: f.hessian(lambda x: x.sum(), x, strict=True),
            RuntimeError,
            "While computing the hessian, found that",
        ),
    ],
)
def test_errors(torch, program, error, text):
    with pytest.raises(error, match=text):
        program(functional(torch), values(torch, 2))


def test_results_with_a_graph_can_be_differentiated(torch):
    x = values(torch, 2).requires_grad_()
    f = functional(torch)
    cube = lambda x: (x**3).sum()
    for function in (
        lambda x: f.jacobian(cube, x, create_graph=True),
        lambda x: f.hessian(cube, x, create_graph=True),
        lambda x: f.vjp(cube, x, create_graph=True)[1],
        lambda x: f.jvp(cube, x, x, create_graph=True)[1],
        lambda x: f.vhp(cube, x, x, create_graph=True)[1],
        lambda x: f.hvp(cube, x, x, create_graph=True)[1],
    ):
        assert torch.autograd.gradcheck(function, x)


def test_what_the_function_takes_from_elsewhere_is_constant(torch):
    x = values(torch, 2).requires_grad_()
    (found,) = functional(torch).jacobian(lambda y: (y * x).sum(), (x,))
    assert found.tolist() == x.tolist() and not found.requires_grad


def test_a_batch_of_gradients(torch):
    x, y = values(torch, 3).requires_grad_(), values(torch, 3).requires_grad_()
    z = x**2 * y
    seeds = values(torch, 4, 3)
    found = torch.autograd.grad(z, (x, y), seeds, is_grads_batched=True, retain_graph=True)
    for i in range(4):
        one = torch.autograd.grad(z, (x, y), seeds[i], retain_graph=True)
        assert [g[i].tolist() for g in found] == [g.tolist() for g in one]
    unused = torch.ones(1, requires_grad=True)
    assert torch.autograd.grad(z, (x, unused), seeds, is_grads_batched=True, allow_unused=True)[1] is None
    with pytest.raises(RuntimeError):
        z.sum().backward()  # freed by the last of the batch
