"""The modes of differentiation agree: forward, by matrices, by continuations, by duality, by beginnings."""

from verified_cat.begin import Begin
from verified_cat.check import law
from verified_cat.components import scaled
from verified_cat.cont import Cont
from verified_cat.draw import Style
from verified_cat.dual import Dual
from verified_cat.equation import Equation
from verified_cat.gad import GAD
from verified_cat.laws.additive import affine_scale, first_summand
from verified_cat.laws.differential import FREE
from verified_cat.laws.monoidal import first_input_twice
from verified_cat.loss import total
from verified_cat.matrices import Matrices
from verified_cat.objects import SCALAR, UNIT, Pair, Space, size
from verified_cat.primitives import constant, multiply_on
from verified_cat.terms import First, Second
from verified_cat.worlds import Mutant

BASIS = "matrices need a basis, and an opaque object has none"


def exchanged_factors(dual, operation):
    """The pullback of x ⊙ y as (w ⊙ x, w ⊙ y): the factors exchanged."""
    at = Dual.derivative(dual, operation)
    if operation.name != "multiply":
        return at

    def exchanged(graph):
        (x, y), z = graph
        return at(((y, x), z))

    return exchanged


EXCHANGED = Mutant("D", {"derivative": exchanged_factors}, "the pullback of a product exchanges its factors", part="k")


def _inner(functions, ob):
    """(x, y) ↦ ⟨x, y⟩."""
    return functions.meaning(multiply_on(ob) >> total(ob)).run


def _paired(functions, t, derivative):
    """(a, (v, w)) ↦ ⟨derivative(a)(v), w⟩, for t : A → B."""
    there = _inner(functions, t.cod)

    def pushed(x):
        a, vw = x
        v, w = vw
        return there((derivative(a).run(v), w))

    return functions.arrow(Pair(t.dom, Pair(t.dom, t.cod)), SCALAR, pushed)


def _by_pullback(world, t):
    """(a, (v, w)) ↦ ⟨v, R t(a) w⟩, by this world's reverse mode."""
    functions = world.source.functions
    reverse, here = world.category.differentiate(t).run, _inner(functions, t.dom)

    def pulled(x):
        a, vw = x
        v, w = vw
        _, back = reverse(a)
        return here((v, back.run(w)))

    return functions.arrow(Pair(t.dom, Pair(t.dom, t.cod)), SCALAR, pulled)


def _derivatives(k, functions, t):
    """a ↦ the derivative of t at a, in k."""
    run = GAD(functions, k).differentiate(t).run

    def at(a):
        _, derivative = run(a)
        return derivative

    return at


@law(
    "DUAL-ADJ",
    "t : A => B",
    worlds=("D",),
    source='Elliott 2018, Theorem "asDual"; Cockett et al. 2019, Theorems 41 and 42',
    style=Style("smooth", 2),
    without_solver=FREE,
    mutants=(EXCHANGED,),
)
def transposition(world, t):
    """⟨D t(a) v, w⟩ = ⟨v, R t(a) w⟩: the reverse derivative is the transpose of the forward one."""
    functions, k = world.source.functions, world.source.additive
    yield Equation(_paired(functions, t, _derivatives(k, functions, t)), _by_pullback(world, t))


@law(
    "MODE-AGREE",
    "t : A => B",
    worlds=("D",),
    source="Elliott 2018, sections 7 to 14",
    style=Style("smooth", 2),
    costly=True,
    without_solver=FREE,
    mutants=(EXCHANGED,),
)
def modes_agree(world, t):
    """GAD over additive maps, over matrices, over continuations into R, over Dual and over beginnings from R agree.

    All give ⟨w, D t(a) v⟩: a vector v is the map s ↦ s v from R, a covector w the map ⟨-, w⟩ into R.
    """
    functions, k = world.source.functions, world.source.additive
    matrices, pulled = Matrices(functions), _by_pullback(world, t)
    yield Equation(_paired(functions, t, _derivatives(k, functions, t)), pulled)
    jacobian = _derivatives(matrices, functions, t)
    yield Equation(_paired(functions, t, lambda a: matrices.action(jacobian(a))), pulled)
    yield Equation(_by_continuation(functions, k, t), pulled)
    yield Equation(_by_beginning(functions, k, t), pulled)


def _by_continuation(functions, k, t):
    """(a, (v, w)) ↦ the functional ⟨-, w⟩ pulled back, at v."""
    transformer, there = _derivatives(Cont(k, SCALAR), functions, t), _inner(functions, t.cod)

    def run(x):
        a, vw = x
        v, w = vw
        functional = k.arrow(t.cod, SCALAR, lambda y: there((y, w)))
        return transformer(a).transform(functional).run(v)

    return functions.arrow(Pair(t.dom, Pair(t.dom, t.cod)), SCALAR, run)


def _by_beginning(functions, k, t):
    """(a, (v, w)) ↦ ⟨the element s ↦ s v pushed forward, at 1, w⟩."""
    transformer, there = _derivatives(Begin(k, SCALAR), functions, t), _inner(functions, t.cod)
    times = functions.meaning(scaled(Second(SCALAR, t.dom), First(SCALAR, t.dom), t.dom)).run
    one = functions.meaning(constant((), 1)).run

    def run(x):
        a, vw = x
        v, w = vw
        element = k.arrow(SCALAR, t.dom, lambda s: times((s, v)))
        return there((transformer(a).transform(element).run(one(())), w))

    return functions.arrow(Pair(t.dom, Pair(t.dom, t.cod)), SCALAR, run)


@law(
    "MAT-ADD",
    "f : A -> B; g : B -> C; h : D -> E; e : A -> C",
    worlds=("additive",),
    source="Elliott 2018, section 9; Macedo and Oliveira 2013",
    without_solver=BASIS,
    costly=True,
    mutants=(
        Mutant("additive", {"tensor": first_input_twice}, "f ⊗ g gives both maps the first input"),
        Mutant("additive", {"add": first_summand}, "f + g is taken for f"),
        Mutant("additive", {"generator": affine_scale}, "scale s is taken for x ↦ x + s"),
    ),
)
def additive_maps_are_matrices(world, f, g, h, e):
    """A map is the action of its matrix; matrices multiply, f ⊗ h is block diagonal, ⟨f, e⟩ is f above e, and so on."""
    k, matrices = world.category, Matrices(world.source.functions)
    a, b, c, of = k.dom(f), k.cod(f), k.cod(g), matrices.of

    def seen(matrix):
        shape = Space((size(matrix.cod), size(matrix.dom)))
        return k.arrow(UNIT, shape, lambda _: matrix.entries)

    yield Equation(matrices.action(of(f)), f)
    yield Equation(seen(of(k.compose(f, g))), seen(matrices.compose(of(f), of(g))))
    yield Equation(seen(of(k.tensor(f, h))), seen(matrices.tensor(of(f), of(h))))
    yield Equation(seen(of(k.pairing(f, e))), seen(matrices.pairing(of(f), of(e))))
    yield Equation(seen(of(k.add(k.compose(f, g), e))), seen(matrices.add(matrices.compose(of(f), of(g)), of(e))))
    yield Equation(seen(of(k.identity(a))), seen(matrices.identity(a)))
    for one in ("swap", "first", "second", "inject_first", "inject_second", "zero"):
        yield Equation(seen(of(getattr(k, one)(a, b))), seen(getattr(matrices, one)(a, b)))
    yield Equation(seen(of(k.copy(c))), seen(matrices.copy(c)))
    yield Equation(seen(of(k.merge(c))), seen(matrices.merge(c)))
