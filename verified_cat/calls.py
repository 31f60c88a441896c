"""Every call of an emitted program as it runs: what it reads is what was written there, what it writes is its meaning.

How far a result may be from its meaning is said in ``verified_cat.call_bounds``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from verified_cat.call_bounds import compared
from verified_cat.errors import MissingOperation
from verified_cat.gpu.emit_python import Emitted, emit
from verified_cat.gpu.lowering import Call
from verified_cat.gpu.meanings import meaning
from verified_cat.gpu.native_step import Native
from verified_cat.gpu.schedule import Schedule
from verified_cat.gpu.step import Step
from verified_cat.gpu.views import Buffer, Role, View
from verified_cat.interpreting import Array, Memory
from verified_cat.primitives import constant
from verified_cat.reference.agreement import Row
from verified_cat.terms import Term


@dataclass(frozen=True, slots=True)
class Watched:
    """What the watched run showed; ``outputs`` are the new state and the results, None where it did not end."""

    kernels: Mapping[str, Row]
    findings: tuple[str, ...]
    reasons: tuple[str, ...]
    outputs: tuple[Array, ...] | None


def watched_run(step: Step, data: tuple[Any, ...]) -> Watched:
    """The plan of a step emitted with a watcher, run from its state on ``data``, which are not changed."""
    return _Calls(step, data).watched()


class Watch(ABC):
    """Keeps in a memory of its own what every buffer of a program was last given, and compares."""

    def __init__(self, step: Step, emitted: Emitted | Native, data: tuple[Any, ...]) -> None:
        """The state becomes that of the step; constants are what they should be."""
        self.plan: Schedule = step.plan
        self.precision, self.products, self.data = step.engine.precision, step.engine.products, data
        self.kernels: dict[str, Row] = {}
        self.findings: list[str] = []
        self.reasons: list[str] = []
        self.memory = Memory(unwritten)
        self.state = emitted.state
        for mine, theirs in zip(self.state, step.emitted.state, strict=True):
            mine.copy_(theirs)
        for view in self.plan.inputs:
            self.memory.write(view, self.actual(view))
        for buffer, values in self.plan.constants.items():
            view = View(buffer, (buffer.entries,), (1,))
            self.compare("constant", constant(view.shape, *values), [], self.actual(view), f"the constant {buffer}")
            self.memory.write(view, self.actual(view))

    @abstractmethod
    def actual(self, view: View) -> Array:
        """What the program holds where the plan has this view."""

    @abstractmethod
    def run(self) -> None:
        """The program, every call watched."""

    @abstractmethod
    def outputs(self) -> tuple[Array, ...]:
        """The new state and the results."""

    def watched(self) -> Watched:
        """The program run, and what that showed."""
        self.run()
        for view in self.plan.inputs:
            self.holds(view, self.actual(view), f"at the end {view.buffer} does not hold what was written to it")
        for view, tensor in zip(self.plan.inputs[: self.plan.states], self.state, strict=True):
            self.holds(view, array_of(tensor), f"the tensor of {view.buffer} does not hold its value")
        return Watched(self.kernels, tuple(self.findings), tuple(dict.fromkeys(self.reasons)), self.outputs())

    def holds(self, view: View, found: Array, finding: str) -> None:
        """A finding, unless what was found at a view is what was last written to it."""
        if not same(found, self.memory.read(view)):
            self.findings.append(finding)

    def compare(
        self, kernel: str, term: Term, given: list[Array], found: Array, where: str, numbers: tuple[Any, ...] = ()
    ) -> None:
        """Hold a result against its meaning at what was read."""
        try:
            self.note(kernel, where, *compared(kernel, term, given, found, self.precision, numbers, self.products))
        except MissingOperation as missing:
            self.reasons.append(str(missing))

    def note(self, kernel: str, where: str, row: Row, wrong: str) -> None:
        """Add the figures of a comparison to those of its kernel, and what is wrong to the findings."""
        self.kernels[kernel] = self.kernels[kernel].joined(row) if kernel in self.kernels else row
        if wrong:
            self.findings.append(f"{where}: {wrong}")


class _Calls(Watch):
    """An emitted Python program, call by call."""

    def __init__(self, step: Step, data: tuple[Any, ...]) -> None:
        """Where the program has not written yet, there is no number."""
        self.given: list[Array] = []
        self.emitted: Emitted = emit(step.plan, step.engine, self._after)
        self._sources: dict[Buffer, Any] = {
            view.buffer: tensor for view, tensor in zip(step.plan.inputs[step.plan.states :], data, strict=True)
        }
        super().__init__(step, self.emitted, data)
        for call in self.plan.calls:
            if call.out.buffer.role is Role.TEMPORARY:
                self.emitted.memory(call.out).fill_(float("nan"))

    def run(self) -> None:
        """The program, every call watched."""
        self._before(0)
        self.emitted.run(*self.data)
        for view, tensor in zip(self.plan.results, self.emitted.results, strict=True):
            self.holds(view, array_of(tensor), "the tensor of a result does not hold its value")

    def outputs(self) -> tuple[Array, ...]:
        """The new state and the results."""
        return tuple(self.memory.read(view) for view in (*self.plan.inputs[: self.plan.states], *self.plan.results))

    def actual(self, view: View) -> Array:
        """What the tensors of the program hold where the plan has this view."""
        source = self._sources.get(view.buffer)
        if source is None:
            return array_of(self.emitted.memory(view))
        return array_of(source.as_strided(view.shape, view.strides, view.offset + source.storage_offset()))

    def _before(self, number: int) -> None:
        """What the call is about to read."""
        if number == len(self.plan.calls):
            return
        call = self.plan.calls[number]
        self.given = [self.actual(arg) for arg in call.args]
        for position, (arg, found) in enumerate(zip(call.args, self.given, strict=True)):
            where = f"call {number}, {call.kernel}: argument {position}, {arg.buffer}"
            self.holds(arg, found, f"{where}, is not what was last written to it")

    def _after(self, number: int, call: Call) -> None:
        """What the call has written; nothing stands between this and what comes before the next."""
        if call.out.entries:
            found = self.actual(call.out)
            where = f"call {number}, {call.kernel}"
            self.compare(call.kernel, meaning(call), self.given, found, where, call.numbers)
            self.memory.write(call.out, found)
        self._before(number + 1)


def unwritten(entries: int) -> Array:
    """Memory that holds no number."""
    return np.full(entries, np.nan)


def same(one: Array, other: Array) -> bool:
    """Whether two arrays hold the same numbers, or none at the same places."""
    return bool(np.array_equal(one, other, equal_nan=True))


def array_of(tensor: Any) -> Array:
    """The numbers of a tensor, as float64."""
    return np.array(tensor.detach().cpu().double().numpy())
