"""Pictures of values: what is drawn is the term, layouts keep what has to hold, and planted faults are found."""

from __future__ import annotations

import builtins
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest

from examples import pictures as given
from verified_cat import primitives
from verified_cat.check import LAWS
from verified_cat.diagrams import Diagram, diagram, on_page, rastered
from verified_cat.draw import Style, draw_object, draw_term, seeded
from verified_cat.drawing_faults import faults
from verified_cat.drawings import Drawing, Part, Port, Wire
from verified_cat.equation import Equation
from verified_cat.errors import MissingExtra, UsageError
from verified_cat.flows import Box, Flow, flow, folded_name, sign
from verified_cat.laws import suite
from verified_cat.learn import Learner
from verified_cat.lens import Bundle, LensMap
from verified_cat.machine import evaluate
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Sort, flatten, leaf_count, space, unflatten
from verified_cat.para import ParaMap
from verified_cat.placing import place
from verified_cat.schema import Edge, Path, PathEquation, Schema
from verified_cat.terms import Copy, Discard, First, Identity, Swap, Term
from verified_cat.two_ways import derivative, learner, lens
from verified_cat.unfolding import operations_in

NAME = "{http://www.w3.org/2000/svg}"
A, B = Sort("A"), Sort("B")


def random_term(seed: int) -> Term:
    choose = seeded(seed)
    return draw_term(choose, draw_object(choose), draw_object(choose), Style("any", 2))


# ------------------------------------------------------------------------------------------------ flows


class Names:
    """An engine whose values say which operation they come from, of which inputs."""

    name, precision = "names", "exact"

    def operation(self, operation: Any) -> Callable[[Any], Any]:
        def run(value: Any) -> Any:
            inputs = tuple(flatten(operation.dom, value))
            return unflatten(operation.cod, [(sign(operation), inputs, k) for k in range(leaf_count(operation.cod))])

        return run

    def lift(self, ob: Ob, exact: Any) -> Any:
        return exact

    def lower(self, ob: Ob, value: Any) -> Any:
        return value


def read(drawn: Flow) -> list[Any]:
    """The outputs of a flow, by the same names."""
    values: dict[tuple[int, int], Any] = {(-1, k): f"input {k}" for k in range(len(drawn.inputs))}
    for number, box in enumerate(drawn.boxes):
        inputs = tuple(values[each] for each in box.inputs)
        values |= {(number, k): (box.name, inputs, k) for k in range(len(box.outputs))}
    return [values[each] for each in drawn.outputs]


@pytest.mark.parametrize("seed", range(40))
def test_the_flow_of_a_term_is_what_it_computes(seed: int) -> None:
    term = random_term(seed)
    value = unflatten(term.dom, [f"input {k}" for k in range(leaf_count(term.dom))])
    wanted = flatten(term.cod, evaluate(term, value, Names()))
    drawn = flow(term, boxes=1000)
    assert read(drawn) == wanted and len(drawn.boxes) == operations_in(term)[term] and not drawn.folded


def test_at_most_so_many_boxes_are_drawn_and_the_largest_parts_are_opened_first() -> None:
    for boxes in (1, 2, 3, 6, 39):
        drawn = flow(given.deep(), boxes=boxes)
        assert len(drawn.boxes) == boxes and drawn.folded >= 1
    assert not flow(given.deep(), boxes=40).folded
    with pytest.raises(UsageError, match="40 operations, and a picture at most 24 boxes"):
        flow(given.deep(), folded=False)


def test_what_is_left_folded_has_more_than_one_part() -> None:
    sin = primitives.sin(())
    wrapped = Identity(SCALAR) >> sin >> Identity(SCALAR)
    assert flow(wrapped >> wrapped, boxes=2).folded == 0


def test_a_named_part_is_one_box() -> None:
    inner = primitives.sin((8,)) >> primitives.cos((8,))
    drawn = flow(inner >> primitives.negate((8,)) >> inner, named={inner: "wave"})
    assert [box.name for box in drawn.boxes] == ["wave", "−", "wave"]


def test_a_boundary_of_many_spaces_is_one_wire() -> None:
    ob: Ob = SCALAR
    for _ in range(30):
        ob = Pair(ob, SCALAR)
    shown = diagram(Swap(ob, SCALAR))
    assert shown.faults == [] and "1 box with a thick frame stands for folded parts" in shown.svg()
    assert diagram(ParaMap(ob, SCALAR, Pair(ob, SCALAR), Identity(Pair(ob, SCALAR)))).faults == []


