"""Finite open games: composition, tensor, equilibria, and how two of them are compared."""

from __future__ import annotations

from dataclasses import replace

from verified_cat.reference.games import (
    OpenGame,
    beside,
    continuations,
    decision,
    difference,
    equilibria,
    identity,
    pairs,
    then,
)

BIT = (0, 1)


def test_a_decision_maximises() -> None:
    assert equilibria(decision(3), (), lambda y: (2, 5, 5)[y]) == {1, 2}


def test_a_decision_does_not_look_at_the_old_strategy() -> None:
    game = decision(2)
    assert [game.prefers((), lambda y: y, s, 1) for s in BIT] == [True, True]
    assert [game.prefers((), lambda y: y, s, 0) for s in BIT] == [False, False]


def test_the_coplay_pays_the_first_player() -> None:
    """A move y is paid 3 - y, whatever the environment after it returns."""
    paid = OpenGame((0, 1, 2), ((),), ((),), ((),), lambda s, y: (), lambda s, y, r: 3 - y, lambda h, k, s, t: True)
    assert equilibria(then(decision(3), paid), (), lambda y: ()) == {(0, ())}


def test_coplay_runs_backwards() -> None:
    """r + 1 after 2 r is 2 (r + 1), and not 2 r + 1."""
    numbers = tuple(range(9))

    def on_utilities(factor: int, shift: int) -> OpenGame:
        return replace(identity((0,), numbers), coplay=lambda s, x, r: factor * r + shift)

    assert then(on_utilities(2, 0), on_utilities(1, 1)).coplay(((), ()), 0, 3) == 8


def test_matching_pennies_and_the_prisoners_dilemma() -> None:
    both = beside(decision(2), decision(2))

    def solve(rows: dict[tuple[int, int], tuple[int, int]]) -> set[object]:
        return equilibria(both, ((), ()), lambda yz: rows[yz])

    assert solve({(0, 0): (1, -1), (0, 1): (-1, 1), (1, 0): (-1, 1), (1, 1): (1, -1)}) == set()
    assert solve({(0, 0): (2, 2), (0, 1): (0, 3), (1, 0): (3, 0), (1, 1): (1, 1)}) == {(1, 1)}


def test_continuations_are_all_or_so_many() -> None:
    game = identity(BIT, BIT)
    assert [(k(0), k(1)) for k in continuations(game, 4)] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert len(list(continuations(beside(game, game), 5))) == 5


def test_differences_are_named() -> None:
    game = identity(BIT, BIT)
    same = difference(game, game, lambda s: s)
    assert same == ""
    assert difference(game, replace(game, play=lambda s, x: 1 - x), lambda s: s) == "play at (), 0"
    assert difference(game, replace(game, coplay=lambda s, x, r: 0), lambda s: s) == "coplay at (), 0, 1"
    refusing = replace(game, prefers=lambda h, k, s, t: k(h) == 0)
    assert difference(game, refusing, lambda s: s) == "best response at history 1: () to ()"
    assert difference(game, game, lambda s: (s, s)) == "the strategies do not correspond"
    assert pairs(BIT, ((),)) == ((0, ()), (1, ()))
