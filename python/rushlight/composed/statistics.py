"""Statistics that are composed of sorting, searching and sums."""

from builtins import range as _range  # histogram has an argument of that name

from rushlight import _C
from rushlight.ops._named import named
from rushlight.ops._table import composed

from .views import movedim, wrapped_dims

aminmax_result = named("aminmax", "min", "max")
histogram_result = named("histogram", "hist", "bin_edges")


@composed(out=True)
def aminmax(input, *, dim=None, keepdim=False):
    """The smallest and the largest element, of all or along a dim."""
    if dim is None and input.numel() == 0:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )
    dims = () if dim is None else dim
    return aminmax_result((_C.amin(input, dims, keepdim), _C.amax(input, dims, keepdim)))


@composed(out="cast")
def nanmean(input, dim=None, keepdim=False, *, dtype=None):
    """Mean of what is not NaN."""
    if not (input.dtype.is_floating_point or input.dtype.is_complex):
        raise RuntimeError(
            f"nanmean(): expected input to have floating point or complex dtype but got {str(input.dtype)[6:]}"
        )
    count = _C.sum(_C.logical_not(_C.isnan(input)), dim, keepdim)
    return _C.div(_C.nansum(input, dim, keepdim, dtype=dtype), count)


@composed(out=True)
def msort(input):
    """The values sorted along the first dim."""
    return _C.sort(input, 0)[0]


def _quantile(name, input, q, dim, keepdim, interpolation, skip_nan):
    if interpolation not in ("linear", "lower", "higher", "midpoint", "nearest"):
        raise RuntimeError(
            f"{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, but got {interpolation}"
        )
    if input.dtype not in (_C.float32, _C.float64):
        raise RuntimeError(f"{name}() input tensor must be either float or double dtype")
    if input.numel() == 0:
        raise RuntimeError(f"{name}() input tensor must be non-empty")
    if not isinstance(q, _C.TensorBase):
        if not 0 <= q <= 1:
            raise RuntimeError(f"{name}() q must be in the range [0, 1] but got {q}")
        q = _C.tensor(float(q), dtype=input.dtype)
    if q.ndim > 1:
        raise RuntimeError(f"{name}() q must be a scalar or 1D tensor")
    if q.dtype != input.dtype:
        raise RuntimeError(f"{name}() q tensor must be same dtype as the input tensor")
    if not bool(_C.all(_C.logical_and(_C.ge(q, 0), _C.le(q, 1)))):
        raise RuntimeError(f"{name}() q values must be in the range [0, 1]")
    shape = list(input.shape)
    if dim is None:
        rows, kept = _C.reshape(input, (-1,)), [1] * input.ndim
    else:
        rows = _C.transpose(input, dim, -1) if input.ndim else _C.reshape(input, (1,))
        kept = [1 if input.ndim and d == dim % input.ndim else s for d, s in enumerate(shape)]
    rows, _ = _C.sort(rows, -1)
    n = rows.shape[-1]
    if skip_nan:
        last = _C.sub(_C.sum(_C.logical_not(_C.isnan(rows)), -1, True), 1)
        ranks = _C.clamp(_C.mul(q, _C._to(last, None, input.dtype)), 0)
    else:
        ranks = _C.mul(_C.expand(_C.reshape(q, (-1,)), (*rows.shape[:-1], q.numel())), n - 1)
        # a row with a NaN, which is its largest, is NaN throughout
        ranks = _C.masked_fill(ranks, _C.isnan(_C.narrow(rows, -1, n - 1, 1)), n - 1)
    if interpolation == "nearest":
        ranks = _C.round(ranks)
    elif interpolation == "lower":
        ranks = _C.floor(ranks)
    elif interpolation == "higher":
        ranks = _C.ceil(ranks)
    below = _C.floor(ranks)
    values = _C.gather(rows, -1, _C._to(below, None, _C.int64))
    if interpolation in ("linear", "midpoint"):
        share = _C.full_like(ranks, 0.5) if interpolation == "midpoint" else _C.sub(ranks, below)
        above = _C.gather(rows, -1, _C._to(_C.ceil(ranks), None, _C.int64))
        values = _C.lerp(values, above, share)
    # the dim of q comes first
    if dim is not None and input.ndim:
        values = _C.transpose(values, dim, -1)
        values = _C.permute(values, [dim % input.ndim, *(d for d in _range(input.ndim) if d != dim % input.ndim)])
    else:
        values = _C.reshape(values, (-1,))
    result = (
        kept if keepdim else [] if dim is None else [s for d, s in enumerate(shape) if d != dim % max(len(shape), 1)]
    )
    return _C.reshape(values, ((q.numel(), *result) if q.ndim else tuple(result)))


