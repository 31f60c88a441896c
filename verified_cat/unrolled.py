"""Learning to learn as terms: rules and losses with parameters of their own, learned through steps of training.

An update rule is a 1-cell (Q, U) : (S ⊗ P) ⊗ P' → S ⊗ P of Para, an inner objective a 1-cell (L, E) : P ⊗ D → R. A step
of training is their composite, with R[E] in the middle, and so is itself a 1-cell (L ⊗ Q) : (S ⊗ P) ⊗ D → (S ⊗ P) ⊗ D;
k steps are its k-fold composite, with parameters (L ⊗ Q)ᵏ, one for each step; *the same* rule at every step is the
reparametrisation along the diagonal. The outer objective is one term: D of it has the second derivatives of E.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from verified_cat import primitives
from verified_cat.errors import BoundaryError, UsageError
from verified_cat.lens import reverse_derivative
from verified_cat.networks import PARA, Objective
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Space, size
from verified_cat.optimiser import Optimiser, scheduled
from verified_cat.para import ParaMap
from verified_cat.players import regrouped
from verified_cat.primitives import Shape
from verified_cat.terms import Copy, Discard, First, Identity, LeftUnitor, Pairing, Second, Term

Learner = ParaMap[Term]
"""A 1-cell of Para over terms."""


@dataclass(frozen=True, slots=True)
class LearnedRule:
    """An update rule with parameters: on every R^shape a 1-cell (Q, U) : (S ⊗ P) ⊗ P' → S ⊗ P.

    With ``shared`` one Q, the same on every shape, serves all leaves; else each leaf has its own.
    """

    name: str
    leaf_param: Callable[[Shape], Ob]
    leaf_state: Callable[[Shape], Ob]
    leaf_initial: Callable[[Shape], Term]
    leaf_update: Callable[[Shape], Term]
    shared: bool = False

    def param(self, ob: Ob) -> Ob:
        """Q(P)."""
        if isinstance(ob, Pair) and not self.shared:
            return Pair(self.param(ob.left), self.param(ob.right))
        return self.leaf_param(ob.shape if isinstance(ob, Space) else ())

    def state(self, ob: Ob) -> Ob:
        """S(P)."""
        if isinstance(ob, Pair):
            return Pair(self.state(ob.left), self.state(ob.right))
        return self.leaf_state(_shape(ob))

    def initial(self, ob: Ob) -> Term:
        """1 → S(P)."""
        if isinstance(ob, Pair):
            return Pairing(self.initial(ob.left), self.initial(ob.right))
        return self.leaf_initial(_shape(ob))

    def update(self, ob: Ob) -> Learner:
        """(Q(P), U) : (S(P) ⊗ P) ⊗ P' → S(P) ⊗ P; on pairs side by side, tied along Δ : Q → Q ⊗ Q where shared."""
        held = Pair(self.state(ob), ob)
        if not isinstance(ob, Pair):
            return PARA.of(self.param(ob), Pair(held, ob), held, self.leaf_update(_shape(ob)))
        one, two = self.update(ob.left), self.update(ob.right)
        there, back = regrouped(*((self.state(part), part) for part in (ob.left, ob.right)))
        both = PARA.tensor(one, two)
        inside = (Identity(both.param) @ there) >> both.inside >> back
        made = PARA.of(both.param, Pair(held, ob), held, inside)
        return PARA.reparam(made, Copy(one.param)) if self.shared else made


def _shape(ob: Ob) -> Shape:
    if not isinstance(ob, Space):
        raise BoundaryError(f"a learned rule updates spaces and pairs of them, not {ob}")
    return ob.shape


# ------------------------------------------------------------------------------------------------ rules


def learned_rates() -> LearnedRule:
    """((ε, γ), ((m, p), g)) ↦ (m', p - ε ⊙ m') with m' = γ ⊙ m + g: a rate and a decay for every entry.

    Meta-SGD (Li, Zhou, Chen and Li 2017, equation 4) with momentum. A polynomial, so exact on rationals.
    """

    def update(shape: Shape) -> Term:
        p = Space(shape)
        q, given = Pair(p, p), Pair(Pair(p, p), p)
        rates, rest = First(q, given), Second(q, given)
        now, times = rest >> First(Pair(p, p), p), primitives.multiply(shape)
        kept = Pairing(rates >> Second(p, p), now >> First(p, p)) >> times
        moment = Pairing(kept, rest >> Second(Pair(p, p), p)) >> primitives.add(shape)
        carry = Pairing(Pairing(rates >> First(p, p), now >> Second(p, p)), moment)
        before = First(Pair(p, p), p)
        step = Pairing(before >> First(p, p), Second(Pair(p, p), p)) >> times >> primitives.negate(shape)
        return carry >> Pairing(Second(Pair(p, p), p), Pairing(before >> Second(p, p), step) >> primitives.add(shape))

    return LearnedRule(
        "learned rates",
        lambda shape: Pair(Space(shape), Space(shape)),
        Space,
        lambda shape: primitives.constant(shape, 0),
        update,
    )


