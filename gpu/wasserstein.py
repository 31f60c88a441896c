"""Wasserstein critics with a gradient penalty, as terms (Arjovsky et al. 2017; Gulrajani et al. 2017, Algorithm 1).

The gradient in the penalty is the term R[critic], the reverse derivative of the critic as one more morphism over the
table. D differentiates it like any other, so the second derivatives are exact.
"""

from __future__ import annotations

from fractions import Fraction

from verified_cat import primitives
from verified_cat.errors import BoundaryError
from verified_cat.lens import reverse_derivative
from verified_cat.loss import total
from verified_cat.networks import PARA, Network
from verified_cat.objects import SCALAR, Ob, Pair, Space, leaves
from verified_cat.para import ParaMap
from verified_cat.primitives import Shape
from verified_cat.terms import Copy, Discard, First, Identity, Pairing, Second, Term

SMALL = Fraction(1, 10**8)
"""What stands under the root of the penalty beside |∇|², because √ has no derivative at 0."""


def chained(*networks: Network) -> Network:
    """f₁ ; (f₂ ; (… ; fₙ)).

    R[f ; g] evaluates f to reach R[g], and R[f] evaluates what is in f again. Bracketed to the right f is one layer and
    the work is linear in their number; bracketed to the left f is all layers but one, and the work is quadratic.
    """
    whole = networks[-1]
    for network in reversed(networks[:-1]):
        whole = network >> whole
    return whole


def residual(network: Network) -> Network:
    """(P, (p, x) ↦ x + f(p, x)) : A → A, for (P, f) : A → A. Raises BoundaryError where f ends in another object."""
    f = network.map
    if f.dom != f.cod:
        raise BoundaryError(f"x + f(x) needs f to end where it starts; it goes from {f.dom} to {f.cod}")
    inside = Pairing(Second(f.param, f.dom), f.inside) >> primitives.add_on(f.dom)
    return Network(PARA.of(f.param, f.dom, f.cod, inside), network.names)


def rows(ob: Ob) -> int:
    """The size of a batch in A: the length of the first axis of its spaces. Raises BoundaryError where they differ."""
    lengths = {leaf.shape[0] if isinstance(leaf, Space) and leaf.shape else 0 for leaf in leaves(ob)}
    if len(lengths) != 1 or 0 in lengths:
        raise BoundaryError(f"{ob} holds no batch: its spaces need one common first length, not 0")
    return lengths.pop()


def mean_score(critic: ParaMap[Term]) -> Term:
    """(p, x) ↦ 1/rows Σ c(p, x) : P ⊗ A → R."""
    return critic.inside >> total(critic.cod) >> primitives.scale(Fraction(1, rows(critic.dom)), ())


def input_gradient(critic: ParaMap[Term]) -> Term:
    """(p, x) ↦ ∂/∂x Σ c(p, x) = π₁ R[c]((p, x), 1) : P ⊗ A → A; row by row where c treats the rows apart."""
    point, cod = critic.inside.dom, critic.cod
    if not isinstance(cod, Space):
        raise BoundaryError(f"a critic gives one number for each row, in a single space, not {cod}")
    ones = Discard(point) >> primitives.constant(cod.shape, 1)
    return Pairing(Identity(point), ones) >> reverse_derivative(critic.inside) >> Second(critic.param, critic.dom)


def square_norm(ob: Ob) -> Term:
    """x ↦ |x_b|² for each row b : A → R[rows]."""
    if isinstance(ob, Pair):
        return (square_norm(ob.left) @ square_norm(ob.right)) >> primitives.add((rows(ob),))
    assert isinstance(ob, Space)
    across = tuple(range(1, len(ob.shape)))
    return Copy(ob) >> primitives.multiply(ob.shape) >> primitives.sum_axes(ob.shape, across)


def plus(shape: Shape, number: Fraction | int) -> Term:
    """x ↦ x + number on R^shape."""
    space = Space(shape)
    return Pairing(Identity(space), Discard(space) >> primitives.constant(shape, number)) >> primitives.add(shape)


def gradient_penalty(critic: ParaMap[Term], weight: Fraction) -> Term:
    """(p, x) ↦ λ/rows Σ_b (√(|∇_x c(p, x_b)|² + δ) - 1)² : P ⊗ A → R, with δ = ``SMALL``."""
    count = rows(critic.dom)
    lengths = square_norm(critic.dom) >> plus((count,), SMALL) >> primitives.sqrt((count,)) >> plus((count,), -1)
    squares = Copy(Space((count,))) >> primitives.multiply((count,)) >> primitives.sum_axes((count,))
    return input_gradient(critic) >> lengths >> squares >> primitives.scale(weight / count, ())


def mixed(ob: Ob) -> Term:
    """(u, (x, y)) ↦ u x + (1 - u) y, row by row : R[rows] ⊗ (A ⊗ A) → A, where the penalty is taken."""
    share = Space((rows(ob),))
    if isinstance(ob, Pair):
        u, both = First(share, Pair(ob, ob)), Second(share, Pair(ob, ob))
        halves = [
            Pairing(u, both >> Pairing(First(ob, ob) >> half, Second(ob, ob) >> half)) >> mixed(part)
            for half, part in ((First(ob.left, ob.right), ob.left), (Second(ob.left, ob.right), ob.right))
        ]
        return Pairing(halves[0], halves[1])
    assert isinstance(ob, Space)
    across = tuple(range(1, len(ob.shape)))
    step = (primitives.broadcast(ob.shape, across) @ primitives.subtract_on(ob)) >> primitives.multiply(ob.shape)
    return Pairing(step, Second(share, Pair(ob, ob)) >> Second(ob, ob)) >> primitives.add(ob.shape)


def critic_loss(critic: ParaMap[Term], weight: Fraction) -> Term:
    """(p, (x, (y, z))) ↦ mean c(p, y) - mean c(p, x) + penalty at z, for real x, made y : P ⊗ (A ⊗ (A ⊗ A)) → R."""
    param, ob = critic.param, critic.dom
    data = Pair(ob, Pair(ob, ob))
    p, all_three = First(param, data), Second(param, data)
    others = all_three >> Second(ob, Pair(ob, ob))
    real = Pairing(p, all_three >> First(ob, Pair(ob, ob))) >> mean_score(critic)
    made = Pairing(p, others >> First(ob, ob)) >> mean_score(critic)
    penalty = Pairing(p, others >> Second(ob, ob)) >> gradient_penalty(critic, weight)
    return Pairing(Pairing(made, real) >> primitives.subtract_on(SCALAR), penalty) >> primitives.add(())
