"""Long composites: f₁ ; … ; fₙ run in a loop, so that the interpreter's stack does not limit how many maps compose.

A few maps compose by nested calls, which are quick; beyond ``SHORT`` the composite is a rope of its two halves, taken
apart once, when it is first run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Step = Callable[[Any], Any]

SHORT = 64
"""How many maps compose by nested calls."""


class InTurn:
    """x ↦ g(f(x)), where f and g may be composites of thousands."""

    __slots__ = ("_steps", "first", "second")

    def __init__(self, first: Step, second: Step) -> None:
        self.first = first
        self.second = second
        self._steps: tuple[Step, ...] = ()

    def __call__(self, x: Any) -> Any:
        for step in self._steps or self.steps():
            x = step(x)
        return x

    def steps(self) -> tuple[Step, ...]:
        """f₁, …, fₙ: the ends of the rope, from first to last."""
        if not self._steps:
            found: list[Step] = []
            pending: list[Step] = [self]
            while pending:
                here = pending.pop()
                if type(here) is not type(self):
                    found.append(here)
                elif here._steps:
                    found += here._steps
                else:
                    pending += [here.second, here.first]
            self._steps = tuple(found)
        return self._steps


class ChainRule(InTurn):
    """a ↦ (g(f(a)), f'(a) ; g'(f(a))) for long f and g: the values in a loop, the derivatives composed as they come."""

    __slots__ = ("compose",)

    def __init__(self, first: Step, second: Step, compose: Callable[[Any, Any], Any]) -> None:
        super().__init__(first, second)
        self.compose = compose

    def __call__(self, a: Any) -> Any:
        step, *others = self._steps or self.steps()
        value, derivative = step(a)
        for step in others:
            value, onward = step(value)
            derivative = self.compose(derivative, onward)
        return value, derivative
