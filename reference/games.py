"""Open games: play, coplay and best response, and how they compose (Ghani et al. 2018).

A history, move, utility or strategy is an int, () or a pair of such. Composition only pairs, unpairs and calls, so it
also runs on games of unknowns, and what holds there holds of every game.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
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
    prefers: Callable[[Element, Continuation, Element, Element], Any]


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

    def prefers(h: Element, k: Continuation, both: Element, other: Element) -> Any:
        (s, t), (s2, t2) = both, other

        def back(y: Element) -> Element:
            return second.coplay(t, y, k(second.play(t, y)))

        return first.prefers(h, back, s, s2) & second.prefers(first.play(s, h), k, t, t2)

    strategies = pairs(first.strategies, second.strategies)
    return OpenGame(first.histories, second.moves, second.utilities, strategies, play, coplay, prefers)


def beside(left: OpenGame, right: OpenGame) -> OpenGame:
    """left ⊗ right. Each is judged in its share of the continuation, with the other's play held fixed."""

    def play(both: Element, x: Element) -> Element:
        return left.play(both[0], x[0]), right.play(both[1], x[1])

    def coplay(both: Element, x: Element, r: Element) -> Element:
        return left.coplay(both[0], x[0], r[0]), right.coplay(both[1], x[1], r[1])

    def prefers(h: Element, k: Continuation, both: Element, other: Element) -> Any:
        (s, t), (s2, t2) = both, other
        here, there = left.play(s, h[0]), right.play(t, h[1])
        return left.prefers(h[0], lambda y: k((y, there))[0], s, s2) & right.prefers(
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


# ------------------------------------------------------------------------------------------------ for all games


@dataclass(frozen=True, slots=True)
class Symbol:
    """An unknown element; no pair, so code that takes it apart fails."""

    name: str
    inputs: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class Claims:
    """A conjunction of unknown claims, that this is a best response to that; no code can branch on it."""

    atoms: frozenset[Element]

    def __and__(self, other: Claims | bool) -> Claims:
        if isinstance(other, Claims):
            return Claims(self.atoms | other.atoms)
        return self if other is True else NotImplemented

    __rand__ = __and__

    def __bool__(self) -> bool:
        raise TypeError("whether an unknown strategy is a best response is not known")


def free_game(name: str) -> OpenGame:
    """The game of which nothing is known: what holds of it holds of every game. A continuation is known by k(·)."""

    def prefers(h: Element, k: Continuation, s: Element, t: Element) -> Claims:
        return Claims(frozenset({(name, h, k(Symbol("·")), s, t)}))

    def play(s: Element, x: Element) -> Symbol:
        return Symbol(f"{name}.play", (s, x))

    def coplay(s: Element, x: Element, r: Element) -> Symbol:
        return Symbol(f"{name}.coplay", (s, x, r))

    anything = (Symbol("any"),)
    return OpenGame(anything, anything, anything, anything, play, coplay, prefers)


Move = Callable[[Element], Element]


def same(x: Element) -> Element:
    """x ↦ x."""
    return x


def difference(
    one: OpenGame,
    other: OpenGame,
    strategy: Element,
    shape: Element,
    on_strategies: Move,
    there: Move = same,
    back: Move = same,
) -> str:
    """Where two games of unknowns differ along a bijection of strategies; "" where they are equal for all values.

    ``strategy`` and ``shape`` are nested pairs of words, the form of a strategy, and of histories, moves and utilities,
    which ``there`` and ``back`` rebracket.
    """
    s, t = unknown("s", strategy), unknown("t", strategy)
    x, r = unknown("x", shape), unknown("r", shape)
    if there(one.play(s, x)) != other.play(on_strategies(s), there(x)):
        return "play"
    if there(one.coplay(s, x, r)) != other.coplay(on_strategies(s), there(x), there(r)):
        return "coplay"

    def k(y: Element) -> Element:
        return unknown("k", shape, (y,))

    here = one.prefers(x, k, s, t)
    moved = other.prefers(there(x), lambda y: there(k(back(y))), on_strategies(s), on_strategies(t))
    return "" if here == moved else "best response"


def unknown(name: str, shape: Element, inputs: tuple[Element, ...] = ()) -> Element:
    """A nested pair of unknowns."""
    if isinstance(shape, tuple):
        return tuple(unknown(name, part, inputs) for part in shape)
    return Symbol(f"{name}.{shape}", inputs)
