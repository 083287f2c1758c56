"""NAdam (Dozat, 2016)."""

from .optimizer import Stepped, check_betas, check_lr, check_not_negative, counter


class NAdam(Stepped):
    """Adam with Nesterov's momentum.

    Parameters
    ----------
    params, lr, betas, eps, weight_decay, decoupled_weight_decay
        As of `Adam`.
    momentum_decay : float, default 4e-3
        How fast the momentum reaches betas[0].
    """

    def __init__(
        self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, momentum_decay=4e-3, decoupled_weight_decay=False,
        *, foreach=None, maximize=False, capturable=False, differentiable=False,
    ):  # fmt: skip
        check_lr(lr)
        check_not_negative("Invalid epsilon value: {1}", eps=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay, momentum_decay=momentum_decay)
        super().__init__(params, dict(
            lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay,
            decoupled_weight_decay=decoupled_weight_decay, maximize=maximize, foreach=foreach, capturable=capturable,
            differentiable=differentiable,
        ))  # fmt: skip

    def _rule(self, group):
        return "nadam", ("exp_avg", "exp_avg_sq"), ("step", "mu_product")

    def _first_state(self, p, group):
        return {**super()._first_state(p, group), "mu_product": counter(1.0)}

    def _options(self, group):
        return [*group["betas"], group["eps"], group["momentum_decay"]]

    def _recorded(self, p, grad, state, group):
        (beta1, beta2), lr, decay = group["betas"], group["lr"], group["momentum_decay"]
        mean, square, step = self._moments(grad, state, group)
        mu, mu_next = (beta1 * (1.0 - 0.5 * 0.96 ** (t * decay)) for t in (step, step + 1))
        product = state["mu_product"] = state["mu_product"] * mu
        root = (square / (1 - beta2**step)).sqrt() + group["eps"]
        p.sub_(grad * (lr * (1.0 - mu) / (1.0 - product)) / root)
        p.sub_(mean * (lr * mu_next / (1.0 - product * mu_next)) / root)
