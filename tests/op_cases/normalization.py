"""Normalisation, and its backward op on the statistics of its own input."""

import numpy as np

from .case import FLOATING, Bad, Case, S, args


def grouped(x, by, count):
    """x as [..] with the axes of a group, and the shape in which weights broadcast."""
    if by == "layer":
        return x, tuple(range(x.ndim - count, x.ndim)), x.shape[x.ndim - count :]
    if by == "group":
        shape = (x.shape[0], count, x.shape[1] // count, -1)
        return x.reshape(shape), (2, 3), (1, count, x.shape[1] // count, 1)
    return x, (0, *range(2, x.ndim)), (1, x.shape[1]) + (1,) * (x.ndim - 2)


def normal(x, by, count, weight=None, bias=None, eps=1e-5, centred=True, statistics=None):
    form, axes, weights = grouped(x, by, count)
    with np.errstate(all="ignore"):
        mean = form.mean(axes, keepdims=True) if centred else 0
        var = ((form - mean) ** 2).mean(axes, keepdims=True)
        if statistics is not None:
            mean, var = (s.reshape(weights) for s in statistics)
        made = (form - mean) / np.sqrt(var + eps)
    made = made if weight is None else made * weight.reshape(weights)
    return (made if bias is None else made + bias.reshape(weights)).reshape(x.shape)


def layer_norm(x, shape, weight=None, bias=None, eps=1e-5):
    return normal(x, "layer", len(shape), weight, bias, eps)


def rms_norm(x, shape, weight, eps):
    return normal(x, "layer", len(shape), weight, None, eps, centred=False)


def group_norm(x, groups, weight=None, bias=None, eps=1e-5):
    return normal(x, "group", groups, weight, bias, eps)


def batch_norm(x, weight, bias, mean, var, training, momentum, eps):
    return normal(x, "batch", 0, weight, bias, eps, statistics=None if training else (mean, var))


def back(g, x, weight, by, count, eps, centred=True, given=None):
    """Gradients of input, weight and bias, by the formula."""
    gradient, axes, weights = grouped(g, by, count)
    form = grouped(x, by, count)[0]
    mean = form.mean(axes, keepdims=True) if centred else 0
    var = ((form - mean) ** 2).mean(axes, keepdims=True)
    if given is not None:
        mean, var = (s.reshape(weights) for s in given)
    spread = np.sqrt(var + eps)
    unit = (form - mean) / spread
    h = gradient if weight is None else gradient * weight.reshape(weights)
    if given is None:
        h = h - (h.mean(axes, keepdims=True) if centred else 0) - unit * (h * unit).mean(axes, keepdims=True)
    others = (
        tuple(d for d in range(form.ndim) if d < form.ndim - count)
        if by == "layer"
        else (0, 3)
        if by == "group"
        else axes
    )
    size = weights if by == "layer" else x.shape[1]
    sums = (
        ((gradient * unit).sum(others).reshape(size), gradient.sum(others).reshape(size)) if weight is not None else ()
    )
    return ((h / spread).reshape(x.shape), *sums[: 2 if centred else 1])


def backward_of(lib):
    """The op on statistics made of its input, which for derivatives are a part of it."""

    def function(g, x, weight, by, count, eps, centred=True, given=None):
        C, value = lib._C, x.detach()
        if given is not None:
            mean, var = given
        elif by == "layer":
            mean, var = (
                C._layer_norm(value, x.shape[-count:])[1:]
                if centred
                else (None, C._rms_norm(value, x.shape[-count:], None, eps)[1])
            )
        elif by == "group":
            mean, var = C._group_norm(value, count)[1:]
        else:
            mean, var = C._batch_norm(value, None, None, None, None, True, 0.1, eps)[1:]
        found = C._normalize_backward(g, x, mean, var, weight, by, count, eps, given is not None, weight is not None)
        return found[: 1 if weight is None else 3 if centred else 2]

    return function


def first(name):
    return lambda lib: lambda *a, **k: getattr(lib._C, name)(*a, **k)[0]


def functional(name):
    return lambda lib: getattr(lib.nn.functional, name)


def peer_batch(lib):
    def function(x, weight, bias, mean, var, training, momentum, eps):
        mean, var = (None if t is None else t.clone() for t in (mean, var))
        return lib.nn.functional.batch_norm(x, mean, var, weight, bias, training, momentum, eps)

    return function


def near(x, *rest, **more):
    """Some roundings, of the sizes that numbers have on the way."""
    return 64.0 * (1 + np.abs(x).max(initial=0.0))


def weights(n):
    return S(n, low=0.5, high=1.5)


X = S(4, 3, 5)
LAYER = [args(X, (5,)), args(X, (5,), weights(5), S(5)), args(X, (3, 5), S(3, 5)), args(S(0, 5), (5,), weights(5)), args(S(5), (5,)), args(S(40, 70), (70,), weights(70), S(70))]  # fmt: skip
RMS = [args(X, (5,), None, 1e-5), args(X, (3, 5), S(3, 5), 1e-3), args(S(40, 70), (70,), weights(70), 1e-6)]
GROUP = [args(S(2, 6, 4), 3), args(S(2, 6, 4), 3, weights(6), S(6)), args(S(2, 4), 2, weights(4)), args(S(3, 4, 3, 9), 1, weights(4), S(4)), args(S(2, 6, 20), 6)]  # fmt: skip
MEAN, VAR = S(3, grad=False), S(3, low=0.5, high=2, grad=False)
BATCH = [args(S(4, 3, 5), weights(3), S(3), None, None, True, 0.1, 1e-5), args(S(7, 3), None, None, None, None, True, 0.1, 1e-5), args(S(2, 3, 5, 4), weights(3), None, None, None, True, 0.1, 1e-3), args(S(4, 3, 5), weights(3), S(3), MEAN, VAR, False, 0.1, 1e-5), args(S(1, 3, 20), weights(3), S(3), None, None, True, 0.1, 1e-5)]  # fmt: skip
BACK = [args(S(4, 3, 5), X, weights(5), "layer", 1, 1e-5), args(S(4, 3, 5), X, None, "layer", 2, 1e-5), args(S(4, 3, 5), X, weights(5), "layer", 1, 1e-3, False), args(S(2, 6, 4), S(2, 6, 4), weights(6), "group", 3, 1e-5), args(S(2, 6, 4), S(2, 6, 4), None, "group", 2, 1e-5), args(S(4, 3, 5), X, weights(3), "batch", 0, 1e-5), args(S(4, 3, 20), S(4, 3, 20), weights(3), "batch", 0, 1e-5), args(S(4, 3, 5), X, weights(3), "batch", 0, 1e-5, True, (MEAN, VAR))]  # fmt: skip

# fmt: off
CASES = [
    Case("_layer_norm", layer_norm, LAYER, rows="layer_norm", of=first("_layer_norm"), peer=functional("layer_norm"), dtypes=FLOATING, bound=near, ulp=1, grad=True, grad_samples=LAYER[:3], large=[args(S(301, 401), (401,), weights(401), S(401)), args(S(9, 70, 90), (70, 90))], batch=[args(S(5, 3, row=True), (3,), weights(3))], bad=[Bad(S(2, 3), (4,), raises=RuntimeError, match=r"Given normalized_shape=\[4\]"), Bad(S(2, 3), (3,), S(4), raises=RuntimeError, match="Expected weight to be of same shape as normalized_shape"), Bad(S(2, 3), (), raises=RuntimeError, match="at least 1-dimensional"), Bad(S(2, 3), (3,), S(3, dtype="float64"), raises=RuntimeError, match="mixed dtype"), Bad(S(2, 3), (3,), tested="int64", raises=NotImplementedError, match="not implemented")]),
    Case("_rms_norm", rms_norm, RMS, rows="rms_norm", of=first("_rms_norm"), peer=functional("rms_norm"), dtypes=FLOATING, bound=near, ulp=1, grad=True, large=[args(S(301, 401), (401,), weights(401), 1e-5)], batch=[args(S(5, 3, row=True), (3,), None, 1e-5)], bad=[Bad(S(2, 3), (4,), None, 1e-5, raises=RuntimeError, match=r"Given normalized_shape=\[4\]")]),
    Case("_group_norm", group_norm, GROUP, rows="group_norm", of=first("_group_norm"), peer=functional("group_norm"), dtypes=FLOATING, bound=near, ulp=1, grad=True, large=[args(S(9, 8, 70, 9), 4, weights(8), S(8))], batch=[args(S(5, 4, 3, row=True), 2, weights(4))], bad=[Bad(S(2, 3, 4), 2, raises=RuntimeError, match="divisible by num_groups"), Bad(S(3), 1, raises=RuntimeError, match="at least 2 dimensions", peer=False), Bad(S(2, 3, 4), 3, S(4), raises=RuntimeError, match="vector of size equal to the number of channels"), Bad(S(2, 3, 4), 0, raises=RuntimeError, match="greater than 0", peer=False)]),
    Case("_batch_norm", batch_norm, BATCH, rows="batch_norm", of=first("_batch_norm"), peer=peer_batch, dtypes=FLOATING, bound=near, ulp=1, grad=True, large=[args(S(20, 3, 50, 60), weights(3), S(3), None, None, True, 0.1, 1e-5), args(S(3001, 67), weights(67), S(67), None, None, True, 0.1, 1e-5)], batch=[args(S(5, 3, 4, row=True), weights(3), S(3), MEAN, VAR, False, 0.1, 1e-5)], bad=[Bad(S(2, 3, 4), None, None, None, None, False, 0.1, 1e-5, raises=RuntimeError, match="running_mean must be defined in evaluation mode"), Bad(S(2, 3, 4), S(4), None, None, None, True, 0.1, 1e-5, raises=RuntimeError, match="weight should contain 3 elements not 4")]),
    Case("_normalize_backward", back, BACK, rows="normalize_backward", of=backward_of, peer=False, dtypes=FLOATING, bound=lambda g, x, *a: 512 * (1 + np.abs(x).max(initial=0.0)), ulp=1, grad=True, second=False, large=[args(S(301, 401), S(301, 401), weights(401), "layer", 1, 1e-5), args(S(9001, 9), S(9001, 9), weights(9), "layer", 1, 1e-5), args(S(8, 8, 70, 30), S(8, 8, 70, 30), weights(8), "batch", 0, 1e-5)]),
]
# fmt: on
