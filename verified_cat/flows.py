"""A term as the flow of its leaf values: boxes, and which value goes where (Joyal and Street 1991; Fritz 2020).

What a string diagram does not show is gone here: brackets, units, swaps and projections are only where wires go. What
is used several times is copied, what is not used is discarded. Large terms keep some of their parts folded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from verified_cat.errors import UsageError
from verified_cat.markup import cut
from verified_cat.objects import UNIT, Ob, Pair, Sort, fold, leaf_count, leaves
from verified_cat.primitives import Primitive, is_linear
from verified_cat.terms import (
    Compose,
    Copy,
    Discard,
    First,
    Generator,
    Operation,
    Pairing,
    Second,
    Swap,
    Tensor,
    Term,
    operations,
)
from verified_cat.unfolding import opaque, operations_in

BOXES, ENDS = 24, 24
"""No more boxes are drawn than this, and no boundary with more leaves on a side."""

Value = tuple[int, int]
"""Where a value comes from: (place of the box, number of its output); (-1, i) is the i-th input."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its name, what it is in full, where its inputs come from, and the spaces of its outputs."""

    name: str
    says: str
    inputs: tuple[Value, ...]
    outputs: tuple[str, ...]
    linear: bool = False
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """Named inputs, boxes each after what it needs, and where the outputs come from, with their names.

    The first ``above`` inputs are parameters: they enter from above.
    """

    inputs: tuple[str, ...]
    boxes: tuple[Box, ...]
    outputs: tuple[Value, ...]
    names: tuple[str, ...]
    above: int = 0

    @property
    def folded(self) -> int:
        """How many boxes stand for several operations."""
        return sum(box.folded for box in self.boxes)


@dataclass(slots=True)
class Building:
    """The boxes made so far."""

    boxes: list[Box] = field(default_factory=list)

    def add(
        self, name: str, says: str, inputs: Sequence[Value], outputs: Sequence[str], linear: bool = False,
        folded: bool = False,
    ) -> list[Value]:  # fmt: skip
        """A further box; where its outputs come from."""
        self.boxes.append(Box(name, says, tuple(inputs), tuple(outputs), linear, folded))
        return [(len(self.boxes) - 1, number) for number in range(len(outputs))]


def flow(
    term: Term,
    *,
    above: Ob | None = None,
    names: Sequence[str] = (),
    boxes: int = BOXES,
    folded: bool = True,
    named: Mapping[Term, str] = {},
    spaces: Mapping[Ob, str] = {},
) -> Flow:
    """The flow of a term; ``above`` is the object of the parameters, the left factor of its domain.

    ``named`` parts are one box each. A term of more than ``boxes`` boxes has its largest parts folded, or is refused
    with UsageError where ``folded`` is false. ``names`` are those of the first inputs, ``spaces`` those of objects.
    """
    kept = opaque(term, boxes, named)
    if kept and not folded:
        count = operations_in(term)[term]
        raise UsageError(
            f"the term has {count} operations, and a picture at most {boxes} boxes: give named parts (named={{part: "
            f"'name'}}), a larger boxes=, or folded=True, which draws its largest parts as one box each"
        )
    inputs = tuple(_names(term.dom, spaces))
    if max(len(inputs), leaf_count(term.cod)) > ENDS:
        return _bundled(term, above, spaces)
    building = Building()
    closed = {part: folded_name(part) for part in kept} | dict(named)
    outputs = _run(term, [(-1, place) for place in range(len(inputs))], closed, building, spaces)
    called = (*names, *inputs[len(names) :])
    cods = tuple(_names(term.cod, spaces))
    return Flow(called, tuple(building.boxes), tuple(outputs), cods, 0 if above is None else leaf_count(above))


def folded_name(term: Term) -> str:
    """What the box of a folded part bears: its operations where there is room for them, else how many they are."""
    found = [sign(operation) for operation in operations(term)]
    count, names = operations_in(term)[term], ", ".join(found) or "wires"
    return names if len(found) == count and len(names) <= 18 else f"{count} operations"


def _names(ob: Ob, spaces: Mapping[Ob, str]) -> Iterator[str]:
    return (_spelled(leaf, spaces) for leaf in leaves(ob))


