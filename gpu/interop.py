"""Networks and weights from ``torch.nn`` and back: a module as a 1-cell of Para, and its state dict as the parameters.

A parameter keeps torch's name. Layouts differ in one place: torch applies a weight as x Wᵀ + b, ``dense`` as x W + b,
so the matrix of a Linear is transposed on the way in and on the way out. Nothing is pickled or unpickled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from verified_cat.errors import DataError, UsageError
from verified_cat.gpu.module_rows import must_be_plain, refused
from verified_cat.gpu.modules import LAYERS
from verified_cat.networks import PARA, Network
from verified_cat.objects import Ob, Space, leaves, space
from verified_cat.para import ParaMap
from verified_cat.primitives import Shape
from verified_cat.terms import Term

State = Mapping[str, torch.Tensor]
"""Tensors by name, as ``Module.state_dict`` gives them."""


@dataclass(frozen=True, slots=True)
class Held:
    """A parameter of a module: its name in the state dict; axis i of ours is axis ``order[i]`` of torch's."""

    name: str
    order: tuple[int, ...]

    def ours(self, tensor: torch.Tensor) -> torch.Tensor:
        """The tensor in our layout, as a view."""
        return tensor.permute(self.order)

    def torchs(self, tensor: torch.Tensor) -> torch.Tensor:
        """The tensor in torch's layout, as a view."""
        return tensor.permute(tuple(self.order.index(axis) for axis in range(len(self.order))))


# ------------------------------------------------------------------------------------------------ modules


def layers_of(module: torch.nn.Module, name: str = "") -> Iterator[tuple[str, torch.nn.Module]]:
    """The layers of a module in the order in which they are applied. Raises UsageError for one that has no term."""
    must_be_plain(module, name)
    if type(module) is torch.nn.Sequential:
        for key, part in module._modules.items():
            assert part is not None
            yield from layers_of(part, f"{name}.{key}" if name else key)
    elif type(module) in LAYERS:
        yield name, module
    else:
        raise refused(
            module, name, f"no layer here is one; known: {', '.join(sorted(each.__name__ for each in LAYERS))}"
        )


def held(module: torch.nn.Module) -> tuple[Held, ...]:
    """The parameters of a module in our order. Raises UsageError where one is used twice: it would be two here."""
    found: list[Held] = []
    seen: dict[int, str] = {}
    for name, layer in layers_of(module):
        orders = LAYERS[type(layer)].orders
        for own, parameter in layer.named_parameters(recurse=False):
            whole = f"{name}.{own}" if name else own
            if id(parameter) in seen:
                raise UsageError(f"{whole} and {seen[id(parameter)]} are one tensor; here they would be two parameters")
            seen[id(parameter)] = whole
            found.append(Held(whole, orders.get(own, tuple(range(parameter.dim())))))
    return tuple(found)


def network_of(module: torch.nn.Module, *shape: int) -> Network:
    """The module on inputs R^shape as a network whose parameters have torch's names.

    Raises UsageError for a layer that has no term here, ShapeError where one does not take what comes before it.
    """
    names = tuple(each.name for each in held(module))
    parts = []
    here: Shape = shape
    for name, layer in layers_of(module):
        part = LAYERS[type(layer)].build(layer, name, here)
        assert isinstance(part.cod, Space)
        parts.append(part)
        here = part.cod.shape
    return Network(_composed(parts) if parts else PARA.identity(space(*shape)), names)


