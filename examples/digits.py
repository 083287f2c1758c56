"""Reading handwriting: a small network learns 1,797 real digits (8 x 8, from scikit-learn) and is asked about new ones.

digits.py [picture.png] [--epochs N]
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import rushlight as torch
from rushlight import nn
from rushlight.utils.data import DataLoader, Subset, TensorDataset, random_split


def load() -> list[Subset]:
    """The digits as (pixels, label) pairs, four fifths to learn from and one fifth held out."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    pixels = torch.from_numpy(digits.data).to(torch.float32) / 16  # [1797, 64], 0 to 1
    labels = torch.from_numpy(digits.target)  # [1797]
    held_out = len(labels) // 5
    parts: list[Subset] = random_split(TensorDataset(pixels, labels), [len(labels) - held_out, held_out])
    return parts


def guess(net: nn.Module, held_out: Subset) -> list[Any]:
    """Pixels, labels, guesses and the probability of each guess, for all that was held out."""
    pixels, labels = next(iter(DataLoader(held_out, batch_size=len(held_out))))
    net.eval()
    with torch.no_grad():
        sure, guesses = nn.functional.softmax(net(pixels), dim=1).max(dim=1)
    net.train()
    return [t.numpy() for t in (pixels, labels, guesses, sure)]


def train(learn: Subset, held_out: Subset, epochs: int) -> nn.Module:
    net = nn.Sequential(
        nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
    )
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=max(1, epochs // 3), gamma=0.3)
    loss_func = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        total = 0.0
        for pixels, labels in DataLoader(learn, batch_size=64, shuffle=True):
            loss = loss_func(net(pixels), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
        scheduler.step()
        if sys.stdout.isatty() or epoch == epochs - 1:
            _, labels, guesses, _ = guess(net, held_out)
            done = 30 * (epoch + 1) // epochs
            print(
                f"\r  {'█' * done}{'·' * (30 - done)}  epoch {epoch + 1}/{epochs}  loss {total / len(learn):.4f}  "
                f"held-out accuracy {(labels == guesses).mean():.1%}",
                end="\n" if epoch == epochs - 1 else "",
                flush=True,
            )
    return net


def draw(path: Path, pixels: Any, labels: Any, guesses: Any, sure: Any) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    ink, faint, red = "#22303c", "#8a97a3", "#d1495b"
    rows, columns = 5, 12
    wrong = (labels != guesses).nonzero()[0]
    right = (labels == guesses).nonzero()[0]
    # the mistakes last, so that they can be compared; before them digits as they came
    shown = [*right[: rows * columns - min(len(wrong), columns)], *wrong[:columns]]

    figure = plt.figure(figsize=(9, 5.1), facecolor="white")
    figure.text(0.03, 0.945, "Digits it had never seen", fontsize=15, fontweight="bold", color=ink, va="center")
    figure.text(
        0.97,
        0.945,
        f"{len(right)} of {len(labels)} read correctly: {len(right) / len(labels):.1%}",
        fontsize=11,
        color=ink,
        ha="right",
        va="center",
    )
    figure.text(0.03, 0.025, "below each: what the network reads, and how sure it is", fontsize=9, color=faint)
    if len(wrong):
        figure.text(0.97, 0.025, "in red: its mistakes, and what the digit is", fontsize=9, color=red, ha="right")
    cells = figure.subplots(rows, columns)
    figure.subplots_adjust(left=0.03, right=0.97, top=0.89, bottom=0.11, wspace=0.22, hspace=0.5)
    for axes, i in zip(cells.flat, shown, strict=False):
        mistake = labels[i] != guesses[i]
        axes.imshow(pixels[i].reshape(8, 8), cmap="gray_r", vmin=0, vmax=1, interpolation="bicubic")
        axes.set(xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set(color=red if mistake else "#dfe4e9", linewidth=2 if mistake else 0.8)
        axes.text(0.02, -0.2, f"{guesses[i]}", transform=axes.transAxes, fontsize=11, va="center",
                  fontweight="bold", color=red if mistake else ink)  # fmt: skip
        note = f"is {labels[i]}" if mistake else f"{sure[i]:.0%}"
        axes.text(0.98, -0.2, note, transform=axes.transAxes, fontsize=8, va="center", ha="right",
                  color=red if mistake else faint)  # fmt: skip
    for axes in cells.flat[len(shown) :]:
        axes.set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=160)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("picture", nargs="?", type=Path, default=Path("build/demo/digits.png"))
    parser.add_argument("--epochs", type=int, default=30)
    arguments = parser.parse_args()

    print("digits: 64-128-64-10 network with Dropout, Adam")
    torch.manual_seed(0)
    begun = time.perf_counter()
    learn, held_out = load()
    loaded = time.perf_counter()
    net = train(learn, held_out, arguments.epochs)
    trained = time.perf_counter()
    draw(arguments.picture, *guess(net, held_out))
    drawn = time.perf_counter()
    print(
        f"  loading {loaded - begun:.2f} s, training {trained - loaded:.2f} s, picture {drawn - trained:.2f} s: "
        f"{arguments.picture}"
    )


if __name__ == "__main__":
    main()
