"""Verdicts are no truth values, rows do not disappear, and a report is written whole or not at all."""

from __future__ import annotations

import json
import math
import os
import platform
import re
import sys
from importlib import metadata
from pathlib import Path
from stat import S_ISDIR
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
    engine_rank,
    environment,
    not_run,
    sources,
    version_of,
    weakest,
    weakest_row,
    write_json,
    write_text,
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
    beside = row("A", "torch", one=verdict(SAMPLED, gap=1.0, allowed=2.0), two=verdict(NOT_RUN)).as_json()
    assert (beside["gap"], beside["allowed"]) == (1.0, 2.0), "a world that is not run takes no figure away"
    worse = row("A", "torch", one=verdict(SAMPLED, gap=3.0, allowed=4.0), two=verdict(VACUOUS, gap=0.0, allowed=1.0))
    assert (worse.as_json()["gap"], worse.as_json()["allowed"]) == (0.0, 1.0), "of the weakest word"
    unseen = row("A", "torch", one=verdict(NOT_RUN)).as_json()
    assert (unseen["gap"], unseen["allowed"]) == (None, None)


@pytest.mark.parametrize(
    ("gap", "allowed", "share"),
    [(None, None, 0.0), (1.0, None, 0.0), (None, 1.0, 0.0), (3.0, 2.0, 1.5), (0.0, 0.0, 0.0), (1e-300, 0.0, 1.0)],
)
def test_the_share_is_of_what_is_allowed(gap: float | None, allowed: float | None, share: float) -> None:
    assert verdict(SAMPLED, gap=gap, allowed=allowed).share == share


def test_what_did_not_run_has_a_reason_and_no_figures() -> None:
    assert not_run("hypothesis", UsageError("no such thing")) == verdict(NOT_RUN, reason="no such thing")
    part = row("A", "torch", one=verdict(SAMPLED, seconds=1.23456), two=verdict(NOT_RUN, seconds=1.0))
    assert part.as_json()["figures"] == {"one": {"witnesses": 0, "gap": None, "allowed": None, "seconds": 1.2346}}
    assert (part.as_json()["seconds"], part.as_json()["verdict"]) == (2.2346, "sampled")
    unseen = row("A", "torch", one=verdict(NOT_RUN, gap=1.0, allowed=2.0)).as_json()
    assert (unseen["gap"], unseen["allowed"], unseen["figures"]) == (None, None, {})


def test_a_test_that_ended_without_a_verdict_leaves_the_reason_in_its_own_row() -> None:
    report = Report()
    for law in ("A", "B", "C"):
        report.expect(law, "torch", "hypothesis")
    report.expect("A", "sympy", "exact")
    report.record(row("C", "torch", functions=verdict(SAMPLED)))
    report.ended("A-torch", "worker crashed")
    report.ended("C-torch", "worker crashed")  # what was found is kept
    assert {(each.law, each.engine): (each.strength, each.reason) for each in report.rows.values()} == {
        ("A", "torch"): (NOT_RUN, "its test ended without a verdict: worker crashed"),
        ("B", "torch"): (NOT_RUN, "deselected, or not reached"),
        ("C", "torch"): (SAMPLED, ""),
        ("A", "sympy"): (NOT_RUN, "deselected, or not reached"),
    }
    assert report.rows["A", "torch", "hypothesis"].worlds["-"].method == "hypothesis"


def test_coverage_is_added_part_by_part() -> None:
    report = Report()
    assert report.coverage == {}
    report.met({"objects": {"unit": 2, "pair": 0}})
    report.met({"objects": {"unit": 3, "space": 1}, "maps": {"linear": 4}})
    assert report.coverage == {"objects": {"unit": 5, "pair": 0, "space": 1}, "maps": {"linear": 4}}
    assert report.as_json()["coverage"] == report.coverage


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


def test_a_cell_is_the_weakest_word_of_what_ran() -> None:
    assert weakest_row([]) == "-"
    assert weakest_row([row("A", "torch", one=verdict(NOT_RUN))]) == "not run"
    ran = row("A", "torch", one=verdict(SAMPLED), two=verdict(EXACT))
    assert weakest_row([row("A", "torch", one=verdict(NOT_RUN)), ran]) == "sampled"


def test_the_engines_that_come_with_the_package_stand_first() -> None:
    names = ["a", "torch-float32", "solver", "b", "sympy", "torch"]
    assert sorted(names, key=engine_rank) == ["solver", "sympy", "torch", "torch-float32", "a", "b"]


def test_the_table_of_nothing_has_its_heading() -> None:
    assert Report().table() == ["law  ", ""]


def test_environment_says_what_is_there() -> None:
    found = environment()
    ours = {"verified-cat", "sympy", "numpy", "z3-solver", "hypothesis", "pytest"}
    extras = {"torch", "cvc5", "agda", "python-flint", "discopy", "catgrad"}
    assert set(found) == {"python", "platform"} | ours | extras
    assert found["python"] == platform.python_version()
    assert found["platform"] == f"{sys.platform} {platform.machine()}"
    assert all(found[name] == metadata.version(name) for name in ours)
    assert version_of("no-such-package") == "not installed"


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


@pytest.mark.parametrize("inside", [True, False], ids=["links", "no links"])
def test_a_change_of_any_file_of_ours_changes_the_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: bool
) -> None:
    """In a wheel the parts stand inside of the package; in a checkout without links, beside it."""
    package = tmp_path / "verified_cat"
    files = [(package if inside else tmp_path) / part / "a.py" for part in ("laws", "proofs", "reference", "gpu")]
    for file in (package / "report.py", *files):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("", encoding="utf-8")
    (package / "notes.txt").write_text("", encoding="utf-8")
    monkeypatch.setattr("verified_cat.report.__file__", str(package / "report.py"))
    seen = [sources()]
    for file in (package / "report.py", *files):
        file.write_text("pass\n", encoding="utf-8")
        seen.append(sources())
    assert len(set(seen)) == len(seen), seen
    (package / "notes.txt").write_text("another", encoding="utf-8")
    files[0].rename(files[0].with_name("b.py"))
    assert sources() not in seen
    files[0].with_name("b.py").rename(files[0])
    assert sources() == seen[-1]


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
    write_json(tmp_path / "three", {"α": (2, Path("x"))})
    assert (tmp_path / "three").read_bytes() == '{\n "α": [\n  2,\n  "x"\n ]\n}\n'.encode()


def test_folders_are_made_for_a_file_where_there_are_none(tmp_path: Path) -> None:
    for text in ("one\n", "two α\n"):
        write_text(tmp_path / "a" / "b" / "c.txt", text)
        assert (tmp_path / "a" / "b" / "c.txt").read_text(encoding="utf-8") == text


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


def test_the_whole_text_is_on_the_disk_before_the_file_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the name is on the disk before it is said to be written: what is synced last is the folder."""
    synced: list[tuple[bool, int, bool]] = []

    def note(handle: int) -> None:
        what = os.fstat(handle)
        synced.append((S_ISDIR(what.st_mode), 0 if S_ISDIR(what.st_mode) else what.st_size, (tmp_path / "a").exists()))

    monkeypatch.setattr("os.fsync", note)
    write_text(tmp_path / "a", "seven\n")
    assert synced == [(False, 6, False), (True, 0, True)]


def test_a_path_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for path in (tmp_path / "file" / "report.json", tmp_path):
        with pytest.raises(UsageError, match="cannot write"):
            Report().write(path)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
