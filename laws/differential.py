"""Differentiation: the chain and parallel rules, D as a functor, and GAD_k as a cartesian category."""

from verified_cat.check import DERIVATIVES, law
from verified_cat.draw import Style
from verified_cat.dual import Dual
from verified_cat.equation import Equation
from verified_cat.functions import Functions
from verified_cat.gad import GAD
from verified_cat.laws.cartesian import ONES, both_halves
from verified_cat.laws.category import primal_for_cotangent
from verified_cat.observe import boundary
from verified_cat.worlds import Mutant

FREE = "the derivative of a free symbol is not in the table; D-RULES proves the chain rule for all maps"


def derivative_at_the_start(gad, f, g):
    """The chain with g'(a) for g'(f(a)) where it fits."""
    right = GAD.compose(gad, f, g)
    if f.dom != f.cod:
        return right

    def run(a):
        b, df = f.run(a)
        c, _ = g.run(b)
        _, dg = g.run(a)
        return c, gad.k.compose(df, dg)

    return gad.of(right.dom, right.cod, run)


def crossed_derivatives(gad, f, g):
    """f ⊗ g with the derivatives of the other point where it fits."""
    right = GAD.tensor(gad, f, g)
    if f.dom != g.dom:
        return right

    def run(ab):
        a, b = ab
        c, _ = f.run(a)
        d, _ = g.run(b)
        _, df = f.run(b)
        _, dg = g.run(a)
        return (c, d), gad.k.tensor(df, dg)

    return gad.of(right.dom, right.cod, run)


def first_derivative_twice(gad, f, g):
    """The chain with f' applied twice where f is an endomorphism."""
    right = GAD.compose(gad, f, g)
    if f.dom != f.cod:
        return right

    def run(a):
        b, df = f.run(a)
        c, dg = g.run(b)
        return c, gad.k.compose(gad.k.compose(df, df), dg)

    return gad.of(right.dom, right.cod, run)


def doubled_rule(name):
    """The derivative of the operation ``name`` taken twice over, as in exp' = 2 exp."""

    def derivative(k, operation):
        at = type(k).__mro__[1].derivative(k, operation)
        if operation.name != name:
            return at
        return lambda graph: k.add(at(graph), at(graph))

    return derivative


@law(
    "D-RULES",
    "f : A -> B; g : B -> C; h : D -> E; e : A -> D",
    worlds=DERIVATIVES,
    source="Elliott 2018, Theorems 1 to 3; Spivak 1965, Theorems 2-2 and 2-3",
    mutants=(
        Mutant("D", {"compose": derivative_at_the_start}, "the chain rule takes g' at a instead of f(a)"),
        Mutant("D", {"tensor": crossed_derivatives}, "f ⊗ g takes each derivative at the other's point"),
        Mutant("forward", {"compose": derivative_at_the_start}, "the chain rule takes g' at a instead of f(a)"),
    ),
)
def chain_and_parallel_rules(world, f, g, h, e):
    """(f ; g)'(a) = f'(a) ; g'(f(a)), (f ⊗ h)' = f' ⊗ h', ⟨f, e⟩' = ⟨f', e'⟩ (backwards a sum), and σ' = σ."""
    c, functions = world.category, world.source.functions
    reverse = isinstance(c.k, Dual)
    yield Equation(c.compose(f, g), functions.arrow(*_boundary(c, f.dom, g.cod), _chain(f.run, g.run, reverse)))
    both = c.tensor(f, h)
    yield Equation(both, functions.arrow(*_boundary(c, both.dom, both.cod), _parallel(f.run, h.run)))
    fork, add = c.pairing(f, e), world.source.additive.merge(f.dom).run
    yield Equation(fork, functions.arrow(*_boundary(c, fork.dom, fork.cod), _forked(f.run, e.run, add, reverse)))
    swap = c.swap(f.dom, h.dom)
    yield Equation(swap, functions.arrow(*_boundary(c, swap.dom, swap.cod), _twist))


def _boundary(c, dom, cod):
    source, target = boundary(c.k, dom, cod)
    return dom @ source, cod @ target


def _chain(f, g, reverse):
    def run(aw):
        a, w = aw
        b, df = f(a)
        c, dg = g(b)
        return c, (df.run(dg.run(w)) if reverse else dg.run(df.run(w)))

    return run


