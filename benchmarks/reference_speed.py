"""The exact reference against naive symbolic differentiation, on a network of 163 parameters.

Network 4-20-3 with sigmoid and the quadratic error (the Iris network of ``verified_cat.networks.perceptron``). Naive is
what one writes first: the loss as one SymPy expression, ``sympy.diff`` by each parameter, ``subs`` of a rational point,
``evalf``. Ours is the shared graph: the same term, one pass backwards, enclosures of all entries at the point.

    OMP_NUM_THREADS=1 python benchmarks/reference_speed.py --rounds 9 --sample 6

Both sides are of one process and one run, interleaved. The naive side takes minutes for all entries, so each round
substitutes in a fresh random sample of them, and its time is scaled up to 163; that is said in the figures.

Predicted before the first run of this file: building and differentiating 1000 to 3000 times faster (3 to 10 ms against
about 10 s), the values included 10,000 times or more. The goal is 50.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from fractions import Fraction
from random import Random
from statistics import quantiles
from time import process_time
from typing import Any

import sympy as sp

from verified_cat import primitives as p
from verified_cat.functions import Functions
from verified_cat.loss import QUADRATIC
from verified_cat.networks import perceptron
from verified_cat.objects import SCALAR
from verified_cat.reference import SympyEngine
from verified_cat.reference.evaluate import Enclosure
from verified_cat.reference.graph import GraphEngine, gradient
from verified_cat.reference.jacobian import entries
from verified_cat.reference.points import enclose_graph
from verified_cat.terms import Identity

DIGITS = 38
MODEL = perceptron(1, (4, 20, 3), p.sigmoid).map
LOSS = (MODEL.inside @ Identity(MODEL.cod)) >> QUADRATIC.total(MODEL.cod)
PARAMETERS = 163


def point(seed: int) -> list[Fraction]:
    """A random rational for each parameter, input and target."""
    draw = Random(seed)
    count = len(entries(LOSS.dom, SympyEngine().symbols(LOSS.dom)))
    return [Fraction(draw.randrange(-24, 25), 16) for _ in range(count)]


def clock(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds, and what came of it."""
    start = process_time()
    found = work()
    return process_time() - start, found


def naive_derivatives() -> tuple[list[Any], list[Any]]:
    """(variables, partial derivatives): the loss as one SymPy expression, differentiated by each parameter."""
    engine = SympyEngine()
    variables = entries(LOSS.dom, engine.symbols(LOSS.dom))
    loss = Functions(engine).meaning(LOSS)(engine.symbols(LOSS.dom))[()]
    return variables, [sp.diff(loss, variable) for variable in variables[:PARAMETERS]]


def shared_derivatives() -> tuple[list[Any], list[Any]]:
    """(variables, partial derivatives) as nodes of the shared graph."""
    engine = GraphEngine()
    x = engine.symbols(LOSS.dom)
    variables = entries(LOSS.dom, x)
    (loss,) = entries(SCALAR, Functions(engine).meaning(LOSS)(x))
    return variables, gradient(loss, variables[:PARAMETERS])


def substituted(expression: Any, variables: list[Any], values: list[Fraction]) -> Any:
    """The number that ``subs`` and ``evalf`` give, to 38 digits."""
    at = {v: sp.Rational(q.numerator, q.denominator) for v, q in zip(variables, values, strict=True)}
    return expression.subs(at).evalf(DIGITS)


def agrees(number: Any, enclosure: Enclosure) -> bool:
    """Whether the number is within 10^-30 of the enclosure: what was timed is the same thing."""
    exact = Fraction(int(sp.Rational(number).p), int(sp.Rational(number).q))
    return abs(exact - enclosure.middle) < Fraction(1, 10**30)


def one_round(number: int, sample: int) -> dict[str, float]:
    """The seconds of every part, after a check that both sides found the same values."""
    values = point(number)
    sp.core.cache.clear_cache()
    naive_build, (variables, slow) = clock(naive_derivatives)
    shared_build, (nodes, fast) = clock(shared_derivatives)
    shared_values, enclosed = clock(lambda: enclose_graph(fast, dict(zip(nodes, values, strict=True)), DIGITS))
    chosen = Random(number).sample(range(PARAMETERS), sample)
    naive_values, found = clock(lambda: [substituted(slow[i], variables, values) for i in chosen])
    if not all(agrees(each, enclosed[i]) for each, i in zip(found, chosen, strict=True)):
        raise SystemExit("the two sides found different derivatives: nothing was measured")
    return {
        "naive build": naive_build,
        "shared build": shared_build,
        "naive values": naive_values * PARAMETERS / sample,
        "shared values": shared_values,
    }


def spread(figures: list[float]) -> dict[str, float]:
    """The median and the quartiles."""
    low, middle, high = quantiles(figures, n=4, method="inclusive") if len(figures) > 1 else figures * 3
    return {"lower": low, "median": middle, "upper": high}


def main() -> None:
    """Interleaved rounds; prints the table, exits 1 where the lower quartile of the ratio is below 50."""
    options = argparse.ArgumentParser(description="the exact reference against naive symbolic differentiation")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--sample", type=int, default=4, help="entries substituted per round on the naive side")
    options.add_argument("--json", help="write the figures to this file")
    given = options.parse_args()
    rounds = [one_round(number, given.sample) for number in range(given.rounds)]
    figures = {name: spread([each[name] for each in rounds]) for name in rounds[0]}
    figures["ratio of building and differentiating"] = spread([r["naive build"] / r["shared build"] for r in rounds])
    figures["ratio with the values"] = spread(
        [(r["naive build"] + r["naive values"]) / (r["shared build"] + r["shared values"]) for r in rounds]
    )
    for name, each in figures.items():
        print(f"{name:<40} {each['median']:>12.4g}  [{each['lower']:.4g}, {each['upper']:.4g}]")
    if given.json:
        with open(given.json, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=1)
    if figures["ratio of building and differentiating"]["lower"] < 50:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
