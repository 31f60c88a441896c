"""More update rules as terms, and what makes rules of rules: ascent, weight decay, clipping.

Each combinator is a stage in front of a rule: ``clipped_by_norm(decayed(rule))`` clips the gradient, adds λ p, and then
steps, which is the order of an ordinary PyTorch loop with ``clip_grad_norm_``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from verified_cat import primitives
from verified_cat.category import Terms
from verified_cat.errors import UsageError
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Space, fold
from verified_cat.optimiser import Optimiser, adam, scheduled
from verified_cat.primitives import Shape
from verified_cat.terms import Copy, Discard, First, Identity, LeftUnitor, Pairing, Second, Term

# ------------------------------------------------------------------------------------------------ rules


def damped_momentum(rate: Fraction, decay: Fraction, dampening: Fraction, *, look_ahead: bool = False) -> Optimiser:
    """s₁ = g₁, then s ↦ γ s + (1 - τ) g; p ↦ p - ε s, or p - ε (g + γ s) with ``look_ahead``: torch.optim.SGD.

    The state is (s, f) with f = 1 before the first step, which is not dampened, and 0 after it. Looking ahead is
    Nesterov's momentum in the variable at which the gradient is asked for (law OPT-NEST), so τ is 0 then, as in torch.
    Raises UsageError otherwise.
    """
    if look_ahead and dampening:
        raise UsageError(f"damped_momentum: looking ahead goes with a dampening of 0, not of {dampening}")

    def update(shape: Shape) -> Term:
        param = Space(shape)
        state = Pair(param, SCALAR)
        now, gradient = First(Pair(state, param), param), Second(Pair(state, param), param)
        old, flag = (
            now >> First(state, param) >> First(param, SCALAR),
            now >> First(state, param) >> Second(param, SCALAR),
        )
        weight = _plus(flag >> primitives.scale(dampening, ()), 1 - dampening, ())
        part = _times(weight >> _spread(shape), gradient, shape) if dampening else gradient
        velocity = _add(old >> primitives.scale(decay, shape), part, shape)
        ahead = _add(gradient, velocity >> primitives.scale(decay, shape), shape) if look_ahead else velocity
        after = flag >> primitives.scale(0, ())
        return Pairing(Pairing(velocity, after), _stepped(now >> Second(state, param), ahead, rate, shape))

    def initial(shape: Shape) -> Term:
        return Pairing(primitives.constant(shape, 0), primitives.constant((), 1))

    return Optimiser("look-ahead momentum" if look_ahead else "damped momentum", _flagged, initial, update)


def _flagged(shape: Shape) -> Ob:
    return Pair(Space(shape), SCALAR)


def rmsprop(
    rate: Fraction,
    decay: Fraction = Fraction(99, 100),
    delta: Fraction = Fraction(1, 10**8),
    *,
    centered: bool = False,
    inertia: Fraction = Fraction(0),
) -> Optimiser:
    """v ↦ α v + (1 - α) g², p ↦ p - ε g / (√v + δ) (Tieleman and Hinton 2012, lecture 6e; δ as in torch.optim.RMSprop).

    ``centered``: √(v - m²) with m ↦ α m + (1 - α) g (Graves 2013, section 2.1, with δ outside the root). With
    ``inertia`` γ the step is that of b ↦ γ b + g / (√… + δ). The state is (v, (m, b)), with 1 for what is not there.
    v - m² is at least 0, and is cut off there where rounding takes it below.
    """

    def state(shape: Shape) -> Ob:
        mean, push = (Space(shape) if centered else UNIT), (Space(shape) if inertia else UNIT)
        return Pair(Space(shape), Pair(mean, push))

    def initial(shape: Shape) -> Term:
        zero: Term = primitives.zero_on(state(shape))
        return zero

    def update(shape: Shape) -> Term:
        param, held = Space(shape), state(shape)
        now, gradient = First(Pair(held, param), param), Second(Pair(held, param), param)
        assert isinstance(held, Pair) and isinstance(held.right, Pair)
        rest = now >> First(held, param) >> Second(held.left, held.right)
        mean: Term = rest >> First(held.right.left, held.right.right)
        push: Term = rest >> Second(held.right.left, held.right.right)
        square = _times(gradient, gradient, shape)
        power = _average(decay, now >> First(held, param) >> First(held.left, held.right), square, shape)
        if centered:
            mean = _average(decay, mean, gradient, shape)
            spread: Term = _add(power, _times(mean, mean, shape) >> primitives.negate(shape), shape) >> primitives.relu(
                shape
            )
        else:
            spread = power
        length = _plus(spread >> primitives.sqrt(shape), delta, shape)
        direction = _times(gradient, length >> primitives.reciprocal(shape), shape)
        if inertia:
            push = direction = _add(push >> primitives.scale(inertia, shape), direction, shape)
        moved = _stepped(now >> Second(held, param), direction, rate, shape)
        return Pairing(Pairing(power, Pairing(mean, push)), moved)

    return Optimiser("centered rmsprop" if centered else "rmsprop", state, initial, update)


def adamw(
    rate: Fraction,
    first_decay: Fraction = Fraction(9, 10),
    second_decay: Fraction = Fraction(999, 1000),
    delta: Fraction = Fraction(1, 10**8),
    weight_decay: Fraction = Fraction(1, 100),
) -> Optimiser:
    """p ↦ (1 - ε λ) p, then Adam's step (Loshchilov and Hutter 2019, Algorithm 2, with λ times the rate, as torch)."""
    plain = adam(rate, first_decay, second_decay, delta)
    return replace(decoupled(plain, rate * weight_decay), name="adamw")


