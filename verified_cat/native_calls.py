"""Every group of a native program as it runs: what it reads is what was written there, what it writes is its meaning.

A group that is one call is held against the enclosure of its meaning, as a call of the emitted Python is. A loop keeps
what lies between its calls to itself, so they are followed as balls from what the loop read: what it writes is at most
twice the radius away from the middle, since both the computed and the middle are within one radius of the exact value.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from verified_cat.call_bounds import function_of, told
from verified_cat.calls import Watch, Watched, array_of, unwritten
from verified_cat.errors import MissingOperation
from verified_cat.gpu.emit_c import emit
from verified_cat.gpu.fusing import Group
from verified_cat.gpu.lowering import Call
from verified_cat.gpu.meanings import meaning
from verified_cat.gpu.native_step import Native
from verified_cat.gpu.step import Step
from verified_cat.gpu.views import Buffer, View
from verified_cat.interpreting import Array, Memory, bracketed
from verified_cat.reference.agreement import Row
from verified_cat.reference.balls import Ball
from verified_cat.reference.bounding import bounding


def walked_run(step: Step, data: tuple[Any, ...]) -> Watched:
    """The plan of a step compiled once more and walked through, from its state on ``data``; neither is changed."""
    return _Groups(step, data).watched()


class _Groups(Watch):
    """A native program, group by group."""

    def __init__(self, step: Step, data: tuple[Any, ...]) -> None:
        self.emitted: Native = emit(step.plan, step.engine)
        super().__init__(step, self.emitted, data)

    def run(self) -> None:
        """The program, every group watched."""
        before: dict[View, Array] = {}
        for place in self.emitted.walk(*self.data):
            if place:
                self._after(place - 1, before)
            if place < len(self.emitted.groups):
                before = self._before(place)

    def outputs(self) -> tuple[Array, ...]:
        """The new state and the results."""
        return tuple(map(array_of, (*self.emitted.state, *self.emitted.results)))

    def actual(self, view: View) -> Array:
        """What lies at a view now."""
        return array_of(self.emitted.tensor(view, self.data))

    def _before(self, place: int) -> dict[View, Array]:
        """What the group is about to read, by view; what it makes itself first is not among that."""
        found: dict[View, Array] = {}
        made: set[Buffer] = set()
        for call in self.emitted.groups[place].calls:
            for arg in call.args:
                if arg.buffer not in made and arg not in found:
                    found[arg] = self.actual(arg)
                    where = f"group {place}, {call.kernel}: {arg.buffer}"
                    self.holds(arg, found[arg], f"{where} is not what was last written to it")
            made.add(call.out.buffer)
        return found

    def _after(self, place: int, before: dict[View, Array]) -> None:
        """What the group has written; nothing stands between this and what comes before the next."""
        group = self.emitted.groups[place]
        if group.space is None:
            self._alone(place, group.calls[0], before)
        else:
            try:
                self._loop(place, group, before)
            except MissingOperation as missing:
                self.reasons.append(str(missing))
        for call in group.calls:
            if not self.emitted.is_local(call.out.buffer):
                self.memory.write(call.out, self.actual(call.out))

    def _alone(self, place: int, call: Call, before: dict[View, Array]) -> None:
        given = [before[arg] for arg in call.args]
        where = f"group {place}, {call.kernel}"
        self.compare(call.kernel, meaning(call), given, self.actual(call.out), where, call.numbers)

    def _loop(self, place: int, group: Group, before: dict[View, Array]) -> None:
        """The calls one after the other as balls; then what is kept of them."""
        middle, radius = Memory(unwritten), Memory(unwritten)
        made: set[Buffer] = set()
        for call in group.calls:
            given = [
                Ball(middle.read(arg), radius.read(arg))
                if arg.buffer in made
                else Ball(before[arg], np.zeros(arg.shape))
                for arg in call.args
            ]
            ball = function_of(meaning(call), bounding(self.precision, roots_exist=True))(bracketed(given))
            middle.write(call.out, ball.mid)
            radius.write(call.out, ball.error)
            made.add(call.out.buffer)
        for call in group.calls:
            if not self.emitted.is_local(call.out.buffer):
                found = _within(self.actual(call.out), middle.read(call.out), radius.read(call.out))
                self.note(call.kernel, f"group {place}, a loop that ends in {call.kernel}", *found)


def _within(found: Array, middle: Array, radius: Array) -> tuple[Row, str]:
    """(the figures, what is wrong or ""): |found - middle| in shares of twice the radius."""
    allowed, gap = 2 * radius.ravel(), np.abs(found - middle).ravel()
    known = np.isfinite(middle.ravel()) & np.isfinite(allowed)
    with np.errstate(all="ignore"):
        share = np.where(known & (gap != 0), gap / allowed, 0.0)
    share = np.where(np.isnan(share), np.inf, share)
    return told(found, gap, allowed, share, int((~known).sum()), ("not", middle.ravel()))
