"""The kernel that re-checks a certificate of Γ ⊢ lhs = rhs, with the standard library alone and no solver.

A file is plain JSON: a table of rows (sorts, terms and formulas, each referring to earlier rows) and a list of
certificates over it: hypotheses Γ, a goal, and steps that refute Γ and ¬goal, or conclude the goal outright. Each step
is re-derived from its premises by one of the rules of ``Step``; equations without hypotheses by normal forms of
projections of pairs, polynomial identities by expanding goal = Σ cᵢ · hypothesisᵢ. What is not understood is refused,
in one line. "Γ ⊢ goal" speaks of every interpretation whose sorts have a value; of rings, the commutative ones.
``python checker.py FILE...`` checks files on their own; whether they speak of the code that runs is not its business.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from typing import Any

SCHEMA, LARGEST_FILE, NUMBERS = 1, 4_000_000, range(2**31)
WORK = 500_000  # elementary operations that one file may cost: hostile certificates end, and are refused

Operations = list[tuple[str, tuple[int, ...]]]
Polynomial = dict[tuple[int, ...], int]  # monomials, as sorted indices of indeterminates, and their coefficients


class Refused(Exception):
    """The certificate proves nothing, and why."""


class Vacuous(Refused):
    """The hypotheses contradict each other: the refutation did not use the goal."""


def need(holds: bool, message: str) -> None:
    """Raises Refused with the message unless it holds."""
    if not holds:
        raise Refused(message)


@dataclass(frozen=True, eq=False, slots=True)
class Term:
    """A sort (whose own sort is None), a term or a formula. Equal ones are one object, so ``is`` is equality."""

    index: int
    kind: str
    data: tuple[int, ...]
    parts: tuple[Term, ...]
    sort: Term | None
    free: frozenset[int]  # the bound variables in it that no quantifier in it binds
    letter: str  # s a sort, f a formula, b a bound variable, v any other value; t is truth, of which there are none


DATA = {"sort": 1, "any": 1, "bound": 1, "call": 1, "number": 1}  # numbers of a row that refer to no other row
SORTS, RING = ("truth", "ring", "one", "sort", "product"), ("number", "+", "*", "-")
_GRAMMAR = {
    **dict.fromkeys(("truth", "ring", "one", "sort", "number", "point", "true", "false"), ""),
    **dict.fromkeys(("+", "*", "-", "pair"), "vv"),
    **{"product": "ss", "any": "s", "bound": "s", "call": "vs", "left": "v", "right": "v"},
    **{"=": "vv|ff", "not": "f", "=>": "ff", "and": "f*", "or": "f*", "all": "fb+"},
}
GRAMMAR = {kind: re.compile(parts.replace("v", "[vb]")) for kind, parts in _GRAMMAR.items()}  # the letters of the parts


class Terms:
    """The terms of one file, each built once, and well-sorted or refused."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Term] = {}
        self._work = 0

    def spend(self, amount: int = 1) -> None:
        """Raises Refused where the file has cost too much."""
        self._work += amount
        need(self._work <= WORK, "it takes too much work")

    def make(self, kind: str, *parts: Term, data: tuple[int, ...] = ()) -> Term:
        """The one term of this kind with these data and parts."""
        key = (kind, data, parts)
        term = self._known.get(key)
        if term is None:
            sort = self._sort(kind, parts)  # which may make the sort, so before the number is given
            index, own = len(self._known), {part.index for part in parts[1:]} if kind == "all" else frozenset[int]()
            self.spend(1 + len(parts) + sum([len(part.free) for part in parts]))
            free = frozenset([index] if kind == "bound" else []).union(*[part.free for part in parts]) - own
            letter = ("t" if kind == "truth" else "s") if sort is None else "b" if kind == "bound" else "v"
            letter = "f" if sort is not None and sort.kind == "truth" else letter
            term = self._known[key] = Term(index, kind, data, parts, sort, free, letter)
        return term

    def _sort(self, kind: str, parts: tuple[Term, ...]) -> Term | None:
        """The sort of the whole; None where it is a sort itself."""
        well = kind in GRAMMAR and GRAMMAR[kind].fullmatch("".join([part.letter for part in parts])) is not None
        first = parts[0].sort if parts else None
        well = well and (kind != "=" or first is parts[1].sort) and (kind != "all" or len(set(parts)) == len(parts))
        well = well and (kind not in RING or all(part.sort is self.make("ring") for part in parts))
        well = well and (kind not in ("left", "right") or (first is not None and first.kind == "product"))
        need(well, "a term is ill-sorted")
        if kind in SORTS:
            return None
        if kind in ("left", "right"):
            return first.parts[kind == "right"] if first else None
        if kind == "pair":
            return self.make("product", *(part.sort for part in parts if part.sort))
        if kind in ("any", "bound", "call"):  # the last part is the sort
            return parts[-1]
        return self.make("ring" if kind in RING else "one" if kind == "point" else "truth")

    def read(self, rows: Any) -> list[Term]:
        """The terms of a table."""
        found: list[Term] = []
        for number, row in enumerate(rows):
            need(type(row) is list and bool(row) and type(row[0]) is str, "a row is no row")
            split = 1 + DATA.get(row[0], 0)
            data, parts = picked(NUMBERS, row[1:split], "row", number), picked(found, row[split:], "row", number)
            need(len(data) == split - 1, "a row is too short")
            found.append(self.make(row[0], *parts, data=tuple(data)))
        return found

    def below(self, root: Term, leaf: Callable[[Term], bool] = lambda term: False) -> list[Term]:
        """Every subterm once, parts before wholes, not looking into leaves."""
        done: dict[Term, None] = {}
        pending = [root]
        while pending:
            term = pending.pop()
            parts = () if term in done or leaf(term) else term.parts
            missing = [part for part in parts if part.sort and part not in done]
            if missing:
                pending += [term, *missing]
            else:
                done[term] = None
            self.spend()
        return list(done)

    def substitute(self, root: Term, by: dict[Term, Term]) -> Term:
        """root[by]. Raises Refused where a variable would be captured, or is bound again inside."""
        found = dict(by)
        incoming = frozenset[int]().union(*(term.free for term in by.values())) | {term.index for term in by}
        for term in self.below(root):
            need(term.kind != "all" or incoming.isdisjoint(x.index for x in term.parts[1:]), "a variable is captured")
            if term not in found and term.parts and term.kind not in ("any", "bound"):
                found[term] = self.make(term.kind, *(found.get(part, part) for part in term.parts), data=term.data)
        return found.get(root, root)

    def normal(self, root: Term) -> Term:
        """The normal form of a free term: what is in a product is a pair, and its projections are its parts."""
        found: dict[Term, Term] = {}
        for term in self.below(root):
            new = self.make(term.kind, *(found.get(part, part) for part in term.parts), data=term.data)
            if term.kind in ("left", "right"):
                new = new.parts[0].parts[term.kind == "right"]
            found[term] = self.expanded(new) if new.kind != "pair" else new
        return found[root]

    def expanded(self, term: Term, depth: int = 0) -> Term:
        """x = (π₀ x, π₁ x), as far down as its sort says; () on 1."""
        need(depth < 100 and term.sort is not None, "a sort is too deep")
        self.spend()
        if term.sort is None or term.sort.kind != "product":
            return self.make("point") if term.sort and term.sort.kind == "one" else term
        return self.make("pair", *(self.expanded(self.make(side, term), depth + 1) for side in ("left", "right")))

    def polynomial(self, root: Term) -> Polynomial:
        """The coefficients of a term, by monomial; what is no sum or product is an indeterminate."""
        found: dict[Term, Polynomial] = {}
        for term in self.below(root, leaf=lambda each: each.kind not in RING):
            parts = [found[part] for part in term.parts] if term.kind in RING else []
            if term.kind == "*":
                whole: Polynomial = {}
                for (one, first), (other, second) in product(parts[0].items(), parts[1].items()):
                    whole = added(whole, {tuple(sorted(one + other)): first * second})
                    self.spend(len(whole))
            elif parts:
                whole = added(parts[0], parts[1], -1 if term.kind == "-" else 1)
            else:
                whole = added({}, {(): term.data[0]} if term.kind == "number" else {(term.index,): 1})
            found[term] = whole
            self.spend(sum(map(len, whole)))
            need(all(abs(number) < len(NUMBERS) ** 2 for number in whole.values()), "a coefficient is too large")
        return found[root]


