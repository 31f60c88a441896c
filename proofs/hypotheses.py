"""Hypotheses as data: equations between terms over free symbols, each set with a model over Z₃ that is checked.

A hypothesis is read by the solver as ∀ x. lhs(x) = rhs(x), and by the finite engine as a table to be checked, so what
the solver assumes is what has a model. No hypothesis enters a proof in another way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from verified_cat import primitives
from verified_cat.equation import Equation
from verified_cat.functions import Run
from verified_cat.objects import UNIT, Ob, Pair, flatten, fold, leaves, unflatten
from verified_cat.primitives import Symbol
from verified_cat.proofs.finite import MODULUS, leafwise, matrix
from verified_cat.terms import (
    AssociatorInverse,
    Discard,
    First,
    Generator,
    Identity,
    Pairing,
    Second,
    Swap,
    Term,
)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """∀ x ∈ dom. lhs(x) = rhs(x), for the terms of the equation."""

    name: str
    equation: Equation[Term]


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """A named set of hypotheses with its registered model: the meaning of each of its symbols over Z₃."""

    name: str
    members: tuple[Hypothesis, ...]
    model: tuple[tuple[Symbol, Run], ...]


def hypotheses(name: str, equations: dict[str, tuple[Term, Term]], model: dict[Symbol, Run]) -> Hypotheses:
    """The set with these equations and this model."""
    members = tuple(Hypothesis(each, Equation(lhs, rhs)) for each, (lhs, rhs) in equations.items())
    return Hypotheses(name, members, tuple(model.items()))


# ------------------------------------------------------------------------------------------------ symbols


def zero_symbol(leaf: Ob) -> Symbol:
    """0 : 1 → A on an opaque object."""
    return Symbol("zero", UNIT, leaf)


def add_symbol(leaf: Ob) -> Symbol:
    """+ : A ⊗ A → A on an opaque object."""
    return Symbol("add", Pair(leaf, leaf), leaf)


def error_derivative(leaf: Ob) -> Symbol:
    """(x, y) ↦ ∂e/∂x(x, y) : A ⊗ A → A on an opaque object."""
    return Symbol("error", Pair(leaf, leaf), leaf)


def error_inverse(leaf: Ob) -> Symbol:
    """(x, v) ↦ the y with ∂e/∂x(x, y) = v : A ⊗ A → A on an opaque object."""
    return Symbol("error inverse", Pair(leaf, leaf), leaf)


def update_step(leaf: Ob) -> Symbol:
    """(p, dp) ↦ the updated p, on an opaque object: any update rule."""
    return Symbol("step", Pair(leaf, leaf), leaf)


def zero_on(ob: Ob) -> Term:
    """0 : 1 → A, componentwise on pairs."""
    return fold(ob, unit=Identity(UNIT), leaf=lambda leaf: Generator(zero_symbol(leaf)), pair=Pairing)  # type: ignore[no-any-return]


def add_on(ob: Ob) -> Term:
    """(x, y) ↦ x + y : A ⊗ A → A, componentwise on pairs."""
    return primitives.on_pairs(ob, lambda leaf: Generator(add_symbol(leaf)))


# ------------------------------------------------------------------------------------------------ the sets


@cache
def commutative_monoid(ob: Ob) -> Hypotheses:
    """(A, +, 0) is a commutative monoid, for each leaf of A. Model: (Z₃, +, 0)."""
    equations: dict[str, tuple[Term, Term]] = {}
    model: dict[Symbol, Run] = {}
    for a in dict.fromkeys(leaves(ob)):
        plus, one = Generator(add_symbol(a)), Identity(a)
        zero_first = Pairing(Discard(a) >> Generator(zero_symbol(a)), one)
        equations |= {
            f"0 + x = x on {a}": (zero_first >> plus, one),
            f"x + y = y + x on {a}": (Swap(a, a) >> plus, plus),
            f"x + (y + z) = (x + y) + z on {a}": (
                (one @ plus) >> plus,
                AssociatorInverse(a, a, a) >> (plus @ one) >> plus,
            ),
        }
        model |= {zero_symbol(a): lambda _: 0, add_symbol(a): lambda x: (x[0] + x[1]) % MODULUS}
    return hypotheses(f"commutative monoid on {ob}", equations, model)


def _additive_model(*objects: Ob) -> dict[Symbol, Run]:
    return dict(pair for ob in objects for pair in commutative_monoid(ob).model)


def additive_map(symbol: Symbol) -> Hypotheses:
    """h(0) = 0 and h(x + y) = h(x) + h(y). Model: a matrix over Z₃."""
    h, a, b = Generator(symbol), symbol.dom, symbol.cod
    equations: dict[str, tuple[Term, Term]] = {
        f"{symbol.name}(0) = 0": (zero_on(a) >> h, zero_on(b)),
        f"{symbol.name}(x + y) = {symbol.name}(x) + {symbol.name}(y)": (add_on(a) >> h, (h @ h) >> add_on(b)),
    }
    model = _additive_model(a, b) | {symbol: matrix(symbol)}
    return hypotheses(f"{symbol.name} is additive", equations, model)


def additive_in_second(symbol: Symbol, *, invertible: bool = False) -> Hypotheses:
    """h(a, 0) = 0 and h(a, v + w) = h(a, v) + h(a, w), for h : A ⊗ V → W. Model: a matrix that does not read a.

    Where h is to have an ``inverse_families``, the matrix is the one of that model.

    This is what makes (a, v) ↦ h(a, v) a family of additive maps: a derivative at each point.
    """
    h, b = Generator(symbol), symbol.cod
    assert isinstance(symbol.dom, Pair)
    a, v = symbol.dom.left, symbol.dom.right
    point, both = First(a, Pair(v, v)), Second(a, Pair(v, v))
    one, two = both >> First(v, v), both >> Second(v, v)
    equations: dict[str, tuple[Term, Term]] = {
        f"{symbol.name}(a, 0) = 0": (
            Pairing(Identity(a), Discard(a) >> zero_on(v)) >> h,
            Discard(a) >> zero_on(b),
        ),
        f"{symbol.name}(a, v + w) = {symbol.name}(a, v) + {symbol.name}(a, w)": (
            Pairing(point, both >> add_on(v)) >> h,
            Pairing(Pairing(point, one) >> h, Pairing(point, two) >> h) >> add_on(b),
        ),
    }
    inner = matrix(Symbol(symbol.name, v, b))
    meaning: Run = _doubled_second(symbol) if invertible else lambda x: inner(x[1])
    name = f"{symbol.name} is additive in its second argument"
    return hypotheses(name, equations, _additive_model(v, b) | {symbol: meaning})


def _error_model(leaf: Ob) -> dict[Symbol, Run]:
    """e = ½ (x - y)² over Z₃: ∂e/∂x = x - y, with inverse x - v."""
    return {symbol: leafwise(lambda x, y: x - y) for symbol in (error_derivative(leaf), error_inverse(leaf))}


def right_inverse(leaf: Ob) -> Hypotheses:
    """∂e/∂x(b, inverse(b, v)) = v: what composition of L needs. Model: the quadratic error over Z₃."""
    e, inverse = Generator(error_derivative(leaf)), Generator(error_inverse(leaf))
    lhs: Term = Pairing(First(leaf, leaf), inverse) >> e
    name = f"e(b, inverse(b, v)) = v on {leaf}"
    return hypotheses(f"right inverse on {leaf}", {name: (lhs, Second(leaf, leaf))}, _error_model(leaf))


def left_inverse(leaf: Ob) -> Hypotheses:
    """inverse(a, ∂e/∂x(a, b)) = b: what identities under L need. Model: the quadratic error over Z₃."""
    e, inverse = Generator(error_derivative(leaf)), Generator(error_inverse(leaf))
    lhs: Term = Pairing(First(leaf, leaf), e) >> inverse
    name = f"inverse(a, e(a, b)) = b on {leaf}"
    return hypotheses(f"left inverse on {leaf}", {name: (lhs, Second(leaf, leaf))}, _error_model(leaf))


def resting(leaf: Ob) -> Hypotheses:
    """step(p, 0) = p: without a gradient nothing moves. Model: p + 2 dp over Z₃."""
    step, one = Generator(update_step(leaf)), Identity(leaf)
    still: Term = Pairing(one, Discard(leaf) >> zero_on(leaf)) >> step
    model = _additive_model(leaf) | {update_step(leaf): leafwise(lambda p, dp: p + 2 * dp)}
    return hypotheses(f"a step along 0 rests on {leaf}", {f"step(p, 0) = p on {leaf}": (still, one)}, model)


def inverse_pair(there: Symbol, back: Symbol) -> Hypotheses:
    """back(there(x)) = x and there(back(y)) = y. Model: x ↦ 2x over Z₃ on each leaf, which is its own inverse.

    Raises ValueError where the objects have different trees: the model could not be a bijection leaf by leaf.
    """
    if there.dom != back.cod or there.cod != back.dom:
        raise ValueError(f"{there.name} and {back.name} are not opposite: {there.dom}, {there.cod}")
    f, g = Generator(there), Generator(back)
    equations: dict[str, tuple[Term, Term]] = {
        f"{back.name}({there.name}(x)) = x": (f >> g, Identity(there.dom)),
        f"{there.name}({back.name}(y)) = y": (g >> f, Identity(there.cod)),
    }
    return hypotheses(f"{there.name} and {back.name} are inverse", equations, _doubling(there) | _doubling(back))


def inverse_families(there: Symbol, back: Symbol) -> Hypotheses:
    """back(x, there(x, v)) = v and there(x, back(x, w)) = w, for X ⊗ A → A' and X ⊗ A' → A. Model: twice the second.

    Raises ValueError where A and A' have different trees, as there the model could be no bijection.
    """
    assert isinstance(there.dom, Pair) and isinstance(back.dom, Pair)
    if there.dom.left != back.dom.left or there.dom.right != back.cod or there.cod != back.dom.right:
        raise ValueError(f"{there.name} and {back.name} are not opposite: {there.dom}, {there.cod}")

    def round_trip(one: Symbol, two: Symbol) -> tuple[Term, Term]:
        assert isinstance(one.dom, Pair)
        x, v = one.dom.left, one.dom.right
        return Pairing(First(x, v), Generator(one)) >> Generator(two), Second(x, v)

    equations = {
        f"{back.name}(x, {there.name}(x, v)) = v": round_trip(there, back),
        f"{there.name}(x, {back.name}(x, w)) = w": round_trip(back, there),
    }
    model = {each: _doubled_second(each) for each in (there, back)}
    return hypotheses(f"{there.name} and {back.name} are inverse at each point", equations, model)


def _doubled_second(symbol: Symbol) -> Run:
    assert isinstance(symbol.dom, Pair)
    inner = Symbol(symbol.name, symbol.dom.right, symbol.cod)
    doubled = _doubling(inner)[inner]
    return lambda x: doubled(x[1])


def _doubling(symbol: Symbol) -> dict[Symbol, Run]:
    if sum(1 for _ in leaves(symbol.dom)) != sum(1 for _ in leaves(symbol.cod)):
        raise ValueError(f"{symbol.name} : {symbol.dom} → {symbol.cod} has no model that doubles leaf by leaf")
    return {symbol: lambda x: unflatten(symbol.cod, [2 * leaf % MODULUS for leaf in flatten(symbol.dom, x)])}
