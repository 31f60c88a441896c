"""What has to hold of a drawing: every wire ends where it says, nothing overlaps, and all is within the frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil, dist

from verified_cat.drawings import Drawing, Part, Point, Port

GAP = 4.0
"""The least room between two boxes."""


def faults(drawing: Drawing) -> list[str]:
    """What is wrong with a layout, each in a sentence; an empty list where nothing is."""
    looks = (_ports(drawing), _inside(drawing), _apart(drawing), _through(drawing), _parameters(drawing))
    return [fault for look in looks for fault in look]


def _ports(drawing: Drawing) -> Iterator[str]:
    """Every port belongs to one wire, no two are the same point, and each lies where it says."""
    ends = Counter(end for wire in drawing.wires for end in (wire.start, wire.end))
    for place, port in enumerate(drawing.ports):
        if ends[place] != 1:
            yield f"port {place} is the end of {ends[place]} wires, not of one"
        if port.part >= 0 and not _on(drawing.parts[port.part], port):
            yield f"port {place} is not on the {port.side} of its part"
        if port.part < 0 and not _on_edge(drawing, port):
            yield f"port {place} ({port.name}) is not on the {port.side} edge of the drawing"
    for at, count in Counter((round(p.at[0], 2), round(p.at[1], 2)) for p in drawing.ports).items():
        if count > 1:
            yield f"{count} wires end at the same point {at}"


def _on(part: Part, port: Port) -> bool:
    (x, y), slack = port.at, 0.01
    if not part.solid:  # on the rim of a dot, or within it where it is only a turn
        return abs(x - part.x - part.width / 2) <= part.width and abs(y - part.y - part.height / 2) <= part.height
    if port.side in ("left", "right"):
        edge = part.x if port.side == "left" else part.x + part.width
        return abs(x - edge) < slack and part.y < y < part.y + part.height
    edge = part.y if port.side == "top" else part.y + part.height
    return abs(y - edge) < slack and part.x < x < part.x + part.width


def _on_edge(drawing: Drawing, port: Port) -> bool:
    along, edge = {"left": (0, 0.0), "right": (0, drawing.width), "top": (1, 0.0), "bottom": (1, drawing.height)}[
        port.side
    ]
    return abs(port.at[along] - edge) < 0.01


def _inside(drawing: Drawing) -> Iterator[str]:
    for number, part in enumerate(drawing.parts):
        if part.x < 0 or part.y < 0 or part.x + part.width > drawing.width or part.y + part.height > drawing.height:
            yield f"part {number} ({part.name or part.kind}) is not within the drawing"
    for number, wire in enumerate(drawing.wires):
        if any(not (-0.01 <= x <= drawing.width + 0.01 and -0.01 <= y <= drawing.height + 0.01)
               for x, y in drawing.points(wire)):  # fmt: skip
            yield f"wire {number} is not within the drawing"


def _apart(drawing: Drawing) -> Iterator[str]:
    """Boxes keep their distance from each other."""
    solid = [(number, part) for number, part in enumerate(drawing.parts) if part.solid]
    for place, (one, a) in enumerate(solid):
        for two, b in solid[place + 1 :]:
            if _near(a.x, a.width, b.x, b.width) and _near(a.y, a.height, b.y, b.height):
                yield f"parts {one} ({a.name}) and {two} ({b.name}) overlap, or nearly"


def _near(start: float, length: float, other: float, more: float) -> bool:
    """Whether two stretches overlap, or are nearer than they may be."""
    return start - GAP < other + more and other - GAP < start + length


def _through(drawing: Drawing) -> Iterator[str]:
    """No wire goes through a box."""
    for number, wire in enumerate(drawing.wires):
        for part in drawing.parts:
            if part.solid and any(_within(part, point) for point in samples(drawing.points(wire))):
                yield f"wire {number} goes through the box {part.name}"


def _within(part: Part, point: Point) -> bool:
    x, y = point
    return part.x + 0.5 < x < part.x + part.width - 0.5 and part.y + 0.5 < y < part.y + part.height - 0.5


def _parameters(drawing: Drawing) -> Iterator[str]:
    """Parameters enter at the top edge, and come down into what uses them from above."""
    for place, port in enumerate(drawing.ports):
        if port.parameter and (port.part != -1 or port.side != "top" or port.at[1] > 0.01):
            yield f"parameter {port.name} (port {place}) does not enter at the top edge"
    for wire in drawing.wires:
        start, end = drawing.ports[wire.start], drawing.ports[wire.end]
        if start.parameter and (end.side != "top" or end.at[1] <= start.at[1]):
            yield f"parameter {start.name} does not come from above"


def samples(points: Sequence[Point], apart: float = 8.0) -> Iterator[Point]:
    """Points along a wire, so near to each other that no box lies between two of them."""
    for (x, y), (u, v) in pairwise(points):
        middle = (x + u) / 2
        count = ceil(1.5 * dist((x, y), (u, v)) / apart) + 1  # a curve is at most 1.5 times as quick as its mean
        for step in range(count + 1):
            t = step / count
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            yield a * x + b * middle + c * middle + d * u, a * y + b * y + c * v + d * v
