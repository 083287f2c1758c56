"""Where an op of the tensor list may differ from PyTorch on PyTorch's own samples, and why. Each line must be needed."""

from typing import NamedTuple

HALVES = ("bfloat16", "float16")
DIFFERENTIABLE = (*HALVES, "float32", "float64", "complex64", "complex128")
TIES = (
    "PyTorch sorts these rows by an algorithm that is not stable, so which of several equal elements its indices name is chance; "
    "ours are in order. The values agree, the gradient goes to another of the equals"
)


class Excuse(NamedTuple):
    """What is excused: `value` any difference, `gradient` one of gradients alone, where every value agrees."""

    ops: tuple
    dtypes: tuple
    kind: str
    reason: str


EXCUSES = [
    Excuse(("sort", "msort", "mode"), HALVES, "gradient", TIES),
    Excuse(("topk",), ("bfloat16",), "gradient", TIES),
    Excuse(
        ("as_strided_scatter",),
        DIFFERENTIABLE,
        "gradient",
        "PyTorch lets the gradient through to elements of `input` that were written over (its own gradcheck says so); ours is 0 "
        "there, as differences have it",
    ),
    Excuse(("histc",), HALVES, "value", "PyTorch finds the interval in the half type itself; we in float32, then round"),
    Excuse(("complex", "view_as_complex"), ("float16",), "value", "complex32 is a name alone: halves have no complex kind here"),
]  # fmt: skip
