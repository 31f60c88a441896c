"""Learners as spans of lenses, on numbers: I(p, a) = p a, and an update that never reaches its target."""

from __future__ import annotations

from typing import Any

import pytest

from verified_cat.errors import BoundaryError
from verified_cat.functions import Functions
from verified_cat.learn import Learn, Learner
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


def test_with_a_well_behaved_leg_what_was_put_is_kept() -> None:
    """f = identity lens: then s' = g(t'), and t' itself comes back from a very well-behaved g."""
    put = put_second(lambda s: s, lambda x: x[1], lambda t: t[1], lambda x: (x[0][0], x[1]))
    assert put((("s", ("q", "s")), ("r", "b"))) == ("b", ("r", "b"))


def test_spans_that_do_not_meet(spans: Spans) -> None:
    with pytest.raises(BoundaryError, match="spans of lenses over functions of plain: a span does not compose"):
        spans.compose(spans.of_learner(LINE), spans.identity(space(2)))
