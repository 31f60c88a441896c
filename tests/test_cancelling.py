"""Equations that hold by construction are told from those that do not, also where only a sign or a place is wrong."""

from __future__ import annotations

import pytest

from verified_cat import primitives as p
from verified_cat.axes import concatenate, part
from verified_cat.cancelling import same_by_construction
from verified_cat.objects import Pair, Space
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
