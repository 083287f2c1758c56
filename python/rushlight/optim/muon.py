"""Muon (Jordan et al., 2024, https://kellerjordan.github.io/posts/muon)."""

import math

from rushlight import _C

from .optimizer import OneByOne, check, check_lr, check_not_negative


def _orthogonal(matrix, coefficients, steps, eps):
    """Near the orthogonal matrix nearest to `matrix`: steps of Newton and Schulz with an odd polynomial, in bfloat16."""
    check(steps < 100, "Number of steps must be less than 100 for computational efficiency")
    check(len(coefficients) == 3, "Coefficients must be a tuple of exactly 3 values")
    a, b, c = coefficients
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.bfloat16()
    x = x.T if tall else x
    x = x / x.norm().clamp(min=eps)  # no singular value beyond 1
    for _ in range(steps):
        square = x @ x.T
        x = _C.addmm(x, _C.addmm(square, square, square, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x


def _rate(lr, rule, shape):
    """The rate, adjusted to the shape of a matrix."""
    rows, columns = shape
    if rule == "match_rms_adamw":
        return lr * 0.2 * math.sqrt(max(rows, columns))
    return lr * math.sqrt(max(1, rows / columns))


class Muon(OneByOne):
    """Momentum whose matrices are made orthogonal before each step.

    Parameters
    ----------
    params : iterable
        Matrices, pairs of a name and a matrix, or groups.
    lr : float, default 1e-3
        The rate.
    weight_decay : float, default 0.1
        How much of the parameter each step takes away, times `lr`.
    momentum : float, default 0.95
        How much of the old buffer stays.
    nesterov : bool, default True
        Look ahead.
    ns_coefficients : three floats
        The polynomial's coefficients.
    eps : float, default 1e-7
        Lower bound of the norm that the buffer is divided by.
    ns_steps : int, default 5
        How often the polynomial is applied.
    adjust_lr_fn : {None, "original", "match_rms_adamw"}
        How the rate depends on the shape.
    """

    _printed_module = "rushlight.optim"

    def __init__(
        self, params, lr=1e-3, weight_decay=0.1, momentum=0.95, nesterov=True, ns_coefficients=(3.4445, -4.775, 2.0315),
        eps=1e-7, ns_steps=5, adjust_lr_fn=None,
    ):  # fmt: skip
        check_lr(lr, "Learning rate should be >= 0 but is: {}")
        check_not_negative("{} should be >= 0 but is: {}", momentum=momentum)
        check(0.0 <= weight_decay, f"weight decay should be >= 0 but is: {weight_decay}")
        check(
            adjust_lr_fn in (None, "original", "match_rms_adamw"),
            f"Adjust learning rate function {adjust_lr_fn} is not supported",
        )
        super().__init__(params, dict(
            lr=lr, weight_decay=weight_decay, momentum=momentum, nesterov=nesterov, ns_coefficients=ns_coefficients, eps=eps,
            ns_steps=ns_steps, adjust_lr_fn=adjust_lr_fn,
        ))  # fmt: skip
        for group in self.param_groups:
            for p in group["params"]:
                check(
                    p.ndim == 2, f"Muon only supports 2D parameters whereas we found a parameter with size: {p.size()}"
                )

    def _step_one(self, p, group):
        if p.is_complex():
            raise RuntimeError("Muon does not support complex parameters")
        grad, state, momentum, lr = p.grad, self.state[p], group["momentum"], float(group["lr"])
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = _C.zeros_like(grad)
        buffer = state["momentum_buffer"].lerp_(grad, 1 - momentum)
        update = grad.lerp(buffer, momentum) if group["nesterov"] else buffer
        update = _orthogonal(update, group["ns_coefficients"], group["ns_steps"], group["eps"])
        p.mul_(1 - lr * group["weight_decay"])
        p.add_(update, alpha=-_rate(lr, group["adjust_lr_fn"], p.shape))