def test_the_wires_of_a_boundary_of_many_spaces_say_how_many() -> None:
    def wide(count: int) -> Ob:
        return SCALAR if count == 1 else Pair(wide(count - 1), SCALAR)

    for count, name in ((3, "((R ⊗ R) ⊗ R)"), (4, "4 spaces")):
        drawn = flow(First(wide(count), wide(30)))
        assert drawn.inputs == (f"{count + 30} spaces",) and drawn.names == (name,)
        assert flow(First(wide(count), wide(30)), above=wide(count)).inputs == (name, "30 spaces")


def test_objects_go_by_the_names_that_they_are_given() -> None:
    named: dict[Ob, str] = {space(2): "A", SCALAR: "B"}
    term = primitives.symbol("f", Pair(Pair(space(2), UNIT), space(3)), SCALAR)
    drawn = flow(term, spaces=named)
    assert (drawn.inputs, drawn.names) == (("A", "R[3]"), ("B",))
    assert drawn.boxes == (Box("f", "f : ((A ⊗ 1) ⊗ R[3]) → B", ((-1, 0), (-1, 1)), ("B",), False, False),)
    assert Box("f", "says", (), ()) == Box("f", "says", (), (), linear=False, folded=False)
    ob: Ob = SCALAR
    for _ in range(30):
        ob = Pair(ob, SCALAR)
    wide = flow(First(space(2), ob), spaces=named)
    assert (wide.names, wide.boxes[0].outputs) == (("A",), ("A",)) and wide.boxes[0].says.startswith("wires : (A ⊗")


def test_a_folded_part_is_named_by_its_operations_where_there_is_room() -> None:
    def two(length: int) -> Term:
        return primitives.symbol("abcdefgh", A, A) >> primitives.symbol("i" * length, A, A)

    assert folded_name(two(8)) == "abcdefgh, iiiiiiii" and folded_name(two(9)) == "2 operations"


# ------------------------------------------------------------------------------------------------ layouts


@pytest.mark.parametrize("seed", range(40))
def test_layouts_of_random_terms_have_no_fault(seed: int) -> None:
    drawn = flow(random_term(seed))
    assert faults(place(drawn)) == []
    assert faults(derivative(drawn)) == []


@pytest.mark.parametrize("seed", range(25))
def test_layouts_of_random_parametrised_maps_and_lenses_have_no_fault(seed: int) -> None:
    choose = seeded(seed)
    p, a, b = draw_object(choose), draw_object(choose), draw_object(choose)
    inside = draw_term(choose, Pair(p, a), b, Style("any", 2))
    above = flow(inside, above=p)
    assert above.above == leaf_count(p)
    for drawing in (place(above), derivative(above)):
        assert faults(drawing) == []
        assert sum(port.parameter for port in drawing.ports) == leaf_count(p)
    get, put = draw_term(choose, a, b, Style("any", 1)), draw_term(choose, Pair(a, b), a, Style("any", 1))
    assert faults(lens(flow(get), flow(put, above=a))) == []


def test_a_learner_has_no_fault() -> None:
    assert faults(learner("P", "A", "B")) == []


def test_parameters_that_are_copied_dropped_or_given_back_come_from_above() -> None:
    copied = (Copy(A) @ Identity(B)) >> primitives.symbol("f", Pair(Pair(A, A), B), B)
    dropped = (Discard(A) @ Identity(B)) >> primitives.symbol("g", Pair(UNIT, B), B)
    for term in (copied, dropped, Identity(Pair(A, B))):
        for drawing in (place(flow(term, above=A)), derivative(flow(term, above=A))):
            assert faults(drawing) == [] and sum(port.parameter for port in drawing.ports) == 1


def test_d_has_each_box_twice_and_remembers_the_inputs_of_those_that_are_not_linear() -> None:
    drawn = flow(given.network.map.inside, above=given.network.map.param)
    there, both = place(drawn), derivative(drawn)
    assert len(both.parts) == 2 * len(there.parts)
    memory = [wire for wire in both.wires if wire.kind == "memory"]
    assert [both.parts[both.ports[wire.start].part].name for wire in memory] == ["ij,bi→bj", "relu", "ij,bi→bj"]
    assert len(both.wires) == 2 * len(there.wires) + len(memory)
    back = both.wires[len(there.wires) : 2 * len(there.wires)]
    assert all(both.ports[wire.start].at[0] >= both.ports[wire.end].at[0] for wire in back)  # from right to left


