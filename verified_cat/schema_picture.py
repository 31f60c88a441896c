"""A schema as a picture: its graph, the arrows by what they are, and its equations below, as SVG.

Learned arrows are drawn through, frozen ones dashed, structural ones dotted; those that share parameters are double.
"""

from __future__ import annotations

from collections import Counter
from html import escape
from math import cos, dist, pi, sin

from verified_cat.schema import Edge, Schema
from verified_cat.specification import Arrow, Specification

ROOM, RADIUS, LINE, LOOP = 150.0, 22.0, 20.0, 58.0
Point = tuple[float, float]

RULES = {
    "text": "font:13px sans-serif;text-anchor:middle;dominant-baseline:middle;fill:currentColor",
    ".left": "text-anchor:start",
    ".small": "font-size:11px;opacity:.75",
    "path": "fill:none;stroke:currentColor;stroke-width:1.4",
    ".frozen": "stroke-dasharray:6 4",
    ".structural": "stroke-dasharray:1.5 3",
    ".shared": "stroke-width:3",
}
STYLE = "".join(f".schema-picture {what}{{{how}}}" for what, how in RULES.items())
"""Of this picture alone, as it may stand in a page with others."""

RIM = ".schema-picture text{paint-order:stroke;stroke:Canvas;stroke-width:4px}"
"""A rim of the colour of the page around letters, where the page says of what scheme it is."""

ALONE = (
    f"svg.schema-picture{{color:#22262b;color-scheme:light dark}}{RIM}"
    "@media (prefers-color-scheme:dark){svg.schema-picture{color:#e4e6e8}}"
)
"""Colours of its own, light and dark: what stands in a page has those of the page."""


def svg(drawn: Schema | Specification, alone: bool = True) -> str:
    """The picture, with a title and the equations as its description; ``alone`` with colours of its own, for a file."""
    schema = drawn.schema if isinstance(drawn, Specification) else drawn
    places = _places(schema)
    lines, bends = _equations(drawn), _bends(schema)
    names = [_name_at(edge, bend, places)[1] for edge, bend in bends]
    top = min([0.0, *(y - 10 for y in names)])
    below = max([max(y for _, y in places.values()) + ROOM * 0.75, *(y + 20 for y in names)])
    width = max(max(x for x, _ in places.values()) + ROOM, 40.0 + 8.0 * max(map(len, lines), default=0))
    height = below + LINE * len(lines) - top
    parts = [part for edge, bend in bends for part in _edge(edge, bend, places, _kind(drawn, edge.name))]
    parts += [_object(name, at, _under(drawn, name)) for name, at in places.items()]
    parts += [_label((20, below + LINE * row), line, "left") for row, line in enumerate(lines)]
    says = "; ".join(str(equation) for equation in schema.equations) or "no equations"
    tip = 'viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"'
    box = f'viewBox="0 {top:z.0f} {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="schema-picture" role="img" {box}>'
        f"<title>{escape(schema.name)}</title><desc>{escape(says)}</desc><style>{STYLE}{ALONE if alone else ''}</style>"
        f'<defs><marker id="tip" {tip}><path d="M0 0L8 4L0 8"/></marker></defs>{"".join(parts)}</svg>'
    )


def _places(schema: Schema) -> dict[str, Point]:
    """One object in the middle, two or three in a row, more on a circle."""
    count = len(schema.objects)
    if count <= 3:
        return {name: (ROOM * (0.7 + 1.25 * place), ROOM) for place, name in enumerate(schema.objects)}
    reach = ROOM * max(1.0, count / 5)
    middle = reach + ROOM * 0.7
    return {
        name: (middle - reach * cos(2 * pi * place / count), middle - reach * sin(2 * pi * place / count))
        for place, name in enumerate(schema.objects)
    }


