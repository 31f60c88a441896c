"""The tensors that an emitted Python program works on, by name: one for every view of every buffer of a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.lowering import Call
from verified_cat.gpu.schedule import Schedule
from verified_cat.gpu.storage import Storage
from verified_cat.gpu.views import Buffer, Role, View
from verified_cat.primitives import Shape

_LETTER: Mapping[Role, str] = {Role.STATE: "s", Role.DATA: "d", Role.CONSTANT: "c", Role.TEMPORARY: "t", Role.MADE: "m"}


class Tensors:
    """A tensor for every view, under a name: those of buffers that stay are made once, those of data in each step."""

    def __init__(self, plan: Schedule, engine: TorchEngine, storage: Storage) -> None:
        self.engine, self.storage = engine, storage
        self.named: dict[str, torch.Tensor] = {}
        self.data: dict[str, View] = {}
        self._moved: dict[str, View] = {}
        self._names: dict[tuple[Any, ...], str] = {}
        self._bases: dict[Buffer, torch.Tensor] = {}
        self._labels: dict[Buffer, str] = {}
        self._counts: dict[Buffer, int] = {}
        self._arena = torch.zeros(storage.entries, dtype=engine.dtype, device=engine.device)
        for buffer, values in plan.constants.items():
            self._bases[buffer] = engine.tensor((buffer.entries,), values).clone()
        for view in plan.inputs:
            if view.buffer.role is Role.DATA:
                self.data[self.name(view)] = view
        self._last: dict[Buffer, int] = {}
        for position, call in enumerate(plan.calls):
            for view in (call.out, *call.args):
                if view.buffer.role is Role.MADE:
                    self.name(view)
                    self._last[view.buffer] = position

    def name(self, view: View) -> str:
        """The name of a view, the same each time."""
        key = (view.buffer, view.shape, view.strides, view.offset)
        if key not in self._names:
            label = self._labels.setdefault(view.buffer, f"{_LETTER[view.buffer.role]}{len(self._labels)}")
            count = self._counts[view.buffer] = self._counts.get(view.buffer, -1) + 1
            self._names[key] = name = label + ("" if not count else f"_{count}")
            if view.buffer.role not in (Role.DATA, Role.MADE):
                self.named[name] = self.memory(view)
            elif count:
                self._moved[name] = view
        return self._names[key]

    def prologue(self) -> list[str]:
        """The views of data, which are made anew in each step."""
        return [self._line(name, view) for name, view in self._moved.items() if view.buffer.role is Role.DATA]

    def _line(self, name: str, view: View) -> str:
        whole = self._labels[view.buffer]
        return f"{name} = {whole}.as_strided({view.shape}, {view.strides}, {whole}.storage_offset() + {view.offset})"

    def made_and_done(self, call: Call, position: int) -> Iterator[str]:
        """After a call that made a tensor, the views of it; and what is read for the last time there goes."""
        if call.out.buffer.role is Role.MADE and call.out.entries:
            yield from (self._line(name, view) for name, view in self._moved.items() if view.buffer is call.out.buffer)
        gone = [buffer for buffer in {arg.buffer for arg in call.args} if self._last.get(buffer) == position]
        for buffer in sorted(gone, key=lambda each: each.serial):
            yield f"del {', '.join(name for key, name in self._names.items() if key[0] is buffer)}"

    def keep(self, buffer: Buffer, tensor: torch.Tensor) -> None:
        """A tensor that was made, for those who look at the memory."""
        self._bases[buffer] = tensor.as_strided((tensor.numel(),), (1,))

    def tensor(self, view: View) -> torch.Tensor:
        """The tensor of a view of a buffer that stays."""
        return self.named[self.name(view)]

    def flat(self, view: View, entries: int) -> torch.Tensor:
        """The entries of a dense view in the order in which they lie."""
        return self.memory(View(view.buffer, (entries,), (1,), view.offset))

    def scratch(self, entries: int, stretch: int) -> list[torch.Tensor]:
        """The same stretch of memory again and again, for a value that is used up within each stretch."""
        own = torch.zeros(min(stretch, entries), dtype=self.engine.dtype, device=self.engine.device)
        return [own[: min(stretch, entries - start)] for start in range(0, entries, stretch)]

    def memory(self, view: View) -> torch.Tensor:
        """The tensor of a view as the plan has it, whatever its name stands for."""
        base = self._base(view.buffer)
        return base.as_strided(view.shape, _plain(view), view.offset + base.storage_offset())

    def _base(self, buffer: Buffer) -> torch.Tensor:
        if buffer not in self._bases:
            if buffer in self.storage.offsets:
                start = self.storage.offsets[buffer]
                self._bases[buffer] = self._arena[start : start + buffer.entries]
            else:
                self._bases[buffer] = torch.zeros(buffer.entries, dtype=self.engine.dtype, device=self.engine.device)
        return self._bases[buffer]


def _plain(view: View) -> Shape:
    """The strides, with 1 for axes of length 1: torch takes equal places with other strides there for an overlap."""
    return tuple(1 if length == 1 else stride for length, stride in zip(view.shape, view.strides, strict=True))
