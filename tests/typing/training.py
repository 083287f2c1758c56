"""A training loop, as a user writes it with types."""

import rushlight as torch
import rushlight.nn.functional as F
from rushlight import Tensor, nn
from rushlight.utils.data import DataLoader, TensorDataset


def make_data(count: int) -> tuple[Tensor, Tensor]:
    x = torch.linspace(-1, 1, count).reshape(-1, 1)
    return x, x.pow(2) + 0.1 * torch.randn(count, 1)


def accuracy(output: Tensor, target: Tensor) -> float:
    return float((output.argmax(dim=1) == target).float().mean().item())


def train(epochs: int = 2, lr: float = 0.1) -> list[float]:
    torch.manual_seed(0)
    x, y = make_data(64)
    loader = DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True)
    model = nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses: list[float] = []
    for _ in range(epochs):
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss: Tensor = F.mse_loss(model(inputs), targets)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    with torch.no_grad():
        final: Tensor = model(x)
    assert final.shape == y.shape
    return losses


if __name__ == "__main__":
    print(len(train()))
