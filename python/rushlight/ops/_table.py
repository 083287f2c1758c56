"""The table: an op's derivative and docstring beside its name."""

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
    node : str, optional
        The name printed in ``grad_fn=<...>`` where it is not the op's own.
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


def _takes_no_tensor(function):
    return function.__name__ in ("rand", "randn", "randint", "randperm", "normal", "multinomial", "bernoulli")
