"""Laws and audits that check nothing, planted: each has to come out vacuous or refuted, or be refused outright.

Every case names how it would lie. None may come out as evidence, and none may break off as an error of ours.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import hypothesis
import pytest

from verified_cat.audits import Audit
from verified_cat.check import LAWS, Bitwise, Counterexample, Law
from verified_cat.draw import Style
from verified_cat.equation import Equation
from verified_cat.errors import UsageError
from verified_cat.functions import Functions
from verified_cat.laws import engines, meta, smoke, suite
from verified_cat.laws.profiles import effort
from verified_cat.objects import UNIT, space
from verified_cat.primitives import constant, scale_on
from verified_cat.reference.ieee import NumpyEngine
from verified_cat.report import HOLDS, Strength
from verified_cat.sampling import sampled
from verified_cat.terms import Discard, Identity
from verified_cat.worlds import Mutant

suite.load()

FEW = effort("smoke")
Outcome = Strength | list[str]


def late(functions: Any, f: Any, g: Any) -> Any:
    """The composite with an identity put in: no change at all."""
    return Functions.compose(functions, f, Functions.compose(functions, functions.identity(g.dom), g))


def doubled(functions: Any, f: Any, g: Any) -> Any:
    """A wrong composite, twice what it should be."""
    whole = Functions.compose(functions, f, g)
    return Functions.compose(functions, whole, functions.meaning(scale_on(2, g.cod)))


WRONG = Mutant("functions", {"compose": doubled}, "twice the composite")


def planted(state: Callable[..., Any], given: str = "f : A -> B; g : B -> C", **changes: Any) -> Law:
    """A law of functions that nothing is wrong with but what it states."""
    basis = Law(
        "PLANTED", "", "planted", "here", given, ("functions",), "strict", (WRONG,), state, style=Style("any", 1)
    )
    return replace(basis, **changes)


def judged(monkeypatch: pytest.MonkeyPatch, stated: Law, engine: type = NumpyEngine) -> Strength:
    """The word of a law by draws; it has to be the same in the exact engine where both can be asked."""
    monkeypatch.setitem(LAWS, "PLANTED", stated)
    monkeypatch.setitem(engines.ENGINES, "planted", engine)
    engines.engine.cache_clear()
    found = suite.row("PLANTED", "planted", FEW).strength
    engines.engine.cache_clear()
    if engine is NumpyEngine:
        assert suite.row("PLANTED", engines.EXACT, FEW).strength not in HOLDS
    return found


def unkilled(monkeypatch: pytest.MonkeyPatch, stated: Law) -> list[str]:
    """What META-MUT says of a law: the mutants that it does not refute."""
    monkeypatch.setattr(meta, "LAWS", {"PLANTED": stated})
    return meta.every_law_refutes_its_mutants()[1]


# ------------------------------------------------------------------------------------------------ draws


def only_the_unit(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """Both sides end in 1, where all maps are equal."""
    one = Discard(space(2))
    return judged(monkeypatch, planted(lambda world: Equation(one, one), ""))


def only_the_empty_space(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """Both sides end in R[0], which has one value."""
    empty = space(0)
    return judged(monkeypatch, planted(lambda world: Equation(Identity(empty), scale_on(2, empty)), ""))


def every_draw_is_returned_from(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """`if the objects are unusual: state the law`, and they never are."""

    def state(world: Any, f: Any, g: Any) -> Any:
        if f.dom == space(17, 17):
            yield Equation(f, world.category.compose(f, g))

    return judged(monkeypatch, planted(state))


def every_draw_is_assumed_away(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """Hypothesis is told to throw every instance away."""

    def state(world: Any, f: Any, g: Any) -> Any:
        hypothesis.assume(False)
        return Equation(f, g)

    stated = planted(state)
    return sampled(stated, "functions", NumpyEngine(), engines.bounds_for("float64"), 6).strength


def no_equation(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """A law that yields nothing."""
    return judged(monkeypatch, planted(lambda world, f, g: iter(())))


def a_failure_is_swallowed(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """The law computes, catches what goes wrong, and states nothing."""

    def state(world: Any, f: Any, g: Any) -> Any:
        try:
            yield Equation(world.category.compose(g, g.no_such_part), g)
        except AttributeError:
            return

    return judged(monkeypatch, planted(state))


def a_minimum_of_zero(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """No witness is asked for, so that none is enough."""
    return judged(monkeypatch, planted(lambda world, f, g: iter(()), minimum=0))


def stated_nowhere(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """There is no world in which the law would be tried."""
    return judged(monkeypatch, planted(lambda world, f, g: Equation(f, f), worlds=()))


# ------------------------------------------------------------------------------------------------ comparisons


def bounds_are_infinite(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """1 = 2 within any bound there is."""

    class Generous:
        """The engine of bounds that allows everything."""

        def __getattr__(self, name: str) -> Any:
            return getattr(engines.bounds_for("float64"), name)

        def bound(self, ob: Any, value: Any) -> Any:
            leaves = engines.bounds_for("float64").bound(ob, value)
            return _mapped(leaves, lambda number: math.inf)

    stated = planted(lambda world: Equation(constant((2,), 1), constant((2,), 2)), "")
    assert sampled(stated, "functions", NumpyEngine(), engines.bounds_for("float64"), 15).strength is Strength.REFUTED
    return sampled(stated, "functions", NumpyEngine(), Generous(), 15).strength


def nan_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """Both sides are NaN, and nothing is said of either."""

    class Nothing(NumpyEngine):
        def lower(self, ob: Any, value: Any) -> Any:
            return _mapped(super().lower(ob, value), lambda number: math.nan)

    return judged(monkeypatch, planted(lambda world, f, g: Equation(f, f)), Nothing)


def numbers_that_equal_all_others(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """An engine whose numbers say == of everything: f = 2 f."""

    class Agreeable(NumpyEngine):
        def lower(self, ob: Any, value: Any) -> Any:
            return _mapped(super().lower(ob, value), Yes)

    def state(world: Any, f: Any, g: Any) -> Any:
        functions = world.source.functions
        return Equation(f, functions.compose(f, functions.meaning(scale_on(2, f.cod))))

    return judged(monkeypatch, planted(state), Agreeable)


class Yes(float):
    """A number that equals everything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


