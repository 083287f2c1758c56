"""vmap: a function of one example becomes a function of a batch."""

import functools

from rushlight import _C

from ._batch import Batch
from ._tree import flatten, spread, unflatten

__all__ = ["vmap"]


def _call_text(func, in_dims):
    return f"vmap({getattr(func, '__name__', type(func).__name__)}, in_dims={in_dims}, ...)(<inputs>)"


def _in_dims(func, in_dims, args):
    """One dim, or None, a leaf of the arguments; the leaves; how they nest."""
    if not isinstance(in_dims, (int, tuple, list, dict)):
        raise ValueError(
            f"{_call_text(func, in_dims)}: expected `in_dims` to be int or a (potentially nested) tuple matching the structure of "
            f"inputs, got: {type(in_dims)}."
        )
    if not args:
        raise ValueError(f"{_call_text(func, in_dims)}: got no inputs: there is nothing to map over.")
    leaves, shape = flatten(args)
    try:
        dims = spread(in_dims, args, "in_dims")
    except ValueError as error:
        raise ValueError(f"{_call_text(func, in_dims)}: {error}") from None
    for i, (leaf, dim) in enumerate(zip(leaves, dims)):
        if dim is None:
            continue
        if not isinstance(dim, int):
            raise ValueError(f"{_call_text(func, in_dims)}: Got in_dim={dim} for an input: expected an int or None.")
        if not isinstance(leaf, _C.TensorBase):
            raise ValueError(
                f"{_call_text(func, in_dims)}: Got in_dim={dim} for an input but the input is of type {type(leaf)}: only tensors can "
                "be mapped over; give None as its in_dim."
            )
        if not -leaf.ndim <= dim < leaf.ndim:
            raise ValueError(
                f"{_call_text(func, in_dims)}: Got in_dim={dim} for some input, but that input is a Tensor of dimensionality "
                f"{leaf.ndim} so expected in_dim to satisfy -{leaf.ndim} <= in_dim < {leaf.ndim}."
            )
        dims[i] = dim % leaf.ndim
    return leaves, shape, dims


def _batch_size(leaves, dims):
    sizes = [leaf.shape[dim] for leaf, dim in zip(leaves, dims) if dim is not None]
    if not sizes:
        raise ValueError("vmap: at least one input must be mapped over: every in_dim is None")
    if any(size != sizes[0] for size in sizes):
        raise ValueError(
            f"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes {sizes} for the mapped dimension"
        )
    return sizes[0]


def _moved(x, source, destination):
    if source == destination:
        return x
    order = list(range(x.ndim))
    order.insert(destination, order.pop(source))
    return _C.permute(x, order)


def _unwrapped(func, layer, out, dim):
    """A result with the batch at `dim`; None: it must be the same for all examples."""
    if not isinstance(out, _C.TensorBase):
        raise ValueError(
            f"vmap({getattr(func, '__name__', func)}, ...): must only return Tensors, got type {type(out)} as a return value."
        )
    if dim is None:
        if layer.owns(out):
            raise ValueError("vmap: out_dims is None for a result that differs between the examples: give it a dim")
        return layer.released(out)
    x = layer.released(layer.inside(out) if layer.owns(out) else layer.expanded(out))
    if not -x.ndim <= dim < x.ndim:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-x.ndim}, {x.ndim - 1}], but got {dim}): out_dims"
        )
    return _moved(x, 0, dim % x.ndim)


def _mapped(func, leaves, shape, dims, out_dims, size, randomness, kwargs):
    with Batch(size, randomness) as layer:
        inner = [x if dim is None else layer.wrap(_moved(x, dim, 0)) for x, dim in zip(leaves, dims)]
        out = func(*unflatten(inner, shape), **kwargs)
        outs, out_shape = flatten(out)
        try:
            where = spread(out_dims, out, "out_dims")
        except ValueError as error:
            raise ValueError(f"vmap: {error}") from None
        return [_unwrapped(func, layer, x, dim) for x, dim in zip(outs, where)], out_shape, where


def _chunked(func, leaves, shape, dims, out_dims, size, randomness, chunk_size, kwargs):
    parts = []
    for start in range(0, size, chunk_size):
        count = min(chunk_size, size - start)
        some = [x if dim is None else _C.narrow(x, dim, start, count) for x, dim in zip(leaves, dims)]
        parts.append(_mapped(func, some, shape, dims, out_dims, count, randomness, kwargs))
    _, out_shape, where = parts[0]
    outs = [
        values[0] if dim is None else _C.cat(list(values), dim)
        for values, dim in zip(zip(*(part[0] for part in parts)), where)
    ]
    return outs, out_shape, where


def vmap(func, in_dims=0, out_dims=0, randomness="error", *, chunk_size=None):
    """A function that does to a whole batch what `func` does to one example.

    Parameters
    ----------
    func : callable
        From tensors (in tuples, lists, dicts) to tensors. It must not ask for values (``item``, ``if x > 0``).
    in_dims : int, None or nested tuple, default 0
        Which dim of each argument counts the examples; None: the same for all. Keyword arguments are always that.
    out_dims : int, None or nested tuple, default 0
        Where the results have that dim.
    randomness : {"error", "different", "same"}
        What random ops do: refuse, draw for each example, draw once for all.
    chunk_size : int, optional
        At most so many examples at once: less memory. None: all.

    Returns
    -------
    callable

    Raises
    ------
    ValueError
        If `in_dims` does not fit the arguments, or sizes differ, or `func` returns something that is no tensor.
    RuntimeError
        If `func` looks at values, or draws numbers with ``randomness="error"``.

    Examples
    --------
    >>> import rushlight as torch
    >>> torch.vmap(torch.dot)(torch.ones(2, 3), torch.arange(6.).reshape(2, 3))
    tensor([ 3., 12.])
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")
    if chunk_size is not None and not (isinstance(chunk_size, int) and chunk_size > 0):
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")

    @functools.wraps(func)
    def mapped(*args, **kwargs):
        leaves, shape, dims = _in_dims(func, in_dims, args)
        size = _batch_size(leaves, dims)
        if chunk_size is None or chunk_size >= size:
            outs, out_shape, _ = _mapped(func, leaves, shape, dims, out_dims, size, randomness, kwargs)
        else:
            outs, out_shape, _ = _chunked(func, leaves, shape, dims, out_dims, size, randomness, chunk_size, kwargs)
        return unflatten(outs, out_shape)

    return mapped
