"""Every op of the tensor list on PyTorch's own samples: values, gradients, methods, in-place forms, operators, errors.

The oracle stands in `shared/oracle` beside the checkout, the list in `shared/api`. What may differ stands in oracle_exceptions.py.
"""

import importlib.util
import json
import re
import subprocess
import sys

import pytest

from oracle_exceptions import EXCUSES

DTYPES = ("float32", "int64", "bool", "float64", "bfloat16", "float16", "complex64", "complex128")
VARIANTS = ("function", "method", "inplace", "operator", "errors")
#: of the samples of an op, spread evenly: enough for every excuse to be needed, few enough for a minute
SAMPLES = 12

pytestmark = pytest.mark.slow


def tensor_ops(table):
    """A regular expression for the oracle's names of the ops whose area is `tensor`."""
    names = set()
    for prefix, namespace in (("", "torch"), ("", "torch.Tensor"), ("special.", "torch.special")):
        names |= {prefix + name for name, (area, _) in table[namespace].items() if area == "tensor"}
    return rf"^({'|'.join(map(re.escape, sorted(names)))})(\.[^.]+)?$"


@pytest.fixture(scope="module")
def results(peer, shared, tmp_path_factory):
    oracle, table = shared / "oracle" / "opinfo.py", shared / "api" / "torch-2.13.json"
    for needed in (oracle, table):
        if not needed.exists():
            pytest.skip(f"no {needed.relative_to(shared.parent)} beside the checkout")
    if importlib.util.find_spec("expecttest") is None:
        pytest.skip("expecttest is not installed: PyTorch's samples need it")
    found = tmp_path_factory.mktemp("oracle") / "results.json"
    options = ["--grad", "--quiet", "--max-samples", str(SAMPLES), "--json", str(found)]
    chosen = ["--dtype", ",".join(DTYPES), "--variants", ",".join(VARIANTS)]
    chosen += ["--ops", tensor_ops(json.loads(table.read_text()))]
    run = subprocess.run(
        [sys.executable, str(oracle), "--module", "rushlight", *options, *chosen], capture_output=True, text=True
    )
    assert found.exists(), run.stdout + run.stderr
    return json.loads(found.read_text())["results"]


def excuse_of(result):
    """The line of the table that covers a difference, or None."""
    gradients_alone = result.get("samples", 0) - result.get("pass", 0) == result.get("grad_samples", 0) - result.get(
        "grad_pass", 0
    )
    for excuse in EXCUSES:
        if result["name"] in excuse.ops and result["dtype"] in excuse.dtypes and result["variant"] != "errors":
            if result["status"] in ("partial", "failed") and (excuse.kind == "value" or gradients_alone):
                return excuse
    return None


def differing(results):
    return [r for r in results if r["status"] not in ("full", "skipped")]


def test_all_was_asked(results):
    compared = {(r["dtype"], r["variant"]) for r in results if r["status"] == "full"}
    assert compared == {(d, v) for d in DTYPES for v in VARIANTS[:-1]} | {(DTYPES[0], "errors")}


def test_every_op_does_what_pytorch_does(results):
    wrong = [
        f"{r['op']} of {r['dtype']} ({r['variant']}): {r['status']}: {r.get('first') or r.get('missing')}"
        for r in differing(results)
        if excuse_of(r) is None
    ]
    assert not wrong, "\n".join(wrong)


def test_every_excuse_is_needed(results):
    used = {(r["name"], r["dtype"], excuse_of(r)) for r in differing(results)}
    idle = [(op, d, e.kind) for e in EXCUSES for op in e.ops for d in e.dtypes if (op, d, e) not in used]
    assert not idle, f"these agree with PyTorch now, take them from the table: {idle}"
