"""What no argument may do: crash the process, change what is not its own, or answer in words that nobody knows."""

import copy
import inspect
import os
import pickle
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest

import rushlight as torch
from rushlight import _C


def self_holding():
    data = []
    data.append(data)
    return data


class Endless:
    def __len__(self):
        return 1

    def __getitem__(self, i):
        return self


class OnDemand:
    """Makes its items when it is asked: nobody else holds them."""

    def __len__(self):
        return 2

    def __getitem__(self, i):
        return [[1.0, 2.0] * 3, [3.0, 4.0] * 3]


class Shortens:
    """A number that empties its list when it is read."""

    def __init__(self, home):
        self.home = home

    def __float__(self):
        self.home.clear()
        return 1.0


def shortened():
    data = [1.0] * 50
    data[0] = np.float64(2)
    data[1:1] = [Shortens(data)]
    return data


#: what tensor() is given: (data, class of the error, its words); None where a float dtype takes it
BAD_DATA = {
    "tensors of several elements": (
        lambda: [torch.zeros(2), torch.ones(300000)],
        ValueError,
        "only one element tensors",
    ),
    "a list that holds itself": (self_holding, ValueError, "too many dimensions"),
    "a sequence that holds itself": (Endless, ValueError, "too many dimensions"),
    "differing lengths": (lambda: [[1], [2, 3]], ValueError, "expected sequence of length 1 at dim 1"),
    "a word": (lambda: [1, "a"], TypeError, "invalid data type 'str'"),
    "an object": (object, RuntimeError, "Could not infer dtype of object"),
    "a list that shrinks": (shortened, (IndexError, RuntimeError, TypeError), "."),
}


@pytest.mark.parametrize("dtype", [None, torch.float32])
@pytest.mark.parametrize("case", BAD_DATA)
def test_tensor_refuses_data_that_is_none(case, dtype):
    make, kind, match = BAD_DATA[case]
    with pytest.raises(kind, match=match):
        torch.tensor(make(), dtype=dtype)


@pytest.mark.parametrize("dtype", [None, torch.int64, torch.int32, torch.uint64])
def test_an_int_beyond_64_bits_fits_floats_alone(dtype):
    assert torch.tensor([2**70, 1], dtype=torch.float32).tolist() == [2.0**70, 1]
    with pytest.raises(ValueError, match="Overflow when unpacking long long"):
        torch.tensor(2**70, dtype=dtype)


def test_tensor_reads_items_made_on_demand():
    assert torch.tensor([OnDemand(), OnDemand()]).shape == (2, 2, 2, 6)


@pytest.mark.parametrize(
    "value, dtype", [(float("nan"), "int64"), (float("inf"), "int32"), (300, "uint8"), (-129, "int8"), (1e10, "int32")]
)
def test_a_number_beyond_a_dtype_is_refused(value, dtype):
    with pytest.raises(RuntimeError, match=f"value cannot be converted to type {dtype} without overflow"):
        torch.tensor([value], dtype=getattr(torch, dtype))


def test_a_negative_number_wraps_around_in_an_unsigned_dtype():
    assert torch.tensor([-1, -255], dtype=torch.uint8).tolist() == [255, 1]


@pytest.mark.parametrize(
    "name", ["_numpy", "_item", "_tolist", "_retain_grad", "_detach_in_place", "_strides", "_bump_version"]
)
def test_functions_of_the_core_refuse_what_is_no_tensor(name):
    for value in (5, [1], None, "a"):
        with pytest.raises(TypeError):
            getattr(_C, name)(value)


def run(program, **environment):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)} | environment
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=100, env=environment)


PROGRAMS = {
    "a chain of .grad": "a = torch.zeros(1)\nfor _ in range(400000):\n    b = torch.zeros(1); b.grad = a; a = b\ndel a, b",
    "a chain of attributes": "a = torch.zeros(1)\nfor _ in range(200000):\n    b = torch.zeros(1); b.before = a; a = b\ndel a, b",
    "threads set beside a product": """
import threading
done = False
def flip():
    while not done: torch.set_num_threads(1); torch.set_num_threads(64)
t = threading.Thread(target=flip); t.start()
a = torch.rand(300, 300); c = torch.rand(40, 32, 32); first = a @ a
for _ in range(60): assert torch.equal(a @ a, first); c @ c
done = True; t.join()""",
    "a mask written beside its readers": """
import threading
m, x, done = torch.zeros(400000, dtype=torch.bool), torch.rand(400000), False
def write():
    while not done: m.fill_(True); m.fill_(False)
t = threading.Thread(target=write); t.start()
for _ in range(60):
    x.masked_select(m); _C._nonzero_columns(m)
    try: x.masked_scatter(m, x)
    except RuntimeError: pass
done = True; t.join()""",
    "an array that dies in a thread without the GIL": """
import numpy as np, gc
for _ in range(50):
    x = torch.from_numpy(np.ones(100000)); y = (x * 2).sum(); del x
assert float(y) == 200000""",
}


