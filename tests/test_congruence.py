"""What follows from path equations: completion, bounded search, reduction of arrows, and agreement between them."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from verified_cat.congruence import _enumerated, completed, consequences, decided, equal_paths, follows, reduced
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
