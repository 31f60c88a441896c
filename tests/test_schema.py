"""Schemas and what is not one; functors out of free categories; shared parameters; the congruence, boundedly."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from verified_cat import primitives
from verified_cat.category import Terms
from verified_cat.congruence import follows
from verified_cat.errors import BoundaryError, SchemaError
from verified_cat.functions import Functions
from verified_cat.gad import reverse_mode
from verified_cat.loss import mean_absolute_error
from verified_cat.networks import PARA, dense
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, space
from verified_cat.para import ParaMap
from verified_cat.primitives import symbol
from verified_cat.reference.engine import SympyEngine
from verified_cat.schema import (
    CYCLE_GAN,
    EQUALIZER,
    GAN,
    PRODUCT,
    Architecture,
    Edge,
    Functor,
    Path,
    PathEquation,
    Schema,
    parameter_obstruction,
)
from verified_cat.terms import First, Identity, LeftUnitor, Pairing, Second, Term

EXACT = SympyEngine()
FUNCTIONS = Functions(EXACT)
LOOP = Schema("loop", ("A",), (Edge("r", "A", "A"), Edge("s", "A", "A")))
"""One object and two arrows: here the order of a path is not caught by its type."""


def number(value: Any) -> Any:
    return EXACT.lift(SCALAR, (Fraction(value),))


def entries(ob: Ob, value: Any) -> Any:
    return EXACT.lower(ob, value)


def multiplication() -> ParaMap[Term]:
    """(R, (p, x) ↦ p x) : R → R."""
    return PARA.of(SCALAR, SCALAR, SCALAR, primitives.multiply(()))


# ------------------------------------------------------------------------------------------------ schemas


def test_the_schemas_of_the_slides() -> None:
    assert [str(equation) for equation in CYCLE_GAN.equations] == ["f ; g = id_A", "g ; f = id_B"]
    assert [str(equation) for equation in PRODUCT.equations] == ["d ; c = id_AB", "c ; d = id_A ⊗ B"]
    assert [str(equation) for equation in EQUALIZER.equations] == ["h ; f = h ; g"]
    assert GAN.equations == () and GAN.target(GAN.path("h")) == "X"
    assert [each.name for each in (GAN, CYCLE_GAN, PRODUCT, EQUALIZER)] == ["GAN", "CycleGAN", "Product", "Equalizer"]


A_TO_B = Edge("f", "A", "B")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (((), (), ()), "no objects"),
        ((("A", "A"), (), ()), "two objects are called 'A'"),
        ((("A", ""), (), ()), "the name of an object is a word"),
        ((("A", "B"), (A_TO_B, Edge("f", "B", "A")), ()), "two edges are called 'f'"),
        (
            (("A", "Big"), (Edge("f", "A", "Bug"),), ()),
            "the target of f is 'Bug', which is no object; did you mean",
        ),
        ((("A", "B"), (Edge("f", "C", "B"),), ()), "the source of f is 'C', which is no object"),
        ((("A", "B"), (A_TO_B,), (PathEquation(Path("A", ("g",)), Path("A")),)), "no edge is called 'g'; known: f"),
        ((("A", "B"), (A_TO_B,), (PathEquation(Path("C"), Path("A")),)), "is 'C', which is no object"),
        (
            (("A", "B"), (A_TO_B,), (PathEquation(Path("A", ("f", "f")), Path("A")),)),
            "is at B, where f : A → B",
        ),
        ((("A", "B"), (A_TO_B,), (PathEquation(Path("A", ("f",)), Path("A")),)), "not parallel: A → B and A → A"),
        ((("A", "B"), (A_TO_B,), (PathEquation(Path("A", ("f",)), Path("A", ("f",))),)), "says nothing"),
    ],
)
def test_what_is_no_schema(parts: Any, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        Schema("S", *parts)
    assert message in str(caught.value)


def test_an_equation_is_not_given_twice_not_even_turned_round() -> None:
    first, _ = CYCLE_GAN.equations
    with pytest.raises(SchemaError, match="given twice"):
        replace(CYCLE_GAN, equations=(first, PathEquation(first.rhs, first.lhs)))


def test_paths() -> None:
    path = CYCLE_GAN.then(CYCLE_GAN.path("f"), CYCLE_GAN.path("g", "f"))
    assert path == Path("A", ("f", "g", "f")) and CYCLE_GAN.target(path) == "B"
    assert CYCLE_GAN.then(Path("A"), path) == path == CYCLE_GAN.then(path, Path("B"))
    with pytest.raises(SchemaError, match="f ends in B, f starts from A"):
        CYCLE_GAN.then(CYCLE_GAN.path("f"), CYCLE_GAN.path("f"))
    with pytest.raises(SchemaError, match="needs its object"):
        CYCLE_GAN.path()
    with pytest.raises(SchemaError, match="the path h ; h is at X, where h : Z → X does not start"):
        GAN.path("h", "h")
    with pytest.raises(SchemaError, match="the path h ; h is at X, where h : Z → X does not start"):
        GAN.then(Path("Z"), Path("Z", ("h", "h")))
    with pytest.raises(SchemaError, match=r"no edge is called 'g'; it has no edges$"):
        Schema("S", ("A",), ()).edge("g")


# ------------------------------------------------------------------------------------------------ congruence


def test_what_follows() -> None:
    def equal(left: str, right: str, schema: Schema, bound: int = 200) -> str:
        sides = [Path("A", tuple(side)) if side else Path("A") for side in (left, right)]
        return follows(schema, PathEquation(*sides), bound)

    assert equal("fgfg", "", CYCLE_GAN) == equal("fgf", "f", CYCLE_GAN) == "follows"
    only = replace(CYCLE_GAN, equations=CYCLE_GAN.equations[1:])  # g ; f = id alone
    assert equal("fgfg", "fg", only) == "follows"
    assert equal("fg", "", only) == "does not follow"  # the class of id_A is seen whole: no rule rewrites it
    turned = replace(LOOP, equations=(PathEquation(Path("A", ("r",) * 4), Path("A")),))
    assert (
        equal("rr", "", turned) == "does not follow"
    )  # the class is infinite; the rule r ; r ; r ; r → id is complete
    assert equal("r" * 12, "", turned) == "follows"


def test_the_congruence_is_closed_on_both_sides() -> None:
    objects = ("Z", "A", "B", "C", "D")
    wide = Schema("wide", objects, (Edge("k", "Z", "A"), *EQUALIZER.edges, Edge("m", "C", "D")), EQUALIZER.equations)
    equation = PathEquation(wide.path("k", "h", "f", "m"), wide.path("k", "h", "g", "m"))
    assert follows(wide, equation) == "follows"
    assert follows(replace(wide, equations=()), equation) == "does not follow"
    assert follows(wide, PathEquation(wide.path("f", "m"), wide.path("g", "m"))) == "does not follow"


# ------------------------------------------------------------------------------------------------ functors


def test_free_up() -> None:
    """FREE-UP: F(empty) = id, F(u ; v) = F(u) ; F(v), and a path is read from left to right."""
    double = primitives.scale(2, ())
    one_more = Pairing(Identity(SCALAR), Identity(SCALAR) >> symbol("one", SCALAR, SCALAR)) >> primitives.add(())
    functions = Functions(SympyEngine({"one": lambda _: number(1)}))
    images = {"r": functions.meaning(double), "s": functions.meaning(one_more)}
    functor = Functor(LOOP, functions, {"A": SCALAR}, images)
    r, s = LOOP.path("r"), LOOP.path("s")
    for first, second in ((r, s), (s, r), (Path("A"), s), (r, LOOP.path("s", "r"))):
        whole, step = functor.on_path(LOOP.then(first, second)), functor.on_path(second)
        assert entries(SCALAR, whole(number(3))) == entries(SCALAR, step(functor.on_path(first)(number(3))))
    assert entries(SCALAR, functor.on_path(LOOP.path("r", "s"))(number(3))) == (7,)
    assert entries(SCALAR, functor.on_path(LOOP.path("s", "r"))(number(3))) == (8,)


def test_a_functor_on_terms_is_a_term() -> None:
    plane, line = space(2), space(1)
    f, g = symbol("f", plane, line), symbol("g", line, plane)
    functor = Functor(CYCLE_GAN, Terms(), {"A": plane, "B": line}, {"f": f, "g": g})
    assert functor.on_path(CYCLE_GAN.path("f", "g")) == f >> g
    assert functor.on_path(Path("B")) == Identity(line)


@pytest.mark.parametrize(
    ("objects", "edges", "message"),
    [
        ({"A": SCALAR}, {}, "the object 'B' has no image"),
        ({"A": SCALAR, "B": SCALAR, "C": SCALAR}, {}, "for 'C', which is no object"),
        ({"A": SCALAR, "B": SCALAR}, {"f": Identity(SCALAR)}, "the edge 'g' has no image"),
        (
            {"A": SCALAR, "B": space(2)},
            {"f": symbol("f", SCALAR, space(2)), "g": symbol("g", SCALAR, space(2))},
            "the image of g : B → A goes from R to R[2], the images of its ends are R[2] and R",
        ),
    ],
)
def test_what_is_no_functor(objects: Any, edges: Any, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        Functor(CYCLE_GAN, Terms(), objects, edges)
    assert message in str(caught.value)


# ------------------------------------------------------------------------------------------------ parameters


def loop() -> Architecture[Term]:
    return Architecture(LOOP, PARA, {"A": SCALAR}, {"r": multiplication(), "s": multiplication()})


def test_sch_arch_a_path_has_its_parameters_with_repetition() -> None:
    path = loop().on_path(LOOP.path("r", "s", "r"))
    assert path.param == Pair(Pair(SCALAR, SCALAR), SCALAR)
    given = (((number(2), number(3)), number(5)), number(7))
    assert entries(SCALAR, FUNCTIONS.meaning(path.inside)(given)) == (210,)
    assert loop().on_path(Path("A")).param == UNIT


def test_sch_model_tying_shares_parameters() -> None:
    """p q p x at (p, q) = (2, 3): the occurrences of r share one, and edges keep their declared order."""
    tied = loop().tied(LOOP.path("r", "s", "r"))
    assert tied.param == loop().parameters == Pair(SCALAR, SCALAR)
    assert entries(SCALAR, FUNCTIONS.meaning(tied.inside)(((number(2), number(3)), number(7)))) == (84,)
    only_s = FUNCTIONS.meaning(loop().tied(LOOP.path("s")).inside)
    assert entries(SCALAR, only_s(((number(2), number(3)), number(7)))) == (21,)


def test_the_gradient_of_tied_parameters_is_the_sum_over_occurrences() -> None:
    path = LOOP.path("r", "r", "s", "r")
    pullback = reverse_mode(EXACT).differentiate(loop().tied(path).inside)(((number(2), number(3)), number(7)))[1]
    (by_r, by_s), by_x = pullback(number(1))
    untied = reverse_mode(EXACT).differentiate(loop().on_path(path).inside)
    given = ((((number(2), number(2)), number(3)), number(2)), number(7))
    (((one, two), three), four), _ = untied(given)[1](number(1))
    assert entries(SCALAR, by_r)[0] == sum(entries(SCALAR, part)[0] for part in (one, two, four)) == 3 * 2**2 * 3 * 7
    assert entries(SCALAR, by_s) == entries(SCALAR, three) == (2**3 * 7,)
    assert entries(SCALAR, by_x) == (2**3 * 3,)


def test_sch_model_a_point_is_a_functor() -> None:
    """F_p(path) is the tied path at p, and is composed of the F_p of its edges."""
    point = Pairing(primitives.constant((), 2), primitives.constant((), Fraction(1, 3)))
    functor = loop().at(point)
    for names in ((), ("r",), ("s", "r"), ("r", "s", "s", "r")):
        path = Path("A", names)
        here = FUNCTIONS.meaning(functor.on_path(path))(number(5))
        tied = FUNCTIONS.meaning(loop().tied(path).inside)(((number(2), number(Fraction(1, 3))), number(5)))
        assert entries(SCALAR, here) == entries(SCALAR, tied)


def test_the_equation_of_a_schema_and_its_gap() -> None:
    """On f = (x ↦ 2 x + 1), g = (y ↦ y/3 - 1/4) and the batch (1, -1): f ; g misses by 1/4 and 5/12; mean 1/3."""
    line = space(2, 1)
    images = {name: dense(2, 1, 1, name).map for name in ("f", "g")}
    architecture = Architecture(CYCLE_GAN, PARA, {"A": line, "B": line}, images)
    equation = architecture.equation(CYCLE_GAN.equations[0])
    equation.check_parallel(Terms())
    point = (((Fraction(2),), (Fraction(1),)), ((Fraction(1, 3),), (Fraction(-1, 4),)))
    value = EXACT.lift(Pair(architecture.parameters, line), (point, (Fraction(1), Fraction(-1))))
    assert entries(line, FUNCTIONS.meaning(equation.lhs)(value)) == (Fraction(3, 4), Fraction(-7, 12))
    assert entries(line, FUNCTIONS.meaning(equation.rhs)(value)) == (1, -1)
    gap = equation.gap(Terms(), mean_absolute_error(line))
    assert entries(SCALAR, FUNCTIONS.meaning(gap)(value)) == (Fraction(1, 3),)
    with pytest.raises(BoundaryError):
        equation.gap(Terms(), mean_absolute_error(SCALAR))


def test_shared_parameters_need_copies() -> None:
    class Plain:
        name = "no copies"

    architecture = loop()
    object.__setattr__(architecture, "category", type("P", (), {"base": Plain()})())
    with pytest.raises(SchemaError, match="no copies has no copy"):
        architecture.base  # noqa: B018


def test_projections_out_of_three() -> None:
    schema = replace(LOOP, edges=(*LOOP.edges, Edge("t", "A", "A")))
    frozen = PARA.of(UNIT, SCALAR, SCALAR, LeftUnitor(SCALAR))
    architecture = Architecture(
        schema, PARA, {"A": SCALAR}, {"r": multiplication(), "s": frozen, "t": multiplication()}
    )
    assert architecture.parameters == Pair(SCALAR, Pair(UNIT, SCALAR))
    rest = Pair(UNIT, SCALAR)
    assert architecture.parameter_of("r") == First(SCALAR, rest)
    assert architecture.parameter_of("t") == Second(SCALAR, rest) >> Second(UNIT, SCALAR)


def test_what_is_no_path_has_no_image() -> None:
    """Neither as a functor, nor with its parameters, nor as an equation of sides that are not parallel."""
    astray = Path("A", ("f", "f"))
    line = space(2, 1)
    images = {name: dense(2, 1, 1, name).map for name in ("f", "g")}
    architecture = Architecture(CYCLE_GAN, PARA, {"A": line, "B": line}, images)
    for asked in (architecture.on_path, architecture.tying, architecture.tied):
        with pytest.raises(SchemaError, match="the path f ; f is at B"):
            asked(astray)
    with pytest.raises(SchemaError, match="A → B and B → A"):
        architecture.equation(PathEquation(Path("A", ("f",)), Path("B", ("g",))))
    assert architecture.equation(CYCLE_GAN.equations[0]).along == "tied parameters"
    with pytest.raises(SchemaError, match="the image of g : B → A goes from R to R"):
        Architecture(CYCLE_GAN, PARA, {"A": line, "B": line}, {"f": images["f"], "g": multiplication()})


@pytest.mark.parametrize("count", range(1, 5))
def test_projections_are_in_declared_order(count: int) -> None:
    """π_i(2, 3, 5, 7) is the i-th; of one factor it is the identity."""
    names, primes = "rstu"[:count], (2, 3, 5, 7)[:count]
    schema = Schema("loops", ("A",), tuple(Edge(name, "A", "A") for name in names))
    architecture = Architecture(schema, PARA, {"A": SCALAR}, {name: multiplication() for name in names})
    point = number(primes[-1])
    for prime in reversed(primes[:-1]):
        point = (number(prime), point)
    for name, prime in zip(names, primes, strict=True):
        assert entries(SCALAR, FUNCTIONS.meaning(architecture.parameter_of(name))(point)) == (prime,)
    if count == 1:
        assert architecture.parameters == SCALAR and architecture.parameter_of("r") == Identity(SCALAR)


def test_without_edges_there_are_no_parameters() -> None:
    empty = Architecture(Schema("points", ("A",), ()), PARA, {"A": SCALAR}, {})
    assert empty.parameters == UNIT and empty.tied(Path("A")).param == UNIT


def test_a_tied_edge_has_no_parameters_of_its_own() -> None:
    """s has those of r: p² x along r ; s, and R is all that is learned."""
    images = {"r": multiplication(), "s": multiplication()}
    tied = Architecture(LOOP, PARA, {"A": SCALAR}, images, {"s": "r"})
    assert tied.owners == ["r"] and tied.parameters == SCALAR
    both = FUNCTIONS.meaning(tied.tied(LOOP.path("r", "s")).inside)
    assert entries(SCALAR, both((number(3), number(2)))) == (18,)
    frozen = PARA.of(UNIT, SCALAR, SCALAR, LeftUnitor(SCALAR))
    for edges, ties in ((images, {"r": "s", "s": "r"}), (images | {"s": frozen}, {"s": "r"})):
        with pytest.raises(SchemaError, match="cannot have the parameters of"):
            Architecture(LOOP, PARA, {"A": SCALAR}, edges, ties)
    with pytest.raises(SchemaError, match="no edge is called 't'"):
        Architecture(LOOP, PARA, {"A": SCALAR}, images, {"s": "t"})


def test_sch_nofunct_sides_with_other_parameters() -> None:
    """f ; g has one parameter more than id_A; an equation between paths of as many is no obstruction."""
    images = {"f": multiplication(), "g": multiplication()}
    architecture = Architecture(CYCLE_GAN, PARA, {"A": SCALAR, "B": SCALAR}, images)
    assert parameter_obstruction(architecture) == [
        "CycleGAN: f ; g has 2 parameters, id_A has 0",
        "CycleGAN: g ; f has 2 parameters, id_B has 0",
    ]
    braid = replace(LOOP, equations=(PathEquation(LOOP.path("r", "s"), LOOP.path("s", "r")),))
    assert (
        parameter_obstruction(Architecture(braid, PARA, {"A": SCALAR}, dict(r=multiplication(), s=multiplication())))
        == []
    )
