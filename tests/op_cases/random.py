"""Random numbers: what every draw must fulfil. tests/test_random.py holds the streams themselves."""

import numpy as np

from .case import FLOATS, Bad, Case, D, S, args

N = 4000


def within(low, high, mean=None, whole=False):
    """All values from `low` to below `high`, their mean within five standard errors, whole numbers or not."""

    def check(found, sample):
        x = np.asarray(found[0], np.float64)
        if not ((x >= low) & (x < high)).all():
            return f"values from {x.min()} to {x.max()}, expected {low} to below {high}"
        if whole and (x != np.floor(x)).any():
            return "not whole numbers"
        error = 5 * (x.std() + 1e-9) / np.sqrt(x.size) if x.size >= N else np.inf
        if mean is not None and error < np.inf and abs(x.mean() - mean) > error:
            return f"mean {x.mean()}, expected {mean} +- {error}"
        return None

    return check


def distributed(median, quartiles):
    """The median and the quartiles, within what so many draws allow."""

    def check(found, sample):
        x = np.asarray(found[0], np.float64).reshape(-1)
        if x.size < N:
            return None
        for level, value in zip((0.25, 0.5, 0.75), (quartiles[0], median, quartiles[1])):
            share = (x < value).mean()
            if abs(share - level) > 5 * np.sqrt(level * (1 - level) / x.size):
                return f"{share:.3f} of the values lie below {value}, expected {level}"
        return None

    return check


def permuted(found, sample):
    n = sample.args[0]
    return None if np.array_equal(np.sort(found[0]), np.arange(n)) else "not a permutation"


def dropped(found, sample):
    x, kept = np.asarray(found[0]), np.asarray(found[1]).astype(bool)
    if (x[~kept] != 0).any():
        return "what was not kept is not zero"
    p = sample.args[1]
    return (
        None if abs(kept.mean() - (1 - p)) < 5 * np.sqrt(p * (1 - p) / x.size) else f"{kept.mean():.3f} kept, p = {p}"
    )


NORMAL = distributed(0.0, (-0.6744898, 0.6744898))
SHIFTED = distributed(2.0, (2 - 3 * 0.6744898, 2 + 3 * 0.6744898))


def drawn(name, check, samples, **more):
    return Case(name, None, samples, random=check, result=more.pop("result", None), **more)


def seeded(name):
    """A random op as a function: with one seed, so that differences of it are those of its arguments."""

    def find(lib):
        def call(*a, **k):
            lib.manual_seed(5)
            return getattr(lib._C, name)(*a, **k)[0]

        return call

    return find


NEGATIVE = Bad(-1, raises=RuntimeError, match="negative dimension")
FILLED = [args(S(N)), args(S(3, 5)), args(S()), args(S(0, 3))]


def filled(name, check, *more, rows=None, id=None, bad=(), dtypes=FLOATS):
    samples = [args(S(N), *more), args(S(3, 5), *more), args(S(), *more), args(S(0, 3), *more)]
    return drawn(
        name,
        check,
        samples,
        rows=rows,
        id=id,
        writes=True,
        grad=True,
        bad=bad,
        dtypes=dtypes,
        grad_samples=samples[1:2],
    )


