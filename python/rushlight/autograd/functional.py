"""Jacobians, Hessians and their products with vectors, of a function of tensors.

Each of these functions differentiates fresh tensors in place of its inputs, so that what `func` takes from elsewhere is
constant; with `create_graph` they hang on the inputs given, and results can be differentiated further.
"""

from rushlight import _C

from .grad_mode import enable_grad, set_grad_enabled

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

_NOT_STRICT = "This is not allowed in strict mode."


# ---- tensors and tuples of them -----------------------------------------------------------------------------------------


def _tuple_of(value, what, name):
    """The tensors of an argument, and whether they came as a tuple."""
    many = isinstance(value, tuple)
    tensors = value if many else (value,)
    for place, tensor in enumerate(tensors):
        if not isinstance(tensor, _C.TensorBase):
            where = f"value at index {place}" if many else f"given {what}"
            raise TypeError(
                f"The {what} given to {name} must be either a Tensor or a tuple of Tensors but the {where} has type {type(tensor)}."
            )
    return tensors, many


def _alike(tensors, many):
    return tensors if many else tensors[0]


def _fresh(tensors, create_graph, differentiated):
    """Stand-ins for tensors, on which nothing else hangs."""
    return tuple(
        t.view_as(t) if create_graph and t.requires_grad else t.detach().requires_grad_(differentiated) for t in tensors
    )


def _finished(tensors, create_graph):
    return tensors if create_graph else tuple(t.detach() for t in tensors)


def _evaluate(func, inputs, name, strict):
    """The function's outputs, and whether they came as a tuple."""
    outputs, many = _tuple_of(func(*inputs), "outputs of the user-provided function", name)
    for place, output in enumerate(outputs):
        if strict and not output.requires_grad:
            raise RuntimeError(
                f"Output {place} of the user-provided function does not require gradients. The outputs must be computed in a "
                "differentiable manner from the input when running in strict mode."
            )
    return outputs, many


def _vector(v, like, many, create_graph, name, default):
    """`v` as a tuple that goes with `like`; None where it may be left out."""
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            raise RuntimeError(f"The vector v can only be None if {default} a single Tensor with a single element.")
        return None
    v, _ = _tuple_of(v, "v", name)
    if len(v) != len(like):
        if many:
            raise RuntimeError(f"v is a tuple of invalid length: should be {len(like)} but got {len(v)}.")
        raise RuntimeError("The given v should contain a single Tensor.")
    for place, (given, expected) in enumerate(zip(v, like)):
        if given.shape != expected.shape:
            entry = f"Entry {place} in v" if many else "v"
            raise RuntimeError(f"{entry} has invalid size: should be {expected.shape} but got {given.shape}.")
    return _fresh(v, create_graph, False)


def _scalar_output(outputs, many, name):
    if many:
        raise RuntimeError(f"The function given to {name} should return a single Tensor")
    if outputs[0].numel() != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {name} should contain a single element")


# ---- gradients, None where there is none ----------------------------------------------------------------------------


def _gradients(outputs, inputs, seeds=None, create_graph=False, keep=None):
    from rushlight.autograd import grad

    seeds = (None,) * len(outputs) if seeds is None else seeds
    pairs = [(y, g) for y, g in zip(outputs, seeds) if y is not None and y.requires_grad]
    if not pairs:
        return (None,) * len(inputs)
    roots, seeds = zip(*pairs)
    return grad(roots, inputs, seeds, allow_unused=True, create_graph=create_graph, retain_graph=keep)


def _or_zeros(gradients, like, strict, create_graph, missing, constant):
    """Zeros where there is no gradient; in strict mode an error of the text `missing`, and `constant` where one does not
    depend on anything though the graph was asked for."""
    for place, g in enumerate(gradients):
        if strict and g is None:
            raise RuntimeError(missing.format(place) + " " + _NOT_STRICT)
        if strict and create_graph and not g.requires_grad:
            raise RuntimeError(constant.format(place) + " This is not allowed in strict mode when create_graph=True.")
    return tuple(_C.zeros_like(x) if g is None else g for g, x in zip(gradients, like))


def _differentiable(gradients, strict, missing, constant):
    """In strict mode each gradient has to be there, and to depend on what it is differentiated by next."""
    for place, g in enumerate(gradients):
        if strict and g is None:
            raise RuntimeError(missing.format(place) + " " + _NOT_STRICT)
        if strict and not g.requires_grad:
            raise RuntimeError(constant.format(place) + " " + _NOT_STRICT)


_INDEPENDENT = "The output of the user-provided function is independent of input {}."
_JACOBIAN_CONSTANT = "The jacobian of the user-provided function is independent of input {}."
_HESSIAN_CONSTANT = "The hessian of the user-provided function is independent of input {}."
_TWICE = (
    "While computing the hessian, found that the jacobian of the user-provided function with respect to input {} is independent "
    "of the input: it has to be twice differentiable, and not linear."
)


