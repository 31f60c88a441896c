"""Displayed formulas of the papers that the catalogue of laws quotes, as executable examples; misprints are refuted."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp

from verified_cat import primitives as p
from verified_cat.cont import Cont
from verified_cat.dual import Dual
from verified_cat.functions import AdditiveMaps
from verified_cat.gad import GAD
from verified_cat.lens import reverse_derivative
from verified_cat.loss import cross_entropy, dot
from verified_cat.objects import SCALAR, Ob, Pair, space
from verified_cat.optimiser import Optimiser, adagrad, adam, momentum
from verified_cat.reference.formula import Formula, Sides, function, lifted, plain, symbols
from verified_cat.reference.formulas_slides import BEND, ENGINE, FUNCTIONS, LEARN, PARA, D, F, G, gradient_learner
from verified_cat.terms import Copy, Identity, RightUnitorInverse, Second, Term

ELLIOTT = "Elliott 2018"
FST = "Fong, Spivak and Tuyéras 2019"
COCKETT = "Cockett et al. 2019"
BOOK = "Cruttwell et al. 2021"

a, b, c, d, t, u, v, w, x, y, s, g = symbols("a b c d t u v w x y s g")
pp, q = symbols("p q")
ADDITIVE = AdditiveMaps(ENGINE)


def _at(term: Term, point: Any) -> Any:
    """The term at nested tuples of expressions."""
    return plain(FUNCTIONS.meaning(term)(lifted(point)))


def _pulled(term: Term, point: Any, cotangent: Any) -> Any:
    """R[f](point, cotangent)."""
    return _at(reverse_derivative(term), (point, cotangent))


# ------------------------------------------------------------------------------------------------ Elliott


def _map_of(f: Any) -> Any:
    return ADDITIVE.arrow(SCALAR, SCALAR, function(f))


TWICE, THRICE = _map_of(lambda z: 2 * z), _map_of(lambda z: 3 * z)


def _fork() -> Sides:
    """u ▵ v = inl ∘ u + inr ∘ v."""
    one = ADDITIVE.compose(TWICE, ADDITIVE.inject_first(SCALAR, SCALAR))
    two = ADDITIVE.compose(THRICE, ADDITIVE.inject_second(SCALAR, SCALAR))
    total = ADDITIVE.sum_of(Pair(SCALAR, SCALAR))((one(lifted(x)), two(lifted(x))))
    return plain(ADDITIVE.pairing(TWICE, THRICE)(lifted(x))), plain(total)


def _join() -> Sides:
    """u ▿ v = u ∘ exl + v ∘ exr."""
    return plain(ADDITIVE.copairing(TWICE, THRICE)(lifted((x, y)))), 2 * x + 3 * y


def _fork_as_printed() -> Sides:
    """u ∘ exl + v ∘ exr, of a pair, for u ▵ v."""
    return _fork()[0], _join()[1]


def _pullback(term: Term, point: Any, cotangent: Any) -> Any:
    return plain(D.differentiate(term)(lifted(point))[1](lifted(cotangent)))


SLOPES = {
    "exp": sp.exp(x),
    "log": 1 / x,
    "reciprocal": -1 / x**2,
    "sqrt": 1 / (2 * sp.sqrt(x)),
    "sin": sp.cos(x),
    "cos": -sp.sin(x),
    "tanh": 1 - sp.tanh(x) ** 2,
    "sigmoid": sp.exp(-x) / (1 + sp.exp(-x)) ** 2,
}


def _unary(name: str) -> Formula:
    def sides(factor: int = 1) -> Sides:
        return _pullback(p.primitive(name, ()), x, 1), factor * SLOPES[name]

    return Formula(
        f"slope-{name}",
        f"{name}'(x) = {SLOPES[name]}",
        f"{ELLIOTT}, section 4.6",
        sides,
        {"the opposite sign": lambda: sides(-1), "twice as much": lambda: sides(2)},
    )


def _modes() -> Sides:
    """GAD over additive maps, over their dual, and over continuations at ⟨w, -⟩, of one map."""
    term, point = p.multiply(()) >> p.sin(()), lifted((x, y))
    forward = plain(GAD(FUNCTIONS, ADDITIVE).differentiate(term)(point)[1](lifted((u, v))))
    first, second = plain(GAD(FUNCTIONS, Dual(ADDITIVE)).differentiate(term)(point)[1](lifted(w)))
    functional = ADDITIVE.arrow(SCALAR, SCALAR, function(lambda z: w * z))
    continued = GAD(FUNCTIONS, Cont(ADDITIVE, SCALAR)).differentiate(term)(point)[1].transform(functional)
    return (w * forward, plain(continued(lifted((u, v))))), (first * u + second * v, w * forward)


# ------------------------------------------------------------------------------------------------ learners

OTHER = p.multiply(()) >> p.sin(())


def _learner_composite() -> tuple[Any, Any, Any]:
    """U, r of L(OTHER) ∘ L(BEND) at (((p, q), a), c), and the parts by hand."""
    f, h = gradient_learner(BEND), gradient_learner(OTHER)
    made = LEARN.compose(f, h)
    asked = lifted((((pp, q), a), c))
    return f, h, (plain(made.update(asked)), plain(made.request(asked)))


def _composed(order: bool = True) -> Sides:
    f, h, found = _learner_composite()
    middle = plain(f.implement(lifted((pp, a))))
    wanted = plain(h.request(lifted(((q, middle), c)))) if order else c
    update = plain(f.update(lifted(((pp, a), wanted)))), plain(h.update(lifted(((q, middle), c))))
    return found, (update, plain(f.request(lifted(((pp, a), wanted)))))


def _functorial() -> Sides:
    """L(J ∘ I) with J ∘ I : ((p, q), a) ↦ sin(q tanh(p a)): U by the derivative of the whole error."""
    _, _, (update, request) = _learner_composite()
    whole = (sp.sin(q * sp.tanh(pp * a)) - c) ** 2 / 2
    rate = sp.Rational(1, 10)
    expected = (pp - rate * sp.diff(whole, pp), q - rate * sp.diff(whole, q)), a - sp.diff(whole, a)
    return (update, request), expected


def _get_put() -> Sides:
    """U(p, a, I(p, a)) = p and r(p, a, I(p, a)) = a for the quadratic error."""
    made = gradient_learner(BEND)
    point = lifted(((pp, a), sp.tanh(pp * a)))
    return (plain(made.update(point)), plain(made.request(point))), (pp, a)


def _put_get() -> Sides:
    """I(U, r) = b."""
    made = gradient_learner(p.multiply(()))
    point = lifted(((pp, a), b))
    return plain(made.implement((made.update(point), made.request(point)))), b


def _parameterless(term: Term, dom: Ob) -> Any:
    """The request of L of a map without parameters, for the quadratic error: a - R[f](a, f(a) - b)."""

    def request(point: Any, wanted: Any) -> Any:
        found = _at(term, point)
        miss = tuple(m - n for m, n in zip(found, wanted, strict=True)) if isinstance(found, tuple) else found - wanted
        slope = _pulled(term, point, miss)
        return tuple(m - n for m, n in zip(point, slope, strict=True)) if isinstance(point, tuple) else point - slope

    return request


def _copied() -> Sides:
    return _parameterless(Copy(SCALAR), SCALAR)(a, (b, c)), b + c - a


def _added(second: Any = None) -> Sides:
    found = _parameterless(p.add(()), Pair(SCALAR, SCALAR))((a, d), b)
    return found, (b - d, b - a if second is None else second)


# ------------------------------------------------------------------------------------------------ reverse derivatives

WAVY = p.multiply(()) >> p.sin(())
BELL = p.exp(())


def _reverse_chain(at: Any = None) -> Sides:
    """R[fg](a, c) = R[f](a, R[g](f(a), c))."""
    inner = _at(WAVY, (x, y)) if at is None else at
    return _pulled(WAVY >> BELL, (x, y), w), _pulled(WAVY, (x, y), _pulled(BELL, inner, w))


def _reverse_additive() -> Sides:
    one, two = _pulled(WAVY, (x, y), v), _pulled(WAVY, (x, y), w)
    return _pulled(WAVY, (x, y), v + w), tuple(m + n for m, n in zip(one, two, strict=True))


def _projections() -> Sides:
    both = Second(SCALAR, SCALAR)
    return (_pulled(Identity(SCALAR), x, w), _pulled(both, (x, y), w)), (w, (0, w))


def _reverse_pairing(overwritten: bool = False) -> Sides:
    """R[⟨f, g⟩](a, (b, c)) = R[f](a, b) + R[g](a, c)."""
    paired = Copy(SCALAR) >> (p.sin(()) @ p.exp(()))
    first = 0 if overwritten else _pulled(p.sin(()), x, v)
    return _pulled(paired, x, (v, w)), first + _pulled(p.exp(()), x, w)


def _forward_by_two_reverses(factor: int = 1) -> Sides:
    """D[f] = (ι₀ × 1) R[R[f]] π₁ is J v."""
    second = reverse_derivative(reverse_derivative(WAVY))
    _, along = _at(second, (((x, y), 0), (u, v)))
    f = sp.sin(x * y)
    return along, factor * (sp.diff(f, x) * u + sp.diff(f, y) * v)


def _cotangents_linear() -> Sides:
    """[RD.6] the last component of R³[f](((a, b), 0), (0, b')) is R[f](a, b')."""
    thrice = reverse_derivative(reverse_derivative(reverse_derivative(p.sin(()))))
    found = _at(thrice, (((x, w), 0), (0, v)))
    return found[1], _pulled(p.sin(()), x, v)


def _second_symmetric() -> Sides:
    """[RD.7] D[D[f]] at ((a, u), (v, 0)) and ((a, v), (u, 0)), by R alone."""
    forward = _forward_term(WAVY)
    twice = _forward_term(forward)
    return _at(twice, (((x, y), (u, v)), ((s, t), (0, 0)))), _at(twice, (((x, y), (s, t)), ((u, v), (0, 0))))


def _forward_term(f: Term) -> Term:
    """D[f] : A ⊗ A → B as the term (ι₀ × 1) R[R[f]] π₁."""
    start = f.dom
    zero = RightUnitorInverse(start) >> (Identity(start) @ p.zero_on(f.cod))
    return (zero @ Identity(start)) >> reverse_derivative(reverse_derivative(f)) >> Second(start, f.cod)


def _closed_form() -> Sides:
    """[RD-EXT] R of a ↦ R[sin](a, 1) is R of cos."""
    ones = RightUnitorInverse(SCALAR) >> (Identity(SCALAR) @ p.constant((), 1)) >> reverse_derivative(p.sin(()))
    return _pulled(ones, x, w), _pulled(p.cos(()), x, w)


# ------------------------------------------------------------------------------------------------ losses and optimisers


def _quadratic_gradient(sign: int = 1) -> Sides:
    """R[e]((t, x), α) = α (t - x, x - t) for e = ½ (x - t)²."""
    loss = p.subtract_on(SCALAR) >> Copy(SCALAR) >> p.multiply(()) >> p.scale(Fraction(1, 2), ())
    return _pulled(loss, (t, x), w), (sign * w * (t - x), sign * w * (x - t))


VECTORS = ENGINE.symbols(space(2), "t"), ENGINE.symbols(space(2), "x")
(T0, T1), (X0, X1) = (plain(part) for part in VECTORS)
LEVEL = sp.log(sp.exp(X0) + sp.exp(X1))


def _entropy() -> Sides:
    """-Σ t_i log softmax(x)_i on R²."""
    return plain(FUNCTIONS.meaning(cross_entropy(2))(VECTORS)), -(T0 * (X0 - LEVEL) + T1 * (X1 - LEVEL))


def _entropy_as_printed() -> Sides:
    """Σ t_i (x_i - log softmax(x)_i)."""
    return _entropy()[0], T0 * (X0 - (X0 - LEVEL)) + T1 * (X1 - (X1 - LEVEL))


def _entropy_gradient(total: Any = None) -> Sides:
    """∂/∂x = (Σ t) softmax(x) - t."""
    found = FUNCTIONS.meaning(reverse_derivative(cross_entropy(2)))((VECTORS, lifted(w)))
    share = [sp.exp(each) / (sp.exp(X0) + sp.exp(X1)) for each in (X0, X1)]
    mass = T0 + T1 if total is None else total
    return plain(found[1]), (w * (mass * share[0] - T0), w * (mass * share[1] - T1))


def _dot_gradient() -> Sides:
    found = FUNCTIONS.meaning(reverse_derivative(dot(2)))((VECTORS, lifted(w)))
    return plain(found), ((w * X0, w * X1), (w * T0, w * T1))


RATE, DECAY, SQUARES = sp.Rational(1, 10), sp.Rational(1, 3), sp.Rational(1, 2)


def _after_two(rule: Optimiser) -> Any:
    """The parameter after two steps of an optimiser from x, with the gradients u, v."""
    point = (_at(rule.initial(SCALAR), ()), x)
    for slope in (u, v):
        point = _at(rule.update(SCALAR), (point, slope))
    return point[1]


def _momentum(sign: int = 1) -> Sides:
    """s' = ±γ s + p', and the parameter goes along s'."""
    found = _after_two(momentum(Fraction(1, 10), Fraction(1, 3)))
    return found, x - RATE * u - RATE * (sign * DECAY * u + v)


def _adagrad(inside: bool = False) -> Sides:
    """g' = g + p'², and the step is ε p' / (δ + √g'), against one with δ under the root."""
    found = _after_two(adagrad(Fraction(1, 10), Fraction(1, 8)))
    eighth = sp.Rational(1, 8)
    sums = (u**2, u**2 + v**2)
    lengths = [sp.sqrt(total + eighth) if inside else sp.sqrt(total) + eighth for total in sums]
    return found, x - RATE * u / lengths[0] - RATE * v / lengths[1]


def _adam(stored: bool = False) -> Sides:
    """m' = β₁ m + (1 - β₁) p', v' alike with squares; the step is ε m̂ / (δ + √v̂). ``stored``: m̂, v̂ are the state."""
    found = _after_two(adam(Fraction(1, 10), Fraction(1, 3), Fraction(1, 2), Fraction(1, 8)))
    mean, square, point = sp.S.Zero, sp.S.Zero, x
    for time, slope in enumerate((u, v), start=1):
        mean, square = DECAY * mean + (1 - DECAY) * slope, SQUARES * square + (1 - SQUARES) * slope**2
        hats = mean / (1 - DECAY**time), square / (1 - SQUARES**time)
        point = point - RATE * hats[0] / (sp.Rational(1, 8) + sp.sqrt(hats[1]))
        mean, square = hats if stored else (mean, square)
    return found, point


def _bilinear(simultaneous: bool = True) -> Sides:
    """min_x max_y x y with rate ε, by D: x² + y² grows by 1 + ε² where both step at once, not where one waits."""
    down, up = _pulled(p.multiply(()), (x, y), 1)
    there = x - g * down
    back = y + g * (up if simultaneous else _pulled(p.multiply(()), (there, y), 1)[1])
    return there**2 + back**2, (1 + g**2) * (x**2 + y**2)


def _alternating() -> Sides:
    there = x - g * _pulled(p.multiply(()), (x, y), 1)[0]
    back = y + g * _pulled(p.multiply(()), (there, y), 1)[1]
    return there**2 - g * there * back + back**2, x**2 - g * x * y + y**2


def _order(swapped: bool = True) -> Sides:
    """The composite of the slides at (p, q), against f ; g with parameters Q ⊗ P at (q, p)."""
    found = plain(PARA.compose(F, G).inside(lifted(((pp, q), a))))
    outer, inner = (q, pp) if swapped else (pp, q)
    return found, sp.tanh(outer + inner * a + a**2)


FORMULAS: tuple[Formula, ...] = (
    Formula(
        "fork",
        "u ▵ v = inl ∘ u + inr ∘ v",
        f"{ELLIOTT}, appendix on abelian categories, corrected: the source prints the right-hand sides exchanged",
        _fork,
        {"u ∘ exl + v ∘ exr as printed": _fork_as_printed},
    ),
    Formula("join", "u ▿ v = u ∘ exl + v ∘ exr", f"{ELLIOTT}, as the one before, corrected", _join),
    Formula(
        "product-rule",
        "D mul (a, b) = scale b ▿ scale a",
        f"{ELLIOTT}, section 4.6",
        lambda: (_pullback(p.multiply(()), (a, b), w), (b * w, a * w)),
        {"scale a ▿ scale b": lambda: (_pullback(p.multiply(()), (a, b), w), (a * w, b * w))},
    ),
    Formula(
        "linear-rule",
        "D f (a) = f for linear f",
        f"{ELLIOTT}, Theorem 3",
        lambda: (_pullback(p.scale(3, ()), x, w), 3 * w),
    ),
    Formula(
        "cross-rule",
        "D(f × g)(a, b) = D f a × D g b",
        f"{ELLIOTT}, Theorem 2",
        lambda: (_pullback(p.sin(()) @ p.exp(()), (a, b), (u, v)), (u * sp.cos(a), v * sp.exp(b))),
        {
            "D f b × D g a": lambda: (
                _pullback(p.sin(()) @ p.exp(()), (a, b), (u, v)),
                (u * sp.cos(b), v * sp.exp(a)),
            )
        },
    ),
    *map(_unary, SLOPES),
    Formula("modes", "⟨w, D f a v⟩ in GAD over →+, Dual and Cont", f"{ELLIOTT}, sections 7 to 14", _modes),
    Formula(
        "learner-composition",
        "U* = (U(p, a, s(q, I(p, a), c)), V(q, I(p, a), c)), r* = r(p, a, s(q, I(p, a), c))",
        f"{FST}, Definition II.1",
        _composed,
        {"c itself for what is asked of the first": lambda: _composed(False)},
    ),
    Formula("L", "L(J ∘ I) = L(J) ∘ L(I), U = p - ε ∇E, r = f_a(∇E)", f"{FST}, Theorem III.2", _functorial),
    Formula(
        "get-put",
        "U(p, a, I(p, a)) = p and r(p, a, I(p, a)) = a",
        "derived; law LEARN-GETPUT",
        _get_put,
        {"PutGet: I(U, r) = b (law LEARN-PUTGET)": _put_get},
    ),
    Formula("copy-learner", "L(copy): r(a, (b, c)) = b + c - a", f"{FST}, section V", _copied),
    Formula(
        "add-learner",
        "L(+): r((a, d), b) = (b - d, b - a)",
        f"{FST}, section V",
        _added,
        {"(b - d, b - d), of a public library": lambda: _added(b - d)},
    ),
    Formula("RD.2", "⟨a, b + c⟩ R[f] = ⟨a, b⟩ R[f] + ⟨a, c⟩ R[f]", f"{COCKETT}, Definition 13", _reverse_additive),
    Formula("RD.3", "R[1] = π₁, R[π₁] = π₁ ι₁", f"{COCKETT}, Definition 13", _projections),
    Formula(
        "RD.4",
        "R[⟨f, g⟩] = (1 × π₀) R[f] + (1 × π₁) R[g]",
        f"{COCKETT}, Definition 13",
        _reverse_pairing,
        {"the first is overwritten": lambda: _reverse_pairing(True)},
    ),
    Formula(
        "RD.5",
        "R[fg] = ⟨π₀, ⟨π₀ f, π₁⟩⟩ (1 × R[g]) R[f]",
        f"{COCKETT}, Definition 13; {BOOK}, Definition A.5, where a bracket is missing",
        _reverse_chain,
        {"R[g] at a": lambda: _reverse_chain(x)},
    ),
    Formula(
        "RD.6",
        "⟨1 × π₀, 0 × π₁⟩ (ι₀ × 1) R[R[R[f]]] π₁ = (1 × π₁) R[f]",
        f"{COCKETT}, Definition 13",
        _cotangents_linear,
    ),
    Formula(
        "RD.7", "(ι₀ × 1) R[R[D[f]]] π₁ = ex (ι₀ × 1) R[R[D[f]]] π₁", f"{COCKETT}, Definition 13", _second_symmetric
    ),
    Formula(
        "D-from-R",
        "D[f] = (ι₀ × 1) R[R[f]] π₁",
        f"{COCKETT}, Theorem 16",
        _forward_by_two_reverses,
        {"a factor of 2": lambda: _forward_by_two_reverses(2)},
    ),
    Formula("RD-EXT", "R[a ↦ R[sin](a, 1)] = R[cos]", "derived; law RD-EXT", _closed_form),
    Formula(
        "quadratic-loss",
        "R[e]((t, x), α) = α (t - x, x - t)",
        f"{BOOK}, Example 3.4, corrected",
        _quadratic_gradient,
        {"both signs reversed, as printed": lambda: _quadratic_gradient(-1)},
    ),
    Formula(
        "cross-entropy",
        "e(t, x) = -Σ t_i log softmax(x)_i",
        f"{BOOK}, Example 3.6, corrected",
        _entropy,
        {"Σ t_i (x_i - log softmax(x)_i) as printed": _entropy_as_printed},
    ),
    Formula(
        "cross-entropy-gradient",
        "∂e/∂x = (Σ t) softmax(x) - t",
        f"{BOOK}, Example 4.2, corrected",
        _entropy_gradient,
        {"softmax(x) - t, right where Σ t = 1": lambda: _entropy_gradient(sp.S.One)},
    ),
    Formula("dot-loss", "R[t · x]((t, x), α) = α (x, t)", f"{BOOK}, Example 3.7", _dot_gradient),
    Formula(
        "sum-loss",
        "R[t + x]((t, x), α) = (α, α)",
        f"{BOOK}, Example 3.5",
        lambda: (_pulled(p.add(()), (t, x), w), (w, w)),
    ),
    Formula(
        "momentum",
        "s' = γ s + p', p + s'",
        f"{BOOK}, Example 3.15, corrected",
        _momentum,
        {"s' = -γ s + p' as printed": lambda: _momentum(-1)},
    ),
    Formula(
        "adam",
        "m' = β₁ m + (1 - β₁) p', v' = β₂ v + (1 - β₂) p'², p - ε m̂ / (δ + √v̂) with m', v' in the state",
        f"{BOOK}, Example 3.18, corrected; Kingma and Ba 2015",
        _adam,
        {"m̂, v̂ in the state, as printed": lambda: _adam(True)},
    ),
    Formula(
        "adagrad",
        "g' = g + p' ⊙ p', p - ε / (δ + √g') ⊙ p'",
        f"{BOOK}, Example 3.17",
        _adagrad,
        {"δ under the root": lambda: _adagrad(True)},
    ),
    Formula(
        "gradient-play",
        "x² + y² ↦ (1 + ε²)(x² + y²)",
        "folklore; law GAN-BILIN",
        _bilinear,
        {"where the second player steps after the first": lambda: _bilinear(False)},
    ),
    Formula("alternating-play", "x² - ε x y + y² is kept", "folklore; law GAN-BILIN", _alternating),
    Formula(
        "para-order",
        "(f ; g)((q, p), a) = g(q, f(p, a)), with parameters Q ⊗ P",
        f"{BOOK}, Definition 2.1, along the swap (law PARA-ORDER)",
        _order,
        {"the same pair read in the other order": lambda: _order(False)},
    ),
)
