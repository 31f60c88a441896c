"""h + l ± r holds the exact value, and is far sharper than float64."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from verified_cat.primitives import Primitive
from verified_cat.reference.balls import Array

pytest.importorskip("flint", reason="not run: python-flint not installed (pip install verified-cat[balls])")

from verified_cat.reference.doubled import (
    Doubled,
    DoubledEngine,
    NotDoubled,
    added,
    halved,
    inverted,
    matmul,
    multiplied,
    of_floats,
    rooted,
)

COUNT = 400
DRAWN = np.random.Generator(np.random.Philox(key=1))


def floats(shape: tuple[int, ...] = (COUNT,), spread: float = 3.0) -> Array:
    """Floats of both signs and of many sizes."""
    return np.asarray(DRAWN.standard_normal(shape) * np.exp(spread * DRAWN.standard_normal(shape)))


def exact(x: Doubled, place: int) -> Fraction:
    return Fraction(float(x.high.flat[place])) + Fraction(float(x.low.flat[place]))


def holds(found: Doubled, expected: list[Fraction], sharp: float) -> None:
    """Every exact value lies within the radius, and the radius is small."""
    for place, value in enumerate(expected):
        radius = float(found.radius.flat[place])
        assert abs(exact(found, place) - value) <= Fraction(radius)
        assert radius <= sharp * max(abs(float(found.high.flat[place])), 1e-300)


RATIONAL: dict[str, tuple[Callable[..., Doubled], Callable[..., Fraction], int]] = {
    "x y": (multiplied, lambda x, y: x * y, 2),
    "1 / x": (inverted, lambda x: 1 / x, 1),
    "z + x / y": (
        lambda z, x, y: added(multiplied(z, z), multiplied(x, inverted(y))),
        lambda z, x, y: z * z + x / y,
        3,
    ),
}


@pytest.mark.parametrize("name", RATIONAL)
def test_rational_functions(name: str) -> None:
    f, g, count = RATIONAL[name]
    given = [floats() for _ in range(count)]
    found = f(*map(of_floats, given))
    expected = [g(*(Fraction(float(x[place])) for x in given)) for place in range(COUNT)]
    holds(found, expected, 1e-22)


def test_roots() -> None:
    x = np.abs(floats())
    x[0] = 0.0
    found = rooted(of_floats(x))
    assert found.high[0] == found.low[0] == found.radius[0] == 0
    for place in range(1, COUNT):
        low, high = (exact(found, place) + side * Fraction(float(found.radius[place])) for side in (-1, 1))
        assert low**2 <= Fraction(float(x[place])) <= high**2
        assert found.radius[place] <= 1e-29 * found.high[place]


def test_sums() -> None:
    x = floats((37, 5))
    expected = [sum((Fraction(float(each)) for each in x[:, column]), Fraction(0)) for column in range(5)]
    holds(halved(of_floats(x)), expected, 1e-20)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (1, 3, 7, 2), (2, 2, 30, 3)])
def test_products_of_matrices(shape: tuple[int, int, int, int]) -> None:
    b, n, k, m = shape
    x, y = floats((b, n, k)), floats((b, k, m))
    found = matmul(x, y)
    expected = [
        sum((Fraction(float(x[i, r, j])) * Fraction(float(y[i, j, c])) for j in range(k)), Fraction(0))
        for i in range(b) for r in range(n) for c in range(m)
    ]  # fmt: skip
    holds(found, expected, 1e-9)
    size = np.abs(x) @ np.abs(y)
    assert (found.radius <= 2.0**-53 * k * np.abs(x).max() * np.abs(y).max()).all() and found.radius.shape == size.shape


def test_zeros_have_no_radius() -> None:
    zero = matmul(np.zeros((1, 2, 3)), floats((1, 3, 2)))
    assert not zero.high.any() and not zero.radius.any()
    assert matmul(np.zeros((1, 2, 0)), np.zeros((1, 0, 2))).high.shape == (1, 2, 2)


def test_what_two_floats_do_not_follow() -> None:
    engine = DoubledEngine()
    for x in (np.array([1e300]), np.array([1e-300])):
        with pytest.raises(NotDoubled):
            of_floats(x)
    with pytest.raises(NotDoubled, match="not said with two floats"):
        engine.operation(Primitive("exp", ((1,),)))
    with pytest.raises(NotDoubled, match="division"):
        engine.operation(Primitive("reciprocal", ((1,),)))(of_floats(np.zeros(1)))
    third = inverted(of_floats(np.array([3.0])))
    with pytest.raises(NotDoubled, match="sign"):
        engine.operation(Primitive("step", ((1,),)))(third)
