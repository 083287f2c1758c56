"""How rushlight's values are pickled and deep-copied: by value, sharing kept inside one pickle or one copy.

This is Python's own pickle, for multiprocessing and `copy`; files are read by `serialization`, which runs nothing.
"""

import copyreg
import weakref

from rushlight import _C


class _Memory:
    """One storage: the same object for all tensors on it, so that a pickle stores its bytes once."""

    __slots__ = ("bytes", "__weakref__")

    def __reduce_ex__(self, protocol):
        if self.bytes.is_meta:
            return _empty_memory, (self.bytes.numel(),)
        array = self.bytes.numpy()
        if protocol >= 5:
            import pickle

            return _memory, (pickle.PickleBuffer(array),)
        return _memory, (array.tobytes(),)


_memories: weakref.WeakValueDictionary = (
    weakref.WeakValueDictionary()
)  # by address: an entry holds its storage, so no address is used twice


def memory_of(tensor):
    """The one `_Memory` of a tensor's storage."""
    address = _C._storage_ptr(tensor)
    memory = _memories.get(address)
    if memory is None:
        memory = _memories[address] = _Memory()
        memory.bytes = _C._storage_bytes(tensor.detach())
    return memory


def _memory(data):
    import numpy

    made = _Memory()
    made.bytes = _C.tensor(numpy.frombuffer(data, numpy.uint8))
    return made


def _empty_memory(size):
    made = _Memory()
    made.bytes = _C.empty(size, dtype=_C.uint8, device="meta")
    return made


def rebuild_tensor(cls, memory, dtype, size, stride, offset, requires_grad, attributes):
    """A tensor out of a pickle."""
    made = _C._make_subclass(cls, _C._on_bytes(memory.bytes, dtype, size, stride, offset), requires_grad)
    if attributes:
        made.__dict__.update(attributes)
    return made


def reduce_tensor(tensor):
    """The parts of a tensor that a pickle stores."""
    parts = (tuple(tensor.shape), tensor.stride(), tensor.storage_offset(), tensor.requires_grad)
    return rebuild_tensor, (type(tensor), memory_of(tensor), tensor.dtype, *parts, dict(tensor.__dict__))


def deepcopy_tensor(tensor, memo):
    """A copy of a leaf, on a copy of its storage; tensors that share a storage share its copy."""
    if not tensor.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment. "
            "detach() or clone() a result of recorded ops."
        )
    if id(tensor) in memo:
        return memo[id(tensor)]
    key = ("storage", _C._storage_ptr(tensor))
    if key not in memo:
        memo[key] = _C._storage_bytes(tensor.detach()).clone()
    value = _C._on_bytes(memo[key], tensor.dtype, tuple(tensor.shape), tensor.stride(), tensor.storage_offset())
    memo[id(tensor)] = copied = _C._make_subclass(type(tensor), value, tensor.requires_grad)
    if tensor.__dict__:
        import copy

        copied.__dict__.update(copy.deepcopy(tensor.__dict__, memo))
    if tensor.grad is not None:
        copied.grad = deepcopy_tensor(tensor.grad, memo)
    return copied


def _named(name):
    return getattr(_C, name)


def _reduce_named(value):
    return _named, (str(value).removeprefix("torch."),)


def _size(sizes):
    return _C.Size(sizes)


def _device(text):
    return _C.device(text)


for _kind in (_C.dtype, _C.memory_format, _C.layout):
    copyreg.pickle(_kind, _reduce_named)
copyreg.pickle(_C.Size, lambda size: (_size, (tuple(size),)))
copyreg.pickle(_C.device, lambda device: (_device, (str(device),)))
