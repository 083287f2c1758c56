"""Named results: tuples whose items have names too, and that print as PyTorch's torch.return_types.*."""

from operator import itemgetter

#: every class made here, by its name: what the module return_types shows
NAMED: dict[str, type] = {}


def named(name, *fields):
    """The class of results called `name`; it is made from one iterable of as many items as there are fields."""

    def __repr__(self):
        items = ",\n".join(f"{field}={item!r}" for field, item in zip(fields, self))
        return f"torch.return_types.{name}(\n{items})"

    def __reduce__(self):
        return _restored, (name, tuple(self))

    body = {field: property(itemgetter(i), doc=f"Item {i}.") for i, field in enumerate(fields)}
    body |= {"__slots__": (), "__repr__": __repr__, "__reduce__": __reduce__, "_fields": fields}
    body |= {"__module__": "torch.return_types", "n_fields": len(fields), "n_sequence_fields": len(fields)}
    if name not in NAMED:
        NAMED[name] = type(name, (tuple,), body)
    return NAMED[name]


def _restored(name, items):
    return NAMED[name](items)
