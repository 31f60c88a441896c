"""Pictures of schemas: arrows lie apart from each other and from objects, and nothing is outside of the frame."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from verified_cat.schema import Edge, Path, PathEquation, Schema
from verified_cat.schema_picture import svg

NAME = "{http://www.w3.org/2000/svg}"
Place = tuple[float, float]


def schema(objects: str, *edges: str) -> Schema:
    """Objects and arrows of one letter: "fAB" is f : A → B."""
    return Schema("S", tuple(objects), tuple(Edge(*edge) for edge in edges))


def drawn(made: Schema) -> ElementTree.Element:
    return ElementTree.fromstring(svg(made))


def names(made: Schema) -> dict[str, Place]:
    """Where each word stands."""
    texts = drawn(made).findall(f"{NAME}text")
    return {each.text or "": (float(each.get("x", "")), float(each.get("y", ""))) for each in texts}


def paths(made: Schema) -> list[str]:
    return [each.get("d", "") for each in drawn(made).findall(f"{NAME}path")]


def box(made: Schema) -> list[str]:
    return drawn(made).get("viewBox", "").split()


def test_objects_stand_in_a_row_or_on_a_circle() -> None:
    assert names(schema("ABC")) == {"A": (105, 150), "B": (292.5, 150), "C": (480, 150)}
    assert names(schema("ABCD")) == {"A": (105, 255), "B": (255, 105), "C": (405, 255), "D": (255, 405)}
    assert names(schema("ABCDEF"))["A"] == (105, 285) and names(schema("ABCDEF"))["D"] == (465, 285)
    assert box(schema("ABC")) == ["0", "0", "630", "262"] and box(schema("ABCD")) == ["0", "0", "555", "518"]


def test_arrows_between_two_objects_lie_apart() -> None:
    assert paths(schema("AB", "fAB")) == ["M127.0 150.0Q198.8 150.0 270.5 150.0"]
    two = schema("AB", "fAB", "gBA")
    assert (names(two)["f"], names(two)["g"]) == ((198.8, 115), (198.8, 185))
    assert paths(two) == ["M124.8 140.3Q198.8 104.0 272.7 140.3", "M272.7 159.7Q198.8 196.0 124.8 159.7"]
    three = schema("AB", "fAB", "gAB", "hAB")
    assert [names(three)[name][1] for name in "fgh"] == [92, 162, 208]


def test_arrows_past_an_object_go_by_above_and_below() -> None:
    assert names(schema("ABC", "fAC"))["f"] == names(schema("ABC", "fCA"))["f"] == (292.5, 222)
    both = schema("ABC", "fAC", "gCA", "hAC", "kCA")
    assert [names(both)[name] for name in "fghk"] == [(292.5, 222), (292.5, 78), (292.5, 246), (292.5, 54)]
    assert paths(both)[0] == "M123.5 161.9Q292.5 270.0 461.5 161.9"
    assert box(both)[3] == "266" and box(schema("ABC", "fAC", "gCA"))[3] == "262"
    beside = schema("ABC", "fAB", "gBC")
    assert [names(beside)[name] for name in "fg"] == [(198.8, 162), (386.2, 162)]
    assert names(schema("ABCD", "fAC"))["f"] == (255, 267)


def test_loops_lie_one_around_the_other_and_within_the_frame() -> None:
    loops = schema("A", "fAA", "gAA", "hAA")
    assert paths(loops)[:2] == [
        "M93.0 128.0C47.0 57.2 163.0 57.2 117.0 128.0", "M93.0 128.0C27.0 25.2 183.0 25.2 117.0 128.0"
    ]  # fmt: skip
    assert [names(loops)[name] for name in "fgh"] == [(105, 73.4), (105, 47), (105, 20.6)]
    assert box(loops) == ["0", "0", "255", "262"]
    more = schema("A", "fAA", "gAA", "hAA", "iAA", "jAA")
    assert names(more)["j"] == (105, -32.2) and box(more) == ["0", "-42", "255", "305"]


@pytest.mark.parametrize("objects", ["A", "AB", "ABC", "ABCD", "ABCDEFG"])
def test_no_name_covers_another_or_is_outside(objects: str) -> None:
    pairs = [(one, other) for one in objects for other in objects] * 2
    made = Schema("S", tuple(objects), tuple(Edge(f"e{n}", *pair) for n, pair in enumerate(pairs)))
    _, top, _, high = map(float, box(made))
    found = names(made)
    assert len(set(found.values())) == len(found) == len(objects) + len(pairs)
    assert all(top + 8 <= y <= top + high - 8 for _, y in found.values())


def test_equations_stand_below_and_widen_the_frame() -> None:
    long = "e" * 40
    turn = Schema("turn", ("A",), (Edge(long, "A", "A"),), (PathEquation(Path("A", (long,)), Path("A", ())),))
    shown = str(turn.equations[0])
    assert names(turn)[shown] == (20, 262.5) and box(turn)[2:] == [f"{40 + 8 * len(shown):.0f}", "282"]
    root = drawn(turn)
    assert (root.findtext(f"{NAME}title"), root.findtext(f"{NAME}desc")) == ("turn", shown)
    assert drawn(schema("A")).findtext(f"{NAME}desc") == "no equations"
