"""Maps that are known, on tables of examples, one a row: truths, fixed maps, and paths of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product

import numpy as np

from verified_cat.gpu.randomness import Array
from verified_cat.linear_maps import Shape, is_linear, linear
from verified_cat.schema_kinds import Settings
from verified_cat.specification import Arrow, Specification, path_of


def true_image(truth: Settings, points: Array, shape: Shape | None = None) -> Array:
    """M x + t, of a truth with a matrix, for points of this shape."""
    matrix, shift = linear(truth, shape or ())
    image = points @ np.array([[float(each) for each in row] for row in matrix]).T
    return np.asarray(image + np.array([float(each) for each in shift]) if shift else image)


def carried(whole: Specification, text: str, points: Array) -> Array:
    """What a path of known maps makes of the points: by its own truth, else by those of its arrows."""
    path, truth = path_of(whole, text), dict(whole.truth)
    if text in truth:
        return true_image(truth[text], points, whole.thing(path.source).shape)
    for name in path.edges:
        points = _along(whole, whole.arrow(name), truth.get(name), points)
    return points


def _along(whole: Specification, arrow: Arrow, truth: Settings | None, points: Array) -> Array:
    if arrow.factors:
        ends = np.cumsum([0, *(whole.dimension(name) for name in whole.thing(arrow.source).product)])
        return np.concatenate([points[:, ends[each - 1] : ends[each]] for each in arrow.factors], axis=1)
    known = arrow.frozen or truth
    assert known is not None
    if is_linear(known):
        return true_image(known, points, whole.thing(arrow.source).shape)
    return points if known.kind == "identity" else values(known, points)


def values(known: Settings, points: Array) -> Array:
    """Σ c Π_i x_i^k_i, row by row, as one column."""
    terms = [[float(each) for each in row] for row in known["terms"]]
    return np.asarray(sum(c * np.prod(points ** np.array(powers), axis=1, keepdims=True) for c, *powers in terms))


# ------------------------------------------------------------------------------------------------ errors


def error(made: Array, wanted: Array) -> float:
    """The mean of |x - y|."""
    return float(np.linalg.norm(made - wanted, axis=1).mean())


def error_up_to_symmetry(truth: Settings, made: Array, given: Array, shape: Shape | None = None) -> float:
    """The least error over the signed permutations of the coordinates of the source before the truth, and of those of
    the target after it, each about the middle of the points and in units of their spread."""
    wanted = true_image(truth, given, shape)
    before = min(error(made, true_image(truth, each, shape)) for each in signed_permutations(given))
    return min(before, *(error(made, each) for each in signed_permutations(wanted)))


def signed_permutations(points: Array) -> Iterator[Array]:
    """The points after each of the 2ᵈ d! symmetries of a cube about their middle, scaled as the points are."""
    middle, scale, size = points.mean(axis=0), points.std(axis=0), points.shape[1]
    spread = (points - middle) / scale
    for order in permutations(range(size)):
        for signs in product((1.0, -1.0), repeat=size):
            yield middle + scale * np.array(signs) * spread[:, list(order)]


def angle(made: Array, given: Array) -> float:
    """The turn in degrees, from -180 to 180, that brings the points of the plane nearest to their images, both about
    their middles (the orthogonal Procrustes problem; Schönemann 1966)."""
    x, y = given - given.mean(axis=0), made - made.mean(axis=0)
    return float(np.degrees(np.arctan2((x[:, 0] * y[:, 1] - x[:, 1] * y[:, 0]).sum(), (x * y).sum())))


def angle_error(made: Array, given: Array, degrees: float) -> float:
    """How far that turn is from the true one, in degrees."""
    return float(abs((angle(made, given) - degrees + 180) % 360 - 180))
