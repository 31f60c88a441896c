"""Normalisations by their formulas on plain numbers: over which axes, with which parameters, and running estimates."""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from verified_cat import norms
from verified_cat.errors import ShapeError
from verified_cat.functions import Functions
from verified_cat.networks import Network
from verified_cat.objects import Pair, space

sys.path.insert(0, str(Path(__file__).parent))
from exact_arrays import array, image, near, run, same

SHAPE = (2, 4, 3, 1)
X = array(*SHAPE)
SMALL = Fraction(1, 4)


def by_formula(x: Any, axes: tuple[int, ...], small: Any) -> Any:
    """(x - mean) / √(variance + small)."""
    numbers = np.asarray(x, dtype=float)
    middle = numbers - numbers.mean(axis=axes, keepdims=True)
    return middle / np.sqrt((middle**2).mean(axis=axes, keepdims=True) + float(small))


def test_moments(plain: Functions) -> None:
    """Exactly: the mean, what is left, and the mean of its square, over the axes named."""
    for axes in ((1,), (0, 2), (0, 1, 2, 3), ()):
        count = int(np.prod([SHAPE[axis] for axis in axes], dtype=int))
        level = X.sum(axis=axes, keepdims=True) / Fraction(count)
        kept = tuple(length for axis, length in enumerate(SHAPE) if axis not in axes)
        spread = ((X - level) ** 2).sum(axis=axes) / Fraction(count)
        assert same(image(norms.mean(SHAPE, axes), plain, X), level.reshape(kept))
        assert same(image(norms.centred(SHAPE, axes), plain, X), X - level)
        assert same(image(norms.variance(SHAPE, axes), plain, X), np.asarray(spread).reshape(kept))


@pytest.mark.parametrize("small", [None, SMALL])
def test_normalised(small: Fraction | None, plain: Functions) -> None:
    """By default 10⁻⁵ is added to the variance."""
    term = norms.normalised(SHAPE, (1, 2)) if small is None else norms.normalised(SHAPE, (1, 2), small)
    x = X / 1000  # so that what is added counts
    assert near(image(term, plain, x), by_formula(x, (1, 2), Fraction(1, 100_000) if small is None else small))


MADE: dict[str, tuple[Callable[..., Network], tuple[int, ...], tuple[int, ...]]] = {
    # name ↦ the layer, the axes of its parameters, the axes that are normalised
    "layer_norm": (norms.layer_norm, (3,), (3,)),
    "batch_norm": (norms.batch_norm, (1,), (0, 2, 3)),
}


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("small", [None, SMALL])
def test_layers_with_parameters(name: str, small: Fraction | None, plain: Functions) -> None:
    make, own, axes = MADE[name]
    made = make(SHAPE[::-1]) if small is None else make(SHAPE[::-1], small=small)
    layer(made, name, own, by_formula(X.T, axes, Fraction(1, 100_000) if small is None else small), plain)


def layer(made: Network, name: str, own: tuple[int, ...], normal: Any, plain: Functions) -> None:
    """((γ, β), x) ↦ γ x̂ + β, its names, its parameters and its boundary."""
    x = X if normal.shape == SHAPE else X.T
    kept = tuple(x.shape[axis] for axis in own)
    spread = tuple(length if axis in own else 1 for axis, length in enumerate(x.shape))
    gamma, beta = array(*kept, seed=2), array(*kept, seed=3)
    assert made.names == (f"{name}.weight", f"{name}.bias") and made.ends == (name, name)
    assert made.map.param == Pair(space(*kept), space(*kept))
    assert made.map.dom == made.map.cod == space(*x.shape)
    expected = normal * np.asarray(gamma, dtype=float).reshape(spread) + np.asarray(beta, dtype=float).reshape(spread)
    assert near(image(made.map.inside, plain, gamma, beta, x), expected)


