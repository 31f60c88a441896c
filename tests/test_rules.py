"""Update rules against torch.optim over 1,000 steps, compiled; their first steps, their boundaries, what they cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from verified_cat import primitives as p
from verified_cat.functions import Functions
from verified_cat.loss import total
from verified_cat.networks import Objective, mean_square, perceptron, supervised
from verified_cat.objects import SCALAR, UNIT, Pair, flatten, space
from verified_cat.optimiser import Optimiser, adagrad, adam, gradient_descent, momentum, nesterov
from verified_cat.rules import (
    adamw,
    ascending,
    clipped_by_leaf_norm,
    clipped_by_norm,
    clipped_by_value,
    damped_momentum,
    decayed,
    decoupled,
    rmsprop,
)
from verified_cat.schedules import on_schedule, warm_up
from verified_cat.terms import Copy, First, Identity, Pairing, Term

torch: Any = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

STEPS = 1000
A, B = space(3), space(2, 2)
PARAM = Pair(A, B)
HUNDREDTH, NINE_TENTHS, HALF = Fraction(1, 100), Fraction(9, 10), Fraction(1, 2)


def objective() -> Objective:
    """Two wells at each entry, the sums coupled, and a slope that comes with the data.

    Σ (p⁴/4 - p²/2) + 3/10 (Σ a) (Σ b) + ⟨d, p⟩: no convex function.
    """

    def well(shape: tuple[int, ...]) -> Term:
        square = Copy(space(*shape)) >> p.multiply(shape)
        fourth = Copy(space(*shape)) >> p.multiply(shape) >> p.scale(Fraction(1, 4), shape)
        return square >> Pairing(fourth, p.scale(-HALF, shape)) >> p.add(shape)

    wells = First(PARAM, PARAM) >> p.map_on(PARAM, well) >> total(PARAM)
    coupled = First(PARAM, PARAM) >> (total(A) @ total(B)) >> p.multiply(()) >> p.scale(Fraction(3, 10), ())
    tilted = p.multiply_on(PARAM) >> total(PARAM)
    both = Pairing(Pairing(wells, coupled) >> p.add(()), tilted) >> p.add(())
    assert both.dom == Pair(PARAM, PARAM)
    return Objective(PARAM, PARAM, both)


def slopes(step: int) -> tuple[Any, Any]:
    """Multiples of 1/8 between -1 and 1 that do not repeat soon: exact, and no gradient stays near 0."""
    numbers = [((step * step * 7 + 13 * step + 5 * i * (step + 3)) % 17 - 8) / 8 for i in range(7)]
    made = torch.tensor(numbers, dtype=torch.float64)
    return made[:3].clone(), made[3:].reshape(2, 2).clone()


DATA = [slopes(step) for step in range(STEPS)]
START = [torch.tensor([1.5, -0.5, 0.25], dtype=torch.float64), torch.tensor([[0.5, -1.0], [2.0, 0.125]]).double()]


def gradients(params: Any, data: Any) -> list[Any]:
    a, b = params
    return [a**3 - a + 0.3 * b.sum() + data[0], b**3 - b + 0.3 * a.sum() + data[1]]


def theirs(make: Callable[[Any], Any], clip: Callable[[Any], Any] | None = None, nudge: float = 0.0) -> Any:
    """The parameters after each step of torch's rule, from START moved by ``nudge``."""
    params = [(tensor.clone() + nudge).requires_grad_(False) for tensor in START]
    rule, met = make(params), []
    for data in DATA:
        for param, gradient in zip(params, gradients(params, data), strict=True):
            param.grad = gradient
        if clip is not None:
            clip(params)
        rule.step()
        met.append(torch.cat([param.reshape(-1).clone() for param in params]))
    return torch.stack(met)


def ours(rule: Optimiser) -> Any:
    """The same by one compiled step."""
    from verified_cat.gpu.engine import TorchEngine
    from verified_cat.gpu.step import Step

    step = Step(objective(), rule, TorchEngine("float64"))
    step.start({str(i): tensor.numpy() for i, tensor in enumerate(START)})
    met = []
    for data in DATA:
        step.step(*data)
        met.append(torch.cat([param.reshape(-1).clone() for param in step.parameters()]))
    return torch.stack(met)


