"""The table: what each typing rule refuses, the derivative of each row by hand, and maps on whole objects."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verified_cat import primitives as p
from verified_cat.errors import DataError, MissingOperation, ShapeError
from verified_cat.functions import Functions
from verified_cat.lens import reverse_derivative
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Space, flatten, fold, space
from verified_cat.primitives import (
    TABLE,
    Bilinear,
    Constant,
    Elementwise,
    Linear,
    Primitive,
    Shape,
    is_linear,
    primitive,
)
from verified_cat.terms import First, Generator, Second, Term

HALF = Fraction(1, 2)
CONVOLUTIONS = ("convolve", "convolve_input", "convolve_weight")
SMOOTH = {name for name, row in TABLE.items() if isinstance(row, Elementwise)} | {"softmax", "log_softmax"}
LINEAR = {name for name, row in TABLE.items() if isinstance(row, Linear)}
SAMPLES: dict[str, tuple[Any, ...]] = {
    "add": ((2,),),
    "negate": ((2,),),
    "scale": (HALF, (2,)),
    "sum": ((2, 3), (1,)),
    "broadcast": ((2, 3), (0,)),
    "reshape": ((2, 3), (6,)),
    "permute": ((2, 3, 4), (2, 0, 1)),
    **{name: ((4, 3), (1, 0), (2, 2), (2, 1)) for name in ("slice", "place")},
    **{name: ((2, 3), 1, (2, 0, 2, 1)) for name in ("gather", "scatter")},
    **{name: ((2, 4, 5), (2, 3), (2, 1), (1, 2)) for name in ("windows", "fold_windows")},
    "multiply": ((2,),),
    "contract": ("ij,jk->ik", (2, 3), (3, 4)),
    **{name: ((2, 4, 4, 3), (2, 2, 2, 1), (2, 1), (1, 0), (1, 2), 2) for name in CONVOLUTIONS},
    "constant": ((2,), (HALF, Fraction(3))),
    **{name: ((2, 3, 2), (0, 2)) for name in ("maximum", "first_maximum")},
    **{name: ((2, 3), 0) for name in ("softmax", "log_softmax")},
    "one_hot": ((2,), 3),
} | {name: ((2,),) for name, row in TABLE.items() if isinstance(row, Elementwise)}
NESTED = Pair(Pair(space(2), UNIT), Pair(SCALAR, space(0)))


def operation(term: Term) -> Primitive:
    assert isinstance(term, Generator)
    assert isinstance(term.operation, Primitive)
    return term.operation


def value(ob: Ob, start: int = 1) -> Any:
    """Distinct nonzero numbers as a value of ``ob``."""
    numbers = iter(range(start, 10_000))

    def leaf(part: Space) -> tuple[Fraction, ...]:
        return tuple(Fraction(next(numbers), 4) for _ in range(math.prod(part.shape)))

    return fold(ob, unit=(), leaf=leaf, pair=lambda left, right: (left, right))


def inner(ob: Ob, x: Any, y: Any) -> Fraction:
    """⟨x, y⟩."""
    entries = zip(*([n for leaf in flatten(ob, part) for n in leaf] for part in (x, y)), strict=True)
    return sum((one * two for one, two in entries), Fraction(0))


def test_the_rows_of_the_table() -> None:
    moving = "reshape permute slice place gather scatter windows fold_windows"
    smooth = "exp log reciprocal sqrt sin cos tanh sigmoid relu step softplus gaussian gaussian_cdf"
    rest = "constant maximum first_maximum softmax log_softmax one_hot"
    bilinear = "multiply contract convolve convolve_input convolve_weight"
    assert sorted(TABLE) == sorted(f"add negate scale sum broadcast {moving} {bilinear} {smooth} {rest}".split())


def test_samples_above_are_of_every_row() -> None:
    assert set(SAMPLES) == set(TABLE)


# ------------------------------------------------------------------------------------------------ typing rules

RULES: list[tuple[Term, Ob, Ob]] = [
    (p.add((2, 3)), Pair(space(2, 3), space(2, 3)), space(2, 3)),
    (p.negate(()), SCALAR, SCALAR),
    (p.scale(2, (3,)), space(3), space(3)),
    (p.sum_axes((2, 3)), space(2, 3), SCALAR),
    (p.sum_axes((2, 3), (1,)), space(2, 3), space(2)),
    (p.sum_axes((2, 3, 4), (2, 0)), space(2, 3, 4), space(3)),
    (p.sum_axes((2, 3), ()), space(2, 3), space(2, 3)),
    (p.broadcast((2, 3), (0,)), space(3), space(2, 3)),
    (p.broadcast((2, 3), (0, 1)), SCALAR, space(2, 3)),
    (p.reshape((2, 3), (3, 2)), space(2, 3), space(3, 2)),
    (p.reshape((1,), ()), space(1), SCALAR),
    (p.reshape((0, 3), (5, 0)), space(0, 3), space(5, 0)),
    (p.permute((2, 3, 4), (2, 0, 1)), space(2, 3, 4), space(4, 2, 3)),
    (p.multiply(()), Pair(SCALAR, SCALAR), SCALAR),
    (p.matvec(2, 3), Pair(space(2, 3), space(3)), space(2)),
    (p.matmul(2, 3, 4), Pair(space(2, 3), space(3, 4)), space(2, 4)),
    (p.batched_matmul(5, 2, 3, 4), Pair(space(5, 2, 3), space(5, 3, 4)), space(5, 2, 4)),
    (p.contract("i,i->", (3,), (3,)), Pair(space(3), space(3)), SCALAR),
    (p.contract("i,j->ji", (2,), (3,)), Pair(space(2), space(3)), space(3, 2)),
    (p.slice_axes((5, 4), (1, 0), (2, 4), (3, 1)), space(5, 4), space(2, 4)),
    (p.place((5, 4), (1, 0), (2, 4), (3, 1)), space(2, 4), space(5, 4)),
    (p.gather((5, 4), 0, (4, 4, 0)), space(5, 4), space(3, 4)),
    (p.scatter((5, 4), 0, (4, 4, 0)), space(3, 4), space(5, 4)),
    (p.windows((2, 7, 6), (3, 2), (2, 1), (1, 3)), space(2, 7, 6), space(2, 3, 3, 3, 2)),
    (p.fold_windows((2, 7), (3,)), space(2, 5, 3), space(2, 7)),
    (
        p.convolve((2, 4, 9, 7), (6, 2, 3, 3), (2, 1), (1, 0), (1, 2), 2),
        Pair(space(2, 4, 9, 7), space(6, 2, 3, 3)),
        space(2, 6, 5, 3),
    ),
    (
        p.convolve_input((2, 3, 6, 6), (4, 3, 3, 3), (2, 2)),
        Pair(space(2, 4, 2, 2), space(4, 3, 3, 3)),
        space(2, 3, 6, 6),
    ),
    (p.maximum((2, 3, 4), (2, 0)), space(2, 3, 4), space(3)),
    (p.first_maximum((2, 3, 4), (2, 0)), space(2, 3, 4), space(2, 3, 4)),
    (p.softmax((2, 3), 1), space(2, 3), space(2, 3)),
    (p.one_hot((2, 3), 4), space(2, 3), space(2, 3, 4)),
    (p.constant((2, 3), 1), UNIT, space(2, 3)),
    (p.constant((0,)), UNIT, space(0)),
    (p.relu((2,)), space(2), space(2)),
]


@pytest.mark.parametrize(("term", "dom", "cod"), RULES, ids=lambda part: str(part))
def test_typing(term: Term, dom: Ob, cod: Ob) -> None:
    assert (term.dom, term.cod) == (dom, cod)


REFUSED: list[tuple[tuple[Any, ...], str]] = [
    (("sum", (2, 3), (2,)), "sum: axes (2,) are not distinct axes of the shape (2, 3)"),
    (("sum", (2, 3), (-1,)), "sum: axes (-1,) are not distinct axes of the shape (2, 3)"),
    (("sum", (2, 3), (0, 0)), "sum: axes (0, 0) are not distinct axes of the shape (2, 3)"),
    (("broadcast", (2,), (1,)), "broadcast: axes (1,) are not distinct axes of the shape (2,)"),
    (("reshape", (2, 3), (4,)), "reshape: (2, 3) holds 6 entries, (4,) holds 4"),
    (("reshape", (), (0,)), "reshape: () holds 1 entries, (0,) holds 0"),
    (("permute", (2, 3), (0,)), "permute: (0,) is not an order of the axes of (2, 3)"),
    (("permute", (2, 3), (1, 1)), "permute: (1, 1) is not an order of the axes of (2, 3)"),
    (("scale", 0.5, (2,)), "scale: the factor is an exact Fraction, not 0.5 (float)"),
    (("scale", 2, (2,)), "scale: the factor is an exact Fraction, not 2 (int)"),
    (("contract", "ij,jk", (2, 3), (3, 2)), "contract: subscripts read like 'ij,jk->ik', not 'ij,jk'"),
    (("contract", "ij->ij", (2, 3), (3, 2)), "contract: subscripts read like 'ij,jk->ik', not 'ij->ij'"),
    (("contract", "i,i,i->i", (2,), (2,)), "contract: subscripts read like 'ij,jk->ik', not 'i,i,i->i'"),
    (("contract", "ii,i->i", (2, 2), (2,)), "contract: 'ii' in 'ii,i->i' must be distinct letters"),
    (("contract", "i.,i->i", (2, 2), (2,)), "contract: 'i.' in 'i.,i->i' must be distinct letters"),
    (
        ("contract", "ij,j->j", (2, 3), (3,)),
        "contract: 'i' stands only once in 'ij,j->j'; use sum or broadcast for it",
    ),
    (("contract", "i,i->ik", (2,), (2,)), "contract: 'k' stands only once in 'i,i->ik'; use sum or broadcast for it"),
    (
        ("contract", "ij,j->i", (2, 3), (4,)),
        "contract[ij,j->i]: axis 'j' has length 3 on the left and 4 on the right, in shapes (2, 3) and (4,)",
    ),
    (("contract", "ij,j->i", (2,), (3,)), "contract[ij,j->i]: the left operand has axes 'ij' but shape (2,)"),
    (("contract", "ij,j->i", (2, 3), ()), "contract[ij,j->i]: the right operand has axes 'j' but shape ()"),
    (("slice", (4,), (2,), (2,), (2,)), "slice: 2 entries from 2 in steps of 2 are not along axis 0 of (4,)"),
    (("place", (4,), (0,), (2,), (0,)), "slice: 2 entries from 0 in steps of 0 are not along axis 0 of (4,)"),
    (
        ("slice", (4, 2), (0,), (2,), (1,)),
        "slice: a start, a length and a step for each axis of (4, 2): (0,), (2,), (1,)",
    ),
    (("gather", (4, 2), 2, (0,)), "gather: 2 is not an axis of (4, 2)"),
    (("scatter", (4, 2), 1, (0, 2)), "gather: there is no position 2 along axis 1 of (4, 2)"),
    (
        ("windows", (2, 4), (1, 1, 1), (1, 1, 1), (1, 1, 1)),
        "windows: (1, 1, 1), stride (1, 1, 1) and dilation (1, 1, 1) are of the last axes of (2, 4)",
    ),
    (
        ("windows", (2, 4), (3,), (1,), (2,)),
        "windows of (2, 4): a window of 3 entries, 2 apart, reaches over 5 and does not fit into a length of 4",
    ),
    (
        ("fold_windows", (2, 4), (3,), (0,), (1,)),
        "windows of (2, 4): window 3, stride 0 and dilation 1 are whole numbers >= 1",
    ),
    (
        ("convolve", (2, 4, 4), (2, 2, 2, 1), (1, 1), (0, 0), (1, 1), 1),
        "convolve of (2, 4, 4) with (2, 2, 2, 1): an image is (batch, channels, height, width), "
        "a kernel (outputs, channels, …)",
    ),
    (
        ("convolve", (1, 4, 4, 4), (2, 4, 2, 1), (1, 1), (0, -1), (1, 1), 1),
        "convolve of (1, 4, 4, 4) with (2, 4, 2, 1): stride (1, 1), padding (0, -1) >= 0 and dilation (1, 1) are pairs",
    ),
    (
        ("convolve_input", (1, 4, 4, 4), (3, 2, 2, 1), (1, 1), (0, 0), (1, 1), 2),
        "convolve of (1, 4, 4, 4) with (3, 2, 2, 1): 4 channels to 3 in 2 groups need a kernel of 4/2 channels "
        "and a multiple of 2 outputs",
    ),
    (
        ("convolve_weight", (1, 4, 4, 4), (3, 4, 2, 5), (1, 1), (0, 0), (1, 1), 1),
        "convolve of (1, 4, 4, 4) with (3, 4, 2, 5): a window of 5 entries, 1 apart, reaches over 5 and does not fit "
        "into a length of 4",
    ),
    (("maximum", (2, 0), (1,)), "maximum: there is no entry along the axes (1,) of (2, 0)"),
    (("first_maximum", (2, 3), (2,)), "first_maximum: axes (2,) are not distinct axes of the shape (2, 3)"),
    (("log_softmax", (2, 3), 2), "softmax: axes (2,) are not distinct axes of the shape (2, 3)"),
    (
        ("constant", (2, 3), (Fraction(1), Fraction(2))),
        "constant: (2, 3) holds 6 entries; give 1 value or as many, not 2",
    ),
    (("constant", (2,), ()), "constant: (2,) holds 2 entries; give 1 value or as many, not 0"),
    (("constant", (2,), (0.5,)), "constant: the values are exact Fractions, not (0.5,)"),
    (("permute", (2, 3), [1, 0]), "permute: the arguments are numbers, words and tuples of them, not ((2, 3), [1, 0])"),
]


@pytest.mark.parametrize(("arguments", "words"), REFUSED, ids=lambda part: str(part)[:40])
def test_what_a_typing_rule_refuses(arguments: tuple[Any, ...], words: str) -> None:
    with pytest.raises(ShapeError) as caught:
        primitive(*arguments)
    assert str(caught.value) == words


@pytest.mark.parametrize("name", sorted(set(TABLE) - {"scale", "contract", *CONVOLUTIONS}))
def test_a_negative_length_is_refused(name: str) -> None:
    with pytest.raises(TypeError, match=r"a shape is a tuple of lengths >= 0|axes|entries"):
        primitive(name, (-2,), *SAMPLES[name][1:])


def test_an_unknown_name_is_refused_with_near_ones() -> None:
    with pytest.raises(MissingOperation) as caught:
        primitive("sigmod", (2,))
    assert str(caught.value) == "no primitive is called 'sigmod'; did you mean sigmoid?"


CONSTRUCTED: list[tuple[Callable[[], Term], tuple[Any, ...]]] = [
    (lambda: p.add((19,)), ("add", (19,))),
    (lambda: p.negate((19,)), ("negate", (19,))),
    (lambda: p.scale(2, (19,)), ("scale", Fraction(2), (19,))),
    (lambda: p.scale(0.5, (19,)), ("scale", HALF, (19,))),  # type: ignore[arg-type]
    (lambda: p.sum_axes((19, 2)), ("sum", (19, 2), (0, 1))),
    (lambda: p.sum_axes((19, 2), (1, 0)), ("sum", (19, 2), (0, 1))),
    (lambda: p.sum_axes((19, 2), (1,)), ("sum", (19, 2), (1,))),
    (lambda: p.broadcast((19, 2), (1, 0)), ("broadcast", (19, 2), (0, 1))),
    (lambda: p.reshape((19, 2), (2, 19)), ("reshape", (19, 2), (2, 19))),
    (lambda: p.permute((19, 2), (1, 0)), ("permute", (19, 2), (1, 0))),
    (lambda: p.multiply((19,)), ("multiply", (19,))),
    (lambda: p.contract("i,j->ji", (19,), (2,)), ("contract", "i,j->ji", (19,), (2,))),
    (lambda: p.matvec(19, 2), ("contract", "ij,j->i", (19, 2), (2,))),
    (lambda: p.matmul(19, 2, 3), ("contract", "ij,jk->ik", (19, 2), (2, 3))),
    (lambda: p.batched_matmul(19, 2, 3, 4), ("contract", "bij,bjk->bik", (19, 2, 3), (19, 3, 4))),
    (lambda: p.slice_axes((19, 8), (1, 2), (2, 3)), ("slice", (19, 8), (1, 2), (2, 3), (1, 1))),
    (lambda: p.slice_axes((19, 8), (1, 2), (2, 3), (4, 2)), ("slice", (19, 8), (1, 2), (2, 3), (4, 2))),
    (lambda: p.place((19, 8), (1, 2), (2, 3)), ("place", (19, 8), (1, 2), (2, 3), (1, 1))),
    (lambda: p.place((19, 8), (1, 2), (2, 3), (4, 2)), ("place", (19, 8), (1, 2), (2, 3), (4, 2))),
    (lambda: p.gather((19, 8), 1, (7, 0)), ("gather", (19, 8), 1, (7, 0))),
    (lambda: p.scatter((19, 8), 1, (7, 0)), ("scatter", (19, 8), 1, (7, 0))),
    (lambda: p.windows((19, 8), (2, 3)), ("windows", (19, 8), (2, 3), (1, 1), (1, 1))),
    (lambda: p.windows((19, 8), (2, 3), (4, 2), (1, 2)), ("windows", (19, 8), (2, 3), (4, 2), (1, 2))),
    (lambda: p.fold_windows((19, 8), (2, 3)), ("fold_windows", (19, 8), (2, 3), (1, 1), (1, 1))),
    (lambda: p.fold_windows((19, 8), (2, 3), (4, 2), (1, 2)), ("fold_windows", (19, 8), (2, 3), (4, 2), (1, 2))),
    *(
        (
            lambda make=make: make((2, 6, 19, 7), (4, 6, 2, 3)),
            (name, (2, 6, 19, 7), (4, 6, 2, 3), (1, 1), (0, 0), (1, 1), 1),
        )
        for name, make in (("convolve", p.convolve), ("convolve_input", p.convolve_input))
    ),
    *(
        (
            lambda make=make: make((2, 6, 19, 7), (4, 3, 2, 3), (2, 1), (1, 0), (1, 2), 2),
            (name, (2, 6, 19, 7), (4, 3, 2, 3), (2, 1), (1, 0), (1, 2), 2),
        )
        for name, make in (("convolve", p.convolve), ("convolve_input", p.convolve_input))
    ),
    (lambda: p.constant((2, 19), 1), ("constant", (2, 19), (Fraction(1),))),
    (lambda: p.constant((2,), 19, HALF), ("constant", (2,), (Fraction(19), HALF))),
    (lambda: p.maximum((19, 2), (1, 0)), ("maximum", (19, 2), (0, 1))),
    (lambda: p.first_maximum((19, 2), (1, 0)), ("first_maximum", (19, 2), (0, 1))),
    (lambda: p.softmax((19, 2), 1), ("softmax", (19, 2), 1)),
    (lambda: p.log_softmax((19, 2), 1), ("log_softmax", (19, 2), 1)),
    (lambda: p.one_hot((19,), 2), ("one_hot", (19,), 2)),
    *(
        (lambda name=name: getattr(p, name)((19,)), (name, (19,)))
        for name, row in TABLE.items()
        if isinstance(row, Elementwise)
    ),
]


@pytest.mark.parametrize(("make", "expected"), CONSTRUCTED, ids=lambda part: part[0] if isinstance(part, tuple) else "")
def test_constructors_make_the_operation_of_their_name(make: Callable[[], Term], expected: tuple[Any, ...]) -> None:
    """Made in the test: equal terms are one object, and what was made before is not made again."""
    made, (name, *arguments) = operation(make()), expected
    assert made == Primitive(name, tuple(arguments)) and repr(made) == f"primitive({', '.join(map(repr, expected))})"


def test_every_operation_has_a_constructor_above() -> None:
    assert {name for _, (name, *_) in CONSTRUCTED} == set(TABLE) - {"convolve_weight"}


def test_constructors_put_axes_in_order() -> None:
    assert p.sum_axes((2, 3, 4), (2, 0)) is p.sum_axes((2, 3, 4), (0, 2))
    assert p.broadcast((2, 3), (1, 0)) is p.broadcast((2, 3), (0, 1))


# ------------------------------------------------------------------------------------------------ rows


@pytest.mark.parametrize("name", TABLE)
def test_is_linear(name: str) -> None:
    moving = {"reshape", "permute", "slice", "place", "gather", "scatter", "windows", "fold_windows"}
    linear = {"add", "negate", "scale", "sum", "broadcast"} | moving
    assert is_linear(Primitive(name, SAMPLES[name])) == (name in linear)


def test_a_constant_is_linear_where_it_is_zero() -> None:
    assert is_linear(operation(p.constant((2,), 0)))
    assert is_linear(operation(p.constant((2,), 0, 0)))
    assert not is_linear(operation(p.constant((2,), 0, 1)))


def test_conventions_in_words() -> None:
    said: dict[str, Any] = {name: getattr(row, "convention", "") for name, row in TABLE.items()}
    kinks: dict[str, Any] = {name: getattr(row, "kinks", ()) for name, row in TABLE.items()}
    first = "of equal entries the first in row-major order"
    assert {name: words for name, words in said.items() if words} == {
        "relu": "relu'(0) = 0, as in torch",
        "step": "step(0) = 0 and step' = 0 everywhere, as the derivative of relu",
        "maximum": f"{first}, as in torch's max(dim) and max_pool2d (not in amax)",
        "first_maximum": f"{first} is 1, and the derivative is 0 everywhere",
        "one_hot": "class k is (k - 1/2, k + 1/2], outside all classes there is no 1; the derivative is 0 everywhere",
    }
    ties = "ties of the largest entries"
    assert {name: where for name, where in kinks.items() if where} == {
        "relu": (0,),
        "step": (0,),
        "maximum": ties,
        "first_maximum": ties,
        "one_hot": "halves between whole numbers",
    }


def test_domains_kinks_and_conventions() -> None:
    rows = {name: row for name, row in TABLE.items() if isinstance(row, Elementwise)}
    domains = {name: row.domain for name, row in rows.items() if row.domain != "all"}
    assert domains == {"log": "positive", "sqrt": "positive", "reciprocal": "nonzero"}
    kinked = {name for name, row in TABLE.items() if getattr(row, "kinks", ())}
    assert kinked == {"relu", "step", "maximum", "first_maximum", "one_hot"}
    assert kinked == {name for name, row in TABLE.items() if getattr(row, "convention", "")}


@pytest.mark.parametrize("name", sorted(LINEAR - {"add"}))
def test_transposing_twice_changes_nothing(name: str) -> None:
    row = TABLE[name]
    assert isinstance(row, Linear)
    once = row.transpose(*SAMPLES[name])
    assert (once.dom, once.cod) == (primitive(name, *SAMPLES[name]).cod, primitive(name, *SAMPLES[name]).dom)
    back = TABLE[operation(once).name]
    assert isinstance(back, Linear)
    assert back.transpose(*operation(once).arguments) is primitive(name, *SAMPLES[name])


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_transposing_a_convolution_twice_changes_nothing(name: str, plain: Functions) -> None:
    """⟨f(x, y), w⟩ = ⟨x, left(w, y)⟩ = ⟨y, right(w, x)⟩, and the transposes are of the same family."""
    row, op = TABLE[name], Primitive(name, SAMPLES[name])
    assert isinstance(row, Bilinear) and isinstance(op.dom, Pair)
    (x, y), w = value(op.dom), value(op.cod, 50)
    apply, left, right = (
        plain.meaning(term) for term in (Generator(op), row.left(*op.arguments), row.right(*op.arguments))
    )
    expected = inner(op.cod, apply((x, y)), w)
    assert expected == inner(op.dom.left, x, left((w, y))) == inner(op.dom.right, y, right((w, x)))


def test_transposing_a_contraction_twice_changes_nothing() -> None:
    row = TABLE["contract"]
    assert isinstance(row, Bilinear)
    term = p.matmul(2, 3, 4)
    assert row.left(*operation(row.left(*operation(term).arguments)).arguments) is term


# ------------------------------------------------------------------------------------------------ derivatives


@pytest.mark.parametrize("name", TABLE)
def test_boundaries_of_derivatives(name: str) -> None:
    op = Primitive(name, SAMPLES[name])
    graph = Pair(op.dom, op.cod)
    assert (p.pullback(op).dom, p.pullback(op).cod) == (Pair(graph, op.cod), op.dom)
    assert (p.pushforward(op).dom, p.pushforward(op).cod) == (Pair(graph, op.dom), op.cod)
    assert (p.reverse(op).dom, p.reverse(op).cod) == (Pair(op.dom, op.cod), op.dom)
    assert (p.forward(op).dom, p.forward(op).cod) == (Pair(op.dom, op.dom), op.cod)


@pytest.mark.parametrize("name", TABLE)
def test_recomputing_and_stored_residuals_agree(name: str, plain: Functions) -> None:
    op = Primitive(name, SAMPLES[name])
    x, v, w = value(op.dom), value(op.dom, 20), value(op.cod, 50)
    graph = (x, plain.generator(op)(x))
    assert plain.meaning(p.pullback(op))((graph, w)) == plain.meaning(p.reverse(op))((x, w))
    assert plain.meaning(p.pushforward(op))((graph, v)) == plain.meaning(p.forward(op))((x, v))


@pytest.mark.parametrize("name", [name for name in TABLE if name not in SMOOTH])
def test_reverse_is_the_transpose_of_forward(name: str, plain: Functions) -> None:
    """⟨J v, w⟩ = ⟨v, Jᵀ w⟩, in exact numbers."""
    op = Primitive(name, SAMPLES[name])
    x, v, w = value(op.dom), value(op.dom, 20), value(op.cod, 50)
    pushed, pulled = plain.meaning(p.forward(op))((x, v)), plain.meaning(p.reverse(op))((x, w))
    assert inner(op.cod, pushed, w) == inner(op.dom, v, pulled)


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if isinstance(row, Linear)])
def test_a_linear_map_is_its_own_derivative(name: str, plain: Functions) -> None:
    op = Primitive(name, SAMPLES[name])
    v = value(op.dom, 20)
    assert plain.meaning(p.forward(op))((value(op.dom), v)) == plain.generator(op)(v)


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if isinstance(row, Bilinear)])
def test_product_rule(name: str, plain: Functions) -> None:
    """f'(x, y)(u, v) = f(u, y) + f(x, v)."""
    op = Primitive(name, SAMPLES[name])
    apply, (x, y), (u, v) = plain.generator(op), value(op.dom), value(op.dom, 20)
    expected = tuple(one + two for one, two in zip(apply((u, y)), apply((x, v)), strict=True))
    assert plain.meaning(p.forward(op))(((x, y), (u, v))) == expected


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_derivatives_of_softmax(name: str, plain: Functions) -> None:
    """With s = softmax(x): s ⊙ (v - ⟨s, v⟩) both ways, and for its logarithm v - ⟨s, v⟩ and w - s Σ w."""
    x, v = (0.5, -1.0, 2.0), (1.0, 3.0, -2.0)
    op, s = Primitive(name, ((3,), 0)), plain.generator(Primitive("softmax", ((3,), 0)))(x)
    mean = sum(a * b for a, b in zip(s, v, strict=True))
    pushed = [(s[i] if name == "softmax" else 1) * (v[i] - mean) for i in range(3)]
    pulled = pushed if name == "softmax" else [v[i] - s[i] * sum(v) for i in range(3)]
    assert plain.meaning(p.forward(op))((x, v)) == pytest.approx(pushed, rel=0, abs=1e-14)
    assert plain.meaning(p.reverse(op))((x, v)) == pytest.approx(pulled, rel=0, abs=1e-14)


