"""Automatic differentiation: the graph walked backwards, and the switches of recording."""

from rushlight import _C

from . import graph
from .anomaly_mode import detect_anomaly, set_detect_anomaly
from .function import Function
from .grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled
from .gradcheck import GradcheckError, gradcheck, gradgradcheck
from .variable import Variable

__all__ = [
    "Function",
    "GradcheckError",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]


def __getattr__(name):
    if name in ("forward_ad", "functional"):  # brought in by first use
        import importlib

        return importlib.import_module("." + name, __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _as_tuple(x):
    return x if isinstance(x, tuple) else tuple(x) if isinstance(x, list) else (x,)


def _first_gradients(tensors, gradients):
    if gradients is None:
        return (None,) * len(tensors)
    gradients = _as_tuple(gradients)
    if len(gradients) != len(tensors):
        raise RuntimeError(f"got {len(tensors)} tensors and {len(gradients)} gradients")
    return gradients


def backward(tensors, grad_tensors=None, retain_graph=None, create_graph=False, grad_variables=None, inputs=None):
    """Add the gradients of `tensors` to the ``.grad`` of the leaves they were computed from.

    Parameters
    ----------
    tensors : Tensor or sequence of Tensor
        The roots.
    grad_tensors : Tensor or sequence of Tensor or None, optional
        What each root's gradient is; ones for a root of one element.
    retain_graph : bool, optional
        Keep what was saved, for another backward; `create_graph` otherwise.
    create_graph : bool, default False
        Record the backward pass itself.
    inputs : Tensor or sequence of Tensor, optional
        Only these get gradients.

    Raises
    ------
    RuntimeError
        If a root has no history, or a second backward finds what was saved gone, or a saved tensor was changed.
    """
    tensors = _as_tuple(tensors)
    if inputs is not None:
        inputs = _as_tuple(inputs)
        if not inputs:
            raise RuntimeError("'inputs' argument to 'backward' cannot be empty.")
    keep = create_graph if retain_graph is None else retain_graph
    _C._run_backward(
        tensors,
        _first_gradients(tensors, grad_tensors if grad_tensors is not None else grad_variables),
        keep,
        create_graph,
        inputs,
        True,
    )


def _batched(walk, seeds):
    """One walk for a whole batch of gradients: what `walk` gives for each of them, put together."""
    from rushlight.func._batch import Batch

    sizes = {s.shape[0] for s in seeds if s is not None and s.ndim}
    if len(sizes) != 1:
        raise ValueError("grad: is_grads_batched=True takes grad_outputs whose first dim is the batch's, of one size")
    with Batch(sizes.pop()) as layer:
        found = walk(tuple(s if s is None else layer.wrap(s) for s in seeds))
        return tuple(
            g if g is None else layer.inside(g) if layer.owns(g) else _C.clone(layer.expanded(g)) for g in found
        )


def grad(
    outputs, inputs, grad_outputs=None, retain_graph=None, create_graph=False, only_inputs=True, allow_unused=None,
    is_grads_batched=False, materialize_grads=False,
):  # fmt: skip
    """Gradients of `outputs` with respect to `inputs`, as a tuple; ``.grad`` is left alone.

    Parameters
    ----------
    outputs, inputs : Tensor or sequence of Tensor
        What is differentiated, and by what.
    grad_outputs : Tensor or sequence of Tensor or None, optional
        What each output's gradient is; ones for an output of one element.
    retain_graph : bool, optional
        Keep what was saved, for another walk; `create_graph` otherwise.
    create_graph : bool, default False
        Record the walk itself, for derivatives of derivatives.
    only_inputs : bool, default True
        Accepted as in PyTorch, where nothing else is left.
    allow_unused, materialize_grads : bool, optional
        What an input is given that was not used: see below.
    is_grads_batched : bool, default False
        The first dim of `grad_outputs` is that of a batch, and of each gradient then, too.

    Raises
    ------
    RuntimeError
        If an input was not used, unless `allow_unused` (its gradient is None then) or `materialize_grads` (zeros).
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    outputs, inputs = _as_tuple(outputs), _as_tuple(inputs)
    keep = create_graph if retain_graph is None else retain_graph
    seeds = _first_gradients(outputs, grad_outputs)
    if is_grads_batched:
        found = _batched(lambda one: _C._run_backward(outputs, one, keep, create_graph, inputs, False), seeds)
    else:
        found = _C._run_backward(outputs, seeds, keep, create_graph, inputs, False)
    if materialize_grads:
        return tuple(_C.zeros_like(x) if g is None else g for x, g in zip(inputs, found))
    unused = None if allow_unused else next((place for place, g in enumerate(found) if g is None), None)
    if unused is not None:
        _C._refuse_unused(unused, inputs[unused])
    return found
