"""The rounding bound: float evaluations never leave it, a wrong result does, and it is not much too wide."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import cycle
from random import Random
from typing import Any

import numpy as np
import pytest

from verified_cat import draw
from verified_cat import primitives as p
from verified_cat.engine import UNIT_ROUNDOFF, CheckableEngine
from verified_cat.errors import DataError, MissingOperation, ShapeError, UsageError
from verified_cat.functions import Functions
from verified_cat.gad import reverse_mode
from verified_cat.networks import dense, entrywise
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Sort, flatten, fold, size, space
from verified_cat.reference import SympyEngine
from verified_cat.reference.balls import ELEMENTARY, FORMATS, Ball, grain
from verified_cat.reference.cases import small
from verified_cat.reference.evaluate import CannotEnclose, Enclosure, enclose
from verified_cat.reference.ieee import NumpyEngine
from verified_cat.reference.rounding import RoundingEngine
from verified_cat.terms import Generator, Term

PRECISIONS = ["float32", "float64"]
EXACT = SympyEngine()


def numbers(ob: Ob, choose: Callable[[], Fraction]) -> Any:
    """An exact value of ob with entries from ``choose``."""
    return fold(
        ob,
        unit=(),
        leaf=lambda leaf: tuple(choose() for _ in range(size(leaf))),
        pair=lambda left, right: (left, right),
    )


def flat(ob: Ob, observed: Any) -> list[Any]:
    return [entry for leaf in flatten(ob, observed) for entry in leaf]


def truth(term: Term, exact: Any) -> list[Enclosure]:
    value = Functions(EXACT).meaning(term)(EXACT.lift(term.dom, exact))
    return enclose(flat(term.cod, EXACT.lower(term.cod, value)), {}, 40)


def bounds(term: Term, exact: Any, precision: str) -> tuple[list[float], list[float]]:
    """(our own values, their errors)."""
    engine = RoundingEngine(precision)
    value = Functions(engine).meaning(term)(engine.lift(term.dom, exact))
    return flat(term.cod, engine.lower(term.cod, value)), flat(term.cod, engine.bound(term.cod, value))


def computed(term: Term, exact: Any, precision: str) -> list[float]:
    engine = NumpyEngine(precision)
    with np.errstate(all="ignore"):
        value = Functions(engine).meaning(term)(engine.lift(term.dom, exact))
    return [float(entry) for leaf in flatten(term.cod, value) for entry in leaf.flat]


def distance(number: float, true: Enclosure) -> Fraction:
    """A lower bound of |number - exact|."""
    q = Fraction(number)
    return max(true.low - q, q - true.high, Fraction(0))


def wide(seed: int) -> Callable[[], Fraction]:
    """Numbers that are not representable, of many sizes."""
    random = Random(seed)
    return lambda: Fraction(random.randrange(-99, 100), 97) * Fraction(2) ** random.randrange(-6, 7)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_float_evaluation_of_random_terms_stays_within_the_bound(precision: str) -> None:
    compared, exactly, widths = 0, 0, []
    for seed in range(250):
        choose = draw.seeded(seed)
        term = draw.draw_term(
            choose, draw.draw_object(choose), draw.draw_object(choose), draw.Style("any", choose((1, 2, 3)))
        )
        exact = draw.draw_exact(choose, term.dom) if seed % 2 else numbers(term.dom, wide(seed))
        try:
            true = truth(term, exact)
        except CannotEnclose:
            continue
        mids, errors = bounds(term, exact, precision)
        for mid, error, result, value in zip(mids, errors, computed(term, exact, precision), true, strict=True):
            if error == np.inf:
                continue
            compared += 1
            exactly += error == 0
            assert max(distance(mid, value), distance(result, value)) <= Fraction(error), f"seed {seed}: {term}"
            if error and value.low:
                widths.append(error / abs(float(value.low)) / float(UNIT_ROUNDOFF[precision]))
    print(f"{precision}: {compared} entries, {exactly} exact, median width {np.median(widths):.1f} u relative")
    assert compared > 500 and exactly > 50
    assert np.median(widths) < 100


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", sorted(p.TABLE))
def test_every_row_at_hard_points(name: str, precision: str) -> None:
    """Tiny, huge, cancelling and unrepresentable arguments of every row."""
    hard = [Fraction(1, 3), Fraction(12345, 7), Fraction(1, 10**7), Fraction(88), Fraction(5, 2)]
    checked, asked = 0, 0
    for operation in small(name):
        supply = cycle([*hard, *(-v + Fraction(1, 3) for v in hard[::-1] if isinstance(operation.dom, Pair))])
        term, exact = Generator(operation), numbers(operation.dom, lambda supply=supply: next(supply))  # type: ignore[misc]
        mids, errors = bounds(term, exact, precision)
        results = computed(term, exact, precision)
        value = truth(term, exact) if name != "exp" else [truth(p.exp(()), (x,))[0] for x in exact]
        for mid, error, result, true in zip(mids, errors, results, value, strict=True):
            asked += 1
            if error < np.inf:  # an exponential of thousands is beyond the formats, so that nothing is claimed
                assert max(distance(x, true) for x in (mid, result)) <= error
                checked += 1
    assert checked >= asked * 3 / 4


def network() -> Term:
    return (dense(2, 8, 8, "a") >> entrywise(p.tanh, 2, 8) >> dense(2, 8, 3, "b")).map.inside


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_result_that_is_a_hundred_ulps_off_falls_outside(precision: str) -> None:
    term, exact = network(), numbers(network().dom, wide(0))
    _, errors = bounds(term, exact, precision)
    u, caught = UNIT_ROUNDOFF[precision], 0
    for error, value in zip(errors, truth(term, exact), strict=True):
        scale = max(abs(value.middle), Fraction(1))
        caught += 200 * 60 * u * scale > Fraction(error)
    assert caught == len(errors)
    one = p.exp((4,)), (Fraction(1, 3), Fraction(-2), Fraction(1), Fraction(5, 7))
    for error, value in zip(bounds(one[0], (one[1]), precision)[1], truth(*one), strict=True):
        assert distance(float(value.middle * (1 + 200 * u)), value) > Fraction(error)


def test_a_derivative_runs_on_balls_too() -> None:
    term, random = network(), Random(3)
    engine = RoundingEngine("float32")

    def thirds() -> Fraction:
        return Fraction(random.randrange(-6, 7), 3)

    _, pullback = reverse_mode(engine).differentiate(term)(engine.lift(term.dom, numbers(term.dom, thirds)))
    errors = flat(term.dom, engine.bound(term.dom, pullback(engine.lift(term.cod, numbers(term.cod, thirds)))))
    assert len(errors) == size(term.dom) and 0 < max(errors) < 1e-3 and min(errors) >= 0


@pytest.mark.parametrize("precision", PRECISIONS)
def test_exact_arithmetic_has_no_error(precision: str) -> None:
    """Eighths of moderate size are added and multiplied without rounding, so kinks are decided."""
    term = p.contract("i,i->", (4,), (4,)) >> p.scale(Fraction(1, 2), ()) >> p.step(())
    eighths = tuple(Fraction(k, 8) for k in (3, -3, 5, 5))
    mids, errors = bounds(term, (eighths, (Fraction(1), Fraction(1), Fraction(1), Fraction(-1))), precision)
    assert (mids, errors) == ([0.0], [0.0])


@pytest.mark.parametrize("term", [p.sum_axes((64,)), p.contract("i,i->", (64,), (64,))], ids=str)
def test_the_worst_order_of_summation_is_within_the_bound(term: Term) -> None:
    """1 + u + u + … from left to right stays 1 in float32, so that 63 u are lost: the bound must not be below that."""
    small = Fraction(1, 2**24)
    terms = (Fraction(1), *[small] * 63)
    total = np.float32(0)
    for number in terms:
        total = np.float32(total + np.float32(float(number)))
    assert total == 1
    exact = (terms, (Fraction(1),) * 64) if isinstance(term.dom, Pair) else terms
    _, (error,) = bounds(term, exact, "float32")
    assert 63 * small <= Fraction(error) <= 70 * small


def test_a_ball_that_touches_the_kink_knows_nothing_of_the_step() -> None:
    third = Fraction(1, 3)
    term = p.sum_axes((3,)) >> p.step(())
    for sign in (1, -1):
        for order in ((third, third, -2 * third), (Fraction(1, 10), Fraction(2, 10), -Fraction(3, 10))):
            assert bounds(term, tuple(sign * number for number in order), "float32")[1] == [1.0]
    assert bounds(p.step((3,)), (Fraction(0), third, -third), "float32")[1] == [0.0, 0.0, 0.0]
    assert bounds(p.sum_axes((3,)) >> p.relu(()), (third, third, -1 * third), "float32")[1][0] > 0


@pytest.mark.parametrize(
    ("term", "at"),
    [
        (p.log(()), Fraction(0)),
        (p.sqrt(()), Fraction(-1)),
        (p.reciprocal(()), Fraction(0)),
        (p.exp(()), Fraction(89)),
        (p.scale(2, ()), Fraction(2**127)),
        (p.relu(()), Fraction(2) ** 129),
    ],
    ids=str,
)
def test_beyond_the_format_or_the_domain_nothing_is_claimed(term: Term, at: Fraction) -> None:
    mids, errors = bounds(term, (at,), "float32")
    assert errors == [np.inf] and np.isnan(mids[0])


ROOT = p.Primitive("sqrt", ((4,),))


def test_a_root_near_zero_is_bounded_where_it_may_be_taken_to_exist() -> None:
    """|√a - √b| ≤ √|a - b|: tried on pairs in balls that reach below 0; by default nothing is claimed of these."""
    numbers = np.random.default_rng(0)
    mid, error = np.array([0.0, 1e-40, 1e-9, 2.0]), np.array([1e-38, 2e-38, 1e-8, 1e-6])
    ball = Ball(mid, error)
    bound = RoundingEngine("float64", roots_exist=True).operation(ROOT)(ball).error
    assert np.isfinite(bound).all() and (bound[:3] <= 1.01 * np.sqrt(error[:3])).all() and bound[3] < 1e-6
    for _ in range(1000):
        exact = np.maximum(mid + error * numbers.uniform(-1, 1, 4), 0)
        other = np.maximum(exact + error * numbers.uniform(-1, 1, 4), 0)
        assert (np.abs(np.sqrt(exact) - np.sqrt(other)) <= bound).all()
    assert np.isinf(RoundingEngine("float64").operation(ROOT)(ball).error[:3]).all()


@pytest.mark.parametrize("name", [*ELEMENTARY, "multiply", "add"])
def test_what_is_unknown_stays_unknown(name: str) -> None:
    unknown = p.exp(()) if name not in ("multiply", "add") else p.exp(()) @ p.scale(0, ())
    term = unknown >> p.primitive(name, ())
    exact = (Fraction(1000),)
    assert bounds(term, (exact, exact) if isinstance(term.dom, Pair) else exact, "float32")[1] == [np.inf]


def test_grain_is_the_last_bit() -> None:
    assert grain(np.array([0.375, 6.0, -1.0, 2.0**-1000, 0.0])).tolist() == [0.125, 2.0, 1.0, 2.0**-1000, np.inf]


def test_numbers_in_and_out() -> None:
    engine = RoundingEngine("float32")
    ob = Pair(space(2), Pair(UNIT, SCALAR))
    value = engine.lift(ob, ((Fraction(1, 2), Fraction(1, 3)), ((), (Fraction(0),))))
    assert engine.lower(ob, value) == ((0.5, 1 / 3), ((), (0.0,)))
    (half, third), (_, (zero,)) = engine.bound(ob, value)
    assert half == zero == 0 and 0 < third < 2**-24 * 0.34
    assert isinstance(engine, CheckableEngine) and engine.name == "rounding bound float32"
    assert engine.precision == "float32" and set(PRECISIONS) < set(FORMATS)


def test_errors_are_in_the_callers_words() -> None:
    engine = RoundingEngine("float64")
    with pytest.raises(UsageError, match="'float8'; did you mean float"):
        RoundingEngine("float8")
    with pytest.raises(DataError, match="flat tuple of 2 numbers"):
        engine.lift(space(2), (Fraction(1),))
    with pytest.raises(DataError, match="Fractions"):
        engine.lift(SCALAR, (0.5,))
    with pytest.raises(DataError, match="opaque"):
        engine.lift(Sort("X"), ())
    with pytest.raises(ShapeError, match=r"rounding bound float64: exp: expected a ball of R\[2\]"):
        Functions(engine).meaning(p.exp((2,)))(engine.lift(SCALAR, (Fraction(1),)))
    with pytest.raises(MissingOperation, match="no bound is known for 'f'"):
        Functions(engine).meaning(p.symbol("f", SCALAR, SCALAR))


@pytest.mark.parametrize("precision", ["float16", "bfloat16", "float32"])
def test_the_nearest_number_of_a_format(precision: str) -> None:
    """Rounding to a format's bits is what torch's conversion does, ties to even."""
    torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
    form = FORMATS[precision]
    numbers = [1 / 3, 1.0, 1 + form.u, 1 + 3 * form.u, -0.1, 1e-3, 255.5, -257.0]
    found = torch.tensor(numbers, dtype=torch.float64).to(getattr(torch, precision)).double().tolist()
    assert [form.nearest(number) for number in numbers] == found
