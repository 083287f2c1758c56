"""What all tests share: the peer, the programs beside the checkout, and a clean state before and after each test."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


def pytest_collection_modifyitems(items):
    for item in items:
        if "peer" in item.fixturenames:
            item.add_marker("peer")
        if "shared" in item.fixturenames:
            item.add_marker("shared")


@pytest.fixture(autouse=True)
def own_state():
    """Seed, number of threads and default dtype are a test's own."""
    import rushlight

    threads, dtype = rushlight.get_num_threads(), rushlight.get_default_dtype()
    rushlight.manual_seed(0)
    yield
    assert rushlight.is_grad_enabled(), "the test left gradients off"
    if rushlight.get_num_threads() != threads:
        rushlight.set_num_threads(threads)
    if rushlight.get_default_dtype() != dtype:
        rushlight.set_default_dtype(dtype)


@pytest.fixture(scope="session")
def peer():
    """PyTorch itself, on one thread."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: nothing to compare with")
    torch.set_num_threads(1)
    return torch


@pytest.fixture(params=["rushlight", pytest.param("torch", marks=pytest.mark.peer)])
def torch(request):
    """The library that a test is about: what it says must hold for rushlight and, where it is installed, for PyTorch."""
    import rushlight

    return rushlight if request.param == "rushlight" else request.getfixturevalue("peer")


@pytest.fixture(scope="session")
def shared():
    """The folder of programs, recipes and data beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("no folder `shared` beside the checkout")
    return SHARED


@pytest.fixture(scope="session")
def root():
    """The checkout."""
    return ROOT
