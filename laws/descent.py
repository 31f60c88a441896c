"""Descent in numbers: learning rates, iteration and batches."""

from fractions import Fraction

from verified_cat.category import Terms, interpret
from verified_cat.check import Counterexample, law
from verified_cat.components import Components, scaled
from verified_cat.draw import Style
from verified_cat.equation import Equation
from verified_cat.laws.points import numbers
from verified_cat.laws.reverse import clipped
from verified_cat.lens import Lens, LensMap, ReverseDerivative
from verified_cat.loss import total
from verified_cat.objects import SCALAR, Pair
from verified_cat.para import Para, ParaMap
from verified_cat.primitives import add, add_on, multiply, multiply_on, scale, scale_on, subtract_on
from verified_cat.terms import (
    Copy,
    Discard,
    First,
    Identity,
    Pairing,
    Second,
    Swap,
)
from verified_cat.worlds import Mutant

BOOK = "Cruttwell et al. 2021"
TABLED = "the derivatives are those of the table, on numbers"
RATE = Fraction(1, 10)
SMALL = Style("polynomial", 1)

# ------------------------------------------------------------------------------------------------ wrong steps


def one_datum_for_all(para, f, g):
    """The outer map is given the inner one's parameter where it fits: one data point is used again and again."""
    right, base = Para.compose(para, f, g), para.base
    p, q = f.param, g.param
    if p != q:
        return right
    tied = base.compose(base.first(p, q), base.copy(p))
    inside = base.compose(base.tensor(tied, base.identity(f.dom)), right.inside)
    return ParaMap(right.param, right.dom, right.cod, inside)


def minus(components, ob):
    """put(p, p') = p - p'."""
    right = Components.gradient_update(components, ob)
    return LensMap(right.dom, right.cod, right.get, subtract_on(ob))


def climbing(components, rate, ob):
    """The learning rate with the other sign."""
    return Components.learning_rate(components, -rate, ob)


def averaged(category, a):
    """The pullback of Δ is the mean of its cotangents."""
    right = ReverseDerivative.copy(category, a)
    return LensMap(right.dom, right.cod, right.get, right.put >> scale_on(Fraction(1, 2), a.back))


# ------------------------------------------------------------------------------------------------ the learning rate


@law(
    "LR-GD",
    "t : P @ A => B",
    worlds=("R",),
    source=f"{BOOK}, Definitions 3.8 and 3.11, Examples 3.9, 3.10 and 4.5",
    style=SMALL,
    costly=True,
    without_solver=TABLED,
    mutants=(
        Mutant("R", {"gradient_update": minus}, "p - p' together with α = -ε descends twice over", "components"),
        Mutant("R", {"learning_rate": climbing}, "α = +ε for descent", "components"),
    ),
)
def learning_rate_and_gradient_update(world, t):
    """With α = -ε and put = p + p' a step is p - ε R[t](p, a, t(p, a) - b)_P, as of the term of gradient descent.

    With α = +ε on the input and the dot product with the target as score, deep dreaming is a + ε R[t](p, a, b)_A.
    """
    known, para, images = world.components, Para(Lens(Terms())), world.category.image
    p, a, b = t.dom.left, t.dom.right, t.cod
    model = ParaMap(images(p), images(a), images(b), interpret(t, world.category))
    loss = ParaMap(images(b), images(b), images(SCALAR), interpret(known.quadratic(b), world.category))
    down, up = known.learning_rate(-RATE, SCALAR), known.learning_rate(RATE, SCALAR)
    point, target = First(Pair(p, a), b), Second(Pair(p, a), b)
    difference = Pairing(point >> t, target) >> subtract_on(b)
    gradient = Pairing(point, difference) >> world.reverse(t) >> First(p, a) >> scale_on(-RATE, p)
    descended = Pairing(point >> First(p, a), gradient) >> add_on(p)
    yield Equation(known.training(para, model, known.gradient_update(p), loss, down), descended)
    one = known.learning_rate(Fraction(1), SCALAR)
    held = known.training(para, model, known.gradient_descent(RATE).lens(p), loss, one)
    start = Pairing(Discard(p) >> known.gradient_descent(RATE).initial(p), Identity(p))
    yield Equation(((start @ Identity(a)) @ Identity(b)) >> held, descended >> start)
    score = multiply_on(b) >> total(b)
    praise = ParaMap(images(b), images(b), images(SCALAR), interpret(score, world.category))
    dreamt = (Swap(a, p) @ Identity(b)) >> world.reverse(t) >> Second(p, a) >> scale_on(RATE, a)
    climbed = Pairing(First(Pair(a, p), b) >> First(a, p), dreamt) >> add_on(a)
    yield Equation(known.dreaming(para, model, known.gradient_update(a), praise, up), climbed)


