"""What modules share: one number for every dim."""


def ntuple(n):
    """A function that repeats a number `n` times, and makes a tuple of anything that is several already."""

    def several(value):
        try:
            return tuple(value)
        except TypeError:
            return (value,) * n

    return several
