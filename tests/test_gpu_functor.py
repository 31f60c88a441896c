"""Learning a functor: objectives and gradients against autograd and the exact engine, and a short training."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path as File
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import primitives  # noqa: E402
from verified_cat.errors import BoundaryError, SchemaError, UsageError  # noqa: E402
from verified_cat.functions import Functions  # noqa: E402
from verified_cat.gad import reverse_mode  # noqa: E402
from verified_cat.gpu import cyclegan_points as points  # noqa: E402
from verified_cat.gpu.adversaries import Adversary, wgan_gp  # noqa: E402
from verified_cat.gpu.alternation import (  # noqa: E402
    Draws,
    Learning,
    instance,
    nested,
    rows_of,
)
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.functor import FunctorTask, Loss, evaluations  # noqa: E402
from verified_cat.gpu.randomness import stream  # noqa: E402
from verified_cat.gpu.saving import load_weights  # noqa: E402
from verified_cat.gpu.tasks import TASKS  # noqa: E402
from verified_cat.gpu.training import iterate  # noqa: E402
from verified_cat.gpu.wasserstein import (  # noqa: E402
    SMALL,
    chained,
    input_gradient,
    mixed,
    residual,
    rows,
    square_norm,
)
from verified_cat.lens import reverse_derivative  # noqa: E402
from verified_cat.networks import PARA, Objective, dense  # noqa: E402
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, flatten, leaves, space, unflatten  # noqa: E402
from verified_cat.optimiser import adam, scheduled  # noqa: E402
from verified_cat.reference.engine import SympyEngine  # noqa: E402
from verified_cat.schema import CYCLE_GAN, EQUALIZER, PRODUCT, Architecture, Edge, PathEquation, Schema  # noqa: E402
from verified_cat.terms import Copy, LeftUnitor  # noqa: E402

ENGINE = TorchEngine("float64")
FUNCTIONS = Functions(ENGINE)
ROUNDING = 1e-12
"""Some hundred operations in float64 on numbers of size 1, each within 2⁻⁵³."""
RULE = adam(Fraction(1), Fraction(1, 2), Fraction(9, 10))


def losses_of(schema: Schema, *weights: int) -> tuple[Loss, ...]:
    return tuple(Loss(each, Fraction(weight)) for each, weight in zip(schema.equations, weights, strict=True))


def against(critics: dict[str, Any]) -> dict[str, Adversary]:
    return {name: wgan_gp(critic) for name, critic in critics.items()}


def drawn(ob: Ob, seed: int) -> Any:
    """A value with uniform entries in [-1, 1]."""
    numbers = np.random.Generator(np.random.Philox(seed))
    return unflatten(ob, [torch.tensor(2 * numbers.random(leaf.shape) - 1) for leaf in leaves(ob)])  # type: ignore[attr-defined]


# ------------------------------------------------------------------------------------- objectives and gradients


def mlp(p: list[Any], x: Any) -> Any:
    return torch.tanh(torch.tanh(x @ p[0] + p[1]) @ p[2] + p[3]) @ p[4] + p[5]


def arrow(p: list[Any], x: Any) -> Any:
    return x + mlp(p, x)


def halves(ob: Ob, value: Any) -> tuple[list[Any], list[Any]]:
    """The leaves of a pair of networks as leaves of autograd."""
    tensors = [leaf.clone().requires_grad_() for leaf in flatten(ob, value)]
    return tensors[:6], tensors[6:]


def agree(objective: Objective, value: Any, data: Any, loss: Any, tensors: list[Any]) -> None:
    """The loss and the gradient of D are those of autograd to rounding."""
    mine, pullback = reverse_mode(ENGINE).differentiate(objective.term)((value, data))
    gradient, _ = pullback(torch.tensor(1.0, dtype=torch.float64))
    assert abs(float(mine) - loss.item()) <= ROUNDING
    theirs = torch.autograd.grad(loss, tensors, allow_unused=True)
    for one, two in zip(flatten(objective.param, gradient), theirs, strict=True):
        expected = torch.zeros_like(ENGINE.dense(one)) if two is None else two
        assert torch.allclose(ENGINE.dense(one), expected, rtol=ROUNDING, atol=ROUNDING)


@pytest.mark.parametrize("gamma", [Fraction(2), Fraction(0)])
def test_the_generators_gradient_is_that_of_autograd(gamma: Fraction) -> None:
    job = replace(points.task(5), losses=tuple(Loss(each, gamma) for each in CYCLE_GAN.equations))
    params, critics = drawn(job.architecture.parameters, 1), drawn(job.critic_params, 2)
    a, b = drawn(job.batches, 3)
    (f, g), (on_a, on_b) = halves(job.architecture.parameters, params), halves(job.critic_params, critics)
    loss = -mlp(on_b, arrow(f, a)).mean() - mlp(on_a, arrow(g, b)).mean()
    back, forth = arrow(g, arrow(f, a)) - a, arrow(f, arrow(g, b)) - b
    loss = loss + float(gamma) * (back.abs().mean() + forth.abs().mean())
    agree(job.generator_objective(), params, (critics, (a, b)), loss, f + g)


def test_the_critics_gradient_through_the_penalty_is_that_of_autograd() -> None:
    job = points.task(5)
    critics = drawn(job.critic_params, 2)
    on_a, on_b = halves(job.critic_params, critics)
    shown = [[drawn(space(5, 2), 10 * edge + each) for each in range(3)] for edge in range(2)]
    loss = torch.zeros((), dtype=torch.float64)
    for critic, (real, made, between) in ((on_b, shown[0]), (on_a, shown[1])):  # f ends in B, g in A
        x = between.clone().requires_grad_()
        (slope,) = torch.autograd.grad(mlp(critic, x).sum(), x, create_graph=True)
        lengths = (slope.pow(2).sum(1) + float(SMALL)).sqrt()
        loss = loss + mlp(critic, made).mean() - mlp(critic, real).mean() + 0.3 * ((lengths - 1) ** 2).mean()
    data = tuple((real, (made, between)) for real, made, between in shown)
    agree(job.critic_objective(), critics, data, loss, on_a + on_b)


def test_what_the_critics_are_shown() -> None:
    job = points.task(5)
    params, (a, b), (u, v) = drawn(job.architecture.parameters, 1), drawn(job.batches, 3), drawn(job.shares, 4)
    f, g = (instance(job, params, ENGINE).edges[name] for name in ("f", "g"))
    (real_b, (made_b, between_b)), (real_a, (made_a, between_a)) = FUNCTIONS.meaning(job.pushforward())(
        ((params, (a, b)), (u, v))
    )
    assert real_a is a and real_b is b
    assert torch.equal(made_b, f(a)) and torch.equal(made_a, g(b))
    for share, real, made, between in ((u, b, f(a), between_b), (v, a, g(b), between_a)):
        expected = share[:, None] * real + (1 - share[:, None]) * made
        assert torch.allclose(between, expected, rtol=0, atol=ROUNDING)


def test_the_path_equation_loss_is_the_gap_of_the_exact_engine() -> None:
    """On dyadic numbers float64 is exact too: both engines give 1/4 and 5/16 for the gaps of the same equations."""
    line = space(2, 1)
    images = {name: dense(2, 1, 1, name).map for name in ("f", "g")}
    architecture = Architecture(CYCLE_GAN, PARA, {"A": line, "B": line}, images)
    job = FunctorTask(architecture, ("A", "B"), {}, losses_of(CYCLE_GAN, 1, 1))
    point = (((Fraction(2),), (Fraction(1),)), ((Fraction(3, 8),), (Fraction(-1, 4),)))
    batches = ((Fraction(1), Fraction(-1)), (Fraction(1, 2), Fraction(3)))
    exact, ob = SympyEngine(), Pair(architecture.parameters, job.batches)
    for equation, expected in zip(CYCLE_GAN.equations, (Fraction(1, 4), Fraction(5, 16)), strict=True):
        term = job.gap(Loss(equation, Fraction(1)))
        assert exact.lower(SCALAR, Functions(exact).meaning(term)(exact.lift(ob, (point, batches)))) == (expected,)
        assert float(FUNCTIONS.meaning(term)(ENGINE.lift(ob, (point, batches)))) == float(expected)


# ------------------------------------------------------------------------------------- critics, on any object


def test_batches_of_pairs() -> None:
    pair = Pair(space(3, 2), space(3))
    assert rows(pair) == 3
    x, y, u = drawn(pair, 1), drawn(pair, 2), drawn(space(3), 3)
    norms = FUNCTIONS.meaning(square_norm(pair))(x)
    assert torch.allclose(norms, (x[0] ** 2).sum(1) + x[1] ** 2, rtol=ROUNDING, atol=0)
    left, right = FUNCTIONS.meaning(mixed(pair))((u, (x, y)))
    assert torch.allclose(left, u[:, None] * x[0] + (1 - u[:, None]) * y[0], rtol=0, atol=ROUNDING)
    assert torch.allclose(right, u * x[1] + (1 - u) * y[1], rtol=0, atol=ROUNDING)
    for bad in (UNIT, SCALAR, space(0, 2), Pair(space(3), space(4))):
        with pytest.raises(BoundaryError, match="holds no batch"):
            rows(bad)


def test_the_input_gradient_is_row_by_row() -> None:
    critic = points.networks(4)["A"].map
    p, x = drawn(critic.param, 1), drawn(critic.dom, 2)
    slopes = FUNCTIONS.meaning(input_gradient(critic))((p, x))
    leaf = x.clone().requires_grad_()
    (expected,) = torch.autograd.grad(mlp(flatten(critic.param, p), leaf).sum(), leaf)
    assert torch.allclose(slopes, expected, rtol=0, atol=ROUNDING)


def test_a_chain_has_a_reverse_derivative_of_linear_size() -> None:
    def evaluations(depth: int) -> int:
        """How many operations R[f] performs, for a chain of that many layers."""
        made = [0]

        class Counting(TorchEngine):
            def operation(self, operation: Any) -> Any:
                run = super().operation(operation)

                def counted(value: Any) -> Any:
                    made[0] += 1
                    return run(value)

                return counted

        put = reverse_derivative(chained(*[dense(2, 2, 2, f"layer{i}") for i in range(depth)]).map.inside)
        Functions(Counting()).meaning(put)(drawn(put.dom, 1))
        return made[0]

    two, four, six = evaluations(2), evaluations(4), evaluations(6)
    assert 0 < six - four == four - two


def test_residual_needs_an_endomorphism() -> None:
    with pytest.raises(BoundaryError, match="end where it starts"):
        residual(dense(4, 2, 3))


# ------------------------------------------------------------------------------------- what is no task


def scalars(schema: Schema, **weights: Any) -> Architecture[Any]:
    """Every object R[2,1], every edge x ↦ w x + b, or the edge given."""
    edges = {edge.name: dense(2, 1, 1, edge.name).map for edge in schema.edges} | weights
    return Architecture(schema, PARA, {name: space(2, 1) for name in schema.objects}, edges)


CRITIC = dense(2, 1, 1, "critic").map
FROZEN = PARA.of(UNIT, space(2, 1), space(2, 1), LeftUnitor(space(2, 1)))


@pytest.mark.parametrize(
    ("data", "critics", "weights", "message"),
    [
        (("A", "D"), {}, (1, 1), "CycleGAN has no object 'D'"),
        (("A", "B"), {"A": CRITIC, "X": CRITIC}, (1, 1), "CycleGAN has no object 'X'"),
        (("A",), {"A": CRITIC, "B": CRITIC}, (1, 0), "the critic of B"),
        (("A", "B"), {"A": dense(3, 1, 1).map}, (1, 1), "the critic of A starts from R[3,1]"),
        (("A",), {}, (1, 1), "g ; f = id_B starts from B, which has no data"),
        (("A", "B"), {"B": CRITIC}, (0, 0), "nothing teaches g : B → A"),
    ],
)
def test_what_is_no_task(data: Any, critics: Any, weights: Any, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        FunctorTask(scalars(CYCLE_GAN), data, against(critics), losses_of(CYCLE_GAN, *weights))
    assert message in str(caught.value)


def test_paths_share_their_beginnings() -> None:
    """CycleGAN: f and g on the data and on one another's images, four evaluations; six if every path were its own."""
    assert evaluations(points.task(4)) == {"f": 2, "g": 2}
    assert evaluations(replace(points.task(4), losses=())) == {"f": 1, "g": 1}