def added(left: Polynomial, right: Polynomial, sign: int = 1) -> Polynomial:
    """left ± right."""
    whole = left | {monomial: left.get(monomial, 0) + sign * number for monomial, number in right.items()}
    return {monomial: number for monomial, number in whole.items() if number}


def picked(found: Sequence[Any], numbers: Any, where: str, place: int | str = "") -> list[Any]:
    """The entries of those numbers. Raises Refused where one is not there (yet), or is no number: True is none."""
    if type(numbers) is not list or [each for each in numbers if type(each) is not int or not 0 <= each < len(found)]:
        raise Refused(f"{where} {place} refers to something that is not there")
    return [found[each] for each in numbers]


CONNECTIVES: dict[str, Callable[[list[int]], int]] = {  # values of parts to that of the whole; min of 1 is "and"
    **{"true": lambda v: 1, "and": lambda v: min(v, default=1), "not": lambda v: -v[0], "=": lambda v: v[0] * v[1]},
    **{"false": lambda v: -1, "or": lambda v: max(v, default=-1), "=>": lambda v: max(-v[0], v[1])},
}


def connects(term: Term) -> bool:
    """Whether a formula is made of formulas by a connective; "=" between formulas is one."""
    return term.kind in CONNECTIVES and (term.kind != "=" or term.parts[0].sort is term.sort)


