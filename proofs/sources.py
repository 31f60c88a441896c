"""The source of opaque objects and morphisms: what a law is stated of, for solvers and for finite models."""

from __future__ import annotations

import copy
from typing import Any

from verified_cat.category import Category
from verified_cat.functions import Arrow, Functions, Run
from verified_cat.gad import GAD, Differentiable
from verified_cat.learn import Error
from verified_cat.objects import Ob, Pair, Sort, leaves
from verified_cat.primitives import Symbol
from verified_cat.proofs.finite import FiniteEngine
from verified_cat.proofs.hypotheses import (
    Hypotheses,
    additive_in_second,
    additive_map,
    commutative_monoid,
    inverse_families,
    inverse_pair,
    left_inverse,
    resting,
    right_inverse,
)
from verified_cat.proofs.worlds import (
    OpaqueAdditive,
    OpaqueFunctions,
    SymbolicAdditive,
    SymbolicError,
    boxed_class,
    derivative_at,
    derivative_symbol,
)
from verified_cat.terms import Generator, Term


class OpaqueSource:
    """Sorts and free symbols. What is assumed of a symbol (additivity, inverses) is kept, to be used only if needed.

    ``one_sort`` makes every object the same opaque sort, so that typing does not hide what a wrong construction does.
    Over a finite ``engine`` the symbols are tables and nothing is boxed: the package's code runs on numbers, as it is.
    """

    def __init__(self, engine: FiniteEngine | None = None, *, one_sort: bool = False) -> None:
        self.functions: Any = Functions(engine) if engine else OpaqueFunctions()
        self.additive: Any = SymbolicAdditive(engine) if engine else OpaqueAdditive()
        self._boxes = engine is None
        self._one_sort = one_sort
        self._assumed: dict[str, Hypotheses] = {}

    def prepare(self, category: Any) -> Any:
        """The category with everything it makes boxed, down to what it is built over; unchanged on numbers."""
        if not self._boxes:
            return category
        boxed = copy.copy(category)
        if not isinstance(category, OpaqueFunctions | OpaqueAdditive):
            boxed = object.__new__(boxed_class(type(category)))
            vars(boxed).update(vars(category))
        for part in ("base", "k"):
            inner = getattr(category, part, None)
            if isinstance(inner, Category) and not isinstance(inner, OpaqueFunctions | OpaqueAdditive):
                setattr(boxed, part, self.prepare(inner))
        return boxed

    def object(self, name: str) -> Ob:
        ob = Sort("X" if self._one_sort else name)
        self._assume(commutative_monoid(ob))
        return ob

    def arrow(self, name: str, dom: Ob, cod: Ob) -> Arrow:
        return self.functions.generator(Symbol(name, dom, cod))  # type: ignore[no-any-return]

    def additive_arrow(self, name: str, dom: Ob, cod: Ob, *, assumed: bool = True) -> Arrow:
        symbol = Symbol(name, dom, cod)
        if assumed:
            self._assume(additive_map(symbol), dom, cod)
        return self.additive.generator(symbol)  # type: ignore[no-any-return]

    def term(self, name: str, dom: Ob, cod: Ob) -> Term:
        return Generator(Symbol(name, dom, cod))

    def family(self, name: str, gad: GAD, dom: Ob, cod: Ob) -> Run:
        symbol = derivative_symbol(gad.k, name, dom, cod, dom)
        self._assume(additive_in_second(symbol), dom, cod)
        return derivative_at(gad.k, symbol)

    def bijection(self, name: str, ob: Ob) -> tuple[Arrow, Arrow]:
        """Two symbols, assumed inverse."""
        other = self._image(name, ob)
        there, back = Symbol(name, ob, other), Symbol(f"{name} back", other, ob)
        self._assume(inverse_pair(there, back))
        return self.functions.generator(there), self.functions.generator(back)

    def bijections(self, name: str, point: Ob, ob: Ob) -> tuple[Arrow, Arrow]:
        """Two symbols, assumed inverse at each point."""
        other = self._image(name, ob)
        there, back = Symbol(name, Pair(point, ob), other), Symbol(f"{name} back", Pair(point, other), ob)
        self._assume(inverse_families(there, back))
        return self.functions.generator(there), self.functions.generator(back)

    def diffeomorphism(self, name: str, gad: GAD, ob: Ob) -> tuple[Differentiable, Differentiable]:
        """A bijection with a family of additive bijections: the only form that an isomorphism of GAD has."""
        there, back = self.bijection(name, ob)
        forth = derivative_symbol(gad.k, name, ob, there.cod, ob)
        away = derivative_symbol(gad.k, f"{name} back", there.cod, ob, ob)  # at a point of the object that it ends in
        for each in (forth, away):
            self._assume(additive_in_second(each, invertible=True), ob, there.cod)
        self._assume(inverse_families(forth, away))
        slope, other = derivative_at(gad.k, forth), derivative_at(gad.k, away)
        one = gad.of(ob, there.cod, lambda a: (there.run(a), slope(a)))
        return one, gad.of(there.cod, ob, lambda b: (back.run(b), other(back.run(b))))

    def _image(self, name: str, ob: Ob) -> Ob:
        """The object that a bijection ends in: another one where the object is opaque."""
        if not isinstance(ob, Sort) or self._one_sort:
            return ob
        return self.object(f"{name} image")

    def error(self) -> Error:
        return _Assuming(self)

    def step(self, ob: Ob) -> Run:
        for leaf in leaves(ob):
            self._assume(resting(leaf))
        return SymbolicError(self.functions).step(ob)

    def assume_inverse(self, ob: Ob) -> None:
        """That ∂e/∂x(x, -) is invertible on every leaf of the object."""
        for leaf in leaves(ob):
            self._assume(right_inverse(leaf))
            self._assume(left_inverse(leaf))

    def _assume(self, added: Hypotheses, *objects: Ob) -> None:
        self._assumed[added.name] = added
        for leaf in dict.fromkeys(leaf for ob in objects for leaf in leaves(ob)):
            monoid = commutative_monoid(leaf)
            self._assumed[monoid.name] = monoid

    @property
    def hypotheses(self) -> tuple[Hypotheses, ...]:
        """Everything that is true of the symbols by how they were asked for."""
        return tuple(self._assumed.values())


class _Assuming(SymbolicError):
    """A free error; its inverse is assumed where it is asked for."""

    __slots__ = ("_source",)
    _source: OpaqueSource

    def __init__(self, source: OpaqueSource) -> None:
        super().__init__(source.functions)
        object.__setattr__(self, "_source", source)

    def derivative(self, ob: Ob) -> Run:
        self._source.assume_inverse(ob)
        return super().derivative(ob)

    def inverse(self, ob: Ob) -> Run:
        self._source.assume_inverse(ob)
        return super().inverse(ob)
