"""Optimisers: their trajectories in closed form, where the literature misprints some."""

from dataclasses import replace
from fractions import Fraction

from verified_cat.check import law
from verified_cat.components import Components
from verified_cat.equation import Equation
from verified_cat.objects import SCALAR, UNIT, Pair, Space, fold
from verified_cat.primitives import (
    add,
    add_on,
    broadcast,
    constant,
    map_on,
    multiply,
    multiply_on,
    negate,
    reciprocal,
    scale_on,
    sqrt,
)
from verified_cat.terms import Copy, Discard, First, Identity, Pairing, Second
from verified_cat.worlds import Mutant

BOOK = "Cruttwell et al. 2021"
ARITHMETIC = "an update is arithmetic on numbers"
RATE, DECAY, SECOND, DELTA = Fraction(1, 10), Fraction(3, 4), Fraction(7, 8), Fraction(1, 8)

# ------------------------------------------------------------------------------------------------ wrong optimisers


def printed_momentum(components, rate, decay):
    """s' = -γ s + g, as printed in Example 3.15."""
    return Components.momentum(components, rate, -decay)


def printed_nesterov(components, rate, decay):
    """The look ahead with +γ and the update with -γ, as printed in Example 3.16."""
    return replace(
        Components.nesterov(components, rate, decay),
        leaf_update=Components.momentum(components, rate, -decay).leaf_update,
    )


def nesterov_without_looking(components, rate, decay):
    """The gradient is asked for at p: plain momentum."""
    return replace(Components.nesterov(components, rate, decay), leaf_ask=None)


def delta_under_the_root(components, rate, delta):
    """p - ε g / √(δ + v)."""
    right = Components.adagrad(components, rate, delta)

    def update(shape):
        whole = Pair(Pair(Space(shape), Space(shape)), Space(shape))
        held, gradient = First(whole.left, whole.right), Second(whole.left, whole.right)
        state = right.leaf_update(shape) >> First(Space(shape), Space(shape))
        inside = Pairing(state, Discard(whole) >> constant(shape, delta)) >> add(shape)
        direction = Pairing(gradient, inside >> sqrt(shape) >> reciprocal(shape)) >> multiply(shape)
        step = Pairing(held >> Second(Space(shape), Space(shape)), direction >> scale_on(-rate, Space(shape)))
        return Pairing(state, step >> add(shape))

    return replace(right, leaf_update=update)


def corrected_moments_stored(components, *numbers):
    """(m̂, v̂) is returned as the new state, as printed in Example 3.18."""
    right = Components.adam(components, *numbers)

    def update(shape):
        moment, powers = Space(shape), Pair(SCALAR, SCALAR)
        moments = Pair(moment, moment)
        state = First(Pair(moments, powers), moment)
        power = state >> Second(moments, powers)
        new = [
            _corrected(state >> First(moments, powers) >> part(moment, moment), power >> part(SCALAR, SCALAR), shape)
            for part in (First, Second)
        ]
        after = Pairing(Pairing(Pairing(*new), power), Second(Pair(moments, powers), moment))
        return right.leaf_update(shape) >> after

    return replace(right, leaf_update=update)


def _corrected(moment, power, shape):
    """m / (1 - β)."""
    one = Discard(power.dom) >> constant((), 1)
    share = Pairing(one, power >> negate(())) >> add(()) >> reciprocal(())
    return Pairing(moment, share >> broadcast(shape, tuple(range(len(shape))))) >> multiply(shape)


def time_stands_still(components, *numbers):
    """The state holds no step count: every step is corrected as the first."""
    right = Components.adam(components, *numbers)

    def update(shape):
        moments, powers = Pair(Space(shape), Space(shape)), Pair(SCALAR, SCALAR)
        first = First(moments, powers) >> Pairing(Identity(moments), Discard(moments) >> _ones(powers))
        return ((first @ Identity(Space(shape))) @ Identity(Space(shape))) >> right.leaf_update(shape)

    return replace(right, leaf_update=update)


