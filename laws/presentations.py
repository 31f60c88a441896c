"""Finite presentations of categories: the congruence of a schema in full, and which schemas are the same category."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from itertools import combinations, product

from verified_cat.audits import audit
from verified_cat.congruence import follows
from verified_cat.errors import SchemaError
from verified_cat.reference.finite import (
    Presentation,
    agree,
    closure,
    functors,
    isomorphic,
    paths,
    presented,
)
from verified_cat.schema import CYCLE_GAN, EQUALIZER, PRODUCT, Edge, Path, PathEquation, Schema


def _loop(name: str, *words: tuple[str, str]) -> Schema:
    """One object A, the edge r, and equations between words in r."""
    equations = tuple(PathEquation(Path("A", tuple(u)), Path("A", tuple(v))) for u, v in words)
    return Schema(name, ("A",), (Edge("r", "A", "A"),), equations)


FORK = Schema(
    "fork in the middle",
    ("Z", "A", "B", "C"),
    (Edge("w", "Z", "A"), Edge("u", "A", "B"), Edge("v", "A", "B"), Edge("k", "B", "C")),
    (PathEquation(Path("A", ("u",)), Path("A", ("v",))),),
)
RETRACT = replace(CYCLE_GAN, name="retract", equations=CYCLE_GAN.equations[:1])
THIRD, IDEMPOTENT = _loop("order three", ("rrr", "")), _loop("idempotent", ("rr", "r"))
FINITE = (CYCLE_GAN, PRODUCT, EQUALIZER, RETRACT, FORK, THIRD, IDEMPOTENT)
"""Schemas whose categories are finite."""

LENGTH = 5

# ------------------------------------------------------------------------------------------------ CONG


def _wrongly_joined(presentation: Presentation) -> list[str]:
    """Pairs of parallel short paths where the classes and ``follows`` say different things."""
    schema, found = presentation.schema, []
    short = paths(schema, 3)
    for u, v in combinations(short, 2):
        if (u.source, schema.target(u)) != (v.source, schema.target(v)):
            continue
        joined = presentation.representative[u] == presentation.representative[v]
        answer = follows(schema, PathEquation(u, v), bound=40)
        if answer != "unknown" and joined != (answer == "follows"):
            found.append(f"{schema.name}: {u} and {v}: {answer}, but the classes say otherwise")
    return found


def _not_universal(presentation: Presentation) -> tuple[int, list[str]]:
    """Functors to small sets where to agree on the equations is not to agree on every class."""
    schema, looked, found = presentation.schema, 0, []
    for sizes in product((1, 2), repeat=len(schema.objects)):
        size = dict(zip(schema.objects, sizes, strict=True))
        for images in functors(schema, size):
            looked += 1
            on_equations = all(agree(images, e.lhs, e.rhs, range(size[e.lhs.source])) for e in schema.equations)
            short = [(path, end) for path, end in presentation.representative.items() if len(path.edges) <= 4]
            if on_equations != all(agree(images, path, end, range(size[path.source])) for path, end in short):
                found.append(f"{schema.name}: {images} agrees on the equations: {on_equations}, on the classes: not so")
    return looked, found


def _congruence_faults(presentation: Presentation) -> tuple[int, list[str]]:
    looked, wrong = _not_universal(presentation)
    return looked, [*presentation.faults(), *_wrongly_joined(presentation), *wrong]


def _all_parallel(schema: Schema) -> dict[Path, Path]:
    """Each path ↦ the shortest one with its ends."""
    first: dict[tuple[str, str], Path] = {}
    return {path: first.setdefault((path.source, schema.target(path)), path) for path in paths(schema, LENGTH)}


def _planted(schema: Schema, classes: Mapping[Path, Path]) -> list[str]:
    return _congruence_faults(Presentation(schema, classes))[1]


@audit(
    "CONG",
    source="Spivak 2012; slides of the talk, p. 21",
    controls={
        "closing under what comes after alone": lambda: _planted(FORK, closure(FORK, LENGTH, before=False)),
        "joining all parallel paths": lambda: _planted(RETRACT, _all_parallel(RETRACT)),
        "joining nothing": lambda: _planted(FORK, {path: path for path in paths(FORK, LENGTH)}),
    },
)
def the_least_congruence():
    """~ is the least congruence, w ; u ; w' ~ w ; v ; w'; F factors through Free(G)/~ iff it agrees on the generators.

    For finite presentations, in full: the classes of paths act on themselves (Cayley's model, so no class is too
    small), ``follows`` agrees with them, and so do all functors into sets of one or two elements.
    """
    checked = [_congruence_faults(presented(schema, LENGTH)) for schema in FINITE]
    return sum(looked for looked, _ in checked), [fault for _, faults in checked for fault in faults]


# ------------------------------------------------------------------------------------------------ SCH-ISO


def _reductions(edges: frozenset[tuple[str, str]]) -> list[frozenset[tuple[str, str]]]:
    """The least sets of edges with the same pairs of objects joined by a path."""
    for count in range(len(edges) + 1):
        kept = [frozenset(some) for some in combinations(sorted(edges), count) if _joined(some) == _joined(edges)]
        if kept:
            return kept
    return []


def _joined(edges) -> frozenset[tuple[str, str]]:
    """The transitive closure."""
    pairs = set(edges)
    while True:
        longer = pairs | {(a, d) for a, b in pairs for c, d in pairs if b == c}
        if longer == pairs:
            return frozenset(pairs)
        pairs = longer


def _not_the_walking_isomorphism(schema: Schema) -> list[str]:
    """What tells the schema from CycleGAN up to renaming."""
    try:
        found = presented(schema, LENGTH)
    except SchemaError as fault:
        return [str(fault)]
    same = isomorphic(found, presented(CYCLE_GAN, LENGTH))
    return [] if same else [f"{schema.name} is another category than CycleGAN"]


@audit(
    "SCH-ISO",
    source="derived here: a correction of the slides of the talk, pp. 22, 24, 27",
    controls={
        f"{what} passes for CycleGAN": partial(_not_the_walking_isomorphism, schema)
        for what, schema in {
            "the retract": RETRACT,
            "the product with one equation": replace(PRODUCT, equations=PRODUCT.equations[1:]),
            "the product without equations": replace(PRODUCT, equations=()),
            "the equaliser": EQUALIZER,
        }.items()
    },
)
def cyclegan_and_product_are_one_schema():
    """CycleGAN and Product both present the walking isomorphism, of four arrows; no transitive reduction is a schema.

    A reduction of what is reachable is unique only for graphs without cycles: three objects, all joined, have two. And
    it forgets: h : A → C beside f ; g : A → C is dropped, though no equation gives h.
    """
    wrong = _not_the_walking_isomorphism(PRODUCT)
    if len(presented(CYCLE_GAN, LENGTH).arrows) != 4:
        wrong.append("CycleGAN has not the four arrows id, f, g, id")
    complete = frozenset((a, b) for a in "ABC" for b in "ABC" if a != b)
    if [len(each) for each in _reductions(complete)] != [3, 3]:
        wrong.append("the complete graph on three objects has not two reductions")
    if _reductions(frozenset({("A", "B"), ("B", "C"), ("A", "C")})) != [frozenset({("A", "B"), ("B", "C")})]:
        wrong.append("the reduction of a triangle keeps its long side")
    return 4, wrong
