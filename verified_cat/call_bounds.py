"""One call against its meaning: the exact result at the floats that it read, and how far from it a result may be.

The exact result is enclosed: in float64 where the program computes in fewer digits, else in twice the digits or in
balls. What a result may be off by is the rounding bound of its meaning (``verified_cat.reference.rounding``), where a
product β z + α x y may add its terms in any order, z among them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from verified_cat.functions import Engine, Functions
from verified_cat.interpreting import Array, bracketed
from verified_cat.reference.agreement import STEP, Row
from verified_cat.reference.balls import FORMATS, INFLATION, Ball
from verified_cat.reference.bounding import bounding
from verified_cat.reference.error_free import Parts
from verified_cat.reference.stepwise import gaps
from verified_cat.terms import Term

PRODUCTS = ("product", "batched_product")


def compared(
    kernel: str,
    term: Term,
    given: list[Array],
    found: Array,
    precision: str,
    numbers: tuple[Any, ...] = (),
    products: str = "",
) -> tuple[Row, str]:
    """(the figures, what is wrong or ""): a result against its enclosure at what was read, within its bound."""
    count = found.size
    if not count:
        return Row("compiled", STEP, 1), ""
    if not all(bool(np.isfinite(each).all()) for each in given):
        return Row("compiled", STEP, 1, count, count), ""
    product = kernel in PRODUCTS
    bound = _of_product(given, numbers, precision, products) if product else _rounded(term, given, precision)
    allowed = bound.error.ravel()
    parts = enclosed(term, given, precision) if not product or precision == "float64" else None
    if parts is None:
        ball = _of_product(given, numbers, "float64")
        parts = ball.mid, np.zeros(ball.mid.shape), ball.error
    gap, exact = gaps(found.ravel(), parts)
    with np.errstate(all="ignore"):
        share = np.where(gap == 0, 0.0, np.where(np.isfinite(allowed), gap / allowed, 0.0))
    return told(found, gap, allowed, share, int(np.count_nonzero(~np.isfinite(allowed))), ("exactly", exact))


def told(
    found: Array, gap: Array, allowed: Array, share: Array, unbounded: int, right: tuple[str, Any]
) -> tuple[Row, str]:
    """(the figures, what is wrong or "") of a result by its entries: the gap, what is allowed, and gap / allowed.

    ``right`` is a word and the numbers that it says are the right ones, for the message.
    """
    if not found.size:
        return Row("compiled", STEP, 1), ""
    worst = int(np.argmax(share))
    figures = float(share[worst]), float(gap[worst]), float(allowed[worst])
    row = Row("compiled", STEP, 1, found.size, unbounded, int((share > 1).sum()), *figures)
    if share[worst] <= 1:
        return row, ""
    entry, (word, numbers) = tuple(map(int, np.unravel_index(worst, found.shape))), right
    return row, (
        f"entry {entry} is {found.ravel()[worst]!r}, {word} {numbers[worst]!r}, allowed {allowed[worst]:.3g} "
        f"({row.excesses} of {found.size} entries)"
    )


def _rounded(term: Term, given: list[Array], precision: str) -> Ball:
    """The rounding bound of a term at floats."""
    ball: Ball = function_of(term, bounding(precision))(bracketed([Ball(x, np.zeros(x.shape)) for x in given]))
    return ball


@lru_cache(4096)
def function_of(term: Term, engine: Engine) -> Callable[[Any], Any]:
    """The function of a term in an engine."""
    run: Callable[[Any], Any] = Functions(engine).meaning(term).run
    return run


NARROWER: Mapping[str, tuple[float, float]] = {"": (0.0, 0.0), "bfloat16": (2.0**-8, 2.0**-8), "tf32": (2.0**-11, 0.0)}
"""The unit roundoffs of the operands and of the result of a product, where they are rounded to another format."""


def _of_product(given: list[Array], numbers: tuple[Any, ...], precision: str, products: str = "") -> Ball:
    """β z + α Σ x y with n products: n + 1 terms in any order, each rounded when it is made and scaled: γ_{n+4}.

    Operands rounded with u and a result with v add ((1 + u)² (1 + v) (1 + γ) - 1 - γ) |α| Σ|x||y|.
    """
    beta, alpha = map(float, numbers)
    form = FORMATS[precision]
    *added, x, y = given
    mid, reach = alpha * (x @ y), abs(alpha) * (np.abs(x) @ np.abs(y))
    n, (u, v) = x.shape[-1], NARROWER[products]
    rounded = ((1 + u) ** 2 * (1 + v) - 1) * (1 + form.gamma(n + 4)) * reach
    if added:
        mid, reach = beta * added[0] + mid, abs(beta) * np.abs(added[0]) + reach
    error = (form.gamma(n + 4) * reach + rounded + np.where(reach > 0, (n + 4) * form.tiny, 0.0)) * INFLATION
    return Ball(mid, np.where(np.isfinite(reach) & (reach + 2 * error <= form.largest), error, np.inf))


def enclosed(term: Term, given: list[Array], precision: str) -> Parts:
    """The term at floats as h + l ± r: sharper than the precision can tell."""
    if precision != "float64":
        ball = _rounded(term, given, "float64")
        return ball.mid, np.zeros(ball.mid.shape), ball.error
    from verified_cat.reference.doubled import DoubledEngine, NotDoubled, of_floats
    from verified_cat.reference.enclosure import EnclosureEngine, ball_of, balls, in_floats

    try:
        doubled = function_of(term, DoubledEngine())(bracketed([of_floats(x) for x in given]))
        return doubled.high, doubled.low, doubled.radius
    except NotDoubled:
        each = [balls(list(map(ball_of, x.ravel().tolist())), x.shape) for x in given]
        return in_floats(function_of(term, EnclosureEngine())(bracketed(each)))
