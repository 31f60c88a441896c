"""Composites of thousands run and differentiate, however they are bracketed; short ones run as they always did."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from typing import Any

import pytest

from verified_cat import primitives as p
from verified_cat.chains import SHORT, ChainRule, InTurn
from verified_cat.functions import Arrow, Functions, then
from verified_cat.gad import forward_mode, reverse_mode
from verified_cat.objects import SCALAR, Sort
from verified_cat.proofs.sources import OpaqueSource
from verified_cat.proofs.symbols import term_of, variable
from verified_cat.reference import SympyEngine
from verified_cat.terms import Copy, Identity, Term

SQUARE: Term = Copy(SCALAR) >> p.multiply(())
HALF: Term = Copy(SCALAR) >> (Identity(SCALAR) @ p.scale(Fraction(-1, 2), ())) >> p.add(())


def to_the_left(layers: list[Term]) -> Term:
    return reduce(lambda f, g: f >> g, layers)


def to_the_right(layers: list[Term]) -> Term:
    return reduce(lambda g, f: f >> g, reversed(layers))


def halves(layers: list[Term]) -> Term:
    middle = len(layers) // 2
    return halves(layers[:middle]) >> halves(layers[middle:]) if middle else layers[0]


BRACKETED = [to_the_left, to_the_right, halves]


@pytest.mark.parametrize("bracketed", BRACKETED)
@pytest.mark.parametrize("length", [1, 2, SHORT - 1, SHORT, SHORT + 1, 3 * SHORT])
def test_the_order_is_kept(length: int, bracketed: Callable[[list[Term]], Term], plain: Functions) -> None:
    """Layers that do not commute, x ↦ k x and x ↦ |x| or so, one after another."""
    layers = [p.scale(-k, ()) if k % 3 else p.relu(()) for k in range(1, length + 1)]
    expected = (Fraction(7),)
    for layer in layers:
        expected = plain.meaning(layer)(expected)
    assert plain.meaning(bracketed(layers))((Fraction(7),)) == expected


@pytest.mark.parametrize("bracketed", BRACKETED)
def test_ten_thousand_layers_run_and_differentiate(bracketed: Callable[[list[Term]], Term], plain_engine: Any) -> None:
    """Of x² at 1, between linear layers: the value is 1, and the derivative 2 to the number of squares."""
    engine = plain_engine()
    term = bracketed([SQUARE, p.scale(1, ())] * 5000)
    one = (Fraction(1),)
    assert Functions(engine).meaning(term)(one) == one
    for mode in (reverse_mode, forward_mode):
        value, derivative = mode(engine).differentiate(term)(one)
        assert value == one
        assert derivative(one) == (Fraction(2) ** 5000,)


@pytest.mark.parametrize("name", ["sympy", "torch"])
def test_in_the_engines_of_the_package(name: str) -> None:
    engine: Any = SympyEngine()
    if name == "torch":
        engine = pytest.importorskip("verified_cat.gpu.engine").TorchEngine("float64")
    term = to_the_left([HALF, p.scale(2, ())] * 1500)
    point = engine.lift(SCALAR, (Fraction(3),))
    value, pullback = reverse_mode(engine).differentiate(term)(point)
    assert engine.lower(SCALAR, value) == engine.lower(SCALAR, Functions(engine).meaning(term)(point)) == (3,)
    assert engine.lower(SCALAR, pullback(point)) == (3,)


def test_a_rope_is_taken_apart_once_and_shares_what_was_taken_apart() -> None:
    one: Callable[[Any], Any] = lambda x: x + 1  # noqa: E731
    inner = InTurn(one, one)
    whole = InTurn(inner, InTurn(one, inner))
    assert (inner(0), whole(0)) == (2, 5)
    assert whole.steps() is whole.steps()
    assert whole.steps() == (one,) * 5


def test_derivatives_are_composed_as_they_come() -> None:
    """f' first; the values are those along the way, whichever half is long."""

    def layer(name: str) -> Callable[[Any], Any]:
        return lambda x: (f"{name}({x})", f"{name}'")

    f, g, h = map(layer, "fgh")
    compose: Callable[[Any, Any], Any] = lambda one, other: f"({one} ; {other})"  # noqa: E731
    for whole in (ChainRule(ChainRule(f, g, compose), h, compose), ChainRule(f, ChainRule(g, h, compose), compose)):
        assert whole("x") == ("h(g(f(x)))", "((f' ; g') ; h')")
        assert whole.steps() == (f, g, h)


def test_what_is_proved_is_what_runs(plain: Functions) -> None:
    """A composite is ``then`` of its parts; a long one gives, on opaque symbols, the very term of the nested calls."""
    f = plain.meaning(SQUARE)
    assert plain.compose(f, f).run.__code__ is then(f.run, f.run).__code__
    source, a = OpaqueSource(), Sort("A")
    g, x = source.arrow("g", a, a), variable("x", a)
    long: Arrow = reduce(source.functions.compose, [g] * (SHORT + 5))
    nested = reduce(lambda value, _: g(value), range(SHORT + 5), x)
    assert isinstance(reduce(plain.compose, [f] * (SHORT + 1)).run, InTurn)
    assert term_of(long(x), a) is term_of(nested, a)
