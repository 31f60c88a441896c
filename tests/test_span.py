"""Learners as spans of lenses, on numbers: I(p, a) = p a, and an update that never reaches its target."""

from __future__ import annotations

from typing import Any

import pytest

from verified_cat.errors import BoundaryError
from verified_cat.functions import Functions
from verified_cat.learn import Learn, Learner
from verified_cat.lens import Bundle
from verified_cat.objects import SCALAR, Pair, space
from verified_cat.span import Spans, put_second


def implement(x: Any) -> Any:
    p, a = x
    return (p[0] * a[0],)


def update(x: Any) -> Any:
    (p, a), b = x
    return (p[0] + a[0] * (b[0] - p[0] * a[0]),)


def request(x: Any) -> Any:
    (p, a), b = x
    return (a[0] + p[0] * (b[0] - p[0] * a[0]),)


LINE = Learner(SCALAR, SCALAR, SCALAR, implement, update, request)
P, Q, X, TARGET = (2,), (3,), (5,), (31,)


@pytest.fixture
def spans(plain: Functions) -> Spans:
    return Spans(plain)


def test_the_legs_of_a_learner(spans: Spans) -> None:
    found = spans.of_learner(LINE)
    assert found.apex == Pair(SCALAR, SCALAR)
    assert (found.left.get((P, X)), found.left.put(((P, X), (7,)))) == (X, (P, (7,)))
    assert found.right.get((P, X)) == (10,)
    assert found.right.put(((P, X), (11,))) == ((2 + 5,), (5 + 2,))


def test_the_right_leg_is_not_well_behaved(spans: Spans) -> None:
    """PutGet fails: what was put, 11, is not what is got. On the left it holds."""
    right, left = spans.of_learner(LINE).right, spans.of_learner(LINE).left
    assert right.get(right.put(((P, X), (11,)))) == (49,)
    assert left.get(left.put(((P, X), (11,)))) == (11,)


def test_a_composite_put_lands_in_the_pullback(spans: Spans) -> None:
    """The second half is (q', I(p', a')); with the requested b̂ in its place it would lie outside."""
    one = spans.of_learner(LINE)
    both = spans.compose(one, one)
    start = spans.into_pullback(LINE, LINE)(((P, Q), X))
    assert start == ((P, X), (Q, (10,)))
    (p, a), (q, b) = both.right.put((start, TARGET))
    assert one.right.get((p, a)) == one.left.get((q, b)) == b
    requested = request(((Q, (10,)), TARGET))
    assert (q, requested) == ((13,), (13,))
    assert b == (implement((p, a))[0],) != requested


def test_a_composite_is_that_of_learners(spans: Spans, plain: Functions) -> None:
    learners = Learn(plain).compose(LINE, LINE)
    whole, made = spans.of_learner(learners), spans.compose(spans.of_learner(LINE), spans.of_learner(LINE))
    point = ((P, Q), X)
    into, out = spans.into_pullback(LINE, LINE), spans.out_of_pullback(LINE, LINE)
    assert out(into(point)) == point
    assert into(whole.right.put((point, TARGET))) == made.right.put((into(point), TARGET))
    assert into(whole.left.put((point, (9,)))) == made.left.put((into(point), (9,)))
    assert whole.right.get(point) == made.right.get(into(point)) == (30,)


A, B, C, R, S = space(2), space(3), space(4), space(5), space(6)
WIDE = Learner(R, A, B, lambda x: "b", lambda x: "r", lambda x: "a")
NEXT = Learner(S, B, C, lambda x: "c", lambda x: "s", lambda x: "b")


def has(lens: Any, dom: Any, cod: Any) -> bool:
    """An asymmetric lens from (S, S) to (A, A): get : S → A and put : S ⊗ A → S."""
    return (lens.dom, lens.cod, lens.get.dom, lens.get.cod, lens.put.dom, lens.put.cod) == (
        Bundle(dom, dom),
        Bundle(cod, cod),
        dom,
        cod,
        Pair(dom, cod),
        dom,
    )


def test_boundaries(spans: Spans) -> None:
    one, two = spans.of_learner(WIDE), spans.of_learner(NEXT)
    first, second = Pair(R, A), Pair(S, B)
    assert has(one.left, first, A) and has(one.right, first, B)
    both, pullback = spans.compose(one, two), Pair(first, second)
    assert both.apex == pullback
    assert has(both.left, pullback, A) and has(both.right, pullback, C)
    assert has(spans.onto_first(one.right, two.left), pullback, first)
    assert has(spans.onto_second(one.right, two.left), pullback, second)
    same = spans.identity(A)
    assert has(same.left, A, A) and has(same.right, A, A) and same.apex == A
    into, out = spans.into_pullback(WIDE, NEXT), spans.out_of_pullback(WIDE, NEXT)
    assert (into.dom, into.cod) == (out.cod, out.dom) == (Pair(Pair(R, S), A), pullback)


def test_what_is_put_where(spans: Spans) -> None:
    """Into the first half goes on through f's get; into the second one through f's put and get."""
    f, g = spans.of_learner(LINE).right, spans.of_learner(LINE).left
    at = ((P, X), (Q, (10,)))
    assert spans.onto_first(f, g).put((at, ((4,), (5,)))) == (((4,), (5,)), (Q, (20,)))
    assert spans.onto_first(f, g).get(at) == (P, X) and spans.onto_second(f, g).get(at) == (Q, (10,))
    moved = f.put(((P, X), (11,)))
    assert spans.onto_second(f, g).put((at, (Q, (11,)))) == (moved, (Q, f.get(moved)))


def test_with_a_well_behaved_leg_what_was_put_is_kept() -> None:
    """f = identity lens: then s' = g(t'), and t' itself comes back from a very well-behaved g."""
    put = put_second(lambda s: s, lambda x: x[1], lambda t: t[1], lambda x: (x[0][0], x[1]))
    assert put((("s", ("q", "s")), ("r", "b"))) == ("b", ("r", "b"))


def test_spans_that_do_not_meet(spans: Spans) -> None:
    with pytest.raises(BoundaryError, match="spans of lenses over functions of plain: a span does not compose"):
        spans.compose(spans.of_learner(LINE), spans.identity(space(2)))
