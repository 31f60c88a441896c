"""A drawing as elements of SVG in the colour of the text around it, and the frame that holds it with its names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from math import copysign

from verified_cat.drawings import Drawing, Part, Point, Port, Side, Wire, width
from verified_cat.markup import visible

LINE = 11.0
"""A line of names."""


def number(value: float) -> str:
    """A coordinate, to a tenth."""
    return f"{value:z.1f}".removesuffix(".0")


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
        back = copysign(5, y - v)
        return f"M{_at((u - 3, v + back))}L{_at((u, v))}L{_at((u + 3, v + back))}"
    back = copysign(5, x - u)
    return f"M{_at((u + back, v - 3))}L{_at((u, v))}L{_at((u + back, v + 3))}"


def marks(drawing: Drawing) -> str:
    """The drawing as elements of SVG in the colour of the text around it."""
    wires = [wire for wire in drawing.wires if wire.kind == "wire"]
    memory = [wire for wire in drawing.wires if wire.kind == "memory"]
    found = [_wires(drawing, wires, "")]
    if memory or drawing.loops:
        loops = "".join(
            f'<path d="{path(points)}{tip(points)}"><title>{words(says)}</title></path>'
            for points, says in drawing.loops
        )
        found.append(_wires(drawing, memory, ' stroke-dasharray="3 3"', loops))
    found += [_box(part) for part in drawing.parts if part.solid]
    found += [_dot(part) for part in drawing.parts if not part.solid]
    named = [*_boxes(drawing), *_ends(drawing)]
    font = 'font-family="system-ui, sans-serif" font-size="11" fill="currentColor" text-anchor="middle"'
    return f"{''.join(found)}<g {font}>{''.join(named)}</g>"


def _wires(drawing: Drawing, wires: Sequence[Wire], dashes: str, more: str = "") -> str:
    if not wires and not more:
        return ""
    found = []
    for wire in wires:
        points = drawing.points(wire)
        shape = path(points) + (tip(points) if wire.arrow else "")
        found.append(f'<path d="{shape}">' + (f"<title>{words(wire.name)}</title>" if wire.name else "") + "</path>")
    return f'<g fill="none" stroke="currentColor" stroke-width="1.2"{dashes}>{"".join(found)}{more}</g>'


def _box(part: Part) -> str:
    place = f'x="{number(part.x)}" y="{number(part.y)}" width="{number(part.width)}" height="{number(part.height)}"'
    twice = ' stroke-width="2.4"' if part.kind == "folded" else ' stroke-width="1.2"'
    says = f"<title>{words(part.says)}</title>" if part.says else ""
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
    sides: tuple[Side, ...] = ("top", "bottom")
    named = [_in_rows(drawing, side) for side in sides]
    above, below = (LINE * (1 + max((row for _, row in each), default=-1)) + 4.0 for each in named)
    loops = [point[1] for points, _ in drawing.loops for point in points]
    above = max([above, *(4.0 - y for y in loops)])
    ends = [(p.at[0], width(p.name, 9) / 2) for each in named for p, _ in each]
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


def label(at: Point, text: str, more: str = "") -> str:
    """Words at a place."""
    return f'<text x="{number(at[0])}" y="{number(at[1])}"{" " + more if more else ""}>{words(text)}</text>'


def words(text: str) -> str:
    """A text as it stands in SVG."""
    return escape(visible(text))
