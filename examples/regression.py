"""A first network: y = x^2 + noise, one hidden layer of ten, 200 steps of gradient descent, and a picture of the fit.

regression.py [picture.png] [--steps N]
"""

import argparse
import sys
import time
from pathlib import Path

started = time.perf_counter()
import rushlight as torch  # noqa: E402  (after the clock has started: the import is one of the parts that are timed)
import rushlight.nn.functional as F  # noqa: E402
from rushlight import nn  # noqa: E402

imported = time.perf_counter()


class Net(nn.Module):
    def __init__(self, n_feature: int, n_hidden: int, n_output: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(n_feature, n_hidden)
        self.predict = nn.Linear(n_hidden, n_output)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        fit: torch.Tensor = self.predict(F.relu(self.hidden(x)))
        return fit


def progress(step: int, steps: int, loss: float) -> None:
    """One line that is drawn over itself on a terminal; elsewhere nothing but the last state."""
    last = step == steps - 1
    if not last and not (sys.stdout.isatty() and step % 5 == 0):
        return
    done = 30 * (step + 1) // steps
    print(f"\r  {'█' * done}{'·' * (30 - done)}  step {step + 1}/{steps}  loss {loss:.4f}", end="\n" if last else "")


def train(x: torch.Tensor, y: torch.Tensor, steps: int) -> tuple[torch.Tensor, list[float]]:
    net = Net(n_feature=1, n_hidden=10, n_output=1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.2)
    loss_func = nn.MSELoss()
    losses: list[float] = []
    for step in range(steps):
        loss = loss_func(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        progress(step, steps, losses[-1])
    with torch.no_grad():
        return net(x), losses


def draw(path: Path, x: torch.Tensor, y: torch.Tensor, fit: torch.Tensor, losses: list[float]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    ink, faint, points, curve = "#22303c", "#8a97a3", "#4c7fb0", "#d1495b"
    plt.rcParams.update({"font.size": 10, "text.color": ink, "axes.labelcolor": ink, "axes.edgecolor": faint})
    plt.rcParams.update({"xtick.color": faint, "ytick.color": faint})
    x, y, fit = (t.numpy().ravel() for t in (x, y, fit))

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.9), width_ratios=(1.75, 1), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.08)
    left.scatter(x, y, s=26, color=points, alpha=0.65, linewidths=0, label="x² + noise")
    left.plot(x, fit, color=curve, lw=2.6, solid_capstyle="round", label="the network")
    left.set(xlabel="x", ylabel="y", xlim=(-1.05, 1.05), xticks=(-1, -0.5, 0, 0.5, 1))
    left.legend(frameon=False, loc="upper center")
    left.set_title(f"A 1-10-1 network after {len(losses)} steps", loc="left", fontweight="bold")

    right.plot(range(1, len(losses) + 1), losses, color=curve, lw=1.8)
    right.set(xlabel="step", yscale="log")
    right.set_title("Mean squared error", loc="left", fontweight="bold")
    right.annotate(
        f"{losses[-1]:.4f}",
        (len(losses), losses[-1]),
        (-4, 10),
        textcoords="offset points",
        ha="right",
        color=curve,
    )
    right.grid(axis="y", which="both", color="#e6eaee", lw=0.6)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(length=3, which="both")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=160, facecolor="white")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("picture", nargs="?", type=Path, default=Path("build/demo/regression.png"))
    parser.add_argument("--steps", type=int, default=200)
    arguments = parser.parse_args()

    print("regression: y = x² + noise")
    torch.manual_seed(1)
    x = torch.unsqueeze(torch.linspace(-1, 1, 100), dim=1)  # [100, 1]
    y = x.pow(2) + 0.2 * torch.rand(x.size())  # [100, 1]

    begun = time.perf_counter()
    fit, losses = train(x, y, arguments.steps)
    trained = time.perf_counter()
    draw(arguments.picture, x, y, fit, losses)
    drawn = time.perf_counter()
    print(
        f"  import {1e3 * (imported - started):.0f} ms, training {1e3 * (trained - begun):.0f} ms, "
        f"picture {1e3 * (drawn - trained):.0f} ms: {arguments.picture}"
    )


if __name__ == "__main__":
    main()
