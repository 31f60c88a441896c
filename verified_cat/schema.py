"""Schemas: a graph G with path equations ~, and functors out of the free category Free(G).

A path is read in diagrammatic order, as on the slides: ``f ; g`` is f then g. What is learned is never a functor out of
the quotient into Para (none exists with trainable inverse pairs, law SCH-NOFUNCT), but a point of the product of all
edges' parameters at which the two sides of every equation agree (Gavranović 2020).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

from verified_cat.category import Cartesian, Category
from verified_cat.equation import Equation
from verified_cat.errors import SchemaError, near
from verified_cat.objects import size
from verified_cat.para import Para, ParaMap
from verified_cat.shown import Shown

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Edge:
    """A generator name : source → target of the graph."""

    name: str
    source: str
    target: str

    def __str__(self) -> str:
        return f"{self.name} : {self.source} → {self.target}"


@dataclass(frozen=True, slots=True)
class Path(Shown):
    """A morphism of Free(G): the names of its edges in the order in which they are followed; none is the identity."""

    source: str
    edges: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ; ".join(self.edges) if self.edges else f"id_{self.source}"


@dataclass(frozen=True, slots=True)
class PathEquation(Shown):
    """lhs ~ rhs, for two parallel paths."""

    lhs: Path
    rhs: Path

    def __str__(self) -> str:
        return f"{self.lhs} = {self.rhs}"


@dataclass(frozen=True)
class Schema(Shown):
    """(G, ~): a finite graph and equations between its parallel paths (Spivak 2012).

    Raises SchemaError where that is not what the parts make.
    """

    name: str
    objects: tuple[str, ...]
    edges: tuple[Edge, ...]
    equations: tuple[PathEquation, ...] = ()

    def __post_init__(self) -> None:
        if not self.objects:
            raise SchemaError(f"schema {self.name}: it has no objects")
        self._distinct("object", self.objects)
        self._distinct("edge", tuple(edge.name for edge in self.edges))
        for edge in self.edges:
            self._object(edge.source, f"the source of {edge.name}")
            self._object(edge.target, f"the target of {edge.name}")
        seen: set[frozenset[Path]] = set()
        for equation in self.equations:
            self.check(equation)
            sides = frozenset((equation.lhs, equation.rhs))
            if len(sides) == 1:
                raise SchemaError(f"schema {self.name}: {equation} says nothing, both sides are the same path")
            if sides in seen:
                raise SchemaError(f"schema {self.name}: the equation {equation} is given twice")
            seen.add(sides)

    @cached_property
    def _edges(self) -> dict[str, Edge]:
        return {edge.name: edge for edge in self.edges}

    def _distinct(self, kind: str, names: tuple[str, ...]) -> None:
        for position, name in enumerate(names):
            if not isinstance(name, str) or not name:
                raise SchemaError(f"schema {self.name}: the name of an {kind} is a word, not {name!r}")
            if name in names[:position]:
                raise SchemaError(f"schema {self.name}: two {kind}s are called {name!r}")

    def _object(self, name: str, where: str) -> None:
        if name not in self.objects:
            hint = near(str(name), list(self.objects))
            raise SchemaError(f"schema {self.name}: {where} is {name!r}, which is no object; {hint}")

    def edge(self, name: str) -> Edge:
        """The edge of this name. Raises SchemaError where there is none."""
        try:
            return self._edges[name]
        except KeyError:
            hint = near(str(name), list(self._edges)) if self._edges else "it has no edges"
            raise SchemaError(f"schema {self.name}: no edge is called {name!r}; {hint}") from None

    def target(self, path: Path) -> str:
        """Where the path ends. Raises SchemaError where its edges do not follow one another."""
        here = path.source
        self._object(here, f"the source of the path {path}")
        for name in path.edges:
            edge = self.edge(name)
            if edge.source != here:
                raise SchemaError(f"schema {self.name}: the path {path} is at {here}, where {edge} does not start")
            here = edge.target
        return here

    def path(self, *edges: str) -> Path:
        """The path along these edges, at least one; for an identity write ``Path(object)``."""
        if not edges:
            raise SchemaError(f"schema {self.name}: a path of no edges needs its object: Path(object)")
        path = Path(self.edge(edges[0]).source, edges)
        self.target(path)
        return path

    def then(self, first: Path, second: Path) -> Path:
        """first ; second. Raises SchemaError where they do not meet."""
        if self.target(first) != second.source:
            raise SchemaError(
                f"schema {self.name}: {first} ends in {self.target(first)}, {second} starts from {second.source}"
            )
        self.target(second)
        return Path(first.source, first.edges + second.edges)

    def check(self, equation: PathEquation) -> None:
        """Raises SchemaError where the sides of the equation are not parallel paths of the graph."""
        lhs, rhs = equation.lhs, equation.rhs
        if (lhs.source, self.target(lhs)) != (rhs.source, self.target(rhs)):
            raise SchemaError(
                f"schema {self.name}: the sides of {equation} are not parallel: "
                f"{lhs.source} → {self.target(lhs)} and {rhs.source} → {self.target(rhs)}"
            )


# ------------------------------------------------------------------------------------------------ functors


@dataclass(frozen=True)
class Functor(Shown, Generic[M]):
    """F : Free(G) → C, by its images of objects and edges; they extend in one way to paths (law FREE-UP).

    Raises SchemaError where an image is missing, unasked for, or has another boundary than the images of its ends.
    """

    schema: Schema
    category: Category[M]
    objects: Mapping[str, Any]
    edges: Mapping[str, M]

    def __post_init__(self) -> None:
        where = f"a functor out of {self.schema.name}"
        _same_names(where, "object", list(self.schema.objects), self.objects)
        _same_names(where, "edge", [edge.name for edge in self.schema.edges], self.edges)
        for edge in self.schema.edges:
            image = self.edges[edge.name]
            found = self.category.dom(image), self.category.cod(image)
            wanted = self.objects[edge.source], self.objects[edge.target]
            if found != wanted:
                raise SchemaError(
                    f"{where}: the image of {edge} goes from {found[0]} to {found[1]}, "
                    f"the images of its ends are {wanted[0]} and {wanted[1]}"
                )

    def on_path(self, path: Path) -> M:
        """F(e₁ ; … ; eₙ) = F(e₁) ; … ; F(eₙ), and F(id_A) = id_{F(A)}. Raises SchemaError where it is no path."""
        self.schema.target(path)
        if not path.edges:
            return self.category.identity(self.objects[path.source])
        return self.category.sequence(*(self.edges[name] for name in path.edges))


def _same_names(where: str, kind: str, wanted: list[str], given: Mapping[str, Any]) -> None:
    for name in wanted:
        if name not in given:
            raise SchemaError(f"{where}: the {kind} {name!r} has no image")
    for name in given:
        if name not in wanted:
            raise SchemaError(f"{where}: an image is given for {name!r}, which is no {kind}; {near(str(name), wanted)}")


@dataclass(frozen=True)
class Architecture(Functor[ParaMap[M]]):
    """A functor Free(G) → Para(C), C cartesian: a path has the product of its edges' parameters, with repetition.

    Sharing them is a reparametrisation from Π_e P_e, all edges once in declared order, bracketed to the right: after it
    every path has the same parameters, and a point of Π_e P_e is a functor Free(G) → C (laws SCH-ARCH, SCH-MODEL).
    An edge in ``ties`` has the parameters of another edge, which are then no factor of their own.
    """

    category: Para[M]
    ties: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Functor.__post_init__(self)
        for name, other in self.ties.items():
            edge, owner = self.schema.edge(name), self.schema.edge(other)
            if other in self.ties or self.edges[edge.name].param != self.edges[owner.name].param:
                raise SchemaError(f"{self.schema.name}: {edge} cannot have the parameters of {owner}")

    @property
    def owners(self) -> list[str]:
        """The edges with parameters of their own, in declared order."""
        return [edge.name for edge in self.schema.edges if edge.name not in self.ties]

    @property
    def base(self) -> Cartesian[M]:
        """C, the category of the maps inside. Raises SchemaError where it cannot copy parameters."""
        if not isinstance(self.category.base, Cartesian):
            raise SchemaError(f"{self.category.base.name} has no copy, so no parameters can be shared in it")
        return self.category.base

    @cached_property
    def parameters(self) -> Any:
        """Π_e P_e."""
        return product(self.base, [self.edges[name].param for name in self.owners])

    def parameter_of(self, edge: str) -> M:
        """π_e : Π_e P_e → P_e."""
        owner = self.ties.get(self.schema.edge(edge).name, edge)
        return project(self.base, [self.edges[name].param for name in self.owners], self.owners.index(owner))

    def tying(self, path: Path) -> M:
        """Π_e P_e → the parameters of the path: each edge's own, copied to all its occurrences."""
        self.schema.target(path)
        if not path.edges:
            return self.base.discard(self.parameters)
        first, *others = map(self.parameter_of, path.edges)
        for other in others:
            first = self.base.pairing(first, other)
        return first

    def tied(self, path: Path) -> ParaMap[M]:
        """The image of the path over the shared parameters: (Π_e P_e, F(path) ∘ (tying ⊗ A))."""
        return self.category.reparam(self.on_path(path), self.tying(path))

    def equation(self, equation: PathEquation) -> Equation[M]:
        """F(lhs) = F(rhs) : Π_e P_e ⊗ F(A) → F(B) over the shared parameters: a law, and with ``gap`` a loss."""
        self.schema.check(equation)
        return Equation(self.tied(equation.lhs).inside, self.tied(equation.rhs).inside, along="tied parameters")

    def at(self, point: M) -> Functor[M]:
        """F_p : Free(G) → C for p : 1 → Π_e P_e: each edge at its own (Gavranović 2020, Definitions 3, 4)."""
        base = self.base

        def instance(edge: Edge) -> M:
            own, image = base.compose(point, self.parameter_of(edge.name)), self.edges[edge.name]
            return base.sequence(
                base.left_unitor_inverse(image.dom), base.tensor(own, base.identity(image.dom)), image.inside
            )

        return Functor(self.schema, base, self.objects, {edge.name: instance(edge) for edge in self.schema.edges})


