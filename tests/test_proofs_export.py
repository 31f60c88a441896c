"""Exported obligations: each file alone, given to a solver again, says unsat; the TPTP is checked by E where it is."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from verified_cat.laws import suite
from verified_cat.objects import UNIT, Pair, Sort
from verified_cat.primitives import Symbol
from verified_cat.proofs import eprover
from verified_cat.proofs.export import export
from verified_cat.proofs.hypotheses import right_inverse
from verified_cat.proofs.obligations import Goal, quantified, traced
from verified_cat.proofs.tptp import tptp
from verified_cat.proofs.worker import cvc5_answer, z3_answer
from verified_cat.proofs.worlds import OpaqueFunctions

suite.load()
STEPS = 5_000_000
CHOSEN = [
    ("PARA-ASSOC", "para"),
    ("LEARN-CAT", "learn"),
    ("L-FUNCT", "para over D"),
    ("CART-UNIV", "functions"),
    ("ADD-BIPROD", "additive"),
    ("RD.1", "R"),
]

needs_both = pytest.mark.skipif(
    importlib.util.find_spec("cvc5") is None,
    reason="not run: cvc5 not installed (pip install verified-cat[solvers])",
)
needs_e = pytest.mark.skipif(not eprover.eprover(), reason=f"not run: {eprover.WAY_OUT}")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("export")
    return folder, export(folder, CHOSEN)


@needs_both
def test_the_manifest_is_of_what_is_there(exported: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, entries = exported
    listed = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert listed["obligations"] == entries
    named = {entry["name"] for entry in entries}
    assert {file.stem for file in folder.glob("*.smt2")} - named == {
        "hypotheses--L-FUNCT--para-over-D",
        "hypotheses--ADD-BIPROD--additive",
    }
    assert {file.stem for file in folder.glob("*.smt2")} == {file.stem for file in folder.glob("*.p")}
    assert {entry["law"] for entry in entries} == {law for law, _ in CHOSEN} - {"RD.1"}
    assert "manifest.json" in (folder / "README.md").read_text(encoding="utf-8")


@needs_both
def test_the_files_alone_are_proved_again(exported: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, entries = exported
    assert len(entries) >= 15
    for entry in entries:
        text = (folder / f"{entry['name']}.smt2").read_text(encoding="utf-8")
        assert text.isascii()
        assert "(set-info :status unsat)" in text
        assert z3_answer(text, STEPS) == {"answer": "unsat"}, entry["name"]
        assert cvc5_answer(text, STEPS) == {"answer": "unsat"}, entry["name"]


@needs_both
def test_the_hypotheses_alone_are_not_contradictory(exported: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, _ = exported
    for file in folder.glob("hypotheses--*.smt2"):
        text = file.read_text(encoding="utf-8")
        assert z3_answer(text, STEPS // 20)["answer"] != "unsat"
        assert cvc5_answer(text, STEPS // 20)["answer"] != "unsat"


@needs_both
@needs_e
def test_e_proves_them_too_and_finds_no_contradiction(exported: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, entries = exported
    for entry in entries:
        assert eprover.status(folder / f"{entry['name']}.p") == "Theorem", entry["name"]
    for file in folder.glob("hypotheses--*.p"):
        assert eprover.status(file, 1) in ("Satisfiable", "ResourceOut", "Unknown")


# ------------------------------------------------------------------------------------------------ TPTP by itself

A, B = Sort("A"), Sort("B")
F = OpaqueFunctions()


def problem(lhs: Any, rhs: Any, *assumed: Any) -> str:
    return tptp([quantified(each) for group in assumed for each in group.members], traced(Goal(lhs, rhs), "x"))


def test_the_text_is_ascii_and_has_one_conjecture() -> None:
    swap = F.compose(F.swap(A, B), F.swap(B, A))
    text = problem(swap, F.identity(Pair(A, B)), right_inverse(A))
    assert text.isascii()
    assert text.count(", conjecture, ") == 1
    assert all(line.startswith("fof(") and line.endswith(").") for line in text.splitlines())
    names = [line.split(",")[0] for line in text.splitlines()]
    assert len(names) == len(set(names))


def test_pairing_and_the_unit_are_axioms() -> None:
    text = problem(F.left_unitor(A), F.left_unitor(A))
    for name in ("pair", "left", "right", "surjective", "unit"):
        assert f"fof({name}" in text


@needs_e
def test_e_tells_true_from_false(tmp_path: Path) -> None:
    true, false, one = tmp_path / "true.p", tmp_path / "false.p", tmp_path / "one.p"
    swap = F.compose(F.swap(A, A), F.swap(A, A))
    true.write_text(problem(swap, F.identity(Pair(A, A))), encoding="utf-8")
    false.write_text(problem(F.swap(A, A), F.identity(Pair(A, A))), encoding="utf-8")
    f, g = F.generator(Symbol("f", A, UNIT)), F.generator(Symbol("g", A, UNIT))
    one.write_text(problem(f, g), encoding="utf-8")
    assert eprover.status(true) == "Theorem"
    assert eprover.status(false, 2) in ("CounterSatisfiable", "ResourceOut")
    assert eprover.status(one) == "Theorem"


@needs_e
def test_e_finds_a_contradiction(tmp_path: Path) -> None:
    file = tmp_path / "contradiction.p"
    file.write_text("fof(a, axiom, p).\nfof(b, axiom, ~ p).\n", encoding="utf-8")
    assert eprover.status(file) == "Unsatisfiable"


def test_a_failing_prover_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "eprover"
    for said in ("", "SZS status Theorem", "# SZS status Theorem\\n# SZS status CounterSatisfiable", "garbage"):
        script.write_text(f"#!/bin/sh\nprintf '{said}'\nexit 1\n", encoding="utf-8")
        script.chmod(0o755)
        monkeypatch.setattr(eprover, "eprover", lambda: str(script))
        assert eprover.status(tmp_path / "any.p") == "Unknown"
    monkeypatch.setattr(eprover, "eprover", lambda: str(tmp_path / "missing"))
    assert eprover.status(tmp_path / "any.p") == "Unknown"
    monkeypatch.setattr(eprover, "eprover", lambda: "")
    assert eprover.status(tmp_path / "any.p") == "NotRun"
