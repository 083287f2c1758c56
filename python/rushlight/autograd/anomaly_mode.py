"""The search for the op whose derivative fails or gives NaN."""

import warnings

from rushlight import _C

__all__ = ["detect_anomaly", "set_detect_anomaly"]


def _note(metadata, cause):
    """Keep where a node was recorded, and the node whose derivative was being computed, in its metadata."""
    import traceback  # takes as long to import as much of this package

    metadata["traceback_"] = traceback.format_stack()
    metadata["parent_"] = cause


def _has_nan(gradient):
    gradient = gradient.detach()
    return bool(_C.any(_C.ne(gradient, gradient)))


def _warn(node):
    """Tell where the node was recorded, and what led to it."""
    lines = node.metadata.get("traceback_")
    if lines is None:
        warnings.warn(
            f"Error detected in {node.name()}. No forward pass information available. Enable detect anomaly during forward "
            "pass for more information.",
            stacklevel=2,
        )
        return
    warnings.warn(
        f"Error detected in {node.name()}. Traceback of forward call that caused the error:\n" + "".join(lines),
        stacklevel=2,
    )
    while (node := node.metadata.get("parent_")) is not None and "traceback_" in node.metadata:
        warnings.warn(
            f"\n\nPrevious calculation was induced by {node.name()}. Traceback of forward call that induced the previous "
            "calculation:\n" + "".join(node.metadata["traceback_"]),
            stacklevel=2,
        )


def set_anomaly_enabled(mode, check_nan=True):
    """Turn the search for failing derivatives on or off; see `autograd.detect_anomaly`."""
    _C._set_anomaly(mode, check_nan)


def is_anomaly_enabled():
    """Is the search for failing derivatives on?"""
    return _C._anomaly() > 0


def is_anomaly_check_nan_enabled():
    """Does a derivative that holds NaN fail?"""
    return _C._anomaly() == 2


class set_detect_anomaly:
    """Turn the search on or off, from the call on; as a context manager, inside.

    Parameters
    ----------
    mode : bool
        On or off.
    check_nan : bool, default True
        Raise where a derivative holds NaN.

    Examples
    --------
    >>> x = torch.zeros(1, requires_grad=True)
    >>> with torch.autograd.set_detect_anomaly(True):
    ...     y = (x * 0).sqrt() * 0
    ...     y.backward()
    Traceback (most recent call last):
    RuntimeError: Function 'SqrtBackward0' returned nan values in its 0th output.
    """

    def __init__(self, mode, check_nan=True):
        self._before = _C._anomaly()
        _C._set_anomaly(mode, check_nan)

    def __enter__(self):
        pass

    def __exit__(self, *exc):
        _C._set_anomaly(self._before > 0, self._before == 2)


class detect_anomaly(set_detect_anomaly):
    """Inside, a derivative that fails warns with the traceback of the op in the forward pass; one that holds NaN fails.

    Ops take many times as long, as each keeps its traceback: for the search alone.
    """

    def __init__(self, check_nan=True):
        super().__init__(True, check_nan)
        _C._set_anomaly(self._before > 0, self._before == 2)
        self._check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for debugging.",
            stacklevel=2,
        )

    def __enter__(self):
        self._before = _C._anomaly()
        _C._set_anomaly(True, self._check_nan)
