"""Categories of others: held against the laws through their own methods, and never looked into.

An engine may bring categories of its own in place of the constructions of ``verified_cat``. It then has ``worlds``, a
mapping from names of worlds to the doctrine that it promises there (or a set of names, with nothing promised), and
``category(world)``, an object with some of the methods of ``verified_cat.category`` and ``observe(f)``, the function
that is all there is to see of a morphism. Objects are ``Ob``s (``Bundle``s of them for lenses); morphisms are whatever
the category likes. What the suite knows of them is their boundary and what is observed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import Any

from verified_cat.category import STRUCTURE, Cartesian, Category, Terms, interpret
from verified_cat.doctrine import DERIVED, DOCTRINES, OF_WORLDS, promised
from verified_cat.dual import Dual
from verified_cat.errors import MissingOperation, VerifiedCatError
from verified_cat.fragment import Fragment
from verified_cat.functions import AdditiveMaps, Arrow, Functions, Run
from verified_cat.held import Held, OwnFault, Probe, Unstated
from verified_cat.lens import Bundle, LensMap, ReverseDerivative
from verified_cat.objects import SCALAR, UNIT, Ob, Pair
from verified_cat.para import Para
from verified_cat.terms import Generator, Operation, Term, operations

UNDERNEATH = {"forward": "functions", "D": "functions", "lens": "functions", "para": "functions"}
UNDERNEATH |= {"para over D": "D", "para over lens": "lens", "learn": "functions"}
"""The world that a construction is built over: the ``base`` of its category."""


@dataclass(frozen=True, slots=True)
class Reversed:
    """R[f] : A ⊗ B → A as an operation, for f : A → B: what another's reverse derivative makes of the term."""

    term: Term

    @property
    def name(self) -> str:
        return f"R[{self.term}]"

    @property
    def dom(self) -> Ob:
        return Pair(self.term.dom, self.term.cod)

    @property
    def cod(self) -> Ob:
        return self.term.dom


def declared(engine: Any) -> dict[str, str] | None:
    """The worlds in which an engine has a category, with the doctrine promised there ("" for none); None where it
    brings no category, and everything is built over its operations."""
    worlds = getattr(engine, "worlds", None)
    if worlds is None:
        return None
    return dict(worlds) if hasattr(worlds, "items") else dict.fromkeys(sorted(worlds), "")


def absent(engine: Any, world: str) -> str:
    """Why no law can be stated in that world of the engine; "" where one can."""
    worlds = declared(engine)
    if worlds is None or world in worlds:
        return ""
    return f"the engine declares no {world!r}"


def fragment_of(engine: Any, world: str) -> Fragment:
    """The terms that have a meaning in an engine's category of a world, as far as its methods say."""
    operations = getattr(engine, "operations", None)
    known = None if operations is None else frozenset(operations)
    if declared(engine) is None:
        return Fragment(operations=known)
    while world in UNDERNEATH and world not in ("forward", "D"):
        world = UNDERNEATH[world]
    try:
        return Fragment(OwnCategory(engine, world).brings if not absent(engine, world) else "cartesian", known)
    except OwnFault:  # it is raised again where the law is stated, and counts there
        return Fragment(operations=known)


