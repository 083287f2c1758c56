"""What stands around the tensor: dtypes, devices, sizes, formats, settings, typed classes, conversion, pickles."""

import copy
import pickle
import threading
import warnings

import numpy as np
import pytest

import rushlight as torch

DTYPES = [
    "bool", "uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64", "float16", "bfloat16", "float32", "float64",
    "complex64", "complex128", "float8_e4m3fn", "float8_e5m2",
]  # fmt: skip

# Expressions that PyTorch answers with the same text, or with an exception of the same class.
SAME_AS_PYTORCH = """
torch.finfo()
torch.finfo(torch.int32)
torch.finfo(3)
torch.finfo(type=torch.float16) == torch.finfo(torch.float16)
torch.iinfo(torch.float32)
torch.iinfo(torch.bool)
torch.iinfo()
[torch.float, torch.double, torch.half, torch.int, torch.long, torch.short, torch.cfloat, torch.cdouble]
[d.to_complex() for d in (torch.float32, torch.float64, torch.bfloat16)]
torch.int32.to_complex()
torch.complex64.to_real()
torch.bool.is_signed, torch.uint8.is_signed, torch.bfloat16.is_signed
torch.zeros(2, dtype=float).dtype, torch.zeros(2, dtype=complex).dtype, torch.tensor([1], dtype=int).dtype
torch.dtype, torch.device, torch.Size, torch.memory_format, torch.layout
torch.dtype()
torch.memory_format()
torch.contiguous_format, torch.channels_last, torch.channels_last_3d, torch.preserve_format, torch.strided
torch.device('foo')
torch.device('cpu', 0)
torch.device('cpu:0').index
torch.device('cuda', -2)
torch.device(0)
torch.device(1.5)
torch.device(torch.device('cpu'), 1)
torch.device('cpu:')
torch.device('cuda:01')
torch.device('cpu') == torch.device('cpu:0')
torch.Size([2, 3]) + (4,)
(4,) + torch.Size([2, 3])
torch.Size([2, 3]) * 2, 2 * torch.Size([2]), torch.Size([2, 3])[:1], torch.Size([2, 3])[0]
torch.Size((2, 'a'))
torch.Size([2.5])
torch.Size(3)
torch.Size(), torch.Size([True]), torch.Size([torch.tensor(3)]), torch.Size(range(2))
torch.Size([2]) + [3]
[4] + torch.Size([2])
torch.Size([2]) + 3
torch.Size([2, 3]).numel(), torch.Size([2, 3]) == (2, 3), hash(torch.Size([2])) == hash((2,))
torch.FloatTensor, type(torch.FloatTensor)
torch.FloatTensor(2, 3).shape, torch.FloatTensor(torch.Size([2])).shape, torch.FloatTensor(2, device='cpu').shape
torch.FloatTensor([1, 2]), torch.FloatTensor(), torch.FloatTensor((2, 3)), torch.LongTensor([1.5]), torch.BoolTensor([1, 0])
torch.FloatTensor(torch.ones(2))
torch.FloatTensor(torch.ones(2, dtype=torch.float64))
torch.FloatTensor(3, dtype=torch.float32)
torch.LongTensor(2.5)
torch.FloatTensor('a')
torch.FloatTensor(2, 'a')
isinstance(x, torch.FloatTensor), isinstance(x, torch.LongTensor), isinstance(3, torch.FloatTensor)
torch.FloatTensor.dtype, torch.FloatTensor.is_cuda, torch.FloatTensor.layout
torch.Tensor(2, 3).shape, torch.Tensor([1, 2]), torch.Tensor(), torch.Tensor(torch.ones(2, dtype=torch.int64))
torch.Tensor(5, device='meta')
torch.Tensor([1], dtype=torch.float32)
torch.Tensor(2.5)
torch.Tensor(True)
torch.Tensor(None)
torch.Tensor(2, 3.0)
torch.Tensor('a')
torch.Tensor(-1)
torch.Tensor(size=(2,)).shape, torch.Tensor(data=[2]), torch.Tensor(other=torch.ones(2)), torch.Tensor(range(3))
x.new(2, 3).shape, x.new([1, 2])
x.type(), m.type(), x.to(torch.complex64).type(), x.to(torch.uint16).type(), x.bool().type()
x.type('torch.DoubleTensor'), x.type(torch.LongTensor), x.type(dtype=torch.float64).dtype
x.type('foo')
x.type(3)
x.type(float)
x.to(torch.float64, copy=True).dtype, x.to('cpu', torch.float64).dtype, x.to(x.double()).dtype, x.to(None) is x, x.to() is x
x.to(torch.float64, True, True).dtype, x.to(float).dtype, x.to(int).dtype, x.to(dtype=None) is x, x.to(device=None) is x
x.to(torch.device('meta')), x.to(tensor=x.double()).dtype
x.to('foo')
x.to(3)
x.to(torch.float64, foo=1)
x.to(x, x)
x.to(torch.float64, 'cpu')
x.to('cpu', True)
x.to(torch.FloatTensor)
m.to('cpu')
m.numpy()
m.item()
m.tolist()
x.item()
r.numpy()
np.asarray(r)
x.bfloat16().numpy()
r.numpy(force=True), x.__array__(np.int32), np.asarray(x), torch.ones(2, dtype=torch.complex64).numpy()
f'{torch.tensor(1.5):.3f}', f'{x}', f'{r[0]:.2f}', f'{m}'
f'{x:.3f}'
1.0 in x, x in x, 99 in x
'a' in x
None in x
list(torch.tensor(3))
len(torch.tensor(3))
int(x)
int(torch.tensor(3.7)), float(torch.tensor([3])), complex(torch.tensor(2 + 1j)), bool(torch.tensor([0.0]))
float(torch.tensor(2 + 1j))
bool(torch.tensor([]))
[1, 2, 3][torch.tensor(1)]
[1, 2, 3][torch.tensor(1.0)]
x.size(), x.size(0), x.size(dim=1), x.stride(), x.stride(dim=-1), x.numel(), x.nelement(), x.dim(), x.ndimension()
x.size(5)
x.size('a')
x.stride(2)
torch.numel(3)
torch.is_floating_point(3)
torch.is_nonzero(x)
torch.is_nonzero(torch.tensor([]))
torch.is_signed(x), torch.is_complex(x), torch.is_nonzero(torch.tensor([0.0])), torch.get_device(x), x.get_device()
x.is_cpu, m.is_cpu, x.layout, x.is_conj(), x.is_neg(), x.is_inference(), x.is_shared(), x.is_pinned(), x.itemsize, x.nbytes
x.T, x.mT, x.H, x.mH, torch.ones(2, 3, 4).mT.shape, torch.tensor([[1 + 2j, 3.0]]).H
torch.ones(2).mT
torch.ones(2).H
torch.ones(2, 3, 4).H
x.new_zeros(2, 3), x.new_zeros((2, 3)), x.new_zeros(size=(2,)), x.new_full((2,), 3), x.new_full((2,), 3, dtype=torch.int64)
x.new_tensor([1, 2]), x.new_ones(2, requires_grad=True), x.new_zeros(2, device='meta'), x.new_empty(2, dtype=torch.int32).dtype
x.new_empty_strided((2, 3), (1, 2)).stride(), m.new_zeros(2)
x.new_ones(2, foo=1)
x.clone().apply_(lambda v: v + 1)
r.apply_(abs)
x.as_subclass(torch.nn.Parameter)
x.as_subclass(3)
x.as_subclass(int)
x.requires_grad_(3)
x.long().requires_grad_()
torch.ones(2, 3, 4, 5).to(memory_format=torch.channels_last).stride()
torch.ones(2, 3, 4).to(memory_format=torch.channels_last)
torch.ones(2, 3, 4).contiguous(memory_format=torch.channels_last)
torch.ones(2, 3, 4, 5).contiguous(memory_format=torch.channels_last).is_contiguous(memory_format=torch.channels_last)
[torch.ones(s).is_contiguous(memory_format=torch.channels_last) for s in ((1, 1, 4, 5), (0, 3, 4, 5), (2, 3, 1, 1), (2, 3), (2, 1, 4, 5))]
torch.empty(2, 3, 4, 5, memory_format=torch.channels_last).stride(), torch.empty(2, 3, 4, 5, 6, memory_format=torch.channels_last_3d).stride()
torch.empty(2, memory_format=torch.preserve_format)
torch.empty_like(torch.ones(2, 3, 4, 5), memory_format=torch.channels_last).stride()
[f(x.t()).stride() for f in (torch.zeros_like, torch.rand_like, torch.clone)], torch.ones_like(x.t(), memory_format=torch.contiguous_format).stride()
x.t().clone(memory_format=torch.contiguous_format).stride(), x.t().double(memory_format=torch.preserve_format).stride()
x.contiguous(memory_format=torch.preserve_format) is x
x.clone(memory_format=3)
torch.zeros(2, layout=3)
torch.zeros(2, layout=torch.strided)
torch.set_default_dtype(torch.int64)
torch.set_default_tensor_type('torch.LongTensor')
torch.set_default_tensor_type(torch.float32)
torch.set_deterministic_debug_mode('x')
x.tile(dims=(2, 1)), torch.tile(x, dims=(2, 1)), x.tile(2, 1), x.sum_to_size(size=(1, 3)), x.clone().resize_(size=(2,))
torch.tile(x, (2, 1), dims=(2, 1))
torch.repeat_interleave(repeats=torch.tensor([1, 2]), output_size=3)
torch.split(tensor=x, split_size_or_sections=1), x.split(split_size=2, dim=1)
torch.tensor_split(x, sections=2), torch.tensor_split(x, indices=(1,)), torch.hsplit(x, sections=3), torch.hsplit(x, indices=(1,))
torch.result_type(tensor=x, other=1), torch.result_type(1, x)
torch.addmv_(torch.ones(2), x, torch.ones(3), beta=2), torch.ldexp_(torch.ones(2), torch.ones(2)), torch.ones(2).ldexp_(torch.ones(2))
torch.bit, torch.bit is torch.uint1, torch.uint1 == torch.uint2, torch.chalf, torch.bits16.itemsize, torch.int4.is_signed, torch.uint4.is_signed
torch.float8_e8m0fnu.is_floating_point, torch.complex32.is_complex, torch.quint8.is_complex, torch.bits8 in {torch.bits8}
torch.bits8.is_signed
torch.zeros(2, dtype=torch.uint1)
torch.tensor([1], dtype=torch.int4)
x.to(torch.bits8)
torch.iinfo(torch.uint1)
torch.promote_types(torch.bits8, torch.float32)
""".strip().splitlines()


