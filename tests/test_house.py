"""The house's own rules: which room may know of which, and that every row can be called."""

import ast
import inspect
import re

from rushlight import _C

ROOMS = ["core", "functors", "cpu", "ops", "python"]  # arrows point to the left


def test_arrows_point_down(root):
    found = 0
    for room in ROOMS:
        for path in (root / "csrc" / room).rglob("*.*"):
            for target in re.findall(r'^\s*#\s*include "(\w+)/', path.read_text(), re.MULTILINE):
                found += 1
                assert target in ROOMS, f"{path} includes {target}/, which is no room"
                assert ROOMS.index(target) <= ROOMS.index(room), f"{path} includes {target}/: an arrow that points up"
    assert found > 100


def test_only_the_room_python_includes_python(root):
    for path in (root / "csrc").rglob("*.*"):
        includes = re.findall(r"^\s*#\s*include <((?:Python|pybind11)\b[^>]*)>", path.read_text(), re.MULTILINE)
        assert not includes or path.parent.name == "python", f"{path} includes {includes}"


def test_every_row_is_bound_and_has_a_signature():
    for function, name, *_ in _C._rows():
        assert function in _C.rows, name
        assert str(inspect.signature(_C.rows[function]))


def test_every_skip_has_a_reason(root):
    found = 0
    for path in (root / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            name = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
            if name not in ("skip", "skipif", "xfail", "importorskip"):
                continue
            found += 1
            reasons = [k.value for k in node.keywords if k.arg == "reason"] or (node.args if name == "skip" else [])
            assert reasons, f"{path}:{node.lineno}: {name} without a reason"
    assert found
