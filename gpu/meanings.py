"""call ↦ the term of the map that its kernel computes, on the shapes of its views: what a compiled call has to be.

A kernel with arguments x₁, …, xₙ is a term from (x₁ ⊗ x₂) ⊗ … ⊗ xₙ. What is not listed here is the operation of the
table that has its name, so every kernel has a meaning, and a test compares the list with what the compiler can choose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import reduce

from verified_cat import primitives
from verified_cat.errors import BoundaryError, MissingOperation
from verified_cat.geometry import windowed
from verified_cat.gpu.lowering import Call
from verified_cat.objects import UNIT, Ob, Pair, Space
from verified_cat.primitives import Primitive, Shape
from verified_cat.program import Outside
from verified_cat.terms import Discard, First, Generator, Identity, Pairing, Second, Term


def meaning(call: Call) -> Term:
    """The map from what a call reads to what it writes.

    Raises BoundaryError where its views do not fit its kernel, MissingOperation for what is outside the table.
    """
    make = _alone if call.wire is not None and isinstance(call.wire.operation, Outside) else FUSED.get(call.kernel)
    term = make(call) if make else Generator(Primitive(call.kernel, call.detail or (call.out.shape,)))
    if term.dom != source(call) or term.cod != Space(call.out.shape):
        raise BoundaryError(
            f"{call.kernel} is a map {term.dom} → {term.cod}; the call goes from {source(call)} to "
            f"{Space(call.out.shape)}"
        )
    return term


def _alone(call: Call) -> Term:
    """What an operation from outside the table is where nothing from outside takes part."""
    assert call.wire is not None and isinstance(call.wire.operation, Outside)
    if call.wire.operation.alone is None:
        raise MissingOperation(f"{call.wire.operation} is outside the table: it has no term")
    return call.wire.operation.alone


def source(call: Call) -> Ob:
    """The object of what the call reads: its arguments, bracketed to the left."""
    spaces: list[Ob] = [Space(arg.shape) for arg in call.args]
    return reduce(Pair, spaces) if spaces else UNIT


# ------------------------------------------------------------------------------------------------ pieces


def _scaled(factor: Fraction, shape: Shape) -> Term:
    if factor == 1:
        return Identity(Space(shape))
    return primitives.negate(shape) if factor == -1 else primitives.scale(factor, shape)


def _three(call: Call) -> tuple[Term, Term, Term]:
    """(z, x, y) out of (z ⊗ x) ⊗ y."""
    z, x, y = (Space(arg.shape) for arg in call.args)
    return First(Pair(z, x), y) >> First(z, x), First(Pair(z, x), y) >> Second(z, x), Second(Pair(z, x), y)


def _sum(left: Term, right: Term, shape: Shape) -> Term:
    return Pairing(left, right) >> primitives.add(shape)


def _times(left: Term, right: Term, shape: Shape) -> Term:
    return Pairing(left, right) >> primitives.multiply(shape)


def _number(value: Fraction, dom: Ob, shape: Shape) -> Term:
    """x ↦ one number everywhere."""
    return Discard(dom) >> primitives.constant((), value) >> primitives.broadcast(shape, tuple(range(len(shape))))


def _one_minus(term: Term, shape: Shape) -> Term:
    return _sum(_number(Fraction(1), term.dom, shape), term >> primitives.negate(shape), shape)


# ------------------------------------------------------------------------------------------------ the kernels


def _product(subscripts: str) -> Callable[[Call], Term]:
    """β z + α x y; without z, α x y."""

    def term(call: Call) -> Term:
        beta, alpha = call.numbers
        shape = call.out.shape
        *_, x, y = call.args
        plain = primitives.contract(subscripts, x.shape, y.shape)
        if len(call.args) == 2:
            return plain if alpha == 1 else plain >> _scaled(alpha, shape)
        added, left, right = _three(call)
        product = Pairing(left, right) >> plain
        product = product if alpha == 1 else product >> _scaled(alpha, shape)
        return _sum(added if beta == 1 else added >> _scaled(beta, shape), product, shape)

    return term


def _shift(call: Call) -> Term:
    """x + c."""
    shape = call.out.shape
    return _sum(Identity(Space(shape)), _number(call.numbers[0], Space(shape), shape), shape)


def _add_scaled(call: Call) -> Term:
    """x + c y."""
    return (Identity(Space(call.out.shape)) @ primitives.scale(call.numbers[0], call.out.shape)) >> primitives.add(
        call.out.shape
    )


def _mix(call: Call) -> Term:
    """x + c (y - x)."""
    shape, space = call.out.shape, Space(call.out.shape)
    x, y = First(space, space), Second(space, space)
    return _sum(x, _sum(y, x >> primitives.negate(shape), shape) >> _scaled(call.numbers[0], shape), shape)


def _divide(call: Call) -> Term:
    """x / y."""
    shape = call.out.shape
    return (Identity(Space(shape)) @ primitives.reciprocal(shape)) >> primitives.multiply(shape)


def _add_product(call: Call) -> Term:
    """z + (c x) y."""
    shape, (z, x, y) = call.out.shape, _three(call)
    return _sum(z, _times(x >> _scaled(call.numbers[0], shape), y, shape), shape)


def _add_quotient(call: Call) -> Term:
    """z + (c x) / y."""
    shape, (z, x, y) = call.out.shape, _three(call)
    return _sum(z, _times(x >> _scaled(call.numbers[0], shape), y >> primitives.reciprocal(shape), shape), shape)


def _tanh_backward(call: Call) -> Term:
    """(w, y) ↦ w (1 - y²)."""
    shape, space = call.out.shape, Space(call.out.shape)
    w, y = First(space, space), Second(space, space)
    return _times(w, _one_minus(_times(y, y, shape), shape), shape)


def _sigmoid_backward(call: Call) -> Term:
    """(w, y) ↦ w (1 - y) y."""
    shape, space = call.out.shape, Space(call.out.shape)
    w, y = First(space, space), Second(space, space)
    return _times(_times(w, _one_minus(y, shape), shape), y, shape)


def _relu_backward(call: Call) -> Term:
    """(w, y) ↦ w step(y)."""
    shape = call.out.shape
    return (Identity(Space(shape)) @ primitives.step(shape)) >> primitives.multiply(shape)


def _max_pool(call: Call) -> Term:
    """x ↦ the largest entries of its windows."""
    seen, axes = _windows(call)
    return primitives.windows(*call.detail) >> primitives.maximum(seen, axes)


def _max_pool_backward(call: Call) -> Term:
    """(w, x) ↦ the sum over the windows of first_maximum(windows x) ⊙ w."""
    seen, axes = _windows(call)
    shape, less = call.detail[0], seen[:-2]
    w, x = First(Space(less), Space(shape)), Second(Space(less), Space(shape))
    chosen = x >> primitives.windows(*call.detail) >> primitives.first_maximum(seen, axes)
    return _times(chosen, w >> primitives.broadcast(seen, axes), seen) >> primitives.fold_windows(*call.detail)


def _windows(call: Call) -> tuple[Shape, tuple[int, ...]]:
    """The shape of the windows of a pool, and the axes of their entries."""
    seen = windowed(*call.detail)
    return seen, (len(seen) - 2, len(seen) - 1)


FUSED: Mapping[str, Callable[[Call], Term]] = {
    "copy": lambda call: Identity(Space(call.out.shape)),
    "scale": lambda call: primitives.scale(call.numbers[0], call.out.shape),
    "subtract": lambda call: primitives.subtract_on(Space(call.out.shape)),
    "shift": _shift,
    "divide": _divide,
    "add_scaled": _add_scaled,
    "add_product": _add_product,
    "add_quotient": _add_quotient,
    "mix": _mix,
    "tanh_backward": _tanh_backward,
    "sigmoid_backward": _sigmoid_backward,
    "relu_backward": _relu_backward,
    "max_pool": _max_pool,
    "max_pool_backward": _max_pool_backward,
    "product": _product("ik,kj->ij"),
    "batched_product": _product("bik,bkj->bij"),
}
"""Kernels that are no single operation of the table, or that hold their numbers apart."""
