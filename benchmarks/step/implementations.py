"""Who is compared: where each implementation is built, in which interpreter, and which family it counts to."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import cast

from benchmarks.step.program import Build

MAIN, JAX, CATGRAD = "main", "jax", "catgrad"
YARDSTICK, EAGER = "yardstick", "eager"


@dataclass(frozen=True, slots=True)
class Implementation:
    """``build`` is "module:function"; ``interpreter`` names the option --<interpreter>-python."""

    name: str
    build: str
    family: str
    interpreter: str = MAIN
    checked: bool = True

    def load(self) -> Build:
        return load(self.build)


def load(build: str) -> Build:
    module, _, function = build.partition(":")
    return cast(Build, getattr(importlib.import_module(module), function))


_STEP = "benchmarks.step"
_ALL = (
    Implementation(YARDSTICK, f"{_STEP}.yardstick:yardstick", "yardstick", checked=False),
    Implementation(EAGER, f"{_STEP}.torch_eager:eager", "torch"),
    Implementation("eager-fused", f"{_STEP}.torch_eager:eager_fused", "torch"),
    Implementation("eager-equations", f"{_STEP}.torch_eager:equations", "equations"),
    Implementation("eager-shared", f"{_STEP}.torch_eager:hand_shared", "expert"),
    Implementation("compile-loss", f"{_STEP}.torch_eager:compiled_loss", "torch"),
    Implementation("compile-step", f"{_STEP}.torch_functional:compiled_step", "torch"),
    Implementation("func", f"{_STEP}.torch_functional:uncompiled", "torch"),
    Implementation("jax-jit", f"{_STEP}.with_jax:jit", "jax", JAX),
    Implementation("jax-scan", f"{_STEP}.with_jax:scan", "jax", JAX),
    Implementation("catgrad-numpy", f"{_STEP}.with_catgrad:over_numpy", "catgrad", CATGRAD),
    Implementation("catgrad-torch", f"{_STEP}.with_catgrad:over_torch", "catgrad", CATGRAD),
    Implementation("ours-closures", f"{_STEP}.ours:closures", "ours"),
    Implementation("ours-python", f"{_STEP}.ours:python", "ours"),
    Implementation("ours-native", f"{_STEP}.ours:native", "ours"),
    Implementation("ours-native-64", f"{_STEP}.ours:native_many", "ours"),
)
IMPLEMENTATIONS = {one.name: one for one in _ALL}

_PLANTED = f"{_STEP}.planted"
CONTROLS = {
    name: Implementation(name, f"{_PLANTED}:{name.removeprefix('planted-').replace('-', '_')}", "control")
    for name in (
        "planted-wrong-sign",
        "planted-dropped-alpha",
        "planted-rate-one-percent-off",
        "planted-dropped-term",
        "planted-stale-batch",
        "planted-one-entry",
        "planted-not-a-number",
    )
}
"""Wrong programs. A run with --controls has to refute every one of them."""