# ------------------------------------------------------------------------------------------------ rules of rules


def ascending(rule: Optimiser) -> Optimiser:
    """The rule at -g: it climbs. The dual of descent; ``maximize`` of torch.optim."""
    return _after(rule, "ascending", _beside(lambda shape: _gradient(shape) >> primitives.negate(shape)))


def decayed(rule: Optimiser, amount: Fraction) -> Optimiser:
    """The rule at g + λ p, the gradient of E + ½ λ |p|²: weight decay as torch.optim's ``weight_decay``."""

    def stage(shape: Shape) -> Term:
        return (primitives.scale(amount, shape) @ Identity(Space(shape))) >> primitives.add(shape)

    return _after(rule, "decayed", _beside(stage))


def decoupled(rule: Optimiser, amount: Fraction) -> Optimiser:
    """p ↦ (1 - a) p, then the rule: weight decay that does not pass through the state (Loshchilov and Hutter 2019).

    With the rate times k it is p ↦ (1 - k a) p.
    """

    def update(shape: Shape) -> Term:
        shrunk = Identity(rule.leaf_state(shape)) @ primitives.scale(1 - amount, shape)
        return (shrunk @ Identity(Space(shape))) >> rule.leaf_update(shape)

    def paced(shape: Shape) -> Term:
        param, state, given = Space(shape), rule.leaf_state(shape), Pair(Space(shape), SCALAR)
        now, rest = First(Pair(state, param), given), Second(Pair(state, param), given)
        share = _plus(rest >> Second(param, SCALAR) >> primitives.scale(-amount, ()), 1, ())
        shrunk = _times(share >> _spread(shape), now >> Second(state, param), shape)
        return Pairing(Pairing(now >> First(state, param), shrunk), rest) >> scheduled(rule, shape)

    return replace(rule, name=f"decoupled {rule.name}", leaf_update=update, leaf_paced=paced)


def clipped_by_value(rule: Optimiser, limit: Fraction) -> Optimiser:
    """The rule at g with each entry brought into [-c, c]; exactly g where it lies there (torch's clip_grad_value_)."""

    def stage(shape: Shape) -> Term:
        gradient = _gradient(shape)
        above = _plus(gradient, -limit, shape) >> primitives.step(shape)
        below = _plus(gradient >> primitives.negate(shape), -limit, shape) >> primitives.step(shape)
        inside = _plus(_add(above, below, shape) >> primitives.negate(shape), 1, shape)
        sign = _add(above, below >> primitives.negate(shape), shape)
        return _add(_times(inside, gradient, shape), sign >> primitives.scale(limit, shape), shape)

    _must_be_positive("clipped_by_value", limit)
    return _after(rule, "clipped", _beside(stage))


def clipped_by_leaf_norm(rule: Optimiser, limit: Fraction, delta: Fraction = Fraction(1, 10**6)) -> Optimiser:
    """The rule at g / max(1, (|g| + δ) / c), the norm |g| of each leaf for itself."""
    _must_be_positive("clipped_by_leaf_norm", limit)
    return _after(
        rule, "clipped by leaf", _beside(lambda shape: _gradient(shape) >> _shortened(Space(shape), limit, delta))
    )


