"""One call against its meaning: figures and words at exact numbers, and the bounds of products worked out by hand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

pytest.importorskip("flint", reason="not run: python-flint not installed (pip install verified-cat[balls])")

from verified_cat.call_bounds import NARROWER, compared, enclosed, function_of, told
from verified_cat.functions import Functions
from verified_cat.objects import Space
from verified_cat.primitives import add, batched_matmul, cos, matmul, multiply, reciprocal, scale
from verified_cat.reference.agreement import STEP, Row
from verified_cat.reference.balls import INFLATION
from verified_cat.reference.ieee import NumpyEngine
from verified_cat.terms import First, Pairing, Second, Term

U = {"float64": 2.0**-53, "float32": 2.0**-24}
TINY = {"float64": 2.0**-1022, "float32": 2.0**-126}
TWO = multiply((2,))


def scaled(beta: int, alpha: int) -> Term:
    """((z, x), y) ↦ β z + α x y : R[1,1] ⊗ R[1,2] ⊗ R[2,1] → R[1,1]."""
    z, x, y = Space((1, 1)), Space((1, 2)), Space((2, 1))
    pair = First(z @ x, y)
    factors = Pairing(pair >> Second(z, x), Second(z @ x, y)) >> matmul(1, 2, 1) >> scale(alpha, (1, 1))
    return Pairing(pair >> First(z, x) >> scale(beta, (1, 1)), factors) >> add((1, 1))


def gamma(n: int, precision: str) -> float:
    return n * U[precision] / (1 - n * U[precision])


def arrays(*values: Any) -> list[np.ndarray[Any, Any]]:
    return [np.array(value, dtype=np.float64) for value in values]


def product(given: list[Any], numbers: tuple[Any, ...], found: Any, precision: str, products: str = "") -> Any:
    """``compared`` of β z + α x y, at the row x and the column y."""
    beta, alpha = numbers
    alone = matmul(given[-2].shape[0], given[-1].shape[0], 1) >> scale(alpha, (1, 1))
    term = scaled(beta, alpha) if len(given) == 3 else alone
    return compared("product", term, given, np.array(found, dtype=np.float64), precision, numbers, products)


# ------------------------------------------------------------------------------------------------ other calls


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_product_of_entries_is_within_half_a_unit(precision: str) -> None:
    """fl(x y) = x y (1 + δ), |δ| ≤ u: at x y = 1/3 · 1/7, beside 0 · 2 = 0, which is exact."""
    unit, third, seventh = U[precision], 1 / 3, 1 / 7
    given, exact = arrays([third, 0.0], [seventh, 2.0]), third * seventh
    row, why = compared("multiply", TWO, given, np.array([exact * (1 + unit / 2), 0.0]), precision)
    assert why == "" and (row.engine, row.part, row.terms) == ("compiled", STEP, 1)
    assert (row.entries, row.unbounded, row.excesses) == (2, 0, 0) and 0 < row.share <= 1
    wrong = np.array([exact * (1 + 16 * unit), 0.0])
    row, why = compared("multiply", TWO, given, wrong, precision)
    assert (row.entries, row.unbounded, row.excesses) == (2, 0, 1)
    assert row.gap == pytest.approx(16 * exact * unit, rel=0.1, abs=0)
    assert 0.9 * exact * unit <= row.allowed <= 2.1 * exact * unit and row.share == row.gap / row.allowed
    assert why == (
        f"entry (0,) is {wrong[0]!r}, exactly {np.float64(exact)!r}, allowed {row.allowed:.3g} (1 of 2 entries)"
    )


def test_the_worst_entry_is_named_by_its_place() -> None:
    given = arrays([[0.1, 0.2], [0.4, 0.8]], [[0.1] * 2] * 2)
    exact = given[0] * given[1]
    found = exact + np.array([[0.0, 0.01], [0.5, 0.0]])
    row, why = compared("multiply", multiply((2, 2)), given, found, "float64")
    assert row.entries == 4 and row.excesses == 2 and row.gap == pytest.approx(0.5)
    assert why.startswith(f"entry (1, 0) is {found[1, 0]!r}, exactly {exact[1, 0]!r}, allowed ")
    assert why.endswith(" (2 of 4 entries)")


def test_what_is_no_number_is_beyond_every_bound() -> None:
    for found in (np.nan, np.inf):
        row, why = compared("multiply", TWO, arrays([3.0, 1.0], [5.0, 1.0]), np.array([found, 1.0]), "float64")
        assert row.gap == np.inf and row.excesses == 1 and why.startswith("entry (0,) is ")


def test_where_no_number_is_read_nothing_is_bounded() -> None:
    for read in (np.nan, np.inf):
        found = compared("multiply", TWO, arrays([3.0, read], [5.0, 1.0]), np.array([7.0, 7.0]), "float64")
        assert found == (Row("compiled", STEP, 1, 2, 2), "")


def test_what_overflows_is_without_a_bound() -> None:
    given = arrays([2.0**1000, 3.0], [2.0**1000, 1.0])
    row, why = compared("multiply", TWO, given, np.array([np.inf, 3.0]), "float64")
    assert (row.entries, row.unbounded, row.excesses, why) == (2, 1, 0, "")


def test_no_entries_are_no_comparisons() -> None:
    none = np.zeros((0,))
    assert compared("multiply", multiply((0,)), [none, none], none, "float64") == (Row("compiled", STEP, 1), "")


# ------------------------------------------------------------------------------------------------ products


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("kernel", ["product", "batched_product"])
def test_a_product_may_add_its_terms_in_any_order(precision: str, kernel: str) -> None:
    """α x y at x = (1, -2), y = (3, 1)ᵀ is α (3 - 2), within γ_{n+4} |α| (3 + 2) + (n + 4) tiny at n = 2."""
    given = arrays([[1.0, -2.0]], [[3.0], [1.0]])
    bound = (gamma(6, precision) * 3 * 5 + 6 * TINY[precision]) * INFLATION
    found = np.array([[-3.0 + 0.25]])
    term = matmul(1, 2, 1) >> scale(-3, (1, 1))
    row, why = compared(kernel, term, given, found, precision, (0, Fraction(-3)))
    assert row.allowed == pytest.approx(bound, rel=1e-12, abs=0) and row.gap == pytest.approx(0.25)
    assert row.excesses == 1 and why.startswith(f"entry (0, 0) is {found[0, 0]!r}, exactly {np.float64(-3.0)!r}, ")
    for times, excesses in ((0.5, 0), (1.5, 1)):
        row, why = compared(kernel, term, given, np.array([[-3.0 + times * bound]]), precision, (0, Fraction(-3)))
        assert (
            row.excesses == excesses
            and row.gap == pytest.approx(times * bound, rel=0.1, abs=0)
            and bool(why) == excesses
        )


def test_products_of_a_batch_have_their_own_number_of_terms() -> None:
    given = [np.full((2, 1, 3), 1.0), np.full((2, 3, 1), 1.0)]
    row, why = compared(
        "batched_product", batched_matmul(2, 1, 3, 1), given, np.full((2, 1, 1), 4.0), "float64", (0, 1)
    )
    assert row.allowed == pytest.approx((gamma(7, "float64") * 3 + 7 * TINY["float64"]) * INFLATION, rel=1e-12, abs=0)
    assert row.excesses == 2 and why.startswith("entry (0, 0, 0) is ")


def test_terms_that_underflow_add_the_smallest_normal_number_each() -> None:
    row, _ = product(arrays([[2.0**-140]], [[1.0]]), (0, 1), [[1.0]], "float32")
    assert row.allowed == pytest.approx((gamma(5, "float32") * 2.0**-140 + 5 * 2.0**-126) * INFLATION, rel=1e-12, abs=0)


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_what_is_added_counts_as_a_term(precision: str) -> None:
    """β z + α x y = -2 · 7 + 3 · 1, and |β| |z| + |α| Σ |x| |y| = 14 + 15."""
    given = arrays([[7.0]], [[1.0, -2.0]], [[3.0], [1.0]])
    bound = (gamma(6, precision) * 29 + 6 * TINY[precision]) * INFLATION
    assert product(given, (Fraction(-2), 3), [[-11.0]], precision)[1] == ""
    row, why = product(given, (-2, 3), [[-10.5]], precision)
    assert row.allowed == pytest.approx(bound, rel=1e-12, abs=0) and row.gap == pytest.approx(0.5) and "exactly" in why


@pytest.mark.parametrize(("products", "u", "v"), [("bfloat16", 2.0**-8, 2.0**-8), ("tf32", 2.0**-11, 0.0)])
def test_narrower_operands_add_to_the_bound(products: str, u: float, v: float) -> None:
    """((1 + u)² (1 + v) - 1) (1 + γ) |α| Σ |x| |y| for what is rounded, and nothing for what is added."""
    given, g = arrays([[7.0]], [[1.0, -2.0]], [[3.0], [1.0]]), gamma(6, "float32")
    rounded = ((1 + u) ** 2 * (1 + v) - 1) * (1 + g) * 15
    bound = (g * 29 + rounded + 6 * TINY["float32"]) * INFLATION
    row, _ = product(given, (-2, 3), [[-10.0]], "float32", products)
    assert row.allowed == pytest.approx(bound, rel=1e-12, abs=0) and NARROWER[products] == (u, v)
    assert product(given, (-2, 3), [[-11.0 + 0.9 * bound]], "float32", products)[1] == ""
    assert product(given, (-2, 3), [[-11.0 + 1.1 * bound]], "float32", products)[1] != ""
    assert NARROWER[""] == (0.0, 0.0)


def test_a_product_of_nothing_is_exactly_nothing() -> None:
    given = arrays([[0.0, 0.0]], [[3.0], [1.0]])
    row, why = product(given, (0, 1), [[0.0]], "float32")
    assert (row.share, row.gap, row.allowed, why) == (0.0, 0.0, 0.0, "")
    row, why = product(given, (0, 1), [[1e-30]], "float32")
    assert row.share == np.inf and row.excesses == 1 and row.allowed == 0.0


def test_a_product_that_may_overflow_is_without_a_bound() -> None:
    for size, unbounded in ((2.0**62, 0), (2.0**64, 1)):
        row, why = product(arrays([[size]], [[size]]), (0, 1), [[1.0 if unbounded else size * size]], "float32")
        assert (row.unbounded, row.excesses, row.share, why) == (unbounded, 0, 0.0, "")
    edge = 2.0**127 * (2 - 2.0**-23)
    for size, unbounded in ((edge * (1 - 2.5 * gamma(5, "float32")), 0), (edge * (1 - 1.5 * gamma(5, "float32")), 1)):
        assert product(arrays([[size]], [[1.0]]), (0, 1), [[size]], "float32")[0].unbounded == unbounded


# ------------------------------------------------------------------------------------------------ enclosures


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_enclosures_hold_what_is_exact(precision: str) -> None:
    third, seventh = 1 / 3, 1 / 7
    high, low, radius = enclosed(TWO, arrays([third, 1.0], [seventh, 1.0]), precision)
    exact = Fraction(third) * Fraction(seventh)
    gap = abs(exact - Fraction(float(high[0])) - Fraction(float(low[0])))
    assert gap <= Fraction(float(radius[0])) <= Fraction(2, 10**15 if precision == "float32" else 10**30)
    assert high.shape == low.shape == radius.shape == (2,)


def test_what_is_not_said_with_two_floats_is_enclosed_in_balls() -> None:
    """1 / 3 and cos 0: the first is said with two floats, the other is not."""
    for term, x, exact in ((reciprocal((1,)), 3.0, Fraction(1, 3)), (cos((1,)), 0.0, Fraction(1))):
        high, low, radius = enclosed(term, arrays([x]), "float64")
        gap = abs(exact - Fraction(float(high[0])) - Fraction(float(low[0])))
        assert gap <= Fraction(float(radius[0])) <= Fraction(1, 10**15) and high.shape == (1,)


def test_meanings_are_computed_by_their_engine() -> None:
    engine = NumpyEngine("float64")
    three = function_of(TWO, engine)((np.array([1.0, 2.0]), np.array([3.0, 4.0])))
    assert three.tolist() == [3.0, 8.0] and function_of(TWO, engine) is function_of(TWO, engine)
    assert Functions(engine).meaning(TWO).run is not None


def test_what_is_told_of_a_result_by_its_entries() -> None:
    """A gap that is just what is allowed is within it; the worst entry is named, all beyond are counted."""
    found, right, allowed = (
        np.array([[1.0, 2.0], [3.0, 4.5]]),
        ("exactly", np.array([1.0, 2.0, 2.5, 4.0])),
        np.full(4, 0.5),
    )
    gap = np.abs(found.ravel() - right[1])
    assert told(found, gap, allowed, gap / allowed, 3, right) == (Row("compiled", STEP, 1, 4, 3, 0, 1.0, 0.5, 0.5), "")
    row, wrong = told(found, gap, allowed / 2, gap / allowed * 2, 0, right)
    assert row == Row("compiled", STEP, 1, 4, 0, 2, 2.0, 0.5, 0.25)
    assert wrong == f"entry (1, 0) is {found[1, 0]!r}, exactly {right[1][2]!r}, allowed 0.25 (2 of 4 entries)"
    nothing = np.zeros(0)
    assert told(nothing, nothing, nothing, nothing, 5, ("not", nothing)) == (Row("compiled", STEP, 1), "")
