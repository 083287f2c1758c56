"""Transforms of functions: derivatives and batching, which nest in any order."""

from ._batch import looped_ops
from ._modules import functional_call, stack_module_state
from ._transforms import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, vjp
from ._vmap import vmap

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "looped_ops",
    "stack_module_state",
    "vjp",
    "vmap",
]
