"""The recorded graph as Python sees it, and hooks on what it keeps and on several gradients at once."""

import collections
import functools
from _thread import allocate_lock  # threading takes as long to import as much of this package

from rushlight import _C
from rushlight._C import Node
from rushlight._naming import Meta
from rushlight.utils.hooks import RemovableHandle

__all__ = [
    "Node",
    "disable_saved_tensors_hooks",
    "increment_version",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]


class saved_tensors_hooks(metaclass=Meta):
    """Inside, what ops keep for the backward pass goes through two functions.

    Parameters
    ----------
    pack_hook : callable
        Given each tensor as it is kept; whatever it returns is kept instead. It may not write into the tensor.
    unpack_hook : callable
        Given that, when the backward pass needs the tensor; returns a tensor of the same values.

    Notes
    -----
    Of several that are nested the innermost counts. A result that an op keeps comes without its history: a hook that
    returns it as it is closes no cycle.

    Examples
    --------
    >>> x = torch.ones(2, requires_grad=True)
    >>> with torch.autograd.graph.saved_tensors_hooks(lambda t: t.tolist(), torch.tensor):
    ...     y = x.exp()
    >>> torch.autograd.grad(y.sum(), x)
    (tensor([2.7183, 2.7183]),)
    """

    def __init__(self, pack_hook, unpack_hook):
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self):
        refused = _C._saved_hooks_refused()
        if refused is not None:
            raise RuntimeError(refused)
        _C._push_saved_hooks(self.pack_hook, self.unpack_hook)

    def __exit__(self, *exc):
        _C._pop_saved_hooks()


class save_on_cpu(saved_tensors_hooks):
    """Inside, what ops keep for the backward pass is kept in the CPU's memory; what is there already stays as it is.

    Parameters
    ----------
    pin_memory : bool, default False
        Accepted as in PyTorch; memory is not page-locked.
    device_type : str, default "cuda"
        Accepted as in PyTorch.

    Examples
    --------
    >>> x = torch.ones(2, requires_grad=True)
    >>> with torch.autograd.graph.save_on_cpu():
    ...     y = x * x
    >>> torch.autograd.grad(y.sum(), x)
    (tensor([2., 2.]),)
    """

    def __init__(self, pin_memory=False, device_type="cuda"):
        super().__init__(_to_cpu, _from_cpu)


def _to_cpu(tensor):
    moved = _C._to(tensor, "cpu")
    return tensor.device, moved, moved._version


def _from_cpu(packed):
    device, tensor, version = packed
    if tensor._version != version:  # a tensor that was on the CPU already is kept as it is
        raise RuntimeError(
            "one of the variables needed for gradient computation has been modified by an inplace operation: a tensor of shape "
            f"{list(tensor.shape)}, kept under save_on_cpu, is at version {tensor._version}; expected version {version} instead"
        )
    return _C._to(tensor, device)


class disable_saved_tensors_hooks(metaclass=Meta):
    """Inside, `saved_tensors_hooks` raises an error of this message; it is a decorator as well.

    Examples
    --------
    >>> with torch.autograd.graph.disable_saved_tensors_hooks("not here"):
    ...     with torch.autograd.graph.save_on_cpu():
    ...         pass
    Traceback (most recent call last):
    RuntimeError: not here
    """

    def __init__(self, error_message):
        self.error_message = error_message
        self._before = []

    def __enter__(self):
        if _C._saved_hooks():
            raise RuntimeError(self.error_message)
        self._before.append(_C._refuse_saved_hooks(self.error_message))

    def __exit__(self, *exc):
        _C._refuse_saved_hooks(self._before.pop())

    def __call__(self, function):
        @functools.wraps(function)
        def called(*args, **kwargs):
            with disable_saved_tensors_hooks(self.error_message):
                return function(*args, **kwargs)

        return called


def increment_version(tensor):
    """Count a write into a tensor, or into each of several, that rushlight did not see.

    Parameters
    ----------
    tensor : Tensor or iterable of Tensor
        What was written into.
    """
    for one in (tensor,) if isinstance(tensor, _C.TensorBase) else tensor:
        _C._bump_version(one)


class _MultiHandle(RemovableHandle, metaclass=Meta):
    """Removes the hooks of several tensors."""

    def __init__(self, handles):
        self.handles = handles

    def remove(self):
        for handle in self.handles:
            handle.remove()

    def __getstate__(self):
        return self.handles

    def __setstate__(self, state):
        self.handles = state


def register_multi_grad_hook(tensors, fn, *, mode="all"):
    """Call `fn` when the gradients of several tensors are there, once a backward pass.

    Parameters
    ----------
    tensors : sequence of Tensor
        Each has to ask for gradients.
    fn : callable
        Given the list of their gradients, None for those that this pass does not come to; in mode "any" the first one.
        What it returns is not used.
    mode : str, default "all"
        "all": once the last of them is there; "any": as soon as the first is.

    Returns
    -------
    RemovableHandle
        Takes the hook off all tensors.

    Examples
    --------
    >>> a, b = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    >>> handle = torch.autograd.graph.register_multi_grad_hook((a, b), print)
    >>> (a * b).sum().backward()
    [tensor([1., 1.]), tensor([1., 1.])]
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    collect = _collector_of_all(tuple(tensors), fn) if mode == "all" else _collector_of_any(fn)
    return _MultiHandle(tuple(t.register_hook(collect(place)) for place, t in enumerate(tensors)))


def _collector_of_all(tensors, fn):
    lock, walks = allocate_lock(), {}  # of each walk: how many gradients are still to come, and those that are there

    def collect(place):
        def hook(grad):
            walk = _C._walk_id()
            with lock:
                if walk not in walks:
                    walks[walk] = [sum(map(_C._walk_comes_to, tensors)), [None] * len(tensors)]
                state = walks[walk]
                state[0] -= 1
                state[1][place] = grad
                if state[0]:
                    return
                del walks[walk]
            fn(state[1])

        return hook

    return collect


def _collector_of_any(fn):
    lock, walks = allocate_lock(), collections.deque(maxlen=64)  # those it was called in: older ones are over

    def collect(_):
        def hook(grad):
            walk = _C._walk_id()
            with lock:
                if walk in walks:
                    return
                walks.append(walk)
            fn(grad)

        return hook

    return collect
