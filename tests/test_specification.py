"""A specification as a value: what its parts are, what is read off them, and what a name may be."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from verified_cat.errors import SchemaError
from verified_cat.objects import Pair, Space
from verified_cat.schema import CYCLE_GAN, Edge, Path, PathEquation, Schema
from verified_cat.schema_kinds import settings
from verified_cat.specification import (
    Arrow,
    Demand,
    Specification,
    Target,
    Thing,
    Unfit,
    fits_for_name,
    named,
    path_in,
    path_of,
)

NORMAL, MLP = settings("data", "normal"), settings("network", "mlp")
ENERGY, HINGE = settings("adversary", "energy"), settings("adversary", "hinge")
THINGS = (
    Thing("A", (2, 3), data=NORMAL),
    Thing("B", (4,), data=NORMAL, adversary=HINGE, critic=settings("critic", "mlp", hidden=[8])),
    Thing("C", (5,)),
    Thing("P", product=("A", "B", "C")),
    Thing("Q", product=("P", "B")),
)
ARROWS = (
    Arrow("f", "A", "B", MLP),
    Arrow("g", "B", "A", MLP),
    Arrow("h", "A", "C", MLP),
    Arrow("k", "C", "A", MLP),
    Arrow("e", "A", "A", frozen=settings("frozen", "identity")),
    Arrow("t", "A", "B", tied_to="f"),
)
TIES = Demand(Path("A", ("t",)), Path("A", ("f",)))
ROUND = Demand(Path("A", ("f", "g")), Path("A"), Fraction(2), "l2", "mix")


def whole(**changes: Any) -> Specification:
    made: dict[str, Any] = {
        "name": "whole",
        "things": THINGS,
        "arrows": ARROWS,
        "demands": (TIES, ROUND),
        "adversary": ENERGY,
    }
    return Specification(**made | changes)


# ------------------------------------------------------------------------------------------------ parts


def test_arrows() -> None:
    inverse = Arrow("i", "B", "A", inverse_of="c")
    made = (*ARROWS[:1], ARROWS[4], ARROWS[5], inverse, Arrow("p", "P", "A", factors=(1,)))
    assert [(each.trained, each.other) for each in made] == [
        (True, "f"), (False, "e"), (True, "f"), (True, "c"), (False, "p")
    ]  # fmt: skip


def test_the_graph_with_its_equations() -> None:
    assert whole().schema == Schema(
        "whole",
        ("A", "B", "C", "P", "Q"),
        tuple(Edge(each.name, each.source, each.target) for each in ARROWS),
        (PathEquation(TIES.lhs, TIES.rhs), PathEquation(ROUND.lhs, ROUND.rhs)),
    )
    assert TIES.weight == 1 and (TIES.cost, TIES.on) == ("l1", "data")


@pytest.mark.parametrize("on", ["data", "pushforward", "mix"])
@pytest.mark.parametrize("cost", ["l1", "l2"])
def test_where_an_equation_is_asked_for_and_what_it_costs(on: str, cost: str) -> None:
    (_, demand) = whole(demands=(TIES, replace(ROUND, on=on, cost=cost))).demands
    assert (demand.on, demand.cost) == (on, cost)


def test_products_are_taken_apart() -> None:
    made = whole()
    assert made.leaves("A") == [(2, 3)] and made.leaves("P") == [(2, 3), (4,), (5,)]
    assert made.leaves("Q") == [(2, 3), (4,), (5,), (4,)]
    assert [made.dimension(name) for name in "ABCPQ"] == [6, 4, 5, 15, 19]
    a, b, c = Space((7, 2, 3)), Space((7, 4)), Space((7, 5))
    assert made.ob("A", 7) == a and made.ob("Q", 7) == Pair(Pair(a, Pair(b, c)), b)


def test_parts_are_found_by_name() -> None:
    made = whole()
    assert made.thing("C") is THINGS[2] and made.arrow("h") is ARROWS[2] and named(THINGS, "B", "") is THINGS[1]
    with pytest.raises(SchemaError, match=r"^schema whole: no object is called 'AA'; did you mean A\?$"):
        made.thing("AA")
    with pytest.raises(SchemaError, match=r"^schema whole: no arrow is called 'z'; known: e, f, g, h, k, t$"):
        made.arrow("z")


# ------------------------------------------------------------------------------------------------ what is compared


def test_adversaries_and_critics() -> None:
    """One's own; that of the file where there are data; none."""
    none, own = settings("adversary", "none"), THINGS[1].critic
    made = whole()
    assert [made.adversary_of(name) for name in "ABC"] == [ENERGY, HINGE, none]
    assert [made.critic_of(name) for name in "AB"] == [settings("critic", "mlp"), own]
    bare = whole(adversary=None, critic=settings("critic", "mlp", activation="relu"))
    assert [bare.adversary_of(name) for name in "ABC"] == [none, HINGE, none]
    assert [bare.critic_of(name)["activation"] for name in "AB"] == ["relu", "tanh"]


