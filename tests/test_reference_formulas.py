"""The formulas of slides and papers hold on the code, their misprints are refuted, and a wrong side is noticed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sympy as sp

from verified_cat.reference.formula import Formula, compared
from verified_cat.reference.formulas import FORMULAS, judged, page

DOCS = Path(__file__).parents[1] / "docs" / "formulas.md"


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=list(FORMULAS))
def test_it_holds(formula: Formula) -> None:
    assert formula.check().verdict == "equal", str(formula.check())


@pytest.mark.parametrize(
    ("fault", "sides"),
    [(fault, sides) for formula in FORMULAS.values() for fault, sides in formula.wrong.items()],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_misprints_are_refuted(fault: str, sides: Callable[[], Any]) -> None:
    decision = compared(*sides())
    assert decision.verdict == "different", f"{fault}: {decision}"


def changed(side: Any) -> Any:
    """The side with its last part another one."""
    if isinstance(side, tuple) and side:
        return (*side[:-1], changed(side[-1]))
    return side + sp.Rational(1, 10**12) if isinstance(side, sp.Expr | int) else ("another thing than", side)


@pytest.mark.parametrize("formula", FORMULAS.values(), ids=list(FORMULAS))
def test_a_side_that_is_off_by_a_little_is_refuted(formula: Formula) -> None:
    left, right = formula.sides()
    assert compared(left, changed(right)).verdict == "different"


def test_what_is_listed() -> None:
    assert len(FORMULAS) >= 55
    assert sum("slide" in formula.source for formula in FORMULAS.values()) >= 18
    assert sum(bool(formula.wrong) for formula in FORMULAS.values()) >= 35
    corrected = [formula for formula in FORMULAS.values() if "corrected" in formula.source and formula.name != "join"]
    assert len(corrected) >= 8 and all(formula.wrong for formula in corrected)


def test_the_page_is_the_one_that_is_generated() -> None:
    assert DOCS.read_text(encoding="utf-8") == page(), "run: python reference/formulas.py > docs/formulas.md"


def test_a_mistake_that_survives_is_told() -> None:
    lax = Formula("lax", "1 = 1", "here", lambda: (1, 1), {"1 = 1 again": lambda: (1, 1)})
    assert judged(lax) == "not refuted: 1 = 1 again"
    assert judged(Formula("false", "1 = 2", "here", lambda: (1, 2))) == "different"
    assert judged(Formula("open", "Γ", "here", lambda: (sp.gamma(sp.Symbol("x")), 1))) == "undecided"
    assert compared((), ()).verdict == "equal" and compared((1,), (1, 2)).verdict == "different"
