"""The text of a schema file, to the letter: every part, every form of a value, and what TOML reads of it again."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from verified_cat.errors import SchemaError
from verified_cat.schema import Path
from verified_cat.schema_kinds import settings
from verified_cat.schema_text import written
from verified_cat.specification import Arrow, Demand, Specification, Target, Thing

MLP = settings("network", "mlp")
SMALL = Specification("small", (Thing("A", (2,)),), (Arrow("f", "A", "A", MLP),))

WHOLE = Specification(
    "every part",
    (
        Thing("A", (2,), data=settings("data", "normal", shift=[1, 0.5])),
        Thing("B", (2,), data=settings("data", "ring"), critic=settings("critic", "mlp", hidden=[])),
        Thing("A B", product=("A", "B"), data=settings("data", "factors"), adversary=settings("adversary", "factors")),
        Thing("C", (1, 2), adversary=settings("adversary", "none")),
    ),
    (
        Arrow("f", "A", "B", settings("network", "mlp", residual=True), identity=Fraction(1, 8)),
        Arrow("g-1", "B", "A", settings("network", "coupling")),
        Arrow("g_2", "A", "B", inverse_of="g-1", budget=Fraction(2)),
        Arrow("t", "A", "B", tied_to="f"),
        Arrow("p", "A B", "A", factors=(1,)),
        Arrow("e", "C", "C", frozen=settings("frozen", "turn", degrees=-7.5)),
    ),
    (
        Demand(Path("A", ("g_2", "g-1")), Path("A"), None, "l2", "mix"),
        Demand(Path("A", ("f",)), Path("A", ("t",)), Fraction(0)),
    ),
    settings("adversary", "wgan-gp", penalty=0.1),
    settings("critic", "mlp"),
    settings("training", "training", steps=7, match=["f ; g-1"], device="cuda"),
    (("f", settings("truth", "affine", matrix=[[1, 0], [0, 1]])), ("f ; g-1", settings("truth", "turn", degrees=90))),
    (Target("error", at_most=Fraction(1, 4)), Target("modes", Fraction(9), Fraction(-1))),
    (("A", ("box 0 1", "data")),),
)

TEXT = """\
name = "every part"
adversary = { kind = "wgan-gp", penalty = 0.1 }
critic = "mlp"

[objects.A]
shape = [2]
data = { kind = "normal", shift = [1, 0.5] }

[objects.B]
shape = [2]
data = "ring"
critic = { kind = "mlp", hidden = [] }

[objects."A B"]
product = ["A", "B"]
data = "factors"
adversary = "factors"

[objects.C]
shape = [1, 2]
adversary = "none"

[arrows.f]
from = "A"
to = "B"
network = { kind = "mlp", residual = true }
identity = 0.125

[arrows.g-1]
from = "B"
to = "A"
network = "coupling"

[arrows.g_2]
from = "A"
to = "B"
inverse_of = "g-1"
budget = 2

[arrows.t]
from = "A"
to = "B"
tied_to = "f"

[arrows.p]
from = "A B"
to = "A"
factors = [1]

[arrows.e]
from = "C"
to = "C"
frozen = { kind = "turn", degrees = -7.5 }

[[equations]]
left = "g_2 ; g-1"
right = "id_A"
weight = "auto"
cost = "l2"
on = "mix"

[[equations]]
left = "f"
right = "t"
weight = 0

[training]
steps = 7
match = ["f ; g-1"]
device = "cuda"

[truth.f]
kind = "affine"
matrix = [[1, 0], [0, 1]]

[truth."f ; g-1"]
kind = "turn"
degrees = 90

[[targets]]
figure = "error"
at_most = 0.25

[[targets]]
figure = "modes"
at_most = 9
at_least = -1

[families]
A = ["box 0 1", "data"]
"""


def test_every_part_is_written() -> None:
    assert written(WHOLE) == TEXT


def test_a_switch_that_is_off() -> None:
    textured = Thing("A", (3, 4, 4), data=settings("data", "textured", disc=False))
    assert 'data = { kind = "textured", disc = false }\n' in written(replace(SMALL, things=(textured,)))


def test_what_is_not_said_is_not_written() -> None:
    assert written(SMALL) == (
        'name = "small"\n\n[objects.A]\nshape = [2]\n\n[arrows.f]\nfrom = "A"\nto = "A"\nnetwork = "mlp"\n'
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(0), "0"),
        (Fraction(1, 2), "0.5"),
        (Fraction(-1, 8), "-0.125"),
        (Fraction(-21, 20), "-1.05"),
        (Fraction(1, 1000), "0.001"),
        (Fraction(10001, 1000), "10.001"),
        (Fraction(123456789, 5**12), "0.505679007744"),
        (Fraction(1, 2**39), "0.000000000001818989403545856475830078125"),
    ],
)
def test_numbers_are_exact(value: Fraction, text: str) -> None:
    (line,) = [row for row in written(replace(SMALL, targets=(Target("x", value),))).splitlines() if "at_most" in row]
    assert line == f"at_most = {text}"
    assert Fraction(tomllib.loads(line, parse_float=Decimal)["at_most"]) == value


def test_decimals_have_an_end() -> None:
    """Sixty places are written, and no more."""
    last = Fraction(1, 10**60)
    assert written(replace(SMALL, targets=(Target("x", last),))).endswith("at_most = 0." + "0" * 59 + "1\n")
    for value in (Fraction(1, 3), last / 10):
        with pytest.raises(SchemaError, match=f"^{value} has no end in decimals: a file cannot hold it exactly$"):
            written(replace(SMALL, targets=(Target("x", value),)))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("f", "f"), ("F2_-", "F2_-"), ("-", "-"), ("f g", '"f g"'), ("é", '"é"'), ("⊗", '"⊗"'), ('"', '"\\""'),
        ("a\\b", '"a\\\\b"'), ("a.b", '"a.b"'), ("²", '"²"'), ("it's", '"it\'s"'),
    ],
)  # fmt: skip
def test_names_are_quoted_where_they_have_to_be(name: str, key: str) -> None:
    text = written(replace(SMALL, arrows=(Arrow(name, "A", "A", MLP),)))
    assert f"\n[arrows.{key}]\n" in text and list(tomllib.loads(text)["arrows"]) == [name]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ('a "b"', '"a \\"b\\""'),
        ("it's", '"it\'s"'),
        ("a\\n", '"a\\\\n"'),
        ("é ⊗ ½", '"é ⊗ ½"'),
        ("tab\t", '"tab\\U00000009"'),
        ("line\nend", '"line\\U0000000aend"'),
        ("\U000e0001", '"\\U000e0001"'),
    ],
)
def test_texts_are_read_as_they_were(words: str, text: str) -> None:
    data: Any = settings("data", "csv", path=words)
    lines = written(replace(SMALL, things=(Thing("A", (2,), data=data),)))
    assert f"path = {text} }}" in lines and tomllib.loads(lines)["objects"]["A"]["data"]["path"] == words
