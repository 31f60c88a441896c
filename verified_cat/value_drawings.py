"""The drawing of one value, with what it says: a term, a Para morphism, D, a lens or a learner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verified_cat.drawings import Drawing
from verified_cat.errors import UsageError
from verified_cat.flows import Box, Flow, flow
from verified_cat.learn import Learner
from verified_cat.lens import LensMap, reverse_derivative
from verified_cat.markup import cut
from verified_cat.networks import Network, Objective
from verified_cat.objects import Ob, Pair
from verified_cat.para import ParaMap
from verified_cat.placing import place
from verified_cat.terms import Term
from verified_cat.two_ways import derivative, learner, lens


@dataclass(frozen=True, slots=True)
class How:
    """What is said of a picture: how many boxes, whether parts may be folded, and names."""

    boxes: int
    folded: bool
    named: Mapping[Term, str]
    names: tuple[str, ...] = ()

    def flow(self, term: Term, **options: Any) -> Flow:
        return flow(term, boxes=self.boxes, folded=self.folded, named=self.named, **options)


@dataclass(frozen=True, slots=True)
class Side:
    """A drawing with what it says."""

    drawing: Drawing
    says: str
    folded: int = 0


def of_value(value: Any, of: str, how: How) -> Side:
    """The drawing of one value."""
    if isinstance(value, Learner) and of in ("", "learner"):
        return _learner(value.param, value.dom, value.cod)
    if isinstance(value, LensMap) and of in ("", "lens"):
        return _lens(value, how)
    if not isinstance(value, Term | ParaMap | Network | Objective):
        name = type(value).__name__
        raise UsageError(f"a value of {name} has no string diagram {f'as a {of}' if of else 'by itself'}")
    term, above, names = _parts(value, of)
    names = how.names or names
    if of == "learner":
        assert above is not None  # only of a term by itself there are none
        return _learner(above, term.dom.right, term.cod)
    if not isinstance(term, Term):
        return _opaque(value.map if isinstance(value, Network) else value)
    if of == "lens":
        there, back = how.flow(term, names=names), how.flow(reverse_derivative(term), above=term.dom, names=names)
        return Side(lens(there, back), f"get: {said(there)}, put: {said(back)}", there.folded + back.folded)
    flown = how.flow(term, above=above, names=names)
    if of == "derivative":
        says = f"{said(flown)}; below it the way back, from right to left, dashed what it needs of the way there"
        return Side(derivative(flown), says, flown.folded)
    return of_flow(flown)


def of_flow(flown: Flow) -> Side:
    """The drawing of a flow, from left to right."""
    return Side(place(flown), said(flown), flown.folded)


def _parts(value: Any, of: str) -> tuple[Any, Ob | None, tuple[str, ...]]:
    """The term of a value, the object of its parameters, and their names."""
    if isinstance(value, Network):
        term, above, _ = _parts(value.map, of)
        return term, above, value.names
    if isinstance(value, Objective):
        return value.term, None if of == "term" else value.param, ()
    if isinstance(value, ParaMap):
        return value.inside, None if of == "term" else value.param, ()
    if of in ("para", "learner"):
        if not isinstance(value.dom, Pair):
            raise UsageError(f"a parametrised map goes from P ⊗ A, and this term from {value.dom}")
        return value, value.dom.left, ()
    return value, None, ()


def said(flown: Flow) -> str:
    """A flow in words."""
    boxes = ", ".join(box.name for box in flown.boxes)
    data, above = flown.inputs[flown.above :], flown.inputs[: flown.above]
    counted = f"{len(flown.boxes)} boxes ({boxes})" if len(flown.boxes) != 1 else f"one box ({boxes})"
    parameters = f", parameters {', '.join(above)} from above" if above else ""
    ends = f"from {', '.join(data) or 'nothing'} to {', '.join(flown.names) or 'nothing'}"
    return f"{counted if flown.boxes else 'wires alone'} {ends}{parameters}"


def _learner(param: Any, dom: Any, cod: Any) -> Side:
    ends = [cut(str(ob), 16) for ob in (param, dom, cod)]
    says = f"a learner {dom} → {cod} with parameters {param}: I, U and r; what U gives are those of the next step"
    return Side(learner(*ends), says)


def _opaque(value: Any) -> Side:
    """A parametrised map whose inside is no term: one box."""
    names = [str(value.param), str(value.dom)]
    kept = tuple(name for name in names if name != "1")
    box = Box("f", f"{value.dom} → {value.cod}", tuple((-1, k) for k in range(len(kept))), (str(value.cod),))
    drawn = Flow(kept, (box,), ((0, 0),), (str(value.cod),), int(names[0] != "1"))
    return of_flow(drawn)


def _lens(value: LensMap[Any], how: How) -> Side:
    if isinstance(value.get, Term) and isinstance(value.put, Term):
        there, back = how.flow(value.get), how.flow(value.put, above=value.dom.front)
    else:
        a, b = str(value.dom.front), str(value.cod.front)
        back_a, back_b = str(value.dom.back), str(value.cod.back)
        there = Flow((a,), (Box("get", f"get : {a} → {b}", ((-1, 0),), (b,)),), ((0, 0),), (b,))
        put = Box("put", f"put : {a} ⊗ {back_b} → {back_a}", ((-1, 0), (-1, 1)), (back_a,))
        back = Flow((a, back_b), (put,), ((0, 0),), (back_a,), 1)
    return Side(lens(there, back), f"get: {said(there)}, put: {said(back)}", there.folded + back.folded)
