"""What gradient learners do on particular maps: bimonoid images, what they keep, and what they are not."""

from fractions import Fraction

from verified_cat.check import Counterexample, law
from verified_cat.equation import Equation
from verified_cat.functions import left_of
from verified_cat.laws.differential import doubled_rule
from verified_cat.laws.gradient import GRADIENT, TARGET, _DotProduct
from verified_cat.laws.parameters import OVERWRITTEN, numbers
from verified_cat.learn import GradientLearning
from verified_cat.loss import LOGISTIC, POISSON
from verified_cat.objects import SCALAR, UNIT, Pair, fold
from verified_cat.primitives import add_on, constant, multiply, subtract_on, zero_on
from verified_cat.terms import Copy, Discard, Pairing
from verified_cat.worlds import Mutant

QUADRATIC = "the error is ½ (x - y)²"


def asked_of(learner, functions):
    """r with the parameter 1 left out: A ⊗ B → A."""

    def request(ab):
        a, b = ab
        return learner.request((((), a), b))

    return functions.arrow(Pair(learner.dom, learner.cod), learner.dom, request)


def same_request_twice(learning, f):
    """L whose requests to two equal inputs are both the second, as (b - y, b - y) is of +."""
    right = GradientLearning.__call__(learning, f)
    if not isinstance(f.dom, Pair) or f.dom.left != f.dom.right:
        return right

    def request(x):
        _, second = right.request(x)
        return second, second

    return learning.learn.of(f.param, f.dom, f.cod, right.implement, right.update, request)


@law(
    "L-BIMON",
    "A",
    worlds=("para over D",),
    doctrine="learn",
    source="Fong, Spivak and Tuyéras 2019, section V; against a published learner that requests (b - y, b - y) of +",
    without_solver=QUADRATIC,
    mutants=(
        GRADIENT,
        TARGET,
        Mutant("para over D", {"__call__": same_request_twice}, "+ requests (b - y, b - y)", part="learning"),
    ),
)
def images_of_the_bimonoid(world, a):
    """Of L Δ, r(a, (b, c)) = b + c - a; of L +, r((x, y), b) = (b - y, b - x); of L !, r(a) = a; L 0 is 0.

    They form a commutative bimonoid: (Δ, !) and (+, 0) are commutative, associative and unital, and (Δ, !) preserves
    (+, 0).
    """
    c, functions, lift = world.category, world.source.functions, world.learning
    plus, minus = (functions.meaning(each(a)).run for each in (add_on, subtract_on))

    def learnt(term):
        return asked_of(lift(c.embed(c.base.differentiate(term))), functions)

    def of_copy(x):
        point, targets = x
        return minus((plus(targets), point))

    def of_sum(x):
        (one, two), target = x
        return minus((target, two)), minus((target, one))

    both = Pair(a, a)
    yield Equation(learnt(Copy(a)), functions.arrow(Pair(a, both), a, of_copy))
    yield Equation(learnt(add_on(a)), functions.arrow(Pair(both, a), both, of_sum))
    yield Equation(learnt(Discard(a)), functions.arrow(Pair(a, UNIT), a, left_of))
    yield from _bimonoid(world, a)


def _bimonoid(world, a):
    """The laws of a commutative bimonoid, of learners whose parameters are trees of units."""
    para, learn, lift = world.category, world.learn, world.learning
    terms = (Copy(a), Discard(a), add_on(a), zero_on(a))
    copy, discard, plus, zero = (lift(para.embed(para.base.differentiate(term))) for term in terms)
    one, beside, then, swap = learn.identity(a), learn.tensor, learn.sequence, learn.swap(a, a)
    alpha, left, back = learn.associator(a, a, a), learn.left_unitor(a), learn.left_unitor_inverse(a)
    four = learn.middle_four(a, a, a, a)
    unit, units = learn.left_unitor(UNIT), learn.left_unitor_inverse(UNIT)
    for lhs, rhs in (
        (then(swap, plus), plus),
        (then(beside(plus, one), plus), then(alpha, beside(one, plus), plus)),
        (then(beside(zero, one), plus), left),
        (then(copy, swap), copy),
        (then(copy, beside(copy, one), alpha), then(copy, beside(one, copy))),
        (then(copy, beside(discard, one)), back),
        (then(plus, copy), then(beside(copy, copy), four, beside(plus, plus))),
        (then(plus, discard), then(beside(discard, discard), unit)),
        (then(zero, copy), then(units, beside(zero, zero))),
        (then(zero, discard), learn.identity(UNIT)),
    ):
        yield Equation(_data(learn.base, lhs), _data(learn.base, rhs))


def _data(functions, learner):
    """(a, b) ↦ (I(a), r(a, b)) of a learner with nothing to learn."""
    nothing = fold(learner.param, unit=(), leaf=None, pair=lambda one, two: (one, two))

    def run(x):
        point, wanted = x
        return learner.implement((nothing, point)), learner.request(((nothing, point), wanted))

    return functions.arrow(Pair(learner.dom, learner.cod), Pair(learner.cod, learner.dom), run)


