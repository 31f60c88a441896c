"""Batches in parts by hand: what is gathered, where the gradient is asked for, and the one update at the end."""

from __future__ import annotations

from fractions import Fraction

import pytest

from verified_cat import primitives as p
from verified_cat.accumulation import finishing, gathering, inner_product, linear
from verified_cat.functions import Functions
from verified_cat.loss import total
from verified_cat.networks import Objective
from verified_cat.objects import SCALAR, UNIT, Pair, space
from verified_cat.optimiser import gradient_descent, momentum, nesterov
from verified_cat.program import running
from verified_cat.terms import Copy, First, Pairing, Term

TENTH, HALF = Fraction(1, 10), Fraction(1, 2)
PARAM = Pair(SCALAR, Pair(UNIT, space(2)))
POINT, DATA = ((3,), ((), (1, -2))), ((5,), ((), (7, 11)))
HELD = ((2,), ((), (4, 6)))


def objective() -> Objective:
    """Σ (p² / 2 + d p), whose gradient is p + d."""

    def half_square(shape: tuple[int, ...]) -> Term:
        return Copy(space(*shape)) >> p.multiply(shape) >> p.scale(HALF, shape)

    squares = First(PARAM, PARAM) >> p.map_on(PARAM, half_square) >> total(PARAM)
    return Objective(PARAM, PARAM, Pairing(squares, p.multiply_on(PARAM) >> total(PARAM)) >> p.add(()))


def test_a_part_is_gathered(plain: Functions) -> None:
    """a + w (8, 8, 9) and e + w E, with E = 7, which is told besides; the rule's state is looked at alone."""
    made = gathering(objective(), momentum(TENTH, HALF), Fraction(3))
    kept, given = Pair(PARAM, SCALAR), Pair(Pair(PARAM, PARAM), PARAM)
    assert (made.dom, made.cod) == (Pair(kept, given), Pair(kept, SCALAR))
    before = (((100,), ((), (200, 300))), (1000,))
    found = running(made, plain.engine)((before, ((HELD, POINT), DATA)))
    assert found == ((((124,), ((), (224, 327))), (1021,)), (7,))


def test_a_part_is_gathered_where_the_rule_asks(plain: Functions) -> None:
    """At p - s / 20: (29/10, 8/10, -23/10)."""
    stateless = gathering(objective(), gradient_descent(TENTH), 1)
    held = Pair(gradient_descent(TENTH).state(PARAM), PARAM)
    assert stateless.dom == Pair(Pair(PARAM, SCALAR), Pair(held, PARAM))
    made = gathering(objective(), nesterov(TENTH, HALF), 1)
    nothing = (((0,), ((), (0, 0))), (0,))
    (gathered, _), loss = running(made, plain.engine)((nothing, ((HELD, POINT), DATA)))
    numbers = [Fraction(29, 10), Fraction(8, 10), Fraction(-23, 10)]
    assert gathered == ((numbers[0] + 5,), ((), (numbers[1] + 7, numbers[2] + 11)))
    assert loss == (sum(x * x / 2 + d * x for x, d in zip(numbers, (5, 7, 11), strict=True)),)


@pytest.mark.parametrize("share", [Fraction(1), Fraction(1, 4)])
def test_one_update_by_what_was_gathered(share: Fraction, plain: Functions) -> None:
    """s' = s / 2 + k a, p' = p - s' / 10, and the loss is k e."""
    made = finishing(PARAM, momentum(TENTH, HALF))
    held = Pair(PARAM, PARAM)
    assert (made.dom, made.cod) == (Pair(held, Pair(PARAM, Pair(SCALAR, SCALAR))), Pair(held, SCALAR))
    gathered = ((8,), ((), (16, 24)))
    (state, point), loss = running(made, plain.engine)(((HELD, POINT), (gathered, ((20,), (share,)))))
    moments = [1 + 8 * share, 2 + 16 * share, 3 + 24 * share]
    assert state == ((moments[0],), ((), (moments[1], moments[2])))
    assert point == ((3 - moments[0] / 10,), ((), (1 - moments[1] / 10, -2 - moments[2] / 10)))
    assert loss == (20 * share,)


def test_a_rule_without_a_state_finishes(plain: Functions) -> None:
    made = finishing(space(2), gradient_descent(TENTH))
    (state, point), loss = running(made, plain.engine)((((), (5, 7)), ((10, 20), ((3,), (HALF,)))))
    assert (state, point, loss) == ((), (Fraction(9, 2), 6), (Fraction(3, 2),))


def test_the_linear_objective(plain: Functions) -> None:
    """k ⟨p, g⟩, from p, and g, e and k."""
    made = linear(PARAM)
    assert (made.param, made.data) == (PARAM, Pair(PARAM, Pair(SCALAR, SCALAR)))
    assert plain.meaning(made.term)((POINT, (DATA, ((9,), (HALF,))))) == (Fraction(15 + 7 - 22, 2),)
    assert plain.meaning(made.term)((POINT, (POINT, ((9,), (HALF,))))) == (7,)


def test_inner_products(plain: Functions) -> None:
    """Over all leaves, pair by pair; of nothing 0; of matrices, too."""
    for ob, x, y, product in (
        (PARAM, POINT, DATA, 0),
        (space(2, 2), (1, 2, 3, 4), (10, 20, 30, 40), 300),
        (SCALAR, (3,), (7,), 21),
        (UNIT, (), (), 0),
        (Pair(Pair(SCALAR, space(2)), space(1)), (((1,), (2, 3)), (4,)), (((10,), (20, 30)), (40,)), 300),
    ):
        term = inner_product(ob)
        assert (term.dom, term.cod) == (Pair(ob, ob), SCALAR)
        assert plain.meaning(term)((x, y)) == (product,)
