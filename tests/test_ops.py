"""One property a function, over every case of the table."""

import pytest

import rushlight as torch
from op_cases import CASES
from op_cases.case import is_float, to_array, ulps


def dtype_name(tensor):
    return str(tensor.dtype).removeprefix("torch.")


def check_values(case, sample, dtype):
    """Raise AssertionError where a result is not within the case's bound of the exact value; returns the distance seen."""
    found, exact = case.call(torch, sample, dtype), case.expected(torch, sample, dtype)
    assert len(found) == len(exact), f"{case}({sample}): {len(found)} results, expected {len(exact)}"
    allowance, seen = case.allowance(torch, sample, dtype), 0.0
    for result, value in zip(found, exact):
        name = dtype_name(result)
        apart = ulps(to_array(result), value, name, allowance, case.zero_sign)
        allowed = max(case.ulp, 0.51) if name in ("float16", "bfloat16") else case.ulp if is_float(name) else 0.0
        assert not isinstance(apart, str), f"{case}({sample}), {dtype}: {apart}"
        assert apart <= allowed, (
            f"{case}({sample}), {dtype}: {apart:.3g} ulp from the exact value, {allowed} allowed\n{result}\nexpected\n{value}"
        )
        seen = max(seen, apart)
    return seen


@pytest.mark.parametrize("case", [c for c in CASES if c.ref], ids=str)
def test_values_are_those_of_the_reference(case):
    for dtype in case.dtypes:
        for sample in case.samples:
            check_values(case, sample, dtype)
            if case.result:
                assert dtype_name(case.call(torch, sample, dtype)[0]) == case.result_dtype(dtype), (
                    f"{case}({sample}), {dtype}"
                )
