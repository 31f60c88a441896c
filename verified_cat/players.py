"""Games as terms: players with parameters, costs and update rules of their own, and how a round of them is played.

A round is one term ((S ⊗ P) ⊗ D) → (S ⊗ P) ⊗ R[n] over P = P₁ ⊗ (P₂ ⊗ …) and S = S₁ ⊗ (S₂ ⊗ …), so it is compiled,
checked and differentiated like any other; what two players both need is one wire of its program.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from fractions import Fraction

from verified_cat import primitives
from verified_cat.category import Terms
from verified_cat.errors import BoundaryError, UsageError
from verified_cat.lens import reverse_derivative
from verified_cat.loss import total
from verified_cat.networks import Objective
from verified_cat.objects import SCALAR, Ob, Pair, Space
from verified_cat.optimiser import Optimiser
from verified_cat.schema import product, project
from verified_cat.terms import Discard, First, Identity, Pairing, Second, Term

TERMS = Terms()


@dataclass(frozen=True, slots=True)
class Player:
    """Who chooses p ∈ P, pays ``cost`` : (Π_j P_j) ⊗ D → R, and learns by ``rule``."""

    name: str
    param: Ob
    cost: Term
    rule: Optimiser


@dataclass(frozen=True, slots=True)
class Apart(Optimiser):
    """Each player by a rule of their own: U₁ ⊗ (U₂ ⊗ …), between middle-four swaps, with the state S₁ ⊗ (S₂ ⊗ …)."""

    players: tuple[Player, ...] = ()

    def state(self, param: Ob) -> Ob:
        """Π_i S_i."""
        return product(TERMS, [each.rule.state(each.param) for each in self.players])  # type: ignore[no-any-return]

    def initial(self, param: Ob) -> Term:
        """1 → Π_i S_i."""
        return paired([each.rule.initial(each.param) for each in self.players])

    def update(self, param: Ob) -> Term:
        """(S ⊗ P) ⊗ P' → S ⊗ P."""
        return self.moving(range(len(self.players)))

    def moving(self, numbers: Container[int]) -> Term:
        """(S ⊗ P) ⊗ P' → S ⊗ P where only these players move."""
        held: tuple[Ob, Ob] | None = None
        whole: Term | None = None
        for number, each in reversed(list(enumerate(self.players))):
            own = each.rule.state(each.param), each.param
            update = each.rule.update(each.param) if number in numbers else First(Pair(*own), each.param)
            whole = update if whole is None or held is None else beside(update, own, whole, held)
            held = own if held is None else (Pair(own[0], held[0]), Pair(own[1], held[1]))
        assert whole is not None
        return whole

    def ask(self, param: Ob) -> Term:
        """S ⊗ P → P: where each player asks for their gradient."""
        states, params = self.state(param), [each.param for each in self.players]
        held = [each.rule.state(each.param) for each in self.players]
        own = [
            (project(TERMS, held, i) @ project(TERMS, params, i)) >> each.rule.ask(each.param)
            for i, each in enumerate(self.players)
        ]
        asked = paired(own)
        assert asked.dom == Pair(states, param)
        return asked


def beside(one: Term, left: tuple[Ob, Ob], other: Term, right: tuple[Ob, Ob]) -> Term:
    """((S ⊗ T) ⊗ (P ⊗ Q)) ⊗ (P ⊗ Q) → (S ⊗ T) ⊗ (P ⊗ Q), for updates (S ⊗ P) ⊗ P → S ⊗ P and (T ⊗ Q) ⊗ Q → T ⊗ Q.

    The rule on P ⊗ Q from those on P and on Q (law OPT-PROD); ``left`` is (S, P), ``right`` is (T, Q).
    """
    there, back = regrouped(left, right)
    return there >> (one @ other) >> back


