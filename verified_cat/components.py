"""The components of learning: losses with their gradients, optimisers, and training steps as parametric lenses.

A model, an optimiser, a loss and a learning rate are lenses; composed they end in the unit, so that what is left of
them is a put: one training step (Cruttwell et al. 2021, sections 3 and 4).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from verified_cat import costs, loss, optimiser, primitives, rules
from verified_cat.category import Cartesian, Terms
from verified_cat.lens import Bundle, Lens, LensMap
from verified_cat.objects import SCALAR, Ob, Pair, Space, fold
from verified_cat.optimiser import Optimiser
from verified_cat.para import Para, ParaMap
from verified_cat.primitives import Shape
from verified_cat.terms import Discard, First, Identity, Pairing, Second, Term


class Components:
    """The losses, optimisers and steps of the package, and the gradients of the losses in closed form.

    A gradient is a term (T ⊗ B) ⊗ R → T ⊗ B: of a target, a prediction and a cotangent.
    """

    # -------------------------------------------------------------------------------------------- losses

    def quadratic(self, ob: Ob) -> Term:
        """e(t, x) = ½ Σ (x - t)²."""
        return loss.QUADRATIC.total(ob)

    def quadratic_gradient(self, ob: Ob) -> Term:
        """((t, x), α) ↦ α (t - x, x - t)."""
        point, both = First(Pair(ob, ob), SCALAR), Pair(ob, ob)
        difference = primitives.subtract_on(ob)
        there = Pairing(point >> difference, point >> Pairing(Second(ob, ob), First(ob, ob)) >> difference)
        return scaled(there, Second(both, SCALAR), both)

    def cross_entropy(self, length: int) -> Term:
        """e(t, x) = -Σ t_i log softmax(x)_i."""
        return loss.cross_entropy(length)

    def cross_entropy_gradient(self, length: int) -> Term:
        """((t, x), α) ↦ α (-log softmax(x), (Σ t) softmax(x) - t)."""
        vector = Space((length,))
        both, spread = Pair(vector, vector), primitives.broadcast((length,), (0,))
        point = First(both, SCALAR)
        target, logits = point >> First(vector, vector), point >> Second(vector, vector)
        share = Pairing(target >> primitives.sum_axes((length,)) >> spread, logits >> loss.softmax(length))
        towards = Pairing(share >> primitives.multiply((length,)), target) >> primitives.subtract_on(vector)
        back = logits >> loss.log_softmax(length) >> primitives.negate((length,))
        return scaled(Pairing(back, towards), Second(both, SCALAR), both)

    def dot(self, length: int) -> Term:
        """e(t, x) = Σ t_i x_i."""
        return loss.dot(length)

    def dot_gradient(self, length: int) -> Term:
        """((t, x), α) ↦ α (x, t)."""
        vector = Space((length,))
        both = Pair(vector, vector)
        point = First(both, SCALAR)
        there = Pairing(point >> Second(vector, vector), point >> First(vector, vector))
        return scaled(there, Second(both, SCALAR), both)

    def softplus(self, shape: Shape) -> Term:
        """log(1 + eˣ)."""
        return loss.softplus(shape)

    def sigmoid(self, shape: Shape) -> Term:
        """1 / (1 + e⁻ˣ)."""
        return primitives.sigmoid(shape)

    def log_sum_exp(self, length: int) -> Term:
        """log Σ exp(x_i)."""
        return loss.log_sum_exp(length)

    # -------------------------------------------------------------------------------------------- optimisers

    def gradient_descent(self, rate: Fraction) -> Optimiser:
        return optimiser.gradient_descent(rate)

    def momentum(self, rate: Fraction, decay: Fraction) -> Optimiser:
        return optimiser.momentum(rate, decay)

    def nesterov(self, rate: Fraction, decay: Fraction) -> Optimiser:
        return optimiser.nesterov(rate, decay)

    def sign_descent(self, rate: Fraction) -> Optimiser:
        return optimiser.sign_descent(rate)

    def adagrad(self, rate: Fraction, delta: Fraction) -> Optimiser:
        return optimiser.adagrad(rate, delta)

    def adam(self, rate: Fraction, first: Fraction, second: Fraction, delta: Fraction) -> Optimiser:
        return optimiser.adam(rate, first, second, delta)

    def damped_momentum(self, rate: Fraction, decay: Fraction, dampening: Fraction) -> Optimiser:
        return rules.damped_momentum(rate, decay, dampening)

    def look_ahead_momentum(self, rate: Fraction, decay: Fraction) -> Optimiser:
        return rules.damped_momentum(rate, decay, Fraction(0), look_ahead=True)

    def rmsprop(self, rate: Fraction, decay: Fraction, delta: Fraction) -> Optimiser:
        return rules.rmsprop(rate, decay, delta)

    def centered_rmsprop(self, rate: Fraction, decay: Fraction, delta: Fraction) -> Optimiser:
        return rules.rmsprop(rate, decay, delta, centered=True)

    def adamw(self, rate: Fraction, first: Fraction, second: Fraction, delta: Fraction, weight: Fraction) -> Optimiser:
        return rules.adamw(rate, first, second, delta, weight)

    def decayed_momentum(self, rate: Fraction, decay: Fraction, weight: Fraction) -> Optimiser:
        return rules.decayed(optimiser.momentum(rate, decay), weight)

    # -------------------------------------------------------------------------------------------- steps

    def learning_rate(self, rate: Fraction, ob: Ob) -> LensMap[Term]:
        """α : (L, L') → (1, 1), get = !, put(l, ()) = rate in every entry."""
        return costs.cap(rate, ob)

    def gradient_update(self, ob: Ob) -> LensMap[Term]:
        """(P, P) → (P, P'), get = id, put(p, p') = p + p' (Cruttwell et al. 2021, Definition 3.11)."""
        same = Bundle(ob, ob)
        return Lens(Terms()).of(same, same, Identity(ob), primitives.add_on(ob))

    def training(
        self, para: Para[Any], f: ParaMap[Any], update: LensMap[Any], error: ParaMap[Any], rate: LensMap[Any]
    ) -> Any:
        """((x, a), t) ↦ x' : (X ⊗ A) ⊗ T → X', one step of ``f`` : A → B with parameters P, held as X by ``update``.

        The put of f along the optimiser's lens, then the loss with parameters T, then the learning rate.
        """
        base: Cartesian[Any] = para.base.base  # type: ignore[attr-defined]
        whole = para.sequence(para.reparam(f, update), error, para.embed(rate))
        x, t, a = update.dom, error.param, f.dom
        held, point, target = _inputs(base, x.front, a.front, t.front)
        state, param = base.pair(x.back, t.back), base.pair(base.pair(x.back, t.back), base.unit)
        port = (base.first(param, a.back), base.first(state, base.unit), base.first(x.back, t.back))
        return base.sequence(_fed(base, held, target, point), whole.inside.put, *port)

    def dreaming(
        self, para: Para[Any], f: ParaMap[Any], update: LensMap[Any], error: ParaMap[Any], rate: LensMap[Any]
    ) -> Any:
        """((x, p), t) ↦ x' : (X ⊗ P) ⊗ T → X', one step of the *input* of ``f`` : A → B, held as X by ``update``.

        Deep dreaming (Cruttwell et al. 2021, section 4.2).
        """
        base: Cartesian[Any] = para.base.base  # type: ignore[attr-defined]
        lens: Any = para.base
        inside = lens.compose(lens.tensor(lens.identity(f.param), update), f.inside)
        whole = para.sequence(para.of(f.param, update.dom, f.cod, inside), error, para.embed(rate))
        x, t, p = update.dom, error.param, f.param
        held, point, target = _inputs(base, x.front, p.front, t.front)
        param = base.pair(base.pair(p.back, t.back), base.unit)
        return base.sequence(_fed(base, point, target, held), whole.inside.put, base.second(param, x.back))


# ------------------------------------------------------------------------------------------------ plumbing


def _inputs(base: Cartesian[Any], a: Any, b: Any, c: Any) -> tuple[Any, Any, Any]:
    """The three projections of (A ⊗ B) ⊗ C."""
    both = base.pair(a, b)
    first = base.first(both, c)
    return base.compose(first, base.first(a, b)), base.compose(first, base.second(a, b)), base.second(both, c)


def _fed(base: Cartesian[Any], param: Any, target: Any, point: Any) -> Any:
    """((((param, target), ()), point), ()): the whole input of a put that ends in the unit, from maps on one object."""
    nothing = base.discard(base.dom(param))
    return base.pairing(base.pairing(base.pairing(base.pairing(param, target), nothing), point), nothing)


def scaled(vector: Term, factor: Term, ob: Ob) -> Term:
    """c ↦ factor(c) · vector(c), for vector : C → A and factor : C → R."""
    repeated: Term = fold(ob, unit=Discard(SCALAR), leaf=_repeated, pair=Pairing)
    return Pairing(vector, factor >> repeated) >> primitives.multiply_on(ob)


def _repeated(leaf: Space) -> Term:
    return primitives.broadcast(leaf.shape, tuple(range(len(leaf.shape)))) if leaf.shape else Identity(SCALAR)