# fmt: off
CASES = [
    drawn("rand", within(0, 1, 0.5), [args(N, dtype=D), args(3, 5, dtype=D), args(())], dtypes=FLOATS, bad=[NEGATIVE, Bad(3, dtype=D, raises=(RuntimeError, NotImplementedError), match="not implemented", tested="int64")]),
    drawn("randn", NORMAL, [args(N, dtype=D), args(3, 5, dtype=D), args(())], dtypes=FLOATS, bad=[NEGATIVE]),
    drawn("randint", within(-3, 7, 1.5, True), [args(-3, 7, (N,)), args(-3, 7, (2, 3))], dtypes=("int64",), bad=[Bad(3, 3, (2,), raises=RuntimeError, match="expects 'from' to be less than 'to'|from.*to")]),
    drawn("randint", within(0, 7, 3, True), [args(7, (N,))], id="randint-below", rows="randint_below", dtypes=("int64",), bad=[Bad(0, (2,), raises=RuntimeError, match="from.*to")]),
    drawn("randperm", permuted, [args(100), args(1), args(0)], dtypes=("int64",), bad=[Bad(-1, raises=RuntimeError, match="negative")]),
    # layouts=False: drawn in the order of memory, as PyTorch does
    drawn("rand_like", within(0, 1, 0.5), FILLED, layouts=False),
    drawn("randn_like", NORMAL, FILLED, layouts=False),
    drawn("randint_like", within(-3, 7, 1.5, True), [args(S(N), -3, 7)]),
    drawn("randint_like", within(0, 7, 3, True), [args(S(N), 7)], id="randint_like-below", rows="randint_below_like"),
    drawn("normal", SHIFTED, [args(S(N, low=2, high=2), S(N, low=3, high=3))], rows="normal_tensors", bad=[Bad(S(2), S(2, low=-2, high=-1), raises=RuntimeError, match="std >= 0|negative|non-negative")]),
    drawn("normal", SHIFTED, [args(S(N, low=2, high=2), 3.0)], id="normal-around", rows="normal_around"),
    drawn("normal", SHIFTED, [args(2.0, S(N, low=3, high=3))], id="normal-spread", rows="normal_spread"),
    drawn("normal", SHIFTED, [args(2.0, 3.0, (N,))], id="normal-of-size", rows="normal_of_size", bad=[Bad(0.0, -1.0, (2,), raises=RuntimeError, match="std >= 0|negative")]),
    drawn("bernoulli", within(0, 1.5, 0.3, True), [args(S(N, low=0.3, high=0.3))], bad=[Bad(S(2, low=2, high=3), raises=RuntimeError, match="probabilit|p_in|between 0 and 1|0 <= p")]),
    drawn("bernoulli", within(0, 1.5, 0.3, True), [args(S(N), 0.3)], id="bernoulli-p", rows="bernoulli_p", bad=[Bad(S(2), 1.5, raises=RuntimeError, match="0 <= p|between 0 and 1|p in|to be in")]),
    drawn("multinomial", within(0, 50, 24.5, True), [args(S(50, low=1, high=1), N, True), args(S(3, 50, low=1, high=1), 20)], bad=[Bad(S(3, low=0.1), 4, raises=RuntimeError, match="without replacement"), Bad(S(3, low=-2, high=-1), 1, raises=RuntimeError, match="inf|nan|< 0|negative")]),
    drawn("_dropout", dropped, [args(S(N, low=1), 0.3)], rows="dropout", peer=False),
    Case("_dropout", None, [args(S(3, 5), 0.3)], id="_dropout-seeded", layouts=False, rows="dropout", of=seeded("_dropout"), peer=False, random=lambda found, sample: None, grad=True),
    filled("uniform_", within(-2, 3, 0.5), -2, 3, bad=[Bad(S(3), 2, 1, raises=RuntimeError, match="from.*to|less than")]),
    filled("normal_", SHIFTED, 2, 3, bad=[Bad(S(3), 0, -1, raises=RuntimeError, match="std >= 0|negative")]),
    filled("random_", within(0, 2**24 + 1, 2**23, True), dtypes=("float32",)),
    filled("random_", within(0, 10, 4.5, True), 10, rows="random_below_", id="random_-below", bad=[Bad(S(3), 0, raises=RuntimeError, match="from.*to|greater")]),
    filled("random_", within(-5, 10, 2, True), -5, 10, rows="random_between_", id="random_-between", bad=[Bad(S(3), 3, 3, raises=RuntimeError, match="from.*to")]),
    filled("bernoulli_", within(0, 1.5, 0.3, True), 0.3, bad=[Bad(S(3), 1.5, raises=RuntimeError, match="0 <= p|between 0 and 1|to be in")]),
    drawn("bernoulli_", within(0, 1.5, 0.3, True), [args(S(N), S(N, low=0.3, high=0.3))], id="bernoulli_-tensor", rows="bernoulli_tensor_", writes=True, grad=True, grad_samples=[args(S(3, 5), S(3, 5, low=0.3, high=0.3))]),
    filled("exponential_", distributed(np.log(2) / 1.5, (np.log(4 / 3) / 1.5, np.log(4) / 1.5)), 1.5, bad=[Bad(S(3), -1, raises=RuntimeError, match="lambda|lambd")]),
    filled("cauchy_", distributed(1.0, (-1.0, 3.0)), 1, 2, bad=[Bad(S(3), 0, 0, raises=RuntimeError, match="sigma")]),
    filled("geometric_", within(1, 200, 1 / 0.3, True), 0.3, bad=[Bad(S(3), 0, raises=RuntimeError, match="0 < p|p must|in \\(0, 1\\)|p to be in")]),
    filled("log_normal_", distributed(np.exp(1), (np.exp(1 - 2 * 0.6744898), np.exp(1 + 2 * 0.6744898))), 1, 2, bad=[Bad(S(3), 0, -1, raises=RuntimeError, match="std")]),
]
# fmt: on
