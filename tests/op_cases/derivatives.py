"""Cases as functions of some of their tensors."""

import rushlight as torch


def opened(arguments, take):
    """(fill, taken): the arguments with holes where tensors were taken out, and `fill(tensors)`, which gives arguments again.

    ``take(tensor, taken)`` gives what stands for a tensor in the list, or None to leave it where it is.
    """
    taken = []

    def slot(x):
        """What gives an argument, of the tensors in the holes."""
        if type(x) in (list, tuple):
            parts = [slot(y) for y in x]
            return lambda given: type(x)(part(given) for part in parts)
        kept = take(x, taken) if isinstance(x, torch.Tensor) else None
        if kept is None:
            return lambda given: x
        taken.append(kept)
        place = len(taken) - 1
        return lambda given: given[place]

    slots = [slot(x) for x in arguments]
    return lambda given: [argument(given) for argument in slots], taken


def differentiable(case, sample, layout=None):
    """(function, tensors that ask for a gradient): the op of those tensors alone, seen through a layout."""
    made, keywords = sample.tensors(torch, "float64", grad=True)
    fill, leaves = opened(made, lambda x, _: x if x.requires_grad else None)

    def function(*given):
        arguments = fill([layout(torch, x) for x in given] if layout else given)
        if case.writes:
            arguments[0] = arguments[0] * 1  # a leaf may not be written into
        torch.manual_seed(7)
        found = case.of(torch)(*arguments, **keywords)
        return tuple(found) if isinstance(found, (list, tuple)) else real(found)

    return function, tuple(leaves)


def real(x):
    return torch.view_as_real(x) if x.dtype.is_complex else x
