"""Tests of the tests: each property of test_ops.py must fail for an op that breaks it."""

import copy
import importlib
import sys

import numpy as np
import pytest

import rushlight as torch
import test_ops
from op_cases import CASES
from op_cases.case import is_float
from rushlight import _C
from rushlight.autograd.gradcheck import GradcheckError

BY_NAME = {str(case): case for case in CASES}


def over(cases):
    return pytest.mark.parametrize("case", list(cases), ids=str)


def mutant(case, of=None, **changes):
    made = copy.copy(case)
    made.of = of or case.of
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def changed(case, change):
    """The case with `change(result, first tensor)` in place of its first result."""

    def find(lib):
        def call(*args, **kwargs):
            found = case.of(lib)(*args, **kwargs)
            several = isinstance(found, (tuple, list))
            tensors = [
                t for x in args for t in (x if isinstance(x, (tuple, list)) else [x]) if isinstance(t, lib.Tensor)
            ]
            first = next(t for t in tensors if t.is_floating_point())
            made = change(found[0] if several else found, first)
            return (made, *found[1:]) if several else made

        return call

    return mutant(case, find)


# ---- values ---------------------------------------------------------------------------------------------------------


def shifted(case, dtype):
    """The case whose reference is a little more off than allowed: 2 units in the last place and more, or one whole number."""

    def ref(*args, **kwargs):
        exact = case.ref(*args, **kwargs)
        found = case.call(torch, case.samples[0], dtype)
        several = isinstance(exact, (tuple, list))
        first, name = np.asarray(exact[0] if several else exact), test_ops.dtype_name(found[0])
        if name == "bool":
            first = ~first.astype(bool)
        elif is_float(name):
            unit = np.abs(first) * 2.0**-23 + 2.0**-149
            first = first + (2 * case.ulp + 2) * unit + 2 * case.allowance(torch, case.samples[0], dtype)
        else:
            first = first + 1
        return (first, *exact[1:]) if several else first

    return mutant(case, ref=ref)


@over(c for c in CASES if c.ref and c.dtype in ("float32", "int64"))
def test_a_value_that_is_off_is_seen(case):
    dtype = case.dtype
    test_ops.check_values(case, case.samples[0], dtype)
    with pytest.raises(AssertionError, match="ulp from the exact value"):
        test_ops.check_values(shifted(case, dtype), case.samples[0], dtype)


# ---- derivatives ----------------------------------------------------------------------------------------------------


def leaning(result, first):
    """The same values, and a derivative that is 1 too large."""
    return result if not first.requires_grad else result + 0 * result + (first - first.detach()).sum()


@over(c for c in CASES if c.grad and c.result != "complex128" and not c.writes and c.grad_samples[0].specs()[0].grad)
def test_a_derivative_that_is_off_is_seen(case):
    with pytest.raises(GradcheckError):
        test_ops.check_derivatives(changed(case, leaning), case.grad_samples[0])


WRONG_RULES = {  # the sign flipped, a factor forgotten, an operand taken for the other
    "tanh": ("pointwise", lambda g, out: _C.neg(_C._tanh_backward(g, out))),
    "sqrt": ("pointwise", lambda g, out: _C.div(g, out)),
    "mul": ("pointwise", (lambda g, input: _C.mul(g, input), lambda g, other: _C.mul(g, other))),
    "sub": ("pointwise", ("same", "same")),
    "mm": ("product", (lambda g, mat2: _C.matmul(g, mat2.t()), lambda g, input: _C.neg(_C.matmul(input.t(), g)))),
    "square": ("pointwise", lambda g, input: g * 2 * input.detach()),  # only its own derivative is wrong
    "cumsum": ("reduce", lambda g, dim: _C.cumsum(g, dim)),
    "transpose": ("shape", lambda g, dim0, dim1: _C.neg(_C.transpose(g, dim0, dim1))),
    "lgamma": ("special", lambda g, input: _C.mul(g, _C._trigamma(input))),
    "hypot": (
        "special",
        (lambda g, other, out: _C.mul(g, _C.div(other, out)), lambda g, input, out: _C.mul(g, _C.div(input, out))),
    ),
    "erfinv": ("special", lambda g, out: _C.mul(g, _C.exp(_C.square(out.detach())))),
    "roll": ("arrange", lambda g, shifts, dims: _C.roll(g, shifts, dims)),
    "tril": ("arrange", lambda g, diagonal: _C.triu(g, diagonal)),
}


