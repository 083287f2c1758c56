"""What the optimisers share: groups of parameters, hooks, state, saving and loading, one call a group."""

import functools
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from copy import deepcopy

from rushlight import _C
from rushlight._naming import Meta, type_name
from rushlight.autograd import enable_grad, no_grad, set_grad_enabled
from rushlight.tensor import Tensor
from rushlight.utils.hooks import RemovableHandle

__all__ = ["Optimizer", "register_optimizer_step_post_hook", "register_optimizer_step_pre_hook"]


class _Required:
    def __repr__(self):
        return "<required parameter>"


required = _Required()

#: hooks of an optimiser, by name; `_everywhere` are those of all
_HOOKS = (
    "step_pre", "step_post", "state_dict_pre", "state_dict_post", "load_state_dict_pre", "load_state_dict_post",
)  # fmt: skip
_everywhere: dict = {"step_pre": OrderedDict(), "step_post": OrderedDict()}


def _register(hooks, hook, prepend=False):
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def register_optimizer_step_pre_hook(hook):
    """Call ``hook(optimizer, args, kwargs)`` before the step of every optimiser; it may return new ones."""
    return _register(_everywhere["step_pre"], hook)


def register_optimizer_step_post_hook(hook):
    """Call ``hook(optimizer, args, kwargs)`` after the step of every optimiser."""
    return _register(_everywhere["step_post"], hook)


def _hooked(step):
    """`step` between its hooks; a step within a step has none of its own."""

    @functools.wraps(step)
    def between_hooks(self, *args, **kwargs):
        own = self._hooks
        before = _everywhere["step_pre"], own["step_pre"]
        after = own["step_post"], _everywhere["step_post"]
        if self.__dict__.get("_stepping") or not (any(before) or any(after)):
            return step(self, *args, **kwargs)
        self._stepping = True
        try:
            for hook in [hook for hooks in before for hook in hooks.values()]:
                given = hook(self, (self, *args), kwargs)
                if given is not None:
                    if not (isinstance(given, tuple) and len(given) == 2):
                        raise RuntimeError(
                            f"{step} must return None or a tuple of (new_args, new_kwargs), but got {given}."
                        )
                    (_, *args), kwargs = given
            result = step(self, *args, **kwargs)
            for hook in [hook for hooks in after for hook in hooks.values()]:
                hook(self, (self, *args), kwargs)
            return result
        finally:
            del self._stepping

    return between_hooks


