"""Optimisers, rates, and whole trainings side by side with PyTorch."""

import copy

import numpy as np
import pytest

import rushlight


def close(found, expected, rtol=1e-5, atol=1e-6):
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=rtol, atol=atol)


def sgd(p, g, state, lr, momentum=0, dampening=0, weight_decay=0, nesterov=False):
    g = g + weight_decay * p
    if momentum:
        state["b"] = momentum * state["b"] + (1 - dampening) * g if "b" in state else g
        g = g + momentum * state["b"] if nesterov else state["b"]
    return p - lr * g


def adam(p, g, state, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False):
    g = g + weight_decay * p
    t = state["t"] = state.get("t", 0) + 1
    m = state["m"] = betas[0] * state.get("m", 0) + (1 - betas[0]) * g
    v = state["v"] = betas[1] * state.get("v", 0) + (1 - betas[1]) * g * g
    top = state["top"] = np.maximum(state.get("top", 0), v) if amsgrad else v
    return p - lr * (m / (1 - betas[0] ** t)) / (np.sqrt(top / (1 - betas[1] ** t)) + eps)


@pytest.mark.parametrize(
    "name,reference,options",
    [
        ("SGD", sgd, {"lr": 0.1}),
        ("SGD", sgd, {"lr": 0.1, "momentum": 0.9}),
        ("SGD", sgd, {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.01}),
        ("SGD", sgd, {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
        ("Adam", adam, {"lr": 0.1}),
        ("Adam", adam, {"lr": 0.1, "betas": (0.8, 0.9), "weight_decay": 0.1}),
        ("Adam", adam, {"lr": 0.1, "amsgrad": True}),
    ],
)
def test_ten_steps_are_those_of_the_definition(torch, name, reference, options):
    p = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, name)([p], **options)
    expected, state = np.array([1.0, -2.0, 3.0]), {}
    for _ in range(10):
        optimizer.zero_grad()
        (p**4 / 4 + p).sum().backward()
        optimizer.step()
        expected = reference(expected, expected**3 + 1, state, **options)
        close(p, expected, rtol=1e-10)


def test_groups_have_their_own_options(torch):
    a, b = (torch.ones(1, requires_grad=True) for _ in range(2))
    optimizer = torch.optim.SGD([{"params": [a]}, {"params": [b], "lr": 1.0}], lr=0.1)
    (a + b).sum().backward()
    optimizer.step()
    close(a, [0.9])
    close(b, [0.0])
    assert [g["lr"] for g in optimizer.param_groups] == [0.1, 1.0]


def test_parameters_without_a_gradient_stay(torch):
    a, b = (torch.ones(1, requires_grad=True) for _ in range(2))
    optimizer = torch.optim.Adam([a, b])
    a.sum().backward()
    optimizer.step()
    assert a.item() != 1.0 and b.item() == 1.0 and b not in optimizer.state


def test_the_state_of_an_optimiser_can_be_taken_over(torch):
    def start():
        p = torch.tensor([1.0, 2.0], requires_grad=True)
        return p, torch.optim.Adam([p], lr=0.1)

    def step(p, optimizer):
        optimizer.zero_grad()
        (p * p).sum().backward()
        optimizer.step()

    p, one = start()
    step(p, one)
    q, other = start()
    with torch.no_grad():
        q.copy_(p)
    other.load_state_dict(copy.deepcopy(one.state_dict()))
    step(p, one)
    step(q, other)
    assert p.tolist() == q.tolist()


def test_optimisers_refuse_nonsense(torch):
    p = torch.ones(1, requires_grad=True)
    with pytest.raises(ValueError, match="Invalid learning rate: -1"):
        torch.optim.SGD([p], lr=-1)
    with pytest.raises(ValueError, match="optimizer got an empty parameter list"):
        torch.optim.SGD([], lr=1)
    with pytest.raises(ValueError, match="Nesterov momentum requires"):
        torch.optim.SGD([p], lr=1, nesterov=True)
    with pytest.raises(ValueError, match="can't optimize a non-leaf Tensor"):
        torch.optim.SGD([p * 2], lr=1)


def test_step_lr_lowers_the_rate_every_so_many_epochs(torch):
    p = torch.ones(1, requires_grad=True)
    optimizer = torch.optim.SGD([p], lr=1.0)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    rates = []
    for _ in range(5):
        optimizer.step()
        rates.append((optimizer.param_groups[0]["lr"], *scheduler.get_last_lr()))
        scheduler.step()
    assert rates == [(1.0, 1.0), (1.0, 1.0), (0.5, 0.5), (0.5, 0.5), (0.25, 0.25)]


# ---- the two side by side -------------------------------------------------------------------------------------------


def train(torch, make):
    """Losses of 20 steps and the first parameters, from one seed."""
    torch.manual_seed(11)
    model = torch.nn.Sequential(
        torch.nn.Linear(8, 16),
        torch.nn.Tanh(),
        torch.nn.Dropout(0.2),
        torch.nn.Linear(16, 16),
        torch.nn.ReLU(),
        torch.nn.Linear(16, 3),
    )
    first = [p.detach().numpy().copy() for p in model.parameters()]
    data = torch.utils.data.TensorDataset(torch.randn(80, 8), torch.randint(0, 3, (80,)))
    train_set, _ = torch.utils.data.random_split(data, [64, 16])
    loader = torch.utils.data.DataLoader(train_set, batch_size=16, shuffle=True)
    optimizer, losses = make(torch, model.parameters()), []
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
    for _ in range(5):
        for x, y in loader:
            loss = torch.nn.CrossEntropyLoss()(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        scheduler.step()
    return first, losses


@pytest.mark.parametrize(
    "make",
    [
        lambda torch, p: torch.optim.SGD(p, lr=0.1),
        lambda torch, p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-3),
        lambda torch, p: torch.optim.Adam(p, lr=0.01),
    ],
    ids=["SGD", "SGD-nesterov", "Adam"],
)
def test_training_draws_and_computes_as_pytorch_does(peer, make):
    (ours, our_losses), (theirs, their_losses) = train(rushlight, make), train(peer, make)
    for a, b in zip(ours, theirs):
        np.testing.assert_array_equal(a, b)
    assert len(our_losses) == 20
    np.testing.assert_allclose(our_losses, their_losses, rtol=1e-5, atol=1e-5)
