"""The one table of sample inputs: every op, its reference and its promises. tests/test_ops.py runs the properties over it."""

from . import pointwise

CASES = [*pointwise.CASES]
