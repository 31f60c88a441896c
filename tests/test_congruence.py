"""What follows from path equations: completion, bounded search, reduction of arrows, and agreement between them."""

from __future__ import annotations

from itertools import chain, pairwise, product
from random import Random

import pytest

from verified_cat.congruence import (
    _enumerated,
    completed,
    consequences,
    decided,
    dimension_obstruction,
    equal_paths,
    follows,
    reduced,
)
from verified_cat.errors import SchemaError
from verified_cat.objects import Ob, space
from verified_cat.schema import CYCLE_GAN, EQUALIZER, PRODUCT, Edge, Path, PathEquation, Schema


def loop(letters: str, *words: tuple[str, str]) -> Schema:
    """One object A with these edges, and equations between words."""
    equations = tuple(PathEquation(Path("A", tuple(u)), Path("A", tuple(v))) for u, v in words)
    return Schema("loop", ("A",), tuple(Edge(name, "A", "A") for name in letters), equations)


def between(left: str, right: str) -> PathEquation:
    return PathEquation(Path("A", tuple(left)), Path("A", tuple(right)))


FOURTH, BRAID = loop("r", ("rrrr", "")), loop("ab", ("aba", "bab"))
SQUARE = Schema(
    "square",
    ("A", "B", "C", "D"),
    (Edge("t", "A", "B"), Edge("r", "B", "D"), Edge("l", "A", "C"), Edge("b", "C", "D"), Edge("d", "A", "D")),
    (
        PathEquation(Path("A", ("t", "r")), Path("A", ("l", "b"))),
        PathEquation(Path("A", ("d",)), Path("A", ("t", "r"))),
        PathEquation(Path("A", ("d",)), Path("A", ("l", "b"))),
    ),
)


def test_completion_decides_a_cyclic_group() -> None:
    assert completed(FOURTH).complete and completed(FOURTH).rules == {("r",) * 4: ()}
    for m, n in product(range(10), repeat=2):
        expected = "follows" if (m - n) % 4 == 0 else "does not follow"
        assert follows(FOURTH, between("r" * m, "r" * n)) == expected


def test_completion_decides_a_group_of_six() -> None:
    """S₃ = ⟨a, b | a² = b³ = id, a b a = b b⟩ has six elements: six normal forms of words up to length 6."""
    group = loop("ab", ("aa", ""), ("bbb", ""), ("aba", "bb"))
    rules = completed(group)
    words = {rules.normal(word) for length in range(7) for word in product("ab", repeat=length)}
    assert rules.complete and len(words) == 6


def test_where_completion_does_not_end_the_answer_has_a_bound() -> None:
    assert not completed(BRAID).complete
    answer = decided(BRAID, between("ab", "ba"))
    assert (answer.entailment, str(answer)) == ("unknown", "does not follow: up to length 8, by 1 paths equal to a ; b")
    assert decided(BRAID, between("abab", "aaba")).chain[0] == Path("A", tuple("abab"))


def test_a_chain_is_a_proof() -> None:
    """Each link is one rewriting of the one before."""
    answer = decided(CYCLE_GAN, PathEquation(Path("A", ("f", "g", "f", "g")), Path("A")))
    assert str(answer) == "follows: f ; g ; f ; g = f ; g = id_A"
    for one, other in zip(answer.chain, answer.chain[1:], strict=False):
        assert other in list(equal_paths(CYCLE_GAN, one, 50)) and abs(len(one.edges) - len(other.edges)) == 2


@pytest.mark.parametrize("seed", range(40))
def test_completion_and_enumeration_agree(seed: int) -> None:
    """On random presentations with two loops: never opposite answers, and both say something often enough."""
    draw = Random(seed)

    def word() -> str:
        return "".join(draw.choices("ab", k=draw.randrange(4)))

    sides = {frozenset(pair): pair for pair in ((word(), word()) for _ in range(3)) if pair[0] != pair[1]}
    schema, asked = loop("ab", *sides.values()), 0
    for _ in range(20):
        equation = between(word(), word())
        slow = _enumerated(schema, equation, 40) if equation.lhs != equation.rhs else "follows"
        quick, answer = follows(schema, equation), decided(schema, equation, 6, 300)
        if "unknown" not in (slow, quick):
            assert slow == quick
            asked += 1
        assert answer.entailment in (quick, "unknown") or quick == "unknown"
    assert asked


