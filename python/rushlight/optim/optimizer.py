"""What the optimisers share: groups of parameters, state, saving and loading."""

import copy
import functools
import warnings
from collections import OrderedDict, defaultdict

from rushlight import _C
from rushlight._naming import Meta
from rushlight.tensor import Tensor
from rushlight.utils.hooks import RemovableHandle


class _Required:
    def __repr__(self):
        return "<required parameter>"


required = _Required()


def _hooked(step):
    """`step` between its hooks; a step within a step has none of its own."""

    @functools.wraps(step)
    def between_hooks(self, *args, **kwargs):
        if self.__dict__.get("_stepping") or not (self._step_pre_hooks or self._step_post_hooks):
            return step(self, *args, **kwargs)
        self._stepping = True
        try:
            for hook in list(self._step_pre_hooks.values()):
                given = hook(self, (self, *args), kwargs)
                if given is not None:
                    if not (isinstance(given, tuple) and len(given) == 2):
                        raise RuntimeError(
                            f"{step} must return None or a tuple of (new_args, new_kwargs), but got {given}."
                        )
                    (_, *args), kwargs = given
            result = step(self, *args, **kwargs)
            for hook in list(self._step_post_hooks.values()):
                hook(self, (self, *args), kwargs)
            return result
        finally:
            del self._stepping

    return between_hooks


class Optimizer(metaclass=Meta):
    """Base of the optimisers.

    Parameters
    ----------
    params : iterable of Tensor or of dict
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
        self._step_pre_hooks, self._step_post_hooks = OrderedDict(), OrderedDict()
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got torch.FloatTensor"
            )
        self.state = defaultdict(dict)
        self.param_groups = []
        self._hyper = {}
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group):
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, Tensor):
            params = [params]
        elif isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets will change between runs. Please use a list instead."
            )
        params = [p[1] if isinstance(p, tuple) else p for p in params]
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}")
            if not p.is_leaf:
                raise ValueError("can't optimize a non-leaf Tensor")
        if len({id(p) for p in params}) != len(params):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; see "
                "github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=3,
            )
        known = {id(p) for g in self.param_groups for p in g["params"]}
        if any(id(p) in known for p in params):
            raise ValueError("some parameters appear in more than one parameter group")
        param_group["params"] = params
        for name, default in self.defaults.items():
            param_group.setdefault(name, default)
        self.param_groups.append(param_group)

    def _numbers(self, place, values, part=False):
        """A group's options as one float64 tensor that stays, written where one changed: a recorded step reads it."""
        kept = self._hyper.get((place, part))
        if kept is None or kept[0] != values:
            with _C._Unrecorded():
                given = _C.tensor(values, dtype=_C.float64)
                if kept is None:
                    kept = self._hyper[place, part] = [values, given]
                else:
                    kept[0] = values
                    _C.copy_(kept[1], given)
        return kept[1]

    def _values(self, group):
        """The options that a step's kernel reads, in its order."""
        raise NotImplementedError

    def _refresh(self):
        """For whoever changes an option: a step that was recorded takes it over without another `step()`."""
        for place, group in enumerate(self.param_groups):
            for part in (False, True):
                if (place, part) in self._hyper:
                    self._numbers(place, self._values(group), part)

    @_hooked
    def step(self, closure=None):
        """One step; `closure`, if given, computes the loss again and is called first. Returns its loss."""
        loss = None
        before = _C.is_grad_enabled()
        if closure is not None:
            _C._set_grad_enabled(True)
            try:
                loss = closure()
            finally:
                _C._set_grad_enabled(before)
        _C._set_grad_enabled(False)
        try:
            for place, group in enumerate(self.param_groups):
                self._step_group(place, group)
        finally:
            _C._set_grad_enabled(before)
        return loss

    def register_step_pre_hook(self, hook):
        handle = RemovableHandle(self._step_pre_hooks)
        self._step_pre_hooks[handle.id] = hook
        return handle

    def register_step_post_hook(self, hook):
        handle = RemovableHandle(self._step_post_hooks)
        self._step_post_hooks[handle.id] = hook
        return handle

    def zero_grad(self, set_to_none=True):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                if set_to_none:
                    p.grad = None
                else:
                    p.grad = p.grad.detach()
                    p.grad.zero_()

    def state_dict(self):
        """State by number of parameter, and the groups' options."""
        numbers = {}
        groups = []
        for group in self.param_groups:
            for p in group["params"]:
                numbers.setdefault(id(p), len(numbers))
            groups.append(
                {
                    **{k: v for k, v in group.items() if k != "params"},
                    "params": [numbers[id(p)] for p in group["params"]],
                }
            )
        state = {numbers[id(p)] if isinstance(p, Tensor) else p: v for p, v in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict):
        """Take over what state_dict() gave."""
        saved = copy.deepcopy({"state": state_dict["state"], "param_groups": state_dict["param_groups"]})
        groups = saved["param_groups"]
        if len(groups) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(a["params"]) != len(b["params"]) for a, b in zip(self.param_groups, groups)):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        by_number = {}
        for group, given in zip(self.param_groups, groups):
            by_number.update(zip(given["params"], group["params"]))
            group.update({k: v for k, v in given.items() if k != "params"})
        self.state = defaultdict(dict)
        for number, values in saved["state"].items():
            p = by_number.get(number, number)
            if isinstance(p, Tensor):
                values = {
                    k: v.to(p.dtype) if isinstance(v, Tensor) and k != "step" and p.is_floating_point() else v
                    for k, v in values.items()
                }
            self.state[p] = values

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
        self._step_pre_hooks, self._step_post_hooks, self._hyper = OrderedDict(), OrderedDict(), {}


def check(ok, text):
    """ValueError unless `ok`."""
    if not ok:
        raise ValueError(text)
