"""Parameters computed from others: a parametrization stands between what is trained and what the module sees."""

import contextlib
import copy
from collections.abc import Sequence

from rushlight import _C
from rushlight.autograd import no_grad
from rushlight.tensor import Tensor

from ..modules.container import ModuleDict, ModuleList
from ..parameter import Parameter

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]

_cache: dict = {}
_cache_depth = 0


@contextlib.contextmanager
def cached():
    """Within, every parametrized tensor is computed once."""
    global _cache_depth
    _cache_depth += 1
    try:
        yield
    finally:
        _cache_depth -= 1
        if not _cache_depth:
            _cache.clear()


def _register(module, name, value):
    (module.register_parameter if isinstance(value, Parameter) else module.register_buffer)(name, value)


def _check_same(found, expected, names, flag="`unsafe`"):
    """ValueError where a tensor has another dtype or shape than the one that it takes the place of."""
    if not isinstance(found, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {type(found).__name__}.")
    for what in ("dtype", "shape"):
        old, new = getattr(expected, what), getattr(found, what)
        if old != new:
            raise ValueError(
                f"Registering a parametrization may not change the {what} of the tensor, unless {flag} flag is enabled.\n"
                f"{names[0]} {what}: {old}\n{names[1]} {what}: {new}"
            )


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, and what they start from: ``original``, or ``original0``, ``original1``, ...

    Parameters
    ----------
    modules : sequence of Module
        Applied one after another.
    original : Tensor
        What the module has had so far; the right inverses, where there are any, are applied to it.
    unsafe : bool, default False
        May the result have another dtype or shape?
    """

    def __init__(self, modules, original, unsafe=False):
        if len(modules) == 0:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        before = original.detach()
        with no_grad():
            new = original
            for module in reversed(list(self)):
                if hasattr(module, "right_inverse"):
                    with contextlib.suppress(NotImplementedError):
                        new = module.right_inverse(new)
        if not isinstance(new, (Tensor, Sequence)):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got "
                f"{type(new).__name__}"
            )
        self.is_tensor = isinstance(new, Tensor)
        self.ntensors = 1 if self.is_tensor else len(new)
        if self.is_tensor:
            if original.dtype != new.dtype:
                raise ValueError(
                    "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                    f"original.dtype: {original.dtype}\nright_inverse(original).dtype: {new.dtype}"
                )
            if new is not original:
                original.data = new.detach()
            _register(self, "original", original)
        else:
            for place, each in enumerate(new):
                if not isinstance(each, Tensor):
                    raise ValueError(
                        "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got element "
                        f"{place} of the sequence with type {type(each).__name__}."
                    )
                if isinstance(original, Parameter):
                    each = Parameter(each, original.requires_grad)
                _register(self, f"original{place}", each.requires_grad_(original.requires_grad))
        if not unsafe:
            _check_same(self(), before, ("unparametrized", "parametrized"))

    def _originals(self):
        names = ["original"] if self.is_tensor else [f"original{i}" for i in range(self.ntensors)]
        return [getattr(self, name) for name in names]

    def right_inverse(self, value):
        """Let the originals be those that give `value`."""
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
                value = module.right_inverse(value)
            values, originals = [value] if self.is_tensor else value, self._originals()
            if not isinstance(values, Sequence) or not all(isinstance(each, Tensor) for each in values):
                wanted = "a tensor" if self.is_tensor else "a sequence of tensors"
                raise ValueError(f"`right_inverse` should return {wanted}. Got {type(value).__name__}")
            if len(values) != self.ntensors:
                raise ValueError(
                    f"'right_inverse' must return a sequence of tensors of length {self.ntensors}. Got a sequence of length "
                    f"{len(values)}."
                )
            for place, (held, each) in enumerate(zip(originals, values)):
                if held.dtype != each.dtype:
                    raise ValueError(
                        f"Tensor {place} returned by `right_inverse` has dtype {each.dtype} while `original` has dtype "
                        f"{held.dtype}"
                    )
                held.data = each.detach()

    def forward(self):
        first, *rest = self
        x = first(*self._originals())
        for module in rest:
            x = module(x)
        return x


def _deepcopied(self, memo):
    if id(self) not in memo:
        replica = memo[id(self)] = self.__new__(type(self))
        replica.__dict__ = copy.deepcopy(self.__dict__, memo)
    return memo[id(self)]


def _not_pickled(self):
    raise RuntimeError(
        "Serialization of parametrized modules is only supported through state_dict(): a module's parametrizations are "
        "a class of their own."
    )


def _give_class(module):
    """A class of the module's own: properties stand in classes."""
    cls = type(module)
    members = {"__getstate__": _not_pickled, "__module__": cls.__module__}
    if not hasattr(cls, "__deepcopy__"):
        members["__deepcopy__"] = _deepcopied
    module.__class__ = type(cls)(f"Parametrized{cls.__name__}", (cls,), members)


def _give_property(module, name):
    def computed(self):
        held = self.parametrizations[name]
        if not _cache_depth:
            return held()
        key = (id(self), name)
        if key not in _cache:
            _cache[key] = held()
        return _cache[key]

    setattr(
        type(module), name, property(computed, lambda self, value: self.parametrizations[name].right_inverse(value))
    )


def register_parametrization(module, tensor_name, parametrization, *, unsafe=False):
    """Let `parametrization` compute a parameter or buffer of `module` from what it was; after those that are there."""
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            now = getattr(module, tensor_name)
            _check_same(
                parametrization(now),
                now,
                (f"module.{tensor_name}", f"parametrization(module.{tensor_name})"),
                "the `unsafe`",
            )
        held = module.parametrizations[tensor_name]
        held.append(parametrization)
        held.unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        held = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            _give_class(module)
            module.parametrizations = ModuleDict()
        _give_property(module, tensor_name)
        module.parametrizations[tensor_name] = held
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name '{tensor_name}'"
        )
    return module


def is_parametrized(module, tensor_name=None):
    """Has the module a parametrization, or one of that name?"""
    held = getattr(module, "parametrizations", None)
    if not isinstance(held, ModuleDict):
        return False
    return len(held) > 0 if tensor_name is None else tensor_name in held


def remove_parametrizations(module, tensor_name, leave_parametrized=True):
    """Take all parametrizations of a tensor away; it keeps its value, or (`leave_parametrized` False) its original's."""
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    held = module.parametrizations[tensor_name]
    if not held.is_tensor and not leave_parametrized:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a sequence "
            "of tensors."
        )
    value = held._originals()[0]
    if leave_parametrized:
        with no_grad():
            now = getattr(module, tensor_name)
        if held.is_tensor:
            value.data = now.detach()
        else:
            value = Parameter(now) if any(isinstance(each, Parameter) for each in held._originals()) else now
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    _register(module, tensor_name, value)
    if not is_parametrized(module):
        delattr(module, "parametrizations")
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module):
    """The class that the module had before it was parametrized."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(from_module, to_module, tensor_name=None):
    """Copy parametrizations, and what they start from, to another module."""
    if not is_parametrized(from_module):
        return to_module
    held = from_module.parametrizations
    if tensor_name is not None and tensor_name not in held:
        raise ValueError(f"Module {from_module} does not have a parametrization on {tensor_name}")
    for name in [tensor_name] if tensor_name is not None else list(held):
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(_C.empty_like(getattr(from_module, name))))
        for each in held[name]:
            register_parametrization(to_module, name, copy.deepcopy(each), unsafe=held[name].unsafe)
        with no_grad():
            for old, new in zip(held[name]._originals(), to_module.parametrizations[name]._originals()):
                new.data = old.detach().clone()
    return to_module
