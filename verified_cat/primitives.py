"""The closed table of operations: typing rule, derivative as a term, domain, kinks and the convention at them.

A row is linear, bilinear, elementwise, constant, locally constant, or brings its derivative; each kind says once how
that is formed. The reverse derivative of every row is a term over the same table, so it can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from math import isfinite, prod
from numbers import Rational
from typing import Any

from verified_cat import geometry
from verified_cat.errors import DataError, MissingOperation, ShapeError, near
from verified_cat.objects import UNIT, Ob, Pair, Space, Unit, fold
from verified_cat.terms import (
    Copy,
    Discard,
    First,
    Generator,
    Identity,
    LeftUnitor,
    Pairing,
    Second,
    Swap,
    Tensor,
    Term,
)

Shape = geometry.Shape


@dataclass(frozen=True, slots=True)
class Primitive:
    """One operation of the table at given arguments. Raises ShapeError where its typing rule refuses them."""

    name: str
    arguments: tuple[Any, ...]
    dom: Ob = field(init=False, repr=False, compare=False)
    cod: Ob = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            dom, cod = row(self.name).typing(*self.arguments)
        except ShapeError:
            raise
        except (TypeError, IndexError) as fault:  # too few, too many, or of another kind
            raise ShapeError(f"{self.name} does not take the arguments {self.arguments!r}: {fault}") from fault
        if not _is_plain(self.arguments):
            raise ShapeError(
                f"{self.name}: the arguments are numbers, words and tuples of them, not {self.arguments!r}"
            )
        object.__setattr__(self, "dom", dom)
        object.__setattr__(self, "cod", cod)

    def __repr__(self) -> str:
        return f"primitive({', '.join(map(repr, (self.name, *self.arguments)))})"

    def __str__(self) -> str:
        if self.name == "contract":
            return f"contract[{self.arguments[0]}]"
        return f"scale[{self.arguments[0]}]" if self.name == "scale" else self.name


@dataclass(frozen=True, slots=True)
class Symbol:
    """An operation outside the table: a name with a boundary, given a meaning by whoever interprets it."""

    name: str
    dom: Ob
    cod: Ob

    def __repr__(self) -> str:
        return f"symbol({self.name!r}, {self.dom!r}, {self.cod!r})"

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Linear:
    """f(x + y) = f x + f y, f(s x) = s f x. ``transpose(*arguments)`` is the term of fᵀ : cod → dom."""

    typing: Callable[..., tuple[Ob, Ob]]
    transpose: Callable[..., Term]


@dataclass(frozen=True, slots=True)
class Bilinear:
    """Linear in each argument. ``left`` : cod ⊗ B → A is the transpose in A, ``right`` : cod ⊗ A → B that in B."""

    typing: Callable[..., tuple[Ob, Ob]]
    left: Callable[..., Term]
    right: Callable[..., Term]


@dataclass(frozen=True, slots=True)
class Elementwise:
    """y = f(x) entry by entry. ``slope(shape)`` : R^shape ⊗ R^shape → R^shape is f' as a term in (x, y).

    ``domain`` is where f is defined ("all", "positive" or "nonzero"); ``kinks`` the points where it is not smooth;
    ``convention`` what the derivative is declared to be there.
    """

    typing: Callable[..., tuple[Ob, Ob]]
    slope: Callable[[Shape], Term]
    domain: str = "all"
    kinks: tuple[Fraction, ...] = ()
    convention: str = ""


@dataclass(frozen=True, slots=True)
class Constant:
    """1 → R^shape, with zero derivative."""

    typing: Callable[..., tuple[Ob, Ob]]


@dataclass(frozen=True, slots=True)
class LocallyConstant:
    """A function with derivative 0: constant around every point but its ``kinks``, where 0 is the ``convention``."""

    typing: Callable[..., tuple[Ob, Ob]]
    kinks: str
    convention: str


@dataclass(frozen=True, slots=True)
class Differentiable:
    """A function that brings its derivative: ``pulled`` : (A ⊗ B) ⊗ B → A is ((x, y), w) ↦ J(x)ᵀ w with y = f(x), and
    ``pushed`` : (A ⊗ B) ⊗ A → B is ((x, y), v) ↦ J(x) v. ``kinks`` and ``convention`` say where it is not smooth."""

    typing: Callable[..., tuple[Ob, Ob]]
    pulled: Callable[..., Term]
    pushed: Callable[..., Term]
    kinks: str = ""
    convention: str = ""


Row = Linear | Bilinear | Elementwise | Constant | LocallyConstant | Differentiable


# ---------------------------------------------------------------------------------------------- typing rules


def _is_plain(argument: Any) -> bool:
    """Whether an argument can be compared and hashed by what it says; a list cannot."""
    return all(map(_is_plain, argument)) if isinstance(argument, tuple) else isinstance(argument, int | Fraction | str)


def _binary(shape: Shape) -> tuple[Ob, Ob]:
    return Pair(Space(shape), Space(shape)), Space(shape)


def _unary(shape: Shape) -> tuple[Ob, Ob]:
    return Space(shape), Space(shape)


def _scale(factor: Fraction, shape: Shape) -> tuple[Ob, Ob]:
    if not isinstance(factor, Fraction):
        raise ShapeError(f"scale: the factor is an exact Fraction, not {factor!r} ({type(factor).__name__})")
    return _unary(shape)


def _sum(shape: Shape, axes: tuple[int, ...]) -> tuple[Ob, Ob]:
    return Space(shape), Space(geometry.without_axes("sum", shape, axes))


def _broadcast(shape: Shape, axes: tuple[int, ...]) -> tuple[Ob, Ob]:
    return Space(geometry.without_axes("broadcast", shape, axes)), Space(shape)


def _reshape(old: Shape, new: Shape) -> tuple[Ob, Ob]:
    if prod(old) != prod(new):
        raise ShapeError(f"reshape: {old} holds {prod(old)} entries, {new} holds {prod(new)}")
    return Space(old), Space(new)


def _permute(shape: Shape, order: tuple[int, ...]) -> tuple[Ob, Ob]:
    if sorted(order) != list(range(len(shape))):
        raise ShapeError(f"permute: {order} is not an order of the axes of {shape}")
    return Space(shape), Space(tuple(shape[axis] for axis in order))


def _subscripts(subscripts: str) -> tuple[str, str, str]:
    try:
        inputs, out = subscripts.split("->")
        left, right = inputs.split(",")
    except (ValueError, AttributeError):  # AttributeError: no text
        raise ShapeError(f"contract: subscripts read like 'ij,jk->ik', not {subscripts!r}") from None
    for part in (left, right, out):
        if len(set(part)) != len(part) or not all(letter.isalpha() for letter in part):
            raise ShapeError(f"contract: {part!r} in {subscripts!r} must be distinct letters")
    for letter in {*left, *right, *out}:
        if sum(letter in part for part in (left, right, out)) < 2:
            raise ShapeError(f"contract: {letter!r} stands only once in {subscripts!r}; use sum or broadcast for it")
    return left, right, out


def _contract(subscripts: str, left_shape: Shape, right_shape: Shape) -> tuple[Ob, Ob]:
    left, right, out = _subscripts(subscripts)
    sizes: dict[str, int] = {}
    for letters, shape, side in ((left, left_shape, "left"), (right, right_shape, "right")):
        if len(letters) != len(shape):
            raise ShapeError(f"contract[{subscripts}]: the {side} operand has axes {letters!r} but shape {shape}")
        for letter, length in zip(letters, shape, strict=True):
            if sizes.setdefault(letter, length) != length:
                raise ShapeError(
                    f"contract[{subscripts}]: axis {letter!r} has length {sizes[letter]} on the left and {length} on "
                    f"the right, in shapes {left_shape} and {right_shape}"
                )
    return Pair(Space(left_shape), Space(right_shape)), Space(tuple(sizes[letter] for letter in out))


def _moved(rule: Callable[..., Shape]) -> Callable[..., tuple[Ob, Ob]]:
    """R^shape → R^rule(shape, …), for a rule on shapes."""
    return lambda shape, *arguments: (Space(shape), Space(rule(shape, *arguments)))


def _moved_back(rule: Callable[..., Shape]) -> Callable[..., tuple[Ob, Ob]]:
    return lambda shape, *arguments: (Space(rule(shape, *arguments)), Space(shape))


def _convolve(image: Shape, kernel: Shape, *arguments: Any) -> tuple[Ob, Ob]:
    return Pair(Space(image), Space(kernel)), Space(geometry.convolved(image, kernel, *arguments))


def _convolve_input(image: Shape, kernel: Shape, *arguments: Any) -> tuple[Ob, Ob]:
    return Pair(Space(geometry.convolved(image, kernel, *arguments)), Space(kernel)), Space(image)


def _convolve_weight(image: Shape, kernel: Shape, *arguments: Any) -> tuple[Ob, Ob]:
    return Pair(Space(geometry.convolved(image, kernel, *arguments)), Space(image)), Space(kernel)


def _maximum(shape: Shape, axes: tuple[int, ...]) -> tuple[Ob, Ob]:
    return Space(shape), Space(geometry.reduced("maximum", shape, axes))


def _first_maximum(shape: Shape, axes: tuple[int, ...]) -> tuple[Ob, Ob]:
    geometry.reduced("first_maximum", shape, axes)
    return Space(shape), Space(shape)


def _along(shape: Shape, axis: int) -> tuple[Ob, Ob]:
    geometry.reduced("softmax", shape, (axis,))
    return Space(shape), Space(shape)


def _one_hot(shape: Shape, classes: int) -> tuple[Ob, Ob]:
    return Space(shape), Space((*shape, classes))


def _constant(shape: Shape, values: tuple[Fraction, ...]) -> tuple[Ob, Ob]:
    if not all(isinstance(value, Fraction) for value in values):
        raise ShapeError(f"constant: the values are exact Fractions, not {values!r}")
    if len(values) not in (1, prod(shape)):
        raise ShapeError(f"constant: {shape} holds {prod(shape)} entries; give 1 value or as many, not {len(values)}")
    return UNIT, Space(shape)


# ---------------------------------------------------------------------------------------------- the table


def row(name: str) -> Row:
    """The row of the table with this name. Raises MissingOperation for a name that is not in the table."""
    try:
        return TABLE[name]
    except KeyError:
        raise MissingOperation(f"no primitive is called {name!r}; {near(name, list(TABLE))}") from None


def primitive(name: str, *arguments: Any) -> Generator:
    """The operation ``name`` of the table at ``arguments``, as a term."""
    return Generator(Primitive(name, arguments))


def is_linear(operation: Primitive) -> bool:
    """Whether the operation is a linear map; a constant is one only where all its entries are 0."""
    kind = row(operation.name)
    if isinstance(kind, Constant):
        return not any(operation.arguments[1])
    return isinstance(kind, Linear)


def symbol(name: str, dom: Ob, cod: Ob) -> Generator:
    """A free symbol dom → cod, as a term."""
    return Generator(Symbol(name, dom, cod))


def _inverse_order(order: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(order.index(axis) for axis in range(len(order)))


def _contract_left(subscripts: str, left_shape: Shape, right_shape: Shape) -> Term:
    left, right, out = _subscripts(subscripts)
    out_shape = _contract(subscripts, left_shape, right_shape)[1].shape  # type: ignore[attr-defined]
    return contract(f"{out},{right}->{left}", out_shape, right_shape)


def _contract_right(subscripts: str, left_shape: Shape, right_shape: Shape) -> Term:
    left, right, out = _subscripts(subscripts)
    out_shape = _contract(subscripts, left_shape, right_shape)[1].shape  # type: ignore[attr-defined]
    return contract(f"{out},{left}->{right}", out_shape, left_shape)


def _row_of(name: str) -> Callable[..., Term]:
    """The operation ``name`` at the same arguments."""
    return lambda *arguments: primitive(name, *arguments)


def _exchanged(name: str) -> Callable[..., Term]:
    """The operation ``name`` at the same arguments, its operands exchanged."""

    def term(*arguments: Any) -> Term:
        right = primitive(name, *arguments)
        assert isinstance(right.dom, Pair)
        return Swap(right.dom.right, right.dom.left) >> right

    return term


def _x(shape: Shape) -> Term:
    return First(Space(shape), Space(shape))


def _y(shape: Shape) -> Term:
    return Second(Space(shape), Space(shape))


def _square(shape: Shape) -> Term:
    return Copy(Space(shape)) >> multiply(shape)


def _one_minus(shape: Shape, term: Term) -> Term:
    one = Discard(term.dom) >> constant(shape, 1)
    return Pairing(one, term >> negate(shape)) >> add(shape)


def _sigmoid_slope(shape: Shape) -> Term:
    return Pairing(_y(shape), _one_minus(shape, _y(shape))) >> multiply(shape)


def _largest_pulled(shape: Shape, axes: tuple[int, ...]) -> Term:
    """((x, y), w) ↦ first_maximum(x) ⊙ w: all of it goes to the first of the largest entries."""
    dom, cod = _maximum(shape, axes)
    graph = Pair(dom, cod)
    chosen = First(graph, cod) >> First(dom, cod) >> first_maximum(shape, axes)
    return Pairing(chosen, Second(graph, cod) >> broadcast(shape, axes)) >> multiply(shape)


def _largest_pushed(shape: Shape, axes: tuple[int, ...]) -> Term:
    """((x, y), v) ↦ Σ first_maximum(x) ⊙ v."""
    dom, cod = _maximum(shape, axes)
    graph = Pair(dom, cod)
    chosen = First(graph, dom) >> First(dom, cod) >> first_maximum(shape, axes)
    return Pairing(chosen, Second(graph, dom)) >> multiply(shape) >> sum_axes(shape, axes)


def _given_softmax(shape: Shape) -> tuple[Term, Term]:
    """((x, y), v) ↦ y, and ↦ v."""
    space = Space(shape)
    graph = Pair(space, space)
    return First(graph, space) >> Second(space, space), Second(graph, space)


def _softmax_along(shape: Shape, axis: int) -> Term:
    """((x, y), v) ↦ y ⊙ (v - Σ y v), which is its own transpose in v."""
    y, v = _given_softmax(shape)
    mean = Pairing(y, v) >> multiply(shape) >> sum_axes(shape, (axis,)) >> broadcast(shape, (axis,))
    return Pairing(y, Pairing(v, mean) >> subtract_on(Space(shape))) >> multiply(shape)


def _log_softmax_pulled(shape: Shape, axis: int) -> Term:
    """((x, y), w) ↦ w - exp(y) ⊙ Σ w."""
    y, w = _given_softmax(shape)
    whole = w >> sum_axes(shape, (axis,)) >> broadcast(shape, (axis,))
    return Pairing(w, Pairing(y >> exp(shape), whole) >> multiply(shape)) >> subtract_on(Space(shape))


def _log_softmax_pushed(shape: Shape, axis: int) -> Term:
    """((x, y), v) ↦ v - Σ exp(y) ⊙ v."""
    y, v = _given_softmax(shape)
    mean = Pairing(y >> exp(shape), v) >> multiply(shape) >> sum_axes(shape, (axis,)) >> broadcast(shape, (axis,))
    return Pairing(v, mean) >> subtract_on(Space(shape))


ZERO = (Fraction(0),)

TABLE: dict[str, Row] = {
    "add": Linear(_binary, lambda shape: Copy(Space(shape))),
    "negate": Linear(_unary, lambda shape: negate(shape)),
    "scale": Linear(_scale, lambda factor, shape: scale(factor, shape)),
    "sum": Linear(_sum, lambda shape, axes: broadcast(shape, axes)),
    "broadcast": Linear(_broadcast, lambda shape, axes: sum_axes(shape, axes)),
    "reshape": Linear(_reshape, lambda old, new: reshape(new, old)),
    "permute": Linear(
        _permute, lambda shape, order: permute(tuple(shape[axis] for axis in order), _inverse_order(order))
    ),
    "slice": Linear(_moved(geometry.sliced), _row_of("place")),
    "place": Linear(_moved_back(geometry.sliced), _row_of("slice")),
    "gather": Linear(_moved(geometry.gathered), _row_of("scatter")),
    "scatter": Linear(_moved_back(geometry.gathered), _row_of("gather")),
    "windows": Linear(_moved(geometry.windowed), _row_of("fold_windows")),
    "fold_windows": Linear(_moved_back(geometry.windowed), _row_of("windows")),
    "multiply": Bilinear(_binary, lambda shape: multiply(shape), lambda shape: multiply(shape)),
    "contract": Bilinear(_contract, _contract_left, _contract_right),
    "convolve": Bilinear(_convolve, _row_of("convolve_input"), _row_of("convolve_weight")),
    "convolve_input": Bilinear(_convolve_input, _row_of("convolve"), _exchanged("convolve_weight")),
    "convolve_weight": Bilinear(_convolve_weight, _exchanged("convolve"), _exchanged("convolve_input")),
    "constant": Constant(_constant),
    "exp": Elementwise(_unary, _y),
    "log": Elementwise(_unary, lambda shape: _x(shape) >> reciprocal(shape), domain="positive"),
    "reciprocal": Elementwise(_unary, lambda shape: _y(shape) >> _square(shape) >> negate(shape), domain="nonzero"),
    "sqrt": Elementwise(
        _unary, lambda shape: _y(shape) >> reciprocal(shape) >> scale(Fraction(1, 2), shape), domain="positive"
    ),
    "sin": Elementwise(_unary, lambda shape: _x(shape) >> cos(shape)),
    "cos": Elementwise(_unary, lambda shape: _x(shape) >> sin(shape) >> negate(shape)),
    "tanh": Elementwise(_unary, lambda shape: _one_minus(shape, _y(shape) >> _square(shape))),
    "sigmoid": Elementwise(_unary, _sigmoid_slope),
    "relu": Elementwise(
        _unary, lambda shape: _x(shape) >> step(shape), kinks=ZERO, convention="relu'(0) = 0, as in torch"
    ),
    "step": Elementwise(
        _unary,
        lambda shape: Discard(Pair(Space(shape), Space(shape))) >> constant(shape, 0),
        kinks=ZERO,
        convention="step(0) = 0 and step' = 0 everywhere, as the derivative of relu",
    ),
    "softplus": Elementwise(_unary, lambda shape: _x(shape) >> sigmoid(shape)),
    "gaussian": Elementwise(_unary, lambda shape: multiply(shape) >> negate(shape)),
    "gaussian_cdf": Elementwise(_unary, lambda shape: _x(shape) >> gaussian(shape)),
    "maximum": Differentiable(
        _maximum,
        _largest_pulled,
        _largest_pushed,
        kinks="ties of the largest entries",
        convention="of equal entries the first in row-major order, as in torch's max(dim) and max_pool2d (not in amax)",
    ),
    "first_maximum": LocallyConstant(
        _first_maximum,
        kinks="ties of the largest entries",
        convention="of equal entries the first in row-major order is 1, and the derivative is 0 everywhere",
    ),
    "softmax": Differentiable(_along, _softmax_along, _softmax_along),
    "log_softmax": Differentiable(_along, _log_softmax_pulled, _log_softmax_pushed),
    "one_hot": LocallyConstant(
        _one_hot,
        kinks="halves between whole numbers",
        convention="class k is (k - 1/2, k + 1/2], outside all classes there is no 1; the derivative is 0 everywhere",
    ),
}


# ---------------------------------------------------------------------------------------------- constructors


def add(shape: Shape) -> Term:
    """(x, y) ↦ x + y : R^shape ⊗ R^shape → R^shape."""
    return primitive("add", shape)


def negate(shape: Shape) -> Term:
    """x ↦ -x on R^shape."""
    return primitive("negate", shape)


def scale(factor: Fraction | int, shape: Shape) -> Term:
    """x ↦ factor · x on R^shape, for an exact factor."""
    return primitive("scale", _exact("scale", factor), shape)


def sum_axes(shape: Shape, axes: tuple[int, ...] | None = None) -> Term:
    """Σ over ``axes`` (all of them by default) : R^shape → R^(shape without axes)."""
    return primitive("sum", shape, tuple(range(len(shape))) if axes is None else tuple(sorted(axes)))


def broadcast(shape: Shape, axes: tuple[int, ...]) -> Term:
    """Repeat along ``axes`` : R^(shape without axes) → R^shape; the transpose of the sum over ``axes``."""
    return primitive("broadcast", shape, tuple(sorted(axes)))


def reshape(old: Shape, new: Shape) -> Term:
    """The same entries in row-major order : R^old → R^new."""
    return primitive("reshape", old, new)


def permute(shape: Shape, order: tuple[int, ...]) -> Term:
    """Axis i of the result is axis order[i] of the argument : R^shape → R^(shape in that order)."""
    return primitive("permute", shape, order)


def multiply(shape: Shape) -> Term:
    """(x, y) ↦ x ⊙ y, entry by entry : R^shape ⊗ R^shape → R^shape."""
    return primitive("multiply", shape)


def contract(subscripts: str, left: Shape, right: Shape) -> Term:
    """(x, y) ↦ Σ x y over the letters missing on the right of '->' : R^left ⊗ R^right → R^out, as in 'ij,jk->ik'."""
    return primitive("contract", subscripts, left, right)


def matvec(rows: int, columns: int) -> Term:
    """(W, x) ↦ W x : R[rows,columns] ⊗ R[columns] → R[rows]."""
    return contract("ij,j->i", (rows, columns), (columns,))


def matmul(rows: int, inner: int, columns: int) -> Term:
    """(X, Y) ↦ X Y : R[rows,inner] ⊗ R[inner,columns] → R[rows,columns]."""
    return contract("ij,jk->ik", (rows, inner), (inner, columns))


def batched_matmul(batch: int, rows: int, inner: int, columns: int) -> Term:
    """(X, Y) ↦ X_b Y_b for every b : R[batch,rows,inner] ⊗ R[batch,inner,columns] → R[batch,rows,columns]."""
    return contract("bij,bjk->bik", (batch, rows, inner), (batch, inner, columns))


def slice_axes(shape: Shape, starts: Shape, lengths: Shape, steps: Shape | None = None) -> Term:
    """x ↦ x[starts + i steps] for i < lengths : R^shape → R^lengths; steps of 1 by default."""
    return primitive("slice", shape, starts, lengths, steps or (1,) * len(shape))


def place(shape: Shape, starts: Shape, lengths: Shape, steps: Shape | None = None) -> Term:
    """y ↦ zeros with y at starts + i steps : R^lengths → R^shape; the transpose of ``slice_axes``: padding."""
    return primitive("place", shape, starts, lengths, steps or (1,) * len(shape))


def gather(shape: Shape, axis: int, positions: Shape) -> Term:
    """x ↦ x[…, positions, …] along an axis : R^shape → R^(shape with as many entries there)."""
    return primitive("gather", shape, axis, positions)


def scatter(shape: Shape, axis: int, positions: Shape) -> Term:
    """y ↦ x with x[…, p, …] the sum of the y whose position is p : the transpose of ``gather``, into R^shape."""
    return primitive("scatter", shape, axis, positions)


def windows(shape: Shape, window: Shape, stride: Shape | None = None, dilation: Shape | None = None) -> Term:
    """x ↦ x[…, o s + j d] for every o and j, along the last axes : R[lead, sizes] → R[lead, counts, window]."""
    ones = (1,) * len(window)
    return primitive("windows", shape, window, stride or ones, dilation or ones)


def fold_windows(shape: Shape, window: Shape, stride: Shape | None = None, dilation: Shape | None = None) -> Term:
    """y ↦ x with x[…, i] = Σ of the y[…, o, j] with o s + j d = i : the transpose of ``windows``, into R^shape."""
    ones = (1,) * len(window)
    return primitive("fold_windows", shape, window, stride or ones, dilation or ones)


def convolve(
    image: Shape,
    kernel: Shape,
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
    dilation: tuple[int, int] = (1, 1),
    groups: int = 1,
) -> Term:
    """(x, k) ↦ y with y[n,o,h,w] = Σ_c,i,j x[n, c, h s + i d - p, w s + j d - p] k[o,c,i,j], c within the group of o.

    R[N,C,H,W] ⊗ R[O,C/groups,i,j] → R[N,O,h,w], a correlation, as torch's conv2d. ``convolve_input`` : (y, k) ↦ x and
    ``convolve_weight`` : (y, x) ↦ k, at the same arguments, are its transposes.
    """
    return primitive("convolve", image, kernel, stride, padding, dilation, groups)


def convolve_input(
    image: Shape,
    kernel: Shape,
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int] = (0, 0),
    dilation: tuple[int, int] = (1, 1),
    groups: int = 1,
) -> Term:
    """(y, k) ↦ x, the transpose of x ↦ convolve(x, k) : R[N,O,h,w] ⊗ R[O,C/groups,i,j] → R[N,C,H,W] = R^image."""
    return primitive("convolve_input", image, kernel, stride, padding, dilation, groups)


def constant(shape: Shape, *values: Fraction | int) -> Term:
    """1 → R^shape with the given exact entries in row-major order, or one entry repeated."""
    return primitive("constant", shape, tuple(_exact("constant", value) for value in values))


def maximum(shape: Shape, axes: tuple[int, ...]) -> Term:
    """x ↦ max x over ``axes`` : R^shape → R^(shape without axes)."""
    return primitive("maximum", shape, tuple(sorted(axes)))


def first_maximum(shape: Shape, axes: tuple[int, ...]) -> Term:
    """x ↦ 1 at the first largest entry over ``axes``, 0 elsewhere : R^shape → R^shape; the slope of ``maximum``."""
    return primitive("first_maximum", shape, tuple(sorted(axes)))


def softmax(shape: Shape, axis: int) -> Term:
    """x ↦ exp(x_i) / Σ_j exp(x_j) along an axis : R^shape → R^shape."""
    return primitive("softmax", shape, axis)


def log_softmax(shape: Shape, axis: int) -> Term:
    """x ↦ x_i - log Σ_j exp(x_j) along an axis : R^shape → R^shape."""
    return primitive("log_softmax", shape, axis)


def one_hot(shape: Shape, classes: int) -> Term:
    """x ↦ (1 where x is nearest to k)_k : R^shape → R^(shape, classes), for whole numbers x from 0 on."""
    return primitive("one_hot", shape, classes)


def _exact(where: str, value: Fraction | int) -> Fraction:
    """The number as a Fraction. Raises DataError for NaN and infinities, and for what is no number."""
    if not isinstance(value, Rational | float):
        raise DataError(f"{where}: {str(value)[:40]!r} ({type(value).__name__}) is no exact number")
    if isinstance(value, float) and not isfinite(value):
        raise DataError(f"{where}: {value} is no finite number")
    return Fraction(value)


def _elementwise(name: str) -> Callable[[Shape], Term]:
    def construct(shape: Shape) -> Term:
        return primitive(name, shape)

    construct.__name__ = construct.__qualname__ = name
    construct.__doc__ = f"x ↦ {name}(x), entry by entry, on R^shape."
    return construct


exp: Callable[[Shape], Term] = _elementwise("exp")
log: Callable[[Shape], Term] = _elementwise("log")
reciprocal: Callable[[Shape], Term] = _elementwise("reciprocal")
sqrt: Callable[[Shape], Term] = _elementwise("sqrt")
sin: Callable[[Shape], Term] = _elementwise("sin")
cos: Callable[[Shape], Term] = _elementwise("cos")
tanh: Callable[[Shape], Term] = _elementwise("tanh")
sigmoid: Callable[[Shape], Term] = _elementwise("sigmoid")
relu: Callable[[Shape], Term] = _elementwise("relu")
step: Callable[[Shape], Term] = _elementwise("step")
softplus: Callable[[Shape], Term] = _elementwise("softplus")
gaussian: Callable[[Shape], Term] = _elementwise("gaussian")
gaussian_cdf: Callable[[Shape], Term] = _elementwise("gaussian_cdf")


# ---------------------------------------------------------------------------------------------- on whole objects


def zero_on(ob: Ob) -> Term:
    """0 : 1 → A for any object A of spaces."""
    zero: Term = fold(ob, unit=Identity(UNIT), leaf=lambda leaf: constant(leaf.shape, 0), pair=Pairing)
    return zero


def on_pairs(ob: Ob, leaf: Callable[[Space], Term]) -> Term:
    """The map A ⊗ A → A that is ``leaf`` on spaces, componentwise on pairs."""
    if isinstance(ob, Unit):
        return LeftUnitor(UNIT)
    if not isinstance(ob, Pair):
        return leaf(ob)  # type: ignore[arg-type]
    one, two = First(ob, ob), Second(ob, ob)
    left, right = First(ob.left, ob.right), Second(ob.left, ob.right)
    return Pairing(
        Pairing(one >> left, two >> left) >> on_pairs(ob.left, leaf),
        Pairing(one >> right, two >> right) >> on_pairs(ob.right, leaf),
    )


def add_on(ob: Ob) -> Term:
    """(x, y) ↦ x + y : A ⊗ A → A for any object A of spaces."""
    return on_pairs(ob, lambda leaf: add(leaf.shape))


def multiply_on(ob: Ob) -> Term:
    """(x, y) ↦ x ⊙ y : A ⊗ A → A, entry by entry, for any object A of spaces."""
    return on_pairs(ob, lambda leaf: multiply(leaf.shape))


def map_on(ob: Ob, leaf: Callable[[Shape], Term]) -> Term:
    """The map A → A that is ``leaf(shape)`` on every space of A."""
    mapped: Term = fold(ob, unit=Identity(UNIT), leaf=lambda part: leaf(part.shape), pair=Tensor)
    return mapped


def scale_on(factor: Fraction | int, ob: Ob) -> Term:
    """x ↦ factor · x : A → A for any object A of spaces."""
    return map_on(ob, lambda shape: scale(factor, shape))


def subtract_on(ob: Ob) -> Term:
    """(x, y) ↦ x - y : A ⊗ A → A for any object A of spaces."""
    return (Identity(ob) @ map_on(ob, negate)) >> add_on(ob)


# ---------------------------------------------------------------------------------------------- derivatives


def pullback(operation: Primitive) -> Term:
    """((x, y), w) ↦ J(x)ᵀ w with y = f(x) : (A ⊗ B) ⊗ B → A, the reverse derivative with its residual (x, y)."""
    graph, cod = Pair(operation.dom, operation.cod), operation.cod
    residual = First(graph, cod)
    return _pulled(operation, residual, residual >> First(operation.dom, cod), Second(graph, cod))


def pushforward(operation: Primitive) -> Term:
    """((x, y), v) ↦ J(x) v with y = f(x) : (A ⊗ B) ⊗ A → B, the forward derivative with its residual (x, y)."""
    graph, dom = Pair(operation.dom, operation.cod), operation.dom
    residual = First(graph, dom)
    return _pushed(operation, residual, residual >> First(dom, operation.cod), Second(graph, dom))


def reverse(operation: Primitive) -> Term:
    """R[f] : (x, w) ↦ J(x)ᵀ w : A ⊗ B → A, recomputing f(x) (Cockett et al. 2019, Definition 13)."""
    dom, cod = operation.dom, operation.cod
    point = First(dom, cod)
    return _pulled(operation, point >> _graph(operation), point, Second(dom, cod))


def forward(operation: Primitive) -> Term:
    """D[f] : (x, v) ↦ J(x) v : A ⊗ A → B, recomputing f(x) (Blute, Cockett and Seely 2009)."""
    dom = operation.dom
    point = First(dom, dom)
    return _pushed(operation, point >> _graph(operation), point, Second(dom, dom))


def _graph(operation: Primitive) -> Term:
    """x ↦ (x, f(x))."""
    return Pairing(Identity(operation.dom), Generator(operation))


def _pulled(operation: Primitive, graph: Term, point: Term, cotangent: Term) -> Term:
    """J(x)ᵀ w, from terms over one context for (x, y), for x and for w."""
    kind, dom = row(operation.name), operation.dom
    if isinstance(kind, Linear):
        return cotangent >> kind.transpose(*operation.arguments)
    if isinstance(kind, Elementwise):
        return Pairing(graph >> kind.slope(*operation.arguments), cotangent) >> multiply(*operation.arguments)
    if isinstance(kind, Differentiable):
        return Pairing(graph, cotangent) >> kind.pulled(*operation.arguments)
    if isinstance(kind, LocallyConstant):
        return Discard(cotangent.dom) >> zero_on(dom)
    if isinstance(kind, Constant) or not isinstance(dom, Pair):
        return Discard(cotangent.dom)
    left, right = First(dom.left, dom.right), Second(dom.left, dom.right)
    return Pairing(
        Pairing(cotangent, point >> right) >> kind.left(*operation.arguments),
        Pairing(cotangent, point >> left) >> kind.right(*operation.arguments),
    )


def _pushed(operation: Primitive, graph: Term, point: Term, tangent: Term) -> Term:
    """J(x) v, from terms over one context for (x, y), for x and for v."""
    kind, dom, apply = row(operation.name), operation.dom, Generator(operation)
    if isinstance(kind, Linear):
        return tangent >> apply
    if isinstance(kind, Elementwise):
        return Pairing(graph >> kind.slope(*operation.arguments), tangent) >> multiply(*operation.arguments)
    if isinstance(kind, Differentiable):
        return Pairing(graph, tangent) >> kind.pushed(*operation.arguments)
    if isinstance(kind, Constant | LocallyConstant) or not isinstance(dom, Pair):
        return Discard(tangent.dom) >> zero_on(operation.cod)
    left, right = First(dom.left, dom.right), Second(dom.left, dom.right)
    along_left = Pairing(tangent >> left, point >> right) >> apply
    along_right = Pairing(point >> left, tangent >> right) >> apply
    return Pairing(along_left, along_right) >> add_on(operation.cod)