def in_range(rule: LearnedRule) -> LearnedRule:
    """``learned_rates`` with ε = exp(q) > 0 and γ = sigmoid(r) in (0, 1): a 2-cell, along exp ⊗ sigmoid."""

    def update(shape: Shape) -> Term:
        inner = rule.leaf_update(shape)
        assert isinstance(inner.dom, Pair)
        return ((primitives.exp(shape) @ primitives.sigmoid(shape)) @ Identity(inner.dom.right)) >> inner

    return LearnedRule(f"{rule.name} in range", rule.leaf_param, rule.leaf_state, rule.leaf_initial, update)


def rated(rule: Optimiser) -> LearnedRule:
    """(k, ((s, p), g)) ↦ the update of a fixed rule at rate k, one number for all leaves; ``rule`` is it at rate 1.

    Raises UsageError as ``fixed`` does.
    """
    _takes_the_gradient_as_it_is(rule)

    def update(shape: Shape) -> Term:
        p, held = Space(shape), Pair(rule.leaf_state(shape), Space(shape))
        given = Pair(held, p)
        rest = Second(SCALAR, given)
        gradient = Pairing(rest >> Second(held, p), First(SCALAR, given))
        return Pairing(rest >> First(held, p), gradient) >> scheduled(rule, shape)

    return LearnedRule(rule.name, lambda _: SCALAR, rule.leaf_state, rule.leaf_initial, update, shared=True)


def fixed(rule: Optimiser) -> LearnedRule:
    """A rule with nothing to learn: Q = 1.

    Raises UsageError for a rule that asks for the gradient elsewhere than at p, or prepares it: a step here does not.
    """
    _takes_the_gradient_as_it_is(rule)

    def update(shape: Shape) -> Term:
        held = Pair(rule.leaf_state(shape), Space(shape))
        return LeftUnitor(Pair(held, Space(shape))) >> rule.leaf_update(shape)

    return LearnedRule(rule.name, lambda _: UNIT, rule.leaf_state, rule.leaf_initial, update, shared=True)


def _takes_the_gradient_as_it_is(rule: Optimiser) -> None:
    if rule.leaf_ask is not None or rule.prepare is not None:
        raise UsageError(f"{rule.name}: an unrolled step takes the gradient at p, as it is")


# ------------------------------------------------------------------------------------------------ training as a 1-cell


def as_error(objective: Objective) -> Learner:
    """(1, E) : P ⊗ D → R: an inner objective with nothing to learn."""
    return PARA.embed(objective.term)


def training_step(error: Learner, rule: LearnedRule) -> Learner:
    """(L ⊗ Q, ((s, p), d) ↦ (U(q, (s, p), ∂E/∂p(l, (p, d))), d)), for an error (L, E) : P ⊗ D → R.

    Raises BoundaryError where the error is no such 1-cell.
    """
    if not isinstance(error.dom, Pair) or error.cod != SCALAR:
        raise BoundaryError(f"an inner objective goes from P ⊗ D to R, not from {error.dom} to {error.cod}")
    param, data = error.dom.left, error.dom.right
    update = rule.update(param)
    state, held = rule.state(param), Pair(rule.state(param), param)
    learned, given = Pair(error.param, update.param), Pair(held, data)
    q, rest = First(learned, given), Second(learned, given)
    now, batch = rest >> First(held, data), rest >> Second(held, data)
    point = Pairing(q >> First(error.param, update.param), Pairing(now >> Second(state, param), batch))
    moved = Pairing(q >> Second(error.param, update.param), Pairing(now, point >> gradient(error))) >> update.inside
    return PARA.of(learned, given, given, Pairing(moved, batch))


def gradient(error: Learner) -> Term:
    """(l, (p, d)) ↦ ∂E/∂p : L ⊗ (P ⊗ D) → P, as a term: R[E], of which D is taken again."""
    source = Pair(error.param, error.dom)
    one = Discard(source) >> primitives.constant((), 1)
    back = Pairing(Identity(source), one) >> reverse_derivative(error.inside)
    return back >> Second(error.param, error.dom) >> First(error.dom.left, error.dom.right)


