"""The functor L of Fong, Spivak and Tuyéras: what it is, that it is a functor and monoidal, and what it conjugates."""

from fractions import Fraction

from verified_cat.category import Terms
from verified_cat.check import law
from verified_cat.draw import Style
from verified_cat.equation import Equation
from verified_cat.functions import right_of
from verified_cat.laws.differential import derivative_at_the_start
from verified_cat.learn import GradientLearning, requesting, updating, valued
from verified_cat.lens import reverse_derivative
from verified_cat.loss import QUADRATIC
from verified_cat.objects import UNIT, Pair, Space, fold, leaves
from verified_cat.para import Para, ParaMap, change_base
from verified_cat.primitives import constant, scale_on, symbol
from verified_cat.terms import Identity, Tensor
from verified_cat.worlds import Mutant

# ------------------------------------------------------------------------------------------------ wrong functors


def gradient_as_request(learning, f):
    """r = ∂E/∂a, without the inverse of ∂e/∂x."""
    right = GradientLearning.__call__(learning, f)
    request = requesting(f.inside.run, learning.error.derivative(f.cod), right_of)
    return learning.learn.of(f.param, f.dom, f.cod, right.implement, right.update, request)


def error_at_the_target(learning, f):
    """The arguments of ∂e/∂x exchanged: e'(b, f(p, a))."""
    derivative = learning.error.derivative(f.cod)

    def exchanged(xy):
        x, y = xy
        return derivative((y, x))

    run, step, inverse = f.inside.run, learning.step(f.param), learning.error.inverse(f.dom)
    update, request = updating(run, exchanged, step), requesting(run, exchanged, inverse)
    return learning.learn.of(f.param, f.dom, f.cod, valued(run), update, request)


def double_step(learning, f):
    """The update applied twice to the same gradient."""
    right, step = GradientLearning.__call__(learning, f), learning.step(f.param)

    def twice(x):
        p, dp = x
        return step((step((p, dp)), dp))

    update = updating(f.inside.run, learning.error.derivative(f.cod), twice)
    return learning.learn.of(f.param, f.dom, f.cod, right.implement, update, right.request)


def mean_error(learning, f):
    """The error divided by the number of entries of the codomain, as a mean over outputs is."""
    right, derivative = GradientLearning.__call__(learning, f), learning.error.derivative(f.cod)
    count = sum(1 for _ in leaves(f.cod)) or 1
    scale = learning.learn.base.meaning(on_leaves(f.cod, Fraction(1, count))).run

    def mean(xy):
        return scale(derivative(xy))

    update = updating(f.inside.run, mean, learning.step(f.param))
    return learning.learn.of(f.param, f.dom, f.cod, right.implement, update, right.request)


def on_leaves(ob, factor):
    """x ↦ factor · x on every leaf; on an opaque one, a map named after the factor."""

    def leaf(part):
        return scale_on(factor, part) if isinstance(part, Space) else symbol(f"times {factor}", part, part)

    return fold(ob, unit=Identity(UNIT), leaf=leaf, pair=Tensor)


def _broken(method, says):
    return Mutant("para over D", {"__call__": method}, says, part="learning")


GRADIENT = _broken(gradient_as_request, "a gradient is requested")
TARGET = _broken(error_at_the_target, "∂e/∂x has its arguments exchanged")


# ------------------------------------------------------------------------------------------------ the laws


@law(
    "L-DEF",
    "f : A -> B",
    worlds=("para over D",),
    doctrine="learn",
    source="Fong, Spivak and Tuyéras 2019, Theorem III.2, without the factor α",
    mutants=(GRADIENT, TARGET, _broken(double_step, "the update is applied twice")),
)
def definition_of_gradient_learning(world, f):
    """I = f, U = step(p, ∂E/∂p), r = φ_a⁻¹(∂E/∂a) for φ_x = ∂e/∂x(x, -), where ∂E is the pullback of φ_f(p, a)(b)."""
    lift, functions = world.learning, world.source.functions
    derivative, inverse = lift.error.derivative(f.cod), lift.error.inverse(f.dom)
    step, seen = lift.step(f.param), Pair(f.param, f.dom)

    def stated(x):
        pa, target = x
        p, a = pa
        value, back = f.inside.run(pa)
        dp, da = back.run(derivative((value, target)))
        return (value, step((p, dp))), inverse((a, da))

    yield Equation(lift(f), functions.arrow(Pair(seen, f.cod), Pair(Pair(f.cod, f.param), f.dom), stated))


