"""Random steps, compiled, against the same steps kernel by kernel: ``python -m verified_cat.fuzzing --steps 10000``.

Step i of seed s is an objective made of the random term (s, i), and one of the rules; it is compiled, and makes some
steps. Each is compared with what the uncompiled training makes of the same state and data, entry by entry, within twice
the rounding bound of the whole step: both are within one of the exact values.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from verified_cat import primitives
from verified_cat.calls import array_of
from verified_cat.draw import seeded
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.step import Step
from verified_cat.gpu.training import descent, tensor_of
from verified_cat.instances import instance
from verified_cat.loss import absolute, total
from verified_cat.mapping import names_of, places_of
from verified_cat.networks import Objective
from verified_cat.objects import Ob, Pair, flatten, leaves, unflatten
from verified_cat.optimiser import Optimiser, adagrad, adam, gradient_descent, momentum, nesterov, sign_descent
from verified_cat.program import running
from verified_cat.reference.balls import Array, Ball
from verified_cat.reference.bounding import bounding
from verified_cat.rules import adamw, ascending, clipped_by_norm, clipped_by_value, damped_momentum, decayed, rmsprop
from verified_cat.schedules import on_schedule, warm_up
from verified_cat.terms import AssociatorInverse, Copy, Identity, Term

RATE, DECAY = Fraction(1, 50), Fraction(9, 10)

RULES: dict[str, Callable[[], Optimiser]] = {
    "gradient descent": lambda: gradient_descent(RATE),
    "momentum": lambda: momentum(RATE, DECAY),
    "nesterov": lambda: nesterov(RATE, DECAY),
    "adam": lambda: adam(RATE),
    "adagrad": lambda: adagrad(RATE),
    "sign descent": lambda: sign_descent(RATE),
    "damped momentum": lambda: damped_momentum(RATE, DECAY, Fraction(1, 2)),
    "look-ahead momentum": lambda: damped_momentum(RATE, DECAY, Fraction(0), look_ahead=True),
    "rmsprop": lambda: rmsprop(RATE),
    "centered rmsprop": lambda: rmsprop(RATE, DECAY, centered=True, inertia=DECAY),
    "adamw": lambda: adamw(RATE),
    "clipped by norm decayed momentum": lambda: clipped_by_norm(decayed(momentum(RATE, DECAY), RATE), Fraction(1)),
    "clipped ascending gradient descent": lambda: clipped_by_value(ascending(gradient_descent(RATE)), Fraction(1, 2)),
    "momentum with a warm-up": lambda: on_schedule(momentum(RATE, DECAY), warm_up(3, RATE)),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a compiled step left the bound; ``index`` of ``seed`` makes it again."""

    seed: int
    index: int
    rule: str
    number: int
    what: str

    def __str__(self) -> str:
        return f"random_step({self.seed}, {self.index}), {self.rule}, step {self.number}: {self.what}"


def random_step(seed: int, index: int) -> tuple[Objective, Optimiser]:
    """The objective and the rule with these numbers: a distance of a random term from data."""
    choose = seeded(seed * 10**6 + index)
    term = instance(seed, index).term
    dom, cod = term.dom, term.cod
    distance = primitives.subtract_on(cod) >> choose((_squares, _absolutes))(cod)
    if isinstance(dom, Pair) and choose((True, False)):
        inside = AssociatorInverse(dom.left, dom.right, cod) >> (term @ Identity(cod)) >> distance
        objective = Objective(dom.left, Pair(dom.right, cod), inside)
    else:
        objective = Objective(dom, cod, (term @ Identity(cod)) >> distance)
    return objective, RULES[choose([*RULES])]()


def _squares(ob: Ob) -> Term:
    return Copy(ob) >> primitives.multiply_on(ob) >> total(ob)


def _absolutes(ob: Ob) -> Term:
    return primitives.map_on(ob, absolute) >> total(ob)


def fuzzed(seed: int, index: int, steps: int = 3) -> tuple[int, list[Difference]]:
    """(how many entries were compared, the differences) of one random step."""
    objective, rule = random_step(seed, index)
    engine = TorchEngine("float64")
    compiled = Step(objective, rule, engine)
    numbers = np.random.Generator(np.random.Philox(key=seed * 10**9 + index))
    compiled.start({str(place): numbers.standard_normal(shape) for place, shape in enumerate(_shapes(objective.param))})
    bound, reference = (
        running(compiled.program, bounding("float64", exact_sums=False)),
        _reference(objective, rule, engine),
    )
    count, found = 0, list[Difference]()
    for number in range(steps):
        data = [tensor_of(numbers.standard_normal(shape), engine) for shape in _shapes(objective.data)]
        before = compiled.saved()
        inputs = [array_of(each) for each in (*compiled.emitted.state, *data)]
        expected, loss = reference(before, data)
        compiled.step(*data)
        exact = unflatten(compiled.program.dom, [Ball(x, np.zeros(x.shape)) for x in inputs])
        errors = [ball.error for ball in flatten(compiled.program.cod, bound(exact))]
        places = places_of(compiled)
        pairs = [
            (names_of(compiled)[place], tensor, new, errors[place])
            for place, tensor, new in zip(places, compiled.state(), expected, strict=True)
        ]
        for name, mine, theirs, error in [*pairs, ("the loss", compiled.emitted.results[0], loss, errors[-1])]:
            compared, wrong = _beyond(array_of(mine), array_of(engine.dense(theirs)), error)
            count += compared
            found += [Difference(seed, index, rule.name, number, f"{name} {wrong}")] if wrong else []
        if found or not all(bool(np.isfinite(array_of(each)).all()) for each in compiled.state()):
            break
    return count, found


def _reference(objective: Objective, rule: Optimiser, engine: TorchEngine) -> Callable[..., tuple[list[Any], Any]]:
    """(state, data) ↦ (the new state leaf by leaf, the loss), operation by operation."""
    held = Pair(rule.state(objective.param), objective.param)
    update = descent(objective, rule, engine)

    def run(state: Sequence[Any], data: Sequence[Any]) -> tuple[list[Any], Any]:
        given, batch = unflatten(held, list(state)), unflatten(objective.data, list(data))
        moved, figures = update(given, batch)
        return flatten(held, moved), figures["loss"]

    return run


def _shapes(ob: Ob) -> list[tuple[int, ...]]:
    return [leaf.shape for leaf in leaves(ob)]  # type: ignore[attr-defined]


def _beyond(one: Array, other: Array, error: Array) -> tuple[int, str]:
    """(how many entries have a finite bound, what is wrong or "")."""
    finite = np.isfinite(error)
    with np.errstate(all="ignore"):
        gap = np.where(finite, np.abs(one - other), 0.0)
    wrong = finite & ~(gap <= 2 * error)
    if not bool(wrong.any()):
        return int(finite.sum()), ""
    return int(finite.sum()), f"differs by {gap[wrong].max():.3g}, allowed {2 * error[wrong].max():.3g}"


def main(arguments: Sequence[str] | None = None) -> int:
    """How many were compared, and what differed; 1 where something did."""
    parser = argparse.ArgumentParser(prog="python -m verified_cat.fuzzing", description=__doc__)
    parser.add_argument("--steps", type=int, default=1000, help="how many random steps (1000)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    entries, found = 0, list[Difference]()
    for index in range(given.steps):
        count, differences = fuzzed(given.seed, index)
        entries, found = entries + count, found + differences
        for difference in differences:
            print(difference, flush=True)
    print(f"{given.steps} random steps of seed {given.seed}: {entries} entries compared, {len(found)} beyond the bound")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
