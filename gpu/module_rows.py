"""What a row for a layer of ``torch.nn`` is, and how a layer is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from verified_cat.errors import UsageError
from verified_cat.para import ParaMap
from verified_cat.primitives import Shape
from verified_cat.terms import Term

Build = Callable[[Any, str, Shape], ParaMap[Term]]
"""(layer, its path, the shape of its input) ↦ (P, f)."""


@dataclass(frozen=True, slots=True)
class Layer:
    """How a class of torch is built here; ``orders`` names the parameters whose axes stand in another order."""

    build: Build
    orders: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def refused(module: nn.Module, name: str, why: str) -> UsageError:
    """The error for a layer that cannot be had here."""
    where = f"layer {name!r}" if name else "the module"
    return UsageError(f"{where} ({type(module).__name__}): {why}")


def must_be_plain(module: nn.Module, name: str) -> None:
    """A hook changes what a module computes, out of sight of its class: UsageError."""
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    if any(getattr(module, hook, None) for hook in hooks):
        raise refused(module, name, "it has hooks, and what they do is not seen here; remove them first")


def only(layer: nn.Module, name: str, **wanted: Any) -> None:
    """The options of a layer have these values, or UsageError: with another one it is another map."""
    for option, value in wanted.items():
        if getattr(layer, option) != value:
            raise refused(layer, name, f"{option}={getattr(layer, option)!r} has no term here, only {value!r}")


def couple(value: Any) -> tuple[int, int]:
    """An option for height and width that may be one number for both."""
    if isinstance(value, int):
        return value, value
    height, width = value
    return height, width
