"""Powers: finite sets act on a cartesian category, n ⊛ A = Aⁿ, so that what is learned with are numbers of inputs.

The opposite of finite sets with × is symmetric monoidal, and it acts by reindexing (Capucci and Gavranović 2022). It is
no category of data: nothing of A is a parameter, and yet there is a Para over it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from verified_cat.actegory import Action
from verified_cat.category import Cartesian, Symmetric
from verified_cat.errors import BoundaryError, must_meet

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Reindexing:
    """A function {0, …, cod - 1} → {0, …, dom - 1}, read backwards: (a_i)_i ↦ (a_{at(k)})_k takes A^dom to A^cod."""

    dom: int
    cod: int
    at: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.at) != self.cod or not all(0 <= i < self.dom for i in self.at):
            raise BoundaryError(f"{self.at} are not {self.cod} indices below {self.dom}")


class Indices(Symmetric[Reindexing]):
    """The opposite of finite sets, with their product for ⊗: (i, j) of m ⊗ n is the index i n + j. Strict."""

    name = "reindexings"

    def dom(self, f: Reindexing) -> int:
        return f.dom

    def cod(self, f: Reindexing) -> int:
        return f.cod

    @property
    def unit(self) -> int:
        return 1

    def pair(self, a: int, b: int) -> int:
        return a * b

    def identity(self, a: int) -> Reindexing:
        return Reindexing(a, a, tuple(range(a)))

    def compose(self, f: Reindexing, g: Reindexing) -> Reindexing:
        must_meet(self.name, f, g, f.cod, g.dom)
        return Reindexing(f.dom, g.cod, tuple(f.at[k] for k in g.at))

    def tensor(self, f: Reindexing, g: Reindexing) -> Reindexing:
        return Reindexing(f.dom * g.dom, f.cod * g.cod, tuple(i * g.dom + j for i in f.at for j in g.at))

    def swap(self, a: int, b: int) -> Reindexing:
        return Reindexing(a * b, b * a, tuple(i * b + j for j in range(b) for i in range(a)))

    def associator(self, a: int, b: int, c: int) -> Reindexing:
        return self.identity(a * b * c)

    def associator_inverse(self, a: int, b: int, c: int) -> Reindexing:
        return self.identity(a * b * c)

    def left_unitor(self, a: int) -> Reindexing:
        return self.identity(a)

    def left_unitor_inverse(self, a: int) -> Reindexing:
        return self.identity(a)

    def right_unitor(self, a: int) -> Reindexing:
        return self.identity(a)

    def right_unitor_inverse(self, a: int) -> Reindexing:
        return self.identity(a)


class Powers(Action[Reindexing, M]):
    """n ⊛ A = Aⁿ over a cartesian category, with A¹ = A and Aⁿ = A ⊗ Aⁿ⁻¹; η = id and μ cuts m n entries into m rows.

    A 1-cell Aⁿ → B reads n inputs; reparametrised along a function of indices it reads them again, or in another order.
    """

    def __init__(self, base: Cartesian[M]) -> None:
        self.scalars = Indices()
        self.base: Cartesian[M] = base
        self.name = f"powers in {base.name}"

    def object(self, p: int, a: Any) -> Any:
        if p <= 1:
            return a if p else self.base.unit
        return self.base.pair(a, self.object(p - 1, a))

    def entries(self, n: int, a: Any) -> list[M]:
        """π_0, …, π_{n-1} : Aⁿ → A, each read off the part of the tuple that those before it leave."""
        base, found = self.base, []
        left = base.identity(self.object(n, a))
        for rest in range(n - 1, 0, -1):
            others = self.object(rest, a)
            found.append(base.compose(left, base.first(a, others)))
            left = base.compose(left, base.second(a, others))
        return [*found, left] if n else []

    def row(self, dom: Any, entries: Sequence[M]) -> M:
        """⟨f_0, …, f_{n-1}⟩ : dom → Aⁿ."""
        if len(entries) <= 1:
            return entries[0] if entries else self.base.discard(dom)
        return self.base.pairing(entries[0], self.row(dom, entries[1:]))

    def morphism(self, r: Reindexing, f: M) -> M:
        a = self.base.dom(f)
        entries = self.entries(r.dom, a)
        return self.row(self.object(r.dom, a), [self.base.compose(entries[i], f) for i in r.at])

    def multiplicator(self, p: int, q: int, a: Any) -> M:
        whole, entries = self.object(p * q, a), self.entries(p * q, a)
        return self.row(whole, [self.row(whole, entries[i * q : (i + 1) * q]) for i in range(p)])

    def multiplicator_inverse(self, p: int, q: int, a: Any) -> M:
        rows = self.object(q, a)
        columns = self.entries(q, a)
        entries = [self.base.compose(row, column) for row in self.entries(p, rows) for column in columns]
        return self.row(self.object(p, rows), entries)

    def unitor(self, a: Any) -> M:
        return self.base.identity(a)

    def unitor_inverse(self, a: Any) -> M:
        return self.base.identity(a)
