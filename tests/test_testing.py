"""torch.testing: what assert_close accepts and says, and what make_tensor draws."""

import collections

import numpy as np
import pytest

import rushlight as torch

T = "torch.tensor"
COMPARED = [
    # actual, expected, options
    (f"{T}([1., 2., 3.])", f"{T}([1., 2., 4.])", ""),
    (f"{T}([[1., 2.], [3., 4.]])", f"{T}([[1., 2.5], [3., 5.]])", ""),
    (f"{T}([1., 2.])", f"{T}([1., 2.0000001])", ""),
    (f"{T}([1., float('nan')])", f"{T}([1., float('nan')])", ""),
    (f"{T}([1., float('nan')])", f"{T}([1., float('nan')])", "equal_nan=True"),
    (f"{T}([1., float('inf')])", f"{T}([1., float('inf')])", ""),
    (f"{T}([1., float('inf')])", f"{T}([1., -float('inf')])", ""),
    (f"{T}([0., 1.])", f"{T}([0., 1.])", "rtol=0, atol=0"),
    (f"{T}([0., 1.])", f"{T}([0., 2.])", "rtol=0, atol=0"),
    (f"{T}([0., 1.])", f"{T}([0., 2.])", "rtol=0.1"),
    (f"{T}([0., 1.])", f"{T}([0., 2.])", "rtol=0.1, atol=0.2"),
    (f"{T}([1, 2, 3])", f"{T}([1, 2, 5])", ""),
    (f"{T}([1, 2, 3], dtype=torch.uint8)", f"{T}([1, 2, 0], dtype=torch.uint8)", ""),
    (f"{T}([True, False])", f"{T}([True, True])", ""),
    (f"{T}([1 + 2j])", f"{T}([1 + 3j])", ""),
    (f"{T}(1.)", f"{T}(2.)", ""),
    (f"{T}(1.)", f"{T}(0.)", ""),
    (f"{T}(3)", f"{T}(4)", ""),
    (f"{T}([1.], dtype=torch.float16)", f"{T}([1.1], dtype=torch.float16)", ""),
    (f"{T}([1.], dtype=torch.bfloat16)", f"{T}([1.01], dtype=torch.bfloat16)", ""),
    (f"{T}([1.])", f"{T}([1.], dtype=torch.float64)", ""),
    (f"{T}([1.])", f"{T}([1.], dtype=torch.float64)", "check_dtype=False"),
    (f"{T}([1.])", f"{T}([2])", "check_dtype=False"),
    (f"{T}([1.])", f"{T}([[1.]])", ""),
    ("torch.ones(2, 3)", "torch.ones(3, 2).t()", "check_stride=True"),
    ("torch.ones(2, 3)", "torch.ones(3, 2).t()", ""),
    ("torch.ones(2)", "torch.ones(2, device='meta')", ""),
    ("torch.ones(2)", "torch.ones(2, device='meta')", "check_device=False"),
    ("torch.ones(2)", "torch.nn.Parameter(torch.ones(2))", ""),
    ("torch.ones(2)", "torch.nn.Parameter(torch.ones(2))", "allow_subclasses=False"),
    ("torch.ones(0)", "torch.ones(0)", ""),
    ("1.0", "1.1", ""), ("1", "2", ""), ("1", "1.0", ""), ("1", "1.0", "check_dtype=False"), ("1j", "2j", ""), ("0.0", "1.0", ""),
    ("True", "False", ""), ("True", "True", ""), ("None", "None", ""), ("None", "1", ""), ("float('nan')", "float('nan')", ""),
    ("np.array([1., 2.])", "np.array([1., 3.])", ""), ("np.float64(1)", "np.float64(2)", ""), ("np.ones(1)", f"{T}([1.])", ""),
    ("[1, 2]", "[1, 3]", ""), ("[1, 2]", "[1]", ""), ("{'a': [1.0, 2.0]}", "{'a': [1.0, 3.0]}", ""), ("{'a': 1}", "{'b': 1}", ""),
    ("(1, {'k': torch.ones(2)})", "(1, {'k': torch.zeros(2)})", ""), ("'a'", "'b'", ""), ("1", "'b'", ""),
    (f"{T}([1.])", f"{T}([2.])", "msg='mine'"), (f"{T}([1.])", f"{T}([2.])", "msg=lambda text: 'before\\n' + text"),
    ("[1, 2]", "[1]", "msg='mine'"),
    (f"{T}([1.]).to(torch.float8_e5m2)", f"{T}([2.]).to(torch.float8_e5m2)", "rtol=0, atol=0"),
    (f"{T}([1.]).to(torch.float8_e5m2)", f"{T}([1.]).to(torch.float8_e5m2)", "rtol=1, atol=0"),
]  # fmt: skip


def _outcome(module, actual, expected, options):
    names = {"torch": module, "np": np, "OrderedDict": collections.OrderedDict}
    try:
        eval(f"torch.testing.assert_close({actual}, {expected}, {options})", names)
    except Exception as error:
        return type(error), str(error).replace("rushlight.tensor.", "torch.")
    return None, ""


@pytest.mark.parametrize(("actual", "expected", "options"), COMPARED)
def test_assert_close_says_what_pytorch_says(peer, actual, expected, options):
    assert _outcome(torch, actual, expected, options) == _outcome(peer, actual, expected, options)


