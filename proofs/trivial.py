"""Vacuous goals: those that say nothing, or nothing beyond what is assumed. A proof of one is no evidence.

What is looked for: both sides are one and the same morphism, or one computation; no variable and no symbol occurs; the
goal is itself a hypothesis; the hypotheses speak of other symbols.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from verified_cat.functions import Functions
from verified_cat.objects import Ob, Unit
from verified_cat.proofs.hypotheses import Hypotheses, Hypothesis
from verified_cat.proofs.smtlib import Formula, in_order
from verified_cat.proofs.symbols import Node, node, recorded, term_of, variable
from verified_cat.proofs.worlds import OpaqueEngine

if TYPE_CHECKING:
    from verified_cat.proofs.obligations import Goal

Triviality = Literal["", "one morphism", "one computation", "nothing", "assumed"]

WORDS: dict[str, str] = {
    "one morphism": "both sides are one and the same morphism",
    "one computation": "both sides are one computation, step by step",
    "nothing": "the goal mentions neither a variable nor a symbol",
    "assumed": "the goal is itself a hypothesis",
}


def triviality(goal: Goal, formula: Formula, assumed: Sequence[Hypotheses]) -> Triviality:
    """Why the goal would be true whatever the constructions did, or ""."""
    if goal.lhs is goal.rhs or goal.lhs.run is goal.rhs.run:
        return "one morphism"
    if not any(term.kind in ("variable", "apply") for term in in_order((formula.lhs, formula.rhs))):
        return "nothing"
    if any(_says(each, goal.lhs.dom, formula) for group in assumed for each in group.members):
        return "assumed"
    point = variable("x", goal.lhs.dom)
    (_, left), (_, right) = (recorded(side.run, point) for side in (goal.lhs, goal.rhs))
    return "one computation" if left == right != [] else ""


def _says(hypothesis: Hypothesis, dom: Ob, goal: Formula) -> bool:
    """Whether the hypothesis is the goal, up to which side is which and to what is true of pairs."""
    equation = hypothesis.equation
    if equation.lhs.dom != dom or equation.lhs.cod != goal.lhs.ob:
        return False
    functions, point = Functions(OpaqueEngine()), variable(goal.variables[0].name, dom)
    sides = (term_of(functions.meaning(side).run(point), side.cod) for side in (equation.lhs, equation.rhs))
    assumed = {normal(side) for side in sides}
    return assumed == {normal(goal.lhs), normal(goal.rhs)}


def normal(term: Node) -> Node:
    """The term with π₀(a, b) = a, π₁(a, b) = b, (π₀ x, π₁ x) = x and the one value of 1 used from left to right."""
    found: dict[Node, Node] = {}
    for each in in_order((term,)):
        parts = tuple(found[part] for part in each.parts)
        found[each] = _reduced(each, parts)
    return found[term]


def _reduced(term: Node, parts: tuple[Node, ...]) -> Node:
    if isinstance(term.ob, Unit):
        return node("unit", "", term.ob)
    if term.kind in ("left", "right") and parts[0].kind == "pair":
        return parts[0].parts[term.kind == "right"]
    if term.kind == "pair" and parts[0].kind == "left" and parts[1].kind == "right":
        (whole,), (other,) = parts[0].parts, parts[1].parts
        if whole is other:
            return whole
    return node(term.kind, term.name, term.ob, *parts)


def relevant(formula: Formula, assumed: Sequence[Hypotheses]) -> tuple[Hypotheses, ...]:
    """The hypotheses that speak of a symbol of the goal; more of them would only slow the solvers down."""
    terms = in_order((formula.lhs, formula.rhs))
    met = {(term.name, term.parts[0].ob, term.ob) for term in terms if term.kind == "apply"}

    def speaks_of_it(group: Hypotheses) -> bool:
        symbols = [symbol for symbol, _ in group.model]
        own = [symbol for symbol in symbols if symbol.name not in ("zero", "add")] or symbols
        return any((symbol.name, symbol.dom, symbol.cod) in met for symbol in own)

    return tuple(group for group in assumed if speaks_of_it(group))
