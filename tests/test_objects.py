"""Objects are trees: brackets and units are kept, reprs evaluate, and values go to leaves and back."""

from __future__ import annotations

from typing import Any

import pytest

from verified_cat import objects
from verified_cat.draw import draw_object, seeded
from verified_cat.objects import (
    SCALAR,
    UNIT,
    Ob,
    Pair,
    Sort,
    Space,
    Unit,
    flatten,
    fold,
    leaves,
    size,
    space,
    unflatten,
)

A: Ob = space(2)
B: Ob = space(3)
C: Ob = Sort("C")
EMPTY: Ob = space(0)


def test_brackets_and_units_are_kept() -> None:
    assert (A @ B) @ C != A @ (B @ C)
    assert UNIT @ A != A
    assert A @ UNIT != A
    assert A @ B != B @ A
    assert (A @ B) @ C is Pair(left=Pair(A, B), right=C)


def test_equal_parts_make_equal_objects() -> None:
    assert space(2, 3) == Space((2, 3)) != space(3, 2)
    assert space() == SCALAR != space(1)
    assert Unit() == UNIT != EMPTY
    assert Sort("A") == Sort("A") != Sort("B")


def test_blackboard_form() -> None:
    assert str((SCALAR @ space(2, 3)) @ (UNIT @ C)) == "((R ⊗ R[2,3]) ⊗ (1 ⊗ C))"


@pytest.mark.parametrize("seed", range(50))
def test_repr_evaluates(seed: int) -> None:
    ob = draw_object(seeded(seed), 4) @ C
    assert eval(repr(ob), vars(objects)) == ob


@pytest.mark.parametrize("shape", [(-1,), (2.0,), (True,), ("2",), [2], 2, None, (2, None)])
def test_bad_shapes_are_refused(shape: Any) -> None:
    with pytest.raises(TypeError, match="a shape is a tuple of lengths >= 0, not"):
        Space(shape)


def test_an_object_is_paired_with_an_object() -> None:
    with pytest.raises(TypeError, match=r"an object is paired with an object, not with 3 \(int\)"):
        A @ 3  # type: ignore[operator]


def test_objects_are_frozen() -> None:
    with pytest.raises(AttributeError):
        A.shape = (5,)  # type: ignore[attr-defined]


def test_leaves_skip_the_unit_and_keep_the_order() -> None:
    assert list(leaves((A @ UNIT) @ (B @ (C @ A)))) == [A, B, C, A]
    assert list(leaves(UNIT @ UNIT)) == []


def test_size_counts_numbers() -> None:
    assert size(space(2, 3) @ (SCALAR @ UNIT)) == 7
    assert size(UNIT) == size(space(0)) == size(space(3, 0, 2)) == 0
    with pytest.raises(TypeError, match="C is opaque: it has no dimension"):
        size(A @ C)


def test_fold_is_the_homomorphism() -> None:
    shown = fold((A @ UNIT) @ C, unit="1", leaf=str, pair=lambda left, right: f"<{left},{right}>")
    assert shown == "<<R[2],1>,C>"


@pytest.mark.parametrize("seed", range(50))
def test_flatten_and_unflatten_are_inverse(seed: int) -> None:
    ob = draw_object(seeded(seed), 4)
    names = [f"x{i}" for i in range(sum(1 for _ in leaves(ob)))]
    value = unflatten(ob, names)
    assert flatten(ob, value) == names
    assert unflatten(ob, flatten(ob, value)) == value


def test_unflatten_keeps_brackets() -> None:
    assert unflatten((A @ B) @ UNIT, ["a", "b"]) == (("a", "b"), ())
    assert unflatten(A @ (B @ UNIT), ["a", "b"]) == ("a", ("b", ()))


@pytest.mark.parametrize(
    ("ob", "value", "words"),
    [
        (A @ B, "ab", r"a value of \(R\[2\] ⊗ R\[3\]\) is a pair, not 'ab'"),
        (A @ B, ("a", "b", "c"), "is a pair"),
        (A @ (B @ C), (("a", "b"), "c"), "is a pair, not 'c'"),
        (UNIT, "a", "the value of 1 is the empty tuple, not 'a'"),
    ],
)
def test_a_value_of_another_bracketing_is_refused(ob: Ob, value: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        flatten(ob, value)


@pytest.mark.parametrize("values", [[], ["a"], ["a", "b", "c"]])
def test_a_wrong_number_of_leaves_is_refused(values: list[Any]) -> None:
    with pytest.raises(ValueError, match=rf"has 2 leaves; {len(values)} values were given"):
        unflatten(A @ B, values)