def clipped_by_norm(rule: Optimiser, limit: Fraction, delta: Fraction = Fraction(1, 10**6)) -> Optimiser:
    """The rule at g / max(1, (|g| + δ) / c), |g| the norm over all parameters (Pascanu et al. 2013, Algorithm 1).

    δ as in torch's clip_grad_norm_. What one leaf's step is depends on the others: OPT-PROD fails.
    """
    _must_be_positive("clipped_by_norm", limit)
    return _after(rule, "clipped by norm", lambda param: Second(param, param) >> _shortened(param, limit, delta))


def _shortened(param: Ob, limit: Fraction, delta: Fraction) -> Term:
    """g ↦ g / (1 + relu((|g| + δ) / c - 1)), with exactly 1 below where nothing is to be clipped."""
    squares = fold(
        param, unit=primitives.constant((), 0), leaf=_square, pair=lambda f, g: (f @ g) >> primitives.add(())
    )
    norm = _plus(squares >> primitives.sqrt(()), delta, ())
    over = _plus(norm >> primitives.scale(1 / limit, ()), -1, ()) >> primitives.relu(())
    share = _plus(over, 1, ()) >> primitives.reciprocal(())
    spread: Term = fold(param, unit=Discard(SCALAR), leaf=lambda leaf: _spread(leaf.shape), pair=Pairing)
    times = _beside(primitives.multiply)(param)
    return Pairing(share >> spread, Identity(param)) >> times


def _square(leaf: Space) -> Term:
    """x ↦ ⟨x, x⟩ : R^shape → R."""
    letters = "abcdefghijklmnop"[: len(leaf.shape)]
    if not leaf.shape:
        return Copy(leaf) >> primitives.multiply(())
    return Copy(leaf) >> primitives.contract(f"{letters},{letters}->", leaf.shape, leaf.shape)


def _must_be_positive(where: str, limit: Fraction) -> None:
    if limit <= 0:
        raise UsageError(f"{where}: the limit is a number > 0, not {limit}")


# ------------------------------------------------------------------------------------------------ plumbing


def _after(rule: Optimiser, name: str, stage: Callable[[Ob], Term]) -> Optimiser:
    """The rule at the gradient as this stage leaves it, (p, g) ↦ g', before the stages that it has already."""
    later = rule.prepare

    def both(param: Ob) -> Term:
        first = stage(param)
        if later is None:
            return first
        return Pairing(First(param, param), first) >> later(param)

    return replace(rule, name=f"{name} {rule.name}", prepare=both)


def _beside(leaf: Callable[[Shape], Term]) -> Callable[[Ob], Term]:
    """The family A ⊗ A → A that is ``leaf(shape)`` on spaces, componentwise on pairs; no depth is too much for it."""
    terms = Terms()

    def paired(left: Term, right: Term) -> Term:
        a, b = left.cod, right.cod
        return terms.middle_four(a, b, a, b) >> (left @ right)

    def family(ob: Ob) -> Term:
        whole: Term = fold(ob, unit=LeftUnitor(UNIT), leaf=lambda space: leaf(space.shape), pair=paired)
        return whole

    return family


def _gradient(shape: Shape) -> Term:
    """(p, g) ↦ g."""
    return Second(Space(shape), Space(shape))


def _spread(shape: Shape) -> Term:
    """One number in every entry : R → R^shape."""
    return primitives.broadcast(shape, tuple(range(len(shape))))


def _add(one: Term, other: Term, shape: Shape) -> Term:
    return Pairing(one, other) >> primitives.add(shape)


def _times(one: Term, other: Term, shape: Shape) -> Term:
    return Pairing(one, other) >> primitives.multiply(shape)


def _plus(term: Term, number: Fraction | int, shape: Shape) -> Term:
    """c ↦ term(c) + number."""
    return _add(term, Discard(term.dom) >> primitives.constant(shape, number), shape)


def _average(decay: Fraction, old: Term, new: Term, shape: Shape) -> Term:
    """β x + (1 - β) y."""
    return _add(old >> primitives.scale(decay, shape), new >> primitives.scale(1 - decay, shape), shape)


def _stepped(held: Term, direction: Term, rate: Fraction, shape: Shape) -> Term:
    """p - ε d."""
    return _add(direction >> primitives.scale(-rate, shape), held, shape)
