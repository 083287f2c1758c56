"""What is timed: short programs, the same text for rushlight and for a peer, which both are called `torch` in it.

`array(*shape)` gives the same standard normal float32 numbers to both.
"""

from dataclasses import dataclass

UNARY = ("exp", "tanh", "sigmoid", "gelu")
SIDES = (316, 3162)  # of a square of about 1e5 and 1e7 elements


@dataclass(frozen=True)
class Row:
    """One line of the table: `setup` runs once, `program` is timed, `result` is compared before it is."""

    group: str
    name: str
    shape: str
    setup: str
    program: str
    result: str
    tolerance: float = 1e-5  # of the largest magnitude in the result
    threaded: bool = True  # False: too small for threads, timed on one
    versus: str = ""  # another program of ours, in the peer's column


REGRESSION = """
torch.manual_seed(1)
x = torch.unsqueeze(torch.linspace(-1, 1, 100), dim=1)
y = x.pow(2) + 0.2 * torch.rand(x.size())
net = torch.nn.Sequential(torch.nn.Linear(1, 10), torch.nn.ReLU(), torch.nn.Linear(10, 1))
optimizer = torch.optim.SGD(net.parameters(), lr=0.2)
loss_func = torch.nn.MSELoss()
"""
MLP = """
torch.manual_seed(1)
nn = torch.nn
net = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10))
optimizer = torch.optim.Adam(net.parameters())
loss_func = nn.CrossEntropyLoss()
x = array(64, 784)
y = torch.arange(64) % 10
"""
STEP = """
loss = loss_func(net(x), y)
optimizer.zero_grad()
loss.backward()
optimizer.step()
"""
PAIR = "a = array(4); b = array(4)"
LEAVES = PAIR + "; a.requires_grad_(); b.requires_grad_()"


def calls():
    """What a call costs when there is next to nothing to compute."""
    row = dict(group="calls", shape="[4]", threaded=False)
    yield Row(name="a + b", setup=PAIR, program="a + b", result="a + b", **row)
    yield Row(name="a + b, recording", setup=LEAVES, program="a + b", result="(a + b).detach()", **row)
    backward = "(a * b).sum().backward()"
    yield Row(name=backward, setup=LEAVES, program=backward, result="a.grad", **row)
    yield Row(name="torch.mul(a, b)", setup=PAIR, program="torch.mul(a, b)", result="torch.mul(a, b)", **row)
    yield Row(name="a.mul(b)", setup=PAIR, program="a.mul(b)", result="a.mul(b)", **row)
    method = dict(name="a.mul(b) : torch.mul", versus="function(a, b)", **row)
    yield Row(setup=PAIR + "; function = torch.mul", program="a.mul(b)", result="a.mul(b)", **method)


def train():
    """A whole step: forward, loss, backward, optimiser."""
    step = dict(group="train", program=STEP, result="loss.detach()", tolerance=1e-3)
    yield Row(name="regression step", shape="1-10-1 x100", setup=REGRESSION, threaded=False, **step)
    yield Row(name="MLP step, Adam", shape="784-512-256-10 x64", setup=MLP, **step)


def pointwise():
    """Loops over 1e5 elements, which fit a cache, and 1e7, which don't; reductions and softmax too."""
    for side in SIDES:
        setup = f"a = array({side}, {side}); b = array({side}, {side}); F = torch.nn.functional"
        row = dict(group="pointwise", shape=f"[{side},{side}]", setup=setup)
        programs = {name: "F.gelu(a)" if name == "gelu" else f"torch.{name}(a)" for name in UNARY}
        programs |= {"add": "a + b", "a + b.t()": "a + b.t()", "sum dim 0": "a.sum(0)", "sum dim 1": "a.sum(1)"}
        programs |= {"softmax": "torch.softmax(a, 1)"}
        for name, program in programs.items():
            yield Row(name=name, program=program, result=program, **row)


def matmul():
    """Square float32 products."""
    for n in (256, 512, 1024, 2048):
        setup = f"a = array({n}, {n}); b = array({n}, {n})"
        yield Row("matmul", "matmul", f"[{n},{n}]", setup, "a @ b", "a @ b", tolerance=1e-4)


GROUPS = {"calls": calls, "train": train, "pointwise": pointwise, "matmul": matmul}
ROWS = [row for group in GROUPS.values() for row in group()]
