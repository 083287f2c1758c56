"""One property a function, over every case of the table (op_cases)."""

import copy
import gc
import itertools

import pytest

import rushlight as torch
from op_cases import CASES
from op_cases.case import LAYOUTS, S, expanded, is_float, repeated, results, same_bits, to_array, ulps
from op_cases.derivatives import differentiable
from rushlight import _C
from rushlight.autograd import gradcheck, gradgradcheck

ROWS = {function: (name, arguments, kind, returns) for function, name, arguments, kind, returns, _ in _C._rows()}


def over(cases, **marks):
    return pytest.mark.parametrize("case", list(cases), ids=str, **marks)


def dtype_name(tensor):
    return str(tensor.dtype).removeprefix("torch.")


def seeded(case, sample, dtype, **options):
    """The results, random ones with one seed."""
    torch.manual_seed(7)
    return case.call(torch, sample, dtype, **options)


def check_values(case, sample, dtype):
    """Fail where a result is not within the case's bound of the exact value; returns the distance seen, in ulp."""
    found, exact = case.call(torch, sample, dtype), case.expected(torch, sample, dtype)
    assert len(found) == len(exact), f"{case}({sample}): {len(found)} results, expected {len(exact)}"
    allowance, seen = case.allowance(torch, sample, dtype), 0.0
    for result, value in zip(found, exact):
        name = dtype_name(result)
        apart = ulps(to_array(result), value, name, allowance, case.zero_sign)
        # the half types compute in float32 and round once more
        allowed = max(case.ulp, 0.51) if name in ("float16", "bfloat16") else case.ulp if is_float(name) else 0.0
        allowed = case.ulp if name.startswith("complex") else allowed
        assert not isinstance(apart, str), f"{case}({sample}), {dtype}: {apart}"
        assert apart <= allowed, (
            f"{case}({sample}), {dtype}: {apart:.3g} ulp from the exact value, {allowed} allowed\n{result}\nexpected\n{value}"
        )
        seen = max(seen, apart)
    return seen


@pytest.fixture(autouse=True, scope="module")
def few_objects_for_the_collector():
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@over(c for c in CASES if c.ref)
def test_values_are_those_of_the_reference(case):
    for dtype in case.dtypes:
        for sample in case.samples:
            check_values(case, sample, dtype)
            if case.result:
                found = dtype_name(case.call(torch, sample, dtype)[0])
                assert found == case.result_dtype(dtype), f"{case}({sample}), {dtype}: the result is {found}"


@over(c for c in CASES if c.random)
def test_random_results_are_distributed_as_they_should_be(case):
    for dtype in case.dtypes:
        for sample in case.samples:
            message = case.random([to_array(t) for t in case.call(torch, sample, dtype)], sample)
            assert message is None, f"{case}({sample}), {dtype}: {message}"


@over(c for c in CASES if c.layouts and c.samples[0].specs() and not c.unset and not (c.random and c.writes))
def test_layouts_give_the_same_bits(case):
    for sample in case.samples:
        plain = seeded(case, sample, case.dtype)
        for name, layout in LAYOUTS.items():
            other = seeded(case, sample, case.dtype, layout=layout)
            assert same_bits(plain, other), f"{case}({sample}): {name} operands change the bits"
        if not case.writes and not case.steps:
            one = seeded(case, sample, case.dtype, layout=repeated)
            other = seeded(case, sample, case.dtype, layout=expanded)
            assert same_bits(one, other), f"{case}({sample}): expanded operands change the bits"


@over(c for c in CASES if (c.large or c.random) and not c.unset)
def test_any_number_of_threads_gives_the_same_bits(case):
    for sample in case.large or case.samples:
        torch.set_num_threads(1)
        one = seeded(case, sample, case.dtype)
        assert same_bits(one, seeded(case, sample, case.dtype)), f"{case}({sample}): two runs differ"
        for threads in (2, 4):
            torch.set_num_threads(threads)
            assert same_bits(one, seeded(case, sample, case.dtype)), (
                f"{case}({sample}): {threads} threads differ from 1"
            )


def batches(case):
    """Samples with tensors whose first dim is a batch."""
    if not case.pointwise:
        return case.batch
    return [s for s in case.large if all(spec.shape and spec.shape[0] == 301 for spec in s.specs())]


