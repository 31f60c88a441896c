"""A graph in columns: the order in each, and the heights, so that wires run straight and nothing overlaps.

The layered layout of Sugiyama, Tagawa and Toda (1981): an order in each column by the middles of neighbours, and
heights by least squares under that order (the pool of adjacent violators).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verified_cat.drawings import tenth
from verified_cat.floats import mean
from verified_cat.flow_graph import Edge, Graph, Node

APART = 9.0
"""Points between what stands in a column."""


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
            passing = Node("through", layer=layers[place])
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
    places: dict[Node, list[float]] = {}
    for edge in found.hops[place - 1 if ahead else place]:
        node, far = (edge.end, edge.start) if ahead else (edge.start, edge.end)
        port, count = (edge.out, far.outs) if ahead else (edge.into, far.ins)
        places.setdefault(node, []).append(stand[far] + (port + 1) / (count + 1))
    return {node: mean(each) for node, each in places.items()}


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
    return [mean(pulls[node]) if pulls[node] else node.y for node in column]


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
        node.y = tenth(level + least)
