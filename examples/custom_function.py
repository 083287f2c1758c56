"""A function with a derivative of its own: weights of one bit, trained through a rounding that has no slope.

`Sign` gives -1 or 1, whose derivative is 0 everywhere; its backward hands the gradient through where the weight is small, as if nothing
had been rounded (the straight-through estimator of Y. Bengio, N. Leonard and A. Courville, arXiv:1308.3432).

custom_function.py [--steps N]
"""

import argparse
from typing import Any

import rushlight as torch
import rushlight.nn.functional as F
from rushlight import nn


class Sign(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, weight: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(weight)
        return torch.where(weight < 0, -1.0, 1.0)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        (weight,) = ctx.saved_tensors
        passed: torch.Tensor = gradient * (weight.abs() <= 1)
        return passed


class OneBit(nn.Module):
    """A linear layer whose weights are -1 or 1, times one scale a row."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) * 0.1)
        self.scale = nn.Parameter(torch.full((outputs,), inputs**-0.5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        bits: torch.Tensor = Sign.apply(self.weight)
        return F.linear(x, bits) * self.scale


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--steps", type=int, default=400)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    # two rings: the class is which one a point lies on
    angle, ring = 6.2832 * torch.rand(400), (torch.arange(400) % 2)
    radius = 1 + ring + 0.15 * torch.randn(400)
    x = torch.stack([radius * torch.cos(angle), radius * torch.sin(angle)], 1)
    net = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), OneBit(64, 64), nn.ReLU(), nn.Linear(64, 2))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(arguments.steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), ring)
        loss.backward()
        optimizer.step()
    right = (net(x).argmax(1) == ring).float().mean().item()
    print(f"one-bit weights: loss {loss.item():.4f} after {arguments.steps} steps, {right:.1%} of the points right")


if __name__ == "__main__":
    main()
