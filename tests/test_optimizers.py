"""Every optimiser of the table: its definition, PyTorch beside it, states that change sides, and what all share."""

import copy
import importlib
import pickle

import numpy as np
import pytest

import rushlight
from op_cases.case import to_array
from optim_cases import CASES, FIRST, FUSED, defined

STEPS = 20
SHAPES = [(16, 8), (32,), (1,)]


def shapes_of(name):
    return [(16, 8), (8, 16)] if name == "Muon" else SHAPES


def values(name, dtype="float64"):
    """First parameters, and gradients of every step."""
    rng = np.random.default_rng(7)

    def draw(shape):
        made = rng.standard_normal(shape)
        return made + 1j * rng.standard_normal(shape) if dtype.startswith("complex") else made

    shapes = shapes_of(name)
    return [draw(s) for s in shapes], [[draw(s) for s in shapes] for _ in range(STEPS)]


class Run:
    """An optimiser of a library at work on given gradients."""

    def __init__(self, lib, name, options, dtype="float64"):
        self.lib, self.dtype = lib, getattr(lib, dtype)
        first, self.grads = values(name, dtype)
        self.params = [lib.nn.Parameter(self.tensor(p)) for p in first]
        self.optimizer = getattr(lib.optim, name)(self.params, **options)

    def tensor(self, array):
        return self.lib.tensor(array).to(self.dtype)

    def steps(self, begin=0, end=STEPS):
        for grads in self.grads[begin:end]:
            for p, g in zip(self.params, grads):
                p.grad = self.tensor(g)
            self.optimizer.step()
        return self

    def arrays(self):
        return [to_array(p) for p in self.params]

    def states(self):
        return [{k: to_array(v) for k, v in self.optimizer.state[p].items()} for p in self.params]


def close(found, expected, rtol, atol):
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)


# ---- alone -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", FUSED)
def test_twenty_steps_are_those_of_the_definition(torch, case):
    name, options = FUSED[case]
    run = Run(torch, name, options).steps()
    first, grads = values(name)
    for i, (p, state) in enumerate(zip(run.arrays(), run.states())):
        expected, expected_state = defined(name, options, first[i], [g[i] for g in grads])
        # counters are float32: what is made of mu_product carries that
        tolerance = 1e-5 if name in ("NAdam", "ASGD") else 1e-9
        np.testing.assert_allclose(p, expected, rtol=tolerance, atol=tolerance)
        for key, value in state.items():
            np.testing.assert_allclose(value, expected_state[key], rtol=1e-5, atol=1e-7, err_msg=key)


def test_adafactor_keeps_a_row_and_a_column(torch):
    run = Run(torch, "Adafactor", {}).steps(0, 1)
    matrix, vector = run.optimizer.state[run.params[0]], run.optimizer.state[run.params[1]]
    assert (
        matrix["row_var"].shape == (16, 1) and matrix["col_var"].shape == (1, 8) and set(vector) == {"step", "variance"}
    )
    (p, q, _), (g, h, _) = values("Adafactor")[0], values("Adafactor")[1][0]
    np.testing.assert_allclose(to_array(matrix["row_var"]), (g * g).mean(1, keepdims=True))
    rate = lambda p: max(1e-3, np.sqrt((p * p).mean())) * 0.01
    moment = (g * g).mean(1, keepdims=True) * (g * g).mean(0, keepdims=True) / (g * g).mean()
    for found, old, step in zip(run.arrays(), (p, q), (g / np.sqrt(moment), np.sign(h))):
        np.testing.assert_allclose(found, old - rate(old) * step / max(1, np.sqrt((step * step).mean())), rtol=1e-10)


def test_muon_steps_along_a_matrix_that_is_nearly_orthogonal(torch):
    run = Run(torch, "Muon", {"lr": 0.5, "weight_decay": 0.0, "adjust_lr_fn": "original"})
    before = run.arrays()
    run.steps(0, 1)
    for p, q, grad in zip(before, run.arrays(), run.grads[0]):
        update = (p - q) / 0.5 / np.sqrt(max(1, p.shape[0] / p.shape[1]))
        u, _, vh = np.linalg.svd(grad, full_matrices=False)
        assert np.abs(np.linalg.svd(update, compute_uv=False) - 0.9).max() < 0.35
        assert np.sum(update * (u @ vh)) / np.linalg.norm(update) / np.linalg.norm(u @ vh) > 0.95