def compiled(terms: Terms, formula: Term) -> Operations:
    """Parts before wholes: which connective of which values, or which atom; x = x is none, and true."""
    places, operations = dict[Term, int](), Operations()
    for term in terms.below(formula, leaf=lambda term: not connects(term)):
        places[term] = len(places)
        indices = sorted([part.index for part in term.parts]) if term.kind == "=" else [-1, term.index]
        atom = ("atom", tuple(indices)) if indices[0] != indices[1] else ("true", ())
        operations.append((term.kind, tuple([places[x] for x in term.parts])) if connects(term) else atom)
    return operations


def truth(operations: Operations, known: dict[tuple[int, ...], int]) -> int:
    """The value of a formula: 1 true, -1 false, 0 not decided by the known atoms."""
    v: list[int] = []
    for kind, given in operations:
        v.append(known.get(given, 0) if kind == "atom" else CONNECTIVES[kind]([v[part] for part in given]))
    return v[-1]


def follows(terms: Terms, premises: Iterable[Term], conclusion: Term) -> bool:
    """Whether the conclusion is a propositional consequence, by splitting atoms, the most decided formula first."""
    formulas = [compiled(terms, formula) for formula in (*premises, terms.make("not", conclusion))]
    pending: list[tuple[dict[tuple[int, ...], int], list[Operations]]] = [({}, formulas)]
    while pending:
        known, left = pending.pop()
        terms.spend(sum([len(each) for each in left]))
        values = [truth(each, known) for each in left]
        left = [each for each, value in zip(left, values, strict=True) if value == 0]
        if left and -1 not in values:
            atom = min(([x for kind, x in each if kind == "atom" and x not in known] for each in left), key=len)[0]
            pending += [(known | {atom: value}, left) for value in (1, -1)]
        elif -1 not in values:
            return False
    return True


