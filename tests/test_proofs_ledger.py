"""The ledger has every law, says of each what can be read today, and of a sample what a fresh run says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from verified_cat import cli
from verified_cat.audits import AUDITS
from verified_cat.check import LAWS
from verified_cat.errors import DataError
from verified_cat.laws import suite
from verified_cat.laws.catalogue import catalogue
from verified_cat.proofs import ledger
from verified_cat.proofs.agda import agda_theorems
from verified_cat.proofs.ledger import Entry, differences, entry, found, read, text
from verified_cat.report import HOLDS, Strength

suite.load()
KEPT = ledger.kept()
ROOT = Path(__file__).resolve().parents[1]
SAMPLE = sorted(LAWS)[:: max(1, len(LAWS) // 20)]
"""The laws that are run again: every sixth or so. `verified-cat ledger --check` runs them all."""


def test_it_is_complete_and_in_the_order_of_the_catalogue() -> None:
    assert list(KEPT) == list(catalogue().entries)
    assert set(KEPT) == set(LAWS | AUDITS)


def test_files_sources_theorems_and_certificates_are_those_of_today() -> None:
    theorems = agda_theorems()
    today = {law: entry(law, each.code, each.engine, theorems) for law, each in KEPT.items()}
    assert differences(KEPT, today) == []


def test_every_file_is_there() -> None:
    named = {name for each in KEPT.values() for name in (each.stated, each.certificate) if name}
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_every_law_holds_by_something() -> None:
    held = {word.value for word in HOLDS}
    assert [law for law, each in KEPT.items() if each.evidence not in held or not each.by] == []


def test_the_sample_is_large_enough_and_mixed() -> None:
    assert len(SAMPLE) >= 20
    assert len({KEPT[law].code for law in SAMPLE}) == 3


@pytest.mark.parametrize("law", SAMPLE)
def test_a_fresh_run_says_the_same(law: str) -> None:
    assert found(law) == (KEPT[law].code, KEPT[law].engine)


def test_it_is_written_as_it_is_read() -> None:
    assert read(text(KEPT)) == KEPT
    assert text(KEPT) == ledger.FILE.read_text("utf-8")


@pytest.mark.parametrize("written", ["[laws", "x = 1", '[laws.X]\nproved = "yes"', "[laws]\nX = 1"])
def test_what_is_no_ledger_is_refused(written: str) -> None:
    with pytest.raises(DataError, match="no ledger"):
        read(written)


def test_every_way_to_be_wrong_is_a_difference() -> None:
    law = next(iter(KEPT))
    less = {name: each for name, each in KEPT.items() if name != law}
    assert differences(less, KEPT) == [f"{law} is not in the ledger"]
    assert differences(KEPT, less) == [f"{law} is in the ledger, and no law"]
    for field in ("evidence", "by", "code", "engine", "method", "stated", "source", "certificate", "why"):
        wrong = {**KEPT, law: replace(KEPT[law], **{field: "otherwise"})}  # type: ignore[arg-type]
        assert len(differences(wrong, KEPT)) == 1
    assert "agda is" in differences({**KEPT, law: replace(KEPT[law], agda=("A.b",))}, KEPT)[0]


def test_agda_is_the_evidence_only_where_no_solver_proves_the_code() -> None:
    theorem = {"CAT-ASSOC": [("Module", "theorem")]}
    one, two = (
        entry("CAT-ASSOC", word, engine, theorem) for word, engine in (("proved", "solver"), ("exact", "sympy"))
    )
    assert (one.evidence, one.by, one.agda) == ("proved", "z3+cvc5", ("Module.theorem",))
    assert (two.evidence, two.by, two.code) == ("proved", "agda", "exact")
    assert entry("CAT-ASSOC", "exact", "sympy", {}).evidence == "exact"


def test_a_law_that_nothing_holds_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "LADDER", ())
    assert found("CAT-ASSOC") == (Strength.NOT_RUN.value, "")
    unheld = entry("CAT-ASSOC", Strength.NOT_RUN.value, "", {})
    assert unheld.by == unheld.method == ""
    assert Strength(unheld.evidence) not in HOLDS


def test_an_update_runs_what_is_lacking_alone() -> None:
    lacking, ran = "CAT-ASSOC", list[str]()
    known = {name: each for name, each in KEPT.items() if name != lacking}
    assert ledger.compiled(ran.append, known) == KEPT
    assert ran == [lacking]


def test_the_command_compares(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ledger, "compiled", lambda show, known: dict(KEPT))
    assert CliRunner().invoke(cli.main, ["ledger", "--check"]).exit_code == 0
    out = tmp_path / "ledger.toml"
    assert CliRunner().invoke(cli.main, ["ledger", "--out", str(out)]).exit_code == 0
    assert read(out.read_text("utf-8")) == KEPT
    law = next(iter(KEPT))
    weaker: dict[str, Entry] = {**KEPT, law: replace(KEPT[law], code="sampled")}
    monkeypatch.setattr(ledger, "compiled", lambda show, known: weaker)
    refused = CliRunner().invoke(cli.main, ["ledger", "--check"])
    assert refused.exit_code == 1
    assert f"{law}: code is" in refused.output
    assert CliRunner().invoke(cli.main, ["ledger", "--check", "--out", str(out)]).exit_code == 4