@pytest.mark.parametrize("case", FUSED)
def test_layout_does_not_change_the_bits(case):
    name, options = FUSED[case]
    plain = Run(rushlight, name, options, "float32").steps(0, 3)
    other = Run(rushlight, name, options, "float32")
    turned = [p.detach().t().contiguous().t() if p.ndim == 2 else p.detach() for p in other.params]
    other.params = [rushlight.nn.Parameter(p) for p in turned]
    other.optimizer = getattr(rushlight.optim, name)(other.params, **options)
    other.steps(0, 3)
    assert not other.params[0].is_contiguous()
    assert [p.tolist() for p in plain.params] == [p.tolist() for p in other.params]


@pytest.mark.parametrize("case", FUSED)
@pytest.mark.parametrize("dtype", ["complex128", "complex64"])
def test_a_complex_parameter_is_two_real_ones(torch, case, dtype):
    name, options = FUSED[case]
    run = Run(torch, name, options, dtype).steps()
    pairs = Run(torch, name, options, "float64" if dtype == "complex128" else "float32")
    two = lambda a: np.stack([a.real, a.imag], -1)
    first, grads = values(name, dtype)
    pairs.params = [torch.nn.Parameter(pairs.tensor(two(p))) for p in first]
    pairs.grads = [[two(g) for g in each] for each in grads]
    pairs.optimizer = getattr(torch.optim, name)(pairs.params, **options)
    pairs.steps()
    tolerance = 1e-9 if dtype == "complex128" else 1e-4
    close([two(p) for p in run.arrays()], pairs.arrays(), tolerance, tolerance)


@pytest.mark.parametrize("case", FUSED)
def test_a_differentiable_step_has_a_graph_and_the_same_values(torch, case):
    name, options = FUSED[case]
    plain = Run(torch, name, options).steps(0, 6)
    run = Run(torch, name, options)
    leaves = run.params
    grads = [[run.tensor(g).requires_grad_() for g in each] for each in run.grads[:6]]
    run.params = [p * 1 for p in leaves]
    run.optimizer = getattr(torch.optim, name)(run.params, **options, differentiable=True)
    for each in grads:
        for p, g in zip(run.params, each):
            p.retain_grad()
            p.grad = g
        run.optimizer.step()
    close(run.arrays(), plain.arrays(), 1e-4, 1e-5)  # PyTorch's counters are float32, and so what is made of them there
    if torch is not rushlight:
        return  # there several rules write over what several steps' backward would read
    sum(p.sum() for p in run.params).backward()
    assert all(p.grad is not None and bool(torch.isfinite(p.grad).all()) for p in leaves)
    assert name == "Rprop" or any(bool((g.grad != 0).any()) for g in grads[4] if g.grad is not None)


def test_a_rate_can_be_learned_through_a_differentiable_step(torch):
    lr = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)
    leaf = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    p = leaf * 1
    optimizer = torch.optim.SGD([p], lr=lr, differentiable=True)
    p.grad = torch.tensor([3.0, 4.0], dtype=torch.float64)
    optimizer.step()
    p.sum().backward()
    assert lr.grad.item() == -7.0 and leaf.grad.tolist() == [1.0, 1.0]


# ---- beside PyTorch --------------------------------------------------------------------------------------------------

CLOSE = {"float64": 1e-9, "float32": 1e-4, "complex64": 1e-4, "bfloat16": 0.1, "float16": 0.02}


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("case", CASES)
def test_twenty_steps_end_where_pytorchs_end(peer, case, dtype):
    name, options = CASES[case]
    if dtype.startswith("complex") and case not in FUSED:
        with pytest.raises(RuntimeError, match="does not support complex parameters"):
            Run(rushlight, name, options, dtype).steps()
        return
    ours, theirs = (Run(lib, name, options, dtype).steps() for lib in (rushlight, peer))
    rtol = 0.2 if name == "Muon" else CLOSE[dtype]  # Muon's matrices are multiplied in bfloat16
    close(ours.arrays(), theirs.arrays(), rtol, rtol)
    for mine, other in zip(ours.states(), theirs.states()):
        assert list(mine) == list(other)
        for key in mine:
            np.testing.assert_allclose(mine[key], other[key], rtol=rtol, atol=rtol, err_msg=key)
    assert repr(ours.optimizer) == repr(theirs.optimizer)


