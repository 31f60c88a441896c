"""``interpret`` is a functor with one clause for each constructor; derived structure equals the native one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from verified_cat.category import _METHOD, Biproduct, Cartesian, Symmetric, Terms, interpret
from verified_cat.draw import Style, draw_object, draw_term, seeded
from verified_cat.errors import BoundaryError, MissingOperation, must_meet
from verified_cat.functions import AdditiveMaps, Functions
from verified_cat.learn import Learn
from verified_cat.lens import Lens
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, flatten, leaves, space, unflatten
from verified_cat.primitives import add, exp, negate, symbol
from verified_cat.terms import (
    Associator,
    AssociatorInverse,
    Copy,
    Discard,
    First,
    Generator,
    Identity,
    LeftUnitor,
    LeftUnitorInverse,
    Pairing,
    RightUnitor,
    RightUnitorInverse,
    Second,
    Swap,
    Term,
)

A, B, C, D = space(2), space(3), SCALAR, Pair(space(1), UNIT)
Wires = tuple[int, tuple[int, ...]]


class Wiring(Cartesian[Wires]):
    """The opposite of finite sets, strict: n → m says which of n inputs, or ground (-1), each of m outputs reads."""

    name = "wiring"

    def dom(self, f: Wires) -> int:
        return f[0]

    def cod(self, f: Wires) -> int:
        return len(f[1])

    @property
    def unit(self) -> int:
        return 0

    def pair(self, a: int, b: int) -> int:
        return a + b

    def image(self, ob: Ob) -> int:
        return sum(1 for _ in leaves(ob))

    def identity(self, a: int) -> Wires:
        return a, tuple(range(a))

    def compose(self, f: Wires, g: Wires) -> Wires:
        must_meet(self.name, f, g, len(f[1]), g[0])
        return f[0], tuple(f[1][read] if read >= 0 else read for read in g[1])

    def tensor(self, f: Wires, g: Wires) -> Wires:
        return f[0] + g[0], f[1] + tuple(f[0] + read if read >= 0 else read for read in g[1])

    def associator(self, a: int, b: int, c: int) -> Wires:
        return self.identity(a + b + c)

    def associator_inverse(self, a: int, b: int, c: int) -> Wires:
        return self.identity(a + b + c)

    def left_unitor(self, a: int) -> Wires:
        return self.identity(a)

    def left_unitor_inverse(self, a: int) -> Wires:
        return self.identity(a)

    def right_unitor(self, a: int) -> Wires:
        return self.identity(a)

    def right_unitor_inverse(self, a: int) -> Wires:
        return self.identity(a)

    def swap(self, a: int, b: int) -> Wires:
        return a + b, (*range(a, a + b), *range(a))

    def copy(self, a: int) -> Wires:
        return a, (*range(a), *range(a))

    def discard(self, a: int) -> Wires:
        return a, ()


def fed(operation: Any) -> Wires:
    """Every output of an operation reads its last input; where it has none, ground."""
    inputs, outputs = (Wiring().image(ob) for ob in (operation.dom, operation.cod))
    return inputs, (inputs - 1,) * outputs


STRUCTURAL: list[Term] = [
    Identity(Pair(A, D)),
    Swap(A, B) >> Swap(B, A) >> Swap(A, B),
    Swap(A, B) @ Copy(C),
    Associator(A, B, C),
    AssociatorInverse(A, Pair(B, D), C),
    LeftUnitor(Pair(A, B)),
    LeftUnitorInverse(D),
    RightUnitor(A),
    RightUnitorInverse(Pair(A, UNIT)),
    Swap(Pair(A, B), D),
    Copy(Pair(A, B)),
    Discard(Pair(A, B)),
    First(Pair(A, B), C),
    Second(Pair(A, B), C),
    Pairing(Swap(A, B), Discard(Pair(A, B)) >> Copy(UNIT)),
]


def test_every_constructor_has_a_clause() -> None:
    """A new constructor of terms without a clause in ``interpret`` fails here."""
    assert {*_METHOD, Generator} == set(Term.__subclasses__())
    assert {*map(type, STRUCTURAL), Generator} == set(Term.__subclasses__())


@pytest.mark.parametrize("term", STRUCTURAL, ids=str)
def test_structure_means_the_same_in_wiring_and_on_values(term: Term, plain: Functions) -> None:
    inputs, reads = interpret(term, Wiring())
    names = [f"x{wire}" for wire in range(inputs)]
    value = plain.meaning(term)(unflatten(term.dom, names))
    assert flatten(term.cod, value) == [names[read] for read in reads]


@pytest.mark.parametrize("seed", range(100))
def test_terms_are_the_initial_category(seed: int) -> None:
    choose = seeded(seed)
    term = draw_term(choose, draw_object(choose), draw_object(choose), Style("any"))
    assert interpret(term, Terms()) is term


@pytest.mark.parametrize("seed", range(30))
def test_interpret_keeps_boundaries_composition_and_tensor(seed: int) -> None:
    choose, wiring = seeded(seed), Wiring()
    a, b, c = (draw_object(choose) for _ in range(3))
    f, g = draw_term(choose, a, b, Style()), draw_term(choose, b, c, Style())

    one, two = interpret(f, wiring, fed), interpret(g, wiring, fed)
    assert (wiring.dom(one), wiring.cod(one)) == (wiring.image(a), wiring.image(b))
    assert interpret(f >> g, wiring, fed) == wiring.compose(one, two)
    assert interpret(f @ g, wiring, fed) == wiring.tensor(one, two)


def test_generators_may_be_given_a_meaning() -> None:
    twice = interpret(symbol("f", A, B) >> Copy(B), Terms(), lambda _: Discard(A) >> symbol("g", UNIT, B))
    assert twice is (Discard(A) >> symbol("g", UNIT, B)) >> Copy(B)


# ------------------------------------------------------------------------------------------------ what is missing


def test_an_operation_without_a_meaning_is_missing(plain: Functions) -> None:
    with pytest.raises(MissingOperation, match="wiring has no meaning for the operation exp"):
        interpret(exp(()), Wiring())
    with pytest.raises(MissingOperation, match="plain has no 'f'"):
        plain.meaning(symbol("f", A, B))


def test_a_structure_that_a_category_lacks_is_missing(plain: Functions) -> None:
    with pytest.raises(MissingOperation, match="lenses over functions of plain has no copy, which the term uses"):
        interpret(Copy(A), Lens(plain))
    with pytest.raises(MissingOperation, match="learners over functions of plain has no pairing, which the term uses"):
        interpret(Pairing(Identity(A), Identity(A)), Learn(plain))
    with pytest.raises(MissingOperation, match="learners over functions of plain has no meaning for the operation"):
        interpret(negate(()), Learn(plain))


def test_composition_is_checked() -> None:
    with pytest.raises(BoundaryError, match="wiring"):
        Wiring().sequence(Wiring().copy(1), Wiring().identity(3))


# ------------------------------------------------------------------------------------------------ derived structure


def test_middle_four_by_default_is_the_native_one(plain: Functions) -> None:
    objects, wiring = (A, B, C, D), Wiring()
    value = ((1, 2), (3, (4, ())))
    native = plain.middle_four(*objects)
    derived = Symmetric.middle_four(plain, *objects)
    assert native(value) == derived(value) == ((1, 3), (2, (4, ())))
    assert (native.dom, native.cod) == (derived.dom, derived.cod)
    assert wiring.middle_four(1, 2, 1, 2) == (6, (0, 3, 1, 2, 4, 5))


def test_projections_and_pairing_by_default_are_the_native_ones(plain: Functions) -> None:
    f, g = plain.meaning(Swap(A, B)), plain.meaning(First(A, B))
    for native, derived in (
        (plain.first(A, B), Cartesian.first(plain, A, B)),
        (plain.second(A, B), Cartesian.second(plain, A, B)),
        (plain.pairing(f, g), Cartesian.pairing(plain, f, g)),
    ):
        assert native(("a", "b")) == derived(("a", "b"))
        assert (native.dom, native.cod) == (derived.dom, derived.cod)


def test_injections_by_default_are_the_native_ones(plain_engine: Callable[..., Any]) -> None:
    maps = AdditiveMaps(plain_engine())
    assert maps.inject_first(A, B)((1, 2)) == Biproduct.inject_first(maps, A, B)((1, 2)) == ((1, 2), (0, 0, 0))
    assert maps.inject_second(A, B)((1, 2, 3)) == Biproduct.inject_second(maps, A, B)((1, 2, 3)) == ((0, 0), (1, 2, 3))


def test_copairing_and_sum_of_maps(plain_engine: Callable[..., Any]) -> None:
    maps = AdditiveMaps(plain_engine())
    double, minus = maps.meaning(Copy(C) >> add(())), maps.meaning(negate(()))
    assert maps.copairing(double, minus)(((5,), (3,))) == (7,)
    assert maps.add(double, minus)((5,)) == (5,)