@dataclass(frozen=True, slots=True)
class Step:
    """Premises f, arguments a, conclusion c: each rule below says whether c follows."""

    terms: Terms
    f: list[Term]
    a: list[Term]
    c: Term
    assumed: frozenset[Term]  # what the premises still stand on

    def assumption(self) -> bool:
        """φ ⊢ φ."""
        return not self.f

    def discharged(self) -> bool:
        """From φ under a: (a₀ ∧ ...) ⇒ φ, written ¬(a₀ ∧ ...) where φ is false, no longer under a."""
        if len(self.f) != 1 or not all(each.sort is self.c.sort for each in self.a):
            return False
        given = self.a[0] if len(self.a) == 1 else self.terms.make("and", *self.a)
        negation, implication = self.terms.make("not", given), self.terms.make("=>", given, self.f[0])
        return self.c is (negation if self.f[0].kind == "false" else implication)

    def logic(self) -> bool:
        """f ⊢ c whatever the atoms are, = being an equivalence between formulas, symmetric and reflexive."""
        return follows(self.terms, self.f, self.c)

    def transitivity(self) -> bool:
        """a = b, b = c, ... ⊢ a = z."""
        if not self.f or {each.kind for each in (self.c, *self.f)} != {"="}:
            return False
        ends = self.f[0].parts[0], self.f[-1].parts[1]
        return self.c.parts == ends and all(a.parts[1] is b.parts[0] for a, b in pairwise(self.f))

    def congruence(self) -> bool:
        """aᵢ = bᵢ, ... ⊢ h(a₀, ...) = h(b₀, ...); under ∀ x only where no open assumption speaks of x."""
        if {each.kind for each in (self.c, *self.f)} != {"="}:
            return False
        one, other = self.c.parts
        changing = 1 if one.kind in ("all", "call") else len(one.parts)  # not what is bound, nor the sort of the value
        if (one.kind, one.data, one.parts[changing:]) != (other.kind, other.data, other.parts[changing:]):
            return False
        if one.kind == "all" and any(each.free & {x.index for x in one.parts[1:]} for each in self.assumed):
            return False
        alike = len(one.parts) == len(other.parts) and one.kind not in ("any", "bound")
        return alike and [each.parts for each in self.f] == list(zip(one.parts, other.parts, strict=True))[:changing]

    def instance(self) -> bool:
        """∀ x. φ ⊢ φ[a/x], sort by sort."""
        if len(self.f) != 1 or self.f[0].kind != "all":
            return False
        body, *bound = self.f[0].parts
        alike = [t.sort for t in self.a] == [x.sort for x in bound]
        return alike and self.c is self.terms.substitute(body, dict(zip(bound, self.a, strict=True)))

    def normal(self) -> bool:
        """⊢ x = y where both have one normal form: π₀(a, b) = a, π₁(a, b) = b, x = (π₀ x, π₁ x), and x = () on 1."""
        values = not self.f and self.c.kind == "=" and not connects(self.c)
        return values and (len({*self.c.parts}) == 1 or len({self.terms.normal(part) for part in self.c.parts}) == 1)

    def combination(self) -> bool:
        """l₀ = r₀, ... ⊢ l = r where l - r = Σ aᵢ (lᵢ - rᵢ), expanded as polynomials over the other subterms."""
        sorts = [part.sort for each in (self.c, *self.f) for part in each.parts] + [each.sort for each in self.a]
        equations = {each.kind for each in (self.c, *self.f)} == {"="} and len(self.a) == len(self.f)
        if not equations or set(sorts) != {self.terms.make("ring")}:
            return False
        left = self.terms.polynomial(self.terms.make("-", *self.c.parts))
        for factor, premise in zip(self.a, self.f, strict=True):
            part = self.terms.make("*", factor, self.terms.make("-", *premise.parts))
            left = added(left, self.terms.polynomial(part), -1)
        return not left


