"""From a program over the table to calls of kernels on views: which entries of which buffers each reads and writes.

Every call writes a buffer that nothing has written before, so the calls may be put into any order that respects who
reads what; storage is shared out later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod
from typing import Any

from verified_cat.gpu.choosing import Choice, Chooser
from verified_cat.gpu.contraction import Letters, letters_of
from verified_cat.gpu.views import Buffer, Role, View, compact, fresh, fresh_like, pixel_by_pixel, row_major
from verified_cat.primitives import Shape
from verified_cat.program import Outside, Program, Wire


@dataclass(frozen=True, slots=True)
class Call:
    """A kernel that reads some views and writes one. ``wire`` is what it computes, for those who ask."""

    kernel: str
    out: View
    args: tuple[View, ...]
    numbers: tuple[Fraction, ...] = ()
    detail: tuple[Any, ...] = ()
    wire: Wire | None = field(default=None, compare=False)

    def __str__(self) -> str:
        numbers = "".join(f", {number}" for number in self.numbers)
        return f"{self.out} = {self.kernel}({', '.join(map(str, self.args))}{numbers})"


@dataclass(frozen=True, slots=True)
class Lowered:
    """The calls of a program, the views of its inputs and outputs, and what its constant buffers hold."""

    calls: tuple[Call, ...]
    inputs: tuple[View, ...]
    outputs: tuple[View, ...]
    constants: Mapping[Buffer, tuple[Fraction, ...]]


# fmt: off
ENTRYWISE = frozenset({
    "add", "subtract", "multiply", "divide", "negate", "scale", "shift", "add_scaled", "add_product",
    "add_quotient", "mix", "copy", "exp", "log", "reciprocal", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "step",
    "softplus", "gaussian", "gaussian_cdf", "tanh_backward", "sigmoid_backward", "relu_backward",
})
# fmt: on
"""Kernels whose result at an entry depends on their arguments at that entry alone: they may write where they read."""


WRITING = frozenset({"sum", "maximum", "softmax", "log_softmax"})
"""Kernels besides those that read any layout and write where they are told."""


DENSE = frozenset({"max_pool", "max_pool_backward"})
"""Kernels that write where they are told, and read what lies in row-major order. Others make a new tensor each time."""


CONVOLUTIONS = frozenset({"convolve", "convolve_input", "convolve_weight"})


def lower(program: Program, roles: tuple[Role, ...], layout: str = "") -> Lowered:
    """The program as calls; ``roles`` says of each input whether it is state or data, ``layout`` how images lie.

    What is computed from images entry by entry lies as they do; what asks for another layout gets a copy.
    """
    lowering = _Lowering(program, roles, layout)
    choices = Chooser(program).choices()
    for wire in program.wires:
        if wire.serial in choices:
            lowering.views[wire.serial] = lowering.placed(wire, choices[wire.serial])
    inputs = tuple(lowering.views[wire.serial] for wire in program.inputs)
    outputs = tuple(lowering.staying(lowering.views[wire.serial]) for wire in program.outputs)
    return Lowered(tuple(lowering.calls), inputs, outputs, lowering.constants)


class _Lowering:
    """Views of the wires that were placed so far, and the calls that fill them."""

    def __init__(self, program: Program, roles: tuple[Role, ...], layout: str) -> None:
        self.layout = layout
        self.calls: list[Call] = []
        self.constants: dict[Buffer, tuple[Fraction, ...]] = {}
        self.views = {
            wire.serial: fresh(wire.shape, role, f"{role.value}{position}")
            for position, (wire, role) in enumerate(zip(program.inputs, roles, strict=True))
        }
        self._known: dict[tuple[Any, ...], View] = {}

    def placed(self, wire: Wire, choice: Choice) -> View:
        """Where the value of the wire is; what has to run for that is called."""
        args = [self.views[arg.serial] for arg in choice.args]
        special = _PLACED.get(choice.kernel)
        if special is not None:
            return special(self, wire, args, choice)
        if choice.kernel in ENTRYWISE:
            return self.call(choice.kernel, _shaped(wire.shape, args), args, choice.numbers, choice.detail, wire)
        if choice.kernel in WRITING:
            return self.call(choice.kernel, fresh(wire.shape), args, choice.numbers, choice.detail, wire)
        if self.layout and choice.kernel in CONVOLUTIONS:
            return self.by_pixels(wire, args, choice)
        dense = [self.contiguous(arg) for arg in args]
        told = choice.kernel in DENSE or isinstance(wire.operation, Outside)
        role = Role.TEMPORARY if told else Role.MADE
        return self.call(choice.kernel, fresh(wire.shape, role), dense, choice.numbers, choice.detail, wire)

    def call(
        self,
        kernel: str,
        out: View,
        args: list[View],
        numbers: tuple[Fraction, ...] = (),
        detail: tuple[Any, ...] = (),
        wire: Wire | None = None,
    ) -> View:
        """The kernel is called; gives where it writes."""
        self.calls.append(Call(kernel, out, tuple(args), numbers, detail, wire))
        return out

    def contiguous(self, view: View) -> View:
        """The same entries in row-major order: the view itself, or a copy, which is made once."""
        return self.arranged(view, row_major(view.shape))

    def arranged(self, view: View, strides: Shape) -> View:
        """The same entries with the strides of a dense view: the view itself, or a copy, which is made once."""
        if view.compact == compact(view.shape, strides):
            return View(view.buffer, view.shape, strides, view.offset)
        key = (view.buffer.serial, view.shape, view.strides, view.offset, strides)
        if key not in self._known:
            out = View(Buffer(Role.TEMPORARY, view.entries), view.shape, strides)
            self._known[key] = self.call("copy", out, [view])
        return self._known[key]

    def staying(self, view: View) -> View:
        """The view, or a copy where its tensor is another one in each step."""
        if view.buffer.role is Role.MADE:
            return self.call("copy", fresh(view.shape), [view])
        return view

    def reshaped(self, view: View, shape: Shape) -> View:
        """The same entries in row-major order under another shape; a copy where there is no such view."""
        found = view.reshaped(shape)
        if found is None:
            found = self.contiguous(view).reshaped(shape)
        assert found is not None
        return found

    # -------------------------------------------------------------------------------------------- views

    def constant(self, wire: Wire, args: list[View], choice: Choice) -> View:
        shape, values = choice.detail
        view = fresh((len(values),) if len(values) == 1 else shape, Role.CONSTANT)
        self.constants[view.buffer] = values
        return View(view.buffer, shape, (0,) * len(shape)) if len(values) == 1 else view

    def moved(self, wire: Wire, args: list[View], choice: Choice) -> View:
        (view,) = args
        if choice.kernel == "reshape":
            return self.reshaped(view, choice.detail[1])
        if choice.kernel == "permute":
            return view.permuted(choice.detail[1])
        if choice.kernel == "broadcast":
            return view.broadcast(*choice.detail)
        if choice.kernel == "windows":
            return view.windowed(*choice.detail[1:])
        return view.sliced(*choice.detail[1:])

    def by_pixels(self, wire: Wire, args: list[View], choice: Choice) -> View:
        """A convolution that reads its arguments pixel by pixel, and writes images so; a gradient of a kernel not."""
        given = [self.arranged(arg, pixel_by_pixel(arg.shape)) for arg in args]
        out = fresh(wire.shape, Role.MADE)
        if choice.kernel != "convolve_weight":
            out = View(out.buffer, wire.shape, pixel_by_pixel(wire.shape))
        return self.call(choice.kernel, out, given, choice.numbers, choice.detail, wire)

    # -------------------------------------------------------------------------------------------- products

    def outer(self, wire: Wire, args: list[View], choice: Choice) -> View:
        """x y over named axes, nothing summed: entry by entry."""
        kinds, lengths = _kinds(choice)
        spread = [
            _spread(view, letters, kinds.out, lengths)
            for view, letters in zip(args, (kinds.left, kinds.right), strict=True)
        ]
        return self.call("multiply", _shaped(wire.shape, spread), spread, wire=wire)

    def product(self, wire: Wire, args: list[View], choice: Choice) -> View:
        """β z + α Σ x y over named axes, as one product of matrices, or as many for each batch axis."""
        kinds, lengths = _kinds(choice)
        *added, x, y = args
        if kinds.out == kinds.batch + kinds.right_only + kinds.left_only and kinds.left_only:
            x, y, kinds = y, x, _flipped(kinds)
        groups = (kinds.left_only, kinds.contracted, kinds.right_only)
        m, k, n = (prod(lengths[letter] for letter in group) for group in groups)
        one = self.matrix(x, kinds.left, kinds.batch, kinds.left_only + kinds.contracted, (m, k), lengths)
        two = self.matrix(y, kinds.right, kinds.batch, kinds.contracted + kinds.right_only, (k, n), lengths)
        letters = kinds.batch + kinds.left_only + kinds.right_only
        batch = (prod(lengths[letter] for letter in kinds.batch),) if kinds.batch else ()
        matrices = [self.reshaped(view, (*batch, m, n)) for view in added]
        out = fresh(tuple(lengths[letter] for letter in letters))
        flat = out.reshaped((*batch, m, n))
        assert flat is not None
        self.call("batched_product" if batch else "product", flat, [*matrices, one, two], choice.numbers, (), wire)
        return out.permuted(tuple(letters.index(letter) for letter in kinds.out))

    def matrix(
        self, view: View, letters: str, batch: str, order: str, shape: Shape, lengths: Mapping[str, int]
    ) -> View:
        """A view as a matrix (or one for each batch entry) that a matrix product reads as it lies."""
        arranged = view.permuted(tuple(letters.index(letter) for letter in batch + order))
        whole = ((prod(lengths[letter] for letter in batch),) if batch else ()) + shape
        found = self.reshaped(arranged, whole)
        return found if _readable(found) else self.contiguous(found)


def _flipped(kinds: Letters) -> Letters:
    """The same contraction with its operands in the other order."""
    return Letters(kinds.right, kinds.left, kinds.out, kinds.batch, kinds.right_only, kinds.left_only, kinds.contracted)


def _kinds(choice: Choice) -> tuple[Letters, dict[str, int]]:
    subscripts, left, right = choice.detail
    kinds = letters_of(subscripts)
    return kinds, dict(zip(kinds.left + kinds.right, left + right, strict=True))


def _spread(view: View, letters: str, out: str, lengths: Mapping[str, int]) -> View:
    """A view with the axes ``out``: in that order, and repeated along those it lacks."""
    ordered = view.permuted(tuple(letters.index(letter) for letter in out if letter in letters))
    missing = tuple(axis for axis, letter in enumerate(out) if letter not in letters)
    return ordered.broadcast(tuple(lengths[letter] for letter in out), missing)


def _shaped(shape: Shape, args: list[View]) -> View:
    """Where an entrywise kernel writes: laid out as its first argument that is dense, so that both are walked alike."""
    for arg in args:
        if arg.is_dense:
            return fresh_like(arg)
    return fresh(shape)


def _readable(view: View) -> bool:
    """Whether a BLAS takes the matrix as it is: one axis without gaps, the other with a stride that skips them."""
    (rows, columns), (down, across) = view.shape[-2:], view.strides[-2:]
    by_rows = (across == 1 or columns == 1) and (down >= max(1, columns) or rows == 1)
    by_columns = (down == 1 or rows == 1) and (across >= max(1, rows) or columns == 1)
    return by_rows or by_columns


_PLACED: dict[str, Callable[[_Lowering, Wire, list[View], Choice], View]] = {
    "constant": _Lowering.constant,
    "reshape": _Lowering.moved,
    "permute": _Lowering.moved,
    "broadcast": _Lowering.moved,
    "slice": _Lowering.moved,
    "windows": _Lowering.moved,
    "outer": _Lowering.outer,
    "product": _Lowering.product,
}
