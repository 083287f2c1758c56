"""The table of cases against PyTorch itself: values, gradients, exceptions."""

import warnings

import numpy as np
import pytest

import rushlight as torch
from op_cases import CASES
from op_cases.case import is_complex, to_array
from test_ops import dtype_name, over

#: how far two right answers may be apart: relative, absolute
CLOSE = {"float32": (2e-5, 2e-5), "float64": (1e-11, 1e-11), "float16": (2e-3, 2e-3), "bfloat16": (2e-2, 2e-2),
         "complex64": (2e-5, 2e-5)}  # fmt: skip


@over(c for c in CASES if c.peer and not c.random)
def test_pytorch_gives_the_same(case, peer):
    compared = 0
    for dtype in case.dtypes:
        for sample in case.samples:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    theirs = case.call(peer, sample, dtype, peer=True)
                except (RuntimeError, NotImplementedError, TypeError):
                    continue  # PyTorch has no such kernel
            ours = case.call(torch, sample, dtype)
            compared += 1
            assert [(tuple(t.shape), dtype_name(t)) for t in ours] == [
                (tuple(t.shape), dtype_name(t)) for t in theirs
            ], f"{case}({sample})"
            for a, b in zip(ours, theirs):
                x, y = to_array(a), to_array(b.resolve_conj() if b.is_complex() else b)
                rtol, atol = CLOSE.get(dtype_name(a), (1e-11, 1e-11))
                rtol = max(rtol, case.peer_close)
                np.testing.assert_allclose(x, y, rtol=rtol, atol=atol, err_msg=f"{case}({sample}), {dtype}")
    assert compared, "PyTorch refused every sample"


def dense(lib, grad):
    """PyTorch stands for some zeros and conjugates without holding them."""
    if lib is not torch:
        grad = grad.resolve_conj()
    return lib.zeros_like(grad) if lib is not torch and lib._is_zerotensor(grad) else grad


@over(
    c
    for c in CASES
    if c.peer and c.peer_grad and (c.grad or is_complex(c.dtype) and c.result != "bool") and not c.random
)
def test_pytorch_has_the_same_gradients(case, peer):
    warnings.simplefilter("ignore")  # PyTorch's, about shapes that broadcast
    for sample in case.grad_samples:
        found = []
        for lib in (torch, peer):
            made, keywords = sample.tensors(lib, case.dtype if is_complex(case.dtype) else "float64", grad=True)
            leaves = [
                t
                for x in made
                for t in (x if isinstance(x, (list, tuple)) else [x])
                if isinstance(t, lib.Tensor) and t.requires_grad
            ]
            if case.writes:
                made[0] = made[0] * 1
            result = (case.of if lib is torch else case.peer)(lib)(*made, **keywords)
            parts = [r for r in (result if isinstance(result, (tuple, list)) else (result,)) if r.requires_grad]
            found.append(len(parts))
            if parts:
                sum(
                    (p * p.detach().abs() if not p.is_complex() else (p * p.conj() + p * (2 - 1j)).real).sum()
                    for p in parts
                ).backward()
            found.append([None if t.grad is None else to_array(dense(lib, t.grad)) for t in leaves])
        assert found[0] == found[2], f"{case}({sample}): {found[0]} results ask for a gradient, in PyTorch {found[2]}"
        for ours, theirs in zip(found[1], found[3]):
            assert (ours is None) == (theirs is None), f"{case}({sample})"
            if ours is not None:
                np.testing.assert_allclose(
                    ours,
                    theirs,
                    rtol=max(1e-9, case.peer_close),
                    atol=max(1e-9, case.peer_close),
                    err_msg=f"{case}({sample})",
                )


@pytest.mark.parametrize(
    "case,bad", [(c, b) for c in CASES for b in c.bad if b.peer and c.peer], ids=lambda x: str(x)[:60]
)
def test_pytorch_raises_the_same_class(case, bad, peer):
    with pytest.raises(Exception) as theirs:
        case.call(peer, bad, bad.dtype, peer=True)
    with pytest.raises(Exception) as ours:
        case.call(torch, bad, bad.dtype)
    # NotImplementedError is a RuntimeError, and says more
    assert issubclass(ours.type, theirs.type), f"PyTorch: {theirs.value}\nhere: {ours.value}"
