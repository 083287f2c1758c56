"""Reductions, scans and sorting: derivatives and one line of description each."""

from rushlight import _C

from . import pointwise  # noqa: F401  the rules of maximum are there when `max` inherits them
from ._named import named
from ._table import op


def _restored(g, ndim, dim, keepdim):
    """`g` with the reduced dims of `ndim` back, of size 1."""
    if keepdim or ndim == 0:
        return g
    dims = (dim,) if isinstance(dim, int) else tuple(range(ndim)) if not dim else tuple(dim)
    for d in sorted(d % ndim for d in dims):
        g = _C.unsqueeze(g, d)
    return g


def _sum_back(g, input_shape, dim, keepdim):
    return _C.expand(_restored(g, len(input_shape), dim, keepdim), input_shape)


def _mean_back(g, input_shape, dim, keepdim):
    count = input_shape.numel() // max(g.numel(), 1)
    return _C.expand(_C.div(_restored(g, len(input_shape), dim, keepdim), count), input_shape)


def _prod_back(g, input, out, dim, keepdim):
    # through the product of the others, so that zeros are no exception
    if dim is None:
        return _C.reshape(_prod_back(_C.reshape(g, (1,)), _C.reshape(input, (1, -1)), out, 1, False), input.shape)
    n = input.shape[dim] if input.ndim else 1
    if input.ndim == 0:
        return g
    moved = _C.transpose(input, dim, -1)
    others = _C.where(_C._to(_C.eye(n), None, _C.bool), 1, _C.unsqueeze(moved, -2))
    rest = _C.transpose(_C.rows["prod"](others, -1), dim, -1)
    return _C.mul(_restored(g, input.ndim, dim, keepdim), rest)


def _shared_back(g, input, out, dim, keepdim):
    out = _restored(out, input.ndim, dim, keepdim)
    hit = _C.eq(input, out)
    if input.dtype.is_floating_point:
        hit = _C.logical_or(hit, _C.logical_and(_C.isnan(input), _C.isnan(out)))
    count = _C.sum(hit, dim, True)
    return _C.mul(_C.div(_C._to(hit, None, g.dtype), count), _restored(g, input.ndim, dim, keepdim))


def _picked_back(g, input_shape, out, dim, keepdim):
    ndim = len(input_shape)
    if ndim == 0:
        return g[0]
    index = _restored(out[1], ndim, dim, keepdim)
    zeros = _C.zeros(input_shape, dtype=g[0].dtype, device=g[0].device)
    return _C.scatter(zeros, dim, index, _restored(g[0], ndim, dim, keepdim))


def _all_picked_back(g, input, out):
    return _shared_back(g, input, out, None, False)


def _spread_back(g, input, dim, correction, keepdim):
    """Of the variance: 2 (x - mean) / (n - correction)."""
    centre = _C.mean(input, dim, True)
    divisor = max(input.numel() / (centre.numel() or 1) - correction, 0)
    scale = 2 / divisor if divisor else float("nan")
    return _C.mul(_C.mul(_restored(g, input.ndim, dim, keepdim), scale), _C.sub(input, centre))


def _root_back(g, out):
    return _C.masked_fill(_C.div(g, _C.mul(out, 2)), _C.eq(out, 0), 0)  # std'(0) = 0


def _var_mean_back(g, input, dim, correction, keepdim):
    back = None
    if g[0] is not None:
        back = _spread_back(g[0], input, dim, correction, keepdim)
    if g[1] is not None:
        back_mean = _mean_back(g[1], input.shape, dim, keepdim)
        back = back_mean if back is None else _C.add(back, back_mean)
    return back


def _std_mean_back(g, input, out, dim, correction, keepdim):
    first = None if g[0] is None else _root_back(g[0], out[0])
    return _var_mean_back((first, g[1]), input, dim, correction, keepdim)


def _correction(value):
    return 1 if value is None else value


