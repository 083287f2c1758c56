"""Where elements stand: joining, copying, indexing, random numbers, and calls on tensors of a few elements."""

from .row import lines

ARRANGE = """
torch.cat([a, b])
torch.cat([a, b], 1)
torch.stack([a, b])
torch.stack([a, b], 2)
a.clone()
a.t().contiguous()
x.permute(2, 0, 1).contiguous()
x.permute(0, 2, 1).contiguous()
a[:, ::2].contiguous()
a.repeat(2, 2)
a.repeat_interleave(2, 0)
a.flip(0)
a.flip(1)
a.roll(3, 1)
a.tril()
a.diag()
a.expand(2, n, n).contiguous()
F.one_hot(w, 10)
"""
INDEX = """
a.index_select(0, r)
a.index_select(1, r)
a[r]
a[:, r]
a[r, r]
a.gather(0, q)
a.gather(1, q)
a.take(q)
c.scatter_(1, o, a) -> c
c.scatter_add_(0, q, a) -> c
c.scatter_add_(1, q, a) -> c
c.index_add_(0, r, a) -> c
c.index_copy_(0, z, a) -> c
c.index_fill_(0, r, 1.0) -> c
a[m]
a.masked_select(m)
a.masked_fill(m, 0.0)
c.masked_fill_(m, 0.0) -> c
c.masked_scatter_(m, a) -> c
c[m] = 0 -> c
c[z] = a -> c
c[1:] = a[1:] -> c
m.nonzero()
torch.argwhere(m)
"""
INDEXED = """
a = array(n, n); c = a.clone(); m = array(n, n) > 0
w = array(n, n); z = w[0].argsort(); r = ((w[0] * 1000).long() % n); q = (w * 1000).long() % n; o = w.argsort(1)
"""
DRAWS = """
torch.rand(n, n)
torch.randn(n, n)
torch.randint(0, 100, (n, n))
torch.randperm(n * n)
torch.bernoulli(p)
torch.multinomial(p, 5, replacement=True)
torch.rand_like(p)
torch.normal(0.0, 1.0, (n, n))
c.normal_()
c.uniform_()
c.bernoulli_(0.3)
c.exponential_()
F.dropout(p, 0.3)
"""
SMALL = """
x[0]
x[1:3]
x[:, None]
x[..., 0]
y[1, 2]
y[:, 1]
y[1:, :2]
x[m]
x[r]
x.reshape(2, 2)
x.view(2, 2)
y.t()
y.permute(1, 0)
y.transpose(0, 1)
x.unsqueeze(0)
y.flatten()
x.clone()
x.detach()
x.contiguous()
x.sum()
x.max()
x.argmax()
y.sum(1)
x.mean()
y @ y
x * 2
x + 1.5
-x
x > 0
x.exp()
torch.relu(x)
torch.where(m, x, 0)
torch.cat([x, x])
torch.stack([x, x])
torch.zeros(4)
torch.ones(2, 2)
torch.tensor([1.0, 2.0])
torch.tensor(3.0)
torch.arange(4)
torch.softmax(y, 1)
x.to(torch.float64)
x.to(torch.float32)
x.add_(0)
x[0] = 1.0 -> x
x.sum().item()
x.tolist()
float(s)
s.item()
bool(s > 0)
len(x)
x.shape
x.size(0)
x.dim()
x.numel()
x.dtype
list(x)
y.split(2)
y.chunk(2)
y.unbind()
x.topk(2)[0]
x.sort()[0]
"""


def places():
    setup = "a, b = array(n, n), array(n, n)\nx = a[: n // 4 * 4, : n // 4 * 4].reshape(4, n // 4, -1)\n"
    yield from lines(ARRANGE, setup + "w = torch.arange(n * n // 10) % 10", group="arrange")
    yield from lines(INDEX, INDEXED, group="index")
    seeded = "\n".join(f"{draw} -> (torch.manual_seed(3), {draw})[1]" for draw in DRAWS.strip().splitlines())
    yield from lines(seeded, "p, c = array(n, n).sigmoid(), array(n, n)", group="random", tolerance=1e-4)
    setup = "x, y = array(4), array(4, 4)\nm, r, s = x > 0, torch.tensor([2, 0]), torch.tensor(1.5)"
    yield from lines(SMALL, setup, sides=(4,), group="small")
