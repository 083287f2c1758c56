"""Functions with a derivative of their own: `Function`, and the `ctx` that its forward and backward are given."""

import functools
import warnings

from rushlight import _C
from rushlight._naming import Meta

__all__ = [
    "BackwardCFunction",
    "Function",
    "FunctionCtx",
    "FunctionMeta",
    "InplaceFunction",
    "NestedIOFunction",
    "once_differentiable",
]


_LAYERED = 4  # csrc/python/mode.h: a transform is at work


class FunctionCtx:
    """What `forward` notes for `backward`."""

    def save_for_backward(self, *tensors):
        """Keep tensors, which `backward` finds in ``ctx.saved_tensors``; at most one call counts.

        Parameters
        ----------
        *tensors : Tensor or None
            Inputs, results, or anything between. One that is changed in place before it is used raises.
        """
        self.to_save = tensors

    def save_for_forward(self, *tensors):
        """Keep tensors, which `jvp` finds in ``ctx.saved_for_forward``."""
        for place, tensor in enumerate(tensors):
            if tensor is not None and not isinstance(tensor, _C.TensorBase):
                raise TypeError(
                    "save_for_forward expects all arguments to be tensors; you should save non-tensors as attributes "
                    f"on ctx: argument {place} is of type {type(tensor).__name__}."
                )
        self.saved_for_forward = tensors

    def mark_dirty(self, *args):
        """Tell that these inputs were changed in place; each of them is to be returned."""
        self.dirty_tensors = args

    def mark_non_differentiable(self, *args):
        """Tell that these results have no derivative; `backward` is given zeros for them."""
        self.non_differentiable = args

    def mark_shared_storage(self, *pairs):
        """Do nothing: which results share an argument's memory is found out."""
        warnings.warn(
            "mark_shared_storage is deprecated. Tensors with shared storages are automatically tracked.",
            FutureWarning,
            stacklevel=2,
        )

    def set_materialize_grads(self, value):
        """Is `backward` given zeros (True, as it is at first) or None for results whose gradient nobody asked for?"""
        self.materialize_grads = value


class _HookMixin:
    @staticmethod
    def _register_hook(backward_hooks, hook):
        from rushlight.utils.hooks import HookDict, RemovableHandle

        hooks = HookDict() if backward_hooks is None else backward_hooks
        handle = RemovableHandle(hooks)
        hooks[handle.id] = hook
        return hooks, handle


class BackwardCFunction(_C._FunctionNode, FunctionCtx, _HookMixin):
    """The node of a Function, whose `ctx` it is as well."""

    def apply(self, *args):
        """Call the Function's `backward`."""
        function = self._forward_cls
        backward, vjp = function.backward, function.vjp
        if backward is not Function.backward and vjp is not Function.vjp:
            raise RuntimeError(
                "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only implement "
                "one of them."
            )
        return (backward if vjp is Function.vjp else vjp)(self, *args)

    def apply_jvp(self, *args):
        """Call the Function's `jvp`."""
        return self._forward_cls.jvp(self, *args)


class FunctionMeta(Meta):
    """Gives every Function a class of nodes of its own."""

    def __init__(cls, name, bases, attrs):
        cls._backward_cls = type(name + "Backward", (BackwardCFunction,), {"_forward_cls": cls})
        super().__init__(name, bases, attrs)