def _nuclear_back(g, input, out, dim, keepdim):
    """U Vh, in the places of the two dims."""
    ndim = input.ndim
    last = [d % ndim for d in (range(ndim) if dim is None else dim)]
    order = [d for d in range(ndim) if d not in last] + last
    u, _, vh = _C._svd(_C.permute(input if input.dtype.is_complex else _C._to(input, None, out.dtype), order))
    g = _C.permute(g, order) if keepdim else _C.unsqueeze(_C.unsqueeze(g, -1), -1)
    return _C.permute(_C.mul(_C.matmul(u, vh), g), [order.index(d) for d in range(ndim)])


def _norm_back(g, input, out, p, dim, keepdim):
    if p == "nuc":
        return _nuclear_back(g, input, out, dim, keepdim)
    p = 2.0 if p is None or p == "fro" else float(p)
    g, out = _restored(g, input.ndim, dim, keepdim), _restored(out, input.ndim, dim, keepdim)
    if input.dtype != out.dtype and not input.dtype.is_complex:
        return _C._to(_norm_back(g, _C._to(input, None, out.dtype), out, p, (), True), None, input.dtype)
    if p == 0:
        return _C.zeros_like(input)
    if p == 1:
        return _C.mul(_C.sgn(input), g)
    if p == 2:
        return _C.mul(input, _C.masked_fill(_C.div(g, out), _C.eq(out, 0), 0))  # 0 at 0
    size = _C.abs(input)
    if p in (float("inf"), float("-inf")):
        hit = _C.logical_or(_C.eq(size, out), _C.logical_and(_C.isnan(size), _C.isnan(out)))
        count = _C.sum(hit, None if not dim and dim != 0 else dim, True)
        return _C.mul(_C.sgn(input), _C.mul(_C._to(hit, None, g.dtype), _C.div(g, count)))
    nothing = _C.eq(size, 0)
    if p < 2:
        steep = _C.masked_fill(_C.pow(_C.masked_fill(size, nothing, 1), p - 1), nothing, 0)
        return _C.mul(_C.mul(_C.sgn(input), steep), _C.mul(g, _C.pow(out, 1 - p)))
    scale = _C.masked_fill(_C.div(g, _C.pow(out, p - 1)), _C.eq(out, 0), 0)
    return _C.mul(_C.mul(input, _C.pow(size, p - 2)), scale)


def _logsumexp_back(g, input, out, dim, keepdim):
    g, out = _restored(g, input.ndim, dim, keepdim), _restored(out, input.ndim, dim, keepdim)
    # where all are -inf, their shares are 0, not NaN
    away = _C.sub(input, _C.masked_fill(out, _C.eq(out, float("-inf")), 0))
    return _C.mul(g, _C.exp(away))


def _nansum_back(g, input, dim, keepdim):
    return _C.mul(_sum_back(g, input.shape, dim, keepdim), _C.logical_not(_C.isnan(input)))


def _cumulated_back(g, dim):
    return g if g.ndim == 0 else _C.flip(_C.cumsum(_C.flip(g, (dim,)), dim), (dim,))


def _cumprod_back(g, input, out, dim):
    if input.ndim == 0:
        return g
    if input.is_meta or not _C.any(_C.eq(input, 0)):
        return _C.div(_cumulated_back(_C.mul(g, out), dim), input)
    # out[k] for k >= i, without its factor i: no quotient, so that zeros are no exception; n * n of them
    n = input.shape[dim]
    diagonal = _C._to(_C.eye(n), None, _C.bool)
    products = _C.cumprod(_C.where(diagonal, 1, _C.unsqueeze(_C.transpose(input, dim, -1), -2)), -1)
    places = _C.arange(n)
    later = _C.ge(places, _C.unsqueeze(places, 1))
    weighted = _C.where(later, _C.mul(products, _C.unsqueeze(_C.transpose(g, dim, -1), -2)), 0)
    return _C.transpose(_C.sum(weighted, -1), dim, -1)


