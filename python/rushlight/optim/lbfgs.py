"""L-BFGS (Liu and Nocedal, 1989), with a line search for the strong Wolfe conditions."""

from typing import NamedTuple

from rushlight import _C
from rushlight.autograd import enable_grad, no_grad
from rushlight.tensor import Tensor

from .optimizer import Optimizer, check, check_lr


class _Point(NamedTuple):
    """Where a line search has been: the step, the loss, the gradient, and the slope along the line."""

    t: float
    loss: float
    grad: Tensor | None
    slope: Tensor


def _cubic_minimum(a, b, bounds=None):
    """Where the cubic through two points with their slopes is least, within bounds (the points themselves, if not given)."""
    low, high = bounds or ((a.t, b.t) if a.t <= b.t else (b.t, a.t))
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1**2 - a.slope * b.slope
    if not square >= 0:
        return (low + high) / 2.0
    d2 = square.sqrt()
    left, right = (a, b) if a.t <= b.t else (b, a)
    least = right.t - (right.t - left.t) * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2))
    return min(max(least, low), high)


def _strong_wolfe(evaluate, start, t, longest, tolerance, most):
    """A point along the line that fulfils the strong Wolfe conditions, or the best one met, and how many were tried.

    Nocedal and Wright 2006, algorithms 3.5 and 3.6: steps grow until a bracket holds such a point, then it is narrowed.
    `longest` is the largest part of the direction, `most` the number of points that may be tried after the first.
    """
    too_high = lambda point: point.loss > start.loss + 1e-4 * point.t * start.slope
    flat = lambda point: abs(point.slope) <= -0.9 * start.slope
    by_loss = lambda a, b: (0, 1) if a.loss <= b.loss else (1, 0)

    previous, point, tried = start, evaluate(t), 0
    bracket = None
    while tried < most:
        if too_high(point) or (tried > 1 and point.loss >= previous.loss):
            bracket = [previous, point]
            break
        if flat(point):
            return point, tried + 1
        if point.slope >= 0:
            bracket = [previous, point]
            break
        t = _cubic_minimum(previous, point, (point.t + 0.01 * (point.t - previous.t), point.t * 10))
        previous, point = point, evaluate(t)
        tried += 1
    bracket = bracket or [start, point]

    low, high = by_loss(*bracket)
    slow = False  # did the last step bring little?
    while tried < most:
        ends = [end.t for end in bracket]
        near, far = min(ends), max(ends)
        if abs(ends[1] - ends[0]) * longest < tolerance:
            break
        t = _cubic_minimum(*bracket)
        margin = 0.1 * (far - near)
        close = min(far - t, t - near) < margin
        if close and (slow or t >= far or t <= near):
            t = far - margin if abs(t - far) < abs(t - near) else near + margin
            close = False
        slow = close
        point = evaluate(t)
        tried += 1
        if too_high(point) or point.loss >= bracket[low].loss:
            bracket[high] = point
            low, high = by_loss(*bracket)
            continue
        done = flat(point)
        if not done and point.slope * (bracket[high].t - bracket[low].t) >= 0:
            bracket[high] = bracket[low]
        bracket[low] = point
        if done:
            break
    return bracket[low], tried + 1


