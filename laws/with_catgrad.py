"""catgrad 0.2.2 as an engine: its open hypergraphs, composed, differentiated, compiled and run by it.

catgrad is strict, its objects are lists of array types: brackets are kept beside its diagrams, and α, λ and ρ are its
identities. Nothing it does is repaired. What it has no differentiable operation for (exp, log, sin, cos, tanh) is
missing, and so are forward derivatives, requests of learners and lenses whose backward types are their own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any

from verified_cat.category import interpret
from verified_cat.errors import DataError, MissingOperation, must_meet
from verified_cat.functions import Arrow, Run, Value
from verified_cat.laws.catgrad_operations import OPERATIONS, diagram_of, wires  # first: it says what is missing
from verified_cat.objects import UNIT, Ob, Pair, Unit, flatten, unflatten
from verified_cat.primitives import Primitive, is_linear
from verified_cat.terms import Operation, Term

# isort: split
import numpy as np
from catgrad.bidirectional import operation as rd
from catgrad.bidirectional.functor import Bidirectional, Forget
from catgrad.combinators import identity, permutation, twist
from catgrad.compile import rdiff
from catgrad.signature import Dtype, op
from catgrad.special.parameter import factor_parameters, parameter
from catgrad.target.python import to_python_function
from catgrad.target.python.array_backend import Numpy, Torch
from catgrad.target.python.special import PythonOp

FORGET, OPTIC = Forget(), Bidirectional()
"""catgrad's functors: from operations with derivatives to operations that run, and to optics."""

BACKENDS = {"numpy": Numpy, "torch": Torch}
"""The two array libraries that catgrad compiles to."""


# ------------------------------------------------------------------------------------------------ categories


@dataclass(frozen=True, eq=False)
class Diagram:
    """A diagram dom → cod of catgrad; for a model ``parameters`` is the object of those that it hides."""

    dom: Ob
    cod: Ob
    arrow: Any
    parameters: Ob = UNIT


class Diagrams:
    """catgrad's open hypergraphs over its operations with derivatives."""

    name = "diagrams of catgrad"

    def __init__(self, engine: CatgradEngine) -> None:
        self.engine = engine

    def wires(self, ob: Ob) -> Any:
        """An object as catgrad has it in this category."""
        return wires(ob)

    def made(self, dom: Ob, cod: Ob, arrow: Any) -> Diagram:
        """The morphism of this category that a diagram is."""
        return Diagram(dom, cod, arrow)

    def observe(self, f: Diagram) -> Arrow:
        """What catgrad's compiled code for the diagram does."""
        return self.engine.compiled(f.dom, f.cod, f.arrow)

    def image(self, ob: Ob) -> Ob:
        return ob

    def dom(self, f: Diagram) -> Ob:
        return f.dom

    def cod(self, f: Diagram) -> Ob:
        return f.cod

    def identity(self, a: Ob) -> Diagram:
        return Diagram(a, a, identity(self.wires(a)))

    def compose(self, f: Diagram, g: Diagram) -> Diagram:
        must_meet(self.name, f, g, f.cod, g.dom)
        return Diagram(f.dom, g.cod, f.arrow >> g.arrow)

    def tensor(self, f: Diagram, g: Diagram) -> Diagram:
        return Diagram(Pair(f.dom, g.dom), Pair(f.cod, g.cod), f.arrow @ g.arrow)

    def _bracketed(self, dom: Ob, cod: Ob) -> Diagram:
        return Diagram(dom, cod, identity(self.wires(dom)))

    def associator(self, a: Ob, b: Ob, c: Ob) -> Diagram:
        return self._bracketed(Pair(Pair(a, b), c), Pair(a, Pair(b, c)))

    def associator_inverse(self, a: Ob, b: Ob, c: Ob) -> Diagram:
        return self._bracketed(Pair(a, Pair(b, c)), Pair(Pair(a, b), c))

    def left_unitor(self, a: Ob) -> Diagram:
        return self._bracketed(Pair(UNIT, a), a)

    def left_unitor_inverse(self, a: Ob) -> Diagram:
        return self._bracketed(a, Pair(UNIT, a))

    def right_unitor(self, a: Ob) -> Diagram:
        return self._bracketed(Pair(a, UNIT), a)

    def right_unitor_inverse(self, a: Ob) -> Diagram:
        return self._bracketed(a, Pair(a, UNIT))

    def swap(self, a: Ob, b: Ob) -> Diagram:
        return Diagram(Pair(a, b), Pair(b, a), twist(self.wires(a), self.wires(b)))

    def middle_four(self, a: Ob, b: Ob, c: Ob, d: Ob) -> Diagram:
        """catgrad's permutation of wires, in one piece."""
        dom, cod = Pair(Pair(a, b), Pair(c, d)), Pair(Pair(a, c), Pair(b, d))
        p, q, r, s = (len(self.wires(ob)) for ob in (a, b, c, d))
        order = [*range(p), *range(p + q, p + q + r), *range(p, p + q), *range(p + q + r, p + q + r + s)]
        return Diagram(dom, cod, permutation(self.wires(dom), order))

    def generator(self, operation: Operation) -> Diagram:
        return self.made(operation.dom, operation.cod, diagram_of(operation))


