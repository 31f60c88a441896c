"""How well a functor takes discs off pictures and puts them on, by the truth that the pictures were made from.

The data: x (1 - m) + y m for colours x, y and the mask m of a disc (``made_images``). The truth: taking the disc off
gives plain x and y, putting c on plain z gives z (1 - m) + c m, up to a map of the codes that keeps their law. The set
is fixed: 1,024 examples from the seed 987654, which no training draws from. Beside each figure stands what doing
nothing, grey pictures and colours that have nothing to do with the given ones reach on the same set.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from verified_cat.gpu.cyclegan_points import normal
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.made_images import Discs, drawn, plain, rendered, side_of
from verified_cat.gpu.made_points import examples, valued
from verified_cat.gpu.measuring import determined
from verified_cat.gpu.randomness import Array, stream
from verified_cat.objects import flatten
from verified_cat.schema import Functor
from verified_cat.specification import Specification

SEED, COUNT = 987654, 1024
CAP = 60
"""No PSNR is said to be more."""
REPEATS = 16
"""So many backgrounds for each code, where codes are compared."""
NEAR = 0.02
"""Two colours nearer than this are the same colour drawn twice."""

Remove = Callable[[Array], tuple[Array, Array]]
Insert = Callable[[Array, Array], Array]


@dataclass(frozen=True)
class Examples:
    """Pictures with discs, plain pictures by their colours, and codes: all independent."""

    discs: Discs
    colour: Array
    code: Array
    side: int

    @property
    def backgrounds(self) -> Array:
        """Plain pictures of ``colour``."""
        return plain(self.colour, self.side)

    @property
    def fixed(self) -> bool:
        """Whether the disc is in one place."""
        return self.discs.mask.ndim == 2

    @cached_property
    def inside(self) -> Array:
        """The pixels that are all disc: R[n or 1,side,side]."""
        return np.asarray(np.atleast_3d(self.discs.mask > 0.999).reshape(-1, self.side, self.side))

    @cached_property
    def outside(self) -> Array:
        """The pixels without disc."""
        return np.asarray(np.atleast_3d(self.discs.mask < 0.001).reshape(-1, self.side, self.side))


def evaluation(whole: Specification, remove: str, count: int = COUNT) -> Examples:
    """The fixed set for the arrow that takes discs off."""
    arrow = whole.arrow(remove)
    images, codes = whole.thing(arrow.target).product
    side = side_of(whole.dimension(arrow.source))
    data = whole.thing(arrow.source).data
    assert data is not None
    discs = drawn(data, count, side, stream(SEED, arrow.source, "evaluation"))
    backgrounds = examples(whole, images, count, stream(SEED, images, "evaluation")).reshape(count, 3, side, side)
    code = examples(whole, codes, count, stream(SEED, codes, "evaluation"))
    return Examples(discs, backgrounds[:, :, 0, 0], code, side)


# ------------------------------------------------------------------------------------------------ figures


def measured(given: Examples, remove: Remove, insert: Insert) -> dict[str, float]:
    """Every figure of a pair of maps."""
    pictures, backgrounds = given.discs.pictures, given.backgrounds
    bare, read = remove(pictures)
    made = insert(backgrounds, given.code)
    again, (bare_again, read_again) = insert(bare, read), remove(made)
    return {
        **removal(given, bare),
        **recovery(given, bare, read),
        **(insertion(given, made) | {"ICC": same_code(given, insert)} if given.fixed else {}),
        **gap("g.f", again, pictures),
        **gap("f.g picture", bare_again, backgrounds),
        **gap("f.g code", read_again, given.code),
    }


def gap(name: str, one: Array, other: Array) -> dict[str, float]:
    """mean |x - y| and max |x - y|."""
    apart = np.abs(one - other)
    return {f"residual {name}": float(apart.mean()), f"largest residual {name}": float(apart.max())}


def mean_colour(pictures: Array, where: Array | None = None) -> Array:
    """The mean colour over some pixels: R[n,3]."""
    weights = np.ones((1, *pictures.shape[2:])) if where is None else where.astype(np.float64)
    weights = np.broadcast_to(weights, (len(pictures), *pictures.shape[2:]))
    return np.asarray(np.einsum("nchw,nhw->nc", pictures, weights) / weights.sum(axis=(1, 2))[:, None])


def psnr(one: Array, other: Array) -> float:
    """The mean over pictures of -10 log₁₀ of the mean square, at most ``CAP``."""
    squares = ((one - other) ** 2).mean(axis=(1, 2, 3))
    return float((-10 * np.log10(np.maximum(squares, 10 ** (-CAP / 10)))).mean())


def removal(given: Examples, bare: Array) -> dict[str, float]:
    """The pictures without their discs against the plain backgrounds."""
    truth = plain(given.discs.background, given.side)
    hole, rest = mean_colour(bare, given.inside), mean_colour(bare, given.outside)
    return {
        "removal PSNR": psnr(bare, truth),
        "removal MAE": float(np.abs(bare - truth).mean()),
        "background error": float(np.abs(mean_colour(bare) - given.discs.background).mean()),
        "hole error": float(np.abs(hole - given.discs.background).mean()),
        "ghost": float(np.abs(hole - rest).mean()),
    }


def recovery(given: Examples, bare: Array, read: Array) -> dict[str, float]:
    """What can be told of the colours from the parts, however they are written there."""
    return {
        "R2 background from picture": determined(mean_colour(bare), given.discs.background),
        "R2 disc from code": determined(read, given.discs.colour),
        "leak": determined(read, given.discs.background),
    }


def insertion(given: Examples, made: Array) -> dict[str, float]:
    """The pictures that discs are put on."""
    colour, rest = mean_colour(made, given.inside), mean_colour(made, given.outside)
    rough = ((made - colour[:, :, None, None]) ** 2 * given.inside[:, None]).sum(axis=(1, 2, 3))
    real, cells = given.discs.colour, occupied(colour)
    birthday = near_pairs(colour) / max(1, near_pairs(real))
    return {
        "added background error": float(np.abs(rest - given.colour).mean()),
        "added roughness": float(np.sqrt(rough / (3 * given.inside.sum())).mean()),
        "contrast": float(np.abs(colour - rest).mean()),
        "sliced W1 of added colours": sliced(colour, real),
        "cells of added colours": float(cells),
        "birthday": birthday,
        "collapse": float(2 * cells < occupied(real) or birthday > 8),
    }


def sliced(one: Array, other: Array, directions: int = 64) -> float:
    """The mean over fixed directions of the Wasserstein distance of the projections."""
    drawn = normal(3 * directions, stream(SEED, "directions", "sliced")).reshape(3, directions)
    units = drawn / np.linalg.norm(drawn, axis=0)
    return float(np.abs(np.sort(one @ units, axis=0) - np.sort(other @ units, axis=0)).mean())


def occupied(colours: Array) -> int:
    """How many of 4 × 4 × 4 cells of the cube of colours have any."""
    cells = (np.clip(colours, 0, 0.9999) * 4).astype(np.int64)
    return len(np.unique(cells @ np.array([16, 4, 1])))


def near_pairs(colours: Array) -> int:
    """How many pairs are nearer than ``NEAR``: more than among real colours where few are made over and over."""
    apart = ((colours[:, None] - colours[None]) ** 2).sum(axis=2)
    return int(((apart < NEAR**2).sum() - len(colours)) // 2)


def same_code(given: Examples, insert: Insert) -> float:
    """ICC: the share of the variance of added colours that the code explains, over many backgrounds for each; 0 where
    there is no variance."""
    codes = np.repeat(given.code[: len(given.code) // REPEATS], REPEATS, axis=0)
    made = insert(given.backgrounds[: len(codes)], codes)
    groups = mean_colour(made, given.inside).reshape(-1, REPEATS, 3)
    whole = groups.reshape(-1, 3).var(axis=0).mean()
    return float(1 - groups.var(axis=1).mean() / whole) if whole > 1e-12 else 0.0


# ------------------------------------------------------------------------------------------------ what is no functor


def baselines(given: Examples) -> dict[str, tuple[Remove, Insert]]:
    """Maps that learned nothing: doing nothing, grey pictures, and colours that are drawn anew."""
    half = np.full_like(given.code, 0.5)
    draws = stream(SEED, "independent colour", "evaluation")
    other, disc = draws.random((len(given.code), 3)), draws.random((len(given.code), 3))

    def grey(x: Array) -> Array:
        return np.full_like(x, 0.5)

    def discs(_: Array, code: Array) -> Array:
        return rendered(other[: len(code)], disc[: len(code)], given.discs.mask)

    return {
        "doing nothing": (lambda x: (x, half), lambda b, _: b),
        "grey": (lambda x: (grey(x), half), lambda b, _: grey(b)),
        "independent colour": (lambda x: (plain(other, given.side), np.asarray(draws.random(given.code.shape))), discs),
    }


def figures(
    whole: Specification, name: str, insert: str, functor: Functor[Any], engine: TorchEngine
) -> dict[str, float]:
    """Each figure of the arrows ``name`` and ``insert`` of a functor on batches of ``COUNT``, and of the baselines."""
    given = evaluation(whole, name)
    source, target = (getattr(whole.arrow(name), end) for end in ("source", "target"))

    def applied(arrow: str, at: str, *parts: Array) -> list[Array]:
        rows = np.concatenate([part.reshape(COUNT, -1) for part in parts], axis=1)
        value = functor.edges[arrow](valued(whole, at, rows, engine))
        leaves = flatten(whole.ob(whole.arrow(arrow).target, COUNT), value)
        return [engine.dense(leaf).cpu().double().numpy() for leaf in leaves]

    def removed(pictures: Array) -> tuple[Array, Array]:
        picture, code = applied(name, source, pictures)
        return picture, code

    def inserted(pictures: Array, code: Array) -> Array:
        return applied(insert, target, pictures, code)[0]

    shown = {f"{figure} of {name}": value for figure, value in measured(given, removed, inserted).items()}
    for who, (remove, put) in baselines(given).items():
        others = measured(given, remove, put)
        shown |= {f"{figure} of {name}, {who}": value for figure, value in others.items()}
    return shown
