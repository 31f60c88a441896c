"""Matrices over an engine: numbers in, numbers out, on spaces of several leaves and of none."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import pytest

from verified_cat.category import interpret
from verified_cat.errors import BoundaryError
from verified_cat.functions import AdditiveMaps, Functions
from verified_cat.gad import GAD
from verified_cat.matrices import Matrices, Matrix
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, size, space
from verified_cat.primitives import add, multiply, scale, sum_axes
from verified_cat.reference import SympyEngine
from verified_cat.terms import (
    Copy,
    First,
    Pairing,
    Second,
    Swap,
    Term,
)

sys.path.insert(0, str(Path(__file__).parent))
from structure_terms import cartesian, symmetric

ENGINE = SympyEngine()
MATRICES = Matrices(Functions(ENGINE))
ADDITIVE = AdditiveMaps(ENGINE)


def entries(matrix: Matrix) -> list[list[int]]:
    return [[int(entry) for entry in row] for row in matrix.entries.tolist()]


def test_a_sum_is_a_row_of_ones_and_an_exchange_a_permutation() -> None:
    assert entries(MATRICES.of(interpret(sum_axes((3,)), ADDITIVE))) == [[1, 1, 1]]
    swap = interpret(Swap(space(2), SCALAR), ADDITIVE)
    assert entries(MATRICES.of(swap)) == entries(MATRICES.swap(space(2), SCALAR)) == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize("ob", [UNIT, SCALAR, space(0), space(2, 3), Pair(space(2), Pair(UNIT, space(2, 1)))])
def test_vectors_hold_the_entries_in_order(ob: Ob) -> None:
    value = ENGINE.symbols(ob)
    assert str(MATRICES.values(ob, MATRICES.vector(ob, value))) == str(value)
    identity = MATRICES.identity(ob)
    assert entries(MATRICES.of(ADDITIVE.identity(ob))) == entries(identity)


def test_the_jacobian_of_a_product() -> None:
    product = GAD(Functions(ENGINE), MATRICES).differentiate(multiply(()))
    point = ((Fraction(3),), (Fraction(5),))
    value, jacobian = product(ENGINE.lift(product.dom, point))
    assert (int(value), entries(jacobian)) == (15, [[5, 3]])


def test_matrices_that_do_not_meet_are_refused() -> None:
    with pytest.raises(BoundaryError, match=r"R\[2\]"):
        MATRICES.compose(MATRICES.identity(space(2)), MATRICES.identity(space(3)))


# ------------------------------------------------------------------------------------------------ on plain numbers

A, B, C = space(2), space(1, 3), SCALAR
TERMS: list[Term] = [
    *symmetric(A, B, C),
    *cartesian(A, B),
    Pairing(Second(A, B), First(A, B)),
    Swap(A, B) >> (sum_axes((1, 3)) @ scale(Fraction(1, 2), (2,))),
    First(A, B) >> Copy(A) >> add((2,)),
]


@pytest.mark.parametrize("term", TERMS, ids=str)
def test_a_term_as_a_matrix_acts_as_the_map(term: Term, plain: Functions) -> None:
    """Built from the structure of matrices, and column by column; on each unit vector the columns come out."""
    matrices, additive = Matrices(plain), AdditiveMaps(plain.engine)
    f = interpret(term, additive)
    direct, built = matrices.of(f), interpret(term, matrices, lambda each: matrices.of(additive.generator(each)))
    rows, columns = size(term.cod), size(term.dom)
    assert direct == built
    assert (built.dom, built.cod, len(built.entries)) == (term.dom, term.cod, rows * columns)
    act = matrices.action(built)
    assert (act.dom, act.cod) == (term.dom, term.cod)
    for column in range(columns):
        unit = matrices.values(term.dom, tuple(int(each == column) for each in range(columns)))
        assert act(unit) == f(unit)
        assert matrices.vector(term.cod, f(unit)) == built.entries[column::columns]


def test_sums_and_injections(plain: Functions) -> None:
    matrices = Matrices(plain)
    two, three = space(2), SCALAR
    assert matrices.inject_first(two, three).entries == (1, 0, 0, 1, 0, 0)
    assert matrices.inject_second(three, two).entries == (0, 0, 1, 0, 0, 1)
    assert matrices.merge(two).entries == (1, 0, 1, 0, 0, 1, 0, 1)
    assert matrices.zero(two, three).entries == (0, 0)
    one, other = Matrix(two, three, (1, 2)), Matrix(two, three, (10, -20))
    both = matrices.add(one, other)
    assert (both.dom, both.cod, both.entries) == (two, three, (11, -18))
    beside = matrices.tensor(one, Matrix(three, two, (5, 6)))
    assert (beside.dom, beside.cod) == (Pair(two, three), Pair(three, two))
    assert beside.entries == (1, 2, 0, 0, 0, 5, 0, 0, 6)
    for made, dom, cod in (
        (matrices.inject_first(two, three), two, Pair(two, three)),
        (matrices.inject_second(three, two), two, Pair(three, two)),
        (matrices.merge(two), Pair(two, two), two),
        (matrices.zero(two, three), two, three),
    ):
        assert (matrices.dom(made), matrices.cod(made)) == (dom, cod)


def test_a_product_of_matrices(plain: Functions) -> None:
    """(1 2 3; 4 5 6) after (1; 10; 100): the first is applied first."""
    matrices = Matrices(plain)
    column, wide = Matrix(SCALAR, space(3), (1, 10, 100)), Matrix(space(3), space(2), (1, 2, 3, 4, 5, 6))
    product = matrices.compose(column, wide)
    assert (product.dom, product.cod, product.entries) == (SCALAR, space(2), (321, 654))
    with pytest.raises(BoundaryError) as caught:
        matrices.compose(wide, column)
    assert str(caught.value) == (
        "matrices of functions of plain: a matrix does not compose with the next: the first ends in R[2], "
        "the second starts from R"
    )


def test_vectors_and_values(plain: Functions) -> None:
    """Leaf after leaf, row by row, from the left."""
    matrices, ob = Matrices(plain), Pair(space(2, 2), Pair(UNIT, Pair(SCALAR, space(3))))
    value = ((1, 2, 3, 4), ((), ((5,), (6, 7, 8))))
    assert matrices.vector(ob, value) == (1, 2, 3, 4, 5, 6, 7, 8)
    assert matrices.values(ob, (1, 2, 3, 4, 5, 6, 7, 8)) == value
    assert matrices.vector(UNIT, ()) == () and matrices.values(UNIT, ()) == ()


def test_the_jacobian_of_an_operation(plain: Functions) -> None:
    value, jacobian = GAD(plain, Matrices(plain)).differentiate(multiply((2,)))(((2, 3), (5, 7)))
    assert value == (10, 21)
    assert (jacobian.dom, jacobian.cod) == (Pair(A, A), A)
    assert jacobian.entries == (5, 0, 2, 0, 0, 7, 0, 3)
