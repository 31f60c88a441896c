"""The displayed formulas of the slides (Gavranović, SYCO 2, 18 December 2018) and of the page of the Haskell code.

The page displays no formula; what it says of its code (that backpropagation is D over Dual of additive functions, and
its example of a regression) is stated by the formulas marked with it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp

from verified_cat import primitives as p
from verified_cat.congruence import dimension_obstruction, follows
from verified_cat.functions import Arrow, Functions, Run
from verified_cat.gad import reverse_mode
from verified_cat.learn import GradientLearning, Learn, Learner
from verified_cat.loss import QUADRATIC, mean_squared_error
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, space
from verified_cat.para import Para, ParaMap
from verified_cat.reference.engine import SympyEngine
from verified_cat.reference.formula import Formula, Sides, function, lifted, plain, symbols
from verified_cat.schema import CYCLE_GAN, EQUALIZER, GAN, PRODUCT, Path, PathEquation, Schema
from verified_cat.terms import Identity, Term

ENGINE = SympyEngine()
FUNCTIONS = Functions(ENGINE)
PARA = Para(FUNCTIONS)
D = reverse_mode(ENGINE)
LEARN = Learn(FUNCTIONS)
SLIDES = "Gavranović, SYCO 2 (2018), slide"
PAGE = "the page of bgavran/Compositional_Deep_Learning"
RATE = Fraction(1, 10)

x, a, b, c, pp, q, r = symbols("x a b c p q r")


# ------------------------------------------------------------------------------------------------ Para


def _map(f: Any) -> ParaMap[Arrow]:
    """A 1-cell R → R of Para with parameter R, from (p, a) ↦ expression."""
    return ParaMap(SCALAR, SCALAR, SCALAR, FUNCTIONS.arrow(Pair(SCALAR, SCALAR), SCALAR, function(f)))


def _f(pa: Any) -> Any:
    return pa[0] * pa[1] + pa[1] ** 2


def _g(qb: Any) -> Any:
    return sp.tanh(qb[0] + qb[1])


def _h(rc: Any) -> Any:
    return rc[0] * sp.sin(rc[1])


F, G, H = map(_map, (_f, _g, _h))


def _composite(point: Any) -> Any:
    return plain(PARA.compose(F, G).inside(lifted(point)))


def _composition() -> Sides:
    return _composite(((pp, q), a)), _g((q, _f((pp, a))))


def _types() -> Sides:
    f = PARA.of(space(2), space(3), SCALAR, FUNCTIONS.arrow(space(2) @ space(3), SCALAR, lambda v: v))
    g = PARA.of(space(4), SCALAR, space(5), FUNCTIONS.arrow(space(4) @ SCALAR, space(5), lambda v: v))
    made = PARA.compose(f, g)
    return (made.param, made.dom, made.cod), (space(2) @ space(4), space(3), space(5))


def _types_exchanged() -> Sides:
    param, *boundary = _types()[0]
    return (param, *boundary), (space(4) @ space(2), *boundary)


def _identity() -> Sides:
    one = PARA.identity(SCALAR)
    return (one.param, plain(one.inside(lifted(((), a))))), (UNIT, a)


def _associative() -> Sides:
    left, right = PARA.compose(PARA.compose(F, G), H), PARA.compose(F, PARA.compose(G, H))
    return plain(left.inside(lifted((((pp, q), r), a)))), plain(right.inside(lifted(((pp, (q, r)), a))))


def _associative_strictly() -> Sides:
    left, right = PARA.compose(PARA.compose(F, G), H), PARA.compose(F, PARA.compose(G, H))
    return left.param, right.param


# ------------------------------------------------------------------------------------------------ Learn

PRODUCT_MAP = p.multiply(())
"""I(p, a) = p a."""
BEND = p.multiply(()) >> p.tanh(())
"""J(q, b) = tanh(q b)."""


def descent(ob: Ob) -> Run:
    return FUNCTIONS.meaning((Identity(ob) @ p.scale_on(-RATE, ob)) >> p.add_on(ob)).run


def gradient_learner(term: Term) -> Learner:
    differentiable = ParaMap(SCALAR, SCALAR, SCALAR, D.differentiate(term))
    return GradientLearning(LEARN, QUADRATIC.on(FUNCTIONS), descent)(differentiable)


def _error(i: Any) -> Any:
    """E_I(p, a, b) for the quadratic error and one output."""
    return (i - b) ** 2 / 2


def _asked(point: Any, part: str) -> Any:
    return plain(getattr(gradient_learner(BEND), part)(lifted(point)))


BENT = sp.tanh(pp * a)


def _learner_tuple() -> Sides:
    made = gradient_learner(BEND)
    return (made.param, made.dom, made.cod, plain(made.implement(lifted((pp, a))))), (SCALAR, SCALAR, SCALAR, BENT)


def _update() -> Sides:
    return _asked(((pp, a), b), "update"), pp - sp.Rational(1, 10) * sp.diff(_error(BENT), pp)


def _update_upwards() -> Sides:
    return _asked(((pp, a), b), "update"), pp + sp.Rational(1, 10) * sp.diff(_error(BENT), pp)


def _request() -> Sides:
    """f_a inverts x ↦ a - x, the derivative of the quadratic error at a."""
    return _asked(((pp, a), b), "request"), a - sp.diff(_error(BENT), a)


def _request_of_the_gradient() -> Sides:
    return _asked(((pp, a), b), "request"), sp.diff(_error(BENT), a)


def _two_notions() -> Sides:
    """The gradient by D, then the rule; against U, which does both at once."""
    _, pullback = D.differentiate(BEND)(lifted((pp, a)))
    slope, _ = plain(pullback(lifted(BENT - b)))
    return _asked(((pp, a), b), "update"), plain(descent(SCALAR)(lifted((pp, slope))))


def _weighted(factor: Any, weight_inside: Any, weight_end: Any) -> Any:
    """U_p of L(J) ∘ L(I) for I : R → R² and J : R² → R with α e on each object; ``factor`` is what r divides by."""
    y = (pp * a, pp * a)
    end = q * y[0] + r * y[1]
    asked = [y[k] - weight_end * (end - c) * s / factor for k, s in enumerate((q, r))]
    return pp - sp.Rational(1, 10) * sum(weight_inside * (y[k] - asked[k]) * a for k in range(2))


def _functor() -> Any:
    """U_p of L(J ∘ I)."""
    return sp.expand(pp - sp.Rational(1, 10) * sp.diff((q * pp * a + r * pp * a - c) ** 2 / 2, pp))


def _alpha_of_the_domain() -> Sides:
    """α = 1/2 on R² and 1 on R; the request of J : R² → R divides by that of R²."""
    return _weighted(sp.Rational(1, 2), sp.Rational(1, 2), 1), _functor()


def _alpha_of_the_codomain() -> Sides:
    return _weighted(1, sp.Rational(1, 2), 1), _functor()


# ------------------------------------------------------------------------------------------------ D


def _chain_rule() -> Sides:
    return sp.diff(sp.tanh(sp.sin(x) ** 2), x), (1 - sp.tanh(sp.sin(x) ** 2) ** 2) * sp.diff(sp.sin(x) ** 2, x)


def _derivative_at_x() -> Sides:
    return sp.diff(sp.tanh(sp.sin(x) ** 2), x), (1 - sp.tanh(x) ** 2) * sp.diff(sp.sin(x) ** 2, x)


OUTER, INNER = p.tanh(()), p.sin(())


def _composed_by_D() -> Sides:
    """let (b, f') = f(a), (c, g') = g(b) in (c, g' ∘ f'), where a pullback is a linear map read backwards."""
    value, back = D.compose(D.differentiate(INNER), D.differentiate(OUTER))(lifted(a))
    middle, inner_back = D.differentiate(INNER)(lifted(a))
    end, outer_back = D.differentiate(OUTER)(middle)
    return (plain(value), plain(back(lifted(b)))), (plain(end), plain(inner_back(outer_back(lifted(b)))))


def _composed_at_the_start() -> Sides:
    _, back = D.differentiate(INNER >> OUTER)(lifted(a))
    _, inner_back = D.differentiate(INNER)(lifted(a))
    _, outer_back = D.differentiate(OUTER)(lifted(a))
    return plain(back(lifted(b))), plain(inner_back(outer_back(lifted(b))))


def _derivative_cannot_be_composed() -> Sides:
    """Maps of equal derivatives, sin and sin + 1: the composites with x² differ in theirs."""
    return sp.diff(sp.sin(x) ** 2, x), sp.diff((sp.sin(x) + 1) ** 2, x)


def _parametric_pullback() -> Sides:
    """(p, a) ↦ (f(p, a), w ↦ (∂f/∂p w, ∂f/∂a w))."""
    value, back = D.differentiate(BEND)(lifted((pp, a)))
    return (plain(value), plain(back(lifted(b)))), (BENT, (sp.diff(BENT, pp) * b, sp.diff(BENT, a) * b))


def _regression() -> Sides:
    """p₃ = add ∘ mul in Para of D, at the parameters (3, 5) and the input 7, with the cotangent 1."""
    one, two = (ParaMap(SCALAR, SCALAR, SCALAR, D.differentiate(term)) for term in (p.multiply(()), p.add(())))
    value, back = Para(D).compose(one, two).inside(lifted(((3, 5), 7)))
    return (plain(value), plain(back(lifted(1)))), (26, ((7, 1), 3))


def _regression_exchanged() -> Sides:
    return _regression()[0], (26, ((3, 1), 7))


# ------------------------------------------------------------------------------------------------ schemas


def _listed(schema: Schema) -> Any:
    return (len(schema.objects), len(schema.edges), tuple(sorted(f"{e.lhs} = {e.rhs}" for e in schema.equations)))


def _inverse_pair(schema: Schema) -> Sides:
    """Both composites of the two edges are equal to identities, and an edge is not."""
    (one, two) = schema.edges
    there = PathEquation(Path(one.source, (one.name, two.name)), Path(one.source))
    back = PathEquation(Path(two.source, (two.name, one.name)), Path(two.source))
    return (follows(schema, there), follows(schema, back), len(schema.equations)), ("follows", "follows", 2)


def _one_equation_dropped() -> Sides:
    half = Schema("half", CYCLE_GAN.objects, CYCLE_GAN.edges, CYCLE_GAN.equations[:1])
    return follows(half, CYCLE_GAN.equations[1]), "follows"


def _free() -> Sides:
    return GAN.equations, ()


def _fork() -> Sides:
    (equation,) = EQUALIZER.equations
    return (follows(EQUALIZER, equation), equation.lhs.edges[0]), ("follows", equation.rhs.edges[0])


def _fork_cancelled() -> Sides:
    """f.h = f.g is not h = g."""
    return follows(EQUALIZER, PathEquation(Path("B", ("f",)), Path("B", ("g",)))), "follows"


BEFORE = [Fraction(k, 2) for k in range(-6, 7)]


def _equaliser() -> Sides:
    """h(b) = b³ and g(b) = b agree at -1, 0, 1."""
    return {point for point in BEFORE if point**3 == point}, {Fraction(-1), Fraction(0), Fraction(1)}


def _any_fork_is_an_equaliser() -> Sides:
    """The constant f = 1 satisfies h ∘ f = g ∘ f, and its image is not all of B'."""
    image = {Fraction(1) for _ in BEFORE}
    assert all(point**3 == point for point in image)
    return image, _equaliser()[1]