def test_what_follows_from_the_others() -> None:
    answers = list(consequences(SQUARE).values())
    assert [answer.entailment for answer in answers] == ["follows"] * 3
    assert str(answers[0]) == "follows: t ; r = d = l ; b"
    for schema in (CYCLE_GAN, PRODUCT, EQUALIZER):
        assert all(answer.entailment == "does not follow" for answer in consequences(schema).values())


def test_the_reduction_of_arrows() -> None:
    assert reduced(SQUARE) == (("t", "r", "l", "b"), {"d": Path("A", ("l", "b"))})
    assert reduced(CYCLE_GAN) == (("f", "g"), {})
    reachable = Schema("reachable", ("A", "B", "C"), (Edge("f", "A", "B"), Edge("g", "B", "C"), Edge("h", "A", "C")))
    assert reduced(reachable) == (("f", "g", "h"), {})  # h is reachable by f ; g, and nothing says that it is equal
    both = Schema("same", ("A", "B"), (Edge("u", "A", "B"), Edge("v", "A", "B")), (
        PathEquation(Path("A", ("u",)), Path("A", ("v",))),))  # fmt: skip
    assert reduced(both) == (("v",), {"u": Path("A", ("v",))})  # one of the two, the first that was asked
    trivial = loop("r", ("r", ""))
    assert reduced(trivial) == ((), {"r": Path("A")})


# ------------------------------------------------------------------------------------------------ bounds and reasons


def test_what_does_not_follow_has_its_normal_forms() -> None:
    assert str(decided(FOURTH, between("rrrrr", "rr"))) == "does not follow: the normal forms are r and r ; r"
    assert str(decided(FOURTH, between("r", ""))) == "does not follow: the normal forms are r and id_A"
    assert follows(BRAID, between("ab", "ba")) == "does not follow"  # nothing else is equal to a ; b
    unlike = PathEquation(Path("A", ("f",)), Path("B", ("g",)))
    for ask in (follows, decided):
        with pytest.raises(SchemaError, match="not parallel"):
            ask(CYCLE_GAN, unlike)


@pytest.mark.parametrize(
    "schema",
    [
        FOURTH,
        CYCLE_GAN,
        loop("ab", ("bab", ""), ("ab", "aa")),
        loop("ab", ("aa", ""), ("bbb", ""), ("aba", "bb")),
        loop("ab", ("ab", ""), ("ba", "")),
    ],
)
def test_no_rule_of_a_completion_reduces_another(schema: Schema) -> None:
    known = completed(schema)
    assert known.complete
    for old, new in known.rules.items():
        others = {each: image for each, image in known.rules.items() if each != old}
        assert known.normal(new) == new
        assert not any(old[at : at + len(each)] == each for each in others for at in range(len(old)))


def test_a_completion_has_its_bounds() -> None:
    """At most 24 rules, paths of at most 24 edges, and fewer than 400 pairs of them."""

    def trivial(count: int) -> Schema:
        names = tuple(f"e{number}" for number in range(count))
        equations = tuple(PathEquation(Path("A", (name,)), Path("A")) for name in names)
        return Schema("trivial", ("A",), tuple(Edge(name, "A", "A") for name in names), equations)

    assert [completed(trivial(count)).complete for count in (24, 25)] == [True, False]
    assert [completed(loop("r", ("r" * count, ""))).complete for count in (24, 25)] == [True, False]
    words = ["".join(word) for word in chain.from_iterable(product("ab", repeat=length) for length in range(1, 9))]
    many = [loop("ab", *((word, "") for word in words[:count])) for count in (399, 400)]
    assert [completed(each).complete for each in many] == [True, False]


def test_a_chain_has_its_bounds() -> None:
    """a = c ; c ; c = b: the path in the middle has three edges; two paths are seen before the third."""
    schema = loop("abc", ("a", "ccc"), ("ccc", "b"))
    assert str(decided(schema, between("a", "b"), 3)) == "follows: a = c ; c ; c = b"
    assert str(decided(schema, between("a", "b"), 2)) == "follows: both sides reduce to a"
    assert decided(schema, between("a", "b"), 3).why == "in 2 rewritings"
    assert str(decided(schema, between("a", "ccc"), 3, 2)) == "follows: a = c ; c ; c"
    assert str(decided(schema, between("a", "ccc"), 3, 1)) == "follows: both sides reduce to a"
    assert str(decided(schema, between("a", "ccc"), 0, 2)) == "follows: a = c ; c ; c"  # as long as the goal itself


