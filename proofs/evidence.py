"""Laws as obligations: the law function runs on opaque objects and morphisms, and the solvers judge what it returns."""

from __future__ import annotations

import copy
import time
from typing import Any

from verified_cat.category import Category
from verified_cat.check import Law, sides
from verified_cat.errors import MissingOperation
from verified_cat.functions import Arrow, Run
from verified_cat.gad import GAD
from verified_cat.learn import Error
from verified_cat.objects import Ob, Sort, leaves
from verified_cat.primitives import Symbol
from verified_cat.proofs.builders import _derivative_at, derivative_symbol
from verified_cat.proofs.hypotheses import (
    Hypotheses,
    additive_in_second,
    additive_map,
    commutative_monoid,
    left_inverse,
    right_inverse,
)
from verified_cat.proofs.obligations import Goal, Obligation, ProofResult, discharge, finite_counterexample, traced
from verified_cat.proofs.smtlib import in_order
from verified_cat.proofs.solvers import default_solvers
from verified_cat.proofs.symbols import TraceError
from verified_cat.proofs.worlds import OpaqueAdditive, OpaqueFunctions, SymbolicError, boxed_class
from verified_cat.report import Strength, Verdict
from verified_cat.terms import Generator, Term
from verified_cat.worlds import Mutant, world

METHOD = "z3+cvc5"


class OpaqueSource:
    """Sorts and free symbols. What is assumed of a symbol (additivity, inverses) is kept, to be used only if needed.

    ``one_sort`` makes every object the same opaque sort, so that typing does not hide what a wrong construction does.
    """

    def __init__(self, *, one_sort: bool = False) -> None:
        self.functions: Any = OpaqueFunctions()
        self.additive: Any = OpaqueAdditive()
        self._one_sort = one_sort
        self._assumed: dict[str, Hypotheses] = {}

    def prepare(self, category: Any) -> Any:
        """The category with everything it makes boxed, down to what it is built over."""
        boxed = copy.copy(category)
        if not isinstance(category, OpaqueFunctions | OpaqueAdditive):
            boxed = object.__new__(boxed_class(type(category)))
            vars(boxed).update(vars(category))
        for part in ("base", "k"):
            inner = getattr(category, part, None)
            if isinstance(inner, Category) and not isinstance(inner, OpaqueFunctions | OpaqueAdditive):
                setattr(boxed, part, self.prepare(inner))
        return boxed

    def object(self, name: str) -> Ob:
        ob = Sort("X" if self._one_sort else name)
        self._assume(commutative_monoid(ob))
        return ob

    def arrow(self, name: str, dom: Ob, cod: Ob) -> Arrow:
        return self.functions.generator(Symbol(name, dom, cod))  # type: ignore[no-any-return]

    def additive_arrow(self, name: str, dom: Ob, cod: Ob) -> Arrow:
        symbol = Symbol(name, dom, cod)
        self._assume(additive_map(symbol), dom, cod)
        return self.additive.generator(symbol)  # type: ignore[no-any-return]

    def term(self, name: str, dom: Ob, cod: Ob) -> Term:
        return Generator(Symbol(name, dom, cod))

    def family(self, name: str, gad: GAD, dom: Ob, cod: Ob) -> Run:
        symbol = derivative_symbol(gad.k, name, dom, cod, dom)
        self._assume(additive_in_second(symbol), dom, cod)
        return _derivative_at(gad.k, symbol)

    def error(self) -> Error:
        return _Assuming(self)

    def step(self, ob: Ob) -> Run:
        return SymbolicError(self.functions).step(ob)

    def assume_inverse(self, ob: Ob) -> None:
        """That ∂e/∂x(x, -) is invertible on every leaf of the object."""
        for leaf in leaves(ob):
            self._assume(right_inverse(leaf))
            self._assume(left_inverse(leaf))

    def _assume(self, added: Hypotheses, *objects: Ob) -> None:
        self._assumed[added.name] = added
        for leaf in dict.fromkeys(leaf for ob in objects for leaf in leaves(ob)):
            monoid = commutative_monoid(leaf)
            self._assumed[monoid.name] = monoid

    @property
    def hypotheses(self) -> tuple[Hypotheses, ...]:
        """Everything that is true of the symbols by how they were asked for."""
        return tuple(self._assumed.values())


class _Assuming(SymbolicError):
    """A free error; its inverse is assumed where it is asked for."""

    __slots__ = ("_source",)
    _source: OpaqueSource

    def __init__(self, source: OpaqueSource) -> None:
        super().__init__(source.functions)
        object.__setattr__(self, "_source", source)

    def derivative(self, ob: Ob) -> Run:
        self._source.assume_inverse(ob)
        return super().derivative(ob)

    def inverse(self, ob: Ob) -> Run:
        self._source.assume_inverse(ob)
        return super().inverse(ob)