@over(c for c in CASES if batches(c))
def test_a_row_alone_has_the_bits_it_has_in_a_batch(case):
    for sample in batches(case):
        whole = case.call(torch, sample, case.dtype)
        marks = [case.pointwise or spec.row for spec in sample.specs()]
        for at in (0, sample.specs()[0].shape[0] - 1):
            place = itertools.count()
            cut = lambda lib, t: t[at : at + 1] if marks[next(place)] else t  # noqa: B023
            alone = case.call(torch, sample, case.dtype, layout=cut)
            for one, all_rows in zip(alone, whole):
                # a reduction of its only other dim leaves a vector
                assert same_bits(one, all_rows[at : at + 1]), f"{case}({sample}): row {at} alone differs"


def has_out(case):
    return "out=" in ROWS[case.rows[0]][1] and not case.steps


def outs(form, plain):
    """What to give as out=: a tensor, or a tuple of as many as there are results."""
    made = tuple(form(result) for result in plain)
    return made if len(made) > 1 else made[0]


def of_no_elements(result):
    return torch.empty(0, dtype=result.dtype)


def spread(result):
    """Memory with gaps."""
    return torch.stack([result, result], -1)[..., 0] if result.numel() else torch.empty_like(result)


@over(c for c in CASES if has_out(c) and not c.unset)
def test_out_is_filled_with_the_same_bits(case):
    for sample in case.samples:
        plain = seeded(case, sample, case.dtype)
        # random numbers come in another order where memory is not contiguous
        for form in (torch.empty_like, of_no_elements, spread)[: 2 if case.random else 3]:
            made, keywords = sample.tensors(torch, case.dtype)
            given = outs(form, plain)
            torch.manual_seed(7)
            found = case.of(torch)(*made, **keywords, out=given)
            assert all(a is b for a, b in zip(results(found), results(given), strict=True))
            assert same_bits(results(found), plain), f"{case}({sample}, out=...)"


@over(c for c in CASES if has_out(c) and c.samples[0].specs() and not c.random)
def test_out_of_a_wrong_dtype_is_refused(case):
    sample = case.samples[0]
    plain = seeded(case, sample, case.dtype)
    made, keywords = sample.tensors(torch, case.dtype)
    if plain[0].dtype == torch.bool:  # a bool goes everywhere
        out = torch.empty(plain[0].shape, dtype=torch.float32)
        assert same_bits(case.of(torch)(*made, **keywords, out=out), plain[0].to(torch.float32))
        return
    wrong = (
        torch.int64 if plain[0].dtype.is_floating_point else torch.float32 if plain[0].dtype.is_complex else torch.bool
    )
    first = torch.empty(plain[0].shape, dtype=wrong)
    given = (first, *map(torch.empty_like, plain[1:])) if len(plain) > 1 else first
    with pytest.raises(RuntimeError, match="(?i)type|out"):
        case.of(torch)(*made, **keywords, out=given)


@over(c for c in CASES if has_out(c) and c.grad)
def test_out_and_gradients_do_not_go_together(case):
    made, keywords = case.samples[0].tensors(torch, case.dtype, grad=True)
    given = outs(torch.empty_like, case.call(torch, case.samples[0], case.dtype))
    with pytest.raises(RuntimeError, match="out=... arguments don't support automatic differentiation"):
        case.of(torch)(*made, **keywords, out=given)


def in_place(case):
    """The in-place form of an op, or None."""
    function = case.rows[0] + "_"
    if case.samples[0].args and not isinstance(case.samples[0].args[0], S):
        return None
    return _C.rows[function] if function in ROWS and ROWS[function][0] == case.name + "_" else None


@over(c for c in CASES if in_place(c) is not None and not c.random)
def test_the_in_place_form_equals_the_other_and_returns_its_tensor(case):
    ran = False
    for dtype in case.dtypes:
        for sample in case.samples:
            made, keywords = sample.tensors(torch, dtype)
            if not isinstance(made[0], torch.Tensor):
                continue
            plain = case.call(torch, sample, dtype)[0]
            fits = torch.can_cast(plain.dtype, made[0].dtype) or case.name in (
                "cumsum",
                "cumprod",
            )  # in their own dtype
            if plain.shape != made[0].shape or not fits:
                with pytest.raises(RuntimeError, match="shape|type|cast|same dtype|size"):
                    in_place(case)(*made, **keywords)
                continue
            ran = True
            before = made[0]._version
            result = in_place(case)(*made, **keywords)
            assert result is made[0]
            empty = any(not t.numel() for t in made if isinstance(t, torch.Tensor))
            assert made[0]._version > before or empty
            assert same_bits(result, plain.to(result.dtype)), f"{case}_({sample}), {dtype}"
    assert ran, f"{case}: no sample fits the in-place form"


