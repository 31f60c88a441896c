"""Terms are syntax: frozen, shared, printed so that they evaluate, and never limited by the interpreter's stack."""

from __future__ import annotations

import copy
import gc
import pickle
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verified_cat import objects, primitives, terms
from verified_cat.category import Terms, interpret
from verified_cat.draw import Style, draw_object, draw_term, seeded
from verified_cat.errors import BoundaryError
from verified_cat.functions import Functions
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, space
from verified_cat.primitives import add, exp, multiply, negate, scale, symbol
from verified_cat.terms import (
    Associator,
    Compose,
    Copy,
    Discard,
    First,
    Generator,
    Identity,
    LeftUnitor,
    Operation,
    Pairing,
    RightUnitorInverse,
    Second,
    Swap,
    Tensor,
    Term,
    brief,
    count,
    operations,
)

A, B, C = space(2), space(3), space()
NAMES = vars(terms) | vars(objects) | vars(primitives) | {"Fraction": Fraction}
DEEP = 100_000


def drawn(seed: int) -> Term:
    choose = seeded(seed)
    return draw_term(choose, draw_object(choose), draw_object(choose), Style("any", 3))


NEGATE = negate(())


def chain(length: int, link: Term = NEGATE) -> Term:
    """link ; link ; …"""
    term = link
    for _ in range(length - 1):
        term = term >> link
    return term


# ------------------------------------------------------------------------------------------------ boundaries


def boundaries(a: Ob, b: Ob, c: Ob) -> list[tuple[Term, Ob, Ob]]:
    """Terms of every constructor, each with its domain and its codomain."""
    left, right = Pair(Pair(a, b), c), Pair(a, Pair(b, c))
    return [
        (Identity(a), a, a),
        (Copy(a), a, Pair(a, a)),
        (Swap(a, b), Pair(a, b), Pair(b, a)),
        (Copy(a) >> Swap(a, a), a, Pair(a, a)),
        (Compose(Swap(a, c), Swap(c, a)), Pair(a, c), Pair(a, c)),
        (Swap(a, b) @ Identity(c), left, Pair(Pair(b, a), c)),
        (Tensor(Discard(a), Copy(b)), Pair(a, b), Pair(UNIT, Pair(b, b))),
        (Associator(a, b, c), left, right),
        (terms.AssociatorInverse(a, b, c), right, left),
        (LeftUnitor(a), Pair(UNIT, a), a),
        (terms.LeftUnitorInverse(a), a, Pair(UNIT, a)),
        (terms.RightUnitor(a), Pair(a, UNIT), a),
        (RightUnitorInverse(a), a, Pair(a, UNIT)),
        (Discard(a), a, UNIT),
        (First(a, b), Pair(a, b), a),
        (Second(a, b), Pair(a, b), b),
        (Pairing(Identity(a), Discard(a)), a, Pair(a, UNIT)),
        (Pairing(Discard(a), Copy(a)), a, Pair(UNIT, Pair(a, a))),
        (symbol("f", a, b), a, b),
    ]


BOUNDARIES = boundaries(A, B, C)


@pytest.mark.parametrize(("term", "dom", "cod"), BOUNDARIES, ids=lambda part: type(part).__name__)
def test_boundary(term: Term, dom: Ob, cod: Ob) -> None:
    assert term.dom == dom
    assert term.cod == cod


def test_boundaries_above_are_of_every_constructor() -> None:
    assert {type(term) for term, _, _ in BOUNDARIES} == set(Term.__subclasses__())


def test_boundaries_of_structural_morphisms_made_anew() -> None:
    """Equal terms are one object, so these are of objects that no other test has."""
    made = boundaries(space(11), space(2, 13), space(17))
    assert {type(term) for term, _, _ in made} == set(Term.__subclasses__())
    for term, dom, cod in made:
        assert (term.dom, term.cod) == (dom, cod), repr(term)
        assert copy.deepcopy(term) is term and eval(repr(term), NAMES) is term


