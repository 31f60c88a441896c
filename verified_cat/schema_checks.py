"""What can be said of a specification before anything is trained: errors, warnings and notes, each a sentence.

Typing and parallel sides are checked when the value is made (``specification_faults``). Here: equations that follow
from others, arrows that nothing teaches, dimensions that forbid a model, and models that satisfy everything and mean
nothing: they are what a training finds where only the equations are there to stop it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from verified_cat.congruence import consequences, dimension_obstruction, reduced
from verified_cat.image_faults import UNSAID
from verified_cat.schema import Path
from verified_cat.schema_kinds import Settings
from verified_cat.specification import Arrow, Demand, Specification

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence, how much it matters, and what it is about."""

    level: Level
    about: str
    says: str

    def __str__(self) -> str:
        return f"{self.level}: {self.about}: {self.says}"


def findings(whole: Specification, length: int = 8) -> list[Finding]:
    """All findings; equations are looked at through paths of at most ``length`` edges."""
    looks = (_signals(whole), _starts(whole), _redundant(whole, length), _dimensions(whole), _trivial(whole))
    return [finding for look in (*looks, _reduction(whole), _schedules(whole)) for finding in look]


def _schedules(whole: Specification) -> Iterator[Finding]:
    ramp, steps = whole.training["ramp"], whole.training["steps"]
    if ramp > steps:
        yield Finding("warning", "ramp", f"of {ramp} steps, in a training of {steps}: no equation reaches its weight")
    if whole.training["balance_every"] and None not in [demand.weight for demand in whole.demands]:
        yield Finding("warning", "balance_every", 'no equation has the weight "auto": nothing is measured again')


# ------------------------------------------------------------------------------------------------ learning signals


def taught(whole: Specification) -> dict[str, list[str]]:
    """For each arrow with a network of its own, what teaches it: paths that are matched, equations, terms on it."""
    found: dict[str, list[str]] = {arrow.name: [] for arrow in whole.arrows if arrow.network is not None}

    def note(names: tuple[str, ...], what: str) -> None:
        for name in dict.fromkeys(whole.arrow(each).other for each in names if whole.arrow(each).trained):
            found[name].append(what)

    for path in whole.matched:
        note(path.edges, f"the law of {whole.schema.target(path)}, along {path}")
    for demand in whole.demands:
        if demand.weight != 0:
            note((*demand.lhs.edges, *demand.rhs.edges), f"the equation {demand.equation}")
    for arrow in whole.arrows:
        for key, weight in (("identity", arrow.identity), ("budget", arrow.budget)):
            if weight:
                note((arrow.name,), f"its {key} term")
    return found


def _signals(whole: Specification) -> Iterator[Finding]:
    for name, by in taught(whole).items():
        if not by:
            target = whole.arrow(name).target
            yield Finding(
                "error",
                "signal",
                f"nothing teaches {name}: {target} has no data with an adversary, no weighed equation has {name}, "
                "and no term is on it",
            )


def measured(whole: Specification, demand: Demand) -> list[Path]:
    """The paths to the source of an equation along which it is asked for: the identity for data, the shortest trained
    paths from data for images (the equation is then that of the paths with these before them)."""
    source = demand.lhs.source
    own = [Path(source)] if whole.thing(source).data else []
    pushed = _into(whole, source) if demand.on != "data" or not own else []
    return {"data": own or pushed, "pushforward": pushed, "mix": own + pushed}[demand.on]


def _into(whole: Specification, source: str) -> list[Path]:
    """The paths of trained arrows from objects with data to this one, as short as there are any."""
    ends = [(source, Path(source))]
    for _ in whole.things:
        ends = [
            (arrow.source, Path(arrow.source, (arrow.name, *path.edges)))
            for here, path in ends
            for arrow in whole.arrows
            if arrow.target == here and arrow.trained
        ][:64]
        found = [path for here, path in ends if whole.thing(here).data]
        if found:
            return found
    return []


def _starts(whole: Specification) -> Iterator[Finding]:
    for demand in whole.demands:
        if demand.weight != 0 and not measured(whole, demand):
            yield Finding(
                "error",
                "signal",
                f"{demand.equation} starts from {demand.lhs.source}, which has no data, "
                "and no trained arrow brings any there",
            )


# ------------------------------------------------------------------------------------------------ equations


def _redundant(whole: Specification, length: int) -> Iterator[Finding]:
    for equation, answer in consequences(whole.schema, length).items():
        if answer.entailment == "follows":
            yield Finding("warning", "redundancy", f"{equation} {answer} (by the other equations)")
        elif answer.entailment == "unknown":
            yield Finding("note", "redundancy", f"{equation} does not follow from the others {answer.why}")


