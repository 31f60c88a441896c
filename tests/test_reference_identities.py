"""Planted identities, true and false: none is decided wrongly, and none of these is left open.

The identities are those that a study of decision procedures for this project collected (activations and their
derivatives, exponentials, trigonometry, gradients of networks), and more of each kind. A gradient of a network is
composed by D and compared with SymPy's derivative of the composite.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import sympy as sp

from verified_cat import primitives as p
from verified_cat.functions import Functions
from verified_cat.gad import reverse_mode
from verified_cat.networks import perceptron
from verified_cat.objects import space
from verified_cat.reference import SympyEngine
from verified_cat.reference.decide import decide, decide_values
from verified_cat.reference.jacobian import entries, matrix, times_vector
from verified_cat.reference.kinked import Relu, Step
from verified_cat.reference.losses import LOSSES, mixes, table
from verified_cat.terms import Term

x, y, z, v = sp.symbols("x y z v", real=True)
exp, sin, cos, tanh, log, sqrt, diff = sp.exp, sp.sin, sp.cos, sp.tanh, sp.log, sp.sqrt, sp.diff


def sigmoid(u: Any) -> Any:
    return 1 / (1 + exp(-u))


def softplus(u: Any) -> Any:
    return log(1 + exp(u))


BEND = sp.Rational(4, 5) * (x + x**3 / 22)
GELU = x * (1 + tanh(BEND)) / 2
MISH = x * tanh(softplus(x))
TRUE = {
    "Pythagoras": (sin(x) ** 2 + cos(x) ** 2, sp.S.One),
    "tanh of twice": (tanh(2 * x), 2 * tanh(x) / (1 + tanh(x) ** 2)),
    "sigmoid by tanh": (sigmoid(2 * x), (1 + tanh(x)) / 2),
    "exp of a sum": (exp(x + y) * exp(-y), exp(x)),
    "hyperbolic": (sp.cosh(x) ** 2 - sp.sinh(x) ** 2, sp.S.One),
    "tanh is sinh/cosh": (tanh(x), sp.sinh(x) / sp.cosh(x)),
    "sin of thrice": (sin(3 * x), 3 * sin(x) - 4 * sin(x) ** 3),
    "product of cosines": (cos(x + y) * cos(x - y), cos(x) ** 2 - sin(y) ** 2),
    "softmax shifted": (exp(x + z) / (exp(x + z) + exp(y + z)), exp(x) / (exp(x) + exp(y))),
    "softmax of two": (exp(x) / (exp(x) + exp(y)), sigmoid(x - y)),
    "tanh is odd": (tanh(x - y), -tanh(y - x)),
    "sigmoid reflected": (1 - sigmoid(x), sigmoid(-x)),
    "half an exponent": (exp(x / 2) ** 2, exp(x)),
    "a tower": (exp(exp(x) + exp(-x)), exp(exp(x)) * exp(exp(-x))),
    "tanh'": (diff(tanh(x**2 * y), x), 2 * x * y * (1 - tanh(x**2 * y) ** 2)),
    "silu'": (diff(x * sigmoid(x), x), sigmoid(x) * (1 + x * (1 - sigmoid(x)))),
    "mish'": (diff(MISH, x), tanh(softplus(x)) + x * (1 - tanh(softplus(x)) ** 2) * sigmoid(x)),
    "gelu'": (
        diff(GELU, x),
        (1 + tanh(BEND)) / 2 + x * (1 - tanh(BEND) ** 2) * sp.Rational(4, 5) * (1 + 3 * x**2 / 22) / 2,
    ),
    "softplus'": (diff(softplus(x), x), sigmoid(x)),
    "softplus reflected": (softplus(x) - softplus(-x), x),
    "sigmoid''": (diff(sigmoid(x), x, 2), sigmoid(x) * (1 - sigmoid(x)) * (1 - 2 * sigmoid(x))),
    "log of a product": (log(exp(x) * (1 + y**2)), x + log(1 + y**2)),
    "sqrt'": (diff(sqrt(1 + x**2), x), x / sqrt(1 + x**2)),
    "sqrt of a product": (sqrt(1 + x**2) ** 3, (1 + x**2) * sqrt(1 + x**2)),
    "leaky relu": (Relu(x) - Relu(-x) / 10, sp.Piecewise((x, x > 0), (x / 10, True))),
    "relu twice": (Relu(Relu(x)) * Step(x), Relu(x)),
    "max by relu": (Relu(x - y) + y, sp.Piecewise((x, x > y), (y, True))),
    "rational": (1 / (1 + 1 / (1 + x**2)), (1 + x**2) / (2 + x**2)),
    "binomial": ((x + y) ** 7, sp.expand((x + y) ** 7)),
}
FALSE = {
    "tanh' with +": (diff(tanh(x**2 * y), x), 2 * x * y * (1 + tanh(x**2 * y) ** 2)),
    "sin of thrice": (sin(3 * x), 3 * sin(x) - 4 * sin(x) ** 2),
    "softmax of two": (exp(x) / (exp(x) + exp(y)), sigmoid(x + y)),
    "by one in a billion": (tanh(x), tanh(x) + x / 10**9),
    "silu'": (diff(x * sigmoid(x), x), sigmoid(x) * (1 + x * sigmoid(x))),
    "mish'": (diff(MISH, x), tanh(softplus(x)) + x * (1 - tanh(softplus(x)) ** 2)),
    "sigmoid''": (diff(sigmoid(x), x, 2), sigmoid(x) * (1 - sigmoid(x))),
    "softplus": (softplus(x), Relu(x)),
    "sqrt of a sum": (sqrt(1 + x**2), 1 + sqrt(x**2)),
    "log of a sum": (log(1 + exp(x)), x),
    "relu of a sum": (Relu(x + y), Relu(x) + Relu(y)),
    "step at 0": (Step(x), sp.Piecewise((1, x >= 0), (0, True))),
    "cos of a sum": (cos(x + y), cos(x) * cos(y) + sin(x) * sin(y)),
    "Taylor": (exp(x), sum(x**k / sp.factorial(k) for k in range(30))),
    "tanh and sigmoid": (tanh(x), 2 * sigmoid(x) - 1),
}
NETWORKS = [((1, 1, 1), p.tanh), ((1, 1, 1, 1), p.tanh), ((2, 2, 2), p.tanh), ((2, 2, 2), p.sigmoid),
            ((2, 2, 2, 2), p.tanh), ((3, 3, 3), p.sin), ((2, 3, 1), p.exp), ((2, 2, 1), p.relu)]  # fmt: skip


@pytest.mark.parametrize("name", TRUE)
def test_true(name: str) -> None:
    lhs, rhs = TRUE[name]
    assert decide(lhs, rhs).verdict == "equal", str(decide(lhs, rhs))


@pytest.mark.parametrize("name", FALSE)
def test_false(name: str) -> None:
    decision = decide(*FALSE[name])
    assert decision.verdict == "different" and decision.witness is not None, str(decision)


def gradients(term: Term) -> tuple[list[Any], list[Any]]:
    """(by D, by SymPy): all partial derivatives of ⟨w, f⟩."""
    engine = SympyEngine()
    point, cotangent = engine.symbols(term.dom), engine.symbols(term.cod, "w")
    by_d = entries(term.dom, reverse_mode(engine).differentiate(term)(point)[1](cotangent))
    outputs = entries(term.cod, Functions(engine).meaning(term)(point))
    jacobian = matrix(outputs, entries(term.dom, point))
    return by_d, times_vector(jacobian.T, entries(term.cod, cotangent))


@pytest.mark.parametrize(("widths", "activation"), NETWORKS, ids=lambda each: getattr(each, "__name__", str(each)))
def test_gradients_of_networks_true_and_false(widths: tuple[int, ...], activation: Any) -> None:
    found, wanted = gradients(perceptron(1, widths, activation).map.inside)
    ob = space(len(found))
    assert decide_values(ob, tuple(found), tuple(wanted)).verdict == "equal"
    for wrong in ([2 * found[0], *found[1:]], [-each for each in found], [*found[:-1], found[-1] + found[0]]):
        assert decide_values(ob, tuple(wrong), tuple(wanted)).verdict == "different"


def test_they_are_many() -> None:
    assert len(TRUE) + len(FALSE) + 4 * len(NETWORKS) >= 70


def test_no_verdict_asks_sympy_to_simplify_or_reads_a_string() -> None:
    forbidden = re.compile(
        r"\b(n?simplify|sympify|lambdify|parse_expr|(?<!def )eval|exec|(trig|pow|rad|log|comb)\w*simp)\s*\("
        r"|\.equals\s*\("
    )
    folder = Path(__file__).parents[1] / "reference"
    found = [
        f"{file.name}:{number}: {line.strip()}"
        for file in sorted(folder.glob("*.py"))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if forbidden.search(line)
    ]
    assert not found, "\n".join(found)
    assert forbidden.search("return sp.simplify(x)") and forbidden.search("trigsimp(x)") and forbidden.search("eval(s)")


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)
def test_what_is_said_of_each_error_is_shown(loss: Any) -> None:
    assert loss.faults() == []


def test_a_wrong_entry_of_the_table_of_errors_is_noticed() -> None:
    from dataclasses import replace

    quadratic, hinge, margin = (
        next(each for each in LOSSES if each.name == name) for name in ("quadratic", "hinge", "log-cosh")
    )
    wrong = [
        replace(quadratic, inverse=x - v - 1),
        replace(quadratic, inverse=None),
        replace(quadratic, slope=2 * quadratic.slope),
        replace(quadratic, get_put=False),
        replace(hinge, collision=None),
        replace(hinge, collision=(sp.S.Zero, sp.S.One, sp.Integer(2))),
        replace(margin, rest=None),
        replace(margin, rest=-2 / (1 + exp(2 * (x - y)))),
    ]
    assert all(each.faults() for each in wrong)
    assert mixes() == "different" and len(table()) == len(LOSSES) + 3
