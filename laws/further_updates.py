"""One step of the further update rules in closed form, for OPT-DEF, and what the literature or a program gets wrong."""

from dataclasses import replace
from fractions import Fraction

from verified_cat.components import Components
from verified_cat.equation import Equation
from verified_cat.laws.optimisers import DECAY, DELTA, RATE, SECOND, combined
from verified_cat.objects import SCALAR, UNIT, Pair, Space
from verified_cat.optimiser import adam
from verified_cat.primitives import add, broadcast, constant, multiply, reciprocal, relu, scale, sqrt
from verified_cat.rules import decayed, rmsprop
from verified_cat.terms import Copy, Discard, First, Identity, Pairing, Second
from verified_cat.worlds import Mutant

DAMPENING, WEIGHT = Fraction(1, 4), Fraction(1, 2)
RULES = ("damped_momentum", "look_ahead_momentum", "rmsprop", "centered_rmsprop", "adamw", "decayed_momentum")

# ------------------------------------------------------------------------------------------------ wrong rules


def first_step_dampened_too(components, rate, decay, dampening):
    """s' = γ s + (1 - τ) g from the first step on, as the recurrence says; torch.optim.SGD starts from s₁ = g₁."""
    right = Components.damped_momentum(components, rate, decay, dampening)

    def update(shape):
        param = Space(shape)
        unmarked = Identity(param) @ (Discard(SCALAR) >> constant((), 0))
        return ((unmarked @ Identity(param)) @ Identity(param)) >> right.leaf_update(shape)

    return replace(right, leaf_update=update)


def decay_through_the_moments(components, rate, first, second, delta, weight):
    """λ p is added to the gradient: Adam with L2, which AdamW is to mend."""
    return decayed(adam(rate, first, second, delta), weight)


def decay_without_the_rate(components, rate, first, second, delta, weight):
    """p ↦ (1 - λ) p: the decay of Loshchilov and Hutter's text, which torch multiplies by the rate."""
    return Components.adamw(components, rate, first, second, delta, weight / rate)


def not_centered(components, rate, decay, delta):
    """√v for √(v - m²)."""
    return _with_the_step_of(Components.centered_rmsprop(components, rate, decay, delta), rmsprop(rate, decay, delta))


def _with_the_step_of(right, plain):
    """The state of one rule and the step of another whose state is its first part."""

    def update(shape):
        param = Space(shape)
        held = Pair(right.state(param), param)
        now = First(held, param)
        power = now >> First(held.left, param) >> First(param, held.left.right)
        nothing = Discard(Pair(held, param)) >> Copy(UNIT)
        start = Pairing(Pairing(power, nothing), now >> Second(held.left, param))
        moved = Pairing(start, Second(held, param)) >> plain.leaf_update(shape)
        kept = right.leaf_update(shape) >> First(held.left, param)
        return Pairing(kept, moved >> Second(plain.state(param), param))

    return replace(right, leaf_update=update)


MUTANTS = (
    Mutant("functions", {"damped_momentum": first_step_dampened_too}, "the first step is dampened", "components"),
    Mutant("functions", {"adamw": decay_through_the_moments}, "the decay passes through the moments", "components"),
    Mutant("functions", {"adamw": decay_without_the_rate}, "the decay is not multiplied by the rate", "components"),
    Mutant("functions", {"centered_rmsprop": not_centered}, "the mean is not taken off", "components"),
)

# ------------------------------------------------------------------------------------------------ closed forms


def definitions(components, shape):
    """An equation for each rule of ``RULES``, from any state."""
    yield from _flagged_momenta(components, shape)
    yield from _root_mean_squares(components, shape)
    yield _adamw(components, shape)
    p = Space(shape)
    both = Pair(p, p)
    s, held, g = First(both, p) >> First(p, p), First(both, p) >> Second(p, p), Second(both, p)
    state = combined(p, (DECAY, s), (1, g), (WEIGHT, held))
    rule = components.decayed_momentum(RATE, DECAY, WEIGHT)
    yield Equation(rule.update(p), Pairing(state, combined(p, (1, held), (-RATE, state))))


