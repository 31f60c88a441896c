from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest
import torch

from verified_cat import primitives, rows
from verified_cat.errors import MissingOperation, ShapeError, UsageError
from verified_cat.functions import Value
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.ensembles import ROWS, EnsembleStep, ensemble, ensemble_rule, many, many_of
from verified_cat.gpu.loops import LoopStep
from verified_cat.gpu.planning import planned
from verified_cat.gpu.randomness import initial_weights
from verified_cat.gpu.step import Step
from verified_cat.instances import instance
from verified_cat.machine import differentiate, evaluate
from verified_cat.networks import Objective, mean_square, perceptron, supervised
from verified_cat.objects import UNIT, Ob, Pair, Sort, Space, flatten, leaves, unflatten
from verified_cat.optimiser import (
    Optimiser,
    adagrad,
    adam,
    gradient_descent,
    momentum,
    nesterov,
    sign_descent,
)
from verified_cat.primitives import TABLE, Primitive, primitive
from verified_cat.reference.modular import ModularEngine
from verified_cat.report import Strength
from verified_cat.rules import adamw, clipped_by_norm, decayed, rmsprop
from verified_cat.terms import Copy, Discard, First, Generator, LeftUnitor, Pairing, Second, Term
from verified_cat.validation import validate

N = 3


def stacked(ob: Ob, values: list[Value]) -> Value:
    """The members' values of A as one of Aⁿ."""
    each = [flatten(ob, value) for value in values]
    return unflatten(many_of(ob, N), [np.stack(parts) for parts in zip(*each, strict=True)])


def member(ob: Ob, value: Value, number: int) -> list[Any]:
    return [part[number] for part in flatten(many_of(ob, N), value)]


def must_agree(term: Term, seed: int) -> int:
    """Member i of fⁿ, and of its reverse derivative, is f and its reverse derivative at member i. Gives the entries."""
    engine = ModularEngine(Random(seed))
    points = [engine.random(term.dom) for _ in range(N)]
    cotangents = [engine.random(term.cod) for _ in range(N)]
    whole, pullback = differentiate(many(term, N), stacked(term.dom, points), engine)
    gradient = pullback(stacked(term.cod, cotangents))
    compared = 0
    for number, (point, cotangent) in enumerate(zip(points, cotangents, strict=True)):
        own, back = differentiate(term, point, engine)
        for ob, found, expected in ((term.cod, whole, own), (term.dom, gradient, back(cotangent))):
            for one, other in zip(member(ob, found, number), flatten(ob, expected), strict=True):
                assert np.array_equal(one, other), (term, number)
                compared += np.size(one)
    return compared


ARGUMENTS: dict[str, tuple[tuple[Any, ...], ...]] = {
    **rows.GEOMETRY,
    **{name: (((2, 3),), ((),)) for name in ("add", "negate", "multiply", "exp", "log", "reciprocal", "sqrt")},
    **{name: (((2, 3),), ((),)) for name in ("sin", "cos", "tanh", "sigmoid", "relu", "step")},
    "scale": ((Fraction(2, 3), (2,)),),
    "sum": (((2, 3), (1,)), ((2, 3), (0, 1)), ((2,), ())),
    "broadcast": (((2, 3), (1,)), ((2, 3), (0, 1)), ((2,), ())),
    "reshape": (((2, 3), (6,)), ((1,), ())),
    "permute": (((2, 3, 1), (2, 0, 1)), ((), ())),
    "contract": (
        ("ij,jk->ik", (2, 3), (3, 4)),
        ("ij,ji->ij", (2, 3), (3, 2)),
        ("i,ij->ji", (2,), (2, 3)),
        ("i,i->", (2,), (2,)),
        (",i->i", (), (2,)),
    ),
    "constant": (((2,), (Fraction(1), Fraction(2))), ((2, 2), (Fraction(5, 3),)), ((), (Fraction(1),))),
}


@pytest.mark.parametrize("name", TABLE)
def test_every_row_of_the_table_on_many_members(name: str) -> None:
    assert set(ROWS) == set(TABLE)
    for arguments in ARGUMENTS[name]:
        term = primitive(name, *arguments)
        image = many(term, N)
        assert (image.dom, image.cod) == (many_of(term.dom, N), many_of(term.cod, N))
        assert must_agree(term, 5) > 0