def _answer(module, expression):
    r = module.ones(2, requires_grad=True)
    names = {
        "torch": module,
        "np": np,
        "r": r,
        "x": module.arange(6.0).reshape(2, 3),
        "m": module.ones(2, 3, device="meta"),
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return repr(eval(expression, names)), None
    except Exception as error:
        return None, error


@pytest.mark.parametrize("expression", SAME_AS_PYTORCH)
def test_answers_what_pytorch_answers(peer, expression):
    (ours, our_error), (theirs, their_error) = _answer(torch, expression), _answer(peer, expression)
    if their_error is None:
        assert our_error is None, f"raised {type(our_error).__name__}: {our_error}"
        assert ours == theirs
    else:
        assert our_error is not None, f"gave {ours}; PyTorch raises {type(their_error).__name__}: {their_error}"
        assert isinstance(our_error, type(their_error)), f"{type(our_error).__name__}: {our_error}"


@pytest.mark.parametrize("name", DTYPES)
def test_limits_are_pytorchs(peer, name):
    ours, theirs = getattr(torch, name), getattr(peer, name)
    if name == "bool":
        return
    kind = "finfo" if ours.is_floating_point or ours.is_complex else "iinfo"
    a, b = getattr(torch, kind)(ours), getattr(peer, kind)(theirs)
    assert repr(a) == repr(b)
    for attribute in ("bits", "min", "max", "dtype", "eps", "tiny", "smallest_normal", "resolution"):
        assert getattr(a, attribute, None) == getattr(b, attribute, None), attribute


@pytest.mark.parametrize(
    "value",
    [
        *(getattr(torch, name) for name in DTYPES),
        torch.device("cpu", 0),
        torch.Size([2, 3]),
        torch.channels_last,
        torch.strided,
    ],
    ids=repr,
)
def test_small_values_survive_pickle_and_copy(value):
    for made in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):
        assert made == value and type(made) is type(value) and repr(made) == repr(value)


