"""Laws as obligations: what solvers are asked, what they have to do, what has to be assumed, and what is not run."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from typing import Any

import pytest

from verified_cat.check import LAWS, Law
from verified_cat.equation import Equation
from verified_cat.errors import BoundaryError
from verified_cat.laws import suite
from verified_cat.primitives import map_on, negate, scale_on
from verified_cat.proofs.evidence import assumed_in, obligation_of, proof_of, replayed
from verified_cat.proofs.obligations import Obligation, discharge, finite_counterexample, traced
from verified_cat.proofs.sources import OpaqueSource
from verified_cat.proofs.trivial import relevant
from verified_cat.report import Strength
from verified_cat.worlds import world

suite.load()

needs_both = pytest.mark.skipif(
    importlib.util.find_spec("cvc5") is None,
    reason="not run: cvc5 not installed (pip install verified-cat[solvers])",
)


def askable(stated: Law) -> bool:
    """Whether a solver can be asked of the law."""
    return not stated.without_solver and not stated.floats


ASKED = [(law.name, name) for law in LAWS.values() if askable(law) for name in law.worlds]
"""Every law that a solver can be asked of, in every world; `pytest laws/` has them proved."""


@pytest.mark.parametrize(("law", "name"), ASKED)
def test_holds_of_the_code_itself_on_numbers(law: str, name: str) -> None:
    assert replayed(LAWS[law], name) is None


def test_what_can_be_asked() -> None:
    assert len(ASKED) >= 130
    asked = {law for law, _ in ASKED}
    assert asked >= {"CAT-ASSOC", "MON-COH", "CART-UNIV", "ADD-BIPROD", "D-RULES", "GAD-CAT", "GAD-BASE", "GAD-LENS"}
    assert asked >= {"DUAL-SWAP", "CONT-FUNCT", "PARA-ASSOC", "PARA-COH", "PARA-EV", "PARA-TIEGRAD", "LENS-CAT"}
    assert asked >= {"LEARN-CAT", "LEARN-MON", "L-FUNCT", "L-MON", "L-DEF", "L-CONJ", "FJ-EMB", "CLA-LEFT"}


@needs_both
@pytest.mark.parametrize(("law", "name"), [("PARA-ASSOC", "para"), ("PARA-COH", "para"), ("LEARN-CAT", "learn")])
def test_the_solver_has_work_to_do(law: str, name: str) -> None:
    result = discharge(replace(obligation_of(LAWS[law], name), hypotheses=()))
    assert result.status == "proved", result.reason
    assert {outcome.solver: outcome.answer for outcome in result.outcomes} == {"z3": "unsat", "cvc5": "unsat"}
    assert not result.syntactic
    assert all("pair" in problem for problem in result.problems)


# ------------------------------------------------------------------------------------------------ hypotheses

NEEDED = {
    ("ADD-HOM", "additive"),
    ("ADD-BIPROD", "additive"),
    ("ADD-JAM", "additive"),
    ("ADD-HOMCMON", "cont"),
    ("CART-NAT", "dual"),
    ("CART-UNIV", "D"),
    ("CART-COMON", "dual"),
    ("GAD-CART", "D"),
    ("GAD-PART", "D"),
    ("CD.1-5", "forward"),
    ("CLA-LEFT", "functions"),
    ("CONT-FUNCT", "cont"),
    ("L-FUNCT", "para over D"),
    ("L-MON", "para over D"),
}
"""Laws that are false of arbitrary symbols: sums commute, derivatives are additive, ∂e/∂x has an inverse."""


@pytest.mark.parametrize(("law", "name"), sorted(NEEDED))
def test_what_is_assumed_is_needed(law: str, name: str) -> None:
    """Some goal fails in a model of nothing, and in no model of the hypotheses that speak of it."""
    obligation = obligation_of(LAWS[law], name)
    fails = [goal for goal in obligation.goals if finite_counterexample(Obligation(law, (goal,)))]
    assert fails
    for goal in fails:
        assumed = relevant(traced(goal, "x"), obligation.hypotheses)
        assert assumed
        assert finite_counterexample(Obligation(law, (goal,), assumed)) is None


@needs_both
def test_the_functor_l_is_proved_with_its_hypotheses_and_refuted_without() -> None:
    obligation = obligation_of(LAWS["L-FUNCT"], "para over D")
    for goal in obligation.goals:
        assert (
            discharge(Obligation("L", (goal,), relevant(traced(goal, "x"), obligation.hypotheses))).status == "proved"
        )
        assert discharge(Obligation("L", (goal,))).status == "refuted"


@pytest.mark.parametrize("law", ["CAT-ASSOC", "PARA-ASSOC", "PARA-COH", "LENS-CAT", "LEARN-CAT", "DUAL-CAT", "GAD-CAT"])
def test_what_is_plumbing_needs_nothing(law: str) -> None:
    for name in LAWS[law].worlds:
        assert finite_counterexample(replace(obligation_of(LAWS[law], name), hypotheses=())) is None


def test_what_is_assumed_is_listed() -> None:
    names = {group.name for group in assumed_in(LAWS["L-FUNCT"])}
    assert any("right inverse" in name for name in names)
    assert any("left inverse" in name for name in names)
    assert assumed_in(LAWS["RD.1"]) == ()


# ------------------------------------------------------------------------------------------------ what is not run


def test_a_law_about_numbers_is_not_run_and_says_why() -> None:
    for law in ("PARA-COLLAPSE", "L-ALPHA", "RD.1"):
        verdict = proof_of(LAWS[law], LAWS[law].worlds[0])
        assert verdict.strength is Strength.NOT_RUN
        assert verdict.reason == LAWS[law].without_solver != ""


def test_a_law_about_numbers_that_does_not_say_so_is_not_run_either() -> None:
    silent = replace(LAWS["PARA-NOTMON"], without_solver="")
    verdict = proof_of(silent, "para")
    assert verdict.strength is Strength.NOT_RUN
    assert verdict.reason
    silent = replace(LAWS["PL-R"], without_solver="")
    assert "free symbol" in proof_of(silent, "para over D").reason


def test_code_that_looks_at_a_value_is_not_proved() -> None:
    """A law whose code branches on a value is not run; one that hides the look is not run either."""

    def looking(where: Any, f: Any) -> Equation[Any]:
        functions = where.source.functions
        return Equation(f, functions.arrow(f.dom, f.cod, lambda x: f.run(x) if x else x))

    def sly(where: Any, f: Any) -> Equation[Any]:
        functions = where.source.functions

        def run(x: Any) -> Any:
            try:
                return f.run(x) if x else x
            except TypeError:
                return f.run(x)

        return Equation(f, functions.arrow(f.dom, f.cod, run))

    for state in (looking, sly):
        verdict = proof_of(replace(LAWS["CAT-UNIT"], state=state, worlds=("functions",)), "functions")
        assert verdict.strength is Strength.NOT_RUN
        assert "opaque value" in verdict.reason


def test_associativity_of_para_is_not_strict() -> None:
    """f ; (g ; h) and (f ; g) ; h have different parameters, so the strict law is not even a statement."""
    where = world("para", OpaqueSource(one_sort=True))
    x, para = where.object("X"), where.category
    f, g, h = (where.morphism(name, x, x) for name in "fgh")
    nested, chained = para.compose(f, para.compose(g, h)), para.compose(para.compose(f, g), h)
    with pytest.raises(BoundaryError):
        Equation(where.observe(nested), where.observe(chained)).check_parallel(where.source.functions)


def test_a_law_that_forgets_that_objects_are_opaque_is_not_run() -> None:
    """The table has no operation on an object of which nothing is known: a reason, and no traceback."""

    def doubles(world: Any, a: Any) -> Equation[Any]:
        return Equation(scale_on(2, a), map_on(a, negate))

    forgetful = replace(LAWS["CART-COMON"], name="FORGETFUL", state=doubles, worlds=("functions",))
    found = proof_of(forgetful, "functions")
    assert found.strength is Strength.NOT_RUN
    assert "is opaque: it has no shape" in found.reason
    assert "the law has to say why with `without_solver`" in found.reason
