"""graph: the picture of the graph behind a tensor, as SVG.

Layers by the longest path, as Sugiyama, Tagawa and Toda have it (IEEE Trans. SMC 11, 1981): a step stands below all that it uses; within a
layer the order is that of the mean of the neighbours, swept down and up a few times; then positions settle near those means.
"""

import html

from rushlight import _C

from ._explain import _amount
from ._steps import groups_of, names_in, steps_of

__all__ = ["Picture", "graph"]

_HEIGHT, _GAP, _SPACE, _MARGIN = 34, 26, 18, 16
_COLOURS = ("#e3edf7", "#e8f3e4", "#fbeedd", "#f3e6f5", "#e2f3f2", "#f8e5e5", "#f0efe0", "#e6e7f6")


class _Box:
    def __init__(self, title, note, kind):
        self.title, self.note, self.kind = title, note, kind
        self.uses, self.users = [], []
        self.layer, self.x = 0, 0.0
        self.width = max(56, 7.2 * max(len(title), len(note) * 0.86) + 18)
        self.group = None


def _boxes(tensor, model):
    steps, leaves = steps_of(tensor, names_in(model))
    by_node = {}
    for step in steps:
        shape = "x".join(map(str, step.shape)) or "()"
        kept = f"  keeps {_amount(step.keeps, 'B')}" if step.keeps else ""
        by_node[id(step.node)] = _Box(step.op, shape + kept, "step")
    by_leaf = {
        key: _Box(leaf.name or "leaf", "x".join(map(str, leaf.tensor.shape)) or "()", "leaf")
        for key, leaf in leaves.items()
    }
    for step in steps:
        box = by_node[id(step.node)]
        for target in step.inputs:
            below = by_node.get(id(target)) if isinstance(target, _C.Node) else by_leaf.get(id(target))
            if below is not None and below not in box.uses:
                box.uses.append(below)
                below.users.append(box)
    ordered = [by_node[id(step.node)] for step in steps]
    groups = [(title, [ordered[place] for place in places]) for title, places in groups_of(steps, model)]
    return ordered, list(by_leaf.values()), groups


def _place(steps, leaves):
    """Layers, the order within each, and x of every box."""
    for box in steps:
        box.layer = 1 + max((b.layer for b in box.uses), default=0)
    for box in leaves:  # just above the first that uses it
        box.layer = min(b.layer for b in box.users) - 1
    layers = [[] for _ in range(1 + max(box.layer for box in steps))]
    for box in (*steps, *leaves):
        layers[box.layer].append(box)
    _bend(steps, layers)
    for sweep in range(6):
        down = sweep % 2 == 0
        for layer in layers if down else reversed(layers):
            place = {id(box): i for row in layers for i, box in enumerate(row)}
            key = {}
            for box in layer:
                near = box.uses if down else box.users
                key[id(box)] = sum(place[id(b)] for b in near) / len(near) if near else place[id(box)]
            layer.sort(key=lambda box: key[id(box)])
    for layer in layers:
        x = 0.0
        for box in layer:
            box.x = x + box.width / 2
            x += box.width + _SPACE
    for sweep in range(30):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wanted = []
            for box in layer:
                near = [(b.x, 1 if "leaf" in (b.kind, box.kind) else 6) for b in (*box.uses, *box.users)]
                weight = sum(w for _, w in near)
                wanted.append(sum(x * w for x, w in near) / weight if near else box.x)
            _settle(layer, wanted)
    left = min(box.x - box.width / 2 for layer in layers for box in layer)
    for layer in layers:
        for box in layer:
            box.x -= left - _MARGIN


def _bend(steps, layers):
    """Lines over several layers pass each of them at a place of their own."""
    for box in steps:
        for i, below in enumerate(box.uses):
            above = below
            for layer in range(below.layer + 1, box.layer):
                bend = _Box("", "", "bend")
                bend.layer, bend.width, bend.uses = layer, 8, [above]
                if above is below:
                    below.users[below.users.index(box)] = bend
                else:
                    above.users.append(bend)
                layers[layer].append(bend)
                above = bend
            if above is not below:
                above.users.append(box)
                box.uses[i] = above


def _lines(steps):
    """Every line as the places that it passes, from top to bottom."""
    for box in steps:
        for above in box.uses:
            line = [box]
            while above.kind == "bend":
                line.append(above)
                (above,) = above.uses
            yield [above, *reversed(line)]


def _settle(layer, wanted):
    """Boxes as near to where they want to be as their widths allow, in order."""
    clusters = []  # [boxes, widths before each, mean of wish less offset]
    for box, wish in zip(layer, wanted):
        clusters.append([[box], [0.0], [wish]])
        while len(clusters) > 1:
            (_, _, before), (boxes, offsets, wishes) = clusters[-2], clusters[-1]
            last, first = clusters[-2][0][-1], boxes[0]
            end = sum(before) / len(before) + clusters[-2][1][-1]
            apart = last.width / 2 + _SPACE + first.width / 2
            if sum(wishes) / len(wishes) >= end + apart:
                break
            shift = clusters[-2][1][-1] + apart
            clusters[-2][0].extend(boxes)
            clusters[-2][1].extend(o + shift for o in offsets)
            clusters[-2][2].extend(w - shift for w in wishes)
            clusters.pop()
    for boxes, offsets, wishes in clusters:
        start = sum(wishes) / len(wishes)
        for box, offset in zip(boxes, offsets):
            box.x = start + offset


