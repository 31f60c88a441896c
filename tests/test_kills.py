"""Wrong constructions and rules are refuted by the law named for them; the matrix is found, told and gone on with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.check import LAWS
from verified_cat.cli import main
from verified_cat.laws import controls, faults, kill_matrix, kills, suite
from verified_cat.laws.constructions import CONSTRUCTIONS, NAMED, Construction, Rule
from verified_cat.laws.controls import CONTROLS, Control
from verified_cat.laws.kills import Cell, Drawn

SCALED = next(each for each in CONTROLS if each.name == "scale by the square")
SIN = next(each for each in CONTROLS if each.name == "sin in degrees")


@pytest.mark.parametrize("construction", CONSTRUCTIONS, ids=lambda each: each.name)
def test_its_judge_refutes_it(construction: Construction) -> None:
    assert kills.judged(construction) == "refuted"


@pytest.mark.parametrize(("name", "law"), NAMED.values(), ids=NAMED)
def test_a_fault_that_is_known_from_elsewhere_has_a_control_and_a_law(name: str, law: str) -> None:
    """That its judge refutes it is tested with the control, here or in test_controls."""
    assert [each.judge for each in kills.broken() if each.name == name] == [law]


def test_every_control_has_a_name_and_a_kind_of_its_own() -> None:
    columns = kills.broken()
    assert len({each.name for each in columns}) == len(columns)
    assert {each.kind for each in columns} == {"operation", "construction", "rule"}


def test_a_row_says_what_a_law_refutes_and_what_it_cannot_touch() -> None:
    suite.load()
    found = kills.row(LAWS["ADD-SCALE"], [SCALED, SIN, CONSTRUCTIONS[0]])
    assert found.kills == {SCALED.name: "refuted", SIN.name: "untouched", CONSTRUCTIONS[0].name: "untouched"}
    assert set(found.mutants.values()) == {"refuted"} and not found.idle and not found.faults


def test_instances_are_shown_by_their_work_where_they_use_what_is_broken() -> None:
    uses, large = frozenset({"scale"}), kills.WORK + 1
    instances = [Drawn("additive", seed, uses, 1) for seed in range(9)] + [Drawn("additive", 9, frozenset(), 1)]
    assert [each.seed for each in kills._shown(instances, SCALED, 6)] == list(range(6))
    assert not list(kills._shown(instances, SIN, 6))
    assert [each.seed for each in kills._shown([Drawn("dual", seed, uses, large) for seed in (4, 5)], SCALED, 6)] == [4]
    suite.load()
    works = [each.work for each in kills.drawn(LAWS["ADD-SCALE"])]
    assert works == sorted(works) and works[-1] > 0


def test_what_uses_no_operation_cannot_meet_one_that_is_broken() -> None:
    everywhere = Control("all", {"*": faults.copied}, "")
    assert not everywhere.touches("functions", frozenset())
    assert everywhere.touches("functions", frozenset({"add"}))
    assert Control("claims", {}, "", "torch-float32", "float64").touches("functions", frozenset())


def test_exceptions_are_said_and_stop_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(Rule):
        def build(self) -> Any:
            raise TypeError("no engine")

    suite.load()
    failing = Failing("fails", "CAT-ASSOC", "composition applies an endomorphic first map twice")
    found = kills.row(LAWS["CAT-ASSOC"], [failing])
    assert found.kills == {"fails": "raised"} and found.faults == {"fails": "TypeError: no engine"}
    assert kills.judged(failing) == "raised"
    monkeypatch.setattr(kills, "row", lambda *_: 1 / 0)
    lost = kill_matrix.row_of("CAT-ASSOC")
    assert set(lost.kills.values()) == {"not run"} and "ZeroDivisionError" in lost.faults[""]


@pytest.mark.parametrize(
    ("operations", "cells", "negative", "says"),
    [
        ({"add"}, [Cell("refuted")], False, ""),
        (set(), [Cell("survived")], False, "applies an operation"),
        ({"add"}, [Cell("untouched"), Cell("not run")], False, "no control breaks"),
        ({"add"}, [Cell("survived", moved=True)], True, "counterexample"),
        ({"add"}, [Cell("survived"), Cell("raised")], False, "equal to the bit"),
        ({"add"}, [Cell("survived", moved=True)], False, "within the bound"),
    ],
)
def test_why_a_law_refutes_nothing_is_read_off_what_was_seen(
    operations: set[str], cells: list[Cell], negative: bool, says: str
) -> None:
    suite.load()
    stated = replace(LAWS["CAT-ASSOC"], negative=negative)
    found = kills.idle(stated, [Drawn("functions", 0, frozenset(operations), 1)], cells)
    assert says in found and bool(found) == bool(says)


def test_a_law_of_plumbing_stays_equal_to_the_bit() -> None:
    suite.load()
    assert "true of all maps" in kills.row(LAWS["CAT-ASSOC"], [SCALED]).idle


def test_a_law_about_the_suite_shows_which_planted_faults_it_notices() -> None:
    suite.load()
    found = kill_matrix.row_of("META-EQ")
    assert not found.kills and found.idle and set(found.mutants.values()) == {"refuted"} and len(found.mutants) >= 2


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two controls, one construction, and the law that is named for the first."""
    monkeypatch.setattr(controls, "CONTROLS", (SCALED,))
    monkeypatch.setattr(kills, "CONSTRUCTIONS", CONSTRUCTIONS[-1:])
    monkeypatch.setattr(controls, "law_judges", lambda: ["ADD-SCALE", "CAT-UNIT"])
    kill_matrix._numbered.cache_clear()


@pytest.mark.usefixtures("few")
def test_the_file_is_whole_after_each_law_and_an_interrupted_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, told = kill_matrix.row_of, list[str]()

    def interrupted(name: str) -> kills.Row:
        if told:
            raise KeyboardInterrupt
        told.append(name)
        return plain(name)

    out = str(tmp_path / "controls.json")
    monkeypatch.setattr(kill_matrix, "row_of", interrupted)
    stopped = CliRunner().invoke(main, ["controls", "--json", out])
    assert stopped.exit_code == 130 and "--resume" in stopped.stderr
    left = json.loads(Path(out).read_text())
    assert list(left["kills"]) == told and left["left"] == ["CAT-UNIT"]
    monkeypatch.setattr(
        kill_matrix, "row_of", lambda name: plain(name) if name not in told else pytest.fail("done twice")
    )
    ended = CliRunner().invoke(main, ["controls", "--json", out, "--resume"])
    assert ended.exit_code == 0, ended.output
    whole = json.loads(Path(out).read_text())
    assert set(whole["kills"]) == {"ADD-SCALE", "CAT-UNIT"} and whole["left"] == []
    assert [each["verdict"] for each in whole["controls"]] == ["refuted", "refuted"]
    kill_matrix._numbered.cache_clear()


@pytest.mark.usefixtures("few")
def test_a_control_that_survives_its_judge_fails_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    escaped = Control("relu doubled", {"relu": faults.after(lambda y: 2 * y)}, "ADD-SCALE")
    monkeypatch.setattr(controls, "CONTROLS", (escaped,))
    found = CliRunner().invoke(main, ["controls", "--json", str(tmp_path / "controls.json")])
    assert found.exit_code == 1 and "not refuted: relu doubled: survived" in found.output
    kill_matrix._numbered.cache_clear()


def test_options_of_the_file_are_refused_without_one() -> None:
    for option in ("--all-laws", "--resume"):
        assert CliRunner().invoke(main, ["controls", option]).exit_code == 4
