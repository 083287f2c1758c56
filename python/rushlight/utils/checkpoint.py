"""Memory for time: parts of a model keep nothing for the backward pass, which runs them once more instead."""

import contextlib
import warnings
import weakref

from rushlight import _C
from rushlight.autograd import Function, backward
from rushlight.autograd.grad_mode import enable_grad
from rushlight.autograd.graph import saved_tensors_hooks

__all__ = [
    "CheckpointError",
    "CheckpointFunction",
    "check_backward_validity",
    "checkpoint",
    "checkpoint_sequential",
    "detach_variable",
    "noop_context_fn",
    "set_checkpoint_early_stop",
]


class CheckpointError(RuntimeError):
    """The second run of a part did not keep what the first one did."""


def noop_context_fn():
    """Two contexts that do nothing."""
    return contextlib.nullcontext(), contextlib.nullcontext()


_stops_early = None  # None: as each call says


class set_checkpoint_early_stop:
    """Inside, the second run ends (or not) as soon as all is there that the backward pass needs, whatever a call says.

    Parameters
    ----------
    enable : bool
        End it early, or run it to its end.
    """

    def __init__(self, enable):
        self.enable = enable

    def __enter__(self):
        global _stops_early
        self._before, _stops_early = _stops_early, self.enable

    def __exit__(self, *exc):
        global _stops_early
        _stops_early = self._before


def detach_variable(inputs):
    """Tensors of the same values without history, which ask for gradients as `inputs` did.

    Parameters
    ----------
    inputs : tuple
        What is no tensor stays.

    Returns
    -------
    tuple
        As long as `inputs`.
    """
    if not isinstance(inputs, tuple):
        raise RuntimeError(f"Only tuple of tensors is supported. Got Unsupported input type: {type(inputs).__name__}")
    return tuple(x.detach().requires_grad_(x.requires_grad) if isinstance(x, _C.TensorBase) else x for x in inputs)


def check_backward_validity(inputs):
    """Warn where no tensor among the inputs asks for gradients."""
    if not any(x.requires_grad for x in inputs if isinstance(x, _C.TensorBase)):
        warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2)


@contextlib.contextmanager
def _random_numbers_from(state):
    """Inside, random numbers are those that followed on `state`; None leaves them alone."""
    if state is None:
        yield
        return
    generator = _C._default_generator()
    now = generator.get_state()
    generator.set_state(state)
    try:
        yield
    finally:
        generator.set_state(now)


def _random_state(preserve):
    return _C._default_generator().get_state() if preserve else None


def checkpoint(
    function, *args, use_reentrant=None, context_fn=noop_context_fn, determinism_check="default", debug=False, early_stop=True,
    **kwargs,
):  # fmt: skip
    """Call a function that keeps nothing for the backward pass, where it is called again.

    Parameters
    ----------
    function : callable
        A part of a model. It has to do the same both times.
    *args
        What it is called with.
    use_reentrant : bool, optional
        False, which is better: what ops keep is left away and made again when it is asked for. True: the part is one node of
        the graph, whose derivative runs a backward pass of its own; then some argument has to ask for gradients, nested
        tensors are not seen, and `autograd.grad` is refused. To be said; True otherwise.
    context_fn : callable, optional
        Gives two context managers, for the first run and for the second.
    determinism_check : str, default "default"
        "default" compares shapes, dtypes and devices of what the two runs keep; "none" does not.
    debug : bool, default False
        Accepted as in PyTorch; an error names the tensors anyhow.
    early_stop : bool, default True
        End the second run as soon as all is there.
    **kwargs
        `preserve_rng_state` (True: the second run draws the same random numbers); the rest goes to `function`.

    Returns
    -------
    object
        What `function` returned.

    Raises
    ------
    CheckpointError
        In the backward pass, if the second run kept other tensors than the first.

    Examples
    --------
    >>> x = torch.ones(2, requires_grad=True)
    >>> y = torch.utils.checkpoint.checkpoint(lambda x: x.exp().sin(), x, use_reentrant=False)
    >>> torch.autograd.grad(y.sum(), x)
    (tensor([-2.4783, -2.4783]),)
    """
    if use_reentrant is None:
        _warn_of_default("checkpoint")
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if not use_reentrant:
        return _recomputed(function, preserve, context_fn, determinism_check, early_stop, args, kwargs)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    if context_fn is not noop_context_fn or debug:
        raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
    return CheckpointFunction.apply(function, preserve, *args)


def _warn_of_default(name):
    warnings.warn(
        f"torch.utils.checkpoint.{name}: the use_reentrant parameter should be passed explicitly. use_reentrant=False is "
        "recommended; without it, use_reentrant=True is taken.",
        stacklevel=3,
    )


