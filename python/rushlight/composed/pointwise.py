"""Element by element."""

import math

from rushlight import _C
from rushlight.ops._named import named
from rushlight.ops._table import METHODS, composed


def _need_tensors(op, **arguments):
    for position, (name, value) in enumerate(arguments.items(), 1):
        if not isinstance(value, _C.TensorBase):
            raise TypeError(
                f"{op}(): argument '{name}' (position {position}) must be Tensor, not {type(value).__name__}"
            )


@composed
def positive(input):
    """`input` itself, which must not be bool."""
    if input.dtype == _C.bool:
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


@composed(out=True)
def polar(abs, angle):
    """Complex numbers of their magnitudes and angles: ``abs * cos(angle) + 1j * abs * sin(angle)``."""
    _need_tensors("polar", abs=abs, angle=angle)
    return _C.complex(_C.mul(abs, _C.cos(angle)), _C.mul(abs, _C.sin(angle)))


@composed(public=False, method=False, out=True)
def _frexp_pair(input):
    return _C._frexp(input)


_Frexp = named("frexp", "mantissa", "exponent")


@composed
def frexp(input, *, out=None):
    """Mantissa and exponent (int32): ``input == mantissa * 2 ** exponent``, the mantissa's magnitude in [0.5, 1).

    >>> torch.frexp(torch.tensor([6.0])).exponent
    tensor([3], dtype=torch.int32)
    """
    return _Frexp(_frexp_pair(input, out=out))


@composed(out="cast", in_place=True)
def ldexp(input, other):
    """``input * 2 ** other``."""
    _need_tensors("ldexp", input=input, other=other)
    return _C.mul(input, _C.pow(2.0, other))


def _wide(*values):
    is_complex = any(v.dtype.is_complex if isinstance(v, _C.TensorBase) else isinstance(v, complex) for v in values)
    return _C.complex128 if is_complex else _C.float64


@composed(out=True)
def float_power(input, exponent):
    """Power, computed in float64 or complex128 whatever the dtypes."""
    if not isinstance(exponent, _C.TensorBase):
        _need_tensors("float_power", input=input)
    dtype = _wide(input, exponent)
    return _C.pow(*(v.to(dtype) if isinstance(v, _C.TensorBase) else v for v in (input, exponent)))


@composed(public=False)
def float_power_(self, exponent):
    """In-place form of :func:`float_power`; the tensor must be float64 or complex128 already."""
    dtype = _wide(self, exponent)
    if self.dtype != dtype:
        raise RuntimeError(
            f"the base given to float_power_ has dtype {self.type()[6:-6]} but the operation's result requires dtype "
            + ("ComplexDouble" if dtype.is_complex else "Double")
        )
    return _C.pow_(self, exponent.to(dtype) if isinstance(exponent, _C.TensorBase) else exponent)


@composed(method=False)
def polygamma(n, input, *, out=None):
    """The n-th derivative of :func:`digamma`, for n >= 0."""
    return _C._polygamma(input, n, out=out)


@composed(public=False)
def _polygamma_of(self, n):
    """The n-th derivative of the digamma function; see :func:`torch.polygamma`."""
    return _C._polygamma(self, n)


METHODS["polygamma"] = METHODS.pop("_polygamma_of")


@composed(in_place=True)
def mvlgamma(input, p):
    """Logarithm of the multivariate gamma function of dimension `p`, without sign.

    Wilks 1932: ``p (p - 1) / 4 log(pi) + sum of lgamma(input - i / 2) for i < p``.
    """
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    x = input if input.dtype.is_floating_point else input.to(_C.get_default_dtype())
    halves = _C.mul(_C.arange(p, dtype=x.dtype), 0.5)
    total = _C.sum(_C.lgamma(_C.sub(_C.unsqueeze(x, -1), halves)), -1)
    return _C.add(total, p * (p - 1) / 4 * math.log(math.pi))


@composed
def prelu(input, weight):
    """``input`` above 0 and ``weight * input`` elsewhere; one weight, or one a channel (dim 1)."""
    if weight.ndim > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.ndim}")
    if weight.numel() != 1:
        if input.ndim == 0:
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = input.shape[1] if input.ndim > 1 else 1
        if weight.numel() != channels:
            raise RuntimeError(
                "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
                f"{weight.numel()} and channel size = {channels}."
            )
    if weight.ndim:
        weight = weight.reshape(
            [-1 if d == 1 else 1 for d in range(input.ndim)] if input.ndim > 1 else [1] * input.ndim
        )
    return _C._prelu_kernel(input, weight)
