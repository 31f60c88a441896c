"""Rounding-size errors planted in a gradient, one at a time: the cross-check has to notice each of them.

An engine is wrong by a relative 10⁻⁴ in one entry of the result of one call, where that result is a gradient; or by one
unit in the last place, which is allowed. In random terms sums are short, and every such error is seen. In a long sum of
float32 numbers that nearly cancel it is not: ``noticed`` says in how many entries it is, and in whole numbers in all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np

from verified_cat.crosscheck import check
from verified_cat.engine import CheckableEngine
from verified_cat.functions import Functions, Run, Value
from verified_cat.gad import reverse_mode
from verified_cat.instances import Instance, instance
from verified_cat.objects import flatten, leaves, size, unflatten
from verified_cat.primitives import Primitive
from verified_cat.reference.agreement import excesses_of

ERROR = 1e-4

Change = Callable[[float], float]


class Planted:
    """An engine whose call number ``call`` gives a result with one entry changed."""

    def __init__(self, engine: CheckableEngine, call: int, entry: int, change: Change) -> None:
        self.engine, self.name, self.precision = engine, engine.name, engine.precision
        self.lift, self.lower = engine.lift, engine.lower
        self.left, self.entry, self.change = call, entry, change

    def operation(self, operation: Any) -> Run:
        """The function of the engine, which is wrong once."""
        run = self.engine.operation(operation)

        def perhaps_wrong(x: Any) -> Any:
            y = run(x)
            self.left -= 1
            return changed(y, self.entry, self.change) if self.left == -1 else y

        return perhaps_wrong


def changed(y: Any, entry: int, change: Change) -> Any:
    """A tensor with one entry changed; a copy."""
    flat = y.reshape(-1).clone()
    flat[entry] = change(float(flat[entry]))
    return flat.reshape(y.shape)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a gradient of an instance comes from: the number of the call, and an entry that is not 0."""

    at: Instance
    call: int
    entry: int


class _Counting:
    """An engine whose results are kept in the order of the calls."""

    def __init__(self, engine: CheckableEngine) -> None:
        self.engine, self.name, self.precision = engine, engine.name, engine.precision
        self.results: list[Any] = []

    def operation(self, operation: Any) -> Run:
        run = self.engine.operation(operation)

        def counted(x: Any) -> Any:
            self.results.append(run(x))
            return self.results[-1]

        return counted


def places(at: Instance, engine: CheckableEngine) -> list[Place]:
    """Every call that makes a gradient of the instance, with each of its entries that is not 0."""
    counting = _Counting(engine)
    _, pullback = reverse_mode(counting).differentiate(at.term)(engine.lift(at.term.dom, at.point))
    gradient = pullback(engine.lift(at.term.cod, at.cotangent))
    found = []
    for leaf in flatten(at.term.dom, gradient):
        calls = [call for call, result in enumerate(counting.results) if result is leaf]
        if calls and hasattr(leaf, "clone"):
            entries = leaf.reshape(-1).tolist()
            found += [Place(at, calls[0], entry) for entry, x in enumerate(entries) if x and math.isfinite(x)]
    return found


def tries(count: int, seed: int, engine: CheckableEngine) -> Iterator[Place]:
    """So many places in gradients of random instances."""
    choose, index, given = Random(seed), 0, 0
    while given < count:
        found = places(instance(seed, index), engine)
        if found:
            yield choose.choice(found)
            given += 1
        index += 1


def caught(place: Place, engine: CheckableEngine, change: Change) -> bool:
    """Whether the cross-check of the instance notices the change; the calls that make its value come first there."""
    before = _Counting(engine)
    Functions(before).meaning(place.at.term)(engine.lift(place.at.term.dom, place.at.point))
    planted = Planted(engine, len(before.results) + place.call, place.entry, change)
    return any(True for _ in excesses_of(check(replace(place.at, index=1), [planted])))


def noticed(engine: CheckableEngine, operation: Primitive, x: Value) -> tuple[int, int]:
    """(entries of f(x) that are not 0, those of them where the error would leave the rounding bound of f at x)."""
    from verified_cat.reference.stepwise import allowed, exact_parts, gaps

    at, y = engine.lower(operation.dom, x), engine.lower(operation.cod, engine.operation(operation)(x))
    bound = allowed(operation, at, engine.precision)
    wrong, _ = gaps(np.array([larger(number) for number in y]), exact_parts(operation, at, engine.precision))
    there = np.array(y) != 0
    return int(np.count_nonzero(there)), int(np.count_nonzero(there & (wrong > bound)))


LONG_SUM = Primitive("contract", ("bi,bj->ij", (64, 64), (64, 128)))
"""The gradient of the first weights of the task ``digits``: sums of 64 products."""


def in_long_sums(engine: CheckableEngine, seed: int) -> dict[str, tuple[int, int]]:
    """``noticed`` for sums of 64 products: of normal numbers, and of whole ones, which round nothing."""
    from verified_cat.reference.whole_numbers import whole_numbers

    numbers = Random(seed).gauss
    drawn = [tuple(Fraction(numbers(0, 1)) for _ in range(size(leaf))) for leaf in leaves(LONG_SUM.dom)]
    given = {"normal": unflatten(LONG_SUM.dom, drawn), "whole": whole_numbers(LONG_SUM.dom, seed)}
    return {name: noticed(engine, LONG_SUM, engine.lift(LONG_SUM.dom, exact)) for name, exact in given.items()}


def larger(x: float) -> float:
    """x with a relative error of 10⁻⁴."""
    return x * (1 + ERROR)


def neighbour(x: float, bits: int) -> float:
    """The next number of so many bits away from 0."""
    significand, exponent = math.frexp(x)
    return math.ldexp(significand + math.copysign(2.0**-bits, significand), exponent)