@over(c for c in CASES if (in_place(c) is not None or c.writes) and c.rows[0] not in ("fill_", "zero_"))
def test_writing_where_elements_share_memory_is_refused(case):
    sample = max(case.samples, key=lambda s: s.args[0].shape)
    made, keywords = sample.tensors(torch, case.dtype)
    made[0] = made[0][:1].expand(made[0].shape)
    with pytest.raises(RuntimeError, match="single memory location|share memory|overlap"):
        (in_place(case) or case.of(torch))(*made, **keywords)


@over(c for c in CASES if has_out(c) and c.samples[0].specs() and not c.random)
def test_output_that_partly_is_an_input_is_refused_or_right(case):
    sample = case.samples[0]
    results_alone = case.call(torch, sample, case.dtype)
    plain = results_alone[0]
    made, keywords = sample.tensors(torch, case.dtype)
    first = next((t for t in made if isinstance(t, torch.Tensor)), None)
    if first is None:
        first = made[0][0]  # of a list
    if plain.dtype != first.dtype:
        return  # memory is not shared with another dtype by accident
    shared = torch.zeros(first.numel() + plain.numel(), dtype=first.dtype)
    place = shared[: first.numel()].view(first.shape)
    place.copy_(first)
    if isinstance(made[0], (list, tuple)):
        made[0] = [place, *made[0][1:]]
    else:
        made[next(i for i, t in enumerate(made) if t is first)] = place
    out = shared[1 : 1 + plain.numel()].view(plain.shape)
    given = (out, *map(torch.empty_like, results_alone[1:])) if len(results_alone) > 1 else out
    try:
        found = results(case.of(torch)(*made, **keywords, out=given))
    except RuntimeError as error:
        assert "memory location" in str(error) or "overlap" in str(error), error
    else:
        assert not case.pointwise, "a pointwise op must refuse it"
        assert same_bits(found, results_alone), f"{case}({sample}): wrong where out= overlaps an input"


# ---- derivatives ----------------------------------------------------------------------------------------------------


def check_derivatives(case, sample, layout=None):
    """Fail where the derivatives, or the derivatives of those, are not what differences of values say."""
    function, leaves = differentiable(case, sample, layout)
    if leaves:
        assert gradcheck(function, leaves)
        if case.second:
            assert gradgradcheck(function, leaves)
    return bool(leaves)


@over(c for c in CASES if c.grad)
def test_derivatives_are_those_of_differences(case):
    checked = [check_derivatives(case, sample) for sample in case.grad_samples]
    assert any(checked), "nothing asked for a gradient"


@over(c for c in CASES if c.grad and c.layouts)
@pytest.mark.parametrize("layout", ["transposed", "expanded"])
def test_derivatives_through_views(case, layout):
    for sample in case.grad_samples[:2]:
        if layout == "transposed":
            check_derivatives(case, sample, LAYOUTS["transposed"])
        elif not case.writes and all(s.values is None for s in sample.specs()):
            check_derivatives(case, sample, expanded)


def fits_in_place(case, sample):
    made, keywords = sample.tensors(torch, "float64")
    plain = seeded(case, sample, "float64")[0]
    return isinstance(made[0], torch.Tensor) and (plain.shape, plain.dtype) == (made[0].shape, made[0].dtype)


@over(c for c in CASES if c.grad and not c.random and in_place(c) is not None)
def test_derivatives_of_the_in_place_form(case):
    writing = copy.copy(case)
    writing.writes, writing.of = True, lambda lib: in_place(case)
    fitting = [sample for sample in case.grad_samples if fits_in_place(case, sample)]
    assert any(check_derivatives(writing, sample) for sample in fitting[:2]), "no sample fits the in-place form"


# ---- other devices, bad input, failing memory -----------------------------------------------------------------------


@over(c for c in CASES if not c.steps)
def test_meta_tensors_get_the_shape_and_dtype_of_the_result(case):
    for sample in case.samples:
        plain = seeded(case, sample, case.dtype)
        if sample.specs():
            call = lambda: case.call(torch, sample, case.dtype, device="meta")  # noqa: B023
        elif "device=" in ROWS[case.rows[0]][1]:
            made, keywords = sample.tensors(torch, case.dtype)
            call = lambda: (case.of(torch)(*made, **keywords, device="meta"),)  # noqa: B023
        else:
            continue
        if case.data:
            with pytest.raises((RuntimeError, NotImplementedError)):
                call()
            continue
        found = call()
        assert [(t.shape, t.dtype, t.is_meta) for t in found] == [(t.shape, t.dtype, True) for t in plain], (
            f"{case}({sample})"
        )


