"""The largest entry of each window, and its transposed derivative, over torch: ``run(out, *args)`` writes ``out``.

The entries that have one place in all windows are a view, and the maxima of such views are vector code, unlike torch's
own kernel, which goes window by window.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise, product
from math import prod
from typing import Any

import torch

from verified_cat.geometry import windowed
from verified_cat.gpu.engine import TorchEngine
from verified_cat.primitives import Shape

BACKWARD = torch.ops.aten.max_pool2d_with_indices_backward.grad_input

Tensor = torch.Tensor


class Entries:
    """For each place in a window the entries there of all windows, as views of x."""

    def __init__(self, shape: Shape, window: Shape, stride: Shape, dilation: Shape) -> None:
        self.counts = windowed(shape, window, stride, dilation)[: len(shape)]
        self.slices: list[tuple[slice, ...]] = [
            tuple(
                slice(place * apart, place * apart + (count - 1) * step + 1, step)
                for place, apart, count, step in zip(entry, dilation, self.counts[-2:], stride, strict=True)
            )
            for entry in product(*map(range, window))
        ]
        self._of: Tensor | None = None
        self._views: list[Tensor] = []

    def of(self, x: Tensor) -> list[Tensor]:
        """From the first place in row-major order to the last; the views of the same tensor are kept."""
        if x is not self._of:
            self._of, self._views = x, [x[..., rows, columns] for rows, columns in self.slices]
        return self._views


def largest(entries: list[Tensor], out: Tensor) -> None:
    """The largest at each window; NaN where there is one."""
    first, *others = entries
    if not others:
        out.copy_(first)
    for place, entry in enumerate(others):
        torch.maximum(out if place else first, entry, out=out)


def max_pool(engine: TorchEngine, *given: Any) -> Callable[..., None]:
    """x ↦ the largest entries of its windows."""
    entries = Entries(*given)
    return lambda out, x: largest(entries.of(x), out)


def max_pool_backward(
    engine: TorchEngine, shape: Shape, window: Shape, stride: Shape, dilation: Shape
) -> Callable[..., None]:
    """(w, x) ↦ w at the first of the largest entries of each window, added up; where one is NaN, at the last entry.

    That is where the window begins, and one place further for each entry of it that comes before.
    """
    entries = Entries(shape, window, stride, dilation)
    flat = torch.arange(prod(shape[-2:]), device=engine.device).reshape(shape[-2:])
    begins, places = flat[entries.slices[0]].contiguous(), [int(flat[each][0, 0]) for each in entries.slices]
    steps = [later - place for place, later in pairwise(places)]
    images, whole = (1, prod(shape[:-2]), *shape[-2:]), (1, prod(shape[:-2]), *entries.counts[-2:])
    sizes = (list(window), list(stride), [0, 0], list(dilation), False)

    def made(kind: torch.dtype) -> Tensor:
        return torch.empty(entries.counts, dtype=kind, device=engine.device)

    most, index, less, before = made(engine.dtype), made(torch.int64), made(torch.bool), made(torch.bool)
    chosen = index.view(whole)

    def run(out: Tensor, w: Tensor, x: Tensor) -> None:
        views = entries.of(x)
        largest(views, most)
        index.copy_(begins)
        before.fill_(True)
        for entry, step in zip(views, steps, strict=False):
            torch.ne(entry, most, out=less)
            torch.logical_and(less, before, out=before)
            index.add_(before, alpha=step)
        BACKWARD(w.view(whole), x.view(images), *sizes, chosen, grad_input=out.view(images))

    return run


POOLS: Mapping[str, Callable[..., Callable[..., None]]] = {
    "max_pool": max_pool,
    "max_pool_backward": max_pool_backward,
}
