"""What a tensor prints: literals, and thousands of random tensors beside PyTorch."""

import random

import numpy as np
import pytest

import rushlight as torch
from rushlight._tensor_str import get_printoptions, printoptions

REAL = ["float32", "float64", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"]
WHOLE = ["uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64", "bool"]
COMPLEX = ["complex64", "complex128"]
SHAPES = [
    (),
    (1,),
    (5,),
    (30,),
    (0,),
    (0, 3),
    (3, 4),
    (2, 1, 3),
    (2, 2, 2, 2),
    (1001,),
    (7, 200),
    (20, 3, 30),
    (1, 1500),
    (2, 0),
]
SPECIAL = [
    0.0,
    -0.0,
    float("nan"),
    float("inf"),
    -float("inf"),
    1.0,
    -1.0,
    1e-5,
    1e9,
    123456.0,
    0.5,
    1e-40,
    3e38,
    999.9999,
]


@pytest.fixture(autouse=True)
def usual_options():
    yield
    torch.set_printoptions(profile="default")
    torch.set_default_dtype(torch.float32)


def test_options_are_those_that_were_set():
    torch.set_printoptions(precision=2, threshold=5, edgeitems=1, linewidth=40, sci_mode=True)
    assert get_printoptions() == dict(precision=2, threshold=5, edgeitems=1, linewidth=40, sci_mode=True)
    assert repr(torch.arange(10) / 3) == "tensor([0.00e+00,  ..., 3.00e+00])"
    torch.set_printoptions(profile="short", edgeitems=4)
    assert get_printoptions() == dict(precision=2, threshold=1000, edgeitems=4, linewidth=80, sci_mode=None)


def test_options_return_at_the_end_of_a_block():
    with printoptions(precision=1):
        assert repr(torch.tensor(0.55)) == "tensor(0.6)"
    assert repr(torch.tensor(0.55)) == "tensor(0.5500)"


@pytest.mark.parametrize(
    ("make", "shown"),
    [
        (lambda: torch.tensor([1.0, float("nan"), -float("inf")]), "tensor([1., nan, -inf])"),
        (lambda: torch.tensor([]), "tensor([])"),
        (lambda: torch.zeros(0, 2, dtype=torch.int64), "tensor([], size=(0, 2), dtype=torch.int64)"),
        (lambda: torch.ones(2, device="meta"), "tensor(..., device='meta', size=(2,))"),
        (lambda: torch.ones(1, requires_grad=True), "tensor([1.], requires_grad=True)"),
        (lambda: torch.ones(1, requires_grad=True) * 2, "tensor([2.], grad_fn=<MulBackward0>)"),
        (lambda: torch.tensor([1 - 2j]), "tensor([1.-2.j])"),
        (lambda: torch.nn.Parameter(torch.ones(1)), "Parameter containing:\ntensor([1.], requires_grad=True)"),
        (lambda: torch.ones(1, dtype=torch.float16), "tensor([1.], dtype=torch.float16)"),
    ],
)
def test_literals(make, shown):
    assert repr(make()) == shown


def test_the_default_dtype_needs_no_suffix():
    torch.set_default_dtype(torch.float64)
    assert repr(torch.ones(1)) == "tensor([1.])"
    assert repr(torch.ones(1, dtype=torch.float32)) == "tensor([1.], dtype=torch.float32)"


def test_contents_may_be_given():
    assert torch.ones(2).__repr__(tensor_contents="...") == "tensor(...)"


def _values(rng, dtype, shape):
    n = int(np.prod(shape))
    if dtype in WHOLE:
        top = rng.choice([2, 10, 200, 100000])
        values = [rng.randrange(top) for _ in range(n)]
        return [v % 2 if dtype == "bool" else v % 128 if dtype in ("uint8", "int8") else v % 32768 for v in values]
    kind = rng.randrange(5)

    def one():
        if kind == 0:
            return rng.choice(SPECIAL)
        if kind == 1:
            return float(rng.randrange(-50, 50))
        if kind == 2:
            return rng.gauss(0, 1)
        if kind == 3:
            return rng.gauss(0, 1) * 10.0 ** rng.randrange(-8, 9)
        return rng.choice([rng.random(), 0.0, 1.0])

    return [complex(one(), one()) for _ in range(n)] if dtype in COMPLEX else [one() for _ in range(n)]


def _options(rng):
    if rng.random() < 0.6:
        return {"profile": "default"}
    return {
        "profile": rng.choice(["default", "short"]),
        "precision": rng.choice([None, 0, 1, 6, 10]),
        "threshold": rng.choice([None, 4, 30]),
        "edgeitems": rng.choice([None, 0, 1, 2]),
        "linewidth": rng.choice([None, 30, 120]),
        "sci_mode": rng.choice([None, True, False]),
    }


@pytest.mark.peer
@pytest.mark.parametrize("dtype", REAL + WHOLE + COMPLEX)
def test_random_tensors_print_as_pytorch_prints_them(peer, dtype):
    rng = random.Random(dtype)
    differ = []
    for _ in range(400):
        shape = rng.choice(SHAPES)
        values = _values(rng, dtype, shape)
        options, default = _options(rng), rng.choice(["float32", "float32", "float64", "float16"])
        asks = rng.random() < 0.2 and dtype in REAL[:4] + COMPLEX
        texts = []
        for module in (torch, peer):
            module.set_printoptions(**options)
            through = dict.fromkeys(COMPLEX, module.complex128).get(dtype, module.float64)
            through = module.int64 if dtype in WHOLE else through
            t = module.tensor(values, dtype=through).reshape(shape).to(getattr(module, dtype))
            module.set_default_dtype(getattr(module, default))
            try:
                texts.append(repr(t.requires_grad_() if asks else t))
            finally:
                module.set_default_dtype(module.float32)
                module.set_printoptions(profile="default")
        if texts[0] != texts[1]:
            differ.append((shape, options, *texts))
    assert not differ, f"{len(differ)} of 400 differ, the first:\n" + "\n".join(map(str, differ[0]))
