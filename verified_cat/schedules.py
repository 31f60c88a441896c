"""Learning-rate schedules: stateful lenses (K, K) → (R, 1) that give a rule's rate a factor at each step.

A schedule holds K, reads off a factor K → R and goes on K → K; no clock is hidden. ``on_schedule`` makes a rule of a
rule, with K in its state; ``factors`` gives the same numbers as a stream, for steps whose rate is an input. Cosines are
those of the table, at rational multiples of π to 50 digits; a table of any exact numbers is a schedule too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from verified_cat import primitives
from verified_cat.errors import UsageError
from verified_cat.functions import Engine, Value
from verified_cat.machine import evaluator
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Space
from verified_cat.optimiser import Optimiser, asked, scheduled
from verified_cat.primitives import Shape
from verified_cat.terms import Discard, First, Identity, Pairing, Second, Term

PI = Fraction(314159265358979323846264338327950288419716939937511, 10**50)
"""π, rounded to 50 digits after the point."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """(K, K) → (R, 1): ``initial`` : 1 → K, ``factor`` : K → R at a step, and ``following`` : K → K after it."""

    name: str
    state: Ob
    initial: Term
    factor: Term
    following: Term

    def __mul__(self, other: Schedule) -> Schedule:
        """The factors multiplied, with the states K ⊗ L: a warm-up times an annealing, say."""
        return Schedule(
            f"{self.name} times {other.name}",
            Pair(self.state, other.state),
            Pairing(self.initial, other.initial),
            (self.factor @ other.factor) >> primitives.multiply(()),
            self.following @ other.following,
        )


def on_schedule(rule: Optimiser, schedule: Schedule) -> Optimiser:
    """((s, k), p), g ↦ ((s', k'), p'): the rule with its rate times the factor at k, on every leaf."""

    def state(shape: Shape) -> Ob:
        return Pair(rule.leaf_state(shape), schedule.state)

    def update(shape: Shape) -> Term:
        param, own = Space(shape), rule.leaf_state(shape)
        held = Pair(Pair(own, schedule.state), param)
        now, gradient = First(held, param), Second(held, param)
        both = now >> First(held.left, param)
        kept = both >> Second(own, schedule.state)
        before = Pairing(both >> First(own, schedule.state), now >> Second(held.left, param))
        done = Pairing(before, Pairing(gradient, kept >> schedule.factor)) >> scheduled(rule, shape)
        after, rest = Pair(own, param), schedule.state
        regroup = Pairing(
            Pairing(First(after, rest) >> First(own, param), Second(after, rest)),
            First(after, rest) >> Second(own, param),
        )
        return Pairing(done, kept >> schedule.following) >> regroup

    def initial(shape: Shape) -> Term:
        return Pairing(rule.leaf_initial(shape), schedule.initial)

    def ask(shape: Shape) -> Term:
        param, both = Space(shape), Pair(rule.leaf_state(shape), schedule.state)
        states = First(both, param)
        own = Pairing(states >> First(both.left, both.right), Second(both, param))
        return Pairing(own, states >> Second(both.left, both.right) >> schedule.factor) >> asked(rule, shape)

    return replace(
        rule,
        name=f"{rule.name} with {schedule.name}",
        leaf_state=state,
        leaf_initial=initial,
        leaf_update=update,
        leaf_ask=None if rule.leaf_ask is None else ask,
        leaf_paced=None,
    )


def factors(schedule: Schedule, engine: Engine) -> Iterator[Value]:
    """The factors from the first step on, without end."""
    factor, following = evaluator(schedule.factor, engine), evaluator(schedule.following, engine)
    held = evaluator(schedule.initial, engine)(())
    while True:
        yield factor(held)
        held = following(held)


# ------------------------------------------------------------------------------------------------ schedules


def constant(factor: Fraction = Fraction(1)) -> Schedule:
    """c at every step; no state."""
    return Schedule("a constant", UNIT, Identity(UNIT), primitives.constant((), factor), Identity(UNIT))


def exponential(factor: Fraction) -> Schedule:
    """γᵗ."""
    return Schedule(
        "exponential decay", SCALAR, primitives.constant((), 1), Identity(SCALAR), primitives.scale(factor, ())
    )


def every(steps: int, factor: Fraction = Fraction(1, 10)) -> Schedule:
    """γ^⌊t / n⌋, torch's StepLR. The state is (t mod n, the factor)."""
    _must_be_counted("every", steps)
    both = Pair(SCALAR, SCALAR)
    time, held = First(SCALAR, SCALAR) >> _plus(1), Second(SCALAR, SCALAR)
    hit = time >> _plus(Fraction(1, 2) - steps) >> primitives.step(())
    again = Pairing(time, hit >> primitives.scale(-steps, ())) >> primitives.add(())
    kept = Pairing(held, hit >> primitives.scale(factor - 1, ()) >> _plus(1)) >> primitives.multiply(())
    start = Pairing(primitives.constant((), 0), primitives.constant((), 1))
    return Schedule(f"steps of {steps}", both, start, held, Pairing(again, kept))


def warm_up(steps: int, start: Fraction = Fraction(0)) -> Schedule:
    """From ``start`` to 1 in ``steps`` equal steps, then 1: start + (1 - start) min(t, n) / n, torch's LinearLR."""
    _must_be_counted("warm_up", steps)
    return _timed("a warm-up", _at_most(steps) >> primitives.scale((1 - start) / steps, ()) >> _plus(start))


def cosine(steps: int, low: Fraction = Fraction(0)) -> Schedule:
    """low + (1 - low) (1 + cos(π t / n)) / 2 (Loshchilov and Hutter 2017, equation 5), torch's CosineAnnealingLR."""
    _must_be_counted("cosine", steps)
    return _timed("a cosine", primitives.scale(Fraction(1, steps), ()) >> _annealed(Fraction(1), low))


def one_cycle(
    steps: int,
    rise: Fraction = Fraction(3, 10),
    first: Fraction = Fraction(1, 25),
    last: Fraction = Fraction(1, 250000),
) -> Schedule:
    """A half cosine from ``first`` to 1 until rise · n - 1, another to ``last`` at n - 1 (Smith and Topin 2018).

    torch's OneCycleLR with first = 1 / div_factor and last = first / final_div_factor, without its cycle of momenta.
    Raises UsageError where one of the two parts is empty.
    """
    _must_be_counted("one_cycle", steps)
    top, end = rise * steps - 1, steps - 1
    if not 0 < top < end:
        raise UsageError(f"one_cycle: of {steps} steps the rise ends at {top}, which is not between 0 and {end}")
    up = _at_most(top) >> primitives.scale(1 / top, ()) >> _annealed(first, Fraction(1))
    down = _plus(-top) >> primitives.relu(()) >> primitives.scale(1 / (end - top), ()) >> _annealed(Fraction(1), last)
    return _timed("one cycle", Pairing(up, down) >> primitives.multiply(()))


def inverse_time(decay: Fraction) -> Schedule:
    """1 / (1 + δ t), torch's ``lr_decay`` of Adagrad."""
    return _timed("inverse time", primitives.scale(decay, ()) >> _plus(1) >> primitives.reciprocal(()))


def tabled(*values: Fraction | int) -> Schedule:
    """These factors, then the last one again and again. Raises UsageError for an empty table."""
    count = len(values)
    _must_be_counted("tabled", count)
    row = Discard(SCALAR) >> primitives.constant((count,), *values)
    chosen = _at_most(count - 1) >> primitives.one_hot((), count)
    return _timed(f"a table of {count}", Pairing(row, chosen) >> primitives.contract("i,i->", (count,), (count,)))


def _timed(name: str, factor: Term) -> Schedule:
    """A function of the time t = 0, 1, 2, …, which is the state."""
    return Schedule(name, SCALAR, primitives.constant((), 0), factor, _plus(1))


def _plus(number: Fraction | int) -> Term:
    """x ↦ x + number."""
    return Pairing(Identity(SCALAR), Discard(SCALAR) >> primitives.constant((), number)) >> primitives.add(())


def _at_most(number: Fraction | int) -> Term:
    """t ↦ min(t, number) = t - relu(t - number); exact for whole numbers in floats too."""
    over = _plus(-number) >> primitives.relu(()) >> primitives.negate(())
    return Pairing(Identity(SCALAR), over) >> primitives.add(())


def _annealed(start: Fraction, end: Fraction) -> Term:
    """x ↦ end + (start - end) (1 + cos(π x)) / 2."""
    wave = primitives.scale(PI, ()) >> primitives.cos(()) >> _plus(1)
    return wave >> primitives.scale((start - end) / 2, ()) >> _plus(end)


def _must_be_counted(where: str, steps: int) -> None:
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise UsageError(f"{where}: the number of steps is a whole number >= 1, not {steps!r}")
