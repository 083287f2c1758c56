"""class Tensor: the compiled TensorBase, its ops as methods, and what is not simply an op."""

from rushlight import _C

from . import composed  # noqa: F401  fills METHODS
from ._naming import Meta
from .ops._table import ALIASES, METHODS
from .utils.hooks import HookDict, RemovableHandle


class Tensor(_C.TensorBase, metaclass=Meta):
    """A tensor: numbers of one dtype in an array of any number of dims, with a place in the graph."""

    __slots__ = ()  # TensorBase has the __dict__ and the weak references

    _printed_module = "torch"

    def __new__(cls, *args, **kwargs):
        if not args and not kwargs:
            return super().__new__(cls)
        if len(args) == 1 and isinstance(args[0], _C.TensorBase):
            made = args[0].detach()
        elif len(args) == 1 and not isinstance(args[0], int) and not isinstance(args[0], _C.Size):
            made = _C.tensor(args[0], dtype=_C.get_default_dtype())
        else:
            made = _C.empty(*args)
        return made if cls is Tensor else _C._make_subclass(cls, made, False)

    # ---- the graph -------------------------------------------------------------------------------------------------

    def backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
        """Add the gradients of this tensor to the ``.grad`` of the leaves; see `autograd.backward`."""
        if inputs is not None:
            inputs = (inputs,) if isinstance(inputs, _C.TensorBase) else tuple(inputs)
            if not inputs:
                raise RuntimeError("'inputs' argument to 'backward' cannot be empty.")
        _C._run_backward(
            (self,), (gradient,), create_graph if retain_graph is None else retain_graph, create_graph, inputs, True
        )

    def requires_grad_(self, requires_grad=True):
        """Ask for gradients of this leaf, or stop; returns the tensor."""
        self.requires_grad = requires_grad
        return self

    def is_inference(self):
        """Was this tensor made under inference_mode?"""
        return self._inference

    def detach_(self):
        """Cut this tensor from its history, in place."""
        _C._detach_in_place(self)
        return self

    def retain_grad(self):
        """Keep the gradient of a tensor that is no leaf."""
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self.is_leaf or self.retains_grad:
            return
        import weakref

        me = weakref.ref(self)

        def keep(g):
            tensor = me()
            if tensor is not None:
                tensor.grad = g.clone() if tensor.grad is None else tensor.grad + g

        hooks = self.grad_fn._prehooks
        if hooks is None:
            hooks = self.grad_fn._prehooks = HookDict()
        handle = RemovableHandle(hooks)
        hooks[handle.id] = (self.output_nr, keep, True)
        _C._retain_grad(self)

    def register_hook(self, hook):
        """Call `hook` with this tensor's gradient; what it returns, if anything, takes its place."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self.grad_fn is None:
            if self._backward_hooks is None:
                self._backward_hooks = HookDict()
            handle = RemovableHandle(self._backward_hooks)
            self._backward_hooks[handle.id] = hook
            return handle
        if self.grad_fn._prehooks is None:
            self.grad_fn._prehooks = HookDict()
        handle = RemovableHandle(self.grad_fn._prehooks)
        self.grad_fn._prehooks[handle.id] = (self.output_nr, hook, False)
        return handle

    def register_post_accumulate_grad_hook(self, hook):
        """Call `hook` with this leaf once its ``.grad`` was added to."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self.grad_fn is not None:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        if self._post_accumulate_grad_hooks is None:
            self._post_accumulate_grad_hooks = HookDict()
        handle = RemovableHandle(self._post_accumulate_grad_hooks)
        self._post_accumulate_grad_hooks[handle.id] = hook
        return handle

    # ---- shape -----------------------------------------------------------------------------------------------------

    def size(self, dim=None):
        """The shape, or the size of one dim."""
        return self.shape if dim is None else self.shape[_index(self, dim)]

    def dim(self):
        """Number of dims."""
        return self.ndim

    ndimension = dim

    def numel(self):
        """Number of elements."""
        return _C._numel(self)

    nelement = numel

    def stride(self, dim=None):
        """Elements from one index to the next, of all dims or of one."""
        strides = tuple(_C._strides(self))
        return strides if dim is None else strides[_index(self, dim)]

    def storage_offset(self):
        """Elements of the storage before the first of this tensor."""
        return _C._offset(self)

    def is_contiguous(self, memory_format=None):
        """Is it row-major in memory?"""
        return _C._is_contiguous(self)

    def data_ptr(self):
        """Address of the first element."""
        return _C._data_ptr(self)

    _data_ptr = data_ptr

    def element_size(self):
        """Bytes of one element."""
        return self.itemsize

    def view(self, *shape):
        """The same elements in another shape, or as another dtype's of the same size."""
        return _C.view(self, *shape)

    def view_as(self, other):
        """view(other.shape)."""
        return _C.view(self, other.shape)

    def reshape_as(self, other):
        """reshape(other.shape)."""
        return _C.reshape(self, other.shape)

    def expand_as(self, other):
        """expand(other.shape)."""
        return _C.expand(self, other.shape)

    @property
    def T(self):
        """Dims in reverse order."""
        return _C.permute(self, tuple(range(self.ndim - 1, -1, -1)))

    @property
    def real(self):
        """The real part: a view; this tensor itself where it is real."""
        return _C.real(self)

    @property
    def imag(self):
        """The imaginary part: a view."""
        return _C.imag(self)

    @property
    def mT(self):
        """The last two dims exchanged."""
        return _C.transpose(self, -2, -1)

    # ---- dtype and device ------------------------------------------------------------------------------------------

    def to(self, *args, **kwargs):
        """This tensor with another dtype or on another device; itself where nothing changes."""
        device, dtype = kwargs.pop("device", None), kwargs.pop("dtype", None)
        copy = kwargs.pop("copy", False)
        for word in ("non_blocking", "memory_format"):
            kwargs.pop(word, None)
        if kwargs:
            raise TypeError(f"to() got an unexpected keyword argument '{next(iter(kwargs))}'")
        for arg in args:
            if isinstance(arg, _C.TensorBase):
                device, dtype = arg.device, arg.dtype
            elif isinstance(arg, _C.dtype) or arg in (float, int, bool, complex):
                dtype = arg
            elif isinstance(arg, type) and hasattr(arg, "dtype"):  # torch.FloatTensor
                dtype = arg.dtype
            elif isinstance(arg, (str, _C.device)):
                device = arg
            elif not isinstance(arg, bool) and arg is not None:
                raise TypeError(f"to() received an invalid combination of arguments - got ({type(arg).__name__})")
        return _C._to(self, device, dtype, copy)

    def type(self, dtype=None, non_blocking=False):
        """The name of the tensor's type, or this tensor as another dtype."""
        if dtype is None:
            return "torch." + _TYPE_NAMES[self.dtype] + "Tensor"
        if isinstance(dtype, str):
            dtype = next((d for d, name in _TYPE_NAMES.items() if dtype == f"torch.{name}Tensor"), dtype)
        return self.to(dtype)

    def type_as(self, other):
        """to(other.dtype)."""
        return self.to(other.dtype)

    def cpu(self, memory_format=None):
        """This tensor on the CPU."""
        return self.to("cpu")

    def is_floating_point(self):
        """Is the dtype a floating one?"""
        return self.dtype.is_floating_point

    def is_complex(self):
        """Is the dtype complex?"""
        return self.dtype.is_complex

    def is_signed(self):
        """Has the dtype negative values?"""
        return self.dtype.is_signed

    # ---- values ----------------------------------------------------------------------------------------------------

    def item(self):
        """The one element as a Python number."""
        return _C._item(self)

    def tolist(self):
        """The elements as nested lists."""
        return _C._tolist(self)

    def numpy(self, *, force=False):
        """A NumPy array on the same memory."""
        return _C._numpy(self.detach() if force else self)

    def __array__(self, dtype=None, copy=None):
        made = _C._numpy(self)
        return made if dtype is None else made.astype(dtype, copy=False)

    def __iter__(self):
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        return iter(_C.unbind(self, 0))

    def __contains__(self, element):
        return bool((self == element).any())

    def __reversed__(self):
        return _C.flip(self, (0,)) if self.ndim else self

    def __complex__(self):
        return complex(self.item())

    def equal(self, other):
        """Have both the same shape and values?"""
        return self.shape == other.shape and bool(_C.all(_C.eq(self, other)))

    def __repr__(self, *, tensor_contents=None):
        from ._tensor_str import tensor_str

        return tensor_str(self)

    def __str__(self):
        return repr(self)

    def __format__(self, spec):
        if self.ndim == 0 and not self.is_meta and type(self) is Tensor:
            return format(self.item(), spec)
        return object.__format__(self, spec)

    def __deepcopy__(self, memo):
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment."
            )
        if id(self) in memo:
            return memo[id(self)]
        copied = _C._make_subclass(type(self), self.detach().clone(), self.requires_grad)
        copied.__dict__.update(__import__("copy").deepcopy(self.__dict__, memo))
        if self.grad is not None:
            copied.grad = self.grad.__deepcopy__(memo)
        memo[id(self)] = copied
        return copied

    def __reduce__(self):
        return _rebuilt, (type(self), self.detach().numpy(), self.requires_grad, dict(self.__dict__))

    def new_tensor(self, data, *, dtype=None, device=None, requires_grad=False):
        """A tensor from data, of this one's dtype unless told otherwise."""
        return _C.tensor(data, dtype=dtype or self.dtype, device=device or self.device, requires_grad=requires_grad)


