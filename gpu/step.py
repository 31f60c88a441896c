"""A training step, compiled: the term of the objective and the rule in, one program out that is run for every batch.

    step = Step(objective, adam(Fraction(1, 1000)), TorchEngine("float32"), names=network.names)
    step.start(initial_weights(network.map.param, network.names, seed=0))
    for x, y in batches:
        loss = step.step(x, y)

The stages, each a module of its own: the step is run once on wires (``verified_cat.descent``), equal states become one
(``bisimilar``), some of the forward pass is marked to run again (``recompute``), operations become kernels on views
(``lowering``), in an order (``schedule``), small leaves together (``alike``, ``side_by_side``), in memory that is fixed
(``storage``), and that is emitted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Protocol

import numpy as np
import torch

from verified_cat.bisimilar import merged
from verified_cat.descent import program_of
from verified_cat.errors import DataError, MissingExtra, MissingOperation, UsageError, near
from verified_cat.functions import Value
from verified_cat.gpu import emit_c, emit_cuda, emit_python
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.lowering import Call, lower
from verified_cat.gpu.schedule import Schedule, schedule
from verified_cat.gpu.side_by_side import side_by_side
from verified_cat.gpu.storage import taken
from verified_cat.gpu.views import Role
from verified_cat.gpu.watching import step_told
from verified_cat.machine import evaluate
from verified_cat.networks import Objective
from verified_cat.objects import SCALAR, flatten, leaves, unflatten
from verified_cat.optimiser import Optimiser
from verified_cat.program import Program, Wire, program
from verified_cat.recompute import recomputed, square_root_segments
from verified_cat.shown import Shown
from verified_cat.terms import Term


class Running(Protocol):
    """What an emitter gives: the text, what to call with the data, and where state and results are."""

    @property
    def source(self) -> str: ...
    @property
    def run(self) -> Callable[..., None]: ...
    @property
    def checks(self) -> bool: ...  # whether ``run`` refuses data that do not fit before anything is changed
    @property
    def arena(self) -> int: ...  # entries of the temporaries
    @property
    def state(self) -> tuple[torch.Tensor, ...]: ...
    @property
    def results(self) -> tuple[torch.Tensor, ...]: ...


Emitter = Callable[[Schedule, TorchEngine], Running]


EMITTERS: Mapping[str, Emitter] = {
    "python": emit_python.emit,
    "native": emit_c.emit,
    "cuda graph": emit_cuda.emit,
}

BACKENDS = (*EMITTERS, "best")
"""What a step can be run by. The best is one captured graph on CUDA, compiled C where a compiler and all kernels are
there, else Python."""

MOST_SEGMENTS = 4096


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


def emitted(
    whole: Program, states: int, engine: TorchEngine, backend: str = "python", memory: str | int = "stored"
) -> tuple[Schedule, Running]:
    """The program of a step whose first ``states`` inputs are its state, as a plan and as what runs.

    Raises UsageError for what is no backend, DataError where the memory does not suffice.
    """
    if backend not in BACKENDS:
        raise UsageError(f"no backend is called {backend!r}; {near(backend, [*BACKENDS])}")
    if backend != "best":
        return _emitted(whole, states, engine, backend, memory)
    if engine.device.type == "cuda":
        return _emitted(whole, states, engine, "cuda graph", memory)
    try:
        return _emitted(whole, states, engine, "native", memory)
    except (MissingOperation, MissingExtra, UsageError):
        return _emitted(whole, states, engine, "python", memory)


def _emitted(
    whole: Program, states: int, engine: TorchEngine, backend: str, memory: str | int
) -> tuple[Schedule, Running]:
    plan = planned(whole, states, engine, memory, backend)
    try:
        return plan, EMITTERS[backend](plan, engine)
    except (MemoryError, RuntimeError) as refused:
        raise _memory_refused(refused, plan, engine) from refused


def planned(
    whole: Program, states: int, engine: TorchEngine, memory: str | int = "stored", backend: str = "python"
) -> Schedule:
    """The calls in their order, with as much of the forward pass stored as ``memory`` says.

    Where all is stored, small leaves are put side by side; not for the native backend, which makes loops of many calls
    itself. A number of bytes is met by the entries that the backend's temporaries take.
    """
    roles = (Role.STATE,) * states + (Role.DATA,) * (len(whole.inputs) - states)

    def plan(segments: int) -> Schedule:
        return schedule(lower(recomputed(whole, states, segments), roles, engine.layout), states)

    stored = plan(1) if backend == "native" else side_by_side(plan(1))
    if memory == "stored":
        return stored
    if memory == "square root":
        return plan(square_root_segments(whole, states))
    if isinstance(memory, bool) or not isinstance(memory, int) or memory < 1:
        raise UsageError(f"memory is 'stored', 'square root' or a number of bytes, not {memory!r}")
    least = None
    for candidate in chain([stored], map(plan, _growing(MOST_SEGMENTS))):
        entries = emit_c.entries(candidate, engine) if backend == "native" else taken(candidate)
        needed = entries * engine.dtype.itemsize
        if needed <= memory:
            return candidate
        if least is not None and needed > 2 * least:
            break
        least = needed if least is None else min(least, needed)
    raise DataError(f"no schedule of this step fits into {memory} bytes; the least that was found is {least}")


def _growing(most: int) -> Iterator[int]:
    """1, 2, 3, 4, 6, 8, 12, …: so few that all can be tried."""
    segments = 1
    while segments <= most:
        yield segments
        if segments & (segments - 1) == 0 and segments > 1:
            yield segments + segments // 2
        segments *= 2


def _memory_refused(refused: BaseException, plan: Schedule, engine: TorchEngine) -> BaseException:
    """The error to raise: what was needed, where it was memory that was refused."""
    text = str(refused)
    if isinstance(refused, MemoryError) or "alloc" in text or "out of memory" in text:
        needed = taken(plan) * engine.dtype.itemsize
        return DataError(
            f"the temporaries of this step take {needed} bytes, which {engine.device} does not have; "
            "memory='square root' takes fewer"
        )
    return refused


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
