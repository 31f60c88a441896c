"""`verified-cat proofs`: the rows, the counts at the end, the exit codes, several processes."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from verified_cat.audits import AUDITS, Audit
from verified_cat.check import LAWS
from verified_cat.cli import main
from verified_cat.errors import MissingExtra
from verified_cat.laws import suite
from verified_cat.proofs import agda, certificates, running
from verified_cat.proofs.certificates import Row, Status
from verified_cat.proofs.running import CHECKED, DISAGREE, NONE, ProofRow, row, rows, summary, tasks
from verified_cat.proofs.solvers import SolverDisagreement
from verified_cat.report import Strength, Verdict

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


def test_without_a_cache_no_questions_are_counted() -> None:
    assert "questions" not in "\n".join(summary([ProofRow("A", "functions", "proved", 1, "z3+cvc5", 0.1)], 1.0))


# ------------------------------------------------------------------------------------------------ certificates


def certified(*words: tuple[str, Status]) -> Any:
    return lambda law: [Row(law.name, world, goal, status) for goal, (world, status) in enumerate(words)]


def test_a_row_is_checked_where_all_its_goals_have_certificates() -> None:
    found = running.certificate_words("PARA-ASSOC")
    assert set(found) == set(LAWS["PARA-ASSOC"].worlds)
    assert set(found.values()) == {CHECKED}


def test_laws_that_are_not_said_of_symbols_have_no_certificates() -> None:
    assert running.certificate_words("RD.3") == {}


@pytest.mark.parametrize(
    ("status", "word"), [("stale", "stale"), ("refused", "refused"), ("missing", NONE), ("vacuous", "vacuous")]
)
@pytest.mark.parametrize("first", [True, False])
def test_one_certificate_that_does_not_hold_spoils_the_row(
    status: Status, word: str, first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    goals: list[tuple[str, Status]] = [("para", status), ("para", "certified")]
    other: list[tuple[str, Status]] = [("D", "certified")]
    monkeypatch.setattr(certificates, "replay_law", certified(*(goals if first else goals[::-1]), *other))
    assert running.certificate_words("PARA-ASSOC") == {"para": word, "D": CHECKED}


@pytest.mark.parametrize("certificate", ["stale", "refused", "vacuous", NONE])
def test_a_proved_row_whose_certificate_does_not_hold_fails(certificate: str) -> None:
    assert ProofRow("A", "functions", "proved", 1, "z3+cvc5", 0.1, certificate=certificate).fails
    assert certificate in ProofRow("A", "functions", "proved", 1, "z3+cvc5", 0.1, certificate=certificate).line()
    assert not ProofRow("A", "functions", "proved", 1, "z3+cvc5", 0.1, certificate=CHECKED).fails
    assert not ProofRow("A", "R", "not run", 0, "", 0.0, certificate="").fails


def test_the_command_fails_where_a_certificate_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proved = ProofRow("CAT-UNIT", "functions", "proved", 1, "z3+cvc5", 0.1)
    monkeypatch.setattr(running, "row", lambda law, world, folder: replace(proved, world=world))
    result = invoke("--law", "CAT-UNIT", "--cache", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert "checked" in result.output
    monkeypatch.setattr(running, "certificate_words", lambda law: {"functions": "stale"})
    result = invoke("--law", "CAT-UNIT", "--cache", str(tmp_path))
    assert result.exit_code == 1
    assert "certificates of rows: 1 stale" in result.output


# ------------------------------------------------------------------------------------------------ audits and Agda


def test_audits_that_are_proofs_have_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    proofs = {name for name, each in AUDITS.items() if each.strength is Strength.PROVED}
    assert "CHAIN-REAL" in proofs
    monkeypatch.setattr(running, "AUDITS", {name: each for name, each in AUDITS.items() if name not in proofs})
    assert list(running.audited()) == []
    assert list(running.audited(["META-MUT"])) == []


@pytest.mark.parametrize(
    ("verdict", "word"),
    [(Verdict(Strength.PROVED, "", 3), "proved"), (Verdict(Strength.REFUTED, "", 3, reason="planted"), "refuted")],
)
def test_what_an_audit_says_is_its_row(verdict: Verdict, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Audit, "verdict", lambda self: verdict)
    (found,) = running.audited(["CHAIN-REAL"])
    assert (found.law, found.world, found.word, found.obligations) == ("CHAIN-REAL", "the reals", word, 3)
    assert found.fails == (word == "refuted")
    assert found.reason == verdict.reason


def test_agda_not_installed_is_not_run_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Any:
        raise MissingExtra("agda is not installed (pip install verified-cat[agda])")

    monkeypatch.setattr(agda, "check", missing)
    found = running.by_kernel()
    assert (found.word, found.obligations) == ("not run", 0)
    assert "pip install" in found.line()
    assert not found.fails


@pytest.mark.parametrize(("fault", "word"), [("", "proved"), ("Lenses.agda:3: x != y", "refuted")])
def test_what_agda_says_is_its_row(fault: str, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agda, "check", lambda: SimpleNamespace(fault=fault, modules=("A", "B")))
    found = running.by_kernel()
    assert (found.law, found.world, found.word, found.reason) == ("Agda", "2 modules", word, fault)
    assert found.fails == bool(fault)
    assert found.obligations > 100


def test_agda_counts_as_no_law() -> None:
    found = [ProofRow("Agda", "2 modules", "proved", 5, "agda", 1.0), ProofRow("A", "D", "proved", 1, "z3+cvc5", 0.1)]
    assert "1 laws proved, 6 obligations" in "\n".join(summary(found, 1.0))