@pytest.mark.parametrize("case", PROGRAMS)
def test_the_process_survives(case):
    done = run("import rushlight as torch\nfrom rushlight import _C\n" + PROGRAMS[case])
    assert done.returncode == 0, done.stderr


def test_read_only_memory_warns_and_is_never_written(tmp_path):
    np.zeros(8).tofile(tmp_path / "file")
    for array in (np.memmap(tmp_path / "file", mode="r"), np.frombuffer(b"abcdefgh" * 4, np.uint8)):
        with pytest.warns(UserWarning, match="The given NumPy array is not writable"):
            shared = torch.from_numpy(array)
        before = bytes(array)
        for write in (
            lambda t: t.add_(1),
            lambda t: t.fill_(0),
            lambda t: t[1:].zero_(),
            lambda t: torch.add(t, t, out=t),
        ):
            with pytest.raises(RuntimeError, match="read-only"):
                write(shared)
        assert bytes(array) == before and not shared.numpy().flags.writeable
        assert (shared.clone() + 1).sum() > 0
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            torch.tensor(array)


def test_memory_that_is_not_aligned_is_copied():
    array = np.frombuffer(bytearray(17), np.float32, 4, 1)
    array[:] = [1, 2, 3, 4]
    assert torch.tensor(array).tolist() == torch.as_tensor(array).tolist() == [1, 2, 3, 4]
    with pytest.warns(UserWarning, match="the tensor is a copy"):
        assert torch.from_numpy(array).tolist() == [1, 2, 3, 4]
    with pytest.warns(UserWarning, match="the tensor is a copy"):
        assert torch.frombuffer(bytearray(17), dtype=torch.float32, offset=1).tolist() == [0, 0, 0, 0]
    for empty in (np.zeros(3, "V0"), np.zeros(3, "S0")):
        with pytest.raises(TypeError, match="can't convert np.ndarray of type"):
            torch.as_tensor(empty)


def test_a_buffer_that_is_not_writable_is_never_written():
    data = b"abcdefgh"
    with pytest.warns(UserWarning, match="The given buffer is not writable"):
        shared = torch.frombuffer(data, dtype=torch.uint8)
    with pytest.raises(RuntimeError, match="read-only"):
        shared.zero_()
    assert data == b"abcdefgh"


DEVICES = [
    (("cpu",), "device(type='cpu')"),
    (("cuda", 1), "device(type='cuda', index=1)"),
    (("meta",), "device(type='meta')"),
]


@pytest.mark.parametrize("arguments, text", DEVICES)
def test_a_device_is_made_and_printed(arguments, text):
    assert repr(torch.device(*arguments)) == text and torch.device(torch.device(*arguments)) == torch.device(*arguments)
    assert repr(torch.device(type=arguments[0], index=arguments[1] if arguments[1:] else None)) == text


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_everything_small_is_pickled(protocol):
    def there_and_back(value):
        return pickle.loads(pickle.dumps(value, protocol))

    for dtype in (torch.float32, torch.bfloat16, torch.bool, torch.complex64):
        assert there_and_back(dtype) is dtype and copy.deepcopy(dtype) is dtype
    for value in (torch.Size([2, 3]), torch.device("meta"), torch.device("cuda", 1)):
        assert there_and_back(value) == value and type(there_and_back(value)) is type(value)
    assert there_and_back(torch.OutOfMemoryError) is torch.OutOfMemoryError
    generator = torch.Generator().manual_seed(3)
    again = there_and_back(generator)
    assert torch.equal(torch.rand(5, generator=generator), torch.rand(5, generator=again))
    top = there_and_back(torch.rand(3, 4).max(1))
    assert type(top) is type(torch.rand(3, 4).max(1)) and top.indices.dtype == torch.int64


@pytest.mark.parametrize(
    "name", ["bfloat16", "float16", "complex64", "complex128", "float8_e4m3fn", "float8_e5m2", "bool", "uint64"]
)
def test_a_tensor_of_any_dtype_is_pickled(name):
    dtype = getattr(torch, name, None)
    if dtype is None:
        pytest.skip(f"no {name} in this build")
    x = torch.tensor([[0.0, 1.0, 2.0], [1.0, 0.5, 4.0]]).to(dtype).t()
    y = pickle.loads(pickle.dumps(x))
    assert y.dtype == dtype and y.tolist() == x.tolist()