def product(category: Cartesian[Any], factors: list[Any]) -> Any:
    """A₁ ⊗ (A₂ ⊗ (… ⊗ Aₙ)); the unit for no factors."""
    if not factors:
        return category.unit
    whole = factors[-1]
    for factor in reversed(factors[:-1]):
        whole = category.pair(factor, whole)
    return whole


def project(category: Cartesian[M], factors: list[Any], position: int) -> M:
    """π_i out of ``product``."""
    rest = product(category, factors[1:])
    if position == 0:
        return category.first(factors[0], rest) if len(factors) > 1 else category.identity(factors[0])
    here = category.second(factors[0], rest)
    return here if len(factors) == 2 else category.compose(here, project(category, factors[1:], position - 1))


# ------------------------------------------------------------------------------------------------ obstructions


def parameter_obstruction(architecture: Architecture[Any]) -> list[str]:
    """The equations whose sides have parameters of different dimensions, so that no invertible 2-cell joins them.

    One is enough: the architecture is then no functor of the quotient to Para, whatever the maps are (law SCH-NOFUNCT).
    What may factor is the functor F_p at a point p, or the architecture along a reparametrisation.
    """
    schema, found = architecture.schema, []
    for equation in schema.equations:
        left, right = (size(architecture.on_path(side).param) for side in (equation.lhs, equation.rhs))
        if left != right:
            found.append(f"{schema.name}: {equation.lhs} has {left} parameters, {equation.rhs} has {right}")
    return found


