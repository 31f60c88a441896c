"""D on tensors against the exact reference and against autograd, on networks small enough to decide."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import count
from typing import Any

import numpy as np
import pytest
import sympy as sp

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import primitives as table  # noqa: E402
from verified_cat.functions import Functions, Run  # noqa: E402
from verified_cat.gad import forward_mode, reverse_mode  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.training import descent, start, weights_of  # noqa: E402
from verified_cat.networks import Network, Objective, mean_square, perceptron, supervised  # noqa: E402
from verified_cat.objects import SCALAR, Ob, Space, flatten, fold, size  # noqa: E402
from verified_cat.optimiser import Optimiser, adam, gradient_descent, momentum  # noqa: E402
from verified_cat.primitives import Primitive  # noqa: E402
from verified_cat.reference.engine import SympyEngine  # noqa: E402
from verified_cat.terms import Operation  # noqa: E402

ROWS, WIDTHS = 3, (4, 5, 2)
ROUNDOFF = {"float64": Fraction(1, 2**53), "float32": Fraction(1, 2**24)}
ROUNDINGS = 2 * (sum(WIDTHS) + ROWS) + 16
"""At least the roundings on any path of a step: the lengths of its sums, and the operations between them."""


def small(activation: Callable[[tuple[int, ...]], Any]) -> tuple[Network, Objective]:
    network = perceptron(ROWS, WIDTHS, activation)
    return network, supervised(network.map, mean_square(ROWS, WIDTHS[-1]))


def exact_point(ob: Ob) -> Any:
    """Eighths that every engine holds exactly, none of them 0: (7 k mod 23 - 11) / 8, and 3/16 instead of 0."""
    numbers = count(1)

    def leaf(space: Space) -> tuple[Fraction, ...]:
        entries = (Fraction((7 * next(numbers)) % 23 - 11, 8) for _ in range(size(space)))
        return tuple(entry or Fraction(3, 16) for entry in entries)

    return fold(ob, unit=(), leaf=leaf, pair=lambda left, right: (left, right))


class Absolute:
    """The engine on absolute values: every number and sign made positive, relu as if always on. Bounds rounding errors.

    A program of sums and products, run in floats, errs by at most γ_k times its run here (Higham 2002, section 3.1).
    """

    name, precision = "absolute values", "float64"

    def __init__(self) -> None:
        self.engine = TorchEngine()

    def operation(self, operation: Operation) -> Run:
        assert isinstance(operation, Primitive)
        name, arguments = operation.name, operation.arguments
        if name in ("negate", "relu"):
            return lambda x: x
        if name == "step":
            return torch.ones_like  # type: ignore[no-any-return]
        if name == "scale":
            return self.engine.operation(Primitive("scale", (abs(arguments[0]), arguments[1])))
        if name == "constant":
            return self.engine.operation(Primitive("constant", (arguments[0], tuple(map(abs, arguments[1])))))
        assert name in ("add", "sum", "broadcast", "reshape", "permute", "multiply", "contract"), name
        return self.engine.operation(operation)


def gradient(engine: Any, objective: Objective, exact: Any) -> tuple[Any, list[Any]]:
    """The loss, and the leaves of the cotangent of parameters and data, lowered."""
    differentiated = reverse_mode(engine).differentiate(objective.term)
    lifting = engine if hasattr(engine, "lift") else engine.engine
    loss, pullback = differentiated(lifting.lift(objective.term.dom, exact))
    back = pullback(lifting.lift(SCALAR, (Fraction(1),)))
    return lifting.lower(SCALAR, loss)[0], flatten(objective.term.dom, lifting.lower(objective.term.dom, back))


def absolute(ob: Ob, exact: Any) -> Any:
    return fold(ob, unit=lambda _: (), leaf=lambda _: lambda v: tuple(map(abs, v)), pair=_both)(exact)


def _both(left: Callable[[Any], Any], right: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: (left(value[0]), right(value[1]))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_relu_network_against_the_exact_reference(dtype: str) -> None:
    """Every entry of the gradient is an exact rational; the floats are within γ_k times the run on absolute values."""
    _, objective = small(table.relu)
    point = exact_point(objective.term.dom)
    exact_loss, exact_leaves = gradient(SympyEngine(), objective, point)
    loss, leaves = gradient(TorchEngine(dtype), objective, point)
    largest_loss, largest = gradient(Absolute(), objective, absolute(objective.term.dom, point))
    gamma = ROUNDINGS * ROUNDOFF[dtype] / (1 - ROUNDINGS * ROUNDOFF[dtype])
    assert abs(Fraction(loss) - fraction(exact_loss)) <= gamma * Fraction(largest_loss)
    compared = 0
    for entries, exact_entries, bounds in zip(leaves, exact_leaves, largest, strict=True):
        for entry, exact_entry, bound in zip(entries, exact_entries, bounds, strict=True):
            assert abs(Fraction(entry) - fraction(exact_entry)) <= gamma * Fraction(bound)
            compared += exact_entry != 0
    assert compared > size(objective.param) // 2, "most of the gradient must not be zero"


def fraction(exact: Any) -> Fraction:
    number = sp.Rational(exact)
    return Fraction(int(number.p), int(number.q))


def test_smooth_network_against_the_exact_reference() -> None:
    """Against 50 digits of the exact expressions, within 2^10 units of rounding of the largest entry of each leaf."""
    network = perceptron(2, (2, 2, 1), table.tanh)
    objective = supervised(network.map, mean_square(2, 1))
    point = exact_point(objective.term.dom)
    _, exact_leaves = gradient(SympyEngine(), objective, point)
    _, leaves = gradient(TorchEngine(), objective, point)
    for entries, exact_entries in zip(leaves, exact_leaves, strict=True):
        digits = [Fraction(str(entry.evalf(50))) for entry in exact_entries]
        assert any(digits)
        allowed = 2**10 * ROUNDOFF["float64"] * max(map(abs, digits))
        assert all(abs(Fraction(a) - b) <= allowed for a, b in zip(entries, digits, strict=True))


# ---------------------------------------------------------------------------------------------- against autograd


def arrays(network: Network, seed: int = 0) -> dict[str, Any]:
    numbers = np.random.Generator(np.random.Philox(seed))
    leaves = flatten(network.map.param, fold(network.map.param, unit=(), leaf=lambda x: x, pair=lambda a, b: (a, b)))
    return {name: numbers.uniform(-1, 1, leaf.shape) for name, leaf in zip(network.names, leaves, strict=True)}


def batch(seed: int = 1) -> tuple[Any, Any]:
    numbers = np.random.Generator(np.random.Philox(seed))
    return tuple(torch.from_numpy(numbers.uniform(-1, 1, shape)) for shape in ((ROWS, WIDTHS[0]), (ROWS, WIDTHS[-1])))


def autograd_loss(leaves: list[Any], x: Any, y: Any, activation: Callable[[Any], Any]) -> Any:
    w1, b1, w2, b2 = leaves
    return ((activation(x @ w1 + b1) @ w2 + b2 - y) ** 2).sum() / len(x)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "relu", "sin", "exp"])
def test_dense_network_against_autograd(name: str) -> None:
    """D and autograd, both in float64: within 2^10 units of rounding of the largest entry of each leaf."""
    network, objective = small(getattr(table, name))
    weights, (x, y) = arrays(network), batch()
    leaves = [torch.from_numpy(array).requires_grad_() for array in weights.values()]
    expected = autograd_loss(leaves, x, y, getattr(torch, name))
    expected.backward()
    engine = TorchEngine()
    _, param = start(objective.param, gradient_descent(Fraction(1)), weights, engine)
    loss, pullback = reverse_mode(engine).differentiate(objective.term)((param, (x, y)))
    found, _ = pullback(engine.tensor((), (Fraction(1),)))
    assert abs(float(loss) - float(expected.detach())) <= 2**-43 * float(expected.detach())
    for ours, leaf in zip(flatten(objective.param, found), leaves, strict=True):
        assert not ours.requires_grad
        assert torch.max(torch.abs(ours - leaf.grad)) <= 2**-43 * torch.max(torch.abs(leaf.grad))


def test_forward_mode_is_the_adjoint_of_reverse_mode() -> None:
    """⟨J v, w⟩ = ⟨v, Jᵀ w⟩ on a whole network, by both constructions on the same kernels."""
    network, _ = small(table.tanh)
    engine, term = TorchEngine(), network.map.inside
    point = engine.lift(term.dom, exact_point(term.dom))
    v, w = engine.lift(term.dom, exact_point(term.dom)), engine.lift(term.cod, exact_point(term.cod))
    _, push = forward_mode(engine).differentiate(term)(point)
    _, pull = reverse_mode(engine).differentiate(term)(point)
    left = torch.sum(push(v) * w)
    products = zip(flatten(term.dom, v), flatten(term.dom, pull(w)), strict=True)
    right = sum(float(torch.sum(a * b)) for a, b in products)
    assert abs(float(left) - right) <= 2**-43 * abs(right)


@pytest.mark.parametrize(
    ("rule", "reference"),
    [
        (gradient_descent(Fraction(1, 10)), lambda leaves: torch.optim.SGD(leaves, lr=0.1)),
        (momentum(Fraction(1, 10), Fraction(9, 10)), lambda leaves: torch.optim.SGD(leaves, lr=0.1, momentum=0.9)),
        (adam(Fraction(1, 10)), lambda leaves: torch.optim.Adam(leaves, lr=0.1)),
    ],
    ids=["gradient descent", "momentum", "adam"],
)
def test_steps_against_torch_optim(rule: Optimiser, reference: Callable[[list[Any]], Any]) -> None:
    """The parameters after each of five steps. Adam divides by √v, where errors may grow: 2^16 units of rounding."""
    network, objective = small(table.tanh)
    weights, data = arrays(network), batch()
    leaves = [torch.from_numpy(array.copy()).requires_grad_() for array in weights.values()]
    theirs = reference(leaves)
    engine = TorchEngine()
    state, ours = start(objective.param, rule, weights, engine), descent(objective, rule, engine)
    for _ in range(5):
        theirs.zero_grad()
        autograd_loss(leaves, *data, torch.tanh).backward()
        theirs.step()
        state, _ = ours(state, data)
        reached = weights_of(objective.param, network.names, state[1], engine)
        for array, leaf, first in zip(reached.values(), leaves, weights.values(), strict=True):
            assert np.max(np.abs(array - leaf.detach().numpy())) <= 2**-37
            assert np.max(np.abs(array - first)) > 1e-4, "the step moved nothing"


def test_update_does_not_write_to_the_state() -> None:
    network, objective = small(table.relu)
    engine, rule, weights = TorchEngine(), momentum(Fraction(1, 2), Fraction(1, 2)), arrays(network)
    state = start(objective.param, rule, weights, engine)
    step = descent(objective, rule, engine)
    state, _ = step(state, batch())
    before = [leaf.clone() for leaf in flatten(objective.param, state[1])]
    step(state, batch(2))
    assert all(torch.equal(a, b) for a, b in zip(before, flatten(objective.param, state[1]), strict=True))


def test_meaning_and_value_of_d_agree() -> None:
    """The value part of D(term) is the term itself, bit for bit: they run the same kernels in the same order."""
    network, _ = small(table.sigmoid)
    engine, term = TorchEngine(), network.map.inside
    point = engine.lift(term.dom, exact_point(term.dom))
    value, _ = reverse_mode(engine).differentiate(term)(point)
    assert torch.equal(value, Functions(engine).meaning(term)(point))
