"""The suite as a whole: broken engines are caught, wrong names are refused, and no row of the report disappears."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.audits import AUDITS
from verified_cat.check import LAWS, Law
from verified_cat.deciding import exact
from verified_cat.errors import MissingOperation
from verified_cat.gpu.engine import TorchEngine
from verified_cat.laws import engines, suite
from verified_cat.laws.meta import refutes
from verified_cat.laws.profiles import DEFAULT
from verified_cat.laws.smoke import PROBES
from verified_cat.report import HOLDS, Report, Strength
from verified_cat.worlds import Mutant

suite.load()
ROOT = Path(__file__).resolve().parents[1]


class Broken(TorchEngine):
    """The torch engine with the function of one operation replaced by what ``wrong`` makes of it."""

    replaced = ""

    def wrong(self, right: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return right

    def operation(self, operation: Any) -> Any:
        right = super().operation(operation)
        return self.wrong(right) if operation.name == self.replaced else right


class WrongTanh(Broken):
    """tanh x taken for 1.001 tanh x."""

    replaced = "tanh"

    def wrong(self, right: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda x: right(x) * 1.001


class CarelessProduct(Broken):
    """A product with a relative error of a millionth: far beyond float64, and unseen by a tolerance of 1e-5."""

    replaced = "multiply"

    def wrong(self, right: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda xy: right(xy) * (1 + 1e-6)


class NaN(Broken):
    """A sum that is NaN."""

    replaced = "add"

    def wrong(self, right: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda xy: right(xy) * float("nan")


class WrongShape(Broken):
    """A sum with an axis more than it should have."""

    replaced = "add"

    def wrong(self, right: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda xy: right(xy) + self.lift_ones(xy)

    def lift_ones(self, xy: Any) -> Any:
        import torch

        left, _ = xy
        return torch.zeros((2, *left.shape), dtype=self.dtype)


class Remembers(Broken):
    """A product that grows with each call."""

    replaced = "multiply"
    calls = 0

    def wrong(self, right: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def run(xy: Any) -> Any:
            self.calls += 1
            return right(xy) * self.calls

        return run


class InPlace(Broken):
    """A product that writes over its first factor."""

    replaced = "multiply"

    def wrong(self, right: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def run(xy: Any) -> Any:
            left, other = xy
            return left.mul_(other) if hasattr(left, "mul_") and left.shape == other.shape else right(xy)

        return run


class Lacking(Broken):
    """No contraction."""

    def operation(self, operation: Any) -> Any:
        if operation.name == "contract":
            raise MissingOperation("broken has no kernel for 'contract'")
        return super().operation(operation)


def strength(monkeypatch: pytest.MonkeyPatch, engine: type[Any], law: str) -> Strength:
    """As it is drawn: a failed instance made small says the same of the law, and takes fifty times as long."""
    monkeypatch.setitem(engines.ENGINES, engine.__name__, engine)
    engines.engine.cache_clear()
    try:
        return suite.row(law, engine.__name__, replace(DEFAULT, shrink=False)).strength
    finally:
        engines.engine.cache_clear()


@pytest.mark.parametrize(
    ("engine", "law"),
    [
        (WrongTanh, "GAD-UNARY"),
        (CarelessProduct, "GAD-UNARY"),
        (NaN, "ADD-JAM"),
        (NaN, "CAT-ASSOC"),
        (WrongShape, "ADD-JAM"),
        (Remembers, "META-PURE"),
        (InPlace, "META-PURE"),
    ],
)
def test_a_broken_engine_is_refuted(monkeypatch: pytest.MonkeyPatch, engine: type[Any], law: str) -> None:
    assert strength(monkeypatch, Broken, law) is Strength.SAMPLED
    assert strength(monkeypatch, engine, law) is Strength.REFUTED


def test_an_engine_without_an_operation_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingOperation, match="contract"):
        strength(monkeypatch, Lacking, "D-FUNCT")
    row = suite.lacking("D-FUNCT", "Lacking", MissingOperation("no contract"))
    assert row.strength is Strength.NOT_RUN
    assert row.strength not in HOLDS
    assert "lacks an operation" in row.as_json()["reason"]


# ------------------------------------------------------------------------------------------------ the laws


def test_every_law_says_what_it_needs_to() -> None:
    for law in LAWS.values():
        assert law.statement, law.name
        assert law.source, law.name
        assert law.worlds, law.name
        assert law.mutants, law.name
        assert all(mutant.world in law.worlds for mutant in law.mutants), law.name
    assert set(LAWS) & set(AUDITS) == set()
    assert len(LAWS) >= 80


def test_every_module_of_the_suite_states_laws() -> None:
    stating = {law.state.__module__ for law in LAWS.values()} | {audit.run.__module__ for audit in AUDITS.values()}
    for module in suite.MODULES:
        assert any(name.endswith(f".{module}") for name in stating), module
    written = {
        path.stem
        for path in (ROOT / "laws").glob("*.py")
        if "@law(" in path.read_text() or "@audit(" in path.read_text()
    }
    assert written <= set(suite.MODULES), "a module that states laws is not loaded"


NEGATIVE = [law for law in LAWS.values() if law.equality == "strict failure"]


@pytest.mark.parametrize("law", NEGATIVE, ids=lambda law: law.name)
def test_a_negative_law_is_refuted_by_a_construction_in_which_the_equation_holds(law: Law) -> None:
    assert any(refutes(law, mutant) for mutant in law.mutants)


def test_a_mutant_in_another_world_leaves_this_one_alone() -> None:
    """A mutant of additive maps says nothing of functions."""
    law = LAWS["CART-NAT"]
    assert not refutes(
        law, Mutant("functions", {"associator": LAWS["MON-COH"].mutants[0].methods["associator"]}, ""), 6
    )


def test_no_instances_are_no_evidence() -> None:
    verdict = exact(LAWS["CAT-UNIT"], "functions", engines.exact_engine(), engines.judge, [])
    assert verdict.strength is Strength.VACUOUS


# ------------------------------------------------------------------------------------------------ the report


def test_each_law_has_one_row_for_each_engine() -> None:
    report = Report()
    pairs = suite.cases(suite.law_names(), ["solver", "sympy"])
    suite.expect(report, pairs)
    rows = report.as_json()["verdicts"]
    assert len(rows) == 2 * len(LAWS) + len(AUDITS) + len(PROBES)  # the solver has no values to look at
    assert {row["verdict"] for row in rows} == {"not run"}
    assert {(row["law"], row["engine"]) for row in rows} == set(pairs)


def pytest_laws(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "laws", "-q", "-p", "no:cacheprovider", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


IEEE = "verified_cat.reference.ieee:NumpyEngine"
KEYS = {"law", "engine", "verdict", "method", "witnesses", "gap", "allowed", "example", "seconds"}


def test_rows_do_not_disappear_when_laws_are_deselected(tmp_path: Path) -> None:
    report = tmp_path / "new" / "report.json"
    named = ("--law", "CAT-UNIT,META-EQ", "--engine", f"sympy,{IEEE}")
    done = pytest_laws(*named, "--law-report", str(report), "-k", "sympy", "--profile", "smoke")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(report.read_text())
    assert set(found) >= {"schema", "environment", "verdicts"}
    assert found["schema"] == 1
    words = {(row["law"], row["engine"]): row["verdict"] for row in found["verdicts"]}
    assert words == {("CAT-UNIT", "sympy"): "exact", ("CAT-UNIT", IEEE): "not run", ("META-EQ", "suite"): "not run"}
    for row in found["verdicts"]:
        assert set(row) >= KEYS
    assert "deselected" in next(row for row in found["verdicts"] if row["engine"] == IEEE)["reason"]


REFUSED = [
    (("--law", "PARA-ASSOCC"), "PARA-ASSOC"),
    (("--engine", "torhc"), "torch"),
    (("--engine", "", "--law", "CAT-UNIT"), "--engine names nothing: ''"),
    (("--law", ","), "--law names nothing: ','"),
    (("--engine", "no_such_module:Engine", "--law", "CAT-UNIT"), "no_such_module"),
    (("--law-examples", "0", "--law", "CAT-UNIT"), "at least 1"),
    (("--law-examples", "many"), "invalid int value: 'many'"),
    (("--profile", "thorogh"), "did you mean thorough?"),
    (("--law-seed", "-1"), "--law-seed must be at least 0"),
    (("--law-seed", "one"), "invalid int value: 'one'"),
    (("--law-order", "x"), "invalid int value: 'x'"),
    (("--shard", "4/3"), "--shard is K/N with K from 1 to N, such as 3/16, not '4/3'"),
    (("--shard", "0/3"), "not '0/3'"),
    (("--shard", "a/b"), "not 'a/b'"),
    (("--shard", "1/-1"), "not '1/-1'"),
    (("--shard", "\u0663/16"), "--shard is K/N"),
    (("--isolate=soon",), "--isolate takes a number of seconds, as in --isolate=60, not 'soon'"),
    (("--isolate=0",), "not '0'"),
    (("--isolate=nan",), "not 'nan'"),
    (("--isolate=-1",), "not '-1'"),
]
ASKED = """
import json, sys, pytest
for options in json.loads(sys.argv[1]):
    code = pytest.main(["laws", "-q", "-p", "no:cacheprovider", *options])
    print("exit code", int(code), flush=True)
