"""guard: it stops where NaN is born, names the place, and leaves everything as it was."""

import warnings

import pytest

import rushlight as torch
from rushlight import nn


def message(call):
    with pytest.raises(RuntimeError) as caught, torch.guard():
        call()
    return str(caught.value)


def test_the_forward_pass_names_op_index_ranges_and_line():
    x = torch.tensor([[4.0, 1.0], [0.0, -3.0]])
    text = message(lambda: torch.sqrt(x))
    first, place = text.splitlines()
    assert first == "sqrt: guard: NaN at index [1, 1] of the result [2, 2]; input 0: float32 [2, 2] from -3 to 4"
    assert place.startswith(f"  at {__file__}:") and place.endswith("text = message(lambda: torch.sqrt(x))")


def test_of_an_op_in_place_the_input_is_told_from_before():
    x = torch.tensor([0.0, 1.0])
    assert "div_: guard: NaN at index [0]" in message(lambda: x.div_(0))
    poisoned = torch.tensor([1.0, float("nan")])
    assert "input 0 held NaN at index [1] already" in message(lambda: poisoned.mul_(2))


def test_a_module_is_named():
    class Root(nn.Module):
        def forward(self, x):
            return torch.sqrt(x - 50)

    model = nn.Sequential(nn.Linear(3, 3), nn.Sequential(Root()))
    assert "in 1.0: Root()" in message(lambda: model(torch.zeros(2, 3)))


def test_the_backward_pass_names_what_was_recorded_and_where():
    x = torch.tensor([0.0, 1.0], requires_grad=True)

    def step():
        y = torch.sqrt(x) * 0
        y.sum().backward()

    text = message(step)
    assert "in the backward pass of SqrtBackward0 of test_guard.py:" in text and "y.sum().backward()" in text


def test_the_optimiser_is_watched():
    w = torch.ones(2, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    w.grad = torch.tensor([1.0, float("nan")])
    assert "guard: NaN at index [1]" in message(optimizer.step)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "complex64", "complex128"])
def test_every_kind_of_number_is_read_right(dtype):
    made = torch.ones(3, 5000).to(getattr(torch, dtype))
    assert torch._C._first_fault(made) == torch._C._first_fault(made, True) == -1
    made[1, 4321] = float("nan")
    made[2, 7] = float("nan")
    assert torch._C._first_fault(made) == 9321
    assert torch._C._first_fault(made.t()) == 4321 * 3 + 1 or made[2, 7].isnan().item()
    made[0, 3] = float("-inf")
    assert torch._C._first_fault(made) == 9321 and torch._C._first_fault(made, True) == 3


def test_the_first_in_order_is_found_by_any_number_of_threads():
    x = torch.zeros(3_000_000)
    x[2_999_999] = x[1_234_567] = float("nan")
    for threads in (1, 2, 4):
        torch.set_num_threads(threads)
        assert torch._C._first_fault(x) == 1_234_567


def test_infinities_only_if_asked():
    with torch.guard():
        torch.tensor([1.0]) / 0
    with pytest.raises(RuntimeError, match=r"guard: inf at index \[0\]"), torch.guard(infinities=True):
        torch.tensor([1.0]) / 0


def test_nan_that_goes_in_and_not_out_is_no_fault():
    x = torch.tensor([1.0, float("nan")])
    with torch.guard():
        assert x.nansum().item() == 1 and torch.nan_to_num(x)[1].item() == 0


def test_a_graph_that_grows_is_warned_of_once_with_its_line():
    w = torch.ones(3, requires_grad=True)
    total = 0
    with pytest.warns(UserWarning, match="a graph lives longer than its step") as seen, torch.guard():
        for _ in range(8):
            loss = (w * 2).sum()
            loss.backward()
            total = total + loss  # the mistake
    (warning,) = seen
    assert "AddBackward0 at test_guard.py:" in str(warning.message) and ".detach()" in str(warning.message)


def test_a_good_loop_and_a_graph_kept_on_purpose_are_no_mistakes():
    w = torch.ones(3, requires_grad=True)
    with warnings.catch_warnings(), torch.guard():
        warnings.simplefilter("error")
        total = 0
        for _ in range(8):
            loss = (w * 2).sum()
            loss.backward()
            total += loss.detach()
        fixed = w.exp()
        for _ in range(8):
            (fixed * 2).sum().backward(retain_graph=True)


def test_it_is_off_again_afterwards_and_works_as_a_decorator():
    @torch.guard()
    def careless():
        return torch.log(torch.tensor(-1.0))

    for _ in range(2):
        with pytest.raises(RuntimeError, match="guard: NaN"):
            careless()
    assert torch.log(torch.tensor(-1.0)).isnan() and torch._C._mode() == 0
    with torch.guard(), pytest.raises(RuntimeError, match="one is on already"):
        torch.guard().__enter__()


def test_a_guarded_step_has_the_bits_of_one_that_is_not():
    def run(guarded):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))
        optimizer = torch.optim.Adam(model.parameters())

        def step():
            optimizer.zero_grad()
            nn.functional.mse_loss(model(torch.randn(5, 4)), torch.randn(5, 2)).backward()
            optimizer.step()

        (torch.guard()(step) if guarded else step)()
        return [p.detach() for p in model.parameters()]

    assert all(torch.equal(a, b) for a, b in zip(run(True), run(False)))