def test_classes_print_as_pytorch_has_them():
    assert [repr(c) for c in (torch.dtype, torch.device, torch.Size, torch.Generator)] == [
        "<class 'torch.dtype'>", "<class 'torch.device'>", "<class 'torch.Size'>", "<class 'torch._C.Generator'>",
    ]  # fmt: skip
    assert repr(torch.Size([1])) == "torch.Size([1])"


def test_out_of_memory_is_a_runtime_error_and_a_memory_error():
    assert torch.OutOfMemoryError.__mro__[1:3] == (RuntimeError, MemoryError)
    with pytest.raises(
        torch.OutOfMemoryError, match="DefaultCPUAllocator: can't allocate memory: you tried to allocate"
    ):
        torch.empty(2**48)


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
        lambda x: x.scatter_(0, torch.tensor([0]), value), lambda x: x.__setitem__(torch.tensor([0]), value),
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


BEYOND_MEMORY = {
    "empty": lambda x: torch.empty(2**48),
    "zeros": lambda x: torch.zeros(2**40, 2**40),
    "repeat": lambda x: x.repeat(2**40, 2**10),
    "sum of an outer product": lambda x: torch.ones(2**26, 1) + torch.ones(2**26),
    "combinations": lambda x: torch.combinations(torch.arange(3000), 4),
    "more combinations": lambda x: torch.combinations(torch.arange(3000), 2**31, True),
    "mvlgamma": lambda x: torch.mvlgamma(torch.zeros(0), 2**45),
}


@pytest.mark.parametrize("case", BEYOND_MEMORY)
def test_a_request_beyond_memory_is_an_exception_and_leaves_everything_usable(case):
    x = torch.arange(6.0)
    with pytest.raises(RuntimeError, match="can't allocate memory|overflow"):
        BEYOND_MEMORY[case](x)
    assert (x * 2).sum().item() == 30


def test_the_limit_of_memory_is_heeded():
    program = """
import rushlight as torch
kept = torch.ones(20_000_000)
for ask in (lambda: kept + 1, lambda: torch.empty(40_000_000), lambda: [torch.ones(3_000_000) for _ in range(9)]):
    try: ask()
    except torch.OutOfMemoryError as error: assert "RUSHLIGHT_MEMORY_LIMIT" in str(error), error
    else: raise SystemExit("a request beyond the limit succeeded")
assert kept[:10].sum().item() == 10"""
    done = run(program, RUSHLIGHT_MEMORY_LIMIT="100M")
    assert done.returncode == 0, done.stderr


def test_empty_rows_of_a_triangle_take_no_time():
    assert torch.triu_indices(2**62, 1).tolist() == [[0], [0]]


def test_small_things_are_as_in_pytorch():
    x = torch.ones(3)
    assert hash(x) == id(x)
    assert x[torch.tensor(1, dtype=torch.uint8)].shape == (1, 3)
    twin = copy.copy(x)
    assert twin is not x and twin.data_ptr() == x.data_ptr()
    assert 1.0 in x and 2.0 not in x


def test_a_child_of_fork_allocates_and_draws_beside_busy_threads():
    x, done = torch.rand(100000), False

    def busy():
        while not done:
            torch.rand(100000) + x

    threads = [threading.Thread(target=busy) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            for _ in range(20):
                if (child := os.fork()) == 0:
                    torch.rand(100000).sum()
                    os._exit(7)
                assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    finally:
        done = True
        for thread in threads:
            thread.join()


SCRIPTS = {"-": ("print(torch.ones(1).item())", 0, "1.0"), "absent.py": ("", 2, "can't open file")}


@pytest.mark.parametrize("argument", SCRIPTS)
def test_python_m_rushlight_answers_as_python_does(argument, tmp_path):
    text, code, expected = SCRIPTS[argument]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run([sys.executable, "-m", "rushlight", argument], input="import torch\n" + text, capture_output=True,
                          text=True, timeout=60, cwd=tmp_path, env=environment)  # fmt: skip
    assert done.returncode == code and expected in done.stdout + done.stderr and "Traceback" not in done.stderr


def test_a_stride_nobody_steps_by_may_be_anything():
    x = torch.ones(3)
    for size, stride in (((1, 2), (2**63 - 1, 1)), ((0, 2), (2**63 - 1, 1)), ((2, 0), (2**50, 2**63 - 1))):
        view = x.as_strided(size, stride)
        assert torch.equal(view * 2, torch.full(size, 2.0))
        assert torch.equal(view.clone(), torch.full(size, 1.0))
        assert view[1:, 1:].numel() == 0 and view.t()[1:].add_(1).flip(0).sum().isfinite()
        assert max(view.stride()) < 2**63 - 1 and max(torch.empty_strided(size, stride).stride()) < 2**63 - 1


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