class OwnCategory:
    """A category of another's, with its morphisms held. A law that asks for a method that it lacks is not stated."""

    def __init__(self, engine: Any, world: str, given: Any = None) -> None:
        self.engine = engine
        self.world = world
        self.doctrine = (declared(engine) or {})[world]
        self._given = _called(f"category({world!r})", engine.category, world) if given is None else given
        self.name = f"{world} of {engine.name}"

    @property
    def base(self) -> OwnCategory:
        """The category that this one is built over, where the engine has one there."""
        under = UNDERNEATH.get(self.world, "")
        if not under or absent(self.engine, under):
            raise Unstated(f"the law asks what {self.world} is built over, and the engine declares no {under!r}")
        return OwnCategory(self.engine, under)

    @property
    def k(self) -> Any:
        """Where derivatives are seen: in additive maps, or in Dual of them."""
        additive: AdditiveMaps = AdditiveMaps(table_of(self.engine))
        if self.world not in ("forward", "D"):
            raise Unstated(f"the law asks what {self.world!r} is made of")
        return Dual(additive) if self.world == "D" else additive

    @property
    def unit(self) -> Any:
        """1, over lenses (1, 1)."""
        return Bundle(UNIT, UNIT) if _over_bundles(self.world) else UNIT

    def pair(self, a: Any, b: Any) -> Any:
        """A ⊗ B on objects, which are trees."""
        return Bundle(Pair(a.front, b.front), Pair(a.back, b.back)) if isinstance(a, Bundle) else Pair(a, b)

    def image(self, ob: Ob) -> Any:
        """The object itself, over lenses (A, A)."""
        return Bundle(ob, ob) if _over_bundles(self.world) else ob

    def sequence(self, first: Any, *others: Any) -> Any:
        """f₁ ; f₂ ; … ; fₙ, bracketed to the left."""
        return Category.sequence(self, first, *others)  # type: ignore[arg-type]

    def follow(self, f: Any, g: Any) -> Any:
        """f ; g."""
        return self.compose(f, g)

    def has(self, method: str) -> bool:
        """Whether the category brings that method."""
        return callable(getattr(self._given, method, None))

    @property
    def brings(self) -> str:
        """The largest doctrine all of whose methods the category has."""
        found = "category"
        for doctrine, methods in DOCTRINES.items():
            if not all(map(self.has, methods)):
                break
            found = doctrine
        return found

    def dom(self, f: Any) -> Any:
        """Where f starts, an object of the terms. Raises OwnFault where it is none."""
        return self._object("dom", f)

    def cod(self, f: Any) -> Any:
        """Where f ends, an object of the terms. Raises OwnFault where it is none."""
        return self._object("cod", f)

    def param(self, f: Any) -> Any:
        """What a morphism of Para is parametrised by."""
        return self._object("param", f)

    def generator(self, operation: Operation) -> Held:
        """The morphism of an operation. Raises MissingOperation where the engine does not claim to have it."""
        if isinstance(operation, Reversed):
            return Held(self, self._call("reverse", self.meaning(operation.term)))
        return self._unless_missing("generator", operation, [operation])

    def differentiate(self, term: Term) -> Held:
        """D(term): the meaning of a term in a category of derivatives."""
        if self.world not in ("forward", "D"):
            raise Unstated(f"the law differentiates in {self.world}")
        if not self.has("differentiate"):
            return self.meaning(term)
        return self._unless_missing("differentiate", term, operations(term))

    def _unless_missing(self, method: str, given: Any, asked: list[Operation]) -> Held:
        try:
            return Held(self, self._call(method, given))
        except OwnFault as fault:
            claimed = getattr(self.engine, "operations", ())
            if isinstance(fault.__cause__, MissingOperation) and any(each.name not in claimed for each in asked):
                raise fault.__cause__ from None
            raise

    def meaning(self, term: Term) -> Held:
        """The morphism that a term is here."""
        return interpret(term, _Completed(self))  # type: ignore[no-any-return]

    def inside(self, f: Any) -> Held:
        """The morphism P ⊗ A → B of the category underneath that a morphism of Para is."""
        return Held(self.base, self._call("inside", f))

    def observation(self, f: Held, probe: Probe | None) -> Arrow:
        """The function that is all there is to see of f. Raises OwnFault where it has another boundary."""
        extra = [probe(f.cod, SCALAR)] if self.world == "cont" and probe is not None else []
        found = self._call("observe", f, *extra)
        if not isinstance(found, Arrow):
            raise OwnFault(f"its `observe` gave {type(found).__name__}, not an Arrow(dom, cod, run)")
        dom, cod = self._boundary(f)
        if (found.dom, found.cod) != (dom, cod):
            raise OwnFault(f"its `observe` gave a function {found.dom} → {found.cod}, not {dom} → {cod}")
        return found

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method.startswith("__"):
            raise AttributeError(method)
        if method in CELLS and self.world.startswith("para"):
            return lambda *given: getattr(Para, method)(self, *given)
        if method not in METHODS:
            raise Unstated(f"the law asks a category of {self.world!r} for `{method}`, which is of our construction")
        if not self.has(method):
            raise self._missing(method)
        return lambda *given: Held(self, self._call(method, *given))

    def _missing(self, method: str) -> VerifiedCatError:
        if method in promised(self.doctrine or "category", self.world) and self.doctrine:
            return OwnFault(f"it is declared {self.doctrine}, and its category of {self.world!r} has no `{method}`")
        return Unstated(f"its category of {self.world!r} has no `{method}`")

    def _call(self, method: str, *given: Any) -> Any:
        if not self.has(method):
            raise self._missing(method)
        return _called(method, getattr(self._given, method), *[self._released(method, each) for each in given])

    def _released(self, method: str, given: Any) -> Any:
        if isinstance(given, Held):
            return given._inside
        if isinstance(given, Ob | Bundle | Term) or (isinstance(given, Operation) and not isinstance(given, Arrow)):
            return given
        if isinstance(given, Arrow) and self.world == "cont" and method == "observe":
            return given
        if isinstance(given, Arrow) and self.has("arrow"):  # functions of ours that it can hold
            return _called("arrow", self._given.arrow, given.dom, given.cod, given.run)
        raise Unstated(f"the law gives `{method}` something of its own ({type(given).__name__})")

    def _object(self, method: str, f: Any) -> Any:
        found = self._call(method, f)
        if isinstance(found, Bundle if _over_bundles(self.world) else Ob):
            return found
        raise OwnFault(f"its `{method}` gave {type(found).__name__}, not an object")

    def _boundary(self, f: Held) -> tuple[Ob, Ob]:
        """Where the observation of f starts and ends."""
        dom, cod = self.dom(f), self.cod(f)
        if self.world.startswith("para"):
            dom = self.pair(self.param(f), dom)
        if _over_bundles(self.world):
            return Pair(dom.front, cod.back), Pair(cod.front, dom.back)
        if self.world == "learn":
            param = self.param(f)
            return Pair(Pair(param, dom), cod), Pair(Pair(cod, param), dom)
        return _BOUNDARIES.get(self.world, _same)(dom, cod)


