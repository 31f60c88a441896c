"""A compiled step that runs: one call for a step, one for k of them, or group by group.

Data is checked before anything is touched: each leaf a contiguous CPU tensor of the step's shape and dtype.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from math import prod
from threading import Lock
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from verified_cat.errors import DataError
from verified_cat.gpu.fusing import Group
from verified_cat.gpu.native import NativeError
from verified_cat.gpu.native_memory import Memory
from verified_cat.gpu.views import Buffer, View
from verified_cat.primitives import Shape

DRIVER = """
typedef struct {
    int64_t groups, slots, results;
    const int32_t *code;     /* of each group: which function */
    const int64_t *first;    /* of each group: where its pointers begin */
    T **pointers;
    const int64_t *slot, *leaf, *offset; /* pointers[slot] is data[leaf] + offset */
    const int64_t *entries;  /* of each leaf of data, in one step */
    T *const *result;
    const int64_t *sizes;    /* of each result */
} vc_plan;

void vc_given(const vc_plan *plan, T *const *data, int64_t step) {
    for (int64_t i = 0; i < plan->slots; i++) {
        int64_t leaf = plan->leaf[i];
        plan->pointers[plan->slot[i]] = data[leaf] + step * plan->entries[leaf] + plan->offset[i];
    }
}

int vc_range(const vc_plan *plan, int64_t begin, int64_t end) {
    for (int64_t group = begin; group < end; group++)
        if (vc_calls[plan->code[group]](plan->pointers + plan->first[group])) return -1;
    return 0;
}

int vc_step(const vc_plan *plan, T *const *data) {
    vc_given(plan, data, 0);
    return vc_range(plan, 0, plan->groups);
}

int vc_many(const vc_plan *plan, T *const *data, int64_t steps, T *const *into) {
    for (int64_t step = 0; step < steps; step++) {
        vc_given(plan, data, step);
        if (vc_range(plan, 0, plan->groups)) return -1;
        for (int64_t i = 0; i < plan->results; i++)
            memcpy(into[i] + step * plan->sizes[i], plan->result[i], sizeof(T) * plan->sizes[i]);
    }
    return 0;
}
"""


class Plan(ctypes.Structure):
    """``vc_plan`` of the C text."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("groups", "slots", "results")),
        *(
            (name, ctypes.c_void_p)
            for name in ("code", "first", "pointers", "slot", "leaf", "offset", "entries", "result", "sizes")
        ),
    )


@dataclass(frozen=True, slots=True)
class Layout:
    """Which function each group is, where its pointers go ((leaf of data or None, offset)), what a step is given."""

    functions: tuple[int, ...]
    places: tuple[tuple[tuple[int | None, int], ...], ...]
    shapes: tuple[Shape, ...]
    state: tuple[torch.Tensor, ...]
    results: tuple[torch.Tensor, ...]

    def tables(self, whole: torch.Tensor) -> dict[str, NDArray[Any]]:
        """The arrays of a ``vc_plan``, by the names of its fields."""
        flat = [place for places in self.places for place in places]
        slots = [(slot, leaf, offset) for slot, (leaf, offset) in enumerate(flat) if leaf is not None]
        base, size = whole.data_ptr(), whole.element_size()
        long = np.int64
        return {
            "code": np.array(self.functions, dtype=np.int32),
            "first": np.cumsum([0, *map(len, self.places)], dtype=long),
            "pointers": np.array(
                [0 if leaf is not None else base + size * offset for leaf, offset in flat], dtype=long
            ),
            "slot": np.array([slot for slot, _, _ in slots], dtype=long),
            "leaf": np.array([leaf for _, leaf, _ in slots], dtype=long),
            "offset": np.array([offset for _, _, offset in slots], dtype=long),
            "entries": np.array([prod(shape) for shape in self.shapes], dtype=long),
            "result": np.array([result.data_ptr() for result in self.results], dtype=long),
            "sizes": np.array([result.numel() for result in self.results], dtype=long),
        }