def test_frozen_edges_are_not_taught() -> None:
    job = FunctorTask(
        scalars(EQUALIZER, f=FROZEN, g=FROZEN), ("A", "B"), against({"B": CRITIC}), losses_of(EQUALIZER, 1)
    )
    assert [edge.name for edge in job.learned] == ["h"] == [str(path) for path in job.matched]


# ------------------------------------------------------------------------------------- the step


def test_adam_with_its_rate_as_an_input_is_adam() -> None:
    """Against the term of the fixed rate, and against torch.optim, over steps with another rate each."""
    rates, target = [Fraction(1, 10), Fraction(1, 40), Fraction(1, 5)], drawn(space(4), 2)
    run = FUNCTIONS.meaning(scheduled(RULE, (4,))).run
    theirs = drawn(space(4), 1).requires_grad_()
    judge = torch.optim.Adam([theirs], lr=1.0, betas=(0.5, 0.9), eps=1e-8)
    state = FUNCTIONS.meaning(RULE.initial(space(4)))(()), drawn(space(4), 1)
    for rate in rates:
        gradient = 2 * (state[1] - target)
        fixed = FUNCTIONS.meaning(adam(rate, Fraction(1, 2), Fraction(9, 10)).update(space(4)))((state, gradient))
        state = run((state, (gradient, torch.tensor(float(rate), dtype=torch.float64))))
        judge.param_groups[0]["lr"] = float(rate)
        theirs.grad = 2 * (theirs.detach() - target)
        judge.step()
        for other in (fixed[1], theirs.detach()):
            assert torch.allclose(state[1], other, rtol=ROUNDING, atol=ROUNDING)
        assert torch.equal(state[0][0][0], fixed[0][0][0]) and torch.equal(state[0][0][1], fixed[0][0][1])


