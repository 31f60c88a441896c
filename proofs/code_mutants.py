"""Mutants of the running code: one change in the text of one function, and which methods refute it.

The changed text is compiled and its code put into the function itself, so that everything that calls the function runs
the wrong construction, until it is put back. Nothing is executed but the function. ``code_mutants.toml`` lists them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from verified_cat.check import LAWS
from verified_cat.deciding import exact
from verified_cat.errors import DataError, VerifiedCatError
from verified_cat.proofs.evidence import obligation_of, replayed
from verified_cat.proofs.obligations import Goal, traced
from verified_cat.proofs.smtlib import Formula, smtlib
from verified_cat.proofs.solvers import Solver, default_solvers
from verified_cat.proofs.trivial import normal
from verified_cat.report import Strength

METHODS = ("types", "terms", "model", "z3", "cvc5", "drawn", "definition")
"""Sorts of the tracer; normal forms of terms; a finite model that plain Python replays; the solvers; instances drawn in
the exact reference; and whether a law that says what a construction *is* was needed or would do."""

DEFINITIONS = (
    "L-DEF",
    "D-RULES",
    "PARA-COMP",
    "LEARN-COMP",
    "LEARN-ID",
    "CART-UNIV",
    "MON-MID4",
    "DUAL-CAT",
    "FJ-SPAN",
)
"""The laws that give a construction's formula, or determine it: no coherence law sees a doubled gradient step."""

CRASHES = (VerifiedCatError, TypeError, ValueError, AttributeError)
"""What a wrong construction raises where its parts do not fit: a refutation for the types, none for another method."""

DRAWS = 12
"""How many drawn instances the exact reference decides of each law."""


@dataclass(frozen=True, slots=True)
class CodeMutant:
    """``take`` in the text of the function ``at`` becomes ``put``; the ``judges``, laws in worlds, have to see it."""

    at: str
    take: str
    put: str
    says: str
    judges: tuple[tuple[str, str], ...]
    equivalent: bool = False

    def __str__(self) -> str:
        return f"{self.at}: {self.says}"


def listed() -> tuple[CodeMutant, ...]:
    """The mutants of the list. Raises DataError for one that names no law."""
    data = tomllib.loads(Path(__file__).with_name("code_mutants.toml").read_text(encoding="utf-8"))
    return tuple(_mutant(each) for each in data["mutant"])


def _mutant(data: dict[str, Any]) -> CodeMutant:
    judges = tuple((law, world) for law, _, world in (judge.partition(" ") for judge in data["judges"]))
    for law, world in judges:
        if law not in LAWS or world not in LAWS[law].worlds:
            raise DataError(f"the mutant {data['says']!r} names {law} in {world!r}, which is no law in a world of its")
    return CodeMutant(data["at"], data["take"], data["with"], data["says"], judges, data.get("equivalent", False))


# ------------------------------------------------------------------------------------------------ the change


@contextmanager
def applied(mutant: CodeMutant) -> Iterator[None]:
    """The wrong code in place of the right one, while it lasts. Raises DataError where the text is not there once."""
    function = _function(mutant.at)
    right = function.__code__
    wrong = _compiled(mutant)
    try:
        function.__code__ = wrong
        yield
    finally:
        function.__code__ = right


def _function(at: str) -> FunctionType:
    module, *path = at.split(".")
    found: Any = reduce(getattr, path, import_module(f"verified_cat.{module}"))
    assert isinstance(found, FunctionType)
    return found


def _compiled(mutant: CodeMutant) -> CodeType:
    """The code of the function in its module's text with the change."""
    function = _function(mutant.at)
    file = Path(function.__code__.co_filename)
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    start = function.__code__.co_firstlineno - 1
    end = start + _length(function.__code__)
    text = "".join(lines[start:end])
    if text.count(mutant.take) != 1:
        raise DataError(f"{mutant}: {mutant.take!r} occurs {text.count(mutant.take)} times in it, not once")
    changed = "".join([*lines[:start], text.replace(mutant.take, mutant.put), *lines[end:]])
    name = mutant.at.partition(".")[2]
    return next(code for code in _codes(compile(changed, str(file), "exec")) if code.co_qualname == name)


def _length(code: CodeType) -> int:
    """How many lines the function has, those of the functions inside it included."""
    last = max(line for each in _codes(code) for _, _, line in each.co_lines() if line is not None)
    ends = max((end for each in _codes(code) for _, end, _, _ in each.co_positions() if end is not None), default=last)
    return ends - code.co_firstlineno + 1


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _codes(each)


# ------------------------------------------------------------------------------------------------ the methods


