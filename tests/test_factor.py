"""Factors of matrices, whose bodies are NumPy's LAPACK: values, gradients, bits, shapes without elements, errors."""

import subprocess
import sys

import numpy as np
import pytest

import rushlight as torch
from rushlight import _C
from rushlight.autograd import gradcheck, gradgradcheck

SHAPES = [(3, 3), (4, 2), (2, 4), (2, 4, 3)]


def matrices(shape, dtype="float64"):
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape)
    return (x + 1j * rng.normal(size=shape) if dtype.startswith("complex") else x).astype(dtype)


def same_but_for_phases(a):
    """What of U, S and Vh does not depend on the vectors' signs and phases."""
    u, s, vh = _C._svd(a)
    return u.abs(), s, vh.abs(), u @ vh


FUNCTIONS = {
    "all": same_but_for_phases,
    "U": lambda a: _C._svd(a)[0].abs(),
    "Vh": lambda a: _C._svd(a)[2].abs(),
    "values": lambda a: _C._svd(a, compute_uv=False)[1],
    "values-full": lambda a: _C._svd(a, full_matrices=True)[1],
    "nuclear": lambda a: torch.norm(a, "nuc", dim=(-1, 0)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_factors_make_the_matrix(shape, dtype):
    a = matrices(shape, dtype)
    for full in (False, True):
        u, s, vh = (t.numpy() for t in _C._svd(torch.tensor(a).transpose(-1, -2).contiguous().transpose(-1, -2), full))
        k = min(shape[-2:])
        near = dict(rtol=0, atol=50 * np.finfo(a.dtype).eps)
        np.testing.assert_allclose(u[..., :k] * s[..., None, :] @ vh[..., :k, :], a, **near)
        for square in (u.conj().swapaxes(-1, -2) @ u, vh @ vh.conj().swapaxes(-1, -2)):
            np.testing.assert_allclose(square, np.broadcast_to(np.eye(square.shape[-1]), square.shape), **near)
        assert s.dtype == a.real.dtype and (np.diff(s) <= 0).all()
        np.testing.assert_array_equal(_C._svd(torch.tensor(a), full, False)[1].numpy().shape, s.shape)


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives(name, shape, dtype):
    a = torch.tensor(matrices(shape, dtype), requires_grad=True)
    assert gradcheck(FUNCTIONS[name], [a]) and gradgradcheck(FUNCTIONS[name], [a])


def test_nuclear_norms():
    a = matrices((2, 4, 3))
    want = np.linalg.svd(a.transpose(1, 2, 0), compute_uv=False).sum(-1)
    np.testing.assert_allclose(torch.norm(torch.tensor(a), "nuc", dim=(2, 0)).numpy(), want, rtol=1e-14)
    assert torch.norm(torch.tensor(a), "nuc", (0, -1), keepdim=True).shape == (1, 4, 1)
    assert torch.norm(torch.zeros(0, 3), "nuc") == 0
    assert torch.norm(torch.zeros(2, 2, device="meta"), "nuc").shape == ()
    x = torch.eye(2, requires_grad=True)
    torch.norm(x, "nuc", dtype=torch.float64).backward()
    assert x.grad.dtype == torch.float32 and x.grad.tolist() == [[1, 0], [0, 1]]


def test_no_elements():
    u, s, vh = _C._svd(torch.zeros(2, 0, 3), True)
    assert (u.shape, s.shape) == ((2, 0, 0), (2, 0)) and vh.equal(torch.eye(3).expand(2, 3, 3))


def test_bits_do_not_depend_on_numpys_threads():
    program = (
        "import numpy as np, rushlight as torch; torch.manual_seed(0); x = torch.randn(300, 200, dtype=torch.float64);"
        "print(hash(b''.join(t.numpy().tobytes() for t in torch._C._svd(x))))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"OPENBLAS_NUM_THREADS": n, "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for n in ("1", "2", "3")
    }
    assert len(found) == 1


def test_a_recorder_meets_a_fence():
    recording = _C._Recording()
    recording.start()
    try:
        with pytest.raises(RuntimeError, match="while a step is being recorded"):
            torch.norm(torch.ones(2, 2), "nuc")
    finally:
        recording.stop()


@pytest.mark.parametrize(
    "text, call",
    [
        ("non-finite", lambda: _C._svd(torch.tensor([[1.0, float("nan")], [1.0, 2.0]]))),
        ("at least 2 dimensions", lambda: _C._svd(torch.zeros(3))),
        ("Low precision", lambda: torch.norm(torch.zeros(2, 2, dtype=torch.float16), "nuc")),
        ("floating point or complex", lambda: _C._svd(torch.zeros(2, 2, dtype=torch.int64))),
        ("must be a 2-tuple", lambda: torch.norm(torch.zeros(2, 2, 2), "nuc")),
        ("must be different", lambda: torch.norm(torch.zeros(2, 2), "nuc", (1, -1))),
        ("full_matrices=False", lambda: _C._svd(torch.eye(2, requires_grad=True), True)[0].sum().backward()),
    ],
)
def test_errors(text, call):
    with pytest.raises(RuntimeError, match=text):
        call()
