"""What docstrings share: a parameter's text stands here once, by its name or by "op.name", and what is raised by kind.

An op's docstring is put together in C++ when its line of the table is read, a composed function's here. The line gives the
summary, what is particular, and examples that begin with ``>>>``.
"""

from rushlight import _C

_FACTOR = "The product of the other two is scaled by it."

PARAMETERS = {
    "input": "The tensor.",
    "self": "The tensor.",
    "other": "The second operand; broadcast against the first.",
    "dim": "The dimension or dimensions; negative ones count from the end.",
    "dims": "Dimensions; negative ones count from the end.",
    "keepdim": "Keep the reduced dimensions, with size 1.",
    "dtype": "The dtype of the result; without it the one that fits the arguments.",
    "device": "Where the result lives; without it where the inputs do, or the default device.",
    "memory_format": "The order of the result's strides.",
    "generator": "Where random numbers come from; without it the default generator.",
    "out": "Where the result is written; it is resized if its shape differs.",
    "index": "Integers that choose elements along `dim`.",
    "value": "The number, or a factor.",
    "alpha": "A factor of the second operand.",
    "beta": "A factor of `input`.",
    "size": "The sizes, one by one or as one sequence.",
    "sizes": "The sizes.",
    "shape": "The sizes, one by one or as one sequence; one may be -1, which is then worked out.",
    "stride": "Elements from one index to the next, along each dimension.",
    "storage_offset": "Elements of the storage before the first one.",
    "src": "The values to write.",
    "source": "The values to write.",
    "mask": "A bool tensor; broadcast against `input`.",
    "condition": "A bool tensor: where it is true the first value is taken.",
    "mean": "The mean of the normal distribution.",
    "std": "The standard deviation of the normal distribution.",
    "tensors": "The tensors.",
    "tensor1": _FACTOR,
    "tensor2": _FACTOR,
    "high": "One above the greatest number.",
    "low": "The least number.",
    "p": "A probability, or the order of a norm.",
    "weight": "The weight of the second value, or the weights of a layer.",
    "bias": "What is added to the result.",
    "start": "The first value.",
    "end": "The last value; arange stops before it.",
    "step": "From one value to the next.",
    "steps": "How many values.",
    "length": "How many elements.",
    "mat1": "The first matrix.",
    "mat2": "The second matrix.",
    "vec": "The vector.",
    "tensor": "The second vector.",
    "rounding_mode": "None for true division, 'trunc' towards zero, 'floor' downwards.",
    "exponent": "The power.",
    "min": "The lower bound.",
    "max": "The upper bound.",
    "dim0": "The first of the two dimensions.",
    "dim1": "The first or the second of the two dimensions.",
    "dim2": "The second of the two dimensions.",
    "fill_value": "The value of every element.",
    "n": "How many rows or numbers.",
    "m": "How many columns; as many as rows if not given.",
    "k": "How many.",
    "descending": "From the greatest to the least.",
    "stable": "Keep the order of equal elements.",
    "largest": "The greatest, or the least.",
    "sorted": "In order of their values.",
    "split_size_or_sections": "The size of each part, or the sizes of all.",
    "indices_or_sections": "How many parts, or where they begin.",
    "chunks": "How many parts.",
    "from": "The least number.",
    "to": "The upper bound.",
    "offset": "How far from the main diagonal; above it where positive.",
    "start_dim": "The first dimension that is joined.",
    "end_dim": "The last dimension that is joined.",
    "repeats": "How often, along each dimension.",
    "non_blocking": "Accepted for PyTorch's sake.",
    "correction": "What is taken from the count to make the divisor: 1 is Bessel's.",
    "unbiased": "The older form of ``correction=1``.",
    "rtol": "The relative tolerance.",
    "atol": "The absolute tolerance.",
    "equal_nan": "Is NaN equal to NaN?",
    "num_samples": "How many draws of each row.",
    "replacement": "May a draw be repeated?",
    "approximate": "'none' for the exact function, 'tanh' for its approximation.",
    "negative_slope": "The slope below 0.",
    "padding": "What is added at each end of a spatial dimension; one number for all, or one for each.",
    "dilation": "From one element under the kernel to the next.",
    "pad": "Two counts a dimension, before and behind, the last dimension first; negative ones take away.",
    "grid": "Places from -1 to 1 in its last dimension, in the order x, y, z.",
    "interpolation_mode": "0 linear, 1 nearest, 2 cubic.",
    "padding_mode": "What lies beyond -1 and 1: 0 zeros, 1 the border, 2 a reflection.",
    "align_corners": "Are -1 and 1 the middles of the corner elements, instead of their outer edges?",
    "groups": "Parts of the channels that do not see each other.",
    "output_padding": "Places added at the end of each spatial dimension of the result.",
    "conv.stride": "From one place of the kernel to the next.",
    "real": "The real parts.",
    "imag": "The imaginary parts.",
}  # fmt: skip

