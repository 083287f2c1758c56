"""Averaged stochastic gradient descent (Polyak and Juditsky, 1992)."""

from .optimizer import Stepped, check_lr, check_not_negative, counter


class ASGD(Stepped):
    """Gradient descent with a decaying rate, and the mean of the parameters in state ``ax``.

    Parameters
    ----------
    params, lr, weight_decay
        As of `SGD`.
    lambd : float, default 1e-4
        How fast parameters and rate decay.
    alpha : float, default 0.75
        The power of the rate's decay.
    t0 : float, default 1e6
        The step at which the mean begins.
    """

    def __init__(
        self, params, lr=1e-2, lambd=1e-4, alpha=0.75, t0=1e6, weight_decay=0, foreach=None, maximize=False,
        differentiable=False, capturable=False,
    ):  # fmt: skip
        check_lr(lr)
        check_not_negative(weight_decay=weight_decay)
        super().__init__(params, dict(
            lr=lr, lambd=lambd, alpha=alpha, t0=t0, weight_decay=weight_decay, foreach=foreach, maximize=maximize,
            differentiable=differentiable, capturable=capturable,
        ))  # fmt: skip

    def _rule(self, group):
        return "asgd", ("ax",), ("step", "eta", "mu")

    def _first_state(self, p, group):
        first = super()._first_state(p, group)
        return {"step": first["step"], "eta": counter(float(group["lr"])), "mu": counter(1.0), "ax": first["ax"]}

    def _options(self, group):
        return [group["lambd"], group["alpha"], group["t0"]]

    def _recorded(self, p, grad, state, group):
        lr, lambd, step = group["lr"], group["lambd"], state["step"].item()
        p.mul_(1 - lambd * state["eta"].item())
        p.sub_(grad * state["eta"].item())
        state["ax"] = state["ax"] + (p - state["ax"]) * state["mu"]
        state["eta"] = counter(float(lr / (1 + lambd * lr * step) ** group["alpha"]))
        state["mu"] = counter(1 / max(1, step - group["t0"]))
