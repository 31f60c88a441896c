"""Activations, losses and attention as terms over the rows of the table; their derivatives follow from the rows'."""

from __future__ import annotations

from fractions import Fraction
from math import prod

from verified_cat import primitives as p
from verified_cat.errors import ShapeError, UsageError
from verified_cat.objects import Pair, Space
from verified_cat.primitives import Shape
from verified_cat.terms import Copy, Discard, First, Identity, Pairing, Second, Term


def leaky_relu(shape: Shape, slope: Fraction = Fraction(1, 100)) -> Term:
    """x ↦ s x + (1 - s) relu(x), entry by entry; the derivative at 0 is s, as in torch."""
    high = p.relu(shape) >> p.scale(1 - slope, shape)
    return Copy(Space(shape)) >> (p.scale(slope, shape) @ high) >> p.add(shape)


def gelu(shape: Shape) -> Term:
    """x ↦ x Φ(x), with the Gaussian's distribution function (Hendrycks and Gimpel 2016); not its approximation."""
    return _times(shape, p.gaussian_cdf(shape))


def silu(shape: Shape) -> Term:
    """x ↦ x sigmoid(x)."""
    return _times(shape, p.sigmoid(shape))


def _times(shape: Shape, gate: Term) -> Term:
    """x ↦ x ⊙ gate(x)."""
    return Pairing(Identity(Space(shape)), gate) >> p.multiply(shape)


def clamp(shape: Shape, low: Fraction | int, high: Fraction | int) -> Term:
    """x ↦ x - relu(x - high) + relu(low - x); x itself between the two, with slope 1 at them, as in torch.

    Raises UsageError where low exceeds high.
    """
    if low > high:
        raise UsageError(f"clamp: the lower limit {low} exceeds the upper one {high}")
    x = Identity(Space(shape))
    over = Pairing(x, _level(shape, -high)) >> p.add(shape) >> p.relu(shape) >> p.negate(shape)
    under = Pairing(p.negate(shape), _level(shape, low)) >> p.add(shape) >> p.relu(shape)
    return Pairing(Pairing(x, over) >> p.add(shape), under) >> p.add(shape)


def _level(shape: Shape, value: Fraction | int) -> Term:
    """x ↦ value."""
    return Discard(Space(shape)) >> p.constant(shape, value)


def dropout(shape: Shape, rate: Fraction) -> Term:
    """(m, x) ↦ m ⊙ x / (1 - rate), for a mask m of zeros and ones that is drawn outside : R^shape ⊗ R^shape → R^shape.

    Nothing random is hidden here: the same mask gives the same result. Raises UsageError for a rate outside [0, 1).
    """
    if not 0 <= rate < 1:
        raise UsageError(f"dropout: a rate of {rate} is not in [0, 1)")
    return p.multiply(shape) >> p.scale(1 / (1 - Fraction(rate)), shape)


# ------------------------------------------------------------------------------------------------ losses


def cross_entropy(rows: int, classes: int) -> Term:
    """(x, t) ↦ -1/rows Σ t ⊙ log softmax(x), for a distribution t in each row, as torch's with probabilities."""
    shape = (rows, classes)
    inner = p.contract("ij,ij->", shape, shape) >> p.scale(-_share(rows), ())
    return (p.log_softmax(shape, 1) @ Identity(Space(shape))) >> inner


def cross_entropy_of_labels(rows: int, classes: int) -> Term:
    """(x, k) ↦ -1/rows Σ_i log softmax(x)_i,k(i), for whole numbers k : R[rows,classes] ⊗ R[rows] → R."""
    return (Identity(Space((rows, classes))) @ p.one_hot((rows,), classes)) >> cross_entropy(rows, classes)


def mean_absolute(shape: Shape) -> Term:
    """(x, y) ↦ the mean of |x - y| : R^shape ⊗ R^shape → R; the derivative where they are equal is 0, as in torch."""
    space = Space(shape)
    positive = p.relu(shape)
    size = Pairing(positive, p.negate(shape) >> positive) >> p.add(shape)
    return p.subtract_on(space) >> size >> p.sum_axes(shape) >> p.scale(_share(prod(shape)), ())


def mean_squared(shape: Shape) -> Term:
    """(x, y) ↦ the mean of (x - y)² : R^shape ⊗ R^shape → R."""
    letters = "abcdefgh"[: len(shape)]
    inner = p.contract(f"{letters},{letters}->", shape, shape)
    return p.subtract_on(Space(shape)) >> Copy(Space(shape)) >> inner >> p.scale(_share(prod(shape)), ())


def _share(count: int) -> Fraction:
    if not count:
        raise ShapeError("a mean over nothing does not exist")
    return Fraction(1, count)


# ------------------------------------------------------------------------------------------------ attention


def attention(
    batch: int, heads: int, queries: int, keys: int, width: int, values: int, *, causal: bool = False
) -> Term:
    """(q, (k, v)) ↦ softmax(q kᵀ / √width) v for every batch and head (Vaswani et al. 2017, equation 1).

    R[b,h,queries,width] ⊗ (R[b,h,keys,width] ⊗ R[b,h,keys,values]) → R[b,h,queries,values]. Where ``causal``, 10⁴ is
    taken from each score of a key after its query: the share that leaves is e^-10⁴, which is 0 in every format.
    """
    q, k = (batch, heads, queries, width), (batch, heads, keys, width)
    scores, v = (batch, heads, queries, keys), (batch, heads, keys, values)
    rest = Pair(Space(k), Space(v))
    asked, key = First(Space(q), rest) >> _by_root(q, width), Second(Space(q), rest) >> First(Space(k), Space(v))
    found: Term = Pairing(asked, key) >> p.contract("bhqd,bhkd->bhqk", q, k)
    if causal:
        later = [(-(10**4) if column > row else 0) for row in range(queries) for column in range(keys)]
        mask = p.constant((queries, keys), *(later or [0])) >> p.broadcast(scores, (0, 1))
        found = Pairing(found, Discard(found.dom) >> mask) >> p.add(scores)
    value = Second(Space(q), rest) >> Second(Space(k), Space(v))
    return Pairing(found >> p.softmax(scores, 3), value) >> p.contract("bhqk,bhkv->bhqv", scores, v)


def _by_root(shape: Shape, width: int) -> Term:
    """x ↦ x / √width, exactly: an exact factor need not be rational, so the root is an operation."""
    root = p.constant((), width) >> p.sqrt(()) >> p.reciprocal(()) >> p.broadcast(shape, tuple(range(len(shape))))
    return Pairing(Identity(Space(shape)), Discard(Space(shape)) >> root) >> p.multiply(shape)