def proof_of(stated: Law, name: str, mutant: Mutant | None = None) -> Verdict:
    """What both solvers make of a law in one world, first without and then with what is assumed of the symbols.

    A law that speaks of particular numbers or derivatives of the table is not run, with the reason.
    """
    if stated.without_solver:
        return Verdict(Strength.NOT_RUN, METHOD, reason=stated.without_solver)
    start = time.perf_counter()
    source = OpaqueSource(one_sort=mutant is not None)
    try:
        stated_sides = list(_stated(stated, name, source, mutant))
        goals = [Goal(lhs, rhs, f"{stated.name} {i}") for i, (lhs, rhs, _) in enumerate(stated_sides)]
        results = [_judged(stated, name, goal, source.hypotheses, mutant) for goal in goals]
    except (MissingOperation, TraceError) as fault:
        return Verdict(Strength.NOT_RUN, METHOD, reason=str(fault), seconds=time.perf_counter() - start)
    return _verdict(results, time.perf_counter() - start)


def _judged(stated: Law, name: str, goal: Goal, assumed: tuple[Hypotheses, ...], mutant: Mutant | None) -> ProofResult:
    """One goal, first without and then with what is assumed. Of a mutant a finite counterexample is enough."""
    title = f"{stated.name} in {name}"
    if mutant is not None:
        found = finite_counterexample(Obligation(title, (goal,), assumed))
        if found is None:
            return ProofResult(title, "undecided", "no finite model tells the mutant apart", ())
        return ProofResult(title, "refuted", f"{goal.name} fails in a finite model", (), counterexample=found)
    bare = discharge(Obligation(title, (goal,)))
    if bare.status == "proved" or not assumed:
        return bare
    return discharge(Obligation(title, (goal,), relevant(goal, assumed)))


def assumed_in(stated: Law) -> tuple[Hypotheses, ...]:
    """Every set of hypotheses that a proof of the law in one of its worlds may use."""
    if stated.without_solver:
        return ()
    found: dict[str, Hypotheses] = {}
    for name in stated.worlds:
        source = OpaqueSource()
        try:
            list(_stated(stated, name, source, None))
        except (MissingOperation, TraceError):
            continue
        found |= {each.name: each for each in source.hypotheses}
    return tuple(found.values())


def consistent(text: str) -> bool:
    """Whether neither solver can refute the assertions of an SMT-LIB text: none of them answers unsat."""
    return all(solver.check(text).answer != "unsat" for solver in default_solvers())


def relevant(goal: Goal, assumed: tuple[Hypotheses, ...]) -> tuple[Hypotheses, ...]:
    """The hypotheses that speak of a symbol of the goal; more of them would only slow the solvers down."""
    formula = traced(goal, "x")
    terms = in_order((formula.lhs, formula.rhs))
    met = {(term.name, term.parts[0].ob, term.ob) for term in terms if term.kind == "apply"}

    def speaks_of_it(group: Hypotheses) -> bool:
        symbols = [symbol for symbol, _ in group.model]
        own = [symbol for symbol in symbols if symbol.name not in ("zero", "add")] or symbols
        return any((symbol.name, symbol.dom, symbol.cod) in met for symbol in own)

    return tuple(group for group in assumed if speaks_of_it(group))


def _stated(stated: Law, name: str, source: OpaqueSource, mutant: Mutant | None) -> Any:
    where = world(name, source, mutant)
    for lhs, rhs, fixed in sides(stated, where):
        if fixed is not None:
            raise TraceError(f"{stated.name} speaks of particular numbers")
        yield lhs, rhs, fixed


_WORDS = {
    "proved": Strength.PROVED,
    "undecided": Strength.UNDECIDED,
    "vacuous": Strength.VACUOUS,
    "refuted": Strength.REFUTED,
}


def _verdict(results: list[ProofResult], seconds: float) -> Verdict:
    """The weakest of the results; its counterexample, if it has one, is the example."""
    order = list(_WORDS)
    worst = max(results, key=lambda result: order.index(result.status))
    example = None
    if worst.counterexample is not None:
        found = worst.counterexample
        example = {"law": worst.name, "goal": found.goal, "model": f"Z3, seed {found.seed}", "point": repr(found.point)}
        example |= {"lhs": repr(found.lhs), "rhs": repr(found.rhs)}
    reason = "" if worst.status == "proved" else worst.reason
    return Verdict(_WORDS[worst.status], METHOD, len(results), example=example, reason=reason, seconds=seconds)
