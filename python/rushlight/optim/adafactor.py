"""Adafactor (Shazeer and Stern, 2018)."""

from rushlight import _C
from rushlight._info import finfo

from .optimizer import OneByOne, check, check_lr, check_not_negative, counter


class Adafactor(OneByOne):
    """Steps scaled by second moments that are kept as a row and a column of each matrix.

    Parameters
    ----------
    params : iterable
        Parameters, pairs of a name and a parameter, or groups; real ones.
    lr : float or Tensor, default 1e-2
        The largest relative size of a step.
    beta2_decay : float, default -0.8
        The second moments' new share is ``step ** beta2_decay``.
    eps : (float or None, float), default (None, 1e-3)
        Lower bounds of the moments, by default the dtype's eps, and of the size of a parameter.
    d : float, default 1.0
        Steps whose root mean square is larger are scaled down.
    weight_decay : float, default 0.0
        How much of the parameter each step takes away.
    """

    _printed_module = "rushlight.optim"

    def __init__(
        self, params, lr=1e-2, beta2_decay=-0.8, eps=(None, 1e-3), d=1.0, weight_decay=0.0, *, foreach=None, maximize=False
    ):  # fmt: skip
        check_lr(lr, "Learning rate should be >= 0 but is: {}")
        check(0.0 >= beta2_decay, f"beta2_decay should be <= 0 but is: {beta2_decay}")
        check(eps[0] is None or 0.0 <= eps[0], f"epsilon1 should be >= 0 but is: {eps[0]}")
        check(0.0 <= eps[1], f"epsilon2 should be >= 0 but is: {eps[1]}")
        check(1.0 <= d, f"Clipping threshold d should be >= 1 but is: {d}")
        check_not_negative("{} should be >= 0 but is: {}", weight_decay=weight_decay)
        super().__init__(params, dict(
            lr=lr, beta2_decay=beta2_decay, eps=eps, d=d, weight_decay=weight_decay, foreach=foreach, maximize=maximize
        ))  # fmt: skip

    def __setstate__(self, state):
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("foreach", None)

    def _first_state(self, grad):
        if grad.ndim < 2:
            return {"step": counter(), "variance": _C.zeros_like(grad)}
        rows, columns = list(grad.shape), list(grad.shape)
        rows[-1] = columns[-2] = 1
        return {"step": counter(), "row_var": grad.new_zeros(rows), "col_var": grad.new_zeros(columns)}

    def _step_one(self, p, group):
        if p.is_complex():
            raise RuntimeError("Adafactor does not support complex parameters")
        state = self.state[p]
        if not state:
            state.update(self._first_state(p.grad))
        grad = -p.grad if group["maximize"] else p.grad
        least, smallest = group["eps"]
        if least is None:
            least = finfo(p.dtype).eps
        lr = float(group["lr"])
        state["step"] += 1
        step = state["step"].item()
        share = step ** group["beta2_decay"]
        size = max(smallest, p.norm(2).item() / p.numel() ** 0.5) * min(lr, 1 / step**0.5)
        if group["weight_decay"] != 0:
            p.mul_(1 - lr * group["weight_decay"])
        if grad.ndim > 1:
            rows, columns = state["row_var"], state["col_var"]
            for kept, dim in ((rows, -1), (columns, -2)):
                kept.lerp_(_C.norm(grad, dim=dim, keepdim=True).square_().div_(grad.shape[dim]), share)
            moment = (rows @ columns).div_(rows.mean(dim=-2, keepdim=True).clamp_(min=least))
        else:
            moment = state["variance"].lerp_(grad * grad, share).clone()
        update = moment.clamp_(min=least * least).rsqrt_().mul_(grad)
        too_large = max(1.0, update.norm(2).item() / (update.numel() ** 0.5 * group["d"]))
        p.add_(update, alpha=-size / too_large)
