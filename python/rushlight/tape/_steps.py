"""The graph behind a tensor as a list of steps, the oldest first, with what each holds and costs."""

import math
from typing import NamedTuple

from rushlight import _C


class Step(NamedTuple):
    """One recorded op.

    `place` is (file, line, function) or None; `keeps` the bytes that the backward pass needs and that no step before it keeps
    already, inputs and parameters left out; `flops` an estimate of the forward pass, None where there is none.
    """

    node: object
    op: str
    shape: tuple[int, ...]
    dtype: object
    place: tuple[str, int, str] | None
    keeps: int
    flops: int | None
    inputs: list[object]


class Leaf(NamedTuple):
    """The end of a path: a tensor that asks for gradients."""

    tensor: object
    name: str


def name_of(node_name):
    """`mul` of MulBackward0."""
    stem = node_name.rstrip("0123456789").removesuffix("Backward")
    words = "".join("_" + c.lower() if c.isupper() else c for c in stem)
    return words.lstrip("_") or node_name


def _node_order(root):
    """Every node behind one, the oldest first, with its description."""
    found, waiting = {}, [root]
    while waiting:
        node = waiting.pop()
        if id(node) in found:
            continue
        told = _C._describe(node)
        found[id(node)] = node, told
        waiting.extend(target for target, _ in told["edges"] if isinstance(target, _C.Node))
    return sorted(found.values(), key=lambda pair: pair[0]._sequence_nr)


def _forms(order, root):
    """Shape and dtype of the result that is used of every node, from what its users say of their inputs."""
    known = {id(root.grad_fn): (tuple(root.shape), root.dtype)}
    for node, told in reversed(order):
        own = known.get(id(node), ((), None))
        for place, (target, _) in enumerate(told["edges"]):
            if isinstance(target, _C.Node) and id(target) not in known:
                form = told["forms"][place] if told["forms"] is not None else own
                known[id(target)] = (tuple(form[0]), form[1])
    return known


def _work(told, shape):
    """Floating-point operations of the forward pass, counted from shapes."""
    out = math.prod(shape)
    kind = told["kind"]
    if kind == "View":
        return 0
    if kind == "Product":
        forms = told["forms"]
        inputs = [tuple(form[0]) for form in forms] if forms is not None else [shape]
        first = inputs[1] if told["row"] == "addmm" and len(inputs) > 1 else inputs[0]
        if told["row"] == "linear" and len(inputs) > 1 and len(inputs[-2 if len(inputs) > 2 else -1]) == 2:
            first = inputs[1] if len(inputs) > 2 or len(inputs[1]) == 2 else inputs[0]
        return 2 * out * (first[-1] if first else 1)
    if kind in ("Reduction", "Scan"):
        forms = told["forms"]
        return math.prod(forms[0][0]) if forms else out
    return out if kind == "Pointwise" else None


def steps_of(tensor, names=None):
    """(steps, leaves) of the graph behind a tensor; `names`: of leaves, by id."""
    if not isinstance(tensor, _C.TensorBase):
        raise TypeError(f"explain and graph show what is behind a Tensor, not a {type(tensor).__name__}")
    if tensor.grad_fn is None:
        raise RuntimeError(
            "no graph is behind this tensor: it is a leaf, or was computed without gradients (no input asks for them, or "
            "no_grad was on)"
        )
    order = _node_order(tensor.grad_fn)
    forms = _forms(order, tensor)
    leaves, seen, steps = {}, set(), []
    for _, told in order:
        for target, _ in told["edges"]:
            if isinstance(target, _C.TensorBase) and id(target) not in leaves:
                leaves[id(target)] = Leaf(target, (names or {}).get(id(target), ""))
                seen.add(_C._storage_ptr(target))
    for node, told in order:
        shape, dtype = forms.get(id(node), ((), None))
        kept = 0
        for saved in told["saved"]:
            storage = _C._storage_ptr(saved)
            if storage not in seen and not (saved.is_leaf and saved.grad_fn is None and saved.requires_grad):
                seen.add(storage)
                kept += saved.nbytes if saved._base is None else saved._base.nbytes
        step = Step(
            node,
            name_of(told["name"]),
            shape,
            dtype,
            told["place"],
            kept,
            _work(told, shape),
            [t for t, _ in told["edges"]],
        )
        steps.append(step)
    return steps, leaves


def names_in(model):
    """Names of a module's parameters, by id."""
    return {id(p): name for name, p in model.named_parameters(remove_duplicate=False)} if model is not None else {}


def owners_in(model):
    """The path and class of the module that owns a parameter, by id of the parameter."""
    if model is None:
        return {}
    return {
        id(p): f"{path or 'model'}: {type(part).__name__}"
        for path, part in model.named_modules()
        for p in part._parameters.values()
        if p is not None
    }


def groups_of(steps, model=None):
    """Runs of steps that one function recorded, with the title of each: the module's path where a parameter tells it."""
    owners = owners_in(model)
    runs = []
    for place, step in enumerate(steps):
        function = step.place[2] if step.place else ""
        runs_on = runs and runs[-1][0] == function and runs[-1][3] == (step.place[0] if step.place else "")
        owner = next((owners[id(t)] for t in step.inputs if id(t) in owners), None)
        if runs_on and not (owner and runs[-1][2] and owner != runs[-1][2]):
            runs[-1][1].append(place)
            runs[-1][2] = runs[-1][2] or owner
        else:
            runs.append([function, [place], owner, step.place[0] if step.place else ""])
    return [(owner or function.removesuffix(".forward"), places) for function, places, owner, _ in runs]
