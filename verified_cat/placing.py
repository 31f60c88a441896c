"""Where the boxes of a flow stand: in columns, each after what it needs, wires level through the columns between.

The layered layout of Sugiyama, Tagawa and Toda (1981): columns by longest paths, an order in each column by the middles
of neighbours, and heights by least squares under that order (the pool of adjacent violators). A parameter comes down
from the top edge, so what it enters has its column to itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import cos, floor, pi, sin
from typing import Literal

from verified_cat.drawings import Drawing, Part, Point, Port, Wire, width
from verified_cat.flows import Flow, Value

STEP, APART, BETWEEN, LEAST = 14.0, 9.0, 26.0, 28.0
"""Points between ports, between what stands in a column, between columns, and the least width of a box."""

DOT, RING = 2.6, 5.0
"""Radii of a dot, and of the ring that adds up."""

Kind = Literal["in", "out", "through", "box", "folded", "copy", "discard", "turn"]


@dataclass(slots=True, eq=False)
class Node:
    """What stands in a column; ``ins`` and ``outs`` are its ports on the left and on the right, ``tops`` above."""

    kind: Kind
    name: str = ""
    says: str = ""
    ins: int = 0
    outs: int = 0
    tops: int = 0
    layer: float = 0.0
    y: float = 0.0
    wide: float = 0.0
    linear: bool = False
    x: float = 0.0

    @property
    def high(self) -> float:
        """How much of its column it takes."""
        if self.kind in ("box", "folded"):
            return max(LEAST - 2, STEP * max(self.ins, self.outs) + 6)
        return STEP if self.kind != "through" else 4.0

    def offset(self, place: int, count: int) -> float:
        """How far a port lies below the middle."""
        return (place - (count - 1) / 2) * STEP if self.kind in ("box", "folded") else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """From a port on the right of a node to one on the left of another."""

    start: Node
    out: int
    end: Node
    into: int
    name: str


@dataclass(slots=True)
class Graph:
    """Nodes and edges, and which parameters (by number and name) come down into which port above a node."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    above: list[tuple[Node, int, str]] = field(default_factory=list)
    inputs: list[Node] = field(default_factory=list)
    outputs: list[Node] = field(default_factory=list)


def graph(flow: Flow, back: bool = False) -> Graph:
    """The nodes of a flow: its boxes, its ends, and a dot wherever a value is not used exactly once."""
    made = Graph(inputs=[Node("in", name, outs=1) for name in flow.inputs[flow.above :]])
    boxes = [_node(flow, place, back) for place in range(len(flow.boxes))]
    made.outputs = [Node("out", name, ins=1) for name in flow.names]
    uses = _uses(flow, boxes, made.outputs)
    for place, name in enumerate(flow.inputs):
        if place < flow.above:
            _from_above(made, name, uses.get((-1, place), []))
        else:
            source = made.inputs[place - flow.above]
            made.nodes.append(source)
            _spread(made, source, 0, name, uses.get((-1, place), []))
    for number, (box, node) in enumerate(zip(flow.boxes, boxes, strict=True)):
        made.nodes.append(node)
        for out, name in enumerate(box.outputs):
            _spread(made, node, out, name, uses.get((number, out), []))
    made.nodes += made.outputs
    _layers(made, alone=bool(flow.above) or back)
    return made


Use = tuple[Node, int, bool]
"""A node, the number of its port on the left or above, and whether it is above."""


def _node(flow: Flow, place: int, back: bool) -> Node:
    box = flow.boxes[place]
    name = cut(box.name)
    tops = _tops(flow, place)
    words = max(width(name), width(reverse_name(name, box.linear)) if back else 0.0)
    wide = max(LEAST, words + 12, 16.0 * (len(tops) + 1))
    kind: Kind = "folded" if box.folded else "box"
    return Node(kind, name, box.says, len(box.inputs) - len(tops), len(box.outputs), len(tops), 0, 0, wide, box.linear)