def _same(dom: Ob, cod: Ob) -> tuple[Ob, Ob]:
    return dom, cod


_BOUNDARIES: dict[str, Callable[[Ob, Ob], tuple[Ob, Ob]]] = {
    "dual": lambda a, b: (b, a),
    "cont": lambda a, _: (a, SCALAR),
    "forward": lambda a, b: (Pair(a, a), Pair(b, b)),
    "D": lambda a, b: (Pair(a, b), Pair(b, a)),
    "para over D": lambda a, b: (Pair(a, b), Pair(b, a)),
}

CELLS = (
    *("cell", "vertical", "horizontal"),
    *("associator_cell", "left_unitor_cell", "right_unitor_cell", "interchanger_cell"),
)
"""The 2-cells of Para, which are defined from ``reparam`` and the category underneath."""


METHODS = frozenset(chain(*DOCTRINES.values(), *DERIVED.values(), *OF_WORLDS.values())) | {"embed", "transport"}
"""The methods that a category of another's is asked for; the last two, of Para and Learn, are promised by none."""


def _over_bundles(world: str) -> bool:
    return world in ("lens", "para over lens")


def _called(method: str, function: Callable[..., Any], *given: Any) -> Any:
    try:
        return function(*given)
    except (Exception, SystemExit) as fault:
        raise OwnFault(f"its `{method}` raised {type(fault).__name__}: {fault}") from fault


class _Completed:
    """A category with the derived structure that terms use, so that a term has a meaning wherever it can have one.

    Laws do not see it: what a category does not bring of its own is not held against its definition.
    """

    def __init__(self, category: OwnCategory) -> None:
        self._category = category

    def __getattr__(self, method: str) -> Any:
        if method in ("first", "second", "pairing") and not self._category.has(method):
            return lambda *given: getattr(Cartesian, method)(self, *given)
        return getattr(self._category, method)


class OwnReverse(ReverseDerivative[Term]):
    """R of another's, f ↦ (f, R[f]), as lenses of terms in which R[f] is an operation: it has its meaning there."""

    def __init__(self, own: OwnCategory) -> None:
        super().__init__(Terms())
        self.own = own
        self.name = own.name

    def __getattribute__(self, method: str) -> Any:
        if method not in STRUCTURE:
            return super().__getattribute__(method)

        def through_terms(*given: Any) -> LensMap[Term]:
            parts = [each.get if isinstance(each, LensMap) else getattr(each, "front", each) for each in given]
            term = getattr(self.base, method)(*parts)
            return LensMap(self.image(term.dom), self.image(term.cod), term, Generator(Reversed(term)))

        return through_terms


class OwnOperations:
    """An engine that brings no operations, with those that its functions have: what is observed of them."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def operation(self, operation: Operation) -> Run:
        """The function that is observed of the operation."""
        if absent(self._engine, "functions"):
            raise Unstated(f"the law needs {operation}, and the engine has neither `operation` nor 'functions'")
        return OwnCategory(self._engine, "functions").generator(operation).seen().run

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


class OwnFunctions(Functions):
    """The functions on an engine's values, where it has a category of functions: a term is what it is there."""

    def __init__(self, engine: Any, own: OwnCategory) -> None:
        super().__init__(engine)
        self._own = own

    def meaning(self, term: Term) -> Arrow:
        return self._own.meaning(term).seen()


def functions_of(engine: Any) -> Functions:
    """The functions on an engine's values, with the meaning of terms in its own category where it declares one."""
    if declared(engine) is None or absent(engine, "functions"):
        return Functions(table_of(engine))
    return OwnFunctions(table_of(engine), OwnCategory(engine, "functions"))


def table_of(engine: Any) -> Any:
    """The engine with a table of operations."""
    return engine if hasattr(engine, "operation") else OwnOperations(engine)
