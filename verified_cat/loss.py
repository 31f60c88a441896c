"""Errors and distances as terms: separable errors with the inverse that L needs, and distances B ⊗ B → R."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from verified_cat import primitives
from verified_cat.functions import Functions, Run
from verified_cat.learn import Error
from verified_cat.objects import SCALAR, Ob, Pair, Space, Unit, leaves, size
from verified_cat.primitives import Shape
from verified_cat.terms import Copy, Discard, First, Identity, Pairing, Second, Term


@dataclass(frozen=True, slots=True)
class SeparableError:
    """E(x, y) = Σ_j e(x_j, y_j), by the terms of e, of ∂e/∂x(x, y) and of its inverse in y, each on R^shape ⊗ R^shape.

    ``inverse`` takes (x, v) to the y with ∂e/∂x(x, y) = v (Fong, Spivak and Tuyéras 2019, Theorem III.2).
    """

    name: str
    value: Callable[[Shape], Term]
    derivative: Callable[[Shape], Term]
    inverse: Callable[[Shape], Term]

    def on(self, functions: Functions) -> Error:
        """The error on the values of an engine, as the functor L takes it."""
        return _ErrorOn(self, functions)

    def total(self, ob: Ob) -> Term:
        """(x, y) ↦ Σ_j e(x_j, y_j) : A ⊗ A → R."""
        return primitives.on_pairs(ob, lambda leaf: self.value(leaf.shape)) >> total(ob)


@dataclass(frozen=True, slots=True)
class _ErrorOn:
    error: SeparableError
    functions: Functions

    def derivative(self, ob: Ob) -> Run:
        return self.functions.meaning(primitives.on_pairs(ob, lambda leaf: self.error.derivative(leaf.shape))).run

    def inverse(self, ob: Ob) -> Run:
        return self.functions.meaning(primitives.on_pairs(ob, lambda leaf: self.error.inverse(leaf.shape))).run


def _difference(shape: Shape) -> Term:
    return primitives.subtract_on(Space(shape))


def _half_square(shape: Shape) -> Term:
    return (
        _difference(shape)
        >> Copy(Space(shape))
        >> primitives.multiply(shape)
        >> primitives.scale(Fraction(1, 2), shape)
    )


QUADRATIC = SeparableError("quadratic", _half_square, _difference, _difference)
"""e(x, y) = ½ (x - y)²; ∂e/∂x = x - y, so y = x - v."""


def _less_product(potential: Callable[[Shape], Term]) -> Callable[[Shape], Term]:
    """(x, y) ↦ A(x) - x y, the error of an exponential family with log-partition A."""

    def value(shape: Shape) -> Term:
        space = Space(shape)
        hit = primitives.multiply(shape) >> primitives.negate(shape)
        return Pairing(First(space, space) >> potential(shape), hit) >> primitives.add(shape)

    return value


def _less(mean: Callable[[Shape], Term]) -> Callable[[Shape], Term]:
    """(x, y) ↦ A'(x) - y, of the same form as its inverse in y."""
    return lambda shape: (mean(shape) @ primitives.negate(shape)) >> primitives.add(shape)


def _second(shape: Shape) -> Term:
    return Second(Space(shape), Space(shape))


DOT = SeparableError("dot product", primitives.multiply, _second, _second)
"""e(x, y) = x y, as of a Wasserstein critic; ∂e/∂x = y, so y = v."""

LOGISTIC = SeparableError(
    "binary cross-entropy on logits",
    _less_product(primitives.softplus),
    _less(primitives.sigmoid),
    _less(primitives.sigmoid),
)
"""e(x, y) = log(1 + eˣ) - x y; ∂e/∂x = σ(x) - y, so y = σ(x) - v."""

POISSON = SeparableError("Poisson", _less_product(primitives.exp), _less(primitives.exp), _less(primitives.exp))
"""e(x, y) = eˣ - x y; ∂e/∂x = eˣ - y, so y = eˣ - v."""

ADMITTED = (QUADRATIC, DOT, LOGISTIC, POISSON)
"""The errors of this module that L admits: law L-EINV."""


def total(ob: Ob) -> Term:
    """x ↦ the sum of all entries : A → R."""
    if isinstance(ob, Unit):
        return primitives.constant((), 0)
    if isinstance(ob, Pair):
        return (total(ob.left) @ total(ob.right)) >> primitives.add(())
    if not isinstance(ob, Space):
        raise TypeError(f"{ob} is opaque: it has no entries to sum")
    return primitives.sum_axes(ob.shape) if ob.shape else Identity(SCALAR)


# ------------------------------------------------------------------------------------------------ classification


def softplus(shape: Shape) -> Term:
    """x ↦ log(1 + eˣ) = relu(x) + log(1 + e^(-|x|)), entry by entry; finite wherever x is (law FLOAT-RANGE)."""
    one = Discard(Space(shape)) >> primitives.constant(shape, 1)
    small = absolute(shape) >> primitives.negate(shape) >> primitives.exp(shape)
    rest = Pairing(one, small) >> primitives.add(shape) >> primitives.log(shape)
    return Pairing(primitives.relu(shape), rest) >> primitives.add(shape)


