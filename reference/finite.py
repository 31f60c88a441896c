"""Finite presentations and finite sets: the congruence of a schema in full, and every functor into small sets.

A function of range(m) to range(n) is the tuple of its values, so a functor out of a free category is a tuple for each
edge, and a statement about all functors into small sets is a loop. Plain Python, no engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations, product

from verified_cat.errors import SchemaError
from verified_cat.schema import Path, Schema

Function = tuple[int, ...]
"""The values at 0, 1, …"""

Images = Mapping[str, Function]
"""The image of each edge: a functor Free(G) → FinSet, given the sizes of the images of the objects."""


# ------------------------------------------------------------------------------------------------ the congruence


def paths(schema: Schema, length: int) -> list[Path]:
    """The paths of at most ``length`` edges, short ones first."""
    layer = [Path(name) for name in schema.objects]
    found = list(layer)
    for _ in range(length):
        layer = [
            Path(path.source, (*path.edges, edge.name))
            for path in layer
            for edge in schema.edges
            if edge.source == schema.target(path)
        ]
        found += layer
    return found


def closure(schema: Schema, length: int, *, before: bool = True) -> dict[Path, Path]:
    """Each path of at most ``length`` edges ↦ the first one it is joined to by steps w;u;w' ~ w;v;w' within the length.

    Sound for the congruence of the schema; ``Presentation.faults`` says whether it is all of it. Without ``before``
    only w = id is used: the closure under what comes after alone, which is no congruence.
    """
    known = paths(schema, length)
    parent = {path: path for path in known}
    order = {path: position for position, path in enumerate(known)}

    def root(path: Path) -> Path:
        while parent[path] != path:
            parent[path] = parent[parent[path]]
            path = parent[path]
        return path

    for first in known if before else [Path(name) for name in schema.objects]:
        for equation in schema.equations:
            if schema.target(first) != equation.lhs.source:
                continue
            for last in (path for path in known if path.source == schema.target(equation.lhs)):
                sides = [Path(first.source, first.edges + u.edges + last.edges) for u in (equation.lhs, equation.rhs)]
                if all(side in order for side in sides):
                    low, high = sorted((root(side) for side in sides), key=order.__getitem__)
                    parent[high] = low
    return {path: root(path) for path in known}


@dataclass(frozen=True)
class Presentation:
    """A schema with a choice of representatives: the arrows of Free(G)/~, if there are no ``faults``."""

    schema: Schema
    representative: Mapping[Path, Path]

    @cached_property
    def arrows(self) -> list[Path]:
        """One path for each class."""
        return list(dict.fromkeys(self.representative.values()))

    def after(self, arrow: Path, path: Path) -> Path:
        """The class of arrow ; path, edge by edge. Raises SchemaError where a class is longer than was searched."""
        for name in path.edges:
            longer = Path(arrow.source, (*arrow.edges, name))
            if longer not in self.representative:
                raise SchemaError(f"{self.schema.name}: {longer} is longer than the paths that were searched")
            arrow = self.representative[longer]
        return arrow

    def of(self, path: Path) -> Path:
        """The class of a path of any length."""
        return self.after(Path(path.source), path)

    def faults(self) -> list[str]:
        """Why the classes are not the arrows of Free(G)/~: an equation that fails after some arrow.

        If there are none, the paths act on the classes (Cayley's model) and every equation holds there, so paths that
        are equal in Free(G)/~ lie in one class; that those in one class are equal is how ``closure`` joins them.
        """
        return [
            f"{arrow} ; ({equation}) fails"
            for equation in self.schema.equations
            for arrow in self.arrows
            if self.schema.target(arrow) == equation.lhs.source
            and self.after(arrow, equation.lhs) != self.after(arrow, equation.rhs)
        ]

    def hom(self, source: str, target: str) -> list[Path]:
        """The arrows source → target."""
        return [path for path in self.arrows if path.source == source and self.schema.target(path) == target]


def presented(schema: Schema, length: int = 5) -> Presentation:
    """Free(G)/~ where it is finite. Raises SchemaError where paths of ``length`` edges do not settle that."""
    found = Presentation(schema, closure(schema, length))
    faults = found.faults()
    if faults:
        raise SchemaError(f"{schema.name}: paths of {length} edges do not settle the congruence: {faults[0]}")
    return found


def isomorphic(one: Presentation, other: Presentation) -> bool:
    """Whether the two finite categories are isomorphic, by trying all bijections of objects and of arrows."""
    here, there = one.schema.objects, other.schema.objects
    if len(here) != len(there) or len(one.arrows) != len(other.arrows):
        return False
    for images in permutations(there):
        objects = dict(zip(here, images, strict=True))
        homs = [(one.hom(a, b), other.hom(objects[a], objects[b])) for a in here for b in here]
        if all(len(left) == len(right) for left, right in homs) and any(
            _is_functor(one, other, objects, choice) for choice in _bijections(homs)
        ):
            return True
    return False


def _bijections(homs: list[tuple[list[Path], list[Path]]]) -> Iterator[dict[Path, Path]]:
    for chosen in product(*(permutations(right) for _, right in homs)):
        yield {f: g for (left, _), right in zip(homs, chosen, strict=True) for f, g in zip(left, right, strict=True)}


def _is_functor(one: Presentation, other: Presentation, objects: Mapping[str, str], on: Mapping[Path, Path]) -> bool:
    return all(on[one.of(Path(a))] == other.of(Path(objects[a])) for a in objects) and all(
        on[one.after(f, g)] == other.after(on[f], on[g])
        for f in one.arrows
        for g in one.arrows
        if one.schema.target(f) == g.source
    )


# ------------------------------------------------------------------------------------------------ functors


def functions(source: int, target: int) -> Iterator[Function]:
    """All functions of range(source) to range(target)."""
    return product(range(target), repeat=source)


def functors(schema: Schema, sizes: Mapping[str, int]) -> Iterator[dict[str, Function]]:
    """All functors Free(G) → FinSet with these sizes on objects: by FREE-UP, any function for each edge."""
    names = [edge.name for edge in schema.edges]
    for chosen in product(*(list(functions(sizes[edge.source], sizes[edge.target])) for edge in schema.edges)):
        yield dict(zip(names, chosen, strict=True))


def value(images: Images, path: Path, x: int) -> int:
    """H(path)(x)."""
    for name in path.edges:
        x = images[name][x]
    return x


def agree(images: Images, lhs: Path, rhs: Path, where: Set[int] | range) -> bool:
    """H(lhs) = H(rhs) on a set of elements: the loss of the path equation is zero there."""
    return all(value(images, lhs, x) == value(images, rhs, x) for x in where)


def generated(schema: Schema, images: Images, data: Mapping[str, Set[int]]) -> dict[str, set[int]]:
    """I_H: the least subfunctor of H that contains the data (Gavranović 2020, Definition 8)."""
    reached = {name: set(data.get(name, ())) for name in schema.objects}
    grown = True
    while grown:
        before = sum(map(len, reached.values()))
        for edge in schema.edges:
            reached[edge.target] |= {images[edge.name][x] for x in reached[edge.source]}
        grown = sum(map(len, reached.values())) > before
    return reached


def subsets(size: int) -> Iterator[frozenset[int]]:
    """All subsets of range(size)."""
    for bits in product((False, True), repeat=size):
        yield frozenset(x for x, taken in enumerate(bits) if taken)
