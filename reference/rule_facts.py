"""What is exactly so of each update rule: the product law, the maps of the parameters that a run commutes with, pacing.

A map p ↦ M p + c turns gradients g into M⁻ᵀ g. A run is well defined up to such maps where, from the first state on,
the points at which gradients are asked for and the parameters go by the same map (law OPT-EQUIV; L-WELLDEF says why no
rule here may have more than isometries). Two steps are run on symbols, and each equation is decided.
``python reference/learner_tables.py docs/learners.md`` writes the table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from verified_cat.functions import Functions, Value
from verified_cat.machine import evaluate
from verified_cat.objects import SCALAR, Ob, Pair, Space, flatten, space
from verified_cat.optimiser import (
    Optimiser,
    adagrad,
    adam,
    asked,
    gradient_descent,
    momentum,
    nesterov,
    scheduled,
    sign_descent,
)
from verified_cat.reference.decide import decide
from verified_cat.reference.engine import SympyEngine
from verified_cat.rules import (
    adamw,
    ascending,
    clipped_by_leaf_norm,
    clipped_by_norm,
    clipped_by_value,
    damped_momentum,
    decayed,
    rmsprop,
)
from verified_cat.schedules import every, on_schedule

RATE, DECAY, SECOND, DELTA = Fraction(1, 10), Fraction(3, 4), Fraction(7, 8), Fraction(1, 8)

HOLDS, FAILS, UNDECIDED = "holds", "fails", "undecided"

RULES: dict[str, Callable[[Fraction], Optimiser]] = {
    "gradient descent": gradient_descent,
    "descent of signs": sign_descent,
    "momentum": lambda rate: momentum(rate, DECAY),
    "Nesterov": lambda rate: nesterov(rate, DECAY),
    "momentum, dampened": lambda rate: damped_momentum(rate, DECAY, Fraction(1, 4)),
    "momentum, look-ahead": lambda rate: damped_momentum(rate, DECAY, Fraction(0), look_ahead=True),
    "Adagrad": lambda rate: adagrad(rate, DELTA),
    "RMSProp": lambda rate: rmsprop(rate, DECAY, DELTA),
    "RMSProp, centered": lambda rate: rmsprop(rate, DECAY, DELTA, centered=True),
    "Adam": lambda rate: adam(rate, DECAY, SECOND, DELTA),
    "AdamW": lambda rate: adamw(rate, DECAY, SECOND, DELTA, Fraction(1, 2)),
    "ascent": lambda rate: ascending(gradient_descent(rate)),
    "weight decay, of momentum": lambda rate: decayed(momentum(rate, DECAY), Fraction(1, 2)),
    "clipping by value": lambda rate: clipped_by_value(gradient_descent(rate), Fraction(1)),
    "clipping by the norm of each leaf": lambda rate: clipped_by_leaf_norm(gradient_descent(rate), Fraction(1), DELTA),
    "clipping by the norm of all": lambda rate: clipped_by_norm(gradient_descent(rate), Fraction(1), DELTA),
    "momentum on a schedule": lambda rate: on_schedule(momentum(rate, DECAY), every(1, Fraction(1, 2))),
}


@dataclass(frozen=True, slots=True)
class Moved:
    """p ↦ M p + c on R², with gradients going by ``back`` = M⁻ᵀ."""

    name: str
    matrix: tuple[tuple[Fraction, ...], ...]
    shift: tuple[Fraction, ...] = (Fraction(0), Fraction(0))
    back: tuple[tuple[Fraction, ...], ...] | None = None


def _rows(*entries: Fraction | int) -> tuple[tuple[Fraction, ...], ...]:
    a, b, c, d = map(Fraction, entries)
    return (a, b), (c, d)


MAPS: tuple[Moved, ...] = (
    Moved("exchange", _rows(0, 1, 1, 0)),
    Moved("sign", _rows(-1, 0, 0, 1)),
    Moved("rotation", _rows(Fraction(3, 5), Fraction(-4, 5), Fraction(4, 5), Fraction(3, 5))),
    Moved("shift", _rows(1, 0, 0, 1), (Fraction(1), Fraction(-2))),
    Moved("p ↦ 2 p", _rows(2, 0, 0, 2), back=_rows(Fraction(1, 2), 0, 0, Fraction(1, 2))),
)
"""The maps that are tried. The rotation by (3 + 4 i) / 5 has no finite order, so with a sign it is dense in O(2)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is so of a rule: each word is "holds", "fails", "undecided" or "refused"."""

    rule: str
    state: str
    product: str
    maps: dict[str, str]
    pace: str

    @property
    def group(self) -> str:
        """The group that the maps generate for which a run is well defined, in symbols."""
        held = {name for name, word in self.maps.items() if word == HOLDS}
        linear = "O(n)" if {"rotation", "sign", "exchange"} <= held else None
        linear = linear or ("signed permutations" if {"sign", "exchange"} <= held else None)
        linear = linear or ("permutations" if "exchange" in held else "none found")
        return f"{linear} ⋉ Rⁿ" if "shift" in held else linear


@cache
def facts(name: str) -> Facts:
    """The facts of one rule."""
    rule = RULES[name](RATE)
    return Facts(
        name,
        str(rule.state(space(2))),
        product_law(rule),
        {each.name: well_defined(rule, each) for each in MAPS},
        paced(name),
    )


# ------------------------------------------------------------------------------------------------ the equations


def product_law(rule: Optimiser) -> str:
    """U on P ⊗ Q after two steps, beside those on P and on Q, for P = R² and Q = R."""
    engine = SympyEngine()
    left, right = space(2), SCALAR
    p, q = symbols(left, "p"), symbols(right, "q")
    gradients = [(symbols(left, f"g{i}"), symbols(right, f"h{i}")) for i in (1, 2)]
    together = run(rule, Pair(left, right), (p, q), gradients, engine)
    one = run(rule, left, p, [g for g, _ in gradients], engine)
    two = run(rule, right, q, [h for _, h in gradients], engine)
    sides = zip(together, zip(one, two, strict=True), strict=True)
    return same([(Pair(left, right), found, wanted) for found, wanted in sides])


def well_defined(rule: Optimiser, moved: Moved) -> str:
    """Two steps from M p + c by M⁻ᵀ g, against M p' + c of the two steps from p by g."""
    engine, plane = SympyEngine(), space(2)
    matrix, shift, back = _matrix(moved.matrix), _matrix(moved.shift), _matrix(moved.back or moved.matrix)
    p, gradients = symbols(plane, "p"), [symbols(plane, f"g{i}") for i in (1, 2)]
    there = run(rule, plane, matrix @ p + shift, [back @ g for g in gradients], engine)
    here = run(rule, plane, p, gradients, engine)
    return same([(plane, found, matrix @ wanted + shift) for found, wanted in zip(there, here, strict=True)])


