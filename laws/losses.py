"""Losses and their gradients in closed form, where the literature misprints some."""

from fractions import Fraction

from verified_cat.check import law
from verified_cat.components import Components, scaled
from verified_cat.equation import Equation
from verified_cat.lens import LensMap, ReverseDerivative
from verified_cat.loss import log_softmax, softmax
from verified_cat.objects import SCALAR, Pair, Space
from verified_cat.primitives import (
    add,
    broadcast,
    contract,
    exp,
    log,
    multiply,
    negate,
    scale,
    scale_on,
    subtract_on,
    sum_axes,
)
from verified_cat.terms import Copy, First, Identity, Pairing, Second, Swap
from verified_cat.worlds import Mutant

BOOK = "Cruttwell et al. 2021"
TABLED = "the derivatives are those of the table, on numbers"

# ------------------------------------------------------------------------------------------------ wrong losses


def printed_quadratic_gradient(components, ob):
    """α (x - t, t - x), as printed in Example 3.4: both signs are reversed."""
    both = Pair(ob, ob)
    return Components.quadratic_gradient(components, ob) >> scale_on(-1, both)


def printed_cross_entropy(components, length):
    """Σ t_i (x_i - log softmax(x)_i), as printed in Example 3.6."""
    vector = Space((length,))
    summand = Pairing(Identity(vector), log_softmax(length)) >> subtract_on(vector)
    return (Identity(vector) @ summand) >> contract("i,i->", (length,), (length,))


def for_targets_of_sum_one(components, length):
    """α (-log softmax(x), softmax(x) - t), as in Example 4.2: right where Σ t = 1 only."""
    vector = Space((length,))
    both = Pair(vector, vector)
    point = First(both, SCALAR)
    target, logits = point >> First(vector, vector), point >> Second(vector, vector)
    towards = Pairing(logits >> softmax(length), target) >> subtract_on(vector)
    back = logits >> log_softmax(length) >> negate((length,))
    return scaled(Pairing(back, towards), Second(both, SCALAR), both)


def exchanged_arguments(components, length):
    """α (t, x)."""
    right, vector = Components.dot_gradient(components, length), Space((length,))
    return right >> Swap(vector, vector)


def first_cotangent_alone(category, operation):
    """R[x + y] = (α, 0)."""
    right = ReverseDerivative.generator(category, operation)
    if operation.name != "add":
        return right
    space = operation.cod
    return LensMap(right.dom, right.cod, right.get, right.put >> (Identity(space) @ scale(0, space.shape)))


# ------------------------------------------------------------------------------------------------ losses


@law(
    "LOSS-QUAD",
    "A",
    worlds=("R",),
    source=f"{BOOK}, Example 3.4, corrected: both signs of the printed gradient are reversed",
    without_solver=TABLED,
    mutants=(Mutant("R", {"quadratic_gradient": printed_quadratic_gradient}, "the printed signs", "components"),),
)
def gradient_of_the_quadratic_loss(world, a):
    """e(t, x) = ½ Σ (x - t)² has R[e]((t, x), α) = α (t - x, x - t)."""
    known = world.components
    yield Equation(world.reverse(known.quadratic(a)), known.quadratic_gradient(a))
    difference = (Identity(SCALAR) @ negate(())) >> add(())
    plain = Swap(SCALAR, SCALAR) >> difference >> Copy(SCALAR) >> multiply(()) >> scale(Fraction(1, 2), ())
    yield Equation(known.quadratic(SCALAR), plain)


@law(
    "LOSS-SCE",
    worlds=("R",),
    source=f"{BOOK}, Examples 3.6 and 4.2, corrected",
    without_solver=TABLED,
    minimum=1,
    costly=True,
    mutants=(
        Mutant("R", {"cross_entropy": printed_cross_entropy}, "the printed loss, Σ t · log Σ exp", "components"),
        Mutant("R", {"cross_entropy_gradient": for_targets_of_sum_one}, "Σ t = 1 is taken for granted", "components"),
    ),
)
def gradient_of_the_softmax_cross_entropy(world):
    """e(t, x) = -Σ t_i log(eˣⁱ / Σ eˣʲ) has ∂e/∂x = (Σ t) softmax(x) - t and ∂e/∂t = -log softmax(x), on R and R²."""
    for length in (1, 2):
        found = world.components.cross_entropy(length)
        yield Equation(found, _plain_cross_entropy(length))
        yield Equation(world.reverse(found), world.components.cross_entropy_gradient(length))


def _plain_cross_entropy(length):
    """-Σ t_i (x_i - log Σ exp x_j), without the shift that keeps floats in range."""
    vector = Space((length,))
    level = exp((length,)) >> sum_axes((length,)) >> log(()) >> broadcast((length,), (0,))
    score = Pairing(Identity(vector), level) >> subtract_on(vector)
    return (Identity(vector) @ score) >> contract("i,i->", (length,), (length,)) >> negate(())


@law(
    "LOSS-DOT-XOR",
    worlds=("R",),
    source=f"{BOOK}, Examples 3.5 and 3.7",
    without_solver=TABLED,
    minimum=1,
    mutants=(
        Mutant("R", {"dot_gradient": exchanged_arguments}, "the arguments of the gradient are exchanged", "components"),
        Mutant("R", {"generator": first_cotangent_alone}, "R[t + x] = (α, 0)"),
    ),
)
def gradients_of_the_dot_product_and_of_the_sum(world):
    """e(t, x) = t · x has R[e]((t, x), α) = (α x, α t), and t + x, the Boolean loss where + is xor, has (α, α).

    The second is the same term over every ring; over ℤ₂ the audit Z2-LEARN evaluates it at all points.
    """
    for length in (1, 3):
        yield Equation(world.reverse(world.components.dot(length)), world.components.dot_gradient(length))
    for shape in ((), (2,)):
        both = Pair(Space(shape), Space(shape))
        yield Equation(world.reverse(add(shape)), Second(both, Space(shape)) >> Copy(Space(shape)))
