"""Cases as functions of the tensors that a derivative is about."""

import rushlight as torch


def differentiable(case, sample, layout=None):
    """(function, tensors that ask for a gradient): the op of those tensors alone, seen through a layout."""
    made, keywords = sample.tensors(torch, "float64", grad=True)
    leaves = []

    def slot(x):
        """What gives an argument, of the tensors that the derivative is about."""
        if isinstance(x, torch.Tensor) and x.requires_grad:
            place = len(leaves)
            leaves.append(x)
            return lambda given: layout(torch, given[place]) if layout else given[place]
        if type(x) in (list, tuple):
            parts = [slot(y) for y in x]
            return lambda given: type(x)(part(given) for part in parts)
        return lambda given: x

    slots = [slot(x) for x in made]

    def function(*given):
        arguments = [argument(given) for argument in slots]
        if case.writes:
            arguments[0] = arguments[0] * 1  # a leaf may not be written into
        torch.manual_seed(7)
        found = case.of(torch)(*arguments, **keywords)
        return tuple(found) if isinstance(found, (list, tuple)) else real(found)

    return function, tuple(leaves)


def real(x):
    return torch.view_as_real(x) if x.dtype.is_complex else x
