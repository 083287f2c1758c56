"""Means of a model's weights over its training (Izmailov et al., 2018)."""

import math
from copy import deepcopy
from itertools import chain

from rushlight import _C
from rushlight.autograd import no_grad
from rushlight.nn import Module

from .lr_scheduler import LRScheduler
from .lr_scheduler._base import for_each_group

__all__ = [
    "AveragedModel",
    "SWALR",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]


def _check_decay(decay):
    if not 0.0 <= decay <= 1.0:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")


def _moved(t):
    return t.is_floating_point() or t.is_complex()


def get_ema_multi_avg_fn(decay=0.999):
    """A function that moves lists of tensors by ``1 - decay`` of the way to the current ones."""
    _check_decay(decay)

    @no_grad()
    def ema_update(ema_param_list, current_param_list, _):
        for mean, now in zip(ema_param_list, current_param_list, strict=True):
            mean.lerp_(now, 1 - decay) if _moved(mean) else mean.copy_(mean * decay + now * (1 - decay))

    return ema_update


def get_swa_multi_avg_fn():
    """A function that counts current tensors into means over all so far."""

    @no_grad()
    def swa_update(averaged_param_list, current_param_list, num_averaged):
        share = 1 / (int(num_averaged) + 1)
        for mean, now in zip(averaged_param_list, current_param_list, strict=True):
            mean.lerp_(now, share) if _moved(mean) else mean.copy_(mean + (now - mean) * share)

    return swa_update


def get_ema_avg_fn(decay=0.999):
    """The same as get_ema_multi_avg_fn for one tensor, whose new mean it returns."""
    _check_decay(decay)

    @no_grad()
    def ema_update(ema_param, current_param, num_averaged):
        return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn():
    """The same as get_swa_multi_avg_fn for one tensor, whose new mean it returns."""

    @no_grad()
    def swa_update(averaged_param, current_param, num_averaged):
        return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


class AveragedModel(Module):
    """A copy of a model whose parameters are means over those of the model.

    Parameters
    ----------
    model : Module
        What is copied.
    device : optional
        Where the copy lives.
    avg_fn, multi_avg_fn : callable, optional
        How a tensor, or a list of them, is counted in; by default all count the same.
    use_buffers : bool, default False
        Are buffers averaged too? Else they are copied.
    """

    def __init__(self, model, device=None, avg_fn=None, multi_avg_fn=None, use_buffers=False):
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", _C.tensor(0, dtype=_C.int64, device=device))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args, **kwargs):
        return self.module(*args, **kwargs)

    def update_parameters(self, model):
        """Count the model's parameters in."""

        def members(module):
            return [t.detach() for t in chain(module.parameters(), module.buffers() if self.use_buffers else ())]

        means, current = members(self.module), members(model)
        with no_grad():
            if self.n_averaged == 0:
                for mean, now in zip(means, current):
                    mean.copy_(now)
            elif self.avg_fn is not None:
                for mean, now in zip(means, current):
                    mean.copy_(self.avg_fn(mean, now, self.n_averaged))
            elif means:
                (self.multi_avg_fn or get_swa_multi_avg_fn())(means, current, self.n_averaged)
            if not self.use_buffers:
                for mine, now in zip(self.module.buffers(), model.buffers(), strict=True):
                    mine.detach().copy_(now.detach())
            self.n_averaged += 1


@no_grad()
def update_bn(loader, model, device=None):
    """Let the batch normalisations of a model measure mean and variance anew, over all of `loader`."""
    momenta = {}
    for module in model.modules():
        if hasattr(module, "reset_running_stats"):
            module.reset_running_stats()
            momenta[module] = module.momentum
    if not momenta:
        return
    was_training = model.training
    model.train()
    for module in momenta:
        module.momentum = None  # all batches count the same
    for batch in loader:
        if isinstance(batch, (list, tuple)):
            batch = batch[0]
        model(batch if device is None else batch.to(device))
    for module, momentum in momenta.items():
        module.momentum = momentum
    model.train(was_training)


class SWALR(LRScheduler):
    """From the rates that are to `swa_lr` in `anneal_epochs`, and then constant."""

    def __init__(self, optimizer, swa_lr, anneal_epochs=10, anneal_strategy="cos", last_epoch=-1):
        for group, rate in zip(optimizer.param_groups, for_each_group("swa_lr", optimizer, swa_lr)):
            group["swa_lr"] = rate
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self._anneal_strategy, self.anneal_epochs = anneal_strategy, anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _share(self, step):
        t = max(0, min(1, step / max(1, self.anneal_epochs)))
        return t if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * t)) / 2

    def get_lr(self):
        self._warn_outside_of_step()
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._share(step - 1), self._share(step)
        rates = []
        for group in self.optimizer.param_groups:
            target, rate = group["swa_lr"], group["lr"]
            first = target if before == 1 else (rate - before * target) / (1 - before)
            rates.append(target * now + first * (1 - now))
        return rates
