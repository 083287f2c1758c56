"""Every op of the registry with arbitrary arguments: whatever happens must be a result or a Python exception.

    python tests/fuzz.py --seconds 60 [--seed 0]

Ends with status 1 where an op never succeeded or fewer than a third of all calls did; a crash ends the process itself.
"""

import argparse
import collections
import os
import random
import sys
import time

os.environ.setdefault("RUSHLIGHT_MEMORY_LIMIT", "1G")

import rushlight as torch
from rushlight import _C

SHAPES = [(), (0,), (1,), (3,), (2, 3), (3, 2), (3, 3), (3, 1), (1, 3), (2, 0, 3), (2, 3, 3), (1, 2, 3, 4), (70, 40)]
DTYPES = [_C.float32] * 5 + [
    _C.float64,
    _C.float64,
    _C.int64,
    _C.int64,
    _C.int32,
    _C.uint8,
    _C.bool,
    _C.float16,
    _C.complex64,
]
NUMBERS = [0, 1, 2, 3, -1, 0.5, 2.0, -0.5, True, float("nan"), float("inf"), 2**31, 2**63 - 1, -(2**63), 1e308]
FOREIGN = [None, "text", object(), [], {}, b"x", 2**80, [1, "a"], (1.5,)]
# one call of each op that is sure to succeed: found by trying such arguments first
INTEGERS = {"index", "indices", "target"}
SMALL = {
    "dim",
    "dim0",
    "dim1",
    "dim2",
    "dims",
    "start",
    "n",
    "m",
    "k",
    "num_samples",
    "chunks",
    "offset",
    "start_dim",
    "end_dim",
    "steps",
    "dimension",
    "shifts",
    "diagonal",
}


def tensor(rng, shape=None, dtype=None):
    shape = rng.choice(SHAPES) if shape is None else shape
    dtype = rng.choice(DTYPES) if dtype is None else dtype
    made = (torch.rand(shape) * 3).to(dtype)
    form = rng.randrange(8)
    if form == 0 and made.ndim > 1:
        made = made.transpose(0, -1)
    elif form == 1:
        made = torch.cat([made.reshape(-1), made.reshape(-1)])[::2] if made.numel() else made
    elif form == 2 and made.ndim:
        made = made[:1].expand(made.shape) if made.shape[0] else made
    elif form == 3 and dtype in (_C.float32, _C.float64):
        made.requires_grad_()
    return made


def argument(rng, name, context):
    """A value for a parameter, mostly of the kind that it asks for."""
    if rng.random() < 0.04:
        return rng.choice(FOREIGN)
    shape, dtype = context
    if name in ("tensors", "indices"):
        return [tensor(rng, shape, _C.int64 if name == "indices" else dtype) for _ in range(rng.randrange(1, 4))]
    if name in INTEGERS:
        return torch.zeros(shape if rng.random() < 0.7 else (1,), dtype=_C.int64)
    if name in ("mask", "condition"):
        return tensor(rng, shape, _C.bool)
    if name in SMALL:
        return rng.choice([0, 0, 0, 1, 1, -1, 2, 5]) if rng.random() < 0.9 else rng.choice(NUMBERS)
    if name == "repeats" and rng.random() < 0.3:
        return torch.tensor([1, 0, 2])
    if name in ("size", "shape", "sizes", "repeats", "split_size_or_sections", "indices_or_sections", "stride"):
        return rng.choice([shape, (2, 3), (3,), (-1,), 2, 1, (1,) * max(len(shape), 1), (2**40, 2**40)])
    if name in (
        "keepdim",
        "descending",
        "stable",
        "largest",
        "sorted",
        "accumulate",
        "replacement",
        "copy",
        "non_blocking",
    ):
        return rng.choice([True, False])
    if name in ("p", "weight", "std", "lambd", "sigma"):
        return rng.choice([0.5, 0.1, 1.0, tensor(rng, shape, _C.float32)])
    if name == "reduction":
        return rng.choice(["mean", "sum", "none"])
    if name == "reduce":
        return rng.choice(["sum", "prod", "mean", "amax", "amin", "add", "multiply"])
    if name == "rounding_mode":
        return rng.choice([None, "floor", "trunc"])
    if name == "approximate":
        return rng.choice(["none", "tanh"])
    if name == "mean":
        return rng.choice([0, tensor(rng, shape, _C.float32)])
    if name in ("low", "from", "median"):
        return 0
    if name in ("high", "to"):
        return rng.choice([1, 5, 2**40])
    if name in ("value", "alpha", "beta", "fill_value", "exponent", "end", "step", "scale"):
        return rng.choice(NUMBERS) if rng.random() < 0.7 else tensor(rng, shape, dtype)
    return tensor(rng, shape if rng.random() < 0.85 else None, dtype if rng.random() < 0.85 else None)


