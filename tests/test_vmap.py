"""vmap: held to a loop over the examples for every op of the table, and by itself."""

import pytest

import rushlight as torch
from op_cases import CASES
from op_cases.case import is_float
from op_cases.derivatives import opened
from rushlight import func

SIZE = 3


def numbered(x, i):
    """Example i: other values than those of its neighbours, in the same domain."""
    if x.numel() == 0 or x.ndim == 0:
        return x
    return x.roll(i, -1) if x.dtype != torch.bool else x


def batches(case, sample, which):
    """(function of the chosen tensors, those tensors as batches): every tensor argument, or the first only."""
    made, keywords = sample.tensors(torch, case.dtypes[0] if "float64" not in case.dtypes else "float64")

    def take(x, taken):
        if which == "first" and taken:
            return None
        integer = not (x.dtype.is_floating_point or x.dtype.is_complex)
        return torch.stack([x if integer else numbered(x, i) for i in range(SIZE)])

    fill, stacked = opened(made, take)

    def function(*given):
        arguments = fill(given)
        if case.writes and isinstance(arguments[0], torch.Tensor):
            arguments[0] = arguments[0].clone()
        found = case.of(torch)(*arguments, **keywords)
        found = tuple(found) if isinstance(found, (list, tuple)) else (found,)
        return tuple(x for x in found if isinstance(x, torch.Tensor))

    return function, stacked


def same(a, b):
    if not a.dtype.is_floating_point and not a.dtype.is_complex:
        return torch.equal(a, b)
    return (
        torch.allclose(a, b, rtol=1e-6, atol=1e-9, equal_nan=True) if is_float(str(a.dtype)[6:]) else torch.equal(a, b)
    )


MAPPED = [c for c in CASES if not (c.random or c.steps or c.unset or c.data)]


@pytest.mark.parametrize("which", ["all", "first"])
@pytest.mark.parametrize("case", MAPPED, ids=str)
def test_every_op_does_to_a_batch_what_it_does_to_each(case, which):
    for sample in case.samples[:6]:
        function, stacked = batches(case, sample, which)
        if not stacked:
            continue
        try:
            expected = [function(*(x[i] for x in stacked)) for i in range(SIZE)]
        except (RuntimeError, IndexError):  # other values than the sample's may be out of the op's domain
            continue
        if not expected[0] or any(a.shape != b.shape for one in expected for a, b in zip(one, expected[0])):
            continue
        found = func.vmap(function)(*stacked)
        for place, each in enumerate(zip(*expected)):
            wanted = torch.stack(each)
            assert found[place].shape == wanted.shape, f"{case}({sample})"
            assert found[place].dtype == wanted.dtype, f"{case}({sample})"
            assert same(found[place], wanted), f"{case}({sample})\n{found[place]}\nexpected\n{wanted}"


def test_both_a_tensor_and_what_fills_it_may_be_batched():
    values, mask = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([True, False])
    found = func.vmap(lambda x, v: x.clone().masked_fill_(mask, v))(torch.zeros(3, 2), values)
    assert found.tolist() == [[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]]
