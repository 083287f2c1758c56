"""Adam (Kingma and Ba, 2015) and its largest second moment (Reddi et al., 2018)."""

from rushlight import _C
from rushlight.tensor import Tensor

from .optimizer import Stepped, check, check_betas, check_fused, check_lr, check_not_negative


class Adam(Stepped):
    """Steps scaled by running means of the gradient and of its square.

    Parameters
    ----------
    params : iterable
        Parameters, pairs of a name and a parameter, or groups.
    lr : float or Tensor, default 1e-3
        The rate.
    betas : pair of float, default (0.9, 0.999)
        How much of the old means stays, of the gradient and of its square.
    eps : float, default 1e-8
        Added to the denominator.
    weight_decay : float, default 0
        How much of the parameter is added to its gradient, or, `decoupled_weight_decay`, taken from the parameter.
    amsgrad : bool, default False
        Scale by the largest second moment so far.
    """

    def __init__(
        self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False, *, foreach=None, maximize=False,
        capturable=False, differentiable=False, fused=None, decoupled_weight_decay=False,
    ):  # fmt: skip
        alone = foreach and not capturable
        check(
            not (alone and isinstance(lr, Tensor)),
            "lr as a Tensor is not supported for capturable=False and foreach=True",
        )
        check_lr(lr)
        check_not_negative("Invalid epsilon value: {1}", eps=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay)
        kinds = [isinstance(beta, Tensor) for beta in betas]
        check(
            all(kinds) or all(isinstance(beta, float) for beta in betas),
            "betas must be either both floats or both Tensors",
        )
        for place, beta in enumerate(betas):
            if kinds[place]:
                check(
                    not alone,
                    f"betas[{place}] as a Tensor is not supported for capturable=False and foreach=True",
                )
                check(beta.numel() == 1, f"Tensor betas[{place}] must be 1-element")
        betas = tuple(beta.squeeze() if isinstance(beta, Tensor) and beta.ndim else beta for beta in betas)
        super().__init__(params, dict(
            lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad, maximize=maximize, foreach=foreach,
            capturable=capturable, differentiable=differentiable, fused=fused, decoupled_weight_decay=decoupled_weight_decay,
        ))  # fmt: skip
        check_fused(fused, foreach, differentiable)

    def _rule(self, group):
        if group["amsgrad"]:
            return "adam_amsgrad", ("exp_avg", "exp_avg_sq", "max_exp_avg_sq"), ("step",)
        return "adam", ("exp_avg", "exp_avg_sq"), ("step",)

    def _options(self, group):
        return [*map(float, group["betas"]), group["eps"]]

    def _recorded(self, p, grad, state, group):
        (beta1, beta2), (mean, square, step) = group["betas"], self._moments(grad, state, group)
        if group["amsgrad"]:
            square = state["max_exp_avg_sq"] = _C.maximum(state["max_exp_avg_sq"], square)
        root = square.sqrt() / (1 - beta2**step) ** 0.5
        p.sub_(mean * (group["lr"] / (1 - beta1**step)) / (root + group["eps"]))
