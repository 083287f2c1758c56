"""Containers of parameters, and of whatever else is put beside them."""

from collections import OrderedDict
from collections.abc import Mapping

from rushlight._naming import type_name
from rushlight.tensor import Tensor

from ..parameter import Parameter
from .container import check_iterable, pairs, place_in
from .module import Module

__all__ = ["ParameterDict", "ParameterList"]


def _as_parameter(value):
    return Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value


def _lines(items, kind):
    """A line an item; `kind` says what of a tensor is printed beside its shape."""
    for name, value in items:
        text = f"Object of type: {type(value).__name__}"
        if isinstance(value, Tensor):
            label = "Parameter" if isinstance(value, Parameter) else "Tensor"
            text = f"{label} containing: [{kind(value)} of size {'x'.join(map(str, value.size()))}]"
        yield f"  ({name}): {text}"


class ParameterList(Module):
    """A list whose tensors become parameters of the module that holds it; other objects stay as they are.

    Parameters
    ----------
    values : iterable, optional
        The first items.
    """

    _printed_module = "rushlight.nn.modules.container"

    def __init__(self, values=None):
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def append(self, value):
        """Add an item at the end."""
        self._size += 1
        self[self._size - 1] = value
        return self

    def extend(self, values):
        """Append every item of an iterable."""
        if isinstance(values, Tensor):
            raise TypeError(f"ParameterList.extend should be called with an iterable, but got {type(values).__name__}")
        check_iterable("ParameterList.extend", values)
        for value in list(values):
            self.append(value)
        return self

    __iadd__ = extend

    def __getitem__(self, index):
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return getattr(self, str(place_in(self._size, index)))

    def __setitem__(self, index, value):
        setattr(self, str(place_in(self._size, index)), _as_parameter(value))

    def __len__(self):
        return self._size

    def __iter__(self):
        return iter(self[i] for i in range(self._size))

    def extra_repr(self):
        return "\n".join(_lines(enumerate(self), lambda p: p.dtype))

    def __call__(self, *args, **kwargs):
        raise RuntimeError("ParameterList should not be called.")


class ParameterDict(Module):
    """A dict whose tensors become parameters of the module that holds it; other values stay as they are.

    Parameters
    ----------
    parameters : mapping or iterable of pairs, optional
        The first items; those of a plain dict are taken in the order of their keys.
    """

    _printed_module = "rushlight.nn.modules.container"

    def __init__(self, parameters=None):
        super().__init__()
        self._keys = {}
        if parameters is not None:
            self.update(parameters)

    def _name(self, key):
        if not isinstance(key, str):
            raise TypeError(
                "Index given to ParameterDict cannot be used as a key as it is not a string (type is "
                f"'{type(key).__name__}')."
            )
        return key

    def __getitem__(self, key):
        return getattr(self, self._name(key))

    def __setitem__(self, key, value):
        name = self._name(key)
        self._keys[key] = None
        setattr(self, name, _as_parameter(value))

    def __delitem__(self, key):
        del self._keys[key]
        delattr(self, self._name(key))

    def __len__(self):
        return len(self._keys)

    def __iter__(self):
        return iter(self._keys)

    def __reversed__(self):
        return reversed(self._keys)

    def __contains__(self, key):
        return key in self._keys

    def copy(self):
        """Another dict of the same items."""
        return ParameterDict(OrderedDict(self.items()))

    def setdefault(self, key, default=None):
        """The value of `key`, which becomes `default` where it has none."""
        if key not in self:
            self[key] = default
        return self[key]

    def clear(self):
        """Take all items out."""
        for key in list(self._keys):
            del self[key]

    def pop(self, key):
        """Take the value of `key` out."""
        value = self[key]
        del self[key]
        return value

    def popitem(self):
        """Take the last item out."""
        key = next(reversed(self._keys), None)
        if key is None:
            raise KeyError("popitem(): dictionary is empty")
        return key, self.pop(key)

    def get(self, key, default=None):
        """The value of `key`, or `default`."""
        return self[key] if key in self else default

    def fromkeys(self, keys, default=None):
        """A new dict with one value for all keys."""
        return ParameterDict((key, default) for key in keys)

    def keys(self):
        """The keys, in order."""
        return self._keys.keys()

    def items(self):
        """Keys and values, in order."""
        return ((key, self[key]) for key in self._keys)

    def values(self):
        """The values, in order."""
        return (self[key] for key in self._keys)

    def update(self, parameters):
        """Add the items of a mapping or of pairs; those of a plain dict in the order of their keys."""
        if isinstance(parameters, Mapping) and not isinstance(parameters, OrderedDict):
            parameters = sorted(parameters.items())
        for key, value in pairs("ParameterDict.update", parameters):
            self[key] = value

    def extra_repr(self):
        return "\n".join(_lines(self.items(), type_name))

    def __call__(self, input):
        raise RuntimeError("ParameterDict should not be called.")

    def __or__(self, other):
        joined = self.copy()
        joined.update(other)
        return joined

    def __ror__(self, other):
        joined = other.copy()
        joined.update(self)
        return joined

    def __ior__(self, other):
        self.update(other)
        return self
