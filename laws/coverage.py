"""Which kinds of objects, maps and numbers are met: counted over what the generators draw, and over a run of laws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from math import prod
from typing import Any

from verified_cat.draw import is_trivial
from verified_cat.functions import Functions
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Space, Unit, flatten, leaves, size
from verified_cat.primitives import TABLE, Primitive, is_linear
from verified_cat.terms import (
    Associator,
    AssociatorInverse,
    LeftUnitor,
    RightUnitor,
    Swap,
    Term,
    fold,
    operations,
)

OBJECTS: dict[str, Callable[[Ob], bool]] = {
    "the unit": lambda ob: ob == UNIT,
    "a scalar": lambda ob: ob == SCALAR,
    "an empty space": lambda ob: isinstance(ob, Space) and size(ob) == 0,
    "a matrix that is not square": lambda ob: isinstance(ob, Space) and len(ob.shape) == 2 and len(set(ob.shape)) == 2,
    "a square matrix": lambda ob: isinstance(ob, Space) and len(ob.shape) == 2 and len(set(ob.shape)) == 1,
    "an array of three axes": lambda ob: isinstance(ob, Space) and len(ob.shape) == 3,
    "a long axis": lambda ob: isinstance(ob, Space) and max(ob.shape, default=0) >= 9,
    "a pair of equal objects": lambda ob: isinstance(ob, Pair) and ob.left == ob.right,
    "a pair of different objects": lambda ob: isinstance(ob, Pair) and ob.left != ob.right,
    "a pair within a pair": lambda ob: isinstance(ob, Pair) and Pair in (type(ob.left), type(ob.right)),
    "a unit within a pair": lambda ob: isinstance(ob, Pair) and Unit in (type(ob.left), type(ob.right)),
}

# ------------------------------------------------------------------------------------------------ maps


class _Reading:
    """Every operation as whether its result depends on the inputs of the whole term."""

    name = "which inputs are read"

    def operation(self, operation: Any) -> Callable[[Any], bool]:
        return lambda value: any(flatten(operation.dom, value))


def is_constant(term: Term) -> bool:
    """Whether no result of a term reads an input, where there are inputs and results."""
    if is_trivial(term.dom) or is_trivial(term.cod):
        return False
    everything = _as_value(term.dom)
    return not any(flatten(term.cod, Functions(_Reading()).meaning(term).run(everything)))


def _as_value(ob: Ob) -> Any:
    if isinstance(ob, Pair):
        return _as_value(ob.left), _as_value(ob.right)
    return () if isinstance(ob, Unit) else True


def _orders(rows: list[Primitive]) -> Iterator[tuple[int, ...]]:
    yield from (row.arguments[1] for row in rows if row.name == "permute")


def _summed_length(row: Primitive) -> int:
    return prod(row.arguments[0][axis] for axis in row.arguments[1]) if row.name == "sum" else 0


def kinds_of(term: Term) -> Iterator[str]:
    """The kinds that a map is of."""
    nodes: set[type] = set()
    fold(term, lambda node, _: nodes.add(type(node)))
    rows = [each for each in operations(term) if isinstance(each, Primitive)]
    orders = list(_orders(rows))
    yield "a map between equal objects" if term.dom == term.cod else "a map between different objects"
    found = {
        "a constant map": is_constant(term),
        "a map that is not linear": not all(map(is_linear, rows)),
        "factors exchanged": Swap in nodes,
        "factors in another order and other brackets": Swap in nodes and bool(nodes & {Associator, AssociatorInverse}),
        "a unitor forwards": bool(nodes & {LeftUnitor, RightUnitor}),
        "axes in another order": any(order != tuple(sorted(order)) for order in orders),
        "an order of axes that is not its own inverse": any(
            tuple(order[axis] for axis in order) != tuple(sorted(order)) for order in orders
        ),
        "a sum of nine numbers or more": any(_summed_length(row) >= 9 for row in rows),
    }
    yield from (kind for kind, holds in found.items() if holds)


MAPS = (
    "a map between equal objects",
    "a map between different objects",
    "a constant map",
    "a map that is not linear",
    "factors exchanged",
    "factors in another order and other brackets",
    "a unitor forwards",
    "axes in another order",
    "an order of axes that is not its own inverse",
    "a sum of nine numbers or more",
)

# ------------------------------------------------------------------------------------------------ numbers


def _rows(shape: tuple[int, ...], leaf: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    width = prod(shape[1:])
    return [leaf[start : start + width] for start in range(0, len(leaf), max(1, width))]


POINTS: dict[str, Callable[[tuple[int, ...], tuple[Any, ...]], bool]] = {
    "a zero": lambda shape, leaf: 0 in leaf,
    "a negative number": lambda shape, leaf: any(number < 0 for number in leaf),
    "equal entries beside others": lambda shape, leaf: 1 < len(set(leaf)) < len(leaf),
    "all entries equal": lambda shape, leaf: len(leaf) > 1 and len(set(leaf)) == 1,
    "equal rows that are not constant": lambda shape, leaf: (
        len(shape) > 1 and len(set(leaf)) > 1 and len(set(_rows(shape, leaf))) == 1 < shape[0]
    ),
    "a large number": lambda shape, leaf: any(abs(number) >= 2**7 for number in leaf),
    "a tiny number": lambda shape, leaf: any(0 < abs(number) < 2**-7 for number in leaf),
    "large beside tiny": lambda shape, leaf: (
        any(abs(number) >= 2**7 for number in leaf) and any(0 < abs(number) < 2**-7 for number in leaf)
    ),
}


def kinds_of_point(ob: Ob, exact: Any) -> Iterator[str]:
    """The kinds of numbers in a point, each once."""
    spaces = [leaf for leaf in leaves(ob) if isinstance(leaf, Space)]
    pairs = list(zip(spaces, flatten(ob, exact), strict=True))
    yield from (kind for kind, is_it in POINTS.items() if any(is_it(space.shape, leaf) for space, leaf in pairs))


# ------------------------------------------------------------------------------------------------ a run


class Coverage:
    """How many drawn objects and maps used each operation and constructor and were of each kind."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = {part: Counter() for part in self.known()}

    @staticmethod
    def known() -> dict[str, tuple[str, ...]]:
        """What can be met."""
        constructors = tuple(each.__name__ for each in Term.__subclasses__())
        return {"operations": (*TABLE,), "constructors": constructors, "objects": (*OBJECTS,), "maps": MAPS}

    def note(self, drawn: Any) -> None:
        """Count one object or one map."""
        if isinstance(drawn, Term):
            nodes: set[str] = set()
            fold(drawn, lambda node, _: nodes.add(type(node).__name__))
            self.counts["constructors"].update(nodes)
            self.counts["operations"].update({each.name for each in operations(drawn)})
            self.counts["maps"].update(kinds_of(drawn))
        else:
            self.counts["objects"].update(kind for kind, is_it in OBJECTS.items() if is_it(drawn))

    def as_json(self) -> dict[str, dict[str, int]]:
        """Part ↦ kind ↦ count; 0 is said."""
        return {part: {kind: self.counts[part][kind] for kind in kinds} for part, kinds in self.known().items()}
