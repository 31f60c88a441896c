"""The sides of laws as flows: what is drawn is what the law composes, or what its code computes; or why nothing is."""

from __future__ import annotations

from typing import Any

import pytest

from verified_cat.check import LAWS
from verified_cat.diagrams import diagram, on_page
from verified_cat.errors import MissingOperation
from verified_cat.flows import BOXES, Flow
from verified_cat.law_flows import EQUATIONS, FreeSource, as_terms, law_flows, short
from verified_cat.laws import suite

suite.load()
STATED = {name: law for name, law in LAWS.items() if hasattr(law, "equality")}


def sides(law: str, boxes: int = BOXES) -> tuple[str, list[tuple[Flow, Flow]]]:
    found = law_flows(LAWS[law], boxes)
    assert not isinstance(found, str), found
    return found


def written(side: Flow) -> list[Any]:
    """The outputs, each as the boxes that it comes out of."""
    values: dict[tuple[int, int], Any] = {(-1, k): name for k, name in enumerate(side.inputs)}
    for number, box in enumerate(side.boxes):
        inputs = tuple(values[each] for each in box.inputs)
        values |= {(number, k): (box.name, *inputs, *([k] if k else [])) for k in range(len(box.outputs))}
    return [values[each] for each in side.outputs]


def test_a_law_that_composes_is_drawn_as_it_is_written() -> None:
    says, ((left, right),) = sides("CAT-ASSOC")
    assert says == "as they are composed, in functions"
    assert written(left) == written(right) == [("h", ("g", ("f", "A")))]
    assert left.inputs == ("A",) and left.names == ("D",) and not left.above


def test_parameters_of_both_sides_enter_from_above() -> None:
    says, ((left, right), *_) = sides("PARA-ASSOC")
    assert says == "as they are composed, in para" and left.above == right.above == 3
    assert written(left) == written(right) and len(left.boxes) == 3


def test_a_law_that_calls_its_maps_is_drawn_as_values_flow() -> None:
    says, ((left, right), *_) = sides("LENS-CAT")
    assert says == "as values flow when the code of lens runs"
    there = ("f.get", "A")
    back = ("f.put", "A", ("g.put", there, "C back"))
    assert written(left) == written(right) == [("g.get", there), back]
    assert left.inputs == ("A", "C back") and left.names == ("C", "A back")


@pytest.mark.parametrize("law", STATED)
def test_every_law_has_a_picture_or_a_reason(law: str) -> None:
    """No side is larger than it may be, both have one boundary, and the layouts have no fault."""
    found = law_flows(LAWS[law], BOXES)
    if isinstance(found, str):
        assert found and on_page(LAWS[law]) == found
        return
    assert 1 <= len(found[1]) <= EQUATIONS
    assert found[0].startswith(("as they are composed, in ", "as values flow when the code of "))
    for left, right in found[1]:
        assert len(left.boxes) <= BOXES and len(right.boxes) <= BOXES
        assert left.names == right.names and not left.folded
    drawn = on_page(LAWS[law])
    assert isinstance(drawn, tuple) and drawn[0] == found[0] and "style" not in drawn[1] and " id=" not in drawn[1]
    assert drawn[1].startswith("<svg ") and f"<title>{law}</title><desc>" in drawn[1]
    shown = diagram(LAWS[law])
    assert shown.faults == [] and len(shown.rows) == len(found[1])


def test_ninety_two_laws_have_pictures() -> None:
    """A law that loses its picture is noticed."""
    assert sum(not isinstance(law_flows(law, BOXES), str) for law in STATED.values()) == 92


@pytest.mark.parametrize(
    ("law", "says"),
    [
        ("L-BIMON", "the error is ½ (x - y)²"),
        ("RD.2", ""),
    ],
)
def test_why_a_law_is_not_drawn(law: str, says: str) -> None:
    found = law_flows(LAWS[law], BOXES)
    assert found == says if says else not isinstance(found, str)
    assert law_flows(LAWS["CAT-ASSOC"], 2) == "its sides are too large to be read as pictures"


def test_values_that_flow_have_half_as_many_boxes() -> None:
    assert isinstance(law_flows(LAWS["D-RULES"], 4), str) or all(
        len(side.boxes) <= 2 for pair in sides("D-RULES", 4)[1] for side in pair
    )


def test_free_sources_refuse_what_is_no_term() -> None:
    source = FreeSource()
    a, again, b = source.object("A"), source.object("A"), source.object("B")
    assert a == again != b and source.names == {a: "A", b: "B"} and source.error() is None
    for make in (lambda: source.family("f", None, a, b), lambda: source.step(a), lambda: as_terms(len)):
        with pytest.raises(MissingOperation, match="no term"):
            make()


@pytest.mark.parametrize(
    ("name", "shown"),
    [("derivative of f", "f′"), ("derivative of f derivative", "f′"), ("add", "+"), ("zero", "0"), ("error", "e′"),
     ("error inverse", "e′⁻¹"), ("f", "f")],
)  # fmt: skip
def test_boxes_bear_short_names(name: str, shown: str) -> None:
    assert short(name) == shown
