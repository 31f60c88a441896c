"""The slides' α: where the request undoes the weight of an error decides whether L is a functor."""

from fractions import Fraction

from verified_cat.check import Counterexample, law
from verified_cat.equation import Equation
from verified_cat.laws.differential import doubled_rule
from verified_cat.learn import GradientLearning, requesting, updating, valued
from verified_cat.loss import QUADRATIC
from verified_cat.objects import SCALAR, UNIT, Pair, Space, size
from verified_cat.primitives import broadcast, contract, multiply, scale_on
from verified_cat.terms import Identity
from verified_cat.worlds import Mutant


class _Weighted:
    """α_A e on the object A, with α_A = 1 / dim A: the mean squared error."""

    def __init__(self, functions):
        self.functions = functions
        self.plain = QUADRATIC.on(functions)

    def weight(self, ob):
        return Fraction(1, size(ob))

    def derivative(self, ob):
        scale = self.functions.meaning(scale_on(self.weight(ob), ob)).run
        plain = self.plain.derivative(ob)
        return lambda xy: scale(plain(xy))

    def inverse(self, ob):
        """The inverse of α_A ∂e/∂x, with the α of the domain A."""
        return self.inverse_with(ob, self.weight(ob))

    def inverse_with(self, ob, weight):
        plain = self.plain.inverse(ob)
        unscale = self.functions.meaning(Identity(ob) @ scale_on(1 / weight, ob)).run
        return lambda xv: plain(unscale(xv))


class WeightedLearning(GradientLearning):
    """L with the error α e: the request undoes the α of the *domain*."""

    def request_weight(self, f):
        return self.error.weight(f.dom)

    def __call__(self, f):
        run, derivative = f.inside.run, self.error.derivative(f.cod)
        inverse = self.error.inverse_with(f.dom, self.request_weight(f))
        return self.learn.of(
            f.param,
            f.dom,
            f.cod,
            valued(run),
            updating(run, derivative, self.step(f.param)),
            requesting(run, derivative, inverse),
        )


class SlideLearning(WeightedLearning):
    """L as on slide 16: the request undoes the α of the codomain."""

    def request_weight(self, f):
        return self.error.weight(f.cod)


@law(
    "L-ALPHA",
    worlds=("para over D",),
    doctrine="learn",
    source="derived here: a correction of slide 16 and of the first version of Fong, Spivak and Tuyéras",
    equality="strict failure",
    without_solver="the statement is about particular maps on R",
    minimum=1,
    mutants=(
        Mutant(
            "para over D", {"derivative": doubled_rule("multiply")}, "the derivative of a product is doubled", "base.k"
        ),
    ),
)
def the_request_undoes_alpha_of_the_domain(world):
    """With α_A = 1/dim A on R → R² → R: undone at the domain L is a functor, at the codomain (slide 16) it is not.

    At p = 1, q = (1, 2), a = 1, target 0 and ε = 1/10 the slide's composite steps to 11/20 where 1/10 is right.
    """
    learn, step = world.learn, world.learning.step
    para = world.category
    plane = Space((2,))
    spread = multiply(()) >> broadcast((2,), (0,))
    f = para.of(SCALAR, SCALAR, plane, para.base.differentiate(spread))
    g = para.of(plane, plane, SCALAR, para.base.differentiate(contract("i,i->", (2,), (2,))))
    point = (((((Fraction(1),), (Fraction(1), Fraction(2)))), (Fraction(1),)), (Fraction(0),))
    right, slide = (kind(learn, _Weighted(learn.base), step) for kind in (WeightedLearning, SlideLearning))
    yield Equation(right(para.compose(f, g)), learn.compose(right(f), right(g)))
    wrong = learn.compose(slide(f), slide(g))
    yield Counterexample(Equation(slide(para.compose(f, g)), wrong), point)
    yield Equation(_step_from(learn, wrong, point), _constant(learn, Fraction(11, 20)))
    yield Equation(_step_from(learn, learn.compose(right(f), right(g)), point), _constant(learn, Fraction(1, 10)))


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
