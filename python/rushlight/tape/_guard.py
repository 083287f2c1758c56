"""guard: stop where a NaN is born, and say so where a graph outlives its step."""

import functools
import os
import traceback
import warnings

from rushlight import _C

__all__ = ["guard"]

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def _warn(text):
    warnings.warn(text, UserWarning, stacklevel=2)


def _is_ours(error):
    return isinstance(error, RuntimeError) and bool(error.args) and "guard: " in str(error.args[0])


def _blame(error, text):
    if _is_ours(error):
        error.args = (str(error.args[0]) + text, *error.args[1:])


_C._set_guard_voices(_warn, _blame)


def _place_of(trace):
    """The innermost line of the program, not of the package, that a traceback passed."""
    found = None
    for frame in traceback.extract_tb(trace):
        if not os.path.abspath(frame.filename).startswith(_PACKAGE + os.sep):
            found = frame
    return found


class guard:
    """Stop where an op first gives NaN: in the forward pass, the backward pass and the optimiser, by one switch.

    The error names the op, the first bad index, the ranges of what went in, the module and the source line; in a backward pass
    also the op that was recorded, and where. A graph that grows from step to step (``total += loss``) is warned about, with
    the line that holds it.

    Parameters
    ----------
    infinities : bool, default False
        Stop at infinities as well.

    Raises
    ------
    RuntimeError
        Where a result holds NaN, or two guards are on in one thread.

    Examples
    --------
    >>> import rushlight as torch
    >>> with torch.guard():
    ...     torch.log(torch.tensor([1., -1.]))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    RuntimeError: log: guard: NaN at index [1] of the result [2]; input 0: float32 [2] from -1 to 1...
    """

    def __init__(self, infinities=False):
        self.infinities = infinities

    def __enter__(self):
        _C._enter_guard(bool(self.infinities))
        return self

    def __exit__(self, kind, error, trace):
        _C._leave_guard()
        place = _place_of(trace) if _is_ours(error) else None
        if place is not None:
            _blame(error, f"\n  at {place.filename}:{place.lineno}: {place.line}")

    def __call__(self, function):
        @functools.wraps(function)
        def guarded(*args, **kwargs):
            with type(self)(self.infinities):
                return function(*args, **kwargs)

        return guarded
