"""Doctrines: what each asks for, what belongs to which, and what constructions have besides."""

from __future__ import annotations

import pytest

from verified_cat.category import Biproduct, Cartesian, Category, Monoidal, Symmetric
from verified_cat.doctrine import CONSTRUCTIONS, DERIVED, DOCTRINES, OF_WORLDS, ORDER, level, of_worlds, promised, up_to
from verified_cat.errors import UsageError

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


def test_names() -> None:
    assert up_to("symmetric") == ("category", "monoidal", "symmetric")
    assert "swap" in promised("symmetric", "functions")
    assert "copy" not in promised("symmetric", "functions")
    assert "reparam" in promised("symmetric", "para")
    assert level("middle_four") == "symmetric"
    assert level("reparam") is None
    assert of_worlds(("para", "para over D")) == "para"
    assert of_worlds(("functions", "D", "lens")) == "cartesian"
    with pytest.raises(UsageError, match="did you mean monoidal"):
        up_to("monoidial")


def test_each_includes_those_before_it() -> None:
    names = ("category", "monoidal", "symmetric", "cartesian", "biproduct")
    assert [up_to(name) for name in names] == [names[: count + 1] for count in range(5)]
    assert (*names, "reverse", "lens", "para", "learn") == ORDER
    for name in names:
        assert promised(name, "functions") == {method for each in up_to(name) for method in DOCTRINES[each]}
        assert all(level(method) == name for method in (*DOCTRINES[name], *DERIVED[name]))
    with pytest.raises(UsageError, match="no doctrine is called 'monoidial'"):
        up_to("monoidial")


BESIDE: dict[str, set[str]] = {
    "R": {"reverse"},
    "lens": {"of"},
    "para": {"of", "param", "reparam"},
    "para over D": {"of", "param", "reparam"},
    "para over lens": {"of", "param", "reparam"},
    "learn": {"of"},
}


def test_what_constructions_have_besides() -> None:
    assert set(OF_WORLDS) == set(BESIDE)
    for world, methods in BESIDE.items():
        assert promised("category", world) == promised("category", "functions") | methods


SHARED = {
    "reverse": ("forward", "D", "R"),
    "lens": ("lens", "optic"),
    "para": ("para", "para over D", "para over lens", "acting on itself", "acting linearly", "acting by powers"),
    "biproduct": ("additive", "dual", "cont", "begin"),
    "learn": ("learn",),
}


def test_laws_are_of_the_doctrine_that_their_worlds_share() -> None:
    for doctrine, worlds in SHARED.items():
        assert of_worlds(worlds) == doctrine
        assert all(of_worlds((world,)) == doctrine for world in worlds)
        assert of_worlds((worlds[0], "functions")) == "cartesian"
    assert set(CONSTRUCTIONS) == {world for worlds in SHARED.values() for world in worlds}
    assert of_worlds(("functions",)) == of_worlds(()) == of_worlds(("lens", "learn")) == "cartesian"
