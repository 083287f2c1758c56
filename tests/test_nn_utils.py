"""torch.nn.utils and torch.optim.swa_utils; each test holds for PyTorch too, where it is."""

import copy

import numpy as np
import pytest

import rushlight


def with_grads(torch, *grads):
    params = [torch.nn.Parameter(torch.zeros(len(g))) for g in grads]
    for p, g in zip(params, grads):
        p.grad = torch.tensor(g)
    return params


def test_norms_are_clipped_together(torch):
    utils = torch.nn.utils
    params = with_grads(torch, [3.0, 0.0], [0.0, 4.0])
    assert utils.get_total_norm([p.grad for p in params]).item() == 5.0
    assert utils.clip_grad_norm_(params, 1.0).item() == 5.0
    np.testing.assert_allclose(params[0].grad.numpy(), [0.6, 0.0], rtol=1e-5)
    assert utils.clip_grad_norm_(params, 10.0, norm_type=float("inf")).item() == pytest.approx(0.8)
    np.testing.assert_allclose(params[1].grad.numpy(), [0.0, 0.8], rtol=1e-5)
    assert utils.clip_grad_norm_([torch.nn.Parameter(torch.ones(1))], 1.0).item() == 0.0
    params[0].grad[0] = float("nan")
    with pytest.raises(RuntimeError, match="is non-finite, so it cannot be clipped"):
        utils.clip_grad_norm_(params, 1.0, error_if_nonfinite=True)
    with pytest.warns(UserWarning, match="empty generator"):
        utils.clip_grad_norm_((p for p in []), 1.0)
    (p,) = with_grads(torch, [3.0, -0.5, -4.0])
    utils.clip_grad_value_(p, 1)
    assert p.grad.tolist() == [1.0, -0.5, -1.0]
    utils.clip_grads_with_norm_(p, 1.0, torch.tensor(2.0))
    np.testing.assert_allclose(p.grad.numpy(), [0.5, -0.25, -0.5], rtol=1e-5)


def test_parameters_are_a_vector_and_back(torch):
    net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1))
    vector = torch.nn.utils.parameters_to_vector(net.parameters())
    assert vector.shape == (13,)
    torch.nn.utils.vector_to_parameters(torch.arange(13.0), net.parameters())
    assert net[0].weight.tolist() == [[0, 1], [2, 3], [4, 5]] and net[1].bias.tolist() == [12]
    with pytest.raises(TypeError, match="expected torch.Tensor, but got: "):
        torch.nn.utils.vector_to_parameters([1.0], net.parameters())


def test_skip_init_leaves_the_generator_alone(torch):
    before = torch.get_rng_state().tolist()
    made = torch.nn.utils.skip_init(torch.nn.Linear, 3, 2)
    assert made.weight.shape == (2, 3) and made.weight.device.type == "cpu" and torch.get_rng_state().tolist() == before
    with pytest.raises(RuntimeError, match="Expected a Module; got"):
        torch.nn.utils.skip_init(int)


# ---- sequences -------------------------------------------------------------------------------------------------------


def sequences(torch):
    return [torch.tensor([[4.0], [5.0]]), torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([[6.0]])]


def test_sequences_are_padded(torch):
    rnn = torch.nn.utils.rnn
    padded = rnn.pad_sequence(sequences(torch), batch_first=True, padding_value=-1.0)
    assert padded[..., 0].tolist() == [[4, 5, -1], [1, 2, 3], [6, -1, -1]]
    assert rnn.pad_sequence(sequences(torch)).shape == (3, 3, 1)
    left = rnn.pad_sequence(sequences(torch), True, padding_side="left")
    assert left[..., 0].tolist() == [[0, 4, 5], [1, 2, 3], [0, 0, 6]]
    back = rnn.unpad_sequence(padded, torch.tensor([2, 3, 1]), batch_first=True)
    assert [s.tolist() for s in back] == [s.tolist() for s in sequences(torch)]


