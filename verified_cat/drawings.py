"""A drawing: boxes, dots and wires with their places, what has to hold of them, and all of it as SVG.

A wire goes from port to port through the points where it turns; each port is a point, and belongs to one wire. What has
to hold is said by ``faults``: a layout is not trusted, it is looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise
from typing import Literal

from verified_cat.markup import visible

Point = tuple[float, float]
Side = Literal["left", "right", "top", "bottom"]

SIDES: tuple[Side, ...] = ("left", "right", "top", "bottom")

GAP, LINE = 4.0, 11.0
"""The least room between two boxes; a line of names."""


@dataclass(frozen=True, slots=True)
class Part:
    """A box, or a dot where a wire is copied, discarded, added up or turned: ``kind`` says which."""

    kind: Literal["box", "folded", "copy", "discard", "sum", "zero", "turn"]
    x: float
    y: float
    width: float
    height: float
    name: str = ""
    says: str = ""

    @property
    def solid(self) -> bool:
        """Whether no wire may go through it."""
        return self.kind in ("box", "folded")


@dataclass(frozen=True, slots=True)
class Port:
    """A point where a wire ends: on a side of a part (by its place among the parts), or of the drawing itself (-1)."""

    part: int
    side: Side
    at: Point
    name: str = ""
    parameter: bool = False


@dataclass(frozen=True, slots=True)
class Wire:
    """From a port to a port (by their places) through points; ``kind`` "memory" is what the way there keeps for the
    way back."""

    start: int
    end: int
    through: tuple[Point, ...] = ()
    name: str = ""
    kind: Literal["wire", "memory"] = "wire"
    arrow: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """Parts, ports, wires; ``loops`` are dashed lines outside, from one step to the next."""

    width: float
    height: float
    parts: tuple[Part, ...]
    ports: tuple[Port, ...]
    wires: tuple[Wire, ...]
    loops: tuple[tuple[tuple[Point, ...], str], ...] = ()

    def points(self, wire: Wire) -> list[Point]:
        """The ports and the turning points of a wire, in order."""
        return [self.ports[wire.start].at, *wire.through, self.ports[wire.end].at]

    def moved(self, right: float, down: float) -> Drawing:
        """The drawing elsewhere."""
        return self._mapped(lambda p: (p[0] + right, p[1] + down), right, down)

    def mirrored(self) -> Drawing:
        """Left and right exchanged."""
        turned = self._mapped(lambda p: (self.width - p[0], p[1]), 0, 0)
        sides: dict[Side, Side] = {"left": "right", "right": "left"}
        ports = tuple(replace(port, side=sides.get(port.side, port.side)) for port in turned.ports)
        parts = tuple(replace(part, x=self.width - part.x - part.width) for part in self.parts)
        return replace(turned, ports=ports, parts=parts)

    def _mapped(self, move: Callable[[Point], Point], right: float, down: float) -> Drawing:
        return replace(
            self,
            width=self.width + right,
            height=self.height + down,
            parts=tuple(replace(part, x=part.x + right, y=part.y + down) for part in self.parts),
            ports=tuple(replace(port, at=move(port.at)) for port in self.ports),
            wires=tuple(replace(wire, through=tuple(map(move, wire.through))) for wire in self.wires),
            loops=tuple((tuple(map(move, points)), says) for points, says in self.loops),
        )


# ------------------------------------------------------------------------------------------------ what has to hold


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
            across = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
            down = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
            if across > -GAP and down > -GAP:
                yield f"parts {one} ({a.name}) and {two} ({b.name}) overlap, or nearly"


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


def samples(points: Sequence[Point], count: int = 12) -> Iterator[Point]:
    """Points along a wire."""
    for (x, y), (u, v) in pairwise(points):
        middle = (x + u) / 2
        for step in range(count + 1):
            t = step / count
            if x == u or y == v:
                yield x + t * (u - x), y + t * (v - y)
            else:
                a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
                yield a * x + b * middle + c * middle + d * u, a * y + b * y + c * v + d * v


# ------------------------------------------------------------------------------------------------ SVG


def number(value: float) -> str:
    """A coordinate, to a tenth."""
    return f"{value:.1f}".removesuffix(".0").replace("-0", "-0" if abs(value) >= 0.05 else "0")


def _at(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"


def path(points: Sequence[Point]) -> str:
    """Straight where it goes level or upright, else a curve that leaves and arrives level."""
    found = [f"M{_at(points[0])}"]
    for (x, y), (u, v) in pairwise(points):
        middle = (x + u) / 2
        straight = x == u or y == v
        found.append(f"L{_at((u, v))}" if straight else f"C{_at((middle, y))} {_at((middle, v))} {_at((u, v))}")
    return "".join(found)


def tip(points: Sequence[Point]) -> str:
    """A small arrow at the end of a wire, along its last stretch."""
    (x, y), (u, v) = points[-2], points[-1]
    if x == u:
        back = -5 if v > y else 5
        return f"M{_at((u - 3, v + back))}L{_at((u, v))}L{_at((u + 3, v + back))}"
    back = -5 if u > x else 5
    return f"M{_at((u + back, v - 3))}L{_at((u, v))}L{_at((u + back, v + 3))}"


def marks(drawing: Drawing) -> str:
    """The drawing as elements of SVG in the colour of the text around it."""
    wires = [wire for wire in drawing.wires if wire.kind == "wire"]
    memory = [wire for wire in drawing.wires if wire.kind == "memory"]
    found = [_wires(drawing, wires, "")]
    if memory or drawing.loops:
        loops = "".join(
            f'<path d="{path(points)}{tip(points)}"><title>{_text(says)}</title></path>'
            for points, says in drawing.loops
        )
        found.append(_wires(drawing, memory, ' stroke-dasharray="3 3"', loops))
    found += [_box(part) for part in drawing.parts if part.solid]
    found += [_dot(part) for part in drawing.parts if not part.solid]
    words = [*_boxes(drawing), *_ends(drawing)]
    font = 'font-family="system-ui, sans-serif" font-size="11" fill="currentColor" text-anchor="middle"'
    return f"{''.join(found)}<g {font}>{''.join(words)}</g>"


def _wires(drawing: Drawing, wires: Sequence[Wire], dashes: str, more: str = "") -> str:
    if not wires and not more:
        return ""
    found = []
    for wire in wires:
        points = drawing.points(wire)
        shape = path(points) + (tip(points) if wire.arrow else "")
        found.append(f'<path d="{shape}">' + (f"<title>{_text(wire.name)}</title>" if wire.name else "") + "</path>")
    return f'<g fill="none" stroke="currentColor" stroke-width="1.2"{dashes}>{"".join(found)}{more}</g>'


def _box(part: Part) -> str:
    place = f'x="{number(part.x)}" y="{number(part.y)}" width="{number(part.width)}" height="{number(part.height)}"'
    twice = ' stroke-width="2.4"' if part.kind == "folded" else ' stroke-width="1.2"'
    says = f"<title>{_text(part.says)}</title>" if part.says else ""
    look = f'rx="3" fill="currentColor" fill-opacity="0.08" stroke="currentColor"{twice}'
    return f"<rect {place} {look}>{says}</rect>"


def _dot(part: Part) -> str:
    x, y = part.x + part.width / 2, part.y + part.height / 2
    if part.kind == "turn":
        bend = f"M{_at((x, part.y))}Q{_at((x, y))} {_at((part.x + part.width, y))}"
        return f'<path d="{bend}" fill="none" stroke="currentColor" stroke-width="1.2"/>'
    if part.kind in ("sum", "zero"):
        sign, r = ("+", 5) if part.kind == "sum" else ("0", 5)
        ring = f'<circle cx="{number(x)}" cy="{number(y)}" r="{r}" fill="none" stroke="currentColor"/>'
        return f'{ring}<text x="{number(x)}" y="{number(y + 3)}" {_SMALL}>{sign}</text>'
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="2.6" fill="currentColor"/>'


_SMALL = 'font-family="system-ui, sans-serif" font-size="9" fill="currentColor" text-anchor="middle"'


def _boxes(drawing: Drawing) -> Iterator[str]:
    for part in drawing.parts:
        if part.solid:
            yield label((part.x + part.width / 2, part.y + part.height / 2 + 3.8), part.name)


def _ends(drawing: Drawing) -> Iterator[str]:
    """The names at the edges of the drawing."""
    for port, row in _in_rows(drawing, "top"):
        yield label((port.at[0], port.at[1] - 3 - LINE * row), port.name, 'font-size="9"')
    for port, row in _in_rows(drawing, "bottom"):
        yield label((port.at[0], port.at[1] + 10 + LINE * row), port.name, 'font-size="9"')
    for port in drawing.ports:
        if port.part == -1 and port.name and port.side in ("left", "right"):
            anchor = "start" if port.side == "left" else "end"
            yield label((port.at[0], port.at[1] - 5), port.name, f'font-size="9" text-anchor="{anchor}"')


def _in_rows(drawing: Drawing, side: Side) -> list[tuple[Port, int]]:
    """The named ports at the top or the bottom edge, with the rows of their names."""
    found = [port for port in drawing.ports if port.part == -1 and port.side == side and port.name]
    found.sort(key=lambda port: port.at[0])
    return list(zip(found, rows([(port.at[0], width(port.name, 9)) for port in found]), strict=True))


def frame(drawing: Drawing) -> tuple[float, float, float, float]:
    """The rectangle (left, top, width, height) that holds the drawing with its names."""
    named = {side: _in_rows(drawing, side) for side in SIDES[2:]}
    above, below = (LINE * (1 + max((row for _, row in each), default=-1)) + 4.0 for each in named.values())
    loops = [point[1] for points, _ in drawing.loops for point in points]
    above = max(above, 4.0 - min(loops, default=0.0))
    ends = [(p.at[0], width(p.name, 9) / 2) for each in named.values() for p, _ in each]
    left = max([4.0, *(half - x + 2 for x, half in ends)])
    right = max([4.0, *(x + half + 2 - drawing.width for x, half in ends)])
    return -left, -above, drawing.width + left + right, drawing.height + above + below


def rows(texts: Sequence[tuple[float, float]]) -> list[int]:
    """In which row each text stands, given its middle and its width, so that none covers another."""
    ends: list[float] = []
    found = []
    for middle, wide in texts:
        row = next((number for number, end in enumerate(ends) if end + 4 <= middle - wide / 2), len(ends))
        ends[row : row + 1] = [middle + wide / 2]
        found.append(row)
    return found


def width(text: str, size: float = 11) -> float:
    """About how wide a text is."""
    return 0.62 * size * len(text)


def label(at: Point, text: str, more: str = "") -> str:
    """Words at a place."""
    return f'<text x="{number(at[0])}" y="{number(at[1])}"{" " + more if more else ""}>{_text(text)}</text>'


def _text(text: str) -> str:
    return escape(visible(text))
