"""Modules that take the shapes of their parameters from the first batch."""

from rushlight import _C
from rushlight._naming import Meta

from ..parameter import is_lazy

__all__ = ["LazyModuleMixin"]


class LazyModuleMixin(metaclass=Meta):
    """Stands before a module class; its parameters are `UninitializedParameter` until the first call.

    The class below says `cls_to_become`, the class that a module turns into once its parameters have shapes, and
    ``initialize_parameters(*args, **kwargs)``, which is given the arguments of the first call.
    """

    cls_to_become: type | None = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._load_hook = self._register_load_state_dict_pre_hook(self._lazy_load_hook)
        self._initialize_hook = self.register_forward_pre_hook(self._infer_parameters, with_kwargs=True)

    def _lazy_load_hook(self, state_dict, prefix, *_):
        """Give the parameters the shapes of what is about to be loaded."""
        for name, held in (*self._parameters.items(), *self._buffers.items()):
            given = state_dict.get(prefix + name)
            if is_lazy(held) and given is not None and not is_lazy(given):
                held.materialize(given.shape)

    def initialize_parameters(self, *args, **kwargs):
        """Give every uninitialized parameter its shape, and its first values."""
        raise NotImplementedError(f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self):
        """Is there a parameter or buffer without a shape?"""
        return any(map(is_lazy, (*self._parameters.values(), *self._buffers.values())))

    def _infer_parameters(self, module, args, kwargs=None):
        with _C._Unrecorded():
            module.initialize_parameters(*args, **(kwargs or {}))
        if module.has_uninitialized_params():
            raise RuntimeError(f"module {self._get_name()} has not been fully initialized")
        module._initialize_hook.remove()
        module._load_hook.remove()
        del module._initialize_hook, module._load_hook
        if module.cls_to_become is not None:
            module.__class__ = module.cls_to_become

    def _replicate_for_data_parallel(self):
        raise RuntimeError(
            "Modules with uninitialized parameters can't be used with `DataParallel`; call the module once before"
        )
