"""Coordinates of parameters: a gradient step does not depend on them along isometries, and along no other map."""

from fractions import Fraction

from verified_cat.check import Counterexample, law
from verified_cat.draw import Style
from verified_cat.equation import Equation
from verified_cat.functions import left_of
from verified_cat.gad import forward_mode
from verified_cat.laws.parameters import numbers
from verified_cat.learn import GradientLearning
from verified_cat.lens import reverse_derivative
from verified_cat.objects import SCALAR, UNIT, Pair, Space
from verified_cat.primitives import add, add_on, constant, multiply, negate, permute, scale, scale_on, subtract_on
from verified_cat.terms import Copy, Discard, First, Identity, Pairing, Second, Swap
from verified_cat.worlds import Mutant

RATE = Fraction(1, 10)
"""ε of the worlds' gradient steps."""


def nothing_learnt(learning, f):
    """L whose update keeps the parameters."""
    right = GradientLearning.__call__(learning, f)

    def update(x):
        pa, _ = x
        return left_of(pa)

    return learning.learn.of(f.param, f.dom, f.cod, right.implement, update, right.request)


def unequal_rates(learning, f):
    """L that learns the left half of a pair of parameters only."""
    right = GradientLearning.__call__(learning, f)
    if not isinstance(f.param, Pair):
        return right

    def update(x):
        pa, _ = x
        (_, kept), (new, _) = left_of(pa), right.update(x)
        return new, kept

    return learning.learn.of(f.param, f.dom, f.cod, right.implement, update, right.request)


# ------------------------------------------------------------------------------------------------ isometries


def permutation(ob):
    """A map that puts the entries of a value in another order, and its inverse: halves and axes are exchanged."""
    if isinstance(ob, Pair):
        (left, left_back), (right, right_back) = permutation(ob.left), permutation(ob.right)
        there, back = (left @ right) >> Swap(left.cod, right.cod), Swap(right.cod, left.cod) >> (left_back @ right_back)
        return there, back
    if isinstance(ob, Space) and len(ob.shape) == 2:
        return permute(ob.shape, (1, 0)), permute(ob.shape[::-1], (1, 0))
    return Identity(ob), Identity(ob)


def rigid_motion(ob):
    """(x, y) ↦ ((3 x - 4 y) / 5, (4 x + 3 y) / 5) on equal halves, x ↦ ¾ - x on spaces; and its inverse."""
    if not isinstance(ob, Pair):
        mirrored = Identity(ob) if ob == UNIT else _shifted(ob, Fraction(3, 4))
        return mirrored, mirrored
    if ob.left == ob.right:
        return turn(ob.left, Fraction(4, 5)), turn(ob.left, Fraction(-4, 5))
    (left, left_back), (right, right_back) = rigid_motion(ob.left), rigid_motion(ob.right)
    return left @ right, left_back @ right_back


def _shifted(ob, by):
    """x ↦ by - x, entry by entry; its own inverse."""
    return Pairing(Discard(ob) >> constant(ob.shape, by), Identity(ob)) >> subtract_on(ob)


def turn(ob, sine):
    """(x, y) ↦ (c x - s y, s x + c y) with c = 3/5."""
    x, y, cosine = First(ob, ob), Second(ob, ob), Fraction(3, 5)

    def combined(a, b):
        return Pairing(x >> scale_on(a, ob), y >> scale_on(b, ob)) >> add_on(ob)

    return Pairing(combined(cosine, -sine), combined(sine, cosine))


# ------------------------------------------------------------------------------------------------ the laws


def moved_along(world, f, phi, back):
    """((p, a), b) ↦ U'(φ p, a, b) and φ U(p, a, b), and the requests, for the learners of f and of f along φ⁻¹."""
    c, lift, functions = world.category, world.learning, world.source.functions
    plain, run = lift(f), phi.run
    moved, asked = lift(c.reparam(f, back)), Pair(Pair(f.param, f.dom), f.cod)

    def of_moved(answer, cod):
        def at(x):
            pa, b = x
            p, a = pa
            return answer(((run(p), a), b))

        return functions.arrow(asked, cod, at)

    after = functions.arrow(asked, phi.cod, lambda x: run(plain.update(x)))
    requests = of_moved(moved.request, f.dom), functions.arrow(asked, f.dom, plain.request)
    return Equation(of_moved(moved.update, phi.cod), after), Equation(*requests)


def _along(world, f, there, back):
    return moved_along(world, f, world.source.functions.meaning(there), world.category.base.differentiate(back))