def test_equations_alone_can_teach() -> None:
    """h = f ; g with f, g frozen: h learns the composite x ↦ x from data in A and no critic."""
    edges = (Edge("f", "A", "B"), Edge("g", "B", "C"), Edge("h", "A", "C"))
    triangle = Schema("triangle", ("A", "B", "C"), edges)
    triangle = replace(triangle, equations=(PathEquation(triangle.path("h"), triangle.path("f", "g")),))
    job = FunctorTask(scalars(triangle, f=FROZEN, g=FROZEN), ("A",), {}, losses_of(triangle, 1))
    learning, steps = Learning(job, RULE, ENGINE), 150
    samplers = {"A": lambda numbers: torch.tensor(2 * numbers.random((2, 1)) - 1)}
    state = learning.start(drawn(job.architecture.parameters, 1), ())
    outcome = iterate(
        learning.update, state, Draws(job, samplers, ENGINE, 0, 0, lambda step: (0.1 * (1 - step / steps), 0.0)), steps
    )
    weight, bias = flatten(job.architecture.parameters, learning.parameters(outcome.state))
    assert outcome.history[0]["loss"] > 0.1 > abs(float(weight) - 1) + abs(float(bias))


def test_a_step_on_a_product() -> None:
    """d : AB → A ⊗ B and c back, with a critic on pairs."""
    plane = space(3, 2)
    half = Pair(space(3, 1), space(3, 1))
    split = primitives.contract("ij,bi->bj", (2, 1), (3, 2))
    both = PARA.compose(PARA.embed(Copy(plane)), PARA.tensor(*2 * [PARA.of(space(2, 1), plane, half.left, split)]))
    spread = PARA.of(space(1, 2), half.left, plane, primitives.contract("ij,bi->bj", (1, 2), (3, 1)))
    back = PARA.compose(PARA.tensor(spread, spread), PARA.embed(primitives.add((3, 2))))
    sum_up = PARA.compose(PARA.tensor(*2 * [dense(3, 1, 1).map]), PARA.embed(primitives.add((3, 1))))
    architecture = Architecture(PRODUCT, PARA, {"AB": plane, "A ⊗ B": half}, {"d": both, "c": back})
    critics = {"AB": dense(3, 2, 1).map, "A ⊗ B": sum_up}
    job = FunctorTask(architecture, PRODUCT.objects, against(critics), losses_of(PRODUCT, 1, 1))
    learning = Learning(job, RULE, ENGINE)
    state = learning.start(drawn(architecture.parameters, 1), drawn(job.critic_params, 2))
    samplers = {name: lambda numbers, ob=architecture.objects[name]: drawn(ob, 7) for name in PRODUCT.objects}
    data = Draws(job, samplers, ENGINE, 0, 1, lambda _: (0.1, 0.1)).at(0)
    after, figures = learning.update(state, data)
    assert set(figures) == {"loss", "critic_loss"}
    assert all(not all(map(torch.equal, new, old)) for new, old in zip(after, state, strict=True))