def cut(name: str) -> str:
    """A name that a box has room for."""
    return name if len(name) <= 20 else name[:19] + "…"


def reverse_name(name: str, linear: bool) -> str:
    """What the way back of a box bears: the transpose of a linear map is the same at every point."""
    return f"{name}ᵀ" if linear else f"R[{name}]"


def _tops(flow: Flow, place: int) -> list[int]:
    """Which inputs of a box are parameters that nothing else uses."""
    every = [value for box in flow.boxes for value in box.inputs] + list(flow.outputs)
    return [
        number
        for number, (box, index) in enumerate(flow.boxes[place].inputs)
        if box == -1 and index < flow.above and every.count((box, index)) == 1
    ]


def _uses(flow: Flow, boxes: list[Node], outputs: list[Node]) -> dict[Value, list[Use]]:
    found: dict[Value, list[Use]] = {}
    for number, box in enumerate(flow.boxes):
        tops = _tops(flow, number)
        left = [place for place in range(len(box.inputs)) if place not in tops]
        for place, value in enumerate(box.inputs):
            port = tops.index(place) if place in tops else left.index(place)
            found.setdefault(value, []).append((boxes[number], port, place in tops))
    for node, value in zip(outputs, flow.outputs, strict=True):
        found.setdefault(value, []).append((node, 0, False))
    return found


def _spread(made: Graph, source: Node, out: int, name: str, uses: Sequence[Use]) -> None:
    """An edge to the one use of a value; else a dot between."""
    if len(uses) != 1:
        dot = Node("copy" if uses else "discard", ins=1, outs=len(uses))
        made.nodes.append(dot)
        made.edges.append(Edge(source, out, dot, 0, name))
        source, out = dot, 0
    for place, (node, port, _) in enumerate(uses):
        made.edges.append(Edge(source, place if len(uses) != 1 else out, node, port, name))


def _from_above(made: Graph, name: str, uses: Sequence[Use]) -> None:
    """A parameter: straight down into the one box that uses it, else into a dot or a turn."""
    if len(uses) == 1 and uses[0][2]:
        made.above.append((uses[0][0], uses[0][1], name))
        return
    kind: Kind = "discard" if not uses else "turn" if len(uses) == 1 else "copy"
    dot = Node(kind, outs=len(uses), tops=1)
    made.nodes.append(dot)
    made.above.append((dot, 0, name))
    made.edges += [Edge(dot, place, node, port, name) for place, (node, port, _) in enumerate(uses)]


def _layers(made: Graph, alone: bool) -> None:
    """Boxes in whole columns, dots half a column after what they copy; ``alone`` gives each box a column of its own."""
    before: dict[Node, list[Node]] = {}
    for edge in made.edges:
        before.setdefault(edge.end, []).append(edge.start)
    last = 0.0
    ends = set(made.outputs)
    for node in made.nodes:
        if node.kind == "in" or node in ends:
            continue
        reached = max((each.layer for each in before.get(node, [])), default=0.0)
        whole = node.kind in ("box", "folded") or node.tops > 0
        node.layer = floor(reached) + 1.0 if whole else reached + 0.5
        if whole and (alone or node.tops):
            node.layer = last = max(node.layer, last + 1.0)
    end = floor(max((node.layer for node in made.nodes), default=0.0)) + 1.0
    for node in made.outputs:
        node.layer = end


# ------------------------------------------------------------------------------------------------ order and heights


@dataclass(slots=True)
class Columns:
    """The nodes of each column from top to bottom, and the edges between neighbouring columns."""

    items: list[list[Node]]
    hops: list[list[Edge]]
    routes: dict[Edge, list[Node]]