def allowed(make: Callable[[Any], Any], clip: Callable[[Any], Any] | None, reference: Any) -> float:
    """Each step rounds at most 64 times, quantities below 16; a difference made at a step grows by no more than one
    made at the start does, which is measured; and there are 1,000 steps of either program."""
    nudge = 2.0**-30
    growth = float((theirs(make, clip, nudge) - reference).abs().max()) / nudge
    return 2 * STEPS * 64 * 2.0**-53 * 16 * max(1.0, growth)


def optim(name: str, **options: Any) -> Callable[[Any], Any]:
    return lambda params: getattr(torch.optim, name)(params, foreach=False, **options)


def clip_norm(params: Any) -> None:
    torch.nn.utils.clip_grad_norm_(params, 0.75, foreach=False)


def clip_each(params: Any) -> None:
    for param in params:
        torch.nn.utils.clip_grad_norm_([param], 0.75, foreach=False)


def clip_value(params: Any) -> None:
    torch.nn.utils.clip_grad_value_(params, 0.5, foreach=False)


LIMIT = Fraction(3, 4)
SGD = optim("SGD", lr=0.01, momentum=0.9)
SAME: dict[str, tuple[Optimiser, Callable[[Any], Any], Callable[[Any], Any] | None]] = {
    "descent": (gradient_descent(HUNDREDTH), optim("SGD", lr=0.01), None),
    "momentum": (momentum(HUNDREDTH, NINE_TENTHS), SGD, None),
    "dampened": (
        damped_momentum(HUNDREDTH, NINE_TENTHS, HALF),
        optim("SGD", lr=0.01, momentum=0.9, dampening=0.5),
        None,
    ),
    "look ahead": (
        damped_momentum(HUNDREDTH, NINE_TENTHS, Fraction(0), look_ahead=True),
        optim("SGD", lr=0.01, momentum=0.9, nesterov=True),
        None,
    ),
    "adagrad": (adagrad(HUNDREDTH), optim("Adagrad", lr=0.01), None),
    "rmsprop": (rmsprop(HUNDREDTH), optim("RMSprop", lr=0.01), None),
    "centered rmsprop": (rmsprop(HUNDREDTH, centered=True), optim("RMSprop", lr=0.01, centered=True), None),
    "rmsprop with inertia": (
        rmsprop(HUNDREDTH, NINE_TENTHS, centered=True, inertia=HALF),
        optim("RMSprop", lr=0.01, alpha=0.9, momentum=0.5, centered=True),
        None,
    ),
    "adam": (adam(HUNDREDTH), optim("Adam", lr=0.01), None),
    "adamw": (adamw(HUNDREDTH), optim("AdamW", lr=0.01), None),
    "decayed adam": (decayed(adam(HUNDREDTH), Fraction(1, 5)), optim("Adam", lr=0.01, weight_decay=0.2), None),
    "decayed momentum": (
        decayed(momentum(HUNDREDTH, NINE_TENTHS), Fraction(1, 5)),
        optim("SGD", lr=0.01, momentum=0.9, weight_decay=0.2),
        None,
    ),
    "ascent": (
        ascending(decayed(gradient_descent(HUNDREDTH), Fraction(4))),
        optim("SGD", lr=0.01, weight_decay=4.0, maximize=True),
        None,
    ),
    "clipped by value": (clipped_by_value(momentum(HUNDREDTH, NINE_TENTHS), HALF), SGD, clip_value),
    "clipped by norm": (clipped_by_norm(momentum(HUNDREDTH, NINE_TENTHS), LIMIT), SGD, clip_norm),
    "clipped by leaf": (clipped_by_leaf_norm(momentum(HUNDREDTH, NINE_TENTHS), LIMIT), SGD, clip_each),
    "clipped and decayed": (
        clipped_by_norm(decayed(adam(HUNDREDTH), Fraction(1, 5)), LIMIT),
        optim("Adam", lr=0.01, weight_decay=0.2),
        clip_norm,
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_as_torch_does_for_a_thousand_steps(name: str) -> None:
    rule, make, clip = SAME[name]
    reference = theirs(make, clip)
    difference = float((ours(rule) - reference).abs().max())
    bound = allowed(make, clip, reference)
    assert difference <= bound, f"{difference:.3g} > {bound:.3g}"
    assert bound < 1e-6


@pytest.mark.parametrize("name", SAME)
def test_the_first_steps_on_numbers_are_those_of_torch(name: str, plain: Functions) -> None:
    """The term itself, on Python's floats, with nothing compiled."""
    rule, make, clip = SAME[name]
    params = [tensor.clone() for tensor in START]
    stepper = make(params)
    update, held = plain.meaning(rule.update(PARAM)), plain.meaning(rule.initial(PARAM))(())
    ours = tuple(tuple(tensor.reshape(-1).tolist()) for tensor in START)
    for data in DATA[:4]:
        found = gradients(params, data)
        given = tuple(tuple(tensor.reshape(-1).tolist()) for tensor in found)
        for param, gradient in zip(params, found, strict=True):
            param.grad = gradient
        if clip is not None:
            clip(params)
        stepper.step()
        held, ours = update(((held, ours), given))
        theirs = [number for tensor in params for number in tensor.reshape(-1).tolist()]
        assert [*ours[0], *ours[1]] == pytest.approx(theirs, rel=1e-12, abs=1e-12)


def test_each_rule_has_its_name_and_what_it_remembers() -> None:
    names = {name: rule.name for name, (rule, _, _) in SAME.items()}
    assert {name: word for name, word in names.items() if word != name} == {
        "descent": "gradient descent",
        "dampened": "damped momentum",
        "look ahead": "look-ahead momentum",
        "rmsprop with inertia": "centered rmsprop",
        "ascent": "ascending decayed gradient descent",
        "clipped by value": "clipped momentum",
        "clipped by norm": "clipped by norm momentum",
        "clipped by leaf": "clipped by leaf momentum",
        "clipped and decayed": "clipped by norm decayed adam",
    }
    assert decoupled(gradient_descent(HALF), HALF).name == "decoupled gradient descent"
    three = space(3)
    assert rmsprop(HALF).leaf_state((3,)) == Pair(three, Pair(UNIT, UNIT))
    assert rmsprop(HALF, centered=True).leaf_state((3,)) == Pair(three, Pair(three, UNIT))
    assert rmsprop(HALF, inertia=HALF).leaf_state((3,)) == Pair(three, Pair(UNIT, three))
    assert damped_momentum(HALF, HALF, HALF).leaf_state((3,)) == Pair(three, SCALAR)


# ------------------------------------------------------------------------------------------------ wrong rules


def corrected_by_dampening(rule: Optimiser) -> Optimiser:
    """The first step is dampened too, as the formula of the recurrence alone says."""
    start = rule.leaf_initial
    return replace(rule, leaf_initial=lambda shape: start(shape) >> (Identity(space(*shape)) @ p.scale(0, ())))


WRONG: dict[str, tuple[str, Optimiser]] = {
    "momentum with -γ, as printed": ("momentum", momentum(HUNDREDTH, -NINE_TENTHS)),
    "decay through the moments": ("adamw", decayed(adam(HUNDREDTH), HUNDREDTH)),
    "decay without the rate": ("adamw", decoupled(adam(HUNDREDTH), HUNDREDTH)),
    "decoupled decay": ("decayed adam", adamw(HUNDREDTH, weight_decay=Fraction(1, 5))),
    "a dampened first step": (
        "dampened",
        corrected_by_dampening(damped_momentum(HUNDREDTH, NINE_TENTHS, HALF)),
    ),
    "no look ahead": ("look ahead", momentum(HUNDREDTH, NINE_TENTHS)),
    "not centered": ("centered rmsprop", rmsprop(HUNDREDTH)),
    "clipped after decay": (
        "clipped and decayed",
        replace(
            adam(HUNDREDTH),
            prepare=lambda ob: Pairing(First(ob, ob), decay_stage(ob)) >> clip_stage(ob),
        ),
    ),
    "each leaf for itself": ("clipped by norm", clipped_by_leaf_norm(momentum(HUNDREDTH, NINE_TENTHS), LIMIT)),
    "descent": ("ascent", decayed(gradient_descent(HUNDREDTH), Fraction(4))),
}


def decay_stage(ob: Any) -> Term:
    stage = decayed(gradient_descent(HUNDREDTH), Fraction(1, 5)).prepare
    assert stage is not None
    return stage(ob)


def clip_stage(ob: Any) -> Term:
    stage = clipped_by_norm(gradient_descent(HUNDREDTH), LIMIT).prepare
    assert stage is not None
    return stage(ob)


@pytest.mark.parametrize("name", WRONG)
def test_another_rule_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.DATA", DATA[:50])
    right, rule = WRONG[name]
    _, make, clip = SAME[right]
    assert float((ours(rule) - theirs(make, clip)).abs().max()) > 1e-5


# ------------------------------------------------------------------------------------------------ boundaries


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("param", [SCALAR, UNIT, Pair(space(2), Pair(UNIT, space(0)))], ids=str)
def test_boundaries(name: str, param: Any, plain: Functions) -> None:
    """Every rule starts, asks and steps on numbers, on nothing, and on trees with both."""
    rule, state = SAME[name][0], SAME[name][0].state(param)
    assert (rule.initial(param).dom, rule.initial(param).cod) == (UNIT, state)
    assert (rule.update(param).dom, rule.update(param).cod) == (Pair(Pair(state, param), param), Pair(state, param))
    zero = plain.meaning(p.zero_on(param))(())
    _, moved = plain.meaning(rule.update(param))(((plain.meaning(rule.initial(param))(()), zero), zero))
    assert moved == zero


def test_stages_are_no_deeper_than_the_stack() -> None:
    """A parameter object of 1,100 brackets."""
    deep: Any = SCALAR
    for _ in range(1100):
        deep = Pair(deep, SCALAR)
    for rule in (decayed(gradient_descent(HUNDREDTH), HALF), clipped_by_norm(gradient_descent(HUNDREDTH), HALF)):
        assert rule.prepare is not None
        assert rule.prepare(deep).cod == deep


# ------------------------------------------------------------------------------------------------ what it costs


def calls(rule: Optimiser) -> int:
    """How many calls a step of a network of three dense layers makes."""
    from verified_cat.gpu.engine import TorchEngine
    from verified_cat.gpu.step import Step

    network = perceptron(16, (8, 8, 8, 4), p.relu)
    return len(Step(supervised(network.map, mean_square(16, 4)), rule, TorchEngine("float32")).plan.calls)


LEAVES = 6
MORE: dict[str, tuple[Optimiser, Optimiser, int]] = {
    "decay adds λ p": (decayed(momentum(HUNDREDTH, NINE_TENTHS), HALF), momentum(HUNDREDTH, NINE_TENTHS), LEAVES),
    "decoupled decay scales p": (adamw(HUNDREDTH), adam(HUNDREDTH), LEAVES),
    "ascent is the sign of a product, and a call for each bias": (
        ascending(momentum(HUNDREDTH, HALF)),
        momentum(HUNDREDTH, HALF),
        LEAVES // 2,
    ),
    "looking ahead adds g": (
        damped_momentum(HUNDREDTH, HALF, Fraction(0), look_ahead=True),
        momentum(HUNDREDTH, HALF),
        2 * LEAVES,
    ),
    "a schedule is numbers": (
        on_schedule(momentum(HUNDREDTH, HALF), warm_up(10)),
        momentum(HUNDREDTH, HALF),
        LEAVES + 8,
    ),
    "a norm is a sum of products": (
        clipped_by_norm(momentum(HUNDREDTH, HALF), HALF),
        momentum(HUNDREDTH, HALF),
        4 * LEAVES + 8,
    ),
}


@pytest.mark.parametrize("name", MORE)
def test_what_a_stage_costs(name: str) -> None:
    rule, plain, most = MORE[name]
    assert calls(plain) <= calls(rule) <= calls(plain) + most, (calls(plain), calls(rule))


@pytest.mark.parametrize("name", ["nesterov", "momentum"])
def test_operation_by_operation_the_gradient_is_asked_for_where_the_rule_says(name: str) -> None:
    """The closure engine's step is the compiled one, bit for bit but for sums; at p itself it would not be."""
    from verified_cat.gpu.engine import TorchEngine
    from verified_cat.gpu.step import Step
    from verified_cat.gpu.training import descent, start

    rule, engine = {"nesterov": nesterov, "momentum": momentum}[name](HUNDREDTH, NINE_TENTHS), TorchEngine("float64")
    weights = {str(i): tensor.numpy() for i, tensor in enumerate(START)}
    state, update = start(PARAM, rule, weights, engine), descent(objective(), rule, engine)
    elsewhere = descent(objective(), replace(rule, leaf_ask=None), engine)
    compiled = Step(objective(), rule, engine)
    compiled.start(weights)
    for data in DATA[:20]:
        other, _ = elsewhere(state, data)
        state, _ = update(state, data)
        compiled.step(*data)
    for one, two in zip(compiled.parameters(), flatten(PARAM, state[1]), strict=True):
        assert float((one - two).abs().max()) < 1e-13
    moved = max(
        float((one - two).abs().max()) for one, two in zip(*(flatten(PARAM, x[1]) for x in (state, other)), strict=True)
    )
    assert (moved > 1e-4) == (name == "nesterov")