class LBFGS(Optimizer):
    """Steps along the inverse of a curvature that the last gradients tell; the closure is called several times a step.

    Parameters
    ----------
    params : iterable
        Parameters; there is one group alone.
    lr : float or Tensor, default 1
        The step along the direction, or the first one that a line search tries.
    max_iter : int, default 20
        Directions a step.
    max_eval : int, optional
        Calls of the closure a step; by default ``max_iter * 5 // 4``.
    tolerance_grad, tolerance_change : float, default 1e-7 and 1e-9
        Stop where no gradient is larger, and where loss and parameters change by less.
    history_size : int, default 100
        How many gradients are remembered.
    line_search_fn : {None, "strong_wolfe"}
        How the length of a step is found.
    """

    def __init__(
        self, params, lr=1, max_iter=20, max_eval=None, tolerance_grad=1e-7, tolerance_change=1e-9, history_size=100,
        line_search_fn=None,
    ):  # fmt: skip
        check_lr(lr)
        super().__init__(params, dict(
            lr=lr, max_iter=max_iter, max_eval=max_iter * 5 // 4 if max_eval is None else max_eval,
            tolerance_grad=tolerance_grad, tolerance_change=tolerance_change, history_size=history_size,
            line_search_fn=line_search_fn,
        ))  # fmt: skip
        check(len(self.param_groups) == 1, "LBFGS doesn't support per-parameter options (parameter groups)")

    # ---- the parameters as one vector ------------------------------------------------------------------------------

    def _params(self):
        return [_C.view_as_real(p) if p.is_complex() else p for p in self.param_groups[0]["params"]]

    def _flat_grad(self):
        flat = []
        for p in self.param_groups[0]["params"]:
            grad = _C.zeros_like(p) if p.grad is None else p.grad
            flat.append(_C.reshape(_C.view_as_real(grad) if p.is_complex() else grad, (-1,)))
        return _C.cat(flat)

    def _move(self, t, direction):
        begin = 0
        for p in self._params():
            p.add_(direction[begin : begin + p.numel()].view(p.shape), alpha=float(t))
            begin += p.numel()

    # ---- a step ----------------------------------------------------------------------------------------------------

    def step(self, closure):
        """One step; `closure` computes the loss again, with its gradients. Returns its first loss."""
        with no_grad():
            return self._step(enable_grad()(closure))

    def _step(self, closure):
        group = self.param_groups[0]
        lr = group["lr"].squeeze() if isinstance(group["lr"], Tensor) else group["lr"]
        # one state for all, kept with the first parameter, so that load_state_dict converts it
        state = self.state[group["params"][0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first_loss = closure()
        loss, evaluations = float(first_loss), 1
        state["func_evals"] += 1
        grad = self._flat_grad()
        settled = lambda g: g.abs().max() <= group["tolerance_grad"]
        if settled(grad):
            return first_loss

        change = group["tolerance_change"]
        for n in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            direction = self._direction(state, grad, group["history_size"])
            state["prev_flat_grad"], state["prev_loss"] = grad, loss
            state["t"] = t = min(1.0, 1.0 / grad.abs().sum()) * lr if state["n_iter"] == 1 else lr
            slope = grad.dot(direction)
            if slope > -change:
                break
            called = 0
            if group["line_search_fn"] is not None:
                start, most = _Point(0, loss, grad, slope), group["max_eval"] - evaluations
                point, called = self._search(group, closure, start, t, direction, change, most)
                loss, grad, state["t"] = point.loss, point.grad, point.t
                self._move(point.t, direction)
            else:
                self._move(t, direction)
                if n != group["max_iter"]:  # nobody asks for the loss after the last one
                    loss, called = float(closure()), 1
                    grad = self._flat_grad()
            evaluations += called
            state["func_evals"] += called
            if n == group["max_iter"] or evaluations >= group["max_eval"] or settled(grad):
                break
            if (direction * state["t"]).abs().max() <= change or abs(loss - state["prev_loss"]) < change:
                break
        return first_loss

    def _direction(self, state, grad, history_size):
        """The gradient times the inverse curvature that is remembered: two loops over the history."""
        if state["n_iter"] == 1:
            state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
            state["d"] = -grad
            return state["d"]
        changes, steps, inverses = state["old_dirs"], state["old_stps"], state["ro"]
        change, step = grad - state["prev_flat_grad"], state["d"] * state["t"]
        curvature = change.dot(step)
        if curvature > 1e-10:
            if len(changes) == history_size:
                for kept in (changes, steps, inverses):
                    kept.pop(0)
            changes.append(change)
            steps.append(step)
            inverses.append(1.0 / curvature)
            state["H_diag"] = curvature / change.dot(change)
        shares = state.setdefault("al", [None] * history_size)
        direction = -grad
        for i in reversed(range(len(changes))):
            shares[i] = steps[i].dot(direction) * inverses[i]
            direction.add_(changes[i], alpha=-float(shares[i]))
        direction = direction * state["H_diag"]
        for i in range(len(changes)):
            direction.add_(steps[i], alpha=float(shares[i] - changes[i].dot(direction) * inverses[i]))
        state["d"] = direction
        return direction

    def _search(self, group, closure, start, t, direction, tolerance, most):
        if group["line_search_fn"] != "strong_wolfe":
            raise RuntimeError("only 'strong_wolfe' is supported")
        params = self._params()
        before = [p.clone() for p in params]

        def evaluate(t):
            self._move(t, direction)
            loss = float(closure())
            grad = self._flat_grad()
            for p, value in zip(params, before):
                p.copy_(value)
            return _Point(t, loss, grad, grad.dot(direction))

        return _strong_wolfe(evaluate, start, t, direction.abs().max(), tolerance, most)
