"""detect_anomaly: NaN in a backward pass, and where the op was called that gave it. On both libraries."""

import threading
import warnings

import pytest


@pytest.fixture
def searching(torch):
    """The search is on in the test, and off after it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context = torch.autograd.detect_anomaly()
    with context:
        yield
    assert not torch.is_anomaly_enabled()


def bad_root(torch):
    x = torch.zeros(1, requires_grad=True)
    return (x * 0).sqrt() * 0


def test_nan_is_found_and_its_op_named(torch, searching):
    y = bad_root(torch)
    with pytest.warns(UserWarning, match="Error detected in SqrtBackward0. Traceback of forward call") as seen:
        with pytest.raises(RuntimeError, match="Function 'SqrtBackward0' returned nan values in its 0th output."):
            y.backward()
    assert "in bad_root\n" in str(seen[0].message)


def test_errors_are_explained_as_well(torch, searching):
    class Bad(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            raise KeyError("mine")

    y = Bad.apply(torch.ones(1, requires_grad=True))
    with pytest.warns(UserWarning, match="Error detected in BadBackward"), pytest.raises(KeyError, match="mine"):
        y.backward()


def test_what_led_to_a_node_of_a_backward_pass_is_told(torch, searching):
    x = torch.zeros(1, requires_grad=True)
    (g,) = torch.autograd.grad(((x + 1) ** 0.5).sum(), x, create_graph=True)
    assert "PowBackward0" in g.grad_fn.metadata["parent_"].name() or g.grad_fn.metadata["parent_"] is not None
    y = (x * x).sum()
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    node = g.grad_fn
    while "parent_" not in node.metadata or node.metadata["parent_"] is None:
        node = node.next_functions[0][0]
    assert node.metadata["parent_"].name() == "MulBackward0"


def test_nan_may_be_let_through(torch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with torch.autograd.detect_anomaly(check_nan=False):
            assert torch.is_anomaly_enabled() and not torch.is_anomaly_check_nan_enabled()
            bad_root(torch).backward()


def test_recorded_without_the_search_there_is_no_traceback(torch):
    y = bad_root(torch)
    with torch.autograd.set_detect_anomaly(True):
        with pytest.warns(UserWarning, match="No forward pass information available"), pytest.raises(RuntimeError):
            y.backward()


def test_the_switches(torch):
    with torch.autograd.set_detect_anomaly(True, check_nan=False):
        assert (torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()) == (True, False)
        with torch.autograd.set_detect_anomaly(False):
            assert not torch.is_anomaly_enabled()
        assert torch.is_anomaly_enabled()
    torch.autograd.set_detect_anomaly(True)
    torch.set_anomaly_enabled(False)
    assert not torch.is_anomaly_enabled()
    with pytest.warns(UserWarning, match="Anomaly Detection has been enabled"):
        torch.autograd.detect_anomaly()
    assert not torch.is_anomaly_enabled()


def test_the_search_in_a_thread(torch, searching):
    caught = []

    def walk():
        try:
            bad_root(torch).backward()
        except RuntimeError as error:
            caught.append(str(error))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        thread = threading.Thread(target=walk)
        thread.start()
        thread.join()
    assert len(caught) == 1 and "SqrtBackward0" in caught[0]
