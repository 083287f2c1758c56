"""The handle that every `register_...hook` returns."""

import itertools
import weakref

__all__ = ["RemovableHandle"]


class HookDict(dict):
    """Hooks by the id of their handle, in order; handles hold it weakly."""

    __slots__ = ("__weakref__",)


class RemovableHandle:
    """Takes a hook out again: by `remove()`, or at the end of a `with` block.

    Parameters
    ----------
    hooks_dict : OrderedDict
        Where the hook stands, under this handle's `id`.
    extra_dict : OrderedDict or list of OrderedDict, optional
        More places where the same id is to be removed.
    """

    _ids = itertools.count()

    def __init__(self, hooks_dict, *, extra_dict=None):
        self.id = next(RemovableHandle._ids)
        extra = [] if extra_dict is None else extra_dict if isinstance(extra_dict, list) else [extra_dict]
        self._dicts = [weakref.ref(d) for d in (hooks_dict, *extra)]

    def remove(self) -> None:
        """Remove the hook; the second time nothing happens."""
        for reference in self._dicts:
            hooks = reference()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __getstate__(self):
        return self.id, [reference() for reference in self._dicts]

    def __setstate__(self, state):
        self.id, dicts = state
        self._dicts = [weakref.ref(d) for d in dicts if d is not None]

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.remove()
