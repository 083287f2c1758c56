"""Adadelta (Zeiler, 2012)."""

from .optimizer import Stepped, check, check_lr, check_not_negative


class Adadelta(Stepped):
    """Steps as large as the past ones, relative to the size of the gradients.

    Parameters
    ----------
    params, weight_decay
        As of `SGD`.
    lr : float or Tensor, default 1.0
        Scales the step.
    rho : float, default 0.9
        How much of the old means of squares stays.
    eps : float, default 1e-6
        Added to both means.
    """

    def __init__(
        self, params, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0, foreach=None, *, capturable=False, maximize=False,
        differentiable=False,
    ):  # fmt: skip
        check_lr(lr)
        check(0.0 <= rho <= 1.0, f"Invalid rho value: {rho}")
        check_not_negative("Invalid epsilon value: {1}", eps=eps)
        check_not_negative(weight_decay=weight_decay)
        super().__init__(params, dict(
            lr=lr, rho=rho, eps=eps, weight_decay=weight_decay, maximize=maximize, capturable=capturable, foreach=foreach,
            differentiable=differentiable,
        ))  # fmt: skip

    def _rule(self, group):
        return "adadelta", ("square_avg", "acc_delta"), ("step",)

    def _options(self, group):
        return [group["rho"], group["eps"]]

    def _recorded(self, p, grad, state, group):
        rho, eps = group["rho"], group["eps"]
        square = state["square_avg"] = state["square_avg"] * rho + grad * grad * (1 - rho)
        delta = (state["acc_delta"] + eps).sqrt() / (square + eps).sqrt() * grad
        state["acc_delta"] = state["acc_delta"] * rho + delta * delta * (1 - rho)
        p.sub_(delta * group["lr"])
