"""The stubs: every op is in them, they are valid Python, and typed programs run; `make check` asks mypy --strict about them."""

import ast
import re
import subprocess
import sys

import pytest

import rushlight as torch
from rushlight import _stubs

PROGRAMS = ("training", "tensors", "modules")


@pytest.fixture(scope="module")
def stubs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stubs")
    _stubs.write(folder)
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.pyi")}


def test_they_are_python(stubs):
    assert len(stubs) >= 8
    for path, text in stubs.items():
        ast.parse(text, path)


def test_every_op_is_a_function_and_a_method_as_in_the_package(stubs):
    tree = ast.parse(stubs["rushlight/__init__.pyi"])
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    tensor = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Tensor")
    methods = {node.name for node in tensor.body if isinstance(node, ast.FunctionDef)}
    public = {row[1] for row in torch._C._rows() if not row[1].startswith("_")}
    assert {name for name in public if hasattr(torch, name)} <= functions
    assert {name for name in public if hasattr(torch.Tensor, name)} <= methods | set(_stubs._ATTRIBUTES)


def test_signatures_carry_types_and_defaults(stubs):
    text = stubs["rushlight/__init__.pyi"]
    assert (
        "def add(input: Tensor | _Number, other: Tensor | _Number, *, alpha: _Number = ..., out: Tensor | None = ...) -> Tensor: ..."
        in text
    )
    assert re.search(r"@overload\ndef max\(input: Tensor\) -> Tensor: \.\.\.", text)
    assert "    def sum(self, dim: _Ints | None = ..." in text


@pytest.mark.parametrize("name", PROGRAMS)
def test_typed_programs_run(root, name):
    result = subprocess.run(
        [sys.executable, str(root / "tests" / "typing" / f"{name}.py")], capture_output=True, text=True
    )
    assert result.returncode == 0 and result.stdout, result.stderr
