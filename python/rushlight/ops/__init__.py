"""The Python lines of the ops: derivatives and docstrings, grouped as csrc/ops is."""

from rushlight import _C

from . import arrange, index, join, nn, pointwise, product, random, reduce, shape, writing

# the in-place form of an op has the op's derivative
for _name, _function in _C.rows.items():
    _in_place = _C.rows.get(_name + "_")
    if _in_place is not None and _C._is_differentiable(_function) and not _C._is_differentiable(_in_place):
        _C._inherit_rules(_in_place, _function)
