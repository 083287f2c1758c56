"""torch.finfo and torch.iinfo: the limits of a dtype."""

from rushlight import _C


class _Limits:
    __slots__ = ("dtype", "bits", "min", "max")

    def __eq__(self, other):
        return type(other) is type(self) and other.dtype == self.dtype

    def __hash__(self):
        return hash((type(self), self.dtype))

    def __reduce__(self):
        return type(self), (getattr(_C, self.dtype),)

    def __repr__(self):
        shown = ", ".join(f"{name}={getattr(self, name):.6g}" for name in self._shown)
        return f"{type(self).__name__}({shown}, dtype={self.dtype})"


class finfo(_Limits):
    """Limits of a floating dtype; those of its parts for a complex one.

    Examples
    --------
    >>> torch.finfo(torch.float32).eps
    1.1920928955078125e-07
    """

    __slots__ = ("eps", "smallest_normal", "tiny", "resolution")
    _shown = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")

    # bits of the fraction, greatest exponent, least exponent of a normal number, decimal digits
    _FORMATS = {
        "float16": (10, 15, -14, 3), "bfloat16": (7, 127, -126, 2), "float32": (23, 127, -126, 6), "float64": (52, 1023, -1022, 15),
        "float8_e4m3fn": (3, 8, -6, 0), "float8_e5m2": (2, 15, -14, 0),
    }  # fmt: skip

    def __init__(self, type=None):
        dtype = _dtype("finfo", _C.get_default_dtype() if type is None else type)
        if not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(
                "torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'"
            )
        real = dtype.to_real()
        self.dtype = str(real)[6:]
        fraction, highest, lowest, digits = self._FORMATS[self.dtype]
        self.bits = 8 * real.itemsize
        self.eps = 2.0**-fraction
        # e4m3fn spends its greatest fraction on NaN
        self.max = (2 - self.eps * (2 if self.dtype == "float8_e4m3fn" else 1)) * 2.0**highest
        self.min = -self.max
        self.smallest_normal = self.tiny = 2.0**lowest
        self.resolution = float(f"1e-{digits}")


_INTEGERS = {getattr(_C, sign + f"int{bits}") for sign in ("", "u") for bits in (8, 16, 32, 64)}


class iinfo(_Limits):
    """Limits of an integer dtype.

    Examples
    --------
    >>> torch.iinfo(torch.int8).min
    -128
    """

    __slots__ = ()
    _shown = ("min", "max")

    def __init__(self, type):
        dtype = _dtype("iinfo", type)
        if dtype == _C.bool:
            raise TypeError("torch.bool is not supported by torch.iinfo")
        if dtype not in _INTEGERS:
            raise TypeError("torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'")
        self.dtype = str(dtype)[6:]
        self.bits = 8 * dtype.itemsize
        values = self.bits - dtype.is_signed
        self.min, self.max = -(2**values) if dtype.is_signed else 0, 2**values - 1


def _dtype(name, given):
    if not isinstance(given, _C.dtype):
        raise TypeError(f"{name}(): argument 'type' (position 1) must be torch.dtype, not {type(given).__name__}")
    return given


for _class in (finfo, iinfo):
    _class.__module__ = "rushlight"
