"""Modules and losses: literal values from their definitions; each test holds for PyTorch too, where it is."""

import copy
import math

import numpy as np
import pytest


def tensor(torch, array):
    return torch.tensor(np.asarray(array, np.float32))


def close(found, expected, rtol=1e-5, atol=1e-6):
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=rtol, atol=atol)


X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.5]])
TARGET = np.array([2, 0])


def log_softmax(x):
    return x - np.log(np.exp(x).sum(1, keepdims=True))


# ---- modules --------------------------------------------------------------------------------------------------------


def test_linear_is_a_product_and_a_bias(torch):
    layer = torch.nn.Linear(3, 2)
    weight, bias = np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 0.25]]), np.array([0.5, -0.5])
    layer.load_state_dict({"weight": tensor(torch, weight), "bias": tensor(torch, bias)})
    close(layer(tensor(torch, X)), X @ weight.T + bias)
    close(layer(tensor(torch, X[0])), weight @ X[0] + bias)
    plain = torch.nn.Linear(3, 2, bias=False)
    assert plain.bias is None and list(plain.state_dict()) == ["weight"]
    with pytest.raises(RuntimeError, match="cannot be multiplied|features"):
        layer(torch.ones(2, 4))


@pytest.mark.parametrize(
    "name,arguments,expected",
    [
        ("ReLU", (), np.maximum(X, 0)),
        ("Tanh", (), np.tanh(X)),
        ("Sigmoid", (), 1 / (1 + np.exp(-X))),
        ("Softmax", (1,), np.exp(log_softmax(X))),
        ("LogSoftmax", (1,), log_softmax(X)),
        ("LeakyReLU", (0.1,), np.where(X > 0, X, 0.1 * X)),
        ("GELU", (), X * 0.5 * (1 + np.vectorize(math.erf)(X / math.sqrt(2)))),
        ("SiLU", (), X / (1 + np.exp(-X))),
        ("Identity", (), X),
        ("Flatten", (0,), X.reshape(-1)),
    ],
)
def test_activations(torch, name, arguments, expected):
    close(getattr(torch.nn, name)(*arguments)(tensor(torch, X)), expected)


def test_relu_in_place_returns_its_input(torch):
    x = tensor(torch, X)
    assert torch.nn.ReLU(inplace=True)(x) is x
    close(x, np.maximum(X, 0))


def test_flatten_keeps_the_batch(torch):
    assert torch.nn.Flatten()(torch.ones(2, 3, 4)).shape == (2, 12)
    assert torch.nn.Flatten(0, 1)(torch.ones(2, 3, 4)).shape == (6, 4)


def test_dropout_scales_what_it_keeps_and_rests_in_eval(torch):
    torch.manual_seed(3)
    layer, x = torch.nn.Dropout(0.25), torch.ones(4000)
    y = layer(x)
    kept = y != 0
    close(y[kept], np.full(int(kept.sum()), 1 / 0.75))
    assert abs(kept.float().mean().item() - 0.75) < 0.05
    assert layer.eval()(x) is x
    with pytest.raises(ValueError, match="dropout probability has to be between 0 and 1, but got 1.5"):
        torch.nn.Dropout(1.5)


def test_dropout_passes_the_gradient_of_what_it_kept(torch):
    x = torch.ones(100, requires_grad=True)
    y = torch.nn.functional.dropout(x, 0.5)
    y.sum().backward()
    assert x.grad.tolist() == y.tolist()


def net(torch):
    return torch.nn.Sequential(
        torch.nn.Flatten(),
        torch.nn.Linear(4, 3),
        torch.nn.ReLU(),
        torch.nn.Dropout(0.5),
        torch.nn.Linear(3, 2, bias=False),
    )


REPR = """\
Sequential(
  (0): Flatten(start_dim=1, end_dim=-1)
  (1): Linear(in_features=4, out_features=3, bias=True)
  (2): ReLU()
  (3): Dropout(p=0.5, inplace=False)
  (4): Linear(in_features=3, out_features=2, bias=False)
)"""


def test_repr_to_the_character(torch):
    assert repr(net(torch)) == REPR
    assert repr(torch.nn.Softmax(dim=1)) == "Softmax(dim=1)"
    assert repr(torch.nn.LogSoftmax(dim=-1)) == "LogSoftmax(dim=-1)"
    assert repr(torch.nn.ReLU(inplace=True)) == "ReLU(inplace=True)"
    assert repr(torch.nn.CrossEntropyLoss()) == "CrossEntropyLoss()"
    same = torch.nn.ModuleList([torch.nn.Tanh(), torch.nn.Tanh()])
    assert repr(same) == "ModuleList(\n  (0-1): 2 x Tanh()\n)"


