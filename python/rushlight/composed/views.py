"""Other shapes and other orders of the same elements."""

import functools
import operator

from rushlight import _C
from rushlight.ops._table import METHODS, composed, one_by_one


def wrapped_dims(name, dims, ndim):
    """Wrapped dims of an int or a sequence of ints; each once."""
    dims = [operator.index(d) for d in (dims if isinstance(dims, (tuple, list)) else (dims,))]
    n = max(ndim, 1)
    for d in dims:
        if not -n <= d < n:
            raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {d})")
    dims = [d % n for d in dims]
    for d in dims:
        if dims.count(d) > 1:
            raise RuntimeError(f"{name}: dim {d} appears multiple times in the list of dims {dims}")
    return dims


@composed(aliases=("moveaxis",))
def movedim(input, source, destination):
    """Dims moved to other places; the rest keep their order.

    >>> torch.movedim(torch.empty(2, 3, 5), 0, -1).shape
    torch.Size([3, 5, 2])
    """
    source = wrapped_dims("movedim", source, input.ndim)
    destination = wrapped_dims("movedim", destination, input.ndim)
    if len(source) != len(destination):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({source} dims) should contain the same number of dims "
            f"as destination ({destination} dims)"
        )
    if input.ndim == 0:
        return _C.permute(input, ())
    rest = iter(d for d in range(input.ndim) if d not in source)
    back = dict(zip(destination, source))
    return _C.permute(input, tuple(back[d] if d in back else next(rest) for d in range(input.ndim)))


@composed
def adjoint(input):
    """The last two dims exchanged, and the conjugate."""
    return _C.conj(_C.transpose(input, -2, -1))


@composed
def ravel(input):
    """All elements as a vector; a view where it can be."""
    return _C.reshape(_C.contiguous(input), (-1,))


@composed
def narrow_copy(input, dim, start, length):
    """Part of one dim, as a copy."""
    return _C.clone(_C.narrow(input, dim, start, length))


@composed(public=False)
@one_by_one
def sum_to_size(self, *size):
    """Summed over the dims that broadcasting would have stretched from `size`.

    >>> torch.ones(2, 3).sum_to_size(1, 3)
    tensor([[2., 2., 2.]])
    """
    size = tuple(size[0]) if len(size) == 1 and isinstance(size[0], (tuple, list)) else size
    if not size:
        return _C.sum(self)
    if len(size) > self.ndim or any(a != b and a != 1 for a, b in zip(reversed(size), reversed(self.shape))):
        raise RuntimeError(f"size {{{list(size)}}} is not expandable to size {{{list(self.shape)}}}.")
    if tuple(size) != tuple(self.shape) and not (self.dtype.is_floating_point or self.dtype.is_complex):
        self = self.to(_C.int64)  # sums of integers are int64
    return _C._sum_to(self, size)


@composed
def split_with_sizes(input, split_sizes, dim=0):
    """A tensor cut along one dim into pieces of given lengths, as views."""
    return _C.split(input, list(split_sizes), dim)


def _or_sections(function):
    """PyTorch takes `indices_or_sections` by the name of what it is."""

    @functools.wraps(function)
    def called(*args, **kwargs):
        for name in ("sections", "indices"):
            if name in kwargs:
                kwargs["indices_or_sections"] = kwargs.pop(name)
        return function(*args, **kwargs)

    return called


@composed
@_or_sections
def tensor_split(input, indices_or_sections, dim=0):
    """A tensor cut into so many pieces, or at given places, as views; both may be given by a tensor.

    >>> torch.arange(5).tensor_split((1, 3))
    (tensor([0]), tensor([1, 2]), tensor([3, 4]))
    """
    if isinstance(indices_or_sections, _C.TensorBase):
        if indices_or_sections.dtype != _C.int64:
            raise RuntimeError(
                "tensor_split expected tensor_indices_or_sections to have dtype of long, but got "
                f"{indices_or_sections.dtype}"
            )
        if indices_or_sections.ndim > 1:
            raise RuntimeError(
                "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor, but "
                f"got a tensor with {indices_or_sections.ndim} dims"
            )
        indices_or_sections = indices_or_sections.tolist()
    return _C.tensor_split(input, indices_or_sections, dim)


def _split_along(name, dim, least):
    def cut(input, indices_or_sections):
        if input.ndim < least:
            raise RuntimeError(
                f"torch.{name} requires a tensor with at least {least} dimension{'s' if least > 1 else ''}, but got a "
                f"tensor with {input.ndim} dimensions!"
            )
        along = 0 if name == "hsplit" and input.ndim == 1 else dim
        if isinstance(indices_or_sections, int):
            size = input.shape[along]
            if indices_or_sections == 0 or size % indices_or_sections:
                raise RuntimeError(
                    f"torch.{name} attempted to split along dimension {along}, but the size of the dimension {size} is not "
                    f"divisible by the split_size {indices_or_sections}!"
                )
        return tensor_split(input, indices_or_sections, along)

    cut.__name__ = cut.__qualname__ = name
    cut.__doc__ = f"A tensor cut along dim {dim}, into so many equal pieces or at given places, as views."
    return composed(_or_sections(cut))