def carried(state_dict, lib):
    """A state_dict with the tensors of another library."""

    def carry(value):
        if hasattr(value, "numpy"):
            dtype = getattr(lib, str(value.dtype).removeprefix("torch."))
            return lib.tensor(to_array(value)).to(dtype)
        if isinstance(value, dict):
            return {k: carry(v) for k, v in value.items()}
        return type(value)(map(carry, value)) if isinstance(value, (list, tuple)) else value

    return carry(state_dict)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("homeward", [False, True], ids=["from-pytorch", "to-pytorch"])
def test_a_state_goes_on_in_the_other_library(peer, case, homeward):
    name, options = CASES[case]
    libraries = (rushlight, peer) if homeward else (peer, rushlight)
    whole, half, rest = (Run(lib, name, options) for lib in (libraries[0], *libraries))
    whole.steps()
    half.steps(0, STEPS // 2)
    ours, theirs = half.optimizer.state_dict(), Run(libraries[1], name, options).steps(0, 1).optimizer.state_dict()
    assert list(ours) == list(theirs) and list(ours["state"].get(0, ())) == list(theirs["state"].get(0, ()))
    assert [list(group) for group in ours["param_groups"]] == [list(group) for group in theirs["param_groups"]]
    for p, value in zip(rest.params, half.arrays()):
        p.data = rest.tensor(value)
    rest.optimizer.load_state_dict(carried(ours, libraries[1]))
    rest.steps(STEPS // 2)
    tolerance = 0.1 if name == "Muon" else 1e-6
    close(rest.arrays(), whole.arrays(), tolerance, tolerance)


# ---- what all share --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FIRST)
@pytest.mark.parametrize("again", [copy.deepcopy, lambda run: pickle.loads(pickle.dumps(run))], ids=["copy", "pickle"])
def test_a_copy_goes_on_alone(name, again):
    def run():
        made = Run(rushlight, name, FIRST[name])
        made.lib, made.dtype = None, None  # modules are not copied
        return made

    def steps(run, begin, end):
        run.lib, run.dtype = rushlight, rushlight.float64
        run.steps(begin, end)
        run.lib = run.dtype = None
        return run

    one = steps(run(), 0, 3)
    other = again(one)
    ends = [steps(each, 3, 6).params for each in (one, other)]
    assert [p.tolist() for p in ends[0]] == [p.tolist() for p in ends[1]] and ends[0][0] is not ends[1][0]


WRONG = {
    "lr": ({"lr": -1}, ValueError, "-1"),
    "lr of two": (lambda lib: {"lr": lib.ones(2)}, ValueError, "Tensor lr must be 1-element"),
    "weight_decay": ({"weight_decay": -0.5}, ValueError, "-0.5"),
    "eps": ({"eps": -1}, (ValueError, TypeError), "-1|subscriptable"),
    "betas": ({"betas": (1.0, 0.9)}, ValueError, "Invalid beta parameter at index 0: 1.0"),
    "second beta": ({"betas": (0.9, -1.0)}, ValueError, "Invalid beta parameter at index 1: -1.0"),
    "fused": ({"fused": True, "foreach": True}, RuntimeError, "`fused` and `foreach` cannot be `True` together"),
    "differentiable": ({"fused": True, "differentiable": True}, RuntimeError, "`fused` does not support `differentiable`"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", FIRST)
def test_nonsense_is_refused(torch, name, wrong):
    options, kind, match = WRONG[wrong]
    options = options(torch) if callable(options) else options
    factory = getattr(torch.optim, name)
    p = torch.nn.Parameter(torch.ones(2, 2))
    if wrong == "eps" and name == "Muon":
        factory([p], **options)  # takes it as it is
        return
    if not set(options) <= set(factory.__init__.__code__.co_varnames):
        with pytest.raises(TypeError, match="unexpected keyword argument"):
            factory([p], **options)
        return
    with pytest.raises(kind, match=match):
        factory([p], **options)


@pytest.mark.parametrize("name", [n for n in FIRST if n not in ("SGD", "Adagrad", "Adafactor", "Muon")])
def test_capturable_is_for_other_devices(torch, name):
    p = torch.nn.Parameter(torch.ones(2))
    optimizer = getattr(torch.optim, name)([p], capturable=True)
    p.grad = torch.ones(2)
    with pytest.raises(AssertionError, match="If capturable=True, params"):
        optimizer.step()


def test_ways_to_compute_a_step_are_accepted(torch):
    for options in ({"foreach": True}, {"foreach": False}, {"fused": True}, {"fused": False}):
        run = Run(torch, "Adam", options, "float32").steps(0, 5)
        close(run.arrays(), Run(torch, "Adam", {}, "float32").steps(0, 5).arrays(), 1e-4, 1e-5)


def test_a_rate_may_be_a_tensor(torch):
    lr = torch.tensor(0.1)
    run = Run(torch, "SGD", {"lr": lr}).steps(0, 1)
    close(run.arrays(), Run(torch, "SGD", {"lr": 0.1}).steps(0, 1).arrays(), 1e-6, 1e-6)
    lr.fill_(0.0)
    before = run.arrays()
    close(run.steps(1, 2).arrays(), before, 0, 0)


def test_groups_and_their_names(torch):
    a, b, c = (torch.nn.Parameter(torch.ones(1)) for _ in range(3))
    optimizer = torch.optim.SGD([("a", a)], lr=0.5)
    optimizer.add_param_group({"params": [("b", b), ("c", c)], "lr": 1.0})
    assert [g["param_names"] for g in optimizer.param_groups] == [["a"], ["b", "c"]]
    assert optimizer.state_dict()["param_groups"][1]["params"] == [1, 2]
    for p in (a, b, c):
        p.grad = torch.ones(1)
    optimizer.step()
    assert [p.item() for p in (a, b, c)] == [0.5, 0.0, 0.0]
    with pytest.raises(ValueError, match="cannot add param group without names"):
        optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))]})
    with pytest.raises(ValueError, match="Some param names are missing"):
        torch.optim.SGD([("a", a), b], lr=1)
    with pytest.raises(ValueError, match="some parameters appear in more than one parameter group"):
        torch.optim.SGD([{"params": [a]}, {"params": [a]}], lr=1)
    with pytest.raises(TypeError, match="ordered collections"):
        torch.optim.SGD([{"params": {a}}], lr=1)
    with pytest.raises(TypeError, match="one of the params is int"):
        torch.optim.SGD([1], lr=1)
    with pytest.raises(TypeError, match="iterable of Tensors or dicts, but got torch.FloatTensor"):
        torch.optim.SGD(a, lr=1)
    with pytest.raises(TypeError, match="param_group must be a dict, but got <class 'list'>"):
        optimizer.add_param_group([])
    with pytest.warns(UserWarning, match="duplicate parameters"):
        torch.optim.SGD([a, a], lr=1)
    with pytest.raises(NotImplementedError):
        torch.optim.Optimizer([a], {}).step()