_RULES = (Step.assumption, Step.discharged, Step.logic, Step.transitivity, Step.congruence, Step.instance)
RULES = {rule.__name__: rule for rule in (*_RULES, Step.normal, Step.combination)}


def derive(terms: Terms, table: list[Term], steps: Any) -> tuple[Term, frozenset[Term]]:
    """What the last step concludes, and the assumptions it stands on. Raises Refused at the first wrong step."""
    proved: list[tuple[Term, frozenset[Term]]] = []
    need(type(steps) is list and bool(steps), "there are no steps")
    for number, step in enumerate(steps):
        known = type(step) is list and len(step) == 4 and type(step[0]) is str and step[0] in RULES
        need(known, "a step is by no rule")
        [c], before = picked(table, step[1:2], "step", number), picked(proved, step[2], "step", number)
        need(c.letter == "f", "a step concludes no formula")
        assumed = frozenset[Term]().union(*[under for _, under in before])
        terms.spend(1 + len(assumed) + len(before))
        a = picked(table, step[3], "step", number)
        if not RULES[step[0]](Step(terms, [each for each, _ in before], a, c, assumed)):
            raise Refused(f"step {number} does not follow by {step[0]}")
        assumed = frozenset([c]) if step[0] == "assumption" else assumed
        proved.append((c, assumed - set(a) if step[0] == "discharged" else assumed))
    return proved[-1]


@dataclass(frozen=True, slots=True)
class Checked:
    """What one certificate proves: the goal under those of its hypotheses that it used."""

    goal: Term
    hypotheses: tuple[Term, ...]
    used: tuple[Term, ...]
    rules: tuple[str, ...]


def check(terms: Terms, table: list[Term], given: Any) -> Checked:
    """What a certificate over the table proves. Raises Refused, or Vacuous where it does not need its goal."""
    need(type(given) is dict and given.keys() == {"goal", "hypotheses", "steps"}, "no certificate")
    [goal], assumed = picked(table, [given["goal"]], "the goal"), picked(table, given["hypotheses"], "a hypothesis")
    need(all(each.letter == "f" and not each.free for each in (goal, *assumed)), "it states no closed formula")
    conclusion, used = derive(terms, table, given["steps"])
    negation = terms.make("not", goal)
    if conclusion is not goal or used:
        need(conclusion.kind == "false", "it ends neither in false nor, without assumptions, in the goal")
        need(used <= {*assumed, negation}, "it refutes more than what is stated")
        if negation not in used:
            raise Vacuous("the hypotheses are refuted without the goal: whatever is stated follows from them")
    rules = tuple(step[0] for step in given["steps"])
    return Checked(goal, tuple(assumed), tuple(each for each in assumed if each in used), rules)


def load(text: bytes) -> Any:
    """The JSON of a file. Raises Refused for anything that is not of our schema."""
    need(len(text) <= LARGEST_FILE, f"it is longer than {LARGEST_FILE} bytes")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise Refused(f"it is no JSON: {type(fault).__name__}") from None
    need(type(data) is dict and data.get("schema") == SCHEMA, f"it is not of schema {SCHEMA}")
    need({type(data.get(name)) for name in ("rows", "certificates")} == {list}, "rows or certificates are missing")
    return data


def check_all(data: Any) -> list[Checked]:
    """What every certificate of a file proves; the first that proves nothing raises Refused."""
    terms = Terms()
    table = terms.read(data["rows"])
    return [check(terms, table, given) for given in data["certificates"]]


def main(files: list[str]) -> int:
    """Say of each file how many certificates hold, in one line each; 1 where one does not."""
    refused = 0
    for name in files:
        try:
            found = check_all(load(Path(name).read_bytes()))
            print(f"{name}: {len(found)} certificates, {sum(len(each.rules) for each in found)} steps")
        except (Refused, OSError) as fault:
            print(f"{name}: refused: {fault}")
            refused = 1
    return refused


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
