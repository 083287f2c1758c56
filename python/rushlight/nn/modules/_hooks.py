"""What stands around a module's forward: its hooks, and the path that an error of rushlight's own is given."""

import warnings
from collections import OrderedDict

from rushlight import _C
from rushlight._naming import Meta
from rushlight.utils.hooks import RemovableHandle

_TABLES = (
    "_backward_pre_hooks", "_backward_hooks", "_forward_hooks", "_forward_hooks_with_kwargs", "_forward_hooks_always_called",
    "_forward_pre_hooks", "_forward_pre_hooks_with_kwargs", "_state_dict_hooks", "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks", "_load_state_dict_post_hooks",
)  # fmt: skip

#: hooks of every module, as (table, hook, flags): those of register_module_forward_hook and its kin
_everywhere: OrderedDict = OrderedDict()


def _globally(table, hook, **flags):
    handle = RemovableHandle(_everywhere)
    _everywhere[handle.id] = (table, hook, flags)
    return handle


def _global_hooks(table):
    return [hook for place, hook, _ in _everywhere.values() if place == table]


def _of_table(module, table):
    """Hooks of every module, then the module's own, as (id, hook, is given kwargs, is called after an error too)."""
    for key, (place, hook, flags) in list(_everywhere.items()):
        if place == table:
            yield key, hook, flags.get("with_kwargs", False), flags.get("always_call", False)
    with_kwargs, always = module.__dict__[table + "_with_kwargs"], module._forward_hooks_always_called
    for key, hook in list(module.__dict__[table].items()):
        yield key, hook, key in with_kwargs, key in always


def register_module_forward_pre_hook(hook):
    """Call ``hook(module, args)`` before the forward of every module."""
    return _globally("_forward_pre_hooks", hook)


def register_module_forward_hook(hook, *, with_kwargs=False, always_call=False):
    """Call ``hook(module, args, output)`` after the forward of every module."""
    return _globally("_forward_hooks", hook, with_kwargs=with_kwargs, always_call=always_call)


def register_module_full_backward_pre_hook(hook):
    """Call ``hook(module, grad_output)`` before the gradients of every module are computed."""
    return _globally("_backward_pre_hooks", hook)


def register_module_full_backward_hook(hook):
    """Call ``hook(module, grad_input, grad_output)`` once the gradients of any module's inputs are there."""
    return _globally_backward("_backward_hooks", hook, "_old_backward_hooks")


def register_module_backward_hook(hook):
    """The older form of register_module_full_backward_hook, which sees the last node of every module alone."""
    return _globally_backward("_old_backward_hooks", hook, "_backward_hooks")


def _globally_backward(table, hook, other):
    if _global_hooks(other):
        raise RuntimeError(
            "Cannot use both regular backward hooks and full backward hooks as a global Module hook. Please use only one "
            "of them."
        )
    return _globally(table, hook)


def register_module_parameter_registration_hook(hook):
    """Call ``hook(module, name, param)`` where any module is given a parameter; what it returns takes its place."""
    return _at_registration("_parameters", hook)


def register_module_buffer_registration_hook(hook):
    """Call ``hook(module, name, buffer)`` where any module is given a buffer; what it returns takes its place."""
    return _at_registration("_buffers", hook)


def register_module_module_registration_hook(hook):
    """Call ``hook(module, name, submodule)`` where any module is given a module; what it returns takes its place."""
    return _at_registration("_modules", hook)


#: those three kinds, by the table that is written
_registrations: dict = {table: OrderedDict() for table in ("_parameters", "_buffers", "_modules")}


def _at_registration(table, hook):
    handle = RemovableHandle(_registrations[table])
    _registrations[table][handle.id] = hook
    return handle


def registered(table, module, name, value):
    """What a module writes into a table of its own where it was given `value`."""
    for hook in _registrations[table].values():
        given = hook(module, name, value)
        value = value if given is None else given
    return value


def _watched(values, seen):
    """`values` with the tensors that ask for gradients passed through one node, which calls ``seen(gradients)``.

    `seen` gets one gradient a value, None for the others, and may return a tuple to take their place.
    """
    places = [i for i, v in enumerate(values) if isinstance(v, _C.TensorBase) and v.requires_grad]
    if not places or not _C.is_grad_enabled():
        return values, False
    passed = _C._pass_through([values[i] for i in places])

    def prehook(grads):
        whole = [None] * len(values)
        for i, g in zip(places, grads):
            whole[i] = g
        given = seen(tuple(whole))
        return None if given is None else tuple(given[i] for i in places)

    passed[0].grad_fn.register_prehook(prehook)
    values = list(values)
    for i, v in zip(places, passed):
        values[i] = v
    return tuple(values), True


