"""The memory behind a tensor, seen as bytes or as elements of one dtype."""

from rushlight import _C
from rushlight.ops._table import FUNCTIONS, composed


class _Storage:
    """A vector over the whole memory; `_tensor` is what reads and writes it."""

    __slots__ = ("_tensor",)

    def size(self):
        """How many elements."""
        return self._tensor.numel()

    __len__ = size

    def nbytes(self):
        """How many bytes."""
        return self._tensor.nbytes

    def element_size(self):
        """Bytes of one element."""
        return self._tensor.itemsize

    def data_ptr(self):
        """Address of the first byte."""
        return self._tensor.data_ptr()

    @property
    def device(self):
        """Where the memory is."""
        return self._tensor.device

    @property
    def dtype(self):
        """The dtype of an element."""
        return self._tensor.dtype

    is_cuda = False

    def tolist(self):
        """The elements as a list of numbers."""
        return self._tensor.tolist()

    def __iter__(self):
        return iter(self.tolist())

    def __getitem__(self, key):
        found = self._tensor[key]
        return self._like(found) if isinstance(key, slice) else found.item()

    def __setitem__(self, key, value):
        self._tensor[key] = value._tensor if isinstance(value, _Storage) else value

    def fill_(self, value):
        """Every element set to a number."""
        self._tensor.fill_(value)
        return self

    def copy_(self, source, non_blocking=None):
        """The elements of another storage, copied here."""
        self._tensor.copy_(source._tensor)
        return self

    def clone(self):
        """A copy on memory of its own."""
        return self._like(self._tensor.clone())

    def cpu(self):
        """This storage: it is on the CPU."""
        return self

    def _like(self, tensor):
        made = object.__new__(type(self))
        made._tensor = tensor
        return made

    def __eq__(self, other):
        return isinstance(other, _Storage) and self.data_ptr() == other.data_ptr() and self.nbytes() == other.nbytes()

    __hash__ = object.__hash__

    def __copy__(self):
        return self.clone()

    def __deepcopy__(self, memo):
        return memo.setdefault(id(self), self.clone())


class UntypedStorage(_Storage):
    """Bytes: of a size, of a list, or behind a tensor (``tensor.untyped_storage()``)."""

    def __init__(self, content=0, *, device=None):
        self._tensor = (
            _C.empty(content, dtype=_C.uint8, device=device)
            if isinstance(content, int)
            else _C.tensor(content, dtype=_C.uint8)
        )

    def untyped(self):
        """This storage."""
        return self

    def __repr__(self):
        return "\n".join(
            [
                *(f" {v}" for v in self.tolist()),
                f"[torch.storage.UntypedStorage(device={self.device}) of size {len(self)}]",
            ]
        )


class TypedStorage(_Storage):
    """Elements of one dtype: of a size, of a list, or behind a tensor (``tensor.storage()``)."""

    def __init__(self, content=0, *, dtype=None, device=None):
        self._tensor = (
            _C.empty(content, dtype=dtype, device=device)
            if isinstance(content, int)
            else _C.tensor(content, dtype=dtype)
        )

    def untyped(self):
        """The same memory as bytes."""
        return untyped_storage(self._tensor)

    def __repr__(self):
        return "\n".join(
            [
                *(f" {v}" for v in self.tolist()),
                f"[torch.storage.TypedStorage(dtype={self.dtype}, device={self.device}) of size {len(self)}]",
            ]
        )


FUNCTIONS["UntypedStorage"], FUNCTIONS["TypedStorage"] = UntypedStorage, TypedStorage


def _over(cls, tensor):
    made = object.__new__(cls)
    made._tensor = tensor
    return made


@composed(public=False)
def untyped_storage(self):
    """The memory behind this tensor, as bytes."""
    return _over(UntypedStorage, _C._storage_bytes(self))


@composed(public=False)
def storage(self):
    """The memory behind this tensor, as elements of its dtype."""
    whole = _C._storage_bytes(self)
    size = whole.numel() // self.itemsize
    return _over(TypedStorage, _C.view(_C.narrow(whole, 0, 0, size * self.itemsize), self.dtype))


@composed(public=False)
def set_(self, source=None, storage_offset=0, size=None, stride=None):
    """This tensor object over the memory of another tensor or of a storage; of nothing without a source."""
    if source is None:
        return _C._become(self, _C.empty(0, dtype=self.dtype, device=self.device), "set_")
    if isinstance(source, _Storage):
        whole = source._tensor
        n = whole.nbytes // self.itemsize
        seen = _C.view(_C.narrow(_C.view(whole, _C.uint8), 0, 0, n * self.itemsize), self.dtype)
    else:
        if source.dtype != self.dtype:
            raise RuntimeError(f"Could not set tensor of type {source.dtype} to a tensor of type {self.dtype}")
        seen = _C.detach(source)
        if size is None:
            return _C._become(self, seen, "set_")
    size = (seen.numel() - storage_offset,) if size is None else tuple(size)
    if stride is None:
        stride, step = [], 1
        for n in reversed(size):
            stride.insert(0, step)
            step *= n if n > 1 else 1
    return _C._become(self, _C.as_strided(seen, size, tuple(stride), storage_offset), "set_")
