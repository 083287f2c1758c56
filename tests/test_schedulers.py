"""Schedulers: thirty epochs beside PyTorch, to the last bit; states that change sides; what is refused."""

import math

import pytest

import rushlight

EPOCHS = 30
TABLE = {
    "lambda": lambda s, o: s.LambdaLR(o, lambda e: 0.95**e),
    "lambdas": lambda s, o: s.LambdaLR(o, [lambda e: 0.95**e, lambda e: 1 / (1 + e)]),
    "multiplicative": lambda s, o: s.MultiplicativeLR(o, lambda e: 0.9 + 0.001 * e),
    "step": lambda s, o: s.StepLR(o, 4, 0.3),
    "multi step": lambda s, o: s.MultiStepLR(o, [3, 3, 7, 20], 0.3),
    "constant": lambda s, o: s.ConstantLR(o, 0.3, 7),
    "linear": lambda s, o: s.LinearLR(o, 0.2, 0.9, 9),
    "exponential": lambda s, o: s.ExponentialLR(o, 0.9),
    "polynomial": lambda s, o: s.PolynomialLR(o, 12, 1.7),
    "cosine": lambda s, o: s.CosineAnnealingLR(o, 7, 0.01),
    "restarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 4, 2, 0.01),
    "cyclic": lambda s, o: s.CyclicLR(o, 0.01, 0.3, 4, 7),
    "cyclic of halves": lambda s, o: s.CyclicLR(o, [0.01, 0.02], [0.3, 0.4], 3, mode="triangular2"),
    "cyclic by power": lambda s, o: s.CyclicLR(o, 0.01, 0.3, 3, mode="exp_range", gamma=0.97, cycle_momentum=False),
    "cyclic by function": lambda s, o: s.CyclicLR(o, 0.01, 0.3, 3, scale_fn=lambda x: 1 / x, cycle_momentum=False),
    "one cycle": lambda s, o: s.OneCycleLR(o, 0.5, total_steps=EPOCHS + 2),
    "one cycle of three": lambda s, o: s.OneCycleLR(
        o, [0.5, 0.6], epochs=8, steps_per_epoch=4, anneal_strategy="linear", three_phase=True
    ),
    "sequence": lambda s, o: s.SequentialLR(
        o, [s.ConstantLR(o, 0.1, 3), s.ExponentialLR(o, 0.9), s.CosineAnnealingLR(o, 5)], [4, 12]
    ),
    "chain": lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 3), s.ExponentialLR(o, 0.9)]),
    "plateau": lambda s, o: s.ReduceLROnPlateau(o, patience=1, factor=0.5, cooldown=2, min_lr=[1e-3, 1e-2]),
    "plateau of more": lambda s, o: s.ReduceLROnPlateau(o, "max", threshold_mode="abs", threshold=0.1, patience=0),
}


class Run:
    """A scheduler of a library, on an optimiser of two groups."""

    def __init__(self, lib, name, optimizer="SGD"):
        p, q = (lib.nn.Parameter(lib.ones(1)) for _ in range(2))
        options = {"momentum": 0.9} if optimizer == "SGD" else {}
        groups = [{"params": [p]}, {"params": [q], "lr": 0.7}]
        self.optimizer = getattr(lib.optim, optimizer)(groups, lr=0.3, **options)
        self.scheduler = TABLE[name](lib.optim.lr_scheduler, self.optimizer)
        self.plateau = name.startswith("plateau")

    def epochs(self, begin=0, end=EPOCHS):
        """The options after every epoch."""
        seen = []
        for epoch in range(begin, end):
            self.optimizer.step()
            self.scheduler.step(*([math.sin(epoch) + 3 / (1 + epoch)] if self.plateau else []))
            groups = [(g["lr"], g.get("momentum"), g.get("betas")) for g in self.optimizer.param_groups]
            seen.append((groups, self.scheduler.get_last_lr()))
        return seen


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
@pytest.mark.parametrize("name", TABLE)
def test_thirty_epochs_have_pytorchs_rates(peer, name, optimizer):
    assert Run(rushlight, name, optimizer).epochs() == Run(peer, name, optimizer).epochs()


@pytest.mark.parametrize("homeward", [False, True], ids=["from-pytorch", "to-pytorch"])
@pytest.mark.parametrize("name", TABLE)
def test_a_state_goes_on_in_the_other_library(peer, name, homeward):
    first, second = (rushlight, peer) if homeward else (peer, rushlight)
    whole = Run(first, name).epochs()
    half, rest = Run(first, name), Run(second, name)
    half.epochs(0, 10)
    assert set(half.scheduler.state_dict()) == set(rest.scheduler.state_dict()) or name.startswith(
        ("cyclic", "plateau")
    )
    rest.scheduler.load_state_dict(half.scheduler.state_dict())
    rest.optimizer.load_state_dict(half.optimizer.state_dict())
    assert rest.epochs(10) == whole[10:]


