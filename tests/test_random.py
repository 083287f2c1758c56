"""Random streams: the numbers that PyTorch's CPU generator gives, held against literals and against plain references."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest

import rushlight


def close(found, expected, tolerance=1e-6):
    np.testing.assert_allclose(np.array(found.tolist()), expected, rtol=tolerance, atol=tolerance)


def test_the_first_numbers_of_a_seed(torch):
    torch.manual_seed(0)
    assert torch.rand(4).tolist() == [0.49625658988952637, 0.7682217955589294, 0.08847743272781372, 0.13203048706054688]
    close(torch.randn(3), [-2.1787893772125244, 0.5684312582015991, -1.0845223665237427])
    assert torch.randint(0, 100, (6,)).tolist() == [56, 99, 78, 76, 56, 68]
    assert torch.randperm(8).tolist() == [2, 3, 4, 7, 1, 0, 6, 5]
    torch.manual_seed(2147483647 + 5)
    assert torch.rand(2, dtype=torch.float64).tolist() == [0.8868729723188347, 0.7939907422319641]


def test_the_first_numbers_of_distributions(torch):
    torch.manual_seed(0)
    close(
        torch.randn(20)[[0, 7, 8, 19]],
        [-1.1258398294448853, 1.85300612449646, 0.46809640526771545, 0.05373690277338028],
    )
    torch.manual_seed(0)
    assert torch.bernoulli(torch.full((8,), 0.5)).tolist() == [1, 0, 1, 1, 1, 0, 1, 0]
    assert torch.multinomial(torch.tensor([1.0, 2, 3, 4]), 3).tolist() == [2, 3, 1]
    torch.manual_seed(0)
    close(torch.empty(3).exponential_(), [3.508326292037964, 1.2303847074508667, 0.615044116973877])
    close(torch.empty(2).cauchy_(), [3.9330732822418213, 0.48998892307281494], 1e-5)
    assert torch.empty(3).geometric_(0.25).tolist() == [1, 6, 4]
    close(torch.empty(2).log_normal_(), [0.6449934244155884, 1.2132624387741089])


def test_memory_that_is_not_row_major_is_filled_in_its_own_order(torch):
    torch.manual_seed(0)
    x = torch.empty(3, 4).t()
    close(x.uniform_()[0], [0.49625658988952637, 0.30742281675338745, 0.455627977848053])
    close(x.normal_()[0], [0.40334683656692505, -0.5966353416442871, -1.0711873769760132])


def test_a_layer_begins_with_pytorchs_values(torch):
    torch.manual_seed(0)
    close(
        torch.nn.Linear(2, 2).weight,
        [[-0.005293981172144413, 0.37932288646698], [-0.5819807648658752, -0.5203874707221985]],
    )


# ---- generators -----------------------------------------------------------------------------------------------------


def test_a_generator_has_a_stream_of_its_own(torch):
    g = torch.Generator()
    assert g.initial_seed() == 67280421310721
    assert torch.rand(2, generator=g).tolist() == [0.267295241355896, 0.8725283145904541]
    torch.manual_seed(0)
    first = torch.rand(1).item()
    torch.manual_seed(0)
    torch.rand(10, generator=g)
    assert torch.rand(1).item() == first
    assert g.manual_seed(0) is g and torch.rand(1, generator=g).item() == first


def test_a_state_can_be_put_back(torch):
    torch.manual_seed(3)
    torch.randn(3)  # leaves one normal number waiting
    state = torch.get_rng_state()
    assert state.shape == (5056,) and state.dtype == torch.uint8
    one = [torch.randn(2).tolist(), torch.rand(3).tolist(), torch.randperm(5).tolist()]
    torch.set_rng_state(state)
    assert [torch.randn(2).tolist(), torch.rand(3).tolist(), torch.randperm(5).tolist()] == one
    g = torch.Generator()
    g.set_state(state)
    assert torch.randn(2, generator=g).tolist() == one[0]


def test_seeds(torch):
    assert torch.manual_seed(5).initial_seed() == 5 and torch.initial_seed() == 5
    torch.manual_seed(-1)
    assert torch.initial_seed() == 2**64 - 1
    assert torch.seed() == torch.initial_seed()
    with pytest.raises((RuntimeError, ValueError, TypeError, OverflowError)):
        torch.manual_seed(2**70)
    torch.manual_seed(0)


def test_states_go_between_the_libraries(peer):
    peer.manual_seed(9)
    peer.randn(17)
    rushlight.set_rng_state(rushlight.from_numpy(peer.get_rng_state().numpy()))
    assert rushlight.rand(5).tolist() == peer.rand(5).tolist()
    assert rushlight.randperm(9).tolist() == peer.randperm(9).tolist()


# ---- plain references -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def streams(shared):
    spec = importlib.util.spec_from_file_location("random_streams", shared / "facts" / "random_streams.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_recipe_holds(shared):
    command = [sys.executable, "-m", "rushlight", str(shared / "facts" / "random_streams.py")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert len(lines) > 20 and all(line.startswith("holds") for line in lines), result.stdout


@pytest.mark.parametrize("seed", [0, 1, 2**32 + 5, 12345678901])
def test_long_streams(streams, seed):
    n = 3000  # beyond the generator's 624 words
    g = streams.Reference(seed)
    rushlight.manual_seed(seed)
    assert rushlight.rand(n).tolist() == [g.u24() for _ in range(n)]
    assert rushlight.rand(n, dtype=rushlight.float64).tolist() == [g.u53() for _ in range(n)]
    assert rushlight.randint(0, 10**6, (n,)).tolist() == [g.r32() % 10**6 for _ in range(n)]
    assert rushlight.randperm(n).tolist() == g.permutation(n)
    close(rushlight.randn(n), g.normals(n, g.u24), 2e-6)


def test_single_normals_wait_for_each_other(streams):
    g = streams.Reference(1)
    rushlight.manual_seed(1)
    for n, dtype in [(3, rushlight.float32), (1, rushlight.float64), (4, rushlight.float32)]:
        close(rushlight.randn(n, dtype=dtype), [g.normal() for _ in range(n)])


@pytest.mark.parametrize("threads", [2, 4])
def test_threads_do_not_change_a_stream(threads):
    def draw():
        rushlight.manual_seed(4)
        return [
            rushlight.rand(100_003),
            rushlight.randn(100_003),
            rushlight.empty(100_003).exponential_(),
            rushlight.randperm(5000),
        ]

    one = draw()
    rushlight.set_num_threads(threads)
    assert all(rushlight.equal(a, b) for a, b in zip(one, draw()))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("rows", "n", "samples"), [(1, 1, 3), (3, 7, 5), (4, 64, 700), (9, 316, 5), (6, 1000, 2)])
def test_multinomial_finds_what_a_search_finds(torch, dtype, rows, n, samples):
    weights = np.random.default_rng(rows).random((rows, n)).astype(dtype)
    weights[:, n // 3 : n // 2] = 0
    torch.manual_seed(4)
    found = torch.multinomial(torch.from_numpy(weights), samples, replacement=True).numpy()
    torch.manual_seed(4)
    u = torch.rand(rows, samples, dtype=torch.float64).numpy()
    shares = np.cumsum(weights, 1) / np.cumsum(weights, 1)[:, -1:]
    shares[:, -1] = 1
    assert found.tolist() == [np.searchsorted(shares[r], u[r]).tolist() for r in range(rows)]
