#!/usr/bin/env python3
"""What the guard costs: a step of training with it and without, in alternating rounds.

guarded.py [ROUNDS]
"""

import statistics
import sys
import time

import rushlight as torch
from rushlight import nn


def step_of(sizes, batch):
    torch.manual_seed(0)
    layers = [m for a, b in zip(sizes, sizes[1:]) for m in (nn.Linear(a, b), nn.ReLU())][:-1]
    model, loss_func = nn.Sequential(*layers), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters())
    x, y = torch.randn(batch, sizes[0]), torch.arange(batch) % sizes[-1]

    def step():
        optimizer.zero_grad()
        loss_func(model(x), y).backward()
        optimizer.step()

    return step


def seconds(step, count):
    begun = time.perf_counter()
    for _ in range(count):
        step()
    return (time.perf_counter() - begun) / count


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    torch.set_num_threads(1)
    for sizes, batch in (((784, 512, 256, 10), 64), ((64, 64, 10), 32)):
        step = step_of(sizes, batch)
        count = max(1, int(0.03 / seconds(step, 3)))
        plain, guarded = [], []
        for _ in range(rounds):
            plain.append(seconds(step, count))
            with torch.guard():
                guarded.append(seconds(step, count))
        ratio = min(guarded) / min(plain)
        name = "-".join(map(str, sizes))
        print(
            f"{name} x{batch}: {min(plain) * 1e6:.0f} us, guarded {min(guarded) * 1e6:.0f} us: {100 * (ratio - 1):+.1f} %"
        )
        print(f"  medians {statistics.median(plain) * 1e6:.0f} and {statistics.median(guarded) * 1e6:.0f} us")


if __name__ == "__main__":
    main()
