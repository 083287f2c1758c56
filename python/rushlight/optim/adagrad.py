"""Adagrad (Duchi, Hazan and Singer, 2011)."""

from rushlight import _C

from .optimizer import Stepped, check_fused, check_lr, check_not_negative, counter


class Adagrad(Stepped):
    """Steps scaled by the sum of all squares so far.

    Parameters
    ----------
    params, lr, weight_decay
        As of `SGD`.
    lr_decay : float, default 0
        The rate of step t is ``lr / (1 + (t - 1) * lr_decay)``.
    initial_accumulator_value : float, default 0
        What the sums start from.
    eps : float, default 1e-10
        Added to the denominator.
    """

    def __init__(
        self, params, lr=1e-2, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10, foreach=None, *,
        maximize=False, differentiable=False, fused=None,
    ):  # fmt: skip
        check_lr(lr)
        check_not_negative(
            lr_decay=lr_decay, weight_decay=weight_decay, initial_accumulator_value=initial_accumulator_value
        )
        check_not_negative("Invalid epsilon value: {1}", eps=eps)
        super().__init__(params, dict(
            lr=lr, lr_decay=lr_decay, eps=eps, weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value, foreach=foreach, maximize=maximize,
            differentiable=differentiable, fused=fused,
        ))  # fmt: skip
        check_fused(fused, foreach, differentiable)
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p].update(self._first_state(p, group))

    def _rule(self, group):
        return "adagrad", ("sum",), ("step",)

    def _first_state(self, p, group):
        first = self.defaults["initial_accumulator_value"]
        return {"step": counter(), "sum": _C.full_like(p, complex(first, first) if p.is_complex() else first)}

    def _options(self, group):
        return [group["lr_decay"], group["eps"]]

    def share_memory(self):
        """Let processes share the sums."""
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p]["sum"].share_memory_()

    def _recorded(self, p, grad, state, group):
        total = state["sum"] = state["sum"] + grad * grad
        rate = group["lr"] / (1 + (state["step"].item() - 1) * group["lr_decay"])
        p.sub_(grad * rate / (total.sqrt() + group["eps"]))
