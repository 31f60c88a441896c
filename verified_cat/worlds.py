"""Worlds: the constructions in which a law is stated, each built over a source of generic objects and morphisms.

A source is either drawn (random terms, interpreted in an engine) or opaque (symbols, for solvers). The same law
function runs in every world over every source.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Protocol

from verified_cat.actegory import ActegoryPara, Embedding, self_action
from verified_cat.begin import Begin
from verified_cat.bijections import shear, translation
from verified_cat.category import Terms, interpret
from verified_cat.components import Components
from verified_cat.cont import Cont
from verified_cat.draw import Choose, Style, draw_exact, draw_special
from verified_cat.dual import Dual
from verified_cat.engine import CheckableEngine, Exact
from verified_cat.errors import MissingOperation, UsageError, near
from verified_cat.fragment import EVERYTHING, Fragment
from verified_cat.functions import AdditiveMaps, Arrow, Functions, Run, Value
from verified_cat.gad import GAD, Differentiable
from verified_cat.held import Held
from verified_cat.learn import Error, GradientLearning, Learn, Learner
from verified_cat.lens import Bundle, Lens, LensMap, ReverseDerivative
from verified_cat.loss import QUADRATIC
from verified_cat.meanings import MEANINGS
from verified_cat.objects import SCALAR, Ob, Pair
from verified_cat.observe import observe
from verified_cat.optic import Optic, OpticMap
from verified_cat.own import UNDERNEATH, OwnCategory, OwnReverse, declared, fragment_of, functions_of, table_of
from verified_cat.para import Para, ParaMap
from verified_cat.portable import decode_exact, decode_object, decode_term, encode_exact, encode_object, encode_term
from verified_cat.powers import Powers, Reindexing
from verified_cat.primitives import add_on, scale_on
from verified_cat.span import Spans
from verified_cat.terms import Identity, Term

Build = Callable[["Source"], Any]
Make = Callable[["World", str, Any, Any], Any]


class Source(Protocol):
    """Where generic objects, functions, additive maps and terms come from; the same name is the same thing."""

    functions: Functions
    additive: AdditiveMaps

    def prepare(self, category: Any) -> Any:
        """The category as this source runs it; unchanged, except that a tracer may box what is made."""
        ...

    def object(self, name: str) -> Ob:
        """An object."""
        ...

    def arrow(self, name: str, dom: Ob, cod: Ob) -> Arrow:
        """A function dom → cod."""
        ...

    def additive_arrow(self, name: str, dom: Ob, cod: Ob, *, assumed: bool = True) -> Arrow:
        """An additive map dom → cod. ``assumed``: a proof may use that it is additive."""
        ...

    def term(self, name: str, dom: Ob, cod: Ob) -> Term:
        """A term dom → cod."""
        ...

    def family(self, name: str, gad: GAD, dom: Ob, cod: Ob) -> Run:
        """A function from dom to morphisms dom → cod of the derivatives of ``gad``."""
        ...

    def bijection(self, name: str, ob: Ob) -> tuple[Arrow, Arrow]:
        """A bijection from the object to some other, with its inverse."""
        ...

    def bijections(self, name: str, point: Ob, ob: Ob) -> tuple[Arrow, Arrow]:
        """For each x in ``point`` a bijection from the object to some other, X ⊗ A → A', with X ⊗ A' → A back."""
        ...

    def diffeomorphism(self, name: str, gad: GAD, ob: Ob) -> tuple[Differentiable, Differentiable]:
        """An isomorphism of ``gad`` from the object to some other, with its inverse."""
        ...

    def error(self) -> Error:
        """An error whose derivative has an inverse, for the functor L."""
        ...

    def step(self, ob: Ob) -> Run:
        """(p, dp) ↦ the updated p, componentwise on pairs."""
        ...


@dataclass
class Draws:
    """What has been drawn so far, by name, so that one instance can be replayed in several engines."""

    choose: Choose
    style: Style
    fragment: Fragment = EVERYTHING
    by_terms: bool = False
    """Whether every generic morphism is the meaning of a drawn term, as in the categories of others."""
    objects: dict[str, Ob] = field(default_factory=dict)
    terms: dict[str, Term] = field(default_factory=dict)
    points: dict[str, tuple[Ob, Exact]] = field(default_factory=dict)

    def object(self, name: str) -> Ob:
        """A new object, or one met before: equal types are where wrong plumbing still fits."""
        if name not in self.objects:
            again = self.objects and self.choose((True, True, False))
            self.objects[name] = (
                self.choose(list(self.objects.values())) if again else self.fragment.object(self.choose)
            )
        return self.objects[name]

    def term(self, name: str, dom: Ob, cod: Ob, style: Style | None = None) -> Term:
        if name not in self.terms:
            self.terms[name] = self.fragment.term(self.choose, dom, cod, style or self.style)
        return self.terms[name]

    def point(self, name: str, ob: Ob, special: str = "") -> Exact:
        """A value of ``ob``; among the special floats of the precision ``special``, where one is given."""
        if name not in self.points:
            drawn = draw_special(self.choose, ob, special) if special else draw_exact(self.choose, ob)
            self.points[name] = ob, drawn
        return self.points[name][1]

    def as_example(self) -> dict[str, Any]:
        """The instance as JSON that any engine can replay; ``text`` is the same for readers."""
        return {
            "objects": {name: encode_object(ob) for name, ob in self.objects.items()},
            "terms": {name: encode_term(term) for name, term in self.terms.items()},
            "points": {name: [encode_object(ob), encode_exact(ob, at)] for name, (ob, at) in self.points.items()},
            "by terms": self.by_terms,
            "text": {name: f"{term} : {term.dom} → {term.cod}" for name, term in self.terms.items()},
        }


def replayed(example: dict[str, Any]) -> Draws:
    """The draws of an example, with nothing left to choose. Raises UsageError where it is not one."""

    def choose(options: Any) -> Any:
        raise UsageError("the example does not hold all that the law draws")

    parts = [example.get(part) for part in ("objects", "terms", "points")]
    if not all(isinstance(part, dict) for part in parts):
        raise UsageError("an example holds objects, terms and points")
    draws = Draws(choose, Style(), by_terms=example.get("by terms") is True)
    draws.objects = {name: decode_object(data) for name, data in example["objects"].items()}
    draws.terms = {name: decode_term(data) for name, data in example["terms"].items()}
    for name, data in example["points"].items():
        if not isinstance(data, list) or len(data) != 2:
            raise UsageError(f"the point {name!r} of the example is not an object with a value of it")
        ob = decode_object(data[0])
        draws.points[name] = ob, decode_exact(ob, data[1])
    return draws


class DrawnSource:
    """Random terms, interpreted in an engine."""

    def __init__(self, engine: CheckableEngine, draws: Draws) -> None:
        self.engine = table_of(engine)
        self.draws = draws
        self.functions = functions_of(engine)
        self.additive = AdditiveMaps(self.engine)

    def prepare(self, category: Any) -> Any:
        return category

    def object(self, name: str) -> Ob:
        return self.draws.object(name)

    def arrow(self, name: str, dom: Ob, cod: Ob) -> Arrow:
        return self.functions.meaning(self.draws.term(name, dom, cod))

    def additive_arrow(self, name: str, dom: Ob, cod: Ob, *, assumed: bool = True) -> Arrow:
        linear = Style("linear", self.draws.style.fuel)
        term = self.draws.term(name, dom, cod, linear)
        return interpret(term, self.additive)  # type: ignore[no-any-return]

    def term(self, name: str, dom: Ob, cod: Ob) -> Term:
        return self.draws.term(name, dom, cod)

    def family(self, name: str, gad: GAD, dom: Ob, cod: Ob) -> Run:
        """The derivative of a second, unrelated term: additive in its argument, but no derivative of the first."""
        run = gad.differentiate(self.draws.term(name, dom, cod)).run

        def derivative(a: Value) -> Any:
            _, df = run(a)
            return df

        return derivative

    def bijection(self, name: str, ob: Ob) -> tuple[Arrow, Arrow]:
        there, back = shear(name, ob, self.draws.term)
        return self.functions.meaning(there), self.functions.meaning(back)

    def bijections(self, name: str, point: Ob, ob: Ob) -> tuple[Arrow, Arrow]:
        there, back = translation(name, point, ob, self.draws.term)
        return self.functions.meaning(there), self.functions.meaning(back)

    def diffeomorphism(self, name: str, gad: GAD, ob: Ob) -> tuple[Differentiable, Differentiable]:
        there, back = shear(name, ob, self.draws.term)
        return gad.differentiate(there), gad.differentiate(back)

    def error(self) -> Error:
        return QUADRATIC.on(self.functions)

    def step(self, ob: Ob) -> Run:
        """p - dp / 10."""
        descend = (Identity(ob) @ scale_on(Fraction(-1, 10), ob)) >> add_on(ob)
        return self.functions.meaning(descend).run


class World:
    """A construction over a source: its category, its generic objects and morphisms, and how they are observed."""

    def __init__(self, name: str, source: Source, category: Any, make: Make, underneath: Make | None = None) -> None:
        self.name = name
        self.source = source
        self.category = category
        self.learn = source.prepare(Learn(source.functions))
        self.learning = GradientLearning(self.learn, source.error(), source.step)
        self.components = Components()
        self.spans = Spans(source.functions)
        self._make = make
        self._underneath = underneath

    @property
    def _over_bundles(self) -> bool:
        return self.name in ("lens", "para over lens", "optic")

    def object(self, name: str) -> Any:
        """A generic object; over lenses a pair of unrelated ones."""
        if self._over_bundles:
            return Bundle(self.source.object(name), self.source.object(f"{name} back"))
        return self.source.object(name)

    def image(self, ob: Ob) -> Any:
        """The object of this world that a fixed object of the terms stands for."""
        return self.category.image(ob) if self._over_bundles else ob

    def pair(self, a: Any, b: Any) -> Any:
        """A ⊗ B on the objects of this world."""
        return self.category.pair(a, b) if self._over_bundles else Pair(a, b)

    def morphism(self, name: str, dom: Any, cod: Any) -> Any:
        """A generic morphism dom → cod of the category."""
        return self._make(self, name, dom, cod)

    def observe(self, morphism: Any) -> Arrow:
        """What a morphism does, as a function on values.

        A law may also speak of functions, terms, learners, and of 2-cells by the morphisms underneath that they are.
        """
        if isinstance(morphism, Arrow):
            return morphism
        if isinstance(morphism, Held):
            return morphism.seen(self.probe)
        if isinstance(morphism, Term):
            if isinstance(self.category, OwnReverse):  # where R[f] has a meaning
                return self.category.own.meaning(morphism).seen()
            return self.source.functions.meaning(morphism)
        if isinstance(morphism, Learner):
            return observe(self.learn, morphism)
        is_cell = isinstance(self.category, Para) and not isinstance(morphism, ParaMap)
        return observe(self.category.base if is_cell else self.category, morphism, self.probe)

    def underneath(self, name: str, dom: Any, cod: Any) -> Any:
        """A generic morphism of the category that Para is over, such as a reparametrisation."""
        if self._underneath is None:
            raise MissingOperation(f"{self.category.name} is not built over another category")
        return self._underneath(self, name, dom, cod)

    def probe(self, dom: Ob, cod: Ob) -> Arrow:
        """A generic additive map, at which continuations and beginnings are observed.

        That it is additive matters to continuations alone; beginnings compute with it point by point.
        """
        return self.source.additive_arrow(f"probe {dom} → {cod}", dom, cod, assumed=isinstance(self.category, Cont))

    def reverse(self, term: Term) -> Term:
        """R[f] of a term, by this world's reverse derivative."""
        return interpret(term, self.category).put  # type: ignore[no-any-return]


