"""Writes the type stubs: signatures of every op, from the registry, and of every public class and function.

``python -m rushlight._stubs DIRECTORY`` fills DIRECTORY with a package of .pyi files for a type checker to find.
"""

import builtins
import importlib
import inspect
import keyword
import pathlib
import re
import sys

from rushlight import _C
from rushlight.ops._docs import _TYPES
from rushlight.ops._named import NAMED as return_types
from rushlight.tensor import Tensor

#: the modules that a program imports; what else they import is written where it is public
MODULES = (
    "rushlight", "rushlight.nn", "rushlight.nn.functional", "rushlight.nn.init", "rushlight.nn.parameter", "rushlight.optim",
    "rushlight.optim.lr_scheduler", "rushlight.autograd", "rushlight.autograd.graph", "rushlight.utils", "rushlight.utils.data",
    "rushlight.testing", "rushlight.special", "rushlight.func", "rushlight.autograd.forward_ad", "rushlight.tape",
    "rushlight.autograd.function", "rushlight.autograd.functional", "rushlight.utils.checkpoint", "rushlight.autograd.anomaly_mode",
    "rushlight.nn.utils", "rushlight.nn.utils.rnn", "rushlight.nn.utils.parametrize", "rushlight.nn.utils.parametrizations",
    "rushlight.optim.swa_utils", "rushlight.amp",
)  # fmt: skip

HEADER = """# Made by rushlight._stubs from the registry of ops and the public classes.
# mypy: disable-error-code="overload-overlap,overload-cannot-match,misc,override,assignment,no-redef"
import builtins
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, Generic, NamedTuple, TypeVar, overload
"""

#: aliases, because Tensor has methods called float, int, bool, and attributes called dtype and device
NAMES = """
_int = builtins.int
_float = builtins.float
_bool = builtins.bool
_str = builtins.str
_Number = builtins.int | builtins.float | builtins.bool | builtins.complex
_Ints = builtins.int | Sequence[builtins.int]
"""

#: how the registry's words for types are written in a stub
WORDS = {
    "Tensor": "Tensor", "Tensor or number": "Tensor | _Number", "sequence of Tensor": "Sequence[Tensor]", "number": "_Number",
    "int": "_int", "float": "_float", "bool": "_bool", "str": "_str", "int or tuple of int": "_Ints", "tuple of int": "_Ints",
    "dtype": "_DType", "device": "_Device", "memory_format": "_MemoryFormat", "Generator": "_Generator",
    "tuple of Tensor": "tuple[Tensor, ...]", "(Tensor, Tensor)": "tuple[Tensor, Tensor]",
    "(Tensor, Tensor, Tensor)": "tuple[Tensor, Tensor, Tensor]", "complex": "_Number", "list of Tensor": "list[Tensor]",
}  # fmt: skip

#: types of the parameters of Python functions, by name
BY_NAME = {name: kind.removesuffix(", optional") for name, kind in _TYPES.items()} | {
    "requires_grad": "bool", "inplace": "bool", "target": "Tensor", "p": "float", "bias": "bool", "training": "bool",
    "in_features": "int", "out_features": "int", "lr": "float", "momentum": "float", "keepdim": "bool", "eps": "float",
    "weight_decay": "float", "dampening": "float", "lr_decay": "float", "max_norm": "float", "margin": "float",
}  # fmt: skip


def word(text, optional=False):
    """A type in the registry's words as Python writes it."""
    optional |= text.endswith(", optional")
    written = WORDS.get(text.removesuffix(", optional"), "Any")
    return f"{written} | None" if optional and written != "Any" else written


def legal(name):
    """A parameter's name as Python lets it be written."""
    return name + "_" if keyword.iskeyword(name) else name


# ---- rows of the registry -------------------------------------------------------------------------------------------------


def row_lines(name, method=False):
    """The signatures of an op: one a row, overloaded where there are several."""
    rows = [row for row in _C._rows() if row[1] == name]
    lines = []
    for function, _, arguments, _, returns, _ in rows:
        types, result = _C._types()[function]
        written = f"_{name}_result" if name in return_types and result.startswith("(") else word(result)
        lines.append(f"def {name}({_row_parameters(arguments, types, returns, method)}) -> {written}: ...")
    return lines if len(lines) == 1 else [line for signature in lines for line in ("@overload", signature)]


