"""A group of entrywise calls and sums as one C function: a loop that reads each input once and keeps the rest local.

Axes are ordered as the results lie, and neighbouring axes that every view walks in one go are one loop. At an index
everything is read, then computed, then written; so a result may lie where an argument did. Sums start from 0. One along
the innermost axis is added in ``LANES`` lanes, which are then added in pairs: the order is that of the source, not the
compiler's choice, so the result has the same bits wherever the arrays lie. Liberties with floating point: a product may
be fused with the addition after it, and sums are in this order (both within the bounds of reference/rounding.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from verified_cat.gpu.fusing import Access, Group, Member
from verified_cat.gpu.lowering import Call
from verified_cat.gpu.native_math import C_TYPE, named
from verified_cat.gpu.views import Buffer
from verified_cat.primitives import Shape

LANES = {"float32": 32, "float64": 16}

EXPRESSIONS: Mapping[str, str] = {
    "copy": "{0}",
    "negate": "-{0}",
    "add": "{0} + {1}",
    "subtract": "{0} - {1}",
    "multiply": "{0} * {1}",
    "divide": "{0} / {1}",
    "scale": "{n} * {0}",
    "shift": "{0} + {n}",
    "add_scaled": "{0} + {n} * {1}",
    "add_product": "{0} + {n} * ({1} * {2})",
    "add_quotient": "{0} + {n} * ({1} / {2})",
    "mix": "{0} + {n} * ({1} - {0})",
    "tanh_backward": "{0} * (1 - {1} * {1})",
    "sigmoid_backward": "{0} * ((1 - {1}) * {1})",
    "relu_backward": "{1} > 0 ? {0} : 0",
}
"""C of a kernel in its arguments, and its number n."""

FUNCTIONS: Mapping[str, str] = {
    **{name: name for name in ("exp", "log", "reciprocal", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "step")},
    **{name: name for name in ("softplus", "gaussian", "gaussian_cdf")},
}
"""Kernels that are functions of ``verified_cat.gpu.native_math``."""

REDUCED: Mapping[str, tuple[str, str]] = {
    "sum": ("0", "{0} + {1}"),
    "maximum": ("-INFINITY", "{0} >= {1} || {0} != {0} ? {0} : {1}"),
}
"""What a reduction starts from, and how it takes one more entry; a maximum is NaN from the first NaN on."""

KERNELS = frozenset({*EXPRESSIONS, *FUNCTIONS, *REDUCED, "constant"})


@dataclass(frozen=True, slots=True)
class Text:
    """The body of a C function of pointers p[0], p[1], ..., and the buffer and offset to which each of them goes."""

    body: str
    pointers: tuple[tuple[Buffer, int], ...]


@dataclass(frozen=True, slots=True)
class Places:
    """What a loop has to know of memory: where a buffer starts, if it has memory, and what a constant number is."""

    start: Callable[[Buffer], tuple[str, int] | None]
    constant: Callable[[Buffer], Fraction | None]
    literal: Callable[[Fraction], str]
    dtype: str


def loop(group: Group, places: Places) -> Text:
    """The C function of a group over an index space."""
    return _Loop(group, places).text()


class _Loop:
    """One function as it is written: its pointers, the values at an index, and what is stored there."""

    def __init__(self, group: Group, places: Places) -> None:
        assert group.space is not None
        self.group, self.places, self.real = group, places, C_TYPE[places.dtype]
        self.pointers: dict[tuple[str, int], tuple[Buffer, int]] = {}
        self.loads: dict[str, str] = {}
        self.values: dict[Buffer, str] = {}
        self.lines: list[str] = []
        self.axes, self.order = arranged(group.space, _walked(group, places))

    def text(self) -> Text:
        """All of it; over no index, only the sums, which are 0."""
        if 0 in self.axes:
            zeros = [self._cleared(member) for member in self.group.members if member.reduces]
            return self._whole(zeros)
        stores: dict[Buffer, str] = {}
        sums: list[tuple[Member, str]] = []
        for member in self.group.members:
            value = self._value(member)
            if member.reduces:
                sums.append((member, value))
            else:
                self.values[member.out.buffer] = value
                if self.places.start(member.out.buffer) is not None:
                    stores[member.out.buffer] = f"{self._entry(member.out)} = {value};"
        zeros = [self._cleared(member) for member, _ in sums]
        inner = self._inner([*stores.values()], sums)
        outer = [f"for (long i{axis} = 0; i{axis} < {length}; i{axis}++)" for axis, length in enumerate(self.axes[:-1])]
        return self._whole([*zeros, *outer, "{", *inner, "}"])

    def _whole(self, lines: list[str]) -> Text:
        names = [f"{self.real} *restrict p{index} = p[{index}];" for index in range(len(self.pointers))]
        return Text("\n".join([*names, *lines, "return 0;"]), tuple(self.pointers.values()))

    # -------------------------------------------------------------------------------------------- at one index

    def _value(self, member: Member) -> str:
        """The name of what a call gives at an index."""
        call, args = member.call, [self._read(access) for access in member.args]
        if member.reduces:
            return args[0]
        name = f"v{len(self.lines)}"
        self.lines.append(f"const {self.real} {name} = {expression(call, args, self.places)};")
        return name

    def _read(self, access: Access) -> str:
        if access.buffer in self.values:
            return self.values[access.buffer]
        number = self.places.constant(access.buffer)
        if number is not None:
            return f"({self.places.literal(number)})"
        return self.loads.setdefault(self._entry(access), f"r{len(self.loads)}")

    def _entry(self, access: Access, inner: str = "@") -> str:
        """The entry of an access at the index; ``inner`` is the innermost part of it."""
        strides = self._strides(access)
        indices = [*(f"i{axis}" for axis in range(len(strides) - 1)), inner]
        terms = [
            index if stride == 1 else f"{index} * {stride}"
            for index, stride in zip(indices, strides, strict=True)
            if stride
        ]
        return f"{self._pointer(access)}[{' + '.join(terms) or '0'}]"

    def _strides(self, access: Access) -> Shape:
        return tuple(access.strides[axes[-1]] if axes else 0 for axes in self.order)

    def _pointer(self, access: Access) -> str:
        start = self.places.start(access.buffer)
        assert start is not None
        key = (start[0], start[1] + access.offset)
        self.pointers.setdefault(key, (access.buffer, access.offset))
        return f"p{list(self.pointers).index(key)}"

    # -------------------------------------------------------------------------------------------- the loops

    def _cleared(self, member: Member) -> str:
        start, entries = REDUCED[member.call.kernel][0], member.call.out.entries
        return f"for (long i = 0; i < {entries}; i++) {self._pointer(member.out)}[i] = {start};"

    def _inner(self, stores: list[str], sums: list[tuple[Member, str]]) -> list[str]:
        """The innermost loop; with lanes, where something is added up along it."""
        length, lanes = self.axes[-1], LANES[self.places.dtype]
        along = [(member, value) for member, value in sums if length > 1 and not self._strides(member.out)[-1]]
        across = [
            _taken(self._entry(member.out), value, member) for member, value in sums if (member, value) not in along
        ]
        loads = [f"const {self.real} {name} = {entry};" for entry, name in self.loads.items()]
        inside = [*loads, *self.lines, *stores, *across]
        if not along:
            return _counted("j", length, [line.replace("@", "j") for line in inside])
        inside += [_taken(f"a{index}[l]", value, member) for index, (member, value) in enumerate(along)]
        whole = length // lanes * lanes
        text = []
        for index, (member, _) in enumerate(along):
            text.append(f"{self.real} a{index}[{lanes}];")
            text.append(f"for (long l = 0; l < {lanes}; l++) a{index}[l] = {REDUCED[member.call.kernel][0]};")
        if whole:
            text.append(f"for (long j = 0; j < {whole}; j += {lanes})")
            text += _counted("l", lanes, [line.replace("@", "(j + l)") for line in inside])
        if whole < length:
            text += _counted("l", length - whole, [line.replace("@", f"({whole} + l)") for line in inside])
        for index, (member, _) in enumerate(along):
            fold = _taken(f"a{index}[l]", f"a{index}[l + h]", member)
            text.append(f"for (long h = {lanes // 2}; h; h /= 2) for (long l = 0; l < h; l++) {fold}")
            text.append(_taken(self._entry(member.out, "0"), f"a{index}[0]", member))
        return text


def _taken(total: str, value: str, member: Member) -> str:
    return f"{total} = {REDUCED[member.call.kernel][1].format(total, value)};"


def _counted(index: str, length: int, lines: list[str]) -> list[str]:
    return ["#pragma omp simd", f"for (long {index} = 0; {index} < {length}; {index}++) {{", *lines, "}"]


def expression(call: Call, args: list[str], places: Places) -> str:
    """C of what a call gives for these arguments at one index."""
    if call.kernel in FUNCTIONS:
        return f"{named(FUNCTIONS[call.kernel], places.dtype)}({args[0]})"
    if call.kernel == "constant":
        return places.literal(call.detail[1][0])
    number = f"({places.literal(call.numbers[0])})" if call.numbers else ""
    return EXPRESSIONS[call.kernel].format(*args, n=number)


def _walked(group: Group, places: Places) -> list[Access]:
    """All accesses, those first that the loop should walk in order: what is written, what is read, what is summed."""
    writes = [member.out for member in group.members if not member.reduces and places.start(member.out.buffer)]
    reads = [access for member in group.members for access in member.args if places.start(access.buffer)]
    sums = [member.out for member in group.members if member.reduces]
    return [*writes, *reads, *sums]


def arranged(space: Shape, accesses: list[Access]) -> tuple[list[int], list[tuple[int, ...]]]:
    """The lengths of the loops from the outermost to the innermost, and the axes of the space that each walks."""
    axes = sorted(range(len(space)), key=lambda axis: tuple(-access.strides[axis] for access in accesses))
    order: list[list[int]] = []
    for axis in axes:
        before = order[-1][-1] if order else None
        if before is not None and all(
            access.strides[before] == access.strides[axis] * space[axis] for access in accesses
        ):
            order[-1].append(axis)
        else:
            order.append([axis])
    if not order:
        return [1], [()]
    lengths = []
    for walked in order:
        length = 1
        for axis in walked:
            length *= space[axis]
        lengths.append(length)
    return lengths, [tuple(walked) for walked in order]