"""


@pytest.fixture(scope="module")
def answers() -> list[str]:
    """What is said to each of these options, up to its exit code; one process is asked all of them."""
    command = [sys.executable, "-c", ASKED, json.dumps([options for options, _ in REFUSED])]
    said = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    found = re.findall(r"(?ms).*?^exit code \d+$", said.stdout)
    assert len(found) == len(REFUSED), said.stdout
    return found


@pytest.mark.parametrize("number", range(len(REFUSED)), ids=[" ".join(options) for options, _ in REFUSED])
def test_what_is_not_known_is_refused_with_near_names(answers: list[str], number: int) -> None:
    said, hint = answers[number], REFUSED[number][1]
    assert said.endswith("exit code 4"), said
    assert hint in said
    assert "Traceback" not in said


def test_a_report_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = pytest_laws("--law", "CAT-UNIT", "--engine", "sympy", "--law-report", str(tmp_path / "file" / "report.json"))
    assert done.returncode == 4, done.stdout + done.stderr
    assert "cannot write" in done.stdout + done.stderr


def test_an_engine_of_ones_own_that_is_wrong_fails_the_run(tmp_path: Path) -> None:
    (tmp_path / "their_engine.py").write_text(
        "from verified_cat.reference.ieee import NumpyEngine\n"
        "class Engine(NumpyEngine):\n"
        "    def operation(self, operation):\n"
        "        right = super().operation(operation)\n"
        "        return (lambda x: 1.001 * right(x)) if operation.name == 'tanh' else right\n"
    )
    report = tmp_path / "report.json"
    options = ("--law", "GAD-UNARY,CAT-UNIT", "--engine", "their_engine:Engine", "--law-report", str(report))
    done = pytest_laws(*options, "-o", f"pythonpath=. {tmp_path}", "--profile", "smoke")
    assert done.returncode == 1, done.stdout + done.stderr
    rows = {row["law"]: row for row in json.loads(report.read_text())["verdicts"]}
    assert rows["CAT-UNIT"]["verdict"] == "sampled"
    assert rows["GAD-UNARY"]["verdict"] == "refuted"
    assert rows["GAD-UNARY"]["example"]["points"]