def test_more_axes_and_names(plain: Functions) -> None:
    layer(norms.layer_norm(SHAPE, 2, SMALL, "mine"), "mine", (2, 3), by_formula(X, (2, 3), SMALL), plain)
    layer(norms.layer_norm(SHAPE, 4, SMALL), "layer_norm", (0, 1, 2, 3), by_formula(X, (0, 1, 2, 3), SMALL), plain)
    layer(norms.batch_norm(SHAPE, SMALL, "mine"), "mine", (1,), by_formula(X, (0, 2, 3), SMALL), plain)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_groups_of_channels(groups: int, plain: Functions) -> None:
    """Each group of neighbouring channels of an image by itself; γ and β are by channel."""
    split = X.reshape(2, groups, 4 // groups, 3, 1)
    normal = by_formula(split, (2, 3, 4), SMALL).reshape(SHAPE)
    layer(norms.group_norm(SHAPE, groups, SMALL), "group_norm", (1,), normal, plain)
    layer(norms.group_norm(SHAPE, groups, SMALL, "mine"), "mine", (1,), normal, plain)


def test_channels_of_each_image(plain: Functions) -> None:
    assert near(image(norms.instance_norm(SHAPE, SMALL), plain, X), by_formula(X, (2, 3), SMALL))
    default = norms.instance_norm(SHAPE)
    assert near(image(default, plain, X / 1000), by_formula(X / 1000, (2, 3), Fraction(1, 100_000)))


# ------------------------------------------------------------------------------------------------ statistics


def moments() -> tuple[Any, Any]:
    """The mean and the variance of each channel."""
    level = X.sum(axis=(0, 2, 3)) / Fraction(6)
    return level, ((X - level.reshape(1, 4, 1, 1)) ** 2).sum(axis=(0, 2, 3)) / Fraction(6)


def test_statistics_of_a_batch(plain: Functions) -> None:
    level, spread = run(norms.batch_statistics(SHAPE), plain, X)
    assert same(level, moments()[0]) and same(spread, moments()[1])


@pytest.mark.parametrize("momentum", [None, Fraction(1, 4)])
def test_running_statistics(momentum: Fraction | None, plain: Functions) -> None:
    """(1 - μ) old + μ new, the variance that of a sample, · 6/5; by default μ is 1/10."""
    term = norms.running_statistics(SHAPE) if momentum is None else norms.running_statistics(SHAPE, momentum)
    share = momentum or Fraction(1, 10)
    old, older = array(4, seed=5), array(4, seed=6)
    level, spread = run(term, plain, old, older, X)
    assert same(level, (1 - share) * old + share * moments()[0])
    assert same(spread, (1 - share) * older + share * moments()[1] * Fraction(6, 5))
    assert term.dom == Pair(Pair(space(4), space(4)), space(*SHAPE)) and term.cod == Pair(space(4), space(4))


def test_at_given_statistics(plain: Functions) -> None:
    level, spread = array(4, seed=5), np.abs(array(4, seed=6))
    expected = np.asarray(X - level.reshape(1, 4, 1, 1), dtype=float)
    for term, small in ((norms.batch_norm_at(SHAPE, SMALL), 0.25), (norms.batch_norm_at(SHAPE), 1e-5)):
        root = np.sqrt(np.asarray(spread, dtype=float) + small).reshape(1, 4, 1, 1)
        assert near(image(term, plain, level, spread, X), expected / root)


def test_the_fewest_entries_that_have_a_variance(plain: Functions) -> None:
    assert norms.running_statistics((2, 3)).cod == Pair(space(3), space(3))
    with pytest.raises(ShapeError, match=r"running_statistics: one entry for each channel of \(1, 3\) has no variance"):
        norms.running_statistics((1, 3))


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: norms.mean((2, 0), (1,)), r"mean: there is no entry along the axes \(1,\) of \(2, 0\)"),
    (lambda: norms.layer_norm((3, 2), 0), r"layer_norm: \(3, 2\) has no 0 last axes"),
    (lambda: norms.layer_norm((3, 2), 3), r"layer_norm: \(3, 2\) has no 3 last axes"),
    (lambda: norms.group_norm(SHAPE, 0), "group_norm: the 4 channels .* are not in 0 groups of equal size"),
    (lambda: norms.group_norm(SHAPE, 3), "group_norm: the 4 channels .* are not in 3 groups of equal size"),
    (lambda: norms.group_norm((3,), 1), r"group_norm: it takes \(batch, channels, …\), not the shape \(3,\)"),
    (lambda: norms.batch_norm((3,)), r"batch_norm: it takes \(batch, channels, …\), not the shape \(3,\)"),
    (lambda: norms.instance_norm((3,)), r"instance_norm: it takes \(batch, channels, …\)"),
    (lambda: norms.batch_statistics((3,)), r"batch_statistics: it takes \(batch, channels, …\)"),
    (lambda: norms.running_statistics((3,)), r"running_statistics: it takes \(batch, channels, …\)"),
    (lambda: norms.batch_norm_at((3,)), r"batch_norm_at: it takes \(batch, channels, …\)"),
]


@pytest.mark.parametrize(("make", "words"), REFUSED, ids=[words[:24] for _, words in REFUSED])
def test_what_does_not_fit_is_refused(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(ShapeError, match=words):
        make()
