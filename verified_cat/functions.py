"""Functions on values: the base category of every engine, and its additive maps.

A value of 1 is ``()``, a value of A ⊗ B is a Python pair, a value of a space is whatever the engine computes with:
floats, exact numbers, SymPy expressions, tensors, or opaque symbols of a solver. The plumbing below only pairs,
unpairs and calls, so one code object serves them all, and running it on opaque symbols is running it on every value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from verified_cat import primitives
from verified_cat.category import Biproduct, Cartesian, interpret
from verified_cat.chains import SHORT, InTurn
from verified_cat.errors import MissingOperation, VerifiedCatError, must_meet
from verified_cat.objects import UNIT, Ob, Pair, Unit
from verified_cat.terms import Operation, Term

Value = Any
Run = Callable[[Value], Value]


class OperationFault(VerifiedCatError):
    """An engine gave no function for an operation that it did not refuse."""


class Engine(Protocol):
    """What computes: the operations of the table on its own values."""

    name: str

    def operation(self, operation: Operation) -> Run:
        """The function that the operation is. Raises MissingOperation where the engine lacks it."""
        ...


class Arrow:
    """A function dom → cod on values. ``run`` is the function itself; an arrow is called like it.

    ``length`` is how many arrows it was composed from, where it is a composite.
    """

    __slots__ = ("cod", "dom", "length", "run")

    def __init__(self, dom: Ob, cod: Ob, run: Run) -> None:
        self.dom = dom
        self.cod = cod
        self.run = run
        self.length = 1

    def __call__(self, value: Value) -> Value:
        return self.run(value)

    def __repr__(self) -> str:
        return f"Arrow({self.dom} → {self.cod})"


# ------------------------------------------------------------------------------------------------ plumbing


def same(x: Value) -> Value:
    """x ↦ x."""
    return x


def then(f: Run, g: Run) -> Run:
    """x ↦ g(f(x))."""

    def composite(x: Value) -> Value:
        return g(f(x))

    return composite


def beside(f: Run, g: Run) -> Run:
    """(x, y) ↦ (f(x), g(y))."""

    def both(xy: Value) -> Value:
        x, y = xy
        return f(x), g(y)

    return both


def fork(f: Run, g: Run) -> Run:
    """x ↦ (f(x), g(x))."""

    def both(x: Value) -> Value:
        return f(x), g(x)

    return both


def rebracket_right(x: Value) -> Value:
    """((a, b), c) ↦ (a, (b, c))."""
    ab, c = x
    a, b = ab
    return a, (b, c)


def rebracket_left(x: Value) -> Value:
    """(a, (b, c)) ↦ ((a, b), c)."""
    a, bc = x
    b, c = bc
    return (a, b), c


def left_of(x: Value) -> Value:
    """(a, b) ↦ a."""
    a, _ = x
    return a


def right_of(x: Value) -> Value:
    """(a, b) ↦ b."""
    _, b = x
    return b


def with_unit_left(x: Value) -> Value:
    """a ↦ ((), a)."""
    return (), x


def with_unit_right(x: Value) -> Value:
    """a ↦ (a, ())."""
    return x, ()


def exchange(x: Value) -> Value:
    """(a, b) ↦ (b, a)."""
    a, b = x
    return b, a


def exchange_middle(x: Value) -> Value:
    """((a, b), (c, d)) ↦ ((a, c), (b, d))."""
    ab, cd = x
    a, b = ab
    c, d = cd
    return (a, c), (b, d)


def twice(x: Value) -> Value:
    """a ↦ (a, a)."""
    return x, x


def nothing(x: Value) -> Value:
    """a ↦ ()."""
    return ()


def pairwise(f: Run, g: Run) -> Run:
    """((a, b), (c, d)) ↦ (f(a, c), g(b, d)): a binary operation on pairs, componentwise."""

    def both(x: Value) -> Value:
        ab, cd = x
        a, b = ab
        c, d = cd
        return f((a, c)), g((b, d))

    return both


# ------------------------------------------------------------------------------------------------ the category


class Functions(Cartesian[Arrow]):
    """Functions on the values of an engine; cartesian."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.name = f"functions of {engine.name}"

    def arrow(self, dom: Ob, cod: Ob, run: Run) -> Arrow:
        """The function ``run`` as a morphism dom → cod. Every arrow of this category is made here."""
        return Arrow(dom, cod, run)

    def dom(self, f: Arrow) -> Ob:
        return f.dom

    def cod(self, f: Arrow) -> Ob:
        return f.cod

    def identity(self, a: Ob) -> Arrow:
        return self.arrow(a, a, same)

    def compose(self, f: Arrow, g: Arrow) -> Arrow:
        must_meet(self.name, f, g, f.cod, g.dom)
        return self.follow(f, g)

    def follow(self, f: Arrow, g: Arrow) -> Arrow:
        length = f.length + g.length
        made = self.arrow(f.dom, g.cod, then(f.run, g.run) if length <= SHORT else InTurn(f.run, g.run))
        made.length = length
        return made

    def tensor(self, f: Arrow, g: Arrow) -> Arrow:
        return self.arrow(Pair(f.dom, g.dom), Pair(f.cod, g.cod), beside(f.run, g.run))

    def associator(self, a: Ob, b: Ob, c: Ob) -> Arrow:
        return self.arrow(Pair(Pair(a, b), c), Pair(a, Pair(b, c)), rebracket_right)

    def associator_inverse(self, a: Ob, b: Ob, c: Ob) -> Arrow:
        return self.arrow(Pair(a, Pair(b, c)), Pair(Pair(a, b), c), rebracket_left)

    def left_unitor(self, a: Ob) -> Arrow:
        return self.arrow(Pair(UNIT, a), a, right_of)

    def left_unitor_inverse(self, a: Ob) -> Arrow:
        return self.arrow(a, Pair(UNIT, a), with_unit_left)

    def right_unitor(self, a: Ob) -> Arrow:
        return self.arrow(Pair(a, UNIT), a, left_of)

    def right_unitor_inverse(self, a: Ob) -> Arrow:
        return self.arrow(a, Pair(a, UNIT), with_unit_right)

    def swap(self, a: Ob, b: Ob) -> Arrow:
        return self.arrow(Pair(a, b), Pair(b, a), exchange)

    def middle_four(self, a: Ob, b: Ob, c: Ob, d: Ob) -> Arrow:
        return self.arrow(Pair(Pair(a, b), Pair(c, d)), Pair(Pair(a, c), Pair(b, d)), exchange_middle)

    def copy(self, a: Ob) -> Arrow:
        return self.arrow(a, Pair(a, a), twice)

    def discard(self, a: Ob) -> Arrow:
        return self.arrow(a, UNIT, nothing)

    def first(self, a: Ob, b: Ob) -> Arrow:
        return self.arrow(Pair(a, b), a, left_of)

    def second(self, a: Ob, b: Ob) -> Arrow:
        return self.arrow(Pair(a, b), b, right_of)

    def pairing(self, f: Arrow, g: Arrow) -> Arrow:
        if f.dom is not g.dom:
            must_meet(self.name, "the pairing's left", "its right", f.dom, g.dom)
        return self.arrow(f.dom, Pair(f.cod, g.cod), fork(f.run, g.run))

    def generator(self, operation: Operation) -> Arrow:
        """The function of an operation. Raises OperationFault where the engine raises, or gives what is no function."""
        try:
            run = self.engine.operation(operation)
        except MissingOperation as fault:
            if operation.name in getattr(self.engine, "operations", ()):
                raise OperationFault(
                    f"{operation.name!r} is among its operations, and it refuses it: {fault}"
                ) from fault
            raise
        except VerifiedCatError:
            raise
        except Exception as fault:
            raise OperationFault(f"operation({operation}) raised {type(fault).__name__}: {fault}") from fault
        if not callable(run):
            raise OperationFault(f"operation({operation}) gave {type(run).__name__}, which cannot be called")
        return self.arrow(operation.dom, operation.cod, run)

    def meaning(self, term: Term) -> Arrow:
        """The function that a term is in this engine."""
        return interpret(term, self)  # type: ignore[no-any-return]


