"""What a tensor is beside its ops: indexing, NumPy, subclasses, meta tensors."""

import numpy as np
import pytest

import rushlight


def values(*shape):
    return np.random.default_rng(0).uniform(0.2, 2.0, shape)


ROWS, COLS = [0, 2], [1, 3]
KEYS = [
    0, -1, (1, 2), slice(1, None), (slice(None), slice(None, None, 2)), (..., 1), None, (None, 1, ...), (ROWS,), (slice(None), COLS),
    (ROWS, COLS), (ROWS, slice(None), COLS), (..., np.array(COLS)), (np.int64(1), True), False,
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_reading_by_index_is_numpys(torch, key):
    array = values(3, 4, 5)
    found = torch.tensor(array)[key]
    np.testing.assert_array_equal(found.numpy(), array[key])


@pytest.mark.parametrize("key", KEYS[:12], ids=str)
def test_writing_by_index_is_numpys(torch, key):
    array, x = values(3, 4, 5), torch.tensor(values(3, 4, 5))
    x[key] = 7.0
    array[key] = 7.0
    np.testing.assert_array_equal(x.numpy(), array)
    other = values(*array[key].shape) + 1
    x[key] = torch.tensor(other)
    array[key] = other
    np.testing.assert_array_equal(x.numpy(), array)


def test_masks_read_and_write(torch):
    array = values(3, 4, 5)
    x, mask = torch.tensor(array), array > 1
    np.testing.assert_array_equal(x[torch.tensor(mask)].numpy(), array[mask])
    x[torch.tensor(mask)] = -1.0
    array[mask] = -1.0
    rows = array[:, 0, 0] < 0
    x[torch.tensor(rows)] += 5
    array[rows] += 5
    np.testing.assert_array_equal(x.numpy(), array)


def test_indices_out_of_range_are_refused(torch):
    x = torch.ones(2, 3)
    for key, match in [(5, "out of bounds"), ((0, 0, 0), "too many indices"), ((slice(None), [0, 9]), "out of bounds")]:
        with pytest.raises(IndexError, match=match):
            x[key]
    with pytest.raises(IndexError, match="only integers, slices"):
        x[1.5]
    with pytest.raises((RuntimeError, ValueError), match="[Ss]hape mismatch|expand|broadcast|must match"):
        x[0] = torch.ones(7)


def test_a_tensor_and_an_array_share_memory(torch):
    array = values(3, 4)
    x = torch.from_numpy(array)
    x[0, 0] = 9.0
    assert array[0, 0] == 9.0 and x.numpy()[0, 0] == 9.0
    turned = torch.from_numpy(array.T)
    assert turned.stride() == (1, 4) and turned.shape == (4, 3)
    with pytest.raises(ValueError, match="negative"):
        torch.from_numpy(array[::-1])


def test_an_array_of_what_asks_for_a_gradient_is_refused(torch):
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="Can't call numpy.. on Tensor that requires grad"):
        x.numpy()
    assert x.detach().numpy().tolist() == [1.0, 1.0]


def test_single_values_reach_python(torch):
    assert torch.tensor(2.5).item() == 2.5 and type(torch.tensor(3).item()) is int and torch.tensor(True).item() is True
    assert float(torch.tensor([2.5])) == 2.5 and int(torch.tensor(2.9)) == 2 and bool(torch.tensor(0.0)) is False
    assert f"{torch.tensor(2.5):.2f}" == "2.50"
    with pytest.raises(RuntimeError, match="[Bb]oolean value of Tensor with more than one value is ambiguous"):
        bool(torch.ones(2))
    with pytest.raises(RuntimeError, match="cannot be converted to Scalar"):
        torch.ones(2).item()


def test_views_of_views_share_memory_and_copies_do_not(torch):
    x = torch.zeros(4, 6)
    x.t()[1:3].reshape(2, 4)[0].fill_(1)
    assert x[:, 1].tolist() == [1.0] * 4
    x.clone().fill_(9)
    x.reshape(-1)[:1].add_(5)
    assert x[0, 0].item() == 5.0 and x.sum().item() == 9.0
    assert x.view(-1).data_ptr() == x.data_ptr() and x.t().contiguous().data_ptr() != x.data_ptr()


def test_meta_tensors_have_shapes_and_no_values(torch):
    x = torch.empty(3, 4, device="meta")
    assert (x + x).sum(1).shape == (3,)
    assert (x @ x.t()).shape == (3, 3)
    with pytest.raises((RuntimeError, NotImplementedError), match="[Mm]eta"):
        x.sum().item()


def test_a_subclass_stays_its_class_and_a_parameter_does_not(torch):
    class Mine(torch.Tensor):
        pass

    m = torch.ones(2).as_subclass(Mine) if hasattr(torch.Tensor, "as_subclass") else Mine([1.0, 1.0])
    assert type(m + 1) is Mine
    assert type(torch.nn.Parameter(torch.ones(2)) + 1) is torch.Tensor
    a = torch.ones(2)
    assert a.contiguous() is a and a.add_(1) is a


def test_sizes_that_no_memory_holds_are_refused(torch):
    for size in [(2**40, 2**20), (2**62, 4), (2**50,)]:
        with pytest.raises((RuntimeError, MemoryError)):
            torch.zeros(size)


def test_a_column_sums_to_the_bits_of_the_same_numbers_in_a_row():
    x = rushlight.rand(5000, 33)
    columns = x.sum(0)
    for c in range(0, 33, 8):
        assert rushlight.equal(columns[c], x[:, c].sum())
        assert rushlight.equal(columns[c], x[:, c].contiguous().sum())


def test_linear_of_no_rows_is_empty():
    torch = rushlight
    assert torch._C.linear(torch.ones(2, 0, 3), torch.ones(1, 3)).shape == (2, 0, 1)
    assert torch.matmul(torch.ones(2, 0, 3), torch.ones(3, 4)).shape == (2, 0, 4)