@pytest.mark.parametrize("name", WRONG_RULES)
def test_a_wrong_rule_is_seen(name):
    module, rule = WRONG_RULES[name]
    case, sample = BY_NAME[name], BY_NAME[name].grad_samples[0]
    test_ops.check_derivatives(case, sample)
    _C._set_rules(getattr(_C, name), rule if isinstance(rule, tuple) else (rule,), None, True)
    try:
        with pytest.raises(GradcheckError):
            test_ops.check_derivatives(case, sample)
    finally:
        importlib.reload(sys.modules[f"rushlight.ops.{module}"])  # sets the rules of the table again
    test_ops.check_derivatives(case, sample)


# ---- the other laws -------------------------------------------------------------------------------------------------


def by_layout(result, first):
    return result if first.is_contiguous() else result + 1


def by_threads(result, first):
    return result + torch.get_num_threads()


def by_batch(result, first):
    return result + first.shape[0]


def wrong_shape_on_meta(result, first):
    return result.unsqueeze(0) if first.is_meta else result


def wrong_dtype_on_meta(result, first):
    return result.to(torch.float64) if first.is_meta else result


@pytest.mark.parametrize(
    "name", ["exp", "add", "softmax", "matmul", "gather", "cat", "lgamma", "logsumexp", "cummax", "tril"]
)
def test_a_broken_law_is_seen(name):
    case = BY_NAME[name]
    for test, change in [
        (test_ops.test_layouts_give_the_same_bits, by_layout),
        (test_ops.test_any_number_of_threads_gives_the_same_bits, by_threads),
        (test_ops.test_meta_tensors_get_the_shape_and_dtype_of_the_result, wrong_shape_on_meta),
        (test_ops.test_meta_tensors_get_the_shape_and_dtype_of_the_result, wrong_dtype_on_meta),
    ]:
        with pytest.raises(AssertionError):
            test(changed(case, change))
    if test_ops.batches(case):
        with pytest.raises(AssertionError, match="alone differs"):
            test_ops.test_a_row_alone_has_the_bits_it_has_in_a_batch(changed(case, by_batch))


def test_an_out_that_is_not_written_is_seen():
    exp = BY_NAME["exp"]
    forgets = mutant(exp, lambda lib: lambda x, out=None: exp.of(lib)(x) if out is None else out.zero_())
    with pytest.raises(AssertionError):
        test_ops.test_out_is_filled_with_the_same_bits(forgets)


def test_one_of_several_outs_that_is_not_written_is_seen():
    cummax = BY_NAME["cummax"]

    def forgets(x, dim, out=None):
        found = cummax.of(torch)(x, dim)
        return found if out is None else (out[0].resize_(x.shape).copy_(found[0]), out[1].resize_(x.shape).zero_())

    with pytest.raises(AssertionError):
        test_ops.test_out_is_filled_with_the_same_bits(mutant(cummax, lambda lib: forgets))


def test_an_in_place_form_whose_derivative_has_none_is_seen(monkeypatch):
    def sine(x):
        slope = x.detach().cos()
        return x.copy_(x * slope + (x.sin() - x * slope).detach())

    monkeypatch.setattr(test_ops, "in_place", lambda case: sine)
    with pytest.raises(GradcheckError):
        test_ops.test_derivatives_of_the_in_place_form(BY_NAME["sin"])


def test_memory_that_stays_is_seen():
    kept, exp = [], BY_NAME["exp"]

    def leaks(lib):
        def call(x):
            kept.append(x.clone())
            return exp.of(lib)(x)

        return call

    with pytest.raises(AssertionError, match="memory stays in use"):
        test_ops.test_memory_that_fails_leaves_nothing_behind(mutant(exp, leaks))
