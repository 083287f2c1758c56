"""Every op, method and function with arbitrary arguments: whatever happens must be a result or a Python exception.

    python tests/fuzz.py --seconds 60 [--seed 0]

Rows of the registry, Tensor's methods and their in-place forms, the functions of the package and of _C, containers that hold
themselves, threads that write what ops read, rows inside of transforms. Ends with status 1 where an op never succeeded, fewer than a third of the calls did,
or an error is none that arguments may cause; a crash ends the process itself.
"""

import argparse
import collections
import inspect
import os
import random
import sys
import threading
import time
import warnings

os.environ.setdefault("RUSHLIGHT_MEMORY_LIMIT", "1G")

import rushlight as torch
import rushlight.nn.functional as F
from rushlight import _C

SHAPES = [(), (0,), (1,), (3,), (2, 3), (3, 2), (3, 3), (3, 1), (1, 3), (2, 0, 3), (2, 3, 3), (1, 2, 3, 4), (70, 40)]
DTYPES = [_C.float32] * 5 + [_C.float64] * 2 + [_C.int64] * 2 + [_C.int32, _C.uint8, _C.bool, _C.float16, _C.complex64]
NUMBERS = [0, 1, 2, 3, -1, 0.5, 2.0, -0.5, True, float("nan"), float("inf"), 2**31, 2**63 - 1, -(2**63), 1e308]
FOREIGN = [None, "text", object(), [], {}, b"x", 2**80, [1, "a"], (1.5,)]
#: what an argument may raise; anything else, "internal error" or a crash, is a bug
EXPECTED = (
    RuntimeError, TypeError, ValueError, IndexError, MemoryError, ArithmeticError, AttributeError, KeyError, AssertionError,
    StopIteration, BufferError, UserWarning,
)  # fmt: skip


# ---- arguments ------------------------------------------------------------------------------------------------------------


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


def size(rng, shape, _):
    return rng.choice([shape, (2, 3), (3,), (-1,), 2, 1, (1,) * max(len(shape), 1), (2**40, 2**40)])


def small(rng, *_):
    return rng.choice([0, 0, 0, 1, 1, -1, 2, 5]) if rng.random() < 0.9 else rng.choice(NUMBERS)


def number_or_tensor(rng, shape, dtype):
    return rng.choice(NUMBERS) if rng.random() < 0.7 else tensor(rng, shape, dtype)


def one_of(*values):
    return lambda rng, *_: rng.choice(values)


def floats(rng, shape, _):
    return rng.choice([0.5, 0.1, 1.0, tensor(rng, shape, _C.float32)])


def indices(rng, shape, _):
    return torch.zeros(shape if rng.random() < 0.7 else (1,), dtype=_C.int64)


#: what the parameters of these names are given, mostly
BY_NAME = {
    **dict.fromkeys(("index", "target"), indices),
    **dict.fromkeys(("mask", "condition"), lambda rng, shape, _: tensor(rng, shape, _C.bool)),
    **dict.fromkeys(
        ("dim", "dim0", "dim1", "dim2", "dims", "start", "n", "m", "k", "num_samples", "chunks", "offset", "start_dim", "end_dim",
         "steps", "dimension", "shifts", "diagonal", "num_classes", "padding", "groups", "bins", "r", "N", "row", "col"), small),
    **dict.fromkeys(("size", "shape", "sizes", "split_size_or_sections", "indices_or_sections", "stride", "split_size"), size),
    "repeats": lambda rng, *given: torch.tensor([1, 0, 2]) if rng.random() < 0.3 else size(rng, *given),
    **dict.fromkeys(
        ("keepdim", "descending", "stable", "largest", "sorted", "accumulate", "replacement", "copy", "non_blocking", "inplace",
         "training", "log_target", "unbiased", "right"), one_of(True, False)),
    **dict.fromkeys(("p", "weight", "std", "lambd", "sigma"), floats),
    "reduction": one_of("mean", "sum", "none"),
    "reduce": one_of("sum", "prod", "mean", "amax", "amin", "add", "multiply"),
    "rounding_mode": one_of(None, "floor", "trunc"),
    "approximate": one_of("none", "tanh"),
    "mean": lambda rng, shape, _: rng.choice([0, tensor(rng, shape, _C.float32)]),
    **dict.fromkeys(("low", "from", "median"), one_of(0)),
    **dict.fromkeys(("high", "to"), one_of(1, 5, 2**40)),
    **dict.fromkeys(("value", "alpha", "beta", "fill_value", "exponent", "end", "step", "scale"), number_or_tensor),
    "dtype": lambda rng, *_: rng.choice(DTYPES),
    "device": one_of("cpu", "meta"),
    "tensors": lambda rng, shape, dtype: [tensor(rng, shape, dtype) for _ in range(rng.randrange(1, 4))],
    "array": lambda rng, shape, dtype: tensor(rng, shape, dtype).detach().numpy(),
    "indices": lambda rng, shape, _: [indices(rng, shape, _) for _ in range(rng.randrange(1, 4))],
}  # fmt: skip


