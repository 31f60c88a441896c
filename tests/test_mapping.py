"""Whether a compiled step is the map of its terms: what is read as free, what is told, and in which words."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
pytest.importorskip("flint", reason="not run: python-flint not installed (pip install verified-cat[balls])")

from verified_cat import interpreting, mapping, primitives  # noqa: E402
from verified_cat.errors import MissingExtra, MissingOperation  # noqa: E402
from verified_cat.gpu import games  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.games import GameStep  # noqa: E402
from verified_cat.gpu.step import Step  # noqa: E402
from verified_cat.gpu.storage import allocate  # noqa: E402
from verified_cat.loss import QUADRATIC  # noqa: E402
from verified_cat.mapping import Map, layout, mapped, names_of, places_of, terms_at  # noqa: E402
from verified_cat.networks import Objective  # noqa: E402
from verified_cat.objects import Pair, space  # noqa: E402
from verified_cat.optimiser import adam, gradient_descent, momentum  # noqa: E402
from verified_cat.players import alternating, round_of, simultaneous  # noqa: E402
from verified_cat.reference.modular import ModularEngine  # noqa: E402
from verified_cat.report import Strength  # noqa: E402
from verified_cat.terms import Discard, Pairing, Term  # noqa: E402

PLANE = space(2)
DATA = (torch.tensor([0.5, -1.0], dtype=torch.float64),)


def step(curved: bool = False, rule: Any = None) -> Step:
    """Descent of half of |p - d|², or of |tanh p - d|²."""
    return stepping(primitives.tanh((2,)) if curved else primitives.scale(1, (2,)), rule)


def stepping(model: Term, rule: Any = None) -> Step:
    """Descent of half of |f(p) - d|² from p = (1, 2)."""
    whole = (model @ primitives.scale(1, (2,))) >> QUADRATIC.total(PLANE)
    made = Step(Objective(PLANE, PLANE, whole), rule or gradient_descent(Fraction(1, 2)), TorchEngine("float64"))
    made.start({"p": [1.0, 2.0]})
    return made


def look(made: Step) -> Map:
    return mapped(made, DATA, Random(0), 2)


def test_rational_steps_have_no_free_functions() -> None:
    assert (
        look(step()) == Map(Strength.SAMPLED) and look(step(rule=momentum(Fraction(1, 2), Fraction(1, 3)))).free == ()
    )


def test_other_functions_are_read_as_free_ones() -> None:
    found = look(step(curved=True))
    assert found.verdict is Strength.SAMPLED and "tanh" in found.free and found.free == tuple(sorted(found.free))
    assert (found.findings, found.reasons) == ((), ())


def test_outputs_in_words_and_their_places() -> None:
    made = step(rule=momentum(Fraction(1, 2), Fraction(1, 3)))
    assert names_of(made) == ["state 0", "state 1", "the loss"] and places_of(made) == [0, 1]
    assert names_of(step()) == ["state 0", "the loss"]


def test_temporaries_are_where_the_emitted_program_has_them() -> None:
    made = step(curved=True)
    found = layout(made)
    assert found.entries == made.emitted.arena and found.offsets
    assert all(0 <= offset < found.entries for offset in found.offsets.values())


@pytest.mark.parametrize(
    ("fault", "verdict", "findings", "reasons"),
    [
        (MissingOperation("no such thing"), Strength.NOT_RUN, (), ("no such thing",)),
        (KeyError("x"), Strength.REFUTED, ("the plan cannot be run: KeyError: 'x'",), ()),
    ],
)
def test_plans_that_cannot_be_run(
    fault: Exception, verdict: Strength, findings: Any, reasons: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise fault

    monkeypatch.setattr("verified_cat.mapping.run", broken)
    assert look(step()) == Map(verdict, (), findings, reasons)


def test_a_schedule_that_is_another_map_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of rational maps a difference is certain; else the enclosures at the state have to lie apart."""

    def astray(*given: Any) -> Any:
        state, results = interpreting.run(*given)
        return [value + value for value in state], results

    monkeypatch.setattr("verified_cat.mapping.run", astray)
    found = look(step())
    assert found.verdict is Strength.REFUTED and found.reasons == () and len(found.findings) == 1
    assert found.findings[0].startswith("the schedule is not the program: state 0 differs modulo ")
    curved = look(step(curved=True))
    assert curved.verdict is Strength.REFUTED and "tanh" in curved.free
    assert curved.findings[-1] == "state 0 lies apart from its enclosure"