def repeated(body: Learner, steps: int, *, tied: bool = True) -> Learner:
    """body ; … ; body in Para, with the parameters (…(Q ⊗ Q)… ⊗ Q); where ``tied``, along the diagonal Q → Qᵏ.

    Raises UsageError for fewer than one step.
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise UsageError(f"training is unrolled for one step or more, not {steps!r}")
    whole = body
    diagonal: Term = Identity(body.param)
    for _ in range(steps - 1):
        whole = PARA.compose(whole, body)
        diagonal = Copy(body.param) >> (diagonal @ Identity(body.param)) if tied else diagonal
    return PARA.reparam(whole, diagonal) if tied else whole


def unrolled(error: Learner, rule: LearnedRule, steps: int, outer: Objective, *, tied: bool = True) -> Objective:
    """(q, (p₀, (d, d'))) ↦ F(p_k, d'), for p_k after k steps from p₀ on d: what is minimised over q ∈ L ⊗ Q.

    ``outer`` is F : P ⊗ D' → R, the error that counts. With ``tied`` false there is one q for each step.
    """
    body = repeated(training_step(error, rule), steps, tied=tied)
    param, data = error.dom.left, error.dom.right
    if outer.param != param:
        raise BoundaryError(f"the outer objective is over {outer.param}; what is trained is in {param}")
    rest = Pair(param, Pair(data, outer.data))
    whole = Pair(body.param, rest)
    given, both = Second(body.param, rest), Pair(data, outer.data)
    start = Pairing(Discard(whole) >> rule.initial(param), given >> First(param, both))
    batches = given >> Second(param, both)
    trained = Pairing(First(body.param, rest), Pairing(start, batches >> First(data, outer.data))) >> body.inside
    held = Pair(rule.state(param), param)
    reached = trained >> First(held, data) >> Second(rule.state(param), param)
    return Objective(body.param, rest, Pairing(reached, batches >> Second(data, outer.data)) >> outer.term)


# ------------------------------------------------------------------------------------------------ losses of residuals


def judged_by(loss: Learner, model: Learner) -> Learner:
    """(L, (l, (p, (x, y))) ↦ ℓ(l, y - f(p, x))) : P ⊗ (X ⊗ Y) → R, for a loss (L, ℓ) : R^n → R of the n residuals.

    Raises BoundaryError where the model does not end in a space of n entries.
    """
    target, given = model.cod, Pair(model.dom, model.cod)
    if not isinstance(target, Space) or not isinstance(loss.dom, Space) or size(target) != size(loss.dom):
        raise BoundaryError(f"a loss of residuals in {loss.dom} does not judge a model that ends in {target}")
    source = Pair(loss.param, Pair(model.param, given))
    rest = Second(loss.param, Pair(model.param, given))
    batch = rest >> Second(model.param, given)
    made = Pairing(rest >> First(model.param, given), batch >> First(model.dom, target)) >> model.inside
    residual = Pairing(batch >> Second(model.dom, target), made) >> primitives.subtract_on(target)
    flat = residual >> primitives.reshape(target.shape, loss.dom.shape)
    inside = Pairing(First(loss.param, Pair(model.param, given)), flat) >> loss.inside
    assert inside.dom == source
    return PARA.of(loss.param, Pair(model.param, given), SCALAR, inside)


def learned_loss(hidden: int, count: int) -> Learner:
    """((a, (b, c)), r) ↦ 1/n Σ_i Σ_j a_j softplus(b_j r_i + c_j) : R[n] → R, with parameters in R[hidden]³.

    A loss to be learned (Bechtle et al. 2021): a network with one hidden layer, on each residual.
    """
    vector, residual, wide = Space((hidden,)), Space((count,)), (count, hidden)
    param = Pair(vector, Pair(vector, vector))
    rest = First(param, residual) >> Second(vector, Pair(vector, vector))
    product = primitives.contract("h,n->nh", (hidden,), (count,))
    slanted = Pairing(rest >> First(vector, vector), Second(param, residual)) >> product
    shifted = rest >> Second(vector, vector) >> primitives.broadcast(wide, (0,))
    bent = Pairing(slanted, shifted) >> primitives.add(wide) >> primitives.softplus(wide)
    height = First(param, residual) >> First(vector, Pair(vector, vector))
    each = Pairing(bent, height) >> primitives.contract("nh,h->n", wide, (hidden,))
    return PARA.of(param, residual, SCALAR, each >> _mean(count))


def tilted_huber(count: int) -> Learner:
    """((δ, τ), r) ↦ 1/n Σ_i w_i h(|r_i|) : R[n] → R, with w = τ where r > 0, else 1 - τ, h(u) = ½u² - ½relu(u - δ)².

    Half the square for large δ and τ = ½, Huber's loss (1964) for τ = ½; as δ → 0 the loss of the quantile τ, over δ.
    """
    shape, residual, param = (count,), Space((count,)), Pair(SCALAR, SCALAR)
    source, wide = Pair(param, residual), primitives.broadcast(shape, (0,))
    given, one = First(param, residual), Discard(source) >> primitives.constant(shape, 1)
    delta, tilt = given >> First(SCALAR, SCALAR) >> wide, given >> Second(SCALAR, SCALAR) >> wide

    def side(weight: Term, above: Term) -> Term:
        square = Copy(residual) >> primitives.multiply(shape)
        far = Pairing(above, delta) >> primitives.subtract_on(residual) >> primitives.relu(shape)
        height = Pairing(above >> square, far >> square) >> primitives.subtract_on(residual)
        return Pairing(weight, height >> primitives.scale(Fraction(1, 2), shape)) >> primitives.multiply(shape)

    up = side(tilt, Second(param, residual) >> primitives.relu(shape))
    other = Pairing(one, tilt) >> primitives.subtract_on(residual)
    down = side(other, Second(param, residual) >> primitives.negate(shape) >> primitives.relu(shape))
    return PARA.of(param, residual, SCALAR, Pairing(up, down) >> primitives.add(shape) >> _mean(count))


def _mean(count: int) -> Term:
    return primitives.sum_axes((count,)) >> primitives.scale(Fraction(1, count), ())
