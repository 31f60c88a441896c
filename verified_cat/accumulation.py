"""A step over a batch in parts: gradients of the parts are gathered, then one update. Right for sums and for means.

With E_n(p, d) the objective on n rows, a sum over them, ∇E of the batch is the sum of those of its parts, however it is
split. Of means it is Σ nᵢ ∇Eᵢ / Σ nᵢ: each part counts by its rows, and a mean of means is another map (law BATCH-SUM).
"""

from __future__ import annotations

from fractions import Fraction

from verified_cat import primitives
from verified_cat.category import Terms
from verified_cat.descent import step
from verified_cat.functions import Engine, Value
from verified_cat.machine import differentiate, evaluate
from verified_cat.networks import Objective
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Space, flatten, fold, leaves, unflatten
from verified_cat.optimiser import Optimiser
from verified_cat.program import Program, Wires, trace
from verified_cat.terms import Discard, First, Identity, Pairing, Second, Term


def gathering(objective: Objective, rule: Optimiser, weight: Fraction | int) -> Program:
    """((a, e), ((s, p), d)) ↦ ((a + w ∇E, e + w E), E) at the point where the rule asks: (P ⊗ R) ⊗ D' → (P ⊗ R) ⊗ R."""
    param = objective.param
    kept = Pair(param, SCALAR)
    given = Pair(Pair(rule.state(param), param), objective.data)

    def run(wires: Wires, value: Value) -> Value:
        (gathered, total), (state, data) = value
        point = evaluate(rule.ask(param), state, wires)
        loss, pullback = differentiate(objective.term, (point, data), wires)
        gradient, _ = pullback(evaluate(primitives.constant((), 1), (), wires))

        whole = zip(leaves(kept), flatten(kept, (gathered, total)), flatten(kept, (gradient, loss)), strict=True)
        sums = [evaluate(_plus_weighted(leaf, weight), (old, new), wires) for leaf, old, new in whole]
        return unflatten(kept, sums), loss

    return trace(run, Pair(kept, given), Pair(kept, SCALAR))


def _plus_weighted(leaf: Ob, weight: Fraction | int) -> Term:
    """(x, y) ↦ x + w y."""
    return (Identity(leaf) @ primitives.scale_on(weight, leaf)) >> primitives.add_on(leaf)


def linear(param: Ob) -> Objective:
    """(p, (g, (e, k))) ↦ k ⟨p, g⟩, whose gradient is k g, whatever p is."""
    return Objective(param, Pair(param, Pair(SCALAR, SCALAR)), _weighted_inner(param))


def finishing(param: Ob, rule: Optimiser) -> Program:
    """((s, p), (a, (e, k))) ↦ (U((s, p), k a), k e): one update by what was gathered, and the loss of the batch."""
    objective = linear(param)
    held = Pair(rule.state(param), param)

    def run(wires: Wires, value: Value) -> Value:
        state, data = value
        _, (total, share) = data

        def told(slopes: list[Value], loss: Value, engine: Engine) -> tuple[list[Value], Value]:
            return slopes, evaluate(primitives.multiply(()), (total, share), engine)

        return step(objective, rule, state, data, wires, combine=told)

    return trace(run, Pair(held, objective.data), Pair(held, SCALAR))


def _weighted_inner(param: Ob) -> Term:
    """(p, (g, (e, k))) ↦ k ⟨p, g⟩."""
    rest = Pair(SCALAR, SCALAR)
    given = Pair(param, rest)
    gradient, share = Second(param, given) >> First(param, rest), Second(param, given) >> Second(param, rest)
    inner = Pairing(First(param, given), gradient) >> inner_product(param)
    return Pairing(inner, share >> Second(SCALAR, SCALAR)) >> primitives.multiply(())


def inner_product(ob: Ob) -> Term:
    """(x, y) ↦ ⟨x, y⟩ : A ⊗ A → R; no depth of A is too much for it."""
    terms = Terms()

    def leaf(part: Space) -> Term:
        whole = primitives.multiply(part.shape)
        return whole >> primitives.sum_axes(part.shape) if part.shape else whole

    def pair(one: Term, other: Term) -> Term:
        assert isinstance(one.dom, Pair) and isinstance(other.dom, Pair)
        a, b = one.dom.left, other.dom.left
        return terms.middle_four(a, b, a, b) >> (one @ other) >> primitives.add(())

    nothing = Discard(Pair(UNIT, UNIT)) >> primitives.constant((), 0)
    product: Term = fold(ob, unit=nothing, leaf=leaf, pair=pair)
    return product
