"""Adamax (Kingma and Ba, 2015)."""

from rushlight import _C

from .optimizer import Stepped, check_betas, check_lr, check_not_negative


class Adamax(Stepped):
    """Adam scaled by a decaying largest gradient in place of the second moment; the parameters are Adam's."""

    def __init__(
        self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, foreach=None, *, maximize=False,
        differentiable=False, capturable=False,
    ):  # fmt: skip
        check_lr(lr)
        check_not_negative("Invalid epsilon value: {1}", eps=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay)
        super().__init__(params, dict(
            lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, foreach=foreach, maximize=maximize,
            differentiable=differentiable, capturable=capturable,
        ))  # fmt: skip

    def _rule(self, group):
        return "adamax", ("exp_avg", "exp_inf"), ("step",)

    def _options(self, group):
        return [*group["betas"], group["eps"]]

    def _recorded(self, p, grad, state, group):
        beta1, beta2 = group["betas"]
        mean = state["exp_avg"] = state["exp_avg"] * beta1 + grad * (1 - beta1)
        norm = state["exp_inf"] = _C.maximum(state["exp_inf"] * beta2, grad.abs() + group["eps"])
        p.sub_(mean / norm * (group["lr"] / (1 - beta1 ** state["step"].item())))