# ------------------------------------------------------------------------------------------------ schemas


def _inverse(source: str, there: str, target: str, back: str) -> tuple[PathEquation, PathEquation]:
    """there ; back = id and back ; there = id."""
    return (
        PathEquation(Path(source, (there, back)), Path(source)),
        PathEquation(Path(target, (back, there)), Path(target)),
    )


GAN = Schema("GAN", ("Z", "X"), (Edge("h", "Z", "X"),))
"""h : Z → X, from latent vectors to data, and nothing to be equal."""

CYCLE_GAN = Schema("CycleGAN", ("A", "B"), (Edge("f", "A", "B"), Edge("g", "B", "A")), _inverse("A", "f", "B", "g"))
"""f : A → B and g : B → A, inverse to each other (Zhu et al. 2017)."""

PRODUCT = Schema(
    "Product",
    ("AB", "A ⊗ B"),
    (Edge("d", "AB", "A ⊗ B"), Edge("c", "A ⊗ B", "AB")),
    _inverse("AB", "d", "A ⊗ B", "c"),
)
"""d : AB → A ⊗ B decomposes, c : A ⊗ B → AB composes (Gavranović 2020)."""

EQUALIZER = Schema(
    "Equalizer",
    ("A", "B", "C"),
    (Edge("h", "A", "B"), Edge("f", "B", "C"), Edge("g", "B", "C")),
    (PathEquation(Path("A", ("h", "f")), Path("A", ("h", "g"))),),
)
"""h : A → B into where f, g : B → C agree: h ; f = h ; g."""