def test_matched_paths() -> None:
    """Trained arrows from data to what has an adversary; the reduction, and more paths, where the file asks."""

    def paths(**training: Any) -> list[str]:
        return [str(path) for path in whole(training=settings("training", "training", **training)).matched]

    assert paths() == ["f", "g", "t"]
    assert paths(arrows="reduced") == ["g", "t"]
    assert paths(match=["f ; g", "t", "id_A"]) == ["f", "g", "t", "f ; g", "id_A"]
    assert [str(path) for path in whole(adversary=None).matched] == ["f", "t"]


# ------------------------------------------------------------------------------------------------ targets


@pytest.mark.parametrize(
    ("least", "most", "value", "reached"),
    [
        (None, 1, 1.0, True), (None, 1, 1.5, False), (1, None, 1.0, True), (1, None, 0.5, False), (1, 2, 1.5, True),
        (1, 2, 2.5, False), (1, 2, 0.5, False), (None, 1, float("nan"), False), (0, None, float("inf"), True),
        (None, 1, None, False),
    ],
)  # fmt: skip
def test_targets(least: Any, most: Any, value: Any, reached: bool) -> None:
    bounds = [None if each is None else Fraction(each) for each in (most, least)]
    assert Target("loss", *bounds).reached({"other": 1.0} if value is None else {"loss": value}) is reached


def test_targets_are_told() -> None:
    assert str(Target("loss", Fraction(1, 8))) == "loss <= 0.125"
    assert str(Target("loss", at_least=Fraction(3))) == "loss >= 3"
    assert str(Target("loss", Fraction(3), Fraction(1, 8))) == "loss <= 3 and >= 0.125"


# ------------------------------------------------------------------------------------------------ names and paths


@pytest.mark.parametrize("name", ["f", "A ⊗ B", "id", "x" * 60, "an id_", "é"])
def test_names(name: str) -> None:
    assert fits_for_name(name) is None


@pytest.mark.parametrize("name", ["", " ", " f", "f ", "\n", 3, None])
def test_what_is_no_word(name: Any) -> None:
    assert fits_for_name(name) == f"a name is a word, not {name!r}"


@pytest.mark.parametrize("name", ["f;g", "id_", "id_A", "a\tb", "x" * 61])
def test_what_is_no_name(name: str) -> None:
    rules = "a name has no ';', does not begin with 'id_', and has at most 60 printed characters"
    assert fits_for_name(name) == f"{rules}, not {name[:60]!r}"


def test_paths_in_words() -> None:
    assert path_in(CYCLE_GAN, "f") == Path("A", ("f",)) == path_in(CYCLE_GAN, "  f ")
    assert path_in(CYCLE_GAN, "f;g ;f") == Path("A", ("f", "g", "f")) and path_in(CYCLE_GAN, "id_B") == Path("B")
    assert path_of(whole(), "f ; g") == Path("A", ("f", "g"))
    for text, reason in (
        ("f ; f", "the path f ; f is at B, where f : A → B does not start"),
        ("id_C", "the source of the path id_C is 'C', which is no object; known: A, B"),
        ("id_A ; f", "no edge is called 'id_A'; known: f, g"),
        ("", "no edge is called ''; known: f, g"),
    ):
        with pytest.raises(SchemaError) as caught:
            path_in(CYCLE_GAN, text)
        assert str(caught.value) == f"schema CycleGAN: {reason}"


def test_faults_are_told_with_how_many_more_there_are() -> None:
    one, two = (("x",), "a fault"), (("y",), "another")
    assert str(Unfit("s", [one])) == "schema s: a fault" and Unfit("s", [one]).faults == [one]
    assert str(Unfit("s", [one, two])) == "schema s: a fault, and 1 more faults"
    assert str(Unfit("s", [one, two, two])) == "schema s: a fault, and 2 more faults"
    with pytest.raises(Unfit, match="no arrows"):
        replace(whole(), arrows=(), demands=())
