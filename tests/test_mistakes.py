"""The mistake finder: a catalogue of mistakes, each with what must be found, and steps that are right, of which nothing may be said.

PyTorch runs most of these programs without a word; of those with an "error" its own is passed on.
"""

import math
import warnings

import numpy as np
import pytest

import rushlight as torch
from rushlight import nn

X, Y, LABELS = torch.randn(32, 4), torch.randn(32, 1), torch.arange(32) % 3


def net(*last, out=3, hidden=16):
    return nn.Sequential(nn.Linear(4, hidden), nn.ReLU(), nn.Linear(hidden, out), *last)


def sgd(model, lr=0.1, **options):
    return torch.optim.SGD(model.parameters(), lr, **options)


class Listed(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(4, 4), nn.Linear(4, 4)]
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x).relu()
        return self.head(x)


class Named(Listed):
    def __init__(self):
        super().__init__()
        self.layers = {"first": nn.Linear(4, 4)}

    def forward(self, x):
        return self.head(self.layers["first"](x))


class Detached(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(4, 8), nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.body(x).relu().detach())


class Forgotten(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.spare, self.head = nn.Linear(4, 8), nn.Linear(8, 8), nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.first(x).relu())


class Constant(nn.Module):
    def __init__(self):
        super().__init__()
        self.value = nn.Parameter(torch.zeros(1, 3))

    def forward(self, x):
        return self.value.expand(len(x), 3)


class Deep(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(4, 4) for _ in range(4))
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        for layer in self.layers:
            x = torch.sigmoid(layer(x)) * 0.05
        return self.head(x)


def frozen():
    model = net()
    for p in model.parameters():
        p.requires_grad_(False)
    return model


def dead():
    model = net()
    nn.init.constant_(model[0].bias, -100.0)
    return model


def without_modes(*off):
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 3))
    for place in off:
        model[place].eval()
    return model


def scaled(factor):
    model = net()
    with torch.no_grad():
        model[2].weight.mul_(factor)
        model[0].weight.mul_(factor)
    return model


def late_layer():
    model = net()
    optimizer = sgd(model)
    model.append(nn.ReLU())
    model.append(nn.Linear(3, 3))
    return model, nn.CrossEntropyLoss(), optimizer, (X, LABELS)


def other_model():
    return net(), nn.CrossEntropyLoss(), sgd(net()), (X, LABELS)


def backward_before():
    model = net()
    nn.functional.cross_entropy(model(X), LABELS).backward()
    return model, nn.CrossEntropyLoss(), sgd(model), (X, LABELS)


def finished():
    model = net()
    optimizer = sgd(model)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.0 if epoch else 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scheduler.step()
    return model, nn.CrossEntropyLoss(), optimizer, (X, LABELS)


def of(model, loss, batch, **options):
    return model, loss, sgd(model, **options), batch


def classes(model, x=X, target=LABELS, **options):
    return of(model, nn.CrossEntropyLoss(), (x, target), **options)


def numbers(model, x=X, target=Y, loss=None, **options):
    return of(model, loss or nn.MSELoss(), (x, target), **options)


def binary(model, target=None, loss=None):
    return of(model, loss or nn.BCEWithLogitsLoss(), (X, (Y > 0).float() if target is None else target))


NAN = X.clone()
NAN[3, 2] = math.nan