@pytest.mark.parametrize("name", TABLE)
def test_a_state_is_taken_over(name):
    whole, half, rest = (Run(rushlight, name) for _ in range(3))
    expected = whole.epochs()
    half.epochs(0, 10)
    rest.scheduler.load_state_dict(half.scheduler.state_dict())
    rest.optimizer.load_state_dict(half.optimizer.state_dict())
    assert rest.epochs(10) == expected[10:]


CLOSED = {
    "step": lambda e, lr: lr * 0.3 ** (e // 4),
    "multi step": lambda e, lr: lr * 0.3 ** sum(e >= m for m in (3, 3, 7, 20)),
    "constant": lambda e, lr: lr * (0.3 if e < 7 else 1),
    "linear": lambda e, lr: lr * (0.2 + 0.7 * min(e, 9) / 9),
    "exponential": lambda e, lr: lr * 0.9**e,
    "polynomial": lambda e, lr: lr * (1 - min(e, 12) / 12) ** 1.7,
    "cosine": lambda e, lr: 0.01 + (lr - 0.01) * (1 + math.cos(math.pi * e / 7)) / 2,
    "lambda": lambda e, lr: lr * 0.95**e,
}


@pytest.mark.parametrize("name", CLOSED)
def test_rates_are_those_of_the_formula(torch, name):
    for epoch, (groups, last) in enumerate(Run(torch, name).epochs(), start=1):
        expected = [CLOSED[name](epoch, lr) for lr in (0.3, 0.7)]
        assert [g[0] for g in groups] == last == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_a_step_before_the_optimisers_warns(torch):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    with pytest.warns(UserWarning, match=r"`lr_scheduler.step\(\)` before `optimizer.step\(\)`"):
        scheduler.step()
    with pytest.warns(UserWarning, match="The epoch parameter in `scheduler.step"):
        scheduler.step(4)
    assert scheduler.get_last_lr() == [pytest.approx(0.01)]
    with pytest.warns(UserWarning, match="please use `get_last_lr"):
        scheduler.get_lr()


def test_a_rate_that_is_a_tensor_stays_it(torch):
    lr = torch.tensor(1.0)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=lr)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    optimizer.step()
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] is lr and lr.item() == 0.5 and scheduler.get_last_lr()[0] is not lr


WRONG = {
    "no optimiser": (lambda s, o: s.StepLR(3, 1), TypeError, "int is not an Optimizer"),
    "resumed": (lambda s, o: s.StepLR(o, 1, last_epoch=3), KeyError, "param 'initial_lr' is not specified"),
    "lambdas": (lambda s, o: s.LambdaLR(o, [abs, abs]), ValueError, "Expected 1 lr_lambdas, but got 2"),
    "constant": (lambda s, o: s.ConstantLR(o, 1.5), ValueError, "expected to be between 0 and 1"),
    "linear": (lambda s, o: s.LinearLR(o, 0.0), ValueError, "greater than 0 and less or equal to 1"),
    "restarts": (lambda s, o: s.CosineAnnealingWarmRestarts(o, 0), ValueError, "positive integer T_0, but got 0"),
    "cycle": (lambda s, o: s.CyclicLR(o, 0.1, 1, mode="no"), ValueError, "mode is invalid and scale_fn is None"),
    "cycles": (lambda s, o: s.CyclicLR(o, [0.1, 0.2], 1), ValueError, "base_lr"),
    "one cycle": (lambda s, o: s.OneCycleLR(o, 1), ValueError, "total_steps OR"),
    "no steps": (lambda s, o: s.OneCycleLR(o, 1, total_steps=0), ValueError, "positive integer total_steps, but got 0"),
    "sequence": (lambda s, o: s.SequentialLR(o, [s.StepLR(o, 1)], [1]), ValueError, "one more than the number of mile"),
    "chain": (lambda s, o: s.ChainedScheduler([]), ValueError, "expects at least one scheduler"),
    "factor": (lambda s, o: s.ReduceLROnPlateau(o, factor=1.0), ValueError, "Factor should be < 1.0"),
    "mode": (lambda s, o: s.ReduceLROnPlateau(o, "up"), ValueError, "mode up is unknown"),
    "plateau in a chain": (lambda s, o: s.ChainedScheduler([s.ReduceLROnPlateau(o)]), ValueError, "does not support `Red"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_nonsense_is_refused(torch, wrong):
    make, kind, match = WRONG[wrong]
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0, momentum=0.9)
    with pytest.raises(kind, match=match):
        make(torch.optim.lr_scheduler, optimizer)
