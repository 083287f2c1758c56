"""The words that the table is written in: tensors to make, arguments, bad arguments, a case.

A case is written once and run against any library that has PyTorch's names: `lib` below is rushlight or PyTorch itself.
"""

import numpy as np

FLOATS = ("float32", "float64")
HALVES = ("float16", "bfloat16")
SIGNED = ("int64", "int32", "int16", "int8")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
COMPLEX = ("complex128", "complex64")
FLOATING = FLOATS + HALVES
INTEGERS = SIGNED + UNSIGNED
NUMERIC = FLOATING + INTEGERS
NUMERIC_BOOL = (*NUMERIC, "bool")
INTEGERS_BOOL = (*INTEGERS, "bool")

#: bits of the fraction, and the exponent of the smallest denormal
_FORM = {"float64": (52, -1074), "float32": (23, -149), "float16": (10, -24), "bfloat16": (7, -133)}

_MAX = {"float64": 1.7976931348623157e308, "float32": 3.4028234663852886e38}
#: what no row may stumble over; the domain's own edges come on top
EDGES = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1e-42, -1e-42, 1.5e-38, 88.0, -88.0, 1e30, -1e30)


class S:
    """A tensor to be made: a shape, and what its values are.

    Parameters
    ----------
    *shape : int
        The shape.
    low, high : float
        The domain: floats are spread over it, integers over the wider -9 to 9 on its side of zero.
    dtype : str, optional
        A dtype of its own; else the one under test.
    values : array, optional
        The very values.
    row : bool
        Is the first dim a batch, row by row independent?
    grad : bool
        May it ask for a gradient?
    """

    def __init__(self, *shape, low=-2.0, high=2.0, dtype=None, values=None, row=False, grad=True):
        self.shape = np.shape(values) if values is not None else shape
        self.low, self.high, self.dtype, self.values, self.row, self.grad = low, high, dtype, values, row, grad

    def as_row(self):
        """The same, its first dim a batch."""
        return S(*self.shape, low=self.low, high=self.high, dtype=self.dtype, row=True)

    def __repr__(self):
        own = f", dtype={self.dtype!r}" if self.dtype else ""
        if self.values is not None:
            return f"S(values={np.asarray(self.values).tolist()!r}{own})"
        return f"S({', '.join(map(str, self.shape))}{own}, low={self.low}, high={self.high})"

    def array(self, dtype, place):
        """The values as float64, int64 or bool; `place` among the arguments seeds them."""
        dtype = self.dtype or dtype
        if self.values is not None:
            made = np.asarray(self.values)
            if made.dtype == np.float64 and not is_float(dtype):
                made = np.nan_to_num(made, nan=0.0, posinf=7.0, neginf=-7.0).clip(-100, 100)
                made = np.abs(made) if dtype in UNSIGNED else made
            return made.astype(_array_dtype(dtype))
        rng = np.random.default_rng([place, *self.shape])
        if dtype == "bool":
            return rng.integers(0, 2, self.shape).astype(bool)
        if is_complex(dtype):
            return rng.uniform(self.low, self.high, self.shape) + 1j * rng.uniform(self.low, self.high, self.shape)
        if is_float(dtype):
            return rng.uniform(self.low, self.high, self.shape)
        low = int(self.low) if self.dtype else 1 if self.low > 0 else 0 if self.low == 0 or dtype in UNSIGNED else -9
        return rng.integers(low, int(self.high) if self.dtype else 10, self.shape)


