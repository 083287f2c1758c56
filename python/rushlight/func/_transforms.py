"""Functions into their derivatives: grad, vjp, jvp, Jacobians and Hessians, which nest in any order."""

import functools

from rushlight import _C, autograd

from ._forward import Forward
from ._layers import stack
from ._tree import flatten, tree_map, unflatten
from ._vmap import vmap

__all__ = ["grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "vjp"]


def _traced(x):
    """The same values, as what this transform differentiates by: a history that lies further out goes on through it."""
    if not (x.dtype.is_floating_point or x.dtype.is_complex):
        raise RuntimeError(f"only tensors of floating-point or complex numbers can be differentiated by; got {x.dtype}")
    with autograd.enable_grad():
        alias = _C.view(x, x.shape)
    if not _C._is_recorded(alias):
        for layer in stack.layers:
            layer.traced.append(alias)
    return alias.requires_grad_()


def _keeps(outs, traced):
    """Must the derivatives have a history themselves: is there anything but `traced` to differentiate by, or another transform?"""
    return bool(stack.layers) or _C._leads_beyond(list(outs), list(traced))


def _released(x, traced):
    """A result that leaves the transform: with a history only where that leads to something outside."""
    if not isinstance(x, _C.TensorBase) or not x.requires_grad or _keeps([x], traced):
        return x
    return _C.detach(x)


def _numbers(argnums, count):
    single = isinstance(argnums, int)
    numbers = (argnums,) if single else tuple(argnums)
    for n in numbers:
        if not isinstance(n, int):
            raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(n)}")
        if not -count <= n < count:
            raise RuntimeError(f"Got argnum={n}, but only {count} positional inputs")
    return single, [n % count for n in numbers]


def _trace_arguments(args, argnums):
    """The arguments with those of `argnums` traced; the traced leaves; how they nest."""
    if not args:
        raise RuntimeError("a function of no arguments has no derivative")
    single, numbers = _numbers(argnums, len(args))
    chosen = args[numbers[0]] if single else tuple(args[n] for n in numbers)
    leaves, shape = flatten(chosen)
    for leaf in leaves:
        if not isinstance(leaf, _C.TensorBase):
            raise RuntimeError(
                f"expected tensors (in tuples, lists, dicts) to differentiate by, got {type(leaf).__name__}"
            )
    traced = [_traced(leaf) for leaf in leaves]
    parts = unflatten(traced, shape)
    args = list(args)
    for n, part in zip(numbers, (parts,) if single else parts):
        args[n] = part
    return args, traced, shape


def _with_aux(out, has_aux):
    if not has_aux:
        return out, None
    if not (isinstance(out, tuple) and len(out) == 2):
        raise RuntimeError("the function must return (output, aux), a tuple of two, because of has_aux=True")
    return out


def grad_and_value(func, argnums=0, has_aux=False):
    """A function that gives the gradient of `func` and its value; see `grad`.

    Parameters
    ----------
    func : callable
        Returns one number: a tensor of no dims.
    argnums : int or tuple of int, default 0
        By which arguments.
    has_aux : bool, default False
        `func` returns (value, aux); the result is (gradients, (value, aux)) then.

    Returns
    -------
    callable

    Examples
    --------
    >>> import rushlight as torch
    >>> torch.func.grad_and_value(lambda x: x ** 3)(torch.tensor(2.))
    (tensor(12.), tensor(8.))
    """

    @functools.wraps(func)
    def transformed(*args, **kwargs):
        args, traced, shape = _trace_arguments(args, argnums)
        with autograd.enable_grad():
            value, aux = _with_aux(func(*args, **kwargs), has_aux)
            if not isinstance(value, _C.TensorBase):
                raise RuntimeError(f"Expected f(*args) to return a tensor, got {type(value)}")
            if value.ndim != 0:
                raise RuntimeError(
                    f"Expected f(*args) to return a scalar tensor, got tensor with {value.ndim} dims: sum() or mean() it, or use jacrev"
                )
            keeps = _keeps([value], traced)
            found = _gradients([value], traced, None, keeps)
        gradients = unflatten([_released(g, traced) for g in found], shape)
        value = _released(value, traced)
        return gradients, (value, tree_map(lambda x: _released(x, traced), aux)) if has_aux else value

    return transformed


