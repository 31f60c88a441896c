"""What loops are made of: β z + α x y as a product and a sum of entries, so that the sum is part of what follows.

Products then add onto what lies where they write (BLAS does that in place), or add nothing; so a bias and an activation
become one loop over the result. A product that is added to a temporary that nobody reads any more is added there. Sums
over axes of length 1 only are copies; a product over nothing is 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from verified_cat.gpu.fusing import PRODUCTS
from verified_cat.gpu.lowering import Call
from verified_cat.gpu.schedule import Schedule
from verified_cat.gpu.views import Buffer, Role, View, fresh


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
    return Apart(tuple(calls), tuple(_given(view, calls) for view in (_moved(view, names) for view in plan.results)))


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
    if call.kernel == "sum":
        (arg,) = call.args
        same = arg.reshaped(call.out.shape) if arg.entries == call.out.entries else None
        yield call if same is None else Call("copy", call.out, (same,), wire=call.wire)
    elif call.kernel in PRODUCTS and not call.args[-1].entries:
        yield _without_product(call)
    elif call.kernel in PRODUCTS and len(call.args) == 3 and call.args[0].buffer is not call.out.buffer:
        added, *factors = call.args
        beta, alpha = call.numbers
        product = fresh(call.out.shape)
        yield Call(call.kernel, product, tuple(factors), (Fraction(0), alpha))
        kernel, numbers = ("add", ()) if beta == 1 else ("add_scaled", (beta,))
        yield Call(kernel, call.out, (product, added), numbers, (), call.wire)
    else:
        yield call


def _without_product(call: Call) -> Call:
    """β z, where nothing is summed; 0 without z."""
    if len(call.args) == 2:
        return Call("constant", call.out, (), (), (call.out.shape, (Fraction(0),)), call.wire)
    return Call("scale", call.out, call.args[:1], call.numbers[:1], wire=call.wire)
