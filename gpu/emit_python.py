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
from verified_cat.gpu.lowering import ENTRYWISE, Call
from verified_cat.gpu.pools import POOLS
from verified_cat.gpu.schedule import Schedule
from verified_cat.gpu.storage import Storage, allocate, lifetimes, taken
from verified_cat.gpu.views import Buffer, Role, View
from verified_cat.primitives import Shape
from verified_cat.program import Outside

Observer = Callable[[int, Call], None]

ATEN = torch.ops.aten

LONG, STRETCH = 2**16, 2**15
"""From how many entries on a run of entrywise calls is cut into stretches, and how long those are: some hundred kB for
all the tensors of an update, which a second-level cache holds."""


@dataclass(frozen=True, slots=True)
class Emitted:
    """A program in Python: ``run(*data)`` makes a step; the tensors of state and results by position.

    ``memory`` gives the tensor of any view that is not of data, from the plan alone: what the text should mean by it.
    """

    source: str
    run: Callable[..., None]
    state: tuple[torch.Tensor, ...]
    results: tuple[torch.Tensor, ...]
    arena: int
    memory: Callable[[View], torch.Tensor]
    checks: bool = False


def emit(plan: Schedule, engine: TorchEngine, observer: Observer | None = None) -> Emitted:
    """The plan as a Python function. ``observer`` is told after each call; without one, nothing stands between."""
    tensors = _Tensors(plan, engine, allocate(plan))
    namespace: dict[str, Any] = dict(_FUNCTIONS)
    if observer is None:
        lines = list(_whole(plan, tensors, namespace))
    else:
        namespace["observed"] = lambda number: observer(number, plan.calls[number])
        namespace["kept"] = lambda number, tensor: tensors.keep(plan.calls[number].out.buffer, tensor)
        lines = list(_observed(plan, tensors, namespace))
    data = [name for name, view in tensors.data.items()]
    source = _source(data, tensors.prologue(), lines)
    namespace |= tensors.named
    exec(compile(source, "<a step of verified_cat>", "exec"), namespace)
    return Emitted(
        source,
        _in_tf32(namespace["step"]) if engine.products == "tf32" else namespace["step"],
        tuple(tensors.tensor(view) for view in plan.inputs[: plan.states]),
        tuple(tensors.tensor(view) for view in plan.results),
        taken(plan),
        tensors.memory,
    )


def _in_tf32(step: Callable[..., None]) -> Callable[..., None]:
    """The step with products whose operands CUDA may round, which is otherwise as the process has it."""

    def run(*data: torch.Tensor) -> None:
        before = torch.backends.cuda.matmul.allow_tf32
        torch.backends.cuda.matmul.allow_tf32 = True
        try:
            step(*data)
        finally:
            torch.backends.cuda.matmul.allow_tf32 = before

    return run


def _source(data: list[str], prologue: list[str], lines: list[str]) -> str:
    body = "\n".join(f"    {line}" for line in [*prologue, *lines]) or "    pass"
    return f"def step({', '.join(data)}):\n{body}\n"


def _whole(plan: Schedule, tensors: _Tensors, namespace: dict[str, Any]) -> Iterator[str]:
    """A line for each call; long runs of entrywise calls over the same entries go stretch by stretch."""
    position, spans = 0, lifetimes(plan)
    while position < len(plan.calls):
        run = _run_of(plan.calls, position, tensors.storage, spans)
        if run.length > 1:
            yield from _stretches(plan.calls, run, tensors, namespace)
        else:
            yield from _lines(plan.calls[position], tensors.name, tensors.engine, namespace, position)
            yield from tensors.made_and_done(plan.calls[position], position)
        position += run.length


@dataclass(frozen=True, slots=True)
class _Run:
    """Calls that go together stretch by stretch. What lives only between them has a stretch of memory of its own."""

    start: int
    length: int
    local: frozenset[Buffer]


