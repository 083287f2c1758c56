"""The promise of accuracy, on a part of what bench/accuracy.py and bench/native/accuracy.cpp measure, which have the table."""

import importlib.util
import os
import re
import subprocess
import sys

import pytest

pytest.importorskip("mpmath", reason="the reference of float64 is mpmath; it is in the `test` extra")


def load_table():
    from conftest import ROOT

    spec = importlib.util.spec_from_file_location("accuracy_table", ROOT / "bench" / "accuracy.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["accuracy_table"] = module  # where dataclasses look for annotations
    spec.loader.exec_module(module)
    return module


table = load_table()
over_functions = pytest.mark.parametrize("name", table.FUNCTIONS)


@over_functions
def test_float32_is_the_nearest_number_or_its_neighbour(name):
    row = table.FUNCTIONS[name]
    count = (1 << 20) // row.slow
    error, at, odd = table.single(name, row, 0, count, table.stride(count))
    assert odd == 0, f"{name}: {odd} arguments where float32 is NaN or infinite and float64 is not, or the reverse"
    assert error <= row.single, f"{name}({', '.join(map(str, at))}): {error:.3f} ulp"


@over_functions
def test_float64_is_within_two_places(name):
    row = table.FUNCTIONS[name]
    error, at = table.double(name, row, table.sample(row, 200, seed=1))
    assert error <= row.double, f"{name}({', '.join(map(repr, at))}): {error:.3f} ulp"


@pytest.mark.parametrize("name", table.COMPLEX)
def test_complex_numbers_are_within_a_few_places(name):
    error, at = table.complex_double(name, 100, seed=1)
    assert error <= table.COMPLEX_BOUNDS[name], f"{name}({at!r}): {error:.3f} ulp"


def test_every_rounding_function_is_in_the_table(root):
    """The rows of functors/unary.def that become floating numbers."""
    rows = re.findall(r"RL_UNARY\((\w+), \w+, \w+, Float\)", (root / "csrc/functors/unary.def").read_text())
    names = {name.removeprefix("special.") for name in table.FUNCTIONS}
    assert rows and not {row.removeprefix("special_") for row in rows} - names


DIGESTS = """
import hashlib
import accuracy as table
import numpy as np
import rushlight as torch
print(torch.__config__.isa())
for name, row in table.FUNCTIONS.items():
    x = table.sample(row, 4000, seed=2)
    with np.errstate(over="ignore", under="ignore"):
        pairs = [x, [v.astype(np.float32) for v in x]]
    bits = b"".join(np.nan_to_num(table.find(name, row)(*map(torch.from_numpy, v)).numpy()).tobytes() for v in pairs)
    print(name, hashlib.sha256(bits).hexdigest())
"""


def test_instruction_sets_with_fma_give_the_same_bits(root):
    printed = []
    for isa in ("v3", "v4"):
        environment = {**os.environ, "RUSHLIGHT_ISA": isa, "PYTHONPATH": str(root / "bench")}
        run = subprocess.run([sys.executable, "-c", DIGESTS], env=environment, capture_output=True, text=True)
        if run.returncode:
            assert "RUSHLIGHT_ISA" in run.stderr, run.stderr
            pytest.skip(f"this machine has no {isa}")
        used, *digests = run.stdout.splitlines()
        assert used == isa and len(digests) == len(table.FUNCTIONS)
        printed.append(digests)
    assert printed[0] == printed[1]
