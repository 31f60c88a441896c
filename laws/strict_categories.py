"""The constructions behind sealed morphisms, as an engine with categories of its own that can only be used as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verified_cat.cont import Cont
from verified_cat.dual import Dual
from verified_cat.engine import CheckableEngine, Exact, Observed
from verified_cat.functions import AdditiveMaps, Arrow, Functions, Value
from verified_cat.gad import forward_mode, reverse_mode
from verified_cat.laws.strict import ProtocolError, _refuse
from verified_cat.learn import Learn
from verified_cat.lens import Lens
from verified_cat.objects import SCALAR, Ob
from verified_cat.observe import observe
from verified_cat.para import Para
from verified_cat.terms import Operation
from verified_cat.worlds import Mutant


class Sealed:
    """A morphism. It can be passed on, and nothing else."""

    __slots__ = ("_inside",)

    def __init__(self, inside: Any) -> None:
        object.__setattr__(self, "_inside", inside)

    def __getattribute__(self, name: str) -> Any:
        raise ProtocolError(f"attribute {name!r} of a morphism was read; an engine's morphisms may only be passed on")


for _name in ("eq", "ne", "bool", "len", "iter", "call", "rshift", "matmul", "getitem"):
    setattr(Sealed, f"__{_name}__", _refuse(_name))
Sealed.__hash__ = None  # type: ignore[assignment]
_read = Sealed.__dict__["_inside"].__get__


def _opened(given: Any) -> Any:
    return _read(given) if type(given) is Sealed else given


class SealedCategory:
    """A construction of ours, of which only the methods answer, with sealed morphisms."""

    __slots__ = ("_category", "_generator", "_of")

    def __init__(self, category: Any, generator: Callable[[Operation], Any] | None = None, of: Any = None) -> None:
        self._category = category
        self._generator: Callable[[Operation], Any] = generator or category.generator
        self._of: Callable[..., Any] = of or getattr(category, "of", _none)

    def __getattr__(self, method: str) -> Any:
        if method in ("base", "k", "engine", "name"):
            raise AttributeError(f"{method!r} is no method of a category")
        plain = getattr(self._category, method)
        return lambda *given: Sealed(plain(*map(_opened, given)))

    def dom(self, f: Any) -> Any:
        """Where f starts."""
        return self._category.dom(_read(f))

    def cod(self, f: Any) -> Any:
        """Where f ends."""
        return self._category.cod(_read(f))

    def param(self, f: Any) -> Any:
        """What f is parametrised by."""
        return _read(f).param

    def inside(self, f: Any) -> Sealed:
        """The morphism of the category underneath that f is."""
        return Sealed(_read(f).inside)

    def of(self, *parts: Any) -> Sealed:
        """The morphism with these parts."""
        return Sealed(self._of(*map(_opened, parts)))

    def broken(self, mutant: Mutant) -> SealedCategory:
        """The construction with the methods of a wrong implementation."""
        wrong = mutant.applied(self._category)
        own = getattr(self._generator, "__self__", None) is self._category
        return SealedCategory(wrong, None if own else self._generator, self._of if not hasattr(wrong, "of") else None)

    def generator(self, operation: Operation) -> Sealed:
        """The morphism of an operation."""
        return Sealed(self._generator(operation))

    def observe(self, f: Any, probe: Arrow | None = None) -> Arrow:
        """The function that f is seen as."""
        return observe(self._category, _read(f), None if probe is None else lambda *_: probe)


class SealedEngine:
    """Another engine's functions and every construction over them, as categories of its own."""

    __slots__ = ("_engine", "name", "precision", "worlds")

    def __init__(self, engine: CheckableEngine, name: str = "strict-categories") -> None:
        self._engine = engine
        self.name = name
        self.precision = engine.precision
        self.worlds = dict(WORLDS)

    def lift(self, ob: Ob, exact: Exact) -> Value:
        """The value for exact leaves."""
        return self._engine.lift(ob, exact)

    def lower(self, ob: Ob, value: Value) -> Observed:
        """The numbers of a value."""
        return self._engine.lower(ob, value)

    def category(self, world: str) -> SealedCategory:
        """The construction of that world, sealed."""
        return _CATEGORIES[world](self._engine)


def _dual(engine: Any) -> SealedCategory:
    dual: Dual[Any] = Dual(AdditiveMaps(engine))
    return SealedCategory(dual, lambda operation: dual.derivative(operation)(()))


def _cont(engine: Any) -> SealedCategory:
    additive = AdditiveMaps(engine)
    cont: Cont[Any] = Cont(additive, SCALAR)
    return SealedCategory(cont, lambda operation: cont.of(additive.generator(operation)))


def _learn(engine: Any) -> SealedCategory:
    learn = Learn(Functions(engine))

    def of(param: Ob, dom: Ob, cod: Ob, *parts: Arrow) -> Any:
        return learn.of(param, dom, cod, *(part.run for part in parts))

    return SealedCategory(learn, _none, of)


def _none(*given: Any) -> Any:
    raise ProtocolError(f"there is no such morphism of {given}")


_CATEGORIES: dict[str, Callable[[Any], SealedCategory]] = {
    "functions": lambda engine: SealedCategory(Functions(engine)),
    "additive": lambda engine: SealedCategory(AdditiveMaps(engine)),
    "dual": _dual,
    "cont": _cont,
    "forward": lambda engine: SealedCategory(forward_mode(engine)),
    "D": lambda engine: SealedCategory(reverse_mode(engine)),
    "lens": lambda engine: SealedCategory(Lens(Functions(engine)), _none),
    "para": lambda engine: SealedCategory(Para(Functions(engine))),
    "para over D": lambda engine: SealedCategory(Para(reverse_mode(engine))),
    "para over lens": lambda engine: SealedCategory(Para(Lens(Functions(engine))), _none),
    "learn": _learn,
}

WORLDS = {
    **{"functions": "cartesian", "additive": "biproduct", "dual": "biproduct", "cont": "biproduct"},
    **{"forward": "cartesian", "D": "cartesian", "lens": "symmetric", "learn": "symmetric"},
    **{"para": "symmetric", "para over D": "symmetric", "para over lens": "symmetric"},
}
"""The doctrine of each construction."""
