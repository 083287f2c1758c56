"""Dtypes converted, half types computed with, tensors filled: whole registers, the rest of one, and the rare values."""

import numpy as np
import pytest

import rushlight as torch

HALVES = [torch.float16, torch.bfloat16]
LENGTHS = [1, 7, 8, 15, 16, 17, 33, 1000, 5001]


def bits(t):
    return t.view(torch.int16).numpy().astype(np.uint16)


def every_half(dtype):
    return torch.arange(65536).to(torch.uint16).view(dtype)


def float32_of(patterns):
    return torch.from_numpy(patterns.astype(np.uint32).view(np.float32))


def test_every_half_becomes_the_float_that_numpy_makes_of_it_and_a_nan_keeps_what_it_says():
    patterns = np.arange(65536, dtype=np.uint16)
    expected = patterns.view(np.float16).astype(np.float32).view(np.uint32)
    is_nan = (patterns & 0x7FFF) > 0x7C00
    expected[is_nan] |= 0x400000  # quiet
    assert np.array_equal(every_half(torch.float16).float().numpy().view(np.uint32), expected)


@pytest.mark.parametrize("n", [100_003, 1])
def test_a_float_becomes_the_half_that_numpy_makes_of_it(n):
    patterns = np.random.default_rng(0).integers(0, 2**32, 100_003, dtype=np.uint64).astype(np.uint32)[:n]
    with np.errstate(over="ignore"):
        expected = patterns.view(np.float32).astype(np.float16).view(np.uint16)
    is_nan = (patterns & 0x7FFFFFFF) > 0x7F800000
    payload = (patterns[is_nan] >> 16 & 0x8000) | 0x7E00 | (patterns[is_nan] >> 13 & 0x3FF)
    expected[is_nan] = payload
    assert np.array_equal(bits(float32_of(patterns).half()), expected)


@pytest.mark.parametrize("dtype", HALVES, ids=str)
def test_a_nan_alone_and_one_in_a_register_have_the_same_bits(dtype):
    numbers = float32_of(np.array([0x7F800001, 0x7FC12345, 0xFFC00001, 0x7FFFFFFF] * 9))
    assert np.array_equal(bits(numbers.to(dtype))[:4], [bits(numbers[i : i + 1].to(dtype))[0] for i in range(4)])


ARITHMETIC = {
    "a + b": lambda a, b: a + b, "a - b": lambda a, b: a - b, "a * b": lambda a, b: a * b, "a / b": lambda a, b: a / b,
    "a + 2 * b": lambda a, b: torch.add(a, b, alpha=2), "a * 2": lambda a, b: a * 2, "a * 0.1": lambda a, b: a * 0.1,
    "1 / a": lambda a, b: 1 / a, "a * nan": lambda a, b: a * float("nan"), "-a": lambda a, b: -a, "abs": lambda a, b: a.abs(),
    "square": lambda a, b: torch.square(a), "relu": lambda a, b: torch.relu(a), "maximum": torch.maximum, "minimum": torch.minimum,
    "leaky_relu": lambda a, b: torch.nn.functional.leaky_relu(a, 0.1),
}  # fmt: skip


@pytest.mark.parametrize("dtype", HALVES, ids=str)
@pytest.mark.parametrize("name", ARITHMETIC)
def test_halves_compute_in_float32_and_round_once(name, dtype):
    compute = ARITHMETIC[name]
    for n in LENGTHS:
        a, b = torch.linspace(-9, 7, n).to(dtype), torch.linspace(0.3, 11, n).to(dtype)
        expected = compute(a.float(), b.float()).to(dtype)
        assert np.array_equal(bits(compute(a, b)), bits(expected)), n
        apart = torch.stack([a, b], 1)
        assert np.array_equal(bits(compute(apart[:, 0], apart[:, 1])), bits(expected)), n


@pytest.mark.parametrize("op", [torch.mul, torch.maximum, torch.div])
def test_a_half_beside_another_dtype_is_not_rounded_first(op):
    a, b = torch.linspace(-9, 7, 100).half(), torch.linspace(0.3, 11, 100)
    assert op(a, b).dtype == torch.float32
    assert torch.equal(op(a, b), op(a.float(), b))
    number = torch.tensor(0.1, dtype=torch.float64)  # 0-d: joins without widening, and is float32 in the sum
    assert torch.equal(op(a, number), op(a.float(), number).half())


