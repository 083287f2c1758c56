"""Stands in for ``torch``: every ``torch.*`` is the rushlight module itself."""

import importlib
import importlib.abc
import importlib.util
import sys


class _Answer(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports ``torch.x.y`` as ``rushlight.x.y``, never as a second copy."""

    def find_spec(self, name, path=None, target=None):
        if name.startswith("torch."):
            return importlib.util.spec_from_loader(name, self)
        return None

    def create_module(self, spec):
        ours = "rushlight" + spec.name[len("torch") :]
        try:
            module = importlib.import_module(ours)
        except ModuleNotFoundError as error:
            if error.name != ours:
                raise
            raise ModuleNotFoundError(
                f"No module named '{spec.name}': rushlight has no {ours}", name=spec.name
            ) from None
        self._spec, self._name = module.__spec__, module.__name__
        return module

    def exec_module(self, module):
        # the import system has just written torch's spec over the module's own
        module.__spec__ = (
            importlib.util.find_spec(module.__name__) if module.__spec__.name.startswith("torch") else module.__spec__
        )


_rushlight = importlib.import_module("rushlight")
if not any(type(finder).__name__ == "_Answer" for finder in sys.meta_path):
    sys.meta_path.insert(0, _Answer())
for _name, _module in list(sys.modules.items()):
    if _name == "rushlight" or _name.startswith("rushlight.") and not _name.startswith("rushlight._as_torch"):
        sys.modules["torch" + _name[len("rushlight") :]] = _module
