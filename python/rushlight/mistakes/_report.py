"""What was found."""

from typing import NamedTuple

__all__ = ["Finding", "Report"]


class Finding(NamedTuple):
    """One thing that is probably wrong.

    Attributes
    ----------
    kind : str
        A short name, the same for every finding of its sort: "no gradient", "wrong mode".
    where : str
        The path of a module or parameter, or "loss", "input", "target", "optimizer", "model".
    text : str
        What was seen, and what would help.
    """

    kind: str
    where: str
    text: str

    def __str__(self):
        return f"{self.where}: {self.text}"


class Report(list):
    """Findings in the order of a step: input, model, loss, gradients, optimizer. Empty: nothing was found."""

    def __str__(self):
        if not self:
            return "nothing suspicious in this step"
        return "\n".join(f"{place}. {finding}" for place, finding in enumerate(self, 1))

    __repr__ = __str__

    def kinds(self):
        """The kinds of what was found, in order."""
        return [finding.kind for finding in self]
