"""Reductions, scans, sorting, searching and counting: values, orders, bits, gradients, errors."""

import numpy as np
import pytest

import rushlight as torch
from rushlight.autograd import gradcheck, gradgradcheck

RNG = np.random.default_rng(7)


def normal(*shape, dtype=np.float64):
    return RNG.normal(size=shape).astype(dtype)


def same(got, want):
    got = got.numpy() if isinstance(got, torch.Tensor) else got
    np.testing.assert_array_equal(got, want)


def bits(t):
    return t.numpy().tobytes()


SIZES = [1, 2, 31, 64, 65, 100, 1000, 5000, 70000]
KINDS = [
    "float32",
    "float64",
    "float16",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "bool",
]


def awkward(n, kind):
    """Rows with ties; floats also with NaN of both signs, both zeros and infinities."""
    x = (RNG.normal(size=(3, n)) * 40).round(1)
    if "float" not in kind:
        return np.abs(x).astype(kind) if kind.startswith("u") else x.astype(kind)
    x = x.astype(kind)
    for i, odd in enumerate([np.nan, -0.0, 0.0, np.inf, -np.inf, -np.nan]):
        if n > 2 * i + 2:
            x[:, 2 * i + 1] = odd
    return x


def in_order(x, descending):
    """Where the sorted elements were: NaN the largest, equals as they came."""
    rank = np.argsort(np.argsort(np.unique(x)))
    codes = np.searchsorted(np.unique(x), x) if rank.size else x.astype(int)
    codes = np.where(x != x, rank.size, codes)
    return np.argsort(-codes if descending else codes, axis=-1, kind="stable")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("descending", [False, True])
