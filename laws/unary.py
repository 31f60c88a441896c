"""The elementary functions by identities that pin down their values and their derivatives together."""

from verified_cat.check import DERIVATIVES, law
from verified_cat.equation import Equation
from verified_cat.laws.differential import doubled_rule
from verified_cat.objects import SCALAR
from verified_cat.primitives import (
    add,
    constant,
    cos,
    exp,
    log,
    multiply,
    negate,
    reciprocal,
    relu,
    scale,
    sigmoid,
    sin,
    sqrt,
    tanh,
)
from verified_cat.terms import Copy, Discard, Identity, Pairing
from verified_cat.worlds import Mutant

X, SQUARE = Identity(SCALAR), Copy(SCALAR) >> multiply(())


def always(value):
    """x ↦ value."""
    return Discard(SCALAR) >> constant((), value)


def plus(f, g):
    """x ↦ f(x) + g(x)."""
    return Pairing(f, g) >> add(())


def times(f, g):
    """x ↦ f(x) g(x)."""
    return Pairing(f, g) >> multiply(())


ABOVE_ONE = plus(always(1), SQUARE)
"""x ↦ 1 + x², which is in the domain of log, sqrt and 1/x, away from its edge."""

IDENTITIES = {
    "log exp x = x": (exp(()) >> log(()), X),
    "exp log y = y": (ABOVE_ONE >> log(()) >> exp(()), ABOVE_ONE),
    "exp x exp -x = 1": (times(exp(()), negate(()) >> exp(())), always(1)),
    "sin² x + cos² x = 1": (plus(sin(()) >> SQUARE, cos(()) >> SQUARE), always(1)),
    "sin 2x = 2 sin x cos x": (scale(2, ()) >> sin(()), times(sin(()), cos(())) >> scale(2, ())),
    "√y² = y": (ABOVE_ONE >> sqrt(()) >> SQUARE, ABOVE_ONE),
    "y (1/y) = 1": (times(ABOVE_ONE, ABOVE_ONE >> reciprocal(())), always(1)),
    "σ(x) (1 + exp -x) = 1": (times(sigmoid(()), plus(always(1), negate(()) >> exp(()))), always(1)),
    "tanh x (exp 2x + 1) = exp 2x - 1": (
        times(tanh(()), plus(scale(2, ()) >> exp(()), always(1))),
        plus(scale(2, ()) >> exp(()), always(-1)),
    ),
    "relu (1 + x²) = 1 + x²": (ABOVE_ONE >> relu(()), ABOVE_ONE),
    "relu (-1 - x²) = 0": (ABOVE_ONE >> negate(()) >> relu(()), always(0)),
}


@law(
    "GAD-UNARY",
    worlds=DERIVATIVES,
    source="Elliott 2018, section 4.6; the identities are those of any table of functions",
    without_solver="the identities are facts about exp, sin and the like",
    minimum=1,
    mutants=tuple(
        Mutant("D", {"derivative": doubled_rule(name)}, f"the derivative of {name} is doubled", part="k")
        for name in ("exp", "log", "sin", "sqrt", "reciprocal", "sigmoid", "tanh")
    ),
)
def elementary_functions(world):
    """The sides of log exp x = x, sin² + cos² = 1, √y² = y, σ(x) (1 + exp -x) = 1, … have one value and derivative."""
    for left, right in IDENTITIES.values():
        yield Equation(world.category.differentiate(left), world.category.differentiate(right))
