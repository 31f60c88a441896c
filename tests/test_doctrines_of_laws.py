"""Every law declares the least doctrine that it uses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from verified_cat.check import LAWS
from verified_cat.doctrine import ORDER
from verified_cat.laws import suite
from verified_cat.laws.doctrines import least_of, needed, used
from verified_cat.reference.ieee import NumpyEngine

suite.load()
ENGINE = NumpyEngine()


@pytest.mark.parametrize("name", LAWS)
def test_a_law_declares_what_it_uses(name: str) -> None:
    """Not less than what it reads of its category, and not more."""
    assert LAWS[name].doctrine == least_of(LAWS[name], ENGINE)


@pytest.mark.parametrize(
    ("law", "wrong"), [("MON-COH", "monoidal"), ("MON-FUNCT", "symmetric"), ("CAT-UNIT", "cartesian")]
)
def test_a_declaration_that_is_too_small_or_too_large_is_noticed(law: str, wrong: str) -> None:
    assert replace(LAWS[law], doctrine=wrong).doctrine != least_of(LAWS[law], ENGINE)


def test_what_a_law_reads() -> None:
    """The law itself, and not what the methods that it calls read in turn."""
    read = used(LAWS["MON-FUNCT"], "lens", ENGINE)
    assert {"tensor", "compose", "identity"} <= read
    assert not read & {"base", "middle_four", "swap"}
    assert needed(frozenset({"compose", "swap"}), "lens") == "symmetric"
    assert needed(frozenset({"compose", "reparam"}), "para") == "para"
    assert needed(frozenset(), "functions") == "cartesian"
    assert needed(frozenset({"world.learning"}), "para over D") == "learn"


def test_laws_are_of_known_doctrines() -> None:
    assert {law.doctrine for law in LAWS.values()} <= set(ORDER)
