"""L_{ε,e} at work: networks as learners (P, I, U, r), composed, tensored and compiled, and what their requests lose.

    model = learned(first.map) >> learned(second.map)        # L(first) ; L(second)
    step = LearnerStep(model, Fraction(1, 100), TorchEngine("float64"))
    step.start(weights)
    for x, y in batches:
        error = step.step(x, y)

In exact arithmetic the steps are those of gradient descent on E = Σ e (Fong, Spivak and Tuyéras 2019, Theorem III.2).
In floats a request is a value with a gradient in its last digits: what is below half a unit of the value is gone (law
FLOAT-LEARN). ``python gpu/learner.py`` prints how much.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import log2
from typing import Any

from verified_cat import primitives
from verified_cat.engine import UNIT_ROUNDOFF
from verified_cat.functions import Engine, Functions, Run, Value
from verified_cat.gad import reverse_mode
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.step import Step
from verified_cat.learn import GradientLearning, Learn, Learner
from verified_cat.loss import QUADRATIC, SeparableError
from verified_cat.machine import evaluate
from verified_cat.networks import PARA, Objective, supervised
from verified_cat.objects import SCALAR, Ob, Pair
from verified_cat.optimiser import gradient_descent
from verified_cat.para import ParaMap, change_base
from verified_cat.program import Program, Wires, trace
from verified_cat.terms import Identity, Second, Term


class Learning:
    """L_{ε,e} from networks to learners on the values of an engine, with the operations on learners at hand."""

    def __init__(self, engine: Engine, rate: Fraction, error: SeparableError = QUADRATIC) -> None:
        functions = Functions(engine)
        self.learn = Learn(functions)
        self._derive = reverse_mode(engine).differentiate

        def step(ob: Ob) -> Run:
            return functions.meaning(self.step(ob, rate)).run

        self._lift = GradientLearning(self.learn, error.on(functions), step)

    def step(self, ob: Ob, rate: Fraction) -> Term:
        """(p, dp) ↦ p - ε dp."""
        return (Identity(ob) @ primitives.scale_on(-rate, ob)) >> primitives.add_on(ob)

    def __call__(self, model: ParaMap[Term]) -> Learner:
        """The learner (P, I, U, r) of a network."""
        return self._lift(change_base(model, self._derive))


class Gradients(Learning):
    """L whose updates are the gradients themselves, to be looked at."""

    def __init__(self, engine: Engine, error: SeparableError = QUADRATIC) -> None:
        super().__init__(engine, Fraction(1), error)

    def step(self, ob: Ob, rate: Fraction) -> Term:
        """(p, dp) ↦ dp."""
        return Second(ob, ob)


@dataclass(frozen=True, slots=True)
class Learned:
    """A network with the way in which its learner is put together: ``made`` by L at once, or of learners by ; and ⊗."""

    map: ParaMap[Term]
    made: Callable[[Learning], Learner]

    def __rshift__(self, other: Learned) -> Learned:
        """L(f) ; L(g): the second asks the first for the input that it would rather have had."""
        return Learned(
            PARA.compose(self.map, other.map),
            lambda learning: learning.learn.compose(self.made(learning), other.made(learning)),
        )

    def __matmul__(self, other: Learned) -> Learned:
        """L(f) ⊗ L(g): each with its own inputs and targets."""
        return Learned(
            PARA.tensor(self.map, other.map),
            lambda learning: learning.learn.tensor(self.made(learning), other.made(learning)),
        )


def learned(model: ParaMap[Term]) -> Learned:
    """L(f): cotangents within f, requests where it meets others."""
    return Learned(model, lambda learning: learning(model))


class LearnerStep(Step):
    """((), p), (a, b) ↦ ((), U(p, a, b)), E(I(p, a), b): the update of a learner, compiled. Options as of ``Step``."""

    def __init__(
        self, model: Learned, rate: Fraction, engine: TorchEngine, error: SeparableError = QUADRATIC, **options: Any
    ) -> None:
        self._model, self._rate, self._error = model, rate, error
        super().__init__(objective_of(model, error), gradient_descent(rate), engine, **options)

    def traced(self) -> Program:
        """The program of U and E."""
        param, data = self.objective.param, self.objective.data
        held, price = Pair(self.rule.state(param), param), self._error.total(self._model.map.cod)

        def run(wires: Wires, value: Value) -> Value:
            (state, p), (a, b) = value
            learner = self._model.made(Learning(wires, self._rate, self._error))
            return (state, learner.update(((p, a), b))), evaluate(price, (learner.implement((p, a)), b), wires)

        return trace(run, Pair(held, data), Pair(held, SCALAR))


def objective_of(model: Learned, error: SeparableError = QUADRATIC) -> Objective:
    """(p, (a, b)) ↦ Σ e(I(p, a), b): what the steps of the learner descend on; the engine's own form of it."""
    return supervised(model.map, error.total(model.map.cod))


# ------------------------------------------------------------------------------------------------ what floats lose


@dataclass(frozen=True, slots=True)
class Loss:
    """A gradient of size ``gradient`` at a value of 1: its relative error by request and by cotangent."""

    gradient: float
    by_request: float
    by_cotangent: float

    def bits(self, precision: str) -> float:
        """How many bits of those that the format has are lost by the request; all, where nothing is left."""
        unit = float(UNIT_ROUNDOFF[precision])
        return 0.0 if self.by_request <= unit else min(-log2(unit), log2(self.by_request / unit))


def losses(engine: TorchEngine) -> list[Loss]:
    """The gradient q²/3 of p at p = a = 1 through p a and q b, for the target 2 q / 3 and q = 1, 1/2, 1/4, …

    By the request that L(q b) makes of L(p a), and by the cotangent of L(p a ; q b).
    """
    digits = round(-log2(float(UNIT_ROUNDOFF[engine.precision])))
    return [_lost(engine, Fraction(1, 2**k)) for k in range(0, digits // 2 + 3, 1 + digits // 30)]


def _lost(engine: TorchEngine, q: Fraction) -> Loss:
    """One line. The gradient is computed exactly, from the numbers that the engine was given."""
    product = ParaMap(SCALAR, SCALAR, SCALAR, primitives.multiply(()))
    model = learned(product) >> learned(product)
    one, factor, target = (engine.lift(SCALAR, (number,)) for number in (Fraction(1), q, q * Fraction(2, 3)))
    exact = q * (q - Fraction(float(target)))

    def error(made: Learned) -> float:
        by_p, _ = made.made(Gradients(engine)).update((((one, factor), one), target))
        return abs(float(Fraction(float(engine.dense(by_p))) / exact - 1))

    return Loss(float(exact), error(model), error(learned(model.map)))


def report(precision: str) -> list[str]:
    """The losses of a format as a Markdown table."""
    lines = ["| gradient | relative error by request | bits lost | by cotangent |", "|---|---|---|---|"]
    for line in losses(TorchEngine(precision)):
        shown = f"{line.gradient:.2g} | {line.by_request:.2g} | {line.bits(precision):.0f} | {line.by_cotangent:.2g}"
        lines.append(f"| {shown} |")
    return lines


def main(arguments: list[str]) -> None:
    """Print what requests lose, in the formats that are named: by default float32 and float64."""
    for precision in arguments or ["float32", "float64"]:
        print("\n".join([f"{precision}: a gradient at a value of 1", "", *report(precision), ""]))


if __name__ == "__main__":
    main(sys.argv[1:])
