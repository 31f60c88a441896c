"""The running constructions on opaque values, boxed, and the free symbols that stand for what they are given.

Learners and differentiable maps hold plain functions, so what makes them is boxed as well. The mixins below only box;
the class of the package that they are mixed into (or a mutant of it) runs as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from verified_cat import primitives
from verified_cat.begin import Begin
from verified_cat.cont import Cont
from verified_cat.dual import Dual
from verified_cat.functions import AdditiveMaps, Arrow, Engine, Functions, Run, Value
from verified_cat.gad import GAD, Differentiable
from verified_cat.learn import Learn, Learner
from verified_cat.objects import Ob, Pair
from verified_cat.primitives import Primitive, Symbol
from verified_cat.proofs.hypotheses import (
    add_on,
    error_derivative,
    error_inverse,
    update_step,
    zero_on,
)
from verified_cat.proofs.symbols import TraceError, boxed, boxing, free
from verified_cat.terms import Generator, Operation


class OpaqueEngine:
    """Every operation is a function symbol: one per name, arguments and boundary."""

    name = "opaque symbols"
    precision = "exact"

    def operation(self, operation: Operation) -> Run:
        """The symbol of a primitive or of a free symbol."""
        if isinstance(operation, Primitive):
            return free(f"{operation.name}{operation.arguments!r}", operation.dom, operation.cod)
        if isinstance(operation, Symbol):
            return free(operation.name, operation.dom, operation.cod)
        raise TraceError(f"{operation!r} is neither a primitive nor a free symbol")


class SymbolicAdditive(AdditiveMaps):
    """Additive maps where 0 and + of an opaque object are free symbols; componentwise on pairs, as on spaces."""

    def zero_of(self, ob: Ob) -> Run:
        if ob not in self._zeros:
            self._zeros[ob] = Functions(self.engine).meaning(zero_on(ob)).run
        return self._zeros[ob]

    def sum_of(self, ob: Ob) -> Run:
        if ob not in self._sums:
            self._sums[ob] = Functions(self.engine).meaning(add_on(ob)).run
        return self._sums[ob]


# ------------------------------------------------------------------------------------------------ boxing


class BoxesArrows:
    """Mixed into Functions: every arrow takes and gives single terms."""

    def arrow(self, dom: Ob, cod: Ob, run: Run) -> Arrow:
        return super().arrow(dom, cod, boxing(dom, cod, run))  # type: ignore[misc, no-any-return]


class BoxesDifferentiable:
    """Mixed into GAD: the value is a single term. The derivative is an arrow, boxed where it was made."""

    def of(self, dom: Ob, cod: Ob, run: Run) -> Differentiable:
        def on_terms(value: Value) -> Value:
            result, derivative = run(boxed(value, dom))
            return boxed(result, cod), derivative

        return super().of(dom, cod, on_terms)  # type: ignore[misc, no-any-return]


class BoxesLearners:
    """Mixed into Learn: implementation, update and request take and give single terms."""

    def of(self, param: Ob, dom: Ob, cod: Ob, implement: Run, update: Run, request: Run) -> Learner:
        seen, asked = Pair(param, dom), Pair(Pair(param, dom), cod)
        return super().of(  # type: ignore[misc, no-any-return]
            param,
            dom,
            cod,
            boxing(seen, cod, implement),
            boxing(asked, param, update),
            boxing(asked, dom, request),
        )


_BOXES: tuple[tuple[type, type], ...] = (
    (Functions, BoxesArrows),
    (GAD, BoxesDifferentiable),
    (Learn, BoxesLearners),
)


def boxed_class(construction: type[Any]) -> type[Any]:
    """The construction with what it makes boxed; itself where it makes nothing of its own, as Dual, Lens and Para."""
    for known, boxes in _BOXES:
        if issubclass(construction, known):
            return type(f"Boxed{construction.__name__}", (boxes, construction), {})
    return construction


class OpaqueFunctions(BoxesArrows, Functions):
    """Functions on opaque values, with every intermediate pair a term. Unboxed: ``Functions(OpaqueEngine())``."""

    def __init__(self, engine: Engine | None = None) -> None:
        super().__init__(engine or OpaqueEngine())


class OpaqueAdditive(BoxesArrows, SymbolicAdditive):
    """Additive maps on opaque values."""

    def __init__(self, engine: Engine | None = None) -> None:
        super().__init__(engine or OpaqueEngine())


# ------------------------------------------------------------------------------------------------ free parts


@dataclass(frozen=True, slots=True)
class SymbolicError:
    """An error with free ∂e/∂x and inverse on each leaf, componentwise on pairs."""

    functions: Functions

    def derivative(self, ob: Ob) -> Run:
        return self._componentwise(ob, error_derivative)

    def inverse(self, ob: Ob) -> Run:
        return self._componentwise(ob, error_inverse)

    def step(self, ob: Ob) -> Run:
        """(p, dp) ↦ the updated p: a free update rule on each leaf, componentwise on pairs."""
        return self._componentwise(ob, update_step)

    def _componentwise(self, ob: Ob, leaf: Callable[[Ob], Symbol]) -> Run:
        return self.functions.meaning(primitives.on_pairs(ob, lambda part: Generator(leaf(part)))).run


def derivative_symbol(k: Any, name: str, dom: Ob, cod: Ob, point: Ob) -> Symbol:
    """(a, v) ↦ the derivative of ``name`` at a, along v: dom → cod of k, read as a function on values."""
    if isinstance(k, Dual):
        return derivative_symbol(k.k, name, cod, dom, point)
    if isinstance(k, Cont | Begin):
        return derivative_symbol(k.k, name, dom, cod, point)
    return Symbol(f"derivative of {name}", Pair(point, dom), cod)


def derivative_at(k: Any, symbol: Symbol) -> Callable[[Value], Any]:
    """a ↦ (v ↦ symbol(a, v)) as a morphism of k."""
    if isinstance(k, Dual):
        return derivative_at(k.k, symbol)
    if isinstance(k, Cont | Begin):
        inner = derivative_at(k.k, symbol)
        return lambda a: k.of(inner(a))
    assert isinstance(k, Functions) and isinstance(symbol.dom, Pair)
    apply, direction = k.engine.operation(symbol), symbol.dom.right

    def at(a: Value) -> Arrow:
        def along(v: Value) -> Value:
            return apply((a, v))

        return k.arrow(direction, symbol.cod, along)

    return at
