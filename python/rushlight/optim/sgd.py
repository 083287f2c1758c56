"""Stochastic gradient descent, with momentum (Sutskever et al., 2013)."""

from rushlight import _C

from .optimizer import Stepped, check, check_fused, check_lr, check_not_negative


class SGD(Stepped):
    """p = p - lr * g, with momentum, weight decay and Nesterov's form.

    Parameters
    ----------
    params : iterable
        Parameters, pairs of a name and a parameter, or groups.
    lr : float or Tensor, default 1e-3
        The rate.
    momentum, dampening : float, default 0
        The buffer becomes ``momentum * buffer + (1 - dampening) * g`` and takes the gradient's place.
    weight_decay : float, default 0
        How much of the parameter is added to its gradient.
    nesterov : bool, default False
        Look ahead: ``g + momentum * buffer`` takes the gradient's place.
    """

    def __init__(
        self, params, lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False, *, maximize=False, foreach=None,
        differentiable=False, fused=None,
    ):  # fmt: skip
        check_lr(lr)
        check_not_negative(momentum=momentum, weight_decay=weight_decay)
        check(
            not nesterov or (momentum > 0 and dampening == 0),
            "Nesterov momentum requires a momentum and zero dampening",
        )
        super().__init__(params, dict(
            lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov, maximize=maximize,
            foreach=foreach, differentiable=differentiable, fused=fused,
        ))  # fmt: skip
        check_fused(fused, foreach, differentiable)

    def _rule(self, group):
        return ("sgd_momentum", ("momentum_buffer",), ()) if group["momentum"] else ("sgd", (), ())

    def _gathered(self, group):
        kept = [p for p in group["params"] if p.grad is not None]
        if kept:
            self._check_step(group, kept)
        states = [self.state[p] for p in kept] if group["momentum"] else [{}] * len(kept)
        return kept, [p.grad for p in kept], states

    def _step_group(self, place, group):
        if not group["momentum"]:
            return super()._step_group(place, group)
        batches = [[], [], []], [[], [], []]  # with a buffer, and meeting their first gradient
        for p, grad, state in zip(*self._gathered(group)):
            first = state.get("momentum_buffer") is None
            if first:
                with _C._Unrecorded():
                    state["momentum_buffer"] = _C.zeros_like(p)
            for kept, value in zip(batches[first], (p, grad, state)):
                kept.append(value)
        rule = self._rule(group)
        for first, (params, grads, states) in enumerate(batches):
            if params:
                numbers = self._numbers(place, self._values(group, first), bool(first))
                self._call(rule, params, grads, states, numbers)
                if first:  # only once, for a recorded step too
                    self._numbers(place, self._values(group), True)

    def _values(self, group, first=False):
        return [*super()._values(group), first]

    def _options(self, group):
        return [group["momentum"], group["dampening"], group["nesterov"]]

    def _recorded(self, p, grad, state, group):
        if group["momentum"]:
            old = state.get("momentum_buffer")
            kept = grad.detach().clone() if old is None else old * group["momentum"] + grad * (1 - group["dampening"])
            state["momentum_buffer"] = kept
            grad = grad + kept * group["momentum"] if group["nesterov"] else kept
        p.sub_(grad * group["lr"])
