"""Losses, optimisers and training steps: their shapes, their values, torch's trajectories."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from verified_cat import loss
from verified_cat.category import Terms, interpret
from verified_cat.components import Components
from verified_cat.errors import BoundaryError
from verified_cat.functions import Functions
from verified_cat.lens import Bundle, Lens, ReverseDerivative
from verified_cat.objects import SCALAR, UNIT, Pair, space
from verified_cat.optimiser import Optimiser, adagrad, adam, gradient_descent, momentum, nesterov, sign_descent
from verified_cat.para import Para, ParaMap
from verified_cat.primitives import multiply
from verified_cat.reference.ieee import NumpyEngine

torch = pytest.importorskip("torch")

ENGINE = NumpyEngine()
FUNCTIONS = Functions(ENGINE)
TENTH, NINE_TENTHS = Fraction(1, 10), Fraction(9, 10)


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