_SHAPES = "RuntimeError\n    If the shapes do not broadcast, or a dtype is not supported."
_DIM = "IndexError\n    If a dimension is out of range.\nRuntimeError\n    If a dtype is not supported."
RAISES = [  # by kind: pointwise, reduction, scan, product, view, index, random, opaque
    _SHAPES,
    _DIM,
    _DIM,
    "RuntimeError\n    If the shapes do not fit each other, or the dtypes differ.",
    "IndexError\n    If a dimension is out of range.\nRuntimeError\n    If the sizes do not fit the tensor.",
    "IndexError\n    If a dimension or an index is out of range.\nRuntimeError\n    If the shapes do not fit each other.",
    "RuntimeError\n    If the range or a probability is not valid, or a dtype is not supported.",
    "RuntimeError\n    If the arguments do not fit each other, or a dtype is not supported.",
]
RETURNS = [  # by what a row returns: new, view, input, input if same, value
    "",
    "A view: it shares the memory of `input`.",
    "`input` itself.",
    "`input` itself where there is nothing to do.",
    "",
]

_C._set_doc_texts(PARAMETERS, RAISES, RETURNS)

_TYPES = {
    "input": "Tensor", "self": "Tensor", "other": "Tensor or number", "dim": "int or tuple of int", "dims": "tuple of int",
    "dtype": "dtype, optional", "out": "Tensor, optional", "device": "device, optional", "generator": "Generator, optional",
    "index": "Tensor", "size": "int or tuple of int", "tensors": "sequence of Tensor", "mask": "Tensor", "src": "Tensor",
    "tensor": "Tensor", "mat1": "Tensor", "mat2": "Tensor", "vec": "Tensor", "k": "int", "n": "int", "chunks": "int",
}  # fmt: skip
_NONE = object()


def _type_of(name, default):
    kind = _TYPES.get(name)
    if kind is None:
        kind = "object" if default is _NONE or default is None else type(default).__name__
    if default is _NONE:
        return kind
    if default is None:
        return kind if kind.endswith("optional") else f"{kind}, optional"
    return f"{kind}, default {default!r}"


def extended(function, out=False):
    """The docstring of a composed function with its parameters, which are those of its code."""
    given = function.__doc__ or ""
    if "\n    ----" in given:
        return given
    function = getattr(function, "__wrapped__", function)
    code, plain, by_name = function.__code__, function.__defaults__ or (), function.__kwdefaults__ or {}
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    required = code.co_argcount - len(plain)
    lines = []
    for i, name in enumerate(names):
        default = plain[i - required] if required <= i < code.co_argcount else by_name.get(name, _NONE)
        lines.append(f"{name} : {_type_of(name, default)}")
        text = PARAMETERS.get(name)
        if text:
            lines.append("    " + text)
    if out:
        lines += ["out : Tensor, optional", "    " + PARAMETERS["out"]]
    summary, mark, examples = given.partition("\n    >>>")
    sections = [summary.rstrip()]
    if lines:
        sections.append("Parameters\n    ----------\n    " + "\n    ".join(lines))
    sections.append("Returns\n    -------\n    Tensor")
    if mark:
        sections.append(f"Examples\n    --------{mark}{examples.rstrip()}")
    return "\n\n    ".join(sections) + "\n    "
