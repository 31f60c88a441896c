"""What must hold before a training may call its model *verified*: the cross-check of the very program that it ran.

The first step is made again and watched. Every operation of it is held against its rounding bound at the numbers that
it met, every gradient against its enclosure, and each primitive that occurred against random terms that contain it.
What is not looked at: later steps, and what is computed outside the table (reading data, packing, printing).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from verified_cat.crosscheck import crosscheck
from verified_cat.errors import MissingExtra
from verified_cat.primitives import Primitive
from verified_cat.reference.agreement import Crosscheck
from verified_cat.report import Strength
from verified_cat.terms import Term

TERMS = 60
"""Random terms: enough for every primitive of the table to occur."""

NOT_RUN = {"verdict": Strength.NOT_RUN.value}


class FirstStep:
    """Keeps the calls of all operations, and of each differentiated term the first point."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, Primitive, Any, Any]] = []
        self.programs: dict[tuple[str, Term], tuple[Any, Any]] = {}

    def operation(self, engine: Any, operation: Primitive, x: Any, y: Any) -> None:
        """Keep the call."""
        self.calls.append((engine, operation, x, y))

    def program(self, engine: Any, term: Term, x: Any) -> None:
        """Keep the first point of the term."""
        self.programs.setdefault((engine.name, term), (engine, x))


def checked(one_step: Callable[[], Any], seed: int, terms: int = TERMS) -> dict[str, Any]:
    """The record of the cross-check of what ``one_step`` computes: ``verified``, and the figures under ``crosscheck``.

    Not run, and so not verified, where python-flint is missing.
    """
    from verified_cat.gpu.watching import watched

    try:
        from verified_cat.reference.programs import Calls, enclosed_program
    except MissingExtra as missing:
        return {"verified": False, "crosscheck": NOT_RUN | {"reason": str(missing)}}
    step = FirstStep()
    with watched(step):
        one_step()
    rows = Calls.of(step.calls).rows()
    programs = [enclosed_program(engine, term, x, _one(engine)) for (_, term), (engine, x) in step.programs.items()]
    engines = list({engine.name: engine for engine, *_ in step.calls}.values())
    drawn = crosscheck(terms, seed, engines)
    unseen = sorted(set(rows) - {name for name, *_ in drawn.by_primitive})
    beyond = sum(row.excesses for row in rows.values()) + sum(program.excesses for program in programs)
    verdict = _verdict(beyond, drawn.strength, bool(rows) and not unseen)
    record = {
        "verdict": verdict.value,
        "engines": [engine.name for engine in engines],
        "operations": {name: row.as_json() for name, row in rows.items()},
        "programs": [program.as_json() for program in programs],
        "random_terms": {
            "terms": drawn.terms,
            "seed": seed,
            "verdict": drawn.strength.value,
            "excesses": drawn.excess_count,
            "calls": {name: _calls(drawn, name) for name in rows},
        },
        "unseen": unseen,
        "excesses": beyond + drawn.excess_count,
    }
    return {"verified": verdict is Strength.SAMPLED, "crosscheck": record}


def _verdict(beyond: int, drawn: Strength, complete: bool) -> Strength:
    if beyond or drawn is Strength.REFUTED:
        return Strength.REFUTED
    return Strength.SAMPLED if complete and drawn is Strength.SAMPLED else Strength.VACUOUS


def _calls(drawn: Crosscheck, name: str) -> int:
    """How often a primitive was computed in random terms."""
    return sum(row.terms for (key, *_), row in drawn.operations.items() if key == name)


def _one(engine: Any) -> Any:
    return engine.tensor((), (Fraction(1),))


def summary(record: dict[str, Any]) -> str:
    """The record in one line."""
    found = record["crosscheck"]
    if found["verdict"] == Strength.NOT_RUN.value:
        return f"not verified: the cross-check was not run; {found.get('reason', 'it was not asked for')}"
    calls = sum(row["terms"] for row in found["operations"].values())
    worst = max((float(row["share"]) for row in found["operations"].values()), default=0.0)
    ulps = max((each["ulps"] for each in found["programs"]), default=0.0)
    word = "verified" if record["verified"] else "NOT verified"
    return (
        f"{word}: cross-check {found['verdict']}, {found['excesses']} excesses; {calls} operations of the first step, "
        f"worst {worst:.3f} of a rounding bound; gradients within {ulps:.1f} ulps of the largest entry; "
        f"{found['random_terms']['terms']} random terms"
    )
