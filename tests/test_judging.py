"""How instances are counted and judged, on numbers and for all inputs at once: the exact figures of each verdict."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

from verified_cat import check, sampling
from verified_cat.check import Bitwise, Counterexample, Law
from verified_cat.comparing import Comparison
from verified_cat.deciding import exact
from verified_cat.draw import Style, seeded
from verified_cat.equation import Equation
from verified_cat.errors import BoundaryError, DataError, MissingOperation, UsageError
from verified_cat.functions import Arrow, Functions
from verified_cat.held import Unstated
from verified_cat.objects import SCALAR, UNIT, Pair, space
from verified_cat.portable import encode_exact, encode_object, encode_term
from verified_cat.primitives import add, constant, negate, relu, scale
from verified_cat.reference.rounding import RoundingEngine
from verified_cat.report import Strength, Verdict
from verified_cat.sampling import EngineRaised, Tally, instances_of, lacking_in, replay, sampled, seen
from verified_cat.terms import Discard, Identity, Pairing, Swap, Term
from verified_cat.worlds import Draws, Mutant, World, drawing

BOUNDS = RoundingEngine("float64")
Make = Callable[..., Any]


def stated(state: Callable[..., Any], given: str = "", **options: Any) -> Law:
    named = {"name": "TEST", "title": "test", "statement": "", "source": "", "worlds": ("functions",), "mutants": ()}
    return Law(**named | {"equality": "strict", "given": given, "state": state} | options)  # type: ignore[arg-type]


def equation(left: Term, right: Term) -> Callable[[World], Equation[Any]]:
    return lambda w: Equation(w.source.functions.meaning(left), w.source.functions.meaning(right))


SWAPPED = stated(equation(add(()), Swap(SCALAR, SCALAR) >> add(())))
WRONG = stated(equation(add(()), add(()) >> negate(())))
NEVER = stated(equation(add(()), Pairing(add(()), Discard(Pair(SCALAR, SCALAR)) >> constant((), 1)) >> add(())))
EMPTY = stated(equation(Identity(UNIT), Identity(UNIT)))


# ------------------------------------------------------------------------------------------------ counting


def test_costly_laws_get_a_tenth_and_never_fewer_than_twice_what_they_ask_for() -> None:
    plain, costly = stated(list), stated(list, costly=True)
    assert [instances_of(plain, count) for count in (1, 99)] == [1, 99]
    assert [instances_of(costly, count) for count in (1, 60, 70, 99, 250)] == [6, 6, 7, 9, 25]
    assert instances_of(stated(list, costly=True, minimum=5), 99) == 10


def compared(gap: float, allowed: float, holds: bool = True, counts: bool = True) -> Comparison:
    return Comparison(gap, allowed, holds, counts)


def test_a_tally_counts_and_keeps_the_worst_and_the_first_failure() -> None:
    tally = Tally()
    assert (tally.instances, tally.witnesses, tally.worst, tally.failed) == (0, 0, compared(0, 0, True, False), None)
    steps = [compared(1, 4), compared(1, 2, counts=False), compared(9, 100), compared(3, 6), compared(8, 2, False)]
    for number, step in enumerate(steps):
        tally.add(step, lambda number=number: {"number": number}, negative=False)  # type: ignore[misc]
    tally.add(compared(9, 2, False), lambda: {"number": 9}, negative=False)
    assert (tally.instances, tally.witnesses) == (6, 5)
    assert tally.worst == compared(9, 2, False) and tally.failed == {"number": 4, "gap": 8, "allowed": 2}
    tie = Tally(worst=steps[1])
    tie.add(steps[3], dict, negative=False)
    assert tie.worst == steps[3], "the last of the worst"
    opposite = Tally()
    opposite.add(compared(8, 2, False), dict, negative=True)
    assert opposite.failed is None
    opposite.add(compared(1, 2), dict, negative=True)
    assert opposite.failed == {"gap": 1, "allowed": 2}


# ------------------------------------------------------------------------------------------------ what is seen


@pytest.mark.parametrize(
    ("ob", "lowered", "says"),
    [
        (Pair(SCALAR, SCALAR), (1.0,), "`lower` gave no value of "),
        (space(2), [1.0, 2.0], "`lower` gave list for R[2], not a tuple of its entries"),
        (space(2), (1.0,), "`lower` gave 1 entries for R[2], which has 2"),
        (space(2), (1.0, "x"), "`lower` gave 'x' in R[2], which is str and no real number"),
        (SCALAR, (1j,), "`lower` gave 1j in R, which is complex and no real number"),
    ],
)
def test_what_is_no_value_is_said(ob: Any, lowered: Any, says: str) -> None:
    engine: Any = SimpleNamespace(lift=lambda ob, at: at, lower=lambda ob, value: lowered, precision="float64")
    with pytest.raises(DataError) as fault:
        seen(engine, Arrow(ob, ob, lambda x: x), (0,))
    assert str(fault.value).startswith(says)


class Number:
    """A number that claims to be equal to everything."""

    def __float__(self) -> float:
        return 2.5

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


def test_numbers_of_an_engine_that_rounds_are_read_as_those_of_python() -> None:
    given = (1, 0.5, Fraction(1, 3), Number(), True)
    engine: Any = SimpleNamespace(lift=lambda ob, at: at, lower=lambda ob, value: value, precision="float64")
    found = seen(engine, Arrow(space(5), space(5), lambda x: x), given)
    assert found == [1, 0.5, Fraction(1, 3), 2.5, 1.0] and [type(each) for each in found[3:]] == [float, float]
    engine.precision = "exact"
    assert seen(engine, Arrow(space(5), space(5), lambda x: x), given)[3] is given[3]


# ------------------------------------------------------------------------------------------------ on numbers


def judged(law: Law, engine: Any, examples: int = 8, **options: Any) -> Verdict:
    return sampled(law, "functions", engine, BOUNDS, examples, **options)


def test_the_figures_of_a_sampled_law(plain_engine: Make) -> None:
    found = judged(SWAPPED, plain_engine())
    assert (found.strength, found.method, found.witnesses) == (Strength.SAMPLED, "hypothesis", 8)
    assert (found.gap, found.allowed, found.example, found.reason) == (0.0, 0.0, None, "")
    assert 0 < found.seconds < 60


def test_the_figures_of_a_vacuous_law(plain_engine: Make) -> None:
    found = judged(EMPTY, plain_engine())
    assert (found.strength, found.method, found.witnesses) == (Strength.VACUOUS, "hypothesis", 0)
    assert found.reason.startswith("0 non-trivial instances of ") and found.reason.endswith("; the law asks for 3")
    assert (found.gap, found.allowed, found.example) == (0.0, 0.0, None) and 0 < found.seconds < 60
    assert judged(stated(SWAPPED.state, minimum=8), plain_engine()).strength is Strength.SAMPLED
    assert judged(stated(SWAPPED.state, minimum=9), plain_engine()).strength is Strength.VACUOUS


def test_the_figures_of_a_refuted_law(plain_engine: Make) -> None:
    found = judged(WRONG, plain_engine(), shrink=False)
    assert (found.strength, found.method) == (Strength.REFUTED, "hypothesis")
    example = found.example
    assert (example["law"], example["world"], example["engine"], example["equation"]) == (
        *("TEST", "functions"),
        *("plain", 0),
    )
    assert (found.gap, found.allowed) == (example["gap"], example["allowed"]) and found.gap != 0
    _, ((left,), (right,)) = example["points"]["point 0"]
    assert found.gap == pytest.approx(2 * abs(float(Fraction(left) + Fraction(right)))) and 0 < found.seconds < 60


def test_the_same_seed_draws_the_same(plain_engine: Make) -> None:
    one, same, other = (judged(WRONG, plain_engine(), seed=seed, shrink=False).example for seed in (1, 1, 2))
    assert one == same != other
    zero = judged(WRONG, plain_engine(), seed=0, shrink=False).example
    assert judged(WRONG, plain_engine(), shrink=False).example == zero


def test_a_negative_law_needs_one_witness(plain_engine: Make) -> None:
    point = ((Fraction(1),), (Fraction(2),))

    def state(w: World) -> Counterexample:
        return Counterexample(WRONG.state(w), point)

    found = judged(stated(state, negative=True), plain_engine(), examples=1)
    assert (found.strength, found.witnesses) == (Strength.SAMPLED, 1)


def raises(fault: BaseException) -> Callable[..., Any]:
    def rule(*_: Any) -> Any:
        def run(_: Any) -> Any:
            raise fault

        return run

    return rule


def test_what_an_engine_raises_is_an_infinite_gap(plain_engine: Make) -> None:
    found = judged(SWAPPED, plain_engine(add=raises(ValueError("no sum"))))
    assert (found.strength, found.gap, found.allowed) == (Strength.REFUTED, math.inf, 0.0)
    assert found.example["raised"] == "ValueError: no sum" and found.example["equation"] == 0
    fault = EngineRaised(3, TypeError("odd"))
    assert (str(fault), fault.equation) == ("odd", 3)
    assert fault.as_example() == {"gap": math.inf, "allowed": 0.0, "raised": "TypeError: odd"}


def test_an_engine_with_a_state_is_refuted(plain_engine: Make) -> None:
    calls: Iterator[int] = iter(range(10**9))
    odd = plain_engine(add=lambda *_: lambda xy: (xy[0][0] + xy[1][0] + (next(calls) == 7),))
    found = judged(SWAPPED, odd, examples=20)
    assert found.strength is Strength.REFUTED
    assert found.example["raised"] == "the same instance gave different results: the engine is not deterministic"
    assert (found.example["law"], found.example["world"]) == ("TEST", "functions")
    assert (found.gap, found.allowed) == (found.example["gap"], found.example["allowed"]) == (math.inf, 0.0)


def test_an_operation_that_is_lacking(plain_engine: Make) -> None:
    assert lacking_in(object(), MissingOperation("no add")) == "the engine lacks an operation: no add"
    assert lacking_in(SimpleNamespace(operations=()), MissingOperation("no add")) == "no add"
    engine = plain_engine()
    del engine.rules["add"]
    with pytest.raises(MissingOperation):
        judged(SWAPPED, engine)
    engine.operations = ("negate",)
    found = judged(SWAPPED, engine)
    assert (found.strength, found.method, found.reason) == (Strength.NOT_RUN, "hypothesis", "plain has no 'add'")


def test_a_world_that_is_not_declared_is_not_run(plain_engine: Make) -> None:
    engine = plain_engine()
    engine.worlds = {"D"}
    for found in (judged(SWAPPED, engine), decided(SWAPPED, engine)):
        assert (found.strength, found.reason) == (Strength.NOT_RUN, "the engine declares no 'functions'")
    assert (judged(SWAPPED, engine).method, decided(SWAPPED, engine).method) == ("hypothesis", "normal form")


# ------------------------------------------------------------------------------------------------ by bits or by a bound

ZERO, THIRD = (Fraction(0),), Fraction(1, 3)
SIGNED = equation(negate(()), scale(-1, ()))
"""-x = -1 x, which has other bits at 0 where -x is computed as 0 - x."""
THIRDS = equation(add(()) >> scale(THIRD, ()), (scale(THIRD, ()) @ scale(THIRD, ())) >> add(()))
"""(x + y) / 3 = x / 3 + y / 3, which floats have but for rounding."""


@pytest.fixture
def unsigned(plain_engine: Make) -> Any:
    """An engine of floats whose negative of 0 is 0."""
    engine = plain_engine(negate=lambda shape: lambda x: tuple(0.0 - float(each) for each in x))
    engine.lift = lambda ob, at: _as_floats(at)
    return engine


def _as_floats(value: Any) -> Any:
    return tuple(map(_as_floats, value)) if isinstance(value, tuple) else float(value)


def test_bits_are_compared_where_a_law_says_so_and_numbers_elsewhere(unsigned: Any) -> None:
    """0 = -0 as numbers: so the equation holds at 0, and that of the bits fails there."""

    def word(law: Law) -> str:
        return judged(law, unsigned, examples=4, shrink=False).strength.value

    def at_zero(claim: Callable[..., Any], **options: Any) -> Law:
        return stated(lambda w: claim(SIGNED(w), ZERO), minimum=1, **options)

    assert word(at_zero(Bitwise)) == "refuted"
    assert word(at_zero(Counterexample, negative=True, floats="signs of zeros")) == "sampled"
    assert word(at_zero(Counterexample, negative=True)) == "refuted"
    assert word(stated(lambda w: Bitwise(SIGNED(w), (Fraction(1),)), minimum=1)) == "sampled"


def test_at_drawn_points_sides_are_compared_within_a_bound_even_where_only_floats_are_asked(unsigned: Any) -> None:
    for floats in ("", "rounding"):
        found = judged(stated(THIRDS, floats=floats), unsigned, examples=40)
        assert found.strength is Strength.SAMPLED and found.gap is not None and found.allowed is not None
        assert found.gap <= found.allowed
    found = judged(stated(lambda w: Bitwise(THIRDS(w))), unsigned, examples=40)
    assert found.strength is Strength.REFUTED and found.gap and found.allowed == 0


def test_an_example_holds_the_point_of_its_counterexample(plain_engine: Make) -> None:
    """x = x at (2, 1), which a law says fails there."""
    point = ((Fraction(2),), (Fraction(1),))
    law = stated(lambda w: Counterexample(SWAPPED.state(w), point), negative=True)
    assert judged(law, plain_engine()).example["points"]["point 0"][1] == [["2"], ["1"]]


def test_where_nothing_is_bounded_nothing_is_claimed(plain_engine: Make) -> None:
    class Unbounded(RoundingEngine):
        def bound(self, ob: Any, value: Any) -> Any:
            return (math.inf,)

    found = sampled(NEVER, "functions", plain_engine(), Unbounded("float64"), 8)
    assert (found.strength, found.witnesses) == (Strength.VACUOUS, 0)


@pytest.mark.parametrize("fault", [MissingOperation("no add"), RecursionError("deep")])
def test_what_cannot_be_computed_is_no_fault_of_the_engine(plain_engine: Make, fault: Exception) -> None:
    with pytest.raises(type(fault), match=str(fault)):
        judged(SWAPPED, plain_engine(add=raises(fault)))


# ------------------------------------------------------------------------------------------------ shrunk


class Counted:
    """A law that never holds, and how often it was stated in the engine."""

    def __init__(self) -> None:
        self.count, self.law = 0, stated(self.state)

    def state(self, w: World) -> Equation[Any]:
        self.count += w.source.functions.engine is not BOUNDS
        found: Equation[Any] = NEVER.state(w)
        return found


def test_a_failing_instance_is_shrunk_unless_that_is_not_asked_for(plain_engine: Make) -> None:
    """Against a mutant, where any instance will do, it is not."""

    def count(**options: Any) -> int:
        counted = Counted()
        assert judged(counted.law, plain_engine(), **options).strength is Strength.REFUTED
        return counted.count

    once = count(shrink=False)
    assert count(mutant=Mutant("functions", {}, "nothing")) == once < count() == count(shrink=True)


@pytest.mark.parametrize("most", [1, 2])
def test_after_so_many_smaller_instances_the_smallest_is_reported(
    plain_engine: Make, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(sampling, "SHRINKS", most)
    counted = Counted()
    found = judged(counted.law, plain_engine())
    assert counted.count == 1 + most
    assert (found.strength, found.method, found.gap) == (Strength.REFUTED, "hypothesis", 1.0)
    assert found.example["gap"] == 1.0 and "raised" not in found.example and 0 < found.seconds < 60


def test_a_failure_stands_where_the_last_that_was_tried_did_not_fail(
    plain_engine: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """relu is the identity at 0, the smallest of all numbers, which is tried early."""
    for most, seed in product(range(1, 6), range(2)):
        monkeypatch.setattr(sampling, "SHRINKS", most)
        found = judged(stated(equation(relu(()), Identity(SCALAR))), plain_engine(), 40, seed=seed)
        assert found.strength is Strength.REFUTED and "raised" not in found.example
        assert Fraction(found.example["points"]["point 0"][1][0]) < 0


# ------------------------------------------------------------------------------------------------ replayed


def example(**more: Any) -> dict[str, Any]:
    draws = Draws(seeded(0), Style())
    draws.points["point 0"] = Pair(SCALAR, SCALAR), ((Fraction(1),), (Fraction(2),))
    draws.points["point 1"] = Pair(SCALAR, SCALAR), ((Fraction(3),), (Fraction(4),))
    return {"law": "TEST", "world": "functions"} | draws.as_example() | more


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """A law with a true equation and a false one."""

    def state(w: World) -> list[Equation[Any]]:
        return [SWAPPED.state(w), WRONG.state(w)]

    monkeypatch.setitem(check.LAWS, "TEST", stated(state))


@pytest.mark.usefixtures("two")
def test_one_equation_is_stated_again_at_the_point_of_the_example(plain_engine: Make) -> None:
    right = replay(example(), plain_engine(), BOUNDS)
    assert (right.instances, right.witnesses, right.failed) == (1, 1, None)
    wrong = replay(example(equation=1), plain_engine(), BOUNDS)
    assert wrong.failed is not None and (wrong.instances, wrong.failed["gap"]) == (1, 14.0)
    raised = replay(example(), plain_engine(add=raises(ValueError("no sum"))), BOUNDS)
    assert raised.failed == {"gap": math.inf, "allowed": 0.0, "raised": "ValueError: no sum"}


def test_an_example_is_stated_again_from_terms_alone_where_it_was_drawn_so(
    plain_engine: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Elsewhere a morphism of D has a derivative of its own, which this example lacks."""
    law = stated(lambda w, f: Equation(f, f), "f : R -> R", worlds=("D",))
    monkeypatch.setitem(check.LAWS, "TEST", law)
    given = example(world="D", terms={"f": encode_term(negate(()))})
    assert replay(given | {"by terms": True}, plain_engine(), BOUNDS).instances == 1
    with pytest.raises(UsageError, match="the example does not hold all that the law draws"):
        replay(given | {"by terms": False}, plain_engine(), BOUNDS)


