"""The table: an op's derivative and docstring beside its name, and the functions that are composed of ops."""

import functools

from rushlight import _C

from ._docs import extended

#: the gradient passes unchanged
same = "same"
#: the derivative is zero
zero = "zero"


def linear(transpose):
    """Mark the reverse rule of an op that is linear in an argument; its forward rule is the op itself."""
    return transpose


class joint:
    """A rule that gives the gradients of all tensor arguments at once, in a tuple; its parameter `needs` says which are asked for."""

    def __init__(self, function):
        self.function = function


def op(function, grad=None, doc=None, node=None, conjugate=True):
    """Give an op of `_C` its derivative rules and its docstring; returns the op.

    Parameters
    ----------
    function : builtin
        The op, or one meaning of an overloaded one (``_C.rows[...]``).
    grad : rule, tuple of rules or joint, optional
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
        together = isinstance(grad, joint)
        rules = grad if isinstance(grad, tuple) else (grad.function if together else grad,)
        _C._set_rules(function, rules, node, conjugate, together)
    if doc:
        _C._set_doc(function, doc)
    return function


#: Functions composed of ops need no row, and their derivative comes from their parts: those of the flat namespace, and methods.
FUNCTIONS: dict = {}
METHODS: dict = {}


def composed(function=None, *, public=True, method=True, out=False, in_place=False, aliases=()):
    """Register a function that is composed of ops.

    Parameters
    ----------
    public, method : bool, default True
        Is it a name of the flat namespace; is it a method of Tensor?
    out : bool or "cast", default False
        Give it a keyword `out`: a tensor, or a tuple of tensors, that the result is copied into; "cast": of other dtypes too.
    in_place : bool, default False
        Give the class a method of this name and an underscore, which writes the result into its tensor.
    aliases : sequence of str
        Further names.
    """
    if function is None:
        return functools.partial(composed, public=public, method=method, out=out, in_place=in_place, aliases=aliases)
    function.__doc__ = extended(function, out)
    made = _with_out(function, out != "cast") if out else function
    for name in (function.__name__, *aliases):
        if public:
            FUNCTIONS[name] = made
        if method:
            METHODS[name] = made
        if in_place:
            METHODS[name + "_"] = FUNCTIONS[name + "_"] = _in_place(function, name + "_")
    return made


def one_by_one(function):
    """Let sizes that are given one by one, or as one sequence, be given by their name, too."""
    code = function.__code__
    name = code.co_varnames[code.co_argcount + code.co_kwonlyargcount]

    @functools.wraps(function)
    def called(*given, **named):
        if name in named:
            if len(given) > code.co_argcount:
                raise TypeError(f"{function.__name__}() got multiple values for argument '{name}'")
            given = (*given, named.pop(name))
        return function(*given, **named)

    return called


def function_of(method):
    """The function of the flat namespace that asks a tensor one question: the method, with its argument checked."""

    def asked(input):
        if not isinstance(input, _C.TensorBase):
            kind = type(input).__name__
            raise TypeError(f"{method.__name__}(): argument 'input' (position 1) must be Tensor, not {kind}")
        return method(input)

    asked.__name__ = asked.__qualname__ = method.__name__
    asked.__module__, asked.__doc__ = "rushlight", method.__doc__
    return asked


def _with_out(function, exact):
    name = function.__name__

    @functools.wraps(function)
    def delivered(*args, out=None, **kwargs):
        result = function(*args, **kwargs)
        if out is None:
            return result
        if isinstance(result, tuple):
            return type(result)([_C._out(r, name, exact, out=o) for r, o in zip(result, out)])
        return _C._out(result, name, exact, out=out)

    delivered.__wrapped__ = _WithOut(function)
    return delivered


class _WithOut:
    """Where `inspect` finds the signature with `out`, made when it is asked for: importing inspect takes 10 ms."""

    def __init__(self, function):
        self.function = function

    @property
    def __signature__(self):
        import inspect

        signature = inspect.signature(self.function)
        extra = inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY, default=None)
        return signature.replace(parameters=[*signature.parameters.values(), extra])


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
    "absolute": "abs", "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh", "arctan": "atan", "arctan2": "atan2",
    "arctanh": "atanh", "fix": "trunc", "clip": "clamp", "concat": "cat",
    "concatenate": "cat", "divide": "div", "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le",
    "multiply": "mul", "negative": "neg", "not_equal": "ne", "subtract": "sub", "swapaxes": "transpose", "swapdims": "transpose",
    "true_divide": "div",
}  # fmt: skip


def _takes_no_tensor(function):
    return function.__name__ in ("rand", "randn", "randint", "randperm", "normal", "multinomial", "bernoulli")
