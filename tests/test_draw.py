"""Draws fit their boundary, keep to their style, and meet every row, constructor and kind of object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from hashlib import sha256
from typing import Any

import pytest

from verified_cat import forms, textures
from verified_cat.draw import (
    Choose,
    Style,
    draw_exact,
    draw_object,
    draw_special,
    draw_term,
    is_trivial,
    seeded,
    watched,
)
from verified_cat.functions import Functions
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Unit, flatten, leaves, size, space
from verified_cat.primitives import TABLE, Bilinear, Constant, Elementwise, Primitive, add_on, is_linear
from verified_cat.reference.balls import FORMATS
from verified_cat.reference.engine import SympyEngine
from verified_cat.terms import Term, fold, operations

EXACT = SympyEngine()
KINDS = ("linear", "polynomial", "smooth", "any")


def drawn(seed: int, kind: str, fuel: int = 2) -> tuple[Ob, Ob, Term]:
    choose = seeded(seed)
    dom, cod = draw_object(choose), draw_object(choose)
    return dom, cod, draw_term(choose, dom, cod, Style(kind, fuel))


def names(term: Term) -> set[str]:
    return {operation.name for operation in operations(term)}


@pytest.mark.parametrize("kind", KINDS)
def test_terms_fit_their_boundary(kind: str) -> None:
    for seed in range(500):
        dom, cod, term = drawn(seed, kind)
        assert (term.dom, term.cod) == (dom, cod)


def test_a_seed_says_everything() -> None:
    assert [drawn(seed, "any") for seed in range(50)] == [drawn(seed, "any") for seed in range(50)]
    assert len({drawn(seed, "any")[2] for seed in range(50)}) > 40


def digest(texts: Iterator[str]) -> str:
    return sha256("\n".join(texts).encode()).hexdigest()[:16]


DREW = {
    "objects": "408a6a5fb4dbd4af",
    "shallow objects": "29170a676ac2b483",
    "values": "a10a270b9bcbbe07",
    "special values": "ab97e36d80cd9c73",
    "linear": "4e5af672029e506a",
    "polynomial": "83add33e49c1013c",
    "smooth": "2d3ac344576ffe12",
    "any": "d4e4c7ba60cea354",
    "isomorphisms": "16b0a02a5ecb1dca",
}
"""Digests of what the first seeds draw."""


TURNED = (
    UNIT @ SCALAR,
    SCALAR @ UNIT,
    UNIT @ UNIT,
    (SCALAR @ UNIT) @ space(2),
    SCALAR @ (UNIT @ space(2)),
    (SCALAR @ UNIT) @ (UNIT @ SCALAR),
)
"""Domains out of which every structural isomorphism goes."""


def names_of_parts(term: Term) -> str:
    """The constructors of a term, in the order in which they stand."""
    return " ".join(fold(term, lambda node, parts: [type(node).__name__, *(name for part in parts for name in part)]))


def drew(what: str) -> str:
    spaces = [draw_object(seeded(seed)) for seed in range(40)]
    if what == "objects":
        return digest(map(str, spaces))
    if what == "shallow objects":
        return digest(str(draw_object(seeded(seed), seed % 2)) for seed in range(40))
    if what == "values":
        return digest(str(draw_exact(seeded(seed), ob)) for seed, ob in enumerate(spaces))
    if what == "special values":
        return digest(str(draw_special(seeded(seed), ob, "float32")) for seed, ob in enumerate(spaces))
    if what == "isomorphisms":
        turned = (draw_term(seeded(seed), ob, SCALAR, Style("linear", 0)) for ob in TURNED for seed in range(80))
        return digest(f"{term.dom} {names_of_parts(term)}" for term in turned)
    return digest(str(drawn(seed, what)[2]) for seed in range(60))


@pytest.mark.parametrize("what", DREW)
def test_a_seed_that_was_written_down_draws_the_same_again(what: str) -> None:
    """Reports name seeds: who changes what they draw writes it into the changelog, and these digests anew."""
    assert drew(what) == DREW[what]


def test_every_row_and_every_constructor_is_drawn() -> None:
    rows: Counter[str] = Counter()
    constructors: Counter[type] = Counter()
    for seed in range(3000):
        term = drawn(seed, "any")[2]
        rows.update(names(term))
        found: set[type] = set()
        fold(term, lambda node, _, met=found: met.add(type(node)))  # type: ignore[misc]
        constructors.update(found)
    rare = {name: rows[name] for name in TABLE if rows[name] < 10}
    assert not rare, f"drawn too seldom to test anything: {rare}"
    absent = {each.__name__ for each in Term.__subclasses__() if not constructors[each]}
    assert not absent


def test_every_kind_of_object_is_drawn() -> None:
    counts: Counter[str] = Counter()
    for seed in range(1000):
        ob = draw_object(seeded(seed))
        counts["unit"] += ob == UNIT
        counts["scalar"] += ob == SCALAR
        counts["empty space"] += any(size(leaf) == 0 for leaf in leaves(ob))
        counts["matrix, not square"] += ob == space(2, 3)
        if isinstance(ob, Pair):
            counts["equal"] += ob.left == ob.right
            counts["distinct"] += ob.left != ob.right
            counts["nested left"] += isinstance(ob.left, Pair)
            counts["nested right"] += isinstance(ob.right, Pair)
            counts["unit inside"] += isinstance(ob.left, Unit) or isinstance(ob.right, Unit)
    assert len(counts) == 9
    assert min(counts.values()) >= 10, counts


def test_linear_terms_are_linear() -> None:
    """f(x + y) = f(x) + f(y) and f(0) = 0, exactly, on symbols: for all x and y."""
    functions = Functions(EXACT)
    for seed in range(150):
        dom, cod, term = drawn(seed, "linear")
        assert all(isinstance(each, Primitive) and is_linear(each) for each in operations(term))
        f, before, after = map(functions.meaning, (term, add_on(dom), add_on(cod)))
        x, y = EXACT.symbols(dom, "x"), EXACT.symbols(dom, "y")
        whole = EXACT.lower(cod, f(before((x, y))))
        parts = EXACT.lower(cod, after((f(x), f(y))))
        for one, two in zip(entries(cod, whole), entries(cod, parts), strict=True):
            assert (one - two).expand() == 0, term


def entries(ob: Ob, observed: Any) -> list[Any]:
    return [number for leaf in flatten(ob, observed) for number in leaf]


@pytest.mark.parametrize(
    ("kind", "allowed", "needed"),
    [
        ("polynomial", lambda name: not isinstance(TABLE[name], Elementwise), {"multiply", "contract", "constant"}),
        ("smooth", lambda name: not getattr(TABLE[name], "kinks", ()), {"exp", "log", "tanh", "sqrt", "reciprocal"}),
        ("any", lambda name: True, {"relu", "step"}),
    ],
)
def test_styles_keep_to_their_rows(kind: str, allowed: Any, needed: set[str]) -> None:
    met = set().union(*(names(drawn(seed, kind)[2]) for seed in range(600)))
    assert {name for name in met if not allowed(name)} == set()
    assert needed <= met


def test_a_linear_style_has_no_products_and_no_constants_but_zero() -> None:
    for seed in range(600):
        for operation in operations(drawn(seed, "linear")[2]):
            assert not isinstance(TABLE[operation.name], Bilinear | Elementwise)
            if isinstance(TABLE[operation.name], Constant):
                assert isinstance(operation, Primitive)
                assert not any(operation.arguments[1])


def test_functions_are_applied_within_their_domain() -> None:
    """Log, sqrt and 1/x of the exact engine raise outside theirs."""
    functions, met = Functions(EXACT), 0
    for seed in range(200):
        dom, _, term = drawn(seed, "any")
        if names(term) & {"log", "sqrt", "reciprocal"}:
            met += 1
            functions.meaning(term)(EXACT.lift(dom, draw_exact(seeded(seed), dom)))
    assert met > 10


def test_exact_values_fit_and_lifting_rounds_none() -> None:
    """k/8 · 2^e with |k| ≤ 16 and e in -10, 0, 10: even float16 holds them, and bfloat16."""
    for seed in range(300):
        ob = draw_object(seeded(seed))
        numbers = entries(ob, draw_exact(seeded(seed), ob))
        assert len(numbers) == size(ob)
        for number in numbers:
            assert isinstance(number, Fraction)
            assert abs(number) <= 2048
            assert 2**13 % number.denominator == 0
            assert number.numerator == 0 or (number.numerator // (number.numerator & -number.numerator)) < 2**4
    assert {forms.number(seeded(seed)) for seed in range(300)} >= {0, 1, -1, Fraction(1, 8), 2, -2}


@pytest.mark.parametrize("precision", list(textures.LARGEST))
def test_special_values_are_numbers_of_the_precision(precision: str) -> None:
    """-0, ±∞, NaN, and the ends of the range, which the engine of that precision holds and the next would not."""
    ob = space(2, 3) @ UNIT
    met = [number for seed in range(60) for number in entries(ob, draw_special(seeded(seed), ob, precision))]
    assert {str(number) for number in met} == {str(number) for number in textures.specials(precision)}
    form = FORMATS[precision]
    assert textures.LARGEST[precision] == form.largest
    assert textures.LEAST[precision] == form.tiny * 2.0 ** (1 - form.bits)


def test_whoever_watches_is_told_what_is_drawn_while_watching() -> None:
    met: list[Any] = []
    with watched(met.append):
        dom, cod, term = drawn(3, "any")
    assert met == [dom, cod, term]
    drawn(4, "any")
    assert len(met) == 3


def test_fuel_bounds_the_size() -> None:
    sizes = [sum(len(names(drawn(seed, "any", fuel)[2])) for seed in range(200)) for fuel in (0, 1, 3)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[2] / 2


def test_any_function_that_picks_is_a_source_of_choices() -> None:
    """The smallest comes first, and the deepest object last: two pairs of pairs of R[9]."""
    first: Choose = lambda options: options[0]  # noqa: E731
    last: Choose = lambda options: options[-1]  # noqa: E731
    four = Pair(Pair(space(9), space(9)), Pair(space(9), space(9)))
    assert [draw_object(first, depth) for depth in (0, 1, 2)] == [SCALAR, SCALAR, SCALAR]
    assert [draw_object(last, depth) for depth in (0, 1, 2)] == [space(9), four.left, four] and draw_object(
        last
    ) == four
    assert draw_exact(first, SCALAR @ UNIT) == ((0,), ()) and draw_exact(last, UNIT) == ()


def test_a_style_is_of_any_map_and_small_unless_it_says_otherwise() -> None:
    assert Style() == Style("any", 2) != Style("any", 3)


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(ValueError, match="a style is linear, polynomial, smooth or any, not 'quadratic'"):
        Style("quadratic")


@pytest.mark.parametrize(
    ("ob", "trivial"),
    [
        (UNIT, True),
        (UNIT @ UNIT, True),
        (space(0), True),
        (Pair(UNIT, space(2, 0)), True),
        (SCALAR, False),
        (Pair(space(0), SCALAR), False),
    ],
    ids=str,
)
def test_what_holds_no_numbers_is_trivial(ob: Ob, trivial: bool) -> None:
    assert is_trivial(ob) is trivial
