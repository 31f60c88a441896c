"""DisCoPy 1.2 as engines: its functions, diagrams, matrices and finite functions, composed by it.

DisCoPy's monoidal categories are strict: a type is a list, a dimension is a number. So the brackets are kept beside its
morphisms, and α, λ and ρ are its identities. Nothing is repaired. The numbers are those of the exact reference, so that
a verdict is about what DisCoPy composes and about nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from verified_cat.category import Biproduct, Cartesian
from verified_cat.errors import MissingExtra, MissingOperation
from verified_cat.functions import Arrow
from verified_cat.objects import UNIT, Pair, flatten, leaves, size, unflatten
from verified_cat.primitives import TABLE, Linear, is_linear
from verified_cat.reference.engine import SympyEngine, array, rational
from verified_cat.reference.jacobian import entries, value_of

try:
    import numpy as np
    from discopy import markov, matrix, python
    from discopy.python import finset
    from discopy.utils import tuplify, untuplify
except ModuleNotFoundError as missing:
    raise MissingExtra("DisCoPy is not installed: pip install verified-cat[discopy]") from missing


@dataclass(frozen=True, slots=True)
class Held:
    """A morphism of DisCoPy with the objects that its lists stand for."""

    dom: Any
    cod: Any
    inside: Any


class Strict(Cartesian):
    """A strict monoidal category of DisCoPy: ``arrows`` is its class of morphisms, ``ty`` its object for an object.

    DisCoPy has no names for projections and pairings: Δ ; (f ⊗ g) and id ⊗ ! are composed in it from what it has.
    """

    def __init__(self, name, arrows, numbers):
        self.name, self.arrows, self.numbers = name, arrows, numbers

    def dom(self, f):
        return f.dom

    def cod(self, f):
        return f.cod

    def identity(self, a):
        return Held(a, a, self.arrows.id(self.ty(a)))

    def compose(self, f, g):
        return Held(f.dom, g.cod, f.inside >> g.inside)

    def tensor(self, f, g):
        return Held(Pair(f.dom, g.dom), Pair(f.cod, g.cod), f.inside @ g.inside)

    def associator(self, a, b, c):
        return self._bracketed(Pair(Pair(a, b), c), Pair(a, Pair(b, c)))

    def associator_inverse(self, a, b, c):
        return self._bracketed(Pair(a, Pair(b, c)), Pair(Pair(a, b), c))

    def left_unitor(self, a):
        return self._bracketed(Pair(UNIT, a), a)

    def left_unitor_inverse(self, a):
        return self._bracketed(a, Pair(UNIT, a))

    def right_unitor(self, a):
        return self._bracketed(Pair(a, UNIT), a)

    def right_unitor_inverse(self, a):
        return self._bracketed(a, Pair(a, UNIT))

    def swap(self, a, b):
        return Held(Pair(a, b), Pair(b, a), self.arrows.swap(self.ty(a), self.ty(b)))

    def copy(self, a):
        return Held(a, Pair(a, a), self.arrows.copy(self.ty(a), 2))

    def discard(self, a):
        return Held(a, UNIT, self.arrows.copy(self.ty(a), 0))

    def generator(self, operation):
        return Held(operation.dom, operation.cod, self.meaning(operation))

    def observe(self, f):
        """The function on values that a morphism is."""

        def run(value):
            return self.run(f, value)

        return Arrow(f.dom, f.cod, run)

    def _bracketed(self, a, b):
        return Held(a, b, self.arrows.id(self.ty(a)))


class PythonFunctions(Strict):
    """``discopy.python.Function``: a type is a tuple of classes, here one NumPy array for each space."""

    def ty(self, ob):
        return (np.ndarray,) * len(list(leaves(ob)))

    def meaning(self, operation):
        run = self.numbers.operation(operation)

        def on_wires(*wires):
            return untuplify(tuple(flatten(operation.cod, run(unflatten(operation.dom, list(wires))))))

        return python.Function(on_wires, self.ty(operation.dom), self.ty(operation.cod))

    def run(self, f, value):
        return unflatten(f.cod, list(tuplify(self.function(f)(*flatten(f.dom, value)))))

    def function(self, f):
        return f.inside


class MarkovDiagrams(PythonFunctions):
    """``discopy.markov.Diagram``: a type is a list of names; its functor into Python functions says what it does."""

    def ty(self, ob):
        return markov.Ty(*map(str, leaves(ob)))

    def meaning(self, operation):
        function = PythonFunctions("", python.Function, self.numbers).meaning(operation)
        return markov.Box(str(operation), self.ty(operation.dom), self.ty(operation.cod), data=function)

    def function(self, f):
        return FUNCTOR(f.inside)


FUNCTOR = markov.Functor(
    ob=lambda _: (np.ndarray,), ar=lambda box: box.data, cod=markov.Category(python.Ty, python.Function)
)
"""Each name to the class of arrays, each box to the function that it holds."""


class Matrices(Strict, Biproduct):
    """``discopy.matrix.Matrix`` with entries in Q: an object is its dimension, and x ↦ x M is what a matrix does."""

    def ty(self, ob):
        return size(ob)

    def meaning(self, operation):
        if not is_linear(operation):
            raise MissingOperation(f"{self.name}: {operation} is not linear, so it is no matrix")
        run, n = self.numbers.operation(operation), size(operation.dom)
        rows = [_unit_vector(self.numbers, operation, run, row) for row in range(n)]
        return self.arrows(rows, n, size(operation.cod))

    def run(self, f, value):
        exact = array([rational(Fraction(entry)) for entry in f.inside.array.flat], f.inside.array.shape)
        return value_of(f.cod, [rational(entry) for entry in np.array(entries(f.dom, value), dtype=object) @ exact])

    def zero(self, a, b):
        return Held(a, b, self.arrows.zero(self.ty(a), self.ty(b)))

    def merge(self, a):
        return Held(Pair(a, a), a, self.arrows.merge(self.ty(a), 2))

    def add(self, f, g):
        return Held(f.dom, f.cod, f.inside + g.inside)


def _unit_vector(numbers, operation, run, row):
    """Row number ``row`` of the matrix of a linear operation."""
    one = [rational(int(place == row)) for place in range(size(operation.dom))]
    image = run(value_of(operation.dom, one))
    return [Fraction(int(entry.p), int(entry.q)) for entry in entries(operation.cod, image)]


class FiniteFunctions(Strict):
    """``discopy.python.finset.Function``: f : m → n is a dictionary n → m, which reads the entries of an array."""

    def ty(self, ob):
        return size(ob)

    def meaning(self, operation):
        if operation.name not in READING:
            raise MissingOperation(f"{self.name}: {operation} does more than to read entries")
        places = self.numbers.symbols(operation.dom)
        known = {entry: place for place, entry in enumerate(entries(operation.dom, places))}
        read = entries(operation.cod, self.numbers.operation(operation)(places))
        return self.arrows({i: known[entry] for i, entry in enumerate(read)}, size(operation.dom), size(operation.cod))

    def run(self, f, value):
        row = entries(f.dom, value)
        return value_of(f.cod, [row[f.inside[place]] for place in range(size(f.cod))])


READING = frozenset({"reshape", "permute", "broadcast"})
"""The operations whose every entry is an entry of the input."""

LINEAR = frozenset(name for name, row in TABLE.items() if isinstance(row, Linear))
"""The operations that are matrices."""


class DiscopyEngine:
    """A category of DisCoPy's on the values of the exact reference."""

    precision = "exact"

    def __init__(self, name, world, doctrine, category, arrows, operations):
        numbers = SympyEngine()
        self.name, self.worlds, self.operations = name, {world: doctrine}, operations
        self.lift, self.lower, self.symbols = numbers.lift, numbers.lower, numbers.symbols
        self._category = category(name, arrows, numbers)

    def category(self, world):
        """The one category that the engine has."""
        return self._category


def functions():
    """Python functions with tuples for the tensor; cartesian."""
    return DiscopyEngine("discopy-python", "functions", "cartesian", PythonFunctions, python.Function, TABLE)


def diagrams():
    """Markov diagrams, and the functor from them to Python functions; cartesian, as all its boxes are functions."""
    return DiscopyEngine("discopy", "functions", "cartesian", MarkovDiagrams, markov.Diagram, TABLE)


def matrices():
    """Matrices over Q with the direct sum for the tensor; a biproduct category."""
    return DiscopyEngine("discopy-matrix", "additive", "biproduct", Matrices, matrix.Matrix[Fraction], LINEAR)


def finite_functions():
    """Finite functions, read backwards; cartesian."""
    return DiscopyEngine("discopy-finset", "functions", "cartesian", FiniteFunctions, finset.Function, READING)
