"""`progress`: how far a loop is."""

import sys
import time

__all__ = ["progress"]

#: seconds between two lines
EVERY = 0.2


def progress(iterable, description="", total=None, file=None):
    """Gives the items of `iterable`, and shows on a terminal how many went by: tqdm's bar where that is installed, else a plain line.

    Where the output is no terminal nothing is written.

    Parameters
    ----------
    iterable : iterable
    description : str, optional
        Stands in front.
    total : int, optional
        How many there are, where `iterable` has no length.
    file : file, optional
        Where to write; standard error if not given.

    Examples
    --------
    >>> sum(torch.progress(range(4)))
    6
    """
    file = sys.stderr if file is None else file
    if not file.isatty():
        return iter(iterable)
    try:
        from tqdm import tqdm
    except ImportError:
        return _lines(iterable, description, total, file)
    return iter(tqdm(iterable, desc=description or None, total=total, file=file))


def _lines(iterable, description, total, file):
    if total is None and hasattr(iterable, "__len__"):
        total = len(iterable)
    of = f"/{total}" if total is not None else ""
    begin = shown = time.monotonic()
    count = 0

    def show(end):
        spent = time.monotonic() - begin
        rate = f", {count / spent:.1f}/s" if spent > 0 else ""
        file.write(f"\r{description}{': ' if description else ''}{count}{of}{rate}   {end}")
        file.flush()

    try:
        for item in iterable:
            yield item
            count += 1
            if time.monotonic() - shown >= EVERY:
                shown = time.monotonic()
                show("")
    finally:
        show("\n")
