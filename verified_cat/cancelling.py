"""f = g by construction: by (a + b) - b = a, and by what moves of entries are, wire for wire.

Both sides are run once on wires. Sums are kept as sums of wires with a sign, so that what is added and taken away again
is gone; parts of arrays that were put together are the parts. Where both sides end in the same wires, they are the same
map over every commutative ring, whatever its parameters are: the networks inside are not looked into. In floats that is
not so: (a + b) - b rounds.
"""

from __future__ import annotations

from collections import Counter

import verified_cat.program as programs
from verified_cat.machine import evaluate
from verified_cat.objects import flatten
from verified_cat.primitives import Primitive
from verified_cat.program import Wire, Wires
from verified_cat.terms import Term


def same_by_construction(left: Term, right: Term) -> bool:
    """Whether two parallel terms come to the same wires."""
    if (left.dom, left.cod) != (right.dom, right.cod):
        return False
    wires = Cancelling()
    given = wires.inputs(left.dom)
    one, other = (flatten(left.cod, evaluate(side, given, wires)) for side in (left, right))
    return all(x is y for x, y in zip(one, other, strict=True))


class Cancelling(Wires):
    """Wires whose sums are flat, and whose parts of what was put together are what was put there."""

    name = "wires that cancel"

    def __init__(self) -> None:
        super().__init__()
        self._sums: dict[int, Counter[int]] = {}
        self._wires: dict[int, Wire] = {}

    def at(self, operation: Primitive | programs.Outside, args: tuple[Wire, ...]) -> Wire:
        """The operation at wires, shortened."""
        self._wires.update({wire.serial: wire for wire in args})
        if isinstance(operation, Primitive):
            if operation.name == "add":
                terms = self._terms(args[0])
                terms.update(self._terms(args[1]))  # a Counter's own + drops what is negative
                return self._added(terms, args[0].shape)
            if operation.name == "negate":
                negated = Counter({serial: -count for serial, count in self._terms(args[0]).items()})
                return self._added(negated, args[0].shape)
            if operation.name == "slice":
                return self._sliced(operation, args[0])
        return super().at(operation, args)

    # ---------------------------------------------------------------------------------------- sums

    def _terms(self, wire: Wire) -> Counter[int]:
        """The wires of which a wire is the sum, each with how often."""
        if wire.is_zero:
            return Counter()
        return Counter(self._sums.get(wire.serial, {wire.serial: 1}))

    def _added(self, terms: Counter[int], shape: tuple[int, ...]) -> Wire:
        """The one wire of this sum."""
        left = {serial: count for serial, count in sorted(terms.items()) if count}
        if not left:
            return self.zero(shape)
        whole = self._whole(left)
        if whole is not None:
            return whole
        key = ("sum", *left.items())
        if key not in self._known:
            self._known[key] = self._new(shape, None, tuple(self._wires[serial] for serial in left))
        made = self._known[key]
        self._sums[made.serial], self._wires[made.serial] = Counter(left), made
        return made

    def _whole(self, left: dict[int, int]) -> Wire | None:
        """x, where the sum is x alone, or all parts of x, each once in its place."""
        if list(left.values()) == [1]:
            return self._wires[next(iter(left))]
        if any(count != 1 for count in left.values()):
            return None
        places = [self._wires[serial] for serial in left]
        if any(wire.kind != "place" or wire.args[0].kind != "slice" for wire in places):
            return None
        sources = {wire.args[0].args[0].serial for wire in places}
        fits = all(_arguments(wire) == _arguments(wire.args[0]) for wire in places)
        covered = sum(programs.entries(wire.args[0]) for wire in places)
        source = places[0].args[0].args[0]
        if len(sources) == 1 and fits and covered == programs.entries(source) and _apart(places):
            return source
        return None

    # ---------------------------------------------------------------------------------------- parts

    def _sliced(self, operation: Primitive, x: Wire) -> Wire:
        """A part of a sum is the sum of the parts; that of what was placed just there is what was placed."""
        terms = self._terms(x)
        if not terms or list(terms) != [x.serial]:
            parts: Counter[int] = Counter()
            for serial, count in terms.items():
                part = self._sliced(operation, self._wires[serial])
                self._wires[part.serial] = part
                for each, times in self._terms(part).items():
                    parts[each] += count * times
            return self._added(parts, operation.cod.shape)  # type: ignore[attr-defined]
        if x.kind == "place":
            if _arguments(x) == operation.arguments:
                return x.args[0]
            if _disjoint(_arguments(x), operation.arguments):
                return self.zero(operation.cod.shape)  # type: ignore[attr-defined]
        return super().at(operation, (x,))


def _arguments(wire: Wire) -> tuple[object, ...]:
    assert wire.operation is not None
    return wire.operation.arguments


def _disjoint(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Whether two stretches without gaps share no entry: on some axis one ends before the other begins."""
    _, starts, lengths, steps = one
    _, others, sizes, paces = other
    if any(step != 1 for step in (*steps, *paces)):  # type: ignore[misc]
        return False
    pairs = zip(starts, lengths, others, sizes, strict=True)  # type: ignore[call-overload]
    return any(a + n <= b or b + m <= a for a, n, b, m in pairs)


def _apart(places: list[Wire]) -> bool:
    """Whether no two of them share an entry."""
    return all(
        _disjoint(_arguments(one), _arguments(other)) for number, one in enumerate(places) for other in places[:number]
    )
