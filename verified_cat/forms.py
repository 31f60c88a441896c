"""Terms into a space, by what they do last: read a leaf, add, permute, contract, take log of 1 + y², and so on."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import prod

from verified_cat import primitives as p
from verified_cat import rows
from verified_cat.objects import Ob, Pair, Space, Unit, leaves, unflatten
from verified_cat.primitives import Shape
from verified_cat.terms import Copy, Discard, First, Identity, Pairing, Second, Term
from verified_cat.textures import EIGHTHS, Choose

Unary = Callable[[Shape], Term]


def number(choose: Choose) -> Fraction:
    """k/8 with |k| ≤ 16, zero and ones among them."""
    return choose(EIGHTHS)  # type: ignore[no-any-return]


def leaf(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    """A term dom → R^shape of a kind (see ``verified_cat.draw.Style``), of at most ``fuel`` layers."""
    if fuel == 0:
        return _read(choose, dom, shape, kind)
    forms = ["read", "sum of two", "scale", "negate", "sum", "broadcast", "permute", "layer"]
    if kind != "linear":
        forms += ["product", "product", "contract", "shifted", "constant"]
    if kind in ("smooth", "any"):
        forms += ["bounded", "bounded", "guarded"]
    if kind == "any":
        forms += ["kinked"]
    return _FORMS[choose(forms)](choose, dom, shape, kind, fuel - 1)


def _read(choose: Choose, dom: Ob, shape: Shape, kind: str) -> Term:
    """Some leaf of the domain, fitted to ``shape``; a constant where there is none."""
    paths = _paths(dom)
    if not paths:
        return Discard(dom) >> p.constant(shape, 0) if kind == "linear" else _constant(choose, dom, shape, kind, 0)
    path: Term = choose(paths)
    assert isinstance(path.cod, Space)
    return path if path.cod.shape == shape else path >> _fit(path.cod.shape, shape)


def _paths(dom: Ob) -> list[Term]:
    """The projections of ``dom`` to its spaces."""
    if isinstance(dom, Pair):
        left: list[Term] = [First(dom.left, dom.right) >> path for path in _paths(dom.left)]
        return left + [Second(dom.left, dom.right) >> path for path in _paths(dom.right)]
    return [] if isinstance(dom, Unit) else [Identity(dom)]


def _fit(old: Shape, new: Shape) -> Term:
    """A linear map R^old → R^new: a reshape where the sizes agree, else the sum, repeated."""
    if prod(old) == prod(new):
        return p.reshape(old, new)
    whole = p.sum_axes(old)
    return whole >> p.broadcast(new, tuple(range(len(new)))) if new else whole


def _sum_of_two(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    return Pairing(leaf(choose, dom, shape, kind, fuel), leaf(choose, dom, shape, kind, fuel)) >> p.add(shape)


def _product(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    return Pairing(leaf(choose, dom, shape, kind, fuel), leaf(choose, dom, shape, kind, fuel)) >> p.multiply(shape)


def _scaled(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    return leaf(choose, dom, shape, kind, fuel) >> p.scale(number(choose), shape)


def _negated(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    return leaf(choose, dom, shape, kind, fuel) >> p.negate(shape)


def _summed(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    """A sum over 2 terms, or over 17 of a small result."""
    axis = choose(range(len(shape) + 1))
    length = choose((2, 2, 17)) if fuel == 0 and prod(shape) <= 2 else 2
    wide = (*shape[:axis], length, *shape[axis:])
    return leaf(choose, dom, wide, kind, fuel) >> p.sum_axes(wide, (axis,))


def _repeated(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    if not shape:
        return leaf(choose, dom, shape, kind, fuel)
    axis = choose(range(len(shape)))
    return leaf(choose, dom, shape[:axis] + shape[axis + 1 :], kind, fuel) >> p.broadcast(shape, (axis,))


def _permuted(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    """The axes of a term in any other order; a matrix may get a third axis for that, which is summed afterwards."""
    if 0 < len(shape) < 3 and prod(shape) <= 6 and choose((True, False)):
        cube = (*shape, 2)
        return _permuted(choose, dom, cube, kind, fuel) >> p.sum_axes(cube, (len(shape),))
    left, order = list(range(len(shape))), []
    while left:
        order.append(left.pop(choose(range(len(left)))))
    before = tuple(shape[order.index(axis)] for axis in range(len(shape)))
    return leaf(choose, dom, before, kind, fuel) >> p.permute(before, tuple(order))


def _contracted(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    """A matrix product of two drawn factors over a length of 2, the right one perhaps transposed, or batched."""
    letters = "ijklmnopq"[: len(shape)]
    cut = choose(range(len(shape) + 1))
    one, two = f"{letters[:cut]}z", choose((f"z{letters[cut:]}", f"{letters[cut:]}z"))
    if cut > 1 and choose((True, False)):
        two = letters[0] + two
    lengths = dict(zip(letters, shape, strict=True)) | {"z": 2}
    left, right = (tuple(lengths[letter] for letter in letters) for letters in (one, two))
    product = p.contract(f"{one},{two}->{letters}", left, right)
    return Pairing(leaf(choose, dom, left, kind, fuel), leaf(choose, dom, right, kind, fuel)) >> product


def _constant(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    """The same at all inputs, with entries of its own."""
    entries = [number(choose) for _ in range(choose((1, max(1, prod(shape)))))]
    return Discard(dom) >> p.constant(shape, *entries)


def _shifted(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    shift = _constant(choose, dom, shape, kind, 0)
    return Pairing(leaf(choose, dom, shape, kind, fuel), shift) >> p.add(shape)


def _bounded(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    """A function with values in a bounded interval; exp after such a one, so that towers do not overflow."""
    function: Unary = choose((p.tanh, p.sigmoid, p.sin, p.cos))
    inner = leaf(choose, dom, shape, kind, fuel) >> function(shape)
    return inner >> p.exp(shape) if choose((False, False, True)) else inner


def _guarded(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    """log, sqrt or 1/x of 1 + y², or 1/x of -(1 + y²): never near the edge of the domain.

    No 1/x of another: the normal forms of towers of quotients take SymPy seconds.
    """
    function: Unary = choose((p.log, p.log, p.sqrt, p.reciprocal, _reciprocal_of_minus))
    within = fuel if function in (p.log, p.sqrt) else 0
    square = leaf(choose, dom, shape, kind, within) >> Copy(Space(shape)) >> p.multiply(shape)
    safe = Pairing(Discard(dom) >> p.constant(shape, 1), square) >> p.add(shape)
    return safe >> function(shape)


def _reciprocal_of_minus(shape: Shape) -> Term:
    return p.negate(shape) >> p.reciprocal(shape)


def _kinked(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    function: Unary = choose((p.relu, p.relu, p.step))
    return leaf(choose, dom, shape, kind, fuel) >> function(shape)


def _layer(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    """A row of layers at some of its arguments, its result fitted to the shape."""
    name = choose(rows.ROWS[kind])
    operation = p.primitive(name, *choose(rows.GEOMETRY[name]))
    inner = unflatten(operation.dom, [leaf(choose, dom, part.shape, kind, 0) for part in leaves(operation.dom)])  # type: ignore[attr-defined]
    assert isinstance(operation.cod, Space)
    found = (Pairing(*inner) if isinstance(inner, tuple) else inner) >> operation
    return found if operation.cod.shape == shape else found >> _fit(operation.cod.shape, shape)


def _plain_read(choose: Choose, dom: Ob, shape: Shape, kind: str, fuel: int) -> Term:
    return _read(choose, dom, shape, kind)


_FORMS: dict[str, Callable[[Choose, Ob, Shape, str, int], Term]] = {
    "read": _plain_read,
    "sum of two": _sum_of_two,
    "product": _product,
    "scale": _scaled,
    "negate": _negated,
    "sum": _summed,
    "broadcast": _repeated,
    "permute": _permuted,
    "contract": _contracted,
    "constant": _constant,
    "shifted": _shifted,
    "bounded": _bounded,
    "guarded": _guarded,
    "kinked": _kinked,
    "layer": _layer,
}
