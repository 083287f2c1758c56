"""torch.FloatTensor and its kin: constructors by dtype, from before dtypes were arguments."""

from rushlight import _C
from rushlight.tensor import _TYPE_NAMES, Tensor


class _Typed(type):
    def __instancecheck__(cls, value):
        return isinstance(value, Tensor) and value.dtype == cls.dtype

    def __call__(cls, *args, device=None):
        if not args:
            return _C.empty(0, dtype=cls.dtype)
        if len(args) == 1 and not isinstance(args[0], (int, _C.Size)):
            return _C.tensor(args[0], dtype=cls.dtype)
        return _C.empty(*args, dtype=cls.dtype)

    def __repr__(cls):
        return f"<class 'torch.{cls.__name__}'>"


TYPES = {
    name + "Tensor": _Typed(name + "Tensor", (), {"dtype": dtype, "__module__": "torch"})
    for dtype, name in _TYPE_NAMES.items()
    if not name.startswith(("Complex", "UInt"))
}
