"""The sides of a law as flows: the law function runs on free terms, or on the opaque symbols of a proof.

Free terms keep the composite as it is written. A law that calls its maps is run on the opaque values of the proofs, and
what came out, a term in the inputs, is the flow of those values. A law of particular numbers or of the table's
derivatives has no picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from verified_cat.category import Biproduct, Terms
from verified_cat.check import Counterexample, Law, instance
from verified_cat.errors import MissingOperation, VerifiedCatError
from verified_cat.flows import Building, Flow, flow
from verified_cat.lens import LensMap, ReverseDerivative
from verified_cat.objects import UNIT, Ob, Pair, Space, Unit
from verified_cat.para import ParaMap
from verified_cat.primitives import Symbol
from verified_cat.terms import Discard, Generator, Operation, Term
from verified_cat.unfolding import operations_in
from verified_cat.worlds import Source, world

if TYPE_CHECKING:
    from verified_cat.proofs.symbols import Node

EQUATIONS = 4
"""No more equations of a law are drawn than this."""

Sides = tuple[Flow, Flow]


def law_flows(stated: Law, boxes: int) -> str | tuple[str, list[Sides]]:
    """How the sides of the first equations of a law were found, and they; or why there are none.

    No side has more than ``boxes`` boxes, and none of a law that calls its maps more than half of that.
    """
    reasons = []
    for way in (_free, _traced):
        for name in stated.worlds:
            try:
                says, found = way(stated, name, boxes)
                kept = list(islice(found, EQUATIONS))
            except (VerifiedCatError, AttributeError, TypeError, ValueError) as fault:
                reasons.append(str(fault))  # a law that looks into its maps has no terms
                continue
            if kept:
                return says, kept
            reasons.append("its sides are too large to be read as pictures")
    return stated.without_solver or stated.floats or reasons.pop()


def _free(stated: Law, name: str, boxes: int) -> tuple[str, Iterator[Sides]]:
    """The sides as terms."""
    source = FreeSource()

    def drawn(term: Term, side: Any) -> Flow:
        above = side.param if isinstance(side, ParaMap) else None
        return flow(term, above=above, boxes=boxes, spaces=source.names)

    sides = (
        (drawn(left, lhs), drawn(right, rhs))
        for lhs, rhs in free_equations(stated, name, source)
        for left, right in zip(as_terms(lhs), as_terms(rhs), strict=True)
        if all(operations_in(term)[term] <= boxes for term in (left, right))
    )
    return f"as they are composed, in {name}", sides


def _traced(stated: Law, name: str, boxes: int) -> tuple[str, Iterator[Sides]]:
    """The sides as the flow of values."""
    if stated.without_solver or stated.floats:
        raise MissingOperation(stated.without_solver or stated.floats)
    every = ((flow_of(point, lhs), flow_of(point, rhs)) for point, lhs, rhs in traced_sides(stated, name))
    small = (sides for sides in every if all(len(side.boxes) <= boxes // 2 for side in sides))
    return f"as values flow when the code of {name} runs", small


# ------------------------------------------------------------------------------------------------ free terms


class FreeFunctions(Terms):
    """Terms in place of functions: a law that only composes runs on them as it is."""

    def meaning(self, term: Term) -> Term:
        return term

    def arrow(self, dom: Ob, cod: Ob, run: Any) -> Term:
        raise MissingOperation("a function on values is no term")


class FreeAdditive(FreeFunctions, Biproduct[Term]):
    """Terms with a symbol for 0 and one for + on each object."""

    def zero(self, a: Ob, b: Ob) -> Term:
        return Discard(a) >> Generator(Symbol("0", UNIT, b))

    def merge(self, a: Ob) -> Term:
        return Generator(Symbol("+", Pair(a, a), a))


class FreeReverse(ReverseDerivative[Term]):
    """R with a symbol R[f] for the reverse derivative of a symbol f."""

    def generator(self, operation: Operation) -> LensMap[Term]:
        if not isinstance(operation, Symbol):
            return super().generator(operation)
        put = Symbol(f"R[{operation.name}]", Pair(operation.dom, operation.cod), operation.dom)
        return LensMap(self.image(operation.dom), self.image(operation.cod), Generator(operation), Generator(put))


class FreeSource:
    """Objects, maps and terms that are nothing but their names."""

    def __init__(self) -> None:
        self.functions: Any = FreeFunctions()
        self.additive: Any = FreeAdditive()
        self._objects: dict[str, Ob] = {}

    def prepare(self, category: Any) -> Any:
        return FreeReverse(Terms()) if type(category) is ReverseDerivative else category

    def object(self, name: str) -> Ob:
        """A space of a length that no other object here has, so that the table's + and 0 are there; known by its name.

        Equal objects would let a wrong composite fit, and a picture shows the general case.
        """
        return self._objects.setdefault(name, Space((11 + len(self._objects),)))

    @property
    def names(self) -> dict[Ob, str]:
        """What the spaces stand for."""
        return {ob: name for name, ob in self._objects.items()}

    def arrow(self, name: str, dom: Ob, cod: Ob) -> Any:
        return Generator(Symbol(name, dom, cod))

    additive_arrow = term = arrow

    def family(self, name: str, gad: Any, dom: Ob, cod: Ob) -> Any:
        raise MissingOperation("a family of derivatives is a function, and no term")

    def error(self) -> Any:
        return None

    def step(self, ob: Ob) -> Any:
        raise MissingOperation("an update is a function, and no term")


def as_terms(morphism: Any) -> list[Term]:
    """The terms that a morphism of a free world consists of. Raises MissingOperation where it does not."""
    if isinstance(morphism, Term):
        return [morphism]
    if isinstance(morphism, ParaMap):
        return as_terms(morphism.inside)
    if isinstance(morphism, LensMap):
        return [*as_terms(morphism.get), *as_terms(morphism.put)]
    raise MissingOperation(f"a {type(morphism).__name__} is no term")


def free_equations(stated: Law, name: str, source: FreeSource) -> list[tuple[Any, Any]]:
    """The sides of each equation of a law in a world, as morphisms of it. Raises where it needs more than terms."""
    where = world(name, cast(Source, source))
    found: list[tuple[Any, Any]] = []
    for claim in instance(stated, where):
        equation = claim.equation if hasattr(claim, "equation") else claim
        if isinstance(claim, Counterexample):
            raise MissingOperation("the statement is about particular numbers")
        found.append((equation.lhs, equation.rhs))
    return found


# ------------------------------------------------------------------------------------------------ traced values


def traced_sides(stated: Law, name: str) -> list[tuple[Node, Node, Node]]:
    """Each equation of a law in a world as (input, lhs, rhs), by running both sides on an opaque value."""
    from verified_cat.proofs.evidence import obligation_of
    from verified_cat.proofs.obligations import traced

    formulas = (traced(goal, "x") for goal in obligation_of(stated, name).goals)
    return [(formula.variables[0], formula.lhs, formula.rhs) for formula in formulas]


def wires_of(root: Node) -> list[Node]:
    """The leaf values of a traced value from left to right, projections of pairs resolved."""
    root = resolved(root)
    if isinstance(root.ob, Unit):
        return []
    if not isinstance(root.ob, Pair):
        return [root]
    left, right = _projection("left", root.ob.left, root), _projection("right", root.ob.right, root)
    return [*wires_of(left), *wires_of(right)]


def resolved(root: Node) -> Node:
    """The value with π₀(a, b) = a and π₁(a, b) = b used at the top."""
    if root.kind not in ("left", "right"):
        return root
    inner = resolved(root.parts[0])
    if inner.kind == "pair":
        return resolved(inner.parts[root.kind == "right"])
    return _projection(root.kind, root.ob, inner)


def _projection(kind: Any, ob: Ob, whole: Node) -> Node:
    from verified_cat.proofs.symbols import node

    return node(kind, "", ob, whole)


def flow_of(point: Node, root: Node) -> Flow:
    """The flow of a traced value of an input: one box for each application."""
    from verified_cat.proofs.smtlib import in_order

    start, ends, building = wires_of(point), wires_of(root), Building()
    known = {wire: (-1, place) for place, wire in enumerate(start)}
    for each in in_order([root]):
        if each.kind == "apply":
            made = wires_of(each)
            inputs = [known[wire] for wire in wires_of(each.parts[0])]
            values = building.add(short(each.name), str(each.name), inputs, _spaces(made))
            known |= dict(zip(made, values, strict=True))
    return Flow(_spaces(start), tuple(building.boxes), tuple(known[wire] for wire in ends), _spaces(ends))


def _spaces(wires: list[Node]) -> tuple[str, ...]:
    return tuple(str(wire.ob) for wire in wires)


def short(name: str) -> str:
    """The name that a box bears: f′ for the derivative of f."""
    signs = {"add": "+", "zero": "0", "error": "e′", "error inverse": "e′⁻¹"}
    if name.startswith("derivative of "):
        return name.removeprefix("derivative of ").removesuffix(" derivative") + "′"
    return signs.get(name, name)
