"""A certificate for each primitive: its rows of the table are the derivative of the function that it is.

Exact: at small shapes, on symbols, against SymPy's derivative (so for all inputs at that shape). In balls: at larger
shapes, at drawn points, against Arb's power series; two disjoint enclosures are a proof that the row is wrong. Layers
are terms over the table, so their derivative is a consequence; it is compared all the same. At kinks
the convention counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

from verified_cat import activations, axes, images, layers, loss, norms, primitives
from verified_cat.engine import Exact
from verified_cat.functions import Functions
from verified_cat.gad import forward_mode, reverse_mode
from verified_cat.networks import dense
from verified_cat.objects import Ob, flatten, fold, size
from verified_cat.primitives import TABLE, Elementwise, Primitive
from verified_cat.reference.arb import arb, ctx
from verified_cat.reference.cases import CASES
from verified_cat.reference.enclosure import EnclosureEngine, ball_of
from verified_cat.reference.jacobian import derivative_gap, kink_gap
from verified_cat.reference.jets import jacobian_in_balls
from verified_cat.reference.truth import flat
from verified_cat.terms import Generator, Term, operations

BITS = 256


def _affine() -> Term:
    return dense(3, 4, 5).map.inside


LAYERS: dict[str, Callable[[], Term]] = {
    "dense": _affine,
    "windows of a signal": lambda: layers.windows(2, 9, 4),
    "convolution of signals": lambda: layers.convolution(3, 8, 2, 3),
    "convolution of images": lambda: layers.convolution_of_images(2, (5, 4), 2, (3, 2)),
    "average pooling": lambda: layers.average_pool(3, 8, 3),
    "gathering": lambda: layers.gather(6, (0, 5, 2, 2)),
    "softmax by a maximum": lambda: loss.softmax(5),
    "log-softmax by a maximum": lambda: loss.log_softmax(5),
    "cross entropy": lambda: loss.cross_entropy(4),
    "softplus by a relu": lambda: loss.softplus((3, 2)),
    "leaky relu": lambda: activations.leaky_relu((3,)),
    "gelu": lambda: activations.gelu((3, 2)),
    "silu": lambda: activations.silu((3, 2)),
    "clamp": lambda: activations.clamp((5,), -1, Fraction(3, 2)),
    "dropout": lambda: activations.dropout((3,), Fraction(1, 4)),
    "cross entropy of rows": lambda: activations.cross_entropy(2, 3),
    "attention": lambda: activations.attention(1, 2, 2, 3, 2, 1),
    "convolution with stride and a bias": lambda: images.conv2d((1, 2, 4, 3), 2, (2, 2), (2, 1), (1, 0)).map.inside,
    "transposed convolution": (
        lambda: images.conv_transpose2d((1, 2, 2, 3), 2, (2, 2), (2, 1), (1, 0), (1, 0), groups=2).map.inside
    ),
    "average pooling of images": lambda: images.average_pool((1, 2, 4, 3), (2, 2), (1, 2), (1, 1)),
    "max pooling": lambda: images.max_pool((1, 2, 5, 4), (3, 2), (2, 1), (1, 1)),
    "reflected edges": lambda: images.reflect((1, 1, 3, 4), (2, 1)),
    "nearest resizing": lambda: images.resize_nearest((1, 1, 3, 4), (5, 2)),
    "bilinear resizing": lambda: images.resize_bilinear((1, 1, 3, 4), (5, 2)),
    "layer norm": lambda: norms.layer_norm((2, 4)).map.inside,
    "group norm": lambda: norms.group_norm((1, 4, 2), 2).map.inside,
    "instance norm": lambda: norms.instance_norm((1, 2, 3)),
    "batch norm": lambda: norms.batch_norm((3, 2)).map.inside,
    "concatenation": lambda: axes.concatenate((2, 3), (2, 1), 1),
    "named axes": lambda: axes.einsum("batch row inner, inner other -> row batch", (2, 3, 2), (2, 3)),
    "scattering": lambda: layers.scatter(6, (0, 5, 2, 2)),
}
"""Layers that are terms over the table, at shapes that are not square."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was compared for a primitive or a layer, and what failed; ``radius`` is the widest enclosure met."""

    name: str
    exact: int
    balls: int
    kinks: tuple[str, ...]
    radius: float
    faults: tuple[str, ...]

    def __str__(self) -> str:
        kinks = f"; at {', '.join(self.kinks)}" if self.kinks else ""
        word = "; ".join(self.faults) if self.faults else "certified"
        return f"{self.name:<24} {self.exact} exact, {self.balls} in balls (radius {self.radius:.0e}){kinks}: {word}"


def certificates() -> Iterator[Certificate]:
    """The certificate of each row of the table, then of each layer."""
    yield from (certificate(name) for name in TABLE)
    for name, layer in LAYERS.items():
        radius, faults = in_balls(layer())
        yield Certificate(name, 0, 2, (), radius, tuple(faults))


