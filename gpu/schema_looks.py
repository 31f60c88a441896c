"""A look at a schema on its way: every part of its losses by name, on examples that no step is made on.

They are drawn once, as many as a batch has, and looked at by the engine of closures. The arrows are looked at where the
run would leave them, so at the mean of their parameters where one is kept; the critics as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from verified_cat.errors import SchemaError, near
from verified_cat.functions import Functions, Value
from verified_cat.gpu.alternation import Learning, nested
from verified_cat.gpu.course import Judge
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.functor import Anchor, FunctorTask
from verified_cat.gpu.made_points import examples, valued
from verified_cat.gpu.randomness import stream
from verified_cat.gpu.wasserstein import mixed, rows
from verified_cat.objects import flatten
from verified_cat.schema import Path
from verified_cat.specification import Specification

SUM = "validation_loss"
"""Σ energy distances of the matched paths + Σ γ residuals: what patience judges by, unless told otherwise."""


class Looks:
    """A point of Π_e P_e and of the critics ↦ each part of the losses, by the name of its path or equation."""

    def __init__(self, whole: Specification, task: FunctorTask, count: int, seed: int, engine: TorchEngine) -> None:
        self.task, self.engine, self.count = task, engine, count
        self._functions = Functions(engine)
        drawn = {name: examples(whole, name, count, stream(seed, name, "looks")) for name in task.data}
        self._batches = nested([valued(whole, name, drawn[name], engine) for name in task.data])
        self._shares = {path: self._share(path, seed) for path in task.judged}

    def _share(self, path: Path, seed: int) -> torch.Tensor:
        count = rows(self._image(path))
        numbers = stream(seed, str(path), "looks between real and made").random(count)
        return torch.tensor(numbers, dtype=self.engine.dtype, device=self.engine.device)

    def _image(self, path: Path) -> Any:
        return self.task.architecture.objects[self.task.architecture.schema.target(path)]

    @property
    def names(self) -> list[str]:
        """The names of all figures."""
        found = [name for path in self.task.matched for name in self._of(path)]
        return [*found, *(f"residual {each.equation}" for each in self.task.losses), *map(_called, self.anchors), SUM]

    @property
    def anchors(self) -> tuple[Anchor, ...]:
        """The terms on single arrows."""
        return self.task.anchors

    def _of(self, path: Path) -> list[str]:
        own = [f"adversarial {path}"] + ([f"critic {path}"] if path in self.task.judged else [])
        return own + ([f"energy distance of {path}"] if self.count > 1 else [])

    # ---------------------------------------------------------------------------------------- figures

    def at(self, params: Value, critics: Value) -> dict[str, float]:
        """All figures at a point."""
        shown: dict[str, float] = {}
        for path in self.task.matched:
            shown |= dict(zip(self._of(path), self._against(path, params, critics), strict=True))
        total = sum(shown[name] for name in shown if name.startswith("energy distance of "))
        for loss in self.task.losses:
            gap = self._number(self.task.gap(loss), (params, self._batches))
            shown[f"residual {loss.equation}"] = gap
            total += float(loss.weight) * gap
        for anchor in self.anchors:
            shown[_called(anchor)] = self._number(self.task.anchored(anchor), (params, self._batches))
        return {**shown, SUM: total}

    def _against(self, path: Path, params: Value, critics: Value) -> list[float]:
        """What the path pays to the adversary of its target, what the critic pays, and how far the laws are apart."""
        task, target, ob = self.task, self.task.architecture.schema.target(path), self._image(path)
        made = self._value(task.made(path), (params, self._batches))
        real = self._value(task.batch(target), self._batches)
        own = self._value(task.critic_param(target), critics)
        adversary = task.adversary(path)
        found = [self._number(adversary.deceive, (own, (real, made)))]
        if adversary.judge is not None:
            between = self._value(mixed(ob), (self._shares[path], (real, made)))
            found.append(self._number(adversary.judge, (own, (real, (made, between)))))
        return found + ([self._apart(ob, real, made)] if self.count > 1 else [])

    def _value(self, term: Any, x: Value) -> Value:
        return self._functions.meaning(term).run(x)

    def _number(self, term: Any, x: Value) -> float:
        return float(self._value(term, x))

    def _apart(self, ob: Any, one: Value, other: Value) -> float:
        """2 E|x - y| - E|x - x'| - E|y - y'| over pairs of different examples (Székely and Rizzo 2013)."""
        x, y = (self._table(ob, each) for each in (one, other))
        pairs = self.count * (self.count - 1)
        cross = float(_lengths(x, y)) / self.count**2
        return 2 * cross - float(_lengths(x, x)) / pairs - float(_lengths(y, y)) / pairs

    def _table(self, ob: Any, value: Value) -> torch.Tensor:
        leaves = [self.engine.dense(leaf).double().reshape(self.count, -1) for leaf in flatten(ob, value)]
        return torch.cat(leaves, dim=1)


def _lengths(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist").sum()


def _called(anchor: Anchor) -> str:
    return f"{'identity' if anchor.at_target else 'budget'} {anchor.edge}"


def judge(looks: Looks, learning: Learning, options: Mapping[str, Any]) -> Judge:
    """Looks every so many steps, a hundred in a run unless told, with the patience that is asked for.

    Raises SchemaError where patience is to judge by a figure that there is not.
    """
    by = options["patience_by"]
    if by not in looks.names:
        raise SchemaError(f"patience_by is a figure of a look, not {by!r}; {near(by, looks.names)}")

    def look(state: Value) -> dict[str, float]:
        return looks.at(learning.parameters(state), learning.judges(state[1]))

    return Judge(look, options["look_every"] or max(1, options["steps"] // 100), options["patience"], by)
