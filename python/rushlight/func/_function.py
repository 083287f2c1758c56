"""autograd.Function inside of transforms: its `jvp` in forward mode, its `vmap` or a generated rule under vmap."""

from typing import NamedTuple

from rushlight import _C
from rushlight.autograd.function import Function, FunctionCtx
from rushlight.autograd.grad_mode import enable_grad, no_grad

from ._forward import Forward
from ._layers import stack

__all__ = ["apply"]


class VmapInfo(NamedTuple):
    """What a Function's `vmap` is told of the vmap around it."""

    batch_size: int
    randomness: str


class _Ctx(FunctionCtx):
    """A ctx that is no node: for a forward whose backward somebody else calls."""

    def __init__(self, needs_input_grad):
        self.needs_input_grad = needs_input_grad
        self.to_save = ()

    @property
    def saved_tensors(self):
        return self.to_save


def _run_forward(cls, ctx, args):
    if cls.setup_context is Function.setup_context:
        return cls.forward(ctx, *args)
    out = cls.forward(*args)
    cls.setup_context(ctx, args, out)
    return out


def _tuple(x):
    return x if isinstance(x, tuple) else (x,)


def apply(cls, args, kwargs, plain):
    """A Function on arguments of which some may belong to a layer; `plain` calls it as if none did."""
    layered = [x for x in args if isinstance(x, _C.TensorBase) and _C._layer_of(x) is not None]
    if not layered:
        return plain()
    layer = max((_C._layer_of(x) for x in layered), key=lambda layer: layer.level)
    if not layer.is_active:
        return cls.apply(*(layer.inside(x) for x in args), **kwargs)
    if kwargs:
        raise RuntimeError(f"{cls.__name__}.apply: keyword arguments are not supported inside of a transform")
    return _forward_mode(cls, layer, args) if isinstance(layer, Forward) else _batched(cls, layer, args, plain)


def _forward_mode(cls, layer, args):
    if cls.jvp is Function.jvp:
        raise NotImplementedError(
            f"{cls.__name__} has no jvp: a Function needs one (jvp(ctx, *tangents)) where forward mode passes through it"
        )
    primals = tuple(layer.inside(x) for x in args)
    out = cls.apply(*primals)
    ctx = _Ctx(tuple(layer.owns(x) for x in args))
    with no_grad():
        _run_forward(cls, ctx, primals)
    ctx.saved_for_forward = getattr(ctx, "saved_for_forward", ctx.to_save)
    moved = _tuple(cls.jvp(ctx, *(layer.tangent(x) if layer.owns(x) else None for x in args)))
    made = tuple(layer.joined(o, t) for o, t in zip(_tuple(out), moved))
    return made if isinstance(out, tuple) else made[0]


def _batched(cls, layer, args, plain):
    inner = tuple(layer.inside(x) for x in args)
    if cls.vmap is not Function.vmap:
        if cls.generate_vmap_rule:
            raise RuntimeError(
                f"{cls.__name__} has both a vmap of its own and generate_vmap_rule=True: one of them is to go"
            )
        with _outside(layer):
            out, dims = cls.vmap(
                VmapInfo(layer.size, layer.randomness), tuple(0 if layer.owns(x) else None for x in args), *inner
            )
        pairs = zip(_tuple(out), dims if isinstance(dims, tuple) else (dims,) * len(_tuple(out)))
        made = tuple(o if d is None else layer.wrap(_C.transpose(o, d, 0) if d else o) for o, d in pairs)
        return made if isinstance(out, tuple) else made[0]
    if not cls.generate_vmap_rule:
        raise RuntimeError(
            f"{cls.__name__} is called under vmap: set generate_vmap_rule = True if its methods are made of ops, or give it a vmap of "
            "its own"
        )
    out = plain()
    if not any(isinstance(x, _C.TensorBase) and x.requires_grad for x in inner):
        return out
    # what is around the vmap differentiates as well: the same results with a history out there
    with enable_grad():
        outer = _tuple(_generated(cls, layer, args).apply(*inner))
    for o, x in zip(_tuple(out), outer):
        _C._set_layer(o, layer, x, None)
    return out


class _outside:
    """The layer and those inside of it have no part in what is computed."""

    def __init__(self, layer):
        self.level = layer.level

    def __enter__(self):
        self.kept = stack.layers[self.level - 1 :]
        del stack.layers[self.level - 1 :]

    def __exit__(self, *_):
        stack.layers.extend(self.kept)


def _generated(cls, layer, args):
    """The Function of whole batches: what cls does, wrapped and unwrapped, in both directions."""
    mapped = tuple(layer.owns(x) for x in args)

    class Batched(Function):
        @staticmethod
        def forward(ctx, *inner):
            ctx.one = _Ctx(ctx.needs_input_grad)
            given = [layer.wrap(x) if has else x for x, has in zip(inner, mapped)]
            out = _run_forward(cls, ctx.one, tuple(given))
            outs = tuple(layer.inside(o) if layer.owns(o) else layer.expanded(o) for o in _tuple(out))
            return outs if isinstance(out, tuple) else outs[0]

        @staticmethod
        def backward(ctx, *grads):
            with layer:  # it may have ended long ago
                found = _tuple(cls.backward(ctx.one, *(layer.wrap(g) for g in grads)))
                back = []
                for g, has in zip(found, mapped):
                    if g is not None:
                        g = layer.inside(g) if layer.owns(g) else layer.expanded(g)
                        g = g if has else _C.sum(g, 0)
                    back.append(g)
            return tuple(back)

    Batched.__name__ = cls.__name__
    return Batched
