"""rushlight: PyTorch's way of working on a small, fast core. ``import rushlight as torch``."""

from builtins import int as _int

from . import _C
from ._C import *
from ._C import OutOfMemoryError, __version__
from ._creation import as_tensor, from_numpy
from ._info import finfo, iinfo
from ._settings import (
    are_deterministic_algorithms_enabled,
    get_default_device,
    get_default_dtype,
    get_deterministic_debug_mode,
    get_float32_matmul_precision,
    get_num_threads,
    is_deterministic_algorithms_warn_only_enabled,
    is_grad_enabled,
    set_default_device,
    set_default_dtype,
    set_default_tensor_type,
    set_deterministic_debug_mode,
    set_float32_matmul_precision,
    set_flush_denormal,
    set_num_threads,
    use_deterministic_algorithms,
)
from ._tensor_str import set_printoptions
from .ops._table import ALIASES, FUNCTIONS, function_of
from .tensor import Tensor

_C._set_home(__file__[: -len("__init__.py")])

# names that start in _C but are not PyTorch's
for _name in ("TensorBase", "Node", "rows", *(n for n in dir(_C) if n.startswith("special_"))):
    globals().pop(_name, None)

from ._creation import tensor  # noqa: E402  the function again: the import of tensor.py has put the module there

float, double, half, int, long, short = _C.float32, _C.float64, _C.float16, _C.int32, _C.int64, _C.int16
bool = _C.bool
chalf, cfloat, cdouble = _C.complex32, _C.complex64, _C.complex128
bit = _C.uint1
from math import e, inf, nan, pi  # noqa: E402

newaxis = None

for _name, _target in ALIASES.items():
    for _end in ("", "_"):
        if hasattr(_C, _target + _end):
            globals()[_name + _end] = getattr(_C, _target + _end)
globals().update(FUNCTIONS)
for _name in (
    "get_device",
    "is_complex",
    "is_conj",
    "is_floating_point",
    "is_inference",
    "is_neg",
    "is_signed",
    "numel",
):
    globals()[_name] = function_of(getattr(Tensor, _name))


def is_tensor(obj):
    """Is it a Tensor?"""
    return isinstance(obj, Tensor)


def equal(input, other):
    """Have both the same shape and values?"""
    return Tensor.equal(input, other)


def promote_types(type1, type2):
    """The dtype of an operation on both."""
    return _C._promote_types(type1, type2)


def can_cast(from_, to):
    """May a result of dtype `from_` be stored as `to`?"""
    return _C._can_cast(from_, to)


def result_type(tensor, other):  # noqa: F811  PyTorch's name
    """The dtype of an operation on two tensors or numbers."""
    return _C.mul(_C.zeros_like(tensor) if is_tensor(tensor) else tensor, other).dtype


def manual_seed(seed):
    """Seed the default generator; returns it."""
    return _C._default_generator().manual_seed(_int(seed))


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


from ._typed import TYPES as _TYPES  # noqa: E402

globals().update(_TYPES)

from . import autograd, return_types  # noqa: E402
from .autograd import enable_grad, inference_mode, no_grad, set_grad_enabled  # noqa: E402
from .autograd.anomaly_mode import (  # noqa: E402
    is_anomaly_check_nan_enabled,
    is_anomaly_enabled,
    set_anomaly_enabled,
)
from .autograd.grad_mode import is_inference_mode_enabled  # noqa: E402

#: the in-place functions that PyTorch has in its flat namespace, without their underscore; the others are methods alone
_IN_PLACE = """
    abs acos acosh addmv alpha_dropout arccos arccosh arcsin arcsinh arctan arctanh as_strided asin asinh atan
    atanh ceil celu clamp clamp_max clamp_min clip conj_physical cos cosh deg2rad detach dropout embedding_renorm
    erf erfc exp exp2 expm1 feature_alpha_dropout feature_dropout fill fix floor frac gcd i0 index_put lcm ldexp
    log log10 log1p log2 logit nan_to_num neg negative rad2deg reciprocal relu resize_as resize_as_sparse round
    rrelu rsqrt selu sigmoid sin sinc sinh sqrt square tan tanh threshold trunc xlogy zero
"""
_METHODS_ALONE = {"contiguous", "expand", "gelu", "leaky_relu", "linear", "repeat", "unfold", "view"}

_in_place = {name + "_" for name in _IN_PLACE.split()}
for _name in [n for n in globals() if n[0] != "_"]:
    if _name in _METHODS_ALONE or (_name[-1] == "_" and _name not in _in_place):
        del globals()[_name]
del ALIASES, FUNCTIONS, function_of

# brought in by first use, so that a program pays for what it uses
_MODULES = {"amp", "cuda", "func", "nn", "optim", "special", "testing", "utils", "__config__"}
_LATER = {"explain": ".tape", "graph": ".tape", "guard": ".tape", "vmap": ".func"}
_LATER |= {"check": ".mistakes", "progress": "._progress", "summary": "._summary"}
_LATER |= dict.fromkeys(
    "bilinear celu celu_ cosine_similarity dropout pairwise_distance pdist rms_norm rrelu rrelu_ selu selu_ threshold "
    "threshold_".split(),
    ".nn.functional",
)
_LATER |= dict.fromkeys(
    "alpha_dropout alpha_dropout_ batch_norm binary_cross_entropy_with_logits cosine_embedding_loss ctc_loss dropout_ embedding "
    "embedding_bag feature_alpha_dropout feature_alpha_dropout_ group_norm hinge_embedding_loss instance_norm kl_div layer_norm "
    "margin_ranking_loss poisson_nll_loss triplet_margin_loss".split(),
    ".nn._flat",
)


__all__ = sorted(n for n, value in globals().items() if n[0] != "_" and type(value) is not type(_C))


def __getattr__(name):
    import importlib

    if name in _MODULES:
        return importlib.import_module("." + name, __name__)
    if name in _LATER:
        value = globals()[name] = getattr(importlib.import_module(_LATER[name], __name__), name)
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *_MODULES, *_LATER})
