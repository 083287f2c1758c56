"""The arguments of `to` and `type`, which PyTorch overloads."""

from rushlight import _C

from . import _typed

_FORMS = {
    "device": ("device", "dtype", "non_blocking", "copy"),
    "dtype": ("dtype", "non_blocking", "copy"),
    "tensor": ("tensor", "non_blocking", "copy"),
}
_PYTHON_TYPES = (float, int, bool, complex)
_EXPECTED = """, but expected one of:
 * (torch.device device = None, torch.dtype dtype = None, bool non_blocking = False, bool copy = False, *, torch.memory_format memory_format = None)
 * (torch.dtype dtype, bool non_blocking = False, bool copy = False, *, torch.memory_format memory_format = None)
 * (Tensor tensor, bool non_blocking = False, bool copy = False, *, torch.memory_format memory_format = None)
"""


def _is_dtype(value):
    return isinstance(value, _C.dtype) or value in _PYTHON_TYPES


def _refuse(args, kwargs):
    got = ", ".join([type(a).__name__ for a in args] + [f"{k}={type(v).__name__}" for k, v in kwargs.items()])
    raise TypeError(f"to() received an invalid combination of arguments - got ({got}){_EXPECTED}")


def read_to(args, kwargs):
    """(device, dtype, copy, memory_format) of the arguments of `to`, in its three forms."""
    if len(args) == 1 and not kwargs and isinstance(args[0], _C.dtype):  # by far the most usual call
        return None, args[0], False, None
    first = args[0] if args else None
    if isinstance(first, _C.TensorBase) or "tensor" in kwargs:
        form = _FORMS["tensor"]
    elif first is not None and not isinstance(first, (str, _C.device)) and _is_dtype(first):
        form = _FORMS["dtype"]
    else:
        form = _FORMS["device"]
    given = dict(zip(form, args))
    if len(args) > len(form) or given.keys() & kwargs.keys() or kwargs.keys() - {*form, "memory_format"}:
        _refuse(args, kwargs)
    given.update(kwargs)
    other, device, dtype = given.get("tensor"), given.get("device"), given.get("dtype")
    if other is not None:
        device, dtype = other.device, other.dtype
    copy = given.get("copy", False)
    if isinstance(device, int) and not isinstance(device, bool):
        device = _C.device(device)
    if not (device is None or isinstance(device, (str, _C.device))) or not (dtype is None or _is_dtype(dtype)):
        _refuse(args, kwargs)
    if not isinstance(copy, bool) or not isinstance(given.get("non_blocking", False), bool):
        _refuse(args, kwargs)
    return device, dtype, copy, given.get("memory_format")


def read_type(dtype):
    """(device, dtype) of what `Tensor.type` is given: a dtype, a typed class or the name of one."""
    if isinstance(dtype, _C.dtype):
        return None, dtype
    if isinstance(dtype, _typed.tensortype):
        return "cpu", dtype.dtype
    if isinstance(dtype, (str, type)):
        name = dtype if isinstance(dtype, str) else dtype.__name__
        for known, short in _typed.NAMES.items():
            if name == f"torch.{short}Tensor":
                return "cpu", known
            if name == f"torch.meta.{short}Tensor":
                return "meta", known
        raise ValueError(f"invalid type: '{name}'")
    raise TypeError("dtype must be a type, str, or dtype object")