def _logcumsumexp_back(g, input, out, dim):
    if input.ndim == 0 or input.numel() == 0:
        return g

    def from_the_end(x):
        return _C.flip(_C.logcumsumexp(_C.flip(x, (dim,)), dim), (dim,))

    def share(x):
        return _C.exp(_C.add(from_the_end(_C.sub(x, out)), input))

    if g.dtype.is_complex:
        return share(_C.log(g))
    # the logarithm of either sign by itself; the least number, not -inf, so that differences of two are no NaN
    least = {_C.float64: -1.7e308, _C.float16: -65504.0}.get(g.dtype, -3.3e38)
    size = _C.log(_C.abs(g))
    up = _C.where(_C.gt(g, 0), size, least)
    down = _C.where(_C.lt(g, 0), size, least)
    return _C.sub(share(up), share(down))


def _extreme_so_far_back(g, input_shape, out, dim):
    if len(input_shape) == 0:
        return g[0]
    zeros = _C.zeros(input_shape, dtype=g[0].dtype, device=g[0].device)
    return _C.scatter_add(zeros, dim, out[1], g[0])


def _sorted_back(g, input_shape, out, dim):
    return _picked_back(g, input_shape, out, dim, True)


def _expanded(g, shape):
    # what was summed to a shape of fewer dims, or of sizes 1
    return _C.expand(g, shape)


# fmt: off
sum = op(_C.sum, grad=_sum_back, node={"*x": "SumBackward1"}, doc="Sum of all elements, or along dims; integers give int64.")
mean = op(_C.mean, grad=_mean_back, node={"*x": "MeanBackward1"}, doc="Mean of all elements, or along dims.")
op(_C.rows["prod_all"], grad=lambda g, input, out: _prod_back(g, input, out, None, False))
op(_C.rows["prod"], grad=_prod_back, node="ProdBackward1")
prod = op(_C.prod, doc="Product of all elements, or along a dim; integers give int64.")
amax = op(_C.amax, grad=_shared_back, doc="The largest element along dims; equal ones share the gradient.")
amin = op(_C.amin, grad=_shared_back, doc="The smallest element along dims; equal ones share the gradient.")
op(_C.rows["max_all"], grad=_all_picked_back, node="MaxBackward1")
op(_C.rows["min_all"], grad=_all_picked_back, node="MinBackward1")
_C._inherit_rules(_C.rows["max_of"], _C.maximum)
_C._inherit_rules(_C.rows["min_of"], _C.minimum)
op(_C.rows["max_dim"], grad=_picked_back)
op(_C.max, doc="The largest of all elements; or along a dim, with where the first of equals is; or of two tensors, element by element.")
op(_C.rows["min_dim"], grad=_picked_back)
op(_C.min, doc="The smallest of all elements; or along a dim, with where the first of equals is; or of two tensors, element by element.")
argmax = op(_C.argmax, doc="Where the largest element is; the first of equals.")
argmin = op(_C.argmin, doc="Where the smallest element is; the first of equals.")
all = op(_C.all, doc="Are all elements not zero?")
any = op(_C.any, doc="Is any element not zero?")
count_nonzero = op(_C.count_nonzero, doc="How many elements are not zero.")
op(_C._sum_to, grad=lambda g, input_shape: _expanded(g, input_shape))
nansum = op(_C.nansum, grad=_nansum_back, doc="Sum in which NaN counts as 0.")
logsumexp = op(_C.logsumexp, grad=_logsumexp_back, doc="Logarithm of the sum of exponentials along dims, without overflow.")
for _row in ("norm", "norm_named"):
    op(_C.rows[_row], grad=_norm_back, node="LinalgVectorNormBackward0", conjugate=False)
norm = op(_C.norm, doc="The p-norm of all elements, or along dims: ``sum(|x|^p)^(1/p)``; 'fro' is 2, 'nuc' the sum of a matrix's singular values.")

cumsum = op(_C.cumsum, grad=_cumulated_back, doc="Running sum along a dim.")
cumprod = op(_C.cumprod, grad=_cumprod_back, doc="Running product along a dim.")
_C._inherit_rules(_C.cumsum_, _C.cumsum)
_C._inherit_rules(_C.cumprod_, _C.cumprod)
logcumsumexp = op(_C.logcumsumexp, grad=_logcumsumexp_back, doc="Logarithm of the running sum of exponentials along a dim.")
cummax = op(_C.cummax, grad=_extreme_so_far_back, doc="The largest so far along a dim, and where the last of equals is.")
cummin = op(_C.cummin, grad=_extreme_so_far_back, doc="The smallest so far along a dim, and where the last of equals is.")

