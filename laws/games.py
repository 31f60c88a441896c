"""Open games: how they compose, and Nash equilibria as the best responses of decisions side by side."""

from dataclasses import replace
from itertools import product

from verified_cat.audits import audit
from verified_cat.reference.games import OpenGame, beside, decision, difference, equilibria, free_game, identity, then

# ------------------------------------------------------------------------------------------------ OG-CAT

BIT, ONE = (0, 1), ((),)


def paid_at_the_end(first, second):
    """first ; second, where the first is judged in what the second is paid, as if both wanted the same."""
    right = then(first, second)

    def prefers(h, k, both, other):
        (s, t), (s2, t2) = both, other
        return first.prefers(h, lambda y: k(second.play(t, y)), s, s2) & second.prefers(first.play(s, h), k, t, t2)

    return replace(right, prefers=prefers)


def judged_after_the_move(first, second):
    """first ; second, where the first is judged against the second's new strategy."""
    right = then(first, second)

    def prefers(h, k, both, other):
        (s, t), (s2, t2) = both, other
        back = second.coplay
        return first.prefers(h, lambda y: back(t2, y, k(second.play(t2, y))), s, s2) & second.prefers(
            first.play(s2, h), k, t, t2
        )

    return replace(right, prefers=prefers)


def paid_what_the_other_is(left, right):
    """left ⊗ right, where each is judged in the other's share of the utility, where it fits."""
    both = beside(left, right)
    if left.utilities != right.utilities:
        return both

    def prefers(h, k, st, st2):
        return both.prefers(h, lambda y: k(y)[::-1], st, st2)

    return replace(both, prefers=prefers)


def _rebracketed(s):
    (a, b), c = s
    return a, (b, c)


def _back(s):
    a, (b, c) = s
    return (a, b), c


def _turned(s):
    return s[::-1]


def _middle_four(s):
    (a, b), (c, d) = s
    return (a, c), (b, d)


def _game_faults(then, beside) -> list[str]:
    """The axioms of a symmetric monoidal category that fail for unknown games, up to bijections of strategies."""
    f, g, h, k = map(free_game, "fghk")
    still, pair, three = identity(BIT, BIT), ("a", "b"), (("a", "b"), "c")
    four = (("a", "b"), ("c", "d"))
    found = {
        "associativity": difference(then(then(f, g), h), then(f, then(g, h)), three, "a", _rebracketed),
        "left unit": difference(then(still, f), f, ((), "a"), "a", lambda s: s[1]),
        "right unit": difference(then(f, still), f, ("a", ()), "a", lambda s: s[0]),
        "interchange": difference(
            beside(then(f, g), then(h, k)), then(beside(f, h), beside(g, k)), four, pair, _middle_four
        ),
        "identities": difference(beside(still, still), identity(BIT, BIT), ((), ()), pair, lambda s: ()),
        "associator": difference(
            beside(beside(f, g), h), beside(f, beside(g, h)), three, three, _rebracketed, _rebracketed, _back
        ),
        "symmetry": difference(beside(f, g), beside(g, f), pair, pair, _turned, _turned, _turned),
    }
    return [f"{axiom}: {where} differs" for axiom, where in found.items() if where]


def _paying(u):
    return lambda s, y, r: u[y]


def _payment_faults(then) -> list[str]:
    """A decision paid by its environment, u(y) coplayed: its equilibria are the argmax of u."""
    found = []
    for u in product(range(3), repeat=3):
        paid = OpenGame((0, 1, 2), ONE, ONE, ONE, lambda s, y: (), _paying(u), lambda h, k, s, t: True)
        best = {(y, ()) for y in range(3) if u[y] == max(u)}
        if equilibria(then(decision(3), paid), (), lambda y: ()) != best:
            found.append(f"a decision paid {u} has other equilibria than {best}")
    return found


def _faults_of(then, beside) -> list[str]:
    return _game_faults(then, beside) + _payment_faults(then)


@audit(
    "OG-CAT",
    source="Ghani, Hedges, Winschel and Zahn 2018, arXiv 1603.04641",
    controls={
        "the first player is paid what the second is": lambda: _faults_of(paid_at_the_end, beside),
        "the first player is judged against the new strategy": lambda: _faults_of(judged_after_the_move, beside),
        "each is judged in the other's utility": lambda: _faults_of(then, paid_what_the_other_is),
    },
)
def open_games_form_a_category():
    """Open games form a symmetric monoidal category, up to the bijections of strategies that rebracket them.

    For games of unknowns, so for all games, strategies, histories and continuations. The axioms do not say that the
    first player is paid by the coplay of the second; all decisions among three moves, so paid, do.
    """
    return 7 + 27, _faults_of(then, beside)


# ------------------------------------------------------------------------------------------------ OG-NASH


def _play_for(game, payoffs):
    """The equilibria of a game of two decisions, by its best responses."""
    return equilibria(game, ((), ()), lambda yz: payoffs[yz])


def _nash(payoffs) -> set:
    """No player gains by changing alone."""
    return {
        (a, b)
        for a, b in product(BIT, BIT)
        if all(payoffs[a, b][0] >= payoffs[c, b][0] and payoffs[a, b][1] >= payoffs[a, c][1] for c in BIT)
    }


def _best_together(payoffs) -> set:
    """The argmax of the sum."""
    return {cell for cell in payoffs if sum(payoffs[cell]) == max(map(sum, payoffs.values()))}


def _bimatrix(rows):
    return dict(zip(product(BIT, BIT), rows, strict=True))


NAMED: tuple[tuple[str, tuple[tuple[int, int], ...], set], ...] = (
    ("matching pennies", ((1, -1), (-1, 1), (-1, 1), (1, -1)), set()),
    ("prisoner's dilemma", ((2, 2), (0, 3), (3, 0), (1, 1)), {(1, 1)}),
    ("stag hunt", ((4, 4), (0, 3), (3, 0), (3, 3)), {(0, 0), (1, 1)}),
)
"""Payoffs at (0, 0), (0, 1), (1, 0), (1, 1), and the pure equilibria."""


def _nash_faults(solve) -> tuple[int, list[str]]:
    """All games of two players and two moves with payoffs 0, 1, 2, and the named ones, that ``solve`` gets wrong."""
    found = [name for name, rows, wanted in NAMED if solve(_bimatrix(rows)) != wanted]
    every = [_bimatrix(tuple(zip(row[:4], row[4:], strict=True))) for row in product(range(3), repeat=8)]
    return len(every) + len(NAMED), found + [str(payoffs) for payoffs in every if solve(payoffs) != _nash(payoffs)]


def _nash_faults_of(tensor) -> tuple[int, list[str]]:
    """Those of the equilibria of two decisions side by side."""
    both = tensor(decision(2), decision(2))
    return _nash_faults(lambda payoffs: _play_for(both, payoffs))


@audit(
    "OG-NASH",
    source="Ghani, Hedges, Winschel and Zahn 2018, arXiv 1603.04641",
    controls={
        "the joint argmax": lambda: _nash_faults(_best_together)[1],
        "each wants the other's payoff": lambda: _nash_faults_of(paid_what_the_other_is)[1],
    },
)
def the_tensor_of_decisions_has_the_nash_equilibria():
    """Best responses of ⊗ of argmax decisions are the pure Nash equilibria, not the argmax of the sum.

    Matching pennies has none; in the prisoner's dilemma both defect, though both would gain by cooperating.
    """
    return _nash_faults_of(beside)
