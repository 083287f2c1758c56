"""rushlight: PyTorch's way of working on a small, fast core. ``import rushlight as torch``."""

from . import _C
from ._C import *
from ._C import __version__, get_default_dtype, get_num_threads, is_grad_enabled, set_num_threads
from ._tensor_str import set_printoptions
from .ops import index, join, pointwise, product, reduce, shape
from .ops import nn as _nn_ops
from .ops import random as _random_ops
from .ops._table import ALIASES, FUNCTIONS
from .tensor import Tensor

del index, join, pointwise, product, reduce, shape

# names that start in _C but are not PyTorch's
for _name in ("TensorBase", "Node", "rows"):
    globals().pop(_name, None)

tensor = _C.tensor  # the function: the import of tensor.py has put the module there
float, double, half, int, long, short = _C.float32, _C.float64, _C.float16, _C.int32, _C.int64, _C.int16
bool = _C.bool
cfloat, cdouble = _C.complex64, _C.complex128
from math import e, inf, nan, pi  # noqa: E402

newaxis = None

for _name, _target in ALIASES.items():
    for _end in ("", "_"):
        if hasattr(_C, _target + _end):
            globals()[_name + _end] = getattr(_C, _target + _end)
globals().update(FUNCTIONS)


def as_tensor(data, dtype=None, device=None):
    """A tensor of `data`, on the same memory where it can be: a tensor itself, or a NumPy array."""
    return _C._as_tensor(data, dtype, device)


def is_tensor(obj):
    """Is it a Tensor?"""
    return isinstance(obj, Tensor)


def is_inference(input):
    """Was `input` made under inference_mode?"""
    return input.is_inference()


def is_floating_point(input):
    """Is the dtype of `input` a floating one?"""
    return input.dtype.is_floating_point


def is_complex(input):
    """Is the dtype of `input` complex?"""
    return input.dtype.is_complex


def numel(input):
    """Number of elements."""
    return input.numel()


def equal(input, other):
    """Have both the same shape and values?"""
    return input.equal(other)


def set_default_dtype(d):
    """Set the dtype that tensors of Python floats get."""
    _C._set_default_dtype(d)


def promote_types(type1, type2):
    """The dtype of an operation on both."""
    return _C._promote_types(type1, type2)


def can_cast(from_, to):
    """May a result of dtype `from_` be stored as `to`?"""
    return _C._can_cast(from_, to)


def result_type(tensor1, tensor2):
    """The dtype of an operation on two tensors or numbers."""
    return _C.mul(_C.zeros_like(tensor1) if is_tensor(tensor1) else tensor1, tensor2).dtype


def manual_seed(seed):
    """Seed the default generator; returns it."""
    return _C._default_generator().manual_seed(seed)


def seed():
    """Seed the default generator from the system's entropy; returns the seed."""
    return _C._default_generator().seed()


def initial_seed():
    """The seed of the default generator."""
    return _C._default_generator().initial_seed()


def get_rng_state():
    """The default generator's state."""
    return _C._default_generator().get_state()


def set_rng_state(new_state):
    """Put the default generator into a state."""
    _C._default_generator().set_state(new_state)


def var(input, dim=None, *, correction=1, keepdim=False, unbiased=None):
    """Variance along dims, in two passes; the divisor is the count less `correction`."""
    if unbiased is not None:
        correction = 1 if unbiased else 0
    if dim is True or dim is False:  # PyTorch's older form: var(input, unbiased)
        dim, correction = None, 1 if dim else 0
    centre = _C.mean(input, dim, True)
    squares = _C.sum(_C.square(_C.sub(input, centre)), dim, keepdim)
    count = input.numel() // (centre.numel() or 1)
    return _C.div(squares, count - correction if count > correction else 0)


def std(input, dim=None, *, correction=1, keepdim=False, unbiased=None):
    """Square root of the variance."""
    return _C.sqrt(var(input, dim, correction=correction, keepdim=keepdim, unbiased=unbiased))


def norm(input, p="fro", dim=None, keepdim=False, out=None, dtype=None):
    """The p-norm of all elements, or along dims; 'fro' is 2."""
    x = _C.abs(input if dtype is None else input.to(dtype))
    if p in ("fro", None, 2):
        return _C.sqrt(_C.sum(_C.square(x), dim, keepdim), out=out)
    if p == inf:
        return _C.amax(x, () if dim is None else dim, keepdim, out=out)
    if p == -inf:
        return _C.amin(x, () if dim is None else dim, keepdim, out=out)
    if p == 0:
        return _C.sum(_C.ne(x, 0), dim, keepdim, dtype=x.dtype, out=out)
    if p == 1:
        return _C.sum(x, dim, keepdim, out=out)
    if p == "nuc":
        raise NotImplementedError("norm: p='nuc' needs singular values, which are not there yet")
    return _C.pow(_C.sum(_C.pow(x, p), dim, keepdim), 1 / p, out=out)


def logsumexp(input, dim, keepdim=False, *, out=None):
    """Logarithm of the sum of exponentials along dims, without overflow."""
    top = _C.amax(input.detach(), dim, True)
    top = _C.where(_C.isfinite(top), top, 0.0)
    summed = _C.log(_C.sum(_C.exp(_C.sub(input, top)), dim, keepdim))
    return _C.add(summed, top if keepdim else _C.reshape(top, summed.shape), out=out)


for _function in (var, std, norm, logsumexp):
    setattr(Tensor, _function.__name__, _function)

from ._typed import TYPES as _TYPES  # noqa: E402

globals().update(_TYPES)

from . import autograd  # noqa: E402
from .autograd import enable_grad, inference_mode, no_grad, set_grad_enabled  # noqa: E402
from .autograd.grad_mode import is_inference_mode_enabled  # noqa: E402

#: the in-place functions that PyTorch has in its flat namespace, without their underscore; the others are methods alone
_IN_PLACE = """
    abs acos acosh addmv alpha_dropout arccos arccosh arcsin arcsinh arctan arctanh as_strided asin asinh atan
    atanh ceil celu clamp clamp_max clamp_min clip conj_physical cos cosh deg2rad detach dropout embedding_renorm
    erf erfc exp exp2 expm1 feature_alpha_dropout feature_dropout fill fix floor frac gcd i0 index_put lcm ldexp
    log log10 log1p log2 logit nan_to_num neg negative rad2deg reciprocal relu resize_as resize_as_sparse round
    rrelu rsqrt selu sigmoid sin sinc sinh sqrt square tan tanh threshold trunc xlogy zero
"""
_METHODS_ALONE = {"contiguous", "expand", "gelu", "leaky_relu", "linear", "repeat", "view"}

_in_place = {name + "_" for name in _IN_PLACE.split()}
for _name in [n for n in globals() if n[0] != "_"]:
    if _name in _METHODS_ALONE or (_name[-1] == "_" and _name not in _in_place):
        del globals()[_name]
del ALIASES, FUNCTIONS

# brought in by first use, so that a program pays for what it uses
_MODULES = {"nn", "optim", "utils", "__config__"}
_FUNCTIONAL = {"dropout"}


__all__ = sorted(n for n, value in globals().items() if n[0] != "_" and type(value) is not type(_C))


def __getattr__(name):
    import importlib

    if name in _MODULES:
        return importlib.import_module("." + name, __name__)
    if name in _FUNCTIONAL:
        value = globals()[name] = getattr(importlib.import_module(".nn.functional", __name__), name)
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *_MODULES, *_FUNCTIONAL})
