"""The tables of docs/learners.md are those that are computed, and what they are computed from notices what is wrong."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import sympy as sp

from verified_cat import loss
from verified_cat.errors import UsageError
from verified_cat.objects import Space
from verified_cat.optimiser import Optimiser, gradient_descent
from verified_cat.primitives import constant, multiply
from verified_cat.primitives import scale as scaled_by
from verified_cat.reference import lens_laws, rule_facts
from verified_cat.reference.learner_tables import filled, marks
from verified_cat.reference.losses import LOSSES
from verified_cat.rules import clipped_by_norm
from verified_cat.terms import Discard, Identity, Pairing, RightUnitor, Term

PAGE = Path(__file__).parent.parent / "docs" / "learners.md"


def test_the_page_has_the_tables_as_they_are_now() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert filled(text) == text


def test_a_page_without_a_place_for_a_table() -> None:
    with pytest.raises(UsageError, match="not one place for the table of rules"):
        filled("nothing")
    begin, end = marks("rules")
    with pytest.raises(UsageError, match="not one place for the table of errors"):
        filled(f"{begin}\n{end}\n")


# ------------------------------------------------------------------------------------------------ rules


def test_nothing_is_undecided() -> None:
    for name in rule_facts.RULES:
        known = rule_facts.facts(name)
        assert rule_facts.UNDECIDED not in {known.product, known.pace, *known.maps.values()}, name


def test_the_groups_are_those_of_the_catalogue() -> None:
    """OPT-EQUIV: rotations for what is linear in the gradient, signed permutations for what looks at entries."""
    groups = {name: rule_facts.facts(name).group for name in ("momentum", "Adam", "AdamW", "weight decay, of momentum")}
    assert groups == {
        "momentum": "O(n) ⋉ Rⁿ",
        "Adam": "signed permutations ⋉ Rⁿ",
        "AdamW": "signed permutations",
        "weight decay, of momentum": "O(n)",
    }
    assert rule_facts.product_law(rule_facts.RULES["Adam"](Fraction(1, 10))) == rule_facts.HOLDS
    assert rule_facts.product_law(clipped_by_norm(gradient_descent(Fraction(1)), Fraction(1))) == rule_facts.FAILS


def rates_by_index() -> Optimiser:
    """Entry i has the rate i / 10."""
    right = gradient_descent(Fraction(1, 10))

    def update(shape: tuple[int, ...]) -> Term:
        index = Discard(Space(shape)) >> constant(shape, *range(1, (shape or (1,))[0] + 1))
        weighted = Pairing(index, Identity(Space(shape))) >> multiply(shape)
        return (Identity(right.update(Space(shape)).cod) @ weighted) >> right.leaf_update(shape)

    return replace(right, leaf_update=update)


def test_a_rule_that_knows_its_entries_is_seen() -> None:
    exchange, sign, *_ = rule_facts.MAPS
    assert rule_facts.well_defined(rates_by_index(), exchange) == rule_facts.FAILS
    assert rule_facts.well_defined(rates_by_index(), sign) == rule_facts.HOLDS


def test_a_pace_that_does_something_else_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(rate: Fraction) -> Optimiser:
        right = gradient_descent(rate)

        def paced(shape: tuple[int, ...]) -> Term:
            doubled = Identity(Space(shape)) @ Discard(Space(()))
            held = Identity(right.update(Space(shape)).cod)
            return (held @ (doubled >> RightUnitor(Space(shape)) >> scaled_by(1, shape))) >> right.leaf_update(shape)

        return replace(right, leaf_paced=paced)

    monkeypatch.setitem(rule_facts.RULES, "broken", broken)
    assert rule_facts.paced("broken") == rule_facts.FAILS


# ------------------------------------------------------------------------------------------------ errors


def test_the_terms_of_the_package_are_the_entries() -> None:
    assert lens_laws.disagreements() == []


def test_wrong_terms_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    first, *rest = loss.ADMITTED
    wrong = replace(first, inverse=lambda shape: first.derivative(shape) >> scaled_by(2, shape))
    monkeypatch.setattr(loss, "ADMITTED", (wrong, *rest))
    assert [fault.split(":")[0] for fault in lens_laws.disagreements()] == ["quadratic"]


def test_the_lens_laws_of_the_quadratic_error_by_hand() -> None:
    """U = 2 + 1/10, r = 1 + 2, I = 63/10 for the target 3; then to -1, against -1 at once."""
    quadratic = next(each for each in LOSSES if each.name == "quadratic")
    found = lens_laws.kept(quadratic)
    assert (found.get_put, found.put_get) == ("holds", "fails by 33/10")
    once = Fraction(21, 10), Fraction(3)
    twice = once[0] - Fraction(1, 10) * once[1] * (once[0] * once[1] + 1)
    assert found.put_put == f"fails by {twice - (2 - Fraction(1, 10) * 3)}"


def test_get_put_follows_the_diagonal() -> None:
    for each in LOSSES:
        assert (lens_laws.kept(each).get_put in ("holds", "the half of U")) == each.get_put, each.name


def test_an_identity_that_keeps_put_get_is_said_to() -> None:
    """A defect that is 0 is no failure."""
    assert lens_laws._missed(sp.expand((lens_laws.p + 1) ** 2) - (lens_laws.p + 1) ** 2) == "holds"
    assert lens_laws._missed(lens_laws.p - 2) == "undecided"  # not 0, but 0 at the point
