"""The graph of a flow: boxes, ends, and dots where values are copied or discarded, in layers by longest paths.

A parameter comes down from the top edge, so what it enters has its column to itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import floor, inf
from typing import Literal

from verified_cat.drawings import width
from verified_cat.flows import Flow, Value
from verified_cat.markup import cut

STEP, LEAST, NAME = 14.0, 28.0, 20
"""Points between ports, the least width of a box, and how many characters of a name it has room for."""

Kind = Literal["in", "out", "through", "box", "folded", "copy", "discard", "turn"]


@dataclass(slots=True, eq=False)
class Node:
    """What stands in a column; ``ins`` and ``outs`` are its ports on the left and on the right, ``tops`` above;
    ``room`` is the width of its column."""

    kind: Kind
    name: str = ""
    says: str = ""
    ins: int = 1
    outs: int = 1
    tops: int = 0
    layer: float = 0.0
    y: float = 0.0
    wide: float = 0.0
    x: float = 0.0
    room: float = 0.0

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
    made = Graph(inputs=[Node("in", name) for name in flow.inputs[flow.above :]])
    boxes = [_node(flow, place, back) for place in range(len(flow.boxes))]
    made.outputs = [Node("out", name) for name in flow.names]
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
    name = cut(box.name, NAME)
    tops = _tops(flow, place)
    longest = reverse_name(name, box.linear) if back else name
    wide = max(LEAST, width(longest) + 12, 16.0 * (len(tops) + 1))
    kind: Kind = "folded" if box.folded else "box"
    return Node(kind, name, box.says, len(box.inputs) - len(tops), len(box.outputs), len(tops), wide=wide)


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
    if len(uses) == 1:
        ((node, port, _),) = uses
        made.edges.append(Edge(source, out, node, port, name))
        return
    dot = Node("copy" if uses else "discard", outs=len(uses))
    made.nodes.append(dot)
    made.edges.append(Edge(source, out, dot, 0, name))
    made.edges += [Edge(dot, place, node, port, name) for place, (node, port, _) in enumerate(uses)]


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
    for node in made.outputs:
        node.layer = inf