@law(
    "L-WELLDEF",
    "f : A -> B",
    worlds=("para over D",),
    doctrine="learn",
    source="derived here: corrects Fong, Spivak and Tuyéras 2019, Theorem III.2, on classes up to diffeomorphism",
    equality="strict failure",
    style=Style("polynomial", 1),
    without_solver="the error is ½ (x - y)²",
    mutants=(
        Mutant("para over D", {"__call__": nothing_learnt}, "nothing is learnt", part="learning"),
        Mutant("para over D", {"__call__": unequal_rates}, "half of the parameters are learnt", part="learning"),
    ),
)
def gradient_steps_depend_on_coordinates(world, f):
    """U'(φ p, a, b) = φ U(p, a, b), where f' is f along φ⁻¹, for permutations of parameters and for rigid motions φ.

    Not for φ(p) = 2 p, with f = p a at (1, 1) and target 0, nor for the diffeomorphism (p, q) ↦ (q + p², p). Requests
    do not change along any bijection. That no other φ will do is ISOMETRY.
    """
    c, source = world.category, world.source
    for there, back in (permutation(f.param), rigid_motion(f.param)):
        yield from _along(world, f, there, back)
    smooth, inverse = source.diffeomorphism("φ", c.base, f.param)
    yield moved_along(world, f, c.base.forget(smooth), inverse)[1]
    product = c.of(SCALAR, SCALAR, SCALAR, c.base.differentiate(multiply(())))
    steps, requests = _along(world, product, scale(2, ()), scale(Fraction(1, 2), ()))
    yield requests
    yield Counterexample(steps, (numbers(1, 1), *numbers(0)))
    plane = Pair(SCALAR, SCALAR)
    first = (First(SCALAR, SCALAR) @ Identity(SCALAR)) >> multiply(())
    bent = c.of(plane, SCALAR, SCALAR, c.base.differentiate(first))
    steps, requests = _along(world, bent, *_parabola())
    yield requests
    yield Counterexample(steps, ((numbers(1, 1), *numbers(1)), *numbers(0)))


def _parabola():
    """(p, q) ↦ (q + p², p) and (u, v) ↦ (v, u - v²), of determinant -1."""
    x, y = First(SCALAR, SCALAR), Second(SCALAR, SCALAR)
    square = Copy(SCALAR) >> multiply(())
    minus = negate(())
    return (
        Pairing(Pairing(y, x >> square) >> add(()), x),
        Pairing(y, Pairing(x, y >> square >> minus) >> add(())),
    )


@law(
    "ISOMETRY",
    "t : P => Q",
    worlds=("para over D",),
    doctrine="learn",
    source="our own, beside L-WELLDEF",
    style=Style("polynomial", 1),
    without_solver="derivatives of the table, and the error ½ (x - y)²",
    mutants=(Mutant("para over D", {"__call__": nothing_learnt}, "nothing is learnt", part="learning"),),
)
def what_a_step_does_to_coordinates(world, t):
    """For f = t itself, t(U(p, b)) changes with the target at b = t(p) by ε Dt(p) Dt(p)ᵀ; for f' = id, U' by ε.

    So U'(t p, b) = t U(p, b) for all b asks that Dt(p) Dt(p)ᵀ = 1 at all p, and then t is an isometry: a C¹ map of Rⁿ
    whose derivatives are orthogonal is a rigid motion (a proof on paper). The other way round is L-WELLDEF.
    """
    c, functions = world.category, world.source.functions
    p, q = t.dom, t.cod
    learner = world.learning(c.of(p, UNIT, q, c.base.differentiate(First(p, UNIT) >> t)))
    point, along = First(p, q), Second(p, q)
    slope = Pairing(point, along) >> reverse_derivative(t) >> scale_on(-RATE, p)
    stepped = Pairing(point, slope) >> add_on(p) >> t
    target = Pairing(point >> t, along) >> subtract_on(q)
    update, value = learner.update, functions.meaning(t).run
    shown = functions.arrow(Pair(p, q), q, lambda x: value(update(((x[0], ()), functions.meaning(target).run(x)))))
    yield Equation(shown, functions.meaning(stepped))
    run = forward_mode(functions.engine).differentiate
    zero = functions.meaning(scale_on(0, Pair(p, q)))
    outer, inner = run(stepped).run, run(t).run
    toward = functions.meaning(slope).run

    def changes(x):
        at, v = x
        nothing, start = zero.run(x)
        _, derivative = outer((at, start))
        return derivative.run((nothing, v))

    def gram(x):
        at, v = x
        _, derivative = inner(at)
        return derivative.run(toward((at, v)))

    ends = Pair(p, q), q
    yield Equation(functions.arrow(*ends, changes), functions.arrow(*ends, gram))