def test_sequences_are_packed_step_by_step(torch):
    rnn = torch.nn.utils.rnn
    packed = rnn.pack_sequence(sequences(torch), enforce_sorted=False)
    assert packed.data[:, 0].tolist() == [1, 4, 6, 2, 5, 3] and packed.batch_sizes.tolist() == [3, 2, 1]
    assert packed.sorted_indices.tolist() == [1, 0, 2] and packed.unsorted_indices.tolist() == [1, 0, 2]
    padded, lengths = rnn.pad_packed_sequence(packed, batch_first=True, total_length=4)
    assert padded[..., 0].tolist() == [[4, 5, 0, 0], [1, 2, 3, 0], [6, 0, 0, 0]] and lengths.tolist() == [2, 3, 1]
    assert [s.tolist() for s in rnn.unpack_sequence(packed)] == [s.tolist() for s in sequences(torch)]
    assert packed.double().data.dtype == torch.float64 and packed.float() is packed
    with pytest.raises(RuntimeError, match="must be sorted in decreasing order"):
        rnn.pack_sequence(sequences(torch))
    with pytest.raises(ValueError, match="Expected total_length to be at least"):
        rnn.pad_packed_sequence(packed, total_length=2)
    with pytest.raises(RuntimeError, match="greater than 0"):
        rnn.pack_padded_sequence(torch.ones(3, 2), [3, 0])


def test_packing_passes_gradients(torch):
    rnn = torch.nn.utils.rnn
    x = torch.ones(3, 2, requires_grad=True)
    packed = rnn.pack_padded_sequence(x, torch.tensor([3, 1]))
    padded, _ = rnn.pad_packed_sequence(packed)
    (padded * torch.tensor([[1.0, 2.0]])).sum().backward()
    assert x.grad.tolist() == [[1, 2], [1, 0], [1, 0]]


# ---- weights of norm 1 -----------------------------------------------------------------------------------------------


def test_weight_norm_keeps_the_weight_and_trains_both_parts(torch):
    for how in (torch.nn.utils.weight_norm, torch.nn.utils.parametrizations.weight_norm):
        torch.manual_seed(0)
        layer = torch.nn.Linear(3, 2)
        before = layer.weight.tolist()
        if how is torch.nn.utils.weight_norm:
            with pytest.warns(FutureWarning, match="deprecated"):
                how(layer)
            names = ["bias", "weight_g", "weight_v"]
        else:
            how(layer)
            names = ["bias", "parametrizations.weight.original0", "parametrizations.weight.original1"]
        assert [name for name, _ in layer.named_parameters()] == names
        np.testing.assert_allclose(layer.weight.detach().numpy(), before, rtol=1e-6)
        layer(torch.ones(1, 3)).sum().backward()
        assert all(p.grad is not None for p in layer.parameters())
    torch.nn.utils.parametrize.remove_parametrizations(layer, "weight")
    assert type(layer) is torch.nn.Linear and [n for n, _ in layer.named_parameters()] == ["bias", "weight"]


def test_spectral_norm_has_the_largest_singular_value_one(torch):
    utils = torch.nn.utils
    for how, remove in (
        (utils.spectral_norm, utils.remove_spectral_norm),
        (utils.parametrizations.spectral_norm, lambda m: utils.parametrize.remove_parametrizations(m, "weight")),
    ):
        torch.manual_seed(0)
        layer = how(torch.nn.Linear(4, 3), n_power_iterations=30)
        layer(torch.ones(1, 4)).sum().backward()
        largest = np.linalg.svd(layer.weight.detach().numpy(), compute_uv=False)[0]
        assert largest == pytest.approx(1, abs=1e-3)
        remove(layer)
        assert type(layer) is torch.nn.Linear and isinstance(layer.weight, torch.nn.Parameter)
        assert np.linalg.svd(layer.weight.detach().numpy(), compute_uv=False)[0] == pytest.approx(1, abs=1e-3)


def test_spectral_norm_draws_pytorchs_vectors(peer):
    def run(lib):
        lib.manual_seed(3)
        layers = [
            lib.nn.utils.parametrizations.spectral_norm(lib.nn.Linear(4, 3)),
            lib.nn.utils.spectral_norm(lib.nn.Linear(4, 3)),
        ]
        return [layer(lib.ones(1, 4)).tolist() for layer in layers], [list(layer.state_dict()) for layer in layers]

    (ours, names), (theirs, other) = run(rushlight), run(peer)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    assert names == other


# ---- parametrizations ------------------------------------------------------------------------------------------------


def symmetric(torch):
    class Symmetric(torch.nn.Module):
        calls = 0

        def forward(self, x):
            type(self).calls += 1
            return x.triu() + x.triu(1).transpose(-1, -2)

        def right_inverse(self, x):
            return x.triu()

    return Symmetric()


