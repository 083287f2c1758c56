"""Values that meet at one place and are joined: scatter_reduce, index_reduce, put; their derivatives."""

from rushlight import _C

from ._table import op


def _joined_grads(which, pick, add):
    """Derivatives of scatter_reduce and index_reduce, as PyTorch has them: what meets shares a mean or a tie evenly, and a
    product divides by each factor. `pick` reads the result's form by the index, `add` is its transpose."""

    def grad(g, input, dim, index, src, reduce, include_self, out):
        ones = _C.ones_like(pick(g, dim, index))
        if reduce == "sum":
            whole, part = g, pick(g, dim, index)
        elif reduce == "mean":
            count = add(_C.ones_like(g) if include_self else _C.zeros_like(g), dim, index, ones)
            count = _C.clamp(count, 1) if not count.dtype.is_complex else _C.where(_C.eq(count, 0), 1, count)
            whole = _C.div(g, count)
            part = pick(whole, dim, index)
        elif reduce == "prod":
            return _product_grad(which, pick, add, g, input, dim, index, src, include_self, out)
        else:
            won, at = _C.eq(input, out), _C.eq(src, pick(out, dim, index))
            shares = add(_C._to(won, None, g.dtype), dim, index, _C._to(at, None, g.dtype))
            if not include_self:  # the old values took no part where a new one came
                shares = _C.sub(shares, _C.mul(_C._to(won, None, g.dtype), _touched(g, dim, index, ones, add)))
            share = _C.div(g, _C.where(_C.eq(shares, 0), 1, shares))
            whole, part = _C.mul(share, _C._to(won, None, g.dtype)), _C.where(at, pick(share, dim, index), 0)
        if which == 0:
            return whole if include_self else _C.mul(whole, _C.sub(1, _touched(g, dim, index, ones, add)))
        return part

    return grad


def _touched(g, dim, index, ones, add):
    counted = add(_C.zeros_like(g.detach()), dim, index, ones)
    return _C._to(_C.ne(counted, 0), None, g.dtype)


def _product_grad(which, pick, add, g, input, dim, index, src, include_self, out):
    # Products of the factors that are not 0, and how many are 0: what is left of a product without one of its factors.
    ones = _C.ones_like(pick(g, dim, index))
    zero_src, zero_self = _C.eq(src, 0), _C.eq(input, 0)
    zeros = add(_C.zeros_like(g), dim, index, _C._to(zero_src, None, g.dtype))
    if include_self:
        zeros = _C.add(zeros, _C._to(zero_self, None, g.dtype))
    bare_src, bare_self = _C.masked_fill(src, zero_src, 1), _C.masked_fill(input, zero_self, 1)
    base = bare_self if include_self else _C.ones_like(input)
    name = _C.scatter_reduce if pick is _C.gather else _C.index_reduce
    product = name(base, dim, index, bare_src, "prod", include_self=True)
    if which == 0:
        if not include_self:
            return _C.mul(g, _C.sub(1, _touched(g, dim, index, ones, add)))
        others = _C.sub(zeros, _C._to(zero_self, None, g.dtype))
        return _C.mul(g, _C.where(_C.eq(others, 0), _C.div(product, bare_self), 0))
    others = _C.sub(pick(zeros, dim, index), _C._to(zero_src, None, g.dtype))
    return _C.mul(pick(g, dim, index), _C.where(_C.eq(others, 0), _C.div(pick(product, dim, index), bare_src), 0))


def _as_index(which):
    rule = _joined_grads(which, _C.index_select, _C.index_add)

    def grad(g, input, dim, index, source, reduce, include_self, out):
        return rule(g, input, dim, index, source, reduce, include_self, out)

    return grad


scatter_reduce = op(
    _C.scatter_reduce,
    grad=(_joined_grads(0, _C.gather, _C.scatter_add), None, _joined_grads(1, _C.gather, _C.scatter_add)),
    doc="""A copy where values join along one dimension, by an index of its own for every value.

    `reduce` is "sum", "prod", "mean", "amax" or "amin"; without `include_self` the old values do not count where a new one
    comes. The gradient of `src` is right where `src` has the shape of `index`, as in PyTorch.

    Examples
    --------
    >>> torch.ones(2).scatter_reduce(0, torch.tensor([0, 0]), torch.tensor([3.0, 4.0]), "prod")
    tensor([12.,  1.])
    """,
)
index_reduce = op(
    _C.index_reduce,
    grad=(_as_index(0), None, _as_index(1)),
    doc="""A copy where slices of another tensor join those of one dimension.

    `reduce` is "prod", "mean", "amax" or "amin"; without `include_self` the old values do not count where a new one comes.

    Examples
    --------
    >>> torch.ones(2).index_reduce(0, torch.tensor([0, 0]), torch.tensor([3.0, 4.0]), "amax")
    tensor([4., 1.])
    """,
)


def _put_rest(g, index, accumulate):
    return g if accumulate else _C.put(g, index, _C.zeros(index.shape, dtype=g.dtype, device=g.device), False)


def _put_source(g, index, source_shape):
    return _C.reshape(_C.take(g, index), source_shape)


put = op(
    _C.put,
    grad=(_put_rest, None, _put_source),
    doc="""A copy with values written, or added, at places counted as if it were flat.

    Examples
    --------
    >>> torch.zeros(2, 2).put(torch.tensor([1, 2]), torch.tensor([5.0, 6.0]))
    tensor([[0., 5.],
            [6., 0.]])
    """,
)
