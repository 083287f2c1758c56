"""A tensor read at places of a grid, and windows as columns: from the definitions, a place at a time."""

import itertools

import numpy as np

from .case import COMPLEX, FLOATING, Bad, Case, S, args


def _reflected(x, low, high):
    """x mirrored between two numbers until it lies between them."""
    if low == high:
        return 0.0
    span = high - low
    off = abs(x - low) % (2 * span)
    return low + (off if off <= span else 2 * span - off)


def _inside(x, n, padding, aligned):
    if padding == 2:
        x = _reflected(x, 0, n - 1) if aligned else _reflected(x, -0.5, n - 0.5)
    return min(max(x, 0), n - 1) if padding else x


def _cubic(x):
    x, a = abs(x), -0.75
    return ((a + 2) * x - (a + 3)) * x * x + 1 if x <= 1 else a * (((x - 5) * x + 8) * x - 4) if x < 2 else 0.0


def _taps(x, n, mode, padding, aligned):
    """{element: weight} for a coordinate along an axis of n elements."""
    place = (x + 1) / 2 * (n - 1) if aligned else ((x + 1) * n - 1) / 2
    found = {}
    if mode == 2:
        for i in range(int(np.floor(place)) - 1, int(np.floor(place)) + 3):
            at = int(_inside(float(i), n, padding, aligned))
            found[at] = found.get(at, 0) + _cubic(place - i)
    else:
        place = _inside(place, n, padding, aligned)
        if mode == 1:
            found[int(np.rint(place))] = 1.0
        else:
            low = int(np.floor(place))
            found = {low: low + 1 - place, low + 1: place - low}
    return {i: w for i, w in found.items() if 0 <= i < n}


def _each(sizes, grid, mode, padding, aligned):
    """(image, place of the grid, element, weight)."""
    for image, *q in itertools.product(*map(range, grid.shape[:-1])):
        along = [_taps(x, n, mode, padding, aligned) for x, n in zip(grid[(image, *q)][::-1], sizes)]
        for combination in itertools.product(*(t.items() for t in along)):
            yield image, q, [i for i, _ in combination], np.prod([w for _, w in combination])


def grid_sampler(x, grid, mode, padding, aligned):
    out = np.zeros((*x.shape[:2], *grid.shape[1:-1]), x.dtype)
    for image, q, at, w in _each(x.shape[2:], grid, mode, padding, aligned):
        out[(image, slice(None), *q)] += w * x[(image, slice(None), *at)]
    return out


def grid_sampler_input(g, grid, mode, padding, aligned, size):
    out = np.zeros((*g.shape[:2], *size), g.dtype)
    for image, q, at, w in _each(size, grid, mode, padding, aligned):
        out[(image, slice(None), *at)] += w * g[(image, slice(None), *q)]
    return out


def _change(function, grid, axis):
    """The derivative of a function of the grid along one axis: by differences, exact for what is cubic between kinks."""
    h = np.longdouble(1e-3)
    step = np.where(np.arange(grid.shape[-1]) == axis, h, 0)
    near, far = (function(grid + k * step) - function(grid - k * step) for k in (1, 2))
    return (8 * near - far) / (12 * h)


def grid_sampler_along(x, grid, direction, mode, padding, aligned):
    x, grid = x.astype(np.longdouble), grid.astype(np.longdouble)
    read = lambda at: grid_sampler(x, at, mode, padding, aligned)
    return sum(direction[:, None, ..., a] * _change(read, grid, a) for a in range(grid.shape[-1]))


def grid_sampler_grid(g, x, grid, mode, padding, aligned):
    x, grid = x.astype(np.longdouble), grid.astype(np.longdouble)
    read = lambda at: grid_sampler(x, at, mode, padding, aligned)
    return np.stack([np.sum(g * _change(read, grid, a), 1) for a in range(grid.shape[-1])], -1)


def grid_sampler_input_along(g, grid, direction, mode, padding, aligned, size):
    g, grid = g.astype(np.longdouble), grid.astype(np.longdouble)

    def written(a):
        return lambda at: grid_sampler_input(g * direction[:, None, ..., a], at, mode, padding, aligned, size)

    return sum(_change(written(a), grid, a) for a in range(grid.shape[-1]))


def windows(sizes, kernel, dilation, padding, stride):
    return [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, d, p, s in zip(sizes, kernel, dilation, padding, stride)]


def unfolded(sizes, kernel, dilation, padding, stride):
    count = windows(sizes, kernel, dilation, padding, stride)
    for tap in itertools.product(*map(range, kernel)):
        for q in itertools.product(*map(range, count)):
            at = [i * s - p + t * d for i, s, p, t, d in zip(q, stride, padding, tap, dilation)]
            if all(0 <= a < n for a, n in zip(at, sizes)):
                yield tap[0] * kernel[1] + tap[1], q[0] * count[1] + q[1], at