def test_limits_survive_pickle():
    assert pickle.loads(pickle.dumps(torch.finfo(torch.float16))) == torch.finfo(torch.float16)


# ---- pickles and copies of tensors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize("name", DTYPES)
def test_pickled_tensors_keep_values_and_strides(name, protocol):
    t = torch.tensor([[0, 1, 1], [1, 0, 1]]).to(getattr(torch, name)).t()
    back = pickle.loads(pickle.dumps(t, protocol))
    assert back.dtype == t.dtype and back.stride() == t.stride() and back.tolist() == t.tolist()


def test_pickle_and_deepcopy_keep_sharing_within_one_and_none_beyond():
    base = torch.arange(6.0)
    parts = {"base": base, "view": base[2:4]}
    for back in (pickle.loads(pickle.dumps(parts)), copy.deepcopy(parts)):
        back["view"].fill_(9)
        assert back["base"].tolist() == [0, 1, 9, 9, 4, 5] and base.tolist() == [0, 1, 2, 3, 4, 5]


def test_pickle_keeps_class_attributes_and_requires_grad():
    p = torch.nn.Parameter(torch.ones(2))
    p.note = "kept"
    back = pickle.loads(pickle.dumps(p))
    assert type(back) is torch.nn.Parameter and back.requires_grad and back.note == "kept"