def _flagged_momenta(components, shape):
    """s' = γ s + (1 - τ + τ f) g and p - ε s'; s' = γ s + g and p - ε (g + γ s'); f' = 0."""
    p = Space(shape)
    state = Pair(p, SCALAR)
    now, g = First(Pair(state, p), p), Second(Pair(state, p), p)
    s, flag = (now >> First(state, p) >> part(p, SCALAR) for part in (First, Second))
    held, none = now >> Second(state, p), Discard(now.dom) >> constant((), 0)
    share = Pairing(flag >> scale(DAMPENING, ()), Discard(now.dom) >> constant((), 1 - DAMPENING)) >> add(())
    part = Pairing(share >> broadcast(shape, tuple(range(len(shape)))), g) >> multiply(shape)
    damped, plain = combined(p, (DECAY, s), (1, part)), combined(p, (DECAY, s), (1, g))
    rule = components.damped_momentum(RATE, DECAY, DAMPENING)
    yield Equation(rule.update(p), Pairing(Pairing(damped, none), combined(p, (1, held), (-RATE, damped))))
    ahead = combined(p, (1, held), (-RATE, g), (-RATE * DECAY, plain))
    yield Equation(components.look_ahead_momentum(RATE, DECAY).update(p), Pairing(Pairing(plain, none), ahead))


def _root_mean_squares(components, shape):
    """v' = α v + (1 - α) g² and p - ε g / (δ + √v'); with m' = α m + (1 - α) g, the root of v' - m'², cut off at 0.

    v is given as a square, plus m² where the rule is centered.
    """
    p, nothing, square = Space(shape), Pair(UNIT, UNIT), Copy(Space(shape)) >> multiply(shape)
    given = Pair(Pair(p, p), Pair(p, p))
    (u, m), (held, g) = (
        tuple(side(given.left, given.right) >> part(p, p) for part in (First, Second)) for side in (First, Second)
    )
    v, none = u >> square, Discard(given) >> Copy(UNIT)
    power = combined(p, (DECAY, v), (1 - DECAY, g >> square))
    rule = components.rmsprop(RATE, DECAY, DELTA)
    start = Pairing(Pairing(Pairing(v, none), held), g)
    moved = combined(p, (1, held), (-RATE, _over(g, power, shape)))
    assert rule.state(p) == Pair(p, nothing)
    yield Equation(start >> rule.update(p), Pairing(Pairing(power, none), moved))
    above = combined(p, (1, v), (1, m >> square))
    power, mean = combined(p, (DECAY, above), (1 - DECAY, g >> square)), combined(p, (DECAY, m), (1 - DECAY, g))
    spread = combined(p, (1, power), (-1, mean >> square)) >> relu(shape)
    rule = components.centered_rmsprop(RATE, DECAY, DELTA)
    start = Pairing(Pairing(Pairing(above, Pairing(m, Discard(given))), held), g)
    moved = combined(p, (1, held), (-RATE, _over(g, spread, shape)))
    state = Pairing(power, Pairing(mean, Discard(given)))
    yield Equation(start >> rule.update(p), Pairing(state, moved))


def _adamw(components, shape):
    """Adam's step from (1 - ε λ) p, the state as Adam's."""
    rule, plain, p = (
        components.adamw(RATE, DECAY, SECOND, DELTA, WEIGHT),
        adam(RATE, DECAY, SECOND, DELTA),
        Space(shape),
    )
    first = Discard(Pair(p, p)) >> plain.initial(p)
    start = Pairing(Pairing(first, First(p, p)), Second(p, p))
    shrunk = Pairing(Pairing(first, First(p, p) >> scale(1 - RATE * WEIGHT, shape)), Second(p, p))
    return Equation(start >> rule.update(p), shrunk >> plain.update(p))


def _over(numerator, squares, shape):
    """numerator / (δ + √squares)."""
    small = Discard(squares.dom) >> constant(shape, DELTA)
    length = Pairing(squares >> sqrt(shape), small) >> add(shape) >> reciprocal(shape)
    return Pairing(numerator, length) >> multiply(shape)