def test_an_example_is_stated_again_in_a_category_of_another(
    plain_engine: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise ValueError("gone")

    monkeypatch.setitem(check.LAWS, "TEST", UNIT_LAW)
    given = example(terms={"f": encode_term(negate(()))}, points={})
    given["points"] = {"point 0": [encode_object(SCALAR), encode_exact(SCALAR, ZERO)]}
    for wrong, failed in (({}, None), ({"compose": broken}, "OwnFault: its `compose` raised ValueError: gone")):
        found = replay(given, Own(plain_engine(), **wrong), BOUNDS)
        assert (found.failed and found.failed["raised"]) == failed


@pytest.mark.usefixtures("two")
def test_an_example_is_of_a_world_that_the_engine_declares(plain_engine: Make) -> None:
    engine = plain_engine()
    engine.worlds = {"D"}
    with pytest.raises(UsageError, match=r"^the example is of the world 'functions': the engine declares no 'func"):
        replay(example(), engine, BOUNDS)


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("number", [-1, True, 1.0, "1", None])
def test_the_number_of_an_equation_is_a_whole_one(plain_engine: Make, number: Any) -> None:
    with pytest.raises(UsageError, match=r"^the number of an equation is a whole number >= 0, not "):
        replay(example(equation=number), plain_engine(), BOUNDS)


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("change", [{"law": "NONE"}, {"world": "lens"}, {"law": ["TEST"]}, {"world": None}])
def test_an_example_is_of_a_law_in_a_world_of_it(plain_engine: Make, change: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"^the example is of the law .*, which is not stated here$"):
        replay(example(**change), plain_engine(), BOUNDS)


# ------------------------------------------------------------------------------------------------ for all inputs


class Symbols:
    """An exact engine whose only inputs are two numbers, which is enough to count with."""

    name, precision = "symbols", "exact"

    def __init__(self, engine: Any) -> None:
        self.operation, self.lift, self.lower = engine.operation, engine.lift, engine.lower

    def symbols(self, ob: Any) -> Any:
        if isinstance(ob, Pair):
            return self.symbols(ob.left), self.symbols(ob.right)
        return () if ob == UNIT else (Fraction(3, 2),)


def same(left: Any, right: Any) -> str:
    return "equal" if left == right else "different"


def decided(law: Law, engine: Any, judge: Callable[[Any, Any], str] = same, count: int = 4, **more: Any) -> Verdict:
    return exact(law, "functions", engine, judge, (seeded(seed) for seed in range(count)), **more)


def figures(found: Verdict) -> tuple[Any, ...]:
    assert found.method == "normal form" and 0 < found.seconds < 60
    return found.strength, found.witnesses, found.gap, found.allowed, found.reason


def test_what_is_decided(plain_engine: Make) -> None:
    engine = Symbols(plain_engine())
    assert figures(decided(SWAPPED, engine)) == (Strength.EXACT, 4, 0.0, 0.0, "")
    assert figures(decided(SWAPPED, engine, enough=3)) == (Strength.EXACT, 3, 0.0, 0.0, "")
    assert figures(decided(SWAPPED, engine, enough=0))[:2] == (Strength.VACUOUS, 0)
    few = decided(SWAPPED, engine, count=2)
    assert figures(few) == (Strength.VACUOUS, 2, None, None, "2 non-trivial instances of 2")
    assert decided(stated(SWAPPED.state, minimum=2), engine, count=2).strength is Strength.EXACT
    assert decided(stated(SWAPPED.state, minimum=50), engine, count=3).strength is Strength.EXACT, "three are enough"
    assert figures(decided(EMPTY, engine)) == (Strength.VACUOUS, 0, None, None, "0 non-trivial instances of 4")


def test_what_is_different_has_a_point_that_shows_it(plain_engine: Make) -> None:
    found = decided(WRONG, Symbols(plain_engine()))
    assert figures(found) == (Strength.REFUTED, 0, None, None, "")
    assert (found.example["law"], found.example["engine"], found.example["equation"]) == ("TEST", "symbols", 0)
    _, ((left,), (right,)) = found.example["points"]["point 0"]
    assert Fraction(left) + Fraction(right) != 0


def test_the_point_is_sought_until_it_shows_the_difference(plain_engine: Make) -> None:
    """relu is the identity at half of the numbers."""
    law, engine = stated(equation(relu(()), Identity(SCALAR))), Symbols(plain_engine())
    engine.symbols = lambda ob: (Fraction(-1),)  # type: ignore[method-assign]
    for seed in range(8):
        found = exact(law, "functions", engine, same, [seeded(seed)])
        assert Fraction(found.example["points"]["point 0"][1][0]) < 0


def test_what_is_undecided_makes_the_whole_undecided(plain_engine: Make) -> None:
    answers = iter(["equal", "undecided", "equal", "equal"])
    found = decided(SWAPPED, Symbols(plain_engine()), lambda *_: next(answers))
    assert figures(found) == (Strength.UNDECIDED, 4, None, None, "[Fraction(3, 1)] = [Fraction(3, 1)]")
    many = stated(equation(negate((40,)), negate((40,))))
    wide = Symbols(plain_engine())
    wide.symbols = lambda ob: (Fraction(1, 3),) * 40  # type: ignore[method-assign]
    assert len(decided(many, wide, lambda *_: "undecided").reason) == 200


def test_one_different_entry_decides_whatever_is_undecided_beside_it(plain_engine: Make) -> None:
    pairs = equation(Swap(SCALAR, SCALAR), Swap(SCALAR, SCALAR))
    for answers in (["different", "undecided"], ["undecided", "different"]):
        mixed = iter([*answers, *["different"] * 99])
        found = decided(stated(pairs), Symbols(plain_engine()), lambda *_: next(mixed))  # noqa: B023
        assert found.strength is Strength.REFUTED
    point = ((Fraction(1),), (Fraction(2),))
    fails = stated(lambda w: Counterexample(pairs(w), point), negative=True)
    for answers, word in [
        (["different", "undecided"], Strength.EXACT),
        (["equal", "undecided"], Strength.UNDECIDED),
        (["equal", "equal"], Strength.REFUTED),
    ]:
        mixed = iter(answers)
        assert decided(fails, Symbols(plain_engine()), lambda *_: next(mixed), count=1).strength is word  # noqa: B023


def test_a_counterexample_is_decided_at_its_point(plain_engine: Make) -> None:
    engine, point = Symbols(plain_engine()), ((Fraction(1),), (Fraction(2),))
    right = stated(lambda w: Counterexample(WRONG.state(w), point), negative=True)
    assert figures(decided(right, engine, count=1)) == (Strength.EXACT, 1, 0.0, 0.0, "")
    assert figures(decided(right, engine, count=0))[:2] == (Strength.VACUOUS, 0)
    zero = ((Fraction(1),), (Fraction(-1),))
    found = decided(stated(lambda w: Counterexample(WRONG.state(w), zero), negative=True), engine)
    assert found.strength is Strength.REFUTED
    assert found.example["points"]["point 0"][1] == [["1"], ["-1"]]


def test_what_is_lacking_while_deciding(plain_engine: Make) -> None:
    engine: Any = Symbols(plain_engine(add=raises(MissingOperation("no add"))))
    with pytest.raises(MissingOperation, match="no add"):
        decided(SWAPPED, engine)
    deep: Any = Symbols(plain_engine(add=raises(RecursionError())))
    with pytest.raises(RecursionError):
        decided(SWAPPED, deep)
    odd: Any = Symbols(plain_engine(add=raises(ValueError("odd"))))
    with pytest.raises(ValueError, match="odd"):
        decided(SWAPPED, odd)


class Own:
    """An exact engine with a category of functions of its own, which is plain but for what is given."""

    name, precision, worlds = "own", "exact", frozenset({"functions"})

    def __init__(self, engine: Any, **wrong: Callable[..., Any]) -> None:
        self.engine, self.lift, self.lower, self.wrong = engine, engine.lift, engine.lower, wrong

    symbols = Symbols.symbols

    def category(self, world: str) -> Any:
        plain = Functions(self.engine)
        own: Any = SimpleNamespace(observe=lambda f: f)
        for name in ("dom", "cod", "identity", "compose", "tensor", "generator", "swap", *self.wrong):
            setattr(own, name, self.wrong.get(name) or getattr(plain, name))
        return own


UNIT_LAW = stated(lambda w, f: Equation(w.category.compose(f, w.category.identity(f.cod)), f), "f : R -> R")


def test_faults_of_categories_of_others_are_verdicts(plain_engine: Make) -> None:
    def broken(*_: Any) -> Any:
        raise ValueError("gone")

    found = decided(UNIT_LAW, Own(plain_engine(), compose=broken))
    assert found.strength is Strength.REFUTED
    assert found.example["raised"] == "OwnFault: its `compose` raised ValueError: gone"
    late = decided(UNIT_LAW, Own(plain_engine(), compose=lambda f, g: Arrow(f.dom, g.cod, broken)))
    assert late.strength is Strength.REFUTED and late.example["raised"] == "ValueError: gone"

    def deep(*_: Any) -> Any:
        raise RecursionError

    found = decided(UNIT_LAW, Own(plain_engine(), compose=lambda f, g: Arrow(f.dom, g.cod, deep)))
    assert (found.strength, found.method) == (Strength.NOT_RUN, "normal form")
    assert found.reason == "a composite of the engine goes beyond Python's recursion limit"

    def lacks(*_: Any) -> Any:
        raise MissingOperation("no power")

    engine: Any = Own(plain_engine(), compose=lambda f, g: Arrow(f.dom, g.cod, lacks))
    found = decided(UNIT_LAW, engine)
    lacking = (Strength.NOT_RUN, "normal form")
    assert (found.strength, found.method, found.reason) == (*lacking, "the engine lacks an operation: no power")
    engine.operations = ("tanh", "sigmoid", "sin", "cos", "relu", "negate", "scale")
    found = decided(UNIT_LAW, engine)
    assert (found.strength, found.method, found.reason) == (*lacking, "no power")


@pytest.mark.parametrize(("claims", "count", "word"), [(True, 6, "exact"), (True, 4, "not run"), (False, 6, "not run")])
def test_what_was_declared_may_be_lacking_in_some_instances(
    plain_engine: Make, claims: bool, count: int, word: str
) -> None:
    """The first two of them; where nothing is declared, one that is lacking is enough to say nothing."""
    composed: Iterator[int] = iter(range(10**9))

    def compose(f: Any, g: Any) -> Arrow:
        def run(x: Any) -> Any:
            if number < 2:
                raise MissingOperation("no power")
            return g.run(f.run(x))

        number = next(composed)
        return Arrow(f.dom, g.cod, run)

    law = stated(
        lambda w: Equation(*[w.category.compose(w.category.identity(SCALAR), w.category.identity(SCALAR))] * 2)
    )
    engine: Any = Own(plain_engine(), compose=compose)
    if claims:
        engine.operations = ("negate",)
    found = decided(law, engine, count=count)
    assert (found.strength.value, found.method) == (word, "normal form")
    assert found.reason == (
        "" if word == "exact" else "no power" if claims else "the engine lacks an operation: no power"
    )


def test_what_a_law_asks_beyond_a_category_is_not_run(plain_engine: Make) -> None:
    law = stated(lambda w: Equation(w.category.merge(SCALAR), w.category.merge(SCALAR)))
    for found in (decided(law, Own(plain_engine())), sampled(law, "functions", Own(plain_engine()), BOUNDS, 3)):  # type: ignore[arg-type]
        assert found.strength is Strength.NOT_RUN
        assert found.reason == "its category of 'functions' has no `merge`"
    assert (decided(law, Own(plain_engine())).method, found.method) == ("normal form", "hypothesis")
    odd = stated(lambda w: [][1])
    with pytest.raises(Unstated, match=r"^the law asks for more than a category: IndexError: "):
        sampling.claimed(odd, "functions", Own(plain_engine()), Draws(seeded(0), Style()), None)
    with pytest.raises(IndexError):
        sampling.claimed(odd, "functions", plain_engine(), Draws(seeded(0), Style()), None)
    askew = stated(lambda w, f: Equation(f, w.category.identity(UNIT)), "f : R -> R")
    with pytest.raises(EngineRaised) as fault:
        sampling.claimed(
            askew, "functions", Own(plain_engine()), drawing(Own(plain_engine()), "functions", seeded(0), Style()), None
        )
    assert isinstance(fault.value.fault, BoundaryError) and fault.value.equation == 0
