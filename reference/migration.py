"""Data migration between finite categories, in full: Δ, Σ and Π on instances, with units and counits (Spivak 2012).

An instance is a functor into finite sets, written as the sizes of its sets and the tables of its functions. Σ and Π are
the pointwise Kan extensions: a colimit over F ↓ d and a limit over d ↓ F.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from verified_cat.reference.finite import Function, Presentation, functions
from verified_cat.schema import Path

Transformation = Mapping[str, Function]
"""A function for each object."""


@dataclass(frozen=True)
class SchemaMap:
    """F : C → D, a functor between presented categories: its objects, and the path that each edge goes to."""

    source: Presentation
    target: Presentation
    objects: Mapping[str, str]
    edges: Mapping[str, Path]

    def on(self, path: Path) -> Path:
        """F(path), as its representative in D."""
        image = Path(self.objects[path.source])
        for name in path.edges:
            image = self.target.after(image, self.edges[name])
        return image

    def faults(self) -> list[str]:
        """The edges sent to paths with other ends, and the equations that are not kept."""
        schema, ends = self.source.schema, self.target.schema.target
        wrong = [
            f"{edge} goes to {self.edges[edge.name]}"
            for edge in schema.edges
            if (self.edges[edge.name].source, ends(self.edges[edge.name]))
            != (self.objects[edge.source], self.objects[edge.target])
        ]
        return wrong or [f"{e} is not kept" for e in schema.equations if self.on(e.lhs) != self.on(e.rhs)]


def composite(first: SchemaMap, second: SchemaMap) -> SchemaMap:
    """first ; second."""
    objects = {name: second.objects[image] for name, image in first.objects.items()}
    edges = {name: second.on(path) for name, path in first.edges.items()}
    return SchemaMap(first.source, second.target, objects, edges)


def identity_map(category: Presentation) -> SchemaMap:
    """id : C → C."""
    schema = category.schema
    edges = {edge.name: Path(edge.source, (edge.name,)) for edge in schema.edges}
    return SchemaMap(category, category, {name: name for name in schema.objects}, edges)


@dataclass(frozen=True)
class Instance:
    """I : C → FinSet: the size of each set, and the function of each edge."""

    category: Presentation
    sizes: Mapping[str, int]
    edges: Mapping[str, Function]

    def at(self, path: Path, x: int) -> int:
        """I(path)(x)."""
        for name in path.edges:
            x = self.edges[name][x]
        return x

    def is_functor(self) -> bool:
        """Whether the equations of the schema hold."""
        return all(
            self.at(e.lhs, x) == self.at(e.rhs, x)
            for e in self.category.schema.equations
            for x in range(self.sizes[e.lhs.source])
        )


def instances(category: Presentation, largest: int) -> Iterator[Instance]:
    """All instances with sets of at most ``largest`` elements."""
    schema = category.schema
    for sizes in product(range(largest + 1), repeat=len(schema.objects)):
        size = dict(zip(schema.objects, sizes, strict=True))
        for chosen in product(*(list(functions(size[e.source], size[e.target])) for e in schema.edges)):
            found = Instance(category, size, dict(zip((e.name for e in schema.edges), chosen, strict=True)))
            if found.is_functor():
                yield found


def homs(source: Instance, target: Instance) -> list[dict[str, Function]]:
    """All natural transformations."""
    names = source.category.schema.objects
    every = product(*(list(functions(source.sizes[name], target.sizes[name])) for name in names))
    return [t for t in (dict(zip(names, chosen, strict=True)) for chosen in every) if natural(source, target, t)]


def natural(source: Instance, target: Instance, t: Transformation) -> bool:
    """Whether I(e) ; t = t ; J(e) for every edge."""
    return all(
        t[e.target][source.edges[e.name][x]] == target.edges[e.name][t[e.source][x]]
        for e in source.category.schema.edges
        for x in range(source.sizes[e.source])
    )


def after(first: Transformation, second: Transformation) -> dict[str, Function]:
    """first ; second."""
    return {name: tuple(second[name][x] for x in values) for name, values in first.items()}


def is_identity(t: Transformation) -> bool:
    """Whether t is id."""
    return all(values == tuple(range(len(values))) for values in t.values())


# ------------------------------------------------------------------------------------------------ Δ


def delta(f: SchemaMap, instance: Instance) -> Instance:
    """Δ_F(J) = F ; J."""
    sizes = {name: instance.sizes[image] for name, image in f.objects.items()}
    edges = {
        name: tuple(instance.at(path, x) for x in range(instance.sizes[path.source])) for name, path in f.edges.items()
    }
    return Instance(f.source, sizes, edges)


def delta_on(f: SchemaMap, t: Transformation) -> dict[str, Function]:
    """Δ_F(t)."""
    return {name: t[image] for name, image in f.objects.items()}


# ------------------------------------------------------------------------------------------------ Σ and Π


@dataclass(frozen=True)
class Extension:
    """Σ_F(I) or Π_F(I), with the number of each element: for Σ of each (c, a, x), for Π of each family."""

    instance: Instance
    number: Mapping[str, Mapping[Any, int]]


def sigma(f: SchemaMap, instance: Instance, *, glued: bool = True) -> Extension:
    """Σ_F(I)(d): the (c, a : F(c) → d, x ∈ I(c)), with (c, F(e) ; a, x) and (c', a, I(e)(x)) glued for e : c → c'.

    Without ``glued`` the elements are only numbered by x, as if Σ were a union of the sets (a planted fault).
    """
    number, target = {}, f.target
    for d in target.schema.objects:
        elements = [(c, a, x) for c in f.objects for a in target.hom(f.objects[c], d) for x in range(instance.sizes[c])]
        joins = [
            ((e.source, target.after(f.on(Path(e.source, (e.name,))), a), x), (e.target, a, instance.edges[e.name][x]))
            for e in f.source.schema.edges
            for a in target.hom(f.objects[e.target], d)
            for x in range(instance.sizes[e.source])
        ]
        number[d] = _classes(elements, joins) if glued else {element: element[2] for element in elements}
    sizes = {d: len(set(classes.values())) for d, classes in number.items()}

    def moved(e: Any) -> Function:
        values = dict.fromkeys(range(sizes[e.source]), 0)
        for (c, a, x), position in number[e.source].items():
            values[position] = number[e.target][c, target.after(a, Path(e.source, (e.name,))), x]
        return tuple(values.values())

    edges = {e.name: moved(e) for e in target.schema.edges}
    return Extension(Instance(target, sizes, edges), number)


def _classes(elements: list[Any], joins: list[tuple[Any, Any]]) -> dict[Any, int]:
    """element ↦ the number of its class in the least equivalence with these joins."""
    parent = {element: element for element in elements}

    def root(element: Any) -> Any:
        while parent[element] != element:
            element = parent[element]
        return element

    for left, right in joins:
        parent[root(left)] = root(right)
    order = {end: position for position, end in enumerate(dict.fromkeys(map(root, elements)))}
    return {element: order[root(element)] for element in elements}


def pi(f: SchemaMap, instance: Instance) -> Extension:
    """Π_F(I)(d): the families x_(c, a : d → F(c)) ∈ I(c) with I(e)(x_(c, a)) = x_(c', a ; F(e)) for e : c → c'."""
    target, number = f.target, {}
    places = {d: [(c, a) for c in f.objects for a in target.hom(d, f.objects[c])] for d in target.schema.objects}
    for d, here in places.items():
        every = product(*(range(instance.sizes[c]) for c, _ in here))
        families = [family for family in every if _compatible(f, instance, dict(zip(here, family, strict=True)))]
        number[d] = {family: position for position, family in enumerate(families)}

    def moved(e: Any) -> Function:
        step = Path(e.source, (e.name,))
        start = {place: position for position, place in enumerate(places[e.source])}
        taken = [start[c, target.after(target.of(step), a)] for c, a in places[e.target]]
        return tuple(number[e.target][tuple(family[p] for p in taken)] for family in number[e.source])

    edges = {e.name: moved(e) for e in target.schema.edges}
    return Extension(Instance(target, {d: len(each) for d, each in number.items()}, edges), number)


def _compatible(f: SchemaMap, instance: Instance, family: Mapping[tuple[str, Path], int]) -> bool:
    return all(
        instance.edges[e.name][x] == family[e.target, f.target.after(a, f.on(Path(e.source, (e.name,))))]
        for (c, a), x in family.items()
        for e in f.source.schema.edges
        if e.source == c
    )


def unit(f: SchemaMap, instance: Instance, extension: Extension) -> dict[str, Function]:
    """η : I → Δ_F Σ_F I, x ↦ [c, id, x]."""
    return {
        c: tuple(extension.number[d][c, Path(d), x] for x in range(instance.sizes[c])) for c, d in f.objects.items()
    }


def counit(f: SchemaMap, instance: Instance, extension: Extension) -> dict[str, Function]:
    """ε : Δ_F Π_F I → I, a family ↦ its member at (c, id)."""
    found = {}
    for c, d in f.objects.items():
        places = [(c2, a) for c2 in f.objects for a in f.target.hom(d, f.objects[c2])]
        position = places.index((c, Path(d)))
        found[c] = tuple(family[position] for family in extension.number[d])
    return found
