"""Every call of an emitted program as it runs: what it reads is what was written there, what it writes is its meaning.

The exact result of a call is enclosed at the floats that it read: in float64 where the program computes in fewer
digits, else in twice the digits or in balls. What it may be off by is the rounding bound of its meaning
(``verified_cat.reference.rounding``), where a product β z + α x y may add its terms in any order, z among them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from verified_cat.errors import MissingOperation
from verified_cat.functions import Engine, Functions
from verified_cat.gpu.emit_python import Emitted, emit
from verified_cat.gpu.lowering import Call
from verified_cat.gpu.meanings import meaning
from verified_cat.gpu.schedule import Schedule
from verified_cat.gpu.step import Step
from verified_cat.gpu.views import Buffer, Role, View
from verified_cat.interpreting import Array, Memory, bracketed
from verified_cat.primitives import constant
from verified_cat.reference.agreement import STEP, Row
from verified_cat.reference.balls import FORMATS, INFLATION, Ball
from verified_cat.reference.bounding import bounding
from verified_cat.reference.error_free import Parts
from verified_cat.reference.stepwise import gaps
from verified_cat.terms import Term

PRODUCTS = ("product", "batched_product")


@dataclass(frozen=True, slots=True)
class Watched:
    """What the watched run showed; ``outputs`` are the new state and the results, None where it did not end."""

    kernels: Mapping[str, Row]
    findings: tuple[str, ...]
    reasons: tuple[str, ...]
    outputs: tuple[Array, ...] | None


def watched_run(step: Step, data: tuple[Any, ...]) -> Watched:
    """The plan of a step emitted with a watcher, run from its state on ``data``, which are not changed."""
    watcher = _Watcher(step, data)
    watcher.runs()
    reasons = tuple(dict.fromkeys(watcher.reasons))
    return Watched(watcher.kernels, tuple(watcher.findings), reasons, watcher.outputs())


class _Watcher:
    """Keeps in a memory of its own what every buffer was last given, and holds every call against that."""

    def __init__(self, step: Step, data: tuple[Any, ...]) -> None:
        self.plan: Schedule = step.plan
        self.precision, self.products, self.data = step.engine.precision, step.engine.products, data
        self.kernels: dict[str, Row] = {}
        self.findings: list[str] = []
        self.reasons: list[str] = []
        self.memory = Memory(unwritten)
        self.given: list[Array] = []
        self.emitted: Emitted = emit(step.plan, step.engine, self._after)
        self._sources: dict[Buffer, Any] = {
            view.buffer: tensor for view, tensor in zip(step.plan.inputs[step.plan.states :], data, strict=True)
        }
        self._begins(step)

    def _begins(self, step: Step) -> None:
        """The state is that of the step, constants are what they should be, and nothing else holds a number."""
        for mine, theirs in zip(self.emitted.state, step.emitted.state, strict=True):
            mine.copy_(theirs)
        for view in self.plan.inputs:
            self.memory.write(view, self.actual(view))
        for buffer, values in self.plan.constants.items():
            view = View(buffer, (buffer.entries,), (1,))
            self._compare("constant", constant(view.shape, *values), [], self.actual(view), f"the constant {buffer}")
            self.memory.write(view, self.actual(view))
        for call in self.plan.calls:
            if call.out.buffer.role is Role.TEMPORARY:
                self.emitted.memory(call.out).fill_(float("nan"))

    def runs(self) -> None:
        """The program, every call watched."""
        self._before(0)
        self.emitted.run(*self.data)
        for view in self.plan.inputs:
            if not same(self.actual(view), self.memory.read(view)):
                self.findings.append(f"at the end {view.buffer} does not hold what was written to it")
        for view, tensor in zip(self.plan.inputs[: self.plan.states], self.emitted.state, strict=True):
            if not same(array_of(tensor), self.memory.read(view)):
                self.findings.append(f"the tensor of {view.buffer} does not hold its value")
        for view, tensor in zip(self.plan.results, self.emitted.results, strict=True):
            if not same(array_of(tensor), self.memory.read(view)):
                self.findings.append("the tensor of a result does not hold its value")

    def outputs(self) -> tuple[Array, ...]:
        """The new state and the results."""
        return tuple(self.memory.read(view) for view in (*self.plan.inputs[: self.plan.states], *self.plan.results))

    def actual(self, view: View) -> Array:
        """What the tensors of the program hold where the plan has this view."""
        source = self._sources.get(view.buffer)
        if source is None:
            return array_of(self.emitted.memory(view))
        return array_of(source.as_strided(view.shape, view.strides, view.offset + source.storage_offset()))

    def _before(self, number: int) -> None:
        """What the call is about to read."""
        if number == len(self.plan.calls):
            return
        call = self.plan.calls[number]
        self.given = [self.actual(arg) for arg in call.args]
        for position, (arg, found) in enumerate(zip(call.args, self.given, strict=True)):
            if not same(found, self.memory.read(arg)):
                where = f"call {number}, {call.kernel}: argument {position}, {arg.buffer}"
                self.findings.append(f"{where}, is not what was last written to it")

    def _after(self, number: int, call: Call) -> None:
        """What the call has written; nothing stands between this and what comes before the next."""
        if call.out.entries:
            found = self.actual(call.out)
            self._compare(call.kernel, meaning(call), self.given, found, f"call {number}, {call.kernel}", call)
            self.memory.write(call.out, found)
        self._before(number + 1)

    def _compare(
        self, kernel: str, term: Term, given: list[Array], found: Array, where: str, call: Call | None = None
    ) -> None:
        try:
            numbers = call.numbers if call else ()
            row, wrong = compared(kernel, term, given, found, self.precision, numbers, self.products)
        except MissingOperation as missing:
            self.reasons.append(str(missing))
            return
        self.kernels[kernel] = self.kernels[kernel].joined(row) if kernel in self.kernels else row
        if wrong:
            self.findings.append(f"{where}: {wrong}")


def unwritten(entries: int) -> Array:
    """Memory that holds no number."""
    return np.full(entries, np.nan)


def same(one: Array, other: Array) -> bool:
    """Whether two arrays hold the same numbers, or none at the same places."""
    return bool(np.array_equal(one, other, equal_nan=True))


def array_of(tensor: Any) -> Array:
    """The numbers of a tensor, as float64."""
    return np.array(tensor.detach().cpu().double().numpy())


# ------------------------------------------------------------------------------------------------ one call


def compared(
    kernel: str,
    term: Term,
    given: list[Array],
    found: Array,
    precision: str,
    numbers: tuple[Any, ...] = (),
    products: str = "",
) -> tuple[Row, str]:
    """(the figures, what is wrong or ""): a result against its enclosure at what was read, within its bound."""
    count = found.size
    if not all(bool(np.isfinite(each).all()) for each in given):
        return Row("compiled", STEP, 1, count, count), ""
    product = kernel in PRODUCTS
    bound = _of_product(given, numbers, precision, products) if product else _rounded(term, given, precision)
    allowed = bound.error.ravel()
    parts = enclosed(term, given, precision) if not product or precision == "float64" else None
    if parts is None:
        ball = _of_product(given, numbers, "float64")
        parts = ball.mid, np.zeros(ball.mid.shape), ball.error
    gap, exact = gaps(found.ravel(), parts)
    with np.errstate(all="ignore"):
        share = np.where(gap == 0, 0.0, np.where(np.isfinite(allowed), gap / allowed, 0.0))
    share = np.where(np.isnan(share), np.inf, share)
    worst = int(np.argmax(share)) if count else 0
    unbounded = int(np.count_nonzero(~np.isfinite(allowed)))
    if not count:
        return Row("compiled", STEP, 1), ""
    figures = float(share[worst]), float(gap[worst]), float(allowed[worst])
    row = Row("compiled", STEP, 1, count, unbounded, int((share > 1).sum()), *figures)
    if share[worst] <= 1:
        return row, ""
    entry = tuple(map(int, np.unravel_index(worst, found.shape)))
    return row, (
        f"entry {entry} is {found.ravel()[worst]!r}, exactly {exact[worst]!r}, allowed {allowed[worst]:.3g} "
        f"({row.excesses} of {count} entries)"
    )


def _rounded(term: Term, given: list[Array], precision: str) -> Ball:
    """The rounding bound of a term at floats."""
    ball: Ball = function_of(term, bounding(precision))(bracketed([Ball(x, np.zeros(x.shape)) for x in given]))
    return ball


@lru_cache(4096)
def function_of(term: Term, engine: Engine) -> Callable[[Any], Any]:
    """The function of a term in an engine."""
    run: Callable[[Any], Any] = Functions(engine).meaning(term).run
    return run


NARROWER: Mapping[str, tuple[float, float]] = {"": (0.0, 0.0), "bfloat16": (2.0**-8, 2.0**-8), "tf32": (2.0**-11, 0.0)}
"""The unit roundoffs of the operands and of the result of a product, where they are rounded to another format."""


def _of_product(given: list[Array], numbers: tuple[Any, ...], precision: str, products: str = "") -> Ball:
    """β z + α Σ x y with n products: n + 1 terms in any order, each rounded when it is made and scaled: γ_{n+4}.

    Operands rounded with u and a result with v add ((1 + u)² (1 + v) (1 + γ) - 1 - γ) |α| Σ|x||y|.
    """
    beta, alpha = map(float, numbers)
    form = FORMATS[precision]
    *added, x, y = given
    mid, reach = alpha * (x @ y), abs(alpha) * (np.abs(x) @ np.abs(y))
    n, (u, v) = x.shape[-1], NARROWER[products]
    rounded = ((1 + u) ** 2 * (1 + v) - 1) * (1 + form.gamma(n + 4)) * reach
    if added:
        mid, reach = beta * added[0] + mid, abs(beta) * np.abs(added[0]) + reach
    error = (form.gamma(n + 4) * reach + rounded + np.where(reach > 0, (n + 4) * form.tiny, 0.0)) * INFLATION
    return Ball(mid, np.where(np.isfinite(reach) & (reach + 2 * error <= form.largest), error, np.inf))


def enclosed(term: Term, given: list[Array], precision: str) -> Parts:
    """The term at floats as h + l ± r: sharper than the precision can tell."""
    if precision != "float64":
        ball = _rounded(term, given, "float64")
        return ball.mid, np.zeros(ball.mid.shape), ball.error
    from verified_cat.reference.doubled import DoubledEngine, NotDoubled, of_floats
    from verified_cat.reference.enclosure import EnclosureEngine, ball_of, balls, in_floats

    try:
        doubled = function_of(term, DoubledEngine())(bracketed([of_floats(x) for x in given]))
        return doubled.high, doubled.low, doubled.radius
    except NotDoubled:
        each = [balls(list(map(ball_of, x.ravel().tolist())), x.shape) for x in given]
        return in_floats(function_of(term, EnclosureEngine())(bracketed(each)))
