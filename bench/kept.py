#!/usr/bin/env python3
"""What a graph holds for its backward pass: bytes of unique storages, inputs and parameters left out, beside PyTorch's.

kept.py    ours by the allocator's report after the forward pass, PyTorch's by `saved_tensors_hooks`.
"""

import importlib
import sys


class MLP:
    """Sixteen residual blocks, x + W2 tanh(W1 x), and a loss."""

    def __init__(self, torch):
        self.torch = torch
        torch.manual_seed(0)
        self.blocks = [[torch.nn.Linear(256, 256) for _ in range(2)] for _ in range(16)]
        self.x, self.y = torch.randn(64, 256), torch.arange(64) % 10
        self.head = torch.nn.Linear(256, 10)

    def inputs(self):
        modules = [*(m for block in self.blocks for m in block), self.head]
        return [self.x, self.y, *(p for m in modules for p in m.parameters())]

    def __call__(self):
        x = self.x
        for first, second in self.blocks:
            x = x + second(self.torch.tanh(first(x)))
        return self.torch.nn.functional.cross_entropy(self.head(x), self.y)


class Attention:
    """Eight heads over 128 places, written with matmul and softmax, four layers deep."""

    def __init__(self, torch):
        self.torch = torch
        torch.manual_seed(0)
        self.layers = [[torch.nn.Linear(64, 64) for _ in range(4)] for _ in range(4)]
        self.x = torch.randn(4, 128, 64)

    def inputs(self):
        return [self.x, *(p for layer in self.layers for m in layer for p in m.parameters())]

    def __call__(self):
        x = self.x
        for query, key, value, out in self.layers:
            q, k, v = (m(x).view(4, 128, 8, 8).transpose(1, 2) for m in (query, key, value))
            weights = self.torch.softmax(self.torch.matmul(q, k.transpose(-2, -1)) / 8**0.5, -1)
            x = x + out(self.torch.matmul(weights, v).transpose(1, 2).reshape(4, 128, 64))
        return x.pow(2).mean()


def ours(net):
    from rushlight import _C

    net()
    before = _C._memory_report()["allocated"]
    loss = net()
    return _C._memory_report()["allocated"] - before - loss.nbytes


def theirs(net, torch):
    outside, kept = {t.untyped_storage().data_ptr() for t in net.inputs()}, {}

    def pack(t):
        storage = t.untyped_storage()
        if storage.data_ptr() not in outside:
            kept[storage.data_ptr()] = storage.nbytes()
        return t

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        loss = net()
        kept.pop(loss.untyped_storage().data_ptr(), None)
        return sum(kept.values())


def main():
    import rushlight

    try:
        peer = importlib.import_module("torch")
    except ImportError:
        sys.exit("kept.py compares with PyTorch, which is not installed here")
    print(f"{'net':10} {'rushlight':>12} {'PyTorch':>12}   bytes kept for the backward pass")
    for net in (MLP, Attention):
        mine, other = ours(net(rushlight)), theirs(net(peer), peer)
        print(f"{net.__name__:10} {mine:12,} {other:12,}   {mine / other:.2f}")


if __name__ == "__main__":
    main()
