"""Activations, losses and attention by their formulas, entry by entry, on plain numbers."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from verified_cat import activations
from verified_cat.errors import ShapeError, UsageError
from verified_cat.functions import Functions
from verified_cat.lens import reverse_derivative
from verified_cat.objects import Pair, space
from verified_cat.terms import Term

sys.path.insert(0, str(Path(__file__).parent))
from exact_arrays import array, flat, image, near, run, same

X, Y = array(2, 3), array(2, 3, seed=1)
HUNDREDTH, HALF = Fraction(1, 100), Fraction(1, 2)


def entrywise(formula: Callable[[Any], Any], x: Any = X) -> Any:
    return np.array([formula(number) for number in flat(x)], dtype=object).reshape(np.shape(x))


def distribution(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2


@pytest.mark.parametrize(
    ("make", "formula"),
    [
        (activations.leaky_relu, lambda x: x if x > 0 else HUNDREDTH * x),
        (lambda shape: activations.leaky_relu(shape, Fraction(1, 4)), lambda x: x if x > 0 else x / 4),
        (activations.gelu, lambda x: x * distribution(x)),
        (activations.silu, lambda x: x / (1 + math.exp(-x))),
        (lambda shape: activations.clamp(shape, -HALF, 2), lambda x: min(max(x, -HALF), 2)),
        (lambda shape: activations.clamp(shape, 1, 1), lambda x: 1),
    ],
)
def test_entry_by_entry(make: Callable[..., Term], formula: Callable[[Any], Any], plain: Functions) -> None:
    term = make((2, 3))
    assert (term.dom, term.cod) == (space(2, 3), space(2, 3))
    assert near(image(term, plain, X), entrywise(formula))


def test_slopes_where_the_formula_changes(plain: Functions) -> None:
    """Of the leaky unit at 0 its slope below; of the clamp at its limits 1."""
    leaky = reverse_derivative(activations.leaky_relu((3,), Fraction(1, 4)))
    assert plain.meaning(leaky)(((-1, 0, 1), (1, 1, 1))) == (Fraction(1, 4), Fraction(1, 4), 1)
    clamp = reverse_derivative(activations.clamp((5,), -1, 2))
    assert plain.meaning(clamp)(((-2, -1, 0, 2, 3), (1,) * 5)) == (0, 1, 1, 1, 0)


def test_dropout_scales_what_is_left(plain: Functions) -> None:
    mask = array(2, 3) > 0
    term = activations.dropout((2, 3), Fraction(1, 4))
    assert (term.dom, term.cod) == (Pair(space(2, 3), space(2, 3)), space(2, 3))
    assert same(image(term, plain, mask * Fraction(1), X), mask * X * Fraction(4, 3))
    assert same(image(activations.dropout((2, 3), Fraction(0)), plain, mask * Fraction(1), X), mask * X)


@pytest.mark.parametrize("rate", [Fraction(-1, 9), Fraction(1), 2])
def test_a_rate_is_at_least_0_and_less_than_1(rate: Any) -> None:
    with pytest.raises(UsageError, match=rf"a rate of {rate} is not in \[0, 1\)"):
        activations.dropout((2,), rate)


def test_limits_are_in_order() -> None:
    with pytest.raises(UsageError, match="the lower limit 2 exceeds the upper one 1"):
        activations.clamp((2,), 2, 1)


# ------------------------------------------------------------------------------------------------ losses


def shares(x: Any) -> Any:
    """exp(x) / Σ exp(x) in each row."""
    powers = np.exp(np.asarray(x, dtype=float))
    return powers / powers.sum(axis=-1, keepdims=True)


def test_cross_entropy(plain: Functions) -> None:
    """-1/2 Σ t log softmax(x) over two rows, for a distribution and for labels."""
    t, small = np.abs(Y), X / 4
    expected = -(np.asarray(t, dtype=float) * np.log(shares(small))).sum() / 2
    term = activations.cross_entropy(2, 3)
    assert (term.dom, term.cod) == (Pair(space(2, 3), space(2, 3)), space())
    assert near(image(term, plain, small, t), expected)
    labels = np.array([2, 0], dtype=object)
    logs = np.log(shares(small))
    assert near(image(activations.cross_entropy_of_labels(2, 3), plain, small, labels), -(logs[0, 2] + logs[1, 0]) / 2)


def test_mean_errors(plain: Functions) -> None:
    """Σ |x - y| / 6 and Σ (x - y)² / 6; of arrays of three axes, too; the slope of |x - y| at 0 is 0."""
    for shape in ((2, 3), (2, 1, 2), ()):
        x, y = array(*shape), array(*shape, seed=1)
        count = int(np.prod(shape, dtype=int))
        gaps = [one - other for one, other in zip(flat(x), flat(y), strict=True)]
        assert same(image(activations.mean_absolute(shape), plain, x, y), Fraction(sum(map(abs, gaps)), count))
        assert same(image(activations.mean_squared(shape), plain, x, y), sum(gap * gap for gap in gaps) / count)
    slopes = plain.meaning(reverse_derivative(activations.mean_absolute((2,))))((((1, 5), (1, 3)), (4,)))
    assert slopes == ((0, 2), (0, -2))


@pytest.mark.parametrize("make", [lambda: activations.mean_absolute((2, 0)), lambda: activations.cross_entropy(0, 3)])
def test_nothing_has_no_mean(make: Callable[[], Term]) -> None:
    with pytest.raises(ShapeError, match="a mean over nothing does not exist"):
        make()


# ------------------------------------------------------------------------------------------------ attention


@pytest.mark.parametrize("causal", [False, True])
def test_attention(causal: bool, plain: Functions) -> None:
    """softmax(q kᵀ / √width) v in every batch and head; where causal, of the keys up to the query."""
    batch, heads, queries, keys, width, values = 2, 1, 3, 2, 4, 2
    q, k, v = (
        array(batch, heads, *rest, seed=seed) / 8
        for seed, rest in enumerate(((queries, width), (keys, width), (keys, values)))
    )
    term = activations.attention(batch, heads, queries, keys, width, values, causal=causal)
    rest = Pair(space(batch, heads, keys, width), space(batch, heads, keys, values))
    assert term.dom == Pair(space(batch, heads, queries, width), rest)
    one, other, value = (np.asarray(each, dtype=float) for each in (q, k, v))
    scores = one @ other.swapaxes(2, 3) / math.sqrt(width)
    if causal:
        scores = np.where(np.arange(keys) > np.arange(queries)[:, None], -math.inf, scores)
    assert near(image(term, plain, q, k, v), shares(scores) @ value)
    if causal:  # the first query sees the first key alone
        assert near(run(term, plain, q, k, v)[0][:, :, 0], value[:, :, 0])


def test_a_later_key_has_no_share_at_all(plain: Functions) -> None:
    """However large its value is: the share is exactly 0."""
    term = activations.attention(1, 1, 1, 2, 1, 1, causal=True)
    one, two, value = ((Fraction(3),), (Fraction(1), Fraction(90)), (Fraction(7), Fraction(10**300)))
    assert plain.meaning(term)((one, (two, value))) == (7,)


def test_attention_is_not_causal_by_default() -> None:
    assert activations.attention(1, 1, 2, 2, 1, 1) == activations.attention(1, 1, 2, 2, 1, 1, causal=False)
    assert activations.attention(1, 1, 2, 2, 1, 1) != activations.attention(1, 1, 2, 2, 1, 1, causal=True)
    assert activations.attention(1, 1, 0, 2, 1, 1, causal=True).cod == space(1, 1, 0, 1)