def test_repr_of_a_module_of_modules(torch):
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.one = torch.nn.Linear(1, 2)
            self.rest = torch.nn.Sequential(torch.nn.Tanh())

    assert repr(Net()) == (
        "Net(\n  (one): Linear(in_features=1, out_features=2, bias=True)\n  (rest): Sequential(\n    (0): Tanh()\n  )\n)"
    )


def test_sequential_is_a_list_of_modules(torch):
    made = net(torch)
    assert len(made) == 5 and isinstance(made[2], torch.nn.ReLU) and isinstance(made[-1], torch.nn.Linear)
    assert isinstance(made[1:3], torch.nn.Sequential) and len(made[1:3]) == 2
    assert [type(m).__name__ for m in made] == ["Flatten", "Linear", "ReLU", "Dropout", "Linear"]
    made.append(torch.nn.Tanh())
    del made[0]
    assert list(dict(made.named_children())) == ["0", "1", "2", "3", "4"]


def test_module_list_registers_its_modules(torch):
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = torch.nn.ModuleList(torch.nn.Linear(2, 2) for _ in range(2))
            self.layers.append(torch.nn.Linear(2, 1))

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

    made = Net()
    assert [name for name, _ in made.named_parameters()] == [
        f"layers.{i}.{part}" for i in range(3) for part in ("weight", "bias")
    ]
    assert made(torch.ones(5, 2)).shape == (5, 1) and len(made.layers) == 3


def test_parameters_buffers_and_modes(torch):
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(2))
            self.register_buffer("mean", torch.zeros(2))
            self.register_buffer("scratch", torch.zeros(1), persistent=False)
            self.child = torch.nn.Linear(2, 1)

    made = Net()
    assert [n for n, _ in made.named_parameters()] == ["scale", "child.weight", "child.bias"]
    assert [n for n, _ in made.named_buffers()] == ["mean", "scratch"]
    assert list(made.state_dict()) == ["scale", "mean", "child.weight", "child.bias"]
    assert made.training and not made.eval().child.training and made.train().child.training
    made.requires_grad_(False)
    assert not any(p.requires_grad for p in made.parameters())
    assert made.double().scale.dtype == torch.float64
    with pytest.raises(AttributeError, match="'Net' object has no attribute 'absent'"):
        made.absent


def test_state_dict_goes_from_one_net_to_another(torch):
    one, other = net(torch), net(torch)
    result = other.load_state_dict(one.state_dict())
    assert str(result) == "<All keys matched successfully>"
    x = torch.ones(2, 4)
    assert one.eval()(x).tolist() == other.eval()(x).tolist()
    state = one.state_dict()
    del state["1.bias"]
    state["7.bias"] = torch.zeros(1)
    with pytest.raises(RuntimeError) as caught:
        other.load_state_dict(state)
    assert 'Missing key(s) in state_dict: "1.bias"' in str(caught.value)
    assert 'Unexpected key(s) in state_dict: "7.bias"' in str(caught.value)
    result = other.load_state_dict(state, strict=False)
    assert result.missing_keys == ["1.bias"] and result.unexpected_keys == ["7.bias"]
    state = one.state_dict()
    state["1.weight"] = torch.zeros(5, 4)
    with pytest.raises(RuntimeError, match="size mismatch for 1.weight"):
        other.load_state_dict(state)


def test_state_dict_shares_memory_with_the_net(torch):
    made = net(torch)
    before = made[1].weight.detach().clone()
    state = made.state_dict()
    copied = copy.deepcopy(state)
    with torch.no_grad():
        made[1].weight.add_(1)
    assert torch.equal(state["1.weight"], before + 1) and torch.equal(copied["1.weight"], before)


def test_hooks_of_modules(torch):
    layer, calls = torch.nn.Tanh(), []
    first = layer.register_forward_pre_hook(lambda m, args: calls.append("before"))
    layer.register_forward_hook(lambda m, args, out: calls.append("after") or out * 0)
    assert layer(torch.ones(2)).tolist() == [0.0, 0.0]
    first.remove()
    layer(torch.ones(2))
    assert calls == ["before", "after", "after"]


def test_apply_and_zero_grad(torch):
    made, seen = net(torch), []
    made.apply(lambda m: seen.append(type(m).__name__))
    assert seen == ["Flatten", "Linear", "ReLU", "Dropout", "Linear", "Sequential"]
    made(torch.ones(2, 4)).sum().backward()
    assert all(p.grad is not None for p in made.parameters())
    made.zero_grad()
    assert all(p.grad is None for p in made.parameters())


def test_a_copied_module_stands_alone(torch):
    made = net(torch)
    twin = copy.deepcopy(made)
    with torch.no_grad():
        twin[1].weight.zero_()
    assert made[1].weight.abs().sum() > 0
    assert all(a is not b for a, b in zip(made.parameters(), twin.parameters()))


