"""|F(lhs) x - F(rhs) x| for all x of a family: certain bounds of how far a trained functor is from its equations.

Both sides are one term, over the same parameters and the same example, which affine forms enclose over boxes of the
family (``reference.affine``); so what the sides have in common cancels before anything is bounded. What is bounded is
the map on real numbers at the weights of the run, which are numbers of its precision; and, beside it, what an engine of
that precision computes at examples that are such numbers, each of its operations rounded as ``reference.rounding``
assumes. Points of the family, computed by the engine of the training in float64, say how far the bound can be from the
truth at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite, prod
from typing import Any

import numpy as np

from verified_cat.cancelling import same_by_construction
from verified_cat.errors import VerifiedCatError
from verified_cat.example_families import NoFamily, families
from verified_cat.gpu.equation_gaps import Weights, gap, gap_at, shapes
from verified_cat.gpu.randomness import Array
from verified_cat.gpu.schema_task import architecture_of
from verified_cat.gpu.whole_couplings import differing, whole_coupling
from verified_cat.objects import Ob, flatten, unflatten
from verified_cat.program import program, running
from verified_cat.reference.affine import AffineEngine
from verified_cat.reference.affine_forms import Form
from verified_cat.reference.subdividing import Family, Sizes, bounded, drawn, rounded_down, rounded_up, sizes
from verified_cat.specification import Demand, Specification

POINTS, BOXES, SPOTS = 100_000, 20_000, 10_000
ENTRIES = 2**22
"""About so many numbers are in a value of all boxes at once."""

SYMBOLS, MANY = 256, 256
"""So many entries of each curve of a network have symbols of their own, in networks with values of more than so many
numbers; then each box is computed by itself, as it needs symbols only where a curve bends within it. Without them, what
is not linear is taken apart at every layer, and small networks in many boxes are faster so."""

NEAR = 1.5
"""As each box of such a network costs, none is halved whose bound is below so many times what points reach."""

WHOLE_ENTRIES = 196_608


@dataclass(frozen=True, slots=True)
class How:
    """What is asked for: families by object as they are written down, in place of those of the schema; boxes for each
    equation and family, points, and a seed; and whether a report of laws goes with it."""

    families: tuple[tuple[str, str], ...] = ()
    boxes: int = BOXES
    points: int = POINTS
    seed: int = 0
    laws: bool = False

    @property
    def asked(self) -> dict[str, tuple[str, ...]]:
        """The families of each object."""
        names = dict.fromkeys(name for name, _ in self.families)
        return {name: tuple(words for other, words in self.families if other == name) for name in names}


@dataclass(frozen=True)
class Sides:
    """One equation of a functor at its weights: its two sides as a difference, over one example and over many."""

    whole: Specification
    demand: Demand
    weights: Weights

    @property
    def by_construction(self) -> bool:
        """Whether both sides are one map whatever the parameters are."""
        equation = architecture_of(self.whole, 1)[0].equation(self.demand.equation)
        return same_by_construction(equation.lhs, equation.rhs)

    def over_boxes(self, over: Family, precision: str | None = None) -> tuple[Callable[[Array, Array], Sizes], int]:
        """(sizes of the difference over boxes of parameters; so many boxes are computed at once)."""
        architecture, names, source, term = gap(self.whole, self.demand.equation, 1)
        compiled = program(term)
        entries = max(prod(wire.shape) for wire in (*compiled.inputs[len(names) :], *compiled.wires))
        engine = AffineEngine(precision, SYMBOLS if entries > MANY else 0)
        run = running(compiled, engine)
        arrays = [np.asarray(self.weights[name], dtype=np.float64) for name in names]
        known = [Form(each[None], None, np.zeros_like(each)[None]) for each in arrays]
        params = unflatten(architecture.parameters, known)

        def part_of(low: Array, high: Array) -> Sizes:
            engine.begin(len(over.low))
            made = run((params, unflatten(source, _parts(over.form(low, high), source))))
            return sizes(flatten(term.cod, made), len(over.low))

        part = 1 if entries > MANY else min(2048, ENTRIES // (entries * (len(over.low) + 2)))

        def boxes(low: Array, high: Array) -> Sizes:
            found = [part_of(low[at : at + part], high[at : at + part]) for at in range(0, len(low), part)]
            most, mean, pull = (np.concatenate(each) for each in zip(*found, strict=True))
            return most, mean, pull

        return boxes, part

    def at_parameters(self, over: Family, precision: str = "float64") -> Callable[[Array], Array]:
        """The largest entry of the difference at each example, by its parameters; by the engine of the training."""
        at = gap_at(self.whole, self.demand.equation, self.weights, precision)
        return lambda theta: np.concatenate([at(over.points(theta[i : i + 4096])) for i in range(0, len(theta), 4096)])


def _parts(x: Form, source: Ob) -> list[Form]:
    """The leaves of one example, from its row of numbers."""
    found, start = [], 0
    for shape in shapes(source):
        stop = start + prod(shape)
        linear = None if x.linear is None else x.linear[:, :, start:stop].reshape(*x.linear.shape[:2], *shape)
        centre, error = (part[:, start:stop].reshape(len(part), *shape) for part in (x.centre, x.error))
        found.append(Form(centre, linear, error))
        start = stop
    return found


# ------------------------------------------------------------------------------------------------ records


def residuals(whole: Specification, weights: Weights, how: How, seed: int) -> list[dict[str, Any]]:
    """For each equation and family what is certain of it, as JSON; ``seed`` is that of the run, which drew examples."""
    found = []
    for sides in (Sides(whole, demand, weights) for demand in whole.demands):
        record = {"equation": str(sides.demand.equation), "object": sides.demand.lhs.source}
        found += [record | residual(sides, over, how) for over in _families(sides, how, seed)]
    return found


def _families(sides: Sides, how: How, seed: int) -> list[Family | NoFamily]:
    """Those of an equation: where it holds by construction one is enough; why, where there is none."""
    try:
        found = families(sides.whole, sides.demand.lhs.source, how.asked, seed)
    except NoFamily as none:
        return [none]
    return [*found[:1]] if sides.by_construction else [*found]


def residual(sides: Sides, over: Family | NoFamily, how: How) -> dict[str, Any]:
    """What is certain of one equation over one family."""
    if sides.by_construction:
        return _constructed(sides, over, how)
    if isinstance(over, NoFamily):
        return {"by": "not run", "reason": str(over)}
    return {"by": "affine forms", "family": described(over)} | _measured(sides, over, how)


def described(over: Family) -> dict[str, Any]:
    """A family as JSON."""
    image = "the parameters themselves" if over.matrix is None and over.shift is None else "an affine image of them"
    return {
        "name": over.name,
        "parameters": len(over.low),
        "low": list(over.low),
        "high": list(over.high),
        "examples": image,
    }


def _measured(sides: Sides, over: Family, how: How) -> dict[str, Any]:
    boxes, part = sides.over_boxes(over)
    at = sides.at_parameters(over)
    reached = float(at(drawn(over, how.points, how.seed)).max())
    goal, large = (NEAR, True) if part == 1 else (1.05, False)
    found = bounded(boxes, at, over, budget=how.boxes, goal=goal, part=8 * part, reached=reached, mean=not large)
    if not reached <= found.largest:
        raise VerifiedCatError(
            f"{sides.demand.equation}: a point of {over.name} reaches {reached}, beyond its bound {found.largest}: "
            "an enclosure is wrong"
        )
    precision = sides.whole.training["precision"]
    computed = float(sides.over_boxes(over, precision)[0](found.low, found.high)[0].max())
    return {
        "largest": _number(rounded_up(found.largest)),
        "mean": _number(rounded_up(found.mean)),
        "average": _number(rounded_up(found.average)),
        "program": {
            "precision": precision,
            "largest": _number(rounded_up(computed)),
            "vacuous": vacuous(computed, reached, over),
        },
        "sampled": {"points": how.points, "seed": how.seed, "largest": rounded_down(reached)},
        "ratio": _number(rounded_up(found.largest / reached, 3)) if reached else "inf",
        "boxes": {"given": how.boxes, "covering": found.boxes, "computed": found.evaluations, "depth": found.depth},
        "trivial": rounded_down(over.width),
        "vacuous": vacuous(found.largest, reached, over),
    }


def vacuous(largest: float, reached: float, over: Family) -> bool:
    """Whether the bound says nothing: it is not below the largest edge of the box around the family, which bounds what
    any two maps into that box differ by, and it is more than twice what a point reaches."""
    return not (largest < over.width or largest <= 2 * reached)


def _constructed(sides: Sides, over: Family | NoFamily, how: How) -> dict[str, Any]:
    """Both sides are one map of real numbers. In floats they are not; on whole numbers they are."""
    record: dict[str, Any] = {"by": "construction", "largest": 0.0, "vacuous": False, "in floats": "up to rounding"}
    if isinstance(over, NoFamily):
        record["reason"] = str(over)
    else:
        precision = sides.whole.training["precision"]
        met = float(sides.at_parameters(over, precision)(drawn(over, how.points, how.seed)).max())
        asked = {"points": how.points, "seed": how.seed, "precision": precision}
        record |= {"sampled": asked | {"largest": rounded_down(met)}, "family": described(over)}
    return record | {"whole numbers": [_whole(sides, name) for name in _couplings(sides)]}


def _couplings(sides: Sides) -> list[str]:
    """The couplings whose inverses are in the equation."""
    arrows = [sides.whole.arrow(name) for side in (sides.demand.lhs, sides.demand.rhs) for name in side.edges]
    return sorted({arrow.inverse_of for arrow in arrows if arrow.inverse_of})


def _whole(sides: Sides, name: str) -> dict[str, Any]:
    arrow = sides.whole.arrow(name)
    assert arrow.network is not None
    made = whole_coupling(arrow.network, sides.weights, name, sides.whole.dimension(arrow.source))
    wrong, entries = differing(made, WHOLE_ENTRIES, 0)
    return {
        "arrow": name,
        "form": f"x + round({made.scale} m(x / {made.scale})) modulo {made.modulus}",
        "holds": "exactly" if not wrong else "not",
        "entries": entries,
        "differing": wrong,
    }


def _number(x: float) -> float | str:
    """A number, or the name of one that JSON lacks."""
    return float(x) if isfinite(x) else repr(float(x))


def spot_checked(whole: Specification, weights: Weights, how: How, seed: int, said: list[Any]) -> list[str]:
    """Where fresh points of a family are beyond the bound that is stated for it; a line for each."""
    cases = [
        (sides, over)
        for sides in (Sides(whole, demand, weights) for demand in whole.demands)
        for over in _families(sides, how, seed)
    ]
    found = [] if len(said) == len(cases) else [f"residuals: there are {len(said)}, and {len(cases)} are asked for"]
    for number, (stated, (sides, over)) in enumerate(zip(said, cases, strict=False)):
        found += [f"residuals[{number}]{why}" for why in _spotted(sides, over, how, stated)]
    return found


def _spotted(sides: Sides, over: Family | NoFamily, how: How, stated: Any) -> Iterator[str]:
    """What does not hold of one record."""
    by = "construction" if sides.by_construction else "not run" if isinstance(over, NoFamily) else "affine forms"
    if not isinstance(stated, dict) or stated.get("equation") != str(sides.demand.equation) or stated.get("by") != by:
        yield f": it says nothing of {sides.demand.equation} by {by}"
    elif by == "affine forms" and isinstance(over, Family):
        if described(over) != stated.get("family"):
            yield ".family: it is not that of what was asked for"
        met = float(sides.at_parameters(over)(drawn(over, SPOTS, how.seed + 1)).max())
        if not isinstance(stated.get("largest"), float) or not met <= stated["largest"]:
            yield f".largest: {stated.get('largest')!r}, and a point reaches {met:.6g}"
