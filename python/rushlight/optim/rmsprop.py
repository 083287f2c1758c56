"""RMSprop (Hinton, 2012; centred: Graves, 2013)."""

from .optimizer import Stepped, check_lr, check_not_negative


class RMSprop(Stepped):
    """Steps scaled by a running mean of squares.

    Parameters
    ----------
    params, lr, weight_decay, momentum
        As of `SGD`.
    alpha : float, default 0.99
        How much of the old mean stays.
    eps : float, default 1e-8
        Added to the denominator.
    centered : bool, default False
        Scale by the variance: the mean of squares less the square of the mean.
    """

    def __init__(
        self, params, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=False, capturable=False,
        foreach=None, maximize=False, differentiable=False,
    ):  # fmt: skip
        check_lr(lr)
        check_not_negative("Invalid epsilon value: {1}", eps=eps)
        check_not_negative(momentum=momentum, weight_decay=weight_decay, alpha=alpha)
        super().__init__(params, dict(
            lr=lr, momentum=momentum, alpha=alpha, eps=eps, centered=centered, weight_decay=weight_decay,
            capturable=capturable, foreach=foreach, maximize=maximize, differentiable=differentiable,
        ))  # fmt: skip

    def _rule(self, group):
        momentum, centered = group["momentum"] > 0, group["centered"]
        states = "square_avg", *["momentum_buffer"] * momentum, *["grad_avg"] * centered
        return "rmsprop" + "_momentum" * momentum + "_centered" * centered, states, ("step",)

    def _options(self, group):
        return [group["alpha"], group["eps"], group["momentum"]]

    def _recorded(self, p, grad, state, group):
        alpha = group["alpha"]
        variance = state["square_avg"] = state["square_avg"] * alpha + grad * grad * (1 - alpha)
        if group["centered"]:
            mean = state["grad_avg"] = state["grad_avg"] * alpha + grad * (1 - alpha)
            variance = variance - mean * mean
        update = grad / (variance.sqrt() + group["eps"])
        if group["momentum"] > 0:
            update = state["momentum_buffer"] = state["momentum_buffer"] * group["momentum"] + update
        p.sub_(update * group["lr"])
