"""torch.special: functions of one or two numbers that have a name in mathematics, after SciPy's special."""

# ruff: noqa: F401  what is imported stands here too, some of it by another name

import rushlight as _torch

from . import _C
from ._C import (
    digamma,
    erf,
    erfc,
    erfinv,
    exp2,
    expm1,
    i0,
    log1p,
    logit,
    round,
    sinc,
    xlogy,
)
from ._C import igamma as gammainc
from ._C import igammac as gammaincc
from ._C import lgamma as gammaln
from ._C import sigmoid as expit
from .composed.pointwise import mvlgamma as multigammaln
from .composed.pointwise import polygamma

psi = digamma

# a row named special_... is a function of this module
globals().update(
    {name[8:]: getattr(_C, name) for _, name, *_ in _C._rows() if name[:8] == "special_" and name[-1] != "_"}
)


def softmax(input, dim, *, dtype=None):
    """Exponentials along `dim`, scaled to sum 1."""
    return _torch.softmax(input, dim, dtype=dtype)


def log_softmax(input, dim, *, dtype=None):
    """Logarithm of softmax."""
    return _torch.log_softmax(input, dim, dtype=dtype)


def logsumexp(input, dim, keepdim=False, *, out=None):
    """Logarithm of the sum of exponentials along `dim`."""
    return _torch.logsumexp(input, dim, keepdim, out=out)


__all__ = sorted(name for name, value in globals().items() if name[0] != "_" and callable(value))
