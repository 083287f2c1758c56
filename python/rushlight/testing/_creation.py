"""make_tensor: random tensors for tests, the numbers that PyTorch draws."""

import collections.abc
import math
import warnings

from rushlight import _C
from rushlight._info import finfo, iinfo


def make_tensor(
    *shape,
    dtype,
    device,
    low=None,
    high=None,
    requires_grad=False,
    noncontiguous=False,
    exclude_zero=False,
    memory_format=None,
):
    """A tensor of numbers drawn uniformly from [low, high).

    Parameters
    ----------
    *shape : int or sequence of int
        The sizes, one by one or as one sequence.
    dtype : dtype
    device : str or device
    low, high : number, optional
        -9 and 9 for floating and complex dtypes, -9 and 10 for signed integers, 0 and 10 for unsigned ones, 0 and 2 for
        bool; cut to what the dtype holds.
    requires_grad : bool, default False
    noncontiguous : bool, default False
        Leave a gap between the elements of the last dim.
    exclude_zero : bool, default False
        Put 1, or the smallest normal number, in place of each 0.
    memory_format : memory_format, optional

    Returns
    -------
    Tensor

    Raises
    ------
    ValueError
        If the range is empty, NaN or outside the dtype, an integer tensor is to require a gradient, or both
        `noncontiguous` and `memory_format` are given.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> torch.testing.make_tensor(3, dtype=torch.int64, device="cpu")
    tensor([ 6, -5, -9])
    """
    if len(shape) == 1 and isinstance(shape[0], collections.abc.Sequence):
        shape = shape[0]
    shape = tuple(shape)
    inexact = dtype.is_floating_point or dtype.is_complex
    if noncontiguous and memory_format is not None:
        raise ValueError(
            f"The parameters `noncontiguous` and `memory_format` are mutually exclusive, but got {noncontiguous=} and "
            f"{memory_format=}"
        )
    if requires_grad and not inexact:
        raise ValueError(f"`requires_grad=True` is not supported for boolean and integral dtypes, but got {dtype=}")
    noncontiguous = noncontiguous and math.prod(shape) > 1
    if noncontiguous:
        shape = (*shape[:-1], 2 * shape[-1])  # twice the values: those between the kept ones differ

    if inexact:
        limits = finfo(dtype)
        low, high = _range(low, high, dtype, limits.min, limits.max, -9, 9)
        drawn = _C.float32 if dtype.itemsize == 1 else dtype
        result = _C.empty(shape, device=device, dtype=drawn)
        _uniform(_C.view_as_real(result) if dtype.is_complex else result, low, high)
        result = result.to(dtype)
    else:
        if dtype == _C.bool:
            low, high = _range(low, high, dtype, 0, 2, 0, 2)
        else:
            limits = iinfo(dtype)
            # randint's bound is exclusive, and 2^63 is no int64
            low, high = _range(low, high, dtype, limits.min, limits.max + (dtype != _C.int64), -9, 10)
        result = _C.randint(math.ceil(low), math.ceil(high), shape, device=device, dtype=dtype)

    if noncontiguous:
        result = result[..., 1::2]
    elif memory_format is not None:
        result = result.clone(memory_format=memory_format)
    if exclude_zero:
        result.masked_fill_(result == 0, finfo(dtype).tiny if inexact else 1)
    if inexact:
        result.requires_grad = requires_grad
    return result


def _range(low, high, dtype, lowest, highest, usual_low, usual_high):
    low = usual_low if low is None else low
    high = usual_high if high is None else high
    if low != low or high != high:
        raise ValueError(f"`low` and `high` cannot be NaN, but got {low=} and {high=}")
    if low == high and (dtype.is_complex or dtype.is_floating_point and dtype.itemsize > 1):
        warnings.warn(
            "Passing `low==high` to `torch.testing.make_tensor` for floating or complex types is deprecated since 2.1 "
            "and will be removed in 2.3. Use `torch.full(...)` instead.",
            FutureWarning,
            stacklevel=3,
        )
    elif low >= high:
        raise ValueError(f"`low` must be less than `high`, but got {low} >= {high}")
    elif high < lowest or low >= highest:
        raise ValueError(
            f"The value interval specified by `low` and `high` is [{low}, {high}), but {dtype} only supports "
            f"[{lowest}, {highest})"
        )
    return min(max(low, lowest), highest), min(max(high, lowest), highest)


def _uniform(t, low, high):
    if high - low >= finfo(t.dtype).max:  # the width of the range would overflow
        t.uniform_(low / 2, high / 2).mul_(2)
    else:
        t.uniform_(low, high)