def test_hooks_of_one_optimiser_and_of_all(torch):
    said = []
    p = torch.nn.Parameter(torch.ones(1))
    p.grad = torch.ones(1)
    optimizer = torch.optim.SGD([p], lr=1.0)
    module = importlib.import_module(torch.__name__ + ".optim.optimizer")
    handles = [
        module.register_optimizer_step_pre_hook(lambda o, args, kwargs: said.append(("all", len(args)))),
        optimizer.register_step_pre_hook(lambda o, args, kwargs: said.append(("pre", p.item()))),
        optimizer.register_step_post_hook(lambda o, args, kwargs: said.append(("post", p.item()))),
        module.register_optimizer_step_post_hook(lambda o, args, kwargs: said.append(("all", o is optimizer))),
        optimizer.register_state_dict_pre_hook(lambda o: said.append("saving")),
        optimizer.register_state_dict_post_hook(lambda o, state: {**state, "more": 1}),
        optimizer.register_load_state_dict_pre_hook(lambda o, state: said.append(state.pop("more"))),
        optimizer.register_load_state_dict_post_hook(lambda o: said.append("loaded")),
    ]
    optimizer.step()
    assert said == [("all", 1), ("pre", 1.0), ("post", 0.0), ("all", True)]
    state = optimizer.state_dict()
    assert state["more"] == 1 and said[4:] == ["saving"]
    optimizer.load_state_dict(state)
    assert said[5:] == [1, "loaded"]
    for handle in handles:
        handle.remove()
    optimizer.step()
    assert len(said) == 7 and "more" not in optimizer.state_dict()


