"""One tensor for all that a native step keeps: its state, its constants, the arena of its temporaries, and scratch."""

from __future__ import annotations

import torch

from verified_cat.gpu import c_convolutions, c_pools
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.fusing import Group
from verified_cat.gpu.group_storage import allocate
from verified_cat.gpu.regrouping import Apart
from verified_cat.gpu.schedule import Schedule
from verified_cat.gpu.storage import Storage, rounded
from verified_cat.gpu.views import Buffer, Role, View


def taken(apart: Apart, groups: tuple[Group, ...]) -> tuple[Storage, int]:
    """The arena of the temporaries that need memory, and how many entries of scratch some call asks for."""
    own = (part.scratch(call) for group in groups for call in group.calls for part in (c_convolutions, c_pools))
    return allocate(groups, apart.results), max(own, default=0)


class Memory:
    """One tensor for state, constants, the arena, and scratch for each call in turn; where each buffer starts."""

    def __init__(self, plan: Schedule, apart: Apart, groups: tuple[Group, ...], engine: TorchEngine) -> None:
        arena, needed = taken(apart, groups)
        self.constants = {
            buffer: values[0] for buffer, values in plan.constants.items() if buffer.entries == 1 == len(values)
        }
        self.data = [view for view in plan.inputs[plan.states :]]
        self.leaves = {view.buffer: leaf for leaf, view in enumerate(self.data)}
        self.starts, top = {}, 0
        for buffer in [*(view.buffer for view in plan.inputs[: plan.states]), *plan.constants]:
            self.starts[buffer] = top
            top += rounded(buffer.entries)
        self.starts |= {buffer: top + start for buffer, start in arena.offsets.items()}
        self.starts |= {view.buffer: 0 for view in apart.results if not view.entries}
        self.scratch = Buffer(Role.TEMPORARY, needed, "scratch")
        self.starts[self.scratch] = top + arena.entries
        self.arena = arena.entries + needed
        with torch.inference_mode(False):
            self.whole = torch.zeros(top + self.arena, dtype=engine.dtype)
        for buffer, values in plan.constants.items():
            self.whole[self.starts[buffer] : self.starts[buffer] + buffer.entries] = engine.tensor(
                (len(values),), values
            )

    def start(self, buffer: Buffer) -> tuple[str, int] | None:
        """Where a buffer starts, in which memory; None for what has none."""
        if buffer in self.leaves:
            return f"data{self.leaves[buffer]}", 0
        return None if buffer not in self.starts or buffer in self.constants else ("memory", self.starts[buffer])

    def address(self, buffer: Buffer, offset: int) -> tuple[int | None, int]:
        """(leaf, offset) in a leaf of data, or (None, offset) in memory."""
        if buffer in self.leaves:
            return self.leaves[buffer], offset
        return None, self.starts[buffer] + offset

    def tensor(self, view: View) -> torch.Tensor:
        """What lies at a view of a buffer that stays."""
        return self.whole.as_strided(view.shape, view.strides, self.starts[view.buffer] + view.offset)
