"""Walks of graphs that are deep, and of one graph by two threads."""

import gc
import threading

import pytest

import rushlight as torch


@pytest.mark.parametrize("hook", [None, lambda g: None])
def test_a_chain_of_a_million_is_walked_and_freed(hook):
    """With hooks the graph is explored ahead; neither way may go down by recursion."""
    assert gc.isenabled()
    x = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    if hook:
        x.register_hook(hook)
    y = x
    for _ in range(1_000_000):
        y = y + 1
    y.backward()
    assert x.grad.tolist() == [1.0]


def walk_noting(root, errors):
    try:
        root.backward()
    except RuntimeError as error:
        errors.append(str(error))


def test_two_threads_walk_one_graph():
    """One of them may find what it needs gone; neither ends the process."""
    for _ in range(20):
        x = torch.full((50,), 0.5, dtype=torch.float64, requires_grad=True)
        y = x
        for _ in range(100):
            y = (y * y).sin()
        errors = []
        threads = [threading.Thread(target=walk_noting, args=(y.sum(), errors)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all("second time" in error for error in errors)