def _composed(parts: list[ParaMap[Term]]) -> ParaMap[Term]:
    """The composite, in halves: the tree of its parameters is no deeper than it has to be."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return PARA.compose(_composed(parts[:half]), _composed(parts[half:]))


# ------------------------------------------------------------------------------------------------ weights


def weights_from(state: State | torch.nn.Module, module: torch.nn.Module, param: Ob) -> list[torch.Tensor]:
    """The leaves of parameters P in our layout, as views, from a state dict with the names of ``module``.

    Raises DataError where a name is missing or left over, where a shape is another one, and where an entry is no finite
    number: each with the name, what was found and what was expected.
    """
    given = state.state_dict() if isinstance(state, torch.nn.Module) else state
    expected = held(module)
    _must_have_names(given, expected, module)
    return [_leaf(given[each.name], each, leaf) for each, leaf in _matched(expected, param)]


def into_module(module: torch.nn.Module, param: Ob, values: Sequence[torch.Tensor]) -> None:
    """The leaves of parameters P are written into the module, rounded to its type; all of them, or none."""
    must_fit(module, param)
    own = dict(module.named_parameters())
    with torch.no_grad():
        for each, value in zip(held(module), values, strict=True):
            own[each.name].copy_(each.torchs(value))


def must_fit(module: torch.nn.Module, param: Ob) -> None:
    """The parameters of the module are the leaves of P, one by one, or DataError with the names and shapes."""
    own = dict(module.named_parameters())
    for each, leaf in _matched(held(module), param):
        _must_fit(own[each.name], each, leaf)


def state_dict_of(module: torch.nn.Module, param: Ob, values: Sequence[torch.Tensor]) -> dict[str, torch.Tensor]:
    """The leaves of parameters P as a state dict of ``module``: copies, in torch's layout, with its buffers."""
    made = {name: buffer.detach().clone() for name, buffer in module.named_buffers()}
    for (each, _), value in zip(_matched(held(module), param), values, strict=True):
        made[each.name] = each.torchs(value).detach().clone(memory_format=torch.contiguous_format)
    return {name: made[name] for name in module.state_dict() if name in made}


def _matched(expected: Sequence[Held], param: Ob) -> list[tuple[Held, Space]]:
    """Each parameter of a module with the leaf that it is."""
    spaces = [leaf for leaf in leaves(param) if isinstance(leaf, Space)]
    if len(spaces) != len(expected):
        names = ", ".join(each.name for each in expected)
        raise DataError(
            f"the parameters {_short(param)} have {len(spaces)} leaves; the module has {len(expected)}: {names}"
        )
    return list(zip(expected, spaces, strict=True))


def _must_have_names(given: State, expected: Sequence[Held], module: torch.nn.Module) -> None:
    wanted = [each.name for each in expected]
    buffers = {name for name, _ in module.named_buffers()}
    missing = [name for name in wanted if name not in given]
    unknown = [name for name in given if name not in wanted and name not in buffers]
    if missing or unknown:
        parts = [
            f"{label}: {', '.join(names[:6])}" for label, names in (("missing", missing), ("unknown", unknown)) if names
        ]
        raise DataError(f"the names of the weights are not those of the module; {'; '.join(parts)}")


def _leaf(tensor: Any, each: Held, leaf: Space) -> torch.Tensor:
    if not isinstance(tensor, torch.Tensor) or tensor.layout != torch.strided or not tensor.is_floating_point():
        shown = (
            f"{tensor.dtype} in the layout {tensor.layout}"
            if isinstance(tensor, torch.Tensor)
            else type(tensor).__name__
        )
        raise DataError(f"{each.name} is a plain tensor of floating-point numbers, not {shown}")
    if tensor.is_meta:
        raise DataError(f"{each.name} is on the device 'meta': it has a shape and no numbers")
    _must_fit(tensor, each, leaf)
    if not bool(torch.isfinite(tensor).all()):
        raise DataError(f"{each.name} holds a number that is not finite")
    return each.ours(tensor.detach())


def _must_fit(tensor: torch.Tensor, each: Held, leaf: Space) -> None:
    wanted = (
        tuple(each.torchs(torch.empty(leaf.shape, device="meta")).shape) if len(each.order) == len(leaf.shape) else None
    )
    if tuple(tensor.shape) != wanted:
        torchs = f", in torch's layout {wanted}" if wanted is not None and wanted != leaf.shape else ""
        raise DataError(f"{each.name} has the shape {tuple(tensor.shape)}; the leaf it is to be is {leaf}{torchs}")


def _short(param: Ob) -> str:
    text = str(param)
    return text if len(text) < 80 else f"{text[:79]}…"
