"""Straight-line programs: every operation once, after what it needs, none that nothing needs; the map of the term."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any, ClassVar

import numpy as np
import pytest

from verified_cat import primitives
from verified_cat.errors import BoundaryError, MissingOperation, ShapeError
from verified_cat.functions import Functions
from verified_cat.instances import instance
from verified_cat.machine import differentiate
from verified_cat.objects import SCALAR, UNIT, Pair, Sort, Space, flatten, leaves
from verified_cat.primitives import Primitive, Symbol, symbol
from verified_cat.program import Outside, Program, Wire, Wires, entries, needed, program, running, trace
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


# ------------------------------------------------------------------------------------------------ simplifications


def made(name: str, *arguments: Any, of: tuple[Wire, ...], wires: Wires) -> Wire:
    return wires.at(Primitive(name, arguments), of)


def text(wire: Wire) -> str:
    """A wire with what it is made of."""
    if wire.operation is None:
        return f"%{wire.serial}"
    numbers = [str(part) for part in wire.operation.arguments if isinstance(part, Fraction)]
    if wire.kind == "constant":
        numbers = ["".join(map(str, wire.operation.arguments[1]))]
    if wire.kind in ("sum", "permute", "broadcast"):
        numbers = [str(wire.operation.arguments[-1])]
    return f"{wire.kind}{''.join(numbers)}({', '.join(map(text, wire.args))})"


def test_numbers_times_wires() -> None:
    wires = Wires()
    x = wires.fresh((2,))
    half, third = Fraction(1, 2), Fraction(1, 3)
    assert text(wires.scaled(half, x)) == "scale1/2(%0)"
    assert text(wires.scaled(Fraction(-1), x)) == "negate(%0)"
    assert wires.scaled(Fraction(1), x) is x and text(wires.scaled(Fraction(0), x)) == "constant0()"
    assert text(wires.scaled(third, wires.scaled(half, x))) == "scale1/6(%0)"
    assert text(wires.scaled(third, wires.scaled(Fraction(-1), x))) == "scale-1/3(%0)"
    assert text(made("negate", (2,), of=(wires.scaled(half, x),), wires=wires)) == "scale-1/2(%0)"
    assert text(made("negate", (2,), of=(wires.constant((2,), half),), wires=wires)) == "constant-1/2()"
    assert text(wires.scaled(third, wires.constant((2,), half))) == "constant1/6()"
    exp = made("exp", (2,), of=(x,), wires=wires)
    assert text(wires.scaled(half, exp)) == "scale1/2(exp(%0))"


def test_constants_are_computed() -> None:
    wires = Wires()
    x, y = wires.fresh((2, 3)), wires.fresh((2,))
    half, two = wires.constant((2, 3), Fraction(1, 2)), wires.constant((2, 3), Fraction(2))
    rows = made("constant", (2,), (Fraction(1), Fraction(2)), of=(), wires=wires)
    same = made("constant", (2,), (Fraction(3), Fraction(3)), of=(), wires=wires)
    assert (rows.uniform, same.uniform, half.uniform, x.uniform) == (None, Fraction(3), Fraction(1, 2), None)
    assert rows.operation is not None and rows.operation.arguments[1] == (1, 2)
    assert same.operation == Primitive("constant", ((2,), (Fraction(3),)))
    assert made("add", (2, 3), of=(half, two), wires=wires).uniform == Fraction(5, 2)
    assert text(made("add", (2, 3), of=(x, two), wires=wires)) == "add(%0, constant2())"
    assert text(made("add", (2,), of=(y, rows), wires=wires)) == "add(%1, constant12())"
    for name, arguments, shape in (("broadcast", ((4, 2, 3), (0,)), (4, 2, 3)), ("reshape", ((2, 3), (6,)), (6,))):
        assert made(name, *arguments, of=(half,), wires=wires) is wires.constant(shape, Fraction(1, 2))
    assert made("permute", (2, 3), (1, 0), of=(half,), wires=wires) is wires.constant((3, 2), Fraction(1, 2))
    assert text(made("permute", (2, 3), (1, 0), of=(x,), wires=wires)) == "permute(1, 0)(%0)"
    assert text(made("sum", (2, 3), (1,), of=(half,), wires=wires)) == "sum(1,)(constant1/2())"
    assert made("exp", (2, 3), of=(half,), wires=wires).kind == "exp"


def test_sums() -> None:
    wires = Wires()
    x, y = wires.fresh((2,)), wires.fresh((2,))
    assert text(made("add", (2,), of=(y, x), wires=wires)) == "add(%0, %1)"
    assert text(made("add", (2,), of=(x, x), wires=wires)) == "scale2(%0)"
    assert text(made("multiply", (2,), of=(y, x), wires=wires)) == "multiply(%0, %1)"
    assert text(made("multiply", (2,), of=(x, x), wires=wires)) == "multiply(%0, %0)"


def test_products_with_one_number_everywhere() -> None:
    wires = Wires()
    x, y = wires.fresh((2, 3)), wires.fresh((3,))
    half, vector = wires.constant((2, 3), Fraction(1, 2)), wires.constant((3,), Fraction(1, 2))
    one = wires.constant((3,), Fraction(1))
    assert text(made("multiply", (2, 3), of=(half, x), wires=wires)) == "scale1/2(%0)"
    assert text(made("multiply", (2, 3), of=(x, half), wires=wires)) == "scale1/2(%0)"

    def contract(subscripts: str, left: Wire, right: Wire) -> str:
        return text(made("contract", subscripts, left.shape, right.shape, of=(left, right), wires=wires))

    assert contract("ij,j->i", x, vector) == "scale1/2(sum(1,)(%0))"
    assert contract("j,ij->i", vector, x) == "scale1/2(sum(1,)(%0))"
    assert contract("ij,ij->ji", x, half) == "scale1/2(permute(1, 0)(%0))"
    assert contract("ij,ij->ij", half, x) == "scale1/2(%0)"
    assert contract("ij,ij->", half, x) == "scale1/2(sum(0, 1)(%0))"
    assert contract("ij,j->i", x, one) == "sum(1,)(%0)"
    assert contract("ij,j->i", half, y) == "contract(constant1/2(), %1)"  # i is no axis of y
    assert contract("ij,j->i", x, y) == "contract(%0, %1)"
    assert contract("ij,j->i", x, wires.zero((3,))) == "constant0()"
    assert contract("ij,kj->ik", x, half) == "contract(%0, constant1/2())"


def test_what_moves_nothing_is_left_out() -> None:
    wires = Wires()
    x = wires.fresh((2, 2))
    for name, argument in (("permute", (0, 1)), ("reshape", (2, 2)), ("sum", ()), ("broadcast", ())):
        assert made(name, (2, 2), argument, of=(x,), wires=wires) is x
    assert made("permute", (2, 2), (1, 0), of=(x,), wires=wires) is not x
    assert made("relu", (2, 2), of=(x,), wires=wires) is not x
    assert made("gather", (2, 2), 0, (0, 1), of=(x,), wires=wires).kind == "gather"


def test_zeros_stay_zeros_where_the_map_is_linear_in_them() -> None:
    wires = Wires()
    zero, x = wires.zero((2,)), wires.fresh((2,))
    assert made("gather", (2,), 0, (1, 1, 0), of=(zero,), wires=wires) is wires.zero((3,))
    assert made("contract", "i,i->", (2,), (2,), of=(x, zero), wires=wires) is wires.zero(())
    assert made("softmax", (2,), 0, of=(zero,), wires=wires).kind == "softmax"
    assert made("maximum", (2,), (0,), of=(zero,), wires=wires).kind == "maximum"


# ------------------------------------------------------------------------------------------------ wires and runs


def test_wires_say_what_they_are() -> None:
    wires = Wires()
    x = wires.fresh((2,))
    y = made("exp", (2,), of=(x,), wires=wires)
    assert (repr(x), repr(y), x.kind, y.kind, x.shape, y.shape) == ("%0", "%1", "input", "exp", (2,), (2,))
    assert (y.args, x.args, x.operation, y.is_zero, entries(x)) == ((x,), (), None, False, 2)
    assert (wires.name, wires.precision) == ("wires", "exact")
    assert made("exp", (2,), of=(x,), wires=wires) is y and wires.fresh((2,)).serial == 2
    with pytest.raises(MissingOperation) as refused:
        wires.operation(Symbol("f", SCALAR, SCALAR))
    assert str(refused.value) == "wires: f is a free symbol; a program has rows of the table only"


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (lambda wires, x: 3, "the program was to end in R[2], not in 3"),
        (lambda wires, x: wires.fresh((3,)), "the program was to end in R[2], not in %1"),
    ],
)
def test_what_comes_out_is_a_wire_of_the_codomain(run: Any, words: str) -> None:
    with pytest.raises(BoundaryError) as refused:
        trace(run, Space((2,)), Space((2,)))
    assert str(refused.value) == words


MEAN = Outside("mean", (3,), Space((2,)), Space((2,)), primitives.scale(Fraction(1, 3), (2,)))


def test_operations_from_outside(plain: Functions) -> None:
    """What an engine has no kernel for is what it is alone, or refused; it is made once, and never simplified."""

    def run(wires: Wires, x: Any) -> Any:
        once = wires.operation(MEAN)(x)
        return wires.operation(MEAN)(x), made("add", (2,), of=(once, x), wires=wires), wires.operation(MEAN)(once)

    cod = Pair(Space((2,)), Pair(Space((2,)), Space((2,))))
    found = trace(lambda wires, x: (lambda a, b, c: (a, (b, c)))(*run(wires, x)), Space((2,)), cod)
    assert [str(each) for each in found.operations] == ["mean", "add", "mean"]
    assert running(found, plain.engine)((3, 6)) == ((1, 2), ((4, 8), (Fraction(1, 3), Fraction(2, 3))))
    unknown = Outside("mean", (3,), Space((2,)), Space((2,)))
    assert unknown == MEAN and hash(unknown) == hash(MEAN) and "alone" not in repr(MEAN)
    alone = trace(lambda wires, x: wires.operation(unknown)(x), Space((2,)), Space((2,)))
    with pytest.raises(MissingOperation):
        running(alone, plain.engine)
    nought = trace(lambda wires, x: wires.operation(MEAN)(wires.zero((2,))), UNIT, Space((2,)))
    assert [str(each) for each in nought.operations] == ["constant", "mean"]


class Counted:
    """A value that counts how many of its kind are there."""

    alive: ClassVar[set[int]] = set()

    def __init__(self, number: int) -> None:
        self.number = number
        Counted.alive.add(id(self))

    def __del__(self) -> None:
        Counted.alive.discard(id(self))


class Counting:
    """An engine of such values; it notes how many there are when an operation starts."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def operation(self, operation: Any) -> Any:
        def run(x: Any) -> Counted:
            self.seen.append(len(Counted.alive))
            return Counted(sum(each.number for each in (x if isinstance(x, tuple) else (x,))) + 1)

        return run


def test_values_are_dropped_when_nothing_needs_them() -> None:
    """Each value stays until the last operation that reads it; the input, which we hold, and outputs stay."""

    def run(wires: Wires, x: Wire) -> Any:
        values = [x]
        for name in ("exp", "tanh", "sin", "cos", "exp"):
            values.append(made(name, (), of=(values[-1],), wires=wires))
        return values[5], (values[2], made("add", (), of=(values[5], values[1]), wires=wires))

    found = trace(run, SCALAR, Pair(SCALAR, Pair(SCALAR, SCALAR)))
    engine = Counting()
    wrapped = [Counted(0)]
    one, (two, three) = running(found, engine)(wrapped.pop())
    assert (one.number, two.number, three.number) == (5, 2, 5 + 1 + 1)
    assert engine.seen == [1, 2, 3, 4, 4, 4]
    del one, two, three
    assert not Counted.alive


def test_wires_are_needed_once_each() -> None:
    wires = Wires()
    x = wires.fresh(())
    y = made("exp", (), of=(x,), wires=wires)
    z = made("add", (), of=(x, y), wires=wires)
    made("tanh", (), of=(z,), wires=wires)
    assert needed([z, y, z]) == [y, z] and needed([x]) == [] and needed([]) == []
