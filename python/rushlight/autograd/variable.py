"""`Variable`, which every tensor is."""

from rushlight import _C

__all__ = ["Variable", "VariableMeta"]


class VariableMeta(type):
    """Every tensor is an instance of Variable."""

    def __instancecheck__(cls, other):
        return isinstance(other, _C.TensorBase)


class Variable(metaclass=VariableMeta):
    """An old name: ``Variable(data)`` is a tensor of the same memory.

    Examples
    --------
    >>> torch.autograd.Variable(torch.ones(2), requires_grad=True)
    tensor([1., 1.], requires_grad=True)
    """

    def __new__(cls, data=None, requires_grad=False, volatile=False):
        import rushlight

        tensor = rushlight.empty(0) if data is None else data
        if not isinstance(tensor, _C.TensorBase):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        return tensor.detach().requires_grad_(requires_grad)
