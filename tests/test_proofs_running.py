"""`verified-cat proofs`: the rows, the counts at the end, the exit codes, several processes."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from verified_cat.check import LAWS
from verified_cat.cli import main
from verified_cat.laws import suite
from verified_cat.proofs import running
from verified_cat.proofs.running import DISAGREE, ProofRow, row, rows, summary, tasks
from verified_cat.proofs.solvers import SolverDisagreement

suite.load()

needs_both = pytest.mark.skipif(
    importlib.util.find_spec("cvc5") is None,
    reason="not run: cvc5 not installed (pip install verified-cat[solvers])",
)


def invoke(*arguments: str) -> Any:
    return CliRunner().invoke(main, ["proofs", *arguments])


@needs_both
def test_a_law_is_proved_and_remembered(tmp_path: Path) -> None:
    first = row("PARA-ASSOC", "para", tmp_path)
    assert (first.word, first.by, first.obligations) == ("proved", "z3+cvc5", 1)
    assert (first.asked, first.remembered) == (2, 0)
    again = row("PARA-ASSOC", "para", tmp_path)
    assert (again.word, again.asked, again.remembered) == ("proved", 0, 2)


@needs_both
def test_the_command_shows_rows_and_counts(tmp_path: Path) -> None:
    result = invoke("--law", "PARA-UNIT,RD.1,DUAL-CAT", "--cache", str(tmp_path / "cache"))
    assert result.exit_code == 0, result.output
    for expected in ("PARA-UNIT", "z3+cvc5", "definition", "not run", "laws proved"):
        assert expected in result.output


@needs_both
def test_the_command_exports(tmp_path: Path) -> None:
    result = invoke("--law", "PARA-UNIT", "--fresh", "--export", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out" / "manifest.json").exists()
    assert list((tmp_path / "out").glob("PARA-UNIT--para--*.smt2"))


@needs_both
def test_two_processes_find_the_same(tmp_path: Path) -> None:
    todo = tasks(["PARA-ASSOC", "PARA-UNIT"])
    alone, together = list(rows(todo)), list(rows(todo, folder=tmp_path, jobs=2))
    assert [(each.law, each.world, each.word) for each in alone] == [
        (each.law, each.world, each.word) for each in together
    ]


@pytest.mark.parametrize("word", ["refuted", "vacuous", "undecided", DISAGREE])
def test_what_is_not_proved_fails(word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "row", lambda *_: ProofRow("CAT-UNIT", "functions", word, 1, "", 0.0, "planted"))
    result = invoke("--law", "CAT-UNIT", "--cache", str(tmp_path))
    assert result.exit_code == 1
    assert word in result.output
    assert "planted" in result.output


def test_disagreement_is_a_row_that_names_both(monkeypatch: pytest.MonkeyPatch) -> None:
    def disagree(*_: Any, **__: Any) -> Any:
        raise SolverDisagreement("z3 answered unsat where cvc5 answered sat")

    monkeypatch.setattr(running, "proof_of", disagree)
    found = row("CAT-UNIT", "functions")
    assert found.word == DISAGREE
    assert "z3 answered unsat where cvc5 answered sat" in found.line()


def test_an_unknown_law_is_refused() -> None:
    assert invoke("--law", "NO-SUCH-LAW").exit_code == 4


def test_every_law_is_a_task_but_those_about_floats() -> None:
    assert {law for law, _ in tasks()} == {name for name, law in LAWS.items() if not law.floats}


def test_the_summary_counts() -> None:
    found = [
        ProofRow("A", "functions", "proved", 3, "z3+cvc5", 0.1, asked=6, unreadable=1),
        ProofRow("A", "D", "proved", 2, "definition", 0.1, "by definition", remembered=4),
        ProofRow("B", "R", "not run", 0, "", 0.0, "why"),
    ]
    text = "\n".join(summary(found, 1.5))
    assert "2 proved, 1 not run: 3 rows in 1.5 s" in text
    assert "1 laws proved, 5 obligations" in text
    assert "6 questions asked, 4 remembered" in text
    assert "1 remembered answers could not be read" in text
