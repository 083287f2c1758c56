"""The one table of sample inputs: every op, its reference and its promises. tests/test_ops.py runs the properties over it."""

from . import create, factor, index, nn, pointwise, product, random, reduce, shape

CASES = [
    case for family in (pointwise, shape, create, product, factor, reduce, index, nn, random) for case in family.CASES
]