# ------------------------------------------------------------------------------------- data


def seen(data: tuple[str, ...], seed: int = 0) -> list[Any]:
    """What is drawn in three steps, as row numbers of a table that holds its row numbers."""
    losses = losses_of(CYCLE_GAN, *(equation.lhs.source in data for equation in CYCLE_GAN.equations))
    job = FunctorTask(scalars(CYCLE_GAN), data, against({"B": CRITIC} if "B" in data else {}), losses)
    table = torch.arange(1000).reshape(-1, 1)
    samplers = {name: rows_of(table, 2) for name in data}
    drawn = Draws(job, samplers, ENGINE, seed, 2, lambda _: (1.0, 1.0))
    return [(rounds, batches) for rounds, batches, _ in map(drawn.at, range(3))]


def test_sch_data_nothing_is_paired() -> None:
    """SCH-DATA: objects, purposes and seeds draw apart from each other, and one object does not disturb another."""
    both = seen(("A", "B"))
    for rounds, (a, b) in both:
        assert not torch.equal(a, b)
        assert all(not torch.equal(x, y) and not torch.equal(x, a) for (x, y), _ in rounds)
    alone = seen(("A",))
    assert all(torch.equal(one[1][0], two[1]) for one, two in zip(both, alone, strict=True))
    assert not torch.equal(both[0][1][0], seen(("A", "B"), seed=1)[0][1][0])


