"""What a law reads of a category: so the doctrine that it declares is seen to be what it uses, and no more."""

from __future__ import annotations

import copy
from typing import Any

from verified_cat.check import Law, generic, stated_at
from verified_cat.doctrine import CONSTRUCTIONS, ORDER, level
from verified_cat.draw import Style, seeded
from verified_cat.worlds import DrawnSource, Draws, world

SEEDS = 2
PARTS = {"world.reverse": "reverse", "world.learning": "learn", "world.learn": "learn", "world.underneath": "para"}
"""What a world has beside its category, and the doctrine that it belongs to."""
WRITTEN_OUT = "world.source"
"""Read where a law writes a side out by hand, on the values or the parts that the morphisms of its world have."""


class _Reads:
    """The names that are read from outside, and not by the methods of what is watched."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.depth = 0

    def watched(self, thing: Any, prefix: str = "") -> Any:
        """A copy of ``thing`` that notes what is read of it."""
        reads: _Reads = self
        kind: Any = type(thing)

        def read(self: Any, name: str) -> Any:
            reads.depth += 1  # a property reads too
            try:
                found = kind.__getattribute__(self, name)
            finally:
                reads.depth -= 1
            if name.startswith("_") or reads.depth:
                return found
            reads.names.add(prefix + name)
            return reads.quietly(found) if callable(found) and hasattr(found, "__self__") else found

        seen = copy.copy(thing)
        seen.__class__ = type(kind.__name__, (kind,), {"__getattribute__": read})
        return seen

    def quietly(self, method: Any) -> Any:
        """The method, during which nothing is noted."""

        def call(*given: Any) -> Any:
            self.depth += 1
            try:
                return method(*given)
            finally:
                self.depth -= 1

        return call


def used(stated: Law, name: str, engine: Any) -> frozenset[str]:
    """The methods of its category, and the parts of its world ("world.learning"), that a law reads in a world."""
    reads = _Reads()
    for seed in range(SEEDS):
        where = world(name, DrawnSource(engine, Draws(seeded(seed), Style(stated.style.kind, 1))))
        given = generic(stated, where)
        seen = copy.copy(where)
        seen.category = reads.watched(where.category)
        stated_at(stated, reads.watched(seen, "world."), given)
    return frozenset(reads.names)


def needed(names: frozenset[str], world: str) -> str:
    """The least doctrine that has what was read in a world; a law about terms alone reads nothing, and is cartesian."""
    here = CONSTRUCTIONS.get(world, "cartesian")
    met = {PARTS[name] for name in names if name in PARTS}
    met |= {level(name) or here for name in names if "." not in name and name != "name"}
    if WRITTEN_OUT in names or (world == "R" and "world.category" in names):  # whose morphisms are derivatives
        met.add(here)
    return max(met or {"cartesian"}, key=ORDER.index)


def least_of(stated: Law, engine: Any) -> str:
    """The least doctrine that a law needs in one of its worlds."""
    return min((needed(used(stated, name, engine), name) for name in stated.worlds), key=ORDER.index)