class AdditiveMaps(Functions, Biproduct[Arrow]):
    """Functions with h(0) = 0 and h(x + y) = h(x) + h(y); a biproduct category (Elliott 2018, Fig. "Additive").

    Membership is a promise of who makes the arrow, checked by the law ADD-HOM, and kept by every operation here.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.name = f"additive maps of {engine.name}"
        self._zeros: dict[Ob, Run] = {}
        self._sums: dict[Ob, Run] = {}

    def zero_of(self, ob: Ob) -> Run:
        """() ↦ 0 ∈ A, of the shape of A."""
        if ob not in self._zeros:
            self._zeros[ob] = interpret(primitives.zero_on(ob), Functions(self.engine)).run
        return self._zeros[ob]

    def zero_value(self, ob: Ob) -> Value:
        """0 ∈ A, of the shape of A."""
        return self.zero_of(ob)(())

    def sum_of(self, ob: Ob) -> Run:
        """(x, y) ↦ x + y on the values of A, componentwise."""
        if ob not in self._sums:
            if isinstance(ob, Unit):
                self._sums[ob] = left_of
            elif isinstance(ob, Pair):
                self._sums[ob] = pairwise(self.sum_of(ob.left), self.sum_of(ob.right))
            else:
                self._sums[ob] = interpret(primitives.add_on(ob), Functions(self.engine)).run
        return self._sums[ob]

    def zero(self, a: Ob, b: Ob) -> Arrow:
        zero = self.zero_of(b)

        def always(_: Value) -> Value:
            return zero(())

        return self.arrow(a, b, always)

    def merge(self, a: Ob) -> Arrow:
        return self.arrow(Pair(a, a), a, self.sum_of(a))

    def inject_first(self, a: Ob, b: Ob) -> Arrow:
        zero = self.zero_of(b)

        def inject(x: Value) -> Value:
            return x, zero(())

        return self.arrow(a, Pair(a, b), inject)

    def inject_second(self, a: Ob, b: Ob) -> Arrow:
        zero = self.zero_of(a)

        def inject(x: Value) -> Value:
            return zero(()), x

        return self.arrow(b, Pair(a, b), inject)

    def generator(self, operation: Operation) -> Arrow:
        """A linear operation. Raises MissingOperation for one that is not: it has no place among additive maps."""
        if isinstance(operation, primitives.Primitive) and not primitives.is_linear(operation):
            raise MissingOperation(f"{self.name}: {operation} is not linear, so it is no additive map")
        return super().generator(operation)

    def derivative(self, operation: Operation) -> Callable[[Value], Arrow]:
        """graph ↦ (v ↦ J(x) v) at graph = (x, f(x)): the forward derivative of an operation, additive A → B."""
        push = self._rule(operation, primitives.pushforward)

        def at(graph: Value) -> Arrow:
            def along(v: Value) -> Value:
                return push((graph, v))

            return self.arrow(operation.dom, operation.cod, along)

        return at

    def transposed_derivative(self, operation: Operation) -> Callable[[Value], Arrow]:
        """graph ↦ (w ↦ J(x)ᵀ w) at graph = (x, f(x)): the reverse derivative of an operation, additive B → A."""
        pull = self._rule(operation, primitives.pullback)

        def at(graph: Value) -> Arrow:
            def back(w: Value) -> Value:
                return pull((graph, w))

            return self.arrow(operation.cod, operation.dom, back)

        return at

    def _rule(self, operation: Operation, rule: Callable[[primitives.Primitive], Term]) -> Run:
        if not isinstance(operation, primitives.Primitive):
            raise MissingOperation(f"{self.name}: {operation} is a free symbol; the table holds no derivative of it")
        return interpret(rule(operation), Functions(self.engine)).run  # type: ignore[no-any-return]
