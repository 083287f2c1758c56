"""explain: the tape behind a tensor as a table."""

import html
import os

from ._steps import Step, groups_of, names_in, steps_of

__all__ = ["Explanation", "Step", "explain"]


def _amount(number, unit=""):
    """1536 as 1.5 k."""
    if number is None:
        return ""
    for step, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= step:
            return f"{number / step:.3g} {letter}{unit}"
    return f"{number} {unit}".rstrip()


class Explanation:
    """The tape of a result; printing it gives a table, a notebook shows it as one.

    Attributes
    ----------
    steps : list of Step
        The recorded ops, the oldest first.
    keeps : int
        Bytes that the graph holds for the backward pass, beside leaves.
    flops : int
        Floating-point operations of the forward pass, where they are known.
    """

    _HEADS = ("op", "shape", "dtype", "made at", "in", "keeps", "flops")

    def __init__(self, steps, groups):
        self.steps = steps
        self._group = {place: title for title, places in groups for place in places}
        self.keeps = sum(step.keeps for step in steps)
        self.flops = sum(step.flops or 0 for step in steps)

    def _rows(self):
        for place, step in enumerate(self.steps):
            where = f"{os.path.basename(step.place[0])}:{step.place[1]}" if step.place else ""
            yield (
                step.op, "x".join(map(str, step.shape)) or "()", str(step.dtype).removeprefix("torch."), where,
                self._group.get(place, ""), _amount(step.keeps, "B") if step.keeps else "", _amount(step.flops) if step.flops else "",
            )  # fmt: skip

    def _total(self):
        return (
            f"{len(self.steps)} ops, {_amount(self.keeps, 'B') or '0 B'} kept for the backward pass, "
            f"about {_amount(self.flops)} floating-point operations"
        )

    def __repr__(self):
        rows = [self._HEADS, *self._rows()]
        widths = [max(len(row[i]) for row in rows) for i in range(len(self._HEADS))]
        right = (5, 6)
        lines = [
            "  ".join(c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths))).rstrip()
            for row in rows
        ]
        return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:], self._total()])

    def _repr_html_(self):
        cells = lambda row, tag: "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in row)
        body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in self._rows())
        return f"<table><thead><tr>{cells(self._HEADS, 'th')}</tr></thead><tbody>{body}</tbody></table><p>{self._total()}</p>"


def explain(tensor, model=None):
    """The tape of a result as a readable table: op, shape, dtype, source line, bytes held for the backward pass, operations.

    Parameters
    ----------
    tensor : Tensor
        A result with a graph behind it, such as a loss before ``backward()``.
    model : nn.Module, optional
        Names the module of every step whose parameters tell it.

    Returns
    -------
    Explanation

    Raises
    ------
    TypeError
        If it is no tensor.
    RuntimeError
        If there is no graph behind it.

    Examples
    --------
    >>> import rushlight as torch
    >>> x = torch.ones(3, requires_grad=True)
    >>> [step.op for step in torch.explain((x * 2).exp().sum()).steps]
    ['mul', 'exp', 'sum']
    """
    steps, _ = steps_of(tensor, names_in(model))
    return Explanation(steps, groups_of(steps, model))
