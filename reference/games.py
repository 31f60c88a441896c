"""Finite open games, in full: play, coplay and best response, and how they compose (Ghani et al. 2018).

All sets are ranges or products of them; a history, move, utility or strategy is an int or a pair. Exhaustive on
purpose: two games are equal if they agree for all strategies, histories and continuations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Any

Element = Any
"""An int, (), or a pair of elements."""

Continuation = Callable[[Element], Element]
"""A move ↦ the utility that the environment returns for it."""


@dataclass(frozen=True, slots=True)
class OpenGame:
    """(Σ, P, C, B) : (X, S) → (Y, R): strategies, play Σ × X → Y, coplay Σ × X × R → S, and best responses.

    ``prefers(h, k, σ, τ)`` says whether (σ, τ) ∈ B(h, k): whether τ is a best response to σ in the history h and the
    continuation k (Ghani, Hedges, Winschel and Zahn 2018, arXiv 1603.04641). Where (σ, σ) ∈ B, σ is an equilibrium.
    """

    histories: tuple[Element, ...]
    moves: tuple[Element, ...]
    utilities: tuple[Element, ...]
    strategies: tuple[Element, ...]
    play: Callable[[Element, Element], Element]
    coplay: Callable[[Element, Element, Element], Element]
    prefers: Callable[[Element, Continuation, Element, Element], bool]


def pairs(left: tuple[Element, ...], right: tuple[Element, ...]) -> tuple[Element, ...]:
    """The product of two sets."""
    return tuple(product(left, right))


def identity(moves: tuple[Element, ...], utilities: tuple[Element, ...]) -> OpenGame:
    """One strategy, which hands on the history and hands back the utility."""
    return OpenGame(moves, moves, utilities, ((),), lambda _, x: x, lambda _, x, r: r, lambda h, k, s, t: True)


def then(first: OpenGame, second: OpenGame) -> OpenGame:
    """first ; second. The first is judged in the continuation k'(y) = C(τ, y, k(P(τ, y))) that the second coplays."""

    def play(both: Element, x: Element) -> Element:
        s, t = both
        return second.play(t, first.play(s, x))

    def coplay(both: Element, x: Element, r: Element) -> Element:
        s, t = both
        return first.coplay(s, x, second.coplay(t, first.play(s, x), r))

    def prefers(h: Element, k: Continuation, both: Element, other: Element) -> bool:
        (s, t), (s2, t2) = both, other

        def back(y: Element) -> Element:
            return second.coplay(t, y, k(second.play(t, y)))

        return first.prefers(h, back, s, s2) and second.prefers(first.play(s, h), k, t, t2)

    strategies = pairs(first.strategies, second.strategies)
    return OpenGame(first.histories, second.moves, second.utilities, strategies, play, coplay, prefers)


def beside(left: OpenGame, right: OpenGame) -> OpenGame:
    """left ⊗ right. Each is judged in its share of the continuation, with the other's play held fixed."""

    def play(both: Element, x: Element) -> Element:
        return left.play(both[0], x[0]), right.play(both[1], x[1])

    def coplay(both: Element, x: Element, r: Element) -> Element:
        return left.coplay(both[0], x[0], r[0]), right.coplay(both[1], x[1], r[1])

    def prefers(h: Element, k: Continuation, both: Element, other: Element) -> bool:
        (s, t), (s2, t2) = both, other
        here, there = left.play(s, h[0]), right.play(t, h[1])
        return left.prefers(h[0], lambda y: k((y, there))[0], s, s2) and right.prefers(
            h[1], lambda y: k((here, y))[1], t, t2
        )

    return OpenGame(
        pairs(left.histories, right.histories),
        pairs(left.moves, right.moves),
        pairs(left.utilities, right.utilities),
        pairs(left.strategies, right.strategies),
        play,
        coplay,
        prefers,
    )


def decision(moves: int, utilities: tuple[Element, ...] = ()) -> OpenGame:
    """One player, who picks a move without a history: τ is a best response if it maximises k, whatever σ is."""

    def prefers(h: Element, k: Continuation, s: Element, t: Element) -> bool:
        return bool(all(k(t) >= k(y) for y in range(moves)))

    options = tuple(range(moves))
    return OpenGame(((),), options, utilities, options, lambda s, x: s, lambda s, x, r: (), prefers)


def equilibria(game: OpenGame, history: Element, continuation: Continuation) -> set[Element]:
    """The strategies that are best responses to themselves."""
    return {s for s in game.strategies if game.prefers(history, continuation, s, s)}


def continuations(game: OpenGame, limit: int) -> Iterator[Continuation]:
    """Every function of the moves to the utilities; where there are more than ``limit``, so many drawn ones."""
    count = len(game.utilities) ** len(game.moves)
    every = product(game.utilities, repeat=len(game.moves))
    choices = Random(0).choices
    some = (choices(game.utilities, k=len(game.moves)) for _ in range(limit))
    for values in every if count <= limit else some:
        yield dict(zip(game.moves, values, strict=True)).__getitem__


def difference(
    one: OpenGame,
    other: OpenGame,
    on_strategies: Callable[[Element], Element],
    on_histories: Callable[[Element], Element] = lambda x: x,
    on_moves: Callable[[Element], Element] = lambda y: y,
    limit: int = 64,
) -> str:
    """Where two games differ along bijections of strategies, histories and moves; "" where they are equal.

    The coplayed utilities are moved like the histories, and the utilities like the moves. All strategies and histories
    are tried, and the continuations that ``continuations`` gives.
    """
    if set(map(on_strategies, one.strategies)) != set(other.strategies):
        return "the strategies do not correspond"
    for s, x in product(one.strategies, one.histories):
        if on_moves(one.play(s, x)) != other.play(on_strategies(s), on_histories(x)):
            return f"play at {s}, {x}"
        for r in one.utilities:
            if on_histories(one.coplay(s, x, r)) != other.coplay(on_strategies(s), on_histories(x), on_moves(r)):
                return f"coplay at {s}, {x}, {r}"
    for k in continuations(one, limit):
        moved = {on_moves(y): on_moves(k(y)) for y in one.moves}
        for h, s, t in product(one.histories, one.strategies, one.strategies):
            here = one.prefers(h, k, s, t)
            if here != other.prefers(on_histories(h), moved.__getitem__, on_strategies(s), on_strategies(t)):
                return f"best response at history {h}: {s} to {t}"
    return ""