def test_a_class_that_is_seen_whole_decides() -> None:
    """a = b = c are all that equal a; d = d ; d goes on for ever."""
    schema = loop("abcd", ("a", "b"), ("b", "c"), ("d", "dd"))
    assert _enumerated(schema, between("a", "d"), 20) == "does not follow"
    assert _enumerated(schema, between("a", "d"), 5) == "unknown"
    assert _enumerated(schema, between("a", "c"), 20) == "follows"


def test_equal_paths_are_fifty_at_most() -> None:
    paths = list(equal_paths(FOURTH, Path("A", ("r",))))
    assert [len(path.edges) for path in paths] == list(range(1, 4 * 50, 4))


def test_how_far_was_looked_is_said() -> None:
    """The equations of which nothing is known say up to which length, 8 where none is named."""
    both = loop("ab", ("aba", "bab"), ("aabb", "bbaa"))
    for length, given in ((8, ()), (9, (9,))):
        (answer,) = (each for each in consequences(both, *given).values() if each.entailment == "unknown")
        assert answer.why.startswith(f"up to length {length}, by ")


# ------------------------------------------------------------------------------------------------ dimensions


def sizes(**lengths: int) -> dict[str, Ob]:
    return {name: space(length) for name, length in lengths.items()}


def test_sch_dim_an_identity_through_a_smaller_space() -> None:
    """R³ → R² → R³ is no identity of continuous maps; a larger space, or one of the same dimension, may be between."""
    there = "CycleGAN: f ; g = id_A goes through B, of dimension 2, and A has dimension 3"
    back = "CycleGAN: g ; f = id_B goes through A, of dimension 2, and B has dimension 3"
    assert dimension_obstruction(CYCLE_GAN, sizes(A=3, B=2)) == [there]
    assert dimension_obstruction(CYCLE_GAN, sizes(A=2, B=3)) == [back]
    assert dimension_obstruction(CYCLE_GAN, sizes(A=2, B=2)) == []
    assert dimension_obstruction(CYCLE_GAN, sizes(A=3, B=2), ["A"]) == []  # A is asked for on its data alone
    assert dimension_obstruction(CYCLE_GAN, sizes(A=3, B=2), ["B"]) == [there]
    assert dimension_obstruction(Schema("free", ("A", "B"), CYCLE_GAN.edges), sizes(A=3, B=2)) == []
    names = "AXSYA"
    edges = tuple(Edge(name, *ends) for name, ends in zip("pqrs", pairwise(names), strict=True))
    around = Schema("around", ("A", "X", "S", "Y"), edges, (PathEquation(Path("A", tuple("pqrs")), Path("A")),))
    assert dimension_obstruction(around, sizes(A=2, X=3, S=1, Y=3)) == [
        "around: p ; q ; r ; s = id_A goes through S, of dimension 1, and A has dimension 2"
    ]
    ends = Schema("loop of C", ("A", "B", "C"), (*CYCLE_GAN.edges, Edge("e", "C", "C")), CYCLE_GAN.equations)
    assert dimension_obstruction(ends, sizes(A=2, B=2, C=9)) == []


def late(count: int) -> Schema:
    """e = id_A and e ; … ; e = f ; g through B: the last of count + 2 paths equal to id_A that are seen."""
    edges = (Edge("e", "A", "A"), Edge("f", "A", "B"), Edge("g", "B", "A"), Edge("h", "A", "C"), Edge("k", "A", "C"))
    turns = ("e",) * count
    equations = (
        PathEquation(Path("A", ("e",)), Path("A")),
        PathEquation(Path("A", turns), Path("A", ("f", "g"))),
        PathEquation(Path("A", (*turns, "h")), Path("A", ("k",))),
    )
    return Schema("late", ("A", "B", "C"), edges, equations)


def test_fifty_paths_are_looked_at() -> None:
    """An obstruction at the fiftieth path is found, and an arrow that goes there; at the next they are not."""
    spaces = sizes(A=2, B=1, C=1)
    assert len(dimension_obstruction(late(48), spaces)) == 1
    assert dimension_obstruction(late(49), spaces) == [] and len(dimension_obstruction(late(49), spaces, (), 51)) == 1
    assert reduced(late(48))[1]["h"] == Path("A", ("k",))
    assert "h" not in reduced(late(49))[1] and "h" in reduced(late(49), 51)[1]
