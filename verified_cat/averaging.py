"""The mean of the parameters along a training, as a rule of a rule: its state holds the mean beside the rule's own."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from verified_cat import primitives
from verified_cat.errors import UsageError
from verified_cat.objects import SCALAR, Ob, Pair, Space
from verified_cat.optimiser import Optimiser, scheduled
from verified_cat.primitives import Shape
from verified_cat.terms import First, Pairing, Second, Term


def averaged(rule: Optimiser, decay: Fraction) -> Optimiser:
    """((s, (e, b)), p), g ↦ ((s', (β e + (1-β) p', β b)), p') from e = 0, b = 1: p moves as the rule says.

    e / (1 - b) is the mean of the parameters after each step, with weights that fall by β a step back (Polyak and
    Juditsky 1992, with the weights of Kingma and Ba 2015, section 3). Raises UsageError for β outside [0, 1), and for a
    rule that asks for the gradient elsewhere than at p.
    """
    if not 0 <= decay < 1:
        raise UsageError(f"averaged: a decay of {decay} is not in [0, 1)")
    if rule.leaf_ask is not None:
        raise UsageError(f"{rule.name}: where the gradient is asked for is not known to the mean")

    def state(shape: Shape) -> Ob:
        return Pair(rule.leaf_state(shape), Pair(Space(shape), SCALAR))

    def initial(shape: Shape) -> Term:
        nothing = Pairing(primitives.constant(shape, 0), primitives.constant((), 1))
        return Pairing(rule.leaf_initial(shape), nothing)

    def update(shape: Shape) -> Term:
        return _beside(rule.leaf_update(shape), rule.leaf_state(shape), shape, Space(shape), decay)

    def paced(shape: Shape) -> Term:
        return _beside(scheduled(rule, shape), rule.leaf_state(shape), shape, Pair(Space(shape), SCALAR), decay)

    return replace(
        rule,
        name=f"{rule.name}, averaged",
        leaf_state=state,
        leaf_initial=initial,
        leaf_update=update,
        leaf_paced=paced,
    )


def _beside(inner: Term, own: Ob, shape: Shape, given: Ob, decay: Fraction) -> Term:
    """The rule's update, and the mean of what comes out of it."""
    param, kept = Space(shape), Pair(Space(shape), SCALAR)
    held = Pair(Pair(own, kept), param)
    now, states = First(held, given), First(held, given) >> First(held.left, param)
    before = Pairing(states >> First(own, kept), now >> Second(held.left, param))
    done = Pairing(before, Second(held, given)) >> inner
    after = Pair(own, param)
    moved, old = First(after, kept) >> Second(own, param), Second(after, kept)
    parts = Pairing(
        old >> First(param, SCALAR) >> primitives.scale(decay, shape), moved >> primitives.scale(1 - decay, shape)
    )
    rest = old >> Second(param, SCALAR) >> primitives.scale(decay, ())
    mean = Pairing(parts >> primitives.add(shape), rest)
    whole = Pairing(Pairing(First(after, kept) >> First(own, param), mean), moved)
    return Pairing(done, states >> Second(own, kept)) >> whole
