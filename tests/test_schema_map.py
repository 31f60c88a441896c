"""Maps of schemas: what they have to be, what they keep, and the functors they pull back."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path as File

import pytest

from verified_cat import primitives
from verified_cat.category import Terms
from verified_cat.errors import SchemaError
from verified_cat.machine import evaluate
from verified_cat.networks import PARA
from verified_cat.objects import SCALAR, space
from verified_cat.primitives import relu, tanh
from verified_cat.program import program
from verified_cat.reference.engine import SympyEngine
from verified_cat.schema import CYCLE_GAN, GAN, PRODUCT, Architecture, Edge, Functor, Path, PathEquation, Schema
from verified_cat.schema_file import SchemaFileError
from verified_cat.schema_map import SchemaMap, faults, inclusion, load, pulled_back, pulled_back_architecture, read
from verified_cat.terms import Pairing, Term

LOOP = Schema("Loop", ("X",), (Edge("r", "X", "X"),), (PathEquation(Path("X", ("r", "r", "r")), Path("X", ("r",))),))
ROUND = SchemaMap(LOOP, CYCLE_GAN, {"X": "A"}, {"r": Path("A", ("f", "g"))})
"""r ↦ f ; g: there and back."""


def terms(**edges: Term) -> Functor[Term]:
    """A functor Free(CycleGAN) → terms on one space."""
    return Functor(CYCLE_GAN, Terms(), {"A": space(2), "B": space(2)}, edges)


def test_paths_are_sent_edge_by_edge() -> None:
    assert ROUND.on(Path("X", ("r", "r"))) == Path("A", ("f", "g", "f", "g"))
    assert ROUND.on(Path("X")) == Path("A")
    with pytest.raises(SchemaError, match="no object"):
        ROUND.on(Path("Y"))


def test_equations_are_kept_where_they_follow() -> None:
    """r³ = r goes to (f ; g)³ = f ; g, which follows from f ; g = id; along the loop's free cover it does not."""
    (answer,) = ROUND.kept().values()
    assert answer.entailment == "follows"
    free = Schema("free", ("A", "B"), CYCLE_GAN.edges)
    (answer,) = SchemaMap(LOOP, free, ROUND.objects, ROUND.edges).kept().values()
    assert answer.entailment == "does not follow"


def test_the_images_of_an_equation_are_joined_in_its_direction() -> None:
    (answer,) = ROUND.kept().values()
    assert (answer.chain[0], answer.chain[-1]) == (Path("A", ("f", "g") * 3), Path("A", ("f", "g")))


def test_how_far_was_looked_is_said() -> None:
    """Where the rules of the target could not be completed: through paths of eight edges, or as many as asked for."""
    edges = (Edge("a", "A", "A"), Edge("b", "A", "A"))
    commute = PathEquation(Path("A", ("a", "b")), Path("A", ("b", "a")))
    braid = PathEquation(Path("A", ("a", "b", "a")), Path("A", ("b", "a", "b")))
    same = inclusion(Schema("squares", ("A",), edges, (commute,)), Schema("braids", ("A",), edges, (braid,)))
    assert (same.source.name, same.target.name) == ("squares", "braids")
    for given, length in (((), 8), ((3,), 3)):
        (answer,) = same.kept(*given).values()
        assert (answer.entailment, answer.why) == ("unknown", f"up to length {length}, by 1 paths equal to a ; b")


def test_an_equation_whose_sides_go_to_one_path_is_kept() -> None:
    parallel = Schema("parallel", ("X", "Y"), (Edge("u", "X", "Y"), Edge("v", "X", "Y")), ())
    same = Schema("same", parallel.objects, parallel.edges, (PathEquation(Path("X", ("u",)), Path("X", ("v",))),))
    h = Path("Z", ("h",))
    (answer,) = SchemaMap(same, GAN, {"X": "Z", "Y": "X"}, {"u": h, "v": h}).kept().values()
    assert answer.entailment == "follows" and "h" in str(answer)