def checkpoint_sequential(functions, segments, input, use_reentrant=None, **kwargs):
    """Call functions one after another, in segments that are checkpointed; the last one is not.

    Parameters
    ----------
    functions : Sequential or iterable of callable
        Each is given what the one before returned.
    segments : int
        Into how many parts they are cut.
    input : Tensor
        What the first is given.
    use_reentrant : bool, optional
        As in `checkpoint`.
    **kwargs
        `preserve_rng_state`.

    Returns
    -------
    object
        What the last function returned.

    Examples
    --------
    >>> model = torch.nn.Sequential(torch.nn.Tanh(), torch.nn.Tanh(), torch.nn.Tanh())
    >>> x = torch.ones(2, requires_grad=True)
    >>> torch.utils.checkpoint.checkpoint_sequential(model, 2, x, use_reentrant=False)
    tensor([0.5663, 0.5663], grad_fn=<TanhBackward0>)
    """
    if use_reentrant is None:
        _warn_of_default("checkpoint_sequential")
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    functions = list(functions.children()) if hasattr(functions, "children") else list(functions)

    def part(some):
        def run(value):
            for function in some:
                value = function(value)
            return value

        return run

    size = len(functions) // segments
    for first in range(0, size * (segments - 1), size) if size else ():
        segment = part(functions[first : first + size])
        input = checkpoint(segment, input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return part(functions[size * (segments - 1) :])(input)


# ---- one node with a backward pass of its own ---------------------------------------------------------------------------


class CheckpointFunction(Function):
    """The part as one node: its derivative runs the part again, and a backward pass through it."""

    @staticmethod
    def forward(ctx, run_function, preserve_rng_state, *args):
        check_backward_validity(args)
        ctx.run_function = run_function
        ctx.state = _random_state(preserve_rng_state)
        ctx.others = [None if isinstance(a, _C.TensorBase) else a for a in args]
        ctx.places = [i for i, a in enumerate(args) if isinstance(a, _C.TensorBase)]
        ctx.save_for_backward(*(args[i] for i in ctx.places))
        return run_function(*args)

    @staticmethod
    def backward(ctx, *grads):
        if _C._walk_is_restricted():
            raise RuntimeError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` parameter "
                "to .backward(). To resolve this error, you can either set use_reentrant=False, or call .backward() without "
                "passing the `inputs` argument."
            )
        args = list(ctx.others)
        for place, tensor in zip(ctx.places, ctx.saved_tensors):
            args[place] = tensor
        args = detach_variable(tuple(args))
        with _random_numbers_from(ctx.state), enable_grad():
            outputs = ctx.run_function(*args)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        pairs = [(y, g) for y, g in zip(outputs, grads) if isinstance(y, _C.TensorBase) and y.requires_grad]
        if not pairs:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        backward(*zip(*pairs))
        return (None, None, *(a.grad if isinstance(a, _C.TensorBase) else None for a in args))


# ---- what is kept left away, and made again -----------------------------------------------------------------------------


class _Arguments(Function):
    """Keeps the tensors among the arguments as any op does, so that an outer checkpoint may leave them away as well."""

    @staticmethod
    def forward(ctx, start, *tensors):
        ctx.save_for_backward(*tensors)
        return start.view_as(start)


class _Enough(Exception):
    """Ends the second run."""


class _Holder:
    """Stands in a node for the tensor that was kept at a place in the run."""

    def __init__(self, place, tensor):
        self.place = place
        self.form = (tensor.shape, tensor.dtype, tensor.device)


class _Run:
    """A part's call: what it takes to run it again, and what the second run kept."""

    def __init__(self, function, args, kwargs, state, context, check, stops_early):
        self.function, self.kwargs, self.state = function, kwargs, state
        self.context, self.check, self.stops_early = context, check, stops_early
        self.others = [None if isinstance(a, _C.TensorBase) else a for a in args]
        self.places = [i for i, a in enumerate(args) if isinstance(a, _C.TensorBase)]
        start = _C.empty((0,)).requires_grad_()
        self.saved = _Arguments.apply(start, *(args[i] for i in self.places)).grad_fn
        self.holders = []  # weakly: a node that is gone needs nothing
        self.walk, self.kept = None, {}

    def pack(self, tensor):
        holder = _Holder(len(self.holders), tensor)
        self.holders.append(weakref.ref(holder))
        return holder

    def unpack(self, holder):
        walk = _C._walk_id()
        if walk != self.walk or holder.place not in self.kept:
            self.walk, self.kept = walk, self.again()
            if len(self.kept) != len(self.holders) and self.check != "none":
                raise CheckpointError(
                    "torch.utils.checkpoint: A different number of tensors was saved during the original forward and "
                    f"recomputation.\nNumber of tensors saved during forward: {len(self.holders)}\n"
                    f"Number of tensors saved during recomputation: {len(self.kept)}"
                )
        tensor = self.kept.pop(holder.place, None)
        if tensor is None:
            raise CheckpointError(
                "torch.utils.checkpoint: the recomputation did not save a tensor that the forward had"
            )
        found = (tensor.shape, tensor.dtype, tensor.device)
        if self.check != "none" and found != holder.form:
            raise CheckpointError(
                "torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than during "
                f"the forward pass: tensor {holder.place}: saved {holder.form}, recomputed {found}"
            )
        return tensor

    def again(self):
        """What the second run keeps, by its place."""
        kept = {}

        def note(tensor):
            kept[len(kept)] = tensor.detach()
            if self.stops_early and len(kept) == len(self.holders):
                raise _Enough
            return kept[len(kept) - 1]

        args = list(self.others)
        for place, tensor in zip(self.places, self.saved.saved_tensors):
            args[place] = tensor
        with _random_numbers_from(self.state), self.context, enable_grad(), saved_tensors_hooks(note, lambda t: t):
            with contextlib.suppress(_Enough):
                self.function(*args, **self.kwargs)
        return kept


def _recomputed(function, preserve, context_fn, check, early_stop, args, kwargs):
    if check not in ("default", "none"):
        raise ValueError(f"determinism_check should be one of ['default', 'none'] but got {check}")
    first, second = context_fn()
    if not _C.is_grad_enabled():
        with first:
            return function(*args, **kwargs)
    stops_early = early_stop if _stops_early is None else _stops_early
    run = _Run(function, args, kwargs, _random_state(preserve), second, check, stops_early)
    with saved_tensors_hooks(run.pack, run.unpack), first:
        return function(*args, **kwargs)
