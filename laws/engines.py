"""The engines that laws are held against: the solvers, the exact reference, the torch engine, or one of your own."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from typing import Any

from verified_cat.doctrine import up_to
from verified_cat.engine import UNIT_ROUNDOFF
from verified_cat.errors import UsageError, near
from verified_cat.meanings import MEANINGS
from verified_cat.own import declared

SOLVER = "solver"
EXACT = "sympy"


@cache
def exact_engine() -> Any:
    """The exact reference, with derivatives by calculus."""
    from verified_cat.reference.jacobian import CalculusEngine

    return CalculusEngine()


def judge(left: Any, right: Any) -> str:
    """ "equal", "different" or "undecided", of two expressions."""
    from verified_cat.reference.decide import decide

    return decide(left, right).verdict


@cache
def bounds_for(precision: str) -> Any:
    """The engine of rounding errors for a precision."""
    from verified_cat.reference.rounding import RoundingEngine

    return RoundingEngine(precision)


def _torch(dtype: str, device: str = "cpu") -> Callable[[], Any]:
    def make() -> Any:
        from verified_cat.gpu.engine import TorchEngine

        return TorchEngine(dtype, device)

    return make


def _strict() -> Any:
    from verified_cat.laws.strict import StrictEngine

    return StrictEngine(engine("torch"))


def _strict_categories() -> Any:
    from verified_cat.laws.strict_categories import SealedEngine

    return SealedEngine(engine("strict"))


def _catgrad(library: str) -> Callable[[], Any]:
    def make() -> Any:
        from verified_cat.laws.with_catgrad import CatgradEngine

        return CatgradEngine(library)

    return make


def _discopy(category: str) -> Callable[[], Any]:
    def make() -> Any:
        from verified_cat.laws import with_discopy

        return getattr(with_discopy, category)()

    return make


ENGINES: dict[str, Callable[[], Any]] = {
    EXACT: exact_engine,
    "torch": _torch("float64"),
    "torch-float32": _torch("float32"),
    "strict": _strict,
    "strict-categories": _strict_categories,
    "torch-float16": _torch("float16"),
    "torch-bfloat16": _torch("bfloat16"),
    "catgrad": _catgrad("numpy"),
    "catgrad-torch": _catgrad("torch"),
    "torch-cuda": _torch("float64", "cuda"),
    "torch-float32-cuda": _torch("float32", "cuda"),
    "discopy": _discopy("diagrams"),
    "discopy-python": _discopy("functions"),
    "discopy-matrix": _discopy("matrices"),
    "discopy-finset": _discopy("finite_functions"),
}
"""Every engine that computes, by name. The solver is not one of them: it answers for all engines at once."""


EXACTLY = (EXACT, "discopy", "discopy-python", "discopy-matrix", "discopy-finset")
"""The engines with exact values, in which laws are decided for all inputs."""


def names() -> list[str]:
    """The names that ``--engine`` knows."""
    return [SOLVER, *ENGINES]


def check_name(name: str) -> str:
    """The name of an engine, or module:object. Raises UsageError for any other."""
    if ":" in name or name in names():
        return name
    raise UsageError(f"no engine is called {name!r}; {near(name, names())}, or module:object for one of your own")


@cache
def engine(name: str) -> Any:
    """The engine of that name. Raises UsageError where there is none, MissingExtra where its package is missing."""
    check_name(name)
    if name in ENGINES:
        return ENGINES[name]()
    module, _, attribute = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as fault:
        raise UsageError(f"--engine {name}: there is no module {fault.name!r}") from fault
    except AttributeError as fault:
        raise UsageError(f"--engine {name}: {module} has no {attribute!r}") from fault
    return _checked(name, found() if isinstance(found, type) else found)


MEMBERS = ("name", "precision", "operation", "lift", "lower")
"""What an engine has; one with categories of its own has ``category`` and ``worlds`` in place of ``operation``."""


def _checked(name: str, found: Any) -> Any:
    own = hasattr(found, "worlds")
    asked = [part for part in MEMBERS if part != "operation" or not own] + (["category"] if own else [])
    missing = [part for part in asked if not hasattr(found, part)]
    if missing:
        raise UsageError(f"--engine {name}: it has no {', no '.join(missing)}, which every engine needs")
    known = [key for key in UNIT_ROUNDOFF if key != "exact"]
    if found.precision not in known:
        raise UsageError(
            f"--engine {name}: its precision is {found.precision!r}; a bound is derived for {', '.join(known)}"
        )
    try:
        _check_worlds(declared(found) or {})
    except (UsageError, TypeError) as fault:
        raise UsageError(f"--engine {name}: {fault}") from fault
    return found


def _check_worlds(worlds: dict[str, str]) -> None:
    """Raises UsageError for a world in which no own category can be, or an unknown doctrine."""
    for world, doctrine in worlds.items():
        if world not in MEANINGS:
            raise UsageError(f"no own category can be in {world!r}; {near(world, list(MEANINGS))}")
        if doctrine:
            up_to(doctrine)