def _innermost(category: Any) -> Any:
    while isinstance(category, Para):
        category = category.base
    return category


# ------------------------------------------------------------------------------------------------ generic morphisms


def _arrow(world: World, name: str, dom: Ob, cod: Ob) -> Arrow:
    return world.source.arrow(name, dom, cod)


def _additive(world: World, name: str, dom: Ob, cod: Ob) -> Arrow:
    return world.source.additive_arrow(name, dom, cod)


def _dual(world: World, name: str, dom: Ob, cod: Ob) -> Arrow:
    return world.source.additive_arrow(name, cod, dom)


def _image(world: World, name: str, dom: Ob, cod: Ob) -> Any:
    """cont f or begin f, for a generic additive f."""
    return world.category.of(world.source.additive_arrow(name, dom, cod))


def _differentiable(world: World, name: str, dom: Ob, cod: Ob) -> Differentiable:
    gad = _innermost(world.category)
    value = world.source.arrow(name, dom, cod)
    derivative = world.source.family(f"{name} derivative", gad, dom, cod)
    return gad.of(dom, cod, value_with(value.run, derivative))  # type: ignore[no-any-return]


def value_with(f: Run, derivative: Run) -> Run:
    """a ↦ (f(a), derivative(a))."""

    def run(a: Value) -> Value:
        return f(a), derivative(a)

    return run