def maximum(shape: Shape) -> Term:
    """(x, y) ↦ max(x, y), entry by entry, by choosing one: neither a difference that overflows nor a rounding.

    The derivative goes to the one that is chosen, to y where they are equal.
    """
    space = Space(shape)
    half = primitives.scale(Fraction(1, 2), shape)
    above = (half @ half) >> primitives.subtract_on(space) >> primitives.step(shape)
    one = Discard(Pair(space, space)) >> primitives.constant(shape, 1)
    otherwise = Pairing(one, above) >> primitives.subtract_on(space)
    left = Pairing(above, First(space, space)) >> primitives.multiply(shape)
    right = Pairing(otherwise, Second(space, space)) >> primitives.multiply(shape)
    return Pairing(left, right) >> primitives.add(shape)


def largest(length: int) -> Term:
    """x ↦ max_i x_i : R^length → R, by halves. Raises ValueError for an empty space."""
    if length < 1:
        raise ValueError("an empty vector has no largest entry")
    if length == 1:
        return primitives.reshape((1,), ())
    half = (length + 1) // 2
    first, last = _stretch(length, 0, half), _stretch(length, length - half, half)
    return Pairing(first, last) >> maximum((half,)) >> largest(half)


def _stretch(length: int, start: int, count: int) -> Term:
    """x ↦ (x_start, …, x_(start + count - 1))."""
    chosen = [int(column == start + row) for row in range(count) for column in range(length)]
    matrix = Discard(Space((length,))) >> primitives.constant((count, length), *chosen)
    return Pairing(matrix, Identity(Space((length,)))) >> primitives.matvec(count, length)


def log_sum_exp(length: int) -> Term:
    """x ↦ m + log Σ_i exp(x_i - m) with m = max_i x_i : R^length → R; finite wherever x is (law FLOAT-RANGE)."""
    far = _below(length, largest(length)) >> primitives.exp((length,)) >> primitives.sum_axes((length,))
    return Pairing(largest(length), far >> primitives.log(())) >> primitives.add(())


def log_softmax(length: int) -> Term:
    """x ↦ x_i - log Σ_j exp(x_j) : R^length → R^length."""
    return _below(length, log_sum_exp(length))


def softmax(length: int) -> Term:
    """x ↦ exp(x_i) / Σ_j exp(x_j) : R^length → R^length."""
    return log_softmax(length) >> primitives.exp((length,))


def _below(length: int, level: Term) -> Term:
    """x ↦ x_i - level(x)."""
    repeated = level >> primitives.broadcast((length,), (0,))
    return Pairing(Identity(Space((length,))), repeated) >> primitives.subtract_on(Space((length,)))


def cross_entropy(length: int) -> Term:
    """(t, x) ↦ -Σ_i t_i log softmax(x)_i : R^length ⊗ R^length → R.

    Cruttwell et al. 2021, Example 3.6, corrected: the printed summand t_i (x_i - log softmax(x)_i) is t_i log Σ eˣ.
    """
    inner = primitives.contract("i,i->", (length,), (length,))
    return (Identity(Space((length,))) @ log_softmax(length)) >> inner >> primitives.negate(())


def dot(length: int) -> Term:
    """(t, x) ↦ Σ_i t_i x_i : R^length ⊗ R^length → R, a score to climb (Cruttwell et al. 2021, Example 3.7)."""
    return primitives.contract("i,i->", (length,), (length,))


# ------------------------------------------------------------------------------------------------ distances


def absolute(shape: Shape) -> Term:
    """x ↦ |x| = relu(x) + relu(-x), entry by entry; the derivative at 0 is 0."""
    positive = primitives.relu(shape)
    return Pairing(positive, primitives.negate(shape) >> positive) >> primitives.add(shape)


def mean_absolute_error(ob: Ob) -> Term:
    """(x, y) ↦ mean over entries of |x - y|, each leaf weighted alike : A ⊗ A → R. The distance of path equations.

    Raises ValueError where a leaf of A is empty: it has no mean.
    """
    return _mean(ob, absolute)


def mean_squared_error(ob: Ob) -> Term:
    """(x, y) ↦ mean over entries of (x - y)², each leaf space weighted alike : A ⊗ A → R."""
    return _mean(ob, lambda shape: Copy(Space(shape)) >> primitives.multiply(shape))


def _mean(ob: Ob, entrywise: Callable[[Shape], Term]) -> Term:
    parts = list(leaves(ob))

    def average(leaf: Ob) -> Term:
        entries = size(leaf)
        if entries == 0 or not isinstance(leaf, Space):
            raise ValueError(f"{leaf} has no entries, so no mean")
        return entrywise(leaf.shape) >> total(leaf) >> primitives.scale(Fraction(1, entries * len(parts)), ())

    def over(part: Ob) -> Term:
        if isinstance(part, Unit):
            return primitives.constant((), 0)
        if isinstance(part, Pair):
            return (over(part.left) @ over(part.right)) >> primitives.add(())
        return average(part)

    return primitives.subtract_on(ob) >> over(ob)


def constantly(ob: Ob, value: Fraction | int) -> Term:
    """x ↦ value : A → R."""
    return Discard(ob) >> primitives.constant((), value)
