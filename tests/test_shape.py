"""Views, indexing, joining and creation: the same as PyTorch's, and as NumPy's where PyTorch has nothing."""

import random

import numpy as np
import pytest

import rushlight
from rushlight.autograd import gradcheck, gradgradcheck

SHAPES = [(), (4,), (2, 3, 4), (3, 1, 2, 5), (2, 0, 3)]


def both(peer, shape, dtype="float64"):
    array = (np.arange(int(np.prod(shape))) * 7 % 23 - 9).astype(dtype).reshape(shape)
    return rushlight.tensor(array), peer.tensor(array)


def outcome(function, *args):
    """What a call gives: values and dtype, or the class of its exception."""
    try:
        result = function(*args)
    except Exception as error:
        return type(error).__name__
    return [(list(r.shape), str(r.dtype), r.tolist()) for r in (result if isinstance(result, tuple) else (result,))]


# ---- x[key] ---------------------------------------------------------------------------------------------------------


def random_item(draw, size, torch):
    """An item of a key as a function of the library, so that both get their own tensors."""
    kind = draw.choice("isssneTLLMBRA")
    if kind == "i":
        i = draw.randint(-size - 1, size) if draw.random() < 0.2 else draw.randint(-size, max(size - 1, -size))
        return lambda t: i
    if kind == "s":
        ends = [draw.choice([None, draw.randint(-6, 6)]) for _ in range(2)]
        step = draw.choice([None, 1, 2, 3])
        return lambda t: slice(*ends, step)
    if kind == "n":
        return lambda t: None
    if kind == "e":
        return lambda t: ...
    if kind == "T":
        index = [draw.randint(-size, max(size - 1, 0)) for _ in range(draw.choice([0, 1, 2]))]
        dtype = draw.choice(["int64", "int32"])
        return lambda t: t.tensor(index, dtype=getattr(t, dtype))
    if kind == "L":
        index = [draw.randint(-size, max(size - 1, 0)) for _ in range(2)]
        return lambda t: t.tensor([index, index[::-1]]) if index[0] > 0 else list(index)
    if kind == "M":
        mask = [draw.random() < 0.5 for _ in range(size)]
        return lambda t: t.tensor(mask, dtype=t.bool)
    if kind == "B":
        on, wrapped = draw.random() < 0.5, draw.random() < 0.5
        return lambda t: t.tensor(on) if wrapped else on
    if kind == "R":
        return lambda t: range(min(size, 2))
    return lambda t: np.array([0, 0]) if size else np.int64(0)


def random_key(seed, shape, torch):
    draw = random.Random(seed)
    sizes = [draw.choice(shape) if shape else 1 for _ in range(draw.randint(1, len(shape) + 1))]
    if draw.random() < 0.7:
        sizes = list(shape[: draw.randint(1, max(len(shape), 1))]) or [1]
    items = [random_item(draw, size, torch) for size in sizes]
    if len(items) == 1 and draw.random() < 0.7:
        return lambda t: items[0](t)
    return lambda t: tuple(item(t) for item in items)


def read(torch, x, key):
    return x[key(torch)]


def write(torch, x, key, value):
    x = x.clone()
    x[key(torch)] = value(torch, x[key(torch)])
    return x


VALUES = [lambda torch, there: 3, lambda torch, there: torch.tensor(2.5), lambda torch, there: there * 2]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.filterwarnings("ignore")
def test_random_keys_read_and_write_as_in_pytorch(peer, shape):
    ours, theirs = both(peer, shape)
    for seed in range(400):
        key = random_key(seed, shape, peer)
        assert outcome(read, rushlight, ours, key) == outcome(read, peer, theirs, key), f"{shape}: x[{key(peer)}]"
        for value in VALUES:
            want = outcome(write, peer, theirs, key, value)
            assert outcome(write, rushlight, ours, key, value) == want, f"{shape}: x[{key(peer)}] = ..."


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4)], ids=str)
def test_slices_go_backwards_as_in_numpy(shape):
    draw = random.Random(3)
    array = np.arange(float(np.prod(shape))).reshape(shape)
    for _ in range(200):
        key = tuple(
            slice(*(draw.choice([None, draw.randint(-7, 7)]) for _ in range(2)), draw.choice([-3, -2, -1, 1, 2, None]))
            for _ in range(draw.randint(1, len(shape)))
        )
        x = rushlight.tensor(array, requires_grad=True)
        y = x[key]
        assert y.tolist() == array[key].tolist(), key
        y.sum().backward()
        mask = np.zeros(shape)
        mask[key] = 1
        assert x.grad.tolist() == mask.tolist(), key
        copied = array.copy()
        copied[key] = -1
        z = rushlight.tensor(array)
        z[key] = -1
        assert z.tolist() == copied.tolist(), key


