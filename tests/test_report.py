"""Verdicts are no truth values, rows do not disappear, and a report is written whole or not at all."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from verified_cat.errors import UsageError
from verified_cat.report import (
    HOLDS,
    Report,
    Row,
    Strength,
    Verdict,
    decode_row,
    environment,
    sources,
    weakest,
    write_json,
)

PROVED, EXACT, SAMPLED, NOT_RUN, UNDECIDED, VACUOUS, REFUTED = Strength


def verdict(strength: Strength, **extra: Any) -> Verdict:
    return Verdict(strength, "hypothesis", **extra)


def row(law: str, engine: str, **worlds: Verdict) -> Row:
    return Row(law, engine, "hypothesis", worlds)


def test_the_seven_words() -> None:
    words = ["proved", "exact", "sampled", "not run", "undecided", "vacuous", "refuted"]
    assert [strength.value for strength in Strength] == words
    assert set(HOLDS) == {PROVED, EXACT, SAMPLED}


@pytest.mark.parametrize("strength", Strength)
def test_no_verdict_is_a_truth_value(strength: Strength) -> None:
    with pytest.raises(TypeError, match=f"a verdict is not a truth value: compare it with Strength.{strength.name}"):
        bool(strength)
    with pytest.raises(TypeError, match="a verdict is not a truth value: look at its strength"):
        bool(verdict(strength))
    with pytest.raises(TypeError, match="a row is not a truth value: look at its strength"):
        bool(row("A", "torch", functions=verdict(strength)))


@pytest.mark.parametrize("other", ["proved", "refuted", True, False])
def test_a_strength_is_compared_with_strengths_alone(other: object) -> None:
    """``strength != "refuted"`` would be true of every strength."""
    with pytest.raises(TypeError, match=r"compare it with Strength\.REFUTED"):
        bool(other == REFUTED)
    with pytest.raises(TypeError, match=r"compare it with Strength\.REFUTED"):
        bool(other != REFUTED)
    assert REFUTED != PROVED and Strength("refuted") == REFUTED and REFUTED is not None and len({*Strength}) == 7


@pytest.mark.parametrize(
    ("found", "word"),
    [
        ([], NOT_RUN),
        ([NOT_RUN, NOT_RUN], NOT_RUN),
        ([NOT_RUN, PROVED], PROVED),
        ([PROVED, SAMPLED, EXACT], SAMPLED),
        ([SAMPLED, UNDECIDED], UNDECIDED),
        ([VACUOUS, UNDECIDED], VACUOUS),
        ([SAMPLED, REFUTED, VACUOUS, NOT_RUN], REFUTED),
    ],
)
def test_the_weakest_word_is_that_of_all(found: list[Strength], word: Strength) -> None:
    assert weakest(map(verdict, found)) is word
    assert weakest(map(verdict, reversed(found))) is word


def test_expected_rows_change_but_do_not_disappear() -> None:
    report = Report()
    report.expect("A", "torch", "hypothesis")
    report.expect("B", "torch", "hypothesis", "for a reason")
    report.record(row("A", "torch", functions=verdict(SAMPLED)))
    report.expect("A", "torch", "hypothesis")  # what was found is kept
    shown = {each["law"]: each for each in report.as_json()["verdicts"]}
    assert (shown["A"]["verdict"], shown["B"]["verdict"]) == ("sampled", "not run")
    assert shown["B"]["reason"] == "for a reason"
    assert not shown["A"]["reason"]


def test_schema_of_the_report() -> None:
    example, worst = (
        {"law": "A"},
        verdict(REFUTED, witnesses=2, gap=3.0, allowed=1.0, example={"law": "A"}, seconds=0.5),
    )
    report = Report()
    report.record(row("A", "torch", functions=verdict(SAMPLED, witnesses=5, gap=9.0, allowed=9.5), dual=worst))
    content = report.as_json()
    assert set(content) == {"schema", "environment", "run", "coverage", "verdicts"}
    assert content["schema"] == 1
    assert content["verdicts"] == [
        {
            "law": "A",
            "engine": "torch",
            "verdict": "refuted",
            "method": "hypothesis",
            "witnesses": 7,
            "gap": 3.0,
            "allowed": 1.0,
            "example": example,
            "reason": "",
            "seconds": 0.5,
            "worlds": {"functions": "sampled", "dual": "refuted"},
            "figures": {
                "functions": {"witnesses": 5, "gap": 9.0, "allowed": 9.5, "seconds": 0.0},
                "dual": {"witnesses": 2, "gap": 3.0, "allowed": 1.0, "seconds": 0.5},
            },
        }
    ]


def test_gap_is_that_of_the_largest_share() -> None:
    shown = row("A", "torch", one=verdict(SAMPLED, gap=5.0, allowed=50.0), two=verdict(SAMPLED, gap=1.0, allowed=2.0))
    assert (shown.as_json()["gap"], shown.as_json()["allowed"]) == (1.0, 2.0)
    unseen = row("A", "torch", one=verdict(NOT_RUN)).as_json()
    assert (unseen["gap"], unseen["allowed"]) == (None, None)


def test_rows_are_in_order() -> None:
    report = Report()
    for law, engine in (("B", "torch"), ("A", "torch"), ("A", "sympy")):
        report.expect(law, engine, "hypothesis")
    assert [(each["law"], each["engine"]) for each in report.as_json()["verdicts"]] == [
        ("A", "sympy"),
        ("A", "torch"),
        ("B", "torch"),
    ]


def test_table() -> None:
    report = Report()
    report.record(row("A", "torch", functions=verdict(SAMPLED)))
    report.record(row("A", "solver", functions=verdict(PROVED)))
    report.record(row("LONGER", "mine", functions=verdict(REFUTED)))
    lines = [line.rstrip() for line in report.table()]
    assert lines == [
        "law     solver         torch          mine",
        "A       proved         sampled        -",
        "LONGER  -              -              refuted",
        "1 proved, 1 sampled, 1 refuted",
    ]


def test_environment_says_what_is_there() -> None:
    found = environment()
    assert {"python", "platform", "sympy", "torch", "z3-solver"} <= set(found)
    assert all(found.values())


def test_a_row_is_the_same_after_it_was_sent() -> None:
    parts = {
        "functions": verdict(SAMPLED, witnesses=5, gap=1e-16, allowed=2e-16, seconds=0.25),
        "D": verdict(REFUTED, gap=math.inf, allowed=0.0, example={"law": "A", "points": {"x": [["R"], ["1/8"]]}}),
        "lens": verdict(NOT_RUN, reason="for a reason"),
    }
    sent = Row("A", "torch", "hypothesis", parts, "cartesian", "CAT-UNIT")
    assert decode_row(sent.encoded()) == sent
    assert "\n" not in sent.encoded()


def test_a_reason_is_said_once_with_the_worlds_that_have_it() -> None:
    why = {name: verdict(NOT_RUN, reason=reason) for name, reason in (("a", "one"), ("b", "two"), ("c", "one"))}
    assert row("A", "torch", **why).reason == "a, c: one; b: two"


def test_a_report_says_what_a_smoke_law_stopped_in_one_line() -> None:
    report = Report()
    for law in ("A", "B"):
        stopped = Row(law, "mine", "hypothesis", {"-": verdict(NOT_RUN, reason="blocked by C: 1 = 2")}, blocked_by="C")
        report.record(stopped)
    assert report.stopped() == ["mine: 2 laws not run, blocked by C: 1 = 2"]
    assert all(each["blocked_by"] == "C" for each in report.as_json()["verdicts"])


def test_the_sources_have_a_digest() -> None:
    assert re.fullmatch("[0-9a-f]{16}", sources()) and sources() == sources()


# ------------------------------------------------------------------------------------------------ written


def test_a_report_is_read_back(tmp_path: Path) -> None:
    report, path = Report(), tmp_path / "new folder" / "report.json"
    report.record(row("α", "torch", functions=verdict(SAMPLED, gap=math.inf, allowed=math.nan)))
    report.write(path)
    text = path.read_text(encoding="utf-8")
    found = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert found["verdicts"][0]["law"] == "α"
    assert (found["verdicts"][0]["gap"], found["verdicts"][0]["allowed"]) == ("inf", "nan")
    assert text.endswith("}\n")


def test_the_same_content_is_the_same_file(tmp_path: Path) -> None:
    write_json(tmp_path / "one", {"b": 1, "a": (2, 3)})
    write_json(tmp_path / "two", {"a": [2, 3], "b": 1})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_file_is_replaced_whole_or_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.json"
    write_json(path, {"old": 1})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UsageError, match=r"cannot write .*report\.json: No space left on device"):
        write_json(path, {"new": 1})
    assert json.loads(path.read_text(encoding="utf-8")) == {"old": 1}
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"], "a scratch file was left behind"


def test_a_path_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for path in (tmp_path / "file" / "report.json", tmp_path):
        with pytest.raises(UsageError, match="cannot write"):
            Report().write(path)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
