"""Functions on arrays of residues modulo a prime of 31 bits, in machine words: ring identities of large programs.

A program over the table is a rational function of its inputs and of what else is applied to an entry (exp, sqrt, …).
Such a function is read here as a fixed pseudo-random function of the residue; 1/x is the inverse, and a sign is drawn
for each pair {x, -x}, so that relu(x) = x step(x) and step(relu(x)) = step(x) hold as they do over the reals. Equal
programs have equal values; different rational ones of degree d agree at a random point with probability at most d / p
(Schwartz 1980, Lemma 1), and equations of functions that are not named here (sin² + cos² = 1) do not hold.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import prod
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verified_cat.errors import DataError, MissingOperation
from verified_cat.expansions import expanded
from verified_cat.functions import Functions, Run, Value
from verified_cat.objects import Ob, Space, flatten, leaves, unflatten
from verified_cat.primitives import Elementwise, Primitive, Shape, row
from verified_cat.reference import moves
from verified_cat.reference.matrices_of import matrices_of
from verified_cat.terms import Operation

Residues = NDArray[np.int64]

LOW = 2**30
"""Primes are drawn from [2³⁰, 2³¹): the product of two residues is a machine word."""


def random_prime(draw: Random) -> int:
    """A prime of [2^30, 2^31)."""
    while True:
        candidate = draw.randrange(LOW, 2 * LOW) | 1
        if _is_prime(candidate):
            return candidate


def _is_prime(n: int) -> bool:
    """Miller and Rabin's test; with the bases 2, 3, 5, 7 it is a proof below 3 215 031 751 (Jaeschke 1993)."""
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in (2, 3, 5, 7):
        power = pow(base, odd, n)
        if power not in (1, n - 1) and not any(pow(power, 2**k, n) == n - 1 for k in range(1, twos)):
            return False
    return True


class ModularEngine:
    """Functions on arrays of residues modulo one prime; ``draw`` gives the prime, the keys of functions, the points.

    ``free`` are the operations that were read as pseudo-random functions.
    """

    precision = "exact"

    def __init__(self, draw: Random) -> None:
        self.prime = random_prime(draw)
        self.name = f"residues modulo {self.prime}"
        self._draw = draw
        self._keys: dict[tuple[Any, ...], int] = {}
        self.free: set[str] = set()

    def operation(self, operation: Operation) -> Run:
        """The function of an operation of the table. Raises MissingOperation for any other."""
        if not isinstance(operation, Primitive):
            raise MissingOperation(f"{self.name}: {operation} is no operation of the table")
        name, arguments = operation.name, operation.arguments
        if name in ("relu", "step"):
            self.free.add(name)
        if name in _ROWS:
            return _ROWS[name](self, *arguments)
        term = expanded(operation)
        if term is not None:
            return Functions(self).meaning(term).run
        if name in _MOVES:
            move: Callable[..., Any] = _MOVES[name](*arguments)
            return lambda x: np.asarray(move(x)) % self.prime
        self.free.add(name)
        if isinstance(row(name), Elementwise) and operation.dom == operation.cod:
            key = self._key(name, *(part for part in arguments if not isinstance(part, tuple)))
            return lambda x: self.hashed(x, key)
        return self._of_all(operation)

    def _of_all(self, operation: Primitive) -> Run:
        """A pseudo-random function of all entries of the argument together."""
        key, shape = self._key(operation), _shape(operation.cod)

        def run(value: Value) -> Residues:
            digest = np.zeros((), dtype=np.int64)
            for leaf in flatten(operation.dom, value):
                mixed = self.hashed(leaf.ravel() + self.prime * np.arange(leaf.size), key)
                digest = self.hashed(digest + mixed.sum() % self.prime, key)
            return self.hashed(digest + self.prime * np.arange(prod(shape)).reshape(shape), key)

        return run

    def random(self, ob: Ob) -> Value:
        """A random point."""
        drawn = np.random.Generator(np.random.Philox(key=self._draw.getrandbits(64)))
        return unflatten(ob, [drawn.integers(0, self.prime, size=_shape(leaf)) for leaf in leaves(ob)])

    def number(self, exact: Fraction) -> int:
        """The residue of a rational. Raises DataError where the prime divides its denominator."""
        if exact.denominator % self.prime == 0:
            raise DataError(f"{self.name}: {exact} has no value")
        return exact.numerator * pow(exact.denominator, -1, self.prime) % self.prime

    def constant(self, shape: Shape, values: tuple[Fraction, ...]) -> Residues:
        """An array of these numbers, or of one number."""
        known = {value: self.number(value) for value in set(values)}
        found = np.array([known[value] for value in values], dtype=np.int64)
        return np.broadcast_to(found.reshape(shape if len(values) == prod(shape) else ()), shape)

    def inverse(self, x: Residues) -> Residues:
        """1 / x as x^(p - 2) (Fermat); 0 at 0."""
        found, exponent = np.ones_like(x), self.prime - 2
        power = x
        while exponent:
            found = found * power % self.prime if exponent & 1 else found
            power, exponent = power * power % self.prime, exponent >> 1
        return np.asarray(np.where(x == 0, 0, found))

    def step(self, x: Residues) -> Residues:
        """1 where the sign that was drawn for {x, -x} says that x is the positive one; 0 at 0."""
        opposite = (self.prime - x) % self.prime
        odd = self.hashed(np.minimum(x, opposite), self._key("sign")) & 1
        return np.asarray(np.where(x == 0, 0, np.where(x < opposite, odd, 1 - odd)))

    def hashed(self, x: Residues, key: int) -> Residues:
        """A pseudo-random function of the residue: the finaliser of SplitMix64 (Steele, Lea and Flood 2014)."""
        with np.errstate(over="ignore"):
            z = x.astype(np.uint64) + np.uint64(key)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            z = z ^ (z >> np.uint64(31))
        return np.asarray((z % np.uint64(self.prime)).astype(np.int64))

    def matmul(self, x: Residues, y: Residues) -> Residues:
        """X Y for stacks of matrices, by halves of 16 bits in float64: exact up to 2²⁰ products for an entry."""
        whole = np.zeros((*x.shape[:-1], y.shape[-1]), dtype=np.int64)
        for start in range(0, x.shape[-1], 2**20):
            part, other = x[..., start : start + 2**20], y[..., start : start + 2**20, :]
            (a, b), (c, d) = _halves(part), _halves(other)
            high, low = _whole(a @ c) % self.prime, _whole(b @ d) % self.prime
            middle = (_whole(a @ d) + _whole(b @ c)) % self.prime
            whole = (whole + (high * 2**16 + middle) % self.prime * 2**16 + low) % self.prime
        return whole

    def _key(self, *what: Any) -> int:
        return self._keys.setdefault(what, self._draw.getrandbits(63))


