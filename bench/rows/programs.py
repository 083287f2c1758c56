"""Calls, steps of training, functions of one number, products."""

from .row import Row

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


def optimisers():
    """A step over 100 matrices: the fused rules, each beside PyTorch's default."""
    many = "ps = [torch.nn.Parameter(array(64, 64)) for _ in range(100)]\nfor p in ps: p.grad = array(64, 64)\n"
    row = dict(
        group="optimisers", shape="100x[64,64]", program="optimizer.step()", result="ps[0].detach()", tolerance=1e-2
    )
    for name in "SGD Adam AdamW NAdam RAdam Adamax Adagrad Adadelta RMSprop Rprop ASGD".split():
        yield Row(name=name, setup=f"{many}optimizer = torch.optim.{name}(ps, lr=1e-4)", threaded=False, **row)


def functions():
    """Every function of one number, and some of two, at 1e3, 1e5 and 1e7 elements."""
    anywhere = (
        "sin cos tan sinh cosh tanh asinh atan exp exp2 expm1 sigmoid erf erfc lgamma digamma i0 sinc frac round trunc"
    )
    anywhere += " nan_to_num deg2rad special.i0e special.i1 special.i1e special.erfcx special.ndtr special.log_ndtr"
    above = "log log2 log10 log1p sqrt rsqrt reciprocal special.entr"
    below_1 = "asin acos atanh erfinv logit special.ndtri"
    two = "hypot copysign atan2 logaddexp logaddexp2 nextafter xlogy special.xlog1py"
    row = dict(group="functions", threaded=False, tolerance=1e-4)
    for shape in ((1000,), (316, 316), (3162, 3162)):
        setup = f"x = array{shape}; x = torch.where(x == 0, 1, x); y = array{shape}; positive = x.abs() + 0.1; unit = torch.sigmoid(x)"
        programs = {name: f"torch.{name}(x)" for name in anywhere.split()}
        programs |= {name: f"torch.{name}(positive)" for name in above.split()} | {"acosh": "torch.acosh(positive + 1)"}
        programs |= {name: f"torch.{name}(unit)" for name in below_1.split()}
        programs |= {name: f"torch.{name}(positive, unit)" for name in two.split()}
        programs |= {"round decimals": "torch.round(x, decimals=2)", "polygamma 1": "torch.polygamma(1, positive)"}
        if len(shape) == 1:
            programs |= {
                "polygamma 3": "torch.polygamma(3, positive)",
                "gammainc": "torch.special.gammainc(positive, unit)",
            }
            programs |= {"gcd": "torch.gcd((x * 1000).long(), (y * 1000).long())"}
        for name, program in programs.items():
            yield Row(
                name=name, shape=str(list(shape)).replace(" ", ""), setup=setup, program=program, result=program, **row
            )


def matmul():
    """Square float32 products."""
    for n in (256, 512, 1024, 2048):
        setup = f"a = array({n}, {n}); b = array({n}, {n})"
        yield Row("matmul", "matmul", f"[{n},{n}]", setup, "a @ b", "a @ b", tolerance=1e-4)


def programs():
    for group in (calls, train, optimisers, functions, matmul):
        yield from group()