def _row_parameters(arguments, types, returns, method):
    parts, at = [], 0
    pieces = [piece.strip() for piece in re.split(r",(?![^(\[]*[)\]])", arguments)]
    for piece in pieces:
        if piece in ("", "*"):
            parts += ["*"] if piece else []
            continue
        name, equals, _ = piece.partition("=")
        star = "*" if name.startswith("*") else ""
        name = legal(name.lstrip("*").rstrip("_") if name.rstrip("_") else name)
        kind, at = types[at], at + 1
        if method and at == 1:
            parts.append("self")
        elif star:
            parts.append(f"*{name}: _int | Sequence[_int]")
        else:
            parts.append(f"{name}: {word(kind)}" + (" = ..." if equals else ""))
    if returns == 0 and "device=" in arguments:
        named = any(part == "*" or part.startswith("*") for part in parts)
        parts += ([] if named else ["*"]) + [
            "requires_grad: _bool = ...",
            "layout: Any = ...",
            "pin_memory: _bool = ...",
        ]
    return ", ".join(parts)


# ---- Python functions and classes -----------------------------------------------------------------------------------------


def python_line(name, function, first="", result=None):
    """The signature of a Python function: annotations where there are some, else types by name and by default."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return f"def {name}({'self, ' if first else ''}*args: Any, **kwargs: Any) -> Any: ..."
    parts, star = [], False
    for i, p in enumerate(signature.parameters.values()):
        if i == 0 and first:
            parts.append(first)
            continue
        if p.kind is p.KEYWORD_ONLY and not star:
            parts.append("*")
            star = True
        text = legal(p.name)
        if p.kind is p.VAR_POSITIONAL:
            text, star = "*" + text, True
        elif p.kind is p.VAR_KEYWORD:
            text = "**" + text
        parts.append(f"{text}: {_python_type(p)}" + (" = ..." if p.default is not p.empty else ""))
        if p.kind is p.POSITIONAL_ONLY and (
            i + 1 == len(signature.parameters)
            or list(signature.parameters.values())[i + 1].kind is not p.POSITIONAL_ONLY
        ):
            parts.append("/")
    if result is None:
        result = (
            _annotation(signature.return_annotation)
            if signature.return_annotation is not inspect.Signature.empty
            else "Any"
        )
    return f"def {name}({', '.join(parts)}) -> {result}: ..."


_KNOWN = {
    "Tensor",
    "Any",
    "Callable",
    "Iterable",
    "Iterator",
    "Sequence",
    "Mapping",
    "None",
    "tuple",
    "list",
    "dict",
    "set",
    "type",
}


def _annotation(annotation):
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    text = re.sub(r"(?:rushlight|typing|collections)(?:\.\w+)*\.", "", text)
    text = re.sub(r"\b(int|float|bool|str)\b", r"_\1", text)
    names = set(re.findall(r"[A-Za-z_]\w*", text))
    return text if names <= _KNOWN | {"_int", "_float", "_bool", "_str"} else "Any"


def _fits(default, kind):
    """May a parameter of this kind have that default? Where a float belongs 0 is one."""
    name = type(default).__name__
    return name in kind or (name == "int" and "float" in kind)


def _python_type(p):
    if p.annotation is not p.empty:
        return _annotation(p.annotation)
    if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
        return "_Ints" if p.name in ("size", "shape", "dims") else "Any"
    optional = p.default is None
    if p.name in BY_NAME and (p.default in (None, p.empty) or _fits(p.default, BY_NAME[p.name])):
        return word(BY_NAME[p.name], optional)
    if type(p.default) in (bool, int, str):
        return f"_{type(p.default).__name__}"
    return "_float" if type(p.default) is float else "Any"


_OPERATORS = {
    **dict.fromkeys(
        ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "floordiv", "rfloordiv", "mod", "rmod", "pow", "rpow",
         "and", "or", "xor", "rand", "ror", "rxor", "lt", "le", "gt", "ge", "eq", "ne", "iadd", "isub", "imul", "itruediv",
         "ifloordiv", "imod", "ipow", "iand", "ior", "ixor", "lshift", "rshift"),
        "(self, other: Tensor | _Number) -> Tensor: ..."),
    **dict.fromkeys(("matmul", "rmatmul"), "(self, other: Tensor) -> Tensor: ..."),
    **dict.fromkeys(("neg", "pos", "abs", "invert"), "(self) -> Tensor: ..."),
    "getitem": "(self, index: Any) -> Tensor: ...", "setitem": "(self, index: Any, value: Tensor | _Number) -> None: ...",
    "len": "(self) -> _int: ...", "iter": "(self) -> Iterator[Tensor]: ...", "bool": "(self) -> _bool: ...",
    "int": "(self) -> _int: ...", "float": "(self) -> _float: ...", "index": "(self) -> _int: ...", "hash": "(self) -> _int: ...",
    "complex": "(self) -> builtins.complex: ...", "contains": "(self, element: object) -> _bool: ...",
    "format": "(self, spec: _str) -> _str: ...", "array": "(self, dtype: Any = ..., copy: Any = ...) -> Any: ...",
}  # fmt: skip

_ATTRIBUTES = {
    "shape": "Size", "ndim": "_int", "dtype": "_DTypeObject", "device": "_DeviceObject", "requires_grad": "_bool", "is_leaf": "_bool",
    "retains_grad": "_bool", "output_nr": "_int", "_version": "_int", "grad_fn": "Any", "_base": "Tensor | None", "data": "Tensor",
    "grad": "Tensor | None", "is_meta": "_bool", "is_cuda": "_bool", "is_cpu": "_bool", "is_sparse": "_bool", "is_quantized": "_bool",
    "nbytes": "_int", "itemsize": "_int", "layout": "Any", "T": "Tensor", "mT": "Tensor", "H": "Tensor", "mH": "Tensor",
    "real": "Tensor", "imag": "Tensor",
}  # fmt: skip

#: what methods written in Python return, where it is not a Tensor
_RESULTS = {
    "backward": "None", "item": "Any", "tolist": "Any", "numpy": "Any", "dim": "_int", "ndimension": "_int", "numel": "_int",
    "nelement": "_int", "storage_offset": "_int", "is_contiguous": "_bool", "data_ptr": "_int", "element_size": "_int",
    "get_device": "_int", "equal": "_bool", "allclose": "_bool", "is_nonzero": "_bool", "size": "Any", "stride": "Any",
    "type": "Any", "retain_grad": "None", "register_hook": "Any", "register_post_accumulate_grad_hook": "Any", "is_tensor": "_bool",
    "get_num_threads": "_int", "get_default_dtype": "dtype", "get_default_device": "device", "is_grad_enabled": "_bool",
    "manual_seed": "Any", "initial_seed": "_int", "seed": "_int", "promote_types": "dtype", "result_type": "dtype", "can_cast": "_bool",
    "std_mean": "tuple[Tensor, Tensor]", "var_mean": "tuple[Tensor, Tensor]",
}  # fmt: skip


def _method_result(name):
    return _RESULTS.get(name, "_bool" if name.startswith("is_") else "Tensor")


def tensor_lines():
    """class Tensor: attributes, operators, ops as methods, and the methods that are written in Python."""
    yield "class Tensor:"
    yield "    def __init__(self, *args: Any, **kwargs: Any) -> None: ..."
    rows = {row[1] for row in _C._rows()}
    for name, signature in _OPERATORS.items():
        if hasattr(Tensor, f"__{name}__"):
            yield f"    def __{name}__{signature}"
    for name, kind in _ATTRIBUTES.items():
        if name in ("requires_grad", "grad", "data"):
            yield f"    {name}: {kind}"
        else:
            yield f"    @property\n    def {name}(self) -> {kind}: ..."
    for name, value in sorted(vars(Tensor).items()):
        if name.startswith("_") or name in _ATTRIBUTES:
            continue
        target = getattr(value, "__func__", value)
        if getattr(target, "__name__", name) in rows and inspect.isbuiltin(getattr(_C, name, None)):
            yield from ("    " + line for line in row_lines(name, method=True))
        elif inspect.isfunction(value):
            yield "    " + python_line(name, value, "self", _method_result(name))
        else:  # a further name of an op
            yield f"    def {name}(self, *args: Any, **kwargs: Any) -> Tensor: ..."


def _members(cls, known):
    """What a class defines, and what its bases that are not public do; and the public ones behind them."""
    members, bases = dict(vars(cls)), []
    for base in cls.__bases__:
        if base.__name__ in known:
            bases.append(base.__name__)
        elif base.__module__.startswith("rushlight."):
            more, behind = _members(base, known)
            members = {**more, **members}
            bases += behind
    return members, list(dict.fromkeys(bases))


def class_lines(name, cls, known):
    """A public class: its bases that are public too, and its methods."""
    members, bases = _members(cls, known - {name})
    yield f"class {name}({', '.join(bases)}):" if bases else f"class {name}:"
    if not inspect.isfunction(members.get("__init__")) and "__new__" in members:
        yield "    def __init__(self, *args: Any, **kwargs: Any) -> None: ..."
    for member, value in sorted(members.items()):
        if isinstance(value, (classmethod, staticmethod)):
            yield f"    @{type(value).__name__}"
            yield "    " + python_line(member, value.__func__, "cls" if isinstance(value, classmethod) else "")
        elif isinstance(value, property):
            yield f"    @property\n    def {member}(self) -> Any: ..."
        elif inspect.isfunction(value) and (not member.startswith("_") or member in _SPECIAL):
            yield "    " + python_line(member, value, "self", _SPECIAL.get(member))
    if name == "Module":  # what is assigned in __init__ or registered
        yield "    def __getattr__(self, name: _str) -> Any: ..."
    yield "    ..."


_SPECIAL = {
    "__init__": "None", "__call__": "Any", "__len__": "_int", "__iter__": "Iterator[Any]", "__getitem__": "Any", "__enter__": "Any",
    "__exit__": "None", "parameters": "Iterator[Parameter]", "named_parameters": "Iterator[tuple[_str, Parameter]]",
    "zero_grad": "None", "step": "Any",
}  # fmt: skip


# ---- modules --------------------------------------------------------------------------------------------------------------


def module_text(path, others):
    """The stub of one public module."""
    module = importlib.import_module(path)
    flat = path == "rushlight"
    lines = [HEADER]
    if flat:
        lines += [NAMES, *_flat_types()]
    else:
        lines.append(
            "from rushlight import Tensor, Size\nfrom rushlight import _int, _float, _bool, _str, _Number, _Ints"
        )
        lines.append("from rushlight import _DType, _Device, _MemoryFormat, _Generator")
    public = {n: v for n, v in vars(module).items() if not n.startswith("_")}
    for name, source in getattr(module, "_LATER", {}).items():  # what first use brings in
        lines.append(f"from {path}{source} import {name} as {name}")
        public.pop(name, None)
    for name in sorted(public):
        value = public[name]
        if inspect.ismodule(value):
            if value.__name__ in others and value.__name__.rpartition(".")[0] == path:
                lines.append(f"from . import {name} as {name}")
        elif flat and name in _FLAT_CLASSES:
            continue
        elif isinstance(value, _C.dtype):
            lines.append(f"{name}: dtype")
        elif isinstance(value, type):
            home = _home(name, value, path, others)
            if home:
                lines.append(f"from {home} import {name} as {name}")
            elif flat and type(value).__name__ == "tensortype":
                lines.append(f"class {name}(Tensor): ...")
    classes = {n: v for n, v in public.items() if isinstance(v, type) and not _home(n, v, path, others)}
    for name in sorted(classes, key=lambda n: (len(classes[n].__mro__), n)):
        if not (flat and (name in _FLAT_CLASSES or type(classes[name]).__name__ == "tensortype")):
            lines += class_lines(name, classes[name], {*public, "Tensor"})
    if path != "rushlight.nn.parameter" and "Parameter" not in public:
        lines.append("from rushlight.nn.parameter import Parameter")
    for name in sorted(public):
        value = public[name]
        if isinstance(value, type) or inspect.ismodule(value) or keyword.iskeyword(name):
            continue
        if inspect.isbuiltin(value) and hasattr(_C, name) and any(row[1] == name for row in _C._rows()):
            lines += row_lines(name)
        elif inspect.isfunction(value):
            result = _method_result(name) if path in _OF_TENSORS else None
            lines.append(python_line(name, value, result=result))
        elif callable(value):
            lines.append(f"def {name}(*args: Any, **kwargs: Any) -> {_method_result(name)}: ...")
        elif not isinstance(value, (_C.dtype, dict)):
            kind = type(value).__name__
            lines.append(
                f"{name}: {kind if kind in ('memory_format', 'layout') else '_' + kind if hasattr(builtins, kind) else 'Any'}"
            )
    return "\n".join(lines) + "\n"


#: modules whose functions return a Tensor unless `_RESULTS` says otherwise
_OF_TENSORS = {"rushlight", "rushlight.nn.functional", "rushlight.special"}
_FLAT_CLASSES = {"Tensor", "Size", "dtype", "device", "memory_format", "layout", "Generator"}


def _home(name, cls, path, others):
    """Where a class that several modules show is written: the first of them, by name, that is not this one."""
    shown = [other for other in others if getattr(sys.modules.get(other), name, None) is cls]
    shown.sort(key=lambda other: (other != "rushlight.nn.parameter", -len(other)))
    return shown[0] if shown and shown[0] != path and cls is not Tensor else None


def _flat_types():
    yield "class dtype:"
    yield from (f"    @property\n    def {n}(self) -> {k}: ..." for n, k in (
        ("is_floating_point", "_bool"), ("is_complex", "_bool"), ("is_signed", "_bool"), ("itemsize", "_int")))  # fmt: skip
    yield "    def to_real(self) -> dtype: ...\n    def to_complex(self) -> dtype: ..."
    yield "class device:\n    type: _str\n    index: _int | None"
    yield "    def __init__(self, type: _str | device | _int, index: _int | None = ...) -> None: ..."
    yield "    def __enter__(self) -> device: ...\n    def __exit__(self, *_: object) -> None: ..."
    yield "class memory_format: ...\nclass layout: ..."
    yield "class Size(tuple[builtins.int, ...]):\n    def numel(self) -> _int: ..."
    yield "class Generator:\n    def __init__(self, device: Any = ...) -> None: ..."
    yield "    def manual_seed(self, seed: _int) -> Generator: ...\n    def seed(self) -> _int: ..."
    yield "    def initial_seed(self) -> _int: ...\n    def get_state(self) -> Tensor: ..."
    yield "    def set_state(self, new_state: Tensor) -> Generator: ..."
    for name, kind in return_types.items():
        yield f"class _{name}_result(NamedTuple):\n" + "\n".join(f"    {field}: Tensor" for field in kind._fields)
    yield "_DTypeObject = dtype\n_DeviceObject = device\n_MemoryFormat = memory_format\n_Generator = Generator"
    yield "_DType = dtype | type[Any]\n_Device = device | builtins.str | builtins.int"
    yield from tensor_lines()


def write(directory):
    """Write every stub below `directory`."""
    present = []
    for path in MODULES:
        try:
            importlib.import_module(path)
        except ModuleNotFoundError as error:
            if error.name != path:
                raise
        else:
            present.append(path)
    root = pathlib.Path(directory)
    for path in present:
        package = hasattr(importlib.import_module(path), "__path__")
        file = (
            root.joinpath(*path.split("."), "__init__.pyi")
            if package
            else root.joinpath(*path.split(".")).with_suffix(".pyi")
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(module_text(path, present))
    (root / "rushlight" / "py.typed").touch()


if __name__ == "__main__":
    write(sys.argv[1])