@law(
    "L-FUNCT",
    "f : A -> B; g : B -> C",
    worlds=("para over D",),
    doctrine="learn",
    source="Fong, Spivak and Tuyéras 2019, Theorem III.2",
    mutants=(
        GRADIENT,
        TARGET,
    ),
)
def gradient_learning_is_a_functor(world, f, g):
    """L(f ; g) = L f ; L g and L id = id, for an error with invertible ∂e/∂x and any componentwise update.

    That learners so descend on the error of the whole, end to end, is L-SGD.
    """
    c, learn, lift = world.category, world.learn, world.learning
    yield Equation(lift(c.compose(f, g)), learn.compose(lift(f), lift(g)))
    yield Equation(lift(c.identity(f.dom)), learn.identity(f.dom))


@law(
    "L-SGD",
    "t : P @ A => B; u : Q @ B => C",
    worlds=("para over D",),
    doctrine="learn",
    source="our own, a corollary of L-FUNCT: Fong, Spivak and Tuyéras 2019, Theorem III.2",
    style=Style("smooth", 2),
    without_solver="the error is ½ Σ (x - y)², and its gradient that of the table",
    mutants=(
        GRADIENT,
        TARGET,
        _broken(double_step, "the update is applied twice"),
        Mutant("para over D", {"compose": derivative_at_the_start}, "g' is taken at a", part="base"),
    ),
)
def learners_descend_end_to_end(world, t, u):
    """U of L f ; L g is one step of gradient descent, of p and q together, on ½ Σ (g(q, f(p, a)) - c)²."""
    c, learn, lift, functions = world.category, world.learn, world.learning, world.source.functions
    layers = [ParaMap(each.dom.left, each.dom.right, each.cod, each) for each in (t, u)]
    first, second = (lift(change_base(each, c.base.differentiate)) for each in layers)
    whole = Para(Terms()).compose(*layers)
    gradient = reverse_derivative((whole.inside @ Identity(u.cod)) >> QUADRATIC.total(u.cod))
    back, step = functions.meaning(gradient).run, lift.step(whole.param)
    one = functions.meaning(constant((), 1)).run

    def descended(x):
        (params, _), _ = x
        (slope, _), _ = back((x, one(())))
        return step((params, slope))

    asked = Pair(Pair(whole.param, whole.dom), whole.cod)
    composed = functions.arrow(asked, whole.param, learn.compose(first, second).update)
    yield Equation(composed, functions.arrow(asked, whole.param, descended))


@law(
    "L-MON",
    "f : A -> B; g : C -> D",
    worlds=("para over D",),
    doctrine="learn",
    source="Fong, Spivak and Tuyéras 2019, Theorem III.2",
    mutants=(GRADIENT, _broken(mean_error, "the error is a mean over the outputs")),
)
def gradient_learning_is_monoidal(world, f, g):
    """L(f ⊗ g) = L f ⊗ L g and L σ = σ, for an error and an update that work entry by entry."""
    c, learn, lift = world.category, world.learn, world.learning
    yield Equation(lift(c.tensor(f, g)), learn.tensor(lift(f), lift(g)))
    yield Equation(lift(c.swap(f.dom, g.dom)), learn.swap(f.dom, g.dom))


class _DotProduct:
    """e(x, y) = x y, for which ∂e/∂x(x, -) is the identity."""

    def derivative(self, ob):
        return right_of

    def inverse(self, ob):
        return right_of


@law(
    "L-CONJ",
    "f : A -> B",
    worlds=("para over D",),
    doctrine="learn",
    source="derived here; compare numeric-optics, Learner.to_lens, and Cruttwell et al. 2021",
    mutants=(GRADIENT, TARGET),
)
def gradient_learning_is_a_conjugated_lens_functor(world, f):
    """With φ_x = ∂e/∂x(x, -): r_e(p, a, b) = φ_a⁻¹(r(p, a, φ_I(b))), U_e(p, a, b) = U(p, a, φ_I(b)); r, U of x y."""
    lift, learn, functions = world.learning, world.learn, world.source.functions
    plain, phi = GradientLearning(learn, _DotProduct(), lift.step)(f), lift.error.derivative(f.cod)
    inverse = lift.error.inverse(f.dom)

    def conjugated(x):
        pa, target = x
        _, a = pa
        value = plain.implement(pa)
        asked = (pa, phi((value, target)))
        return (value, plain.update(asked)), inverse((a, plain.request(asked)))

    seen = Pair(f.param, f.dom)
    yield Equation(lift(f), functions.arrow(Pair(seen, f.cod), Pair(Pair(f.cod, f.param), f.dom), conjugated))