def _gradients(outs, traced, seeds, keeps, retain=None):
    """Of each traced tensor, zeros where nothing leads to it."""
    outs, seeds = list(outs), [None] * len(outs) if seeds is None else list(seeds)
    pairs = [(o, s) for o, s in zip(outs, seeds) if _C._is_recorded(o)]
    if not pairs:
        return [_C.zeros_like(x) for x in traced]
    found = autograd.grad(
        [o for o, _ in pairs], traced, [s for _, s in pairs], retain_graph=retain, create_graph=keeps, allow_unused=True
    )
    return [_C.zeros_like(x) if g is None else g for x, g in zip(traced, found)]


def grad(func, argnums=0, has_aux=False):
    """A function that gives the gradient of `func`, which returns one number.

    Parameters
    ----------
    func : callable
        From tensors (in tuples, lists, dicts) to a tensor of no dims.
    argnums : int or tuple of int, default 0
        By which arguments; a tuple gives a tuple.
    has_aux : bool, default False
        `func` returns (value, aux); the result is (gradients, aux) then.

    Returns
    -------
    callable

    Raises
    ------
    RuntimeError
        If the value is no number, or `argnums` names an argument that is not there or holds no tensors.

    Examples
    --------
    >>> import rushlight as torch
    >>> torch.func.grad(torch.func.grad(lambda x: x ** 3))(torch.tensor(2.))
    tensor(12.)
    """
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def transformed(*args, **kwargs):
        gradients, value = both(*args, **kwargs)
        return (gradients, value[1]) if has_aux else gradients

    return transformed


def vjp(func, *primals, has_aux=False):
    """The value of `func` at `primals`, and a function from gradients of it to gradients of the primals.

    Returns
    -------
    (output, vjp_fn) or (output, vjp_fn, aux)
        `vjp_fn` takes a tree like the output and returns a tuple, one a primal (not a tuple where there is one primal only).

    Raises
    ------
    RuntimeError
        If an output is no tensor, or what `vjp_fn` is given has another structure.

    Examples
    --------
    >>> import rushlight as torch
    >>> out, pull = torch.func.vjp(torch.sin, torch.zeros(2))
    >>> pull(torch.ones(2))
    (tensor([1., 1.]),)
    """
    args, traced, shape = _trace_arguments(primals, tuple(range(len(primals))))
    with autograd.enable_grad():
        out, aux = _with_aux(func(*args), has_aux)
    outs, out_shape = flatten(out)
    for o in outs:
        if not isinstance(o, _C.TensorBase):
            raise RuntimeError(f"vjp(f, *primals): Expected f(*primals) to return tensors, got {type(o)}")
    keeps_always = _keeps(outs, traced)

    def pull(cotangents, retain_graph=True, create_graph=None):
        seeds, given = flatten(cotangents)
        if given != out_shape:
            raise RuntimeError(
                "Expected pytree structure of cotangents to be the same as pytree structure of outputs to the function."
            )
        for o, s in zip(outs, seeds):
            if s.shape != o.shape:
                raise RuntimeError(f"vjp: the gradient of an output of shape {list(o.shape)} has shape {list(s.shape)}")
        keeps = keeps_always or any(s.requires_grad for s in seeds)
        with autograd.enable_grad():
            found = _gradients(outs, traced, seeds, keeps if create_graph is None else create_graph, retain_graph)
        return unflatten([_released(g, traced) for g in found], shape)

    out = unflatten([_released(o, traced) for o in outs], out_shape)
    return (out, pull, tree_map(lambda x: _released(x, traced), aux)) if has_aux else (out, pull)