class Function(FunctionCtx, _HookMixin, metaclass=FunctionMeta):
    """A function of tensors with a derivative of its own.

    Derive from it and write two static methods: ``forward(ctx, *args)`` computes, with nothing recorded, and
    ``backward(ctx, *grads)`` turns the gradients of the results into one for each argument (None for those that need none).
    ``forward(*args)`` without `ctx` goes together with ``setup_context(ctx, inputs, output)``. The function itself is
    called by `apply`.

    Examples
    --------
    >>> class Cube(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return 3 * x**2 * g
    >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> Cube.apply(x)
    tensor([1., 8.], grad_fn=<CubeBackward>)
    >>> torch.autograd.grad(Cube.apply(x).sum(), x)
    (tensor([ 3., 12.]),)
    """

    #: whether `vmap` may be derived from the static methods themselves
    generate_vmap_rule = False

    def __init__(self, *args, **kwargs):
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all static, so you should invoke "
            "them on the class itself. Instantiating an autograd function will raise an error in a future version of "
            "PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args, **kwargs):
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd function "
            "with static forward method: Function.apply(...)."
        )

    @staticmethod
    def forward(*args, **kwargs):
        """Compute the results: of ``(ctx, *args)``, or of ``(*args)`` beside a `setup_context`."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx, inputs, output):
        """Note in `ctx` what `backward` needs of the arguments and of what `forward` made of them."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx, *grad_outputs):
        """Turn the gradients of the results into one for every argument."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with "
            "backward mode AD."
        )

    @staticmethod
    def vjp(ctx, *grad_outputs):
        """Another name for `backward`."""
        return Function.backward(ctx, *grad_outputs)

    @staticmethod
    def jvp(ctx, *grad_inputs):
        """Turn tangents of the arguments into one for every result."""
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with forward mode AD."
        )

    @staticmethod
    def vmap(info, in_dims, *args):
        """Compute a whole batch: gives the results and the dims of the batch in them."""
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap static method or set "
            "generate_vmap_rule=True."
        )

    @classmethod
    def apply(cls, *args, **kwargs):
        """Call the function."""
        setup = cls.setup_context
        if setup is Function.setup_context:
            setup = None
        elif kwargs or len(args) != _arity(cls.forward):
            args, kwargs = _bind_defaults(cls.forward, args, kwargs)
        if _C._mode() & _LAYERED:
            from rushlight.func._function import apply

            plain = functools.partial(_C._apply_function, cls._backward_cls, cls.forward, setup, args, kwargs or None)
            return apply(cls, args, kwargs, plain)
        return _C._apply_function(cls._backward_cls, cls.forward, setup, args, kwargs or None)


def _arity(function):
    code = getattr(function, "__code__", None)
    return -1 if code is None or code.co_flags & 0x0C else code.co_argcount  # 0x0C: *args or **kwargs


def _bind_defaults(function, args, kwargs):
    import inspect

    bound = inspect.signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.args, bound.kwargs


def once_differentiable(fn):
    """Decorate a `backward` that cannot be differentiated again: whoever tries is told so.

    Examples
    --------
    >>> class Once(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         return x * 2
    ...
    ...     @staticmethod
    ...     @torch.autograd.function.once_differentiable
    ...     def backward(ctx, g):
    ...         return g * 2
    >>> x = torch.ones(2, requires_grad=True)
    >>> torch.autograd.grad(Once.apply(x).sum(), x)
    (tensor([2., 2.]),)
    """

    @functools.wraps(fn)
    def wrapper(ctx, *args, **kwargs):
        before = _C.is_grad_enabled()
        _C._set_grad_enabled(False)
        try:
            outputs = fn(ctx, *args, **kwargs)
        finally:
            _C._set_grad_enabled(before)
        if not before or not any(isinstance(a, _C.TensorBase) and a.requires_grad for a in args):
            return outputs
        single = not isinstance(outputs, tuple)
        outputs = (outputs,) if single else outputs
        # behind a node that refuses, so that the attempt fails and not this backward
        ends = tuple(None if y is None else y.detach().requires_grad_() for y in outputs)
        ended = _End.apply(*ends)
        return ended[0] if single else ended

    return wrapper


class _End(Function):
    @staticmethod
    def forward(ctx, *tensors):
        return tuple(t if t is None else t.view_as(t) for t in tensors)

    @staticmethod
    def backward(ctx, *grads):
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")


_End._backward_cls.__name__ = _End._backward_cls.__qualname__ = "Error"  # as PyTorch prints it


class InplaceFunction(Function):
    """An old base class of Functions that write into their arguments."""

    def __init__(self, inplace=False):
        super().__init__()
        self.inplace = inplace


class NestedIOFunction(Function):
    """An old base class of Functions of nested tuples, which came as instances; kept for its name."""
