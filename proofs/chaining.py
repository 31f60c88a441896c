"""Theorems as chains of lemmas: each hypothesis of a lemma must be, literally, given or concluded before.

Nothing is done here but renaming and comparison, so that the chain is as good as its lemmas.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from verified_cat.errors import UsageError
from verified_cat.proofs.firstorder import (
    Expression,
    Lemma,
    Signature,
    Statement,
    Symbols,
    define,
    names,
    put,
    shown,
    sort_of,
    written,
)


@dataclass(frozen=True, slots=True)
class Use:
    """A lemma with its sorts and symbols renamed; a constant may be replaced by a term without variables."""

    lemma: Lemma
    symbols: Mapping[str, Expression] = field(default_factory=dict)
    sorts: Mapping[str, str] = field(default_factory=dict)

    def renamed(self, statement: Statement) -> Statement:
        """The statement as this use states it."""
        bound = tuple((name, self.sorts.get(sort, sort)) for name, sort in statement.variables)
        return Statement(bound, put(statement.body, self.symbols))


@dataclass(frozen=True, slots=True)
class Theorem:
    """From the given statements the claims, by the steps in order."""

    name: str
    says: str
    symbols: Symbols
    given: tuple[Statement, ...]
    steps: tuple[Use, ...]
    claims: tuple[Statement, ...]


def chained(theorem: Theorem) -> list[str]:
    """What is missing for the steps to lead from what is given to the claims; nothing where they do.

    A hypothesis of a lemma must be, literally, given or concluded before. A definition must be known literally, or be
    one of a symbol that nothing before speaks of.
    """
    known, missing = set(theorem.given), list[str]()
    met = {name for statement in theorem.given for name in names(statement.body)}
    for use in theorem.steps:
        missing += _misnamed(use, theorem.symbols)
        for name, statement in use.lemma.hypotheses.items():
            if use.renamed(statement) not in known:
                missing.append(f"{theorem.name}: {use.lemma.name} needs {name}: {shown(use.renamed(statement))}")
        for symbol, statement in use.lemma.definitions.items():
            renamed, new = use.renamed(statement), use.symbols.get(symbol, symbol)
            if renamed not in known and new in met:
                missing.append(f"{theorem.name}: {use.lemma.name} defines {new}, of which something is known already")
            define(new, renamed, set(theorem.symbols) - {new})
            known.add(renamed)
            met |= set(names(renamed.body))
        known |= {use.renamed(each.statement) for each in use.lemma.conclusions.values()}
    unproved = (claim for claim in theorem.claims if claim not in known)
    return missing + [f"{theorem.name}: not reached: {shown(claim)}" for claim in unproved]


def _misnamed(use: Use, symbols: Symbols) -> Iterator[str]:
    """Symbols of the lemma's statements that are renamed to something of other sorts."""
    stated = {*use.lemma.assumed.values(), *(each.statement for each in use.lemma.conclusions.values())}
    used = {name for statement in stated for name in names(statement.body)}
    for name, signature in use.lemma.symbols.items():
        if name not in used:
            continue
        wanted = Signature(
            tuple(use.sorts.get(sort, sort) for sort in signature.arguments),
            use.sorts.get(signature.value, signature.value),
        )
        new = use.symbols.get(name, name)
        try:
            found = symbols.get(new) if isinstance(new, str) else Signature((), sort_of(new, symbols))
        except UsageError:
            found = None
        if found != wanted:
            yield f"{use.lemma.name}: {name} is renamed to {written(new)}, which has other sorts"
