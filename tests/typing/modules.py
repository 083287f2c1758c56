"""A module of one's own, as a user writes it with types."""

import math

import rushlight as torch
import rushlight.nn as nn
from rushlight import Tensor


class Scaled(nn.Module):
    """x * weight + bias, the weight drawn at first."""

    calls: Tensor

    def __init__(self, features: int, *, bias: bool = True) -> None:
        super().__init__()
        self.features = features
        self.weight = nn.Parameter(torch.empty(features))
        self.bias: nn.Parameter | None = nn.Parameter(torch.zeros(features)) if bias else None
        self.register_buffer("calls", torch.zeros(1, dtype=torch.int64))
        self.reset()

    def reset(self) -> None:
        bound = 1 / math.sqrt(self.features)
        nn.init.uniform_(self.weight, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        scaled = x * self.weight
        return scaled if self.bias is None else scaled + self.bias


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 8)
        self.scale = Scaled(8)
        self.drop = nn.Dropout(p=0.5)

    def forward(self, x: Tensor) -> Tensor:
        hidden: Tensor = torch.relu(self.first(x))
        scaled: Tensor = self.scale(hidden)
        return self.drop(scaled).sum(dim=-1)  # type: ignore[no-any-return]


def count(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def show(model: nn.Module) -> None:
    for name, parameter in model.named_parameters():
        gradient: Tensor | None = parameter.grad
        print(name, tuple(parameter.shape), None if gradient is None else gradient.dtype)


if __name__ == "__main__":
    net = Net()
    net(torch.ones(3, 4)).sum().backward()
    show(net)
    print(count(net))
