"""What loops are made of: β z + α x y as a product and a sum, so that the sum is part of what follows; and so on.

Products then add onto what lies where they write (BLAS does that in place), or add nothing; so a bias and an activation
become one loop over the result. A product that is added to a temporary that nobody reads any more is added there. Sums
over axes of length 1 only are copies; a product or convolution over nothing is 0. A softmax is a maximum, a sum and
what is done entry by entry around them; what is placed among zeros is copied there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from verified_cat.gpu.fusing import ALONE, PRODUCTS, REDUCTIONS
from verified_cat.gpu.lowering import Call
from verified_cat.gpu.schedule import Schedule
from verified_cat.gpu.views import Buffer, Role, View, fresh

COMPOSED = frozenset({"softmax", "log_softmax", "place"})
"""Kernels that several calls take the place of."""


@dataclass(frozen=True, slots=True)
class Apart:
    """Calls in an order that can be run, and where the results of the step are."""

    calls: tuple[Call, ...]
    results: tuple[View, ...]


def taken_apart(plan: Schedule) -> Apart:
    """The calls of the plan that do something, each as one product or as something entry by entry."""
    last = {view.buffer: position for position, call in enumerate(plan.calls) for view in call.args}
    last |= {view.buffer: len(plan.calls) for view in plan.results}
    names: dict[Buffer, Buffer] = {}
    calls: list[Call] = []
    for position, call in enumerate(plan.calls):
        moved = replace(call, args=tuple(_moved(arg, names) for arg in call.args))
        added = call.args[0] if call.kernel in PRODUCTS and len(call.args) == 3 else None
        if added is not None and last[added.buffer] == position and _is_ours(call):
            names[call.out.buffer] = moved.args[0].buffer
        if call.out.entries:
            calls += _parts(replace(moved, out=_moved(call.out, names)))
    results = tuple(_given(_moved(view, names), calls) for view in plan.results)
    return Apart(tuple(calls), results)


def _is_ours(call: Call) -> bool:
    """Whether what a product is added to is a temporary of the same form that only this call reads, and once."""
    added, *factors = call.args
    alike = added.compact == call.out.compact and added.entries == added.buffer.entries == call.out.buffer.entries
    once = all(factor.buffer is not added.buffer for factor in factors)
    return alike and once and added.buffer.role is call.out.buffer.role is Role.TEMPORARY


def _moved(view: View, names: dict[Buffer, Buffer]) -> View:
    return replace(view, buffer=names[view.buffer]) if view.buffer in names else view


def _given(view: View, calls: list[Call]) -> View:
    """Where a result is, contiguous; what does not lie so is copied, and so is data, which does not stay."""
    if view.buffer.role is not Role.DATA and view.is_contiguous:
        return view
    calls.append(Call("copy", fresh(view.shape), (view,)))
    return calls[-1].out


def _parts(call: Call) -> Iterator[Call]:
    if call.kernel in REDUCTIONS:
        (arg,) = call.args
        same = arg.reshaped(call.out.shape) if arg.entries == call.out.entries else None
        yield call if same is None else Call("copy", call.out, (same,), wire=call.wire)
    elif call.kernel in PRODUCTS and not call.args[-1].entries:
        yield _without_product(call)
    elif call.kernel in ALONE - PRODUCTS and not all(arg.entries for arg in call.args):
        yield replace(_constant(call.out), wire=call.wire)
    elif call.kernel in PRODUCTS and len(call.args) == 3 and call.args[0].buffer is not call.out.buffer:
        added, *factors = call.args
        beta, alpha = call.numbers
        product = fresh(call.out.shape)
        yield Call(call.kernel, product, tuple(factors), (Fraction(0), alpha))
        kernel, numbers = ("add", ()) if beta == 1 else ("add_scaled", (beta,))
        yield Call(kernel, call.out, (product, added), numbers, (), call.wire)
    elif call.kernel in ("softmax", "log_softmax"):
        yield from _softmax(call)
    elif call.kernel == "place":
        (arg,), (_, *where) = call.args, call.detail
        yield _constant(call.out)
        yield Call("copy", call.out.sliced(*where), (arg,), wire=call.wire)
    else:
        yield call


def _softmax(call: Call) -> Iterator[Call]:
    """d = x - max x, then exp d / Σ exp d, or d - log Σ exp d."""
    (x,), (shape, axis) = call.args, call.detail
    short = tuple(length for place, length in enumerate(shape) if place != axis)
    most, total, away, power = fresh(short), fresh(short), fresh(shape), fresh(shape)
    yield from _parts(Call("maximum", most, (x,), (), (shape, (axis,))))
    yield Call("subtract", away, (x, most.broadcast(shape, (axis,))))
    yield Call("exp", power, (away,), (), (shape,))
    yield from _parts(Call("sum", total, (power,), (), (shape, (axis,))))
    if call.kernel == "softmax":
        yield Call("divide", call.out, (power, total.broadcast(shape, (axis,))), wire=call.wire)
    else:
        rest = fresh(short)
        yield Call("log", rest, (total,), (), (short,))
        yield Call("subtract", call.out, (away, rest.broadcast(shape, (axis,))), wire=call.wire)


def _constant(view: View) -> Call:
    return Call("constant", view, (), (), (view.shape, (Fraction(0),)))


def _without_product(call: Call) -> Call:
    """β z, where nothing is summed; 0 without z."""
    if len(call.args) == 2:
        return replace(_constant(call.out), wire=call.wire)
    return Call("scale", call.out, call.args[:1], call.numbers[:1], wire=call.wire)