class T:
    """A dtype by its name, in an argument."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"T({self.name!r})"


#: the dtype under test, in a factory's arguments
D = T("of the test")


def is_float(dtype):
    return dtype in _FORM


def is_complex(dtype):
    return dtype in COMPLEX


def _array_dtype(dtype):
    return np.float64 if is_float(dtype) else bool if dtype == "bool" else np.int64


def make(lib, array, dtype):
    """A tensor of `lib`; by way of float64 or int64, which hold every value of a narrower dtype."""
    return lib.tensor(array).to(getattr(lib, dtype))


def to_array(tensor):
    """The values of a tensor of any library as float64 (int64, bool, complex128), exactly."""
    name = str(tensor.dtype).removeprefix("torch.")
    tensor = tensor.detach()
    if name in HALVES:
        tensor = tensor.double()
    array = tensor.numpy()
    return array.astype({"float32": np.float64, "complex64": np.complex128}.get(name, array.dtype))


class Args:
    """Arguments of one call; tensors among them are made anew each time, so that an op may write into them."""

    def __init__(self, *args, **kwargs):
        self.args, self.kwargs = args, kwargs

    def __repr__(self):
        return ", ".join([*map(repr, self.args), *(f"{k}={v!r}" for k, v in self.kwargs.items())])

    def map(self, function):
        """(args, kwargs) with `function(S, place)` in place of every S."""
        place = 0

        def visit(x):
            nonlocal place
            if isinstance(x, S):
                place += 1
                return function(x, place)
            return type(x)(visit(y) for y in x) if type(x) in (list, tuple) else x

        args = [visit(x) for x in self.args]
        return args, {k: visit(v) for k, v in self.kwargs.items()}

    def tensors(self, lib, dtype, layout=None, grad=False, device=None):
        """(args, kwargs) with tensors of `lib`: through a layout, asking for gradients, on a device."""

        def made(s, place):
            t = make(lib, s.array(dtype, place), s.dtype or dtype)
            t = t if layout is None else layout(lib, t)
            t = t if device is None else t.to(device)
            return (
                t.requires_grad_()
                if grad and s.grad and (is_float(s.dtype or dtype) or is_complex(s.dtype or dtype))
                else t
            )

        args, kwargs = self.map(made)
        fixed = lambda x: getattr(lib, dtype if x is D else x.name) if isinstance(x, T) else x
        return [fixed(x) for x in args], {k: fixed(v) for k, v in kwargs.items()}

    def arrays(self, lib, dtype, floats):
        """(args, kwargs) with the exact values of those tensors: floating ones as `floats`, integers as int64."""

        def made(s, place):
            if is_complex(s.dtype or dtype):
                return to_array(make(lib, s.array(dtype, place), s.dtype or dtype)).astype(np.complex128)
            if not is_float(s.dtype or dtype):
                return s.array(dtype, place)
            return to_array(make(lib, s.array(dtype, place), s.dtype or dtype)).astype(floats)

        args, kwargs = self.map(made)
        fixed = lambda x: (dtype if x is D else x.name) if isinstance(x, T) else x
        return [fixed(x) for x in args], {k: fixed(v) for k, v in kwargs.items()}

    def specs(self):
        """The S among the arguments, in order."""
        found = []
        self.map(lambda s, place: found.append(s))
        return found


args = Args


class Bad(Args):
    """Arguments that must raise: the class PyTorch raises, and a phrase of the message."""

    def __init__(self, *args, raises, match, tested="float32", peer=True, **kwargs):
        super().__init__(*args, **kwargs)
        self.raises, self.match, self.dtype, self.peer = raises, match, tested, peer


class Case:
    """An op, its reference, sample arguments, and what is promised of it.

    Parameters
    ----------
    name : str
        The op as Python calls it.
    ref : callable
        From arrays (float64, or wider for float64 itself; int64; bool) to what the op should give.
    samples : list of Args
        Small ones: every property runs over them.
    rows : str
        Functions of the registry that this case exercises, with spaces between; the op's own name if not given.
    of : callable, optional
        From a library to the function, where it is not `lib.name`.
    peer : callable or False
        The same for PyTorch, where it differs; False where PyTorch has no such thing.
    dtypes : tuple of str
        Those the op computes in; the first is used by properties that need only one.
    result : str or callable
        The result's dtype: same, float (integers become float32), bool, int64, sum (integers become int64), or of the dtype.
    ulp : float
        Distance from the exact value in units of the last place; integers and bools must be exact.
    bound : callable, optional
        From the arrays to an error in units of the rounding, added to `ulp`: what theory gives for sums and products.
    grad : bool
        Is it differentiable?
    large : list of Args
        Enough elements that threads share the work.
    batch : list of Args
        Samples whose tensors marked `row` are batches, and whose result has a row for each of theirs.
    layouts : bool
        Does the result depend on values alone (not so for as_strided)?
    writes : bool
        Does it write into its first argument?
    random : callable, optional
        From results (arrays) and arguments to a message or None: what a random result must fulfil. No reference then.
    bad : list of Bad
        What it refuses.
    data : bool
        Does the result's shape depend on values, so that there is none on meta?
    pointwise : bool
        Is every element of the result that of the operands' elements alone?
    grad_samples : list of Args
        What the derivatives are checked on, where it is not `samples`: clear of kinks, and small.
    second : bool
        Has the gradient a gradient?
    peer_close : float
        How far PyTorch's own float64 result may be from the exact one, where that is coarse.
    peer_grad : bool
        Has PyTorch the same gradient? (Not as_strided_scatter, whose input there gets the part's.)
    zero_sign : bool
        Does the sign of a zero count? (IEEE leaves max(0, -0) open.)
    steps : bool
        Is it an optimiser's step, that writes into lists of tensors?
    unset : bool
        Are the values left open, as those of `empty`?
    """

    def __init__(
        self, name, ref=None, samples=(), *, rows=None, of=None, peer=None, dtypes=FLOATS, result="same", ulp=0.0, bound=None,
        grad=False, large=(), batch=(), layouts=True, writes=False, random=None, bad=(), id=None, data=False, pointwise=False, grad_samples=None,
        second=True, zero_sign=True, peer_grad=True, peer_close=0.0, steps=False, unset=False,
    ):  # fmt: skip
        self.name, self.ref, self.samples = name, ref, list(samples)
        self.rows = (rows or name).split()
        self.of, self.peer = (
            of or _named(name),
            _named(name) if peer is None and of is None else of if peer is None else peer,
        )
        self.dtypes, self.result, self.ulp, self.bound, self.grad = dtypes, result, ulp, bound, grad
        self.large, self.batch, self.layouts, self.writes, self.random = (
            list(large),
            list(batch),
            layouts,
            writes,
            random,
        )
        self.bad, self.id, self.data, self.pointwise = list(bad), id or name, data, pointwise
        self.grad_samples = self.samples if grad_samples is None else grad_samples
        self.peer_close = peer_close
        self.second, self.zero_sign, self.peer_grad, self.steps, self.unset = second, zero_sign, peer_grad, steps, unset

    def __str__(self):
        return self.id

    @property
    def dtype(self):
        return self.dtypes[0]

    def call(self, lib, sample, dtype, peer=False, **options):
        """The results as a tuple of tensors."""
        made, keywords = sample.tensors(lib, dtype, **options)
        return results((self.peer if peer else self.of)(lib)(*made, **keywords))

    def expected(self, lib, sample, dtype):
        """The exact results as a tuple of arrays."""
        made, keywords = sample.arrays(lib, dtype, np.longdouble if dtype == "float64" else np.float64)
        if self.result == "float" and not is_float(dtype):
            made = [x.astype(np.float64) if isinstance(x, np.ndarray) else x for x in made]
        with np.errstate(all="ignore"):
            found = self.ref(*made, **keywords)
        return found if isinstance(found, (tuple, list)) else (found,)

    def allowance(self, lib, sample, dtype):
        """What the bound adds, in absolute terms; float32 computes for the half types."""
        if self.bound is None or not is_float(dtype):
            return 0.0
        made, keywords = sample.arrays(lib, dtype, np.float64)
        with np.errstate(all="ignore"):
            return self.bound(*made, **keywords) * 2.0 ** -(53 if dtype == "float64" else 24)

    def result_dtype(self, dtype):
        if callable(self.result):
            return self.result(dtype)
        if self.result == "same" or (self.result in ("float", "sum") and is_float(dtype)):
            return dtype
        if self.result in ("float", "sum") and is_complex(dtype):
            return dtype
        if self.result == "real":
            return {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)
        return {"float": "float32", "sum": "int64"}.get(self.result, self.result)


def _named(name):
    """The function of that name in a library: flat, a method, or in nn.functional."""

    def find(lib):
        if hasattr(lib, "_C") and hasattr(lib._C, "rows") and hasattr(lib._C, name):
            return getattr(lib._C, name)
        if name.startswith("special_"):
            return getattr(lib.special, name[8:])
        for place in (lib, lib.Tensor, lib.nn.functional):
            if hasattr(place, name):
                return getattr(place, name)
        raise AttributeError(name)

    return find


def aten(name):
    """PyTorch's own name for what is private in both libraries."""
    return lambda lib: getattr(lib.ops.aten, name)


def results(found):
    """The tensors of what an op gave back."""
    if found is None:
        return ()
    return tuple(found) if isinstance(found, (tuple, list)) else (found,)


# ---- how far apart --------------------------------------------------------------------------------------------------


def rounded(exact, dtype):
    """Exact values in a dtype: floats to nearest, integers wrapping; kept as float64 (longdouble for float64), int64 or bool."""
    exact = np.asarray(exact)
    if dtype == "bool":
        return exact.astype(bool)
    if not is_float(dtype):
        return exact.astype(np.int64 if exact.dtype != np.uint64 else np.uint64).astype(dtype)
    if dtype == "float64":
        return exact.astype(np.float64)
    if dtype == "bfloat16":
        return _bfloat16(exact)
    with np.errstate(over="ignore"):
        return exact.astype(dtype).astype(np.float64)


def _bfloat16(exact):
    with np.errstate(over="ignore"):
        bits = np.asarray(exact, np.float32).view(np.uint32)
    kept = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    kept = np.where(np.isnan(exact), np.uint32(0x7FC00000), kept).astype(np.uint32)
    return kept.view(np.float32).astype(np.float64).reshape(np.shape(exact))


def ulps(found, exact, dtype, allowance=0.0, zero_sign=True):
    """The largest distance in units of the last place, after the allowance.

    Infinite where only one is NaN or infinite, or (unless the sign of zero is free) where a zero has the other sign.
    """
    found, exact = np.asarray(found), np.asarray(exact)
    if found.shape != exact.shape:
        return f"shape {found.shape}, expected {exact.shape}"
    if dtype.startswith("complex"):
        # by the size of the number: a part that is small beside the other carries the other's rounding
        unit = np.abs(exact) * {"complex64": 2.0**-23, "complex128": 2.0**-52}[dtype] + 1e-300
        return float((np.maximum(np.abs(found - exact) - allowance, 0) / unit).max(initial=0.0))
    if not is_float(dtype):
        return 0.0 if np.array_equal(found, rounded(exact, dtype)) else np.inf
    nearest = rounded(exact, dtype)
    bits, smallest = _FORM[dtype]
    with np.errstate(all="ignore"):
        signs = (np.signbit(found) == np.signbit(nearest)) | (not zero_sign)
        equal = (found == nearest) & signs | np.isnan(found) & np.isnan(nearest)
        _, exponent = np.frexp(np.where(np.isfinite(exact), exact, 1.0))
        unit = np.ldexp(np.ones_like(exact), np.maximum(exponent - 1 - bits, smallest))
        apart = np.maximum(np.abs(found - exact) - allowance, 0.0) / unit
        # a zero with the wrong sign, an infinity or a NaN in the wrong place: no distance at all
        apart = np.where(np.isfinite(found) & ~np.isnan(exact) & ~((found == 0) & (nearest == 0)), apart, np.inf)
        apart = np.where((found == 0) & (nearest == 0) & (exact != 0), 0.0, apart)
    return float(np.where(equal, 0.0, apart).max(initial=0.0))


def same_bits(a, b):
    """Are two results, or tuples of them, equal to the bit (one NaN being like another)?"""
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(same_bits(x, y) for x, y in zip(a, b))
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    x, y = to_array(a), to_array(b)
    with np.errstate(invalid="ignore"):
        equal = (x == y) & (np.signbit(x) == np.signbit(y)) if x.dtype.kind == "f" else x == y
    return bool(np.all(equal | ((x != x) & (y != y))))


# ---- layouts --------------------------------------------------------------------------------------------------------


def _transposed(lib, x):
    return x.transpose(0, -1).contiguous().transpose(0, -1) if x.ndim > 1 else x


def _strided(lib, x):
    return lib.stack([x, lib.zeros_like(x)], -1)[..., 0]


def _offset(lib, x):
    flat = x.reshape(-1)
    return lib.cat([lib.zeros_like(flat[:1]), flat])[flat[:1].numel() :].view(x.shape)


def _permuted(lib, x):
    return x.permute(1, 2, 0).contiguous().permute(2, 0, 1) if x.ndim == 3 else x


LAYOUTS = {"transposed": _transposed, "strided": _strided, "offset": _offset, "permuted": _permuted}


def expanded(lib, x):
    """The first slice of x along its first dim, repeated without a copy."""
    return x[:1].expand(x.shape) if x.ndim and x.shape[0] else x


def repeated(lib, x):
    """The same values in memory of their own."""
    return expanded(lib, x).contiguous()
