"""The familiar errors e, and which of them L_{ε,e} admits: y ↦ ∂e/∂x(x₀, y) has to be a bijection for every x₀.

Fong, Spivak and Tuyéras 2019, Theorem III.2. Each entry carries what shows it: an inverse that is decided to be one on
both sides, two values of y with one derivative, a derivative that stays below a bound, or coordinates that mix.
``python reference/losses.py`` prints the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import sympy as sp

from verified_cat.reference.decide import decide
from verified_cat.reference.evaluate import enclose
from verified_cat.reference.kinked import Relu, Step

Expression = Any
Reason = Literal["admitted", "not injective", "not surjective", "outside its domain", "not separable"]

x, y, v = sp.symbols("x y v", real=True)


def sigmoid(u: Expression) -> Expression:
    """1 / (1 + e^-u)."""
    return 1 / (1 + sp.exp(-u))


@dataclass(frozen=True, slots=True)
class Loss:
    """e(x, y) with ∂e/∂x, and what shows that L admits it or not.

    ``inverse`` is the y with ∂e/∂x(x, y) = v, in x and v. ``collision`` is (x₀, y₁, y₂) with y₁ ≠ y₂ and one
    derivative. ``rest`` is 1 - ∂e/∂x, for an e whose derivative never reaches 1. ``outside`` is (x₀, v) for which the
    inverse leaves the values that y may have, [0, 1].
    """

    name: str
    error: str
    slope: Expression
    reason: Reason
    value: Expression | None = None
    inverse: Expression | None = None
    collision: tuple[Expression, Expression, Expression] | None = None
    rest: Expression | None = None
    outside: tuple[Expression, Expression] | None = None
    get_put: bool = False

    def faults(self) -> list[str]:
        """What of the entry is not shown; there should be nothing."""
        found = self._inverse_faults() + self._witness_faults()
        if self.value is not None and decide(sp.diff(self.value, x), self.slope).verdict != "equal":
            found.append("the slope is not the derivative of the error")
        if self.reason == "admitted" and self.inverse is None:
            found.append("it is admitted without an inverse")
        if self.get_put != (decide(self.slope.subs(y, x), sp.S.Zero).verdict == "equal"):
            found.append("∂e/∂x(x, x) = 0 is said wrongly")
        return found

    def _inverse_faults(self) -> list[str]:
        if self.inverse is None:
            return []
        there = decide(self.slope.subs(y, self.inverse), v).verdict
        back = decide(self.inverse.subs(v, self.slope), y).verdict
        return [] if there == back == "equal" else ["the inverse is none"]

    def _witness_faults(self) -> list[str]:
        found = []
        if self.collision is not None:
            start, one, two = self.collision
            values = [self.slope.subs({x: start, y: each}) for each in (one, two)]
            if decide(*values).verdict != "equal" or one == two:
                found.append("the two derivatives do not collide")
        if self.rest is not None and not self._stays_below_one():
            found.append("the derivative is not shown to stay below 1")
        if self.outside is not None and self.inverse is not None:
            start, wanted = self.outside
            (there,) = enclose([self.inverse.subs({x: start, v: wanted})], {})
            if 0 <= there.low <= 1:
                found.append("the inverse stays in [0, 1]")
        needed = {"not injective": self.collision, "not surjective": self.rest, "outside its domain": self.outside}
        if self.reason in needed and needed[self.reason] is None:
            found.append("there is no witness")
        return found

    def _stays_below_one(self) -> bool:
        """1 - ∂e/∂x = rest, and rest > 0 for all x and y."""
        same, positive = decide(1 - self.slope, self.rest), decide(Step(self.rest), sp.S.One)
        return same.verdict == positive.verdict == "equal"

    @property
    def witness(self) -> str:
        """What shows the verdict, in words."""
        if self.collision is not None:
            start, one, two = self.collision
            return f"x₀ = {start}: y = {one} and y = {two}"
        if self.rest is not None:
            return f"∂e/∂x = 1 - {self.rest} < 1"
        if self.outside is not None:
            return f"x₀ = {self.outside[0]}, v = {self.outside[1]}: y = {self.inverse} leaves [0, 1]"
        return f"y = {self.inverse}" if self.inverse is not None else "∂e/∂x₁ depends on x₂"


def _piece(u: Expression) -> Expression:
    """u clipped to [-1, 1]."""
    return Relu(u + 1) - Relu(u - 1) - 1


half = sp.Rational(1, 2)
LOSSES: tuple[Loss, ...] = (
    Loss("quadratic", "½ (x - y)²", x - y, "admitted", (x - y) ** 2 / 2, x - v, get_put=True),
    Loss("dot product", "x y", y, "admitted", x * y, v),
    Loss(
        "cross-entropy on logits",
        "log(1 + eˣ) - x y",
        sigmoid(x) - y,
        "admitted",
        sp.log(1 + sp.exp(x)) - x * y,
        sigmoid(x) - v,
    ),
    Loss("Poisson", "eˣ - x y", sp.exp(x) - y, "admitted", sp.exp(x) - x * y, sp.exp(x) - v),
    Loss(
        "absolute",
        "|x - y|",
        Step(x - y) - Step(y - x),
        "not injective",
        collision=(sp.S.Zero, sp.S.One, sp.Integer(2)),
        get_put=True,
    ),
    Loss(
        "Huber",
        "Huber(x - y)",
        _piece(x - y),
        "not injective",
        collision=(sp.S.Zero, sp.Integer(2), sp.Integer(3)),
        get_put=True,
    ),
    Loss(
        "Cauchy",
        "log(1 + (x - y)²)",
        2 * (x - y) / (1 + (x - y) ** 2),
        "not injective",
        sp.log(1 + (x - y) ** 2),
        collision=(sp.S.Zero, sp.Integer(-2), -half),
        get_put=True,
    ),
    Loss(
        "hinge", "max(0, 1 - x y)", -y * Step(1 - x * y), "not injective", collision=(sp.S.One, sp.S.One, sp.Integer(2))
    ),
    Loss(
        "squared hinge",
        "max(0, 1 - x y)²",
        -2 * y * Relu(1 - x * y),
        "not injective",
        collision=(sp.S.One, sp.S.One, sp.Integer(2)),
    ),
    Loss(
        "exponential margin",
        "exp(-x y)",
        -y * sp.exp(-x * y),
        "not injective",
        sp.exp(-x * y),
        collision=(sp.log(2), sp.S.One, sp.Integer(2)),
    ),
    Loss(
        "log-cosh",
        "log cosh(x - y)",
        sp.tanh(x - y),
        "not surjective",
        rest=2 / (1 + sp.exp(2 * (x - y))),
        get_put=True,
    ),
    Loss(
        "cross-entropy on probabilities",
        "-y log x - (1 - y) log(1 - x)",
        -y / x + (1 - y) / (1 - x),
        "outside its domain",
        -y * sp.log(x) - (1 - y) * sp.log(1 - x),
        x - x * (1 - x) * v,
        outside=(half, sp.Integer(4)),
        get_put=True,
    ),
)


def mixes() -> str:
    """Softmax cross-entropy is no Σ e(x_j, y_j): ∂²E/∂x₀∂x₁ is not 0. Gives the verdict on its being 0."""
    first, second, mass = sp.symbols("x0 x1 t", real=True)
    slope = mass * sp.exp(first) / (sp.exp(first) + sp.exp(second))
    return decide(sp.diff(slope, second), sp.S.Zero).verdict


def table() -> list[str]:
    """The errors as Markdown."""
    lines = ["| error | e(x, y) | L | shown by | GetPut |", "|---|---|---|---|---|"]
    for loss in LOSSES:
        shown = "; ".join(loss.faults()) or loss.witness
        escaped = loss.error.replace("|", "\\|")
        lines.append(f"| {loss.name} | {escaped} | {loss.reason} | {shown} | {'yes' if loss.get_put else 'no'} |")
    shown = "∂²E/∂x₀∂x₁ ≠ 0" if mixes() == "different" else "nothing"
    return [*lines, f"| softmax cross-entropy | -Σ y_i log softmax(x)_i | not separable | {shown} | no |"]


if __name__ == "__main__":
    print("\n".join(table()))
