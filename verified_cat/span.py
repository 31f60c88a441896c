"""Learners as spans of lenses: A ← P ⊗ A → B, composed over a pullback (Fong and Johnson 2019, "Lenses and learners").

The legs are asymmetric lenses, from (S, S) to (A, A). In the pullback {(s, t) : get(s) = get(t)} of two legs a put into
one half goes on into the other, so a composite put needs PutGet of that other leg to stay inside the pullback.
"""

from __future__ import annotations

from dataclasses import dataclass

from verified_cat.errors import must_meet
from verified_cat.functions import Arrow, Functions, Run, Value, left_of
from verified_cat.learn import Learner
from verified_cat.lens import Bundle, Lens, LensMap
from verified_cat.objects import Ob, Pair


@dataclass(frozen=True)
class Span:
    """Two asymmetric lenses left : S → A and right : S → B with one source: a span A ← S → B."""

    left: LensMap[Arrow]
    right: LensMap[Arrow]

    @property
    def apex(self) -> Ob:
        """S."""
        return self.left.dom.front  # type: ignore[no-any-return]


# ------------------------------------------------------------------------------------------------ plumbing


def keep_complement(x: Value) -> Value:
    """((p, a), a') ↦ (p, a')."""
    pa, new = x
    p, _ = pa
    return p, new


def learn_and_request(update: Run, request: Run) -> Run:
    """((p, a), b) ↦ (U(p, a, b), r(p, a, b))."""

    def put(x: Value) -> Value:
        return update(x), request(x)

    return put


def put_first(f_get: Run, g_put: Run) -> Run:
    """((s, t), s') ↦ (s', g*(t, f(s')))."""

    def put(x: Value) -> Value:
        st, new = x
        _, t = st
        return new, g_put((t, f_get(new)))

    return put


def put_second(f_get: Run, f_put: Run, g_get: Run, g_put: Run) -> Run:
    """((s, t), t') ↦ (s', g*(t', f(s'))) with s' = f*(s, g(t')).

    The second half is t' itself only where PutGet holds of f, which it does not of a learner: I(p', a') is not b̂.
    """

    def put(x: Value) -> Value:
        st, new = x
        s, _ = st
        moved = f_put((s, g_get(new)))
        return moved, g_put((new, f_get(moved)))

    return put


# ------------------------------------------------------------------------------------------------ spans


class Spans:
    """Spans of asymmetric lenses over the functions of an engine; composition is associative along bijections."""

    def __init__(self, base: Functions) -> None:
        self.base = base
        self.lens = Lens(base)
        self.name = f"spans of lenses over {base.name}"

    def identity(self, a: Ob) -> Span:
        """A ← A → A, both legs the identity."""
        same = self.lens.identity(Bundle(a, a))
        return Span(same, same)

    def compose(self, f: Span, g: Span) -> Span:
        """A ← S ← S ⊗ T → T → C. What is given to it has to lie in the pullback; what it puts lies there.

        The latter by PutGet of the left leg of g. Raises BoundaryError where f does not end where g starts.
        """
        must_meet(self.name, "a span", "the next", f.right.cod, g.left.cod)
        compose = self.lens.compose
        left, right = self.onto_first(f.right, g.left), self.onto_second(f.right, g.left)
        return Span(compose(left, f.left), compose(right, g.right))

    def onto_first(self, f: LensMap[Arrow], g: LensMap[Arrow]) -> LensMap[Arrow]:
        """The lens from the pullback of f : S → B and g : T → B to S."""
        s, t = f.dom.front, g.dom.front
        put = self.base.arrow(Pair(Pair(s, t), s), Pair(s, t), put_first(f.get.run, g.put.run))
        return self._asymmetric(self.base.first(s, t), put)

    def onto_second(self, f: LensMap[Arrow], g: LensMap[Arrow]) -> LensMap[Arrow]:
        """The lens from the pullback of f : S → B and g : T → B to T."""
        s, t = f.dom.front, g.dom.front
        run = put_second(f.get.run, f.put.run, g.get.run, g.put.run)
        return self._asymmetric(self.base.second(s, t), self.base.arrow(Pair(Pair(s, t), t), Pair(s, t), run))

    def of_learner(self, f: Learner) -> Span:
        """A ← P ⊗ A → B: left the lens of the constant complement P, right get = I and put = (U, r)."""
        base, apex = self.base, Pair(f.param, f.dom)
        left = base.arrow(Pair(apex, f.dom), apex, keep_complement)
        right = base.arrow(Pair(apex, f.cod), apex, learn_and_request(f.update, f.request))
        implement = base.arrow(apex, f.cod, f.implement)
        return Span(self._asymmetric(base.second(f.param, f.dom), left), self._asymmetric(implement, right))

    def into_pullback(self, f: Learner, g: Learner) -> Arrow:
        """((p, q), a) ↦ ((p, a), (q, I(p, a))): the bijection of (P ⊗ Q) ⊗ A with the pullback of f and g."""

        def point(x: Value) -> Value:
            pq, a = x
            p, q = pq
            return (p, a), (q, f.implement((p, a)))

        dom = Pair(Pair(f.param, g.param), f.dom)
        return self.base.arrow(dom, Pair(Pair(f.param, f.dom), Pair(g.param, g.dom)), point)

    def out_of_pullback(self, f: Learner, g: Learner) -> Arrow:
        """((p, a), (q, b)) ↦ ((p, q), a): b is forgotten, for in the pullback it is I(p, a)."""

        def parts(x: Value) -> Value:
            pa, qb = x
            p, a = pa
            return (p, left_of(qb)), a

        dom = Pair(Pair(f.param, f.dom), Pair(g.param, g.dom))
        return self.base.arrow(dom, Pair(Pair(f.param, g.param), f.dom), parts)

    def _asymmetric(self, get: Arrow, put: Arrow) -> LensMap[Arrow]:
        return self.lens.of(Bundle(get.dom, get.dom), Bundle(get.cod, get.cod), get, put)
