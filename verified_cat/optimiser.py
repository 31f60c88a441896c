"""Update rules as terms: (S ⊗ P) ⊗ P' → S ⊗ P, componentwise on pairs (law OPT-PROD). No hidden state.

With the parameters at which the gradient is asked for, S ⊗ P → P, they are the lenses (S ⊗ P, S ⊗ P) → (P, P') of
Cruttwell et al. 2021, Definition 3.13.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from verified_cat import primitives
from verified_cat.category import Terms
from verified_cat.lens import Bundle, Lens, LensMap
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Space, fold
from verified_cat.primitives import Shape
from verified_cat.shown import Shown
from verified_cat.terms import Copy, Discard, First, Identity, LeftUnitor, Pairing, Second, Term


@dataclass(frozen=True, slots=True)
class Optimiser(Shown):
    """An update rule given on every space R^shape: its state object, the initial state 1 → S and the update.

    ``leaf_update(shape)`` : (S ⊗ P) ⊗ P' → S ⊗ P takes (state, parameter) and a gradient to the next ones.
    ``leaf_ask(shape)`` : S ⊗ P → P is where the gradient is asked for; at the parameter itself by default.
    ``prepare(P)`` : P ⊗ P' → P', (p, g) ↦ g', is what is done to the gradient of all parameters first.
    ``leaf_paced(shape)`` : (S ⊗ P) ⊗ (P' ⊗ R) → S ⊗ P is the update with its rate times a number, where that is not
    what ``scheduled`` makes of it.
    """

    name: str
    leaf_state: Callable[[Shape], Ob]
    leaf_initial: Callable[[Shape], Term]
    leaf_update: Callable[[Shape], Term]
    leaf_ask: Callable[[Shape], Term] | None = None
    prepare: Callable[[Ob], Term] | None = None
    leaf_paced: Callable[[Shape], Term] | None = None

    def state(self, param: Ob) -> Ob:
        """S(P): the state that goes with parameters P."""
        return fold(param, unit=UNIT, leaf=lambda leaf: self.leaf_state(leaf.shape), pair=Pair)  # type: ignore[no-any-return]

    def initial(self, param: Ob) -> Term:
        """1 → S(P): the state before the first step."""
        return fold(param, unit=Identity(UNIT), leaf=lambda leaf: self.leaf_initial(leaf.shape), pair=Pairing)  # type: ignore[no-any-return]

    def update(self, param: Ob) -> Term:
        """(S(P) ⊗ P) ⊗ P' → S(P) ⊗ P: one step, given the gradient."""
        if self.prepare is None:
            return self.apart(param)
        state = self.state(param)
        now, gradient = First(Pair(state, param), param), Second(Pair(state, param), param)
        prepared = Pairing(now >> Second(state, param), gradient) >> self.prepare(param)
        return Pairing(now, prepared) >> self.apart(param)

    def apart(self, param: Ob) -> Term:
        """(S(P) ⊗ P) ⊗ P' → S(P) ⊗ P: one step, given the gradient as ``prepare`` leaves it; leaf by leaf."""
        if isinstance(param, Pair):
            return self._beside(param.left, param.right)
        if isinstance(param, Space):
            return self.leaf_update(param.shape)
        return First(Pair(UNIT, UNIT), UNIT)

    def ask(self, param: Ob) -> Term:
        """S(P) ⊗ P → P: the parameters at which the gradient is asked for."""
        state = self.state(param)
        if self.leaf_ask is None or not isinstance(param, Pair | Space):
            return Second(state, param)
        if isinstance(param, Space):
            return self.leaf_ask(param.shape)
        assert isinstance(state, Pair)
        one = (First(state.left, state.right) @ First(param.left, param.right)) >> self.ask(param.left)
        two = (Second(state.left, state.right) @ Second(param.left, param.right)) >> self.ask(param.right)
        return Pairing(one, two)

    def lens(self, param: Ob) -> LensMap[Term]:
        """(ask, update) : (S ⊗ P, S ⊗ P) → (P, P'), a lens of terms."""
        held = Pair(self.state(param), param)
        return Lens(Terms()).of(Bundle(held, held), Bundle(param, param), self.ask(param), self.update(param))

    def _beside(self, left: Ob, right: Ob) -> Term:
        """U_{P ⊗ Q} = (U_P ⊗ U_Q) between middle-four swaps."""
        states, params = Pair(self.state(left), self.state(right)), Pair(left, right)
        now, gradient = First(Pair(states, params), params), Second(Pair(states, params), params)
        state, param = now >> First(states, params), now >> Second(states, params)

        def part(side: type[First] | type[Second], ob: Ob) -> Term:
            before = Pairing(state >> side(states.left, states.right), param >> side(left, right))
            return Pairing(before, gradient >> side(left, right)) >> self.apart(ob)

        both = Pairing(part(First, left), part(Second, right))
        one, two = Pair(states.left, left), Pair(states.right, right)
        first, second = First(one, two), Second(one, two)
        regroup = Pairing(
            Pairing(first >> First(states.left, left), second >> First(states.right, right)),
            Pairing(first >> Second(states.left, left), second >> Second(states.right, right)),
        )
        return both >> regroup


def asked(rule: Optimiser, shape: Shape) -> Term:
    """((s, p), k) ↦ where the gradient is asked for with the rate times k: p + k ask(s, 0), or p.

    For how far from p that is is proportional to the rate, too (Nesterov: -ε γ s).
    """
    param = Space(shape)
    held = Pair(rule.state(param), param)
    now = First(held, SCALAR)
    p = now >> Second(held.left, param)
    if rule.leaf_ask is None:
        return p
    zero = Discard(Pair(held, SCALAR)) >> primitives.constant(shape, 0)
    away = Pairing(now >> First(held.left, param), zero) >> rule.leaf_ask(shape)
    spread = Second(held, SCALAR) >> primitives.broadcast(shape, tuple(range(len(shape))))
    return Pairing(p, Pairing(away, spread) >> primitives.multiply(shape)) >> primitives.add(shape)


def scheduled(rule: Optimiser, shape: Shape) -> Term:
    """((s, p), (g, k)) ↦ (s', p'), the update with its rate times k, the gradient as ``prepare`` leaves it.

    Unless the rule says otherwise (``leaf_paced``) that is p + k d with (s', d) = U((s, 0), g), for its step is
    proportional to the rate and looks at p only to add to it. Where the gradient is asked for then is ``asked``.
    """
    if rule.leaf_paced is not None:
        return rule.leaf_paced(shape)
    param, state, rate = Space(shape), rule.state(Space(shape)), Space(())
    before, after = Pair(state, param), Pair(param, rate)
    now, given = First(before, after), Second(before, after)
    zero = Discard(Pair(before, after)) >> primitives.constant(shape, 0)
    moved = Pairing(Pairing(now >> First(state, param), zero), given >> First(param, rate)) >> rule.apart(param)
    spread = given >> Second(param, rate) >> primitives.broadcast(shape, tuple(range(len(shape))))
    both = Pair(param, param)
    carry = Pairing(moved, Pairing(now >> Second(state, param), spread))
    done, old = First(before, both), Second(before, both)
    step = Pairing(old >> Second(param, param), done >> Second(state, param)) >> primitives.multiply(shape)
    return carry >> Pairing(
        done >> First(state, param), Pairing(old >> First(param, param), step) >> primitives.add(shape)
    )


def gradient_descent(rate: Fraction) -> Optimiser:
    """p ↦ p - ε g; no state."""

    def update(shape: Shape) -> Term:
        param = Space(shape)
        step = (LeftUnitor(param) @ primitives.scale(-rate, shape)) >> primitives.add(shape)
        return Pairing(Discard(Pair(Pair(UNIT, param), param)), step)

    return Optimiser("gradient descent", lambda _: UNIT, lambda _: Identity(UNIT), update)


def momentum(rate: Fraction, decay: Fraction) -> Optimiser:
    """s ↦ γ s + g, p ↦ p - ε s (Cruttwell et al. 2021, Example 3.15 with the sign of γ corrected: +γ)."""

    def update(shape: Shape) -> Term:
        param = Space(shape)
        both = Pair(param, param)
        now, gradient = First(both, param), Second(both, param)
        state = Pairing(now >> First(param, param) >> primitives.scale(decay, shape), gradient) >> primitives.add(shape)
        step = (primitives.scale(-rate, shape) @ Identity(param)) >> primitives.add(shape)
        return Pairing(state, now >> Second(param, param)) >> Pairing(First(param, param), step)

    return Optimiser("momentum", Space, lambda shape: primitives.constant(shape, 0), update)


def nesterov(rate: Fraction, decay: Fraction) -> Optimiser:
    """Momentum, the gradient asked for at p - ε γ s (Cruttwell et al. 2021, Example 3.16, with +γ in the update)."""

    def ask(shape: Shape) -> Term:
        return (primitives.scale(-rate * decay, shape) @ Identity(Space(shape))) >> primitives.add(shape)

    plain = momentum(rate, decay)
    return Optimiser("nesterov", plain.leaf_state, plain.leaf_initial, plain.leaf_update, ask)


def sign_descent(rate: Fraction) -> Optimiser:
    """p ↦ p - ε sign(g), with sign(0) = 0; no state (signSGD: Bernstein et al. 2018, Algorithm 1)."""

    def update(shape: Shape) -> Term:
        param = Space(shape)
        above, below = primitives.step(shape), primitives.negate(shape) >> primitives.step(shape)
        sign = Pairing(above, below >> primitives.negate(shape)) >> primitives.add(shape)
        step = (LeftUnitor(param) @ (sign >> primitives.scale(-rate, shape))) >> primitives.add(shape)
        return Pairing(Discard(Pair(Pair(UNIT, param), param)), step)

    return Optimiser("sign descent", lambda _: UNIT, lambda _: Identity(UNIT), update)


def adagrad(rate: Fraction, delta: Fraction = Fraction(1, 10**10)) -> Optimiser:
    """v ↦ v + g², p ↦ p - ε g / (δ + √v) (Duchi, Hazan and Singer 2011; Cruttwell et al. 2021, Example 3.17)."""

    def update(shape: Shape) -> Term:
        param = Space(shape)
        whole, square = Pair(Pair(param, param), param), Copy(param) >> primitives.multiply(shape)
        gradient, old = Second(Pair(param, param), param), First(Pair(param, param), param)
        state = Pairing(old >> First(param, param), gradient >> square) >> primitives.add(shape)
        small = Discard(whole) >> primitives.constant(shape, delta)
        length = Pairing(state >> primitives.sqrt(shape), small) >> primitives.add(shape)
        direction = Pairing(gradient, length >> primitives.reciprocal(shape)) >> primitives.multiply(shape)
        step = Pairing(direction >> primitives.scale(-rate, shape), old >> Second(param, param))
        return Pairing(state, step >> primitives.add(shape))

    return Optimiser("adagrad", Space, lambda shape: primitives.constant(shape, 0), update)


def adam(
    rate: Fraction,
    first_decay: Fraction = Fraction(9, 10),
    second_decay: Fraction = Fraction(999, 1000),
    delta: Fraction = Fraction(1, 10**8),
) -> Optimiser:
    """m ↦ β₁ m + (1-β₁) g, v ↦ β₂ v + (1-β₂) g², p ↦ p - ε m̂ / (√v̂ + δ) (Kingma and Ba 2015, Algorithm 1).

    The state of R^shape is ((m, v), (β₁ᵗ, β₂ᵗ)); the corrected m̂ = m / (1 - β₁ᵗ), v̂ = v / (1 - β₂ᵗ) are not stored.
    """

    def state(shape: Shape) -> Ob:
        return Pair(Pair(Space(shape), Space(shape)), Pair(SCALAR, SCALAR))

    def initial(shape: Shape) -> Term:
        zero, one = primitives.constant(shape, 0), primitives.constant((), 1)
        return Pairing(Pairing(zero, zero), Pairing(one, one))

    def average(decay: Fraction, shape: Shape) -> Term:
        return (primitives.scale(decay, shape) @ primitives.scale(1 - decay, shape)) >> primitives.add(shape)

    def corrected(moment: Term, power: Term, shape: Shape) -> Term:
        one = Discard(power.dom) >> primitives.constant((), 1)
        share = Pairing(one, power >> primitives.negate(())) >> primitives.add(()) >> primitives.reciprocal(())
        return Pairing(moment, share >> primitives.broadcast(shape, tuple(range(len(shape))))) >> primitives.multiply(
            shape
        )

    def update(shape: Shape) -> Term:
        param, moments, powers = Space(shape), Pair(Space(shape), Space(shape)), Pair(SCALAR, SCALAR)
        whole = Pair(Pair(moments, powers), param)
        now, gradient = First(whole, param), Second(whole, param)
        old = now >> First(Pair(moments, powers), param)
        square = Pairing(gradient, gradient) >> primitives.multiply(shape)
        m, v = (
            old >> First(moments, powers) >> First(param, param),
            old >> First(moments, powers) >> Second(param, param),
        )
        new_moments = Pairing(
            Pairing(m, gradient) >> average(first_decay, shape), Pairing(v, square) >> average(second_decay, shape)
        )
        new_powers = (
            old >> Second(moments, powers) >> (primitives.scale(first_decay, ()) @ primitives.scale(second_decay, ()))
        )
        carry = Pairing(Pairing(new_moments, new_powers), now >> Second(Pair(moments, powers), param))
        return carry >> Pairing(First(Pair(moments, powers), param), move(shape))

    def move(shape: Shape) -> Term:
        param, moments, powers = Space(shape), Pair(Space(shape), Space(shape)), Pair(SCALAR, SCALAR)
        state_now = First(Pair(moments, powers), param)
        power = state_now >> Second(moments, powers)
        m = corrected(state_now >> First(moments, powers) >> First(param, param), power >> First(SCALAR, SCALAR), shape)
        v = corrected(
            state_now >> First(moments, powers) >> Second(param, param), power >> Second(SCALAR, SCALAR), shape
        )
        small = Discard(v.dom) >> primitives.constant(shape, delta)
        denominator = (
            Pairing(v >> primitives.sqrt(shape), small) >> primitives.add(shape) >> primitives.reciprocal(shape)
        )
        direction = Pairing(m, denominator) >> primitives.multiply(shape) >> primitives.scale(-rate, shape)
        return Pairing(Second(Pair(moments, powers), param), direction) >> primitives.add(shape)

    return Optimiser("adam", state, initial, update)
