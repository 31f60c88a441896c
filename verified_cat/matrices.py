"""Matrices: additive maps by their entries (Elliott 2018, section 9; Macedo and Oliveira 2013).

A matrix A → B is a value of R^(dim B, dim A) in an engine; a product of derivatives is then a product of Jacobians.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from verified_cat import primitives
from verified_cat.category import Biproduct
from verified_cat.errors import must_meet
from verified_cat.functions import AdditiveMaps, Arrow, Functions, Run, Value
from verified_cat.objects import UNIT, Ob, Pair, flatten, leaves, size, unflatten
from verified_cat.terms import Operation


@dataclass(frozen=True, slots=True)
class Matrix:
    """A matrix dom → cod: ``entries`` is a value of R^(dim cod, dim dom) in the engine."""

    dom: Ob
    cod: Ob
    entries: Value


class Matrices(Biproduct[Matrix]):
    """Matrices over the numbers of an engine, with bases in the order of the leaves and of their entries."""

    def __init__(self, base: Functions) -> None:
        self.base = base
        self.additive = AdditiveMaps(base.engine)
        self.name = f"matrices of {base.name}"

    # -------------------------------------------------------------------------------------------- to and from maps

    def action(self, f: Matrix) -> Arrow:
        """v ↦ F v : A → B, the functor to additive maps."""
        times = self._meaning(primitives.matvec(size(f.cod), size(f.dom)))

        def run(v: Value) -> Value:
            return self.values(f.cod, times((f.entries, self.vector(f.dom, v))))

        return self.additive.arrow(f.dom, f.cod, run)

    def of(self, f: Arrow) -> Matrix:
        """The matrix with the columns f(e_j); the inverse of ``action`` on linear maps."""
        rows, columns = size(f.cod), size(f.dom)
        outer = self._meaning(primitives.contract("i,j->ij", (rows,), (columns,)))
        plus, entries = self._meaning(primitives.add((rows, columns))), self._constant(f.dom, f.cod, {}).entries
        for column in range(columns):
            unit = self._number((columns,), [int(each == column) for each in range(columns)])
            entries = plus((entries, outer((self.vector(f.cod, f.run(self.values(f.dom, unit))), unit))))
        return Matrix(f.dom, f.cod, entries)

    def vector(self, ob: Ob, value: Value) -> Value:
        """The entries of a value of A as one vector of length dim A."""
        whole, parts = size(ob), list(leaves(ob))
        found, plus = self._number((whole,), [0] * whole), self._meaning(primitives.add((whole,)))
        for leaf, part, start in zip(parts, flatten(ob, value), _starts(parts), strict=True):
            put = self._number((whole, size(leaf)), _shifted(whole, size(leaf), start))
            flat = self._meaning(primitives.reshape(leaf.shape, (size(leaf),)))(part)  # type: ignore[attr-defined]
            found = plus((found, self._meaning(primitives.matvec(whole, size(leaf)))((put, flat))))
        return found

    def values(self, ob: Ob, vector: Value) -> Value:
        """The value of A with these entries; the inverse of ``vector``."""
        whole, parts, found = size(ob), list(leaves(ob)), []
        for leaf, start in zip(parts, _starts(parts), strict=True):
            count = size(leaf)
            get = self._number((count, whole), [int(c == start + r) for r in range(count) for c in range(whole)])
            flat = self._meaning(primitives.matvec(count, whole))((get, vector))
            found.append(self._meaning(primitives.reshape((count,), leaf.shape))(flat))  # type: ignore[attr-defined]
        return unflatten(ob, found)

    def derivative(self, operation: Operation) -> Callable[[Value], Matrix]:
        """graph ↦ the Jacobian of an operation there."""
        push = self.additive.derivative(operation)
        return lambda graph: self.of(push(graph))

    # -------------------------------------------------------------------------------------------- the category

    def dom(self, f: Matrix) -> Ob:
        return f.dom

    def cod(self, f: Matrix) -> Ob:
        return f.cod

    def identity(self, a: Ob) -> Matrix:
        return self._constant(a, a, {each: each for each in range(size(a))})

    def compose(self, f: Matrix, g: Matrix) -> Matrix:
        must_meet(self.name, "a matrix", "the next", f.cod, g.dom)
        times = self._meaning(primitives.matmul(size(g.cod), size(f.cod), size(f.dom)))
        return Matrix(f.dom, g.cod, times((g.entries, f.entries)))

    def add(self, f: Matrix, g: Matrix) -> Matrix:
        plus = self._meaning(primitives.add((size(f.cod), size(f.dom))))
        return Matrix(f.dom, f.cod, plus((f.entries, g.entries)))

    def tensor(self, f: Matrix, g: Matrix) -> Matrix:
        """Blocks on the diagonal: π₀ ; f ; ι₀ + π₁ ; g ; ι₁."""
        left = self.sequence(self.first(f.dom, g.dom), f, self.inject_first(f.cod, g.cod))
        return self.add(left, self.sequence(self.second(f.dom, g.dom), g, self.inject_second(f.cod, g.cod)))

    def associator(self, a: Ob, b: Ob, c: Ob) -> Matrix:
        return self._same(Pair(Pair(a, b), c), Pair(a, Pair(b, c)))

    def associator_inverse(self, a: Ob, b: Ob, c: Ob) -> Matrix:
        return self._same(Pair(a, Pair(b, c)), Pair(Pair(a, b), c))

    def left_unitor(self, a: Ob) -> Matrix:
        return self._same(Pair(UNIT, a), a)

    def left_unitor_inverse(self, a: Ob) -> Matrix:
        return self._same(a, Pair(UNIT, a))

    def right_unitor(self, a: Ob) -> Matrix:
        return self._same(Pair(a, UNIT), a)

    def right_unitor_inverse(self, a: Ob) -> Matrix:
        return self._same(a, Pair(a, UNIT))

    def swap(self, a: Ob, b: Ob) -> Matrix:
        m, n = size(a), size(b)
        return self._constant(Pair(a, b), Pair(b, a), {row: m + row if row < n else row - n for row in range(m + n)})

    def copy(self, a: Ob) -> Matrix:
        return self._constant(a, Pair(a, a), {row: row % size(a) for row in range(2 * size(a))})

    def discard(self, a: Ob) -> Matrix:
        return self.zero(a, UNIT)

    def first(self, a: Ob, b: Ob) -> Matrix:
        return self._constant(Pair(a, b), a, {row: row for row in range(size(a))})

    def second(self, a: Ob, b: Ob) -> Matrix:
        return self._constant(Pair(a, b), b, {row: size(a) + row for row in range(size(b))})

    def zero(self, a: Ob, b: Ob) -> Matrix:
        return self._constant(a, b, {})

    def inject_first(self, a: Ob, b: Ob) -> Matrix:
        return self._constant(a, Pair(a, b), {row: row for row in range(size(a))})

    def inject_second(self, a: Ob, b: Ob) -> Matrix:
        return self._constant(b, Pair(a, b), {size(a) + row: row for row in range(size(b))})

    def merge(self, a: Ob) -> Matrix:
        return self.add(self.first(a, a), self.second(a, a))

    # -------------------------------------------------------------------------------------------- entries

    def _same(self, dom: Ob, cod: Ob) -> Matrix:
        """Brackets and units leave the entries where they are."""
        return Matrix(dom, cod, self.identity(dom).entries)

    def _constant(self, dom: Ob, cod: Ob, ones: dict[int, int]) -> Matrix:
        """The matrix with a 1 in the given column of the given rows."""
        rows, columns = size(cod), size(dom)
        numbers = [int(ones.get(row) == column) for row in range(rows) for column in range(columns)]
        return Matrix(dom, cod, self._number((rows, columns), numbers))

    def _number(self, shape: tuple[int, ...], numbers: list[int]) -> Value:
        return self._meaning(primitives.constant(shape, *numbers))(())

    def _meaning(self, term: Any) -> Run:
        return self.base.meaning(term).run


def _starts(parts: list[Ob]) -> list[int]:
    """Where the entries of each leaf start."""
    return list(accumulate(map(size, parts), initial=0))[:-1]


def _shifted(rows: int, columns: int, start: int) -> list[int]:
    """The matrix that puts a vector at ``start``."""
    return [int(row == start + column) for row in range(rows) for column in range(columns)]
