"""Which parts of a large term are drawn as one box each: the largest are opened first, until no box is left."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush

from verified_cat.terms import Generator, Term, fold


def operations_in(term: Term) -> dict[Term, int]:
    """How many operations each subterm applies, a shared one counting each time."""
    found: dict[Term, int] = {}

    def weigh(node: Term, parts: list[int]) -> int:
        found[node] = isinstance(node, Generator) + sum(parts)
        return found[node]

    fold(term, weigh)
    return found


def opaque(term: Term, boxes: int, named: Mapping[Term, str] = {}) -> set[Term]:
    """The subterms that stay folded, so that there are at most ``boxes`` boxes: the largest are opened first.

    What is left folded would take a box more if it were opened, and there is none left.
    """
    weights = operations_in(term)
    serial = 0
    closed: list[tuple[int, int, Term]] = []
    shown = 0  # operations, named parts and what is kept folded, each a box by itself
    kept: set[Term] = set()
    pending = [term]
    while True:
        while pending:
            here = pending.pop()
            if here in named or isinstance(here, Generator):
                shown += 1
            elif weights[here]:
                serial += 1
                heappush(closed, (-weights[here], serial, here))
        if not closed:
            return kept
        largest = heappop(closed)[2]
        parts = [part for part in largest._parts if weights[part]]
        if len(parts) > 1 and shown + len(closed) + len(parts) > boxes:
            kept.add(largest)
            shown += 1
        else:
            pending += reversed(parts)
