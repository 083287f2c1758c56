"""vmap's layer: its tensors hold another dim, the first of what they are made of, that the function inside does not see.

What an op does to them is a rule of `batch_rules`: one for all pointwise ops, one for all that take dims, a few by name. An op
without a rule runs once for each example; `looped_ops` says which did.
"""

import collections

from rushlight import _C

from ._layers import Layer

__all__ = ["Batch", "looped_ops"]

_looped: collections.Counter = collections.Counter()


def looped_ops(reset=False):
    """Ops that vmap ran once for each example, for want of a rule, with how many calls did so.

    Parameters
    ----------
    reset : bool, default False
        Start counting anew after this answer.

    Returns
    -------
    dict
        Name of the op to number of calls since the start of the program or the last reset.
    """
    found = dict(_looped)
    if reset:
        _looped.clear()
    return found


class Batch(Layer):
    """One vmap at work over `size` examples."""

    def __init__(self, size, randomness="error"):
        self.size, self.randomness = size, randomness

    def wrap(self, x):
        """A tensor whose first dim is the batch as the function inside sees it."""
        return _C._make_layered(self, x, None, x.shape[1:])

    def wrapped(self, result):
        return self.wrap(result) if isinstance(result, _C.TensorBase) else tuple(self.wrap(x) for x in result)

    def expanded(self, x):
        """A tensor that is the same for all examples, with the dim of the batch."""
        return _C.expand(_C.unsqueeze(x, 0), (self.size, *x.shape))

    def adopt(self, x):
        raise RuntimeError(
            "vmap: a tensor that is the same for all examples cannot be written with values that differ between them; make it "
            "inside of the function from an argument (x.new_zeros, zeros_like), or use an out-of-place op"
        )

    def run_late(self, row, slots):
        raise RuntimeError(
            f"{row.name}: a tensor of a vmap that has ended was used; return it from the mapped function instead of keeping it"
        )

    def split(self, slots):
        """Arguments as they are inside, and for each whether it has the batch (of a list: a list of answers)."""
        values, batched = [], []
        for slot in slots:
            if type(slot) in (tuple, list) and any(isinstance(x, _C.TensorBase) for x in slot):
                batched.append([self.owns(x) for x in slot])
                values.append([self.inside(x) for x in slot])
            else:
                batched.append(self.owns(slot))
                values.append(self.inside(slot))
        return values, batched

    def run(self, row, slots):
        from .batch_rules import rule_of

        values, batched = self.split(slots)
        if row.in_place and not batched[0]:
            self.adopt(slots[0])
        rule = rule_of(row)
        result = NotImplemented if rule is None else rule(self, row, values, batched)
        if result is NotImplemented:
            result = self.loop(row, values, batched)
        if row.in_place or (row.returns == "InputIfSame" and result is values[0]):
            return slots[0]
        return self.wrapped(result)

    def loop(self, row, values, batched):
        """The op on one example after the other."""
        if row.shape_from_data:
            raise RuntimeError(
                f"vmap: the shape of what {row.name} gives depends on values, which differ between the examples. Use torch.where, or "
                "call it outside of vmap."
            )
        _looped[row.name] += 1
        if self.size == 0:
            raise RuntimeError(f"vmap: {row.name} has no rule for a batch, and there is no example to run it on")
        results = []
        for i in range(self.size):
            one = [_example(value, has, i) for value, has in zip(values, batched)]
            results.append(row(one))
        if row.in_place:
            return None
        first = results[0]
        if isinstance(first, _C.TensorBase):
            return _C.stack(results, 0)
        if isinstance(first, tuple):
            return tuple(_C.stack(list(each), 0) for each in zip(*results))
        raise RuntimeError(f"vmap: {row.name} gives a plain Python value, which may differ between the examples")

    def draw(self, row, slots):
        """A random op, in the way that vmap's `randomness` says."""
        from .batch_rules import draw

        if self.randomness == "error":
            raise RuntimeError(
                f"vmap: {row.name} draws random numbers, and randomness='error' was asked for. Pass randomness='different' (numbers "
                "of its own for each example) or 'same' to vmap, or draw outside of it."
            )
        return draw(self, row, slots)


def _example(value, batched, i):
    if isinstance(batched, list):
        return [_C.select(x, 0, i) if has else x for x, has in zip(value, batched)]
    return _C.select(value, 0, i) if batched else value