def planted() -> dict[str, tuple[Callable[[Drawing], Drawing], str]]:
    """Wrong layouts of the network, and what is said of each."""

    def part(drawing: Drawing, number: int, **changes: Any) -> Drawing:
        parts = list(drawing.parts)
        parts[number] = replace(parts[number], **changes)
        return replace(drawing, parts=tuple(parts))

    def port(drawing: Drawing, number: int, **changes: Any) -> Drawing:
        ports = list(drawing.ports)
        ports[number] = replace(ports[number], **changes)
        return replace(drawing, ports=tuple(ports))

    def onto(drawing: Drawing) -> Drawing:
        return part(drawing, 1, x=drawing.parts[0].x, y=drawing.parts[0].y + 3)

    def parameter(drawing: Drawing) -> int:
        return next(number for number, each in enumerate(drawing.ports) if each.parameter)

    def through(drawing: Drawing) -> Drawing:
        box = drawing.parts[0]
        middle = (box.x + box.width / 2, box.y + box.height / 2)
        wires = (replace(drawing.wires[-1], through=(middle,)), *drawing.wires[:-1])
        return replace(drawing, wires=wires)

    def same_point(drawing: Drawing) -> Drawing:
        return port(drawing, 1, at=drawing.ports[3].at)

    return {
        "a wire is left out": (lambda d: replace(d, wires=d.wires[1:]), "is the end of 0 wires"),
        "a wire is there twice": (lambda d: replace(d, wires=(*d.wires, d.wires[0])), "is the end of 2 wires"),
        "a box lies on another": (onto, "overlap, or nearly"),
        "boxes touch": (lambda d: part(d, 1, x=d.parts[0].x + d.parts[0].width, y=d.parts[0].y), "overlap, or nearly"),
        "an end is off the edge": (lambda d: port(d, 0, at=(3.0, d.ports[0].at[1])), "is not on the left edge"),
        "a port is off its box": (lambda d: port(d, 1, at=(d.ports[1].at[0] + 3, d.ports[1].at[1])), "of its part"),
        "two wires end at a point": (same_point, "2 wires end at the same point"),
        "a wire goes through a box": (through, "goes through the box"),
        "a box is outside": (lambda d: part(d, 0, y=-40.0), "is not within the drawing"),
        "a parameter enters at a side": (lambda d: port(d, parameter(d), side="left"), "not enter at the top edge"),
        "a parameter enters lower": (
            lambda d: port(d, parameter(d), at=(d.ports[parameter(d)].at[0], 5.0)), "not enter at the top edge"
        ),
        "a parameter goes into a side": (
            lambda d: port(d, d.wires[-1].end, side="left"), "does not come from above"
        ),
    }  # fmt: skip


@pytest.mark.parametrize("fault", planted())
def test_a_planted_fault_is_found(fault: str) -> None:
    drawing = place(flow(given.network.map.inside, above=given.network.map.param))
    assert faults(drawing) == []
    wrong, says = planted()[fault]
    assert any(says in found for found in faults(wrong(drawing))), faults(wrong(drawing))


def test_the_smallest_drawing() -> None:
    """What the checks say does not hang on our own layout."""
    box = Part("box", 20, 10, 30, 26, "f")
    ports = (
        Port(-1, "left", (0, 23)),
        Port(0, "left", (20, 23)),
        Port(0, "right", (50, 23)),
        Port(-1, "right", (70, 23)),
    )
    right = Drawing(70, 46, (box,), ports, (Wire(0, 1), Wire(2, 3)))
    assert faults(right) == []
    crossed = faults(replace(right, wires=(Wire(0, 2), Wire(1, 3))))
    assert sum("goes through the box f" in each for each in crossed) >= 2


# ------------------------------------------------------------------------------------------------ pictures


