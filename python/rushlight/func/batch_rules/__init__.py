"""What ops do to tensors with the batch in front: rules for vmap, a file a family. `_table` says what a rule is."""

from . import conv, dims, index, loss, product, shape
from ._table import RULES
from .pointwise import pointwise
from .random import draw

__all__ = ["draw", "rule_of"]


def rule_of(row):
    """The rule of a row, or None."""
    found = RULES.get(row.name)
    return pointwise if found is None and row.kind == "Pointwise" else found
