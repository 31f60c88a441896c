"""What does not fit together in a specification: each fault with its place and its reason, and what just fits."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from verified_cat.schema import Path
from verified_cat.schema_kinds import settings
from verified_cat.specification import Arrow, Demand, Specification, Target, Thing, Unfit
from verified_cat.specification_faults import faults

NORMAL, MLP = settings("data", "normal"), settings("network", "mlp")
COUPLING, SAME = settings("network", "coupling"), settings("frozen", "identity")
ONE = Fraction(1)


def thing(name: str, *shape: int, **parts: Any) -> Thing:
    return Thing(name, shape or None, **parts)


def told(*things: Thing, arrows: Any = None, **parts: Any) -> Any:
    """The faults of these objects, with f : X → X."""
    given = things or (thing("X", 2, data=NORMAL),)
    try:
        Specification("s", given, (Arrow("f", "X", "X", MLP),) if arrows is None else arrows, **parts)
    except Unfit as unfit:
        return unfit.faults
    return []


# ------------------------------------------------------------------------------------------------ names


def test_names() -> None:
    f, x = Arrow("f", "X", "X", MLP), thing("X", 2)
    for name, things, arrows, expected in (
        ("s", (), (f,), [(("objects",), "there are no objects")]),
        ("s", (x,), (), [(("arrows",), "there are no arrows: there is nothing to learn")]),
        ("s", (x, x), (f,), [(("objects", "X"), "two objects are called 'X'")]),
        ("s", (x,), (f, f), [(("arrows", "f"), "two arrows are called 'f'")]),
        (" s", (x,), (f,), [(("name",), "a name is a word, not ' s'")]),
        ("", (x,), (f,), [(("name",), "a name is a word, not ''")]),
        ("s", (thing("id_X", 2),), (f,), [(("objects", "id_X"), RULES.format("'id_X'"))]),
        ("s", (x,), (replace(f, name="f;g"),), [(("arrows", "f;g"), RULES.format("'f;g'"))]),
        ("s", (x,), (replace(f, name="f\t g"),), [(("arrows", "f\t g"), RULES.format("'f\\t g'"))]),
        ("s" * 61, (x,), (f,), [(("name",), RULES.format(repr("s" * 60)))]),
        ("s" * 60, (x,), (f,), []),
    ):
        try:
            Specification(name, things, arrows)
            found: Any = []
        except Unfit as unfit:
            found = unfit.faults
        assert found == expected, name


RULES = "a name has no ';', does not begin with 'id_', and has at most 60 printed characters, not {}"


def test_the_first_fault_is_the_message_and_the_others_are_counted() -> None:
    with pytest.raises(Unfit, match=r"^schema s: there are no objects, and 1 more faults$"):
        Specification("s", (), ())
    with pytest.raises(Unfit, match=r"^schema s: there are no arrows: there is nothing to learn$"):
        Specification("s", (thing("X", 2),), ())


# ------------------------------------------------------------------------------------------------ objects

X, Y = thing("X", 2, data=NORMAL), thing("Y", 3, data=NORMAL)
WAY = "the object X needs a shape or a product of other objects, one of the two"
SHAPE = "the shape of X is a list of lengths >= 1, not {}"


def products(depth: int) -> tuple[Thing, ...]:
    """P1 = X ⊗ X, P2 = P1 ⊗ P1, …: 2^depth spaces."""
    names = ["X", *(f"P{number}" for number in range(1, depth + 1))]
    return X, *(Thing(name, product=(before, before)) for before, name in pairwise(names))


@pytest.mark.parametrize(
    ("things", "expected"),
    [
        ((X, Thing("P", product=("X", "X"))), []),
        ((Thing("X"),), [(("X",), WAY)]),
        ((Thing("X", (2,), ("Y", "Y")), Y), [(("X",), WAY)]),
        ((Thing("X", product=("Y", "YY")), Y),
         [(("X", "product"), "X is a product of 'YY', which is no object; did you mean Y?")]),
        ((Thing("X", product=("Y",)), Y), [(("X", "product"), "X is a product of one object: name two or more")]),
        ((Thing("X", ()),), [(("X", "shape"), SHAPE.format([]))]),
        ((Thing("X", (0,)),), [(("X", "shape"), SHAPE.format([0]))]),
        ((Thing("X", (1,)),), []),
        ((Thing("X", (1, 1, 1, 1)),), []),
        ((Thing("X", (1, 1, 1, 1, 1)),), [(("X", "shape"), SHAPE.format([1, 1, 1, 1, 1]))]),
        ((Thing("X", (True,)),), [(("X", "shape"), SHAPE.format([True]))]),
        ((Thing("X", (10**7,)),), []),
        ((Thing("X", (10**4, 10**3 + 1)),), [(("X", "shape"), SHAPE.format([10000, 1001]))]),
        ((Thing("X", product=("Y", "P")), Y, Thing("P", product=("X", "Y"))),
         [(("X", "product"), "the product X holds itself"), (("P", "product"), "the product P holds itself")]),
        (products(6), []),
        (products(7), [(("P7", "product"), "P7 is a product of 128 spaces; at most 64 are dealt with")]),
    ],
)  # fmt: skip
def test_objects(things: tuple[Thing, ...], expected: list[Any]) -> None:
    assert told(*things) == [(("objects", *where), why) for where, why in expected]


PAIR = Thing("XY", product=("X", "Y"))


def data(kind: str, **options: Any) -> Any:
    return settings("data", kind, **options)


NO_TRUTH = "pairs of {} need its truth, of one of the kinds affine, turn, hue, pool, luma"
NO_PRODUCT = "X is no product: data of the kind '{}' are drawn for products"
MOSAIC = "a mosaic of n × n cells has 3 n² numbers in each of its centres, where n divides 4, not {}"
TWELVE = [[0] * 12, [1] * 12]


@pytest.mark.parametrize(
    ("made", "shape", "reasons"),
    [
        (NORMAL, (2,), []),
        (data("factors"), (2,), [NO_PRODUCT.format("factors")]),
        (data("normal", matrix=[[1], [2]]), (2,), []),
        (data("normal", matrix=[[1], [2], [3]]), (2,),
         ["the matrix has 3 entries a point; X has the dimension 2"]),
        (data("normal", shift=[1, 2]), (2,), []),
        (data("normal", shift=[1, 2, 3]), (2,), ["the shift has 3 entries a point; X has the dimension 2"]),
        (data("ring"), (2,), []),
        (data("ring"), (3,), ["data of the kind 'ring' have dimension 2; X has 3"]),
        (data("ring"), (2, 1), []),
        (data("rods"), (3,), ["data of the kind 'rods' have dimension 2; X has 3"]),
        (data("circle"), (3,), ["data of the kind 'circle' have dimension 2; X has 3"]),
        (data("ring", matrix=[[1, 0], [0, 1], [1, 1]]), (3,), []),
        (data("ring", matrix=[[1, 0, 0], [0, 1, 0], [1, 1, 0]]), (3,),
         ["the matrix takes points of dimension 3; the law has dimension 2"]),
        (data("ring", matrix=[[1, 0]]), (1,), []),
        (data("mixture", centres=[[0, 1, 2]], width=1), (3,), []),
        (data("mixture", centres=[[0, 1, 2]], width=1), (2,), ["data of the kind 'mixture' have dimension 3; X has 2"]),
        (data("mixture", centres=[[0, 1], [1, 0]], width=1, shares=[1, 2]), (2,), []),
        (data("mixture", centres=[[0, 1], [1, 0]], width=1, shares=[1]), (2,),
         ["the mixture has 2 centres and 1 shares"]),
        (data("betas", a=[1, 2], b=[3, 4]), (2,), []),
        (data("betas", a=[1, 2], b=[3, 4]), (3,), ["data of the kind 'betas' have dimension 2; X has 3"]),
        (data("betas", a=[1, 2], b=[3]), (2,),
         ["the law has 2 numbers a and 1 numbers b; each coordinate has one of each"]),
        (data("segment", start=[0, 0, 0], end=[1, 1, 1]), (3,), []),
        (data("segment", start=[0, 0], end=[1, 1]), (3,), ["data of the kind 'segment' have dimension 2; X has 3"]),
        (data("segment", start=[0, 0], end=[1]), (2,), ["data of the kind 'segment' have dimension -1; X has 2"]),
        (data("uniform", low=0, high=0.5), (2,), []),
        (data("uniform", low=1), (2,), ["the low end of a uniform law lies below its high end"]),
        (data("mosaic", centres=TWELVE), (3, 4, 4), []),
        (data("mosaic", centres=TWELVE, shares=[1]), (3, 4, 4), ["the mixture has 2 centres and 1 shares"]),
        (data("mosaic", centres=TWELVE), (4, 4), ["a mosaic is a picture (channels, n, n), not (4, 4)"]),
        (data("mosaic", centres=TWELVE), (3, 4, 6), ["a mosaic is a picture (channels, n, n), not (3, 4, 6)"]),
        (data("mosaic", centres=[[0] * 3]), (3, 4, 4), []),
        (data("mosaic", centres=[[0] * 2]), (3, 4, 4), [MOSAIC.format(2)]),
        (data("mosaic", centres=[[0] * 13]), (3, 4, 4), [MOSAIC.format(13)]),
        (data("mosaic", centres=[[0] * 27]), (3, 4, 4), [MOSAIC.format(27)]),
        (data("circles"), (2,), ["data of the kind 'circles' are pictures [3, n, n]; X is [2]"]),
        (data("plain"), (2,), ["data of the kind 'plain' are pictures [3, n, n]; X is [2]"]),
        (data("textured"), (2,), ["textures are [3, side, side]; X is [2]"]),
        (data("image", of="Y"), (3,), []),
        (data("image", of="Y"), (2,), ["data of the kind 'image' have dimension 3; X has 2"]),
        (data("image", of="Y", matrix=[[1, 0, 0], [0, 1, 0]]), (2,), []),
        (data("image", of="Y", matrix=[[1, 0], [0, 1]]), (2,), ["the matrix takes points of dimension 2; Y has 3"]),
        (data("image", of="Y", matrix=[[1, 0, 0]]), (1,), []),
        (data("image", of="YY"), (2,), ["the image of 'YY', which is no object; did you mean Y?"]),
        (data("image", of="X"), (2,), ["the image of X, which has no data of its own"]),
        (data("image", of="Z"), (2,), ["the image of Z, which has no data of its own"]),
        (data("pairs", arrow="f"), (2,),
         [NO_PRODUCT.format("pairs"), "pairs of f are examples of Y ⊗ Y; X is another product", NO_TRUTH.format("f")]),
    ],
)  # fmt: skip
def test_data(made: Any, shape: tuple[int, ...], reasons: list[str]) -> None:
    things = (Thing("X", shape, data=made), Y, thing("Z", 2))
    assert told(*things, arrows=(Arrow("f", "Y", "Y", MLP),)) == [(("objects", "X", "data"), why) for why in reasons]


@pytest.mark.parametrize("shape", [(-13, 4, 4), (0, 4, 4), (3, -4, -4), (3, 0, 0), (10**9, 4, 4)])
def test_data_of_a_shape_that_is_none_are_not_looked_at(shape: tuple[int, ...]) -> None:
    mosaic = Thing("X", shape, data=data("mosaic", centres=TWELVE))
    expected = [(("objects", "X", "shape"), SHAPE.format(list(shape)))]
    assert told(mosaic) == expected
    both = replace(PAIR, data=data("pairs", arrow="pp"))
    assert told(mosaic, Y, both) == expected, "nor are those of a product with it"


@pytest.mark.parametrize(
    ("truth", "reasons"),
    [((("p", settings("truth", "affine", matrix=[[1, 0]])),), []), ((), [NO_TRUTH.format("p")])],
)
def test_pairs_that_an_arrow_joins(truth: Any, reasons: list[str]) -> None:
    line = thing("Y", 1)
    things = (X, line, replace(PAIR, data=data("pairs", arrow="p")))
    arrows = (Arrow("p", "X", "Y", MLP),)
    assert told(*things, arrows=arrows, truth=truth) == [(("objects", "XY", "data"), why) for why in reasons]
    other = (*things[:2], replace(things[2], product=("Y", "X")))
    another = "pairs of p are examples of X ⊗ Y; XY is another product"
    assert told(*other, arrows=arrows, truth=truth)[0] == (("objects", "XY", "data"), another)
    unknown = (*things[:2], replace(PAIR, data=data("pairs", arrow="pp")))
    astray = "pairs of 'pp', which is no arrow; did you mean p?"
    assert told(*unknown, arrows=arrows) == [(("objects", "XY", "data"), astray)]
    curve = (("p", settings("truth", "curve", terms=[[1, 0, 0]])),)
    assert told(*things, arrows=arrows, truth=curve)[0] == (("objects", "XY", "data"), NO_TRUTH.format("p"))


def test_no_image_of_data_that_are_made_of_others() -> None:
    joined = replace(PAIR, data=data("pairs", arrow="p"))
    image = Thing("I", (5,), data=data("image", of="XY"))
    arrows, truth = (Arrow("p", "X", "Y", MLP),), (("p", settings("truth", "affine", matrix=[[1, 0]] * 3)),)
    wrong = "the image of XY, which has no data of its own"
    assert told(X, Y, joined, image, arrows=arrows, truth=truth) == [(("objects", "I", "data"), wrong)]
    drawn = replace(PAIR, data=data("factors"))
    assert told(X, Y, drawn, image, arrows=arrows, truth=truth) == []
    assert faults(Specification("s", (X, Y, drawn, image), arrows, truth=truth)) == []


def test_products_draw_from_their_factors() -> None:
    drawn = replace(PAIR, data=data("factors"))
    assert told(X, Y, drawn) == []
    bare = "XY draws from its factors, and Y has no data"
    assert told(X, thing("Y", 3), drawn) == [(("objects", "XY", "data"), bare)]
    large = Thing("B", (10**7,), data=NORMAL)
    both = Thing("XB", product=("X", "B"), data=data("factors"))
    assert told(X, large, both) == [
        (("objects", "XB", "data"), "XB has the dimension 10000002; at most 10000000 are dealt with")
    ]


def test_adversaries_need_data() -> None:
    energy, factors = settings("adversary", "energy"), settings("adversary", "factors")
    bare = "X has an adversary and no data that it could compare with"
    assert told(thing("X", 2, adversary=energy)) == [(("objects", "X", "adversary"), bare)]
    assert told(thing("X", 2, adversary=settings("adversary", "none"))) == []
    single = "X is no product: it has no factors to compare one by one"
    assert told(replace(X, adversary=factors)) == [(("objects", "X", "adversary"), single)]
    drawn = replace(PAIR, data=data("factors"), adversary=factors)
    assert told(X, Y, drawn) == [] and told(replace(X, adversary=energy)) == []


# ------------------------------------------------------------------------------------------------ arrows

LINE, SQUARE, TOP = thing("L", 1, data=NORMAL), thing("S", 2, data=NORMAL), Thing("T", product=("X", "Y"))
OTHER = thing("Z", 2, 1, data=NORMAL)
BARE = thing("B", 2)
PICTURE, GREY = thing("P", 3, 8, 8, data=NORMAL), thing("G", 1, 4, 4)
EVERY = (X, Y, LINE, SQUARE, TOP, OTHER, BARE, PICTURE, GREY)
F = Arrow("f", "X", "S", COUPLING)
POLYNOMIAL = settings("frozen", "polynomial", terms=[[1, 2, 0]])
AFFINE = settings("frozen", "affine", matrix=[[1, 0], [0, 1]])
WAYS = "the arrow a needs one of: network, frozen, factors, inverse_of, tied_to; it has {}"
APART = "a cannot be compared with the identity: its ends are different spaces"


def arrow(source: str, target: str, **parts: Any) -> Arrow:
    return Arrow("a", source, target, **parts)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (arrow("X", "Y", network=MLP), []),
        (arrow("XX", "Y", network=MLP), [("from", "a goes from 'XX', which is no object; did you mean X?")]),
        (arrow("X", "YY", network=MLP), [("to", "a goes to 'YY', which is no object; did you mean Y?")]),
        (arrow("X", "Y"), [(None, WAYS.format("none"))]),
        (arrow("X", "X", network=MLP, frozen=SAME), [(None, WAYS.format("2"))]),
        (arrow("X", "X", network=MLP, factors=(1,), tied_to="f"), [(None, WAYS.format("3"))]),
        (arrow("X", "S", network=COUPLING), []),
        (arrow("X", "Y", network=COUPLING),
         [("network", "a coupling network needs ends of one dimension; a has 2 and 3")]),
        (arrow("L", "L", network=COUPLING), [("network", "a coupling network needs two numbers or more")]),
        (arrow("X", "S", network=settings("network", "mlp", residual=True)), []),
        (arrow("X", "Y", network=settings("network", "mlp", residual=True)),
         [("network", "x + f(x) needs ends of one dimension; a has 2 and 3")]),
        (arrow("X", "Y", network=settings("network", "affine", residual=True)),
         [("network", "x + f(x) needs ends of one dimension; a has 2 and 3")]),
        (arrow("X", "Y", network=settings("network", "patches")),
         [("network", "a network on patches goes from a picture, or a picture and a code, to another of its shape; "
           "a goes from [2] to [3]")]),
        (arrow("P", "G", network=settings("network", "conv", residual=True)),
         [("network", "a conv network keeps height and width; a goes from [3, 8, 8] to [1, 4, 4]"),
          ("network", "x + f(x) needs images of one shape at both ends; a goes from [3, 8, 8] to [1, 4, 4]")]),
        (arrow("X", "S", frozen=AFFINE), []),
        (arrow("X", "Y", frozen=AFFINE), [("frozen", "the matrix of a has 2 rows of 2; it needs 3 rows of 2")]),
        (arrow("P", "G", frozen=settings("frozen", "pool")),
         [("frozen", "the matrix of a has 48 rows of 192; it needs 16 rows of 192")]),
        (arrow("X", "L", frozen=POLYNOMIAL), []),
        (arrow("X", "S", frozen=POLYNOMIAL), [("frozen", "a polynomial gives one number; S has the dimension 2")]),
        (arrow("Y", "L", frozen=POLYNOMIAL), [("frozen", "a term of the polynomial of a is a coefficient and 3 "
                                               "exponents from 0 to 8, not [1.0, 2.0, 0.0]")]),
        (arrow("X", "S", frozen=SAME), []),
        (arrow("X", "Z", frozen=SAME), [("frozen", "a cannot be the identity: its ends are different spaces")]),
        (arrow("T", "X", factors=(1,)), []),
        (arrow("T", "Y", factors=(2,)), []),
        (arrow("T", "T", factors=(1, 2)), []),
        (arrow("T", "Y", factors=(1,)), [("factors", "these factors are not the spaces of Y")]),
        (arrow("T", "T", factors=(2, 1)), [("factors", "these factors are not the spaces of T")]),
        (arrow("X", "X", factors=(1,)), [("factors", "X is no product: it has no factors to take")]),
        (arrow("T", "X", factors=(0,)), [("factors", "T has the factors 1 to 2, not [0]")]),
        (arrow("T", "X", factors=(3,)), [("factors", "T has the factors 1 to 2, not [3]")]),
        (arrow("S", "X", inverse_of="f"), []),
        (arrow("S", "Y", inverse_of="f"), [("inverse_of", "a does not have the spaces of f turned round")]),
        (arrow("Y", "S", tied_to="f"), [("tied_to", "a does not have the spaces of f")]),
        (arrow("X", "S", tied_to="f"), []),
        (arrow("X", "Y", tied_to="n"), []),
        (arrow("Y", "X", tied_to="n"), [("tied_to", "a does not have the spaces of n")]),
        (arrow("Z", "X", inverse_of="c"), []),
        (arrow("X", "Z", inverse_of="c"), [("inverse_of", "a does not have the spaces of c turned round")]),
        (arrow("X", "S", tied_to="ff"), [("tied_to", "a is tied to 'ff', which is no arrow; did you mean f?")]),
        (arrow("X", "S", inverse_of="ff"),
         [("inverse_of", "a is inverse of 'ff', which is no arrow; did you mean f?")]),
        (arrow("X", "S", tied_to="a"), [("tied_to", "a has no network of its own: a cannot share its parameters")]),
        (arrow("S", "X", inverse_of="m"),
         [("inverse_of", "only a coupling network has an inverse by construction; m is of the kind 'mlp'")]),
        (arrow("X", "S", network=MLP, identity=ONE), []),
        (arrow("X", "S", network=MLP, budget=ONE), []),
        (arrow("X", "Y", network=MLP, identity=ONE), [("identity", APART)]),
        (arrow("X", "Z", network=MLP, budget=ONE), [("budget", APART)]),
        (arrow("X", "X", frozen=SAME, identity=ONE),
         [("identity", "a is not trained: a weight on it changes nothing")]),
        (arrow("X", "B", network=MLP, identity=ONE), [("identity", "the identity term of a needs data in B")]),
        (arrow("X", "B", network=MLP, budget=ONE), []),
        (arrow("B", "X", network=MLP, budget=ONE), [("budget", "the budget term of a needs data in B")]),
        (arrow("B", "X", network=MLP, identity=ONE), []),
        (arrow("S", "X", inverse_of="f", identity=ONE, budget=ONE), []),
    ],
)  # fmt: skip
def test_arrows(given: Arrow, expected: list[tuple[str | None, str]]) -> None:
    others = (F, Arrow("m", "X", "S", MLP), Arrow("n", "X", "Y", MLP), Arrow("c", "X", "Z", COUPLING))
    found = told(*EVERY, arrows=(*others, given))
    assert found == [(("arrows", "a", key) if key else ("arrows", "a"), why) for key, why in expected]


# ------------------------------------------------------------------------------------------------ equations, the rest

R = Arrow("r", "X", "X", MLP)


def word(text: str) -> Path:
    return Path("X", tuple(text))


@pytest.mark.parametrize(
    ("demands", "expected"),
    [
        ([Demand(word("rr"), word("r"))], []),
        ([Demand(word("rr"), word("r"), Fraction(0), "l2", "mix")], []),
        ([Demand(word("q"), word("r"))], [((0,), "no edge is called 'q'; known: r")]),
        ([Demand(Path("Y"), Path("Y"))], [((0,), "the source of the path id_Y is 'Y', which is no object; known: X")]),
        ([Demand(word("r"), word("r"))], [((0,), "r = r says nothing, both sides are the same path")]),
        ([Demand(word("rr"), word("r")), Demand(word("r"), word("rr"))],
         [((1,), "the equation r = r ; r is given twice")]),
        ([Demand(word("r"), word(""), Fraction(-1))], [((0, "weight"), "a weight is not below 0")]),
        ([Demand(word("r"), word(""), None)], []),
        ([Demand(word("r"), word(""), ONE, "l3")], [((0, "cost"), "the cost is one of l1, l2, not 'l3'")]),
        ([Demand(word("r"), word(""), ONE, "l1", "all")],
         [((0, "on"), "an equation is asked for on one of data, pushforward, mix, not 'all'")]),
    ],
)  # fmt: skip
def test_equations(demands: list[Demand], expected: list[Any]) -> None:
    found = told(arrows=(R,), demands=tuple(demands))
    assert found == [(("equations", *where), why) for where, why in expected]


def test_paths_that_are_matched() -> None:
    def matching(*texts: str) -> Any:
        training = settings("training", "training", match=list(texts))
        arrows = (Arrow("f", "X", "B", MLP), Arrow("g", "B", "X", MLP))
        return [why for where, why in told(X, BARE, arrows=arrows, training=training) if where == ("training", "match")]

    assert matching("f ; g", "id_X") == []
    assert matching("f ; f") == ["the path f ; f is at B, where f : X → B does not start"]
    assert matching("g") == ["g starts from B, which has no data"]
    assert matching("f") == ["f ends in B, which has no data to match"]
    assert matching("id_Q") == ["the source of the path id_Q is 'Q', which is no object; known: B, X"]


def test_targets_have_a_bound() -> None:
    unbounded = (Target("a", ONE), Target("b", at_least=ONE), Target("c"))
    assert told(targets=unbounded) == [(("targets", 2), "the target for 'c' needs at_most or at_least")]


# ------------------------------------------------------------------------------------------------ critics

SEES = (
    "a conv critic looks at one image [channels, height, width] and vectors beside it; X is [2]: give it a critic of "
)
ENDING = "its own, or an adversary without one (energy, mmd)"
PATCHED = "a critic on patches looks at a picture, or a picture and a code; {} is [2]"


@pytest.mark.parametrize("adversary", ["wgan-gp", "lsgan", "non-saturating", "hinge"])
def test_a_critic_looks_at_what_it_judges(adversary: str) -> None:
    judged = settings("adversary", adversary)
    for kind, reason in (("conv", SEES + ENDING), ("patches", PATCHED.format("X"))):
        found = told(adversary=judged, critic=settings("critic", kind))
        assert found == [(("objects", "X", "critic"), reason)]
    assert told(adversary=judged) == []


@pytest.mark.parametrize("adversary", ["energy", "mmd", "none"])
def test_adversaries_without_a_critic_look_at_everything(adversary: str) -> None:
    assert told(adversary=settings("adversary", adversary), critic=settings("critic", "conv")) == []


def test_factors_are_judged_one_by_one() -> None:
    """Each by its own adversary, or by that of the file; what no path is compared in has no critic."""
    patches, judged = settings("critic", "patches"), settings("adversary", "hinge")
    pair = Thing("P", product=("X", "S"), data=data("factors"), adversary=settings("adversary", "factors"))
    f = Arrow("f", "P", "P", MLP)
    found = told(X, SQUARE, pair, arrows=(f,), adversary=judged, critic=patches)
    assert found == [(("objects", name, "critic"), PATCHED.format(name)) for name in ("X", "S")]
    assert told(X, SQUARE, pair, arrows=(f,), critic=patches) == []
    nested = Thing("N", product=("P", "X"), data=data("factors"), adversary=settings("adversary", "factors"))
    deep = (X, SQUARE, pair, nested)
    assert (
        told(*deep, arrows=(Arrow("f", "N", "N", MLP),), adversary=settings("adversary", "mmd"), critic=patches) == []
    )
    quiet = replace(SQUARE, adversary=settings("adversary", "energy"))
    assert [where[1] for where, _ in told(X, quiet, pair, arrows=(f,), adversary=judged, critic=patches)] == ["X"]
    silent = replace(SQUARE, adversary=settings("adversary", "none"))
    assert len(told(X, silent, pair, arrows=(f,), adversary=judged, critic=patches)) == 2
    assert told(X, SQUARE, Y, arrows=(Arrow("f", "X", "Y", MLP),), adversary=judged, critic=patches) == [
        (("objects", "Y", "critic"), "a critic on patches looks at a picture, or a picture and a code; Y is [3]")
    ]


# ------------------------------------------------------------------------------------------------ families


def test_families() -> None:
    assert told(families=(("X", ("box 0 1", "data")),)) == []
    assert told(families=(("XX", ("data",)), ("X", ("data", "data")))) == [
        (("families", "XX"), "a family of 'XX', which is no object; did you mean X?"),
        (("families", "X"), "a family of X is there twice"),
    ]
    ((where, why),) = told(families=(("X", ("data", "boxx 0 1")),))
    assert where == ("families", "X") and why.startswith("no kind of family is called 'boxx'; did you mean box?")
