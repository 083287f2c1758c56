"""Where a derivative is a choice: PyTorch's, in numbers."""

import pytest

INF = float("inf")
# function of one tensor, its values, the gradient of the sum of the result
KINKS = {
    "relu": (lambda t, x: t.relu(x), [-1.0, 0.0, 1.0], [0.0, 0.0, 1.0]),
    "abs": (lambda t, x: t.abs(x), [-2.0, 0.0, -0.0, 2.0], [-1.0, 0.0, 0.0, 1.0]),
    "leaky_relu": (lambda t, x: t.nn.functional.leaky_relu(x, 0.1), [0.0], [0.1]),
    "clamp at its bounds": (lambda t, x: t.clamp(x, 0, 1), [-0.5, 0.0, 0.5, 1.0, 1.5], [0.0, 1.0, 1.0, 1.0, 0.0]),
    "maximum shares a tie": (lambda t, x: t.maximum(x, t.ones_like(x)), [0.0, 1.0, 2.0], [0.0, 0.5, 1.0]),
    "minimum shares a tie": (lambda t, x: t.minimum(x, t.ones_like(x)), [0.0, 1.0, 2.0], [1.0, 0.5, 0.0]),
    "fmax gives a tie to the first": (lambda t, x: t.fmax(x, t.ones_like(x)), [0.0, 1.0, 2.0], [0.0, 1.0, 1.0]),
    "amax shares ties": (lambda t, x: t.amax(x), [3.0, 1.0, 3.0, 3.0], [1 / 3, 0.0, 1 / 3, 1 / 3]),
    "amin along a dim shares ties": (lambda t, x: t.amin(x, 0), [3.0, 1.0, 1.0], [0.0, 0.5, 0.5]),
    "max of all shares ties": (lambda t, x: t.max(x), [3.0, 1.0, 3.0], [0.5, 0.0, 0.5]),
    "min of all shares ties": (lambda t, x: t.min(x), [1.0, 1.0, 3.0, 1.0], [1 / 3, 1 / 3, 0.0, 1 / 3]),
    "max along a dim gives a tie to the first": (lambda t, x: t.max(x, 0)[0], [3.0, 1.0, 3.0], [1.0, 0.0, 0.0]),
    "min along a dim gives a tie to the first": (lambda t, x: t.min(x, 0)[0], [3.0, 1.0, 1.0], [0.0, 1.0, 0.0]),
    "sign": (lambda t, x: t.sign(x), [0.0, 2.0], [0.0, 0.0]),
    "floor": (lambda t, x: t.floor(x), [1.0, 1.5], [0.0, 0.0]),
    "sqrt": (lambda t, x: t.sqrt(x), [0.0, 4.0], [INF, 0.25]),
    "pow 0": (lambda t, x: x**0, [0.0, 2.0], [0.0, 0.0]),
    "pow 2": (lambda t, x: x**2, [0.0, 2.0], [0.0, 4.0]),
    "0 to the power of x": (lambda t, x: t.pow(t.zeros_like(x), x), [0.0, 1.0, 2.0], [0.0, 0.0, 0.0]),
    "a number to the power of x": (lambda t, x: t.pow(0.0, x), [0.0, 1.0], [0.0, 0.0]),
    "prod of one zero": (lambda t, x: x.prod(), [2.0, 0.0, 3.0], [0.0, 6.0, 0.0]),
    "prod of two zeros": (lambda t, x: x.prod(), [2.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
    "cumprod at a zero": (lambda t, x: x.cumprod(0), [2.0, 0.0, 3.0, 4.0], [1.0, 2.0 + 6.0 + 24.0, 0.0, 0.0]),
    "std of equal numbers": (lambda t, x: x.std(), [1.0, 1.0], [0.0, 0.0]),
    "norm of zeros": (lambda t, x: x.norm(), [0.0, 0.0], [0.0, 0.0]),
    "where hides a NaN": (lambda t, x: t.where(x > 0, x, 0.0), [float("nan"), 1.0], [0.0, 1.0]),
    "logsumexp of equal numbers": (lambda t, x: t.logsumexp(x, 0), [1.0, 1.0], [0.5, 0.5]),
    "atan2 at the origin": (lambda t, x: t.atan2(x, t.zeros_like(x)), [0.0], [0.0]),
    "relu6 at its bounds": (lambda t, x: t.nn.functional.relu6(x), [0.0, 6.0, 3.0], [0.0, 0.0, 1.0]),
    "hardtanh at its bounds": (lambda t, x: t.nn.functional.hardtanh(x), [-1.0, 1.0, 0.5], [0.0, 0.0, 1.0]),
}


@pytest.mark.parametrize("name", KINKS)
def test_the_gradient_at_a_kink(torch, name):
    function, values, expected = KINKS[name]
    x = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    function(torch, x).sum().backward()
    assert x.grad.tolist() == pytest.approx(expected)
