"""Which errors L admits: ∂e/∂x(x, -) must be invertible, and the error a sum over coordinates."""

from fractions import Fraction

from verified_cat.check import Counterexample, law
from verified_cat.equation import Equation
from verified_cat.laws.monoidal import wrong_middle_four
from verified_cat.loss import QUADRATIC, SeparableError, mean_squared_error
from verified_cat.objects import SCALAR, Pair
from verified_cat.primitives import add, constant, exp, multiply, negate, reciprocal, relu, scale, sigmoid
from verified_cat.terms import Discard, First, Identity, Pairing, Second
from verified_cat.worlds import Mutant

NUMBERS = "the statement is about particular errors on R"


def _logistic_slope(shape):
    """(x, y) ↦ σ(x) - y, the derivative of softplus(x) - y x."""
    return (sigmoid(shape) @ negate(shape)) >> add(shape)


LOGISTIC = SeparableError("binary cross-entropy on logits", _logistic_slope, _logistic_slope, _logistic_slope)
"""∂e/∂x(x, y) = σ(x) - y, so y = σ(x) - v: the inverse has the form of the derivative. Its value is not used here."""


def _poisson_slope(shape):
    """(x, y) ↦ eˣ - y, the derivative of eˣ - y x."""
    return (exp(shape) @ negate(shape)) >> add(shape)


POISSON = SeparableError("Poisson", _poisson_slope, _poisson_slope, _poisson_slope)
"""∂e/∂x(x, y) = eˣ - y, so y = eˣ - v; as for the logistic error."""


def _cauchy_slope():
    """(x, y) ↦ 2 (x - y) / (1 + (x - y)²), the derivative of log(1 + (x - y)²)."""
    difference = (Identity(SCALAR) @ negate(())) >> add(())
    square = Pairing(difference, difference) >> multiply(())
    above = Pairing(square, Discard(difference.dom) >> constant((), 1)) >> add(()) >> reciprocal(())
    return Pairing(difference >> scale(2, ()), above) >> multiply(())


def _huber_slope():
    """(x, y) ↦ the difference x - y clipped to [-1, 1], the derivative of the Huber error."""
    difference = (Identity(SCALAR) @ negate(())) >> add(())
    one, minus_one = constant((), 1), constant((), -1)

    def shifted(term, by):
        return Pairing(term, Discard(term.dom) >> by) >> add(())

    up, down = shifted(difference, one) >> relu(()), shifted(difference, minus_one) >> relu(())
    return shifted(Pairing(up, down >> negate(())) >> add(()), minus_one)


def second_half_dropped(functions, f, g):
    """⟨f, g⟩ taken for ⟨f, f⟩ where it fits."""
    right = type(functions).__mro__[1].pairing(functions, f, g)
    return type(functions).__mro__[1].pairing(functions, f, f) if f.cod == g.cod else right


@law(
    "L-EINV",
    worlds=("functions",),
    source="Fong, Spivak and Tuyéras 2019, Theorem III.2, the condition on e",
    equality="strict failure",
    without_solver=NUMBERS,
    minimum=1,
    mutants=(Mutant("functions", {"pairing": second_half_dropped}, "the inverse is given the point twice"),),
)
def invertible_errors(world):
    """e'(x, e'(x, -)⁻¹(v)) = v and back for quadratic, logistic and Poisson errors.

    Not so for Huber's, e'(0, 2) = e'(0, 3), nor for Cauchy's, e'(0, -2) = e'(0, -½).
    """
    functions = world.category
    first, second = (functions.meaning(side(SCALAR, SCALAR)) for side in (First, Second))
    for error in (QUADRATIC, LOGISTIC, POISSON):
        slope, inverse = (functions.meaning(part(())) for part in (error.derivative, error.inverse))
        yield Equation(functions.compose(functions.pairing(first, inverse), slope), second)
        yield Equation(functions.compose(functions.pairing(first, slope), inverse), second)
    yield from _not_injective(functions, _huber_slope(), 2, 3)
    yield from _not_injective(functions, _cauchy_slope(), -2, Fraction(-1, 2))


def _not_injective(functions, slope, one, other):
    """e'(0, -) takes one value at two different targets."""
    targets = [constant((), number) for number in (one, other)]
    values = [functions.meaning(Pairing(constant((), 0), target) >> slope) for target in targets]
    yield Equation(*values)
    yield Counterexample(Equation(*map(functions.meaning, targets)), ())


@law(
    "L-ESEP",
    "A B",
    worlds=("functions",),
    source="Fong, Spivak and Tuyéras 2019, Theorem III.2, the form of E",
    equality="strict failure",
    without_solver=NUMBERS,
    mutants=(Mutant("functions", {"middle_four": wrong_middle_four}, "targets are paired with the wrong outputs"),),
)
def separable_errors(world, a, b):
    """The quadratic error of A ⊗ B is the sum of those of A and B; the mean squared error over both is not."""
    functions = world.category

    def apart(left, right, errors):
        """((x, x'), (y, y')) ↦ the error of (x, y) plus that of (x', y')."""
        exchange = functions.middle_four(left, right, left, right)
        both = functions.tensor(*(functions.meaning(error) for error in errors))
        return functions.sequence(exchange, both, functions.meaning(add(())))

    whole = functions.meaning(QUADRATIC.total(Pair(a, b)))
    yield Equation(whole, apart(a, b, (QUADRATIC.total(a), QUADRATIC.total(b))))
    mean = mean_squared_error(SCALAR)
    together = functions.meaning(mean_squared_error(Pair(SCALAR, SCALAR)))
    one, two, zero = (Fraction(1),), (Fraction(2),), (Fraction(0),)
    yield Counterexample(Equation(together, apart(SCALAR, SCALAR, (mean, mean))), ((one, two), (zero, zero)))
