"""The graph: recording and walking it, forward mode, and what vmap makes of a loop."""

from .row import Row

CHAIN = """
x = array(4).requires_grad_()
def chain():
    y = x
    for _ in range({n} // 2):
        y = torch.sin(y * 1.01)
    x.grad = None
    y.sum().backward()
"""
EACH = """
func = __import__("importlib").import_module(torch.__name__ + ".func")
functional_call, grad, hessian, jacfwd, jvp, vmap = (
    getattr(func, name) for name in ("functional_call", "grad", "hessian", "jacfwd", "jvp", "vmap")
)
torch.manual_seed(0)
nn = torch.nn
net = nn.Sequential(nn.Linear(16, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 4))
parameters = {name: p.detach() for name, p in net.named_parameters()}
x = array(256, 16); y = torch.arange(256) % 4; v = array(20)
def loss(p, x, y):
    return nn.functional.cross_entropy(functional_call(net, p, (x.unsqueeze(0),)), y.unsqueeze(0))
one = grad(loss)
each = vmap(one, in_dims=(None, 0, 0))
curve = lambda v: (v.sin() * v.flip(0)).sum()
"""


def graphs():
    row = dict(group="graph", threaded=False)
    for n in (10, 1000):
        yield Row(
            name=f"chain of {n}, recorded and walked",
            shape="[4]",
            setup=CHAIN.format(n=n),
            program="chain()",
            result="x.grad",
            **row,
        )
    total = "x.grad = None\nx.sum().backward()"
    yield Row(
        name="x.sum().backward()",
        shape="[4]",
        setup="x = array(4).requires_grad_()",
        program=total,
        result="x.grad",
        **row,
    )
    first = '"0.weight"'
    each = f"each(parameters, x, y)[{first}]"
    yield Row(
        name="gradients of 256 samples, vmap",
        shape="16-32-32-4",
        setup=EACH,
        program=each,
        result=each,
        tolerance=1e-4,
        **row,
    )
    loop = f"torch.stack([one(parameters, x[i], y[i])[{first}] for i in range(256)])"
    yield Row(
        name="gradients of 256 samples, a loop",
        shape="16-32-32-4",
        setup=EACH,
        program=loop,
        result=loop,
        tolerance=1e-4,
        **row,
    )
    yield Row(
        name="those by vmap : by the loop",
        shape="16-32-32-4",
        setup=EACH,
        program=each,
        result=each,
        versus=loop,
        **row,
    )
    for name, program in (
        ("jvp", "jvp(curve, (v,), (v,))[1]"),
        ("jacfwd", "jacfwd(torch.sin)(v)"),
        ("hessian", "hessian(curve)(v)"),
    ):
        yield Row(name=name, shape="[20]", setup=EACH, program=program, result=program, tolerance=1e-4, **row)
