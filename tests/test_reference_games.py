"""Finite open games: composition, tensor, equilibria, and how two of them are compared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from verified_cat.reference.games import (
    OpenGame,
    Symbol,
    beside,
    decision,
    difference,
    equilibria,
    free_game,
    identity,
    same,
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


def test_composition_is_associative_for_all_games() -> None:
    f, g, h = map(free_game, "fgh")
    left, right = then(then(f, g), h), then(f, then(g, h))
    strategy = (("a", "b"), "c")
    assert difference(left, right, strategy, "a", lambda s: (s[0][0], (s[0][1], s[1]))) == ""
    assert difference(left, right, strategy, "a", lambda s: (s[0][1], (s[0][0], s[1]))) == "play"


def test_differences_are_named() -> None:
    game = free_game("f")
    assert difference(game, game, "a", "a", same) == ""
    assert difference(game, free_game("g"), "a", "a", same) == "play"
    assert difference(game, replace(game, coplay=lambda s, x, r: r), "a", "a", same) == "coplay"
    assert difference(game, replace(game, prefers=free_game("g").prefers), "a", "a", same) == "best response"


def test_nothing_is_known_of_an_unknown() -> None:
    game = free_game("f")
    claim = game.prefers(Symbol("h"), same, Symbol("s"), Symbol("t"))
    assert claim & True == claim == True & claim == claim & claim
    with pytest.raises(TypeError, match="is not known"):
        bool(claim)
    with pytest.raises(TypeError):
        beside(game, game).play(Symbol("s"), Symbol("x"))