class Native:
    """A compiled step: ``run(*data)`` makes one. ``state`` and ``results`` are the tensors that it writes over.

    Two threads may call; their steps take turns.
    """

    run: Callable[..., None]
    checks = True  # it refuses data that do not fit before anything is touched

    def __init__(self, source: str, groups: tuple[Group, ...], memory: Memory, layout: Layout, library: Any) -> None:
        self.source, self.groups, self.arena = source, groups, memory.arena
        self.state, self.results = layout.state, layout.results
        self._memory, self._layout, self._lock = memory, layout, Lock()
        self._tables = layout.tables(memory.whole)
        slots = len(self._tables["slot"])
        addresses = [table.ctypes.data for table in self._tables.values()]
        self._plan = Plan(len(groups), slots, len(self.results), *addresses)
        self._data = (ctypes.c_void_p * max(1, len(layout.shapes)))()
        self._functions = _Functions(library, self._plan, self._data)
        self.run = self._runner()

    def _runner(self) -> Callable[..., None]:
        """``run``: as little as possible between the caller and the compiled code."""
        step, lock, array, checked = self._functions.step, self._lock, self._data, self._checked
        shapes, dtype = [torch.Size(shape) for shape in self._layout.shapes], self._memory.whole.dtype
        count = len(shapes)
        single = any(shape.numel() <= 1 for shape in shapes)  # else a tensor that is to be negated is not contiguous

        def run(*data: torch.Tensor) -> None:
            """One step on the leaves of data, in their order."""
            if len(data) != count:
                checked(data, ())
            with lock:
                try:
                    for place, leaf in enumerate(data):
                        if not (
                            leaf.shape == shapes[place]
                            and leaf.dtype is dtype
                            and leaf.is_cpu
                            and leaf.is_contiguous()
                            and not (single and leaf.is_neg())
                        ):
                            checked(data, ())
                        array[place] = leaf.data_ptr()
                except AttributeError:  # not even a tensor
                    checked(data, ())
                    raise
                if step():
                    raise NativeError("a product of matrices found no memory for its copies; the state is half updated")

        return run

    def run_many(self, count: int, *data: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """``count`` steps, each on the next entry of the leading axis of every leaf; gives the results of all steps."""
        self._checked(data, (count,))
        into = tuple(torch.empty((count, *result.shape), dtype=result.dtype) for result in self.results)
        addresses = (ctypes.c_void_p * max(1, len(into)))(*(each.data_ptr() for each in into))
        with self._lock:
            self._given(data)
            if self._functions.many(count, ctypes.addressof(addresses)):
                raise NativeError("a product of matrices found no memory for its copies; the state is half updated")
        return into

    def walk(self, *data: torch.Tensor) -> Iterator[int]:
        """One step, group by group: stops before each group and after the last, with the number of groups that ran."""
        self._checked(data, ())
        with self._lock:
            self._given(data)
            self._functions.given()
            for place in range(len(self.groups)):
                yield place
                if self._functions.range(place, place + 1):
                    raise NativeError("a product of matrices found no memory for its copies; the state is half updated")
            yield len(self.groups)

    def is_local(self, buffer: Buffer) -> bool:
        """Whether a buffer has no memory: one group makes it and uses it up."""
        return buffer not in self._memory.starts and buffer not in self._memory.leaves

    def tensor(self, view: View, data: tuple[torch.Tensor, ...] = ()) -> torch.Tensor:
        """What lies at a view of a call now; ``data`` are the leaves that were given, for views of them."""
        leaf = self._memory.leaves.get(view.buffer)
        if leaf is None:
            return self._memory.tensor(view)
        return data[leaf].as_strided(view.shape, view.strides, data[leaf].storage_offset() + view.offset)

    def _given(self, data: tuple[torch.Tensor, ...]) -> None:
        for place, leaf in enumerate(data):
            self._data[place] = leaf.data_ptr()

    def _checked(self, data: tuple[Any, ...], leading: Shape) -> None:
        """Raises DataError for what is not the data of a step."""
        shapes, dtype = self._layout.shapes, self._memory.whole.dtype
        if len(data) != len(shapes):
            raise DataError(f"a step of this program is given {len(shapes)} leaves of data, not {len(data)}")
        for place, (leaf, shape) in enumerate(zip(data, shapes, strict=True)):
            where, wanted = f"leaf {place} of the data of a native step", (*leading, *shape)
            if not isinstance(leaf, torch.Tensor):
                raise DataError(f"{where} is a tensor, not {type(leaf).__name__}")
            if tuple(leaf.shape) != wanted:
                raise DataError(f"{where} has the shape {wanted}, not {tuple(leaf.shape)}")
            if leaf.dtype != dtype:
                raise DataError(f"{where} has the dtype {dtype}, not {leaf.dtype}")
            if leaf.device.type != "cpu":
                raise DataError(f"{where} is on the CPU, not on {leaf.device}")
            if not leaf.is_contiguous() or leaf.is_neg():
                raise DataError(f"{where} is contiguous, not of strides {leaf.stride()}; x.contiguous() makes it so")


class _Functions:
    """The compiled entry points, each with the plan as its first argument."""

    def __init__(self, library: Any, plan: Plan, data: Any) -> None:
        here, there, long, pointer = ctypes.addressof(plan), ctypes.addressof(data), ctypes.c_int64, ctypes.c_void_p
        self.given: Callable[[], None] = _bound(library.vc_given, [pointer, pointer, long], here, there, 0)
        self.step: Callable[[], int] = _bound(library.vc_step, [pointer, pointer], here, there)
        self.range: Callable[[int, int], int] = _bound(library.vc_range, [pointer, long, long], here)
        self.many: Callable[[int, int], int] = _bound(library.vc_many, [pointer, pointer, long, pointer], here, there)
        library.vc_given.restype = None


def _bound(function: Any, kinds: list[Any], *first: int) -> Callable[..., Any]:
    function.argtypes = kinds
    return partial(function, *first)
