"""Certificates made: cvc5's proofs in the rules of the kernel. Nothing here is trusted: the kernel checks it.

An equation without hypotheses needs no solver: the kernel's normal form decides it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from verified_cat.check import Law
from verified_cat.errors import VerifiedCatError
from verified_cat.proofs.certificates import FOLDER, file_of
from verified_cat.proofs.checker import SCHEMA, Refused, Term, Terms, check
from verified_cat.proofs.needed import key
from verified_cat.proofs.smtlib import Formula, Script
from verified_cat.proofs.solvers import STEPS
from verified_cat.proofs.statements import NOT_TRACED, Statement, assumptions, goals_of

PROVER = str(Path(__file__).with_name("prover.py"))
WALL_SECONDS = 120.0

Line = tuple[str, Term, tuple[int, ...], tuple[Term, ...]]
"""A step: rule, conclusion, premises, arguments."""

RULES = {
    **{"ASSUME": "assumption", "SCOPE": "discharged", "TRANS": "transitivity", "INSTANTIATE": "instance"},
    **{"CONG": "congruence", "NARY_CONG": "congruence"},
}
"""The kernel's rules for cvc5's; for whatever is not named, the consequence has to be propositional."""

CONNECTIVES = {"EQUAL": "=", "NOT": "not", "AND": "and", "OR": "or", "IMPLIES": "=>", "True": "true", "False": "false"}


class NotCertified(VerifiedCatError):
    """No certificate could be made of a goal, and why."""


class Vocabulary:
    """The names of an SMT-LIB text, and what they are in the kernel."""

    def __init__(self, terms: Terms, goal: Formula, assumed: Sequence[Formula]) -> None:
        script, named = Script(), Statement(terms)
        for each in assumed:
            script.hypothesis(each)
        script.negated([goal])
        self.goal = named.formula(goal, closed=False)
        self.hypotheses = tuple(named.formula(each, closed=True) for each in assumed)
        self.text = "\n".join([*script.lines, "(check-sat)", ""])
        self.sorts = {script.sort(ob): sort for ob, sort in named.sorts.items()}
        self.constants = {script.constant(term): made for term, made in named.constants.items()}
        self.functions = {script.function(*key): (number, named.sort(key[2])) for key, number in named.symbols.items()}


class Reader:
    """cvc5's rows as terms of the kernel. Skolems stand for what they name; testers are true: sorts have one form."""

    def __init__(self, terms: Terms, words: Vocabulary, rows: list[list[Any]]) -> None:
        self.make = terms.make
        self.words = words
        self.found: list[Any] = []
        for kind, name, sort, *parts in rows:
            self.found.append(self._term(kind, name, sort, [self.found[part] for part in parts]))

    def _term(self, kind: str, name: str, sort: str, parts: list[Any]) -> Any:
        if kind in CONNECTIVES:
            return self.make(CONNECTIVES[kind], *parts)
        if kind == "FORALL":
            return self.make("all", *parts)
        if kind == "VARIABLE":
            return self.make("bound", self.words.sorts[sort], data=(int(name[1:]),))
        if kind == "CONSTANT":
            return self.words.constants[name]
        if kind == "SKOLEM" and len(parts) == 1:
            return parts[0]
        if kind == "call":
            number, made = self.words.functions[name]
            return self.make("call", *parts, made, data=(number,))
        if kind == "construct":
            return self.make("pair" if parts else "point", *parts)
        if kind == "select":
            return self.make("left" if name.startswith("left") else "right", *parts)
        return self.make("true") if kind == "test" else parts  # a list of terms, or a number, which no rule looks at


