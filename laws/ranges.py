"""Losses whose values and gradients stay finite on floats, where plain compositions of correct operations do not."""

from fractions import Fraction

from verified_cat.check import Bitwise, Counterexample, law
from verified_cat.equation import Equation
from verified_cat.laws.floats import ROUNDED
from verified_cat.laws.points import numbers
from verified_cat.loss import log_softmax
from verified_cat.objects import Space
from verified_cat.primitives import (
    add,
    broadcast,
    constant,
    exp,
    log,
    negate,
    reciprocal,
    scale_on,
    subtract_on,
    sum_axes,
    zero_on,
)
from verified_cat.terms import Discard, Identity, Pairing
from verified_cat.worlds import Mutant


def naive_sigmoid(components, shape):
    """1 / (1 + exp(-x)), from correct operations."""
    one = Discard(Space(shape)) >> constant(shape, 1)
    return Pairing(one, negate(shape) >> exp(shape)) >> add(shape) >> reciprocal(shape)


def naive_softplus(components, shape):
    """log(1 + exp x)."""
    one = Discard(Space(shape)) >> constant(shape, 1)
    return Pairing(one, exp(shape)) >> add(shape) >> log(shape)


def naive_log_sum_exp(components, length):
    """log Σ exp x, without the shift."""
    return exp((length,)) >> sum_axes((length,)) >> log(())


LARGE = {"exact": 0, "float64": 1012, "float32": 116, "float16": 4, "bfloat16": 116}
"""The largest power of two that may be doubled, by precision, as a multiple of the largest number drawn, 2¹¹."""


def finite(term):
    """f - f = 0 to the bit: nothing infinite, no NaN."""
    return Equation(Pairing(term, term) >> subtract_on(term.cod), Discard(term.dom) >> zero_on(term.cod))


@law(
    "FLOAT-RANGE",
    worlds=("R",),
    source="derived here",
    equality="bitwise",
    costly=True,
    floats=ROUNDED,
    mutants=(
        Mutant("R", {"sigmoid": naive_sigmoid}, "1 / (1 + exp(-x)) has the gradient NaN at -800", "components"),
        Mutant("R", {"softplus": naive_softplus}, "log(1 + exp x) overflows", "components"),
        Mutant("R", {"log_sum_exp": naive_log_sum_exp}, "log Σ exp x overflows", "components"),
    ),
)
def losses_stay_in_range(world):
    """sigmoid, softplus and log Σ exp have finite values and gradients at inputs of all sizes, up to the largest.

    log softmax where the difference of two entries is in range: at (x, -x) for the largest x it is not, nor is -2 x.
    """
    known, top = world.components, LARGE[world.source.engine.precision]
    safe = [known.sigmoid(()), known.softplus(()), known.log_sum_exp(3)]
    for f, largest in [*((f, top) for f in safe), (log_softmax(2), top - 1)]:
        for size in (-1, largest):
            wide = scale_on(Fraction(2) ** size, f.dom)
            yield Bitwise(finite(wide >> f))
            yield Bitwise(finite((wide @ Identity(f.cod)) >> world.reverse(f)))
    naive = naive_sigmoid(known, ())
    yield Equation(naive, known.sigmoid(()))
    yield Counterexample(finite(world.reverse(naive)), numbers(-800, 1))
    yield Equation(naive_softplus(known, ()), known.softplus(()))
    level = naive_log_sum_exp(known, 3) >> broadcast((3,), (0,))
    shifted = Pairing(Identity(Space((3,))), level) >> subtract_on(Space((3,)))
    yield Equation(shifted, log_softmax(3))
