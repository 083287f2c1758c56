"""How this build was made and what it runs on."""

from rushlight import _C


def isa():
    """The instruction set that was picked at load: v2, v3, v4 or baseline."""
    return _C._isa()


def show():
    """One paragraph about the build."""
    return (
        f"rushlight {_C.__version__}\n  - instruction set: {isa()}\n  - threads: {_C.get_num_threads()}\n  - CUDA: no\n"
    )