def test_the_message_of_a_mismatch():
    with pytest.raises(AssertionError) as caught:
        torch.testing.assert_close(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 2.0, 4.0]))
    assert str(caught.value) == (
        "Tensor-likes are not close!\n\nMismatched elements: 1 / 3 (33.3%)\n"
        "Greatest absolute difference: 1.0 at index (2,) (up to 1e-05 allowed)\n"
        "Greatest relative difference: 0.25 at index (2,) (up to 1.3e-06 allowed)"
    )


def test_random_tensors_are_judged_as_pytorch_judges_them(peer):
    rng = np.random.default_rng(0)
    for dtype in ("float32", "float64", "int64", "complex64"):
        for _ in range(60):
            a = rng.normal(size=(2, 3)) * 4
            b = a + rng.choice([0, 1e-7, 1e-6, 1e-5, 1], size=(2, 3))
            texts = []
            for module in (torch, peer):
                kind = getattr(module, dtype)
                texts.append(_outcome_of(module, module.tensor(a).to(kind), module.tensor(b).to(kind)))
            assert texts[0] == texts[1]


def _outcome_of(module, a, b):
    try:
        module.testing.assert_close(a, b)
    except AssertionError as error:
        return str(error)
    return ""


MADE = [
    "dtype=torch.float32", "dtype=torch.float64", "dtype=torch.float16", "dtype=torch.bfloat16", "dtype=torch.int64",
    "dtype=torch.int8", "dtype=torch.uint8", "dtype=torch.bool", "dtype=torch.complex64", "dtype=torch.complex128",
    "dtype=torch.float32, low=-1, high=1", "dtype=torch.int32, low=2, high=5", "dtype=torch.float32, noncontiguous=True",
    "dtype=torch.int64, exclude_zero=True", "dtype=torch.float32, requires_grad=True", "dtype=torch.float16, low=-1e9, high=1e9",
    "dtype=torch.float64, low=-1e308, high=1e308", "dtype=torch.int64, low=3, high=3", "dtype=torch.float32, low=float('nan')",
    "dtype=torch.int64, requires_grad=True", "dtype=torch.uint8, low=300", "dtype=torch.bool, low=1",
    "dtype=torch.float8_e5m2", "dtype=torch.uint16",
]  # fmt: skip


@pytest.mark.parametrize("options", MADE)
@pytest.mark.parametrize("shape", ["3", "4, 5", "(4, 5)", "()", "0, 2", "torch.Size([40])"])
def test_make_tensor_draws_what_pytorch_draws(peer, shape, options):
    made = []
    for module in (torch, peer):
        module.manual_seed(7)
        try:
            t = eval(f"torch.testing.make_tensor({shape}, device='cpu', {options})", {"torch": module})
            made.append((repr(t), t.stride()))
        except Exception as error:
            made.append(type(error))
    assert made[0] == made[1]


def test_make_tensor_takes_a_memory_format_alone():
    t = torch.testing.make_tensor(2, 3, 4, 5, dtype=torch.float32, device="cpu", memory_format=torch.channels_last)
    assert t.is_contiguous(memory_format=torch.channels_last)
    with pytest.raises(ValueError, match="mutually exclusive"):
        torch.testing.make_tensor(
            2, dtype=torch.float32, device="cpu", noncontiguous=True, memory_format=torch.channels_last
        )


@pytest.mark.parametrize(
    "dtype", ["float32", "float64", "float16", "bfloat16", "int64", "int32", "uint8", "bool", "complex64"]
)
def test_isclose_is_pytorchs_to_the_element(peer, dtype):
    rng = np.random.default_rng(1)
    special = [float("nan"), float("inf"), -float("inf"), 0.0, -0.0, 1e-40]
    for options in (
        {},
        {"rtol": 0.0, "atol": 0.0},
        {"rtol": 1e-9},
        {"atol": 0.5},
        {"equal_nan": True},
        {"rtol": 0.1, "atol": 1},
    ):
        if dtype in ("int64", "int32", "uint8", "bool"):
            a = rng.integers(0, 1 << (1 if dtype == "bool" else 7 if dtype == "uint8" else 30), 400)
            b = a + rng.integers(0, 2, 400)
        else:
            a = rng.normal(size=400)
            b = a + rng.choice([0, 1e-9, 1e-6, 1e-3, 1], size=400)
            a[:12], b[:12] = special * 2, special + special[::-1]
        answers = []
        for module in (torch, peer):
            kind = getattr(module, dtype)
            x, y = module.tensor(a).to(kind), module.tensor(b).to(kind)
            answers.append((module.isclose(x, y, **options).tolist(), module.allclose(x, y, **options)))
        assert answers[0] == answers[1], options


@pytest.mark.parametrize("options", [{"rtol": -1}, {"atol": -1}])
def test_isclose_refuses_negative_tolerances_and_other_dtypes(options):
    x = torch.ones(2)
    with pytest.raises(RuntimeError, match="must be greater than or equal to zero, but got -1"):
        torch.isclose(x, x, **options)
    with pytest.raises(RuntimeError, match="did not match"):
        torch.isclose(x, x.double())


def test_the_magnitude_of_a_nan_beside_a_zero_is_nan():
    nan, inf = float("nan"), float("inf")
    x = torch.tensor([complex(nan, 0), complex(0, nan), complex(nan, inf), complex(0, 0)])
    assert repr(torch.abs(x)) == "tensor([nan, nan, inf, 0.])"
