"""Which errors L admits: ∂e/∂x(x, -) must be invertible, and the error a sum over coordinates."""

from fractions import Fraction

from verified_cat.check import Counterexample, law
from verified_cat.equation import Equation
from verified_cat.laws.monoidal import wrong_middle_four
from verified_cat.loss import ADMITTED, QUADRATIC, mean_squared_error, softmax
from verified_cat.objects import SCALAR, Pair, Space
from verified_cat.primitives import (
    add,
    broadcast,
    constant,
    multiply,
    negate,
    reciprocal,
    relu,
    scale,
    sigmoid,
    step,
    subtract_on,
    sum_axes,
    tanh,
)
from verified_cat.terms import Discard, First, Identity, Pairing, Second
from verified_cat.worlds import Mutant

NUMBERS = "the statement is about particular errors on R"


DIFFERENCE = (Identity(SCALAR) @ negate(())) >> add(())


def _always(number):
    """(x, y) ↦ number."""
    return Discard(Pair(SCALAR, SCALAR)) >> constant((), number)


def _absolute_slope():
    """(x, y) ↦ the sign of x - y, the derivative of |x - y|, with 0 where they are equal."""
    down = DIFFERENCE >> negate(()) >> step(()) >> negate(())
    return Pairing(DIFFERENCE >> step(()), down) >> add(())


def _margin():
    """(x, y) ↦ 1 - x y."""
    return Pairing(_always(1), multiply(()) >> negate(())) >> add(())


def _hinge_slope():
    """(x, y) ↦ -y [x y < 1], the derivative of relu(1 - x y)."""
    return Pairing(_margin() >> step(()), Second(SCALAR, SCALAR)) >> multiply(()) >> negate(())


def _squared_hinge_slope():
    """(x, y) ↦ -2 y relu(1 - x y)."""
    return Pairing(_margin() >> relu(()), Second(SCALAR, SCALAR)) >> multiply(()) >> scale(-2, ())


def _cauchy_slope():
    """(x, y) ↦ 2 (x - y) / (1 + (x - y)²), the derivative of log(1 + (x - y)²)."""
    difference = DIFFERENCE
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
    """e'(x, e'(x, -)⁻¹(v)) = v and back for quadratic, dot-product, logistic and Poisson errors, e' being ∂e/∂x.

    Not injective, e'(x, y) = e'(x, y') with (x; y, y'): Huber's (0; 2, 3), Cauchy's (0; -2, -½), |x - y| (0; 1, 2), the
    hinge and the squared hinge (1; 2, 3), and the cross-entropy of softmax, L-SOFTMAX. Not onto: log-cosh, for
    (1 - e') (1 + e') = 4 σ(2 (x - y)) σ(2 (y - x)) > 0. Cross-entropy on probabilities is invertible, but asks for the
    target -½, which is no probability, at x = ½ and v = 4.
    """
    functions = world.category
    first, second = (functions.meaning(side(SCALAR, SCALAR)) for side in (First, Second))
    for error in ADMITTED:
        slope, inverse = (functions.meaning(part(())) for part in (error.derivative, error.inverse))
        yield Equation(functions.compose(functions.pairing(first, inverse), slope), second)
        yield Equation(functions.compose(functions.pairing(first, slope), inverse), second)
    for slope, point, one, other in (
        (_huber_slope(), 0, 2, 3),
        (_cauchy_slope(), 0, -2, Fraction(-1, 2)),
        (_absolute_slope(), 0, 1, 2),
        (_hinge_slope(), 1, 2, 3),
        (_squared_hinge_slope(), 1, 2, 3),
    ):
        yield from _not_injective(functions, slope, point, one, other)
    yield from _not_onto(functions)
    yield from _leaves_its_domain(functions)


def _not_injective(functions, slope, point, one, other):
    """e'(point, -) takes one value at two different targets."""
    targets = [constant((), number) for number in (one, other)]
    values = [functions.meaning(Pairing(constant((), point), target) >> slope) for target in targets]
    yield Equation(*values)
    yield Counterexample(Equation(*map(functions.meaning, targets)), ())


def _not_onto(functions):
    """1 - e'² is a product of numbers above 0 for log-cosh, e' = tanh(x - y) = σ(2 (x - y)) - σ(2 (y - x))."""
    there = DIFFERENCE >> scale(2, ())
    near, far = there >> sigmoid(()), there >> negate(()) >> sigmoid(())
    slope = Pairing(near, far >> negate(())) >> add(())
    yield Equation(functions.meaning(slope), functions.meaning(DIFFERENCE >> tanh(())))
    one = _always(1)
    room = Pairing(Pairing(one, slope) >> add(()), Pairing(one, slope >> negate(())) >> add(())) >> multiply(())
    product = Pairing(near, far) >> multiply(()) >> scale(4, ())
    yield Equation(*map(functions.meaning, (room, product)))
    yield Counterexample(Equation(*map(functions.meaning, (slope, one))), ((Fraction(2),), (Fraction(0),)))


def _leaves_its_domain(functions):
    """y = x - x (1 - x) v solves (x - y) / (x (1 - x)) = v, wherever 0 < x < 1; at x = ½, v = 4 it is -½."""
    spread = Pairing(First(SCALAR, SCALAR), Pairing(_always(1), First(SCALAR, SCALAR) >> negate(())) >> add(()))
    width = spread >> multiply(())
    asked = Pairing(width, Second(SCALAR, SCALAR)) >> multiply(()) >> negate(())
    target = Pairing(First(SCALAR, SCALAR), asked) >> add(())
    at = Pairing(constant((), Fraction(1, 2)), constant((), 4))
    yield Equation(*map(functions.meaning, (at >> target, constant((), Fraction(-1, 2)))))
    slope = Pairing(DIFFERENCE, width >> reciprocal(())) >> multiply(())
    back = at >> Pairing(First(SCALAR, SCALAR), target) >> slope
    yield Equation(*map(functions.meaning, (back, constant((), 4))))


@law(
    "L-SOFTMAX",
    worlds=("functions",),
    source="our own, beside L-EINV and L-ESEP",
    equality="strict failure",
    without_solver=NUMBERS,
    costly=True,
    minimum=1,
    mutants=(Mutant("functions", {"pairing": second_half_dropped}, "a pair is its first half twice"),),
)
def softmax_cross_entropy_is_not_invertible(world):
    """∂e/∂x(x, y) = (Σ y) softmax(x) - y is the same at y and at y + softmax(x): its Jacobian in y is singular.

    So a request is not defined, for all x and y in R²; at x = 0 the targets 0 and (½, ½) both give 0.
    """
    functions, plane = world.category, Space((2,))
    x, y = First(plane, plane), Second(plane, plane)
    share = y >> sum_axes((2,)) >> broadcast((2,), (0,))
    slope = Pairing(Pairing(share, x >> softmax(2)) >> multiply((2,)), y) >> subtract_on(plane)
    other = Pairing(x, Pairing(y, x >> softmax(2)) >> add((2,)))
    yield Equation(functions.meaning(other >> slope), functions.meaning(slope))
    nothing = (Fraction(0), Fraction(0))
    yield Counterexample(Equation(functions.meaning(other >> y), functions.meaning(y)), (nothing, nothing))


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
