"""The engine of ℤ₂ and the plain float engine: against counting, and against the exact engine."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
import sympy as sp

from verified_cat.draw import Style, draw_exact, draw_term, seeded
from verified_cat.errors import DataError, MissingOperation, UsageError
from verified_cat.expansions import EXPANSIONS
from verified_cat.functions import Functions
from verified_cat.objects import SCALAR, UNIT, Pair, space
from verified_cat.primitives import TABLE, Symbol, add, contract, exp, multiply, negate, primitive, scale, sum_axes
from verified_cat.reference import boolean, ieee
from verified_cat.reference.boolean import BooleanEngine
from verified_cat.reference.engine import SympyEngine
from verified_cat.reference.ieee import NumpyEngine
from verified_cat.terms import Generator, Term

Z2 = BooleanEngine()


def run(engine: Any, term: Term, exact: Any) -> Any:
    return engine.lower(term.cod, Functions(engine).meaning(term)(engine.lift(term.dom, exact)))


def bits(*numbers: int) -> tuple[Fraction, ...]:
    return tuple(map(Fraction, numbers))


@pytest.mark.parametrize(("x", "y"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_addition_is_xor_and_multiplication_is_and(x: int, y: int) -> None:
    assert run(Z2, add(()), (bits(x), bits(y))) == (x ^ y,)
    assert run(Z2, multiply(()), (bits(x), bits(y))) == (x & y,)
    assert run(Z2, negate(()), bits(x)) == (x,)


def test_sums_and_contractions_are_parities() -> None:
    assert run(Z2, sum_axes((3,)), bits(1, 1, 1)) == (1,)
    assert run(Z2, contract("i,i->", (3,), (3,)), (bits(1, 1, 1), bits(1, 0, 1))) == (0,)


def test_what_is_no_polynomial_over_the_integers_is_refused() -> None:
    with pytest.raises(MissingOperation, match="no polynomial"):
        run(Z2, exp(()), bits(0))
    with pytest.raises(DataError, match="denominator is even"):
        run(Z2, scale(Fraction(1, 2), ()), bits(1))
    assert run(Z2, scale(Fraction(1, 3), ()), bits(1)) == (1,)


def test_wrong_counts_and_shapes_are_refused() -> None:
    for engine in (Z2, NumpyEngine()):
        with pytest.raises(DataError, match="from 2 numbers"):
            engine.lift(space(2), bits(1))
        with pytest.raises(DataError, match="has the shape"):
            engine.lower(space(3), engine.lift(space(2), bits(1, 0)))
        assert engine.lower(Pair(UNIT, SCALAR), ((), engine.lift(SCALAR, bits(1)))) == ((), (1,))


def test_the_tables_have_the_rows_of_the_table() -> None:
    assert set(ieee.OPERATIONS) | set(EXPANSIONS) == set(TABLE)
    assert set(boolean.OPERATIONS) < set(TABLE)


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_the_float_engine_is_near_the_exact_one(precision: str) -> None:
    engine, exact = NumpyEngine(precision), SympyEngine()
    dom = Pair(space(2, 3), Pair(SCALAR, space(2)))
    for seed in range(60):
        term = draw_term(seeded(seed), dom, space(2), Style("any", 3))
        point = draw_exact(seeded(seed), dom)
        expected = [float(number.rewrite(sp.Piecewise)) for number in run(exact, term, point)]
        assert run(engine, term, point) == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_overflow_is_a_value() -> None:
    assert run(NumpyEngine(), exp(()), (Fraction(1000),)) == (float("inf"),)
    assert run(NumpyEngine("float32"), primitive("sigmoid", ()), (Fraction(-800),)) == (0.0,)


def test_other_precisions_and_symbols_are_refused() -> None:
    with pytest.raises(UsageError, match="not in 'float16'"):
        NumpyEngine("float16")
    with pytest.raises(MissingOperation, match="no operation is called 'f'"):
        Functions(NumpyEngine()).meaning(Generator(Symbol("f", SCALAR, SCALAR)))
