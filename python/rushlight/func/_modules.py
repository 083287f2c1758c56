"""Modules as functions of their parameters."""

from rushlight import _C

__all__ = ["functional_call", "stack_module_state"]


def _by_name(module):
    """Parameters and buffers: name to the module that owns it, its dict, and the key there. Tied ones under each name."""
    places = {}
    for prefix, part in module.named_modules(remove_duplicate=False):
        for kept in (part._parameters, part._buffers):
            for key in kept:
                places[f"{prefix}.{key}" if prefix else key] = (kept, key)
    return places


def functional_call(module, parameter_and_buffer_dicts, args=None, kwargs=None, *, tie_weights=True, strict=False):
    """What a module gives with other tensors in the place of its parameters and buffers; the module stays as it is.

    Parameters
    ----------
    module : nn.Module
    parameter_and_buffer_dicts : dict or sequence of dict
        Tensors by the names of ``named_parameters`` and ``named_buffers``.
    args : Any or tuple
        The arguments; one that is no tuple is the only one.
    kwargs : dict, optional
    tie_weights : bool, default True
        What the module holds under several names is replaced under all of them.
    strict : bool, default False
        Refuse names that the module does not have, and names that are missing.

    Raises
    ------
    ValueError
        If a name is given twice, or `tie_weights` finds two tensors for one.
    RuntimeError
        If `strict`, and names differ.

    Examples
    --------
    >>> import rushlight as torch
    >>> model = torch.nn.Linear(2, 1, bias=False)
    >>> torch.func.functional_call(model, {"weight": torch.ones(1, 2)}, torch.tensor([3., 4.]))
    tensor([7.])
    """
    if isinstance(parameter_and_buffer_dicts, dict):
        given = dict(parameter_and_buffer_dicts)
    elif isinstance(parameter_and_buffer_dicts, (tuple, list)):
        given = {}
        for one in parameter_and_buffer_dicts:
            if not isinstance(one, dict):
                raise ValueError(f"functional_call: expected all elements to be dictionaries, got {type(one).__name__}")
            twice = given.keys() & one.keys()
            if twice:
                raise ValueError(
                    f"{sorted(twice)[0]} appears in multiple dictionaries; behavior of functional call is ambiguous"
                )
            given.update(one)
    else:
        raise ValueError(
            f"functional_call: expected a dict or a sequence of them, got {type(parameter_and_buffer_dicts).__name__}"
        )
    places = _by_name(module)
    if strict:
        unexpected, missing = sorted(given.keys() - places.keys()), sorted(places.keys() - given.keys())
        if unexpected or missing:
            raise RuntimeError(f"functional_call: Unexpected key(s): {unexpected}. Missing key(s): {missing}.")
    unknown = next((name for name in given if name not in places), None)
    if unknown is not None:
        raise KeyError(f"functional_call: {type(module).__name__} has no parameter or buffer {unknown!r}")
    if tie_weights:
        given = _tied(places, given)
    before = {name: kept[key] for name, (kept, key) in places.items() if name in given}
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    try:
        for name, value in given.items():
            kept, key = places[name]
            kept[key] = value
        return module(*args, **(kwargs or {}))
    finally:
        for name, value in before.items():
            kept, key = places[name]
            kept[key] = value


def _tied(places, given):
    groups = {}
    for name, (kept, key) in places.items():
        if kept[key] is not None:
            groups.setdefault(id(kept[key]), []).append(name)
    found = dict(given)
    for names in groups.values():
        values = [given[name] for name in names if name in given]
        if len(names) == 1 or not values:
            continue
        if any(value is not values[0] for value in values):
            raise ValueError(f"functional_call: {names} are one tensor of the module, but different ones were given")
        found.update(dict.fromkeys(names, values[0]))
    return found


def stack_module_state(models):
    """Parameters and buffers of models of one kind, stacked along a new first dim, for vmap.

    Parameters
    ----------
    models : list of nn.Module

    Returns
    -------
    (params, buffers) : dicts of name to Tensor (len(models), ...)

    Raises
    ------
    RuntimeError
        If there are no models, or of different classes, or some train and some do not.

    Examples
    --------
    >>> import rushlight as torch
    >>> params, _ = torch.func.stack_module_state([torch.nn.Linear(2, 1) for _ in range(3)])
    >>> params["weight"].shape
    torch.Size([3, 1, 2])
    """
    if len(models) == 0:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if not (all(m.training for m in models) or not any(m.training for m in models)):
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if any(type(m) is not type(models[0]) for m in models):
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")

    def stacked(dicts):
        made = {}
        for name in dicts[0]:
            tensors = [d[name] for d in dicts]
            asks = tensors[0].requires_grad
            made[name] = _C.stack([_C.detach(x) for x in tensors], 0)
            if asks:
                made[name].requires_grad_()
        return made

    return stacked([dict(m.named_parameters()) for m in models]), stacked([dict(m.named_buffers()) for m in models])