def _run_of(calls: tuple[Call, ...], start: int, storage: Storage, spans: Mapping[Buffer, tuple[int, int]]) -> _Run:
    """The calls from here on that walk over the same many entries in the same order, and may do so by stretches."""
    entries, stop = calls[start].out.entries, start
    if entries >= LONG:
        while stop < len(calls) and _goes_along(calls[stop], entries):
            stop += 1
    while stop > start + 1:
        own = range(start, stop)
        local = frozenset(
            call.out.buffer
            for call in calls[start:stop]
            if call.out.buffer in spans and all(end in own for end in spans[call.out.buffer])
        )
        clash = next((each for each in own if _clashes(calls[each], calls[start:each], storage, local)), stop)
        if clash == stop:
            return _Run(start, stop - start, local)
        stop = clash
    return _Run(start, 1, frozenset())


def _goes_along(call: Call, entries: int) -> bool:
    """Whether a call walks over so many entries, one after the other, and not over one number only."""
    alike = all(_walked(view, call.out) for view in (call.out, *call.args))
    many = any(not view.is_one_number for view in call.args)  # else its result is one number, too
    return call.kernel in ENTRYWISE and call.out.entries == entries and alike and many


def _clashes(call: Call, before: tuple[Call, ...], storage: Storage, local: frozenset[Buffer]) -> bool:
    """Whether a call writes what one before it reads or writes at another stretch, or reads what one writes there.

    Memory that is given up within a run may be taken again: what was there is still read in the stretches to come.
    """
    earlier = [[view for view in (each.out, *each.args) if view.buffer not in local] for each in before]
    reads = [view for view in call.args if view.buffer not in local]
    written = [each.out for each in before if each.out.buffer not in local]
    out = call.out
    return (out.buffer not in local and any(_crossing(out, view, storage) for each in earlier for view in each)) or any(
        _crossing(each, view, storage) for each in written for view in reads
    )


def _crossing(out: View, view: View, storage: Storage) -> bool:
    """Whether two views share memory, and are not walked over alike."""
    (one, start), (other, begin) = (
        (None, storage.offsets[each.buffer] + each.offset)
        if each.buffer in storage.offsets
        else (each.buffer, each.offset)
        for each in (out, view)
    )
    length = 1 if view.is_one_number else view.entries
    if one is not other or start + out.entries <= begin or begin + length <= start:
        return False
    return start != begin or view.is_one_number


def _walked(view: View, out: View) -> bool:
    """Whether a view is one number, or has its entries in a row in the order of ``out``."""
    if view.buffer.role in (Role.DATA, Role.MADE):  # another tensor in each step
        return False
    return view.is_one_number or (view.is_dense and view.compact == out.compact)


def _stretches(calls: tuple[Call, ...], run: _Run, tensors: _Tensors, namespace: dict[str, Any]) -> Iterator[str]:
    """A loop over stretches that stay in the cache from the first call to the last.

    Values that live only within it and follow each other in the arena follow each other in one stretch of memory, too.
    """
    views: dict[tuple[Any, ...], View] = {}
    inside: list[str] = []

    def name(view: View) -> str:
        if view.is_one_number:
            return tensors.name(View(view.buffer, (), (), view.offset))
        own = tensors.storage.offsets[view.buffer] if view.buffer in run.local else view.buffer
        views.setdefault((own, view.offset), view)
        return f"x{list(views).index((own, view.offset))}"

    for position in range(run.start, run.start + run.length):
        inside += _lines(calls[position], name, tensors.engine, namespace, position)
    entries = calls[run.start].out.entries
    rows = [
        tensors.scratch(entries) if view.buffer in run.local else torch.split(tensors.flat(view, entries), STRETCH)
        for view in views.values()
    ]
    namespace[f"stretches{run.start}"] = list(zip(*rows, strict=True))
    yield f"for {''.join(f'x{index}, ' for index in range(len(views)))}in stretches{run.start}:"
    yield from (f"    {line}" for line in inside)


