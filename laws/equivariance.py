"""Optimisers on pairs of parameters, and the maps of the parameters that they commute with."""

from dataclasses import replace
from fractions import Fraction
from math import prod

from verified_cat.category import Terms
from verified_cat.check import Counterexample, law
from verified_cat.components import scaled
from verified_cat.equation import Equation
from verified_cat.laws.coordinates import turn
from verified_cat.loss import total
from verified_cat.objects import UNIT, Pair, Space, fold
from verified_cat.optimiser import Optimiser, gradient_descent
from verified_cat.primitives import add, add_on, constant, matvec, multiply, multiply_on, reciprocal
from verified_cat.terms import Copy, Discard, Identity, Pairing, Second
from verified_cat.worlds import Mutant

ARITHMETIC = "an update is arithmetic on numbers"
RATE, DECAY, SECOND, DELTA = Fraction(1, 10), Fraction(3, 4), Fraction(7, 8), Fraction(1, 8)

# ------------------------------------------------------------------------------------------------ wrong optimisers


class _Clipped(Optimiser):
    """Gradient descent with every gradient divided by 1 + the square of the norm of all of them."""

    __slots__ = ()

    def update(self, param):
        square = Copy(param) >> multiply_on(param) >> total(param)
        norm = Pairing(Discard(param) >> constant((), 1), square) >> add(()) >> reciprocal(())
        shrunk = scaled(Identity(param), norm, param)
        return (Identity(Pair(self.state(param), param)) @ shrunk) >> gradient_descent(RATE).update(param)


def clipped_by_the_joint_norm(components, rate):
    right = gradient_descent(rate)
    return _Clipped(right.name, right.leaf_state, right.leaf_initial, right.leaf_update)


def rates_by_index(components, rate):
    """Entry i has the learning rate i ε."""
    right = gradient_descent(rate)

    def update(shape):
        index = Discard(Space(shape)) >> constant(shape, *range(1, prod(shape) + 1))
        weighted = Pairing(index, Identity(Space(shape))) >> multiply(shape)
        return (Identity(Pair(UNIT, Space(shape))) @ weighted) >> right.leaf_update(shape)

    return replace(right, leaf_update=update)


# ------------------------------------------------------------------------------------------------ pairs


def further(known):
    """The other rules of the package; that a run commutes with the same maps is in the table of docs/learners.md."""
    yield known.damped_momentum(RATE, DECAY, Fraction(1, 4))
    yield known.look_ahead_momentum(RATE, DECAY)
    yield known.rmsprop(RATE, DECAY, DELTA)
    yield known.centered_rmsprop(RATE, DECAY, DELTA)
    yield known.adamw(RATE, DECAY, SECOND, DELTA, Fraction(1, 2))
    yield known.decayed_momentum(RATE, DECAY, Fraction(1, 2))


def first_order(known):
    """The optimisers whose update is linear in state, parameters and gradient."""
    return known.gradient_descent(RATE), known.momentum(RATE, DECAY), known.nesterov(RATE, DECAY)


def by_entry(known):
    """The optimisers that look at each entry of the gradient apart: at its sign, or its length over time."""
    return known.sign_descent(RATE), known.adagrad(RATE, DELTA), known.adam(RATE, DECAY, SECOND, DELTA)


@law(
    "OPT-PROD",
    "P Q",
    worlds=("functions",),
    source="derived here",
    equality="iso",
    without_solver=ARITHMETIC,
    mutants=(
        Mutant("functions", {"gradient_descent": clipped_by_the_joint_norm}, "clipped by the joint norm", "components"),
    ),
)
def optimisers_of_pairs_are_pairs_of_optimisers(world, p, q):
    """U of P ⊗ Q is U of P beside U of Q along the middle four: descent, momentum, Nesterov, signs, Adagrad and Adam.

    Also momenta that are dampened or look ahead, RMSProp, centered too, AdamW, momentum with weight decay. So layers
    may be trained apart. It fails for whatever one parameter's step takes from another's gradient.
    """
    terms = Terms()
    for rule in (*first_order(world.components), *by_entry(world.components), *further(world.components)):
        s, t = rule.state(p), rule.state(q)
        held = terms.middle_four(s, t, p, q)
        apart = (held @ Identity(Pair(p, q))) >> terms.middle_four(Pair(s, p), Pair(t, q), p, q)
        beside = apart >> (rule.update(p) @ rule.update(q)) >> terms.middle_four(s, p, t, q)
        yield Equation(rule.update(Pair(p, q)), beside, along="middle four")
        yield Equation(rule.ask(Pair(p, q)), held >> (rule.ask(p) @ rule.ask(q)), along="middle four")


