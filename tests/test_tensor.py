"""Ops: values against NumPy, layouts, dtypes, derivatives, and what bad input gets."""

import numpy as np
import pytest

import rushlight as torch
from rushlight import _C
from rushlight.autograd import gradcheck, gradgradcheck

UNARY = {
    "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tanh": np.tanh, "abs": np.abs, "neg": np.negative,
    "square": np.square, "reciprocal": np.reciprocal, "log1p": np.log1p, "expm1": np.expm1, "floor": np.floor, "ceil": np.ceil,
    "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "relu": lambda x: np.maximum(x, 0),
}  # fmt: skip
BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": np.power,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "atan2": np.arctan2,
}
LAYOUTS = {
    "contiguous": lambda x: x,
    "transposed": lambda x: x.t().contiguous().t(),
    "strided": lambda x: torch.stack([x, x], -1)[..., 0],
}


def values(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0.2, 2.0, shape)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", UNARY)
def test_unary(name, layout, dtype):
    array = values(19, 37).astype(np.float32).astype(np.float64)
    x = LAYOUTS[layout](torch.tensor(array, dtype=dtype))
    result = getattr(torch, name)(x)
    assert result.dtype == dtype
    np.testing.assert_allclose(result.numpy(), UNARY[name](array), rtol=3e-6 if dtype == torch.float32 else 1e-12)
    assert torch.equal(result, getattr(torch, name)(x.contiguous())), "the layout changed the bits"


@pytest.mark.parametrize("name", BINARY)
def test_binary_broadcasts(name):
    a, b = values(5, 1, 7, seed=1), values(3, 1, seed=2)
    result = getattr(torch, name)(torch.tensor(a), torch.tensor(b))
    np.testing.assert_allclose(result.numpy(), BINARY[name](a, b), rtol=1e-12)


@pytest.mark.parametrize("dim", [None, 0, 1, 2, (0, 2), -1])
@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin"])
def test_reductions(name, dim):
    array = values(3, 70, 41)
    reduce = {"amax": np.max, "amin": np.min}.get(name) or getattr(np, name)
    arguments = () if dim is None else (dim,)
    for layout in (lambda x: x, lambda x: x.permute(2, 0, 1).contiguous().permute(1, 2, 0)):
        result = getattr(torch, name)(layout(torch.tensor(array)), *arguments)
        np.testing.assert_allclose(result.numpy(), reduce(array, axis=dim), rtol=1e-12)


def test_sum_has_the_same_bits_however_it_lies():
    x = torch.rand(5000, 33)
    columns = x.sum(0)
    for c in range(0, 33, 8):
        assert torch.equal(columns[c], x[:, c].sum())
        assert torch.equal(columns[c], x[:, c].contiguous().sum())


def test_sum_has_the_same_bits_on_any_number_of_threads():
    x = torch.rand(300_001)
    torch.set_num_threads(1)
    alone = x.sum()
    for threads in (2, 4):
        torch.set_num_threads(threads)
        assert torch.equal(alone, x.sum())


@pytest.mark.parametrize(
    "m,k,n", [(1, 1, 1), (3, 5, 2), (17, 300, 33), (64, 784, 50), (1, 700, 129), (40, 0, 20), (5, 9000, 3)]
)
def test_products(m, k, n):
    a, b = values(m, k), values(k, n, seed=1)
    x, y = torch.tensor(a), torch.tensor(b)
    expected = a @ b
    np.testing.assert_allclose((x @ y).numpy(), expected, rtol=1e-12)
    turned = y.t().contiguous().t()
    assert torch.equal(x @ y, x @ turned)
    assert torch.equal((x @ y)[-1], (x[-1:] @ y)[0]), "a row alone differs from the row in a batch"
    torch.set_num_threads(2)
    two = x @ y
    torch.set_num_threads(1)
    assert torch.equal(two, x @ y)


