"""Every engine has every row of the table of operations and no other, and its results have the shapes of the rule."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verified_cat.draw import draw_exact, seeded
from verified_cat.errors import MissingOperation
from verified_cat.expansions import EXPANSIONS
from verified_cat.objects import SCALAR, Ob, Pair, flatten, leaves, size, space
from verified_cat.primitives import TABLE, Elementwise, Primitive, Symbol
from verified_cat.reference.balls import ELEMENTARY
from verified_cat.reference.cases import small
from verified_cat.reference.engine import OPERATIONS, SympyEngine
from verified_cat.reference.rounding import RoundingEngine

ARGUMENTS: dict[str, list[tuple[Any, ...]]] = {
    "add": [((2, 3),), ((),), ((0,),)],
    "negate": [((2, 3),), ((),), ((0,),)],
    "scale": [(Fraction(2, 3), (2,)), (Fraction(0), (2,)), (Fraction(1), ()), (Fraction(-1), (0,))],
    "sum": [((2, 3), (1,)), ((2, 3), (0, 1)), ((2, 3), ()), ((0, 2), (0,)), ((), ())],
    "broadcast": [((2, 3), (0,)), ((2, 3), (1,)), ((2, 3), (0, 1)), ((2, 3), ()), ((0, 2), (0,))],
    "reshape": [((2, 3), (3, 2)), ((1,), ()), ((0, 3), (0,))],
    "permute": [((2, 3, 4), (2, 0, 1)), ((), ()), ((0, 2), (1, 0))],
    "multiply": [((2, 3),), ((),), ((0,),)],
    "contract": [
        ("ij,jk->ik", (2, 3), (3, 4)),
        ("i,i->", (3,), (3,)),
        ("i,j->ji", (2,), (3,)),
        ("bij,bjk->bik", (2, 1, 3), (2, 3, 2)),
        ("ij,jk->ik", (2, 0), (0, 3)),
        (",->", (), ()),
    ],
    "constant": [((2, 3), (Fraction(1, 2),)), ((2,), (Fraction(1), Fraction(2))), ((), (Fraction(0),)), ((0,), ())],
}
ARGUMENTS |= {name: [((2, 3),), ((),), ((0,),)] for name, row in TABLE.items() if isinstance(row, Elementwise)}
ARGUMENTS |= {name: [each.arguments for each in small(name)] for name in TABLE if name not in ARGUMENTS}
CASES = [Primitive(name, arguments) for name, all_of in ARGUMENTS.items() for arguments in all_of]


def torch_engine() -> Any:
    pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
    from verified_cat.gpu.engine import TorchEngine

    return TorchEngine()


ENGINES: dict[str, Callable[[], Any]] = {
    "sympy": SympyEngine,
    "rounding": lambda: RoundingEngine("float64"),
    "torch": torch_engine,
}


def test_cases_above_are_of_every_row() -> None:
    assert set(ARGUMENTS) == set(TABLE)


def test_keys_of_sympy() -> None:
    """Rows of its own, or terms in simpler rows; none besides."""
    assert set(OPERATIONS) | set(EXPANSIONS) == set(TABLE)


def test_keys_of_the_rounding_bound() -> None:
    own = set(RoundingEngine("float64")._operations)
    assert own | set(ELEMENTARY) | set(EXPANSIONS) == set(TABLE)
    assert not own & set(ELEMENTARY)


def test_keys_of_torch() -> None:
    torch_engine()
    from verified_cat.gpu.kernels import LOWERINGS

    assert set(LOWERINGS) == set(TABLE)


def entries(ob: Ob, observed: Any) -> list[float]:
    """All entries, after each leaf was found to be a flat tuple of as many numbers as its space has."""
    parts = flatten(ob, observed)
    assert [len(part) for part in parts] == [size(leaf) for leaf in leaves(ob)]
    return [float(number) for part in parts for number in part]


def positive(exact: Any) -> Any:
    """In the domain of every operation: |x| + 1/8 entry by entry."""
    if isinstance(exact, Fraction):
        return abs(exact) + Fraction(1, 8)
    return tuple(map(positive, exact))


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("operation", CASES, ids=repr)
def test_every_row_computes_what_the_plain_engine_does(
    name: str, operation: Primitive, plain_engine: Callable[..., Any]
) -> None:
    engine, plain = ENGINES[name](), plain_engine()
    exact = positive(draw_exact(seeded(7), operation.dom))
    found = engine.lower(operation.cod, engine.operation(operation)(engine.lift(operation.dom, exact)))
    expected = entries(operation.cod, plain.operation(operation)(exact))
    # Sums of at most three products of numbers below 3, elementary functions below 10: far fewer than 64 roundings.
    assert entries(operation.cod, found) == pytest.approx(expected, rel=64 * 2.0**-53, abs=64 * 2.0**-53)


@pytest.mark.parametrize("name", ENGINES)
def test_what_is_not_in_the_table_is_missing(name: str) -> None:
    with pytest.raises(MissingOperation, match="flux"):
        ENGINES[name]().operation(Symbol("flux", SCALAR, SCALAR))


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(
    ("ob", "exact"),
    [(space(2), (Fraction(1),)), (Pair(SCALAR, SCALAR), (Fraction(1),)), (Pair(SCALAR, space(2)), Fraction(1))],
)
def test_lift_refuses_values_of_another_object(name: str, ob: Ob, exact: Any) -> None:
    with pytest.raises(ValueError, match="value of"):
        ENGINES[name]().lift(ob, exact)