def _parallel(f, h):
    def run(x):
        ad, vw = x
        a, d = ad
        v, w = vw
        b, df = f(a)
        e, dh = h(d)
        return (b, e), (df.run(v), dh.run(w))

    return run


def _forked(f, e, add, reverse):
    def run(x):
        a, v = x
        b, df = f(a)
        d, de = e(a)
        if not reverse:
            return (b, d), (df.run(v), de.run(v))
        w, u = v
        return (b, d), add((df.run(w), de.run(u)))

    return run


def _twist(x):
    ab, vw = x
    a, b = ab
    v, w = vw
    return (b, a), (w, v)


@law(
    "D-FUNCT",
    "t : A => B; u : B => C",
    worlds=DERIVATIVES,
    source="Elliott 2018, section 4.1 and Corollary 1.1",
    style=Style("smooth", 2),
    without_solver=FREE,
    mutants=(
        Mutant("D", {"derivative": doubled_rule("multiply")}, "the derivative of a product is doubled", part="k"),
        Mutant("D", {"derivative": doubled_rule("tanh")}, "the derivative of tanh is doubled", part="k"),
        Mutant(
            "forward", {"derivative": doubled_rule("contract")}, "the derivative of a contraction is doubled", part="k"
        ),
        Mutant("D", {"identity": primal_for_cotangent}, "the identity pulls back to the primal value"),
    ),
)
def differentiation_is_a_functor(world, t, u):
    """D(t ; u) = D t ; D u, D id = id, and where inputs are symbols D t = (t, the Jacobian of t by calculus)."""
    c, engine = world.category, world.source.engine
    yield Equation(c.differentiate(t >> u), c.compose(c.differentiate(t), c.differentiate(u)))
    yield Equation(c.differentiate(c_identity(t.dom)), c.identity(t.dom))
    if hasattr(engine, "true_derivative"):
        transposed = isinstance(c.k, Dual)
        source, target = boundary(c.k, t.dom, t.cod)
        run = engine.true_derivative(t, transposed=transposed)
        yield Equation(c.differentiate(t), world.source.functions.arrow(t.dom @ source, t.cod @ target, run))


def c_identity(ob):
    """id_A as a term."""
    from verified_cat.terms import Identity

    return Identity(ob)


@law(
    "GAD-CAT",
    "f : A -> B; g : B -> C; h : C -> D",
    worlds=DERIVATIVES,
    doctrine="category",
    source="Elliott 2018, section 4.1, footnote",
    mutants=(
        Mutant("D", {"compose": first_derivative_twice}, "composition takes f' twice"),
        Mutant("forward", {"compose": first_derivative_twice}, "composition takes f' twice"),
    ),
)
def gad_is_a_category(world, f, g, h):
    """Identity and associativity for *all* a ↦ (b, f'), not only for derivatives of their first component."""
    c = world.category
    yield Equation(c.compose(c.identity(f.dom), f), f)
    yield Equation(c.compose(f, c.identity(f.cod)), f)
    yield Equation(c.compose(c.compose(f, g), h), c.compose(f, c.compose(g, h)))


@law(
    "GAD-CART",
    "f : X -> A; g : X -> B; h : X -> A @ B",
    worlds=DERIVATIVES,
    source='Elliott 2018, Fig. "GAD"',
    mutants=(
        ONES,
        Mutant("D", {"first": both_halves}, "the pullback of π₀ is d ↦ (d, d)", part="k"),
    ),
)
def gad_is_cartesian(world, f, g, h):
    """Projections, pairing and ! of GAD_k are those of its base and of k, with their universal property."""
    c = world.category
    a, b = f.cod, g.cod
    yield Equation(c.compose(c.pairing(f, g), c.first(a, b)), f)
    yield Equation(c.compose(c.pairing(f, g), c.second(a, b)), g)
    yield Equation(c.pairing(c.compose(h, c.first(a, b)), c.compose(h, c.second(a, b))), h)
    yield Equation(c.compose(h, c.discard(h.cod)), c.discard(h.dom))
    yield Equation(c.forget(c.pairing(f, g)), Functions.pairing(c.base, c.forget(f), c.forget(g)))
