"""Data sets and loaders: each test holds for PyTorch too, where it is."""

import numpy as np
import pytest


def test_a_loader_makes_batches(torch):
    data = torch.utils.data.TensorDataset(torch.arange(7), torch.arange(7) * 10)
    loader = torch.utils.data.DataLoader(data, batch_size=3)
    assert [(x.tolist(), y.tolist()) for x, y in loader] == [
        ([0, 1, 2], [0, 10, 20]), ([3, 4, 5], [30, 40, 50]), ([6], [60]),
    ]  # fmt: skip
    assert len(loader) == 3
    assert len(list(torch.utils.data.DataLoader(data, batch_size=3, drop_last=True))) == 2
    assert data[2][1].item() == 20 and len(data) == 7


def test_shuffling_is_a_permutation_and_another_every_epoch(torch):
    torch.manual_seed(0)
    loader = torch.utils.data.DataLoader(torch.arange(50), batch_size=50, shuffle=True)
    one, two = next(iter(loader)).tolist(), next(iter(loader)).tolist()
    assert sorted(one) == list(range(50)) and one != two and one != sorted(one)
    torch.manual_seed(0)
    assert next(iter(loader)).tolist() == one


def test_batches_of_python_objects(torch):
    class Data(torch.utils.data.Dataset):
        def __len__(self):
            return 3

        def __getitem__(self, i):
            return {"x": torch.full((2,), float(i)), "n": i, "s": f"s{i}", "pair": (i, np.float32(i))}

    (batch,) = torch.utils.data.DataLoader(Data(), batch_size=3)
    assert batch["x"].tolist() == [[0, 0], [1, 1], [2, 2]]
    assert batch["n"].tolist() == [0, 1, 2] and batch["n"].dtype == torch.int64
    assert batch["s"] == ["s0", "s1", "s2"]
    assert [t.tolist() for t in batch["pair"]] == [[0, 1, 2], [0, 1, 2]]


def test_collate_and_samplers_of_ones_own(torch):
    loader = torch.utils.data.DataLoader(list(range(6)), batch_size=2, collate_fn=sum, sampler=[5, 3, 1, 0])
    assert list(loader) == [8, 1]
    loader = torch.utils.data.DataLoader(torch.arange(4), batch_sampler=[[0, 3], [1]])
    assert [b.tolist() for b in loader] == [[0, 3], [1]]


def test_random_split_covers_everything_once(torch):
    generator = torch.Generator().manual_seed(42)
    one, two = torch.utils.data.random_split(list(range(10)), [7, 3], generator=generator)
    assert len(one) == 7 and len(two) == 3 and sorted([*one, *two]) == list(range(10))
    parts = torch.utils.data.random_split(list(range(10)), [0.5, 0.25, 0.25])
    assert [len(p) for p in parts] == [6, 2, 2]
    with pytest.raises(ValueError, match="Sum of input lengths does not equal"):
        torch.utils.data.random_split(list(range(10)), [1, 2])


def test_loaders_refuse_nonsense(torch):
    with pytest.raises(ValueError, match="batch_size"):
        torch.utils.data.DataLoader([1], batch_size=0)
    with pytest.raises(ValueError, match="mutually exclusive"):
        torch.utils.data.DataLoader([1], sampler=[0], shuffle=True)
    with pytest.raises(AssertionError, match="Size mismatch between tensors"):
        torch.utils.data.TensorDataset(torch.ones(2), torch.ones(3))
