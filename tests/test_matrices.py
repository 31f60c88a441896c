"""Matrices over an engine: numbers in, numbers out, on spaces of several leaves and of none."""

from __future__ import annotations

from fractions import Fraction

import pytest

from verified_cat.category import interpret
from verified_cat.errors import BoundaryError
from verified_cat.functions import AdditiveMaps, Functions
from verified_cat.gad import GAD
from verified_cat.matrices import Matrices, Matrix
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, space
from verified_cat.primitives import multiply, sum_axes
from verified_cat.reference import SympyEngine
from verified_cat.terms import Swap

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