def paced(name: str) -> str:
    """With the rate times 1/2 as an input, two steps, and where they ask, are those of the rule with half the rate."""
    engine, plane, half = SympyEngine(), space(2), Fraction(1, 2)
    rule, other = RULES[name](RATE), RULES[name](RATE * half)
    p, gradients = symbols(plane, "p"), [symbols(plane, f"g{i}") for i in (1, 2)]
    term, ask = scheduled(rule, plane.shape), asked(rule, plane.shape)
    held = evaluate(rule.initial(plane), (), engine), p
    pace = engine.lift(SCALAR, (half,))
    met = [evaluate(ask, (held, pace), engine)]
    for gradient in gradients:
        if rule.prepare is not None:
            gradient = evaluate(rule.prepare(plane), (held[1], gradient), engine)
        held = evaluate(term, (held, (gradient, pace)), engine)
        met.append(evaluate(ask, (held, pace), engine))
    there = run(other, plane, p, gradients, engine)
    return same([(plane, found, wanted) for found, wanted in zip([*met, held[1]], there, strict=True)])


def run(rule: Optimiser, param: Ob, start: Value, gradients: Sequence[Value], engine: SympyEngine) -> list[Value]:
    """The points at which each gradient is asked for, and the parameters after the last."""
    functions = Functions(engine)
    update, ask = functions.meaning(rule.update(param)), functions.meaning(rule.ask(param))
    held, met = (functions.meaning(rule.initial(param))(()), start), []
    for gradient in gradients:
        met.append(ask(held))
        held = update((held, gradient))
    return [*met, ask(held), held[1]]


def same(sides: Sequence[tuple[Ob, Value, Value]]) -> str:
    """The worst word over all entries of all equations."""
    words = {
        decide(one, two).verdict
        for ob, found, wanted in sides
        for a, b in zip(flatten(ob, found), flatten(ob, wanted), strict=True)
        for one, two in zip(np.asarray(a).reshape(-1), np.asarray(b).reshape(-1), strict=True)
    }
    return FAILS if "different" in words else UNDECIDED if "undecided" in words else HOLDS


def symbols(leaf: Space, name: str) -> Any:
    """An array of symbols."""
    made = np.empty(leaf.shape, dtype=object)
    for index in np.ndindex(leaf.shape):
        made[index] = sp.Symbol(f"{name}{''.join(map(str, index))}", real=True)
    return made


def _matrix(rows: Any) -> Any:
    """Exact numbers as an array of expressions."""
    return np.vectorize(lambda entry: sp.Rational(entry.numerator, entry.denominator), otypes=[object])(
        np.array(rows, dtype=object)
    )


def table() -> list[str]:
    """The facts of all rules as Markdown."""
    maps = [each.name for each in MAPS]
    heads = ["rule", "state of R²", "product law", *maps, "a run is well defined up to", "rate as an input"]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for name in RULES:
        known = facts(name)
        words = [known.product, *(known.maps[each] for each in maps)]
        lines.append(f"| {' | '.join([name, f'`{known.state}`', *words, known.group, known.pace])} |")
    return lines
