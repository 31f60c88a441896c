"""What the code of today says, as terms of the kernel: tracing a law gives Γ and lhs = rhs, in canonical names."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from verified_cat.check import Law
from verified_cat.errors import BoundaryError, MissingOperation, ShapeError
from verified_cat.objects import Ob, Pair, Unit
from verified_cat.proofs.checker import Term, Terms
from verified_cat.proofs.evidence import obligation_of
from verified_cat.proofs.hypotheses import Hypotheses
from verified_cat.proofs.needed import needed
from verified_cat.proofs.obligations import Goal, quantified
from verified_cat.proofs.smtlib import Formula, in_order
from verified_cat.proofs.symbols import Node, TraceError, term_of, variable
from verified_cat.worlds import Mutant


class Statement:
    """The formulas of one problem as terms of the kernel, in canonical names."""

    def __init__(self, terms: Terms) -> None:
        self._make = terms.make
        self.sorts: dict[Ob, Term] = {}
        self.symbols: dict[tuple[str, Ob, Ob], int] = {}
        self.constants: dict[Node, Term] = {}
        self._numbers: dict[tuple[str, Term, Term], int] = {}

    def sort(self, ob: Ob) -> Term:
        """The sort of an object."""
        if ob not in self.sorts:
            if isinstance(ob, Pair):
                self.sorts[ob] = self._make("product", self.sort(ob.left), self.sort(ob.right))
            elif isinstance(ob, Unit):
                self.sorts[ob] = self._make("one")
            else:
                number = sum(sort.kind == "sort" for sort in self.sorts.values())
                self.sorts[ob] = self._make("sort", data=(number,))
        return self.sorts[ob]

    def formula(self, stated: Formula, *, closed: bool) -> Term:
        """∀ variables. lhs = rhs, or, not ``closed``, lhs = rhs at arbitrary constants."""
        bound = [self._make("bound", self.sort(x.ob), data=(i,)) for i, x in enumerate(stated.variables)]
        found: dict[Node, Term] = dict(zip(stated.variables, bound, strict=True)) if closed else {}
        for term in in_order((stated.lhs, stated.rhs)):
            if term not in found:
                found[term] = self._term(term, [found[part] for part in term.parts])
        body = self._make("=", found[stated.lhs], found[stated.rhs])
        return self._make("all", body, *bound) if closed and bound else body

    def _term(self, term: Node, parts: list[Term]) -> Term:
        if term.kind == "apply":
            dom, cod = term.parts[0].ob, term.ob
            number = self._numbers.setdefault((term.name, self.sort(dom), self.sort(cod)), len(self._numbers))
            self.symbols[term.name, dom, cod] = number
            return self._make("call", *parts, self.sort(cod), data=(number,))
        if term.kind == "variable":
            number = len(self.constants)
            made = self.constants.get(term) or self._make("any", self.sort(term.ob), data=(number,))
            return self.constants.setdefault(term, made)
        return self._make("point" if term.kind == "unit" else term.kind, *parts)


def assumptions(name: str, goal: Formula, assumed: tuple[Hypotheses, ...]) -> list[Formula]:
    """The hypotheses that the goal of this name needs."""
    return [quantified(each) for group in needed(name, goal, assumed) for each in group.members]


def statement(terms: Terms, goal: Formula, assumed: Sequence[Formula] = ()) -> tuple[tuple[Term, ...], Term]:
    """(Γ, lhs = rhs) of a problem in canonical names."""
    named = Statement(terms)
    stated = named.formula(goal, closed=False)
    return tuple(named.formula(each, closed=True) for each in assumed), stated


def goals_of(law: Law, world: str, mutant: Mutant | None = None) -> tuple[list[Formula], tuple[Hypotheses, ...]]:
    """What the code of today says of opaque symbols, traced, and what may be assumed of them."""
    obligation = obligation_of(law, world, mutant)
    return [_run(goal) for goal in obligation.goals], obligation.hypotheses


def _run(goal: Goal) -> Formula:
    """Both sides on one arbitrary value, once: ``collapsed`` is the other run, and both have to be what is stored."""
    looks, x = TraceError.count, variable("x", goal.lhs.dom)
    lhs, rhs = (term_of(side.run(x), side.cod) for side in (goal.lhs, goal.rhs))
    if TraceError.count != looks:
        raise TraceError(f"{goal.name}: the code caught the error of looking inside an opaque value")
    return Formula((term_of(x, goal.lhs.dom),), lhs, rhs)


def collapsed(law: Law, world: str, mutant: Mutant | None = None) -> list[Formula]:
    """The goals where all objects are one: code that looks at which objects it is given says something else there."""
    return [_run(goal) for goal in obligation_of(law, world, mutant, one_sort=True).goals]


def alike(one: Formula, other: Formula) -> bool:
    """Whether both say the same, up to names, where all opaque objects are taken for one."""
    there, back = dict[Any, Any](), dict[Any, Any]()
    matched = dict[Node, Node]()
    pending = [(one.lhs, other.lhs), (one.rhs, other.rhs)]
    while pending:
        x, y = pending.pop()
        if matched.setdefault(x, y) is not y or x.kind != y.kind:
            return False
        if x.kind in ("apply", "variable"):
            mine, yours = ((each.name, *(shape(part.ob) for part in each.parts), shape(each.ob)) for each in (x, y))
            if (there.setdefault(mine, yours), back.setdefault(yours, mine)) != (yours, mine):
                return False
        pending += [pair for pair in zip(x.parts, y.parts, strict=True) if matched.get(pair[0]) is not pair[1]]
    return True


@cache
def shape(ob: Ob) -> Any:
    """The tree of an object whose leaves are all one."""
    if isinstance(ob, Pair):
        return shape(ob.left), shape(ob.right)
    return () if isinstance(ob, Unit) else "object"


NOT_TRACED = (MissingOperation, TraceError, ShapeError, BoundaryError)
"""How a law that cannot be said of symbols in a world, or a mutant that its types refuse, says so."""
