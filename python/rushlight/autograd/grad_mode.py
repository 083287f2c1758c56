"""Switches of recording: context managers that are decorators too."""

import functools

from rushlight import _C
from rushlight._naming import Meta

__all__ = ["enable_grad", "inference_mode", "is_inference_mode_enabled", "no_grad", "set_grad_enabled"]

_GENERATOR = 0x20  # inspect.CO_GENERATOR; importing inspect takes 10 ms


_INFERENCE = 1 | 2  # csrc/python/mode.h: nothing recorded, results marked
_GENERATOR = 0x20  # inspect.CO_GENERATOR; importing inspect takes as long as all of this package


class _Switch(metaclass=Meta):
    """Sets recording on entry, restores it on exit; as a decorator, around every call."""

    _on = False

    def __enter__(self):
        self._before = _C.is_grad_enabled()
        _C._set_grad_enabled(self._on)

    def __exit__(self, *_):
        _C._set_grad_enabled(self._before)

    def clone(self):
        return type(self)()

    def __call__(self, function):
        if getattr(getattr(function, "__code__", None), "co_flags", 0) & _GENERATOR:

            @functools.wraps(function)
            def steps(*args, **kwargs):
                generator = function(*args, **kwargs)
                resume, sent = generator.send, None
                try:
                    while True:
                        with self.clone():
                            value = resume(sent)
                        try:
                            sent = yield value
                            resume = generator.send
                        except GeneratorExit:
                            with self.clone():
                                generator.close()
                            raise
                        except BaseException as error:
                            resume, sent = generator.throw, error
                except StopIteration as stop:
                    return stop.value

            return steps

        @functools.wraps(function)
        def called(*args, **kwargs):
            with self.clone():
                return function(*args, **kwargs)

        return called


def is_inference_mode_enabled():
    """Are we inside of inference_mode?"""
    return bool(_C._mode() & 2)


class no_grad(_Switch):
    """Nothing is recorded inside."""

    def __new__(cls, function=None):
        return super().__new__(cls) if function is None else super().__new__(cls)(function)


class enable_grad(_Switch):
    """Recording is on inside."""

    _on = True

    def __new__(cls, function=None):
        return super().__new__(cls) if function is None else super().__new__(cls)(function)


class inference_mode(_Switch):
    """Nothing is recorded inside, if `mode`, and what is made there can never be part of a graph."""

    def __new__(cls, mode=True):
        return super().__new__(cls) if isinstance(mode, bool) else super().__new__(cls)(mode)

    def __init__(self, mode=True):
        self.mode = mode

    def __enter__(self):
        self._before = _C._mode()
        _C._set_mode(self._before | _INFERENCE if self.mode else self._before & ~_INFERENCE)

    def __exit__(self, *_):
        _C._set_mode(self._before)

    def clone(self):
        return type(self)(self.mode)


class set_grad_enabled(_Switch):
    """Recording on or off, from the call on; as a context manager, inside."""

    def __init__(self, mode):
        self._before = _C.is_grad_enabled()
        self._on = self.mode = bool(mode)
        _C._set_grad_enabled(self._on)

    def __enter__(self):
        _C._set_grad_enabled(self._on)

    def __call__(self, function):
        _C._set_grad_enabled(self._before)
        return super().__call__(function)

    def clone(self):
        before = self._before
        made = type(self)(self.mode)
        made._before = before
        return made

    def __repr__(self):
        return f"set_grad_enabled(mode={self.mode})"