def regrouped(left: tuple[Ob, Ob], right: tuple[Ob, Ob]) -> tuple[Term, Term]:
    """((S ⊗ T) ⊗ (P ⊗ Q)) ⊗ (P ⊗ Q) → ((S ⊗ P) ⊗ P) ⊗ ((T ⊗ Q) ⊗ Q), and (S ⊗ P) ⊗ (T ⊗ Q) → (S ⊗ T) ⊗ (P ⊗ Q)."""
    (s, p), (t, q) = left, right
    there = (TERMS.middle_four(s, t, p, q) @ Identity(Pair(p, q))) >> TERMS.middle_four(Pair(s, p), Pair(t, q), p, q)
    return there, TERMS.middle_four(s, p, t, q)


@dataclass(frozen=True)
class Game:
    """Players on shared data D. Raises BoundaryError where a cost does not start from (Π_j P_j) ⊗ D and end in R."""

    players: tuple[Player, ...]
    data: Ob

    def __post_init__(self) -> None:
        if not self.players:
            raise UsageError("a game needs a player")
        for each in self.players:
            if each.cost.dom != Pair(self.params, self.data) or each.cost.cod != SCALAR:
                raise BoundaryError(
                    f"the cost of {each.name} goes from {Pair(self.params, self.data)} to R, "
                    f"not from {each.cost.dom} to {each.cost.cod}"
                )

    @property
    def params(self) -> Ob:
        """P₁ ⊗ (P₂ ⊗ …)."""
        return product(TERMS, [each.param for each in self.players])  # type: ignore[no-any-return]

    @property
    def rule(self) -> Apart:
        """The rules of the players side by side."""
        first = self.players[0].rule
        names = " and ".join(each.rule.name for each in self.players)
        return Apart(names, first.leaf_state, first.leaf_initial, first.leaf_update, players=self.players)

    @property
    def held(self) -> Ob:
        """S ⊗ P."""
        return Pair(self.rule.state(self.params), self.params)

    def own(self, number: int) -> Term:
        """P → P_i."""
        return project(TERMS, [each.param for each in self.players], number)

    def slope(self, number: int) -> Term:
        """(p, d) ↦ ∂c_i/∂p_i : P ⊗ D → P_i, the gradient of a player's own cost in their own parameters."""
        point, cost = Pair(self.params, self.data), self.players[number].cost
        one = Discard(point) >> primitives.constant((), 1)
        return (Pairing(Identity(point), one) >> reverse_derivative(cost) >> First(self.params, self.data)) >> self.own(
            number
        )

    def field(self, moving: Container[int] | None = None) -> Term:
        """v = (∂c₁/∂p₁, …, ∂cₙ/∂pₙ) : P ⊗ D → P; 0 for those who are not ``moving``, everybody by default."""
        start = Discard(Pair(self.params, self.data))
        slopes = [
            self.slope(i) if moving is None or i in moving else start >> primitives.zero_on(each.param)
            for i, each in enumerate(self.players)
        ]
        return paired(slopes)

    def costs(self) -> Term:
        """(p, d) ↦ (c₁, …, cₙ) : P ⊗ D → R[n]."""
        n, point = len(self.players), Pair(self.params, self.data)
        paid: Term = Discard(point) >> primitives.constant((n,), 0)
        for i, each in enumerate(self.players):
            entry = each.cost >> primitives.reshape((), (1,)) >> primitives.place((n,), (i,), (1,))
            paid = Pairing(paid, entry) >> primitives.add((n,))
        return paid


def paired(parts: Sequence[Term]) -> Term:
    """⟨f₁, ⟨f₂, …⟩⟩, for one or more terms that start from the same object."""
    whole = parts[-1]
    for part in reversed(parts[:-1]):
        whole = Pairing(part, whole)
    return whole


# ------------------------------------------------------------------------------------------------ ways to play

Play = Callable[[Game], Term]
"""A game ↦ (S ⊗ P) ⊗ D → S ⊗ P: a round."""


