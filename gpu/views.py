"""Where values live: buffers, and views of them. The memory layout of a value is part of what a kernel is given.

A view is a shape, a stride for each axis and an offset, in entries. Moving entries about (permute, broadcast, slice,
most reshapes) makes another view of the same buffer and runs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from math import prod

from verified_cat.geometry import windowed
from verified_cat.primitives import Shape

_SERIALS = count()


class Role(Enum):
    """What a buffer is for, and so who fills it and how long it lives."""

    STATE = "state"  # kept from step to step, updated in place
    DATA = "data"  # given with each step, never written to
    CONSTANT = "constant"  # filled once
    OUTPUT = "output"  # read by the caller after the step
    TEMPORARY = "temporary"  # may share its memory with others that do not live at the same time
    MADE = "made"  # a new tensor each time, from a kernel that does not write where it is told


@dataclass(frozen=True, slots=True, eq=False)
class Buffer:
    """So many entries in a row."""

    role: Role
    entries: int
    name: str = ""
    serial: int = field(default_factory=lambda: next(_SERIALS))

    def __repr__(self) -> str:
        return self.name or f"{self.role.value}{self.serial}"


@dataclass(frozen=True, slots=True)
class View:
    """The entries at offset + Σ i_k stride_k of a buffer, for 0 ≤ i_k < shape_k.

    The stride of an axis of length 1 is 1, whatever was given, so that views of the same entries are equal.
    """

    buffer: Buffer
    shape: Shape
    strides: Shape
    offset: int = 0

    def __post_init__(self) -> None:
        if 1 in self.shape:
            each = zip(self.shape, self.strides, strict=True)
            object.__setattr__(self, "strides", tuple(1 if length == 1 else stride for length, stride in each))

    def __str__(self) -> str:
        layout = "" if self.is_contiguous else f" by {list(self.strides)}"
        start = f" from {self.offset}" if self.offset else ""
        return f"{self.buffer}{list(self.shape)}{layout}{start}"

    @property
    def is_contiguous(self) -> bool:
        """Whether the entries lie in row-major order without gaps."""
        return self.compact == compact(self.shape, row_major(self.shape))

    @property
    def compact(self) -> tuple[tuple[int, int], ...]:
        """The (length, stride) of the axes that matter: those of length 1 have no stride to speak of."""
        return compact(self.shape, self.strides)

    @property
    def is_dense(self) -> bool:
        """Whether the entries, in some order of the axes, lie in a row without gaps or repetition."""
        axes = sorted(self.compact, key=lambda axis: axis[1])
        expected = 1
        for length, stride in axes:
            if stride != expected:
                return False
            expected *= length
        return True

    @property
    def is_one_number(self) -> bool:
        """Whether all entries are one and the same."""
        return not any(stride for _, stride in self.compact)

    @property
    def entries(self) -> int:
        """How many entries the view has."""
        return prod(self.shape)

    def permuted(self, order: tuple[int, ...]) -> View:
        """Axis i of the result is axis order[i]."""
        shape, strides = (tuple(part[axis] for axis in order) for part in (self.shape, self.strides))
        return View(self.buffer, shape, strides, self.offset)

    def broadcast(self, shape: Shape, axes: tuple[int, ...]) -> View:
        """Repeated along the new ``axes`` of ``shape``."""
        given = iter(self.strides)
        return View(
            self.buffer, shape, tuple(0 if axis in axes else next(given) for axis in range(len(shape))), self.offset
        )

    def sliced(self, starts: Shape, lengths: Shape, every: Shape) -> View:
        """The entries at start + i · step of each axis."""
        offset = self.offset + sum(start * stride for start, stride in zip(starts, self.strides, strict=True))
        strides = tuple(step * stride for step, stride in zip(every, self.strides, strict=True))
        return View(self.buffer, lengths, strides, offset)

    def windowed(self, window: Shape, stride: Shape, dilation: Shape) -> View:
        """Every window along the last axes: how many there are, then their entries; entries may stand in several."""
        first = len(self.shape) - len(window)
        counts = windowed(self.shape, window, stride, dilation)[first : len(self.shape)]
        last = self.strides[first:]
        between = tuple(step * along for step, along in zip(stride, last, strict=True))
        inside = tuple(apart * along for apart, along in zip(dilation, last, strict=True))
        shape, strides = (*self.shape[:first], *counts, *window), (*self.strides[:first], *between, *inside)
        return View(self.buffer, shape, strides, self.offset)

    def reshaped(self, shape: Shape) -> View | None:
        """The same entries in row-major order under another shape, or None where no strides do that."""
        if prod(shape) != self.entries:
            raise ValueError(f"{self.entries} entries are not those of {shape}")
        if not self.entries:
            return View(self.buffer, shape, row_major(shape), self.offset)
        strides = _restrided(merged(self.compact), shape)
        return None if strides is None else View(self.buffer, shape, strides, self.offset)


def row_major(shape: Shape) -> Shape:
    """The strides of a contiguous array."""
    strides, step = [], 1
    for length in reversed(shape):
        strides.append(step)
        step *= length
    return tuple(reversed(strides))


def pixel_by_pixel(shape: Shape) -> Shape:
    """The strides of images R[b,c,i,j] whose pixels lie in row-major order, all channels of each together."""
    _, channels, rows, columns = shape
    return rows * columns * channels, 1, columns * channels, channels


def compact(shape: Shape, strides: Shape) -> tuple[tuple[int, int], ...]:
    """The (length, stride) of every axis longer than 1."""
    return tuple((length, stride) for length, stride in zip(shape, strides, strict=True) if length != 1)


def merged(axes: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    """Neighbouring axes that are walked in one go, as one axis."""
    whole: list[tuple[int, int]] = []
    for length, stride in axes:
        if whole and whole[-1][1] == length * stride:
            whole[-1] = (whole[-1][0] * length, stride)
        else:
            whole.append((length, stride))
    return whole


def _restrided(axes: list[tuple[int, int]], shape: Shape) -> Shape | None:
    """Strides for ``shape`` over the same entries: each merged axis is cut into factors, from the last to the first."""
    strides = [1] * len(shape)
    left, (remaining, step) = list(axes), (1, 1)
    for axis in reversed(range(len(shape))):
        length = shape[axis]
        if length > 1 and remaining == 1:
            remaining, step = left.pop()
        if remaining % length:
            return None
        strides[axis] = step
        remaining, step = remaining // length, step * length
    return tuple(strides)


def fresh(shape: Shape, role: Role = Role.TEMPORARY, name: str = "") -> View:
    """A contiguous view of a new buffer."""
    return View(Buffer(role, prod(shape), name), shape, row_major(shape))


def fresh_like(view: View) -> View:
    """A view of a new buffer, with the entries in the order of a dense ``view``."""
    assert view.is_dense
    return View(Buffer(Role.TEMPORARY, view.entries), view.shape, view.strides)