def test_sort_is_stable_and_nan_is_the_largest(n, kind, descending):
    x = awkward(n, kind)
    want = in_order(x, descending)
    values, indices = torch.sort(torch.tensor(x), -1, descending)
    same(indices, want)
    assert bits(values) == np.take_along_axis(x, want, -1).tobytes()
    if kind != "bool":
        for k in {1, min(10, n), n}:
            top = torch.topk(torch.tensor(x), k, largest=descending)
            same(top.indices, want[:, :k])
            assert bits(top.values) == np.take_along_axis(x, want[:, :k], -1).tobytes()


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "bool"])
@pytest.mark.parametrize("n", SIZES)
def test_the_kth_and_the_medians_stand_where_sorting_puts_them(n, kind):
    x = awkward(n, kind)
    order = np.take_along_axis(x, in_order(x, False), -1)
    for k in {1, (n + 1) // 2, n}:
        value, index = torch.kthvalue(torch.tensor(x), k)
        same(value, order[:, k - 1])
        same(np.take_along_axis(x, index.numpy()[:, None], -1)[:, 0], order[:, k - 1])
    has_nan = (x != x).any(-1)
    same(
        torch.median(torch.tensor(x), 1).values,
        np.where(has_nan, x.dtype.type(np.nan if has_nan.any() else 0), order[:, (n - 1) // 2]),
    )
    valid = (x == x).sum(-1)
    same(torch.nanmedian(torch.tensor(x), 1).values, order[np.arange(3), np.maximum(valid - 1, 0) // 2])


def test_a_topk_of_ascending_values_keeps_the_last():
    x = torch.arange(100000.0)
    same(torch.topk(x, 3).values, [99999, 99998, 99997])
    same(torch.topk(x, 3, largest=False).indices, [0, 1, 2])


def scan_in_blocks(x, combine):
    """The order of scans: blocks of 4096, each in order, on top of the total of those before."""
    out, before = np.empty_like(x), None
    for b in range(0, len(x), 4096):
        running = combine.accumulate(x[b : b + 4096])
        out[b : b + 4096] = running if before is None else combine(before, running)
        before = out[min(b + 4096, len(x)) - 1]
    return out


@pytest.mark.parametrize("op, combine", [("cumsum", np.add), ("cumprod", np.multiply)])
@pytest.mark.parametrize("n", [1, 7, 4096, 4097, 50000, 300001])
def test_scans_keep_their_order_in_every_layout_on_any_number_of_threads(op, combine, n):
    x = (
        RNG.normal(size=(3, n)).astype(np.float32)
        if op == "cumsum"
        else (1 + RNG.normal(size=(3, n)) / 99).astype(np.float32)
    )
    want = np.stack([scan_in_blocks(row, combine) for row in x])
    scan = getattr(torch, op)
    for threads in (1, 2, 5):
        torch.set_num_threads(threads)
        t = torch.tensor(x)
        assert bits(scan(t, 1)) == want.tobytes()
        assert bits(scan(t[1], 0)) == want[1].tobytes()
        assert bits(scan(t.t().contiguous(), 0)) == np.ascontiguousarray(want.T).tobytes()
        assert (
            bits(scan(t.flip(1).t()[:, ::2], 0))
            == np.ascontiguousarray(np.stack([scan_in_blocks(row[::-1].copy(), combine) for row in x[::2]]).T).tobytes()
        )


def sum_in_order(x):
    """The order of sums: element i in lane i mod 32 of block i div 4096, lanes and then blocks in pairs."""
    blocks = []
    for b in range(0, len(x), 4096):
        lanes = np.zeros(32, x.dtype)
        for i in range(b, min(b + 4096, len(x)), 32):
            part = x[i : min(i + 32, b + 4096)]
            lanes[: len(part)] += part
        for half in (16, 8, 4, 2, 1):
            lanes = lanes[:half] + lanes[half : 2 * half]
        blocks.append(lanes[0])
    while len(blocks) > 1:
        odd = blocks[-1:] if len(blocks) % 2 else []
        blocks = [a + b for a, b in zip(blocks[::2], blocks[1::2])] + odd
    return blocks[0]


@pytest.mark.parametrize("n", [1, 33, 4096, 13000])
def test_spreads_and_norms_take_the_order_of_sums(n):
    x = RNG.normal(size=(n, 5)).astype(np.float32)
    for column in (0, 4):
        y = x[:, column].copy()
        mean = np.float32(sum_in_order(y) / np.float32(n))
        squares = sum_in_order((y - mean) * (y - mean))
        want = np.float32(squares / np.float32(n))
        assert torch.var(torch.tensor(y), correction=0).item() == want
        assert torch.var(torch.tensor(x), 0, correction=0)[column].item() == want
        assert torch.norm(torch.tensor(x), dim=0)[column].item() == np.sqrt(sum_in_order(y * y))


REFERENCES = [
    ("quantile", lambda x: np.quantile(x, 0.3, axis=0), {"q": 0.3, "dim": 0}),
    ("nanquantile", lambda x: np.quantile(x, 0.7), {"q": 0.7}),
    ("diff", lambda x: np.diff(x, 2, 0), {"n": 2, "dim": 0}),
    ("msort", lambda x: np.sort(x, 0), {}),
    ("trace", np.trace, {}),
    ("cov", np.cov, {}),
    ("corrcoef", np.corrcoef, {}),
    ("nanmean", lambda x: x.mean(0), {"dim": 0}),
    ("aminmax", lambda x: x.min(1), {"dim": 1}),
]


@pytest.mark.parametrize("op, reference, arguments", REFERENCES)
def test_values(op, reference, arguments):
    x = normal(5, 7)
    made = getattr(torch, op)(torch.tensor(x), **arguments)
    made = made[0] if isinstance(made, tuple) else made
    np.testing.assert_allclose(made.numpy(), reference(x), rtol=1e-12, atol=1e-12)


DIFFERENTIABLE = [
    *((op, {"dim": 0}) for op in ("nanmean", "aminmax", "diff")),
    ("quantile", {"q": 0.3}),
    ("msort", {}),
    ("trace", {}),
    ("renorm", {"p": 2, "dim": 0, "maxnorm": 1.0}),
]


@pytest.mark.parametrize("op, arguments", DIFFERENTIABLE)
def test_gradients(op, arguments):
    def f(t):
        made = getattr(torch, op)(t, **arguments)
        if not isinstance(made, tuple):
            return made
        return tuple(m for m in made if m.dtype == torch.float64)

    x = torch.tensor(normal(4, 5), requires_grad=True)
    assert gradcheck(f, (x,))
    assert gradgradcheck(f, (x,))


@pytest.mark.parametrize("op", ["norm", "std"])
def test_the_gradient_at_the_kink_is_zero(op):
    x = torch.zeros(3, requires_grad=True)
    getattr(torch, op)(x).backward()
    same(x.grad, [0, 0, 0])


def test_searching_and_counting():
    edges, x = np.sort(normal(77)), normal(5000)
    found = torch.bucketize(torch.tensor(x), torch.tensor(edges), out_int32=True)
    assert found.dtype == torch.int32
    same(found, np.searchsorted(edges, x))
    hist, bin_edges = torch.histogram(torch.tensor(x), 10)
    same(hist, np.histogram(x, 10)[0])
    np.testing.assert_allclose(bin_edges.numpy(), np.histogram(x, 10)[1], rtol=1e-12)
    assert torch.histogram(torch.tensor(x), torch.tensor([0.0], dtype=torch.float64)).hist.shape == (0,)


@pytest.mark.parametrize("dim", [None, 0, 1])
def test_unique(dim):
    x = RNG.integers(0, 3, (50, 3))
    want = np.unique(x, return_inverse=True, return_counts=True, axis=dim)
    made = torch.unique(torch.tensor(x), return_inverse=True, return_counts=True, dim=dim)
    for a, b in zip(made, want):
        same(a, b.reshape(tuple(a.shape)))
    same(torch.isin(torch.tensor(x), torch.tensor([0, 2])), np.isin(x, [0, 2]))


def test_named_results_print_and_are_delivered():
    assert (
        repr(torch.max(torch.zeros(2, 1), 0)) == "torch.return_types.max(\nvalues=tensor([0.]),\nindices=tensor([0]))"
    )
    out = torch.empty(0), torch.empty(0, dtype=torch.int64)
    made = torch.sort(torch.tensor([2.0, 1.0]), out=out)
    assert made.values is out[0] and made.indices is out[1]
    same(out[0], [1, 2])
    with pytest.raises(TypeError):
        torch.sort(torch.zeros(2), out=out[:1])
    with pytest.raises(TypeError):
        torch.sort(torch.zeros(2), out=(1, 2))


ERRORS = [
    (RuntimeError, "q must be in the range", lambda: torch.quantile(torch.zeros(2), 1.5)),
    (NotImplementedError, "not implemented for", lambda: torch.sort(torch.zeros(2, dtype=torch.complex64))),
    (RuntimeError, "dim 1 appears multiple times", lambda: torch.gradient(torch.zeros(3, 3), dim=(1, -1))),
    (
        RuntimeError,
        "aminmax: Expected out tensor to have dtype float32, but got float64",
        lambda: torch.aminmax(torch.zeros(2), out=(torch.zeros(()), torch.zeros((), dtype=torch.float64))),
    ),
    (
        RuntimeError,
        "topk: Expected out tensor to have dtype int64, but got int32",
        lambda: torch.topk(torch.zeros(2), 1, out=(torch.zeros(1), torch.zeros(1, dtype=torch.int32))),
    ),
    (RuntimeError, "Boolean alpha", lambda: torch.add(torch.zeros(2), 1, alpha=True)),
    (RuntimeError, "complex number", lambda: torch.add(torch.zeros(2), 1, alpha=1j)),
    (TypeError, "'start'", lambda: torch.zeros(3).narrow(0, torch.tensor(True), 1)),
]


@pytest.mark.parametrize("kind, text, call", ERRORS)
def test_errors(kind, text, call):
    with pytest.raises(kind, match=text):
        call()


def test_products_and_their_in_place_forms():
    m, v, w = normal(3, 4), normal(4), normal(3)
    t = torch.tensor
    np.testing.assert_allclose(torch.addmv(t(w), t(m), t(v), beta=2, alpha=3).numpy(), 2 * w + 3 * m @ v)
    np.testing.assert_allclose(t(m).addr_(t(w), t(v)).numpy(), m + np.outer(w, v))
    a, b, c = normal(2, 3, 4), normal(2, 4, 5), normal(3, 5)
    np.testing.assert_allclose(torch.addbmm(t(c), t(a), t(b)).numpy(), c + (a @ b).sum(0))
    np.testing.assert_allclose(torch.baddbmm(t(c), t(a), t(b), beta=0.5).numpy(), c / 2 + a @ b)
    np.testing.assert_allclose(torch.inner(t(a), t(m)).numpy(), np.inner(a, m))
    nothing = torch.full((3,), float("nan"), dtype=torch.float64)
    np.testing.assert_allclose(torch.addmv(nothing, t(m), t(v), beta=0).numpy(), m @ v)
    for f, given in (
        (torch.addmv, (w, m, v)), (torch.addr, (m, w, v)), (torch.addbmm, (c, a, b)), (torch.baddbmm, (c, a, b)),
        (torch.inner, (a, m)), (torch.outer, (v, w)), (torch.vdot, (v, v)),
    ):  # fmt: skip
        assert gradcheck(f, [t(x).requires_grad_() for x in given])


def test_products_without_elements_have_gradients():
    for shapes in (((5, 5, 0), (0, 5)), ((2, 3, 0), (0, 0)), ((0, 5), (5, 5, 0)), ((0, 2, 3), (3, 4))):
        inputs = [torch.ones(shape, requires_grad=True) for shape in shapes]
        torch.matmul(*inputs).sum().backward()
        for x in inputs:
            same(x.grad, np.zeros(x.shape, np.float32))


def test_unique_slices_are_ordered_by_the_dims_that_are_left():
    x = np.random.default_rng(0).integers(0, 2, (3, 2, 40))
    for dim in range(3):
        values, back, counts = torch.unique(torch.tensor(x), dim=dim, return_inverse=True, return_counts=True)
        for got, want in zip(
            (values, back, counts), np.unique(x, axis=dim, return_inverse=True, return_counts=True)[:3]
        ):
            same(got, want)


def test_no_difference_is_the_input_alone():
    x = torch.arange(4.0)
    assert torch.diff(x, 0, 0, torch.zeros(1), torch.zeros(2)).equal(x)


def test_alpha_of_booleans():
    x, y = torch.tensor([True, False]), torch.tensor([True, True])
    assert torch.add(x, y, alpha=False).equal(x) and torch.add(x, y, alpha=2).equal(y)


@pytest.mark.parametrize("low, high", [(-5, 5), (7, 8), (-(2**31), 2**31), (-(2**40), 2**40), (-(2**63), 2**63 - 1)])
@pytest.mark.parametrize("n", [20, 1000])
def test_integers_sort_whatever_range_they_span(low, high, n):
    x = RNG.integers(low, high, (2, n), dtype=np.int64)
    for descending in (False, True):
        values, places = torch.sort(torch.from_numpy(x), dim=1, descending=descending, stable=True)
        order = np.argsort(~x if descending else x, axis=1, kind="stable")
        np.testing.assert_array_equal(places.numpy(), order)
        np.testing.assert_array_equal(values.numpy(), np.take_along_axis(x, order, 1))