# ------------------------------------------------------------------------------------------------ maps of parameters


def _matrix(*rows):
    """x ↦ M x."""
    size = len(rows)
    matrix = Discard(Space((size,))) >> constant((size, size), *(entry for row in rows for entry in row))
    return Pairing(matrix, Identity(Space((size,)))) >> matvec(size, size)


def _moved(linear, shift):
    """x ↦ M x + c."""
    return Pairing(linear, Discard(linear.dom) >> constant(linear.cod.shape, *shift)) >> add(linear.cod.shape)


ROTATION = ((Fraction(3, 5), Fraction(4, 5)), (Fraction(-4, 5), Fraction(3, 5)))
SIGNED = ((0, -1, 0), (0, 0, 1), (1, 0, 0))
UNSIGNED = tuple(tuple(abs(entry) for entry in row) for row in SIGNED)


def _carried(rule, param, linear, squares, shift):
    """The update before and after the map: states go by M or, where they are squares, by |M|."""
    moments = Pair(param, param)
    known = {UNIT: Identity(UNIT), param: squares if rule.name == "adagrad" else linear}
    state = rule.state(param)
    moved = known[state] if state in known else (linear @ squares) @ Identity(state.right)
    assert state in known or state.left == moments
    held = moved @ _moved(linear, shift)
    return (held @ linear) >> rule.update(param), rule.update(param) >> held


def _moved_halves(rule, ob):
    """The update before and after (x, y) ↦ (3 x - 4 y, 4 x + 3 y) / 5 on gradients and states, with a shift on both."""
    turned, both = turn(ob, Fraction(4, 5)), Pair(ob, ob)
    states = turned if rule.state(ob) == ob else Identity(rule.state(both))
    shift = fold(both, unit=Identity(UNIT), leaf=lambda each: constant(each.shape, Fraction(3, 4)), pair=Pairing)
    held = states @ (Pairing(turned, Discard(both) >> shift) >> add_on(both))
    return (held @ turned) >> rule.update(both), rule.update(both) >> held


@law(
    "OPT-EQUIV",
    "P",
    worlds=("functions",),
    source="derived here",
    without_solver=ARITHMETIC,
    costly=True,
    mutants=(Mutant("functions", {"gradient_descent": rates_by_index}, "entry i has the rate i ε", "components"),),
)
def optimisers_commute_with_these_maps(world, p):
    """x ↦ M x + c commutes with descent, momentum, Nesterov for M orthogonal; the descent of signs, Adagrad and Adam
    for M a signed permutation.

    The first on P ⊗ P, for the rotation of its halves by (3 + 4 i) / 5, and all on R³.
    States that are sums of squares go by |M|. Neither signs nor Adagrad commute with the rotation: from 0, g = (1, 2).
    """
    for rule in first_order(world.components):
        yield Equation(*_moved_halves(rule, p))
    plane, volume = Space((2,)), Space((3,))
    rotation, signed, unsigned = map(lambda rows: _matrix(*rows), (ROTATION, SIGNED, UNSIGNED))
    for rule in first_order(world.components):
        yield Equation(*_carried(rule, plane, rotation, rotation, (1, -2)))
        yield Equation(*_carried(rule, volume, signed, unsigned, (1, -2, 0)))
    for rule in by_entry(world.components):
        yield Equation(*_carried(rule, volume, signed, unsigned, (1, -2, 0)))
    still, gradient = (Fraction(0), Fraction(0)), (Fraction(1), Fraction(2))
    sides = _carried(world.components.adagrad(RATE, DELTA), plane, rotation, rotation, (0, 0))
    yield Counterexample(Equation(*(side >> Second(plane, plane) for side in sides)), ((still, still), gradient))
    signs = _carried(world.components.sign_descent(RATE), plane, rotation, rotation, (0, 0))
    yield Counterexample(Equation(*signs), (((), still), gradient))
