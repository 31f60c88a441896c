"""What a value has in a notebook is what ``verified_cat.notebook`` makes of it."""

from __future__ import annotations

from verified_cat import notebook
from verified_cat.objects import space
from verified_cat.report import Strength, Verdict


def test_a_value_is_shown_as_a_page_and_written_as_a_formula() -> None:
    assert space(2)._repr_html_() == notebook.html(space(2)) != ""
    assert space(2)._repr_latex_() == notebook.latex(space(2)) == r"$\mathbb{R}^{2}$"


def test_what_is_no_formula_is_only_shown() -> None:
    verdict = Verdict(Strength.EXACT, "by hand")
    assert verdict._repr_html_() == notebook.html(verdict) and "by hand" in verdict._repr_html_()
    assert not hasattr(verdict, "_repr_latex_")
