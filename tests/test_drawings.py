"""Drawings: what is wrong with one is found to a hair, and SVG has every part where it lies."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import dist
from typing import Any
from xml.etree import ElementTree

import pytest

from verified_cat.drawing_faults import faults, samples
from verified_cat.drawing_svg import frame, label, marks, number, path, rows, tip, words
from verified_cat.drawings import Drawing, Part, Point, Port, Side, Wire, tenth, width

BOX = Part("box", 20, 10, 30, 26, "f", "f : A → B")
PORTS = (Port(-1, "left", (0, 23), "A"), Port(0, "left", (20, 23)), Port(0, "right", (50, 23)))
RIGHT = Drawing(70, 46, (BOX,), (*PORTS, Port(-1, "right", (70, 23), "B")), (Wire(0, 1, (), "A"), Wire(2, 3, (), "B")))
"""A box between two ends."""


def port(place: int, **changes: Any) -> Drawing:
    ports = list(RIGHT.ports)
    ports[place] = replace(ports[place], **changes)
    return replace(RIGHT, ports=tuple(ports))


def boxes(*parts: Part) -> Drawing:
    """Boxes without wires."""
    return Drawing(200, 200, parts, (), ())


def through(*points: Point) -> Drawing:
    """A wire from the left to the right edge by way of these points, beside the box."""
    ports = (*RIGHT.ports, Port(-1, "left", (0, 44)), Port(-1, "right", (70, 44)))
    return replace(RIGHT, ports=ports, wires=(*RIGHT.wires, Wire(4, 5, points)))


# ------------------------------------------------------------------------------------------------ what has to hold


def test_a_port_is_on_its_part_to_a_hundredth() -> None:
    part = Part("box", 0, 0, 30, 26)
    for side, at, rest in (("left", (0.01, 3), (0.0099, 3)), ("top", (3, 0.01), (3, 0.0099))):
        for point, wrong in ((at, 1), (rest, 0)):
            ports = (Port(0, side, point), Port(-1, "right", (70, 40)))  # type: ignore[arg-type]
            found = faults(Drawing(70, 46, (part,), ports, ()))
            assert sum("of its part" in each for each in found) == wrong


def test_nothing_is_wrong() -> None:
    assert faults(RIGHT) == [] and faults(Drawing(0, 0, (), (), ())) == [] and faults(through()) == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (replace(RIGHT, wires=RIGHT.wires[1:]), ["port 0 is the end of 0 wires", "port 1 is the end of 0 wires"]),
        (replace(RIGHT, wires=(*RIGHT.wires, Wire(0, 3))), ["0 is the end of 2", "3 is the end of 2", "wire 2"]),
        (port(1, at=(20.5, 23)), ["port 1 is not on the left of its part"]),
        (port(1, at=(20.009, 23)), []),
        (port(2, at=(49.5, 23)), ["port 2 is not on the right of its part"]),
        (port(2, at=(49.991, 23)), []),
        (port(0, at=(0.01, 23)), ["port 0 (A) is not on the left edge"]),
        (port(1, at=(20, 10)), ["port 1 is not on the left"]),
        (port(1, at=(20, 10.1)), []),
        (port(1, at=(20, 36)), ["port 1 is not on the left"]),
        (port(1, at=(20, 35.9)), []),
        (port(1, side="top", at=(21, 10)), []),
        (port(1, side="top", at=(20, 10)), ["port 1 is not on the top"]),
        (port(2, side="top", at=(50, 10)), ["port 2 is not on the top"]),
        (port(1, side="top", at=(21, 10.5)), ["port 1 is not on the top"]),
        (port(2, side="bottom", at=(49, 36)), []),
        (port(2, side="bottom", at=(49, 35.5)), ["port 2 is not on the bottom"]),
        (port(0, at=(0.5, 23)), ["port 0 (A) is not on the left edge"]),
        (port(0, at=(0.009, 23)), []),
        (port(3, at=(69.5, 23)), ["port 3 (B) is not on the right edge"]),
        (port(3, side="bottom", at=(60, 46)), []),
        (port(3, side="bottom", at=(60, 45)), ["port 3 (B) is not on the bottom edge"]),
        (port(0, side="top", at=(10, 0)), []),
        (port(0, side="top", at=(10, 0.5)), ["port 0 (A) is not on the top edge"]),
    ],
)  # fmt: skip
def test_a_port_that_is_not_where_it_says(wrong: Drawing, says: list[str]) -> None:
    found = faults(wrong)
    assert len(found) == len(says) and all(part in each for each, part in zip(found, says, strict=True)), found


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [((0, 30.001), (0, 30.004), True), ((0, 30.001), (0, 30.01), False), ((0, 30), (0, 31), False)],
)
def test_no_two_ports_are_one_point(one: Point, other: Point, same: bool) -> None:
    ports = (Port(-1, "left", one), Port(-1, "left", other), Port(-1, "right", (70, 3)), Port(-1, "right", (70, 4)))
    found = faults(Drawing(70, 46, (), ports, (Wire(0, 2), Wire(1, 3))))
    assert found == (["2 wires end at the same point (0, 30.0)"] if same else [])
    turned = tuple(replace(each, at=each.at[::-1], side="top") for each in ports[:2])
    down = tuple(replace(each, at=(at, 70), side="bottom") for each, at in zip(ports[2:], (3, 4), strict=True))
    found = faults(Drawing(46, 70, (), (*turned, *down), (Wire(0, 2), Wire(1, 3))))
    assert found == (["2 wires end at the same point (30.0, 0)"] if same else [])


@pytest.mark.parametrize(("far", "wrong"), [((4, 0), 0), ((4.1, 0), 1), ((0, 4), 0), ((0, -4.1), 1), ((-4.1, 0), 1)])
def test_a_port_of_a_dot_is_near_it(far: Point, wrong: int) -> None:
    dot = Part("copy", 30, 20, 4, 4)
    ports = (Port(-1, "left", (0, 23)), Port(0, "left", (32 + far[0], 22 + far[1])))
    assert len(faults(Drawing(70, 46, (dot,), ports, (Wire(0, 1),)))) == wrong


@pytest.mark.parametrize(
    ("part", "inside"),
    [
        (Part("box", 0, 0, 200, 200), True),
        (Part("box", -0.5, 0, 20, 20), False),
        (Part("box", 0, -0.5, 20, 20), False),
        (Part("box", 180.5, 0, 20, 20), False),
        (Part("box", 0, 180.5, 20, 20), False),
        (Part("copy", 0, 198, 5.2, 5.2), False),
    ],
)
def test_a_part_that_is_not_within(part: Part, inside: bool) -> None:
    assert faults(boxes(part)) == ([] if inside else [f"part 0 ({part.kind}) is not within the drawing"])
    assert faults(boxes(replace(part, name="g")))[:1] == ([] if inside else ["part 0 (g) is not within the drawing"])


@pytest.mark.parametrize(
    ("point", "inside"),
    [((60, 46.01), True), ((70.01, 40), True), ((60, -0.01), True), ((-0.01, 40), True), ((60, 46.009), True),
     ((60, 46.1), False), ((60, -0.009), True), ((60, -0.1), False),
     ((70.009, 40), True), ((70.1, 40), False), ((-0.009, 40), True), ((-0.1, 40), False)],
)  # fmt: skip
def test_a_wire_that_is_not_within(point: Point, inside: bool) -> None:
    drawing = replace(through(point), parts=(), ports=(Port(-1, "left", (0, 44)), Port(-1, "right", (70, 44))))
    found = faults(replace(drawing, wires=(Wire(0, 1, (point,)),)))
    assert found == ([] if inside else ["wire 0 is not within the drawing"])


@pytest.mark.parametrize(
    ("x", "y", "apart"),
    [(54, 10, True), (53.9, 10, False), (20, 40, True), (20, 39.9, False), (53.9, 39.9, False), (54, 40, True)],
)
def test_boxes_that_are_too_near(x: float, y: float, apart: bool) -> None:
    for pair in ((BOX, replace(BOX, x=x, y=y, name="g")), (replace(BOX, x=x, y=y), replace(BOX, name="g"))):
        found = faults(boxes(Part("copy", 150, 150, 1, 1), *pair))
        assert found == ([] if apart else ["parts 1 (f) and 2 (g) overlap, or nearly"])
    assert faults(boxes(BOX, replace(BOX, kind="copy"))) == []


@pytest.mark.parametrize(
    ("one", "other", "hit"),
    [
        (Port(-1, "left", (0, 10.4)), Port(-1, "right", (70, 10.4)), False),
        (Port(-1, "left", (0, 10.6)), Port(-1, "right", (70, 10.6)), True),
        (Port(-1, "left", (0, 35.6)), Port(-1, "right", (70, 35.6)), False),
        (Port(-1, "left", (0, 35.4)), Port(-1, "right", (70, 35.4)), True),
        (Port(-1, "top", (20.4, 0)), Port(-1, "bottom", (20.4, 46)), False),
        (Port(-1, "top", (20.6, 0)), Port(-1, "bottom", (20.6, 46)), True),
        (Port(-1, "top", (49.6, 0)), Port(-1, "bottom", (49.6, 46)), False),
        (Port(-1, "top", (49.4, 0)), Port(-1, "bottom", (49.4, 46)), True),
    ],
)
def test_a_wire_through_a_box(one: Port, other: Port, hit: bool) -> None:
    """What touches the rim goes by."""
    drawing = Drawing(70, 46, (replace(BOX, y=0, height=1, kind="copy"), BOX), (one, other), (Wire(0, 1),))
    assert faults(drawing) == (["wire 0 goes through the box f"] if hit else [])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, []),
        ({"at": (60, 0.01)}, ["is not on the top edge"]),
        ({"at": (60, 0.5)}, ["is not on the top edge", "(port 2) does not enter at the top edge"]),
        ({"side": "bottom", "at": (60, 46)}, ["through the box", "does not enter at the top", "not come from above"]),
        ({"part": 0, "at": (30, 10)}, ["(port 2) does not enter at the top edge", "does not come from above"]),
    ],
)
def test_a_parameter_that_does_not_come_from_above(changes: Any, says: list[str]) -> None:
    above = replace(Port(-1, "top", (35, 0), "P", True), **changes)
    drawing = Drawing(70, 46, (BOX,), (*PORTS[:2], above, Port(0, "top", (35, 10))), (Wire(0, 1), Wire(2, 3)))
    found = faults(drawing)
    assert len(found) == len(says) and all(part in each for each, part in zip(found, says, strict=True)), found
    aside = replace(drawing, ports=(PORTS[0], Port(0, "top", (30, 10)), drawing.ports[2], Port(0, "left", (20, 23))))
    assert faults(replace(aside, wires=(Wire(0, 1), Wire(2, 3))))[-1] == "parameter P does not come from above"


def test_samples_lie_on_the_wire() -> None:
    level = list(samples([(0, 0), (12, 0), (12, 6)], 18))
    assert level == [(0, 0), (6, 0), (12, 0), (12, 0), (12, 3), (12, 6)]
    curve = list(samples([(0, 0), (8, 6)], 5))
    assert curve == [(0, 0), (2.375, 0.9375), (4, 3), (5.625, 5.0625), (8, 6)]
    for ends in ([(0, 0), (80, 60)], [(0, 0), (3, 400)], [(9, 9), (9, 9)], [(700, 5), (0, 5)]):
        points = list(samples(ends))
        assert (points[0], points[-1]) == tuple(ends)
        assert all(dist(one, two) <= 8.001 for one, two in pairwise(points))


# ------------------------------------------------------------------------------------------------ drawings


def test_a_drawing_is_moved_and_mirrored() -> None:
    whole = replace(RIGHT, wires=(Wire(0, 1, ((5.0, 23.0),)), Wire(2, 3)), loops=((((1.0, 2.0), (3.0, 4.0)), "again"),))
    moved = whole.moved(3, 5)
    assert (moved.width, moved.height) == (73, 51) and moved.parts == (replace(BOX, x=23, y=15),)
    assert [each.at for each in moved.ports] == [(3, 28), (23, 28), (53, 28), (73, 28)]
    assert moved.points(moved.wires[0]) == [(3, 28), (8, 28), (23, 28)]
    assert moved.loops == ((((4, 7), (6, 9)), "again"),)
    back = whole.mirrored()
    assert back.parts == (BOX,) and [each.at[0] for each in back.ports] == [70, 50, 20, 0]
    assert [each.side for each in back.ports] == ["right", "right", "left", "left"]
    assert back.points(back.wires[0]) == [(70, 23), (65, 23), (50, 23)] and back.mirrored() == whole
    top = replace(whole, ports=(Port(-1, "top", (10, 0)), Port(-1, "bottom", (20, 46))), parts=(replace(BOX, x=5),))
    assert [each.side for each in top.mirrored().ports] == ["top", "bottom"] and top.mirrored().parts[0].x == 35


def test_to_a_tenth() -> None:
    assert [tenth(value) for value in (1.24, 1.26, -0.12, 3)] == [1.2, 1.3, -0.1, 3]


def test_what_may_not_be_crossed_and_how_wide_a_text_is() -> None:
    kinds = ("box", "folded", "copy", "discard", "sum", "zero", "turn")
    assert [Part(kind, 0, 0, 1, 1).solid for kind in kinds] == [True, True, *[False] * 5]  # type: ignore[arg-type]
    assert width("") == 0 and width("abcd") == pytest.approx(27.28) and width("abcd", 9) == pytest.approx(22.32)


# ------------------------------------------------------------------------------------------------ SVG


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3.0, "3"),
        (2.25, "2.2"),
        (2.26, "2.3"),
        (-0.04, "0"),
        (-0.06, "-0.1"),
        (-10.0, "-10"),
        (0.05, "0.1"),
        (10, "10"),
    ],
)
def test_numbers_have_a_tenth_at_most(value: float, shown: str) -> None:
    assert number(value) == shown


def test_paths_are_level_or_upright_or_leave_level() -> None:
    assert path([(0, 0), (4, 0), (4, 3)]) == "M0 0L4 0L4 3"
    assert path([(0, 0), (8, 4)]) == "M0 0C4 0 4 4 8 4"


@pytest.mark.parametrize(
    ("points", "shown"),
    [
        ([(0, 0), (9, 0)], "M4 -3L9 0L4 3"),
        ([(9, 0), (0, 0)], "M5 -3L0 0L5 3"),
        ([(0, 0), (0, 9)], "M-3 4L0 9L3 4"),
        ([(0, 9), (0, 0)], "M-3 5L0 0L3 5"),
        ([(0, 0), (9, 0), (9, 9)], "M6 4L9 9L12 4"),
    ],
)
def test_arrows_point_along_the_last_stretch(points: list[Point], shown: str) -> None:
    assert tip(points) == shown


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        ([], []),
        ([(10, 8), (30, 8)], [0, 0]),
        ([(10, 8), (22, 8)], [0, 0]),
        ([(10, 8), (21.9, 8)], [0, 1]),
        ([(10, 8), (20, 8), (30, 8)], [0, 1, 0]),
        ([(10, 40), (20, 40), (30, 40), (55, 8)], [0, 1, 2, 0]),
        ([(10, 8), (20, 30), (24, 8), (48, 8)], [0, 1, 0, 0]),
        ([(10, 8), (30, 60), (25, 10), (27, 10)], [0, 1, 0, 2]),
        ([(50, 100), (10, 8), (47, 86), (25, 10), (27, 10)], [0, 1, 2, 1, 3]),
    ],
)
def test_names_side_by_side_do_not_cover_each_other(texts: list[Point], wanted: list[int]) -> None:
    assert rows(texts) == wanted


def test_words_are_text() -> None:
    assert words("a<b\n&") == "a&lt;b &amp;" and label((1, 2.04), "x") == '<text x="1" y="2">x</text>'
    assert label((1, 2), "<", 'k="v"') == '<text x="1" y="2" k="v">&lt;</text>'


def test_a_frame_holds_the_names_at_all_sides() -> None:
    assert frame(RIGHT) == (-4, -4, 78, 54)
    above = replace(
        RIGHT, ports=(*RIGHT.ports, Port(-1, "top", (2, 0), "abcdefgh"), Port(-1, "top", (10, 0), "long name"))
    )
    left, top, wide, high = frame(above)
    assert left == pytest.approx(2 - width("abcdefgh", 9) / 2 - 2) and top == -26
    assert wide == pytest.approx(70 - left + 4) and high == 76
    below = replace(
        RIGHT, ports=(*RIGHT.ports, Port(-1, "bottom", (69, 46), "abcdefgh"), Port(0, "bottom", (30, 36), "no"))
    )
    left, top, wide, high = frame(below)
    assert (left, top, high) == (-4, -4, 65) and wide == pytest.approx(4 + 69 + width("abcdefgh", 9) / 2 + 2)
    loop = replace(RIGHT, loops=((((0.0, -30.0), (5.0, 3.0)), "again"),))
    assert frame(loop) == (-4, -34, 78, 84)


def test_names_at_the_edges_stand_beside_their_wires() -> None:
    ends: list[tuple[Side, Point]] = [("top", (10, 0)), ("top", (14, 0)), ("bottom", (14, 46)), ("bottom", (10, 46))]
    ports = tuple(Port(-1, side, at, f"{side} {at[0]}") for side, at in ends)
    unnamed = (Port(-1, "top", (40, 0)), Port(-1, "left", (0, 30)), Port(0, "left", (20, 20), "inner"))
    drawn = marks(Drawing(70, 46, (), (*ports, *RIGHT.ports, *unnamed), ()))
    assert drawn == (
        '<g font-family="system-ui, sans-serif" font-size="11" fill="currentColor" text-anchor="middle">'
        '<text x="10" y="-3" font-size="9">top 10</text><text x="14" y="-14" font-size="9">top 14</text>'
        '<text x="10" y="56" font-size="9">bottom 10</text><text x="14" y="67" font-size="9">bottom 14</text>'
        '<text x="0" y="18" font-size="9" text-anchor="start">A</text>'
        '<text x="70" y="18" font-size="9" text-anchor="end">B</text></g>'
    )


def test_parts_and_wires_are_drawn_where_they_are() -> None:
    dots = [Part(kind, 10.0 * place, 50, 4, 4) for place, kind in enumerate(("copy", "discard", "sum", "zero", "turn"))]  # type: ignore[arg-type]
    wires = (Wire(0, 1, (), "A<", "wire", True), Wire(2, 3, (), "kept", "memory"))
    whole = Drawing(70, 60, (BOX, replace(BOX, kind="folded", y=40, says=""), *dots), RIGHT.ports, wires, LOOPS)
    root = ElementTree.fromstring(f"<svg>{marks(whole)}</svg>")
    solid, dashed = list(root)[:2]
    assert solid.get("stroke-dasharray") is None and dashed.get("stroke-dasharray") == "3 3"
    assert [(each.get("d"), each.findtext("title")) for each in solid] == [("M0 23L20 23M15 20L20 23L15 26", "A<")]
    loop = ("M0 -5L9 -5M4 -8L9 -5L4 -2", "again")
    assert [(each.get("d"), each.findtext("title")) for each in dashed] == [("M50 23L70 23", "kept"), loop]
    assert [each.get("stroke-width") for each in root.iter("rect")] == ["1.2", "2.4"]
    assert [each.findtext("title") for each in root.iter("rect")] == ["f : A → B", None]
    assert [each.get("y") for each in root.iter("rect")] == ["10", "40"] and next(root.iter("rect")).get("rx") == "3"
    assert [each.get("r") for each in root.iter("circle")] == ["2.6", "2.6", "5", "5"]
    assert [each.text for each in root.findall("text")] == ["+", "0"]
    assert [each.get("d") for each in root.findall("path")] == ["M42 50Q42 52 44 52"]
    named = root.findall("g")[-1]
    assert [(each.text, each.get("x"), each.get("y")) for each in named][:2] == [
        ("f", "35", "26.8"),
        ("f", "35", "56.8"),
    ]


def test_what_has_no_words_has_no_title_and_loops_are_each_drawn() -> None:
    shown = marks(replace(RIGHT, parts=(replace(BOX, says=""),), loops=LOOPS * 2))
    assert '"1.2"></rect>' in shown and shown.count("again</title></path><path") == 1
    assert "again</title></path></g>" in shown
    near = (Port(-1, "top", (30, 0), "12345678"), Port(-1, "top", (80, 0), "12345678"))
    assert marks(Drawing(90, 9, (), near, ())).count('y="-3"') == 2


LOOPS = ((((0.0, -5.0), (9.0, -5.0)), "again"),)


def test_a_drawing_without_wires_of_a_kind_has_no_group_for_them() -> None:
    assert marks(RIGHT).count("<g ") == 2 and "stroke-dasharray" not in marks(RIGHT)
    assert marks(replace(RIGHT, loops=LOOPS)).count("<g ") == 3
    plain = marks(replace(RIGHT, wires=(Wire(0, 1), Wire(2, 3))))
    assert '<path d="M0 23L20 23"></path><path d="M50 23L70 23"></path></g>' in plain
    assert "<title>" not in marks(replace(RIGHT, parts=(replace(BOX, says=""),), wires=(Wire(0, 1), Wire(2, 3))))
