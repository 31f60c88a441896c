"""Straight-line programs: every operation once, after what it needs, none that nothing needs; the map of the term."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest

from verified_cat import primitives
from verified_cat.errors import BoundaryError, MissingOperation, ShapeError
from verified_cat.functions import Functions
from verified_cat.instances import instance
from verified_cat.machine import differentiate
from verified_cat.objects import Pair, Sort, Space, flatten, leaves
from verified_cat.primitives import Primitive, symbol
from verified_cat.program import Program, Wire, Wires, program, running, trace
from verified_cat.reference.arrays import ArrayEngine
from verified_cat.reference.graph import GraphNumbers
from verified_cat.reference.modular import ModularEngine
from verified_cat.terms import Copy, Identity, Pairing, Term

TERMS = 300


def terms(seed: int) -> list[tuple[int, Term]]:
    return [(index, instance(seed, index).term) for index in range(TERMS)]


def is_straight_line(made: Program) -> bool:
    """The invariants of a program."""
    known = {wire.serial for wire in made.inputs}
    keys = set()
    for wire in made.wires:
        key = (wire.operation, *[arg.serial for arg in wire.args])
        if wire.serial in known or key in keys or not all(arg.serial in known for arg in wire.args):
            return False
        known.add(wire.serial)
        keys.add(key)
    read = {arg.serial for wire in made.wires for arg in wire.args} | {wire.serial for wire in made.outputs}
    return all(wire.serial in read for wire in made.wires) and all(wire.serial in known for wire in made.outputs)


def test_programs_are_straight_lines() -> None:
    for index, term in terms(3):
        made = program(term)
        assert is_straight_line(made), index
        assert (made.dom, made.cod) == (term.dom, term.cod)
        assert [Space(wire.shape) for wire in made.outputs] == list(leaves(term.cod))


def test_a_broken_line_is_seen() -> None:
    made = program(Copy(Space((2,))) >> primitives.multiply((2,)) >> primitives.exp((2,)))
    assert is_straight_line(made)
    backwards = Program(made.dom, made.cod, made.inputs, made.wires[::-1], made.outputs)
    twice = Program(made.dom, made.cod, made.inputs, (*made.wires, made.wires[-1]), made.outputs)
    idle = Program(made.dom, made.cod, made.inputs, made.wires, made.outputs[:0])
    assert not any(map(is_straight_line, (backwards, twice, idle)))


def test_a_program_is_the_map_of_its_term_on_residues() -> None:
    for index, term in terms(4):
        engine = ModularEngine(Random(index))
        x = engine.random(term.dom)
        one, other = running(program(term), engine)(x), Functions(engine).meaning(term)(x)
        for left, right in zip(flatten(term.cod, one), flatten(term.cod, other), strict=True):
            assert np.array_equal(left, right), (index, str(term))


def test_a_program_is_the_map_of_its_term_node_for_node() -> None:
    """On shared graphs of rational functions: equal where the nodes are one, else at points of a prime field."""
    engine = ArrayEngine(GraphNumbers())
    same = 0
    for _, term in terms(5)[:100]:
        x = engine.symbols(term.dom)
        one, other = running(program(term), engine)(x), Functions(engine).meaning(term)(x)
        pairs = zip(flatten(term.cod, one), flatten(term.cod, other), strict=True)
        same += all(left is right for a, b in pairs for left, right in zip(a.flat, b.flat, strict=True))
    assert same >= 60


@pytest.mark.parametrize("depth", [10, 100, 1000])
def test_the_length_is_linear(depth: int) -> None:
    """One pass forward and one backward: derivatives share what the value has computed."""
    term: Term = primitives.tanh((2,))
    for _ in range(depth):
        term = term >> primitives.tanh((2,))

    def both(wires: Wires, x: Any) -> Any:
        value, back = differentiate(term, x[0], wires)
        return value, back(x[1])

    made = trace(both, Pair(term.dom, term.cod), Pair(term.cod, term.dom))
    assert len(made.wires) == 5 * (depth + 1) + 1  # tanh; y y, -, 1 +, times; and the number 1


def test_what_is_used_twice_is_computed_once() -> None:
    square = Copy(Space((2,))) >> primitives.multiply((2,))
    both = Pairing(primitives.exp((2,)) >> square, primitives.exp((2,))) >> primitives.add((2,))
    assert [operation.name for operation in program(both).operations] == ["exp", "multiply", "add"]


def test_the_simplifications() -> None:
    wires = Wires()
    x, y = wires.fresh((2,)), wires.fresh((2,))
    add, scale = Primitive("add", ((2,),)), Primitive("scale", (Fraction(1, 2), (2,)))
    zero, one = wires.zero((2,)), wires.constant((2,), Fraction(1))
    assert wires.at(add, (x, zero)) is wires.at(add, (zero, x)) is x
    assert wires.at(add, (x, y)) is wires.at(add, (y, x))
    assert wires.at(add, (x, x)) is wires.scaled(Fraction(2), x)
    assert wires.at(scale, (wires.scaled(Fraction(2), x),)) is x
    assert wires.at(scale, (one,)).uniform == Fraction(1, 2)
    assert wires.at(Primitive("multiply", ((2,),)), (one, y)) is y
    assert wires.at(Primitive("multiply", ((2,),)), (zero, y)).is_zero
    assert wires.at(Primitive("sum", ((2,), (0,))), (zero,)).is_zero
    assert wires.at(Primitive("negate", ((2,),)), (wires.at(Primitive("negate", ((2,),)), (x,)),)) is x
    assert wires.at(Primitive("permute", ((2, 1), (0, 1))), (wires.fresh((2, 1)),)).kind == "input"
    assert not wires.at(Primitive("exp", ((2,),)), (zero,)).is_zero


def test_a_wire_is_no_truth() -> None:
    with pytest.raises(TypeError, match="does not branch"):
        bool(Wire(0, (), None, ()))


def test_what_is_no_program() -> None:
    with pytest.raises(MissingOperation, match="free symbol"):
        program(symbol("f", Space(()), Space(())))
    with pytest.raises(BoundaryError, match="was to end in"):
        trace(lambda wires, x: x, Space((2,)), Space((3,)))
    with pytest.raises(BoundaryError, match="was to end in"):
        trace(lambda wires, x: x, Space(()), Pair(Space(()), Space(())))
    with pytest.raises(ShapeError):
        program(Identity(Sort("X")))


def test_a_program_as_text() -> None:
    text = str(program(Copy(Space((2,))) >> primitives.multiply((2,))))
    assert text.splitlines() == ["(%0 : R[2])", "%1 : R[2] = multiply(%0, %0)", "return %1"]
