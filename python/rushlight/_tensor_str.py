"""How tensors print: PyTorch's form, to the character."""

import math

from rushlight import _C


class _Options:
    precision, threshold, edgeitems, linewidth, sci_mode = 4, 1000, 3, 80, None


def set_printoptions(precision=None, threshold=None, edgeitems=None, linewidth=None, profile=None, sci_mode=None):
    """Set how tensors print; see PyTorch's function of the same name."""
    if profile is not None:
        presets = {"default": (4, 1000, 3, 80), "short": (2, 1000, 2, 80), "full": (4, math.inf, 3, 80)}
        _Options.precision, _Options.threshold, _Options.edgeitems, _Options.linewidth = presets[profile]
    for name, value in (
        ("precision", precision),
        ("threshold", threshold),
        ("edgeitems", edgeitems),
        ("linewidth", linewidth),
    ):
        if value is not None:
            setattr(_Options, name, value)
    _Options.sci_mode = sci_mode


def _half_float(dtype):
    return dtype in (_C.float16, _C.bfloat16)


class _Formatter:
    """One width and one notation for all shown elements."""

    def __init__(self, values, dtype):
        self.floating = dtype.is_floating_point
        self.width, self.integral, self.scientific = 1, False, False
        if not self.floating:
            for v in values:
                self.width = max(self.width, len(str(v)))
            return
        shown = [v for v in values if v == v and v not in (math.inf, -math.inf) and v != 0]
        precision = _Options.precision
        if not shown:
            self.integral = True
            widths = [len(f"{v:.0f}." if math.isfinite(v) else f"{v}") for v in values if not (v == 0)] or [1]
            self.width = max(1, *widths) if any(not math.isfinite(v) for v in values) else 2
            if any(not math.isfinite(v) for v in values):
                self.width = max(len(str(v)) if not math.isfinite(v) else 2 for v in values)
            else:
                self.width = 2 if values else 1
            self.scientific = bool(_Options.sci_mode)
            return
        magnitudes = [abs(v) for v in shown]
        least, most = min(magnitudes), max(magnitudes)
        self.integral = all(v == math.ceil(v) for v in shown)
        if self.integral:
            self.scientific = most / least > 1000.0 or most > 1.0e8
            texts = [f"{v:.{precision}e}" if self.scientific else f"{v:.0f}" for v in shown]
            extra = 0 if self.scientific else 1
            self.width = max(1, *(len(t) + extra for t in texts))
        else:
            self.scientific = most / least > 1000.0 or most > 1.0e8 or least < 1.0e-4
            texts = [f"{v:.{precision}e}" if self.scientific else f"{v:.{precision}f}" for v in shown]
            self.width = max(1, *(len(t) for t in texts))
        if _Options.sci_mode is not None and _Options.sci_mode != self.scientific:
            self.scientific = _Options.sci_mode
            texts = [f"{v:.{precision}e}" if self.scientific else f"{v:.{precision}f}" for v in shown]
            self.width = max(1, *(len(t) for t in texts))
        for v in values:
            if not math.isfinite(v):
                self.width = max(self.width, len(str(v)))

    def text(self, value):
        if not self.floating:
            return str(value).rjust(self.width)
        if not math.isfinite(value):
            return str(value).rjust(self.width)
        if self.scientific:
            made = f"{value:.{_Options.precision}e}"
        elif self.integral:
            made = f"{value:.0f}."
        else:
            made = f"{value:.{_Options.precision}f}"
        return made.rjust(self.width)


class _ComplexFormatter:
    def __init__(self, values, dtype):
        self.real = _Formatter([v.real for v in values], _C.float32)
        self.imag = _Formatter([v.imag for v in values], _C.float32)
        self.width = self.real.width + self.imag.width + 1

    def text(self, value):
        imag = self.imag.text(value.imag).lstrip()
        return self.real.text(value.real) + (imag if imag[0] in "+-" else "+" + imag) + "j"


