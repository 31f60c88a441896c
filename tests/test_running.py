"""Runs as people start them: in several processes, in random order, isolated, with a report that cannot be written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from verified_cat.errors import UsageError
from verified_cat.laws.running import Plan, Runner
from verified_cat.report import ENDED, Report
from verified_cat.shard import Shard

ROOT = Path(__file__).resolve().parents[1]
ENGINES = '''
import os, shutil, warnings
from pathlib import Path
from verified_cat.reference.ieee import NumpyEngine

class Ends(NumpyEngine):
    """Ends its process where tanh is asked for."""
    def operation(self, operation):
        return (lambda x: os._exit(7)) if operation.name == "tanh" else super().operation(operation)

class Nan(NumpyEngine):
    """Sums that are NaN."""
    def operation(self, operation):
        right = super().operation(operation)
        return (lambda x: right(x) * float("nan")) if operation.name == "add" else right

class Warns(NumpyEngine):
    """Warns where it adds."""
    def operation(self, operation):
        right = super().operation(operation)
        return (lambda x: (warnings.warn("told", RuntimeWarning), right(x))[1]) if operation.name == "add" else right

class Blocks(NumpyEngine):
    """Puts a file in place of the folder that the report goes to."""
    def lift(self, ob, exact):
        folder = Path(os.environ["PLANTED_FOLDER"])
        if folder.is_dir():
            shutil.rmtree(folder)
            folder.write_text("in the way")
        return super().lift(ob, exact)
'''


@pytest.fixture
def laws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs `pytest laws/` with options, and gives its result with the rows of its report."""
    (tmp_path / "their_engines.py").write_text(ENGINES, encoding="utf-8")
    monkeypatch.setenv("PLANTED_FOLDER", str(tmp_path / "out"))

    def run(*options: str) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
        report = tmp_path / "out" / "report.json"
        command = [sys.executable, "-m", "pytest", "laws", "-q", "-p", "no:cacheprovider", "--law-report", str(report)]
        command += ["-o", f"pythonpath=. {tmp_path}", "--profile", "smoke", *options]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        return done, json.loads(report.read_text()) if report.is_file() else {}

    return run


def rows(report: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows without the times that they took."""
    return {(row["law"], row["engine"]): _timeless(row) for row in report["verdicts"]}


def _timeless(content: Any) -> Any:
    if not isinstance(content, dict):
        return content
    return {key: _timeless(value) for key, value in content.items() if key != "seconds"}


FEW = ("--law", "CAT-UNIT,ADD-JAM,ENGINE-SHAPE,D-ONCE", "--engine", "sympy,verified_cat.reference.ieee:NumpyEngine")


def test_processes_and_orders_change_nothing(laws: Any, tmp_path: Path) -> None:
    pytest.importorskip("xdist", reason="not run: pytest-xdist not installed (pip install verified-cat[dev])")
    alone, first = laws(*FEW, "--law-order", "1", "-p", "no:xdist")
    shared, second = laws(*FEW, "--law-order", "2", "-n", "2", "--junitxml", str(tmp_path / "junit.xml"))
    assert (alone.returncode, shared.returncode) == (0, 0), alone.stdout + shared.stdout + shared.stderr
    assert rows(first) == rows(second) and len(rows(first)) == 7
    assert first["run"] | {"order": 2} == second["run"]
    assert first["run"]["profile"] == "smoke" and first["run"]["seed"] == 0
    cases = ElementTree.parse(tmp_path / "junit.xml").iter("testcase")  # our own file
    told = [{each.get("name"): each.get("value") for each in case.iter("property")} for case in cases]
    assert {(each["law"], each["engine"]): each["verdict"] for each in told} == {
        key: row["verdict"] for key, row in rows(first).items()
    }


def test_the_end_of_a_worker_loses_no_row(laws: Any) -> None:
    pytest.importorskip("xdist", reason="not run: pytest-xdist not installed (pip install verified-cat[dev])")
    done, report = laws("--law", "GAD-UNARY,D-ONCE", "--engine", "their_engines:Ends", "-n", "1")
    assert done.returncode == 1, done.stdout + done.stderr
    words = {law: row["verdict"] for (law, _), row in rows(report).items()}
    assert words == {"GAD-UNARY": "not run", "D-ONCE": "exact"}
    lost = rows(report)["GAD-UNARY", "their_engines:Ends"]
    assert lost["reason"].startswith(f"{ENDED}: worker 'gw0' crashed while running")


def test_an_isolated_engine_that_ends_its_process_is_one_line(laws: Any) -> None:
    done, report = laws("--law", "GAD-UNARY,D-ONCE", "--engine", "their_engines:Ends", "--isolate=20")
    assert done.returncode == 1, done.stdout + done.stderr
    assert rows(report)["GAD-UNARY", "their_engines:Ends"]["verdict"] == "undecided"
    assert "the engine's process ended itself with exit code 7 while judging GAD-UNARY in forward" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_what_a_smoke_law_stopped_is_no_pass_and_one_line(laws: Any) -> None:
    """The smoke law is not even among the laws asked for."""
    done, report = laws("--law", "CAT-UNIT,ADD-JAM,D-RULES", "--engine", "their_engines:Nan")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "their_engines:Nan: 3 laws not run, blocked by ENGINE-SHAPE: add[()]: " in done.stdout
    assert done.stdout.count("ENGINE-SHAPE") == 1
    assert {row["blocked_by"] for row in report["verdicts"]} == {"ENGINE-SHAPE"}


def test_a_warning_of_an_engine_is_no_exception(laws: Any) -> None:
    """Warnings are errors in our own pytest configuration, which is no part of what is judged."""
    done, report = laws("--law", "ADD-JAM", "--engine", "their_engines:Warns")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [row["verdict"] for row in report["verdicts"]] == ["sampled"]
    assert "RuntimeWarning: told" in done.stdout


def test_a_report_that_cannot_be_written_any_more_loses_no_verdict(laws: Any) -> None:
    done, _ = laws("--law", "CAT-UNIT", "--engine", "their_engines:Blocks")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "ERROR: cannot write" in done.stdout and "the verdicts are the lines above" in done.stdout
    assert "CAT-UNIT  sampled" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


# ------------------------------------------------------------------------------------------------ plans


def test_a_report_says_how_it_was_made() -> None:
    plan = Plan(("CAT-UNIT", "META-EQ"), ("sympy",), shard=Shard(2, 2), order=7, isolate=5.0)
    report = Report()
    plan.expect(report)
    said = report.as_json()["run"]
    assert said["shard"] == {"index": 2, "of": 2, "expected": [["CAT-UNIT", "sympy"], ["META-EQ", "suite"]]}
    assert (said["profile"], said["examples"], said["exact"], said["shrink"], said["seed"]) == (
        "default",
        15,
        12,
        True,
        0,
    )
    assert (said["order"], said["isolate"], said["engines"]) == (7, 5.0, ["sympy"])
    assert len(report.rows) == len(plan.cases) == 1


def test_an_engine_that_is_not_there_is_refused_before_anything_runs() -> None:
    with pytest.raises(UsageError, match="no_such_module"):
        Runner(Plan(("CAT-UNIT",), ("no_such_module:Engine",))).load()
