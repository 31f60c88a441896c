"""The whole suite: every law loaded, the rows that a run must have, and how a row is found."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from importlib.util import find_spec

from verified_cat.check import AUDITS, LAWS, Law, exact, not_run, sampled
from verified_cat.draw import seeded
from verified_cat.errors import MissingExtra, MissingOperation, UsageError, near
from verified_cat.laws import engines
from verified_cat.report import Report, Row, Verdict

MODULES = (
    *("category", "monoidal", "cartesian", "additive", "differential"),
    *("gad", "as_lenses", "unary", "dual", "reverse", "iterated", "conjugates", "polynomials"),
    *("lens", "forward", "para", "parameters", "laxness", "learn", "gradient", "alpha", "updates", "cost", "purity"),
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
    ),
    *("begin",),
    *("schemas", "presentations", "obstructions", "path_equations", "migration", "adversarial", "games"),
    *("meta", "generators", "linear"),
)
"""The modules that state laws, in the order of the report."""

SUITE = "suite"
EXACT_DRAWS = 12
EXAMPLES = 15


def load() -> None:
    """Import every module that states laws."""
    for module in MODULES:
        importlib.import_module(f"verified_cat.laws.{module}")


def law_names() -> list[str]:
    """The names of all laws, those about the suite last."""
    load()
    return [*LAWS, *AUDITS]


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
    return {engines.SOLVER: "z3+cvc5", engines.EXACT: "normal form"}.get(engine, "hypothesis")


def cases(laws: list[str], chosen: list[str]) -> list[tuple[str, str]]:
    """The (law, engine) pairs of a run: each law in each engine, each audit once."""
    return [(law, engine) for law in laws for engine in ([SUITE] if law in AUDITS else chosen)]


def expect(report: Report, pairs: list[tuple[str, str]]) -> None:
    """Enter every row of a run, so that none can disappear."""
    for law, engine in pairs:
        report.expect(law, engine, method_of(law, engine))


def row(law: str, engine: str, examples: int = EXAMPLES) -> Row:
    """The row of a law in an engine. Raises MissingOperation where the engine lacks an operation."""
    method = method_of(law, engine)
    if engine == SUITE:
        return Row(law, SUITE, method, {SUITE: AUDITS[law].verdict()})
    stated = LAWS[law]
    try:
        judge = _judge(stated, engine, examples)
    except MissingExtra as fault:
        return Row(law, engine, method, {name: not_run(method, fault) for name in stated.worlds})
    return Row(law, engine, method, {name: judge(name) for name in stated.worlds})


def _judge(stated: Law, engine: str, examples: int) -> Callable[[str], Verdict]:
    """How a law is judged in one world."""
    if stated.floats and engine in (engines.SOLVER, engines.EXACT):
        return lambda world: not_run(method_of(stated.name, engine), stated.floats)
    if engine == engines.SOLVER:
        if find_spec("cvc5") is None:
            raise MissingExtra(
                "one solver alone is no proof, and cvc5 is not installed: pip install verified-cat[solvers]"
            )
        from verified_cat.proofs.evidence import proof_of

        return lambda world: proof_of(stated, world)
    found = engines.engine(engine)
    if engine == engines.EXACT:
        draws = 5 if stated.costly else EXACT_DRAWS
        return lambda world: exact(stated, world, found, engines.judge, [seeded(seed) for seed in range(draws)])
    bounds = engines.bounds_for(found.precision)
    return lambda world: sampled(stated, world, found, bounds, examples)


def lacking(law: str, engine: str, fault: MissingOperation) -> Row:
    """The row of a law in an engine that lacks an operation."""
    method = method_of(law, engine)
    return Row(law, engine, method, {"-": not_run(method, f"the engine lacks an operation: {fault}")})
