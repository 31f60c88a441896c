"""Finite models: every leaf is Z₃, every free symbol a table. Values are numbers, so the running code runs on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from itertools import product

from verified_cat.errors import DataError, MissingOperation
from verified_cat.functions import Run, Value
from verified_cat.objects import Ob, flatten, leaves, unflatten
from verified_cat.primitives import Primitive, Symbol
from verified_cat.proofs.symbols import Node
from verified_cat.terms import Operation

MODULUS = 3


def _digits(*key: object) -> bytes:
    """64 bytes that depend on the key alone: the same tables on every machine and in every run."""
    return blake2b(repr(key).encode()).digest()


def table(symbol: Symbol, seed: int) -> Run:
    """A function dom → cod over Z₃ drawn from the seed and the symbol's name and boundary."""
    count = sum(1 for _ in leaves(symbol.cod))

    def look_up(value: Value) -> Value:
        digits = _digits(seed, symbol.name, str(symbol.dom), str(symbol.cod), value)
        return unflatten(symbol.cod, [digits[i % 64] % MODULUS for i in range(count)])

    return look_up


def matrix(symbol: Symbol) -> Run:
    """A linear map dom → cod over Z₃, with entries drawn from the symbol's name and boundary."""
    rows, columns = (sum(1 for _ in leaves(ob)) for ob in (symbol.cod, symbol.dom))
    entries = [
        [_digits(symbol.name, str(symbol.dom), str(symbol.cod), i, j)[0] % MODULUS for j in range(columns)]
        for i in range(rows)
    ]

    def apply(value: Value) -> Value:
        x = flatten(symbol.dom, value)
        return unflatten(symbol.cod, [sum(a * b for a, b in zip(row, x, strict=True)) % MODULUS for row in entries])

    return apply


def leafwise(operation: Callable[[int, int], int]) -> Run:
    """(x, y) ↦ operation(x, y) in Z₃, on one leaf."""

    def apply(xy: Value) -> Value:
        x, y = xy
        return operation(x, y) % MODULUS

    return apply


def _within(symbol: Symbol, meaning: Run) -> Run:
    """The meaning, or DataError where it gives no value over Z₃."""

    def checked(value: Value) -> Value:
        result = meaning(value)
        if not all(leaf in range(MODULUS) for leaf in flatten(symbol.cod, result)):
            raise DataError(
                f"the meaning of {symbol.name} gives {result!r}, which is no value of {symbol.cod} over Z_3"
            )
        return result

    return checked


class FiniteEngine:
    """Free symbols and primitives alike as functions over Z₃: those given by ``meanings``, the others by tables.

    Without a seed there are no tables.
    """

    precision = "exact"

    def __init__(self, meanings: Mapping[Symbol, Run] | None = None, seed: int | None = 0) -> None:
        self.meanings = dict(meanings or {})
        self.seed = seed
        self.name = f"tables over Z_{MODULUS} of seed {seed}"

    def operation(self, operation: Operation) -> Run:
        """The function of a symbol. Raises MissingOperation where it has no meaning and there is no seed."""
        name = f"{operation.name}{operation.arguments!r}" if isinstance(operation, Primitive) else operation.name
        symbol = Symbol(name, operation.dom, operation.cod)
        if symbol in self.meanings:
            return _within(symbol, self.meanings[symbol])
        if self.seed is None:
            raise MissingOperation(f"{symbol.name} : {symbol.dom} → {symbol.cod} has no meaning in the model")
        return table(symbol, self.seed)


def values(ob: Ob) -> Iterator[Value]:
    """Every value of an object over Z₃."""
    count = sum(1 for _ in leaves(ob))
    for digits in product(range(MODULUS), repeat=count):
        yield unflatten(ob, list(digits))


def draws(ob: Ob, seed: int, count: int) -> Iterator[Value]:
    """``count`` values of an object, drawn from the seed; all of them where there are no more."""
    total = sum(1 for _ in leaves(ob))
    if MODULUS**total <= count:
        yield from values(ob)
        return
    for number in range(count):
        digits = _digits("draw", seed, number, str(ob))
        yield unflatten(ob, [digits[i % 64] % MODULUS for i in range(total)])


def evaluator(order: list[Node], engine: FiniteEngine) -> Callable[[Mapping[Node, Value]], dict[Node, Value]]:
    """Values of the variables ↦ the value of each term of ``order``, in which parts come before wholes."""
    runs = {
        term: engine.operation(Symbol(term.name, term.parts[0].ob, term.ob)) for term in order if term.kind == "apply"
    }

    def evaluate(assignment: Mapping[Node, Value]) -> dict[Node, Value]:
        found: dict[Node, Value] = dict(assignment)
        for term in order:
            if term.kind == "apply":
                found[term] = runs[term](found[term.parts[0]])
            elif term.kind == "left":
                found[term] = found[term.parts[0]][0]
            elif term.kind == "right":
                found[term] = found[term.parts[0]][1]
            elif term.kind != "variable":
                found[term] = tuple(found[part] for part in term.parts)  # a pair, or the empty tuple of 1
        return found

    return evaluate