def test_a_hook_may_give_other_arguments(torch):
    p = torch.nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([p], lr=1.0)
    optimizer.register_step_pre_hook(lambda o, args, kwargs: ((o, lambda: "other"), {}))
    assert optimizer.step(lambda: "mine") == "other"
    optimizer.register_step_pre_hook(lambda o, args, kwargs: 5)
    with pytest.raises(RuntimeError, match=r"must return None or a tuple of \(new_args, new_kwargs\), but got 5"):
        optimizer.step()


def test_states_that_do_not_fit_are_refused(torch):
    def optimizer(*sizes):
        return torch.optim.SGD([{"params": [torch.nn.Parameter(torch.ones(1)) for _ in range(n)]} for n in sizes], lr=1)

    with pytest.raises(ValueError, match="different number of parameter groups"):
        optimizer(1).load_state_dict(optimizer(1, 1).state_dict())
    with pytest.raises(ValueError, match="doesn't match the size of optimizer's group"):
        optimizer(1).load_state_dict(optimizer(2).state_dict())


def test_an_older_state_holds_plain_numbers(torch):
    p = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.Adam([p])
    state = optimizer.state_dict()
    state["state"] = {0: {"step": 3, "exp_avg": torch.ones(2), "exp_avg_sq": torch.ones(2)}}
    optimizer.load_state_dict(state)
    p.grad = torch.ones(2)
    optimizer.step()
    assert optimizer.state[p]["step"].item() == 4 and optimizer.state[p]["step"].dtype == torch.float32


def test_zero_grad_forgets_or_zeroes(torch):
    p = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([p], lr=1)
    p.sum().backward()
    kept = p.grad
    optimizer.zero_grad(set_to_none=False)
    assert p.grad is kept and kept.tolist() == [0.0, 0.0]
    optimizer.zero_grad()
    assert p.grad is None


@pytest.mark.parametrize("options", [{"lr": 0.1}, {"line_search_fn": "strong_wolfe"}, {"line_search_fn": "strong_wolfe", "history_size": 2}])  # fmt: skip
def test_lbfgs_finds_the_least_squares(torch, options):
    rng = np.random.default_rng(1)
    a, y = rng.standard_normal((20, 4)), rng.standard_normal(20)
    w = torch.nn.Parameter(torch.zeros(4, dtype=torch.float64))
    optimizer = torch.optim.LBFGS([w], **options)

    def closure():
        optimizer.zero_grad()
        loss = ((torch.tensor(a) @ w - torch.tensor(y)) ** 2).sum()
        loss.backward()
        return loss

    first = optimizer.step(closure).item()
    for _ in range(15):
        optimizer.step(closure)
    assert first == pytest.approx((y**2).sum())
    np.testing.assert_allclose(to_array(w), np.linalg.lstsq(a, y, rcond=None)[0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("options", [{"lr": 0.01}, {"line_search_fn": "strong_wolfe"}, {"line_search_fn": "strong_wolfe", "history_size": 2, "max_iter": 7}])  # fmt: skip
def test_lbfgs_asks_as_often_as_pytorch_and_ends_there(peer, options):
    def run(lib):
        rng = np.random.default_rng(0)
        a, y = lib.tensor(rng.standard_normal((30, 6))), lib.tensor(rng.standard_normal(30))
        w, b = lib.nn.Parameter(lib.tensor(rng.standard_normal(6))), lib.nn.Parameter(lib.zeros(1, dtype=lib.float64))
        optimizer, losses = lib.optim.LBFGS([w, b], **options), []

        def closure():
            optimizer.zero_grad()
            loss = ((lib.tanh(a @ w) * 3 + b - y) ** 4).mean()
            loss.backward()
            losses.append(loss.item())
            return loss

        for _ in range(5):
            optimizer.step(closure)
        return losses, optimizer

    (ours, mine), (theirs, other) = run(rushlight), run(peer)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    assert set(mine.state_dict()["state"][0]) == set(other.state_dict()["state"][0]) and repr(mine) == repr(other)


def test_lbfgs_refuses_groups_and_other_searches(torch):
    p, q = (torch.nn.Parameter(torch.ones(1)) for _ in range(2))
    with pytest.raises(ValueError, match="LBFGS doesn't support per-parameter options"):
        torch.optim.LBFGS([{"params": [p]}, {"params": [q]}])
    optimizer = torch.optim.LBFGS([p], line_search_fn="armijo")

    def closure():
        optimizer.zero_grad()
        (p**2).sum().backward()
        return p.detach() ** 2

    with pytest.raises(RuntimeError, match="only 'strong_wolfe' is supported"):
        optimizer.step(closure)
