"""Mutants of the running code: every one is refuted, by named methods; what changes nothing survives every method."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from verified_cat.check import LAWS
from verified_cat.errors import DataError
from verified_cat.functions import exchange
from verified_cat.laws import suite
from verified_cat.proofs.code_mutants import METHODS, CodeMutant, applied, heading, listed, refuted_by, table
from verified_cat.proofs.evidence import proof_of, replayed
from verified_cat.report import Strength

suite.load()

MUTANTS = [mutant for mutant in listed() if not mutant.equivalent]
EQUIVALENT = [mutant for mutant in listed() if mutant.equivalent]
OF_THE_TABLE = ("transposed_derivative", "sum_of", "tabulated", "ReverseDerivative")
"""What no opaque symbol reaches, for the operations of the table are numbers: only drawn instances refute them."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_refuted(mutant: CodeMutant) -> None:
    by_drawing = any(name in mutant.at for name in OF_THE_TABLE)
    found = refuted_by(mutant, drawn=by_drawing)
    assert found
    assert set(found) <= set(METHODS)
    assert ("drawn" in found) == by_drawing


@pytest.mark.parametrize("mutant", EQUIVALENT, ids=str)
def test_what_changes_nothing_survives(mutant: CodeMutant) -> None:
    assert refuted_by(mutant, drawn=False) == {}


def test_there_are_enough() -> None:
    assert len(MUTANTS) >= 44
    assert len(EQUIVALENT) >= 2
    assert len({mutant.at.partition(".")[0] for mutant in MUTANTS}) >= 10


def test_a_counter_model_is_replayed_by_the_mutated_code_itself() -> None:
    swap = next(mutant for mutant in MUTANTS if mutant.says == "σ does nothing")
    assert replayed(LAWS["MON-ISO"], "functions", one_sort=True) is None
    with applied(swap):
        assert exchange((1, 2)) == (1, 2)
        found = replayed(LAWS["MON-ISO"], "functions", one_sort=True)
    assert found is not None
    assert found.lhs != found.rhs
    assert exchange((1, 2)) == (2, 1)


def test_a_double_step_is_seen_by_the_definition_alone() -> None:
    """L is a functor for every update rule."""
    twice = next(mutant for mutant in MUTANTS if mutant.says == "a double step")
    assert "definition" in refuted_by(twice, drawn=False)
    for law in ("L-FUNCT", "L-MON"):
        assert refuted_by(replace(twice, judges=((law, "para over D"),)), drawn=False) == {}


def test_a_proof_is_about_the_code_that_runs() -> None:
    """The verdict of the law changes with the code, and back."""
    turned = next(mutant for mutant in MUTANTS if mutant.says == "⟨f, g⟩ is taken for ⟨g, f⟩")
    with applied(turned):
        assert proof_of(LAWS["CART-UNIV"], "functions").strength in (Strength.NOT_RUN, Strength.REFUTED)
    assert proof_of(LAWS["CART-UNIV"], "functions").strength not in (Strength.NOT_RUN, Strength.REFUTED)


def test_a_change_that_is_not_in_the_text_is_an_error() -> None:
    lost = replace(MUTANTS[0], take="return h(f(x))")
    with pytest.raises(DataError, match="occurs 0 times"), applied(lost):
        pass


def test_the_code_is_put_back_after_an_error() -> None:
    def breaks(mutant: CodeMutant) -> Any:
        with applied(mutant):
            raise ArithmeticError

    before = exchange.__code__
    for mutant in MUTANTS:
        if mutant.at == "functions.exchange":
            with pytest.raises(ArithmeticError):
                breaks(mutant)
    assert exchange.__code__ is before


def test_the_table_names_methods_and_laws() -> None:
    ((_, found, line),) = table([MUTANTS[0]], drawn=False)
    assert all(method in heading() for method in METHODS)
    assert MUTANTS[0].at in line
    assert next(iter(found.values())) in line
