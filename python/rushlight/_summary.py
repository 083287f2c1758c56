"""`summary`: a model as a table, one row a module, measured on one input."""

import time

__all__ = ["Summary", "summary"]

_UNITS = ("", "K", "M", "G", "T")


def summary(model, *inputs, **named):
    """What a model is made of, and what one forward pass of it costs.

    Runs the model once, without recording a graph, in the mode that it is in.

    Parameters
    ----------
    model : Module
    *inputs, **named
        What the model is called with; a tuple of ints stands for a tensor of that shape, drawn from a normal distribution.

    Returns
    -------
    Summary
        Its `str` is the table; `rows` holds the numbers: path, kind, shape of the output, parameters of the module itself,
        multiply-adds, bytes of its output, and seconds with everything inside. Parameters that two modules share are counted once.

    Raises
    ------
    TypeError
        `model` is no Module.

    Examples
    --------
    >>> net = torch.nn.Sequential(torch.nn.Linear(8, 4), torch.nn.ReLU())
    >>> print(torch.summary(net, (2, 8)).total_parameters)
    36
    """
    import rushlight

    from .nn import Module

    if not isinstance(model, Module):
        raise TypeError(f"summary: model must be a Module, not {type(model).__name__}")
    drawn = [rushlight.randn(x) if _is_shape(x) else x for x in inputs]
    rows, handles, begun, counted = {}, [], {}, set()

    def before(module, arguments):
        begun[module] = time.perf_counter()

    def after(module, arguments, output):
        spent = time.perf_counter() - begun[module]
        row = rows[module]
        row["calls"] += 1
        row["seconds"] += spent
        row["shape"] = _shape_of(output)
        row["bytes"] += sum(t.numel() * t.element_size() for t in _tensors_of(output))
        row["multiply_adds"] += multiply_adds(module, arguments, output)

    for path, module in model.named_modules():
        own = [p for p in module.parameters(recurse=False) if id(p) not in counted]
        counted.update(map(id, own))
        rows[module] = {
            "path": path, "kind": type(module).__name__, "depth": path.count(".") + bool(path), "shape": None,
            "parameters": sum(p.numel() for p in own), "trained": sum(p.numel() for p in own if p.requires_grad),
            "multiply_adds": 0, "bytes": 0, "seconds": 0.0, "calls": 0, "leaf": next(module.children(), None) is None,
        }  # fmt: skip
        handles += [module.register_forward_pre_hook(before), module.register_forward_hook(after)]
    try:
        with rushlight.no_grad():
            model(*drawn, **named)
    finally:
        for handle in handles:
            handle.remove()
    return Summary(list(rows.values()))


def _is_shape(x):
    return type(x) is tuple and all(type(size) is int for size in x)


def _tensors_of(output):
    import rushlight

    if isinstance(output, rushlight.Tensor):
        return [output]
    if isinstance(output, dict):
        output = list(output.values())
    if isinstance(output, (tuple, list)):
        return [t for each in output for t in _tensors_of(each)]
    return []


def _shape_of(output):
    tensors = _tensors_of(output)
    return list(tensors[0].shape) if tensors else None


def multiply_adds(module, arguments, output):
    """Multiply-adds of the products inside of a module itself; 0 for those that multiply no matrices.

    A product [M, K] x [K, N] has M * K * N; sums, norms and activations are not counted.
    """
    from . import nn

    tensors = _tensors_of(output)
    if isinstance(module, nn.Linear):
        return tensors[0].numel() * module.in_features
    if isinstance(module, (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)):
        return arguments[0].numel() * module.weight.numel() // module.in_channels
    if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Conv3d)):
        return tensors[0].numel() * module.weight.numel() // module.out_channels
    if isinstance(module, nn.Bilinear):
        return tensors[0].numel() * module.in1_features * (module.in2_features + 1)
    if isinstance(module, nn.RNNBase):
        data = arguments[0] if hasattr(arguments[0], "numel") else arguments[0].data
        steps = data.numel() // module.input_size
        return steps * sum(p.numel() for name, p in module.named_parameters() if name.startswith("weight"))
    if isinstance(module, nn.RNNCellBase):
        return arguments[0].numel() // module.input_size * (module.weight_ih.numel() + module.weight_hh.numel())
    if isinstance(module, nn.MultiheadAttention):
        return _of_attention(module, *arguments[:3])
    return 0


def _of_attention(module, query, key, value):
    """The three products before, scores, weighted values; the one after is a Linear of its own, called by its weight."""
    rows, keys = (x.numel() // x.shape[-1] for x in (query, key))
    batch = 1 if query.ndim == 2 else query.shape[0 if module.batch_first else 1]
    width = module.embed_dim
    before = width * (query.numel() + key.numel() + value.numel())
    return before + 2 * rows * (keys // max(batch, 1)) * width + rows * width * width


class Summary:
    """What :func:`summary` found; printed it is a table.

    Attributes
    ----------
    rows : list of dict
        One a module, in the order of `named_modules`.
    total_parameters, trained_parameters, total_multiply_adds, total_bytes : int
        Of the whole model; bytes are those of the outputs of modules without others inside.
    """

    def __init__(self, rows):
        self.rows = rows
        self.total_parameters = sum(row["parameters"] for row in rows)
        self.trained_parameters = sum(row["trained"] for row in rows)
        self.total_multiply_adds = sum(row["multiply_adds"] for row in rows)
        self.total_bytes = sum(row["bytes"] for row in rows if row["leaf"])

    def __str__(self):
        cells = [("module", "output", "parameters", "multiply-adds", "output bytes", "time")]
        for row in self.rows:
            name = row["path"].rpartition(".")[2]
            title = "  " * row["depth"] + (f"{name}: {row['kind']}" if name else row["kind"])
            called = row["calls"] > 0
            cells.append((
                title, "not called" if not called else "-" if row["shape"] is None else str(row["shape"]),
                f"{row['parameters']:,}" if row["parameters"] else "-",
                _short(row["multiply_adds"]) if row["multiply_adds"] else "-", _short(row["bytes"]) if called else "-",
                _time(row["seconds"]) if called else "-",
            ))  # fmt: skip
        widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
        lines = [
            "  ".join(c.ljust(w) if i < 2 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths)))
            for line in cells
        ]
        rule = "-" * len(lines[0])
        total = (
            f"{self.total_parameters:,} parameters, {self.trained_parameters:,} of them trained; "
            f"{_short(self.total_multiply_adds)} multiply-adds; {_short(self.total_bytes)}B of activations"
        )
        return "\n".join(line.rstrip() for line in (lines[0], rule, *lines[1:], rule, total))

    __repr__ = __str__


def _short(count):
    """A number in three digits or so."""
    power = 0
    while count >= 1000 and power < len(_UNITS) - 1:
        count, power = count / 1000, power + 1
    return f"{count:.3g}{' ' if power else ''}{_UNITS[power]}" if power else str(count)


def _time(seconds):
    return (
        f"{seconds * 1e6:.0f} us"
        if seconds < 1e-3
        else f"{seconds * 1e3:.1f} ms"
        if seconds < 1
        else f"{seconds:.2f} s"
    )
