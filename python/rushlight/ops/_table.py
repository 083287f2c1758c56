"""The table: an op's derivative and docstring beside its name, and the functions that are composed of ops."""

import functools
import inspect

from rushlight import _C

#: the gradient passes unchanged
same = "same"
#: the derivative is zero
zero = "zero"


def linear(transpose):
    """Mark the reverse rule of an op that is linear in an argument; its forward rule is the op itself."""
    return transpose


def op(function, grad=None, doc=None, node=None, conjugate=True):
    """Give an op of `_C` its derivative rules and its docstring; returns the op.

    Parameters
    ----------
    function : builtin
        The op, or one meaning of an overloaded one (``_C.rows[...]``).
    grad : rule or tuple of rules, optional
        One a tensor argument, in order: a function of `g` and of what it needs (arguments by name, `out`), `same`, `zero`,
        or None where there is no derivative. None altogether: not differentiable.
    doc : str, optional
        The docstring, below the signature.
    node : str or dict, optional
        The name printed in ``grad_fn=<...>`` where it is not the op's own; a dict where it depends on the arguments: a
        pattern of the first ones, a character each, to the name. ``-`` is None, ``x`` a value, ``t`` a tensor, a digit
        a tensor of that many dims, ``*`` anything; the first that fits wins, none fits: the op's own.
    conjugate : bool, default True
        The rule is the plain derivative of a function that is holomorphic: for complex values the engine hands it the
        conjugate of `g` and conjugates what it returns. False: the rule does what complex values need by itself.
    """
    if grad is not None and not (grad == zero and _takes_no_tensor(function)):
        rules = grad if isinstance(grad, tuple) else (grad,)
        _C._set_rules(function, rules, node, conjugate)
    if doc:
        _C._set_doc(function, doc)
    return function


#: Functions composed of ops need no row, and their derivative comes from their parts: those of the flat namespace, and methods.
FUNCTIONS, METHODS = {}, {}


def composed(function=None, *, public=True, method=True, out=False, in_place=False, aliases=()):
    """Register a function that is composed of ops.

    Parameters
    ----------
    public, method : bool, default True
        Is it a name of the flat namespace; is it a method of Tensor?
    out : bool, default False
        Give it a keyword `out`: a tensor, or a tuple of tensors, that the result is copied into.
    in_place : bool, default False
        Give the class a method of this name and an underscore, which writes the result into its tensor.
    aliases : sequence of str
        Further names.
    """
    if function is None:
        return functools.partial(composed, public=public, method=method, out=out, in_place=in_place, aliases=aliases)
    made = _with_out(function) if out else function
    for name in (function.__name__, *aliases):
        if public:
            FUNCTIONS[name] = made
        if method:
            METHODS[name] = made
        if in_place:
            METHODS[name + "_"] = _in_place(function, name + "_")
    return made


def _with_out(function):
    @functools.wraps(function)
    def delivered(*args, out=None, **kwargs):
        result = function(*args, **kwargs)
        if out is None:
            return result
        if isinstance(result, tuple):
            return tuple(_C._deliver(r, out=o) for r, o in zip(result, out))
        return _C._deliver(result, out=out)

    signature = inspect.signature(function)
    extra = inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY, default=None)
    delivered.__signature__ = signature.replace(parameters=[*signature.parameters.values(), extra])
    return delivered


def _in_place(function, name):
    @functools.wraps(function)
    def written(self, *args, **kwargs):
        result = function(self, *args, **kwargs)
        if result.shape != self.shape:
            raise RuntimeError(
                f"{name}: output with shape {list(self.shape)} doesn't match the broadcast shape {list(result.shape)}"
            )
        if not _C._can_cast(result.dtype, self.dtype):
            raise RuntimeError(
                f"{name}: result type {result.dtype} can't be cast to the desired output type {self.dtype}"
            )
        return _C.copy_(self, result)

    written.__name__ = written.__qualname__ = name
    written.__doc__ = f"In-place form of :func:`{function.__name__}`."
    return written


#: One line a further name of an op: the function, the method and the in-place method follow.
ALIASES = {
    "absolute": "abs", "arccos": "acos", "arcsin": "asin", "arctan": "atan", "arctan2": "atan2", "clip": "clamp", "concat": "cat",
    "concatenate": "cat", "divide": "div", "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le",
    "multiply": "mul", "negative": "neg", "not_equal": "ne", "subtract": "sub", "swapaxes": "transpose", "swapdims": "transpose",
    "true_divide": "div",
}  # fmt: skip


def _takes_no_tensor(function):
    return function.__name__ in ("rand", "randn", "randint", "randperm", "normal", "multinomial", "bernoulli")