def test_the_clouds() -> None:
    assert nested([1, 2, 3]) == (1, (2, 3)) and nested([]) == ()
    a = points.cloud(4000, 0, "A", "test")
    assert np.abs(a.mean(axis=0)).max() < 0.1  # five times the standard error of the mean of 4000 points
    assert np.allclose(points.truth_inverse(points.truth(a)), a)
    made = points.clouds(4000, 0, "test")
    assert np.array_equal(made["A"], a)
    assert np.linalg.norm(points.truth(made["A"]) - made["B"], axis=1).min() > 1e-9  # no point has a partner
    numbers = points.normal(4001, stream(0, "A", "test"))
    assert numbers.shape == (4001,) and abs(numbers.mean()) < 0.08 and abs(numbers.std() - 1) < 0.06


# ------------------------------------------------------------------------------------- the task


def test_the_task_is_in_the_table() -> None:
    assert TASKS[points.NAME].train is points.train and TASKS[points.NAME].steps == points.STEPS


def test_a_short_training(tmp_path: File) -> None:
    metrics = points.train(tmp_path / "one", steps=20, seed=3)
    again = points.train(tmp_path / "two", steps=20, seed=3)
    assert metrics["rows"] == again["rows"] and metrics["sha256"] == again["sha256"]
    assert json.loads((tmp_path / "one" / "metrics.json").read_text(encoding="utf-8")) == metrics
    assert list(metrics["rows"]) == list(points.ROWS)
    for figures in metrics["rows"].values():
        assert list(figures) == ["gap f ; g = id_A", "gap g ; f = id_B", "error of f", "error of g"]
    assert metrics["rows"]["do nothing"]["gap f ; g = id_A"] == 0 < metrics["rows"]["do nothing"]["error of f"]
    assert metrics["rows"]["with path equations"] != metrics["rows"]["no path equations"]
    assert metrics["steps"] == 20 and metrics["status"] == metrics["baseline_status"] == "finished"
    weights = load_weights(tmp_path / "one")
    assert sorted(weights) == sorted(points.names(points.EDGES)) and weights["f.layer1.weight"].shape == (2, 32)
    assert points.summary(metrics).count("\n") == 3
    other = points.train(None, steps=20, seed=4)
    assert other["rows"]["with path equations"] != metrics["rows"]["with path equations"]


def test_what_is_interrupted_has_no_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*given: Any) -> Any:
        return replace(iterate(*given), status="interrupted")

    monkeypatch.setattr(points, "iterate", stopped)
    metrics = points.train(None, steps=2)
    assert (metrics["status"], metrics["baseline_status"]) == ("interrupted", "not run")
    assert list(metrics["rows"]) == ["with path equations", "do nothing"]
    assert points.summary(metrics).count("\n") == 2


def test_a_number_of_steps_that_is_none() -> None:
    with pytest.raises(UsageError, match="steps"):
        points.train(None, steps=0)
