"""Shorthands for ops element by element: of one tensor, and of two that broadcast."""

import functools

import numpy as np

from .case import EDGES, FLOATING, NUMERIC_BOOL, Bad, Case, S, args


def unary(
    name,
    ref,
    *,
    domain=(-2.0, 2.0),
    edges=True,
    long=(19, 67),
    dtypes=FLOATING,
    result="float",
    ulp=1.0,
    grad=True,
    **more,
):
    """A pointwise op of one tensor; `long` is the sample longer than any vector register, smaller where the reference is slow."""
    low, high = domain
    s = functools.partial(S, low=low, high=high)
    samples = [args(s(3, 5)), args(s()), args(s(0, 4)), args(s(2, 3, 4)), args(s(*long))]
    grad_samples = samples[:4]
    if edges:
        samples.append(args(S(values=np.array([*(EDGES if edges is True else edges), low, high]))))
    return Case(
        name, ref, samples, dtypes=dtypes, result=result, ulp=ulp, grad=grad, grad_samples=grad_samples, large=[args(s(301, 401))],
        pointwise=True, **more,
    )  # fmt: skip


def binary(
    name,
    ref,
    *,
    domain=(-2.0, 2.0),
    other=None,
    edges=True,
    long=(19, 67),
    dtypes=NUMERIC_BOOL,
    result="same",
    ulp=0.5,
    grad=True,
    **more,
):
    """A pointwise op of two tensors that broadcast, or of a tensor and a number."""
    low, high = domain
    a, b = (
        functools.partial(S, low=low, high=high),
        functools.partial(S, low=(other or domain)[0], high=(other or domain)[1]),
    )
    samples = [
        args(a(3, 5), b(3, 5)), args(a(), b()), args(a(0, 4), b(1, 4)), args(a(2, 1, 4), b(3, 1)), args(a(*long), b(long[-1])),
    ]  # fmt: skip
    grad_samples = samples[:4]
    if edges:
        one, two = np.meshgrid(*[np.array(EDGES if edges is True else edges)] * 2)
        samples.append(args(S(values=one), S(values=two)))
    bad = [
        Bad(
            S(2, 3),
            S(4),
            tested=dtypes[0],
            raises=RuntimeError,
            match=r"must match the size of tensor b \([34]\) at non-singleton dimension 1",
        ),
        Bad(S(2), "text", raises=TypeError, match=name),
        Bad(S(2), raises=TypeError, match="other|exponent|values"),
    ]
    return Case(
        name, ref, samples, dtypes=dtypes, result=result, ulp=ulp, grad=grad, grad_samples=grad_samples,
        large=[args(a(301, 401), b(301, 401)), args(a(301, 401), b(401))], bad=bad + list(more.pop("bad", ())), pointwise=True, **more,
    )  # fmt: skip
