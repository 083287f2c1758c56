"""A convolutional net that reads scikit-learn's 1,797 handwritten digits, shifted a little while it learns.

convnet.py [--epochs N]
"""

import argparse
import time

from sklearn.datasets import load_digits

import rushlight as torch
import rushlight.nn.functional as F
from rushlight import nn
from rushlight.utils.data import DataLoader, TensorDataset, random_split


def make_net() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(64, 10),
    )  # fmt: skip


def shifted(images: torch.Tensor) -> torch.Tensor:
    """The images moved by up to a pixel each way, all by the same."""
    right, down = torch.randint(3, (2,)).tolist()
    return F.pad(images, (1, 1, 1, 1))[..., down : down + 8, right : right + 8]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=15)
    options = parser.parse_args()

    torch.manual_seed(0)
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
    known, held_out = random_split(TensorDataset(images, torch.tensor(digits.target)), [1437, 360])
    net = make_net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4, nesterov=True)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, options.epochs)
    begin = time.perf_counter()
    for epoch in range(options.epochs):
        net.train()
        total = 0.0
        for batch, target in DataLoader(known, batch_size=64, shuffle=True):
            loss = F.cross_entropy(net(shifted(batch)), target, label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(target)
        scheduler.step()
        net.eval()
        with torch.no_grad():
            right = sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(held_out, batch_size=360))
        print(
            f"epoch {epoch}: loss {total / len(known):.3f}, {100 * right / len(held_out):.1f}% of the held-out digits read"
        )
    print(f"{time.perf_counter() - begin:.1f} s")


if __name__ == "__main__":
    main()
