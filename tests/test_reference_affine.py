"""Affine forms against Arb: at drawn points of drawn forms, what f gives is in what the engine says, and only just."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from verified_cat import primitives as p
from verified_cat.errors import MissingOperation, UsageError
from verified_cat.functions import Functions
from verified_cat.objects import Pair, Space, Unit, leaves, unflatten
from verified_cat.primitives import TABLE, Primitive
from verified_cat.reference.affine import ROWS, AffineEngine
from verified_cat.reference.affine_forms import Form, boxes, points
from verified_cat.reference.arb import arb
from verified_cat.reference.cases import CASES
from verified_cat.reference.enclosure import EnclosureEngine
from verified_cat.reference.relaxations import CURVES, line
from verified_cat.terms import Discard, Generator, Identity, Pairing, Term

EXACT = Functions(EnclosureEngine(160))
POSITIVE = ("log", "sqrt", "reciprocal")
MOVES = ("broadcast", "reshape", "permute", "slice", "place", "gather", "windows", "negate")


def drawn(shape: tuple[int, ...], choose: np.random.Generator, *, symbols: int, error: float, away: bool) -> Form:
    """A form over three boxes, narrow to wide; ``away`` from 0."""
    width = np.array([0.02, 0.3, 1.5]).reshape(3, *[1] * len(shape))
    if away:
        width = np.minimum(width, 0.5)
    centre = choose.uniform(-1.5, 1.5, (3, *shape)) + (4.0 if away else 0.0)
    linear = choose.uniform(0.3, 1, (3, symbols, *shape)) * width[:, None] / max(symbols, 1)
    return Form(centre, linear if symbols else None, error * np.broadcast_to(width, centre.shape).copy())


def violations(engine: AffineEngine, operation: Primitive, forms: list[Form], choose: np.random.Generator) -> int:
    """At how many (box, point) an entry is certainly outside: by Arb, at exact points."""
    spaces = [leaf for leaf in leaves(operation.dom) if isinstance(leaf, Space)]
    made = engine.operation(operation)(unflatten(operation.dom, forms))
    true, found = EXACT.meaning(Generator(operation)), 0
    symbols = max((0 if form.linear is None else form.linear.shape[1] for form in forms), default=0)
    for box in range(3):
        for number in range(7):
            at = [float(choose.choice([-1.0, 1.0, choose.uniform(-1, 1)])) if number else 0.0 for _ in range(symbols)]
            if number in (1, 2):
                at = [3.0 - 2 * number] * symbols
            exact = unflatten(operation.dom, [_point(form, box, at, choose) for form in forms])
            lifted = EXACT.engine.lift(operation.dom, exact)  # type: ignore[attr-defined]
            result = true(lifted if spaces else ())
            found += any(_outside(made, box, at, result))
    return found


def _point(form: Form, box: int, at: list[float], choose: np.random.Generator) -> tuple[Any, ...]:
    """c + Σ a ε + e η, exactly, entry by entry, as fractions."""
    parts = [Fraction(float(each)) for each in form.centre[box].ravel()]
    for q, epsilon in enumerate(at if form.linear is not None else []):
        coefficients = form.linear[box, q].ravel()  # type: ignore[index]
        parts = [x + Fraction(float(a)) * Fraction(epsilon) for x, a in zip(parts, coefficients, strict=True)]
    signs = choose.choice([-1, 1], len(parts))
    errors = form.error[box].ravel()
    return tuple(x + Fraction(float(e)) * int(s) for x, e, s in zip(parts, errors, signs, strict=True))


def _outside(made: Form, box: int, at: list[float], result: Any) -> Iterator[bool]:
    one = min(box, len(made.centre) - 1)
    for index in np.ndindex(result.shape):
        line_ = arb(float(made.centre[(one, *index)]))
        for q, epsilon in enumerate(at if made.linear is not None else []):
            line_ += arb(float(made.linear[(one, q, *index)])) * arb(epsilon)  # type: ignore[index]
        error = float(made.error[(one, *index)])
        if made.linear is not None:  # symbols that came later are free
            error += 1.0000001 * float(np.abs(made.linear[(one, slice(len(at), None), *index)]).sum())
        yield bool(error != float("inf") and abs(result[index] - line_) > arb(error))


def cases(name: str) -> list[tuple[Primitive, list[Form]]]:
    """The row at its small arguments, on forms with errors, and with symbols only."""
    choose, found = np.random.default_rng(len(name)), []
    for arguments in CASES[name][0][-2:]:
        operation = Primitive(name, arguments)
        shapes = [leaf.shape for leaf in leaves(operation.dom) if isinstance(leaf, Space)]
        for symbols, error in ((2, 0.2), (1, 0.0), (0, 0.1)):
            away = name in POSITIVE
            found.append((operation, [drawn(s, choose, symbols=symbols, error=error, away=away) for s in shapes]))
    return found


def met(engine: AffineEngine, name: str) -> int:
    """How many points of all cases are outside."""
    choose = np.random.default_rng(7)
    return sum(violations(engine, operation, forms, choose) for operation, forms in cases(name))


@pytest.mark.parametrize("name", TABLE)
def test_what_each_row_gives_is_in_its_enclosure(name: str) -> None:
    assert met(AffineEngine(), name) == 0


BENT = [*CURVES, "relu", "multiply", "contract"]
"""Rows of which what is not linear has symbols of its own."""


@pytest.mark.parametrize("name", [*BENT, "maximum", "softmax"])
@pytest.mark.parametrize("symbols", [1, 4])
def test_symbols_of_their_own_are_as_sound(name: str, symbols: int) -> None:
    engine = AffineEngine(symbols=symbols)
    engine.begin(2)
    assert met(engine, name) == 0


@pytest.mark.parametrize("name", BENT)
def test_symbols_that_are_a_tenth_too_narrow_are_caught(name: str) -> None:
    class Narrower(AffineEngine):
        def owned(self, made, halves):  # type: ignore[no-untyped-def]
            return super().owned(made, 0.9 * halves)

    engine = Narrower(symbols=4)
    engine.begin(2)
    assert met(engine, name) > 0


def test_products_with_symbols_are_taken_apart_no_more() -> None:
    """x y - x y is 0: of what a product leaves, nothing cancels unless it has symbols."""
    x = boxes(np.array([[0.2, 0.3]]), np.array([[0.4, 0.6]]))
    widths = []
    for symbols in (0, 4):
        engine = AffineEngine(symbols=symbols)
        engine.begin(2)
        product = engine.operation(p.multiply((2,)).operation)((x, _turned(x)))  # type: ignore[attr-defined]
        gone = engine.operation(p.add((2,)).operation)((product, _negated(engine, product)))  # type: ignore[attr-defined]
        widths.append(float((gone.spread + gone.error).max()))
    assert widths[1] < 1e-12 < 1e-3 < widths[0]


def _turned(x: Form) -> Form:
    """The entries the other way round, so that a product has two symbols."""
    assert x.linear is not None
    return Form(x.centre[:, ::-1], x.linear[:, :, ::-1], x.error[:, ::-1])


def _negated(engine: AffineEngine, x: Form) -> Form:
    made: Form = engine.operation(Primitive("negate", ((2,),)))(x)
    return made


def network() -> Term:
    """x ↦ relu(V tanh(W x) - relu(W x)) - tanh(W x), on which values meet again that went apart."""
    draws, shape = np.random.default_rng(2), (6,)
    matrices = [[Fraction(float(each)) for each in draws.normal(0, 1, 36)] for _ in range(2)]
    w, v = (
        Pairing(Discard(Space(shape)) >> p.constant((6, 6), *entries), Identity(Space(shape))) >> p.matvec(6, 6)
        for entries in matrices
    )
    curved, kinked = w >> p.tanh(shape), w >> p.relu(shape) >> p.negate(shape)
    inner = Pairing(curved >> v, kinked) >> p.add(shape) >> p.relu(shape)
    return Pairing(inner, curved >> p.negate(shape)) >> p.add(shape)


APART: Term = Pairing(p.exp((6,)), p.tanh((6,)) >> p.negate((6,))) >> p.add((6,))
"""exp - tanh: from 0 on, what lines leave of the one has the other sign than what they leave of the other."""


def beyond(engine: AffineEngine, term: Term, least: float) -> int:
    """How many entries of a term at drawn points are outside of its enclosure."""
    low = np.random.default_rng(0).uniform(least, 1, (20, 6))
    high = low + np.array([0.01, 0.1, 1.0, 3.0] * 5)[:, None]
    engine.begin(6)
    made = Functions(engine).meaning(term)(boxes(low, high))
    share = np.random.default_rng(1).random((150, 20, 6))
    theta = low + np.concatenate([share, np.round(share)]) * (high - low)
    value = Functions(AffineEngine()).meaning(term)(points(theta.reshape(-1, 6)))
    off, error = np.abs(value.centre.reshape(300, 20, 6) - made.centre), value.error.reshape(300, 20, 6)
    return int((off > made.spread + made.error + error).sum())


@pytest.mark.parametrize("symbols", [0, 2, 6])
def test_no_point_of_a_network_is_outside_whatever_has_symbols(symbols: int) -> None:
    assert beyond(AffineEngine(symbols=symbols), network(), -1) == 0
    assert beyond(AffineEngine(symbols=symbols), APART, 0) == 0


def test_symbols_that_are_taken_for_one_another_are_caught() -> None:
    class Confused(AffineEngine):
        def along(self, found, x, off):  # type: ignore[no-untyped-def]
            made = super().along(found, x, off)
            self.used = 6
            return made

    assert beyond(Confused(symbols=6), APART, 0) > 0


def test_symbols_make_bounds_of_deep_networks_narrower() -> None:
    widths, term = [], network()
    for symbols in (0, 2, 6):
        engine = AffineEngine(symbols=symbols)
        engine.begin(6)
        found = Functions(engine).meaning(term)(boxes(np.zeros((1, 6)), np.full((1, 6), 0.2)))
        widths.append(float((found.spread + found.error).sum()))
        assert (found.linear is not None) and (found.linear.shape[1] > 6) == bool(symbols)
    assert widths[2] < widths[1] < widths[0]


@pytest.mark.parametrize("name", sorted(set(TABLE) - {"constant", "step", "one_hot", "first_maximum"}))
def test_enclosures_are_finite(name: str) -> None:
    engine = AffineEngine()
    narrow = [(op, forms) for op, forms in cases(name) if op.cod != Space((0,))]
    for operation, forms in narrow:
        made = engine.operation(operation)(unflatten(operation.dom, forms))
        assert np.isfinite(made.error[0]).all()


class Narrow(AffineEngine):
    """An engine whose enclosure of one row is a tenth too narrow."""

    def __init__(self, row: str, share: float = 0.9) -> None:
        super().__init__()
        self.row, self.share = row, share

    def operation(self, operation: Any) -> Any:
        run = super().operation(operation)
        if operation.name != self.row:
            return run

        def narrower(value: Any) -> Form:
            made: Form = run(value)
            return dataclasses.replace(made, error=made.error * self.share)

        return narrower


@pytest.mark.parametrize("name", [name for name in ROWS if name not in ("constant",)])
def test_an_enclosure_that_is_too_narrow_is_caught(name: str) -> None:
    assert met(Narrow(name), name) > 0


@pytest.mark.parametrize("name", [name for name in ROWS if name not in (*MOVES, "relu", "step")])
def test_an_enclosure_that_forgets_what_rounds_is_caught(name: str) -> None:
    choose, found = np.random.default_rng(3), 0
    for arguments in CASES[name][0] * 5:
        operation = Primitive(name, arguments)
        shapes = [leaf.shape for leaf in leaves(operation.dom) if isinstance(leaf, Space)]
        forms = [drawn(s, choose, symbols=0, error=0.0, away=name in POSITIVE) for s in shapes]
        found += violations(Narrow(name, 0.0), operation, forms, choose)
    assert found > 0


@pytest.mark.parametrize("name", CURVES)
def test_lines_hold_on_narrow_wide_and_far_intervals(name: str) -> None:
    choose = np.random.default_rng(11)
    low = choose.uniform(0.01, 3, 300) if name in POSITIVE else choose.normal(0, 3, 300)
    high = low + 10 ** choose.uniform(-8, 1, 300)
    curve = CURVES[name]
    with np.errstate(all="ignore"):
        found = line(curve, low, low + (high - low) / 2, high)
    true = EXACT.meaning(getattr(p, name)((300,)))
    for share in (0.0, 0.25, 0.5, 0.9, 1.0):
        x = np.clip(low + share * (high - low), low, high)
        y = true(EXACT.engine.lift(Space((300,)), tuple(x.tolist())))  # type: ignore[attr-defined]
        for number in range(300):
            rest = y[number] - arb(found.slope[number]) * arb(x[number]) - arb(found.middle[number])
            half = found.half[number]
            assert half == np.inf or not bool(abs(rest) > arb(half)), (name, low[number], high[number], share)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softplus", "exp", "gaussian_cdf"])
def test_the_error_is_quadratic_in_the_width(name: str) -> None:
    halves = []
    for width in (0.1, 0.01):
        low = np.array([0.7])
        halves.append(line(CURVES[name], low, low + width / 2, low + width).half[0])
    assert 80 < halves[0] / halves[1] < 125


def test_what_cancels_is_gone() -> None:
    engine = AffineEngine()
    x = boxes(np.array([[-1.0, 0.0]]), np.array([[3.0, 0.5]]))
    negated = engine.operation(Primitive("negate", ((2,),)))(x)
    gone = engine.operation(Primitive("add", ((2,),)))((x, negated))
    assert gone.linear is not None and not gone.linear.any() and gone.error.max() < 1e-12


def test_where_nothing_is_known_the_error_is_infinite() -> None:
    engine = AffineEngine()
    x = boxes(np.array([[-1.0]]), np.array([[1.0]]))
    for name in POSITIVE:
        assert engine.operation(Primitive(name, ((1,),)))(x).error[0, 0] == np.inf
    far = boxes(np.array([[0.0]]), np.array([[1e6]]))
    lost = engine.operation(Primitive("exp", ((1,),)))(far)
    assert lost.error[0, 0] == np.inf
    assert engine.operation(Primitive("tanh", ((1,),)))(lost).error[0, 0] == np.inf


def test_a_program_of_float32_is_enclosed_with_its_rounding() -> None:
    choose = np.random.default_rng(0)
    x = choose.normal(size=(50, 1, 40)).astype(np.float32)
    w = choose.normal(size=(40, 30)).astype(np.float32)
    operation = Primitive("contract", ("ij,jk->ik", (1, 40), (40, 30)))
    made = np.tanh(np.einsum("zij,jk->zik", x, w))
    for program, outside in (("float32", False), (None, True)):
        engine = AffineEngine(program)
        wide = Form(w.astype(np.float64)[None], None, np.zeros((1, 40, 30)))
        product = engine.operation(operation)((points(x.astype(np.float64)), wide))
        found = engine.operation(Primitive("tanh", ((1, 30),)))(product)
        off = np.abs(made.astype(np.float64) - found.centre) > found.error
        assert off.any() == outside


SIZES = (4, 300, 12, 300, 12, 300, 4)


def deep(engine: AffineEngine, x: Form) -> Form:
    """relu networks of wide and narrow layers, with weights that are numbers of float32."""
    draws = np.random.default_rng(4)
    for n, m in pairwise(SIZES):
        w = draws.normal(0, n**-0.5, (1, n, m)).astype(np.float32).astype(np.float64)
        x = engine.operation(Primitive("contract", ("ij,jk->ik", (1, n), (n, m))))((x, Form(w, None, np.zeros_like(w))))
        x = engine.operation(Primitive("relu", ((1, m),)))(x)
    return x


def deep_in_float32(x: Any) -> Any:
    draws, x = np.random.default_rng(4), x.astype(np.float32)
    for n, m in pairwise(SIZES):
        x = np.maximum(x @ draws.normal(0, n**-0.5, (1, n, m)).astype(np.float32)[0], np.float32(0))
    return x.astype(np.float64)


def excess(symbols: int, share: float = 1.0) -> tuple[float, int]:
    """How much wider the enclosure of what float32 computes is, and how many points computed so are outside of it.

    The points are those without extent, where all of the width is what rounds.
    """

    class Apart(AffineEngine):
        def kept_apart(self, made):  # type: ignore[no-untyped-def]
            return super().kept_apart(dataclasses.replace(made, error=share * made.error))

    theta = np.random.default_rng(0).uniform(-1, 1, (40, 1, 4)).astype(np.float32).astype(np.float64)
    wide, outside = [], 0
    for x in theta:
        found = []
        for program in ("float32", None):
            engine = Apart(program, symbols)
            engine.begin(1)
            found.append(deep(engine, Form(x[None], np.zeros((1, 1, 1, 4)), np.zeros((1, 1, 4)))))
        made, own = found
        outside += int((np.abs(deep_in_float32(x) - made.centre[0]) > made.spread[0] + made.error[0]).sum())
        wide.append(float((made.spread + made.error - own.spread - own.error).max()))
    return max(wide), outside


def test_roundings_that_meet_in_narrow_values_are_kept_apart() -> None:
    (apart, outside), (together, also) = excess(64), excess(0)
    assert outside == also == 0 and 0 < apart < together / 10


def test_roundings_that_are_forgotten_where_values_are_narrow_are_caught() -> None:
    assert excess(64, 0.0)[1] > 0


def test_boxes_of_a_linear_image() -> None:
    matrix, shift = np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 0.1]]), np.array([0.0, 1.0, -1.0])
    x = boxes(np.array([[-1.0, 0.1]]), np.array([[1.0, 0.7]]), matrix, shift)
    theta = np.array([0.3, 0.5])
    at = [0.3, (0.5 - 0.4) / 0.3]
    assert x.linear is not None
    assert np.abs(matrix @ theta + shift - x.centre[0] - np.tensordot(at, x.linear[0], 1)).max() < 1e-12


def test_constants_and_what_is_not_there() -> None:
    engine, seventh = AffineEngine(), p.constant((), 1) >> p.scale(Fraction(1, 7), ())
    made = Functions(engine).meaning(seventh)(())
    assert made.error.max() > 0 and engine.lower(Space(()), made) == pytest.approx((1 / 7,))
    both = Pair(Space((2,)), Unit())
    assert engine.lower(both, engine.lift(both, ((1, 2), ()))) == ((1.0, 2.0), ())
    with pytest.raises(MissingOperation, match="nothing encloses 'f'"):
        engine.operation(p.symbol("f", Space(()), Space(())).operation)
    with pytest.raises(UsageError, match="float32"):
        AffineEngine("float23")
