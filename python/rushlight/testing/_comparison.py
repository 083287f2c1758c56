"""assert_close: two passes, first over the structure of both inputs, then over the values of each pair."""

import cmath
import collections.abc
import warnings

from rushlight import _C
from rushlight.composed.compare import isclose
from rushlight.tensor import Tensor

_TOLERANCES = {  # dtype: (rtol, atol); every other dtype must be equal
    _C.float16: (0.001, 1e-5), _C.bfloat16: (0.016, 1e-5), _C.float32: (1.3e-6, 1e-5), _C.float64: (1e-7, 1e-7),
    _C.complex64: (1.3e-6, 1e-5), _C.complex128: (1e-7, 1e-7),
}  # fmt: skip
_NUMBERS = {int: _C.int64, float: _C.float64, complex: _C.complex128}


class _Mismatch(Exception):
    """What is wrong, the class to raise, and where in the structure."""

    def __init__(self, kind, text, path=()):
        super().__init__(text)
        self.kind, self.text, self.path = kind, text, path

    def to_error(self, msg=None):
        if isinstance(msg, str):
            return self.kind(msg)
        text = self.text
        if self.path:
            text += f"\n\nThe failure occurred for item {''.join(str([item]) for item in self.path)}"
        return self.kind(msg(text) if callable(msg) else text)


def assert_close(
    actual,
    expected,
    *,
    allow_subclasses=True,
    rtol=None,
    atol=None,
    equal_nan=False,
    check_device=True,
    check_dtype=True,
    check_layout=True,
    check_stride=False,
    msg=None,
):
    """Assert that two inputs are close: ``|actual - expected| <= atol + rtol * |expected|``, element by element.

    Parameters
    ----------
    actual, expected : tensor, array, number, bool, None, or sequences and mappings of those
        Compared item by item; both must have the same structure, and related types.
    allow_subclasses : bool, default True
        May one be a subclass of the other?
    rtol, atol : float, optional
        Both or neither; without them what fits the dtypes: 1.3e-6 and 1e-5 for float32, 1e-7 and 1e-7 for float64,
        1e-3 and 1e-5 for float16, 1.6e-2 and 1e-5 for bfloat16, 0 and 0 for what is not floating.
    equal_nan : bool, default False
        Is NaN close to NaN?
    check_device, check_dtype, check_layout, check_stride : bool
        Must these agree too? All but the strides unless told otherwise.
    msg : str or callable, optional
        The message of the error, or a function that makes it out of the one that would be shown.

    Raises
    ------
    AssertionError
        If they are not close; the message says how many elements differ, and by how much at most.
    ValueError
        If only one of the tolerances is given.
    TypeError
        If the types of two items cannot be compared.

    Examples
    --------
    >>> torch.testing.assert_close(torch.ones(2), torch.ones(2) + 1e-7)
    >>> torch.testing.assert_close(torch.ones(2), torch.tensor([1.0, 3.0]))
    Traceback (most recent call last):
    ...
    AssertionError: Tensor-likes are not close!
    <BLANKLINE>
    Mismatched elements: 1 / 2 (50.0%)
    Greatest absolute difference: 2.0 at index (1,) (up to 1e-05 allowed)
    Greatest relative difference: 0.6666666865348816 at index (1,) (up to 1.3e-06 allowed)
    """
    __tracebackhide__ = True  # pytest shows the caller's line
    options = dict(
        allow_subclasses=allow_subclasses,
        rtol=rtol,
        atol=atol,
        equal_nan=equal_nan,
        check_device=check_device,
        check_dtype=check_dtype,
        check_layout=check_layout,
        check_stride=check_stride,
    )
    try:
        pairs = list(_pairs(actual, expected, (), options))
    except _Mismatch as mismatch:
        error = mismatch.to_error()
        raise error from None
    for compare, a, b, tolerances, path in pairs:
        try:
            compare(a, b, *tolerances, options)
        except _Mismatch as mismatch:
            mismatch.path = path
            error = mismatch.to_error(msg)
            raise error from None