def columns(made: Graph) -> Columns:
    """Columns with a node "through" where a wire passes."""
    layers = sorted({node.layer for node in made.nodes})
    where = {layer: place for place, layer in enumerate(layers)}
    items: list[list[Node]] = [[] for _ in layers]
    for node in made.nodes:
        items[where[node.layer]].append(node)
    hops: list[list[Edge]] = [[] for _ in layers]
    routes: dict[Edge, list[Node]] = {}
    for edge in made.edges:
        here, out = edge.start, edge.out
        routes[edge] = []
        for place in range(where[edge.start.layer] + 1, where[edge.end.layer]):
            passing = Node("through", ins=1, outs=1, layer=layers[place])
            items[place].append(passing)
            routes[edge].append(passing)
            hops[place - 1].append(Edge(here, out, passing, 0, edge.name))
            here, out = passing, 0
        hops[where[edge.end.layer] - 1].append(Edge(here, out, edge.end, edge.into, edge.name))
    found = Columns(items, hops, routes)
    _ordered(found)
    _raised(found)
    return found


def _ordered(found: Columns) -> None:
    """Each column by the middles of what its nodes are wired to, from the left, from the right, and again."""
    last = len(found.items) - 1
    for turn in range(5):
        ahead = turn % 2 == 0
        for place in range(1, last) if ahead else range(last - 1, 0, -1):
            middles = _middles(found, place, ahead)
            stand = {node: number for number, node in enumerate(found.items[place])}
            found.items[place].sort(key=lambda node, m=middles, s=stand: (m.get(node, float(s[node])), s[node]))  # type: ignore[misc]


def _middles(found: Columns, place: int, ahead: bool) -> dict[Node, float]:
    """For each node of a column, the mean place of its neighbours on one side, as a share of their column."""
    other = found.items[place - 1 if ahead else place + 1]
    stand = {node: number for number, node in enumerate(other)}
    sums: dict[Node, list[float]] = {}
    for edge in found.hops[place - 1 if ahead else place]:
        node, far = (edge.end, edge.start) if ahead else (edge.start, edge.end)
        port, count = (edge.out, far.outs) if ahead else (edge.into, far.ins)
        sums.setdefault(node, []).append(stand[far] + (port + 1) / (count + 1))
    return {node: sum(each) / len(each) for node, each in sums.items()}


def _raised(found: Columns) -> None:
    """Heights: each node as near to the middle of its neighbours' ports as the order and the room let it."""
    for column in found.items:
        _pack(column, [0.0] * len(column))
    last = len(found.items) - 1
    for turn in range(30):
        for place in range(last + 1) if turn % 2 == 0 else range(last, -1, -1):
            hops = [*(found.hops[place - 1] if place else []), *found.hops[place]]
            _pack(found.items[place], _wanted(found.items[place], hops))


def _wanted(column: list[Node], hops: Sequence[Edge]) -> list[float]:
    pulls: dict[Node, list[float]] = {node: [] for node in column}
    for edge in hops:
        start = edge.start.y + edge.start.offset(edge.out, edge.start.outs)
        end = edge.end.y + edge.end.offset(edge.into, edge.end.ins)
        if edge.end in pulls:
            pulls[edge.end].append(edge.end.y + start - end)
        if edge.start in pulls:
            pulls[edge.start].append(edge.start.y + end - start)
    return [sum(pulls[node]) / len(pulls[node]) if pulls[node] else node.y for node in column]


