"""Smoke laws: broken engines are stopped in one line, with the law and its example, in any order of asking."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from verified_cat.errors import MissingOperation
from verified_cat.laws import engines, smoke, suite
from verified_cat.laws.known import Known
from verified_cat.laws.profiles import effort
from verified_cat.laws.running import Plan, Runner
from verified_cat.reference.ieee import NumpyEngine
from verified_cat.report import HOLDS, Strength

suite.load()
FEW = effort("smoke")
SOME = ("ADD-JAM", "D-RULES", "CAT-ASSOC", "CAT-UNIT")


class Changed(NumpyEngine):
    """The NumPy engine with what ``change`` makes of the values of one operation."""

    replaced = "add"

    def operation(self, operation: Any) -> Any:
        right = super().operation(operation)
        return (lambda x: self.change(right(x))) if operation.name == self.replaced else right

    def change(self, value: Any) -> Any:
        return value


class Halved(NumpyEngine):
    """Numbers come out as half of what went in."""

    def lower(self, ob: Any, value: Any) -> Any:
        found = super().lower(ob, value)
        return _halves(found)


def _halves(value: Any) -> Any:
    return tuple(map(_halves, value)) if isinstance(value, tuple) else value / 2


class Flat(Changed):
    """Sums lose their shape."""

    def change(self, value: Any) -> Any:
        return value.ravel()[:1]


class NotANumber(Changed):
    """Sums are NaN."""

    def change(self, value: Any) -> Any:
        return value * float("nan")


class Text(Changed):
    """Sums are text."""

    def change(self, value: Any) -> Any:
        return "a sum"


class Raises(Changed):
    """Sums raise."""

    def change(self, value: Any) -> Any:
        raise RuntimeError("no sums today")


class Counting(Changed):
    """Sums grow with each call."""

    calls = 0

    def change(self, value: Any) -> Any:
        self.calls += 1
        return value * self.calls


class Writes(NumpyEngine):
    """Minus writes over its argument."""

    def operation(self, operation: Any) -> Any:
        right = super().operation(operation)

        def run(x: Any) -> Any:
            found = right(x)
            x *= 2
            return found

        return run if operation.name == "negate" else right


class Sumless(NumpyEngine):
    """No sums, which is no refutation."""

    def operation(self, operation: Any) -> Any:
        if operation.name == "add":
            raise MissingOperation("no sums here")
        return super().operation(operation)


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    def make(engine: type, **known: Known) -> Runner:
        monkeypatch.setitem(engines.ENGINES, engine.__name__, engine)
        engines.engine.cache_clear()
        return Runner(Plan(SOME, (engine.__name__,), FEW), known)

    yield make
    engines.engine.cache_clear()


@pytest.mark.parametrize(
    ("engine", "law", "says"),
    [
        (Halved, "ENGINE-ROUND", "comes back as"),
        (Flat, "ENGINE-SHAPE", "add[()]: raised DataError: a value of R has the shape ()"),
        (NotANumber, "ENGINE-SHAPE", "add[()]: a value of R comes out with numbers that are not finite"),
        (Text, "ENGINE-SHAPE", "add[()]: raised "),
        (Raises, "ENGINE-SHAPE", "add[()]: raised RuntimeError: no sums today"),
        (Counting, "ENGINE-TWICE", "add[()]: first ["),
        (Writes, "ENGINE-TWICE", "negate[()]: what it was given changes from [0.125] to "),
    ],
)
@pytest.mark.parametrize("laws", [SOME, SOME[::-1]], ids=["in order", "in reverse"])
def test_a_broken_engine_is_stopped_by_the_first_smoke_law_that_it_breaks(
    runner: Any, engine: type, law: str, says: str, laws: tuple[str, ...]
) -> None:
    found = runner(engine)
    name = engine.__name__
    for each in laws:
        row = found.row(each, name)
        assert (row.strength, row.blocked_by) == (Strength.NOT_RUN, law)
        assert row.strength not in HOLDS
        assert row.reason.startswith(f"blocked by {law}: ") and says in row.reason
        assert "\n" not in row.reason and len(row.reason) < 600
    own = found.row(law, name)
    assert own.strength is Strength.REFUTED and says in own.example[0] and not own.blocked_by


@pytest.mark.parametrize("engine", [NumpyEngine, Sumless])
def test_an_engine_that_is_right_is_stopped_by_nothing(runner: Any, engine: type) -> None:
    """A missing operation is no refutation."""
    found = runner(engine)
    assert found.stopped(engine.__name__) is None
    for law in smoke.PROBES:
        assert found.row(law, engine.__name__).strength is Strength.SAMPLED


def test_units_are_a_smoke_law(monkeypatch: pytest.MonkeyPatch, runner: Any) -> None:
    """What stops an engine by a law of composition has the instance at which it fails."""
    refuted = smoke.verdict("CAT-UNIT", "sympy")[1]
    wrong = replace(refuted, strength=Strength.REFUTED, example={"law": "CAT-UNIT", "text": {"f": "tanh : R → R"}})
    right = smoke.verdict
    monkeypatch.setattr(smoke, "verdict", lambda law, of: ("functions", wrong) if law == "CAT-UNIT" else right(law, of))
    row = runner(NumpyEngine).row("D-RULES", "NumpyEngine")
    assert row.reason == "blocked by CAT-UNIT: f = tanh : R → R"


def test_a_smoke_law_that_is_known_to_fail_stops_nothing(runner: Any) -> None:
    known = Known("ENGINE-TWICE", "it counts", Path("none"))
    found = runner(Counting, **{"ENGINE-TWICE": known})
    assert found.stopped("Counting") is None or found.stopped("Counting").law != "ENGINE-TWICE"


def test_the_solver_and_the_audits_have_no_smoke_laws() -> None:
    found = Runner(Plan(SOME, ("solver",), FEW))
    assert found.stopped("solver") is None and found.stopped(suite.SUITE) is None
    assert found.row("META-EQ", suite.SUITE).strength is Strength.EXACT
    assert ("ENGINE-ROUND", "solver") not in suite.cases(suite.law_names(), ["solver", "sympy"])
    assert ("ENGINE-ROUND", "sympy") in suite.cases(suite.law_names(), ["solver", "sympy"])
