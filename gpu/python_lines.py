"""Each call as lines of Python over torch, and the functions of torch that the lines name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.kernels import LOWERINGS
from verified_cat.gpu.lowering import Call
from verified_cat.gpu.pools import POOLS
from verified_cat.gpu.views import Role, View
from verified_cat.program import Outside

ATEN = torch.ops.aten


def lines(
    call: Call, name: Callable[[View], str], engine: TorchEngine, namespace: dict[str, Any], number: int
) -> Iterator[str]:
    """The lines of a call; what they need that is not a tensor goes into ``namespace``, under its number."""
    out, args = name(call.out), [name(arg) for arg in call.args]
    if not call.out.entries:
        return
    if call.kernel in ("product", "batched_product"):
        yield from (_narrow_product if engine.products == "bfloat16" else _product)(call, out, args, engine)
    elif call.wire is not None and isinstance(call.wire.operation, Outside):
        namespace[f"k{number}"] = engine.outside(call.wire.operation)
        yield f"k{number}({', '.join([out, *args])})"
    elif call.kernel in POOLS:
        namespace[f"k{number}"] = POOLS[call.kernel](engine, *call.detail)
        yield f"k{number}({', '.join([out, *args])})"
    elif call.kernel in LINES:
        numbers = [engine.factor(each) for each in call.numbers]
        for line in LINES[call.kernel]:
            yield _written_over(line.format(out, *args, numbers=numbers, detail=call.detail), out)
    elif call.kernel in ("scale", "shift"):
        namespace[f"n{number}"] = engine.tensor((), call.numbers)
        yield f"{'mul' if call.kernel == 'scale' else 'add'}({args[0]}, n{number}, out={out})"
    else:
        namespace[f"k{number}"] = LOWERINGS[call.kernel](engine, *call.detail)
        given = f"({', '.join(args)})" if len(args) > 1 else args[0]
        made = call.out.buffer.role is Role.MADE
        laid = "" if call.out.is_contiguous else "memory_format=channels_last"
        yield f"{out} = k{number}({given}).contiguous({laid})" if made else f"{out}.copy_(k{number}({given}))"


def _product(call: Call, out: str, args: list[str], engine: TorchEngine) -> Iterator[str]:
    plain, added = ("mm", "addmm") if call.kernel == "product" else ("bmm", "baddbmm")
    alpha = _alpha(call, engine)
    if alpha != 1:
        yield f"{added}({out}, {', '.join(args)}, beta=0, alpha={alpha!r}, out={out})"
    else:
        yield f"{plain if len(args) == 2 else added}({', '.join(args)}, out={out})"


def _narrow_product(call: Call, out: str, args: list[str], engine: TorchEngine) -> Iterator[str]:
    """The product of rounded operands; what it is added to, and the sum, are not rounded."""
    plain = "mm" if call.kernel == "product" else "bmm"
    alpha = _alpha(call, engine)
    *added, x, y = args
    product = f"{plain}({x}.bfloat16(), {y}.bfloat16())"
    if added:
        yield f"add({added[0]}, {product}.float(), out={out})"
    else:
        yield f"{out}.copy_({product})" + ("" if alpha == 1 else f".mul_({alpha!r})")


def _alpha(call: Call, engine: TorchEngine) -> float:
    """α of a product; what a product is added to here is added with 1, and so is the product (``Chooser``)."""
    beta, alpha = (engine.factor(each) for each in call.numbers)
    assert len(call.args) == 2 or alpha == beta == 1, "a step is not added to a weight term by term"
    return alpha


def _written_over(line: str, out: str) -> str:
    """f(x, …, out=x) as x.f_(…), which is the same and takes half as long to call."""
    function, _, rest = line.partition("(")
    given, _, end = rest.rpartition(f", out={out})")
    first, _, others = given.partition(", ")
    if end or function not in IN_PLACE or first != out:
        return line
    return f"{out}.{function}_({others})"


UNARY = ("exp", "log", "reciprocal", "sqrt", "sin", "cos", "tanh", "sigmoid")
OTHERS = (
    "clamp_min", "sign", "neg", "add", "sub", "mul", "div", "addcmul", "addcdiv", "lerp",
    "mm", "addmm", "bmm", "baddbmm",
)  # fmt: skip

IN_PLACE = frozenset({*UNARY, "add", "sub", "mul", "div", "addcmul", "addcdiv", "lerp", "neg", "clamp_min"})

LINES: Mapping[str, tuple[str, ...]] = {
    **{name: (f"{name}({{1}}, out={{0}})",) for name in UNARY},
    "relu": ("clamp_min({1}, 0, out={0})",),
    "step": ("clamp_min({1}, 0, out={0})", "sign({0}, out={0})"),
    "softplus": ("softplus({1}, 1, 40, out={0})",),
    "gaussian_cdf": (f"mul({{1}}, {-(0.5**0.5)}, out={{0}})", "erfc({0}, out={0})", "mul({0}, 0.5, out={0})"),
    "negate": ("neg({1}, out={0})",),
    "copy": ("{0}.copy_({1})",),
    "add": ("add({1}, {2}, out={0})",),
    "subtract": ("sub({1}, {2}, out={0})",),
    "multiply": ("mul({1}, {2}, out={0})",),
    "divide": ("div({1}, {2}, out={0})",),
    "add_scaled": ("add({1}, {2}, alpha={numbers[0]!r}, out={0})",),
    "add_product": ("addcmul({1}, {2}, {3}, value={numbers[0]!r}, out={0})",),
    "add_quotient": ("addcdiv({1}, {2}, {3}, value={numbers[0]!r}, out={0})",),
    "mix": ("lerp({1}, {2}, {numbers[0]!r}, out={0})",),
    "tanh_backward": ("tanh_backward({1}, {2}, grad_input={0})",),
    "sigmoid_backward": ("sigmoid_backward({1}, {2}, grad_input={0})",),
    "relu_backward": ("threshold_backward({1}, {2}, 0, grad_input={0})",),
    "sum": ("total({1}, {detail[1]}, out={0})",),
    "maximum": ("amax({1}, {detail[1]}, out={0})",),
    "softmax": ("softmax({1}, {detail[1]}, False, out={0})",),
    "log_softmax": ("log_softmax({1}, {detail[1]}, False, out={0})",),
}
"""The lines of a kernel: {0} is what is written, {1} and so on what is read."""

FUNCTIONS: Mapping[str, Any] = {
    **{name: getattr(torch, name) for name in (*UNARY, *OTHERS)},
    "channels_last": torch.channels_last,
    "total": torch.sum,
    "amax": torch.amax,
    "erfc": torch.erfc,
    "softplus": ATEN.softplus.out,
    "softmax": ATEN._softmax.out,
    "log_softmax": ATEN._log_softmax.out,
    "tanh_backward": ATEN.tanh_backward.grad_input,
    "sigmoid_backward": ATEN.sigmoid_backward.grad_input,
    "threshold_backward": ATEN.threshold_backward.grad_input,
}
"""What the lines call, by name."""
