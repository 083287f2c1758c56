"""A step recorded as launches, replayed on other batches: the bits of eager steps, whatever changes on the way."""

import pytest

import rushlight as torch
from optim_cases import FUSED
from rushlight import nn
from rushlight.nn import functional as F

STEPS = 10


class Training:
    """The demo's net on batches that lie in one place."""

    def __init__(self, make_optimizer, keep_grads=False):
        torch.manual_seed(3)
        self.net = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 5))
        self.optimizer = make_optimizer(self.net.parameters())
        self.scheduler = torch.optim.lr_scheduler.StepLR(self.optimizer, step_size=3, gamma=0.5)
        self.set_to_none = not keep_grads
        self.x, self.y = torch.empty(16, 20), torch.empty(16, dtype=torch.int64)

    def load(self, i):
        generator = torch.Generator().manual_seed(100 + i)  # the default one is the dropout's
        self.x.copy_(torch.randn(16, 20, generator=generator))
        self.y.copy_(torch.randint(0, 5, (16,), generator=generator))

    def step(self):
        self.optimizer.zero_grad(set_to_none=self.set_to_none)
        loss = F.cross_entropy(self.net(self.x), self.y)
        loss.backward()
        self.optimizer.step()
        return loss

    def outcome(self):
        states = [self.optimizer.state[p] for p in self.net.parameters()]
        return (
            [p.tolist() for p in self.net.parameters()],
            [p.grad.tolist() for p in self.net.parameters()],
            [{name: value.tolist() for name, value in state.items()} for state in states],
            torch.get_rng_state().tolist(),
        )


def eager(training):
    losses = []
    for i in range(1 + STEPS):
        training.load(i)
        losses.append(training.step().item())
        training.scheduler.step()
    return losses, training.outcome()


def replayed(training, recorded=0):
    losses = []
    recording = torch._C._Recording()
    for i in range(1 + STEPS):
        training.load(i)
        if i < recorded:
            loss = training.step()
        elif i == recorded:
            recording.start()
            try:
                loss = training.step()
            finally:
                recording.stop()
        else:
            recording.replay()
        losses.append(loss.item())
        training.scheduler.step()
    return losses, training.outcome()


OPTIMIZERS = {
    case: lambda params, name=name, options=options: getattr(torch.optim, name)(params, **{"lr": 0.01, **options})
    for case, (name, options) in FUSED.items()
}


@pytest.mark.parametrize("keep_grads", [False, True], ids=["new-grads", "same-grads"])
@pytest.mark.parametrize("recorded", [0, 1], ids=["first-step", "second-step"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_replayed_step_ends_where_eager_steps_end(name, recorded, keep_grads):
    expected = eager(Training(OPTIMIZERS[name], keep_grads))
    assert replayed(Training(OPTIMIZERS[name], keep_grads), recorded) == expected


def test_the_program_that_is_replayed_trains_at_more_than_one_rate():
    training = Training(OPTIMIZERS["Adam-0"])
    replayed(training)
    assert training.optimizer.param_groups[0]["lr"] == 0.01 * 0.5**3


def test_a_step_without_zero_grad_goes_on_accumulating():
    weight = torch.ones(3, requires_grad=True)
    x = torch.tensor([1.0, 2.0, 3.0])
    (weight * x).sum().backward()
    recording = torch._C._Recording()
    recording.start()
    (weight * x).sum().backward()
    recording.stop()
    x.copy_(torch.tensor([10.0, 20.0, 30.0]))
    recording.replay()
    assert weight.grad.tolist() == [12.0, 24.0, 36.0]


def test_a_replay_raises_what_the_step_would_have_raised():
    logs, target = torch.zeros(2, 3), torch.tensor([0, 2])
    recording = torch._C._Recording()
    recording.start()
    F.nll_loss(logs, target)
    recording.stop()
    target.copy_(torch.tensor([0, 3]))
    with pytest.raises(IndexError, match=r"Target 3 is out of bounds\."):
        recording.replay()


def test_a_value_that_reaches_the_program_cannot_be_recorded():
    recording = torch._C._Recording()
    x = torch.ones(3)
    recording.start()
    try:
        with pytest.raises(RuntimeError, match="while a step is being recorded"):
            x.sum().item()
    finally:
        recording.stop()


def test_one_recording_at_a_time_and_a_lost_one_lets_go():
    first, second = torch._C._Recording(), torch._C._Recording()
    first.start()
    with pytest.raises(RuntimeError, match="records already"):
        second.start()
    with pytest.raises(RuntimeError, match="not started"):
        second.stop()
    with pytest.raises(RuntimeError, match="already started"):
        first.start()
    with pytest.raises(RuntimeError, match="stop"):
        first.replay()
    del first  # while it records
    assert torch.ones(2).sum().item() == 2
    second.start()
    torch.ones(2) + 1
    second.stop()
    assert len(second) > 0
