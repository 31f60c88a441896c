"""The engines that laws are held against: the solvers, the exact reference, the torch engine, or one of your own."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from typing import Any

from verified_cat.doctrine import up_to
from verified_cat.engine import UNIT_ROUNDOFF
from verified_cat.errors import MissingExtra, UsageError, near
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
    return _checked(name, _brought(name))


def _brought(name: str) -> Any:
    """The object that module:object names, made where it is a class. Raises UsageError, in one line, where it is not
    to be had; what a package needs and is not installed (MissingExtra) is for the rows of the report."""
    module, _, attribute = name.partition(":")
    try:
        within = importlib.import_module(module)
    except ModuleNotFoundError as fault:
        raise UsageError(f"--engine {name}: there is no module {fault.name!r}") from fault
    except (MissingExtra, KeyboardInterrupt):
        raise
    except BaseException as fault:  # whatever a module does when it is imported, SystemExit included
        raise UsageError(f"--engine {name}: importing {module} raised {_said(fault)}") from fault
    if attribute not in dir(within):
        raise UsageError(f"--engine {name}: {module} has no {attribute!r}; {near(attribute, _public(within))}")
    found = getattr(within, attribute)
    if not isinstance(found, type):
        return found
    try:
        return found()
    except (MissingExtra, KeyboardInterrupt):
        raise
    except BaseException as fault:
        raise UsageError(f"--engine {name}: {attribute}() raised {_said(fault)}") from fault


def _public(module: Any) -> list[str]:
    return [name for name in dir(module) if not name.startswith("_")]


def _said(fault: BaseException) -> str:
    """An exception in one line."""
    return " ".join(f"{type(fault).__name__}: {fault}".split())[:200]


MEMBERS = ("name", "precision", "operation", "lift", "lower")
"""What an engine has; one with categories of its own has ``category`` and ``worlds`` in place of ``operation``."""


def _checked(name: str, found: Any) -> Any:
    """The engine, where it has what every engine needs. Raises UsageError, in one line, where it does not."""
    try:
        _check_members(found)
        _check_worlds(declared(found) or {})
    except UsageError as fault:
        raise UsageError(f"--engine {name}: {fault}") from fault
    except Exception as fault:  # a member that raises when it is read
        raise UsageError(f"--engine {name}: reading its members raised {_said(fault)}") from fault
    return found


def _check_members(found: Any) -> None:
    own = hasattr(found, "worlds")
    asked = [part for part in MEMBERS if part != "operation" or not own] + (["category"] if own else [])
    missing = [part for part in asked if not hasattr(found, part)]
    if missing:
        raise UsageError(f"it has no {', no '.join(missing)}, which every engine needs")
    if not isinstance(found.name, str):
        raise UsageError(f"its name is {found.name!r}, not a string")
    idle = [part for part in asked if part not in ("name", "precision") and not callable(getattr(found, part))]
    if idle:
        raise UsageError(f"its {', '.join(idle)} cannot be called")
    known = [key for key in UNIT_ROUNDOFF if key != "exact"]
    if found.precision not in known:
        raise UsageError(f"its precision is {found.precision!r}; a bound is derived for {', '.join(known)}")


def _check_worlds(worlds: dict[str, str]) -> None:
    """Raises UsageError for a world in which no own category can be, or an unknown doctrine."""
    for world, doctrine in worlds.items():
        if world not in MEANINGS:
            raise UsageError(f"no own category can be in {world!r}; {near(world, list(MEANINGS))}")
        if doctrine:
            up_to(doctrine)