def test_a_parametrized_weight_is_computed(torch):
    P = torch.nn.utils.parametrize
    layer, rule = torch.nn.Linear(3, 3), symmetric(torch)
    P.register_parametrization(layer, "weight", rule)
    assert type(layer).__name__ == "ParametrizedLinear" and isinstance(layer, torch.nn.Linear)
    assert P.is_parametrized(layer, "weight") and not P.is_parametrized(layer, "bias")
    assert P.type_before_parametrizations(layer) is torch.nn.Linear
    assert layer.weight.tolist() == layer.weight.t().tolist()
    assert list(layer.state_dict()) == ["bias", "parametrizations.weight.original"]
    layer.weight = torch.tensor([[1.0, 2.0, 3.0], [2.0, 4.0, 5.0], [3.0, 5.0, 6.0]])
    assert layer.parametrizations.weight.original.tolist() == [[1, 2, 3], [0, 4, 5], [0, 0, 6]]
    layer.weight.sum().backward()
    assert layer.parametrizations.weight.original.grad.tolist() == [[1, 2, 2], [0, 1, 2], [0, 0, 1]]
    before = type(rule).calls
    with P.cached():
        assert layer.weight is layer.weight
    assert type(rule).calls == before + 1
    other = copy.deepcopy(layer)
    assert other.weight.tolist() == layer.weight.tolist()
    with pytest.raises(RuntimeError, match="only supported through state_dict"):
        layer.__getstate__()
    P.remove_parametrizations(layer, "weight")
    assert type(layer) is torch.nn.Linear and layer.weight.tolist()[1] == [2, 4, 5] and P.is_parametrized(other)


def test_what_a_parametrization_may_not_do_is_refused(torch):
    P = torch.nn.utils.parametrize
    wider = torch.nn.Linear(3, 4)
    layer = torch.nn.Linear(3, 3)
    with pytest.raises(ValueError, match="may not change the shape of the tensor"):
        P.register_parametrization(layer, "weight", wider)
    with pytest.raises(
        ValueError, match="does not have a parameter, a buffer, or a parametrized element with name 'x'"
    ):
        P.register_parametrization(layer, "x", wider)
    with pytest.raises(ValueError, match="does not have a parametrization on weight"):
        P.remove_parametrizations(torch.nn.Linear(2, 2), "weight")


# ---- means of weights ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["swa", "ema", "swa of one", "ema of one"])
def test_an_averaged_model_holds_means(torch, kind):
    swa = torch.optim.swa_utils
    options = {
        "swa": {},
        "ema": {"multi_avg_fn": swa.get_ema_multi_avg_fn(0.75)},
        "swa of one": {"avg_fn": swa.get_swa_avg_fn()},
        "ema of one": {"avg_fn": swa.get_ema_avg_fn(0.75)},
    }[kind]
    model = torch.nn.Linear(1, 1, bias=False)
    averaged = swa.AveragedModel(model, **options)
    for value in (1.0, 2.0, 6.0):
        with torch.no_grad():
            model.weight.fill_(value)
        averaged.update_parameters(model)
    assert averaged.module.weight.item() == pytest.approx(3.0 if kind.startswith("swa") else 0.75 * 1.25 + 1.5)
    assert averaged.n_averaged.item() == 3 and averaged(torch.ones(1, 1)).item() == averaged.module.weight.item()
    with pytest.raises(ValueError, match="Invalid decay value 2"):
        swa.get_ema_avg_fn(2)


@pytest.mark.parametrize("strategy", ["cos", "linear"])
def test_swa_rates_are_pytorchs(peer, strategy):
    def run(lib):
        optimizer = lib.optim.SGD([lib.nn.Parameter(lib.ones(1))], lr=0.3)
        scheduler = lib.optim.swa_utils.SWALR(optimizer, 0.05, 6, strategy)
        seen = []
        for _ in range(12):
            optimizer.step()
            scheduler.step()
            seen.append(scheduler.get_last_lr())
        return seen

    assert run(rushlight) == run(peer)


@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (7, 3), (4, 2, 3)])
def test_orthogonal_has_orthonormal_rows_or_columns(torch, shape):
    torch.manual_seed(2)
    t = torch.nn.init.orthogonal_(torch.empty(*shape), gain=2.0)
    matrix = t.reshape(shape[0], -1).numpy()
    product = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)
    with pytest.raises(ValueError, match="Only tensors with 2 or more dimensions are supported"):
        torch.nn.init.orthogonal_(torch.empty(3))


def test_orthogonal_has_pytorchs_values(peer):
    def run(lib):
        lib.manual_seed(2)
        return [lib.nn.init.orthogonal_(lib.empty(*shape)).numpy() for shape in ((5, 5), (3, 7), (7, 3))]

    for ours, theirs in zip(run(rushlight), run(peer)):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