class Foreign(PythonOp):  # type: ignore[misc]
    """A Python function as an operation, catgrad's own way out of its table; it has no derivative."""

    def __init__(self, dom: Ob, cod: Ob, run: Run) -> None:
        self.dom, self.cod, self.run = dom, cod, run

    def source(self) -> Any:
        return wires(self.dom)

    def target(self) -> Any:
        return wires(self.cod)

    def to_core(self) -> Any:
        return op(self)

    def __call__(self, *values: Value) -> list[Value]:
        return flatten(self.cod, self.run(unflatten(self.dom, list(values))))


class Functions(Diagrams):
    """The same with catgrad's copy and discard; projections and pairings, unnamed there, are composed of these."""

    def arrow(self, dom: Ob, cod: Ob, run: Run) -> Diagram:
        return Diagram(dom, cod, op(Foreign(dom, cod, run)))

    def copy(self, a: Ob) -> Diagram:
        return self.made(a, Pair(a, a), rd.copy(wires(a)))

    def discard(self, a: Ob) -> Diagram:
        return self.made(a, UNIT, rd.discard(wires(a)))

    def first(self, a: Ob, b: Ob) -> Diagram:
        return replace(self.tensor(self.identity(a), self.discard(b)), cod=a)

    def second(self, a: Ob, b: Ob) -> Diagram:
        return replace(self.tensor(self.discard(a), self.identity(b)), cod=b)

    def pairing(self, f: Diagram, g: Diagram) -> Diagram:
        return self.compose(self.copy(f.dom), self.tensor(f, g))


class Additive(Functions):
    """Diagrams of linear operations, with catgrad's zero and add; injections and sums are composed of these."""

    name = "linear diagrams of catgrad"

    def generator(self, operation: Operation) -> Diagram:
        if not (isinstance(operation, Primitive) and is_linear(operation)):
            raise MissingOperation(f"{self.name}: {operation} is not linear")
        return super().generator(operation)

    def zero(self, a: Ob, b: Ob) -> Diagram:
        return self.made(a, b, rd.discard(wires(a)) >> rd.zero(wires(b)))

    def merge(self, a: Ob) -> Diagram:
        return self.made(Pair(a, a), a, rd.add(wires(a)))

    def inject_first(self, a: Ob, b: Ob) -> Diagram:
        return replace(self.tensor(self.identity(a), self.zero(UNIT, b)), dom=a)

    def inject_second(self, a: Ob, b: Ob) -> Diagram:
        return replace(self.tensor(self.zero(UNIT, a), self.identity(b)), dom=b)

    def copairing(self, f: Diagram, g: Diagram) -> Diagram:
        return self.compose(self.tensor(f, g), self.merge(f.cod))

    def add(self, f: Diagram, g: Diagram) -> Diagram:
        return self.compose(self.pairing(f, g), self.merge(f.cod))


class Reversing(Functions):
    """The same with catgrad's reverse derivative."""

    def reverse(self, f: Diagram) -> Diagram:
        """R[f] : A ⊗ B → A."""
        return Diagram(Pair(f.dom, f.cod), f.dom, rdiff(f.arrow))


class Optics(Functions):
    """Images under catgrad's functor to optics: a wire becomes one forwards and one backwards, side by side."""

    name = "optics of catgrad"

    def wires(self, ob: Ob) -> Any:
        return OPTIC.map_objects(wires(ob)).values

    def made(self, dom: Ob, cod: Ob, arrow: Any) -> Diagram:
        return Diagram(dom, cod, OPTIC(arrow))

    def differentiate(self, term: Term) -> Diagram:
        """The optic of the diagram of a term, in one piece."""
        return self.made(term.dom, term.cod, interpret(term, Functions(self.engine)).arrow)

    def generator(self, operation: Operation) -> Diagram:
        return Diagram(operation.dom, operation.cod, optic_of(operation))

    def observe(self, f: Diagram) -> Arrow:
        """(a, w) ↦ (f(a), R[f](a, w)): the optic adapted to A ⊗ B' → B ⊗ A'."""
        adapted = OPTIC.adapt(f.arrow, wires(f.dom), wires(f.cod))
        return self.engine.compiled(Pair(f.dom, f.cod), Pair(f.cod, f.dom), adapted)


optic_of: Any = cache(lambda operation: OPTIC(diagram_of(operation)))
"""The optic of an operation; made once, since catgrad takes its time."""


