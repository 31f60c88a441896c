"""One step of training as a map ((s, p), d) ↦ ((s', p'), E(p, d)), over any engine: D of the objective, then the rule.

The gradient is D[E](ask(s, p), d)ᵀ 1, and the rule is applied leaf by leaf, which is the rule on pairs (law OPT-PROD).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from verified_cat import primitives
from verified_cat.functions import Engine, Value
from verified_cat.machine import differentiate, evaluate, evaluator
from verified_cat.networks import Objective
from verified_cat.objects import SCALAR, Ob, Pair, Space, Unit, flatten, leaves, unflatten
from verified_cat.optimiser import Optimiser, asked, scheduled
from verified_cat.program import Program, trace

Combine = Callable[[list[Value], Value, Engine], tuple[list[Value], Value]]
"""(the gradient leaf by leaf, the loss, engine) ↦ those that count: the means over replicas, say."""


def step(
    objective: Objective,
    rule: Optimiser,
    state: Value,
    data: Value,
    engine: Engine,
    combine: Combine | None = None,
    rate: Value | None = None,
) -> tuple[Value, Value]:
    """((s', p'), E) from ((s, p), d); what ``combine`` makes of the gradient is what the rule is given.

    With a ``rate``, a scalar, the rule is one at rate 1 and its step is scaled by it (``scheduled``).
    """
    held, param = state
    spaces = [leaf for leaf in leaves(objective.param) if isinstance(leaf, Space)]
    parts = list(zip(spaces, per_leaf(objective.param, held), flatten(objective.param, param), strict=True))
    rules = {leaf: rule.apart(leaf) if rate is None else scheduled(rule, leaf.shape) for leaf in dict.fromkeys(spaces)}
    update = {leaf: evaluator(term, engine) for leaf, term in rules.items()}
    point = asked_at(objective.param, rule, state, engine, rate)
    loss, pullback = differentiate(objective.term, (point, data), engine)
    gradient, _ = pullback(evaluate(primitives.constant((), Fraction(1)), (), engine))
    slopes = flatten(objective.param, gradient)
    if combine is not None:
        slopes, loss = combine(slopes, loss, engine)
    if rule.prepare is not None:
        prepared = evaluate(rule.prepare(objective.param), (param, unflatten(objective.param, slopes)), engine)
        slopes = flatten(objective.param, prepared)
    given = slopes if rate is None else [(slope, rate) for slope in slopes]
    moved = [update[leaf](((own, p), slope)) for (leaf, own, p), slope in zip(parts, given, strict=True)]
    states = unflatten(objective.param, [own for own, _ in moved])
    return (states, unflatten(objective.param, [p for _, p in moved])), loss


def asked_at(param: Ob, rule: Optimiser, state: Value, engine: Engine, rate: Value | None = None) -> Value:
    """The parameters at which a rule in the state (s, p) asks for the gradient; with a ``rate``, which it scales."""
    held, p = state
    if rule.leaf_ask is None:
        return p
    spaces = [leaf for leaf in leaves(param) if isinstance(leaf, Space)]
    terms = {leaf: rule.ask(leaf) if rate is None else asked(rule, leaf.shape) for leaf in dict.fromkeys(spaces)}
    ask = {leaf: evaluator(term, engine) for leaf, term in terms.items()}
    given = zip(per_leaf(param, held), flatten(param, p), strict=True)
    states = given if rate is None else ((own, rate) for own in given)
    return unflatten(param, [ask[leaf](own) for leaf, own in zip(spaces, states, strict=True)])


def program_of(objective: Objective, rule: Optimiser, combine: Combine | None = None, paced: bool = False) -> Program:
    """The step as a straight-line program (S ⊗ P) ⊗ D → (S ⊗ P) ⊗ R; ``paced``, with the rate as the last datum."""
    held = Pair(rule.state(objective.param), objective.param)
    data = Pair(objective.data, SCALAR) if paced else objective.data

    def run(wires: Engine, given: Value) -> Value:
        state, batch = given
        batch, rate = batch if paced else (batch, None)
        return step(objective, rule, state, batch, wires, combine, rate)

    return trace(run, Pair(held, data), Pair(held, SCALAR))


def per_leaf(param: Ob, state: Value) -> list[Value]:
    """The state of a rule, S(P), for each leaf of P from left to right; S(P ⊗ Q) = S(P) ⊗ S(Q), S(1) = 1."""
    found: list[Value] = []
    pending = [(param, state)]
    while pending:
        here, part = pending.pop()
        if isinstance(here, Pair):
            left, right = part
            pending += [(here.right, right), (here.left, left)]
        elif not isinstance(here, Unit):
            found.append(part)
    return found
