"""The whole suite: every law loaded, the rows that a run must have, and how a row is found."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from verified_cat.audits import AUDITS
from verified_cat.check import LAWS, Law
from verified_cat.deciding import exact
from verified_cat.draw import seeded
from verified_cat.errors import MissingExtra, MissingOperation, UsageError, near
from verified_cat.floats import added
from verified_cat.laws import engines, smoke
from verified_cat.laws.profiles import DEFAULT, Effort, portions
from verified_cat.report import Report, Row, Strength, Verdict, not_run
from verified_cat.sampling import sampled

Case = tuple[str, str]
"""A law and an engine."""

MODULES = (
    *("category", "monoidal", "cartesian", "additive", "differential"),
    *("gad", "as_lenses", "unary", "dual", "transformers", "modes", "reverse", "iterated", "conjugates", "polynomials"),
    *(
        "lens",
        "forward",
        "para",
        "parameters",
        "laxness",
        "learn",
        "gradient",
        "equivalences",
        "quotients",
        "alpha",
        "coordinates",
        "updates",
        "cost",
        "purity",
    ),
    *(
        "losses",
        "steps",
        "descent",
        "admissible",
        "optimisers",
        "equivariance",
        "layers",
        "boolean",
        "floats",
        "ranges",
        "specials",
    ),
    *("begin", "optics", "spans", "finite_lenses", "actegories"),
    *("schemas", "presentations", "obstructions", "path_equations", "migration", "adversarial", "games"),
    *("meta", "generators", "linear", "chain", "definitions"),
)
"""The modules that state laws, in the order of the report."""

SUITE = "suite"


def load() -> None:
    """Import every module that states laws."""
    for module in MODULES:
        importlib.import_module(f"verified_cat.laws.{module}")


def law_names() -> list[str]:
    """The names of all laws: those about an engine itself first, those about the suite last."""
    load()
    return [*smoke.PROBES, *LAWS, *AUDITS]


def check_law(name: str) -> str:
    """The name of a law. Raises UsageError, with near names, for any other."""
    known = law_names()
    if name not in known:
        raise UsageError(f"no law is called {name!r}; {near(name, known)}")
    return name


def method_of(name: str, engine: str) -> str:
    """How a law is checked in an engine."""
    if name in AUDITS:
        return "audit"
    if name in smoke.PROBES:
        return smoke.METHOD
    return "z3+cvc5" if engine == engines.SOLVER else "normal form" if engine in engines.EXACTLY else "hypothesis"


def cases(laws: list[str], chosen: list[str]) -> list[Case]:
    """The (law, engine) pairs of a run: each law in each engine, each audit once, probes where there are values."""
    computing = [engine for engine in chosen if engine != engines.SOLVER]
    return [
        (law, engine)
        for law in laws
        for engine in ([SUITE] if law in AUDITS else computing if law in smoke.PROBES else chosen)
    ]


def expect(report: Report, pairs: list[Case]) -> None:
    """Enter every row of a run, so that none can disappear."""
    for law, engine in pairs:
        report.expect(law, engine, method_of(law, engine))


def row(law: str, engine: str, effort: Effort = DEFAULT) -> Row:
    """The row of a law in an engine. Raises MissingOperation where the engine lacks an operation."""
    return as_row(law, engine, dict(parts(law, engine, effort)))


def as_row(law: str, engine: str, worlds: dict[str, Verdict]) -> Row:
    """The row of a law with these verdicts."""
    doctrine = getattr(LAWS.get(law), "doctrine", "")
    return Row(law, engine, method_of(law, engine), worlds, doctrine)


def worlds_of(law: str) -> tuple[str, ...]:
    """Where a law is stated."""
    if law in LAWS:
        return LAWS[law].worlds
    return (SUITE,) if law in AUDITS else (smoke.WORLD,)


def parts(law: str, engine: str, effort: Effort = DEFAULT) -> Iterator[tuple[str, Verdict]]:
    """The worlds of a law, each with its verdict, one after another."""
    if engine == SUITE:
        yield SUITE, AUDITS[law].verdict()
    elif law in smoke.PROBES:
        yield smoke.verdict(law, engine)
    else:
        stated = LAWS[law]
        try:
            judge = _judge(stated, engine, effort)
        except MissingExtra as fault:
            refusal = not_run(method_of(law, engine), fault)
            judge = lambda world: refusal  # noqa: E731
        for world in stated.worlds:
            yield world, judge(world)


def _judge(stated: Law, engine: str, effort: Effort) -> Callable[[str], Verdict]:
    """How a law is judged in one world."""
    if stated.floats and engine in (engines.SOLVER, *engines.EXACTLY):
        return lambda world: not_run(method_of(stated.name, engine), stated.floats)
    if engine == engines.SOLVER:
        if find_spec("cvc5") is None:
            raise MissingExtra(
                "one solver alone is no proof, and cvc5 is not installed: pip install verified-cat[solvers]"
            )
        from verified_cat.proofs.evidence import proof_of

        return lambda world: proof_of(stated, world)
    found = engines.engine(engine)
    if engine in engines.EXACTLY:
        return lambda world: _decided(stated, world, found, effort)
    return lambda world: _sampled(stated, world, found, effort)


SEEDS_APART = 2**24
"""How far the seeds of two portions, or of two runs, lie apart: no draw is made twice."""


TRIES = 10
"""How many times as often an instance is tried where an engine has few operations, so that not all can be drawn."""


AGAIN = 4
"""How many times as much is drawn where too few instances were non-trivial, before that is held against the law."""


def _decided(stated: Law, world: str, engine: Any, effort: Effort) -> Verdict:
    draws = effort.costly if stated.costly else effort.exact
    first, tries = effort.seed * SEEDS_APART, TRIES if hasattr(engine, "operations") else 1

    def decided(enough: int) -> Verdict:
        choices = (seeded(first + number) for number in range(tries * enough))
        return exact(stated, world, engine, engines.judge, choices, enough=enough)

    found = decided(draws)
    return decided(AGAIN * draws) if found.strength is Strength.VACUOUS else found


def _sampled(stated: Law, world: str, engine: Any, effort: Effort) -> Verdict:
    """Drawn in portions, so that memory does not grow with the number of draws; up to the first that is refuted."""
    bounds, found = engines.bounds_for(engine.precision), list[Verdict]()
    drawn = portions(effort.examples)
    for number, examples in enumerate([*drawn, *drawn[:1] * AGAIN]):
        if number >= len(drawn) and together(stated, found).strength is not Strength.VACUOUS:
            break
        seed = effort.seed + number * SEEDS_APART
        found.append(sampled(stated, world, engine, bounds, examples, seed=seed, shrink=effort.shrink))
        if found[-1].strength not in (Strength.SAMPLED, Strength.VACUOUS):
            return found[-1]
    return together(stated, found)


def together(stated: Law, found: list[Verdict]) -> Verdict:
    """Verdicts on portions of the same draws, none refuted, as one: sampled where all of them together are enough."""
    worst = max(found, key=lambda each: each.share)
    witnesses, seconds = sum(each.witnesses for each in found), added(each.seconds for each in found)
    if witnesses >= (1 if stated.negative else stated.minimum):
        return replace(worst, strength=Strength.SAMPLED, reason="", witnesses=witnesses, seconds=seconds)
    reason = f"{witnesses} non-trivial instances; the law asks for {stated.minimum}"
    return replace(worst, strength=Strength.VACUOUS, reason=reason, witnesses=witnesses, seconds=seconds)


# ------------------------------------------------------------------------------------------------ what was not judged


LACKING = "the engine lacks an operation: "


def lacking(law: str, engine: str, fault: MissingOperation | str) -> Row:
    """The row of a law in an engine that lacks an operation."""
    return as_row(law, engine, {"-": not_run(method_of(law, engine), f"{LACKING}{fault}")})


def blocked(law: str, engine: str, by: str, why: str) -> Row:
    """The row of a law in an engine that a smoke law has stopped."""
    row = as_row(law, engine, {"-": not_run(method_of(law, engine), f"blocked by {by}: {why}")})
    return replace(row, blocked_by=by)
