"""f ↦ f on affine forms x = c + Σ_q a_q ε_q + e η with ε_q, η ∈ [-1, 1], over many boxes (Stolfi, Figueiredo 2004).

The symbols ε_1, …, ε_k are those of the inputs, the same in every value: what two sides of an equation have in common
cancels in their difference. What is not linear in them goes into e, with an η of its own for every entry. An engine:
each row of the table has its enclosure, and so every term, and every functor of a schema, is enclosed.

What is claimed: for all ε ∈ [-1, 1]^k, and all points x of the value at ε, f(x) is in the result at the same ε. All is
computed in float64 by numpy, and what that rounds is added to e: a sum of n products, in any order, is off by at most
γ_n Σ |x| |y| (Higham 2002, section 4.2). Here twice γ_(n+8) is taken, and every bound is enlarged by ``SLACK``: bounds
are sums of numbers ≥ 0, so their own evaluation is off by far less. No rounding mode is set, and nothing is asked of
numpy but IEEE arithmetic and ``balls.ULPS``. With ``program``, the same for what an engine of that precision computes
at numbers of that precision in the box: each of its operations adds its own rounding (as in ``rounding``), and the
result encloses both. Where nothing is known (overflow, the edge of a domain), e is infinite.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial
from math import prod
from typing import Any

import numpy as np

from verified_cat.engine import Exact, Observed
from verified_cat.errors import DataError, MissingOperation, UsageError, near
from verified_cat.expansions import expanded
from verified_cat.functions import Functions, Run, Value
from verified_cat.objects import Ob, Pair, Space, Unit
from verified_cat.primitives import Primitive, Shape
from verified_cat.reference import moves
from verified_cat.reference.affine_forms import Form, along, by_symbols, each, form, padded, plus, times
from verified_cat.reference.balls import ARGUMENT, FORMATS, ULPS, Array, Rules
from verified_cat.reference.convolutions import bilinear_in_floats
from verified_cat.reference.relaxations import CURVES, SLACK, TINY, Line, jumping, kinked, line
from verified_cat.terms import Operation

NARROW, LEAST = 128, 2.0**-30
"""Values of at most so many numbers are narrow; an error below such a share of the largest is left as it is."""


class AffineEngine:
    """Functions on affine forms. Raises UsageError for a precision of ``program`` that is not known."""

    precision = "float64"

    def __init__(self, program: str | None = None, symbols: int = 0) -> None:
        """``symbols``: so many entries of each curve, those of the largest error, have a symbol of their own from there
        on, so that what is done with them later is not taken apart. ``begin`` says how many there are at first."""
        if program is not None and program not in FORMATS:
            raise UsageError(f"no rounding bound for the precision {program!r}; {near(program, list(FORMATS))}")
        self.name = "affine forms" if program is None else f"affine forms of what {program} computes"
        self.program = None if program is None else FORMATS[program]
        self._rules = Rules(FORMATS[program or "float64"])
        self.symbols, self.used = symbols, 0

    def begin(self, symbols: int) -> None:
        """A run on inputs with so many symbols begins: those of the runs before are forgotten."""
        self.used = symbols

    # ---------------------------------------------------------------------------------------- the engine

    def operation(self, operation: Operation) -> Run:
        """The operation on forms. Raises MissingOperation for one that is not in the table."""
        if isinstance(operation, Primitive) and operation.name in ROWS:
            return _quiet(ROWS[operation.name](self, *operation.arguments))
        term = expanded(operation)
        if term is None:
            raise MissingOperation(f"{self.name}: nothing encloses {operation.name!r}; {near(operation.name, [*ROWS])}")
        return Functions(self).meaning(term).run

    def lift(self, ob: Ob, exact: Exact) -> Value:
        """The forms around exact leaves. Raises DataError on a wrong shape."""
        if isinstance(ob, Pair):
            return self.lift(ob.left, exact[0]), self.lift(ob.right, exact[1])
        if isinstance(ob, Unit):
            return ()
        if not isinstance(ob, Space) or len(exact) != prod(ob.shape):
            raise DataError(f"an exact value of {ob} is a flat tuple of as many numbers, not {exact!r}")
        return self.constant(ob.shape, tuple(map(Fraction, exact)))(())

    def lower(self, ob: Ob, value: Value) -> Observed:
        """The middles in the first box, as flat tuples of floats; NaN where nothing is known of a value."""
        if isinstance(ob, Pair):
            return self.lower(ob.left, value[0]), self.lower(ob.right, value[1])
        if isinstance(ob, Unit):
            return ()
        return tuple(np.where(np.isfinite(value.error[0]), value.centre[0], np.nan).ravel().tolist())

    # ---------------------------------------------------------------------------------------- linear maps

    def rounding(self, n: int) -> tuple[float, float]:
        """(γ, tiny): a sum of n products of total size s is off by at most γ s + tiny, here and in the program."""
        own, tiny = 2 * FORMATS["float64"].gamma(n + 8), TINY * (n + 1)
        if self.program is None:
            return own, tiny
        return own + self.program.gamma(n) * (1 + SLACK), tiny + n * self.program.tiny

    def map(self, f: Callable[[Array], Array], size: Callable[[Array], Array], n: int) -> Run:
        """For a linear f on arrays with any number of boxes first, of sums of n products, and |f| ≤ ``size`` of |x|."""

        def run(x: Form) -> Form:
            gamma, tiny = self.rounding(n)
            error = size(x.error + gamma * x.reach) * (1 + SLACK) + tiny
            return self.kept_apart(form(f(x.centre), each(f, x.linear), error))

        return run

    def constant(self, shape: Shape, values: tuple[Fraction, ...]) -> Run:
        """The numbers, each with its distance to the float that stands for it, here and in the program."""
        ball = self._rules.constant(shape, values)(())
        value = Form(ball.mid[None], None, ball.error[None])
        return lambda _: value

    def scale(self, factor: Fraction, shape: Shape) -> Run:
        """c x, for the float that stands for c."""
        by = self.constant((), (factor,))(())
        number, off = float(by.centre[0]), float(by.error[0])

        def run(x: Form) -> Form:
            gamma, tiny = self.rounding(1)
            error = abs(number) * x.error + (off + (abs(number) + off) * gamma) * x.reach
            linear = None if x.linear is None else number * x.linear
            return form(number * x.centre, linear, error * (1 + SLACK) + tiny)

        return run

    def add(self, shape: Shape) -> Run:
        """x + y."""

        def run(xy: Value) -> Form:
            x, y = xy
            gamma, _ = self.rounding(1)
            linear = plus(x.linear, y.linear)
            made = Form(x.centre + y.centre, linear, x.error + y.error)
            if linear is None or y.linear is None or x.linear is None:
                made.spreading(np.broadcast_to((y if x.linear is None else x).spread, made.centre.shape))
            if linear is not None and len(linear) < len(made.centre):
                linear = np.broadcast_to(linear, (len(made.centre), *linear.shape[1:]))
            error = (made.error + gamma * made.reach) * (1 + SLACK) + TINY
            return form(made.centre, linear, error, made.spread)

        return run

    # ---------------------------------------------------------------------------------------- products

    def multiply(self, shape: Shape) -> Run:
        """x y, entry by entry: of the second order, a_q b_q ε_q² is half of a_q b_q ± half of its size."""

        def run(xy: Value) -> Form:
            x, y = xy
            centre, spreads = x.centre * y.centre, x.spread * y.spread
            linear = plus(times(x.linear, y.centre), times(y.linear, x.centre))
            if x.linear is not None and y.linear is not None:
                common = min(x.linear.shape[1], y.linear.shape[1])
                squares = x.linear[:, :common] * y.linear[:, :common]
                centre = centre + squares.sum(axis=1) / 2
                spreads = np.maximum(spreads - np.abs(squares).sum(axis=1) / 2, 0.0)
            gamma, tiny = self.rounding(1)
            more = 4 * FORMATS["float64"].gamma(8 + (0 if x.linear is None else x.linear.shape[1]))
            rest = x.error * y.reach + y.error * x.reach + (gamma + more) * x.reach * y.reach
            return self.owned(form(centre, linear, rest * (1 + SLACK) + tiny), spreads * (1 + SLACK))

        return run

    def contract(self, subscripts: str, left: Shape, right: Shape) -> Run:
        """Σ x y over the letters that the result lacks."""
        inputs, out = subscripts.split("->")
        one, other = inputs.split(",")
        z = next(letter for letter in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if letter not in subscripts)
        sizes = dict(zip(one + other, left + right, strict=True))
        n = prod(length for letter, length in sizes.items() if letter not in out)

        def product(x: Array, y: Array) -> Array:
            few = len(x) == 1, len(y) == 1
            words = f"{one if few[0] else z + one},{other if few[1] else z + other}->{out if all(few) else z + out}"
            made = np.einsum(words, x[0] if few[0] else x, y[0] if few[1] else y, optimize=True)
            return np.asarray(made[None] if all(few) else made)

        return self.bilinear(product, n)

    def bilinear(self, product: Callable[[Array, Array], Array], n: int) -> Run:
        """For a bilinear map on arrays of boxes, of sums of n products, whose size is that of the sizes."""

        def run(xy: Value) -> Value:
            x, y = xy
            if y.known and not y.error.any():
                return self.map(lambda a: product(a, y.centre), lambda a: product(a, np.abs(y.centre)), n)(x)
            if x.known and not x.error.any():
                return self.map(lambda a: product(x.centre, a), lambda a: product(np.abs(x.centre), a), n)(y)
            gamma, tiny = self.rounding(n + 4)
            first = by_symbols(lambda a: product(a, y.centre), x.linear)
            second = by_symbols(lambda a: product(x.centre, a), y.linear)
            rest = product(x.error, y.reach) + product(x.reach, y.error) + 2 * gamma * product(x.reach, y.reach)
            made = form(product(x.centre, y.centre), plus(first, second), rest * (1 + SLACK) + tiny)
            return self.owned(made, product(x.spread, y.spread) * (1 + SLACK))

        return run

    def convolve(self, name: str, image: Shape, kernel: Shape, *arguments: Any) -> Run:
        """A convolution, or its transpose in the image, by a kernel that is known; else what it abbreviates."""
        long = cache(lambda: Functions(self).meaning(_long(name, image, kernel, *arguments)).run)

        def product(x: Array, k: Array) -> Array:
            wide = (len(x) * image[0], *image[1:])
            run, _ = bilinear_in_floats(name, wide, kernel, *arguments)
            made = run((x.reshape(-1, *x.shape[2:]), k[0]))
            return np.asarray(made.reshape(len(x), -1, *made.shape[1:]))

        _, n = bilinear_in_floats(name, image, kernel, *arguments)
        short = self.bilinear(product, n)
        return lambda xy: short(xy) if xy[1].known and not xy[1].error.any() else long()(xy)

    # ---------------------------------------------------------------------------------------- curves

    def curve(self, name: str, shape: Shape) -> Run:
        """f at each entry, between two parallel lines."""

        def run(x: Form) -> Form:
            low, high = x.ends
            found = line(CURVES[name], low, np.clip(x.centre, low, high), high)
            off: Any = 0.0
            if self.program is not None:
                reach = np.abs(found.slope) * x.reach + np.abs(found.middle) + found.half
                off = 2 * ULPS[name] * self.program.u * reach + self.program.tiny
                off = off + ARGUMENT.get(name, 0) * self.program.u * x.reach  # |f'| < 1/2 for those
            return self.along(found, x, off)

        return run

    def kink(self, lines: Callable[[Array, Array], Line], shape: Shape) -> Run:
        """relu and step, which no engine rounds."""
        return lambda x: self.along(lines(*x.ends), x, 0.0)

    def along(self, found: Line, x: Form, off: Any) -> Form:
        """λ x + middle ± (half + off)."""
        if not self.symbols or x.linear is None:
            return along(found, x, off)
        return self.owned(along(Line(found.slope, found.middle, np.zeros_like(found.half)), x, off), found.half)

    def kept_apart(self, made: Form) -> Form:
        """Where values are narrow, what is in their errors has symbols of its own, such as what a program rounds: wide
        values that come of them have them in common."""
        narrow = self.symbols and prod(made.centre.shape[1:]) <= NARROW
        if not narrow or not (made.error > LEAST * made.reach.max(initial=0.0)).any():
            return made
        before, self.symbols = self.symbols, NARROW
        apart = self.owned(Form(made.centre, made.linear, np.zeros_like(made.error)), made.error)
        self.symbols = before
        return apart

    def owned(self, made: Form, halves: Array) -> Form:
        """x ± halves; the largest of them as symbols of their own, while there are some."""
        flat = halves.reshape(len(halves), -1)
        count = min(self.symbols, int((flat > TINY).sum(axis=1).max(initial=0)))
        if not count or made.linear is None:
            return form(made.centre, made.linear, (made.error + halves) * (1 + SLACK))
        finite = np.where(np.isfinite(flat), flat, 0.0)
        chosen = np.argpartition(-finite, count - 1, axis=1)[:, :count]
        boxes, own = np.arange(len(flat))[:, None], np.zeros((len(flat), count, flat.shape[1]))
        own[boxes, np.arange(count)[None], chosen] = np.take_along_axis(finite, chosen, axis=1)
        rest = flat.copy()
        rest[boxes, chosen] = np.where(np.isfinite(flat), 0.0, np.inf)[boxes, chosen]
        linear = np.concatenate([padded(made.linear, self.used), own.reshape(-1, count, *halves.shape[1:])], axis=1)
        self.used += count
        spread = (made.spread + own.sum(axis=1).reshape(halves.shape)) * (1 + SLACK)
        return form(made.centre, linear, (made.error + rest.reshape(halves.shape)) * (1 + SLACK), spread)


def _quiet(run: Run) -> Run:
    """What overflows or leaves a domain is told of by an infinite error, not by a warning."""

    def quiet(value: Value) -> Value:
        with np.errstate(all="ignore"):
            return run(value)

    return quiet


# ------------------------------------------------------------------------------------------------ rows that move


def _moved(move: Callable[[Array], Array]) -> Run:
    """For a move of entries on arrays with any number of boxes first."""
    return lambda x: Form(move(x.centre), each(move, x.linear), move(x.error)).spreading(move(x.spread))


def _read(name: str, engine: AffineEngine, shape: Shape, *arguments: Any) -> Run:
    at = moves.positions(name, shape, *arguments)
    return _moved(lambda x: x.reshape(len(x), prod(shape))[:, at.ravel()].reshape(len(x), *at.shape))


def _added(name: str, engine: AffineEngine, shape: Shape, *arguments: Any) -> Run:
    """The transpose of a row that reads: entries that meet are added."""
    at = moves.positions(moves.TRANSPOSED[name], shape, *arguments).ravel()
    n = moves.meetings(name, shape, *arguments)

    def spread(y: Array) -> Array:
        out, rows = np.zeros((len(y), prod(shape))), y.reshape(len(y), len(at))
        if n <= 1:
            out[:, at] = rows
        else:
            np.add.at(out.T, at, rows.T)
        return out.reshape(len(y), *shape)

    return _moved(spread) if n <= 1 else engine.map(spread, spread, n)


def _broadcast(engine: AffineEngine, shape: Shape, axes: tuple[int, ...]) -> Run:
    narrow = tuple(1 if axis in axes else length for axis, length in enumerate(shape))
    return _moved(lambda x: np.broadcast_to(x.reshape(len(x), *narrow), (len(x), *shape)))


def _permute(engine: AffineEngine, shape: Shape, order: tuple[int, ...]) -> Run:
    return _moved(lambda x: x.transpose(0, *(axis + 1 for axis in order)))


def _sum(engine: AffineEngine, shape: Shape, axes: tuple[int, ...]) -> Run:
    def total(x: Array) -> Array:
        return np.asarray(x.sum(axis=tuple(axis + 1 for axis in axes)))

    return engine.map(total, total, prod(shape[axis] for axis in axes)) if axes else (lambda x: x)


def _negate(engine: AffineEngine, shape: Shape) -> Run:
    return lambda x: Form(-x.centre, None if x.linear is None else -x.linear, x.error).spreading(x.spread)


def _long(name: str, *arguments: Any) -> Any:
    term = expanded(Primitive(name, arguments))
    assert term is not None
    return term


ROWS: dict[str, Callable[..., Run]] = {
    "add": AffineEngine.add,
    "negate": _negate,
    "scale": AffineEngine.scale,
    "sum": _sum,
    "broadcast": _broadcast,
    "reshape": lambda engine, old, new: _moved(lambda x: x.reshape(len(x), *new)),
    "permute": _permute,
    **{name: partial(_read, name) for name in moves.READS},
    **{name: partial(_added, name) for name in moves.TRANSPOSED},
    "multiply": AffineEngine.multiply,
    "contract": AffineEngine.contract,
    "convolve": lambda engine, *arguments: engine.convolve("convolve", *arguments),
    "convolve_input": lambda engine, *arguments: engine.convolve("convolve_input", *arguments),
    "constant": AffineEngine.constant,
    **{name: (lambda engine, shape, name=name: engine.curve(name, shape)) for name in CURVES},
    "relu": lambda engine, shape: engine.kink(kinked, shape),
    "step": lambda engine, shape: engine.kink(jumping, shape),
}
"""Each row of the table that is enclosed by itself; the others are what they abbreviate."""
