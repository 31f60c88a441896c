"""Learn: learners (P, I, U, r), and the functor L_{ε,e} from differentiable parametrised maps to them.

A learner A → B holds parameters P, an implementation I : P ⊗ A → B, an update U : (P ⊗ A) ⊗ B → P and a request
r : (P ⊗ A) ⊗ B → A (Fong, Spivak and Tuyéras 2019, Definition II.1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from verified_cat.category import Symmetric
from verified_cat.errors import must_meet
from verified_cat.functions import (
    Arrow,
    Functions,
    Run,
    Value,
    exchange,
    left_of,
    rebracket_left,
    rebracket_right,
    right_of,
    with_unit_left,
    with_unit_right,
)
from verified_cat.gad import Differentiable
from verified_cat.objects import UNIT, Ob, Pair
from verified_cat.para import ParaMap
from verified_cat.shown import Shown


@dataclass(frozen=True, slots=True)
class Learner(Shown):
    """(P, I, U, r) : dom → cod, three functions on values."""

    param: Ob
    dom: Ob
    cod: Ob
    implement: Run
    update: Run
    request: Run


# ------------------------------------------------------------------------------------------------ plumbing


def implement_after(i: Run, j: Run) -> Run:
    """((p, q), a) ↦ J(q, I(p, a))."""

    def implement(x: Value) -> Value:
        pq, a = x
        p, q = pq
        return j((q, i((p, a))))

    return implement


def update_after(i: Run, u: Run, v: Run, s: Run) -> Run:
    """(((p, q), a), c) ↦ (U(p, a, s(q, b, c)), V(q, b, c)) with b = I(p, a); all with the old parameters."""

    def update(x: Value) -> Value:
        pqa, c = x
        pq, a = pqa
        p, q = pq
        b = i((p, a))
        return u(((p, a), s(((q, b), c)))), v(((q, b), c))

    return update


def request_after(i: Run, r: Run, s: Run) -> Run:
    """(((p, q), a), c) ↦ r(p, a, s(q, I(p, a), c))."""

    def request(x: Value) -> Value:
        pqa, c = x
        pq, a = pqa
        p, q = pq
        return r(((p, a), s(((q, i((p, a))), c))))

    return request


def implement_beside(i: Run, j: Run) -> Run:
    """((p, q), (a, c)) ↦ (I(p, a), J(q, c))."""

    def implement(x: Value) -> Value:
        pq, ac = x
        p, q = pq
        a, c = ac
        return i((p, a)), j((q, c))

    return implement


def answer_beside(u: Run, v: Run) -> Run:
    """(((p, q), (a, c)), (b, d)) ↦ (U(p, a, b), V(q, c, d)): updates and requests alike."""

    def answer(x: Value) -> Value:
        pqac, bd = x
        pq, ac = pqac
        p, q = pq
        a, c = ac
        b, d = bd
        return u(((p, a), b)), v(((q, c), d))

    return answer


def keep(x: Value) -> Value:
    """((p, a), b) ↦ p: nothing to learn."""
    pa, _ = x
    p, _ = pa
    return p


def ask_back(inverse: Run) -> Run:
    """((p, a), b) ↦ inverse(b): the request of an isomorphism."""

    def request(x: Value) -> Value:
        _, b = x
        return inverse(b)

    return request


def on_point(f: Run) -> Run:
    """((), a) ↦ f(a): the implementation of a map without parameters."""

    def implement(x: Value) -> Value:
        _, a = x
        return f(a)

    return implement


# ------------------------------------------------------------------------------------------------ the category


class Learn(Symmetric[Learner]):
    """Learners over functions of an engine; a symmetric monoidal category up to reparametrisation by bijections."""

    def __init__(self, base: Functions) -> None:
        self.base = base
        self.name = f"learners over {base.name}"

    def of(self, param: Ob, dom: Ob, cod: Ob, implement: Run, update: Run, request: Run) -> Learner:
        """The learner with these parts."""
        return Learner(param, dom, cod, implement, update, request)

    def dom(self, f: Learner) -> Ob:
        return f.dom

    def cod(self, f: Learner) -> Ob:
        return f.cod

    def iso(self, dom: Ob, cod: Ob, there: Run, back: Run) -> Learner:
        """An isomorphism of data as a learner without parameters: it requests the inverse image of what is asked."""
        return self.of(UNIT, dom, cod, on_point(there), keep, ask_back(back))

    def identity(self, a: Ob) -> Learner:
        return self.of(UNIT, a, a, right_of, keep, right_of)

    def compose(self, f: Learner, g: Learner) -> Learner:
        must_meet(self.name, "a learner", "the next", f.cod, g.dom)
        return self.of(
            Pair(f.param, g.param),
            f.dom,
            g.cod,
            implement_after(f.implement, g.implement),
            update_after(f.implement, f.update, g.update, g.request),
            request_after(f.implement, f.request, g.request),
        )

    def tensor(self, f: Learner, g: Learner) -> Learner:
        return self.of(
            Pair(f.param, g.param),
            Pair(f.dom, g.dom),
            Pair(f.cod, g.cod),
            implement_beside(f.implement, g.implement),
            answer_beside(f.update, g.update),
            answer_beside(f.request, g.request),
        )

    def associator(self, a: Ob, b: Ob, c: Ob) -> Learner:
        return self.iso(Pair(Pair(a, b), c), Pair(a, Pair(b, c)), rebracket_right, rebracket_left)

    def associator_inverse(self, a: Ob, b: Ob, c: Ob) -> Learner:
        return self.iso(Pair(a, Pair(b, c)), Pair(Pair(a, b), c), rebracket_left, rebracket_right)

    def left_unitor(self, a: Ob) -> Learner:
        return self.iso(Pair(UNIT, a), a, right_of, with_unit_left)

    def left_unitor_inverse(self, a: Ob) -> Learner:
        return self.iso(a, Pair(UNIT, a), with_unit_left, right_of)

    def right_unitor(self, a: Ob) -> Learner:
        return self.iso(Pair(a, UNIT), a, left_of, with_unit_right)

    def right_unitor_inverse(self, a: Ob) -> Learner:
        return self.iso(a, Pair(a, UNIT), with_unit_right, left_of)

    def swap(self, a: Ob, b: Ob) -> Learner:
        return self.iso(Pair(a, b), Pair(b, a), exchange, exchange)

    def transport(self, f: Learner, along: Arrow, back: Arrow) -> Learner:
        """The learner f with its parameters replaced along a bijection P' → P with inverse ``back`` : P → P'."""
        must_meet(self.name, "a bijection", "the parameters", along.cod, f.param)

        def implement(x: Value) -> Value:
            p, a = x
            return f.implement((along.run(p), a))

        def update(x: Value) -> Value:
            pa, b = x
            p, a = pa
            return back.run(f.update(((along.run(p), a), b)))

        def request(x: Value) -> Value:
            pa, b = x
            p, a = pa
            return f.request(((along.run(p), a), b))

        return self.of(along.dom, f.dom, f.cod, implement, update, request)


# ------------------------------------------------------------------------------------------------ the functor L


class Error(Protocol):
    """An error e, given by what L needs of it: x, y ↦ ∂e/∂x(x, y), and the inverse of y ↦ ∂e/∂x(x, y)."""

    def derivative(self, ob: Ob) -> Run:
        """(x, y) ↦ ∂e/∂x(x, y) : A ⊗ A → A, entry by entry."""
        ...

    def inverse(self, ob: Ob) -> Run:
        """(x, v) ↦ the y with ∂e/∂x(x, y) = v : A ⊗ A → A, entry by entry."""
        ...


def updating(f: Run, derivative: Run, step: Run) -> Run:
    """((p, a), b) ↦ step(p, ∂E/∂p): one step against the parameter part of the pulled-back error."""

    def update(x: Value) -> Value:
        pa, b = x
        p, _ = pa
        y, back = f(pa)
        dp, _ = back.run(derivative((y, b)))
        return step((p, dp))

    return update


def requesting(f: Run, derivative: Run, inverse: Run) -> Run:
    """((p, a), b) ↦ the a' with ∂e/∂x(a, a') = ∂E/∂a."""

    def request(x: Value) -> Value:
        pa, b = x
        _, a = pa
        y, back = f(pa)
        _, da = back.run(derivative((y, b)))
        return inverse((a, da))

    return request


def valued(f: Run) -> Run:
    """x ↦ fst(f(x))."""

    def value(x: Value) -> Value:
        y, _ = f(x)
        return y

    return value


class GradientLearning:
    """L_{ε,e} : Para(D) → Learn (Fong, Spivak and Tuyéras 2019, Theorem III.2, without the factor α).

    ``step(P)`` is (p, dp) ↦ the updated p, a family over objects that is componentwise on pairs; gradient descent is
    p - ε dp. ``error`` must have an invertible derivative (law L-EINV) for L to be a functor.
    """

    def __init__(self, learn: Learn, error: Error, step: Callable[[Ob], Run]) -> None:
        self.learn = learn
        self.error = error
        self.step = step

    def __call__(self, f: ParaMap[Differentiable]) -> Learner:
        """The learner (P, I, U, r) of a parametrised map in reverse-mode D."""
        run = f.inside.run
        derivative, inverse = self.error.derivative(f.cod), self.error.inverse(f.dom)
        return self.learn.of(
            f.param,
            f.dom,
            f.cod,
            valued(run),
            updating(run, derivative, self.step(f.param)),
            requesting(run, derivative, inverse),
        )
