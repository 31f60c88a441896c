"""Where the boxes of a flow stand: in columns, each after what it needs, wires level through the columns between."""

from __future__ import annotations

from math import cos, pi, sin
from typing import Any, Literal, cast

from verified_cat.columns import Columns, columns
from verified_cat.drawings import Drawing, Part, Point, Port, Wire, tenth, width
from verified_cat.flow_graph import Edge, Graph, Node, graph
from verified_cat.flows import Flow

BETWEEN = 26.0
"""Points between columns."""

DOT = 2.6
"""The radius of a dot."""


def place(flow: Flow, *, back: bool = False, arrows: bool = False) -> Drawing:
    """The flow as a drawing from left to right; ``back`` leaves room for the ways back of its boxes."""
    made = graph(flow, back)
    found = columns(made)
    high = _lowered(made, found, 34.0 if flow.above else 6.0)
    across = _across(made, found)
    return _Drawn(made, found, across, high, arrows).drawing()


def _lowered(made: Graph, found: Columns, top: float) -> float:
    """Everything moved to below the top; how high the drawing is."""
    every = [node for column in found.items for node in column]
    least = min((node.y - node.high / 2 for node in every), default=0.0)
    for node in every:
        node.y = tenth(node.y - least + top)
    return max((node.y + node.high / 2 for node in every), default=0.0) + 6.0


def _across(made: Graph, found: Columns) -> float:
    """The middles of the columns; how wide the drawing is."""
    right = max((width(node.name, 9) for node in made.inputs), default=0.0)
    for node in made.inputs:
        node.x, node.room = right / 2, right
    for column in found.items:
        if column[0].kind == "in":
            continue
        wide = max(node.wide for node in column)
        ends = max((width(node.name, 9) for node in column if node.kind == "out"), default=0.0)
        start = right + (BETWEEN if wide else BETWEEN * 0.6)
        for node in column:
            node.x, node.room = tenth(start + wide / 2), wide
        right = start + wide + ends
    return right + 6.0  # room for a dot in the last column


class _Drawn:
    """Ports and wires of placed nodes."""

    def __init__(self, made: Graph, found: Columns, across: float, high: float, arrows: bool) -> None:
        self.made, self.found, self.across, self.high, self.arrows = made, found, across, high, arrows
        self.parts: list[Part] = []
        self.ports: list[Port] = []
        self.wires: list[Wire] = []
        self.number: dict[Node, int] = {}

    def drawing(self) -> Drawing:
        for node in self.made.nodes:
            if node.kind not in ("in", "out"):
                self.number[node] = len(self.parts)
                self.parts.append(_part(node))
        for edge in self.made.edges:
            first = self._port(edge.start, "right", edge.out)
            last = self._port(edge.end, "left", edge.into)
            through = self._through(edge, self.ports[first].at[1], self.ports[last].at[1])
            self.wires.append(Wire(first, last, through, edge.name, "wire", self.arrows and edge.end.kind == "out"))
        for node, port, name in self.made.above:
            end = self._port(node, "top", port)
            self.ports.append(Port(-1, "top", (self.ports[end].at[0], 0.0), name, True))
            self.wires.append(Wire(len(self.ports) - 1, end, (), name))
        return Drawing(self.across, self.high, tuple(self.parts), tuple(self.ports), tuple(self.wires))

    def _through(self, edge: Edge, first: float, last: float) -> tuple[Point, ...]:
        """Level through the columns between, beside wider boxes of the columns at the ends, and under the names."""
        start, end = edge.start, edge.end
        found = list[Point]()
        if start.wide < start.room:
            found.append((start.x + start.room / 2, first))
        for node in self.found.routes[edge]:
            found.append((node.x - node.room / 2, node.y))
            if node.room:
                found.append((node.x + node.room / 2, node.y))
        if end.wide < end.room:
            found.append((end.x - end.room / 2, last))
        if end.kind == "out":
            found.append((end.x, end.y))
        return tuple(found)

    def _port(self, node: Node, side: Literal["left", "right", "top"], place: int) -> int:
        if node.kind in ("in", "out"):
            at = (0.0 if node.kind == "in" else self.across, node.y)
            self.ports.append(Port(-1, "left" if node.kind == "in" else "right", at, node.name))
        else:
            self.ports.append(Port(self.number[node], side, port_at(node, side, place)))
        return len(self.ports) - 1


def _part(node: Node) -> Part:
    kind = cast(Any, node.kind)  # ends are no parts, and no part is made of what a wire passes through
    if node.kind in ("box", "folded"):
        left, top = node.x - node.wide / 2, node.y - node.high / 2
        return Part(kind, left, top, node.wide, node.high, node.name, node.says)
    return Part(kind, node.x - DOT, node.y - DOT, 2 * DOT, 2 * DOT)


def port_at(node: Node, side: Literal["left", "right", "top"], place: int) -> Point:
    """Where a port of a node is: along the sides of a box, around a dot."""
    if node.kind in ("box", "folded"):
        if side == "top":
            across = (place - (node.tops - 1) / 2) * node.wide / (node.tops + 1)
            return tenth(node.x + across), node.y - node.high / 2
        half, count = (-node.wide / 2, node.ins) if side == "left" else (node.wide / 2, node.outs)
        return node.x + half, node.y + node.offset(place, count)
    if side == "top":
        return node.x, node.y - DOT
    if side == "left":
        return node.x - DOT, node.y
    angle = (place / (node.outs - 1) - 0.5) * 2 * pi / 3 if node.outs > 1 else 0.0
    return node.x + DOT * cos(angle), node.y + DOT * sin(angle)
