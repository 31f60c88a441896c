"""In every category, the interpretation of a term goes from the image of its domain to the image of its codomain.

Equations of values see little of that: a morphism that says a wrong boundary computes the same.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from verified_cat.begin import Begin
from verified_cat.category import STRUCTURE, Biproduct, Cartesian, Category, Symmetric, Terms, interpret
from verified_cat.chains import SHORT
from verified_cat.cont import Cont
from verified_cat.dual import Dual
from verified_cat.errors import BoundaryError, MissingOperation, ShapeError, UsageError, VerifiedCatError
from verified_cat.functions import AdditiveMaps, Functions
from verified_cat.gad import GAD, change_of_derivatives, forward_mode, reverse_mode
from verified_cat.learn import Learn, Learner
from verified_cat.lens import Bundle, Lens, LensMap, ReverseDerivative
from verified_cat.matrices import Matrices
from verified_cat.objects import UNIT, Pair, Sort, flatten, space
from verified_cat.optic import Optic, Slide
from verified_cat.para import Para, Reparam
from verified_cat.primitives import add, constant, negate, relu, scale, tanh
from verified_cat.terms import (
    Associator,
    Copy,
    Discard,
    First,
    Identity,
    LeftUnitorInverse,
    Pairing,
    Second,
    Swap,
    Term,
    operations,
)

sys.path.insert(0, str(Path(__file__).parent))
from structure_terms import cartesian, symmetric

A, B, C = space(2), space(3), space(4)
SYMMETRIC: list[Term] = [
    *symmetric(A, B, C),
    Swap(A, B) @ Identity(C),
    Identity(C) @ Swap(A, B),
    Swap(A, B) >> Swap(B, A),
    Associator(A, B, C) >> Swap(A, Pair(B, C)),
]
CARTESIAN: list[Term] = [
    *cartesian(A, B),
    Pairing(First(A, B), Swap(A, B)),
    Pairing(Discard(A), Copy(A)),
]

MADE: dict[str, Callable[[Any], Any]] = {
    "terms": lambda engine: Terms(),
    "functions": Functions,
    "additive": AdditiveMaps,
    "matrices": lambda engine: Matrices(Functions(engine)),
    "forward": forward_mode,
    "reverse": reverse_mode,
    "dual": lambda engine: Dual(AdditiveMaps(engine)),
    "double dual": lambda engine: Dual(Dual(AdditiveMaps(engine))),
    "lenses": lambda engine: Lens(Functions(engine)),
    "lenses of terms": lambda engine: Lens(Terms()),
    "reverse derivatives": lambda engine: ReverseDerivative(Terms()),
    "optics": lambda engine: Optic(Functions(engine)),
    "Para": lambda engine: Para(Functions(engine)),
    "Para of lenses": lambda engine: Para(Lens(Terms())),
    "Learn": lambda engine: Learn(Functions(engine)),
    "Cont": lambda engine: Cont(AdditiveMaps(engine), C),
    "Begin": lambda engine: Begin(AdditiveMaps(engine), C),
}


@pytest.fixture(params=list(MADE))
def category(request: pytest.FixtureRequest, plain: Functions) -> Symmetric[Any]:
    return MADE[request.param](plain.engine)  # type: ignore[no-any-return]


def test_objects_are_interpreted_part_by_part(category: Symmetric[Any]) -> None:
    assert category.image(UNIT) == category.unit
    assert category.image(Pair(A, B)) == category.pair(category.image(A), category.image(B))
    assert category.image(Pair(A, B)) != category.image(Pair(B, A))


@pytest.mark.parametrize("term", [*SYMMETRIC, *CARTESIAN], ids=str)
def test_terms_have_their_boundary_in_every_category(term: Term, category: Symmetric[Any]) -> None:
    if term in CARTESIAN and not isinstance(category, Cartesian):
        return
    found = interpret(term, category)
    assert category.dom(found) == category.image(term.dom)
    assert category.cod(found) == category.image(term.cod)
    if isinstance(category, GAD) and found.linear:
        value, derivative = found.linear
        assert (value.dom, value.cod) == (term.dom, term.cod)
        assert (category.k.dom(derivative), category.k.cod(derivative)) == (term.dom, term.cod)


def test_what_follows_is_the_composite(category: Symmetric[Any]) -> None:
    f, g = (interpret(each, category) for each in (Associator(A, B, C), Swap(A, Pair(B, C))))
    both = category.follow(f, g)
    assert category.dom(both) == category.dom(f) and category.cod(both) == category.cod(g)


def test_sums_of_biproducts_have_their_boundary(category: Symmetric[Any]) -> None:
    if isinstance(category, Biproduct):
        a, b = category.image(A), category.image(B)
        for found, cod in ((category.inject_first(a, b), (a, b)), (category.inject_second(b, a), (b, a))):
            assert category.dom(found) == a and category.cod(found) == category.pair(*cod)
        twice = category.add(category.identity(a), category.identity(a))
        assert (category.dom(twice), category.cod(twice)) == (a, a)


def test_parts_of_lenses_have_their_boundary() -> None:
    lenses: Lens[Term] = Lens(Terms())
    dom, cod = Bundle(A, B), Bundle(C, space(5))
    get, put = Discard(A) >> some(C), Discard(Pair(A, space(5))) >> some(B)
    made: LensMap[Term] = lenses.of(dom, cod, get, put)
    assert (made.dom, made.cod, made.get, made.put) == (dom, cod, get, put)
    pair = lenses.tensor(made, made)
    assert (pair.get.dom, pair.get.cod) == (Pair(A, A), Pair(C, C))
    assert (pair.put.dom, pair.put.cod) == (Pair(Pair(A, A), Pair(space(5), space(5))), Pair(B, B))
    for term in SYMMETRIC:
        found = interpret(term, lenses)
        assert found.get.dom == found.dom.front and found.put.cod == found.dom.back
        assert found.put.dom == Pair(found.dom.front, found.cod.back)


def test_the_methods_of_structure_have_their_names() -> None:
    assert {"identity", "associator_inverse", "swap", "copy", "pairing", "generator"} <= STRUCTURE
    assert all(hasattr(Terms(), name) for name in STRUCTURE)


@pytest.mark.parametrize("count", [SHORT, SHORT + 1, SHORT + 2, 3 * SHORT])
@pytest.mark.parametrize("name", ["functions", "forward", "reverse"])
def test_long_composites_compute_in_their_order(name: str, count: int, plain: Functions) -> None:
    """Composites of more than a few maps are kept as a chain; (x, y) ↦ (y, x) and (x, y) ↦ (-x, y) do not commute."""
    k = MADE[name](plain.engine)
    steps = [interpret(Swap(A, A), k), interpret(negate((2,)) @ Identity(A), k)]
    x, expected = ((1, 2), (3, 4)), ((3, 4), (1, 2))
    whole = steps[0]
    for number in range(1, count):
        whole = k.follow(whole, steps[number % 2])
        left, right = expected
        expected = (tuple(-each for each in left), right) if number % 2 else (right, left)  # type: ignore[assignment]
    found = whole(x)
    assert (found if name == "functions" else found[0]) == expected
    assert whole.length == (count if name == "functions" else 1)  # linear maps are composed as such


@pytest.mark.parametrize("count", [SHORT, SHORT + 1, 2 * SHORT])
@pytest.mark.parametrize("name", ["forward", "reverse"])
def test_long_composites_have_the_derivative_of_their_order(name: str, count: int, plain: Functions) -> None:
    """Of x ↦ 1 - 2 x and relu in turn; the slope is the product of those at the points that are passed."""
    k = MADE[name](plain.engine)
    turned = Pairing(Discard(A) >> constant((2,), 1), scale(-2, (2,))) >> add((2,))
    steps = [interpret(turned, k), interpret(relu((2,)), k)]
    whole, x, slope = steps[0], [1 - 2 * -3, 1 - 2 * 4], [-2, -2]
    for number in range(1, count):
        whole = k.compose(whole, steps[number % 2])
        slope = [s * ((1 if here > 0 else 0) if number % 2 else -2) for s, here in zip(slope, x, strict=True)]
        x = [max(here, 0) if number % 2 else 1 - 2 * here for here in x]
    value, derivative = whole((-3, 4))
    assert list(value) == x and list(derivative((1, 1))) == slope
    assert whole.length == (count + 1) // 2 * steps[0].length + count // 2 * steps[1].length


def test_the_identity_lens_puts_what_flows_back() -> None:
    lenses: Lens[Term] = Lens(Terms())
    assert lenses.identity(Bundle(A, B)) == LensMap(Bundle(A, B), Bundle(A, B), Identity(A), Second(A, B))


def test_optics_have_the_parts_they_are_made_of() -> None:
    optics: Optic[Term] = Optic(Terms())
    dom, cod, m = Bundle(A, B), Bundle(C, space(5)), space(6)
    forward, back = Discard(A) >> some(Pair(m, C)), Discard(Pair(m, space(5))) >> some(B)
    made = optics.of(dom, cod, m, forward, back)
    assert (made.dom, made.cod, made.residual) == (dom, cod, m)
    beside = optics.tensor(
        made, optics.of(dom, cod, A, Discard(A) >> some(Pair(A, C)), Discard(Pair(A, space(5))) >> some(B))
    )
    assert beside.residual == Pair(m, A)
    assert (beside.dom, beside.cod) == (optics.pair(dom, dom), optics.pair(cod, cod))
    lens: LensMap[Term] = LensMap(dom, cod, Discard(A) >> some(C), Discard(Pair(A, space(5))) >> some(B))
    known = optics.of_lens(lens)
    assert (known.dom, known.cod, known.residual) == (dom, cod, A)
    assert Slide(made, made, Identity(m)).name == "sliding"


def test_learners_side_by_side_have_both_parameters(plain: Functions) -> None:
    f = Learner(A, B, C, lambda pa: pa, lambda pab: pab, lambda pab: pab)
    g = Learner(B, C, A, lambda pa: pa, lambda pab: pab, lambda pab: pab)
    both = Learn(plain).tensor(f, g)
    assert (both.param, both.dom, both.cod) == (Pair(A, B), Pair(B, C), Pair(C, A))


def test_values_and_changed_derivatives_keep_their_boundary(plain: Functions) -> None:
    reverse, forward = reverse_mode(plain.engine), forward_mode(plain.engine)
    f = interpret(First(A, B), reverse)
    for found in (reverse.forget(f), change_of_derivatives(reverse, forward, lambda k: k)(f)):
        assert (found.dom, found.cod) == (Pair(A, B), A)
    with pytest.raises(BoundaryError, match="change of derivatives"):
        change_of_derivatives(reverse, MADE["forward"](Alone()), lambda k: k)(f)


class Alone:
    """An engine of another name: functions in it are another base."""

    name, precision = "alone", "exact"

    def operation(self, operation: Any) -> Any:
        raise MissingOperation("none")


def some(ob: Any) -> Term:
    """Some morphism 1 → ob."""
    if isinstance(ob, Pair):
        return LeftUnitorInverse(UNIT) >> (some(ob.left) @ some(ob.right))
    return constant(ob.shape, 1)


def test_a_parametrised_map_has_the_parts_it_is_made_of() -> None:
    para: Para[Term] = Para(Terms())
    inside = First(A, B) >> Copy(A)
    made = para.of(A, B, Pair(A, A), inside)
    assert (made.param, made.dom, made.cod, made.inside) == (A, B, Pair(A, A), inside)
    table = negate((2,))
    plain = interpret(table, para)
    assert (plain.param, plain.dom, plain.cod) == (UNIT, A, A) and operations(plain.inside) == operations(table)


def test_what_is_shown_has_its_name(plain: Functions) -> None:
    para: Para[Term] = Para(Terms())
    f, along = para.of(A, B, A, First(A, B)), Identity(A)
    cells = (
        para.associator_cell(f, para.identity(A), para.identity(A)),
        para.left_unitor_cell(f),
        para.right_unitor_cell(f),
        para.interchanger_cell(f, f, para.identity(A), para.identity(A)),
        para.cell(f, along),
    )
    assert [cell.name for cell in cells] == [
        "associator",
        "left unitor",
        "right unitor",
        "interchanger",
        "reparametrisation",
    ]
    assert Reparam(f, f, along).name == "reparametrisation" and Category.name == "category"
    assert Terms().name == "terms" and AdditiveMaps(plain.engine).name == "additive maps of plain"
    assert ReverseDerivative(Terms()).name == "reverse derivatives over terms"


def test_what_an_engine_does_wrong_is_said_of_the_operation() -> None:
    class Wrong:
        name, precision, operations = "wrong", "exact", ("negate",)

        def __init__(self, result: Any) -> None:
            self.result = result

        def operation(self, operation: Any) -> Any:
            if isinstance(self.result, Exception):
                raise self.result
            return self.result

    def said(result: Any, operation: Any) -> str:
        with pytest.raises(VerifiedCatError) as refused:
            Functions(Wrong(result)).generator(operation)
        return f"{type(refused.value).__name__}: {refused.value}"

    (known,), (other,) = operations(negate((2,))), operations(tanh((2,)))
    assert (
        said(MissingOperation("none"), known)
        == "OperationFault: 'negate' is among its operations, and it refuses it: none"
    )
    assert said(MissingOperation("none"), other) == "MissingOperation: none"
    assert said(UsageError("asked wrongly"), other) == "UsageError: asked wrongly"
    assert "raised ZeroDivisionError: by 0" in said(ZeroDivisionError("by 0"), other)
    assert "gave int, which cannot be called" in said(3, other)


def test_opaque_objects_have_no_shape_and_the_unit_one_value() -> None:
    with pytest.raises(ShapeError, match="Z is opaque"):
        _ = Sort("Z").shape
    assert flatten(UNIT, ()) == []
    for wrong in ((1,), 3, None):
        with pytest.raises(ValueError, match="the value of 1 is the empty tuple"):
            flatten(UNIT, wrong)


def test_pairs_are_compared_and_copied() -> None:
    one: Any = Pair(Pair(A, B), C)
    other: Any = Pair(Pair(space(2), space(3)), space(4))
    assert one == other and hash(one) == hash(other)
    for wrong in (Pair(Pair(A, C), C), Pair(Pair(B, B), C), Pair(Pair(A, B), B), Pair(A, C), A, UNIT, 3):
        assert (one == wrong) is False and (wrong == one) is False
    assert Pair(Pair(A, Pair(B, C)), C) != Pair(Pair(A, Pair(B, B)), C)
    assert copy.deepcopy(one) == one
