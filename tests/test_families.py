"""The laws of a report by family: order, columns, words, and what this version states of each."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from verified_cat.families import NOWHERE, SHORT, UNKNOWN, Entry, Family, absent, families
from verified_cat.reading import Found, LawReport
from verified_cat.report import Strength

PROVED, EXACT, REFUTED = Strength.PROVED, Strength.EXACT, Strength.REFUTED


def row(law: str, engine: str = "sympy", strength: Strength = EXACT, method: str = "normal form") -> Found:
    return Found(law, engine, method, strength, {}, {}, 1, None, None, 0.0, "", None)


def report(*rows: Found) -> LawReport:
    return LawReport({}, list(rows))


@dataclass(frozen=True)
class Said:
    """A planted fault, or a mutant."""

    says: str
    world: str = "lens"


@dataclass(frozen=True)
class Law:
    """As much of a law as is shown."""

    title: str = "unit"
    statement: str = "f ; id = f"
    source: str = "a paper"
    given: str = ""
    equality: str = ""
    doctrine: str = ""
    without_solver: str = ""
    worlds: tuple[str, ...] = ()
    mutants: tuple[Said, ...] = ()
    controls: tuple[Any, ...] = ()


STATED = {name: Law(title=name.lower()) for name in ("CAT-UNIT", "META-MUT", "CAT-ASSOC", "RD.1")}


def test_families_keep_the_order_in_which_laws_are_stated() -> None:
    """By the word before the first dash or dot; laws that this version does not state are last, by name."""
    rows = [row(name) for name in ("ZZ-2", "-X", "RD.1", "CAT-ASSOC", "CAT-NEW", "META-MUT", "CAT-UNIT")]
    found = families(report(*rows), STATED)
    assert [(group.name, [entry.law for entry in group.laws]) for group in found] == [
        ("CAT", ["CAT-UNIT", "CAT-ASSOC", "CAT-NEW"]), ("META", ["META-MUT"]), ("RD", ["RD.1"]), ("-X", ["-X"]),
        ("ZZ", ["ZZ-2"]),
    ]  # fmt: skip
    new = found[0].laws[2]
    assert (new.title, new.statement, new.source, new.facts, new.mutants) == ("", UNKNOWN, "", {}, ())
    assert [each.title for each in found[0].laws[:2]] == ["cat-unit", "cat-assoc"]


def test_rows_of_a_law_are_together_by_engine_and_method() -> None:
    rows = (
        row("A", "torch"),
        row("A", "sympy", method="z"),
        row("B"),
        row("A", "sympy", method="b"),
        row("A", "solver"),
    )
    entry = families(report(*rows), {})[0].laws[0]
    assert [(each.engine, each.method) for each in entry.rows] == [
        ("solver", "normal form"), ("sympy", "b"), ("sympy", "z"), ("torch", "normal form")
    ]  # fmt: skip


def test_what_a_law_states() -> None:
    law = Law(
        given="f",
        equality="strict",
        doctrine="a category",
        without_solver="it speaks of numbers",
        worlds=("lens", "para"),
        mutants=(Said("swapped"),),
        controls=("a planted fault",),
    )
    (group,) = families(report(row("L-1")), {"L-1": law})
    assert group == Family(
        "L",
        ["sympy"],
        [
            Entry(
                "L-1", "unit", "f ; id = f", "a paper",
                {
                    "Given": "f", "Equality": "strict", "Doctrine": "a category", "No proof": "it speaks of numbers",
                    "Stated in": "lens, para",
                },
                ("swapped (in lens)", "a planted fault (planted)"), [row("L-1")],
            )
        ],
    )  # fmt: skip
    (bare,) = families(report(row("L-1")), {"L-1": Law()})
    assert bare.laws[0].facts == {} and bare.laws[0].mutants == ()


def test_what_a_law_need_not_have() -> None:
    """Three texts are enough; and the words for what is nowhere."""
    law: Any = SimpleNamespace(title="unit", statement="f = f", source="a paper")
    (group,) = families(report(row("L-1")), {"L-1": law})
    assert group.laws == [Entry("L-1", "unit", "f = f", "a paper", {}, (), [row("L-1")])]
    assert NOWHERE == "no row"
    assert UNKNOWN == "This version does not state the law; what follows is what the report says."


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ((("A-1", "sympy"), ("B-1", "torch")), {"A": ["sympy", "torch"], "B": ["sympy", "torch"]}),
        ((("A-1", "sympy"), ("B-1", "suite")), {"A": ["sympy"], "B": ["suite"]}),
        ((("A-1", "suite"), ("A-2", "sympy"), ("B-1", "torch")),
         {"A": ["sympy", "torch", "suite"], "B": ["sympy", "torch"]}),
    ],
)  # fmt: skip
def test_every_engine_has_a_column_and_audits_have_their_own(rows: Any, columns: dict[str, list[str]]) -> None:
    found = families(report(*(row(*each) for each in rows)), {})
    assert {group.name: sorted(group.engines) for group in found} == {
        key: sorted(each) for key, each in columns.items()
    }


def test_the_word_of_a_law_is_its_weakest() -> None:
    entry = Entry(
        "A", "", "", "", rows=[row("A", "solver", PROVED), row("A", "sympy", EXACT), row("A", "sympy", PROVED)]
    )
    assert (entry.word(), entry.word("solver"), entry.word("sympy"), entry.word("torch")) == (
        EXACT,
        PROVED,
        EXACT,
        None,
    )
    assert Entry("A", "", "", "").word() is None


@pytest.mark.parametrize("strength", Strength)
def test_what_falls_short(strength: Strength) -> None:
    words = {"refuted", "vacuous", "undecided"}
    entry = Entry("A", "", "", "", rows=[row("A"), row("A", strength=strength)])
    assert entry.falls_short == (strength.value in words) and {each.value for each in SHORT} == words


def test_what_a_report_says_nothing_about() -> None:
    assert absent(report(row("CAT-UNIT"), row("X")), STATED) == ["META-MUT", "CAT-ASSOC", "RD.1"]
    assert absent(report(), {}) == []
