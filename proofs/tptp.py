"""Obligations as TPTP first-order formulas (FOF), with the axioms of pairing written out.

FOF has one sort, so that each object is a predicate and quantifiers are bounded by it: what is proved of these formulas
is true of the sorts. Terms that occur more than once in a goal are named, so the text stays linear.
"""

from __future__ import annotations

from collections.abc import Sequence

from verified_cat.objects import Ob, Pair, Unit
from verified_cat.proofs.smtlib import Formula, in_order
from verified_cat.proofs.symbols import Node


class Problem:
    """The text under construction: sorts and symbols are declared where they are first met."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._sorts: dict[Ob, int] = {}
        self._names: dict[tuple[str, str, Ob, Ob | None], str] = {}

    def axiom(self, name: str, formula: str, role: str = "axiom") -> None:
        self.lines.append(f"fof({name}, {role}, {formula}).")

    def sort(self, ob: Ob) -> str:
        """The predicate of an object. A pair is made of its halves, 1 has one value, and no object is empty."""
        if ob not in self._sorts:
            halves = (self.sort(ob.left), self.sort(ob.right)) if isinstance(ob, Pair) else ()
            number = self._sorts[ob] = len(self._sorts)
            if halves:
                self._pairing(number, *halves)
            elif isinstance(ob, Unit):
                self.axiom(f"unit{number}", f"s{number}(point) & ! [X] : (s{number}(X) => X = point)")
            else:
                self.axiom(f"inhabited{number}", f"s{number}(some{number})")
        return f"s{self._sorts[ob]}"

    def _pairing(self, k: int, left: str, right: str) -> None:
        both = f"({left}(X) & {right}(Y))"
        self.axiom(f"pair{k}", f"! [X, Y] : ({both} => s{k}(pair{k}(X, Y)))")
        # Not bounded: what is paired beside the sorts can always be told apart, in a large enough world.
        self.axiom(f"left{k}", f"! [X, Y] : left{k}(pair{k}(X, Y)) = X")
        self.axiom(f"right{k}", f"! [X, Y] : right{k}(pair{k}(X, Y)) = Y")
        halves = f"{left}(left{k}(X)) & {right}(right{k}(X))"
        self.axiom(f"surjective{k}", f"! [X] : (s{k}(X) => ({halves} & pair{k}(left{k}(X), right{k}(X)) = X))")

    def head(self, term: Node) -> str:
        """What the term applies to its parts."""
        if term.kind in ("left", "right"):
            return f"{term.kind}{self.sort(term.parts[0].ob)[1:]}"
        if term.kind == "pair":
            return f"pair{self.sort(term.ob)[1:]}"
        if term.kind == "unit":
            self.sort(term.ob)
            return "point"
        dom = term.parts[0].ob if term.parts else None
        key = (term.kind, term.name, term.ob, dom)
        if key not in self._names:
            inside, outside = self.sort(dom) if dom is not None else "", self.sort(term.ob)
            name = self._names[key] = f"f{len(self._names)}"
            typed = f"! [X] : ({inside}(X) => {outside}({name}(X)))" if inside else f"{outside}({name})"
            self.axiom(f"type_{name}", typed)
        return self._names[key]

    def text(self, terms: Sequence[Node], bound: dict[Node, str], shared: frozenset[Node]) -> dict[Node, str]:
        """Each subterm as text; the shared ones get names with a definition each."""
        found: dict[Node, str] = dict(bound)
        for term in in_order(terms):
            if term in bound:
                continue
            head = self.head(term)
            found[term] = f"{head}({', '.join(found[part] for part in term.parts)})" if term.parts else head
            if term in shared:
                name = f"t{len(self.lines)}"
                self.axiom(f"name_{name}", f"{name} = {found[term]}")
                found[term] = name
        return found

    def hypothesis(self, number: int, formula: Formula) -> None:
        """∀ variables of their sorts. lhs = rhs."""
        bound = {term: f"V{index}" for index, term in enumerate(formula.variables)}
        found = self.text((formula.lhs, formula.rhs), bound, frozenset())
        body = f"{found[formula.lhs]} = {found[formula.rhs]}"
        if bound:
            sorts = " & ".join(f"{self.sort(term.ob)}({name})" for term, name in bound.items())
            body = f"! [{', '.join(bound.values())}] : (({sorts}) => {body})"
        self.axiom(f"assumed{number}", body)

    def conjecture(self, goal: Formula) -> None:
        """lhs = rhs at constants of which only the sort is known."""
        subterms = in_order((goal.lhs, goal.rhs))
        uses = dict.fromkeys(subterms, 0)
        for part in (part for term in subterms for part in term.parts):
            uses[part] += 1
        shared = frozenset(term for term, count in uses.items() if count > 1 and term.parts)
        found = self.text((goal.lhs, goal.rhs), {}, shared)
        self.axiom("goal", f"{found[goal.lhs]} = {found[goal.rhs]}", "conjecture")


def tptp(hypotheses: Sequence[Formula], goal: Formula | None) -> str:
    """The problem "hypotheses imply the goal"; without a goal, the hypotheses alone: they must not be unsatisfiable."""
    problem = Problem()
    for number, hypothesis in enumerate(hypotheses):
        problem.hypothesis(number, hypothesis)
    if goal is not None:
        problem.conjecture(goal)
    return "\n".join([*problem.lines, ""])
