"""Losses."""

from rushlight import _C

from ._table import flat, lift, rule


@rule(
    "mse_loss",
    "smooth_l1_loss",
    "huber_loss",
    "soft_margin_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
)
def _loss_of_elements(layer, row, values, batched):
    x, y, reduction, coefficient = values
    rank = max(t.ndim - has for t, has in zip((x, y), batched))
    x, y = (lift(t, rank) if has else t for t, has in zip((x, y), batched))
    each = row([x, y, "none", coefficient])
    if reduction == "none":
        return each
    return _C.mean(flat(each), 1) if reduction == "mean" else _C.sum(flat(each), 1)


def _class_weights(layer, target, weight, ignore_index, like):
    """The weight of each target: zero for those that are to be ignored."""
    kept = _C.ne(target, ignore_index)
    safe = _C.where(kept, target, 0)
    if weight is None:
        return safe, _C._to(kept, None, like.dtype)
    return safe, _C.mul(_C.reshape(_C.index_select(weight, 0, _C.reshape(safe, (-1,))), safe.shape), kept)


@rule("nll_loss")
def _nll_loss(layer, row, values, batched):
    x, target, weight, reduction, ignore_index = values
    if batched[2]:
        return NotImplemented
    x = x if batched[0] else layer.expanded(x)
    target = target if batched[1] else layer.expanded(target)
    classes = 1 if x.ndim == 2 else 2
    safe, weights = _class_weights(layer, target, weight, ignore_index, x)
    picked = _C.squeeze(_C.gather(x, classes, _C.unsqueeze(safe, classes)), classes)
    losses = _C.neg(_C.mul(picked, weights))
    total = _C.sum(_C.reshape(weights, (layer.size, -1)), 1)
    if reduction == "none":
        return losses, total
    loss = _C.sum(_C.reshape(losses, (layer.size, -1)), 1)
    return (_C.div(loss, total) if reduction == "mean" else loss), total


@rule("nll_loss_backward")
def _nll_loss_backward(layer, row, values, batched):
    g, x, target, weight, reduction, ignore_index, total = values
    if batched[3]:
        return NotImplemented
    g, x, target = (v if has else layer.expanded(v) for v, has in zip((g, x, target), batched))
    classes = 1 if x.ndim == 2 else 2
    safe, weights = _class_weights(layer, target, weight, ignore_index, x)
    if reduction == "mean":
        g = _C.div(g, total)
    share = _C.neg(_C.mul(lift(g, target.ndim - 1), weights))
    zeros = _C.zeros(x.shape, dtype=x.dtype, device=x.device)
    return _C.scatter(zeros, classes, _C.unsqueeze(safe, classes), _C.unsqueeze(share, classes))
