"""The calls as C: one function for each distinct loop or product, compiled once; a step is one call from Python.

What the functions work on is a table of pointers, so layers of one form share their code, and the time to compile does
not grow with their number. Only the pointers to data change from step to step. ``run_many`` makes k steps in one call.

Liberties with IEEE 754: those in the table of compiler flags (``verified_cat.gpu.native``: a product and an addition in
one rounding), sums and products in another order than from left to right (``c_loops``, ``c_convolutions``,
``native_gemm``, the BLAS), and elementary functions within the bounds of ``native_math``. All are within the bounds of
reference/rounding.py. Results are the same to the bit from run to run, and for k steps at once or one by one, if the
BLAS keeps its number of threads and does the same for data that is aligned otherwise.

To compare call by call: ``for place in emitted.walk(*data)`` stops before each group of ``emitted.groups`` (and once
after the last); ``emitted.tensor(view, data)`` is what lies at a view of one of its calls then: copy what the group
that comes will read, and compare what it wrote at the next stop. A temporary that a group keeps to itself has no memory
(``emitted.is_local(buffer)``). The calls of groups are those of ``regrouping.taken_apart(plan)``, which all have a
meaning (``verified_cat.gpu.meanings``), in another order.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

from verified_cat.errors import MissingOperation, UsageError
from verified_cat.gpu import blas, c_convolutions, native, native_gemm, native_math
from verified_cat.gpu.c_loops import KERNELS, Places, loop
from verified_cat.gpu.c_moves import moves_text
from verified_cat.gpu.c_pools import pool_text
from verified_cat.gpu.c_products import product_text
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.fusing import ALONE, POOLS, PRODUCTS, Group, fused
from verified_cat.gpu.lowering import CONVOLUTIONS, Call
from verified_cat.gpu.native_gemm import number
from verified_cat.gpu.native_memory import Memory, taken
from verified_cat.gpu.native_step import DRIVER, Layout, Native
from verified_cat.gpu.regrouping import COMPOSED, taken_apart
from verified_cat.gpu.schedule import Schedule
from verified_cat.gpu.views import Buffer

FLAGS = ("-fopenmp-simd",)
"""Loops that are marked are vector code: nothing in them depends on an earlier index."""


@dataclass(frozen=True, slots=True)
class Code:
    """The C text of groups, which function each of them is, and the buffers and offsets that its pointers go to."""

    source: str
    functions: tuple[int, ...]
    pointers: tuple[tuple[tuple[Buffer, int], ...], ...]
    calls_blas: bool


def emit(plan: Schedule, engine: TorchEngine) -> Native:
    """The plan as compiled C. Raises what ``refused`` and ``native.library`` raise."""
    refused(plan, engine)
    apart = taken_apart(plan)
    groups = fused(apart.calls)
    memory = Memory(plan, apart, groups, engine)
    code = written(groups, memory, engine)
    library = native.library(code.source, flags=FLAGS)
    if code.calls_blas:
        blas.attach(library, engine.precision)
    places = [[memory.address(buffer, offset) for buffer, offset in each] for each in code.pointers]
    layout = Layout(
        code.functions,
        tuple(map(tuple, places)),
        tuple(view.shape for view in memory.data),
        tuple(memory.tensor(view) for view in plan.inputs[: plan.states]),
        tuple(memory.tensor(view) for view in apart.results),
    )
    return Native(code.source, groups, memory, layout, library)


def entries(plan: Schedule, engine: TorchEngine) -> int:
    """How many entries the temporaries of the compiled plan take, with scratch. Raises what ``refused`` raises."""
    refused(plan, engine)
    apart = taken_apart(plan)
    arena, scratch = taken(apart, fused(apart.calls))
    return arena.entries + scratch


def refused(plan: Schedule, engine: TorchEngine) -> None:
    """Raises UsageError for another device or dtype, and MissingOperation for kernels that have no C."""
    if engine.device.type != "cpu" or engine.precision not in native_math.C_TYPE or engine.products:
        raise UsageError(
            f"the native backend computes on the CPU in {' or '.join(native_math.C_TYPE)}, not {engine.name}"
        )
    if engine.layout:
        raise UsageError(
            f"the native backend reads images channel by channel; the layout {engine.layout!r} goes with the backend "
            "'python', or 'cuda graph' on CUDA"
        )
    unknown = Counter(call.kernel for call in plan.calls if call.kernel not in KERNELS | ALONE | COMPOSED)
    if unknown:
        shown = ", ".join(f"{kernel} ({count})" for kernel, count in sorted(unknown.items()))
        raise MissingOperation(f"the native backend has no C for these kernels of the step: {shown}")


# ------------------------------------------------------------------------------------------------ text


def written(groups: tuple[Group, ...], memory: Memory, engine: TorchEngine) -> Code:
    """The C text of the groups: equal texts are one function."""
    dtype = engine.precision

    def literal(value: Fraction) -> str:
        return number(engine.factor(value), dtype)

    places = Places(memory.start, memory.constants.get, literal, dtype)
    texts: dict[str, int] = {}
    functions, pointers = [], []
    for group in groups:
        if group.space is None:
            (call,) = group.calls
            text = _alone(call, engine)
            views = (*call.args[-2:], call.out)
            pointers.append((*((view.buffer, view.offset) for view in views), (memory.scratch, 0)))
        else:
            found = loop(group, places)
            text = f"static int NAME(T *const *p) {{\n{found.body}\n}}\n"
            pointers.append(found.pointers)
        functions.append(texts.setdefault(text, len(texts)))
    bodies = [text.replace("NAME", f"vc_call{index}") for text, index in texts.items()]
    calls_blas = any(f"vc_gemm_{native_math.SUFFIX[dtype]}(" in text for text in texts)
    table = ", ".join(f"vc_call{index}" for index in range(len(texts))) or "0"
    source = "\n".join(
        [
            "#include <string.h>",
            native_math.prelude(dtype),
            blas.prelude(dtype) if calls_blas else native_gemm.prelude(dtype),
            f"typedef {native_math.C_TYPE[dtype]} T;",
            c_convolutions.prelude() if any("vc_geometry" in text for text in texts) else "",
            *bodies,
            f"static int (*const vc_calls[])(T *const *) = {{{table}}};",
            DRIVER,
        ]
    )
    return Code(source, tuple(functions), tuple(pointers), calls_blas)


def _alone(call: Call, engine: TorchEngine) -> str:
    """The function of a call that is a group of its own: p = what it reads, what it writes, scratch."""
    if call.kernel in PRODUCTS:
        return product_text("NAME", call, engine.factor, engine.precision)
    if call.kernel in CONVOLUTIONS:
        return c_convolutions.convolution_text("NAME", call, engine.precision)
    if call.kernel in POOLS:
        return pool_text("NAME", call)
    return moves_text("NAME", call)
