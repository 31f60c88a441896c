"""Failures are made small, and rounding-size errors in a gradient are all found."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
pytest.importorskip("flint", reason="not run: python-flint not installed (pip install verified-cat[balls])")

from click.testing import CliRunner  # noqa: E402

from verified_cat import primitives as p  # noqa: E402
from verified_cat.cli import main  # noqa: E402
from verified_cat.crosscheck import check, instance, torch_engines  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.instances import Instance  # noqa: E402
from verified_cat.planting import (  # noqa: E402
    LONG_SUM,
    caught,
    changed,
    in_long_sums,
    larger,
    neighbour,
    places,
    tries,
)
from verified_cat.primitives import Elementwise, Primitive  # noqa: E402
from verified_cat.reference.agreement import excesses_of  # noqa: E402
from verified_cat.reference.whole_numbers import on_whole_numbers  # noqa: E402
from verified_cat.shrinking import fails_in, shrunk, weights  # noqa: E402
from verified_cat.terms import operations  # noqa: E402

ENGINES = torch_engines()


def test_a_term_shrinks_to_the_operation_that_is_wrong() -> None:
    """The first instance with an exp in it, where "having an exp" stands in for a failure."""

    def fails(at: Instance) -> bool:
        return any(operation.name == "exp" for operation in operations(at.term))

    at = next(each for each in (instance(0, index) for index in range(500)) if fails(each))
    small = shrunk(at, fails)
    assert [operation.name for operation in operations(small.term)] == ["exp"]
    assert set(_numbers(small.point) + _numbers(small.cotangent)) <= {Fraction(0)}


def _numbers(value: Any) -> list[Fraction]:
    return [number for part in value for number in (_numbers(part) if isinstance(part, tuple) else [part])]


def test_a_wrong_row_of_the_table_shrinks(monkeypatch: pytest.MonkeyPatch) -> None:
    """No operation is wrong, the derivative is: the term must keep it, and little else."""
    kind: Any = p.TABLE["sin"]
    monkeypatch.setitem(p.TABLE, "sin", Elementwise(kind.typing, lambda shape: kind.slope(shape) >> p.scale(3, shape)))
    fails = fails_in(ENGINES[0])
    at = next(each for each in (instance(2, index) for index in range(300)) if fails(each))
    small = shrunk(at, fails)
    assert fails(small)
    assert len(list(operations(small.term))) <= 2
    assert "sin" in str(small.term)


def test_what_does_not_shrink_stays() -> None:
    at = instance(0, 3)
    assert shrunk(at, lambda _: False) == at
    assert len(set(_numbers(weights(p.exp((5,)).dom)))) == 5


# ------------------------------------------------------------------------------------------------ planted errors


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_errors_of_1e_4_are_caught(engine: Any) -> None:
    assert [caught(place, engine, larger) for place in tries(20, 4, engine)] == [True] * 20


def test_one_ulp_may_pass_and_nothing_is_planted_twice() -> None:
    place = next(tries(1, 0, ENGINES[0]))
    assert not list(excesses_of(check(place.at, [ENGINES[0]])))
    assert not caught(place, ENGINES[0], lambda x: x)
    assert neighbour(1.0, 53) == 1 + 2.0**-52
    assert neighbour(-1.0, 24) == -1 - 2.0**-23
    assert places(instance(0, 0), ENGINES[0]) == []  # its domain is empty


def test_long_sums_of_float32_hide_errors_that_whole_numbers_show() -> None:
    """γ₆₄ Σ|x||y| is more than 10⁻⁴ |Σ x y| in one entry of seven; in float64, or without rounding, in none."""
    double, single = (in_long_sums(engine, 3) for engine in ENGINES)
    assert double["normal"] == (8192, 8192)
    entries, seen = single["normal"]
    assert 0.80 * entries < seen < 0.90 * entries
    assert double["whole"] == single["whole"] and single["whole"][0] == single["whole"][1] > 8000


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_whole_numbers_round_nothing(precision: str) -> None:
    engine = TorchEngine(precision)
    for operation in (LONG_SUM, Primitive("sum", ((3, 50), (1,))), Primitive("multiply", ((7,),))):
        found, exact = on_whole_numbers(engine, operation)
        assert (found.entries, found.unbounded, found.share) == (exact, 0, 0.0)
    logarithm, exact = on_whole_numbers(engine, Primitive("log", ((40,),)))
    assert logarithm.entries == 40 and exact == logarithm.x.count(1.0) and 0 < logarithm.share <= 1


def test_one_wrong_entry_of_a_long_sum_is_seen_on_whole_numbers() -> None:
    """Each of a hundred entries, wrong by 10⁻⁴."""

    class Wrong(TorchEngine):
        entry = 0

        def operation(self, operation: Any) -> Any:
            run = super().operation(operation)
            return lambda x: changed(run(x), self.entry, larger)

    wrong = Wrong("float32")
    operation = Primitive("contract", ("bi,bj->ij", (64, 10), (64, 10)))
    right, _ = on_whole_numbers(TorchEngine("float32"), operation)
    assert right.share == 0
    for wrong.entry in range(100):
        found, _ = on_whole_numbers(wrong, operation)
        assert found.share == math.inf and found.entry == wrong.entry


def test_the_command_counts() -> None:
    result = CliRunner().invoke(main, ["crosscheck", "--planted", "3", "--precision", "float32"])
    assert result.exit_code == 0
    assert "caught 3 of 3 errors of 0.0001" in result.stdout
    assert "in sums of 64 products it leaves the bound: of normal numbers in" in result.stdout
    certified = CliRunner().invoke(main, ["certificates"])
    assert certified.exit_code == 0
    assert "softmax" in certified.stdout and "relu'(0) = 0, as in torch" in certified.stdout