def assert_allclose(actual, expected, rtol=None, atol=None, equal_nan=True, msg=""):
    """The older form of `assert_close`: dtypes may differ, and NaN equals NaN."""
    __tracebackhide__ = True
    warnings.warn(
        "`torch.testing.assert_allclose()` is deprecated since 1.12 and will be removed in a future release. Please use "
        "`torch.testing.assert_close()` instead.",
        FutureWarning,
        stacklevel=2,
    )
    if not isinstance(actual, Tensor):
        actual = _C.tensor(actual)
    if not isinstance(expected, Tensor):
        expected = _C.tensor(expected, dtype=actual.dtype)
    if rtol is None and atol is None:
        older = {_C.float16: (1e-3, 1e-3), _C.float32: (1e-4, 1e-5), _C.float64: (1e-5, 1e-8)}
        both = [older.get(t.dtype, (0.0, 0.0)) for t in (actual, expected)]
        rtol, atol = max(r for r, _ in both), max(a for _, a in both)
    assert_close(actual, expected, rtol=rtol, atol=atol, equal_nan=equal_nan, check_dtype=False, msg=msg or None)


# ---- structure ---------------------------------------------------------------------------------------------------------


def _is_sequence(value):
    return isinstance(value, collections.abc.Sequence) and not isinstance(value, str)


def _pairs(actual, expected, path, options):
    """Every pair of items: (how to compare, actual, expected, (rtol, atol), path)."""
    if _is_sequence(actual) and _is_sequence(expected):
        if len(actual) != len(expected):
            raise _Mismatch(
                AssertionError, f"The length of the sequences mismatch: {len(actual)} != {len(expected)}", path
            )
        for i in range(len(actual)):
            yield from _pairs(actual[i], expected[i], (*path, i), options)
    elif isinstance(actual, collections.abc.Mapping) and isinstance(expected, collections.abc.Mapping):
        have, want = set(actual.keys()), set(expected.keys())
        if have != want:
            raise _Mismatch(
                AssertionError,
                f"The keys of the mappings do not match:\nMissing keys in the actual mapping: {sorted(want - have)}\n"
                f"Additional keys in the actual mapping: {sorted(have - want)}",
                path,
            )
        try:
            keys = sorted(have)
        except TypeError:  # keys without an order
            keys = list(have)
        for key in keys:
            yield from _pairs(actual[key], expected[key], (*path, key), options)
    else:
        yield _pair(actual, expected, path, options)


def _pair(actual, expected, path, options):
    if actual is None or expected is None:
        return _compare_none, actual, expected, (), path
    a, b = _plain(actual), _plain(expected)
    if isinstance(a, bool) and isinstance(b, bool):
        return _compare_bools, a, b, (), path
    if isinstance(a, (int, float, complex)) and isinstance(b, (int, float, complex)):
        dtypes = [next(d for kind, d in _NUMBERS.items() if isinstance(n, kind)) for n in (a, b)]
        return _compare_numbers, a, b, _tolerances(dtypes, path, options), path
    related = isinstance(actual, type(expected)) or isinstance(expected, type(actual))
    if related and (options["allow_subclasses"] or type(actual) is type(expected)):
        a, b = _as_tensor(actual), _as_tensor(expected)
        if a is not None and b is not None:
            return _compare_tensors, a, b, _tolerances([a.dtype, b.dtype], path, options), path
    raise _Mismatch(
        TypeError,
        f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}.",
        path,
    )


def _plain(value):
    """A NumPy number or bool as Python's."""
    kinds = {kind.__name__ for kind in type(value).__mro__ if kind.__module__ == "numpy"}
    return value.item() if kinds & {"number", "bool", "bool_"} else value


def _as_tensor(value):
    if isinstance(value, Tensor):
        return value
    try:
        return _C._as_tensor(value)
    except Exception:  # whatever it is, it is no tensor
        return None


def _tolerances(dtypes, path, options):
    rtol, atol = options["rtol"], options["atol"]
    if (rtol is None) != (atol is None):
        raise _Mismatch(
            ValueError,
            "Both 'rtol' and 'atol' must be either specified or omitted, but got no "
            f"{'rtol' if rtol is None else 'atol'}.",
            path,
        )
    if rtol is not None:
        return rtol, atol
    both = [_TOLERANCES.get(dtype, (0.0, 0.0)) for dtype in dtypes]
    return max(r for r, _ in both), max(a for _, a in both)


# ---- values ------------------------------------------------------------------------------------------------------------


def _compare_none(actual, expected, options):
    if not (actual is None and expected is None):
        raise _Mismatch(AssertionError, f"None mismatch: {actual} is not {expected}")


def _compare_bools(actual, expected, options):
    if actual is not expected:
        raise _Mismatch(AssertionError, f"Booleans mismatch: {actual} is not {expected}")


