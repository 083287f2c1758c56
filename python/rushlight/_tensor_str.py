"""How tensors print: PyTorch's form, to the character."""

import contextlib
import math

from rushlight import _C

_PROFILES = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}


class PRINT_OPTS:
    """The options in use."""

    precision, threshold, edgeitems, linewidth, sci_mode = 4, 1000, 3, 80, None


def set_printoptions(precision=None, threshold=None, edgeitems=None, linewidth=None, profile=None, sci_mode=None):
    """Set how tensors print.

    Parameters
    ----------
    precision : int, optional
        Digits after the point; 4 at first.
    threshold : int, optional
        Tensors of more elements are summarised; 1000 at first.
    edgeitems : int, optional
        What a summary shows at each end of a dimension; 3 at first.
    linewidth : int, optional
        Characters a line; 80 at first.
    profile : {"default", "short", "full"}, optional
        The four above at once; what is given beside it counts.
    sci_mode : bool, optional
        Write exponents always or never; None, also where it is not given: where the values ask for it.

    Examples
    --------
    >>> torch.set_printoptions(precision=2)
    >>> torch.tensor([1.12345])
    tensor([1.12])
    >>> torch.set_printoptions(profile="default")
    """
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    for name, value in {**_PROFILES.get(profile, {}), **{k: v for k, v in given.items() if v is not None}}.items():
        setattr(PRINT_OPTS, name, value)
    PRINT_OPTS.sci_mode = sci_mode


def get_printoptions():
    """The options in use, as keywords for `set_printoptions`."""
    return {
        name: getattr(PRINT_OPTS, name) for name in ("precision", "threshold", "edgeitems", "linewidth", "sci_mode")
    }


@contextlib.contextmanager
def printoptions(**kwargs):
    """Other options within a ``with`` block."""
    before = get_printoptions()
    set_printoptions(**kwargs)
    try:
        yield
    finally:
        set_printoptions(**before)


class _Formatter:
    """One width and one notation for all shown elements, which come as Python numbers."""

    def __init__(self, values, floating):
        self.floating, self.width = floating, 1
        self.integral, self.scientific = True, False
        if not floating:
            self.width = max(1, *(len(str(v)) for v in values)) if values else 1
            return
        shown = [v for v in values if v != 0 and math.isfinite(v)]
        if not shown:
            return
        least, most = min(map(abs, shown)), max(map(abs, shown))
        self.integral = all(v.is_integer() for v in shown)
        if PRINT_OPTS.sci_mode is None:
            self.scientific = most / least > 1000.0 or most > 1.0e8 or least < 1.0e-4
        else:
            self.scientific = PRINT_OPTS.sci_mode
        self.width = max(1, *(len(self._number(v)) for v in shown))

    def _number(self, value):
        if self.scientific:
            return f"{value:.{PRINT_OPTS.precision}e}"
        if self.integral:
            return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"
        return f"{value:.{PRINT_OPTS.precision}f}"

    def text(self, value):
        return (self._number(value) if self.floating else str(value)).rjust(self.width)


class _ComplexFormatter:
    """The real and the imaginary parts each have a notation of their own."""

    def __init__(self, values):
        self.real = _Formatter([v.real for v in values], True)
        self.imag = _Formatter([v.imag for v in values], True)
        self.width = self.real.width + self.imag.width + 1

    def text(self, value):
        imag = self.imag.text(value.imag).lstrip()
        return self.real.text(value.real) + (imag if imag[0] in "+-" else "+" + imag) + "j"


def _vector(values, indent, summarize, formatter, total):
    per_line = max(1, math.floor((PRINT_OPTS.linewidth - indent) / (formatter.width + 2)))
    texts = [formatter.text(v) for v in values]
    if summarize and not PRINT_OPTS.edgeitems:
        texts = ["..."]
    elif summarize and total > 2 * PRINT_OPTS.edgeitems:
        texts.insert(PRINT_OPTS.edgeitems, " ...")
    lines = [texts[i : i + per_line] for i in range(0, len(texts), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(", ".join(line) for line in lines) + "]"


def _nested(data, sizes, indent, summarize, formatter):
    if not sizes:
        return formatter.text(data)
    if len(sizes) == 1:
        return _vector(data, indent, summarize, formatter, sizes[0])
    parts = [_nested(part, sizes[1:], indent + 1, summarize, formatter) for part in data]
    if summarize and sizes[0] > 2 * PRINT_OPTS.edgeitems:
        parts.insert(PRINT_OPTS.edgeitems, "...")
    return "[" + ("," + "\n" * (len(sizes) - 1) + " " * (indent + 1)).join(parts) + "]"


def _edges(t):
    """The elements that a summary shows."""
    n = PRINT_OPTS.edgeitems
    for d in range(t.ndim):
        if t.shape[d] > 2 * n:
            t = _C.cat([_C.narrow(t, d, 0, n), _C.narrow(t, d, t.shape[d] - n, n)], d)
    return t


def _flat(data):
    if isinstance(data, list):
        for part in data:
            yield from _flat(part)
    else:
        yield data


def _values(t, indent):
    if t.numel() == 0:
        return "[]"
    summarize = t.numel() > PRINT_OPTS.threshold
    if t.dtype in (_C.float8_e4m3fn, _C.float8_e5m2):
        t = t.to(_C.float16)
    data = (_edges(t) if summarize else t).tolist()
    values = list(_flat(data))
    formatter = _ComplexFormatter(values) if t.dtype.is_complex else _Formatter(values, t.dtype.is_floating_point)
    return _nested(data, tuple(t.shape), indent, summarize, formatter)


def _add_suffixes(text, suffixes, indent):
    parts = [text]
    last = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if last + len(suffix) + 2 > PRINT_OPTS.linewidth:
            parts.append(",\n" + " " * indent + suffix)
            last = indent + len(suffix)
        else:
            parts.append(", " + suffix)
            last += len(suffix) + 2
    return "".join(parts) + ")"


def tensor_str(t, tensor_contents=None):
    """What ``repr(t)`` is."""
    from .tensor import Tensor

    kind = type(t)
    plain = kind is Tensor or "_prints_as_parameter" in kind.__dict__
    before = _C.is_grad_enabled()
    _C._set_grad_enabled(False)
    try:
        text = _text(t, "tensor(" if plain else kind.__name__ + "(", tensor_contents)
    finally:
        _C._set_grad_enabled(before)
    return text if plain or not getattr(kind, "_prints_as_parameter", False) else f"Parameter({text})"


def _text(t, prefix, text):
    indent = len(prefix)
    suffixes = []
    own = _C.get_default_dtype()
    if t.device.type != "cpu":
        suffixes.append(f"device='{t.device}'")
    if t.is_meta or t.numel() == 0:
        if t.is_meta or t.ndim != 1:
            suffixes.append("size=" + str(tuple(t.shape)))
        if t.dtype != own:  # no values show that it is int64 or bool
            suffixes.append("dtype=" + str(t.dtype))
        contents = "..." if t.is_meta else "[]"
    else:
        if not PRINT_OPTS.edgeitems:
            suffixes.append("size=" + str(tuple(t.shape)))
        if t.dtype not in (own, _C.complex128 if own == _C.float64 else _C.complex64, _C.int64, _C.bool):
            suffixes.append("dtype=" + str(t.dtype))
        contents = _values(t.detach(), indent) if text is None else text
    if t.grad_fn is not None:
        suffixes.append(f"grad_fn=<{t.grad_fn.name()}>")
    elif t.requires_grad:
        suffixes.append("requires_grad=True")
    return _add_suffixes(prefix + (contents if text is None else text), suffixes, indent)
