"""Equations that hold by construction are told from those that do not, also where only a sign or a place is wrong."""

from __future__ import annotations

import pytest

from verified_cat import primitives as p
from verified_cat.axes import concatenate, part
from verified_cat.cancelling import Cancelling, same_by_construction
from verified_cat.objects import Pair, Space
from verified_cat.program import Wire
from verified_cat.schema_file import read
from verified_cat.terms import First, Identity, Pairing, Second, Term

pytest.importorskip("torch")

FILE = """
name = "Coupled"
adversary = "lsgan"
[objects.A]
shape = [5]
data = "normal"
[objects.B]
shape = [5]
data = "uniform"
[arrows.f]
from = "A"
to = "B"
network = { kind = "coupling", layers = 3, hidden = [8] }
[arrows.g]
from = "B"
to = "A"
inverse_of = "f"
[arrows.h]
from = "B"
to = "A"
network = "affine"
[[equations]]
left = "f ; g"
right = "id_A"
[[equations]]
left = "g ; f"
right = "id_B"
[[equations]]
left = "f ; h"
right = "id_A"
"""


def test_a_coupling_and_its_inverse_cancel_and_an_affine_map_does_not() -> None:
    from verified_cat.gpu.schema_task import architecture_of

    whole = read(FILE)
    architecture, _ = architecture_of(whole, 2)
    found = {}
    for demand in whole.demands:
        equation = architecture.equation(demand.equation)
        found[str(demand.equation)] = same_by_construction(equation.lhs, equation.rhs)
    assert found == {"f ; g = id_A": True, "g ; f = id_B": True, "f ; h = id_A": False}


SHAPE = (2, 3)
X, Y = First(Space(SHAPE), Space(SHAPE)), Second(Space(SHAPE), Space(SHAPE))


def _sum(*terms: Term) -> Term:
    whole = terms[0]
    for term in terms[1:]:
        whole = Pairing(whole, term) >> p.add(SHAPE)
    return whole


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (_sum(X, Y, Y >> p.negate(SHAPE)), X, True),
        (_sum(Y >> p.negate(SHAPE), X, Y), X, True),
        (_sum(X, Y, Y), X, False),
        (_sum(X, Y >> p.negate(SHAPE)), X, False),
        (_sum(X, Y >> p.tanh(SHAPE), Y >> p.tanh(SHAPE) >> p.negate(SHAPE)), X, True),
        (_sum(X, Y >> p.tanh(SHAPE), Y >> p.sin(SHAPE) >> p.negate(SHAPE)), X, False),
        (_sum(X, X >> p.negate(SHAPE)), _sum(Y, Y >> p.negate(SHAPE)), True),
        (X, Y, False),
    ],
)
def test_sums(left: Term, right: Term, same: bool) -> None:
    assert same_by_construction(left, right) is same


def test_parts_put_together_are_the_whole_and_only_in_their_places() -> None:
    whole, left, right = (2, 5), part((2, 5), 1, 0, 2), part((2, 5), 1, 2, 5)
    assert same_by_construction(Pairing(left, right) >> concatenate((2, 2), (2, 3), 1), Identity(Space(whole)))
    assert not same_by_construction(Pairing(right, left) >> concatenate((2, 3), (2, 2), 1), Identity(Space(whole)))
    overlapping = Pairing(left, part(whole, 1, 1, 4)) >> concatenate((2, 2), (2, 3), 1)
    assert not same_by_construction(overlapping, Identity(Space(whole)))
    halves = Pair(Space((2, 2)), Space((2, 3)))
    both = concatenate((2, 2), (2, 3), 1)
    assert same_by_construction(both >> left, First(halves.left, halves.right))
    assert not same_by_construction(both >> part(whole, 1, 1, 4), Second(halves.left, halves.right))
    assert not same_by_construction(both, Identity(halves))


# ------------------------------------------------------------------------------------------------ wire for wire


class Sheet:
    """Wires that cancel, with the operations by name."""

    def __init__(self) -> None:
        self.wires = Cancelling()

    def new(self, *shape: int) -> Wire:
        return self.wires.fresh(shape)

    def add(self, *terms: Wire) -> Wire:
        whole = terms[0]
        for term in terms[1:]:
            whole = self.wires.at(p.Primitive("add", (whole.shape,)), (whole, term))
        return whole

    def minus(self, x: Wire) -> Wire:
        return self.wires.at(p.Primitive("negate", (x.shape,)), (x,))

    def cut(self, x: Wire, start: int, length: int, step: int = 1) -> Wire:
        return self.wires.at(p.Primitive("slice", (x.shape, (start,), (length,), (step,))), (x,))

    def put(self, x: Wire, size: int, start: int, step: int = 1) -> Wire:
        return self.wires.at(p.Primitive("place", ((size,), (start,), x.shape, (step,))), (x,))

    def zero(self, *shape: int) -> Wire:
        return self.wires.zero(shape)