def checked(shown: Diagram) -> ElementTree.Element:
    """The SVG, well-formed, named, described, without identifiers, and the same each time."""
    assert shown.faults == []
    root = ElementTree.fromstring(shown.svg())
    assert root.tag == f"{NAME}svg" and root.get("role") == "img"
    title, says = root.find(f"{NAME}title"), root.find(f"{NAME}desc")
    assert title is not None and title.text and says is not None and says.text
    assert next(iter(root)) is title
    assert all(each.get("id") is None for each in root.iter() if each.tag != f"{NAME}marker")
    assert "prefers-color-scheme:dark" in shown.svg()
    assert shown.svg() == shown.svg() and "prefers-color-scheme" not in shown.svg(alone=False)
    return root


VALUES: dict[str, tuple[Any, str]] = {
    "a term": (given.both, ""),
    "a composite in Para": (given.layers, ""),
    "a network": (given.network, ""),
    "its inside": (given.network, "term"),
    "its derivative": (given.network, "derivative"),
    "as a lens": (given.network, "lens"),
    "as a learner": (given.network, "learner"),
    "a term from P ⊗ A": (given.loss, "para"),
    "a lens": (given.reading, ""),
    "a learner": (Learner(space(2), SCALAR, SCALAR, tuple, tuple, tuple), ""),
    "an equation": (Equation(given.both, given.both), ""),
    "a map that is no term": (ParaMap("P", "A", "B", len), ""),
    "nothing but a wire": (Identity(A), ""),
    "nothing at all": (Identity(UNIT), ""),
}


@pytest.mark.parametrize("value", VALUES)
def test_values_are_drawn(value: str) -> None:
    given_value, of = VALUES[value]
    first, again = diagram(given_value, of), diagram(given_value, of)
    checked(first)
    assert first.svg() == again.svg()


def test_a_diagram_of_nothing_is_empty() -> None:
    assert Diagram("title", "says") == Diagram("title", "says", (), "", None) and "<text" not in Diagram("a", "b").svg()
    assert 'viewBox="0 0 0 0" width="0" height="0"' in Diagram("a", "b").svg()


def test_a_schema_is_drawn_with_its_name_and_its_equations_in_words() -> None:
    twice = PathEquation(Path("A", ("e", "e")), Path("A", ("e",)))
    back = PathEquation(Path("A", ("e",)), Path("A", ()))
    made = Schema("turns", ("A",), (Edge("e", "A", "A"),), (twice, back))
    assert diagram(made) == Diagram("turns", f"{twice}; {back}", whole=made)
    bare = replace(made, equations=())
    assert diagram(bare, title="given") == Diagram("given", "no equations", whole=bare)


def test_a_notebook_shows_a_picture_in_the_colours_of_the_page() -> None:
    shown = diagram(given.both)
    assert shown._repr_svg_() == shown.svg()
    assert shown._repr_html_() == f'<div style="overflow-x:auto">{shown.svg(alone=False)}</div>'


def test_a_lens_counts_the_folded_parts_of_both_of_its_maps() -> None:
    there = primitives.sin(()) >> primitives.cos(()) >> primitives.sin(())
    back = First(SCALAR, SCALAR) >> there
    shown = diagram(LensMap(Bundle(SCALAR, SCALAR), Bundle(SCALAR, SCALAR), there, back), boxes=2)
    assert [flow(each, boxes=2).folded for each in (there, back)] == [1, 1]
    assert shown.note == "2 boxes with thick frames stand for folded parts"


def test_the_names_of_parameters_stand_above() -> None:
    texts = {each.text: float(each.get("y") or 0) for each in checked(diagram(given.network)).iter(f"{NAME}text")}
    assert all(texts[name] < 0 < texts["relu"] for name in given.network.names)


@pytest.mark.parametrize(("law", "equations"), [("CART-NAT", 2), ("PARA-ASSOC", 1), ("D-RULES", 4)])
def test_laws_are_drawn_with_both_sides(law: str, equations: int) -> None:
    suite.load()
    shown = diagram(LAWS[law])
    texts = [each.text for each in checked(shown).iter(f"{NAME}text")]
    assert texts.count("=") == equations == len(shown.rows)


def test_a_law_in_words_is_its_equations() -> None:
    suite.load()
    copied = "one box (f) from A to B, B equals 2 boxes (f, f) from A to B, B"
    dropped = "one box (f) from A to nothing equals wires alone from A to nothing"
    assert diagram(LAWS["CART-NAT"]).says == f"{copied}; {dropped}"


