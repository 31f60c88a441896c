"""GAD_k beyond a cartesian category: its value functor, change of k, arithmetic, seeds, and what fails at kinks."""

from fractions import Fraction

from verified_cat.begin import Begin
from verified_cat.check import DERIVATIVES, Counterexample, law
from verified_cat.cont import Cont
from verified_cat.draw import Style
from verified_cat.dual import Dual
from verified_cat.equation import Equation
from verified_cat.gad import GAD, change_of_derivatives
from verified_cat.laws.cartesian import ones
from verified_cat.laws.differential import (
    FREE,
    doubled_rule,
)
from verified_cat.loss import total
from verified_cat.objects import SCALAR, UNIT, Pair
from verified_cat.observe import boundary, observe
from verified_cat.primitives import add, constant, multiply, negate, relu, zero_on
from verified_cat.terms import Associator, Copy, Discard, Identity, Pairing, Swap
from verified_cat.worlds import Mutant


def other_injection(k, a, b):
    """ι₁ taken for ι₀ where it fits."""
    return k.inject_first(a, b) if a == b else type(k).__mro__[1].inject_second(k, a, b)


def value_twice(gad, f, g):
    """f ; g whose *value* applies f twice where it fits."""
    right = GAD.compose(gad, f, g)
    if f.dom != f.cod:
        return right

    def run(a):
        b, _ = f.run(a)
        return right.run(b)

    return gad.of(right.dom, right.cod, run)


def left_twice(gad, f, g):
    """⟨f, g⟩ taken for ⟨f, f⟩ where it fits."""
    return GAD.pairing(gad, f, f if f.cod == g.cod else g)


def flipped_step(gad, operation):
    """relu whose value is b x with b = [x > 0] taken at -x."""
    right = GAD.generator(gad, operation)
    if operation.name != "relu":
        return right
    minus = gad.base.meaning(negate(operation.dom.shape)).run
    return gad.of(right.dom, right.cod, lambda x: right.run(minus(x)))


SHARED = Mutant("D", {"compose": value_twice}, "the value of f ; g applies f twice")


@law(
    "GAD-FORGET",
    "f : A -> B; g : B -> C; h : D -> E; k : A -> D",
    worlds=DERIVATIVES,
    source="implicit in Elliott 2018, section 4.1",
    mutants=(SHARED, Mutant("forward", {"compose": value_twice}, "the value of f ; g applies f twice")),
)
def values_form_a_functor(world, f, g, h, k):
    """a ↦ fst(f(a)) preserves id, composition, ⊗, pairing, projections, Δ, ! and σ; of operations, see GAD-VALUES."""
    c, value = world.category, world.category.forget
    base, a, d = c.base, f.dom, h.dom
    yield Equation(value(c.compose(f, g)), base.compose(value(f), value(g)))
    yield Equation(value(c.tensor(f, h)), base.tensor(value(f), value(h)))
    yield Equation(value(c.pairing(f, k)), base.pairing(value(f), value(k)))
    yield Equation(value(c.identity(a)), base.identity(a))
    yield Equation(value(c.first(a, d)), base.first(a, d))
    yield Equation(value(c.second(a, d)), base.second(a, d))
    yield Equation(value(c.discard(a)), base.discard(a))
    yield Equation(value(c.copy(a)), base.copy(a))
    yield Equation(value(c.swap(a, d)), base.swap(a, d))


@law(
    "GAD-VALUES",
    "t : A => B",
    worlds=DERIVATIVES,
    source="our own, beside GAD-FORGET",
    without_solver=FREE,
    mutants=(
        Mutant("D", {"generator": flipped_step}, "the value of relu is that of relu(-x)"),
        Mutant("forward", {"generator": flipped_step}, "the value of relu is that of relu(-x)"),
    ),
)
def differentiation_keeps_the_values_of_operations(world, t):
    """The value of D t is t, for terms in all operations of the table."""
    c = world.category
    yield Equation(c.forget(c.differentiate(t)), world.source.functions.meaning(t))


@law(
    "GAD-BASE",
    "f : A -> B; g : B -> C; h : C -> D; e : A -> D",
    worlds=("forward",),
    costly=True,
    source="Elliott 2018, sections 7 and 12 to 14",
    mutants=(
        Mutant("forward", {"compose": value_twice}, "the value of f ; g applies f twice"),
        Mutant("forward", {"pairing": left_twice}, "⟨f, g⟩ is taken for ⟨f, f⟩"),
    ),
)
def change_of_derivatives_is_a_functor(world, f, g, h, e):
    """For F = cont and F = begin: GAD_F, a ↦ (f(a), F f'(a)), preserves id, ;, ⊗, ⟨-, -⟩, projections, Δ, ! and σ.

    It ends in a category. That Dual gives the same derivatives is MODE-AGREE.
    """
    for k in (Cont(world.source.additive, SCALAR), Begin(world.source.additive, SCALAR)):
        yield from _functorial(world, k, f, g, h, e)


