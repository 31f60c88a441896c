"""Native steps are validated group by group: the right ones pass, bit for bit, and planted miscompilations do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
import torch

from verified_cat import primitives
from verified_cat.activations import mean_squared
from verified_cat.gpu import c_convolutions, c_loops, c_pools, emit_c, fusing, group_storage, native_memory
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.randomness import initial_weights
from verified_cat.gpu.step import Step
from verified_cat.images import conv2d, conv_transpose2d, max_pool
from verified_cat.networks import PARA, Network, entrywise, mean_square, perceptron, supervised
from verified_cat.optimiser import adam
from verified_cat.report import Strength
from verified_cat.validation import Report, validate

SHAPE = (2, 2, 8, 8)


def small() -> Network:
    """A convolution, a pool, a transposed convolution back to the size of the image, and relu."""
    first = conv2d(SHAPE, 3, (4, 4), (2, 2), (1, 1), name="first")
    pool = Network(PARA.embed(max_pool((2, 3, 4, 4), (2, 2))), ())
    last = conv_transpose2d((2, 3, 2, 2), 2, (6, 6), (4, 4), (1, 1), name="last")
    return first >> pool >> last >> entrywise(primitives.relu, *SHAPE)


def report(precision: str = "float64") -> Report:
    """A native step of the small network, compiled and validated as things are now."""
    network, engine = small(), TorchEngine(precision)
    step = Step(supervised(network.map, mean_squared(SHAPE)), adam(Fraction(1, 100)), engine, backend="native")
    step.start(initial_weights(network.map.param, network.names, 0))
    drawn = torch.Generator().manual_seed(0)
    data = [torch.randn(SHAPE, generator=drawn, dtype=engine.dtype) for _ in range(2)]
    step.step(*data)  # moments that are not 0
    return validate(step, data)


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_native_step_passes_group_by_group(precision: str) -> None:
    found = report(precision)
    assert found.verdict is Strength.SAMPLED, found.summary
    assert found.same_run.identical and not found.findings and not found.reasons
    assert {"convolve", "convolve_weight", "convolve_input", "add_quotient"} <= found.kernels.keys()
    assert all(row.entries for row in found.kernels.values())


def test_a_native_step_passes_where_its_moments_underflow() -> None:
    """Adam with β₁ = 0 on weights that no longer matter: second moments below the least normal number, under a root."""
    found = fading("float32")
    assert found.verdict is Strength.SAMPLED, found.summary
    assert all(row.unbounded == 0 for row in found.kernels.values())


def fading(precision: str) -> Report:
    """A native step of a dense network of which half of the inputs have long been 0."""
    engine, network = TorchEngine(precision), perceptron(4, (6, 5, 2), primitives.tanh)
    objective = supervised(network.map, mean_square(4, 2))
    step = Step(objective, adam(Fraction(1, 100), Fraction(0), Fraction(1, 100)), engine, backend="native")
    step.start(initial_weights(network.map.param, network.names, 0))
    drawn = torch.Generator().manual_seed(0)
    x, y = torch.randn(4, 6, generator=drawn), torch.randn(4, 2, generator=drawn)
    step.step(x, y)
    x[:, :3] = 0
    for _ in range(20):  # the moments of the first three rows shrink by 100 each time
        step.step(x, y)
    return validate(step, [x, y])


def test_a_wrong_step_is_refuted_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(c_loops.EXPRESSIONS, "add_quotient", "{0} + {n} * ({1} / ({2} * 1.001f))")
    assert fading("float32").verdict is Strength.REFUTED


# ------------------------------------------------------------------------------------------------ planted


def in_text(old: str, new: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Another text of the loops around convolutions."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        text = c_convolutions.prelude()
        assert text.count(old) == 1, old
        patch.setattr(c_convolutions, "prelude", lambda: text.replace(old, new))

    return plant


def expressed(kernel: str, text: str) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setitem(c_loops.EXPRESSIONS, kernel, text)


def sized(**fields: Any) -> Callable[[pytest.MonkeyPatch], None]:
    """Another geometry of every convolution."""
    right = c_convolutions.geometry
    return lambda patch: patch.setattr(c_convolutions, "geometry", lambda call: replace(right(call), **fields))


def smallest(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(c_pools, "BETTER", "(v < m)")


def shared_memory(patch: pytest.MonkeyPatch) -> None:
    """All temporaries from the start of the arena."""
    right = group_storage.allocate

    def wrong(*given: Any) -> Any:
        found = right(*given)
        return replace(found, offsets=dict.fromkeys(found.offsets, 0))

    patch.setattr(native_memory, "allocate", wrong)


def crossed_groups(patch: pytest.MonkeyPatch) -> None:
    """Two groups in the other order, where the second reads what the first gives."""
    right = fusing.fused

    def wrong(calls: Any) -> Any:
        groups = [*right(calls)]
        for place, (first, second) in enumerate(pairwise(groups)):
            if {call.out.buffer for call in first.calls} & {arg.buffer for call in second.calls for arg in call.args}:
                groups[place : place + 2] = second, first
                break
        return tuple(groups)

    patch.setattr(emit_c, "fused", wrong)


def one_by_one(old: str, new: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Another text, and one image in a tile."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(c_convolutions, "WIDE", 1)
        in_text(old, new)(patch)

    return plant


def phases_exchanged(patch: pytest.MonkeyPatch) -> None:
    text = c_convolutions.prelude()
    start = text.index("vc_spread(const")
    planted = text[start:].replace("even[i] = row[2 * i]", "odd[i] = row[2 * i]", 1)
    patch.setattr(c_convolutions, "prelude", lambda: text[:start] + planted)


PLANTED: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "what overlaps is not added": in_text("to[l] += p[r * g.ow + l];", "to[l] = p[r * g.ow + l];"),
    "a phase of the stride for the other": phases_exchanged,
    "only the last image counts for the weights": one_by_one("n || top ? more(", "0 ? more("),
    "an image read twice": in_text("x + n * g.c * g.h * g.w, top", "x, top"),
    "outputs of images exchanged": in_text(
        "= y[(n * g.o + o) * each + l]", "= y[((g.images - 1 - n) * g.o + o) * each + l]"
    ),
    "a window turned around": in_text(
        "vc_place(g, r, i, j);\n                    for (long l = 0; l < g.ow; l++) p[",
        "vc_place(g, r, j, i);\n                    for (long l = 0; l < g.ow; l++) p[",
    ),
    "padding forgotten": sized(padding=(0, 0)),
    "the slope of relu is 1": expressed("relu_backward", "{0}"),
    "z + c x y drops c": expressed("add_product", "{0} + ({1} * {2})"),
    "the smallest for the largest": smallest,
    "one memory for all temporaries": shared_memory,
    "groups in the other order": crossed_groups,
}
"""Miscompilations by name: in the loops around convolutions, their sizes, the entries of loops, memory and order."""


@pytest.mark.parametrize("name", PLANTED)
def test_a_native_miscompilation_is_refuted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTED[name](monkeypatch)
    found = report()
    assert found.verdict is Strength.REFUTED and found.findings, found.summary
