"""Games as terms: exact recurrences of three ways to play, rules of one's own, deviations, and finite games."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import pytest

sp = pytest.importorskip("sympy", reason="not run: sympy not installed (pip install verified-cat[reference])")

from verified_cat import primitives as table  # noqa: E402
from verified_cat.errors import BoundaryError, UsageError  # noqa: E402
from verified_cat.loss import total  # noqa: E402
from verified_cat.machine import differentiate, evaluate  # noqa: E402
from verified_cat.objects import SCALAR, UNIT, Pair, space  # noqa: E402
from verified_cat.optimiser import Optimiser, gradient_descent, momentum, nesterov  # noqa: E402
from verified_cat.players import (  # noqa: E402
    Game,
    Play,
    Player,
    alternating,
    deviation,
    extragradient,
    follower,
    paired,
    round_of,
    simultaneous,
    turn,
)
from verified_cat.program import Program, Wire, program  # noqa: E402
from verified_cat.reference.engine import SympyEngine  # noqa: E402
from verified_cat.reference.games import beside, decision, equilibria  # noqa: E402
from verified_cat.terms import First, Pairing, Second, Term  # noqa: E402

ENGINE = SympyEngine()
PLANE = Pair(SCALAR, SCALAR)
POINT = First(PLANE, UNIT)
X, Y = POINT >> First(SCALAR, SCALAR), POINT >> Second(SCALAR, SCALAR)


def times(one: Term, other: Term) -> Term:
    return Pairing(one, other) >> table.multiply(())


def plus(one: Term, other: Term) -> Term:
    return Pairing(one, other) >> table.add(())


def zero_sum(score: Term, rule: Optimiser) -> Game:
    """x pays the score, y the opposite."""
    players = Player("x", SCALAR, score, rule), Player("y", SCALAR, score >> table.negate(()), rule)
    return Game(players, UNIT)


def bilinear(rate: Fraction) -> Game:
    return zero_sum(times(X, Y), gradient_descent(rate))


def number(value: Any) -> Fraction:
    return Fraction(str(value.flat[0] if hasattr(value, "flat") else value))


def played(game: Game, play: Play, point: tuple[Fraction, Fraction], rounds: int = 1) -> tuple[Fraction, Fraction]:
    """Where the players are after some rounds, exactly."""
    states = evaluate(game.rule.initial(game.params), (), ENGINE)
    now = states, ENGINE.lift(PLANE, ((point[0],), (point[1],)))
    whole = play(game)
    for _ in range(rounds):
        now = evaluate(whole, (now, ()), ENGINE)
    return number(now[1][0]), number(now[1][1])


# ---------------------------------------------------------------------------------------------- the bilinear game

RATES = [Fraction(1, 10), Fraction(1, 2), Fraction(1), Fraction(3, 2)]
START = Fraction(2, 3), Fraction(-5, 7)


def norm(x: Fraction, y: Fraction) -> Fraction:
    return x * x + y * y


@pytest.mark.parametrize("rate", RATES)
def test_exact_recurrences_of_the_bilinear_game(rate: Fraction) -> None:
    x, y = START
    e2 = rate * rate
    for rounds in (1, 2, 5):
        assert norm(*played(bilinear(rate), simultaneous, START, rounds)) == (1 + e2) ** rounds * norm(x, y)
        a, b = played(bilinear(rate), alternating, START, rounds)
        assert norm(a, b) - rate * a * b == norm(x, y) - rate * x * y
        factor = 1 - e2 + e2 * e2
        assert norm(*played(bilinear(rate), extragradient, START, rounds)) == factor**rounds * norm(x, y)


def test_simultaneous_play_runs_away_and_looking_ahead_comes_home() -> None:
    game, start = bilinear(Fraction(1, 2)), (Fraction(1), Fraction(0))
    assert norm(*played(game, simultaneous, start, 20)) > 80
    assert norm(*played(game, extragradient, start, 20)) < Fraction(1, 50)
    assert norm(*played(bilinear(Fraction(3, 2)), extragradient, start, 3)) > 1  # not at every rate: ε < 1 is needed


def test_gradient_play_is_not_best_response() -> None:
    rate = Fraction(1, 10)
    assert played(bilinear(rate), simultaneous, (Fraction(1), Fraction(0))) == (
        Fraction(1),
        rate,
    )  # the best y in [-1, 1] is 1


# ---------------------------------------------------------------------------------------------- how a round is played


def wires_of(whole: Program, kind: str) -> list[Wire]:
    return [wire for wire in whole.wires if wire.kind == kind]


def general() -> tuple[Term, Term]:
    """Two costs that are not opposite: x² y + x, and x y³ - y."""
    squares = times(X, X), times(Y, Y)
    one = plus(times(squares[0], Y), X)
    return one, plus(times(times(X, Y), squares[1]), Y >> table.negate(()))


def test_every_play_is_what_its_formula_says() -> None:
    one, two = general()
    e, d = Fraction(1, 7), Fraction(2, 9)
    game = Game((Player("x", SCALAR, one, gradient_descent(e)), Player("y", SCALAR, two, gradient_descent(d))), UNIT)

    def field(x: Fraction, y: Fraction) -> tuple[Fraction, Fraction]:
        return 2 * x * y + 1, 3 * x * y * y - 1

    (x, y), (v, w) = START, field(*START)
    assert played(game, simultaneous, START) == (x - e * v, y - d * w)
    assert played(game, alternating, START) == (x - e * v, y - d * field(x - e * v, y)[1])
    v, w = field(x - e * v, y - d * w)
    assert played(game, extragradient, START) == (x - e * v, y - d * w)


def test_three_players_in_spaces_of_their_own() -> None:
    """Each pays ½|p|² and steps by ε: p ↦ (1 - ε) p, together or one after the other; the rule has all their names."""
    rest, rates = Pair(space(2), space(3)), (Fraction(1, 2), Fraction(1, 3), Fraction(1))
    whole = Pair(SCALAR, rest)
    point, others = First(whole, UNIT), First(whole, UNIT) >> Second(SCALAR, rest)
    places = (
        point >> First(SCALAR, rest),
        others >> First(rest.left, rest.right),
        others >> Second(rest.left, rest.right),
    )
    players = []
    for place, rate in zip(places, rates, strict=True):
        square = Pairing(place, place) >> table.multiply_on(place.cod) >> total(place.cod)
        cost = square >> table.scale(Fraction(1, 2), ())
        players.append(Player(str(place.cod), place.cod, cost, gradient_descent(rate)))
    game = Game(tuple(players), UNIT)
    assert game.params == whole and game.rule.name == "gradient descent and gradient descent and gradient descent"
    start = ENGINE.lift(whole, ((Fraction(4),), ((Fraction(3), Fraction(6)), (Fraction(1),) * 3)))
    states = evaluate(game.rule.initial(game.params), (), ENGINE)
    for play in (simultaneous, alternating):
        _, moved = evaluate(play(game), ((states, start), ()), ENGINE)
        assert ENGINE.lower(whole, moved) == ((2,), ((2, 4), (0, 0, 0)))


@pytest.mark.parametrize("rule", [momentum(Fraction(1, 5), Fraction(1, 2)), nesterov(Fraction(1, 5), Fraction(1, 2))])
def test_alone_a_player_descends_as_the_rule_says(rule: Optimiser) -> None:
    cost = times(POINT_ALONE, times(POINT_ALONE, POINT_ALONE))
    game = Game((Player("alone", SCALAR, cost, rule),), UNIT)
    held = evaluate(rule.initial(SCALAR), (), ENGINE), ENGINE.lift(SCALAR, (Fraction(3, 4),))
    for play in (simultaneous, alternating):
        one = two = held
        for _ in range(3):
            one = evaluate(play(game), (one, ()), ENGINE)
            asked = evaluate(rule.ask(SCALAR), two, ENGINE)
            slope, _ = differentiate(cost, (asked, ()), ENGINE)[1](ENGINE.lift(SCALAR, (Fraction(1),)))
            two = evaluate(rule.update(SCALAR), (two, slope), ENGINE)
        assert number(one[0]) == number(two[0]) and number(one[1]) == number(two[1])


POINT_ALONE = First(SCALAR, UNIT)


def test_players_keep_rules_and_states_of_their_own() -> None:
    three = Pair(SCALAR, PLANE)
    whole = First(three, UNIT)
    a, rest = whole >> First(SCALAR, PLANE), whole >> Second(SCALAR, PLANE)
    score = times(a, times(rest >> First(SCALAR, SCALAR), rest >> Second(SCALAR, SCALAR)))
    rules = gradient_descent(Fraction(1)), momentum(Fraction(1), Fraction(1, 2)), gradient_descent(Fraction(1, 3))
    game = Game(tuple(Player(name, SCALAR, score, rule) for name, rule in zip("abc", rules, strict=True)), UNIT)
    state = game.rule.state(three)
    assert str(state) == "(1 ⊗ (R ⊗ 1))"
    now = evaluate(game.rule.initial(three), (), ENGINE), ENGINE.lift(three, ((Fraction(2),), ((3,), (5,))))
    (_, (m, _)), (x, (y, z)) = evaluate(simultaneous(game), (now, ()), ENGINE)
    assert [number(each) for each in (m, x, y, z)] == [10, 2 - 15, 3 - 10, 3]
    _, (x, (y, z)) = evaluate(turn(game, 1), (now, ()), ENGINE)
    assert [number(each) for each in (x, y, z)] == [2, 3 - 10, 5]
    _, (x, (y, z)) = evaluate(alternating(game), (now, ()), ENGINE)
    assert [number(each) for each in (x, y, z)] == [-13, 3 + 65, 5 + Fraction(13 * 68, 3)]


def test_a_round_gives_what_everybody_paid_before_it_and_shares_what_both_need() -> None:
    one, two = general()
    rule = gradient_descent(Fraction(1))
    game = Game((Player("x", SCALAR, one, rule), Player("y", SCALAR, two, rule)), UNIT)
    point, (x, y) = ENGINE.lift(PLANE, ((START[0],), (START[1],))), START
    _, costs = evaluate(round_of(game, simultaneous), ((((), ()), point), ()), ENGINE)
    assert [Fraction(str(cost)) for cost in costs.flat] == [x * x * y + x, x * y**3 - y]
    opposite = zero_sum(times(X, Y) >> table.tanh(()), rule)
    both, alone = program(simultaneous(opposite)), program(turn(opposite, 0))
    apart = len(alone.wires) + len(program(turn(opposite, 1)).wires)
    assert len(both.wires) < apart and len(wires_of(both, "tanh")) == 1 == len(wires_of(alone, "tanh"))


# ---------------------------------------------------------------------------------------------- deviations


def test_a_deviation_replaces_one_player() -> None:
    one, two = general()
    rule = gradient_descent(Fraction(1))
    game = Game((Player("x", SCALAR, one, rule), Player("y", SCALAR, two, rule)), UNIT)
    point = ENGINE.lift(PLANE, ((START[0],), (START[1],)))
    other, (x, y) = Fraction(4, 5), START
    for number_, wanted in ((0, other**2 * y + other), (1, x * other**3 - other)):
        objective = deviation(game, number_)
        found = evaluate(objective.term, (ENGINE.lift(SCALAR, (other,)), (point, ())), ENGINE)
        assert number(found) == wanted


MOVES = (Fraction(-1), Fraction(0), Fraction(1))


def gains(game: Game, at: tuple[int, int]) -> list[Fraction]:
    """What each player would gain by the best of ``MOVES``, from the deviations of the term."""
    point = ENGINE.lift(PLANE, tuple((MOVES[i],) for i in at))
    found = []
    for player, own in enumerate(at):
        term = deviation(game, player).term
        paid = [number(evaluate(term, (ENGINE.lift(SCALAR, (move,)), (point, ())), ENGINE)) for move in MOVES]
        found.append(paid[own] - min(paid))
    return found


@pytest.mark.parametrize("which", ["bilinear", "general"])
def test_no_gain_is_an_equilibrium_of_the_tensor_of_decisions(which: str) -> None:
    """On finitely many moves: the points where nobody gains are the best responses of two decisions side by side."""
    one, two = general()
    rule = gradient_descent(Fraction(1))
    costs = Game((Player("x", SCALAR, one, rule), Player("y", SCALAR, two, rule)), UNIT)
    game = bilinear(Fraction(1)) if which == "bilinear" else costs
    cells = [(i, j) for i, j in product(range(3), repeat=2)]

    def utility(cell: tuple[int, int]) -> tuple[Fraction, Fraction]:
        point = ENGINE.lift(PLANE, tuple((MOVES[i],) for i in cell))
        return tuple(-Fraction(str(each)) for each in evaluate(game.costs(), (point, ()), ENGINE).flat)  # type: ignore[return-value]

    utilities = {cell: utility(cell) for cell in cells}
    nash = equilibria(beside(decision(3), decision(3)), ((), ()), lambda cell: utilities[cell])
    assert nash == {cell for cell in cells if not any(gains(game, cell))}
    assert nash if which == "general" else nash == {(1, 1)}  # (0, 0) alone


# ---------------------------------------------------------------------------------------------- averages, refusals


def test_a_follower_is_an_exponential_average() -> None:
    vector = space(2)
    player = follower("average", (SCALAR, vector), 1, UNIT, gradient_descent(Fraction(1, 4)))
    params = Pair(SCALAR, Pair(vector, vector))
    assert player.cost.dom == Pair(params, UNIT) and player.param == vector
    still = First(params, UNIT) >> First(SCALAR, Pair(vector, vector))
    idle = gradient_descent(Fraction(0))
    game = Game((Player("a", SCALAR, still, idle), Player("b", vector, still, idle), player), UNIT)
    point = ENGINE.lift(params, ((Fraction(9),), ((Fraction(4), Fraction(0)), (Fraction(0), Fraction(8)))))
    _, (_, (_, average)) = evaluate(simultaneous(game), ((((), ((), ())), point), ()), ENGINE)
    assert [Fraction(str(each)) for each in average.flat] == [1, 6]


def test_games_refuse() -> None:
    rule = gradient_descent(Fraction(1))
    with pytest.raises(UsageError, match="a game needs a player"):
        Game((), UNIT)
    with pytest.raises(BoundaryError, match="the cost of y goes from"):
        Game((Player("x", SCALAR, X, rule), Player("y", SCALAR, POINT_ALONE, rule)), UNIT)
    assert paired([X]) is X
