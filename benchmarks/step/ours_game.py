"""A step of several players at once: each moves its own leaves down the gradient of its own objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from verified_cat import primitives
from verified_cat.descent import step
from verified_cat.functions import Engine, Value
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.step import Step
from verified_cat.machine import differentiate, evaluate
from verified_cat.networks import Objective
from verified_cat.objects import SCALAR, Pair, flatten
from verified_cat.optimiser import Optimiser
from verified_cat.program import Program, trace


class GameStep(Step):
    """((s, p), d) ↦ ((s', p'), Σ E_i(p, d)), where leaf l moves along ∂E_i/∂l of its owner i.

    All objectives are over the same parameters and data, so on wires what they have in common runs once.
    """

    def __init__(
        self,
        objectives: Mapping[str, Objective],
        owners: Sequence[str],
        rule: Optimiser,
        engine: TorchEngine,
        **options: Any,
    ) -> None:
        self.objectives, self.owners = dict(objectives), tuple(owners)
        super().__init__(next(iter(objectives.values())), rule, engine, **options)

    def traced(self) -> Program:
        """The program (S ⊗ P) ⊗ D → (S ⊗ P) ⊗ R."""
        held = Pair(self.rule.state(self.objective.param), self.objective.param)

        def run(wires: Engine, given: Value) -> Value:
            state, data = given
            asked = evaluate(self.rule.ask(self.objective.param), state, wires)

            def combine(_: list[Value], __: Value, engine: Engine) -> tuple[list[Value], Value]:
                return self.slopes(asked, data, engine)

            return step(self.objective, self.rule, state, data, wires, combine)

        return trace(run, Pair(held, self.objective.data), Pair(held, SCALAR))

    def slopes(self, asked: Value, data: Value, engine: Engine) -> tuple[list[Value], Value]:
        """The slope of each leaf by its owner's objective, and the sum of all objectives."""
        one = evaluate(primitives.constant((), Fraction(1)), (), engine)
        found, losses = {}, []
        for player, objective in self.objectives.items():
            loss, pullback = differentiate(objective.term, (asked, data), engine)
            found[player] = flatten(objective.param, pullback(one)[0])
            losses.append(loss)
        whole = losses[0]
        for loss in losses[1:]:
            whole = evaluate(primitives.add(()), (whole, loss), engine)
        return [found[owner][leaf] for leaf, owner in enumerate(self.owners)], whole
