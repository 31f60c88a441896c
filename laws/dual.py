"""Dual and Cont: the opposite of additive maps, transposition, and continuations."""

from fractions import Fraction

from verified_cat.category import interpret
from verified_cat.check import Counterexample, law
from verified_cat.cont import Cont, Continuation
from verified_cat.dual import Dual
from verified_cat.equation import Equation
from verified_cat.objects import SCALAR
from verified_cat.primitives import add, constant, scale_on
from verified_cat.terms import Discard, Identity, Pairing
from verified_cat.worlds import Mutant


def not_turned_round(dual, f, g):
    """Dual composition in the order of k where it fits."""
    if dual.dom(f) == dual.cod(f) == dual.cod(g):
        return dual.k.compose(f, g)
    return Dual.compose(dual, f, g)


def not_inverted(dual, a, b, c):
    """α of Dual k with its last two objects exchanged where that fits."""
    right = Dual.associator(dual, a, b, c)
    if b != c:
        return right
    return Dual.compose(dual, right, Dual.tensor(dual, Dual.identity(dual, a), dual.k.swap(b, c)))


def one_half_lost(cont, a):
    """Δ of continuations that forgets what the second copy was asked."""
    k = cont.k
    return Continuation(a, k.pair(a, a), lambda h: k.compose(k.inject_first(a, a), h))


def left_beside_itself(cont, f, g):
    """f ⊗ g taken for f ⊗ f where it fits."""
    return Cont.tensor(cont, f, f if (f.dom, f.cod) == (g.dom, g.cod) else g)


def swapped_transformers(cont, f, g):
    """g ; f for f ; g where it fits."""
    return Cont.compose(cont, g, f) if f.dom == f.cod == g.cod else Cont.compose(cont, f, g)


def other_injection(dual, a, b):
    """π₀ of Dual as ι₁ of k where it fits."""
    return dual.k.inject_second(a, a) if a == b else Dual.first(dual, a, b)


def forgets_the_map(cont, f):
    """cont f = h ↦ h where it fits."""
    return Continuation(f.dom, f.cod, lambda h: h) if f.dom == f.cod else Cont.of(cont, f)


@law(
    "DUAL-CAT",
    "f : A -> B; g : B -> C; e : A -> A; e' : A -> A",
    worlds=("dual",),
    source='Elliott 2018, Fig. "asDual"',
    mutants=(
        Mutant("dual", {"compose": not_turned_round}, "Dual composes in the order of k"),
        Mutant("dual", {"associator": not_inverted}, "α of Dual k also exchanges"),
    ),
)
def dual_is_the_opposite(world, f, g, e, e2):
    """f ; g in Dual k is g ; f in k, id and ⊗ are those of k, α, λ, ρ and σ the inverses, and Dual (Dual k) = k."""
    dual, k = world.category, world.category.k
    a, b = dual.dom(f), dual.cod(f)
    yield Equation(dual.compose(f, g), k.compose(g, f))
    yield Equation(dual.compose(e, e2), k.compose(e2, e))
    yield Equation(dual.tensor(f, e), k.tensor(f, e))
    yield Equation(dual.associator(a, a, a), k.associator_inverse(a, a, a))
    yield Equation(dual.left_unitor(a), k.left_unitor_inverse(a))
    yield Equation(dual.right_unitor(a), k.right_unitor_inverse(a))
    yield Equation(dual.identity(a), k.identity(a))
    yield Equation(Dual(dual).compose(g, f), k.compose(g, f))
    yield Equation(dual.associator(a, b, a), k.associator_inverse(a, b, a))
    yield Equation(dual.swap(a, b), k.swap(b, a))


@law(
    "DUAL-SWAP",
    "f : A -> B; g : A -> C; h : B -> A; e : C -> A",
    worlds=("dual",),
    source='Elliott 2018, Fig. "asDual" and Corollary "dual-derived"',
    mutants=(Mutant("dual", {"first": other_injection}, "π₀ of Dual is ι₁ of k"),),
)
def products_of_dual_are_coproducts(world, f, g, h, e):
    """Of Dual k: Δ = ∇, ! = 0, π = ι, ∇ = Δ, ι = π, [h, e] = ⟨h, e⟩ of k, and ⟨f, g⟩ is (x, y) ↦ f(x) + g(y)."""
    dual, k = world.category, world.category.k
    a, b, c = dual.dom(f), dual.cod(f), dual.cod(g)
    add = k.merge(a).run

    def summed(xy):
        x, y = xy
        return add((f.run(x), g.run(y)))

    yield Equation(dual.pairing(f, g), k.arrow(k.pair(b, c), a, summed))
    yield Equation(dual.copairing(h, e), k.pairing(h, e))
    yield Equation(dual.copy(a), k.merge(a))
    yield Equation(dual.merge(a), k.copy(a))
    yield Equation(dual.discard(a), k.zero(k.unit, a))
    yield Equation(dual.first(a, b), k.inject_first(a, b))
    yield Equation(dual.second(a, b), k.inject_second(a, b))
    yield Equation(dual.inject_first(a, b), k.first(a, b))
    yield Equation(dual.inject_second(a, b), k.second(a, b))


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
    yield Equation(c.of(k.inject_second(a, d)), c.inject_second(a, d))
    yield Equation(c.of(k.merge(a)), c.merge(a))
    yield Equation(Cont(k, b).of(f).transform(k.identity(b)), f)


@law(
    "CONT-SCALE",
    "A",
    worlds=("cont",),
    source='Elliott 2018, proof of Theorem "cont"',
    without_solver="the factor is a particular number, and the functional has to be homogeneous",
    mutants=(Mutant("cont", {"of": forgets_the_map}, "cont of an endomorphism is the identity"),),
)
def scalars_move_through_a_linear_functional(world, a):
    """cont (scale s) = h ↦ h ; scale s, for homogeneous h."""
    c, k = world.category, world.category.k
    factor = Fraction(-5, 8)
    before, after = (interpret(scale_on(factor, ob), k) for ob in (a, c.result))
    yield Equation(c.of(before), Continuation(a, a, lambda h: k.compose(h, after)))


@law(
    "CONT-IMAGE",
    worlds=("cont",),
    source='derived here; Elliott 2018, Fig. "cont", is stated for the image of cont alone',
    equality="strict failure",
    without_solver="the statement is about a particular transformer",
    minimum=1,
    mutants=(Mutant("cont", {"tensor": left_beside_itself}, "f ⊗ g is taken for f ⊗ f"),),
)
def continuations_need_additive_transformers(world):
    """⟨f, g⟩ ; π₀ = f holds for g h = h and fails for g h = h + 1, which is not additive: it computes f h + g 0."""
    c, k, r = world.category, world.category.k, SCALAR
    one = world.source.functions.meaning(Pairing(Identity(r), Discard(r) >> constant((), 1)) >> add(()))
    f, shifted = c.of(k.identity(r)), Continuation(r, r, lambda h: k.arrow(r, r, lambda x: one.run(h.run(x))))
    yield Equation(c.compose(c.pairing(f, f), c.first(r, r)), f)
    yield Counterexample(Equation(c.compose(c.pairing(f, shifted), c.first(r, r)), f), (Fraction(2),))
