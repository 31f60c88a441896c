"""The parts of the cross-check by hand: numbers against bounds, engines that fail, and which instances are run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import inf, nan
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

pytest.importorskip("sympy", reason="not run: sympy not installed (pip install verified-cat[reference])")
pytest.importorskip("flint", reason="not run: python-flint not installed (pip install verified-cat[balls])")

from verified_cat import crosscheck as module
from verified_cat import primitives as p
from verified_cat.crosscheck import (
    alone_at,
    backward,
    bounds_of,
    check,
    compare,
    crosscheck,
    exact_values,
    in_engine,
    instance,
    numbers,
    ones,
    pushed_forward,
)
from verified_cat.errors import MissingExtra, MissingOperation, UsageError
from verified_cat.instances import Instance
from verified_cat.objects import SCALAR, UNIT, Pair, space
from verified_cat.primitives import Primitive, Symbol
from verified_cat.reference import stepwise
from verified_cat.reference.agreement import PARTS, STEP, VALUES, Comparison, Excess, Outcome
from verified_cat.reference.evaluate import CannotEnclose
from verified_cat.reference.ieee import NumpyEngine
from verified_cat.reference.truth import Truth, uncertainty
from verified_cat.shard import Shard
from verified_cat.terms import First, Generator, operations

ENGINE = NumpyEngine()
ONE, TWO = Fraction(1), Fraction(2)


def at(term: Any, point: Any, cotangent: Any, tangent: Any, index: int = 1) -> Instance:
    return Instance(term, point, cotangent, tangent, 5, index)


PRODUCT = at(p.multiply(()), ((Fraction(3),), (Fraction(5),)), (TWO,), ((ONE,), (Fraction(10),)))
"""x y at (3, 5): 15; back along 2: (10, 6); forward along (1, 10): 35."""


# ------------------------------------------------------------------------------------------------ entries and bounds

MORE = 1 + 2.0**-52
CASES: list[tuple[list[float], list[Fraction], list[float], tuple[int, float, float, float], int | None]] = [
    ([1.0], [ONE], [0.0], (0, 0.0, 0.0, 0.0), None),
    ([1.0], [ONE], [0.5], (0, 0.0, 0.0, 0.0), None),
    ([1.25], [ONE], [0.5], (0, 0.5, 0.25, 0.5), None),
    ([1.5], [ONE], [0.5], (0, 1.0, 0.5, 0.5), None),
    ([1.5], [ONE], [0.25], (0, 2.0, 0.5, 0.25), 0),
    ([0.5], [ONE], [0.25], (0, 2.0, 0.5, 0.25), 0),
    ([1.5], [ONE], [0.0], (0, inf, 0.5, 0.0), 0),
    ([nan], [ONE], [0.5], (0, inf, inf, 0.5), 0),
    ([-inf], [ONE], [0.5], (0, inf, inf, 0.5), 0),
    ([nan], [ONE], [inf], (1, 0.0, 0.0, 0.0), None),
    ([1.25, 1.5, 1.0], [ONE] * 3, [1.0, 1.0, 1.0], (0, 0.5, 0.5, 1.0), None),
    ([1.5, 1.25, 1.0], [ONE] * 3, [1.0, 1.0, 1.0], (0, 0.5, 0.5, 1.0), None),
    ([1.25, 1.5], [ONE] * 2, [0.25, 1.0], (0, 1.0, 0.25, 0.25), None),
    ([1.5, 2.0], [ONE] * 2, [0.25, 0.5], (0, 2.0, 0.5, 0.25), 0),  # the first of the worst
    ([1.25, 2.0], [ONE] * 2, [0.25, 0.25], (0, 4.0, 1.0, 0.25), 1),
    ([nan, 2.0], [ONE] * 2, [inf, 0.25], (1, 4.0, 1.0, 0.25), 1),
    ([2.0, nan, nan], [ONE] * 3, [0.25, inf, inf], (2, 4.0, 1.0, 0.25), 0),
    ([], [], [], (0, 0.0, 0.0, 0.0), None),
    ([float(Fraction(1, 3))], [Fraction(1, 3)], [1e-16], (0, 0.18503717077085942, 1.850371707708594e-17, 1e-16), None),
    ([1.0], [ONE + Fraction(1, 10**41)], [0.0], (0, 0.0, 0.0, 0.0), None),  # within what the exact side leaves open
    ([1e200], [Fraction(10) ** 400], [1e300], (0, 1e100, inf, 1e300), 0),
    ([1e200], [-(Fraction(10) ** 400)], [1e300], (0, 1e100, inf, 1e300), 0),
]


@pytest.mark.parametrize(("found", "exact", "bounds", "figures", "worst"), CASES)
def test_entries_against_their_bounds(
    found: list[float], exact: list[Fraction], bounds: list[float], figures: Any, worst: int | None
) -> None:
    excess = None
    if worst is not None:
        large = abs(exact[worst]) > 10**300
        shown = ("inf" if exact[worst] > 0 else "-inf") if large else repr(float(exact[worst]))
        excess = Excess("e", VALUES, worst, repr(found[worst]), shown, bounds[worst], PRODUCT)
    unbounded, share, gap, allowed = figures
    expected = Comparison("e", VALUES, len(found), unbounded, share, gap, allowed, excess)
    assert compare(PRODUCT, "e", VALUES, found, exact, bounds) == expected


def test_a_share_is_above_one_exactly_at_an_excess() -> None:
    """Also where the quotient rounds to 1: one part in 10^30 above and below the bound."""
    tiny = Fraction(1, 10**30)
    over = compare(PRODUCT, "e", VALUES, [0.0], [ONE + tiny], [1.0])
    under = compare(PRODUCT, "e", VALUES, [0.0], [ONE - tiny], [1.0])
    assert over.share == MORE and over.excess is not None
    assert under.share == 1 and under.excess is None
    assert compare(PRODUCT, "e", VALUES, [0.0], [ONE], [1.0]).share == 1
    just = compare(PRODUCT, "e", VALUES, [0.0], [1 / (1 - uncertainty(ONE))], [1.0])  # the bound itself, to the digit
    assert just.share == 1 and just.excess is None


# ------------------------------------------------------------------------------------------------ one instance


def test_values_and_both_derivatives() -> None:
    assert numbers(ENGINE, PRODUCT, ENGINE.lower) == ([15.0], [10.0, 6.0], [35.0])
    assert backward(ENGINE, PRODUCT, ENGINE.lower) == ([15.0], [10.0, 6.0])
    assert pushed_forward(ENGINE, PRODUCT, ENGINE.lower) == [35.0]
    assert exact_values(PRODUCT) == Truth((Fraction(15),), (Fraction(10), Fraction(6)), (Fraction(35),), False)
    value, pulled, pushed = bounds_of(PRODUCT, "float64")
    assert [len(value), len(pulled), len(pushed)] == [1, 2, 1]
    sine = at(p.sin(()), (ONE,), (ONE,), (ONE,))
    narrow, wide = bounds_of(sine, "float64")[0][0], bounds_of(sine, "float32")[0][0]
    assert 0 < narrow < 1e-14 and wide > 1e6 * narrow


def test_an_instance_in_two_engines() -> None:
    found = check(PRODUCT, [ENGINE, NumpyEngine("float32")])
    assert (found.index, set(found.primitives), found.at_kink, found.undecided) == (1, {"multiply"}, False, "")
    assert [(each.engine, each.part) for each in found.comparisons] == [
        (name, part) for name in ("numpy-float64", "numpy-float32") for part in PARTS
    ]
    assert {each.part for each in found.steps} == {STEP} and {each.excess for each in found.steps} == {None}
    assert {each.operation for each in found.steps} == {"multiply", "add"}
    assert all(each.share == 0 for each in (*found.comparisons, *found.steps))
    both = [each for each in found.steps if each.operation == "multiply"]
    assert len(both) == 2 * 5  # 3 · 5 once, whoever asks for it; 2 · 5, 2 · 3; 1 · 5, 3 · 10


class Wrong(NumpyEngine):
    """An engine with one operation changed, or values of another shape."""

    def __init__(self, change: Callable[[Any], Any], name: str = "multiply", short: bool = False) -> None:
        super().__init__()
        self.name, self.change, self.wrong, self.short = "wrong", change, name, short

    def operation(self, operation: Any) -> Any:
        run = super().operation(operation)
        return (lambda x: self.change(run(x))) if operation.name == self.wrong else run

    def lower(self, ob: Any, value: Any) -> Any:
        found = super().lower(ob, value)
        return found[1:] if self.short and ob == SCALAR else found


def raised(value: Any) -> Any:
    raise ZeroDivisionError("by 0")


def test_a_wrong_operation_is_shown_alone() -> None:
    found = check(PRODUCT, [Wrong(lambda y: y + 0.5)])
    value = found.comparisons[0].excess
    assert value is not None and (value.engine, value.part, value.entry, value.at) == ("wrong", VALUES, 0, PRODUCT)
    assert (value.found, value.exact) == ("15.5", "15.0")
    first = found.steps[0].excess
    assert first is not None and (first.part, first.found, first.exact) == (f"{STEP}: multiply", "15.5", "15.0")
    assert first.at == replace(PRODUCT, cotangent=(ONE,), tangent=((ONE,), (ONE,))) and first.engine == "wrong"
    assert first.bound == found.steps[0].allowed and first.entry == 0


def test_an_engine_that_raises_fails_the_instance() -> None:
    found = check(PRODUCT, [Wrong(raised), ENGINE])
    excess = Excess("wrong", VALUES, 0, "ZeroDivisionError: by 0", "no exception", 0.0, PRODUCT)
    assert found.comparisons[0] == Comparison("wrong", VALUES, 1, 0, inf, inf, 0.0, excess)
    assert [each.engine for each in found.comparisons[1:]] == ["numpy-float64"] * 3
    assert {each.engine for each in found.steps} == {"numpy-float64"}  # what raised has no more to show


def test_an_engine_with_fewer_entries_fails_the_instance() -> None:
    first = check(PRODUCT, [Wrong(lambda y: y, short=True)]).comparisons[0].excess
    assert first is not None
    assert first.found == "ShapeError: [0, 0, 0] entries where [1, 2, 1] were expected"


def test_a_missing_operation_is_not_a_fault() -> None:
    def missing(value: Any) -> Any:
        raise MissingOperation("no multiply")

    with pytest.raises(MissingOperation, match="no multiply"):
        list(in_engine(PRODUCT, Wrong(missing), exact_values(PRODUCT), bounds_of(PRODUCT, "float64")))


def test_a_result_of_another_shape_is_no_number() -> None:
    """Found at the operation, which runs as a term of its own; what then reads it is not looked at."""
    term = p.exp((2,)) >> p.negate((2,))
    here = at(term, (Fraction(0), ONE), (ONE, ONE), (ONE, ONE))
    steps = check(here, [Wrong(lambda y: y.reshape(2, 1), "exp")]).steps
    assert steps == () or all(each.engine == "wrong" for each in steps)
    watch = module._Steps(Wrong(lambda y: y.reshape(2, 1), "exp"))
    numbers_of = watch.operation(Primitive("exp", ((2,),)))
    numbers_of(watch.lift(space(2), (Fraction(0), ONE)))
    (found,) = watch.compared(here)
    assert found.excess is not None and found.excess.found == "nan" and found.share == inf


@pytest.mark.parametrize(("share", "beyond"), [(0.5, False), (1.0, False), (MORE, True), (inf, True)])
def test_an_operation_is_in_excess_beyond_its_bound(
    monkeypatch: pytest.MonkeyPatch, share: float, beyond: bool
) -> None:
    def measured(operation: Primitive, x: Any, y: Any, precision: str) -> stepwise.Measured:
        return stepwise.Measured(operation, x, 4, 1, share, 0.25, 0.5, 2, 7.0, 8.0)

    monkeypatch.setattr(stepwise, "measured", measured)
    (first, *_) = check(PRODUCT, [ENGINE]).steps
    assert replace(first, excess=None) == Comparison(ENGINE.name, STEP, 4, 1, share, 0.25, 0.5, None, "multiply")
    assert (first.excess is not None) == beyond
    if first.excess is not None:
        assert (first.excess.entry, first.excess.found, first.excess.exact, first.excess.bound) == (
            2,
            "7.0",
            "8.0",
            0.5,
        )


def test_where_the_exact_side_is_open_nothing_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_open(*_: Any) -> Any:
        raise CannotEnclose("a sign stays open")

    monkeypatch.setattr(module, "best_truth", is_open)
    assert check(PRODUCT, [ENGINE]) == Outcome(1, frozenset({"multiply"}), False, "a sign stays open", ())


def test_now_and_then_the_exact_sides_are_held_against_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    right = exact_values(PRODUCT)

    def other(*_: Any) -> Truth:
        asked.append(1)
        return replace(right, value=(Fraction(16),))

    monkeypatch.setattr(module, "truth", other)
    for index in (1, 24, 26):
        assert exact_values(replace(PRODUCT, index=index)) == right
    assert not asked
    for index in (0, 25, 50):
        with pytest.raises(CannotEnclose, match="contradict each other: one of the exact sides is wrong"):
            exact_values(replace(PRODUCT, index=index))

    def cannot(*_: Any) -> Truth:
        raise CannotEnclose("too large")

    monkeypatch.setattr(module, "truth", cannot)
    assert exact_values(replace(PRODUCT, index=0)) == right
    monkeypatch.setattr(module, "truth", lambda *_: right)
    assert exact_values(replace(PRODUCT, index=0)) == right


def test_terms_that_sympy_would_not_finish_are_left_to_balls(monkeypatch: pytest.MonkeyPatch) -> None:
    """25 different operations are given to it, 26 are not; nor is what has no entries."""
    asked: list[int] = []

    def other(term: Any, *rest: Any) -> Truth:
        asked.append(len(list(operations(term))))
        raise CannotEnclose("not asked")

    monkeypatch.setattr(module, "truth", other)
    for count in (25, 26):
        term = p.scale(1, ())
        for number in range(2, count + 1):
            term = term >> p.scale(number, ())
        exact_values(at(term, (Fraction(0),), (ONE,), (ONE,), index=0))
    exact_values(at(p.negate((0,)), (), (), (), index=0))
    assert asked == [25]


def test_ones_and_operations_alone() -> None:
    ob = Pair(space(2), Pair(UNIT, SCALAR))
    assert ones(ob) == ((ONE, ONE), ((), (ONE,)))
    scaled = Primitive("scale", (TWO, (2,)))
    found = alone_at(scaled, (0.5, 0.1), PRODUCT)
    assert found == Instance(Generator(scaled), (Fraction(0.5), Fraction(0.1)), (ONE, ONE), (ONE, ONE), 5, 1)


# ------------------------------------------------------------------------------------------------ which are run


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the instances that are checked; each is vacuous, and quick."""
    seen: list[int] = []

    def checked(here: Instance, engines: Any) -> Outcome:
        seen.append(here.index)
        names = frozenset(each.name for each in operations(here.term))
        return Outcome(here.index, names, False, "", (), (Comparison("e", STEP, here.seed, len(engines), 0, 0, 0),))

    monkeypatch.setattr(module, "check", checked)
    return seen


