"""torch.FloatTensor and its kin, and what ``Tensor(...)`` takes: constructors from before dtypes were arguments."""

from rushlight import _C

NAMES = {
    _C.float32: "Float", _C.float64: "Double", _C.float16: "Half", _C.bfloat16: "BFloat16", _C.uint8: "Byte", _C.int8: "Char",
    _C.int16: "Short", _C.int32: "Int", _C.int64: "Long", _C.bool: "Bool", _C.complex64: "ComplexFloat", _C.complex128: "ComplexDouble",
    _C.uint16: "UInt16", _C.uint32: "UInt32", _C.uint64: "UInt64", _C.float8_e4m3fn: "Float8_e4m3fn", _C.float8_e5m2: "Float8_e5m2",
}  # fmt: skip


def type_name(tensor):
    """What ``tensor.type()`` is: torch.FloatTensor."""
    return f"torch.{'meta.' if tensor.is_meta else ''}{NAMES[tensor.dtype]}Tensor"


def construct(dtype, args, kwargs):
    """A tensor of sizes, of data, of a Size, or on another tensor; `dtype` None is the default one, and any for a tensor."""
    device = kwargs.pop("device", None)
    if device is not None and _C.device(device).type != "cpu":
        raise RuntimeError(
            f"legacy constructor expects device type: cpu but device type: {_C.device(device).type} was passed"
        )
    unknown = kwargs.keys() - {"size", "data", "other"}
    if unknown or len(args) + len(kwargs) > 1 and kwargs:
        got = ", ".join([type(a).__name__ for a in args] + [f"{k}={type(v).__name__}" for k, v in kwargs.items()])
        raise TypeError(
            f"new() received an invalid combination of arguments - got ({got}), but expected one of: (), (Tensor other), "
            "(tuple of ints size), (object data), each with *, torch.device device = None"
        )
    wanted = dtype or _C.get_default_dtype()
    if "size" in kwargs:
        return _C.empty(tuple(kwargs["size"]), dtype=wanted, device="cpu")
    if not args and not kwargs:
        return _C.empty(0, dtype=wanted, device="cpu")
    if len(args) > 1:
        for place, size in enumerate(args):
            if not hasattr(size, "__index__"):
                raise TypeError(
                    f"new(): argument 'size' failed to unpack the object at pos {place + 1} with error "
                    f'"type must be tuple of ints,but got {type(size).__name__}"'
                )
        return _C.empty(*args, dtype=wanted, device="cpu")
    first = args[0] if args else next(iter(kwargs.values()))
    if isinstance(first, _C.TensorBase):
        if dtype is not None and first.dtype != dtype:
            raise TypeError(
                f"new(): expected a tensor of {dtype}, got one of {first.dtype}; convert it with .to({dtype})"
            )
        return first.detach()
    if isinstance(first, _C.Size):
        return _C.empty(first, dtype=wanted, device="cpu")
    if isinstance(first, int) and not isinstance(first, bool):
        return _C.empty(first, dtype=wanted, device="cpu")
    if isinstance(first, str):
        raise TypeError("new(): invalid data type 'str'")
    if first is None or isinstance(first, (bool, float, complex)):
        raise TypeError(f"new(): data must be a sequence (got {type(first).__name__})")
    return _C.tensor(first, dtype=wanted, device="cpu")


class tensortype(type):
    """The class of torch.FloatTensor: calls make tensors of its dtype, and isinstance asks for that dtype."""

    is_cuda = is_sparse = False

    def __instancecheck__(cls, value):
        return isinstance(value, _C.TensorBase) and value.dtype == cls.dtype and not value.is_meta

    def __call__(cls, *args, **kwargs):
        return construct(cls.dtype, args, kwargs)

    def __repr__(cls):
        return f"<class 'torch.{cls.__name__}'>"

    @property
    def layout(cls):
        return _C.strided


tensortype.__module__ = "torch"  # how it prints; nothing pickles a metaclass

TYPES = {
    f"{name}Tensor": tensortype(
        f"{name}Tensor",
        (),
        {"dtype": dtype, "__module__": "rushlight", "__doc__": f"Makes tensors of {dtype} out of sizes or data."},
    )
    for dtype, name in NAMES.items()
    if name in ("Float", "Double", "Half", "BFloat16", "Byte", "Char", "Short", "Int", "Long", "Bool")
}
