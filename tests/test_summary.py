"""What a model is made of, and how far a loop is."""

import io

import pytest

import rushlight as torch
from rushlight import nn


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_summary_counts_parameters_products_and_bytes():
    net = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 8 * 8, 10))
    net[0].bias.requires_grad_(False)
    found = torch.summary(net, (2, 1, 8, 8))
    conv, linear = 4 * 9 + 4, 256 * 10 + 10
    assert (found.total_parameters, found.trained_parameters) == (conv + linear, conv + linear - 4)
    assert found.total_multiply_adds == 2 * 64 * 4 * 9 + 2 * 256 * 10
    assert found.total_bytes == 4 * (3 * 2 * 4 * 64 + 2 * 10)
    assert [row["path"] for row in found.rows] == ["", "0", "1", "2", "3"]
    assert found.rows[1]["shape"] == [2, 4, 8, 8]
    text = str(found)
    assert "0: Conv2d" in text and "2,610 parameters, 2,606 of them trained" in text
    assert all(not module._forward_hooks and not module._forward_pre_hooks for module in net.modules())


MODULES = {
    "linear": (lambda: nn.Linear(3, 5), [(4, 2, 3)], 4 * 2 * 3 * 5),
    "transposed": (lambda: nn.ConvTranspose1d(3, 5, 2), [(4, 3, 7)], 4 * 3 * 7 * 5 * 2),
    "groups": (lambda: nn.Conv2d(4, 8, 3, groups=2), [(1, 4, 5, 5)], 9 * 8 * 2 * 9),
    "bilinear": (lambda: nn.Bilinear(3, 4, 5), [(2, 3), (2, 4)], 2 * 5 * (3 * 4 + 3)),
    "lstm": (lambda: nn.LSTM(3, 5), [(7, 2, 3)], 14 * 4 * 5 * (3 + 5)),
    "cell": (lambda: nn.GRUCell(3, 5), [(2, 3)], 2 * 3 * 5 * (3 + 5)),
    "attention": (
        lambda: nn.MultiheadAttention(8, 2),
        [(5, 2, 8), (6, 2, 8), (6, 2, 8)],
        (10 + 12 + 12) * 8 * 8 + 2 * 10 * 6 * 8 + 10 * 8 * 8,
    ),
}


@pytest.mark.parametrize("name", MODULES)
def test_multiply_adds_are_those_of_the_products(name):
    make, shapes, expected = MODULES[name]
    assert torch.summary(make(), *shapes).total_multiply_adds == expected


def test_shared_parameters_count_once_and_calls_add_up():
    shared = nn.Linear(4, 4)
    net = nn.Sequential(shared, nn.Tanh(), shared)
    found = torch.summary(net, torch.ones(2, 4))
    assert found.total_parameters == 20
    assert found.rows[1]["calls"] == 2
    assert found.total_multiply_adds == 2 * 2 * 16


def test_a_failing_model_is_left_without_hooks():
    net = nn.Sequential(nn.Linear(4, 4))
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        torch.summary(net, (2, 5))
    assert not net[0]._forward_hooks
    with pytest.raises(TypeError, match="must be a Module, not int"):
        torch.summary(3, (2, 5))


def test_progress_is_silent_without_a_terminal_and_counts_on_one(monkeypatch):
    import sys

    quiet = io.StringIO()
    assert list(torch.progress([1, 2, 3], file=quiet)) == [1, 2, 3]
    assert quiet.getvalue() == ""
    monkeypatch.setitem(sys.modules, "tqdm", None)  # as if it were not installed
    shown = Terminal()
    assert list(torch.progress(iter("ab"), "reading", total=2, file=shown)) == ["a", "b"]
    assert "reading: 2/2" in shown.getvalue() and shown.getvalue().endswith("\n")


def test_progress_ends_its_line_where_a_loop_is_left(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "tqdm", None)
    shown = Terminal()
    loop = torch.progress([1, 2, 3], file=shown)
    next(loop)
    loop.close()
    assert shown.getvalue().endswith("\n")
