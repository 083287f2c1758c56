"""PyTorch's own samples over every op of the tensor list, by the oracle beside the checkout.

    python tests/oracle.py [samples an op]

prints how many ops agree with PyTorch in every sample, gradients included, by dtype and by how the op is called.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

DTYPES = ("float32", "float64", "bfloat16", "float16", "complex64", "complex128", "int64", "bool")
FORMS = ("function", "method", "inplace", "operator")
SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
ORACLE, LIST = SHARED / "oracle" / "opinfo.py", SHARED / "api" / "torch-2.13.json"


def tensor_ops():
    """A regular expression for the oracle's names of the ops whose area is `tensor`."""
    table = json.loads(LIST.read_text())
    names = set()
    for prefix, namespace in (("", "torch"), ("", "torch.Tensor"), ("special.", "torch.special")):
        names |= {prefix + name for name, (area, _) in table[namespace].items() if area == "tensor"}
    return rf"^({'|'.join(map(re.escape, sorted(names)))})(\.[^.]+)?$"


def compare(samples):
    """What the oracle found: a dict for every op, dtype and form, and for the errors of every op."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "results.json"
        command = [sys.executable, str(ORACLE), "--module", "rushlight", "--grad", "--quiet", "--ops", tensor_ops()]
        command += ["--dtype", ",".join(DTYPES), "--variants", ",".join([*FORMS, "errors"])]
        command += ["--max-samples", str(samples), "--scan", "4000", "--json", str(found)]
        run = subprocess.run(command, capture_output=True, text=True)
        if not found.exists():
            raise RuntimeError(run.stdout + run.stderr)
        return json.loads(found.read_text())["results"]


def main(samples=60):
    results = [r for r in compare(samples) if r["status"] != "skipped"]
    print(f"| ops that agree, at most {samples} samples each | " + " | ".join(FORMS) + " | gradients |")
    print("|---" * (len(FORMS) + 2) + "|")
    for dtype in DTYPES:
        cells = []
        for form in FORMS:
            asked = [r for r in results if (r["dtype"], r["variant"]) == (dtype, form)]
            cells.append(f"{sum(r['status'] == 'full' for r in asked)} of {len(asked)}")
        asked = [r for r in results if (r["dtype"], r["variant"]) == (dtype, "function")]
        right, all_gradients = (sum(r[key] for r in asked) for key in ("grad_pass", "grad_samples"))
        cells.append(f"{right} of {all_gradients}" if all_gradients else "")
        print(f"| {dtype} | " + " | ".join(cells) + " |")
    asked = [r for r in results if r["variant"] == "errors"]
    print(f"\nWrong arguments: {sum(r['raised'] for r in asked)} of {sum(r['n'] for r in asked)} raise.")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
