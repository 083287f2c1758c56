"""class Tensor: the compiled TensorBase, its ops as methods, and what is not simply an op."""

from rushlight import _C

from . import _conversion, _pickle, _typed, composed  # noqa: F401  composed fills METHODS
from ._naming import Meta
from .ops._table import ALIASES, METHODS
from .utils.hooks import HookDict, RemovableHandle

_CPU = _C.device("cpu")


class Tensor(_C.TensorBase, metaclass=Meta):
    """A tensor: numbers of one dtype in an array of any number of dims, with a place in the graph."""

    __slots__ = ()  # TensorBase has the __dict__ and the weak references

    _printed_module = "torch"

    def __new__(cls, *args, **kwargs):
        made = _typed.construct(None, args, kwargs)
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
        if not isinstance(requires_grad, bool):
            raise TypeError(
                "requires_grad_(): argument 'requires_grad' (position 1) must be bool, not "
                + type(requires_grad).__name__
            )
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
        if dim is None:
            return self.shape
        if type(dim) is int and 0 <= dim < self.ndim:  # the usual case, without a call
            return self.shape[dim]
        return self.shape[_index(self, dim)]

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
        """Is it row-major in memory, or dense in the order of a memory format?"""
        return _C._is_contiguous(self, memory_format)

    def data_ptr(self):
        """Address of the first element."""
        return _C._data_ptr(self)

    _data_ptr = data_ptr

    def element_size(self):
        """Bytes of one element."""
        return self.itemsize

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
        _need_matrix(self, "mT", self.ndim >= 2, "matrices or batches of matrices")
        return _C.transpose(self, -2, -1)

    @property
    def H(self):
        """The conjugate transpose of a matrix."""
        _need_matrix(self, "H", self.ndim in (0, 2), "matrices (2-D tensors)")
        return _C.conj(_C.t(self))

    @property
    def mH(self):
        """The last two dims exchanged, and the conjugate."""
        _need_matrix(self, "mH", self.ndim >= 2, "matrices or batches of matrices")
        return _C.conj(_C.transpose(self, -2, -1))

    # ---- dtype and device ------------------------------------------------------------------------------------------

    def to(self, *args, **kwargs):
        """This tensor with another dtype, on another device or in another memory format; itself where nothing changes.

        Called as ``to(dtype)``, ``to(device, dtype)``, ``to(other)``; then `non_blocking` and `copy`; `memory_format` by name.
        """
        device, dtype, copy, memory_format = _conversion.read_to(args, kwargs)
        return _C._to(self, device, dtype, copy, memory_format)

    def type(self, dtype=None, non_blocking=False):
        """The name of the tensor's type, or this tensor as another dtype."""
        if dtype is None:
            return _typed.type_name(self)
        return _C._to(self, *_conversion.read_type(dtype))

    def type_as(self, other):
        """This tensor with the dtype and on the device of `other`."""
        return _C._to(self, other.device, other.dtype)

    def cpu(self, memory_format=None):
        """This tensor on the CPU."""
        return _C._to(self, _CPU, None, False, memory_format)

    @property
    def is_cpu(self):
        """Is this tensor on the CPU?"""
        return self.device.type == "cpu"

    @property
    def layout(self):
        """How the elements lie in memory: torch.strided."""
        return _C.strided

    def get_device(self):
        """The number of its GPU; -1 for a tensor that is on none."""
        return self.device.index if self.is_cuda else -1

    def is_floating_point(self):
        """Is the dtype a floating one?"""
        return self.dtype.is_floating_point

    def is_complex(self):
        """Is the dtype complex?"""
        return self.dtype.is_complex

    def is_signed(self):
        """Has the dtype negative values?"""
        return self.dtype.is_signed

    def is_conj(self):
        """Is a conjugation pending? Never: `conj` computes it."""
        return False

    def is_neg(self):
        """Is a negation pending? Never: the imaginary part of a conjugate is computed."""
        return False

    def is_shared(self):
        """Is the memory shared between processes?"""
        return False

    def is_pinned(self):
        """Is the memory page-locked for a GPU?"""
        return False

    def is_same_size(self, other):
        """Have both the same shape?"""
        return self.shape == other.shape

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

    #: above NumPy's scalars, so that `numpy.float64(2) * tensor` is the tensor's to compute
    __array_priority__ = 1000

    def __array_wrap__(self, array, context=None, return_scalar=False):
        """What a function of NumPy made of this tensor, as a tensor; of truth values uint8, as in PyTorch."""
        return _C.from_numpy(array.astype("uint8") if array.dtype == bool else array)

    def __array__(self, dtype=None, copy=None):
        made = _C._numpy(self)
        return made if dtype is None else made.astype(dtype, copy=False)

    def __dlpack__(self, **options):
        if self.requires_grad:
            raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
        return _C._numpy(self).__dlpack__(**options)

    def __dlpack_device__(self):
        return (1, 0)  # kDLCPU

    def __iter__(self):
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        return iter(_C.unbind(self, 0))

    def __contains__(self, element):
        if not isinstance(element, (_C.TensorBase, bool, int, float, complex)):
            raise RuntimeError(
                f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}."
            )
        return bool(_C.any(_C.eq(self, element)))

    def __reversed__(self):
        return _C.flip(self, (0,)) if self.ndim else self

    def __complex__(self):
        return complex(self.item())

    def equal(self, other):
        """Have both the same shape and values?"""
        if not isinstance(other, _C.TensorBase):
            raise TypeError(f"equal(): argument 'other' (position 2) must be Tensor, not {type(other).__name__}")
        if self.is_meta or other.is_meta:
            raise NotImplementedError("equal: a tensor on the meta device has no values to compare")
        return self.shape == other.shape and bool(_C.all(_C.eq(self, other)))

    def __repr__(self, *, tensor_contents=None):
        from ._tensor_str import tensor_str

        return tensor_str(self, tensor_contents)

    def __str__(self):
        return repr(self)

    def __format__(self, spec):
        if self.ndim == 0 and not self.is_meta and type(self) is Tensor:
            return format(self.item(), spec)
        return object.__format__(self, spec)

    def __copy__(self):
        copied = _C._make_subclass(type(self), self.detach(), self.requires_grad)  # on the same memory
        copied.__dict__.update(self.__dict__)
        return copied

    def __deepcopy__(self, memo):
        return _pickle.deepcopy_tensor(self, memo)

    def __reduce_ex__(self, protocol):
        return _pickle.reduce_tensor(self)

    def apply_(self, callable):
        """Replace each element by what `callable` makes of it, one Python call an element."""
        if self.requires_grad:
            raise RuntimeError("Can't call apply_() on Variable that requires grad. Use var.detach().apply_() instead.")
        values = [callable(v) for v in _C.reshape(self, -1).tolist()]
        return _C.copy_(self, _C.reshape(_C.tensor(values, dtype=self.dtype), self.shape))

    # ---- others like it --------------------------------------------------------------------------------------------

    def as_subclass(self, cls):
        """The same values and history as an object of a subclass of Tensor."""
        if not isinstance(cls, type):
            raise TypeError(f"cls must be a type (got {type(cls).__name__})")
        if not issubclass(cls, Tensor):
            raise TypeError(
                "Creating a Tensor subclass from a class that does not inherit from Tensor is not possible. Make sure "
                "your class inherits from Tensor."
            )
        made = _C.view(self, self.shape)
        made.__class__ = cls
        return made

    def new(self, *args, **kwargs):
        """A tensor of this one's dtype from sizes or data, as ``Tensor(...)``; the older form of the others here."""
        return _typed.construct(self.dtype, args, kwargs)

    def new_tensor(self, data, *, dtype=None, device=None, requires_grad=False, layout=None, pin_memory=False):
        """A tensor from data, with this one's dtype and device unless told otherwise."""
        return _C.tensor(data, dtype=dtype or self.dtype, device=device or self.device, requires_grad=requires_grad)

    def new_empty(self, *size, dtype=None, device=None, **options):
        """A tensor that is not initialised, with this one's dtype and device unless told otherwise."""
        return _C.empty(*size, dtype=dtype or self.dtype, device=device or self.device, **options)

    def new_zeros(self, *size, dtype=None, device=None, **options):
        """A tensor of zeros, with this one's dtype and device unless told otherwise."""
        return _C.zeros(*size, dtype=dtype or self.dtype, device=device or self.device, **options)

    def new_ones(self, *size, dtype=None, device=None, **options):
        """A tensor of ones, with this one's dtype and device unless told otherwise."""
        return _C.ones(*size, dtype=dtype or self.dtype, device=device or self.device, **options)

    def new_full(self, size, fill_value, *, dtype=None, device=None, **options):
        """A tensor of one value, with this one's dtype and device unless told otherwise."""
        return _C.full(size, fill_value, dtype=dtype or self.dtype, device=device or self.device, **options)

    def new_empty_strided(self, size, stride, dtype=None, device=None, **options):
        """A tensor with strides that is not initialised, with this one's dtype and device unless told otherwise."""
        return _C.empty_strided(size, stride, dtype=dtype or self.dtype, device=device or self.device, **options)