def test_random_terms_on_many_members() -> None:
    assert sum(must_agree(instance(11, index).term, index) for index in range(60)) > 1000


def test_what_is_unknown_has_no_members() -> None:
    with pytest.raises(MissingOperation, match="no form for many members"):
        many(primitives.symbol("f", Space((2,)), Space((2,))), N)
    with pytest.raises(ShapeError, match="opaque"):
        many(Copy(Sort("X")), N)
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    full = Generator(Primitive("contract", (f"{letters},{letters}->", (1,) * 52, (1,) * 52)))
    with pytest.raises(ShapeError, match="no letter is left"):
        many(full, N)
    with pytest.raises(UsageError, match="whole number >= 1"):
        ensemble(objective(), 0)
    with pytest.raises(UsageError, match=r"adam for 3 members is of spaces R\[3,…\], not of R\[4\]"):
        ensemble_rule(adam(Fraction(1)), 3).leaf_update((4,))
    assert many_of(UNIT, N) == UNIT


# ------------------------------------------------------------------------------------------------ steps

NETWORK = perceptron(4, (3, 5, 2), primitives.tanh)


def objective() -> Objective:
    return supervised(NETWORK.map, mean_square(4, 2))


def clipped(rate: Fraction) -> Optimiser:
    """p ↦ p - ε g / (1 + |g|²): a rule that looks at all entries of a leaf."""
    plain = gradient_descent(rate)

    def update(shape: tuple[int, ...]) -> Term:
        param = Space(shape)
        whole = Pair(Pair(UNIT, param), param)
        gradient = Second(Pair(UNIT, param), param)
        square = gradient >> Copy(param) >> primitives.multiply(shape) >> primitives.sum_axes(shape)
        one = Discard(whole) >> primitives.constant((), 1)
        share = Pairing(one, square) >> primitives.add(()) >> primitives.reciprocal(())
        spread = share >> primitives.broadcast(shape, tuple(range(len(shape))))
        slope = Pairing(gradient, spread) >> primitives.multiply(shape) >> primitives.scale(-rate, shape)
        moved = Pairing(First(Pair(UNIT, param), param) >> LeftUnitor(param), slope) >> primitives.add(shape)
        return Pairing(Discard(whole), moved)

    return Optimiser("clipped", plain.leaf_state, plain.leaf_initial, update)


RULES = (
    gradient_descent(Fraction(1, 8)),
    momentum(Fraction(1, 8), Fraction(7, 8)),
    nesterov(Fraction(1, 8), Fraction(7, 8)),
    adam(Fraction(1, 64)),
    adagrad(Fraction(1, 64)),
    sign_descent(Fraction(1, 64)),
    clipped(Fraction(1, 8)),
    clipped_by_norm(decayed(momentum(Fraction(1, 8), Fraction(7, 8)), Fraction(1, 8)), Fraction(1, 2)),
    rmsprop(Fraction(1, 64), centered=True),
)


def weights(seed: int) -> dict[str, torch.Tensor]:
    drawn = initial_weights(NETWORK.map.param, NETWORK.names, seed)
    return {name: torch.as_tensor(np.asarray(array)) for name, array in drawn.items()}