def test_so_many_instances_are_run_in_their_order(ran: list[int]) -> None:
    shown: list[int] = []
    found = crosscheck(5, 3, [ENGINE], progress=lambda outcome: shown.append(outcome.index))
    assert ran == shown == [0, 1, 2, 3, 4]
    assert (found.terms, found.seed, found.engines) == (5, 3, ("numpy-float64",)) and 0 < found.seconds < 600
    assert [(row.entries, row.unbounded) for row in found.operations.values()] == [(15, 5)]


def test_a_share_of_the_instances(ran: list[int]) -> None:
    part = Shard(2, 3)
    crosscheck(7, 0, [ENGINE], part=part)
    assert ran == list(part.numbers(7)) and 0 < len(ran) < 7


def test_instances_are_added_until_every_wanted_primitive_occurs(ran: list[int]) -> None:
    """The first later instance with each that the first ones lack; none is looked for that they have."""

    def names(index: int) -> set[str]:
        return {each.name for each in operations(instance(2, index).term)}

    crosscheck(4, 2, [ENGINE], containing=[])
    assert ran == [0, 1, 2, 3]
    here = set().union(*map(names, range(4)))
    wanted = {"log", "maximum"} - here
    assert wanted and here
    first = {min(index for index in range(4, 400) if name in names(index)) for name in wanted}
    ran.clear()
    crosscheck(4, 2, [ENGINE], containing=[*wanted, *here])
    assert ran == [0, 1, 2, 3, *sorted(first)]


