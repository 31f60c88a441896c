"""Maps of schemas F : (G, ~) → (H, ≈): an object for each object, a path for each edge, equations sent to what follows.

Along such a map every functor out of the target gives one out of the source, by composition: Δ_F(I) = F ; I (Spivak
2012, section 2.2). Nothing is computed and nothing is trained for it.

[objects]
A = "AB"
[edges]
f = "d ; c"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path as File
from typing import Any, TypeVar

from verified_cat.category import Category
from verified_cat.congruence import Answer, decided
from verified_cat.errors import SchemaError, near
from verified_cat.schema import Architecture, Edge, Functor, Path, PathEquation, Schema
from verified_cat.schema_file import TEXT, Reader, SchemaFileError, parsed, text_of
from verified_cat.shown import Shown
from verified_cat.specification import path_in
from verified_cat.toml_lines import line_of, lines_of

M = TypeVar("M")


@dataclass(frozen=True)
class SchemaMap(Shown):
    """F : source → target. Raises SchemaError where an image is missing, unasked for, or has other ends.

    Whether the equations are kept is a question of its own, which may have no answer: ``kept``.
    """

    source: Schema
    target: Schema
    objects: Mapping[str, str]
    edges: Mapping[str, Path]

    def __post_init__(self) -> None:
        for _, reason in faults(self.source, self.target, self.objects, self.edges):
            raise SchemaError(f"a map {self.source.name} → {self.target.name}: {reason}")

    def on(self, path: Path) -> Path:
        """F(e₁ ; … ; eₙ) = F(e₁) ; … ; F(eₙ). Raises SchemaError where it is no path of the source."""
        self.source.target(path)
        return Path(self.objects[path.source], tuple(name for edge in path.edges for name in self.edges[edge].edges))

    def kept(self, length: int = 8) -> dict[PathEquation, Answer]:
        """For each equation u ~ v of the source, whether F(u) ≈ F(v) follows in the target (``congruence.decided``)."""

        def answer(equation: PathEquation) -> Answer:
            image = PathEquation(self.on(equation.lhs), self.on(equation.rhs))
            same = image.lhs == image.rhs
            return Answer("follows", f"both sides go to {image.lhs}") if same else decided(self.target, image, length)

        return {equation: answer(equation) for equation in self.source.equations}

    def then(self, after: SchemaMap) -> SchemaMap:
        """F ; G. Raises SchemaError where the schemas in the middle differ."""
        if self.target != after.source:
            raise SchemaError(f"a map into {self.target.name} is not followed by one out of {after.source.name}")
        objects = {name: after.objects[image] for name, image in self.objects.items()}
        return SchemaMap(
            self.source, after.target, objects, {name: after.on(path) for name, path in self.edges.items()}
        )


def faults(
    source: Schema, target: Schema, objects: Mapping[str, str], edges: Mapping[str, Path]
) -> list[tuple[tuple[str, ...], str]]:
    """What keeps the images from being a map of graphs into paths: each fault with its place."""
    found = _named("objects", source, list(source.objects), objects)
    found += _named("edges", source, [edge.name for edge in source.edges], edges)
    for name, image in objects.items():
        if image not in target.objects:
            hint = near(image, list(target.objects))
            found.append((("objects", name), f"{name} goes to {image!r}, which is no object of {target.name}; {hint}"))
    if found:
        return found
    wrong = {edge.name: _misplaced(edge, target, objects, edges[edge.name]) for edge in source.edges}
    return [(("edges", name), reason) for name, reason in wrong.items() if reason is not None]


def _named(kind: str, source: Schema, wanted: list[str], given: Mapping[str, Any]) -> list[tuple[tuple[str, ...], str]]:
    """The names without an image, and the images of no name."""
    missing = [((kind,), f"{name!r} of {source.name} has no image") for name in wanted if name not in given]
    return missing + [
        ((kind, name), f"{name!r} is none of the {kind} of {source.name}; {near(name, wanted)}")
        for name in given
        if name not in wanted
    ]


def _misplaced(edge: Edge, target: Schema, objects: Mapping[str, str], image: Path) -> str | None:
    """Why the image of an edge does not go from the image of its source to that of its target."""
    try:
        ends = image.source, target.target(image)
    except SchemaError as refused:
        return str(refused)
    wanted = objects[edge.source], objects[edge.target]
    if ends == wanted:
        return None
    return f"{edge} goes to {image} : {ends[0]} → {ends[1]}, which has to be from {wanted[0]} to {wanted[1]}"


def inclusion(source: Schema, target: Schema) -> SchemaMap:
    """Each object and edge to that of its name. Raises SchemaError where one is not there with the same ends."""
    objects = {name: name for name in source.objects}
    return SchemaMap(source, target, objects, {edge.name: Path(edge.source, (edge.name,)) for edge in source.edges})


# ------------------------------------------------------------------------------------------------ pulling back


def pulled_back(along: SchemaMap, functor: Functor[M]) -> Functor[M]:
    """Δ_F(I) = F ; I : an object A has I(F A), an edge e has I(F e). SchemaError for a functor of another schema."""
    _starts(along, functor)
    objects = {name: functor.objects[image] for name, image in along.objects.items()}
    category: Category[M] = functor.category
    return Functor(along.source, category, objects, {name: functor.on_path(path) for name, path in along.edges.items()})


def pulled_back_architecture(along: SchemaMap, architecture: Architecture[M]) -> Architecture[M]:
    """Δ_F of an architecture with its parameters shared: every edge e is F(e) over the same Π P, all tied to the first.

    So a point of the architecture is a point of the pulled back one, and Δ_F(I_p) = (Δ_F I)_p. Raises SchemaError for
    an architecture of another schema.
    """
    _starts(along, architecture)
    names = [edge.name for edge in along.source.edges]
    return Architecture(
        along.source,
        architecture.category,
        {name: architecture.objects[image] for name, image in along.objects.items()},
        {name: architecture.tied(path) for name, path in along.edges.items()},
        dict.fromkeys(names[1:], names[0]) if names else {},
    )


def _starts(along: SchemaMap, functor: Functor[Any]) -> None:
    if functor.schema != along.target:
        raise SchemaError(f"a map into {along.target.name} pulls no functor out of {functor.schema.name} back")


# ------------------------------------------------------------------------------------------------ files


def load(path: str | File, source: Schema, target: Schema) -> SchemaMap:
    """The map in a file. Raises SchemaFileError, each fault with its line."""
    return read(text_of(path), source, target, str(path))


def read(text: str, source: Schema, target: Schema, where: str = "schema map") -> SchemaMap:
    """The map in a text: [objects] and [edges], each name to its image. Raises SchemaFileError, with lines."""
    document, lines, reader = parsed(text, where), lines_of(text), Reader()
    reader.only(document, (), ("objects", "edges"), "a schema map")
    objects = _images(reader, document, "objects")
    edges: dict[str, Path] = {}
    for name, said in _images(reader, document, "edges").items():
        try:
            edges[name] = path_in(target, said)
        except SchemaError as refused:
            reader.fault(("edges", name), str(refused))
    if not reader.faults:
        reader.faults += faults(source, target, objects, edges)
    if reader.faults:
        raise SchemaFileError(where, [(line_of(lines, key), reason) for key, reason in reader.faults])
    return SchemaMap(source, target, objects, edges)


def _images(reader: Reader, document: Mapping[str, Any], key: str) -> dict[str, str]:
    part = document.get(key, {})
    if not isinstance(part, dict):
        reader.fault((key,), f"{key!r} is a table, NAME = IMAGE")
        return {}
    take = partial(reader.take, part, (key,), reading=TEXT)
    return {name: said for name in part if (said := take(key=name)) is not None}
