"""Every public name says what it does, its examples run, and its signature can be read."""

import doctest
import inspect
import json
import subprocess
import sys
import types

import pytest

import rushlight as torch

NAMESPACES = {
    "torch": torch,
    "torch.Tensor": torch.Tensor,
    "torch.testing": torch.testing,
    "torch.special": torch.special,
    "torch.func": torch.func,
    "torch.autograd": torch.autograd,
    "torch.autograd.forward_ad": torch.autograd.forward_ad,
    "torch (later)": types.SimpleNamespace(**{name: getattr(torch, name) for name in torch._LATER}),
    "torch.autograd.function": torch.autograd.function,
    "torch.autograd.functional": torch.autograd.functional,
    "torch.autograd.graph": torch.autograd.graph,
    "torch.utils.checkpoint": torch.utils.checkpoint,
}


def public_names():
    for space, holder in NAMESPACES.items():
        for name in sorted(vars(holder)):
            value = getattr(holder, name)
            if space.startswith(("torch.autograd", "torch.utils")) and name not in holder.__all__:
                continue
            if not name.startswith("_") and callable(value) and not isinstance(value, (torch.dtype, torch.device)):
                yield f"{space}.{name}", value


NAMED = list(public_names())


def test_every_public_name_has_a_docstring():
    # what Python itself or pybind11 wrote is no docstring
    silent = [name for name, value in NAMED if not (value.__doc__ or "").strip()]
    assert not silent, f"{len(silent)}: {' '.join(silent)}"


def test_a_summary_is_one_line_that_ends():
    wrong = []
    for name, value in NAMED:
        first = inspect.cleandoc(value.__doc__ or ".").split("\n\n")[0]
        if "\n" in first.strip() and len(first.splitlines()) > 2 or not first.rstrip().endswith((".", "?", ":", "`")):
            wrong.append(name)
    assert not wrong, f"{len(wrong)}: {' '.join(wrong)}"


@pytest.mark.parametrize("space", NAMESPACES)
def test_examples_run(space):
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
    report, seen = [], set()
    for name, value in NAMED:
        text = inspect.cleandoc(value.__doc__ or "")
        if name.rpartition(".")[0] != space or ">>>" not in text or text in seen:
            continue
        seen.add(text)
        case = parser.get_doctest(text, {"torch": torch}, name, None, None)
        runner.run(case, out=report.append)
        torch.set_printoptions(profile="default")
    assert not runner.failures, "".join(report)


def test_ops_have_sections_made_from_their_rows():
    text = inspect.getdoc(torch.add)
    for section in ("Parameters\n----------", "Returns\n-------", "Raises\n------"):
        assert section in text
    assert "other : Tensor or number\n    " in text and "alpha : number, default 1\n    " in text
    assert inspect.getdoc(torch.add_ if hasattr(torch, "add_") else torch.Tensor.add_) == "In-place form of `add`."


def test_signatures_can_be_read():
    unreadable = []
    for name, value in NAMED:
        try:
            inspect.signature(value)
        except (TypeError, ValueError):
            if not (isinstance(value, type) and issubclass(value, Exception)):
                unreadable.append(name)
    allowed = {f"torch.{name}" for name in ("dtype", "device", "memory_format", "layout", "Size")}
    assert set(unreadable) <= allowed | {f"torch.{name}" for name in torch._C.__dict__}, unreadable


def test_parameters_are_named_as_pytorchs(shared):
    """Of names in the list with a plain signature, the first parameter agrees where it is a keyword in PyTorch."""
    table = json.loads((shared / "api" / "torch-2.13.json").read_text())
    for name, (_, signature) in table["torch.testing"].items():
        wanted = [part.split(":")[0].strip("* ") for part in signature[1:].split("->")[0].split(", ")]
        ours = list(inspect.signature(getattr(torch.testing, name)).parameters)
        assert [w for w in wanted if w.isidentifier() and w in ours] == ours


def test_import_brings_in_nothing_that_takes_long():
    """numpy alone takes longer than everything here; inspect, typing and threading are needed by few programs."""
    code = "import sys; before = set(sys.modules); import rushlight; print(*sorted(set(sys.modules) - before))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "inspect", "typing", "threading", "dataclasses", "logging", "asyncio", "ast"} & set(found), (
        found
    )
