"""Switches of a process or a thread: default dtype and device, deterministic algorithms, precision of products."""

import warnings
from _thread import _local as local  # threading itself takes long to import

from rushlight import _C

_deterministic = {"on": False, "warn_only": False}
_DEBUG_MODES = ("default", "warn", "error")
_PRECISIONS = ("highest", "high", "medium")
_precision = "highest"


def get_default_dtype():
    """The dtype of tensors made from Python floats."""
    return _C.get_default_dtype()


def get_default_device():
    """Where this thread's factories make their tensors."""
    return _C.get_default_device()


def get_num_threads():
    """How many threads an op may use."""
    return _C.get_num_threads()


def set_num_threads(int, /):
    """Set how many threads an op may use; results do not depend on it."""
    _C.set_num_threads(int)


def is_grad_enabled():
    """Are operations recorded for gradients in this thread?"""
    return _C.is_grad_enabled()


def set_flush_denormal(mode, /):
    """Take denormal numbers for zero, or stop doing so, in this thread's ops; returns whether the processor can."""
    return _C.set_flush_denormal(mode)


def set_default_dtype(d, /):
    """Set the dtype of tensors made from Python floats."""
    _C._set_default_dtype(d)


def set_default_device(device):
    """Set where this thread's factories make their tensors; None is the CPU."""
    _C._set_default_device("cpu" if device is None else device)


def set_default_tensor_type(t, /):
    """Set the default dtype by a typed class or its name; `set_default_dtype` is the newer form."""
    from ._typed import TYPES

    warnings.warn(
        "torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use torch.set_default_dtype() and "
        "torch.set_default_device() as alternatives.",
        stacklevel=2,
    )
    kind = TYPES.get(t.removeprefix("torch.")) if isinstance(t, str) else t
    if kind not in TYPES.values():
        raise TypeError("invalid type object: only floating-point types are supported as the default type")
    _C._set_default_dtype(kind.dtype)


class _Devices(local):
    """The devices that the blocks around this point have replaced."""

    def __init__(self):
        self.replaced = []


_devices = _Devices()


def _enter(self):
    _devices.replaced.append(_C.get_default_device())
    _C._set_default_device(self)
    return self


def _exit(self, *_):
    _C._set_default_device(_devices.replaced.pop())


def _decorate(self, function):
    import functools

    @functools.wraps(function)
    def on_device(*args, **kwargs):
        with self:
            return function(*args, **kwargs)

    return on_device


_C.device.__enter__, _C.device.__exit__, _C.device.__call__ = _enter, _exit, _decorate


def use_deterministic_algorithms(mode, *, warn_only=False):
    """Ask for algorithms that give the same result each time. rushlight has no other kind: the answer is only kept."""
    _deterministic.update(on=bool(mode), warn_only=bool(warn_only))


def are_deterministic_algorithms_enabled():
    """Was `use_deterministic_algorithms` turned on?"""
    return _deterministic["on"]


def is_deterministic_algorithms_warn_only_enabled():
    """Was `use_deterministic_algorithms` asked to warn instead of raising?"""
    return _deterministic["warn_only"]


def set_deterministic_debug_mode(debug_mode):
    """The same switch by name or number: 'default' (0), 'warn' (1), 'error' (2)."""
    if isinstance(debug_mode, str):
        if debug_mode not in _DEBUG_MODES:
            raise RuntimeError(
                f"invalid value of debug_mode, expected one of `default`, `warn`, `error`, but got {debug_mode}"
            )
        debug_mode = _DEBUG_MODES.index(debug_mode)
    if debug_mode not in (0, 1, 2):
        raise RuntimeError(f"invalid value of debug_mode, expected 0, 1, or 2, but got {debug_mode}")
    use_deterministic_algorithms(debug_mode > 0, warn_only=debug_mode == 1)


def get_deterministic_debug_mode():
    """0, 1 or 2: off, warn, error."""
    return (1 if _deterministic["warn_only"] else 2) if _deterministic["on"] else 0


def set_float32_matmul_precision(precision, /):
    """Say how precise float32 products must be. They are computed in float32 whatever is said."""
    global _precision
    if precision not in _PRECISIONS:
        warnings.warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; the current setFloat32MatmulPrecision call has "
            "no effect.",
            stacklevel=2,
        )
        return
    _precision = precision


def get_float32_matmul_precision():
    """What `set_float32_matmul_precision` was told."""
    return _precision