def test_at_a_tie_the_first_largest_takes_all(plain: Functions) -> None:
    op = Primitive("maximum", ((2, 3), (1,)))
    x, w = (1, 5, 5, 7, 7, 7), (Fraction(2), Fraction(3))
    assert plain.generator(op)(x) == (5, 7)
    assert plain.meaning(p.reverse(op))((x, w)) == (0, 2, 0, 3, 0, 0)
    assert plain.meaning(p.forward(op))((x, (10, 20, 30, 40, 50, 60))) == (20, 40)


def test_classes_are_half_open(plain: Functions) -> None:
    halves = tuple(Fraction(k, 2) for k in (-2, -1, 0, 1, 2, 3, 4))
    found = plain.generator(Primitive("one_hot", ((7,), 2)))(halves)
    assert found == (0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0)


def test_a_constant_has_no_derivative(plain: Functions) -> None:
    op = operation(p.constant((2,), 5))
    assert isinstance(TABLE[op.name], Constant)
    assert plain.meaning(p.forward(op))(((), ())) == (0, 0)
    assert plain.meaning(p.reverse(op))(((), (1, 2))) == ()


EMPTY: Shape = ()
SLOPES: dict[str, Callable[[float], float]] = {
    "exp": math.exp,
    "log": lambda x: 1 / x,
    "reciprocal": lambda x: -1 / x**2,
    "sqrt": lambda x: 1 / (2 * math.sqrt(x)),
    "sin": math.cos,
    "cos": lambda x: -math.sin(x),
    "tanh": lambda x: 1 / math.cosh(x) ** 2,
    "sigmoid": lambda x: math.exp(-x) / (1 + math.exp(-x)) ** 2,
    "relu": lambda x: float(x > 0),
    "step": lambda x: 0.0,
    "softplus": lambda x: 1 / (1 + math.exp(-x)),
    "gaussian": lambda x: -x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
    "gaussian_cdf": lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
}


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if isinstance(row, Elementwise)])
@pytest.mark.parametrize("x", [0.3, 1.7, -0.9])
def test_slope(name: str, x: float, plain: Functions) -> None:
    """f'(x) by hand, times the tangent or cotangent. All terms here are below 16, so 1e-14 is some ten roundings."""
    if x < 0 and name in ("log", "sqrt"):
        return
    op = Primitive(name, ((2,),))
    for derivative in (p.reverse, p.forward):
        found = plain.meaning(derivative(op))(((x, 1.0), (2.0, 0.0)))
        assert found == pytest.approx((2 * SLOPES[name](x), 0), rel=0, abs=1e-14)