def _ones(ob):
    return fold(ob, unit=Identity(UNIT), leaf=lambda leaf: constant(leaf.shape, 1), pair=Pairing)


# ------------------------------------------------------------------------------------------------ trajectories


def after(rule, param, gradients, start):
    """The state and parameters after a step for each gradient, all of them terms over one context."""
    held = start
    for gradient in gradients:
        held = Pairing(held, gradient) >> rule.update(param)
    return held


def combined(param, *weighted):
    """Σ weight · term."""
    parts = [term >> scale_on(weight, param) for weight, term in weighted]
    whole = parts[0]
    for part in parts[1:]:
        whole = Pairing(whole, part) >> add_on(param)
    return whole


def _from_zero(rule, param):
    """(p, (g₁, g₂)) with the start (s₀, p) of a rule and both gradients."""
    two = Pair(param, param)
    begin, gradients = First(param, two), Second(param, two)
    start = Pairing(Discard(begin.dom) >> rule.initial(param), begin)
    return start, begin, [gradients >> First(param, param), gradients >> Second(param, param)]


def _direction(param, numerator, squares):
    """numerator / (δ + √squares)."""
    small = Discard(squares.dom) >> fold(
        param, unit=Identity(UNIT), leaf=lambda leaf: constant(leaf.shape, DELTA), pair=Pairing
    )
    length = Pairing(squares >> map_on(param, sqrt), small) >> add_on(param) >> map_on(param, reciprocal)
    return Pairing(numerator, length) >> multiply_on(param)


@law(
    "OPT-MOM",
    "P",
    worlds=("functions",),
    source=f"{BOOK}, Example 3.15, corrected: +γ; Polyak 1964",
    without_solver=ARITHMETIC,
    mutants=(Mutant("functions", {"momentum": printed_momentum}, "s' = -γ s + g, as printed", "components"),),
)
def momentum_in_closed_form(world, param):
    """From s, p by g₁, g₂ to γ² s + γ g₁ + g₂ and p - ε ((γ + γ²) s + (1 + γ) g₁ + g₂); γ = 0 is descent."""
    rule, two = world.components.momentum(RATE, DECAY), Pair(param, param)
    begin, gradients = First(Pair(param, param), two), Second(Pair(param, param), two)
    one, other = gradients >> First(param, param), gradients >> Second(param, param)
    s, p = begin >> First(param, param), begin >> Second(param, param)
    state = combined(param, (DECAY**2, s), (DECAY, one), (1, other))
    moved = ((-RATE * (DECAY + DECAY**2), s), (-RATE * (1 + DECAY), one), (-RATE, other))
    yield Equation(after(rule, param, (one, other), begin), Pairing(state, combined(param, (1, p), *moved)))
    plain = world.components.gradient_descent(RATE)
    still = world.components.momentum(RATE, Fraction(0)).update(param) >> Second(param, param)
    forgotten = (Discard(param) >> plain.initial(param)) @ Identity(param)
    bare = (forgotten @ Identity(param)) >> plain.update(param) >> Second(plain.state(param), param)
    yield Equation(still, bare)


@law(
    "OPT-NEST",
    "P",
    worlds=("functions",),
    source=f"{BOOK}, Example 3.16, the sign corrected; Nesterov 1983 in the form of Sutskever et al. 2013",
    without_solver=ARITHMETIC,
    mutants=(
        Mutant("functions", {"nesterov": printed_nesterov}, "γ ahead and -γ in the update, as printed", "components"),
        Mutant("functions", {"nesterov": nesterov_without_looking}, "the gradient is asked for at p", "components"),
    ),
)
def nesterov_by_its_look_ahead(world, param):
    """θ = p - ε γ s follows θ' = θ - ε (g + γ s') with s' = γ s + g, the iterate of an optimiser that keeps θ alone."""
    rule = world.components.nesterov(RATE, DECAY)
    held, gradient = First(Pair(param, param), param), Second(Pair(param, param), param)
    s, p = held >> First(param, param), held >> Second(param, param)
    theta = combined(param, (1, p), (-RATE * DECAY, s))
    velocity = combined(param, (DECAY, s), (1, gradient))
    later = combined(param, (1, theta), (-RATE, gradient), (-RATE * DECAY, velocity))
    yield Equation(rule.update(param) >> rule.ask(param), later)
    yield Equation(held >> rule.ask(param), theta)