def certificate(name: str) -> Certificate:
    """Everything that is compared for a row; a row without cases has a fault."""
    if name not in CASES:
        return Certificate(name, 0, 0, (), 0.0, (f"no certificate: reference.cases.CASES lacks {name!r}",))
    small, large = ([Primitive(name, arguments) for arguments in cases] for cases in CASES[name])
    faults = [fault for operation in small for fault in on_symbols(operation)]
    radius = 0.0
    for operation in large:
        wide, found = in_balls(Generator(operation))
        radius, faults = max(radius, wide), faults + found
    kind = TABLE[name]
    convention = getattr(kind, "convention", "")
    kinks = (convention,) if convention else ()
    return Certificate(name, 2 * len(small), 2 * len(large), kinks, radius, tuple(faults))


def on_symbols(operation: Primitive) -> Iterator[str]:
    """Reverse and forward derivative against SymPy's, and the convention at kinks."""
    for mode in ("reverse", "forward"):
        decision = derivative_gap(operation, mode).decision
        if decision.verdict != "equal":
            yield f"{operation}, {mode}: {decision}"
    for gap in kink_gap(operation):
        if gap.decision.verdict != "equal":
            yield f"{operation} at a kink: {gap.decision}"


# ------------------------------------------------------------------------------------------------ in balls


def in_balls(term: Term, seed: int = 0) -> tuple[float, list[str]]:
    """(the widest radius, faults): D and forward mode by the table against J by power series, at a drawn point.

    The point has no entry 0, and none below 0 where a logarithm or a root would not be defined.
    """
    choose = Random(seed)
    point = positive(term.dom, choose) if _domain(term) else signed(term.dom, choose)
    w, v = signed(term.cod, choose), signed(term.dom, choose)
    _, rows, _ = jacobian_in_balls(term, point, BITS)
    engine = EnclosureEngine(BITS)
    x = engine.lift(term.dom, point)
    _, pullback = reverse_mode(engine).differentiate(term)(x)
    _, push = forward_mode(engine).differentiate(term)(x)
    with ctx.workprec(BITS):
        weights, along = ([ball_of(number) for number in flat(*each)] for each in ((term.cod, w), (term.dom, v)))
        pulled = [_dot(weights, column) for column in zip(*rows, strict=True)]
        pushed = [_dot(along, row) for row in rows]
    both = (
        ("reverse", pulled, _entries(term.dom, pullback(engine.lift(term.cod, w)))),
        ("forward", pushed, _entries(term.cod, push(engine.lift(term.dom, v)))),
    )
    widest = max((float(ball.rad()) for _, one, two in both for ball in (*one, *two)), default=0.0)
    beyond = [(mode, entry) for mode, *parts in both for entry in apart(*parts)]
    faults = [f"{term}, {mode}: the enclosures of entry {entry} are apart" for mode, entry in beyond]
    return widest, faults + ([f"{term}: enclosures of radius {widest} tell nothing"] if not widest < 1e-30 else [])


def apart(one: list[Any], other: list[Any]) -> list[int]:
    """The entries whose balls have nothing in common."""
    pairs = enumerate(zip(one, other, strict=True))
    return [entry for entry, (x, y) in pairs if not x.overlaps(y)]


def _dot(left: Any, right: Any) -> Any:
    return sum((x * y for x, y in zip(left, right, strict=True)), start=arb(0))


def _entries(ob: Ob, value: Any) -> list[Any]:
    return [entry for leaf in flatten(ob, value) for entry in leaf.flat]


def _domain(term: Term) -> bool:
    kinds = [TABLE[operation.name] for operation in operations(term)]
    return any(isinstance(kind, Elementwise) and kind.domain != "all" for kind in kinds)


def positive(ob: Ob, choose: Random) -> Exact:
    """Entries between 1/64 and 4."""
    return _filled(ob, lambda: Fraction(choose.randrange(1, 257), 64))


def signed(ob: Ob, choose: Random) -> Exact:
    """Entries of both signs and of size at most 4; never 0, which is a kink."""
    return _filled(ob, lambda: choose.choice((-1, 1)) * Fraction(choose.randrange(1, 257), 64))


def _filled(ob: Ob, number: Callable[[], Fraction]) -> Exact:
    def leaf(space: Ob) -> tuple[Fraction, ...]:
        return tuple(number() for _ in range(size(space)))

    return fold(ob, unit=(), leaf=leaf, pair=lambda left, right: (left, right))


def slope_at_kink(name: str) -> float:
    """What the table says that the derivative is at the kink of a primitive, which is at 0."""
    engine = EnclosureEngine(BITS)
    term = primitives.reverse(Primitive(name, ((),)))
    at = engine.lift(term.dom, ((Fraction(0),), (Fraction(1),)))
    (found,) = engine.lower(term.cod, Functions(engine).meaning(term)(at))
    return float(found)