@pytest.mark.parametrize("name", ["relu", "step"])
def test_derivative_at_a_kink_is_the_convention(name: str, plain: Functions) -> None:
    op = Primitive(name, (EMPTY,))
    assert plain.meaning(p.reverse(op))(((Fraction(0),), (Fraction(7),))) == (0,)
    assert plain.generator(op)((Fraction(0),)) == (0,)


# ------------------------------------------------------------------------------------------------ on whole objects


def test_maps_on_nested_objects(plain: Functions) -> None:
    x, y = (((1, 2), ()), ((3,), ())), (((10, 20), ()), ((30,), ()))
    assert plain.meaning(p.add_on(NESTED))((x, y)) == (((11, 22), ()), ((33,), ()))
    assert plain.meaning(p.subtract_on(NESTED))((x, y)) == (((-9, -18), ()), ((-27,), ()))
    assert plain.meaning(p.multiply_on(NESTED))((x, y)) == (((10, 40), ()), ((90,), ()))
    assert plain.meaning(p.scale_on(HALF, NESTED))(y) == (((5, 10), ()), ((15,), ()))
    assert plain.meaning(p.zero_on(NESTED))(()) == (((0, 0), ()), ((0,), ()))


def test_maps_of_pairs_keep_the_order_of_the_two(plain: Functions) -> None:
    x, y = (((1, 2), ()), ((3,), ())), (((10, 20), ()), ((30,), ()))
    assert plain.meaning(p.on_pairs(NESTED, lambda leaf: First(leaf, leaf)))((x, y)) == x
    assert plain.meaning(p.on_pairs(NESTED, lambda leaf: Second(leaf, leaf)))((x, y)) == y