def test_brackets_and_identities_are_kept() -> None:
    f, g, h = symbol("f", A, A), symbol("g", A, A), symbol("h", A, A)
    left: Term = (f >> g) >> h
    assert left != f >> (g >> h)
    assert left >> Identity(A) != left
    beside: Term = Identity(A) @ Identity(B)
    assert beside != Identity(Pair(A, B))


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (
        lambda: exp((2,)) >> negate((3,)),
        "term: [exp : R[2] → R[2]] does not compose with [negate : R[3] → R[3]]: the first ends in R[2], the second "
        "starts from R[3]",
    ),
    (
        lambda: Pairing(exp((2,)), Discard(B)),
        "term: [exp : R[2] → R[2]] and [! : R[3] → 1] are not paired: the first starts from R[2], the second from R[3]",
    ),
    (lambda: exp((2,)) >> 3, "a term composes with a term, not with int 3"),  # type: ignore[operator]
    (lambda: exp((2,)) @ "f", "a term stands beside a term, not beside str 'f'"),  # type: ignore[operator]
    (lambda: exp((2,)) >> A, "a term composes with a term, not with Space Space(shape=(2,))"),  # type: ignore[operator]
]


@pytest.mark.parametrize(("make", "words"), REFUSED)
def test_what_does_not_meet_is_refused_with_both_boundaries(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(BoundaryError) as caught:
        make()
    assert str(caught.value) == words


def test_brackets_matter_at_a_boundary() -> None:
    with pytest.raises(BoundaryError):
        Identity(Pair(Pair(A, B), C)) >> Identity(Pair(A, Pair(B, C)))


# ------------------------------------------------------------------------------------------------ frozen and shared


def test_terms_are_frozen() -> None:
    term = add(())
    with pytest.raises(AttributeError, match="a term is frozen; 'dom' cannot be set"):
        term.dom = A
    with pytest.raises(AttributeError, match="a term is frozen; 'new' cannot be set"):
        setattr(term, "new", 1)  # noqa: B010
    with pytest.raises(AttributeError, match="a term is frozen; 'cod' cannot be deleted"):
        del term.cod
    assert term.cod == SCALAR


@pytest.mark.parametrize("seed", range(30))
def test_equal_terms_are_one_object(seed: int) -> None:
    term = drawn(seed)
    assert drawn(seed) is term
    assert copy.copy(term) is term
    assert copy.deepcopy(term) is term
    assert pickle.loads(pickle.dumps(term)) is term  # noqa: S301  our own bytes: processes of a cross-check pass terms


def test_different_terms_are_different_objects() -> None:
    alike = [First(A, A), Second(A, A), scale(2, (2,)), scale(3, (2,)), scale(2, (3,)), Swap(A, B), Swap(B, A)]
    alike += [symbol("f", A, B), symbol("f", A, A), symbol("g", A, B), Compose(Identity(A), Identity(A))]
    alike += [Tensor(Identity(A), Identity(A)), Pairing(Identity(A), Identity(A)), Copy(A)]
    assert len(set(alike)) == len(alike)


def test_terms_that_nobody_holds_are_let_go() -> None:
    def made() -> int:
        return sum(issubclass(type(each), Term) for each in gc.get_objects())

    gc.collect()
    before = made()
    term = chain(500, symbol("held by no other test", SCALAR, SCALAR))
    assert made() >= before + 500, "one link, 499 composites"
    del term
    gc.collect()
    assert made() <= before


# ------------------------------------------------------------------------------------------------ printed


@pytest.mark.parametrize("seed", range(100))
def test_repr_evaluates_to_the_same_term(seed: int) -> None:
    term = drawn(seed)
    assert eval(repr(term), NAMES) is term


def test_repr_evaluates_for_every_constructor() -> None:
    for term, _, _ in BOUNDARIES:
        assert eval(repr(term), NAMES) is term


def test_blackboard_form() -> None:
    f, g = symbol("f", A, B), symbol("g", A, A)
    assert str(Copy(A) >> (g @ f) >> Swap(A, B)) == "((Δ ; (g ⊗ f)) ; σ)"
    assert str(Pairing(f, Identity(A) >> Discard(A))) == "⟨f, (id ; !)⟩"
    assert str(Associator(A, B, C) >> Identity(A) @ First(B, C)) == "(α ; (id ⊗ π₀))"
    assert str(primitives.contract("ij,j->i", (2, 3), (3,))) == "contract[ij,j->i]"
    assert str(scale(Fraction(1, 2), ())) == "scale[1/2]"


def test_symbols_of_the_constructors() -> None:
    signs = "id α α⁻¹ λ λ⁻¹ ρ ρ⁻¹ σ Δ ! π₀ π₁ f"
    shown = [str(term) for term, _, _ in BOUNDARIES if not term._parts]
    assert sorted(shown) == sorted(signs.split())


def test_every_constructor_has_its_own_symbol() -> None:
    shown = [str(term) for term, _, _ in BOUNDARIES]
    assert len(set(shown)) == len(shown) == len(BOUNDARIES)


def test_brief_is_cut_and_has_the_boundary() -> None:
    assert brief(exp(())) == "[exp : R → R]"
    cut = brief(chain(20), limit=30)
    assert cut.endswith("… : R → R]")
    assert len(cut) == len("[ : R → R]") + 30
    assert brief(chain(2), limit=17) == "[(negate ; negate) : R → R]"
    assert brief(chain(2), limit=16) == "[(negate ; negat… : R → R]"
    assert brief(symbol("f" * 60, C, C)) == f"[{'f' * 60} : R → R]"
    assert brief(symbol("f" * 61, C, C)) == f"[{'f' * 59}… : R → R]"


def test_what_is_large_is_named_by_its_kind() -> None:
    """Terms of over 200 nodes are not written out: a text of all would be built first, and cut afterwards."""
    last, over = chain(100), chain(101)
    assert (count(last), count(over)) == (199, 201)
    assert brief(last, 10_000) == f"[{last} : R → R]"
    assert brief(over, 10_000) == "[Compose : R → R]"


# ------------------------------------------------------------------------------------------------ walks


def test_operations_are_met_from_left_to_right_each_once() -> None:
    term = (exp(()) @ negate(())) >> add(()) >> exp(())
    assert [operation.name for operation in operations(term)] == ["exp", "negate", "add"]


def test_count_counts_the_tree() -> None:
    shared = Copy(C) >> multiply(())
    assert count(shared) == 3
    assert count(shared @ shared) == 7


def test_fold_meets_a_shared_subterm_once() -> None:
    term = negate(())
    for _ in range(200):
        term = Pairing(term, term) >> add(())
    met: list[Term] = []
    terms.fold(term, lambda node, _: met.append(node))
    nodes, tree = len(met), count(term)  # apart: where an assertion fails, pytest writes out every name in it
    assert (nodes, tree) == (402, 4 * 2**200 - 3)


def test_generators_carry_operations() -> None:
    term = add((2,))
    assert isinstance(term, Generator)
    assert isinstance(term.operation, Operation)
    assert (term.operation.name, term.operation.dom, term.operation.cod) == ("add", Pair(A, A), A)


# ------------------------------------------------------------------------------------------------ depth


@pytest.fixture(scope="module")
def deep() -> Term:
    return chain(DEEP)


def test_deep_terms_are_counted_printed_and_interpreted(deep: Term) -> None:
    assert count(deep) == 2 * DEEP - 1
    assert brief(deep) == "[Compose : R → R]"
    assert interpret(deep, Terms()) is deep
    assert [operation.name for operation in operations(deep)] == ["negate"]


def test_deep_terms_that_lean_right() -> None:
    term: Term = Identity(SCALAR)
    for _ in range(DEEP):
        term = Compose(negate(()), term)
    assert count(term) == 2 * DEEP + 1
    assert brief(term) == "[Compose : R → R]"


def test_deep_terms_in_messages(deep: Term) -> None:
    with pytest.raises(BoundaryError, match=r"\[Compose : R → R\] does not compose with \[add : \(R ⊗ R\) → R\]"):
        deep >> add(())


def test_deep_terms_are_compared_and_let_go_of() -> None:
    one, two = chain(DEEP), chain(DEEP)
    assert one is two
    assert hash(one) == hash(two)
    del one, two
    gc.collect()


def test_deep_terms_are_functions(deep: Term, plain: Functions) -> None:
    arrow = plain.meaning(deep)
    assert (arrow.dom, arrow.cod) == (SCALAR, SCALAR)
    assert plain.meaning(chain(301))((7,)) == (-7,)