def _bends(schema: Schema) -> list[tuple[Edge, float]]:
    """How far each arrow is bent aside: those between the same two objects lie apart, loops one around the other."""
    seen: Counter[frozenset[str]] = Counter()
    total = Counter(frozenset((edge.source, edge.target)) for edge in schema.edges)
    found = []
    for edge in schema.edges:
        ends = frozenset((edge.source, edge.target))
        number, turned = seen[ends], edge.source > edge.target  # the same side for both directions
        seen[ends] += 1
        bend = 46 * (number - (total[ends] - 1) / 2)
        if len(ends) == 1:
            bend = 20.0 * number
        elif _between(schema, edge):  # above and below it, in turn
            bend = (60.0 + 24 * (number // 2)) * (-1) ** number
        found.append((edge, -bend if turned else bend))
    return found


def _between(schema: Schema, edge: Edge) -> bool:
    """Whether another object lies on the straight line: in a row of three."""
    return len(schema.objects) == 3 and {edge.source, edge.target} == {*schema.objects[::2]}


def _name_at(edge: Edge, bend: float, places: dict[str, Point]) -> Point:
    """Where the name of an arrow stands: on the outer side of its bend."""
    (x, y), (u, v) = places[edge.source], places[edge.target]
    if edge.source == edge.target:
        return x, y - 1.32 * (LOOP + bend)
    return _beside((x, y), (u, v), bend + (12 if bend >= 0 else -12))


def _beside(start: Point, end: Point, far: float) -> Point:
    """The point so far to the right of the middle, as one goes from the start to the end."""
    (x, y), (u, v) = start, end
    length = dist(start, end)
    return (x + u) / 2 - far * (v - y) / length, (y + v) / 2 + far * (u - x) / length


def _edge(edge: Edge, bend: float, places: dict[str, Point], kind: str) -> list[str]:
    (x, y), (u, v) = places[edge.source], places[edge.target]
    name = _label(_name_at(edge, bend, places), edge.name)
    if edge.source == edge.target:
        high = LOOP + bend
        path = (
            f"M{x - 12:.1f} {y - RADIUS:.1f}C{x - high:.1f} {y - 1.6 * high:.1f} {x + high:.1f} {y - 1.6 * high:.1f} "
        )
        return [_path(path + f"{x + 12:.1f} {y - RADIUS:.1f}", kind), name]
    control = _beside((x, y), (u, v), 2 * bend)
    start, end = _towards((x, y), control), _towards((u, v), control)
    path = f"M{start[0]:.1f} {start[1]:.1f}Q{control[0]:.1f} {control[1]:.1f} {end[0]:.1f} {end[1]:.1f}"
    return [_path(path, kind), name]


def _towards(point: Point, other: Point) -> Point:
    """The point on the rim of an object in the direction of another point."""
    share = RADIUS / dist(point, other)
    return point[0] + share * (other[0] - point[0]), point[1] + share * (other[1] - point[1])


def _path(path: str, kind: str) -> str:
    return f'<path class="{kind}" d="{path}" marker-end="url(#tip)"/>'


def _label(at: Point, text: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{at[0]:.1f}" y="{at[1]:.1f}">{escape(text)}</text>'


def _object(name: str, at: Point, under: str) -> str:
    shown = f'<text class="small" x="{at[0]:.1f}" y="{at[1] + 34:.1f}">{escape(under)}</text>' if under else ""
    return f"{_label(at, name)}{shown}"


def _kind(drawn: Schema | Specification, name: str) -> str:
    if isinstance(drawn, Schema):
        return "learned"
    arrow: Arrow = drawn.arrow(name)
    if arrow.frozen is not None:
        return "frozen"
    return "structural" if arrow.factors else "shared" if arrow.other != name else "learned"


def _under(drawn: Schema | Specification, name: str) -> str:
    """The space of an object and where its examples come from."""
    if isinstance(drawn, Schema):
        return ""
    thing = drawn.thing(name)
    space = " ⊗ ".join(thing.product) if thing.product else f"R^{'×'.join(map(str, thing.shape or ()))}"
    return f"{space}, {thing.data.kind if thing.data else 'no data'}"


def _equations(drawn: Schema | Specification) -> list[str]:
    """The equations, with what they weigh."""
    if isinstance(drawn, Schema):
        return [str(equation) for equation in drawn.equations]
    return [
        f"{each.equation}    ({each.cost}, weight {'auto' if each.weight is None else f'{float(each.weight):g}'})"
        for each in drawn.demands
    ]
