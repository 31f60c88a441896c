"""Doctrines: what each asks for, and that every law declares the least one that it uses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from verified_cat.category import Biproduct, Cartesian, Category, Monoidal, Symmetric
from verified_cat.check import LAWS
from verified_cat.doctrine import DERIVED, DOCTRINES, ORDER, level, of_worlds, promised, up_to
from verified_cat.errors import UsageError
from verified_cat.laws import suite
from verified_cat.laws.doctrines import least_of, needed, used
from verified_cat.reference.ieee import NumpyEngine

suite.load()
ENGINE = NumpyEngine()
CLASSES = {
    "category": Category,
    "monoidal": Monoidal,
    "symmetric": Symmetric,
    "cartesian": Cartesian,
    "biproduct": Biproduct,
}


@pytest.mark.parametrize("doctrine", DOCTRINES)
def test_the_table_is_that_of_the_categories(doctrine: str) -> None:
    """What a doctrine asks for are the abstract methods of its class, and what follows are the others."""
    kind = CLASSES[doctrine]
    abstract = {name for each in up_to(doctrine) for name in DOCTRINES[each]} - {"generator", "observe"}
    assert kind.__abstractmethods__ == abstract
    everything = abstract | {name for each in up_to(doctrine) for name in DERIVED[each]} | {"generator"}
    public = {name for part in kind.__mro__ for name in vars(part) if not name.startswith("_")} - {"name"}
    assert public == everything


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


def test_names() -> None:
    assert up_to("symmetric") == ("category", "monoidal", "symmetric")
    assert "swap" in promised("symmetric", "functions")
    assert "copy" not in promised("symmetric", "functions")
    assert "reparam" in promised("symmetric", "para")
    assert level("middle_four") == "symmetric"
    assert level("reparam") is None
    assert of_worlds(("para", "para over D")) == "para"
    assert of_worlds(("functions", "D", "lens")) == "cartesian"
    assert {law.doctrine for law in LAWS.values()} <= set(ORDER)
    with pytest.raises(UsageError, match="did you mean monoidal"):
        up_to("monoidial")
