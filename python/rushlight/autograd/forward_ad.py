"""Forward mode by hand: tensors with a tangent, inside of a level."""

from typing import NamedTuple

from rushlight import _C
from rushlight.func._forward import Forward
from rushlight.func._layers import stack

__all__ = ["UnpackedDualTensor", "dual_level", "enter_dual_level", "exit_dual_level", "make_dual", "unpack_dual"]


class UnpackedDualTensor(NamedTuple):
    """A tensor's value and its tangent, which is None where it has none."""

    primal: object
    tangent: object


def _current():
    return next((layer for layer in reversed(stack.layers) if isinstance(layer, Forward)), None)


def enter_dual_level():
    """Begin a level of forward mode; returns its number. Levels cannot nest: use `func.jvp` for that.

    Raises
    ------
    RuntimeError
        If there is one already.
    """
    if _current() is not None:
        raise RuntimeError("Nested forward mode AD is not supported at the moment: use func.jvp, which nests")
    Forward().__enter__()
    return 0


def exit_dual_level(*, level=None):
    """End the level of forward mode: tangents are gone.

    Raises
    ------
    RuntimeError
        If there is none.
    """
    layer = _current()
    if layer is None or (level or 0) != 0:
        raise RuntimeError(
            "Trying to exit a forward AD level that was not the last one that was created: there is none"
        )
    if stack.layers[-1] is not layer:
        raise RuntimeError("exit_dual_level: another transform was begun inside of this level and is still at work")
    layer.__exit__()


class dual_level:
    """A level of forward mode as a context manager.

    Examples
    --------
    >>> import rushlight as torch
    >>> import rushlight.autograd.forward_ad as fwAD
    >>> with fwAD.dual_level():
    ...     y = torch.sin(fwAD.make_dual(torch.zeros(2), torch.ones(2)))
    ...     print(fwAD.unpack_dual(y).tangent)
    tensor([1., 1.])
    """

    def __enter__(self):
        return enter_dual_level()

    def __exit__(self, *_):
        exit_dual_level()


def make_dual(tensor, tangent, *, level=None):
    """A tensor of the same values that carries a tangent through every op.

    Parameters
    ----------
    tensor, tangent : Tensor
        Of the same shape and dtype, floating point or complex.

    Raises
    ------
    RuntimeError
        If there is no level, or shapes or dtypes differ.
    ValueError
        If the dtype has no derivatives.
    """
    layer = _current()
    if layer is None:
        raise RuntimeError(
            "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first."
        )
    for name, x in (("primal", tensor), ("tangent", tangent)):
        if not (x.dtype.is_floating_point or x.dtype.is_complex):
            raise ValueError(f"Expected {name} to be floating point or complex, but got: {x.dtype}")
    if tensor.shape != tangent.shape:
        raise RuntimeError(
            f"Expected tangent to have the shape of the primal, {list(tensor.shape)}, but got {list(tangent.shape)}"
        )
    if tensor.dtype != tangent.dtype:
        raise RuntimeError(f"Expected tangent to have the dtype of the primal, {tensor.dtype}, but got {tangent.dtype}")
    return layer.dual(layer.inside(tensor), tangent)


def unpack_dual(tensor, *, level=None):
    """The value of a tensor and its tangent: a named tuple (primal, tangent); the tangent None where it has none."""
    layer = _current()
    if layer is None:
        return UnpackedDualTensor(_C._inner_of(tensor) if _C._layer_of(tensor) else tensor, None)
    return UnpackedDualTensor(layer.inside(tensor), layer.tangent(tensor))
