"""What gradient learners do on particular maps: bimonoid images, what they keep, and what they are not."""

from fractions import Fraction

from verified_cat.check import Counterexample, law
from verified_cat.equation import Equation
from verified_cat.functions import left_of
from verified_cat.laws.differential import doubled_rule
from verified_cat.laws.gradient import GRADIENT, TARGET, _DotProduct
from verified_cat.laws.parameters import OVERWRITTEN, numbers
from verified_cat.learn import GradientLearning
from verified_cat.objects import SCALAR, UNIT, Pair
from verified_cat.primitives import add_on, multiply, negate, scale, subtract_on
from verified_cat.terms import Copy, Discard
from verified_cat.worlds import Mutant

QUADRATIC = "the error is ½ (x - y)²"


def nothing_learnt(learning, f):
    """L whose update keeps the parameters."""
    right = GradientLearning.__call__(learning, f)

    def update(x):
        pa, _ = x
        return left_of(pa)

    return learning.learn.of(f.param, f.dom, f.cod, right.implement, update, right.request)


def asked_of(learner, functions):
    """r with the parameter 1 left out: A ⊗ B → A."""

    def request(ab):
        a, b = ab
        return learner.request((((), a), b))

    return functions.arrow(Pair(learner.dom, learner.cod), learner.dom, request)


@law(
    "L-BIMON",
    "A",
    worlds=("para over D",),
    doctrine="learn",
    source="Fong, Spivak and Tuyéras 2019, section V; against a published learner that requests (b - y, b - y) of +",
    without_solver=QUADRATIC,
    mutants=(GRADIENT, TARGET),
)
def images_of_the_bimonoid(world, a):
    """Of L Δ, r(a, (b, c)) = b + c - a; of L +, r((x, y), b) = (b - y, b - x); of L !, r(a) = a."""
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
    """U(p, a, I(p, a)) = p and r(p, a, I(p, a)) = a where ∂e/∂x(x, x) = 0, as for ½ (x - y)²; not for e = x y."""
    functions = world.source.functions
    seen = Pair(f.param, f.dom)
    yield Equation(_told_its_own_value(functions, world.learning(f)), functions.identity(seen))
    c, learn = world.category, world.learn
    product = c.of(SCALAR, SCALAR, SCALAR, c.base.differentiate(multiply(())))
    other = GradientLearning(learn, _DotProduct(), world.learning.step)(product)
    seen = Pair(SCALAR, SCALAR)
    yield Counterexample(Equation(_told_its_own_value(functions, other), functions.identity(seen)), numbers(2, 1))


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


@law(
    "L-WELLDEF",
    worlds=("para over D",),
    doctrine="learn",
    source="derived here: corrects Fong, Spivak and Tuyéras 2019, Theorem III.2, on classes up to diffeomorphism",
    equality="strict failure",
    without_solver=QUADRATIC,
    minimum=1,
    mutants=(Mutant("para over D", {"__call__": nothing_learnt}, "nothing is learnt", part="learning"),),
)
def gradient_steps_depend_on_coordinates(world):
    """Along φ(p) = 2p the update of p a is not φ of the update, along the isometry -p it is; the request stays."""
    c, lift, functions = world.category, world.learning, world.source.functions
    plain = lift(_product(c))
    asked = Pair(Pair(SCALAR, SCALAR), SCALAR)

    def compared(phi, inverse):
        run, back = functions.meaning(phi).run, c.base.differentiate(inverse)
        moved = lift(c.reparam(_product(c), back))

        def of_moved(answer):
            def at(x):
                pa, b = x
                p, a = pa
                return answer(((run(p), a), b))

            return functions.arrow(asked, SCALAR, at)

        after = functions.arrow(asked, SCALAR, lambda x: run(plain.update(x)))
        request = functions.arrow(asked, SCALAR, plain.request)
        return Equation(of_moved(moved.update), after), Equation(of_moved(moved.request), request)

    twice, kept = compared(scale(2, ()), scale(Fraction(1, 2), ()))
    turned, kept_too = compared(negate(()), negate(()))
    yield kept
    yield kept_too
    yield turned
    yield Counterexample(twice, (numbers(1, 1), *numbers(0)))
