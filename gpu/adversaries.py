"""Adversaries: how the law of what an arrow makes is compared with the law of the data, by name, as terms.

Each is a pair of costs over one object X: what a critic minimises when it is shown real and made points, and what the
arrows minimise. Some need no critic: then there is one cost, of the two batches alone.

    wgan-gp         Gulrajani et al. 2017, Algorithm 1         hinge           Lim and Ye 2017, equation 6 and 7
    lsgan           Mao et al. 2017, equation 9                energy          Székely and Rizzo 2013, equation 5.1
    non-saturating  Goodfellow et al. 2014; R1: Mescheder      mmd             Gretton et al. 2012, equation 3
                    et al. 2018, equation 9
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from verified_cat import primitives
from verified_cat.errors import SchemaError
from verified_cat.gpu.shaping import joined
from verified_cat.gpu.wasserstein import SMALL, critic_loss, input_gradient, mean_score, plus, rows, square_norm
from verified_cat.loss import softplus, total
from verified_cat.objects import UNIT, Ob, Pair, Space
from verified_cat.para import ParaMap
from verified_cat.primitives import Shape
from verified_cat.terms import Copy, First, Identity, Pairing, Second, Term


@dataclass(frozen=True)
class Adversary:
    """Over X: ``judge`` : P ⊗ (X ⊗ (X ⊗ X)) → R, (c, (real, (made, between))), is what the critic minimises, and
    ``deceive`` : P ⊗ (X ⊗ X) → R, (c, (real, made)), what the arrows do. Without a critic P = 1, and nobody judges."""

    name: str
    dom: Ob
    param: Ob
    deceive: Term
    judge: Term | None = None


def wgan_gp(critic: ParaMap[Term], penalty: Fraction = Fraction(10)) -> Adversary:
    """mean c(y) - mean c(x) + λ mean (|∇c(z)| - 1)², against - mean c(y)."""
    deceive = _of_made(critic) >> mean_score(critic) >> primitives.negate(())
    return Adversary("wgan-gp", critic.dom, critic.param, deceive, critic_loss(critic, penalty))


def lsgan(critic: ParaMap[Term]) -> Adversary:
    """½ mean (c(x) - 1)² + ½ mean c(y)², against ½ mean (c(y) - 1)²."""

    def squares(target: int) -> Callable[[Shape], Term]:
        return lambda shape: plus(shape, -target) >> Copy(Space(shape)) >> primitives.multiply(shape)

    judge, deceive = _judged(critic, squares(1), squares(0)), _scored(critic, squares(1))
    half = primitives.scale(Fraction(1, 2), ())
    return Adversary("lsgan", critic.dom, critic.param, deceive >> half, judge >> half)


def non_saturating(critic: ParaMap[Term], penalty: Fraction = Fraction(1)) -> Adversary:
    """mean log(1 + e^-c(x)) + mean log(1 + e^c(y)) + γ/2 mean |∇c(x)|², against mean log(1 + e^-c(y))."""

    def negative(shape: Shape) -> Term:
        return primitives.negate(shape) >> softplus(shape)

    whole = Pair(critic.param, _shown(critic.dom))
    point = Pairing(First(critic.param, whole.right), Second(critic.param, whole.right) >> _real(critic.dom))
    count = rows(critic.dom)
    squares = square_norm(critic.dom) >> primitives.sum_axes((count,)) >> primitives.scale(penalty / (2 * count), ())
    judge = _judged(critic, negative, softplus)
    if penalty:
        judge = Pairing(judge, point >> input_gradient(critic) >> squares) >> primitives.add(())
    return Adversary("non-saturating", critic.dom, critic.param, _scored(critic, negative), judge)


def hinge(critic: ParaMap[Term]) -> Adversary:
    """mean max(0, 1 - c(x)) + mean max(0, 1 + c(y)), against - mean c(y)."""

    def real(shape: Shape) -> Term:
        return primitives.negate(shape) >> plus(shape, 1) >> primitives.relu(shape)

    def made(shape: Shape) -> Term:
        return plus(shape, 1) >> primitives.relu(shape)

    return Adversary("hinge", critic.dom, critic.param, _scored(critic, primitives.negate), _judged(critic, real, made))


def energy(dom: Ob) -> Adversary:
    """2 E|x - y| - E|x - x'| - E|y - y'|, over pairs of different points of a batch, |v| = √(Σ v² + δ).

    The n pairs of a point with itself add the constant √δ / (n - 1) to each mean, and nothing to the gradient.
    """
    count = _several("energy", dom)

    def length(left: int, right: int) -> Term:
        return plus((left, right), SMALL) >> primitives.sqrt((left, right)) >> primitives.sum_axes((left, right))

    return Adversary("energy", dom, UNIT, _kernel(dom, length, Fraction(-1), Fraction(1, count * (count - 1))))


def _several(name: str, dom: Ob) -> int:
    """The rows of a batch. Raises SchemaError where there is but one: it has no pair of different points."""
    if (count := rows(dom)) < 2:
        raise SchemaError(f"the adversary {name!r} needs pairs of points, and a batch of {dom} has one point")
    return count


def mmd(dom: Ob, widths: tuple[Fraction, ...]) -> Adversary:
    """E k(x, x') + E k(y, y') - 2 E k(x, y), with k(x, y) = Σ exp(- |x - y|² / 2 s²) over the widths s.

    Over pairs of different points of a batch, up to a constant: the n pairs of a point with itself add 1 for each s.
    """
    count = _several("mmd", dom)

    def similarity(left: int, right: int) -> Term:
        shape, whole = (left, right), None
        for width in widths:
            part = primitives.scale(-1 / (2 * width**2), shape) >> primitives.exp(shape)
            whole = part if whole is None else Pairing(whole, part) >> primitives.add(shape)
        assert whole is not None
        return whole >> primitives.sum_axes(shape)

    return Adversary("mmd", dom, UNIT, _kernel(dom, similarity, Fraction(1), Fraction(1, count * (count - 1))))


def beside(left: Adversary, right: Adversary) -> Adversary:
    """Over X ⊗ Y, factor by factor: the costs of both, each with a critic of its own. It sees no dependence of X and Y
    (Gavranović 2020, Appendix A)."""
    dom, param = Pair(left.dom, right.dom), Pair(left.param, right.param)

    def half(one: Adversary, side: type[First] | type[Second], cost: Term | None, shown: Ob) -> Term | None:
        if cost is None:
            return None
        own = First(param, shown) >> side(left.param, right.param)
        return Pairing(own, Second(param, shown) >> _halved(shown, dom, side)) >> cost

    def both(first: Term | None, second: Term | None) -> Term | None:
        if first is None or second is None:
            return first or second
        return Pairing(first, second) >> primitives.add(())

    pair, triple = Pair(dom, dom), Pair(dom, Pair(dom, dom))
    deceive = both(half(left, First, left.deceive, pair), half(right, Second, right.deceive, pair))
    judge = both(half(left, First, left.judge, triple), half(right, Second, right.judge, triple))
    assert deceive is not None
    return Adversary(f"{left.name} beside {right.name}", dom, param, deceive, judge)


def _halved(shown: Ob, dom: Pair, side: type[First] | type[Second]) -> Term:
    """(X ⊗ Y)ⁿ → Xⁿ, or Yⁿ."""
    if shown == dom:
        return side(dom.left, dom.right)
    assert isinstance(shown, Pair)
    return _halved(shown.left, dom, side) @ _halved(shown.right, dom, side)


# ------------------------------------------------------------------------------------------------ with a critic


def _shown(ob: Ob) -> Pair:
    return Pair(ob, Pair(ob, ob))


def _real(ob: Ob) -> Term:
    return First(ob, Pair(ob, ob))


def _of_made(critic: ParaMap[Term]) -> Term:
    """(c, (x, y)) ↦ (c, y)."""
    return Identity(critic.param) @ Second(critic.dom, critic.dom)


def _scored(critic: ParaMap[Term], cost: Callable[[Shape], Term]) -> Term:
    """(c, (x, y)) ↦ mean cost(c(y))."""
    return _of_made(critic) >> _mean(critic, cost)


def _judged(critic: ParaMap[Term], real: Callable[[Shape], Term], made: Callable[[Shape], Term]) -> Term:
    """(c, (x, (y, z))) ↦ mean real(c(x)) + mean made(c(y))."""
    ob = critic.dom
    one = (Identity(critic.param) @ _real(ob)) >> _mean(critic, real)
    two = (Identity(critic.param) @ (Second(ob, Pair(ob, ob)) >> First(ob, ob))) >> _mean(critic, made)
    return Pairing(one, two) >> primitives.add(())


def _mean(critic: ParaMap[Term], cost: Callable[[Shape], Term]) -> Term:
    """(c, x) ↦ mean cost(c(x))."""
    cod = critic.cod
    assert isinstance(cod, Space)
    return critic.inside >> cost(cod.shape) >> total(cod) >> primitives.scale(Fraction(1, rows(critic.dom)), ())


# ------------------------------------------------------------------------------------------------ without


def _kernel(dom: Ob, of_squares: Callable[[int, int], Term], sign: Fraction, share: Fraction) -> Term:
    """(1, (x, y)) ↦ ± (s (Σ k(x, x') + Σ k(y, y')) - 2/n² Σ k(x, y)), for Σ k given on squared distances."""
    count, flat = rows(dom), joined(dom)
    table = flat.cod
    both = Second(UNIT, Pair(dom, dom)) >> (flat @ flat)
    cross = both >> _squared_distances(table) >> of_squares(count, count)
    own: list[Term] = []
    for side in (First(table, table), Second(table, table)):
        own.append(both >> side >> Copy(table) >> _squared_distances(table) >> of_squares(count, count))
    inner = Pairing(*own) >> primitives.add(()) >> primitives.scale(sign * share, ())
    outer = cross >> primitives.scale(-2 * sign * Fraction(1, count**2), ())
    return Pairing(inner, outer) >> primitives.add(())


def _squared_distances(table: Ob) -> Term:
    """(x, y) ↦ (Σ_k (x_ik - y_jk)²)_ij : R[n,d] ⊗ R[n,d] → R[n,n]."""
    assert isinstance(table, Space)
    count, width = table.shape
    whole = (count, count, width)
    spread = primitives.broadcast(whole, (1,)) @ primitives.broadcast(whole, (0,))
    apart = spread >> primitives.subtract_on(Space(whole))
    return apart >> Copy(Space(whole)) >> primitives.multiply(whole) >> primitives.sum_axes(whole, (2,))