hsplit, vsplit, dsplit = _split_along("hsplit", 1, 1), _split_along("vsplit", 0, 2), _split_along("dsplit", 2, 3)


@composed(method=False)
def broadcast_shapes(*shapes):
    """The shape that tensors of these shapes broadcast to.

    >>> torch.broadcast_shapes((2, 1), (3,))
    torch.Size([2, 3])
    """
    shapes = [(s,) if isinstance(s, int) else tuple(s) for s in shapes]
    result = [1] * max(map(len, shapes), default=0)
    for shape in shapes:
        for i, size in enumerate(reversed(shape), 1):
            if size < 0:
                raise RuntimeError(
                    f"Trying to create tensor with negative dimension ({size}): ({', '.join(map(str, shape))})"
                )
            if size != 1 and result[-i] not in (1, size):
                raise RuntimeError(
                    "Shape mismatch: objects cannot be broadcast to a single shape: " + ", ".join(map(str, shapes))
                )
            if size != 1:
                result[-i] = size
    return _C.Size(result)


def _several(tensors):
    return list(tensors[0]) if len(tensors) == 1 and not isinstance(tensors[0], _C.TensorBase) else list(tensors)


@composed(method=False)
def broadcast_tensors(*tensors):
    """Tensors stretched to their common shape, as views."""
    tensors = _several(tensors)
    shape = broadcast_shapes(*(t.shape for t in tensors))
    return tuple(_C.expand(t, shape) for t in tensors)


def _atleast(name, form):
    def made(*tensors):
        if len(tensors) == 1 and isinstance(tensors[0], _C.TensorBase):
            return form(tensors[0])
        return tuple(form(t) for t in _several(tensors))

    made.__name__ = made.__qualname__ = name
    made.__doc__ = f"Tensors with dims of size 1 added until they have at least {name[8]}."
    return composed(made, method=False)


def _at_least_3d(t):
    return _C.unsqueeze(_at_least_2d(t), -1) if t.ndim < 3 else t


def _at_least_2d(t):
    return _C.reshape(t, (1, 1)) if t.ndim == 0 else _C.unsqueeze(t, 0) if t.ndim == 1 else t


atleast_1d = _atleast("atleast_1d", lambda t: t if t.ndim else _C.reshape(t, (1,)))
atleast_2d = _atleast("atleast_2d", _at_least_2d)
atleast_3d = _atleast("atleast_3d", _at_least_3d)


def _itself(name, doc):
    def same(input):
        return input

    same.__name__ = same.__qualname__ = name
    same.__doc__ = doc
    return composed(same)


resolve_conj = _itself("resolve_conj", "`input` itself: a conjugation is never pending here.")
resolve_neg = _itself("resolve_neg", "`input` itself: a negation is never pending here.")


def _in_place_view(name, view, doc):
    @functools.wraps(view)  # for the signature
    def method(self, *args, **kwargs):
        return _C._become(self, view(self, *args, **kwargs), name)

    method.__name__, method.__qualname__, method.__doc__ = name, "Tensor." + name, doc
    METHODS[name] = method


for _name, _view in (
    ("t_", _C.t), ("transpose_", _C.transpose), ("swapaxes_", _C.transpose), ("swapdims_", _C.transpose), ("squeeze_", _C.squeeze),
    ("unsqueeze_", _C.unsqueeze), ("as_strided_", _C.as_strided),
):  # fmt: skip
    _in_place_view(_name, _view, f"In-place form of :func:`{_name[:-1]}`: this tensor object becomes the view.")


@composed(method=False)
def as_strided_(input, size, stride, storage_offset=None):
    """In-place form of :func:`as_strided`: the tensor object becomes the view."""
    return METHODS["as_strided_"](input, size, stride, storage_offset)


@composed(public=False)
@one_by_one
def resize_(self, *size, memory_format=None):
    """This tensor object in other sizes, row-major over the same memory; more memory is taken where it must be."""
    return _C._resize(self, size[0] if len(size) == 1 and not isinstance(size[0], int) else size)


@composed
def resize_as_(input, the_template, *, memory_format=None):
    """`input` resized to the sizes of another tensor."""
    return _C._resize(input, the_template.shape)


@composed(method=False)
def detach_(input):
    """`input` cut from its history, in place."""
    return input.detach_()