def _halves(x: Residues) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return (x >> 16).astype(np.float64), (x & 0xFFFF).astype(np.float64)


def _whole(x: NDArray[np.float64]) -> Residues:
    return np.asarray(x).astype(np.int64)


def _shape(ob: Ob) -> Shape:
    if not isinstance(ob, Space):
        raise DataError(f"{ob} is opaque: it has no residues")
    return ob.shape


# ------------------------------------------------------------------------------------------------ operations


def _sum(engine: ModularEngine, shape: Shape, axes: tuple[int, ...]) -> Run:
    return lambda x: np.asarray(x.sum(axis=axes)) % engine.prime


def _broadcast(engine: ModularEngine, shape: Shape, axes: tuple[int, ...]) -> Run:
    narrow = tuple(1 if axis in axes else length for axis, length in enumerate(shape))
    return lambda x: np.broadcast_to(x.reshape(narrow), shape)


def _contract(engine: ModularEngine, subscripts: str, left_shape: Shape, right_shape: Shape) -> Run:
    """Σ x y as products of matrices."""
    form = matrices_of(subscripts, left_shape, right_shape)

    def run(xy: Value) -> Residues:
        x, y = form.left(xy[0]), form.right(xy[1])
        return form.out(x * y % engine.prime if form.k == 1 else engine.matmul(x, y))  # type: ignore[no-any-return]

    return run


def _constant(engine: ModularEngine, shape: Shape, values: tuple[Fraction, ...]) -> Run:
    made = engine.constant(shape, values)
    return lambda _: made


def _scale(engine: ModularEngine, factor: Fraction, shape: Shape) -> Run:
    by = engine.number(factor)
    return lambda x: x * by % engine.prime


_ROWS: dict[str, Callable[..., Run]] = {
    "add": lambda engine, shape: lambda xy: (xy[0] + xy[1]) % engine.prime,
    "negate": lambda engine, shape: lambda x: (engine.prime - x) % engine.prime,
    "multiply": lambda engine, shape: lambda xy: xy[0] * xy[1] % engine.prime,
    "scale": _scale,
    "sum": _sum,
    "broadcast": _broadcast,
    "reshape": lambda engine, old, new: lambda x: x.reshape(new),
    "permute": lambda engine, shape, order: lambda x: x.transpose(order),
    "contract": _contract,
    "constant": _constant,
    "reciprocal": lambda engine, shape: engine.inverse,
    "step": lambda engine, shape: engine.step,
    "relu": lambda engine, shape: lambda x: x * engine.step(x) % engine.prime,
}

_MOVES: dict[str, Callable[..., Any]] = moves.rows()