def test_outputs_that_agree_do_not_lie_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a velocity, parameters and a loss, with a constant in the schedule, the velocity alone is made wrongly."""

    def astray(*given: Any) -> Any:
        (velocity, point), results = interpreting.run(*given)
        return [velocity + velocity, point], results

    shift = primitives.constant((2,), Fraction(1, 3), Fraction(-2))
    model = Pairing(primitives.tanh((2,)), Discard(PLANE) >> shift) >> primitives.add((2,))
    made = stepping(model, momentum(Fraction(1, 2), Fraction(1, 3)))
    assert list(made.plan.constants.values()) == [(Fraction(1, 3), Fraction(-2))] and look(made).findings == ()
    monkeypatch.setattr("verified_cat.mapping.run", astray)
    found = look(made)
    assert (found.verdict, found.free, found.reasons) == (Strength.REFUTED, ("tanh",), ())
    assert found.findings[0].startswith("the schedule is not the program: state 0 differs modulo ")
    assert found.findings[1:] == ("state 0 lies apart from its enclosure",)


def test_a_step_that_is_one_term_is_held_against_that_term() -> None:
    """A round of a game: both players at their old places, or the second after the first."""
    engine = TorchEngine("float64")
    made = GameStep(games.game(), alternating, engine)
    made.start({"x": [1.0] * games.SIZE, "y": [1.0] * games.SIZE})
    data = tuple(torch.as_tensor(each) for each in games.instance(0))
    before: list[Any] = made.saved()
    costs, after = made.step(*data).tolist(), made.saved()
    state, paid = terms_at(made, engine, before, list(data))
    assert np.asarray(paid).tolist() == pytest.approx(costs, rel=1e-12)
    for new, same in zip(state, after, strict=True):
        assert new.tolist() == pytest.approx(same.tolist(), rel=1e-12)
    assert mapped(made, data, Random(0), 2) == Map(Strength.SAMPLED)
    made.whole = round_of(games.game(), simultaneous)
    found = mapped(made, data, Random(0), 2)
    assert (found.verdict, found.free, len(found.findings)) == (Strength.REFUTED, (), 1)
    assert found.findings[0].startswith("the program is not its terms: leaf 1 of the state differs modulo ")


def test_a_program_that_is_not_its_terms_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    right = mapping.terms_at

    def astray(*given: Any) -> Any:
        state, loss = right(*given)
        return state, np.asarray(loss + loss)

    monkeypatch.setattr(mapping, "terms_at", astray)
    found = look(step())
    assert found.verdict is Strength.REFUTED
    assert found.findings[0].startswith("the program is not its terms: the loss differs modulo ")
    assert look(step(curved=True)).findings[-1] == "the loss lies apart from its enclosure"

    def moved(*given: Any) -> Any:
        (point,), loss = right(*given)
        return [point + point], loss

    monkeypatch.setattr(mapping, "terms_at", moved)
    found = look(step(curved=True))
    assert found.findings[0].startswith("the program is not its terms: leaf 0 of the state differs modulo ")
    assert found.findings[1:] == ("leaf 0 of the state lies apart from its enclosure",)


def test_a_difference_of_free_functions_alone_stays_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the enclosures at the state do not lie apart, or cannot be made, nothing is refuted."""

    def astray(plan: Any, memory: Any, engine: Any, *given: Any) -> Any:
        state, results = interpreting.run(plan, memory, engine, *given)
        return ([value + value for value in state] if isinstance(engine, ModularEngine) else state), results

    monkeypatch.setattr("verified_cat.mapping.run", astray)
    found = look(step(curved=True))
    assert (found.verdict, found.findings) == (Strength.UNDECIDED, ()) and "tanh" in found.free
    assert found.reasons[0].startswith("the schedule is not the program: state 0 differs modulo ")
    assert found.reasons[-1] == "enclosures at this state do not lie apart" and len(found.reasons) == 2

    def missing(*_: Any) -> Any:
        raise MissingExtra("no balls here")

    monkeypatch.setattr(mapping, "_apart", missing)
    bare = look(step(curved=True))
    assert (bare.verdict, bare.reasons[-1]) == (Strength.UNDECIDED, "no balls here") and bare.free == found.free


def test_a_plan_that_is_unlawful_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verified_cat.mapping.unlawful", lambda plan, storage: ["two at one place"])
    assert look(step()) == Map(Strength.REFUTED, findings=("two at one place",))


def test_results_after_the_loss_have_their_numbers() -> None:
    made: Any = SimpleNamespace(plan=SimpleNamespace(results=("loss", "one", "two"), states=2))
    assert names_of(made) == ["state 0", "state 1", "the loss", "result 1", "result 2"]


def test_temporaries_of_a_step_that_is_not_python_are_where_they_are_planned() -> None:
    plan = step(curved=True).plan
    made: Any = SimpleNamespace(plan=plan, emitted=None)
    assert layout(made) == allocate(plan) and layout(made).offsets


def test_leaves_that_are_kept_as_one_have_to_start_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parameters have a place of their own, whatever the rule's state starts from; two counters may share one."""
    two = Pair(PLANE, PLANE)
    made = Step(Objective(two, two, QUADRATIC.total(two)), adam(Fraction(1, 2)), TorchEngine("float64"))
    made.start({"p": [1.0, 2.0], "q": [3.0, 4.0]})
    places = places_of(made)
    assert len(places) == len(set(places)) + 2
    assert mapped(made, (*DATA, *DATA), Random(0), 1) == Map(Strength.SAMPLED, ("sqrt",))
    monkeypatch.setattr(mapping, "places_of", lambda made: [0, 0])
    wrong = "leaves 0 and 1 of the state are kept as one, and do not start equal"
    assert look(step(rule=momentum(Fraction(1, 2), Fraction(1, 3)))) == Map(Strength.REFUTED, findings=(wrong,))