@dataclass
class Derivation:
    """The steps so far. What was concluded before under no more assumptions, what is given aside, is not again.

    So what cvc5 shows under an assumption of its own, and then of what it has shown, is shown outright.
    """

    terms: Terms
    given: frozenset[Term]
    lines: list[Line] = field(default_factory=list)
    _under: list[frozenset[Term]] = field(default_factory=list)
    _places: dict[Term, list[int]] = field(default_factory=dict)

    def add(self, rule: str, conclusion: Term, premises: Sequence[int] = (), arguments: Sequence[Term] = ()) -> int:
        """The number of a step that concludes it, under what the premises assume or less."""
        own = [conclusion] if rule == "assumption" else []
        under = frozenset(own).union(*(self._under[place] for place in premises)) - self.given
        under = under - set(arguments) if rule == "discharged" else under
        known = self.place(conclusion, under)
        if known is not None:
            return known
        mirrored = (
            self.place(self.terms.make("=", *reversed(conclusion.parts)), under) if conclusion.kind == "=" else None
        )
        line: Line = (rule, conclusion, tuple(premises), tuple(arguments))
        self.lines.append(line if mirrored is None else ("logic", conclusion, (mirrored,), ()))
        self._under.append(under)
        self._places.setdefault(conclusion, []).append(len(self.lines) - 1)
        return len(self.lines) - 1

    def place(self, conclusion: Term, under: frozenset[Term] = frozenset()) -> int | None:
        """The step that concluded it under no more than this, if there was one."""
        return next((place for place in self._places.get(conclusion, ()) if self._under[place] <= under), None)

    def _by_normal_forms(self, conclusion: Term) -> bool:
        if conclusion.kind != "=" or conclusion.parts[0].sort is conclusion.sort:
            return False
        one, other = (self.terms.normal(side) for side in conclusion.parts)
        return one is other

    def injectivity(self, conclusion: Term) -> int:
        """⊢ ((a, b) = (c, d)) = (a = c ∧ b = d), from congruence both ways."""
        make = self.terms.make
        (one, other), both = conclusion.parts[0].parts, conclusion.parts[1]
        whole = self.add("assumption", conclusion.parts[0])
        ways = []
        for side, part, goal in zip(
            ("left", "right"), zip(one.parts, other.parts, strict=True), both.parts, strict=True
        ):
            taken = make(side, one), make(side, other)
            chain = [
                self.add("normal", make("=", part[0], taken[0])),
                self.add("congruence", make("=", *taken), [whole]),
                self.add("normal", make("=", taken[1], part[1])),
            ]
            found = self.add("transitivity", goal, chain)
            ways.append(self.add("discharged", make("=>", conclusion.parts[0], goal), [found], [conclusion.parts[0]]))
        parts = [self.add("assumption", goal) for goal in both.parts]
        back = self.add("congruence", conclusion.parts[0], parts)
        given = both.parts if both.parts[0] is not both.parts[1] else both.parts[:1]
        short = both if len(given) > 1 else given[0]
        ways.append(self.add("discharged", make("=>", short, conclusion.parts[0]), [back], given))
        return self.add("logic", conclusion, ways)

    def inference(self, rule: str, conclusion: Term, premises: list[int], arguments: list[Any]) -> int:
        """One step of cvc5's in the rules of the kernel."""
        chosen = RULES.get(rule, "logic")
        if self._by_normal_forms(conclusion):  # however cvc5 came to it
            return self.add("normal", conclusion)
        if rule == "DT_CONS_EQ" and conclusion.parts[1].kind == "and":
            return self.injectivity(conclusion)
        if rule == "DT_INST":
            return self.add("logic", conclusion, [self.add("normal", conclusion.parts[1])])
        if chosen == "discharged" and not arguments:
            return premises[0]
        if chosen == "instance":
            return self.add(chosen, conclusion, premises, arguments[0])
        if chosen == "congruence" and conclusion.parts[0] is conclusion.parts[1]:
            return self.add("logic", conclusion)
        return self.add(chosen, conclusion, premises, arguments if chosen == "discharged" else ())


def derived(terms: Terms, words: Vocabulary, proof: dict[str, Any]) -> list[Line]:
    """cvc5's proof of a problem as steps of the kernel that end in false, without those that nothing needs."""
    if "steps" not in proof:
        raise NotCertified(str(proof.get("reason", "no proof came")))
    denied = terms.make("not", words.goal)
    derivation, reader = Derivation(terms, frozenset([*words.hypotheses, denied])), Reader(terms, words, proof["rows"])
    for _ in range(2):  # the second time all that was shown is known from the start
        numbers = list[int]()
        for rule, conclusion, premises, arguments in proof["steps"]:
            given = [reader.found[argument] for argument in arguments]
            before = [numbers[premise] for premise in premises]
            numbers.append(derivation.inference(rule, reader.found[conclusion], before, given))
    mirror = terms.make("=", *reversed(words.goal.parts))
    if derivation.place(words.goal) is not None or derivation.place(mirror) is not None:
        shown = derivation.add(
            "logic", words.goal, [place for place in [derivation.place(mirror)] if place is not None]
        )
        last = derivation.add("logic", terms.make("false"), [shown, derivation.add("assumption", denied)])
        return _needed(derivation.lines, last)
    last = numbers[-1]
    while derivation.lines[last][0] == "discharged":  # the assertions stay open: they are what is refuted
        last = derivation.lines[last][2][0]
    return _needed(derivation.lines, last)


def _needed(lines: list[Line], last: int) -> list[Line]:
    wanted = {last}
    for number in range(last, -1, -1):
        if number in wanted:
            wanted.update(lines[number][2])
    place = {number: index for index, number in enumerate(sorted(wanted))}
    return [
        (rule, conclusion, tuple(place[each] for each in premises), arguments)
        for rule, conclusion, premises, arguments in (lines[number] for number in place)
    ]


