"""One step of training, run and watched; afterwards everything is as it was."""

import copy
import warnings
from typing import NamedTuple

import rushlight
from rushlight import _C, nn

from ._report import Finding, Report

__all__ = ["Step", "check"]


class Step:
    """What a step shows: everything that the questions of `_questions` ask about.

    Attributes
    ----------
    model, loss_fn, optimizer, input, target
        As given; `input` is a tuple of arguments.
    output, loss : Tensor or None
        None where the step did not come so far.
    calls : dict of Module to Call
        The modules that were called, in order.
    before : dict of str to Tensor
        Parameters before the step, by name; `after` those after it.
    """

    def __init__(self, model, loss_fn, optimizer, input, target):
        self.model, self.loss_fn, self.optimizer = model, loss_fn, optimizer
        self.input, self.target = input, target
        self.output = self.loss = self.error = None
        self.calls = {}
        self.parameters = dict(model.named_parameters())
        self.paths = {module: path for path, module in model.named_modules()}
        self.had_gradients = any(p.grad is not None and p.grad.any() for p in self.parameters.values())
        self.before = {name: p.detach().clone() for name, p in self.parameters.items()}
        self.after = {}

    def path(self, module):
        return self.paths.get(module) or type(module).__name__

    def idle(self):
        """Paths of the modules with parameters of their own that the forward pass did not call."""
        owners = [m for m in self.model.modules() if any(True for _ in m.parameters(recurse=False))]
        # attention and recurrent layers hand the parameters of their parts to functions
        parts = {id(c) for m in owners if isinstance(m, (nn.MultiheadAttention, nn.RNNBase)) for c in m.children()}
        return [self.path(m) for m in owners if m not in self.calls and id(m) not in parts]


class Call(NamedTuple):
    """What came in and out of the last call of a module."""

    input: tuple
    output: object


def check(model, loss_fn, optimizer, batch):
    """Run one training step and say what is probably wrong with it.

    Parameters, buffers, gradients, the optimizer's state and the default generator are afterwards what they were before.

    Parameters
    ----------
    model : Module
    loss_fn : callable
        Called with the model's output and the target.
    optimizer : Optimizer
    batch : tuple
        (input, target); the input may be a tuple of arguments.

    Returns
    -------
    Report
        A list of findings; printed, a line each.

    Raises
    ------
    TypeError
        An argument is of another kind.

    Examples
    --------
    >>> net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Softmax(1))
    >>> optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    >>> batch = torch.randn(8, 2), torch.randint(3, (8,))
    >>> torch.check(net, torch.nn.CrossEntropyLoss(), optimizer, batch).kinds()
    ['softmax before cross entropy']
    """
    from rushlight.optim import Optimizer

    from ._questions import AFTER_LOSS, AFTER_STEP, BEFORE

    if not isinstance(model, nn.Module):
        raise TypeError(f"check: model must be a Module, not {type(model).__name__}")
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"check: optimizer must be an Optimizer, not {type(optimizer).__name__}")
    if not callable(loss_fn):
        raise TypeError(f"check: loss_fn must be callable, not {type(loss_fn).__name__}")
    if not isinstance(batch, (tuple, list)) or len(batch) != 2:
        raise TypeError("check: batch must be a pair of an input and a target")
    input, target = batch
    step = Step(model, loss_fn, optimizer, input if isinstance(input, tuple) else (input,), target)
    report = Report()

    def ask(questions):
        for question in questions:
            report.extend(question(step) or ())

    with _Kept(model, optimizer):
        ask(BEFORE)
        if _forward(step):
            ask(AFTER_LOSS)
            if step.loss.requires_grad and _backward(step):
                ask(AFTER_STEP)
    if step.error is not None:
        report.append(Finding("error", step.error[0], f"{type(step.error[1]).__name__}: {step.error[1]}"))
    return report


class _Kept:
    """Puts back what a step changes."""

    def __init__(self, model, optimizer):
        self.model, self.optimizer = model, optimizer

    def __enter__(self):
        tensors = (*self.model.parameters(), *self.model.buffers())
        held = {id(t): t for t in tensors} | {
            id(p): p for group in self.optimizer.param_groups for p in group["params"]
        }
        self.values = [(t, t.detach().clone(), t.grad) for t in held.values()]
        for t, _, _ in self.values:
            t.grad = None if t.grad is None else t.grad.clone()
        self.state = copy.deepcopy(self.optimizer.state_dict())
        self.generator = rushlight.get_rng_state()

    def __exit__(self, *error):
        with rushlight.no_grad():
            for t, value, grad in self.values:
                t.copy_(value)
                t.grad = grad
        self.optimizer.load_state_dict(self.state)
        rushlight.set_rng_state(self.generator)


def _forward(step):
    """Model and loss; False where that failed."""
    handles = []

    def after(module, given, output):
        step.calls[module] = Call(given, output)

    for module in step.model.modules():
        handles.append(module.register_forward_hook(after))
    where = "model"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what they are about is asked for by the questions
            step.output = step.model(*step.input)
            where = "loss"
            step.loss = step.loss_fn(step.output, step.target)
    except Exception as error:  # whatever a model raises is an answer
        step.error = where, error
        return False
    finally:
        for handle in handles:
            handle.remove()
    return isinstance(step.loss, _C.TensorBase) and step.loss.numel() == 1


def _backward(step):
    """Gradients and the optimizer's step; False where that failed."""
    try:
        step.optimizer.zero_grad()
        step.loss.backward()
    except Exception as error:
        step.error = "loss", error
        return False
    step.grads = {name: p.grad for name, p in step.parameters.items()}
    step.optimizer.step()
    step.after = {name: p.detach().clone() for name, p in step.parameters.items()}
    return True
