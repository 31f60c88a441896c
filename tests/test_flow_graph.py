"""Graphs of flows: which node is wired to which port of which, and in which column each stands."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any

import pytest

from verified_cat.flow_graph import Graph, Node, graph
from verified_cat.flows import Box, Flow

F = Box("f", "f : A ⊗ B → C", ((-1, 0), (-1, 1)), ("C",))
PLAIN = Flow(("A", "B"), (F,), ((0, 0),), ("C",))
BUSY = Flow(
    ("P", "Q", "S", "A", "B", "D"),
    (
        Box("f", "first", ((-1, 0), (-1, 3)), ("C",)),
        Box("g", "second", ((-1, 1), (0, 0), (-1, 1), (0, 0)), ("X", "Y"), folded=True),
    ),
    ((1, 0), (-1, 4)),
    ("X", "B"),
    3,
)
"""P comes down into f; Q is copied, S dropped; what f gives is copied, D and the second output of g are dropped."""


def nodes(made: Graph) -> list[Any]:
    return [(each.kind, each.name, each.ins, each.outs, each.tops, each.layer) for each in made.nodes]


def edges(made: Graph) -> list[Any]:
    number = {node: place for place, node in enumerate(made.nodes)}
    return [(number[each.start], each.out, number[each.end], each.into, each.name) for each in made.edges]


def test_boxes_stand_in_columns_after_what_they_need() -> None:
    made = graph(PLAIN)
    assert nodes(made) == [
        ("in", "A", 1, 1, 0, 0.0), ("in", "B", 1, 1, 0, 0.0), ("box", "f", 2, 1, 0, 1.0), ("out", "C", 1, 1, 0, inf)
    ]  # fmt: skip
    assert edges(made) == [(0, 0, 2, 0, "A"), (1, 0, 2, 1, "B"), (2, 0, 3, 0, "C")] and made.above == []
    assert made.inputs == made.nodes[:2] and made.outputs == made.nodes[3:]


def test_nothing_is_placed_before_it_is() -> None:
    for node in graph(BUSY).nodes:
        assert (node.x, node.y, node.room) == (0.0, 0.0, 0.0) and node.says == {"f": "first", "g": "second"}.get(
            node.name, ""
        )


def test_what_is_not_used_once_has_a_dot_and_parameters_come_from_above() -> None:
    made = graph(BUSY)
    assert nodes(made) == [
        ("copy", "", 1, 2, 1, 1.0),
        ("discard", "", 1, 0, 1, 2.0),
        ("in", "A", 1, 1, 0, 0.0),
        ("in", "B", 1, 1, 0, 0.0),
        ("in", "D", 1, 1, 0, 0.0),
        ("discard", "", 1, 0, 0, 0.5),
        ("box", "f", 1, 1, 1, 3.0),
        ("copy", "", 1, 2, 0, 3.5),
        ("folded", "g", 4, 2, 0, 4.0),
        ("discard", "", 1, 0, 0, 4.5),
        ("out", "X", 1, 1, 0, inf),
        ("out", "B", 1, 1, 0, inf),
    ]
    assert edges(made) == [
        (0, 0, 8, 0, "Q"),
        (0, 1, 8, 2, "Q"),
        (2, 0, 6, 0, "A"),
        (3, 0, 11, 0, "B"),
        (4, 0, 5, 0, "D"),
        (6, 0, 7, 0, "C"),
        (7, 0, 8, 1, "C"),
        (7, 1, 8, 3, "C"),
        (8, 0, 10, 0, "X"),
        (8, 1, 9, 0, "Y"),
    ]
    assert [(made.nodes.index(node), port, name) for node, port, name in made.above] == (
        [(6, 0, "P"), (0, 0, "Q"), (1, 0, "S")]
    )


def test_a_parameter_that_goes_out_turns() -> None:
    made = graph(Flow(("P",), (), ((-1, 0),), ("P",), 1))
    assert nodes(made) == [("turn", "", 1, 1, 1, 1.0), ("out", "P", 1, 1, 0, inf)]
    assert edges(made) == [(0, 0, 1, 0, "P")] and made.above == [(made.nodes[0], 0, "P")]


def test_with_a_way_back_or_parameters_each_box_has_its_column() -> None:
    two = Flow(("A", "B"), (replace(F, inputs=((-1, 0),)), replace(F, inputs=((-1, 1),))), ((0, 0), (1, 0)), ("", ""))
    assert [node.layer for node in graph(two).nodes if node.kind == "box"] == [1.0, 1.0]
    assert [node.layer for node in graph(two, back=True).nodes if node.kind == "box"] == [1.0, 2.0]
    assert [node.layer for node in graph(replace(two, above=1)).nodes if node.kind == "box"] == [1.0, 2.0]


@pytest.mark.parametrize(
    ("name", "tops", "linear", "plain", "back"),
    [("f", 0, False, 28.0, 39.28), ("abcdefgh", 0, False, 66.56, 87.02), ("abcdefgh", 0, True, 66.56, 73.38),
     ("f", 1, True, 32.0, 32.0), ("f", 3, True, 64.0, 64.0)],
)  # fmt: skip
def test_a_box_has_room_for_its_name_and_its_ports(
    name: str, tops: int, linear: bool, plain: float, back: float
) -> None:
    inputs = tuple((-1, place) for place in range(tops))
    drawn = Flow(("P",) * tops, (Box(name, "says", inputs, (), linear),), (), (), tops)
    assert [graph(drawn, way).nodes[0].wide for way in (False, True)] == [pytest.approx(plain), pytest.approx(back)]


def test_a_node_is_as_high_as_its_ports() -> None:
    box = [Node("box", ins=ins, outs=outs) for ins, outs in ((1, 1), (2, 1), (1, 2), (3, 5))]
    assert [each.high for each in box] == [26.0, 34.0, 34.0, 76.0]
    assert [Node(kind).high for kind in ("in", "copy", "turn", "through")] == [14.0, 14.0, 14.0, 4.0]
    assert [box[0].offset(place, 3) for place in range(3)] == [-14.0, 0.0, 14.0] and Node("copy").offset(0, 3) == 0.0