def proofs_of(texts: list[str]) -> list[dict[str, Any]]:
    """cvc5's proofs of SMT-LIB texts, from one child process; a reason where there is none."""
    if not texts:
        return []
    request = json.dumps({"texts": texts, "steps": STEPS["cvc5"]})
    command = [sys.executable, "-P", PROVER]
    try:
        ran = subprocess.run(command, input=request, capture_output=True, text=True, timeout=WALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise NotCertified(f"cvc5 was killed after {WALL_SECONDS:g} s") from None
    replies = [json.loads(line) for line in ran.stdout.splitlines()]
    ended = {"reason": "cvc5 is not installed, or its process ended"}
    return replies + [ended] * (len(texts) - len(replies))


# ------------------------------------------------------------------------------------------------ files


class Rows:
    """The table of a file: every sort, term and formula once, parts before wholes."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self._index: dict[Term, int] = {}

    def add(self, root: Term) -> int:
        """The row of a term."""
        pending = [root]
        while pending:
            term = pending[-1]
            missing = [part for part in term.parts if part not in self._index]
            if term in self._index or missing:
                pending = pending[:-1] if term in self._index else pending + missing
                continue
            self._index[term] = len(self.rows)
            self.rows.append([term.kind, *term.data, *(self._index[part] for part in term.parts)])
        return self._index[root]

    def certificate(self, words: Vocabulary, lines: list[Line]) -> dict[str, Any]:
        """What is needed of Γ, the goal and the steps, over the table."""
        steps = [[rule, self.add(c), list(f), [self.add(each) for each in a]] for rule, c, f, a in lines]
        assumed = {c for rule, c, _, _ in lines if rule == "assumption"}
        hypotheses = [self.add(each) for each in words.hypotheses if each in assumed]
        return {"goal": self.add(words.goal), "hypotheses": hypotheses, "steps": steps}


@dataclass
class File:
    """The certificates of one law under construction."""

    terms: Terms = field(default_factory=Terms)
    table: Rows = field(default_factory=Rows)
    certificates: list[dict[str, Any]] = field(default_factory=list)
    index: dict[tuple[tuple[Term, ...], Term], int] = field(default_factory=dict)

    def add(self, words: Vocabulary, lines: list[Line]) -> int:
        """The number of a certificate. Raises Refused where the kernel does not accept it."""
        key = words.hypotheses, words.goal
        if key not in self.index:
            alone = Rows()
            given = alone.certificate(words, lines)
            terms = Terms()
            check(terms, terms.read(alone.rows), given)
            self.index[key] = len(self.certificates)
            self.certificates.append(self.table.certificate(words, lines))
        return self.index[key]


def certified(law: Law) -> tuple[dict[str, Any], list[str]]:
    """The certificates of a law for every goal in all its worlds as JSON; and where there are none, why."""
    made, worlds, failures = File(), dict[str, list[int | None]](), list[str]()
    asked: list[tuple[str, int, Vocabulary]] = []
    for world in law.worlds:
        try:
            formulas, assumed = goals_of(law, world)
        except NOT_TRACED as fault:
            failures.append(f"{law.name} in {world}: {fault}")
            continue
        worlds[world] = [None] * len(formulas)
        for number, formula in enumerate(formulas):
            words = Vocabulary(made.terms, formula, ())
            lhs, rhs = (made.terms.normal(side) for side in words.goal.parts)
            if lhs is rhs:
                worlds[world][number] = made.add(words, [("normal", words.goal, (), ())])
            else:
                kept = assumptions(key(law.name, world, number), formula, assumed)
                asked.append((world, number, Vocabulary(made.terms, formula, kept)))
    for (world, number, words), proof in zip(asked, proofs_of([each.text for _, _, each in asked]), strict=True):
        try:
            worlds[world][number] = made.add(words, derived(made.terms, words, proof))
        except (NotCertified, Refused) as fault:
            failures.append(f"{law.name} in {world}, goal {number}: {fault}")
    whole = {
        world: [index for index in found if index is not None] for world, found in worlds.items() if None not in found
    }
    data = {"schema": SCHEMA, "law": law.name, "worlds": whole, "rows": made.table.rows}
    return data | {"certificates": made.certificates}, failures


def write(law: Law, folder: Path = FOLDER) -> list[str]:
    """Store the certificates of a law; why there is none, for each goal without."""
    data, failures = certified(law)
    folder.mkdir(exist_ok=True)
    file_of(law.name, folder).write_text(json.dumps(data, separators=(",", ":")) + "\n", encoding="utf-8")
    return failures
