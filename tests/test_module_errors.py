"""An error of rushlight's own says which module it came from; anybody else's passes as it is."""

import pytest

import rushlight as torch
from rushlight import nn


def test_the_path_of_the_module_stands_on_a_line_below():
    net = nn.Sequential(nn.Sequential(nn.ReLU(), nn.Linear(3, 2)))
    with pytest.raises(RuntimeError) as caught:
        net(torch.ones(1, 5))
    assert str(caught.value).splitlines()[-1] == "  in 0.1: Linear(in_features=3, out_features=2, bias=True)"


def test_a_module_called_alone_has_no_path():
    with pytest.raises(RuntimeError, match=r"\n  in Linear\(in_features=3"):
        nn.Linear(3, 2)(torch.ones(1, 5))


def test_foreign_errors_keep_their_arguments():
    class Raises(nn.Module):
        def forward(self, x):
            raise ValueError("mine", x)

    with pytest.raises(ValueError) as caught:
        nn.Sequential(Raises())(1)
    assert caught.value.args == ("mine", 1)


def test_a_broken_extra_repr_does_not_hide_the_error():
    class Broken(nn.Linear):
        def extra_repr(self):
            raise KeyError("x")

    with pytest.raises(RuntimeError, match="\n  in 0: Broken$"):
        nn.Sequential(Broken(3, 2))(torch.ones(1, 5))
