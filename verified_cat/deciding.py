"""A law decided in an exact engine: drawn morphisms, all inputs at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from verified_cat.check import Counterexample, Law
from verified_cat.comparing import entries
from verified_cat.draw import Choose, draw_exact
from verified_cat.errors import MissingOperation
from verified_cat.functions import Arrow
from verified_cat.held import Unstated
from verified_cat.own import absent, declared
from verified_cat.report import Strength, Verdict, not_run
from verified_cat.sampling import EngineRaised, claimed, example_of, lacking_in, seen
from verified_cat.worlds import Draws, Mutant, drawing


def exact(
    stated: Law,
    name: str,
    engine: Any,
    decide: Callable[[Any, Any], str],
    choices: Iterable[Choose],
    mutant: Mutant | None = None,
    enough: int | None = None,
) -> Verdict:
    """Decide the law at drawn morphisms for *all* inputs: ``engine.symbols(ob)`` are the inputs, ``decide`` the judge.

    ``enough`` instances end it: where an engine has few operations, more are tried than can be drawn. ``decide(l, r)``
    answers "equal", "different" or "undecided". One undecided entry makes the whole undecided.
    """
    start, count, lacking, stated_at = time.perf_counter(), _Decided(), "", 0
    if why := absent(engine, name):
        return not_run("normal form", why)
    for choose in choices:
        if stated_at == enough:
            break
        draws = drawing(engine, name, choose, stated.style)
        try:
            failed = _decide_instance(stated, name, engine, decide, draws, count, mutant)
            stated_at += 1
        except Unstated as fault:
            return not_run("normal form", fault)
        except MissingOperation as fault:
            if declared(engine) is None:
                raise
            lacking, failed = lacking_in(engine, fault), None
        except RecursionError:
            if declared(engine) is None:
                raise
            return not_run("normal form", "a composite of the engine goes beyond Python's recursion limit")
        except EngineRaised as fault:
            failed = example_of(stated, name, engine.name, fault.equation, draws)() | fault.as_example()
        if failed is not None:
            seconds = time.perf_counter() - start
            return Verdict(Strength.REFUTED, "normal form", count.witnesses, example=failed, seconds=seconds)
    if lacking and (not hasattr(engine, "operations") or count.too_few(stated)):
        return not_run("normal form", lacking)
    return count.verdict(stated, time.perf_counter() - start)


@dataclass(slots=True)
class _Decided:
    """What deciding instances has come to so far."""

    instances: int = 0
    witnesses: int = 0
    undecided: str = ""

    def too_few(self, stated: Law) -> bool:
        """Whether too few instances were not trivial."""
        return self.witnesses < (1 if stated.negative else min(stated.minimum, 3))

    def verdict(self, stated: Law, seconds: float) -> Verdict:
        """The verdict where nothing was refuted."""
        if self.undecided:
            return Verdict(Strength.UNDECIDED, "normal form", self.witnesses, reason=self.undecided, seconds=seconds)
        if self.too_few(stated):
            reason = f"{self.witnesses} non-trivial instances of {self.instances}"
            return Verdict(Strength.VACUOUS, "normal form", self.witnesses, reason=reason, seconds=seconds)
        return Verdict(Strength.EXACT, "normal form", self.witnesses, 0.0, 0.0, seconds=seconds)


def _decide_instance(
    stated: Law,
    name: str,
    engine: Any,
    decide: Callable[[Any, Any], str],
    draws: Draws,
    count: _Decided,
    mutant: Mutant | None,
) -> dict[str, Any] | None:
    """Decide every equation of one instance; the example where one is refuted. Raises EngineRaised for a category of
    another's that raises an exception."""
    for number, (claim, lhs, rhs) in enumerate(claimed(stated, name, engine, draws, mutant)):
        fixed = claim.point if isinstance(claim, Counterexample) else None
        count.instances += 1
        try:
            left, right = (_generic(engine, side, fixed) for side in (lhs, rhs))
        except (MissingOperation, RecursionError, Unstated):
            raise
        except (Exception, SystemExit) as fault:
            if declared(engine) is None:
                raise
            raise EngineRaised(number, fault) from fault
        answers = [decide(one, two) for one, two in zip(left, right, strict=True)]
        differs, unknown = "different" in answers, "undecided" in answers  # one entry that differs decides
        if differs if fixed is None else not differs and not unknown:
            at = _separating(engine, decide, lhs, rhs, draws.choose) if fixed is None else fixed
            draws.points[f"point {number}"] = lhs.dom, at
            return example_of(stated, name, engine.name, number, draws)()
        if unknown and not differs:
            count.undecided = f"{left} = {right}"[:200]
        count.witnesses += bool(answers)
    return None


def _generic(engine: Any, side: Arrow, fixed: Any) -> list[Any]:
    """The entries of one side at inputs of its own, so that a side that writes to its inputs is seen."""
    point = engine.symbols(side.dom) if fixed is None else engine.lift(side.dom, fixed)
    return entries(side.cod, engine.lower(side.cod, side.run(point)))


def _separating(engine: Any, decide: Callable[[Any, Any], str], lhs: Arrow, rhs: Arrow, choose: Choose) -> Any:
    """A drawn point at which two different maps differ, so that a refutation can be replayed on numbers."""
    point = draw_exact(choose, lhs.dom)
    for _ in range(20):
        left, right = (seen(engine, side, point) for side in (lhs, rhs))
        if any(decide(one, two) == "different" for one, two in zip(left, right, strict=True)):
            break
        point = draw_exact(choose, lhs.dom)
    return point
