"""Every op of the tensor list on PyTorch's own samples: values, gradients, methods, in-place forms, operators, errors.

What may differ stands in oracle_exceptions.py, with a reason.
"""

import importlib.util

import pytest

from oracle import DTYPES, FORMS, LIST, ORACLE, compare
from oracle_exceptions import EXCUSES

#: of the samples of an op, spread evenly: enough for every excuse to be needed, few enough for a minute
SAMPLES = 12

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def results(peer, shared):
    for needed in (ORACLE, LIST):
        if not needed.exists():
            pytest.skip(f"no {needed.relative_to(shared.parent)} beside the checkout")
    if importlib.util.find_spec("expecttest") is None:
        pytest.skip("expecttest is not installed: PyTorch's samples need it")
    return compare(SAMPLES)


def excuse_of(result):
    """The line of the table that covers a difference, or None."""
    if result["status"] not in ("partial", "failed") or result["variant"] == "errors":
        return None
    gradients_alone = result["samples"] - result["pass"] == result["grad_samples"] - result["grad_pass"]
    for excuse in EXCUSES:
        if result["name"] in excuse.ops and result["dtype"] in excuse.dtypes:
            if excuse.kind == "value" or gradients_alone:
                return excuse
    return None


def differing(results):
    return [r for r in results if r["status"] not in ("full", "skipped")]


def test_all_was_asked(results):
    compared = {(r["dtype"], r["variant"]) for r in results if r["status"] == "full"}
    forms = {(dtype, form) for dtype in DTYPES for form in FORMS}
    assert compared == forms | {(DTYPES[0], "errors")}


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