def simultaneous(game: Game) -> Term:
    """(s, p) ↦ U((s, p), v(p)), v = (∂c₁/∂p₁, …, ∂cₙ/∂pₙ): everybody moves at once, from the same point."""
    now, data = First(game.held, game.data), Second(game.held, game.data)
    return Pairing(now, Pairing(now >> game.rule.ask(game.params), data) >> game.field()) >> game.rule.update(
        game.params
    )


def alternating(game: Game) -> Term:
    """Player after player, in order, each from where those before them have just moved to."""
    whole: Term = Identity(Pair(game.held, game.data))
    for number, _ in enumerate(game.players):
        whole = whole >> Pairing(turn(game, number), Second(game.held, game.data))
    return whole >> First(game.held, game.data)


def extragradient(game: Game) -> Term:
    """(s, p) ↦ U((s, p), v(p̃)) with (s̃, p̃) = U((s, p), v(p)): look ahead, then move from where one was.

    Korpelevich 1976, for U a gradient step; with other rules, Gidel et al. 2019, Algorithm 4.
    """
    now, data = First(game.held, game.data), Second(game.held, game.data)
    ahead = simultaneous(game) >> game.rule.ask(game.params)
    slopes = Pairing(ahead, data) >> game.field()
    return Pairing(now, slopes) >> game.rule.update(game.params)


def turn(game: Game, number: int) -> Term:
    """(S ⊗ P) ⊗ D → S ⊗ P: one player moves, the others stay."""
    now, data = First(game.held, game.data), Second(game.held, game.data)
    asked = Pairing(now >> game.rule.ask(game.params), data)
    return Pairing(now, asked >> game.field([number])) >> game.rule.moving([number])


def round_of(game: Game, play: Play) -> Term:
    """((s, p), d) ↦ ((s', p'), (c₁, …, cₙ)(p, d)): a round, with what each player paid before it."""
    point = First(game.held, game.data) >> Second(game.rule.state(game.params), game.params)
    paid = Pairing(point, Second(game.held, game.data)) >> game.costs()
    whole = Pairing(play(game), paid)
    assert whole.cod == Pair(game.held, Space((len(game.players),)))
    return whole


# ------------------------------------------------------------------------------------------------ deviations


def deviation(game: Game, number: int) -> Objective:
    """(p', (p, d)) ↦ c_i(p with p' in place of p_i, d): what one player would pay, the others staying where they are.

    Its infimum over p' is what a best response pays. The sum over the players of c_i(p) less these infima is ≥ 0, and
    0 exactly in a Nash equilibrium (Nikaido and Isoda 1955); for two players with costs c, -c it is the duality gap.
    """
    params, own = [each.param for each in game.players], game.players[number].param
    rest = Pair(game.params, game.data)
    point = Second(own, rest) >> First(game.params, game.data)
    placed = paired(
        [First(own, rest) if i == number else point >> project(TERMS, params, i) for i, _ in enumerate(params)]
    )
    whole = Pairing(placed, Second(own, rest) >> Second(game.params, game.data))
    return Objective(own, rest, whole >> game.players[number].cost)


# ------------------------------------------------------------------------------------------------ averages


def follower(name: str, params: tuple[Ob, ...], leader: int, data: Ob, rule: Optimiser) -> Player:
    """Who pays ½ |p̄ - p|² for being away from another's p: by a gradient step at rate α, p̄ ↦ (1 - α) p̄ + α p.

    The exponential moving average of what another player does, as one more player, the last. ``params`` are those of
    the others, and ``leader`` the number of the one who is followed.
    """
    own = params[leader]
    every = [*params, own]
    point = First(product(TERMS, every), data)
    pair = Pairing(point >> project(TERMS, every, len(params)), point >> project(TERMS, every, leader))
    away = pair >> primitives.subtract_on(own)
    square = Pairing(Identity(own), Identity(own)) >> primitives.multiply_on(own) >> total(own)
    cost = away >> square >> primitives.scale(Fraction(1, 2), ())
    return Player(name, own, cost, rule)
