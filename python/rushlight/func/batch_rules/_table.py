"""The table of vmap's rules, and what rules are written with.

A rule is ``rule(layer, row, values, batched)``: the arguments by place without their layer, and for each whether its first dim is
the batch. It returns results with the batch in front, or NotImplemented: the op is run for one example after the other then.
"""

from rushlight import _C

RULES: dict = {}


def rule(*names):
    """Register a function as the rule of the rows of these names."""

    def register(function):
        RULES.update(dict.fromkeys(names, function))
        return function

    return register


def is_tensor(x):
    return isinstance(x, _C.TensorBase)


def lift(x, rank):
    """The batch in front, and dims of size 1 behind it until the example has `rank` dims."""
    for _ in range(rank - (x.ndim - 1)):
        x = _C.unsqueeze(x, 1)
    return x


def shift(dim, ndim):
    """A dim of an example as one of the batch."""
    ndim = max(ndim, 1)
    if not -ndim <= dim < ndim:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got {dim})")
    return dim if dim < 0 else dim + 1


def shifted(dims, ndim, whole=False):
    """One dim, several, or None; where `whole`, nothing means all dims of the example."""
    if dims is None or (not isinstance(dims, int) and len(dims) == 0):
        return tuple(range(1, ndim + 1)) if whole else dims
    if isinstance(dims, int):
        return shift(dims, ndim)
    return tuple(shift(d, ndim) for d in dims)


def flat(x):
    """Every example as a row."""
    return _C.unsqueeze(x, 1) if x.ndim == 1 else _C.flatten(x, 1)


def size_at(values, place=1):
    """Sizes that were given as one or as several."""
    size = values[place]
    return (size,) if isinstance(size, int) else tuple(size)


def all_batched(layer, values, batched):
    """Tensors, those without a batch expanded to it."""
    return [x if has else layer.expanded(x) for x, has in zip(values, batched)]
