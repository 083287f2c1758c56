"""Convolutions, and the two products that are their gradients: from the definition, a place of the kernel at a time."""

import itertools

import numpy as np

from .case import FLOATING, Bad, Case, S, args


def _reached(out, source, tap, stride, padding, dilation):
    """Slices of the results and of the source that a place of the kernel joins."""
    of_out, of_source = [slice(None)] * 2, [slice(None)] * 2
    for q, n, t, s, p, d in zip(out, source, tap, stride, padding, dilation):
        offset = t * d - p
        first = max(0, -(offset // s))
        last = min(q, (n - 1 - offset) // s + 1)
        of_out.append(slice(first, max(first, last)))
        of_source.append(slice(first * s + offset, max(first, last) * s + offset, s) if last > first else slice(0, 0))
    return tuple(of_out), tuple(of_source)


def _each(out, source, kernel, groups, stride, padding, dilation):
    """(group, place of the kernel, its results, its source)."""
    for group in range(groups):
        for tap in itertools.product(*map(range, kernel)):
            yield group, tap, *_reached(out, source, tap, stride, padding, dilation)


def _part(x, group, groups, dim=1):
    n = x.shape[dim] // groups
    return x[(slice(None),) * dim + (slice(group * n, (group + 1) * n),)]


def _with_bias(out, bias):
    return out if bias is None else out + bias.reshape(-1, *[1] * (out.ndim - 2))


def conv(x, w, bias, stride, padding, dilation, groups, size):
    out = np.zeros((x.shape[0], w.shape[0], *size), x.dtype)
    for group, tap, to, source in _each(size, x.shape[2:], w.shape[2:], groups, stride, padding, dilation):
        rows = _part(w, group, groups, 0)[(..., *tap)]
        _part(out, group, groups)[to] += np.einsum("nc...,mc->nm...", _part(x, group, groups)[source], rows)
    return _with_bias(out, bias)


def conv_transpose(g, w, bias, stride, padding, dilation, groups, size):
    out = np.zeros((g.shape[0], w.shape[1] * groups, *size), g.dtype)
    for group, tap, source, to in _each(g.shape[2:], size, w.shape[2:], groups, stride, padding, dilation):
        rows = _part(w, group, groups, 0)[(..., *tap)]
        _part(out, group, groups)[to] += np.einsum("nm...,mc->nc...", _part(g, group, groups)[source], rows)
    return _with_bias(out, bias)


def conv_weight(g, x, stride, padding, dilation, groups, size):
    out = np.zeros((g.shape[1], x.shape[1] // groups, *size), g.dtype)
    for group, tap, of_grad, of_input in _each(g.shape[2:], x.shape[2:], size, groups, stride, padding, dilation):
        grad, source = _part(g, group, groups)[of_grad], _part(x, group, groups)[of_input]
        places = "xyz"[: len(size)]
        _part(out, group, groups, 0)[(..., *tap)] += np.einsum(f"nm{places},nc{places}->mc", grad, source)
    return out


def bounded(product, terms):
    """The bound of a chain, from the same product of the sizes: n |A| |B| (Higham 2002, ch. 3)."""

    def bound(a, b, *rest):
        sizes = [np.abs(r) if isinstance(r, np.ndarray) else r for r in rest]
        return (terms(a, b) + 4) * product(np.abs(a), np.abs(b), *sizes)

    return bound


def by_weight(x, w):
    return w.size


def by_positions(g, x):
    return g.size


def reached_size(size, kernel, stride, padding, dilation):
    return [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in zip(size, kernel, stride, padding, dilation)]


def peer_conv(lib):
    def call(x, w, b, stride, padding, dilation, groups, size):
        spare = [n for _ in range(x.ndim - 2) for n in (0, 2)]  # an uneven `same` reads beyond the padding
        wide = lib.nn.functional.pad(x, spare)
        out = lib.ops.aten.convolution(wide, w, b, stride, padding, dilation, False, [0] * len(size), groups)
        return out[(..., *map(slice, size))]

    return call


def peer_transpose(lib):
    def call(g, w, b, stride, padding, dilation, groups, size):
        least = [
            (n - 1) * s - 2 * p + d * (k - 1) + 1
            for n, k, s, p, d in zip(g.shape[2:], w.shape[2:], stride, padding, dilation)
        ]
        extra = [n - m for n, m in zip(size, least)]
        dtype = g.dtype
        if dtype == lib.float16:  # PyTorch rounds every sum on the way
            g, w, b = g.float(), w.float(), None if b is None else b.float()
        return lib.ops.aten.convolution(g, w, b, stride, padding, dilation, True, extra, groups).to(dtype)

    return call


def peer_weight(lib):
    def call(g, x, stride, padding, dilation, groups, size):
        w = lib.zeros((g.shape[1], x.shape[1] // groups, *size), dtype=x.dtype)
        return lib.ops.aten.convolution_backward(
            g, x, w, None, stride, padding, dilation, False, [0] * len(size), groups, [False, True, False]
        )[1]

    return call


#: batch, channels, sizes, rows, kernel, stride, padding, dilation, groups
SHAPES = [
    (2, 3, (5, 6), 4, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    (2, 4, (7, 6), 6, (3, 2), (2, 3), (2, 0), (1, 2), 2),
    (1, 4, (5, 4), 4, (3, 3), (1, 2), (1, 1), (2, 1), 4),
    (3, 2, (9,), 17, (4,), (2,), (3,), (1,), 1),
    (2, 2, (3, 4, 5), 2, (2, 1, 3), (1, 2, 1), (0, 0, 1), (1, 1, 2), 1),
    (2, 3, (1, 1), 2, (1, 1), (1, 1), (0, 0), (1, 1), 1),
    (1, 30, (6, 7), 3, (3, 3), (3, 3), (1, 1), (1, 1), 1),
    (0, 2, (4, 4), 3, (3, 3), (1, 1), (1, 1), (1, 1), 1),
]
BIG = [
    (3, 16, (40, 41), 24, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    (2, 40, (30, 30), 40, (3, 3), (2, 2), (1, 1), (1, 1), 40),
    (2, 6, (1500,), 10, (5,), (2,), (2,), (1,), 2),
]


def forward(batch, channels, sizes, rows, kernel, stride, padding, dilation, groups, bias=False, row=False):
    size = reached_size(sizes, kernel, stride, padding, dilation)
    weight, added = S(rows, channels // groups, *kernel), S(rows) if bias else None
    return args(S(batch, channels, *sizes, row=row), weight, added, stride, padding, dilation, groups, size)


def backward(batch, channels, sizes, rows, kernel, stride, padding, dilation, groups, bias=False, row=False):
    size = reached_size(sizes, kernel, stride, padding, dilation)
    weight, added = S(rows, channels // groups, *kernel), S(channels) if bias else None
    return args(S(batch, rows, *size, row=row), weight, added, stride, padding, dilation, groups, sizes)


def of_weight(batch, channels, sizes, rows, kernel, stride, padding, dilation, groups):
    size = reached_size(sizes, kernel, stride, padding, dilation)
    return args(S(batch, rows, *size), S(batch, channels, *sizes), stride, padding, dilation, groups, kernel)


X, W = S(1, 1, 4, 4), S(1, 1, 2, 2)
ONE, NONE = (1, 1), (0, 0)
#: an uneven `same`: more is read behind than before
SAME = args(S(2, 3, 5, 6), S(2, 3, 2, 4), None, ONE, (0, 1), ONE, 1, (5, 6))
BAD = [
    Bad(X, W, None, (0, 1), NONE, ONE, 1, (3, 3), raises=RuntimeError, match="non-positive stride"),
    Bad(X, W, None, ONE, (0, -1), ONE, 1, (3, 3), raises=RuntimeError, match="negative padding"),
    Bad(X, W, None, ONE, NONE, (0, 1), 1, (3, 3), raises=RuntimeError, match="dilation should be greater than zero"),
    Bad(X, W, None, ONE, NONE, ONE, 0, (3, 3), raises=RuntimeError, match="groups"),
    Bad(X, W, S(2), ONE, NONE, ONE, 1, (3, 3), raises=RuntimeError, match="expected bias to be 1-dimensional with 1 elements"),
    Bad(S(1, 2, 4, 4), W, None, ONE, NONE, ONE, 1, (3, 3), raises=RuntimeError, match="to have 1 channels, but got 2"),
    Bad(X, S(1, 1, 2, 2, dtype="float64"), None, ONE, NONE, ONE, 1, (3, 3), raises=RuntimeError, match="should be the same|expected"),
    Bad(X, W, None, (1,), NONE, ONE, 1, (3, 3), raises=RuntimeError, match="one a spatial dim|match|stride", peer=False),
]  # fmt: skip
DTYPES = (*FLOATING, "int64", "int32", "uint8")
GRADS = SHAPES[:6]

CASES = [
    Case("_conv", conv, [forward(*s) for s in SHAPES] + [forward(*s, bias=True) for s in SHAPES[:5]] + [SAME], rows="conv",
         peer=peer_conv, dtypes=DTYPES, bound=bounded(conv, by_weight), ulp=0.51, grad=True,
         grad_samples=[forward(*s, bias=i % 2 == 0) for i, s in enumerate(GRADS)] + [SAME], large=[forward(*s) for s in BIG],
         batch=[forward(5, *s[1:], row=True) for s in SHAPES[:6] + BIG[1:]], bad=BAD),
    Case("_conv_transpose", conv_transpose, [backward(*s) for s in SHAPES] + [backward(*s, bias=True) for s in SHAPES[:5]],
         rows="conv_transpose", peer=peer_transpose, dtypes=DTYPES, bound=bounded(conv_transpose, by_weight), ulp=0.51, grad=True,
         grad_samples=[backward(*s, bias=i % 2 == 0) for i, s in enumerate(GRADS)], large=[backward(*s) for s in BIG],
         batch=[backward(5, *s[1:], row=True) for s in SHAPES[:6] + BIG[1:]], bad=BAD[:6]),
    Case("_conv_weight", conv_weight, [of_weight(*s) for s in SHAPES], rows="conv_weight", peer=peer_weight, dtypes=FLOATING,
         bound=bounded(conv_weight, by_positions), ulp=0.51, grad=True, grad_samples=[of_weight(*s) for s in GRADS],
         large=[of_weight(*s) for s in BIG],
         bad=[Bad(S(1, 1, 3, 3), S(2, 1, 4, 4), ONE, NONE, ONE, 1, (2, 2), raises=RuntimeError, match="images|batch|size"),
              Bad(S(1, 3, 3, 3), S(1, 2, 4, 4), ONE, NONE, ONE, 2, (2, 2), raises=RuntimeError, match="divisible")]),
]  # fmt: skip
