"""A network that obeys a differential equation: a damped spring, u'' + 2 d u' + w^2 u = 0, learned from the equation alone.

The second derivative of the network's output by its input is part of the loss, and is differentiated once more by the weights
(M. Raissi, P. Perdikaris, G. E. Karniadakis: Physics-informed neural networks, J. Comput. Phys. 378, 2019).

oscillator.py [picture.png] [--steps N]
"""

import argparse
import math
from pathlib import Path

import rushlight as torch
from rushlight import nn

DAMPING, FREQUENCY = 1.0, 6.0


def exact(t: torch.Tensor) -> torch.Tensor:
    """The solution that starts at rest from 1."""
    w = math.sqrt(FREQUENCY**2 - DAMPING**2)
    swing: torch.Tensor = torch.exp(-DAMPING * t) * (torch.cos(w * t) + DAMPING / w * torch.sin(w * t))
    return swing


def slope(u: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """du/dt at every time, with a history of its own."""
    found: tuple[torch.Tensor, ...] = torch.autograd.grad(u.sum(), t, create_graph=True)
    return found[0]


def losses(net: nn.Module, t: torch.Tensor, start: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """How far the network is from its start, and from the equation in between."""
    u0 = net(start)
    begin: torch.Tensor = (u0 - 1).pow(2).mean() + 0.1 * slope(u0, start).pow(2).mean()
    u = net(t)
    velocity = slope(u, t)
    residual = slope(velocity, t) + 2 * DAMPING * velocity + FREQUENCY**2 * u
    return begin, residual.pow(2).mean()


def train(steps: int) -> tuple[nn.Module, list[float]]:
    net = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    start = torch.zeros(1, 1, requires_grad=True)
    t = torch.linspace(0, 2, 64).reshape(-1, 1).requires_grad_()
    curve: list[float] = []
    for _ in range(steps):
        optimizer.zero_grad()
        begin, equation = losses(net, t, start)
        loss = begin + 2e-4 * equation
        loss.backward()
        optimizer.step()
        curve.append(loss.item())
    return net, curve


def draw(path: Path, net: nn.Module, curve: list[float]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    t = torch.linspace(0, 2, 300).reshape(-1, 1)
    with torch.no_grad():
        found, wanted = net(t), exact(t)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.9), width_ratios=(1.75, 1), layout="constrained")
    left.plot(t.numpy(), wanted.numpy(), color="#8a97a3", lw=5, alpha=0.45, label="exact")
    left.plot(t.numpy(), found.numpy(), color="#d1495b", lw=2, label="the network")
    left.set(xlabel="time", ylabel="displacement")
    left.legend(frameon=False)
    left.set_title("A damped spring from its equation alone", loc="left", fontweight="bold")
    right.plot(curve, color="#d1495b", lw=1.2)
    right.set(xlabel="step", yscale="log")
    right.set_title("Loss", loc="left", fontweight="bold")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=160, facecolor="white")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("picture", nargs="?", type=Path, default=Path("build/demo/oscillator.png"))
    parser.add_argument("--steps", type=int, default=10000)
    arguments = parser.parse_args()
    torch.manual_seed(3)
    net, curve = train(arguments.steps)
    draw(arguments.picture, net, curve)
    t = torch.linspace(0, 2, 300).reshape(-1, 1)
    with torch.no_grad():
        worst = (net(t) - exact(t)).abs().max().item()
    print(f"oscillator: loss {curve[-1]:.2e} after {len(curve)} steps, at most {worst:.3f} from the exact solution")


if __name__ == "__main__":
    main()