def jvp(func, primals, tangents, *, strict=False, has_aux=False):
    """The value of `func` at `primals`, and how it moves along `tangents`: forward mode.

    Parameters
    ----------
    func : callable
    primals, tangents : tuple
        One a argument: trees of tensors of the same structure, shapes and dtypes.
    strict : bool, default False
        Refuse an output that does not depend on the primals, whose tangent is zeros otherwise.
    has_aux : bool, default False
        `func` returns (output, aux).

    Returns
    -------
    (output, tangent) or (output, tangent, aux)

    Raises
    ------
    RuntimeError
        If primals and tangents are no tuples of the same structure, or shapes differ.

    Examples
    --------
    >>> import rushlight as torch
    >>> torch.func.jvp(torch.sin, (torch.zeros(2),), (torch.ones(2),))
    (tensor([0., 0.]), tensor([1., 1.]))
    """
    for what, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, tuple):
            raise RuntimeError(f"jvp(f, primals, tangents): Expected {what} to be a tuple, got {type(given)}")
        if not given:
            raise RuntimeError(f"jvp(f, primals, tangents): Expected {what} to have at least one element")
    at, shape = flatten(primals)
    along, other = flatten(tangents)
    if shape != other:
        raise RuntimeError("jvp(f, primals, tangents): Expected primals and tangents to have the same python structure")
    for x, t in zip(at, along):
        if not isinstance(x, _C.TensorBase) or not isinstance(t, _C.TensorBase):
            raise RuntimeError(
                f"jvp(f, primals, tangents): expected tensors, got {type(x).__name__} and {type(t).__name__}"
            )
        if x.shape != t.shape:
            raise RuntimeError(f"jvp: a tangent of shape {list(t.shape)} for a primal of shape {list(x.shape)}")
        if x.dtype != t.dtype:
            raise RuntimeError(f"jvp: a tangent of dtype {t.dtype} for a primal of dtype {x.dtype}")
    with Forward() as layer:
        out, aux = _with_aux(func(*unflatten([layer.dual(x, t) for x, t in zip(at, along)], shape)), has_aux)
        outs, out_shape = flatten(out)
        values, moved = [], []
        for o in outs:
            if not isinstance(o, _C.TensorBase):
                raise RuntimeError(f"jvp(f, primals, tangents): Expected f(*primals) to return tensors, got {type(o)}")
            if strict and not layer.owns(o):
                raise RuntimeError("jvp: with strict=True, an output does not depend on the primals")
            values.append(layer.released(layer.inside(o)))
            moved.append(layer.released(layer.tangent(o)) if layer.owns(o) else _C.zeros_like(o))
        out, tangent = unflatten(values, out_shape), unflatten(moved, out_shape)
        aux = tree_map(layer.inside, aux)
    return (out, tangent, aux) if has_aux else (out, tangent)


# ---- Jacobians ------------------------------------------------------------------------------------------------------------


def _basis(leaves):
    """Unit vectors of all leaves together: of each leaf a tensor (total, *shape)."""
    sizes = [x.numel() for x in leaves]
    total, start, made = sum(sizes), 0, []
    for x, n in zip(leaves, sizes):
        unit = _C.zeros((total, n), dtype=x.dtype, device=x.device)
        if n:
            _C.fill_(_C.diagonal(unit, -start), 1)
        made.append(_C.reshape(unit, (total, *x.shape)))
        start += n
    return made, sizes


def _nest(out_shape, in_shape, parts):
    """A Jacobian as its user sees it: the structure of the outputs, and in each place that of the inputs."""
    return unflatten([unflatten(row, in_shape) for row in parts], out_shape)


