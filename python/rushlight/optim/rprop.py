"""Rprop (Riedmiller and Braun, 1993)."""

from rushlight import _C

from .optimizer import Stepped, check, check_lr


class Rprop(Stepped):
    """Steps whose size grows while the gradient keeps its sign, and shrinks where it turns.

    Parameters
    ----------
    params
        As of `SGD`.
    lr : float or Tensor, default 1e-2
        The first size of a step.
    etas : pair of float, default (0.5, 1.2)
        What a size is multiplied by where the sign turns, and where it stays.
    step_sizes : pair of float, default (1e-6, 50)
        The least and the largest size.
    """

    def __init__(
        self, params, lr=1e-2, etas=(0.5, 1.2), step_sizes=(1e-6, 50), *, capturable=False, foreach=None, maximize=False,
        differentiable=False,
    ):  # fmt: skip
        check_lr(lr)
        check(0.0 < etas[0] < 1.0 < etas[1], f"Invalid eta values: {etas[0]}, {etas[1]}")
        super().__init__(params, dict(
            lr=lr, etas=etas, step_sizes=step_sizes, foreach=foreach, maximize=maximize, differentiable=differentiable,
            capturable=capturable,
        ))  # fmt: skip

    def _rule(self, group):
        return "rprop", ("prev", "step_size"), ("step",)

    def _first_state(self, p, group):
        first = float(group["lr"])
        size = _C.full_like(p, complex(first, first) if p.is_complex() else first)
        return {**super()._first_state(p, group), "step_size": size}

    def _options(self, group):
        return [*group["etas"], *group["step_sizes"]]

    def _recorded(self, p, grad, state, group):
        (less, more), turn, size = group["etas"], grad * state["prev"], state["step_size"]
        size = _C.where(turn > 0, size * more, _C.where(turn < 0, size * less, size))
        state["step_size"] = size.clamp(*group["step_sizes"])
        state["prev"] = _C.where(turn < 0, 0.0, grad)
        p.sub_(state["prev"].sign() * state["step_size"])
