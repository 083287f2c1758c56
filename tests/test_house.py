"""The house's own rules: which room may know of which, and that every row can be called."""

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