# ---- products -------------------------------------------------------------------------------------------------------


def vjp(func, inputs, v=None, create_graph=False, strict=False):
    """Product of a vector and the Jacobian: the gradient of the outputs, weighted by `v`.

    Parameters
    ----------
    func : callable
        From tensors to a tensor or a tuple of tensors.
    inputs : Tensor or tuple of Tensor
        Where.
    v : Tensor or tuple of Tensor, optional
        Formed like the outputs; may be left out for a single output of one element.
    create_graph : bool, default False
        Make results that can be differentiated.
    strict : bool, default False
        Raise where an output does not depend on an input, instead of giving zeros.

    Returns
    -------
    tuple
        The outputs, and the product, formed like the inputs.

    Examples
    --------
    >>> x = torch.tensor([1.0, 2.0])
    >>> torch.autograd.functional.vjp(lambda x: x**2, x, torch.ones(2))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    with enable_grad():
        inputs, many = _tuple_of(inputs, "inputs", "vjp")
        inputs = _fresh(inputs, create_graph, True)
        outputs, many_outputs = _evaluate(func, inputs, "vjp", strict)
        v = _vector(v, outputs, many_outputs, create_graph, "vjp", "the user-provided function returns")
    with set_grad_enabled(create_graph or _C.is_grad_enabled()):
        found = _gradients(outputs, inputs, v, create_graph)
        found = _or_zeros(found, inputs, strict, create_graph, _INDEPENDENT, _JACOBIAN_CONSTANT)
    return _alike(_finished(outputs, create_graph), many_outputs), _alike(_finished(found, create_graph), many)


def jvp(func, inputs, v=None, create_graph=False, strict=False):
    """Product of the Jacobian and a vector: how the outputs change when the inputs move along `v`.

    Parameters
    ----------
    func : callable
        From tensors to a tensor or a tuple of tensors.
    inputs : Tensor or tuple of Tensor
        Where.
    v : Tensor or tuple of Tensor, optional
        Formed like the inputs; may be left out for a single input of one element.
    create_graph : bool, default False
        Make results that can be differentiated.
    strict : bool, default False
        Raise where an output does not depend on an input, instead of giving zeros.

    Returns
    -------
    tuple
        The outputs, and the product, formed like them.

    Notes
    -----
    Computed as a derivative of the gradient, which is linear in the vector that it is given.

    Examples
    --------
    >>> x = torch.tensor([1.0, 2.0])
    >>> torch.autograd.functional.jvp(lambda x: x.sum() * x, x, torch.ones(2))
    (tensor([3., 6.]), tensor([5., 7.]))
    """
    with enable_grad():
        inputs, many = _tuple_of(inputs, "inputs", "jvp")
        inputs = _fresh(inputs, create_graph, True)
        v = _vector(v, inputs, many, create_graph, "jvp", "the input to the user-provided function is")
        outputs, many_outputs = _evaluate(func, inputs, "jvp", strict)
        seeds = tuple(_C.zeros_like(y).requires_grad_() for y in outputs)
        first = _gradients(outputs, inputs, seeds, create_graph=True)
        constant = "The gradient with respect to input {} is independent of the inputs of the user-provided function."
        _differentiable(first, strict, _INDEPENDENT, constant)
    with set_grad_enabled(create_graph or _C.is_grad_enabled()):
        found = _gradients(first, seeds, v, create_graph)
        missing = "The gradient with respect to the input is independent of entry {} in the grad_outputs."
        found = _or_zeros(found, outputs, strict, create_graph, missing, _JACOBIAN_CONSTANT)
    return _alike(_finished(outputs, create_graph), many_outputs), _alike(_finished(found, create_graph), many_outputs)


def vhp(func, inputs, v=None, create_graph=False, strict=False):
    """Product of a vector and the Hessian of a scalar function.

    Parameters
    ----------
    func : callable
        From tensors to a tensor of one element.
    inputs : Tensor or tuple of Tensor
        Where.
    v : Tensor or tuple of Tensor, optional
        Formed like the inputs; may be left out for a single input of one element.
    create_graph, strict : bool, default False
        As in `vjp`.

    Returns
    -------
    tuple
        The output, and the product, formed like the inputs.

    Examples
    --------
    >>> x = torch.tensor([1.0, 2.0])
    >>> torch.autograd.functional.vhp(lambda x: (x**3).sum(), x, torch.ones(2))
    (tensor(9.), tensor([ 6., 12.]))
    """
    with enable_grad():
        outputs, inputs, first, v, many = _first_of_two(func, inputs, v, create_graph, strict, "vhp")
    with set_grad_enabled(create_graph or _C.is_grad_enabled()):
        found = _gradients(first, inputs, v, create_graph)
        found = _or_zeros(found, inputs, strict, create_graph, _JACOBIAN_CONSTANT, _HESSIAN_CONSTANT)
    return _finished(outputs, create_graph)[0], _alike(_finished(found, create_graph), many)


def hvp(func, inputs, v=None, create_graph=False, strict=False):
    """Product of the Hessian of a scalar function and a vector; `vhp` gives the same and is quicker.

    Parameters
    ----------
    func : callable
        From tensors to a tensor of one element.
    inputs : Tensor or tuple of Tensor
        Where.
    v : Tensor or tuple of Tensor, optional
        Formed like the inputs; may be left out for a single input of one element.
    create_graph, strict : bool, default False
        As in `vjp`.

    Returns
    -------
    tuple
        The output, and the product, formed like the inputs.

    Examples
    --------
    >>> x = torch.tensor([1.0, 2.0])
    >>> torch.autograd.functional.hvp(lambda x: (x**3).sum(), x, torch.ones(2))
    (tensor(9.), tensor([ 6., 12.]))
    """
    with enable_grad():
        outputs, inputs, first, v, many = _first_of_two(func, inputs, v, create_graph, strict, "hvp")
        seeds = tuple(_C.zeros_like(x).requires_grad_() for x in inputs)
        second = _gradients(first, inputs, seeds, create_graph=True)
    with set_grad_enabled(create_graph or _C.is_grad_enabled()):
        found = _gradients(second, seeds, v, create_graph)
        missing = "The hessian of the user-provided function is independent of entry {} in the grad_jacobian."
        found = _or_zeros(found, inputs, strict, create_graph, missing, _HESSIAN_CONSTANT)
    return _finished(outputs, create_graph)[0], _alike(_finished(found, create_graph), many)


def _first_of_two(func, inputs, v, create_graph, strict, name):
    """What both products with a Hessian begin with: the output, and its gradient with a graph."""
    inputs, many = _tuple_of(inputs, "inputs", name)
    inputs = _fresh(inputs, create_graph, True)
    v = _vector(v, inputs, many, create_graph, name, "the input to the user-provided function is")
    outputs, many_outputs = _evaluate(func, inputs, name, strict)
    _scalar_output(outputs, many_outputs, name)
    first = _gradients(outputs, inputs, create_graph=True)
    _differentiable(first, strict, _INDEPENDENT, _TWICE)
    return outputs, inputs, first, v, many


# ---- matrices -------------------------------------------------------------------------------------------------------


def jacobian(func, inputs, create_graph=False, strict=False, vectorize=False, strategy="reverse-mode"):
    """All derivatives of the outputs by the inputs.

    Parameters
    ----------
    func : callable
        From tensors to a tensor or a tuple of tensors.
    inputs : Tensor or tuple of Tensor
        Where.
    create_graph : bool, default False
        Make a result that can be differentiated.
    strict : bool, default False
        Raise where an output does not depend on an input, instead of giving zeros.
    vectorize : bool, default False
        Compute the rows as one batch.
    strategy : str, default "reverse-mode"
        "reverse-mode" goes row by row; "forward-mode", with `vectorize` alone, column by column.

    Returns
    -------
    Tensor or tuple
        Of shape (\\*output, \\*input); a tuple over the inputs where they are one, of these a tuple over the outputs.

    Examples
    --------
    >>> torch.autograd.functional.jacobian(lambda x: x**2, torch.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError('Expected strategy to be either "forward-mode" or "reverse-mode".')
    if strategy == "forward-mode":
        return _jacobian_by_columns(func, inputs, create_graph, strict, vectorize)
    if strict and vectorize:
        raise RuntimeError(
            "torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not supported together."
        )
    with enable_grad():
        inputs, many = _tuple_of(inputs, "inputs", "jacobian")
        inputs = _fresh(inputs, create_graph, True)
        outputs, many_outputs = _evaluate(func, inputs, "jacobian", strict)
        rows = tuple(
            _jacobian_of(output, place, inputs, create_graph, strict, vectorize) for place, output in enumerate(outputs)
        )
    return _alike(tuple(_alike(_finished(row, create_graph), many) for row in rows), many_outputs)


def _jacobian_of(output, place, inputs, create_graph, strict, vectorize):
    """One output's derivatives by each of the inputs."""
    if output.requires_grad and output.numel():
        found = _rows(output, inputs, create_graph, strict, vectorize)
    else:
        found = [None] * len(inputs)
    for which, block in enumerate(found):
        if strict and block is None:
            raise RuntimeError(
                f"Output {place} of the user-provided function is independent of input {which}. {_NOT_STRICT}"
            )
        if strict and create_graph and not block.requires_grad:
            raise RuntimeError(
                _JACOBIAN_CONSTANT.format(place) + " This is not allowed in strict mode when create_graph=True."
            )
    return tuple(
        (_C.zeros(output.shape + x.shape, dtype=x.dtype, device=x.device) if block is None else block)
        for block, x in zip(found, inputs)
    )


def _rows(output, inputs, create_graph, strict, vectorize):
    """An output's derivatives by each input, (*output, *input), or None where it is independent of it."""
    from rushlight.autograd import grad

    count = output.numel()
    if vectorize:
        basis = _C.eye(count, dtype=output.dtype, device=output.device).reshape((count, *output.shape))
        found = grad(
            output,
            inputs,
            basis,
            retain_graph=True,
            create_graph=create_graph,
            allow_unused=True,
            is_grads_batched=True,
        )
    else:
        flat = output.reshape(-1)
        rows = [_gradients((flat[i],), inputs, create_graph=create_graph, keep=True) for i in range(count)]
        found = [_stacked(column, x) for column, x in zip(zip(*rows), inputs)]
    return [g if g is None else g.reshape(output.shape + x.shape) for g, x in zip(found, inputs)]


def _stacked(column, x):
    if all(g is None for g in column):
        return None
    return _C.stack([_C.zeros_like(x) if g is None else g for g in column])


def _jacobian_by_columns(func, inputs, create_graph, strict, vectorize):
    for name, asked in (("create_graph", create_graph), ("strict", strict)):
        if asked:
            error = NotImplementedError if name == "create_graph" else RuntimeError
            raise error(
                f'torch.autograd.functional.jacobian: `{name}=True` and `strategy="forward-mode"` are not supported together '
                f'(yet). Please either set `{name}=False` or `strategy="reverse-mode"`.'
            )
    if not vectorize:
        raise NotImplementedError(
            "Computing Jacobian using forward-AD or forward-over-reverse Hessian is only implemented for `vectorize=True`."
        )
    inputs, many = _tuple_of(inputs, "inputs", "jacobian")
    value, columns = None, []  # of each input: one an element, and of these one an output
    for which, x in enumerate(inputs):
        for i in range(x.numel()):
            direction = [_C.zeros_like(other) for other in inputs]
            direction[which].view(-1)[i] = 1
            value, tangent = jvp(func, inputs, tuple(direction))
            columns.append(tangent if isinstance(tangent, tuple) else (tangent,))
    value = value if columns else func(*inputs)  # of inputs without elements
    outputs, many_outputs = _tuple_of(value, "outputs of the user-provided function", "jacobian")
    rows, blocks = list(zip(*columns)) or [()] * len(outputs), []
    for output, row in zip(outputs, rows):
        block, start = [], 0
        for x in inputs:
            shape, dtype = output.shape + x.shape, output.dtype
            part = row[start : start + x.numel()]
            block.append(_C.stack(part, output.ndim).reshape(shape) if part else _C.zeros(shape, dtype=dtype))
            start += x.numel()
        blocks.append(_alike(tuple(block), many))
    return _alike(tuple(blocks), many_outputs)


def hessian(
    func, inputs, create_graph=False, strict=False, vectorize=False, outer_jacobian_strategy="reverse-mode",
):  # fmt: skip
    """All second derivatives of a scalar function.

    Parameters
    ----------
    func : callable
        From tensors to a tensor of one element.
    inputs : Tensor or tuple of Tensor
        Where.
    create_graph, strict, vectorize : bool, default False
        As in `jacobian`.
    outer_jacobian_strategy : str, default "reverse-mode"
        The `strategy` of the second differentiation.

    Returns
    -------
    Tensor or tuple
        Of shape (\\*input, \\*input); a tuple of tuples where the inputs are a tuple.

    Examples
    --------
    >>> torch.autograd.functional.hessian(lambda x: (x**3).sum(), torch.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    if outer_jacobian_strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError('Expected strategy to be either "forward-mode" or "reverse-mode".')
    given, many = _tuple_of(inputs, "inputs", "hessian")

    def scalar(*values):
        outputs, many_outputs = _evaluate(func, values, "hessian", strict)
        _scalar_output(outputs, many_outputs, "hessian")
        return outputs[0].reshape(())

    def first(*values):
        if outer_jacobian_strategy == "forward-mode":
            values = tuple(x if x.requires_grad else x.requires_grad_() for x in values)
        found = jacobian(scalar, values, create_graph=True)
        _differentiable(found, strict, _INDEPENDENT, _TWICE)
        return found

    found = jacobian(
        first, given, create_graph=create_graph, strict=strict, vectorize=vectorize, strategy=outer_jacobian_strategy
    )
    return found if many else found[0][0]