def _lens(world: World, name: str, dom: Bundle, cod: Bundle) -> LensMap[Arrow]:
    get = world.source.arrow(f"{name}.get", dom.front, cod.front)
    put = world.source.arrow(f"{name}.put", Pair(dom.front, cod.back), dom.back)
    return LensMap(dom, cod, get, put)


def _optic(world: World, name: str, dom: Bundle, cod: Bundle) -> OpticMap[Arrow]:
    residual = world.source.object(f"{name}.M")
    forward = world.source.arrow(f"{name}.l", dom.front, Pair(residual, cod.front))
    backward = world.source.arrow(f"{name}.r", Pair(residual, cod.back), dom.back)
    return OpticMap(dom, cod, residual, forward, backward)


def _learner(world: World, name: str, dom: Ob, cod: Ob) -> Learner:
    source, param = world.source, world.source.object(f"{name}.P")
    asked = Pair(Pair(param, dom), cod)
    implement = source.arrow(f"{name}.I", Pair(param, dom), cod)
    update = source.arrow(f"{name}.U", asked, param)
    request = source.arrow(f"{name}.r", asked, dom)
    return world.category.of(param, dom, cod, implement.run, update.run, request.run)  # type: ignore[no-any-return]


def _para(inner: Callable[[World, str, Any, Any], Any]) -> Callable[[World, str, Any, Any], ParaMap[Any]]:
    def make(world: World, name: str, dom: Any, cod: Any) -> ParaMap[Any]:
        param = world.object(f"{name}.P")
        return ParaMap(param, dom, cod, inner(world, name, world.category.pair(param, dom), cod))

    return make