def test_a_backward_slice_is_a_view_and_computes():
    x = rushlight.arange(6.0)
    y = x[::-1]
    y.mul_(2)
    assert x.tolist() == [0, 2, 4, 6, 8, 10] and (y + 1).tolist() == [11, 9, 7, 5, 3, 1]
    assert y.reshape(2, 3).t().contiguous().tolist() == [[10, 4], [8, 2], [6, 0]]
    assert gradcheck(lambda x: (x[::-2] ** 2).sum(), [rushlight.rand(5, dtype=rushlight.float64, requires_grad=True)])
    assert gradgradcheck(lambda x: x[::-2] ** 3, [rushlight.rand(5, dtype=rushlight.float64, requires_grad=True)])
    base = rushlight.rand(4, dtype=rushlight.float64, requires_grad=True) * 1
    base[::-1][:2].mul_(3)  # an in-place write through it reaches the base's history
    base.retain_grad()
    base.sum().backward()


# ---- functions ------------------------------------------------------------------------------------------------------

I = [[0, 2, 1], [1, 0, 0]]
CASES = {  # name: calls of the library and a (2, 3, 4) tensor
    "movedim": [lambda t, x: t.movedim(x, 0, -1), lambda t, x: x.moveaxis((0, 1), (2, 0)), lambda t, x: x.movedim(0, 5)],
    "split": [lambda t, x: t.hsplit(x, 3), lambda t, x: t.dsplit(x, (1, 2)), lambda t, x: t.vsplit(x, 3), lambda t, x: x.split_with_sizes([1, 2], 1)],
    "atleast": [lambda t, x: t.atleast_1d(x.sum()), lambda t, x: t.atleast_3d(x.sum(), x[0], x), lambda t, x: t.atleast_2d([x[0, 0]])],
    "broadcast": [lambda t, x: t.broadcast_tensors(x, x[:, :1]), lambda t, x: x.new_zeros(t.broadcast_shapes((2, 1), (3,), ())), lambda t, x: t.broadcast_shapes((2,), (3,))],
    "flips": [lambda t, x: x.fliplr(), lambda t, x: x.flipud(), lambda t, x: x.flip(0, 2), lambda t, x: x.rot90(1), lambda t, x: x.rot90(-1, (1, 2)), lambda t, x: x.rot90(2), lambda t, x: x.rot90(1, (0, 0))],
    "tile": [lambda t, x: x.tile(2), lambda t, x: x.tile((2, 1, 2, 1)), lambda t, x: x.repeat_interleave(2), lambda t, x: x.repeat_interleave(3, -1), lambda t, x: x.repeat_interleave(t.tensor([1, 0, 2]), 1), lambda t, x: x.repeat_interleave(-1)],
    "grids": [lambda t, x: t.meshgrid(x[0, 0], x[0, 1], indexing="xy"), lambda t, x: t.meshgrid(x[0, 0], x[0, :, 1], indexing="ij"), lambda t, x: t.cartesian_prod(x[0, 0], x[1, 1]), lambda t, x: t.combinations(x[0, 0], 3), lambda t, x: t.combinations(x[0, 0], 2, True)],
    "stacks": [lambda t, x: t.dstack([x[0], x[1]]), lambda t, x: t.column_stack([x[0, 0], x[1, 1]]), lambda t, x: t.row_stack([x[0, 0], x[1, 1]])],
    "diag": [lambda t, x: x[0, 0].diag(), lambda t, x: x[0].diag(1), lambda t, x: x.diag_embed(), lambda t, x: x.diag_embed(1, 0, 2), lambda t, x: x[0].diagflat(-1), lambda t, x: x.diag()],
    "sum_to_size": [lambda t, x: x.sum_to_size(3, 1), lambda t, x: x.sum_to_size((1, 1, 4)), lambda t, x: x.sum_to_size(2)],
    "take": [lambda t, x: t.take_along_dim(x, t.tensor([[[0, 2, 1]]]).mT, 1), lambda t, x: t.take_along_dim(x, t.tensor([5, 7])), lambda t, x: x.take(t.tensor([[0, -1]])), lambda t, x: x.gather(2, t.tensor([I]))],
    "fill": [lambda t, x: x[0].clone().fill_diagonal_(9), lambda t, x: t.zeros(7, 2, dtype=x.dtype).fill_diagonal_(3, True), lambda t, x: x[0, 0].clone().fill_diagonal_(9), lambda t, x: t.fill(x, 4)],
    "unravel": [lambda t, x: t.unravel_index(t.tensor([5, 11]), (3, 4))],
    "nonzero": [lambda t, x: t.where(x > 0), lambda t, x: x.nonzero(as_tuple=True), lambda t, x: x.argwhere(), lambda t, x: t.nonzero(x.sum(), as_tuple=True)],
    "index_put": [lambda t, x: x.index_put((t.tensor([0, 0]), t.tensor([1, 1])), x[0, 0], True), lambda t, x: x[0].clone().index_put_((t.tensor([True, False, True]),), x[0, 0, 0])],
    "view": [lambda t, x: x.view(t.int64), lambda t, x: x.view(t.int32), lambda t, x: x.view(t.uint8)[0].view(t.int16), lambda t, x: x.float()[..., 1:].view(t.float64), lambda t, x: x[..., :3].float().view(t.float64)],
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore")
def test_functions_give_what_pytorch_gives(peer, name):
    ours, theirs = both(peer, (2, 3, 4))
    for i, call in enumerate(CASES[name]):
        assert outcome(call, rushlight, ours) == outcome(call, peer, theirs), f"{name}[{i}]"


@pytest.mark.parametrize("name", sorted(set(CASES) - {"nonzero"}))
def test_shapes_are_known_without_values(name):
    real = rushlight.arange(24, dtype=rushlight.float64).reshape(2, 3, 4)
    for i, call in enumerate(CASES[name]):
        want, got = (outcome(shapes_of, call, x) for x in (real, rushlight.empty_like(real, device="meta")))
        assert got == want or isinstance(want, str), f"{name}[{i}]"  # an error may come from values


def shapes_of(call, x):
    made = call(rushlight, x)
    return tuple(rushlight.zeros(t.shape, dtype=t.dtype) for t in (made if isinstance(made, tuple) else (made,)))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("reduce", ["sum", "prod", "mean", "amax", "amin"])
@pytest.mark.parametrize("dtype", ["uint8", "int8", "bool"])
def test_narrow_values_that_meet_are_joined(peer, dtype, reduce, include_self):
    def calls(t):
        x = t.tensor([[3, -2, 0], [5, 1, 4]]).to(getattr(t, dtype))
        index = t.tensor([[0, 1, 0], [1, 1, 0]])
        src = t.tensor([[2, 7, -1], [4, 0, 6]]).to(getattr(t, dtype))
        yield lambda: t.scatter_reduce(x, 0, index, src, reduce, include_self=include_self)
        yield lambda: x.scatter_reduce(1, index, src, reduce, include_self=include_self)
        yield lambda: x.clone().t().scatter_reduce_(0, index.t(), src.t(), reduce, include_self=include_self)
        if reduce != "sum" and dtype != "bool":
            yield lambda: t.index_reduce(x, 1, t.tensor([2, 0, 2]), src, reduce, include_self=include_self)

    for i, (ours, theirs) in enumerate(zip(calls(rushlight), calls(peer))):
        want = outcome(theirs)
        if dtype == "bool" and reduce == "mean":
            want = "NotImplementedError"
        assert outcome(ours) == want, i


DIFFERENTIABLE = {
    "diag_embed": lambda t, x: (x**2).diag_embed(),
    "repeat_interleave": lambda t, x: x.repeat_interleave(t.tensor([1, 0, 2]), 0) ** 2,
    "take_along_dim": lambda t, x: t.take_along_dim(x, t.tensor([[0, 0, 3]]), 1) ** 2,
    "as_strided overlapping": lambda t, x: t.as_strided(x, (3, 3), (2, 1)) ** 2,
    "index_put": lambda t, x: x.index_put((t.tensor([0, 2]),), x[1] ** 2),
    "advanced": lambda t, x: x[t.tensor([0, 2]), ::2] ** 2,
    "mask": lambda t, x: x[x > 0.5] ** 2,
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients(name):
    x = rushlight.tensor(np.random.default_rng(2).uniform(0.3, 1.0, (3, 4)), requires_grad=True)
    assert gradcheck(lambda x: DIFFERENTIABLE[name](rushlight, x), [x])
    assert gradgradcheck(lambda x: DIFFERENTIABLE[name](rushlight, x), [x])


@pytest.mark.filterwarnings("ignore")
def test_assignments_have_pytorchs_gradients(peer):
    def gradient(torch, key, where):
        x = torch.arange(24.0, dtype=torch.float64).reshape(2, 3, 4).requires_grad_()
        v = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
        y = x * x
        place = y if where == "base" else y.transpose(0, 1)
        place[key(torch)] = v
        (y * torch.arange(24.0, dtype=torch.float64).reshape(2, 3, 4)).sum().backward()
        return x.grad, v.grad if v.grad is not None else v * 0

    for seed in range(150):
        for where, shape in (("base", (2, 3, 4)), ("view", (3, 2, 4))):
            key = random_key(seed, shape, peer)
            want = outcome(gradient, peer, key, where)
            assert outcome(gradient, rushlight, key, where) == want, f"{where}[{key(peer)}] = v"


# ---- tensor objects that change ---------------------------------------------------------------------------------------


def test_in_place_views_change_the_object_and_keep_history():
    x = rushlight.arange(6.0).reshape(2, 3)
    assert x.t_() is x and x.shape == (3, 2) and x.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert x.unsqueeze_(0).transpose_(0, 1).squeeze_(1).shape == (3, 2) and x._version >= 4
    leaf = rushlight.rand(2, 3, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf Variable"):
        leaf.t_()
    y = leaf * 2
    y.t_()
    assert y.grad_fn.name() == "TBackward0"
    (y * rushlight.arange(6.0).reshape(3, 2)).sum().backward()
    assert leaf.grad.tolist() == [[0, 4, 8], [2, 6, 10]]
    z = leaf * 1
    part = z[0]
    part.unsqueeze_(0)
    part.mul_(3)  # still a view of z
    z.sum().backward()
    assert leaf.grad.tolist() == [[3, 7, 11], [3, 7, 11]]


def test_resize_and_set():
    x = rushlight.arange(6)
    assert x.resize_(2, 2).tolist() == [[0, 1], [2, 3]] and x.resize_(6).tolist() == [0, 1, 2, 3, 4, 5]
    assert x.resize_(4, 2).tolist()[:3] == [[0, 1], [2, 3], [4, 5]]
    with pytest.raises(RuntimeError, match="negative dimension"):
        x.resize_(-1)
    shared = np.zeros(2)
    with pytest.raises(RuntimeError, match="not resizable"):
        rushlight.from_numpy(shared).resize_(3)
    y = rushlight.zeros(1)
    y.set_(rushlight.arange(4.0).untyped_storage(), 1, (2,), (2,))
    assert y.tolist() == [1, 3] and y.storage().tolist() == [0, 1, 2, 3] and y.untyped_storage().nbytes() == 16


# ---- creation -----------------------------------------------------------------------------------------------------------

CREATION = [
    lambda t: t.logspace(0, 2, 5), lambda t: t.logspace(0, 3, 4, base=2), lambda t: t.logspace(0, 2, 3, dtype=t.int32),
    lambda t: t.range(0, 3), lambda t: t.range(1, 2, 0.5), lambda t: t.range(3, 0), lambda t: t.scalar_tensor(3),
    lambda t: t.scalar_tensor(2.5, dtype=t.int16), lambda t: t.asarray([1, 2]), lambda t: t.asarray(np.arange(3.0)),
    lambda t: t.asarray(b"abcdefgh", dtype=t.uint8), lambda t: t.frombuffer(bytearray(range(8)), dtype=t.int16, offset=1, count=3),
    lambda t: t.frombuffer(bytearray(8), dtype=t.int32, offset=9), lambda t: t.frombuffer(bytearray(7), dtype=t.int32),
    lambda t: t.frombuffer(bytearray(8), dtype=t.int32, count=3), lambda t: t.frombuffer([1], dtype=t.int32),
    lambda t: t.zeros_like(t.empty_permuted((2, 3, 5), (2, 0, 1))), lambda t: t.empty_permuted((2, 3), (0, 0)),
    lambda t: t.tensor([t.tensor(1), t.tensor(2)]), lambda t: t.tensor([t.tensor([1]), t.tensor([2])]), lambda t: t.tensor(range(4)),
    lambda t: t.tensor(i for i in range(3)), lambda t: t.tensor({1}), lambda t: t.tensor("a"), lambda t: t.tensor(None), lambda t: t.tensor([1, [2]]),
    lambda t: t.tensor([[1], 2]), lambda t: t.tensor([[1], [2, 3]]), lambda t: t.tensor([1 + 2j]), lambda t: t.tensor(2**64), lambda t: t.tensor(b"ab"),
    lambda t: t.tensor([np.float32(1), np.float32(2)]), lambda t: t.tensor(np.float64(1)), lambda t: t.tensor([True, 2]), lambda t: t.tensor([[], []]),
    lambda t: t.tensor(300, dtype=t.uint8), lambda t: t.tensor(1j, dtype=t.float32), lambda t: t.from_numpy(np.arange(3)[::-1]),
]  # fmt: skip


@pytest.mark.parametrize("i", range(len(CREATION)))
@pytest.mark.filterwarnings("ignore")
def test_creation_is_as_in_pytorch(peer, i):
    assert outcome(CREATION[i], rushlight) == outcome(CREATION[i], peer)


def test_strides_of_a_permuted_tensor():
    assert rushlight.empty_permuted((2, 3, 5), (2, 0, 1)).stride() == (3, 1, 6)


LAYOUTS = {
    "every other": lambda x: x[:, ::2],
    "every third": lambda x: x[:, ::3],
    "backwards": lambda x: x[:, ::-1],
    "a row for all": lambda x: x[1],
    "a column for all": lambda x: x[:, :1],
    "transposed": lambda x: x.T[:, 1:],
    "part of each row": lambda x: x[3:, 5:80],
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "float32", "int64", "complex128"])
def test_tiles_take_what_stands_in_any_order_and_dtype(layout, dtype):
    x = (np.arange(90 * 130).reshape(90, 130) % 23 % 7).astype(dtype)
    ours, theirs = layout(rushlight.tensor(x)), layout(x)
    np.testing.assert_array_equal((ours == 3).numpy(), theirs == 3)
    np.testing.assert_array_equal(ours.contiguous().numpy(), theirs)
    np.testing.assert_array_equal(rushlight.where(ours == 3, ours, 0).numpy(), np.where(theirs == 3, theirs, 0))
    base = rushlight.ones(*theirs.shape[:-1], 130, dtype=rushlight.complex128)[..., : theirs.shape[-1]]
    np.testing.assert_array_equal((base + ours).numpy(), 1 + theirs.astype("complex128"))
    if dtype != "complex128":
        for other in ("float16", "int32", "float64"):
            got = ours.to(getattr(rushlight, other))
            np.testing.assert_array_equal(got.numpy(), theirs.astype(other))


@pytest.mark.parametrize("n", [7, 512, 513, 2000])
def test_rows_that_share_their_indices_read_as_rows_that_do_not(n):
    """Indices are checked in blocks and kept from row to row, also after a block that was refused."""
    rng = np.random.default_rng(n)
    x, place = rng.random((6, n)).astype("float32"), rng.integers(0, n, n)
    a, index = rushlight.from_numpy(x), rushlight.from_numpy(place)
    want = np.take(x, place, 1)
    for got in (a.index_select(1, index), a[:, index], a.gather(1, index.expand(6, n))):
        np.testing.assert_array_equal(got.numpy(), want)
    np.testing.assert_array_equal(a.gather(1, index.repeat(6, 1)).numpy(), want)
    for wrong in (n, -n - 1):
        for at in (0, n // 2, n - 1):
            place[:] = 0
            place[at] = wrong
            for refused in (a.index_select, lambda dim, index: a.gather(dim, index.expand(6, n))):
                with pytest.raises((IndexError, RuntimeError), match=f"{wrong} is out of bounds for dimension 1"):
                    refused(1, index)