def test_sums_are_one_wire_in_any_order_and_bracketing() -> None:
    s = Sheet()
    x, y, z = (s.new(4) for _ in range(3))
    assert s.add(x, y, z) is s.add(z, x, y) is s.add(x, s.add(y, z)) and s.add(x, y) is not s.add(x, z)
    assert s.add(x, x) is not x and s.add(x, x, s.minus(x)) is x and s.add(x, s.minus(x)) is s.zero(4)
    assert s.minus(s.add(x, y)) is s.add(s.minus(y), s.minus(x)) and s.minus(s.minus(x)) is x
    assert s.minus(x) is not x and s.minus(s.zero(4)) is s.add(s.zero(4), s.zero(4)) is s.zero(4)
    assert s.add(x, s.zero(4)) is s.add(s.zero(4), x) is x
    assert s.add(x, y, s.minus(s.add(y, z)), z) is x
    assert s.add(x, x, y) is not s.add(x, y, y) and s.add(x, x, x, s.minus(x)) is s.add(x, x)
    assert (s.add(x, y).shape, s.minus(x).shape, s.add(x, y).args) == ((4,), (4,), (x, y))


def test_other_operations_are_as_they_are() -> None:
    s = Sheet()
    x = s.new(4)
    twice = [s.wires.at(p.Primitive("exp", ((4,),)), (x,)) for _ in range(2)]
    assert twice[0] is twice[1] and twice[0].kind == "exp" and s.wires.name == "wires that cancel"
    assert s.cut(x, 1, 2) is s.cut(x, 1, 2) and s.cut(x, 1, 2).kind == "slice" and s.put(x, 9, 2).kind == "place"


def test_parts_of_what_was_placed() -> None:
    """What was placed just there, 0 where nothing was placed, and else a part that is not looked into."""
    s = Sheet()
    x = s.new(3)
    placed = s.put(x, 8, 2)  # at 2, 3, 4
    assert s.cut(placed, 2, 3) is x
    assert s.cut(placed, 0, 2) is s.zero(2) and s.cut(placed, 5, 3) is s.zero(3) and s.cut(placed, 5, 1) is s.zero(1)
    for start, length in ((1, 2), (4, 2), (2, 2), (0, 8), (4, 1), (0, 3)):
        assert s.cut(placed, start, length).kind == "slice"
    spread = s.put(x, 8, 1, 2)  # at 1, 3, 5: nothing at 6 and 7, and gaps are not looked into
    assert s.cut(spread, 6, 2).kind == "slice" and s.cut(spread, 1, 3, 2) is x
    assert s.cut(placed, 0, 2, 1) is s.zero(2) and s.cut(placed, 6, 1, 2).kind == "slice"


def test_parts_of_sums_are_sums_of_parts() -> None:
    s = Sheet()
    x, y = s.new(4), s.new(4)
    assert s.cut(s.add(x, y), 1, 2) is s.add(s.cut(x, 1, 2), s.cut(y, 1, 2))
    assert s.cut(s.minus(x), 1, 2) is s.minus(s.cut(x, 1, 2)) and s.cut(s.zero(4), 1, 2) is s.zero(2)
    assert s.cut(s.add(x, x, y), 1, 2) is s.add(s.cut(x, 1, 2), s.cut(x, 1, 2), s.cut(y, 1, 2))
    a, b = s.new(2), s.new(2)
    both = s.add(s.put(a, 4, 0), s.put(b, 4, 2))
    assert s.cut(both, 0, 2) is a and s.cut(both, 2, 2) is b and s.cut(s.add(both, both), 0, 2) is s.add(a, a)
    assert s.cut(s.add(both, s.minus(x), x), 2, 2) is b
    assert s.cut(s.add(s.put(s.add(a, b), 4, 0), s.put(s.minus(b), 4, 0)), 0, 2) is a


def test_the_whole_of_its_parts() -> None:
    """x[:2] and x[2:] in their places are x; not elsewhere, twice, with a sign, overlapping, or from two arrays."""
    s = Sheet()
    x, y = s.new(4), s.new(4)

    def part(source: Wire, start: int, length: int, place: int | None = None) -> Wire:
        return s.put(s.cut(source, start, length), 4, start if place is None else place)

    low, high = part(x, 0, 2), part(x, 2, 2)
    assert s.add(low, high) is s.add(high, low) is x
    assert s.add(part(x, 0, 1), part(x, 1, 2), part(x, 3, 1)) is x
    others = [
        s.add(low, part(y, 2, 2)),
        s.add(part(x, 0, 2, 2), part(x, 2, 2, 0)),
        s.add(low, low, high),
        s.add(low, s.minus(high)),
        s.add(part(x, 0, 3), part(x, 1, 1)),
        s.add(low, part(x, 2, 1)),
        s.add(low, s.put(s.new(2), 4, 2)),
        s.add(low, s.new(4)),
        s.add(s.put(s.cut(s.new(5), 0, 2), 4, 0), s.put(s.cut(s.new(5), 2, 2), 4, 2)),
    ]
    assert all(each is not x and each is not y for each in others) and len(set(others)) == len(others)


def test_terms_of_other_boundaries_are_not_the_same() -> None:
    assert same_by_construction(Identity(Space((2,))), Identity(Space((3,)))) is False
    assert not same_by_construction(First(Space((2,)), Space((2,))), Identity(Pair(Space((2,)), Space((2,)))))
    assert same_by_construction(First(Space((2,)), Space((3,))), First(Space((2,)), Space((3,))))
    assert not same_by_construction(First(Space((2,)), Space((2,))), Second(Space((2,)), Space((2,))))