@law(
    "LR-SLIDE",
    "t : A => B",
    worlds=("R",),
    source=f"{BOOK}, Example 4.1",
    style=Style("smooth", 1),
    without_solver=TABLED,
    mutants=(Mutant("R", {"generator": clipped}, "the cotangent is clipped on the way back: R[t] is not homogeneous"),),
)
def a_constant_learning_rate_slides(world, t):
    """R[t](a, α w) = α R[t](a, w) for every number α; for α(w) = w the two sides are 2 and 4 at t = 2 a, w = 1."""
    a, b = t.dom, t.cod
    back, weighted = world.reverse(t), Pair(SCALAR, b)
    before = Identity(a) @ scaled(Second(SCALAR, b), First(SCALAR, b), b)
    point, factor = First(a, weighted), Second(a, weighted) >> First(SCALAR, b)
    plain = Pairing(point, Second(a, weighted) >> Second(SCALAR, b)) >> back
    yield Equation(before >> back, scaled(plain, factor, a))
    square, double = Copy(SCALAR) >> multiply(()), world.reverse(scale(2, ()))
    one = numbers(1, 1)
    yield Counterexample(Equation((Identity(SCALAR) @ square) >> double, double >> square), one)


# ------------------------------------------------------------------------------------------------ many steps


@law(
    "ITER",
    "f : A -> A",
    worlds=("para",),
    source=f"{BOOK}, section 4.1",
    equality="iso",
    mutants=(Mutant("para", {"compose": one_datum_for_all}, "one data point is used for every step"),),
)
def iteration_is_composition(world, f):
    """Three steps are the threefold composite of (D, step) : P → P; its parameter is the sequence of the data."""
    c, base, d = world.category, world.category.base, f.param
    thrice = c.compose(c.compose(f, f), f)

    def loop(x):
        data, held = x
        front, third = data
        first, second = front
        for datum in (first, second, third):
            held = f.inside.run((datum, held))
        return held

    yield Equation(thrice.inside, world.source.functions.arrow(Pair(Pair(Pair(d, d), d), f.dom), f.cod, loop))
    other = c.reparam(c.compose(f, c.compose(f, f)), base.associator(d, d, d))
    yield Equation(thrice, other, along="associator")


@law(
    "BATCH-SUM",
    "t : P @ A => R",
    worlds=("R",),
    source="derived here, from PARA-TIEGRAD and L-ALPHA",
    style=SMALL,
    without_solver=TABLED,
    mutants=(Mutant("R", {"copy": averaged}, "the gradients of a batch are averaged where they are summed"),),
)
def the_gradient_of_a_batch_is_the_sum(world, t):
    """E(p, a) + E(p, a') has the gradient R[E](p, a, w) + R[E](p, a', w): the reverse derivative of tying along Δ of P.

    The mean over a batch is no mean of means: for p x, p y, p z in micro-batches of one and two it is another map.
    """
    p, a = t.dom.left, t.dom.right
    batch = (Copy(p) @ Identity(Pair(a, a))) >> Terms().middle_four(p, p, a, a) >> (t @ t) >> add(())
    both = Pair(p, Pair(a, a))
    point, weight = First(both, SCALAR), Second(both, SCALAR)
    param, data = point >> First(p, Pair(a, a)), point >> Second(p, Pair(a, a))
    back = world.reverse(t) >> First(p, a)
    each = [Pairing(Pairing(param, data >> side(a, a)), weight) >> back for side in (First, Second)]
    yield Equation(world.reverse(batch) >> First(p, Pair(a, a)), Pairing(*each) >> add_on(p))
    two = Pair(SCALAR, SCALAR)
    half, third, quarter = (Fraction(1, n) for n in (2, 3, 4))
    mean, micro = _product_with((third, third, third)), _product_with((half, quarter, quarter))
    one, three, six, nine = numbers(1, 3, 6, 9)
    at = ((one, (three, (six, nine))), one)
    first = First(SCALAR, Pair(SCALAR, two))
    yield Counterexample(Equation(world.reverse(mean) >> first, world.reverse(micro) >> first), at)


def _product_with(weights):
    """(p, (x, (y, z))) ↦ p (u x + v y + w z)."""
    one, two, three = (scale(weight, ()) for weight in weights)
    inner = (one @ ((two @ three) >> add(()))) >> add(())
    return (Identity(SCALAR) @ inner) >> multiply(())