def _functorial(world, k, f, g, h, e):
    c, source = world.category, world.source
    target = source.prepare(GAD(source.functions, k))
    over = change_of_derivatives(c, target, k.of)

    def seen(morphism):
        into = isinstance(k, Cont)
        ends = (morphism.cod, k.result) if into else (k.start, morphism.dom)
        probe = source.additive_arrow("probe {} → {}".format(*ends), *ends, assumed=into)
        return observe(target, morphism, lambda *_: probe)

    yield Equation(seen(over(c.compose(f, g))), seen(target.compose(over(f), over(g))))
    yield Equation(seen(over(c.tensor(f, h))), seen(target.tensor(over(f), over(h))))
    yield Equation(seen(over(c.pairing(f, e))), seen(target.pairing(over(f), over(e))))
    a, b = f.dom, f.cod
    for name, ends in {"identity": [a], "copy": [a], "discard": [a], "first": [a, b], "swap": [a, b]}.items():
        yield Equation(seen(over(getattr(c, name)(*ends))), seen(getattr(target, name)(*ends)))
    yield Equation(seen(over(c.second(a, b))), seen(target.second(a, b)))
    first, second, third = over(f), over(g), over(h)
    left = target.compose(target.compose(first, second), third)
    yield Equation(seen(left), seen(target.compose(first, target.compose(second, third))))


@law(
    "GAD-NUM",
    worlds=DERIVATIVES,
    source="Elliott 2018, section 4.6",
    minimum=1,
    mutants=(
        Mutant("D", {"derivative": doubled_rule("multiply")}, "the derivative of a product is doubled", part="k"),
        Mutant("forward", {"derivative": doubled_rule("negate")}, "the derivative of - is doubled", part="k"),
    ),
)
def arithmetic(world):
    """-, + and reading are their own derivatives; (x y)' = (v, w) ↦ v y + x w, backwards w ↦ (w y, x w)."""
    c, functions = world.category, world.source.functions
    reverse = isinstance(c.k, Dual)
    minus, plus, times = (functions.meaning(each(())).run for each in (negate, add, multiply))

    def stated(term, run):
        source, target = boundary(c.k, term.dom, term.cod)
        return Equation(c.differentiate(term), functions.arrow(term.dom @ source, term.cod @ target, run))

    def negated(av):
        a, v = av
        return minus(a), minus(v)

    def summed(av):
        a, v = av
        return plus(a), ((v, v) if reverse else plus(v))

    def multiplied(av):
        a, vw = av
        x, y = a
        if reverse:
            return times(a), (times((vw, y)), times((vw, x)))
        v, w = vw
        return times(a), plus((times((v, y)), times((x, w))))

    yield stated(negate(()), negated)
    yield stated(add(()), summed)
    yield stated(multiply(()), multiplied)


@law(
    "GAD-PART",
    "f : A @ B -> C",
    worlds=DERIVATIVES,
    source="bgavran/Compositional_Deep_Learning, TrainUtils, partiallyApply",
    mutants=(
        Mutant("D", {"inject_second": other_injection}, "ι₀ is taken for ι₁", part="k"),
        Mutant("forward", {"inject_second": other_injection}, "ι₀ is taken for ι₁", part="k"),
    ),
)
def partial_application(world, f):
    """The derivative of b ↦ f(a, b) at b is ι₁ ; f'(a, b)."""
    c, k = world.category, world.category.k
    a, b = f.dom.left, f.dom.right
    source, target = boundary(k, b, f.cod)

    def applied(abv):
        at, bv = abv
        point, v = bv
        fixed = c.of(b, a, lambda _: (at, k.zero(b, a)))
        value, derivative = c.compose(c.pairing(fixed, c.identity(b)), f).run(point)
        return value, derivative.run(v)

    def injected(abv):
        at, bv = abv
        point, v = bv
        value, derivative = f.run((at, point))
        return value, k.compose(k.inject_second(a, b), derivative).run(v)

    dom, cod = Pair(a, Pair(b, source)), Pair(f.cod, target)
    functions = world.source.functions
    yield Equation(functions.arrow(dom, cod, applied), functions.arrow(dom, cod, injected))


