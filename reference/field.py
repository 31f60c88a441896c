"""Identities between programs, tested at a random point of a random prime field; the chance of an error is computed.

A program over the table is a polynomial in its variables and in generators, one for each function applied to an
argument. Its values are computed modulo a random prime at random residues, and each generator is a random residue that
is fixed by the function and its argument. Equal polynomials have equal values. Different ones of degree d agree with
probability at most d / p (Schwartz 1980, Lemma 1; Zippel 1979), so an agreement is evidence of rank *sampled* with that
error, never *exact*. A disagreement of polynomials without generators is certain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import count
from math import ceil, comb, lcm, log, log2, prod
from random import Random
from typing import Any, Literal

import numpy as np
import sympy as sp

from verified_cat.errors import DataError, MissingOperation
from verified_cat.expansions import expanded
from verified_cat.functions import Functions, Run, Value
from verified_cat.gad import forward_mode, reverse_mode
from verified_cat.loss import total
from verified_cat.objects import Ob, flatten, leaves, size, unflatten
from verified_cat.primitives import Primitive, Shape, multiply_on
from verified_cat.reference import moves
from verified_cat.reference.arrays import ArrayEngine, array
from verified_cat.reference.graph import FUNCTIONS
from verified_cat.terms import Operation, Term

LOW = 2**61
"""Primes are drawn from [2^61, 2^62): there a primality test by fixed bases is a proof, and products are quick."""

PRIMES = int(3 * LOW / (5 * 61 * log(2)))
"""There are more primes than this among them: π(2x) - π(x) > 3x / (5 ln x) (Rosser and Schoenfeld 1962)."""

# ------------------------------------------------------------------------------------------------ residues


def random_prime(draw: Random) -> int:
    """A prime of [2^61, 2^62), each equally likely."""
    candidates = (draw.randrange(LOW, 2 * LOW) for _ in count())
    return next(each for each in candidates if sp.isprime(each))


class Residues:
    """Integers modulo p. A variable is a residue drawn for its name, f(x) one drawn for f and x."""

    def __init__(self, prime: int, draw: Random) -> None:
        self.name = "residues"
        self.prime = prime
        self.draw = draw
        self.drawn: dict[tuple[str, Any], int] = {}
        self.functions: Mapping[str, Callable[[int], int]] = {name: partial(self.chosen, name) for name in FUNCTIONS}

    def chosen(self, kind: str, of: Any) -> int:
        """The residue of a variable or generator, the same each time it is asked for."""
        key = (kind, of)
        if key not in self.drawn:
            self.drawn[key] = self.draw.randrange(self.prime)
        return self.drawn[key]

    def number(self, exact: Any) -> int:
        if isinstance(exact, bool) or not isinstance(exact, int | Fraction):
            raise DataError(f"residues: {str(exact)[:40]!r} is no int or Fraction")
        if exact.denominator % self.prime == 0:
            raise DataError(f"residues: {exact} has no value modulo {self.prime}")
        return exact.numerator * pow(exact.denominator, -1, self.prime) % self.prime

    def variable(self, name: str) -> int:
        return self.chosen("variable", name)

    def is_entry(self, entry: Any) -> bool:
        return type(entry) is int

    def total(self, entries: list[int]) -> int:
        return sum(entries) % self.prime

    def times(self, x: int, y: int) -> int:
        return x * y % self.prime


def residue_engine(prime: int, draw: Random) -> ArrayEngine:
    """Functions on arrays of residues, with matrix products as one call."""
    engine = ArrayEngine(Residues(prime, draw))
    plain = engine.table["contract"]
    engine.table["contract"] = lambda subscripts, left, right: (
        _contracted(subscripts, prime) or plain(subscripts, left, right)
    )
    return engine


def _contracted(subscripts: str, prime: int) -> Run | None:
    """A contraction as a product of matrices; None where a letter is in both arguments and in the result."""
    inputs, out = subscripts.split("->")
    left, right = inputs.split(",")
    shared = [letter for letter in left if letter in right]
    if any(letter in out for letter in shared) or not shared:
        return None
    axes = [left.index(letter) for letter in shared], [right.index(letter) for letter in shared]
    kept = [letter for letter in left + right if letter not in shared]
    order = [kept.index(letter) for letter in out]

    def run(xy: Value) -> Value:
        x, y = xy
        product = np.tensordot(x, y, axes=axes)
        entries = [entry % prime for entry in product.flat] if isinstance(product, np.ndarray) else [product % prime]
        return array(entries, np.shape(product)).transpose(order)

    return run


# ------------------------------------------------------------------------------------------------ bounds


@dataclass(frozen=True, slots=True)
class Bound:
    """A polynomial of at most this ``degree`` whose coefficients, times D^``cleared``, are integers with Σ|c| ≤ 2^bits.

    Σ|c| is meant before D is multiplied in, where D is the common denominator of the program's constants.
    """

    degree: int
    bits: float
    cleared: int

    def times(self, other: Bound) -> Bound:
        """Of a product."""
        return Bound(self.degree + other.degree, self.bits + other.bits, self.cleared + other.cleared)

    def summed(self, count: int) -> Bound:
        """Of a sum of so many."""
        return Bound(self.degree, self.bits + log2(max(1, count)), self.cleared)


class BoundsEngine:
    """A value of a space is one bound for all its entries; beside it, how many generators there are, and of what.

    ``denominator`` is a common one of all constants met, ``applications`` how often a function met an entry, and
    ``largest`` bounds what it met.
    """

    name = "bounds"
    precision = "exact"

    def __init__(self) -> None:
        self.denominator = 1
        self.applications = 0
        self.largest = Bound(0, 0.0, 0)

    def operation(self, operation: Operation) -> Run:
        """Leafwise, from the sizes of the operation. Raises MissingOperation for a free symbol."""
        if not isinstance(operation, Primitive):
            raise MissingOperation(f"bounds: the free symbol {operation.name!r} is no polynomial")
        name, arguments = operation.name, operation.arguments
        if name in FUNCTIONS:
            return lambda x: self._applied(x, size(operation.dom))
        if name == "constant":
            return lambda _: _widest([self.number(value) for value in arguments[1]])
        if name == "scale":
            return lambda x: x.times(self.number(arguments[0]))
        if name in ("multiply", "contract"):
            length = _terms(*arguments) if name == "contract" else 1
            return lambda xy: xy[0].times(xy[1]).summed(length)
        term = expanded(operation)
        if term is not None:
            return Functions(self).meaning(term).run
        if name in moves.TRANSPOSED:
            return lambda y: y.summed(moves.meetings(name, *arguments))
        if name == "add":
            return lambda xy: _widest([*xy]).summed(2)
        return lambda x: x.summed(size(operation.dom) // max(1, size(operation.cod)) if name == "sum" else 1)

    def _applied(self, x: Bound, entries: int) -> Bound:
        self.applications += entries
        self.largest = _widest([self.largest, x])
        return Bound(1, 0.0, 0)

    def number(self, exact: Fraction) -> Bound:
        self.denominator = lcm(self.denominator, exact.denominator)
        return Bound(0, log2(max(1, ceil(abs(exact)))), int(exact.denominator > 1))

    def symbols(self, ob: Ob, prefix: str = "x") -> Value:
        """A variable for every entry."""
        return unflatten(ob, [Bound(1, 0.0, 0) for _ in leaves(ob)])

    def whole_bits(self, bound: Bound) -> float:
        """log₂ of the largest coefficient once denominators are cleared, of a difference of two."""
        return bound.bits + bound.cleared * log2(self.denominator) + 1


def _widest(bounds: list[Bound]) -> Bound:
    return Bound(*(max(parts) for parts in zip(*((b.degree, b.bits, b.cleared) for b in bounds), strict=True)))


def _terms(subscripts: str, left: Shape, right: Shape) -> int:
    """How many products an entry of a contraction adds up."""
    inputs, out = subscripts.split("->")
    return prod(length for letter, length in zip(inputs.split(",")[0], left, strict=True) if letter not in out)


def error_of_one_trial(bounds: BoundsEngine, difference: Bound) -> Fraction:
    """How likely one trial is at most to find different polynomials equal.

    The difference vanishes at the point (degree / p); two different arguments of generators fall together (the same for
    each pair of them); or the prime divides a difference of polynomials, of which one with coefficients below 2^b has
    at most b / 61 such primes.
    """
    pairs = comb(bounds.applications, 2)
    points = Fraction(difference.degree + pairs * bounds.largest.degree, LOW)
    bits = bounds.whole_bits(difference) + pairs * bounds.whole_bits(bounds.largest)
    return min(Fraction(1), points + Fraction(int(bits / 61) + 1, PRIMES))


# ------------------------------------------------------------------------------------------------ tests

Sides = Callable[[Any], tuple[list[Any], list[Any]]]
"""The leaves of both sides of an identity, computed by an engine."""


@dataclass(frozen=True, slots=True)
class FieldTest:
    """What random points say. ``error`` bounds the probability that different polynomials would have passed."""

    verdict: Literal["sampled", "refuted", "undecided"]
    trials: int
    degree: int
    error: Fraction
    how: str

    def __bool__(self) -> bool:
        raise TypeError("a test has three outcomes; compare its verdict with 'sampled', 'refuted' or 'undecided'")

    def __str__(self) -> str:
        error = "0" if not self.error else f"2^{log2(self.error):.1f}"
        return f"{self.verdict}: {self.how} ({self.trials} trials, degree {self.degree}, error at most {error})"


def tested(sides: Sides, trials: int = 2, seed: int = 0) -> FieldTest:
    """Whether two lists of polynomials are equal, at ``trials`` independent primes and points.

    Different polynomials without generators are "refuted", with certainty; with them "undecided", as functions obey
    equations that generators do not (sin² + cos² = 1). A bound that says nothing (error 1) is "undecided" too.
    """
    bounds = BoundsEngine()
    left, right = sides(bounds)
    difference = _widest([*left, *right, Bound(0, 0.0, 0)]).summed(2)
    error = error_of_one_trial(bounds, difference) ** trials
    draw = Random(seed)
    for trial in range(1, trials + 1):
        engine = residue_engine(random_prime(draw), draw)
        one, two = ([entry for leaf in side for entry in leaf.flat] for side in sides(engine))
        wrong = [position for position, pair in enumerate(zip(one, two, strict=True)) if pair[0] != pair[1]]
        if wrong and bounds.applications:
            how = f"entry {wrong[0]} differs while functions are free generators"
            return FieldTest("undecided", trial, difference.degree, Fraction(0), how)
        if wrong:
            how = f"entry {wrong[0]} differs modulo {engine.numbers.prime}"  # type: ignore[attr-defined]
            return FieldTest("refuted", trial, difference.degree, Fraction(0), how)
    if error == 1:
        return FieldTest("undecided", trials, difference.degree, error, "the degree is too high to say anything")
    return FieldTest("sampled", trials, difference.degree, error, "equal at random points of random prime fields")


def equal_terms(f: Term, g: Term, trials: int = 2, seed: int = 0) -> FieldTest:
    """f = g for terms of one boundary, as polynomials in their inputs."""
    if (f.dom, f.cod) != (g.dom, g.cod):
        raise DataError(f"{f.dom} → {f.cod} and {g.dom} → {g.cod} are different boundaries")

    def sides(engine: Any) -> tuple[list[Any], list[Any]]:
        x = engine.symbols(f.dom)
        values = [Functions(engine).meaning(term)(x) for term in (f, g)]
        return flatten(f.cod, values[0]), flatten(f.cod, values[1])

    return tested(sides, trials, seed)


def adjoint(term: Term, trials: int = 2, seed: int = 0, wrong: Term | None = None) -> FieldTest:
    """⟨Df(x) v, w⟩ = ⟨v, Rf(x) w⟩ for random x, v, w: forward and reverse mode of one term.

    A term ``wrong`` : dom → dom is put behind the pullback, so that a wrong one can be tried.
    """
    inner_dom, inner_cod = _inner(term.dom), _inner(term.cod)

    def sides(engine: Any) -> tuple[list[Any], list[Any]]:
        x, v, w = engine.symbols(term.dom), engine.symbols(term.dom, "v"), engine.symbols(term.cod, "w")
        pushed = forward_mode(engine).differentiate(term)(x)[1](v)
        pulled = reverse_mode(engine).differentiate(term)(x)[1](w)
        pulled = Functions(engine).meaning(wrong)(pulled) if wrong else pulled
        of = Functions(engine)
        return [of.meaning(inner_cod)((pushed, w))], [of.meaning(inner_dom)((v, pulled))]

    return tested(sides, trials, seed)


def _inner(ob: Ob) -> Term:
    """(x, y) ↦ Σ x y : A ⊗ A → R."""
    return multiply_on(ob) >> total(ob)
