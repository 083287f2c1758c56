"""Parameter: a tensor that a module trains; Buffer: one that it only keeps."""

from rushlight import _C
from rushlight.tensor import Tensor

__all__ = ["Buffer", "Parameter"]


class Parameter(Tensor):
    """A tensor that registers itself with the module it is assigned to, and asks for gradients."""

    _prints_as_parameter = True

    def __new__(cls, data=None, requires_grad=True):
        if data is None:
            data = _C.empty(0)
        return _C._make_subclass(cls, data.detach(), requires_grad)

    def __repr__(self, *, tensor_contents=None):
        return "Parameter containing:\n" + super().__repr__(tensor_contents=tensor_contents)


class Buffer(Tensor):
    """A tensor that registers itself as a buffer of the module it is assigned to."""

    _prints_as_parameter = True

    def __new__(cls, data=None, *, persistent=True):
        made = _C._make_subclass(cls, (_C.empty(0) if data is None else data).detach(), False)
        made.persistent = persistent
        return made


_C._results_are_tensors(Parameter)
_C._results_are_tensors(Buffer)
