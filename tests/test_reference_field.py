"""Random points of prime fields: what passes is equal with a stated error, what is refuted is different."""

from __future__ import annotations

from fractions import Fraction
from math import log2
from random import Random

import pytest
import sympy as sp

from verified_cat import primitives as p
from verified_cat.errors import DataError, MissingOperation
from verified_cat.functions import Functions
from verified_cat.networks import perceptron
from verified_cat.objects import SCALAR, Space, flatten
from verified_cat.primitives import Shape
from verified_cat.reference import SympyEngine
from verified_cat.reference.field import LOW, BoundsEngine, adjoint, equal_terms, random_prime, residue_engine
from verified_cat.terms import Copy, Identity, Term


def square(shape: Shape) -> Term:
    return Copy(Space(shape)) >> p.multiply(shape)


def deep(layers: int, width: int = 8) -> Term:
    """A polynomial network: between any two layers the products of neighbours, which keeps the degree low."""
    return perceptron(4, (width,) * (layers + 1), lambda shape: p.scale(Fraction(2, 3), shape)).map.inside


@pytest.mark.parametrize("term", [deep(16), perceptron(3, (4, 5, 5, 2), square).map.inside], ids=["16", "squares"])
def test_the_adjoint_law_on_polynomial_networks(term: Term) -> None:
    found = adjoint(term)
    assert found.verdict == "sampled" and found.error < Fraction(1, 2**80), str(found)
    wrong = adjoint(term, wrong=p.scale_on(Fraction(10**9 + 1, 10**9), term.dom))
    assert wrong.verdict == "refuted" and wrong.error == 0 and "modulo" in wrong.how


@pytest.mark.parametrize("activation", [p.tanh, p.sigmoid, p.relu, p.sin, p.exp], ids=lambda f: f.__name__)
def test_the_adjoint_law_with_functions_as_generators(activation: object) -> None:
    term = perceptron(2, (3, 4, 2), activation).map.inside  # type: ignore[arg-type]
    found = adjoint(term)
    assert found.verdict == "sampled" and 0 < found.error < Fraction(1, 2**60), str(found)
    wrong = adjoint(term, wrong=p.scale_on(2, term.dom))
    assert wrong.verdict == "undecided" and "generators" in wrong.how


def test_equal_and_different_polynomials() -> None:
    double, twice = p.scale(2, ()), Copy(SCALAR) >> p.add(())
    assert equal_terms(double, twice).verdict == "sampled"
    assert equal_terms(square(()), double).verdict == "refuted"
    assert equal_terms(double, p.scale(2 + Fraction(1, 10**60), ())).verdict == "refuted"
    assert equal_terms(p.tanh(()), p.tanh(()) >> Identity(SCALAR)).verdict == "sampled"
    assert equal_terms(p.tanh(()) >> p.negate(()), p.negate(()) >> p.tanh(())).verdict == "undecided"
    with pytest.raises(DataError, match="different boundaries"):
        equal_terms(double, p.add(()))


def test_a_degree_that_makes_the_bound_void_is_undecided() -> None:
    term: Term = Identity(SCALAR)
    for _ in range(64):
        term = term >> square(())
    found = equal_terms(term, term)
    assert found.verdict == "undecided" and found.degree == 2**64 and found.error == 1


def test_it_is_no_bool_and_says_its_error() -> None:
    found = equal_terms(square(()), square(()), trials=1)
    with pytest.raises(TypeError, match="three outcomes"):
        bool(found)
    assert "degree 2, error at most 2^-5" in str(found)


def test_more_trials_multiply_the_error() -> None:
    one, three = (equal_terms(square(()), square(()), trials=n) for n in (1, 3))
    assert three.error == one.error**3 and three.trials == 3


TERMS = [
    p.matmul(2, 3, 2) >> square((2, 2)) >> p.sum_axes((2, 2)),
    p.scale(Fraction(-5, 3), (2,)) >> square((2,)) >> square((2,)) >> p.sum_axes((2,)),
    (p.constant((2,), Fraction(7, 2), -3) @ Identity(Space((2,)))) >> p.add((2,)) >> square((2,)),
    p.broadcast((2, 2), (0,))
    >> p.permute((2, 2), (1, 0))
    >> p.reshape((2, 2), (4,))
    >> p.sum_axes((4,))
    >> p.negate(()),
]


@pytest.mark.parametrize("term", TERMS, ids=str)
def test_bounds_bound_the_polynomials(term: Term) -> None:
    """The degree, and Σ|c| before and after the denominators are cleared, of SymPy's expansion."""
    bounds, engine = BoundsEngine(), SympyEngine()
    (bound,) = flatten(term.cod, Functions(bounds).meaning(term)(bounds.symbols(term.dom)))
    x = engine.symbols(term.dom)
    for entry in Functions(engine).meaning(term)(x).flat:
        poly = sp.Poly(entry, *[v for leaf in flatten(term.dom, x) for v in leaf.flat])
        norm = sum(abs(Fraction(int(c.p), int(c.q))) for c in poly.coeffs())
        assert poly.total_degree() <= bound.degree and log2(norm) <= bound.bits + 1e-9
        cleared = [Fraction(int(c.p), int(c.q)) * bounds.denominator**bound.cleared for c in poly.coeffs()]
        assert all(c.denominator == 1 and log2(abs(c)) <= bounds.whole_bits(bound) for c in cleared)


@pytest.mark.parametrize("term", TERMS, ids=str)
def test_residues_are_the_rational_values_modulo_the_prime(term: Term) -> None:
    prime = random_prime(Random(1))
    assert LOW <= prime < 2 * LOW
    engine, exact = residue_engine(prime, Random(2)), SympyEngine()
    x = engine.symbols(term.dom)
    lifted = exact.lift(term.dom, _tuples(term, x))
    for one, two in zip(
        Functions(engine).meaning(term)(x).flat, Functions(exact).meaning(term)(lifted).flat, strict=True
    ):
        value = Fraction(int(two.p), int(two.q))
        assert one == value.numerator * pow(value.denominator, -1, prime) % prime


def _tuples(term: Term, value: object) -> object:
    from verified_cat.objects import unflatten

    return unflatten(term.dom, [tuple(leaf.flat) for leaf in flatten(term.dom, value)])


def test_what_has_no_residue_is_refused() -> None:
    engine = residue_engine(random_prime(Random(1)), Random(2))
    for wrong in (0.5, "1", True, float("nan")):
        with pytest.raises(DataError):
            engine.lift(SCALAR, (wrong,))
    with pytest.raises(DataError, match="no value modulo"):
        engine.lift(SCALAR, (Fraction(1, random_prime(Random(1))),))
    with pytest.raises(MissingOperation, match="free symbol"):
        equal_terms(p.symbol("f", SCALAR, SCALAR), p.symbol("f", SCALAR, SCALAR))