def _acted(world: World, name: str, dom: Ob, cod: Ob) -> ParaMap[Arrow]:
    category = world.category
    param: Any = world.source.object(f"{name}.P")
    if isinstance(category.action, Powers):  # neighbours read unequal numbers of inputs, so that an exchange shows
        param = {"f": 2, "g": 3, "h": 2}.get(name, 1)
    return ParaMap(param, dom, cod, world.source.arrow(name, category.action.object(param, dom), cod))


def _reindexing(world: World, name: str, dom: int, cod: int) -> Reindexing:
    """Some function of indices, neither monotone nor constant."""
    return Reindexing(dom, cod, tuple((len(name) + k * k) % dom for k in range(cod)))


def _term(world: World, name: str, dom: Ob, cod: Ob) -> Term:
    return world.source.term(name, dom, cod)


# ------------------------------------------------------------------------------------------------ the worlds


def _forward(source: Source) -> GAD:
    return GAD(source.functions, source.additive)


def _reverse(source: Source) -> GAD:
    return GAD(source.functions, Dual(source.additive))


def _linearly(source: Source) -> ActegoryPara[Arrow, Arrow]:
    """Parameters that are only ever changed additively: additive maps act on functions."""
    return ActegoryPara(Embedding(source.additive, source.functions, lambda r: r))


