"""Which lens laws the learner of an error keeps: GetPut, PutGet and PutPut of put = (U, r), for I(p, a) = p a.

GetPut holds for every I where ∂e/∂x(x, x) = 0 (law LEARN-GETPUT); PutGet and PutPut fail for this I already, at points
that are shown with what they miss by (law LEARN-PUTGET). An error without a request has no put; where its derivative
vanishes on the diagonal, the half U(p, a, I(p, a)) = p of GetPut holds all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from verified_cat import loss as errors
from verified_cat.functions import Functions
from verified_cat.reference.decide import decide
from verified_cat.reference.engine import SympyEngine, array
from verified_cat.reference.evaluate import enclose
from verified_cat.reference.losses import LOSSES, Loss, mixes, v, x, y
from verified_cat.terms import Term

Expression = Any
RATE = sp.Rational(1, 10)
p, a, b, c = sp.symbols("p a b c", real=True)
POINT = {p: sp.Integer(2), a: sp.Integer(1), b: sp.Integer(3), c: sp.Integer(-1)}


@dataclass(frozen=True, slots=True)
class Kept:
    """A word for each law, "holds", "fails", "half" or "no put", with what shows it."""

    get_put: str
    put_get: str
    put_put: str


def put(loss: Loss, param: Expression, point: Expression, target: Expression) -> tuple[Expression, Expression]:
    """(U, r)(p, a, b) of I(p, a) = p a: p - ε a s and the a' with ∂e/∂x(a, a') = p s, for s = ∂e/∂x(p a, b)."""
    assert loss.inverse is not None
    slope = loss.slope.subs({x: param * point, y: target}, simultaneous=True)
    asked = loss.inverse.subs({x: point, v: param * slope}, simultaneous=True)
    return param - RATE * point * slope, asked


def kept(loss: Loss) -> Kept:
    """The lens laws of the learner of an error."""
    diagonal = decide(loss.slope.subs(y, x), sp.S.Zero).verdict == "equal"
    if loss.reason != "admitted":
        return Kept("the half of U" if diagonal else "fails", "no put", "no put")
    one, other = put(loss, p, a, p * a)
    same = decide(one, p).verdict, decide(other, a).verdict
    get_put = "holds" if same == ("equal", "equal") else _missed(other - a if same[0] == "equal" else one - p)
    once = put(loss, p, a, b)
    put_get = _missed(once[0] * once[1] - b)
    twice, direct = put(loss, *once, c), put(loss, p, a, c)
    return Kept(get_put, put_get, _missed(twice[0] - direct[0]))


def _missed(defect: Expression) -> str:
    """ "fails by" the defect at the point, enclosed and not 0; "holds" where it is 0 everywhere."""
    if decide(defect, sp.S.Zero).verdict == "equal":
        return "holds"
    (found,) = enclose([defect.subs(POINT)], {})
    if found.low <= 0 <= found.high:
        return "undecided"
    value = defect.subs(POINT)
    shown = str(value) if value.is_Rational else f"{float(found.low):.4f}"
    return f"fails by {shown}"


def softmax_on_the_diagonal() -> str:
    """Whether (Σ x) softmax(x) - x, the derivative at y = x, is 0 on R²: the verdict."""
    one, other = sp.symbols("x0 x1", real=True)
    share = sp.exp(one) / (sp.exp(one) + sp.exp(other))
    return decide((one + other) * share - one, sp.S.Zero).verdict


def disagreements() -> list[str]:
    """Where the terms of an error of the package are not those of the entry of the same name; there should be none."""
    functions, entries, found = Functions(SympyEngine()), {loss.name: loss for loss in LOSSES}, []

    def at(term: Term, *point: Expression) -> Expression:
        one, other = (array([each], ()) for each in point)
        return functions.meaning(term)((one, other))[()]

    for error in errors.ADMITTED:
        entry = entries[NAMES.get(error.name, error.name)]
        sides = [(at(error.derivative(()), x, y), entry.slope), (at(error.inverse(()), x, v), entry.inverse)]
        sides.append((at(error.value(()), x, y), entry.value))
        found += [f"{error.name}: {one} is not {two}" for one, two in sides if decide(one, two).verdict != "equal"]
    return found


NAMES = {"binary cross-entropy on logits": "cross-entropy on logits"}


def table() -> list[str]:
    """The errors, whether L admits them, and the lens laws of their learners, as Markdown."""
    heads = ["error", "e(x, y)", "L", "shown by", "GetPut", "PutGet at (2, 1, 3)", "PutPut at (2, 1, 3, -1)"]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for loss in LOSSES:
        laws, shown = kept(loss), "; ".join(loss.faults()) or loss.witness
        cells = [loss.name, loss.error, loss.reason, shown, laws.get_put, laws.put_get, laws.put_put]
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    shown = "∂²E/∂x₀∂x₁ ≠ 0" if mixes() == "different" else "nothing"
    diagonal = "fails" if softmax_on_the_diagonal() == "different" else "undecided"
    last = ["softmax cross-entropy", "-Σ y_i log softmax(x)_i", "not separable", shown, diagonal, "no put", "no put"]
    return [*lines, f"| {' | '.join(last)} |"]
