"""Derivatives held against differences of values."""

import itertools

from rushlight import _C

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]


class GradcheckError(RuntimeError):
    """An analytical derivative differs from the numerical one."""


def _tensors(x):
    return tuple(t for t in (x if isinstance(x, (tuple, list)) else (x,)) if isinstance(t, _C.TensorBase))


def _outputs(function, inputs):
    return tuple(t for t in _tensors(function(*inputs)) if t.dtype.is_floating_point or t.dtype.is_complex)


def _parts(dtype):
    """The directions in which one element may move: two where it is complex."""
    return (1.0, 1j) if dtype.is_complex else (1.0,)


def _reals(x):
    """All elements as Python floats, real and imaginary parts side by side."""
    x = x.detach().contiguous()
    return (_C.view_as_real(x) if x.dtype.is_complex else x).reshape(-1).tolist()


def _numerical(function, inputs, x, eps):
    """Rows: the real parameters of x; one list of real columns an output."""
    values = x.data
    rows = []
    for place in itertools.product(*map(range, x.shape)):
        cell = values[place]
        kept = cell.item()
        for part in _parts(x.dtype):
            found = []
            for step in (eps, -eps):
                cell.fill_(kept + part * step)
                found.append([_reals(y) for y in _outputs(function, inputs)])
            cell.fill_(kept)
            rows.append([[(a - b) / (2 * eps) for a, b in zip(*pair)] for pair in zip(*found)])
    return rows


def _pushed(function, inputs, x):
    """As `_numerical`, by forward mode: of each real parameter of x how every output moves."""
    from rushlight.func import jvp

    def moved(given):
        return _outputs(function, tuple(given if y is x else y for y in inputs))

    at, rows = x.detach(), []
    for place in itertools.product(*map(range, x.shape)):
        for part in _parts(x.dtype):
            along = _C.zeros(x.shape, dtype=x.dtype)
            along[place] = part
            rows.append([_reals(t) for t in jvp(moved, (at,), (along,))[1]])
    return rows


def _same_together(y, x):
    from rushlight.autograd import grad

    if y.numel() == 0:
        return True
    seeds = _C.reshape(_C._to(_C.eye(y.numel()), None, y.dtype), (y.numel(), *y.shape))
    (together,) = grad(y, x, seeds, retain_graph=True, allow_unused=True, is_grads_batched=True)
    alone = [grad(y, x, seed, retain_graph=True, allow_unused=True)[0] for seed in seeds]
    if together is None or alone[0] is None:
        return together is None and alone[0] is None
    return bool(_C.all(_C.le(_C.abs(_C.sub(together, _C.stack(alone))), 1e-9)))


def gradcheck(
    func, inputs, *, eps=1e-6, atol=1e-5, rtol=1e-3, raise_exception=True, nondet_tol=0.0, check_undefined_grad=True,
    check_grad_dtypes=False, check_batched_grad=False, check_batched_forward_grad=False, check_forward_ad=False,
    check_backward_ad=True, fast_mode=False, masked=None,
):  # fmt: skip
    """Are the gradients of `func` at `inputs` those that small differences give?

    Parameters
    ----------
    func : callable
        From tensors to a tensor or a tuple of tensors.
    inputs : Tensor or tuple
        Those that ask for gradients are checked; they should be float64 or complex128.
    eps, atol, rtol : float
        Size of the differences, and how far the two may be apart.
    check_backward_ad, check_forward_ad : bool
        By which modes: reverse (the default), forward, or both.
    check_batched_grad : bool, default False
        Also hold rows of the Jacobian, computed together by vmap, to those computed one by one.

    Raises
    ------
    GradcheckError
        If they differ, or no input asks for gradients, unless `raise_exception` is False (False is returned then).
    """
    from rushlight.autograd import grad

    inputs = inputs if isinstance(inputs, (tuple, list)) else (inputs,)
    asked = [x for x in inputs if isinstance(x, _C.TensorBase) and x.requires_grad]

    def fail(text):
        if raise_exception:
            raise GradcheckError(text)
        return False

    if not asked:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them have requires_grad=True."
        )
    outputs = _outputs(func, inputs)

    def apart(way, o, place, at, value, expected):
        if abs(value - expected) <= atol + rtol * abs(expected):
            return None
        return (
            f"Jacobian mismatch for output {o} with respect to input {place}{way}: element {at} is numerically {expected:.8g}, "
            f"analytically {value:.8g}"
        )

    for place, x in enumerate(asked):
        if not any(y.requires_grad for y in outputs):
            break
        numerical = _numerical(func, inputs, x, eps)
        if check_forward_ad:
            for i, columns in enumerate(_pushed(func, inputs, x)):
                for o, column in enumerate(columns):
                    for j, value in enumerate(column):
                        text = apart(", in forward mode", o, place, (i, j), value, numerical[i][o][j])
                        if text:
                            return fail(text)
        for o, y in enumerate(outputs):
            if not y.requires_grad or not check_backward_ad:  # cut from the inputs on purpose
                continue
            if check_batched_grad and not _same_together(y, x):
                return fail(
                    f"gradients of output {o} by input {place}, computed as a batch, differ from those one by one"
                )
            parts = _parts(y.dtype)
            for j in range(y.numel() * len(parts)):
                # the gradient of a real (or imaginary) part: dL/dRe(x) + i dL/dIm(x)
                seed = _C.zeros(y.shape, dtype=y.dtype)  # row-major, so that reshape gives a view of it
                seed.reshape(-1)[j // len(parts)] = parts[j % len(parts)]
                (found,) = grad(y, x, seed, retain_graph=True, allow_unused=True)
                column = [0.0] * len(numerical) if found is None else _reals(found)
                for i, value in enumerate(column):
                    text = apart("", o, place, (i, j), value, numerical[i][o][j])
                    if text:
                        return fail(text)
    return True


def gradgradcheck(
    func, inputs, grad_outputs=None, *, eps=1e-6, atol=1e-5, rtol=1e-3, gen_non_contig_grad_outputs=False, raise_exception=True,
    nondet_tol=0.0, check_undefined_grad=True, check_grad_dtypes=False, check_batched_grad=False, check_fwd_over_rev=False,
    check_rev_over_rev=True, fast_mode=False, masked=False,
):  # fmt: skip
    """Are the second derivatives of `func` at `inputs` those that small differences of the first give?"""
    from rushlight.autograd import grad

    inputs = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    if grad_outputs is None:
        made = []
        for place, y in enumerate(_outputs(func, inputs)):
            wave = _C.cos(_C.mul(_C.arange(y.numel(), dtype=_C.float64), 1.7 + place)).to(y.dtype)
            if y.dtype.is_complex:
                wave = _C.mul(wave, 1 + 0.3j)
            made.append(_C.reshape(wave, y.shape).requires_grad_())
        grad_outputs = tuple(made)
    grad_outputs = grad_outputs if isinstance(grad_outputs, tuple) else tuple(_tensors(grad_outputs))
    count = len(grad_outputs)

    def first(*args):
        seeds, given = args[:count], args[count:]
        outputs = _outputs(func, given)
        asked = [x for x in given if isinstance(x, _C.TensorBase) and x.requires_grad]
        pairs = [(y, g) for y, g in zip(outputs, seeds) if y.requires_grad]
        found = grad([y for y, _ in pairs], asked, [g for _, g in pairs], create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    return gradcheck(first, grad_outputs + inputs, eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception)