def _as_tuple(value):
    return value if isinstance(value, tuple) else (value,)


class _BackwardHooks:
    """Those of one call: the gradients of its outputs come first, then those of its inputs."""

    def __init__(self, module):
        self.module = module
        self.before = [*_global_hooks("_backward_pre_hooks"), *module._backward_pre_hooks.values()]
        self.after = _global_hooks("_backward_hooks")
        if module._is_full_backward_hook is not False:
            self.after += module._backward_hooks.values()
        self.grad_output = None

    def inputs(self, args):
        self.count, self.has_inputs = len(args), False
        if not self.before and not self.after:
            return args
        args, self.has_inputs = _watched(args, self.saw_inputs)
        return args

    def outputs(self, result):
        if not self.before and not self.after:
            return result
        if isinstance(result, _C.TensorBase):
            return _watched((result,), self.saw_outputs)[0][0]
        if type(result) in (tuple, list):
            return type(result)(_watched(tuple(result), self.saw_outputs)[0])
        warnings.warn(
            "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but received "
            f"{type(result)}",
            stacklevel=5,
        )
        return result

    def saw_outputs(self, grads):
        for hook in self.before:
            given = hook(self.module, grads)
            if given is not None:
                grads = _as_tuple(given)
        self.grad_output = grads
        if not self.has_inputs:
            for hook in self.after:
                if hook(self.module, (None,) * self.count, grads) is not None:
                    raise RuntimeError(
                        "Backward hooks for Modules where no input requires gradient should always return None or None "
                        "for all gradients."
                    )
        return grads

    def saw_inputs(self, grads):
        for hook in self.after:
            given = hook(self.module, grads, self.grad_output)
            if given is not None:
                grads = _as_tuple(given)
        return grads


