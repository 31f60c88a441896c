"""Sums over named axes, parts and look-ups by their definitions, in exact numbers; what does not fit, by its words."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from verified_cat import axes
from verified_cat.errors import ShapeError
from verified_cat.functions import Functions
from verified_cat.objects import Pair, space
from verified_cat.terms import Identity

sys.path.insert(0, str(Path(__file__).parent))
from exact_arrays import array, image, same

X, Y = array(2, 3, 4), array(4, 3, seed=1)


@pytest.mark.parametrize(
    ("formula", "letters"),
    [
        ("a b c, c b -> a", "abc,cb->a"),
        ("a b c, c b -> b a", "abc,cb->ba"),
        ("a b c,c b->c a b", "abc,cb->cab"),
        ("a b c, d b -> d c", "abc,db->dc"),
        ("row inner column, column inner ->", "abc,cb->"),
        ("a b c, d e -> e b", "abc,de->eb"),
    ],
)
def test_sums_of_products(formula: str, letters: str, plain: Functions) -> None:
    """Over whatever the result lacks, of one argument or of both, as NumPy's by letters."""
    term = axes.einsum(formula, X.shape, Y.shape)
    assert term.dom == Pair(space(2, 3, 4), space(4, 3))
    assert same(image(term, plain, X, Y), np.einsum(letters, X, Y))


@pytest.mark.parametrize("letters", ["abc", "cab", "bca", "ba", "c", "ac", ""])
def test_sums_of_one(letters: str, plain: Functions) -> None:
    term = axes.einsum(f"a b c -> {' '.join(letters)}", X.shape)
    assert same(image(term, plain, X), np.einsum(f"abc->{letters}", X))


def test_nothing_is_done_where_nothing_is_asked() -> None:
    assert axes.einsum("a b -> a b", (2, 3)) == Identity(space(2, 3))


def test_as_many_names_as_letters() -> None:
    names = [f"name{index}" for index in range(27)]
    term = axes.einsum(f"{' '.join(names[:26])}, name0 -> name0", (1,) * 26, (1,))
    assert (term.dom, term.cod) == (Pair(space(*(1,) * 26), space(1)), space(1))
    with pytest.raises(ShapeError, match="27 names; at most 26 can be told apart"):
        axes.einsum(f"{' '.join(names[:26])}, name26 -> name0", (1,) * 26, (1,))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_beside_one_another(axis: int, plain: Functions) -> None:
    other = array(*(5 if each == axis else length for each, length in enumerate(X.shape)), seed=2)
    whole = axes.concatenate(X.shape, other.shape, axis)
    assert same(image(whole, plain, X, other), np.concatenate((X, other), axis))


@pytest.mark.parametrize(("axis", "start", "stop"), [(0, 0, 1), (1, 1, 3), (2, 0, 4), (2, 3, 3), (0, 2, 2)])
def test_a_part(axis: int, start: int, stop: int, plain: Functions) -> None:
    chosen = tuple(slice(start, stop) if each == axis else slice(None) for each in range(3))
    assert same(image(axes.part(X.shape, axis, start, stop), plain, X), X[chosen])


def test_rows_of_a_table(plain: Functions) -> None:
    """A number that is no word gives zeros; it is a network with one parameter."""
    table, words = array(3, 2), np.array([[2, 0], [0, 3], [-1, 1]], dtype=object)
    made = axes.embedding((3, 2), 3, 2)
    assert (made.map.param, made.map.dom, made.map.cod) == (space(3, 2), space(3, 2), space(3, 2, 2))
    assert (made.names, made.ends) == (("embedding.weight",), ("embedding", "embedding"))
    expected = np.zeros((3, 2, 2), dtype=object)
    for place in np.ndindex(3, 2):
        if 0 <= words[place] < 3:
            expected[place] = table[words[place]]
    assert same(image(made.map.inside, plain, table, words), expected)
    named = axes.embedding((), 5, 1, "words")
    assert (named.names, named.ends, named.map.cod) == (("words.weight",), ("words", "words"), space(1))


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (
        lambda: axes.einsum("a b, b c", (2, 3), (3, 4)),
        "einsum: 'a b, b c' does not name the axes of 2 arrays and, after '->', a result",
    ),
    (
        lambda: axes.einsum("a b -> a", (2, 3), (3, 4)),
        "einsum: 'a b -> a' does not name the axes of 2 arrays and, after '->', a result",
    ),
    (
        lambda: axes.einsum("a, a -> a", (2,)),
        "einsum: 'a, a -> a' does not name the axes of 1 arrays and, after '->', a result",
    ),
    (lambda: axes.einsum("a b -> a", (2,)), "einsum 'a b -> a': 2 names, 'a b', for the shape (2,)"),
    (
        lambda: axes.einsum("a b, b c -> a c", (2, 3), (4, 5)),
        "einsum 'a b, b c -> a c': the axis 'b' has length 3 in (2, 3) and 4 in (4, 5)",
    ),
    (lambda: axes.einsum("a, b b -> a", (2,), (3, 3)), "einsum 'a, b b -> a': a name stands twice in 'b b'"),
    (lambda: axes.einsum("a b -> a a", (2, 3)), "einsum 'a b -> a a': a name stands twice in 'a a'"),
    (lambda: axes.einsum("a -> d c", (2,)), "einsum 'a -> d c': the result has an axis 'd' that no argument has"),
    (lambda: axes.concatenate((2, 3), (2, 3), 2), "concatenate: 2 is not an axis of both (2, 3) and (2, 3)"),
    (lambda: axes.concatenate((2, 3), (2, 3), -1), "concatenate: -1 is not an axis of both (2, 3) and (2, 3)"),
    (lambda: axes.concatenate((2, 3), (2,), 0), "concatenate: 0 is not an axis of both (2, 3) and (2,)"),
    (lambda: axes.concatenate((2, 3), (3, 3), 1), "concatenate: (2, 3) and (3, 3) differ elsewhere than along axis 1"),
    (lambda: axes.concatenate((2, 3), (2, 4), 0), "concatenate: (2, 3) and (2, 4) differ elsewhere than along axis 0"),
    (lambda: axes.part((2, 3), 2, 0, 1), "part: 0:1 along axis 2 is not within (2, 3)"),
    (lambda: axes.part((2, 3), -1, 0, 1), "part: 0:1 along axis -1 is not within (2, 3)"),
    (lambda: axes.part((2, 3), 1, 2, 4), "part: 2:4 along axis 1 is not within (2, 3)"),
    (lambda: axes.part((2, 3), 1, -1, 1), "part: -1:1 along axis 1 is not within (2, 3)"),
    (lambda: axes.part((2, 3), 1, 2, 1), "part: 2:1 along axis 1 is not within (2, 3)"),
]


@pytest.mark.parametrize(("make", "words"), REFUSED, ids=[words[:36] for _, words in REFUSED])
def test_what_does_not_fit_is_refused(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(ShapeError) as caught:
        make()
    assert str(caught.value) == words