def every_value_is_the_same(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """An engine that shows zeros, whatever it computed."""

    class Zeros(NumpyEngine):
        def lower(self, ob: Any, value: Any) -> Any:
            return _mapped(super().lower(ob, value), lambda number: 0.0)

    return smoke.PROBES["ENGINE-ROUND"].verdict(Zeros()).strength


def a_side_without_entries(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """An engine that shows no entries at all, so that none can differ."""

    class Blind(NumpyEngine):
        def lower(self, ob: Any, value: Any) -> Any:
            return _mapped(super().lower(ob, value), None)

    return judged(monkeypatch, planted(lambda world, f, g: Equation(f, f)), Blind)


def a_counterexample_that_is_none(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """A law that something fails, at a point where it holds."""
    state = lambda world: Counterexample(Equation(Identity(space(1)), Identity(space(1))), (Fraction(1),))  # noqa: E731
    return judged(monkeypatch, planted(state, "", negative=True, equality="strict failure"))


def a_failure_without_a_point(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """A law that something fails, and no point at all."""
    return judged(monkeypatch, planted(lambda world: iter(()), "", negative=True, equality="strict failure"))


def _mapped(value: Any, change: Callable[[Any], Any] | None) -> Any:
    """The entries of every leaf changed; none left where ``change`` is None."""
    if isinstance(value, tuple) and all(isinstance(each, tuple) for each in value):
        return tuple(_mapped(each, change) for each in value)
    return () if change is None else tuple(map(change, value))


# ------------------------------------------------------------------------------------------------ mutants


def x_is_x(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """Both sides are the same construction: right or wrong, they agree."""

    def state(world: Any, f: Any, g: Any) -> Any:
        return Equation(world.category.compose(f, g), world.category.compose(f, g))

    return unkilled(monkeypatch, planted(state))


def constants_alone(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """Both sides are 1, and never meet what the law is about."""
    one = constant((), 1)
    assert one.dom == UNIT
    return unkilled(monkeypatch, planted(lambda world, f, g: Equation(one, one)))


def a_mutant_that_is_right(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """The wrong implementation is not wrong."""
    harmless = Mutant("functions", {"compose": late}, "an identity is put in")
    return unkilled(monkeypatch, replace(LAWS["CAT-ASSOC"], mutants=(harmless,)))


def a_mutant_of_another_part(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """What is broken is not what the law calls."""
    elsewhere = Mutant("functions", {"swap": Functions.swap}, "swap")
    return unkilled(monkeypatch, replace(LAWS["CAT-ASSOC"], mutants=(elsewhere,)))


def no_mutant(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """Nothing wrong that the law would have to refute."""
    return unkilled(monkeypatch, replace(LAWS["CAT-ASSOC"], mutants=()))


def a_mutant_that_only_crashes(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """A wrong implementation that raises is refuted by any law at all."""

    def raises(functions: Any, f: Any, g: Any) -> Any:
        return functions.arrow(f.dom, g.cod, lambda x: 1 / 0)

    crash = Mutant("functions", {"compose": raises}, "it raises")
    floats = planted(lambda world, f, g: Bitwise(Equation(world.category.compose(f, g), world.category.compose(f, g))))
    return unkilled(monkeypatch, replace(floats, mutants=(crash,), equality="bitwise", floats="it is about rounding"))


# ------------------------------------------------------------------------------------------------ audits


def an_audit_of_nothing(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """There was nothing to look at, and nothing was wrong with it."""
    return Audit("PLANTED", "", "", "", lambda: (0, []), {"a fault": lambda: ["it"]}).verdict().strength


def an_audit_that_misses_what_is_planted(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """All is well, the planted fault too."""
    return Audit("PLANTED", "", "", "", lambda: (9, []), {"a fault": lambda: []}).verdict().strength


def an_audit_that_misses_one_of_two(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """One planted fault is noticed, the other is not."""
    faults = {"a fault": lambda: ["it"], "another": lambda: iter(())}
    return Audit("PLANTED", "", "", "", lambda: (9, []), faults).verdict().strength


def an_audit_that_plants_nothing(monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """All is well, and no fault was planted: it might notice none."""
    return Audit("PLANTED", "", "", "", lambda: (9, []), {}).verdict().strength


PLANTED = (
    *(only_the_unit, only_the_empty_space, every_draw_is_returned_from, every_draw_is_assumed_away, no_equation),
    *(a_failure_is_swallowed, a_minimum_of_zero, stated_nowhere, bounds_are_infinite, nan_on_both_sides),
    *(numbers_that_equal_all_others, every_value_is_the_same, a_side_without_entries, a_counterexample_that_is_none),
    *(a_failure_without_a_point, x_is_x, constants_alone, a_mutant_that_is_right, a_mutant_of_another_part, no_mutant),
    *(a_mutant_that_only_crashes, an_audit_of_nothing, an_audit_that_misses_what_is_planted),
    *(an_audit_that_misses_one_of_two, an_audit_that_plants_nothing),
)


@pytest.mark.parametrize("case", PLANTED, ids=lambda case: case.__name__)
def test_what_checks_nothing_is_caught(monkeypatch: pytest.MonkeyPatch, case: Callable[..., Outcome]) -> None:
    try:
        found = case(monkeypatch)
    except UsageError as refused:
        assert "PLANTED" in str(refused)
        return
    if isinstance(found, Strength):
        assert found in (Strength.VACUOUS, Strength.REFUTED)
    else:
        assert found, "META-MUT finds nothing wrong with it"


def test_the_harness_tells_a_law_that_checks_something(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same steps with a law that nothing is wrong with: it holds, and its mutant dies."""
    sound = planted(lambda world, f, g: Equation(world.category.compose(f, world.category.identity(f.cod)), f))
    assert unkilled(monkeypatch, sound) == []
    monkeypatch.setitem(LAWS, "PLANTED", sound)
    assert suite.row("PLANTED", engines.EXACT, FEW).strength is Strength.EXACT
    assert suite.row("PLANTED", "examples.numpy_engine:NumpyEngine", FEW).strength is Strength.SAMPLED
    assert smoke.PROBES["ENGINE-ROUND"].verdict(NumpyEngine()).strength is Strength.SAMPLED
    assert len(PLANTED) >= 20
