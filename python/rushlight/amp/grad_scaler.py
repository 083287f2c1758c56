"""Losses scaled up so that gradients of half precision do not vanish, and steps left out where they overflow."""

import warnings
from collections import defaultdict

from rushlight import _C
from rushlight._naming import Meta
from rushlight.autograd import no_grad
from rushlight.tensor import Tensor

__all__ = ["GradScaler"]


class GradScaler(metaclass=Meta):
    """Scales losses, unscales gradients before a step, and leaves the step out where one is not finite.

    Parameters
    ----------
    device : str, default "cuda"
        Where the losses are; without a GPU a scaler for "cuda" warns and does nothing.
    init_scale : float, default 65536
        The first scale.
    growth_factor, backoff_factor : float, default 2.0 and 0.5
        What the scale is multiplied by after `growth_interval` steps without overflow, and after one with.
    growth_interval : int, default 2000
        Steps without overflow until the scale grows.
    enabled : bool, default True
        False: losses and steps pass as they are.
    """

    def __init__(
        self, device="cuda", init_scale=2.0**16, growth_factor=2.0, backoff_factor=0.5, growth_interval=2000, enabled=True
    ):  # fmt: skip
        self._device, self._enabled = device, enabled
        if enabled and device == "cuda":
            warnings.warn(
                "torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling.",
                UserWarning,
                stacklevel=2,
            )
            self._enabled = False
        if not self._enabled:
            return
        if growth_factor <= 1.0:
            raise AssertionError("The growth factor must be > 1.0.")
        if backoff_factor >= 1.0:
            raise AssertionError("The backoff factor must be < 1.0.")
        self._scale = float(init_scale)
        self._growth_factor, self._backoff_factor = growth_factor, backoff_factor
        self._growth_interval, self._growth_tracker = growth_interval, 0
        self._stages: dict = defaultdict(dict)  # by optimizer: what was done since the last update()

    def scale(self, outputs):
        """A loss, or a list or tuple of losses, times the scale."""
        if not self._enabled:
            return outputs
        if isinstance(outputs, Tensor):
            return outputs * _C.tensor(self._scale)
        if isinstance(outputs, (list, tuple)):
            return type(outputs)(map(self.scale, outputs))
        if hasattr(outputs, "__iter__"):
            return map(self.scale, outputs)
        raise ValueError("outputs must be a Tensor or an iterable of Tensors")

    def unscale_(self, optimizer):
        """Divide the gradients of an optimizer's parameters by the scale, so that they can be clipped."""
        if not self._enabled:
            return
        stage = self._stages[id(optimizer)]
        if stage.get("stepped"):
            raise RuntimeError("unscale_() is being called after step().")
        if "finite" in stage:
            raise RuntimeError("unscale_() has already been called on this optimizer since the last update().")
        stage["finite"] = True
        with no_grad():
            for group in optimizer.param_groups:
                for p in group["params"]:
                    if p.grad is None:
                        continue
                    if p.grad.dtype == _C.float16:
                        raise ValueError("Attempting to unscale FP16 gradients.")
                    stage["finite"] = bool(_C.isfinite(p.grad).all()) and stage["finite"]
                    p.grad.mul_(1.0 / self._scale)

    def step(self, optimizer, *args, **kwargs):
        """The optimizer's step, unless a gradient is not finite."""
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError("Closure use is not currently supported if GradScaler is enabled.")
        stage = self._stages[id(optimizer)]
        if stage.get("stepped"):
            raise RuntimeError("step() has already been called since the last update().")
        if "finite" not in stage:
            self.unscale_(optimizer)
        if not any(p.grad is not None for group in optimizer.param_groups for p in group["params"]):
            raise AssertionError("No inf checks were recorded for this optimizer.")
        stage["stepped"] = True
        return optimizer.step(*args, **kwargs) if stage["finite"] else None

    def update(self, new_scale=None):
        """On to the next step: the scale grows, falls, or becomes `new_scale`."""
        if not self._enabled:
            return
        if new_scale is not None:
            self._scale = float(new_scale)
        else:
            checks = [stage["finite"] for stage in self._stages.values() if "finite" in stage]
            if not checks:
                raise AssertionError("No inf checks were recorded prior to update.")
            if not all(checks):
                self._scale *= self._backoff_factor
                self._growth_tracker = 0
            else:
                self._growth_tracker += 1
                if self._growth_tracker == self._growth_interval:
                    self._scale *= self._growth_factor
                    self._growth_tracker = 0
        self._stages.clear()

    def get_scale(self):
        """The scale; 1.0 where the scaler is not enabled."""
        return self._scale if self._enabled else 1.0

    def get_growth_factor(self):
        """What the scale grows by."""
        return self._growth_factor

    def set_growth_factor(self, new_factor):
        """Let the scale grow by another factor."""
        self._growth_factor = new_factor

    def get_backoff_factor(self):
        """What the scale falls by."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor):
        """Let the scale fall by another factor."""
        self._backoff_factor = new_factor

    def get_growth_interval(self):
        """Steps without overflow until the scale grows."""
        return self._growth_interval

    def set_growth_interval(self, new_interval):
        """Let the scale grow after another number of steps."""
        self._growth_interval = new_interval

    def is_enabled(self):
        """Does the scaler do anything?"""
        return self._enabled

    def state_dict(self):
        """The scale and how it changes; empty where the scaler is not enabled."""
        if not self._enabled:
            return {}
        return {
            "scale": self.get_scale(),
            "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval,
            "_growth_tracker": self._growth_tracker,
        }

    def load_state_dict(self, state_dict):
        """Take over what state_dict() gave."""
        if not self._enabled:
            return
        if len(state_dict) == 0:
            raise RuntimeError(
                "The source state dict is empty, possibly because it was saved from a disabled instance of GradScaler."
            )
        self._scale = state_dict["scale"]
        self._growth_factor, self._backoff_factor = state_dict["growth_factor"], state_dict["backoff_factor"]
        self._growth_interval, self._growth_tracker = state_dict["growth_interval"], state_dict["_growth_tracker"]