def im2col(x, *geometry):
    count, taps = np.prod(windows(x.shape[2:], *geometry)), np.prod(geometry[0])
    out = np.zeros((x.shape[0], x.shape[1], taps, count), x.dtype)
    for tap, q, at in unfolded(x.shape[2:], *geometry):
        out[:, :, tap, q] = x[:, :, at[0], at[1]]
    return out.reshape(x.shape[0], x.shape[1] * taps, count)


def col2im(c, size, *geometry):
    taps = int(np.prod(geometry[0]))
    columns = c.reshape(c.shape[0], c.shape[1] // taps, taps, c.shape[2])
    out = np.zeros((*columns.shape[:2], *size), c.dtype)
    for tap, q, at in unfolded(size, *geometry):
        out[:, :, at[0], at[1]] += columns[:, :, tap, q]
    return out


def places(sizes, *shape, aligned, seed, row=False, grad=True):
    """Places inside and a little outside, clear of where a kernel has its kinks."""
    rng = np.random.default_rng(seed)
    values = np.empty((*shape, len(sizes)))
    for a, n in enumerate(reversed(sizes)):
        place = rng.integers(-2, n + 1, shape) + rng.uniform(0.15, 0.35, shape)
        values[..., a] = place * 2 / (n - 1) - 1 if aligned and n > 1 else (place * 2 + 1) / n - 1
    made = S(values=values, grad=grad)
    made.row = row
    return made


#: input, grid, modes
READ = [
    ((2, 3, 4, 5), (2, 3, 2), (0, 1, 2)),
    ((2, 1, 3, 3), (2, 1, 4), (0, 1, 2)),
    ((1, 2, 3, 2, 4), (1, 2, 3, 2), (0, 1)),
    ((1, 0, 2, 2), (1, 2, 2), (0,)),
]
BIG = ((3, 4, 40, 41), (3, 60, 70))


def each_way(make, shapes):
    return [
        make(x, g, m, p, aligned)
        for x, g, modes in shapes
        for m in modes
        for p in range(3)
        for aligned in (False, True)
    ]


def reading(x, g, m, p, aligned, row=False):
    return args(S(*x, row=row), places(x[2:], *g, aligned=aligned, seed=m, row=row), m, p, aligned)


def reading_back(x, g, m, p, aligned, row=False):
    return args(S(*x[:2], *g[1:], row=row), places(x[2:], *g, aligned=aligned, seed=m, row=row), m, p, aligned, x[2:])


def reading_grid(x, g, m, p, aligned, row=False):
    at = places(x[2:], *g, aligned=aligned, seed=m, row=row, grad=False)
    return args(S(*x[:2], *g[1:], row=row), S(*x, row=row), at, m, p, aligned)


def along(x, g, m, p, aligned, row=False):
    at = places(x[2:], *g, aligned=aligned, seed=m, row=row, grad=False)
    return args(S(*x, row=row), at, S(*g, len(x) - 2, row=row), m, p, aligned)


def back_along(x, g, m, p, aligned, row=False):
    at = places(x[2:], *g, aligned=aligned, seed=m, row=row, grad=False)
    return args(S(*x[:2], *g[1:], row=row), at, S(*g, len(x) - 2, row=row), m, p, aligned, x[2:])


def rows(make):
    return [make(x, g, m, 2, False, row=True) for x, g, modes in READ[:2] for m in modes]


def bound(function):
    """The places themselves are rounded: by their size in elements, times the slope of what is read."""
    return lambda *given: np.full(np.shape(function(*given)), 3000.0)


IMAGE, PLACES = S(1, 2, 4, 4), S(1, 3, 3, 2)
FOLDS = [
    ((2, 3, 5, 6), (2, 3), (1, 1), (0, 0), (1, 1)),
    ((1, 2, 6, 5), (2, 2), (2, 1), (1, 2), (3, 2)),
    ((0, 2, 3, 3), (2, 2), (1, 1), (0, 0), (1, 1)),
]
BIG_FOLD = ((6, 5, 30, 31), (3, 3), (1, 1), (1, 1), (2, 2))


def folding(shape, *geometry, row=False):
    count, taps = int(np.prod(windows(shape[2:], *geometry))), int(np.prod(geometry[0]))
    return args(S(shape[0], shape[1] * taps, count, row=row), shape[2:], *geometry)


def aten(name):
    return lambda lib: getattr(lib.ops.aten, name)


# fmt: off
CASES = [
    Case("grid_sampler", grid_sampler, each_way(reading, READ), dtypes=("float32", "float64"), bound=bound(grid_sampler), ulp=1, grad=True, second=False, large=[reading(*BIG, m, 0, False) for m in range(3)], batch=rows(reading), peer_close=1e-4, bad=[Bad(IMAGE, PLACES, 3, 0, False, raises=RuntimeError, match="interpolation_mode must be", peer=False), Bad(IMAGE, S(2, 3, 3, 2), 0, 0, False, raises=RuntimeError, match="same batch size"), Bad(IMAGE, S(1, 3, 3, 3), 0, 0, False, raises=RuntimeError, match="size 2 in last dimension"), Bad(S(1, 2, 0, 4), PLACES, 0, 0, False, raises=RuntimeError, match="non-empty spatial dimensions"), Bad(IMAGE, S(1, 3, 3, 2, dtype="float64"), 0, 0, False, raises=RuntimeError, match="expected scalar type"), Bad(S(1, 2, 2, 2, 2), S(1, 2, 2, 2, 3), 2, 0, False, raises=RuntimeError, match="bicubic interpolation only supports 4D"), Bad(S(2, 3), S(2, 3), 0, 0, False, raises=RuntimeError, match="4D or 5D|same number of dimensions")]),
    Case("_grid_sampler_input", grid_sampler_input, each_way(reading_back, READ[:3]), rows="grid_sampler_input", peer=False, dtypes=("float32", "float64"), bound=bound(grid_sampler_input), ulp=1, grad=True, second=False, large=[reading_back(*BIG, m, 0, False) for m in range(3)], batch=rows(reading_back), bad=[Bad(S(1, 2, 3, 4), PLACES, 0, 0, False, (4, 4), raises=RuntimeError, match="does not fit")]),
    Case("_grid_sampler_grid", grid_sampler_grid, each_way(reading_grid, READ[:3]), rows="grid_sampler_grid", peer=False, dtypes=("float32", "float64"), bound=bound(grid_sampler_grid), ulp=1, grad=True, large=[reading_grid(*BIG, m, 0, False) for m in range(3)], batch=rows(reading_grid), bad=[Bad(S(1, 2, 3, 4), IMAGE, PLACES, 0, 0, False, raises=RuntimeError, match="does not fit")]),
    Case("_grid_sampler_along", grid_sampler_along, each_way(along, READ[:3]), rows="grid_sampler_along", peer=False, dtypes=("float32", "float64"), bound=bound(grid_sampler_along), ulp=1, grad=True, large=[along(*BIG, m, 0, False) for m in range(3)], batch=rows(along), bad=[Bad(IMAGE, PLACES, S(1, 3, 2, 2), 0, 0, False, raises=RuntimeError, match="direction")]),
    Case("_grid_sampler_input_along", grid_sampler_input_along, each_way(back_along, READ[:3]), rows="grid_sampler_input_along", peer=False, dtypes=("float32", "float64"), bound=bound(grid_sampler_input_along), ulp=1, grad=True, large=[back_along(*BIG, m, 0, False) for m in range(3)], batch=rows(back_along)),
    Case("_im2col", im2col, [args(S(*s), *g) for s, *g in FOLDS], rows="im2col", peer=aten("im2col"), dtypes=(*FLOATING, "bool", *COMPLEX), grad=True, large=[args(S(*BIG_FOLD[0]), *BIG_FOLD[1:])], batch=[args(S(3, *s[1:], row=True), *g) for s, *g in FOLDS], bad=[Bad(IMAGE, (0, 1), (1, 1), (0, 0), (1, 1), raises=RuntimeError, match="kernel size should be greater"), Bad(IMAGE, (6, 1), (1, 1), (0, 0), (1, 1), raises=RuntimeError, match="must be at least one"), Bad(IMAGE, (2, 2), (1, 1), (0, -1), (1, 1), raises=RuntimeError, match="non-negative"), Bad(IMAGE, (2, 2), (1, 1), (0, 0), (0, 1), raises=RuntimeError, match="stride should be greater"), Bad(S(1, 2, 4, 4, dtype="int64"), (2, 2), (1, 1), (0, 0), (1, 1), raises=NotImplementedError, match="not implemented for 'Long'")]),
    Case("_col2im", col2im, [folding(*f) for f in FOLDS], rows="col2im", peer=aten("col2im"), dtypes=FLOATING, bound=lambda c, *rest: 16 * col2im(np.abs(c), *rest), ulp=0.51, grad=True, large=[folding(*BIG_FOLD)], batch=[folding((3, *s[1:]), *g, row=True) for s, *g in FOLDS], bad=[Bad(S(1, 7, 9), (4, 4), (2, 2), (1, 1), (0, 0), (1, 1), raises=RuntimeError, match="divisible by the product"), Bad(S(1, 8, 8), (4, 4), (2, 2), (1, 1), (0, 0), (1, 1), raises=RuntimeError, match="calculated number of sliding blocks 3 \\* 3 = 9")]),
]
# fmt: on