def argument(rng, name, context):
    """A value for a parameter, mostly of the kind that it asks for."""
    if rng.random() < 0.04:
        return anything(rng)
    shape, dtype = context
    if name in BY_NAME:
        return BY_NAME[name](rng, shape, dtype)
    return tensor(rng, shape if rng.random() < 0.85 else None, dtype if rng.random() < 0.85 else None)


class OnDemand:
    """Makes its items when it is asked, and claims another length."""

    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items) + (len(self.items) > 2)

    def __getitem__(self, i):
        if i > len(self.items):
            raise IndexError(i)
        return list(self.items) if i else [self.items]


def nested(rng, depth=0):
    """A container of anything, which may hold itself, be empty, or be ragged."""
    kind = rng.randrange(9)
    if depth > 3 or kind < 3:
        step = slice(None, None, rng.choice([1, 2, 0]))
        return rng.choice([*NUMBERS, *FOREIGN[:2], tensor(rng), torch.zeros(()), step, ...])
    items = [nested(rng, depth + 1) for _ in range(rng.randrange(4))]
    if kind == 3:
        items.append(items)
    return tuple(items) if kind == 4 else OnDemand(items) if kind == 5 else items


def anything(rng):
    choice = rng.random()
    if choice < 0.5:
        return tensor(rng)
    return rng.choice(NUMBERS) if choice < 0.7 else rng.choice(FOREIGN) if choice < 0.9 else nested(rng)


