"""Element by element: arithmetic, comparison, choice, in place, broadcast; every dtype; conversions; new tensors."""

from .row import lines

FLOAT = """
a + b
a - b
a * b
a / b
a + 1
a * 2
1 - a
a / 3
-a
a ** 2
a.abs()
torch.relu(a)
torch.exp(a)
torch.tanh(a)
torch.sigmoid(a)
F.gelu(a)
F.silu(a)
F.leaky_relu(a)
a.clamp(-1, 1)
torch.maximum(a, b)
torch.add(a, b, alpha=2)
torch.lerp(a, b, 0.3)
torch.addcmul(a, b, b)
torch.remainder(a, 3)
torch.floor(a)
a == b
a < b
a > 0
torch.isnan(a)
torch.where(m, a, b)
torch.where(m, a, 0)
a + b.t()
a + b[0]
a * b[:, :1]
a[:, ::2] + b[:, ::2]
"""
IN_PLACE = """
c.add_(b) -> c
c.mul_(-1) -> c
c.clamp_(-1, 1) -> c
c.sigmoid_() -> c
c.copy_(b) -> c
c.copy_(b.t()) -> c
c.fill_(2) -> c
c.zero_() -> c
torch.add(a, b, out=c) -> c
c[:, 1:].add_(1) -> c
"""
INTEGER = """
i + j
i * j
i + 1
i // 3
i % 3
i & j
i == j
i > 0
-i
torch.where(m, i, j)
i.clamp(-10, 10)
"""
BOOL = """
m & k
m | k
~m
m ^ k
m == k
"""
FLOATING = """
a + b
a * b
a * 2
a / b
torch.exp(a)
torch.tanh(a)
torch.relu(a)
a < b
a.sum()
a.sum(0)
a.sum(1)
torch.softmax(a, 1)
"""
CONVERSION = """
a.double()
a.half()
a.bfloat16()
a.int()
a.long()
a.to(torch.uint8)
a.bool()
d.float()
h.float()
g.float()
i.float()
i.int()
u.float()
u.long()
m.float()
m.long()
i + a
"""
CREATION = """
torch.zeros(n, n)
torch.ones(n, n)
torch.full((n, n), 2.5)
torch.empty(n, n) -> torch.zeros(n, n)
torch.zeros_like(a)
torch.ones_like(a)
torch.arange(n * n)
torch.arange(n * n, dtype=torch.float32)
torch.linspace(0, 1, n * n)
torch.eye(n)
"""
PAIR = "a, b = array(n, n), array(n, n)\n"
INTEGERS = PAIR + "i, j = (a * 100).to(torch.{0}), (b * 100).to(torch.{0})\nm = a > 0"


def elements():
    yield from lines(FLOAT, PAIR + "m = a > 0", group="elements")
    yield from lines(IN_PLACE, PAIR + "c = a.clone()", group="in place")
    yield from lines(INTEGER, INTEGERS.format("int64"), group="integers", dtype="int64")
    yield from lines("i + j\ni * 2\ni == j", INTEGERS.format("int32"), group="integers", dtype="int32")
    yield from lines("i + j\ni == j", INTEGERS.format("int8"), group="integers", dtype="int8")
    yield from lines(BOOL, PAIR + "m, k = a > 0, b > 0", group="bool", dtype="bool")
    for dtype, tolerance in (("float64", 1e-12), ("bfloat16", 1e-2), ("float16", 2e-3)):
        setup = PAIR + f"a, b = a.to(torch.{dtype}), b.to(torch.{dtype})"
        yield from lines(FLOATING, setup, group="dtypes", dtype=dtype, tolerance=tolerance)
    setup = "a = array(n, n)\nd, h, g, i = a.double(), a.half(), a.bfloat16(), a.long()\nu, m = (a * a).byte(), a > 0"
    yield from lines(CONVERSION, setup.replace("a.long", "(a * 100).long"), group="conversion", dtype="to")
    yield from lines(CREATION, "a = array(n, n)", group="creation")
