"""Where an error is planted: in which call, in which entry, once; and which errors a rounding bound shows."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import islice
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
pytest.importorskip("flint", reason="not run: python-flint not installed (pip install verified-cat[balls])")

from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.instances import Instance, instance  # noqa: E402
from verified_cat.objects import SCALAR  # noqa: E402
from verified_cat.planting import (  # noqa: E402
    ERROR,
    LONG_SUM,
    Place,
    Planted,
    caught,
    changed,
    in_long_sums,
    larger,
    neighbour,
    noticed,
    places,
    tries,
)
from verified_cat.primitives import Primitive, exp, multiply, negate, scale, tanh  # noqa: E402
from verified_cat.terms import Copy, operations  # noqa: E402

ENGINE: Any = TorchEngine("float64")


def f(*numbers: Any) -> tuple[Fraction, ...]:
    return tuple(Fraction(number) for number in numbers)


def test_one_entry_of_a_copy_is_changed() -> None:
    before = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    after = changed(before, 2, lambda x: 10 * x)
    assert after.tolist() == [[1.0, 2.0], [30.0, 4.0]] and before.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_errors_of_rounding_size() -> None:
    assert ERROR == 1e-4 and larger(2.0) == 2.0002 and larger(-1.0) == -1.0001
    assert [neighbour(x, 53) for x in (1.0, 1.5, -1.0)] == [1 + 2.0**-52, math.nextafter(1.5, 2), -1 - 2.0**-52]
    assert neighbour(0.75, 24) == 0.75 + 2.0**-24 and neighbour(3.0, 8) == 3 + 2.0**-6
    assert Primitive("contract", ("bi,bj->ij", (64, 64), (64, 128))) == LONG_SUM


def test_an_engine_is_wrong_in_one_call() -> None:
    (operation,) = operations(negate((2,)))
    x = torch.tensor([1.0, 2.0], dtype=torch.float64)
    for wrong in range(3):
        planted = Planted(ENGINE, wrong, 1, lambda number: 100.0)
        run = planted.operation(operation)
        found = [run(x).tolist() for _ in range(4)]
        assert found == [[-1.0, 100.0 if call == wrong else -2.0] for call in range(4)]
    assert (planted.name, planted.precision) == (ENGINE.name, ENGINE.precision)
    assert planted.lower(SCALAR, planted.lift(SCALAR, f(3))) == ENGINE.lower(SCALAR, ENGINE.lift(SCALAR, f(3)))


def test_places_are_calls_that_make_a_gradient_and_entries_that_are_not_0() -> None:
    at = Instance(multiply((3,)), (f(1, 0, 2), f(3, 5, 0)), f(1, 1, 1), (f(0, 0, 0), f(0, 0, 0)))
    found = places(at, ENGINE)
    assert all(place.at is at for place in found)
    calls = sorted({place.call for place in found})
    entries = [sorted(place.entry for place in found if place.call == call) for call in calls]
    assert sorted(entries) == [[0, 1], [0, 2]], "the gradients are (3, 5, 0) and (1, 0, 2)"
    overflow = Instance(exp((2,)), f(1, 1000), f(1, 1), f(0, 0))
    assert [place.entry for place in places(overflow, ENGINE)] == [0], "an infinity is no entry to be wrong"
    assert places(Instance(Copy(SCALAR), f(1), (f(0), f(0)), f(0)), ENGINE) == [], "a gradient of 0"


def test_so_many_places_are_tried_and_each_is_one() -> None:
    drawn = list(tries(4, 2, ENGINE))
    assert len(drawn) == 4 and drawn == list(tries(4, 2, ENGINE)) != list(tries(4, 3, ENGINE))
    assert list(tries(0, 2, ENGINE)) == [] and drawn[:2] == list(tries(2, 2, ENGINE))
    indices = [place.at.index for place in drawn]
    assert indices == sorted(set(indices)) and all(place.at.seed == 2 for place in drawn)
    assert all(place in places(instance(2, place.at.index), ENGINE) for place in drawn)
    some = [index for index in range(indices[-1] + 1) if places(instance(2, index), ENGINE)]
    assert indices == list(islice(some, 4)), "no instance that has a gradient is passed over"


def test_an_error_in_a_gradient_is_caught_where_it_is_planted() -> None:
    at = Instance(scale(3, (2,)) >> tanh((2,)), f("1/4", "1/8"), f(1, 2), f(1, 1))
    found = places(at, ENGINE)
    assert {place.entry for place in found} == {0, 1}
    for place in found:
        assert caught(place, ENGINE, larger) and not caught(place, ENGINE, lambda x: x)
    late = Place(at, 1000, 0)
    assert not caught(late, ENGINE, larger), "there is no such call"


def test_the_error_is_in_the_gradient_and_not_in_the_value() -> None:
    """The gradient of x y at (2, 3) is (3, 2), and the value 6; what is changed is the one or the other of the two."""
    at = Instance(multiply((1,)), (f(2), f(3)), f(1), (f(0), f(0)))
    seen: list[float] = []

    def kept(x: float) -> float:
        seen.append(x)
        return x

    assert [caught(place, ENGINE, kept) for place in places(at, ENGINE)] == [False, False] and seen == [3.0, 2.0]


def test_what_a_bound_shows_of_a_single_operation() -> None:
    add = Primitive("add", ((4,),))
    x = torch.tensor([1.0, 0.0, 1.0, -2.0]).double(), torch.tensor([2.0, 0.0, -1.0, 1.0]).double()
    assert noticed(ENGINE, add, x) == (2, 2), "the sums are 3, 0, 0 and -1"
    single: Any = TorchEngine("float32")
    near = torch.tensor([2.0**24, 1.0]), torch.tensor([1.0, 2.0])
    assert noticed(single, add_of(2), near) == (2, 2)
    least = torch.tensor([5e-324, 1.0], dtype=torch.float64)
    assert noticed(ENGINE, Primitive("negate", ((2,),)), least) == (2, 1), "the least number has no part of 10⁻⁴"
    third = torch.full((1, 64), 1 / 3), torch.tensor([[1 / 3, -1 / 3] * 31 + [1 / 3, 0.0], [1 / 3] * 64]).T
    products = Primitive("contract", ("bi,ij->bj", (1, 64), (64, 2)))
    assert noticed(single, products, third) == (2, 1), "1/9 after 63 terms that cancel, and 64/9"


def test_errors_in_long_sums() -> None:
    """Of whole numbers all are noticed; of normal ones in float32 those where the sum is not small for its terms.

    Noticed is |Σ x y| > c Σ |x| |y| with c = γ₆₄ / 10⁻⁴ = 0.038, where Σ|x||y| is about 64 · 2/π = 41, and Σ x y is
    normal of deviation 8: that is 85 % of the entries.
    """
    single = in_long_sums(TorchEngine("float32"), 0)
    entries, here = single["normal"]
    assert list(single) == ["normal", "whole"] and entries == 64 * 128 and 0.83 < here / entries < 0.87
    entries, here = single["whole"]
    assert here == entries and 0.99 * 64 * 128 < entries < 64 * 128, "some sums are 0"
    assert in_long_sums(ENGINE, 0) == {"normal": (64 * 128, 64 * 128), "whole": single["whole"]}
    assert in_long_sums(ENGINE, 1)["whole"] != single["whole"]


def add_of(length: int) -> Primitive:
    return Primitive("add", ((length,),))
