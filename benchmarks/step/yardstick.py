"""The matrix products and convolutions of a step, alone: what no program that makes them can be faster than.

They are recorded from the hand-shared step (from the functional one, where a loss has one term) and replayed on random
numbers, with their shapes, layouts and which gradients are asked for, into buffers made before.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.step import torch_eager
from benchmarks.step.program import Batches, Parameters, Program
from benchmarks.step.workloads import Workload

ATEN = torch.ops.aten
PRODUCTS: dict[Any, Any] = {ATEN.mm.default: torch.mm, ATEN.bmm.default: torch.bmm}
WITH_SUMMAND: dict[Any, Any] = {ATEN.addmm.default: torch.mm, ATEN.baddbmm.default: torch.bmm}
CONVOLUTIONS = (ATEN.convolution.default, ATEN.convolution_backward.default)


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes each product and convolution that is called, as something to call again."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[Callable[[], Any]] = []
        self.operations = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        if function in PRODUCTS or function in WITH_SUMMAND:
            self.product(PRODUCTS.get(function) or WITH_SUMMAND[function], *map(alike, args[-2:]))
        elif function in CONVOLUTIONS:
            self.convolution(function, args)
        return result

    def product(self, product: Any, left: Tensor, right: Tensor) -> None:
        out = product(left, right)
        self.calls.append(lambda: product(left, right, out=out))
        self.operations += 2 * prod(left.shape) * right.shape[-1]

    def convolution(self, function: Any, args: tuple[Any, ...]) -> None:
        given = tuple(alike(arg) if isinstance(arg, Tensor) else arg for arg in args)
        self.calls.append(lambda: function(*given))
        backward = function is ATEN.convolution_backward.default
        result, inputs, weight, *_ = args if backward else (function(*args), *args)
        pixels = prod((inputs if args[7 if backward else 6] else result).shape[2:])
        passes = sum(args[-1][:2]) if backward else 1
        self.operations += passes * 2 * len(inputs) * pixels * prod(weight.shape)


def alike(tensor: Tensor) -> Tensor:
    """Random numbers in the shape and layout of a tensor; an axis that repeats one entry (stride 0) still does."""
    shape = [1 if stride == 0 else length for length, stride in zip(tensor.shape, tensor.stride(), strict=True)]
    made = torch.empty_strided(shape, tensor.stride(), dtype=tensor.dtype).normal_()
    return made.expand(tensor.shape)


def recorded(workload: Workload, parameters: Parameters, batches: Batches) -> Recorder:
    if workload.supervised is None or workload.copies:
        program = torch_eager.hand_shared(workload, parameters, batches)
    else:
        program = torch_eager.eager(workload, parameters, batches)
    recorder = Recorder()
    with recorder:
        program.step(0)
    return recorder


def yardstick(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    """The recorded calls, one after another; it has no parameters."""
    recorder = recorded(workload, parameters, batches)
    calls = recorder.calls

    @torch.no_grad()
    def step(_: int) -> None:
        for call in calls:
            call()

    figures = {"products": len(calls), "operations": recorder.operations}
    return Program(step, lambda: None, dict, figures=figures)