def test_a_module_without_forward_and_a_forgotten_init(torch):
    with pytest.raises(NotImplementedError, match='missing the required "forward" function'):
        torch.nn.Module()(1)

    class Net(torch.nn.Module):
        def __init__(self):
            self.layer = torch.nn.Linear(1, 1)

    with pytest.raises(AttributeError, match=r"before Module.__init__\(\) call"):
        Net()


# ---- initial values -------------------------------------------------------------------------------------------------


def test_linear_begins_within_its_bounds(torch):
    torch.manual_seed(0)
    layer = torch.nn.Linear(100, 400)
    for p in layer.parameters():
        assert p.abs().max().item() <= 0.1
        assert abs(p.detach().mean().item()) < 0.01 and p.abs().max().item() > 0.095


@pytest.mark.parametrize(
    "name,arguments,std,bound",
    [
        ("uniform_", (-2, 2), 4 / math.sqrt(12), 2),
        ("normal_", (0, 3), 3, None),
        ("xavier_uniform_", (), math.sqrt(2 / 600), math.sqrt(6 / 600)),
        ("xavier_normal_", (), math.sqrt(2 / 600), None),
        ("kaiming_uniform_", (0, "fan_in", "relu"), math.sqrt(2 / 200), math.sqrt(6 / 200)),
        ("kaiming_normal_", (0, "fan_out", "relu"), math.sqrt(2 / 400), None),
    ],
)
def test_initialisers_have_their_spread(torch, name, arguments, std, bound):
    torch.manual_seed(1)
    weight = torch.empty(400, 200)
    assert getattr(torch.nn.init, name)(weight, *arguments) is weight
    assert abs(weight.std().item() / std - 1) < 0.02
    assert bound is None or 0.99 * bound < weight.abs().max().item() <= bound


def test_constant_initialisers(torch):
    init = torch.nn.init
    assert init.zeros_(torch.ones(2)).tolist() == [0, 0] and init.ones_(torch.zeros(2)).tolist() == [1, 1]
    assert init.constant_(torch.zeros(2), 0.5).tolist() == [0.5, 0.5]
    assert init.eye_(torch.zeros(2, 3)).tolist() == [[1, 0, 0], [0, 1, 0]]


# ---- losses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_losses_are_their_definitions(torch, reduction):
    reduce = {"mean": np.mean, "sum": np.sum, "none": lambda x: x}[reduction]
    x, target = tensor(torch, X), torch.tensor(TARGET)
    other = np.array([[1.0, 0.0, -1.0], [0.5, 0.5, 0.5]])
    close(torch.nn.MSELoss(reduction=reduction)(x, tensor(torch, other)), reduce((X - other) ** 2))
    logs = log_softmax(X)
    losses = -logs[np.arange(2), TARGET]
    close(torch.nn.NLLLoss(reduction=reduction)(tensor(torch, logs), target), reduce(losses))
    close(torch.nn.CrossEntropyLoss(reduction=reduction)(x, target), reduce(losses))
    close(torch.nn.L1Loss(reduction=reduction)(x, tensor(torch, other)), reduce(np.abs(X - other)))


def test_cross_entropy_with_weights_ignored_classes_and_smoothing(torch):
    weight = np.array([0.2, 0.3, 0.5])
    losses = -log_softmax(X)[np.arange(2), TARGET]
    found = torch.nn.CrossEntropyLoss(weight=tensor(torch, weight))(tensor(torch, X), torch.tensor(TARGET))
    close(found, (weight[TARGET] * losses).sum() / weight[TARGET].sum())
    found = torch.nn.CrossEntropyLoss(ignore_index=0)(tensor(torch, X), torch.tensor(TARGET))
    close(found, losses[0])
    found = torch.nn.CrossEntropyLoss(label_smoothing=0.1)(tensor(torch, X), torch.tensor(TARGET))
    close(found, (0.9 * losses - 0.1 * log_softmax(X).mean(1)).mean())
    shares = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]])
    found = torch.nn.CrossEntropyLoss()(tensor(torch, X), tensor(torch, shares))
    close(found, -(shares * log_softmax(X)).sum(1).mean())


def test_the_gradient_of_cross_entropy_is_the_difference_of_shares(torch):
    x = tensor(torch, X).requires_grad_()
    torch.nn.functional.cross_entropy(x, torch.tensor(TARGET)).backward()
    close(x.grad, (np.exp(log_softmax(X)) - np.eye(3)[TARGET]) / 2)


def test_losses_refuse_what_does_not_fit(torch):
    with pytest.raises(IndexError, match="Target 3 is out of bounds"):
        torch.nn.functional.cross_entropy(torch.ones(2, 3), torch.tensor([0, 3]))
    with pytest.raises(ValueError, match=r"Expected input batch_size \(2\) to match target batch_size \(3\)"):
        torch.nn.functional.cross_entropy(torch.ones(2, 3), torch.tensor([0, 1, 1]))
    with pytest.warns(UserWarning, match="Using a target size"):
        torch.nn.functional.mse_loss(torch.ones(2, 3), torch.ones(3))


