"""How rushlight's classes print: under the path that PyTorch gives them, while `__module__` stays true."""

import abc

from . import _C

_HOME = __name__.partition(".")[0]


def public_path(path: str) -> str:
    """`rushlight.nn.parameter` as `torch.nn.parameter`; any other path unchanged."""
    head, dot, tail = path.partition(".")
    return "torch" + dot + tail if head == _HOME else path


def type_name(value: object) -> str:
    """The class of `value` as messages spell it: `torch.FloatTensor`, `torch.nn.modules.linear.Linear`, `int`."""
    kind = type(value)
    if isinstance(value, _C.TensorBase):
        return value.type()
    module = kind.__dict__.get("_printed_module") or public_path(kind.__module__)
    return kind.__qualname__ if module in ("builtins", "__main__", "") else f"{module}.{kind.__qualname__}"


class Meta(abc.ABCMeta):
    """Metaclass of the public classes: `class Net(nn.Module, ABC)` works, and isinstance stays as quick as type's."""

    __instancecheck__ = type.__instancecheck__
    __subclasscheck__ = type.__subclasscheck__

    def __repr__(cls) -> str:
        module = cls.__dict__.get("_printed_module", cls.__module__)  # said where PyTorch's path is not the file's
        return f"<class '{public_path(module)}.{cls.__qualname__}'>"
