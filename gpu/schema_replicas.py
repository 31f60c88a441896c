"""Several processes that train one schema: what they cannot share, and the session that they have together.

Every replica draws the whole of every batch, from the same streams, and takes its part; the gradients of arrows and
critics are averaged over the replicas before the rule is applied. So the data are those of one process, and the steps
are, up to rounding, wherever a loss is a mean over examples: E(x₁, …, xₙ) = 1/w Σ_r E(part r).
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from itertools import chain
from types import TracebackType
from typing import Any

import numpy as np

from verified_cat.errors import ReplicaError, UsageError
from verified_cat.functions import Functions, Value
from verified_cat.gpu.checkpoints import Checkpoint
from verified_cat.gpu.course import Course, Row
from verified_cat.gpu.data import Stream
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.parallel import ReplicaEngine, any_of, gathered, told
from verified_cat.gpu.randomness import stream
from verified_cat.gpu.schema_task import built
from verified_cat.gpu.session import _OPEN, Session
from verified_cat.networks import Objective
from verified_cat.objects import Ob, leaves, unflatten
from verified_cat.specification import Specification

WHOLE = ("energy", "mmd")
"""Adversaries that compare every example of a batch with every other."""

EVERY = 10
"""Steps between two exchanges of signals."""

CLOSE = 1e-9
"""Of two sums in float64 that are equal but for rounding."""


# ------------------------------------------------------------------------------------------------ what can be shared


def must_be_shared(whole: Specification, world: int) -> None:
    """Raises UsageError where ``world`` replicas would not make the steps of one process.

    That a loss is a mean over examples is tried on random numbers, in float64: this sees a network that mixes examples.
    """
    count = whole.training["batch"]
    if world == 1:
        return
    if count % world:
        raise UsageError(f"{world} replicas cannot share batches of {count} examples equally")
    if whole.training["balance_every"] and None in [each.weight for each in whole.demands]:
        raise UsageError(
            "balance_every measures gradients on a whole batch, of which a replica has a part: "
            f"one process trains {whole.name}"
        )
    for path in whole.matched:
        target = whole.schema.target(path)
        for kind in _kinds(whole, target):
            if kind in WHOLE:
                raise UsageError(
                    f"the adversary {kind!r} of {target} compares all examples of a batch with one another: its loss "
                    f"is no mean over examples, and {world} replicas cannot share it; one process trains {whole.name}"
                )
    one, part = (built(whole, rows).task for rows in (count, count // world))
    sides = [("arrows", one.generator_objective(), part.generator_objective())]
    if one.judged:
        sides.append(("critics", one.critic_objective(), part.critic_objective()))
    for name, large, small in sides:
        found, mean = _values(large, small, world)
        if not abs(found - mean) <= CLOSE * (1 + abs(found)):
            raise UsageError(
                f"the loss of the {name} is no mean over examples ({found:.6g} on a batch, {mean:.6g} on its {world} "
                f"parts): replicas cannot share it; one process trains {whole.name}"
            )


def _kinds(whole: Specification, name: str) -> Iterator[str]:
    kind = whole.adversary_of(name).kind
    factors = whole.thing(name).product if kind == "factors" else ()
    return chain([kind], *(_kinds(whole, each) for each in factors))


def _values(large: Objective, small: Objective, world: int) -> tuple[float, float]:
    """The loss on a batch of random numbers, and the mean of that on its parts."""
    engine = TorchEngine("float64")
    params = _drawn(large.param, engine, "parameters")
    fixed, data = _parted(large.data, small.data, engine, world)
    run, other = (Functions(engine).meaning(each.term).run for each in (large, small))
    return float(run((params, fixed))), float(np.mean([float(other((params, each))) for each in data]))


def _parted(large: Ob, small: Ob, engine: TorchEngine, world: int) -> tuple[Value, list[Value]]:
    """A value of the one, and its parts in the other: leaves of the same shape are the same in all."""
    wholes = [_tensor(leaf, engine, f"data {number}") for number, leaf in enumerate(leaves(large))]
    shapes = [leaf.shape for leaf in leaves(small)]  # type: ignore[attr-defined]
    parts = []
    for rank in range(world):
        cut = [
            tensor if tuple(tensor.shape) == shape else tensor[rank * shape[0] : (rank + 1) * shape[0]]
            for tensor, shape in zip(wholes, shapes, strict=True)
        ]
        parts.append(unflatten(small, cut))
    return unflatten(large, wholes), parts


def _drawn(ob: Ob, engine: TorchEngine, what: str) -> Value:
    return unflatten(ob, [_tensor(leaf, engine, f"{what} {number}") for number, leaf in enumerate(leaves(ob))])


def _tensor(leaf: Any, engine: TorchEngine, what: str) -> Any:
    import torch

    numbers = stream(0, what, "shared").random(leaf.shape) - 0.5
    return torch.tensor(numbers, dtype=engine.dtype, device=engine.device)


# ------------------------------------------------------------------------------------------------ one session of all


class Leading(Session):
    """The session of replica 0: it has the folder, and tells the others where the run is taken up."""

    def __init__(self, engine: ReplicaEngine, *given: Any, **more: Any) -> None:
        self.engine = engine
        super().__init__(*given, **more)

    def begins(self, course: Course, data: Any) -> Checkpoint | None:
        """A training begins, on all replicas at the same state."""
        _must_have_the_same(data, self.engine)
        saved = super().begins(course, data)
        told(b"" if saved is None else saved.content(), self.engine)
        return saved

    def heard(self, signal: str, made: int) -> str:
        """A signal to any replica, as soon as all know of it."""
        return _heard(signal, made, self.engine)


class Following(Session):
    """That of another replica: it is told everything, and keeps nothing."""

    quiet = True

    def __init__(self, engine: ReplicaEngine, ahead: int = 0) -> None:
        self.engine, self.ahead, self.identity = engine, ahead, ""

    def begins(self, course: Course, data: Any) -> Checkpoint | None:
        """Where replica 0 begins."""
        _must_have_the_same(data, self.engine)
        content = told(b"", self.engine)
        if not content:
            return None
        saved = Checkpoint.of(content)
        course.go_on(saved)
        if isinstance(data, Stream):
            data.enter(saved.step, saved.record.get("mark"))
        return saved

    def heard(self, signal: str, made: int) -> str:
        """A signal to any replica, as soon as all know of it."""
        return _heard(signal, made, self.engine)

    def row(self, row: Row) -> None:
        """Replica 0 writes the figures."""

    def after(self, course: Course) -> None:
        """Replica 0 keeps the checkpoints."""

    def ends(self, course: Course) -> None:
        """Replica 0 keeps the last one too."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _OPEN.remove(self)


def _heard(signal: str, made: int, engine: ReplicaEngine) -> str:
    if made % EVERY or not any_of(bool(signal), engine):
        return ""
    return signal or "a signal to another replica"


def _must_have_the_same(data: Any, engine: ReplicaEngine) -> None:
    digest = data.digest if isinstance(data, Stream) else ""
    found = gathered(sha256(digest.encode()).digest(), engine)
    others = [str(rank) for rank, each in enumerate(found) if each != found[0]]
    if others:
        raise ReplicaError(f"replica {', '.join(others)} has other data, or other weights, than replica 0")
