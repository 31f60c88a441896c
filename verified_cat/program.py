"""A term as a straight-line program: every operation at every input once, each after what it needs.

A program is what the code of a term, of a derivative or of a whole training step does when it is *run once on wires*:
``Wires`` is an engine whose values stand for values to come. So no construction is written a second time here. Equal
operations at equal inputs are one wire, so whatever is used along several paths is computed once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod
from typing import Any, NoReturn, Protocol

from verified_cat import primitives
from verified_cat.errors import BoundaryError, MissingOperation
from verified_cat.functions import Run, Value
from verified_cat.machine import evaluate, evaluator
from verified_cat.objects import Ob, Space, flatten, leaves, unflatten
from verified_cat.primitives import Bilinear, Primitive, Shape, row
from verified_cat.shown import Shown
from verified_cat.terms import Operation, Term


@dataclass(frozen=True, slots=True)
class Outside:
    """A linear operation of a program that is no row of the table: what it gives depends on more than what it is given,
    as a mean over replicas does. It is never simplified, and has no derivative; an engine may have a kernel for it.

    ``alone`` : dom → cod is what it is where nothing from outside takes part, if that is known: engines that have no
    kernel for it, and hold a program against its terms, read it so.
    """

    name: str
    arguments: tuple[Any, ...]
    dom: Ob
    cod: Ob
    alone: Term | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return self.name


class Wire:
    """A value of R^shape to come: an input (``operation`` is None), or an operation at other wires.

    It has no truth, order or length: code that asks is not straight-line, and is refused with TypeError.
    """

    __slots__ = ("args", "operation", "serial", "shape")

    def __init__(
        self, serial: int, shape: Shape, operation: Primitive | Outside | None, args: tuple[Wire, ...]
    ) -> None:
        self.serial = serial
        self.shape = shape
        self.operation = operation
        self.args = args

    @property
    def kind(self) -> str:
        """The name of the operation; "input" for an input."""
        return "input" if self.operation is None else self.operation.name

    @property
    def uniform(self) -> Fraction | None:
        """The entry of a constant that has one entry repeated, else None."""
        if self.operation is None or self.operation.name != "constant":
            return None
        values = self.operation.arguments[1]
        return values[0] if len(values) == 1 else None

    @property
    def is_zero(self) -> bool:
        """Whether the wire is a constant 0."""
        return self.uniform == 0

    def __bool__(self) -> NoReturn:
        raise TypeError("a wire has no truth value: a straight-line program does not branch")

    def __repr__(self) -> str:
        return f"%{self.serial}"


@dataclass(frozen=True, slots=True, eq=False)
class Program(Shown):
    """A map dom → cod: ``wires`` are its operations in the order in which they are run; the outputs are leaves of cod.

    Invariants: each wire comes after its arguments, none stands twice, and each is needed by an output.
    """

    dom: Ob
    cod: Ob
    inputs: tuple[Wire, ...]
    wires: tuple[Wire, ...]
    outputs: tuple[Wire, ...]

    def __str__(self) -> str:
        return "\n".join(_lines(self))

    @property
    def operations(self) -> list[Primitive | Outside]:
        """The operations in the order in which they are run."""
        return [wire.operation for wire in self.wires if wire.operation is not None]


def _lines(program: Program) -> Iterator[str]:
    yield f"({', '.join(f'{wire} : {Space(wire.shape)}' for wire in program.inputs)})"
    for wire in program.wires:
        yield f"{wire} : {Space(wire.shape)} = {wire.operation}({', '.join(map(str, wire.args))})"
    yield f"return {', '.join(map(str, program.outputs))}"


# ------------------------------------------------------------------------------------------------ wires


class Wires:
    """The engine whose values are wires; it remembers every operation that was asked for, each once."""

    name = "wires"
    precision = "exact"

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Wire] = {}
        self._count = 0
        self._runs: dict[Primitive | Outside, Run] = {}

    def fresh(self, shape: Shape) -> Wire:
        """A new input."""
        return self._new(shape, None, ())

    def inputs(self, ob: Ob) -> Value:
        """A value of ``ob`` with a new input at every leaf. Raises ShapeError where a leaf is opaque."""
        return unflatten(ob, [self.fresh(leaf.shape) for leaf in leaves(ob)])  # type: ignore[attr-defined]

    def operation(self, operation: Operation) -> Run:
        """The operation on wires. Raises MissingOperation for what is not a row of the table."""
        if not isinstance(operation, Primitive | Outside):
            raise MissingOperation(f"{self.name}: {operation} is a free symbol; a program has rows of the table only")
        run = self._runs.get(operation)
        if run is None:
            run = self._runs[operation] = self._run(operation)
        return run

    def _run(self, operation: Primitive | Outside) -> Run:
        shapes = [leaf.shape for leaf in leaves(operation.dom)]  # type: ignore[attr-defined]
        if len(shapes) == 1:
            return lambda x: self.at(operation, (x,))
        return lambda x: self.at(operation, tuple(flatten(operation.dom, x)))

    def at(self, operation: Primitive | Outside, args: tuple[Wire, ...]) -> Wire:
        """The operation at wires: a wire that is known already, or a new one."""
        short = simplified(self, operation, args) if isinstance(operation, Primitive) else None
        return self.made(operation, args) if short is None else short

    def made(self, operation: Primitive | Outside, args: tuple[Wire, ...]) -> Wire:
        """The operation at wires, as it is."""
        if operation.name in COMMUTATIVE and args[0].serial > args[1].serial:
            args = (args[1], args[0])
        key = (operation, *[wire.serial for wire in args])
        wire = self._known.get(key)
        if wire is None:
            wire = self._known[key] = self._new(operation.cod.shape, operation, args)  # type: ignore[attr-defined]
        return wire

    def zero(self, shape: Shape) -> Wire:
        """0 ∈ R^shape."""
        return self.constant(shape, Fraction(0))

    def constant(self, shape: Shape, value: Fraction) -> Wire:
        """One entry repeated."""
        return self.made(Primitive("constant", (shape, (value,))), ())

    def scaled(self, factor: Fraction, x: Wire) -> Wire:
        """factor · x."""
        if factor == -1:
            return self.at(Primitive("negate", (x.shape,)), (x,))
        return self.at(Primitive("scale", (factor, x.shape)), (x,))

    def _new(self, shape: Shape, operation: Primitive | Outside | None, args: tuple[Wire, ...]) -> Wire:
        self._count += 1
        return Wire(self._count - 1, shape, operation, args)


COMMUTATIVE = frozenset({"add", "multiply"})
"""x + y and x ⊙ y are those of y and x to the last bit, so they are one wire."""


def simplified(wires: Wires, operation: Primitive, args: tuple[Wire, ...]) -> Wire | None:
    """A shorter wire for the same value, or None: 0 + x = x, f(0) = 0 for linear f, 0 · x = 0, c (d x) = (c d) x, …

    Each is an equation over every commutative ring, and constants are computed exactly. In floats 0 · x = 0 also where
    x is infinite or not a number: the zero of a derivative is no number that was computed.
    """
    name, kind = operation.name, row(operation.name)
    if name == "add":
        return _sum(wires, *args)
    if any(arg.is_zero for arg in args) and (isinstance(kind, Bilinear) or primitives.is_linear(operation)):
        return wires.zero(operation.cod.shape)  # type: ignore[attr-defined]
    if name == "constant":
        return _shorter_constant(wires, operation)
    if name in ("scale", "negate"):
        return _scaled(wires, operation, args[0])
    if name in ("multiply", "contract"):
        return _by_a_number(wires, operation, args)
    if name in _MOVES and args[0].uniform is not None:
        return wires.constant(operation.cod.shape, args[0].uniform)  # type: ignore[attr-defined]
    if operation.dom == operation.cod and _moves_nothing(operation):
        return args[0]
    return None


def _sum(wires: Wires, x: Wire, y: Wire) -> Wire | None:
    """0 + x = x, x + x = 2 x, and the sum of two constants."""
    if x.is_zero or y.is_zero:
        return y if x.is_zero else x
    if x.uniform is not None and y.uniform is not None:
        return wires.constant(x.shape, x.uniform + y.uniform)
    return wires.scaled(Fraction(2), x) if x is y else None


_MOVES = frozenset({"broadcast", "reshape", "permute"})


def _shorter_constant(wires: Wires, operation: Primitive) -> Wire | None:
    """One entry repeated is written once."""
    shape, values = operation.arguments
    return wires.constant(shape, values[0]) if len(values) > 1 and len(set(values)) == 1 else None


def _scaled(wires: Wires, operation: Primitive, x: Wire) -> Wire | None:
    """c x for c = 0 or 1, for x = d y, and for a constant x."""
    factor, shape = operation.arguments if operation.name == "scale" else (Fraction(-1), operation.arguments[0])
    if x.uniform is not None:
        return wires.constant(shape, factor * x.uniform)
    if factor == 1:
        return x
    if factor == 0:
        return wires.zero(shape)
    if x.kind in ("scale", "negate"):
        assert x.operation is not None
        inner = x.operation.arguments[0] if x.kind == "scale" else Fraction(-1)
        return wires.scaled(factor * inner, x.args[0])
    return None


def _by_a_number(wires: Wires, operation: Primitive, args: tuple[Wire, ...]) -> Wire | None:
    """c ⊙ x, and Σ c x over named axes that are all axes of x, where c is one number everywhere: c Σ x."""
    for one, other in (args, args[::-1]):
        if one.uniform is not None and one.shape == other.shape and operation.name == "multiply":
            return wires.scaled(one.uniform, other)
        if one.uniform is not None and operation.name == "contract":
            inputs, out = operation.arguments[0].split("->")
            left, right = inputs.split(",")
            theirs, letters = (left, right) if one is args[0] else (right, left)
            if set(theirs) <= set(letters):
                return wires.scaled(one.uniform, _summed(wires, other, letters, out))
    return None


def _summed(wires: Wires, x: Wire, letters: str, out: str) -> Wire:
    """Σ x over the axes that are not in ``out``, the others in that order."""
    axes = tuple(axis for axis, letter in enumerate(letters) if letter not in out)
    total = wires.at(Primitive("sum", (x.shape, axes)), (x,))
    left = [letter for letter in letters if letter in out]
    return wires.at(Primitive("permute", (total.shape, tuple(map(left.index, out)))), (total,))


def _moves_nothing(operation: Primitive) -> bool:
    """Whether an operation A → A only moves entries, and each to where it was."""
    if operation.name == "permute":
        return bool(operation.arguments[1] == tuple(range(len(operation.arguments[1]))))
    return operation.name == "reshape" or (operation.name in ("sum", "broadcast") and not operation.arguments[1])


# ------------------------------------------------------------------------------------------------ programs


def trace(run: Callable[[Wires, Value], Value], dom: Ob, cod: Ob) -> Program:
    """The program of ``run(wires, x)``: what the code does with a value of ``dom`` to come, giving one of ``cod``.

    Raises BoundaryError where the leaves that come out are not those of ``cod``.
    """
    wires = Wires()
    given = wires.inputs(dom)
    try:
        outputs = flatten(cod, run(wires, given))
    except ValueError as fault:
        raise BoundaryError(f"the program was to end in {cod}: {fault}") from None
    for leaf, wire in zip(leaves(cod), outputs, strict=True):
        if not isinstance(wire, Wire) or Space(wire.shape) != leaf:
            raise BoundaryError(f"the program was to end in {leaf}, not in {wire!r}")
    inputs = tuple(flatten(dom, given))
    return Program(dom, cod, inputs, tuple(needed(outputs)), tuple(outputs))


def program(term: Term) -> Program:
    """The program of a term; its length is linear in the term, and its depth is not limited."""
    return trace(lambda wires, x: evaluate(term, x, wires), term.dom, term.cod)


def needed(outputs: Sequence[Wire]) -> list[Wire]:
    """The operations that the outputs need, in the order in which they were made."""
    found: dict[int, Wire] = {}
    pending = list(outputs)
    while pending:
        wire = pending.pop()
        if wire.serial not in found:
            found[wire.serial] = wire
            pending += wire.args
    return [found[serial] for serial in sorted(found) if found[serial].operation is not None]


class Runner(Protocol):
    """What gives the operations of a program their meaning."""

    def operation(self, operation: Operation) -> Run: ...


def running(program: Program, engine: Runner) -> Run:
    """The function of a program in an engine: its operations in turn, each value dropped when nothing needs it."""
    last: dict[int, int] = {}
    for position, wire in enumerate(program.wires):
        for arg in wire.args:
            last[arg.serial] = position
    kept = {wire.serial for wire in program.outputs}
    steps = []
    for position, wire in enumerate(program.wires):
        dropped = {arg.serial for arg in wire.args if last[arg.serial] == position and arg.serial not in kept}
        assert wire.operation is not None
        serials = tuple(arg.serial for arg in wire.args)
        steps.append((wire.serial, _meant(wire.operation, engine), wire.operation.dom, serials, tuple(dropped)))

    def run(value: Value) -> Value:
        found = dict(zip((wire.serial for wire in program.inputs), flatten(program.dom, value), strict=True))
        for serial, operation, dom, serials, dropped in steps:
            found[serial] = operation(unflatten(dom, [found[each] for each in serials]))
            for each in dropped:
                del found[each]
        return unflatten(program.cod, [found[wire.serial] for wire in program.outputs])

    return run


def _meant(operation: Primitive | Outside, engine: Runner) -> Run:
    """The operation in an engine; what it is alone, where the engine has none."""
    try:
        return engine.operation(operation)
    except MissingOperation:
        if not isinstance(operation, Outside) or operation.alone is None:
            raise
        return evaluator(operation.alone, engine)  # type: ignore[arg-type]


def entries(wire: Wire) -> int:
    """How many numbers the wire holds."""
    return prod(wire.shape)