def _rebuilt(cls, array, requires_grad, attributes):
    made = _C._make_subclass(cls, _C.tensor(array), requires_grad)
    made.__dict__.update(attributes)
    return made


def _index(t, dim):
    n = max(t.ndim, 1)
    if not -n <= dim < n:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})")
    return dim


def _new_factory(name):
    make = getattr(_C, name)

    def new(self, *args, dtype=None, device=None, requires_grad=False, **ignored):
        return make(*args, dtype=dtype or self.dtype, device=device or self.device, requires_grad=requires_grad)

    new.__name__ = "new_" + name
    new.__doc__ = f"{name}() with this tensor's dtype and device unless told otherwise."
    return new


for _name in ("empty", "zeros", "ones", "full"):
    setattr(Tensor, "new_" + _name, _new_factory(_name))


def _cast(name, dtype):
    def cast(self, memory_format=None):
        return _C._to(self, None, dtype)

    cast.__name__, cast.__doc__ = name, f"to(torch.{str(dtype)[6:]})."
    return cast


_TYPE_NAMES = {
    _C.float32: "Float", _C.float64: "Double", _C.float16: "Half", _C.bfloat16: "BFloat16", _C.uint8: "Byte", _C.int8: "Char",
    _C.int16: "Short", _C.int32: "Int", _C.int64: "Long", _C.bool: "Bool", _C.complex64: "ComplexFloat", _C.complex128: "ComplexDouble",
    _C.uint16: "UInt16", _C.uint32: "UInt32", _C.uint64: "UInt64",
}  # fmt: skip
for _name, _dtype in (
    ("float", _C.float32), ("double", _C.float64), ("half", _C.float16), ("bfloat16", _C.bfloat16), ("byte", _C.uint8),
    ("char", _C.int8), ("short", _C.int16), ("int", _C.int32), ("long", _C.int64), ("bool", _C.bool),
):  # fmt: skip
    setattr(Tensor, _name, _cast(_name, _dtype))

