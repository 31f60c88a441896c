"""A compiled step in an ordinary PyTorch loop: ``for x, y in loader: loss = step.step(x, y)``.

A compiled step reads its batch where it lies, so a batch is looked at before it is read: shape, type, device, layout.
Whatever is refused or fails, the state is the one before the step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from verified_cat.errors import DataError, UsageError
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.interop import held, into_module, must_fit, weights_from
from verified_cat.gpu.lowering import ENTRYWISE, WRITING
from verified_cat.gpu.schedule import Schedule
from verified_cat.gpu.step import Step
from verified_cat.gpu.views import Role
from verified_cat.networks import Objective
from verified_cat.objects import UNIT, Ob, Pair, Space, leaves
from verified_cat.optimiser import Optimiser

PREALLOCATED = ENTRYWISE | WRITING | {"product", "batched_product"}
"""Kernels that write where they are told and ask for no memory of their own."""


class LoopStep(Step):
    """((s, p), d) ↦ ((s', p'), E(p, d)) on the batches of a DataLoader; ``data`` names the parts of a batch.

    The other options are those of ``Step``.
    """

    def __init__(
        self, objective: Objective, rule: Optimiser, engine: TorchEngine, *, data: Sequence[str] = (), **options: Any
    ) -> None:
        spaces = [leaf for leaf in leaves(objective.data) if isinstance(leaf, Space)]
        given = tuple(data) or tuple(f"part {number}" for number in range(1, len(spaces) + 1))
        if len(given) != len(spaces):
            raise UsageError(f"a batch {objective.data} has {len(spaces)} parts; {len(given)} names were given")
        self._data = list(zip(given, (leaf.shape for leaf in spaces), strict=True))
        if options.get("paced"):
            self._data.append(("rate", ()))
        super().__init__(objective, rule, engine, **options)
        self._before = [tensor.clone() for tensor in self.emitted.state] if may_tear(self.plan) else []
        self._torn = True

    # ---------------------------------------------------------------------------------------- steps

    def step(self, *data: torch.Tensor) -> torch.Tensor:
        """One step on a batch; gives the loss before it, as a tensor of its own.

        Raises DataError where the batch is not what the step was compiled for, or where a kernel finds no memory.
        """
        self._must_be_whole()
        self._must_fit(data)
        if self._before:
            torch._foreach_copy_(self._before, list(self.emitted.state))
        self._torn = True
        try:
            with memory_told("a step"):
                self.emitted.run(*data)
        except BaseException as fault:
            if self._before:
                torch._foreach_copy_(list(self.emitted.state), self._before)
            # Without a copy nothing that fails stands after the first write of the state; an interrupt may come there.
            self._torn = not self._before and not isinstance(fault, Exception)
            raise
        self._torn = False
        return self._loss.clone()

    def _must_fit(self, data: tuple[torch.Tensor, ...]) -> None:
        if len(data) != len(self._data):
            wanted = ", ".join(f"{name} : {Space(shape)}" for name, shape in self._data)
            raise DataError(f"a step takes {len(self._data)} tensors ({wanted}), not {len(data)}")
        dtype, device = self.engine.dtype, self._loss.device
        for (name, shape), x in zip(self._data, data, strict=True):
            fits = isinstance(x, torch.Tensor) and x.shape == shape and x.dtype is dtype and x.device == device
            if not fits or not x.is_contiguous() or x.requires_grad:
                raise DataError(f"{name} of the batch {self._fault(x, shape)}; the state is the one before")

    def _fault(self, x: torch.Tensor, shape: tuple[int, ...]) -> str:
        """What is wrong with one tensor of a batch, and what to do about it."""
        dtype, device = self.engine.dtype, self._loss.device
        if not isinstance(x, torch.Tensor):
            return f"is {type(x).__name__}, not a tensor: torch.as_tensor makes one"
        if x.shape != shape:
            what = f"has the shape {tuple(x.shape)}, and the step is compiled for {Space(shape)}"
            fewer = x.dim() == len(shape) > 0 and x.shape[1:] == shape[1:] and x.shape[0] < shape[0]
            advice = f" for {x.shape[0]} rows" if x.dim() else ""
            leave = "give DataLoader(..., drop_last=True), or " if fewer else ""
            return f"{what}: {leave}compile another step{advice}"
        if x.dtype is not dtype:
            classes = "" if x.dtype.is_floating_point else "; class numbers are given as one-hot rows"
            return f"is {x.dtype}, and the step computes in {dtype}: .to({dtype}){classes}"
        if x.device != device:
            return f"is on {x.device}, and the step runs on {device}: .to({str(device)!r})"
        if x.requires_grad:
            return "wants a gradient, and a step records none: .detach()"
        return f"does not lie in row-major order (strides {x.stride()}): .contiguous()"

    def _must_be_whole(self) -> None:
        if self._torn:
            raise UsageError("the step has no state yet, or was interrupted in its middle: start it, or import weights")

    # ---------------------------------------------------------------------------------------- weights

    def restore(self, state: Sequence[torch.Tensor]) -> None:
        """The state becomes this one."""
        super().restore(state)
        self._torn = False

    def import_from(self, *modules: torch.nn.Module) -> None:
        """The parameters are those of the modules, one after the other; the state of the rule is its first.

        Raises DataError, and keeps the state, where they do not fit.
        """
        values = [
            value.to("cpu", torch.float64 if value.dtype is torch.float64 else torch.float32)
            for module, param, _ in self._parts(modules)
            for value in weights_from(module, module, param)
        ]
        self.start({str(number): value for number, value in enumerate(values)})

    def export_to(self, *modules: torch.nn.Module) -> None:
        """The parameters are written into the modules, rounded to their types; into all, or into none."""
        self._must_be_whole()
        parts, values = self._parts(modules), self.parameters()
        for module, param, _ in parts:
            must_fit(module, param)
        for module, param, first in parts:
            into_module(module, param, values[first : first + len(held(module))])

    def _parts(self, modules: tuple[torch.nn.Module, ...]) -> list[tuple[torch.nn.Module, Ob, int]]:
        """Each module with the parameters that are its own, and where among all they start."""
        spaces = list(leaves(self.objective.param))
        counts = [len(held(module)) for module in modules]
        if sum(counts) != len(spaces):
            shown = " + ".join(map(str, counts)) or "0"
            raise DataError(f"the step has {len(spaces)} parameters, the modules {shown}")
        found, first = [], 0
        for module, count in zip(modules, counts, strict=True):
            found.append((module, _row(spaces[first : first + count]), first))
            first += count
        return found


def _row(spaces: Sequence[Ob]) -> Ob:
    whole: Ob = UNIT
    for space in reversed(spaces):
        whole = Pair(space, whole)
    return whole


def may_tear(plan: Schedule) -> bool:
    """Whether a kernel that asks for memory runs after the first write of the state: failing, it leaves half of it."""
    written = False
    for call in plan.calls:
        if written and call.kernel not in PREALLOCATED:
            return True
        written = written or call.out.buffer.role is Role.STATE
    return False


@contextmanager
def memory_told(what: str) -> Iterator[None]:
    """What torch says where there is no memory, as DataError: on the CPU it raises a RuntimeError like any other."""
    try:
        yield
    except (RuntimeError, MemoryError) as fault:
        said = (str(fault) or repr(fault)).splitlines()[0]
        known = isinstance(fault, torch.OutOfMemoryError | MemoryError)
        if known or "can't allocate memory" in said or "out of memory" in said.lower():
            raise DataError(f"no memory for {what}; the state is the one before: {said}") from fault
        raise