class Hooks(metaclass=Meta):
    """The half of Module that has to do with hooks."""

    _is_full_backward_hook = None

    def _clear_hooks(self):
        for table in _TABLES:
            self.__dict__[table] = OrderedDict()

    def __setstate__(self, state):
        self.__dict__.update(state)
        for table in _TABLES:
            self.__dict__.setdefault(table, OrderedDict())

    # ---- calls -----------------------------------------------------------------------------------------------------

    def __call__(self, *args, **kwargs):
        try:
            if (
                self._forward_hooks or self._forward_pre_hooks or self._backward_hooks or self._backward_pre_hooks
                or _everywhere
            ):  # fmt: skip
                return self._call_with_hooks(args, kwargs)
            return self.forward(*args, **kwargs)
        except Exception as error:
            if getattr(error, "_from_rushlight", False):
                self._name_in(error)
            raise

    def _call_with_hooks(self, args, kwargs):
        called, result = set(), None
        try:
            for _, hook, with_kwargs, _ in _of_table(self, "_forward_pre_hooks"):
                given = hook(self, args, kwargs) if with_kwargs else hook(self, args)
                if given is None:
                    continue
                if not with_kwargs:
                    args = _as_tuple(given)
                    continue
                if not (isinstance(given, tuple) and len(given) == 2):
                    raise RuntimeError(
                        f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {given}."
                    )
                args, kwargs = given
            watch = None
            if self._backward_hooks or self._backward_pre_hooks or _everywhere:
                watch = _BackwardHooks(self)
                args = watch.inputs(args)
            result = self.forward(*args, **kwargs)
            for key, hook, with_kwargs, _ in _of_table(self, "_forward_hooks"):
                called.add(key)
                given = hook(self, args, kwargs, result) if with_kwargs else hook(self, args, result)
                result = result if given is None else given
            if watch is not None:
                result = watch.outputs(result)
                self._hang_old_hooks(result)
            return result
        except Exception:
            for key, hook, with_kwargs, always in _of_table(self, "_forward_hooks"):
                if not always or key in called:
                    continue
                try:
                    given = hook(self, args, kwargs, result) if with_kwargs else hook(self, args, result)
                    result = result if given is None else given
                except Exception as error:
                    warnings.warn(
                        "module forward hook with ``always_call=True`` raised an exception that was silenced as another "
                        f"error was raised in forward: {error}",
                        stacklevel=3,
                    )
            raise

    def _hang_old_hooks(self, result):
        """Those of register_backward_hook, on the last node alone."""
        hooks = _global_hooks("_old_backward_hooks")
        if self._is_full_backward_hook is False:
            hooks += self._backward_hooks.values()
        if not hooks:
            return
        while not isinstance(result, _C.TensorBase):
            result = (
                next(v for v in result.values() if isinstance(v, _C.TensorBase))
                if isinstance(result, dict)
                else result[0]
            )
        if result.grad_fn is not None:
            for hook in hooks:
                result.grad_fn.register_hook(lambda inputs, outputs, hook=hook: hook(self, inputs, outputs))

    def _name_in(self, error):
        """Say below the message where in the tree of modules it came from: the path grows while the stack unwinds."""
        path = getattr(error, "_module_path", None)
        if path is None:
            try:
                described = f"{self._get_name()}({self.extra_repr()})"
            except Exception:  # a broken extra_repr must not hide the error
                described = self._get_name()
            path = error._module_path = [(self, described)]
            error._module_message = error.args[0]
        else:
            child = path[-1][0]
            name = next((name for name, module in self.named_modules() if module is child), None)
            if name is None:
                return
            path.append((self, name))
        names = ".".join(name for _, name in reversed(path[1:]) if name)
        error.args = (f"{error._module_message}\n  in {names + ': ' if names else ''}{path[0][1]}", *error.args[1:])

    # ---- registration ----------------------------------------------------------------------------------------------

    def _add_hook(self, table, hook, prepend=False, flags=()):
        hooks = self.__dict__[table]
        marked = [self.__dict__[flag] for flag in flags]
        handle = RemovableHandle(hooks, extra_dict=marked)
        hooks[handle.id] = hook
        for flag in marked:
            flag[handle.id] = True
        if prepend:
            hooks.move_to_end(handle.id, last=False)
        return handle

    def register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False):
        """Call ``hook(module, args)`` before forward; what it returns takes the place of the arguments."""
        return self._add_hook(
            "_forward_pre_hooks", hook, prepend, ["_forward_pre_hooks_with_kwargs"] if with_kwargs else []
        )

    def register_forward_hook(self, hook, *, prepend=False, with_kwargs=False, always_call=False):
        """Call ``hook(module, args, output)`` after forward; what it returns takes the place of the output."""
        flags = ["_forward_hooks_with_kwargs"] if with_kwargs else []
        if always_call:
            flags.append("_forward_hooks_always_called")
        return self._add_hook("_forward_hooks", hook, prepend, flags)

    def register_full_backward_pre_hook(self, hook, prepend=False):
        """Call ``hook(module, grad_output)`` before the module's gradients are computed."""
        return self._add_hook("_backward_pre_hooks", hook, prepend)

    def register_full_backward_hook(self, hook, prepend=False):
        """Call ``hook(module, grad_input, grad_output)`` once the gradients of the module's inputs are there."""
        self._choose_backward_hooks(True)
        return self._add_hook("_backward_hooks", hook, prepend)

    def register_backward_hook(self, hook):
        """The older form, which sees the last node of the module alone."""
        self._choose_backward_hooks(False)
        return self._add_hook("_backward_hooks", hook)

    def _choose_backward_hooks(self, full):
        if self._is_full_backward_hook is (not full):
            raise RuntimeError(
                "Cannot use both regular backward hooks and full backward hooks on a single Module. Please use only one of them."
            )
        self.__dict__["_is_full_backward_hook"] = full

    def register_state_dict_pre_hook(self, hook):
        """Call ``hook(module, prefix, keep_vars)`` before state_dict()."""
        return self._add_hook("_state_dict_pre_hooks", hook)

    def register_state_dict_post_hook(self, hook):
        """Call ``hook(module, state_dict, prefix, local_metadata)`` after state_dict()."""
        return self._register_state_dict_hook(hook, True)

    def _register_state_dict_hook(self, hook, public=False):
        return self._add_hook("_state_dict_hooks", (hook, public))

    def register_load_state_dict_pre_hook(self, hook):
        """Call ``hook(module, state_dict, prefix, local_metadata, strict, missing, unexpected, errors)`` before loading."""
        return self._add_hook("_load_state_dict_pre_hooks", lambda *args: hook(self, *args))

    def _register_load_state_dict_pre_hook(self, hook, with_module=False):
        return self._add_hook("_load_state_dict_pre_hooks", (lambda *args: hook(self, *args)) if with_module else hook)

    def register_load_state_dict_post_hook(self, hook):
        """Call ``hook(module, incompatible_keys)`` after loading."""
        return self._add_hook("_load_state_dict_post_hooks", hook)
