"""Smoke laws: the few that an engine must pass before anything else said of it means something.

Three look at the engine itself: numbers go in and come out unchanged, each operation gives a value of its codomain, and
gives it twice. The others are the units and associativity of composition of functions. Where one is refuted, the rest
of the suite is blocked by it: one line in place of a hundred that say the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from math import isfinite, prod
from typing import Any

from verified_cat.check import LAWS
from verified_cat.deciding import exact
from verified_cat.draw import draw_exact, draw_object, seeded
from verified_cat.errors import MissingOperation
from verified_cat.functions import Value
from verified_cat.laws import engines
from verified_cat.objects import Ob, flatten, fold
from verified_cat.report import Strength, Verdict, not_run
from verified_cat.sampling import sampled
from verified_cat.terms import Operation

METHOD = "smoke"
WORLD = "values"
"""Where probes look: at single values, before any construction."""

Faults = Iterator[str | None]
"""What each thing looked at comes to: None where it is right, else what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A law about an engine itself. ``run`` yields what is wrong with each thing it looks at, None where nothing is."""

    name: str
    title: str
    statement: str
    source: str
    run: Callable[[Any], Faults]

    def verdict(self, engine: Any) -> Verdict:
        """Sampled where nothing looked at was wrong; refuted by the first that was, or by an exception."""
        start, looked = time.perf_counter(), 0
        try:
            for wrong in self.run(engine):
                looked += 1
                if wrong is not None:
                    return self._refuted(wrong, looked, start)
        except MissingOperation as fault:
            return not_run(METHOD, fault)
        except (Exception, SystemExit) as fault:
            return self._refuted(f"raised {type(fault).__name__}: {fault}", looked, start)
        seconds = time.perf_counter() - start
        if not looked:
            return Verdict(Strength.VACUOUS, METHOD, reason="there was nothing to look at", seconds=seconds)
        return Verdict(Strength.SAMPLED, METHOD, looked, seconds=seconds)

    def _refuted(self, wrong: str, looked: int, start: float) -> Verdict:
        seconds = time.perf_counter() - start
        return Verdict(Strength.REFUTED, METHOD, looked, example=[wrong[:500]], seconds=seconds)


PROBES: dict[str, Probe] = {}
"""Every law about an engine itself, by name."""


def probe(name: str) -> Callable[[Callable[[Any], Faults]], Callable[[Any], Faults]]:
    """Enter the decorated function into ``PROBES``. Its docstring is the statement, its name the title."""

    def enter(run: Callable[[Any], Faults]) -> Callable[[Any], Faults]:
        statement = " ".join((run.__doc__ or "").split())
        PROBES[name] = Probe(name, run.__name__.replace("_", " "), statement, "derived here", run)
        return run

    return enter


# ------------------------------------------------------------------------------------------------ the probes


@probe("ENGINE-ROUND")
def numbers_go_in_and_come_out(engine: Any) -> Faults:
    """lower(lift(x)) = x for exact numbers that every precision holds, in spaces, pairs and the unit."""
    for seed in range(20):
        choose = seeded(seed)
        ob = draw_object(choose)
        given = draw_exact(choose, ob)
        found = engine.lower(ob, engine.lift(ob, given))
        if _numbers(ob, given) != _numbers(ob, found):
            yield f"{given!r} of {ob} comes back as {found!r}"
        yield _misshapen(ob, found)


@probe("ENGINE-SHAPE")
def operations_give_values_of_their_codomain(engine: Any) -> Faults:
    """Each operation of the table, at 1/8, 2/8, 3/8, …, gives numbers in the shape of its codomain, all finite."""
    for name, operation in _operations(engine):
        yield _told(name, partial(_wrong_value, engine, operation))


@probe("ENGINE-TWICE")
def operations_give_the_same_twice(engine: Any) -> Faults:
    """Each operation of the table gives the same numbers twice, and leaves what it is given as it is."""
    for name, operation in _operations(engine):
        yield _told(name, partial(_changed, engine, operation))


def _changed(engine: Any, operation: Operation) -> str | None:
    """What is not the same when an operation is done twice."""
    run, given = engine.operation(operation), _given(engine, operation)
    before = _numbers(operation.dom, engine.lower(operation.dom, given))
    once = _numbers(operation.cod, engine.lower(operation.cod, run(given)))
    after = _numbers(operation.dom, engine.lower(operation.dom, given))
    if before != after:
        return f"what it was given changes from {before} to {after}"
    again = _numbers(operation.cod, engine.lower(operation.cod, run(given)))
    return None if once == again else f"first {once}, then {again}"


def _wrong_value(engine: Any, operation: Operation) -> str | None:
    """What is wrong with the value of an operation."""
    value = engine.operation(operation)(_given(engine, operation))
    return _misshapen(operation.cod, engine.lower(operation.cod, value))


def _told(name: str, look: Callable[[], str | None]) -> str | None:
    """What is wrong with an operation, or what it raises, with its name."""
    try:
        wrong = look()
    except MissingOperation:
        return None
    except (Exception, SystemExit) as fault:
        wrong = f"raised {type(fault).__name__}: {fault}"
    return wrong and f"{name}: {wrong}"


def _operations(engine: Any) -> Iterator[tuple[str, Operation]]:
    """The operations that the engine has, at a few arguments each, with their names."""
    from verified_cat.reference.cases import every_small_case

    if not hasattr(engine, "operation"):
        raise MissingOperation("the engine brings categories of its own, and no operations to look at")
    for operation in every_small_case():
        try:
            engine.operation(operation)
        except MissingOperation:
            continue
        except Exception:  # told by who looks at it
            pass
        yield f"{operation.name}{list(operation.arguments)}", operation


def _given(engine: Any, operation: Operation) -> Value:
    """1/8, 2/8, 3/8, …: inside the domain of every operation of the table."""
    numbers = iter(range(1, 1000))
    exact_value = fold(
        operation.dom,
        unit=(),
        leaf=lambda leaf: tuple(Fraction(next(numbers), 8) for _ in range(prod(leaf.shape))),
        pair=lambda left, right: (left, right),
    )
    return engine.lift(operation.dom, exact_value)


def _numbers(ob: Ob, value: Any) -> list[Any]:
    return [number for leaf in flatten(ob, value) for number in leaf]


def _misshapen(ob: Ob, value: Any) -> str | None:
    """What is wrong with the leaves of a value of an object: their number, or an entry that is no finite number."""
    sizes = fold(ob, unit=[], leaf=lambda leaf: [prod(leaf.shape)], pair=lambda left, right: left + right)
    leaves = flatten(ob, value)
    if [len(leaf) for leaf in leaves] != sizes:
        return f"a value of {ob} comes out as {value!r}"
    if not all(isfinite(float(number)) for leaf in leaves for number in leaf):
        return f"a value of {ob} comes out with numbers that are not finite: {value!r}"
    return None


# ------------------------------------------------------------------------------------------------ stage 0


LAWS_OF_COMPOSITION = ("CAT-UNIT", "CAT-ASSOC")
FUNCTIONS = "functions"
EXAMPLES = 6
"""Instances of each law of composition: twice what it asks for."""


def names() -> list[str]:
    """The smoke laws, in the order in which they are tried."""
    return [*PROBES, *LAWS_OF_COMPOSITION]


def verdict(law: str, engine: str) -> tuple[str, Verdict]:
    """The world and the verdict of a smoke law in an engine that computes."""
    found = engines.engine(engine)
    if law in PROBES:
        return WORLD, PROBES[law].verdict(found)
    stated = LAWS[law]
    try:
        if engine in engines.EXACTLY:
            choices = map(seeded, range(EXAMPLES))
            return FUNCTIONS, exact(stated, FUNCTIONS, found, engines.judge, choices)
        return FUNCTIONS, sampled(stated, FUNCTIONS, found, engines.bounds_for(found.precision), EXAMPLES)
    except MissingOperation as fault:
        return FUNCTIONS, not_run(METHOD, fault)