@law(
    "GAD-SEED",
    "t : A => B",
    worlds=("D",),
    source="derived here: the seed code's gradient by an unlawful counit, done lawfully",
    style=Style("smooth", 2),
    without_solver=FREE,
    mutants=(Mutant("D", {"derivative": doubled_rule("sum")}, "the derivative of a sum is doubled", part="k"),),
)
def seeds(world, t):
    """The pullback of (1, …, 1) is the gradient of the sum of all entries; of b + a c at ((3, 5), 7), ((7, 1), 3)."""
    c, functions = world.category, world.source.functions

    def gradient(term):
        run, seed = c.differentiate(term).run, functions.meaning(ones(term.cod)).run

        def at(a):
            _, back = run(a)
            return back.run(seed(()))

        return functions.arrow(term.dom, term.dom, at)

    yield Equation(gradient(t), gradient(t >> total(t.cod)))
    swapped = (Swap(SCALAR, SCALAR) @ Identity(SCALAR)) >> Associator(SCALAR, SCALAR, SCALAR)
    golden = swapped >> (Identity(SCALAR) @ multiply(())) >> add(())
    engine, exact = functions.engine, (((Fraction(7),), (Fraction(1),)), (Fraction(3),))
    start = (((Fraction(3),), (Fraction(5),)), (Fraction(7),))
    found = functions.arrow(UNIT, golden.dom, lambda _: gradient(golden).run(engine.lift(golden.dom, start)))
    yield Equation(found, functions.arrow(UNIT, golden.dom, lambda _: engine.lift(golden.dom, exact)))


# ------------------------------------------------------------------------------------------------ what fails


@law(
    "GAD-NOCOCART",
    worlds=DERIVATIVES,
    source='derived here; Elliott 2018, Fig. "GAD", defines the instance',
    equality="strict failure",
    without_solver="the statement is about a product of particular numbers",
    minimum=1,
    mutants=(Mutant("D", {"pairing": left_twice}, "⟨f, g⟩ is taken for ⟨f, f⟩"),),
)
def no_coproducts_of_nonlinear_maps(world):
    """With injections at 0, [ι₀ ; ×, ι₁ ; ×] = 0, not ×: only additive maps are given by their restrictions."""
    c = world.category
    none = Discard(SCALAR) >> zero_on(SCALAR)
    product = c.differentiate(multiply(()))
    left = c.pairing(c.identity(SCALAR), c.differentiate(none))
    right = c.pairing(c.differentiate(none), c.identity(SCALAR))
    joined = c.compose(c.tensor(c.compose(left, product), c.compose(right, product)), c.differentiate(add(())))
    yield Equation(joined, c.differentiate(Discard(product.dom) >> zero_on(SCALAR)))
    along = (Fraction(1),) if isinstance(c.k, Dual) else ((Fraction(1),), (Fraction(0),))
    yield Counterexample(Equation(joined, product), (((Fraction(2),), (Fraction(3),)), along))


@law(
    "D-EXT",
    worlds=DERIVATIVES,
    source="derived here; compare Kakade and Lee 2018, and Bolte and Pauwels 2020",
    equality="strict failure",
    without_solver="the statement is about relu",
    minimum=1,
    mutants=(Mutant("D", {"derivative": doubled_rule("relu")}, "the derivative of relu is doubled", part="k"),),
)
def equal_functions_with_a_kink_have_unequal_derivatives(world):
    """relu x - relu (-x) = x and relu (relu x) = relu x, but with c = relu'(0) their slopes at 0 are 2c and c².

    No number has 2c = 1 and c² = c, so no convention makes derivatives depend on functions alone. Here c = 0, and the
    derivatives of the first two at 0 are 0 and 1; away from the kink they agree.
    """
    c, meaning = world.category, world.source.functions.meaning
    mirrored = negate(()) >> relu(()) >> negate(())
    folded = Pairing(relu(()), mirrored) >> add(())
    yield Equation(meaning(folded), meaning(Identity(SCALAR)))
    yield Equation(meaning(relu(()) >> relu(())), meaning(relu(())))
    yield from _slopes_at_the_kink(c, world.source.functions, folded)
    square = Copy(SCALAR) >> multiply(())
    away = Pairing(square, Discard(SCALAR) >> constant((), 1)) >> add(())
    yield Equation(c.differentiate(away >> folded), c.differentiate(away))
    at_the_kink = ((Fraction(0),), (Fraction(1),))
    yield Counterexample(Equation(c.differentiate(folded), c.identity(SCALAR)), at_the_kink)


def _slopes_at_the_kink(c, functions, folded):
    """The slope of x ↦ relu x - relu (-x) at 0 is twice that of relu, that of relu ; relu its square."""
    zero, plus = (functions.meaning(term).run for term in (constant((), 0), add(())))

    def slope(term):
        _, derivative = c.differentiate(term).run(zero(()))
        return derivative.run

    def on_numbers(run):
        return functions.arrow(SCALAR, SCALAR, run)

    at_zero = slope(relu(()))
    yield Equation(on_numbers(slope(folded)), on_numbers(lambda v: plus((at_zero(v), at_zero(v)))))
    yield Equation(on_numbers(slope(relu(()) >> relu(()))), on_numbers(lambda v: at_zero(at_zero(v))))
