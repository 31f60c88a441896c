"""Formulas for paper and for pages: every constructor, every sign, and where a formula becomes too long to write."""

from __future__ import annotations

import pytest

from verified_cat import primitives
from verified_cat.formulas import LEAVES, latex, mathml
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Sort, space
from verified_cat.terms import (
    Associator,
    AssociatorInverse,
    Copy,
    Discard,
    First,
    Identity,
    LeftUnitor,
    LeftUnitorInverse,
    Pairing,
    RightUnitor,
    RightUnitorInverse,
    Second,
    Swap,
    Term,
)

A, B = SCALAR, space(2)
SIN, COS = primitives.sin(()), primitives.cos(())
R, R2 = r"\mathbb{R}", r"\mathbb{R}^{2}"


@pytest.mark.parametrize(
    ("ob", "paper", "page"),
    [
        (UNIT, "1", "<mn>1</mn>"),
        (SCALAR, R, "<mi>ℝ</mi>"),
        (space(2, 3), r"\mathbb{R}^{2 \times 3}", "<msup><mi>ℝ</mi><mn>2×3</mn></msup>"),
        (Sort("<A>_b"), r"\mathrm{<A>\_b}", "<mi>&lt;A&gt;_b</mi>"),
        (
            Pair(UNIT, B),
            rf"(1 \otimes {R2})",
            "<mrow><mo>(</mo><mn>1</mn><mo>⊗</mo><msup><mi>ℝ</mi><mn>2</mn></msup><mo>)</mo></mrow>",
        ),
    ],
    ids=str,
)
def test_objects(ob: Ob, paper: str, page: str) -> None:
    assert latex(ob) == f"${paper}$" and mathml(ob) == page


@pytest.mark.parametrize(
    ("term", "wanted"),
    [
        (Identity(A), rf"\mathrm{{id}} : {R} \to {R}"),
        (Associator(A, B, A), rf"\alpha : (({R} \otimes {R2}) \otimes {R}) \to ({R} \otimes ({R2} \otimes {R}))"),
        (
            AssociatorInverse(A, B, A),
            rf"\alpha^{{-1}} : ({R} \otimes ({R2} \otimes {R})) \to (({R} \otimes {R2}) \otimes {R})",
        ),
        (LeftUnitor(A), rf"\lambda : (1 \otimes {R}) \to {R}"),
        (LeftUnitorInverse(A), rf"\lambda^{{-1}} : {R} \to (1 \otimes {R})"),
        (RightUnitor(A), rf"\rho : ({R} \otimes 1) \to {R}"),
        (RightUnitorInverse(A), rf"\rho^{{-1}} : {R} \to ({R} \otimes 1)"),
        (Swap(A, B), rf"\sigma : ({R} \otimes {R2}) \to ({R2} \otimes {R})"),
        (Copy(A), rf"\Delta : {R} \to ({R} \otimes {R})"),
        (Discard(A), rf"{{!}} : {R} \to 1"),
        (First(A, B), rf"\pi_0 : ({R} \otimes {R2}) \to {R}"),
        (Second(A, B), rf"\pi_1 : ({R} \otimes {R2}) \to {R2}"),
        (SIN >> COS, rf"(\mathrm{{sin}} \mathbin{{;}} \mathrm{{cos}}) : {R} \to {R}"),
        (SIN @ COS, rf"(\mathrm{{sin}} \otimes \mathrm{{cos}}) : ({R} \otimes {R}) \to ({R} \otimes {R})"),
        (Pairing(SIN, COS), rf"\langle \mathrm{{sin}}, \mathrm{{cos}} \rangle : {R} \to ({R} \otimes {R})"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_terms(term: Term, wanted: str) -> None:
    assert latex(term) == f"${wanted}$"


def test_no_name_is_a_command_and_none_is_longer_than_sixty_characters() -> None:
    signs = {"\\": r"\backslash ", "→": r"\to ", "^": r"\hat{}", "~": r"\sim "} | {c: f"\\{c}" for c in "_{}$%#&"}
    for sign, written in signs.items():
        assert latex(Sort(f"a{sign}b")) == rf"$\mathrm{{a{written}b}}$"
    assert latex(Sort("a'b α.(x)")) == r"$\mathrm{a'b α.(x)}$"
    assert [latex(Sort("n" * count)).count("n") for count in (59, 60, 61)] == [59, 60, 60]


def row(count: int) -> Ob:
    whole: Ob = SCALAR
    for _ in range(count - 1):
        whole = Pair(whole, SCALAR)
    return whole


def chain(count: int) -> Term:
    whole: Term = SIN
    for _ in range(count - 1):
        whole = whole >> COS
    return whole


def test_what_is_too_long_is_counted() -> None:
    assert LEAVES == 40
    assert latex(row(40)).count(R) == 40 and latex(row(41)) == r"$\text{41 spaces}$"
    assert latex(chain(40)).count("{cos}") == 39
    assert latex(chain(41)) == rf"$\text{{41 operations}} : {R} \to {R}$"
