"""Parameters without a shape, and the modules that have them until their first call; each test holds for PyTorch too."""

import copy
import pickle

import pytest


def lazy_net(torch):
    torch.manual_seed(5)
    return torch.nn.Sequential(torch.nn.LazyLinear(4), torch.nn.ReLU(), torch.nn.LazyLinear(2, bias=False))


def test_the_first_call_makes_them_ordinary_modules(torch):
    net = lazy_net(torch)
    assert repr(net[0]) == "LazyLinear(in_features=0, out_features=4, bias=True)"
    assert repr(net[0].weight) == "<UninitializedParameter>" and net[0].has_uninitialized_params()
    assert net(torch.ones(3, 6)).shape == (3, 2)
    assert type(net[0]) is torch.nn.Linear and type(net[0].weight) is torch.nn.Parameter
    assert repr(net[2]) == "Linear(in_features=4, out_features=2, bias=False)"
    assert not hasattr(net[0], "_initialize_hook")
    net(torch.ones(3, 6)).sum().backward()
    assert net[0].weight.grad.shape == (4, 6)


def test_the_values_are_those_of_a_linear_from_the_same_seed(torch):
    net = lazy_net(torch)
    net(torch.ones(3, 6))
    torch.manual_seed(5)
    first, second = torch.nn.Linear(6, 4), torch.nn.Linear(4, 2, bias=False)
    assert net[0].weight.tolist() == first.weight.tolist() and net[0].bias.tolist() == first.bias.tolist()
    assert net[2].weight.tolist() == second.weight.tolist()


def test_what_needs_a_shape_is_refused(torch):
    weight = lazy_net(torch)[0].weight
    for use in (
        lambda: weight + 1,
        lambda: 1 + weight,
        lambda: weight.sum(),
        lambda: weight.uniform_(),
        lambda: weight.numel(),
        lambda: weight[0],
    ):
        with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter in"):
            use()
    with pytest.raises(RuntimeError, match="Can't access the shape of an uninitialized parameter or buffer"):
        weight.shape
    with pytest.raises(RuntimeError, match="Can't share memory on an uninitialized parameter or buffer"):
        weight.share_memory_()


def test_moving_and_converting_waits_with_it(torch):
    net = lazy_net(torch).double()
    assert net[0].weight.dtype == torch.float64 and repr(net[0].weight) == "<UninitializedParameter>"
    assert net(torch.ones(1, 3, dtype=torch.float64)).dtype == torch.float64


@pytest.mark.parametrize(
    "again", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))], ids=["deepcopy", "pickle"]
)
def test_a_copy_is_lazy_on_its_own(torch, again):
    net = lazy_net(torch)
    other = again(net)
    other(torch.ones(3, 6))
    assert type(other[0]) is torch.nn.Linear and type(net[0]) is torch.nn.LazyLinear
    net(torch.ones(3, 5))
    assert net[0].in_features == 5


def test_states_go_both_ways(torch):
    full, net = lazy_net(torch), lazy_net(torch)
    assert repr(net.state_dict()["0.weight"]) == "<UninitializedParameter>"
    full(torch.ones(3, 6))
    net.load_state_dict(full.state_dict())
    assert net[0].weight.tolist() == full[0].weight.tolist() and type(net[0]) is torch.nn.LazyLinear
    assert net(torch.ones(3, 6)).tolist() == full(torch.ones(3, 6)).tolist() and net[0].in_features == 6
    with pytest.raises(RuntimeError, match="uninitialized parameter"):
        full.load_state_dict(lazy_net(torch).state_dict())
    lazy_net(torch).load_state_dict(lazy_net(torch).state_dict())


def test_a_module_of_ones_own_says_how(torch):
    class Scale(torch.nn.modules.lazy.LazyModuleMixin, torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = torch.nn.UninitializedParameter()
            self.register_buffer("seen", torch.nn.UninitializedBuffer())

        def initialize_parameters(self, x):
            self.scale.materialize(x.shape[1:])
            torch.nn.init.ones_(self.scale)
            if x.ndim > 1:
                self.seen.materialize((1,), dtype=torch.int64)

        def forward(self, x):
            return x * self.scale

    made = Scale()
    with pytest.raises(RuntimeError, match="module Scale has not been fully initialized"):
        Scale()(torch.ones(3))
    assert made(torch.full((2, 3), 2.0)).tolist() == [[2.0] * 3] * 2
    assert type(made.seen) is torch.Tensor and made.seen.dtype == torch.int64 and "seen" in made.state_dict()
