"""String diagrams: what is drawn is what the law composes, small, well-formed and named; or why nothing is drawn."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

pytest.importorskip("discopy", reason="not run: discopy not installed (pip install verified-cat[discopy])")

from verified_cat import pictures, strings
from verified_cat.check import LAWS
from verified_cat.laws import suite
from verified_cat.objects import Sort
from verified_cat.primitives import symbol
from verified_cat.terms import Copy, First, Swap

A, B = Sort("A"), Sort("B")
NAME = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("law", "boxes"),
    [("CAT-ASSOC", 3), ("PARA-ASSOC", 3), ("RD.5", 3), ("CART-UNIV", 2), ("LENS-CAT", 4), ("D-RULES", 4)],
)
def test_both_sides_are_drawn(law: str, boxes: int) -> None:
    suite.load()
    drawn = pictures.picture(LAWS[law])
    assert not isinstance(drawn, str)
    says, equations = drawn
    assert says and 1 <= len(equations) <= pictures.EQUATIONS
    root = ElementTree.fromstring(equations[0][0])
    assert root.find(f"{NAME}title") is not None and root.find(f"{NAME}desc") is not None
    path = next(each for each in root.iter(f"{NAME}path") if each.get("class") == "box")
    assert (path.get("d") or "").count("Z") == boxes
    assert all(len(side) < 8000 and "style=" not in side for pair in equations for side in pair)


def test_a_law_of_numbers_says_why_it_is_not_drawn() -> None:
    suite.load()
    assert pictures.picture(LAWS["L-BIMON"]) == "the error is ½ (x - y)²"


def test_terms_are_drawn_with_copies_crossings_and_discards() -> None:
    term = Copy(A) >> (symbol("f", A, B) @ symbol("g", A, A)) >> Swap(B, A) >> First(A, B)
    diagram = strings.of_term(term)
    assert [str(each.name) for each in diagram.boxes][1:4] == ["f", "g", "Swap(B, A)"]
    shown = strings.svg(diagram, "a <side>", "& says")
    root = ElementTree.fromstring(shown)
    assert len(root.findall(f"{NAME}circle")) == 2 and "C" in (root.find(f"{NAME}path").get("d") or "")  # type: ignore[union-attr]
    assert "a &lt;side&gt;" in shown


def test_a_hostile_name_is_text() -> None:
    shown = strings.svg(strings.of_term(symbol("<script>", A, B)), "", "")
    assert "<script" not in shown
    ElementTree.fromstring(shown)