def _pack(column: list[Node], wanted: list[float]) -> None:
    """The nearest heights (least squares) at which the nodes keep their order and their room."""
    room = 0.0
    rooms = []
    for number, node in enumerate(column):
        room += (column[number - 1].high + node.high) / 2 + APART if number else 0.0
        rooms.append(room)
    pools: list[tuple[float, int]] = []
    for value in (want - least for want, least in zip(wanted, rooms, strict=True)):
        pools.append((value, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (one, a), (two, b) = pools[-2:]
            pools[-2:] = [((one * a + two * b) / (a + b), a + b)]
    levels = [value for value, count in pools for _ in range(count)]
    for node, level, least in zip(column, levels, rooms, strict=True):
        node.y = round(level + least, 1)


# ------------------------------------------------------------------------------------------------ the drawing


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
        node.y = round(node.y - least + top, 1)
    return max((node.y + node.high / 2 for node in every), default=0.0) + 6.0


def _across(made: Graph, found: Columns) -> float:
    """The middles of the columns; how wide the drawing is."""
    room = max((width(node.name, 9) for node in made.inputs), default=0.0)
    right = room
    for column in found.items:
        if column[0].kind == "in":
            continue
        wide = max((node.wide for node in column), default=0.0)
        ends = max((width(node.name, 9) for node in column if node.kind == "out"), default=0.0)
        start = right + (BETWEEN if wide else BETWEEN * 0.6)
        for node in column:
            node.x = round(start + wide / 2, 1)
        right = start + max(wide, ends)
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
        room = max((width(node.name, 9) for node in self.made.inputs), default=0.0)
        for edge in self.made.edges:
            first = self._port(edge.start, "right", edge.out)
            last = self._port(edge.end, "left", edge.into)
            through = self._through(edge, room)
            self.wires.append(Wire(first, last, through, edge.name, "wire", self.arrows and edge.end.kind == "out"))
        for node, port, name in self.made.above:
            end = self._port(node, "top", port)
            self.ports.append(Port(-1, "top", (self.ports[end].at[0], 0.0), name, True))
            self.wires.append(Wire(len(self.ports) - 1, end, (), name))
        return Drawing(self.across, self.high, tuple(self.parts), tuple(self.ports), tuple(self.wires))

    def _through(self, edge: Edge, room: float) -> tuple[Point, ...]:
        """Level through the columns between, and level under the names at the ends."""
        found: list[Point] = [(room, edge.start.y)] if edge.start.kind == "in" and room else []
        for node in self.found.routes[edge]:
            wide = max(each.wide for column in self.found.items if node in column for each in column)
            found += [(node.x - wide / 2, node.y)] + ([(node.x + wide / 2, node.y)] if wide else [])
        if edge.end.kind == "out":
            found.append((edge.end.x, edge.end.y))
        return tuple(found)

    def _port(self, node: Node, side: Literal["left", "right", "top"], place: int) -> int:
        if node.kind in ("in", "out"):
            at = (0.0 if node.kind == "in" else self.across, node.y)
            self.ports.append(Port(-1, "left" if node.kind == "in" else "right", at, node.name))
        else:
            self.ports.append(Port(self.number[node], side, port_at(node, side, place)))
        return len(self.ports) - 1


def _part(node: Node) -> Part:
    if node.kind in ("box", "folded"):
        high = node.high
        kind: Literal["box", "folded"] = "folded" if node.kind == "folded" else "box"
        return Part(kind, node.x - node.wide / 2, node.y - high / 2, node.wide, high, node.name, node.says)
    dots: dict[str, Literal["copy", "discard", "turn"]] = {"copy": "copy", "discard": "discard", "turn": "turn"}
    return Part(dots[node.kind], node.x - DOT, node.y - DOT, 2 * DOT, 2 * DOT)


def port_at(node: Node, side: Literal["left", "right", "top"], place: int) -> Point:
    """Where a port of a node is: along the sides of a box, around a dot."""
    if node.kind in ("box", "folded"):
        if side == "top":
            return round(
                node.x + (place - (node.tops - 1) / 2) * node.wide / (node.tops + 1), 1
            ), node.y - node.high / 2
        half, count = (-node.wide / 2, node.ins) if side == "left" else (node.wide / 2, node.outs)
        return node.x + half, node.y + node.offset(place, count)
    if side == "top":
        return node.x, node.y - DOT
    if side == "left":
        return node.x - DOT, node.y
    angle = (place / (node.outs - 1) - 0.5) * 2 * pi / 3 if node.outs > 1 else 0.0
    return node.x + DOT * cos(angle), node.y + DOT * sin(angle)
