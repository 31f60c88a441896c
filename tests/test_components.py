"""Losses, optimisers and training steps: their shapes, their values, torch's trajectories."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verified_cat import loss, rules
from verified_cat.category import Terms, interpret
from verified_cat.components import Components, scaled
from verified_cat.errors import BoundaryError
from verified_cat.functions import Functions
from verified_cat.lens import Bundle, Lens, ReverseDerivative
from verified_cat.objects import SCALAR, UNIT, Pair, space
from verified_cat.optimiser import Optimiser, adagrad, adam, gradient_descent, momentum, nesterov, sign_descent
from verified_cat.para import Para, ParaMap
from verified_cat.primitives import contract, matvec, multiply, sigmoid
from verified_cat.reference.ieee import NumpyEngine
from verified_cat.terms import First, Second, Term

torch = pytest.importorskip("torch")

ENGINE = NumpyEngine()
FUNCTIONS = Functions(ENGINE)
TENTH, NINE_TENTHS, HALF = Fraction(1, 10), Fraction(9, 10), Fraction(1, 2)


def value(term: Any, exact: Any) -> Any:
    """The value of a term at an exact point, as floats."""
    return ENGINE.lower(term.cod, FUNCTIONS.meaning(term)(ENGINE.lift(term.dom, exact)))


def trajectory(rule: Optimiser, steps: int = 5) -> list[float]:
    """Where the gradient of p² / 2 + p³ / 3 is asked for, step after step, from p = 1."""
    update, ask = (FUNCTIONS.meaning(term).run for term in (rule.update(SCALAR), rule.ask(SCALAR)))
    held = FUNCTIONS.meaning(rule.initial(SCALAR))(()), ENGINE.lift(SCALAR, (Fraction(1),))
    seen = []
    for _ in range(steps):
        p = ask(held)
        seen.append(float(p))
        held = update((held, p + p * p))
    return seen


def torch_trajectory(make: Any, steps: int = 5) -> list[float]:
    """The same with an optimiser of torch."""
    p = torch.nn.Parameter(torch.tensor(1.0, dtype=torch.float64))
    rule, seen = make([p]), []
    for _ in range(steps):
        seen.append(float(p.detach()))
        p.grad = (p + p * p).detach()
        rule.step()
    return seen


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (gradient_descent(TENTH), lambda p: torch.optim.SGD(p, lr=0.1)),
        (momentum(TENTH, NINE_TENTHS), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
        (nesterov(TENTH, NINE_TENTHS), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True)),
        (adagrad(TENTH), lambda p: torch.optim.Adagrad(p, lr=0.1, eps=1e-10)),
        (adam(TENTH), lambda p: torch.optim.Adam(p, lr=0.1)),
    ],
    ids=["gradient descent", "momentum", "nesterov", "adagrad", "adam"],
)
def test_the_trajectory_is_that_of_torch(ours: Optimiser, theirs: Any) -> None:
    assert trajectory(ours) == pytest.approx(torch_trajectory(theirs), rel=1e-12)


@pytest.mark.parametrize("rule", [momentum(TENTH, NINE_TENTHS), nesterov(TENTH, NINE_TENTHS), adam(TENTH)])
def test_an_optimiser_is_a_lens(rule: Optimiser) -> None:
    param = Pair(space(2, 3), Pair(UNIT, SCALAR))
    lens = rule.lens(param)
    held = Pair(rule.state(param), param)
    assert (lens.dom, lens.cod) == (Bundle(held, held), Bundle(param, param))


def test_signs_alone_count() -> None:
    """p - ε sign(g), and no step at 0."""
    held, gradient = ((), (Fraction(1), Fraction(2), Fraction(3))), (Fraction(-5), Fraction(0), Fraction(1, 8))
    moved = value(sign_descent(TENTH).update(space(3)), (held, gradient))
    assert moved == ((), pytest.approx((1.1, 2.0, 2.9)))


def test_nesterov_asks_ahead_on_every_leaf() -> None:
    asked = value(nesterov(TENTH, Fraction(1, 2)).ask(Pair(SCALAR, UNIT)), (((Fraction(4),), ()), ((Fraction(1),), ())))
    assert asked == ((pytest.approx(1 - 0.1 * 0.5 * 4),), ())


def test_softmax_and_cross_entropy_are_those_of_torch() -> None:
    logits, target = (Fraction(1), Fraction(-2), Fraction(3), Fraction(1, 2)), (Fraction(1, 4),) * 4
    x, t = (torch.tensor([float(n) for n in each], dtype=torch.float64) for each in (logits, target))
    assert value(loss.softmax(4), logits) == pytest.approx(torch.softmax(x, 0).tolist(), rel=1e-14)
    assert value(loss.log_sum_exp(4), logits) == pytest.approx([float(torch.logsumexp(x, 0))], rel=1e-14)
    assert value(loss.cross_entropy(4), (target, logits))[0] == pytest.approx(
        float(torch.nn.functional.cross_entropy(x, t)), rel=1e-14
    )


@pytest.mark.parametrize("length", range(1, 8))
def test_largest(length: int) -> None:
    numbers = tuple(Fraction((7 * k) % 11 - 20) for k in range(length))
    assert value(loss.largest(length), numbers) == (float(max(numbers)),)


def test_an_empty_vector_has_no_largest_entry() -> None:
    with pytest.raises(ValueError, match="no largest entry"):
        loss.largest(0)


def test_one_step_on_numbers() -> None:
    """p a = 6 against the target 4 at p = 2, a = 3: the gradient is 6 for p and 4 for a."""
    known, lenses = Components(), ReverseDerivative(Terms())
    scalar = Bundle(SCALAR, SCALAR)
    model = ParaMap(scalar, scalar, scalar, interpret(multiply(()), lenses))
    error = ParaMap(scalar, scalar, scalar, interpret(known.quadratic(SCALAR), lenses))
    para: Para[Any] = Para(Lens(Terms()))
    rate, update = known.learning_rate(Fraction(-1, 8), SCALAR), known.gradient_update(SCALAR)
    two, three, four = ((Fraction(n),) for n in (2, 3, 4))
    assert value(known.training(para, model, update, error, rate), ((two, three), four)) == (2 - 6 / 8,)
    assert value(known.dreaming(para, model, update, error, rate), ((three, two), four)) == (3 - 4 / 8,)


def test_an_optimiser_of_other_parameters_is_refused() -> None:
    known, lenses = Components(), ReverseDerivative(Terms())
    scalar = Bundle(SCALAR, SCALAR)
    model = ParaMap(scalar, scalar, scalar, interpret(multiply(()), lenses))
    error = ParaMap(scalar, scalar, scalar, interpret(known.quadratic(SCALAR), lenses))
    rate = known.learning_rate(TENTH, SCALAR)
    with pytest.raises(BoundaryError, match="reparametrisation"):
        known.training(Para(Lens(Terms())), model, known.gradient_update(space(2)), error, rate)


# ------------------------------------------------------------------------------------------------ what the laws are of

KNOWN = Components()
PARAM = Pair(space(2), SCALAR)
A, B, C, E = Fraction(1, 3), Fraction(1, 5), Fraction(1, 7), Fraction(1, 11)

OPTIMISERS: list[tuple[Callable[[], Optimiser], Optimiser]] = [
    (lambda: KNOWN.gradient_descent(A), gradient_descent(A)),
    (lambda: KNOWN.momentum(A, B), momentum(A, B)),
    (lambda: KNOWN.nesterov(A, B), nesterov(A, B)),
    (lambda: KNOWN.sign_descent(A), sign_descent(A)),
    (lambda: KNOWN.adagrad(A, B), adagrad(A, B)),
    (lambda: KNOWN.adam(A, B, C, E), adam(A, B, C, E)),
    (lambda: KNOWN.damped_momentum(A, B, C), rules.damped_momentum(A, B, C)),
    (lambda: KNOWN.look_ahead_momentum(A, B), rules.damped_momentum(A, B, Fraction(0), look_ahead=True)),
    (lambda: KNOWN.rmsprop(A, B, C), rules.rmsprop(A, B, C)),
    (lambda: KNOWN.centered_rmsprop(A, B, C), rules.rmsprop(A, B, C, centered=True)),
    (lambda: KNOWN.adamw(A, B, C, E, Fraction(1, 13)), rules.adamw(A, B, C, E, Fraction(1, 13))),
    (lambda: KNOWN.decayed_momentum(A, B, C), rules.decayed(momentum(A, B), C)),
]


@pytest.mark.parametrize(("make", "expected"), OPTIMISERS, ids=lambda part: getattr(part, "name", ""))
def test_the_rules_that_laws_speak_of_are_those_of_the_package(
    make: Callable[[], Optimiser], expected: Optimiser
) -> None:
    found = make()
    assert found.name == expected.name
    for one, other in ((found.update, expected.update), (found.initial, expected.initial), (found.ask, expected.ask)):
        assert one(PARAM) is other(PARAM)


def test_all_rules_are_told_apart() -> None:
    assert len({(make().update(PARAM), make().ask(PARAM)) for make, _ in OPTIMISERS}) == len(OPTIMISERS)


def test_the_losses_that_laws_speak_of_are_those_of_the_package() -> None:
    assert KNOWN.quadratic(PARAM) is loss.QUADRATIC.total(PARAM)
    assert KNOWN.cross_entropy(3) is loss.cross_entropy(3) and KNOWN.dot(3) is loss.dot(3)
    assert KNOWN.softplus((2, 3)) is loss.softplus((2, 3)) and KNOWN.sigmoid((2, 3)) is sigmoid((2, 3))
    assert KNOWN.log_sum_exp(3) is loss.log_sum_exp(3)


def numbers(*each: int) -> tuple[Fraction, ...]:
    return tuple(Fraction(one, 4) for one in each)


def test_gradients_of_losses_by_hand(plain: Functions) -> None:
    """((t, x), α) with t = (1/4, 1/2), x = (5/4, -1/4) and α = 2, exactly."""
    pair, t, x, two = space(2), numbers(1, 2), numbers(5, -1), (Fraction(2),)
    assert plain.meaning(KNOWN.quadratic_gradient(pair))(((t, x), two)) == (numbers(-8, 6), numbers(8, -6))
    assert plain.meaning(KNOWN.dot_gradient(2))(((t, x), two)) == (numbers(10, -2), numbers(2, 4))
    nested = Pair(pair, SCALAR)
    found = plain.meaning(KNOWN.quadratic_gradient(nested))((((t, two), (x, (Fraction(5),))), two))
    assert found == ((numbers(-8, 6), (-6,)), (numbers(8, -6), (6,)))


def test_the_gradient_of_cross_entropy_by_hand(plain: Functions) -> None:
    """(-α log s, α ((Σ t) s - t)) with s = softmax(x); t need not sum to 1."""
    t, x, factor = (0.5, 2.0), (1.0, -1.0), 3.0
    share = [math.exp(each) / (math.exp(1) + math.exp(-1)) for each in x]
    found = plain.meaning(KNOWN.cross_entropy_gradient(2))(((t, x), (factor,)))
    assert found[0] == pytest.approx([-factor * math.log(each) for each in share], rel=1e-13)
    assert found[1] == pytest.approx(
        [factor * (2.5 * s - wanted) for s, wanted in zip(share, t, strict=True)], rel=1e-13
    )


def test_vectors_times_numbers(plain: Functions) -> None:
    """c ↦ factor(c) · vector(c), on spaces with and without axes, and on 1."""
    ob = Pair(Pair(space(2), UNIT), SCALAR)
    term = scaled(First(ob, SCALAR), Second(ob, SCALAR), ob)
    assert (term.dom, term.cod) == (Pair(ob, SCALAR), ob)
    assert plain.meaning(term)(((((1, 2), ()), (3,)), (5,))) == (((5, 10), ()), (15,))


def test_learning_rates_and_updates_are_lenses(plain: Functions) -> None:
    rate, update = KNOWN.learning_rate(A, space(2)), KNOWN.gradient_update(space(2))
    assert (rate.dom, rate.cod) == (Bundle(space(2), space(2)), Bundle(UNIT, UNIT))
    assert plain.meaning(rate.put)(((4, 5), ())) == (A, A)
    assert (update.dom, update.cod) == (Bundle(space(2), space(2)),) * 2
    assert plain.meaning(update.get)((1, 2)) == (1, 2) and plain.meaning(update.put)(((1, 2), (10, 20))) == (11, 22)


def test_one_step_with_spaces_that_differ(plain: Functions) -> None:
    """p : R[2] held with a moment, a : R[2] ↦ p · a in R; the boundaries, and the numbers by hand."""
    lenses: ReverseDerivative[Term] = ReverseDerivative(Terms())
    two, one = Bundle(space(2), space(2)), Bundle(SCALAR, SCALAR)
    model = ParaMap(two, two, one, interpret(contract("i,i->", (2,), (2,)), lenses))
    error = ParaMap(one, one, one, interpret(KNOWN.quadratic(SCALAR), lenses))
    rate, rule = KNOWN.learning_rate(Fraction(-1, 2), SCALAR), momentum(Fraction(1), HALF)
    para: Para[Any] = Para(Lens(Terms()))
    held = Pair(space(2), space(2))
    step = KNOWN.training(para, model, KNOWN.momentum(Fraction(1), HALF).lens(space(2)), error, rate)
    assert (step.dom, step.cod) == (Pair(Pair(held, space(2)), SCALAR), held)
    assert rule.state(space(2)) == space(2)
    assert [len(part) for part in plain.meaning(step)(((((1, 2), (3, 4)), (5, 6)), (7,)))] == [2, 2]
    dream = KNOWN.dreaming(para, model, KNOWN.gradient_update(space(2)), error, rate)
    assert (dream.dom, dream.cod) == (Pair(Pair(space(2), space(2)), SCALAR), space(2))
    found = plain.meaning(dream)((((1, 2), (3, 4)), (7,)))  # a p = 11, against 7: a - 4 p / 2
    assert found == (1 - 2 * 3, 2 - 2 * 4)


def test_dreams_are_of_the_input_and_not_of_the_parameters(plain: Functions) -> None:
    """W : R[2,3] and a : R[3], against t : R[2]: a - 1/2 · Wᵀ (W a - t)."""
    lenses: ReverseDerivative[Term] = ReverseDerivative(Terms())
    w, a, b = (Bundle(ob, ob) for ob in (space(2, 3), space(3), space(2)))
    model = ParaMap(w, a, b, interpret(matvec(2, 3), lenses))
    error = ParaMap(b, b, Bundle(SCALAR, SCALAR), interpret(KNOWN.quadratic(space(2)), lenses))
    rate = KNOWN.learning_rate(-HALF, SCALAR)
    dream = KNOWN.dreaming(Para(Lens(Terms())), model, KNOWN.gradient_update(space(3)), error, rate)
    assert (dream.dom, dream.cod) == (Pair(Pair(space(3), space(2, 3)), space(2)), space(3))
    weight, point, target = (1, 0, 2, 0, 3, 1), (1, 1, 1), (1, 2)  # W a = (3, 4), off by (2, 2)
    assert plain.meaning(dream)(((point, weight), target)) == (1 - 1, 1 - 3, 1 - 3)