class Optimizer(metaclass=Meta):
    """Base of the optimisers.

    Parameters
    ----------
    params : iterable of Tensor, of (name, Tensor) or of dict
        What is optimised; dicts are groups with options of their own.
    defaults : dict
        Options of groups that do not say otherwise.
    """

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "step" in cls.__dict__:
            cls.step = _hooked(cls.__dict__["step"])

    def __init__(self, params, defaults):
        self.defaults = defaults
        self._hooks = {name: OrderedDict() for name in _HOOKS}
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                + type_name(params)
            )
        self.state = defaultdict(dict)
        self.param_groups = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group):
        """Optimise more parameters, with options of their own."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets will "
                "change between runs. Please use a list instead."
            )
        given = [params] if isinstance(params, Tensor) else list(params)
        names = [p[0] for p in given if isinstance(p, tuple)]
        params = param_group["params"] = [p[1] if isinstance(p, tuple) else p for p in given]
        if names:
            if len(names) != len(params):
                raise ValueError("all optimizer params should be with/without names. Some param names are missing")
            param_group["param_names"] = names
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError("optimizer can only optimize Tensors, but one of the params is " + type_name(p))
            if not (self.defaults.get("differentiable") or p.is_leaf or p.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
            param_group.setdefault(name, default)
        if len({id(p) for p in params}) != len(params):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; see "
                "github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=3,
            )
        for group in self.param_groups:
            if ("param_names" in param_group) != ("param_names" in group):
                raise ValueError(
                    "all optimizer param groups should be with/without names. cannot add param group "
                    f"{'with' if names else 'without'} names to the optimizer"
                )
        known = {id(p) for group in self.param_groups for p in group["params"]}
        if any(id(p) in known for p in params):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(param_group)

    def step(self, closure=None):
        """One step; `closure`, if given, computes the loss again and is called first. Returns its loss."""
        raise NotImplementedError

    def zero_grad(self, set_to_none=True):
        """Forget all gradients, or set them to zero."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                if set_to_none:
                    p.grad = None
                    continue
                p.grad.detach_() if p.grad.grad_fn is not None else p.grad.requires_grad_(False)
                p.grad.zero_()

    # ---- hooks -----------------------------------------------------------------------------------------------------

    def register_step_pre_hook(self, hook):
        """Call ``hook(optimizer, args, kwargs)`` before step(); it may return new ones."""
        return _register(self._hooks["step_pre"], hook)

    def register_step_post_hook(self, hook):
        """Call ``hook(optimizer, args, kwargs)`` after step()."""
        return _register(self._hooks["step_post"], hook)

    def register_state_dict_pre_hook(self, hook, prepend=False):
        """Call ``hook(optimizer)`` before state_dict()."""
        return _register(self._hooks["state_dict_pre"], hook, prepend)

    def register_state_dict_post_hook(self, hook, prepend=False):
        """Call ``hook(optimizer, state_dict)`` after state_dict(); what it returns, if anything, takes its place."""
        return _register(self._hooks["state_dict_post"], hook, prepend)

    def register_load_state_dict_pre_hook(self, hook, prepend=False):
        """Call ``hook(optimizer, state_dict)`` before loading; what it returns, if anything, takes its place."""
        return _register(self._hooks["load_state_dict_pre"], hook, prepend)

    def register_load_state_dict_post_hook(self, hook, prepend=False):
        """Call ``hook(optimizer)`` after loading."""
        return _register(self._hooks["load_state_dict_post"], hook, prepend)

    # ---- state -----------------------------------------------------------------------------------------------------

    def state_dict(self):
        """State by number of parameter, and the groups' options."""
        for hook in self._hooks["state_dict_pre"].values():
            hook(self)
        numbers, groups = {}, []
        for group in self.param_groups:
            for p in group["params"]:
                numbers.setdefault(id(p), len(numbers))
            packed = {name: value for name, value in group.items() if name != "params"}
            groups.append({**packed, "params": [numbers[id(p)] for p in group["params"]]})
        state = {numbers[id(p)] if isinstance(p, Tensor) else p: values for p, values in self.state.items()}
        state_dict = {"state": state, "param_groups": groups}
        for hook in self._hooks["state_dict_post"].values():
            given = hook(self, state_dict)
            state_dict = state_dict if given is None else given
        return state_dict

    def load_state_dict(self, state_dict):
        """Take over what state_dict() gave; tensors of the right dtype are shared with it, not copied."""
        state_dict = state_dict.copy()
        for hook in self._hooks["load_state_dict_pre"].values():
            given = hook(self, state_dict)
            state_dict = state_dict if given is None else given
        groups = deepcopy(state_dict["param_groups"])
        if len(groups) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(own["params"]) != len(given["params"]) for own, given in zip(self.param_groups, groups)):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        owners = {}  # by number: the parameter, and the options of its group
        for own, given in zip(self.param_groups, groups):
            owners.update((number, (p, given)) for number, p in zip(given["params"], own["params"]))
            given["params"] = own["params"]
            if "param_names" in own:
                given.setdefault("param_names", own["param_names"])
        state = defaultdict(dict)
        for number, values in state_dict["state"].items():
            if number in owners:
                p, group = owners[number]
                state[p] = _fitted(values, p, group)
            else:
                state[number] = values
        self.__setstate__({"state": state, "param_groups": groups})
        for hook in self._hooks["load_state_dict_post"].values():
            hook(self)

    def __repr__(self):
        text = type(self).__name__ + " ("
        for place, group in enumerate(self.param_groups):
            text += f"\nParameter Group {place}\n"
            for key in sorted(group):
                if key != "params":
                    text += f"    {key}: {group[key]}\n"
        return text + ")"

    def __getstate__(self):
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self.__dict__.setdefault("_hooks", {name: OrderedDict() for name in _HOOKS})


