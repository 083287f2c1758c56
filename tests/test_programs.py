"""Whole programs: PyTorch scripts run unchanged, and the examples."""

import subprocess
import sys

import pytest


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=600, **options)


def test_programs_print_what_pytorch_prints(shared):
    names = "regression,credit,letters,optimizers,transformer,digits"
    result = run(sys.executable, str(shared / "programs" / "check.py"), "--python", sys.executable, "--only", names)
    assert result.returncode == 0, result.stdout + result.stderr


def test_as_torch_answers_with_rushlight_itself():
    code = (
        "import torch, torch.nn.functional as F, rushlight\n"
        "from torch.utils.data import DataLoader\n"
        "assert torch is rushlight and torch.nn is rushlight.nn and F is rushlight.nn.functional\n"
        "assert DataLoader is rushlight.utils.data.DataLoader\n"
        "import subprocess, sys\n"
        "assert subprocess.run([sys.executable, '-c', 'import torch, rushlight; assert torch is rushlight']).returncode == 0\n"
    )
    result = run(sys.executable, "-m", "rushlight", "-c", code)
    assert result.returncode == 0, result.stderr


def test_import_leaves_numpy_alone():
    result = run(
        sys.executable,
        "-c",
        "import rushlight, sys; assert 'numpy' not in sys.modules; assert 'torch' not in sys.modules",
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.slow
def test_a_net_learns():
    import rushlight as torch

    torch.manual_seed(0)
    x = torch.rand(256, 2)
    y = (x[:, 0] > x[:, 1]).long()
    net = torch.nn.Sequential(torch.nn.Linear(2, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=32, shuffle=True)
    for _ in range(30):
        for batch, target in loader:
            loss = torch.nn.functional.cross_entropy(net(batch), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    assert (net(x).argmax(1) == y).float().mean() > 0.95


@pytest.mark.parametrize("example, options", [("oscillator", ["--steps", "20"]), ("regression", ["--steps", "5"])])
def test_an_example_draws_its_picture(root, tmp_path, example, options):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: nothing to draw with")
    picture = tmp_path / "picture.png"
    result = run(sys.executable, str(root / "examples" / f"{example}.py"), str(picture), *options)
    assert result.returncode == 0, result.stderr
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_example_of_the_tape_prints_its_table(root, tmp_path):
    result = run(sys.executable, str(root / "examples" / "tape.py"), str(tmp_path / "graph.svg"))
    assert result.returncode == 0, result.stderr
    assert "log_softmax" in result.stdout and (tmp_path / "graph.svg").read_text().startswith("<svg")


def test_the_example_of_a_function_of_its_own_learns(root):
    result = run(sys.executable, str(root / "examples" / "custom_function.py"), "--steps", "150")
    assert result.returncode == 0, result.stderr
    assert float(result.stdout.split("steps, ")[1].split("%")[0]) > 90


def test_the_example_of_a_gpt_learns_its_text(root):
    result = run(sys.executable, str(root / "examples" / "gpt.py"), "--steps", "60", "--width", "32")
    assert result.returncode == 0, result.stderr
    losses = [float(line.split("loss ")[1]) for line in result.stdout.splitlines() if line.startswith("step ")]
    assert losses[-1] < losses[0] - 1


def test_the_example_of_a_convnet_learns_to_read(root):
    pytest.importorskip("sklearn", reason="scikit-learn is not installed: there are no digits to read")
    result = run(sys.executable, str(root / "examples" / "convnet.py"), "--epochs", "4")
    assert result.returncode == 0, result.stderr
    assert float(result.stdout.split("epoch 3: ")[1].split(", ")[1].split("%")[0]) > 85