#: what was done: (the program, the kinds of what must be found, in order)
CATALOGUE = {
    "a softmax before cross entropy": (lambda: classes(net(nn.Softmax(1))), ["softmax before cross entropy"]),
    "a ReLU before cross entropy": (lambda: classes(net(nn.ReLU())), ["activation before cross entropy"]),
    "a sigmoid before cross entropy": (lambda: classes(net(nn.Sigmoid())), ["activation before cross entropy"]),
    "scores for NLLLoss": (lambda: of(net(), nn.NLLLoss(), (X, LABELS)), ["no log-softmax before NLLLoss"]),
    "probabilities for NLLLoss": (lambda: of(net(nn.Softmax(1)), nn.NLLLoss(), (X, LABELS)), ["no log-softmax before NLLLoss"]),
    "a sigmoid before logits": (lambda: binary(net(nn.Sigmoid(), out=1)), ["sigmoid before logits"]),
    "a sigmoid before logits, squeezed": (lambda: binary(net(nn.Flatten(0), nn.Sigmoid(), out=1), (Y[:, 0] > 0).float()), ["sigmoid before logits"]),
    "(n, 1) against (n,)": (lambda: numbers(net(out=1), target=Y[:, 0]), ["output and target broadcast"]),
    "(n,) against (n, 1)": (lambda: numbers(net(nn.Flatten(0), out=1)), ["output and target broadcast"]),
    "(n, 1) against (n,), absolute": (lambda: numbers(net(out=1), target=Y[:, 0], loss=nn.L1Loss()), ["output and target broadcast"]),
    "(n, 1) against (n,), Huber": (lambda: numbers(net(out=1), target=Y[:, 0], loss=nn.HuberLoss()), ["output and target broadcast"]),
    "a class too many": (lambda: classes(net(), target=LABELS + 1), ["error"]),
    "a negative class": (lambda: classes(net(), target=LABELS - 1), ["error"]),
    "classes as floats": (lambda: classes(net(), target=LABELS.float()), ["error"]),
    "targets of another batch": (lambda: classes(net(), target=LABELS[:5]), ["error"]),
    "features that do not fit": (lambda: classes(net(), X[:, :3]), ["error"]),
    "whole numbers for a linear layer": (lambda: classes(net(), (X * 4).long()), ["error"]),
    "a ReLU at the end of a regression": (lambda: numbers(net(nn.ReLU(), out=1)), ["target out of reach"]),
    "a tanh at the end of a regression": (lambda: numbers(net(nn.Tanh(), out=1), target=Y * 10), ["target out of reach"]),
    "a sigmoid at the end of a regression": (lambda: numbers(net(nn.Sigmoid(), out=1), target=Y * 10), ["target out of reach"]),
    "targets outside of 0 to 1": (lambda: of(net(nn.Sigmoid(), out=1), nn.BCELoss(), (X, Y * 3)), ["error"]),
    "pixels as they are": (lambda: classes(net(), (X * 60 + 128).abs(), lr=1e-4), ["input not normalised"]),
    "a far mean": (lambda: classes(net(), X + 1000, lr=1e-6), ["input not normalised"]),
    "a NaN in the input": (lambda: classes(net(), NAN), ["input not finite", "loss not finite", "gradient not finite"]),
    "an infinity in the input": (lambda: classes(net(), NAN.nan_to_num(math.inf)), ["input not finite", "loss not finite", "gradient not finite"]),
    "an input that is all the same": (lambda: classes(net(), torch.ones(32, 4)), ["constant input"]),
    "eval mode": (lambda: classes(without_modes().eval()), ["wrong mode"]),
    "a norm in eval mode": (lambda: classes(without_modes(1)), ["wrong mode"]),
    "a dropout in eval mode": (lambda: classes(without_modes(3)), ["wrong mode"]),
    "a rate of zero": (lambda: classes(net(), lr=0.0), ["rate of zero"]),
    "a schedule that ended": (finished, ["rate of zero"]),
    "a rate of 100": (lambda: classes(net(), lr=100.0), ["rate too high"]),
    "Adam with a rate of 3": (lambda: (model := net(), nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=3.0), (X, LABELS)), ["rate too high"]),
    "a layer added after the optimizer": (late_layer, ["parameter missing from optimizer"]),
    "another model's optimizer": (other_model, ["another model's optimizer"]),
    "half of the model optimised": (lambda: (model := net(), nn.CrossEntropyLoss(), torch.optim.SGD(model[2].parameters(), 0.1), (X, LABELS)), ["parameter missing from optimizer"]),
    "layers in a list": (lambda: classes(Listed()), ["modules in a plain list"]),
    "layers in a dict": (lambda: classes(Named()), ["modules in a plain list"]),
    "gradients of the step before": (backward_before, ["gradients of an earlier step"]),
    "two linear layers in a row": (lambda: classes(nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 3))), ["no activation between layers"]),
    "two convolutions in a row": (lambda: of(nn.Sequential(nn.Conv1d(1, 2, 3, padding=1), nn.Conv1d(2, 2, 3, padding=1), nn.Flatten(), nn.Linear(8, 3)), nn.CrossEntropyLoss(), (X[:, None], LABELS)), ["no activation between layers"]),
    "a detach in the middle": (lambda: classes(Detached()), ["no gradient"]),
    "everything frozen": (lambda: classes(frozen()), ["loss without a graph"]),
    "an argmax before the loss": (lambda: of(net(), lambda out, target: (out.argmax(1) - target).float().abs().mean(), (X, LABELS)), ["loss without a graph"]),
    "a loss of values without a graph": (lambda: of(net(), lambda out, target: nn.functional.cross_entropy(out.data, target), (X, LABELS)), ["loss without a graph"]),
    "a loss by way of NumPy": (lambda: of(net(), lambda out, target: torch.tensor(np.mean(out.detach().numpy() ** 2)), (X, LABELS)), ["loss without a graph"]),
    "a layer that is not called": (lambda: classes(Forgotten()), ["unused module"]),
    "units that never open": (lambda: classes(dead()), ["same output for all", "dead units"]),
    "an output that ignores the input": (lambda: classes(Constant()), ["same output for all"]),
    "gradients that explode": (lambda: numbers(scaled(1e3), target=torch.randn(32, 3), lr=1e-12), ["exploding gradients"]),
    "gradients that vanish": (lambda: classes(Deep()), ["vanishing gradients"]),
    "a norm of two examples": (lambda: classes(without_modes(), X[:2], LABELS[:2]), ["small batch for a norm"]),
    "a norm of one example": (lambda: classes(without_modes(), X[:1], LABELS[:1]), ["error"]),
    "the logarithm of a negative number": (lambda: of(net(out=1), lambda out, target: (out - 100).log().mean(), (X, Y)), ["loss not finite"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_mistake_is_found(name):
    torch.manual_seed(0)
    make, kinds = CATALOGUE[name]
    report = torch.check(*make())
    assert report.kinds()[: len(kinds)] == kinds, str(report)
    for finding in report:
        assert finding.where and len(finding.text) > 10


RIGHT = {
    "classes": lambda: classes(net()),
    "log-probabilities": lambda: of(net(nn.LogSoftmax(1)), nn.NLLLoss(), (X, LABELS)),
    "regression": lambda: numbers(net(out=1)),
    "a sigmoid that may": lambda: of(net(nn.Sigmoid(), out=1), nn.BCELoss(), (X, (Y > 0).float())),
    "logits": lambda: binary(net(out=1)),
    "modes": lambda: classes(without_modes()),
    "a recurrent net": lambda: of(nn.LSTM(4, 3), lambda out, target: out[0].square().mean(), (X[:, None], LABELS)),
    "attention": lambda: of(nn.TransformerEncoderLayer(4, 2, 8), lambda out, target: out.square().mean(), (X[:, None], LABELS)),
    "Adam": lambda: (model := net(), nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters()), (X, LABELS)),
}  # fmt: skip


def frozen_in_part():
    model = net()
    model[0].requires_grad_(False)
    return model, nn.CrossEntropyLoss(), torch.optim.SGD(model[2].parameters(), 0.1), (X, LABELS)


RIGHT["frozen in part"] = frozen_in_part


@pytest.mark.parametrize("name", RIGHT)
def test_of_a_step_that_is_right_nothing_is_said(name):
    torch.manual_seed(0)
    report = torch.check(*RIGHT[name]())
    assert report == [], str(report)
    assert str(report) == "nothing suspicious in this step"


def test_a_check_leaves_everything_as_it_was():
    model, loss, optimizer, batch = classes(without_modes(), lr=0.1, momentum=0.9)
    loss(model(batch[0]), batch[1]).backward()
    optimizer.step()
    optimizer.zero_grad()
    before = [t.clone() for t in (*model.parameters(), *model.buffers())]
    momentum = [s["momentum_buffer"].clone() for s in optimizer.state.values()]
    generator = torch.get_rng_state()
    torch.check(model, loss, optimizer, batch)
    assert all(torch.equal(a, b) for a, b in zip(before, (*model.parameters(), *model.buffers())))
    assert all(torch.equal(a, s["momentum_buffer"]) for a, s in zip(momentum, optimizer.state.values()))
    assert torch.equal(generator, torch.get_rng_state())
    assert all(p.grad is None for p in model.parameters())
    assert not any(m._forward_hooks for m in model.modules())


def test_arguments_of_another_kind_are_refused():
    model, loss, optimizer, batch = classes(net())
    for given, message in (
        ((3, loss, optimizer, batch), "model must be a Module"),
        ((model, 3, optimizer, batch), "loss_fn must be callable"),
        ((model, loss, 3, batch), "optimizer must be an Optimizer"),
        ((model, loss, optimizer, 3), "batch must be a pair"),
    ):
        with pytest.raises(TypeError, match=message):
            torch.check(*given)


def test_a_report_is_a_numbered_list():
    text = str(torch.check(*classes(net(nn.Softmax(1)))))
    assert text.startswith("1. 3: the output is probabilities already")