def test_index_reading_and_writing():
    array = np.arange(60.0).reshape(3, 4, 5)
    x = torch.tensor(array)
    rows, cols = [0, 2], [1, 3]
    for key in [
        0,
        (1, 2),
        slice(1, None),
        (slice(None), slice(None, None, 2)),
        (..., 1),
        None,
        (rows,),
        (slice(None), cols),
        (rows, cols),
    ]:
        np.testing.assert_array_equal(x[key].numpy(), array[key])
    mask = array > 20
    np.testing.assert_array_equal(x[torch.tensor(mask)].numpy(), array[mask])
    x[1, 1:3] = -1.0
    array[1, 1:3] = -1.0
    x[torch.tensor(array < 0)] = 7.0
    array[array < 0] = 7.0
    np.testing.assert_array_equal(x.numpy(), array)


DIFFERENTIABLE = {
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
    "matmul": lambda a, b: a @ b.t(),
    "broadcast": lambda a, b: a + b[0],
    "tanh": lambda a, b: (a * b).tanh(),
    "gelu": lambda a, b: torch.nn.functional.gelu(a - b),
    "softmax": lambda a, b: torch.softmax(a * b, 1),
    "log_softmax": lambda a, b: torch.log_softmax(a * b, 0),
    "max": lambda a, b: (a * b).max(1)[0],
    "cumsum": lambda a, b: (a * b).cumsum(1),
    "index": lambda a, b: a[[0, 0, 1]] * b[:, 1:2],
    "cat": lambda a, b: torch.cat([a, b * b], 1),
    "where": lambda a, b: torch.where(a > 1, a * b, b),
    "mean": lambda a, b: (a * b).mean(0, keepdim=True),
    "view": lambda a, b: (a * b).reshape(-1)[2:5].unsqueeze(0),
    "mse": lambda a, b: torch.nn.functional.mse_loss(a, b),
}


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_derivatives(name):
    a = torch.tensor(values(3, 3, seed=3), requires_grad=True)
    b = torch.tensor(values(3, 3, seed=4), requires_grad=True)
    assert gradcheck(DIFFERENTIABLE[name], (a, b))
    assert gradgradcheck(DIFFERENTIABLE[name], (a, b))


def test_writing_into_a_view_rewrites_the_history_of_its_base():
    x = torch.ones(2, 3, requires_grad=True)
    y = x * 2
    y[0].mul_(5)
    y[1, 2] = 0.0
    y.sum().backward()
    assert x.grad.tolist() == [[10.0, 10.0, 10.0], [2.0, 2.0, 0.0]]


def test_errors_teach():
    a = torch.ones(2, 3)
    with pytest.raises(RuntimeError, match="must match the size of tensor b"):
        a + torch.ones(4)
    with pytest.raises(RuntimeError, match=r"cannot be multiplied \(2x3 and 2x3\)"):
        a @ a
    with pytest.raises(IndexError, match="out of bounds"):
        a[5]
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        torch.ones(2, requires_grad=True).add_(1)
    with pytest.raises(RuntimeError, match="memory location"):
        b = torch.ones(3, 3)
        b.add_(b.t())
    x = torch.ones(2, requires_grad=True)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="second time"):
        y.backward()
    z = x * 1
    w = z.exp()
    w.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        w.sum().backward()
    with pytest.raises(RuntimeError, match="negative dimension"):
        torch.zeros(-1)
    with pytest.raises((RuntimeError, MemoryError)):
        torch.zeros(2**40, 2**20)


def test_meta_tensors_have_shapes_and_no_values():
    x = torch.empty(3, 4, device="meta")
    assert (x + x).sum(1).shape == (3,)
    assert (x @ x.t()).shape == (3, 3)
    with pytest.raises(RuntimeError):
        x.sum().item()


def test_a_subclass_stays_its_class_and_a_parameter_does_not():
    class Mine(torch.Tensor):
        pass

    m = Mine([1.0, 2.0])
    assert type(m + 1) is Mine
    assert type(torch.nn.Parameter(torch.ones(2)) + 1) is torch.Tensor
    a = torch.ones(2)
    assert a.contiguous() is a and a.add_(1) is a


def test_every_row_is_bound_and_has_a_signature():
    import inspect

    for function, name, *_ in _C._rows():
        assert function in _C.rows, name
        assert str(inspect.signature(_C.rows[function]))


def test_linear_of_no_rows_is_empty():
    assert torch._C.linear(torch.ones(2, 0, 3), torch.ones(1, 3)).shape == (2, 0, 1)
    assert torch.matmul(torch.ones(2, 0, 3), torch.ones(3, 4)).shape == (2, 0, 4)