def test_deepcopy_takes_the_gradient_along_and_refuses_results():
    x = torch.ones(2, requires_grad=True)
    (x * 2).sum().backward()
    made = copy.deepcopy(x)
    assert made.grad.tolist() == [2, 2] and made.grad is not x.grad and made.requires_grad
    with pytest.raises(RuntimeError, match="Only Tensors created explicitly by the user"):
        copy.deepcopy(x * 2)


def test_meta_tensors_are_pickled_without_values():
    back = pickle.loads(pickle.dumps(torch.ones(2, 3, device="meta")))
    assert back.is_meta and back.shape == (2, 3)


def test_a_damaged_pickle_raises():
    with pytest.raises(RuntimeError, match="too small"):
        torch._C._on_bytes(torch.zeros(4, dtype=torch.uint8), torch.float32, (2,), (1,), 0)
    with pytest.raises(RuntimeError):
        torch._C._on_bytes(torch.zeros(4, dtype=torch.uint8), torch.uint8, (2,), (2**62,), 5)


# ---- settings ------------------------------------------------------------------------------------------------------------


def test_the_default_device_is_where_factories_make_their_tensors():
    x = torch.ones(2)
    try:
        torch.set_default_device("meta")
        assert torch.get_default_device() == torch.device("meta")
        made = [torch.zeros(2), torch.empty(2), torch.full((2,), 1.0), torch.arange(3), torch.eye(2), torch.rand(2), torch.randperm(3),
                torch.tensor([1.0]), torch.tensor(x), torch.as_tensor(x), torch.linspace(0, 1, 3), torch.empty_strided((2,), (1,))]  # fmt: skip
        assert all(t.is_meta for t in made)
        kept = [
            torch.ones_like(x),
            x.new_zeros(2),
            torch.from_numpy(np.ones(2)),
            torch.Tensor(2),
            torch.zeros(2, device="cpu"),
        ]
        assert not any(t.is_meta for t in kept)
    finally:
        torch.set_default_device(None)
    assert torch.get_default_device() == torch.device("cpu") and not torch.zeros(1).is_meta


