"""torch.special: functions of one or two numbers that have a name in mathematics, after SciPy's special."""

import rushlight as _torch

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
from ._C import special_entr as entr
from ._C import special_erfcx as erfcx
from ._C import special_i0e as i0e
from ._C import special_i1 as i1
from ._C import special_i1e as i1e
from ._C import special_log_ndtr as log_ndtr
from ._C import special_ndtr as ndtr
from ._C import special_ndtri as ndtri
from ._C import special_xlog1py as xlog1py
from .composed.pointwise import mvlgamma as multigammaln
from .composed.pointwise import polygamma

psi = digamma

__all__ = [
    "digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "exp2", "expit", "expm1", "gammainc", "gammaincc", "gammaln", "i0", "i0e",
    "i1", "i1e", "log1p", "log_ndtr", "log_softmax", "logit", "logsumexp", "multigammaln", "ndtr", "ndtri", "polygamma", "psi",
    "round", "sinc", "softmax", "xlog1py", "xlogy",
]  # fmt: skip


def softmax(input, dim, *, dtype=None):
    """Exponentials along `dim`, scaled to sum 1."""
    return _torch.softmax(input, dim, dtype=dtype)


def log_softmax(input, dim, *, dtype=None):
    """Logarithm of softmax."""
    return _torch.log_softmax(input, dim, dtype=dtype)


def logsumexp(input, dim, keepdim=False, *, out=None):
    """Logarithm of the sum of exponentials along `dim`."""
    return _torch.logsumexp(input, dim, keepdim, out=out)
