"""Parameter and Buffer: the tensors that a Module registers when they are assigned to it."""

from collections import OrderedDict

import rushlight
from rushlight import Tensor

__all__ = ["Buffer", "Parameter"]

_META = type(Tensor)


def _is_subclass_of_tensor(data) -> bool:
    return type(data) is not Tensor and type(data) is not Parameter


class Parameter(Tensor):
    """A tensor that a Module counts among its parameters.

    Parameters
    ----------
    data : Tensor, optional
        The values; storage and version counter are shared with it. An empty tensor otherwise.
    requires_grad : bool, default True
        Whether gradients are wanted.

    Examples
    --------
    >>> torch.nn.Parameter(torch.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    def __new__(cls, data=None, requires_grad=True):
        if data is None:
            data = rushlight.empty(0)
        if not isinstance(data, Tensor):
            raise TypeError(f"Parameter: data must be a Tensor, got {type(data).__name__}; use torch.tensor(...) first")
        if cls is Parameter and _is_subclass_of_tensor(data):
            # a subclass of Tensor stays what it is and only carries the mark, as in PyTorch
            marked = data.detach().requires_grad_(requires_grad)
            marked._is_param = True
            return marked
        return Tensor._make_subclass(cls, data, requires_grad)

    def __deepcopy__(self, memo):
        if id(self) in memo:
            return memo[id(self)]
        with rushlight.no_grad():
            copied = type(self)(self.detach().clone(), self.requires_grad)
        copied.__dict__.update(self.__dict__)
        memo[id(self)] = copied
        return copied

    def __repr__(self, *, tensor_contents=None):
        return "Parameter containing:\n" + super().__repr__()

    def __reduce_ex__(self, protocol):
        return _rebuild_parameter, (self.detach(), self.requires_grad, OrderedDict())


def _rebuild_parameter(data, requires_grad, backward_hooks):
    return Parameter(data, requires_grad)


class _BufferMeta(_META):
    """Makes isinstance(t, Buffer) ask for the mark: a buffer is a plain Tensor."""

    def __instancecheck__(cls, instance):
        if cls is Buffer:
            return isinstance(instance, Tensor) and getattr(instance, "_is_buffer", False)
        return super().__instancecheck__(instance)


class Buffer(Tensor, metaclass=_BufferMeta):
    """A tensor that a Module counts among its buffers: part of its state, not trained.

    Parameters
    ----------
    data : Tensor, optional
        The values. An empty tensor otherwise.
    persistent : bool, default True
        Whether `state_dict` contains it.
    """

    def __new__(cls, data=None, *, persistent=True):
        if data is None:
            data = rushlight.empty(0)
        buffer = data.detach().requires_grad_(data.requires_grad)
        buffer.persistent = persistent
        buffer._is_buffer = True
        return buffer
