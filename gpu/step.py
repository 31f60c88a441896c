"""A training step, compiled: the term of the objective and the rule in, one program out that is run for every batch.

    step = Step(objective, adam(Fraction(1, 1000)), TorchEngine("float32"), names=network.names)
    step.start(initial_weights(network.map.param, network.names, seed=0))
    for x, y in batches:
        loss = step.step(x, y)

The stages, each a module of its own: the step is run once on wires (``verified_cat.descent``), equal states become one
(``bisimilar``), some of the forward pass is marked to run again (``recompute``), operations become kernels on views
(``lowering``), in an order (``schedule``), small leaves together (``alike``, ``side_by_side``), in memory that is fixed
(``storage``), and that is emitted (``planning``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from verified_cat.bisimilar import merged
from verified_cat.descent import program_of
from verified_cat.errors import DataError
from verified_cat.functions import Value
from verified_cat.gpu import emit_python
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.lowering import Call
from verified_cat.gpu.planning import emitted
from verified_cat.gpu.watching import step_told
from verified_cat.machine import evaluate
from verified_cat.networks import Objective
from verified_cat.objects import SCALAR, flatten, leaves, unflatten
from verified_cat.optimiser import Optimiser
from verified_cat.program import Program, Wire, program
from verified_cat.shown import Shown
from verified_cat.terms import Term


class Step(Shown):
    """((s, p), d) ↦ ((s', p'), E(p, d)), with the state kept inside and updated in place.

    ``memory`` is "stored" (every value of the forward pass is kept), "square root" (√n of them are, the others are
    computed again), or a number of bytes that the temporaries may take. ``names`` are those of the parameters, for
    messages. With ``paced`` the rule is one at rate 1, and the rate is the last part of each batch.

    Raises UsageError for what is none of these, DataError where the memory does not suffice.
    """

    def __init__(
        self,
        objective: Objective,
        rule: Optimiser,
        engine: TorchEngine,
        *,
        backend: str = "python",
        memory: str | int = "stored",
        names: Sequence[str] = (),
        paced: bool = False,
    ) -> None:
        self.objective, self.rule, self.engine, self.paced = objective, rule, engine, paced
        self.names = tuple(names) or tuple(f"parameter {i}" for i, _ in enumerate(leaves(objective.param)))
        self.program, self._places = _merged(self.traced(), rule.initial(objective.param))
        self.plan, self.emitted = emitted(self.program, len(set(self._places)), engine, backend, memory)
        data = [*leaves(objective.data), *([SCALAR] if paced else [])]
        self._shapes = [torch.Size(leaf.shape) for leaf in data]  # type: ignore[attr-defined]
        self._loss = self.emitted.results[0]
        self._held: tuple[torch.Tensor, ...] = ()

    def traced(self) -> Program:
        """The program (S ⊗ P) ⊗ D → (S ⊗ P) ⊗ R of one step; other kinds of step have another one."""
        return program_of(self.objective, self.rule, paced=self.paced)

    @property
    def source(self) -> str:
        """The program that is run, as it is emitted."""
        return self.emitted.source

    @property
    def arena(self) -> int:
        """How many bytes the temporaries take, known before anything is run."""
        return self.emitted.arena * self.engine.dtype.itemsize

    # ---------------------------------------------------------------------------------------- state

    def start(self, weights: Mapping[str, Any]) -> None:
        """The state before the first step: the rule's own, and these parameters in the order of the leaves.

        Raises DataError where a parameter has another shape or an entry that is not finite; nothing is changed then.
        """
        held = self.rule.state(self.objective.param)
        first = flatten(held, evaluate(self.rule.initial(self.objective.param), (), self.engine))
        given = [torch.as_tensor(np.asarray(array)) for array in weights.values()]
        places = [torch.Size(leaf.shape) for leaf in leaves(self.objective.param)]  # type: ignore[attr-defined]
        if len(given) != len(places):
            raise DataError(f"the step has {len(places)} parameters; {len(given)} were given")
        for name, tensor, shape in zip(self.names, given, places, strict=True):
            if tensor.shape != shape:
                raise DataError(f"{name} has the shape {tuple(shape)}, not {tuple(tensor.shape)}")
            if not bool(torch.isfinite(tensor).all()):
                raise DataError(f"{name} holds a number that is not finite")
        self.restore([self.engine.dense(value) for value in first] + given)

    def state(self) -> list[torch.Tensor]:
        """The state of the rule and then the parameters, leaf by leaf; equal leaves of the state are one tensor."""
        return [self.emitted.state[place] for place in self._places]

    def parameters(self) -> list[torch.Tensor]:
        """The parameters as they are now, leaf by leaf; the next step writes over them."""
        return self.state()[len(self._places) - len(self.names) :]

    def saved(self) -> list[torch.Tensor]:
        """A copy of the state, for ``restore``."""
        return [tensor.clone() for tensor in self.state()]

    def restore(self, state: Sequence[torch.Tensor]) -> None:
        """The state becomes this one."""
        for tensor, value in zip(self.state(), state, strict=True):
            tensor.copy_(value)

    # ---------------------------------------------------------------------------------------- as a map

    def first(self, weights: Mapping[str, Any]) -> tuple[torch.Tensor, ...]:
        """The state before the first step as a value, for ``after``."""
        self.start(weights)
        return self._now()

    def after(
        self, state: tuple[torch.Tensor, ...], *data: torch.Tensor
    ) -> tuple[tuple[torch.Tensor, ...], torch.Tensor]:
        """(s, p), d ↦ ((s', p'), E): the step as a map, which changes nothing that it is given."""
        if state is not self._held:
            for tensor, value in zip(self.emitted.state, state, strict=True):
                tensor.copy_(value)
        loss = self.step(*data).clone()
        return self._now(), loss

    def point(self, state: tuple[torch.Tensor, ...]) -> Value:
        """p, of a state (s, p)."""
        places = self._places[len(self._places) - len(self.names) :]
        return unflatten(self.objective.param, [state[place] for place in places])

    def held(self, state: tuple[torch.Tensor, ...]) -> Value:
        """The state of the rule, s, of a state (s, p)."""
        places = self._places[: len(self._places) - len(self.names)]
        return unflatten(self.rule.state(self.objective.param), [state[place] for place in places])

    def _now(self) -> tuple[torch.Tensor, ...]:
        self._held = tuple(tensor.clone() for tensor in self.emitted.state)
        return self._held

    # ---------------------------------------------------------------------------------------- steps

    def step(self, *data: torch.Tensor) -> torch.Tensor:
        """One step on a batch; gives the loss before it, a tensor that the next step writes over.

        Raises DataError, before anything is changed, where the batch is not what the step was compiled for.
        """
        if not self._fits(data):
            raise self._unfit(data)
        step_told(self, data)
        self.emitted.run(*data)
        return self._loss

    def _fits(self, data: Sequence[torch.Tensor]) -> bool:
        if self.emitted.checks:  # what runs looks at its data itself
            return True
        dtype, device = self.engine.dtype, self.engine.device
        for tensor, shape in zip(data, self._shapes, strict=False):
            if (
                tensor.shape != shape
                or tensor.dtype is not dtype
                or not tensor.is_contiguous()
                or tensor.requires_grad
                or tensor.device != device
            ):
                return False
        return len(data) == len(self._shapes)

    def _unfit(self, data: Sequence[torch.Tensor]) -> DataError:
        if len(data) != len(self._shapes):
            return DataError(f"a batch has {len(self._shapes)} parts, {len(data)} came")
        for position, (tensor, shape) in enumerate(zip(data, self._shapes, strict=True)):
            if not isinstance(tensor, torch.Tensor):
                return DataError(f"part {position} of the batch is a tensor, not {type(tensor).__name__}")
            if tensor.shape != shape:
                return DataError(
                    f"part {position} of the batch has the shape {tuple(tensor.shape)}; "
                    f"the step was compiled for {tuple(shape)}"
                )
            if tensor.dtype is not self.engine.dtype:
                return DataError(f"part {position} of the batch is {tensor.dtype}; the step is {self.engine.dtype}")
            if tensor.requires_grad:
                return DataError(f"part {position} of the batch asks for a gradient of its own: call .detach() on it")
            if tensor.device != self.engine.device:
                return DataError(
                    f"part {position} of the batch is on {tensor.device}, the step on {self.engine.device}"
                )
        return DataError("a part of the batch is not contiguous: call .contiguous() on it")

    def first_fault(self, *data: torch.Tensor) -> str | None:
        """Which operation of a step from here first gives a number that is not finite, in words; None where none does.

        The state is afterwards what it was.
        """
        before = self.saved()
        found: list[str] = []

        def look(number: int, call: Call) -> None:
            if not found and not bool(torch.isfinite(watched.memory(call.out)).all()):
                found.append(f"operation {number}, {_described(call, self.program, self._owners())}")

        watched = emit_python.emit(self.plan, self.engine, look)
        for tensor, value in zip(watched.state, self.emitted.state, strict=True):
            tensor.copy_(value)
        watched.run(*data)
        self.restore(before)
        return found[0] if found else None

    def _owners(self) -> dict[int, str]:
        """The names of the parameters by the serial numbers of their wires."""
        count = len(self._places) - len(self.names)
        inputs = self.program.inputs
        return {inputs[place].serial: name for place, name in zip(self._places[count:], self.names, strict=True)}


# ------------------------------------------------------------------------------------------------ making one


def _merged(whole: Program, initial: Term) -> tuple[Program, tuple[int, ...]]:
    """The program of a step over as little state as can be, and where each leaf of the state is kept."""
    states = len(whole.outputs) - 1
    first: list[Wire | None] = [*program(initial).outputs]
    found = merged(whole, states, first + [None] * (states - len(first)))
    return found.program, found.places


def _described(call: Call, whole: Program, owners: Mapping[int, str]) -> str:
    """The kernel, its shape, and the parameter that its value was last computed with."""
    nearest: dict[int, str] = dict(owners)
    for wire in whole.wires:
        names = [nearest[arg.serial] for arg in wire.args if arg.serial in owners] or [
            nearest[arg.serial] for arg in wire.args if arg.serial in nearest
        ]
        if names:
            nearest[wire.serial] = names[0]
    where = nearest.get(call.wire.serial) if call.wire is not None else None
    return f"{call.kernel} of shape {call.out.shape}" + (f", at {where}" if where else "")
