"""Terms by a stack machine: the values and derivatives of ``Functions`` and ``GAD``, at any depth."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import numpy as np
import pytest

from verified_cat import primitives
from verified_cat.functions import Functions
from verified_cat.gad import reverse_mode
from verified_cat.instances import instance
from verified_cat.machine import Move, differentiate, evaluate, evaluator, steps
from verified_cat.objects import Pair, Space, flatten
from verified_cat.program import Wires
from verified_cat.reference.modular import ModularEngine
from verified_cat.terms import Copy, Identity, Pairing, Swap, Term

DEEP = 10_000
TERMS = 300


@pytest.mark.parametrize("part", range(3))
def test_values_are_those_of_functions(part: int) -> None:
    for index in range(part, TERMS, 3):
        term = instance(7, index).term
        engine = ModularEngine(Random(index))
        x = engine.random(term.dom)
        one, other = evaluate(term, x, engine), Functions(engine).meaning(term)(x)
        for left, right in zip(flatten(term.cod, one), flatten(term.cod, other), strict=True):
            assert np.array_equal(left, right), index


@pytest.mark.parametrize("part", range(3))
def test_derivatives_are_those_of_gad_wire_for_wire(part: int) -> None:
    for index in range(part, TERMS, 3):
        term = instance(8, index).term
        wires = Wires()
        x, w = wires.inputs(term.dom), wires.inputs(term.cod)
        value, back = differentiate(term, x, wires)
        expected, pullback = reverse_mode(wires).differentiate(term)(x)
        assert flatten(term.cod, value) == flatten(term.cod, expected), index
        assert flatten(term.dom, back(w)) == flatten(term.dom, pullback(w)), index


def test_an_evaluator_may_be_used_again() -> None:
    shape = (3,)
    engine = ModularEngine(Random(0))
    run = evaluator(Copy(Space(shape)) >> primitives.add(shape), engine)
    x, y = engine.random(Space(shape)), engine.random(Space(shape))
    assert np.array_equal(run(x), 2 * x % engine.prime) and np.array_equal(run(y), 2 * y % engine.prime)
    assert np.array_equal(run(x), 2 * x % engine.prime)


def test_the_moves_of_a_term() -> None:
    negate, add = primitives.negate((2,)), primitives.add((2,))
    beside = [Move.SPLIT, negate, Move.FLIP, Move.PAIR]
    assert steps((negate @ Identity(Space((2,)))) >> add) == [*beside, add]
    assert steps(Pairing(negate, Identity(Space((2,))))) == [Copy(Space((2,))), *beside]


def towers(depth: int) -> dict[str, Term]:
    """Composites, tensors and pairings nested so deeply on either side."""
    scalar = Space(())
    half: Term = primitives.scale(Fraction(1, 2), ())
    chain: Term = half
    for _ in range(depth):
        chain = chain >> half
    nested: Term = half
    for _ in range(depth):
        nested = half >> nested
    left: Term = half
    for _ in range(depth):
        left = Pairing(left, Identity(scalar)) >> primitives.add(())
    right: Term = half
    for _ in range(depth):
        right = Copy(scalar) >> ((Identity(scalar) @ right) >> primitives.add(()))
    return {"first of composites": chain, "second of composites": nested, "pairings": left, "tensors": right}


@pytest.mark.parametrize("form", ["first of composites", "second of composites", "pairings", "tensors"])
def test_depth_is_not_limited(form: str) -> None:
    term = towers(DEEP)[form]
    engine = ModularEngine(Random(1))
    x = engine.random(Space(()))
    half = engine.number(Fraction(1, 2))
    by = pow(half, DEEP + 1, engine.prime) if "composites" in form else (half + DEEP) % engine.prime
    value, back = differentiate(term, x, engine)
    assert int(value) == int(x) * by % engine.prime == int(evaluate(term, x, engine))
    assert int(back(np.array(1))) == by


def test_a_tensor_of_ten_thousand() -> None:
    term: Term = primitives.negate(())
    for _ in range(DEEP):
        term = term @ primitives.negate(())
    engine = ModularEngine(Random(2))
    x = engine.random(term.dom)
    found, back = differentiate(term, x, engine)
    assert all(
        int(one + other) in (0, engine.prime)
        for one, other in zip(flatten(term.dom, x), flatten(term.cod, found), strict=True)
    )
    assert len(flatten(term.dom, back(x))) == DEEP + 1


def test_isomorphisms_move_values_and_give_cotangents_back() -> None:
    a, b = Space((2,)), Space((3,))
    engine = ModularEngine(Random(3))
    term = Swap(a, b) >> (Identity(b) @ Identity(a))
    x, y = engine.random(Pair(a, b))
    (second, first), back = differentiate(term, (x, y), engine)
    assert second is y and first is x
    assert back((y, x)) == (x, y)