def refuted_by(mutant: CodeMutant, *, drawn: bool = True) -> dict[str, str]:
    """Method ↦ the judge by which it refutes the mutant; a method that does not is absent.

    Refuted means: the law was found to hold of the right code in that way, and to fail of the wrong one.
    """
    found: dict[str, str] = {}
    for law, world in mutant.judges:
        for method, refutes in _methods(drawn):
            if method not in found and method in refutes(mutant, law, world):
                found[method] = law
        for method in _by_terms(mutant, law, world):
            found.setdefault(method, law)
    for law in found.values():
        if law in DEFINITIONS:
            found = {"definition": law, **found}
    return {method: found[method] for method in METHODS if method in found}


Refutes = Callable[[CodeMutant, str, str], Iterable[str]]


def _methods(drawn: bool) -> list[tuple[str, Refutes]]:
    return [("types", _by_types), ("model", _by_model), *([("drawn", _by_drawing)] if drawn else [])]


def _by_types(mutant: CodeMutant, law: str, world: str) -> Iterable[str]:
    """Generic sorts: what is put together has to meet."""
    if not _askable(law):
        return ()
    try:
        with applied(mutant):
            for goal in obligation_of(LAWS[law], world).goals:
                traced(goal, "x")
    except CRASHES:
        return ("types",)
    return ()


def _by_terms(mutant: CodeMutant, law: str, world: str) -> Iterable[str]:
    """One sort for all objects: the terms differ; where they do, each solver says sat of what was unsat before."""
    if not _askable(law):
        return ()
    right = _formulas(law, world)
    try:
        with applied(mutant):
            wrong = _formulas(law, world)
    except CRASHES:
        return ()  # not even one sort makes it fit; the types refute it
    for good, bad in zip(right, wrong, strict=True):
        if _same(good) and not _same(bad):
            return ("terms", *_sat(bad))
    return ()


def _formulas(law: str, world: str) -> list[Formula]:
    goals: tuple[Goal, ...] = obligation_of(LAWS[law], world, one_sort=True).goals
    return [traced(goal, "x") for goal in goals]


def _same(formula: Formula) -> bool:
    return normal(formula.lhs) is normal(formula.rhs)


def _sat(formula: Formula) -> list[str]:
    solvers: tuple[Solver, ...] = default_solvers()
    return [each.name for each in solvers if each.check(smtlib([], [formula])).answer == "sat"]


def _by_model(mutant: CodeMutant, law: str, world: str) -> Iterable[str]:
    """Tables over Z₃: the package's code itself, on numbers, gives two results; under the hypotheses or without."""
    if not _askable(law):
        return ()
    for assuming in (True, False):
        if replayed(LAWS[law], world, assuming=assuming, one_sort=True) is not None:
            continue
        try:
            with applied(mutant):
                if replayed(LAWS[law], world, assuming=assuming, one_sort=True) is not None:
                    return ("model",)
        except CRASHES:
            return ()  # a number is no pair: it is not a counterexample but no model at all
    return ()


def _by_drawing(mutant: CodeMutant, law: str, world: str) -> Iterable[str]:
    """Random terms in the exact reference, decided for all inputs. A fresh engine: it keeps what it has derived."""
    from verified_cat.draw import seeded
    from verified_cat.laws.engines import judge
    from verified_cat.reference.jacobian import CalculusEngine

    def fails(number: int) -> bool:
        try:
            found = exact(LAWS[law], world, CalculusEngine(), judge, [seeded(number)])
        except CRASHES:  # the parts do not fit: no law holds of what is not even defined
            return True
        return found.strength is Strength.REFUTED

    for number in range(DRAWS):
        with applied(mutant):
            failed = fails(number)
        if failed and not fails(number):
            return ("drawn",)
    return ()


def _askable(law: str) -> bool:
    return not (LAWS[law].without_solver or LAWS[law].floats)


# ------------------------------------------------------------------------------------------------ the table


def table(mutants: Iterable[CodeMutant], *, drawn: bool = True) -> Iterator[tuple[CodeMutant, dict[str, str], str]]:
    """Each mutant with the methods that refute it, and one line that says so."""
    yield from (
        (mutant, found, _line(mutant, found)) for mutant in mutants for found in [refuted_by(mutant, drawn=drawn)]
    )


def _line(mutant: CodeMutant, found: dict[str, str]) -> str:
    marks = "  ".join((method if method in found else "-").ljust(len(method)) for method in METHODS)
    by = ", ".join(dict.fromkeys(found.values())) or ("changes nothing" if mutant.equivalent else "SURVIVES")
    return f"{mutant.at:<44} {mutant.says:<58.58} {marks}  {by}"


def heading() -> str:
    """The names of the columns."""
    return f"{'function':<44} {'change':<58} {'  '.join(METHODS)}  law"
