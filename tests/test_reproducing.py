"""Claims established again: the verdicts, the manifest, what checking it refuses, and the command."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from verified_cat import claim_runs, claims, reproducing, results_folder
from verified_cat.claims import Claim, Result, read
from verified_cat.cli import main
from verified_cat.errors import DataError, UsageError
from verified_cat.surroundings import variables

sys.path.insert(0, str(Path(__file__).parent))
from claims_at_work import FILE, established, tree

ROOT = Path(__file__).parent.parent

MAKE = """
import json, pathlib, sys
if sys.argv[1] == "page":
    print("a page")
else:
    out = pathlib.Path(sys.argv[2])
    found = json.loads(pathlib.Path("found.json").read_text())
    (out / "n.json").write_text(json.dumps(found))
    (out / "n.bin").write_bytes(b"weights")
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "page.md").write_text("a page\n")
    says(tmp_path, 0.75, "exact")
    return tree(tmp_path, FILE, make=MAKE)


def says(root: Path, error: float, *words: str) -> None:
    """What the command finds."""
    (root / "found.json").write_text(json.dumps({"error": error, "rows": [{"verdict": word} for word in words]}))


def verdicts(root: Path, out: str) -> dict[str, str]:
    return {each.claim.name: each.word for each in established(root, out)}


# ------------------------------------------------------------------------------------------------ verdicts


def test_what_is_as_it_should_be(root: Path) -> None:
    assert verdicts(root, "a") == {"page": "identical", "numbers": "within bound"}
    assert reproducing.checked(root, root / "a") == []


def test_recorded_results_have_to_be_identical_in_their_environment(root: Path) -> None:
    reproducing.record(root, established(root, "a"))
    assert verdicts(root, "b") == {"page": "identical", "numbers": "identical"}
    says(root, 0.7500001, "exact")
    assert verdicts(root, "c")["numbers"] == "mismatch"
    kept = json.loads((root / reproducing.EXPECTED).read_text())
    kept["environment"]["torch"] = "another"
    (root / reproducing.EXPECTED).write_text(json.dumps(kept))
    assert verdicts(root, "d")["numbers"] == "within bound"


@pytest.mark.parametrize(
    ("change", "claim"),
    [
        (lambda root: says(root, 1.2, "exact"), "numbers"),
        (lambda root: says(root, float("nan"), "exact"), "numbers"),
        (lambda root: says(root, 0.75, "exact", "refuted"), "numbers"),
        (lambda root: (root / "found.json").write_text("{}"), "numbers"),
        (lambda root: (root / "found.json").unlink(), "numbers"),
        (lambda root: (root / "page.md").write_text("another page\n"), "page"),
        (lambda root: (root / "make.py").write_text("raise SystemExit(3)"), "page"),
    ],
)
def test_what_is_not_established(root: Path, change: Any, claim: str) -> None:
    change(root)
    assert verdicts(root, "a")[claim] == "mismatch"
    assert reproducing.checked(root, root / "a") == []


def test_a_command_that_takes_too_long_is_ended(root: Path) -> None:
    (root / "make.py").write_text("import time; time.sleep(60)")
    slow = Claim("slow", "it ends", "python make.py", 0.2 / 60 / claim_runs.SLACK)
    ended = claim_runs.run(slow, root, root / "out", variables())
    assert "times what is said" in ended.why and ended.seconds < 20 and ended.cpu < 20


def test_results_go_to_a_folder_of_their_own(root: Path) -> None:
    (root / "full").mkdir()
    (root / "full" / "thesis.txt").write_text("")
    with pytest.raises(UsageError, match="not an empty folder"):
        verdicts(root, "full")


# ------------------------------------------------------------------------------------------------ checking


def edited(root: Path, change: Any) -> None:
    path = root / "a" / results_folder.MANIFEST
    whole = json.loads(path.read_text())
    change(whole)
    path.write_text(json.dumps(whole))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda root: (root / "a/numbers/n.bin").write_bytes(b"weighty"), "has other bytes"),
        (lambda root: (root / "a/numbers/n.bin").unlink(), "is not there"),
        (lambda root: (root / "a/numbers/more").write_bytes(b""), "is in no manifest"),
        (lambda root: edited(root, lambda whole: whole["claims"][1].update(verdict="identical")), "verdict is"),
        (lambda root: edited(root, lambda whole: whole["claims"][1].update(says="it is zero")), "says is"),
        (lambda root: edited(root, lambda whole: whole["claims"][1]["found"].update({"n.json: error": 0})), "found is"),
        (lambda root: edited(root, lambda whole: whole["claims"].append("more")), "is no claim"),
        (lambda root: edited(root, lambda whole: whole["environment"].update(torch="9")), "environment is another"),
        (
            lambda root: (root / reproducing.CLAIMS).write_text(FILE.replace("at_most = 1", "at_most = 3")),
            "is another than",
        ),
    ],
)
def test_results_that_were_changed(root: Path, change: Any, reason: str) -> None:
    verdicts(root, "a")
    change(root)
    assert any(reason in wrong for wrong in reproducing.checked(root, root / "a"))


def test_what_is_no_manifest(root: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        reproducing.checked(root, root / "a")
    verdicts(root, "a")
    edited(root, lambda whole: whole.update(kind="holiday photos"))
    with pytest.raises(DataError, match="no manifest"):
        reproducing.checked(root, root / "a")


# ------------------------------------------------------------------------------------------------ the file


def test_a_claim_is_shown_by_our_own_programs(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not by 'rm'"):
        claim_runs.words("rm -rf {out}", tmp_path)


def test_the_claims_of_this_tree() -> None:
    """They are read, their pages exist, and --quick takes at most ten minutes by what they say."""
    whole = read(ROOT / reproducing.CLAIMS)
    assert sum(claim.minutes for claim in whole if claim.quick) <= 10
    pages = [result.page for claim in whole for result in claim.results if result.page]
    assert pages and all((ROOT / page).is_file() for page in pages)
    assert Result("x", figure="y", at_most=1.0)._outside(float("nan"))


def test_the_command(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    run = CliRunner().invoke
    assert "full    0.5 min  numbers" in run(main, ["reproduce"]).output
    quick = run(main, ["reproduce", "--quick", "--out", "q"])
    assert quick.exit_code == 0 and "1 of 1 claims" in quick.output and "not run: numbers" in quick.output
    assert run(main, ["reproduce", "check", "q"]).exit_code == 0
    assert run(main, ["reproduce", "--quick"]).exit_code == 4
    assert "page" in run(main, ["reproduce", "--claim", "pages", "--out", "r"]).output
    says(root, 2, "exact")
    assert run(main, ["reproduce", "--claim", "numbers", "--out", "r"]).exit_code == 1


def test_words_that_pass() -> None:
    assert "mismatch" not in claims.PASSES and "not run" not in claims.PASSES