def test_a_law_of_numbers_says_why_it_is_not_drawn() -> None:
    suite.load()
    with pytest.raises(UsageError, match=r"L-BIMON has no picture: the error is ½ \(x - y\)²"):
        diagram(LAWS["L-BIMON"])
    assert on_page(LAWS["L-BIMON"]) == "the error is ½ (x - y)²"


def test_a_law_on_a_page_has_its_name_alone_as_its_title() -> None:
    suite.load()
    drawn = replace(diagram(LAWS["CAT-ASSOC"]), title="CAT-ASSOC")
    assert on_page(LAWS["CAT-ASSOC"]) == ("as they are composed, in functions", drawn.svg(alone=False))


def test_a_hostile_name_is_text() -> None:
    shown = diagram(primitives.symbol("<script>alert(1)</script>", Sort("</text>"), B), title="<b>&")
    checked(shown)
    assert "<script" not in shown.svg() and "<b>" not in shown.svg()


@pytest.mark.parametrize(
    ("value", "of", "says"),
    [
        (3, "", "int has no string diagram by itself"),
        (given.reading, "derivative", "LensMap has no string diagram as a derivative"),
        (given.both, "para", "goes from P ⊗ A, and this term from A"),
        (given.both, "picture", "one of term, para, derivative, lens, learner"),
    ],
)
def test_what_has_no_picture_is_refused(value: Any, of: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        diagram(value, of)


# ------------------------------------------------------------------------------------------------ PNG


def test_png_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr("verified_cat.diagrams.find_spec", lambda name: None if name == "resvg_py" else found(name))
    with pytest.raises(MissingExtra, match=r"pip install verified-cat\[pictures\]"):
        diagram(given.both).png()


def test_png_is_what_resvg_makes_of_dark_words_on_white(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def made(**options: Any) -> bytearray:
        asked.append(options)
        return bytearray(b"PNG")

    module: Any = ModuleType("resvg_py")
    module.svg_to_bytes, module.__spec__ = made, ModuleSpec("resvg_py", None)
    monkeypatch.setitem(sys.modules, "resvg_py", module)
    svg = '<svg><style>text{stroke:Canvas}</style><path stroke="currentColor"/></svg>'
    assert rastered(svg, 3.0) == b"PNG" and type(rastered(svg, 3.0)) is bytes
    options = {"zoom": 3.0, "background": "white", "sans_serif_family": "DejaVu Sans"}
    plain = '<svg><style>text{stroke:#fff}</style><path stroke="#22262b"/></svg>'
    assert asked == [{"svg_string": plain, **options}] * 2
    assert diagram(given.both).png() == b"PNG" and asked[-1]["zoom"] == 2.0


@pytest.mark.parametrize("scale", [0.09, 20.1, 0.1, 20])
def test_png_of_a_size_that_is_too_small_or_too_large_is_refused(scale: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verified_cat.diagrams.rastered", lambda svg, scale: f"{svg[:4]} {scale}".encode())
    if scale in (0.1, 20):
        assert diagram(given.both).png(scale) == f"<svg {scale}".encode()
    else:
        with pytest.raises(UsageError, match=r"0\.1 to 20 times"):
            diagram(given.both).png(scale)


def test_png_has_the_size_that_is_asked_for() -> None:
    pytest.importorskip("resvg_py", reason="not run: resvg not installed (pip install verified-cat[pictures])")
    shown = diagram(given.both)
    root = ElementTree.fromstring(shown.svg())
    for scale in (1.0, 3.0):
        content = shown.png(scale)
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
        width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
        assert abs(width - scale * float(root.get("width") or 0)) <= 1 + scale / 2
        assert abs(height - scale * float(root.get("height") or 0)) <= 1 + scale / 2
    with pytest.raises(UsageError, match=r"0\.1 to 20 times"):
        shown.png(100)


def test_core_pictures_import_no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture of a term needs neither DisCoPy nor torch nor a solver."""
    real = builtins.__import__

    def guarded(name: str, *rest: Any, **more: Any) -> Any:
        assert name.split(".")[0] not in ("discopy", "torch", "z3", "cvc5", "sympy", "matplotlib"), name
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", guarded)
    checked(diagram(given.network, "derivative"))
