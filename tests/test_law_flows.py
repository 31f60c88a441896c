"""The sides of laws as flows: what is drawn is what the law composes, or what its code computes; or why nothing is."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from verified_cat.check import LAWS
from verified_cat.diagrams import diagram, on_page
from verified_cat.drawing_faults import faults
from verified_cat.equation import Equation
from verified_cat.errors import MissingOperation
from verified_cat.flows import BOXES, Box, Flow
from verified_cat.law_flows import EQUATIONS, FreeSource, as_terms, flow_of, law_flows, resolved, short, wires_of
from verified_cat.laws import suite
from verified_cat.lens import Bundle, LensMap
from verified_cat.objects import UNIT, Pair, Sort
from verified_cat.para import ParaMap
from verified_cat.placing import place
from verified_cat.primitives import symbol
from verified_cat.proofs.symbols import node

suite.load()
STATED = {name: law for name, law in LAWS.items() if hasattr(law, "equality")}


WAYS = {
    "as they are composed, in R":
        "CONV-ADJ LOSS-DOT-XOR LOSS-QUAD LOSS-SCE LR-GD RD-DAG "
        "RD-FUNCT RD.1 RD.2 RD.3 RD.4 RD.5 RD.6",
    "as they are composed, in acting on itself": "ACT-PARA",
    "as they are composed, in additive":
        "ADD-BIALG ADD-BIPROD ADD-COCART ADD-FORK "
        "ADD-HOM ADD-HOMCMON ADD-JAM ADD-SCALE",
    "as they are composed, in cont": "CONT-ADDITIVE CONT-DEF",
    "as they are composed, in dual": "DUAL-CAT",
    "as they are composed, in functions":
        "CART-COMON CART-DISC CART-NAT CART-UNIV CAT-ASSOC CAT-UNIT CLA-LEFT FLOAT-SPECIAL FREE-UP LL-LAWS "
        " MON-COH MON-FUNCT MON-ISO MON-MID4 OPT-ADAGRAD OPT-DEF OPT-MOM OPT-NEST OPT-PROD",
    "as they are composed, in para":
        "PARA-2CAT PARA-ASSOC PARA-COH PARA-COKL PARA-EMB PARA-EV PARA-INTERCHANGE PARA-ORDER PARA-SYM "
        "PARA-UNIT SCH-ARCH SCH-MODEL",
    "as values flow when the code of D runs": "GAD-LENS",
    "as values flow when the code of begin runs": "BEGIN-FUNCT",
    "as values flow when the code of cont runs": "CONT-FUNCT",
    "as values flow when the code of dual runs": "DUAL-SWAP",
    "as values flow when the code of forward runs":
        "CD.1-5 D-RULES GAD-BASE GAD-CART "
        "GAD-CAT GAD-FORGET GAD-NUM GAD-PART",
    "as values flow when the code of learn runs": "FJ-EMB FJ-SPAN LEARN-CAT LEARN-COMP LEARN-EQ LEARN-ID LEARN-MON",
    "as values flow when the code of lens runs": "LENS-CAT LENS-MON LL-CLOSED",
    "as values flow when the code of optic runs": "OPTIC",
    "as values flow when the code of para over D runs": "L-CONJ L-DEF L-FAITH L-FUNCT L-MON PARA-BASE PARA-TIEGRAD",
    "as values flow when the code of para over lens runs": "DREAM PL-COMP STEP-UNPACK",
    "as values flow when the code of para runs": "ITER PARA-COMP PARA-QUOT",
}  # fmt: skip
"""How the sides of every law that has a picture are found."""
WAY = {law: way for way, laws in WAYS.items() for law in laws.split()}


@cache
def found(law: str) -> Any:
    return law_flows(LAWS[law], BOXES)


def sides(law: str) -> tuple[str, list[tuple[Flow, Flow]]]:
    assert not isinstance(found(law), str), found(law)
    return found(law)  # type: ignore[no-any-return]


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


@pytest.mark.parametrize(
    ("law", "boxes"),
    [
        ("ADD-HOM", [["0", "h"], ["+", "h"], ["0", "h", "f", "+"]]),
        ("ADD-FORK", [["u", "v", "+"], ["x", "y"], ["u", "0", "+"]]),
        ("RD.2", [["+", "R[f]"], ["0", "R[f]"]]),
        ("RD.5", [["f", "R[g]", "R[f]"]]),
        ("RD.6", [["0", "0", "R[R[R[f]]]"]]),
    ],
)
def test_sums_and_derivatives_of_symbols_are_symbols(law: str, boxes: list[list[str]]) -> None:
    assert [[box.name for box in left.boxes] for left, _ in sides(law)[1]][:3] == boxes


@pytest.mark.parametrize("law", STATED)
def test_every_law_has_a_picture_or_a_reason(law: str) -> None:
    """A law that loses its picture is noticed. No side is too large, and the layouts have no fault."""
    if isinstance(found(law), str):
        assert found(law) and law not in WAY
        return
    says, equations = sides(law)
    assert says == WAY[law] and 1 <= len(equations) <= EQUATIONS
    for pair in equations:
        assert pair[0].names == pair[1].names
        for side in pair:
            assert len(side.boxes) <= (BOXES if says.startswith("as they") else BOXES // 2) and not side.folded
            assert faults(place(side)) == []


def test_ninety_two_laws_have_pictures() -> None:
    assert len(WAY) == 92 == len(set(WAY) & set(STATED))


def test_the_derivative_of_an_opaque_map_is_named_twice() -> None:
    boxes = {(box.name, box.says) for left, _ in sides("D-RULES")[1] for box in left.boxes}
    assert {("f", "f"), ("f′", "derivative of f derivative")} <= boxes


@pytest.mark.parametrize("law", ["CAT-ASSOC", "LENS-CAT"])
def test_a_law_on_a_page_has_no_style_of_its_own(law: str) -> None:
    made = on_page(LAWS[law])
    assert isinstance(made, tuple)
    says, shown = made
    assert says == sides(law)[0] and "style" not in shown and " id=" not in shown
    assert shown.startswith("<svg ") and f"<title>{law}</title><desc>" in shown
    drawn = diagram(LAWS[law])
    assert drawn.faults == [] and len(drawn.rows) == len(sides(law)[1])
    assert drawn.title == f"{law}: {LAWS[law].statement}"


@pytest.mark.parametrize(
    ("law", "boxes", "says"),
    [
        ("L-BIMON", 24, "the error is ½ (x - y)²"),
        ("CAT-ASSOC", 2, "its sides are too large to be read as pictures"),
    ],
)
def test_why_a_law_is_not_drawn(law: str, boxes: int, says: str) -> None:
    assert law_flows(LAWS[law], boxes) == says
    if boxes == BOXES:
        assert on_page(LAWS[law]) == says


@pytest.mark.parametrize(
    ("law", "boxes", "sizes"),
    [("LENS-CAT", 3, [0]), ("LENS-CAT", 5, [2, 2, 0]), ("LENS-CAT", 8, [4, 2, 2, 0]), ("CAT-ASSOC", 3, [3])],
)
def test_values_that_flow_have_half_as_many_boxes(law: str, boxes: int, sizes: list[int]) -> None:
    drawn = law_flows(LAWS[law], boxes)
    assert isinstance(drawn, tuple) and [len(left.boxes) for left, _ in drawn[1]] == sizes


def test_boxes_of_a_law_are_between_the_objects_that_it_names() -> None:
    assert [[box.says for box in side.boxes] for side in sides("CAT-ASSOC")[1][0]] == (
        [["f : A → B", "g : B → C", "h : C → D"]] * 2
    )
    (left, _), *_ = sides("ADD-HOM")[1]
    assert [box.says for box in left.boxes] == ["0 : 1 → A", "h : A → B"]


def test_the_first_equations_of_a_law_are_drawn() -> None:
    five = replace(LAWS["CAT-ASSOC"], given="f : A -> B", state=lambda where, f: [Equation(f, f)] * 5)
    drawn = law_flows(five, BOXES)
    assert isinstance(drawn, tuple) and [[side.inputs for side in pair] for pair in drawn[1]] == [[("A",)] * 2] * 4


def test_a_law_that_cannot_be_run_says_why_in_its_own_words() -> None:
    def state(where: Any, f: Any) -> Any:
        raise ValueError("it looks into its maps")

    stated = replace(LAWS["CAT-ASSOC"], given="f : A -> B", state=state)
    assert law_flows(stated, BOXES) == "it looks into its maps"


def test_traced_values_are_one_wire_for_each_leaf() -> None:
    a, b, c = Sort("A"), Sort("B"), Sort("C")
    point = node("variable", "x", Pair(Pair(a, UNIT), Pair(b, c)))
    first, second = node("left", "", Pair(a, UNIT), point), node("right", "", Pair(b, c), point)
    assert [(leaf.kind, leaf.ob) for leaf in wires_of(point)] == [("left", a), ("left", b), ("right", c)]
    assert wires_of(node("pair", "", Pair(Pair(b, c), Pair(a, UNIT)), second, first)) == (
        [*wires_of(second), *wires_of(first)]
    )
    chosen = node("right", "", Pair(a, UNIT), node("pair", "", Pair(Pair(b, c), Pair(a, UNIT)), second, first))
    assert resolved(chosen) is first and wires_of(chosen) == wires_of(point)[:1]


def test_the_flow_of_a_traced_value_has_a_box_for_each_application() -> None:
    a, b, c = Sort("A"), Sort("B"), Sort("C")
    point = node("variable", "x", Pair(a, b))
    made = node("apply", "derivative of f derivative", Pair(b, c), node("left", "", a, point))
    swapped = node("pair", "", Pair(c, Pair(b, c)), node("right", "", c, made), made)
    assert flow_of(point, swapped) == Flow(
        ("A", "B"),
        (Box("f′", "derivative of f derivative", ((-1, 0),), ("B", "C")),),
        ((0, 1), (0, 0), (0, 1)),
        ("C", "B", "C"),
    )


def test_a_free_category_has_terms_and_no_functions() -> None:
    f = symbol("f", Sort("A"), Sort("B"))
    for made in (FreeSource().functions, FreeSource().additive):
        assert made.meaning(f) is f
        with pytest.raises(MissingOperation, match="a function on values is no term"):
            made.arrow(f.dom, f.cod, len)


def test_free_sources_refuse_what_is_no_term() -> None:
    source = FreeSource()
    a, again, b = source.object("A"), source.object("A"), source.object("B")
    assert a == again != b and source.names == {a: "A", b: "B"} and source.error() is None
    for make in (lambda: source.family("f", None, a, b), lambda: source.step(a), lambda: as_terms(len)):
        with pytest.raises(MissingOperation, match="no term"):
            make()


def test_morphisms_are_the_terms_that_they_consist_of() -> None:
    a, b = Sort("A"), Sort("B")
    f, g = symbol("f", a, b), symbol("g", Pair(a, b), a)
    assert as_terms(f) == [f] and as_terms(ParaMap(a, b, a, g)) == [g]
    assert as_terms(LensMap(Bundle(a, a), Bundle(b, b), f, g)) == [f, g]


@pytest.mark.parametrize(
    ("name", "shown"),
    [("derivative of f", "f′"), ("derivative of f derivative", "f′"), ("add", "+"), ("zero", "0"), ("error", "e′"),
     ("error inverse", "e′⁻¹"), ("f", "f")],
)  # fmt: skip
def test_boxes_bear_short_names(name: str, shown: str) -> None:
    assert short(name) == shown