@composed(out=True)
def quantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """The value below which the share `q` of the sorted elements lies, of all or along a dim; NaN where there is one.

    >>> torch.quantile(torch.arange(4.), 0.5)
    tensor(1.5000)
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, False)


@composed(out=True)
def nanquantile(input, q, dim=None, keepdim=False, *, interpolation="linear"):
    """The quantile of what is not NaN; NaN where all are."""
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, True)


def _runs(rows, shape, back, return_inverse, return_counts):
    """(where each run of equal rows begins, inverse, counts); `back` says where the rows were."""
    ids = _C._run_ids(rows)
    first, counts = _C._run_starts(ids)
    inverse = None
    if return_inverse:
        inverse = ids if back is None else _C.scatter(_C.empty_like(ids), 0, back, ids)
        inverse = _C.reshape(inverse, shape)
    return first, inverse, counts if return_counts else None


def _unique(input, dim, consecutive, return_inverse, return_counts):
    if dim is None:
        values, back = _C.reshape(input, (-1,)), None
        if not consecutive:
            values, back = _C.sort(values)
        first, inverse, counts = _runs(_C.unsqueeze(values, 1), input.shape, back, return_inverse, return_counts)
        return [_C.index_select(values, 0, first), inverse, counts]
    if input.shape[dim] == 0 or input.numel() == 0:
        if any(s == 0 for d, s in enumerate(input.shape) if d != dim % input.ndim):
            raise RuntimeError("There are 0 sized dimensions, and they aren't selected, so unique cannot be applied")
        none = _C.empty(0, dtype=_C.int64)
        return [input, none if return_inverse else None, none if return_counts else None]
    moved = movedim(input, dim, 0)
    rows = _C.reshape(moved, (moved.shape[0], -1))
    back = None
    if not consecutive:
        back = _C._row_order(rows)
        rows = _C.index_select(rows, 0, back)
    first, inverse, counts = _runs(rows, (rows.shape[0],), back, return_inverse, return_counts)
    picked = _C.reshape(_C.index_select(rows, 0, first), (first.shape[0], *moved.shape[1:]))
    return [movedim(picked, 0, dim), inverse, counts]


def _asked(parts):
    parts = [p for p in parts if p is not None]
    return parts[0] if len(parts) == 1 else tuple(parts)


@composed
def unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """The different elements in order, or the different slices along `dim`; where each went; how often each occurs.

    >>> torch.unique(torch.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    return _asked(_unique(input, dim, False, return_inverse, return_counts))


@composed
def unique_consecutive(input, return_inverse=False, return_counts=False, dim=None):
    """Each run of equal elements, or of equal slices along `dim`, as one of them.

    >>> torch.unique_consecutive(torch.tensor([1, 1, 2, 1]))
    tensor([1, 2, 1])
    """
    return _asked(_unique(input, dim, True, return_inverse, return_counts))


@composed(method=False, out=True)
def isin(elements, test_elements, *, assume_unique=False, invert=False):
    """Element by element: is it among `test_elements`?

    >>> torch.isin(torch.tensor([1, 2, 3]), torch.tensor([2]))
    tensor([False,  True, False])
    """
    given = [x for x in (elements, test_elements) if isinstance(x, _C.TensorBase)]
    if not given:
        raise TypeError("isin(): one of elements and test_elements must be a tensor")
    for x in given:
        if x.dtype.is_complex:
            raise RuntimeError(f"Unsupported input type encountered for isin(): {x.dtype}")
    elements, test_elements = (x if isinstance(x, _C.TensorBase) else _C.tensor(x) for x in (elements, test_elements))
    if len(given) == 2:
        dtype = _C._promote_types(elements.dtype, test_elements.dtype)
    else:
        dtype = _C.add(
            _C.zeros((1,), dtype=given[0].dtype), elements if given[0] is test_elements else test_elements
        ).dtype
    elements, tests = elements.to(dtype), _C.reshape(test_elements, (-1,)).to(dtype)
    if tests.numel() == 0:
        found = _C.zeros_like(elements, dtype=_C.bool)
    else:
        tests, _ = _C.sort(tests)
        at = _C.clamp(_C.searchsorted(tests, elements), max=tests.numel() - 1)
        found = _C.eq(_C.reshape(_C.index_select(tests, 0, _C.reshape(at, (-1,))), elements.shape), elements)
    return _C.logical_not(found) if invert else found


@composed(out=True)
def histogram(input, bins, *, range=None, weight=None, density=False):
    """Counts (or sums of weights) in intervals, and their edges: `bins` equal ones, or those between the edges `bins`."""
    even = not isinstance(bins, _C.TensorBase)
    if even:
        if bins <= 0:
            raise RuntimeError(f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0")
        if range is not None:
            low, high = range
        elif input.numel():
            low, high = _C.amin(input.detach()).item(), _C.amax(input.detach()).item()
        else:
            low, high = 0.0, 1.0
        if not (abs(low) < float("inf") and abs(high) < float("inf")):
            raise RuntimeError(f"torch.histogram(): dimension 0's range [{low}, {high}] is not finite")
        if low > high:
            raise RuntimeError(f"torch.histogram(): min should not exceed max, but got min {low} max {high}")
        if low == high:
            low, high = low - 0.5, high + 0.5
        if not input.dtype.is_floating_point:
            raise NotImplementedError(f"\"histogramdd\" not implemented for '{input.dtype}'")
        bins = _C.linspace(low, high, bins + 1, dtype=input.dtype)
    counts = _C._histogram(input, bins, weight, even)
    if density:
        counts = _C.div(_C.div(counts, _C.sum(counts)), diff(bins))
    return histogram_result((counts, bins))


@composed(out="cast")
def diff(input, n=1, dim=-1, prepend=None, append=None):
    """The differences of neighbours along a dim, `n` times over.

    >>> torch.diff(torch.tensor([1, 4, 9]))
    tensor([3, 5])
    """
    if input.ndim == 0:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    if n == 0:
        return _C.clone(input)  # without what would be put before and after it, as in PyTorch
    parts = [p for p in (prepend, input, append) if p is not None]
    if len(parts) > 1:
        input = _C.cat(parts, dim)
    for _ in _range(n):
        size = input.shape[dim]
        if size == 0:
            break
        later, sooner = _C.narrow(input, dim, 1, size - 1), _C.narrow(input, dim, 0, size - 1)
        input = _C.logical_xor(later, sooner) if input.dtype == _C.bool else _C.sub(later, sooner)
    return input


def _trapezoids(name, y, x, dx, dim):
    if x is not None and dx is not None:
        raise TypeError(f"{name}() takes x or dx, not both")
    size = y.shape[dim] if y.ndim else 1
    if size < 2:
        return None
    if x is None:
        step = 1 if dx is None else dx
    else:
        along = x.shape[0] if x.ndim == 1 else x.shape[dim]
        if x.ndim == 1:
            if x.shape[0] != size:
                raise RuntimeError(f"{name}: There must be one `x` value for each sample point")
            step = diff(x)
            shape = [1] * y.ndim
            shape[dim] = along - 1
            step = _C.reshape(step, shape)
        else:
            if x.ndim < y.ndim:
                x = _C.reshape(x, (1,) * (y.ndim - x.ndim) + tuple(x.shape))
            step = diff(x, 1, dim)
    pairs = _C.add(_C.narrow(y, dim, 0, size - 1), _C.narrow(y, dim, 1, size - 1))
    return _C.mul(pairs, step)


@composed(method=False, aliases=("trapz",))
def trapezoid(y, x=None, *, dx=None, dim=-1):
    """The integral by the trapezoidal rule along a dim, over the places `x` or equal steps `dx`.

    >>> torch.trapezoid(torch.tensor([1., 5., 10.]))
    tensor(10.5000)
    """
    areas = _trapezoids("trapezoid", y, x, dx, dim)
    if areas is None:
        dtype = y.dtype if y.dtype.is_floating_point or y.dtype.is_complex else _C.get_default_dtype()
        return _C.zeros([s for d, s in enumerate(y.shape) if d != dim % y.ndim], dtype=dtype)
    return _C.div(_C.sum(areas, dim), 2)


@composed(method=False)
def cumulative_trapezoid(y, x=None, *, dx=None, dim=-1):
    """The running integral by the trapezoidal rule along a dim."""
    areas = _trapezoids("cumulative_trapezoid", y, x, dx, dim)
    if areas is None:
        return _C.narrow(y, dim, 0, 0)
    return _C.div(_C.cumsum(areas, dim), 2)


@composed(method=False)
def gradient(input, *, spacing=None, dim=None, edge_order=1):
    """Estimates of the derivative along each dim, by central differences of second order; one-sided at the edges.

    Between unequal steps h before and k after: ``(h^2 f(x+k) - k^2 f(x-h) + (k^2 - h^2) f(x)) / (h k (h + k))``.

    >>> torch.gradient(torch.tensor([1., 4., 9., 16.]))
    (tensor([3., 4., 6., 7.]),)
    """
    spacing = 1 if spacing is None else spacing
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    dims = list(_range(input.ndim)) if dim is None else wrapped_dims("torch.gradient", dim, input.ndim)
    if isinstance(spacing, _C.TensorBase) or not isinstance(spacing, (tuple, list)):
        steps = [spacing] * len(dims)
    else:
        steps = list(spacing)
    if len(steps) != len(dims):
        raise RuntimeError(
            f"torch.gradient expected spacing to be unspecified, a scalar, or a list of length equal to dim ({len(dims)}), "
            f"but got a list of {len(steps)}"
        )
    if not (input.dtype.is_floating_point or input.dtype.is_complex):
        input = input.to(_C.get_default_dtype())
    return tuple(_slope(input, d, step, edge_order) for d, step in zip(dims, steps))


def _slope(f, dim, spacing, edge_order):
    n = f.shape[dim]
    if n < edge_order + 1:
        raise RuntimeError("torch.gradient expected each dimension size to be at least edge_order+1")

    def at(start, length):
        return _C.narrow(f, dim, start, length)

    if isinstance(spacing, _C.TensorBase) and spacing.ndim == 1:
        if spacing.shape[0] != n:
            raise RuntimeError(
                f"torch.gradient expected each element of spacing to have a length equal to the size of its dim, {n}"
            )
        shape = [1] * f.ndim
        shape[dim] = n - 1
        h = _C.reshape(diff(spacing).to(f.dtype), shape)
    else:
        h = None
    if n < 3:
        step = spacing if h is None else h
        edge = _C.div(_C.sub(at(1, 1), at(0, 1)), step)
        return _C.cat((edge, edge), dim)
    if h is None:
        middle = _C.div(_C.sub(at(2, n - 2), at(0, n - 2)), 2 * spacing)
        one = [(_C.sub(at(1, 1), at(0, 1)), spacing), (_C.sub(at(n - 1, 1), at(n - 2, 1)), spacing)]
        first = last = (spacing, spacing)
    else:
        before, after = _C.narrow(h, dim, 0, n - 2), _C.narrow(h, dim, 1, n - 2)
        total = _C.add(before, after)
        middle = _C.sub(
            _C.add(
                _C.mul(at(2, n - 2), _C.div(before, _C.mul(after, total))),
                _C.mul(at(1, n - 2), _C.div(_C.sub(after, before), _C.mul(before, after))),
            ),
            _C.mul(at(0, n - 2), _C.div(after, _C.mul(before, total))),
        )
        steps = [_C.narrow(h, dim, i, 1) for i in (0, 1, n - 3, n - 2)]
        first, last = (steps[0], steps[1]), (steps[3], steps[2])
        one = [(_C.sub(at(1, 1), at(0, 1)), steps[0]), (_C.sub(at(n - 1, 1), at(n - 2, 1)), steps[3])]
    if edge_order == 1:
        edges = [_C.div(rise, run) for rise, run in one]
    else:  # through three points: f'(x0) from f(x0), f(x0 + a), f(x0 + a + b)
        edges = []
        for (a, b), (i, j, k), sign in ((first, (0, 1, 2), 1), (last, (n - 1, n - 2, n - 3), -1)):
            slope = (
                at(i, 1) * (-(2 * a + b) / (a * (a + b)))
                + at(j, 1) * ((a + b) / (a * b))
                - at(k, 1) * (a / (b * (a + b)))
            )
            edges.append(slope * sign)
    return _C.cat((edges[0], middle, edges[1]), dim)


@composed
def cov(input, *, correction=1, fweights=None, aweights=None):
    """Covariances of the rows of a matrix, whose columns are observations; `fweights` say how often each was made."""
    if input.ndim > 2:
        raise RuntimeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions"
        )
    if input.dtype == _C.bool:
        raise RuntimeError("cov(): bool dtype is not supported for input")
    x = _C.reshape(input, (1, -1)) if input.ndim < 2 else input
    n = x.shape[1]
    weights = None
    for name, w in (("fweights", fweights), ("aweights", aweights)):
        if w is None:
            continue
        if w.ndim > 1 or w.numel() != n:
            raise RuntimeError(f"cov(): expected {name} to have one element an observation, {n}, but got {w.numel()}")
        if name == "fweights" and (w.dtype.is_floating_point or w.dtype.is_complex or w.dtype == _C.bool):
            raise RuntimeError(f"cov(): expected fweights to have integral dtype but got fweights with {w.dtype} dtype")
        if name == "aweights" and not w.dtype.is_floating_point:
            raise RuntimeError(
                f"cov(): expected aweights to have floating point dtype but got aweights with {w.dtype} dtype"
            )
        if n and bool(_C.lt(_C.amin(w), 0)):
            raise RuntimeError(f"cov(): {name} cannot be negative")
        weights = w if weights is None else _C.mul(weights, w)
    total = n if weights is None else _C.sum(weights)
    if weights is not None and n and float(total) == 0:
        raise RuntimeError("cov(): weights sum to zero, can't be normalized")
    if weights is None:
        mean = _C.div(_C.sum(x, 1, True), n)
        scale = max(n - correction, 0)
    else:
        mean = _C.div(_C.sum(_C.mul(x, weights), 1, True), total)
        if aweights is not None and correction != 0:
            scale = _C.sub(total, _C.div(_C.mul(_C.sum(_C.mul(weights, aweights)), correction), total))
        else:
            scale = _C.sub(total, correction)
        scale = _C.clamp(scale, min=0)
    away = _C.sub(x, mean)
    weighted = away if weights is None else _C.mul(away, weights)
    return _C.squeeze(_C.div(_C.matmul(weighted, _C.conj(_C.transpose(away, 0, 1))), scale))


@composed
def corrcoef(input):
    """Correlations of the rows of a matrix: covariances over the products of the standard deviations, within [-1, 1]."""
    c = cov(input)
    if c.ndim == 0:
        return _C.div(c, c)
    spread = _C.sqrt(_C.real(_C.diagonal(c)))
    c = _C.div(_C.div(c, _C.unsqueeze(spread, 1)), _C.unsqueeze(spread, 0))
    if c.dtype.is_complex:
        return _C.complex(_C.clamp(_C.real(c), -1, 1), _C.clamp(_C.imag(c), -1, 1))
    return _C.clamp(c, -1, 1)


@composed(out=True, in_place=True)
def renorm(input, p, dim, maxnorm):
    """Each slice along `dim` whose p-norm is above `maxnorm` scaled down to it."""
    if p <= 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    if input.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions")
    dims = [d for d in _range(input.ndim) if d != dim % input.ndim]
    norms = _C.norm(input, p, dims, True)
    # the small number keeps what is scaled from landing above, as in PyTorch
    scale = _C.where(_C.gt(norms, maxnorm), _C.div(maxnorm, _C.add(norms, 1e-7)), 1.0)
    return _C.mul(input, scale.to(input.dtype))


@composed(method=False, out=True)
def hash_tensor(input, dim=(), *, keepdim=False, mode=0):
    """The exclusive or of the elements as words of 64 bits (float64, or int64), a uint64; mode 0 is all there is.

    >>> torch.hash_tensor(torch.tensor([1, 2, 4]))
    tensor(7, dtype=torch.uint64)
    """
    if mode != 0:
        raise RuntimeError(f"hash_tensor: unknown mode {mode}; it must be 0")
    if input.dtype.is_complex:
        raise NotImplementedError(f"hash_tensor: not implemented for {input.dtype}; hash its view_as_real")
    if input.dtype.is_floating_point:
        words = _C._to(input, None, _C.float64).view(_C.int64)
    else:
        words = _C._to(input, None, _C.int64)
    return _C._xor(words, dim, keepdim).view(_C.uint64)
