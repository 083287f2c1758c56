"""torch.cuda on a machine for which rushlight has no GPU loops: what programs ask before they choose a device."""

__all__ = [
    "current_device",
    "device_count",
    "is_available",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "synchronize",
]


def is_available():
    """Whether a GPU can be used: never, in this build."""
    return False


def is_initialized():
    """Whether a GPU has been used: never, in this build."""
    return False


def device_count():
    """How many GPUs can be used: 0, in this build."""
    return 0


def manual_seed(seed):
    """Seed the generators of GPUs; nothing to seed is no error, as in PyTorch."""
    int(seed)


manual_seed_all = manual_seed


def _no_gpu(*args, **kwargs):
    raise RuntimeError("rushlight was built without CUDA: there is no GPU to use; ask torch.cuda.is_available() first")


current_device = synchronize = _no_gpu
