"""Dual and Cont: the opposite of additive maps, transposition, and continuations."""

from verified_cat.check import law
from verified_cat.cont import Cont, Continuation
from verified_cat.draw import Style
from verified_cat.dual import Dual
from verified_cat.equation import Equation
from verified_cat.functions import Functions
from verified_cat.gad import GAD, forward_mode
from verified_cat.laws.differential import FREE
from verified_cat.loss import total
from verified_cat.objects import SCALAR, Pair
from verified_cat.primitives import multiply_on
from verified_cat.worlds import Mutant


def not_turned_round(dual, f, g):
    """Dual composition in the order of k where it fits."""
    if dual.dom(f) == dual.cod(f) == dual.cod(g):
        return dual.k.compose(f, g)
    return Dual.compose(dual, f, g)


def exchanged_factors(dual, operation):
    """The pullback of x ⊙ y as (w ⊙ x, w ⊙ y): the factors exchanged."""
    at = Dual.derivative(dual, operation)
    if operation.name != "multiply":
        return at

    def exchanged(graph):
        (x, y), z = graph
        return at(((y, x), z))

    return exchanged


def one_half_lost(cont, a):
    """Δ of continuations that forgets what the second copy was asked."""
    k = cont.k
    return Continuation(a, k.pair(a, a), lambda h: k.compose(k.inject_first(a, a), h))


def swapped_transformers(cont, f, g):
    """g ; f for f ; g where it fits."""
    return Cont.compose(cont, g, f) if f.dom == f.cod == g.cod else Cont.compose(cont, f, g)


@law(
    "DUAL-CAT",
    "f : A -> B; g : B -> C; e : A -> A; e' : A -> A",
    worlds=("dual",),
    source='Elliott 2018, Fig. "asDual"',
    mutants=(Mutant("dual", {"compose": not_turned_round}, "Dual composes in the order of k"),),
)
def dual_is_the_opposite(world, f, g, e, e2):
    """f ; g in Dual k is g ; f in k, identities are those of k, and Dual (Dual k) = k."""
    dual, k = world.category, world.category.k
    a, b = dual.dom(f), dual.cod(f)
    yield Equation(dual.compose(f, g), k.compose(g, f))
    yield Equation(dual.compose(e, e2), k.compose(e2, e))
    yield Equation(dual.identity(a), k.identity(a))
    yield Equation(Dual(dual).compose(g, f), k.compose(g, f))
    yield Equation(dual.associator(a, b, a), k.associator_inverse(a, b, a))
    yield Equation(dual.swap(a, b), k.swap(b, a))


@law(
    "DUAL-ADJ",
    "t : A => B",
    worlds=("D",),
    source='Elliott 2018, Theorem "asDual"; Cockett et al. 2019, Theorems 41 and 42',
    style=Style("smooth", 2),
    without_solver=FREE,
    mutants=(
        Mutant("D", {"derivative": exchanged_factors}, "the pullback of a product exchanges its factors", part="k"),
    ),
)
def transposition(world, t):
    """⟨D t(a) v, w⟩ = ⟨v, R t(a) w⟩: the reverse derivative is the transpose of the forward one."""
    functions = world.source.functions
    forward = forward_mode(functions.engine).differentiate(t).run
    reverse = world.category.differentiate(t).run
    here, there = (functions.meaning(multiply_on(ob) >> total(ob)).run for ob in (t.dom, t.cod))

    def pushed(x):
        a, vw = x
        v, w = vw
        _, df = forward(a)
        return there((df.run(v), w))

    def pulled(x):
        a, vw = x
        v, w = vw
        _, back = reverse(a)
        return here((v, back.run(w)))

    dom = Pair(t.dom, Pair(t.dom, t.cod))
    yield Equation(functions.arrow(dom, SCALAR, pushed), functions.arrow(dom, SCALAR, pulled))


@law(
    "CONT-FUNCT",
    "f : A -o B; g : B -o C; h : D -o E",
    worlds=("cont",),
    source='Elliott 2018, Theorem "cont" and Fig. "cont"',
    mutants=(
        Mutant("cont", {"copy": one_half_lost}, "Δ forgets the second copy"),
        Mutant("cont", {"compose": swapped_transformers}, "continuations compose in the order of k"),
    ),
)
def cont_is_a_functor(world, f, g, h):
    """cont id = id, cont (f ; g) = cont f ; cont g, and cont preserves ⊗, π, Δ, ι and ∇; (cont f)(id) = f."""
    c, k = world.category, world.category.k
    a, b, d = f.dom, f.cod, h.dom
    yield Equation(c.of(k.identity(a)), c.identity(a))
    yield Equation(c.of(k.compose(f, g)), c.compose(c.of(f), c.of(g)))
    yield Equation(c.of(k.tensor(f, h)), c.tensor(c.of(f), c.of(h)))
    yield Equation(c.of(k.first(a, d)), c.first(a, d))
    yield Equation(c.of(k.second(a, d)), c.second(a, d))
    yield Equation(c.of(k.copy(a)), c.copy(a))
    yield Equation(c.of(k.inject_first(a, d)), c.inject_first(a, d))
    yield Equation(c.of(k.merge(a)), c.merge(a))
    yield Equation(Cont(k, b).of(f).transform(k.identity(b)), f)


@law(
    "MODE-AGREE",
    "t : A => B",
    worlds=("D",),
    source="Elliott 2018, sections 7 to 14",
    style=Style("smooth", 2),
    without_solver=FREE,
    mutants=(Mutant("D", {"derivative": exchanged_factors}, "one mode exchanges the factors of a product", part="k"),),
)
def modes_agree(world, t):
    """GAD over Dual and GAD over continuations into R give the same covector: w ↦ ⟨w, D t(a) -⟩."""
    functions, k = world.source.functions, world.source.additive
    through_cont = GAD(functions, Cont(k, SCALAR)).differentiate(t).run
    reverse = world.category.differentiate(t).run
    here = functions.meaning(multiply_on(t.dom) >> total(t.dom)).run
    there = Functions.meaning(functions, multiply_on(t.cod) >> total(t.cod)).run

    def by_continuation(x):
        a, vw = x
        v, w = vw
        _, transformer = through_cont(a)
        functional = k.arrow(t.cod, SCALAR, lambda y: there((y, w)))
        return transformer.transform(functional).run(v)

    def by_pullback(x):
        a, vw = x
        v, w = vw
        _, back = reverse(a)
        return here((v, back.run(w)))

    dom = Pair(t.dom, Pair(t.dom, t.cod))
    yield Equation(functions.arrow(dom, SCALAR, by_continuation), functions.arrow(dom, SCALAR, by_pullback))


