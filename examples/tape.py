"""What a network recorded: the table of its ops and the picture of its graph.

tape.py [graph.svg]
"""

import argparse
from pathlib import Path

import rushlight as torch
from rushlight import nn


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        sum_: torch.Tensor = x + self.out(torch.tanh(self.norm(x)))
        return sum_


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("picture", nargs="?", type=Path, default=Path("build/demo/graph.svg"))
    arguments = parser.parse_args()
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 16), Block(16), nn.ReLU(), nn.Linear(16, 3))
    loss = nn.functional.cross_entropy(model(torch.randn(5, 8)), torch.tensor([0, 1, 2, 1, 0]))
    print(torch.explain(loss, model))
    arguments.picture.parent.mkdir(parents=True, exist_ok=True)
    torch.graph(loss, model).save(arguments.picture)
    print(f"picture: {arguments.picture}")


if __name__ == "__main__":
    main()