def test_bounds_of_integers(torch):
    f = torch.nn.functional
    assert f.relu6(torch.tensor([-1, 3, 9])).tolist() == [0, 3, 6]
    assert f.hardtanh(torch.tensor([-3, 0, 3], dtype=torch.int8)).dtype == torch.int8
    with pytest.raises(RuntimeError, match="unsigned"):
        f.hardtanh(torch.tensor([1], dtype=torch.uint8))
    with pytest.raises(RuntimeError, match="Bool"):
        f.hardtanh(torch.tensor([True]))


def test_normalize_by_any_norm(torch):
    x = tensor(torch, X)
    for p in (1, 2.0, 3.0, float("inf")):
        want = X / np.linalg.norm(X, p, 1, keepdims=True)
        np.testing.assert_allclose(torch.nn.functional.normalize(x, p).numpy(), want, rtol=1e-6)


@pytest.mark.parametrize("logit", [0.0, -0.0, 40.0, -40.0])
def test_losses_of_one_class_have_their_gradient_at_kinks_and_where_they_saturate(torch, logit):
    F = torch.nn.functional

    def slope(loss):
        x = torch.tensor([logit], requires_grad=True)
        loss(x).backward()
        return x.grad.item()

    one, share = torch.ones(1), 1 / (1 + np.exp(-logit))
    assert slope(lambda x: F.binary_cross_entropy_with_logits(x, one)) == pytest.approx(share - 1, abs=1e-6)
    assert slope(lambda x: F.binary_cross_entropy_with_logits(x, one, pos_weight=3 * one)) == pytest.approx(
        3 * (share - 1), abs=1e-6
    )
    assert slope(lambda x: F.logsigmoid(x).sum()) == pytest.approx(1 - share, abs=1e-6)
    assert np.isfinite(slope(lambda x: F.binary_cross_entropy(torch.sigmoid(10 * x), one)))


def test_weighted_losses_divide_by_their_weights(torch):
    F = torch.nn.functional
    x, nothing, weight = torch.tensor([1.0, 2.0]), torch.zeros(2), torch.tensor([1.0, 3.0])
    assert F.mse_loss(x, nothing, weight=weight).item() == 3.25
    assert F.l1_loss(x, nothing, weight=weight).item() == 1.75
    assert F.l1_loss(x, nothing, weight=weight, reduction="sum").item() == 7.0
    with pytest.raises(ValueError, match="same size"):
        F.l1_loss(x, nothing, weight=torch.ones(1))


@pytest.mark.parametrize("shape", [(3,), (2, 1), (1, 3), (2, 4)])
def test_class_probabilities_have_the_shape_of_the_input(torch, shape):
    with pytest.raises((ValueError, RuntimeError), match="target"):
        torch.nn.functional.cross_entropy(torch.zeros(2, 3), torch.ones(shape))


def test_what_losses_refuse(torch):
    F = torch.nn.functional
    with pytest.raises(RuntimeError, match="between 0 and 1"):
        F.binary_cross_entropy(torch.tensor([1.5]), torch.ones(1))
    with pytest.raises(RuntimeError, match="between 0 and 1"):
        F.binary_cross_entropy(torch.tensor([math.nan]), torch.ones(1))
    with pytest.raises(RuntimeError, match="between 0 and 1"):
        F.binary_cross_entropy(torch.ones(1), torch.tensor([-0.5]))
    assert math.isnan(F.binary_cross_entropy(torch.ones(0), torch.ones(0)).item())
    with pytest.raises(RuntimeError, match="negative values for beta"):
        F.smooth_l1_loss(torch.ones(1), torch.ones(1), beta=-1.0)
    with pytest.raises(RuntimeError, match="smaller than num_classes"):
        F.one_hot(torch.tensor([0, 2]), 2)
    assert F.one_hot(torch.tensor([], dtype=torch.int64), 3).shape == (0, 3)


def test_a_module_on_meta_changes_its_dtype_there(torch):
    moved = torch.nn.Linear(2, 3, device="meta").to(torch.float64)
    assert moved.weight.is_meta and moved.weight.dtype == torch.float64


@pytest.mark.parametrize("bounds", [(-2.0, 2.0), (1.5, 2.0)])
def test_trunc_normal_draws_pytorchs_numbers(bounds, peer):
    import rushlight

    drawn = []
    for lib in (rushlight, peer):
        lib.manual_seed(3)
        drawn.append(lib.nn.init.trunc_normal_(lib.empty(50), 0, 1, *bounds).tolist())
    assert drawn[0] == pytest.approx(drawn[1], rel=1e-5)
    assert min(drawn[0]) >= bounds[0] and max(drawn[0]) <= bounds[1]
