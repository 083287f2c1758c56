"""Parameter: a tensor that a module trains; Buffer: one that it only keeps; and both before their shape is known."""

from rushlight import _C
from rushlight._naming import Meta
from rushlight.tensor import Tensor

__all__ = [
    "Buffer",
    "Parameter",
    "UninitializedBuffer",
    "UninitializedParameter",
    "UninitializedTensorMixin",
    "is_lazy",
]


class _Marked(Meta):
    """isinstance counts tensors that carry the class's mark: those of other subclasses of Tensor, and all buffers."""

    def __instancecheck__(cls, instance):
        if type.__instancecheck__(cls, instance):
            return True
        mark = cls.__dict__.get("_mark")
        return mark is not None and isinstance(instance, Tensor) and getattr(instance, mark, False)


class Parameter(Tensor, metaclass=_Marked):
    """A tensor that registers itself with the module it is assigned to, and asks for gradients."""

    _mark = "_is_param"
    _prints_as_parameter = True

    def __new__(cls, data=None, requires_grad=True):
        if data is None:
            data = _C.empty(0)
        if type(data) in (Tensor, Parameter) or cls is not Parameter:
            return _C._make_subclass(cls, data.detach(), requires_grad)
        made = data.detach().requires_grad_(requires_grad)
        if type(made) is not type(data):
            raise RuntimeError(
                f"Creating a Parameter from an instance of type {type(data).__name__} requires that detach() returns an "
                f"instance of the same type, but return type {type(made).__name__} was found instead."
            )
        made._is_param = True
        return made

    def __repr__(self, *, tensor_contents=None):
        return "Parameter containing:\n" + super().__repr__(tensor_contents=tensor_contents)


class Buffer(Tensor, metaclass=_Marked):
    """A tensor that registers itself as a buffer of the module it is assigned to."""

    _mark = "_is_buffer"

    def __new__(cls, data=None, *, persistent=True):
        if data is None:
            data = _C.empty(0)
        made = data.detach().requires_grad_(data.requires_grad)
        made.persistent, made._is_buffer = persistent, True
        return made


_C._results_are_tensors(Parameter)


class UninitializedTensorMixin(metaclass=Meta):
    """A tensor whose shape is not known yet: everything but moving and converting it is refused."""

    __slots__ = ()

    def materialize(self, shape, device=None, dtype=None):
        """Become an ordinary tensor of this shape, its values not set."""
        self.data = _C.empty(shape, device=device or self.device, dtype=dtype or self.dtype)
        self.__class__ = self.cls_to_become

    @property
    def shape(self):
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer: it is known after the module's first "
            "forward. load_state_dict asks for it where an uninitialized value meets a module that is initialized."
        )

    def share_memory_(self):
        raise RuntimeError(
            "Can't share memory on an uninitialized parameter or buffer. Call the module once before share_memory()."
        )

    def __repr__(self, *, tensor_contents=None):
        return f"<{type(self).__name__}>"

    def __reduce_ex__(self, protocol):
        return type(self), (self.requires_grad,)

    def __deepcopy__(self, memo):
        made = memo[id(self)] = type(self)(self.requires_grad, self.device, self.dtype)
        made.__dict__.update(self.__dict__)
        return made


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """A parameter that takes its shape from the first batch: see `LazyModuleMixin`."""

    cls_to_become = Parameter

    def __new__(cls, requires_grad=True, device=None, dtype=None):
        return _C._make_subclass(cls, _C.empty(0, device=device, dtype=dtype), requires_grad)


class UninitializedBuffer(UninitializedTensorMixin, Tensor):
    """A buffer that takes its shape from the first batch: see `LazyModuleMixin`."""

    cls_to_become = Tensor

    def __new__(cls, requires_grad=False, device=None, dtype=None, persistent=True):
        made = _C._make_subclass(cls, _C.empty(0, device=device, dtype=dtype), requires_grad)
        made.persistent, made._is_buffer = persistent, True
        return made


_C._results_are_tensors(UninitializedBuffer)


def is_lazy(param):
    """Has this parameter or buffer no shape yet?"""
    return isinstance(param, UninitializedTensorMixin)


def _refuse(name):
    def refused(self, *args, **kwargs):
        raise ValueError(
            f"{name}: Attempted to use an uninitialized parameter in Tensor.{name}. Its shape comes with the first batch: "
            "call the module once before this."
        )

    return refused


#: what moves and converts, and what Python itself asks of any object
_ALLOWED = """
    size copy_ is_complex is_floating_point half float double char short int long cuda cpu to get_device bfloat16
    __hash__ __class__ __init__ __new__ __getattribute__ __setattr__ __delattr__ __init_subclass__ __subclasshook__
    __reduce__ __sizeof__ __dir__ __format__ __str__ __getstate__
""".split()
for _name in dir(Tensor):
    _operator = _name.startswith("__") or not _name.startswith("_")
    if _operator and _name not in {*_ALLOWED, *vars(UninitializedTensorMixin)} and callable(getattr(Tensor, _name)):
        setattr(UninitializedTensorMixin, _name, _refuse(_name))