@pytest.mark.parametrize("case,bad", [(c, b) for c in CASES for b in c.bad], ids=lambda x: str(x)[:60])
def test_bad_arguments_raise_what_they_should(case, bad):
    with pytest.raises(bad.raises, match=bad.match) as caught:
        case.call(torch, bad, bad.dtype)
    assert "internal error" not in str(caught.value)


def allocated(expected=None):
    """Bytes in use; looks once more after a collection where they are not the expected ones."""
    found = _C._memory_report()["allocated"]
    if expected is not None and found != expected:
        gc.collect()
        found = _C._memory_report()["allocated"]
    return found


@over(CASES)
def test_memory_that_fails_leaves_nothing_behind(case):
    sample = case.samples[0]
    for n in itertools.count():
        made, keywords = sample.tensors(torch, case.dtype)
        tensors = [t for x in made for t in (x if isinstance(x, (list, tuple)) else [x]) if isinstance(t, torch.Tensor)]
        copies = [t.clone() for t in tensors]
        before = allocated()
        failed = False
        _C._fail_allocation_after(n)
        try:
            result = case.of(torch)(*made, **keywords)
        except MemoryError:
            failed = True
        finally:
            _C._fail_allocation_after(-1)
        if not failed:
            break
        assert allocated(before) == before, f"{case}({sample}): allocation {n} failed, and memory stays in use"
        if not case.writes and not case.steps:
            assert same_bits(tensors, copies), f"{case}({sample}): allocation {n} failed, and an operand changed"
        assert n < 100, "it never succeeds"
    del result
    seeded(case, sample, case.dtype)


@over(c for c in CASES if c.grad)
def test_memory_that_fails_in_backward_leaves_nothing_behind(case):
    sample = case.grad_samples[0]
    function, leaves = differentiable(case, sample)
    if not leaves:
        pytest.skip(reason="nothing asks for a gradient in the first sample")

    def run(failing):
        """Bytes that a backward left, and whether it came to its end."""
        results = function(*leaves)
        roots = [r for r in (results if isinstance(results, tuple) else (results,)) if r.requires_grad]
        seeds, failed = [torch.ones_like(r) for r in roots], False
        before = allocated()
        _C._fail_allocation_after(failing)
        try:
            torch.autograd.backward(roots, seeds, retain_graph=True)
        except MemoryError:
            failed = True  # only here the exception, and what its frames hold, is gone
        finally:
            _C._fail_allocation_after(-1)
        given = any(leaf.grad is not None for leaf in leaves)
        return 0 if given or not failed else allocated(before) - before, not failed

    gc.collect()
    for n in range(100):
        left, done = run(n)
        assert left == 0, f"{case}({sample}): allocation {n} of backward failed, and {left} bytes stay"
        for leaf in leaves:
            leaf.grad = None
        if done:
            break
    assert done, "it never succeeds"


# ---- the table itself -----------------------------------------------------------------------------------------------


def covered():
    rows = set()
    for case in CASES:
        rows.update(case.rows)
        if in_place(case) is not None:
            rows.add(case.rows[0] + "_")
    return rows


def test_every_row_of_the_registry_has_a_case():
    assert sorted(set(ROWS) - covered()) == []
    assert sorted(covered() - set(ROWS)) == [], "the table names rows that are not there"


#: rows whose rule only says that there is no derivative, as PyTorch does
REFUSING = {"scatter_reduced", "scatter_reduced_", "scatter_value_reduced", "scatter_value_reduced_"}


@over(c for c in CASES if c.rows[0] in REFUSING)
def test_a_derivative_that_is_missing_says_what_to_use(case):
    (result,) = case.call(torch, case.samples[0], "float64", grad=True)
    with pytest.raises(RuntimeError, match="not implemented with `reduce`; use scatter_reduce"):
        result.sum().backward()


def test_every_differentiable_row_is_checked():
    checked = {row for case in CASES if case.grad for row in case.rows}
    checked |= {case.rows[0] + "_" for case in CASES if case.grad and in_place(case) is not None}
    missing = [f for f in ROWS if _C._is_differentiable(_C.rows[f]) and f not in checked]
    # what an in-place form without a derivative overwrites gets zeros; integers have no derivative to check
    zeros = {f for f in ROWS if f.endswith("_") and f[:-1] in ROWS and not _C._is_differentiable(_C.rows[f[:-1]])}
    left = set(missing) - zeros - REFUSING
    assert sorted(f for f in left if not f.startswith(("nonzero", "random_"))) == []
