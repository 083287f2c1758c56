"""explain and graph: what they tell of a recorded graph is true."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

import rushlight as torch
from rushlight import nn


class Block(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.inner = nn.Linear(n, n)

    def forward(self, x):
        return x + torch.tanh(self.inner(x))


@pytest.fixture
def model():
    return nn.Sequential(nn.Linear(8, 16), Block(16), nn.ReLU(), nn.Linear(16, 3))


@pytest.fixture
def loss(model):
    return nn.functional.cross_entropy(model(torch.randn(5, 8)), torch.tensor([0, 1, 2, 1, 0]))


def test_steps_are_the_recorded_ops_with_their_shapes(loss, model):
    steps = torch.explain(loss, model).steps
    assert [s.op for s in steps] == ["addmm", "addmm", "tanh", "add", "relu", "addmm", "log_softmax", "nll_loss"]
    assert [s.shape for s in steps] == [(5, 16)] * 5 + [(5, 3)] * 2 + [()]
    assert {s.dtype for s in steps} == {torch.float32}
    assert all(s.place[1] > 0 and s.place[0].endswith(".py") for s in steps)


def test_operations_are_counted_from_shapes(loss, model):
    flops = [s.flops for s in torch.explain(loss, model).steps]
    assert flops[0] == 2 * 5 * 8 * 16 and flops[1] == 2 * 5 * 16 * 16 and flops[2] == flops[3] == 80
    a, b = torch.randn(2, 3, 4, requires_grad=True), torch.randn(2, 4, 5)
    assert torch.explain(a @ b).steps[0].flops == 2 * 2 * 3 * 4 * 5
    assert torch.explain(a.transpose(0, 1)).steps[0].flops == 0
    assert torch.explain(a.sum()).steps[0].flops == 24


def test_bytes_kept_are_those_of_storages_that_stay_alive():
    x = torch.randn(1000, requires_grad=True)
    before = torch._C._memory_report()["allocated"]
    y = x.exp()
    z = y * y
    kept = torch.explain(z.sum()).keeps
    del y
    root = z.sum()
    del z
    assert torch.explain(root).keeps == kept == 4000
    assert torch._C._memory_report()["allocated"] - before >= 4000


def test_a_line_of_the_program_is_named():
    x = torch.ones(2, requires_grad=True)
    y = x * 3
    (step,) = torch.explain(y).steps
    assert step.place[0] == __file__ and step.place[2] == "test_a_line_of_the_program_is_named"


def test_the_table_reads_well(loss, model):
    told = torch.explain(loss, model)
    lines = repr(told).splitlines()
    assert lines[0].split() == ["op", "shape", "dtype", "made", "at", "in", "keeps", "flops"]
    assert re.match(r"addmm +5x16 +float32 +linear\.py:\d+ +0: Linear +160 B +1\.28 k$", lines[2])
    assert "1.inner: Linear" in lines[3] and "Block" in lines[4]
    assert lines[-1].startswith("8 ops, ")
    table = ElementTree.fromstring(f"<div>{told._repr_html_()}</div>")
    assert len(table.findall(".//tbody/tr")) == 8


def test_the_picture_shows_every_op_and_leaf_once(loss, model, tmp_path):
    picture = torch.graph(loss, model)
    root = ElementTree.fromstring(picture.svg)
    texts = [t.text for t in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("addmm") == 3 and texts.count("nll_loss") == 1
    assert all(texts.count(name) == 1 for name, _ in model.named_parameters())
    assert "3: Linear" in texts and "ReLU" in texts
    picture.save(tmp_path / "graph.svg")
    assert (tmp_path / "graph.svg").read_text(encoding="utf-8") == picture._repr_svg_()


def boxes(svg):
    """(x, y, width, height) of what stands for an op or a leaf."""
    found = []
    for r in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}rect"):
        if "stroke" in r.attrib:
            found.append(tuple(float(r.get(key)) for key in ("x", "y", "width", "height")))
    return found


@pytest.mark.parametrize("seed", range(6))
def test_boxes_never_overlap_and_lines_lead_down(seed):
    torch.manual_seed(seed)
    pool = [torch.randn(3, requires_grad=True) for _ in range(4)]
    for i in range(25):
        a, b = (pool[int(torch.randint(len(pool), ()))] for _ in range(2))
        pool.append(a * b if i % 3 else (a + b).exp())
    svg = torch.graph(torch.stack(pool).sum()).svg
    found = boxes(svg)
    for i, (x, y, w, h) in enumerate(found):
        for other_x, other_y, other_w, other_h in found[i + 1 :]:
            apart = x + w <= other_x or other_x + other_w <= x or y + h <= other_y or other_y + other_h <= y
            assert apart
    for path in re.findall(r'd="M[\d.]+ ([\d.]+) .* ([\d.]+)"', svg):
        assert float(path[0]) < float(path[1])


def test_a_deep_graph_and_many_leaves_take_no_recursion():
    x = torch.ones(1, requires_grad=True)
    for _ in range(3000):
        x = x + 1
    assert len(torch.explain(x).steps) == 3000
    assert len(torch.explain(torch.stack([torch.ones(1, requires_grad=True) for _ in range(500)]).sum()).steps) == 2


def test_views_written_in_place_and_second_derivatives_are_explained():
    x = torch.ones(3, requires_grad=True)
    y = x * 1
    y[0] = 2 * x[1]
    (g,) = torch.autograd.grad((y**2).sum(), x, create_graph=True)
    assert {"copy_slices", "pow"} <= {s.op for s in torch.explain(g.sum()).steps}
    assert torch.graph(g.sum()).svg.startswith("<svg")


@pytest.mark.parametrize("show", [torch.explain, torch.graph])
def test_what_has_no_graph_is_refused(show):
    with pytest.raises(RuntimeError, match="no graph is behind this tensor"):
        show(torch.ones(2))
    with pytest.raises(TypeError, match="not a float"):
        show(1.0)
