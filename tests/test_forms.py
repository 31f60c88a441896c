"""Forms of drawn terms: with every choice made by hand, exactly which term comes out."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest

from verified_cat import forms
from verified_cat import primitives as p
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Space
from verified_cat.rows import ROWS
from verified_cat.terms import Copy, Discard, First, Identity, Pairing, Second, Term
from verified_cat.textures import EIGHTHS

PART, ONE = Fraction(3, 8), Fraction(1)
A, M = Space((2,)), Space((2, 3))
AM = Pair(A, M)
TALL = Space((4, 2))
PAIR = Pair(M, TALL)
FIRST, SECOND = First(A, M), Second(A, M)


class Scripted:
    """Chooses what it is told to, one after the other; it refuses what is not among the choices."""

    def __init__(self, *script: Any) -> None:
        self.script = list(script)

    def __call__(self, options: Sequence[Any]) -> Any:
        wanted = self.script.pop(0)
        assert wanted in options, f"{wanted!r} is not among {list(options)}"
        return wanted


def made(dom: Ob, shape: tuple[int, ...], kind: str, fuel: int, *script: Any) -> Term:
    """The term of these choices; all of them are made."""
    choose = Scripted(*script)
    term = forms.leaf(choose, dom, shape, kind, fuel)
    assert not choose.script, f"not asked for: {choose.script}"
    assert (term.dom, term.cod) == (dom, Space(shape))
    return term


READ: Term = Identity(A)
SQUARED = READ >> Copy(A) >> p.multiply((2,))
SAFE = Pairing(Discard(A) >> p.constant((2,), 1), SQUARED) >> p.add((2,))
SUMS = Identity(A) >> p.sum_axes((2,))


def spread(shape: tuple[int, ...]) -> Term:
    """The sum of a leaf of 2, at every place."""
    return READ >> (p.sum_axes((2,)) >> p.broadcast(shape, tuple(range(len(shape)))))


TERMS: list[tuple[tuple[Any, ...], Term]] = [
    # reading: a leaf of the domain, fitted
    ((A, (2,), "linear", 0, READ), READ),
    ((AM, (2,), "any", 0, FIRST >> READ), FIRST >> READ),
    ((A, (2,), "linear", 1, "read", READ), READ),
    ((A, (2, 1), "linear", 0, READ), READ >> p.reshape((2,), (2, 1))),
    ((A, (), "linear", 0, READ), SUMS),
    ((A, (3,), "linear", 0, READ), spread((3,))),
    ((A, (3, 1), "linear", 0, READ), spread((3, 1))),
    ((UNIT, (2,), "linear", 0), Discard(UNIT) >> p.constant((2,), 0)),
    ((UNIT, (2,), "any", 0, 2, PART, ONE), Discard(UNIT) >> p.constant((2,), PART, ONE)),
    ((UNIT, (2,), "any", 0, 1, PART), Discard(UNIT) >> p.constant((2,), PART)),
    ((UNIT, (0,), "any", 0, 1, PART), Discard(UNIT) >> p.constant((0,), PART)),
    # one after another
    ((A, (2,), "linear", 1, "sum of two", READ, READ), Pairing(READ, READ) >> p.add((2,))),
    ((A, (2,), "polynomial", 1, "product", READ, READ), Pairing(READ, READ) >> p.multiply((2,))),
    ((A, (2,), "linear", 1, "scale", READ, PART), READ >> p.scale(PART, (2,))),
    ((A, (2,), "linear", 1, "negate", READ), READ >> p.negate((2,))),
    ((A, (2,), "linear", 2, "negate", "scale", READ, PART), READ >> p.scale(PART, (2,)) >> p.negate((2,))),
    # sums over an axis of 2, or of 17 where nothing is left and the result is small
    (
        (A, (2,), "linear", 1, "sum", 1, 17, READ),
        spread((2, 17)) >> p.sum_axes((2, 17), (1,)),
    ),
    ((A, (2,), "linear", 1, "sum", 0, 2, READ), spread((2, 2)) >> p.sum_axes((2, 2), (0,))),
    (
        (A, (2,), "linear", 2, "sum", 0, "read", READ),
        spread((2, 2)) >> p.sum_axes((2, 2), (0,)),
    ),
    ((A, (3,), "linear", 1, "sum", 0, READ), spread((2, 3)) >> p.sum_axes((2, 3), (0,))),
    # repetitions
    ((A, (), "linear", 1, "broadcast", READ), SUMS),
    ((A, (2, 3), "linear", 1, "broadcast", 1, READ), READ >> p.broadcast((2, 3), (1,))),
    ((A, (3, 2), "linear", 1, "broadcast", 0, READ), READ >> p.broadcast((3, 2), (0,))),
    # other orders of the axes, with a third one in between
    ((A, (), "linear", 1, "permute", READ), SUMS >> p.permute((), ())),
    ((A, (2,), "linear", 1, "permute", False, 0, READ), READ >> p.permute((2,), (0,))),
    ((M, (3, 2), "linear", 1, "permute", False, 1, 0, Identity(M)), Identity(M) >> p.permute((2, 3), (1, 0))),
    (
        (A, (2,), "linear", 1, "permute", True, False, 1, 0, READ),
        spread((2, 2)) >> p.permute((2, 2), (1, 0)) >> p.sum_axes((2, 2), (1,)),
    ),
    (
        (M, (2, 3), "linear", 1, "permute", True, 2, 0, 0, Identity(M)),
        Identity(M)
        >> (p.sum_axes((2, 3)) >> p.broadcast((3, 2, 2), (0, 1, 2)))
        >> p.permute((3, 2, 2), (2, 0, 1))
        >> p.sum_axes((2, 3, 2), (2,)),
    ),
    (
        (Space((7,)), (7,), "linear", 1, "permute", 0, Identity(Space((7,)))),
        Identity(Space((7,))) >> p.permute((7,), (0,)),
    ),
    (
        (A, (2, 1, 1), "linear", 1, "permute", 2, 0, 0, READ),
        READ >> p.reshape((2,), (1, 1, 2)) >> p.permute((1, 1, 2), (2, 0, 1)),
    ),
    # products of matrices
    (
        (A, (2, 2), "polynomial", 1, "contract", 1, "zj", READ, READ),
        Pairing(*[spread((2, 2))] * 2) >> p.contract("iz,zj->ij", (2, 2), (2, 2)),
    ),
    (
        (
            PAIR,
            (3, 4),
            "polynomial",
            1,
            "contract",
            1,
            "jz",
            First(M, TALL) >> Identity(M),
            Second(M, TALL) >> Identity(TALL),
        ),
        Pairing(
            First(M, TALL) >> Identity(M) >> p.reshape((2, 3), (3, 2)),
            Second(M, TALL) >> Identity(TALL),
        )
        >> p.contract("iz,jz->ij", (3, 2), (4, 2)),
    ),
    (
        (A, (3,), "polynomial", 1, "contract", 0, "zi", READ, READ),
        Pairing(READ, spread((2, 3))) >> p.contract("z,zi->i", (2,), (2, 3)),
    ),
    (
        (A, (3, 1, 2), "polynomial", 1, "contract", 2, "zk", True, READ, READ),
        Pairing(spread((3, 1, 2)), spread((3, 2, 2))) >> p.contract("ijz,izk->ijk", (3, 1, 2), (3, 2, 2)),
    ),
    (
        (A, (3, 1), "polynomial", 1, "contract", 2, "z", False, READ, READ),
        Pairing(spread((3, 1, 2)), READ) >> p.contract("ijz,z->ij", (3, 1, 2), (2,)),
    ),
    # constants
    ((A, (2,), "polynomial", 1, "constant", 2, PART, ONE), Discard(A) >> p.constant((2,), PART, ONE)),
    (
        (A, (2,), "polynomial", 1, "shifted", 1, PART, READ),
        Pairing(READ, Discard(A) >> p.constant((2,), PART)) >> p.add((2,)),
    ),
    # functions, each within its domain
    ((A, (2,), "smooth", 1, "bounded", p.tanh, READ, False), READ >> p.tanh((2,))),
    ((A, (2,), "smooth", 1, "bounded", p.cos, READ, True), READ >> p.cos((2,)) >> p.exp((2,))),
    ((A, (2,), "smooth", 1, "guarded", p.log, READ), SAFE >> p.log((2,))),
    ((A, (2,), "any", 1, "kinked", p.step, READ), READ >> p.step((2,))),
]


@pytest.mark.parametrize(("given", "expected"), TERMS, ids=lambda part: f"{part[2]}" if isinstance(part, tuple) else "")
def test_the_term_of_these_choices(given: tuple[Any, ...], expected: Term) -> None:
    assert made(*given) is expected


def test_only_log_and_sqrt_are_taken_of_what_has_layers() -> None:
    """1/x of a drawn term is of a leaf that is read, whatever is left."""
    deep = Pairing(Discard(A) >> p.constant((2,), 1), READ >> p.negate((2,)) >> Copy(A) >> p.multiply((2,)))
    assert made(A, (2,), "any", 2, "guarded", p.sqrt, "negate", READ) is deep >> p.add((2,)) >> p.sqrt((2,))
    assert made(A, (2,), "any", 2, "guarded", p.reciprocal, READ) is SAFE >> p.reciprocal((2,))


class Last:
    """Takes the last choice, and notes what there was to choose from."""

    def __init__(self, *script: Any) -> None:
        self.script, self.seen = list(script), list[list[Any]]()

    def __call__(self, options: Sequence[Any]) -> Any:
        self.seen.append(list(options))
        return self.script.pop(0) if self.script else options[-1]


def test_the_reciprocal_of_what_is_negative() -> None:
    choose = Last("guarded")
    found = forms.leaf(choose, A, (2,), "any", 1)
    assert found is SAFE >> (p.negate((2,)) >> p.reciprocal((2,)))
    assert choose.seen[1][:4] == [p.log, p.log, p.sqrt, p.reciprocal] and len(choose.seen[1]) == 5


def test_the_forms_of_each_kind() -> None:
    linear = ["read", "sum of two", "scale", "negate", "sum", "broadcast", "permute", "layer"]
    polynomial = [*linear, "product", "product", "contract", "shifted", "constant"]
    smooth = [*polynomial, "bounded", "bounded", "guarded"]
    for kind, expected in (
        ("linear", linear),
        ("polynomial", polynomial),
        ("smooth", smooth),
        ("any", [*smooth, "kinked"]),
    ):
        choose = Last("read")
        forms.leaf(choose, A, (2,), kind, 1)
        assert choose.seen[0] == expected


OFFERED: list[tuple[str, tuple[int, ...], list[list[Any]]]] = [
    ("sum", (2,), [[0, 1], [2, 2, 17]]),
    ("sum", (), [[0], [2, 2, 17]]),
    ("sum", (3,), [[0, 1], [READ]]),
    ("broadcast", (2, 3), [[0, 1], [READ]]),
    ("permute", (2, 3), [[True, False], [0, 1], [0]]),
    ("permute", (2, 1, 1), [[0, 1, 2], [0, 1], [0]]),
    ("permute", (7,), [[0], [READ]]),
    ("contract", (2, 3), [[0, 1, 2], ["z", "z"], [True, False]]),
    ("contract", (2,), [[0, 1], ["z", "z"], [READ]]),
    ("constant", (2, 3), [[1, 6], list(EIGHTHS)]),
    ("constant", (), [[1, 1], list(EIGHTHS)]),
    ("constant", (0,), [[1, 1], list(EIGHTHS)]),
    ("bounded", (2,), [[p.tanh, p.sigmoid, p.sin, p.cos], [READ], [False, False, True]]),
    ("kinked", (2,), [[p.relu, p.relu, p.step], [READ]]),
    ("scale", (2,), [[READ], list(EIGHTHS)]),
]


@pytest.mark.parametrize(("form", "shape", "expected"), OFFERED)
def test_what_there_is_to_choose_from(form: str, shape: tuple[int, ...], expected: list[list[Any]]) -> None:
    """How often a choice is offered is how often it is drawn."""
    choose = Last(form)
    forms.leaf(choose, A, shape, "any", 1)
    assert choose.seen[1 : 1 + len(expected)] == expected


def test_leaves_of_the_domain_are_read_from_left_to_right() -> None:
    dom = Pair(Pair(A, UNIT), Pair(SCALAR, A))
    choose = Last()
    forms.leaf(choose, dom, (2,), "linear", 0)
    left, right = First(dom.left, dom.right), Second(dom.left, dom.right)
    assert choose.seen == [
        [
            left >> (First(A, UNIT) >> Identity(A)),
            right >> (First(SCALAR, A) >> Identity(SCALAR)),
            right >> (Second(SCALAR, A) >> Identity(A)),
        ]
    ]


def test_layers_are_read_into_and_fitted() -> None:
    """A row of the kind at one of its arguments; what it gives is summed and repeated, or given another shape."""
    gathered = spread((3,)) >> p.gather((3,), 0, (2, 0, 2, 1))
    place = ((3,), 0, (2, 0, 2, 1))
    assert made(A, (4,), "linear", 1, "layer", "gather", place, READ) is gathered
    assert made(A, (2, 2), "linear", 1, "layer", "gather", place, READ) is gathered >> p.reshape((4,), (2, 2))
    again = p.sum_axes((4,)) >> p.broadcast((5,), (0,))
    assert made(A, (5,), "linear", 1, "layer", "gather", place, READ) is gathered >> again
    image, kernel, rest = (1, 2, 3, 1), (2, 2, 2, 1), ((1, 1), (0, 0), (2, 1), 1)
    operands = Pairing(*(spread(shape) for shape in (image, kernel)))
    found = made(A, (2,), "polynomial", 1, "layer", "convolve", (image, kernel, *rest), READ, READ)
    assert found is operands >> p.convolve(image, kernel, *rest) >> p.reshape((1, 2, 1, 1), (2,))
    for kind, rows in ROWS.items():
        choose = Last("layer")
        forms.leaf(choose, A, (2,), kind, 1)
        assert choose.seen[1] == list(rows)