def _distance() -> Sides:
    """The distance of f(R_a) and g(R_a) is 0 where the images agree: here f = (x ↦ x), g = (x ↦ x) on two numbers."""
    both = FUNCTIONS.meaning(mean_squared_error(space(2)))
    return plain(both((_vector(a, b), _vector(a, b)))), 0


def _vector(*parts: Any) -> Any:
    return ENGINE.lift(space(len(parts)), parts)


def _zero_distance_everywhere() -> Sides:
    """x and x² agree on the data {0, 1}, and are not equal."""
    return x, x**2


def _dimensions() -> Sides:
    """g.f = id on R^(32·32·3) × R^100 through R^(32·32·3): no smooth maps do that."""
    objects = {"AB": space(32, 32, 3), "A ⊗ B": space(32, 32, 3) @ space(100)}
    return len(dimension_obstruction(PRODUCT, objects)), 1


def _dimensions_fit() -> Sides:
    objects = {"AB": space(32, 32, 3), "A ⊗ B": space(32, 32, 3) @ space(100)}
    return dimension_obstruction(PRODUCT, objects), []


FORMULAS: tuple[Formula, ...] = (
    Formula(
        "para-types",
        "∘ : (Q × B → C) × (P × A → B) → ((P × Q) × A → C)",
        f"{SLIDES} 15, eq. (1)",
        _types,
        {"the parameters in the order Q × P": _types_exchanged},
    ),
    Formula(
        "para-composition",
        "∘(g, f) = λ((p, q), a) → g(q, f(p, a))",
        f"{SLIDES} 15, eq. (2)",
        _composition,
        {
            "the parameters exchanged: g(p, f(q, a))": lambda: (_composite(((pp, q), a)), _g((pp, _f((q, a))))),
            "one parameter shared: g(p, f(p, a))": lambda: (_composite(((pp, q), a)), _g((pp, _f((pp, a))))),
        },
    ),
    Formula("para-identity", "id_a : 1 × A → A is the projection", f"{SLIDES} 15", _identity),
    Formula(
        "para-coherence",
        "h ∘ (g ∘ f) = (h ∘ g) ∘ f up to isomorphism",
        f"{SLIDES} 15, the note",
        _associative,
        {"equal on the nose: (P × Q) × R = P × (Q × R)": _associative_strictly},
    ),
    Formula("learner", "(P, I, U, r) with I : P × A → B", f"{SLIDES} 16", _learner_tuple),
    Formula(
        "update",
        "U_I(p, a, b) = p - ε ∇_p E_I(p, a, b)",
        f"{SLIDES} 16",
        _update,
        {"the sign of ascent": _update_upwards},
    ),
    Formula(
        "request",
        "r_I(p, a, b) = f_a(∇_a E_I(p, a, b)), for α = 1",
        f"{SLIDES} 16",
        _request,
        {"the gradient itself, without f_a": _request_of_the_gradient},
    ),
    Formula(
        "request-weight",
        "r_I(p, a, b) = f_a(1/α ∇_a E_I(p, a, b)) with the α of the domain",
        f"{SLIDES} 16, corrected: it prints α_B, of the codomain (law L-ALPHA)",
        _alpha_of_the_domain,
        {"α_B as printed: L is no functor": _alpha_of_the_codomain},
    ),
    Formula(
        "gradient-and-rule",
        "p_g = ∇_p E_I(p, a, b) and (p, p_g) ↦ p - ε p_g",
        f"{SLIDES} 17",
        _two_notions,
    ),
    Formula(
        "chain-rule",
        "(g ∘ f)'(x) = g'(f(x)) · f'(x)",
        f"{SLIDES} 18",
        _chain_rule,
        {
            "g'(x) · f'(x)": _derivative_at_x,
            "the derivatives alone determine that of the composite": _derivative_cannot_be_composed,
        },
    ),
    Formula(
        "D-composition",
        "g ∘ f = λa → let (b, f') = f(a), (c, g') = g(b) in (c, g' ∘ f')",
        f"{SLIDES} 19, and {PAGE}: backpropagation is D over Dual of additive functions",
        _composed_by_D,
        {"(c, g') = g(a)": _composed_at_the_start},
    ),
    Formula("Para-of-D", "P × A → B × ((P × A) ⊸ B)", f"{SLIDES} 20", _parametric_pullback),
    Formula(
        "regression",
        "(add ∘ mul)((3, 5), 7) = 26 with the gradient ((7, 1), 3), for ∘ of Para(D)",
        f"{PAGE}: the example of a linear regression",
        _regression,
        {"the factors of the product exchanged": _regression_exchanged},
    ),
    Formula(
        "CycleGAN",
        "f.g = id_h, g.f = id_z",
        f"{SLIDES} 21 and 24",
        lambda: _inverse_pair(CYCLE_GAN),
        {"one of the equations alone": _one_equation_dropped},
    ),
    Formula("GAN", "no equations", f"{SLIDES} 24", _free),
    Formula(
        "Equalizer",
        "f.h = f.g",
        f"{SLIDES} 24",
        _fork,
        {"h = g": _fork_cancelled},
    ),
    Formula("Product", "f.g = id_A, g.f = id_{B × C}", f"{SLIDES} 24 and 27", lambda: _inverse_pair(PRODUCT)),
    Formula(
        "path-distance",
        "d = ‖f(R_a) - g(R_a)‖ is 0 where f(R_a) = g(R_a)",
        f"{SLIDES} 22",
        _distance,
        {"d = 0 on the data makes f and g equal": _zero_distance_everywhere},
    ),
    Formula(
        "equaliser",
        "B' = {b ∈ B | h(b) = g(b)}",
        f"{SLIDES} 25",
        _equaliser,
        {"every f with f.h = f.g has the image B' (law EQ-UNIV)": _any_fork_is_an_equaliser},
    ),
    Formula(
        "CelebA-dimensions",
        "Pf : R^(32·32·3) → R^(32·32·3) × R^100 with g.f = id: one obstruction, of dimension",
        f"{SLIDES} 29, corrected: both equations cannot hold of smooth maps (law SCH-DIM)",
        _dimensions,
        {"both equations as printed": _dimensions_fit},
    ),
)
