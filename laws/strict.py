"""A strict engine: values that cannot be looked into, so that the suite is seen to use the protocol alone."""

from __future__ import annotations

from typing import Any, NoReturn

from verified_cat.engine import CheckableEngine, Exact, Observed
from verified_cat.errors import VerifiedCatError
from verified_cat.functions import Run, Value
from verified_cat.objects import Ob, Pair, Unit
from verified_cat.terms import Operation


class ProtocolError(VerifiedCatError, TypeError):
    """Something was asked of an engine, or of one of its values, that is not in the protocol."""


class Held:
    """A value of a space. It can be passed on, and nothing else."""

    __slots__ = ("_inside",)

    def __init__(self, inside: Any) -> None:
        object.__setattr__(self, "_inside", inside)

    def __getattribute__(self, name: str) -> NoReturn:
        raise ProtocolError(f"attribute {name!r} of a value was read; an engine's values may only be passed on")


def _refuse(name: str) -> Any:
    def refuse(*_: object) -> NoReturn:
        raise ProtocolError(f"{name} was tried on a value; an engine's values may only be passed on")

    return refuse


REFUSED = (
    "add",
    "radd",
    "sub",
    "rsub",
    "mul",
    "rmul",
    "truediv",
    "matmul",
    "neg",
    "pow",
    "lt",
    "le",
    "gt",
    "ge",
    "eq",
    "ne",
    "bool",
    "len",
    "iter",
    "getitem",
    "float",
    "int",
)

for _name in REFUSED:
    setattr(Held, f"__{_name}__", _refuse(_name))
Held.__hash__ = None  # type: ignore[assignment]

_read = Held.__dict__["_inside"].__get__


class StrictEngine:
    """Another engine behind values of this kind. Only the five members of the protocol answer."""

    __slots__ = ("_engine", "name", "precision")

    def __init__(self, engine: CheckableEngine, name: str = "strict") -> None:
        self._engine = engine
        self.name = name
        self.precision = engine.precision

    def operation(self, operation: Operation) -> Run:
        """The operation of the engine behind, on held values."""
        run, dom, cod = self._engine.operation(operation), operation.dom, operation.cod
        return lambda value: _hold(cod, run(_release(dom, value)))

    def lift(self, ob: Ob, exact: Exact) -> Value:
        """The held value for exact leaves."""
        return _hold(ob, self._engine.lift(ob, exact))

    def lower(self, ob: Ob, value: Value) -> Observed:
        """The numbers of a held value."""
        return self._engine.lower(ob, _release(ob, value))


def _hold(ob: Ob, value: Value) -> Value:
    if isinstance(ob, Pair):
        return _hold(ob.left, value[0]), _hold(ob.right, value[1])
    return () if isinstance(ob, Unit) else Held(value)


def _release(ob: Ob, value: Value) -> Value:
    if isinstance(ob, Pair):
        if type(value) is not tuple or len(value) != 2:
            raise ProtocolError(f"a value of {ob} is a pair")
        return _release(ob.left, value[0]), _release(ob.right, value[1])
    if isinstance(ob, Unit):
        return ()
    if type(value) is not Held:
        raise ProtocolError(f"a value of {ob} did not come from the engine")
    return _read(value)