def test_composition_is_that_of_the_images() -> None:
    turn = SchemaMap(CYCLE_GAN, CYCLE_GAN, {"A": "B", "B": "A"}, {"f": Path("B", ("g",)), "g": Path("A", ("f",))})
    assert ROUND.then(turn).on(Path("X", ("r",))) == Path("B", ("g", "f"))
    assert turn.then(turn).edges == inclusion(CYCLE_GAN, CYCLE_GAN).edges
    with pytest.raises(SchemaError, match="not followed"):
        turn.then(ROUND)


def test_a_functor_is_pulled_back_by_composition() -> None:
    functor = terms(f=tanh((2,)), g=relu((2,)))
    back = pulled_back(ROUND, functor)
    assert back.objects == {"X": space(2)} and back.edges["r"] == tanh((2,)) >> relu((2,))
    there, here = back.on_path(Path("X", ("r", "r"))), functor.on_path(ROUND.on(Path("X", ("r", "r"))))
    assert str(program(there)) == str(program(here)) != str(program(back.edges["r"])), "but for brackets"
    with pytest.raises(SchemaError, match="pulls no functor"):
        pulled_back(inclusion(GAN, GAN), functor)


def test_pulling_back_along_a_composite_is_pulling_back_twice() -> None:
    """Δ_{F;G} = Δ_F ∘ Δ_G; with the images in the other order it is another functor."""
    turn = SchemaMap(CYCLE_GAN, CYCLE_GAN, {"A": "B", "B": "A"}, {"f": Path("B", ("g",)), "g": Path("A", ("f",))})
    functor = terms(f=tanh((2,)), g=relu((2,)))
    twice = pulled_back(ROUND, pulled_back(turn, functor))
    assert twice.edges == pulled_back(ROUND.then(turn), functor).edges != pulled_back(ROUND, functor).edges


def test_an_architecture_is_pulled_back_with_its_parameters_shared() -> None:
    """Δ_F(I_p) = (Δ_F I)_p: one point for all the edges, of which the first has the parameters."""
    times = PARA.of(SCALAR, SCALAR, SCALAR, primitives.multiply(()))
    large = Architecture(CYCLE_GAN, PARA, {"A": SCALAR, "B": SCALAR}, {"f": times, "g": times})
    three = Schema("three", ("X", "Y"), (Edge("u", "X", "X"), Edge("v", "X", "Y"), Edge("w", "Y", "X")))
    paths = {"u": Path("A", ("f", "g")), "v": Path("A", ("f",)), "w": Path("B", ("g", "f", "g"))}
    along = SchemaMap(three, CYCLE_GAN, {"X": "A", "Y": "B"}, paths)
    back = pulled_back_architecture(along, large)
    assert back.schema == three and back.objects == {"X": SCALAR, "Y": SCALAR} and back.category is large.category
    assert back.ties == {"v": "u", "w": "u"} and back.owners == ["u"] and back.parameters == large.parameters
    point = Pairing(primitives.constant((), 2), primitives.constant((), Fraction(1, 3)))
    for path in (three.path("u"), three.path("v", "w")):
        one, other = back.at(point).on_path(path), large.at(point).on_path(along.on(path))
        assert [program(each).dom for each in (one, other)] == [SCALAR] * 2
        assert values(one) == values(other) != values(large.at(point).on_path(Path("A", ("f",))))
    points = pulled_back_architecture(SchemaMap(Schema("point", ("X",), ()), CYCLE_GAN, {"X": "B"}, {}), large)
    assert points.ties == {} and points.objects == {"X": SCALAR}
    with pytest.raises(SchemaError, match="a map into GAN pulls no functor out of CycleGAN back"):
        pulled_back_architecture(inclusion(GAN, GAN), large)


def values(term: Term) -> list[object]:
    """At 1 and 3, exactly."""
    engine = SympyEngine()
    return [engine.lower(SCALAR, evaluate(term, engine.lift(SCALAR, (Fraction(x),)), engine)) for x in (1, 3)]


