"""A batch in parts is exactly the step over the whole batch, however it is split, for sums and means; and compiled."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from verified_cat.accumulation import finishing, gathering, inner_product, linear
from verified_cat.activations import leaky_relu
from verified_cat.descent import program_of
from verified_cat.errors import BoundaryError, DataError, UsageError
from verified_cat.functions import Functions
from verified_cat.lens import reverse_derivative
from verified_cat.loss import QUADRATIC
from verified_cat.machine import evaluate
from verified_cat.networks import Network, Objective, dense, entrywise, mean_square, supervised
from verified_cat.objects import SCALAR, UNIT, Pair, space
from verified_cat.optimiser import Optimiser, adam, gradient_descent, momentum, nesterov
from verified_cat.primitives import zero_on
from verified_cat.program import running
from verified_cat.rules import clipped_by_norm, decayed

TENTH, HALF = Fraction(1, 10), Fraction(1, 2)


def network(rows: int) -> Network:
    return dense(rows, 3, 4, "one") >> entrywise(leaky_relu, rows, 4) >> dense(rows, 4, 2, "two")


def mean(rows: int) -> Objective:
    return supervised(network(rows).map, mean_square(rows, 2))


def summed(rows: int) -> Objective:
    return supervised(network(rows).map, QUADRATIC.total(space(rows, 2)))


SPLITS = [(6,), (1, 5), (2, 1, 3), (3, 3), (1,) * 6]

# ------------------------------------------------------------------------------------------------ exact


def rows_of(table: tuple[Fraction, ...], start: int, count: int, width: int) -> tuple[Fraction, ...]:
    return table[start * width : (start + count) * width]


X = tuple(Fraction((7 * k * k) % 13 - 6, 4) for k in range(18))
T = tuple(Fraction((5 * k * k + k) % 11 - 5, 3) for k in range(12))
PARAM = (
    ((tuple(Fraction(k - 5, 3) for k in range(12)), (1, 0, -1, 2)), ()),
    (tuple(Fraction(3 - k, 2) for k in range(8)), (1, -1)),
)


def by_parts(split: tuple[int, ...], kind: str, rule: Optimiser, functions: Functions, weights: Any = None) -> Any:
    make, engine = (mean if kind == "mean" else summed), functions.engine
    param = make(1).param
    state = evaluate(rule.initial(param), (), engine), PARAM
    gathered, start = (evaluate(zero_on(param), (), engine), (Fraction(0),)), 0
    for number, count in enumerate(split):
        weight = (count if kind == "mean" else 1) if weights is None else weights[number]
        data = rows_of(X, start, count, 3), rows_of(T, start, count, 2)
        gathered, _ = running(gathering(make(count), rule, weight), engine)((gathered, (state, data)))
        start += count
    share = (Fraction(1, sum(split)) if kind == "mean" else Fraction(1)) if weights is None else Fraction(1)
    total, error = gathered
    return running(finishing(param, rule), engine)((state, (total, (error, (share,)))))


@pytest.mark.parametrize("split", SPLITS, ids=str)
@pytest.mark.parametrize("kind", ["mean", "sum"])
def test_every_split_is_the_step_over_the_batch_exactly(kind: str, split: tuple[int, ...], plain: Functions) -> None:
    """Momentum with decay, which keeps rationals rational, and Nesterov, whose gradient is asked for elsewhere."""
    make = mean if kind == "mean" else summed
    for rule in (decayed(momentum(TENTH, HALF), TENTH), nesterov(TENTH, HALF)):
        state = evaluate(rule.initial(make(1).param), (), plain.engine), PARAM
        whole = running(program_of(make(6), rule), plain.engine)((state, (X, T)))
        assert by_parts(split, kind, rule, plain) == whole
        assert whole[0][1] != PARAM


def test_a_mean_of_means_is_something_else(plain: Functions) -> None:
    """The fault of averaging means over micro-batches: right for equal parts, wrong for unequal ones."""
    rule = gradient_descent(TENTH)
    right = by_parts((6,), "mean", rule, plain)
    assert by_parts((3, 3), "mean", rule, plain, (HALF, HALF)) == right
    assert by_parts((2, 4), "mean", rule, plain, (HALF, HALF)) != right


def test_the_linear_objective_has_the_gradient_that_it_is_given(plain: Functions) -> None:
    param = Pair(space(2), Pair(UNIT, SCALAR))
    p, g = ((1, 2), ((), (3,))), ((4, 5), ((), (6,)))
    by_p, _ = plain.meaning(reverse_derivative(linear(param).term))(((p, (g, ((9,), (HALF,)))), (1,)))
    assert by_p == ((2, Fraction(5, 2)), ((), (3,)))
    assert plain.meaning(inner_product(param))((p, g)) == (32,)
    assert plain.meaning(inner_product(UNIT))(((), ())) == (0,)


# ------------------------------------------------------------------------------------------------ compiled

torch: Any = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.gpu.accumulation import Accumulation  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.randomness import initial_weights  # noqa: E402
from verified_cat.gpu.step import Step  # noqa: E402

RULES: dict[str, Optimiser] = {
    "nesterov": nesterov(TENTH, HALF),
    "adam, clipped": clipped_by_norm(adam(Fraction(1, 100)), HALF),
    "decayed momentum": decayed(momentum(Fraction(1, 50), HALF), TENTH),
}
BATCHES = 20


def batch(number: int) -> tuple[Any, Any]:
    made = np.random.Generator(np.random.Philox(number)).normal(size=(6, 5))
    return torch.tensor(made[:, :3]), torch.tensor(made[:, 3:])


@pytest.mark.parametrize(
    ("kind", "name", "backend"),
    [*((kind, name, "python") for kind in ("mean", "sum") for name in RULES), ("mean", "nesterov", "best")],
)
def test_compiled_parts_are_the_compiled_step(kind: str, name: str, backend: str) -> None:
    """20 batches, split in turn in five ways. A sum of 6 in another order differs by 6 u of numbers below 64.

    20 steps, three layers of which each rounds a number of terms below 16.
    """
    engine, make, rule = TorchEngine("float64"), mean if kind == "mean" else summed, RULES[name]
    names = network(1).names
    parts = Accumulation(make, rule, engine, reduction=kind, backend=backend, names=names)  # type: ignore[arg-type]
    whole = Step(make(6), rule, engine, backend=backend, names=names)
    weights = initial_weights(make(1).param, names, seed=1)
    parts.start(weights)
    whole.start(weights)
    for number in range(BATCHES):
        x, t = batch(number)
        start = 0
        for count in SPLITS[number % len(SPLITS)]:
            parts.gather(x[start : start + count].contiguous(), t[start : start + count].contiguous())
            start += count
        together, apart = float(whole.step(x, t)), float(parts.finish())
        assert abs(together - apart) <= BATCHES * 3 * 16 * 6 * 64 * 2.0**-53
    for one, other in zip(parts.parameters(), whole.parameters(), strict=True):
        assert float((one - other).abs().max()) <= BATCHES * 3 * 16 * 6 * 64 * 2.0**-53
    for tensor, each in zip(parts.parameters(), names, strict=True):
        assert float((tensor - torch.tensor(weights[each])).abs().max()) > 1e-3


def test_a_part_is_gathered_in_as_many_calls_as_a_step_takes() -> None:
    """Gradient descent adds to the parameters what gathering adds to the sums: the same folds."""
    engine = TorchEngine("float32")
    parts = Accumulation(mean, gradient_descent(TENTH), engine)
    step = Step(mean(6), gradient_descent(TENTH), engine)
    assert len(parts._of(6).plan.calls) <= len(step.plan.calls) + 2  # the loss is weighted and added up
    leaves = len(step.parameters())
    assert len(parts.finishing.plan.calls) <= 2 * leaves + 1


def test_what_is_refused() -> None:
    engine = TorchEngine("float64")
    with pytest.raises(UsageError, match="a 'mean' or a 'sum'"):
        Accumulation(mean, gradient_descent(TENTH), engine, reduction="max")  # type: ignore[arg-type]
    parts = Accumulation(mean, gradient_descent(TENTH), engine)
    parts.start(initial_weights(mean(1).param, network(1).names, seed=1))
    with pytest.raises(UsageError, match="nothing was gathered"):
        parts.finish()
    x, t = batch(0)
    with pytest.raises(DataError, match="a part has the shapes"):
        parts.gather(x, t[:3])
    with pytest.raises(DataError, match="contiguous tensors of"):
        parts.gather(x.float(), t.float())
    with pytest.raises(DataError, match="no axis"):
        parts.gather(torch.ones(()))

    def growing(rows: int) -> Objective:
        return supervised(dense(rows, 1, rows).map, mean_square(rows, rows))

    other = Accumulation(growing, RULES["nesterov"], engine)
    with pytest.raises(BoundaryError, match="the parameters on 2 rows"):
        other.gather(torch.ones(2, 1).double(), torch.ones(2, 2).double())
