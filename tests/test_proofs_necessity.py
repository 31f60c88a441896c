"""What proofs assume is needed: without it there is a small model in which the goal fails, evaluated by look-up."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from verified_cat.check import LAWS
from verified_cat.cli import main
from verified_cat.errors import DataError
from verified_cat.laws import suite
from verified_cat.objects import UNIT, Pair, Sort
from verified_cat.primitives import Symbol
from verified_cat.proofs import necessity, needed
from verified_cat.proofs.hypotheses import commutative_monoid, inverse_pair, right_inverse
from verified_cat.proofs.necessity import Search, assuming, checked, text
from verified_cat.proofs.needed import EASE, stored
from verified_cat.proofs.obligations import Goal, quantified, traced
from verified_cat.proofs.running import tasks
from verified_cat.proofs.small_models import NARROW, Question, SmallModel, askable, symbols_of
from verified_cat.proofs.smtlib import Formula, smtlib
from verified_cat.proofs.solvers import ChildSolver, Outcome, default_solvers
from verified_cat.proofs.worlds import OpaqueFunctions

suite.load()
STORED = stored()
ASKED = [(law, world) for law, world in tasks() if not LAWS[law].without_solver]

needs_both = pytest.mark.skipif(
    importlib.util.find_spec("cvc5") is None,
    reason="not run: cvc5 not installed (pip install verified-cat[solvers])",
)
A, B = Sort("A"), Sort("B")
F = OpaqueFunctions()
THERE, BACK = Symbol("there", A, B), Symbol("back", B, A)
INVERSE = {each.name: quantified(each) for each in inverse_pair(THERE, BACK).members}


@pytest.fixture
def finder() -> Iterator[ChildSolver]:
    solver = ChildSolver("z3", steps=necessity.STEPS)
    yield solver
    solver.close()


def round_trip() -> Formula:
    """back(there(x)) = x."""
    return traced(Goal(F.compose(F.generator(THERE), F.generator(BACK)), F.identity(A)), "x")


# ------------------------------------------------------------------------------------------------ what is stored


def test_every_stored_model_holds_today_and_none_is_lacking() -> None:
    found = list(checked(ASKED, STORED))
    assert [each.line() for each in found if not each.stands] == []
    assert len(found) == sum(map(len, STORED.values())) >= 300


def test_what_only_helps_a_solver_is_rare_and_the_certificate_does_without() -> None:
    eased = [each for each in checked([("CONT-ADDITIVE", "cont")], STORED) if each.eased]
    assert len(eased) == sum(row == EASE for rows in STORED.values() for row in rows.values()) == 2
    assert all("not needed by the certificate" in each.line() for each in eased)


def test_what_is_said_to_help_where_there_is_no_certificate_is_noticed() -> None:
    nowhere = necessity._eased(necessity.Assuming("L-FUNCT", "para over D", 99, round_trip(), {}), "x = y")
    assert not nowhere.stands
    assert "NO CERTIFICATE" in nowhere.line()


def test_every_stored_goal_is_one_of_today() -> None:
    today = {one.key for law, world in ASKED for one in assuming(law, world)}
    assert set(STORED) == today
    assert len(today) > 100


def test_the_file_is_small_and_written_as_it_is_read() -> None:
    assert needed.FILE.stat().st_size < 200_000
    assert text(STORED) == needed.FILE.read_text("utf-8")


def _goal(law: str, world: str, number: int) -> necessity.Assuming:
    return next(one for one in assuming(law, world) if one.number == number)


@needs_both
@pytest.mark.parametrize(
    ("law", "world", "number"), [("L-FUNCT", "para over D", 0), ("GAD-BASE", "forward", 8), ("MON-FUNCT", "cont", 0)]
)
def test_what_is_needed_is_enough(law: str, world: str, number: int) -> None:
    one = _goal(law, world, number)
    kept = [one.hypotheses[name] for name in STORED[one.key]]
    assert {solver.check(smtlib(kept, [one.goal])).answer for solver in default_solvers()} == {"unsat"}


def test_composition_of_l_needs_the_right_inverse_alone() -> None:
    assert list(STORED["L-FUNCT | para over D | 0"]) == ["e(b, inverse(b, v)) = v on B"]


def test_a_model_of_another_goal_is_noticed() -> None:
    (name, row), *_ = STORED["L-FUNCT | para over D | 0"].items()
    wide, point, tables = row
    wrong: list[Any] = [
        None,
        "garbage",
        [wide, point, ""],
        [wide, point, "0 " * len(tables.split())],
        [wide, 1 << 40, tables],
        [wide, -1, tables],
    ]
    for each in wrong:
        found, *_ = checked([("L-FUNCT", "para over D")], {"L-FUNCT | para over D | 0": {name: each}})
        assert not found.values
        assert found.why


def test_what_is_not_stored_or_not_assumed_is_said() -> None:
    lacking, *_ = checked([("L-FUNCT", "para over D")], {})
    strange, *_ = checked([("L-FUNCT", "para over D")], {lacking.key: {"x = y": None}})
    assert "nothing is stored" in lacking.line().lower()
    assert "does not assume" in strange.why


def test_the_command_reads_and_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    said = CliRunner().invoke(main, ["proofs", "--necessity", "--law", "L-FUNCT"])
    assert said.exit_code == 0, said.output
    assert "2 hypotheses of goals shown necessary, 0 not shown" in said.output
    monkeypatch.setattr(needed, "stored", dict)
    said = CliRunner().invoke(main, ["proofs", "--necessity", "--law", "L-FUNCT"])
    assert said.exit_code == 1
    assert "NOTHING IS STORED" in said.output


@pytest.mark.parametrize("written", ["", "[]", '{"a": 1}'])
def test_what_is_no_file_of_ours_is_refused(written: str, tmp_path: Any) -> None:
    file = tmp_path / "models.json"
    file.write_text(written)
    with pytest.raises(DataError, match=r"models\.json"):
        stored(file)


# ------------------------------------------------------------------------------------------------ searching


@needs_both
def test_what_is_not_needed_is_dropped(finder: ChildSolver) -> None:
    more = (*commutative_monoid(A).members, *right_inverse(B).members)
    assumed = INVERSE | {each.name: quantified(each) for each in more}
    models = Search(round_trip(), assumed, default_solvers(), finder).run()
    assert list(models) == ["back(there(x)) = x"]
    assert models["back(there(x)) = x"] is not None


@needs_both
def test_where_the_goal_follows_there_is_no_model(finder: ChildSolver) -> None:
    question = Question(list(INVERSE.values()), round_trip(), NARROW)
    assert question.model([], finder) is None
    assert question.model([0, 1], finder) is not None


@needs_both
def test_on_two_values_one_inverse_makes_the_other_and_four_are_no_more(finder: ChildSolver) -> None:
    """Finite maps that are inverse on one side, between sorts of one size, are inverse on both."""
    for wide in (NARROW, frozenset("AB")):
        assert Question(list(INVERSE.values()), round_trip(), wide).model([0], finder) is None


def _model(back: int) -> SmallModel:
    """there is the identity of {0, 1}; the rows of back are the digits of the number."""
    return SmallModel(NARROW, 0, (0b01, back))


def test_tables_are_evaluated_without_a_solver() -> None:
    goal = round_trip()
    symbols = symbols_of([goal])
    assert [name for name, _, _ in symbols] == ["there", "back"]
    assert _model(0b10).refutes(goal, symbols)
    assert not _model(0b10).holds(goal, symbols)
    assert not _model(0b00).refutes(goal, symbols)  # at 0 it holds
    assert not _model(0b00).holds(goal, symbols)  # at 1 it fails
    assert _model(0b01).holds(goal, symbols)


def test_a_solver_that_lies_is_not_believed() -> None:
    class Liar:
        name = "liar"

        def __init__(self, said: str) -> None:
            self.said = said

        def check(self, text: str, *, quick: bool = False) -> Outcome:
            return Outcome(self.name, "sat", "", 0.0, self.said)

    question = Question([], round_trip(), NARROW)
    identities = "".join(f"(define-fun c{k}_1_0 () Bool true)" for k in (0, 1))
    assert question.model([], Liar(identities)) is None
    swapped = "(define-fun c0_1_0 () Bool true)(define-fun c1_0_0 () Bool\n  true)"
    assert question.model([], Liar(swapped)) == _model(0b10)


def test_what_is_too_large_is_not_asked() -> None:
    many = Symbol("many", Pair(Pair(Pair(A, A), Pair(A, A)), Pair(Pair(A, A), Pair(A, UNIT))), A)
    goal = traced(Goal(F.generator(many), F.generator(Symbol("other", many.dom, A))), "x")
    assert askable([goal], NARROW)
    assert not askable([goal], frozenset("A"))
    assert askable([goal], frozenset("B"))