def batch(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    x, y = (torch.randn(N, 4, width, generator=generator, dtype=torch.float64) for width in (3, 2))
    return x, y


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("same", [False, True])
def test_member_i_of_a_step_is_the_step_of_member_i(rule: Optimiser, same: bool) -> None:
    engine = TorchEngine("float64")
    whole = EnsembleStep(objective(), rule, N, engine, same_data=same)
    alone = [Step(objective(), rule, engine) for _ in range(N)]
    each = [weights(seed) for seed in range(N)]
    whole.start({name: torch.stack([own[name] for own in each]) for name in each[0]})
    for own, given in zip(alone, each, strict=True):
        own.start(given)
    for seed in range(4):
        x, y = batch(seed)
        losses = whole.step(*((x[0].contiguous(), y[0].contiguous()) if same else (x, y)))
        assert losses.shape == (N,)
        for number, own in enumerate(alone):
            loss = own.step(x[0 if same else number], y[0 if same else number])
            # Sums of at most 12 products of numbers below 8, in two orders, through 4 steps that at most double it.
            torch.testing.assert_close(losses[number], loss, rtol=0, atol=2**-52 * 12 * 64 * 16)
            for one, other in zip(whole.member(number), own.parameters(), strict=True):
                torch.testing.assert_close(one, other, rtol=0, atol=2**-52 * 12 * 64 * 16)
    assert len({float(loss) for loss in losses}) == N
    report = validate(whole, (x[0].contiguous(), y[0].contiguous()) if same else (x, y))
    assert report.verdict is Strength.SAMPLED, report.summary


PACED = (momentum(Fraction(1), Fraction(1, 2)), adamw(Fraction(1), weight_decay=Fraction(1, 2)))


@pytest.mark.parametrize("rule", PACED, ids=lambda rule: rule.name)
@pytest.mark.parametrize("memory", ["stored", "square root"])
def test_an_ensemble_with_a_rate_and_less_memory(memory: str, rule: Optimiser) -> None:
    engine = TorchEngine("float64")
    whole = EnsembleStep(objective(), rule, N, engine, memory=memory, paced=True)
    alone = [Step(objective(), rule, engine, paced=True) for _ in range(N)]
    each = [weights(seed) for seed in range(N)]
    whole.start({name: torch.stack([own[name] for own in each]) for name in each[0]})
    rate = torch.tensor(0.0625, dtype=torch.float64)
    for own, given in zip(alone, each, strict=True):
        own.start(given)
    for seed in range(3):
        x, y = batch(seed)
        losses = whole.step(x, y, rate)
        expected = torch.stack([own.step(x[number], y[number], rate) for number, own in enumerate(alone)])
        torch.testing.assert_close(losses, expected, rtol=0, atol=2**-52 * 12 * 64 * 8)


def test_the_sum_of_the_objectives_is_an_objective() -> None:
    """Any rule that acts entry by entry trains the ensemble as it is, and its loss is the sum."""
    engine, rule = TorchEngine("float64"), gradient_descent(Fraction(1, 8))
    total, apart = LoopStep(ensemble(objective(), N), rule, engine), EnsembleStep(objective(), rule, N, engine)
    given = {name: torch.stack([weights(seed)[name] for seed in range(N)]) for name in NETWORK.names}
    total.start(given)
    apart.start(given)
    x, y = batch(1)
    torch.testing.assert_close(total.step(x, y), apart.step(x, y).sum(), rtol=1e-14, atol=0)
    assert all(torch.equal(one, other) for one, other in zip(total.parameters(), apart.parameters(), strict=True))


def test_losses_cost_nothing_beside_their_sum() -> None:
    engine, rule = TorchEngine("float64"), adam(Fraction(1, 8))
    apart = EnsembleStep(objective(), rule, N, engine)
    one = Step(objective(), rule, engine)
    whole, each = (planned(step.program, step.plan.states, engine, backend="native") for step in (apart, one))
    assert len(whole.calls) <= len(each.calls)
    assert list(leaves(apart.objective.data)) == [Space((N, 4, 3)), Space((N, 4, 2))]


def test_an_exact_step_of_many_members() -> None:
    engine = ModularEngine(Random(3))
    rule = adam(Fraction(1, 64))
    whole, own = ensemble_rule(rule, N), rule
    for shape in ((2, 3), (), (4,)):
        assert whole.state(Space((N, *shape))) == many_of(own.state(Space(shape)), N)
        update = own.update(Space(shape))
        assert whole.update(Space((N, *shape))) == many(update, N)
        assert must_agree(update, 9) > 0
        first = evaluate(own.initial(Space(shape)), (), engine)
        again = evaluate(whole.initial(Space((N, *shape))), (), engine)
        for number in range(N):
            found = member(own.state(Space(shape)), again, number)
            expected = flatten(own.state(Space(shape)), first)
            assert all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))