def sure_calls():
    """Calls that chance does not find: lists that belong together, shapes that fit each other, a last dim of two."""
    one, t = lambda: [torch.rand(3)], torch.Tensor
    options = torch.tensor([0.1, 0, 0, 0, 0.9, 0.99, 1e-8], dtype=_C.float64)
    scores, classes = torch.rand(4, 3), torch.tensor([0, 1, 2, 0])
    yield None, "nll_loss_backward", (torch.tensor(1.0), scores, classes, None, "mean", -100, torch.tensor(4.0))
    yield None, "view_as_complex", (torch.rand(3, 2),)
    yield None, "view_of", (torch.rand(4), (2,), (1,), 1, (1,))
    yield None, "with_view", (torch.rand(4), torch.rand(2), (2,), (1,), 1, (1,))
    yield None, "diagonal_backward", (torch.rand(3), (3, 3), 0, 0, 1)
    yield None, "slice_backward", (torch.rand(2), (5,), 0, 1, 2)
    yield None, "select_backward", (torch.rand(3), (2, 3), 0, 1)
    yield None, "histogram", (torch.rand(5), torch.tensor([0.0, 0.5, 1.0]), None, True)
    yield None, "optimizer_step", (one(), "adam", one(), one() + one(), [torch.zeros(())], options)
    image, kernel, geometry = torch.rand(1, 2, 4, 4), torch.rand(3, 2, 2, 2), ((1, 1), (0, 0), (1, 1), 1)
    yield None, "conv", (image, kernel, None, *geometry, (3, 3))
    yield None, "conv_transpose", (torch.rand(1, 3, 3, 3), kernel, None, *geometry, (4, 4))
    yield None, "conv_weight", (torch.rand(1, 3, 3, 3), image, *geometry, (2, 2))
    windows = ((2, 2), (2, 2), (0, 0))
    yield None, "avg_pool", (image, *windows, (2, 2))
    yield None, "avg_pool_backward", (image[..., :2, :2], *windows, (4, 4))
    yield None, "max_pool", (image, *windows, (1, 1), (2, 2))
    yield None, "adaptive_avg_pool", (image, (2, 2))
    yield None, "adaptive_avg_pool_backward", (image, (5, 5))
    yield None, "adaptive_max_pool", (image, (2, 2))
    for name, more in (("gather_places", 1), ("scatter_places", (4,)), ("set_places", (4,))):
        yield None, name, (torch.rand(2, 4), torch.zeros(2, 4, dtype=_C.int64), more)
    yield None, "constant_pad_nd", (image, (1, 1))
    yield None, "pad_with_own", (image, (1, 1), "reflect")
    yield None, "pad_with_own_backward", (image, (1, 1), "reflect", (2,))
    for kind, options in (("nearest", (False,)), ("linear", (False, False)), ("cubic", (False, True)), ("lanczos", ())):
        yield None, f"upsample_{kind}", (image, (3, 7), *options)
        yield None, f"upsample_{kind}_backward", (image, (3, 7), *options)
    spots = torch.rand(1, 4, 4, 2)
    yield None, "grid_sampler", (image, spots, 0, 0, False)
    yield None, "grid_sampler_input", (image, spots, 0, 0, False, (3, 3))
    yield None, "grid_sampler_grid", (image, image, spots, 0, 0, False)
    yield None, "grid_sampler_along", (image, spots, spots, 0, 0, False)
    yield None, "grid_sampler_input_along", (image, spots, spots, 0, 0, False, (3, 3))
    yield None, "im2col", (image, (2, 2), (1, 1), (0, 0), (1, 1))
    yield None, "col2im", (torch.rand(1, 8, 9), (4, 4), (2, 2), (1, 1), (0, 0), (1, 1))
    weight, stats = torch.rand(2), (torch.zeros(1, 2), torch.ones(1, 2))
    yield None, "layer_norm", (image, (4,))
    yield None, "rms_norm", (image, (4,), None, 1e-5)
    yield None, "group_norm", (image, 2)
    yield None, "batch_norm", (image, weight, weight, torch.zeros(2), torch.ones(2), True, 0.1, 1e-5)
    yield None, "normalize_backward", (image, image, *stats, weight, "group", 2, 1e-5, False, True)
    yield None, "embedding", (torch.rand(4, 3), classes)
    lengths = torch.tensor([3]), torch.tensor([1])
    sequence = torch.log_softmax(torch.rand(3, 1, 2), 2), torch.tensor([[1]]), *lengths
    yield None, "ctc_loss", sequence
    yield None, "ctc_loss_backward", (torch.ones(1), *sequence, 0, False, *_C._ctc_loss(*sequence))
    yield None, "attention", (image, image, image, None, True, 0.5)
    yield None, "attention_backward", (image, image, image, image, None, True, 0.5)
    steps = (torch.rand(3, 2), torch.rand(2, 4), None, torch.rand(4, 2), torch.rand(4, 4), None, None, None)
    sizes = torch.tensor([2, 1])
    yield None, "recurrent", (*steps, sizes, "tanh")
    yield None, "recurrent_backward", (torch.rand(3, 4), None, None, torch.rand(3, 4), torch.rand(3, 0), steps[1], None, steps[4], None, sizes, "tanh", False)  # fmt: skip
    row, square, batch = torch.rand(3), torch.rand(3, 3), torch.rand(2, 3, 3)
    for name, arguments in (("mv", (square, row)), ("select", (row, 0, 1)), ("diagonal_scatter", (square, row))):
        yield None, name, arguments
    yield None, "view_alone", (torch.rand(2), (4,), (1,), 1, (1,))
    yield None, "select_scatter", (square, row, 0, 1)
    yield None, "addmm", (square, square, square)
    yield None, "index_reduce", (square, 0, torch.tensor([0, 2]), square[:2], "prod")
    yield None, "run_starts", (torch.tensor([0, 0, 1]),)
    for name, arguments in (
        ("addbmm", (square, batch, batch)), ("addbmm_", (square.clone(), batch, batch)), ("baddbmm", (batch, batch, batch)),
        ("baddbmm_", (batch.clone(), batch, batch)), ("mv", (square, row)), ("addmm_", (square.clone(), square, square)),
        ("take_along_dim", (row, torch.tensor([0]), 0)), ("diagonal_scatter", (square, row)), ("select", (row, 0, 1)),
        ("unravel_index", (torch.tensor([5]), (3, 4))), ("as_strided_scatter", (square, row, (3,), (1,))),
        ("backward", (torch.rand((), requires_grad=True) * 2,)),
        ("addmv", (row, square, row)), ("addmv_", (row.clone(), square, row)), ("addr_", (square.clone(), row, row)),
        ("moveaxis", (square, 0, 1)), ("movedim", (square, 0, 1)), ("narrow", (row, 0, 1, 1)), ("narrow_copy", (row, 0, 1, 1)),
        ("prelu", (row, torch.rand(1))), ("select_scatter", (square, row, 0, 1)), ("as_subclass", (row, torch.nn.Parameter)),
        ("renorm", (square, 2, 0, 1.0)), ("__deepcopy__", (row, {})), ("__format__", (torch.tensor(1.0), ".2f")), ("__new__", (t, 2)),
    ):  # fmt: skip
        for place in (t, torch):
            if hasattr(place, name) and (place is t or name[0] != "_"):
                yield place, name, arguments
    yield torch, "empty_permuted", ((2, 3), (1, 0))
    yield torch, "can_cast", (_C.int8, _C.float32)
    yield torch, "promote_types", (_C.int8, _C.float32)
    yield torch, "frombuffer", (bytearray(8),), {"dtype": _C.uint8}
    yield torch, "from_numpy", (row.numpy(),)
    yield t, "__array_wrap__", (row, row.numpy())


