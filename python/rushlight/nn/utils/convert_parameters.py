"""Parameters as one vector, and back."""

from rushlight import _C
from rushlight._naming import type_name
from rushlight.tensor import Tensor

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters):
    """All parameters, flat, one after another."""
    return _C.cat([_C.reshape(p, (-1,)) for p in parameters])


def vector_to_parameters(vec, parameters):
    """Let the parameters be pieces of a vector; they share its memory."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {type_name(vec)}")
    begin = 0
    for p in parameters:
        p.data = vec[begin : begin + p.numel()].view(p.shape).data
        begin += p.numel()
