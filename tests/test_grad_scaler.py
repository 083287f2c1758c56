"""The scaler of losses: a step, an overflow, growth; each test holds for PyTorch too, where it is."""

import pytest


def start(torch, **options):
    p = torch.nn.Parameter(torch.tensor([2.0]))
    return p, torch.optim.SGD([p], lr=0.5), torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2, **options)


def test_a_scaled_step_is_the_plain_one_and_the_scale_grows(torch):
    p, optimizer, scaler = start(torch)
    for expected in (8.0, 16.0):
        optimizer.zero_grad()
        loss = scaler.scale(p.sum())
        assert loss.item() == p.item() * scaler.get_scale()
        loss.backward()
        scaler.unscale_(optimizer)
        assert p.grad.item() == 1.0
        scaler.step(optimizer)
        scaler.update()
        assert scaler.get_scale() == expected
    assert p.item() == 1.0
    assert [t.item() for t in scaler.scale([p, p])] == [16.0, 16.0]


def test_an_overflow_leaves_the_step_out_and_halves_the_scale(torch):
    p, optimizer, scaler = start(torch)
    p.grad = torch.tensor([float("inf")])
    scaler.scale(torch.ones(1))
    scaler.step(optimizer)
    scaler.update()
    assert p.item() == 2.0 and scaler.get_scale() == 4.0
    scaler.update(32.0)
    assert scaler.get_scale() == 32.0


def test_calls_out_of_order_are_refused(torch):
    p, optimizer, scaler = start(torch)
    scaler.scale(p.sum()).backward()
    scaler.unscale_(optimizer)
    with pytest.raises(RuntimeError, match="has already been called on this optimizer since the last update"):
        scaler.unscale_(optimizer)
    scaler.step(optimizer)
    with pytest.raises(RuntimeError, match="has already been called since the last update"):
        scaler.step(optimizer)
    with pytest.raises(RuntimeError, match="is being called after step"):
        scaler.unscale_(optimizer)
    with pytest.raises(AssertionError, match="growth factor must be > 1.0"):
        start(torch, growth_factor=1.0)


def test_its_state_is_taken_over_and_it_can_rest(torch):
    _, optimizer, scaler = start(torch)
    state = scaler.state_dict()
    assert state == {
        "scale": 8.0,
        "growth_factor": 2.0,
        "backoff_factor": 0.5,
        "growth_interval": 2,
        "_growth_tracker": 0,
    }
    scaler.load_state_dict({**state, "scale": 2.0})
    assert scaler.get_scale() == 2.0
    off = torch.amp.GradScaler("cpu", enabled=False)
    x = torch.ones(1)
    assert off.scale(x) is x and off.state_dict() == {} and not off.is_enabled() and off.get_scale() == 1.0
    with pytest.raises(RuntimeError, match="The source state dict is empty"):
        scaler.load_state_dict({})
