"""Polynomials over ℤ₂ as syntax: arithmetic, the formal derivative, the engine."""

from __future__ import annotations

import pytest

from verified_cat.errors import DataError, MissingOperation
from verified_cat.functions import Functions
from verified_cat.objects import SCALAR, UNIT, Pair
from verified_cat.primitives import add, constant, exp, multiply, negate, scale
from verified_cat.reference import boolean_polynomials as z2
from verified_cat.terms import Copy

X, Y = z2.variable(0), z2.variable(1)
ENGINE = z2.BooleanPolynomials()


def test_arithmetic() -> None:
    assert z2.add(X, X) == z2.ZERO
    square = z2.multiply(z2.add(X, Y), z2.add(X, Y))
    assert square == z2.add(z2.multiply(X, X), z2.multiply(Y, Y))  # Frobenius
    assert square != z2.add(X, Y)
    assert z2.reduced(square) == z2.add(X, Y)
    assert z2.multiply(z2.ONE, Y) == Y


def test_the_formal_derivative() -> None:
    cube = z2.multiply(X, z2.multiply(X, X))
    assert z2.derivative(cube, 0) == z2.multiply(X, X)
    assert z2.derivative(z2.multiply(X, X), 0) == z2.ZERO
    assert z2.derivative(cube, 1) == z2.ZERO
    assert z2.derivative(z2.multiply(X, Y), 1) == X
    assert z2.reverse_derivative([z2.multiply(X, Y)], 2) == [
        z2.multiply(Y, z2.variable(2)),
        z2.multiply(X, z2.variable(2)),
    ]


def test_the_engine_keeps_squares() -> None:
    square = Functions(ENGINE).meaning(Copy(SCALAR) >> multiply(()))
    assert square.run(ENGINE.symbols(SCALAR)) == z2.multiply(X, X)
    assert [square.run(ENGINE.lift(SCALAR, (value,))) for value in (0, 1)] == [z2.ZERO, z2.ONE]


def test_the_rows_of_the_engine() -> None:
    plane = Pair(SCALAR, SCALAR)
    run = Functions(ENGINE).meaning
    assert run(add(())).run(ENGINE.symbols(plane)) == z2.add(X, Y)
    assert run(negate(())).run(X) == X
    assert run(scale(2, ())).run(X) == z2.ZERO
    assert run(scale(3, ())).run(X) == X
    assert run(constant((), 1)).run(()) == z2.ONE
    assert ENGINE.lower(Pair(plane, UNIT), ENGINE.symbols(Pair(plane, UNIT))) == (((X,), (Y,)), ())


def test_what_is_no_polynomial_is_refused() -> None:
    with pytest.raises(MissingOperation, match="no polynomial operation"):
        Functions(ENGINE).meaning(exp(()))
    with pytest.raises(MissingOperation, match="no polynomial operation"):
        Functions(ENGINE).meaning(add((2,)))
    with pytest.raises(DataError, match="a tree of polynomials"):
        ENGINE.lower(SCALAR, 1)