def _observed(plan: Schedule, tensors: _Tensors, namespace: dict[str, Any]) -> Iterator[str]:
    for number, call in enumerate(plan.calls):
        yield from _lines(call, tensors.name, tensors.engine, namespace, number)
        if call.out.buffer.role is Role.MADE and call.out.entries:
            yield f"kept({number}, {tensors.name(call.out)})"
        yield from tensors.made_and_done(call, -1)
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

    def scratch(self, entries: int) -> list[torch.Tensor]:
        """The same stretch of memory again and again, for a value that is used up within each stretch."""
        own = torch.zeros(min(STRETCH, entries), dtype=self.engine.dtype, device=self.engine.device)
        return [own[: min(STRETCH, entries - start)] for start in range(0, entries, STRETCH)]

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


_LETTER: Mapping[Role, str] = {Role.STATE: "s", Role.DATA: "d", Role.CONSTANT: "c", Role.TEMPORARY: "t", Role.MADE: "m"}


# ------------------------------------------------------------------------------------------------ a line for each call


def _lines(
    call: Call, name: Callable[[View], str], engine: TorchEngine, namespace: dict[str, Any], number: int
) -> Iterator[str]:
    out, args = name(call.out), [name(arg) for arg in call.args]
    if not call.out.entries:
        return
    if call.kernel in ("product", "batched_product"):
        yield from (_narrow_product if engine.products == "bfloat16" else _product)(call, out, args, engine)
    elif call.wire is not None and isinstance(call.wire.operation, Outside):
        namespace[f"k{number}"] = engine.outside(call.wire.operation)
        yield f"k{number}({', '.join([out, *args])})"
    elif call.kernel in POOLS:
        namespace[f"k{number}"] = POOLS[call.kernel](engine, *call.detail)
        yield f"k{number}({', '.join([out, *args])})"
    elif call.kernel in _LINES:
        numbers = [engine.factor(each) for each in call.numbers]
        for line in _LINES[call.kernel]:
            yield _written_over(line.format(out, *args, numbers=numbers, detail=call.detail), out)
    elif call.kernel in ("scale", "shift"):
        namespace[f"n{number}"] = engine.tensor((), call.numbers)
        yield f"{'mul' if call.kernel == 'scale' else 'add'}({args[0]}, n{number}, out={out})"
    else:
        namespace[f"k{number}"] = LOWERINGS[call.kernel](engine, *call.detail)
        given = f"({', '.join(args)})" if len(args) > 1 else args[0]
        made = call.out.buffer.role is Role.MADE
        laid = "" if call.out.is_contiguous else "memory_format=channels_last"
        yield f"{out} = k{number}({given}).contiguous({laid})" if made else f"{out}.copy_(k{number}({given}))"


def _product(call: Call, out: str, args: list[str], engine: TorchEngine) -> Iterator[str]:
    plain, added = ("mm", "addmm") if call.kernel == "product" else ("bmm", "baddbmm")
    beta, alpha = (engine.factor(each) for each in call.numbers)
    if len(args) == 2 and alpha == 1:
        yield f"{plain}({', '.join(args)}, out={out})"
    elif len(args) == 2:
        yield f"{added}({out}, {', '.join(args)}, beta=0, alpha={alpha!r}, out={out})"
    else:
        numbers = "".join(f", {name}={value!r}" for name, value in (("beta", beta), ("alpha", alpha)) if value != 1)
        yield f"{added}({', '.join(args)}{numbers}, out={out})"


def _narrow_product(call: Call, out: str, args: list[str], engine: TorchEngine) -> Iterator[str]:
    """The product of rounded operands; what it is added to, and the sum, are not rounded."""
    plain = "mm" if call.kernel == "product" else "bmm"
    beta, alpha = (engine.factor(each) for each in call.numbers)
    *added, x, y = args
    product = f"{plain}({x}.bfloat16(), {y}.bfloat16())"
    if not added:
        yield f"{out}.copy_({product})" + ("" if alpha == 1 else f".mul_({alpha!r})")
    elif beta == 1:
        yield f"add({added[0]}, {product}.float(), alpha={alpha!r}, out={out})"
    else:
        yield f"mul({added[0]}, {beta!r}, out={out})"
        yield f"{out}.add_({product}.float(), alpha={alpha!r})"