# ------------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("objects", "edges", "reason"),
    [
        ({}, {"r": Path("A", ("f", "g"))}, "'X' of Loop has no image"),
        ({"X": "A"}, {}, "'r' of Loop has no image"),
        ({"X": "C"}, {"r": Path("A", ("f", "g"))}, "no object of CycleGAN"),
        ({"X": "A", "Y": "B"}, {"r": Path("A", ("f", "g"))}, "none of the objects of Loop"),
        ({"X": "B"}, {"r": Path("A", ("f", "g"))}, "has to be from B to B"),
        ({"X": "A"}, {"r": Path("A", ("f",))}, "from A to A"),
        ({"X": "A"}, {"r": Path("A", ("g", "f"))}, "does not start"),
    ],
)
def test_images_that_make_no_map(objects: dict[str, str], edges: dict[str, Path], reason: str) -> None:
    with pytest.raises(SchemaError, match=reason):
        SchemaMap(LOOP, CYCLE_GAN, objects, edges)


def test_every_fault_has_its_place() -> None:
    found = faults(CYCLE_GAN, PRODUCT, {"A": "AB", "C": "A ⊗ A"}, {"f": Path("AB", ("d",)), "h": Path("AB")})
    assert found == [
        (("objects",), "'B' of CycleGAN has no image"),
        (("objects", "C"), "'C' is none of the objects of CycleGAN; known: A, B"),
        (("edges",), "'g' of CycleGAN has no image"),
        (("edges", "h"), "'h' is none of the edges of CycleGAN; known: f, g"),
        (("objects", "C"), "C goes to 'A ⊗ A', which is no object of Product; did you mean A ⊗ B?"),
    ]
    ends = "f : A → B goes to d : AB → A ⊗ B, which has to be from AB to AB"
    same = {"A": "AB", "B": "AB"}
    assert faults(CYCLE_GAN, PRODUCT, same, {"f": Path("AB", ("d",)), "g": Path("AB")}) == [(("edges", "f"), ends)]


def test_a_text_that_is_refused_says_so() -> None:
    with pytest.raises(
        SchemaFileError, match=r"^schema map, line 1: a schema map has no key 'object'; did you mean ob"
    ):
        read('[object]\nX = "A"\n', LOOP, CYCLE_GAN)
    with pytest.raises(SchemaFileError, match=r"^here, line 2: "):
        read("[objects]\r\nX = 1\r\n", LOOP, CYCLE_GAN, "here")


def test_files(tmp_path: File) -> None:
    file = tmp_path / "round.toml"
    file.write_text('[objects]\nX = "A"\n[edges]\nr = "f ; g"\n')
    assert load(file, LOOP, CYCLE_GAN) == ROUND
    assert read('[objects]\r\nX = "A"\r\n[edges]\r\nr = "id_A"\r\n', LOOP, CYCLE_GAN).edges["r"] == Path("A")


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('[objects]\nX = "A"\n[edges]\nr = "f ; h"\n', 4, "no edge is called 'h'"),
        ('[objects]\nX = "A"\n[edges]\nr = "f"\n', 4, "has to be from A to A"),
        ('[objects]\nX = "A"\nY = "A"\n[edges]\nr = "f ; g"\n', 3, "'Y' is none of the objects"),
        ('[objects]\nX = 3\n[edges]\nr = "f ; g"\n', 2, "a text"),
        ('[object]\nX = "A"\n', 1, "no key 'object'"),
        ("edges = 2\n", 1, "a table"),
        ("[objects\n", 1, "not TOML"),
    ],
)
def test_files_that_are_refused(text: str, line: int, reason: str) -> None:
    with pytest.raises(SchemaFileError) as refused:
        read(text, LOOP, CYCLE_GAN)
    assert any(here == line and reason in said for here, said in refused.value.faults), refused.value.lines


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(SchemaFileError) as refused:
        read('[objects]\nA = "AB"\n[edges]\nh = "d"\n', CYCLE_GAN, PRODUCT)
    assert len(refused.value.faults) >= 3