def test_a_device_is_the_default_within_a_block_and_a_decorated_function_and_this_thread():
    seen = []
    with torch.device("meta"):
        assert torch.zeros(1).is_meta
        with torch.device("cpu"):
            assert not torch.zeros(1).is_meta
        thread = threading.Thread(target=lambda: seen.append(torch.zeros(1).is_meta))
        thread.start()
        thread.join()
        assert torch.zeros(1).is_meta
    assert seen == [False] and not torch.zeros(1).is_meta

    @torch.device("meta")
    def make(n):
        return torch.zeros(n)

    assert make(2).is_meta and make.__name__ == "make" and not torch.zeros(1).is_meta


def test_deterministic_flags():
    assert not torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)
    assert torch.are_deterministic_algorithms_enabled() and torch.is_deterministic_algorithms_warn_only_enabled()
    assert torch.get_deterministic_debug_mode() == 1
    torch.set_deterministic_debug_mode("error")
    assert torch.get_deterministic_debug_mode() == 2
    torch.set_deterministic_debug_mode(0)
    assert not torch.are_deterministic_algorithms_enabled()


def test_matmul_precision_is_remembered_and_checked():
    assert torch.get_float32_matmul_precision() == "highest"
    torch.set_float32_matmul_precision("medium")
    with pytest.warns(UserWarning, match="foo is not one of"):
        torch.set_float32_matmul_precision("foo")
    assert torch.get_float32_matmul_precision() == "medium"
    torch.set_float32_matmul_precision("highest")


def test_denormals_can_be_flushed_in_every_thread_of_an_op():
    tiny = torch.full((1 << 20,), 1e-310, dtype=torch.float64)
    try:
        assert torch.set_flush_denormal(True)
        assert bool(torch.all(tiny * 1.0 == 0))
    finally:
        torch.set_flush_denormal(False)
    assert bool(torch.all(tiny * 1.0 != 0))


def test_the_default_tensor_type_is_a_default_dtype():
    with pytest.warns(UserWarning, match="deprecated"):
        torch.set_default_tensor_type(torch.DoubleTensor)
    assert torch.ones(1).dtype == torch.float64
    with pytest.warns(UserWarning):
        torch.set_default_tensor_type("torch.FloatTensor")
    assert torch.get_default_dtype() == torch.float32


def test_as_subclass_keeps_the_history():
    class Own(torch.Tensor):
        pass

    x = torch.ones(2, requires_grad=True)
    own = (x * 2).as_subclass(Own)
    assert type(own) is Own and own.requires_grad
    own.sum().backward()
    assert x.grad.tolist() == [2, 2]


def test_dlpack_shares_memory():
    x = torch.arange(3.0)
    np.from_dlpack(x)
    assert x.__dlpack_device__() == (1, 0)
    with pytest.raises(BufferError, match="require gradient"):
        x.requires_grad_().__dlpack__()


def test_numpys_scalars_and_functions_leave_tensors():
    import numpy as np

    x = torch.ones(2, requires_grad=True)
    assert isinstance(np.float64(2) * x, torch.Tensor) and (np.float64(2) * x).requires_grad
    assert torch.equal(np.sqrt(torch.tensor([4.0])), torch.tensor([2.0]))
    assert np.isnan(torch.ones(2)).dtype == torch.uint8


def test_a_program_that_asks_for_a_gpu_is_told_there_is_none():
    assert torch.device("cuda" if torch.cuda.is_available() else "cpu").type == "cpu"
    assert torch.cuda.device_count() == 0
    torch.cuda.manual_seed_all(0)
    with pytest.raises(RuntimeError, match="without CUDA"):
        torch.cuda.synchronize()
