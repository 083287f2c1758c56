"""Random ops: derivatives and docstrings. For a seed they draw the numbers that PyTorch draws on a CPU."""

from rushlight import _C

from ._table import op, zero

__all__ = [
    "bernoulli",
    "multinomial",
    "normal",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
]


def _dropout_grad(g, p, out):
    return _C._masked_scale(g[0], out[1], 0.0 if p == 1 else 1 / (1 - p))


rand = op(
    _C.rand,
    grad=zero,
    doc="""Uniform numbers from 0 to 1, 1 excluded.

    Parameters
    ----------
    *size : int
        The shape, as ints or one sequence.
    generator : Generator, optional
        Where the numbers come from; the default one otherwise.
    dtype : dtype, optional
        A floating dtype; the default one otherwise.
    device : device, optional
        Where the result lives.
    out : Tensor, optional
        Where the result is written.

    Returns
    -------
    Tensor, shape `size`
        The numbers.

    Raises
    ------
    NotImplementedError
        If the dtype is not floating.
    RuntimeError
        If a size is negative.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> torch.rand(3)
    tensor([0.4963, 0.7682, 0.0885])
    """,
)

randn = op(
    _C.randn,
    grad=zero,
    doc="""Normal numbers of mean 0 and standard deviation 1.

    Parameters
    ----------
    *size : int
        The shape, as ints or one sequence.
    generator : Generator, optional
        Where the numbers come from; the default one otherwise.
    dtype : dtype, optional
        A floating dtype; the default one otherwise.
    device : device, optional
        Where the result lives.
    out : Tensor, optional
        Where the result is written.

    Returns
    -------
    Tensor, shape `size`
        The numbers.

    Raises
    ------
    NotImplementedError
        If the dtype is not floating.
    RuntimeError
        If a size is negative.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> torch.randn(3)
    tensor([ 1.5410, -0.2934, -2.1788])
    """,
)

randint = op(
    _C.randint,
    grad=zero,
    doc="""Whole numbers, all alike likely, from `low` to `high`, `high` excluded.

    Parameters
    ----------
    low : int, default 0
        The least one.
    high : int
        One more than the greatest.
    size : sequence of int
        The shape.
    generator : Generator, optional
        Where the numbers come from; the default one otherwise.
    dtype : dtype, default int64
        Of the result.
    device : device, optional
        Where the result lives.
    out : Tensor, optional
        Where the result is written.

    Returns
    -------
    Tensor, shape `size`
        The numbers.

    Raises
    ------
    RuntimeError
        If `low` is not below `high`, or the dtype cannot hold them.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> torch.randint(3, 10, (4,))
    tensor([7, 6, 3, 5])
    """,
)

randperm = op(
    _C.randperm,
    grad=zero,
    doc="""The whole numbers below `n` in random order.

    Parameters
    ----------
    n : int
        How many.
    generator : Generator, optional
        Where the numbers come from; the default one otherwise.
    dtype : dtype, default int64
        Of the result.
    device : device, optional
        Where the result lives.
    out : Tensor, optional
        Where the result is written.

    Returns
    -------
    Tensor, shape (n,)
        The order.

    Raises
    ------
    RuntimeError
        If `n` is negative, or the dtype cannot hold the numbers.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> torch.randperm(4)
    tensor([0, 1, 3, 2])
    """,
)

rand_like = op(
    _C.rand_like,
    doc="""Uniform numbers from 0 to 1 in the shape of a tensor.

    Parameters
    ----------
    input : Tensor
        Whose shape, stride order, dtype and device the result has.
    generator : Generator, optional
        Where the numbers come from; the default one otherwise.
    dtype : dtype, optional
        Another floating dtype.
    device : device, optional
        Another device.

    Returns
    -------
    Tensor, shape of `input`
        The numbers.

    Raises
    ------
    NotImplementedError
        If the dtype is not floating.

    Examples
    --------
    >>> torch.rand_like(torch.zeros(2, 3)).shape
    torch.Size([2, 3])
    """,
)

randn_like = op(
    _C.randn_like,
    doc="""Normal numbers of mean 0 and standard deviation 1 in the shape of a tensor.

    Parameters
    ----------
    input : Tensor
        Whose shape, stride order, dtype and device the result has.
    generator : Generator, optional
        Where the numbers come from; the default one otherwise.
    dtype : dtype, optional
        Another floating dtype.
    device : device, optional
        Another device.

    Returns
    -------
    Tensor, shape of `input`
        The numbers.

    Raises
    ------
    NotImplementedError
        If the dtype is not floating.

    Examples
    --------
    >>> torch.randn_like(torch.zeros(2, 3)).shape
    torch.Size([2, 3])
    """,
)