def _vector(values, indent, summarize, formatter, total):
    width = formatter.width + 2
    per_line = max(1, math.floor((_Options.linewidth - indent) / width))
    texts = [formatter.text(v) for v in values]
    if summarize and total > 2 * _Options.edgeitems:
        texts.insert(_Options.edgeitems, " ...")
    lines = [texts[i : i + per_line] for i in range(0, len(texts), per_line)] or [[]]
    return "[" + (",\n" + " " * (indent + 1)).join(", ".join(line) for line in lines) + "]"


def _nested(data, sizes, indent, summarize, formatter):
    if not sizes:
        return formatter.text(data)
    if len(sizes) == 1:
        return _vector(data, indent, summarize, formatter, sizes[0])
    parts = [_nested(part, sizes[1:], indent + 1, summarize, formatter) for part in data]
    if summarize and sizes[0] > 2 * _Options.edgeitems:
        parts.insert(_Options.edgeitems, "...")
    return "[" + ("," + "\n" * (len(sizes) - 1) + " " * (indent + 1)).join(parts) + "]"


def _edges(t, dim=0):
    """The elements that a summary shows."""
    for d in range(t.ndim):
        if t.shape[d] > 2 * _Options.edgeitems:
            first = _C.narrow(t, d, 0, _Options.edgeitems)
            last = _C.narrow(t, d, t.shape[d] - _Options.edgeitems, _Options.edgeitems)
            t = _C.cat([first, last], d)
    return t


def _flat(data):
    if isinstance(data, list):
        for part in data:
            yield from _flat(part)
    else:
        yield data


def _add_suffixes(text, suffixes, indent, force_newline):
    parts = [text]
    last = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if force_newline or last + len(suffix) + 2 > _Options.linewidth:
            parts.append(",\n" + " " * indent + suffix)
            last = indent + len(suffix)
            force_newline = False
        else:
            parts.append(", " + suffix)
            last += len(suffix) + 2
    return "".join(parts) + ")"


def tensor_str(t):
    """What ``repr(t)`` is."""
    from .tensor import Tensor

    prefix = "tensor(" if type(t) is Tensor else type(t).__name__ + "("
    if getattr(type(t), "_prints_as_parameter", False):
        prefix = "tensor("
    before = _C.is_grad_enabled()
    _C._set_grad_enabled(False)
    try:
        return _text(t, prefix)
    finally:
        _C._set_grad_enabled(before)


def _text(t, prefix):
    indent = len(prefix)
    suffixes = []
    own = _C.get_default_dtype()
    default = t.dtype in (own, own.to_complex(), _C.int64, _C.bool)
    if t.is_meta:
        suffixes.append("device='meta'")
        suffixes.append("size=" + str(tuple(t.shape)))
        if t.dtype != _C.get_default_dtype():
            suffixes.append("dtype=" + str(t.dtype))
        text = "..."
    elif t.numel() == 0:
        if t.ndim != 1:
            suffixes.append("size=" + str(tuple(t.shape)))
        if t.dtype != _C.get_default_dtype():
            suffixes.append("dtype=" + str(t.dtype))
        text = "[]"
    else:
        if not default:
            suffixes.append("dtype=" + str(t.dtype))
        text = _values(t.detach(), indent)
    if t.grad_fn is not None:
        suffixes.append(f"grad_fn=<{t.grad_fn.name()}>")
    elif t.requires_grad:
        suffixes.append("requires_grad=True")
    return _add_suffixes(prefix + text, suffixes, indent, False)


def _values(t, indent):
    summarize = t.numel() > _Options.threshold
    shown = _edges(t) if summarize else t
    if _half_float(t.dtype):
        shown = shown.float()
    data = shown.tolist()
    values = list(_flat(data)) if shown.ndim else [data]
    formatter = (_ComplexFormatter if t.dtype.is_complex else _Formatter)(values, t.dtype)
    return _nested(data, tuple(t.shape), indent, summarize, formatter)