def _compare_numbers(actual, expected, rtol, atol, options):
    if options["check_dtype"] and type(actual) is not type(expected):
        raise _Mismatch(AssertionError, f"The (d)types do not match: {type(actual)} != {type(expected)}.")
    if actual == expected or options["equal_nan"] and cmath.isnan(actual) and cmath.isnan(expected):
        return
    apart = abs(actual - expected)
    if not (cmath.isfinite(apart) and apart <= atol + rtol * abs(expected)):
        raise _Mismatch(AssertionError, _numbers_text(actual, expected, rtol, atol))


def _compare_tensors(actual, expected, rtol, atol, options):
    for name, checked, a, b in (
        ("shape", True, actual.shape, expected.shape),
        ("layout", options["check_layout"], actual.layout, expected.layout),
        ("stride()", options["check_stride"], actual.stride(), expected.stride()),
        ("device", options["check_device"], actual.device, expected.device),
        ("dtype", options["check_dtype"], actual.dtype, expected.dtype),
    ):
        if checked and a != b:
            raise _Mismatch(AssertionError, f"The values for attribute '{name}' do not match: {a} != {b}.")
    if actual.is_meta or expected.is_meta:
        return
    actual, expected = actual.detach(), expected.detach()
    if actual.dtype != expected.dtype:
        wide = (_C.uint16, _C.uint32, _C.uint64)  # they promote with no signed dtype
        dtypes = [_C.int64 if t.dtype in wide else t.dtype for t in (actual, expected)]
        common = _C._promote_types(*dtypes)
        actual, expected = actual.to(common), expected.to(common)
    if actual.dtype.is_floating_point and actual.dtype.itemsize == 1:
        if rtol != 0 or atol != 0:
            raise _Mismatch(
                AssertionError,
                f"Rtol={rtol} and atol={atol} are not supported for bitwise comparison of low dimensional floats. Please "
                "use rtol=0.0 and atol=0.0.",
            )
        close = isclose(actual.float(), expected.float(), rtol=0, atol=0, equal_nan=options["equal_nan"])
    else:
        close = isclose(actual, expected, rtol=rtol, atol=atol, equal_nan=options["equal_nan"])
    if bool(_C.all(close)):
        return
    if actual.ndim == 0:
        raise _Mismatch(AssertionError, _numbers_text(actual.item(), expected.item(), rtol, atol))
    raise _Mismatch(AssertionError, _tensors_text(actual, expected, close, rtol, atol))


# ---- messages ----------------------------------------------------------------------------------------------------------


def _text(what, extra, differences, rtol, atol):
    exact = rtol == 0 and atol == 0
    lines = [f"{what} are not {'equal' if exact else 'close'}!", "", extra]
    for name, (difference, index), allowed in zip(("absolute", "relative"), differences, (atol, rtol)):
        line = f"{name.title()} difference: {difference}"
        if index is not None:
            line = f"Greatest {name} difference: {difference} at index {index}"
        lines.append(line if exact else f"{line} (up to {allowed} allowed)")
    return "\n".join(lines)


def _numbers_text(actual, expected, rtol, atol):
    apart = abs(actual - expected)
    relative = float("inf") if expected == 0 else apart / abs(expected)
    extra = f"Expected {expected} but got {actual}."
    return _text("Scalars", extra, ((apart, None), (relative, None)), rtol, atol)


def _index(flat, shape):
    index = []
    for size in reversed(shape):
        flat, place = divmod(flat, size)
        index.append(place)
    return tuple(reversed(index))


def _tensors_text(actual, expected, close, rtol, atol):
    count, shape = close.numel(), tuple(close.shape)
    wrong = count - int(_C.sum(close))
    extra = f"Mismatched elements: {wrong} / {count} ({wrong / count:.1%})"
    matches = _C.flatten(close)
    if actual.dtype.is_floating_point and actual.dtype.itemsize == 1:
        first = _index(matches.tolist().index(False), shape)
        return f"Tensor-likes are not 'equal'!\n\n{extra}\nThe first mismatched element is at index {first}."
    a, b = _C.flatten(actual), _C.flatten(expected)
    if not a.dtype.is_floating_point and not a.dtype.is_complex:
        a, b = a.to(_C.int64), b.to(_C.int64)
    apart = _C.where(matches, 0, _C.abs(a - b))
    relative = _C.where(matches, 0, apart / _C.abs(b))
    greatest = []
    for differences in (apart, relative):
        value, at = _C.max(differences, 0)
        greatest.append((value.item(), _index(int(at), shape)))
    return _text("Tensor-likes", extra, greatest, rtol, atol)
