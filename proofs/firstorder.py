"""Statements ∀ x₁ … xₙ. body over opaque sorts and the reals, and lemmas between them.

A lemma is discharged at its conclusion's own variables, taken as unknown constants, from *named instances* of what it
assumes: no solver ever meets a quantifier.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from verified_cat.errors import UsageError

Expression = Any
"""A name, a whole number, or a tuple (head, part, …): an S-expression, as SMT-LIB writes them."""

REAL, TRUTH, BOTH = "Real", "Bool", "Both"
"""Numbers, truth values, and pairs of numbers (both(x, y), one(z), two(z)), in which models of ⊗ are stated."""


@dataclass(frozen=True, slots=True)
class Signature:
    """The sorts of a symbol's arguments, none for a constant, and of its value."""

    arguments: tuple[str, ...]
    value: str


Symbols = Mapping[str, Signature]

KNOWN, PAIRING = (REAL, TRUTH, BOTH), ("both", "one", "two")

BUILT_IN = {
    "and": TRUTH, "or": TRUTH, "not": TRUTH, "=>": TRUTH, "<": TRUTH, "<=": TRUTH, "=": TRUTH,
    "+": REAL, "-": REAL, "*": REAL, "/": REAL, "ite": REAL,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Statement:
    """∀ variables. body, each variable with its sort."""

    variables: tuple[tuple[str, str], ...]
    body: Expression


def names(expression: Expression) -> Iterator[str]:
    """Every name that occurs, heads included."""
    if isinstance(expression, tuple):
        for part in expression:
            yield from names(part)
    elif isinstance(expression, str):
        yield expression


def put(expression: Expression, values: Mapping[str, Expression]) -> Expression:
    """The expression with names replaced; a head may only be replaced by a name. Raises UsageError otherwise."""
    if isinstance(expression, tuple):
        head = values.get(expression[0], expression[0])
        if not isinstance(head, str):
            raise UsageError(f"the function {expression[0]} can only be renamed, not replaced by {written(head)}")
        return (head, *(put(part, values) for part in expression[1:]))
    return values.get(expression, expression) if isinstance(expression, str) else expression


def at(statement: Statement, terms: Iterable[Expression]) -> Expression:
    """The body at these terms for the variables, in order. Raises UsageError where their number differs."""
    given = tuple(terms)
    if len(given) != len(statement.variables):
        raise UsageError(f"{len(given)} terms for the {len(statement.variables)} variables of {shown(statement)}")
    return put(statement.body, {name: term for (name, _), term in zip(statement.variables, given, strict=True)})


def sort_of(expression: Expression, symbols: Symbols) -> str:
    """The sort of an expression. Raises UsageError where it has none."""
    if isinstance(expression, int):
        return REAL
    head, *parts = expression if isinstance(expression, tuple) else (expression,)
    if head in BUILT_IN:
        return _built_in(head, [sort_of(part, symbols) for part in parts], expression)
    known = symbols.get(head)
    if known is None or known.arguments != tuple(sort_of(part, symbols) for part in parts):
        raise UsageError(f"{written(expression)} has no sort")
    return known.value


def _built_in(head: str, sorts: list[str], expression: Expression) -> str:
    if head == "=":
        fits = len(sorts) == 2 and sorts[0] == sorts[1]
    elif head == "ite":
        fits = sorts == [TRUTH, REAL, REAL]
    else:
        wanted = TRUTH if head in ("and", "or", "not", "=>") else REAL
        fits = bool(sorts) and set(sorts) == {wanted}
    if not fits:
        raise UsageError(f"{written(expression)} has no sort")
    return BUILT_IN[head]


def well_sorted(statement: Statement, symbols: Symbols) -> None:
    """Raises UsageError unless the body is a truth value, and no variable has the name of a symbol."""
    hidden = {name for name, _ in statement.variables} & (set(symbols) | set(BUILT_IN))
    local = {name: Signature((), sort) for name, sort in statement.variables}
    if hidden or sort_of(statement.body, {**symbols, **local}) != TRUTH:
        raise UsageError(f"{shown(statement)} is no statement, or its variables {sorted(hidden)} hide symbols")


# ------------------------------------------------------------------------------------------------ lemmas


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What follows, and the instances that it follows from: pairs of the name of an assumption and terms.

    The conclusions that a lemma names before it may be used like assumptions.
    """

    statement: Statement
    instances: tuple[tuple[str, tuple[Expression, ...]], ...]


@dataclass(frozen=True, slots=True)
class Lemma:
    """From the hypotheses, and definitions of new symbols, the conclusions.

    ``definitions`` are ∀ x. symbol(x) = term, by the symbol, in an order in which none uses a later one or itself.
    """

    name: str
    says: str
    symbols: Symbols
    hypotheses: Mapping[str, Statement]
    conclusions: Mapping[str, Conclusion]
    definitions: Mapping[str, Statement] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises UsageError where a part is not well-sorted, a definition is none, or an instance is of nothing."""
        given = self.assumed | {name: each.statement for name, each in self.conclusions.items()}
        for statement in given.values():
            well_sorted(statement, self.symbols)
        known = set(self.symbols) - set(self.definitions)
        for name, statement in self.definitions.items():
            define(name, statement, known)
            known.add(name)

    @property
    def assumed(self) -> dict[str, Statement]:
        """Hypotheses and definitions by name."""
        return {**self.hypotheses, **self.definitions}


def define(symbol: str, statement: Statement, known: Iterable[str]) -> None:
    """Check ∀ x. symbol(x) = term in known symbols. Raises UsageError for a circular or partial definition."""
    variables = tuple(name for name, _ in statement.variables)
    left = (symbol, *variables) if variables else symbol
    body = statement.body
    allowed = set(known) | set(variables) | set(BUILT_IN)
    if len(set(variables)) != len(variables) or symbol in allowed:
        raise UsageError(f"{shown(statement)} does not define a new symbol {symbol} at different variables")
    if not (isinstance(body, tuple) and body[:2] == ("=", left) and set(names(body[2])) <= allowed):
        raise UsageError(f"{shown(statement)} does not define {symbol} in known symbols")


def question(lemma: Lemma, name: str) -> str:
    """The quantifier-free SMT-LIB text whose unsatisfiability is the named conclusion of the lemma."""
    conclusion = lemma.conclusions[name]
    constants = {each: Signature((), sort) for each, sort in conclusion.statement.variables}
    symbols = {**lemma.symbols, **constants}
    before = list(lemma.conclusions)[: list(lemma.conclusions).index(name)]
    usable = lemma.assumed | {each: lemma.conclusions[each].statement for each in before}
    assumed = [at(usable[each], terms) for each, terms in conclusion.instances]
    for instance in assumed:
        sort_of(instance, symbols)
    return smtlib(symbols, assumed, conclusion.statement.body)


def smtlib(symbols: Symbols, assumed: Iterable[Expression], goal: Expression) -> str:
    """Is there an interpretation in which all that is assumed holds, and the goal fails?"""
    met, parts = {}, [*assumed, ("not", goal)]
    for name in dict.fromkeys(name for part in parts for name in names(part)):
        if name in symbols:
            met[name] = symbols[name]
    sorts = dict.fromkeys(sort for each in met.values() for sort in (*each.arguments, each.value))
    lines = ["(set-logic ALL)", *(f"(declare-sort |{sort}| 0)" for sort in sorts if sort not in KNOWN)]
    if any(name in PAIRING for part in parts for name in names(part)) or BOTH in sorts:
        lines.append("(declare-datatypes ((|Both| 0)) (((|both.| (|one.| Real) (|two.| Real)))))")
    lines += [
        f"(declare-fun {written(name)} ({_sorts(each.arguments)}) {_sorts([each.value])})" for name, each in met.items()
    ]
    lines += [f"(assert {written(part)})" for part in parts]
    return "\n".join([*lines, "(check-sat)", ""])


def _sorts(found: Iterable[str]) -> str:
    return " ".join(sort if sort in (REAL, TRUTH) else f"|{sort}|" for sort in found)


def written(expression: Expression) -> str:
    """The expression in SMT-LIB; quoted names cannot be names of a theory."""
    if isinstance(expression, tuple):
        return f"({' '.join(map(written, expression))})"
    if isinstance(expression, int):
        return f"{expression}.0" if expression >= 0 else f"(- {-expression}.0)"
    return expression if expression in BUILT_IN else f"|{expression}.|"


def shown(statement: Statement) -> str:
    """The statement for a person."""
    bound = ", ".join(f"{name} ∈ {sort}" for name, sort in statement.variables)
    return f"∀ {bound}. {written(statement.body).replace('.|', '').replace('|', '')}"