class Models(Diagrams):
    """Diagrams with parameters hidden in them, as catgrad's layers are; seen by factoring the parameters out."""

    name = "models of catgrad"

    def of(self, param: Ob, dom: Ob, cod: Ob, inside: Diagram) -> Diagram:
        """(P, f : P ⊗ A → B) as a model: (parameter ⊗ A) ; f."""
        must_meet(self.name, "the source of the map", "P ⊗ A", inside.dom, Pair(param, dom))
        hidden = parameter(self.wires(param)) @ identity(self.wires(dom))
        return Diagram(dom, cod, hidden >> inside.arrow, param)

    def param(self, f: Diagram) -> Ob:
        return f.parameters

    def inside(self, f: Diagram) -> Diagram:
        """P ⊗ A → B, with the parameters that catgrad finds."""
        found, inside = factor_parameters(f.arrow)
        must_meet(self.name, "the parameters found", "P", list(found.target), list(self.wires(f.parameters)))
        return Diagram(Pair(f.parameters, f.dom), f.cod, inside)

    def observe(self, f: Diagram) -> Arrow:
        """(p, a) ↦ f(p, a); over optics with its derivative."""
        return super().observe(self.inside(f))

    def arrow(self, dom: Ob, cod: Ob, run: Run) -> Diagram:
        return Functions(self.engine).arrow(dom, cod, run)

    def embed(self, f: Diagram) -> Diagram:
        """A diagram without parameters is a model."""
        return f

    def compose(self, f: Diagram, g: Diagram) -> Diagram:
        return replace(super().compose(f, g), parameters=Pair(f.parameters, g.parameters))

    def tensor(self, f: Diagram, g: Diagram) -> Diagram:
        return replace(super().tensor(f, g), parameters=Pair(f.parameters, g.parameters))

    def reparam(self, f: Diagram, along: Diagram) -> Diagram:
        """(P', f ∘ (r ⊗ A)): the parameters factored out, and new ones put before r."""
        inside = (along.arrow @ identity(self.wires(f.dom))) >> self.inside(f).arrow
        return self.of(along.dom, f.dom, f.cod, Diagram(Pair(along.dom, f.dom), f.cod, inside))


class OpticModels(Models, Optics):
    """Optics with parameters hidden in them."""

    name = "optics of catgrad with parameters"


# ------------------------------------------------------------------------------------------------ the engine


WORLDS: dict[str, tuple[type[Diagrams], str]] = {
    "functions": (Functions, "cartesian"),
    "additive": (Additive, "biproduct"),
    "D": (Optics, "cartesian"),
    "R": (Reversing, "cartesian"),
    "para": (Models, "symmetric"),
    "para over D": (OpticModels, "symmetric"),
}
"""The constructions that catgrad has of its own, each with its doctrine."""


class CatgradEngine:
    """catgrad compiled to one of its array libraries, in float32, the one floating type that it has."""

    precision = "float32"
    operations = frozenset(OPERATIONS) - {"step"}
    """What is drawn. Laws that name ``step`` meet it; drawn, its truth values would refute any law, now and then."""
    worlds = MappingProxyType({world: doctrine for world, (_, doctrine) in WORLDS.items()})

    def __init__(self, library: str = "numpy") -> None:
        self.library = library
        self.name = "catgrad" if library == "numpy" else f"catgrad-{library}"

    def category(self, world: str) -> Diagrams:
        """catgrad's own category for a construction."""
        return WORLDS[world][0](self)

    def compiled(self, dom: Ob, cod: Ob, arrow: Any) -> Arrow:
        """The function that catgrad compiles a diagram to, on trees of values."""
        function = to_python_function(FORGET(arrow), array_backend=BACKENDS[self.library])

        def run(value: Value) -> Value:
            with np.errstate(all="ignore"):  # infinities and NaN are values of floats, not warnings
                return unflatten(cod, function(*flatten(dom, value)))

        return Arrow(dom, cod, run)

    def operation(self, operation: Operation) -> Run:
        return self.compiled(operation.dom, operation.cod, diagram_of(operation)).run

    def lift(self, ob: Ob, exact: Any) -> Value:
        if isinstance(ob, Pair):
            return self.lift(ob.left, exact[0]), self.lift(ob.right, exact[1])
        if isinstance(ob, Unit):
            return ()
        library, shape = BACKENDS[self.library], ob.shape  # type: ignore[attr-defined]
        return library.reshape(library.constant(list(map(float, exact)), (len(exact),), Dtype.float32), shape)

    def lower(self, ob: Ob, value: Value) -> Any:
        """Raises DataError for an array of another shape than its wire says."""
        if isinstance(ob, Pair):
            return self.lower(ob.left, value[0]), self.lower(ob.right, value[1])
        if isinstance(ob, Unit):
            return ()
        if tuple(value.shape) != ob.shape:  # type: ignore[attr-defined]
            raise DataError(f"catgrad gave an array of shape {tuple(value.shape)} on a wire {ob}")
        return tuple(map(float, value.reshape(-1)))
