"""What no argument may do: crash the process, change what is not its own, or answer in words that nobody knows."""

import copy
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
    assert torch.tril_indices(2**62, 1, 1 - 2**62).tolist() == [[2**62 - 1], [0]]
    assert torch.triu_indices(2**63 - 1, 0, 5).shape == torch.tril_indices(0, 2**63 - 1).shape == (2, 0)


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
