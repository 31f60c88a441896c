"""The calls as straight-line Python over torch: every buffer allocated before, every line one kernel that writes there.

The text that ``Emitted.source`` shows is what runs. It is made of names and numbers that are made here; nothing that
comes from outside is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.kernels import LOWERINGS
from verified_cat.gpu.lowering import Call
from verified_cat.gpu.schedule import Schedule
from verified_cat.gpu.storage import Storage, allocate
from verified_cat.gpu.views import Buffer, Role, View
from verified_cat.objects import Space
from verified_cat.primitives import Primitive

Observer = Callable[[int, Call], None]

ATEN = torch.ops.aten


@dataclass(frozen=True, slots=True)
class Emitted:
    """A program in Python: ``run(*data)`` makes a step; the tensors of state, data and results by position."""

    source: str
    run: Callable[..., None]
    state: tuple[torch.Tensor, ...]
    results: tuple[torch.Tensor, ...]
    arena: int


def emit(plan: Schedule, engine: TorchEngine, observer: Observer | None = None) -> Emitted:
    """The plan as a Python function. ``observer`` is told after each call; without one, nothing stands between."""
    tensors = _Tensors(plan, engine, allocate(plan))
    namespace: dict[str, Any] = dict(_FUNCTIONS)
    lines = [line for number, call in enumerate(plan.calls) for line in _lines(call, tensors, namespace, number)]
    if observer is not None:
        namespace["observed"] = lambda number: observer(number, plan.calls[number])
        lines = [f"{line}" for line in _observed(plan, tensors, namespace)]
    data = [name for name, view in tensors.data.items()]
    source = _source(data, tensors.prologue(), lines)
    namespace |= tensors.named
    exec(compile(source, "<a step of verified_cat>", "exec"), namespace)
    return Emitted(
        source,
        namespace["step"],
        tuple(tensors.tensor(view) for view in plan.inputs[: plan.states]),
        tuple(tensors.tensor(view) for view in plan.results),
        tensors.storage.entries,
    )


def _source(data: list[str], prologue: list[str], lines: list[str]) -> str:
    body = "\n".join(f"    {line}" for line in [*prologue, *lines]) or "    pass"
    return f"def step({', '.join(data)}):\n{body}\n"


def _observed(plan: Schedule, tensors: _Tensors, namespace: dict[str, Any]) -> Iterator[str]:
    for number, call in enumerate(plan.calls):
        yield from _lines(call, tensors, namespace, number)
        yield f"observed({number})"


# ------------------------------------------------------------------------------------------------ tensors by name


class _Tensors:
    """A tensor for every view, under a name: those of buffers that stay are made once, those of data in each step."""

    def __init__(self, plan: Schedule, engine: TorchEngine, storage: Storage) -> None:
        self.engine, self.storage = engine, storage
        self.named: dict[str, torch.Tensor] = {}
        self.data: dict[str, View] = {}
        self._moved: dict[str, View] = {}
        self._names: dict[tuple[Any, ...], str] = {}
        self._bases: dict[Buffer, torch.Tensor] = {}
        self._labels: dict[Buffer, str] = {}
        self._arena = torch.zeros(storage.entries, dtype=engine.dtype, device=engine.device)
        for buffer, values in plan.constants.items():
            self._bases[buffer] = engine.tensor((buffer.entries,), values).clone()
        for view in plan.inputs:
            if view.buffer.role is Role.DATA:
                self.data[self.name(view)] = view

    def name(self, view: View) -> str:
        """The name of a view, the same each time."""
        key = (view.buffer, view.shape, view.strides, view.offset)
        if key not in self._names:
            label = self._labels.setdefault(view.buffer, f"{_LETTER[view.buffer.role]}{len(self._labels)}")
            count = sum(1 for known in self._names if known[0] is view.buffer)
            self._names[key] = name = label + ("" if not count else f"_{count}")
            if view.buffer.role is not Role.DATA:
                self.named[name] = self._view(view)
            elif count:
                self._moved[name] = view
        return self._names[key]

    def prologue(self) -> list[str]:
        """The views of data, which are made anew in each step."""
        return [
            f"{name} = {data}.as_strided({view.shape}, {view.strides}, {data}.storage_offset() + {view.offset})"
            for name, view in self._moved.items()
            for data in [self._labels[view.buffer]]
        ]

    def tensor(self, view: View) -> torch.Tensor:
        """The tensor of a view of a buffer that stays."""
        return self.named[self.name(view)]

    def _view(self, view: View) -> torch.Tensor:
        return self._base(view.buffer).as_strided(
            view.shape, view.strides, view.offset + self._base(view.buffer).storage_offset()
        )

    def _base(self, buffer: Buffer) -> torch.Tensor:
        if buffer not in self._bases:
            if buffer in self.storage.offsets:
                start = self.storage.offsets[buffer]
                self._bases[buffer] = self._arena[start : start + buffer.entries]
            else:
                self._bases[buffer] = torch.zeros(buffer.entries, dtype=self.engine.dtype, device=self.engine.device)
        return self._bases[buffer]


_LETTER: Mapping[Role, str] = {Role.STATE: "s", Role.DATA: "d", Role.CONSTANT: "c", Role.TEMPORARY: "t"}


# ------------------------------------------------------------------------------------------------ a line for each call


def _lines(call: Call, tensors: _Tensors, namespace: dict[str, Any], number: int) -> Iterator[str]:
    out, args = tensors.name(call.out), [tensors.name(arg) for arg in call.args]
    if not call.out.entries:
        return
    if call.kernel in ("product", "batched_product"):
        yield _product(call, out, args, tensors)
    elif call.kernel in _LINES:
        yield _LINES[call.kernel].format(out, *args, numbers=[tensors.engine.factor(each) for each in call.numbers])
    elif call.kernel in ("scale", "shift"):
        namespace[f"n{number}"] = tensors.engine.tensor((), call.numbers)
        yield f"{'mul' if call.kernel == 'scale' else 'add'}({args[0]}, n{number}, out={out})"
    elif call.kernel == "sum":
        yield _sum(call, out, args[0])
    else:
        namespace[f"k{number}"] = LOWERINGS[call.kernel](tensors.engine, *call.detail)
        given = f"({', '.join(args)})" if len(args) > 1 else args[0]
        yield f"{out}.copy_(k{number}({given}))"


def _product(call: Call, out: str, args: list[str], tensors: _Tensors) -> str:
    plain, added = ("mm", "addmm") if call.kernel == "product" else ("bmm", "baddbmm")
    beta, alpha = (tensors.engine.factor(each) for each in call.numbers)
    if len(args) == 2 and alpha == 1:
        return f"{plain}({', '.join(args)}, out={out})"
    if len(args) == 2:
        return f"{added}({out}, {', '.join(args)}, beta=0, alpha={alpha!r}, out={out})"
    numbers = "".join(f", {name}={value!r}" for name, value in (("beta", beta), ("alpha", alpha)) if value != 1)
    return f"{added}({', '.join(args)}{numbers}, out={out})"


def _sum(call: Call, out: str, x: str) -> str:
    shape, axes = call.detail
    return f"total({x}, {axes}, out={out})"


_LINES: Mapping[str, str] = {
    **{name: f"{name}({{1}}, out={{0}})" for name in "exp log reciprocal sqrt sin cos tanh sigmoid".split()},
    "relu": "clamp_min({1}, 0, out={0})",
    "negate": "neg({1}, out={0})",
    "copy": "{0}.copy_({1})",
    "add": "add({1}, {2}, out={0})",
    "subtract": "sub({1}, {2}, out={0})",
    "multiply": "mul({1}, {2}, out={0})",
    "divide": "div({1}, {2}, out={0})",
    "add_scaled": "add({1}, {2}, alpha={numbers[0]!r}, out={0})",
    "add_product": "addcmul({1}, {2}, {3}, value={numbers[0]!r}, out={0})",
    "add_quotient": "addcdiv({1}, {2}, {3}, value={numbers[0]!r}, out={0})",
    "tanh_backward": "tanh_backward({1}, {2}, grad_input={0})",
    "sigmoid_backward": "sigmoid_backward({1}, {2}, grad_input={0})",
    "relu_backward": "threshold_backward({1}, {2}, 0, grad_input={0})",
}

_FUNCTIONS: Mapping[str, Any] = {
    **{
        name: getattr(torch, name)
        for name in "exp log reciprocal sqrt sin cos tanh sigmoid clamp_min neg add sub mul div addcmul addcdiv mm addmm bmm baddbmm".split()
    },
    "total": torch.sum,
    "tanh_backward": ATEN.tanh_backward.grad_input,
    "sigmoid_backward": ATEN.sigmoid_backward.grad_input,
    "threshold_backward": ATEN.threshold_backward.grad_input,
}