def _bundled(term: Term, above: Ob | None, spaces: Mapping[Ob, str]) -> Flow:
    """One box with one wire for each side: all that can be read of a boundary of very many leaves."""

    def wire(ob: Ob) -> tuple[str, ...]:
        count = leaf_count(ob)
        return (f"{count} spaces" if count > 3 else _spelled(ob, spaces),) if count else ()

    sides = [term.dom] if above is None else [above, term.dom.right]  # type: ignore[attr-defined]
    inputs = tuple(name for side in sides for name in wire(side))
    outputs = wire(term.cod)
    values = tuple((-1, place) for place in range(len(inputs)))
    box = Box(folded_name(term), boundary(term, spaces), values, outputs, folded=True)
    made = tuple((0, place) for place in range(len(outputs)))
    return Flow(inputs, (box,), made, outputs, 0 if above is None else len(wire(above)))


def _run(
    term: Term, start: list[Value], closed: Mapping[Term, str], building: Building, spaces: Mapping[Ob, str]
) -> list[Value]:
    """The term run on a stack of lists of values, one value for each leaf."""
    stack = [start]
    pending: list[Term | int | str] = [term]
    while pending:
        here = pending.pop()
        if isinstance(here, int):  # split after so many
            top = stack.pop()
            stack += [top[here:], top[:here]]
        elif here == "flip":
            stack.insert(-1, stack.pop())
        elif here == "join":
            right, left = stack.pop(), stack.pop()
            stack.append(left + right)
        elif isinstance(here, Term) and (here in closed or isinstance(here, Generator)):
            stack.append(_box(here, stack.pop(), closed, building, spaces))
        elif isinstance(here, Compose):
            pending += reversed(here._parts)
        elif isinstance(here, Tensor):
            pending += _both(here, leaf_count(here._parts[0].dom))
        elif isinstance(here, Pairing):
            pending += [*_both(here, leaf_count(here.dom)), Copy(here.dom)]
        elif isinstance(here, Term):
            stack.append(_wiring(here, stack.pop()))
    return stack[0]


def _both(term: Term, left: int) -> list[Any]:
    """Split, the left part, the right part, joined; in the order in which they are taken from the end."""
    return ["join", term._parts[1], "flip", term._parts[0], left]


def _wiring(term: Term, values: list[Value]) -> list[Value]:
    if isinstance(term, Copy):
        return values + values
    if isinstance(term, Discard):
        return []
    if isinstance(term, (Swap, First, Second)):
        left = leaf_count(term._data[0])
        one, two = values[:left], values[left:]
        return one if isinstance(term, First) else two if isinstance(term, Second) else two + one
    return values


def _box(
    term: Term, values: list[Value], closed: Mapping[Term, str], building: Building, spaces: Mapping[Ob, str]
) -> list[Value]:
    outputs = list(_names(term.cod, spaces))
    if term in closed:
        return building.add(closed[term], boundary(term, spaces), values, outputs, folded=True)
    operation = term.operation  # type: ignore[attr-defined]
    linear = isinstance(operation, Primitive) and is_linear(operation)
    return building.add(sign(operation), boundary(term, spaces), values, outputs, linear)


def boundary(term: Term, spaces: Mapping[Ob, str]) -> str:
    """name : A → B, cut where it is long."""
    name = str(term.operation) if isinstance(term, Generator) else folded_name(term)
    return cut(f"{name} : {_spelled(term.dom, spaces)} → {_spelled(term.cod, spaces)}", 160)


def _spelled(ob: Ob, spaces: Mapping[Ob, str]) -> str:
    """An object, its leaves by the names that they are given."""
    return str(fold(ob, unit=UNIT, leaf=lambda leaf: Sort(spaces[leaf]) if leaf in spaces else leaf, pair=Pair))


def sign(operation: Operation) -> str:
    """What the box of an operation bears."""
    arguments: Any = getattr(operation, "arguments", ())
    if operation.name == "constant" and len(set(arguments[1])) == 1:
        return str(arguments[1][0])
    if operation.name == "scale":
        return f"{arguments[0]} ·"
    if operation.name == "contract":
        return str(arguments[0]).replace("->", "→")
    return {"add": "+", "negate": "−", "multiply": "×"}.get(operation.name, operation.name)
