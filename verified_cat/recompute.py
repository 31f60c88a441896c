"""Store or recompute: the same program with part of its forward pass run again where the reverse pass needs it.

The forward pass (what the results need) is cut into segments. What crosses from one segment into a later one is kept;
everything else of a segment is computed again, once, just before the reverse pass first reads any of it (Chen et al.
2016, section 3). Of k segments k - 1 run twice, so a chain of n equal layers cut into √n keeps √n values, and at most
√n more at a time. Results are those of the program without this, to the bit: the operations are the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from math import isqrt, prod

from verified_cat.errors import UsageError
from verified_cat.program import Program, Wire, needed


def square_root_segments(program: Program, states: int) -> int:
    """How many segments √n of the n values are that the reverse pass reads of the forward pass."""
    parts = _Parts(program, states)
    return max(1, isqrt(len(parts.late)))


def recomputed(program: Program, states: int, segments: int) -> Program:
    """The program with its forward pass cut into so many segments; the outputs after ``states`` are its results.

    Raises UsageError for fewer than one segment. One segment is the program itself.
    """
    if segments < 1:
        raise UsageError(f"a program is cut into one segment or more, not {segments}")
    return program if segments == 1 else _Rewriting(program, states, segments).program()


class _Parts:
    """The forward pass of a program, and what of it the reverse pass reads."""

    def __init__(self, program: Program, states: int) -> None:
        self.forward = {wire.serial for wire in needed(program.outputs[states:])}
        read = (arg for wire in program.wires if wire.serial not in self.forward for arg in wire.args)
        self.late = {arg.serial for arg in read if arg.serial in self.forward}


@dataclass(slots=True)
class _Segments:
    """For each wire of the forward pass its segment, which of them are kept, and which run again, by segment."""

    of: dict[int, int]
    kept: set[int]
    again: list[list[Wire]]


def _cut(program: Program, parts: _Parts, segments: int) -> _Segments:
    """Segments that hold about as many entries each that the reverse pass reads."""
    forward = [wire for wire in program.wires if wire.serial in parts.forward]
    whole = sum(prod(wire.shape) for wire in forward if wire.serial in parts.late)
    found, reached = {}, 0
    for wire in forward:
        found[wire.serial] = min(segments - 1, reached * segments // max(1, whole))
        reached += prod(wire.shape) if wire.serial in parts.late else 0
    last = max(found.values(), default=0)  # the last of many segments may hold nothing
    kept = {serial for serial, segment in found.items() if segment == last}
    for wire in forward:
        here = found[wire.serial]
        kept.update(arg.serial for arg in wire.args if found.get(arg.serial, here) != here)
    again: list[list[Wire]] = [[] for _ in range(segments)]
    wanted = parts.late - kept
    for wire in reversed(forward):
        if wire.serial in wanted:
            again[found[wire.serial]].append(wire)
            wanted.update(arg.serial for arg in wire.args if arg.serial in found and arg.serial not in kept)
    return _Segments(found, kept, [part[::-1] for part in again])


class _Rewriting:
    """The wires of the new program, one after the other."""

    def __init__(self, program: Program, states: int, segments: int) -> None:
        self.given, self.parts = program, _Parts(program, states)
        self.segments = _cut(program, self.parts, segments)
        last = max((wire.serial for wire in (*program.inputs, *program.wires)), default=-1)
        self._serials: Iterator[int] = count(last + 1)
        self._now = {wire.serial: wire for wire in program.inputs}
        self._wires: list[Wire] = []

    def program(self) -> Program:
        """The new program: the same inputs, and outputs that are equal to the old ones."""
        done: set[int] = set()
        for wire in self.given.wires:
            if wire.serial in self.parts.forward:
                self._now[wire.serial] = wire
                self._wires.append(wire)
                continue
            for arg in wire.args:
                segment = self.segments.of.get(arg.serial)
                if segment is not None and arg.serial not in self.segments.kept and segment not in done:
                    done.add(segment)
                    for again in self.segments.again[segment]:
                        self._append(again)
            self._append(wire)
        outputs = tuple(self._now[wire.serial] for wire in self.given.outputs)
        return Program(self.given.dom, self.given.cod, self.given.inputs, tuple(self._wires), outputs)

    def _append(self, wire: Wire) -> None:
        """The wire once more, at what its arguments are now."""
        args = tuple(self._now[arg.serial] for arg in wire.args)
        made = Wire(next(self._serials), wire.shape, wire.operation, args)
        self._now[wire.serial] = made
        self._wires.append(made)