def _dimensions(whole: Specification) -> Iterator[Finding]:
    objects = {thing.name: whole.ob(thing.name, 1) for thing in whole.things}
    supports = [thing.name for thing in whole.things if thing.data and not _fills(thing.data)]
    for says in dimension_obstruction(whole.schema, objects):
        strict = says in dimension_obstruction(whole.schema, objects, supports)
        end = "" if strict else "; possible only where the data have a support of lower dimension"
        yield Finding("error" if strict else "warning", "dimension", says.partition(": ")[2] + end)


def _fills(data: Settings) -> bool:
    """Whether the law is known to have a density: its support then holds an open set, which is enough to forbid."""
    if dict(data.options).get("matrix"):
        return False
    thin = data.kind in ("circle", "segment") and not data["width"]
    thin = thin or (data.kind == "mosaic" and not data["texture"])
    return not thin and data.kind not in ("circles", "csv", "factors", "image", "pairs", "plain", *UNSAID)


# ------------------------------------------------------------------------------------------------ trivial models


def _trivial(whole: Specification) -> Iterator[Finding]:
    demands = [demand for demand in whole.demands if demand.weight != 0]
    trained = [arrow for arrow in whole.arrows if arrow.trained]
    if not demands or not trained:
        return
    for holds, stopped in (
        (_by_identities(whole, demands, trained), _moves(whole)),
        (_by_constants(whole, demands), [f"the law of {whole.schema.target(p)}" for p in whole.matched]),
    ):
        if holds is not None:
            stops = ", ".join(dict.fromkeys(stopped))
            end = (
                f"only {stops} speaks against it"
                if stops
                else "nothing else speaks against it: a training may end there"
            )
            yield Finding("note" if stops else "warning", "trivial model", f"{holds}; {end}")


def _by_identities(whole: Specification, demands: list[Demand], trained: list[Arrow]) -> str | None:
    """Whether all trained arrows can be the identity, and every equation then has equal sides."""
    if any(whole.dimension(arrow.source) != whole.dimension(arrow.target) for arrow in trained):
        return None
    names = {arrow.name for arrow in trained}

    def left(path: Path) -> tuple[str, ...]:
        return tuple(name for name in path.edges if name not in names)

    if any(left(demand.lhs) != left(demand.rhs) for demand in demands):
        return None
    return f"every equation holds where {', '.join(sorted(names))} do nothing (the identity)"


def _moves(whole: Specification) -> list[str]:
    """The laws that the identity does not carry to one another, as far as they are said."""
    moved = [path for path in whole.matched if _drawn(whole, path.source) != _drawn(whole, whole.schema.target(path))]
    return [f"the law of {whole.schema.target(path)}" for path in moved]


def _drawn(whole: Specification, name: str) -> tuple[Settings | None, str]:
    """What the examples of an object are drawn by: folders that are not named are those of its own name."""
    data = whole.thing(name).data
    return data, name if data is not None and data.kind == "folder" and not data["domain"] else ""


def _by_constants(whole: Specification, demands: list[Demand]) -> str | None:
    """Whether constant trained arrows satisfy every equation: each side has one, and the same follows the last."""
    ends, conditions = [], []
    for demand in demands:
        for path in (demand.lhs, demand.rhs):
            places = [place for place, name in enumerate(path.edges) if whole.arrow(name).trained]
            if not places:
                return None
            ends.append((whole.arrow(path.edges[places[-1]]).other, path.edges[places[-1] + 1 :]))
        (one, left), (two, right) = ends[-2:]
        if one == two and left != right:
            conditions.append(f"{_said(left)} and {_said(right)} agree at one point")
        elif left and right and left != right:
            conditions.append(f"{_said(left)} and {_said(right)} have a value in common")
    where = f", if {' and '.join(dict.fromkeys(conditions))}" if conditions else ""
    return f"every equation holds where the trained arrows are constant{where}"


def _said(edges: tuple[str, ...]) -> str:
    return " ; ".join(edges) or "the identity"


# ------------------------------------------------------------------------------------------------ reduction


def _reduction(whole: Specification) -> Iterator[Finding]:
    kept, gone = reduced(whole.schema)
    for name, path in gone.items():
        arrow, end = whole.arrow(name), "no law is compared along it"
        if Path(arrow.source, (name,)) in whole.matched:
            end = f"{name} is matched all the same"
        elif arrow.trained and whole.training["arrows"] == "reduced":
            end = f"{name} is left out of those that are matched"
        yield Finding("note", "reduction", f"{name} = {path}, a path of other arrows; {end}")
    yield Finding("note", "reduction", f"the arrows that no path of others equals: {', '.join(kept) or 'none'}")
