"""The slides' α: where the request undoes the weight of an error decides whether L is a functor."""

from fractions import Fraction

from verified_cat.check import Counterexample, law
from verified_cat.draw import Style
from verified_cat.equation import Equation
from verified_cat.laws.differential import derivative_at_the_start, doubled_rule
from verified_cat.learn import GradientLearning, requesting, updating, valued
from verified_cat.loss import QUADRATIC
from verified_cat.objects import SCALAR, UNIT, Pair, Space, size
from verified_cat.primitives import broadcast, contract, multiply, scale_on
from verified_cat.terms import Identity
from verified_cat.worlds import Mutant


def mean(ob):
    """α_A = 1 / dim A: the mean squared error."""
    return Fraction(1, max(1, size(ob)))


def constantly_two_thirds(ob):
    """An α that is the same for all objects."""
    return Fraction(2, 3)


class _Weighted:
    """α_A e on the object A."""

    def __init__(self, functions, alpha):
        self.functions, self.alpha = functions, alpha
        self.plain = QUADRATIC.on(functions)

    def derivative(self, ob):
        scale = self.functions.meaning(scale_on(self.alpha(ob), ob)).run
        plain = self.plain.derivative(ob)
        return lambda xy: scale(plain(xy))

    def inverse_with(self, ob, weight):
        """(x, v) ↦ the y with weight · ∂e/∂x(x, y) = v."""
        plain = self.plain.inverse(ob)
        unscale = self.functions.meaning(Identity(ob) @ scale_on(1 / weight, ob)).run
        return lambda xv: plain(unscale(xv))


class WeightedLearning(GradientLearning):
    """L with the error α e: the request undoes the α of the *domain*."""

    def __init__(self, learn, step, alpha=mean):
        super().__init__(learn, _Weighted(learn.base, alpha), step)

    def undone(self, f):
        """The weight that the request undoes."""
        return self.error.alpha(f.dom)

    def __call__(self, f):
        run, derivative = f.inside.run, self.error.derivative(f.cod)
        inverse = self.error.inverse_with(f.dom, self.undone(f))
        update, request = updating(run, derivative, self.step(f.param)), requesting(run, derivative, inverse)
        return self.learn.of(f.param, f.dom, f.cod, valued(run), update, request)


class SlideLearning(WeightedLearning):
    """L as on slide 16: the request undoes the α of the codomain."""

    def undone(self, f):
        return self.error.alpha(f.cod)


class BareLearning(WeightedLearning):
    """L whose request undoes no α at all."""

    def undone(self, f):
        return Fraction(1)


@law(
    "L-ALPHA",
    "f : A -> B; g : B -> C; h : D -> E",
    worlds=("para over D",),
    doctrine="learn",
    source="derived here: a correction of slide 16 and of the first version of Fong, Spivak and Tuyéras",
    equality="strict failure",
    style=Style("smooth", 2),
    costly=True,
    without_solver="the weights are particular numbers",
    mutants=(
        Mutant(
            "para over D", {"derivative": doubled_rule("multiply")}, "the derivative of a product is doubled", "base.k"
        ),
        Mutant("para over D", {"compose": derivative_at_the_start}, "g' is taken at a", part="base"),
    ),
)
def the_request_undoes_alpha_of_the_domain(world, f, g, h):
    """With α_A e for e, undone at the domain, L is a functor for every α; monoidal, for constant α alone.

    For α_A = 1/dim A: undone nowhere, L id is not id; undone at the codomain (slide 16), L is no functor: on R → R² → R
    at p = 1, q = (1, 2), a = 1, target 0 and ε = 1/10 it steps to 11/20 where 1/10 is right; and p a beside q b learns
    at half the rate of each alone. A constant α is another ε.
    """
    learn, step, c = world.learn, world.learning.step, world.category
    right, even = WeightedLearning(learn, step), WeightedLearning(learn, step, constantly_two_thirds)
    for lift in (right, even):
        yield Equation(lift(c.compose(f, g)), learn.compose(lift(f), lift(g)))
        yield Equation(lift(c.identity(f.dom)), learn.identity(f.dom))
    yield Equation(even(c.tensor(f, h)), learn.tensor(even(f), even(h)))
    yield Equation(even(f), GradientLearning(learn, QUADRATIC.on(learn.base), _slower(learn.base, step))(f))
    yield from _undone_elsewhere(world, learn, step, right)
    product = c.of(SCALAR, SCALAR, SCALAR, c.base.differentiate(multiply(())))
    ones, zeros = ((Fraction(1),),) * 2, ((Fraction(0),),) * 2
    apart = learn.tensor(right(product), right(product))
    yield Counterexample(Equation(right(c.tensor(product, product)), apart), ((ones, ones), zeros))


def _slower(base, step):
    """(p, dp) ↦ step(p, 2/3 dp)."""

    def slower(ob):
        run, scale = step(ob), base.meaning(Identity(ob) @ scale_on(Fraction(2, 3), ob)).run
        return lambda x: run(scale(x))

    return slower


def _undone_elsewhere(world, learn, step, right):
    """The composite R → R² → R and the identity of R², with the α of the mean undone at the codomain and nowhere."""
    para, plane = world.category, Space((2,))
    spread = multiply(()) >> broadcast((2,), (0,))
    f = para.of(SCALAR, SCALAR, plane, para.base.differentiate(spread))
    g = para.of(plane, plane, SCALAR, para.base.differentiate(contract("i,i->", (2,), (2,))))
    point = (((((Fraction(1),), (Fraction(1), Fraction(2)))), (Fraction(1),)), (Fraction(0),))
    slide, bare = SlideLearning(learn, step), BareLearning(learn, step)
    wrong = learn.compose(slide(f), slide(g))
    yield Counterexample(Equation(slide(para.compose(f, g)), wrong), point)
    yield Equation(_step_from(learn, wrong, point), _constant(learn, Fraction(11, 20)))
    yield Equation(_step_from(learn, learn.compose(right(f), right(g)), point), _constant(learn, Fraction(1, 10)))
    apart = ((), (Fraction(1), Fraction(2))), (Fraction(0), Fraction(0))
    yield Counterexample(Equation(bare(para.identity(plane)), learn.identity(plane)), apart)


def _step_from(learn, learner, point):
    """The updated p of a learner with parameters (p, q) at an exact point, as a map 1 → R."""
    engine, asked = learn.base.engine, Pair(Pair(learner.param, learner.dom), learner.cod)

    def run(_):
        p, _q = learner.update(engine.lift(asked, point))
        return p

    return learn.base.arrow(UNIT, SCALAR, run)


def _constant(learn, value):
    engine = learn.base.engine
    return learn.base.arrow(UNIT, SCALAR, lambda _: engine.lift(SCALAR, (value,)))
