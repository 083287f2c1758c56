"""What a call with bad arguments raises and says, and that nothing was written before it did."""

import inspect

import pytest

import rushlight as torch
from rushlight import _C

X, I = torch.arange(6.0).reshape(2, 3), torch.arange(3)

BAD_CALLS = {
    "sort(requires_grad)": (lambda: torch.sort(X, requires_grad=True), TypeError, "unexpected keyword argument 'requires_grad'"),
    "add(requires_grad)": (lambda: torch.add(X, 1, requires_grad=True), TypeError, "unexpected keyword argument"),
    "add(layout)": (lambda: torch.add(X, 1, layout=3), TypeError, "unexpected keyword argument 'layout'"),
    "zeros(memory_format)": (lambda: torch.zeros(2, memory_format=None), TypeError, "unexpected keyword"),
    "misspelt": (lambda: torch.exp(X, outt=X), TypeError, "did you mean 'out'?"),
    "two missing": (lambda: torch.index_select(X), TypeError, "missing 2 required positional arguments"),
    "internal slice": (lambda: X[3:"a"], TypeError, "slice indices must be integers or None"),
    "named part": (lambda: X["a"], TypeError, "invalid data type 'str'"),
    "short index": (lambda: X[I.to(torch.int16)], IndexError, "must be long, int, byte or bool"),
    "hooks of a node": (lambda: setattr((torch.ones(1, requires_grad=True) * 1).grad_fn, "_prehooks", 5), TypeError, "hooks are a dict"),
    "index_put dtype": (lambda: X.__setitem__(torch.tensor([0]), torch.ones(3, dtype=torch.float64)), RuntimeError, "dtypes match"),
    "neg of bool": (lambda: -torch.tensor(True), RuntimeError, "Negation, the `-` operator, on a bool tensor"),
    "int of two": (lambda: int(I), ValueError, "only one element tensors"),
    "meta tolist": (lambda: X.to("meta").tolist(), NotImplementedError, "Cannot copy out of meta"),
    "meta to cpu": (lambda: X.to("meta").to("cpu"), NotImplementedError, "Cannot copy out of meta"),
    "meta equal": (lambda: torch.equal(X.to("meta"), X), NotImplementedError, "meta"),
    "mse of ints": (lambda: torch.nn.functional.mse_loss(I, I), NotImplementedError, "not implemented for 'Long'"),
    "equal of int": (lambda: torch.equal(X, 5), TypeError, "must be Tensor, not int"),
    "numel of int": (lambda: torch.numel(5), TypeError, "must be Tensor, not int"),
    "pow with modulus": (lambda: pow(X, 2, 5), TypeError, "unsupported operand"),
    "Size of words": (lambda: torch.Size(["a"]), TypeError, "takes an iterable of 'int' .item 0 is 'str'"),
    "Size of floats": (lambda: torch.Size([1.5]), TypeError, "item 0 is 'float'"),
    "contains a word": (lambda: "a" in X, RuntimeError, "only supports Tensor or scalar"),
    "tensor()": (lambda: torch.tensor(), TypeError, "missing 1 required positional argument"),
    "tensor(1, 2)": (lambda: torch.tensor(1, 2), TypeError, "takes 1 positional argument but 2 were given"),
    "tensor(dtyp)": (lambda: torch.tensor(1, dtyp=torch.int8), TypeError, "unexpected keyword argument 'dtyp'"),
    "tensor(dtype)": (lambda: torch.tensor(1, dtype="a"), TypeError, "argument 'dtype' must be torch.dtype, not str"),
    "from_numpy": (lambda: torch.from_numpy([1]), TypeError, r"expected np.ndarray \(got list\)"),
    "as_tensor": (lambda: torch.as_tensor("a"), TypeError, "invalid data type"),
    "threads": (lambda: torch.set_num_threads("a"), RuntimeError, "expects an int, but got str"),
    "threads above": (lambda: torch.set_num_threads(2**70), ValueError, "Overflow when unpacking long long"),
    "threads 0": (lambda: torch.set_num_threads(0), RuntimeError, "expects a positive integer"),
    "seed": (lambda: torch.manual_seed("a"), ValueError, "invalid literal"),
    "seed of a generator": (lambda: torch.Generator().manual_seed(2.5), RuntimeError, "expected a long, but got float"),
    "device(None)": (lambda: torch.device(None), TypeError, "must be torch.device or str, not NoneType"),
    "device(index)": (lambda: torch.device("cpu", "a"), TypeError, "argument 'index' .position 2. must be int, not str"),
    "device(foo)": (lambda: torch.device("foo"), RuntimeError, "device type at start of device string: foo"),
    "Generator(1, 2)": (lambda: torch.Generator(1, 2), TypeError, "1 positional argument"),
    "Generator state": (lambda: torch.Generator().set_state(5), TypeError, "expected a torch.ByteTensor, but got int"),
    "offset of an empty view": (lambda: X.as_strided((0,), (1,), 2**62), RuntimeError, "reach overflows"),
    "dtype of _C": (lambda: _C._promote_types(1, torch.int8), TypeError, r"promote_types\(\): argument 'type1' .position 1. must be torch.dtype, not int"),
    "a dim of 70 bits": (lambda: X.sum(2**70), ValueError, "sum: argument 'dim': Overflow when unpacking long long"),
    "a size of 70 bits": (lambda: torch.zeros(2**70), TypeError, "zeros: argument 'size': Overflow when unpacking long long"),
    "a number of 70 bits": (lambda: X + 2**70, OverflowError, "add: argument 'other': int too big to convert"),
    "invert a float": (lambda: ~X, TypeError, "only implemented on integer and Boolean-type tensors"),
    "meta item": (lambda: torch.zeros((), device="meta").item(), RuntimeError, "cannot be called on meta tensors"),
    "hooks": (lambda: setattr(torch.ones(1), "_backward_hooks", 5), TypeError, "hooks are a dict"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_CALLS)
def test_a_bad_call_teaches(case):
    make, kind, match = BAD_CALLS[case]
    with pytest.raises(kind, match=match) as raised:
        make()
    assert raised.type is kind
    for internal in ("incompatible function arguments", "(): argument '_", "self: object", "_slice"):
        assert internal not in str(raised.value)


def test_an_error_names_its_op_and_nothing_takes_part_of_a_word_for_it():
    for name in ("t", "all", "sum", "eq"):
        with pytest.raises((RuntimeError, TypeError, IndexError)) as raised:
            {"t": lambda: torch.t(torch.ones(2, 2, 2)), "all": lambda: torch.all(X, 7), "sum": lambda: torch.sum(X, 7),
             "eq": lambda: torch.eq(X, torch.ones(5))}[name]()  # fmt: skip
        assert str(raised.value).startswith((name + ":", name + "("))


def test_a_write_names_its_op():
    w = torch.ones(2, requires_grad=True)
    y = w * 1
    z = y * y
    y.add_(1)
    with pytest.raises(RuntimeError, match="last written by add_"):
        z.sum().backward()


SIGNATURES = {
    "tensor": "(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False)",
    "_as_tensor": "(data, dtype=None, device=None)",
    "from_numpy": "(ndarray)",
    "get_num_threads": "()",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_functions_that_are_no_ops_have_signatures(name):
    assert str(inspect.signature(getattr(_C, name))) == SIGNATURES[name]


def test_out_stays_as_it_was_where_it_is_refused():
    w, y = torch.ones(2, requires_grad=True), torch.zeros(2)
    with pytest.raises(RuntimeError, match="don't support automatic differentiation"):
        torch.add(w, 1, out=y)
    assert y.tolist() == [0, 0]


OVERLAPS = {
    "add_": lambda a, b: a.add_(a.t()),
    "copy_": lambda a, b: a.copy_(a.t()),
    "setitem": lambda a, b: b.__setitem__(slice(1, None), b[:-1]),
    "index_put_": lambda a, b: b.__setitem__(torch.tensor([0, 1]), b[1:3]),
    "add": lambda a, b: torch.add(b[:-1], 1, out=b[1:]),
    "cumsum": lambda a, b: torch.cumsum(b[:-1], 0, out=b[1:]),
    "matmul": lambda a, b: torch.matmul(a[:2, :2], a[:2, :2], out=a[1:, 1:]),
    "sort": lambda a, b: torch.sort(b[:-1], out=(b[1:], torch.zeros(8, dtype=torch.int64))),
    "cat": lambda a, b: torch.cat([b[:3], b[3:6]], out=b[1:7]),
    "exp_": lambda a, b: b[:1].expand(3).exp_(),
}


@pytest.mark.parametrize("case", OVERLAPS)
def test_a_result_that_shares_a_part_of_its_input_is_refused_unwritten(case):
    a, b = torch.arange(9.0).reshape(3, 3), torch.arange(9.0)
    with pytest.raises(RuntimeError, match=r"unsupported operation: .* refer.* to a single memory location.*clone\(\)"):
        OVERLAPS[case](a, b)
    assert a.reshape(-1).tolist() == b.tolist() == list(range(9))


NUMBERS_THAT_DO_NOT_FIT = [(float("nan"), "int64"), (float("inf"), "int32"), (300, "uint8"), (-256, "uint8"), (1e10, "int32"),
                           (2**63, "int64"), (1e300, "float32"), (1e6, "float16"), (1j, "float32")]  # fmt: skip


@pytest.mark.parametrize("value, dtype", NUMBERS_THAT_DO_NOT_FIT)
def test_a_number_that_its_dtype_does_not_hold_is_refused(value, dtype):
    dtype, mask = getattr(torch, dtype), torch.tensor([True, False])
    for write in (
        lambda x: x.fill_(value), lambda x: x.__setitem__(0, value), lambda x: x.masked_fill_(mask, value),
        lambda x: x.masked_fill(mask, value), lambda x: x.index_fill_(0, torch.tensor([0]), value),
        lambda x: x.scatter_(0, torch.tensor([0]), value), lambda x: x.scatter_(0, torch.tensor([0]), value, reduce="add"), lambda x: x.__setitem__(torch.tensor([0]), value),
        lambda x: torch.full((2,), value, dtype=dtype),
    ):  # fmt: skip
        x = torch.zeros(2, dtype=dtype)
        with pytest.raises(RuntimeError, match=r"^\w+: value cannot be converted to type \w+ without overflow"):
            write(x)
        assert x.tolist() == [0, 0]


def test_a_number_that_just_fits_is_taken():
    assert torch.zeros(1, dtype=torch.uint8).fill_(-255).tolist() == [1]
    assert torch.full((1,), 2**63, dtype=torch.uint64).tolist() == [2**63]
    assert torch.full((1,), float("inf"), dtype=torch.float16).tolist() == [float("inf")]
    assert torch.full((1,), 300, dtype=torch.bool).tolist() == [True]


def saved_then_written(t):
    w = t.ones(2, requires_grad=True)
    z = w.exp()
    z.add_(1)
    z.sum().backward()


def twice(t):
    w = t.ones(2, requires_grad=True)
    z = (w * w).sum()
    z.backward()
    z.backward()


#: a mistake and what the message must hold: the op, the shapes or values, the remedy
MISTAKES = {
    "shapes of a sum": (lambda t, x: x + t.ones(4), "add: .*3.*4"),
    "shapes of a product": (lambda t, x: x @ x, r"matmul: .*mat1 and mat2 shapes cannot be multiplied \(2x3 and 2x3\)"),
    "a batched product of matrices": (lambda t, x: t.bmm(x, x), "bmm: .*3D"),
    "reshape": (lambda t, x: x.reshape(5), r"reshape: shape '\[5\]' is invalid for input of size 6"),
    "expand": (lambda t, x: x.expand(5, 3), "expand: .*5.*2"),
    "cat": (lambda t, x: t.cat([x, t.ones(1)]), "cat: .*dim"),
    "stack": (lambda t, x: t.stack([x, t.ones(1)]), "stack: .*equal size"),
    "linear": (lambda t, x: t.nn.Linear(3, 2)(t.ones(4)), r"4.*3[\s\S]*Linear\(in_features=3"),
    "a dtype that cannot hold the result": (lambda t, x: t.zeros(2, dtype=t.int64).add_(1.5), "add_: .*can't be cast"),
    "out= of another dtype": (lambda t, x: t.exp(x, out=t.zeros(2, 3, dtype=t.int32)), "exp: .*can't be cast"),
    "index_put of another dtype": (lambda t, x: x.index_put_((t.tensor([0]),), t.ones(3, dtype=t.float64)), "dtypes match"),
    "mean of integers": (lambda t, x: t.arange(3).mean(), "mean.*Long"),
    "complex below": (lambda t, x: t.tensor(1j) < 2, "not (implemented|supported).*[Cc]omplex"),
    "and of floats": (lambda t, x: x & x, "not implemented for 'Float'"),
    "bools subtracted": (lambda t, x: t.tensor(True) - t.tensor(True), "sub.*bool"),
    "index": (lambda t, x: x[5], "index 5 is out of bounds for dimension 0 with size 2"),
    "index tensor": (lambda t, x: x[t.tensor([7])], "index 7 is out of bounds for dimension 0 with size 2"),
    "select": (lambda t, x: x.select(0, 9), "select: .*9"),
    "gather": (lambda t, x: x.gather(1, t.tensor([[9]])), "gather: .*index 9 is out of bounds for dimension 1 with size 3"),
    "index_select": (lambda t, x: x.index_select(0, t.tensor([9])), "index_select: .*9"),
    "take": (lambda t, x: x.take(t.tensor([99])), "take: .*99"),
    "a class beyond the scores": (lambda t, x: t.nn.functional.cross_entropy(x, t.tensor([0, 5])), "5 is out of bounds"),
    "a dim": (lambda t, x: x.sum(3), r"sum: .*\[-2, 1\], but got 3"),
    "a dim given twice": (lambda t, x: x.sum((0, 0)), "sum: .*multiple times|sum: .*twice"),
    "a negative size": (lambda t, x: t.full((-1,), 0), "full: .*-1"),
    "a negative view": (lambda t, x: x.view(-2), "view: .*-2"),
    "two sizes to infer": (lambda t, x: x.view(-1, -1), "view: only one dimension can be inferred"),
    "sizes that overflow": (lambda t, x: t.zeros(2**40, 2**40), "zeros: .*overflow"),
    "a view that overflows": (lambda t, x: t.ones(1).expand(2**40, 2**40), "expand: .*overflow"),
    "repeat that overflows": (lambda t, x: x.repeat(2**40, 2**40), "repeat: .*overflow"),
    "a foreign operand": (lambda t, x: t.add(x, object()), "add\\(\\): argument 'other' .position 2. must be .*, not object"),
    "a number for a tensor": (lambda t, x: t.exp(5), "exp\\(\\): argument 'input' .position 1. must be Tensor, not int"),
    "NaN as an integer": (lambda t, x: t.tensor([float("nan")], dtype=t.int64), "cannot be converted to type int64 without"),
    "int(nan)": (lambda t, x: int(t.tensor(float("nan"))), "cannot convert float NaN to integer"),
    "a += a.t()": (lambda t, x: (lambda a: a.add_(a.t()))(t.ones(3, 3)), r"add_: .*clone\(\)"),
    "a leaf": (lambda t, x: t.ones(2, requires_grad=True).add_(1), "add_: a leaf Variable that requires grad is being used in an in-place"),
    "a saved tensor": (lambda t, x: saved_then_written(t), r"modified by an inplace operation: .*\[2\].*add_.*clone"),
    "backward twice": (lambda t, x: twice(t), "backward through the graph a second time.*retain_graph=True"),
    "backward of no graph": (lambda t, x: x.sum().backward(), "does not require grad and does not have a grad_fn"),
    "backward of several": (lambda t, x: (t.ones(2, requires_grad=True) * 2).backward(), "only for scalar outputs"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_raises_pytorchs_class_and_says_what_and_how(peer, case):
    call, words = MISTAKES[case]
    with pytest.raises(Exception) as theirs:
        call(peer, peer.arange(6.0).reshape(2, 3))
    with pytest.raises(theirs.type, match=words):
        call(torch, torch.arange(6.0).reshape(2, 3))


def test_a_write_without_a_derivative_is_refused_before_it_happens():
    w = torch.ones(2, dtype=torch.complex64, requires_grad=True) * 1
    with pytest.raises(NotImplementedError, match="mul_: an in-place write into a view of another dtype"):
        torch.view_as_real(w).mul_(3)
    assert w.tolist() == [1, 1]


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64"])
def test_clamping_by_nan_gives_nan(peer, dtype):
    nan = float("nan")
    for bounds in ({"min": nan}, {"max": nan}, {"min": 0, "max": nan}, {"min": nan, "max": 0}):
        for t in (torch, peer):
            clamped = t.arange(20).to(getattr(t, dtype)).clamp(**bounds)
            assert clamped.isnan().all()
            assert str(clamped.dtype).endswith("float32" if dtype == "int64" else dtype)
    for op in ("clamp_min", "clamp_max"):
        assert getattr(torch.ones(3), op)(nan).isnan().all()
        assert getattr(torch.ones(3), op + "_")(nan).isnan().all()


@pytest.mark.parametrize("bounds", [{"max": 300}, {"min": 300}, {"min": 0, "max": 2**62}, {"min": -300}])
def test_a_bound_that_its_dtype_does_not_hold_is_refused(peer, bounds):
    for t in (torch, peer):
        x = t.tensor([5, 200], dtype=t.uint8)
        for op in ("clamp", "clamp_"):
            with pytest.raises(RuntimeError, match="value cannot be converted to type .* without overflow"):
                getattr(x, op)(**bounds)
        with pytest.raises(RuntimeError, match="value cannot be converted to type .* without overflow"):
            t.where(x > 5, x, bounds.get("max", bounds.get("min")))
        assert x.tolist() == [5, 200]


def test_a_complex_0d_tensor_takes_the_precision_of_the_floats_it_joins(peer):
    names = ("uint8", "int64", "bfloat16", "float32", "float64", "complex64", "complex128")
    for dtype in names:
        for other in ("complex64", "complex128"):
            made, wanted = (
                t.result_type(t.ones(2, dtype=getattr(t, dtype)), t.tensor(1j, dtype=getattr(t, other)))
                for t in (torch, peer)
            )
            assert str(made).split(".")[-1] == str(wanted).split(".")[-1], (dtype, other)
    assert (torch.ones(2) * torch.tensor(1j, dtype=torch.complex128)).dtype == torch.complex64


@pytest.mark.parametrize("value", [2, 2.5, True, 300, -1])
@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "complex64"])
def test_copying_a_number_fills(peer, value, dtype):
    made, wanted = (t.zeros(2, 2, dtype=getattr(t, dtype)).copy_(value).tolist() for t in (torch, peer))
    assert made == wanted