def test_derivatives_of_sums_and_zeros_on_nested_objects(plain: Functions) -> None:
    x, y, w = value(NESTED), value(NESTED, 10), value(NESTED, 20)
    assert plain.meaning(reverse_derivative(p.add_on(NESTED)))(((x, y), w)) == (w, w)
    assert plain.meaning(reverse_derivative(p.zero_on(NESTED)))(((), w)) == ()
    left, right = plain.meaning(reverse_derivative(p.multiply_on(NESTED)))(((x, y), w))
    times = plain.meaning(p.multiply_on(NESTED))
    assert (left, right) == (times((y, w)), times((x, w)))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (float("nan"), "nan is no finite number"),
        (float("-inf"), "-inf is no finite number"),
        ("1/2", "'1/2' (str) is no exact number"),
        (1j, "'1j' (complex) is no exact number"),
        ("x" * 41, f"'{'x' * 40}' (str) is no exact number"),
    ],
)
def test_numbers_that_are_no_fractions_are_refused(number: Any, words: str) -> None:
    with pytest.raises(DataError) as scaled:
        p.scale(number, ())
    with pytest.raises(DataError) as constant:
        p.constant((), number)
    assert (str(scaled.value), str(constant.value)) == (f"scale: {words}", f"constant: {words}")


def test_operations_as_they_are_shown() -> None:
    assert str(operation(p.scale(HALF, (19,)))) == "scale[1/2]"
    assert str(operation(p.matvec(19, 3))) == "contract[ij,j->i]" and str(operation(p.add((19,)))) == "add"
    assert p.exp.__name__ == p.exp.__qualname__ == "exp" and p.exp.__doc__ == "x ↦ exp(x), entry by entry, on R^shape."


def test_symbols_are_operations_outside_the_table() -> None:
    term = p.symbol("f", SCALAR, UNIT)
    assert (term.dom, term.cod, str(term)) == (SCALAR, UNIT, "f")
    assert repr(term) == "symbol('f', Space(shape=()), Unit())"


@pytest.mark.parametrize("arguments", [(), ((2,), (3,)), (3,)])
def test_a_wrong_number_or_kind_of_arguments_is_refused_in_words(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(ShapeError, match="add"):
        p.primitive("add", *arguments)
