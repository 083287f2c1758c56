"""The upper door: a call on a tensor of a layer comes here from C++ and is handed to that layer.

A layer is one transform at work (vmap, forward mode). Its tensors show the shape that the function inside sees, and hold the
tensor they were made of. Layers nest: the innermost has the highest level, unwraps its tensors and calls the op again, which
then belongs to the next layer, or to nobody.
"""

import threading

from rushlight import _C

__all__ = ["Layer", "Row"]


class _Stack(threading.local):
    def __init__(self):
        self.layers = []
        self.ceiling = None  # layers above this level have had their turn with a random op


stack = _Stack()


class Row:
    """A row of the registry as layers see it."""

    __slots__ = ("defaults", "function", "kind", "name", "names", "places", "returns", "rules", "shape_from_data")

    def __init__(self, op, name, kind, returns, shape_from_data):
        self.function, self.name, self.shape_from_data = op, name, shape_from_data
        self.kind, self.returns = _C._KINDS[kind], _C._RETURNS[returns]
        self.names, self.defaults = _C._parameters_of(op)
        self.places = {name: place for place, name in enumerate(self.names)}
        self.rules = _C._rules_of(op)

    def __call__(self, slots):
        return _C._run_row(self.function, tuple(slots))

    @property
    def in_place(self):
        return self.returns == "Input"


_rows: dict = {}


def row_of(op):
    """The row whose function `op` is."""
    if not _rows:
        for name, _, _, *rest in _C._rows():
            function = _C.rows[name]
            _rows[function] = Row(function, name, *rest)
    return _rows[op]


def row_named(name):
    return row_of(_C.rows[name])


class Layer:
    """One transform at work, as a context manager: `level` counts from 1, the innermost is the highest."""

    level = 0

    def __enter__(self):
        self.level = len(stack.layers) + 1
        self.traced = []  # leaves that transforms inside of this one differentiate by
        stack.layers.append(self)
        _C._set_layered(True)
        return self

    def __exit__(self, *_):
        stack.layers.pop()
        self.traced = []  # they may be of this very layer: no cycle
        if not stack.layers:
            _C._set_layered(False)

    @property
    def is_active(self):
        return any(layer is self for layer in stack.layers)

    def owns(self, x):
        return isinstance(x, _C.TensorBase) and _C._layer_of(x) is self

    def inside(self, x):
        """What an argument was made of, where this layer made it; itself where it did not."""
        return _C._inner_of(x) if self.owns(x) else x

    def released(self, x):
        """A result that leaves the layer: with a history only where that leads further out than what was traced inside."""
        if not self.traced or not _C._is_recorded(x) or _C._leads_beyond([x], self.traced):
            return x
        return _C.detach(x)

    def run(self, row, slots):
        """The op on arguments of which some are this layer's."""
        raise NotImplementedError


def tensors_in(slots):
    """The tensors among arguments, those in lists too."""
    for slot in slots:
        if isinstance(slot, _C.TensorBase):
            yield slot
        elif type(slot) in (tuple, list):
            for item in slot:
                if isinstance(item, _C.TensorBase):
                    yield item


def door(op, slots):
    """Where C++ sends a call: the innermost layer among the arguments' answers it, or the one that arranges random numbers."""
    owner = None
    for x in tensors_in(slots):
        layer = _C._layer_of(x)
        if layer is not None and (owner is None or layer.level > owner.level):
            owner = layer
    row = row_of(op)
    if row.kind == "Random":
        return _draw(row, slots, owner)
    if not owner.is_active:
        return owner.run_late(row, slots)
    return owner.run(row, slots)


def _draw(row, slots, owner):
    """Random ops: every vmap around them has a say, the innermost first, whether or not it made an argument."""
    before = stack.ceiling
    top = len(stack.layers) if before is None else before
    layer = next((x for x in reversed(stack.layers[:top]) if x is owner or hasattr(x, "draw")), None)
    if layer is None:
        _C._set_layered(False)
        try:
            return row(slots)
        finally:
            _C._set_layered(True)
    stack.ceiling = layer.level - 1
    try:
        return layer.draw(row, slots) if hasattr(layer, "draw") else layer.run(row, slots)
    finally:
        stack.ceiling = before


_C._set_door(door)
