"""The kinds of schema files: the page of all of them, what each option takes, and how a misfit is told."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from verified_cat.commands_schemas import kinds_page
from verified_cat.schema_kinds import (
    HIDDEN,
    KINDS,
    LARGEST,
    Misfit,
    Option,
    Settings,
    any_number,
    fitted,
    many,
    not_negative,
    number,
    numbers,
    one_of,
    positive,
    settings,
    share,
    shown,
    switch,
    table_of_numbers,
    text,
    whole,
)

PAGE = Path(__file__).parent.parent / "docs" / "schema-kinds.md"


def test_the_page_of_kinds_is_made_from_them() -> None:
    """`verified-cat schema kinds > docs/schema-kinds.md` makes it anew."""
    assert PAGE.read_text(encoding="utf-8") == "\n".join(kinds_page()) + "\n"


# ------------------------------------------------------------------------------------------------ numbers

TINY = Fraction(1, LARGEST)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (0, 0), (-3, -3), (0.1, Fraction(1, 10)), (-0.25, Fraction(-1, 4)), (Decimal("1e-3"), Fraction(1, 1000)),
        (Fraction(1, 3), Fraction(1, 3)), (0.0, 0), (LARGEST, LARGEST), (-LARGEST, -LARGEST), (TINY, TINY),
        (-TINY, -TINY),        (Decimal("0e40"), 0), (Decimal("0e-40"), 0), (1e12, LARGEST),
    ],
)  # fmt: skip
def test_a_number_is_as_it_is_written(given: Any, read: Any) -> None:
    assert number(given) == read and type(number(given)) is Fraction


def test_the_largest_number() -> None:
    assert LARGEST == 10**12 and number(1e12) == 10**12 and number(1e-12) == Fraction(1, 10**12)
    for given in (10**12 + 1, -(10**12) - 1, 1.1e12, 9e-13):
        with pytest.raises(ValueError, match=r"^$"):
            number(given)


@pytest.mark.parametrize(
    "given",
    [
        True, False, "1", None, [1], 1j, LARGEST + 1, -LARGEST - 1, TINY / 2, -TINY / 2, float("inf"), float("nan"),
        Decimal("nan"), Decimal("-inf"), Decimal("1e41"), Decimal("1e-41"), Decimal("0e41"), Decimal("0e-41"),
    ],
)  # fmt: skip
def test_what_is_no_number(given: Any) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        number(given)


# ------------------------------------------------------------------------------------------------ options

HALF = Fraction(1, 2)
TAKEN: list[tuple[Option, str, list[tuple[Any, Any]], list[Any]]] = [
    (any_number(), "a number", [(-0.5, -HALF), (0, 0)], ["0", True]),
    (positive(), "a number above 0", [(0.5, HALF)], [0, -1, "1"]),
    (not_negative(), "a number that is not below 0", [(0, 0), (0.5, HALF)], [-0.5]),
    (share(), "a number in [0, 1)", [(0, 0), (0.5, HALF)], [1, -0.5, 2]),
    (whole(2, 5), "a whole number from 2 to 5", [(2, 2), (5, 5)], [1, 6, 2.0, "3", None]),
    (whole(0, 5), "a whole number from 0 to 5", [(0, 0)], [True, False]),
    (many(whole(1, 3), "some"), "some", [([1, 3], (1, 3)), ((2,), (2,))], [[], [0], [1, 4], "12", 2, {1: 2}]),
    (many(whole(1, 3), "any", None, 0), "any", [([], ())], [None]),
    (many(whole(1, 3), "two", None, 2), "two", [([1, 1], (1, 1))], [[1]]),
    (numbers(), "a list of numbers", [([1, 0.5], (1, HALF))], [[], [True], 1]),
    (
        table_of_numbers(),
        "a list of rows of numbers, all of one length",
        [([[1, 2], [3, 4]], ((1, 2), (3, 4))), ([[1]], ((1,),))],
        [[[1], [1, 2]], [], [[]], [1]],
    ),
    (one_of("a", "b"), "one of a, b", [("a", "a"), ("b", "b")], ["c", "", 1, ["a"]]),
    (switch(True), "true or false", [(True, True), (False, False)], [0, 1, "true", None]),
    (text("a word"), "a word", [("x", "x"), (" y ", " y ")], ["", "  ", 1, None]),
    (HIDDEN, "a list of widths, each from 1 to 4096", [([], ()), ([1, 4096], (1, 4096))], [[0], [4097], 3]),
    (
        KINDS["data"]["circles"]["min_contrast"],
        "a number from 0 to 1/2",
        [(0, 0), (0.5, HALF), (0.25, Fraction(1, 4))],
        [-0.1, 0.51],
    ),
    (
        KINDS["data"]["folder"]["box"],
        "a list of left, top, right and bottom",
        [([0, 10**5], (0, 10**5))],
        [[-1], [10**5 + 1], []],
    ),
    *(
        (KINDS["data"]["betas"][name], "a list of whole numbers from 1 to 20", [([1, 20], (1, 20))], [[0], [21]])
        for name in "ab"
    ),
    (KINDS["data"]["tint"]["classes"], "a list of classes from 0 to 9", [([0, 9], (0, 9))], [[-1], [10]]),
    (KINDS["training"]["training"]["match"], "a list of paths", [(["f ; g"], ("f ; g",))], [[""], "f", [1]]),
    (
        KINDS["critic"]["conv"]["strides"],
        "a list of strides from 1 to 8, one for each width",
        [([1, 8], (1, 8))],
        [[0], [9]],
    ),
]


@pytest.mark.parametrize(
    ("option", "says", "taken", "refused"), TAKEN, ids=lambda each: each if isinstance(each, str) else ""
)
def test_what_an_option_takes(option: Option, says: str, taken: list[tuple[Any, Any]], refused: list[Any]) -> None:
    assert option.says == says
    for given, read in taken:
        assert option.read(given) == read
    for given in refused:
        with pytest.raises((ValueError, TypeError)):
            option.read(given)


@pytest.mark.parametrize("make", [any_number, positive, not_negative, share])
def test_defaults_of_numbers_are_exact(make: Callable[..., Option]) -> None:
    assert make().default is None and make(0.5).default == HALF and type(make(0).default) is Fraction


def test_defaults() -> None:
    assert (whole(1, 9, 4).default, whole(1, 9).default) == (4, None)
    assert (many(whole(1, 9), "x", (1,)).default, many(whole(1, 9), "x").default) == ((1,), None)
    assert (numbers(()).default, table_of_numbers(()).default, table_of_numbers().default) == ((), (), None)
    assert (one_of("a", "b", default="b").default, one_of("a").default) == ("b", None)
    assert (switch(True).default, switch(False).default) == (True, False)
    assert (text("x", "").default, text("x").default) == ("", None)
    assert (switch(True).says, text("x", "").says, one_of("a").says) == ("true or false", "x", "one of a")
    assert (many(whole(1, 9), "x").says, numbers().says, any_number().says) == ("x", "a list of numbers", "a number")
    assert table_of_numbers().says == "a list of rows of numbers, all of one length"
    assert (positive().says, not_negative().says) == ("a number above 0", "a number that is not below 0")
    assert (share().says, whole(2, 3).says) == ("a number in [0, 1)", "a whole number from 2 to 3")


def test_options_made_anew_take_what_the_kinds_take() -> None:
    """A list, a table and a word, each with its bounds."""
    pair, grid, word = many(whole(1, 3), "x", None, 2), table_of_numbers(), one_of("a", "b")
    assert (pair.read([1, 3]), grid.read([[1], [2]]), word.read("b")) == ((1, 3), ((1,), (2,)), "b")
    for option, value in ((pair, [1]), (pair, [1, 4]), (grid, [[1], [1, 2]]), (grid, []), (word, "c"), (word, 1)):
        with pytest.raises(ValueError, match=r"^$"):
            option.read(value)


def test_every_default_is_a_value_of_its_option() -> None:
    """A default may also be "nothing": the empty list, or the empty text."""
    for family, kinds in KINDS.items():
        for kind, table in kinds.items():
            for name, option in table.items():
                if option.default not in (None, (), ""):
                    assert option.read(option.default) == option.default, (family, kind, name)


# ------------------------------------------------------------------------------------------------ settings


def test_settings_have_every_option() -> None:
    made = settings("data", "beta", b=3, a=2, shift=[1, 0.5])
    assert made == Settings(
        "data", "beta", (("a", 2), ("b", 3), ("matrix", ()), ("shift", (Fraction(1), HALF)), ("points", 0))
    )
    assert made["shift"] == (1, HALF) and made.given == {"a": 2, "b": 3, "shift": (1, HALF)}
    assert settings("data", "ring", modes=8, radius=2).given == {"radius": 2}
    with pytest.raises(KeyError):
        made["radius"]


@pytest.mark.parametrize(
    ("family", "kind", "options", "key", "reason"),
    [
        ("data", "rong", {}, "kind", "no kind of data is called 'rong'; did you mean ring?"),
        ("adversary", 3, {}, "kind", "no adversary is called 3; known: "
         "energy, factors, hinge, lsgan, mmd, non-saturating, none, wgan-gp"),
        ("data", "ring", {"mode": 3}, "mode", "kind of data 'ring' has no option 'mode'; did you mean modes?"),
        ("adversary", "hinge", {"x": 1}, "x", "adversary 'hinge' has no option 'x'; it has no options"),
        ("data", "beta", {"a": 1}, None, "kind of data 'beta' needs 'b': a whole number from 1 to 20"),
        ("data", "ring", {"modes": 0}, "modes",
         "'modes' of kind of data 'ring' is a whole number from 1 to 1000, not 0"),
        ("data", "ring", {"radius": Decimal("-1.50")}, "radius",
         "'radius' of kind of data 'ring' is a number above 0, not -1.50"),
    ],
)  # fmt: skip
def test_misfits(family: str, kind: Any, options: dict[str, Any], key: str | None, reason: str) -> None:
    with pytest.raises(Misfit) as caught:
        settings(family, kind, **options)
    assert (caught.value.key, caught.value.reason, str(caught.value)) == (key, reason, reason)


def test_unknown_options_are_told_before_missing_ones() -> None:
    with pytest.raises(Misfit, match="has no option 'z'"):
        fitted("here", {"a": whole(1, 2)}, {"z": 1})
    assert fitted("here", {"a": whole(1, 2), "b": whole(3, 4, 3)}, {"a": 1}) == (("a", 1), ("b", 3))


def test_values_are_shown_cut_short() -> None:
    assert shown("x" * 58) == repr("x" * 58) and len(shown("x" * 58)) == 60
    assert shown("x" * 59) == "'" + "x" * 56 + "..."
    assert (shown(Decimal("1.50")), shown(Fraction(1, 3)), shown([1])) == ("1.50", "1/3", "[1]")
