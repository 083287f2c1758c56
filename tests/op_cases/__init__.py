"""The one table of sample inputs: every op, its reference and its promises. tests/test_ops.py runs the properties over it."""

from . import create, factor, index, nn, pointwise, product, random, recurrent, reduce, shape, special, statistics

FAMILIES = (pointwise, shape, create, product, factor, reduce, index, nn, recurrent, special, statistics, random)
CASES = [case for family in FAMILIES for case in family.CASES]