# ---- calls ----------------------------------------------------------------------------------------------------------------


def arguments_of_row(rng, arguments):
    context = (rng.choice(SHAPES), rng.choice(DTYPES))
    positional, keywords, after = [], {}, False
    for part in _split(arguments):
        if part == "*":
            after = True
            continue
        name, _, default = part.partition("=")
        name = name.strip("*").rstrip("_")
        if name in ("dtype", "device", "generator", "out") and (default or name != "dtype"):
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
    return positional, keywords


def call_row(rng, function, arguments):
    positional, keywords = arguments_of_row(rng, arguments)
    return function(*positional, **keywords)


def call_transformed(rng, rows):
    """A row on tensors of a transform, or of two, one in the other."""
    name, arguments = rng.choice(rows)
    positional, keywords = arguments_of_row(rng, arguments)
    places = [i for i, x in enumerate(positional) if isinstance(x, torch.Tensor)]

    def function(*tensors):
        given = list(positional)
        for place, t in zip(places, tensors):
            given[place] = t
        found = _C.rows[name](*given, **keywords)
        return found if isinstance(found, torch.Tensor) else tuple(x for x in found if isinstance(x, torch.Tensor))

    def transformed(how, f, tensors):
        if how == "vmap":
            return torch.vmap(f, randomness=rng.choice(["same", "different"]))(*(torch.stack([t, t]) for t in tensors))
        if how == "jvp":
            return torch.func.jvp(f, tuple(tensors), tuple(torch.ones_like(t) for t in tensors))
        return torch.func.grad(lambda *ts: f(*ts).sum())(*tensors)

    tensors = [positional[place].detach() for place in places]
    outer, inner = rng.choice(["vmap", "jvp", "grad"]), rng.choice(["vmap", "jvp", None])
    if inner is None:
        return transformed(outer, function, tensors)
    return transformed(outer, lambda *ts: transformed(inner, function, ts), tensors)


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


#: they change rushlight itself or the process, wait for input, or draw a seed of their own
UNSAFE = {
    "_exchange_default_generator", "_fail_allocation_after", "_inherit_rules", "_results_are_tensors", "seed", "from_file", "set_",
    "_push_saved_hooks", "_pop_saved_hooks", "_refuse_saved_hooks", "_enter_guard", "_leave_guard",
}  # fmt: skip


def others():
    """What is callable and no row, by a printable name."""
    rows = set(map(id, _C.rows.values()))
    places = (("_C.", _C), ("torch.", torch), ("F.", F), ("Tensor.", torch.Tensor))
    for prefix, place in places:
        for name, value in sorted(vars(place).items()):
            function = value.fget if isinstance(value, property) else value
            unsafe = (
                name in UNSAFE
                or name.startswith(("_set_", "set_", "use_"))
                or (prefix != "Tensor." and name[:2] == "__")
            )
            if callable(function) and not unsafe and id(function) not in rows and not inspect.isclass(function):
                yield prefix + name, function


def parameters_of(function, cache={}):  # noqa: B006  one look a function
    """Its parameters, or None where it does not say."""
    if function not in cache:
        try:
            cache[function] = list(inspect.signature(function).parameters.values())
        except (TypeError, ValueError):
            cache[function] = None
    return cache[function]


def call_other(rng, name, function):
    parameters = parameters_of(function)
    if parameters is None or rng.random() < 0.2:
        first = [tensor(rng)] if name.startswith("Tensor.") and rng.random() < 0.8 else []
        return function(*first, *[anything(rng) for _ in range(rng.choice([0, 1, 1, 2, 3]))])
    context = (rng.choice(SHAPES), rng.choice(DTYPES))
    positional, keywords = [], {}
    for p in parameters:
        if p.kind is p.VAR_KEYWORD or (p.default is not p.empty and rng.random() < 0.7):
            continue
        if (
            p.kind is p.KEYWORD_ONLY
            or len(keywords) > 0
            or (p.default is not p.empty and p.kind is p.POSITIONAL_OR_KEYWORD)
        ):
            if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY):
                keywords[p.name] = argument(rng, p.name, context)
            continue
        positional.append(argument(rng, p.name, context))
    return function(*positional, **keywords)


