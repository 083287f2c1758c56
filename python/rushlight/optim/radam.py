"""RAdam (Liu et al., 2020)."""

from .optimizer import Stepped, check_betas, check_lr, check_not_negative


class RAdam(Stepped):
    """Adam that rectifies the variance of its first steps; the parameters are Adam's."""

    def __init__(
        self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, decoupled_weight_decay=False, *, foreach=None,
        maximize=False, capturable=False, differentiable=False,
    ):  # fmt: skip
        check_lr(lr)
        check_not_negative("Invalid epsilon value: {1}", eps=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay)
        super().__init__(params, dict(
            lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, maximize=maximize, foreach=foreach, capturable=capturable,
            decoupled_weight_decay=decoupled_weight_decay, differentiable=differentiable,
        ))  # fmt: skip

    def _rule(self, group):
        return "radam", ("exp_avg", "exp_avg_sq"), ("step",)

    def _options(self, group):
        return [*group["betas"], group["eps"]]

    def _recorded(self, p, grad, state, group):
        (beta1, beta2), (mean, square, step) = group["betas"], self._moments(grad, state, group)
        update = mean / (1 - beta1**step) * group["lr"]
        longest, power = 2 / (1 - beta2) - 1, beta2**step
        length = longest - 2 * step * power / (1 - power)
        if length > 5.0:
            rectified = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
            update = update * ((1 - power) ** 0.5 / (square.sqrt() + group["eps"])) * rectified**0.5
        p.sub_(update)
