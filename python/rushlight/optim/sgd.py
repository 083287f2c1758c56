"""Stochastic gradient descent, with momentum (Sutskever et al., 2013)."""

from rushlight import _C

from .optimizer import Optimizer, check


class SGD(Optimizer):
    """p = p - lr * g, with momentum, weight decay and Nesterov's form; all parameters in one call."""

    def __init__(
        self, params, lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False, *, maximize=False, foreach=None,
        differentiable=False, fused=None,
    ):  # fmt: skip
        check(float(lr) >= 0.0, f"Invalid learning rate: {lr}")
        check(momentum >= 0.0, f"Invalid momentum value: {momentum}")
        check(weight_decay >= 0.0, f"Invalid weight_decay value: {weight_decay}")
        check(
            not nesterov or (momentum > 0 and dampening == 0),
            "Nesterov momentum requires a momentum and zero dampening",
        )
        super().__init__(params, dict(
            lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov, maximize=maximize,
            foreach=foreach, differentiable=differentiable, fused=fused,
        ))  # fmt: skip

    def _step_group(self, place, group):
        momentum = group["momentum"]
        batches = ([], [], []), ([], [], [])  # with a buffer, and meeting their first gradient
        for p in group["params"]:
            g = p.grad
            if g is None:
                continue
            if momentum:
                state = self.state[p]
                buffer = state.get("momentum_buffer")
                first = buffer is None
                if first:
                    with _C._Unrecorded():
                        buffer = state["momentum_buffer"] = _C.zeros_like(p)
                batch = batches[first]
                batch[2].append(buffer)
            else:
                batch = batches[0]
            batch[0].append(p)
            batch[1].append(g)
        for first, (params, grads, buffers) in enumerate(batches):
            if params:
                _C._sgd_step(params, grads, buffers, self._numbers(place, self._values(group, first), bool(first)))
                if first:  # only once, for a recorded step too
                    self._numbers(place, self._values(group), True)

    def _values(self, group, first=False):
        return [
            float(group["lr"]),
            group["momentum"],
            group["dampening"],
            group["weight_decay"],
            group["nesterov"],
            group["maximize"],
            first,
        ]