def _written_over(line: str, out: str) -> str:
    """f(x, …, out=x) as x.f_(…), which is the same and takes half as long to call."""
    function, _, rest = line.partition("(")
    given, _, end = rest.rpartition(f", out={out})")
    first, _, others = given.partition(", ")
    if end or function not in IN_PLACE or first != out:
        return line
    return f"{out}.{function}_({others})"


UNARY = ("exp", "log", "reciprocal", "sqrt", "sin", "cos", "tanh", "sigmoid")
OTHERS = (
    "clamp_min", "sign", "neg", "add", "sub", "mul", "div", "addcmul", "addcdiv", "lerp",
    "mm", "addmm", "bmm", "baddbmm",
)  # fmt: skip

IN_PLACE = frozenset({*UNARY, "add", "sub", "mul", "div", "addcmul", "addcdiv", "lerp", "neg", "clamp_min"})

_LINES: Mapping[str, tuple[str, ...]] = {
    **{name: (f"{name}({{1}}, out={{0}})",) for name in UNARY},
    "relu": ("clamp_min({1}, 0, out={0})",),
    "step": ("clamp_min({1}, 0, out={0})", "sign({0}, out={0})"),
    "softplus": ("softplus({1}, 1, 40, out={0})",),
    "gaussian_cdf": (f"mul({{1}}, {-(0.5**0.5)}, out={{0}})", "erfc({0}, out={0})", "mul({0}, 0.5, out={0})"),
    "negate": ("neg({1}, out={0})",),
    "copy": ("{0}.copy_({1})",),
    "add": ("add({1}, {2}, out={0})",),
    "subtract": ("sub({1}, {2}, out={0})",),
    "multiply": ("mul({1}, {2}, out={0})",),
    "divide": ("div({1}, {2}, out={0})",),
    "add_scaled": ("add({1}, {2}, alpha={numbers[0]!r}, out={0})",),
    "add_product": ("addcmul({1}, {2}, {3}, value={numbers[0]!r}, out={0})",),
    "add_quotient": ("addcdiv({1}, {2}, {3}, value={numbers[0]!r}, out={0})",),
    "mix": ("lerp({1}, {2}, {numbers[0]!r}, out={0})",),
    "tanh_backward": ("tanh_backward({1}, {2}, grad_input={0})",),
    "sigmoid_backward": ("sigmoid_backward({1}, {2}, grad_input={0})",),
    "relu_backward": ("threshold_backward({1}, {2}, 0, grad_input={0})",),
    "sum": ("total({1}, {detail[1]}, out={0})",),
    "maximum": ("amax({1}, {detail[1]}, out={0})",),
    "softmax": ("softmax({1}, {detail[1]}, False, out={0})",),
    "log_softmax": ("log_softmax({1}, {detail[1]}, False, out={0})",),
}
"""The lines of a kernel: {0} is what is written, {1} and so on what is read."""

_FUNCTIONS: Mapping[str, Any] = {
    **{name: getattr(torch, name) for name in (*UNARY, *OTHERS)},
    "channels_last": torch.channels_last,
    "total": torch.sum,
    "amax": torch.amax,
    "erfc": torch.erfc,
    "softplus": ATEN.softplus.out,
    "softmax": ATEN._softmax.out,
    "log_softmax": ATEN._log_softmax.out,
    "tanh_backward": ATEN.tanh_backward.grad_input,
    "sigmoid_backward": ATEN.sigmoid_backward.grad_input,
    "threshold_backward": ATEN.threshold_backward.grad_input,
}
