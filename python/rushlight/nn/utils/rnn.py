"""Sequences of different lengths in one tensor: padded, or packed step by step."""

from typing import NamedTuple

from rushlight import _C
from rushlight.tensor import Tensor

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


class _Parts(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Parts):
    """The steps of several sequences: those of step 0, then those of step 1, ..., the longest sequence first.

    Parameters
    ----------
    data : Tensor, shape (all steps, ...)
        The steps.
    batch_sizes : Tensor, int64
        How many sequences have each step.
    sorted_indices, unsorted_indices : Tensor, int64, optional
        Where each place came from, and where each sequence went.
    """

    __slots__ = ()

    def __new__(cls, data, batch_sizes=None, sorted_indices=None, unsorted_indices=None):
        if batch_sizes is None:
            if not (isinstance(data, (list, tuple)) and len(data) == 2):
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args, **kwargs):
        """The same with other data: as Tensor.to."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        moved = [None if t is None else t.to(data.device) for t in (self.sorted_indices, self.unsorted_indices)]
        return type(self)(data, self.batch_sizes, *moved)

    def cpu(self):
        """The same on the CPU."""
        return self.to("cpu")

    def pin_memory(self):
        """The same: nothing is to be pinned on a CPU."""
        return self

    def is_pinned(self):
        """Is it in pinned memory?"""
        return self.data.is_pinned()

    @property
    def is_cuda(self):
        """Is it on a GPU?"""
        return self.data.is_cuda


def _cast(name, dtype):
    def cast(self):
        return self.to(dtype=dtype)

    cast.__name__, cast.__doc__ = name, f"The same as {dtype}."
    return cast


for _name, _dtype in (
    ("double", _C.float64), ("float", _C.float32), ("half", _C.float16), ("long", _C.int64), ("int", _C.int32),
    ("short", _C.int16), ("char", _C.int8), ("byte", _C.uint8),
):  # fmt: skip
    setattr(PackedSequence, _name, _cast(_name, _dtype))


def invert_permutation(permutation):
    """Where each place went; None stays None."""
    if permutation is None:
        return None
    return _C.empty_like(permutation).scatter_(0, permutation, _C.arange(permutation.numel()))


def _steps(lengths, longest, batch_first):
    """Which places of a padded batch are steps of a sequence."""
    inside = _C.arange(longest).unsqueeze(1) < lengths.unsqueeze(0)  # [T, B]
    return inside.t() if batch_first else inside


def pack_padded_sequence(input, lengths, batch_first=False, enforce_sorted=True):
    """Pack a padded batch of shape (T, B, ...), or (B, T, ...) with `batch_first`."""
    if not isinstance(lengths, Tensor):
        lengths = _C.tensor(lengths, dtype=_C.int64)
    if lengths.ndim != 1 or lengths.numel() != input.shape[0 if batch_first else 1]:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {lengths.numel()} (batch_size="
            f"{input.shape[0 if batch_first else 1]})"
        )
    if lengths.numel() == 0:
        raise RuntimeError("Cannot pack empty tensors.")
    order = None
    if not enforce_sorted:
        lengths, order = _C.sort(lengths, descending=True)
        input = _C.index_select(input, 0 if batch_first else 1, order)
    if bool((lengths <= 0).any()):
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        )
    if bool((lengths[1:] > lengths[:-1]).any()):
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
            "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you do not "
            "need ONNX exportability."
        )
    if batch_first:
        input = input.transpose(0, 1)
    longest = int(lengths[0])
    if longest > input.shape[0]:
        raise RuntimeError(
            f"Expected lengths of at most {input.shape[0]}, the size of the padded batch, but got {longest}"
        )
    inside = _steps(lengths, longest, False)
    return PackedSequence(input[:longest][inside], inside.sum(1), order, None)


def pad_packed_sequence(sequence, batch_first=False, padding_value=0.0, total_length=None):
    """Undo pack_padded_sequence: the padded batch, and the lengths."""
    data, sizes, _, back = sequence
    longest = sizes.numel()
    if total_length is not None:
        if total_length < longest:
            raise ValueError(
                "Expected total_length to be at least the length of the longest sequence in input, but got total_length="
                f"{total_length} and max sequence length being {longest}"
            )
        longest = total_length
    most = int(sizes[0])
    inside = _C.arange(most).unsqueeze(0) < sizes.unsqueeze(1)  # [T, B]
    lengths = inside.sum(0)
    padded = data.new_full((longest, most, *data.shape[1:]), padding_value)
    padded = padded.index_put(_steps(lengths, longest, False).nonzero(as_tuple=True), data)
    padded = padded.transpose(0, 1) if batch_first else padded
    if back is not None:
        padded, lengths = _C.index_select(padded, 0 if batch_first else 1, back), lengths[back]
    return padded, lengths


def pad_sequence(sequences, batch_first=False, padding_value=0.0, padding_side="right"):
    """Sequences of shapes (length, ...) as one padded batch."""
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    if isinstance(sequences, Tensor):
        sequences = sequences.unbind(0)
    sequences = tuple(sequences)
    if not sequences:
        raise RuntimeError("received an empty list of sequences")
    longest = max(s.shape[0] for s in sequences)
    padded = []
    for s in sequences:
        rest = s.new_full((longest - s.shape[0], *s.shape[1:]), padding_value)
        padded.append(_C.cat([rest, s] if padding_side == "left" else [s, rest]))
    return _C.stack(padded, 0 if batch_first else 1)


def unpad_sequence(padded_sequences, lengths, batch_first=False):
    """Undo pad_sequence: the sequences without their padding."""
    if not batch_first:
        padded_sequences = padded_sequences.transpose(0, 1)
    return [s[:length] for s, length in zip(padded_sequences, lengths.tolist(), strict=True)]


def pack_sequence(sequences, enforce_sorted=True):
    """Pack sequences of shapes (length, ...)."""
    lengths = _C.tensor([s.shape[0] for s in sequences])
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences):
    """Undo pack_sequence."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