# ops that are no methods: their first argument is not a tensor, or PyTorch has no such method
_FUNCTIONS_ONLY = {
    "cat", "stack", "hstack", "vstack", "zeros", "ones", "full", "empty", "empty_strided", "arange", "linspace", "eye", "rand", "randn",
    "randint", "randperm", "normal", "rand_like", "randn_like", "randint_like", "zeros_like", "ones_like", "empty_like", "full_like",
    "linear", "gelu", "leaky_relu", "where", "view", "real", "imag", "complex", "view_as_real", "view_as_complex",
}  # fmt: skip


def _where(self, condition, other):
    """This tensor where `condition` is true, `other` elsewhere."""
    return _C.where(condition, self, other)


def _attach():
    """Every op whose first argument is a tensor is a method: the bound function itself, without a Python wrapper."""
    for _, name, *_ in _C._rows():
        if name.startswith("_") or name in _FUNCTIONS_ONLY or name in Tensor.__dict__:
            continue
        setattr(Tensor, name, _C._as_method(getattr(_C, name)))
    Tensor.where = _where
    for alias, name in ALIASES.items():
        for end in ("", "_"):
            if name + end in Tensor.__dict__:
                setattr(Tensor, alias + end, Tensor.__dict__[name + end])
    for name, function in METHODS.items():
        setattr(Tensor, name, function)


_attach()
_C._set_tensor_class(Tensor)
