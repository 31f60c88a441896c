"""The exact engine: every row of the table against NumPy, numbers in and out, and errors in the caller's words."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest
import sympy as sp

from verified_cat import primitives as p
from verified_cat.engine import CheckableEngine
from verified_cat.errors import DataError, MissingOperation, ShapeError
from verified_cat.expansions import EXPANSIONS
from verified_cat.functions import Functions
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Sort, Space, Unit, fold, size, space
from verified_cat.reference import Engine, SympyEngine
from verified_cat.reference import engine as engine_module
from verified_cat.reference.cases import small
from verified_cat.reference.engine import OPERATIONS
from verified_cat.reference.ieee import NumpyEngine
from verified_cat.terms import Generator, Identity, Term, operations

ENGINE = SympyEngine()
HALF = Fraction(1, 2)


def positive(ob: Ob, seed: int = 0) -> Any:
    """An exact value of ob with entries in (0, 2]: every row of the table is defined there."""
    choice = Random(seed)
    return fold(
        ob,
        unit=(),
        leaf=lambda leaf: tuple(Fraction(choice.randrange(1, 17), 8) for _ in range(size(leaf))),
        pair=lambda left, right: (left, right),
    )


def floats(ob: Ob, exact: Any) -> Any:
    """The same value as float64 arrays."""
    if isinstance(ob, Pair):
        return floats(ob.left, exact[0]), floats(ob.right, exact[1])
    return () if isinstance(ob, Unit) else np.array([float(x) for x in exact]).reshape(ob.shape)  # type: ignore[attr-defined]


CASES: list[tuple[Term, Callable[[Any], Any]]] = [
    (p.add((2, 3)), lambda x: x[0] + x[1]),
    (p.negate((3,)), lambda x: -x),
    (p.scale(Fraction(2, 3), (2,)), lambda x: x * 2 / 3),
    (p.sum_axes((2, 3, 2), (0, 2)), lambda x: x.sum((0, 2))),
    (p.sum_axes((2, 0), (1,)), lambda x: x.sum(1)),
    (p.broadcast((2, 3, 2), (0, 2)), lambda x: np.broadcast_to(x.reshape(1, 3, 1), (2, 3, 2))),
    (p.reshape((2, 3), (3, 1, 2)), lambda x: x.reshape(3, 1, 2)),
    (p.permute((2, 3, 4), (2, 0, 1)), lambda x: x.transpose(2, 0, 1)),
    (p.multiply((2, 2)), lambda x: x[0] * x[1]),
    (p.matmul(2, 3, 4), lambda x: x[0] @ x[1]),
    (p.matmul(2, 0, 2), lambda x: np.zeros((2, 2))),
    (p.batched_matmul(2, 2, 3, 1), lambda x: x[0] @ x[1]),
    (p.contract("ij,bi->bj", (3, 2), (4, 3)), lambda x: x[1] @ x[0]),
    (p.contract("i,j->ji", (3,), (2,)), lambda x: np.outer(x[1], x[0])),
    (p.contract("i,i->", (3,), (3,)), lambda x: x[0] @ x[1]),
    (p.constant((2, 2), 1, HALF, -3, 0), lambda _: np.array([[1, 0.5], [-3, 0]])),
    (p.constant((2, 2), HALF), lambda _: np.full((2, 2), 0.5)),
    (p.constant((0,), HALF), lambda _: np.zeros(0)),
]
ELEMENTWISE: dict[str, Callable[[Any], Any]] = {
    "exp": np.exp,
    "log": np.log,
    "reciprocal": lambda x: 1 / x,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.maximum(x, 0),
    "step": lambda x: (x > 0).astype(float),
}
CASES += [
    (Generator(operation), NumpyEngine().operation(operation))
    for name in sorted(set(p.TABLE) - {operation.name for term, _ in CASES for operation in operations(term)})
    if name not in ELEMENTWISE
    for operation in small(name)
]
CASES += [(p.primitive(name, shape), f) for name, f in ELEMENTWISE.items() for shape in ((), (2, 3), (0,))]


@pytest.mark.parametrize(("term", "expected"), CASES, ids=[f"{term}-{term.dom}" for term, _ in CASES])
def test_each_operation_is_what_numpy_computes(term: Term, expected: Callable[[Any], Any]) -> None:
    exact = positive(term.dom)
    found = Functions(ENGINE).meaning(term)(ENGINE.lift(term.dom, exact))
    wanted = expected(floats(term.dom, exact))
    assert found.shape == wanted.shape and found.dtype == object
    np.testing.assert_allclose(np.array(found, dtype=float), wanted, rtol=1e-14)
    assert all(isinstance(entry, sp.Expr) and not entry.has(sp.Float) for entry in found.flat)


def test_every_row_of_the_table_is_here_and_tried() -> None:
    assert set(OPERATIONS) | set(EXPANSIONS) == set(p.TABLE)
    assert {term.operation.name for term, _ in CASES if isinstance(term, Generator)} == set(p.TABLE)


@pytest.mark.parametrize("name", ["relu", "step"])
def test_at_the_kink_and_left_of_it(name: str) -> None:
    f = Functions(ENGINE).meaning(p.primitive(name, (2,)))
    assert ENGINE.lower(space(2), f(ENGINE.lift(space(2), (Fraction(-1), Fraction(0))))) == (0, 0)


def test_rationals_stay_exact() -> None:
    third = Fraction(1, 3)
    term = p.contract("i,i->", (3,), (3,)) >> p.reciprocal(())
    (found,) = ENGINE.lower(
        SCALAR, Functions(ENGINE).meaning(term)(ENGINE.lift(term.dom, ((third,) * 3, (third,) * 3)))
    )
    assert found == 3 and found.is_Integer


def test_it_is_an_engine() -> None:
    assert isinstance(ENGINE, CheckableEngine) and Engine is SympyEngine
    assert (ENGINE.name, ENGINE.precision) == ("sympy", "exact")


def test_symbols_are_real_named_and_numbered() -> None:
    (x, nothing), y = ENGINE.symbols(Pair(Pair(space(2), UNIT), SCALAR), "a")
    assert nothing == () and [s.name for s in (*x.flat, *y.flat)] == ["a0", "a1", "a2"]
    assert all(s.is_real for s in x.flat)
    with pytest.raises(DataError, match="word of letters"):
        ENGINE.symbols(SCALAR, "__import__('os')")


def test_lower_undoes_lift() -> None:
    ob = Pair(Pair(space(2, 2), UNIT), Pair(space(0), SCALAR))
    exact = positive(ob)
    assert ENGINE.lower(ob, ENGINE.lift(ob, exact)) == exact


@pytest.mark.parametrize(
    ("ob", "exact", "message"),
    [
        (space(2), (Fraction(1),), "flat tuple of 2"),
        (SCALAR, (0.5,), "without floats"),
        (SCALAR, (sp.Float(2),), "without floats"),
        (SCALAR, ("x",), "not 'x'"),
        (Pair(SCALAR, SCALAR), ((Fraction(1),),), "is a pair"),
        (Sort("X"), (Fraction(1),), "opaque"),
    ],
)
def test_what_is_no_exact_value_is_refused(ob: Ob, exact: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        ENGINE.lift(ob, exact)


def test_a_value_of_another_shape_is_refused_and_not_broadcast() -> None:
    add = Functions(ENGINE).meaning(p.add((2,)))
    with pytest.raises(ShapeError, match=r"sympy: add: expected a value of R\[2\], but the shape is \(1,\)"):
        add((ENGINE.symbols(space(2)), ENGINE.symbols(space(1))))
    with pytest.raises(ShapeError, match="is a pair"):
        add(ENGINE.symbols(space(2)))
    with pytest.raises(ShapeError, match="array of expressions"):
        add((np.zeros(2), np.zeros(2)))


@pytest.mark.parametrize(("name", "at"), [("log", 0), ("log", -1), ("sqrt", -1), ("reciprocal", 0)])
def test_outside_its_domain_an_operation_says_so(name: str, at: int) -> None:
    with pytest.raises(DataError, match=f"{name}: {at} is outside its domain"):
        Functions(ENGINE).meaning(p.primitive(name, ()))(ENGINE.lift(SCALAR, (Fraction(at),)))


def test_a_free_symbol_has_the_meaning_it_was_given() -> None:
    term = Identity(SCALAR) >> p.symbol("cube", SCALAR, SCALAR)
    with pytest.raises(MissingOperation, match="'cube' was given no meaning"):
        Functions(ENGINE).meaning(term)
    engine = SympyEngine({"cube": lambda x: np.asarray(x**3, dtype=object)})
    assert engine.lower(SCALAR, Functions(engine).meaning(term)(engine.lift(SCALAR, (HALF,)))) == (sp.Rational(1, 8),)


def test_an_unknown_operation_is_named() -> None:
    class Unknown:
        name, dom, cod = "relux", Space(()), Space(())

    with pytest.raises(MissingOperation, match=r"'relux'; did you mean relu"):
        ENGINE.operation(Unknown())


def nested(build: Callable[[Any], Any], inside: Any, times: int) -> Any:
    for _ in range(times):
        inside = build(inside)
    return inside


X = sp.Symbol("x", real=True)
BUILDS: dict[str, tuple[Callable[[Any], Any], int]] = {
    "functions": (lambda e: sp.sin(e, evaluate=False), 1),
    "roots": (lambda e: sp.Pow(e + 2, sp.Rational(1, 2), evaluate=False), 1),
    "inverses": (lambda e: sp.Pow(e + 2, -1, evaluate=False), 1),
    "powers are no functions": (lambda e: sp.Pow(e + 2, 2, evaluate=False), 0),
    "powers to the first": (lambda e: sp.Pow(e + 2, 1, evaluate=False), 0),
    "a power without end": (lambda e: sp.Pow(sp.Integer(2), e, evaluate=False), 1),
}


@pytest.mark.parametrize("name", BUILDS)
def test_how_deep_functions_stand_inside_one_another(name: str) -> None:
    build, each = BUILDS[name]
    depth = type(engine_module._depth)()
    assert [depth(nested(build, X, times)) for times in range(4)] == [0, each, 2 * each, 3 * each]
    assert depth(nested(build, X, 2) + nested(build, X, 3) * X) == 3 * each, "the deepest part, not the sum"


def test_depths_that_are_remembered_are_forgotten_when_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    depth = type(engine_module._depth)()
    depth(X)
    depth.known.update({object(): 7 for _ in range(199_999)})
    assert depth(sp.sin(X)) == 1 and len(depth.known) == 200_001
    assert depth(sp.sin(X)) == 1 and len(depth.known) == 2


@pytest.mark.parametrize(("inside", "most"), [(X, 48), (sp.Integer(1), 10)])
def test_what_is_too_deep_for_sympy_is_refused_at_that_depth(inside: Any, most: int) -> None:
    """With a variable 48 functions, without one 10: another one is refused, and one less is not."""
    sin = OPERATIONS["sin"](())
    just = nested(lambda e: sp.sin(e, evaluate=False), inside, most - 1)
    assert sin(np.array(just, dtype=object)) is not None
    deeper = np.array(sp.sin(just, evaluate=False), dtype=object)
    with pytest.raises(DataError, match=rf"^sympy: sin of an expression with {most} functions inside one another; "):
        sin(deeper)


def test_what_is_no_number_is_told_apart_from_nan() -> None:
    with pytest.raises(DataError, match=r"not 0\.5$"):
        engine_module.rational(0.5)
    with pytest.raises(DataError, match=r"not nan; NaN is no number$"):
        engine_module.rational(float("nan"))
    with pytest.raises(DataError, match=r"^the exact engine takes finite numbers, and (-oo|oo) is none$"):
        engine_module.rational(sp.oo + X)
    with pytest.raises(DataError, match=r"not 'a{79}$"):
        engine_module.rational("a" * 100)


def test_products_with_numbers_too_long_are_refused() -> None:
    """The rational factor of a product is looked at, also where a variable stands beside it."""
    large = sp.Integer(2) ** 600_000
    for factor in (large, large * X):
        with pytest.raises(DataError, match="more than"):
            engine_module.NUMBERS.times(factor, large)
    assert engine_module.NUMBERS.times(X, X) == X**2 and engine_module.NUMBERS.times(sp.Integer(3), X) == 3 * X
