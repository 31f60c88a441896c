"""Costs and caps as parametric lenses: what stands between a model and its optimiser, and ends the composite in 1.

A cost B ⊗ T → R with its reverse derivative is a 1-cell (B, B') → (R, R') of Para(Lens) with the targets as parameters;
the learning rate is a cap (R, R') → (1, 1) (Cruttwell et al. 2021, sections 3.1 and 3.2). Costs are means over entries,
predictions first; the squared error, L1 and cross-entropies of rows are in ``networks`` and ``activations``.
"""

from __future__ import annotations

from fractions import Fraction
from math import prod

from verified_cat import primitives
from verified_cat.category import Terms, interpret
from verified_cat.errors import BoundaryError, ShapeError, UsageError
from verified_cat.lens import Bundle, Lens, LensMap, ReverseDerivative
from verified_cat.loss import absolute
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Space, fold
from verified_cat.optimiser import Optimiser
from verified_cat.para import Para, ParaMap
from verified_cat.primitives import Shape
from verified_cat.terms import Discard, First, Identity, Pairing, RightUnitor, Second, Swap, Term

# ------------------------------------------------------------------------------------------------ costs


def binary_cross_entropy(shape: Shape) -> Term:
    """(x, t) ↦ the mean of log(1 + eˣ) - t x, for logits x and probabilities t; finite wherever x is."""
    space = Space(shape)
    hit = primitives.multiply(shape) >> primitives.negate(shape)
    return Pairing(First(space, space) >> primitives.softplus(shape), hit) >> primitives.add(shape) >> _mean(shape)


def huber(shape: Shape, limit: Fraction | int = 1) -> Term:
    """(x, t) ↦ the mean of m (|d| - m / 2) with d = x - t and m = min(|d|, δ): d² / 2 up to δ, straight from there.

    m is chosen, not computed by differences, so that neither small nor large d lose digits (Huber 1964; torch's
    HuberLoss). Raises UsageError for a limit that is not above 0.
    """
    if limit <= 0:
        raise UsageError(f"huber: the limit is a number > 0, not {limit}")
    space = Space(shape)
    length = primitives.subtract_on(space) >> absolute(shape)
    level = Discard(space) >> primitives.constant(shape, limit)
    far = Pairing(Identity(space), level >> primitives.negate(shape)) >> primitives.add(shape) >> primitives.step(shape)
    one = Discard(space) >> primitives.constant(shape, 1)
    near = Pairing(one, far >> primitives.negate(shape)) >> primitives.add(shape)
    kept = Pairing(near, Identity(space)) >> primitives.multiply(shape)
    least = Pairing(kept, far >> primitives.scale(limit, shape)) >> primitives.add(shape)
    rest = Pairing(Identity(space), least >> primitives.scale(Fraction(-1, 2), shape)) >> primitives.add(shape)
    return length >> Pairing(least, rest) >> primitives.multiply(shape) >> _mean(shape)


def critic(shape: Shape) -> Term:
    """(z, t) ↦ the mean of t z: the cost of a Wasserstein critic, t = -1 at real points and 1 at made ones.

    Arjovsky, Chintala and Bottou 2017, Algorithm 1; the dot product, an error that L admits.
    """
    return primitives.multiply(shape) >> _mean(shape)


def _mean(shape: Shape) -> Term:
    """Raises ShapeError where there is nothing to take the mean of."""
    if not prod(shape):
        raise ShapeError("a mean over nothing does not exist")
    share = primitives.scale(Fraction(1, prod(shape)), ())
    return primitives.sum_axes(shape) >> share


# ------------------------------------------------------------------------------------------------ lenses

LENSES: Para[LensMap[Term]] = Para(Lens(Terms()))
"""Para(Lens) over terms: where models, costs and caps compose."""


def as_lens(term: Term) -> ParaMap[LensMap[Term]]:
    """(P, f : P ⊗ A → B) ↦ (P, (f, R[f])) : (A, A') → (B, B'): the model, or the cost, as a parametric lens."""
    if not isinstance(term.dom, Pair):
        raise BoundaryError(f"a parametric lens is of a term P ⊗ A → B, not of one from {term.dom}")
    param, dom = term.dom.left, term.dom.right
    lens: LensMap[Term] = interpret(term, ReverseDerivative(Terms()))
    return LENSES.of(Bundle(param, param), Bundle(dom, dom), Bundle(term.cod, term.cod), lens)


def cost(distance: Term) -> ParaMap[LensMap[Term]]:
    """(T, e) : (B, B') → (R, R') of a distance B ⊗ T → R, the targets being the parameters."""
    if not isinstance(distance.dom, Pair) or distance.cod != SCALAR:
        raise BoundaryError(f"a cost is of a distance B ⊗ T → R, not of {distance.dom} → {distance.cod}")
    return as_lens(Swap(distance.dom.right, distance.dom.left) >> distance)


def cap(rate: Fraction, ob: Ob = SCALAR) -> LensMap[Term]:
    """α : (L, L') → (1, 1), get = !, put(l, ()) = rate in every entry (Cruttwell et al. 2021, Definition 3.8)."""
    level: Term = fold(ob, unit=Identity(UNIT), leaf=lambda leaf: primitives.constant(leaf.shape, rate), pair=Pairing)
    return Lens(Terms()).of(Bundle(ob, ob), Bundle(UNIT, UNIT), Discard(ob), RightUnitor(ob) >> Discard(ob) >> level)


def training_step(model: ParaMap[Term], distance: Term, rule: Optimiser, rate: Fraction = Fraction(1)) -> Term:
    """((x, a), t) ↦ x' : (X ⊗ A) ⊗ T → X, X = S ⊗ P: what is left of rule, model, cost and cap, composed as lenses.

    It is the put of a lens into 1 at the point of 1, with the gradients of inputs and targets discarded (Cruttwell et
    al. 2021, section 4.1, where its get is called the identity; it is !).
    """
    update = rule.lens(model.param)
    whole = LENSES.sequence(LENSES.reparam(as_lens(model.inside), update), cost(distance), LENSES.embed(cap(rate)))
    held, point, target = update.dom.front, model.dom, whole.param.front.left.right
    given = Pair(Pair(held, point), target)
    seen = First(Pair(held, point), target)
    param = Pairing(Pairing(seen >> First(held, point), Second(Pair(held, point), target)), Discard(given))
    asked = Pairing(Pairing(param, seen >> Second(held, point)), Discard(given))
    back = whole.inside.put
    gradients = First(whole.param.back, point) >> First(Pair(held, target), UNIT) >> First(held, target)
    return asked >> back >> gradients
