"""Convolutions, and moves by a table, as compiled C: against torch's and the engine's, in all shapes and tiles."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch

from verified_cat.geometry import convolved, windowed, without_axes
from verified_cat.gpu import c_convolutions
from verified_cat.gpu.c_convolutions import Geometry, geometry
from verified_cat.gpu.emit_c import emit
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.fusing import MOVES
from verified_cat.gpu.kernels import LOWERINGS
from verified_cat.gpu.lowering import CONVOLUTIONS, Call
from verified_cat.gpu.native_step import Native
from verified_cat.gpu.schedule import Schedule
from verified_cat.gpu.views import Role, fresh
from verified_cat.primitives import Shape

CLOSE = {"float64": 1e-14, "float32": 2e-6}

SIZES: list[tuple[Any, ...]] = [
    ((2, 3, 8, 8), (4, 3, 4, 4), (2, 2), (1, 1), (1, 1), 1),
    ((3, 2, 7, 6), (6, 1, 3, 2), (1, 2), (2, 0), (2, 1), 2),
    ((4, 6, 9, 11), (3, 2, 2, 3), (3, 3), (0, 3), (1, 2), 3),
    ((1, 1, 5, 5), (1, 1, 5, 5), (1, 1), (0, 0), (1, 1), 1),
    ((6, 2, 4, 7), (3, 2, 1, 1), (2, 2), (0, 1), (1, 1), 1),
    ((2, 4, 3, 5), (6, 2, 1, 1), (1, 1), (0, 0), (1, 1), 2),
    ((2, 70, 6, 6), (65, 70, 3, 3), (1, 1), (1, 1), (1, 1), 1),
]
"""image, kernel, stride, padding, dilation, groups; the last one goes to the BLAS."""


def compiled(calls: list[Call], dtype: str) -> Native:
    data = tuple(arg for call in calls for arg in call.args)
    return emit(Schedule(tuple(calls), data, 0, tuple(call.out for call in calls), {}), TorchEngine(dtype))


def alone(kernel: str, out: Shape, args: list[Shape], detail: tuple[Any, ...]) -> Call:
    return Call(kernel, fresh(out), tuple(fresh(shape, Role.DATA) for shape in args), (), detail)


def convolutions(detail: tuple[Any, ...]) -> list[Call]:
    image, kernel, out = detail[0], detail[1], convolved(*detail)
    shapes = {"convolve": (image, kernel, out), "convolve_input": (out, kernel, image)}
    shapes["convolve_weight"] = (out, image, kernel)
    assert shapes.keys() == CONVOLUTIONS
    return [alone(name, shape[2], [shape[0], shape[1]], detail) for name, shape in shapes.items()]


def compared(calls: list[Call], dtype: str, inputs: list[torch.Tensor]) -> None:
    program, engine, given = compiled(calls, dtype), TorchEngine(dtype), iter(inputs)
    program._memory.whole.fill_(float("nan"))  # nothing is read that was not written
    program.run(*inputs)
    for call, found in zip(calls, program.results, strict=True):
        args = [next(given) for _ in call.args]
        expected = LOWERINGS[call.kernel](engine, *call.detail)(tuple(args) if len(args) > 1 else args[0])
        assert found.shape == expected.shape
        allowed = CLOSE[dtype] * float(expected.abs().max())
        assert bool(((found - expected).abs() <= allowed).all()), (call.kernel, call.detail)


def drawn(calls: list[Call], dtype: str) -> list[torch.Tensor]:
    source = torch.Generator().manual_seed(0)
    kind = TorchEngine(dtype).dtype
    return [torch.randn(arg.shape, generator=source, dtype=kind) for call in calls for arg in call.args]


# ------------------------------------------------------------------------------------------------ convolutions


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_convolutions_are_those_of_torch(dtype: str) -> None:
    calls = [call for detail in SIZES[:: 1 if dtype == "float64" else 6] for call in convolutions(detail)]
    compared(calls, dtype, drawn(calls, dtype))


@pytest.mark.parametrize("wide", [4, 40])
def test_tiles_of_few_rows_or_many_images_change_nothing(monkeypatch: pytest.MonkeyPatch, wide: int) -> None:
    calls = [call for detail in SIZES[:-1] for call in convolutions(detail)]
    monkeypatch.setattr(c_convolutions, "TILE", 60)
    monkeypatch.setattr(c_convolutions, "WIDE", wide)
    tiles = [geometry(call) for call in calls]
    several = any(1 < each.images < each.image[0] for each in tiles)
    assert several if wide == 40 else any(each.rows < each.out[1] for each in tiles)
    compared(calls, "float64", drawn(calls, "float64"))


def test_scratch_is_bounded_by_the_tile() -> None:
    call = convolutions(((1, 64, 256, 256), (64, 64, 3, 3), (1, 1), (1, 1), (1, 1), 1))[0]
    tile = geometry(call)
    assert tile.out[1] % tile.rows == 0 and 1 < tile.scratch < 2 * c_convolutions.TILE
    assert tile.inner * tile.out[1] * tile.out[2] > 200 * c_convolutions.TILE


def test_memory_of_its_own_is_part_of_the_arena() -> None:
    calls = convolutions(SIZES[0])
    program = compiled(calls, "float64")
    kept = sum(-(-call.out.entries // 16) * 16 for call in calls)
    assert program.arena >= kept + max(map(c_convolutions.scratch, calls)) > kept


def test_a_frame_holds_every_window() -> None:
    for detail in SIZES:
        g: Geometry = geometry(convolutions(detail)[0])
        phases = -(-(g.image[3] + 2 * g.padding[1]) // g.stride[1])
        last = (g.out[2] - 1) + (g.window[1] - 1) * g.dilation[1] // g.stride[1]
        assert last < phases


def test_nothing_to_convolve_is_zero() -> None:
    detail = ((0, 2, 4, 4), (3, 2, 3, 3), (1, 1), (1, 1), (1, 1), 1)
    calls = [call for call in convolutions(detail) if call.kernel == "convolve_weight"]
    program = compiled(calls, "float64")
    program.run(torch.empty(0, 3, 4, 4, dtype=torch.float64), torch.empty(0, 2, 4, 4, dtype=torch.float64))
    assert torch.equal(program.results[0], torch.zeros(3, 2, 3, 3, dtype=torch.float64))


def test_bits_are_the_same_wherever_the_data_lies() -> None:
    calls = [call for detail in SIZES[:2] for call in convolutions(detail)]
    program, inputs, found = compiled(calls, "float32"), drawn(calls, "float32"), []
    for shift in (0, 1, 3):
        moved = [torch.empty(leaf.numel() + shift)[shift:].view(leaf.shape).copy_(leaf) for leaf in inputs]
        program.run(*moved)
        found.append([result.clone() for result in program.results])
    assert all(torch.equal(*pair) for one, other in pairwise(found) for pair in zip(one, other, strict=True))


# ------------------------------------------------------------------------------------------------ moves by a table


def moves() -> list[Call]:
    calls = []
    for shape, axis, positions in (((3, 4, 5), 1, (2, 0, 0, 3, 1, 3)), ((6,), 0, (5, 5)), ((2, 3), 1, (1,))):
        picked = (*shape[:axis], len(positions), *shape[axis + 1 :])
        calls.append(alone("gather", picked, [shape], (shape, axis, positions)))
        calls.append(alone("scatter", shape, [picked], (shape, axis, positions)))
    for given in (
        ((2, 7, 6), (3, 2), (2, 1), (1, 2)),
        ((5,), (3,), (1,), (1,)),
        ((2, 3, 4, 4), (2, 2), (2, 2), (1, 1)),
    ):
        calls.append(alone("fold_windows", given[0], [windowed(*given)], given))
    for shape, axes in (((3, 4, 5), (1,)), ((3, 4, 5), (0, 2)), ((6,), (0,)), ((2, 3), (0, 1))):
        assert without_axes("maximum", shape, axes) is not None
        calls.append(alone("first_maximum", shape, [shape], (shape, axes)))
    return [*calls, alone("one_hot", (2, 3, 4), [(2, 3)], ((2, 3), 4))]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_moves_by_a_table_are_those_of_the_engine(dtype: str) -> None:
    calls = moves()
    assert {call.kernel for call in calls} == MOVES
    inputs = drawn(calls, dtype)
    inputs[-1] = torch.tensor([[0.0, 1.0, 3.0], [2.4, 0.5, -1.0]], dtype=inputs[-1].dtype)  # at a half both sides count
    compared(calls, dtype, inputs)


def test_the_first_of_equals_and_of_what_is_no_number() -> None:
    calls = [alone("first_maximum", (3, 4), [(3, 4)], ((3, 4), (1,)))]
    nan = float("nan")
    rows = torch.tensor([[1.0, 2.0, 2.0, 0.0], [1.0, nan, 3.0, nan], [-9.0] * 4], dtype=torch.float64)
    program = compiled(calls, "float64")
    program.run(rows)
    assert program.results[0].argmax(1).tolist() == [1, 1, 0] and float(program.results[0].sum()) == 3