sort = op(_C.sort, grad=_sorted_back, doc="Values in order along a dim, and where they were; always stable, NaN the largest.")
argsort = op(_C.argsort, doc="Where the values of the sorted tensor were.")
topk = op(_C.topk, grad=_sorted_back, doc="The k largest along a dim in order, and where they were.")
kthvalue = op(_C.kthvalue, grad=_picked_back, doc="The k-th smallest along a dim, from 1, and where the first of equals is.")
op(_C.rows["median_all"], grad=_all_picked_back)
op(_C.rows["median"], grad=_picked_back, node="MedianBackward1")
op(_C.median, doc="The median, of all elements or along a dim with where it is: of an even number the lower one; NaN where there is a NaN.")
op(_C.rows["nanmedian_all"], grad=_all_picked_back)
op(_C.rows["nanmedian"], grad=_picked_back, node="NanmedianBackward1")
op(_C.nanmedian, doc="The median of what is not NaN, of all elements or along a dim with where it is.")
mode = op(_C.mode, grad=_picked_back, doc="The most frequent along a dim, of several the smallest, and where the last of it is.")
searchsorted = op(_C.searchsorted, doc="Where values would be inserted into sorted sequences to keep them sorted: before equals, or (`right`) after.")
bucketize = op(_C.bucketize, doc="In which of the intervals between `boundaries` each element lies.")
bincount = op(_C.bincount, doc="How often each number from 0 on occurs, or the sum of their weights.")
histc = op(_C.histc, doc="Counts in `bins` equal intervals from `min` to `max`; if both are the same, from the least to the largest.")
# fmt: on

_SPREADS = {
    "var": (
        lambda g, input, out, dim, correction, keepdim: _spread_back(g, input, dim, _correction(correction), keepdim),
        lambda g, input, out, unbiased: _spread_back(g, input, None, int(unbiased), False),
        lambda g, input, out, dim, unbiased, keepdim: _spread_back(g, input, dim, int(unbiased), keepdim),
        "Variance along dims, in two passes: the sum of |x - mean|^2, divided by the count less `correction`.",
    ),
    "std": (
        lambda g, input, out, dim, correction, keepdim: _spread_back(
            _root_back(g, out), input, dim, _correction(correction), keepdim
        ),
        lambda g, input, out, unbiased: _spread_back(_root_back(g, out), input, None, int(unbiased), False),
        lambda g, input, out, dim, unbiased, keepdim: _spread_back(
            _root_back(g, out), input, dim, int(unbiased), keepdim
        ),
        "Standard deviation: the square root of the variance.",
    ),
    "var_mean": (
        lambda g, input, dim, correction, keepdim: _var_mean_back(g, input, dim, _correction(correction), keepdim),
        lambda g, input, unbiased: _var_mean_back(g, input, None, int(unbiased), False),
        lambda g, input, dim, unbiased, keepdim: _var_mean_back(g, input, dim, int(unbiased), keepdim),
        "Variance and mean.",
    ),
    "std_mean": (
        lambda g, input, out, dim, correction, keepdim: _std_mean_back(
            g, input, out, dim, _correction(correction), keepdim
        ),
        lambda g, input, out, unbiased: _std_mean_back(g, input, out, None, int(unbiased), False),
        lambda g, input, out, dim, unbiased, keepdim: _std_mean_back(g, input, out, dim, int(unbiased), keepdim),
        "Standard deviation and mean.",
    ),
}
for _name, (*_rules, _doc) in _SPREADS.items():
    for _form, _rule in zip(("", "_all", "_unbiased"), _rules):
        op(_C.rows[_name + _form], grad=_rule, conjugate=False)
    op(getattr(_C, _name), doc=_doc)

for _row in ("max_dim", "min_dim", "sort", "topk", "kthvalue", "median", "nanmedian", "mode", "cummax", "cummin"):
    _name = _row.removesuffix("_dim")
    _C._set_result_type(_C.rows[_row], named(_name, "values", "indices"))
