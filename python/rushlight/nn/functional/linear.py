"""Products with weights."""

from rushlight import _C

__all__ = ["bilinear", "linear"]

linear = _C.linear


def bilinear(input1, input2, weight, bias=None):
    """input1 @ weight[k] @ input2 for every k, and the bias.

    Parameters
    ----------
    input1, input2 : Tensor
        [..., in1] and [..., in2].
    weight : Tensor
        [out, in1, in2].
    bias : Tensor, optional
        [out].
    """
    if input1.shape[:-1] != input2.shape[:-1]:
        raise RuntimeError(
            f"bilinear(): input batch dimensions do not match: got {list(input1.shape)} and {list(input2.shape)}"
        )
    if weight.ndim != 3:
        raise RuntimeError(f"bilinear(): weight must have 3 dims, [out, in1, in2], got shape {list(weight.shape)}")
    for name, x, size in (("input1", input1, weight.shape[1]), ("input2", input2, weight.shape[2])):
        if x.shape[-1] != size:
            raise RuntimeError(
                f"bilinear(): {name} size does not match weight size: got {x.shape[-1]} but expected {size}"
            )
    if bias is not None and (bias.ndim != 1 or bias.shape[0] != weight.shape[0]):
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {list(bias.shape)} but expected [{weight.shape[0]}]"
        )
    out, in1, in2 = weight.shape
    # [rows, in1] @ [in1, out * in2], then each row's part with its input2
    rows = _C.reshape(input1, (-1, in1))
    spread = _C.matmul(rows, _C.reshape(_C.permute(weight, (1, 0, 2)), (in1, out * in2)))
    spread = _C.reshape(spread, (-1, out, in2))
    made = _C.squeeze(_C.matmul(spread, _C.unsqueeze(_C.reshape(input2, (-1, in2)), 2)), 2)
    made = made if bias is None else _C.add(made, bias)
    return _C.reshape(made, (*input1.shape[:-1], out))