@law(
    "LEARN-GETPUT",
    "f : A -> B",
    worlds=("para over D",),
    doctrine="learn",
    source="derived here; lens laws of learners are in Fong and Johnson 2019",
    without_solver=QUADRATIC,
    mutants=(GRADIENT,),
)
def a_learner_that_is_right_keeps_everything(world, f):
    """U(p, a, I(p, a)) = p and r(p, a, I(p, a)) = a where ∂e/∂x(x, x) = 0, as for ½ (x - y)².

    Not for e = x y, nor for the logistic and Poisson errors, whose requests at p = 2, a = 0 are -½ and -1.
    """
    functions = world.source.functions
    seen = Pair(f.param, f.dom)
    yield Equation(_told_its_own_value(functions, world.learning(f)), functions.identity(seen))
    c, learn = world.category, world.learn
    product = c.of(SCALAR, SCALAR, SCALAR, c.base.differentiate(multiply(())))
    other = GradientLearning(learn, _DotProduct(), world.learning.step)(product)
    seen = Pair(SCALAR, SCALAR)
    yield Counterexample(Equation(_told_its_own_value(functions, other), functions.identity(seen)), numbers(2, 1))
    for error, asked in ((LOGISTIC, Fraction(-1, 2)), (POISSON, Fraction(-1))):
        lift = GradientLearning(learn, error.on(functions), world.learning.step)
        told = _told_its_own_value(functions, lift(product))
        point = functions.meaning(Pairing(constant((), 2), constant((), 0)))
        request = functions.sequence(point, told, functions.second(SCALAR, SCALAR))
        yield Equation(request, functions.meaning(constant((), asked)))
        yield Counterexample(Equation(told, functions.identity(seen)), numbers(2, 0))


def _told_its_own_value(functions, learner):
    def run(pa):
        asked = (pa, learner.implement(pa))
        return learner.update(asked), learner.request(asked)

    seen = Pair(learner.param, learner.dom)
    return functions.arrow(seen, seen, run)


# ------------------------------------------------------------------------------------------------ what fails


def _product(c):
    """(p, a) ↦ p a on R, in Para over D."""
    return c.of(SCALAR, SCALAR, SCALAR, c.base.differentiate(multiply(())))


@law(
    "LEARN-PUTGET",
    worlds=("para over D",),
    doctrine="learn",
    source="derived here: gradient learners are no well-behaved lenses",
    equality="strict failure",
    without_solver=QUADRATIC,
    minimum=1,
    mutants=(
        Mutant(
            "para over D", {"derivative": doubled_rule("multiply")}, "the derivative of a product is doubled", "base.k"
        ),
    ),
)
def one_step_does_not_reach_the_target(world):
    """For p a at p = 2, a = 1, target 3 and ε = 1/10: I(U, r) = 63/10, not 3."""
    functions, learner = world.source.functions, world.learning(_product(world.category))

    def after(x):
        return learner.implement((learner.update(x), learner.request(x)))

    asked, engine = Pair(Pair(SCALAR, SCALAR), SCALAR), functions.engine
    point = (numbers(2, 1), *numbers(3))
    again = functions.arrow(asked, SCALAR, after)
    reached = functions.arrow(UNIT, SCALAR, lambda _: again.run(engine.lift(asked, point)))
    yield Equation(reached, functions.arrow(UNIT, SCALAR, lambda _: engine.lift(SCALAR, (Fraction(63, 10),))))
    yield Counterexample(Equation(again, functions.second(Pair(SCALAR, SCALAR), SCALAR)), point)


@law(
    "L-NOTCART",
    worlds=("para over D",),
    doctrine="learn",
    source="derived here: a shared layer is not two layers",
    equality="strict failure",
    without_solver=QUADRATIC,
    minimum=1,
    mutants=(OVERWRITTEN,),
)
def a_shared_layer_is_not_two_layers(world):
    """L(p a ; Δ) updates p = 1 at a = 1 and targets 0, 0 to 8/10; each half of L(Δ ; (p a ⊗ q a)) goes to 9/10."""
    c, lift, functions = world.category, world.learning, world.source.functions
    f, copy = _product(c), c.embed(c.base.copy(SCALAR))
    shared, apart = lift(c.compose(f, copy)), lift(c.compose(copy, c.tensor(f, f)))

    def together(x):
        pa, targets = x
        p, a = pa
        updated, _ = shared.update((((p, ()), a), targets))
        return updated

    def first_half(x):
        pa, targets = x
        p, a = pa
        _, halves = apart.update(((((), (p, p)), a), targets))
        return left_of(halves)

    dom = Pair(Pair(SCALAR, SCALAR), Pair(SCALAR, SCALAR))
    sides = (functions.arrow(dom, SCALAR, run) for run in (together, first_half))
    yield Counterexample(Equation(*sides), (numbers(1, 1), numbers(0, 0)))