@pytest.mark.parametrize("dtype", [*HALVES, torch.bool, torch.uint8, torch.int32], ids=str)
@pytest.mark.parametrize("shape", [(37, 300), (4200, 3), (2, 4200), (5, 1), (130, 9)])
def test_sums_convert_as_they_read(shape, dtype):
    numbers = ((torch.arange(shape[0] * shape[1]) * 37 % 101 - 50) / 8).reshape(shape)
    a = (numbers > 0) if dtype == torch.bool else numbers.abs().to(dtype)
    wide = torch.float32 if dtype in HALVES else torch.int64
    layouts = {
        "dense": a,
        "transposed": a.t(),
        "columns": a[:, 1:],
        "every other": a[:, ::2],
        "reversed": a.flip(0)[::2],
    }
    for name, x in layouts.items():
        for dim in (None, 0, 1):
            got, expected = x.sum(dim), x.to(wide).contiguous().sum(dim)
            assert torch.equal(got, expected.to(got.dtype)), (name, dim)
            assert torch.equal(x.count_nonzero(dim), (x != 0).sum(dim)), (name, dim)
    if dtype in HALVES:
        assert torch.equal(a.amax(0), a.float().amax(0).to(dtype))


OUTSIDE = [2.0**31, -(2.0**31), 2147483520.0, 3e9, -3e9, 1e30, float("inf"), float("nan"), -0.0, 0.99, -1.99]


@pytest.mark.parametrize("target", ["uint8", "int8", "int16", "int32", "int64"])
@pytest.mark.parametrize("source", ["float32", "float64"])
def test_what_is_out_of_range_converts_as_it_does_alone_and_changes_no_neighbour(source, target):
    plain = torch.linspace(-300, 300, 2500, dtype=getattr(torch, source))
    to = getattr(torch, target)
    expected = plain.numpy().astype(np.int64).astype(target)
    assert np.array_equal(plain.to(to).numpy(), expected)
    for value in OUTSIDE:
        for at in (0, 1023, 1024, 2499):
            mixed = plain.clone()
            mixed[at] = value
            changed = expected.copy()
            number = float(mixed[at])
            whole = int(number) if abs(number) < 2**63 else -(2**63)
            changed[at] = np.array([whole], dtype=np.int64).astype(target)[0]
            assert np.array_equal(mixed.to(to).numpy(), changed), (value, at)


@pytest.mark.parametrize("target", ["float32", "float64", "int32", "float16"])
def test_large_integers_convert_among_small_ones(target):
    numbers = np.arange(-1500, 1500)
    for value in (2**31, -(2**31), 2**31 - 1, 2**53 + 1, -(2**62) - 1, 2**24 + 1):
        numbers[1024] = value
        with np.errstate(over="ignore"):
            expected = numbers.astype(np.float32 if target == "float16" else target).astype(target)
        assert np.array_equal(torch.from_numpy(numbers).to(getattr(torch, target)).numpy(), expected)


@pytest.mark.parametrize(
    "dtype", ["bool", "uint8", "int16", "float16", "float32", "int64", "float64", "complex64", "complex128"]
)
@pytest.mark.parametrize("value", [0, 1, 2.5])
def test_a_fill_reaches_what_it_should_and_nothing_else(dtype, value):
    if value == 2.5 and dtype in ("bool", "uint8", "int16", "int64"):
        value = 3
    views = {
        "all": (...,),
        "row": (1,),
        "rows": (slice(1, 3),),
        "columns": (slice(None), slice(2, 5)),
        "every third": (slice(None), slice(None, None, 3)),
    }
    for name, view in views.items():
        ours, numpy = torch.ones(4, 99, dtype=getattr(torch, dtype)), np.ones((4, 99), dtype)
        ours[view].fill_(value)
        numpy[view] = value
        assert np.array_equal(ours.numpy(), numpy), name
    turned = torch.ones(4, 99, dtype=getattr(torch, dtype)).t()
    turned.fill_(value)
    assert np.array_equal(turned.numpy(), np.full((99, 4), value, dtype))
