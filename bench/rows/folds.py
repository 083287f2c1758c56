"""Many elements into one, or in an order: reductions, scans, sorting and searching."""

from .row import lines

REDUCTION = """
a.sum()
a.sum(0)
a.sum(1)
a.mean()
a.mean(0)
a.mean(1)
a.prod(1)
a.var()
a.var(0)
a.std(1)
a.amax()
a.amax(0)
a.amax(1)
a.max()
a.max(0)[1]
a.max(1)[1]
a.min(1)[0]
a.argmax()
a.argmax(0)
a.argmax(1)
torch.aminmax(a)[0]
a.norm()
a.norm(dim=0)
a.norm(dim=1)
a.norm(1)
a.logsumexp(0)
a.logsumexp(1)
torch.softmax(a, 0)
torch.softmax(a, 1)
torch.log_softmax(a, 1)
a.count_nonzero()
a.nansum()
m.all()
m.any(1)
m.sum()
m.sum(1)
a.t().sum(0)
torch.dot(a.view(-1), a.view(-1))
torch.allclose(a, b)
torch.equal(a, b)
"""
SCAN = """
a.cumsum(0)
a.cumsum(1)
v.cumsum(0)
v.cumprod(0)
v.cummax(0)[0]
v.logcumsumexp(0)
v.diff()
i.cumsum(1)
"""
ORDER = """
v.sort()[0]
v.argsort() -> v[v.argsort()]
v.sort(descending=True)[0]
v.sort(stable=True)[1]
i.sort()[0]
a.sort(1)[0]
a.sort(0)[0]
v.topk(10)[0]
a.topk(5, 1)[0]
v.kthvalue(n)[0]
v.median()
a.median(1)[0]
v.quantile(0.3)
i.unique()
i.unique(return_inverse=True)[1]
v.msort()
torch.searchsorted(s, v)
torch.bucketize(v, e)
torch.histc(v, 100, -3, 3)
torch.bincount(p)
torch.isin(p, p[:50])
"""
SORTED = """
v = array(n * n); a = v.view(n, n); s = v.sort()[0]
i = (a * 1000).long(); p = i.abs().view(-1); e = s[:: n * n // 30].clone()
"""
MILLION = """
v.sort()[0]
v.argsort() -> v[v.argsort()]
v.sort(stable=True)[1]
v.sort(descending=True)[0]
"""


def folds():
    yield from lines(REDUCTION, "a = array(n, n)\nb, m = a.clone(), a > -2", group="reductions", tolerance=1e-4)
    yield from lines(SCAN, "a = array(n, n)\nv, i = a.view(-1), a.long()", group="scans", tolerance=1e-3)
    yield from lines(ORDER, SORTED, group="order")
    yield from lines(MILLION, "v = array(n * n)", sides=(1000,), group="order")
