"""Obligations as SMT-LIB 2.6: one text that every solver reads. Nothing is simplified on the way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from verified_cat.objects import Ob, Pair, Unit
from verified_cat.proofs.symbols import Node


@dataclass(frozen=True, slots=True)
class Formula:
    """∀ variables. lhs = rhs, as terms; the variables are terms of kind "variable"."""

    variables: tuple[Node, ...]
    lhs: Node
    rhs: Node


def in_order(roots: Iterable[Node]) -> list[Node]:
    """Every subterm once, parts before wholes."""
    done: dict[Node, None] = {}
    pending = [(root, False) for root in reversed(list(roots))]
    while pending:
        term, expanded = pending.pop()
        if term in done:
            continue
        if expanded:
            done[term] = None
        else:
            pending.append((term, True))
            pending += [(part, False) for part in reversed(term.parts)]
    return list(done)


class Script:
    """The text under construction: each sort and symbol is declared where it is first met.

    Every printed name is a letter-prefixed, numbered, alphanumeric word, so none is a name of an SMT theory.
    """

    def __init__(self) -> None:
        self.lines = ["(set-logic ALL)"]
        self._sorts: dict[Ob, tuple[str, int]] = {}
        self._names: dict[tuple[str, str, Ob, Ob | None], str] = {}

    def sort(self, ob: Ob) -> str:
        """The sort of an object: pairs are datatypes with two selectors, 1 has one value, the rest are unknown."""
        if ob not in self._sorts:
            if isinstance(ob, Pair):
                left, right, number = self.sort(ob.left), self.sort(ob.right), len(self._sorts)
                name, body = f"Pair{number}", f"(pair{number} (left{number} {left}) (right{number} {right}))"
                self.lines.append(f"(declare-datatypes (({name} 0)) (({body})))")
            elif isinstance(ob, Unit):
                name, number = "Unit0", len(self._sorts)
                self.lines.append(f"(declare-datatypes (({name} 0)) (((point0))))")
            else:
                number = len(self._sorts)
                name = f"Sort{number}_{_word(str(ob))}"
                self.lines.append(f"(declare-sort {name} 0)")
            self._sorts[ob] = name, number
        return self._sorts[ob][0]

    def function(self, name: str, dom: Ob, cod: Ob) -> str:
        """A function symbol; the same name with two boundaries is two symbols."""
        key = ("function", name, dom, cod)
        if key not in self._names:
            inside, outside = self.sort(dom), self.sort(cod)
            self._names[key] = f"fun{len(self._names)}_{_word(name)}"
            self.lines.append(f"(declare-fun {self._names[key]} ({inside}) {outside})")
        return self._names[key]

    def constant(self, term: Node) -> str:
        """A free variable, that is an arbitrary constant."""
        key = ("constant", term.name, term.ob, None)
        if key not in self._names:
            sort = self.sort(term.ob)
            self._names[key] = f"any{len(self._names)}_{_word(term.name)}"
            self.lines.append(f"(declare-fun {self._names[key]} () {sort})")
        return self._names[key]

    def head(self, term: Node) -> str:
        """What the term applies to its parts."""
        if term.kind == "apply":
            return self.function(term.name, term.parts[0].ob, term.ob)
        if term.kind in ("left", "right"):
            self.sort(term.parts[0].ob)
            return f"{term.kind}{self._sorts[term.parts[0].ob][1]}"
        self.sort(term.ob)
        if term.kind == "pair":
            return f"pair{self._sorts[term.ob][1]}"
        return "point0" if term.kind == "unit" else self.constant(term)

    def equation(self, lhs: Node, rhs: Node, bound: dict[Node, str]) -> str:
        """(= lhs rhs); a subterm that occurs more than once is named by a let, so the text stays linear."""
        subterms = in_order((lhs, rhs))
        uses = dict.fromkeys(subterms, 0)
        for used in (*(part for term in subterms for part in term.parts), lhs, rhs):
            uses[used] += 1
        text: dict[Node, str] = dict(bound)
        lets: list[str] = []
        for term in subterms:
            if term in bound:
                continue
            head = self.head(term)
            if not term.parts:
                text[term] = head
                continue
            whole = f"({head} {' '.join(text[part] for part in term.parts)})"
            text[term] = whole if uses[term] == 1 else f"t{len(lets)}"
            if uses[term] > 1:
                lets.append(f"(let ((t{len(lets)} {whole})) ")
        return f"{''.join(lets)}(= {text[lhs]} {text[rhs]}){')' * len(lets)}"

    def hypothesis(self, formula: Formula) -> None:
        """Assert ∀ variables. lhs = rhs."""
        bound = {term: f"v{number}" for number, term in enumerate(formula.variables)}
        body = self.equation(formula.lhs, formula.rhs, bound)
        if bound:
            quantified = " ".join(f"({name} {self.sort(term.ob)})" for term, name in bound.items())
            body = f"(forall ({quantified}) {body})"
        self.lines.append(f"(assert {body})")

    def negated(self, goals: Sequence[Formula]) -> None:
        """Assert that one of the goals fails at some values: their variables stay free."""
        bodies = [self.equation(goal.lhs, goal.rhs, {}) for goal in goals]
        whole = bodies[0] if len(bodies) == 1 else f"(and {' '.join(bodies)})"
        self.lines.append(f"(assert (not {whole}))")


def _word(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", name)


def smtlib(hypotheses: Sequence[Formula], goals: Sequence[Formula] = ()) -> str:
    """The problem "hypotheses and not goals": unsat proves the goals; without goals, unsat is a contradiction."""
    script = Script()
    for hypothesis in hypotheses:
        script.hypothesis(hypothesis)
    if goals:
        script.negated(goals)
    return "\n".join([*script.lines, "(check-sat)", ""])
