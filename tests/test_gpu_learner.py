"""Learners at work: exact steps by request and by cotangent, the iris flowers, and what is lost in floats."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from verified_cat import primitives as p
from verified_cat.activations import leaky_relu
from verified_cat.descent import program_of
from verified_cat.errors import BoundaryError
from verified_cat.functions import Functions
from verified_cat.loss import LOGISTIC, QUADRATIC, SeparableError
from verified_cat.machine import evaluate
from verified_cat.networks import dense, entrywise
from verified_cat.objects import Ob, flatten, leaves, size, unflatten
from verified_cat.optimiser import gradient_descent
from verified_cat.program import running

torch: Any = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.learner import (  # noqa: E402
    Gradients,
    Learned,
    LearnerStep,
    Learning,
    learned,
    losses,
    objective_of,
    report,
)
from verified_cat.gpu.randomness import initial_weights  # noqa: E402
from verified_cat.gpu.step import Step  # noqa: E402

RATE = Fraction(1, 100)


def small(prefix: str, rows: int = 2) -> Learned:
    """A dense layer, a leaky relu and a dense layer, as three learners."""
    one, two = dense(rows, 2, 3, f"{prefix}.one"), dense(rows, 3, 1, f"{prefix}.two")
    return learned(one.map) >> learned(entrywise(leaky_relu, rows, 3).map) >> learned(two.map)


def numbers(ob: Ob, start: int) -> Any:
    """A value with small rationals of both signs."""
    values = [
        tuple(Fraction((start * 7 + 5 * place + 3 * entry * entry) % 11 - 5, 3) for entry in range(size(leaf)))
        for place, leaf in enumerate(leaves(ob))
    ]
    return unflatten(ob, values)


EXACT = {
    "composed": small("a"),
    "at once": learned(small("a").map),
    "tensored": small("a") @ small("b"),
    "tensored, at once": learned((small("a") @ small("b")).map),
    "half composed": small("a") @ learned(small("b").map),
}


@pytest.mark.parametrize("name", EXACT)
def test_the_steps_are_those_of_the_cotangent_exactly(name: str, plain: Functions) -> None:
    """Five steps over the rationals: U of the learner, and the program that is compiled for the same objective."""
    model = EXACT[name]
    learner = model.made(Learning(plain.engine, RATE))
    engine_step = running(program_of(objective_of(model), gradient_descent(RATE)), plain.engine)
    param = numbers(model.map.param, 1)
    state = evaluate(gradient_descent(RATE).initial(model.map.param), (), plain.engine)
    for number in range(5):
        batch = numbers(model.map.dom, 2 + number), numbers(model.map.cod, 4 + number)
        moved = learner.update(((param, batch[0]), batch[1]))
        (state, wanted), error = engine_step(((state, param), batch))
        assert moved == wanted
        assert moved != param
        assert error == plain.meaning(QUADRATIC.total(model.map.cod))((learner.implement((param, batch[0])), batch[1]))
        param = moved


def test_requests_are_the_composite_ones_exactly(plain: Functions) -> None:
    """r of L(f) ; L(g) is r of L(f ; g)."""
    one, two = (EXACT[name].made(Learning(plain.engine, RATE)) for name in ("composed", "at once"))
    given = (numbers(one.param, 1), numbers(one.dom, 5)), numbers(one.cod, 3)
    assert one.request(given) == two.request(given)
    assert one.request(given) != given[0][1]


def test_learners_that_do_not_meet() -> None:
    with pytest.raises(BoundaryError, match="the first ends in"):
        small("a") >> small("b")


# ------------------------------------------------------------------------------------------------ iris

ROWS, STEPS, SLOW = 30, 200, Fraction(1, 500)


def iris(engine: TorchEngine) -> list[tuple[Any, Any]]:
    """Five batches of 30 flowers: four lengths, scaled to mean 0 and variance 1, and one of three kinds."""
    datasets = pytest.importorskip("sklearn.datasets", reason="not run: scikit-learn not installed")
    x, kinds = datasets.load_iris(return_X_y=True)
    x = (x - x.mean(0)) / x.std(0)
    inputs, labels = torch.tensor(x, dtype=engine.dtype), torch.eye(3, dtype=engine.dtype)[torch.tensor(kinds)]
    return [(inputs[k::5].contiguous(), labels[k::5].contiguous()) for k in range(5)]


def flowers() -> tuple[Learned, tuple[str, ...]]:
    one, bend, two = dense(ROWS, 4, 8, "one"), entrywise(p.tanh, ROWS, 8), dense(ROWS, 8, 3, "two")
    return learned(one.map) >> learned(bend.map) >> learned(two.map), (*one.names, *two.names)


def trained(step: Step, names: tuple[str, ...], data: list[Any]) -> tuple[list[Any], list[float]]:
    step.start(initial_weights(step.objective.param, names, seed=0))
    errors = [float(step.step(*data[number % 5])) for number in range(STEPS)]
    return [tensor.clone() for tensor in step.parameters()], errors


def furthest(one: list[Any], other: list[Any]) -> float:
    return max(float((a - b).abs().max()) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("error", [QUADRATIC, LOGISTIC], ids=lambda error: error.name)
def test_iris_by_request_and_by_cotangent(error: SeparableError) -> None:
    """200 compiled steps of three learners in turn, of one at once, and of the engine's own form, in float64.

    A request is off by u times a value below 4, at each of two borders; through weights below 4 that is a gradient off
    by at most 30 rows · 4 · 3 · 16 u, of which ε is taken, 200 times. Descent on these costs is no map that expands.
    """
    engine = TorchEngine("float64")
    data, (model, names) = iris(engine), flowers()
    by_request, errors = trained(LearnerStep(model, SLOW, engine, error, names=names), names, data)
    at_once, _ = trained(LearnerStep(learned(model.map), SLOW, engine, error, names=names), names, data)
    direct, same = trained(Step(objective_of(model, error), gradient_descent(SLOW), engine, names=names), names, data)
    bound = STEPS * float(SLOW) * 2 * ROWS * 4 * 3 * 16 * 2.0**-53
    assert furthest(by_request, direct) <= bound
    assert furthest(at_once, direct) <= bound
    assert max(abs(a - b) for a, b in zip(errors, same, strict=True)) <= 100 * bound
    assert sum(errors[-5:]) < sum(errors[:5]) / 2
    assert all(float(tensor.abs().max()) < 4 for tensor in direct)


def test_the_compiled_learner_is_the_learner() -> None:
    """U called on tensors, and the program of U."""
    engine = TorchEngine("float64")
    data, (model, names) = iris(engine), flowers()
    step = LearnerStep(model, SLOW, engine, names=names)
    step.start(initial_weights(step.objective.param, names, seed=0))
    param = step.point(step._now())
    learner = model.made(Learning(engine, SLOW))
    for number in range(5):
        param = learner.update(((param, data[number][0]), data[number][1]))
        step.step(*data[number])
    assert furthest(flatten(model.map.param, param), step.parameters()) < 1e-14


def test_a_deep_network_stands_still_by_request() -> None:
    """Seven layers with values near 0.76 and weights near 1/30: the gradient shrinks to 10⁻⁹ on the way to the first.

    In float32 its weights do not move by request at all; by cotangent their gradients are those of float64 to 4 digits.
    """
    layers = [dense(4, 3, 3, f"layer{k}") for k in range(7)]
    bends = [entrywise(p.tanh, 4, 3) for _ in range(6)]
    model = learned(layers[0].map)
    for layer, bend in zip(layers[1:], bends, strict=True):
        model = model >> learned(bend.map) >> learned(layer.map)
    shapes = [leaf.shape for leaf in leaves(model.map.param)]  # type: ignore[attr-defined]
    start = [torch.linspace(0.02, 0.04, 9).reshape(3, 3) if len(shape) == 2 else torch.ones(3) for shape in shapes]

    def first(made: Learned, dtype: str) -> Any:
        engine = TorchEngine(dtype)
        param = unflatten(model.map.param, [tensor.to(engine.dtype) for tensor in start])
        point = torch.arange(12, dtype=engine.dtype).reshape(4, 3) / 8
        gradients = made.made(Gradients(engine)).update(((param, point), torch.full((4, 3), 0.5, dtype=engine.dtype)))
        return flatten(model.map.param, gradients)[0].double()

    whole = learned(model.map)
    right = first(whole, "float64")
    assert 1e-11 < float(right.abs().max()) < 1e-8
    assert float(first(model, "float32").abs().max()) == 0
    assert float((first(whole, "float32") - right).abs().max()) < 1e-4 * float(right.abs().max())
    assert float((first(model, "float64") - right).abs().max()) > 1e-8 * float(right.abs().max())


def test_a_learner_at_once_is_as_short_as_the_step() -> None:
    """One network as one learner has no more calls than the step of its objective; requests are two a border more."""
    engine, (model, _) = TorchEngine("float32"), flowers()
    direct = len(Step(objective_of(model), gradient_descent(SLOW), engine).plan.calls)
    assert len(LearnerStep(learned(model.map), SLOW, engine).plan.calls) <= direct
    assert len(LearnerStep(model, SLOW, engine).plan.calls) <= direct + 4


# ------------------------------------------------------------------------------------------------ what is lost


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_small_gradients_are_lost_by_request_and_not_by_cotangent(precision: str) -> None:
    """A gradient of 2^-k at a value of 1 keeps 24 - k bits, or 53 - k, give or take two; what is below keeps none."""
    unit = {"float32": 2.0**-24, "float64": 2.0**-53}[precision]
    found = losses(TorchEngine(precision))
    assert all(line.by_cotangent <= 2 * unit for line in found)
    for line in found:
        assert line.by_request <= 2 * unit / line.gradient + unit
        assert line.by_request >= 0.1 * min(1.0, unit / line.gradient) or line.gradient > 0.3
    assert found[-1].by_request == 1
    assert found[-1].bits(precision) == {"float32": 24, "float64": 53}[precision]
    assert found[0].bits(precision) == 0


def test_the_page_shows_the_table() -> None:
    page = (Path(__file__).parent.parent / "docs" / "learners.md").read_text(encoding="utf-8")
    assert "\n".join(report("float32")) in page