@law(
    "OPT-ADAGRAD",
    "P",
    worlds=("functions",),
    source=f"{BOOK}, Example 3.17; Duchi, Hazan and Singer 2011",
    without_solver=ARITHMETIC,
    mutants=(Mutant("functions", {"adagrad": delta_under_the_root}, "δ stands under the root", "components"),),
)
def adagrad_in_closed_form(world, param):
    """After g₁, g₂ from 0: p - ε g₁ / (δ + |g₁|) - ε g₂ / (δ + √(g₁² + g₂²)).

    With δ = 0 the scale of the gradients does not count, only its sign: 3 g steps as g does, and -2 g the other way. It
    is checked for g₁ = 3 h, g₂ = 4 h.
    """
    rule = world.components.adagrad(RATE, DELTA)
    start, p, gradients = _from_zero(rule, param)
    one, two = (each >> Copy(param) >> multiply_on(param) for each in gradients)
    steps = zip(gradients, (one, combined(param, (1, one), (1, two))), strict=True)
    moved = [(-RATE, _direction(param, gradient, squares)) for gradient, squares in steps]
    found = after(rule, param, gradients, start) >> Second(rule.state(param), param)
    yield Equation(found, combined(param, (1, p), *moved))
    bare = world.components.adagrad(RATE, Fraction(0))
    start, begin, (same, _) = _from_zero(bare, SCALAR)

    def moved_by(factor):
        gradients = [same >> scale_on(factor * weight, SCALAR) for weight in (3, 4)]
        reached = after(bare, SCALAR, gradients, start) >> Second(SCALAR, SCALAR)
        return combined(SCALAR, (1, reached), (-1, begin))

    yield Equation(moved_by(3), moved_by(1))
    yield Equation(moved_by(-2), moved_by(1) >> negate(()))


@law(
    "OPT-ADAM",
    "P",
    worlds=("functions",),
    source=f"{BOOK}, Example 3.18, corrected; Kingma and Ba 2015, Algorithm 1",
    without_solver=ARITHMETIC,
    mutants=(
        Mutant("functions", {"adam": corrected_moments_stored}, "the corrected moments are stored", "components"),
        Mutant("functions", {"adam": time_stands_still}, "the step count is not in the state", "components"),
    ),
)
def adam_in_closed_form(world, param):
    """After g₁, g₂ from 0 each step is ε m̂ / (δ + √v̂), m̂ and v̂ the weighted means of the gradients and their squares.

    The weights of g₁, g₂ at the second step are β (1 - β) / (1 - β²) and (1 - β) / (1 - β²), which add up to 1.
    """
    rule = world.components.adam(RATE, DECAY, SECOND, DELTA)
    start, p, gradients = _from_zero(rule, param)
    squares = [each >> Copy(param) >> multiply_on(param) for each in gradients]
    first = _direction(param, gradients[0], squares[0])
    second = _direction(param, _mean(param, DECAY, gradients), _mean(param, SECOND, squares))
    found = after(rule, param, gradients, start) >> Second(rule.state(param), param)
    yield Equation(found, combined(param, (1, p), (-RATE, first), (-RATE, second)))


def _mean(param, decay, terms):
    """(β x₁ + x₂) / (1 + β)."""
    return combined(param, (decay / (1 + decay), terms[0]), (1 / (1 + decay), terms[1]))