def _need_matrix(t, name, fits, kind):
    if not fits:
        raise RuntimeError(f"tensor.{name} is only supported on {kind}. Got {t.ndim}-D tensor.")


def _index(t, dim):
    if not hasattr(dim, "__index__"):
        raise TypeError(f"argument 'dim' (position 1) must be int, not {type(dim).__name__}")
    n = max(t.ndim, 1)
    if not -n <= dim < n:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})")
    return dim


def _cast(name, dtype):
    def cast(self, memory_format=None):
        return _C._to(self, None, dtype, False, memory_format)

    cast.__name__, cast.__doc__ = name, f"This tensor as torch.{str(dtype)[6:]}: ``to(torch.{str(dtype)[6:]})``."
    cast.__qualname__ = "Tensor." + name
    return cast


for _name, _dtype in (
    ("float", _C.float32), ("double", _C.float64), ("half", _C.float16), ("bfloat16", _C.bfloat16), ("byte", _C.uint8),
    ("char", _C.int8), ("short", _C.int16), ("int", _C.int32), ("long", _C.int64), ("bool", _C.bool),
    ("cfloat", _C.complex64), ("cdouble", _C.complex128),
):  # fmt: skip
    setattr(Tensor, _name, _cast(_name, _dtype))

# ops that are no methods: their first argument is not a tensor, or PyTorch has no such method
_FUNCTIONS_ONLY = {
    "cat", "stack", "hstack", "vstack", "zeros", "ones", "full", "empty", "empty_strided", "arange", "linspace", "eye", "rand", "randn",
    "randint", "randperm", "normal", "rand_like", "randn_like", "randint_like", "zeros_like", "ones_like", "empty_like", "full_like",
    "linear", "gelu", "leaky_relu", "where", "tril_indices", "triu_indices", "real", "imag", "complex", "view_as_real", "view_as_complex",
}  # fmt: skip


def _where(self, condition, other):
    """This tensor where `condition` is true, `other` elsewhere."""
    return _C.where(condition, self, other)


def _attach():
    """Every op whose first argument is a tensor is a method: the bound function itself, without a Python wrapper."""
    for _, name, *_ in _C._rows():
        if name.startswith(("_", "special_")) or name in _FUNCTIONS_ONLY or name in Tensor.__dict__:
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
# PyTorch still has Python 2's names of the division
for _name in ("", "r", "i"):
    setattr(Tensor, f"__{_name}div__", getattr(Tensor, f"__{_name}truediv__"))
_C._set_tensor_class(Tensor)
