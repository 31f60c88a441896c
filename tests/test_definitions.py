"""Definition laws: each construction's formula is pinned by a law, and what no coherence law sees, that law does."""

from __future__ import annotations

import pytest

from verified_cat.check import LAWS
from verified_cat.laws import suite
from verified_cat.laws.gradient import double_step
from verified_cat.laws.meta import refutes
from verified_cat.worlds import Mutant

suite.load()
from verified_cat.laws.definitions import RULES, precomposed_twice, twice  # noqa: E402 (it states laws)

DEFINED = {
    "functions: middle_four": "MON-MID4",
    "dual: compose": "DUAL-CAT",
    "dual: first": "DUAL-SWAP",
    "cont: of": "CONT-DEF",
    "cont: compose": "CONT-DEF",
    "D: compose": "D-RULES",
    "D: tensor": "D-RULES",
    "forward: compose": "D-RULES",
    "lens: compose": "LENS-CAT",
    "lens: tensor": "LENS-MON",
    "para: compose": "PARA-COMP",
    "para: reparam": "PARA-2CAT",
    "para over lens: compose": "PL-COMP",
    "learn: compose": "LEARN-COMP",
    "learn: tensor": "LEARN-MON",
    "learn: identity": "LEARN-ID",
    "para over D: __call__": "L-DEF",
    **{f"functions: {rule}": "OPT-DEF" for rule in RULES},
}
"""What makes morphisms, learners and updates, with the law that says what it makes."""


def test_each_construction_has_a_law_that_says_what_it_is() -> None:
    """And that law comes with a wrong one of that very method, which META-MUT has it refute."""
    planted = {name: {(each.world, key) for each in LAWS[name].mutants for key in each.methods} for name in LAWS}
    assert [what for what, name in DEFINED.items() if tuple(what.split(": ")) not in planted[name]] == []


@pytest.mark.parametrize("name", ["L-FUNCT", "L-MON"])
def test_no_coherence_law_sees_a_doubled_gradient_step(name: str) -> None:
    wrong = Mutant("para over D", {"__call__": double_step}, "the update is applied twice", part="learning")
    assert not refutes(LAWS[name], wrong, 6)
    assert refutes(LAWS["L-DEF"], wrong, 6)
    assert refutes(LAWS["L-GD"], wrong, 6)


@pytest.mark.parametrize("rule", RULES)
def test_that_updates_work_entry_by_entry_sees_no_doubled_step(rule: str) -> None:
    assert not refutes(LAWS["OPT-PROD"], twice(rule), 3)
    assert refutes(LAWS["OPT-DEF"], twice(rule), 3)


def test_cont_is_pinned_by_its_definition() -> None:
    wrong = Mutant("cont", {"of": precomposed_twice}, "cont f precomposes twice")
    assert refutes(LAWS["CONT-DEF"], wrong, 20)