def _fitted(value, p, group, name=None):
    """A loaded state, its tensors with the dtype and on the device of their parameter."""
    if isinstance(value, Tensor):
        if name == "step":
            wanted = group.get("capturable") or group.get("fused")
            return value.to(p.device, _C.float32) if wanted else value
        return value.to(p.device, p.dtype) if p.is_floating_point() else value.to(p.device)
    if isinstance(value, dict):
        return {key: _fitted(each, p, group, key) for key, each in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return type(value)(_fitted(each, p, group) for each in value)
    return value


def _loss_of(closure):
    """What a closure gives, its gradients recorded; None without one."""
    if closure is None:
        return None
    with enable_grad():
        return closure()


class OneByOne(Optimizer):
    """An optimiser whose step is written with ops, for one parameter after the other."""

    def _step_one(self, p, group):
        """Change a parameter that has a gradient; no graph is recorded."""
        raise NotImplementedError

    def step(self, closure=None):
        """One step; `closure`, if given, computes the loss again and is called first. Returns its loss."""
        loss = _loss_of(closure)
        with no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        self._step_one(p, group)
        return loss


class Stepped(Optimizer):
    """An optimiser whose step is one fused call a group: what it does to an element is a rule of functors/optim.h."""

    def _rule(self, group):
        """Name of the rule, names of the states that it reads, names of its counters."""
        raise NotImplementedError

    def _first_state(self, p, group):
        """The state of a parameter that meets its first gradient."""
        rule, states, counters = self._rule(group)
        return {**{name: counter() for name in counters}, **{name: _C.zeros_like(p) for name in states}}

    def _options(self, group):
        """The options that the rule names, in its order."""
        raise NotImplementedError

    def _values(self, group):
        return [
            float(group["lr"]),
            float(group.get("weight_decay", 0)),
            group["maximize"],
            group.get("decoupled_weight_decay", False),
            *self._options(group),
        ]

    def __setstate__(self, state):
        super().__setstate__(state)
        for group in self.param_groups:
            for name, default in self.defaults.items():
                group.setdefault(name, default)
            for p in group["params"]:
                values = self.state.get(p, {})
                for name in self._rule(group)[2]:  # older checkpoints hold plain numbers, those of half types halves
                    value = values.get(name)
                    if value is not None and getattr(value, "dtype", None) not in (_C.float32, _C.float64):
                        values[name] = counter(float(value))

    def step(self, closure=None):
        """One step; `closure`, if given, computes the loss again and is called first. Returns its loss."""
        loss = _loss_of(closure)
        if self.defaults.get("differentiable"):
            with set_grad_enabled(True):
                self._step_recorded()
        else:
            with no_grad():
                for place, group in enumerate(self.param_groups):
                    self._step_group(place, group)
        return loss

    def _step_recorded(self):
        """The step written with ops, for `differentiable`: the graph passes through it."""
        for group in self.param_groups:
            decay, lr = group.get("weight_decay", 0), group["lr"]
            for p, grad, state in zip(*self._gathered(group)):
                grad = -grad if group["maximize"] else grad
                as_real = _C.view_as_real if p.is_complex() else lambda t: t
                p, grad = as_real(p), as_real(grad)
                whole = {name: as_real(t) if t is not None and t.ndim else t for name, t in state.items()}
                if isinstance(decay, Tensor) or decay != 0:
                    if group.get("decoupled_weight_decay"):
                        p.mul_(1 - lr * decay)
                    else:
                        grad = grad + p * decay
                if "step" in whole:
                    whole["step"] = whole["step"].detach() + 1
                self._recorded(p, grad, whole, group)
                if as_real is _C.view_as_real:
                    whole = {name: _C.view_as_complex(t) if t.ndim else t for name, t in whole.items()}
                state.update(whole)

    def _recorded(self, p, grad, state, group):
        """The rule in ops: writes the parameter in place, and new tensors into its state."""
        raise NotImplementedError

    def _moments(self, grad, state, group):
        """Both running means of Adam and its kin, after this gradient."""
        for name, value, beta in zip(("exp_avg", "exp_avg_sq"), (grad, grad * grad), group["betas"]):
            state[name] = state[name] * beta + value * (1 - beta)
        return state["exp_avg"], state["exp_avg_sq"], state["step"].item()

    def _gathered(self, group):
        """Parameters that have a gradient, the gradients, and the states."""
        params, grads, states = [], [], []
        for p in group["params"]:
            grad = p.grad
            if grad is None:
                continue
            state = self.state[p]
            if not state:
                with _C._Unrecorded(), no_grad():
                    state.update(self._first_state(p, group))
            params.append(p)
            grads.append(grad)
            states.append(state)
        if params:
            self._check_step(group, params)
        return params, grads, states

    def _check_step(self, group, params):
        if group.get("capturable"):
            raise AssertionError(
                f"{type(self).__name__}: If capturable=True, params and state_steps must be on supported devices: "
                "['cuda', 'xpu', 'hpu', 'privateuseone', 'xla']."
            )
        if group.get("fused") and not all(p.is_floating_point() for p in params):
            raise RuntimeError(
                "`fused=True` requires all the params to be floating point Tensors of supported devices: ['cpu'] but "
                f"{next(p.dtype for p in params if not p.is_floating_point())} was given"
            )

    def _step_group(self, place, group):
        params, grads, states = self._gathered(group)
        if params:
            self._call(self._rule(group), params, grads, states, self._numbers(place, self._values(group)))

    @staticmethod
    def _call(rule, params, grads, states, numbers):
        name, kept, counted = rule
        flat = [[state[each] for each in names for state in states] for names in (kept, counted)]
        _C._optimizer_step(params, name, grads, *flat, numbers)

    def _numbers(self, place, values, part=False):
        """A group's options as one float64 tensor that stays, written where one changed: a recorded step reads it."""
        tensors = self.__dict__.setdefault("_tensors", {})
        kept = tensors.get((place, part))
        if kept is None or kept[0] != values:
            with _C._Unrecorded():
                given = _C.tensor(values, dtype=_C.float64)
                if kept is None:
                    kept = tensors[place, part] = [values, given]
                else:
                    kept[0] = values
                    _C.copy_(kept[1], given)
        return kept[1]

    def _refresh(self):
        """For whoever changes an option: a step that was recorded takes it over without another `step()`."""
        for place, part in self.__dict__.get("_tensors", {}):
            self._numbers(place, self._values(self.param_groups[place]), part)


def counter(value=0.0):
    """A 0-d state that counts steps, or what goes with them."""
    double = _C.get_default_dtype() is _C.float64
    return _C.tensor(value, dtype=_C.float64 if double else _C.float32)


# ---- what the optimisers ask of their arguments --------------------------------------------------------------------------


def check(ok, text):
    """ValueError unless `ok`."""
    if not ok:
        raise ValueError(text)


def check_lr(lr, text="Invalid learning rate: {}"):
    """Is the rate one number, and not negative?"""
    check(not isinstance(lr, Tensor) or lr.numel() == 1, "Tensor lr must be 1-element")
    check(0.0 <= lr, text.format(lr))


def check_betas(betas):
    """Do both lie in [0, 1)?"""
    for place in (0, 1):
        check(0.0 <= betas[place] < 1.0, f"Invalid beta parameter at index {place}: {betas[place]}")


def check_not_negative(text="Invalid {} value: {}", **values):
    """Is none of the options negative?"""
    for name, value in values.items():
        check(0.0 <= value, text.format(name, value))


def check_fused(fused, foreach, differentiable):
    """Do the ways to compute a step go together?"""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
