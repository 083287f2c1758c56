"""Tensor manipulation, as a user writes it with types."""

from collections.abc import Sequence

import rushlight as torch
from rushlight import Tensor


def normalise(x: Tensor, dim: int = 0, eps: float = 1e-8) -> Tensor:
    centred = x - x.mean(dim=dim, keepdim=True)
    return centred / (centred.abs().amax(dim=dim, keepdim=True) + eps)


def shapes(t: Tensor) -> tuple[int, ...]:
    size: torch.Size = t.shape
    count: int = t.numel()
    rank: int = t.ndim
    assert count == size.numel() and rank == len(size)
    return tuple(size)


def parts(t: Tensor) -> list[Tensor]:
    pieces: tuple[Tensor, ...] = t.chunk(2, dim=0)
    return [torch.flatten(piece) for piece in pieces] + list(t)


def convert(t: Tensor, dtype: torch.dtype, device: torch.device | str = "cpu") -> Tensor:
    if t.dtype == dtype and t.is_floating_point():
        return t
    return t.to(device=torch.device(device), dtype=dtype).contiguous()


def select(t: Tensor, rows: Sequence[int]) -> Tensor:
    index = torch.tensor(list(rows), dtype=torch.int64)
    picked = t.index_select(0, index)
    picked[picked < 0] = 0.0
    picked += 1
    return torch.where(picked > 1, picked, torch.zeros_like(picked))


def build() -> Tensor:
    a = torch.arange(6, dtype=torch.float32).reshape(2, 3)
    b = torch.cat([a, torch.ones(2, 3)], dim=0)
    c = torch.stack((a, a)).sum(dim=0) @ a.t()
    d = 2 * b[0] - b[1] ** 2 / 3
    values, order = d.sort(descending=True)
    assert d.sort().values[-1] == d.max(dim=0).values
    best, where = torch.max(b, 1)
    assert values.shape == order.shape and best.shape == where.shape
    largest: Tensor = b.max()
    return c * float(largest)


if __name__ == "__main__":
    x = build()
    print(shapes(x), len(parts(x)), normalise(x).dtype, convert(x, torch.float64).dtype, select(x, [0]).tolist() != [])