WORLDS: dict[str, tuple[Build, Make, Make | None]] = {
    "functions": (lambda source: source.functions, _arrow, None),
    "additive": (lambda source: source.additive, _additive, None),
    "dual": (lambda source: Dual(source.additive), _dual, None),
    "cont": (lambda source: Cont(source.additive, SCALAR), _image, None),
    "begin": (lambda source: Begin(source.additive, Pair(SCALAR, SCALAR)), _image, None),
    "forward": (_forward, _differentiable, None),
    "D": (_reverse, _differentiable, None),
    "lens": (lambda source: Lens(source.functions), _lens, None),
    "optic": (lambda source: Optic(source.functions), _optic, None),
    "R": (lambda source: ReverseDerivative(Terms()), _term, None),
    "para": (lambda source: Para(source.functions), _para(_arrow), _arrow),
    "para over D": (lambda source: Para(_reverse(source)), _para(_differentiable), _differentiable),
    "para over lens": (lambda source: Para(Lens(source.functions)), _para(_lens), _lens),
    "acting on itself": (lambda source: ActegoryPara(self_action(source.functions)), _acted, _arrow),
    "acting linearly": (_linearly, _acted, _additive),
    "acting by powers": (lambda source: ActegoryPara(Powers(source.functions)), _acted, _reindexing),
    "learn": (lambda source: Learn(source.functions), _learner, None),
}


BESIDE = ("learning", "components", "spans")
"""The parts of a world that stand beside its category."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A wrong implementation: methods put in place of those of a world's category, or of a part of it.

    ``part`` is the attribute path from the category to the object that is broken ("" for the category itself, "k" for
    the derivatives of GAD, "base" for what Para is over), "learning" for the functor L, "components" for losses,
    optimisers and training steps, or "spans" for learners as spans of lenses.
    """

    world: str
    methods: dict[str, Callable[..., Any]]
    says: str
    part: str = ""

    def applied(self, category: Any) -> Any:
        """The category with the wrong methods; the one given is left as it was."""
        if not self.part:
            return mutated(category, self.methods)
        head, _, rest = self.part.partition(".")
        broken = Mutant(self.world, self.methods, self.says, rest).applied(getattr(category, head))
        whole = copy.copy(category)
        setattr(whole, head, broken)
        return whole


def mutated(category: Any, methods: dict[str, Callable[..., Any]]) -> Any:
    """A copy of ``category`` with the given methods in place of its own."""
    for name in methods:
        if not hasattr(category, name):
            raise UsageError(f"{type(category).__name__} has no method {name!r} to break")
    broken = copy.copy(category)
    broken.__class__ = type(f"Broken{type(category).__name__}", (type(category),), dict(methods))
    return broken


def world(name: str, source: Source, mutant: Mutant | None = None) -> World:
    """The world of that name over ``source``, broken as ``mutant`` says. Raises UsageError for an unknown name."""
    if name not in WORLDS:
        raise UsageError(f"no world is called {name!r}; {near(name, list(WORLDS))}")
    if isinstance(source, DrawnSource) and source.draws.by_terms:
        return _of_terms(name, source)
    build, make, underneath = WORLDS[name]
    category = build(source)
    if mutant is not None and mutant.part not in BESIDE:
        broken = mutant.applied(category)
        if category is source.additive:
            source.additive = broken
        if category is source.functions:
            source.functions = broken
        category = broken
    found = World(name, source, source.prepare(category), make, underneath)
    if mutant is not None and mutant.part in BESIDE:
        setattr(found, mutant.part, mutated(getattr(found, mutant.part), mutant.methods))
    return found


def _of_terms(name: str, source: DrawnSource) -> World:
    """A world whose generic morphisms are meanings of terms: of the engine's own category where it declares one."""
    build, _, over = WORLDS[name]
    own = declared(source.engine) is not None
    category = OwnCategory(source.engine, name) if own else build(source)
    if own and name == "R":
        category = OwnReverse(category)

    def make(world: World, named: str, dom: Any, cod: Any) -> Any:
        return MEANINGS[name](world.category, world.source, named, dom, cod)

    def underneath(world: World, named: str, dom: Any, cod: Any) -> Any:
        return MEANINGS[UNDERNEATH[name]](world.category.base, world.source, named, dom, cod)

    return World(name, source, category, make, underneath if over else None)


def drawing(engine: Any, name: str, choose: Choose, style: Style) -> Draws:
    """Draws of what has a meaning in an engine's category of that world."""
    return Draws(choose, style, fragment_of(engine, name), declared(engine) is not None)