def call(rng, function, arguments):
    context = (rng.choice(SHAPES), rng.choice(DTYPES))
    positional, keywords, after = [], {}, False
    for part in (p.strip() for p in arguments.split(",")) if "(" not in arguments else _split(arguments):
        if part == "*":
            after = True
            continue
        name, _, default = part.partition("=")
        name = name.strip("*").rstrip("_")
        if name == "dtype" and not default and not after:
            positional.append(rng.choice(DTYPES))
            continue
        if name in ("dtype", "device", "generator", "out"):
            continue
        if default and rng.random() < 0.6:
            after = True
            continue
        value = argument(rng, name, context)
        if after:
            keywords[name] = value
        else:
            positional.append(value)
        after |= part.startswith("*")
    return function(*positional, **keywords)


def _split(text):
    depth, part = 0, ""
    for c in text:
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            yield part.strip()
            part = ""
        else:
            part += c
    yield part.strip()


def sure_arguments():
    """Arguments that chance does not find: lists that belong together, a last dim of two."""
    one = lambda: [torch.rand(3)]
    yield "sgd_step", (one(), one(), [], torch.tensor([0.1, 0, 0, 0, 0, 0, 0], dtype=_C.float64))
    hyper = torch.tensor([0.1, 0.9, 0.99, 1e-8, 0, 0, 0, 0], dtype=_C.float64)
    scores, classes = torch.rand(4, 3), torch.tensor([0, 1, 2, 0])
    yield "nll_loss_backward", (torch.tensor(1.0), scores, classes, None, "mean", -100, torch.tensor(4.0))
    yield "view_as_complex", (torch.rand(3, 2),)
    yield "view_of", (torch.rand(4), (2,), (1,), 1, (1,))
    yield "with_view", (torch.rand(4), torch.rand(2), (2,), (1,), 1, (1,))
    yield "diagonal_backward", (torch.rand(3), (3, 3), 0, 0, 1)
    yield "histogram", (torch.rand(5), torch.tensor([0.0, 0.5, 1.0]), None, True)
    yield "adam_step", (one(), one(), one(), one(), [], [torch.zeros(())], hyper)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--verbose", action="store_true", help="name each op before it is called")
    options = options.parse_args()
    rng = random.Random(options.seed)
    good, calls, failures = collections.Counter(), 0, collections.Counter()
    rows = [(function, arguments) for function, _, arguments, *_ in _C._rows()]
    for function, arguments in sure_arguments():
        _C.rows[function](*arguments)
        good[function] += 1
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        for function, arguments in rows:
            calls += 1
            if options.verbose:
                print(function, flush=True)
            try:
                result = call(rng, _C.rows[function], arguments)
                good[function] += 1
                if isinstance(result, torch.Tensor) and result.requires_grad and rng.random() < 0.2:
                    result.sum().backward()
            except (
                RuntimeError,
                TypeError,
                ValueError,
                IndexError,
                NotImplementedError,
                MemoryError,
                OverflowError,
            ) as error:
                failures[type(error).__name__] += 1
                if "internal error" in str(error):
                    sys.exit(f"{function}: {error}")
    never = [function for function, _ in rows if not good[function]]
    share = sum(good.values()) / max(calls, 1)
    print(f"{calls} calls, {share:.0%} succeeded; {dict(failures)}")
    if never:
        print("never succeeded:", *never)
    sys.exit(bool(never) or share < 1 / 3)


if __name__ == "__main__":
    main()
