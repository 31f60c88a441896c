"""Congruences in full, presented categories, and functors into finite sets; obstructions to models."""

from __future__ import annotations

from dataclasses import replace

import pytest

from verified_cat.congruence import dimension_obstruction
from verified_cat.errors import SchemaError
from verified_cat.networks import PARA, dense
from verified_cat.objects import UNIT, space
from verified_cat.reference.finite import (
    Presentation,
    agree,
    closure,
    functions,
    functors,
    generated,
    isomorphic,
    paths,
    presented,
    subsets,
    value,
)
from verified_cat.schema import (
    CYCLE_GAN,
    EQUALIZER,
    PRODUCT,
    Architecture,
    Edge,
    Path,
    PathEquation,
    Schema,
    parameter_obstruction,
)
from verified_cat.terms import LeftUnitor

RETRACT = replace(CYCLE_GAN, equations=CYCLE_GAN.equations[:1])


def loop(*words: tuple[str, str]) -> Schema:
    equations = tuple(PathEquation(Path("A", tuple(u)), Path("A", tuple(v))) for u, v in words)
    return Schema("loop", ("A",), (Edge("r", "A", "A"),), equations)


def test_paths_are_counted() -> None:
    assert [len(paths(CYCLE_GAN, length)) for length in range(4)] == [2, 4, 6, 8]
    assert len(paths(EQUALIZER, 5)) == 3 + 3 + 2


def test_the_presented_categories() -> None:
    """The walking isomorphism has four arrows, a group of order three three, the retract five: id, f, g, g ; f, id."""
    assert [str(arrow) for arrow in presented(CYCLE_GAN).arrows] == ["id_A", "id_B", "f", "g"]
    assert [str(arrow) for arrow in presented(RETRACT).arrows] == ["id_A", "id_B", "f", "g", "g ; f"]
    group = presented(loop(("rrr", "")))
    assert len(group.arrows) == 3 and group.of(Path("A", ("r",) * 7)) == Path("A", ("r",))
    assert presented(EQUALIZER).hom("A", "C") == [Path("A", ("h", "f"))]


def test_what_is_not_settled_is_refused() -> None:
    with pytest.raises(SchemaError, match="longer than the paths that were searched"):
        presented(loop()).of(Path("A", ("r",) * 6))
    with pytest.raises(SchemaError, match="longer than the paths that were searched"):
        presented(replace(CYCLE_GAN, equations=CYCLE_GAN.equations[:0] + RETRACT.equations), 1)


def test_a_relation_that_is_no_congruence_has_faults() -> None:
    edges = (Edge("w", "Z", "A"), Edge("u", "A", "B"), Edge("v", "A", "B"))
    schema = Schema("S", ("Z", "A", "B"), edges, (PathEquation(Path("A", ("u",)), Path("A", ("v",))),))
    assert not Presentation(schema, closure(schema, 3)).faults()
    assert Presentation(schema, closure(schema, 3, before=False)).faults() == ["w ; (u = v) fails"]


def test_isomorphic_categories() -> None:
    assert isomorphic(presented(CYCLE_GAN), presented(PRODUCT))
    assert not isomorphic(presented(CYCLE_GAN), presented(RETRACT))
    three, also = presented(loop(("rrr", ""))), presented(loop(("rrr", "r")))
    assert len(three.arrows) == len(also.arrows) == 3 and not isomorphic(three, also)  # both have three arrows


def test_functors_into_finite_sets() -> None:
    assert len(list(functions(2, 3))) == 9 and len(list(functions(0, 0))) == 1 and not list(functions(1, 0))
    found = list(functors(CYCLE_GAN, {"A": 2, "B": 3}))
    assert len(found) == 9 * 8
    inverse = [images for images in found if agree(images, Path("A", ("f", "g")), Path("A"), range(2))]
    assert len(inverse) == 6 * 2  # six injections, and the one point that is not hit goes to either of two
    assert value({"f": (2, 0), "g": (0, 0, 1)}, Path("A", ("f", "g", "f")), 0) == 0


def test_what_the_data_generates() -> None:
    images = {"f": (1, 2), "g": (0, 0, 1)}
    assert generated(CYCLE_GAN, images, {"A": frozenset({0})}) == {"A": {0}, "B": {1}}
    assert generated(CYCLE_GAN, images, {"B": frozenset({2})}) == {"A": {1}, "B": {2}}
    assert len(list(subsets(3))) == 8


def test_dimensions() -> None:
    small, large = space(3072), space(3172)
    assert dimension_obstruction(PRODUCT, {"AB": small, "A ⊗ B": large}) == [
        "Product: c ; d = id_A ⊗ B goes through AB, of dimension 3072, and A ⊗ B has dimension 3172"
    ]
    assert dimension_obstruction(PRODUCT, {"AB": small, "A ⊗ B": large}, supports=["A ⊗ B"]) == []
    assert dimension_obstruction(PRODUCT, {"AB": small, "A ⊗ B": large}, supports=["AB"]) != []
    assert dimension_obstruction(CYCLE_GAN, {"A": space(2, 2), "B": space(4)}) == []


def test_dimensions_through_an_equation_that_only_follows() -> None:
    """a ; b = c and c ; d = id, so a ; (b ; d) = id through the middle of a ; b."""
    edges = (Edge("a", "A", "M"), Edge("b", "M", "B"), Edge("c", "A", "B"), Edge("d", "B", "A"))
    composite = PathEquation(Path("A", ("a", "b")), Path("A", ("c",)))
    inverse = PathEquation(Path("A", ("c", "d")), Path("A"))
    schema = Schema("S", ("A", "M", "B"), edges, (composite, inverse))
    assert len(dimension_obstruction(schema, {"A": space(2), "M": space(1), "B": space(2)})) == 1


def test_parameters() -> None:
    line = space(2, 1)
    fixed = PARA.of(UNIT, line, line, LeftUnitor(line))
    objects = {"A": line, "B": line}
    trained = Architecture(CYCLE_GAN, PARA, objects, {name: dense(2, 1, 1, name).map for name in ("f", "g")})
    assert parameter_obstruction(trained)[0] == "CycleGAN: f ; g has 4 parameters, id_A has 0"
    assert parameter_obstruction(Architecture(CYCLE_GAN, PARA, objects, {"f": fixed, "g": fixed})) == []