def call_container(rng):
    data, x = nested(rng), tensor(rng)
    which = rng.randrange(4)
    if which == 0:
        return torch.tensor(data, dtype=rng.choice([None, *DTYPES]))
    if which == 1:
        return torch.as_tensor(data)
    if which == 2:
        return x[data]
    x.detach()[data] = rng.choice([0, 1.5, tensor(rng), nested(rng)])


def race(rng, seconds):
    """Other threads set the number of threads and write what ops are reading."""
    mask, x = torch.zeros(rng.choice([3000, 70000]), dtype=_C.bool), torch.rand(300, 300)
    values, stop = torch.rand(mask.shape), time.monotonic() + seconds

    def keep(step):
        while time.monotonic() < stop:
            step()

    readers = (
        lambda: values[mask], lambda: values.masked_scatter(mask, values), lambda: mask.nonzero(), lambda: _C._nonzero_columns(mask),
        lambda: x @ x, lambda: x.reshape(10, 30, 300) @ x, lambda: values.cumsum(0),
    )  # fmt: skip
    writers = [
        lambda: torch.set_num_threads(rng.choice([1, 2, 16, 64])),
        *[lambda: mask.fill_(rng.choice([True, False]))] * 2,
    ]
    threads = [threading.Thread(target=keep, args=(step,)) for step in writers]
    for thread in threads:
        thread.start()
    while time.monotonic() < stop:
        for step in readers:
            try:
                step()
            except (RuntimeError, IndexError):
                pass
    for thread in threads:
        thread.join()
    torch.set_num_threads(2)


class Attempts:
    """Calls made, calls that succeeded by name, and what the others raised."""

    def __init__(self, rng, verbose):
        self.rng, self.verbose = rng, verbose
        self.calls, self.good, self.failures = collections.Counter(), collections.Counter(), collections.Counter()

    def __call__(self, name, function, *arguments):
        if self.verbose:
            print(name, flush=True)
        self.calls[name] += 1
        try:
            result = function(self.rng, *arguments)
            if isinstance(result, torch.Tensor) and result.requires_grad and self.rng.random() < 0.2:
                result.sum().backward()
        except EXPECTED as error:
            self.failures[type(error).__name__] += 1
            if "internal error" in str(error):
                sys.exit(f"{name}: {error}")
        else:
            self.good[name] += 1


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--verbose", action="store_true", help="name each op before it is called")
    options = options.parse_args()
    rng = random.Random(options.seed)
    attempt = Attempts(rng, options.verbose)
    rows = [(function, arguments) for function, _, arguments, *_ in _C._rows()]
    for place, name, arguments, *keywords in sure_calls():
        function = getattr(place, name) if place else _C.rows[name]
        function(*arguments, **(keywords[0] if keywords else {}))
        prefix = {None: "", torch: "torch.", torch.Tensor: "Tensor."}[place]
        attempt.good[prefix + name] += 1
        if name in _C.rows:  # the same function, by the name of its row
            attempt.good[name] += 1
    warnings.simplefilter("ignore")
    rest = list(others())
    rounds, end = 0, time.monotonic() + options.seconds
    while time.monotonic() < end:
        for function, arguments in rows:
            attempt(function, call_row, _C.rows[function], arguments)
        for name, function in rest:
            attempt(name, call_other, name, function)
        _C._set_grad_enabled(True)
        for _ in range(100):
            attempt("containers", call_container)
            attempt("transforms", call_transformed, rows)
        _C._set_layered(False)
        if rounds % 10 == 0:
            race(rng, 0.3)
        rounds += 1
    never = [function for function, _ in rows if not attempt.good[function]]
    # of the others those that had enough chances; _C's own are called by Python that knows how
    often = [name for name, _ in rest if attempt.calls[name] > 1000 and not name.startswith("_C.")]
    never += [name for name in often if not attempt.good[name]]
    calls, share = attempt.calls.total(), attempt.good.total() / max(attempt.calls.total(), 1)
    print(f"{calls} calls of {len(attempt.calls)} functions, {share:.0%} succeeded; {dict(attempt.failures)}")
    if never:
        print("never succeeded:", *never)
    sys.exit(bool(never) or share < 1 / 3)


if __name__ == "__main__":
    main()