def _y(box):
    return _MARGIN + 10 + box.layer * (_HEIGHT + _GAP)


def _hull(boxes):
    return (
        min(b.x - b.width / 2 for b in boxes) - 8, _y(min(boxes, key=_y)) - 14,
        max(b.x + b.width / 2 for b in boxes) + 8, _y(max(boxes, key=_y)) + _HEIGHT + 6,
    )  # fmt: skip


def _meets(hull, box):
    left, top, right, bottom = hull
    return (
        left < box.x + box.width / 2 and box.x - box.width / 2 < right and top < _y(box) + _HEIGHT and _y(box) < bottom
    )


class Picture:
    """A picture of a graph; a notebook shows it, `save` writes it.

    Attributes
    ----------
    svg : str
        The picture, whole.
    """

    def __init__(self, svg, count):
        self.svg, self._count = svg, count

    def _repr_svg_(self):
        return self.svg

    def __repr__(self):
        return f"<Picture of a graph of {self._count} ops: save('graph.svg') writes it>"

    def save(self, path):
        """Write the picture into a file.

        Parameters
        ----------
        path : str or path-like
        """
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.svg)


def _curve(line):
    path = f"M{line[0].x:.1f} {_y(line[0]) + _HEIGHT}"
    for above, box in zip(line, line[1:]):
        y1, y2 = _y(above) + _HEIGHT, _y(box)
        bend = (y2 - y1) / 2
        path += f" C{above.x:.1f} {y1 + bend:.1f} {box.x:.1f} {y2 - bend:.1f} {box.x:.1f} {y2}"
        if box.kind == "bend":
            path += f" L{box.x:.1f} {y2 + _HEIGHT}"
    return f'<path d="{path}" fill="none" stroke="#8895a7" stroke-width="1.2"/>'


def graph(tensor, model=None):
    """The picture of the graph behind a tensor, grouped by module.

    Parameters
    ----------
    tensor : Tensor
        A result with a graph behind it.
    model : nn.Module, optional
        Names leaves and modules: a group is what one call of a module's ``forward`` recorded.

    Returns
    -------
    Picture
        ``svg`` is its text; it needs no other program.

    Raises
    ------
    TypeError
        If it is no tensor.
    RuntimeError
        If there is no graph behind it.

    Examples
    --------
    >>> import rushlight as torch
    >>> torch.graph((torch.ones(3, requires_grad=True) * 2).sum())
    <Picture of a graph of 2 ops: save('graph.svg') writes it>
    """
    steps, leaves, groups = _boxes(tensor, model)
    _place(steps, leaves)
    everything = [*steps, *leaves]
    width = max(box.x + box.width / 2 for box in everything) + _MARGIN
    height = _y(steps[-1]) + _HEIGHT + _MARGIN
    height = max(height, max(_y(box) for box in everything) + _HEIGHT + _MARGIN)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    titles = []
    for i, (title, boxes) in enumerate(groups):
        colour = _COLOURS[i % len(_COLOURS)]
        own = {id(b) for b in boxes}
        # leaves that only this group uses stand with it
        boxes = [*boxes, *(b for b in leaves if all(id(u) in own for u in b.users) and len(groups) > 1)]
        mine = {id(b) for b in boxes}
        for box in boxes:
            box.group = colour
        if len(groups) == 1 or not title or title.startswith("<"):
            continue
        hull = _hull(boxes)
        if any(id(b) not in mine and _meets(hull, b) for b in everything):
            continue
        left, top, right, bottom = hull
        parts.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" rx="8" fill="{colour}" '
            'fill-opacity="0.55"/>'
        )
        titles.append(
            f'<text x="{left + 6:.1f}" y="{top + 9:.1f}" font-size="9" fill="#667">{html.escape(title)}</text>'
        )
    parts.extend(_curve(line) for line in _lines(steps))
    for box in everything:
        x, y = box.x - box.width / 2, _y(box)
        round_, fill = (17, "#fff7d6") if box.kind == "leaf" else (5, box.group or "#eef2f7")
        parts.append(
            f'<rect x="{x:.1f}" y="{y}" width="{box.width:.1f}" height="{_HEIGHT}" rx="{round_}" fill="{fill}" stroke="#54657d"/>'
            f'<text x="{box.x:.1f}" y="{y + 14}" text-anchor="middle" fill="#1c2733">{html.escape(box.title)}</text>'
            f'<text x="{box.x:.1f}" y="{y + 27}" text-anchor="middle" font-size="10" fill="#667">{html.escape(box.note)}</text>'
        )
    parts.extend(titles)
    parts.append("</svg>")
    return Picture("\n".join(parts), len(steps))