@pytest.mark.parametrize(("place", "expected"), [(1, [0, 1]), (2, [0, 1, 2]), (3, [0, 1, 3])])
def test_the_first_instance_that_has_it_is_added(
    ran: list[int], monkeypatch: pytest.MonkeyPatch, place: int, expected: list[int]
) -> None:
    def draw(seed: int, index: int) -> Any:
        return at(p.exp(()) if index >= place else p.negate(()), (ONE,), (ONE,), (ONE,), index)

    monkeypatch.setattr(module, "instance", draw)
    crosscheck(2, 0, [ENGINE], containing={"exp"})
    assert ran == expected


def test_what_never_occurs_is_looked_for_in_so_many(ran: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []

    def draw(seed: int, index: int) -> Any:
        drawn.append(index)
        return at(First(SCALAR, SCALAR), ((ONE,), (ONE,)), (ONE,), ((ONE,), (ONE,)), index)

    monkeypatch.setattr(module, "instance", draw)
    crosscheck(2, 0, [ENGINE], containing={"no such"})
    assert ran == [0, 1] and sorted(set(drawn)) == list(range(2 + 2000))


@pytest.mark.parametrize(
    ("count", "jobs", "words"),
    [
        (0, 1, "terms is a whole number >= 1, not 0"),
        (1, -2, "jobs is a whole number >= 1, not -2"),
        (True, 1, "terms is a whole number >= 1, not True"),
        (1, 1.0, "jobs is a whole number >= 1, not 1.0"),
    ],
)
def test_less_than_one_is_refused(count: Any, jobs: Any, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        crosscheck(count, 0, [ENGINE], jobs=jobs)
    assert str(refused.value) == f"the number of {words}"


class Pool:
    """Processes that are none: what they would be asked."""

    asked: ClassVar[list[Any]] = []

    def __init__(self, jobs: int, mp_context: Any) -> None:
        Pool.asked.append((jobs, mp_context.get_start_method()))

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: Any) -> None:
        Pool.asked.append("left")

    def map(self, run: Any, items: Any, chunksize: int) -> Any:
        Pool.asked.append(chunksize)
        return map(run, items)


def test_processes_get_pieces_of_a_hundred_at_most(ran: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(module, "instance", lambda seed, index: replace(PRODUCT, seed=seed, index=index))
    for count, jobs, size in ((3, 2, 1), (10, 2, 5), (1000, 3, 100), (2, 3, 1)):
        Pool.asked.clear()
        ran.clear()
        assert crosscheck(count, 0, [ENGINE], jobs=jobs).terms == count
        assert Pool.asked == [(jobs, "spawn"), size, "left"] and ran == list(range(count))


def test_torch_in_two_precisions_by_default(monkeypatch: pytest.MonkeyPatch, ran: list[int]) -> None:
    monkeypatch.setattr(module, "torch_engines", lambda: [ENGINE])
    assert crosscheck(1, 0).engines == ("numpy-float64",)


def test_torch_engines_by_precision_and_device(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = SimpleNamespace(TorchEngine=lambda precision, device: (precision, device))
    monkeypatch.setitem(sys.modules, "verified_cat.gpu.engine", stand_in)
    made: list[Any] = [*module.torch_engines(), *module.torch_engines(["bfloat16"], "cuda")]
    assert made == [("float64", "cpu"), ("float32", "cpu"), ("bfloat16", "cuda")]


def test_operations_outside_the_table_are_not_kept() -> None:
    """They have no exact side of their own: a derivative that is told of as an operation, say."""

    def own(x: Any) -> Any:
        return x

    watch = module._Steps(SimpleNamespace(name="e", precision="float64", lift=own, lower=own, operation=lambda _: own))
    assert watch.operation(Symbol("f", SCALAR, SCALAR)) is own and watch.kept == []
    assert watch.operation(Primitive("negate", ((),)))(3) == 3 and watch.kept == [(Primitive("negate", ((),)), 3, 3)]


def test_steps_need_balls(monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "verified_cat.reference.stepwise":
            raise MissingExtra("no flint")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    assert module._Steps(ENGINE).compared(PRODUCT) == []
