"""Tensors from data: numbers, nested sequences, arrays, other tensors."""

from rushlight import _C


def tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False):
    """A tensor with a copy of `data`.

    Parameters
    ----------
    data : number, nested sequence of numbers, array or tensor
        What is copied.
    dtype : dtype, optional
        Without it that of an array or a tensor, else the one that fits the numbers: int64, bool, or the default dtype.
    device : device, optional
        Where the result lives; without it where a tensor is, else the default device.
    requires_grad : bool, default False
        Record what is computed from it.
    pin_memory : bool, default False
        Accepted for PyTorch's sake.

    Returns
    -------
    Tensor

    Raises
    ------
    ValueError
        If the sequences differ in length or depth.
    TypeError, RuntimeError
        If something in `data` is no number.

    Examples
    --------
    >>> torch.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    return _C.tensor(data, dtype=dtype, device=device, requires_grad=requires_grad, pin_memory=pin_memory)


def as_tensor(data, dtype=None, device=None):
    """A tensor of `data`, on the same memory where it can be: a tensor itself, or a NumPy array.

    Examples
    --------
    >>> t = torch.ones(2)
    >>> torch.as_tensor(t) is t
    True
    """
    return _C._as_tensor(data, dtype, device)


def from_numpy(ndarray):
    """A tensor on the memory of a NumPy array.

    Examples
    --------
    >>> import numpy
    >>> a = numpy.zeros(2)
    >>> t = torch.from_numpy(a)
    >>> a[0] = 3
    >>> t
    tensor([3., 0.], dtype=torch.float64)
    """
    return _C.from_numpy(ndarray)
