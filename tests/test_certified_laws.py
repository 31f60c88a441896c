"""What a certificate rests on: the ledger and the stored proofs as they are kept, and what a report of a run says."""

from __future__ import annotations

import json
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

import verified_cat
from verified_cat.certified_laws import REPORT, laws, taken
from verified_cat.errors import DataError, UsageError

PROOFS = Path(verified_cat.__file__).parent / "proofs"
LEDGER = tomllib.loads((PROOFS / "ledger.toml").read_text())["laws"]


def row(law: str, word: str, engine: str = "sympy") -> dict[str, Any]:
    figures = {"witnesses": 7, "gap": 0.0, "allowed": 1e-9, "seconds": 0.25}
    said = {"engine": engine, "method": "normal form", "verdict": word, "worlds": {"Terms": word}}
    return {"law": law, **said, "reason": "", "example": None, "figures": {"Terms": figures}, **figures}


def written(file: Path, *rows: dict[str, Any]) -> bytes:
    whole = {"schema": 1, "environment": {"python": "3"}, "run": {}, "coverage": {}, "verdicts": list(rows)}
    file.write_text(json.dumps(whole))
    return file.read_bytes()


def test_the_ledger_and_the_proofs_are_those_that_are_kept() -> None:
    found = laws()
    files = sorted((PROOFS / "certificates").glob("*.json"))
    stored = {file.name: sha256(file.read_bytes()).hexdigest() for file in files}
    text = json.dumps(stored, sort_keys=True, separators=(",", ":"))
    assert found["ledger"] == sha256((PROOFS / "ledger.toml").read_bytes()).hexdigest()
    assert found["proofs"] == {"files": len(files), "sha256": sha256(text.encode()).hexdigest()}
    assert found["laws"] == len(LEDGER) == sum(found["evidence"].values())
    for word, count in found["evidence"].items():
        assert count == sum(each["evidence"] == word for each in LEDGER.values())
    assert set(found) == {"ledger", "laws", "evidence", "proofs"}


def test_a_report_is_told_in_counts_of_its_rows(tmp_path: Path) -> None:
    rows = [row("CAT-UNIT", "refuted"), row("CAT-ASSOC", "exact"), row("CAT-ASSOC", "proved", "solver")]
    rows += [row("META-SAT", "not run"), row("CAT-UNIT", "vacuous", "solver"), row("BIPROD", "undecided")]
    known = sorted(LEDGER)
    rows[-1]["law"] = next(law for law in known if law not in ("CAT-UNIT", "CAT-ASSOC", "META-SAT"))
    given = written(tmp_path / REPORT, *rows)
    found = laws(tmp_path)
    told = {each["law"] for each in rows}
    assert REPORT == "laws.json" and {key: found[key] for key in laws()} == laws()
    assert found["report"] == {
        "sha256": sha256(given).hexdigest(),
        "engines": ["solver", "sympy"],
        "laws": 4,
        "missing": [law for law in known if law not in told],
        "rows": 6,
        "verdicts": {"proved": 1, "exact": 1, "not run": 1, "undecided": 1, "vacuous": 1, "refuted": 1},
        "do not hold": sorted(["CAT-UNIT", rows[-1]["law"]]),
        "environment": {"python": "3"},
    }
    assert list(found["report"]["verdicts"]) == ["proved", "exact", "not run", "undecided", "vacuous", "refuted"]


def test_reports_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*laws\.json"):
        laws(tmp_path)
    (tmp_path / REPORT).write_text("{}")
    with pytest.raises(DataError, match="is not a law report"):
        laws(tmp_path)
    written(tmp_path / REPORT, row("ZZZ", "exact"), row("CAT-UNIT", "exact"), row("YYY", "exact"))
    with pytest.raises(DataError, match=r"laws\.json speaks of YYY, which is no law of this package"):
        laws(tmp_path)


def test_a_report_is_copied_into_the_run(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    given = written(tmp_path / "told.json", row("CAT-UNIT", "exact"))
    taken(tmp_path / "told.json", folder)
    assert (folder / REPORT).read_bytes() == given
    (folder / REPORT).chmod(0o444)
    before = (folder / REPORT).stat().st_mtime_ns
    taken(folder / REPORT, folder)
    taken(folder / ".." / "run" / REPORT, folder)
    assert (folder / REPORT).stat().st_mtime_ns == before
    with pytest.raises(UsageError, match=r"cannot read .*none\.json: No such file"):
        taken(tmp_path / "none.json", folder)
    with pytest.raises(UsageError, match=r"cannot write .*laws\.json: No such file"):
        taken(tmp_path / "told.json", tmp_path / "nowhere")
