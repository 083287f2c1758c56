"""Reductions, scans and sorting: derivatives and one line of description each."""

import collections

from rushlight import _C

from ._table import op


def _restored(g, ndim, dim, keepdim):
    """`g` with the reduced dims of `ndim` back, of size 1."""
    if keepdim or ndim == 0:
        return g
    dims = tuple(range(ndim)) if dim is None or dim == () else (dim,) if isinstance(dim, int) else tuple(dim)
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
    hit = _C.eq(input, _restored(out, input.ndim, dim, keepdim))
    count = _C.sum(hit, dim, True)
    return _C.mul(_C.div(_C._to(hit, None, g.dtype), count), _restored(g, input.ndim, dim, keepdim))


def _picked_back(g, input_shape, out, dim, keepdim):
    ndim = len(input_shape)
    if ndim == 0:
        return g[0]
    index = _restored(out[1], ndim, dim, keepdim)
    zeros = _C.zeros(input_shape, dtype=g[0].dtype, device=g[0].device)
    return _C.scatter(zeros, dim, index, _restored(g[0], ndim, dim, keepdim))


def _cumulated_back(g, dim):
    return g if g.ndim == 0 else _C.flip(_C.cumsum(_C.flip(g, (dim,)), dim), (dim,))


def _cumprod_back(g, input, out, dim):
    return _C.div(_cumulated_back(_C.mul(g, out), dim), input)


def _expanded(g, shape):
    # what was summed to a shape of fewer dims, or of sizes 1
    return _C.expand(g, shape)


# fmt: off
sum = op(_C.sum, grad=_sum_back, node={"*x": "SumBackward1"}, doc="Sum of all elements, or along dims; integers give int64.")
mean = op(_C.mean, grad=_mean_back, node={"*x": "MeanBackward1"}, doc="Mean of all elements, or along dims.")
op(_C.rows["prod_all"], grad=lambda g, input, out: _prod_back(g, input, out, None, False))
op(_C.rows["prod"], grad=_prod_back, node="ProdBackward1")
prod = _C.prod
amax = op(_C.amax, grad=_shared_back, doc="The largest element along dims; equal ones share the gradient.")
amin = op(_C.amin, grad=_shared_back, doc="The smallest element along dims; equal ones share the gradient.")
op(_C.rows["max_all"], grad=lambda g, input, out: _shared_back(g, input, out, None, False), node="MaxBackward1")
op(_C.rows["min_all"], grad=lambda g, input, out: _shared_back(g, input, out, None, False), node="MinBackward1")
op(_C.rows["max_dim"], grad=_picked_back)
op(_C.rows["min_dim"], grad=_picked_back)
argmax = op(_C.argmax, doc="Where the largest element is; the first of equals.")
argmin = op(_C.argmin, doc="Where the smallest element is; the first of equals.")
all = op(_C.all, doc="Are all elements not zero?")
any = op(_C.any, doc="Is any element not zero?")
count_nonzero = op(_C.count_nonzero, doc="How many elements are not zero.")
op(_C._sum_to, grad=lambda g, input_shape: _expanded(g, input_shape))
cumsum = op(_C.cumsum, grad=_cumulated_back, doc="Running sum along a dim.")
cumprod = op(_C.cumprod, grad=_cumprod_back, doc="Running product along a dim.")
sort = op(_C.sort, grad=lambda g, input_shape, out, dim: _picked_back(g, input_shape, out, dim, True), doc="Values in order along a dim, and where they were.")
argsort = op(_C.argsort, doc="Where the values of the sorted tensor were.")
topk = op(_C.topk, grad=lambda g, input_shape, out, dim: _picked_back(g, input_shape, out, dim, True), doc="The k largest along a dim, and where they were.")
# fmt: on


def _named(name):
    """PyTorch's named result, such as torch.return_types.max(values=..., indices=...)."""
    fields = collections.namedtuple(name, ["values", "indices"])

    class Result(fields):
        __slots__ = ()

        def __new__(cls, items):
            return fields.__new__(cls, *items)

        def __reduce__(self):
            return tuple, (tuple(self),)

        def __repr__(self):
            return f"torch.return_types.{name}(\nvalues={self.values!r},\nindices={self.indices!r})"

    Result.__name__ = Result.__qualname__ = name
    Result.__module__ = "torch.return_types"
    return Result


return_types = {name: _named(name) for name in ("max", "min", "sort", "topk")}
for _name, _row in (("max", "max_dim"), ("min", "min_dim"), ("sort", "sort"), ("topk", "topk")):
    _C._set_result_type(_C.rows[_row], return_types[_name])
