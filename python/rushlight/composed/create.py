"""Tensors from nothing, from data and from memory."""

import builtins
import warnings

from rushlight import _C
from rushlight.ops._table import composed


def _asks(t, requires_grad):
    if requires_grad:
        t.requires_grad = True
    return t


@composed(method=False, out="cast")
def logspace(
    start, end, steps, base=10.0, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False
):
    """Powers of `base` whose exponents are evenly spaced from `start` to `end`, both included.

    >>> torch.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    start, end = (v.item() if isinstance(v, _C.TensorBase) else v for v in (start, end))
    dtype = dtype or (
        _C.get_default_dtype().to_complex()
        if any(isinstance(v, complex) for v in (start, end, base))
        else _C.get_default_dtype()
    )
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    # computed in double precision, rounded once
    work = _C.complex128 if dtype.is_complex else _C.float64
    if isinstance(start, complex) or isinstance(end, complex):
        exponents = _C.add(_C.mul(_C.linspace(0, 1, steps, dtype=work, device=device), end - start), start)
    else:
        if not dtype.is_floating_point and not dtype.is_complex:
            start, end = int(start), int(end)
        exponents = _C.linspace(start, end, steps, dtype=_C.float64, device=device)
    return _asks(_C._to(_C.pow(base, _C._to(exponents, None, work)), None, dtype), requires_grad)


@composed(method=False, out="cast")
def range(start=0, end=None, step=1, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """Numbers from `start` to `end`, `end` included. Deprecated: use :func:`arange`."""
    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with Python's "
        "range builtin. Instead, use torch.arange, which produces values in [start, end).",
        UserWarning,
        stacklevel=3,
    )
    if end is None:
        start, end = 0, start
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    dtype = dtype or _C.get_default_dtype()
    count = int((end - start) / step) + 1
    whole = not dtype.is_floating_point
    made = _C.add(_C.mul(_C.arange(count, dtype=_C.int64 if whole else _C.float64, device=device), step), start)
    return _asks(_C._to(made, None, dtype), requires_grad)


@composed(method=False)
def scalar_tensor(s, *, dtype=None, layout=None, device=None, pin_memory=False, requires_grad=False):
    """A 0-d tensor of a number, of the default dtype unless told otherwise.

    >>> torch.scalar_tensor(3)
    tensor(3.)
    """
    if dtype is None:
        dtype = _C.get_default_dtype().to_complex() if isinstance(s, complex) else _C.get_default_dtype()
    return _C.full((), s, dtype=dtype, device=device, requires_grad=requires_grad)


@composed(method=False)
def empty_permuted(
    size, physical_layout, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False
):
    """Elements of any value, dense in memory with the dims in a given order, the slowest first."""
    size, order = tuple(size), tuple(physical_layout)
    if len(size) != len(order):
        raise RuntimeError(
            f"Number of dimensions in size does not match the length of the physical_layout; i.e. len(size) = {len(size)} "
            f"is not equal to len(physical_layout) = {len(order)}"
        )
    for d in order:
        if not 0 <= d < len(size):
            raise RuntimeError(
                f"Dimension out of range (expected to be between 0 and {len(size) - 1}, but got {d} at index "
                f"{order.index(d)}).  NB: negative dims not currently supported; file an issue if you want it."
            )
    if len(set(order)) != len(order):
        raise RuntimeError("Duplicate dim not allowed")
    dense = _C.empty([size[d] for d in order], dtype=dtype, device=device)
    back = [order.index(d) for d in builtins.range(len(order))]
    return _asks(_C._become(dense, _C.permute(dense, back), "empty_permuted") if back else dense, requires_grad)


@composed(method=False)
def frombuffer(buffer, *, dtype, count=-1, offset=0, requires_grad=False):
    """A vector on the memory of an object such as a bytearray, from `offset` bytes on.

    >>> torch.frombuffer(bytearray([1, 2, 3]), dtype=torch.uint8)
    tensor([1, 2, 3], dtype=torch.uint8)
    """
    return _asks(_C._frombuffer(buffer, dtype, count, offset), requires_grad)


@composed(method=False)
def asarray(obj, *, dtype=None, device=None, copy=None, requires_grad=False):
    """A tensor of `obj`, on the same memory where it can be and unless `copy` is true; a gradient is asked for anew.

    >>> torch.asarray([1, 2])
    tensor([1, 2])
    """
    if isinstance(obj, _C.TensorBase):
        made = _C._to(obj, device, dtype, copy is True)
        if copy is False and made is not obj:
            raise ValueError("can't alias tensor: a copy would be needed for the dtype or the device")
        if requires_grad:
            return made if made.requires_grad else _asks(_C.detach(made), True)
        return _C.detach(made) if made.requires_grad else made
    if hasattr(obj, "__array_interface__"):
        made = _C.tensor(obj, dtype=dtype, device=device) if copy else _C._as_tensor(obj, dtype, device)
        if copy is False and made.dtype != _C._as_tensor(obj, None, None).dtype:
            raise ValueError("can't alias NumPy array with dtype conversion")
        return _asks(made, requires_grad)
    if not isinstance(obj, (list, tuple, str, int, float, complex)):
        try:
            memoryview(obj)
        except TypeError:
            pass
        else:
            made = _C._frombuffer(obj, dtype or _C.get_default_dtype(), -1, 0)
            return _asks(_C.clone(made) if copy else made, requires_grad)
    if copy is False:
        raise ValueError("can't alias arbitrary sequence into a tensor.")
    return _asks(_C.tensor(obj, dtype=dtype, device=device), requires_grad)


@composed(public=False)
def map_(self, tensor, callable):
    """Replace each element by what `callable` makes of it and of the other tensor's, one Python call an element."""
    if self.requires_grad:
        raise RuntimeError("Can't call map_() on Variable that requires grad. Use var.detach().map_() instead.")
    if self.dtype != tensor.dtype:
        raise TypeError(f"map_(): expected both tensors to be of {self.dtype}, got {tensor.dtype}")
    other = _C.expand(tensor, self.shape)
    values = [callable(a, b) for a, b in zip(_C.reshape(self, (-1,)).tolist(), _C.reshape(other, (-1,)).tolist())]
    return _C.copy_(self, _C.reshape(_C.tensor(values, dtype=self.dtype), self.shape))
