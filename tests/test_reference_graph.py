"""Shared expressions: one node for equal ones, calculus backwards through the graph, any depth."""

from __future__ import annotations

import copy
from fractions import Fraction

import pytest
import sympy as sp

from verified_cat import primitives as p
from verified_cat.errors import DataError
from verified_cat.functions import Functions
from verified_cat.gad import reverse_mode
from verified_cat.loss import QUADRATIC
from verified_cat.networks import perceptron
from verified_cat.objects import SCALAR, space
from verified_cat.reference.decide import decide
from verified_cat.reference.evaluate import CannotEnclose, enclose
from verified_cat.reference.graph import FUNCTIONS, GRAPH, GraphEngine, Node, gradient, ordered, read_in, to_sympy
from verified_cat.reference.jacobian import entries
from verified_cat.reference.points import decide_graph, enclose_graph
from verified_cat.terms import Compose, Identity, Term

ENGINE = GraphEngine()
X, Y = GRAPH.variable("x"), GRAPH.variable("y")


def applied(name: str, node: Node) -> Node:
    return GRAPH.applied(name, node)


def test_equal_expressions_are_one_node() -> None:
    one = GRAPH.total([GRAPH.times(X, Y), GRAPH.number(Fraction(1, 2)), GRAPH.number(0)])
    assert one is GRAPH.total([GRAPH.number(Fraction(1, 2)), GRAPH.times(Y, X)])
    assert one is not GRAPH.total([GRAPH.times(X, Y), GRAPH.number(Fraction(1, 3))])
    assert GRAPH.times(X, GRAPH.number(0)) is GRAPH.number(0) and GRAPH.times(GRAPH.number(1), X) is X
    assert GRAPH.times(GRAPH.number(2), GRAPH.times(X, GRAPH.number(3))) is GRAPH.times(GRAPH.number(6), X)
    with pytest.raises(TypeError, match="made by GraphNumbers"):
        Node()
    with pytest.raises(TypeError, match="shared within one process"):
        copy.copy(X)


def test_functions_of_numbers() -> None:
    values = {"exp": 1, "sin": 0, "cos": 1, "tanh": 0, "sqrt": 0, "relu": 0, "step": 0, "sigmoid": Fraction(1, 2)}
    assert {name: applied(name, GRAPH.number(0)).content for name in values} == values
    for name, outside in (("log", 0), ("sqrt", -1), ("reciprocal", 0)):
        with pytest.raises(DataError, match="outside its domain"):
            applied(name, GRAPH.number(outside))


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name not in ("relu", "step")])
def test_slopes_are_sympys(name: str) -> None:
    inner = GRAPH.total([GRAPH.times(X, Y), GRAPH.number(3)])
    output = applied(name, inner)
    expected = [sp.diff(to_sympy([output])[0], sp.Symbol(letter, real=True)) for letter in "xy"]
    for found, wanted in zip(to_sympy(gradient(output, [X, Y])), expected, strict=True):
        assert decide(found, wanted).verdict == "equal"
        assert decide(2 * found, wanted).verdict == "different"


def test_at_kinks_the_convention() -> None:
    (slope,) = gradient(applied("relu", X), [X])
    assert [enclose_graph([slope], {X: Fraction(at)})[0].low for at in (-1, 0, 1)] == [0, 0, 1]
    assert gradient(applied("step", X), [X, Y]) == [GRAPH.zero, GRAPH.zero]


def test_backwards_through_the_graph_is_what_D_pulls_back_node_by_node() -> None:
    """Two ways that share no code but the sums and products: 163 partial derivatives, each the very same node."""
    model = perceptron(1, (4, 20, 3), p.sigmoid).map
    term = (model.inside @ Identity(model.cod)) >> QUADRATIC.total(model.cod)
    x = ENGINE.symbols(term.dom)
    (loss,) = entries(SCALAR, Functions(ENGINE).meaning(term)(x))
    parameters = entries(model.param, x[0][0])
    pulled = entries(term.dom, reverse_mode(ENGINE).differentiate(term)(x)[1](ENGINE.lift(SCALAR, (1,))))
    by_calculus = gradient(loss, parameters)
    assert len(parameters) == 163
    assert all(one is two for one, two in zip(by_calculus, pulled[:163], strict=True))
    assert len(ordered(by_calculus)) < 1000
    point = {node: Fraction(number - 80, 101) for number, node in enumerate(entries(term.dom, x))}
    enclosed = enclose_graph(by_calculus, point, 38)
    assert all(each.high - each.low < Fraction(1, 10**35) for each in enclosed)
    assert len({each.low for each in enclosed}) > 100


def test_in_sympy_and_at_a_point_it_is_the_same_number() -> None:
    nodes = [applied(name, GRAPH.total([GRAPH.times(X, X), GRAPH.number(1)])) for name in FUNCTIONS]
    there = enclose_graph(nodes, {X: Fraction(2, 3)})
    also = enclose(to_sympy(nodes), {sp.Symbol("x", real=True): Fraction(2, 3)})
    assert not any(one.apart(two) for one, two in zip(there, also, strict=True))
    with pytest.raises(CannotEnclose, match="says nothing of x"):
        enclose_graph(nodes, {})


def test_verdicts() -> None:
    twice = GRAPH.times(GRAPH.number(2), X)
    identity = GRAPH.total([applied("sigmoid", twice), GRAPH.number(Fraction(-1, 2))])
    assert decide_graph(identity, identity).how == "the same node"
    half_tanh = GRAPH.times(GRAPH.number(Fraction(1, 2)), applied("tanh", X))
    assert decide_graph(identity, half_tanh).verdict == "equal"
    assert decide_graph(identity, applied("tanh", X)).verdict == "different"


def nested(name: str, depth: int) -> Term:
    term: Term = p.primitive(name, ())
    for _ in range(depth - 1):
        term = Compose(p.primitive(name, ()), term)
    return term


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "exp", "sin", "relu", "negate"])
def test_ten_thousand_deep(name: str) -> None:
    term = nested(name, 10_000)
    value, pullback = reverse_mode(ENGINE).differentiate(term)(ENGINE.symbols(SCALAR))
    (root,), (x,) = value.flat, ENGINE.symbols(SCALAR).flat
    (slope,) = pullback(ENGINE.lift(SCALAR, (1,))).flat
    assert slope is gradient(root, [x])[0]
    if name in ("tanh", "sigmoid", "sin"):
        assert decide_graph(root, GRAPH.total([root, GRAPH.number(1)])).verdict == "different"
        assert decide_graph(root, GRAPH.total([root, GRAPH.times(x, GRAPH.number(0))])).verdict == "equal"
        assert decide_graph(root, GRAPH.total([root, applied("log", applied("exp", GRAPH.zero))])).verdict == "equal"


def test_a_tower_of_sums_is_read_once_per_node() -> None:
    tower = X
    for _ in range(500):
        tower = GRAPH.total([tower, tower])
    assert len(ordered([tower])) == 501
    assert enclose_graph([tower], {X: Fraction(1)})[0].low == 2**500


def test_a_variable_that_stays_open_stays_a_variable() -> None:
    product = GRAPH.times(X, Y)
    assert read_in([product], GRAPH, {X: GRAPH.number(3)}) == [GRAPH.times(GRAPH.number(3), Y)]


def test_what_is_no_entry_is_refused() -> None:
    for wrong in (0.5, float("nan"), "x", True, sp.Symbol("x")):
        with pytest.raises(DataError):
            ENGINE.lift(SCALAR, (wrong,))
    assert ENGINE.lower(space(2), ENGINE.lift(space(2), (1, Fraction(1, 2))))[1].content == Fraction(1, 2)
