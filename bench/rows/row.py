"""A row of the table, and how lines of text become rows."""

from dataclasses import dataclass

SIDES = (32, 316, 3162)  # of a square of about 1e3, 1e5 and 1e7 elements


@dataclass(frozen=True)
class Row:
    """One line of the table: `setup` runs once, `program` is timed, `result` is compared before it is."""

    group: str
    name: str
    shape: str
    setup: str
    program: str
    result: str
    tolerance: float = 1e-5  # of the largest magnitude in the result
    threaded: bool = True  # False: too small for threads, timed on one
    versus: str = ""  # another program of ours, in the peer's column
    dtype: str = "float32"


def lines(text, setup, sides=SIDES, **of_row):
    """The rows of a text, each at every side `n` of a square: a line is a program, `->` its result where that differs.

    A name is the program without `torch.` and `F.`.
    """
    for side in sides:
        for line in text.strip().splitlines():
            program, _, result = (part.strip() for part in line.partition("->"))
            name = program.replace("torch.", "").replace("F.", "")
            ready = f"n = {side}; F = torch.nn.functional\n" + setup
            yield Row(
                name=name,
                shape=f"[{side},{side}]",
                setup=ready,
                program=program,
                result=result or program,
                threaded=side >= 1000,
                **of_row,
            )
