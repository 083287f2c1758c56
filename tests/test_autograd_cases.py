"""Small programs about views, in-place writes, hooks and gradients, with what PyTorch prints for each."""

import warnings
from pathlib import Path

import pytest

import rushlight

CASES = Path(__file__).with_name("autograd_cases.txt").read_text().strip().split("\n\n")


def parts(case):
    """The program, and the lines that it prints; `raises X` where an exception ends it."""
    lines = case.splitlines()
    code = [line for line in lines if not line.startswith("# ")]
    return "\n".join(code), [line[2:] for line in lines if line.startswith("# ")]


def run(torch, code):
    printed = []
    names = {
        "torch": torch,
        "nn": torch.nn,
        "print": lambda *values: printed.extend(" ".join(map(str, values)).splitlines()),
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(code, names)
    except Exception as error:
        printed.append(f"raises {type(error).__name__}")
    return printed


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_autograd_prints_what_pytorch_prints(case):
    code, expected = parts(case)
    assert run(rushlight, code) == expected, code


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_the_recorded_output_is_pytorchs(case, peer):
    code, expected = parts(case)
    assert run(peer, code) == expected, code
