"""The engine of PyTorch: the operations of the table on plain tensors, and the way in and out for exact numbers."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import isfinite, prod
from typing import Any

import torch

from verified_cat.engine import Exact, Observed
from verified_cat.errors import DataError, MissingOperation, UsageError, near
from verified_cat.functions import Run, Value
from verified_cat.gpu.kernels import LOWERINGS
from verified_cat.gpu.zero import Zero
from verified_cat.objects import Ob, Pair, Space, Unit
from verified_cat.primitives import Primitive, Shape
from verified_cat.program import Outside
from verified_cat.terms import Operation

DTYPES = {
    "float64": torch.float64,
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}


NARROW = ("", "bfloat16", "tf32")
"""The formats in which a float32 engine may multiply matrices: its own, or operands rounded to a narrower one."""


LAYOUTS = ("", "channels last")
"""How the images of convolutions lie: channel by channel, or pixel by pixel with the channels of each together."""


class TorchEngine:
    """Tensors of one dtype on one device; the value of R^shape is a tensor, or a symbolic ``Zero``.

    Nothing here is recorded for autograd: derivatives come from the table. With ``products`` the matrix products of
    *compiled steps* are narrower than everything else: "bfloat16" rounds operands and result (state, sums and updates
    stay in float32, so the parameters are its master weights), "tf32" lets CUDA round operands to 11 bits. With the
    ``layout`` "channels last" the images of convolutions in compiled steps lie pixel by pixel. Raises UsageError for an
    unknown dtype or layout, a device that is not there, and products narrower than another dtype than float32.
    """

    def __init__(self, dtype: str = "float64", device: str = "cpu", products: str = "", layout: str = "") -> None:
        if dtype not in DTYPES:
            raise UsageError(f"the torch engine does not compute in {dtype!r}; {near(dtype, [*DTYPES])}")
        self.precision = dtype
        self.dtype = DTYPES[dtype]
        self.device = _device(device, self.dtype)
        self.products = _products(products, dtype, self.device)
        if layout not in LAYOUTS:
            raise UsageError(f"images lie channel by channel, or with their channels last, not {layout!r}")
        self.layout = layout
        shown = ("" if dtype == "float64" else f"-{dtype}") + (f"-{products}-products" if products else "")
        shown += f"-{layout.replace(' ', '-')}" if layout else ""
        self.name = f"torch{shown}" + ("" if self.device.type == "cpu" else f"-{self.device}")

    def __repr__(self) -> str:
        more = "".join(f", {name}={getattr(self, name)!r}" for name in ("products", "layout") if getattr(self, name))
        return f"TorchEngine(dtype={self.precision!r}, device={str(self.device)!r}{more})"

    def operation(self, operation: Operation) -> Run:
        """The function that the operation is. Raises MissingOperation for what is not a row of the table."""
        if not isinstance(operation, Primitive):
            raise MissingOperation(f"{self.name}: {operation} is a free symbol; it has no meaning on tensors")
        if operation.name not in LOWERINGS:
            raise MissingOperation(
                f"{self.name} has no kernel for {operation.name!r}; {near(operation.name, [*LOWERINGS])}"
            )
        return LOWERINGS[operation.name](self, *operation.arguments)

    def outside(self, operation: Outside) -> Callable[..., None]:
        """(out, *args) ↦ None, for an operation that is no row of the table. Raises MissingOperation: there is none."""
        raise MissingOperation(f"{self.name} has no kernel for {operation}, which is no operation of the table")

    # ---------------------------------------------------------------------------------------- in and out

    def factor(self, value: Fraction | float) -> float:
        """The number of this dtype nearest to ``value``. Raises DataError where it is finite and too large."""
        try:
            number = float(value)
        except OverflowError:
            raise DataError(f"{self.name}: {value} is too large for {self.precision}") from None
        if isfinite(number) and abs(number) > torch.finfo(self.dtype).max:
            raise DataError(f"{self.name}: {number} is too large for {self.precision}")
        return number

    def tensor(self, shape: Shape, values: tuple[Fraction, ...]) -> torch.Tensor:
        """The tensor of R^shape with these entries in row-major order, or with one entry everywhere (a view of it)."""
        numbers = [self.factor(value) for value in values]
        made = torch.tensor(numbers, dtype=self.dtype, device=self.device)
        return made.reshape(shape) if len(numbers) == prod(shape) else made.reshape(()).expand(shape)

    def dense(self, value: Any) -> Any:
        """A symbolic zero written out as a tensor; every other value as it is."""
        if type(value) is Zero:
            return torch.zeros(value.shape, dtype=self.dtype, device=self.device)
        return value

    def lift(self, ob: Ob, exact: Exact) -> Value:
        """The value with the given exact leaves, rounded to the nearest numbers. Raises DataError on a wrong shape."""
        if isinstance(ob, Pair):
            left, right = _halves(ob, exact)
            return self.lift(ob.left, left), self.lift(ob.right, right)
        if isinstance(ob, Unit):
            return _nothing(exact)
        shape = _shape(ob)
        if not isinstance(exact, tuple) or len(exact) != prod(shape):
            raise DataError(f"a value of {ob} is lifted from a tuple of {prod(shape)} numbers, not from {exact!r}")
        return self.tensor(shape, exact)

    def lower(self, ob: Ob, value: Value) -> Observed:
        """The leaves as flat row-major tuples of floats. Raises DataError where the value is not one of ``ob``."""
        if isinstance(ob, Pair):
            left, right = _halves(ob, value)
            return self.lower(ob.left, left), self.lower(ob.right, right)
        if isinstance(ob, Unit):
            return _nothing(value)
        shape = _shape(ob)
        if not isinstance(value, torch.Tensor | Zero):
            raise DataError(f"a value of {ob} is a tensor, not {value!r} ({type(value).__name__})")
        if tuple(value.shape) != shape:
            raise DataError(f"a value of {ob} has the shape {shape}, not {tuple(value.shape)}")
        return tuple(self.dense(value).reshape(-1).tolist())


def _halves(ob: Pair, value: Any) -> tuple[Any, Any]:
    if not isinstance(value, tuple) or len(value) != 2:
        raise DataError(f"a value of {ob} is a pair, not {value!r}")
    return value


def _nothing(value: Any) -> tuple[()]:
    if value != ():
        raise DataError(f"the value of 1 is the empty tuple, not {value!r}")
    return ()


def _shape(ob: Ob) -> Shape:
    if not isinstance(ob, Space):
        raise DataError(f"{ob} is opaque: no tensor is a value of it")
    return ob.shape


def _products(products: str, dtype: str, device: torch.device) -> str:
    """The format of products, or UsageError."""
    if products not in NARROW:
        raise UsageError(f"products are in the engine's own dtype, bfloat16 or tf32, not in {products!r}")
    if products and dtype != "float32":
        raise UsageError(f"products in {products} go with float32, not with {dtype}")
    if products == "tf32" and device.type != "cuda":
        raise UsageError(f"tf32 is a format of CUDA devices, not of {device}")
    return products


def _device(name: str, dtype: torch.dtype) -> torch.device:
    """The device, tried out: a name that torch can parse may still be of a device that is not there."""
    try:
        device = torch.device(name)
        torch.zeros((), dtype=dtype, device=device).item()
    except (RuntimeError, AssertionError, TypeError, ValueError, NotImplementedError) as refused:
        reason = str(refused).splitlines()[0]
        raise UsageError(f"torch cannot compute in {dtype} on the device {name!r} here: {reason}") from None
    return device
