#!/usr/bin/env python3
"""Does memory stay flat? Growth of the resident set over training steps, and over forward passes without a backward.

memory.py [STEPS]    default 100000. gc is off: what needs it to be freed would show. Ends with 1 where more than 4 MB were added.
"""

import gc
import sys

import rushlight as torch


def resident():
    """Megabytes of this process in memory."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6


def train():
    torch.manual_seed(1)
    net = torch.nn.Sequential(torch.nn.Linear(4, 16), torch.nn.ReLU(), torch.nn.Linear(16, 1))
    optimizer = torch.optim.Adam(net.parameters())
    x, y = torch.randn(8, 4), torch.randn(8, 1)

    def step():
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(net(x), y).backward()
        optimizer.step()

    return step


def forward():
    torch.manual_seed(1)
    net = torch.nn.Sequential(torch.nn.Linear(4, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
    x = torch.randn(8, 4)
    return lambda: net(x).exp().mean()


def main():
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    gc.disable()
    flat = True
    for make in (train, forward):
        step = make()
        for _ in range(1000):  # caches fill
            step()
        before, in_use = resident(), torch._C._memory_report()["allocated"]
        for _ in range(steps):
            step()
        grown = resident() - before
        flat &= grown < 4
        print(
            f"{make.__name__:<8} {steps} steps  resident {before:.1f} MB, {grown:+.2f} MB"
            f"  tensors {torch._C._memory_report()['allocated'] - in_use:+d} bytes"
        )
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