randint_like = op(
    _C.randint_like,
    doc="""Whole numbers from `low` to `high`, `high` excluded, in the shape of a tensor.

    Parameters
    ----------
    input : Tensor
        Whose shape, stride order, dtype and device the result has.
    low : int, default 0
        The least one.
    high : int
        One more than the greatest.
    generator : Generator, optional
        Where the numbers come from; the default one otherwise.
    dtype : dtype, optional
        Another dtype.
    device : device, optional
        Another device.

    Returns
    -------
    Tensor, shape of `input`
        The numbers.

    Raises
    ------
    RuntimeError
        If `low` is not below `high`, or the dtype cannot hold them.

    Examples
    --------
    >>> torch.randint_like(torch.zeros(2, 3), 5).shape
    torch.Size([2, 3])
    """,
)

# A draw does not follow its mean and spread: the gradient is 0, as in PyTorch.
normal = op(
    _C.normal,
    grad=zero,
    doc="""Normal numbers of given means and standard deviations.

    Parameters
    ----------
    mean, std : float or Tensor
        Tensors broadcast against each other; `std` is 1 where only `mean` is given.
    size : sequence of int, optional
        The shape, where both are numbers.
    generator : Generator, optional
        Where the numbers come from; the default one otherwise.
    dtype : dtype, optional
        With `size`: a floating dtype; the default one otherwise.
    device : device, optional
        With `size`: where the result lives.
    out : Tensor, optional
        Where the result is written.

    Returns
    -------
    Tensor
        Of the broadcast shape, or of `size`.

    Raises
    ------
    RuntimeError
        If a standard deviation is negative, or the shapes do not broadcast.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> torch.normal(torch.tensor([0.0, 100.0]), 1.0)
    tensor([ 1.5410, 99.7066])
    """,
)

bernoulli = op(
    _C.bernoulli,
    grad=zero,
    doc="""Ones with given probabilities, else zeros.

    Parameters
    ----------
    input : Tensor, floating
        The probability of each one; only its shape and dtype count where `p` is given.
    p : float, optional
        One probability for all.
    generator : Generator, optional
        Where the numbers come from; the default one otherwise.
    out : Tensor, optional
        Where the result is written.

    Returns
    -------
    Tensor, shape and dtype of `input`
        Zeros and ones.

    Raises
    ------
    RuntimeError
        If a probability is not from 0 to 1.

    Examples
    --------
    >>> torch.bernoulli(torch.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """,
)

multinomial = op(
    _C.multinomial,
    grad=zero,
    doc="""Categories drawn by their weights.

    Parameters
    ----------
    input : Tensor, shape (n,) or (rows, n), floating
        Weights, not negative; they need not add up to 1.
    num_samples : int
        How many to draw from each row.
    replacement : bool, default False
        Whether a category may be drawn again.
    generator : Generator, optional
        Where the numbers come from; the default one otherwise.
    out : Tensor, optional
        Where the result is written.

    Returns
    -------
    Tensor, shape (num_samples,) or (rows, num_samples), int64
        The categories.

    Raises
    ------
    RuntimeError
        If a weight is negative or not finite, a row adds up to 0, or too many are asked for.

    Examples
    --------
    >>> torch.multinomial(torch.tensor([0.0, 3.0, 0.0]), 2, replacement=True)
    tensor([1, 1])
    """,
)

_dropout = op(
    _C._dropout,
    grad=_dropout_grad,
    node="MulBackward0",
    doc="""The input with elements zeroed at random and the others scaled, and which ones were kept.""",
)

# In place: what was there is gone, and with it the gradient.
uniform_ = op(_C.uniform_, grad=zero, doc="""Fills with uniform numbers from `from_` to `to`, `to` excluded.""")
normal_ = op(_C.normal_, grad=zero, doc="""Fills with normal numbers of the given mean and standard deviation.""")
random_ = op(
    _C.random_,
    grad=zero,
    doc="""Fills with whole numbers, all alike likely: a given range, or all the dtype holds from 0.""",
)
bernoulli_ = op(_C.bernoulli_, grad=zero, doc="""Fills with ones with the given probability, else zeros.""")
exponential_ = op(_C.exponential_, grad=zero, doc="""Fills with exponentially distributed numbers of rate `lambd`.""")
cauchy_ = op(_C.cauchy_, grad=zero, doc="""Fills with Cauchy distributed numbers of the given median and half-width.""")
geometric_ = op(
    _C.geometric_, grad=zero, doc="""Fills with the number of trials up to the first success of probability `p`."""
)
log_normal_ = op(
    _C.log_normal_, grad=zero, doc="""Fills with numbers whose logarithm is normal, of the given mean and deviation."""
)