def jacrev(func, argnums=0, *, has_aux=False, chunk_size=None, _preallocate_and_copy=False):
    """A function that gives the Jacobian of `func`, a row of it a reverse pass, all of them at once.

    Parameters
    ----------
    func : callable
        From tensors to tensors (in tuples, lists, dicts).
    argnums : int or tuple of int, default 0
        By which arguments.
    has_aux : bool, default False
        `func` returns (output, aux); the result is (jacobian, aux) then.
    chunk_size : int, optional
        At most so many rows at once.

    Returns
    -------
    callable
        It returns of each output and each argument a tensor of the output's shape followed by the argument's.

    Examples
    --------
    >>> import rushlight as torch
    >>> torch.func.jacrev(torch.sin)(torch.zeros(2))
    tensor([[1., 0.],
            [0., 1.]])
    """

    @functools.wraps(func)
    def transformed(*args, **kwargs):
        single, numbers = _numbers(argnums, len(args))

        def of_chosen(*chosen):
            given = list(args)
            for n, part in zip(numbers, chosen):
                given[n] = part
            return func(*given, **kwargs)

        primals = tuple(args[n] for n in numbers)
        out, pull, *aux = vjp(of_chosen, *primals, has_aux=has_aux)
        outs, out_shape = flatten(out)
        units, _ = _basis(outs)
        rows = vmap(lambda *seeds: pull(unflatten(seeds, out_shape)), chunk_size=chunk_size)(*units)
        leaves, in_shape = flatten(rows[0] if single else rows)
        parts, start = [], 0
        for o in outs:
            n = o.numel()
            some = [_C.narrow(r, 0, start, n) for r in leaves]
            parts.append([_C.reshape(r, (*o.shape, *r.shape[1:])) for r in some])
            start += n
        jacobian = _nest(out_shape, in_shape, parts)
        return (jacobian, aux[0]) if has_aux else jacobian

    return transformed


def jacfwd(func, argnums=0, has_aux=False, *, randomness="error"):
    """A function that gives the Jacobian of `func`, a column of it a forward pass, all of them at once.

    Parameters
    ----------
    func : callable
    argnums : int or tuple of int, default 0
    has_aux : bool, default False
    randomness : {"error", "different", "same"}
        As vmap has it.

    Returns
    -------
    callable
        What `jacrev` gives; the cheaper one where there are more outputs than inputs.

    Examples
    --------
    >>> import rushlight as torch
    >>> torch.func.jacfwd(torch.cumsum)(torch.zeros(2), 0)
    tensor([[1., 0.],
            [1., 1.]])
    """

    @functools.wraps(func)
    def transformed(*args, **kwargs):
        single, numbers = _numbers(argnums, len(args))
        primals = tuple(args[n] for n in numbers)

        def of_chosen(*chosen):
            given = list(args)
            for n, part in zip(numbers, chosen):
                given[n] = part
            return func(*given, **kwargs)

        leaves, in_shape = flatten(primals[0] if single else primals)
        units, sizes = _basis(leaves)

        def push(*tangents):
            along = unflatten(tangents, in_shape)
            found = jvp(of_chosen, primals, (along,) if single else along, has_aux=has_aux)
            outs, shape = flatten(found[1])
            shapes.append(shape)
            return tuple(outs), found[2] if has_aux else ()

        shapes = []
        columns, aux = vmap(push, randomness=randomness)(*units)
        parts = []
        for o in columns:
            row, start = [], 0
            for x, n in zip(leaves, sizes):
                block = _C.permute(_C.narrow(o, 0, start, n), (*range(1, o.ndim), 0))
                row.append(_C.reshape(block, (*o.shape[1:], *x.shape)))
                start += n
            parts.append(row)
        jacobian = _nest(shapes[0], in_shape, parts)
        return (jacobian, tree_map(lambda x: _C.select(x, 0, 0), aux)) if has_aux else jacobian

    return transformed


def hessian(func, argnums=0):
    """A function that gives the second derivatives of `func`: jacfwd of jacrev.

    Examples
    --------
    >>> import rushlight as torch
    >>> torch.func.hessian(lambda x: (x ** 3).sum())(torch.tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)
