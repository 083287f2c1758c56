"""The Python lines of the ops: derivatives and docstrings, grouped as csrc/ops is."""

from rushlight import _C

from . import (
    activation,
    arrange,
    attention,
    conv,
    factor,
    grid,
    index,
    join,
    mask,
    nn,
    normalization,
    pad,
    pointwise,
    pool,
    product,
    random,
    recurrent,
    reduce,
    resample,
    shape,
    special,
    writing,
)


def _complete():
    """Give each in-place op the derivative of its other form; where that has none, what was overwritten gets zeros."""
    for function, _, _, _, returns, _ in _C._rows():
        if returns == _C._RETURNS_INPUT and not _C._is_differentiable(_C.rows[function]):
            _C._inherit_rules(_C.rows[function], _C.rows.get(function[:-1]))


_complete()
