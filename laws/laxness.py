"""What Para is not: strictly monoidal, or a category in which discarding and copying are natural."""

from verified_cat.check import Counterexample, law
from verified_cat.equation import Equation
from verified_cat.laws.para import TWICE, applied_twice
from verified_cat.laws.parameters import numbers
from verified_cat.objects import SCALAR, Pair
from verified_cat.primitives import add, multiply
from verified_cat.worlds import Mutant


@law(
    "PARA-NOTMON",
    worlds=("para",),
    source="derived here: against a published claim that Para is a strict monoidal 1-category",
    equality="strict failure",
    without_solver="the statement is about particular maps on R",
    minimum=1,
    mutants=(Mutant("para", {"reparam": applied_twice}, "an endomorphic reparametrisation is applied twice"),),
)
def interchange_is_not_strict(world):
    """For p a, then q + b, at parameters 1, 2, 3, 4 interchange holds along the middle four and not strictly."""
    c, meaning = world.category, world.source.functions.meaning
    f = c.of(SCALAR, SCALAR, SCALAR, meaning(multiply(())))
    g = c.of(SCALAR, SCALAR, SCALAR, meaning(add(())))
    together, apart = c.compose(c.tensor(f, f), c.tensor(g, g)), c.tensor(c.compose(f, g), c.compose(f, g))
    one, two, three, four = numbers(1, 2, 3, 4)
    yield Equation(c.reparam(apart, c.base.middle_four(SCALAR, SCALAR, SCALAR, SCALAR)), together, along="middle four")
    yield Counterexample(Equation(together, apart), (((one, two), (three, four)), (one, one)))


@law(
    "PARA-NOTMARKOV",
    "f : A -> B",
    worlds=("para",),
    source="derived here: against a published claim that Para over a Markov category is a Markov category",
    equality="strict failure",
    without_solver="the statement is about a particular map on R",
    minimum=1,
    mutants=(TWICE,),
)
def discarding_and_copying_are_lax(world, f):
    """f ; ! is ! along P → 1, and f ; Δ is Δ ; (f ⊗ f) along Δ of P; for p a it is not so along π₀ at (2, 3)."""
    c, base = world.category, world.category.base
    ended = c.compose(f, c.embed(base.discard(f.cod)))
    yield Equation(ended, c.reparam(c.embed(base.discard(f.dom)), base.discard(ended.param)), along="P → 1")
    tied = base.sequence(
        base.right_unitor(f.param), base.copy(f.param), base.left_unitor_inverse(Pair(f.param, f.param))
    )
    yield Equation(_copied_after(c, f), c.reparam(_copied_before(c, f), tied), along="Δ of P")
    product = c.of(SCALAR, SCALAR, SCALAR, world.source.functions.meaning(multiply(())))
    two = Pair(SCALAR, SCALAR)
    first = base.sequence(base.left_unitor(two), base.first(SCALAR, SCALAR), base.right_unitor_inverse(SCALAR))
    left, right = numbers(2, 3)
    point = (((), (left, right)), left)
    yield Counterexample(Equation(c.reparam(_copied_after(c, product), first), _copied_before(c, product)), point)


def _copied_after(c, f):
    return c.compose(f, c.embed(c.base.copy(f.cod)))


def _copied_before(c, f):
    return c.compose(c.embed(c.base.copy(f.dom)), c.tensor(f, f))
